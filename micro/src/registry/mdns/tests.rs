//! The registry on loopback, with real sockets, on a port of each test's own. Networks of several machines are
//! tested elsewhere.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::*;

use crate::error::Code;
use crate::registry::conformance::{self, Fixture};
use crate::registry::{Event, State};

/// How long to wait for what has to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a test speaks: loopback, and a port that nobody else uses.
#[derive(Clone)]
struct Place {
    interface: String,
    port: u16,
}

impl Place {
    fn anew(&self) -> Place {
        Place { port: port(), ..self.clone() }
    }

    fn open(&self) -> Mdns {
        Mdns::new().interface(&self.interface).port(self.port)
    }
}

/// A port that no other test here has. Where counting begins is chance: other processes have tests too.
pub(super) fn port() -> u16 {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| AtomicU16::new(fastrand::u16(20_000..60_000)));
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Says that a test did not run, unless everything has to.
#[allow(clippy::print_stderr)] // it has to be seen
pub(super) fn not_run() {
    let everything = std::env::var("MICRO_TEST_REQUIRE").is_ok_and(|value| value == "all");
    assert!(!everything, "multicast does not work on loopback here, and MICRO_TEST_REQUIRE=all was given");
    eprintln!("NOT RUN: multicast does not work on loopback here");
}

