//! How much is kept, and who makes room when that is too much.
//!
//! What is kept is kept at the expense of the machine that said it first. Room is made at the expense of who has
//! most, and what was said once goes before what is said again and again: so many bogus nodes push out one another,
//! and where there are too many good ones those that came first stay.

use std::collections::HashMap;
use std::net::IpAddr;

use super::{Changed, Heard, Instance, Place, Table};

/// How many instances are kept.
pub(super) const MOST: usize = 16_384;
/// How many instances of one machine are kept, by the address it sends from.
pub(super) const MOST_OF_A_SOURCE: usize = 512;
/// How many of this machine itself, on each of its networks: a machine may run thousands, and knows itself.
pub(super) const MOST_OF_OUR_OWN: usize = 8_192;
/// How many bytes texts may take, about: all, and those of one other machine.
pub(super) const MOST_TEXT: usize = 32 << 20;
pub(super) const MOST_TEXT_OF_A_SOURCE: usize = 8 << 20;
/// How many instances are taken in, a second on and on and at once: of everybody, and of one machine.
pub(super) const PACE: f64 = 1_000.0;
pub(super) const BURST: f64 = 16_384.0;
pub(super) const PACE_OF_A_SOURCE: f64 = 200.0;
pub(super) const BURST_OF_A_SOURCE: f64 = 8_192.0;

/// How many instances are looked at, to find one that makes room, in the time of a record that is read.
const LOOKS_OF_A_RECORD: usize = 64;

/// What one machine takes up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) instances: usize,
    pub(super) text: usize,
}

/// Who takes up how much.
#[derive(Default)]
pub(super) struct Room {
    shares: HashMap<IpAddr, Share>,
    /// How many bytes all texts take.
    pub(super) text: usize,
}

impl Room {
    pub(super) fn share(&self, source: IpAddr) -> Share {
        self.shares.get(&source).copied().unwrap_or_default()
    }

    fn enter(&mut self, source: IpAddr) {
        self.shares.entry(source).or_default().instances += 1;
    }

    pub(super) fn leave(&mut self, source: IpAddr, cost: usize) {
        self.weigh(source, cost, 0);
        if let Some(share) = self.shares.get_mut(&source) {
            share.instances = share.instances.saturating_sub(1);
            if share.instances == 0 {
                self.shares.remove(&source);
            }
        }
    }

    /// Notes that a text takes another number of bytes than before.
    pub(super) fn weigh(&mut self, source: IpAddr, before: usize, after: usize) {
        self.text = (self.text + after).saturating_sub(before);
        if let Some(share) = self.shares.get_mut(&source) {
            share.text = (share.text + after).saturating_sub(before);
        }
    }

    /// Returns who takes up most of something.
    fn greatest(&self, of: impl Fn(&Share) -> usize) -> Option<(IpAddr, Share)> {
        self.shares.iter().max_by_key(|(_, share)| of(share)).map(|(source, share)| (*source, *share))
    }
}

impl Table {
    /// Makes room for an instance, and the instance; false when there is none, or too many come at once.
    pub(super) fn admit(&mut self, place: &Place, heard: &Heard<'_>, changed: &mut Changed) -> bool {
        if !self.admitted.pay(heard.source, 1.0, heard.now) || !self.make_room(heard, changed) {
            self.crowd();
            return false;
        }
        self.room.enter(heard.source);
        self.instances.insert(place.clone(), Instance::new(heard));
        true
    }

    /// Makes room for an instance of the machine that was heard; false when others need what there is more.
    fn make_room(&mut self, heard: &Heard<'_>, changed: &mut Changed) -> bool {
        let own = heard.interface.is_own(heard.source);
        let most = if own { MOST_OF_OUR_OWN } else { MOST_OF_A_SOURCE };
        let share = self.room.share(heard.source).instances;
        if share >= most {
            return self.evict(changed, |known| known.from == heard.source && known.heard == 1);
        }
        if self.instances.len() < MOST {
            return true;
        }
        let greatest = self.room.greatest(|share| share.instances);
        match greatest.filter(|(_, greatest)| greatest.instances > share + 1) {
            Some((source, _)) => self.evict(changed, |known| known.from == source),
            None => self.evict(changed, |known| known.heard == 1),
        }
    }

    /// Removes one of `those`, the one that is worth least: heard of once only, longest ago.
    fn evict(&mut self, changed: &mut Changed, those: impl Fn(&Instance) -> bool) -> bool {
        self.work += self.instances.len() / LOOKS_OF_A_RECORD;
        let among = self.instances.iter().filter(|(_, known)| those(known));
        let least = among.min_by_key(|(_, known)| (known.heard > 1, known.last));
        let Some(place) = least.map(|(place, _)| place.clone()) else { return false };
        self.crowd();
        self.remove(&place, changed);
        true
    }

    /// Removes the longest texts of who has most of them, as long as there are too many.
    pub(super) fn fit_texts(&mut self, heard: &Heard<'_>, changed: &mut Changed) {
        while let Some(source) = self.who_tells_too_much(heard) {
            self.work += self.instances.len() / LOOKS_OF_A_RECORD;
            let among =
                self.instances.iter().filter(|(_, known)| known.from == source && known.text.is_some());
            let longest = among.max_by_key(|(_, known)| (known.heard == 1, known.cost()));
            let Some(place) = longest.map(|(place, _)| place.clone()) else { return };
            self.crowd();
            self.remove(&place, changed);
        }
    }

    fn who_tells_too_much(&self, heard: &Heard<'_>) -> Option<IpAddr> {
        if self.room.text > MOST_TEXT {
            return self.room.greatest(|share| share.text).map(|(source, _)| source);
        }
        let much = self.room.share(heard.source).text > MOST_TEXT_OF_A_SOURCE;
        (much && !heard.interface.is_own(heard.source)).then_some(heard.source)
    }

    /// Counts what went, or did not come, for want of room.
    fn crowd(&mut self) {
        self.refused.crowded += 1;
        if self.refused.crowded == 1 {
            tracing::warn!(
                "multicast DNS announces more nodes than are kept; the ones heard of once go first"
            );
        }
    }
}
