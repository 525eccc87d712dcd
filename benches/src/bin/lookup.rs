//! Looking nodes up in the client's view of the registry: nanoseconds each, and how fast a change is seen.
//!
//! `cargo run --release -p micro-bench --bin lookup [REPETITIONS]`
//!
//! 500 services of ten nodes each. `read`: one lookup of a service that was asked for before. `hash map`: what reading
//! a `HashMap` behind a lock costs, for comparison. `change`: from registering a node until 50 views have it.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use micro::registry::{Cache, CacheOptions, Handle, Memory, Node, Query, Register};

const SERVICES: usize = 500;
const NODES: usize = 10;
const VIEWS: usize = 50;
const LOOKUPS: usize = 1_000_000;

#[tokio::main]
async fn main() -> micro::Result<()> {
    let repetitions: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(5);
    let registry = Handle::from(Memory::new());
    let hour = Register::default().ttl(Duration::from_secs(3600));
    for service in 0..SERVICES {
        for node in 0..NODES {
            let node = Node::new(format!("{service}-{node}"), format!("service-{service}"));
            registry.register(&node.address("127.0.0.1:4000".parse()?), &hour).await?;
        }
    }
    let cache = Cache::new(registry.clone(), CacheOptions::default());
    let queries: Vec<Query> = (0..100).map(|service| Query::service(format!("service-{service}"))).collect();
    for query in &queries {
        cache.nodes(query).await?;
    }
    let known: Arc<[Arc<Node>]> = cache.nodes(&queries[0]).await?;
    let map: RwLock<HashMap<Query, Arc<[Arc<Node>]>>> =
        RwLock::new(queries.iter().map(|query| (query.clone(), known.clone())).collect());

    println!("{SERVICES} services of {NODES} nodes, {LOOKUPS} lookups a repetition");
    let (mut reads, mut maps, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    for repetition in 0..=repetitions {
        let begin = Instant::now();
        for index in 0..LOOKUPS {
            black_box(cache.nodes(&queries[index % queries.len()]).await?.len());
        }
        let read = begin.elapsed().as_nanos() as f64 / LOOKUPS as f64;
        let begin = Instant::now();
        for index in 0..LOOKUPS {
            let map = map.read().map_err(|_| micro::Error::internal("poisoned"))?;
            black_box(map.get(&queries[index % queries.len()]).cloned().map(|nodes| nodes.len()));
        }
        let plain = begin.elapsed().as_nanos() as f64 / LOOKUPS as f64;
        let change = change(&registry, repetition).await?;
        // The first turn warms up.
        if repetition > 0 {
            reads.push(read);
            maps.push(plain);
            changes.push(change);
        }
    }
    report("read", "ns", &reads);
    report("hash map", "ns", &maps);
    report("change", "µs", &changes);
    Ok(())
}

/// Registers a node and waits until every view has it; returns microseconds.
async fn change(registry: &Handle, repetition: usize) -> micro::Result<f64> {
    let query = Query::service("service-0");
    let mut views = Vec::new();
    for _ in 0..VIEWS {
        let view = Cache::new(registry.clone(), CacheOptions::default());
        view.nodes(&query).await?;
        views.push(view);
    }
    let id = format!("new-{repetition}");
    let begin = Instant::now();
    registry.register(&Node::new(&id, "service-0"), &Register::default()).await?;
    for view in &views {
        while !view.nodes(&query).await?.iter().any(|node| node.id == id) {
            tokio::task::yield_now().await;
        }
    }
    Ok(begin.elapsed().as_nanos() as f64 / 1000.0)
}

fn report(what: &str, unit: &str, values: &[f64]) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
    let all: Vec<String> = values.iter().map(|value| format!("{value:.0}")).collect();
    println!("{what:<9} {median:>7.0} {unit}  {}", all.join(" "));
}
