//! Who subscribes to a topic, as the registry tells it.
//!
//! A watch is read where an event is published, not by a task of its own: what the registry has told by then counts
//! for that event. The registry is a hint: while it fails, what it told last stays in use.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::broker::check_topic;
use crate::error::{Code, Error, Result};
use crate::registry::{Event, Handle, Node, Query, Watch};

use super::task::Task;

/// How long the first event of a topic waits for the registry.
const FIRST: Duration = Duration::from_secs(1);

/// How long the registry may take before the attempt counts as failed.
const LIMIT: Duration = Duration::from_secs(5);

/// The first pause after the registry has failed, and the longest one.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How many ways an event of one topic takes at most. Anybody may write some registries, and each way costs a task.
const AIMS: usize = 1_024;

/// How long nodes stay in use that a new answer suddenly knows nothing of, none at all.
const HOLD: Duration = Duration::from_secs(60);

/// Where an event goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Aim {
    /// To a node, for all who subscribe there without a queue.
    Node(String),
    /// To one member of a queue.
    Queue(String),
}

/// Where the events of a topic go, at one moment.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) aims: BTreeSet<Aim>,
}

/// The subscribers of one topic.
#[derive(Debug)]
pub(super) struct Audience {
    this: Weak<Audience>,
    topic: String,
    registry: Handle,
    state: Mutex<State>,
    /// Told when the registry has answered, or failed.
    answered: Notify,
}

#[derive(Debug)]
struct State {
    known: BTreeMap<String, Known>,
    watch: Option<Watch>,
    /// Begins a watch.
    opening: Option<Task>,
    /// Whether the registry has ever answered.
    told: bool,
    failure: Option<(Code, String)>,
    /// When the registry is asked again.
    again: Instant,
    pause: Duration,
    /// What follows from the nodes, until they change.
    plan: Option<Arc<Plan>>,
}

#[derive(Debug)]
struct Known {
    node: Arc<Node>,
    /// Until when it stays in use although the watch knows nothing of it.
    until: Option<Instant>,
}

impl Audience {
    pub(super) fn new(topic: &str, registry: Handle) -> Arc<Self> {
        let state = State {
            known: BTreeMap::new(),
            watch: None,
            opening: None,
            told: false,
            failure: None,
            again: Instant::now(),
            pause: PAUSE,
            plan: None,
        };
        Arc::new_cyclic(|this| Audience {
            this: this.clone(),
            topic: topic.to_owned(),
            registry,
            state: Mutex::new(state),
            answered: Notify::new(),
        })
    }

    pub(super) fn topic(&self) -> &str {
        &self.topic
    }

    /// Waits until the registry has told who subscribes. Later events do not wait.
    ///
    /// # Errors
    ///
    /// `unavailable`, or the registry's own, while it has never answered.
    pub(super) async fn ready(&self) -> Result<()> {
        let waiting = async {
            loop {
                let mut answered = std::pin::pin!(self.answered.notified());
                // Listening begins before looking, so that nothing is missed in between.
                answered.as_mut().enable();
                {
                    let state = self.sync();
                    if state.told {
                        return Ok(());
                    }
                    if let Some((code, message)) = &state.failure {
                        return Err(Error::new(*code, message.clone()));
                    }
                }
                answered.await;
            }
        };
        let told = tokio::time::timeout(FIRST, waiting).await;
        told.unwrap_or_else(|_| Err(Error::unavailable(format!("no answer within {FIRST:?}")))).map_err(
            |error| {
                let registry = self.registry.name();
                error.context(format_args!(
                    "the registry {registry} does not tell who subscribes to {}",
                    self.topic
                ))
            },
        )
    }

    /// Returns where events go.
    pub(super) fn plan(&self) -> Arc<Plan> {
        let mut state = self.sync();
        if let Some(plan) = &state.plan {
            return plan.clone();
        }
        let mut plan = Plan::default();
        let mut queues = BTreeSet::new();
        for Known { node, .. } in state.known.values() {
            for queue in self.queues(node) {
                match queue {
                    // It finishes what it has. The members of a queue may be on their way back, so its events wait.
                    "" if node.is_draining() => continue,
                    "" => plan.aims.insert(Aim::Node(node.id.clone())),
                    queue => queues.insert(Aim::Queue(queue.to_owned())),
                };
            }
        }
        let (nodes, all) = (plan.aims.len(), plan.aims.len() + queues.len());
        if all > AIMS {
            tracing::warn!(
                topic = self.topic,
                nodes,
                most = AIMS,
                all,
                "too many subscribe; some get no events"
            );
        }
        plan.aims = std::mem::take(&mut plan.aims).into_iter().chain(queues).take(AIMS).collect();
        let plan = Arc::new(plan);
        state.plan = Some(plan.clone());
        plan
    }

