//! Events between services that know only their registry: no broker runs anywhere.

use std::net::SocketAddr;
use std::time::Duration;

use micro::Client;
use micro::broker::Receipt;
use micro::prelude::*;
use micro::registry::{Memory, Query, Registry as _, Subscription};
use micro_tests::http::exchange;
use tokio::sync::mpsc;

const BOUND: Duration = Duration::from_secs(20);
const TOPIC: &str = "/micro/events/greeter.said";

#[micro::message(package = "tests")]
#[derive(Clone, Debug, PartialEq)]
struct Said {
    name: String,
}

fn said(name: impl Into<String>) -> Said {
    Said { name: name.into() }
}

/// What subscribers got, with the name of the service.
type Heard = mpsc::UnboundedSender<(String, String)>;

fn hear(heard: &Heard, ctx: &Context, event: Said) -> Result<()> {
    let said = (ctx.service().to_owned(), event.name);
    heard.send(said).map_err(|_| Error::internal("nobody listens"))
}

/// A member of a queue.
struct Ledger {
    heard: Heard,
}

#[micro::service(package = "tests")]
impl Ledger {
    #[micro::subscriber(topic = "greeter.said", queue = "ledger")]
    async fn on_said(&self, ctx: &Context, event: Said) -> Result<()> {
        if event.name == "poison" {
            return Err(Error::internal("the ledger chokes on it"));
        }
        hear(&self.heard, ctx, event)
    }
}

/// One that hears everything.
struct Mirror {
    heard: Heard,
}

#[micro::service(package = "tests")]
impl Mirror {
    #[micro::subscriber(topic = "greeter.said")]
    async fn on_said(&self, ctx: &Context, event: Said) -> Result<()> {
        hear(&self.heard, ctx, event)
    }
}

fn ledger(name: &str, registry: &Memory, heard: &Heard) -> Service {
    Service::new(name).registry(registry.clone()).handle(Ledger { heard: heard.clone() })
}

fn mirror(registry: &Memory, heard: &Heard) -> Service {
    Service::new("mirror").registry(registry.clone()).handle(Mirror { heard: heard.clone() })
}

async fn client(registry: &Memory) -> Result<Client> {
    Client::builder().registry(registry.clone()).broker_uri("http:").open().await
}

async fn next(heard: &mut mpsc::UnboundedReceiver<(String, String)>) -> (String, String) {
    tokio::time::timeout(BOUND, heard.recv()).await.expect("nothing was heard").expect("a sender")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_find_their_subscribers_by_the_registry_alone() -> Result<()> {
    let registry = Memory::new();
    let (sender, mut heard) = mpsc::unbounded_channel();
    let mirror = mirror(&registry, &sender).start().await?;
    let (one, two) = (ledger("one", &registry, &sender), ledger("two", &registry, &sender));
    let (one, two) = (one.start().await?, two.start().await?);

    let nodes = registry.lookup(&Query::topic("greeter.said")).await?;
    assert_eq!(nodes.len(), 3);
    let node = nodes.iter().find(|node| node.service == "one").expect("a node");
    assert_eq!(node.topics, [Subscription::new("greeter.said", "ledger")]);

    let client = client(&registry).await?;
    for index in 0..40 {
        assert_eq!(client.publish("greeter.said", &said(index.to_string())).await?, Receipt::Sent);
    }
    let (mut mirrored, mut shares) = (Vec::new(), [0, 0]);
    for _ in 0..80 {
        match next(&mut heard).await {
            (service, name) if service == "mirror" => mirrored.push(name),
            (service, _) if service == "one" => shares[0] += 1,
            _ => shares[1] += 1,
        }
    }
    mirrored.sort_by_key(|name| name.parse::<u32>().unwrap_or(u32::MAX));
    assert_eq!(mirrored, (0..40).map(|index| index.to_string()).collect::<Vec<_>>());
    assert_eq!(shares[0] + shares[1], 40);
    assert!(shares.iter().all(|share| *share > 0), "{shares:?}");

    // Who stops hands on what comes; the other member takes it.
    one.stop().await?;
    client.publish("greeter.said", &said("later")).await?;
    let mut last = [next(&mut heard).await, next(&mut heard).await];
    last.sort();
    let expected = [("mirror", "later"), ("two", "later")];
    assert_eq!(last, expected.map(|(service, name)| (service.to_owned(), name.to_owned())));
    two.stop().await?;
    mirror.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_publishes_before_it_ends() -> Result<()> {
    let registry = Memory::new();
    let (sender, mut heard) = mpsc::unbounded_channel();
    let mirror = mirror(&registry, &sender).start().await?;
    let publisher = Service::new("publisher").registry(registry.clone()).before_stop(|service| async move {
        service.publish("greeter.said", &said("goodbye")).await.map(|_| ())
    });
    let publisher = publisher.start().await?;
    publisher.stop().await?;
    assert_eq!(next(&mut heard).await, ("mirror".to_owned(), "goodbye".to_owned()));
    mirror.stop().await
}

/// Posts an event in JSON by hand.
async fn post(to: SocketAddr, headers: &[&str], body: &str) -> u16 {
    let mut all =
        vec!["content-type: application/json", "ce-specversion: 1.0", "ce-id: 1", "ce-source: /hand"];
    all.push("ce-type: tests.Said");
    all.extend_from_slice(headers);
    exchange(to, "POST", TOPIC, &all, body.as_bytes()).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anybody_may_send_an_event_to_a_service_by_hand() -> Result<()> {
    let registry = Memory::new();
    let (sender, mut heard) = mpsc::unbounded_channel();
    let ledger = ledger("ledger", &registry, &sender).start().await?;
    let to = ledger.local_addr().expect("it listens");
    let queue = "micro-queue: ledger";

    assert_eq!(post(to, &[queue], r#"{"name":"ann"}"#).await, 204);
    assert_eq!(next(&mut heard).await.1, "ann");
    assert_eq!(post(to, &[queue], r#"{"name":"poison"}"#).await, 503, "it wants it again");
    assert_eq!(post(to, &[queue, "micro-attempt: 5"], r#"{"name":"poison"}"#).await, 422, "the last attempt");
    assert_eq!(post(to, &[queue], r#"{"name":1}"#).await, 422, "it can never be read");
    assert_eq!(post(to, &[], r#"{"name":"ann"}"#).await, 404, "nobody subscribes without a queue");
    assert_eq!(post(to, &["micro-queue: no queue"], "{}").await, 400);

    let structured =
        r#"{"specversion":"1.0","id":"2","source":"/hand","type":"tests.Said","data":{"name":"bob"}}"#;
    let headers = ["content-type: application/cloudevents+json", queue];
    let answer = exchange(to, "POST", TOPIC, &headers, structured.as_bytes()).await;
    assert_eq!((answer.status, next(&mut heard).await.1.as_str()), (204, "bob"));

    // A page in a browser cannot set the headers of an event without asking first, and nobody answers that.
    let plain = exchange(to, "POST", TOPIC, &["content-type: text/plain", queue], b"{}").await;
    let asking = exchange(to, "OPTIONS", TOPIC, &["origin: http://elsewhere.example"], b"").await;
    assert_eq!((plain.status, asking.status), (400, 405));
    assert!(!asking.head.contains("access-control"), "{}", asking.head);
    ledger.stop().await
}
