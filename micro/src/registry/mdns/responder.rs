//! The nodes registered here: announced, answered for, and taken back.
//!
//! A node is announced at once and a second later, as a packet may get lost, and again whenever its registration is
//! refreshed; so nobody has to ask. Its name needs no probing: an id is meant to be unique, and who claims one that
//! is taken is noticed by everybody. It is announced on the networks its addresses belong to and on no other, a
//! node on loopback on loopback only.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::registry::Node;

use super::link::{Allowance, Interface, Key, Link};
use super::packet::{self, Data, LONGEST_LABEL, Message, Name, Question, Record, Writer};
use super::record;

/// The shortest pause between two announcements of a node; changes in between are told as one.
const PAUSE: Duration = Duration::from_millis(100);
/// When the second announcement follows the first, and how long nobody is told again what is said to everybody
/// (RFC 6762, sections 6 and 8.3).
const AGAIN: Duration = Duration::from_secs(1);
/// When the second goodbye follows the first.
const GOODBYE_AGAIN: Duration = Duration::from_millis(120);
/// How many goodbyes wait to be said again.
const MOST_GOODBYES: usize = 1_024;
/// The longest a record is announced for, in seconds; RFC 6762 means it for what changes seldom.
const LONGEST_TTL: u64 = 4_500;
/// The longest an answer to one that asked once may be believed, in seconds (RFC 6762, section 6.7).
const SINGLE_TTL: u32 = 10;
/// How many who asked once are answered, a second on and on and at once.
const SINGLE_PACE: f64 = 100.0;
const SINGLE_BURST: f64 = 500.0;
/// How many addresses of a node are announced.
const MOST_ADDRESSES: usize = 8;

/// The names of the service: `_micro._tcp.local`, and what tells of all services there are.
#[derive(Clone)]
pub(super) struct Names {
    pub(super) service: Name,
    everything: Name,
    local: Name,
}

impl Names {
    pub(super) fn new() -> Option<Names> {
        Some(Names {
            service: Name::of(&[b"_micro", b"_tcp", b"local"])?,
            everything: Name::of(&[b"_services", b"_dns-sd", b"_udp", b"local"])?,
            local: Name::of(&[b"local"])?,
        })
    }
}

pub(super) struct Responder {
    names: Names,
    /// Tells the hosts of this process from those of others.
    seed: u64,
    own: BTreeMap<String, Own>,
    goodbyes: Vec<(Instant, Own)>,
    /// When the service itself was last told of, on each link.
    told: HashMap<Key, Instant>,
    single: Allowance,
    warned: bool,
}

/// A node registered here.
struct Own {
    node: Arc<Node>,
    ttl: Duration,
    /// When the registration runs out.
    until: Option<Instant>,
    instance: Name,
    host: Name,
    /// Whether the name of the instance is the id.
    named: bool,
    /// How many announcements are left to be made, and when the next one is.
    left: u8,
    next: Option<Instant>,
    announced: Option<Instant>,
    /// When it was last told on each link, and on which links it is to be told.
    told: HashMap<Key, Instant>,
    asked: BTreeMap<Key, Instant>,
}

impl Responder {
    pub(super) fn new(names: Names) -> Self {
        Responder {
            names,
            seed: fastrand::u64(..),
            own: BTreeMap::new(),
            goodbyes: Vec::new(),
            told: HashMap::new(),
            single: Allowance::new(SINGLE_PACE, SINGLE_BURST),
            warned: false,
        }
    }

    /// Returns a node registered here.
    pub(super) fn node(&self, id: &str) -> Option<&Arc<Node>> {
        self.own.get(id).map(|own| &own.node)
    }

