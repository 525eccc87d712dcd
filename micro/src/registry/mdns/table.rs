//! What was heard of other nodes: put together from records, kept as long as they say, within limits.
//!
//! Anybody on the network can say anything, so nothing here grows with what is said. A network has room for so
//! many instances, one machine for fewer; when there is none left, the instance that was heard of once and longest
//! ago goes. An id belongs to who had it first, for as long as that one lives.

mod parts;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::address::Address;
use crate::registry::Node;

use super::link::Allowance;
use super::packet::{self, Data, Name, Record};
use super::record;

pub(super) use parts::Heard;
use parts::{Host, Instance, Life, Said, Text};

/// How many instances are kept.
const MOST: usize = 4_096;
/// How many instances of one machine are kept, by the address it sends from.
const MOST_OF_A_SOURCE: usize = 512;
/// How many instances are taken in, a second on and on and at once: making room costs a look at all of them.
const PACE: f64 = 500.0;
const BURST: f64 = 4_096.0;
/// How many bytes of text are kept.
const MOST_TEXT: usize = 4 << 20;
/// How many instances may share a host, and a host have addresses.
const MOST_OF_A_HOST: usize = 64;
const MOST_ADDRESSES: usize = 16;
/// From how many addresses one instance may be announced: a machine has one of each family on a network.
const MOST_SOURCES: usize = 4;
/// How many instances may claim an id.
const MOST_CLAIMS: usize = 16;
/// How often what is kept is looked through at most.
const SWEEP: Duration = Duration::from_millis(100);
/// When the rest of an instance is asked for after its first record, and how often.
const ASKING: [Duration; 3] = [Duration::from_millis(100), Duration::from_secs(1), Duration::from_secs(3)];
/// How many questions are asked at once.
const ASKED_AT_ONCE: usize = 20;

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
    hosts: HashMap<Place, Host>,
    /// Who claims an id, the first one first.
    claims: HashMap<String, Vec<Place>>,
    text: usize,
    sweep: Option<Instant>,
    admitted: Allowance,
    pub(super) refused: Refused,
}

enum Found {
    Node(Box<Node>),
    /// Something is missing that may be asked for.
    Incomplete,
    Unreadable,
    /// It says it has addresses, and none is of the network it was heard on.
    OffLink,
}

impl Table {
    /// Makes an empty table of the instances of `service`.
    pub(super) fn new(service: Name) -> Self {
        Table {
            service,
            instances: HashMap::new(),
            hosts: HashMap::new(),
            claims: HashMap::new(),
            text: 0,
            sweep: None,
            admitted: Allowance::new(PACE, BURST),
            refused: Refused::default(),
        }
    }

    /// Returns the node of an id, as the first one that claims it tells.
    pub(super) fn node(&self, id: &str) -> Option<&Arc<Node>> {
        self.claims.get(id)?.iter().find_map(|place| self.instances.get(place)?.node.as_ref())
    }

