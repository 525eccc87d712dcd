//! A topic that is published to: its subscribers, and the ways to them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::audience::{Aim, Audience, Plan};
use super::counters::count;
use super::lane::Lane;
use super::outbox::{Outbox, Stamped};

/// A topic that is published to.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) audience: Arc<Audience>,
    outbox: Arc<Outbox>,
    ways: Mutex<Ways>,
    /// When it was last published to, counted in events.
    pub(super) used: AtomicU64,
}

#[derive(Default)]
struct Ways {
    /// What `current` follows from.
    plan: Option<Arc<Plan>>,
    all: BTreeMap<Aim, Arc<Lane>>,
    current: Vec<Arc<Lane>>,
}

impl Topic {
    pub(super) fn new(audience: Arc<Audience>, outbox: Arc<Outbox>) -> Self {
        Topic { audience, outbox, ways: Mutex::default(), used: AtomicU64::new(0) }
    }

    /// Puts an event on the way to everybody who subscribes now. Never waits.
    pub(super) fn send(&self, event: &Arc<Stamped>) {
        let mut ways = self.ways.lock().unwrap_or_else(PoisonError::into_inner);
        // Asked under the lock: an older plan must not come after a newer one.
        let plan = self.audience.plan();
        if !ways.plan.as_ref().is_some_and(|known| Arc::ptr_eq(known, &plan)) {
            self.follow(&mut ways, plan);
        }
        for lane in &ways.current {
            lane.push(event);
        }
    }

    fn follow(&self, ways: &mut Ways, plan: Arc<Plan>) {
        let mut before = std::mem::take(&mut ways.all);
        for aim in &plan.aims {
            let lane = before.remove(aim).unwrap_or_else(|| {
                Arc::new(Lane::new(aim.clone(), self.audience.clone(), self.outbox.clone()))
            });
            ways.all.insert(aim.clone(), lane);
        }
        ways.current = ways.all.values().cloned().collect();
        for (aim, lane) in before {
            let events = lane.events();
            match aim {
                _ if events == 0 => {}
                // Its members may be on their way back.
                Aim::Queue(_) => drop(ways.all.insert(aim, lane)),
                // It is about to stop, and finishes what it has.
                Aim::Node(ref node) if self.audience.node(node).is_some_and(|node| node.is_draining()) => {
                    drop(ways.all.insert(aim, lane));
                }
                Aim::Node(node) => {
                    count(&self.outbox.tally.dropped, events);
                    let topic = self.audience.topic();
                    tracing::warn!(topic, events, node, "events are dropped: the subscriber is gone");
                }
            }
        }
        ways.plan = Some(plan);
    }

    /// Tells whether no event is on its way.
    pub(super) fn is_idle(&self) -> bool {
        let ways = self.ways.lock().unwrap_or_else(PoisonError::into_inner);
        ways.all.values().all(|lane| lane.events() == 0)
    }

    /// Notes that it is published to.
    pub(super) fn touch(&self, now: u64) {
        self.used.store(now, Ordering::Relaxed);
    }
}

impl fmt::Debug for Ways {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.all.keys()).finish()
    }
}
