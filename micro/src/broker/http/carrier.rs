//! The task of a lane: chooses who gets an event, sends, judges the answers, tries again.
//!
//! An event is given up when it was sent [`TRIES`] times in a row without a subscriber's word, when nobody took it for
//! [`PATIENCE`], or when subscribers had it [`ATTEMPTS`] times. Events of one key are sent one after another; one that
//! a subscriber wants again lets the others pass.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use crate::registry::Node;

use super::audience::Aim;
use super::binary::{ATTEMPT, QUEUE, REDELIVERED, TTL_MS};
use super::counters::count;
use super::lane::{Item, Shared};
use super::members::{FAILURES, Member, pause};
use super::post::{Answer, post};

/// How many events are in flight at a time: as many as a service takes on one connection.
const WINDOW: usize = 1024;

/// How often an event is sent in a row without a subscriber's word.
const TRIES: u32 = 10;

/// How long an event is sent while nobody takes it.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often subscribers may have an event before it is taken for poison.
const ATTEMPTS: u32 = 100;

/// How often a queue without members is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// How good a node is for an event, the lowest first: one that stays, one that has not just failed at it, one with
/// little to do; and chance among equals.
type Rank = (bool, bool, usize, u32);

/// Carries the events of a lane. Ends when it is aborted.
pub(super) async fn run(lane: Arc<Shared>) {
    let mut carrier = Carrier {
        lane,
        ready: VecDeque::new(),
        keys: HashMap::new(),
        later: BTreeMap::new(),
        sequence: 0,
        posts: JoinSet::new(),
        flights: HashMap::new(),
        members: HashMap::new(),
    };
    let lane = carrier.lane.clone();
    loop {
        carrier.take();
        let next = carrier.start();
        let later = carrier.later.first_key_value().map(|((due, _), _)| *due);
        let due = next.into_iter().chain(later).min();
        tokio::select! {
            () = lane.wake.notified() => {}
            Some(landed) = carrier.posts.join_next_with_id(), if !carrier.posts.is_empty() => carrier.land(landed),
            () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
        }
    }
}

struct Carrier {
    lane: Arc<Shared>,
    /// To be sent as soon as somebody takes them.
    ready: VecDeque<Item>,
    /// For each key with an event that leads: those that wait for it.
    keys: HashMap<String, VecDeque<Item>>,
    /// To be sent again, by time.
    later: BTreeMap<(Instant, u64), Item>,
    sequence: u64,
    posts: JoinSet<Answer>,
    flights: HashMap<Id, Flight>,
    members: HashMap<String, Member>,
}

/// A try under way.
struct Flight {
    item: Item,
    node: Arc<Node>,
    begun: Instant,
}

/// Whether an event can be sent now.
enum Choice {
    /// To this node.
    Take(Arc<Node>),
    /// Not now; look again then, or when a try has landed.
    Wait(Option<Instant>),
    /// Never: the node is gone.
    Gone,
}

impl Carrier {
    /// Takes in what is new, and what is due again.
    fn take(&mut self) {
        for mut item in self.lane.take() {
            let key = &item.event.envelope.key;
            if !key.is_empty() {
                match self.keys.entry(key.clone()) {
                    Entry::Occupied(mut waiting) => {
                        waiting.get_mut().push_back(item);
                        continue;
                    }
                    Entry::Vacant(vacant) => _ = vacant.insert(VecDeque::new()),
                }
                item.leads = true;
            }
            self.make_ready(item);
        }
        let now = Instant::now();
        while let Some(first) = self.later.first_entry()
            && first.key().0 <= now
        {
            let item = first.remove();
            self.make_ready(item);
        }
    }

    /// Has an event sent as soon as somebody takes it. From now on it waits.
    fn make_ready(&mut self, mut item: Item) {
        item.since.get_or_insert_with(Instant::now);
        self.ready.push_back(item);
    }

    /// Sends what can be sent. Returns when to look again although nothing happens.
    fn start(&mut self) -> Option<Instant> {
        while self.posts.len() < WINDOW {
            let item = self.ready.pop_front()?;
            let now = Instant::now();
            let Some(left) = item.event.left() else {
                count(&self.lane.outbox.tally.dropped, 1);
                tracing::debug!(topic = self.lane.audience.topic(), to = ?self.lane.aim, "the time of an event is over");
                self.finish(item);
                continue;
            };
            if item.since.is_some_and(|since| now >= since + PATIENCE) {
                self.give_up(item, "nobody took it in time");
                continue;
            }
            match self.choose(&item, now) {
                Choice::Take(node) => self.send(item, node, left),
                Choice::Gone => self.give_up(item, "the subscriber is gone"),
                Choice::Wait(next) => {
                    let end = item.since.map(|since| since + PATIENCE);
                    self.ready.push_front(item);
                    return next.into_iter().chain(end).min();
                }
            }
        }
        None
    }

