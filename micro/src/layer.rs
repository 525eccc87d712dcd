//! User middleware: an `async fn` with `next`, the same on client and server, for unary and every stream kind.
//!
//! ```
//! use micro::{Layer, Next, Request, Response, Result};
//!
//! struct Tenant;
//!
//! impl Layer for Tenant {
//!     async fn call(&self, mut request: Request, next: Next<'_>) -> Result<Response> {
//!         request.info_mut().metadata_mut().insert("tenant", "acme")?;
//!         next.run(request).await
//!     }
//! }
//! ```
//!
//! Layers run in the order they were added: the first is the outermost. A layer sees messages encoded, as
//! [`Body`]; what it wants to know of the end of a stream it learns by [`Body::on_end`].

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::body::Body;
use crate::call::CallInfo;
use crate::codec::Encoding;
use crate::error::Result;
use crate::metadata::{Metadata, SharedMetadata};
use crate::spec::Spec;

pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A call on its way to the handler.
#[derive(Debug)]
pub struct Request {
    pub(crate) spec: &'static Spec,
    pub(crate) info: CallInfo,
    pub(crate) encoding: Encoding,
    pub(crate) body: Body,
}

impl Request {
    /// Makes a request for the method `spec` describes.
    pub fn new(spec: &'static Spec, info: CallInfo, encoding: Encoding, body: Body) -> Self {
        Request { spec, info, encoding, body }
    }

    /// Returns the method's description.
    pub fn spec(&self) -> &'static Spec {
        self.spec
    }

    /// Returns deadline, metadata, caller and trace.
    pub fn info(&self) -> &CallInfo {
        &self.info
    }

    /// Returns deadline, metadata, caller and trace, to change them.
    pub fn info_mut(&mut self) -> &mut CallInfo {
        &mut self.info
    }

    /// Returns how the messages of the body, and of the response's, are encoded.
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// Changes the body.
    pub fn map_body(mut self, change: impl FnOnce(Body) -> Body) -> Self {
        self.body = change(self.body);
        self
    }
}

/// What the handler answered: metadata, then messages, then trailers.
#[derive(Debug)]
pub struct Response {
    pub(crate) metadata: Metadata,
    pub(crate) trailers: SharedMetadata,
    pub(crate) body: Body,
}

impl Response {
    /// Makes a response of `body`.
    pub fn new(body: Body) -> Self {
        Response { metadata: Metadata::new(), trailers: SharedMetadata::new(), body }
    }

    /// Returns the metadata sent before the first message.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Returns the metadata sent before the first message, to change it.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    /// Returns the metadata sent after the last message; on a client complete when the body is over.
    pub fn trailers(&self) -> &SharedMetadata {
        &self.trailers
    }

    /// Changes the body.
    pub fn map_body(mut self, change: impl FnOnce(Body) -> Body) -> Self {
        self.body = change(self.body);
        self
    }
}

/// Middleware around calls. See the [module](self) for an example.
pub trait Layer: Send + Sync + 'static {
    /// Handles a call: passes it on with `next`, or answers itself.
    fn call(&self, request: Request, next: Next<'_>) -> impl Future<Output = Result<Response>> + Send;
}

/// Answers calls at the end of a chain of layers: a handler on the server, the network on the client.
pub(crate) trait Endpoint: Send + Sync {
    fn call(&self, request: Request) -> BoxFuture<'_, Result<Response>>;
}

/// The object-safe twin of [`Layer`].
trait ErasedLayer: Send + Sync {
    fn call<'a>(&'a self, request: Request, next: Next<'a>) -> BoxFuture<'a, Result<Response>>;
}

impl<L: Layer> ErasedLayer for L {
    fn call<'a>(&'a self, request: Request, next: Next<'a>) -> BoxFuture<'a, Result<Response>> {
        Box::pin(Layer::call(self, request, next))
    }
}

/// What comes after a layer: further layers, then the handler or the network.
pub struct Next<'a> {
    layers: &'a [Arc<dyn ErasedLayer>],
    end: &'a dyn Endpoint,
}

impl Next<'_> {
    /// Passes the call on.
    pub async fn run(self, request: Request) -> Result<Response> {
        match self.layers.split_first() {
            Some((layer, layers)) => layer.call(request, Next { layers, end: self.end }).await,
            None => self.end.call(request).await,
        }
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").field("layers", &self.layers.len()).finish_non_exhaustive()
    }
}

/// An ordered list of layers, outermost first. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Layers(Vec<Arc<dyn ErasedLayer>>);

impl Layers {
    pub(crate) fn push(&mut self, layer: impl Layer) {
        self.0.push(Arc::new(layer));
    }

    /// Runs `request` through every layer and then to `end`.
    pub(crate) async fn run(&self, request: Request, end: &dyn Endpoint) -> Result<Response> {
        Next { layers: &self.0, end }.run(request).await
    }
}

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Layers({})", self.0.len())
    }
}
