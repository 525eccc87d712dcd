//! A place in a log, and the events from there on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::broker::Envelope;
use crate::event::{Run, Shelf};

use super::log::{Entry, Found, Log, Segment};

/// Reads a log from a place on, dropping the oldest events when it is too far behind.
pub(super) struct Tape {
    position: u64,
    /// How many events may wait.
    capacity: u64,
    /// The segment at hand.
    lease: Option<Arc<Lease>>,
    /// Tells the log where that begins.
    at: Arc<AtomicU64>,
    /// How many events were lost by being too far behind, up to the position; and how many of all were counted.
    dropped: u64,
    counted: u64,
}

/// A reader's own hold on a segment: what is delivered counts on this, and not on what all readers share.
pub(super) struct Lease(Arc<Segment>);

impl Shelf for Lease {
    fn envelope(&self, index: u32) -> &Envelope {
        &self.0.at(index).envelope
    }

    fn is_expired(&self, index: u32) -> bool {
        self.0.at(index).is_expired()
    }
}

impl Tape {
    pub(super) fn new(log: &Log, reader: u64, capacity: usize) -> Tape {
        let capacity = u64::try_from(capacity).unwrap_or(u64::MAX);
        let (position, at) = log.join(reader, capacity);
        Tape { position, capacity, lease: None, at, dropped: 0, counted: 0 }
    }

    /// Returns where the next event is, or will be.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Counts the events that were lost by being too far behind and are not counted yet.
    pub(super) fn count_dropped(&mut self, log: &Log) -> u64 {
        let dropped = self.dropped + (self.first(log) - self.position);
        dropped - std::mem::replace(&mut self.counted, dropped)
    }

    /// Reads the next event; `None` at the end of the log. Expired ones are passed over.
    pub(super) fn next(&mut self, log: &Log) -> Option<Entry> {
        let (lease, index) = self.advance(log)?;
        Some(lease.0.at(index).clone())
    }

    /// Goes past the next event; `None` at the end of the log. Returns a hold on its segment and where it is in
    /// there. Expired ones are passed over.
    pub(super) fn advance(&mut self, log: &Log) -> Option<(&Arc<Lease>, u32)> {
        let index = loop {
            self.look(log)?;
            let segment = &self.lease.as_ref()?.0;
            let index = segment.index(self.position);
            self.position += 1;
            if !segment.at(index).is_expired() {
                break index;
            }
        };
        Some((self.lease.as_ref()?, index))
    }

    /// Reads what the segment at hand holds, expired events too; `None` at the end of the log.
    pub(super) fn run(&mut self, log: &Log) -> Option<Run> {
        let until = self.look(log)?;
        let lease = self.lease.as_ref()?;
        let indices = lease.0.index(self.position)..lease.0.index(until);
        self.position = until;
        Some(Run::shelved(lease.clone(), indices, lease.0.is_expiring()))
    }

    /// Returns the position of the oldest event that may still be read.
    fn first(&self, log: &Log) -> u64 {
        let (begin, tail) = log.range();
        self.position.max(begin).max(tail.saturating_sub(self.capacity))
    }

    /// Has the segment of the next event at hand, giving up what is too far behind. Returns up to where it can be
    /// read now; `None` at the end of the log.
    fn look(&mut self, log: &Log) -> Option<u64> {
        loop {
            let first = self.first(log);
            self.dropped += first - self.position;
            self.position = first;
            let tail = log.tail();
            if first >= tail {
                return None;
            }
            if let Some(lease) = self.lease.as_ref().filter(|lease| lease.0.holds(first)) {
                return Some(lease.0.end().min(tail));
            }
            match log.find(first) {
                Found::Segment(segment) => {
                    self.at.store(segment.start(), Ordering::Relaxed);
                    self.lease = Some(Arc::new(Lease(segment)));
                }
                // It has gone in between; the log begins further on.
                Found::Gone => {}
            }
        }
    }
}
