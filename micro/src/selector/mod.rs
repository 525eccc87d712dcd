//! Selectors: which of several nodes answers the next call.
//!
//! ```
//! use micro::selector::{Candidate, Selector};
//!
//! /// Sends every call to the node with the smallest id.
//! struct First;
//!
//! impl Selector for First {
//!     fn pick(&self, candidates: &[Candidate<'_>]) -> usize {
//!         let first = candidates.iter().enumerate().min_by(|(_, a), (_, b)| a.node.id.cmp(&b.node.id));
//!         first.map_or(usize::MAX, |(index, _)| index)
//!     }
//! }
//! ```
//!
//! The client asks only about nodes that are ready; draining ones are offered when nothing else is left.

mod power_of_two;
mod random;
mod round_robin;

pub use power_of_two::PowerOfTwo;
pub use random::Random;
pub use round_robin::RoundRobin;

use std::sync::Arc;
use std::time::Duration;

use crate::error::Code;
use crate::registry::Node;

/// A node that may be picked, and how busy this client keeps it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Candidate<'a> {
    /// The node.
    pub node: &'a Arc<Node>,
    /// How many calls of this client the node is working on.
    pub in_flight: usize,
}

impl<'a> Candidate<'a> {
    /// Makes a candidate.
    pub fn new(node: &'a Arc<Node>, in_flight: usize) -> Self {
        Candidate { node, in_flight }
    }
}

/// How a call ended that a selector had picked the node for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Finished {
    /// From picking the node to the end of the response body.
    pub latency: Duration,
    /// The code it failed with; `None` when it went well.
    pub code: Option<Code>,
}

impl Finished {
    /// Makes the report of a call's end.
    pub fn new(latency: Duration, code: Option<Code>) -> Self {
        Finished { latency, code }
    }
}

/// Picks a node for each call. One selector serves all calls of a client, from many threads.
pub trait Selector: Send + Sync + 'static {
    /// Picks a candidate by its index. Out of range means none, as does every index of an empty slice.
    fn pick(&self, candidates: &[Candidate<'_>]) -> usize;

    /// Learns how a call ended. Does nothing by default.
    fn finished(&self, node: &Node, finished: &Finished) {
        let _ = (node, finished);
    }
}

/// Picks among the nodes that are ready, and among the draining ones when no other is left.
pub(crate) fn choose(selector: &dyn Selector, candidates: &[Candidate<'_>]) -> Option<usize> {
    let draining = candidates.iter().filter(|candidate| candidate.node.is_draining()).count();
    if draining == 0 || draining == candidates.len() {
        let index = selector.pick(candidates);
        return (index < candidates.len()).then_some(index);
    }
    let ready = candidates.iter().enumerate().filter(|(_, candidate)| !candidate.node.is_draining());
    let (indices, ready): (Vec<usize>, Vec<Candidate<'_>>) =
        ready.map(|(index, candidate)| (index, *candidate)).unzip();
    indices.get(selector.pick(&ready)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::registry::State;

    pub(super) fn nodes(count: usize) -> Vec<Arc<Node>> {
        (0..count).map(|index| Arc::new(Node::new(index.to_string(), "s"))).collect()
    }

    /// Counts how often each of the nodes is picked.
    pub(super) fn picks(
        selector: &dyn Selector,
        nodes: &[Arc<Node>],
        in_flight: &[usize],
        rounds: usize,
    ) -> Vec<usize> {
        let mut counts = vec![0; nodes.len()];
        for _ in 0..rounds {
            let candidates: Vec<_> =
                nodes.iter().zip(in_flight).map(|(node, busy)| Candidate::new(node, *busy)).collect();
            counts[choose(selector, &candidates).unwrap()] += 1;
        }
        counts
    }

    fn all() -> Vec<Box<dyn Selector>> {
        vec![Box::new(PowerOfTwo::new()), Box::new(Random::new()), Box::new(RoundRobin::new())]
    }

    #[test]
    fn draining_nodes_are_picked_only_when_nothing_else_is_left() {
        let mut nodes = nodes(3);
        nodes[0] = Arc::new(Node::new("0", "s").state(State::Draining));
        nodes[2] = Arc::new(Node::new("2", "s").state(State::Draining));
        for selector in all() {
            assert_eq!(picks(&*selector, &nodes, &[0, 9, 0], 100), [0, 100, 0]);
        }
        nodes[1] = Arc::new(Node::new("1", "s").state(State::Draining));
        for selector in all() {
            assert_eq!(picks(&*selector, &nodes, &[0, 0, 0], 100).iter().sum::<usize>(), 100);
        }
    }

    #[test]
    fn nothing_is_picked_from_nothing_and_one_from_one() {
        let nodes = nodes(1);
        for selector in all() {
            assert_eq!(choose(&*selector, &[]), None);
            assert_eq!(choose(&*selector, &[Candidate::new(&nodes[0], 7)]), Some(0));
        }
    }

    #[test]
    fn a_selector_that_answers_out_of_range_picks_none() {
        struct Wild;
        impl Selector for Wild {
            fn pick(&self, candidates: &[Candidate<'_>]) -> usize {
                candidates.len()
            }
        }
        let mut nodes = nodes(2);
        let candidates = |nodes: &[Arc<Node>]| {
            choose(&Wild, &[Candidate::new(&nodes[0], 0), Candidate::new(&nodes[1], 0)])
        };
        assert_eq!(candidates(&nodes), None);
        nodes[0] = Arc::new(Node::new("0", "s").state(State::Draining));
        assert_eq!(candidates(&nodes), None);
    }
}
