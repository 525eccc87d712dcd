//! A queue, or a subscription that gives verdicts: a place in the log, what is worked on, what comes again.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker, ready};
use std::time::Duration;

use tokio::task::coop;
use tokio::time::{Instant, Sleep};

use crate::broker::{Ack, Delivery, Overflow, Settle, Source, Subscribe, Verdict};
use crate::error::Result;
use crate::layer::BoxFuture;

use super::Place;
use super::log::{Entry, LIMIT};
use super::tape::Tape;
use super::topic::Topic;

pub(super) struct Group {
    pub(super) id: u64,
    pub(super) options: Subscribe,
    topic: Arc<Topic>,
    state: Mutex<State>,
}

struct State {
    backlog: Backlog,
    /// What has no verdict yet, by ticket.
    out: HashMap<u64, Out>,
    /// When the verdicts are due.
    due: BTreeSet<(Instant, u64)>,
    /// What comes again, and when.
    again: BinaryHeap<Reverse<Again>>,
    /// The members, and who of them waits.
    members: BTreeSet<u64>,
    waiting: BTreeMap<u64, Waker>,
    /// The earliest time at which a waiting member wakes by itself.
    armed: Option<Instant>,
    tickets: u64,
    /// What is worked on and what comes again, in bytes.
    bytes: usize,
}

/// How many events may come again, in capacities: more than may wait for the first time, as one that pauses before
/// its next attempt must not keep the others waiting.
const AGAIN: usize = 16;

/// Events that were not delivered yet.
enum Backlog {
    /// In the log: the oldest are dropped.
    Tape(Tape),
    /// Here: what does not fit is turned away, so the log's order has holes.
    Own(Own),
}

#[derive(Default)]
struct Own {
    waiting: VecDeque<Entry>,
    bytes: usize,
    /// How many events were turned away and are not counted yet.
    dropped: u64,
}

/// A delivery without verdict.
struct Out {
    entry: Entry,
    attempt: u32,
    member: u64,
    due: Instant,
}

/// An event that comes again.
struct Again {
    at: Instant,
    ticket: u64,
    entry: Entry,
    attempt: u32,
}

impl PartialEq for Again {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.ticket) == (other.at, other.ticket)
    }
}

impl Eq for Again {}

impl PartialOrd for Again {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Again {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.ticket).cmp(&(other.at, other.ticket))
    }
}

/// What a member is told.
enum Next {
    Delivery(Delivery),
    /// Nothing yet. Something may be due at that time without anybody telling.
    Wait(Option<Instant>),
}

