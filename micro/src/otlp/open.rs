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

/// How much memory the attributes and events of a span may take, in bytes: thousands of spans wait at once.
const ROOM: usize = 32 << 10;

/// What of it events leave to attributes: how a call ended is said last.
const LAST: usize = 4 << 10;

/// How much memory the attributes of one event may take.
const EVENT: usize = 8 << 10;

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
    /// What is left of the room for attributes and events.
    left: usize,
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
        let mut open = Open { place: Place::below(parent), sort, span, left: ROOM };
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
        let weight = noted.weight();
        if self.span.events.len() < EVENTS && weight <= self.left.saturating_sub(LAST) {
            self.left -= weight;
            self.span.events.push(noted.event);
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
        if self.span.end_time_unix_nano == 0 {
            self.span.end_time_unix_nano = now();
        }
        self.span
    }

    fn set(&mut self, key: &str, value: impl Into<Value>) {
        let Span { attributes, dropped_attributes_count, .. } = &mut self.span;
        add(attributes, &mut self.left, dropped_attributes_count, key, value.into());
    }

    fn text(&mut self, field: &Field, text: &str) {
        let text = cut(text);
        match (self.sort, field.name()) {
            (Sort::Call | Sort::Publish, "trace_id") => {
                if let Ok(trace) = u128::from_str_radix(text, 16) {
                    // What follows says what is above, if anything is, and whether the trace is not wanted.
                    self.place = Place { trace, parent: 0, sampled: true, ..self.place };
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
            (_, name) => self.set(name, text),
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
        match (self.sort, field.name()) {
            // Start and end say how long, and that it is said is the end: a span may be held longer than its call.
            (Sort::Call, "duration_ms") => self.span.end_time_unix_nano = now(),
            (_, name) => self.set(name, value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, &format!("{value:?}"));
    }
}

/// What was logged while a span was open.
pub(super) struct Noted {
    event: Event,
    /// What is left of the room for attributes.
    left: usize,
}

impl Noted {
    pub(super) fn of(event: &tracing::Event<'_>) -> Noted {
        let metadata = event.metadata();
        let mut noted = Noted { event: Event { time_unix_nano: now(), ..Event::default() }, left: EVENT };
        noted.set("level", metadata.level().as_str());
        noted.set("target", metadata.target());
        event.record(&mut noted);
        noted
    }

    fn set(&mut self, key: &str, text: &str) {
        let Event { attributes, dropped_attributes_count, .. } = &mut self.event;
        add(attributes, &mut self.left, dropped_attributes_count, key, cut(text).into());
    }

    fn weight(&self) -> usize {
        size_of::<Event>() + self.event.name.len() + (EVENT - self.left)
    }
}

impl Visit for Noted {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.event.name = cut(value).to_owned(),
            name => self.set(name, value),
        }
    }
}

/// Adds an attribute, or changes it, where there is room for it; else counts it.
fn add(attributes: &mut Vec<KeyValue>, left: &mut usize, dropped: &mut u32, key: &str, value: Value) {
    let attribute = KeyValue::new(key, value);
    let full = attributes.len() >= ATTRIBUTES;
    let known = attributes.iter_mut().find(|known| known.key == key);
    let room = *left + known.as_ref().map_or(0, |known| weight(known));
    let weight = weight(&attribute);
    if weight > room || (full && known.is_none()) {
        *dropped = dropped.saturating_add(1);
        return;
    }
    *left = room - weight;
    match known {
        Some(known) => *known = attribute,
        None => attributes.push(attribute),
    }
}

/// Returns about how much memory an attribute takes, in bytes. On the wire it is less.
fn weight(attribute: &KeyValue) -> usize {
    let text = attribute.value.as_ref().and_then(|value| value.text.as_ref());
    size_of::<KeyValue>() + attribute.key.len() + text.map_or(0, String::len)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_that_find_no_room_are_counted() {
        let (mut attributes, mut left, mut dropped) = (Vec::new(), ROOM, 0);
        let long = "a".repeat(TEXT);
        for key in 0..20 {
            add(&mut attributes, &mut left, &mut dropped, &key.to_string(), long.as_str().into());
        }
        assert_eq!((attributes.len(), dropped), (15, 5));
        assert!(attributes.iter().map(weight).sum::<usize>() + left == ROOM, "{left} bytes are left");

        // What becomes shorter makes room; what is changed is not there twice.
        add(&mut attributes, &mut left, &mut dropped, "0", true.into());
        add(&mut attributes, &mut left, &mut dropped, "20", long.as_str().into());
        assert_eq!((attributes.len(), dropped), (16, 5));
        add(&mut attributes, &mut left, &mut dropped, "0", long.as_str().into());
        assert_eq!((attributes[0].value.clone(), dropped), (Some(true.into()), 6));
        assert!(attributes.iter().map(weight).sum::<usize>() + left == ROOM, "{left} bytes are left");
    }

    #[test]
    fn no_more_attributes_than_allowed_are_kept_however_short() {
        let (mut attributes, mut left, mut dropped) = (Vec::new(), ROOM, 0);
        for key in 0..70 {
            add(&mut attributes, &mut left, &mut dropped, &key.to_string(), true.into());
        }
        add(&mut attributes, &mut left, &mut dropped, "0", false.into());
        assert_eq!((attributes.len(), dropped), (ATTRIBUTES, 6));
        assert_eq!(attributes[0].value, Some(false.into()));
    }
}
