//! What was heard of other nodes: put together from records, kept as long as they say, within limits.
//!
//! Anybody on the network can say anything, so nothing here grows with what is said: there is room for so many
//! instances, and for one machine for fewer. An id belongs to who had it first, for as long as that one lives, and
//! an instance to the machine that made it a node.

mod claims;
mod instance;
mod parts;
mod room;
mod time;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::registry::Node;

use super::pace::{Allowance, Shares};
use super::packet::{Data, Name, Record};

use claims::Claims;
use instance::{Found, Instance, Moved, Trust};
pub(super) use parts::Heard;
use parts::{At, Life, Said, Text};
use room::Room;

/// How many instances may share a host.
const MOST_OF_A_HOST: usize = 64;
/// How often what is kept is looked through at most.
const SWEEP: Duration = Duration::from_millis(100);
/// When the rest of an instance is asked for after its first record, and how often.
const ASKING: [Duration; 3] = [Duration::from_millis(100), Duration::from_secs(1), Duration::from_secs(3)];
/// How many questions are asked at once.
const ASKED_AT_ONCE: usize = 20;
/// How many items of a text cost as much to take in as a record, about.
const ITEMS_OF_A_RECORD: usize = 8;

/// An instance or a host on one network: the same name on two may be two.
type Place = (u32, Name);
/// The ids of nodes that came, changed or went.
pub(super) type Changed = BTreeSet<String>;

/// What was refused, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) unreadable: u64,
    pub(super) off_link: u64,
    pub(super) conflicts: u64,
    pub(super) crowded: u64,
}

pub(super) struct Table {
    service: Name,
    instances: HashMap<Place, Instance>,
    /// Which instances are on a host.
    hosts: HashMap<Place, Vec<Place>>,
    claims: Claims,
    room: Room,
    sweep: Option<Instant>,
    /// Whether the next look was put off.
    late: bool,
    admitted: Shares,
    /// How much work it was to find out which nodes there are, and to make room, in records.
    work: usize,
    pub(super) refused: Refused,
}

impl Table {
    /// Makes an empty table of the instances of `service`.
    pub(super) fn new(service: Name) -> Self {
        let all = Allowance::new(room::PACE, room::BURST);
        Table {
            service,
            instances: HashMap::new(),
            hosts: HashMap::new(),
            claims: Claims::default(),
            room: Room::default(),
            sweep: None,
            late: false,
            admitted: Shares::new(all, room::PACE_OF_A_SOURCE, room::BURST_OF_A_SOURCE),
            work: 0,
            refused: Refused::default(),
        }
    }

    /// Returns the node of an id, as the first one that claims it tells.
    pub(super) fn node(&self, id: &str) -> Option<&Arc<Node>> {
        self.claims.of(id).iter().find_map(|place| self.instances.get(place)?.node.as_ref())
    }

