//! What becomes of calls and events, told to the `metrics` facade: whoever has installed a recorder sees it.
//!
//! Every method has handles of its own, registered once, so that recording a call looks nothing up and allocates
//! nothing. The recorder is the application's; without one nothing is recorded. No label holds what a peer sent.

mod handles;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use ::metrics::{Counter, Label, Unit};

use crate::error::{Code, Error};
use crate::spec::Spec;

pub(crate) use handles::{Series, Timed};

use handles::{Handles, counter, gauge};

/// How many topics have series of their own. A program that makes up topics as it goes would have one each otherwise.
const TOPICS: usize = 256;

/// The label of all further topics. No topic can be called so.
const OTHER: &str = "*";

const MICRO: &str = env!("CARGO_PKG_VERSION");

/// The meter of a service or a client. Cheap to clone; clones count together. The default records nothing.
#[derive(Clone, Default)]
pub(crate) struct Meter(Option<Arc<Inner>>);

struct Inner {
    service: Arc<str>,
    calls: RwLock<HashMap<&'static str, Series>>,
    topics: RwLock<HashMap<String, Arc<Published>>>,
}

/// Counts what was published to a topic, by code; the first is of what was taken. Made when it first ends so.
struct Published([OnceLock<Counter>; Code::ALL.len() + 1]);

impl Meter {
    /// Makes the meter of what runs under a name, for the recorder that is installed now.
    pub(crate) fn new(service: &str, version: &str) -> Meter {
        describe();
        let service: Arc<str> = service.into();
        let label = Label::new("service", service.clone());
        let build =
            vec![label.clone(), Label::new("version", version.to_owned()), Label::new("micro", MICRO)];
        gauge("micro_build_info", build).set(1.0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        gauge("micro_start_time_seconds", vec![label]).set(now.as_secs_f64());
        Meter(Some(Arc::new(Inner { service, calls: RwLock::default(), topics: RwLock::default() })))
    }

    /// Makes the series of a method or subscriber that is served.
    pub(crate) fn served(&self, spec: &'static Spec) -> Series {
        let Some(inner) = &self.0 else { return Series::default() };
        let service = Label::new("service", inner.service.clone());
        Series::of(match spec.topic {
            None => {
                let labels = method(service, spec);
                Handles::new("rpc_server_duration_seconds", "rpc_server_in_flight", None, labels)
            }
            Some(topic) => {
                let labels =
                    vec![service, Label::new("topic", topic.topic), Label::new("queue", topic.queue)];
                let dropped = counter("messaging_dropped_total", labels.clone());
                let (durations, in_flight) =
                    ("messaging_process_duration_seconds", "messaging_process_in_flight");
                Handles::new(durations, in_flight, Some(dropped), labels)
            }
        })
    }

    /// Returns the series of a method that is called, one a path.
    pub(crate) fn called(&self, spec: &'static Spec) -> Series {
        let Some(inner) = &self.0 else { return Series::default() };
        if let Some(known) = inner.calls.read().unwrap_or_else(PoisonError::into_inner).get(spec.path) {
            return known.clone();
        }
        let mut calls = inner.calls.write().unwrap_or_else(PoisonError::into_inner);
        let made = calls.entry(spec.path).or_insert_with(|| {
            let labels = method(Label::new("service", inner.service.clone()), spec);
            Series::of(Handles::new("rpc_client_duration_seconds", "rpc_client_in_flight", None, labels))
        });
        made.clone()
    }

    /// Counts an event that was published, or was not.
    pub(crate) fn published(&self, topic: &str, result: Result<(), &Error>) {
        let Some(inner) = &self.0 else { return };
        let (topic, published) = inner.topic(topic);
        let code = result.err().map(Error::code);
        let Some(kept) = published.0.get(code.map_or(0, |code| code as usize)) else { return };
        let counter = kept.get_or_init(|| {
            let labels = vec![
                Label::new("service", inner.service.clone()),
                Label::new("topic", topic.to_owned()),
                Label::new("code", code.map_or("OK", Code::name)),
            ];
            counter("messaging_publish_total", labels)
        });
        counter.increment(1);
    }
}

impl Inner {
    /// Returns what a topic is recorded as, and its counters.
    fn topic<'a>(&self, topic: &'a str) -> (&'a str, Arc<Published>) {
        if let Some(known) = self.topics.read().unwrap_or_else(PoisonError::into_inner).get(topic) {
            return (topic, known.clone());
        }
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        let room = topics.len() < TOPICS || topics.contains_key(topic);
        let topic = if room { topic } else { OTHER };
        let made = || Arc::new(Published([const { OnceLock::new() }; Code::ALL.len() + 1]));
        (topic, topics.entry(topic.to_owned()).or_insert_with(made).clone())
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").field("service", &self.0.as_ref().map(|inner| &inner.service)).finish()
    }
}

fn method(service: Label, spec: &'static Spec) -> Vec<Label> {
    vec![service, Label::new("contract", spec.contract), Label::new("method", spec.method)]
}

