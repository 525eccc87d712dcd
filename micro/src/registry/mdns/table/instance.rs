//! One instance as it was heard of: whose it is, whom it believes, and which node it makes.
//!
//! Until an instance is a node it takes what anybody says who names the same host: it comes in parts, and a machine
//! has one address of each family to send them from. From then on it belongs to the address that made it one. Nobody
//! else can change it or take it back, as its names can be read and repeated by everybody; who repeats it word by
//! word keeps it alive, which a machine does over both families. When its owner is silent for half of its life, the
//! next one that names the same host takes over.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::address::Address;
use crate::registry::Node;
use crate::registry::mdns::interface::Interface;
use crate::registry::mdns::packet::Name;

use super::parts::{At, Heard, Life, Said, Text};

/// From how many addresses one instance may be announced: a machine has one of each family on a network.
const MOST_SOURCES: usize = 4;
/// How many addresses an instance may have.
pub(super) const MOST_ADDRESSES: usize = 16;
/// What is heard in so short a while counts as said once. A node says everything twice, a second apart.
const ONE_WORD: Duration = Duration::from_millis(900);

pub(super) struct Instance {
    pub(super) interface: Arc<Interface>,
    /// Who brought it in, and at whose expense it is kept.
    pub(super) from: IpAddr,
    /// Who announces it.
    sources: Vec<IpAddr>,
    /// Whose it is, once it is a node, and when that one was heard last.
    owner: Option<IpAddr>,
    spoken: Instant,
    pub(super) pointer: Option<Life>,
    pub(super) server: Option<(u16, Name, Life)>,
    pub(super) text: Option<Text>,
    pub(super) addresses: Vec<(IpAddr, Life)>,
    /// How often it was heard of, each time after a while, and when last.
    pub(super) heard: u32,
    counted: Instant,
    pub(super) last: Instant,
    /// How often the rest was asked for, and when to ask again.
    pub(super) asked: usize,
    pub(super) ask: Option<Instant>,
    pub(super) node: Option<Arc<Node>>,
}

/// How far it is believed what a machine says of an instance.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// It is the machine's own.
    All,
    /// It repeats what is known.
    Repeats,
    /// What it says counts only if the owner says so too.
    Nothing,
    /// It is another machine that wants the instance.
    Rival,
}

/// What came of the addresses that a machine says a host has.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Moved {
    Yes,
    No,
    /// Another machine says that the host is elsewhere.
    Rival,
}

/// Which node an instance is.
pub(super) enum Found {
    Node(Box<Node>),
    /// Something is missing that may be asked for.
    Incomplete,
    Unreadable,
    /// It says it has addresses, and none is of the network it was heard on.
    OffLink,
}

impl Instance {
    /// Makes one of which nothing but the name is known.
    pub(super) fn new(heard: &Heard<'_>) -> Instance {
        Instance {
            interface: heard.interface.clone(),
            from: heard.source,
            sources: vec![heard.source],
            owner: None,
            spoken: heard.now,
            pointer: None,
            server: None,
            text: None,
            addresses: Vec::new(),
            heard: 1,
            counted: heard.now,
            last: heard.now,
            asked: 0,
            ask: None,
            node: None,
        }
    }

    /// Tells how far what is said of the instance is believed.
    pub(super) fn trust(&self, said: &Said, heard: &Heard<'_>) -> Trust {
        let member = self.sources.contains(&heard.source);
        let hosts = self.server.as_ref().zip(said.server.as_ref());
        let same_host = hosts.map(|((_, known, _), (_, _, host))| known == host);
        let silent = self.is_silent(heard.now);
        if said.takes_back() {
            let may = member && self.owner.is_none_or(|owner| owner == heard.source || silent);
            return match (may, member) {
                // Another process of that machine goes on under this name.
                (true, _) if same_host == Some(false) => Trust::Nothing,
                (true, _) => Trust::All,
                (false, true) => Trust::Nothing,
                (false, false) => Trust::Rival,
            };
        }
        let kin = member || same_host.unwrap_or(self.server.is_none());
        let its_own = self.owner.map_or(kin, |owner| owner == heard.source || (silent && kin));
        // Without a host it may be another address of the same machine, and it will say so.
        match said.server.is_some() {
            _ if its_own => Trust::All,
            named if self.is_repeated_by(said) && (member || named) => Trust::Repeats,
            true if !member => Trust::Rival,
            _ => Trust::Nothing,
        }
    }