impl Group {
    pub(super) fn new(id: u64, topic: Arc<Topic>, options: &Subscribe) -> Group {
        let backlog = match options.overflow {
            Overflow::DropOldest => Backlog::Tape(Tape::new(&topic.log, id, options.capacity)),
            Overflow::DropNewest | Overflow::Block => Backlog::Own(Own::default()),
        };
        let state = State {
            backlog,
            out: HashMap::new(),
            due: BTreeSet::new(),
            again: BinaryHeap::new(),
            members: BTreeSet::new(),
            waiting: BTreeMap::new(),
            armed: None,
            tickets: 0,
            bytes: 0,
        };
        Group { id, options: options.clone(), topic, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether a publisher has to wait for the group.
    pub(super) fn is_blocking(&self) -> bool {
        self.options.overflow == Overflow::Block
            && matches!(&self.lock().backlog, Backlog::Own(own) if own.is_full(self.options.capacity))
    }

    /// Takes an event that is not read from the log.
    pub(super) fn offer(&self, entry: &Entry) {
        if self.options.overflow == Overflow::DropOldest {
            return;
        }
        let mut state = self.lock();
        if let Backlog::Own(own) = &mut state.backlog {
            own.push(entry, self.options.capacity);
        }
        state.wake();
    }

    /// Takes a member out; what it was working on goes to the others. Tells whether it was the last one.
    pub(super) fn leave(&self, member: u64) -> bool {
        let mut state = self.lock();
        state.members.remove(&member);
        state.waiting.remove(&member);
        let mut held: Vec<u64> =
            state.out.iter().filter(|(_, out)| out.member == member).map(|(ticket, _)| *ticket).collect();
        // In the order they were delivered in.
        held.sort_unstable();
        let now = Instant::now();
        for ticket in held {
            state.bring_again(ticket, now);
        }
        state.wake();
        state.members.is_empty()
    }

    /// Lets a member off from waiting. If it was woken already, or is the one that wakes by itself, another one does
    /// in its place.
    fn give_up(&self, member: u64) {
        let mut state = self.lock();
        if state.waiting.remove(&member).is_none() || state.armed.is_some() {
            state.wake();
        }
    }

    /// Takes a delivery back that was not worked on.
    fn take_back(&self, ticket: u64, after: Duration) {
        let mut state = self.lock();
        if let Some(out) = state.take_out(ticket) {
            state.put_again(ticket, out.entry, out.attempt, later(Instant::now(), after));
        }
        state.wake();
    }

    /// Takes the verdict on a delivery. One that comes too late is no error: the event comes again.
    fn settle(&self, ticket: u64, verdict: &Verdict) {
        let mut state = self.lock();
        match verdict {
            Verdict::Retry { after } => state.bring_again(ticket, later(Instant::now(), *after)),
            Verdict::Ack | Verdict::Reject { .. } => _ = state.take_out(ticket),
        }
        // There may be room for another one now, and the time to wait has changed.
        state.wake();
    }

    fn next(self: &Arc<Self>, member: u64, waker: &Waker) -> Next {
        let mut state = self.lock();
        let now = Instant::now();
        while let Some((due, ticket)) = state.due.first().copied().filter(|(due, _)| *due <= now) {
            state.due.remove(&(due, ticket));
            state.bring_again(ticket, now);
        }
        loop {
            if let Some((entry, attempt)) = self.ready(&mut state, now) {
                state.waiting.remove(&member);
                let delivery = self.deliver(&mut state, member, entry, attempt, now);
                if !state.waiting.is_empty() && self.has_next(&state) {
                    state.wake();
                }
                return Next::Delivery(delivery);
            }
            if !self.has_next(&state) {
                break;
            }
        }
        state
            .waiting
            .entry(member)
            .and_modify(|waiting| waiting.clone_from(waker))
            .or_insert_with(|| waker.clone());
        let until = state.earliest();
        state.armed = until;
        Next::Wait(until)
    }

    /// Tells whether there is a new event to deliver. When there is none, the log tells the group of the next one.
    fn has_next(self: &Arc<Self>, state: &State) -> bool {
        if !state.has_room(self.options.capacity) {
            // It is a verdict that is waited for.
            return false;
        }
        match &state.backlog {
            Backlog::Tape(tape) => self.topic.log.park(self.id, tape.position(), &Waker::from(self.clone())),
            Backlog::Own(own) => !own.waiting.is_empty(),
        }
    }

    /// Finds what can be delivered now: what comes again before what is new.
    fn ready(&self, state: &mut State, now: Instant) -> Option<(Entry, u32)> {
        while state.again.peek().is_some_and(|Reverse(again)| again.at <= now) {
            let Reverse(again) = state.again.pop()?;
            state.bytes -= again.entry.size;
            if !again.entry.is_expired() {
                return Some((again.entry, again.attempt));
            }
        }
        if !state.has_room(self.options.capacity) {
            return None;
        }
        let entry = match &mut state.backlog {
            Backlog::Tape(tape) => tape.next(&self.topic.log)?,
            Backlog::Own(own) => loop {
                let entry = own.pop()?;
                self.topic.room.notify_waiters();
                if !entry.is_expired() {
                    break entry;
                }
            },
        };
        Some((entry, 1))
    }

    fn deliver(
        self: &Arc<Self>,
        state: &mut State,
        member: u64,
        entry: Entry,
        attempt: u32,
        now: Instant,
    ) -> Delivery {
        let envelope = entry.envelope.clone();
        if self.options.ack == Ack::Auto {
            return Delivery::new(envelope, attempt, attempt > 1, None);
        }
        let ticket = state.tickets;
        state.tickets += 1;
        let due = later(now, self.options.ack_wait);
        state.bytes += entry.size;
        state.due.insert((due, ticket));
        state.out.insert(ticket, Out { entry, attempt, member, due });
        if state.armed.is_none_or(|armed| due < armed) {
            // Somebody who waits has to wake by itself from now on, as the one who works may never come back.
            state.wake();
        }
        let ticket = Ticket { group: Arc::downgrade(self), ticket };
        Delivery::new(envelope, attempt, attempt > 1, Some(Box::new(ticket)))
    }

    /// Counts the events that were dropped and that no member has counted yet.
    fn count_dropped(&self) -> u64 {
        let mut state = self.lock();
        match &mut state.backlog {
            Backlog::Tape(tape) => tape.count_dropped(&self.topic.log),
            Backlog::Own(own) => std::mem::take(&mut own.dropped),
        }
    }
}

/// The log wakes the group, and the group one of its members: who finds more than one event wakes the next.
impl Wake for Group {
    fn wake(self: Arc<Self>) {
        self.lock().wake();
    }
}

impl Own {
    fn is_full(&self, capacity: usize) -> bool {
        self.waiting.len() >= capacity || self.bytes >= LIMIT
    }

    /// Takes an event, or drops it when there is no room.
    fn push(&mut self, entry: &Entry, capacity: usize) {
        if self.is_full(capacity) {
            self.dropped += 1;
            return;
        }
        self.bytes += entry.size;
        self.waiting.push_back(entry.clone());
    }

    fn pop(&mut self) -> Option<Entry> {
        let entry = self.waiting.pop_front()?;
        self.bytes -= entry.size;
        Some(entry)
    }
}

/// Returns the time so long after another; one past the end of time never comes.
fn later(time: Instant, wait: Duration) -> Instant {
    time.checked_add(wait).unwrap_or_else(|| time + Duration::from_secs(1 << 32))
}

impl State {
    /// Wakes a member that waits.
    fn wake(&mut self) {
        if let Some((_, waker)) = self.waiting.pop_first() {
            self.armed = None;
            waker.wake();
        }
    }

    /// Tells whether an event may be delivered that was not yet: what was delivered and is not done with is bounded.
    fn has_room(&self, capacity: usize) -> bool {
        self.out.len() < capacity && self.again.len() < capacity.saturating_mul(AGAIN) && self.bytes < LIMIT
    }

    /// Returns when something is due without anybody telling.
    fn earliest(&self) -> Option<Instant> {
        let again = self.again.peek().map(|Reverse(again)| again.at);
        let due = self.due.first().map(|(due, _)| *due);
        again.into_iter().chain(due).min()
    }

    fn take_out(&mut self, ticket: u64) -> Option<Out> {
        let out = self.out.remove(&ticket)?;
        self.due.remove(&(out.due, ticket));
        self.bytes -= out.entry.size;
        Some(out)
    }

    fn bring_again(&mut self, ticket: u64, at: Instant) {
        let Some(out) = self.take_out(ticket) else { return };
        self.put_again(ticket, out.entry, out.attempt.saturating_add(1), at);
    }

    fn put_again(&mut self, ticket: u64, entry: Entry, attempt: u32, at: Instant) {
        self.bytes += entry.size;
        self.again.push(Reverse(Again { at, ticket, entry, attempt }));
    }
}

/// The group's half of a delivery.
struct Ticket {
    /// A delivery that is kept does not keep the queue.
    group: Weak<Group>,
    ticket: u64,
}

impl Settle for Ticket {
    fn settle(self: Box<Self>, verdict: Verdict) -> BoxFuture<'static, Result<()>> {
        if let Some(group) = self.group.upgrade() {
            group.settle(self.ticket, &verdict);
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn abandon(self: Box<Self>, after: Duration) {
        if let Some(group) = self.group.upgrade() {
            group.settle(self.ticket, &Verdict::Retry { after });
        }
    }

    fn hand_back(self: Box<Self>, after: Duration) {
        if let Some(group) = self.group.upgrade() {
            group.take_back(self.ticket, after);
        }
    }
}

/// A member of a group.
pub(super) struct Member {
    id: u64,
    group: Arc<Group>,
    sleep: Option<Pin<Box<Sleep>>>,
    _place: Place,
}

impl Member {
    pub(super) fn new(id: u64, group: Arc<Group>, place: Place) -> Member {
        group.lock().members.insert(id);
        Member { id, group, sleep: None, _place: place }
    }
}

impl Source for Member {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Delivery>> {
        let budget = ready!(coop::poll_proceed(context));
        loop {
            let until = match self.group.next(self.id, context.waker()) {
                Next::Delivery(delivery) => {
                    budget.made_progress();
                    self.sleep = None;
                    return Poll::Ready(Ok(delivery));
                }
                Next::Wait(until) => until,
            };
            let Some(until) = until else {
                self.sleep = None;
                return Poll::Pending;
            };
            let sleep = match &mut self.sleep {
                Some(sleep) => {
                    if sleep.deadline() != until {
                        sleep.as_mut().reset(until);
                    }
                    sleep
                }
                None => self.sleep.insert(Box::pin(tokio::time::sleep_until(until))),
            };
            ready!(sleep.as_mut().poll(context));
        }
    }

    fn give_up(&mut self) {
        self.group.give_up(self.id);
    }

    fn dropped(&mut self) -> u64 {
        self.group.count_dropped()
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.group.topic.clone().leave(self.id, &self.group);
    }
}
