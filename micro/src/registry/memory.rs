//! Nodes in the memory of one process: the reference backend, deterministic under tokio's paused time.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::error::Result;

use super::{Capability, Feed, Node, Query, Register, Registry, Watch};

/// A registry in memory. Clones share the nodes; two made by [`Memory::new`] know nothing of each other.
#[derive(Clone, Default)]
pub struct Memory {
    tree: Arc<Tree>,
}

impl Memory {
    /// Makes an empty registry.
    pub fn new() -> Self {
        Memory::default()
    }
}

#[derive(Default)]
struct Tree {
    state: Mutex<State>,
    /// Told when an expiry may have become the earliest.
    earlier: Arc<Notify>,
}

#[derive(Default)]
struct State {
    nodes: BTreeMap<String, (Arc<Node>, Instant)>,
    feeds: Vec<Feed>,
    /// Removes what expires, so that watches hear of it. Begun with the first node.
    reaper: Option<JoinHandle<()>>,
}

impl Tree {
    /// Locks, with everything expired removed.
    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.feeds.retain(|feed| !feed.is_closed());
        let now = Instant::now();
        let State { nodes, feeds, .. } = &mut *state;
        nodes.retain(|id, (_, expiry)| {
            let lives = *expiry > now;
            if !lives {
                feeds.iter().for_each(|feed| feed.gone(id));
            }
            lives
        });
        state
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(reaper) = state.reaper.take() {
            reaper.abort();
        }
    }
}

/// Sleeps until the next expiry, again and again, while there is a tree.
async fn reap(tree: Weak<Tree>, earlier: Arc<Notify>) {
    loop {
        let next = match tree.upgrade() {
            None => return,
            Some(tree) => {
                let state = tree.lock();
                state.nodes.values().map(|(_, expiry)| *expiry).min()
            }
        };
        let expired = async {
            match next {
                Some(expiry) => tokio::time::sleep_until(expiry).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = expired => {}
            () = earlier.notified() => {}
        }
    }
}

impl Registry for Memory {
    fn name(&self) -> String {
        "memory:".to_owned()
    }

    fn capability(&self) -> Capability {
        Capability::default().expires().any_writer().loopback().whole()
    }

    async fn register(&self, node: &Node, options: &Register) -> Result<()> {
        let node = Arc::new(node.clone());
        let now = Instant::now();
        // A TTL beyond what the clock can count is as good as a year.
        let year = std::time::Duration::from_secs(365 * 24 * 3_600);
        let expiry = now.checked_add(options.ttl).unwrap_or(now + year);
        let mut state = self.tree.lock();
        state.nodes.insert(node.id.clone(), (node.clone(), expiry));
        state.feeds.iter().for_each(|feed| feed.put(node.clone()));
        // Also begun anew when the runtime that ran it is gone.
        if state.reaper.as_ref().is_none_or(JoinHandle::is_finished) {
            let reaper = reap(Arc::downgrade(&self.tree), self.tree.earlier.clone());
            state.reaper = Some(tokio::spawn(reaper));
        }
        self.tree.earlier.notify_one();
        Ok(())
    }

    async fn deregister(&self, id: &str) -> Result<()> {
        let mut state = self.tree.lock();
        if state.nodes.remove(id).is_some() {
            state.feeds.iter().for_each(|feed| feed.gone(id));
        }
        Ok(())
    }

    async fn lookup(&self, query: &Query) -> Result<Vec<Node>> {
        let state = self.tree.lock();
        let nodes = state.nodes.values().map(|(node, _)| &**node);
        Ok(nodes.filter(|node| query.matches(node)).cloned().collect())
    }

    async fn watch(&self, query: &Query) -> Result<Watch> {
        let (feed, watch) = Watch::channel(query.clone());
        let mut state = self.tree.lock();
        feed.sync(state.nodes.values().map(|(node, _)| node.clone()));
        state.feeds.push(feed);
        Ok(watch)
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} nodes)", self.tree.lock().nodes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::time::Duration;

    use crate::registry::{Event, Handle, conformance};

    #[tokio::test(start_paused = true)]
    async fn passes_the_suite() {
        let report = conformance::run(|| async { Ok(Handle::from(Memory::new()).into()) }).await;
        report.check().unwrap();
        // It expires and anyone may write, so only what needs a process may be left out.
        assert!(report.skipped().is_empty(), "{report}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_expires_exactly_when_its_ttl_is_over() {
        let memory = Memory::new();
        let mut watch = memory.watch(&Query::all()).await.unwrap();
        watch.next().await.unwrap();
        let ttl = Duration::from_secs(15);
        memory.register(&Node::new("a", "s"), &Register::default().ttl(ttl)).await.unwrap();
        let start = Instant::now();
        assert!(matches!(watch.next().await.unwrap(), Event::Put(_)));
        assert_eq!(watch.next().await.unwrap(), Event::Gone("a".into()));
        // Tokio's clock counts in milliseconds.
        assert!((ttl..ttl + Duration::from_millis(2)).contains(&start.elapsed()), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_shorter_ttl_is_noticed_by_the_sleeping_reaper() {
        let memory = Memory::new();
        let long = Register::default().ttl(Duration::from_secs(3_600));
        memory.register(&Node::new("long", "s"), &long).await.unwrap();
        let mut watch = memory.watch(&Query::all()).await.unwrap();
        watch.next().await.unwrap();
        let start = Instant::now();
        memory
            .register(&Node::new("short", "s"), &Register::default().ttl(Duration::from_secs(1)))
            .await
            .unwrap();
        assert!(matches!(watch.next().await.unwrap(), Event::Put(_)));
        assert_eq!(watch.next().await.unwrap(), Event::Gone("short".into()));
        assert!(start.elapsed() < Duration::from_secs(2));
    }

    #[tokio::test]
    async fn the_reaper_ends_with_the_last_handle() {
        let memory = Memory::new();
        memory.register(&Node::new("a", "s"), &Register::default()).await.unwrap();
        let reaper = memory.tree.lock().reaper.take().unwrap();
        let abort = reaper.abort_handle();
        memory.tree.lock().reaper = Some(reaper);
        drop(memory);
        while !abort.is_finished() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn watches_that_are_dropped_are_forgotten() {
        let memory = Memory::new();
        let kept = memory.watch(&Query::all()).await.unwrap();
        drop(memory.watch(&Query::all()).await.unwrap());
        assert_eq!(memory.tree.lock().feeds.len(), 1);
        drop(kept);
    }
}
