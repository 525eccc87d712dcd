//! What a second attempt needs: the request once more, and a moment of patience.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;

use crate::body::Body;
use crate::error::{Error, Result};

/// How often a call is tried in all, unless it says otherwise.
pub(super) const ATTEMPTS: u32 = 3;

/// Returns how long to wait after `failed` attempts: 10 ms doubled each time, of which half to all, at most 1 s.
pub(super) fn pause(failed: u32) -> Duration {
    let whole = Duration::from_millis(10).saturating_mul(1 << failed.clamp(1, 8).saturating_sub(1));
    whole.min(Duration::from_secs(1)).mul_f64(0.5 + 0.5 * fastrand::f64())
}

/// The body of a request, kept for further attempts.
pub(super) enum Replay {
    /// One message: every attempt gets it.
    One(Bytes),
    /// A stream: the first attempt that reads of it keeps it.
    Stream(Arc<Mutex<Option<Body>>>),
}

impl Replay {
    pub(super) fn new(body: Body) -> Self {
        match body.try_one() {
            Ok(message) => Replay::One(message),
            Err(body) => Replay::Stream(Arc::new(Mutex::new(Some(body)))),
        }
    }

    /// Makes the body of the next attempt.
    pub(super) fn body(&self) -> Body {
        match self {
            Replay::One(message) => Body::one(message.clone()),
            Replay::Stream(shared) => Body::stream(Lent { shared: shared.clone(), taken: None }),
        }
    }

    /// Tells whether nothing of the body is used up.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Replay::One(_) => true,
            Replay::Stream(shared) => shared.lock().unwrap_or_else(PoisonError::into_inner).is_some(),
        }
    }
}

/// Takes the shared body when it is first read.
struct Lent {
    shared: Arc<Mutex<Option<Body>>>,
    taken: Option<Body>,
}

impl Stream for Lent {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.taken.is_none() {
            this.taken = this.shared.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
        match &mut this.taken {
            Some(body) => Pin::new(body).poll_next(context),
            // An empty request would look whole to the handler.
            None => Poll::Ready(Some(Err(Error::unavailable("an earlier attempt used the request up")))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::streaming::Streaming;

    #[tokio::test]
    async fn one_message_is_there_for_every_attempt() {
        let replay = Replay::new(Body::one("x".into()));
        for _ in 0..3 {
            assert_eq!(replay.body().try_one().unwrap(), "x");
        }
        assert!(replay.is_whole());
    }

    #[tokio::test]
    async fn a_stream_is_there_until_it_is_read() {
        let messages = [Bytes::from("a"), Bytes::from("b")];
        let replay = Replay::new(Body::stream(Streaming::from_iter(messages)));
        drop(replay.body());
        assert!(replay.is_whole(), "an attempt that did not read took nothing");
        let mut body = replay.body();
        assert_eq!(body.next().await.unwrap().unwrap(), "a");
        assert!(!replay.is_whole());
        assert_eq!(body.next().await.unwrap().unwrap(), "b");
        assert!(body.next().await.is_none());
    }

    #[test]
    fn pauses_grow_and_stay_short() {
        for failed in 1..20 {
            let whole = 10.0 * f64::powi(2.0, failed.min(8) as i32 - 1);
            let pause = pause(failed).as_secs_f64() * 1_000.0;
            assert!(
                (whole.min(1_000.0) * 0.49..=whole.min(1_000.0) * 1.01).contains(&pause),
                "{failed}: {pause}"
            );
        }
    }
}
