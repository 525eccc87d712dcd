//! Checks that pass, fail, hang and panic, and floods of questions about them.

use super::*;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::task::JoinSet;

use crate::error::Code;

const LIMIT: Duration = Duration::from_secs(5);

fn open(checks: Checks) -> (Readiness, watch::Sender<Phase>) {
    let (sender, phase) = watch::channel(Phase::Running);
    (checks.open(LIMIT, phase), sender)
}

/// A check that counts how often it is run and takes `took`.
fn counting(runs: &Arc<AtomicUsize>, took: Duration) -> Checks {
    let runs = runs.clone();
    let mut checks = Checks::new();
    let check = move || {
        runs.fetch_add(1, Ordering::SeqCst);
        async move {
            tokio::time::sleep(took).await;
            Ok(())
        }
    };
    checks.add("counting", check).unwrap();
    checks
}

async fn panics() -> Result<()> {
    panic!("on purpose")
}

#[tokio::test]
async fn names_are_plain_and_taken_once() {
    let mut checks = Checks::new();
    let pass = || async { Ok(()) };
    checks.add("db", pass).unwrap();
    assert_eq!(checks.add("db", pass).unwrap_err().code(), Code::AlreadyExists);
    for bad in ["", "a b", "a\"b", "ä", "micro.broker", &"x".repeat(65)] {
        assert_eq!(checks.add(bad, pass).unwrap_err().code(), Code::InvalidArgument, "{bad}");
    }
    checks.add_internal("micro.broker", pass).unwrap();
    let names: Vec<_> = open(checks).0.report().await.checks.into_iter().map(|check| check.name).collect();
    assert_eq!(names.iter().map(|name| &**name).collect::<Vec<_>>(), ["db", "micro.broker"]);
}

#[tokio::test]
async fn without_checks_a_service_is_ready_while_it_runs() {
    let (readiness, phase) = open(Checks::new());
    for (now, ready, draining) in [
        (Phase::Starting, false, false),
        (Phase::Running, true, false),
        (Phase::Stopping, false, true),
        (Phase::Stopped, false, true),
    ] {
        phase.send_replace(now);
        let report = readiness.report().await;
        assert_eq!((report.ready, report.draining), (ready, draining), "{now}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_questions_is_one_run_a_second() {
    let runs = Arc::new(AtomicUsize::new(0));
    let (readiness, _phase) = open(counting(&runs, Duration::from_millis(100)));
    let mut asking = JoinSet::new();
    for _ in 0..100 {
        let readiness = readiness.clone();
        asking.spawn(async move { readiness.report().await.ready });
    }
    assert!(asking.join_all().await.into_iter().all(|ready| ready));
    assert!(readiness.report().await.ready);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    tokio::time::sleep(FRESH).await;
    assert!(readiness.report().await.ready);
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_waiting_does_not_end_the_run() {
    let runs = Arc::new(AtomicUsize::new(0));
    let (readiness, _phase) = open(counting(&runs, Duration::from_secs(3)));
    for _ in 0..2 {
        assert!(timeout(Duration::from_secs(1), readiness.report()).await.is_err());
    }
    assert!(readiness.report().await.ready);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn checks_that_hang_panic_or_fail_are_told_apart_from_those_that_pass() {
    let mut checks = Checks::new();
    checks.add("passes", || async { Ok(()) }).unwrap();
    checks.add("hangs", std::future::pending::<Result<()>>).unwrap();
    checks.add("panics", panics).unwrap();
    checks.add("fails", || async { Err(Error::unavailable("no connection").with_source("secret")) }).unwrap();
    let (readiness, _phase) = open(checks);
    let begin = Instant::now();
    let report = readiness.report().await;
    assert!(begin.elapsed() >= LIMIT && begin.elapsed() < LIMIT + GRACE);
    assert!(!report.ready && !report.draining);
    let ok: Vec<_> = report.checks.iter().map(|check| (&*check.name, check.ok)).collect();
    assert_eq!(ok, [("passes", true), ("hangs", false), ("panics", false), ("fails", false)]);
    let messages: Vec<_> = report.checks.iter().map(|check| check.message.as_str()).collect();
    assert_eq!((messages[0], messages[3]), ("", "no connection"));
    assert!(messages[1].contains("5s") && messages[1].contains("`check_timeout`"), "{}", messages[1]);
    assert!(messages[2].contains("panicked"), "{}", messages[2]);
    assert!(report.checks[0].took < LIMIT && report.checks[1].took == LIMIT);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_recovers_makes_the_service_ready_again() {
    let healthy = Arc::new(AtomicBool::new(false));
    let mut checks = Checks::new();
    let asked = healthy.clone();
    let check = move || {
        let healthy = asked.load(Ordering::SeqCst);
        async move { if healthy { Ok(()) } else { Err(Error::unavailable("not yet")) } }
    };
    checks.add("db", check).unwrap();
    let (readiness, phase) = open(checks);
    assert!(!readiness.report().await.ready);
    healthy.store(true, Ordering::SeqCst);
    assert!(!readiness.report().await.ready, "the answer is good for a second");
    tokio::time::sleep(FRESH).await;
    assert!(readiness.report().await.ready);
    // The end of the service is nothing that a check has a say in.
    phase.send_replace(Phase::Stopping);
    let report = readiness.report().await;
    assert!(!report.ready && report.draining && report.checks[0].ok);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_is_late_again_and_again_is_started_ever_more_rarely() {
    let (starts, slow) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(true)));
    let mut checks = Checks::new();
    let (counted, asked) = (starts.clone(), slow.clone());
    let check = move || {
        counted.fetch_add(1, Ordering::SeqCst);
        let slow = asked.load(Ordering::SeqCst);
        async move {
            if slow {
                std::future::pending::<()>().await;
            }
            Ok(())
        }
    };
    checks.add("slow", check).unwrap();
    let (readiness, _phase) = open(checks);
    let begin = Instant::now();
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    while begin.elapsed() < minutes(10) {
        let report = readiness.report().await;
        assert!(!report.ready && report.checks[0].message.contains("`check_timeout`"), "{report:?}");
        tokio::time::sleep(FRESH).await;
    }
    // Six while the rests double, then one a rest of a minute and a run of five seconds.
    let late = starts.load(Ordering::SeqCst);
    assert!((10..=16).contains(&late), "{late}");

    slow.store(false, Ordering::SeqCst);
    let begin = Instant::now();
    while !readiness.report().await.ready {
        assert!(begin.elapsed() < minutes(2), "it does not rest for ever");
        tokio::time::sleep(FRESH).await;
    }
    // It was in time, so that it rests shortly when it is late the next time.
    slow.store(true, Ordering::SeqCst);
    let begin = Instant::now();
    while starts.load(Ordering::SeqCst) < late + 3 {
        tokio::time::sleep(FRESH).await;
        readiness.report().await;
    }
    assert!(begin.elapsed() < minutes(1), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn nothing_is_checked_before_the_service_runs() {
    let runs = Arc::new(AtomicUsize::new(0));
    let (readiness, phase) = open(counting(&runs, Duration::ZERO));
    phase.send_replace(Phase::Starting);
    assert!(!readiness.report().await.ready);
    assert_eq!(runs.load(Ordering::SeqCst), 0);
}
