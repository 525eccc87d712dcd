//! What this process subscribes to, and how others learn of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::watch;

use crate::broker::{Announce, Delivery, Inbox, Source, Subscribe, Subscription};
use crate::error::{Code, Error, Result};
use crate::layer::BoxFuture;
use crate::registry;
use crate::wire::HttpBody;

use super::held::Budget;
use super::ledger::Ledger;
use super::receive;
use super::room::Room;
use super::task::Task;

/// The path below which events arrive.
pub(super) const PATH: &str = "/micro/events/";

/// How many bytes of events may wait in this process, handed out to no subscriber yet.
const WAITING: usize = 64 << 20;

/// The pause before a registry that failed is told again.
const PAUSE: Duration = Duration::from_secs(1);

/// The receiving half: subscriptions, and the way to announce them.
#[derive(Debug)]
pub(super) struct Desk {
    this: Weak<Desk>,
    table: Mutex<Table>,
    /// Counts the changes of what is subscribed to.
    version: watch::Sender<u64>,
    told: watch::Sender<Told>,
    announcer: Mutex<Option<Task>>,
    /// Whether a service has a port for it.
    hosted: AtomicBool,
    /// The largest event that is taken, in bytes of its message.
    limit: AtomicUsize,
    /// Whether the user has set the limit.
    chosen: AtomicBool,
    pub(super) waiting: Budget,
    pub(super) ledger: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct Table {
    /// By topic and queue, which is empty for subscriptions without one. A queue has one room for all its members.
    rooms: BTreeMap<(String, String), Vec<Arc<Room>>>,
    ids: u64,
    /// Which version of the list was given away for the first announcement.
    given: Option<u64>,
    refusing: bool,
}

/// What the registry was told last.
#[derive(Clone, Debug, Default)]
struct Told {
    version: u64,
    failure: Option<(Code, String)>,
}

impl Desk {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new_cyclic(|this| Desk {
            this: this.clone(),
            table: Mutex::default(),
            version: watch::Sender::new(0),
            told: watch::Sender::new(Told::default()),
            announcer: Mutex::default(),
            hosted: AtomicBool::new(false),
            limit: AtomicUsize::new(limit),
            chosen: AtomicBool::new(false),
            waiting: Budget::new(WAITING),
            ledger: Mutex::default(),
        })
    }

    /// Notes that a service lends its port.
    pub(super) fn host(&self) {
        self.hosted.store(true, Ordering::Release);
    }

    /// Sets the largest event that is taken, in bytes of its message.
    pub(super) fn set_limit(&self, bytes: usize) {
        self.limit.store(bytes, Ordering::Relaxed);
        self.chosen.store(true, Ordering::Relaxed);
    }

    pub(super) fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the rooms of a topic: of a queue, or of everybody who has none. `None` when the service stops.
    pub(super) fn rooms(&self, topic: &str, queue: &str) -> Option<Vec<Arc<Room>>> {
        let table = self.lock();
        let key = (topic.to_owned(), queue.to_owned());
        (!table.refusing).then(|| table.rooms.get(&key).cloned().unwrap_or_default())
    }

    /// Subscribes, and waits until the registry knows.
    pub(super) async fn subscribe(self: &Arc<Self>, options: &Subscribe) -> Result<Subscription> {
        if !self.hosted.load(Ordering::Acquire) {
            return Err(Error::failed_precondition(
                "the http broker delivers events to the port of a service, and there is none; subscribe in a \
                 `Service`, or use another broker",
            ));
        }
        let seat = self.seat(options)?;
        let goal = *self.version.borrow();
        let announced = self.announcer.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if announced {
            self.announced(goal).await?;
        }
        Ok(Subscription::new(seat))
    }

    fn seat(self: &Arc<Self>, options: &Subscribe) -> Result<Seat> {
        let key = (options.topic.clone(), options.queue.clone().unwrap_or_default());
        let mut table = self.lock();
        if table.refusing {
            return Err(Error::unavailable("the service stops; it takes no further events"));
        }
        table.ids += 2;
        let (member, id) = (table.ids, table.ids + 1);
        let is_new = !table.rooms.contains_key(&key);
        let rooms = table.rooms.entry(key.clone()).or_default();
        let room = match rooms.first().filter(|_| options.queue.is_some()) {
            Some(room) => {
                room.options.agree(options)?;
                room.clone()
            }
            None => {
                let room = Arc::new(Room::new(id, options.clone()));
                rooms.push(room.clone());
                room
            }
        };
        room.enter(member);
        if is_new {
            self.version.send_modify(|version| *version += 1);
        }
        Ok(Seat { desk: self.clone(), key, room, member })
    }

