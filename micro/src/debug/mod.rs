//! `micro.debug.v1.Debug`: what every service tells about itself, on every wire, without announcing it.
//!
//! The contract and what each answer means stand in `proto/micro/debug/v1/debug.proto`. Here is only where the answers
//! come from: [`State`] holds what a running service knows of itself, and is what the rows of the contract are bound
//! to.

mod answer;
mod convert;
mod describe;
mod log;

use std::fmt;
use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

use crate::client::{Client, TypedClient as _};
use crate::context::Home;
use crate::generated::debug as contract;
use crate::logs::Ring;
use crate::registry::Node;
use crate::service::checks::Readiness;
use crate::service::row::{Bound, bind};
use crate::spec::Spec;
use crate::stats::Stats;

/// The full name of the contract.
pub(crate) const CONTRACT: &str = contract::DebugClient::CONTRACT;

/// What a running service knows of itself.
pub(crate) struct State {
    stats: Stats,
    readiness: Readiness,
    /// `None` where nobody fills one.
    ring: Option<Ring>,
    /// The service's own client, for the nodes it knows.
    client: Client,
    /// The methods and subscribers that are mounted.
    specs: Vec<&'static Spec>,
    /// Known once the service listens.
    node: OnceLock<Node>,
    /// Ends what would go on for ever.
    stopping: CancellationToken,
}

impl State {
    pub(crate) fn new(
        stats: Stats,
        readiness: Readiness,
        ring: Option<Ring>,
        client: Client,
        specs: Vec<&'static Spec>,
    ) -> Arc<State> {
        let (node, stopping) = (OnceLock::new(), CancellationToken::new());
        Arc::new(State { stats, readiness, ring, client, specs, node, stopping })
    }

    /// Says how the service is announced. Only the first word counts.
    pub(crate) fn announced(&self, node: Node) {
        // Fails when it was said before.
        let _ = self.node.set(node);
    }

    /// Says that the service stops: streams end, so that nobody has to wait for them.
    pub(crate) fn stop(&self) {
        self.stopping.cancel();
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("node", &self.node.get()).finish_non_exhaustive()
    }
}

/// Makes the methods of the contract.
pub(crate) fn rows(state: &Arc<State>, home: &Arc<Home>) -> Vec<Bound> {
    bind(<State as contract::Debug>::ROWS_of_a_trait_generated_by_micro_codegen, state, home)
}
