//! One node registered here: when it is announced, whom it answers, and what its packets say.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::registry::Node;
use crate::registry::mdns::interface::Interface;
use crate::registry::mdns::link::{Key, Link};
use crate::registry::mdns::packet::{self, Data, Message, Name, Question, Record, Writer};
use crate::registry::mdns::record;

use super::{AGAIN, Names, SINGLE_TTL};

/// How long nobody is told again who is about to use a name (RFC 6762, section 6): it waits no longer than three
/// times that.
const AGAIN_AFTER_A_PROBE: Duration = Duration::from_millis(250);
/// The longest a record is announced for, in seconds; RFC 6762 means it for what changes seldom.
const LONGEST_TTL: u64 = 4_500;

/// A node registered here.
pub(super) struct Own {
    pub(super) node: Arc<Node>,
    pub(super) ttl: Duration,
    /// When the registration runs out.
    pub(super) until: Option<Instant>,
    pub(super) instance: Name,
    pub(super) host: Name,
    /// Whether the name of the instance is the id.
    pub(super) named: bool,
    /// Whether the node goes on under another name, with the same host.
    renamed: bool,
    /// How many announcements are left to be made, and when the next one is.
    pub(super) left: u8,
    pub(super) next: Option<Instant>,
    pub(super) announced: Option<Instant>,
    /// When it was last told on each link, and on which links it is to be told.
    pub(super) told: HashMap<Key, Instant>,
    pub(super) asked: BTreeMap<Key, Instant>,
}

/// Whom a packet is for.
#[derive(Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// For everybody.
    All,
    /// For everybody: the node is gone.
    Goodbye,
    /// For one who asked this once, in a message with this id.
    Single(u16, &'a Question),
}

impl Own {
    /// Makes a node that is to be announced at once.
    pub(super) fn new(
        node: Arc<Node>,
        ttl: Duration,
        (instance, host, named): (Name, Name, bool),
        now: Instant,
    ) -> Own {
        Own {
            node,
            ttl,
            until: now.checked_add(ttl),
            instance,
            host,
            named,
            renamed: false,
            left: 2,
            next: Some(now),
            announced: None,
            told: HashMap::new(),
            asked: BTreeMap::new(),
        }
    }

    /// Gives the node another name, to be announced at once. Returns what is left under the old one, to say goodbye
    /// for.
    pub(super) fn rename(&mut self, (instance, host, named): (Name, Name, bool), now: Instant) -> Own {
        let old = (self.instance.clone(), self.host.clone(), self.named);
        let mut old = Own::new(self.node.clone(), self.ttl, old, now);
        old.renamed = true;
        (self.instance, self.host, self.named) = (instance, host, named);
        (self.left, self.next) = (2, Some(now));
        old
    }

    /// Returns for how long what is announced holds, in whole seconds: never for none, and never for less than was
    /// asked for.
    pub(super) fn seconds(&self) -> u32 {
        let whole = self.ttl.as_secs() + u64::from(self.ttl.subsec_nanos() > 0);
        u32::try_from(whole.clamp(1, LONGEST_TTL)).unwrap_or(1)
    }

    /// Returns the addresses that are announced on a network.
    fn addresses(&self, interface: &Interface) -> Vec<(IpAddr, u16)> {
        let sockets = self.node.addresses.iter().filter_map(|address| address.socket_addr());
        let here = sockets.filter(|socket| interface.accepts(socket.ip()));
        here.take(record::MOST_ADDRESSES).map(|socket| (socket.ip(), socket.port())).collect()
    }

    /// Tells whether the node is announced on a network: when it has an address of it, or none at all.
    pub(super) fn is_here(&self, interface: &Interface) -> bool {
        self.node.addresses.is_empty() || !self.addresses(interface).is_empty()
    }

    pub(super) fn is_meant(&self, question: &Question, names: &Names) -> bool {
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

    /// Plans to answer a question for everybody on a network, soon and not twice a second, unless it is not about
    /// this node or who asks knows it.
    pub(super) fn plan(
        &mut self,
        message: &Message,
        names: &Names,
        link: Key,
        interface: &Interface,
        now: Instant,
    ) {
        let (mut meant, mut by_name) = (false, false);
        for question in message.questions.iter().filter(|question| self.is_meant(question, names)) {
            meant = true;
            by_name |= question.name != names.service;
        }
        // Who asks for the rest of what is said of a node knows that there is one.
        let wanted = meant && (by_name || !self.is_known(&message.answers));
        if !wanted || !self.is_here(interface) {
            return;
        }
        let pause = if message.probe { AGAIN_AFTER_A_PROBE } else { AGAIN };
        let free = self.told.get(&link).map_or(now, |told| *told + pause);
        // Not all at once, where many answer (RFC 6762, section 6).
        let soon = now + Duration::from_millis(fastrand::u64(10..60));
        let when = soon.max(free);
        self.asked.entry(link).and_modify(|planned| *planned = when.min(*planned)).or_insert(when);
    }

    /// Gives the answers that are due.
    pub(super) fn answer_due(&mut self, names: &Names, links: &[Link], now: Instant) {
        let due: Vec<Key> =
            self.asked.iter().filter(|(_, when)| **when <= now).map(|(link, _)| *link).collect();
        for key in due {
            self.asked.remove(&key);
            if let Some(link) = links.iter().find(|link| link.key == key)
                && let Some(packet) = self.packet(names, &link.interface, Purpose::All)
            {
                link.send(&packet);
                self.told.insert(key, now);
            }
        }
    }

    /// Announces the node on every network it belongs to; true when the record could not hold all.
    pub(super) fn announce(&mut self, names: &Names, links: &[Link], now: Instant) -> bool {
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

    pub(super) fn say_goodbye(&self, names: &Names, links: &[Link]) {
        for link in links {
            if let Some(packet) = self.packet(names, &link.interface, Purpose::Goodbye) {
                link.send(&packet);
            }
        }
    }

    /// Writes all there is to say of the node on a network; `None` where it is not announced.
    pub(super) fn packet(
        &self,
        names: &Names,
        interface: &Interface,
        purpose: Purpose<'_>,
    ) -> Option<Vec<u8>> {
        if !self.is_here(interface) {
            return None;
        }
        let addresses = self.addresses(interface);
        let (text, _) = record::write(&self.node, self.named, &addresses);
        let port = addresses.first().map_or(0, |(_, port)| *port);
        let server = Data::Srv { port, host: self.host.clone() };
        let (mut writer, ttl, flush) = match purpose {
            // The pointer and the text of that name are as much the other one's, the addresses are still ours.
            Purpose::Goodbye if self.renamed => {
                let mut writer = Writer::answer(0);
                let name = self.instance.clone();
                writer.tell(&Record { name, ttl: 0, flush: false, data: server });
                return Some(writer.finish());
            }
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
        tell(&self.instance, flush, server);
        tell(&self.instance, flush, Data::Txt(text));
        for (ip, _) in addresses {
            tell(&self.host, flush, Data::Address(ip));
        }
        Some(writer.finish())
    }
}
