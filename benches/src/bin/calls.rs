//! Unary calls a second: `micro` beside bare tonic, in one process, one run, turn by turn.
//!
//! `cargo run --release -p micro-bench --bin calls [SECONDS [REPETITIONS]]`
//!
//! Every repetition is printed: at one call in flight the results have two modes, which a median hides.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use micro::registry::{Handle, Memory};
use micro_bench::proto::greeter::v1::HelloRequest;
use micro_bench::{ours, peer};
use tokio::task::JoinSet;

const IN_FLIGHT: [usize; 4] = [1, 16, 64, 256];

type AnyError = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), AnyError> {
    let mut arguments = std::env::args().skip(1);
    let seconds: f64 = arguments.next().map_or(Ok(2.0), |text| text.parse())?;
    let repetitions: usize = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let length = Duration::from_secs_f64(seconds);

    let registry = Handle::from(Memory::new());
    let service = ours::serve(&registry).await?;
    let ours = ours::client(&registry).await?;
    let (address, server) = peer::serve()?;
    let peer = peer::SayClient::connect(address).await?;

    let cores = std::thread::available_parallelism()?;
    println!(
        "unary calls a second, {cores} cores, client and server in one process, {seconds} s a repetition"
    );
    println!("{:>9}  {:<6} {:>9}  repetitions", "in flight", "stack", "median");
    for in_flight in IN_FLIGHT {
        let (mut micro, mut tonic) = (Vec::new(), Vec::new());
        for repetition in 0..=repetitions {
            let ours = ours.clone();
            let rate = measure(in_flight, length, move || {
                let call = ours.hello(request());
                async move { call.await.is_ok_and(|reply| reply.message == "Hello Ann") }
            });
            let ours_rate = rate.await?;
            let peer = peer.clone();
            let rate = measure(in_flight, length, move || {
                let mut peer = peer.clone();
                async move {
                    peer.hello(request()).await.is_ok_and(|reply| reply.get_ref().message == "Hello Ann")
                }
            });
            let peer_rate = rate.await?;
            // The first turn warms up.
            if repetition > 0 {
                micro.push(ours_rate);
                tonic.push(peer_rate);
            }
        }
        let (first, second) = (report(in_flight, "micro", &micro), report(in_flight, "tonic", &tonic));
        println!("{:>9}  ratio  {:>9.2}", "", first / second);
    }

    service.stop().await?;
    server.abort();
    Ok(())
}

fn request() -> HelloRequest {
    HelloRequest { name: "Ann".to_owned() }
}

/// Calls from `in_flight` tasks at once for `length`; returns calls a second. A failed call fails the run.
async fn measure<F>(
    in_flight: usize,
    length: Duration,
    call: impl Fn() -> F + Clone + Send + 'static,
) -> Result<f64, AnyError>
where
    F: Future<Output = bool> + Send + 'static,
{
    let stop = Arc::new(AtomicBool::new(false));
    let failed = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    let begin = Instant::now();
    for _ in 0..in_flight {
        let (stop, failed, call) = (stop.clone(), failed.clone(), call.clone());
        tasks.spawn(async move {
            let mut calls = 0u64;
            while !stop.load(Ordering::Relaxed) {
                let answer = call();
                match answer.await {
                    true => calls += 1,
                    false => _ = failed.fetch_add(1, Ordering::Relaxed),
                }
            }
            calls
        });
    }
    tokio::time::sleep(length).await;
    stop.store(true, Ordering::Relaxed);
    let mut calls = 0;
    while let Some(done) = tasks.join_next().await {
        calls += done?;
    }
    let took = begin.elapsed();
    match failed.load(Ordering::Relaxed) {
        0 => Ok(calls as f64 / took.as_secs_f64()),
        failed => Err(format!("{failed} calls failed").into()),
    }
}

/// Prints one line and returns the median.
fn report(in_flight: usize, stack: &str, rates: &[f64]) -> f64 {
    let mut sorted = rates.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
    let all: Vec<String> = rates.iter().map(|rate| format!("{rate:.0}")).collect();
    println!("{in_flight:>9}  {stack:<6} {median:>9.0}  {}", all.join(" "));
    median
}
