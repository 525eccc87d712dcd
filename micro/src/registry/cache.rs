//! The client's view of the registry: one watch a query, and a snapshot that reading costs almost nothing.
//!
//! The registry is a hint. When it fails, the last good view stays in use; the failure is logged once and the
//! watch is begun anew with growing pauses until it holds.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::error::{Code, Error, Result};

use super::{Event, Handle, Node, Query, Summary, Watch};

/// Options of a [`Cache`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CacheOptions {
    /// How many queries are followed at once; beyond it the least recently used one goes. Default 1,024.
    pub queries: usize,
    /// How long the registry may take to answer before the attempt counts as failed. Default 5 s.
    pub timeout: Duration,
    /// The first pause after a failure. Each further one is 1.6 times as long, ±20 %. Default 100 ms.
    pub backoff: Duration,
    /// How long nodes stay in use that a new answer suddenly knows nothing of, none at all. Default 60 s.
    pub hold: Duration,
    /// The longest pause after a failure. Default 2 s.
    pub backoff_limit: Duration,
}

impl Default for CacheOptions {
    fn default() -> Self {
        CacheOptions {
            queries: 1_024,
            timeout: Duration::from_secs(5),
            backoff: Duration::from_millis(100),
            hold: Duration::from_secs(60),
            backoff_limit: Duration::from_secs(2),
        }
    }
}

/// The nodes of a query at one moment, sorted by id.
pub type Nodes = Arc<[Arc<Node>]>;

/// Answers queries from memory, kept current by watches. Cheap to clone; clones share the views.
#[derive(Clone)]
pub struct Cache {
    inner: Arc<Inner>,
}

struct Inner {
    registry: Handle,
    options: CacheOptions,
    begun: Instant,
    entries: ArcSwap<HashMap<Query, Arc<Entry>>>,
    /// Held to change `entries`; reading needs no lock.
    changing: Mutex<()>,
}

impl Cache {
    /// Lists the nodes of every query that is followed, each once, sorted by id.
    pub fn seen(&self) -> Vec<Arc<Node>> {
        let mut nodes = BTreeMap::new();
        for entry in self.inner.entries.load().values() {
            if let Some(view) = &*entry.shared.view.load() {
                nodes.extend(view.nodes.iter().map(|node| (node.id.clone(), node.clone())));
            }
        }
        nodes.into_values().collect()
    }

    /// Makes a cache over `registry` that follows nothing yet.
    pub fn new(registry: Handle, options: CacheOptions) -> Self {
        let entries = ArcSwap::from_pointee(HashMap::new());
        Cache {
            inner: Arc::new(Inner {
                registry,
                options,
                begun: Instant::now(),
                entries,
                changing: Mutex::new(()),
            }),
        }
    }

    /// Returns the registry behind the cache.
    pub fn registry(&self) -> &Handle {
        &self.inner.registry
    }

    /// Returns the nodes of `query`. The first time it asks the registry and begins to watch; later it reads the
    /// last good view, even while the registry is down.
    ///
    /// # Errors
    ///
    /// The registry's, while it never answered for this query.
    pub async fn nodes(&self, query: &Query) -> Result<Nodes> {
        let entry = self.entry(query);
        if let Some(view) = &*entry.shared.view.load() {
            return Ok(view.nodes.clone());
        }
        let mut status = entry.shared.status.subscribe();
        // Bounded: the task reports a failure when the registry takes longer than `timeout`.
        let seen = status.wait_for(|status| !matches!(status, Status::Waiting)).await;
        if let Some(view) = entry.shared.view.load_full() {
            return Ok(view.nodes.clone());
        }
        match seen.as_deref() {
            Ok(Status::Failed(code, message)) => Err(Error::new(*code, message.clone())),
            _ => Err(Error::unavailable("the registry is not watched any more")),
        }
    }

    /// Waits until the nodes of `query` are others than `known`, an earlier answer of [`nodes`](Cache::nodes).
    pub async fn changed(&self, query: &Query, known: &Nodes) {
        let entry = self.entry(query);
        let mut status = entry.shared.status.subscribe();
        loop {
            status.mark_unchanged();
            if entry.shared.view.load().as_ref().is_some_and(|view| !Arc::ptr_eq(&view.nodes, known)) {
                return;
            }
            // The sender lives as long as the entry, which is held here.
            if status.changed().await.is_err() {
                return;
            }
        }
    }

    /// Sums up what the registry knows, for the error that says a service was not found.
    ///
    /// # Errors
    ///
    /// The registry's, or `unavailable` when it takes longer than the cache's timeout.
    pub async fn known(&self) -> Result<Vec<Summary>> {
        let answer = tokio::time::timeout(self.inner.options.timeout, self.inner.registry.list()).await;
        answer.unwrap_or_else(|_| Err(slow()))
    }

    fn entry(&self, query: &Query) -> Arc<Entry> {
        let inner = &*self.inner;
        let now = inner.begun.elapsed().as_millis() as u64;
        let found = inner.entries.load().get(query).filter(|entry| entry.is_live()).cloned();
        let entry = found.unwrap_or_else(|| inner.begin(query));
        entry.used.store(now, Ordering::Relaxed);
        entry
    }
}

