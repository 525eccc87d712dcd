//! What can be said about a service before it starts.

use std::fmt::Display;
use std::time::Duration;

use crate::broker;
use crate::client::ClientBuilder;
use crate::codec::Codec;
use crate::config::{self, show_duration};
use crate::error::Result;
use crate::layer::Layer;
use crate::logs::Ring;
use crate::registry::Handle;
use crate::selector::Selector;
use crate::server::{HttpLayer, HttpService};

use super::hooks::hook;
use super::setup::Setup;
use super::{Mount, Service};

/// What is served, where, and how it is found.
impl Service {
    /// Serves the annotated blocks of a value's type by that value.
    pub fn handle<T: Send + Sync + 'static>(self, value: T) -> Self {
        self.with(|setup| setup.handle(value))
    }

    /// Serves a value of an annotated type with parameters.
    pub fn mount<T: Mount>(self, value: T) -> Self {
        self.with(|setup| setup.mount(value))
    }

    /// Serves every annotated block of a linked package. A crate that is never named in the source is not linked:
    /// write `use the_crate as _;`.
    pub fn linked(self, package: impl Into<String>) -> Self {
        self.with(|setup| setup.wanted.linked.push(package.into()))
    }

    /// Sets the version that is announced. Empty by default; that of the package under `#[micro::main]`.
    pub fn version(self, version: impl Into<String>) -> Self {
        self.with(|setup| setup.sources.set("version", version))
    }

    /// Sets where to listen: `127.0.0.1:0` by default, a free port that only this machine reaches.
    pub fn address(self, address: impl Display) -> Self {
        self.setting("address", address)
    }

    /// Sets what is announced in place of the address listened on. Without a port: the port listened on.
    pub fn advertise(self, address: impl Display) -> Self {
        self.setting("advertise", address)
    }

    /// Allows to listen without encryption on an address that other machines can reach.
    pub fn insecure(self) -> Self {
        self.setting("insecure", true)
    }

    /// Announces the service in a registry made in code, and finds others there. A flag or environment variable
    /// that names a registry wins, if those are read.
    pub fn registry(self, registry: impl Into<Handle>) -> Self {
        self.with(|setup| setup.registry = Some(registry.into()))
    }

    /// Announces the service in the registry of this URI, and finds others there: `mdns+local:` by default.
    pub fn registry_uri(self, uri: impl Display) -> Self {
        self.with(|setup| setup.registry = None).setting("registry", uri)
    }

    /// Adds a scheme that registry URIs may have; `open` gets the whole URI.
    pub fn scheme<F, Fut>(self, scheme: impl Into<String>, open: F) -> Self
    where
        F: Fn(String) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Handle>> + Send + 'static,
    {
        self.with(|setup| setup.schemes.add(scheme, open))
    }

    /// Publishes and subscribes through a broker made in code. A flag or environment variable that names a broker
    /// wins, if those are read.
    pub fn broker(self, broker: impl Into<broker::Handle>) -> Self {
        self.with(|setup| setup.broker = Some(broker.into()))
    }

    /// Publishes and subscribes through the broker of this URI: `http:` by default.
    pub fn broker_uri(self, uri: impl Display) -> Self {
        self.with(|setup| setup.broker = None).setting("broker", uri)
    }

    /// Adds a scheme that broker URIs may have; `open` gets the whole URI.
    pub fn broker_scheme<F, Fut>(self, scheme: impl Into<String>, open: F) -> Self
    where
        F: Fn(String) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<broker::Handle>> + Send + 'static,
    {
        self.with(|setup| setup.broker_schemes.add(scheme, open))
    }

    /// Sets an entry of the node's metadata, which everybody who reads the registry can read.
    pub fn metadata(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(|setup| setup.metadata.push((key.into(), value.into())))
    }

    /// Sets the zone the node is announced in.
    pub fn zone(self, zone: impl Into<String>) -> Self {
        self.with(|setup| setup.sources.set("zone", zone))
    }

    /// Sets how long running calls may go on once the service stops. 30 s by default.
    pub fn drain(self, limit: Duration) -> Self {
        self.setting("drain", show_duration(limit))
    }

    /// Sets any setting by its key, as [`Settings`](crate::config::Settings) lists them.
    pub fn setting(self, key: &str, value: impl Display) -> Self {
        self.with(|setup| match config::key(key) {
            Some(key) => setup.sources.set(key, value.to_string()),
            None => setup.mistake(format_args!("no setting has the key {key:?}; --help lists them")),
        })
    }
}

