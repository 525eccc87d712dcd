//! A subscription: the stream of deliveries to one subscriber.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::coop;

use crate::error::{Error, Result};

use super::{Delivery, Envelope, Run};

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

    /// Waits for events and lends them as a run, for subscribers that only [`read`](Subscription::read): sparing
    /// them what it takes to own an event. `None` when the source does not lend, which is the default. What is lent
    /// counts as delivered.
    fn poll_run(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Run>>> {
        Poll::Ready(Ok(None))
    }
}

/// The deliveries to one subscriber. Dropping it unsubscribes; what was delivered and has no verdict yet goes to
/// another member of the queue, or nowhere.
pub struct Subscription {
    source: Box<dyn Source>,
    /// What the source has lent.
    run: Option<Run>,
    /// What [`read`](Subscription::read) has lent, where the source does not.
    lent: Option<Delivery>,
    /// How many events were read of runs, wrapping around.
    read: u8,
}

/// How many events of a run count as one step of a task, after 128 of which the runtime lets others run: less than
/// [`next`](Subscription::next) counts, as there is less to do.
const STEP: u8 = 32;

impl Subscription {
    /// Makes a subscription, for backends.
    pub fn new(source: impl Source) -> Self {
        Subscription { source: Box::new(source), run: None, lent: None, read: 0 }
    }

    /// Waits for the next delivery. Giving up the wait loses nothing.
    ///
    /// # Errors
    ///
    /// The backend's, when the subscription is lost. It is over then: subscribe again.
    pub async fn next(&mut self) -> Result<Delivery> {
        Next { subscription: self, waits: false }.await
    }

    /// Waits for the next event and lends it, for subscriptions that give no verdicts ([`Ack::Auto`](super::Ack::Auto)): the fastest
    /// way to read. Giving up the wait loses nothing.
    ///
    /// # Errors
    ///
    /// As [`next`](Subscription::next); `failed precondition` where verdicts are expected.
    pub async fn read(&mut self) -> Result<&Envelope> {
        self.read = self.read.wrapping_add(1);
        if self.read.is_multiple_of(STEP) {
            coop::consume_budget().await;
        }
        // In two steps, as what is lent cannot be both returned and looked for again.
        while !self.run.as_mut().is_some_and(Run::advance) {
            match poll_fn(|context| self.source.poll_run(context)).await? {
                Some(run) => self.run = Some(run),
                None => return self.read_owned().await,
            }
        }
        match &self.run {
            Some(run) => Ok(run.current()),
            None => Err(Error::internal("what was lent is gone")),
        }
    }

    /// Reads an event of a source that does not lend.
    async fn read_owned(&mut self) -> Result<&Envelope> {
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
        match self.run.as_mut().and_then(Run::pop) {
            Some(delivery) => Poll::Ready(Ok(delivery)),
            None => self.source.poll_next(context),
        }
    }

    /// Returns how many events the overflow policy has kept from this subscription so far.
    pub fn dropped(&self) -> u64 {
        self.source.dropped()
    }
}

/// The wait for a delivery.
struct Next<'a> {
    subscription: &'a mut Subscription,
    waits: bool,
}

impl Future for Next<'_> {
    type Output = Result<Delivery>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let next = self.subscription.poll_next(context);
        self.waits = next.is_pending();
        next
    }
}

impl Drop for Next<'_> {
    fn drop(&mut self) {
        if self.waits {
            self.subscription.source.give_up();
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("dropped", &self.dropped()).finish_non_exhaustive()
    }
}
