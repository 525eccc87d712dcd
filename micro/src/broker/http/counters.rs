//! What became of events, in numbers.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many nodes are remembered as reported.
const REPORTED: usize = 1024;

/// What became of the events an [`Http`](super::Http) has published, counted once for each subscriber and each queue
/// they went to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Events taken for a subscriber or a queue.
    pub sent: u64,
    /// Events that were handled.
    pub handled: u64,
    /// Events that a subscriber, or its machine, refused for good.
    pub rejected: u64,
    /// Tries after the first.
    pub retried: u64,
    /// Events given up: the subscriber could not be reached, was too slow, or the event's time was over.
    pub dropped: u64,
    /// Tries that were not made because the subscriber's address lies outside of the allowed networks.
    pub refused: u64,
}

/// The counters of a running broker.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) sent: AtomicU64,
    pub(super) handled: AtomicU64,
    pub(super) rejected: AtomicU64,
    pub(super) retried: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) refused: AtomicU64,
    /// The nodes whose addresses were reported as refused.
    reported: Mutex<BTreeSet<String>>,
}

/// Counts `events` more.
pub(super) fn count(counter: &AtomicU64, events: usize) {
    counter.fetch_add(events as u64, Ordering::Relaxed);
}

impl Tally {
    pub(super) fn counters(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            sent: read(&self.sent),
            handled: read(&self.handled),
            rejected: read(&self.rejected),
            retried: read(&self.retried),
            dropped: read(&self.dropped),
            refused: read(&self.refused),
        }
    }

    /// Counts a refused node; logged once for each.
    pub(super) fn refuse(&self, node: &str) {
        count(&self.refused, 1);
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if !reported.contains(node) {
            // Nobody names this many nodes for a good reason.
            if reported.len() >= REPORTED {
                return;
            }
            reported.insert(node.to_owned());
            drop(reported);
            tracing::warn!(
                node,
                "a subscriber's address lies outside of the allowed networks; it gets no events"
            );
        }
    }
}
