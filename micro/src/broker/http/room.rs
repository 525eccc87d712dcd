//! Where events wait for the subscribers of this process: a room for each subscription, or one for the members of a
//! queue together.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::broker::{Ack, Delivery, Envelope, Overflow, Settle, Subscribe, Verdict};
use crate::error::{Error, Result};
use crate::layer::BoxFuture;

use super::held::Held;

/// What the request an event came with learns of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Note {
    /// A subscriber has it.
    Taken,
    /// It is over.
    Over(Fate),
}

/// What became of an event at one room.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fate {
    /// Handled.
    Handled,
    /// To come again, after a pause.
    Again(Duration),
    /// A subscriber had it, and said nothing in time.
    Overdue,
    /// Never to come again, and why.
    Rejected(String),
    /// The room was full, and its policy let this event go.
    Overflowed,
    /// Its time was over.
    Expired,
    /// No subscriber had it: the service stops, or refused it before it ran.
    NotRun,
    /// Nobody subscribes any more.
    Gone,
}

/// The way back from a room to the request.
#[derive(Debug)]
pub(super) struct Ticket {
    index: usize,
    notes: Option<mpsc::UnboundedSender<(usize, Note)>>,
}

impl Ticket {
    /// Makes the ticket of the room `index`. At most two notes come by it.
    pub(super) fn new(index: usize, notes: mpsc::UnboundedSender<(usize, Note)>) -> Self {
        Ticket { index, notes: Some(notes) }
    }

    /// Tells whether nobody waits for the event's fate any more.
    fn is_void(&self) -> bool {
        self.notes.as_ref().is_none_or(mpsc::UnboundedSender::is_closed)
    }

    fn taken(&self) {
        if let Some(notes) = &self.notes {
            // Nobody waiting is found out when the verdict is given.
            let _ = notes.send((self.index, Note::Taken));
        }
    }

    /// Says what became of the event; false when nobody waits for that.
    fn end(mut self, fate: Fate) -> bool {
        self.notes.take().is_some_and(|notes| notes.send((self.index, Note::Over(fate))).is_ok())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(notes) = self.notes.take() {
            let _ = notes.send((self.index, Note::Over(Fate::NotRun)));
        }
    }
}

impl Settle for Ticket {
    /// A verdict that comes too late is one all the same: what was handled, or refused for good, stays so. Only who
    /// asks for the event again has to know that nobody heard it.
    fn settle(self: Box<Self>, verdict: Verdict) -> BoxFuture<'static, Result<()>> {
        let asks = matches!(verdict, Verdict::Retry { .. });
        let told = self.end(match verdict {
            Verdict::Ack => Fate::Handled,
            Verdict::Retry { after } => Fate::Again(after),
            Verdict::Reject { reason } => Fate::Rejected(reason),
        });
        let lost =
            || Error::unavailable("whoever published the event waits no longer; it may come again, or not");
        Box::pin(std::future::ready(if asks && !told { Err(lost()) } else { Ok(()) }))
    }

    fn abandon(self: Box<Self>, after: Duration) {
        self.end(Fate::Again(after));
    }

    /// The publisher has its own pause for those who say no.
    fn hand_back(self: Box<Self>, _: Duration) {
        self.end(Fate::NotRun);
    }
}

/// An event that waits.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) envelope: Arc<Envelope>,
    pub(super) attempt: u32,
    pub(super) redelivered: bool,
    /// When it stops to be worth delivering.
    pub(super) dies: Option<Instant>,
    pub(super) ticket: Ticket,
    /// Counts its bytes as waiting.
    pub(super) _held: Arc<Held>,
}

/// Where events wait.
#[derive(Debug)]
pub(super) struct Room {
    /// Tells this room from others, also from an earlier one of the same subscription.
    pub(super) id: u64,
    pub(super) options: Subscribe,
    state: Mutex<State>,
    /// Told when there is room again.
    space: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Parcel>,
    members: Vec<Member>,
    dropped: u64,
    /// What becomes of events that come after the end.
    end: Option<Fate>,
}

#[derive(Debug)]
struct Member {
    id: u64,
    waker: Option<Waker>,
}

impl State {
    /// Wakes every member: one that is busy elsewhere must not keep an event from the others.
    fn wake(&mut self) {
        self.members.iter_mut().filter_map(|member| member.waker.take()).for_each(Waker::wake);
    }
}

