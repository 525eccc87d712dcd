//! A queue, or a subscription of its own: what waits and what is being worked on.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use micro::Result;
use micro::broker::{Ack, Delivery, Envelope, Overflow, Subscribe};
use tokio::time::Instant;

/// An event at a queue.
pub(super) struct Item {
    pub(super) number: u64,
    pub(super) envelope: Arc<Envelope>,
    pub(super) attempt: u32,
    pub(super) redelivered: bool,
    /// When it may be delivered, if not at once.
    from: Option<Instant>,
}

impl Item {
    pub(super) fn new(number: u64, envelope: &Arc<Envelope>) -> Self {
        Item { number, envelope: envelope.clone(), attempt: 1, redelivered: false, from: None }
    }

    /// Says that the event may have been handled before.
    pub(super) fn redelivered(mut self) -> Self {
        self.redelivered = true;
        self
    }

    /// Makes the next attempt of it, not before `from`.
    pub(super) fn again(self, from: Option<Instant>) -> Self {
        Item { attempt: self.attempt.saturating_add(1), from, ..self.redelivered() }
    }
}

/// What a member is told.
pub(super) enum Next {
    Delivery(Delivery),
    /// Nothing now; something perhaps then.
    Wait(Option<Instant>),
}

/// What a member works on.
struct Out {
    item: Item,
    member: u64,
    due: Option<Instant>,
}

pub(super) struct Queue {
    pub(super) topic: String,
    /// `None` for a subscription of its own.
    pub(super) name: Option<String>,
    pub(super) waiting: VecDeque<Item>,
    /// How many events were dropped that no member was told of.
    pub(super) dropped: u64,
    /// What the members have asked for, while there are any.
    options: Option<Subscribe>,
    members: BTreeSet<u64>,
    out: BTreeMap<u64, Out>,
}

impl Queue {
    pub(super) fn new(topic: String, name: Option<String>) -> Self {
        Queue {
            topic,
            name,
            waiting: VecDeque::new(),
            dropped: 0,
            options: None,
            members: BTreeSet::new(),
            out: BTreeMap::new(),
        }
    }

    /// Lets a member in who asks for what the others have asked for.
    pub(super) fn join(&mut self, member: u64, options: &Subscribe) -> Result<()> {
        match &self.options {
            Some(present) => present.agree(options)?,
            None => self.options = Some(options.clone()),
        }
        self.members.insert(member);
        Ok(())
    }

    /// Lets a member out; what it worked on goes to others. Tells whether the queue is over.
    pub(super) fn leave(&mut self, member: u64) -> bool {
        self.members.remove(&member);
        let held: Vec<u64> =
            self.out.iter().filter(|(_, out)| out.member == member).map(|(ticket, _)| *ticket).collect();
        // Back to the front, in the order in which they were there.
        for ticket in held.into_iter().rev() {
            if let Some(item) = self.take_back(ticket) {
                self.waiting.push_front(item.again(None));
            }
        }
        if self.members.is_empty() {
            self.options = None;
        }
        self.members.is_empty() && self.name.is_none()
    }

    /// Takes an event in. Returns the number of the one that does not fit, this or the oldest.
    pub(super) fn offer(&mut self, item: Item) -> Option<u64> {
        let full = self.options.as_ref().filter(|options| self.waiting.len() >= options.capacity);
        let lost = match full.map(|options| options.overflow) {
            None => None,
            Some(Overflow::DropNewest) => {
                self.dropped += 1;
                return Some(item.number);
            }
            Some(_) => self.waiting.pop_front().map(|oldest| oldest.number),
        };
        self.dropped += u64::from(lost.is_some());
        self.waiting.push_back(item);
        lost
    }

    /// Takes out what is past its time, and returns the numbers.
    pub(super) fn expired(&mut self) -> Vec<u64> {
        let (now, mut numbers) = (SystemTime::now(), Vec::new());
        self.waiting.retain(|item| {
            let expired = item.envelope.expires.is_some_and(|expires| expires <= now);
            if expired {
                numbers.push(item.number);
            }
            !expired
        });
        numbers
    }

    /// Gives the next event to a member, or says when to ask again.
    pub(super) fn next(&mut self, member: u64, ticket: u64) -> Result<Item, Option<Instant>> {
        let now = Instant::now();
        let overdue: Vec<u64> = self
            .out
            .iter()
            .filter(|(_, out)| out.due.is_some_and(|due| due <= now))
            .map(|(ticket, _)| *ticket)
            .collect();
        for ticket in overdue {
            if let Some(item) = self.take_back(ticket) {
                self.waiting.push_back(item.again(None));
            }
        }
        let ready = |item: &Item| item.from.is_none_or(|from| from <= now);
        let Some(item) = self.waiting.iter().position(ready).and_then(|at| self.waiting.remove(at)) else {
            let (again, due) = (
                self.waiting.iter().filter_map(|item| item.from),
                self.out.values().filter_map(|out| out.due),
            );
            return Err(again.chain(due).min());
        };
        let copy = Item { from: None, envelope: item.envelope.clone(), ..item };
        if !self.is_auto() {
            let due = self.options.as_ref().and_then(|options| now.checked_add(options.ack_wait));
            self.out.insert(ticket, Out { item, member, due });
        }
        Ok(copy)
    }

    /// Takes an event back that is being worked on.
    pub(super) fn take_back(&mut self, ticket: u64) -> Option<Item> {
        self.out.remove(&ticket).map(|out| out.item)
    }

    /// Tells whether delivered is handled.
    pub(super) fn is_auto(&self) -> bool {
        self.options.as_ref().is_some_and(|options| options.ack == Ack::Auto)
    }
}
