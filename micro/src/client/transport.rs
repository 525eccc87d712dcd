//! How a node is reached: over the network, or in process for tests.

use std::sync::Arc;
use std::time::Duration;

use crate::error::Result;
use crate::layer::{BoxFuture, Request, Response};
use crate::registry::Node;
use crate::wire::http2::{Options, Pool};

/// Carries a call to a node, once.
pub(crate) trait Transport: Send + Sync {
    /// Makes the call. Dropping the future or the body of the response cancels it.
    fn call<'a>(&'a self, node: &'a Arc<Node>, request: Request) -> BoxFuture<'a, Result<Response>>;

    /// Tells whether a call to the node would first have to wait, because reaching it has just failed.
    fn is_backing_off(&self, node: &Node) -> bool {
        let _ = node;
        false
    }
}

/// gRPC over HTTP/2 connections of our own.
pub(super) struct Network {
    pool: Pool,
}

impl Network {
    pub(super) fn new(connect_timeout: Duration, message_limit: usize) -> Self {
        Network { pool: Pool::new(Options::new(connect_timeout, message_limit)) }
    }
}

impl Transport for Network {
    fn call<'a>(&'a self, node: &'a Arc<Node>, request: Request) -> BoxFuture<'a, Result<Response>> {
        Box::pin(self.pool.call(&node.addresses, request))
    }

    fn is_backing_off(&self, node: &Node) -> bool {
        self.pool.is_backing_off(&node.addresses)
    }
}
