//! Events that are lent: where readers look at them without owning them.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::{Delivery, Envelope};

/// Holds the envelopes of deliveries. A backend that shares envelopes between subscriptions gives each of them a
/// shelf of its own: counting references on an envelope that everybody gets would cost more than reading it.
pub(crate) trait Shelf: Send + Sync {
    /// Returns the envelope at an index that was put into a delivery or a run.
    fn envelope(&self, index: u32) -> &Envelope;

    /// Tells whether the event at an index is not worth delivering any more.
    fn is_expired(&self, _: u32) -> bool {
        false
    }
}

impl Shelf for Envelope {
    fn envelope(&self, _: u32) -> &Envelope {
        self
    }
}

impl Shelf for Vec<Arc<Envelope>> {
    fn envelope(&self, index: u32) -> &Envelope {
        &self[index as usize]
    }
}

/// Some events in their order, lent to a subscriber by a [`Source`](crate::broker::Source).
pub struct Run {
    shelf: Arc<dyn Shelf>,
    next: u32,
    end: u32,
    expiring: bool,
}

impl Run {
    /// Makes a run of what is on a shelf. `expiring` says that some of it may expire.
    pub(crate) fn shelved(shelf: Arc<dyn Shelf>, indices: Range<u32>, expiring: bool) -> Self {
        Run { shelf, next: indices.start, end: indices.end, expiring }
    }

    /// Goes to the next event. Tells whether there is one.
    #[inline]
    pub(crate) fn advance(&mut self) -> bool {
        while self.next < self.end {
            self.next += 1;
            if !self.expiring || !self.shelf.is_expired(self.next - 1) {
                return true;
            }
        }
        false
    }

    /// Returns the event gone to.
    #[inline]
    pub(crate) fn current(&self) -> &Envelope {
        self.shelf.envelope(self.next - 1)
    }

    /// Takes the next event out.
    pub(crate) fn pop(&mut self) -> Option<Delivery> {
        self.advance().then(|| Delivery::shelved(self.shelf.clone(), self.next - 1))
    }
}

/// Makes a run of these events, of at most 2³² - 1.
impl From<Vec<Arc<Envelope>>> for Run {
    fn from(events: Vec<Arc<Envelope>>) -> Self {
        let end = u32::try_from(events.len()).unwrap_or(u32::MAX);
        Run::shelved(Arc::new(events), 0..end, false)
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Run({} events)", self.end - self.next)
    }
}
