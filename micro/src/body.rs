//! A stream of encoded messages: what a request or a response carries once its head is read.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;

use crate::error::Result;

type Messages = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;
type OnEnd = Box<dyn FnOnce(Result<(), &crate::Error>) + Send>;

/// Encoded messages, one or many. A unary body is one that holds a single message, so layers treat all kinds
/// of calls alike.
pub struct Body {
    kind: Repr,
    on_end: Vec<OnEnd>,
}

enum Repr {
    One(Bytes),
    Stream(Messages),
    Done,
}

impl Body {
    /// Makes a body without messages.
    pub fn empty() -> Self {
        Body { kind: Repr::Done, on_end: Vec::new() }
    }

    /// Makes a body of one message.
    pub fn one(message: Bytes) -> Self {
        Body { kind: Repr::One(message), on_end: Vec::new() }
    }

    /// Makes a body of many messages. After an error the body is over.
    pub fn stream(messages: impl Stream<Item = Result<Bytes>> + Send + 'static) -> Self {
        Body { kind: Repr::Stream(Box::pin(messages)), on_end: Vec::new() }
    }

    /// Returns the message when the body holds exactly one that is already here, without waiting.
    pub fn try_one(self) -> std::result::Result<Bytes, Body> {
        let mut this = self;
        match std::mem::replace(&mut this.kind, Repr::Done) {
            Repr::One(message) => {
                this.finish(Ok(()));
                Ok(message)
            }
            kind => {
                this.kind = kind;
                Err(this)
            }
        }
    }

    /// Tells whether the body holds exactly one message that is already here.
    pub(crate) fn is_one(&self) -> bool {
        matches!(self.kind, Repr::One(_))
    }

    /// Waits for the next message; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Calls `callback` once, when the last message has been read or the body fails. A body dropped before its
    /// end reports `cancelled`.
    pub fn on_end(mut self, callback: impl FnOnce(Result<(), &crate::Error>) + Send + 'static) -> Self {
        self.on_end.push(Box::new(callback));
        self
    }

    /// Puts every message, and every error, through `change`.
    pub fn map(mut self, mut change: impl FnMut(Result<Bytes>) -> Result<Bytes> + Send + 'static) -> Self {
        let on_end = std::mem::take(&mut self.on_end);
        let kind = match std::mem::replace(&mut self.kind, Repr::Done) {
            Repr::Done => Repr::Done,
            Repr::One(message) => match change(Ok(message)) {
                Ok(message) => Repr::One(message),
                Err(error) => Repr::Stream(Box::pin(Once(Some(Err(error))))),
            },
            Repr::Stream(inner) => Repr::Stream(Box::pin(Map { inner, change })),
        };
        Body { kind, on_end }
    }

    fn finish(&mut self, result: Result<(), &crate::Error>) {
        self.kind = Repr::Done;
        for callback in self.on_end.drain(..) {
            callback(result);
        }
    }
}

impl Stream for Body {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let next = match &mut this.kind {
            Repr::Done => None,
            Repr::One(_) => match std::mem::replace(&mut this.kind, Repr::Done) {
                Repr::One(message) => Some(Ok(message)),
                _ => None,
            },
            Repr::Stream(messages) => std::task::ready!(messages.as_mut().poll_next(context)),
        };
        match &next {
            None => this.finish(Ok(())),
            Some(Err(error)) => this.finish(Err(error)),
            Some(Ok(_)) => {}
        }
        Poll::Ready(next)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.kind {
            Repr::Done => (0, Some(0)),
            Repr::One(_) => (1, Some(1)),
            Repr::Stream(messages) => messages.size_hint(),
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if !self.on_end.is_empty() {
            self.finish(Err(&crate::Error::cancelled("the body was dropped before its end")));
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.kind {
            Repr::One(_) => "Body(one)",
            Repr::Stream(_) => "Body(stream)",
            Repr::Done => "Body(done)",
        })
    }
}

struct Once<T>(Option<T>);

impl<T: Unpin> Stream for Once<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        Poll::Ready(self.0.take())
    }
}

struct Map<F> {
    inner: Messages,
    change: F,
}

// The closure is never pinned, only called.
impl<F> Unpin for Map<F> {}

impl<F: FnMut(Result<Bytes>) -> Result<Bytes>> Stream for Map<F> {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = std::task::ready!(self.inner.as_mut().poll_next(context));
        Poll::Ready(next.map(|item| (self.change)(item)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    use crate::error::{Code, Error};

    fn messages(items: Vec<Result<Bytes>>) -> Body {
        Body::stream(Iter(items.into_iter()))
    }

    struct Iter<I>(I);

    impl<I: Iterator + Unpin> Stream for Iter<I> {
        type Item = I::Item;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<I::Item>> {
            Poll::Ready(self.0.next())
        }
    }

    type Ends = Arc<Mutex<Vec<Option<Code>>>>;

    fn ends() -> (Ends, impl FnOnce(Result<(), &Error>) + Send + 'static) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let writer = seen.clone();
        (seen, move |result: Result<(), &Error>| writer.lock().unwrap().push(result.err().map(Error::code)))
    }

    #[tokio::test]
    async fn the_end_is_reported_once_whatever_it_is() {
        let (seen, callback) = ends();
        let mut body = messages(vec![Ok("a".into()), Ok("b".into())]).on_end(callback);
        while body.next().await.is_some() {}
        drop(body);
        assert_eq!(*seen.lock().unwrap(), [None]);

        let (seen, callback) = ends();
        let mut body = messages(vec![Err(Error::aborted("no")), Ok("never".into())]).on_end(callback);
        assert!(body.next().await.unwrap().is_err());
        assert!(body.next().await.is_none(), "nothing follows an error");
        drop(body);
        assert_eq!(*seen.lock().unwrap(), [Some(Code::Aborted)]);

        let (seen, callback) = ends();
        drop(messages(vec![Ok("a".into())]).on_end(callback));
        assert_eq!(*seen.lock().unwrap(), [Some(Code::Cancelled)]);
    }

    #[tokio::test]
    async fn map_reaches_one_message_and_many_and_keeps_the_callback() {
        let double =
            |message: Result<Bytes>| message.map(|bytes| Bytes::from([&bytes[..], &bytes[..]].concat()));
        let (seen, callback) = ends();
        let body = Body::one("x".into()).on_end(callback).map(double);
        assert_eq!(body.try_one().unwrap(), "xx");
        assert_eq!(*seen.lock().unwrap(), [None]);
        let mut body = messages(vec![Ok("a".into()), Ok("b".into())]).map(double);
        assert_eq!(body.next().await.unwrap().unwrap(), "aa");
        assert_eq!(body.next().await.unwrap().unwrap(), "bb");
    }
}
