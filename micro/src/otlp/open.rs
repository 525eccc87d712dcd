//! A span that is open: what it will be sent as.
//!
//! The spans of calls and of what is published have their ids from the W3C trace context that travels with them, so
//! that both ends of a call, and every process on its way, speak of the same spans. Other spans are below those that
//! they were opened in.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::field::{Field, Visit};
use tracing::span;

use super::message::{ERROR, Event, KeyValue, Span, Status, Value, kind};

/// How many attributes a span may have, and how many events.
const ATTRIBUTES: usize = 64;
const EVENTS: usize = 64;

/// How long the text of a value may be, in bytes.
const TEXT: usize = 2 << 10;

/// Where a span is in its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) trace: u128,
    pub(super) span: u64,
    /// The span above; 0 at the root.
    pub(super) parent: u64,
    /// Whether it is wanted by whoever began the trace.
    pub(super) sampled: bool,
}

impl Place {
    fn below(parent: Option<Place>) -> Place {
        let span = fastrand::u64(1..);
        match parent {
            Some(parent) => Place { span, parent: parent.span, ..parent },
            None => Place { trace: fastrand::u128(1..), span, parent: 0, sampled: true },
        }
    }
}

/// Whose span it is, by which its fields are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Call,
    Publish,
    Other,
}

pub(super) struct Open {
    pub(super) place: Place,
    sort: Sort,
    span: Span,
}

impl Open {
    pub(super) fn new(attributes: &span::Attributes<'_>, parent: Option<Place>) -> Open {
        let metadata = attributes.metadata();
        let sort = match (metadata.target(), metadata.name()) {
            ("micro::span", "rpc") => Sort::Call,
            ("micro::client::publish", "publish") => Sort::Publish,
            _ => Sort::Other,
        };
        let span = Span {
            name: metadata.name().to_owned(),
            kind: kind::INTERNAL,
            start_time_unix_nano: now(),
            ..Span::default()
        };
        let mut open = Open { place: Place::below(parent), sort, span };
        match sort {
            Sort::Call => open.set("rpc.system", "micro"),
            Sort::Publish => {
                open.span.kind = kind::PRODUCER;
                open.set("messaging.system", "micro");
                open.set("messaging.operation.type", "send");
            }
            Sort::Other => open.set("code.namespace", metadata.target()),
        }
        attributes.record(&mut open);
        open
    }

    pub(super) fn record(&mut self, values: &span::Record<'_>) {
        values.record(self);
    }

    pub(super) fn note(&mut self, noted: Noted) {
        if self.span.events.len() < EVENTS {
            self.span.events.push(noted.0);
        } else {
            self.span.dropped_events_count = self.span.dropped_events_count.saturating_add(1);
        }
    }

    /// Ends the span.
    pub(super) fn close(mut self) -> Span {
        let Place { trace, span, parent, .. } = self.place;
        self.span.trace_id = trace.to_be_bytes().to_vec();
        self.span.span_id = span.to_be_bytes().to_vec();
        if parent != 0 {
            self.span.parent_span_id = parent.to_be_bytes().to_vec();
        }
        self.span.end_time_unix_nano = now();
        self.span
    }

    fn set(&mut self, key: &str, value: impl Into<Value>) {
        add(&mut self.span.attributes, &mut self.span.dropped_attributes_count, key, value.into());
    }

    fn text(&mut self, field: &Field, text: &str) {
        match (self.sort, field.name()) {
            (Sort::Call | Sort::Publish, "trace_id") => {
                if let Ok(trace) = u128::from_str_radix(text, 16) {
                    // What follows says what is above, if anything is.
                    self.place = Place { trace, parent: 0, ..self.place };
                }
            }
            (Sort::Call | Sort::Publish, "span_id") => {
                self.place.span = u64::from_str_radix(text, 16).unwrap_or(self.place.span);
            }
            (Sort::Call | Sort::Publish, "parent_id") => {
                self.place.parent = u64::from_str_radix(text, 16).unwrap_or(0);
            }
            (Sort::Call, "kind") => {
                self.span.kind = if text == "client" { kind::CLIENT } else { kind::SERVER };
            }
            (Sort::Call, "endpoint") => {
                let path = text.trim_start_matches('/');
                self.span.name = path.to_owned();
                if let Some((contract, method)) = path.rsplit_once('/') {
                    self.set("rpc.service", contract);
                    self.set("rpc.method", method);
                }
            }
            (Sort::Call, "service") => self.set("micro.service", text),
            (Sort::Call, "code") => self.ended(text),
            (Sort::Publish, "topic") => {
                self.span.name = format!("publish {text}");
                self.set("messaging.destination.name", text);
            }
            (Sort::Publish, "event") => self.set("messaging.message.id", text),
            (_, name) => self.set(name, cut(text)),
        }
    }

    fn ended(&mut self, code: &str) {
        self.set("rpc.response.status_code", code);
        // What a caller did wrong is no failure of the service.
        let failed = match self.span.kind {
            kind::CLIENT => code != "OK",
            _ => matches!(
                code,
                "UNKNOWN" | "DEADLINE_EXCEEDED" | "UNIMPLEMENTED" | "INTERNAL" | "UNAVAILABLE" | "DATA_LOSS"
            ),
        };
        if failed {
            self.set("error.type", code);
            self.span.status = Some(Status { message: String::new(), code: ERROR });
        }
    }
}

impl Visit for Open {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        match (self.sort, field.name()) {
            (Sort::Call | Sort::Publish, "sampled") => self.place.sampled = value,
            (_, name) => self.set(name, value),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.set(field.name(), value),
            Err(_) => self.set(field.name(), value.to_string()),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // Start and end say it.
        if !(self.sort == Sort::Call && field.name() == "duration_ms") {
            self.set(field.name(), value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, &format!("{value:?}"));
    }
}

/// What was logged while a span was open.
pub(super) struct Noted(Event);

impl Noted {
    pub(super) fn of(event: &tracing::Event<'_>) -> Noted {
        let metadata = event.metadata();
        let attributes = vec![
            KeyValue::new("level", metadata.level().as_str()),
            KeyValue::new("target", metadata.target()),
        ];
        let mut noted = Noted(Event { time_unix_nano: now(), attributes, ..Event::default() });
        event.record(&mut noted);
        noted
    }
}

impl Visit for Noted {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let Noted(event) = self;
        match field.name() {
            "message" => event.name = cut(value).to_owned(),
            name => {
                add(&mut event.attributes, &mut event.dropped_attributes_count, name, cut(value).into());
            }
        }
    }
}

fn add(attributes: &mut Vec<KeyValue>, dropped: &mut u32, key: &str, value: Value) {
    if let Some(known) = attributes.iter_mut().find(|known| known.key == key) {
        known.value = Some(value);
    } else if attributes.len() < ATTRIBUTES {
        attributes.push(KeyValue { key: key.to_owned(), value: Some(value) });
    } else {
        *dropped = dropped.saturating_add(1);
    }
}

/// Cuts a text between two characters.
fn cut(text: &str) -> &str {
    if text.len() <= TEXT {
        return text;
    }
    let end = (0..=TEXT).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

/// Returns the time, in nanoseconds since 1970.
pub(super) fn now() -> u64 {
    nanos(SystemTime::now())
}

/// Returns a time, in nanoseconds since 1970.
pub(super) fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
