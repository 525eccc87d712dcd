//! What runs while a registry of multicast DNS is in use: one task that reads, and the state it shares with calls.
//!
//! Everything that is sent is sent at once, without waiting, by whoever holds the state: a node is announced when
//! registering it returns. The task only takes in what others send and does what has become due.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use crate::registry::{Feed, Node, Query};

use super::link::{self, Key, Link, Packet};
use super::packet::{self, Message, Writer};
use super::responder::{Names, Responder};
use super::table::{Changed, Heard, Table};
use super::{Ignored, Options};

/// How often the machine's interfaces are looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// When everybody is asked after the first question, which each answers to us alone: three questions in all.
const ASKING: [Duration; 2] = [Duration::from_millis(150), Duration::from_secs(2)];
/// How long everybody is left alone between two questions.
const QUIET: Duration = Duration::from_secs(1);
/// How long the first lookup waits when nobody answers: a call to a service that nobody has must not hang, and nodes of
/// ours answer a direct question at once. Who answers later is seen by those who watch, as clients do.
const PATIENCE: Duration = Duration::from_millis(80);
/// How long it waits for others when somebody answered.
const SETTLING: Duration = Duration::from_millis(50);
/// How many packets wait to be taken in, and how many are taken in at once.
const WAITING: usize = 512;
const BATCH: usize = 64;
/// How long a question is at most, in bytes, with the answers that are known.
const QUESTION: usize = 1_400;

/// The running task. Dropping it says goodbye for what is registered and ends the task and every watch; it waits
/// for nothing.
pub(super) struct Engine {
    pub(super) shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Engine {
    /// Opens the links and begins. Without any network that could be used it runs all the same, and takes those up
    /// that appear.
    pub(super) fn start(options: &Options, names: &Names) -> Engine {
        let (packets, incoming) = mpsc::channel(WAITING);
        let mut readers = JoinSet::new();
        let mut state = State::new(options.clone(), names);
        state.look_at_interfaces(Instant::now(), &mut readers, &packets);
        let shared =
            Arc::new(Shared { state: Mutex::new(state), wake: Notify::new(), heard: watch::Sender::new(()) });
        let task = tokio::spawn(run(shared.clone(), readers, packets, incoming));
        Engine { shared, task }
    }

    pub(super) fn is_live(&self) -> bool {
        !self.task.is_finished()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.task.abort();
        let mut state = self.shared.lock();
        let State { responder, links, .. } = &mut *state;
        responder.leave(links);
        state.feeds.clear();
    }
}

async fn run(
    shared: Arc<Shared>,
    mut readers: JoinSet<()>,
    packets: mpsc::Sender<Packet>,
    mut incoming: mpsc::Receiver<Packet>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let due = shared.lock().due();
        tokio::select! {
            // Never ends: this task holds a sender.
            _ = incoming.recv_many(&mut batch, BATCH) => {}
            () = shared.wake.notified() => {}
            () = tokio::time::sleep_until(due) => {}
        }
        let now = Instant::now();
        let mut state = shared.lock();
        let mut changed = Changed::new();
        for packet in batch.drain(..) {
            changed.append(&mut state.take(packet, now));
        }
        if state.look_again <= now {
            state.look_at_interfaces(now, &mut readers, &packets);
        }
        changed.append(&mut state.tick(now));
        let told = !changed.is_empty();
        state.tell(changed);
        drop(state);
        if told {
            shared.heard.send_replace(());
        }
        // Those of links that were closed.
        while readers.try_join_next().is_some() {}
    }
}

/// What the task and the calls share.
pub(super) struct Shared {
    state: Mutex<State>,
    /// Told when something may have become due earlier.
    wake: Notify,
    /// Told when a node was heard of.
    heard: watch::Sender<()>,
}

impl Shared {
    /// Locks. What a panic elsewhere left behind is still the truth: every change is one step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a node and announces it.
    pub(super) fn register(&self, node: &Node, ttl: Duration) {
        let now = Instant::now();
        let mut state = self.lock();
        state.responder.put(Arc::new(node.clone()), ttl, now);
        state.warn_of_no_link();
        let mut changed = state.tick(now);
        changed.insert(node.id.clone());
        state.tell(changed);
        drop(state);
        self.wake.notify_one();
    }

    /// Takes a node back and says goodbye for it.
    pub(super) fn deregister(&self, id: &str) {
        let mut state = self.lock();
        let State { responder, links, .. } = &mut *state;
        if responder.remove(id, links, Instant::now()) {
            // Somebody else's node of that id comes to light.
            state.tell(Changed::from([id.to_owned()]));
            drop(state);
            self.wake.notify_one();
        }
    }

    /// Finds the nodes that match, sorted by id. The first time it waits for answers, a bounded while.
    pub(super) async fn lookup(&self, query: &Query) -> Vec<Node> {
        self.listen(query).await;
        let state = self.lock();
        state.view().into_values().filter(|node| query.matches(node)).map(|node| Node::clone(&node)).collect()
    }

    /// Tells `feed` what is there and every change, after waiting for the first answers.
    pub(super) async fn follow(&self, feed: Feed) {
        self.listen(feed.query()).await;
        let mut state = self.lock();
        feed.sync(state.view().into_values());
        state.feeds.push(feed);
    }

    /// Counts what was ignored.
    pub(super) fn ignored(&self) -> Ignored {
        let state = self.lock();
        let refused = state.table.refused;
        Ignored {
            malformed: state.malformed + refused.unreadable,
            off_link: state.strangers.load(Ordering::Relaxed) + refused.off_link,
            conflicts: refused.conflicts,
            crowded: refused.crowded,
        }
    }

