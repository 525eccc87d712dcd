//! The inbox of a broker as an HTTP service of the port.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use tower_service::Service;

use crate::broker::Inbox;
use crate::error::Result;
use crate::layer::BoxFuture;
use crate::server::HttpBody;

/// Answers what arrives below the path of an inbox.
#[derive(Clone)]
pub(super) struct Inlet(pub(super) Arc<dyn Inbox>);

impl Service<http::Request<HttpBody>> for Inlet {
    type Response = http::Response<HttpBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<HttpBody>) -> Self::Future {
        let inbox = self.0.clone();
        Box::pin(async move { Ok(inbox.answer(request).await) })
    }
}
