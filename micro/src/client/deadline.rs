//! What ends a call from outside: its deadline, and the end of the call it is made for.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_core::Stream;
use tokio_util::sync::DropGuard;

use crate::body::Body;
use crate::call::Cancellation;
use crate::error::{Error, Result};
use crate::layer::BoxFuture;

/// When a call has to be over.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    deadline: Option<Instant>,
    parent: Option<Cancellation>,
    path: &'static str,
    began: Instant,
}

impl Bounds {
    pub(super) fn new(deadline: Option<Instant>, parent: Option<Cancellation>, path: &'static str) -> Self {
        Bounds { deadline, parent, path, began: Instant::now() }
    }

    /// Runs `work` within the bounds.
    pub(super) async fn hold<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let work = pin!(work);
        tokio::select! {
            biased;
            result = work => result,
            error = self.over() => Err(error),
        }
    }

    /// Ends `body` at the bounds, and `guard` with the body.
    pub(super) fn bind(self, body: Body, guard: DropGuard) -> Body {
        let over = Box::pin(async move { self.over().await });
        Body::stream(Bound { body, over, _guard: guard })
    }

    /// Waits until the call has to be over, and says why.
    async fn over(&self) -> Error {
        let deadline = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        let parent = async {
            match &self.parent {
                Some(parent) => parent.cancelled().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = deadline => {
                let given = self.deadline.map_or(Duration::ZERO, |deadline| deadline - self.began);
                Error::deadline_exceeded(format!("{} was not done within {} ms", self.path, given.as_millis()))
            }
            () = parent => Error::cancelled("the call that this one was made for is over"),
        }
    }
}

struct Bound {
    body: Body,
    over: BoxFuture<'static, Error>,
    _guard: DropGuard,
}

impl Stream for Bound {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // First, for a stream that always has something to say must end too.
        if let Poll::Ready(error) = self.over.as_mut().poll(context) {
            return Poll::Ready(Some(Err(error)));
        }
        Pin::new(&mut self.body).poll_next(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::error::Code;
    use crate::streaming::Streaming;

    fn soon() -> Bounds {
        Bounds::new(Some(Instant::now() + Duration::from_millis(20)), None, "/a.v1.B/C")
    }

    #[tokio::test]
    async fn work_ends_at_the_deadline_and_says_which() {
        let error = soon().hold::<()>(std::future::pending()).await.unwrap_err();
        assert_eq!(error.code(), Code::DeadlineExceeded);
        assert!(error.message().contains("/a.v1.B/C"), "{error}");
        assert_eq!(soon().hold(async { Ok(1) }).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_silent_stream_ends_at_the_deadline() {
        let (_sender, silent) = Streaming::<Bytes>::channel(1);
        let cancel = Cancellation::default();
        let mut body = soon().bind(Body::stream(silent), cancel.guard());
        assert_eq!(body.next().await.unwrap().unwrap_err().code(), Code::DeadlineExceeded);
        drop(body);
        assert!(cancel.is_cancelled());
    }

    #[tokio::test]
    async fn work_ends_with_the_call_it_is_made_for() {
        let parent = Cancellation::default();
        let bounds = Bounds::new(None, Some(parent.clone()), "/a.v1.B/C");
        parent.cancel();
        let error = bounds.hold::<()>(std::future::pending()).await.unwrap_err();
        assert_eq!(error.code(), Code::Cancelled);
    }
}
