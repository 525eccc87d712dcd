//! What may stand as the argument and the reply of a method: a message, or a stream of them. The kind of a
//! method follows from these types, so type aliases work.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;

use crate::body::Body;
use crate::codec::Encoding;
use crate::error::{Error, Result};
use crate::message::Message;
use crate::metadata::SharedMetadata;
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

    /// Decodes. `trailers` is what the body's end fills.
    #[doc(hidden)]
    fn receive(
        body: Body,
        encoding: &Encoding,
        trailers: SharedMetadata,
    ) -> impl Future<Output = Result<Self>> + Send;
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
        Ok(Body::one(encoding.encode(&self)?))
    }

    async fn receive(body: Body, encoding: &Encoding, _: SharedMetadata) -> Result<Self> {
        let mut body = match body.try_one() {
            Ok(message) => return encoding.decode(message),
            Err(body) => body,
        };
        let Some(first) = body.next().await else {
            return Err(Error::unimplemented("expected one message, got none"));
        };
        let message = encoding.decode(first?)?;
        // Reading on to the end is what brings in trailers, and an error that follows the message.
        match body.next().await {
            None => Ok(message),
            Some(Ok(_)) => Err(Error::unimplemented("expected one message, got several")),
            Some(Err(error)) => Err(error),
        }
    }
}

impl<T: Message> Transfer for Streaming<T> {
    type Message = T;

    const STREAMING: bool = true;

    fn send(self, encoding: &Encoding) -> Result<Body> {
        Ok(Body::stream(Encode { messages: self, encoding: encoding.clone() }))
    }

    async fn receive(body: Body, encoding: &Encoding, trailers: SharedMetadata) -> Result<Self> {
        let messages = Decode { body, encoding: encoding.clone(), marker: std::marker::PhantomData };
        Ok(Streaming::new(messages).with_trailers(trailers))
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

/// Describes a method whose kind follows from its types.
#[doc(hidden)]
pub const fn spec<P: Payload, O: Output>(path: &'static str, contract: &'static str) -> Spec {
    let kind = Kind::of(<P as Transfer>::STREAMING, <O as Transfer>::STREAMING);
    Spec::new::<P::Message, O::Message>(path, contract, kind)
}
