//! What the options of methods say, and whether it can be done.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use micro_expand::{ATTEMPTS, CONCURRENCY, TOPIC_FORM, Topic};
use prost_types::MethodDescriptorProto;
use protox::prost_reflect::Value;

use super::{Custom, is_for_micro, place, refusal};
use crate::Result;
use crate::error::Error;
use crate::services::{METHOD, SERVICE};
use crate::source::Source;

/// The field of `MethodDescriptorProto` that holds the options: a step of a path into `SourceCodeInfo`.
const OPTIONS: i32 = 4;

const TIMEOUT: &str = "micro.timeout";
const TOPIC: &str = "micro.topic";
const QUEUE: &str = "micro.queue";
const ATTEMPT: &str = "micro.attempts";
const EVENTS: &str = "micro.concurrency";

/// The options that the library enforces.
const ENFORCED: [&str; 5] = [TIMEOUT, TOPIC, QUEUE, ATTEMPT, EVENTS];

/// What a method that returns nothing returns.
const EMPTY: &str = ".google.protobuf.Empty";

/// What the options of the methods of all files say.
#[derive(Debug, Default)]
pub(crate) struct Methods(BTreeMap<String, BTreeMap<[i32; 2], Said>>);

/// What the options of a method say.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) timeout: Option<Duration>,
    pub(crate) topic: Option<Topic>,
    /// The options as they were set, by their names.
    pub(super) set: BTreeMap<String, Value>,
}

impl Methods {
    /// Reads the options that are set in the files, but for those in `ignored`.
    ///
    /// # Errors
    ///
    /// One for each option that micro would be expected to honour and does not, and for each value that makes no sense.
    /// Options of others are left to their tools.
    pub(crate) fn read(source: &Source, ignored: &[String]) -> Result<Methods> {
        let mut errors = Vec::new();
        let mut set = BTreeMap::<_, Vec<&Custom>>::new();
        for option in source
            .options
            .iter()
            .filter(|option| is_for_micro(&option.name) && !ignored.contains(&option.name))
        {
            match (&option.path[..], &option.value) {
                ([SERVICE, service, METHOD, method, OPTIONS, _], Some(_))
                    if ENFORCED.contains(&option.name.as_str()) =>
                {
                    set.entry((option.file.as_str(), [*service, *method])).or_default().push(option);
                }
                _ => errors.push(refusal(source, option)),
            }
        }
        let mut methods = Methods::default();
        for ((file, index), options) in set {
            let Some(method) = method(source, file, index) else { continue };
            let said = Reading { source, method, options, errors: &mut errors }.read();
            methods.0.entry(file.to_owned()).or_default().insert(index, said);
        }
        match Error::all(errors) {
            Some(error) => Err(error),
            None => Ok(methods),
        }
    }

    /// Returns what is said of a method, by its file and the places of its service and its own; `None` where nothing is.
    pub(crate) fn of(&self, file: &str, index: [i32; 2]) -> Option<&Said> {
        self.0.get(file)?.get(&index)
    }

    /// Tells whether nothing is said of any method.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn method<'a>(
    source: &'a Source,
    file: &str,
    [service, method]: [i32; 2],
) -> Option<&'a MethodDescriptorProto> {
    let file = source.files.iter().find(|known| known.name() == file)?;
    file.service.get(usize::try_from(service).ok()?)?.method.get(usize::try_from(method).ok()?)
}

/// The options of one method, while they are read.
struct Reading<'a> {
    source: &'a Source,
    method: &'a MethodDescriptorProto,
    options: Vec<&'a Custom>,
    errors: &'a mut Vec<Error>,
}

impl Reading<'_> {
    fn read(mut self) -> Said {
        match self.get(TOPIC) {
            Some(topic) => self.check_subscriber(topic),
            None => self.check_called(),
        }
        let timeout = self.text(TIMEOUT).and_then(|(option, text)| match micro_expand::timeout(text) {
            Ok(timeout) => Some(timeout),
            Err(why) => {
                let error = Error::new(format!("the value of `({TIMEOUT})` {why}"));
                self.fail(option, error.help(format!("write it like `option ({TIMEOUT}) = \"2s\";`")));
                None
            }
        });
        let topic = self.name("topic", TOPIC);
        let queue = self.name("queue", QUEUE);
        let attempts = self.number(ATTEMPT, ATTEMPTS);
        let concurrency = self.number(EVENTS, CONCURRENCY);
        let value = |option: &&Custom| Some((option.name.clone(), option.value.clone()?));
        Said {
            timeout,
            topic: topic.map(|topic| Topic { topic, queue, attempts, concurrency }),
            set: self.options.iter().filter_map(value).collect(),
        }
    }

    /// Checks what can be said only of a method that gets events.
    fn check_called(&mut self) {
        for name in [QUEUE, ATTEMPT, EVENTS] {
            if let Some(option) = self.get(name) {
                let error = Error::new(format!("`({name})` says nothing of a method that gets no events"));
                self.fail(
                    option,
                    error.help(format!("name their topic, `option ({TOPIC}) = \"…\";`, or leave it out")),
                );
            }
        }
    }

    /// Checks what a method that gets events cannot be, and what cannot be said of it. `topic` is where it says so.
    fn check_subscriber(&mut self, topic: &Custom) {
        if self.method.client_streaming() || self.method.server_streaming() {
            let error = Error::new(format!("a method with a `({TOPIC})` takes one event at a time"));
            self.fail(topic, error.help("leave `stream` out, or the topic"));
        }
        if self.method.output_type() != EMPTY {
            let error = Error::new(format!("a method with a `({TOPIC})` returns `{}`", &EMPTY[1..]));
            self.fail(
                topic,
                error.help("nobody waits for a reply to an event: publish another one in its place"),
            );
        }
        if let Some(option) = self.get(TIMEOUT) {
            let error = Error::new(format!(
                "`({TIMEOUT})` limits calls, and a method with a `({TOPIC})` is not called"
            ));
            self.fail(
                option,
                error
                    .help("leave it out: the service's setting `event_timeout` limits the time for an event"),
            );
        }
    }

    /// Reads the name of a topic or a queue.
    fn name(&mut self, what: &str, name: &str) -> Option<String> {
        let (option, text) = self.text(name)?;
        if micro_expand::is_topic(text) {
            return Some(text.to_owned());
        }
        self.fail(option, Error::new(format!("a {what} is {TOPIC_FORM}")));
        None
    }

    fn number(&mut self, name: &str, range: RangeInclusive<u64>) -> Option<u32> {
        let option = self.get(name)?;
        let number = option.value.as_ref().and_then(Value::as_u32).unwrap_or_default();
        if range.contains(&u64::from(number)) {
            return Some(number);
        }
        let (least, most) = (range.start(), range.end());
        self.fail(option, Error::new(format!("the value of `({name})` is a number from {least} to {most}")));
        None
    }
}

impl<'a> Reading<'a> {
    fn get(&self, name: &str) -> Option<&'a Custom> {
        self.options.iter().copied().find(|option| option.name == name)
    }

    fn text(&self, name: &str) -> Option<(&'a Custom, &'a str)> {
        let option = self.get(name)?;
        Some((option, option.value.as_ref()?.as_str()?))
    }

    fn fail(&mut self, option: &Custom, error: Error) {
        self.errors.push(error.at(place(self.source, option)));
    }
}
