//! The way of events to one node, or to one queue: in memory, bounded, apart from all other ways. So a subscriber
//! that is slow or dead costs the others nothing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::wire::count::Running;
use crate::wire::http2::Pool;

use super::audience::{Aim, Audience};
use super::carrier;
use super::counters::count;
use super::outbox::{Outbox, Stamped};
use super::task::Task;

/// An event on its way.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) event: Arc<Stamped>,
    /// How often a subscriber has had it, the next time included.
    pub(super) attempt: u32,
    /// Whether a subscriber may have had it before.
    pub(super) redelivered: bool,
    /// How often it was sent in a row without a subscriber's word.
    pub(super) tries: u32,
    /// When that began.
    pub(super) since: Option<Instant>,
    /// The node it has just failed at.
    pub(super) avoid: Option<String>,
    /// Whether later events of its key wait for it.
    pub(super) leads: bool,
    _under_way: Running,
}

/// One way. Dropping it drops the events on it.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) shared: Arc<Shared>,
    _task: Task,
}

/// What whoever publishes and whoever carries share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) aim: Aim,
    pub(super) audience: Arc<Audience>,
    pub(super) outbox: Arc<Outbox>,
    pub(super) pool: Pool,
    inlet: Mutex<Inlet>,
    pub(super) wake: Notify,
}

#[derive(Debug, Default)]
struct Inlet {
    items: VecDeque<Item>,
    /// How many events are on the way, and their bytes: here, in flight, and waiting to be sent again.
    events: usize,
    bytes: usize,
    /// Whether it was said that the way is full.
    said_full: bool,
    /// Until when the node is taken for dead.
    dead_until: Option<Instant>,
}

impl Lane {
    pub(super) fn new(aim: Aim, audience: Arc<Audience>, outbox: Arc<Outbox>) -> Self {
        let (pool, inlet) = (Outbox::pool(), Mutex::default());
        let shared = Arc::new(Shared { aim, audience, outbox, pool, inlet, wake: Notify::new() });
        let task = Task::spawn(carrier::run(shared.clone()));
        Lane { shared, _task: task }
    }

    /// Tells how many events are on the way.
    pub(super) fn events(&self) -> usize {
        self.shared.lock().events
    }

    /// Puts an event on the way, unless the way is full or leads to somebody who is dead.
    pub(super) fn push(&self, event: &Arc<Stamped>) {
        let Shared { aim, audience, outbox, .. } = &*self.shared;
        let mut inlet = self.shared.lock();
        let is_full = inlet.events >= outbox.settings.events
            || (inlet.events > 0 && inlet.bytes + event.size > outbox.settings.bytes);
        // One event at a time finds out whether the dead have come back.
        let is_dead = inlet.dead_until.is_some_and(|until| inlet.events > 0 || until > Instant::now());
        if is_full || is_dead {
            count(&outbox.tally.dropped, 1);
            if is_full && !std::mem::replace(&mut inlet.said_full, true) {
                drop(inlet);
                tracing::warn!(topic = audience.topic(), to = ?aim, "events are dropped: too many wait for a subscriber");
            }
            return;
        }
        count(&outbox.tally.sent, 1);
        inlet.events += 1;
        inlet.bytes += event.size;
        inlet.items.push_back(Item {
            event: event.clone(),
            attempt: 1,
            redelivered: false,
            tries: 0,
            since: None,
            avoid: None,
            leads: false,
            _under_way: outbox.under_way.enter(),
        });
        drop(inlet);
        self.shared.wake.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inlet> {
        self.inlet.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what was put on the way.
    pub(super) fn take(&self) -> VecDeque<Item> {
        std::mem::take(&mut self.lock().items)
    }

    /// Notes that an event has left the way.
    pub(super) fn left(&self, item: &Item) {
        let mut inlet = self.lock();
        inlet.events -= 1;
        inlet.bytes -= item.event.size;
        if inlet.events <= self.outbox.settings.events / 2 {
            inlet.said_full = false;
        }
    }

    /// Notes that the node is taken for dead until then, or lives.
    pub(super) fn set_dead(&self, until: Option<Instant>) {
        self.lock().dead_until = until;
    }
}
