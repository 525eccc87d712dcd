//! The object-safe twin of [`Broker`], so that a [`Handle`](super::Handle) needs no type parameter.

use std::sync::Arc;

use crate::error::Result;
use crate::layer::BoxFuture;

use super::{Broker, Capability, Envelope, Inbox, Receipt, Subscribe, Subscription};

pub(super) trait Erased: Send + Sync {
    fn name(&self) -> String;
    fn capability(&self) -> Capability;
    fn publish<'a>(&'a self, envelope: &'a Arc<Envelope>) -> BoxFuture<'a, Result<Receipt>>;
    fn subscribe<'a>(&'a self, options: &'a Subscribe) -> BoxFuture<'a, Result<Subscription>>;
    fn inbox(&self) -> Option<Arc<dyn Inbox>>;
    fn close(&self) -> BoxFuture<'_, Result<()>>;
}

impl<B: Broker> Erased for B {
    fn name(&self) -> String {
        Broker::name(self)
    }

    fn capability(&self) -> Capability {
        Broker::capability(self)
    }

    fn publish<'a>(&'a self, envelope: &'a Arc<Envelope>) -> BoxFuture<'a, Result<Receipt>> {
        Box::pin(Broker::publish(self, envelope))
    }

    fn subscribe<'a>(&'a self, options: &'a Subscribe) -> BoxFuture<'a, Result<Subscription>> {
        Box::pin(Broker::subscribe(self, options))
    }

    fn inbox(&self) -> Option<Arc<dyn Inbox>> {
        Broker::inbox(self)
    }

    fn close(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(Broker::close(self))
    }
}
