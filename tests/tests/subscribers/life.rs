//! Start and end: brokers that are not there, how much runs at once, and what a stop leaves behind.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task;
use std::time::{Duration, Instant};

use micro::broker::{
    Broker, Capability, Delivery, Envelope, Memory, Receipt, Source, Subscribe, Subscription,
};
use micro::prelude::*;
use micro::{Client, Code, registry};
use micro_tests::http::exchange;
use tokio::sync::{Semaphore, mpsc};

use super::seen::{Record, seen};
use super::{BOUND, Call, Heard, Hearing, Said, TOPIC, ear, hears_nothing_else, next, said, tell};

async fn client(broker: impl Into<micro::broker::Handle>) -> Result<Client> {
    seen();
    Client::builder().registry(registry::Memory::new()).broker(broker).open().await
}

/// Waits until a condition holds.
async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < BOUND, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Works on an event until it is let go.
struct Worker {
    heard: Heard,
    /// How many events are worked on, and the most there ever were.
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    done: Arc<AtomicUsize>,
    let_go: Arc<Semaphore>,
}

#[micro::service(package = "tests")]
impl Worker {
    #[micro::subscriber(topic = "tests.said", queue = "workers", concurrency = 3)]
    async fn work(&self, ctx: &Context, said: Said) -> Result<()> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        tell(&self.heard, Call::new(ctx, &said)?)?;
        let let_go = self.let_go.acquire().await.map_err(Error::from_source)?;
        let_go.forget();
        self.now.fetch_sub(1, Ordering::SeqCst);
        self.done.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    /// Hears about other things, however busy the worker is.
    #[micro::subscriber(topic = "tests.news")]
    async fn news(&self, ctx: &Context, said: Said) -> Result<()> {
        tell(&self.heard, Call::new(ctx, &said)?)
    }
}

/// What a test sees of a worker.
struct Watch {
    hearing: Hearing,
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    done: Arc<AtomicUsize>,
    let_go: Arc<Semaphore>,
}

