//! `?` on [`anyhow::Error`].

use super::{Error, Source};

impl From<anyhow::Error> for Error {
    /// Keeps the chain for logs; the caller sees "internal error". A `micro::Error` inside comes back whole.
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<Error>() {
            Ok(error) => error,
            Err(error) => Error::from_source(Source::from(error)),
        }
    }
}
