//! The `tracing` span of one call on the server, and its last word.

use std::time::Instant;

use tracing::Span;
use tracing::field::Empty;

use crate::call::CallInfo;
use crate::error::{Code, Error};
use crate::spec::Spec;

/// The span of a call. Dropped before its end, it says `CANCELLED`.
#[derive(Debug)]
pub(crate) struct CallSpan {
    span: Span,
    started: Instant,
    finished: bool,
}

impl CallSpan {
    /// Begins the span of a call.
    pub(crate) fn new(service: &str, spec: &'static Spec, info: &CallInfo) -> Self {
        let span = tracing::info_span!(
            "rpc",
            kind = "server",
            service,
            endpoint = spec.path,
            trace_id = Empty,
            span_id = Empty,
            code = Empty,
            duration_ms = Empty,
        );
        if let Some(trace) = info.trace().filter(|_| !span.is_disabled()) {
            span.record("trace_id", tracing::field::display(format_args!("{:032x}", trace.trace_id())));
            span.record("span_id", tracing::field::display(format_args!("{:016x}", trace.span_id())));
        }
        CallSpan { span, started: Instant::now(), finished: false }
    }

    /// Returns the span, to run inside of.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// Records how the call ended, once.
    pub(crate) fn finish(&mut self, result: Result<(), &Error>) {
        if std::mem::replace(&mut self.finished, true) {
            return;
        }
        let code = result.map_or_else(|error| error.code().name(), |()| "OK");
        self.span.record("code", code);
        self.span.record("duration_ms", self.started.elapsed().as_secs_f64() * 1_000.0);
        match result {
            // What the caller is not told has to be told somewhere.
            Err(error) if is_ours(error.code()) => {
                tracing::error!(parent: &self.span, code, error = ?error, "call failed");
            }
            Err(error) => tracing::debug!(parent: &self.span, code, error = %error, "call refused"),
            Ok(()) => tracing::debug!(parent: &self.span, code, "call answered"),
        }
    }
}

/// Tells whether an error is the service's own fault rather than the caller's.
fn is_ours(code: Code) -> bool {
    matches!(code, Code::Unknown | Code::Internal | Code::DataLoss)
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        if !self.finished {
            self.finish(Err(&Error::cancelled("the caller went away")));
        }
    }
}
