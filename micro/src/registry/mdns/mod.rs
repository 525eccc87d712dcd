//! Nodes of all machines of a network, by multicast DNS (RFC 6762) and DNS-SD (RFC 6763): nothing to install,
//! nothing to configure.
//!
//! A node is an instance of the service `_micro._tcp.local`, named by its id. Its text tells what finding and
//! calling it needs; `record.rs` has the keys. It is announced when it is registered and whenever the registration
//! is refreshed, for the TTL of the registration, so nobody has to ask for it: a process that dies without a
//! goodbye is forgotten by everybody within its TTL.
//!
//! A node is announced on the networks its addresses belong to and on no other: on the local network for an
//! address of it, on loopback for one of loopback. What is announced elsewhere, such as a name or an address
//! behind a translator of addresses, needs another registry.
//!
//! Multicast DNS trusts its network, and so does this: a machine on it can claim any id that is free, and forge
//! anything if it takes the pains. What a stranger can do is bounded: memory and work do not grow with what is
//! sent, and are shared fairly between those who send; packets from outside the network and addresses outside it are
//! ignored; an id belongs to the machine that had it first, which is who it is by the address it sends from, and
//! nobody else changes that machine's nodes or takes them back. Metadata can be read by everybody on the network.
//!
//! The protocol is spoken here, not by a crate: one that fits would have to let a record live as long as its
//! registration, look at the source of a packet, and bound what it keeps.

mod engine;
mod interface;
mod link;
mod pace;
mod packet;
mod record;
mod responder;
mod table;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Result};

use super::{Capability, Node, Query, Register, Registry, Watch};
use engine::{Engine, Shared};
use responder::Names;

/// The port of multicast DNS.
const PORT: u16 = 5_353;

/// A registry of the local network. Clones share what is registered and what was heard; it lives until the last of
/// them is dropped, which says goodbye for what is still registered.
///
/// ```
/// use micro::registry::{Handle, Mdns};
///
/// let registry = Handle::from(Mdns::new().interface("eth0"));
/// assert_eq!(registry.name(), "mdns:eth0");
/// ```
#[derive(Clone)]
pub struct Mdns {
    options: Options,
    /// Begun with the first use, and begun anew when the runtime that ran it is gone.
    engine: Arc<Mutex<Option<Engine>>>,
}

#[derive(Clone)]
struct Options {
    interface: Option<String>,
    port: u16,
}

/// What was ignored of what others sent, counted since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ignored {
    /// Packets and records that could not be read.
    pub malformed: u64,
    /// Packets from outside the network, and nodes none of whose addresses belong to the network they were heard
    /// on.
    pub off_link: u64,
    /// Records of nodes that belong to another machine.
    pub conflicts: u64,
    /// Nodes that went, or were not taken in, because there were more than are kept.
    pub crowded: u64,
    /// Packets that were not read because a machine, or all of them, sent more than there is time for.
    pub flooded: u64,
}

impl Mdns {
    /// Makes a registry on every network of the machine. Nothing is opened before it is used.
    pub fn new() -> Self {
        Mdns { options: Options { interface: None, port: PORT }, engine: Arc::default() }
    }

    /// Uses one interface only, by its name: `eth0`. Default every one that is up, without tunnels.
    pub fn interface(mut self, name: impl Into<String>) -> Self {
        self.options.interface = Some(name.into());
        self.engine = Arc::default();
        self
    }

    /// Speaks on another port, with those that do the same: others on the network neither hear nor disturb it.
    /// Default 5353.
    pub fn port(mut self, port: u16) -> Self {
        self.options.port = port;
        self.engine = Arc::default();
        self
    }

    /// Makes a registry of what stands behind `mdns:` in a URI: nothing, `eth0`, or `?interface=eth0&port=5353`.
    ///
    /// # Errors
    ///
    /// `invalid argument` for anything else.
    pub(super) fn from_uri(rest: &str) -> Result<Self> {
        let (name, options) = rest.split_once('?').unwrap_or((rest, ""));
        let mut mdns = if name.is_empty() { Mdns::new() } else { Mdns::new().interface(name) };
        for option in options.split('&').filter(|option| !option.is_empty()) {
            mdns = match option.split_once('=') {
                Some(("interface", name)) if !name.is_empty() => mdns.interface(name),
                Some(("port", port)) if port.parse::<u16>().is_ok_and(|port| port > 0) => {
                    mdns.port(port.parse().unwrap_or(PORT))
                }
                _ => {
                    return Err(Error::invalid_argument(format!(
                        "{option:?} is no option of mdns:; write mdns:, mdns:eth0 or mdns:?interface=eth0&port=5353"
                    )));
                }
            };
        }
        Ok(mdns)
    }

    /// Returns what was ignored so far.
    pub fn ignored(&self) -> Ignored {
        let engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        engine.as_ref().map(|engine| engine.shared.ignored()).unwrap_or_default()
    }

    fn shared(&self) -> Result<Arc<Shared>> {
        let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(live) = engine.as_ref().filter(|engine| engine.is_live()) {
            return Ok(live.shared.clone());
        }
        let names = Names::new().ok_or_else(|| Error::internal("the name of the service is none"))?;
        Ok(engine.insert(Engine::start(&self.options, &names)).shared.clone())
    }
}

impl Default for Mdns {
    fn default() -> Self {
        Mdns::new()
    }
}

impl Registry for Mdns {
    fn name(&self) -> String {
        let interface = self.options.interface.as_deref().unwrap_or_default();
        match self.options.port {
            PORT => format!("mdns:{interface}"),
            port => format!("mdns:{interface}?port={port}"),
        }
    }

    fn capability(&self) -> Capability {
        Capability::default().expires().shared().remote().loopback()
    }

    async fn register(&self, node: &Node, options: &Register) -> Result<()> {
        self.shared()?.register(node, options.ttl);
        Ok(())
    }

    async fn deregister(&self, id: &str) -> Result<()> {
        self.shared()?.deregister(id);
        Ok(())
    }

    async fn lookup(&self, query: &Query) -> Result<Vec<Node>> {
        Ok(self.shared()?.lookup(query).await)
    }

    async fn watch(&self, query: &Query) -> Result<Watch> {
        let (feed, watch) = Watch::channel(query.clone());
        self.shared()?.follow(feed).await;
        Ok(watch)
    }
}

impl fmt::Debug for Mdns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mdns({})", Registry::name(self))
    }
}

#[cfg(test)]
mod tests;
