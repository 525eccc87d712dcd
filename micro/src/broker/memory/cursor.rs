//! A subscription of its own that gives no verdicts: the fast way.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::task::coop;

use crate::broker::{Delivery, Run, Source, Subscribe};
use crate::error::Result;

use super::Place;
use super::log::Log;
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
        let tape = Tape::new(&topic.log, id, options.capacity);
        Cursor { id, tape, topic, busy: false, _place: place }
    }

    /// Waits until `read` finds something.
    fn poll<T>(
        &mut self,
        context: &mut Context<'_>,
        read: impl Fn(&mut Tape, &Log) -> Option<T>,
    ) -> Poll<Result<T>> {
        // A log that is always ahead must not keep its reader from letting others run.
        let budget = ready!(coop::poll_proceed(context));
        loop {
            if let Some(found) = read(&mut self.tape, &self.topic.log) {
                budget.made_progress();
                self.busy = true;
                return Poll::Ready(Ok(found));
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
        self.poll(context, |tape, log| {
            let (lease, index) = tape.advance(log)?;
            Some(Delivery::shelved(lease.clone(), index))
        })
    }

    fn poll_run(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Run>>> {
        self.poll(context, |tape, log| tape.run(log).map(Some))
    }

    fn dropped(&mut self) -> u64 {
        self.tape.count_dropped(&self.topic.log)
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        self.topic.log.leave(self.id);
        self.topic.left();
    }
}
