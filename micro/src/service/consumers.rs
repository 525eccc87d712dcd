//! The subscribers of a running service: subscribed, fed, retried, drained.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::body::Body;
use crate::broker::{self, Delivery, Event, Subscribe, Subscription, Verdict};
use crate::call::CallInfo;
use crate::codec::Codecs;
use crate::error::{Code, Error, Outcome, Result};
use crate::event::pause;
use crate::layer::Request;
use crate::server::{Route, Server};
use crate::spec::Topic;

use super::row;

/// What a broker may take longer than the subscriber may before it gives an event to somebody else.
const GRACE: Duration = Duration::from_secs(5);

/// The pause before a broker that failed is asked again, and the longest one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The subscribers of a service. Dropped, they are cut off, and what they work on is delivered again.
pub(super) struct Consumers {
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

/// The topics that are not subscribed to at the moment, though they should be. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Lost(Arc<Mutex<Vec<&'static str>>>);

impl Lost {
    fn lock(&self) -> MutexGuard<'_, Vec<&'static str>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether everything that should be is subscribed to.
    ///
    /// # Errors
    ///
    /// `unavailable` naming the topics that are not.
    pub(super) fn check(&self) -> Result<()> {
        let lost = self.lock();
        match lost.is_empty() {
            true => Ok(()),
            false => Err(Error::unavailable(format!("not subscribed to {}", lost.join(", ")))),
        }
    }

    fn lose(&self, topic: &'static str) {
        self.lock().push(topic);
    }

    fn find(&self, topic: &'static str) {
        let mut lost = self.lock();
        if let Some(index) = lost.iter().position(|known| *known == topic) {
            lost.swap_remove(index);
        }
    }
}

/// What subscribers are started with.
pub(super) struct Surroundings {
    pub(super) broker: broker::Handle,
    pub(super) server: Server,
    pub(super) codecs: Codecs,
    /// How long a subscriber may take for one event.
    pub(super) timeout: Duration,
    /// How long the broker may take to subscribe.
    pub(super) limit: Duration,
    /// Where it is noted what is not subscribed to.
    pub(super) lost: Lost,
}

impl Consumers {
    /// Subscribes everybody and begins to feed them. A broker that cannot be reached is asked again and again in
    /// the background.
    ///
    /// # Errors
    ///
    /// What asking again would not mend: options the broker refuses, two members of a queue that disagree.
    pub(super) async fn start(subscribers: Vec<row::Bound>, with: Surroundings) -> Result<Consumers> {
        let with = Arc::new(with);
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        agree(&subscribers)?;
        for row::Bound { spec, endpoint } in subscribers {
            let Some(topic) = spec.topic else { continue };
            let options = options(&topic, with.timeout);
            let route = with.server.route(spec, endpoint);
            let consumer = Consumer { topic, options, route, with: with.clone() };
            let consumer = Arc::new(consumer);
            with.lost.lose(topic.topic);
            let subscription = match consumer.subscribe().await {
                Ok(subscription) => Some(subscription),
                Err(error) if is_final(&error) => {
                    return Err(error.context(format_args!("cannot subscribe {}", spec.path)));
                }
                Err(error) => {
                    tracing::warn!(topic = topic.topic, error = ?error, "cannot subscribe; trying on");
                    None
                }
            };
            tasks.spawn(consumer.run(subscription, stop.clone()));
        }
        Ok(Consumers { stop, tasks })
    }

