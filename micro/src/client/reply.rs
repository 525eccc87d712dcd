//! A reply together with what came beside it.

use crate::metadata::Metadata;

/// What [`Call::response`](super::Call::response) yields: the reply and its metadata.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reply<O> {
    /// The reply: a message, or a stream of them.
    pub message: O,
    /// The metadata sent before the first message.
    pub metadata: Metadata,
    /// The metadata sent after the message. Empty for a stream, which tells its own at its end by
    /// [`Streaming::trailers`](crate::Streaming::trailers).
    pub trailers: Metadata,
}
