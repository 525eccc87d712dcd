//! The node's life in the registry: registered, refreshed, draining, gone.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::broker::Announce;
use crate::error::{Error, Result};
use crate::registry::{Handle, Node, Register, State};

/// How long the registry may take to answer once the service runs. The node is served meanwhile, so nothing is
/// lost by giving up.
const LIMIT: Duration = Duration::from_secs(5);

/// A node that is announced. Dropping it ends the refreshing, so that the registry forgets the node in time.
pub(super) struct Announcement {
    shared: Arc<Shared>,
    stop: CancellationToken,
    refreshing: JoinHandle<()>,
}

struct Shared {
    registry: Handle,
    options: Register,
    /// Held while the registry is told, so that an old word never comes after a new one. `None` once it is taken back:
    /// who has something to tell then is late.
    node: Mutex<Option<Node>>,
}

impl Shared {
    async fn tell(&self, limit: Duration, change: impl FnOnce(&mut Node)) -> Result<()> {
        let telling = async {
            let mut node = self.node.lock().await;
            let Some(node) = node.as_mut() else { return Ok(()) };
            change(node);
            self.registry.register(node, &self.options).await
        };
        tokio::time::timeout(limit, telling).await.unwrap_or_else(|_| Err(slow(&self.registry)))
    }
}

fn slow(registry: &Handle) -> Error {
    Error::deadline_exceeded(format!("the registry {} did not answer in time", registry.name()))
}

impl Announcement {
    /// Registers `node`, waiting for at most `limit`, and says it again at a third of `ttl`: that keeps it from
    /// expiring, and brings it back where somebody cleared it away.
    pub(super) async fn make(registry: Handle, node: Node, ttl: Duration, limit: Duration) -> Result<Self> {
        let id = node.id.clone();
        let options = Register::default().ttl(ttl);
        let shared = Arc::new(Shared { registry, options, node: Mutex::new(Some(node)) });
        if let Err(error) = shared.tell(limit, |_| {}).await {
            // It may have arrived all the same, and nobody would take it back.
            let _ = tokio::time::timeout(LIMIT, shared.registry.deregister(&id)).await;
            return Err(error);
        }
        let stop = CancellationToken::new();
        let refreshing = tokio::spawn(refresh(shared.clone(), ttl / 3, stop.clone()));
        Ok(Announcement { shared, stop, refreshing })
    }

    /// Tells that the node wants no new calls.
    pub(super) async fn drain(&self) {
        if let Err(error) = self.shared.tell(LIMIT, |node| node.state = State::Draining).await {
            tracing::warn!(error = ?error, "cannot announce that the service stops");
        }
    }

    /// Returns what announces changes of the node's subscriptions.
    pub(super) fn topics(&self) -> Announce {
        let shared = self.shared.clone();
        Box::new(move |topics| {
            let shared = shared.clone();
            Box::pin(async move { shared.tell(LIMIT, |node| node.topics = topics).await })
        })
    }

    /// Takes the node back.
    pub(super) async fn withdraw(mut self) {
        self.stop.cancel();
        // What it is in the middle of telling is bounded.
        let _ = (&mut self.refreshing).await;
        let registry = &self.shared.registry;
        let withdrawing = async {
            let mut node = self.shared.node.lock().await;
            match node.take() {
                Some(node) => registry.deregister(&node.id).await,
                None => Ok(()),
            }
        };
        let withdrawn =
            tokio::time::timeout(LIMIT, withdrawing).await.unwrap_or_else(|_| Err(slow(registry)));
        if let Err(error) = withdrawn {
            tracing::warn!(error = ?error, "cannot deregister; the registry forgets the node by itself");
        }
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        self.refreshing.abort();
    }
}

async fn refresh(shared: Arc<Shared>, pace: Duration, stop: CancellationToken) {
    let mut failing = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pace) => {}
        }
        match shared.tell(LIMIT.min(pace), |_| {}).await {
            Ok(()) if failing => {
                failing = false;
                tracing::info!(registry = shared.registry.name(), "the registry answers again");
            }
            Ok(()) => {}
            Err(error) if !failing => {
                failing = true;
                tracing::warn!(error = ?error, "cannot refresh the registration; trying on");
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::registry::{Memory, Query};

    #[tokio::test(start_paused = true)]
    async fn a_node_outlives_its_ttl_until_it_is_withdrawn() {
        let registry = Handle::from(Memory::new());
        let ttl = Duration::from_secs(15);
        let node = Node::new("n", "greeter");
        let announcement = Announcement::make(registry.clone(), node, ttl, ttl).await.unwrap();
        tokio::time::sleep(ttl * 4).await;
        let nodes = async || registry.lookup(&Query::service("greeter")).await.unwrap();
        assert!(!nodes().await[0].is_draining());
        announcement.drain().await;
        tokio::time::sleep(ttl * 4).await;
        assert!(nodes().await[0].is_draining(), "refreshing does not undo it");
        announcement.withdraw().await;
        assert!(nodes().await.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_whose_announcement_was_dropped_is_forgotten() {
        let registry = Handle::from(Memory::new());
        let ttl = Duration::from_secs(15);
        drop(Announcement::make(registry.clone(), Node::new("n", "s"), ttl, ttl).await.unwrap());
        tokio::time::sleep(ttl * 2).await;
        assert!(registry.lookup(&Query::all()).await.unwrap().is_empty());
    }
}
