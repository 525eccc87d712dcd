//! A subscription of its own that gives no verdicts: the fast way.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::task::coop;

use crate::broker::{Delivery, Envelope, Source, Subscribe};
use crate::error::{Error, Result};
use crate::event::Shelf as _;

use super::Place;
use super::tape::Tape;
use super::topic::Topic;

pub(super) struct Cursor {
    id: u64,
    tape: Tape,
    topic: Arc<Topic>,
    /// Whether anything was read since it last had nothing to read.
    busy: bool,
    _place: Place,
}

impl Cursor {
    pub(super) fn new(id: u64, topic: Arc<Topic>, options: &Subscribe, place: Place) -> Cursor {
        let capacity = u64::try_from(options.capacity).unwrap_or(u64::MAX);
        let tape = Tape::new(topic.log.join(id, capacity), options.capacity);
        Cursor { id, tape, topic, busy: false, _place: place }
    }

    #[inline]
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // A log that is always ahead must not keep its reader from letting others run.
        let budget = ready!(coop::poll_proceed(context));
        loop {
            if self.tape.advance(&self.topic.log) {
                budget.made_progress();
                self.busy = true;
                return Poll::Ready(());
            }
            if std::mem::take(&mut self.busy) {
                // Where events come fast there is one more after a turn of the others. Being woken for each of them
                // would cost the publisher more than the event.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            if !self.topic.log.park(self.id, self.tape.position(), context.waker()) {
                return Poll::Pending;
            }
        }
    }
}

impl Source for Cursor {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Delivery>> {
        ready!(self.poll(context));
        let current = self.tape.current().ok_or_else(|| Error::internal("the log has a hole"));
        Poll::Ready(current.map(|(lease, index)| Delivery::shelved(lease.clone(), index)))
    }

    fn dropped(&self) -> u64 {
        self.tape.dropped
    }

    fn lends(&self) -> bool {
        true
    }

    fn poll_advance(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.poll(context).map(Ok)
    }

    fn current(&self) -> Option<&Envelope> {
        let (lease, index) = self.tape.current()?;
        Some(lease.envelope(index))
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        self.topic.log.leave(self.id);
        self.topic.left();
    }
}
