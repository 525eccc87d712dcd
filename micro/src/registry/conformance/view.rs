//! What the cases wait with.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::registry::{Event, Handle, Node, Query, Watch};

/// How long to wait for what has to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Fails the case with a message unless the condition holds.
macro_rules! check {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::Error::internal(format!($($message)+)));
        }
    };
}
pub(super) use check;

/// A watch and what it has told so far.
pub(super) struct View {
    watch: Watch,
    nodes: BTreeMap<String, Arc<Node>>,
    /// How many events it took.
    pub(super) events: usize,
}

impl View {
    /// Begins a watch and reads its first event, which has to be everything.
    pub(super) async fn begin(registry: &Handle, query: Query) -> Result<View> {
        let watch = registry.watch(&query).await?;
        let mut view = View { watch, nodes: BTreeMap::new(), events: 0 };
        let first = view.next("the first event of a watch").await?;
        check!(
            matches!(first, Event::All(_)),
            "a watch has to begin with Event::All, this one began with {first:?}"
        );
        view.apply(first);
        Ok(view)
    }

    /// Begins a watch and returns it unread.
    pub(super) async fn unread(registry: &Handle, query: Query) -> Result<View> {
        Ok(View { watch: registry.watch(&query).await?, nodes: BTreeMap::new(), events: 0 })
    }

    async fn next(&mut self, what: &str) -> Result<Event> {
        match tokio::time::timeout(PATIENCE, self.watch.next()).await {
            Ok(event) => event,
            Err(_) => {
                Err(Error::deadline_exceeded(format!("waited in vain for {what}; known: {:?}", self.ids())))
            }
        }
    }

    fn apply(&mut self, event: Event) {
        self.events += 1;
        match event {
            Event::All(nodes) => self.nodes = nodes.into_iter().map(|node| (node.id.clone(), node)).collect(),
            Event::Put(node) => _ = self.nodes.insert(node.id.clone(), node),
            Event::Gone(id) => _ = self.nodes.remove(&id),
        }
    }

    /// Returns the ids of the nodes told so far.
    pub(super) fn ids(&self) -> Vec<&str> {
        self.nodes.keys().map(String::as_str).collect()
    }

    /// Returns a node told so far.
    pub(super) fn get(&self, id: &str) -> Option<&Node> {
        self.nodes.get(id).map(|node| &**node)
    }

    /// Reads on until the nodes told make `condition` true.
    pub(super) async fn until(&mut self, what: &str, condition: impl Fn(&View) -> bool) -> Result<()> {
        while !condition(self) {
            let event = self.next(what).await?;
            self.apply(event);
        }
        Ok(())
    }

    /// Reads on until exactly these ids are told.
    pub(super) async fn until_ids(&mut self, ids: &[&str]) -> Result<()> {
        self.until(&format!("exactly {ids:?}"), |view| view.ids() == ids).await
    }
}

/// Looks up again and again until the answer has exactly these ids.
pub(super) async fn found(registry: &Handle, query: &Query, ids: &[&str]) -> Result<Vec<Node>> {
    let begun = tokio::time::Instant::now();
    loop {
        let nodes = registry.lookup(query).await?;
        let seen: Vec<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
        if seen == ids {
            return Ok(nodes);
        }
        check!(begun.elapsed() < PATIENCE, "looked up {query}: expected {ids:?}, found {seen:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