    /// Returns every node.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Arc<Node>> {
        self.claims.keys().filter_map(|id| self.node(id))
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
        let mut addresses = HashMap::<Name, Vec<(IpAddr, u32, bool)>>::new();
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
            if !own(&name) {
                let place = (heard.interface.index, name);
                self.instance(&place, said, heard, &mut changed);
                touched.insert(place);
            }
        }
        for (name, addresses) in addresses {
            touched.extend(self.host(&(heard.interface.index, name), &addresses, heard));
        }
        for place in touched {
            self.evaluate(&place, heard.now, &mut changed);
        }
        while self.text > MOST_TEXT {
            self.evict(None, &mut changed);
        }
        let soon = heard.now + SWEEP;
        self.sweep = Some(self.sweep.map_or(soon, |sweep| sweep.min(soon)));
        changed
    }

    fn instance(&mut self, place: &Place, said: Said, heard: &Heard<'_>, changed: &mut Changed) {
        if let Some(known) = self.instances.get(place) {
            let same_machine = known.sources.contains(&heard.source);
            let same_host = match (&known.server, &said.server) {
                (Some((_, known, _)), Some((_, _, host))) => known == host,
                (known, _) => known.is_none(),
            };
            if said.takes_back() {
                match same_machine {
                    true => self.remove(place, changed),
                    false => self.conflict(&place.1),
                }
                return;
            }
            if !same_machine && !same_host {
                // Without a host it may be another address of the same machine, and it will say so.
                if said.server.is_some() {
                    self.conflict(&place.1);
                }
                return;
            }
        } else if said.takes_back() {
            return;
        } else {
            self.admit(place, heard, changed);
        }
        let Some(instance) = self.instances.get_mut(place) else { return };
        if !instance.sources.contains(&heard.source) && instance.sources.len() < MOST_SOURCES {
            instance.sources.push(heard.source);
        }
        instance.heard = instance.heard.saturating_add(1);
        instance.last = heard.now;
        if let Some(ttl) = said.pointer {
            instance.pointer = Some(Life::new(ttl, heard, instance.pointer));
        }
        let mut moved = None;
        if let Some((ttl, port, host)) = said.server {
            let before = instance.server.take();
            let life = Life::new(ttl, heard, before.as_ref().map(|(.., life)| *life));
            let old = before.map(|(_, host, _)| host).filter(|old| *old != host);
            moved = Some((old, host.clone()));
            instance.server = Some((port, host, life));
        }
        if let Some((ttl, raw)) = said.text {
            let before = instance.text.as_ref().map(|text| text.life);
            let life = Life::new(ttl, heard, before);
            match &mut instance.text {
                Some(text) if text.raw == raw => text.life = life,
                text => {
                    let told = record::read(&raw, place.1.first());
                    if let Err(why) = told {
                        self.refused.unreadable += 1;
                        tracing::debug!(instance = ?place.1, why, "a record of multicast DNS is no node's");
                    }
                    // What cannot be read is kept only as far as needed to know it again.
                    let raw = if raw.len() > record::LONGEST { Vec::new() } else { raw };
                    self.text += raw.len();
                    self.text -= text.replace(Text { raw, told, life }).map_or(0, |old| old.raw.len());
                }
            }
        }
        if let Some((old, host)) = moved {
            if let Some(old) = old {
                self.detach(place, old);
            }
            self.attach(place, host);
        }
    }

    /// Makes room for an instance, and the instance; neither when too many come at once.
    fn admit(&mut self, place: &Place, heard: &Heard<'_>, changed: &mut Changed) {
        if !self.admitted.take(heard.now) {
            self.refused.crowded += 1;
            return;
        }
        let of_source = self.instances.values().filter(|known| known.is_of(heard.source)).count();
        if of_source >= MOST_OF_A_SOURCE {
            self.evict(Some(heard.source), changed);
        } else if self.instances.len() >= MOST {
            self.evict(None, changed);
        }
        let instance = Instance {
            interface: heard.interface.clone(),
            sources: vec![heard.source],
            pointer: None,
            server: None,
            text: None,
            heard: 0,
            last: heard.now,
            asked: 0,
            ask: None,
            node: None,
        };
        self.instances.insert(place.clone(), instance);
    }

    /// Removes the instance that is worth least: heard of once only, longest ago.
    fn evict(&mut self, source: Option<IpAddr>, changed: &mut Changed) {
        let among =
            self.instances.iter().filter(|(_, known)| source.is_none_or(|source| known.is_of(source)));
        let least = among.min_by_key(|(_, known)| (known.heard > 1, known.last));
        let Some(place) = least.map(|(place, _)| place.clone()) else { return };
        self.refused.crowded += 1;
        if self.refused.crowded == 1 {
            tracing::warn!(
                "multicast DNS announces more nodes than are kept; the ones heard of once go first"
            );
        }
        self.remove(&place, changed);
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

    /// Takes in the addresses of a host that an instance lives on; others are of no use. Returns whose addresses
    /// changed.
    fn host(&mut self, place: &Place, said: &[(IpAddr, u32, bool)], heard: &Heard<'_>) -> Vec<Place> {
        let Some(host) = self.hosts.get_mut(place) else { return Vec::new() };
        let mut instances = host.instances.iter().filter_map(|place| self.instances.get(place));
        if !instances.any(|instance| instance.sources.contains(&heard.source)) {
            return Vec::new();
        }
        let before: Vec<IpAddr> = host.addresses.iter().map(|(ip, _)| *ip).collect();
        host.addresses.retain(|(old, _)| {
            let kin = |(ip, _, flush): &(IpAddr, u32, bool)| *flush && ip.is_ipv4() == old.is_ipv4();
            let taken_back = said.iter().any(|(ip, ttl, _)| ip == old && *ttl == 0);
            let replaced = said.iter().any(kin) && !said.iter().any(|(ip, ..)| ip == old);
            !taken_back && !replaced
        });
        for (ip, ttl, _) in said.iter().filter(|(_, ttl, _)| *ttl > 0) {
            let room = host.addresses.len() < MOST_ADDRESSES;
            match host.addresses.iter_mut().find(|(known, _)| known == ip) {
                Some((_, life)) => *life = Life::new(*ttl, heard, Some(*life)),
                None if room => {
                    host.addresses.push((*ip, Life::new(*ttl, heard, None)));
                }
                None => {}
            }
        }
        match host.addresses.iter().map(|(ip, _)| ip).eq(&before) {
            true => Vec::new(),
            false => host.instances.clone(),
        }
    }

    fn attach(&mut self, instance: &Place, host: Name) {
        let host = self.hosts.entry((instance.0, host)).or_default();
        if !host.instances.contains(instance) && host.instances.len() < MOST_OF_A_HOST {
            host.instances.push(instance.clone());
        }
    }

    fn detach(&mut self, instance: &Place, host: Name) {
        let place = (instance.0, host);
        if let Some(host) = self.hosts.get_mut(&place) {
            host.instances.retain(|known| known != instance);
            if host.instances.is_empty() {
                self.hosts.remove(&place);
            }
        }
    }

    fn remove(&mut self, place: &Place, changed: &mut Changed) {
        let Some(instance) = self.instances.remove(place) else { return };
        self.text -= instance.text.as_ref().map_or(0, |text| text.raw.len());
        if let Some((_, host, _)) = instance.server {
            self.detach(place, host);
        }
        if let Some(node) = instance.node {
            self.unclaim(&node.id, place);
            changed.insert(node.id.clone());
        }
    }

    fn unclaim(&mut self, id: &str, place: &Place) {
        if let Some(claims) = self.claims.get_mut(id) {
            claims.retain(|claim| claim != place);
            if claims.is_empty() {
                self.claims.remove(id);
            }
        }
    }

    /// Finds out which node an instance is now.
    fn evaluate(&mut self, place: &Place, now: Instant, changed: &mut Changed) {
        let Some(instance) = self.instances.get(place) else { return };
        let found = self.put_together(place, instance);
        let Some(instance) = self.instances.get_mut(place) else { return };
        let node = match found {
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
        if instance.node.as_deref() == node.as_deref() {
            return;
        }
        let node = node.map(|node| Arc::new(*node));
        let before = std::mem::replace(&mut instance.node, node.clone()).map(|before| before.id.clone());
        let after = node.map(|node| node.id.clone());
        let server = instance.server.as_ref().map(|(_, host, _)| host.clone());
        changed.extend(before.iter().chain(&after).cloned());
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.unclaim(&before, place);
        }
        if let Some(after) = after {
            let claims = self.claims.entry(after).or_default();
            if claims.len() < MOST_CLAIMS {
                claims.push(place.clone());
            }
            // One machine that is heard on two networks claims its id twice; another one may not.
            let first = claims.first().and_then(|first| self.instances.get(first));
            let rival = first
                .and_then(|first| first.server.as_ref())
                .is_some_and(|(_, host, _)| Some(host) != server.as_ref());
            if rival {
                self.conflict(&place.1);
            }
        }
    }

    fn put_together(&self, place: &Place, instance: &Instance) -> Found {
        let (Some((port, host, _)), Some(text)) = (&instance.server, &instance.text) else {
            return Found::Incomplete;
        };
        let Ok(told) = &text.told else { return Found::Unreadable };
        let accepted = |ip: &IpAddr| instance.interface.accepts(*ip);
        let (said, addresses) = match &told.addresses {
            Some(listed) => {
                let near = listed.iter().filter(|address| address.ip().as_ref().is_some_and(accepted));
                (listed.len(), near.cloned().collect::<Vec<Address>>())
            }
            None => {
                let host = self.hosts.get(&(place.0, host.clone()));
                let said = host.map(|host| &host.addresses[..]).unwrap_or_default();
                if said.is_empty() {
                    return Found::Incomplete;
                }
                let mut near: Vec<IpAddr> = said.iter().map(|(ip, _)| *ip).filter(accepted).collect();
                near.sort_unstable();
                let at_port = |ip: IpAddr| Address::from(SocketAddr::new(ip, *port));
                (said.len(), near.into_iter().filter(|_| *port > 0).map(at_port).collect())
            }
        };
        if said > 0 && addresses.is_empty() {
            return Found::OffLink;
        }
        Found::Node(Box::new(Node { addresses, ..told.node.clone() }))
    }

    /// Returns when to look through what is kept.
    pub(super) fn due(&self) -> Option<Instant> {
        self.sweep
    }

    /// Removes what has expired.
    pub(super) fn sweep(&mut self, now: Instant) -> Changed {
        let mut changed = Changed::new();
        if self.sweep.is_none_or(|sweep| sweep > now) {
            return changed;
        }
        let dead = |instance: &Instance| instance.lives().any(|life| life.until <= now);
        let places: Vec<Place> = self
            .instances
            .iter()
            .filter(|(_, instance)| dead(instance))
            .map(|(place, _)| place.clone())
            .collect();
        for place in places {
            self.remove(&place, &mut changed);
        }
        let mut poorer = Vec::new();
        for host in self.hosts.values_mut() {
            let before = host.addresses.len();
            host.addresses.retain(|(_, life)| life.until > now);
            if host.addresses.len() < before {
                poorer.extend(host.instances.iter().cloned());
            }
        }
        for place in poorer {
            self.evaluate(&place, now, &mut changed);
        }
        let of_hosts = self.hosts.values().flat_map(|host| host.addresses.iter().map(|(_, life)| life));
        let lives = self.instances.values().flat_map(Instance::lives).chain(of_hosts);
        let next = lives.flat_map(|life| [Some(life.until), life.ask()]);
        let asking = self.instances.values().map(|instance| instance.ask);
        self.sweep = next.chain(asking).flatten().min().map(|next| next.max(now + SWEEP));
        changed
    }

    /// Returns what has to be asked: whether for all instances anew, and for which names. Each is asked for a few
    /// times only.
    pub(super) fn questions(&mut self, now: Instant) -> (bool, Vec<(Name, u16)>) {
        let mut anew = false;
        let mut due = |life: &mut Life| {
            if life.ask().is_some_and(|ask| ask <= now) {
                life.asked += 1;
                anew = true;
            }
        };
        let mut names = Vec::new();
        for (place, instance) in &mut self.instances {
            instance.lives_mut().for_each(&mut due);
            if names.len() >= ASKED_AT_ONCE || instance.ask.is_none_or(|ask| ask > now) {
                continue;
            }
            instance.asked += 1;
            instance.ask = ASKING.get(instance.asked).map(|pause| now + *pause);
            match (&instance.server, &instance.text) {
                (Some((_, host, _)), Some(_)) => {
                    names.extend([(host.clone(), packet::A), (host.clone(), packet::AAAA)]);
                }
                _ => names.extend([(place.1.clone(), packet::SRV), (place.1.clone(), packet::TXT)]),
            }
        }
        self.hosts.values_mut().flat_map(|host| &mut host.addresses).for_each(|(_, life)| due(life));
        (anew, names)
    }

    /// Returns the answers that are known on a network, for others not to repeat them.
    pub(super) fn known(&self, interface: u32, now: Instant) -> impl Iterator<Item = Record> {
        let here = self
            .instances
            .iter()
            .filter(move |(place, instance)| place.0 == interface && instance.node.is_some());
        here.filter_map(move |(place, instance)| {
            let life = instance.pointer?;
            let left = life.until.saturating_duration_since(now);
            let ttl = u32::try_from(left.as_secs()).ok()?;
            let data = Data::Ptr(place.1.clone());
            (left > life.whole / 2).then(|| Record { name: self.service.clone(), ttl, flush: false, data })
        })
    }
}

#[cfg(test)]
mod tests;
