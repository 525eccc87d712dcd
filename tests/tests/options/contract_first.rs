//! A service whose contract is a `.proto` with options.

use std::time::{Duration, Instant};

use micro::broker::Memory;
use micro::prelude::*;
use micro_tests::http::exchange;
use micro_tests::kinds::{start, start_with};
use tokio::sync::mpsc;

use super::proto::watch::v1::{Nap, Watch, WatchClient};
use super::{FOR_EVER, LONG, assert_ended, assert_given_up, nap, once, second, sleep};

/// Waits as its contract says, and tells what it hears.
pub(super) struct Watcher {
    heard: mpsc::UnboundedSender<String>,
}

#[micro::service]
impl Watch for Watcher {
    async fn wait(&self, _: &Context, request: Nap) -> Result<Nap> {
        sleep(&request).await;
        Ok(request)
    }

    async fn gather(&self, _: &Context, mut requests: Streaming<Nap>) -> Result<Nap> {
        let mut last = Nap::default();
        while let Some(request) = requests.next().await {
            last = request?;
        }
        Ok(last)
    }

    async fn tick(&self, ctx: &Context, request: Nap) -> Result<Streaming<Nap>> {
        Ok(once(ctx, request))
    }

    async fn mirror(&self, _: &Context, requests: Streaming<Nap>) -> Result<Streaming<Nap>> {
        Ok(requests)
    }

    async fn rest(&self, _: &Context, request: Nap) -> Result<Nap> {
        Ok(request)
    }

    async fn on_slept(&self, ctx: &Context, event: Nap) -> Result<()> {
        let attempt = ctx.event().map_or(0, |event| event.attempt());
        self.heard
            .send(format!("{} at attempt {attempt}", event.text))
            .map_err(|_| Error::internal("nobody listens any more"))?;
        match attempt {
            1 => Err(Error::aborted("heard too early")),
            _ => Ok(()),
        }
    }
}

/// A service with a watcher, and what it hears.
pub(super) fn watcher() -> (Service, mpsc::UnboundedReceiver<String>) {
    let (heard, hearing) = mpsc::unbounded_channel();
    (Service::new("watch").broker(Memory::new()).handle(Watcher { heard }), hearing)
}

/// The same contract, served without any limit.
mod lenient {
    use micro::prelude::*;

    use super::super::{once, sleep};
    use super::Nap;

    #[derive(Default)]
    pub(super) struct Lenient;

    #[micro::service(package = "watch.v1", name = "Watch")]
    impl Lenient {
        #[micro::handler]
        async fn wait(&self, request: Nap) -> Result<Nap> {
            sleep(&request).await;
            Ok(request)
        }

        #[micro::handler]
        async fn tick(&self, ctx: &Context, request: Nap) -> Result<Streaming<Nap>> {
            Ok(once(ctx, request))
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_ends_what_takes_longer_in_every_kind() -> Result<()> {
    let (service, _hearing) = watcher();
    let (service, client) = start(service).await?;
    let watch = WatchClient::new(&client);
    let unary = async { assert_ended(watch.wait(nap(FOR_EVER)).timeout(LONG).await, "watch") };
    let collecting = async {
        let (_held, requests) = Streaming::channel(1);
        assert_ended(watch.gather(requests).timeout(LONG).await, "watch");
    };
    let splitting = async {
        let replies = watch.tick(nap("first")).timeout(LONG).await;
        assert_ended(second(replies).await, "watch");
    };
    let both = async {
        let (sender, requests) = Streaming::channel(1);
        sender.send(nap("first")).await.expect("room for one");
        let replies = watch.mirror(requests).timeout(LONG).await;
        assert_ended(second(replies).await, "watch");
    };
    tokio::join!(unary, collecting, splitting, both);
    assert_eq!(watch.wait(nap("short")).await?.text, "short");
    service.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_waits_as_long_as_the_contract_says() -> Result<()> {
    let lenient = Service::new("lenient").handle(lenient::Lenient);
    let (service, client) = start_with(lenient, |client| client.timeout(LONG)).await?;
    let watch = WatchClient::new(&client);
    let begun = Instant::now();
    let unary = async { assert_given_up(watch.wait(nap(FOR_EVER)).await) };
    // A stream has no end by itself.
    let splitting = async {
        let replies = watch.tick(nap("first")).await;
        assert_given_up(second(replies).await);
    };
    tokio::join!(unary, splitting);
    // By itself it would have waited for a minute.
    assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
    service.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_method_with_a_topic_gets_its_events_and_no_calls() -> Result<()> {
    let (service, mut hearing) = watcher();
    let (service, _client) = start(service).await?;
    service.publish("watch.slept", &nap("ann")).await?;
    // It failed once, and has two attempts.
    for expected in ["ann at attempt 1", "ann at attempt 2"] {
        let heard = tokio::time::timeout(LONG, hearing.recv()).await.expect("nothing was heard");
        assert_eq!(heard.as_deref(), Some(expected));
    }
    let at = service.local_addr().expect("a service that runs has a port");
    let json = ["content-type: application/json"];
    let answer = exchange(at, "POST", "/watch.v1.Watch/OnSlept", &json, b"{}").await;
    assert_eq!(answer.status, 404, "{answer:?}");
    let answer = exchange(at, "POST", "/watch.v1.Watch/Rest", &json, br#"{"text":"bob"}"#).await;
    assert_eq!((answer.status, &answer.json()["text"]), (200, &"bob".into()), "{answer:?}");
    service.stop().await
}

#[test]
fn the_descriptions_say_what_the_contract_says() {
    let limit = Some(Duration::from_secs(3));
    for spec in [WatchClient::WAIT, WatchClient::GATHER, WatchClient::TICK, WatchClient::MIRROR] {
        assert_eq!((spec.timeout, spec.topic), (limit, None), "{spec:?}");
    }
    assert!(WatchClient::REST.timeout.is_none() && WatchClient::REST.deprecated);
    let slept = WatchClient::ON_SLEPT;
    let topic = slept.topic.expect("a topic");
    assert_eq!(
        (topic.topic, topic.queue, topic.attempts, topic.concurrency),
        ("watch.slept", "watchers", 2, 3)
    );
    assert_eq!((slept.path, slept.docs), ("/watch.v1.Watch/OnSlept", "Hears who slept."));
    let called = <WatchClient as micro::client::TypedClient>::METHODS;
    assert_eq!(
        called.iter().map(|spec| spec.method).collect::<Vec<_>>(),
        ["Wait", "Gather", "Tick", "Mirror", "Rest"]
    );
}
