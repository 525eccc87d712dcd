//! The cache over a memory registry that can be made to fail.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;

use crate::registry::{Capability, Feed, Memory, Register, Registry};

/// A memory registry whose watches can be cut and whose answers can be withheld.
#[derive(Clone, Default)]
struct Moody {
    memory: Memory,
    down: Arc<AtomicBool>,
    stuck: Arc<AtomicBool>,
    watches: Arc<AtomicUsize>,
    cut: Arc<Mutex<Vec<tokio::sync::oneshot::Sender<()>>>>,
}

impl Moody {
    fn cut(&self) {
        self.cut.lock().unwrap().clear();
    }

    /// Loses its watches, and these nodes before it answers again.
    async fn forget(&self, ids: &[&str]) {
        self.down.store(true, Ordering::SeqCst);
        let before = self.watches.load(Ordering::SeqCst);
        self.cut();
        while self.watches.load(Ordering::SeqCst) == before {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for id in ids {
            self.deregister(id).await.unwrap();
        }
        self.down.store(false, Ordering::SeqCst);
    }

    async fn put(&self, id: &str, service: &str) {
        self.memory.register(&Node::new(id, service), &Register::default().ttl(Duration::MAX)).await.unwrap();
    }

    async fn answer(&self) -> Result<()> {
        if self.stuck.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        match self.down.load(Ordering::SeqCst) {
            true => Err(Error::unavailable("moody")),
            false => Ok(()),
        }
    }
}

impl Registry for Moody {
    fn capability(&self) -> Capability {
        self.memory.capability()
    }

    async fn register(&self, node: &Node, options: &Register) -> Result<()> {
        self.memory.register(node, options).await
    }

    async fn deregister(&self, id: &str) -> Result<()> {
        self.memory.deregister(id).await
    }

    async fn lookup(&self, query: &Query) -> Result<Vec<Node>> {
        self.answer().await?;
        self.memory.lookup(query).await
    }

