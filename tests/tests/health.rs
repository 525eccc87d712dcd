//! Probes and checks on a real port: what orchestrators, load balancers and gRPC's own health clients are told.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use micro::{Error, Result, Service, Streaming};
use micro_tests::http::{Answer, exchange};
use micro_tests::kinds::{Kinds, KindsClient, start, text};
use micro_tests::{Process, address, isolated, python, workspace};
use serde_json::json;

/// How long any condition may take.
const LIMIT: Duration = Duration::from_secs(60);

fn service() -> Service {
    Service::new("kinds").handle(Kinds)
}

fn port(service: &Service) -> SocketAddr {
    service.local_addr().expect("a service that runs has a port")
}

async fn get(at: SocketAddr, path: &str) -> Answer {
    exchange(at, "GET", path, &[], b"").await
}

/// Asks until the answer is as it should be.
async fn until(at: SocketAddr, path: &str, what: &str, is: impl Fn(&Answer) -> bool) -> Answer {
    let asking = async {
        loop {
            let answer = get(at, path).await;
            if is(&answer) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(LIMIT, asking).await.unwrap_or_else(|_| panic!("{path} never became {what}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_is_ready_when_its_checks_pass_and_alive_whatever_they_say() -> Result<()> {
    let healthy = Arc::new(AtomicBool::new(false));
    let asked = healthy.clone();
    let db = move || {
        let healthy = asked.load(Ordering::SeqCst);
        async move { if healthy { Ok(()) } else { Err(Error::unavailable("no route to db-7.internal")) } }
    };
    let (service, _client) = start(service().check("db", db)).await?;
    let at = port(&service);

    let answer = get(at, "/readyz").await;
    assert_eq!((answer.status, &answer.json()["status"]), (503, &json!("not ready")), "{answer:?}");
    assert_eq!(answer.json()["checks"][0], json!({ "name": "db", "status": "failing" }), "{answer:?}");
    assert!(answer.head.contains("cache-control: no-store"), "{answer:?}");
    assert!(!answer.body.contains("db-7"), "the reason is for the logs: {answer:?}");
    let answer = get(at, "/livez").await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "status": "live" })), "{answer:?}");

    healthy.store(true, Ordering::SeqCst);
    let answer = until(at, "/readyz", "ready", |answer| answer.status == 200).await;
    assert_eq!(answer.json()["status"], "ready", "{answer:?}");
    assert_eq!(answer.json()["checks"][0], json!({ "name": "db", "status": "ok" }), "{answer:?}");

    healthy.store(false, Ordering::SeqCst);
    until(at, "/readyz", "unready", |answer| answer.status == 503).await;
    service.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_hangs_fails_within_its_timeout() -> Result<()> {
    let service = service().check("db", std::future::pending::<Result<()>>).setting("check_timeout", "200ms");
    let (service, _client) = start(service).await?;
    let answer = get(port(&service), "/readyz").await;
    assert_eq!(
        (answer.status, &answer.json()["checks"][0]["status"]),
        (503, &json!("failing")),
        "{answer:?}"
    );
    service.stop().await
}

#[tokio::test]
async fn two_checks_of_one_name_are_a_mistake_of_the_start() {
    let pass = || async { Ok(()) };
    let error = service().check("db", pass).check("db", pass).start().await.unwrap_err();
    assert!(error.message().contains("\"db\""), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_answer_while_the_service_drains() -> Result<()> {
    let (service, client) = start(service()).await?;
    let at = port(&service);
    let (sender, requests) = Streaming::channel(1);
    sender.send(text("a")).await?;
    let mut replies = KindsClient::new(&client).echo(requests).await?;
    assert_eq!(replies.next().await.expect("the call has begun")?.text, "a");
    assert_eq!(get(at, "/readyz").await.status, 200);

    let stopping = tokio::spawn({
        let service = service.clone();
        async move { service.stop().await }
    });
    let answer = until(at, "/readyz", "draining", |answer| answer.status == 503).await;
    assert_eq!(answer.json()["status"], "draining", "{answer:?}");
    assert_eq!(get(at, "/livez").await.status, 200);
    assert!(!stopping.is_finished(), "the call still runs");

    drop(sender);
    assert!(replies.next().await.is_none());
    stopping.await.expect("stopping does not panic")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_is_a_get_or_a_head() -> Result<()> {
    let (service, _client) = start(service()).await?;
    let at = port(&service);
    for path in ["/livez", "/readyz"] {
        let whole = get(at, path).await;
        let head = exchange(at, "HEAD", path, &[], b"").await;
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{head:?}");
        let length = format!("content-length: {}", whole.body.len());
        assert!(head.head.contains(&length) && whole.head.contains(&length), "{head:?} {whole:?}");
        for method in ["POST", "DELETE"] {
            let refused = exchange(at, method, path, &[], b"{}").await;
            assert_eq!(refused.status, 405, "{refused:?}");
            assert!(refused.head.contains("allow: get, head"), "{refused:?}");
        }
    }
    assert_eq!(get(at, "/readyz/").await.status, 404, "nothing is below a probe");
    service.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setting_switches_probes_off() -> Result<()> {
    let (service, _client) = start(service().setting("probes", false)).await?;
    let at = port(&service);
    for path in ["/livez", "/readyz"] {
        assert_eq!(get(at, path).await.status, 404);
    }
    let grpc = ["content-type: application/grpc"];
    let answer = exchange(at, "POST", "/grpc.health.v1.Health/Check", &grpc, &[0; 5]).await;
    assert!(answer.head.contains("grpc-status: 12"), "{answer:?}");
    service.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_probes_at_once_are_one_check() -> Result<()> {
    let runs = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = runs.clone();
    let slow = move || {
        counted.fetch_add(1, Ordering::SeqCst);
        async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            Ok(())
        }
    };
    let (service, _client) = start(service().check("db", slow)).await?;
    let at = port(&service);
    let begun = Instant::now();
    // One has begun when the others come.
    let first = tokio::spawn(async move { get(at, "/readyz").await.status });
    while runs.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut probes = tokio::task::JoinSet::new();
    for _ in 0..50 {
        probes.spawn(async move { get(at, "/readyz").await.status });
    }
    assert!(probes.join_all().await.into_iter().all(|status| status == 200));
    assert_eq!(first.await.expect("a probe does not panic"), 200);
    // The run they waited for, one more for those that came late, and on a busy machine one whenever a run of half a
    // second and the second for which it counts are over.
    let most = 2 + begun.elapsed().as_millis() / 1_500;
    assert!(runs.load(Ordering::SeqCst) as u128 <= most, "{runs:?} of {most}");
    service.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_that_does_not_arrive_is_answered_when_its_time_is_up() -> Result<()> {
    let (service, _client) = start(service().setting("body_timeout", "200ms")).await?;
    let at = port(&service);
    let promised = ["content-type: application/grpc", "content-length: 9"];
    for path in [
        "/grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health/Watch",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ] {
        for said in [&b""[..], b"\0\0\0"] {
            let answer = exchange(at, "POST", path, &promised, said).await;
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
            assert!(answer.head.contains("grpc-status: 4"), "{path}: {answer:?}");
        }
    }
    // Who asks in time is answered as ever.
    let grpc = ["content-type: application/grpc"];
    let answer = exchange(at, "POST", "/grpc.health.v1.Health/Check", &grpc, &[0; 5]).await;
    assert!(answer.body.contains("\0\0\0\0\x02\x08\x01"), "{answer:?}");
    service.stop().await
}

#[test]
fn a_foreign_health_client_is_told_of_the_end_before_it_comes() {
    let Some(python) = python("Python's health client against a service that is terminated") else { return };
    let registry = tempfile::tempdir().unwrap();
    let mut server = Process::spawn(&mut isolated(env!("CARGO_BIN_EXE_service_child"), registry.path()));
    let at = server.wait_for("the address", |line| line.contains("serving").then(|| address(line)).flatten());
    let mut command = Command::new(python);
    command.arg(workspace().join("tests/interop/health.py")).args([&at, "micro-tests", "tests.Kinds"]);
    let mut client = Process::spawn(&mut command);
    client.wait_for_line("health: watching");
    server.terminate();
    client.wait_for_line("health: told");
    let output = client.success();
    assert!(output.contains("health: everything was said"), "{output}");
    server.success();
}
