//! The `tracing` span of one call on the client.

use std::time::Instant;

use tracing::Span;
use tracing::field::Empty;

use crate::error::{Code, Error};
use crate::spec::Spec;
use crate::trace::TraceContext;

/// The span of a call. Dropped before its end, it says `CANCELLED`.
#[derive(Debug)]
pub(super) struct CallSpan {
    span: Span,
    began: Instant,
    ended: bool,
}

impl CallSpan {
    /// Begins the span of a call to `service`, whose place in its trace is `trace`.
    pub(super) fn new(service: &str, spec: &'static Spec, trace: &TraceContext) -> Self {
        let span = tracing::info_span!(
            "rpc",
            kind = "client",
            service,
            endpoint = spec.path,
            trace_id = Empty,
            span_id = Empty,
            code = Empty,
            duration_ms = Empty,
        );
        if !span.is_disabled() {
            span.record("trace_id", tracing::field::display(format_args!("{:032x}", trace.trace_id())));
            span.record("span_id", tracing::field::display(format_args!("{:016x}", trace.span_id())));
        }
        CallSpan { span, began: Instant::now(), ended: false }
    }

    /// Returns the span, to run inside of.
    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// Records how the call ended.
    pub(super) fn end(mut self, result: Result<(), &Error>) {
        self.record(result.map_or_else(|error| error.code().name(), |()| "OK"));
    }

    fn record(&mut self, code: &'static str) {
        self.ended = true;
        self.span.record("code", code);
        self.span.record("duration_ms", self.began.elapsed().as_secs_f64() * 1_000.0);
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        if !self.ended {
            self.record(Code::Cancelled.name());
        }
    }
}
