//! The body of a request as it arrives, and what becomes of it when nobody reads it to its end.
//!
//! When an HTTP/2 stream is given up whose answer is whole and whose request is not, h2 resets it, as RFC 9113 allows
//! (section 8.1). Common clients take that for a failure, curl 7.88 for one, although the answer is there. So the end
//! of a request that nobody reads any more is waited for, within bounds; most are a packet away.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tokio::time::timeout;

/// How much is read and dropped, in bytes.
const MOST: usize = 64 * 1024;

/// For how long. A server that stops waits for it, so there has to be time left for the goodbye.
const LONGEST: Duration = Duration::from_millis(400);

/// The body of a request.
#[derive(Debug)]
pub(super) struct Arriving {
    /// There until the drop.
    body: Option<Incoming>,
    /// Whether a rest that nobody reads is waited for.
    discards: bool,
}

impl Arriving {
    pub(super) fn new(body: Incoming, discards: bool) -> Self {
        Arriving { body: Some(body), discards }
    }
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            self.discards = false;
        }
        Poll::Ready(frame)
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
        let Some(body) = self.body.take().filter(|body| self.discards && !body.is_end_stream()) else {
            return;
        };
        // Somebody may drop it outside of the runtime; then it is reset. The end of the connection is an end of the
        // body, so nothing outlives that.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(timeout(LONGEST, discard(body)));
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
