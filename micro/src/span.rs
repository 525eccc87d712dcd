//! The `tracing` span of one call, the same on both ends.

use std::time::Instant;

use tracing::Span;
use tracing::field::Empty;

use crate::error::{Code, Error};
use crate::meter::Timed;
use crate::spec::Spec;
use crate::stats::Timer;
use crate::trace::TraceContext;

/// The span of a call. Dropped before its end, it says `CANCELLED`.
#[derive(Debug)]
pub(crate) struct CallSpan {
    span: Span,
    began: Instant,
    ended: bool,
    /// Counts the call, where that is wanted.
    timer: Option<Timer>,
    metered: Timed,
}

impl CallSpan {
    /// Begins the span of a call to `service`, whose place in its trace is `trace`. `kind` is the end it is seen
    /// from: `client` or `server`.
    pub(crate) fn new(
        kind: &'static str,
        service: &str,
        spec: &'static Spec,
        trace: Option<&TraceContext>,
    ) -> Self {
        let span = tracing::info_span!(
            "rpc",
            kind,
            service,
            endpoint = spec.path,
            trace_id = Empty,
            span_id = Empty,
            parent_id = Empty,
            sampled = Empty,
            code = Empty,
            duration_ms = Empty,
        );
        if let Some(trace) = trace.filter(|_| !span.is_disabled()) {
            span.record("trace_id", tracing::field::display(format_args!("{:032x}", trace.trace_id())));
            span.record("span_id", tracing::field::display(format_args!("{:016x}", trace.span_id())));
            if let Some(parent) = trace.parent_id() {
                span.record("parent_id", tracing::field::display(format_args!("{parent:016x}")));
            }
            if !trace.is_sampled() {
                span.record("sampled", false);
            }
        }
        CallSpan { span, began: Instant::now(), ended: false, timer: None, metered: Timed::default() }
    }

    /// Has the end of the span end what is metered too.
    pub(crate) fn metered(mut self, timed: Timed) -> Self {
        self.metered = timed;
        self
    }

    /// Has the end of the span end a timer too.
    pub(crate) fn timed(mut self, timer: Timer) -> Self {
        self.timer = Some(timer);
        self
    }

    /// Returns the span, to run inside of.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// Records how the call ended. Only the first end counts; tells whether this was it.
    pub(crate) fn end(&mut self, result: Result<(), &Error>) -> bool {
        if std::mem::replace(&mut self.ended, true) {
            return false;
        }
        self.metered.end(result.err().map(Error::code));
        if let Some(timer) = self.timer.take() {
            timer.end(result.err().map(Error::code));
        }
        self.span.record("code", result.map_or_else(|error| error.code().name(), |()| "OK"));
        self.span.record("duration_ms", self.began.elapsed().as_secs_f64() * 1_000.0);
        true
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        if !self.ended {
            self.end(Err(&Error::new(Code::Cancelled, "")));
        }
    }
}
