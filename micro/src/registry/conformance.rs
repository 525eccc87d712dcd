//! The suite every registry passes, ours and yours: named cases, each with the guarantee it needs.
//!
//! ```
//! use micro::registry::{Handle, Memory, conformance};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let report = conformance::run(|| async { Ok(Handle::from(Memory::new()).into()) }).await;
//! println!("{report}");
//! report.check()?;
//! # Ok::<(), micro::Error>(()) }).unwrap();
//! ```
//!
//! A case waits for what it expects, at most ten seconds, and never for a fixed time.

mod cases;
mod view;

use std::fmt;
use std::future::Future;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::layer::BoxFuture;

use super::{Capability, Handle};

/// How long a whole case may take.
const LIMIT: Duration = Duration::from_secs(60);

/// An empty registry for one case, from two sides.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Fixture {
    /// The handle nodes are registered by.
    pub writer: Handle,
    /// Another handle to the same nodes; best one that was opened on its own, as another process would.
    pub reader: Handle,
}

impl Fixture {
    /// Makes a fixture of two handles to the same nodes.
    pub fn new(writer: impl Into<Handle>, reader: impl Into<Handle>) -> Self {
        Fixture { writer: writer.into(), reader: reader.into() }
    }
}

impl From<Handle> for Fixture {
    /// Uses one handle for both sides.
    fn from(handle: Handle) -> Self {
        Fixture { reader: handle.clone(), writer: handle }
    }
}

/// One case of the suite.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Case {
    /// What the case shows, as a sentence.
    pub name: &'static str,
    /// Tells whether a backend with these guarantees has to pass.
    pub needs: fn(&Capability) -> bool,
    run: fn(Fixture) -> BoxFuture<'static, Result<()>>,
}

impl Case {
    /// Runs the case on an empty registry.
    ///
    /// # Errors
    ///
    /// Says what was expected and what was found.
    pub async fn run(&self, fixture: Fixture) -> Result<()> {
        let outcome = tokio::time::timeout(LIMIT, (self.run)(fixture)).await;
        outcome.unwrap_or_else(|_| Err(Error::deadline_exceeded("the case took longer than a minute")))
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Case({})", self.name)
    }
}

const ANY: fn(&Capability) -> bool = |_| true;
const EXPIRES: fn(&Capability) -> bool = |capability| capability.expires;
const WHOLE: fn(&Capability) -> bool = |capability| capability.whole;
const ANY_WRITER: fn(&Capability) -> bool = |capability| capability.any_writer;

macro_rules! cases {
    ($($needs:ident: $($name:ident),* $(,)?;)*) => {
        /// Every case.
        pub const CASES: &[Case] = &[$($(
            Case { name: stringify!($name), needs: $needs, run: |fixture| Box::pin(cases::$name(fixture)) },
        )*)*];
    };
}

cases! {
    ANY:
        a_new_registry_is_empty,
        a_registered_node_is_found,
        what_calling_a_node_needs_comes_back,
        odd_text_comes_back,
        a_service_is_found_by_its_name_only,
        a_contract_is_found_whatever_the_service,
        a_contract_of_one_service_is_found,
        a_topic_is_found_whatever_the_service,
        what_nobody_serves_is_an_empty_answer,
        answers_are_sorted_by_id,
        registering_again_changes_the_node,
        a_draining_node_is_seen_draining,
        a_node_that_changes_contracts_is_found_by_the_new_one,
        a_node_that_changes_topics_is_found_by_the_new_one,
        a_deregistered_node_is_not_found,
        deregistering_what_is_not_there_is_no_error,
        a_deregistered_node_may_come_back,
        bad_nodes_are_refused,
        a_list_sums_services_up,
        a_service_without_nodes_is_not_listed,
        many_nodes_at_once_are_all_there,
        many_changes_of_one_node_leave_one,
        a_watch_begins_with_what_is_there,
        a_watch_of_nothing_begins_empty,
        a_watch_sees_a_node_come,
        a_watch_sees_a_node_change,
        a_watch_sees_a_node_go,
        a_refresh_is_no_change,
        a_watch_sees_only_what_it_asked_for,
        a_node_that_stops_to_match_is_gone,
        a_node_that_begins_to_match_is_there,
        a_watch_of_a_topic_sees_who_takes_its_events,
        two_watches_see_the_same,
        a_dropped_watch_disturbs_nobody,
        a_slow_watch_arrives_at_the_truth,
        a_watch_arrives_at_the_truth_after_churn;
    EXPIRES:
        a_node_expires,
        a_refreshed_node_stays,
        a_watch_sees_a_node_expire,
        a_node_that_expired_may_come_back;
    WHOLE:
        every_field_comes_back,
        a_big_node_comes_back;
    ANY_WRITER:
        another_handle_may_change_a_node,
        another_handle_may_deregister_a_node;
}

