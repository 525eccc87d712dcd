//! A selector: the least busy node of one's own zone, and of all zones when one's own has none.

use micro::selector::{Candidate, Selector};

/// Prefers the nodes of a zone.
#[derive(Clone, Debug)]
pub struct SameZone {
    zone: String,
}

impl SameZone {
    /// Prefers the nodes of `zone`.
    pub fn new(zone: impl Into<String>) -> Self {
        SameZone { zone: zone.into() }
    }
}

impl Selector for SameZone {
    fn pick(&self, candidates: &[Candidate<'_>]) -> usize {
        let away = |candidate: &Candidate<'_>| candidate.node.zone != self.zone;
        let best =
            candidates.iter().enumerate().min_by_key(|(_, candidate)| (away(candidate), candidate.in_flight));
        best.map_or(usize::MAX, |(index, _)| index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::Arc;

    use micro::registry::Node;

    #[test]
    fn its_own_zone_goes_before_idleness_and_any_zone_before_none() {
        let nodes = ["east", "west", "west"].map(|zone| Arc::new(Node::new(zone, "s").zone(zone)));
        let candidates: Vec<_> =
            nodes.iter().zip([0, 9, 3]).map(|(node, busy)| Candidate::new(node, busy)).collect();
        assert_eq!(SameZone::new("west").pick(&candidates), 2);
        assert_eq!(SameZone::new("north").pick(&candidates), 0);
        assert!(SameZone::new("west").pick(&[]) >= 1);
    }
}
