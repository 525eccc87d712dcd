//! The receiving side of a stream: frames to messages, trailers to the end.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use h2::RecvStream;

use super::classify;
use super::connection::Lease;
use super::send::Pump;
use super::slot::Slot;
use crate::error::{Error, Result};
use crate::metadata::{Metadata, SharedMetadata};
use crate::wire::grpc::{frame, status};

/// The messages of a response. Dropping it before its end resets the stream, and so cancels the call.
pub(super) struct Incoming {
    live: Option<Live>,
    decoder: frame::Decoder,
    trailers: SharedMetadata,
}

/// What is let go at the end.
pub(super) struct Live {
    pub(super) stream: RecvStream,
    pub(super) pump: Option<Pump>,
    pub(super) slot: Arc<Slot>,
    pub(super) _lease: Lease,
}

impl Live {
    /// Makes the error of a broken stream; what the caller's own messages failed with comes first.
    fn broken(&self, error: h2::Error) -> Error {
        let own = self.pump.as_ref().and_then(Pump::failure);
        own.unwrap_or_else(|| classify::after_head(error, self.slot.authority()))
    }
}

impl Incoming {
    pub(super) fn new(live: Live, limit: usize, trailers: SharedMetadata) -> Self {
        Incoming { live: Some(live), decoder: frame::Decoder::new(limit), trailers }
    }

    /// Waits for the next message.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    fn advance(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let Some(live) = &mut self.live else {
            return Poll::Ready(None);
        };
        loop {
            match self.decoder.next() {
                Ok(Some(message)) => return Poll::Ready(Some(Ok(message))),
                Ok(None) => {}
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
            match ready!(live.stream.poll_data(context)) {
                Some(Ok(data)) => {
                    // The decoder holds less than a message beyond this, and is emptied before more is read.
                    // Releasing fails only on a stream that is over, which the next read tells.
                    let _ = live.stream.flow_control().release_capacity(data.len());
                    self.decoder.push(data);
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(live.broken(error)))),
                None => break,
            }
        }
        let trailers = match ready!(live.stream.poll_trailers(context)) {
            Ok(trailers) => trailers.unwrap_or_default(),
            Err(error) => return Poll::Ready(Some(Err(live.broken(error)))),
        };
        // Added to, not replaced: a layer may have put something there.
        self.trailers.update(|all| all.merge(Metadata::from_headers(&trailers)));
        let end = match status::read(&trailers) {
            Some(Ok(())) if self.decoder.is_empty() => None,
            Some(Ok(())) => Some(Err(Error::internal("the response ended within a message"))),
            Some(Err(error)) => Some(Err(error)),
            None => Some(Err(Error::unknown("the response ended without a grpc-status"))),
        };
        Poll::Ready(end)
    }
}

impl Stream for Incoming {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.advance(context));
        if !matches!(next, Some(Ok(_))) {
            self.live = None;
        }
        Poll::Ready(next)
    }
}
