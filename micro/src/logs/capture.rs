//! The layer that fills a [`Ring`] with what a `tracing` subscriber sees.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::record::Record;
use super::ring::Ring;

/// What HTTP connections log under.
const CONNECTIONS: [&str; 3] = ["h2", "hyper", "hyper_util"];

pub(super) struct Capture {
    ring: Ring,
}

impl Capture {
    pub(super) fn new(ring: Ring) -> Self {
        Capture { ring }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> tracing_subscriber::Layer<S> for Capture {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        // Spans of calls have these fields, and hardly another one.
        if attributes.metadata().fields().field("trace_id").is_none() {
            return;
        }
        let mut ids = Ids::default();
        attributes.record(&mut ids);
        if let Some(span) = context.span(id) {
            // Another ring beside this one may have been here.
            span.extensions_mut().replace(ids);
        }
    }

    fn on_record(&self, id: &Id, values: &tracing::span::Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut extensions = span.extensions_mut();
        if let Some(ids) = extensions.get_mut::<Ids>() {
            values.record(ids);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if is_of_a_connection(event.metadata()) {
            return;
        }
        let mut record = Record::of(event);
        if let Some(scope) = context.event_scope(event) {
            for span in scope {
                let ids = span.extensions().get::<Ids>().copied().unwrap_or_default();
                if !ids.trace().is_empty() {
                    record.ids = ids;
                    break;
                }
            }
        }
        self.ring.push(record);
    }
}

/// Tells whether an event is a detail of a connection. A record on its way to a reader would make others of these,
/// which would be on their way next, without end.
fn is_of_a_connection(metadata: &Metadata<'_>) -> bool {
    let root = metadata.target().split("::").next().unwrap_or_default();
    *metadata.level() > Level::INFO && CONNECTIONS.contains(&root)
}

/// The ids of the call that a span is of.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ids {
    trace: Hex<32>,
    span: Hex<16>,
}

impl Ids {
    /// Returns the trace, 32 hexadecimal digits, or nothing.
    pub(crate) fn trace(&self) -> &str {
        self.trace.as_str()
    }

    /// Returns the span, 16 hexadecimal digits, or nothing.
    pub(crate) fn span(&self) -> &str {
        self.span.as_str()
    }

    fn take(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        match field.name() {
            "trace_id" => self.trace = Hex::of(value),
            "span_id" => self.span = Hex::of(value),
            _ => {}
        }
    }
}

impl Visit for Ids {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, format_args!("{value:?}"));
    }
}

/// Exactly `N` hexadecimal digits, or none.
#[derive(Clone, Copy, Debug)]
struct Hex<const N: usize> {
    digits: [u8; N],
    len: usize,
}

impl<const N: usize> Hex<N> {
    fn of(value: fmt::Arguments<'_>) -> Self {
        let mut hex = Hex::default();
        match hex.write_fmt(value) {
            Ok(()) if hex.len == N => hex,
            _ => Hex::default(),
        }
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.digits[..self.len]).unwrap_or_default()
    }
}

impl<const N: usize> Default for Hex<N> {
    fn default() -> Self {
        Hex { digits: [0; N], len: 0 }
    }
}

impl<const N: usize> fmt::Write for Hex<N> {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let end = self.len + more.len();
        if end > N || !more.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(fmt::Error);
        }
        self.digits[self.len..end].copy_from_slice(more.as_bytes());
        self.len = end;
        Ok(())
    }
}
