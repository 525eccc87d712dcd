//! Watches: a reader that follows the nodes of a query, and the feed a backend fills it by.
//!
//! The feed holds what is true now; the reader is told which ids changed since it last looked. So a slow reader
//! never makes a backend wait or a queue grow: ten changes of one node are one event, and when more ids changed
//! than are worth telling one by one, the reader gets everything anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::error::{Error, Result};

use super::{Node, Query};

/// How many changed ids are told one by one before everything is told anew.
const LIMIT: usize = 1_024;

/// What a [`Watch`] saw.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// All there is, sorted by id: forget what was known. Comes first, and again when changes were skipped.
    All(Vec<Arc<Node>>),
    /// A node is there or has changed.
    Put(Arc<Node>),
    /// The node with this id is gone, or does not match any more. The id may be one never heard of.
    Gone(String),
}

/// Follows the nodes of a query. Dropping it ends the watch.
pub struct Watch {
    shared: Arc<Shared>,
    _closed: DropGuard,
}

impl Watch {
    /// Makes a watch for `query` and the feed that fills it, for backends.
    ///
    /// Nothing is seen before the first [`Feed::sync`]. Dropping the feed ends the watch with an error.
    pub fn channel(query: Query) -> (Feed, Watch) {
        let shared = Arc::new(Shared {
            query,
            state: Mutex::new(State::default()),
            wake: Notify::new(),
            closed: CancellationToken::new(),
        });
        let closed = shared.closed.clone().drop_guard();
        (Feed { shared: shared.clone() }, Watch { shared, _closed: closed })
    }

    /// Waits for the next change.
    ///
    /// # Errors
    ///
    /// Says why the watch was lost, and says so again when asked again: make a new one, its first event is
    /// [`Event::All`].
    pub async fn next(&mut self) -> Result<Event> {
        loop {
            // Only this reader waits, so a notification between the look and the wait is kept for it.
            if let Some(event) = self.take()? {
                return Ok(event);
            }
            self.shared.wake.notified().await;
        }
    }

    /// Returns the next change if there is one already; for reading a burst at once.
    ///
    /// # Errors
    ///
    /// Says why the watch was lost.
    pub fn try_next(&mut self) -> Result<Option<Event>> {
        self.take()
    }

    fn take(&self) -> Result<Option<Event>> {
        let mut state = self.shared.lock();
        if std::mem::take(&mut state.all) {
            state.changed.clear();
            return Ok(Some(Event::All(state.view.values().cloned().collect())));
        }
        if let Some(id) = state.changed.pop_first() {
            let node = state.view.get(&id).cloned();
            return Ok(Some(node.map_or(Event::Gone(id), Event::Put)));
        }
        match &state.end {
            None => Ok(None),
            Some(error) => Err(Error::new(error.code(), error.message().to_owned())),
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watch({})", self.shared.query)
    }
}

/// Fills a [`Watch`], for backends. It filters by the query and drops what changes nothing, so a backend may tell
/// all it hears.
pub struct Feed {
    shared: Arc<Shared>,
}

impl Feed {
    /// Tells all there is.
    ///
    /// The first time the reader gets it whole, later times it gets the differences.
    pub fn sync(&self, nodes: impl IntoIterator<Item = Arc<Node>>) {
        let matching = nodes.into_iter().filter(|node| self.shared.query.matches(node));
        let fresh: BTreeMap<String, Arc<Node>> = matching.map(|node| (node.id.clone(), node)).collect();
        self.change(|state| {
            if !std::mem::replace(&mut state.started, true) {
                state.all = true;
            } else {
                let gone = state.view.keys().filter(|id| !fresh.contains_key(*id));
                let put =
                    fresh.iter().filter(|(id, node)| state.view.get(*id) != Some(*node)).map(|(id, _)| id);
                state.changed.extend(gone.chain(put).cloned());
            }
            state.view = fresh;
        });
    }

    /// Tells that a node is there or has changed.
    pub fn put(&self, node: Arc<Node>) {
        if !self.shared.query.matches(&node) {
            return self.gone(&node.id);
        }
        self.change(|state| {
            if state.view.get(&node.id) != Some(&node) {
                state.changed.insert(node.id.clone());
                state.view.insert(node.id.clone(), node);
            }
        });
    }

    /// Tells that a node is gone.
    pub fn gone(&self, id: &str) {
        self.change(|state| {
            if state.view.remove(id).is_some() {
                state.changed.insert(id.to_owned());
            }
        });
    }

    /// Ends the watch: the reader gets what is left to tell, then the error.
    pub fn fail(self, error: Error) {
        self.change(|state| state.end = Some(error));
    }

    /// Waits until the reader is gone.
    pub async fn closed(&self) {
        self.shared.closed.cancelled().await;
    }

    /// Tells whether the reader is gone.
    pub fn is_closed(&self) -> bool {
        self.shared.closed.is_cancelled()
    }

