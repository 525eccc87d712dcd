//! The object-safe twin of [`Registry`], so that a [`Handle`](super::Handle) needs no type parameter.

use crate::error::Result;
use crate::layer::BoxFuture;

use super::{Capability, Node, Query, Register, Registry, Summary, Watch};

pub(super) trait Erased: Send + Sync {
    fn name(&self) -> String;
    fn capability(&self) -> Capability;
    fn register<'a>(&'a self, node: &'a Node, options: &'a Register) -> BoxFuture<'a, Result<()>>;
    fn deregister<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<()>>;
    fn lookup<'a>(&'a self, query: &'a Query) -> BoxFuture<'a, Result<Vec<Node>>>;
    fn list(&self) -> BoxFuture<'_, Result<Vec<Summary>>>;
    fn watch<'a>(&'a self, query: &'a Query) -> BoxFuture<'a, Result<Watch>>;
}

impl<R: Registry> Erased for R {
    fn name(&self) -> String {
        Registry::name(self)
    }

    fn capability(&self) -> Capability {
        Registry::capability(self)
    }

    fn register<'a>(&'a self, node: &'a Node, options: &'a Register) -> BoxFuture<'a, Result<()>> {
        Box::pin(Registry::register(self, node, options))
    }

    fn deregister<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(Registry::deregister(self, id))
    }

    fn lookup<'a>(&'a self, query: &'a Query) -> BoxFuture<'a, Result<Vec<Node>>> {
        Box::pin(Registry::lookup(self, query))
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<Summary>>> {
        Box::pin(Registry::list(self))
    }

    fn watch<'a>(&'a self, query: &'a Query) -> BoxFuture<'a, Result<Watch>> {
        Box::pin(Registry::watch(self, query))
    }
}
