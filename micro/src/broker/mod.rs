//! Brokers: events from whoever publishes to whoever subscribes.
//!
//! The user holds a [`Handle`], made from a URI or from any [`Broker`]. Services need none of this: a method marked
//! `#[micro::subscriber(topic = "greeter.said")]` is subscribed when its service starts, and `ctx.publish` publishes.
//!
//! ```
//! use micro::broker::{Envelope, Handle, Memory, Receipt, Subscribe};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let broker = Handle::from(Memory::new());
//! let mut said = broker.subscribe(&Subscribe::new("greeter.said")).await?;
//!
//! let receipt = broker.publish(Envelope::new("greeter.said", "hello")).await?;
//! assert_eq!(receipt, Receipt::Sent);
//!
//! let delivery = said.next().await?;
//! assert_eq!((&delivery.data()[..], delivery.attempt()), (&b"hello"[..], 1));
//! delivery.ack().await?;
//! # Ok::<(), micro::Error>(()) }).unwrap();
//! ```
//!
//! Built in: [`Memory`] for tests and single processes, [`Http`] between the processes a registry knows. What
//! backends guarantee beyond the common contract is data: [`Capability`]. A backend of your own implements
//! [`Broker`] and passes the suite in `broker::conformance` (feature `conformance`).

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod erased;
mod http;
mod inbox;
mod memory;
mod open;
mod subscription;
mod types;

pub use self::http::{Counters, Http};
pub use crate::event::{Delivery, Envelope, Event, Run, Settle, Verdict, check_topic};
pub use inbox::{Announce, Inbox};
pub use memory::Memory;
pub use open::{Defaults, Schemes};
pub use subscription::{Source, Subscription};
pub use types::{Ack, Capability, Overflow, Receipt, Subscribe};

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::error::{Error, Result};

use erased::Erased;

/// The largest event that is published, in bytes, unless a limit is set: 4 MiB, as for calls.
const LIMIT: usize = 4 << 20;

/// Moves events. Implement it to bring a backend of your own.
///
/// The common contract: an event published after `subscribe` has returned is delivered to the subscription, once
/// to each queue and once to each subscription without one; a topic nobody subscribes to takes events too; events
/// of one key that one publisher publishes in turn are delivered in that order, until one is delivered again; a
/// subscription that reads slowly never holds up another, unless it asked for [`Overflow::Block`].
pub trait Broker: Send + Sync + 'static {
    /// Describes the backend to people, such as `memory:`. No secrets. The name of the type by default.
    fn name(&self) -> String {
        let path = std::any::type_name::<Self>();
        path.rsplit("::").next().unwrap_or(path).to_owned()
    }

    /// Tells what the backend guarantees beyond the common contract.
    fn capability(&self) -> Capability;

    /// Publishes an event. The receipt says what is known of it; an event may not be called stored that a crash
    /// could lose.
    fn publish(&self, envelope: &Arc<Envelope>) -> impl Future<Output = Result<Receipt>> + Send;

    /// Subscribes. What is published after it has returned is delivered.
    fn subscribe(&self, options: &Subscribe) -> impl Future<Output = Result<Subscription>> + Send;

    /// Returns what a service has to do for the backend: one that events are pushed to needs a port. Nothing by
    /// default.
    fn inbox(&self) -> Option<Arc<dyn Inbox>> {
        None
    }

    /// Hands over what was accepted and is not sent yet. The caller bounds the wait. Nothing by default.
    fn close(&self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }
}

/// A broker, whichever it is. Cheap to clone; clones share the backend.
#[derive(Clone)]
pub struct Handle {
    inner: Arc<dyn Erased>,
    limit: usize,
}

impl Handle {
    /// Opens a built-in backend by URI: `memory:`, `http:`.
    ///
    /// # Errors
    ///
    /// `invalid argument` for an unknown scheme, listing what is built in; otherwise the backend's own.
    pub async fn open(uri: &str, defaults: &Defaults) -> Result<Handle> {
        Schemes::new().open(uri, defaults).await
    }

    /// Sets the largest event that is published, in bytes. 4 MiB by default.
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Describes the backend to people, such as `memory:`.
    pub fn name(&self) -> String {
        self.inner.name()
    }

    /// Tells what the backend guarantees beyond the common contract.
    pub fn capability(&self) -> Capability {
        self.inner.capability()
    }

    /// Returns what a service has to do for the backend, if anything.
    pub(crate) fn inbox(&self) -> Option<Arc<dyn Inbox>> {
        self.inner.inbox()
    }

    /// Publishes an event.
    ///
    /// # Errors
    ///
    /// `invalid argument` for what [`Envelope::validate`] refuses, `resource exhausted` for an event over the
    /// limit, both before anything is sent; otherwise the backend's own.
    pub async fn publish(&self, envelope: impl Into<Arc<Envelope>>) -> Result<Receipt> {
        let envelope = envelope.into();
        envelope.validate()?;
        let size = envelope.size();
        if size > self.limit {
            return Err(Error::resource_exhausted(format!(
                "the event has {size} bytes, {} are allowed; publish where the data can be found instead",
                self.limit
            )));
        }
        self.inner.publish(&envelope).await
    }

    /// Subscribes. What is published after it has returned is delivered.
    ///
    /// # Errors
    ///
    /// `invalid argument` for what [`Subscribe::validate`] refuses, `failed precondition` for a queue that has
    /// members with other options; otherwise the backend's own.
    pub async fn subscribe(&self, options: &Subscribe) -> Result<Subscription> {
        options.validate()?;
        self.inner.subscribe(options).await
    }

    /// Hands over what was accepted and is not sent yet. The caller bounds the wait.
    ///
    /// # Errors
    ///
    /// The backend's own.
    pub async fn close(&self) -> Result<()> {
        self.inner.close().await
    }
}

impl<B: Broker> From<B> for Handle {
    fn from(broker: B) -> Self {
        Handle { inner: Arc::new(broker), limit: LIMIT }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.name())
    }
}
