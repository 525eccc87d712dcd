//! A registry over a store of paths: `/nodes/<id>` holds a node as JSON, and the store counts its changes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use micro::registry::{Capability, Feed, Node, Query, Register, Registry, Watch};
use micro::{Error, Result};
use tokio::sync::watch;
use tokio::task::JoinSet;

const FOLDER: &str = "/nodes/";

/// The store: what would be a server elsewhere. It knows paths and bytes and nothing of nodes.
pub struct Store {
    paths: Mutex<BTreeMap<String, Vec<u8>>>,
    revision: watch::Sender<u64>,
}

impl Store {
    /// Makes an empty store.
    pub fn new() -> Self {
        Store { paths: Mutex::default(), revision: watch::Sender::new(0) }
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) {
        change(&mut self.paths());
        self.revision.send_modify(|revision| *revision += 1);
    }

    fn paths(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn nodes(&self) -> Result<Vec<Node>> {
        let paths = self.paths();
        let below = paths.range(FOLDER.to_owned()..).take_while(|(path, _)| path.starts_with(FOLDER));
        let read = |(path, bytes): (&String, &Vec<u8>)| {
            serde_json::from_slice(bytes)
                .map_err(|error| Error::data_loss(format!("{path} holds no node: {error}")))
        };
        below.map(read).collect()
    }
}

impl Default for Store {
    fn default() -> Self {
        Store::new()
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.paths().keys()).finish()
    }
}

/// A registry over a [`Store`].
#[derive(Debug)]
pub struct Tree {
    store: Arc<Store>,
    /// One task a watch; they end with their watch, or with this.
    tasks: Mutex<JoinSet<()>>,
}

impl Tree {
    /// Makes a registry over `store`.
    pub fn new(store: Arc<Store>) -> Self {
        Tree { store, tasks: Mutex::new(JoinSet::new()) }
    }
}

impl Registry for Tree {
    fn name(&self) -> String {
        "tree:".to_owned()
    }

    fn capability(&self) -> Capability {
        Capability::default().any_writer().whole()
    }

    async fn register(&self, node: &Node, _: &Register) -> Result<()> {
        let bytes = serde_json::to_vec(node).map_err(Error::from_source)?;
        self.store.change(|paths| _ = paths.insert(format!("{FOLDER}{}", node.id), bytes));
        Ok(())
    }

    async fn deregister(&self, id: &str) -> Result<()> {
        self.store.change(|paths| _ = paths.remove(&format!("{FOLDER}{id}")));
        Ok(())
    }

    async fn lookup(&self, query: &Query) -> Result<Vec<Node>> {
        let mut nodes = self.store.nodes()?;
        nodes.retain(|node| query.matches(node));
        Ok(nodes)
    }

    async fn watch(&self, query: &Query) -> Result<Watch> {
        let (feed, watch) = Watch::channel(query.clone());
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // The finished ones make room.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(follow(self.store.clone(), feed));
        Ok(watch)
    }
}

/// Tells all there is after every change; the feed finds out what is new in it.
async fn follow(store: Arc<Store>, feed: Feed) {
    let mut revision = store.revision.subscribe();
    loop {
        revision.mark_unchanged();
        match store.nodes() {
            Ok(nodes) => feed.sync(nodes.into_iter().map(Arc::new)),
            Err(error) => return feed.fail(error),
        }
        tokio::select! {
            changed = revision.changed() => if changed.is_err() {
                return;
            },
            () = feed.closed() => return,
        }
    }
}
