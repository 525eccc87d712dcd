//! The watch of two registries: fed by the watches of both, each begun anew for as long as the other one holds.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::registry::{Event, Feed, Handle, Node, Watch};

use super::better;

/// How long the first answer waits for the slower registry when the faster one knows nobody.
const PATIENCE: Duration = Duration::from_secs(2);
/// The pauses before a watch that was lost is begun anew: the first one, doubled up to the longest.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

type Nodes = BTreeMap<String, Arc<Node>>;

/// Fills `feed` until its reader is gone or both registries have failed.
pub(super) async fn follow([one, two]: [Handle; 2], feed: Feed) {
    let both = Both::default();
    let lost = tokio::select! {
        () = feed.closed() => return,
        lost = both.follow(0, &one, &feed) => lost,
        lost = both.follow(1, &two, &feed) => lost,
        lost = both.begin_in_the_end(&feed) => lost,
    };
    feed.fail(lost);
}

/// What both registries say.
#[derive(Default)]
struct Both {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What each registry said last; `None` while it has said nothing.
    nodes: [Option<Nodes>; 2],
    /// Which registries cannot be followed just now.
    lost: [bool; 2],
    /// Whether the reader was told what there is.
    begun: bool,
}

impl Both {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows one registry. Returns when the other one is lost too, or when what is said is not to be believed.
    async fn follow(&self, at: usize, registry: &Handle, feed: &Feed) -> Error {
        let mut pause = PAUSE;
        loop {
            let lost = match registry.watch(feed.query()).await {
                Ok(watch) => match self.read(at, watch, feed, &mut pause).await {
                    ControlFlow::Continue(lost) => lost,
                    ControlFlow::Break(end) => return end,
                },
                Err(error) => error,
            };
            {
                let mut state = self.lock();
                state.lost[at] = true;
                if state.lost == [true, true] {
                    return lost;
                }
                // What it said last stays until it says something else: a registry is a hint.
                state.begin(feed);
            }
            tracing::debug!(registry = registry.name(), error = ?lost, "a watch was lost; beginning it anew");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Reads one watch for as long as it holds. Breaks off when the whole has to be begun anew.
    async fn read(
        &self,
        at: usize,
        mut watch: Watch,
        feed: &Feed,
        pause: &mut Duration,
    ) -> ControlFlow<Error, Error> {
        loop {
            let event: Result<Event> = watch.next().await;
            match event.map(|event| self.lock().take(at, event, feed)) {
                Ok(Ok(())) => *pause = PAUSE,
                Ok(Err(end)) => return ControlFlow::Break(end),
                Err(lost) => return ControlFlow::Continue(lost),
            }
        }
    }

    /// Tells the reader what is known when one registry takes too long to say anything.
    async fn begin_in_the_end(&self, feed: &Feed) -> Error {
        tokio::time::sleep(PATIENCE).await;
        self.lock().tell_all(feed);
        std::future::pending().await
    }
}

impl State {
    /// Takes in what a registry says, and tells the reader what is news.
    ///
    /// # Errors
    ///
    /// When a registry that could not be followed for a while has lost its memory, and nobody else knows a node any
    /// more. That is not what the reader is told in the middle of a watch: it begins anew, and goes on with what it
    /// knows for as long as it holds what it cannot believe.
    fn take(&mut self, at: usize, event: Event, feed: &Feed) -> Result<()> {
        let was_lost = std::mem::take(&mut self.lost[at]);
        match event {
            Event::All(nodes) => {
                let known = self.knows_somebody();
                let nodes = nodes.into_iter().map(|node| (node.id.clone(), node)).collect();
                self.nodes[at] = Some(nodes);
                if was_lost && self.begun && known && !self.knows_somebody() {
                    return Err(Error::unavailable("a registry came back and knows no node any more"));
                }
                match self.begun {
                    true => self.tell_all(feed),
                    false => self.begin(feed),
                }
            }
            Event::Put(node) => {
                let id = node.id.clone();
                self.nodes[at].get_or_insert_default().insert(id.clone(), node);
                self.tell(&id, feed);
                self.begin(feed);
            }
            Event::Gone(id) => {
                self.nodes[at].get_or_insert_default().remove(&id);
                self.tell(&id, feed);
            }
        }
        Ok(())
    }

    fn knows_somebody(&self) -> bool {
        self.nodes.iter().flatten().any(|nodes| !nodes.is_empty())
    }

    /// Begins to tell the reader when there is somebody to tell of, or nothing to wait for.
    fn begin(&mut self, feed: &Feed) {
        let silent = self.nodes.iter().zip(self.lost).any(|(nodes, lost)| nodes.is_none() && !lost);
        if !self.begun && (self.knows_somebody() || !silent) {
            self.tell_all(feed);
        }
    }

    fn tell_all(&mut self, feed: &Feed) {
        self.begun = true;
        let ids: BTreeSet<&String> = self.nodes.iter().flatten().flat_map(BTreeMap::keys).collect();
        feed.sync(ids.into_iter().filter_map(|id| self.node(id)));
    }

    /// Tells of one node. Before the beginning that says nothing, which the feed knows.
    fn tell(&self, id: &str, feed: &Feed) {
        match self.node(id) {
            Some(node) => feed.put(node),
            None => feed.gone(id),
        }
    }

    /// Returns a node as both see it.
    fn node(&self, id: &str) -> Option<Arc<Node>> {
        let mut seen = self.nodes.iter().flatten().filter_map(|nodes| nodes.get(id));
        let first = seen.next()?;
        match seen.next().and_then(|other| better(first, other)) {
            Some(node) => Some(Arc::new(node)),
            None => Some(first.clone()),
        }
    }
}
