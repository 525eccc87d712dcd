//! Events between processes, without a server in the middle: whoever publishes sends to whoever subscribes.
//!
//! **Who subscribes** stands in the registry, as part of a service's node. **An event is a POST** to the service's one
//! port, and its answer means *handled*: 2xx. Anybody can send one by hand, to one service:
//!
//! ```text
//! curl http://127.0.0.1:4000/micro/events/greeter.said -H 'content-type: application/json' \
//!   -H 'ce-specversion: 1.0' -H 'ce-id: 1' -H 'ce-source: /curl' -H 'ce-type: greeter.v1.Said' -d '{"name":"ann"}'
//! ```
//!
//! The form is that of CloudEvents 1.0 over HTTP, binary or structured; `micro-queue` names the queue when the event is
//! for one of its members. Other answers: 404, nobody subscribes to that here; 400, 413 and 422, it will never be
//! handled; 503 and 504, send it again, after `retry-after-ms` where that is said. `micro-outcome: not-run` beside it
//! says that no subscriber has seen the event.
//!
//! **Each node and each queue has a way of its own** from each publisher, with 1,024 events and 16 MiB of room: a
//! subscriber that is slow or dead costs the others nothing. What finds no room is dropped and counted. A member of a
//! queue that fails is passed over for another. An event is given up when it was sent 10 times without a subscriber's
//! word, or when nobody took it for 60 seconds. A node that fails 5 times in a row gets nothing more, but for a try now
//! and then: after 1 s, then after pauses that double up to 60 s.
//!
//! **What it does not do.** Events are in memory only: they end with the process that published them. Order holds for
//! events of one key, sent one after another, until one is sent again; events without a key overtake each other. A
//! subscriber in another process is sent events as soon as the publisher's registry knows of it, not sooner.
//!
//! **Where events may go.** What a registry says is a hint by others, so only loopback, private and link-local addresses
//! are sent to; [`Http::allow`] and `http:?allow=10.0.0.0/8,…` say otherwise. Names are resolved first, and the address
//! that was checked is the one connected to. Redirects are not followed.

mod attributes;
mod audience;
mod binary;
mod carrier;
mod counters;
mod desk;
mod held;
mod lane;
mod ledger;
mod members;
mod networks;
mod outbox;
mod post;
mod receive;
mod room;
mod structured;
mod task;
mod topic;

pub use counters::Counters;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::broker::{Broker, Capability, Envelope, Inbox, Receipt, Subscribe, Subscription};
use crate::error::{Error, Result};
use crate::registry;

use audience::Audience;
use desk::Desk;
use networks::Networks;
use outbox::{Outbox, Settings, Stamped};
use topic::Topic;

/// How many topics may be published to at a time; the one least recently used goes.
const TOPICS: usize = 1024;

/// The largest event that is taken, in bytes of its message, unless a limit is set.
const LIMIT: usize = 4 << 20;

/// The broker that needs no server: events are posted to the services that subscribe, found by the registry.
///
/// Options are set before it is used; clones share what is sent and subscribed to.
///
/// ```
/// use micro::broker::{Envelope, Handle, Http, Receipt};
/// use micro::registry::{self, Memory};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let http = Http::new(registry::Handle::from(Memory::new())).allow("127.0.0.0/8")?;
/// let broker = Handle::from(http.clone());
/// // Nobody subscribes, so nobody gets it; that is no error.
/// assert_eq!(broker.publish(Envelope::new("greeter.said", "hello")).await?, Receipt::Sent);
/// assert_eq!(http.counters().sent, 0);
/// # Ok::<(), micro::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Http {
    registry: registry::Handle,
    desk: Arc<Desk>,
    settings: Settings,
    outbox: Arc<Outbox>,
    topics: Arc<Topics>,
}

#[derive(Default)]
struct Topics {
    map: Mutex<HashMap<String, Arc<Topic>>>,
    published: AtomicU64,
}

impl Http {
    /// Makes a broker that finds subscribers by `registry`.
    pub fn new(registry: registry::Handle) -> Self {
        let settings = Settings::default();
        let outbox = Arc::new(Outbox::new(settings.clone()));
        Http { registry, desk: Desk::new(LIMIT), settings, outbox, topics: Arc::default() }
    }

