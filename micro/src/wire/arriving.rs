//! The body of a request as it arrives, and what becomes of it when nobody reads it to its end.
//!
//! Over HTTP/2, a stream whose answer is whole and whose request is not has to be reset (RFC 9113, section 8.1).
//! Common clients take that for a failure, curl 7.88 for one, although the answer is there. So the end of a request
//! that was answered early is waited for, within bounds; most are a packet away.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How much is read and dropped, in bytes, and for how long.
const MOST: usize = 64 * 1024;
const LONGEST: Duration = Duration::from_secs(1);

/// The body of a request.
#[derive(Debug)]
pub(super) struct Arriving {
    /// There until the drop.
    body: Option<Incoming>,
    /// The end of the connection, where an unread rest matters.
    over: Option<Arc<CancellationToken>>,
}

impl Arriving {
    pub(super) fn new(body: Incoming, over: Option<Arc<CancellationToken>>) -> Self {
        Arriving { body: Some(body), over }
    }
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        let (Some(body), Some(over)) = (self.body.take(), self.over.take()) else { return };
        if body.is_end_stream() {
            return;
        }
        // Outside of a runtime the connection has ended with it.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { over.run_until_cancelled(timeout(LONGEST, discard(body))).await });
        }
    }
}

/// Reads a body to its end, or to what is too much.
async fn discard(mut body: Incoming) {
    let mut read = 0;
    let discarding = std::future::poll_fn(|context| {
        while let Some(Ok(frame)) = ready!(Pin::new(&mut body).poll_frame(context)) {
            read += frame.data_ref().map_or(0, Bytes::len);
            if read > MOST {
                break;
            }
        }
        Poll::Ready(())
    });
    discarding.await;
}
