//! What the task and the calls share: the links, what is registered here, and what was heard of others.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::registry::mdns::Options;
use crate::registry::mdns::interface::{self, Interface};
use crate::registry::mdns::link::{Key, Link, Packet};
use crate::registry::mdns::pace::{Allowance, Shares};
use crate::registry::mdns::packet::{self, Message, Name, Record, Writer};
use crate::registry::mdns::responder::{Names, Responder};
use crate::registry::mdns::table::{Changed, Heard, Table};
use crate::registry::{Feed, Node};

use super::SETTLING;

/// How often the machine's interfaces are looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// When everybody is asked after the first question, which each answers to us alone: three questions in all.
const ASKING: [Duration; 2] = [Duration::from_millis(150), Duration::from_secs(2)];
/// How long everybody is left alone between two questions.
const QUIET: Duration = Duration::from_secs(1);
/// How long a question may be, in bytes, for one more name or answer to be added: with it, however long it is, it
/// still fits one packet of an Ethernet.
const QUESTION: usize = 1_180;
/// How much work is done for others, a second on and on and at once: for all, and for one machine. The unit is a
/// record that is read; 5,000 nodes that are announced every 5 s are about 12,000 a second.
const PACE: f64 = 64_000.0;
const BURST: f64 = 128_000.0;
const PACE_OF_A_SOURCE: f64 = 24_000.0;
const BURST_OF_A_SOURCE: f64 = 48_000.0;

/// What hears the links: the tasks that read them, and where they put what they read.
pub(super) struct Ears {
    pub(super) readers: JoinSet<()>,
    pub(super) packets: mpsc::Sender<Packet>,
}

/// How far asking is.
pub(super) struct Listening {
    pub(super) begun: Instant,
    /// How often everybody was asked since the beginning or the last new link, and when to ask again.
    asked: usize,
    next: Option<Instant>,
    /// When everybody was asked last.
    last: Option<Instant>,
}

pub(super) struct State {
    options: Options,
    service: Name,
    pub(super) links: Vec<Link>,
    look_again: Instant,
    pub(super) responder: Responder,
    pub(super) table: Table,
    pub(super) listening: Option<Listening>,
    /// Names the questions that are asked once, for a stranger not to answer them.
    question: u16,
    pub(super) feeds: Vec<Feed>,
    allowed: Shares,
    pub(super) malformed: u64,
    /// How many packets were not read because a machine sent too many.
    pub(super) flooded: u64,
    /// How many packets came from outside the network.
    pub(super) strangers: Arc<AtomicU64>,
    warned_of_no_link: bool,
    warned_of_elsewhere: bool,
}

impl State {
    pub(super) fn new(options: Options, names: &Names) -> Self {
        State {
            options,
            service: names.service.clone(),
            links: Vec::new(),
            look_again: Instant::now(),
            responder: Responder::new(names.clone()),
            table: Table::new(names.service.clone()),
            listening: None,
            question: fastrand::u16(1..),
            feeds: Vec::new(),
            allowed: Shares::new(Allowance::new(PACE, BURST), PACE_OF_A_SOURCE, BURST_OF_A_SOURCE),
            malformed: 0,
            flooded: 0,
            strangers: Arc::default(),
            warned_of_no_link: false,
            warned_of_elsewhere: false,
        }
    }

    /// Returns every node: those registered here, and those heard of. An id registered here is ours.
    pub(super) fn view(&self) -> BTreeMap<String, Arc<Node>> {
        let nodes = self.table.nodes().chain(self.responder.nodes());
        nodes.map(|node| (node.id.clone(), node.clone())).collect()
    }

    /// Tells the watches what became of these nodes.
    pub(super) fn tell(&mut self, changed: Changed) {
        self.feeds.retain(|feed| !feed.is_closed());
        for id in changed {
            let node = self.responder.node(&id).or_else(|| self.table.node(&id));
            for feed in &self.feeds {
                match node {
                    Some(node) => feed.put(node.clone()),
                    None => feed.gone(&id),
                }
            }
        }
    }

