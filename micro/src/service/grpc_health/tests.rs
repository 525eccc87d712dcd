//! Questions and watches, answered in memory: through the start, the drain and the end of a service.

use super::*;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

use http_body::Body as _;
use prost::Message as _;
use tokio::task::coop::consume_budget;
use tokio::time::timeout;

use crate::error::{Code, Error};
use crate::service::checks::Checks;

const SERVING: Result<i32, i32> = Ok(1);
const NOT_SERVING: Result<i32, i32> = Ok(2);
const UNKNOWN: Result<i32, i32> = Ok(3);
const LIMIT: Duration = Duration::from_secs(5);

/// How many steps a task may do in one turn, by tokio.
const TURN: usize = 128;

/// Calls a method about `name`.
async fn call(door: &HttpService, method: &str, name: &str) -> http::Response<HttpBody> {
    let message = HealthCheckRequest { service: name.to_owned() }.encode_to_vec();
    let mut framed = vec![0];
    framed.extend_from_slice(&(message.len() as u32).to_be_bytes());
    framed.extend_from_slice(&message);
    let request = http::Request::post(format!("{PATH}{method}")).header("content-type", "application/grpc");
    door.answer(request.body(HttpBody::full(framed)).unwrap()).await
}

/// Reads the next status, or the code that the answer ends with.
async fn next(body: &mut HttpBody) -> Result<i32, i32> {
    let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
    let frame = frame.expect("a body ends in trailers").unwrap();
    match frame.into_data() {
        Ok(data) => Ok(HealthCheckResponse::decode(&data[5..]).unwrap().status),
        Err(trailers) => {
            let trailers = trailers.into_trailers().unwrap();
            Err(trailers["grpc-status"].to_str().unwrap().parse().unwrap())
        }
    }
}

async fn check(door: &HttpService, name: &str) -> Result<i32, i32> {
    let response = call(door, "Check", name).await;
    match response.headers().get("grpc-status") {
        Some(status) => Err(status.to_str().unwrap().parse().unwrap()),
        None => next(&mut response.into_body()).await,
    }
}

fn start(checks: Checks, phase: Phase) -> (Health, HttpService, watch::Sender<Phase>) {
    let (sender, phase) = watch::channel(phase);
    let names = ["greeter.v1.Say".to_owned()];
    let (health, door) = Health::start(names, checks.open(LIMIT, phase), LIMIT);
    (health, door, sender)
}

/// A check that passes until it is told otherwise.
fn database() -> (Arc<AtomicBool>, Checks) {
    let healthy = Arc::new(AtomicBool::new(true));
    let mut checks = Checks::new();
    let asked = healthy.clone();
    let db = move || {
        let healthy = asked.load(Ordering::SeqCst);
        async move { if healthy { Ok(()) } else { Err(Error::unavailable("gone")) } }
    };
    checks.add("db", db).unwrap();
    (healthy, checks)
}

/// Polls a future once, when its task has spent so many steps of its turn: where those that are left do not suffice,
/// the future stops in the middle.
async fn begin<F: Future>(mut future: Pin<&mut F>, spent: usize) -> Poll<F::Output> {
    poll_fn(|context| {
        for _ in 0..spent {
            let _ = pin!(consume_budget()).poll(context);
        }
        Poll::Ready(future.as_mut().poll(context))
    })
    .await
}

#[tokio::test]
async fn every_name_says_whether_the_service_runs() {
    let (_health, door, phase) = start(Checks::new(), Phase::Starting);
    for (now, expected) in
        [(Phase::Starting, NOT_SERVING), (Phase::Running, SERVING), (Phase::Stopping, NOT_SERVING)]
    {
        phase.send_replace(now);
        for name in ["", "greeter.v1.Say"] {
            assert_eq!(check(&door, name).await, expected, "{name} while {now}");
        }
    }
    assert_eq!(check(&door, "nobody").await, Err(Code::NotFound.number()));
}