/// Says what the metrics mean. Saying it again changes nothing.
fn describe() {
    let durations = [
        ("rpc_server_duration_seconds", "How long answered calls took, by how they ended."),
        ("rpc_client_duration_seconds", "How long calls that were made took, attempts included."),
        ("messaging_process_duration_seconds", "How long a subscriber took for an event, by how it ended."),
    ];
    for (name, meaning) in durations {
        ::metrics::describe_histogram!(name, Unit::Seconds, meaning);
    }
    let gauges = [
        ("rpc_server_in_flight", "Calls that are being answered."),
        ("rpc_client_in_flight", "Calls that wait for their end."),
        ("messaging_process_in_flight", "Events that subscribers work on."),
        ("micro_build_info", "Always 1; the labels say what runs."),
        ("micro_start_time_seconds", "When the service was started, in seconds since 1970."),
    ];
    for (name, meaning) in gauges {
        ::metrics::describe_gauge!(name, meaning);
    }
    ::metrics::describe_counter!("messaging_publish_total", "Events published, by how that ended.");
    ::metrics::describe_counter!("messaging_dropped_total", "Events a subscriber was too slow for.");
}

#[cfg(test)]
mod tests {
    use super::*;

    use metrics_exporter_prometheus::PrometheusBuilder;

    use crate::spec::{Kind, Topic};

    static HELLO: Spec = Spec::new::<(), ()>("/a.v1.B/Hello", "a.v1.B", Kind::Unary);
    static HEAR: Spec =
        Spec::new::<(), ()>("/a.v1.B/Hear", "a.v1.B", Kind::Unary).topic(Topic::new("said").queue("all"));

    /// Records by a recorder of its own, and returns what Prometheus would read.
    fn recorded(record: impl FnOnce()) -> String {
        let recorder = PrometheusBuilder::new().build_recorder();
        ::metrics::with_local_recorder(&recorder, record);
        recorder.handle().render()
    }

    #[track_caller]
    fn has(text: &str, line: &str) {
        assert!(text.lines().any(|known| known == line), "{line}\nis not in\n{text}");
    }

    #[test]
    fn calls_are_counted_by_their_end() {
        let text = recorded(|| {
            let meter = Meter::new("shop", "1.2");
            let series = meter.served(&HELLO);
            series.begin().end(None);
            series.begin().end(Some(Code::NotFound));
            series.begin().end(Some(Code::NotFound));
            drop(series.begin());
            std::mem::forget(series.begin());
            meter.called(&HELLO).begin().end(None);
            meter.clone().called(&HELLO).begin().end(None);
        });
        let labels = r#"service="shop",contract="a.v1.B",method="Hello""#;
        for (code, count) in [("OK", 1), ("NOT_FOUND", 2), ("CANCELLED", 1)] {
            has(&text, &format!("rpc_server_duration_seconds_count{{{labels},code=\"{code}\"}} {count}"));
        }
        has(&text, &format!("rpc_server_in_flight{{{labels}}} 1"));
        has(&text, &format!("rpc_client_duration_seconds_count{{{labels},code=\"OK\"}} 2"));
        has(&text, &format!("rpc_client_in_flight{{{labels}}} 0"));
        has(&text, &format!(r#"micro_build_info{{service="shop",version="1.2",micro="{MICRO}"}} 1"#));
    }

    #[test]
    fn events_are_counted_by_topic() {
        let text = recorded(|| {
            let meter = Meter::new("shop", "");
            let series = meter.served(&HEAR);
            series.begin().end(Some(Code::Internal));
            series.dropped(3);
            meter.published("said", Ok(()));
            meter.published("said", Err(&Error::unavailable("gone")));
        });
        let labels = r#"service="shop",topic="said",queue="all""#;
        has(&text, &format!("messaging_process_duration_seconds_count{{{labels},code=\"INTERNAL\"}} 1"));
        has(&text, &format!("messaging_dropped_total{{{labels}}} 3"));
        for code in ["OK", "UNAVAILABLE"] {
            has(&text, &format!(r#"messaging_publish_total{{service="shop",topic="said",code="{code}"}} 1"#));
        }
    }

    #[test]
    fn topics_made_up_as_a_program_goes_are_bounded() {
        let text = recorded(|| {
            let meter = Meter::new("shop", "");
            for topic in 0..TOPICS + 10 {
                meter.published(&format!("t{topic}"), Ok(()));
            }
        });
        has(&text, r#"messaging_publish_total{service="shop",topic="t0",code="OK"} 1"#);
        has(&text, r#"messaging_publish_total{service="shop",topic="*",code="OK"} 10"#);
    }

    #[test]
    fn nothing_is_recorded_without_a_name() {
        let text = recorded(|| {
            let meter = Meter::default();
            meter.served(&HELLO).begin().end(None);
            meter.called(&HELLO).begin().end(None);
            meter.published("said", Ok(()));
        });
        assert_eq!(text, "");
    }
}
