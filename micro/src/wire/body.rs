//! The body of an HTTP request or response, as wires read and write it and tower layers see it.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;

use super::arriving::Arriving;
use super::count::Running;
use crate::body::Body;
use crate::error::{Error, Result};
use crate::metadata::{Metadata, SharedMetadata};

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of an HTTP request or response at the edge of a service.
///
/// Middleware that replaces a body wraps its own with [`HttpBody::new`].
pub struct HttpBody {
    repr: Repr,
    /// Keeps the exchange counted until its last byte is handed over.
    _held: Option<Running>,
}

enum Repr {
    Empty,
    Full(Bytes),
    Arriving(Arriving),
    Messages(Messages),
    Boxed(Pin<Box<dyn http_body::Body<Data = Bytes, Error = Error> + Send>>),
}

/// Says how a wire writes the messages of a response.
#[derive(Debug)]
pub(crate) struct Framing {
    /// Frames one message, in one piece or two.
    pub(crate) message: fn(Bytes) -> (Bytes, Option<Bytes>),
    /// Writes how the call ended, with the trailing metadata.
    pub(crate) end: fn(Result<(), &Error>, &Metadata) -> End,
}

/// How a body says that the call is over.
#[derive(Debug)]
pub(crate) enum End {
    /// By HTTP trailers.
    Trailers(HeaderMap),
    /// By a last piece of data.
    #[cfg_attr(not(test), allow(dead_code, reason = "wires without trailers end so"))]
    Data(Bytes),
}

struct Messages {
    body: Body,
    trailers: SharedMetadata,
    framing: &'static Framing,
    /// The second piece of the message whose first piece is gone.
    rest: Option<Bytes>,
    ended: bool,
}

impl HttpBody {
    /// Wraps any body.
    pub fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        HttpBody::from_repr(Repr::Boxed(Box::pin(Foreign(Box::pin(body)))))
    }

    /// Makes a body without bytes.
    pub fn empty() -> Self {
        HttpBody::from_repr(Repr::Empty)
    }

    /// Makes a body of bytes that are here.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        HttpBody::from_repr(Repr::Full(bytes.into()))
    }

    pub(crate) fn incoming(body: Incoming) -> Self {
        HttpBody::from_repr(Repr::Arriving(Arriving::new(body, false)))
    }

    /// As [`incoming`](HttpBody::incoming), of an HTTP/2 stream.
    pub(crate) fn incoming_http2(body: Incoming) -> Self {
        HttpBody::from_repr(Repr::Arriving(Arriving::new(body, true)))
    }

    /// Writes the messages of a response, then how the call ended.
    pub(crate) fn messages(body: Body, trailers: SharedMetadata, framing: &'static Framing) -> Self {
        HttpBody::from_repr(Repr::Messages(Messages { body, trailers, framing, rest: None, ended: false }))
    }

    /// Keeps `running` until the body is dropped.
    pub(crate) fn hold(&mut self, running: Running) {
        self._held = Some(running);
    }

    fn from_repr(repr: Repr) -> Self {
        HttpBody { repr, _held: None }
    }
}

impl Default for HttpBody {
    fn default() -> Self {
        HttpBody::empty()
    }
}

impl From<Bytes> for HttpBody {
    fn from(bytes: Bytes) -> Self {
        HttpBody::full(bytes)
    }
}

impl http_body::Body for HttpBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut self.repr {
            Repr::Empty => Poll::Ready(None),
            Repr::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                self.repr = Repr::Empty;
                Poll::Ready(if bytes.is_empty() { None } else { Some(Ok(Frame::data(bytes))) })
            }
            Repr::Arriving(body) => Pin::new(body).poll_frame(context).map_err(broken),
            Repr::Messages(messages) => messages.poll(context).map(|frame| frame.map(Ok)),
            Repr::Boxed(body) => body.as_mut().poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.repr {
            Repr::Empty => true,
            Repr::Full(bytes) => bytes.is_empty(),
            Repr::Arriving(body) => body.is_end_stream(),
            Repr::Messages(messages) => messages.ended,
            Repr::Boxed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.repr {
            Repr::Empty => SizeHint::with_exact(0),
            Repr::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Repr::Arriving(body) => body.size_hint(),
            Repr::Messages(_) => SizeHint::default(),
            Repr::Boxed(body) => body.size_hint(),
        }
    }
}