    /// Returns every node registered here.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Arc<Node>> {
        self.own.values().map(|own| &own.node)
    }

    /// Tells whether an instance is announced here.
    pub(super) fn is_own(&self, instance: &Name) -> bool {
        self.own.values().any(|own| own.instance == *instance)
    }

    /// Registers a node, changes it, or keeps it.
    pub(super) fn put(&mut self, node: Arc<Node>, ttl: Duration, now: Instant) {
        let until = now.checked_add(ttl);
        match self.own.get_mut(&node.id) {
            Some(own) => {
                let same = own.ttl == ttl && own.node == node;
                let recent = own.announced.is_some_and(|told| now < told + AGAIN.min(ttl / 4));
                (own.node, own.ttl, own.until) = (node, ttl, until);
                if !same || !recent {
                    own.left = own.left.max(if same { 1 } else { 2 });
                    let next = own.announced.map_or(now, |told| now.max(told + PAUSE));
                    own.next = Some(own.next.map_or(next, |planned| planned.min(next)));
                }
            }
            None => {
                let Some((instance, host, named)) = self.name(&node.id, false) else { return };
                self.goodbyes.retain(|(_, gone)| gone.instance != instance);
                let own = Own {
                    ttl,
                    until,
                    instance,
                    host,
                    named,
                    left: 2,
                    next: Some(now),
                    announced: None,
                    told: HashMap::new(),
                    asked: BTreeMap::new(),
                    node: node.clone(),
                };
                self.own.insert(node.id.clone(), own);
            }
        }
    }

    /// Takes a node back and says goodbye for it; false when it is none of here.
    pub(super) fn remove(&mut self, id: &str, links: &[Link], now: Instant) -> bool {
        let Some(own) = self.own.remove(id) else { return false };
        own.say_goodbye(&self.names, links);
        if self.goodbyes.len() < MOST_GOODBYES {
            self.goodbyes.push((now + GOODBYE_AGAIN, own));
        }
        true
    }

    /// Says goodbye for every node. For the end, so nothing is said twice.
    pub(super) fn leave(&mut self, links: &[Link]) {
        for own in std::mem::take(&mut self.own).into_values() {
            own.say_goodbye(&self.names, links);
        }
    }

    /// Announces everything anew, as on a network that was not there before.
    pub(super) fn announce_anew(&mut self, now: Instant) {
        for own in self.own.values_mut() {
            own.left = own.left.max(2);
            own.next = Some(now);
        }
    }

    /// Gives the instance of a node another name when a machine announces its name for another one. Once is enough:
    /// the new name is this process' own.
    pub(super) fn give_way(&mut self, instance: &Name, host: &Name, now: Instant) {
        let Some((id, own)) = self.own.iter().find(|(_, own)| own.instance == *instance) else { return };
        if own.host == *host || !own.named {
            return;
        }
        let id = id.clone();
        tracing::warn!(
            id,
            "another machine announces a node with the id of one registered here; ids have to be unique, and \
             others go on with the one they heard of first"
        );
        let Some((instance, host, named)) = self.name(&id, true) else { return };
        if let Some(own) = self.own.get_mut(&id) {
            (own.instance, own.host, own.named) = (instance, host, named);
            (own.left, own.next) = (2, Some(now));
        }
    }

    /// Makes the names of an instance and its host. The instance is named by the id where a name can be: in 63
    /// bytes, and without capital letters, as a name in DNS does not tell them from others.
    fn name(&self, id: &str, taken: bool) -> Option<(Name, Name, bool)> {
        let named = !taken && id.len() <= LONGEST_LABEL && !id.bytes().any(|byte| byte.is_ascii_uppercase());
        // One instance has one name for all processes, unless that name was taken.
        let mark = hash(id.bytes(), if taken { self.seed } else { 0 });
        let label = match named {
            true => id.to_owned(),
            false => format!("{}-{mark:016x}", &id[..id.len().min(LONGEST_LABEL - 17)]),
        };
        let host = format!("micro-{:016x}", hash(id.bytes(), self.seed));
        Some((self.names.service.below(label.as_bytes())?, self.names.local.below(host.as_bytes())?, named))
    }

    /// Returns when something is to be done.
    pub(super) fn due(&self) -> Option<Instant> {
        let own = self.own.values().flat_map(|own| [own.until, own.next, own.asked.values().min().copied()]);
        own.chain(self.goodbyes.iter().map(|(again, _)| Some(*again))).flatten().min()
    }

    /// Does what is due. Returns the ids of nodes whose registration ran out.
    pub(super) fn tick(&mut self, links: &[Link], now: Instant) -> Vec<String> {
        let over = |own: &Own| own.until.is_some_and(|until| until <= now);
        let gone: Vec<String> =
            self.own.iter().filter(|(_, own)| over(own)).map(|(id, _)| id.clone()).collect();
        for id in &gone {
            self.remove(id, links, now);
        }
        let mut missing = false;
        for own in self.own.values_mut() {
            if own.next.is_some_and(|next| next <= now) {
                missing |= own.announce(&self.names, links, now);
            }
            let asked: Vec<Key> =
                own.asked.iter().filter(|(_, when)| **when <= now).map(|(link, _)| *link).collect();
            for key in asked {
                own.asked.remove(&key);
                if let Some(link) = links.iter().find(|link| link.key == key)
                    && let Some(packet) = own.packet(&self.names, &link.interface, Purpose::All)
                {
                    link.send(&packet);
                    own.told.insert(key, now);
                }
            }
        }
        if missing && !self.warned {
            self.warned = true;
            tracing::warn!(
                "a node has more contracts or topics than one record of multicast DNS holds; others do not find it \
                 by all of them"
            );
        }
        let goodbyes = std::mem::take(&mut self.goodbyes).into_iter();
        let (due, later): (Vec<_>, Vec<_>) = goodbyes.partition(|(again, _)| *again <= now);
        self.goodbyes = later;
        due.iter().for_each(|(_, own)| own.say_goodbye(&self.names, links));
        gone
    }

    /// Answers a question: the one who asked once at once and alone, others soon and together.
    pub(super) fn answer(
        &mut self,
        message: &Message,
        link: &Link,
        single: Option<SocketAddr>,
        now: Instant,
    ) {
        for question in &message.questions {
            if question.name == self.names.everything && matches!(question.kind, packet::PTR | packet::ANY) {
                self.tell_of_service(question, message.id, link, single, now);
            }
        }
        for own in self.own.values_mut() {
            let Some(question) =
                message.questions.iter().find(|question| own.is_meant(question, &self.names))
            else {
                continue;
            };
            if let Some(to) = single {
                let purpose = Purpose::Single(message.id, question);
                if self.single.take(now)
                    && let Some(packet) = own.packet(&self.names, &link.interface, purpose)
                {
                    link.reply(&packet, to);
                }
            } else if !own.is_known(&message.answers) && own.is_here(&link.interface) {
                let free = own.told.get(&link.key).map_or(now, |told| *told + AGAIN);
                // Not all at once, where many answer (RFC 6762, section 6).
                let soon = now + Duration::from_millis(fastrand::u64(10..60));
                own.asked.entry(link.key).or_insert(soon.max(free));
            }
        }
    }

    /// Answers who asks which services there are.
    fn tell_of_service(
        &mut self,
        question: &Question,
        id: u16,
        link: &Link,
        single: Option<SocketAddr>,
        now: Instant,
    ) {
        if !self.own.values().any(|own| own.is_here(&link.interface)) {
            return;
        }
        let data = Data::Ptr(self.names.service.clone());
        let mut record = Record { name: question.name.clone(), ttl: 4_500, flush: false, data };
        match single {
            Some(to) if self.single.take(now) => {
                record.ttl = SINGLE_TTL;
                let mut writer = Writer::answer(id);
                writer.ask(&question.name, question.kind);
                writer.tell(&record);
                link.reply(&writer.finish(), to);
            }
            None if self.told.get(&link.key).is_none_or(|told| now >= *told + AGAIN) => {
                let mut writer = Writer::answer(0);
                writer.tell(&record);
                link.send(&writer.finish());
                self.told.insert(link.key, now);
            }
            _ => {}
        }
    }

    /// Returns the answers that need not be given here.
    pub(super) fn known(&self, interface: &Interface) -> impl Iterator<Item = Record> {
        let here = self.own.values().filter(move |own| own.is_here(interface));
        here.map(move |own| Record {
            name: self.names.service.clone(),
            ttl: own.seconds(),
            flush: false,
            data: Data::Ptr(own.instance.clone()),
        })
    }
}

