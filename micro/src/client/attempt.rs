//! The attempts of one call: pick a node, send, and try another when the call provably did not run.

use std::sync::Arc;

use super::balance::{Counted, View};
use super::flight::Flight;
use super::retry::{self, Replay};
use super::target::Target;
use super::{Inner, no_node};
use crate::error::{Error, Outcome, Result};
use crate::layer::{BoxFuture, Endpoint, Request, Response};
use crate::registry::Node;
use crate::selector::{self, Candidate};

/// The end of the client's layers.
pub(super) struct Attempts {
    pub(super) target: Target,
    /// The one node that may answer, when the caller has chosen it.
    pub(super) to: Option<Arc<Node>>,
    /// How many attempts there may be in all.
    pub(super) limit: u32,
    /// Whether to wait for a node when there is none.
    pub(super) wait_for_ready: bool,
}

impl Endpoint for Attempts {
    fn call(&self, request: Request) -> BoxFuture<'_, Result<Response>> {
        Box::pin(self.run(request))
    }
}

impl Attempts {
    async fn run(&self, request: Request) -> Result<Response> {
        let Request { spec, info, encoding, body } = request;
        let inner = self.target.inner();
        let replay = Replay::new(body);
        let mut tried: Vec<Arc<Node>> = Vec::new();
        let mut failure: Option<Error> = None;
        loop {
            let view = match self.view().await {
                Ok(view) => view,
                // Why the last attempt failed says more than that nobody is left.
                Err(error) => return Err(failure.unwrap_or_else(|| error.with_outcome(Outcome::NotSent))),
            };
            let Some(counted) = pick(inner, &view, &tried) else {
                return Err(failure.unwrap_or_else(|| refused(&self.target)));
            };
            let flight = Flight::begin(counted, &inner.selector);
            let node = flight.node().clone();
            let request = Request::new(spec, info.clone(), encoding.clone(), replay.body());
            let error = match inner.transport.call(&node, request).await {
                Ok(response) => return Ok(flight.follow(spec, response)),
                Err(error) => error,
            };
            flight.end(Err(&error));
            tried.push(node);
            let failed = u32::try_from(tried.len()).unwrap_or(u32::MAX);
            if failed >= self.limit || !error.outcome().is_safe_to_retry() || !replay.is_whole() {
                return Err(error);
            }
            tracing::debug!(
                endpoint = spec.path,
                error = %error,
                outcome = error.outcome().as_str(),
                attempt = failed,
                "trying again"
            );
            failure = Some(error);
            tokio::time::sleep(retry::pause(failed)).await;
        }
    }

    /// Returns the nodes that may answer, at least one.
    async fn view(&self) -> Result<Arc<View>> {
        if let Some(node) = &self.to {
            return Ok(Arc::new(self.target.inner().balance.view([node.clone()].into())));
        }
        loop {
            let view = match self.target.view().await {
                Ok(view) => view,
                Err(error) if !self.wait_for_ready => return Err(error),
                // The registry does not answer; bounded by the deadline of the call like the wait below.
                Err(_) => {
                    let none: Arc<[Arc<Node>]> = Arc::new([]);
                    self.target.inner().cache.changed(self.target.query(), &none).await;
                    continue;
                }
            };
            if !view.nodes.is_empty() {
                return Ok(view);
            }
            if !self.wait_for_ready {
                return Err(no_node::error(&self.target).await);
            }
            // Bounded by the deadline of the call, which is what waiting was asked for.
            self.target.inner().cache.changed(self.target.query(), view.source()).await;
        }
    }
}

/// Picks a node: one that was not tried yet and can be reached now, if there is one.
fn pick<'a>(inner: &Inner, view: &'a View, tried: &[Arc<Node>]) -> Option<&'a Counted> {
    let untried = |counted: &&Counted| !tried.iter().any(|node| node.id == counted.node.id);
    let mut candidates: Vec<&Counted> = view.nodes.iter().filter(untried).collect();
    if candidates.is_empty() {
        candidates = view.nodes.iter().collect();
    }
    while candidates.len() > 1 {
        let index = choose(inner, &candidates)?;
        // Asked about the chosen one only: with everybody in reach, which is the rule, it is one question.
        if !inner.transport.is_backing_off(&candidates[index].node) {
            return Some(candidates[index]);
        }
        candidates.swap_remove(index);
    }
    // The last one is waited for.
    choose(inner, &candidates).map(|index| candidates[index])
}

fn choose(inner: &Inner, candidates: &[&Counted]) -> Option<usize> {
    let offered: Vec<Candidate<'_>> =
        candidates.iter().map(|counted| Candidate::new(&counted.node, counted.in_flight())).collect();
    selector::choose(&*inner.selector, &offered)
}

fn refused(target: &Target) -> Error {
    Error::unavailable(format!("the selector picked none of the nodes that serve {}", target.contract()))
        .with_outcome(Outcome::NotSent)
}
