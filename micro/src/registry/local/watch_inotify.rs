//! Changes of the directory as Linux tells them.

use std::future::poll_fn;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream as _;
use inotify::{EventMask, EventStream, Inotify, WatchMask};

use crate::error::{Error, Result};

use super::entry::id_of;
use super::hub::Change;

/// Looking again from time to time is not needed: closing a file is told.
pub(super) const RECHECK: Option<Duration> = None;

/// Room for at least sixty events with the longest names.
const BUFFER: usize = 16 * 1_024;

pub(super) struct Changes {
    stream: EventStream<Vec<u8>>,
}

impl Changes {
    pub(super) fn open(directory: &Path) -> Result<Changes> {
        // Files that lost their name, because a newer one took it, are of no interest when closed.
        let mask = WatchMask::CLOSE_WRITE
            | WatchMask::DELETE
            | WatchMask::MOVE
            | WatchMask::DELETE_SELF
            | WatchMask::MOVE_SELF
            | WatchMask::EXCL_UNLINK
            | WatchMask::ONLYDIR;
        let open = || {
            let inotify = Inotify::init()?;
            inotify.watches().add(directory, mask)?;
            inotify.into_event_stream(vec![0_u8; BUFFER])
        };
        open().map(|stream| Changes { stream }).map_err(|error: io::Error| {
            let hint = match error.raw_os_error() {
                // EMFILE and ENOSPC of inotify_init(2) and inotify_add_watch(2).
                Some(24 | 28) => "; raise fs.inotify.max_user_instances or max_user_watches",
                _ => "",
            };
            let path = directory.display();
            Error::unavailable(format!("cannot watch the registry's directory {path}: {error}{hint}"))
                .with_source(error)
        })
    }

    /// Waits for the next change. Nothing is lost when the wait is given up.
    pub(super) async fn next(&mut self) -> Result<Change> {
        loop {
            let event = match poll_fn(|context| Pin::new(&mut self.stream).poll_next(context)).await {
                Some(Ok(event)) => event,
                Some(Err(error)) => {
                    return Err(
                        Error::unavailable("the registry's directory cannot be watched").with_source(error)
                    );
                }
                None => return Err(Error::unavailable("the watch of the registry's directory ended")),
            };
            let ends =
                EventMask::IGNORED | EventMask::DELETE_SELF | EventMask::MOVE_SELF | EventMask::UNMOUNT;
            if event.mask.intersects(ends) {
                return Err(Error::unavailable("the registry's directory is gone"));
            }
            if event.mask.contains(EventMask::Q_OVERFLOW) {
                return Ok(Change::Lost);
            }
            let Some(id) = event.name.as_deref().and_then(id_of) else { continue };
            let closed = event.mask.contains(EventMask::CLOSE_WRITE);
            return Ok(if closed { Change::Closed(id.to_owned()) } else { Change::Moved(id.to_owned()) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs;

    #[tokio::test]
    async fn tells_of_nodes_and_of_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let mut changes = Changes::open(directory.path()).unwrap();
        fs::write(at("notes.txt"), "").unwrap();
        let file = fs::File::create(at(".tmp-1")).unwrap();
        fs::rename(at(".tmp-1"), at("a.json")).unwrap();
        assert_eq!(changes.next().await.unwrap(), Change::Moved("a".into()));
        drop(file);
        assert_eq!(changes.next().await.unwrap(), Change::Closed("a".into()));
        fs::remove_file(at("a.json")).unwrap();
        assert_eq!(changes.next().await.unwrap(), Change::Moved("a".into()));
    }

    #[tokio::test]
    async fn a_file_that_lost_its_name_is_closed_in_silence() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let old = fs::File::create(at("a.json")).unwrap();
        let mut changes = Changes::open(directory.path()).unwrap();
        let _new = fs::File::create(at(".tmp-1")).unwrap();
        fs::rename(at(".tmp-1"), at("a.json")).unwrap();
        drop(old);
        fs::write(at("last.json"), "").unwrap();
        assert_eq!(changes.next().await.unwrap(), Change::Moved("a".into()));
        assert_eq!(changes.next().await.unwrap(), Change::Closed("last".into()));
    }

    #[tokio::test]
    async fn says_when_the_directory_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let mut changes = Changes::open(directory.path()).unwrap();
        fs::remove_dir(directory.path()).unwrap();
        assert!(changes.next().await.unwrap_err().message().contains("gone"));
    }
}