    /// Returns when something is to be done; never later than the next look at the interfaces.
    pub(super) fn due(&self) -> Instant {
        let listening = self.listening.as_ref().and_then(|listening| listening.next);
        let times = [self.responder.due(), self.table.due(), listening, Some(self.look_again)];
        times.into_iter().flatten().min().unwrap_or(self.look_again)
    }

    /// Does what is due, and looks at the interfaces when that is.
    pub(super) fn do_what_is_due(&mut self, now: Instant, ears: &mut Ears) -> Changed {
        let mut changed = Changed::new();
        if self.look_again <= now {
            changed = self.look_at_interfaces(now, ears);
        }
        changed.append(&mut self.tick(now));
        changed
    }

    /// Does what is due, but for what takes time.
    pub(super) fn tick(&mut self, now: Instant) -> Changed {
        let mut changed = Changed::from_iter(self.responder.tick(&self.links, now));
        self.table.put_off_if_late(now);
        changed.append(&mut self.table.sweep(now));
        self.ask_if_due(now);
        changed
    }

    /// Takes in some packets.
    pub(super) fn take_all(&mut self, packets: &[Packet], now: Instant) -> Changed {
        let mut changed = Changed::new();
        for packet in packets {
            changed.append(&mut self.take(packet, now));
        }
        changed
    }

    fn take(&mut self, Packet { link, source, direct, bytes }: &Packet, now: Instant) -> Changed {
        let Some(link) = self.links.iter().find(|open| open.key == *link) else { return Changed::new() };
        if !self.allowed.pay(source.ip(), packet::weight(bytes) as f64, now) {
            self.flooded += 1;
            return Changed::new();
        }
        let Some(message) = packet::read(bytes) else {
            self.malformed += 1;
            return Changed::new();
        };
        let from_service = source.port() == self.options.port;
        if !message.response {
            // A question to the port that asked once makes no sense.
            if !direct {
                let single = (!from_service).then_some(*source);
                self.responder.answer(&message, link, single, now);
            }
            return Changed::new();
        }
        // An answer comes from the port of the service (RFC 6762, section 6), and one to a question that was asked
        // once names it.
        if !from_service || (*direct && message.id != self.question) {
            self.malformed += 1;
            return Changed::new();
        }
        for record in &message.answers {
            if let packet::Data::Srv { host, .. } = &record.data
                && record.ttl > 0
            {
                self.responder.give_way(&record.name, host, now);
            }
        }
        if self.listening.is_none() {
            return Changed::new();
        }
        let heard = Heard { interface: &link.interface, source: source.ip(), direct: *direct, now };
        let Message { answers, additional, .. } = message;
        let responder = &self.responder;
        let records = answers.into_iter().chain(additional);
        let changed = self.table.take(records, &heard, |name| responder.is_own(name));
        self.allowed.owe(source.ip(), self.table.worked() as f64);
        changed
    }

    /// Begins to listen to others: asks everybody once, for an answer to us alone, and plans to ask again.
    pub(super) fn begin_to_listen(&mut self, now: Instant) {
        self.listening = Some(Listening { begun: now, asked: 0, next: Some(now + ASKING[0]), last: None });
        let packet = self.single_question();
        self.links.iter().for_each(|link| link.ask_once(&packet));
    }

    fn single_question(&self) -> Vec<u8> {
        let mut writer = Writer::question(self.question);
        writer.ask(&self.service, packet::PTR);
        writer.finish()
    }

    /// Asks everybody what is due to be asked: who is there, who of those that are about to expire still is, and
    /// what is missing of somebody. Those that answer leave out what we know.
    fn ask_if_due(&mut self, now: Instant) {
        let Some(listening) = &mut self.listening else { return };
        if listening.last.is_some_and(|last| now < last + QUIET) {
            // What is due meanwhile is asked then; the table looks again by itself.
            listening.next = listening.next.map(|next| next.max(now + SETTLING));
            return;
        }
        let planned = listening.next.is_some_and(|next| next <= now);
        let (anew, names) = self.table.questions(now);
        if !planned && !anew && names.is_empty() {
            return;
        }
        listening.last = Some(now);
        if planned {
            listening.asked += 1;
            listening.next = ASKING.get(listening.asked).map(|pause| now + *pause);
        }
        for link in &self.links {
            let own = self.responder.known(&link.interface);
            let known = own.chain(self.table.known(link.interface.index, now));
            link.send(&question((planned || anew).then_some(&self.service), &names, known));
        }
    }