/// Finds out whether multicast works on loopback here, by trying. Where it does not, says that the test did not run.
async fn place() -> Option<Place> {
    let loopback = interface::interfaces(None).unwrap().into_iter().find(|interface| interface.loopback);
    if let Some(loopback) = loopback {
        let place = Place { interface: loopback.name, port: port() };
        let (one, two) = (place.open(), place.open());
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            put(&one, &Node::new("probe", "probe")).await;
            if !two.lookup(&Query::all()).await.unwrap().is_empty() {
                return Some(place.anew());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    not_run();
    None
}

async fn put(mdns: &Mdns, node: &Node) {
    mdns.register(node, &Register::default()).await.unwrap();
}

async fn next(watch: &mut Watch) -> Event {
    tokio::time::timeout(PATIENCE, watch.next()).await.expect("nothing was told").unwrap()
}

/// Looks up again and again until the answer is as expected.
async fn until(mdns: &Mdns, what: &str, expected: impl Fn(&[Node]) -> bool) -> Vec<Node> {
    let begun = Instant::now();
    loop {
        let nodes = mdns.lookup(&Query::all()).await.unwrap();
        if expected(&nodes) {
            return nodes;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}: {nodes:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn passes_the_suite() {
    let Some(place) = place().await else { return };
    let report = conformance::run(|| async {
        let place = place.anew();
        Ok(Fixture::new(place.open(), place.open()))
    })
    .await;
    report.check().unwrap();
    // It is never whole, and nobody changes the node of another.
    assert_eq!(report.skipped().len(), 4, "{report}");
}

#[tokio::test]
async fn only_addresses_of_the_network_travel() {
    let Some(place) = place().await else { return };
    let (writer, reader) = (place.open(), place.open());
    let node = |id: &str, addresses: &[&str]| {
        let node = Node::new(id, "s").contract("a.v1.B").state(State::Draining);
        addresses.iter().fold(node, |node, address| node.address(address.parse().unwrap()))
    };
    put(&writer, &node("here", &["127.0.0.1:4000"])).await;
    put(&writer, &node("twice", &["127.0.0.1:2", "10.1.2.3:1", "127.0.0.2:3", "greeter.internal:1"])).await;
    put(&writer, &node("elsewhere", &["10.1.2.3:4000"])).await;
    let nodes = until(&reader, "two nodes", |nodes| nodes.len() == 2).await;
    let expected = [node("here", &["127.0.0.1:4000"]), node("twice", &["127.0.0.1:2", "127.0.0.2:3"])];
    assert_eq!(nodes, expected);
    // Whoever registered them knows all.
    assert_eq!(writer.lookup(&Query::contract("a.v1.B")).await.unwrap().len(), 3);
}

#[tokio::test]
async fn dropping_the_registry_says_goodbye() {
    let Some(place) = place().await else { return };
    let (writer, reader) = (place.open(), place.open());
    let mut watch = reader.watch(&Query::all()).await.unwrap();
    assert_eq!(next(&mut watch).await, Event::All(vec![]));
    put(&writer, &Node::new("a", "s")).await;
    assert!(matches!(next(&mut watch).await, Event::Put(node) if node.id == "a"));
    let clone = writer.clone();
    drop(writer);
    put(&clone, &Node::new("b", "s")).await;
    assert!(matches!(next(&mut watch).await, Event::Put(node) if node.id == "b"));
    let mut own = clone.watch(&Query::service("nobody")).await.unwrap();
    assert_eq!(next(&mut own).await, Event::All(vec![]));
    let begun = Instant::now();
    drop(clone);
    for id in ["a", "b"] {
        assert_eq!(next(&mut watch).await, Event::Gone(id.to_owned()));
    }
    // Long before they would have expired.
    assert!(begun.elapsed() < Register::default().ttl / 2);
    assert_eq!(own.next().await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn a_node_that_somebody_claims_too_stays_one_node() {
    let Some(place) = place().await else { return };
    let (one, two, reader) = (place.open(), place.open(), place.open());
    put(&one, &Node::new("a", "one")).await;
    until(&reader, "the first one", |nodes| nodes.len() == 1).await;
    put(&two, &Node::new("a", "two")).await;
    put(&two, &Node::new("z", "two")).await;
    let nodes = until(&reader, "both ids", |nodes| nodes.len() == 2).await;
    assert_eq!(nodes.iter().map(|node| node.id.as_str()).collect::<Vec<_>>(), ["a", "z"]);
    // Each process keeps to what it registered itself.
    assert_eq!(one.lookup(&Query::service("one")).await.unwrap().len(), 1);
    assert_eq!(two.lookup(&Query::service("one")).await.unwrap().len(), 0);
}

#[tokio::test]
async fn nonsense_is_counted_and_disturbs_nobody() {
    let Some(place) = place().await else { return };
    let (writer, reader) = (place.open(), place.open());
    assert!(reader.lookup(&Query::all()).await.unwrap().is_empty());
    let stranger = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None).unwrap();
    stranger.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    stranger.set_multicast_if_v4(&Ipv4Addr::LOCALHOST).unwrap();
    let group = socket2::SockAddr::from(SocketAddr::from(([224, 0, 0, 251], place.port)));
    // Random bytes, and an answer that does not come from the port of the service.
    let mut answer = packet::Writer::answer(0);
    let name = Names::new().unwrap().service;
    let data = packet::Data::Ptr(name.below(b"bogus").unwrap());
    answer.tell(&packet::Record { name, ttl: 60, flush: false, data });
    let answer = answer.finish();
    for index in 0..100 {
        let noise: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(index).collect();
        stranger.send_to(&noise, &group).unwrap();
        stranger.send_to(&answer, &group).unwrap();
    }
    put(&writer, &Node::new("a", "s")).await;
    until(&reader, "the node", |nodes| nodes.len() == 1).await;
    assert!(reader.ignored().malformed >= 100, "{:?}", reader.ignored());
}

#[tokio::test]
async fn without_a_network_it_works_for_itself() {
    let mdns = Mdns::new().interface("no-such-interface");
    let begun = Instant::now();
    put(&mdns, &Node::new("a", "s")).await;
    assert_eq!(mdns.lookup(&Query::all()).await.unwrap(), [Node::new("a", "s")]);
    assert!(mdns.lookup(&Query::service("other")).await.unwrap().is_empty());
    let mut watch = mdns.watch(&Query::all()).await.unwrap();
    assert!(matches!(next(&mut watch).await, Event::All(nodes) if nodes.len() == 1));
    mdns.deregister("a").await.unwrap();
    assert_eq!(next(&mut watch).await, Event::Gone("a".to_owned()));
    assert!(begun.elapsed() < PATIENCE);
    assert_eq!(mdns.ignored(), Ignored::default());
}

#[tokio::test(start_paused = true)]
async fn a_registration_runs_out_and_a_refreshed_one_does_not() {
    let mdns = Mdns::new().interface("no-such-interface");
    let options = Register::default().ttl(Duration::from_secs(3));
    let mut watch = mdns.watch(&Query::all()).await.unwrap();
    assert_eq!(next(&mut watch).await, Event::All(vec![]));
    for id in ["kept", "left"] {
        mdns.register(&Node::new(id, "s"), &options).await.unwrap();
        assert!(matches!(next(&mut watch).await, Event::Put(node) if node.id == id));
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    mdns.register(&Node::new("kept", "s"), &options).await.unwrap();
    assert_eq!(next(&mut watch).await, Event::Gone("left".to_owned()));
    assert_eq!(mdns.lookup(&Query::all()).await.unwrap(), [Node::new("kept", "s")]);
}

#[test]
fn a_uri_may_name_an_interface_and_a_port() {
    for (rest, name) in [
        ("", "mdns:"),
        ("eth0", "mdns:eth0"),
        ("?interface=eth0", "mdns:eth0"),
        ("?interface=eth0&port=5454", "mdns:eth0?port=5454"),
        ("lo?port=5353", "mdns:lo"),
    ] {
        let mdns = Mdns::from_uri(rest).unwrap();
        assert_eq!(Registry::name(&mdns), name, "{rest}");
        assert_eq!(
            Registry::name(&Mdns::from_uri(&name["mdns:".len()..]).unwrap()),
            name,
            "its name opens it"
        );
    }
    for wrong in ["?interface=", "?port=0", "?port=70000", "?ttl=5", "eth0?eth1"] {
        let error = Mdns::from_uri(wrong).unwrap_err();
        assert!(error.message().contains("mdns:?interface=eth0"), "{wrong}: {error}");
    }
}
