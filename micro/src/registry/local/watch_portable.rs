//! Changes of the directory on systems other than Linux, as the `notify` crate tells them.
//!
//! Not all of them tell that a file was closed, so what is known is looked at again from time to time.

use std::path::Path;
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use crate::error::{Error, Result};

use super::entry::id_of;
use super::hub::Change;

/// How long a dead process may go unnoticed.
pub(super) const RECHECK: Option<Duration> = Some(Duration::from_secs(1));

/// How many changes may wait. More are told as one [`Change::Lost`].
const WAITING: usize = 1_024;

pub(super) struct Changes {
    receiver: mpsc::Receiver<Change>,
    /// Told while there was no room for a change.
    lost: std::sync::Arc<tokio::sync::Notify>,
    /// Told when the directory cannot be watched any more.
    ended: std::sync::Arc<tokio::sync::Notify>,
    _watcher: RecommendedWatcher,
}

impl Changes {
    pub(super) fn open(directory: &Path) -> Result<Changes> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let lost = std::sync::Arc::new(tokio::sync::Notify::new());
        let ended = std::sync::Arc::new(tokio::sync::Notify::new());
        let (on_lost, on_ended) = (lost.clone(), ended.clone());
        let watched = directory.to_path_buf();
        let heard = move |event: notify::Result<notify::Event>| match event {
            Err(_) => on_ended.notify_one(),
            Ok(event) if event.need_rescan() => on_lost.notify_one(),
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => {}
            // The directory itself may be what went.
            Ok(event) if event.kind.is_remove() && !watched.is_dir() => on_ended.notify_one(),
            Ok(event) => {
                for id in event.paths.iter().filter_map(|path| id_of(path.file_name()?)) {
                    if sender.try_send(Change::Moved(id.to_owned())).is_err() {
                        on_lost.notify_one();
                    }
                }
            }
        };
        let failed = |error: notify::Error| {
            let path = directory.display();
            Error::unavailable(format!("cannot watch the registry's directory {path}: {error}"))
                .with_source(error)
        };
        let mut watcher = notify::recommended_watcher(heard).map_err(failed)?;
        watcher.watch(directory, RecursiveMode::NonRecursive).map_err(failed)?;
        Ok(Changes { receiver, lost, ended, _watcher: watcher })
    }

    /// Waits for the next change. Nothing is lost when the wait is given up.
    pub(super) async fn next(&mut self) -> Result<Change> {
        tokio::select! {
            biased;
            () = self.ended.notified() => Err(Error::unavailable("the registry's directory cannot be watched any more")),
            () = self.lost.notified() => Ok(Change::Lost),
            change = self.receiver.recv() => change.ok_or_else(|| Error::unavailable("the watch of the directory ended")),
        }
    }
}
