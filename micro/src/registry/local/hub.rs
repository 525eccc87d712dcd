//! One task a process that turns changes of the directory into what watches are told.
//!
//! A change only says "look at this name again"; what is told follows from what the look finds. So a change seen
//! twice, late or out of order does no harm.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::error::{Error, Result};
use crate::registry::{Feed, Node};

use super::blocking;
use super::changes::{Changes, RECHECK};
use super::directory::Directory;

/// The kernel tells that a file is closed before it releases the file's lock, so a dead node may still look alive
/// for a moment. It is looked at again after these pauses, then believed.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(1),
    Duration::from_millis(4),
    Duration::from_millis(16),
    Duration::from_millis(64),
    Duration::from_millis(256),
    Duration::from_millis(1_024),
];

/// What happened in the directory.
#[derive(Debug, PartialEq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code))] // not every system tells of closing
pub(super) enum Change {
    /// The file of a node was put in place or taken away.
    Moved(String),
    /// A process closed the file of a node.
    Closed(String),
    /// More happened than could be told.
    Lost,
}

/// The running task. Dropping it ends the task and, with an error, every watch.
pub(super) struct Hub {
    intake: Arc<Intake>,
    task: JoinHandle<()>,
}

struct Intake {
    /// Feeds the task has not taken yet; `None` once it takes no more.
    feeds: Mutex<Option<Vec<Feed>>>,
    wake: Notify,
}

impl Intake {
    fn feeds(&self) -> MutexGuard<'_, Option<Vec<Feed>>> {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    pub(super) fn begin(directory: Arc<Directory>) -> Result<Hub> {
        let changes = Changes::open(directory.path())?;
        let intake = Arc::new(Intake { feeds: Mutex::new(Some(Vec::new())), wake: Notify::new() });
        let task = tokio::spawn(run(directory, changes, intake.clone()));
        Ok(Hub { intake, task })
    }

    pub(super) fn is_live(&self) -> bool {
        !self.task.is_finished()
    }

    /// Begins to tell `feed`, first all there is.
    pub(super) fn add(&self, feed: Feed) {
        match &mut *self.intake.feeds() {
            Some(feeds) => feeds.push(feed),
            None => return feed.fail(Error::unavailable("the registry's directory was lost just now")),
        }
        self.intake.wake.notify_one();
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(directory: Arc<Directory>, mut changes: Changes, intake: Arc<Intake>) {
    let mut feeds = Vec::new();
    let lost = follow(&directory, &mut changes, &intake, &mut feeds).await;
    let late = intake.feeds().take().unwrap_or_default();
    for feed in feeds.into_iter().chain(late) {
        feed.fail(Error::new(lost.code(), lost.message().to_owned()));
    }
}

/// Tells the feeds what changes until the directory is lost.
async fn follow(
    directory: &Arc<Directory>,
    changes: &mut Changes,
    intake: &Intake,
    feeds: &mut Vec<Feed>,
) -> Error {
    let mut suspects = Suspects::default();
    let mut known = BTreeSet::new();
    let mut rechecked = Instant::now();
    loop {
        let mut rescan = false;
        let mut names = BTreeSet::new();
        tokio::select! {
            change = changes.next() => match take(change, &mut names, &mut suspects) {
                Ok(lost) => rescan = lost,
                Err(error) => return error,
            },
            () = intake.wake.notified() => {
                feeds.extend(intake.feeds().as_mut().map(mem::take).unwrap_or_default());
                rescan = true;
            }
            () = suspects.wait() => names.extend(suspects.due()),
            () = recheck(rechecked, !known.is_empty()) => {
                rechecked = Instant::now();
                names.extend(known.iter().cloned());
            }
        }
        // What else is there already belongs to the same look.
        loop {
            tokio::select! {
                biased;
                change = changes.next() => match take(change, &mut names, &mut suspects) {
                    Ok(lost) => rescan |= lost,
                    Err(error) => return error,
                },
                () = std::future::ready(()) => break,
            }
        }
        feeds.retain(|feed| !feed.is_closed());
        let looked = match rescan {
            true => scan(directory, feeds, &mut suspects, &mut known).await,
            false => look(directory, feeds, names, &mut known).await,
        };
        if let Err(error) = looked {
            return error;
        }
    }
}

/// Notes what a change asks to look at; true when everything has to be.
fn take(change: Result<Change>, names: &mut BTreeSet<String>, suspects: &mut Suspects) -> Result<bool> {
    match change? {
        Change::Lost => return Ok(true),
        Change::Moved(id) => _ = names.insert(id),
        Change::Closed(id) => {
            suspects.add(id.clone());
            names.insert(id);
        }
    }
    Ok(false)
}

async fn scan(
    directory: &Arc<Directory>,
    feeds: &[Feed],
    suspects: &mut Suspects,
    known: &mut BTreeSet<String>,
) -> Result<()> {
    let directory = directory.clone();
    let nodes = blocking(move || directory.scan()).await?;
    for feed in feeds {
        feed.sync(nodes.values().cloned());
    }
    // A process may have died just before the directory was watched, with its lock not yet released.
    nodes.keys().cloned().for_each(|id| suspects.add(id));
    *known = nodes.into_keys().collect();
    Ok(())
}

async fn look(
    directory: &Arc<Directory>,
    feeds: &[Feed],
    names: BTreeSet<String>,
    known: &mut BTreeSet<String>,
) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let directory = directory.clone();
    let read = move |id: String| {
        let node = directory.read(&id);
        (id, node)
    };
    let found =
        blocking(move || Ok(names.into_iter().map(read).collect::<Vec<(String, Option<Arc<Node>>)>>()))
            .await?;
    for (id, node) in found {
        match node {
            Some(node) => {
                feeds.iter().for_each(|feed| feed.put(node.clone()));
                known.insert(id);
            }
            None => {
                feeds.iter().for_each(|feed| feed.gone(&id));
                known.remove(&id);
            }
        }
    }
    Ok(())
}

