//! The log of a topic: events in the order they were published, in segments, read without a lock.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;

use tokio::time::Instant;

use crate::broker::Envelope;

/// How many events a segment holds.
const SLOTS: u64 = 256;

/// How many bytes a segment holds before the next one is begun, so that letting one go frees a bounded share.
const SEGMENT_BYTES: usize = 1 << 20;

/// How many bytes a log holds, and how many a queue has in hand besides.
pub(super) const LIMIT: usize = 32 << 20;

/// What an event costs besides what it says: the envelope and its allocations, in bytes.
const WEIGHT: usize = 512;

/// An event in the log.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) envelope: Arc<Envelope>,
    /// When it stops to be worth delivering, by a clock that nobody sets.
    pub(super) expires: Option<Instant>,
    /// What it costs to keep it, in bytes.
    pub(super) size: usize,
}

impl Entry {
    pub(super) fn new(envelope: &Arc<Envelope>) -> Entry {
        let expires = envelope.left().and_then(|left| Instant::now().checked_add(left));
        Entry { envelope: envelope.clone(), expires, size: envelope.size() + WEIGHT }
    }

    pub(super) fn is_expired(&self) -> bool {
        self.expires.is_some_and(|expires| expires <= Instant::now())
    }
}

/// A stretch of the log. Readers hold the one they read; it does not hold its neighbours, so a reader that stands
/// still keeps one segment alive and no more.
pub(super) struct Segment {
    start: u64,
    /// Where the segment ends: at once known when it is closed before it is full.
    end: AtomicU64,
    /// Whether any of its events expires; said before the tail passes the first one.
    expiring: AtomicBool,
    slots: [OnceLock<Entry>; SLOTS as usize],
}

impl Segment {
    fn new(start: u64) -> Segment {
        let slots = [const { OnceLock::new() }; SLOTS as usize];
        Segment { start, end: AtomicU64::new(start + SLOTS), expiring: AtomicBool::new(false), slots }
    }

    pub(super) fn start(&self) -> u64 {
        self.start
    }

    pub(super) fn holds(&self, position: u64) -> bool {
        (self.start..self.end()).contains(&position)
    }

    /// Returns the position after its last one.
    pub(super) fn end(&self) -> u64 {
        self.end.load(Ordering::Acquire)
    }

    /// Tells whether any of the events below the log's tail expires.
    pub(super) fn is_expiring(&self) -> bool {
        self.expiring.load(Ordering::Relaxed)
    }

    /// Returns the index of a position that the segment holds, or ends before.
    pub(super) fn index(&self, position: u64) -> u32 {
        // At most the number of slots, so it fits.
        (position - self.start) as u32
    }

    /// Returns the event at an index, of a position below the log's tail.
    pub(super) fn at(&self, index: u32) -> &Entry {
        self.slots[index as usize].get().expect("a slot is filled before the tail passes it")
    }
}

/// What is found at a position.
pub(super) enum Found {
    /// Its segment.
    Segment(Arc<Segment>),
    /// Nothing any more: the log begins later.
    Gone,
}

#[derive(Default)]
pub(super) struct Log {
    /// The position of the next event.
    tail: AtomicU64,
    /// The position of the oldest event that is kept.
    begin: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    segments: VecDeque<(Arc<Segment>, usize)>,
    bytes: usize,
    readers: HashMap<u64, Reader>,
    /// How many events the reader that may be behind most may be behind; `None` without readers.
    behind: Option<u64>,
    /// Who waits for the next event.
    parked: HashMap<u64, Waker>,
}

struct Reader {
    /// How many events it may be behind.
    capacity: u64,
    /// Where the segment begins that it reads.
    at: Arc<AtomicU64>,
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the position of the next event.
    pub(super) fn tail(&self) -> u64 {
        self.tail.load(Ordering::Acquire)
    }

    /// Returns the position of the oldest event that is kept, and that of the next one.
    pub(super) fn range(&self) -> (u64, u64) {
        (self.begin.load(Ordering::Acquire), self.tail())
    }

