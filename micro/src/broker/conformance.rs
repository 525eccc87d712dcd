//! The suite every broker passes, ours and yours: named cases, each with the guarantee it needs.
//!
//! ```
//! use micro::broker::{Handle, Memory, conformance};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let report = conformance::run(|| async { Ok(Handle::from(Memory::new()).into()) }).await;
//! println!("{report}");
//! report.check()?;
//! # Ok::<(), micro::Error>(()) }).unwrap();
//! ```
//!
//! A case waits for what it expects, at most ten seconds. That nothing more comes it learns from an event published
//! afterwards, and not from silence.

mod again;
mod content;
mod flow;
mod listener;
mod overflow;
mod reach;
mod refusal;
mod time;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::layer::BoxFuture;

use super::{Capability, Handle};

/// How long a whole case may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Opens the backend of a fixture again.
type Reopen = Arc<dyn Fn() -> BoxFuture<'static, Result<Handle>> + Send + Sync>;

/// An empty broker for one case, from two sides.
#[derive(Clone)]
#[non_exhaustive]
pub struct Fixture {
    /// The handle most events are published by.
    pub broker: Handle,
    /// Another handle to the same events, which most are subscribed to by; best one that was opened on its own, as
    /// another process would.
    pub peer: Handle,
    reopen: Option<Reopen>,
}

impl Fixture {
    /// Makes a fixture of two handles to the same events.
    pub fn new(broker: impl Into<Handle>, peer: impl Into<Handle>) -> Self {
        Fixture { broker: broker.into(), peer: peer.into(), reopen: None }
    }

