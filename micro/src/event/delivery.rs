//! A delivery: one event at one subscriber, and what becomes of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::error::Result;
use crate::layer::BoxFuture;

use super::{Envelope, Shelf};

/// What becomes of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The event was handled.
    Ack,
    /// The event is to be delivered again, not before `after` has passed.
    Retry {
        /// How long to wait.
        after: Duration,
    },
    /// The event will never be handled: it is not delivered again.
    Reject {
        /// Why, for people.
        reason: String,
    },
}

/// The backend's half of a delivery: takes the verdict, once.
pub trait Settle: Send + Sync + 'static {
    /// Takes the verdict. Ready when the backend has it; backends bound the wait themselves.
    fn settle(self: Box<Self>, verdict: Verdict) -> BoxFuture<'static, Result<()>>;

    /// Learns that nobody will say anything: the event is to be delivered again, not before `after` has passed.
    /// Must not block.
    fn abandon(self: Box<Self>, after: Duration);

    /// Learns that the event was not worked on: it is to be delivered again, not before `after` has passed, and as the
    /// attempt it is. Must not block. A backend that cannot tell the two apart counts it as an attempt, which is the
    /// default.
    fn hand_back(self: Box<Self>, after: Duration) {
        self.abandon(after);
    }
}

/// One event at one subscriber. Dropped without a verdict, it is delivered again, where the backend can.
///
/// A subscriber that takes a `Delivery<T>` in place of a `T` gives the verdict itself:
///
/// ```
/// # use micro::prelude::*;
/// use micro::broker::Delivery;
///
/// # #[micro::message] struct Said { name: String }
/// #[micro::subscriber(topic = "greeter.said")]
/// async fn on_said(said: Delivery<Said>) -> Result<()> {
///     match said.message().name.as_str() {
///         "" => said.reject("nobody said it").await,
///         _ => said.ack().await,
///     }
/// }
/// ```
pub struct Delivery<T = ()> {
    message: T,
    shelf: Arc<dyn Shelf>,
    index: u32,
    redelivered: bool,
    attempt: u32,
    // Boxed, as a delivery is moved more often than it needs a verdict.
    open: Option<Box<Open>>,
}

/// A verdict that is still to be given.
struct Open {
    settle: Box<dyn Settle>,
    /// The pause before the event comes again when it is dropped without a verdict.
    pause: Duration,
}

impl Delivery {
    /// Makes a delivery, for backends. `attempt` is counted from 1; `redelivered` says that the event may have
    /// been handled before, or in part. Without `settle` the event counts as handled once it is delivered.
    pub fn new(
        envelope: Arc<Envelope>,
        attempt: u32,
        redelivered: bool,
        settle: Option<Box<dyn Settle>>,
    ) -> Self {
        let open = settle.map(|settle| Box::new(Open { settle, pause: Duration::ZERO }));
        Delivery { message: (), shelf: envelope, index: 0, redelivered, attempt, open }
    }

    /// Makes a first delivery of the envelope at `index`, which counts as handled.
    pub(crate) fn shelved(shelf: Arc<dyn Shelf>, index: u32) -> Self {
        Delivery { message: (), shelf, index, redelivered: false, attempt: 1, open: None }
    }
}

impl<T> Delivery<T> {
    /// Puts another message in place of the present one, of the same event.
    pub(crate) fn with<U>(mut self, message: U) -> Delivery<U> {
        Delivery {
            message,
            shelf: self.shelf.clone(),
            index: self.index,
            redelivered: self.redelivered,
            attempt: self.attempt,
            open: self.open.take(),
        }
    }

    /// Sets the pause before the event comes again when it is dropped without a verdict. None by default.
    pub(crate) fn pausing(mut self, pause: Duration) -> Self {
        if let Some(open) = &mut self.open {
            open.pause = pause;
        }
        self
    }

