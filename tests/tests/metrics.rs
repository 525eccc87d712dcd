//! `/metrics` of a real process, read by Prometheus' own parser: what micro counts and what the program counts.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use micro::metrics::Prometheus;
use micro::{Result, Service};
use micro_tests::http::{Answer, exchange};
use micro_tests::kinds::{Kinds, start};
use micro_tests::{Process, address, isolated, not_run, python, workspace};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(60);

/// Starts a shop that `configure` has changed.
fn shop(directory: &Path, configure: impl FnOnce(&mut Command)) -> (Process, SocketAddr) {
    let mut command = isolated(env!("CARGO_BIN_EXE_telemetry_child"), directory);
    command.args(["--name", "shop"]);
    configure(&mut command);
    let mut process = Process::spawn(&mut command);
    let at =
        process.wait_for("the address", |line| line.contains("serving").then(|| address(line)).flatten());
    (process, at.parse().expect("an address"))
}

async fn buy(at: SocketAddr, order: &Value) -> Answer {
    let headers = ["content-type: application/json"];
    exchange(at, "POST", "/tests.Shop/Buy", &headers, order.to_string().as_bytes()).await
}

async fn scrape(at: SocketAddr) -> String {
    let answer = exchange(at, "GET", "/metrics", &[], b"").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{answer:?}");
    answer.body
}

/// Reads until `line` is there.
async fn until(at: SocketAddr, line: &str) -> String {
    let mut text = String::new();
    let reading = async {
        while !text.lines().any(|known| known == line) {
            tokio::time::sleep(Duration::from_millis(50)).await;
            text = scrape(at).await;
        }
    };
    let found = tokio::time::timeout(LIMIT, reading).await.is_ok();
    assert!(found, "{line}\nis not in\n{text}");
    text
}

/// Finds a Python that has Prometheus' parser.
fn parser() -> Option<PathBuf> {
    let why = "the format of /metrics by prometheus_client";
    let python = python(why)?;
    let mut import = Command::new(&python);
    import.args(["-c", "import prometheus_client.parser"]).stderr(Stdio::null());
    if import.status().is_ok_and(|status| status.success()) {
        return Some(python);
    }
    not_run(why, "prometheus_client");
    None
}

fn parse(python: &Path, text: &str) -> Value {
    let mut child = Command::new(python)
        .arg(workspace().join("tests/interop/metrics.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("Python reads");
    let output = child.wait_with_output().expect("Python ends");
    assert!(output.status.success(), "the parser refuses\n{text}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Returns the values of the samples with this name and these labels among others.
fn samples(families: &Value, family: &str, name: &str, labels: &Value) -> Vec<f64> {
    let samples =
        families[family]["samples"].as_array().unwrap_or_else(|| panic!("no {family}: {families:#}"));
    let wanted = labels.as_object().expect("labels");
    let is = |sample: &&Value| {
        sample["name"] == name && wanted.iter().all(|(key, value)| &sample["labels"][key] == value)
    };
    samples.iter().filter(is).map(|sample| sample["value"].as_f64().expect("a number")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scrape_shows_calls_events_and_what_the_program_counts() {
    let directory = tempfile::tempdir().unwrap();
    let (process, at) = shop(directory.path(), |_| {});
    for item in ["pen", "ink", "nothing"] {
        let answer = buy(at, &json!({ "item": item })).await;
        assert_eq!(answer.status, if item == "nothing" { 404 } else { 200 }, "{answer:?}");
    }
    // One that goes round by itself: the service is its own caller.
    let answer = buy(at, &json!({ "item": "pen", "next": [at.to_string()] })).await;
    assert_eq!(answer.json(), json!({ "shops": 2 }), "{answer:?}");
    let packed = r#"messaging_process_duration_seconds_count{service="shop",topic="shop.bought",queue="packing",code="OK"} 3"#;
    let text = until(at, packed).await;

    let method = r#"service="shop",contract="tests.Shop",method="Buy""#;
    for line in [
        format!("rpc_server_duration_seconds_count{{{method},code=\"OK\"}} 4"),
        format!("rpc_server_duration_seconds_count{{{method},code=\"NOT_FOUND\"}} 1"),
        format!("rpc_server_in_flight{{{method}}} 0"),
        format!("rpc_client_duration_seconds_count{{{method},code=\"OK\"}} 1"),
        r#"messaging_publish_total{service="shop",topic="shop.bought",code="OK"} 3"#.to_owned(),
        r#"shop_orders_total{kind="retail"} 5"#.to_owned(),
        "shop_item_length_count 3".to_owned(),
    ] {
        assert!(text.lines().any(|known| known == line), "{line}\nis not in\n{text}");
    }
    process.terminate();
    process.success();

    let Some(python) = parser() else { return };
    let families = parse(&python, &text);
    let durations = "rpc_server_duration_seconds";
    assert_eq!(families[durations]["type"], "histogram", "{families:#}");
    assert!(families[durations]["help"].as_str().is_some_and(|help| help.contains("calls")), "{families:#}");
    let labels = json!({ "service": "shop", "contract": "tests.Shop", "method": "Buy", "code": "OK" });
    assert_eq!(samples(&families, durations, &format!("{durations}_count"), &labels), [4.0]);
    let buckets = samples(&families, durations, &format!("{durations}_bucket"), &labels);
    assert_eq!(buckets.len(), micro::metrics::SECONDS.len() + 1, "{buckets:?}");
    assert!(buckets.is_sorted() && buckets.last() == Some(&4.0), "buckets are cumulative: {buckets:?}");
    let build = samples(&families, "micro_build_info", "micro_build_info", &json!({ "service": "shop" }));
    assert_eq!(build, [1.0]);
    assert_eq!(families["messaging_publish"]["type"], "counter", "{families:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_reading_is_answered_and_not_where_it_is_switched_off() {
    let directory = tempfile::tempdir().unwrap();
    let (process, at) = shop(directory.path(), |_| {});
    let answer = exchange(at, "POST", "/metrics", &[], b"{}").await;
    assert_eq!(answer.status, 405, "{answer:?}");
    drop(process);
    let (_process, at) = shop(directory.path(), |command| {
        command.env("MICRO_METRICS", "false");
    });
    let answer = exchange(at, "GET", "/metrics", &[], b"").await;
    assert_eq!(answer.status, 404, "{answer:?}");
    assert_eq!(buy(at, &json!({ "item": "pen" })).await.status, 200, "it works all the same");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorder_of_the_programs_own_is_shown() -> Result<()> {
    let (service, _client) =
        start(Service::new("kinds").handle(Kinds).metrics(Prometheus::of(|| "mine 1\n".to_owned()))).await?;
    let at = service.local_addr().expect("a port");
    assert_eq!(scrape(at).await, "mine 1\n");
    service.stop().await?;
    let (service, _client) = start(Service::new("kinds").handle(Kinds)).await?;
    let answer = exchange(service.local_addr().expect("a port"), "GET", "/metrics", &[], b"").await;
    assert_eq!(answer.status, 404, "nothing was given to be shown: {answer:?}");
    service.stop().await
}