    /// Asks who is there unless that was done, and waits for the first answers: until somebody who matches was
    /// heard of and others had a moment too, or for as long as an answer can take.
    async fn listen(&self, query: &Query) {
        let end = {
            let now = Instant::now();
            let mut state = self.lock();
            if state.listening.is_none() {
                state.begin_to_listen(now);
                self.wake.notify_one();
            }
            let begun = state.listening.as_ref().map_or(now, |listening| listening.begun);
            if state.links.is_empty() { now } else { begun + PATIENCE }
        };
        let mut heard = self.heard.subscribe();
        let mut settled = None;
        loop {
            let now = Instant::now();
            if settled.is_none() && self.lock().view().values().any(|node| query.matches(node)) {
                settled = Some(now + SETTLING);
            }
            let until = settled.map_or(end, |settled| end.min(settled));
            if now >= until {
                return;
            }
            tokio::select! {
                // The sender is our own, so this tells of news only.
                _ = heard.changed() => {}
                () = tokio::time::sleep_until(until) => return,
            }
        }
    }
}

/// How far asking is.
struct Listening {
    begun: Instant,
    /// How often everybody was asked since the beginning or the last new link, and when to ask again.
    asked: usize,
    next: Option<Instant>,
    /// When everybody was asked last.
    last: Option<Instant>,
}

struct State {
    options: Options,
    service: packet::Name,
    links: Vec<Link>,
    look_again: Instant,
    responder: Responder,
    table: Table,
    listening: Option<Listening>,
    /// Names the questions that are asked once, for a stranger not to answer them.
    question: u16,
    feeds: Vec<Feed>,
    malformed: u64,
    /// How many packets came from outside the network.
    strangers: Arc<AtomicU64>,
    warned: bool,
}

impl State {
    fn new(options: Options, names: &Names) -> Self {
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
            malformed: 0,
            strangers: Arc::default(),
            warned: false,
        }
    }

    /// Returns every node: those registered here, and those heard of. An id registered here is ours.
    fn view(&self) -> BTreeMap<String, Arc<Node>> {
        let nodes = self.table.nodes().chain(self.responder.nodes());
        nodes.map(|node| (node.id.clone(), node.clone())).collect()
    }

    /// Tells the watches what became of these nodes.
    fn tell(&mut self, changed: Changed) {
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
    fn due(&self) -> Instant {
        let listening = self.listening.as_ref().and_then(|listening| listening.next);
        let times = [self.responder.due(), self.table.due(), listening, Some(self.look_again)];
        times.into_iter().flatten().min().unwrap_or(self.look_again)
    }

    /// Does what is due.
    fn tick(&mut self, now: Instant) -> Changed {
        let mut changed = Changed::from_iter(self.responder.tick(&self.links, now));
        changed.append(&mut self.table.sweep(now));
        self.ask_if_due(now);
        changed
    }

    /// Takes in a packet.
    fn take(&mut self, Packet { link, source, direct, bytes }: Packet, now: Instant) -> Changed {
        let Some(link) = self.links.iter().find(|open| open.key == link) else { return Changed::new() };
        let Some(message) = packet::read(&bytes) else {
            self.malformed += 1;
            return Changed::new();
        };
        let from_service = source.port() == self.options.port;
        if !message.response {
            // A question to the port that asked once makes no sense.
            if !direct {
                let single = (!from_service).then_some(source);
                self.responder.answer(&message, link, single, now);
            }
            return Changed::new();
        }
        // An answer comes from the port of the service (RFC 6762, section 6), and one to a question that was asked
        // once names it.
        if !from_service || (direct && message.id != self.question) {
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
        let heard = Heard { interface: &link.interface, source: source.ip(), direct, now };
        let Message { answers, additional, .. } = message;
        let responder = &self.responder;
        self.table.take(answers.into_iter().chain(additional), &heard, |name| responder.is_own(name))
    }

    /// Begins to listen to others: asks everybody once, for an answer to us alone, and plans to ask again.
    fn begin_to_listen(&mut self, now: Instant) {
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
            let mut writer = Writer::question(0);
            if planned || anew {
                writer.ask(&self.service, packet::PTR);
            }
            names.iter().for_each(|(name, kind)| writer.ask(name, *kind));
            let own = self.responder.known(&link.interface);
            for record in own.chain(self.table.known(link.interface.index, now)) {
                if !(planned || anew) || writer.len() > QUESTION {
                    break;
                }
                writer.tell(&record);
            }
            link.send(&writer.finish());
        }
    }

    /// Opens the links of interfaces that appeared or changed and closes those of interfaces that went.
    fn look_at_interfaces(
        &mut self,
        now: Instant,
        readers: &mut JoinSet<()>,
        packets: &mpsc::Sender<Packet>,
    ) {
        self.look_again = now + LOOK_AGAIN;
        let found = link::interfaces(self.options.interface.as_deref());
        self.links.retain(|link| found.contains(&link.interface));
        let mut fresh = Vec::new();
        for interface in found.into_iter().map(Arc::new) {
            for v6 in [false, true] {
                let key: Key = (interface.index, v6);
                if self.links.iter().any(|link| link.key == key) {
                    continue;
                }
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
            return;
        }
        let packet = self.single_question();
        self.links.append(&mut fresh);
        self.responder.announce_anew(now);
        if let Some(listening) = &mut self.listening {
            (listening.asked, listening.next) = (0, Some(now + ASKING[0]));
            self.links.iter().for_each(|link| link.ask_once(&packet));
        }
    }

    /// Says once that nobody hears what is registered.
    fn warn_of_no_link(&mut self) {
        if self.links.is_empty() && !self.warned {
            self.warned = true;
            tracing::warn!(
                interface = self.options.interface.as_deref().unwrap_or("any"),
                "no network interface is up that multicast DNS could use: other machines do not find this service \
                 until there is one"
            );
        }
    }
}
