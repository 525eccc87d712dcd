//! What a broker is asked and what it answers: options, receipts, guarantees.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::event::check_topic;

/// What is known of an event once it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Receipt {
    /// It was handed on. A crash, or nobody being there, may lose it.
    Sent,
    /// The backend keeps it until it is handled: a crash does not lose it.
    Stored,
}

/// Who says that an event was handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Ack {
    /// The subscriber does, for each delivery. The default.
    #[default]
    Manual,
    /// Nobody: delivered is handled. Faster; what the subscriber fails at is lost.
    Auto,
}

/// What happens when a subscription, or a queue, has as many events waiting as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// The oldest one that waits goes, and is counted. The default.
    #[default]
    DropOldest,
    /// The new one does not come in, and is counted.
    DropNewest,
    /// Whoever publishes waits, as long as its deadline lets it.
    Block,
}

/// What to subscribe to, and how.
///
/// ```
/// use micro::broker::Subscribe;
///
/// let everybody = Subscribe::new("greeter.said");
/// let one_of_us = Subscribe::new("greeter.said").queue("ledger").capacity(10_000);
/// assert!(everybody.validate().is_ok() && one_of_us.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subscribe {
    /// The topic.
    pub topic: String,
    /// The queue: each event goes to one of its members. `None`, the default: to every subscription.
    pub queue: Option<String>,
    /// Who says that an event was handled.
    pub ack: Ack,
    /// How long a delivery may be without verdict before the event is delivered again. 30 s by default.
    pub ack_wait: Duration,
    /// How many events may wait. 1,024 by default.
    pub capacity: usize,
    /// What happens when more do.
    pub overflow: Overflow,
}

impl Subscribe {
    /// Subscribes to a topic, with the defaults.
    pub fn new(topic: impl Into<String>) -> Self {
        Subscribe {
            topic: topic.into(),
            queue: None,
            ack: Ack::default(),
            ack_wait: Duration::from_secs(30),
            capacity: 1024,
            overflow: Overflow::default(),
        }
    }

    /// Becomes a member of a queue: each event goes to one of its members.
    pub fn queue(mut self, queue: impl Into<String>) -> Self {
        self.queue = Some(queue.into());
        self
    }

    /// Sets who says that an event was handled.
    pub fn ack(mut self, ack: Ack) -> Self {
        self.ack = ack;
        self
    }

    /// Sets how long a delivery may be without verdict.
    pub fn ack_wait(mut self, wait: Duration) -> Self {
        self.ack_wait = wait;
        self
    }

    /// Sets how many events may wait.
    pub fn capacity(mut self, events: usize) -> Self {
        self.capacity = events;
        self
    }

    /// Sets what happens when more events wait than may.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// Checks what every backend relies on. [`Handle::subscribe`](super::Handle::subscribe) does it for you.
    ///
    /// # Errors
    ///
    /// `invalid argument` naming the option and what it may be.
    pub fn validate(&self) -> Result<()> {
        check_topic(&self.topic)?;
        if let Some(queue) = &self.queue {
            check_topic(queue)?;
        }
        if self.capacity == 0 {
            return Err(Error::invalid_argument("a subscription with room for no event would never see one"));
        }
        if self.ack_wait.is_zero() {
            return Err(Error::invalid_argument("a delivery needs some time before it is taken for lost"));
        }
        Ok(())
    }

    /// Checks that another member of the same queue asks for the same. Members come and go; what holds for the
    /// queue must not depend on who came first.
    ///
    /// # Errors
    ///
    /// `failed precondition` naming the queue and both.
    pub fn agree(&self, member: &Subscribe) -> Result<()> {
        if self == member {
            return Ok(());
        }
        let shown = |options: &Subscribe| {
            format!(
                "ack {:?} within {:?}, capacity {}, {:?}",
                options.ack, options.ack_wait, options.capacity, options.overflow
            )
        };
        Err(Error::failed_precondition(format!(
            "the members of the queue {:?} of {:?} ask for different things: {} and {}",
            self.queue.as_deref().unwrap_or_default(),
            self.topic,
            shown(self),
            shown(member)
        )))
    }
}

/// What a backend guarantees beyond the common contract. Everything is false by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Capability {
    /// Events are kept until they are handled, and survive a crash of the backend: `Receipt::Stored`.
    pub stored: bool,
    /// An event comes again when its subscriber asks for that, says nothing in time, or dies.
    pub redelivers: bool,
    /// Events past their time are not delivered.
    pub expires: bool,
    /// A full subscription can make the publisher wait ([`Overflow::Block`]).
    pub blocks: bool,
    /// The overflow policies drop what they say, one by one: capacity is exact.
    pub exact_overflow: bool,
    /// A queue keeps its events while it has no member for a while.
    pub durable_queues: bool,
    /// Other processes on the machine are reached.
    pub shared: bool,
    /// Other machines are reached.
    pub remote: bool,
}

impl Capability {
    /// Claims [`stored`](Capability::stored).
    pub const fn stored(mut self) -> Self {
        self.stored = true;
        self
    }

    /// Claims [`redelivers`](Capability::redelivers).
    pub const fn redelivers(mut self) -> Self {
        self.redelivers = true;
        self
    }

    /// Claims [`expires`](Capability::expires).
    pub const fn expires(mut self) -> Self {
        self.expires = true;
        self
    }

    /// Claims [`blocks`](Capability::blocks).
    pub const fn blocks(mut self) -> Self {
        self.blocks = true;
        self
    }

    /// Claims [`exact_overflow`](Capability::exact_overflow).
    pub const fn exact_overflow(mut self) -> Self {
        self.exact_overflow = true;
        self
    }

    /// Claims [`durable_queues`](Capability::durable_queues).
    pub const fn durable_queues(mut self) -> Self {
        self.durable_queues = true;
        self
    }

    /// Claims [`shared`](Capability::shared).
    pub const fn shared(mut self) -> Self {
        self.shared = true;
        self
    }

    /// Claims [`remote`](Capability::remote).
    pub const fn remote(mut self) -> Self {
        self.remote = true;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_make_no_sense_are_refused() {
        let good = Subscribe::new("a.b").queue("q");
        assert!(good.validate().is_ok());
        for bad in [
            Subscribe::new("a b"),
            good.clone().queue(""),
            good.clone().capacity(0),
            good.clone().ack_wait(Duration::ZERO),
        ] {
            assert!(bad.validate().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn members_of_a_queue_ask_for_the_same() {
        let one = Subscribe::new("a").queue("q");
        assert!(one.agree(&one.clone()).is_ok());
        let error = one.agree(&one.clone().capacity(1)).unwrap_err();
        for part in ["\"q\"", "capacity 1024", "capacity 1,"] {
            assert!(error.message().contains(part), "{part}: {error}");
        }
    }
}
