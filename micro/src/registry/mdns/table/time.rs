//! What becomes of what was heard as time passes: it is asked for anew, and forgotten.

use std::time::Duration;

use tokio::time::Instant;

use crate::registry::mdns::packet::{self, Data, Name, Record};

use super::{ASKED_AT_ONCE, ASKING, Changed, Instance, Place, SWEEP, Table};

/// How late a look may be before it is put off.
const LATE: Duration = Duration::from_millis(200);

impl Table {
    /// Returns when to look through what is kept.
    pub(in crate::registry::mdns) fn due(&self) -> Option<Instant> {
        self.sweep
    }

    /// Puts a look off that is much too late: whoever could not run for so long has not read either what was said
    /// meanwhile. Once only, so that who is always late forgets all the same.
    pub(in crate::registry::mdns) fn put_off_if_late(&mut self, now: Instant) {
        if !self.late && self.sweep.is_some_and(|sweep| now > sweep + LATE) {
            self.late = true;
            self.sweep = Some(now + SWEEP);
        }
    }

    /// Removes what has expired.
    pub(in crate::registry::mdns) fn sweep(&mut self, now: Instant) -> Changed {
        let mut changed = Changed::new();
        if self.sweep.is_none_or(|sweep| sweep > now) {
            return changed;
        }
        self.late = false;
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
        for (place, instance) in &mut self.instances {
            let before = instance.addresses.len();
            instance.addresses.retain(|(_, life)| life.until > now);
            if instance.addresses.len() < before {
                poorer.push(place.clone());
            }
        }
        for place in poorer {
            self.evaluate(&place, now, None, &mut changed);
        }
        let lives = self.instances.values().flat_map(Instance::all_lives);
        let next = lives.flat_map(|life| [Some(life.until), life.ask()]);
        let asking = self.instances.values().map(|instance| instance.ask);
        self.sweep = next.chain(asking).flatten().min().map(|next| next.max(now + SWEEP));
        changed
    }

    /// Returns what has to be asked: whether for all instances anew, and for which names. Each is asked for a few
    /// times only.
    ///
    /// Whoever tells of an instance tells all of it, so it is enough to ask for all when its pointer is about to
    /// expire. Others let the pointer live much longer than the rest, which they tell only if asked for it by name.
    pub(in crate::registry::mdns) fn questions(&mut self, now: Instant) -> (bool, Vec<(Name, u16)>) {
        let mut anew = false;
        let mut names: Vec<(Name, u16)> = Vec::new();
        for (place, instance) in &mut self.instances {
            if instance.pointer.as_mut().is_some_and(|life| life.ask_if_due(now)) {
                anew = true;
                instance.all_lives_mut().for_each(|life| _ = life.ask_if_due(now));
            }
            if instance.node.is_some() && names.len() < ASKED_AT_ONCE {
                instance.ask_by_name(&place.1, now, &mut names);
            }
        }
        // Nodes that are in use come first.
        for (place, instance) in &mut self.instances {
            if names.len() >= ASKED_AT_ONCE {
                break;
            }
            if instance.ask.is_none_or(|ask| ask > now) {
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
        (anew, names)
    }

    /// Returns the answers that are known on a network, for others not to repeat them: none of an instance of which
    /// anything is about to expire.
    pub(in crate::registry::mdns) fn known(
        &self,
        interface: u32,
        now: Instant,
    ) -> impl Iterator<Item = Record> {
        let here = self.instances.iter().filter(move |(place, instance)| {
            place.0 == interface
                && instance.node.is_some()
                && !instance.all_lives().any(|life| life.is_ending(now))
        });
        here.filter_map(move |(place, instance)| {
            let life = instance.pointer?;
            let left = life.until.saturating_duration_since(now);
            let ttl = u32::try_from(left.as_secs()).ok()?;
            let data = Data::Ptr(place.1.clone());
            (left > life.whole / 2).then(|| Record { name: self.service.clone(), ttl, flush: false, data })
        })
    }
}

impl Instance {
    /// Asks for the records that are about to expire, each of them by its name.
    fn ask_by_name(&mut self, instance: &Name, now: Instant, names: &mut Vec<(Name, u16)>) {
        let mut ask = |name: &Name, kind: u16| {
            let question = (name.clone(), kind);
            if !names.contains(&question) {
                names.push(question);
            }
        };
        if let Some(text) = &mut self.text
            && text.life.ask_if_due(now)
        {
            ask(instance, packet::TXT);
        }
        let Some((_, host, life)) = &mut self.server else { return };
        if life.ask_if_due(now) {
            ask(instance, packet::SRV);
        }
        for (ip, life) in &mut self.addresses {
            if life.ask_if_due(now) {
                ask(host, if ip.is_ipv4() { packet::A } else { packet::AAAA });
            }
        }
    }
}