    /// Tells whether all that is said is known.
    fn is_repeated_by(&self, said: &Said) -> bool {
        let server = said.server.as_ref().is_none_or(|(_, port, host)| {
            self.server.as_ref().is_some_and(|(known, at, _)| known == port && at == host)
        });
        let text =
            said.text.as_ref().is_none_or(|(_, raw)| self.text.as_ref().is_some_and(|text| text.raw == *raw));
        server && text
    }

    /// Tells whether the owner has not been heard for half of the time that the longest record holds.
    fn is_silent(&self, now: Instant) -> bool {
        let longest = self.lives().map(|life| life.whole).max().unwrap_or_default();
        self.owner.is_some() && now.saturating_duration_since(self.spoken) > longest / 2
    }

    /// Notes who speaks of the instance, and where. Tells whether the network is another than before.
    pub(super) fn hear(&mut self, heard: &Heard<'_>) -> bool {
        if !self.sources.contains(&heard.source) && self.sources.len() < MOST_SOURCES {
            self.sources.push(heard.source);
        }
        if heard.now.saturating_duration_since(self.counted) >= ONE_WORD {
            (self.heard, self.counted) = (self.heard.saturating_add(1), heard.now);
        }
        self.last = heard.now;
        let moved = *self.interface != **heard.interface;
        if moved {
            self.interface = heard.interface.clone();
        }
        moved
    }

    /// Notes that whose it is was heard, which is who is believed. An instance that is no node yet is nobody's.
    pub(super) fn belong(&mut self, heard: &Heard<'_>) {
        self.spoken = heard.now;
        if self.owner.is_some() {
            self.owner = Some(heard.source);
        }
    }

    /// Returns the address of the machine that the instance belongs to, once it is a node.
    pub(super) fn owner(&self) -> Option<IpAddr> {
        self.owner
    }

    /// Tells whether the instance belongs to the machine that sends from `source`.
    pub(super) fn is_owned_by(&self, source: IpAddr) -> bool {
        self.owner == Some(source)
    }

    /// Lives on because somebody repeats what is known.
    pub(super) fn repeat(&mut self, said: &Said, heard: &Heard<'_>) {
        if let (Some(life), Some(ttl)) = (&mut self.pointer, said.pointer) {
            life.repeat(ttl, heard);
        }
        if let (Some((.., life)), Some((ttl, ..))) = (&mut self.server, &said.server) {
            life.repeat(*ttl, heard);
        }
        if let (Some(text), Some((ttl, _))) = (&mut self.text, &said.text) {
            text.life.repeat(*ttl, heard);
        }
    }

