//! The one error of the framework: a code, a message for the caller, and what may be done about it.
//!
//! A handler returns `micro::Result<T>`. What it fails with crosses the wire as code, message, `id` (the
//! service that made it) and details; the source stays behind, for logs only.
//!
//! ```
//! use micro::{Code, Error};
//!
//! let error = Error::not_found("no account 42").with_id("bank");
//! assert_eq!(error.code(), Code::NotFound);
//! assert_eq!(error.to_string(), "not found: no account 42");
//! ```

#[cfg(feature = "anyhow")]
mod anyhow;
mod code;
mod convert;

pub use code::Code;
pub use convert::{OptionExt, ResultExt};

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use crate::metadata::Metadata;

/// A result whose error is [`micro::Error`](Error).
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Says what is known about the work behind a failed call, so that a retry can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Outcome {
    /// The request never left this process.
    NotSent,
    /// The peer refused the request before any handler ran.
    NotRun,
    /// The handler may have run, in part or whole. The default.
    #[default]
    Unknown,
}

impl Outcome {
    /// Tells whether the work provably did not happen, so that sending it again cannot do it twice.
    pub fn is_safe_to_retry(self) -> bool {
        !matches!(self, Outcome::Unknown)
    }

    /// Names the outcome in words: `not sent`, `not run`, `outcome unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::NotSent => "not sent",
            Outcome::NotRun => "not run",
            Outcome::Unknown => "outcome unknown",
        }
    }
}

/// One machine-readable detail of an error, as `google.protobuf.Any` carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The type URL, such as `type.googleapis.com/google.rpc.RetryInfo`.
    pub type_url: String,
    /// The encoded message.
    pub value: Bytes,
}

/// The error of every fallible call: small to move, cheap to match, safe to show to a caller.
///
/// `Display` is one line, `Debug` is what a person reads when `main` fails. The text of a
/// [source](std::error::Error::source) is never sent to a peer.
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    message: Cow<'static, str>,
    id: Cow<'static, str>,
    details: Vec<Detail>,
    metadata: Metadata,
    outcome: Outcome,
    source: Option<Source>,
}

impl Error {
    /// Makes an error of `code` with a `message` that the caller may see.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Error(Box::new(Inner {
            code,
            message: message.into(),
            id: Cow::Borrowed(""),
            details: Vec::new(),
            metadata: Metadata::new(),
            outcome: Outcome::Unknown,
            source: None,
        }))
    }

    /// Makes an error that says "internal error" to the caller and keeps `source` for the logs.
    pub fn from_source(source: impl Into<Source>) -> Self {
        Error::new(Code::Internal, "internal error").with_source(source)
    }

    /// Returns the code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Returns the message for the caller.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the name of the service that made the error, empty when none is known.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Returns the machine-readable details.
    pub fn details(&self) -> &[Detail] {
        &self.0.details
    }

    /// Returns the trailing metadata that came with the error.
    pub fn metadata(&self) -> &Metadata {
        &self.0.metadata
    }

    /// Returns what is known about the work behind the failed call.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Sets the code.
    pub fn with_code(mut self, code: Code) -> Self {
        self.0.code = code;
        self
    }

    /// Sets the service that made the error.
    pub fn with_id(mut self, id: impl Into<Cow<'static, str>>) -> Self {
        self.0.id = id.into();
        self
    }

    /// Adds a detail.
    pub fn with_detail(mut self, type_url: impl Into<String>, value: impl Into<Bytes>) -> Self {
        self.0.details.push(Detail { type_url: type_url.into(), value: value.into() });
        self
    }

    /// Sets the trailing metadata sent along with the error.
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.0.metadata = metadata;
        self
    }

    /// Sets what is known about the work behind the failed call.
    pub fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    /// Keeps `source` for logs; it is never sent to a peer.
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Puts `context` before the message: `context: message`.
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.0.message = format!("{context}: {}", self.0.message).into();
        self
    }
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $code:ident),* $(,)?) => {
        impl Error {
            $($(#[$doc])*
            pub fn $name(message: impl Into<Cow<'static, str>>) -> Self {
                Error::new(Code::$code, message)
            })*
        }
    };
}

constructors! {
    /// Makes an error of [`Code::Cancelled`].
    cancelled => Cancelled,
    /// Makes an error of [`Code::Unknown`].
    unknown => Unknown,
    /// Makes an error of [`Code::InvalidArgument`].
    invalid_argument => InvalidArgument,
    /// Makes an error of [`Code::DeadlineExceeded`].
    deadline_exceeded => DeadlineExceeded,
    /// Makes an error of [`Code::NotFound`].
    not_found => NotFound,
    /// Makes an error of [`Code::AlreadyExists`].
    already_exists => AlreadyExists,
    /// Makes an error of [`Code::PermissionDenied`].
    permission_denied => PermissionDenied,
    /// Makes an error of [`Code::ResourceExhausted`].
    resource_exhausted => ResourceExhausted,
    /// Makes an error of [`Code::FailedPrecondition`].
    failed_precondition => FailedPrecondition,
    /// Makes an error of [`Code::Aborted`].
    aborted => Aborted,
    /// Makes an error of [`Code::OutOfRange`].
    out_of_range => OutOfRange,
    /// Makes an error of [`Code::Unimplemented`].
    unimplemented => Unimplemented,
    /// Makes an error of [`Code::Internal`]. The message is sent to the caller: keep secrets out of it.
    internal => Internal,
    /// Makes an error of [`Code::Unavailable`].
    unavailable => Unavailable,
    /// Makes an error of [`Code::DataLoss`].
    data_loss => DataLoss,
    /// Makes an error of [`Code::Unauthenticated`].
    unauthenticated => Unauthenticated,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)
    }
}

impl fmt::Debug for Error {
    /// Writes what a person wants to read when `main` returns the error: the line, where it came from, and
    /// the chain of causes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        if !self.0.id.is_empty() {
            write!(f, " (from {})", self.0.id)?;
        }
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            write!(f, "\n  caused by: {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_one_pointer_wide() {
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }

    #[test]
    fn display_is_one_line_and_debug_tells_the_causes() {
        let error = Error::from_source("disk on fire").with_id("ledger").context("cannot save");
        assert_eq!(error.to_string(), "internal: cannot save: internal error");
        assert_eq!(
            format!("{error:?}"),
            "internal: cannot save: internal error (from ledger)\n  caused by: disk on fire"
        );
    }

    #[test]
    fn only_known_outcomes_are_safe_to_retry() {
        assert!(Outcome::NotSent.is_safe_to_retry() && Outcome::NotRun.is_safe_to_retry());
        assert!(!Error::unavailable("gone").outcome().is_safe_to_retry());
    }
}
