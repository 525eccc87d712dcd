//! What runs while a registry of multicast DNS is in use: one task that reads, and the state it shares with calls.
//!
//! Everything that is sent is sent at once, without waiting, by whoever holds the state: a node is announced when
//! registering it returns. The task only takes in what others send and does what has become due.

mod state;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use crate::registry::{Feed, Node, Query};

use super::link::Packet;
use super::responder::Names;
use super::table::Changed;
use super::{Ignored, Options};

use state::{Ears, State};

/// How long the first lookup waits when nobody answers: a call to a service that nobody has must not hang, and nodes of
/// ours answer a direct question at once. Who answers later is seen by those who watch, as clients do.
const PATIENCE: Duration = Duration::from_millis(80);
/// How long it waits for others when somebody answered.
const SETTLING: Duration = Duration::from_millis(50);
/// How many packets wait to be taken in, and how many are taken in before others get their turn.
const WAITING: usize = 512;
const FEW: usize = 8;

/// The running task. Dropping it says goodbye for what is registered and ends the task and every watch; it waits
/// for nothing.
pub(super) struct Engine {
    pub(super) shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Engine {
    /// Opens the links and begins. Without any network that could be used it runs all the same, and takes those up
    /// that appear.
    pub(super) fn start(options: &Options, names: &Names) -> Engine {
        let (packets, incoming) = mpsc::channel(WAITING);
        let mut ears = Ears { readers: JoinSet::new(), packets };
        let mut state = State::new(options.clone(), names);
        // There is nothing yet that could change by it.
        let _ = state.look_at_interfaces(Instant::now(), &mut ears);
        let shared =
            Arc::new(Shared { state: Mutex::new(state), wake: Notify::new(), heard: watch::Sender::new(()) });
        let task = tokio::spawn(run(shared.clone(), ears, incoming));
        Engine { shared, task }
    }

    pub(super) fn is_live(&self) -> bool {
        !self.task.is_finished()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.task.abort();
        let mut state = self.shared.lock();
        let State { responder, links, .. } = &mut *state;
        responder.leave(links);
        state.feeds.clear();
    }
}

async fn run(shared: Arc<Shared>, mut ears: Ears, mut incoming: mpsc::Receiver<Packet>) {
    let mut batch = Vec::with_capacity(WAITING);
    loop {
        let due = shared.lock().due();
        tokio::select! {
            // What waits is taken in before anything is found to be over.
            biased;
            // Never ends: this task holds a sender.
            _ = incoming.recv_many(&mut batch, WAITING) => {}
            () = shared.wake.notified() => {}
            () = tokio::time::sleep_until(due) => {}
        }
        for few in batch.chunks(FEW) {
            shared.change(|state| state.take_all(few, Instant::now()));
            // Calls get the lock, and other tasks the thread, however much there is.
            tokio::task::yield_now().await;
        }
        batch.clear();
        shared.change(|state| state.do_what_is_due(Instant::now(), &mut ears));
    }
}

/// What the task and the calls share.
pub(super) struct Shared {
    state: Mutex<State>,
    /// Told when something may have become due earlier.
    wake: Notify,
    /// Told when a node was heard of.
    heard: watch::Sender<()>,
}

impl Shared {
    /// Locks. What a panic elsewhere left behind is still the truth: every change is one step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and tells the watches, and whoever waits to hear of somebody, what came of it.
    fn change(&self, change: impl FnOnce(&mut State) -> Changed) {
        let mut state = self.lock();
        let changed = change(&mut state);
        let told = !changed.is_empty();
        state.tell(changed);
        drop(state);
        if told {
            self.heard.send_replace(());
        }
    }

    /// Registers a node and announces it.
    pub(super) fn register(&self, node: &Node, ttl: Duration) {
        let now = Instant::now();
        self.change(|state| {
            state.responder.put(Arc::new(node.clone()), ttl, now);
            state.warn_of_silence(node);
            let mut changed = state.tick(now);
            changed.insert(node.id.clone());
            changed
        });
        self.wake.notify_one();
    }

    /// Takes a node back and says goodbye for it.
    pub(super) fn deregister(&self, id: &str) {
        let mut state = self.lock();
        let State { responder, links, .. } = &mut *state;
        if responder.remove(id, links, Instant::now()) {
            // Somebody else's node of that id comes to light.
            state.tell(Changed::from([id.to_owned()]));
            drop(state);
            self.wake.notify_one();
        }
    }

    /// Finds the nodes that match, sorted by id. The first time it waits for answers, a bounded while.
    pub(super) async fn lookup(&self, query: &Query) -> Vec<Node> {
        self.listen(query).await;
        let state = self.lock();
        state.view().into_values().filter(|node| query.matches(node)).map(|node| Node::clone(&node)).collect()
    }

    /// Tells `feed` what is there and every change, after waiting for the first answers.
    pub(super) async fn follow(&self, feed: Feed) {
        self.listen(feed.query()).await;
        let mut state = self.lock();
        feed.sync(state.view().into_values());
        state.feeds.push(feed);
    }

    /// Counts what was ignored.
    pub(super) fn ignored(&self) -> Ignored {
        let state = self.lock();
        let refused = state.table.refused;
        Ignored {
            malformed: state.malformed + refused.unreadable,
            off_link: state.strangers.load(Ordering::Relaxed) + refused.off_link,
            conflicts: refused.conflicts,
            crowded: refused.crowded,
            flooded: state.flooded,
        }
    }

    /// Asks who is there unless that was done, and waits for the first answers: until somebody who matches was
    /// heard of and others had a moment too, or for as long as an answer can take.
    async fn listen(&self, query: &Query) {
        let end = {
            let now = Instant::now();
            let mut state = self.lock();
            if state.listening.is_none() {
                state.begin_to_listen(now);
                self.wake.notify_one();
            }
            let begun = state.listening.as_ref().map_or(now, |listening| listening.begun);
            if state.links.is_empty() { now } else { begun + PATIENCE }
        };
        let mut heard = self.heard.subscribe();
        let mut settled = None;
        loop {
            let now = Instant::now();
            if settled.is_none() && self.lock().view().values().any(|node| query.matches(node)) {
                settled = Some(now + SETTLING);
            }
            let until = settled.map_or(end, |settled| end.min(settled));
            if now >= until {
                return;
            }
            tokio::select! {
                // The sender is our own, so this tells of news only.
                _ = heard.changed() => {}
                () = tokio::time::sleep_until(until) => return,
            }
        }
    }
}
