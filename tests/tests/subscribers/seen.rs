//! What the services of this process log, all of them together.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::BOUND;

/// A record of the log, or the beginning of a span.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) level: Level,
    /// The name of the span; empty for a record.
    pub(super) span: &'static str,
    fields: BTreeMap<String, String>,
}

impl Record {
    /// Returns a field, empty when it is not there.
    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// Tells whether the text has a part.
    pub(super) fn says(&self, part: &str) -> bool {
        self.field("message").contains(part)
    }
}

struct Collect<'a>(&'a mut BTreeMap<String, String>);

impl Visit for Collect<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

/// Everything that was logged so far.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Vec<Record>>>);

impl Seen {
    /// Returns the records that are wanted.
    pub(super) fn all(&self, wanted: impl Fn(&Record) -> bool) -> Vec<Record> {
        self.0.lock().unwrap().iter().filter(|record| wanted(record)).cloned().collect()
    }

    /// Returns the errors that were reported of an event.
    pub(super) fn reports(&self, event: &str) -> Vec<Record> {
        self.all(|record| record.level == Level::ERROR && record.field("event") == event)
    }

    /// Waits for an error to be reported of an event.
    pub(super) async fn report(&self, event: &str) -> Record {
        let begun = Instant::now();
        loop {
            if let Some(report) = self.reports(event).pop() {
                return report;
            }
            assert!(begun.elapsed() < BOUND, "nothing is reported of {event:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl<S: Subscriber> Layer<S> for Seen {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target().starts_with("micro")
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = BTreeMap::new();
        event.record(&mut Collect(&mut fields));
        self.0.lock().unwrap().push(Record { level: *event.metadata().level(), span: "", fields });
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let mut fields = BTreeMap::new();
        attributes.record(&mut Collect(&mut fields));
        let metadata = attributes.metadata();
        self.0.lock().unwrap().push(Record { level: *metadata.level(), span: metadata.name(), fields });
    }
}

/// Returns what was logged since this was called first.
pub(super) fn seen() -> &'static Seen {
    // Global, because services run on the threads of many tests.
    static SEEN: LazyLock<Seen> = LazyLock::new(|| {
        let seen = Seen::default();
        let subscriber = tracing_subscriber::registry().with(seen.clone());
        tracing::subscriber::set_global_default(subscriber).expect("the tests have one log");
        seen
    });
    &SEEN
}
