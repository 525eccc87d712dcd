//! What may stand as the argument and the reply of a method: a message, or a stream of them. The kind of a
//! method follows from these types, so type aliases work.

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

    /// Decodes a body that has [arrived](arrive). `trailers` is what its end fills.
    #[doc(hidden)]
    fn receive(body: Body, encoding: &Encoding, trailers: SharedMetadata) -> Result<Self>;
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

    fn receive(body: Body, encoding: &Encoding, _: SharedMetadata) -> Result<Self> {
        match body.try_one() {
            Ok(message) => encoding.decode(message),
            Err(_) => Err(Error::internal("a message is decoded that was not waited for")),
        }
    }
}

impl<T: Message> Transfer for Streaming<T> {
    type Message = T;

    const STREAMING: bool = true;

    fn send(self, encoding: &Encoding) -> Result<Body> {
        Ok(Body::stream(Encode { messages: self, encoding: encoding.clone() }))
    }

    fn receive(body: Body, encoding: &Encoding, trailers: SharedMetadata) -> Result<Self> {
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

/// Waits for one message, unless there are `many`, which are waited for as they are read.
///
/// What waits is outside of [`Transfer`] because it is compiled once, and not again for each message.
///
/// # Errors
///
/// The body's, and `unimplemented` when there are none or several.
pub(crate) async fn arrive(mut body: Body, many: bool) -> Result<Body> {
    if many || body.is_one() {
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
