//! Nodes of one user on one machine: a private directory with one file a node.
//!
//! The process that registers a node keeps its file open for writing and exclusively locked. When the process
//! dies, however it dies, the kernel closes the file and releases the lock: a node whose lock can be had is dead,
//! whatever process has its id now. On Linux the closing also wakes everybody who watches the directory, so
//! nothing is polled and no TTL is needed.
//!
//! Names that are no node's are ignored; a node's file that cannot be read is skipped, counted and logged once.

mod directory;
mod entry;
mod hub;
#[cfg(all(target_os = "linux", not(micro_portable_watch)))]
mod watch_inotify;
#[cfg(any(not(target_os = "linux"), micro_portable_watch))]
mod watch_portable;

#[cfg(all(target_os = "linux", not(micro_portable_watch)))]
use watch_inotify as changes;
#[cfg(any(not(target_os = "linux"), micro_portable_watch))]
use watch_portable as changes;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};

use super::{Capability, Node, Query, Register, Registry, Watch};
use directory::Directory;
use entry::Held;
use hub::Hub;

/// A registry in a directory, seen by all processes of the user. What it registered lives until the last clone of
/// it is dropped, and only it and its clones can change that.
#[derive(Clone)]
pub struct Local {
    inner: Arc<Inner>,
}

struct Inner {
    directory: Arc<Directory>,
    /// The nodes this value registered, by id. Taken before the lock of the directory.
    held: Mutex<HashMap<String, Held>>,
    hub: Mutex<Option<Hub>>,
}

impl Local {
    /// Opens the directory, making it and its parents (mode 0700) where they are missing.
    ///
    /// # Errors
    ///
    /// `failed precondition` when the directory belongs to somebody else or is open to others, `unavailable`
    /// when it cannot be made.
    pub async fn open(directory: impl Into<PathBuf>) -> Result<Local> {
        let directory = Arc::new(Directory::new(directory.into()));
        let opened = directory.clone();
        blocking(move || opened.prepare()).await?;
        Ok(Local { inner: Arc::new(Inner { directory, held: Mutex::default(), hub: Mutex::default() }) })
    }

    /// Returns the directory.
    pub fn path(&self) -> &Path {
        self.inner.directory.path()
    }

    /// Returns how many files were skipped because they hold no node, each counted once.
    pub fn corrupt(&self) -> usize {
        self.inner.directory.corrupt()
    }
}

impl Inner {
    fn held(&self) -> MutexGuard<'_, HashMap<String, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry for Local {
    fn name(&self) -> String {
        format!("local:{}", self.path().display())
    }

    fn capability(&self) -> Capability {
        Capability::default().process_bound().shared().loopback().whole()
    }

    async fn register(&self, node: &Node, _: &Register) -> Result<()> {
        let (inner, node) = (self.inner.clone(), node.clone());
        blocking(move || {
            let mut held = inner.held();
            let fresh = inner.directory.put(&node, held.get(&node.id))?;
            // The file of an earlier state is closed here, when its name already is the new one's.
            held.extend(fresh.map(|file| (node.id, file)));
            Ok(())
        })
        .await
    }

    async fn deregister(&self, id: &str) -> Result<()> {
        let (inner, id) = (self.inner.clone(), id.to_owned());
        blocking(move || {
            let mut held = inner.held();
            inner.directory.remove(&id, held.get(&id))?;
            held.remove(&id);
            Ok(())
        })
        .await
    }

    async fn lookup(&self, query: &Query) -> Result<Vec<Node>> {
        let (directory, query) = (self.inner.directory.clone(), query.clone());
        let nodes = blocking(move || directory.scan()).await?;
        Ok(nodes.into_values().filter(|node| query.matches(node)).map(Arc::unwrap_or_clone).collect())
    }

    async fn watch(&self, query: &Query) -> Result<Watch> {
        let directory = self.inner.directory.clone();
        blocking(move || directory.prepare_again()).await?;
        let (feed, watch) = Watch::channel(query.clone());
        let mut hub = self.inner.hub.lock().unwrap_or_else(PoisonError::into_inner);
        match hub.take().filter(Hub::is_live) {
            Some(live) => hub.insert(live).add(feed),
            None => hub.insert(Hub::begin(self.inner.directory.clone())?).add(feed),
        }
        Ok(watch)
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Local({})", self.path().display())
    }
}

/// Runs file work on the blocking pool.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(lost) => {
            Err(Error::unavailable("the work on the registry's directory was given up").with_source(lost))
        }
    }
}

#[cfg(test)]
mod tests;