    /// Takes no further events. What is worked on goes on.
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until everything that was worked on has its verdict, for at most `limit`.
    pub(super) async fn finish(mut self, limit: Duration) {
        self.stop.cancel();
        let ending = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(limit, ending).await.is_err() {
            tracing::warn!("subscribers are cut off at the drain limit; their events are delivered again");
        }
        self.tasks.shutdown().await;
    }
}

fn options(topic: &Topic, timeout: Duration) -> Subscribe {
    let options = Subscribe::new(topic.topic).ack_wait(timeout.saturating_add(GRACE));
    match topic.queue {
        "" => options,
        queue => options.queue(queue),
    }
}

/// Checks that members of one queue treat an event alike: who gets it must make no difference.
fn agree(subscribers: &[row::Bound]) -> Result<()> {
    let queued = |bound: &row::Bound| bound.spec.topic.filter(|topic| !topic.queue.is_empty());
    let mut mistakes = Vec::new();
    for (index, second) in subscribers.iter().enumerate() {
        let Some(topic) = queued(second) else { continue };
        for first in &subscribers[..index] {
            let same = |other: &Topic| (other.topic, other.queue) == (topic.topic, topic.queue);
            if let Some(other) = queued(first).filter(same)
                && other.attempts != topic.attempts
            {
                mistakes.push(format!(
                    "the queue {:?} of {:?} has two policies: {} tries an event {} times, {} {} times",
                    topic.queue,
                    topic.topic,
                    first.spec.path,
                    other.attempts,
                    second.spec.path,
                    topic.attempts
                ));
            }
        }
    }
    match mistakes.is_empty() {
        true => Ok(()),
        false => Err(Error::failed_precondition(mistakes.join("\n"))),
    }
}

/// Tells whether subscribing again would fail again.
fn is_final(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::InvalidArgument | Code::FailedPrecondition | Code::Unimplemented | Code::PermissionDenied
    )
}

/// One subscriber.
struct Consumer {
    topic: Topic,
    options: Subscribe,
    route: Route,
    with: Arc<Surroundings>,
}

impl Consumer {
    async fn subscribe(&self) -> Result<Subscription> {
        let subscribing = self.with.broker.subscribe(&self.options);
        let subscription = tokio::time::timeout(self.with.limit, subscribing).await.unwrap_or_else(|_| {
            let broker = self.with.broker.name();
            Err(Error::deadline_exceeded(format!("the broker {broker} did not answer in time")))
        })?;
        self.with.lost.find(self.topic.topic);
        Ok(subscription)
    }

    async fn run(self: Arc<Self>, subscription: Option<Subscription>, stop: CancellationToken) {
        let mut running = JoinSet::new();
        let mut subscription = subscription;
        loop {
            let connected = match subscription.take() {
                Some(subscription) => Some(subscription),
                None => tokio::select! {
                    () = stop.cancelled() => None,
                    subscription = self.reconnect() => Some(subscription),
                },
            };
            let Some(mut connected) = connected else { break };
            match self.feed(&mut connected, &mut running, &stop).await {
                // Kept until everything has its verdict: giving it up would send what is worked on elsewhere.
                Ok(()) => {
                    while running.join_next().await.is_some() {}
                    return;
                }
                Err(error) => {
                    self.with.lost.lose(self.topic.topic);
                    tracing::warn!(topic = self.topic.topic, error = ?error, "lost a subscription; subscribing again");
                }
            }
        }
        while running.join_next().await.is_some() {}
    }

    async fn reconnect(&self) -> Subscription {
        let mut pause = FIRST_PAUSE;
        loop {
            tokio::time::sleep(pause.mul_f64(0.8 + 0.4 * fastrand::f64())).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
            match self.subscribe().await {
                Ok(subscription) => {
                    tracing::info!(topic = self.topic.topic, "subscribed again");
                    return subscription;
                }
                Err(error) => {
                    tracing::debug!(topic = self.topic.topic, error = ?error, "cannot subscribe yet");
                }
            }
        }
    }

