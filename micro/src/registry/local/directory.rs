//! The directory: made private, changed by one process at a time, read by any.
//!
//! Whoever adds, replaces or removes a node's file holds the directory's own lock for that moment. So a dead file
//! is never removed after somebody registered the same id again, and nobody sees half a change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::registry::Node;

use super::entry::{self, Held, Reading};

/// How long to wait for another process to finish its change; each takes well under a millisecond.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many corrupt files are remembered.
const REMEMBERED: usize = 1_024;
const LOCK: &str = ".lock";
const TEMPORARY: &str = ".tmp-";

pub(super) struct Directory {
    path: PathBuf,
    corrupt: Mutex<BTreeSet<String>>,
}

impl Directory {
    pub(super) fn new(path: PathBuf) -> Self {
        Directory { path, corrupt: Mutex::default() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn corrupt(&self) -> usize {
        self.corrupt.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Makes the directory, checks that it is private, and clears away what crashes left.
    pub(super) fn prepare(&self) -> Result<()> {
        private::create(&self.path).map_err(|error| self.failed("make", error))?;
        let own = self.probe().map_err(|error| self.failed("write into", error))?;
        let directory = fs::symlink_metadata(&self.path).map_err(|error| self.failed("look at", error))?;
        if let Some(why) = private::objection(&directory, &own) {
            let path = self.path.display();
            return Err(Error::failed_precondition(format!("the registry's directory {path} {why}")));
        }
        let _lock = self.lock()?;
        for name in self.names(|name| name.to_str().is_some_and(|name| name.starts_with(TEMPORARY)))? {
            let path = self.path.join(name);
            // Temporary files are locked within the directory's lock: a free one is left over.
            if entry::is_free(&path) {
                _ = fs::remove_file(path);
            }
        }
        Ok(())
    }

    /// Makes the directory again when somebody cleaned it away.
    pub(super) fn prepare_again(&self) -> Result<()> {
        if self.path.is_dir() { Ok(()) } else { self.prepare() }
    }

    /// Writes a node's file, locked, and returns what keeps it; `None` when `held` already is what is asked for.
    pub(super) fn put(&self, node: &Node, held: Option<&Held>) -> Result<Option<Held>> {
        let content =
            serde_json::to_vec(node).map_err(|error| Error::from_source(error).context("writing a node"))?;
        if content.len() > entry::LIMIT {
            let (id, limit) = (&node.id, entry::LIMIT);
            return Err(Error::resource_exhausted(format!(
                "node {id} takes more than {limit} bytes in the registry"
            )));
        }
        self.prepare_again()?;
        let _lock = self.lock()?;
        let path = self.path.join(entry::file_name(&node.id));
        let ours = self.is_ours(&path, held);
        if ours && held.is_some_and(|held| held.content == content) {
            return Ok(None);
        }
        if !ours && !entry::is_free(&path) {
            let id = &node.id;
            return Err(Error::already_exists(format!(
                "another process has registered a node with the id {id}"
            )));
        }
        let (temporary, mut file) = self.temporary().map_err(|error| self.failed("write into", error))?;
        let written = file.try_lock().map_err(io::Error::from).and_then(|()| file.write_all(&content));
        if let Err(error) = written.and_then(|()| fs::rename(&temporary, &path)) {
            _ = fs::remove_file(&temporary);
            return Err(self.failed("write into", error));
        }
        Ok(Some(Held { _file: file, content }))
    }

    /// Removes a node's file.
    pub(super) fn remove(&self, id: &str, held: Option<&Held>) -> Result<()> {
        let path = self.path.join(entry::file_name(id));
        if !self.path.is_dir() {
            return Ok(());
        }
        let _lock = self.lock()?;
        let ours = self.is_ours(&path, held);
        match entry::read(&path, id) {
            Reading::Live(_) if !ours => Err(Error::failed_precondition(format!(
                "node {id} belongs to another process, which has to deregister it"
            ))),
            Reading::Live(_) | Reading::Dead => {
                fs::remove_file(&path).map_err(|error| self.failed("remove from", error))
            }
            Reading::Missing | Reading::Corrupt(_) => Ok(()),
        }
    }

    /// Reads every node whose process lives, and removes the files of those whose process is dead.
    pub(super) fn scan(&self) -> Result<BTreeMap<String, Arc<Node>>> {
        let mut nodes = BTreeMap::new();
        for name in self.names(|name| entry::id_of(name).is_some())? {
            let Some(id) = entry::id_of(&name) else { continue };
            if let Some(node) = self.read(id) {
                nodes.insert(id.to_owned(), node);
            }
        }
        Ok(nodes)
    }

    /// Reads a node; `None` when it is not there, dead (then it is removed) or corrupt (then it is logged once).
    pub(super) fn read(&self, id: &str) -> Option<Arc<Node>> {
        let path = self.path.join(entry::file_name(id));
        match entry::read(&path, id) {
            Reading::Live(node) => Some(node),
            Reading::Missing => None,
            Reading::Dead => {
                // Looked at again under the lock, because the id may have been registered anew meanwhile. A file
                // that stays, as nobody had the time to remove it, is dead all the same.
                if let Ok(_lock) = self.lock() {
                    match entry::read(&path, id) {
                        Reading::Live(node) => return Some(node),
                        Reading::Dead => _ = fs::remove_file(&path),
                        Reading::Missing | Reading::Corrupt(_) => {}
                    }
                }
                None
            }
            Reading::Corrupt(why) => {
                let mut corrupt = self.corrupt.lock().unwrap_or_else(PoisonError::into_inner);
                if corrupt.len() < REMEMBERED && corrupt.insert(id.to_owned()) {
                    tracing::warn!(file = %path.display(), %why, "skipping a file of the registry that holds no node");
                }
                None
            }
        }
    }

    /// Tells whether the file at `path` is the one that `held` keeps: no two nodes have the same content.
    fn is_ours(&self, path: &Path, held: Option<&Held>) -> bool {
        held.is_some_and(|held| path.is_file() && fs::read(path).is_ok_and(|content| content == held.content))
    }

    fn names(&self, wanted: impl Fn(&std::ffi::OsStr) -> bool) -> Result<Vec<std::ffi::OsString>> {
        let listed = match fs::read_dir(&self.path) {
            Ok(listed) => listed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed("read", error)),
        };
        // An entry that goes while the directory is read is no error.
        Ok(listed.filter_map(|entry| Some(entry.ok()?.file_name())).filter(|name| wanted(name)).collect())
    }

    /// Waits for the right to change the directory. Opened for each change: two threads that share a handle
    /// would share the lock too.
    fn lock(&self) -> Result<File> {
        let path = self.path.join(LOCK);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                private::options().read(true).create(true).truncate(false).open(&path)
            }
            opened => opened,
        };
        let file = file.map_err(|error| self.failed("lock", error))?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(self.failed("lock", error)),
                Err(TryLockError::WouldBlock) if begun.elapsed() > PATIENCE => {
                    let path = self.path.display();
                    return Err(Error::unavailable(format!(
                        "another process keeps the registry's directory {path} locked"
                    )));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    fn temporary(&self) -> io::Result<(PathBuf, File)> {
        let path = self.path.join(format!("{TEMPORARY}{:016x}", fastrand::u64(..)));
        let file = private::options().create_new(true).open(&path)?;
        Ok((path, file))
    }

    /// Returns the metadata of a file this process made: its owner is who we are.
    fn probe(&self) -> io::Result<fs::Metadata> {
        let (path, file) = self.temporary()?;
        let metadata = file.metadata();
        // Gone already when another process is just clearing away what crashes left.
        _ = fs::remove_file(path);
        metadata
    }

    fn failed(&self, what: &str, error: io::Error) -> Error {
        let path = self.path.display();
        Error::unavailable(format!("cannot {what} the registry's directory {path}: {error}"))
            .with_source(error)
    }
}

#[cfg(unix)]
mod private {
    //! Keeps others out by owner and mode.

    use super::*;

    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};

    pub(super) fn create(path: &Path) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    pub(super) fn options() -> OpenOptions {
        let mut options = OpenOptions::new();
        options.write(true).mode(0o600);
        options
    }

    pub(super) fn objection(directory: &fs::Metadata, own: &fs::Metadata) -> Option<String> {
        let mode = directory.permissions().mode() & 0o777;
        if !directory.is_dir() {
            Some("is not a directory".to_owned())
        } else if directory.uid() != own.uid() {
            Some(format!("belongs to user {}, not to user {}", directory.uid(), own.uid()))
        } else if mode & 0o077 != 0 {
            Some(format!("is open to other users (mode {mode:o}); `chmod 700` it"))
        } else {
            None
        }
    }
}

#[cfg(not(unix))]
mod private {
    //! Relies on the place: a user's temporary directory is private.

    use super::*;

    pub(super) fn create(path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    pub(super) fn options() -> OpenOptions {
        let mut options = OpenOptions::new();
        options.write(true);
        options
    }

    pub(super) fn objection(directory: &fs::Metadata, _: &fs::Metadata) -> Option<String> {
        (!directory.is_dir()).then(|| "is not a directory".to_owned())
    }
}
