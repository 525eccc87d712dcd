//! Deadlines: around the future that answers, and inside the streams of a call.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_core::Stream;

use crate::body::Body;
use crate::call::Cancellation;
use crate::error::{Error, Outcome, Result};
use crate::layer::BoxFuture;

/// When a call has to be over, and who says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Option<Instant>,
    /// The method's own limit, where it is what says so.
    timeout: Option<Duration>,
}

impl Deadline {
    /// Makes the earlier of the caller's deadline and the end of what the method allows from now on.
    pub(crate) fn of(caller: Option<Instant>, timeout: Option<Duration>) -> Deadline {
        // A timeout past the end of time is none.
        let own = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        match own.filter(|own| caller.is_none_or(|caller| *own < caller)) {
            Some(own) => Deadline { at: Some(own), timeout },
            None => Deadline { at: caller, timeout: None },
        }
    }

    /// Returns when the call has to be over; `None` for a call without an end.
    pub(crate) fn at(self) -> Option<Instant> {
        self.at
    }

    fn passed(self) -> Error {
        match self.timeout {
            Some(timeout) => Error::deadline_exceeded(format!(
                "the call took longer than the {timeout:?} that the method allows"
            )),
            None => Error::deadline_exceeded("the deadline has passed"),
        }
    }
}

/// Runs a future until the deadline.
pub(crate) async fn within<T>(deadline: Deadline, future: impl Future<Output = Result<T>>) -> Result<T> {
    let mut future = pin!(future);
    let mut sleep = pin!(deadline.at.map(|at| tokio::time::sleep_until(at.into())));
    std::future::poll_fn(|context| {
        if let Poll::Ready(result) = future.as_mut().poll(context) {
            return Poll::Ready(result);
        }
        match sleep.as_mut().as_pin_mut() {
            Some(sleep) => sleep.poll(context).map(|()| Err(deadline.passed())),
            None => Poll::Pending,
        }
    })
    .await
}

/// Fails when the deadline has passed before anything ran.
pub(crate) fn check(deadline: Option<Instant>) -> Result<()> {
    match deadline {
        Some(deadline) if deadline <= Instant::now() => {
            let error = Error::deadline_exceeded("the deadline had passed before the call began");
            Err(error.with_outcome(Outcome::NotRun))
        }
        _ => Ok(()),
    }
}

/// Waits until a call has to be over, and says why.
pub(crate) async fn over(deadline: Deadline, cancel: Cancellation) -> Error {
    let cancelled = async {
        cancel.cancelled().await;
        Err(Error::cancelled("the call is over"))
    };
    match within::<std::convert::Infallible>(deadline, cancelled).await {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

/// Ends a body with an error when `over` says so.
pub(crate) fn until(body: Body, over: impl Future<Output = Error> + Send + 'static) -> Body {
    Body::stream(Until { body, over: Box::pin(over) })
}

/// Ends a body that has not arrived by `deadline`.
pub(crate) fn arrives_by(body: Body, deadline: Instant) -> Body {
    until(body, async move {
        tokio::time::sleep_until(deadline.into()).await;
        Error::deadline_exceeded("the request did not arrive in time")
    })
}

struct Until {
    body: Body,
    over: BoxFuture<'static, Error>,
}

impl Stream for Until {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // First, for a body that always has something to say must end too.
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

    const NEVER: Deadline = Deadline { at: None, timeout: None };

    fn soon() -> Deadline {
        Deadline::of(Some(Instant::now() + Duration::from_millis(20)), None)
    }

    #[test]
    fn the_earlier_limit_holds_and_says_whose_it_is() {
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        let caller = Some(Instant::now() + second);
        for own in [None, Some(minute), Some(Duration::MAX)] {
            let deadline = Deadline::of(caller, own);
            assert_eq!(deadline.at(), caller, "{own:?}");
            assert_eq!(deadline.passed().message(), "the deadline has passed", "{own:?}");
        }
        for caller in [None, Some(Instant::now() + minute)] {
            let deadline = Deadline::of(caller, Some(second));
            assert!(deadline.at().is_some_and(|at| at <= Instant::now() + second), "{caller:?}");
            assert!(deadline.passed().message().contains("the 1s that the method allows"), "{caller:?}");
        }
        assert_eq!(Deadline::of(None, Some(Duration::MAX)).at(), None);
    }

    struct Endless;

    impl Stream for Endless {
        type Item = Result<Bytes>;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(Some(Ok(Bytes::new())))
        }
    }

    #[tokio::test]
    async fn a_future_ends_at_its_deadline() {
        let error = within::<()>(soon(), std::future::pending()).await.unwrap_err();
        assert_eq!(error.code(), Code::DeadlineExceeded);
        assert_eq!(within(soon(), async { Ok(1) }).await.unwrap(), 1);
        assert_eq!(within(NEVER, async { Ok(1) }).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn silent_and_endless_streams_end_at_their_deadline() {
        let (_sender, silent) = Streaming::<Bytes>::channel(1);
        for body in [Body::stream(silent), Body::stream(Endless)] {
            let mut body = until(body, over(soon(), Cancellation::default()));
            let error = loop {
                match body.next().await {
                    Some(Ok(_)) => tokio::task::yield_now().await,
                    Some(Err(error)) => break error,
                    None => panic!("a stream without end has ended"),
                }
            };
            assert_eq!(error.code(), Code::DeadlineExceeded);
            assert!(body.next().await.is_none());
        }
    }

    #[tokio::test]
    async fn a_stream_ends_with_its_call() {
        let cancel = Cancellation::default();
        let (_sender, silent) = Streaming::<Bytes>::channel(1);
        let mut body = until(Body::stream(silent), over(NEVER, cancel.clone()));
        drop(cancel.guard());
        assert_eq!(body.next().await.unwrap().unwrap_err().code(), Code::Cancelled);
    }

    #[test]
    fn a_passed_deadline_runs_nothing() {
        assert_eq!(check(Some(Instant::now())).unwrap_err().outcome(), Outcome::NotRun);
        assert!(check(None).is_ok());
    }
}