    /// Makes a broker by what follows the scheme of its URI: nothing, or `?allow=10.0.0.0/8,192.168.0.0/16` (or
    /// `any`), `wait=300` (seconds), `limit=4194304` (bytes), joined by `&`.
    pub(super) fn open(rest: &str, registry: registry::Handle) -> Result<Self> {
        let mut http = Http::new(registry);
        let Some(options) = rest.strip_prefix('?') else {
            // What stands there may hold a password.
            return match rest.is_empty() {
                true => Ok(http),
                false => Err(Error::invalid_argument(
                    "http: names no server; subscribers are found by the registry. Options follow a question mark, as \
                     in http:?allow=10.0.0.0/8",
                )),
            };
        };
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let number = || -> Result<u64> {
                let number = value.parse::<u64>().ok().filter(|number| *number > 0);
                number
                    .ok_or_else(|| Error::invalid_argument(format!("{name} of http: is a number above zero")))
            };
            http = match name {
                "allow" => http.allow(value)?,
                "wait" => http.wait(Duration::from_secs(number()?)),
                "limit" => http.limit(usize::try_from(number()?).unwrap_or(usize::MAX)),
                _ => {
                    return Err(Error::invalid_argument(format!(
                        "http: has no option {name:?}; there are allow, wait and limit"
                    )));
                }
            };
        }
        Ok(http)
    }

    /// Sets the networks events may be sent to, joined by commas (`10.0.0.0/8,fd00::/8`), or `any`. Loopback, private
    /// and link-local ones by default, without the address where clouds keep credentials.
    ///
    /// # Errors
    ///
    /// `invalid argument` for what is no list of networks.
    pub fn allow(self, networks: &str) -> Result<Self> {
        let networks: Networks = networks.parse()?;
        Ok(self.with(|settings| settings.networks = networks))
    }

    /// Sets how long a subscriber may take to answer before the event is sent again: 5 minutes by default. It has to be
    /// longer than a subscriber may take for one event; one whose machine is gone is noticed much sooner.
    pub fn wait(self, wait: Duration) -> Self {
        self.with(|settings| settings.wait = wait)
    }

    /// Sets how many events may wait for one subscriber or queue: 1,024 by default. Whatever is set, they have 16 MiB.
    pub fn room(self, events: usize) -> Self {
        self.with(|settings| settings.events = events.max(1))
    }

    /// Sets the largest event that is taken from others, in bytes of its message: 4 MiB by default.
    pub fn limit(self, bytes: usize) -> Self {
        self.desk.set_limit(bytes);
        self
    }

    /// Returns what became of the events published so far.
    pub fn counters(&self) -> Counters {
        self.outbox.tally.counters()
    }

    /// Changes a setting. What was sent before goes on as it began.
    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self.outbox = Arc::new(Outbox::new(self.settings.clone()));
        self.topics = Arc::default();
        self
    }

    fn topic(&self, name: &str) -> Result<Arc<Topic>> {
        let mut topics = self.topics.map.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.topics.published.fetch_add(1, Ordering::Relaxed);
        if let Some(topic) = topics.get(name) {
            topic.touch(now);
            return Ok(topic.clone());
        }
        if topics.len() >= TOPICS {
            // Whoever holds one is about to publish to it.
            let unused = |topic: &Arc<Topic>| Arc::strong_count(topic) == 1 && topic.is_idle();
            let idle = topics.iter().filter(|(_, topic)| unused(topic));
            let oldest = idle.min_by_key(|(_, topic)| topic.used.load(Ordering::Relaxed));
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else {
                return Err(Error::resource_exhausted(format!("events of {TOPICS} topics are on their way")));
            };
            topics.remove(&oldest);
        }
        let audience = Audience::new(name, self.registry.clone());
        let topic = Arc::new(Topic::new(audience, self.outbox.clone()));
        topic.touch(now);
        topics.insert(name.to_owned(), topic.clone());
        Ok(topic)
    }
}

impl Broker for Http {
    fn name(&self) -> String {
        "http:".to_owned()
    }

    fn capability(&self) -> Capability {
        // Whoever sees the registry is reached.
        let registry = self.registry.capability();
        let mut capability = Capability::default().redelivers().expires();
        capability.shared = registry.shared;
        capability.remote = registry.remote;
        capability
    }

    async fn publish(&self, envelope: &Arc<Envelope>) -> Result<Receipt> {
        let topic = self.topic(&envelope.topic)?;
        topic.audience.ready().await?;
        // From here on nothing waits: an event is on all its ways, or on none.
        topic.send(&Arc::new(Stamped::new(envelope.clone())));
        Ok(Receipt::Sent)
    }

    async fn subscribe(&self, options: &Subscribe) -> Result<Subscription> {
        self.desk.subscribe(options).await
    }

    fn inbox(&self) -> Option<Arc<dyn Inbox>> {
        // Only a service asks, and it has a port.
        self.desk.host();
        Some(self.desk.clone())
    }

    async fn close(&self) -> Result<()> {
        self.outbox.under_way.zero().await;
        Ok(())
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("registry", &self.registry)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