/// Runs every case, each on the registry that `open` makes: an empty one, apart from all others.
pub async fn run<F, Fut>(open: F) -> Report
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<Fixture>>,
{
    let mut report = Report::default();
    for case in CASES {
        let outcome = match open().await {
            Ok(fixture) if !(case.needs)(&fixture.writer.capability()) => {
                report.skipped.push(case.name);
                continue;
            }
            Ok(fixture) => case.run(fixture).await,
            Err(error) => Err(error.context("opening the registry")),
        };
        match outcome {
            Ok(()) => report.passed.push(case.name),
            Err(error) => report.failed.push((case.name, error)),
        }
    }
    report
}

/// What came of a run of the suite.
#[derive(Debug, Default)]
pub struct Report {
    passed: Vec<&'static str>,
    skipped: Vec<&'static str>,
    failed: Vec<(&'static str, Error)>,
}

impl Report {
    /// Lists the cases that passed.
    pub fn passed(&self) -> &[&'static str] {
        &self.passed
    }

    /// Lists the cases that need what the backend does not claim.
    pub fn skipped(&self) -> &[&'static str] {
        &self.skipped
    }

    /// Lists the cases that failed, and how.
    pub fn failed(&self) -> &[(&'static str, Error)] {
        &self.failed
    }

    /// Succeeds when no case failed.
    ///
    /// # Errors
    ///
    /// `failed precondition` with the whole report.
    pub fn check(&self) -> Result<()> {
        match self.failed.is_empty() {
            true => Ok(()),
            false => Err(Error::failed_precondition(self.to_string())),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (passed, skipped, failed) = (self.passed.len(), self.skipped.len(), self.failed.len());
        write!(f, "{passed} passed, {skipped} not claimed, {failed} failed")?;
        for name in &self.skipped {
            write!(f, "\n  not claimed: {name}")?;
        }
        for (name, error) in &self.failed {
            write!(f, "\n  failed: {name}: {error}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::registry::{Memory, Node, Query, Register, Registry, Watch};

    /// Forgets to deregister.
    struct Sticky(Memory);

    impl Registry for Sticky {
        fn capability(&self) -> Capability {
            Capability::default()
        }

        async fn register(&self, node: &Node, options: &Register) -> Result<()> {
            self.0.register(node, options).await
        }

        async fn deregister(&self, _: &str) -> Result<()> {
            Ok(())
        }

        async fn lookup(&self, query: &Query) -> Result<Vec<Node>> {
            self.0.lookup(query).await
        }

        async fn watch(&self, query: &Query) -> Result<Watch> {
            self.0.watch(query).await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_suite_finds_a_fault_and_skips_what_is_not_claimed() {
        let report = run(|| async { Ok(Handle::from(Sticky(Memory::new())).into()) }).await;
        let failed: Vec<_> = report.failed().iter().map(|(name, _)| *name).collect();
        assert!(failed.contains(&"a_deregistered_node_is_not_found"), "{report}");
        assert!(!failed.contains(&"a_registered_node_is_found"), "{report}");
        assert_eq!(report.skipped().len(), 8);
        assert!(report.check().unwrap_err().message().contains("a_watch_sees_a_node_go"));
    }
}
