//! What is announced, answered and taken back, and when.

use super::*;

use crate::registry::State;
use crate::registry::mdns::record;

/// The link of the network that tests speak on.
const LINK: Key = (1, false);

fn network(ip: &str, bits: u8, loopback: bool) -> Interface {
    Interface::new(1, "test".to_owned(), loopback, vec![(ip.parse().unwrap(), bits)])
}

fn responder() -> Responder {
    Responder::new(Names::new().unwrap())
}

fn node(id: &str, addresses: &[&str]) -> Arc<Node> {
    let node = Node::new(id, "greeter");
    Arc::new(addresses.iter().fold(node, |node, address| node.address(address.parse().unwrap())))
}

fn announced(responder: &Responder, id: &str, interface: &Interface) -> Option<Message> {
    let packet = responder.own[id].packet(&responder.names, interface, Purpose::All)?;
    packet::read(&packet)
}

fn addresses(message: &Message) -> Vec<String> {
    let address = |record: &Record| match &record.data {
        Data::Address(ip) => Some(ip.to_string()),
        _ => None,
    };
    message.answers.iter().filter_map(address).collect()
}

#[tokio::test(start_paused = true)]
async fn a_node_is_announced_only_where_it_can_be_reached() {
    let (lan, loopback) = (network("10.1.0.1", 24, false), network("127.0.0.1", 8, true));
    let mut responder = responder();
    let ttl = Duration::from_millis(14_500);
    for (id, at) in [
        ("lan", &["10.1.0.9:80"][..]),
        ("lo", &["127.0.0.1:80"][..]),
        ("both", &["10.1.0.9:80", "127.0.0.1:80"][..]),
    ] {
        responder.put(node(id, at), ttl, Instant::now());
    }
    responder.put(node("far", &["8.8.8.8:80", "greeter.internal:80"]), ttl, Instant::now());
    responder.put(node("inside", &[]), ttl, Instant::now());
    for (id, on_lan, on_loopback) in [
        ("lan", Some(vec!["10.1.0.9".to_owned()]), None),
        ("lo", None, Some(vec!["127.0.0.1".to_owned()])),
        ("both", Some(vec!["10.1.0.9".to_owned()]), Some(vec!["127.0.0.1".to_owned()])),
        ("far", None, None),
        ("inside", Some(vec![]), Some(vec![])),
    ] {
        let found = |interface| announced(&responder, id, interface).as_ref().map(addresses);
        assert_eq!((found(&lan), found(&loopback)), (on_lan, on_loopback), "{id}");
        assert_eq!(responder.is_announced(id, [&lan, &loopback].into_iter()), id != "far", "{id}");
    }
    let message = announced(&responder, "lan", &lan).unwrap();
    assert!(message.answers.iter().all(|record| record.ttl == 15), "never shorter than asked for");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_dns_would_change_is_told_in_the_text() {
    let (lan, mut responder) = (network("10.1.0.1", 24, false), responder());
    let long = "x".repeat(128);
    let told = |responder: &Responder, id: &str| {
        let message = announced(responder, id, &lan).unwrap();
        let text = message.answers.iter().find_map(|record| match &record.data {
            Data::Txt(text) => Some((record.name.clone(), text.clone())),
            _ => None,
        });
        let (name, text) = text.unwrap();
        (name.first().to_vec(), record::read(&text, name.first()).unwrap().node.id)
    };
    for id in ["plain-1.a", "Capital", "capital", &long] {
        responder.put(node(id, &[]), Duration::from_secs(15), Instant::now());
        assert_eq!(told(&responder, id).1, id);
    }
    assert_eq!(told(&responder, "plain-1.a").0, b"plain-1.a");
    assert!(!told(&responder, "Capital").0.eq_ignore_ascii_case(&told(&responder, "capital").0));

    let instance = responder.own["capital"].instance.clone();
    let own_host = responder.own["capital"].host.clone();
    responder.give_way(&instance, &own_host, Instant::now());
    assert_eq!(told(&responder, "capital").0, b"capital", "it is not its own rival");
    responder.give_way(&instance, &Name::of(&[b"other", b"local"]).unwrap(), Instant::now());
    let (label, id) = told(&responder, "capital");
    assert!(label != b"capital" && id == "capital" && !responder.is_own(&instance));
}

#[tokio::test(start_paused = true)]
async fn announcements_are_made_twice_when_something_changed_and_are_spaced() {
    let mut responder = responder();
    let ttl = Duration::from_secs(15);
    let start = Instant::now();
    responder.put(node("a", &[]), ttl, start);
    assert_eq!(responder.due(), Some(start));
    responder.tick(&[], start);
    assert_eq!(responder.due(), Some(start + AGAIN));
    // The same again is no news, a change is; but not faster than the pause.
    let soon = start + Duration::from_millis(10);
    responder.put(node("a", &[]), ttl, soon);
    assert_eq!(responder.due(), Some(start + AGAIN));
    responder.put(Arc::new(Node::new("a", "greeter").state(State::Draining)), ttl, soon);
    assert_eq!(responder.due(), Some(start + PAUSE));
    responder.tick(&[], start + PAUSE);
    responder.tick(&[], start + PAUSE + AGAIN);
    assert_eq!(responder.due(), Some(soon + ttl), "nothing is left but the end of the registration");
    // A refresh is announced once.
    let later = start + Duration::from_secs(5);
    responder.put(Arc::new(Node::new("a", "greeter").state(State::Draining)), ttl, later);
    responder.tick(&[], later);
    assert_eq!(responder.due(), Some(later + ttl));
    assert_eq!(responder.tick(&[], later + ttl), ["a"]);
    assert_eq!(responder.nodes().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_gave_way_is_announced_under_its_new_name_and_then_gone_under_the_old_one() {
    let (lan, mut responder) = (network("10.1.0.1", 24, false), responder());
    let start = Instant::now();
    responder.put(node("a", &["10.1.0.9:80"]), Duration::from_secs(15), start);
    responder.tick(&[], start);
    let (old, host) = (responder.own["a"].instance.clone(), responder.own["a"].host.clone());
    let rival = Name::of(&[b"other", b"local"]).unwrap();
    let later = start + Duration::from_secs(3);
    responder.give_way(&old, &rival, later);
    assert_eq!(responder.own["a"].next, Some(later), "the new name comes first");
    let (when, goodbye) = &responder.goodbyes[0];
    assert!(*when > later);
    // One word of what only we said: the pointer is the other one's too, and our addresses are still there.
    let packet = goodbye.packet(&responder.names, &lan, Purpose::Goodbye).unwrap();
    let data = Data::Srv { port: 80, host };
    let word = Record { name: old.clone(), ttl: 0, flush: false, data };
    assert_eq!(packet::read(&packet).unwrap().answers, [word]);
    // It is said once, and a second rival changes nothing any more.
    responder.tick(&[], later + GOODBYE_AGAIN);
    assert!(responder.goodbyes.is_empty() && !responder.is_own(&old));
    let new = responder.own["a"].instance.clone();
    responder.give_way(&new, &rival, later);
    assert!(responder.is_own(&new) && responder.goodbyes.is_empty());
}

/// What somebody asks who knows of a node.
fn asked(questions: &[(&Name, u16)], known: Option<&Name>, probe: bool) -> Message {
    let questions = questions.iter().map(|(name, kind)| Question { name: (*name).clone(), kind: *kind });
    let record = |instance: &Name| Record {
        name: Names::new().unwrap().service,
        ttl: 15,
        flush: false,
        data: Data::Ptr(instance.clone()),
    };
    let answers = known.map(record).into_iter().collect();
    Message { id: 0, response: false, probe, questions: questions.collect(), answers, additional: vec![] }
}

#[tokio::test(start_paused = true)]
async fn who_knows_a_node_is_not_told_of_it_but_is_told_what_it_asks_about_it() {
    let (lan, mut responder, now) = (network("10.1.0.1", 24, false), responder(), Instant::now());
    responder.put(node("a", &["10.1.0.9:80"]), Duration::from_secs(15), now);
    let Responder { names, own, .. } = &mut responder;
    let own = own.get_mut("a").unwrap();
    let (instance, host) = (own.instance.clone(), own.host.clone());
    let service = names.service.clone();
    let (pointer, server, address) = ((&service, packet::PTR), (&instance, packet::SRV), (&host, packet::A));
    for (questions, known, answered) in [
        (&[pointer][..], None, true),
        (&[pointer][..], Some(&instance), false),
        (&[server][..], Some(&instance), true),
        (&[pointer, address][..], Some(&instance), true),
        (&[(&host, packet::SRV)][..], None, false),
    ] {
        own.plan(&asked(questions, known, false), names, LINK, &lan, now);
        assert_eq!(own.asked.remove(&LINK).is_some(), answered, "{questions:?} {known:?}");
    }
    let elsewhere = network("10.2.0.1", 24, false);
    own.plan(&asked(&[pointer], None, false), names, LINK, &elsewhere, now);
    assert!(own.asked.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_name_is_defended_before_who_wants_it_has_it() {
    let (lan, mut responder, start) = (network("10.1.0.1", 24, false), responder(), Instant::now());
    responder.put(node("a", &[]), Duration::from_secs(15), start);
    let Responder { names, own, .. } = &mut responder;
    let own = own.get_mut("a").unwrap();
    own.told.insert(LINK, start);
    let instance = own.instance.clone();
    let now = start + Duration::from_millis(100);
    // What everybody was told a moment ago is told again only later.
    own.plan(&asked(&[(&instance, packet::ANY)], None, false), names, LINK, &lan, now);
    assert_eq!(own.asked[&LINK], start + AGAIN);
    // A probe takes three quarters of a second, and moves the answer up.
    own.plan(&asked(&[(&instance, packet::ANY)], None, true), names, LINK, &lan, now);
    assert!(own.asked[&LINK] <= start + Duration::from_millis(250), "{:?}", own.asked[&LINK] - start);
    // Further questions do not put it off.
    own.plan(&asked(&[(&instance, packet::ANY)], None, false), names, LINK, &lan, now);
    assert!(own.asked[&LINK] <= start + Duration::from_millis(250));
}