    /// Returns what the reader asked for.
    pub fn query(&self) -> &Query {
        &self.shared.query
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.shared.lock();
        change(&mut state);
        // Before the first sync the view is only part of the truth: nothing is told, All will tell it.
        if !state.started {
            state.changed.clear();
        } else if state.changed.len() > LIMIT {
            state.all = true;
            state.changed.clear();
        }
        if state.all || state.end.is_some() || !state.changed.is_empty() {
            self.shared.wake.notify_one();
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        let lost = || Error::unavailable("the registry ended the watch");
        self.change(|state| _ = state.end.get_or_insert_with(lost));
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Feed({})", self.shared.query)
    }
}

struct Shared {
    query: Query,
    state: Mutex<State>,
    wake: Notify,
    closed: CancellationToken,
}

impl Shared {
    /// Locks. What a panic elsewhere left behind is still the truth: every change is one step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct State {
    /// What is true now.
    view: BTreeMap<String, Arc<Node>>,
    /// Whether the view is whole.
    started: bool,
    /// Whether the reader has to be told everything.
    all: bool,
    /// The ids the reader has to be told about.
    changed: BTreeSet<String>,
    /// Why the watch is over.
    end: Option<Error>,
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::error::Code;

    fn node(id: &str) -> Arc<Node> {
        Arc::new(Node::new(id, "s"))
    }

    fn started(query: Query) -> (Feed, Watch) {
        let (feed, mut watch) = Watch::channel(query);
        feed.sync([]);
        assert_eq!(watch.try_next().unwrap(), Some(Event::All(vec![])));
        (feed, watch)
    }

    #[tokio::test]
    async fn nothing_is_seen_before_the_first_sync_and_then_all_at_once() {
        let (feed, mut watch) = Watch::channel(Query::all());
        feed.put(node("early"));
        assert_eq!(watch.try_next().unwrap(), None);
        feed.sync([node("b"), node("a")]);
        assert_eq!(watch.next().await.unwrap(), Event::All(vec![node("a"), node("b")]));
        assert_eq!(watch.try_next().unwrap(), None);
    }

    #[test]
    fn changes_of_one_node_coalesce_and_no_change_is_no_event() {
        let (feed, mut watch) = started(Query::all());
        for version in ["1", "2", "3"] {
            feed.put(Arc::new(Node::new("a", "s").version(version)));
        }
        let last = Arc::new(Node::new("a", "s").version("3"));
        assert_eq!(watch.try_next().unwrap(), Some(Event::Put(last.clone())));
        feed.put(last);
        feed.gone("never there");
        assert_eq!(watch.try_next().unwrap(), None);
    }

    #[test]
    fn a_later_sync_tells_only_differences() {
        let (feed, mut watch) = started(Query::all());
        feed.sync([node("a"), node("b")]);
        assert_eq!(watch.try_next().unwrap(), Some(Event::Put(node("a"))));
        assert_eq!(watch.try_next().unwrap(), Some(Event::Put(node("b"))));
        feed.sync([node("b"), node("c")]);
        assert_eq!(watch.try_next().unwrap(), Some(Event::Gone("a".into())));
        assert_eq!(watch.try_next().unwrap(), Some(Event::Put(node("c"))));
        assert_eq!(watch.try_next().unwrap(), None);
    }

    #[test]
    fn a_node_that_stops_matching_is_gone() {
        let (feed, mut watch) = started(Query::contract("c"));
        feed.put(Arc::new(Node::new("a", "s").contract("c")));
        assert!(matches!(watch.try_next().unwrap(), Some(Event::Put(_))));
        feed.put(node("a"));
        assert_eq!(watch.try_next().unwrap(), Some(Event::Gone("a".into())));
    }

    #[test]
    fn too_many_changes_become_all_again() {
        let (feed, mut watch) = started(Query::all());
        for index in 0..=LIMIT {
            feed.put(node(&index.to_string()));
        }
        assert!(matches!(watch.try_next().unwrap(), Some(Event::All(nodes)) if nodes.len() == LIMIT + 1));
        assert_eq!(watch.try_next().unwrap(), None);
    }

    #[tokio::test]
    async fn the_end_comes_after_what_was_left_to_tell() {
        let (feed, mut watch) = started(Query::all());
        feed.put(node("a"));
        feed.fail(Error::data_loss("gone"));
        assert_eq!(watch.next().await.unwrap(), Event::Put(node("a")));
        for _ in 0..2 {
            assert_eq!(watch.next().await.unwrap_err().code(), Code::DataLoss);
        }
        let (feed, mut watch) = started(Query::all());
        let waiting = tokio::spawn(async move { watch.next().await.unwrap_err().code() });
        drop(feed);
        assert_eq!(waiting.await.unwrap(), Code::Unavailable);
    }

    #[tokio::test]
    async fn a_feed_learns_that_its_reader_is_gone() {
        let (feed, watch) = started(Query::all());
        assert!(!feed.is_closed());
        drop(watch);
        feed.closed().await;
    }
}