    /// Hands on events until told to stop, or until the subscription is lost.
    async fn feed(
        self: &Arc<Self>,
        subscription: &mut Subscription,
        running: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) -> Result<()> {
        let mut dropped = 0;
        loop {
            let total = subscription.dropped();
            self.route.meter.dropped(total - dropped);
            dropped = total;
            // Room first: what cannot be worked on yet stays with the broker, for others to take.
            let full = running.len() >= self.topic.concurrency;
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                Some(_) = running.join_next(), if !running.is_empty() => {}
                delivery = subscription.next(), if !full => {
                    running.spawn(self.clone().handle(delivery?, stop.clone()));
                }
            }
        }
    }

    async fn handle(self: Arc<Self>, delivery: Delivery, stop: CancellationToken) {
        let event = Arc::new(Event::of(delivery));
        let begun = Instant::now();
        let mut refusals = 0;
        let verdict = loop {
            if let Some(verdict) = self.judge(&event).await {
                break verdict;
            }
            // Refused before it ran, by a layer with a limit perhaps. Waiting here takes no more events in meanwhile.
            refusals += 1;
            let after = pause(refusals);
            let goes_on = begun.elapsed() + after < GRACE / 2
                && stop.run_until_cancelled(tokio::time::sleep(after)).await.is_some();
            if !goes_on {
                if let Some(delivery) = event.deliver(()) {
                    delivery.hand_back(if stop.is_cancelled() { Duration::ZERO } else { after });
                }
                return;
            }
        };
        // Nothing is left to be said where the subscriber gives the verdict itself.
        if let Some(delivery) = event.deliver(())
            && let Err(error) = delivery.settle(verdict).await
        {
            tracing::warn!(topic = self.topic.topic, error = ?error, "the broker did not take a verdict");
        }
    }

    /// Lets the subscriber handle an event. `None` when it was refused before it ran.
    async fn judge(&self, event: &Arc<Event>) -> Option<Verdict> {
        let (spec, envelope) = (self.route.spec, event.envelope());
        let report = |why: &str, error: Option<&Error>| {
            tracing::error!(
                endpoint = spec.path,
                topic = self.topic.topic,
                event = envelope.id,
                attempt = event.attempt(),
                error = error.map(tracing::field::debug),
                "{why}"
            );
        };
        // A subscriber that dies of an event gives no verdict; the event must not come for ever.
        if event.attempt() > self.topic.attempts {
            report("giving an event up: too many attempts ended without a verdict", None);
            return Some(Verdict::Reject { reason: "too many attempts".to_owned() });
        }
        let Some(encoding) = self.with.codecs.by_content_type(&envelope.content_type) else {
            report("giving an event up: no codec reads its content type", None);
            return Some(Verdict::Reject { reason: format!("no codec reads {}", envelope.content_type) });
        };
        let mut info = CallInfo::new();
        info.metadata = envelope.metadata.clone();
        info.trace = envelope.trace.clone();
        info.deadline = Instant::now().checked_add(self.with.timeout);
        info.event = Some(event.clone());
        let request = Request::new(spec, info, encoding, Body::one(envelope.data.clone()));
        let Err(error) = self.with.server.deliver(&self.route, request).await else {
            return Some(Verdict::Ack);
        };
        if event.is_unreadable() {
            report("giving an event up: it cannot be decoded", Some(&error));
            return Some(Verdict::Reject { reason: error.to_string() });
        }
        if error.outcome() == Outcome::NotRun {
            return None;
        }
        if event.attempt() >= self.topic.attempts {
            report("giving an event up after its last attempt", Some(&error));
            return Some(Verdict::Reject { reason: error.to_string() });
        }
        let after = pause(event.attempt());
        tracing::warn!(
            endpoint = spec.path,
            event = envelope.id,
            attempt = event.attempt(),
            again_in_ms = after.as_millis() as u64,
            error = ?error,
            "a subscriber failed"
        );
        Some(Verdict::Retry { after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::server::probe::Probe;
    use crate::spec::{Kind, Spec};

    const ONE: &Spec = &Spec::new::<(), ()>("/a.A/One", "a.A", Kind::Unary).topic(Topic::new("t").queue("q"));
    const TWO: &Spec =
        &Spec::new::<(), ()>("/a.A/Two", "a.A", Kind::Unary).topic(Topic::new("t").queue("q").attempts(9));
    const ALONE: &Spec = &Spec::new::<(), ()>("/a.A/Alone", "a.A", Kind::Unary).topic(Topic::new("t"));

    fn bound(spec: &'static Spec) -> row::Bound {
        row::Bound { spec, endpoint: Arc::new(Probe) }
    }

    #[test]
    fn members_of_a_queue_have_one_policy() {
        assert!(agree(&[bound(ONE), bound(ONE), bound(ALONE)]).is_ok());
        let error = agree(&[bound(ONE), bound(ALONE), bound(TWO)]).unwrap_err();
        for part in ["\"q\"", "/a.A/One", "5 times", "/a.A/Two", "9 times"] {
            assert!(error.message().contains(part), "{part}: {error}");
        }
    }
}