/// Waits for the time to look at every node again, where the system does not tell that a file was closed.
async fn recheck(last: Instant, any: bool) {
    match RECHECK {
        Some(period) if any => tokio::time::sleep_until(last + period).await,
        _ => std::future::pending().await,
    }
}

/// Nodes that may be dead though they looked alive, with when to look again and how often that was done.
#[derive(Default)]
struct Suspects(BTreeMap<String, (Instant, usize)>);

impl Suspects {
    fn add(&mut self, id: String) {
        self.0.insert(id, (Instant::now() + PAUSES[0], 0));
    }

    /// Waits until a suspect is due; for ever when there is none.
    async fn wait(&self) {
        match self.0.values().map(|(due, _)| *due).min() {
            Some(due) => tokio::time::sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    /// Returns who is due, and plans the next look at them or clears them of suspicion.
    fn due(&mut self) -> Vec<String> {
        let now = Instant::now();
        let all = mem::take(&mut self.0).into_iter();
        let (due, later): (BTreeMap<_, _>, BTreeMap<_, _>) = all.partition(|(_, (due, _))| *due <= now);
        self.0 = later;
        let ids = due.keys().cloned().collect();
        for (id, (_, looks)) in due {
            if let Some(pause) = PAUSES.get(looks + 1) {
                self.0.insert(id, (now + *pause, looks + 1));
            }
        }
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_suspect_is_looked_at_a_few_times_and_then_believed() {
        let mut suspects = Suspects::default();
        suspects.add("a".into());
        let begun = Instant::now();
        for _ in PAUSES {
            suspects.wait().await;
            assert_eq!(suspects.due(), ["a"]);
        }
        assert!(suspects.0.is_empty());
        assert!(begun.elapsed() >= PAUSES.iter().sum::<Duration>());
    }
}