    /// Takes in the addresses of its host.
    pub(super) fn locate(&mut self, said: &[At], heard: &Heard<'_>) -> Moved {
        let goes = |old: &IpAddr| {
            let kin = |(ip, _, flush): &At| *flush && ip.is_ipv4() == old.is_ipv4();
            let taken_back = said.iter().any(|(ip, ttl, _)| ip == old && *ttl == 0);
            taken_back || (said.iter().any(kin) && !said.iter().any(|(ip, ..)| ip == old))
        };
        let member = self.sources.contains(&heard.source);
        if self.owner.map_or(!member, |owner| owner != heard.source) {
            for (known, life) in &mut self.addresses {
                if let Some((_, ttl, _)) = said.iter().find(|(ip, ..)| *ip == *known) {
                    life.repeat(*ttl, heard);
                }
            }
            let taken = self.addresses.iter().any(|(known, _)| goes(known));
            return if taken && !member && self.owner.is_some() { Moved::Rival } else { Moved::No };
        }
        self.spoken = heard.now;
        let before: Vec<IpAddr> = self.addresses.iter().map(|(ip, _)| *ip).collect();
        self.addresses.retain(|(known, _)| !goes(known));
        for (ip, ttl, _) in said.iter().filter(|(_, ttl, _)| *ttl > 0) {
            let room = self.addresses.len() < MOST_ADDRESSES;
            match self.addresses.iter_mut().find(|(known, _)| known == ip) {
                Some((_, life)) => *life = Life::new(*ttl, heard, Some(*life)),
                None if room => self.addresses.push((*ip, Life::new(*ttl, heard, None))),
                None => {}
            }
        }
        match self.addresses.iter().map(|(ip, _)| ip).eq(&before) {
            true => Moved::No,
            false => Moved::Yes,
        }
    }

    /// Finds out which node it is now.
    pub(super) fn put_together(&self) -> Found {
        let (Some((port, ..)), Some(text)) = (&self.server, &self.text) else { return Found::Incomplete };
        let Ok(told) = &text.told else { return Found::Unreadable };
        let accepted = |ip: &IpAddr| self.interface.accepts(*ip);
        let (said, addresses) = match &told.addresses {
            Some(listed) => {
                let near = listed
                    .iter()
                    .filter(|address| address.port() > 0 && address.ip().as_ref().is_some_and(accepted));
                (listed.len(), near.cloned().collect::<Vec<Address>>())
            }
            None if self.addresses.is_empty() => return Found::Incomplete,
            None => {
                let mut near: Vec<IpAddr> =
                    self.addresses.iter().map(|(ip, _)| *ip).filter(accepted).collect();
                near.sort_unstable();
                let at_port = |ip: IpAddr| Address::from(SocketAddr::new(ip, *port));
                (self.addresses.len(), near.into_iter().filter(|_| *port > 0).map(at_port).collect())
            }
        };
        if said > 0 && addresses.is_empty() {
            return Found::OffLink;
        }
        Found::Node(Box::new(Node { addresses, ..told.node.clone() }))
    }

    /// Is another node from now on, or none; returns the one before. A node belongs to `source`, who made it one,
    /// unless it is somebody's already.
    pub(super) fn become_node(
        &mut self,
        node: Option<Arc<Node>>,
        source: Option<IpAddr>,
        now: Instant,
    ) -> Option<Arc<Node>> {
        if node.is_none() {
            self.owner = None;
        } else if self.owner.is_none() {
            (self.owner, self.spoken) = (source, now);
        }
        std::mem::replace(&mut self.node, node)
    }

    /// Returns how many bytes its text takes, about.
    pub(super) fn cost(&self) -> usize {
        self.text.as_ref().map_or(0, Text::cost)
    }

    /// Returns for how long it holds: the instance is gone with the first of these.
    pub(super) fn lives(&self) -> impl Iterator<Item = &Life> {
        let server = self.server.as_ref().map(|(.., life)| life);
        let text = self.text.as_ref().map(|text| &text.life);
        [self.pointer.as_ref(), server, text].into_iter().flatten()
    }

    /// Returns the lives of all its records.
    pub(super) fn all_lives(&self) -> impl Iterator<Item = &Life> {
        self.lives().chain(self.addresses.iter().map(|(_, life)| life))
    }

    /// Returns the lives of all its records, to change them.
    pub(super) fn all_lives_mut(&mut self) -> impl Iterator<Item = &mut Life> {
        let server = self.server.as_mut().map(|(.., life)| life);
        let text = self.text.as_mut().map(|text| &mut text.life);
        let of_host = self.addresses.iter_mut().map(|(_, life)| life);
        [self.pointer.as_mut(), server, text].into_iter().flatten().chain(of_host)
    }
}