    fn leave(&self, key: &(String, String), room: &Room, member: u64) {
        let mut table = self.lock();
        if room.leave(member) > 0 {
            return;
        }
        if let Some(rooms) = table.rooms.get_mut(key) {
            rooms.retain(|other| other.id != room.id);
            if rooms.is_empty() {
                table.rooms.remove(key);
                self.version.send_modify(|version| *version += 1);
            }
        }
    }

    fn list(&self) -> Vec<registry::Subscription> {
        let table = self.lock();
        let keys = table.rooms.keys();
        keys.map(|(topic, queue)| registry::Subscription::new(topic.as_str(), queue.as_str())).collect()
    }

    /// Waits until the registry was told of a version of the list. Telling it is bounded.
    async fn announced(&self, goal: u64) -> Result<()> {
        let mut told = self.told.subscribe();
        let failure = told.wait_for(|told| told.version >= goal).await.map(|told| told.failure.clone());
        match failure {
            Ok(None) => Ok(()),
            Ok(Some((code, message))) => {
                Err(Error::new(code, message).context("cannot announce a subscription"))
            }
            Err(_) => Err(Error::unavailable("the broker is closed")),
        }
    }
}

impl Inbox for Desk {
    fn path(&self) -> &'static str {
        PATH
    }

    fn limit(&self, bytes: usize) {
        // What the service takes at all; the user may have wanted less of events.
        match self.chosen.load(Ordering::Relaxed) {
            true => _ = self.limit.fetch_min(bytes, Ordering::Relaxed),
            false => self.limit.store(bytes, Ordering::Relaxed),
        }
    }

    fn answer(&self, request: http::Request<HttpBody>) -> BoxFuture<'static, http::Response<HttpBody>> {
        let desk = self.this.upgrade();
        Box::pin(async move {
            match desk {
                Some(desk) => receive::answer(&desk, request).await,
                None => receive::closed(),
            }
        })
    }

    fn subscriptions(&self) -> Vec<registry::Subscription> {
        // The version first: a change in between is announced once more, not never.
        let version = *self.version.borrow();
        self.lock().given = Some(version);
        self.list()
    }

    fn attach(&self, announce: Announce) {
        let given = self.lock().given;
        if let Some(version) = given {
            self.told.send_replace(Told { version, failure: None });
        }
        let telling = tell(self.this.clone(), announce, self.version.subscribe(), given);
        let task = Task::spawn(telling);
        *self.announcer.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    fn refuse(&self) {
        let rooms: Vec<Arc<Room>> = {
            let mut table = self.lock();
            table.refusing = true;
            table.rooms.values().flatten().cloned().collect()
        };
        for room in rooms {
            room.refuse();
        }
    }
}

/// Tells the registry what is subscribed to, whenever that has changed.
async fn tell(
    desk: Weak<Desk>,
    announce: Announce,
    mut version: watch::Receiver<u64>,
    mut told: Option<u64>,
) {
    loop {
        let goal = *version.borrow_and_update();
        if told != Some(goal) {
            let Some(list) = desk.upgrade().map(|desk| desk.list()) else { return };
            let failure = announce(list).await.err();
            let Some(desk) = desk.upgrade() else { return };
            let failed = failure.is_some();
            if let Some(error) = &failure {
                tracing::warn!(error = ?error, "cannot announce what is subscribed to; trying on");
            }
            let failure = failure.map(|error| (error.code(), error.message().to_owned()));
            desk.told.send_replace(Told { version: goal, failure });
            drop(desk);
            if failed {
                tokio::select! {
                    changed = version.changed() => if changed.is_err() { return },
                    () = tokio::time::sleep(PAUSE) => {}
                }
                continue;
            }
            told = Some(goal);
        }
        if version.changed().await.is_err() {
            return;
        }
    }
}

