//! Two registries as one: what one does not know, or cannot do just now, the other one may.
//!
//! A node is registered with both and found through either. A lookup is as fast as the faster one that knows
//! somebody; a node is gone when it is gone from both. Where both know a node, the one that tells more of it
//! counts, and one that drains anywhere drains.

mod follow;

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::error::{Error, Result};

use super::{Capability, Handle, Node, Query, Register, Registry, Watch};

/// How long the slower registry may still take when the faster one has told of somebody.
const GRACE: Duration = Duration::from_millis(25);
/// The same where everything is asked for, or something is to be changed.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the slower registry may take when the faster one knows nobody.
const LIMIT: Duration = Duration::from_secs(5);

/// Two registries that are used as one; for more, merge again. Clones share everything.
///
/// ```
/// use micro::registry::{Handle, Memory, Merged};
///
/// let registry = Handle::from(Merged::new(Memory::new(), Memory::new()));
/// assert_eq!(registry.name(), "memory+memory:");
/// ```
#[derive(Clone)]
pub struct Merged {
    inner: Arc<Inner>,
}

struct Inner {
    sides: [Side; 2],
    /// Those that fill watches; they end with the last clone.
    following: Mutex<JoinSet<()>>,
}

/// One of the registries.
struct Side {
    registry: Handle,
    /// Whether it was said that it fails, while it does.
    failing: AtomicBool,
}

impl Merged {
    /// Merges two registries. Where both tell as much of a node, the first one counts.
    pub fn new(first: impl Into<Handle>, second: impl Into<Handle>) -> Self {
        let side = |registry| Side { registry, failing: AtomicBool::new(false) };
        let sides = [side(first.into()), side(second.into())];
        Merged { inner: Arc::new(Inner { sides, following: Mutex::default() }) }
    }
}

impl Side {
    /// Logs that the registry fails, or does so no more, once each.
    fn note<T>(&self, outcome: &Result<T>) {
        let registry = self.registry.name();
        match outcome {
            Err(error) if !self.failing.swap(true, Ordering::Relaxed) => {
                tracing::warn!(registry, error = ?error, "one of two registries fails; going on with the other");
            }
            Ok(_) if self.failing.swap(false, Ordering::Relaxed) => {
                tracing::info!(registry, "the registry answers again");
            }
            _ => {}
        }
    }

    /// Tells whether a node means something to those who read the registry.
    fn takes(&self, node: &Node) -> bool {
        let only_here =
            !node.addresses.is_empty() && node.addresses.iter().all(|address| address.is_loopback());
        !only_here || self.registry.capability().takes_loopback()
    }
}

impl Inner {
    /// Waits for what is done with each registry; succeeds when one did. Once one has, the other gets no more than
    /// a while.
    async fn both<F>(&self, [one, two]: [Option<F>; 2]) -> Result<()>
    where
        F: Future<Output = Result<()>>,
    {
        let allowed = |done: &Option<Result<()>>| match done {
            Some(Ok(())) => PATIENCE,
            _ => LIMIT,
        };
        let (first, second) = race(perhaps(one), perhaps(two), allowed).await;
        let outcomes =
            [first.unwrap_or_else(|| Some(Err(slow()))), second.unwrap_or_else(|| Some(Err(slow())))];
        let mut failed = None;
        let mut succeeded = false;
        for (side, outcome) in self.sides.iter().zip(outcomes) {
            let Some(outcome) = outcome else { continue };
            side.note(&outcome);
            match outcome {
                Ok(()) => succeeded = true,
                Err(error) => _ = failed.get_or_insert(error),
            }
        }
        match failed {
            _ if succeeded => Ok(()),
            Some(error) => Err(error),
            None => Err(Error::failed_precondition(
                "the node listens on loopback only, and neither registry is for such nodes",
            )),
        }
    }

