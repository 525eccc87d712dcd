//! What may stand as the argument and the reply of a method: a message, or a stream of them. The kind of a
//! method follows from these types, so type aliases work.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;

use crate::body::Body;
use crate::codec::{Encoding, Erased};
use crate::error::{Error, Result};
use crate::message::Message;
use crate::metadata::SharedMetadata;
use crate::span::CallSpan;
use crate::spec::{Kind, Spec};
use crate::streaming::Streaming;

/// Moves one side of a call between its typed and its encoded form.
pub trait Transfer: Sized + Send + 'static {
    /// The type of one message.
    type Message: Message;

    /// Whether there are many.
    const STREAMING: bool;

    /// Encodes.
    #[doc(hidden)]
    fn send(self, encoding: &Encoding) -> Result<Body>;

    /// Decodes, once.
    #[doc(hidden)]
    fn receive(arrived: &mut Arrived) -> Result<Self>;
}

/// The argument of a method: a message or a [`Streaming`] of messages.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the request of a method",
    label = "not a message",
    note = "a handler takes one message, or `micro::Streaming<T>` of messages",
    note = "write `#[micro::message]` on the type, or generate it from a .proto with micro-codegen"
)]
pub trait Payload: Transfer {}

/// The reply of a method: a message or a [`Streaming`] of messages.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the reply of a method",
    label = "not a message",
    note = "a handler returns `Result<T>` of one message, or of `micro::Streaming<T>`",
    note = "write `#[micro::message]` on the type, or generate it from a .proto with micro-codegen"
)]
pub trait Output: Transfer {}

impl<T: Message> Payload for T {}
impl<T: Message> Payload for Streaming<T> {}
impl<T: Message> Output for T {}
impl<T: Message> Output for Streaming<T> {}

impl<T: Message> Transfer for T {
    type Message = T;

    const STREAMING: bool = false;

    fn send(self, encoding: &Encoding) -> Result<Body> {
        encode(&self, encoding)
    }

    fn receive(arrived: &mut Arrived) -> Result<Self> {
        let mut message = T::empty();
        match arrived.decode(&mut message) {
            Ok(()) => Ok(message),
            Err(error) => Err(error),
        }
    }
}

impl<T: Message> Transfer for Streaming<T> {
    type Message = T;

    const STREAMING: bool = true;

    fn send(self, encoding: &Encoding) -> Result<Body> {
        Ok(Body::stream(Encode { messages: self, encoding: encoding.clone() }))
    }

    fn receive(arrived: &mut Arrived) -> Result<Self> {
        let (body, encoding) = (arrived.take_body(), arrived.encoding.clone());
        let messages = Streaming::new(Decode { body, encoding, marker: std::marker::PhantomData });
        Ok(match arrived.trailers.take() {
            Some(trailers) => messages.with_trailers(trailers),
            None => messages,
        })
    }
}

struct Encode<T> {
    messages: Streaming<T>,
    encoding: Encoding,
}

impl<T: Message> Stream for Encode<T> {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = std::task::ready!(Pin::new(&mut self.messages).poll_next(context));
        Poll::Ready(next.map(|message| self.encoding.encode(&message?)))
    }
}

struct Decode<T> {
    body: Body,
    encoding: Encoding,
    marker: std::marker::PhantomData<fn() -> T>,
}

impl<T: Message> Stream for Decode<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = std::task::ready!(Pin::new(&mut self.body).poll_next(context));
        Poll::Ready(next.map(|message| self.encoding.decode(message?)))
    }
}

// A large service has hundreds of messages. What is not about their types is compiled once, and not again for each.

/// What came of one side of a call, still encoded: a message, or a stream of them.
#[derive(Debug)]
pub struct Arrived {
    body: Body,
    encoding: Encoding,
    /// What the end of a stream fills.
    trailers: Option<SharedMetadata>,
    /// Ends when the one message is decoded; the span of a stream ends with it.
    span: Option<CallSpan>,
}

impl Arrived {
    /// Holds a body: of one message, which has [arrived](arrive), or of many, which are waited for as they are read.
    pub(crate) fn new(body: Body, encoding: Encoding) -> Self {
        Arrived { body, encoding, trailers: None, span: None }
    }

    pub(crate) fn with_trailers(mut self, trailers: SharedMetadata) -> Self {
        self.trailers = Some(trailers);
        self
    }

    pub(crate) fn with_span(mut self, span: CallSpan) -> Self {
        self.span = Some(span);
        self
    }

    fn take_body(&mut self) -> Body {
        std::mem::replace(&mut self.body, Body::empty())
    }

    fn decode(&mut self, message: &mut dyn Erased) -> Result<()> {
        let decoded = match self.take_body().try_one() {
            Ok(bytes) => self.encoding.decode_erased(bytes, message),
            Err(_) => Err(Error::internal("a message is decoded that was not waited for")),
        };
        if let Some(mut span) = self.span.take() {
            span.end(decoded.as_ref().copied());
        }
        decoded
    }
}

fn encode(message: &dyn Erased, encoding: &Encoding) -> Result<Body> {
    Ok(Body::one(encoding.encode_erased(message)?))
}

/// Waits for the one message of a body, and for its end.
///
/// # Errors
///
/// The body's, and `unimplemented` when there are none or several.
pub(crate) async fn arrive(mut body: Body) -> Result<Body> {
    if body.is_one() {
        return Ok(body);
    }
    let Some(message) = body.next().await else {
        return Err(Error::unimplemented("expected one message, got none"));
    };
    let message = message?;
    // Reading on to the end is what brings in trailers, and an error that follows the message.
    match body.next().await {
        None => Ok(Body::one(message)),
        Some(Ok(_)) => Err(Error::unimplemented("expected one message, got several")),
        Some(Err(error)) => Err(error),
    }
}

/// Describes a method whose kind follows from its types.
#[doc(hidden)]
pub const fn spec<P: Payload, O: Output>(path: &'static str, contract: &'static str) -> Spec {
    let kind = Kind::of(<P as Transfer>::STREAMING, <O as Transfer>::STREAMING);
    Spec::new::<P::Message, O::Message>(path, contract, kind)
}
