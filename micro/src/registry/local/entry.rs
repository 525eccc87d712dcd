//! One file of the directory: its name, what it holds, whether its process lives.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use crate::registry::Node;
use crate::registry::types::check_id;

/// The longest file that is read or written, in bytes.
pub(super) const LIMIT: usize = 1 << 20;

/// A file this process registered. Dropping it closes the file, and that is the node's end.
pub(super) struct Held {
    /// Keeps the lock, and the handle whose closing watchers are told of.
    pub(super) _file: File,
    pub(super) content: Vec<u8>,
}

/// What reading a node's file found.
pub(super) enum Reading {
    /// A node whose process lives.
    Live(Arc<Node>),
    /// A node whose process is dead.
    Dead,
    /// There is no file.
    Missing,
    /// The file holds no node, and why.
    Corrupt(String),
}

/// Returns the name of a node's file.
pub(super) fn file_name(id: &str) -> String {
    format!("{id}.json")
}

/// Returns the id of the node a file is named for; `None` for names that are no node's.
pub(super) fn id_of(name: &OsStr) -> Option<&str> {
    let id = name.to_str()?.strip_suffix(".json")?;
    check_id(id).is_ok().then_some(id)
}

/// Reads the file of the node `id`.
pub(super) fn read(path: &Path, id: &str) -> Reading {
    match try_read(path, id) {
        Ok(reading) => reading,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Reading::Missing,
        Err(error) => Reading::Corrupt(error.to_string()),
    }
}

fn try_read(path: &Path, id: &str) -> io::Result<Reading> {
    // Opening a pipe would wait for its writer.
    if !fs::symlink_metadata(path)?.is_file() {
        return Ok(Reading::Corrupt("not a regular file".to_owned()));
    }
    let file = File::open(path)?;
    let mut content = Vec::new();
    (&file).take(LIMIT as u64 + 1).read_to_end(&mut content)?;
    if content.len() > LIMIT {
        return Ok(Reading::Corrupt(format!("longer than {LIMIT} bytes")));
    }
    // Parsed before the lock is tried, so that a file that is not ours is never taken for a dead node and removed.
    let node: Node = match serde_json::from_slice(&content) {
        Ok(node) => node,
        Err(error) => return Ok(Reading::Corrupt(error.to_string())),
    };
    if node.id != id {
        return Ok(Reading::Corrupt("the node inside has another id than the file's name".to_owned()));
    }
    if let Err(error) = node.validate() {
        return Ok(Reading::Corrupt(error.message().to_owned()));
    }
    Ok(if is_held(&file)? { Reading::Live(Arc::new(node)) } else { Reading::Dead })
}

/// Tells whether a process holds the file. A lock that is had for the question goes when `file` is closed.
fn is_held(file: &File) -> io::Result<bool> {
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Tells whether nobody holds the file at `path`, or there is none.
pub(super) fn is_free(path: &Path) -> bool {
    match fs::symlink_metadata(path).map(|metadata| metadata.is_file()) {
        Ok(true) => File::open(path).and_then(|file| is_held(&file)).is_ok_and(|held| !held),
        Ok(false) => false,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_nodes_have_an_id() {
        assert_eq!(id_of(OsStr::new(&file_name("4f-1c"))), Some("4f-1c"));
        for foreign in ["x", "x.txt", ".json", ".hidden.json", ".lock", "a b.json", ".tmp-1.json"] {
            assert_eq!(id_of(OsStr::new(foreign)), None, "{foreign}");
        }
    }
}