/// Whom a packet is for.
#[derive(Clone, Copy)]
enum Purpose<'a> {
    /// For everybody.
    All,
    /// For everybody: the node is gone.
    Goodbye,
    /// For one who asked this once, in a message with this id.
    Single(u16, &'a Question),
}

impl Own {
    /// Returns for how long what is announced holds, in whole seconds: never for none, and never for less than was
    /// asked for.
    fn seconds(&self) -> u32 {
        let whole = self.ttl.as_secs() + u64::from(self.ttl.subsec_nanos() > 0);
        u32::try_from(whole.clamp(1, LONGEST_TTL)).unwrap_or(1)
    }

    /// Returns the addresses that are announced on a network.
    fn addresses(&self, interface: &Interface) -> Vec<(IpAddr, u16)> {
        let sockets = self.node.addresses.iter().filter_map(|address| address.socket_addr());
        let here = sockets.filter(|socket| interface.accepts(socket.ip()));
        here.take(MOST_ADDRESSES).map(|socket| (socket.ip(), socket.port())).collect()
    }

    /// Tells whether the node is announced on a network: when it has an address of it, or none at all.
    fn is_here(&self, interface: &Interface) -> bool {
        self.node.addresses.is_empty() || !self.addresses(interface).is_empty()
    }

    fn is_meant(&self, question: &Question, names: &Names) -> bool {
        let kinds: &[u16] = match &question.name {
            name if *name == names.service => &[packet::PTR, packet::ANY],
            name if *name == self.instance => &[packet::SRV, packet::TXT, packet::ANY],
            name if *name == self.host => &[packet::A, packet::AAAA, packet::ANY],
            _ => &[],
        };
        kinds.contains(&question.kind)
    }

