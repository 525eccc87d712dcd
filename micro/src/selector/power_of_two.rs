//! Power of two choices: two nodes at random, the less busy one wins.
//!
//! Nearly as even as asking all nodes, without the herd that follows when everybody knows the least busy one.
//! See Mitzenmacher, "The power of two choices in randomized load balancing".

use super::{Candidate, Selector};

/// Draws two nodes at random and picks the one with fewer calls in flight. The default.
#[derive(Clone, Copy, Debug, Default)]
pub struct PowerOfTwo(());

impl PowerOfTwo {
    /// Makes the selector.
    pub fn new() -> Self {
        PowerOfTwo(())
    }
}

impl Selector for PowerOfTwo {
    fn pick(&self, candidates: &[Candidate<'_>]) -> usize {
        let count = candidates.len();
        if count < 2 {
            return 0;
        }
        let first = fastrand::usize(..count);
        // Drawn from one fewer and moved past the first, so that the two differ.
        let mut second = fastrand::usize(..count - 1);
        if second >= first {
            second += 1;
        }
        // The order of the two is random, so either side may win a tie.
        if candidates[second].in_flight < candidates[first].in_flight { second } else { first }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{nodes, picks};
    use super::*;

    use crate::selector::choose;

    #[test]
    fn equally_busy_nodes_share_evenly() {
        let counts = picks(&PowerOfTwo::new(), &nodes(4), &[3; 4], 40_000);
        // Each share is binomial with a standard deviation of about 87.
        assert!(counts.iter().all(|count| (9_300..10_700).contains(count)), "{counts:?}");
    }

    #[test]
    fn the_busiest_node_is_never_picked_among_others() {
        let counts = picks(&PowerOfTwo::new(), &nodes(3), &[5, 50, 5], 10_000);
        assert_eq!(counts[1], 0, "{counts:?}");
    }

    #[test]
    fn calls_that_pile_up_stay_level() {
        let nodes = nodes(10);
        let mut busy = [0; 10];
        for _ in 0..10_000 {
            let candidates: Vec<_> =
                nodes.iter().zip(busy).map(|(node, busy)| Candidate::new(node, busy)).collect();
            busy[choose(&PowerOfTwo::new(), &candidates).unwrap()] += 1;
        }
        let spread = busy.iter().max().unwrap() - busy.iter().min().unwrap();
        assert!(spread < 20, "{busy:?}");
    }
}
