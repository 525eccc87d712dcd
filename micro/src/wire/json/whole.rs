//! A body that is one message, however it was cut on the way.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::StatusCode;
use http_body::Body as _;

use crate::error::{Error, Result};
use crate::wire::{HttpBody, HttpStatus};

/// Reads a whole body, up to a limit, as one message.
pub(super) struct Whole {
    body: HttpBody,
    limit: usize,
    /// What an empty body stands for.
    empty: Bytes,
    /// The only piece, while there is only one.
    piece: Bytes,
    joined: BytesMut,
    over: bool,
}

impl Whole {
    /// Reads `body`, refusing more than `limit` bytes; an empty one stands for the message `empty`.
    pub(super) fn new(body: HttpBody, limit: usize, empty: Bytes) -> Self {
        Whole { body, limit, empty, piece: Bytes::new(), joined: BytesMut::new(), over: false }
    }

    fn push(&mut self, data: Bytes) -> Result<()> {
        if self.piece.len() + self.joined.len() + data.len() > self.limit {
            return Err(too_large(self.limit));
        }
        if self.piece.is_empty() && self.joined.is_empty() {
            self.piece = data;
            return Ok(());
        }
        if !self.piece.is_empty() {
            self.joined.extend_from_slice(&std::mem::take(&mut self.piece));
        }
        self.joined.extend_from_slice(&data);
        Ok(())
    }

    fn message(&mut self) -> Bytes {
        match (self.piece.is_empty(), self.joined.is_empty()) {
            (true, true) => std::mem::take(&mut self.empty),
            (false, _) => std::mem::take(&mut self.piece),
            (true, false) => self.joined.split().freeze(),
        }
    }
}

/// Says that a body is too large, in words and with the status HTTP has for it.
pub(super) fn too_large(limit: usize) -> Error {
    Error::resource_exhausted(format!("the request is over the limit of {limit} bytes"))
        .with_source(HttpStatus(StatusCode::PAYLOAD_TOO_LARGE))
}

impl Stream for Whole {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        while !this.over {
            match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        this.push(data)?;
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    this.over = true;
                    return Poll::Ready(Some(Ok(this.message())));
                }
            }
        }
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::collections::VecDeque;

    use http_body::Frame;

    use crate::body::Body;
    use crate::error::Code;

    struct Pieces(VecDeque<&'static str>);

    impl http_body::Body for Pieces {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece.into()))))
        }
    }

    async fn read(pieces: &[&'static str], limit: usize) -> Result<Bytes, Code> {
        let body = HttpBody::new(Pieces(pieces.iter().copied().collect()));
        let mut body = Body::stream(Whole::new(body, limit, "{}".into()));
        let message = body.next().await.unwrap().map_err(|error| error.code());
        assert!(body.next().await.is_none());
        message
    }

    #[tokio::test]
    async fn pieces_become_one_message() {
        assert_eq!(read(&[], 9).await, Ok("{}".into()));
        assert_eq!(read(&["abc"], 9).await, Ok("abc".into()));
        assert_eq!(read(&["abc", "", "def", "ghi"], 9).await, Ok("abcdefghi".into()));
    }

    #[tokio::test]
    async fn reading_stops_at_the_limit() {
        assert_eq!(read(&["abc", "def", "ghij"], 9).await, Err(Code::ResourceExhausted));
    }
}