/// A place of a subscriber in a room. Dropping it unsubscribes.
struct Seat {
    desk: Arc<Desk>,
    key: (String, String),
    room: Arc<Room>,
    member: u64,
}

impl Source for Seat {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Delivery>> {
        self.room.poll_next(self.member, context)
    }

    fn dropped(&mut self) -> u64 {
        self.room.count_dropped()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.desk.leave(&self.key, &self.room, self.member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Lists = Arc<Mutex<Vec<Vec<registry::Subscription>>>>;

    /// Announces into a list of lists, after some failures.
    fn announce(lists: &Lists, failures: usize) -> Announce {
        let (lists, left) = (lists.clone(), AtomicUsize::new(failures));
        Box::new(move |list| {
            let fails =
                left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1)).is_ok();
            if !fails {
                lists.lock().unwrap().push(list);
            }
            Box::pin(std::future::ready(match fails {
                true => Err(Error::unavailable("the registry is away")),
                false => Ok(()),
            }))
        })
    }

    fn hosted() -> Arc<Desk> {
        let desk = Desk::new(1000);
        desk.host();
        desk
    }

    #[tokio::test]
    async fn without_a_port_nothing_is_subscribed() {
        let error = Desk::new(1000).subscribe(&Subscribe::new("t")).await.unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition);
        assert!(error.message().contains("Service"), "{error}");
    }

    #[tokio::test]
    async fn what_is_there_at_the_start_is_listed_and_changes_are_announced() {
        let desk = hosted();
        let first = desk.subscribe(&Subscribe::new("t").queue("q")).await.unwrap();
        assert_eq!(desk.subscriptions(), [registry::Subscription::new("t", "q")]);
        let lists = Lists::default();
        desk.attach(announce(&lists, 0));
        let second = desk.subscribe(&Subscribe::new("t").queue("q")).await.unwrap();
        assert!(lists.lock().unwrap().is_empty(), "a second member changes nothing");
        let third = desk.subscribe(&Subscribe::new("a")).await.unwrap();
        let both = [registry::Subscription::new("a", ""), registry::Subscription::new("t", "q")];
        assert_eq!(*lists.lock().unwrap(), [both]);
        drop((first, second));
        let version = *desk.version.borrow();
        desk.announced(version).await.unwrap();
        assert_eq!(*lists.lock().unwrap().last().unwrap(), [registry::Subscription::new("a", "")]);
        drop(third);
    }

    #[tokio::test]
    async fn a_change_between_list_and_attachment_is_not_lost() {
        let desk = hosted();
        assert!(desk.subscriptions().is_empty());
        let _early = desk.subscribe(&Subscribe::new("t")).await.unwrap();
        let lists = Lists::default();
        desk.attach(announce(&lists, 0));
        desk.announced(1).await.unwrap();
        assert_eq!(*lists.lock().unwrap(), [[registry::Subscription::new("t", "")]]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_registry_that_fails_fails_the_subscription_and_is_told_again() {
        let desk = hosted();
        let lists = Lists::default();
        desk.subscriptions();
        desk.attach(announce(&lists, 1));
        let error = desk.subscribe(&Subscribe::new("t")).await.unwrap_err();
        assert!(error.message().contains("the registry is away"), "{error}");
        let again = desk.subscribe(&Subscribe::new("t")).await;
        assert!(again.is_ok());
        assert_eq!(*lists.lock().unwrap().last().unwrap(), [registry::Subscription::new("t", "")]);
    }

    #[tokio::test]
    async fn members_of_a_queue_agree_and_a_service_that_stops_takes_nobody() {
        let desk = hosted();
        let _first = desk.subscribe(&Subscribe::new("t").queue("q")).await.unwrap();
        let error = desk.subscribe(&Subscribe::new("t").queue("q").capacity(1)).await.unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition);
        assert_eq!(desk.rooms("t", "q").unwrap().len(), 1);
        assert!(desk.rooms("t", "").unwrap().is_empty());
        desk.refuse();
        assert!(desk.rooms("t", "q").is_none());
        assert!(desk.subscribe(&Subscribe::new("t")).await.is_err());
    }
}
