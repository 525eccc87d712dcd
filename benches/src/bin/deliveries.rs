//! Events delivered a second in one process: the broker `memory` beside tokio's broadcast channel and flume, one
//! channel a subscriber, in one run, turn by turn.
//!
//! `cargo run --release -p micro-bench --bin deliveries [EVENTS [REPETITIONS [STACK]]]`
//!
//! Every subscriber reads the payload of every event; a lost one fails the run. `auto` subscribes without verdicts,
//! as channels do, and looks at the events (`read`); `owned` takes them (`next`); `manual` subscribes with verdicts and
//! says of each delivery that it was handled.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use micro::broker::{Ack, Envelope, Handle, Memory, Subscribe};
use tokio::task::JoinSet;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

const SUBSCRIBERS: [usize; 3] = [1, 10, 100];
const PAYLOAD: usize = 64;

#[derive(Clone, Copy)]
enum Stack {
    Auto,
    Owned,
    Manual,
    Broadcast,
    Flume,
}

const STACKS: [(Stack, &str); 5] = [
    (Stack::Auto, "micro auto"),
    (Stack::Owned, "micro owned"),
    (Stack::Manual, "micro manual"),
    (Stack::Broadcast, "broadcast"),
    (Stack::Flume, "flume"),
];

#[tokio::main]
async fn main() -> Result<(), AnyError> {
    let mut arguments = std::env::args().skip(1);
    let events: usize = arguments.next().map_or(Ok(20_000), |text| text.parse())?;
    let repetitions: usize = arguments.next().map_or(Ok(5), |text| text.parse())?;
    // One stack alone, for a profiler.
    let only = arguments.next();
    let cores = std::thread::available_parallelism()?;
    println!(
        "deliveries a second, {cores} cores, {events} events of {PAYLOAD} bytes, each read by every subscriber"
    );
    println!("{:>11}  {:<12} {:>12}  repetitions", "subscribers", "stack", "median");
    for subscribers in SUBSCRIBERS {
        let mut rates = STACKS.map(|_| Vec::new());
        for repetition in 0..=repetitions {
            for ((stack, name), rates) in STACKS.iter().zip(&mut rates) {
                if only.as_ref().is_some_and(|only| !name.contains(only)) {
                    continue;
                }
                let rate = measure(*stack, subscribers, events).await?;
                // The first turn warms up.
                if repetition > 0 {
                    rates.push(rate);
                }
            }
        }
        let mut medians = Vec::new();
        for ((_, name), rates) in STACKS.iter().zip(&rates) {
            medians.push(report(subscribers, name, rates));
        }
        if let [auto, _, _, broadcast, flume] = medians[..] {
            println!("{:>11}  auto to broadcast {:.2}, to flume {:.2}", "", auto / broadcast, auto / flume);
        }
    }
    Ok(())
}

/// Publishes from one task to `subscribers` tasks; returns deliveries a second.
async fn measure(stack: Stack, subscribers: usize, events: usize) -> Result<f64, AnyError> {
    let mut tasks: JoinSet<Result<u64, AnyError>> = JoinSet::new();
    let payload = Bytes::from(1u64.to_le_bytes().repeat(PAYLOAD / 8));
    let begin;
    match stack {
        Stack::Auto | Stack::Owned | Stack::Manual => {
            let ack = if matches!(stack, Stack::Manual) { Ack::Manual } else { Ack::Auto };
            let broker = Handle::from(Memory::new());
            for _ in 0..subscribers {
                let mut subscription =
                    broker.subscribe(&Subscribe::new("bench").capacity(events).ack(ack)).await?;
                tasks.spawn(async move {
                    let mut read = 0;
                    for _ in 0..events {
                        if matches!(stack, Stack::Auto) {
                            read += sum(&subscription.read().await?.data);
                        } else {
                            let delivery = subscription.next().await?;
                            read += sum(delivery.data());
                            if ack == Ack::Manual {
                                delivery.ack().await?;
                            }
                        }
                    }
                    Ok(read)
                });
            }
            // Made before, as the payload of the channels is: what is measured is the way to the subscribers.
            let envelopes: Vec<_> =
                (0..events).map(|_| Arc::new(Envelope::new("bench", payload.clone()))).collect();
            begin = Instant::now();
            for envelope in envelopes {
                broker.publish(envelope).await?;
            }
        }
        Stack::Broadcast => {
            let sender = tokio::sync::broadcast::Sender::new(events);
            for _ in 0..subscribers {
                let mut receiver = sender.subscribe();
                tasks.spawn(async move {
                    let mut read = 0;
                    for _ in 0..events {
                        let payload: Bytes = receiver.recv().await?;
                        read += sum(&payload);
                    }
                    Ok(read)
                });
            }
            begin = Instant::now();
            for _ in 0..events {
                sender.send(payload.clone())?;
            }
        }
        Stack::Flume => {
            let mut senders = Vec::new();
            for _ in 0..subscribers {
                let (sender, receiver) = flume::bounded(events);
                senders.push(sender);
                tasks.spawn(async move {
                    let mut read = 0;
                    for _ in 0..events {
                        let payload: Bytes = receiver.recv_async().await?;
                        read += sum(&payload);
                    }
                    Ok(read)
                });
            }
            begin = Instant::now();
            for _ in 0..events {
                for sender in &senders {
                    sender.send_async(payload.clone()).await?;
                }
            }
        }
    }
    let mut read = 0;
    while let Some(task) = tasks.join_next().await {
        read += task??;
    }
    let took = begin.elapsed();
    let deliveries = subscribers * events;
    match read == (deliveries * PAYLOAD / 8) as u64 {
        true => Ok(deliveries as f64 / took.as_secs_f64()),
        false => Err(format!("{read} numbers were read of {deliveries} deliveries").into()),
    }
}

/// Reads the payload as eight numbers, which is what a subscriber with a decoder does at least.
fn sum(payload: &[u8]) -> u64 {
    let numbers = payload.chunks_exact(8).map(|bytes| bytes.try_into().map_or(0, u64::from_le_bytes));
    numbers.fold(0, u64::wrapping_add)
}

/// Prints one line and returns the median.
fn report(subscribers: usize, stack: &str, rates: &[f64]) -> f64 {
    let mut sorted = rates.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
    let all: Vec<String> = rates.iter().map(|rate| format!("{:.2}M", rate / 1e6)).collect();
    println!("{subscribers:>11}  {stack:<12} {:>11.2}M  {}", median / 1e6, all.join(" "));
    median
}