    fn choose(&mut self, item: &Item, now: Instant) -> Choice {
        let nodes = match &self.lane.aim {
            Aim::Node(id) => Vec::from_iter(self.lane.audience.node(id)),
            Aim::Queue(queue) => self.lane.audience.members(queue),
        };
        if self.members.len() > 2 * nodes.len() + 16 {
            self.members.retain(|id, member| member.in_flight > 0 || nodes.iter().any(|node| node.id == *id));
        }
        let mut best: Option<(Rank, Arc<Node>)> = None;
        let (mut next, mut blocked) = (None::<Instant>, false);
        for node in nodes {
            let member = self.members.entry(node.id.clone()).or_default();
            if member.is_gone(&node, now) {
                continue;
            }
            if let Some(at) = member.next.filter(|at| *at > now) {
                next = Some(next.map_or(at, |next| next.min(at)));
                continue;
            }
            if member.failures > 0 && member.in_flight > 0 {
                // One event finds out whether the node is well again.
                blocked = true;
                continue;
            }
            let avoided = item.avoid.as_ref() == Some(&node.id);
            let rank = (node.is_draining(), avoided, member.in_flight, fastrand::u32(..));
            if best.as_ref().is_none_or(|(other, _)| rank < *other) {
                best = Some((rank, node));
            }
        }
        match (best, &self.lane.aim) {
            (Some((_, node)), _) => Choice::Take(node),
            (None, Aim::Node(_)) if next.is_none() && !blocked => Choice::Gone,
            // Another member may come, which nobody tells.
            (None, Aim::Queue(_)) => Choice::Wait(Some(next.map_or(now + LOOK, |next| next.min(now + LOOK)))),
            (None, Aim::Node(_)) => Choice::Wait(next),
        }
    }

    fn send(&mut self, mut item: Item, node: Arc<Node>, left: Option<Duration>) {
        let mut headers = item.event.headers.clone();
        if let Aim::Queue(queue) = &self.lane.aim
            && let Ok(queue) = HeaderValue::from_str(queue)
        {
            headers.insert(QUEUE, queue);
        }
        headers.insert(ATTEMPT, HeaderValue::from(item.attempt));
        if item.redelivered {
            headers.insert(REDELIVERED, HeaderValue::from_static("true"));
        }
        if let Some(left) = left {
            headers.insert(TTL_MS, HeaderValue::from(u32::try_from(left.as_millis()).unwrap_or(u32::MAX)));
        }
        if item.attempt > 1 || item.tries > 0 {
            count(&self.lane.outbox.tally.retried, 1);
        }
        let begun = Instant::now();
        item.tries += 1;
        self.members.entry(node.id.clone()).or_default().in_flight += 1;
        let posting = post(self.lane.clone(), node.clone(), item.event.clone(), headers);
        let id = self.posts.spawn(posting).id();
        self.flights.insert(id, Flight { item, node, begun });
    }

    /// Judges what came of a try.
    fn land(&mut self, landed: Result<(Id, Answer), JoinError>) {
        let (id, answer) = landed.unwrap_or_else(|error| (error.id(), Answer::Unknown(error.to_string())));
        let Some(Flight { mut item, node, begun }) = self.flights.remove(&id) else { return };
        let member = self.members.entry(node.id.clone()).or_default();
        member.in_flight = member.in_flight.saturating_sub(1);
        let tally = &self.lane.outbox.tally;
        match answer {
            Answer::Handled => {
                count(&tally.handled, 1);
                self.answered(&node);
                self.finish(item);
            }
            Answer::Never(why) => {
                count(&tally.rejected, 1);
                let (event, to) = (&item.event.envelope.id, &node.id);
                tracing::warn!(
                    topic = self.lane.audience.topic(),
                    event,
                    to,
                    why,
                    "a subscriber rejects an event"
                );
                self.answered(&node);
                self.finish(item);
            }
            Answer::Again(after) => {
                self.answered(&node);
                (item.tries, item.since) = (0, None);
                self.again(item, &node, after);
            }
            Answer::Unknown(why) => {
                member.failed(begun, &why);
                self.see(&node);
                // The time a subscriber may have worked on it is none in which nobody took it.
                item.since = None;
                match item.tries >= TRIES {
                    true => self.give_up(item, "too many tries"),
                    false => self.again(item, &node, None),
                }
            }
            Answer::NotRun(after) => {
                member.refused(after);
                item.avoid = Some(node.id.clone());
                // No try: somebody was there, and said no. The time it lay there is none in which nobody took it.
                item.tries -= 1;
                item.since = item.since.map(|since| (since + begun.elapsed()).min(Instant::now()));
                self.ready.push_front(item);
            }
            Answer::Unreachable(why) => {
                member.failed(begun, &why);
                item.avoid = Some(node.id.clone());
                match item.tries >= TRIES {
                    true => self.give_up(item, "too many tries"),
                    false => self.ready.push_front(item),
                }
                self.see(&node);
            }
            Answer::Gone => {
                member.leave(node);
                self.ready.push_front(item);
            }
            Answer::Outside => {
                tally.refuse(&node.id);
                member.leave(node);
                self.ready.push_front(item);
            }
        }
    }

