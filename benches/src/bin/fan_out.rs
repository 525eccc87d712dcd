//! Events through the broker `http`, to ten subscribers, one of them dead or not, in one run.
//!
//! `cargo run --release -p micro-bench --bin fan_out [EVENTS [REPETITIONS]]`
//!
//! Ten services, each with a port of its own, subscribe to one topic; the first nine are measured. The tenth is
//! alive, or refuses connections, or takes them and never says a word. `a second`: how many events the nine have
//! handled, all of them each, with at most 256 under way. `p99`: from publishing to the handler, at 100 events a
//! second.

use std::sync::Arc;
use std::time::{Duration, Instant};

use micro::broker::{Delivery, Handle, Http};
use micro::prelude::*;
use micro::registry::{self, Memory, Node, Register, Subscription};
use micro::{Client, Service};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{interval, timeout};

const TOPIC: &str = "bench.ticks";
const MEASURED: usize = 9;
const UNDER_WAY: usize = 256;
const RATE: Duration = Duration::from_millis(10);
const LIMIT: Duration = Duration::from_secs(60);

#[micro::message]
struct Tick {
    /// Microseconds since the program began.
    at: u64,
}

/// A subscriber that tells how long an event took to reach it.
struct Ear {
    began: Instant,
    heard: UnboundedSender<u64>,
}

#[micro::service]
impl Ear {
    #[micro::subscriber(topic = "bench.ticks", concurrency = 64)]
    async fn hear(&self, tick: Delivery<Tick>) -> Result<()> {
        let now = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        // Nobody listens between the rounds.
        let _ = self.heard.send(now.saturating_sub(tick.message().at));
        tick.ack().await
    }
}

#[derive(Clone, Copy)]
enum Tenth {
    Alive,
    Refusing,
    Silent,
}

const TENTHS: [(Tenth, &str); 3] =
    [(Tenth::Alive, "alive"), (Tenth::Refusing, "refusing"), (Tenth::Silent, "silent")];

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| arguments.next().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (events, repetitions): (usize, usize) = (number(5_000), number(5));
    println!("{} subscribers and a tenth, {events} events a repetition, everything in one process", MEASURED);
    println!("{:<10} {:<9} {:>9}  repetitions", "tenth", "", "median");
    let mut baseline = None;
    for (tenth, name) in TENTHS {
        let (mut rates, mut p99s) = (Vec::new(), Vec::new());
        for repetition in 0..=repetitions {
            let (rate, p99) = round(tenth, events).await?;
            // The first turn warms up.
            if repetition > 0 {
                rates.push(rate);
                p99s.push(p99);
            }
        }
        let rate = report(name, "a second", &rates, 0);
        let p99 = report(name, "p99 ms", &p99s, 2);
        match baseline {
            None => baseline = Some((rate, p99)),
            Some((alive, before)) => {
                println!("{:<10} of alive: a second {:.2}, p99 {:.2}", name, rate / alive, p99 / before);
            }
        }
    }
    Ok(())
}

/// Measures once, with services, publisher and registry of its own.
async fn round(tenth: Tenth, events: usize) -> Result<(f64, f64)> {
    let registry = registry::Handle::from(Memory::new());
    let began = Instant::now();
    let (heard, mut ears) = unbounded_channel();
    let mut services = Vec::new();
    let alive = if matches!(tenth, Tenth::Alive) { MEASURED + 1 } else { MEASURED };
    for index in 0..alive {
        // The tenth hears too, and is not measured.
        let heard = if index < MEASURED { heard.clone() } else { unbounded_channel().0 };
        let service = Service::new(format!("ear-{index}")).handle(Ear { began, heard });
        services.push(service.registry(registry.clone()).broker(Http::new(registry.clone())).start().await?);
    }
    // Kept open, and never accepted from; a port that was just closed refuses.
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let silent = Arc::new(listener);
    if let Tenth::Refusing | Tenth::Silent = tenth {
        let node = Node::new("dead", "ear").address(address.into()).wire("json");
        registry
            .register(&node.subscription(Subscription::new(TOPIC, "")), &Register::default().ttl(LIMIT * 60))
            .await?;
    }
    let _open = matches!(tenth, Tenth::Silent).then_some(silent);

    let broker = Handle::from(Http::new(registry.clone()));
    let client = Client::builder().registry(registry).broker(broker).open().await?;
    let publish = async || {
        let at = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        client.publish(TOPIC, &Tick { at }).await
    };
    // Connections are made and the dead one is found out before anything is measured.
    for _ in 0..50 {
        publish().await?;
        take(&mut ears, MEASURED).await?;
    }

    let start = Instant::now();
    let (mut published, mut handled) = (0, 0);
    while handled < events * MEASURED {
        while published < events && published * MEASURED < handled + UNDER_WAY * MEASURED {
            publish().await?;
            published += 1;
        }
        handled += take(&mut ears, 1).await?.len();
    }
    let rate = events as f64 / start.elapsed().as_secs_f64();

    let mut pace = interval(RATE);
    let mut latencies = Vec::new();
    for _ in 0..200 {
        pace.tick().await;
        publish().await?;
    }
    latencies.extend(take(&mut ears, 200 * MEASURED).await?);
    latencies.sort_unstable();
    let p99 = latencies[latencies.len() * 99 / 100] as f64 / 1000.0;
    for service in services {
        service.stop().await?;
    }
    Ok((rate, p99))
}

async fn take(ears: &mut UnboundedReceiver<u64>, count: usize) -> Result<Vec<u64>> {
    let mut heard = Vec::new();
    while heard.len() < count {
        match timeout(LIMIT, ears.recv()).await {
            Ok(Some(latency)) => heard.push(latency),
            _ => return Err(micro::Error::internal("an event did not arrive")),
        }
    }
    Ok(heard)
}

/// Prints one line and returns the median.
fn report(name: &str, what: &str, values: &[f64], digits: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
    let all: Vec<String> = values.iter().map(|value| format!("{value:.digits$}")).collect();
    println!("{name:<10} {what:<9} {median:>9.digits$}  {}", all.join(" "));
    median
}
