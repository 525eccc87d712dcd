//! The client: typed calls to services that are found by name.
//!
//! A [`Client`] finds nodes in a registry, keeps connections to them, spreads calls over them, and tries another
//! node when a call provably did not run. Typed clients are made of it by the macros and the generator:
//!
//! ```no_run
//! # use micro::prelude::*;
//! # #[micro::message] struct HelloRequest { name: String }
//! # #[micro::message] struct HelloReply { text: String }
//! # #[derive(Default)] struct Say;
//! # #[micro::service]
//! # impl Say {
//! #     #[micro::handler]
//! #     async fn hello(&self, request: HelloRequest) -> Result<HelloReply> { Ok(HelloReply { text: request.name }) }
//! # }
//! # async fn example() -> micro::Result<()> {
//! use std::time::Duration;
//!
//! let client = micro::Client::open().await?;
//! let say = SayClient::new(&client);
//! let reply = say.hello(HelloRequest { name: "ann".into() }).timeout(Duration::from_secs(1)).await?;
//! # Ok(()) }
//! ```
//!
//! The way of a call, outermost first: deadline and span ([`Call`]), the client's layers, attempts, one node and
//! its connection.

mod attempt;
mod balance;
mod builder;
mod call;
mod deadline;
mod flight;
mod no_node;
mod plan;
mod publish;
mod reply;
mod retry;
mod target;
mod transport;

pub use builder::ClientBuilder;
pub use call::Call;
pub use publish::Publish;
pub use reply::Reply;
pub use target::Target;

pub(crate) use transport::Transport;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::broker;
use crate::codec::Encoding;
use crate::error::Result;
use crate::layer::Layers;
use crate::message::Message;
use crate::meter::Meter;
use crate::registry::{Cache, Node};
use crate::selector::Selector;
use crate::spec::Spec;

use balance::Balance;

/// Calls services, and serves nothing itself. Cheap to clone; clones share registry view and connections.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

/// What the calls of a client share.
struct Inner {
    cache: Cache,
    selector: Arc<dyn Selector>,
    layers: Layers,
    encoding: Encoding,
    timeout: Duration,
    transport: Arc<dyn Transport>,
    balance: Balance,
    broker: broker::Handle,
    /// What events are published under.
    source: String,
    meter: Meter,
}

impl Client {
    /// Opens a client by the environment (`MICRO_REGISTRY`, `MICRO_TIMEOUT`, …) and the defaults.
    ///
    /// # Errors
    ///
    /// `invalid argument` for a setting that makes no sense, naming it; otherwise the registry's own.
    pub async fn open() -> Result<Client> {
        Client::builder().open().await
    }

    /// Builds a client with a registry, layers, a codec or limits of your own.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// Publishes an event. Nothing happens until the [`Publish`] is awaited.
    pub fn publish<T: Message>(&self, topic: impl Into<String>, event: &T) -> Publish {
        Publish::new(self.clone(), topic.into(), event)
    }

    /// Lists the nodes that calls have asked for, as they are known now.
    pub(crate) fn seen(&self) -> Vec<Arc<Node>> {
        self.inner.cache.seen()
    }

    /// Returns the broker events are published to.
    pub fn broker(&self) -> &broker::Handle {
        &self.inner.broker
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("registry", &self.inner.cache.registry())
            .field("encoding", &self.inner.encoding.name())
            .field("timeout", &self.inner.timeout)
            .finish_non_exhaustive()
    }
}

/// Whatever typed clients are made of: a [`Client`], a [`Context`](crate::Context), a [`Service`](crate::Service).
///
/// A context passes deadline, metadata and trace of its own call on.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot call services",
    label = "not a caller",
    note = "typed clients are made of a reference to a `micro::Client`, a `micro::Context` or a `micro::Service`"
)]
pub trait Caller {
    /// Aims at the nodes that serve `contract`.
    fn target(&self, contract: &'static str) -> Target;
}

impl Caller for Client {
    fn target(&self, contract: &'static str) -> Target {
        Target::new(self.clone(), contract, None)
    }
}

/// A client of one contract, as the macros and the generator write it.
pub trait TypedClient: Sized {
    /// The full name of the contract.
    const CONTRACT: &'static str;

    /// The methods of the contract that are called, in the order in which they are written.
    const METHODS: &'static [&'static Spec];

    /// Makes the client.
    fn from_target(target: Target) -> Self;
}