    async fn watch(&self, query: &Query) -> Result<Watch> {
        self.watches.fetch_add(1, Ordering::SeqCst);
        self.answer().await?;
        let inner = self.memory.watch(query).await?;
        let (feed, watch) = Watch::channel(query.clone());
        let (cut, is_cut) = tokio::sync::oneshot::channel();
        self.cut.lock().unwrap().push(cut);
        tokio::spawn(pass_on(inner, feed, is_cut));
        Ok(watch)
    }
}

async fn pass_on(mut inner: Watch, feed: Feed, mut cut: tokio::sync::oneshot::Receiver<()>) {
    loop {
        tokio::select! {
            event = inner.next() => match event {
                Ok(Event::All(nodes)) => feed.sync(nodes),
                Ok(Event::Put(node)) => feed.put(node),
                Ok(Event::Gone(id)) => feed.gone(&id),
                Err(error) => return feed.fail(error),
            },
            _ = &mut cut => return,
            () = feed.closed() => return,
        }
    }
}

fn cache(moody: &Moody) -> Cache {
    Cache::new(moody.clone().into(), CacheOptions::default())
}

fn ids(nodes: &Nodes) -> Vec<&str> {
    nodes.iter().map(|node| node.id.as_str()).collect()
}

/// Waits until the cache shows exactly these ids.
async fn shows(cache: &Cache, query: &Query, expected: &[&str]) {
    let wait = async {
        loop {
            let nodes = cache.nodes(query).await.unwrap();
            if ids(&nodes) == expected {
                return;
            }
            cache.changed(query, &nodes).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("the cache never showed it");
}

#[tokio::test(start_paused = true)]
async fn follows_nodes_as_they_come_and_go() {
    let moody = Moody::default();
    moody.put("a", "s").await;
    let (cache, query) = (cache(&moody), Query::service("s"));
    assert_eq!(ids(&cache.nodes(&query).await.unwrap()), ["a"]);
    moody.put("b", "s").await;
    shows(&cache, &query, &["a", "b"]).await;
    moody.deregister("a").await.unwrap();
    shows(&cache, &query, &["b"]).await;
}

#[tokio::test(start_paused = true)]
async fn many_first_questions_are_one_watch() {
    let moody = Moody::default();
    let cache = cache(&moody);
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let cache = cache.clone();
            tokio::spawn(async move { cache.nodes(&Query::service("s")).await.unwrap().len() })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 0);
    }
    assert_eq!(moody.watches.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn goes_on_with_what_was_known_and_catches_up() {
    let moody = Moody::default();
    moody.put("a", "s").await;
    let (cache, query) = (cache(&moody), Query::service("s"));
    shows(&cache, &query, &["a"]).await;
    moody.down.store(true, Ordering::SeqCst);
    moody.cut();
    let before = moody.watches.load(Ordering::SeqCst);
    while moody.watches.load(Ordering::SeqCst) < before + 3 {
        assert_eq!(ids(&cache.nodes(&query).await.unwrap()), ["a"]);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    moody.put("b", "s").await;
    moody.deregister("a").await.unwrap();
    moody.down.store(false, Ordering::SeqCst);
    shows(&cache, &query, &["b"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_never_answered_is_an_error_until_it_does() {
    let moody = Moody::default();
    moody.put("a", "s").await;
    moody.down.store(true, Ordering::SeqCst);
    let (cache, query) = (cache(&moody), Query::service("s"));
    let error = cache.nodes(&query).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::Unavailable, "moody"));
    moody.down.store(false, Ordering::SeqCst);
    cache.changed(&query, &Nodes::from([])).await;
    shows(&cache, &query, &["a"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_hangs_is_bounded() {
    let moody = Moody::default();
    moody.stuck.store(true, Ordering::SeqCst);
    let cache = cache(&moody);
    let begun = Instant::now();
    assert!(cache.nodes(&Query::all()).await.unwrap_err().message().contains("too long"));
    assert!(cache.known().await.unwrap_err().message().contains("too long"));
    assert!(begun.elapsed() < Duration::from_secs(11));
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_while_the_registry_is_down() {
    let moody = Moody::default();
    moody.down.store(true, Ordering::SeqCst);
    let cache = cache(&moody);
    cache.nodes(&Query::all()).await.unwrap_err();
    tokio::time::sleep(Duration::from_secs(60)).await;
    // 100 ms growing by 1.6 to 2 s: about thirty-five attempts in a minute; without growth 600.
    let watches = moody.watches.load(Ordering::SeqCst);
    assert!((25..50).contains(&watches), "{watches}");
}

#[tokio::test(start_paused = true)]
async fn only_so_many_queries_are_followed() {
    let moody = Moody::default();
    let cache = Cache::new(moody.clone().into(), CacheOptions { queries: 3, ..CacheOptions::default() });
    for index in 0..10 {
        cache.nodes(&Query::service(index.to_string())).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        // Asked again and again, so never the least recently used.
        cache.nodes(&Query::service("0")).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(cache.inner.entries.load().len(), 3);
    assert_eq!(moody.watches.load(Ordering::SeqCst), 10);
    // The watches of those that went are over.
    while moody.cut.lock().unwrap().iter().filter(|cut| !cut.is_closed()).count() > 3 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn dropping_the_cache_ends_its_tasks() {
    let moody = Moody::default();
    let cache = cache(&moody);
    cache.nodes(&Query::all()).await.unwrap();
    let abort = cache.inner.entries.load().get(&Query::all()).unwrap().task.abort_handle();
    drop(cache);
    while !abort.is_finished() {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_view_survives_the_runtime_that_fed_it() {
    let moody = Moody::default();
    let cache = cache(&moody);
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime().block_on(async {
        moody.put("a", "s").await;
        shows(&cache, &Query::service("s"), &["a"]).await;
    });
    runtime().block_on(async {
        moody.put("b", "s").await;
        shows(&cache, &Query::service("s"), &["a", "b"]).await;
    });
}

#[tokio::test(start_paused = true)]
async fn a_sudden_empty_answer_is_believed_only_after_a_while() {
    let moody = Moody::default();
    moody.put("a", "s").await;
    moody.put("b", "s").await;
    let (cache, query) = (cache(&moody), Query::service("s"));
    shows(&cache, &query, &["a", "b"]).await;
    moody.forget(&["a", "b"]).await;
    let lost = Instant::now();
    while lost.elapsed() < Duration::from_secs(30) {
        assert_eq!(ids(&cache.nodes(&query).await.unwrap()), ["a", "b"], "after {:?}", lost.elapsed());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    // Who comes meanwhile is there.
    moody.put("c", "s").await;
    shows(&cache, &query, &["a", "b", "c"]).await;
    shows(&cache, &query, &["c"]).await;
    assert!(lost.elapsed() > Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_is_believed_although_watches_are_lost_again_and_again() {
    let moody = Moody::default();
    moody.put("a", "s").await;
    let (cache, query) = (cache(&moody), Query::service("s"));
    shows(&cache, &query, &["a"]).await;
    moody.forget(&["a"]).await;
    let lost = Instant::now();
    let cutting = tokio::spawn({
        let moody = moody.clone();
        async move {
            loop {
                tokio::time::sleep(Duration::from_secs(7)).await;
                moody.cut();
            }
        }
    });
    tokio::time::sleep(Duration::from_secs(50)).await;
    assert_eq!(ids(&cache.nodes(&query).await.unwrap()), ["a"]);
    shows(&cache, &query, &[]).await;
    assert!(lost.elapsed() < Duration::from_secs(90), "{:?}", lost.elapsed());
    cutting.abort();
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_forgets_a_second_time_gets_its_time_again() {
    let moody = Moody::default();
    moody.put("a", "s").await;
    let (cache, query) = (cache(&moody), Query::service("s"));
    shows(&cache, &query, &["a"]).await;
    moody.forget(&["a"]).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    moody.put("a", "s").await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    moody.forget(&["a"]).await;
    tokio::time::sleep(Duration::from_secs(50)).await;
    assert_eq!(ids(&cache.nodes(&query).await.unwrap()), ["a"]);
    shows(&cache, &query, &[]).await;
}

#[tokio::test]
async fn who_has_gone_is_not_held_whoever_is_told_of_first() {
    let node = |id: &str| Arc::new(Node::new(id, "s"));
    let mut told = Told::default();
    for id in ["a", "b"] {
        told.held.insert(id.to_owned(), node(id));
    }
    for event in [Event::Put(node("c")), Event::Put(node("a")), Event::Gone("a".to_owned())] {
        told.apply(event);
    }
    assert_eq!(ids(&told.all()), ["b", "c"]);
    // A burst that was too long to be told one by one.
    let moved = Node::new("b", "s").zone("north");
    told.apply(Event::All(vec![moved.into(), node("d")]));
    assert_eq!((ids(&told.all()), told.all()[0].zone.as_str()), (vec!["b", "d"], "north"));
    assert!(told.held.is_empty());
}