/// How calls are answered and made.
impl Service {
    /// Adds middleware around every call that is answered. The first one added is the outermost.
    pub fn layer(self, layer: impl Layer) -> Self {
        self.with(|setup| setup.layer(layer))
    }

    /// Adds a tower layer at the HTTP edge. The first one added is the outermost.
    pub fn http_layer(self, layer: impl HttpLayer) -> Self {
        self.with(|setup| setup.http_layers.push(layer))
    }

    /// Answers HTTP requests beside the calls by any tower service: a path that ends in `/` takes everything below
    /// it, any other only itself. What is mounted is outside of layers, limits and the drain.
    pub fn http(self, path: impl Into<String>, service: HttpService) -> Self {
        self.with(|setup| {
            if let Err(error) = setup.mounts.add(path.into(), service) {
                setup.mistake(error.message());
            }
        })
    }

    /// Adds a codec, answered by every endpoint. One of the same name is replaced.
    pub fn codec(self, codec: impl Codec) -> Self {
        self.with(|setup| setup.codec(codec))
    }

    /// Adds middleware around every call the service makes. The first one added is the outermost.
    pub fn client_layer(self, layer: impl Layer) -> Self {
        self.with(|setup| setup.client(|client| ClientBuilder::layer(client, layer)))
    }

    /// Spreads the calls the service makes by `selector`. By default by power of two choices.
    pub fn selector(self, selector: impl Selector) -> Self {
        self.with(|setup| setup.client(|client| ClientBuilder::selector(client, selector)))
    }
}

/// Where settings come from besides code.
impl Service {
    /// Reads the `MICRO_*` variables of the environment, which win over what is set in code.
    pub fn environment(self) -> Self {
        self.with(|setup| setup.sources = std::mem::take(&mut setup.sources).with_environment())
    }

    /// Reads flags from a command line without the program's name; they win over everything else. What follows
    /// `--` is left alone.
    pub fn flags<A: Into<String>>(self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.with(|setup| {
            if let Err(error) = setup.sources.read_flags(arguments.into_iter().map(Into::into)) {
                setup.mistake(error.message());
            }
        })
    }
}

/// What others are told about the service.
impl Service {
    /// Shows the log records of a ring in `micro.debug.v1.Debug/Log`. `#[micro::main]` has one by itself; other
    /// programs add [`Ring::layer`](crate::logs::Ring::layer) to the subscriber they set up.
    pub fn logs(self, ring: Ring) -> Self {
        self.with(|setup| setup.ring = Some(ring))
    }

    /// Adds a check of readiness, run when somebody asks, at most once a second, within the setting `check_timeout`
    /// (5 s). While it fails, `/readyz` and gRPC health say so. One that takes longer has failed, and rests before it is
    /// run again: for 2 s, then twice as long each time, a minute at most. A name is 1 to 64 of `A-Z a-z 0-9 . _ -`.
    pub fn check<F, Fut>(self, name: impl Into<String>, run: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.with(|setup| {
            if let Err(error) = setup.checks.add(name, run) {
                setup.mistake(error.message());
            }
        })
    }
}

/// What runs around start and stop. Hooks of a kind run in the order they were added, each within the setting
/// `hook_timeout` (30 s).
impl Service {
    /// Runs a function before anything is constructed or bound. Clients work already. Its error ends the start.
    pub fn before_start<F, Fut>(self, run: F) -> Self
    where
        F: FnOnce(Service) -> Fut + Send + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.with(|setup| setup.hooks.before_start.push(hook(run)))
    }

    /// Runs a function once the service listens and is registered. Its error stops the service.
    pub fn after_start<F, Fut>(self, run: F) -> Self
    where
        F: FnOnce(Service) -> Fut + Send + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.with(|setup| setup.hooks.after_start.push(hook(run)))
    }

    /// Runs a function before the service stops taking calls. Its error does not keep it from stopping.
    pub fn before_stop<F, Fut>(self, run: F) -> Self
    where
        F: FnOnce(Service) -> Fut + Send + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.with(|setup| setup.hooks.before_stop.push(hook(run)))
    }

    /// Runs a function once every call has ended and the node is deregistered.
    pub fn after_stop<F, Fut>(self, run: F) -> Self
    where
        F: FnOnce(Service) -> Fut + Send + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.with(|setup| setup.hooks.after_stop.push(hook(run)))
    }
}

impl Service {
    pub(super) fn with(self, change: impl FnOnce(&mut Setup)) -> Self {
        match self.setup().as_mut() {
            Some(setup) => change(setup),
            None => tracing::warn!(service = self.name(), "set after the start, so without effect"),
        }
        self
    }
}
