//! Subscribers: methods that get events, as rows like those that get calls.

use crate::body::Body;
use crate::broker::Delivery;
use crate::codec::Encoding;
use crate::context::Context;
use crate::error::{Error, Outcome, Result};
use crate::message::Message;
use crate::spec::{Kind, Spec};
use crate::transfer::Transfer as _;

use super::row::{Incoming, Reply};

/// What a subscriber may take: the message of an event, or a [`Delivery`] of it, whose verdict it gives itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the event of a subscriber",
    label = "not a message",
    note = "a subscriber takes one message, or `micro::broker::Delivery<T>` of one",
    note = "write `#[micro::message]` on the type, or generate it from a .proto with micro-codegen"
)]
pub trait FromEvent: Sized + Send + 'static {
    /// The type of the message.
    type Message: Message;

    /// Decodes the event a context is of.
    #[doc(hidden)]
    fn receive(ctx: &Context, message: Self::Message) -> Result<Self>;
}

impl<T: Message> FromEvent for T {
    type Message = T;

    fn receive(_: &Context, message: T) -> Result<Self> {
        Ok(message)
    }
}

impl<T: Message> FromEvent for Delivery<T> {
    type Message = T;

    fn receive(ctx: &Context, message: T) -> Result<Self> {
        let delivery = ctx.event().and_then(|event| event.deliver(message));
        delivery.ok_or_else(|| Error::failed_precondition("the verdict on the event is given already"))
    }
}

/// What a subscriber may return.
#[diagnostic::on_unimplemented(
    message = "a subscriber returns `Result<()>`, not `{Self}`",
    label = "not a `Result<()>`",
    note = "nobody waits for a reply to an event: publish another one in its place"
)]
pub trait SubscriberResult {
    /// What it fails with.
    type Error: Into<Error>;

    /// Returns the result.
    fn into_result(self) -> std::result::Result<(), Self::Error>;
}

impl<E: Into<Error>> SubscriberResult for std::result::Result<(), E> {
    type Error = E;

    fn into_result(self) -> Self {
        self
    }
}

/// Describes a subscriber whose message follows from what it takes.
#[doc(hidden)]
pub const fn event_spec<P: FromEvent>(path: &'static str, contract: &'static str) -> Spec {
    Spec::new::<P::Message, ()>(path, contract, Kind::Unary)
}

/// Handles an event: decodes it, runs the subscriber.
///
/// What cannot be decoded is marked, as no attempt will ever decode it.
pub fn consume<P, E, F, Fut>(ctx: Context, request: Incoming, subscriber: F) -> Reply
where
    P: FromEvent,
    E: Into<Error>,
    F: FnOnce(Context, P) -> Fut + Send + 'static,
    Fut: Future<Output = std::result::Result<(), E>> + Send + 'static,
{
    Box::pin(async move {
        let (encoding, body) = request.into_parts();
        let message = match decode(&encoding, body).await {
            Ok(message) => message,
            Err(error) => {
                if let Some(event) = ctx.event() {
                    event.set_unreadable();
                }
                return Err(error);
            }
        };
        match subscriber(ctx.clone(), P::receive(&ctx, message)?).await {
            Ok(()) => Ok(ctx.respond(().send(&encoding)?)),
            Err(error) => Err(ctx.fail(error.into()).with_outcome(Outcome::Unknown)),
        }
    })
}

async fn decode<T: Message>(encoding: &Encoding, mut body: Body) -> Result<T> {
    match body.next().await {
        Some(message) => encoding.decode(message?),
        None => Err(Error::invalid_argument("the event has no message")),
    }
}