impl Room {
    pub(super) fn new(id: u64, options: Subscribe) -> Self {
        Room { id, options, state: Mutex::default(), space: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a member in.
    pub(super) fn enter(&self, member: u64) {
        self.lock().members.push(Member { id: member, waker: None });
    }

    /// Lets a member out; returns how many are left. With the last one go the events that wait.
    pub(super) fn leave(&self, member: u64) -> usize {
        let mut state = self.lock();
        state.members.retain(|other| other.id != member);
        let left = state.members.len();
        let waiting = match left {
            0 => {
                state.end = Some(Fate::Gone);
                std::mem::take(&mut state.waiting)
            }
            _ => {
                state.wake();
                VecDeque::new()
            }
        };
        drop(state);
        self.space.notify_waiters();
        for parcel in waiting {
            parcel.ticket.end(Fate::Gone);
        }
        left
    }

    /// Sends everything that waits, or comes from now on, back to where it came from, unhandled.
    pub(super) fn refuse(&self) {
        let mut state = self.lock();
        state.end.get_or_insert(Fate::NotRun);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        self.space.notify_waiters();
        for parcel in waiting {
            parcel.ticket.end(Fate::NotRun);
        }
    }

    /// Returns how many events the overflow policy has let go.
    pub(super) fn count_dropped(&self) -> u64 {
        std::mem::take(&mut self.lock().dropped)
    }

    /// Takes an event in, waiting outside while the room is full and its policy is to wait.
    pub(super) async fn take_in(&self, parcel: Parcel) {
        let mut outside = Some(parcel);
        while let Some(parcel) = outside.take() {
            let mut space = std::pin::pin!(self.space.notified());
            // Listening begins before looking, so that nothing is missed in between.
            space.as_mut().enable();
            outside = self.offer(parcel);
            if outside.is_some() {
                space.await;
            }
        }
    }

    /// Takes an event in, unless it has to wait outside: then it comes back. A full room lets one go, as its policy
    /// says.
    pub(super) fn offer(&self, parcel: Parcel) -> Option<Parcel> {
        let mut state = self.lock();
        if state.waiting.len() >= self.options.capacity {
            // Those whose sender is gone come again by themselves.
            state.waiting.retain(|parcel| !parcel.ticket.is_void());
        }
        let full = state.waiting.len() >= self.options.capacity;
        if full && state.end.is_none() && self.options.overflow == Overflow::Block {
            return Some(parcel);
        }
        let end = state.end.clone();
        let gone = match (end, full, self.options.overflow) {
            (Some(end), ..) => Some((parcel, end)),
            (None, true, Overflow::DropNewest) => Some((parcel, Fate::Overflowed)),
            (None, true, _) => {
                let oldest = state.waiting.pop_front();
                state.waiting.push_back(parcel);
                oldest.map(|oldest| (oldest, Fate::Overflowed))
            }
            (None, false, _) => {
                state.waiting.push_back(parcel);
                None
            }
        };
        if matches!(gone, Some((_, Fate::Overflowed))) {
            state.dropped += 1;
        }
        state.wake();
        drop(state);
        if let Some((parcel, fate)) = gone {
            parcel.ticket.end(fate);
        }
        None
    }

    /// Waits for the next event of a member.
    pub(super) fn poll_next(&self, member: u64, context: &mut Context<'_>) -> Poll<Result<Delivery>> {
        let now = Instant::now();
        loop {
            let mut state = self.lock();
            let Some(parcel) = state.waiting.pop_front() else {
                let found = state.members.iter_mut().find(|other| other.id == member);
                let Some(member) = found else {
                    return Poll::Ready(Err(Error::unavailable("the subscription is over")));
                };
                member.waker = Some(context.waker().clone());
                return Poll::Pending;
            };
            drop(state);
            self.space.notify_waiters();
            if parcel.ticket.is_void() {
                continue;
            }
            if parcel.dies.is_some_and(|dies| dies <= now) {
                parcel.ticket.end(Fate::Expired);
                continue;
            }
            let Parcel { envelope, attempt, redelivered, ticket, .. } = parcel;
            let settle: Option<Box<dyn Settle>> = match self.options.ack {
                Ack::Auto => {
                    ticket.end(Fate::Handled);
                    None
                }
                _ => {
                    ticket.taken();
                    Some(Box::new(ticket))
                }
            };
            return Poll::Ready(Ok(Delivery::new(envelope, attempt, redelivered, settle)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::future::poll_fn;

    use super::super::held::Budget;

    type Notes = mpsc::UnboundedReceiver<(usize, Note)>;

    fn parcel(data: &'static str) -> (Parcel, Notes) {
        let (sender, notes) = mpsc::unbounded_channel();
        let parcel = Parcel {
            envelope: Arc::new(Envelope::new("t", data)),
            attempt: 1,
            redelivered: false,
            dies: None,
            ticket: Ticket::new(0, sender),
            _held: Arc::new(Budget::new(1000).hold()),
        };
        (parcel, notes)
    }

    fn room(options: Subscribe) -> Room {
        let room = Room::new(1, options);
        room.enter(7);
        room
    }

    async fn next(room: &Room) -> Delivery {
        poll_fn(|context| room.poll_next(7, context)).await.unwrap()
    }

    #[tokio::test]
    async fn the_verdict_finds_its_way_back() {
        let room = room(Subscribe::new("t"));
        let (first, mut notes) = parcel("a");
        room.take_in(first).await;
        next(&room).await.ack().await.unwrap();
        assert_eq!(notes.recv().await, Some((0, Note::Taken)));
        assert_eq!(notes.recv().await, Some((0, Note::Over(Fate::Handled))));
        assert_eq!(notes.recv().await, None);

        let (second, mut notes) = parcel("b");
        room.take_in(second).await;
        drop(next(&room).await);
        notes.recv().await.unwrap();
        assert_eq!(notes.recv().await, Some((0, Note::Over(Fate::Again(Duration::ZERO)))));

        let (third, notes) = parcel("c");
        room.take_in(third).await;
        let delivery = next(&room).await;
        drop(notes);
        delivery.ack().await.unwrap();

        let (fourth, notes) = parcel("d");
        room.take_in(fourth).await;
        let delivery = next(&room).await;
        drop(notes);
        assert!(delivery.retry(Duration::ZERO).await.is_err(), "nobody hears it");
    }

    #[tokio::test]
    async fn a_full_room_lets_go_what_its_policy_says() {
        for (overflow, kept) in [(Overflow::DropOldest, ["b", "c"]), (Overflow::DropNewest, ["a", "b"])] {
            let room = room(Subscribe::new("t").capacity(2).overflow(overflow));
            let mut all = Vec::new();
            for data in ["a", "b", "c"] {
                let (parcel, notes) = parcel(data);
                room.take_in(parcel).await;
                all.push(notes);
            }
            for data in kept {
                assert_eq!(next(&room).await.data(), data);
            }
            assert_eq!(room.count_dropped(), 1);
            let over = all.iter_mut().filter_map(|notes| notes.try_recv().ok());
            assert_eq!(over.filter(|(_, note)| *note == Note::Over(Fate::Overflowed)).count(), 1);
        }
    }

    #[tokio::test]
    async fn a_full_room_that_blocks_takes_the_event_when_there_is_room() {
        let room = room(Subscribe::new("t").capacity(1).overflow(Overflow::Block));
        let ((first, _first), (second, _second)) = (parcel("a"), parcel("b"));
        room.take_in(first).await;
        let (_, delivery) = tokio::join!(room.take_in(second), async {
            tokio::task::yield_now().await;
            next(&room).await
        });
        assert_eq!(delivery.data(), "a");
        assert_eq!(next(&room).await.data(), "b");
        assert_eq!(room.count_dropped(), 0);
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_handed_out() {
        let room = room(Subscribe::new("t").ack(Ack::Auto));
        let ((lost, notes), (kept, mut kept_notes)) = (parcel("lost"), parcel("kept"));
        room.take_in(lost).await;
        drop(notes);
        let (mut late, mut late_notes) = parcel("late");
        late.dies = Some(Instant::now());
        room.take_in(late).await;
        room.take_in(kept).await;
        assert_eq!(next(&room).await.data(), "kept");
        assert_eq!(late_notes.recv().await, Some((0, Note::Over(Fate::Expired))));
        assert_eq!(kept_notes.recv().await, Some((0, Note::Over(Fate::Handled))));
    }

    #[tokio::test]
    async fn the_last_member_takes_the_room_along() {
        let room = room(Subscribe::new("t").queue("q"));
        room.enter(8);
        let ((first, mut notes), (second, mut after)) = (parcel("a"), parcel("b"));
        room.take_in(first).await;
        assert_eq!(room.leave(8), 1);
        assert_eq!(room.leave(7), 0);
        assert_eq!(notes.recv().await, Some((0, Note::Over(Fate::Gone))));
        room.take_in(second).await;
        assert_eq!(after.recv().await, Some((0, Note::Over(Fate::Gone))));
        assert!(poll_fn(|context| room.poll_next(7, context)).await.is_err());
    }
}
