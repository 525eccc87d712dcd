//! What `?` understands in a handler, and the methods for everything else.
//!
//! A blanket `From<E: Error>` would conflict with `Error` being an error itself, so the common sources are
//! listed here and the rest goes through [`ResultExt`].

use std::borrow::Cow;
use std::fmt;

use super::{Code, Error, Result, Source};

impl From<std::io::Error> for Error {
    /// Keeps the I/O error for logs; the caller sees "internal error".
    fn from(source: std::io::Error) -> Self {
        Error::from_source(source)
    }
}

impl From<Source> for Error {
    /// Keeps the source for logs; the caller sees "internal error". A boxed `micro::Error` comes back whole.
    fn from(source: Source) -> Self {
        match source.downcast::<Error>() {
            Ok(error) => *error,
            Err(source) => Error::from_source(source),
        }
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

/// Turns any error into a [`micro::Error`](Error) on the way through `?`.
pub trait ResultExt<T>: Sized {
    /// Becomes `internal`: the caller sees "internal error", the logs see the source.
    fn or_internal(self) -> Result<T>;

    /// Becomes an error of `code` whose message is the source's text. The caller sees that text.
    fn code(self, code: Code) -> Result<T>;

    /// Becomes `internal` with `context` as the message for the caller; the source is kept for logs.
    /// A [`micro::Error`](Error) keeps its code and gets the context put before its message.
    fn context(self, context: impl Into<Cow<'static, str>>) -> Result<T>;
}

impl<T, E> ResultExt<T> for std::result::Result<T, E>
where
    E: std::error::Error + Send + Sync + 'static,
{
    fn or_internal(self) -> Result<T> {
        self.map_err(|error| Error::from(Source::from(error)))
    }

    fn code(self, code: Code) -> Result<T> {
        self.map_err(|error| Error::new(code, error.to_string()).with_source(error))
    }

    fn context(self, context: impl Into<Cow<'static, str>>) -> Result<T> {
        self.map_err(|error| match Source::from(error).downcast::<Error>() {
            Ok(error) => error.context(context.into()),
            Err(source) => Error::new(Code::Internal, context).with_source(source),
        })
    }
}

/// Turns an absent value into a [`micro::Error`](Error) on the way through `?`.
pub trait OptionExt<T>: Sized {
    /// Becomes `not found` with `message`.
    fn or_not_found(self, message: impl fmt::Display) -> Result<T>;
}

impl<T> OptionExt<T> for Option<T> {
    fn or_not_found(self, message: impl fmt::Display) -> Result<T> {
        self.ok_or_else(|| Error::not_found(message.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> std::result::Result<u8, std::num::ParseIntError> {
        text.parse()
    }

    #[test]
    fn unknown_errors_keep_their_text_off_the_wire() {
        let error = parse("secret").or_internal().unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::Internal, "internal error"));
        assert!(format!("{error:?}").contains("invalid digit"));
    }

    #[test]
    fn code_and_context_say_more() {
        assert_eq!(parse("x").code(Code::InvalidArgument).unwrap_err().code(), Code::InvalidArgument);
        let error = parse("x").context("bad amount").unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::Internal, "bad amount"));
        let error = Err::<(), _>(Error::not_found("no row")).context("loading").unwrap_err();
        assert_eq!(error.to_string(), "not found: loading: no row");
    }

    #[test]
    fn a_boxed_error_of_ours_comes_back_whole() {
        let boxed: Source = Box::new(Error::aborted("lost the race"));
        assert_eq!(Error::from(boxed).code(), Code::Aborted);
    }
}
