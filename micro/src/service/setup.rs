//! What the builder collects until the service starts.

use std::any::TypeId;
use std::fmt::Display;
use std::sync::Arc;

use bytes::Bytes;

use crate::broker;
use crate::client::{Client, ClientBuilder};
use crate::codec::{Codec, Codecs, Dynamic};
use crate::config::Sources;
use crate::error::Result;
use crate::layer::{Layer, Layers};
use crate::logs::Ring;
use crate::message::Descriptor;
use crate::metrics::Prometheus;
use crate::otlp::Otlp;
use crate::registry::{Handle, Schemes};
use crate::server::{HttpLayers, Mounts};

use super::Mount;
use super::checks::Checks;
use super::entry::{Package, Telemetry};
use super::hooks::Hooks;
use super::link::Instance;
use super::mount::{Given, Mounted, Wanted};
use super::row::bind;

/// Everything said on the builder.
pub(crate) struct Setup {
    pub(super) sources: Sources,
    /// What was wrong; reported all at once by `start`.
    pub(super) mistakes: Vec<String>,
    pub(super) registry: Option<Handle>,
    pub(super) schemes: Schemes,
    pub(super) broker: Option<broker::Handle>,
    pub(super) broker_schemes: broker::Schemes,
    pub(super) codecs: Codecs,
    pub(super) layers: Layers,
    pub(super) http_layers: HttpLayers,
    pub(super) mounts: Mounts,
    pub(super) client: ClientBuilder,
    pub(super) wanted: Wanted,
    pub(super) checks: Checks,
    /// Where the latest log records are kept.
    pub(super) ring: Option<Ring>,
    pub(super) metrics: Option<Prometheus>,
    pub(super) otlp: Option<Otlp>,
    pub(super) metadata: Vec<(String, String)>,
    pub(super) hooks: Hooks,
    /// Whether the person at the terminal is told who listens where.
    pub(super) readable: bool,
}

impl Setup {
    pub(super) fn new(name: String) -> Self {
        let mut sources = Sources::none();
        sources.set("name", name);
        Setup {
            sources,
            mistakes: Vec::new(),
            registry: None,
            schemes: Schemes::new(),
            broker: None,
            broker_schemes: broker::Schemes::new(),
            codecs: Codecs::default(),
            layers: Layers::default(),
            http_layers: HttpLayers::default(),
            mounts: Mounts::default(),
            client: Client::builder(),
            wanted: Wanted::default(),
            checks: Checks::new(),
            ring: None,
            metrics: None,
            otlp: None,
            metadata: Vec::new(),
            hooks: Hooks::default(),
            readable: false,
        }
    }

    /// Takes name, version, settings and annotated services from around the package.
    pub(super) fn automatic(package: Package, sources: Sources, telemetry: Telemetry) -> Self {
        let mut setup = Setup::new(String::new());
        Telemetry { ring: setup.ring, metrics: setup.metrics, otlp: setup.otlp } = telemetry;
        setup.sources = sources;
        setup.sources.set("name", package.name);
        setup.sources.set("version", package.version);
        setup.wanted.automatic = Some(package.name.to_owned());
        setup.readable = true;
        setup
    }

    pub(super) fn mistake(&mut self, what: impl Display) {
        self.mistakes.push(what.to_string());
    }

    pub(super) fn client(&mut self, change: impl FnOnce(ClientBuilder) -> ClientBuilder) {
        let client = std::mem::replace(&mut self.client, Client::builder());
        self.client = change(client);
    }

    pub(super) fn codec(&mut self, codec: impl Codec) {
        let shared = Shared(Arc::new(codec));
        self.codecs.add(shared.clone());
        self.client(|client| client.codec(shared));
    }

    pub(super) fn layer(&mut self, layer: impl Layer) {
        self.layers.push(layer);
    }

    pub(super) fn handle<T: Send + Sync + 'static>(&mut self, value: T) {
        let of_type = TypeId::of::<T>();
        let type_name = std::any::type_name::<T>();
        let instance: Instance = Arc::new(value);
        if self.wanted.values.iter().any(|given| given.of_type == of_type) {
            self.mistake(format_args!(
                "two values of the type {type_name} were given to .handle; one serves a type"
            ));
            return;
        }
        self.wanted.values.push(Given { of_type, type_name, instance });
    }

    pub(super) fn mount<T: Mount>(&mut self, value: T) {
        let this = Arc::new(value);
        self.wanted.mounted.push(Mounted {
            type_name: std::any::type_name::<T>(),
            bind: Box::new(move |home| bind(T::ROWS, &this, home)),
        });
    }
}

/// One codec on the server and in the client.
#[derive(Clone)]
struct Shared(Arc<dyn Codec>);

impl Codec for Shared {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn content_types(&self) -> &'static [&'static str] {
        self.0.content_types()
    }

    fn encode(&self, message: &Dynamic) -> Result<Bytes> {
        self.0.encode(message)
    }

    fn decode(&self, bytes: Bytes, descriptor: &Descriptor) -> Result<Dynamic> {
        self.0.decode(bytes, descriptor)
    }
}
