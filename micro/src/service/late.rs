//! A broker that was not there when the service started: opened as soon as somebody needs it and it is there.

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::broker::{
    Broker, Capability, Defaults, Envelope, Handle, Receipt, Schemes, Subscribe, Subscription,
};
use crate::error::{Code, Result};

/// A broker that is opened by the first use that succeeds.
#[derive(Clone)]
pub(super) struct Late(Arc<Inner>);

struct Inner {
    uri: String,
    schemes: Schemes,
    defaults: Defaults,
    opened: OnceCell<Handle>,
}

impl Late {
    async fn get(&self) -> Result<&Handle> {
        let inner = &self.0;
        let opening = async {
            let opened = inner.schemes.open(&inner.uri, &inner.defaults).await?;
            // The handle that is given out has the limit.
            Ok(opened.limit(usize::MAX))
        };
        inner.opened.get_or_try_init(|| opening).await
    }

    /// Opens the broker unless it is open.
    ///
    /// # Errors
    ///
    /// The broker's own, as long as it is not there.
    pub(super) async fn check(&self) -> Result<()> {
        self.get().await.map(drop)
    }
}

impl Broker for Late {
    fn name(&self) -> String {
        // What follows the scheme may hold a password.
        let scheme = self.0.uri.split(':').next().unwrap_or_default();
        self.0.opened.get().map_or_else(|| format!("{scheme}: (not connected yet)"), Handle::name)
    }

    fn capability(&self) -> Capability {
        self.0.opened.get().map(Handle::capability).unwrap_or_default()
    }

    async fn publish(&self, envelope: &Arc<Envelope>) -> Result<Receipt> {
        self.get().await?.publish(envelope.clone()).await
    }

    async fn subscribe(&self, options: &Subscribe) -> Result<Subscription> {
        self.get().await?.subscribe(options).await
    }

    async fn close(&self) -> Result<()> {
        match self.0.opened.get() {
            Some(broker) => broker.close().await,
            None => Ok(()),
        }
    }
}

/// Opens a broker, now or, when it is not there, later: a service does not have to start after its broker.
///
/// # Errors
///
/// What trying again would not mend, such as an unknown scheme.
pub(super) async fn open(uri: &str, schemes: Schemes, defaults: Defaults) -> Result<(Handle, Option<Late>)> {
    match schemes.open(uri, &defaults).await {
        Err(error) if matches!(error.code(), Code::Unavailable | Code::DeadlineExceeded) => {
            tracing::warn!(error = ?error, "the broker is not there; starting without it and trying on");
            let inner = Inner { uri: uri.to_owned(), schemes, defaults, opened: OnceCell::new() };
            let late = Late(Arc::new(inner));
            Ok((late.clone().into(), Some(late)))
        }
        opened => Ok((opened?, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::atomic::{AtomicUsize, Ordering};

    use crate::broker::Memory;
    use crate::error::Error;
    use crate::registry;

    #[tokio::test]
    async fn a_broker_that_comes_late_is_used_when_it_is_there() {
        let tries = Arc::new(AtomicUsize::new(0));
        let mut schemes = Schemes::new();
        let counter = tries.clone();
        schemes.add("late", move |_| {
            let first = counter.fetch_add(1, Ordering::Relaxed) < 2;
            async move {
                match first {
                    true => Err(Error::unavailable("not yet")),
                    false => Ok(Memory::new().into()),
                }
            }
        });
        let defaults = Defaults::new(registry::Memory::new().into());
        let (broker, late) = open("late://user:hunter2@host", schemes, defaults).await.unwrap();
        assert!(late.is_some());
        assert!(broker.name().contains("not connected") && !broker.name().contains("hunter2"));
        let publish = || broker.publish(Envelope::new("a", "x"));
        assert_eq!(publish().await.unwrap_err().code(), Code::Unavailable);
        assert_eq!(publish().await.unwrap(), Receipt::Sent);
        assert_eq!((broker.name().as_str(), tries.load(Ordering::Relaxed)), ("memory:", 3));
    }

    #[tokio::test]
    async fn what_is_wrong_stays_wrong() {
        let defaults = Defaults::new(registry::Memory::new().into());
        let error = open("nonsense:", Schemes::new(), defaults).await.err().unwrap();
        assert_eq!(error.code(), Code::InvalidArgument);
    }
}