    async fn look_up(&self, query: &Query) -> Result<Vec<Node>> {
        let grace = if *query == Query::all() { PATIENCE } else { GRACE };
        let [one, two] = self.sides.each_ref().map(|side| side.registry.lookup(query));
        let known = |done: &Result<Vec<Node>>| match done {
            Ok(nodes) if !nodes.is_empty() => grace,
            _ => LIMIT,
        };
        let (first, second) = race(one, two, known).await;
        let mut merged = std::collections::BTreeMap::<String, Node>::new();
        let mut failed = None;
        let mut answered = false;
        for (side, outcome) in self.sides.iter().zip([first, second]) {
            // Being slower than the other one is no failure.
            let Some(outcome) = outcome else { continue };
            side.note(&outcome);
            match outcome {
                Ok(nodes) => {
                    answered = true;
                    for node in nodes {
                        let known = merged.remove(&node.id);
                        let node = match known {
                            Some(known) => better(&known, &node).unwrap_or(known),
                            None => node,
                        };
                        merged.insert(node.id.clone(), node);
                    }
                }
                Err(error) => _ = failed.get_or_insert(error),
            }
        }
        match failed {
            Some(error) if !answered => Err(error),
            _ => Ok(merged.into_values().collect()),
        }
    }
}

async fn perhaps<T>(acting: Option<impl Future<Output = T>>) -> Option<T> {
    match acting {
        Some(acting) => Some(acting.await),
        None => None,
    }
}

fn slow() -> Error {
    Error::deadline_exceeded("the registry took too long")
}

/// Waits for both; once one is done, for the other no longer than that one's result allows. `None` for one that was
/// given up.
async fn race<A>(
    one: impl Future<Output = A>,
    two: impl Future<Output = A>,
    allowed: impl Fn(&A) -> Duration,
) -> (Option<A>, Option<A>) {
    let mut one = pin!(one);
    let mut two = pin!(two);
    tokio::select! {
        biased;
        first = &mut one => {
            let second = tokio::time::timeout(allowed(&first), two).await.ok();
            (Some(first), second)
        }
        second = &mut two => {
            let first = tokio::time::timeout(allowed(&second), one).await.ok();
            (first, Some(second))
        }
    }
}

/// Returns the node to go on with when it is not `known`: the one that tells more, draining if either is.
fn better(known: &Node, other: &Node) -> Option<Node> {
    let more = other.endpoints.len() > known.endpoints.len();
    let drains = other.is_draining() && !known.is_draining();
    match (more, drains) {
        (false, false) => None,
        (false, true) => Some(known.clone().state(other.state)),
        (true, _) if known.is_draining() => Some(other.clone().state(known.state)),
        (true, _) => Some(other.clone()),
    }
}

impl Registry for Merged {
    fn name(&self) -> String {
        let names = self.inner.sides.each_ref().map(|side| side.registry.name());
        let [first, second] =
            names.each_ref().map(|name| name.split_once(':').unwrap_or((name.as_str(), "")));
        let rests: Vec<&str> = [first.1, second.1].into_iter().filter(|rest| !rest.is_empty()).collect();
        format!("{}+{}:{}", first.0, second.0, rests.join(","))
    }

    fn capability(&self) -> Capability {
        let [one, two] = self.inner.sides.each_ref().map(|side| side.registry.capability());
        Capability {
            // What has to hold wherever a node is found has to hold for both.
            expires: one.expires && two.expires,
            process_bound: one.process_bound && two.process_bound,
            any_writer: one.any_writer && two.any_writer,
            whole: one.whole && two.whole,
            // Somebody reads what one of them is told.
            shared: one.shared || two.shared,
            remote: one.remote || two.remote,
            loopback: one.takes_loopback() || two.takes_loopback(),
        }
    }

    async fn register(&self, node: &Node, options: &Register) -> Result<()> {
        let sides = self.inner.sides.each_ref();
        let acting = sides.map(|side| side.takes(node).then(|| side.registry.register(node, options)));
        self.inner.both(acting).await
    }

    async fn deregister(&self, id: &str) -> Result<()> {
        let acting = self.inner.sides.each_ref().map(|side| Some(side.registry.deregister(id)));
        self.inner.both(acting).await
    }

    async fn lookup(&self, query: &Query) -> Result<Vec<Node>> {
        self.inner.look_up(query).await
    }

    async fn watch(&self, query: &Query) -> Result<Watch> {
        let (feed, watch) = Watch::channel(query.clone());
        let registries = self.inner.sides.each_ref().map(|side| side.registry.clone());
        let mut following = self.inner.following.lock().unwrap_or_else(PoisonError::into_inner);
        while following.try_join_next().is_some() {}
        following.spawn(follow::follow(registries, feed));
        Ok(watch)
    }
}

impl fmt::Debug for Merged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Merged({})", Registry::name(self))
    }
}

#[cfg(test)]
mod tests;
