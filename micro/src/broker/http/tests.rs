//! The broker over real sockets: services of which nothing is there but port, node and subscriptions.

use std::convert::Infallible;
use std::net::SocketAddr;

use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;

use super::*;
use crate::broker::conformance::{self, Fixture};
use crate::broker::{Ack, Delivery, Handle, Overflow};
use crate::error::Code;
use crate::layer::BoxFuture;
use crate::registry::{Memory, Node, Register};
use crate::wire::HttpBody;

const BOUND: Duration = Duration::from_secs(20);

type Answers = Arc<dyn Fn(Request<HttpBody>) -> BoxFuture<'static, Response<HttpBody>> + Send + Sync>;

/// A port. Dropping it closes it and every connection to it.
struct Port {
    address: SocketAddr,
    _tasks: JoinSet<()>,
}

async fn listen(answers: Answers) -> Port {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let answers = answers.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let answer = answers(request.map(HttpBody::incoming));
                async move { Ok::<_, Infallible>(answer.await) }
            });
            let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            builder.max_concurrent_streams(1024);
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            connections.spawn(async move { drop(connection.await) });
        }
    });
    Port { address, _tasks: tasks }
}

async fn register(registry: &registry::Handle, node: Node) {
    registry.register(&node, &Register::default().ttl(Duration::from_secs(600))).await.unwrap();
}

/// What is there of a service.
struct Service {
    broker: Handle,
    inbox: Arc<dyn Inbox>,
    port: Port,
    node: Node,
}

async fn service(registry: &registry::Handle, id: &str) -> Service {
    host(Http::new(registry.clone()), registry, id).await
}

async fn host(http: Http, registry: &registry::Handle, id: &str) -> Service {
    let broker = Handle::from(http);
    let inbox = broker.inbox().unwrap();
    // The registry hears of the node with its first subscription.
    assert!(inbox.subscriptions().is_empty());
    let answering = inbox.clone();
    let port = listen(Arc::new(move |request| answering.answer(request))).await;
    let node = Node::new(id, "s").address(port.address.into());
    let (registry, announced) = (registry.clone(), node.clone());
    inbox.attach(Box::new(move |topics| {
        let mut node = announced.clone();
        node.topics = topics;
        let registry = registry.clone();
        Box::pin(
            async move { registry.register(&node, &Register::default().ttl(Duration::from_secs(600))).await },
        )
    }));
    Service { broker, inbox, port, node }
}

fn memory() -> registry::Handle {
    Memory::new().into()
}

fn publisher(registry: &registry::Handle) -> (Http, Handle) {
    let http = Http::new(registry.clone());
    (http.clone(), http.into())
}

async fn publish(broker: &Handle, data: impl Into<String>) {
    broker.publish(Envelope::new("t", data.into())).await.unwrap();
}

async fn next(subscription: &mut Subscription) -> Delivery {
    tokio::time::timeout(BOUND, subscription.next()).await.expect("no event in time").unwrap()
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(BOUND, waiting).await.unwrap_or_else(|_| panic!("in vain: {what}"));
}

fn text(delivery: &Delivery) -> String {
    String::from_utf8(delivery.data().to_vec()).unwrap()
}

/// A broker with the port it needs, as one.
struct Hosted {
    http: Http,
    _port: Mutex<Port>,
}

impl Hosted {
    async fn new(registry: &registry::Handle, id: &str) -> Self {
        let http = Http::new(registry.clone());
        let Service { port, .. } = host(http.clone(), registry, id).await;
        Hosted { http, _port: Mutex::new(port) }
    }
}

impl Broker for Hosted {
    fn capability(&self) -> Capability {
        self.http.capability()
    }

    async fn publish(&self, envelope: &Arc<Envelope>) -> Result<Receipt> {
        self.http.publish(envelope).await
    }

    async fn subscribe(&self, options: &Subscribe) -> Result<Subscription> {
        self.http.subscribe(options).await
    }

    async fn close(&self) -> Result<()> {
        self.http.close().await
    }
}

#[tokio::test]
async fn passes_the_suite() {
    let report = conformance::run(|| async {
        let registry = memory();
        let broker = Hosted::new(&registry, "one").await;
        Ok(Fixture::new(broker, Hosted::new(&registry, "two").await))
    });
    report.await.check().unwrap();
}

