//! How a client is put together.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::balance::Balance;
use super::transport::{Network, Transport};
use super::{Client, Inner};
use crate::broker;
use crate::codec::{Codec, Codecs, Encoding};
use crate::config::{Settings, Sources};
use crate::error::{Error, Result};
use crate::layer::{BoxFuture, Layer, Layers};
use crate::meter::Meter;
use crate::registry::{Cache, CacheOptions, Defaults, Handle, Schemes};
use crate::selector::{PowerOfTwo, Selector};

/// Builds a [`Client`]. What is not set here comes from the environment, else from the defaults.
#[must_use = "a builder does nothing until it is opened"]
pub struct ClientBuilder {
    registry: Option<Handle>,
    registry_uri: Option<String>,
    schemes: Schemes,
    selector: Arc<dyn Selector>,
    layers: Layers,
    codecs: Codecs,
    encoding: Option<String>,
    timeout: Option<Duration>,
    message_limit: Option<usize>,
    connect_timeout: Option<Duration>,
    transport: Option<Arc<dyn Transport>>,
    broker: Option<broker::Handle>,
    broker_uri: Option<String>,
    broker_schemes: broker::Schemes,
    source: String,
    meter: Meter,
}

impl ClientBuilder {
    pub(super) fn new() -> Self {
        ClientBuilder {
            registry: None,
            registry_uri: None,
            schemes: Schemes::new(),
            selector: Arc::new(PowerOfTwo::new()),
            layers: Layers::default(),
            codecs: Codecs::default(),
            encoding: None,
            timeout: None,
            message_limit: None,
            connect_timeout: None,
            transport: None,
            broker: None,
            broker_uri: None,
            broker_schemes: broker::Schemes::new(),
            source: String::new(),
            meter: Meter::default(),
        }
    }

    /// Finds nodes in `registry`. By default in the one that `MICRO_REGISTRY` names, else in `local:`.
    pub fn registry(mut self, registry: impl Into<Handle>) -> Self {
        self.registry = Some(registry.into());
        self
    }

    /// Finds nodes in the registry that `uri` names, such as `local:/some/directory`, in place of the one that
    /// `MICRO_REGISTRY` names. An unknown scheme is reported by [`open`](ClientBuilder::open).
    pub fn registry_uri(mut self, uri: impl Into<String>) -> Self {
        self.registry = None;
        self.registry_uri = Some(uri.into());
        self
    }

    /// Adds a scheme that registry URIs may have; `open` gets the whole URI.
    pub fn scheme<F, Fut>(mut self, scheme: impl Into<String>, open: F) -> Self
    where
        F: Fn(String) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Handle>> + Send + 'static,
    {
        self.schemes.add(scheme, open);
        self
    }

    /// Publishes events to `broker`. By default to the one that `MICRO_BROKER` names, else by `http:` to the
    /// subscribers the registry knows.
    pub fn broker(mut self, broker: impl Into<broker::Handle>) -> Self {
        self.broker = Some(broker.into());
        self
    }

    /// Publishes events to the broker that `uri` names, in place of the one that `MICRO_BROKER` names. An unknown
    /// scheme is reported by [`open`](ClientBuilder::open).
    pub fn broker_uri(mut self, uri: impl Into<String>) -> Self {
        self.broker = None;
        self.broker_uri = Some(uri.into());
        self
    }

    /// Adds a scheme that broker URIs may have; `open` gets the whole URI.
    pub fn broker_scheme<F, Fut>(mut self, scheme: impl Into<String>, open: F) -> Self
    where
        F: Fn(String) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<broker::Handle>> + Send + 'static,
    {
        self.broker_schemes.add(scheme, open);
        self
    }

    /// Sets the source of the events that are published, in terms of CloudEvents: who says so. Empty by default;
    /// a service's own client has the service's name.
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    /// Spreads calls by `selector`. By default by power of two choices on the calls in flight.
    pub fn selector(mut self, selector: impl Selector) -> Self {
        self.selector = Arc::new(selector);
        self
    }

    /// Adds middleware around every call. The first one added is the outermost; each sees a call once, however
    /// often it is tried.
    pub fn layer(mut self, layer: impl Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// Adds a codec, to be chosen by [`encoding`](ClientBuilder::encoding). One of the same name is replaced.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codecs.add(codec);
        self
    }