    /// Tells how the backend is opened again after both handles were dropped, as after a crash. Needed for
    /// [`Capability::stored`].
    pub fn reopen<F, Fut>(mut self, open: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Handle>> + Send + 'static,
    {
        let open = move || -> BoxFuture<'static, Result<Handle>> { Box::pin(open()) };
        self.reopen = Some(Arc::new(open));
        self
    }

    /// Drops both handles and opens the backend again.
    async fn crash(self) -> Result<Handle> {
        let Fixture { broker, peer, reopen } = self;
        drop((broker, peer));
        let missing =
            || Error::failed_precondition("a fixture of a broker that stores events has .reopen(…)");
        let reopen = reopen.ok_or_else(missing)?;
        reopen().await
    }
}

impl From<Handle> for Fixture {
    /// Uses one handle for both sides.
    fn from(handle: Handle) -> Self {
        Fixture { peer: handle.clone(), broker: handle, reopen: None }
    }
}

impl fmt::Debug for Fixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fixture")
            .field("broker", &self.broker)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
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
    /// Runs the case on an empty broker.
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
const REDELIVERS: fn(&Capability) -> bool = |capability| capability.redelivers;
const EXPIRES: fn(&Capability) -> bool = |capability| capability.expires;
const REDELIVERS_AND_EXPIRES: fn(&Capability) -> bool =
    |capability| capability.redelivers && capability.expires;
const EXACT: fn(&Capability) -> bool = |capability| capability.exact_overflow;
const BLOCKS: fn(&Capability) -> bool = |capability| capability.blocks;
const DURABLE: fn(&Capability) -> bool = |capability| capability.durable_queues;
const STORED: fn(&Capability) -> bool = |capability| capability.stored;

macro_rules! cases {
    ($($needs:ident $theme:ident: $($name:ident),* $(,)?;)*) => {
        /// Every case.
        pub const CASES: &[Case] = &[$($(
            Case { name: stringify!($name), needs: $needs, run: |fixture| Box::pin($theme::$name(fixture)) },
        )*)*];
    };
}

cases! {
    ANY reach:
        an_event_reaches_its_subscriber,
        every_subscription_gets_an_event,
        many_subscriptions_get_an_event,
        a_queue_gets_an_event_once,
        every_queue_gets_an_event,
        a_queue_and_everybody_get_an_event,
        members_share_the_work,
        members_on_two_handles_are_one_queue,
        two_handles_see_each_other,
        topics_are_apart,
        a_topic_is_no_prefix,
        a_queue_belongs_to_its_topic,
        publishing_to_nobody_is_no_error,
        who_subscribes_later_sees_what_comes_later,
        a_dropped_subscription_disturbs_nobody,
        what_a_member_that_left_would_have_got_goes_to_the_other,
        a_topic_may_be_subscribed_to_again;
    ANY content:
        every_attribute_comes_back,
        odd_text_comes_back,
        the_longest_attributes_come_back,
        metadata_comes_back,
        no_data_comes_back,
        every_byte_comes_back,
        a_mebibyte_comes_back,
        an_event_at_the_limit_comes_back;
    ANY refusal:
        an_event_over_the_limit_is_refused,
        bad_topics_are_refused,
        bad_attributes_are_refused,
        too_much_metadata_is_refused,
        bad_options_are_refused,
        members_of_a_queue_agree;
    ANY flow:
        events_of_a_key_stay_in_order,
        many_publishers_lose_nothing_and_repeat_nothing,
        a_slow_subscriber_holds_up_nobody,
        a_slow_subscriber_holds_up_nobody_beside_it,
        giving_up_a_wait_loses_nothing,
        a_publication_that_is_given_up_is_whole_or_not_at_all,
        a_first_delivery_says_so,
        without_verdicts_an_event_comes_once,
        without_verdicts_events_are_lent,
        a_receipt_promises_what_is_claimed,
        closing_hands_over_what_was_taken;
    REDELIVERS again:
        an_event_asked_for_again_comes_again,
        an_event_that_comes_again_is_the_same,
        an_event_asked_for_later_comes_no_sooner,
        only_who_asks_gets_an_event_again,
        attempts_are_counted_for_each_queue,
        a_dropped_delivery_comes_again,
        an_event_without_verdict_comes_again,
        what_is_handled_never_comes_again,
        what_is_rejected_never_comes_again,
        what_a_dead_member_held_goes_to_another,
        a_member_that_stands_still_keeps_nothing_from_others,
        an_event_that_always_fails_holds_up_nobody,
        a_late_verdict_disturbs_nothing;
    EXPIRES time:
        an_expired_event_is_not_delivered,
        an_expired_event_is_not_read,
        an_event_from_the_past_is_not_delivered,
        an_event_in_its_time_is_delivered;
    REDELIVERS_AND_EXPIRES time:
        an_expired_event_does_not_come_again;
    EXACT overflow:
        the_oldest_go,
        the_oldest_of_two_bursts_go,
        what_is_dropped_is_counted_at_once,
        the_newest_do_not_come_in,
        members_overflow_together;
    BLOCKS overflow:
        a_full_subscription_makes_publishers_wait,
        a_publisher_goes_on_when_the_full_one_leaves,
        a_publisher_that_stops_waiting_leaves_nothing_half_done;
    DURABLE time:
        a_queue_without_members_keeps_its_events;
    STORED time:
        what_is_stored_survives_a_crash,
        what_was_handled_stays_so_after_a_crash;
}

/// Runs every case, each on the broker that `open` makes: an empty one, apart from all others.
pub async fn run<F, Fut>(open: F) -> Report
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<Fixture>>,
{
    let mut report = Report::default();
    for case in CASES {
        let outcome = match open().await {
            Ok(fixture) if !(case.needs)(&fixture.broker.capability()) => {
                report.skipped.push(case.name);
                continue;
            }
            Ok(fixture) => case.run(fixture).await,
            Err(error) => Err(error.context("opening the broker")),
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

    use std::collections::BTreeSet;

    use crate::broker::{
        Broker, Delivery, Envelope, Memory, Receipt, Settle, Source, Subscribe, Subscription, Verdict,
    };

    #[tokio::test]
    async fn memory_passes_the_suite() {
        let report = run(|| async { Ok(Handle::from(Memory::new()).into()) }).await;
        report.check().unwrap();
        assert_eq!(report.skipped().len(), 3, "{report}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn memory_passes_the_suite_on_several_threads() {
        run(|| async { Ok(Handle::from(Memory::new()).into()) }).await.check().unwrap();
    }

    #[test]
    fn the_suite_is_as_large_as_was_promised() {
        let names: BTreeSet<&str> = CASES.iter().map(|case| case.name).collect();
        assert_eq!(names.len(), CASES.len(), "two cases have one name");
        assert!(CASES.len() >= 40, "{}", CASES.len());
    }

    /// Takes every verdict for an acknowledgement, and claims to store.
    struct Careless(Memory);

    impl Broker for Careless {
        fn capability(&self) -> Capability {
            Capability::default().redelivers().stored()
        }

        async fn publish(&self, envelope: &Arc<Envelope>) -> Result<Receipt> {
            self.0.publish(envelope).await
        }

        async fn subscribe(&self, options: &Subscribe) -> Result<Subscription> {
            Ok(Subscription::new(Deaf(self.0.subscribe(options).await?)))
        }
    }

    struct Deaf(Subscription);

    impl Source for Deaf {
        fn poll_next(&mut self, context: &mut std::task::Context<'_>) -> std::task::Poll<Result<Delivery>> {
            self.0.poll_next(context).map_ok(|delivery| {
                let envelope = Arc::new(delivery.envelope().clone());
                Delivery::new(envelope, 1, false, Some(Box::new(Nodding(delivery))))
            })
        }
    }

    struct Nodding(Delivery);

    impl Settle for Nodding {
        fn settle(self: Box<Self>, _: Verdict) -> BoxFuture<'static, Result<()>> {
            let Nodding(delivery) = *self;
            Box::pin(delivery.ack())
        }

        fn abandon(self: Box<Self>, _: Duration) {
            drop(self);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_suite_finds_faults_and_skips_what_is_not_claimed() {
        let report = run(|| async { Ok(Handle::from(Careless(Memory::new())).into()) }).await;
        let failed: Vec<_> = report.failed().iter().map(|(name, _)| *name).collect();
        for name in [
            "an_event_asked_for_again_comes_again",
            "attempts_are_counted_for_each_queue",
            "an_event_without_verdict_comes_again",
            "what_is_stored_survives_a_crash",
        ] {
            assert!(failed.contains(&name), "{name}: {report}");
        }
        for name in ["an_event_reaches_its_subscriber", "what_is_handled_never_comes_again"] {
            assert!(!failed.contains(&name), "{name}: {report}");
        }
        assert!(
            report.skipped().contains(&"the_oldest_go")
                && !report.skipped().contains(&"a_topic_is_no_prefix")
        );
        assert!(report.check().unwrap_err().message().contains("an_event_asked_for_again_comes_again"));
    }
}