impl Messages {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Frame<Bytes>>> {
        if let Some(rest) = self.rest.take() {
            return Poll::Ready(Some(Frame::data(rest)));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        let end = match ready!(Pin::new(&mut self.body).poll_next(context)) {
            Some(Ok(message)) => {
                let (first, rest) = (self.framing.message)(message);
                self.rest = rest;
                return Poll::Ready(Some(Frame::data(first)));
            }
            Some(Err(error)) => (self.framing.end)(Err(&error), &self.trailers.take()),
            None => (self.framing.end)(Ok(()), &self.trailers.take()),
        };
        self.ended = true;
        Poll::Ready(Some(match end {
            End::Trailers(trailers) => Frame::trailers(trailers),
            End::Data(data) => Frame::data(data),
        }))
    }
}

/// Says why a request body ended before its end.
fn broken(error: hyper::Error) -> Error {
    match error.is_parse() {
        true => Error::invalid_argument("the request body is not valid HTTP").with_source(error),
        false => Error::cancelled("the caller went away").with_source(error),
    }
}

impl fmt::Debug for HttpBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.repr {
            Repr::Empty => "HttpBody(empty)",
            Repr::Full(_) => "HttpBody(full)",
            Repr::Arriving(_) => "HttpBody(arriving)",
            Repr::Messages(_) => "HttpBody(messages)",
            Repr::Boxed(_) => "HttpBody(boxed)",
        })
    }
}

/// Somebody else's body, with our error.
struct Foreign<B>(Pin<Box<B>>);

impl<B> http_body::Body for Foreign<B>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.0.as_mut().poll_frame(context).map_err(|error| Error::from(error.into()))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use http_body::Body as _;

    const FRAMING: Framing = Framing {
        message: |message| (message.clone(), Some(message)),
        end: |result, _| End::Data(if result.is_ok() { "ok" } else { "failed" }.into()),
    };

    async fn read(mut body: HttpBody) -> Vec<Bytes> {
        let mut all = Vec::new();
        while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
        {
            all.push(frame.unwrap().into_data().unwrap());
        }
        assert!(body.is_end_stream());
        all
    }

    #[tokio::test]
    async fn messages_come_in_their_pieces_and_the_end_comes_last() {
        let body = HttpBody::messages(Body::one("a".into()), SharedMetadata::new(), &FRAMING);
        assert_eq!(read(body).await, ["a", "a", "ok"]);
        let items: [Result<Bytes>; 1] = [Err(Error::aborted("no"))];
        let body = Body::stream(Flat(crate::Streaming::from_iter(items)));
        assert_eq!(read(HttpBody::messages(body, SharedMetadata::new(), &FRAMING)).await, ["failed"]);
    }

    #[tokio::test]
    async fn a_wrapped_body_keeps_its_bytes_and_its_size() {
        let body = HttpBody::new(HttpBody::full("hello"));
        assert_eq!(body.size_hint().exact(), Some(5));
        assert_eq!(read(body).await, ["hello"]);
        assert!(read(HttpBody::empty()).await.is_empty());
    }

    #[tokio::test]
    async fn the_exchange_is_counted_until_the_body_is_dropped() {
        let count = super::super::count::Count::default();
        let mut body = HttpBody::full("x");
        body.hold(count.enter());
        assert_eq!(count.now(), 1);
        drop(body);
        count.zero().await;
    }

    struct Flat(crate::Streaming<Result<Bytes>>);

    impl Stream for Flat {
        type Item = Result<Bytes>;

        fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Pin::new(&mut self.0).poll_next(context).map(|item| item.map(|item| item.and_then(|item| item)))
        }
    }
}