    /// Tells whether who asks knows of the node well enough (RFC 6762, section 7.1).
    fn is_known(&self, answers: &[Record]) -> bool {
        let ours =
            |record: &&Record| matches!(&record.data, Data::Ptr(instance) if *instance == self.instance);
        answers.iter().find(ours).is_some_and(|record| record.ttl >= self.seconds().div_ceil(2))
    }

    /// Announces the node on every network it belongs to; true when the record could not hold all.
    fn announce(&mut self, names: &Names, links: &[Link], now: Instant) -> bool {
        for link in links {
            if let Some(packet) = self.packet(names, &link.interface, Purpose::All) {
                link.send(&packet);
                self.told.insert(link.key, now);
                self.asked.remove(&link.key);
            }
        }
        self.announced = Some(now);
        self.left = self.left.saturating_sub(1);
        self.next = (self.left > 0).then(|| now + AGAIN);
        record::write(&self.node, self.named, &[]).1
    }

    fn say_goodbye(&self, names: &Names, links: &[Link]) {
        for link in links {
            if let Some(packet) = self.packet(names, &link.interface, Purpose::Goodbye) {
                link.send(&packet);
            }
        }
    }

    /// Writes all there is to say of the node on a network; `None` where it is not announced.
    fn packet(&self, names: &Names, interface: &Interface, purpose: Purpose<'_>) -> Option<Vec<u8>> {
        if !self.is_here(interface) {
            return None;
        }
        let addresses = self.addresses(interface);
        let (text, _) = record::write(&self.node, self.named, &addresses);
        let port = addresses.first().map_or(0, |(_, port)| *port);
        let (mut writer, ttl, flush) = match purpose {
            Purpose::All => (Writer::answer(0), self.seconds(), true),
            Purpose::Goodbye => (Writer::answer(0), 0, true),
            Purpose::Single(id, question) => {
                let mut writer = Writer::answer(id);
                writer.ask(&question.name, question.kind);
                (writer, self.seconds().min(SINGLE_TTL), false)
            }
        };
        let mut tell = |name: &Name, flush: bool, data: Data| {
            writer.tell(&Record { name: name.clone(), ttl, flush, data });
        };
        tell(&names.service, false, Data::Ptr(self.instance.clone()));
        tell(&self.instance, flush, Data::Srv { port, host: self.host.clone() });
        tell(&self.instance, flush, Data::Txt(text));
        for (ip, _) in addresses {
            tell(&self.host, flush, Data::Address(ip));
        }
        Some(writer.finish())
    }
}

/// Hashes by FNV-1a, beginning with `seed`: short, and the same in every process.
fn hash(bytes: impl Iterator<Item = u8>, seed: u64) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::registry::State;

    fn network(ip: &str, bits: u8, loopback: bool) -> Interface {
        let addresses = vec![(ip.parse().unwrap(), bits)];
        Interface { index: 1, name: "test".to_owned(), loopback, addresses }
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
}
