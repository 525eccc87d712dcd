//! The broker of one process: for tests, and for programs that are one process.
//!
//! A topic is one log, whoever reads it ([`log`]): publishing appends once, however many subscriptions there are, and
//! a subscription is a place in the log ([`tape`]). A [`cursor`] is a subscription that needs no verdicts: it reads
//! without a lock. Queues, and subscriptions that give verdicts, are a [`group`]: a place in the log, what is being
//! worked on, and what is to be delivered again.

mod cursor;
mod group;
mod log;
mod tape;
mod topic;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Result;

use super::{Broker, Capability, Envelope, Receipt, Subscribe, Subscription};

use topic::Topic;

/// A broker in memory. Cheap to clone; clones share the topics.
///
/// Nothing outlives the process, and nothing is kept for a topic without subscriptions, a queue without members, or
/// an event that all have read. What waits for subscriptions is bounded by [`Subscribe::capacity`] and by 32 MiB a topic,
/// whichever is reached first; beyond that the oldest events go, and are counted by [`Subscription::dropped`]. What a
/// queue works on, or has to try again, is bounded by 32 MiB as well: until there is room again it takes nothing new.
#[derive(Clone, Default)]
pub struct Memory {
    topics: Arc<Topics>,
}

#[derive(Default)]
struct Topics(Mutex<HashMap<String, Arc<Topic>>>);

impl Topics {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Topic>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets a topic that nobody is subscribed to any more.
    fn forget(&self, name: &str) {
        let mut topics = self.lock();
        if topics.get(name).is_some_and(|topic| topic.is_unused()) {
            topics.remove(name);
        }
    }
}

impl Memory {
    /// Makes a broker without topics.
    pub fn new() -> Self {
        Memory::default()
    }
}

impl Broker for Memory {
    fn name(&self) -> String {
        "memory:".to_owned()
    }

    fn capability(&self) -> Capability {
        Capability::default().redelivers().expires().blocks().exact_overflow()
    }

    async fn publish(&self, envelope: &Arc<Envelope>) -> Result<Receipt> {
        let topic = self.topics.lock().get(&envelope.topic).cloned();
        if let Some(topic) = topic {
            topic.publish(envelope).await;
        }
        Ok(Receipt::Sent)
    }

    async fn subscribe(&self, options: &Subscribe) -> Result<Subscription> {
        // Under the lock, so that a topic is not forgotten between being found and being used.
        let mut topics = self.topics.lock();
        let topic = topics.entry(options.topic.clone()).or_default();
        topic.subscribe(options, &self.topics)
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} topics)", self.topics.lock().len())
    }
}

/// Where a topic is kept. Dropped by a subscription at its end, it has the topic forgotten if that was the last one.
struct Place {
    topics: Arc<Topics>,
    name: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.topics.forget(&self.name);
    }
}
