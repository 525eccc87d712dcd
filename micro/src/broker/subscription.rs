//! A subscription: the stream of deliveries to one subscriber.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::coop;

use crate::error::{Error, Result};

use super::{Delivery, Envelope, Run};

/// The backend's half of a subscription. Dropping it unsubscribes, without waiting.
pub trait Source: Send + 'static {
    /// Waits for the next delivery. An error is the end: the backend has lost the subscription, or was closed.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Delivery>>;

    /// Learns that nobody waits for the next delivery any more: what comes now goes to another member of the queue. A
    /// source that reads from a subscription itself hands it on by [`Subscription::give_up`].
    fn give_up(&mut self) {}

    /// Returns how many events the overflow policy has kept from this subscription since this was last asked. Of those
    /// that a queue drops each is told to one member. None by default.
    fn dropped(&mut self) -> u64 {
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
    dropped: u64,
}

/// How many events of a run count as one step of a task, after 128 of which the runtime lets others run: less than
/// [`next`](Subscription::next) counts, as there is less to do.
const STEP: u8 = 32;

impl Subscription {
    /// Makes a subscription, for backends.
    pub fn new(source: impl Source) -> Self {
        Subscription { source: Box::new(source), run: None, lent: None, read: 0, dropped: 0 }
    }

    /// Waits for the next delivery. Giving up the wait loses nothing.
    ///
    /// # Errors
    ///
    /// The backend's, when the subscription is lost. It is over then: subscribe again.
    pub async fn next(&mut self) -> Result<Delivery> {
        Wait::new(self, Subscription::poll_next).await
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
            match Wait::new(self, Subscription::poll_run).await? {
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

    fn poll_run(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Run>>> {
        self.source.poll_run(context)
    }

    /// Gives up a wait that was begun by [`poll_next`](Subscription::poll_next): what comes now goes to another member
    /// of the queue. A wait in [`next`](Subscription::next) that is dropped does it by itself.
    pub fn give_up(&mut self) {
        self.source.give_up();
    }

    /// Returns how many events the overflow policy has kept from this subscription so far. What a queue drops is
    /// counted by one of its members, whichever asks first.
    pub fn dropped(&mut self) -> u64 {
        self.dropped += self.source.dropped();
        self.dropped
    }
}

/// A wait for events, which tells the source when it is given up.
struct Wait<'a, F> {
    subscription: &'a mut Subscription,
    poll: F,
    waits: bool,
}

impl<'a, F> Wait<'a, F> {
    fn new(subscription: &'a mut Subscription, poll: F) -> Self {
        Wait { subscription, poll, waits: false }
    }
}

impl<T, F> Future for Wait<'_, F>
where
    F: Fn(&mut Subscription, &mut Context<'_>) -> Poll<Result<T>> + Unpin,
{
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Wait { subscription, poll, waits } = &mut *self;
        let polled = poll(subscription, context);
        *waits = polled.is_pending();
        polled
    }
}

impl<F> Drop for Wait<'_, F> {
    fn drop(&mut self) {
        if self.waits {
            self.subscription.give_up();
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("lent", &self.run).finish_non_exhaustive()
    }
}
