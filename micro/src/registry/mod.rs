//! Registries: who is there, where, and what they serve.
//!
//! A running service announces itself as a [`Node`]; clients look nodes up by service or by contract and watch
//! them come and go. The user holds a [`Handle`], made from a URI or from any [`Registry`]:
//!
//! ```
//! use micro::registry::{Event, Handle, Memory, Node, Query, Register};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let registry = Handle::from(Memory::new());
//! let mut watch = registry.watch(&Query::contract("greeter.v1.Say")).await?;
//! assert!(matches!(watch.next().await?, Event::All(nodes) if nodes.is_empty()));
//!
//! let node = Node::new("n1", "greeter").contract("greeter.v1.Say").address("127.0.0.1:4000".parse()?);
//! registry.register(&node, &Register::default()).await?;
//! assert_eq!(registry.lookup(&Query::service("greeter")).await?, [node.clone()]);
//! assert!(matches!(watch.next().await?, Event::Put(seen) if *seen == node));
//!
//! registry.deregister("n1").await?;
//! assert!(matches!(watch.next().await?, Event::Gone(id) if id == "n1"));
//! # Ok::<(), micro::Error>(()) }).unwrap();
//! ```
//!
//! Built in: [`Memory`] for tests and single processes, [`Local`] for the processes of one user on one machine,
//! [`Mdns`] for the machines of one network; [`Merged`] makes one of any two, as `mdns+local:` does.
//! What backends guarantee beyond the common contract is data: [`Capability`]. A backend of your own implements
//! [`Registry`] and passes the suite in `registry::conformance` (feature `conformance`).

mod cache;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod endpoint;
mod erased;
mod local;
mod mdns;
mod memory;
mod merged;
mod open;
mod types;
mod watch;

pub use cache::{Cache, CacheOptions, Nodes};
pub use endpoint::Endpoint;
pub use local::Local;
pub use mdns::{Ignored, Mdns};
pub use memory::Memory;
pub use merged::Merged;
pub(crate) use open::scheme_of;
pub use open::{Defaults, Schemes};
pub use types::{Capability, Node, Query, Register, State, Subscription, Summary};
pub use watch::{Event, Feed, Watch};

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::error::Result;

use erased::Erased;

/// A place where nodes are announced and found. Implement it to bring a backend of your own.
///
/// The common contract: what `register` returned for is seen by `lookup` of the same handle at once, and by
/// every other handle and every watch soon after; a node appears at most once in an answer; an unknown service
/// is an empty answer, not an error.
pub trait Registry: Send + Sync + 'static {
    /// Describes the backend to people, such as `local:/run/user/1000/micro/registry`. No secrets. The name of
    /// the type by default.
    fn name(&self) -> String {
        let path = std::any::type_name::<Self>();
        path.rsplit("::").next().unwrap_or(path).to_owned()
    }

    /// Tells what the backend guarantees beyond the common contract.
    fn capability(&self) -> Capability;

    /// Announces a node, changes it, or keeps it from expiring: the last word for an id counts.
    fn register(&self, node: &Node, options: &Register) -> impl Future<Output = Result<()>> + Send;

    /// Takes a node back. One that is not there is no error.
    fn deregister(&self, id: &str) -> impl Future<Output = Result<()>> + Send;

    /// Finds the nodes that match, sorted by id.
    fn lookup(&self, query: &Query) -> impl Future<Output = Result<Vec<Node>>> + Send;

    /// Sums up what is there, sorted by service. Made from a lookup of everything by default.
    fn list(&self) -> impl Future<Output = Result<Vec<Summary>>> + Send {
        async { Ok(Summary::of(&self.lookup(&Query::all()).await?)) }
    }

    /// Follows the nodes that match: first [`Event::All`] with what is there, then every change.
    ///
    /// Make the answer with [`Watch::channel`]: its [`Feed`] filters, drops what changes nothing, and never
    /// blocks on a slow reader.
    fn watch(&self, query: &Query) -> impl Future<Output = Result<Watch>> + Send;
}

/// A registry, whichever it is. Cheap to clone; clones share the backend.
#[derive(Clone)]
pub struct Handle {
    inner: Arc<dyn Erased>,
}

impl Handle {
    /// Opens a built-in backend by URI: `local:`, `local:/some/directory`, `mdns:`, `mdns:eth0`, `memory:`, or
    /// several as one: `mdns+local:`.
    ///
    /// # Errors
    ///
    /// `invalid argument` for an unknown scheme, listing what is built in; otherwise the backend's own.
    pub async fn open(uri: &str, defaults: &Defaults) -> Result<Handle> {
        Schemes::new().open(uri, defaults).await
    }

    /// Describes the backend to people, such as `local:/run/user/1000/micro/registry`.
    pub fn name(&self) -> String {
        self.inner.name()
    }

    /// Tells what the backend guarantees beyond the common contract.
    pub fn capability(&self) -> Capability {
        self.inner.capability()
    }

    /// Announces a node, changes it, or keeps it from expiring: the last word for an id counts.
    ///
    /// # Errors
    ///
    /// `invalid argument` for what [`Node::validate`] refuses or a TTL of zero; otherwise the backend's own.
    pub async fn register(&self, node: &Node, options: &Register) -> Result<()> {
        node.validate()?;
        if options.ttl.is_zero() {
            return Err(crate::error::Error::invalid_argument(
                "a node with a TTL of zero would never be seen",
            ));
        }
        self.inner.register(node, options).await
    }

    /// Takes a node back. One that is not there is no error.
    ///
    /// # Errors
    ///
    /// `invalid argument` for what cannot be an id; otherwise the backend's own.
    pub async fn deregister(&self, id: &str) -> Result<()> {
        types::check_id(id)?;
        self.inner.deregister(id).await
    }

    /// Finds the nodes that match, sorted by id.
    ///
    /// # Errors
    ///
    /// The backend's own.
    pub async fn lookup(&self, query: &Query) -> Result<Vec<Node>> {
        self.inner.lookup(query).await
    }

    /// Sums up what is there, sorted by service.
    ///
    /// # Errors
    ///
    /// The backend's own.
    pub async fn list(&self) -> Result<Vec<Summary>> {
        self.inner.list().await
    }

    /// Follows the nodes that match: first [`Event::All`] with what is there, then every change.
    ///
    /// # Errors
    ///
    /// The backend's own.
    pub async fn watch(&self, query: &Query) -> Result<Watch> {
        self.inner.watch(query).await
    }
}

impl<R: Registry> From<R> for Handle {
    fn from(registry: R) -> Self {
        Handle { inner: Arc::new(registry) }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.name())
    }
}