    /// Looks at the machine's interfaces. Returns which nodes changed by it.
    pub(super) fn look_at_interfaces(&mut self, now: Instant, ears: &mut Ears) -> Changed {
        self.look_again = now + LOOK_AGAIN;
        let found = interface::interfaces(self.options.interface.as_deref());
        self.use_interfaces(found, now, ears)
    }

    /// Opens the links of interfaces that appeared or changed and closes those of interfaces that went. Where nobody
    /// can tell which there are, those that were there stay.
    pub(super) fn use_interfaces(
        &mut self,
        found: io::Result<Vec<Interface>>,
        now: Instant,
        ears: &mut Ears,
    ) -> Changed {
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                tracing::debug!(%error, "the network interfaces cannot be listed; going on with those known");
                return Changed::new();
            }
        };
        self.links.retain(|link| found.contains(&link.interface));
        // Those that read the links that were closed.
        while ears.readers.try_join_next().is_some() {}
        let changed = self.table.keep(|index| found.iter().any(|interface| interface.index == index));
        let mut fresh = Vec::new();
        for interface in found.into_iter().map(Arc::new) {
            for v6 in [false, true] {
                let key: Key = (interface.index, v6);
                if self.links.iter().any(|link| link.key == key) {
                    continue;
                }
                let Ears { readers, packets } = ears;
                match Link::open(&interface, v6, self.options.port, readers, packets, &self.strangers) {
                    Ok(link) => fresh.extend(link),
                    Err(error) => {
                        let interface = &interface.name;
                        tracing::debug!(interface, v6, %error, "multicast DNS cannot use an interface");
                    }
                }
            }
        }
        if fresh.is_empty() {
            return changed;
        }
        let packet = self.single_question();
        self.links.append(&mut fresh);
        self.responder.announce_anew(now);
        if let Some(listening) = &mut self.listening {
            (listening.asked, listening.next) = (0, Some(now + ASKING[0]));
            self.links.iter().for_each(|link| link.ask_once(&packet));
        }
        changed
    }

    /// Says once each that nobody hears of a node that is registered: because there is no network, or because it is
    /// on none of them.
    pub(super) fn warn_of_silence(&mut self, node: &Node) {
        let mut interfaces = self.links.iter().map(|link| &*link.interface).peekable();
        if interfaces.peek().is_none() {
            if !std::mem::replace(&mut self.warned_of_no_link, true) {
                tracing::warn!(
                    interface = self.options.interface.as_deref().unwrap_or("any"),
                    "no network interface is up that multicast DNS could use: other machines do not find this \
                     service until there is one"
                );
            }
            return;
        }
        let for_others = node.addresses.iter().any(|address| !address.is_loopback());
        if for_others
            && !self.responder.is_announced(&node.id, interfaces)
            && !std::mem::replace(&mut self.warned_of_elsewhere, true)
        {
            tracing::warn!(
                id = node.id,
                "a node is announced nowhere by multicast DNS, as none of its addresses belongs to a network that \
                 is used: other machines do not find it by that"
            );
        }
    }
}

/// Writes a question: for all instances of the service, if it is given, and for names. Tells what of it is known.
fn question(service: Option<&Name>, names: &[(Name, u16)], known: impl Iterator<Item = Record>) -> Vec<u8> {
    let mut writer = Writer::question(0);
    if let Some(service) = service {
        writer.ask(service, packet::PTR);
    }
    for (name, kind) in names {
        if writer.len() > QUESTION {
            break;
        }
        writer.ask(name, *kind);
    }
    // Known is which instances there are, and that only matters to who is asked for them.
    for record in known.take_while(|_| service.is_some()) {
        if writer.len() > QUESTION {
            break;
        }
        writer.tell(&record);
    }
    writer.finish()
}

#[cfg(test)]
mod tests;