#[tokio::test(start_paused = true)]
async fn who_watches_is_told_of_checks_and_of_the_end() {
    let (healthy, checks) = database();
    let (health, door, phase) = start(checks, Phase::Running);
    let mut watch = call(&door, "Watch", "greeter.v1.Say").await.into_body();
    assert_eq!(next(&mut watch).await, SERVING);
    healthy.store(false, Ordering::SeqCst);
    assert_eq!(next(&mut watch).await, NOT_SERVING);
    healthy.store(true, Ordering::SeqCst);
    assert_eq!(next(&mut watch).await, SERVING);
    phase.send_replace(Phase::Stopping);
    assert_eq!(next(&mut watch).await, NOT_SERVING);
    health.end();
    assert_eq!(next(&mut watch).await, Err(Code::Unavailable.number()));
    assert!(watch.is_end_stream());
}

#[tokio::test(start_paused = true)]
async fn a_slow_check_does_not_hold_back_the_news_of_the_end() {
    let slow = Arc::new(AtomicBool::new(false));
    let mut checks = Checks::new();
    let asked = slow.clone();
    let db = move || {
        let slow = asked.load(Ordering::SeqCst);
        async move {
            if slow {
                std::future::pending::<()>().await;
            }
            Ok(())
        }
    };
    checks.add("db", db).unwrap();
    let (_health, door, phase) = start(checks, Phase::Running);
    let mut watch = call(&door, "Watch", "").await.into_body();
    assert_eq!(next(&mut watch).await, SERVING);
    slow.store(true, Ordering::SeqCst);
    // Into the middle of the next round, which would take as long as a check may.
    tokio::time::sleep(REFRESH + LIMIT / 2).await;
    let begin = tokio::time::Instant::now();
    phase.send_replace(Phase::Stopping);
    assert_eq!(next(&mut watch).await, NOT_SERVING);
    assert!(begin.elapsed() < LIMIT / 10);
}

#[tokio::test(start_paused = true)]
async fn a_watch_of_an_unknown_name_says_so_and_stays_until_the_service_is_over() {
    let (health, door, phase) = start(Checks::new(), Phase::Running);
    let response = call(&door, "Watch", "nobody").await;
    assert!(!response.headers().contains_key("grpc-status"), "{response:?}");
    let mut watch = response.into_body();
    assert_eq!(next(&mut watch).await, UNKNOWN);
    phase.send_replace(Phase::Stopping);
    assert!(timeout(REFRESH * 10, next(&mut watch)).await.is_err(), "nothing is known of it since");
    drop(health);
    assert_eq!(next(&mut watch).await, Err(Code::Unavailable.number()));
}

#[tokio::test]
async fn whoever_goes_away_in_the_middle_leaves_nothing_half_said() {
    let (_health, door, phase) = start(Checks::new(), Phase::Starting);
    for spent in 0..=TURN {
        // A new turn, in which nobody else is told that the service runs.
        tokio::task::yield_now().await;
        phase.send_replace(Phase::Running);
        {
            let mut asking = pin!(call(&door, "Check", ""));
            let _ = begin(asking.as_mut(), spent).await;
        }
        phase.send_replace(Phase::Stopping);
        for name in ["", "greeter.v1.Say"] {
            assert_eq!(check(&door, name).await, NOT_SERVING, "{name:?} after {spent} steps");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_found_first_is_not_said_last() {
    let (healthy, checks) = database();
    let (_health, door, _phase) = start(checks, Phase::Running);
    let mut watch = call(&door, "Watch", "").await.into_body();
    assert_eq!(next(&mut watch).await, SERVING);
    // Has found that all is well, and has had no time to say so.
    let mut early = pin!(call(&door, "Check", ""));
    let begun = begin(early.as_mut(), TURN).await;
    healthy.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(check(&door, "").await, NOT_SERVING);
    assert_eq!(next(&mut watch).await, NOT_SERVING);
    if begun.is_pending() {
        early.await;
    }
    assert!(timeout(Duration::from_millis(1), next(&mut watch)).await.is_err(), "nothing has changed since");
}
