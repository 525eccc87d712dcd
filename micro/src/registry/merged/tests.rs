//! What both together are, and what is left when one fails.

use std::sync::atomic::AtomicU32;

use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use super::*;

use crate::error::Code;
use crate::registry::conformance::{self, Fixture};
use crate::registry::{Cache, CacheOptions, Endpoint, Event, Feed, Local, Memory, State};

/// Another view of a registry in memory: slow, failing, or for other machines.
#[derive(Clone)]
struct Odd {
    memory: Memory,
    capability: Capability,
    delay: Duration,
    fails: Arc<AtomicBool>,
    registered: Arc<AtomicU32>,
}

impl Odd {
    fn new() -> Self {
        let capability = Memory::new().capability();
        let (fails, registered) = (Arc::default(), Arc::default());
        Odd { memory: Memory::new(), capability, delay: Duration::ZERO, fails, registered }
    }

    fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::Relaxed);
    }

    async fn act(&self) -> Result<()> {
        tokio::time::sleep(self.delay).await;
        match self.fails.load(Ordering::Relaxed) {
            true => Err(Error::unavailable("it is down")),
            false => Ok(()),
        }
    }
}

impl Registry for Odd {
    fn name(&self) -> String {
        "odd:one".to_owned()
    }

    fn capability(&self) -> Capability {
        self.capability
    }

    async fn register(&self, node: &Node, options: &Register) -> Result<()> {
        self.act().await?;
        self.registered.fetch_add(1, Ordering::Relaxed);
        self.memory.register(node, options).await
    }

    async fn deregister(&self, id: &str) -> Result<()> {
        self.act().await?;
        self.memory.deregister(id).await
    }

    async fn lookup(&self, query: &Query) -> Result<Vec<Node>> {
        self.act().await?;
        self.memory.lookup(query).await
    }

    async fn watch(&self, query: &Query) -> Result<Watch> {
        self.act().await?;
        self.memory.watch(query).await
    }
}

/// A registry whose watches the test fills.
struct Told(UnboundedSender<Feed>);

impl Told {
    fn new() -> (Self, UnboundedReceiver<Feed>) {
        let (feeds, begun) = unbounded_channel();
        (Told(feeds), begun)
    }
}

impl Registry for Told {
    fn name(&self) -> String {
        "told:".to_owned()
    }

    fn capability(&self) -> Capability {
        Memory::new().capability()
    }

    async fn register(&self, _: &Node, _: &Register) -> Result<()> {
        Ok(())
    }

    async fn deregister(&self, _: &str) -> Result<()> {
        Ok(())
    }

    async fn lookup(&self, _: &Query) -> Result<Vec<Node>> {
        Ok(Vec::new())
    }

    async fn watch(&self, query: &Query) -> Result<Watch> {
        let (feed, watch) = Watch::channel(query.clone());
        self.0.send(feed).map_err(|_| Error::unavailable("the test is over"))?;
        Ok(watch)
    }
}

/// Waits until a watch is begun and tells it all there is. It lasts as long as the feed is kept.
async fn tell(begun: &mut UnboundedReceiver<Feed>, nodes: &[Arc<Node>]) -> Feed {
    let feed = tokio::time::timeout(Duration::from_secs(60), begun.recv()).await;
    let feed = feed.expect("no watch was begun").unwrap();
    feed.sync(nodes.iter().cloned());
    feed
}

async fn put(registry: &impl Registry, node: &Node) {
    // Longer than any case takes, in the time the cases make pass.
    registry.register(node, &Register::default().ttl(Duration::from_secs(3_600))).await.unwrap();
}

async fn next(watch: &mut Watch) -> Event {
    tokio::time::timeout(Duration::from_secs(60), watch.next()).await.expect("nothing was told").unwrap()
}

async fn ids(merged: &Merged) -> Vec<String> {
    merged.lookup(&Query::all()).await.unwrap().into_iter().map(|node| node.id).collect()
}

#[tokio::test(start_paused = true)]
async fn two_in_memory_pass_the_suite() {
    let report =
        conformance::run(|| async { Ok(Handle::from(Merged::new(Memory::new(), Memory::new())).into()) })
            .await;
    report.check().unwrap();
    assert!(report.skipped().is_empty(), "{report}");
}

#[tokio::test]
async fn memory_and_a_directory_pass_the_suite() {
    let homes = Mutex::new(Vec::<TempDir>::new());
    let report = conformance::run(|| async {
        let home = tempfile::tempdir().unwrap();
        let (memory, path) = (Memory::new(), home.path().join("nodes"));
        let writer = Merged::new(Local::open(&path).await?, memory.clone());
        let reader = Merged::new(Local::open(&path).await?, memory);
        homes.lock().unwrap().push(home);
        Ok(Fixture::new(writer, reader))
    })
    .await;
    report.check().unwrap();
    assert_eq!(report.skipped().len(), 6, "{report}");
}

