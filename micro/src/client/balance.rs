//! How busy this client keeps each node.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::registry::Node;
use crate::wire::grpc;

/// Counts calls in flight by node id, for all calls of a client.
#[derive(Debug, Default)]
pub(super) struct Balance {
    busy: Mutex<HashMap<String, Arc<AtomicUsize>>>,
}

/// A node and the count of what it works on.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) node: Arc<Node>,
    busy: Arc<AtomicUsize>,
}

impl Counted {
    /// Returns how many calls the node works on.
    pub(super) fn in_flight(&self) -> usize {
        self.busy.load(Ordering::Relaxed)
    }

    pub(super) fn begin(&self) {
        self.busy.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The callable nodes of one answer of the registry cache, with their counts, so that picking one takes no lock.
#[derive(Debug)]
pub(super) struct View {
    source: Arc<[Arc<Node>]>,
    pub(super) nodes: Vec<Counted>,
}

impl View {
    /// Tells whether the view was made of this very answer.
    pub(super) fn is_of(&self, source: &Arc<[Arc<Node>]>) -> bool {
        Arc::ptr_eq(&self.source, source)
    }

    /// Returns the answer the view was made of.
    pub(super) fn source(&self) -> &Arc<[Arc<Node>]> {
        &self.source
    }
}

impl Balance {
    /// Finds the counts of nodes. Nodes that do not speak our wire are left out.
    pub(super) fn view(&self, source: Arc<[Arc<Node>]>) -> View {
        let speaks =
            |node: &&Arc<Node>| node.wires.is_empty() || node.wires.iter().any(|wire| wire == grpc::NAME);
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |node: &Arc<Node>| Counted {
            node: node.clone(),
            busy: match busy.get(&node.id) {
                Some(count) => count.clone(),
                None => busy.entry(node.id.clone()).or_default().clone(),
            },
        };
        let nodes: Vec<Counted> = source.iter().filter(speaks).map(count).collect();
        // Ids come and go with processes: counts that no view and no call holds are let go now and then.
        if busy.len() > 64 && busy.len() > 2 * nodes.len() {
            busy.retain(|_, count| Arc::strong_count(count) > 1);
        }
        View { source, nodes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(ids: &[&str]) -> Arc<[Arc<Node>]> {
        ids.iter().map(|id| Arc::new(Node::new(*id, "s"))).collect()
    }

    #[test]
    fn views_share_the_counts_of_a_node() {
        let balance = Balance::default();
        let (one, two) = (balance.view(nodes(&["a", "b"])), balance.view(nodes(&["b"])));
        two.nodes[0].begin();
        assert_eq!((one.nodes[0].in_flight(), one.nodes[1].in_flight()), (0, 1));
        two.nodes[0].end();
        assert_eq!(one.nodes[1].in_flight(), 0);
    }

    #[test]
    fn counts_of_nodes_that_are_gone_are_let_go() {
        let balance = Balance::default();
        let held = balance.view(nodes(&["held"]));
        for index in 0..500 {
            balance.view(nodes(&[&index.to_string()]));
        }
        let busy = balance.busy.lock().unwrap();
        assert!(busy.len() <= 66 && busy.contains_key("held"), "{}", busy.len());
        drop(held);
    }

    #[test]
    fn nodes_of_another_wire_are_left_out() {
        let source: Arc<[Arc<Node>]> =
            [Node::new("a", "s").wire("json"), Node::new("b", "s").wire("grpc")].map(Arc::new).into();
        let view = Balance::default().view(source.clone());
        assert_eq!(view.nodes.iter().map(|counted| counted.node.id.as_str()).collect::<Vec<_>>(), ["b"]);
        assert!(view.is_of(&source));
    }
}
