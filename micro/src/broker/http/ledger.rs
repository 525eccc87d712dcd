//! Which subscriptions are done with an event that others of this process have not handled yet: it comes again for
//! those others only.

use std::collections::{BTreeSet, HashMap, VecDeque};

/// How many events are remembered.
const EVENTS: usize = 1024;

/// Source and id of an event.
pub(super) type Name = (String, String);

/// Remembers the rooms that are done with events, of the latest ones.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    done: HashMap<Name, BTreeSet<u64>>,
    order: VecDeque<Name>,
}

impl Ledger {
    /// Tells whether a room is done with an event.
    pub(super) fn is_done(&self, event: &Name, room: u64) -> bool {
        self.done.get(event).is_some_and(|rooms| rooms.contains(&room))
    }

    /// Notes that rooms are done with an event.
    pub(super) fn note(&mut self, event: &Name, rooms: impl IntoIterator<Item = u64>) {
        let mut rooms = rooms.into_iter().peekable();
        if rooms.peek().is_none() {
            return;
        }
        if !self.done.contains_key(event) {
            self.order.push_back(event.clone());
            if self.order.len() > EVENTS
                && let Some(oldest) = self.order.pop_front()
            {
                self.done.remove(&oldest);
            }
        }
        self.done.entry(event.clone()).or_default().extend(rooms);
    }

    /// Forgets an event that all of `rooms` are done with. Others, which it came to on another way, may not be.
    pub(super) fn forget(&mut self, event: &Name, rooms: &[u64]) {
        let Some(done) = self.done.get_mut(event) else { return };
        done.retain(|room| !rooms.contains(room));
        if done.is_empty() {
            self.done.remove(event);
            self.order.retain(|other| other != event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(id: usize) -> Name {
        ("s".to_owned(), id.to_string())
    }

    #[test]
    fn rooms_are_remembered_until_all_are_done() {
        let mut ledger = Ledger::default();
        ledger.note(&name(1), []);
        assert!(ledger.order.is_empty());
        ledger.note(&name(1), [7]);
        ledger.note(&name(1), [8]);
        assert!(ledger.is_done(&name(1), 7) && ledger.is_done(&name(1), 8));
        assert!(!ledger.is_done(&name(1), 9) && !ledger.is_done(&name(2), 7));
        ledger.forget(&name(1), &[8, 9]);
        assert!(ledger.is_done(&name(1), 7) && !ledger.is_done(&name(1), 8));
        ledger.forget(&name(1), &[7]);
        assert!(!ledger.is_done(&name(1), 7) && ledger.order.is_empty());
    }

    #[test]
    fn the_oldest_event_is_forgotten_first() {
        let mut ledger = Ledger::default();
        for id in 0..=EVENTS {
            ledger.note(&name(id), [1]);
        }
        assert!(!ledger.is_done(&name(0), 1) && ledger.is_done(&name(1), 1));
        assert_eq!((ledger.done.len(), ledger.order.len()), (EVENTS, EVENTS));
    }
}