    /// Returns the node with this id, if it subscribes without a queue.
    pub(super) fn node(&self, id: &str) -> Option<Arc<Node>> {
        let state = self.sync();
        let node = state.known.get(id).map(|known| known.node.clone());
        node.filter(|node| self.queues(node).any(str::is_empty))
    }

    /// Returns the members of a queue.
    pub(super) fn members(&self, queue: &str) -> Vec<Arc<Node>> {
        let state = self.sync();
        let nodes = state.known.values().map(|known| &known.node);
        nodes.filter(|node| self.queues(node).any(|other| other == queue)).cloned().collect()
    }

    /// Lists the queues a node subscribes to the topic with, the empty one for everybody. A name that cannot be one
    /// is passed over: others write the registry too.
    fn queues<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a str> {
        let subscriptions = node.topics.iter().filter(move |other| other.topic == self.topic);
        let queues = subscriptions.map(|subscription| subscription.queue.as_str());
        queues.filter(|queue| queue.is_empty() || check_topic(queue).is_ok())
    }

    /// Locks, with everything known that the registry has told. Begins a watch when there is none.
    fn sync(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        while let Some(watch) = &mut state.watch {
            match watch.try_next() {
                Ok(Some(event)) => state.apply(event),
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(topic = self.topic, error = ?error, "lost sight of who subscribes");
                    state.watch = None;
                    state.again = Instant::now();
                }
            }
        }
        let now = Instant::now();
        let before = state.known.len();
        state.known.retain(|_, known| known.until.is_none_or(|until| until > now));
        if state.known.len() < before {
            state.plan = None;
        }
        let is_opening = state.opening.as_ref().is_some_and(|opening| !opening.is_finished());
        if state.watch.is_none() && !is_opening && state.again <= now {
            state.failure = None;
            let query = Query::topic(self.topic.as_str());
            state.opening = Some(Task::spawn(open(self.this.clone(), self.registry.clone(), query)));
        }
        state
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins a watch, once.
async fn open(audience: Weak<Audience>, registry: Handle, query: Query) {
    let opening = async {
        let mut watch = registry.watch(&query).await?;
        let first = watch.next().await?;
        // Some registries begin to listen only now. A lookup waits for what they hear; a watch need not.
        let found = match &first {
            Event::All(nodes) if nodes.is_empty() => registry.lookup(&query).await?,
            _ => Vec::new(),
        };
        Ok::<_, Error>((watch, first, found))
    };
    let opened = tokio::time::timeout(LIMIT, opening).await;
    let opened = opened.unwrap_or_else(|_| Err(Error::unavailable("the registry takes too long to answer")));
    let Some(audience) = audience.upgrade() else { return };
    let mut state = audience.lock();
    match opened {
        Ok((watch, first, found)) => state.begin(watch, first, found),
        Err(error) => {
            tracing::debug!(topic = audience.topic, error = ?error, "the registry does not tell who subscribes");
            state.failure = Some((error.code(), error.message().to_owned()));
            state.again = Instant::now() + state.pause.mul_f64(0.8 + 0.4 * fastrand::f64());
            state.pause = (state.pause * 2).min(LONGEST_PAUSE);
        }
    }
    drop(state);
    audience.answered.notify_waiters();
}

impl State {
    fn begin(&mut self, watch: Watch, first: Event, found: Vec<Node>) {
        let until = Some(Instant::now() + HOLD);
        let before = std::mem::take(&mut self.known);
        self.apply(first);
        for node in found {
            self.known.entry(node.id.clone()).or_insert(Known { node: Arc::new(node), until });
        }
        if self.known.is_empty() {
            // More likely a registry that lost its memory than subscribers that all went at once.
            self.known = before;
            for known in self.known.values_mut() {
                known.until = known.until.or(until);
            }
        }
        self.watch = Some(watch);
        self.told = true;
        self.failure = None;
        self.pause = PAUSE;
        self.plan = None;
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::All(nodes) => {
                let known = nodes.into_iter().map(|node| (node.id.clone(), Known { node, until: None }));
                self.known = known.collect();
            }
            Event::Put(node) => {
                self.known.insert(node.id.clone(), Known { node, until: None });
            }
            Event::Gone(id) => {
                self.known.remove(&id);
            }
        }
        self.plan = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::registry::{Capability, Memory, Register, Registry, State as Phase, Subscription};

