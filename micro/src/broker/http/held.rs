//! The bytes that events hold while they wait: counted, so that they are bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A number of bytes that may be held at a time. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    held: Arc<AtomicUsize>,
    limit: usize,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Budget { held: Arc::default(), limit }
    }

    /// Begins to hold nothing.
    pub(super) fn hold(&self) -> Held {
        Held { of: self.clone(), bytes: 0 }
    }
}

/// The bytes of one event, counted until this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    of: Budget,
    bytes: usize,
}

impl Held {
    /// Holds that many more. False when too many are held already, by all together.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let before = self.of.held.fetch_add(bytes, Ordering::AcqRel);
        self.bytes += bytes;
        before.saturating_add(bytes) <= self.of.limit
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.of.held.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_bounded_for_all_together_and_given_back() {
        let budget = Budget::new(10);
        let (mut one, mut two) = (budget.hold(), budget.hold());
        assert!(one.grow(6) && two.grow(4));
        assert!(!one.grow(1));
        drop(one);
        assert!(two.grow(6) && !two.grow(1));
    }
}
