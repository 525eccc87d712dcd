//! A broker over a journal: a file of lines that is only ever added to, and is read when it is opened.
//!
//! What a queue has not handled is in the file. Subscriptions without a queue are of this process, as is what they
//! wait for.

mod line;
mod queue;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::future::Future;
use std::io::{Read, Write};
use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use micro::broker::{
    Broker, Capability, Delivery, Envelope, Overflow, Receipt, Settle, Source, Subscribe, Subscription,
    Verdict,
};
use micro::{Error, Result};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use line::Line;
use queue::{Item, Next, Queue};

/// A broker over a file. Cheap to clone; clones share the file, which no other process may have open.
#[derive(Clone)]
pub struct Journal(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Told of everything that may concern a member who waits.
    changed: Notify,
}

struct State {
    file: File,
    /// How many events the file has.
    events: u64,
    queues: BTreeMap<u64, Queue>,
    /// The last id that was given to a queue, a member or a delivery.
    ids: u64,
}

impl Journal {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    ///
    /// What the file system says; `data loss` for a file that is no journal.
    pub fn open(path: impl AsRef<Path>) -> Result<Journal> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        // A line that a crash has cut short was never called stored.
        bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
        file.set_len(bytes.len() as u64)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::data_loss("the file is no journal: it is no text"))?;
        let mut state = State { file, events: 0, queues: BTreeMap::new(), ids: 0 };
        for text in text.lines() {
            state.replay(Line::read(text)?);
        }
        Ok(Journal(Arc::new(Shared { state: Mutex::new(state), changed: Notify::new() })))
    }
}

impl State {
    fn id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    /// Writes a line. A crash of the program does not lose it; one of the machine may.
    fn write(&mut self, line: &Line) -> Result<()> {
        self.file.write_all(line.write().as_bytes())?;
        Ok(())
    }

    fn replay(&mut self, line: Line) {
        match line {
            Line::Queue { topic, queue } => {
                let id = self.id();
                self.queues.insert(id, Queue::new(topic, Some(queue)));
            }
            Line::Event(envelope) => {
                self.events += 1;
                let envelope = Arc::new(envelope);
                for queue in self.queues.values_mut().filter(|queue| queue.topic == envelope.topic) {
                    // Nobody knows whether somebody worked on it before the end.
                    queue.waiting.push_back(Item::new(self.events, &envelope).redelivered());
                }
            }
            Line::Done { topic, queue, event } => {
                let is = |known: &&mut Queue| known.topic == topic && known.name.as_ref() == Some(&queue);
                if let Some(queue) = self.queues.values_mut().find(is) {
                    queue.waiting.retain(|item| item.number != event);
                }
            }
        }
    }

    /// Notes that a queue is done with events.
    fn done(&mut self, queue: u64, events: impl IntoIterator<Item = u64>) -> Result<()> {
        let Some(queue) = self.queues.get(&queue) else { return Ok(()) };
        let Some(name) = queue.name.clone() else { return Ok(()) };
        let topic = queue.topic.clone();
        for event in events {
            self.write(&Line::Done { topic: topic.clone(), queue: name.clone(), event })?;
        }
        Ok(())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the verdict on a delivery; one that comes too late means nothing.
    fn settle(&self, queue: u64, ticket: u64, verdict: Verdict) -> Result<()> {
        let mut state = self.lock();
        let Some(item) = state.queues.get_mut(&queue).and_then(|queue| queue.take_back(ticket)) else {
            return Ok(());
        };
        match verdict {
            Verdict::Retry { after } => {
                let from = Instant::now().checked_add(after);
                if let Some(queue) = state.queues.get_mut(&queue) {
                    queue.waiting.push_back(item.again(from));
                }
            }
            // Acknowledged or rejected, and whatever else there may be one day: it does not come again.
            _ => state.done(queue, [item.number])?,
        }
        drop(state);
        self.changed.notify_waiters();
        Ok(())
    }

    fn next(self: &Arc<Self>, queue_id: u64, member: u64) -> Result<Next> {
        let mut state = self.lock();
        let ticket = state.id();
        let Some(queue) = state.queues.get_mut(&queue_id) else {
            return Err(Error::unavailable("the subscription is over"));
        };
        let expired = queue.expired();
        let (item, auto) = match queue.next(member, ticket) {
            Ok(item) => (item, queue.is_auto()),
            Err(until) => {
                state.done(queue_id, expired)?;
                return Ok(Next::Wait(until));
            }
        };
        state.done(queue_id, expired.into_iter().chain(auto.then_some(item.number)))?;
        drop(state);
        // Whoever waits has to wait for this verdict too from now on.
        self.changed.notify_waiters();
        let ticket = Ticket { shared: Arc::downgrade(self), queue: queue_id, ticket };
        let settle = (!auto).then(|| Box::new(ticket) as Box<dyn Settle>);
        Ok(Next::Delivery(Delivery::new(item.envelope, item.attempt, item.redelivered, settle)))
    }

    async fn wait_for_next(self: Arc<Self>, queue: u64, member: u64) -> Result<Delivery> {
        loop {
            // Listening before looking: what changes in between is not missed.
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            match self.next(queue, member)? {
                Next::Delivery(delivery) => return Ok(delivery),
                Next::Wait(None) => changed.await,
                // Both ways to wake up mean to look again.
                Next::Wait(Some(until)) => _ = timeout_at(until, changed).await,
            }
        }
    }
}

impl Broker for Journal {
    fn name(&self) -> String {
        "journal:".to_owned()
    }

