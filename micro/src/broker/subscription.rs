//! A subscription: the stream of deliveries to one subscriber.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::{Error, Result};

use super::{Delivery, Envelope};

/// The backend's half of a subscription. Dropping it unsubscribes, without waiting.
pub trait Source: Send + 'static {
    /// Waits for the next delivery. An error is the end: the backend has lost the subscription, or was closed.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Delivery>>;

    /// Learns that nobody waits for the next delivery any more: what comes now goes to another member of the queue.
    fn give_up(&mut self) {}

    /// Returns how many events the overflow policy has kept from this subscription.
    fn dropped(&self) -> u64 {
        0
    }

    /// Tells whether the source can lend its events, which spares what it takes to own one: whether
    /// [`poll_advance`](Source::poll_advance) and [`current`](Source::current) do something.
    fn lends(&self) -> bool {
        false
    }

    /// Waits for the next event and goes to it. An error is the end.
    fn poll_advance(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Err(Error::unimplemented("the source does not lend")))
    }

    /// Returns the event gone to; `None` before the first.
    fn current(&self) -> Option<&Envelope> {
        None
    }
}

/// The deliveries to one subscriber. Dropping it unsubscribes; what was delivered and has no verdict yet goes to
/// another member of the queue, or nowhere.
pub struct Subscription {
    source: Box<dyn Source>,
    lends: bool,
    /// What [`read`](Subscription::read) has lent, where the source does not lend by itself.
    lent: Option<Delivery>,
}

impl Subscription {
    /// Makes a subscription, for backends.
    pub fn new(source: impl Source) -> Self {
        Subscription { lends: source.lends(), source: Box::new(source), lent: None }
    }

    /// Waits for the next delivery. Giving up the wait loses nothing.
    ///
    /// # Errors
    ///
    /// The backend's, when the subscription is lost. It is over then: subscribe again.
    pub async fn next(&mut self) -> Result<Delivery> {
        Next { source: &mut *self.source, waits: false }.await
    }

    /// Waits for the next event and lends it, for subscriptions that give no verdicts ([`Ack::Auto`](super::Ack::Auto)): the fastest
    /// way to read. Giving up the wait loses nothing.
    ///
    /// # Errors
    ///
    /// As [`next`](Subscription::next); `failed precondition` where verdicts are expected.
    pub async fn read(&mut self) -> Result<&Envelope> {
        if self.lends {
            poll_fn(|context| self.source.poll_advance(context)).await?;
            return self.source.current().ok_or_else(|| Error::internal("the source lends nothing"));
        }
        let delivery = self.next().await?;
        if delivery.is_open() {
            return Err(Error::failed_precondition(
                "a subscription whose deliveries need a verdict cannot be read; subscribe with Ack::Auto",
            ));
        }
        Ok(self.lent.insert(delivery).envelope())
    }

    /// Polls for the next delivery, as [`next`](Subscription::next) does. Who has been told to wait goes on to poll:
    /// the event it is woken for is kept for it.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Delivery>> {
        self.source.poll_next(context)
    }

    /// Returns how many events the overflow policy has kept from this subscription so far.
    pub fn dropped(&self) -> u64 {
        self.source.dropped()
    }
}

/// The wait for a delivery.
struct Next<'a> {
    source: &'a mut dyn Source,
    waits: bool,
}

impl Future for Next<'_> {
    type Output = Result<Delivery>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let next = self.source.poll_next(context);
        self.waits = next.is_pending();
        next
    }
}

impl Drop for Next<'_> {
    fn drop(&mut self) {
        if self.waits {
            self.source.give_up();
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("dropped", &self.dropped()).finish_non_exhaustive()
    }
}