fn worker(name: &str, broker: &Memory) -> (Service, Watch) {
    let (heard, hearing) = mpsc::unbounded_channel();
    let (now, most, done) = <(Arc<AtomicUsize>, Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
    let let_go = Arc::new(Semaphore::new(0));
    let worker =
        Worker { heard, now: now.clone(), most: most.clone(), done: done.clone(), let_go: let_go.clone() };
    let service = Service::new(name).registry(registry::Memory::new()).broker(broker.clone()).handle(worker);
    (service, Watch { hearing, now, most, done, let_go })
}

#[tokio::test]
async fn no_more_events_are_worked_on_at_once_than_said() -> Result<()> {
    let broker = Memory::new();
    let client = client(broker.clone()).await?;
    let (service, mut watch) = worker("worker", &broker);
    let service = service.start().await?;
    for number in 0..10 {
        client.publish(TOPIC, &said(number.to_string())).await?;
    }
    for _ in 0..3 {
        next(&mut watch.hearing).await;
    }
    // Whoever is not full goes on.
    client.publish("tests.news", &said("news")).await?;
    assert_eq!(next(&mut watch.hearing).await.text, "news");
    assert_eq!(watch.now.load(Ordering::SeqCst), 3);
    watch.let_go.add_permits(10);
    until("everything is done", async || watch.done.load(Ordering::SeqCst) == 10).await;
    assert_eq!(watch.most.load(Ordering::SeqCst), 3);
    service.stop().await
}

#[tokio::test]
async fn a_stop_waits_for_what_is_worked_on_and_leaves_the_rest_to_others() -> Result<()> {
    let broker = Memory::new();
    let client = client(broker.clone()).await?;
    let (first, mut stops) = worker("drains", &broker);
    let first = first.start().await?;
    client.publish(TOPIC, &said("in work")).await?;
    assert_eq!(next(&mut stops.hearing).await.text, "in work");

    let (second, mut goes_on) = worker("second", &broker);
    goes_on.let_go.add_permits(100);
    let second = second.start().await?;
    let stopping = tokio::spawn(async move { first.stop().await });
    let stops_taking = async || {
        let said =
            |record: &Record| record.field("message") == "stopping" && record.field("service") == "drains";
        !seen().all(said).is_empty()
    };
    until("the first service stops", stops_taking).await;
    for number in 0..20 {
        client.publish(TOPIC, &said(number.to_string())).await?;
    }
    let mut numbers = BTreeSet::new();
    while numbers.len() < 20 {
        let call = next(&mut goes_on.hearing).await;
        assert!(!call.redelivered && numbers.insert(call.text.clone()), "{call:?}");
    }
    assert!(!stopping.is_finished(), "something is worked on still");
    assert_eq!(stops.done.load(Ordering::SeqCst), 0);
    stops.let_go.add_permits(1);
    tokio::time::timeout(BOUND, stopping).await.expect("the stop ends").map_err(Error::from_source)??;
    assert_eq!(stops.done.load(Ordering::SeqCst), 1);
    assert!(stops.hearing.try_recv().is_err(), "it took more");
    // What was finished is handled: it does not come again.
    client.publish(TOPIC, &said("the last")).await?;
    assert_eq!(next(&mut goes_on.hearing).await.text, "the last");
    second.stop().await
}

#[tokio::test]
async fn what_is_cut_off_at_the_drain_limit_comes_again_elsewhere() -> Result<()> {
    let broker = Memory::new();
    let client = client(broker.clone()).await?;
    let (first, mut cut_off) = worker("first", &broker);
    let first = first.drain(Duration::from_millis(50)).start().await?;
    client.publish(TOPIC, &said("in work")).await?;
    assert_eq!(next(&mut cut_off.hearing).await.attempt, 1);
    let (second, mut takes_over) = worker("second", &broker);
    takes_over.let_go.add_permits(100);
    let second = second.start().await?;
    first.stop().await?;
    let call = next(&mut takes_over.hearing).await;
    assert_eq!((call.text.as_str(), call.attempt, call.redelivered), ("in work", 2, true));
    assert_eq!(cut_off.done.load(Ordering::SeqCst), 0);
    second.stop().await
}

#[tokio::test]
async fn a_subscriber_cannot_be_called() -> Result<()> {
    let broker = Memory::new();
    let client = client(broker.clone()).await?;
    let (service, mut hearing) = ear("ear");
    let service = service.registry(registry::Memory::new()).broker(broker).start().await?;
    let to = service.local_addr().expect("it listens");
    let answer = exchange(to, "POST", "/tests.Ear/Hear", &["content-type: application/json"], b"{}").await;
    assert_eq!(answer.status, 404, "{answer:?}");
    hears_nothing_else(&client, &mut hearing).await?;
    service.stop().await
}

/// A broker that is there only sometimes. What is delivered while it is not there loses the subscription.
#[derive(Clone, Default)]
struct Moody {
    there: Arc<AtomicBool>,
    tries: Arc<AtomicUsize>,
    memory: Memory,
}

impl Moody {
    fn is_there(&self) -> Result<()> {
        match self.there.load(Ordering::SeqCst) {
            true => Ok(()),
            false => Err(Error::unavailable("the broker is not in the mood")),
        }
    }
}

impl Broker for Moody {
    fn capability(&self) -> Capability {
        self.memory.capability()
    }

    async fn publish(&self, envelope: &Arc<Envelope>) -> Result<Receipt> {
        self.memory.publish(envelope).await
    }

    async fn subscribe(&self, options: &Subscribe) -> Result<Subscription> {
        self.tries.fetch_add(1, Ordering::SeqCst);
        self.is_there()?;
        let subscription = self.memory.subscribe(options).await?;
        Ok(Subscription::new(Listening { broker: self.clone(), subscription }))
    }
}

struct Listening {
    broker: Moody,
    subscription: Subscription,
}

impl Source for Listening {
    fn poll_next(&mut self, context: &mut task::Context<'_>) -> task::Poll<Result<Delivery>> {
        let delivery = task::ready!(self.subscription.poll_next(context));
        task::Poll::Ready(self.broker.is_there().and(delivery))
    }
}

/// Publishes again and again until something is heard: before the subscription is made, nothing is.
async fn heard_again(client: &Client, hearing: &mut Hearing, text: &str) -> Result<()> {
    let begun = Instant::now();
    loop {
        client.publish(TOPIC, &said(text)).await?;
        let waiting = tokio::time::timeout(Duration::from_millis(20), hearing.recv());
        match waiting.await {
            Ok(call) => {
                assert_eq!(call.expect("an ear").text, text);
                return Ok(());
            }
            Err(_) => assert!(begun.elapsed() < BOUND, "nothing is heard"),
        }
    }
}

async fn ready(service: &Service) -> u16 {
    exchange(service.local_addr().expect("it listens"), "GET", "/readyz", &[], b"").await.status
}

#[tokio::test]
async fn a_service_starts_before_its_broker_and_is_ready_after_it() -> Result<()> {
    let broker = Moody::default();
    let client = client(broker.clone()).await?;
    let (service, mut hearing) = ear("ear");
    let service = service.registry(registry::Memory::new()).broker(broker.clone()).start().await?;
    until("it says that it is not ready", async || ready(&service).await == 503).await;
    until("it tries again", async || broker.tries.load(Ordering::SeqCst) >= 3).await;
    broker.there.store(true, Ordering::SeqCst);
    heard_again(&client, &mut hearing, "hello").await?;
    until("it says that it is ready", async || ready(&service).await == 200).await;
    service.stop().await
}

#[tokio::test]
async fn a_subscription_that_is_lost_is_made_again() -> Result<()> {
    let broker = Moody::default();
    broker.there.store(true, Ordering::SeqCst);
    let client = client(broker.clone()).await?;
    let (service, mut hearing) = ear("ear");
    let service = service.registry(registry::Memory::new()).broker(broker.clone()).start().await?;
    hears_nothing_else(&client, &mut hearing).await?;
    broker.there.store(false, Ordering::SeqCst);
    client.publish(TOPIC, &said("lost")).await?;
    until("it tries again", async || broker.tries.load(Ordering::SeqCst) >= 3).await;
    broker.there.store(true, Ordering::SeqCst);
    heard_again(&client, &mut hearing, "hello").await?;
    service.stop().await
}

#[tokio::test]
async fn a_service_stops_while_its_broker_is_away() -> Result<()> {
    seen();
    let (service, _hearing) = ear("ear");
    let service = service.registry(registry::Memory::new()).broker(Moody::default()).start().await?;
    tokio::time::timeout(BOUND, service.stop()).await.expect("the stop ends")
}

/// A broker that lets nobody in.
struct Closed;

impl Broker for Closed {
    fn capability(&self) -> Capability {
        Capability::default()
    }

    async fn publish(&self, _: &Arc<Envelope>) -> Result<Receipt> {
        Err(Error::permission_denied("members only"))
    }

    async fn subscribe(&self, _: &Subscribe) -> Result<Subscription> {
        Err(Error::permission_denied("members only"))
    }
}

#[tokio::test]
async fn what_trying_again_would_not_mend_is_told_at_the_start() {
    seen();
    let (service, _hearing) = ear("ear");
    let error = service.registry(registry::Memory::new()).broker(Closed).start().await.unwrap_err();
    assert_eq!(error.code(), Code::PermissionDenied);
    for part in ["/tests.Ear/Hear", "members only"] {
        assert!(error.message().contains(part), "{part}: {error}");
    }
}