    /// Notes that a node answers.
    fn answered(&mut self, node: &Arc<Node>) {
        let Some(member) = self.members.get_mut(&node.id) else { return };
        if member.failures >= FAILURES {
            tracing::info!(topic = self.lane.audience.topic(), node = node.id, "a subscriber is back");
            self.lane.set_dead(None);
        }
        member.well();
    }

    /// Looks at a node that has just failed. One that fails again and again is taken for dead: what waits for it is
    /// dropped, and what comes, until it is back.
    fn see(&mut self, node: &Arc<Node>) {
        let Some(member) = self.members.get(&node.id).filter(|member| member.failures >= FAILURES) else {
            return;
        };
        let (next, failures, why) = (member.next, member.failures, member.why.clone());
        let topic = self.lane.audience.topic();
        if failures == FAILURES {
            tracing::warn!(
                topic,
                node = node.id,
                why,
                "a subscriber cannot be reached; it is tried now and then"
            );
        }
        if matches!(self.lane.aim, Aim::Node(_)) {
            self.lane.set_dead(next);
            self.give_up_all("the subscriber cannot be reached");
        }
    }

    /// Sends an event again later: a subscriber may have had it.
    fn again(&mut self, mut item: Item, node: &Node, after: Option<Duration>) {
        if item.attempt >= ATTEMPTS {
            return self.give_up(item, "subscribers had it too often");
        }
        self.release(&mut item);
        let after = after.unwrap_or_else(|| pause(item.attempt));
        item.attempt += 1;
        item.redelivered = true;
        item.avoid = Some(node.id.clone());
        self.sequence += 1;
        let now = Instant::now();
        let due = now.checked_add(after).unwrap_or(now + PATIENCE);
        self.later.insert((due, self.sequence), item);
    }

    /// Lets the next event of a key go.
    fn release(&mut self, item: &mut Item) {
        if !std::mem::take(&mut item.leads) {
            return;
        }
        let key = &item.event.envelope.key;
        match self.keys.get_mut(key).and_then(VecDeque::pop_front) {
            Some(mut next) => {
                next.leads = true;
                self.make_ready(next);
            }
            None => _ = self.keys.remove(key),
        }
    }

    fn finish(&mut self, mut item: Item) {
        self.release(&mut item);
        self.lane.left(&item);
    }

    fn give_up(&mut self, item: Item, why: &str) {
        count(&self.lane.outbox.tally.dropped, 1);
        let event = &item.event.envelope.id;
        tracing::warn!(topic = self.lane.audience.topic(), event, to = ?self.lane.aim, why, "an event is dropped");
        self.finish(item);
    }

    /// Gives up everything that is not in flight.
    fn give_up_all(&mut self, why: &str) {
        let mut all = self.lane.take();
        all.append(&mut self.ready);
        all.extend(std::mem::take(&mut self.later).into_values());
        // The keys of events in flight stay: later ones wait for them still.
        for waiting in self.keys.values_mut() {
            all.append(waiting);
        }
        for item in &all {
            self.lane.left(item);
        }
        for item in all.iter().filter(|item| item.leads) {
            self.keys.remove(&item.event.envelope.key);
        }
        if !all.is_empty() {
            count(&self.lane.outbox.tally.dropped, all.len());
            let (topic, events) = (self.lane.audience.topic(), all.len());
            tracing::warn!(topic, events, to = ?self.lane.aim, why, "events are dropped");
        }
    }
}
