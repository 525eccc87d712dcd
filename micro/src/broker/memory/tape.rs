//! A place in a log, and the events from there on.

use std::sync::Arc;

use crate::broker::Envelope;
use crate::event::{Run, Shelf};

use super::log::{Entry, Found, Log, Segment};

/// Reads a log from a place on, dropping the oldest events when it is too far behind.
pub(super) struct Tape {
    position: u64,
    /// Up to where the segment at hand can be read without asking the log.
    until: u64,
    /// How many events may wait.
    capacity: u64,
    lease: Option<Arc<Lease>>,
    /// How many events were lost by being too far behind.
    pub(super) dropped: u64,
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
    pub(super) fn new(position: u64, capacity: usize) -> Tape {
        let capacity = u64::try_from(capacity).unwrap_or(u64::MAX);
        Tape { position, until: position, capacity, lease: None, dropped: 0 }
    }

    /// Returns where the next event is, or will be.
    pub(super) fn position(&self) -> u64 {
        self.position
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
            if self.position >= self.until && !self.refill(log) {
                return None;
            }
            let segment = &self.lease.as_ref()?.0;
            let index = segment.index(self.position);
            self.position += 1;
            if !segment.at(index).is_expired() {
                break index;
            }
        };
        Some((self.lease.as_ref()?, index))
    }

    /// Reads what can be read without asking the log again, expired events too; `None` at the end of the log.
    pub(super) fn run(&mut self, log: &Log) -> Option<Run> {
        if self.position >= self.until && !self.refill(log) {
            return None;
        }
        let lease = self.lease.as_ref()?;
        let indices = lease.0.index(self.position)..lease.0.index(self.until);
        self.position = self.until;
        Some(Run::shelved(lease.clone(), indices, lease.0.is_expiring()))
    }

    /// Asks the log what there is from here on, giving up what is too far behind. Tells whether there is anything.
    fn refill(&mut self, log: &Log) -> bool {
        loop {
            let tail = log.tail();
            let behind = tail.saturating_sub(self.position);
            if behind == 0 {
                return false;
            }
            if behind > self.capacity {
                self.drop_until(tail - self.capacity);
            }
            if let Some(lease) = self.lease.as_ref().filter(|lease| lease.0.holds(self.position)) {
                self.until = lease.0.end().min(tail);
                return true;
            }
            match log.find(self.position) {
                Found::Segment(segment) => self.lease = Some(Arc::new(Lease(segment))),
                // The log has its own limit. Always further on: what is there is found.
                Found::Begins(first) => self.drop_until(first.max(self.position + 1)),
            }
        }
    }

    fn drop_until(&mut self, position: u64) {
        self.dropped += position - self.position;
        (self.position, self.until) = (position, position);
    }
}
