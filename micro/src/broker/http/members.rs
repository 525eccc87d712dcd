//! How a node has done lately, at one lane.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::registry::Node;

/// How many failures in a row make a node dead.
pub(super) const FAILURES: u32 = 5;

/// The first pause after a failure, and the longest one before a node is taken for dead.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(30);

/// The first pause before the dead are tried again, and the longest one.
const FIRST_PROBE: Duration = Duration::from_secs(1);
const LONGEST_PROBE: Duration = Duration::from_secs(60);

/// The longest pause after a node has said no.
const LONGEST_REFUSAL: Duration = Duration::from_secs(2);

/// A node as one lane knows it.
#[derive(Debug, Default)]
pub(super) struct Member {
    /// Events on their way to it.
    pub(super) in_flight: usize,
    /// Failures in a row.
    pub(super) failures: u32,
    /// Refusals in a row.
    refusals: u32,
    /// Before this it gets nothing.
    pub(super) next: Option<Instant>,
    /// What the last failure said.
    pub(super) why: String,
    failed_at: Option<Instant>,
    /// The node as it was when it wanted no such events, and until when that is believed unless the registry says
    /// something else of it.
    gone: Option<(Arc<Node>, Instant)>,
    /// How often in a row it wanted none.
    departures: u32,
}

impl Member {
    /// Tells whether the node, as the registry has it, gets no events.
    pub(super) fn is_gone(&self, node: &Arc<Node>, now: Instant) -> bool {
        let same = |gone: &Arc<Node>| Arc::ptr_eq(gone, node) || gone == node;
        self.gone.as_ref().is_some_and(|(gone, until)| now < *until && same(gone))
    }

    /// Notes that the node wants no such events. It is asked again after a while, as it may want them again before the
    /// registry tells a difference.
    pub(super) fn leave(&mut self, node: Arc<Node>) {
        let pause = doubled(FIRST_PROBE, self.departures, LONGEST_PROBE);
        self.departures = self.departures.saturating_add(1);
        self.gone = Some((node, Instant::now() + pause));
    }

    /// Notes that a try which began then has failed. Tries that began before the last failure was noted say nothing
    /// new.
    pub(super) fn failed(&mut self, begun: Instant, why: &str) {
        if self.failed_at.is_some_and(|at| begun <= at) {
            return;
        }
        let now = Instant::now();
        self.failures = self.failures.saturating_add(1);
        self.failed_at = Some(now);
        why.clone_into(&mut self.why);
        let pause = match self.failures.checked_sub(FAILURES) {
            None => pause(self.failures),
            Some(probes) => doubled(FIRST_PROBE, probes, LONGEST_PROBE),
        };
        self.next = Some(now + pause);
    }

    /// Notes that the node was there and said no.
    pub(super) fn refused(&mut self, after: Option<Duration>) {
        let pause = doubled(FIRST, self.refusals, LONGEST_REFUSAL).max(after.unwrap_or_default());
        self.refusals = self.refusals.saturating_add(1);
        let now = Instant::now();
        self.next = now.checked_add(pause).or(self.next);
    }

    /// Notes that the node answers.
    pub(super) fn well(&mut self) {
        let in_flight = self.in_flight;
        *self = Member { in_flight, ..Member::default() };
    }
}

/// Returns the pause after so many failures: 100 ms, doubled each time up to 30 s, give or take a fifth.
pub(super) fn pause(failures: u32) -> Duration {
    doubled(FIRST, failures.saturating_sub(1), LONGEST)
}

fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    let pause = first.saturating_mul(1 << times.min(16)).min(longest);
    pause.mul_f64(0.8 + 0.4 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn failures_at_once_are_one_and_pauses_grow() {
        let mut member = Member::default();
        let mut shortest = Duration::ZERO;
        for failures in 1..=20 {
            let begun = Instant::now();
            tokio::time::advance(Duration::from_millis(1)).await;
            member.failed(begun, "x");
            member.failed(begun, "y");
            assert_eq!((member.failures, member.why.as_str()), (failures, "x"));
            let pause = member.next.unwrap() - Instant::now();
            assert!(
                pause >= shortest.mul_f64(0.6) && pause <= LONGEST_PROBE.mul_f64(1.21),
                "{failures}: {pause:?}"
            );
            shortest = pause;
            tokio::time::advance(pause).await;
        }
        assert!(shortest >= LONGEST_PROBE.mul_f64(0.79));
        member.well();
        assert_eq!((member.failures, member.next), (0, None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_is_gone_for_a_while_or_until_the_registry_says_something_else_of_it() {
        let node = Arc::new(Node::new("a", "s"));
        let mut member = Member::default();
        for seconds in [1, 2, 4] {
            member.leave(node.clone());
            let now = Instant::now();
            assert!(member.is_gone(&node, now) && member.is_gone(&Arc::new(Node::new("a", "s")), now));
            assert!(!member.is_gone(&Arc::new(Node::new("a", "s").version("2")), now));
            let pause = Duration::from_secs(seconds);
            assert!(member.is_gone(&node, now + pause.mul_f64(0.79)));
            assert!(!member.is_gone(&node, now + pause.mul_f64(1.21)));
        }
        member.well();
        assert!(!member.is_gone(&node, Instant::now()));
    }
}