    /// Adds a reader that may be `capacity` events behind. Returns where it begins, and what it has to keep at the
    /// beginning of the segment it reads: what all have read is let go of.
    pub(super) fn join(&self, reader: u64, capacity: u64) -> (u64, Arc<AtomicU64>) {
        let mut state = self.lock();
        let position = self.tail();
        let at = Arc::new(AtomicU64::new(position));
        state.readers.insert(reader, Reader { capacity, at: at.clone() });
        state.behind = state.behind.max(Some(capacity));
        (position, at)
    }

    /// Takes a reader out.
    pub(super) fn leave(&self, reader: u64) {
        let mut state = self.lock();
        state.readers.remove(&reader);
        state.parked.remove(&reader);
        state.behind = state.readers.values().map(|reader| reader.capacity).max();
        if state.behind.is_none() {
            (state.segments, state.bytes) = (VecDeque::new(), 0);
        }
        self.trim(&mut state);
    }

    /// Appends an event. Returns who has to be told.
    pub(super) fn append(&self, entry: Entry) -> Vec<Waker> {
        let mut state = self.lock();
        if state.behind.is_none() {
            return Vec::new();
        }
        let position = self.tail();
        let size = entry.size;
        let fits = state.segments.back().is_some_and(|(segment, bytes)| {
            segment.holds(position) && (*bytes == 0 || bytes + size <= SEGMENT_BYTES)
        });
        if !fits {
            if let Some((last, _)) = state.segments.back() {
                last.end.store(position, Ordering::Release);
            }
            state.segments.push_back((Arc::new(Segment::new(position)), 0));
            // Only here, as only whole segments go.
            self.trim(&mut state);
        }
        if let Some((segment, bytes)) = state.segments.back_mut() {
            *bytes += size;
            if let Some(slot) =
                usize::try_from(position - segment.start).ok().and_then(|at| segment.slots.get(at))
            {
                if entry.expires.is_some() {
                    segment.expiring.store(true, Ordering::Relaxed);
                }
                // Empty: positions are given out once.
                let _ = slot.set(entry);
            }
        }
        state.bytes += size;
        // Readers look at a slot only below the tail, so it is filled before they do.
        self.tail.store(position + 1, Ordering::Release);
        state.parked.drain().map(|(_, waker)| waker).collect()
    }

    /// Lets segments go that nobody will read: those all have read or are too far behind for, and the oldest where the
    /// log is over its limit.
    fn trim(&self, state: &mut State) {
        let tail = self.tail();
        let read =
            state.readers.values().map(|reader| reader.at.load(Ordering::Relaxed)).min().unwrap_or(tail);
        let passed = read.max(tail.saturating_sub(state.behind.unwrap_or(0)));
        while state.segments.len() > 1
            && let Some((first, bytes)) = state.segments.front()
            && (first.end() <= passed || state.bytes > LIMIT)
        {
            state.bytes -= bytes;
            state.segments.pop_front();
        }
        let begin = state.segments.front().map_or(tail, |(segment, _)| segment.start);
        self.begin.store(begin, Ordering::Release);
    }

    /// Finds the segment of a position below the tail.
    pub(super) fn find(&self, position: u64) -> Found {
        let state = self.lock();
        let index = state.segments.partition_point(|(segment, _)| segment.start <= position);
        match index.checked_sub(1).and_then(|index| state.segments.get(index)) {
            Some((segment, _)) if segment.holds(position) => Found::Segment(segment.clone()),
            _ => Found::Gone,
        }
    }

    /// Has `waker` woken when there is an event at `position`. Tells whether there is one already.
    pub(super) fn park(&self, reader: u64, position: u64, waker: &Waker) -> bool {
        let mut state = self.lock();
        if self.tail() > position {
            return true;
        }
        state
            .parked
            .entry(reader)
            .and_modify(|parked| parked.clone_from(waker))
            .or_insert_with(|| waker.clone());
        false
    }

    /// Returns how many bytes and segments are kept.
    #[cfg(test)]
    pub(super) fn kept(&self) -> (usize, usize) {
        let state = self.lock();
        (state.bytes, state.segments.len())
    }
}