    /// Encodes messages by the codec of this name. `proto` by default.
    pub fn encoding(mut self, name: impl Into<String>) -> Self {
        self.encoding = Some(name.into());
        self
    }

    /// Sets the deadline of unary calls that set none themselves, and whose methods have no `timeout` of their own. 5 s by
    /// default; streams have none.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets the longest reply message that is read, in bytes. 4 MiB by default.
    pub fn message_limit(mut self, bytes: usize) -> Self {
        self.message_limit = Some(bytes);
        self
    }

    /// Sets how long connecting to a node may take. 1 s by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Records what is called and published by the meter of a service.
    pub(crate) fn meter(mut self, meter: Meter) -> Self {
        self.meter = meter;
        self
    }

    /// Reaches nodes in another way than over the network.
    pub(crate) fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Opens the client. Nodes are looked up and connected to as calls need them.
    ///
    /// The environment is read only when something is not set here: registry, broker, a timeout or the limit.
    ///
    /// # Errors
    ///
    /// `invalid argument` for an unknown encoding, listing the known, or for a setting that makes no sense;
    /// otherwise the registry's own.
    pub async fn open(self) -> Result<Client> {
        self.boxed_open().await
    }

    // Boxed where it stands: an `async fn` is compiled by whoever awaits it, which would be every program anew.
    fn boxed_open(self) -> BoxFuture<'static, Result<Client>> {
        Box::pin(self.open_all())
    }

    async fn open_all(self) -> Result<Client> {
        let encoding = self.choose()?;
        let whole = self.registry.is_some()
            && self.broker.is_some()
            && self.timeout.is_some()
            && self.message_limit.is_some()
            && self.connect_timeout.is_some();
        let settings = Settings::load(&if whole { Sources::none() } else { Sources::environment() })?;
        let registry = match self.registry {
            Some(registry) => registry,
            None => {
                let defaults = Defaults::new(settings.local_registry_dir.value);
                let uri = self.registry_uri.as_deref().unwrap_or(&settings.registry.value);
                self.schemes.open(uri, &defaults).await?
            }
        };
        let message_limit = self.message_limit.unwrap_or(settings.message_limit.value);
        let broker = match self.broker {
            Some(broker) => broker,
            None => {
                let defaults = broker::Defaults::new(registry.clone());
                let uri = self.broker_uri.as_deref().unwrap_or(&settings.broker.value);
                self.broker_schemes.open(uri, &defaults).await?
            }
        };
        let connect_timeout = self.connect_timeout.unwrap_or(settings.connect_timeout.value);
        let network = || Arc::new(Network::new(connect_timeout, message_limit)) as Arc<dyn Transport>;
        let inner = Inner {
            cache: Cache::new(registry, CacheOptions::default()),
            selector: self.selector,
            layers: self.layers,
            encoding,
            timeout: self.timeout.unwrap_or(settings.timeout.value),
            transport: self.transport.unwrap_or_else(network),
            balance: Balance::default(),
            broker: broker.limit(message_limit),
            source: self.source,
            meter: self.meter,
        };
        Ok(Client { inner: Arc::new(inner) })
    }

    fn choose(&self) -> Result<Encoding> {
        let Some(name) = &self.encoding else {
            return Ok(Encoding::proto());
        };
        self.codecs.by_name(name).ok_or_else(|| {
            let known = self.codecs.names().join(", ");
            Error::invalid_argument(format!("no codec is called {name:?}; known are {known}"))
        })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("registry", &self.registry)
            .field("layers", &self.layers)
            .field("encoding", &self.encoding)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::registry::Memory;

    fn builder() -> ClientBuilder {
        let second = Duration::from_secs(1);
        let builder = Client::builder().registry(Memory::new()).broker(broker::Memory::new());
        builder.timeout(second).connect_timeout(second).message_limit(1024)
    }

    #[tokio::test]
    async fn an_unknown_encoding_is_refused_with_the_known_ones() {
        let error = builder().encoding("yaml").open().await.unwrap_err();
        assert!(error.message().contains("yaml") && error.message().contains("json"), "{error}");
        assert_eq!(builder().encoding("json").open().await.unwrap().inner.encoding.name(), "json");
    }

    #[tokio::test]
    async fn proto_is_the_default() {
        let client = builder().open().await.unwrap();
        assert_eq!((client.inner.encoding.name(), client.inner.timeout), ("proto", Duration::from_secs(1)));
    }
}