    fn capability(&self) -> Capability {
        Capability::default().stored().redelivers().expires().exact_overflow().durable_queues()
    }

    async fn publish(&self, envelope: &Arc<Envelope>) -> Result<Receipt> {
        let mut state = self.0.lock();
        let line = Line::Event(Envelope::clone(envelope));
        // What is delivered is what the file says.
        let Line::Event(envelope) = Line::read(line.write().trim_end())? else {
            return Err(Error::internal("an event is not read as one"));
        };
        state.write(&line)?;
        state.events += 1;
        let (number, envelope) = (state.events, Arc::new(envelope));
        let (mut kept, mut dropped) = (false, Vec::new());
        for (id, queue) in state.queues.iter_mut().filter(|(_, queue)| queue.topic == envelope.topic) {
            let lost = queue.offer(Item::new(number, &envelope));
            kept |= queue.name.is_some() && lost != Some(number);
            dropped.extend(lost.map(|lost| (*id, lost)));
        }
        for (queue, event) in dropped {
            state.done(queue, [event])?;
        }
        drop(state);
        self.0.changed.notify_waiters();
        Ok(if kept { Receipt::Stored } else { Receipt::Sent })
    }

    async fn subscribe(&self, options: &Subscribe) -> Result<Subscription> {
        if options.overflow == Overflow::Block {
            return Err(Error::unimplemented("a journal makes no publisher wait"));
        }
        let mut state = self.0.lock();
        let member = state.id();
        let same = |queue: &Queue| queue.topic == options.topic && queue.name == options.queue;
        let known = state.queues.iter().find(|entry| options.queue.is_some() && same(entry.1));
        let queue = match known.map(|(id, _)| *id) {
            Some(id) => id,
            None => {
                if let Some(queue) = options.queue.clone() {
                    state.write(&Line::Queue { topic: options.topic.clone(), queue })?;
                }
                let id = state.id();
                state.queues.insert(id, Queue::new(options.topic.clone(), options.queue.clone()));
                id
            }
        };
        if let Some(queue) = state.queues.get_mut(&queue) {
            queue.join(member, options)?;
        }
        drop(state);
        Ok(Subscription::new(Member { shared: self.0.clone(), queue, member, next: None }))
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Journal({} events)", self.0.lock().events)
    }
}

type Waiting = Pin<Box<dyn Future<Output = Result<Delivery>> + Send>>;

/// The reading end of a subscription.
struct Member {
    shared: Arc<Shared>,
    queue: u64,
    member: u64,
    /// The wait that is under way. Kept when the caller gives up, so that nothing is lost with it.
    next: Option<Waiting>,
}

impl Source for Member {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Delivery>> {
        let (shared, queue, member) = (&self.shared, self.queue, self.member);
        let next = self.next.get_or_insert_with(|| Box::pin(shared.clone().wait_for_next(queue, member)));
        let delivery = std::task::ready!(next.as_mut().poll(context));
        self.next = None;
        Poll::Ready(delivery)
    }

    fn dropped(&mut self) -> u64 {
        let mut state = self.shared.lock();
        state.queues.get_mut(&self.queue).map_or(0, |queue| std::mem::take(&mut queue.dropped))
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        if state.queues.get_mut(&self.queue).is_some_and(|queue| queue.leave(self.member)) {
            state.queues.remove(&self.queue);
        }
        drop(state);
        self.shared.changed.notify_waiters();
    }
}

/// The way of a verdict. A delivery that is kept does not keep the journal open.
struct Ticket {
    shared: Weak<Shared>,
    queue: u64,
    ticket: u64,
}

impl Settle for Ticket {
    fn settle(self: Box<Self>, verdict: Verdict) -> Pin<Box<dyn Future<Output = Result<()>> + Send>> {
        let settled = match self.shared.upgrade() {
            Some(shared) => shared.settle(self.queue, self.ticket, verdict),
            None => Ok(()),
        };
        Box::pin(std::future::ready(settled))
    }

    fn abandon(self: Box<Self>, after: Duration) {
        if let Some(shared) = self.shared.upgrade() {
            // Writes nothing, so nothing fails.
            let _ = shared.settle(self.queue, self.ticket, Verdict::Retry { after });
        }
    }
}
