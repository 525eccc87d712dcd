//! The last word on a call of the server: its span ends, and what its caller is not told is logged.

use crate::error::{Code, Error};
use crate::span::CallSpan;

/// Ends the span of a call and says how it went, once.
pub(crate) fn finish(span: &mut CallSpan, result: Result<(), &Error>) {
    if !span.end(result) {
        return;
    }
    match result {
        // What the caller is not told has to be told somewhere.
        Err(error) if is_ours(error.code()) => {
            tracing::error!(parent: span.span(), code = error.code().name(), error = ?error, "call failed");
        }
        Err(error) => {
            tracing::debug!(parent: span.span(), code = error.code().name(), error = %error, "call refused");
        }
        Ok(()) => tracing::debug!(parent: span.span(), code = "OK", "call answered"),
    }
}

/// Tells whether an error is the service's own fault rather than the caller's.
fn is_ours(code: Code) -> bool {
    matches!(code, Code::Unknown | Code::Internal | Code::DataLoss)
}