#[tokio::test(start_paused = true)]
async fn the_faster_one_that_knows_somebody_answers() {
    let (fast, mut slow) = (Memory::new(), Odd::new());
    slow.delay = Duration::from_secs(3);
    let merged = Merged::new(slow.clone(), fast.clone());
    put(&fast, &Node::new("a", "s")).await;
    put(&slow, &Node::new("b", "other")).await;
    let begun = Instant::now();
    assert_eq!(merged.lookup(&Query::service("s")).await.unwrap().len(), 1);
    assert!(begun.elapsed() <= GRACE + Duration::from_millis(2), "{:?}", begun.elapsed());
    // Nobody there is no answer before both have said so.
    assert_eq!(merged.lookup(&Query::service("other")).await.unwrap().len(), 1);
    assert!(merged.lookup(&Query::service("nobody")).await.unwrap().is_empty());
    // One that never answers holds nobody up for ever.
    slow.delay = Duration::from_secs(1_000_000);
    let merged = Merged::new(slow, fast);
    assert!(merged.lookup(&Query::service("nobody")).await.unwrap().is_empty());
    merged.register(&Node::new("c", "s"), &Register::default()).await.unwrap();
    merged.deregister("c").await.unwrap();
    let mut watch = merged.watch(&Query::service("s")).await.unwrap();
    assert!(matches!(next(&mut watch).await, Event::All(nodes) if nodes.len() == 1));
    let mut watch = merged.watch(&Query::service("nobody")).await.unwrap();
    assert_eq!(next(&mut watch).await, Event::All(vec![]));
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_leaves_the_other() {
    let (bad, good) = (Odd::new(), Memory::new());
    let merged = Merged::new(bad.clone(), good.clone());
    put(&merged, &Node::new("a", "s")).await;
    let mut watch = merged.watch(&Query::all()).await.unwrap();
    assert!(matches!(next(&mut watch).await, Event::All(nodes) if nodes.len() == 1));
    bad.fail(true);
    put(&merged, &Node::new("b", "s")).await;
    assert!(matches!(next(&mut watch).await, Event::Put(node) if node.id == "b"));
    assert_eq!(ids(&merged).await, ["a", "b"]);
    merged.deregister("b").await.unwrap();
    assert_eq!(next(&mut watch).await, Event::Gone("b".to_owned()));
    // A watch begun meanwhile catches up when the other one is back.
    let mut late = merged.watch(&Query::all()).await.unwrap();
    assert!(matches!(next(&mut late).await, Event::All(nodes) if nodes.len() == 1));
    put(&bad.memory, &Node::new("c", "s")).await;
    bad.fail(false);
    assert!(matches!(next(&mut late).await, Event::Put(node) if node.id == "c"));
}

#[tokio::test(start_paused = true)]
async fn both_failing_is_a_failure() {
    let (one, two) = (Odd::new(), Odd::new());
    let merged = Merged::new(one.clone(), two.clone());
    one.fail(true);
    two.fail(true);
    let failed = |error: Error| assert_eq!(error.code(), Code::Unavailable);
    failed(merged.lookup(&Query::all()).await.unwrap_err());
    failed(merged.register(&Node::new("a", "s"), &Register::default()).await.unwrap_err());
    failed(merged.deregister("a").await.unwrap_err());
    failed(merged.watch(&Query::all()).await.unwrap().next().await.unwrap_err());
}

#[tokio::test(start_paused = true)]
async fn a_node_is_gone_when_it_is_gone_from_both_and_is_what_tells_most() {
    let (one, two) = (Memory::new(), Memory::new());
    let merged = Merged::new(one.clone(), two.clone());
    let mut watch = merged.watch(&Query::all()).await.unwrap();
    assert_eq!(next(&mut watch).await, Event::All(vec![]));
    let short = Node::new("a", "s");
    let long = short.clone().endpoint(Endpoint::new("s.v1.S", "Do", "x", "y"));
    put(&one, &short).await;
    assert!(matches!(next(&mut watch).await, Event::Put(node) if *node == short));
    put(&two, &long).await;
    assert!(matches!(next(&mut watch).await, Event::Put(node) if *node == long));
    put(&one, &short.clone().state(State::Draining)).await;
    let draining = long.clone().state(State::Draining);
    assert!(matches!(next(&mut watch).await, Event::Put(node) if *node == draining));
    assert_eq!(merged.lookup(&Query::all()).await.unwrap(), [draining]);
    one.deregister("a").await.unwrap();
    assert!(matches!(next(&mut watch).await, Event::Put(node) if *node == long));
    two.deregister("a").await.unwrap();
    assert_eq!(next(&mut watch).await, Event::Gone("a".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_node_of_this_machine_only_is_kept_from_others() {
    let mut far = Odd::new();
    far.capability = Capability::default().expires().remote();
    let merged = Merged::new(far.clone(), Memory::new());
    assert!(merged.capability().loopback && merged.capability().remote && !merged.capability().any_writer);
    put(&merged, &Node::new("here", "s").address("127.0.0.1:1".parse().unwrap())).await;
    assert_eq!(far.registered.load(Ordering::Relaxed), 0);
    put(&merged, &Node::new("there", "s").address("10.0.0.1:1".parse().unwrap())).await;
    assert_eq!(far.registered.load(Ordering::Relaxed), 1);
    assert_eq!(ids(&merged).await, ["here", "there"]);

    let nowhere = Merged::new(far.clone(), far);
    assert!(!nowhere.capability().loopback);
    let here = Node::new("here", "s").address("[::1]:1".parse().unwrap());
    let refused = nowhere.register(&here, &Register::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn its_name_tells_both() {
    let merged = Merged::new(Odd::new(), Memory::new());
    assert_eq!(Registry::name(&merged), "odd+memory:one");
    assert_eq!(Registry::name(&Merged::new(merged, Odd::new())), "odd+memory+odd:one,one");
}

#[tokio::test(start_paused = true)]
async fn what_fills_a_watch_ends_with_the_watch_or_the_registry() {
    let merged = Merged::new(Memory::new(), Memory::new());
    let watch = merged.watch(&Query::all()).await.unwrap();
    drop(watch);
    let mut kept = merged.watch(&Query::all()).await.unwrap();
    assert_eq!(next(&mut kept).await, Event::All(vec![]));
    let left = merged.watch(&Query::all()).await.unwrap();
    assert_eq!(merged.inner.following.lock().unwrap().len(), 2);
    drop((merged, left));
    assert_eq!(kept.next().await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn one_that_lost_its_memory_is_believed_only_after_a_while() {
    let (told, mut begun) = Told::new();
    let cache = Cache::new(Merged::new(told, Memory::new()).into(), CacheOptions::default());
    let (query, node) = (Query::service("s"), Arc::new(Node::new("a", "s")));
    let all = [node.clone()];
    let (known, feed) = tokio::join!(cache.nodes(&query), tell(&mut begun, &all));
    let known = known.unwrap();
    assert_eq!(*known, all);
    let lost = Instant::now();
    feed.fail(Error::unavailable("it begins anew"));
    // It knows nobody when it is back, and says so again to who asks anew.
    let _back = tell(&mut begun, &[]).await;
    let _again = tell(&mut begun, &[]).await;
    cache.changed(&query, &known).await;
    let held = cache.nodes(&query).await.unwrap();
    assert_eq!(*held, all, "after {:?}", lost.elapsed());
    cache.changed(&query, &held).await;
    assert!(cache.nodes(&query).await.unwrap().is_empty());
    assert!(lost.elapsed() >= CacheOptions::default().hold);
}

#[tokio::test(start_paused = true)]
async fn one_that_lost_its_memory_changes_nothing_that_the_other_one_knows() {
    let ((one, mut one_begun), (two, mut two_begun)) = (Told::new(), Told::new());
    let merged = Merged::new(one, two);
    let mut watch = merged.watch(&Query::all()).await.unwrap();
    let (a, b) = (Arc::new(Node::new("a", "s")), Arc::new(Node::new("b", "s")));
    let feed = tell(&mut one_begun, &[a.clone(), b.clone()]).await;
    assert_eq!(next(&mut watch).await, Event::All(vec![a.clone(), b]));
    let _other = tell(&mut two_begun, &[a]).await;
    feed.fail(Error::unavailable("it begins anew"));
    let _back = tell(&mut one_begun, &[]).await;
    assert_eq!(next(&mut watch).await, Event::Gone("b".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_comes_is_told_at_once_however_slow_the_other_one_is() {
    let ((told, mut begun), (silent, _silent_begun)) = (Told::new(), Told::new());
    let merged = Merged::new(told, silent);
    let start = Instant::now();
    let mut watch = merged.watch(&Query::all()).await.unwrap();
    let feed = tell(&mut begun, &[]).await;
    // The time stands still until everybody waits: so what was told is read before more is told.
    tokio::time::sleep(Duration::from_millis(1)).await;
    let node = Arc::new(Node::new("a", "s"));
    feed.put(node.clone());
    assert_eq!(next(&mut watch).await, Event::All(vec![node]));
    assert!(start.elapsed() < Duration::from_millis(100), "{:?}", start.elapsed());
}
