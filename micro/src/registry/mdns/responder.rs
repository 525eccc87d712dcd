//! The nodes registered here: announced, answered for, and taken back.
//!
//! A node is announced at once and a second later, as a packet may get lost, and again whenever its registration is
//! refreshed; so nobody has to ask. Its name needs no probing: an id is meant to be unique, and who claims one that
//! is taken is noticed by everybody. It is announced on the networks its addresses belong to and on no other, a
//! node on loopback on loopback only.

mod own;

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::registry::Node;

use super::interface::Interface;
use super::link::{Key, Link};
use super::pace::Allowance;
use super::packet::{self, Data, LONGEST_LABEL, Message, Name, Question, Record, Writer};

use own::{Own, Purpose};

/// The shortest pause between two announcements of a node; changes in between are told as one.
const PAUSE: Duration = Duration::from_millis(100);
/// When the second announcement follows the first, and how long nobody is told again what is said to everybody
/// (RFC 6762, sections 6 and 8.3).
const AGAIN: Duration = Duration::from_secs(1);
/// When the second goodbye follows the first.
const GOODBYE_AGAIN: Duration = Duration::from_millis(120);
/// How many goodbyes wait to be said again.
const MOST_GOODBYES: usize = 1_024;
/// The longest an answer to one that asked once may be believed, in seconds (RFC 6762, section 6.7).
const SINGLE_TTL: u32 = 10;
/// How many who asked once are answered, a second on and on and at once.
const SINGLE_PACE: f64 = 100.0;
const SINGLE_BURST: f64 = 500.0;

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
                let Some(names) = self.name(&node.id, false) else { return };
                self.goodbyes.retain(|(_, gone)| gone.instance != names.0);
                self.own.insert(node.id.clone(), Own::new(node, ttl, names, now));
            }
        }
    }

    /// Takes a node back and says goodbye for it; false when it is none of here.
    pub(super) fn remove(&mut self, id: &str, links: &[Link], now: Instant) -> bool {
        let Some(own) = self.own.remove(id) else { return false };
        own.say_goodbye(&self.names, links);
        self.say_goodbye_later(own, now);
        true
    }

    fn say_goodbye_later(&mut self, own: Own, now: Instant) {
        if self.goodbyes.len() < MOST_GOODBYES {
            self.goodbyes.push((now + GOODBYE_AGAIN, own));
        }
    }

    /// Says goodbye for every node, and what was to be said later. For the end, so nothing waits.
    pub(super) fn leave(&mut self, links: &[Link]) {
        let later = std::mem::take(&mut self.goodbyes).into_iter().map(|(_, own)| own);
        for own in std::mem::take(&mut self.own).into_values().chain(later) {
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
    /// the new name is this process' own. Goodbye to the old one is said when the new one is known, so that the node
    /// is never gone; who has the old name from somebody else does not mind.
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
        let Some(names) = self.name(&id, true) else { return };
        if let Some(own) = self.own.get_mut(&id) {
            let old = own.rename(names, now);
            self.say_goodbye_later(old, now);
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
            own.answer_due(&self.names, links, now);
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
            let Some(to) = single else {
                own.plan(message, &self.names, link.key, &link.interface, now);
                continue;
            };
            let meant = message.questions.iter().find(|question| own.is_meant(question, &self.names));
            if let Some(question) = meant
                && self.single.take(now)
                && let Some(packet) =
                    own.packet(&self.names, &link.interface, Purpose::Single(message.id, question))
            {
                link.reply(&packet, to);
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

    /// Tells whether a node registered here is announced on any of these networks.
    pub(super) fn is_announced<'a>(
        &self,
        id: &str,
        mut interfaces: impl Iterator<Item = &'a Interface>,
    ) -> bool {
        self.own.get(id).is_some_and(|own| interfaces.any(|interface| own.is_here(interface)))
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

/// Hashes by FNV-1a, beginning with `seed`: short, and the same in every process.
fn hash(bytes: impl Iterator<Item = u8>, seed: u64) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests;