    /// Makes a second delivery of the same event, to which the verdict belongs from now on.
    pub(crate) fn split(&mut self) -> Self
    where
        T: Clone,
    {
        Delivery {
            message: self.message.clone(),
            shelf: self.shelf.clone(),
            index: self.index,
            redelivered: self.redelivered,
            attempt: self.attempt,
            open: self.open.take(),
        }
    }

    /// Returns the decoded message. A delivery that comes straight from a subscription has none: it has
    /// [`data`](Delivery::data).
    pub fn message(&self) -> &T {
        &self.message
    }

    /// Returns the message as it is encoded.
    pub fn data(&self) -> &Bytes {
        &self.envelope().data
    }

    /// Returns the event: its attributes and its encoded message.
    pub fn envelope(&self) -> &Envelope {
        self.shelf.envelope(self.index)
    }

    /// Returns how often the event was delivered to this subscriber, or to a member of its queue, this time
    /// included.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Tells whether the event may have been handled before, or in part.
    pub fn is_redelivered(&self) -> bool {
        self.redelivered
    }

    /// Tells whether a verdict is expected.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Says that the event was handled.
    ///
    /// # Errors
    ///
    /// The backend's, when it cannot be told; the event may come again then.
    pub async fn ack(self) -> Result<()> {
        self.settle(Verdict::Ack).await
    }

    /// Asks for the event again, not before `after` has passed.
    ///
    /// # Errors
    ///
    /// The backend's, when it cannot be told.
    pub async fn retry(self, after: Duration) -> Result<()> {
        self.settle(Verdict::Retry { after }).await
    }

    /// Says that the event will never be handled, and why.
    ///
    /// # Errors
    ///
    /// The backend's, when it cannot be told; the event may come again then.
    pub async fn reject(self, reason: impl Into<String>) -> Result<()> {
        self.settle(Verdict::Reject { reason: reason.into() }).await
    }

    /// Gives the event back as it came: it was not worked on. It is delivered again, not before `after` has passed, which
    /// is no further attempt where the backend can tell.
    pub fn hand_back(mut self, after: Duration) {
        if let Some(open) = self.open.take() {
            open.settle.hand_back(after);
        }
    }

    /// Gives a verdict.
    ///
    /// # Errors
    ///
    /// The backend's, when it cannot be told.
    pub async fn settle(mut self, verdict: Verdict) -> Result<()> {
        match self.open.take() {
            Some(open) => open.settle.settle(verdict).await,
            None => Ok(()),
        }
    }
}

impl<T> Drop for Delivery<T> {
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            open.settle.abandon(open.pause);
        }
    }
}

impl<T> fmt::Debug for Delivery<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("envelope", self.envelope())
            .field("attempt", &self.attempt)
            .field("redelivered", &self.redelivered)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::Mutex;

    #[derive(Clone, Default)]
    struct Ledger(Arc<Mutex<Vec<String>>>);

    impl Settle for Ledger {
        fn settle(self: Box<Self>, verdict: Verdict) -> BoxFuture<'static, Result<()>> {
            self.0.lock().unwrap().push(format!("{verdict:?}"));
            Box::pin(async { Ok(()) })
        }

        fn abandon(self: Box<Self>, after: Duration) {
            self.0.lock().unwrap().push(format!("abandoned for {after:?}"));
        }
    }

    fn delivery(ledger: &Ledger) -> Delivery {
        Delivery::new(Arc::new(Envelope::new("a", "x")), 1, false, Some(Box::new(ledger.clone())))
    }

    #[tokio::test]
    async fn a_verdict_is_given_once_and_silence_is_one() {
        let ledger = Ledger::default();
        delivery(&ledger).ack().await.unwrap();
        delivery(&ledger).reject("no").await.unwrap();
        drop(delivery(&ledger).pausing(Duration::from_secs(1)).with(5));
        assert_eq!(*ledger.0.lock().unwrap(), ["Ack", "Reject { reason: \"no\" }", "abandoned for 1s"]);
    }
}