impl Inner {
    /// Adds the entry of `query` and begins its watch, unless somebody else just did.
    fn begin(&self, query: &Query) -> Arc<Entry> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.entries.load_full();
        let old = current.get(query);
        if let Some(entry) = old.filter(|entry| entry.is_live()) {
            return entry.clone();
        }
        let mut entries = HashMap::clone(&current);
        while entries.len() >= self.options.queries.max(1) && !entries.contains_key(query) {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.used.load(Ordering::Relaxed));
            let Some(oldest) = oldest.map(|(query, _)| query.clone()) else { break };
            entries.remove(&oldest);
        }
        // The runtime that fed an old entry may be gone; what it saw last is still the best there is.
        let view = ArcSwapOption::new(old.and_then(|entry| entry.shared.view.load_full()));
        let shared = Arc::new(Shared { view, status: watch::Sender::new(Status::Waiting) });
        let follow = follow(self.registry.clone(), self.options.clone(), query.clone(), shared.clone());
        let entry = Arc::new(Entry { shared, task: tokio::spawn(follow), used: AtomicU64::new(u64::MAX) });
        entries.insert(query.clone(), entry.clone());
        self.entries.store(Arc::new(entries));
        entry
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.inner.entries.load();
        f.debug_struct("Cache")
            .field("registry", &self.inner.registry)
            .field("queries", &entries.len())
            .finish()
    }
}

/// One query that is followed. Dropping the last reference ends its task.
struct Entry {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
    /// When it was asked last, in milliseconds since the cache was made.
    used: AtomicU64,
}

impl Entry {
    fn is_live(&self) -> bool {
        !self.task.is_finished()
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the task writes and callers read.
struct Shared {
    view: ArcSwapOption<View>,
    status: watch::Sender<Status>,
}

struct View {
    nodes: Nodes,
}

enum Status {
    /// The registry has not answered yet.
    Waiting,
    /// The view is being kept current.
    Following,
    /// The last attempt failed.
    Failed(Code, String),
}

impl Shared {
    fn publish(&self, nodes: Nodes) {
        self.view.store(Some(Arc::new(View { nodes })));
        self.status.send_replace(Status::Following);
    }
}

/// Keeps one view current until it is aborted.
async fn follow(registry: Handle, options: CacheOptions, query: Query, shared: Arc<Shared>) {
    let mut pause = options.backoff;
    let mut reported = false;
    let mut hold = None;
    loop {
        let begun = async {
            let mut watch = registry.watch(&query).await?;
            let first = watch.next().await?;
            Ok::<_, Error>((watch, first))
        };
        let begun = tokio::time::timeout(options.timeout, begun).await.unwrap_or_else(|_| Err(slow()));
        let lost = match begun {
            Ok((watch, first)) => {
                if reported {
                    tracing::info!(registry = %registry.name(), %query, "the registry answers again");
                }
                reported = false;
                pause = options.backoff;
                read(watch, first, &shared, &options, &mut hold).await
            }
            Err(error) => error,
        };
        if !reported {
            let registry = registry.name();
            tracing::warn!(%registry, %query, error = %lost, "the registry fails; going on with what was known");
            reported = true;
        }
        shared.status.send_replace(Status::Failed(lost.code(), lost.message().to_owned()));
        tokio::time::sleep(pause.mul_f64(0.8 + 0.4 * fastrand::f64())).await;
        pause = pause.mul_f64(1.6).min(options.backoff_limit);
    }
}

/// Publishes what a watch tells until it is lost.
///
/// A watch that begins with nothing, where there was something before, is more likely a registry that lost its
/// memory than a service of which every node went at once: what was known stays in use until `hold`, which is set
/// then and outlasts the watch.
async fn read(
    mut watch: Watch,
    first: Event,
    shared: &Shared,
    options: &CacheOptions,
    hold: &mut Option<Instant>,
) -> Error {
    let known = shared.view.load().as_ref().map(|view| view.nodes.clone()).unwrap_or_default();
    let mut told = Told::default();
    if matches!(&first, Event::All(all) if all.is_empty()) && !known.is_empty() {
        let nodes = known.len();
        tracing::warn!(nodes, hold = ?options.hold, "the registry suddenly knows no node; going on with those known");
        told.held = known.iter().map(|node| (node.id.clone(), node.clone())).collect();
        let now = Instant::now();
        *hold = hold.filter(|end| *end > now).or(Some(now + options.hold));
    } else {
        *hold = None;
    }
    let mut next = Ok(first);
    loop {
        match next {
            Ok(event) => told.apply(event),
            Err(error) => return error,
        }
        // A burst is one new view, not many.
        let lost = loop {
            match watch.try_next() {
                Ok(Some(event)) => told.apply(event),
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        if told.held.is_empty() {
            *hold = None;
        }
        shared.publish(told.all());
        if let Some(error) = lost {
            return error;
        }
        next = match *hold {
            None => watch.next().await,
            Some(end) => match tokio::time::timeout_at(end, watch.next()).await {
                Ok(next) => next,
                Err(_) => {
                    *hold = None;
                    told.held.clear();
                    shared.publish(told.all());
                    watch.next().await
                }
            },
        };
    }
}

/// What a watch has told so far.
#[derive(Default)]
struct Told {
    nodes: BTreeMap<String, Arc<Node>>,
    /// What was known before it, and has not been told of yet.
    held: BTreeMap<String, Arc<Node>>,
}

impl Told {
    fn apply(&mut self, event: Event) {
        match event {
            Event::All(all) => {
                self.nodes = all.into_iter().map(|node| (node.id.clone(), node)).collect();
                self.held.retain(|id, _| !self.nodes.contains_key(id));
            }
            Event::Put(node) => {
                self.held.remove(&node.id);
                self.nodes.insert(node.id.clone(), node);
            }
            Event::Gone(id) => {
                self.held.remove(&id);
                self.nodes.remove(&id);
            }
        }
    }

    fn all(&self) -> Nodes {
        let all: BTreeMap<_, _> = self.nodes.iter().chain(&self.held).collect();
        all.into_values().cloned().collect()
    }
}

fn slow() -> Error {
    Error::unavailable("the registry takes too long to answer")
}

#[cfg(test)]
mod tests;
