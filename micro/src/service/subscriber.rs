//! Subscribers: methods that get events, as rows like those that get calls.

use crate::broker::Delivery;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::Message;
use crate::spec::{Kind, Spec};
use crate::transfer::{Arrived, Transfer};

use super::row::{HandlerResult, Incoming, unreadable};

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
pub trait SubscriberResult: HandlerResult<Output = ()> {}

impl<E: Into<Error>> SubscriberResult for std::result::Result<(), E> {}

/// Asks that a subscriber may return `R`, where its type is written.
#[doc(hidden)]
pub fn assert_subscriber_result<R: SubscriberResult>() {}

/// Describes a subscriber whose message follows from what it takes.
#[doc(hidden)]
pub const fn event_spec<P: FromEvent>(path: &'static str, contract: &'static str) -> Spec {
    Spec::new::<P::Message, ()>(path, contract, Kind::Unary)
}

impl<T> Incoming<T> {
    /// Decodes the event.
    ///
    /// # Errors
    ///
    /// `invalid argument` when it cannot be decoded.
    pub fn event<P: FromEvent>(&self, event: &mut Arrived) -> Result<P> {
        match <P::Message as Transfer>::receive(event) {
            Ok(message) => P::receive(&self.ctx, message),
            Err(error) => Err(unreadable(&self.ctx, error)),
        }
    }
}