    fn node(id: &str, queues: &[&str]) -> Node {
        queues
            .iter()
            .fold(Node::new(id, "s"), |node, queue| node.subscription(Subscription::new("t", *queue)))
    }

    async fn register(registry: &Handle, node: &Node) {
        registry.register(node, &Register::default()).await.unwrap();
    }

    fn aims(audience: &Audience) -> Vec<Aim> {
        audience.plan().aims.iter().cloned().collect()
    }

    #[tokio::test]
    async fn whoever_is_registered_when_an_event_is_published_is_known() {
        let registry = Handle::from(Memory::new());
        register(&registry, &node("a", &["", "q"])).await;
        register(&registry, &Node::new("x", "s").subscription(Subscription::new("other", ""))).await;
        let audience = Audience::new("t", registry.clone());
        audience.ready().await.unwrap();
        let (a, q) = (Aim::Node("a".to_owned()), Aim::Queue("q".to_owned()));
        assert_eq!(aims(&audience), [a.clone(), q.clone()]);
        let plan = audience.plan();
        assert!(Arc::ptr_eq(&plan, &audience.plan()), "nothing has changed");
        register(&registry, &node("b", &["q"])).await;
        assert_eq!(audience.members("q").len(), 2);
        assert!(audience.node("a").is_some() && audience.node("b").is_none());
        register(&registry, &node("a", &["", "q"]).state(Phase::Draining)).await;
        assert_eq!(aims(&audience), [q]);
        registry.deregister("a").await.unwrap();
        registry.deregister("b").await.unwrap();
        assert!(aims(&audience).is_empty());
    }

    /// A registry that fails, loses its memory, or is well.
    #[derive(Clone)]
    struct Moody {
        good: Memory,
        mood: Arc<Mutex<&'static str>>,
    }

    impl Moody {
        fn memory(&self) -> Result<Memory> {
            match *self.mood.lock().unwrap() {
                "good" => Ok(self.good.clone()),
                "forgetful" => Ok(Memory::new()),
                _ => Err(Error::unavailable("in a bad mood")),
            }
        }
    }

    impl Registry for Moody {
        fn capability(&self) -> Capability {
            Capability::default()
        }

        async fn register(&self, node: &Node, options: &Register) -> Result<()> {
            self.memory()?.register(node, options).await
        }

        async fn deregister(&self, id: &str) -> Result<()> {
            self.memory()?.deregister(id).await
        }

        async fn lookup(&self, query: &Query) -> Result<Vec<Node>> {
            self.memory()?.lookup(query).await
        }

        async fn watch(&self, query: &Query) -> Result<Watch> {
            self.memory()?.watch(query).await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_registry_that_never_answered_is_an_error_until_it_answers() {
        let moody = Moody { good: Memory::new(), mood: Arc::new(Mutex::new("bad")) };
        let audience = Audience::new("t", moody.clone().into());
        let error = audience.ready().await.unwrap_err();
        assert!(
            error.message().contains("in a bad mood") && error.message().contains("subscribes to t"),
            "{error}"
        );
        *moody.mood.lock().unwrap() = "good";
        tokio::time::sleep(LONGEST_PAUSE).await;
        audience.ready().await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn subscribers_stay_in_use_while_the_registry_fails_or_forgets() {
        let moody = Moody { good: Memory::new(), mood: Arc::new(Mutex::new("good")) };
        register(&moody.clone().into(), &node("a", &[""])).await;
        let audience = Audience::new("t", moody.clone().into());
        audience.ready().await.unwrap();
        for mood in ["bad", "forgetful"] {
            *moody.mood.lock().unwrap() = mood;
            audience.lock().watch = None;
            audience.lock().again = Instant::now();
            assert_eq!(aims(&audience), [Aim::Node("a".to_owned())]);
            tokio::time::sleep(Duration::from_secs(5)).await;
            assert_eq!(aims(&audience), [Aim::Node("a".to_owned())], "{mood}");
        }
        tokio::time::sleep(HOLD).await;
        assert!(aims(&audience).is_empty(), "not for ever");
    }

    #[tokio::test]
    async fn names_that_cannot_be_queues_are_passed_over() {
        let audience = Audience::new("t", Memory::new().into());
        let node = node("a", &["a b", "good", "x\r\ny"]);
        assert_eq!(audience.queues(&node).collect::<Vec<_>>(), ["good"]);
    }
}
