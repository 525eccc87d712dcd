//! `Service`: what a process serves. Put together in `main`, a cheap handle afterwards.
//!
//! ```
//! use micro::prelude::*;
//! use micro::registry::Memory;
//!
//! #[micro::message]
//! struct Text {
//!     text: String,
//! }
//!
//! #[derive(Default)]
//! struct Echo;
//!
//! #[micro::service]
//! impl Echo {
//!     #[micro::handler]
//!     async fn say(&self, request: Text) -> Result<Text> {
//!         Ok(request)
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
//! let registry = Memory::new();
//! let service = micro::Service::new("echo").handle(Echo).registry(registry.clone());
//! service.start().await?;
//! let client = micro::Client::builder().registry(registry).open().await?;
//! assert_eq!(EchoClient::new(&client).say(Text { text: "hi".into() }).await?.text, "hi");
//! service.stop().await?;
//! # Ok::<(), micro::Error>(()) }).unwrap();
//! ```
//!
//! `#[micro::main]` makes the service in place of `Service::new`: named after its package, settings read from
//! flags and environment, every annotated service of the package mounted.

mod advertise;
mod announce;
mod arrival;
mod banner;
mod builder;
pub(crate) mod checks;
mod consumers;
pub(crate) mod entry;
mod grpc_health;
mod hooks;
mod inlet;
mod late;
mod lifecycle;
pub(crate) mod link;
#[cfg(feature = "inventory")]
pub(crate) mod link_inventory;
#[cfg(not(feature = "inventory"))]
pub(crate) mod link_linkme;
mod mount;
mod probes;
mod reflection;
pub(crate) mod row;
mod run;
mod setup;
mod signals;
pub(crate) mod subscriber;
mod told;
pub(crate) mod unopened;
#[cfg(feature = "metrics")]
mod with_metrics;
#[cfg(feature = "otlp")]
mod with_otlp;

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::address::Address;
use crate::client::{Caller, Client, Publish, Target, TypedClient};
use crate::config::{Settings, Sources};
use crate::error::{Error, Result};
use crate::message::Message;
use crate::server::Server;

pub(crate) use lifecycle::Reach;

use entry::{Package, Telemetry};
use lifecycle::Running;
use row::Row;
use setup::Setup;

/// What a process serves: built in `main`, a cheap handle afterwards. Clones are the same service.
///
/// Methods that take and return `self` belong before [`start`](Service::start), which reports whatever was wrong
/// in them. When the last handle is dropped, what still runs is cut off, unless it is stopping;
/// [`stop`](Service::stop) ends it well.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

struct Inner {
    id: String,
    name: String,
    phase: watch::Sender<Phase>,
    /// Taken by `start`.
    setup: Mutex<Option<Box<Setup>>>,
    opened: OnceLock<Opened>,
    bound: OnceLock<Bound>,
    running: Mutex<Option<Running>>,
    /// The task that stops the service.
    stopping: Mutex<Option<AbortHandle>>,
}

/// What is known once the settings are read and the registry is open.
struct Opened {
    settings: Settings,
    client: Client,
}

/// Where the service listens and what it announces.
struct Bound {
    local: Option<SocketAddr>,
    announced: Vec<Address>,
}

/// How far the service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Built,
    Starting,
    Running,
    Stopping,
    Stopped,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Built => "not started",
            Phase::Starting => "starting",
            Phase::Running => "running",
            Phase::Stopping => "stopping",
            Phase::Stopped => "stopped",
        })
    }
}

/// A service type with parameters: what [`Service::mount`] takes. `#[micro::service]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be mounted",
    label = "has no methods to mount",
    note = "`.mount` is for types with parameters whose `impl` block is marked `#[micro::service]`",
    note = "a value of any other service type is given to `.handle(value)`"
)]
pub trait Mount: Send + Sync + Sized + 'static {
    /// The full name of the contract.
    const CONTRACT: &'static str;
    /// The methods.
    #[doc(hidden)]
    const ROWS: &'static [Row<Self>];
}

impl Service {
    /// Makes a service that is registered under `name`, and serves what it is given. Reads neither flags nor
    /// environment unless told to.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Service::from_setup(name.clone(), Setup::new(name))
    }

    /// Makes the service of a package, as `#[micro::main]` does.
    pub(crate) fn automatic(package: Package, sources: Sources, telemetry: Telemetry) -> Self {
        Service::from_setup(package.name.to_owned(), Setup::automatic(package, sources, telemetry))
    }

    fn from_setup(name: String, setup: Setup) -> Self {
        Service {
            inner: Arc::new(Inner {
                id: format!("{:032x}", fastrand::u128(..)),
                name,
                phase: watch::Sender::new(Phase::Built),
                setup: Mutex::new(Some(Box::new(setup))),
                opened: OnceLock::new(),
                bound: OnceLock::new(),
                running: Mutex::new(None),
                stopping: Mutex::new(None),
            }),
        }
    }

    /// Returns the name the service is registered under; before the start, the one it was made with.
    pub fn name(&self) -> &str {
        self.inner.opened.get().map_or(&self.inner.name, |opened| &opened.settings.name.value)
    }

    /// Returns the id of the node: 32 random hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// Returns the addresses that are announced, none before the start.
    pub fn addresses(&self) -> Vec<Address> {
        self.inner.bound.get().map(|bound| bound.announced.clone()).unwrap_or_default()
    }

    /// Returns the address that is listened on, `None` before the start.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.inner.bound.get()?.local
    }

    /// Returns every setting and where it came from.
    ///
    /// # Errors
    ///
    /// Before the start, `invalid argument` for what is wrong with them.
    pub fn settings(&self) -> Result<Settings> {
        if let Some(opened) = self.inner.opened.get() {
            return Ok(opened.settings.clone());
        }
        match &*self.setup() {
            Some(setup) => Settings::load(&setup.sources),
            None => Err(Error::failed_precondition("the settings were not read: the start failed")),
        }
    }

    /// Explains every setting, one a line: key, value, origin.
    ///
    /// # Errors
    ///
    /// As [`settings`](Service::settings).
    pub fn explain(&self) -> Result<String> {
        Ok(self.settings()?.explain_text())
    }

    /// Makes a typed client. Its calls fail until the service has begun to start.
    pub fn client<C: TypedClient>(&self) -> C {
        C::from_target(self.target(C::CONTRACT))
    }

    /// Publishes an event. Nothing happens until the [`Publish`] is awaited; it fails until the service has begun
    /// to start.
    pub fn publish<T: Message>(&self, topic: impl Into<String>, event: &T) -> Publish {
        self.caller().publish(topic, event)
    }

    /// Returns the client of the service, for typed clients of code that knows no services. Its calls fail when
    /// it was taken before the service began to start.
    pub fn caller(&self) -> Client {
        match self.inner.opened.get() {
            Some(opened) => opened.client.clone(),
            None => unopened::unopened("the service calls nobody before it starts"),
        }
    }

    /// Returns the server, while the service runs.
    pub(crate) fn server(&self) -> Option<Server> {
        self.running().as_ref().map(Running::server)
    }

    fn setup(&self) -> MutexGuard<'_, Option<Box<Setup>>> {
        self.inner.setup.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.inner.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Caller for Service {
    fn target(&self, contract: &'static str) -> Target {
        Target::new(self.caller(), contract, None)
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("name", &self.name())
            .field("id", &self.id())
            .field("phase", &*self.inner.phase.borrow())
            .finish_non_exhaustive()
    }
}
