//! Tower layers at the HTTP edge: around everything, before a wire has looked at a request.

use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tower_layer::Layer;
use tower_service::Service;

use super::dispatch::dispatch;
use super::guard;
use super::pipeline::Core;
use crate::error::Error;
use crate::layer::BoxFuture;
use crate::wire::{self, BoxError, HttpBody};

/// The address of the peer, among the extensions of every request that tower layers see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// What a tower layer at the HTTP edge wraps: further layers, then the service itself. Cheap to clone, always
/// ready, never fails.
#[derive(Clone)]
pub struct HttpService(Arc<dyn Erased>);

/// The object-safe twin of the services that layers make.
trait Erased: Send + Sync {
    fn call(&self, request: http::Request<HttpBody>) -> BoxFuture<'static, http::Response<HttpBody>>;
}

impl HttpService {
    /// Makes one of a tower service: an axum router, a tonic service, one of your own.
    pub fn of<S, B>(service: S) -> HttpService
    where
        S: Service<http::Request<HttpBody>, Response = http::Response<B>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        HttpService(Arc::new(Wrapped(Mutex::new(service))))
    }

    pub(crate) async fn answer(&self, request: http::Request<HttpBody>) -> http::Response<HttpBody> {
        self.0.call(request).await
    }
}

impl<B> Service<http::Request<B>> for HttpService
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = http::Response<HttpBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, std::result::Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let response = self.0.call(request.map(HttpBody::new));
        Box::pin(async move { Ok(response.await) })
    }
}

impl fmt::Debug for HttpService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpService")
    }
}

/// The innermost service.
struct Innermost(Arc<Core>);

impl Erased for Innermost {
    fn call(&self, request: http::Request<HttpBody>) -> BoxFuture<'static, http::Response<HttpBody>> {
        let core = self.0.clone();
        Box::pin(async move {
            let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
            dispatch(&core, peer, request).await
        })
    }
}

/// A service that a layer made. Cloned for each request, as tower services expect; the lock makes up for
/// those that cannot be shared.
struct Wrapped<S>(Mutex<S>);

impl<S, B> Erased for Wrapped<S>
where
    S: Service<http::Request<HttpBody>, Response = http::Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    fn call(&self, request: http::Request<HttpBody>) -> BoxFuture<'static, http::Response<HttpBody>> {
        let service = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(answered(service, request))
    }
}

async fn answered<S, B>(mut service: S, request: http::Request<HttpBody>) -> http::Response<HttpBody>
where
    S: Service<http::Request<HttpBody>, Response = http::Response<B>>,
    S::Error: Into<BoxError>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (head, body) = request.into_parts();
    let wire = wire::of(&head);
    let request = http::Request::from_parts(head, body);
    let answer = async {
        poll_fn(|context| service.poll_ready(context)).await.map_err(failed)?;
        service.call(request).await.map_err(failed)
    };
    let error = match guard::catch(answer).await {
        Ok(response) => return response.map(HttpBody::new),
        Err(error) => error,
    };
    tracing::error!(error = ?error, "a layer at the HTTP edge failed");
    wire.response(Err(error), None).ready().await
}

fn failed(error: impl Into<BoxError>) -> Error {
    Error::from(error.into())
}

/// A tower layer that can stand at the HTTP edge. Implemented for every [`tower_layer::Layer`] that fits.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand at the HTTP edge",
    label = "not a tower layer over `micro::server::HttpService`",
    note = "the service it makes has to take `http::Request<micro::server::HttpBody>`, return an `http::Response` and be `Clone`"
)]
pub trait HttpLayer: Send + Sync + 'static {
    /// Wraps a service.
    fn wrap(&self, inner: HttpService) -> HttpService;
}

impl<L, B> HttpLayer for L
where
    L: Layer<HttpService> + Send + Sync + 'static,
    L::Service: Service<http::Request<HttpBody>, Response = http::Response<B>> + Clone + Send + 'static,
    <L::Service as Service<http::Request<HttpBody>>>::Error: Into<BoxError>,
    <L::Service as Service<http::Request<HttpBody>>>::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    fn wrap(&self, inner: HttpService) -> HttpService {
        HttpService::of(self.layer(inner))
    }
}

/// The tower layers of a server, outermost first.
#[derive(Default)]
pub(crate) struct HttpLayers(Vec<Box<dyn HttpLayer>>);

impl HttpLayers {
    /// Adds a layer inside of those that are there.
    pub(crate) fn push(&mut self, layer: impl HttpLayer) {
        self.0.push(Box::new(layer));
    }

    /// Wraps the service itself; `None` without layers.
    pub(super) fn around(&self, core: &Arc<Core>) -> Option<HttpService> {
        if self.0.is_empty() {
            return None;
        }
        let innermost = HttpService(Arc::new(Innermost(core.clone())));
        Some(self.0.iter().rev().fold(innermost, |inner, layer| layer.wrap(inner)))
    }
}

impl fmt::Debug for HttpLayers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpLayers({})", self.0.len())
    }
}