#[tokio::test]
async fn every_subscription_gets_an_event_and_one_member_of_each_queue() {
    let registry = memory();
    let (one, two) = (service(&registry, "one").await, service(&registry, "two").await);
    let all = Subscribe::new("t").ack(Ack::Auto);
    let queue = all.clone().queue("q");
    let mut everybody =
        [one.broker.subscribe(&all).await.unwrap(), two.broker.subscribe(&all).await.unwrap()];
    let mut members =
        [one.broker.subscribe(&queue).await.unwrap(), two.broker.subscribe(&queue).await.unwrap()];
    let (http, broker) = publisher(&registry);
    for index in 0..50 {
        publish(&broker, index.to_string()).await;
    }
    let wanted: Vec<String> = (0..50).map(|index| index.to_string()).collect();
    let sorted = |mut texts: Vec<String>| {
        texts.sort_by_key(|text| text.parse::<u32>().unwrap());
        texts
    };
    for subscription in &mut everybody {
        let mut texts = Vec::new();
        while texts.len() < wanted.len() {
            texts.push(text(&next(subscription).await));
        }
        assert_eq!(sorted(texts), wanted);
    }
    let [first, second] = &mut members;
    let mut shares = [Vec::new(), Vec::new()];
    while shares[0].len() + shares[1].len() < wanted.len() {
        tokio::select! {
            delivery = first.next() => shares[0].push(text(&delivery.unwrap())),
            delivery = second.next() => shares[1].push(text(&delivery.unwrap())),
            () = tokio::time::sleep(BOUND) => panic!("no event in time"),
        }
    }
    assert!(shares.iter().all(|share| !share.is_empty()), "{shares:?}");
    assert_eq!(sorted(shares.concat()), wanted);
    broker.close().await.unwrap();
    let counters = http.counters();
    assert_eq!((counters.sent, counters.handled, counters.retried, counters.dropped), (150, 150, 0, 0));
}

#[tokio::test]
async fn events_of_one_key_keep_their_order() {
    let registry = memory();
    let service = service(&registry, "one").await;
    let mut all = service.broker.subscribe(&Subscribe::new("t")).await.unwrap();
    let (_http, broker) = publisher(&registry);
    for index in 0..200 {
        let key = if index % 2 == 0 { "even" } else { "odd" };
        broker.publish(Envelope::new("t", index.to_string()).key(key)).await.unwrap();
    }
    let mut last = [None, None];
    for _ in 0..200 {
        let delivery = next(&mut all).await;
        let index: u32 = text(&delivery).parse().unwrap();
        let last = &mut last[index as usize % 2];
        assert!(last.is_none_or(|last| index == last + 2), "{index} after {last:?}");
        *last = Some(index);
        delivery.ack().await.unwrap();
    }
}

#[tokio::test]
async fn an_event_comes_again_when_asked_for_and_not_earlier() {
    let registry = memory();
    let service = service(&registry, "one").await;
    let mut all = service.broker.subscribe(&Subscribe::new("t").queue("q")).await.unwrap();
    let (http, broker) = publisher(&registry);
    publish(&broker, "poison").await;
    let first = next(&mut all).await;
    assert_eq!((first.attempt(), first.is_redelivered()), (1, false));
    let begun = std::time::Instant::now();
    first.retry(Duration::from_millis(150)).await.unwrap();
    publish(&broker, "other").await;
    let other = next(&mut all).await;
    assert_eq!(text(&other), "other", "one that waits holds up nobody");
    other.ack().await.unwrap();
    let second = next(&mut all).await;
    assert_eq!((text(&second).as_str(), second.attempt(), second.is_redelivered()), ("poison", 2, true));
    assert!(begun.elapsed() >= Duration::from_millis(150));
    drop(second);
    let third = next(&mut all).await;
    assert_eq!(third.attempt(), 3);
    third.reject("enough").await.unwrap();
    broker.close().await.unwrap();
    let counters = http.counters();
    assert_eq!((counters.handled, counters.rejected, counters.retried, counters.dropped), (1, 1, 2, 0));
}

#[tokio::test]
async fn a_dead_subscriber_costs_the_others_nothing_and_is_dropped() {
    let registry = memory();
    let live = service(&registry, "live").await;
    let mut all = live.broker.subscribe(&Subscribe::new("t").ack(Ack::Auto)).await.unwrap();
    // Bound, so that nobody else gets the port, and not listening.
    let nobody = TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = nobody.local_addr().unwrap().into();
    let topic = registry::Subscription::new("t", "");
    register(&registry, Node::new("dead", "s").address(address).subscription(topic)).await;
    let (http, broker) = publisher(&registry);
    for index in 0..20 {
        publish(&broker, index.to_string()).await;
    }
    for _ in 0..20 {
        next(&mut all).await;
    }
    until("it is given up", || http.counters().dropped == 20).await;
    tokio::time::timeout(BOUND, broker.close()).await.unwrap().unwrap();
    let before = http.counters().sent;
    for index in 20..40 {
        publish(&broker, index.to_string()).await;
    }
    for _ in 20..40 {
        next(&mut all).await;
    }
    until("it gets nothing more", || http.counters().dropped == 40).await;
    // All go to who lives. On a slow machine the dead one is tried meanwhile, with one event or two.
    let sent = http.counters().sent - before;
    assert!((20..=22).contains(&sent), "{sent} were sent");
}

