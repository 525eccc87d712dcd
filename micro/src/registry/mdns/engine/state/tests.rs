//! What is done with what the system tells of interfaces, and what one machine may ask of us.

use std::net::SocketAddr;

use super::*;

use crate::registry::mdns::record;
use crate::registry::mdns::tests::{not_run, port};

/// A state with a link on loopback, and what hears it. Nothing is sent that anybody would read.
struct Place {
    state: State,
    ears: Ears,
    loopback: Interface,
    _incoming: mpsc::Receiver<Packet>,
}

impl Place {
    /// Opens the link. Where loopback cannot be used, says that the test did not run.
    fn new() -> Option<Place> {
        let place = Place::open();
        if place.is_none() {
            not_run();
        }
        place
    }

    fn open() -> Option<Place> {
        let loopback =
            interface::interfaces(None).unwrap().into_iter().find(|interface| interface.loopback)?;
        let options = Options { interface: None, port: port() };
        let (packets, incoming) = mpsc::channel(8);
        let mut place = Place {
            state: State::new(options, &Names::new().unwrap()),
            ears: Ears { readers: JoinSet::new(), packets },
            loopback,
            _incoming: incoming,
        };
        place.find(Ok(vec![place.loopback.clone()]));
        (!place.state.links.is_empty()).then_some(place)
    }

    fn find(&mut self, found: io::Result<Vec<Interface>>) -> Changed {
        self.state.use_interfaces(found, Instant::now(), &mut self.ears)
    }

    /// Hears a packet from the port of the service.
    fn hear(&mut self, source: &str, bytes: &[u8], now: Instant) -> Changed {
        let source = SocketAddr::new(source.parse().unwrap(), self.state.options.port);
        let link = (self.loopback.index, false);
        self.state.take_all(&[Packet { link, source, direct: false, bytes: bytes.to_vec() }], now)
    }
}

fn service() -> Name {
    Names::new().unwrap().service
}

/// An answer with pointers to nodes that nobody has heard of.
fn pointers(count: usize) -> Vec<u8> {
    let mut writer = Writer::answer(0);
    for index in 0..count {
        let data = packet::Data::Ptr(service().below(format!("p{index}").as_bytes()).unwrap());
        writer.tell(&Record { name: service(), ttl: 60, flush: false, data });
    }
    writer.finish()
}

/// The announcement of a node that has no address.
fn node(id: &str) -> Vec<u8> {
    let instance = service().below(id.as_bytes()).unwrap();
    let host = Name::of(&[b"h", b"local"]).unwrap();
    let (text, _) = record::write(&Node::new(id, "s"), true, &[]);
    let mut writer = Writer::answer(0);
    for (name, data) in [
        (service(), packet::Data::Ptr(instance.clone())),
        (instance.clone(), packet::Data::Srv { port: 1, host }),
        (instance, packet::Data::Txt(text)),
    ] {
        writer.tell(&Record { name, ttl: 60, flush: false, data });
    }
    writer.finish()
}

#[tokio::test]
async fn links_and_nodes_stay_where_nobody_can_tell_which_interfaces_there_are() {
    let Some(mut place) = Place::new() else { return };
    let (now, links) = (Instant::now(), place.state.links.len());
    place.state.begin_to_listen(now);
    let changed = Changed::from(["a".to_owned()]);
    assert_eq!(place.hear("127.0.0.1", &node("a"), now), changed);
    assert!(place.find(Err(io::Error::other("there are too many open files"))).is_empty());
    assert_eq!((place.state.links.len(), place.state.table.node("a").is_some()), (links, true));
    // When it is known that there are none, what was heard on them is gone.
    assert_eq!(place.find(Ok(vec![])), changed);
    assert!(place.state.links.is_empty() && place.state.table.node("a").is_none());
}

#[tokio::test]
async fn one_that_floods_the_network_keeps_nobody_else_from_being_heard() {
    let Some(mut place) = Place::new() else { return };
    let now = Instant::now();
    place.state.begin_to_listen(now);
    let (flood, sent) = (pointers(400), 500);
    for _ in 0..sent {
        place.hear("127.0.0.66", &flood, now);
    }
    let read = sent - place.state.flooded;
    assert!(read > 50 && (read * 400) as f64 <= BURST_OF_A_SOURCE, "{read}");
    place.hear("127.0.0.1", &node("good"), now);
    assert!(place.state.table.node("good").is_some());
}

#[tokio::test]
async fn what_a_change_costs_is_owed_by_who_makes_it() {
    let Some(mut place) = Place::new() else { return };
    let (now, source) = (Instant::now(), "127.0.0.66");
    place.state.begin_to_listen(now);
    // A text with many items is short to read, and takes long to be made a node.
    let many = (0..500).fold(Node::new("many", "s"), |node, _| node.contract("c"));
    let (text, _) = record::write(&many, true, &[]);
    let name = service().below(b"many").unwrap();
    let mut writer = Writer::answer(0);
    writer.tell(&Record { name, ttl: 60, flush: false, data: packet::Data::Txt(text) });
    let (first, second) = (node("many"), writer.finish());
    for bytes in [&first, &second] {
        place.hear(source, bytes, now);
    }
    assert_eq!(place.state.table.node("many").map(|node| node.contracts.len()), Some(500));
    let paid = packet::weight(&first) + packet::weight(&second);
    let left = BURST_OF_A_SOURCE - paid as f64;
    let source = source.parse().unwrap();
    assert!(
        !place.state.allowed.pay(source, left - 50.0, now)
            && place.state.allowed.pay(source, left - 100.0, now)
    );
}

#[tokio::test]
async fn who_registers_a_node_that_nobody_hears_of_is_warned() {
    let Some(mut place) = Place::new() else { return };
    let register = |state: &mut State, node: Node| {
        state.responder.put(Arc::new(node.clone()), Duration::from_secs(15), Instant::now());
        state.warn_of_silence(&node);
        (state.warned_of_no_link, state.warned_of_elsewhere)
    };
    let here = Node::new("here", "s").address("127.0.0.1:1".parse().unwrap());
    let elsewhere = Node::new("elsewhere", "s").address("192.0.2.1:1".parse().unwrap());
    assert_eq!(register(&mut place.state, here.clone()), (false, false));
    assert_eq!(register(&mut place.state, elsewhere), (false, true));
    place.find(Ok(vec![]));
    assert_eq!(register(&mut place.state, here), (true, true));
}

#[test]
fn a_question_fits_a_packet_whatever_is_asked() {
    let long = |index: u8| Name::of(&[&[b'a'; 63], &[b'b'; 63], &[b'c'; 63], &[b'd' + index; 60]]).unwrap();
    let names: Vec<(Name, u16)> = (0..20).map(|index| (long(index), packet::SRV)).collect();
    let known = || {
        (0..200).map(|index| {
            let label = format!("{index:063}");
            let data = packet::Data::Ptr(service().below(label.as_bytes()).unwrap());
            Record { name: service(), ttl: 60, flush: false, data }
        })
    };
    // An Ethernet packet without the headers of IPv6 and UDP.
    for (service, names) in
        [(Some(service()), &names[..0]), (Some(service()), &names[..]), (None, &names[..])]
    {
        let bytes = question(service.as_ref(), names, known());
        let message = packet::read(&bytes).unwrap();
        assert!(bytes.len() <= 1_452 && bytes.len() > QUESTION, "{}", bytes.len());
        assert_eq!(message.answers.is_empty(), service.is_none() || !names.is_empty());
    }
}
