//! One topic: its log, and the groups that cannot read it in passing.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::broker::{Ack, Envelope, Overflow, Subscribe, Subscription};
use crate::error::Result;

use super::cursor::Cursor;
use super::group::{Group, Member};
use super::log::{Entry, Log};
use super::{Place, Topics};

#[derive(Default)]
pub(super) struct Topic {
    pub(super) log: Log,
    groups: Mutex<Vec<Arc<Group>>>,
    /// Told when a group that makes publishers wait has room again.
    pub(super) room: Notify,
    subscriptions: AtomicUsize,
    ids: AtomicU64,
}

impl Topic {
    /// Hands an event to every subscription, waiting for those that ask for it.
    pub(super) async fn publish(&self, envelope: &Arc<Envelope>) {
        let entry = Entry::new(envelope);
        if self.offer(&entry) {
            return;
        }
        loop {
            // Listening before looking: room that is made in between is not missed.
            let mut room = std::pin::pin!(self.room.notified());
            room.as_mut().enable();
            if self.offer(&entry) {
                return;
            }
            room.await;
        }
    }

    /// Hands an event to every subscription, or to none when one of them has to be waited for.
    fn offer(&self, entry: &Entry) -> bool {
        // Held while the log is appended to: all subscriptions see one order.
        let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if groups.iter().any(|group| group.is_blocking()) {
            return false;
        }
        for group in &*groups {
            group.offer(entry);
        }
        let parked = self.log.append(entry.clone());
        drop(groups);
        parked.into_iter().for_each(std::task::Waker::wake);
        true
    }

    pub(super) fn subscribe(
        self: &Arc<Self>,
        options: &Subscribe,
        topics: &Arc<Topics>,
    ) -> Result<Subscription> {
        let place = || Place { topics: topics.clone(), name: options.topic.clone() };
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let in_passing = options.ack == Ack::Auto && options.overflow == Overflow::DropOldest;
        if in_passing && options.queue.is_none() {
            self.subscriptions.fetch_add(1, Ordering::Relaxed);
            return Ok(Subscription::new(Cursor::new(id, self.clone(), options, place())));
        }
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |group: &&Arc<Group>| options.queue.is_some() && group.options.queue == options.queue;
        let group = match groups.iter().find(same) {
            Some(group) => {
                group.options.agree(options)?;
                group.clone()
            }
            None => {
                let group = Arc::new(Group::new(id, self.clone(), options));
                groups.push(group.clone());
                group
            }
        };
        self.subscriptions.fetch_add(1, Ordering::Relaxed);
        Ok(Subscription::new(Member::new(id, group, place())))
    }

    /// Takes a member out of its group, and the group out of the topic when that was the last one.
    pub(super) fn leave(&self, member: u64, group: &Arc<Group>) {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if group.leave(member) {
            groups.retain(|known| !Arc::ptr_eq(known, group));
            self.log.leave(group.id);
        }
        drop(groups);
        self.left();
        self.room.notify_waiters();
    }

    pub(super) fn left(&self) {
        self.subscriptions.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn is_unused(&self) -> bool {
        self.subscriptions.load(Ordering::Relaxed) == 0
    }
}
