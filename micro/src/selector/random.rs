//! Random choice: stateless and even in the long run.

use super::{Candidate, Selector};

/// Picks any node with the same chance.
#[derive(Clone, Copy, Debug, Default)]
pub struct Random(());

impl Random {
    /// Makes the selector.
    pub fn new() -> Self {
        Random(())
    }
}

impl Selector for Random {
    fn pick(&self, candidates: &[Candidate<'_>]) -> usize {
        if candidates.is_empty() { 0 } else { fastrand::usize(..candidates.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{nodes, picks};
    use super::*;

    #[test]
    fn every_node_gets_its_share_however_busy() {
        let counts = picks(&Random::new(), &nodes(4), &[0, 10, 100, 1_000], 40_000);
        // Each share is binomial with a standard deviation of about 87.
        assert!(counts.iter().all(|count| (9_300..10_700).contains(count)), "{counts:?}");
    }
}