    /// Returns every node.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Arc<Node>> {
        self.claims.ids().filter_map(|id| self.node(id))
    }

    /// Returns how much work there was since this was asked last beyond reading records, in records.
    pub(super) fn worked(&mut self) -> usize {
        std::mem::take(&mut self.work)
    }

    /// Takes in what a message says. Says nothing of the instances that `own` knows.
    pub(super) fn take(
        &mut self,
        records: impl Iterator<Item = Record>,
        heard: &Heard<'_>,
        own: impl Fn(&Name) -> bool,
    ) -> Changed {
        let mut changed = Changed::new();
        let mut said = HashMap::<Name, Said>::new();
        let mut addresses = HashMap::<Name, Vec<At>>::new();
        for Record { name, ttl, flush, data } in records {
            match data {
                Data::Ptr(instance) if name == self.service && instance.is_below(&self.service) => {
                    said.entry(instance).or_default().pointer = Some(ttl);
                }
                Data::Srv { port, host } if name.is_below(&self.service) => {
                    said.entry(name).or_default().server = Some((ttl, port, host));
                }
                Data::Txt(text) if name.is_below(&self.service) => {
                    said.entry(name).or_default().text = Some((ttl, text));
                }
                Data::Address(ip) => addresses.entry(name).or_default().push((ip, ttl, flush)),
                Data::Ptr(_) | Data::Srv { .. } | Data::Txt(_) => {}
            }
        }
        // Looked at when all is taken in: what one message says belongs together.
        let mut touched = HashSet::new();
        for (name, said) in said {
            let place = (heard.interface.index, name);
            if !own(&place.1) && self.instance(&place, said, heard, &mut changed) {
                touched.insert(place);
            }
        }
        for (name, addresses) in addresses {
            touched.extend(self.host(&(heard.interface.index, name), &addresses, heard));
        }
        for place in touched {
            self.evaluate(&place, heard.now, Some(heard.source), &mut changed);
        }
        self.fit_texts(heard, &mut changed);
        let soon = heard.now + SWEEP;
        self.sweep = Some(self.sweep.map_or(soon, |sweep| sweep.min(soon)));
        changed
    }

    /// Forgets what was heard on networks that are not there any more.
    pub(super) fn keep(&mut self, is_there: impl Fn(u32) -> bool) -> Changed {
        let mut changed = Changed::new();
        let gone: Vec<Place> =
            self.instances.keys().filter(|(interface, _)| !is_there(*interface)).cloned().collect();
        for place in gone {
            self.remove(&place, &mut changed);
        }
        changed
    }

    /// Takes in what is said of an instance. Tells whether it may be another node now.
    fn instance(&mut self, place: &Place, said: Said, heard: &Heard<'_>, changed: &mut Changed) -> bool {
        let Some(known) = self.instances.get_mut(place) else {
            if said.takes_back() || !self.admit(place, heard, changed) {
                return false;
            }
            self.believe(place, said, heard);
            return true;
        };
        match known.trust(&said, heard) {
            Trust::All if said.takes_back() => {
                self.remove(place, changed);
                false
            }
            Trust::All => self.believe(place, said, heard),
            Trust::Repeats => {
                known.repeat(&said, heard);
                known.hear(heard) || self.is_left_out(place)
            }
            Trust::Nothing => false,
            Trust::Rival => {
                self.conflict(&place.1);
                false
            }
        }
    }

    /// Takes in what the owner of an instance says. Tells whether any of it is new.
    fn believe(&mut self, place: &Place, said: Said, heard: &Heard<'_>) -> bool {
        let Some(instance) = self.instances.get_mut(place) else { return false };
        let mut news = instance.hear(heard);
        instance.belong(heard);
        if let Some(ttl) = said.pointer {
            instance.pointer = Some(Life::new(ttl, heard, instance.pointer));
        }
        if let Some((ttl, raw)) = said.text {
            let before = instance.text.as_ref().map(|text| text.life);
            let life = Life::new(ttl, heard, before);
            match &mut instance.text {
                Some(text) if text.raw == raw => text.life = life,
                text => {
                    news = true;
                    let fresh = Text::read(raw, place.1.first(), life);
                    if let Err(why) = fresh.told {
                        self.refused.unreadable += 1;
                        tracing::debug!(instance = ?place.1, why, "a record of multicast DNS is no node's");
                    }
                    let before = text.as_ref().map_or(0, Text::cost);
                    self.room.weigh(instance.from, before, fresh.cost());
                    *text = Some(fresh);
                }
            }
        }
        if let Some((ttl, port, host)) = said.server {
            let before = instance.server.take();
            let life = Life::new(ttl, heard, before.as_ref().map(|(.., life)| *life));
            instance.server = Some((port, host.clone(), life));
            match before {
                Some((at, old, _)) if old == host => {
                    news |= at != port;
                    // There may be room by now.
                    news |= instance.addresses.is_empty() && self.attach(place, host, heard);
                }
                before => {
                    news = true;
                    if let Some((_, old, _)) = before {
                        instance.addresses.clear();
                        self.detach(place, &old);
                    }
                    self.attach(place, host, heard);
                }
            }
        }
        news || self.is_left_out(place)
    }

    /// Tells whether an instance is a node and yet does not claim its id, as there were too many who did.
    fn is_left_out(&self, place: &Place) -> bool {
        let node = self.instances.get(place).and_then(|instance| instance.node.as_ref());
        node.is_some_and(|node| !self.claims.of(&node.id).contains(place))
    }

    fn conflict(&mut self, name: &Name) {
        self.refused.conflicts += 1;
        if self.refused.conflicts == 1 {
            tracing::warn!(
                instance = ?name,
                "two machines announce one node by multicast DNS; the first one counts, for as long as it is there"
            );
        }
    }

    /// Takes in the addresses of a host that instances live on; others are of no use. Returns whose addresses
    /// changed: each instance believes its own machine only, whoever else is on that host.
    fn host(&mut self, place: &Place, said: &[At], heard: &Heard<'_>) -> Vec<Place> {
        let mut moved = Vec::new();
        let mut rival = false;
        let there = self.hosts.get(place).map(Vec::as_slice).unwrap_or_default();
        self.work += there.len() / ITEMS_OF_A_RECORD;
        for at in there {
            match self.instances.get_mut(at).map(|instance| instance.locate(said, heard)) {
                Some(Moved::Yes) => moved.push(at.clone()),
                Some(Moved::Rival) => rival = true,
                Some(Moved::No) | None => {}
            }
        }
        if rival {
            self.conflict(&place.1);
        }
        moved
    }

    /// Puts an instance on a host, where it hears what its machine says of that, and has what it said before. Tells
    /// whether it is there now and was not before.
    fn attach(&mut self, place: &Place, host: Name, heard: &Heard<'_>) -> bool {
        let host = (place.0, host);
        let there = self.hosts.get(&host).map(Vec::as_slice).unwrap_or_default();
        let of_source = there.iter().filter_map(|at| self.instances.get(at));
        let full = of_source.filter(|known| known.from == heard.source).count() >= MOST_OF_A_HOST;
        if full || there.contains(place) {
            return false;
        }
        let mut known = there.iter().filter_map(|at| self.instances.get(at));
        let kin = known.find(|known| known.is_owned_by(heard.source));
        let addresses = kin.map(|kin| kin.addresses.clone()).unwrap_or_default();
        if let Some(instance) = self.instances.get_mut(place) {
            instance.addresses = addresses;
        }
        self.hosts.entry(host).or_default().push(place.clone());
        true
    }

    fn detach(&mut self, instance: &Place, host: &Name) {
        let place = (instance.0, host.clone());
        if let Some(there) = self.hosts.get_mut(&place) {
            there.retain(|known| known != instance);
            if there.is_empty() {
                self.hosts.remove(&place);
            }
        }
    }

    fn remove(&mut self, place: &Place, changed: &mut Changed) {
        let Some(instance) = self.instances.remove(place) else { return };
        self.room.leave(instance.from, instance.cost());
        if let Some((_, host, _)) = &instance.server {
            self.detach(place, host);
        }
        if let Some(node) = instance.node {
            self.claims.remove(&node.id, place);
            changed.insert(node.id.clone());
        }
    }

    /// Finds out which node an instance is now. What makes it one came from `source`.
    fn evaluate(&mut self, place: &Place, now: Instant, source: Option<IpAddr>, changed: &mut Changed) {
        let Some(instance) = self.instances.get_mut(place) else { return };
        self.work += 1 + instance.text.as_ref().map_or(0, Text::items) / ITEMS_OF_A_RECORD;
        let node = match instance.put_together() {
            Found::Node(node) => Some(node),
            Found::Incomplete => {
                if instance.ask.is_none() && instance.asked == 0 {
                    instance.ask = Some(now + ASKING[0]);
                }
                None
            }
            Found::Unreadable => None,
            Found::OffLink => {
                self.refused.off_link += 1;
                if self.refused.off_link == 1 {
                    tracing::warn!(
                        instance = ?place.1,
                        "multicast DNS announces a node with addresses outside its network; such nodes are ignored"
                    );
                }
                None
            }
        };
        if node.is_some() {
            (instance.ask, instance.asked) = (None, 0);
        }
        let same = instance.node.as_deref() == node.as_deref();
        let node = if same { instance.node.clone() } else { node.map(|node| Arc::new(*node)) };
        let after = node.as_ref().map(|node| node.id.clone());
        let before = instance.become_node(node, source, now).map(|before| before.id.clone());
        if !same {
            changed.extend(before.iter().chain(&after).cloned());
        }
        if before != after
            && let Some(before) = &before
        {
            self.claims.remove(before, place);
        }
        let Some(after) = after else { return };
        // A node that had to take another name is still the one that had the id first.
        let owner = |place: &Place| self.instances.get(place)?.owner();
        let first = self.claims.of(&after).first().and_then(owner);
        let heir = first.is_some() && first == owner(place);
        self.claims.add(&after, place, heir);
        // One machine that is heard on two networks claims its id twice; another one may not.
        let host = |place: &Place| self.instances.get(place)?.server.as_ref().map(|(_, host, _)| host);
        let rival = self.claims.of(&after).first().is_some_and(|first| host(first) != host(place));
        if rival && before.as_ref() != Some(&after) {
            self.conflict(&place.1);
        }
    }
}

#[cfg(test)]
mod tests;
