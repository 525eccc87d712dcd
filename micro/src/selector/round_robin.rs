//! Round robin: one after the other.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Candidate, Selector};

/// Picks the nodes in turn.
///
/// One turn is kept for all calls of a client. Clients begin at a random node, so that many short-lived ones do
/// not all begin at the same.
#[derive(Debug)]
pub struct RoundRobin {
    turn: AtomicUsize,
}

impl RoundRobin {
    /// Makes the selector.
    pub fn new() -> Self {
        // Half the range: far from wrapping, where the turn would jump.
        RoundRobin { turn: AtomicUsize::new(fastrand::usize(..usize::MAX / 2)) }
    }
}

impl Default for RoundRobin {
    fn default() -> Self {
        RoundRobin::new()
    }
}

impl Selector for RoundRobin {
    fn pick(&self, candidates: &[Candidate<'_>]) -> usize {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        turn.checked_rem(candidates.len()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{nodes, picks};
    use super::*;

    #[test]
    fn every_node_has_its_turn() {
        let selector = RoundRobin::new();
        assert_eq!(picks(&selector, &nodes(4), &[9, 0, 0, 0], 400), [100; 4]);
        let nodes = nodes(3);
        let candidates: Vec<_> = nodes.iter().map(|node| Candidate::new(node, 0)).collect();
        let first = selector.pick(&candidates);
        assert_eq!(selector.pick(&candidates), (first + 1) % 3);
    }
}