#[tokio::test]
async fn what_a_dead_member_had_goes_to_another() {
    let registry = memory();
    let (one, two) = (service(&registry, "one").await, service(&registry, "two").await);
    let queue = Subscribe::new("t").queue("q");
    let mut first = one.broker.subscribe(&queue).await.unwrap();
    let (_http, broker) = publisher(&registry);
    for index in 0..100 {
        publish(&broker, index.to_string()).await;
    }
    let mut unacked = Vec::new();
    while unacked.len() < 100 {
        unacked.push(next(&mut first).await);
    }
    let mut second = two.broker.subscribe(&queue).await.unwrap();
    drop(one);
    for _ in 0..100 {
        let delivery = next(&mut second).await;
        assert_eq!((delivery.attempt(), delivery.is_redelivered()), (2, true));
        delivery.ack().await.unwrap();
    }
    tokio::time::timeout(BOUND, broker.close()).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_member_that_stops_sends_events_elsewhere_unseen() {
    let registry = memory();
    let (one, two) = (service(&registry, "one").await, service(&registry, "two").await);
    let queue = Subscribe::new("t").queue("q");
    let first = one.broker.subscribe(&queue).await.unwrap();
    let (_http, broker) = publisher(&registry);
    publish(&broker, "waiting").await;
    let mut second = two.broker.subscribe(&queue).await.unwrap();
    one.inbox.refuse();
    publish(&broker, "new").await;
    for _ in 0..2 {
        let delivery = next(&mut second).await;
        assert_eq!((delivery.attempt(), delivery.is_redelivered()), (1, false), "{delivery:?}");
        delivery.ack().await.unwrap();
    }
    drop(first);
}

#[tokio::test]
async fn a_subscriber_that_is_about_to_stop_finishes_what_it_has() {
    let registry = memory();
    let mut service = service(&registry, "one").await;
    let mut all = service.broker.subscribe(&Subscribe::new("t")).await.unwrap();
    let (http, broker) = publisher(&registry);
    publish(&broker, "first").await;
    let delivery = next(&mut all).await;
    service.node.topics = service.inbox.subscriptions();
    register(&registry, service.node.clone().state(registry::State::Draining)).await;
    publish(&broker, "late").await;
    assert_eq!(http.counters().sent, 1, "it gets nothing new");
    delivery.ack().await.unwrap();
    tokio::time::timeout(BOUND, broker.close()).await.unwrap().unwrap();
    let counters = http.counters();
    assert_eq!((counters.handled, counters.dropped), (1, 0));
}

#[tokio::test]
async fn addresses_outside_of_the_allowed_networks_are_never_tried() {
    let registry = memory();
    let topic = registry::Subscription::new("t", "");
    let outside = Node::new("outside", "s").address("192.0.2.1:80".parse().unwrap()).subscription(topic);
    register(&registry, outside).await;
    let service = service(&registry, "one").await;
    let mut all = service.broker.subscribe(&Subscribe::new("t").ack(Ack::Auto)).await.unwrap();
    let (http, broker) = publisher(&registry);
    publish(&broker, "x").await;
    next(&mut all).await;
    tokio::time::timeout(BOUND, broker.close()).await.unwrap().unwrap();
    let counters = http.counters();
    assert_eq!((counters.handled, counters.refused, counters.dropped), (1, 1, 1));

    let strict = Http::new(registry.clone()).allow("10.0.0.0/8").unwrap();
    let broker = Handle::from(strict.clone());
    publish(&broker, "y").await;
    tokio::time::timeout(BOUND, broker.close()).await.unwrap().unwrap();
    assert_eq!((strict.counters().handled, strict.counters().refused), (0, 2));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let registry = memory();
    let target = service(&registry, "target").await;
    let location = HeaderValue::try_from(format!("http://{}/micro/events/t", target.port.address)).unwrap();
    let answers: Answers = Arc::new(move |_| {
        let mut response = Response::new(HttpBody::empty());
        *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
        response.headers_mut().insert("location", location.clone());
        Box::pin(std::future::ready(response))
    });
    let redirecting = listen(answers).await;
    let topic = registry::Subscription::new("t", "");
    register(&registry, Node::new("sly", "s").address(redirecting.address.into()).subscription(topic)).await;
    let (http, broker) = publisher(&registry);
    publish(&broker, "x").await;
    tokio::time::timeout(BOUND, broker.close()).await.unwrap().unwrap();
    let counters = http.counters();
    assert_eq!((counters.handled, counters.rejected, counters.dropped), (0, 1, 0));
}

#[tokio::test]
async fn what_finds_no_room_is_dropped_and_counted() {
    let registry = memory();
    let service = service(&registry, "one").await;
    let mut slow = service.broker.subscribe(&Subscribe::new("t")).await.unwrap();
    let http = Http::new(registry.clone()).room(2);
    let broker = Handle::from(http.clone());
    for index in 0..5 {
        publish(&broker, index.to_string()).await;
    }
    assert_eq!((http.counters().sent, http.counters().dropped), (2, 3));
    for _ in 0..2 {
        next(&mut slow).await.ack().await.unwrap();
    }
    tokio::time::timeout(BOUND, broker.close()).await.unwrap().unwrap();
    publish(&broker, "again").await;
    assert_eq!(text(&next(&mut slow).await), "again");
}

#[tokio::test]
async fn a_full_subscription_drops_by_its_policy() {
    let registry = memory();
    let service = service(&registry, "one").await;
    let small = Subscribe::new("t").capacity(1).overflow(Overflow::DropNewest);
    let mut all = service.broker.subscribe(&small).await.unwrap();
    let (http, broker) = publisher(&registry);
    for index in 0..10 {
        publish(&broker, index.to_string()).await;
    }
    until("nine are dropped", || all.dropped() == 9).await;
    next(&mut all).await.ack().await.unwrap();
    tokio::time::timeout(BOUND, broker.close()).await.unwrap().unwrap();
    assert_eq!((http.counters().handled, http.counters().rejected), (1, 9));
}

#[tokio::test]
async fn events_past_their_time_are_not_delivered() {
    let registry = memory();
    let service = service(&registry, "one").await;
    let mut all = service.broker.subscribe(&Subscribe::new("t").ack(Ack::Auto)).await.unwrap();
    let (http, broker) = publisher(&registry);
    let short = Duration::from_millis(30);
    broker.publish(Envelope::new("t", "late").expires_in(short)).await.unwrap();
    broker.publish(Envelope::new("t", "dead").expires_in(Duration::ZERO)).await.unwrap();
    tokio::time::sleep(short * 2).await;
    publish(&broker, "fresh").await;
    assert_eq!(text(&next(&mut all).await), "fresh");
    tokio::time::timeout(BOUND, broker.close()).await.unwrap().unwrap();
    assert_eq!(http.counters().handled, 1);
}

#[tokio::test]
async fn a_node_that_does_not_subscribe_any_more_is_passed_over_until_it_does() {
    let registry = memory();
    let service = service(&registry, "one").await;
    let topic = registry::Subscription::new("t", "");
    // The registry says so; the service knows nothing of it.
    register(&registry, service.node.clone().subscription(topic)).await;
    let (http, broker) = publisher(&registry);
    publish(&broker, "x").await;
    until("the first is dropped", || http.counters().dropped == 1).await;
    let all = service.broker.subscribe(&Subscribe::new("t").ack(Ack::Auto)).await;
    let mut all = all.unwrap();
    register(&registry, service.node.clone().version("2").subscription(registry::Subscription::new("t", "")))
        .await;
    publish(&broker, "y").await;
    assert_eq!(text(&next(&mut all).await), "y");
}

#[tokio::test]
async fn many_publish_at_once_and_nothing_is_lost_or_doubled() {
    let registry = memory();
    let service = service(&registry, "one").await;
    let mut all = service.broker.subscribe(&Subscribe::new("t").ack(Ack::Auto)).await.unwrap();
    let (_http, broker) = publisher(&registry);
    let mut publishers = JoinSet::new();
    for publisher in 0..10 {
        let broker = broker.clone();
        publishers.spawn(async move {
            for index in 0..100 {
                publish(&broker, format!("{publisher}.{index}")).await;
            }
        });
    }
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..1000 {
        assert!(seen.insert(text(&next(&mut all).await)), "twice");
    }
    while publishers.join_next().await.is_some() {}
    tokio::time::timeout(BOUND, broker.close()).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_client_publishes_and_does_not_subscribe() {
    let (_http, broker) = publisher(&memory());
    let error = broker.subscribe(&Subscribe::new("t")).await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
    publish(&broker, "x").await;
    broker.close().await.unwrap();
}
