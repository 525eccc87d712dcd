//! `micro.debug.v1.Debug` from outside, as operators and their tools use it: over gRPC and as JSON, from services in
//! this process and from one of its own.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use micro::prelude::*;
use micro::registry::{Endpoint, Handle, Memory, Node, Query, Register};
use micro::{Client, Code};
use micro_tests::http::exchange;
use micro_tests::kinds::{Kinds, KindsClient, start, text};
use micro_tests::{Process, address, isolated, nobody};

mod proto {
    ::micro::include_proto!();
}

use proto::micro::debug::v1::{
    DebugClient, HealthRequest, InfoRequest, InfoResponse, Kind, Level, LogRequest, LogResponse, NodeState,
    StatsRequest, StatsResponse, Status, Traffic,
};

const WAIT: Duration = Duration::from_secs(60);

/// Makes a client of the contract that finds nobody by itself: calls are made to an address.
async fn debug() -> Result<DebugClient> {
    Ok(DebugClient::new(&Client::builder().registry(Memory::new()).open().await?))
}

async fn stats(of: &Service) -> Result<StatsResponse> {
    debug().await?.stats(StatsRequest {}).to(&of.addresses()[0]).await
}

async fn info(of: &Service) -> Result<InfoResponse> {
    debug().await?.info(InfoRequest {}).to(&of.addresses()[0]).await
}

async fn node(registry: &Memory, service: &str) -> Result<Node> {
    let nodes = Handle::from(registry.clone()).lookup(&Query::service(service)).await?;
    Ok(nodes.into_iter().next().expect("the service is registered"))
}

/// What was counted for the method with this path.
fn of(stats: &StatsResponse, path: &str) -> Traffic {
    let endpoint = stats.endpoints.iter().find(|endpoint| endpoint.path == path);
    endpoint.and_then(|endpoint| endpoint.traffic.clone()).unwrap_or_else(|| panic!("no {path}: {stats:?}"))
}

fn nanos(duration: Option<prost_types::Duration>) -> i128 {
    let duration = duration.expect("a duration");
    i128::from(duration.seconds) * 1_000_000_000 + i128::from(duration.nanos)
}

/// Asks until the answer is as wanted.
async fn until<T, Fut: Future<Output = Result<T>>>(
    what: &str,
    ask: impl Fn() -> Fut,
    is: impl Fn(&T) -> bool,
) -> Result<T> {
    let asking = async {
        loop {
            let answer = ask().await?;
            if is(&answer) {
                return Ok(answer);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(WAIT, asking).await.unwrap_or_else(|_| panic!("no {what} within a minute"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_are_counted_by_method_and_code_while_they_run_and_once_they_have_ended() -> Result<()> {
    let before = SystemTime::now();
    let (service, client) = start(Service::new("kinds").handle(Kinds)).await?;
    let kinds = KindsClient::new(&client);
    for word in ["a", "b", "fail", "c", "tell:x"] {
        let _ = kinds.unary(text(word)).await;
    }
    let unary = "/tests.Kinds/Unary";
    let seen = stats(&service).await?;
    let traffic = of(&seen, unary);
    assert_eq!((traffic.requests, traffic.errors, traffic.in_flight), (5, 2, 0));
    let codes = [("FAILED_PRECONDITION".to_owned(), 1), ("ABORTED".to_owned(), 1)];
    assert_eq!(traffic.errors_by_code, codes.into());
    let latency = traffic.latency.expect("a latency");
    assert_eq!(latency.count, 5);
    let rising = [latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map(nanos);
    assert!(rising.is_sorted() && rising[0] > 0 && rising[4] < 60_000_000_000, "{rising:?}");
    assert!(nanos(latency.mean) > 0 && nanos(latency.mean) <= rising[4]);

    // A call whose caller gives up is in flight until then, and cancelled afterwards.
    let (sender, requests) = Streaming::channel(1);
    let mut replies = kinds.echo(requests).await?;
    sender.send(text("on its way")).await?;
    replies.next().await.expect("the call runs")?;
    let echo = "/tests.Kinds/Echo";
    let seen = stats(&service).await?;
    assert_eq!((of(&seen, echo).requests, of(&seen, echo).in_flight), (1, 1));
    // The replies first: a caller that ends its own stream has not given up.
    drop(replies);
    let seen = until("end of the call", || stats(&service), |seen| of(seen, echo).in_flight == 0).await?;
    assert_eq!(of(&seen, echo).errors_by_code, [("CANCELLED".to_owned(), 1)].into());
    drop(sender);

    // The sum is of the same, and whoever asks is not in it.
    let total = seen.total.clone().expect("a sum");
    assert_eq!((total.requests, total.errors, total.in_flight), (6, 3, 0));
    assert_eq!(seen.endpoints.len(), 4, "{:?}", seen.endpoints);
    assert!(seen.tasks > 0);
    assert!(nanos(seen.uptime) > 0);
    assert_eq!(seen.resident_bytes.is_some_and(|bytes| bytes > 1 << 20), cfg!(target_os = "linux"));
    let started = SystemTime::try_from(seen.started.expect("a time")).expect("a time");
    assert!(started >= before && started <= SystemTime::now());

    // The same as JSON.
    let at = service.addresses()[0].socket_addr().expect("an address");
    let answer =
        exchange(at, "POST", "/micro.debug.v1.Debug/Stats", &["content-type: application/json"], b"{}").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let json = answer.json();
    assert_eq!(json["total"]["requests"], "6", "{json}");
    let endpoints = json["endpoints"].as_array().expect("endpoints");
    let endpoint = endpoints.iter().find(|endpoint| endpoint["path"] == unary).expect("the method");
    assert_eq!(
        (&endpoint["path"], &endpoint["traffic"]["errorsByCode"]["ABORTED"]),
        (&unary.into(), &"1".into())
    );
    service.stop().await
}

/// Hears what is said, and cannot bear the word `fail`.
#[derive(Default)]
struct Ear;

#[micro::service(package = "tests.debug")]
impl Ear {
    #[micro::handler(readonly)]
    async fn heard(&self, request: micro_tests::kinds::Text) -> Result<micro_tests::kinds::Text> {
        Ok(request)
    }

    /// Hears.
    #[micro::subscriber(topic = "tests.said", queue = "ears", attempts = 1, concurrency = 2)]
    async fn on_said(&self, event: micro_tests::kinds::Text) -> Result<()> {
        match event.text.as_str() {
            "fail" => Err(Error::aborted("asked to fail")),
            _ => Ok(()),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_counted_by_subscriber() -> Result<()> {
    let service = Service::new("ear").handle(Ear).broker(micro::broker::Memory::new());
    let (service, _) = start(service).await?;
    for word in ["a", "fail", "b"] {
        service.publish("tests.said", &text(word)).await?;
    }
    let ended = |seen: &StatsResponse| {
        let traffic = seen.subscribers[0].traffic.as_ref().expect("a count");
        traffic.requests == 3 && traffic.in_flight == 0
    };
    let seen = until("third event", || stats(&service), ended).await?;
    assert_eq!(seen.subscribers.len(), 1);
    let subscriber = &seen.subscribers[0];
    assert_eq!(subscriber.path, "/tests.debug.Ear/OnSaid");
    let subscription = subscriber.subscription.as_ref().expect("a topic");
    assert_eq!((&*subscription.topic, &*subscription.queue), ("tests.said", "ears"));
    let traffic = subscriber.traffic.as_ref().expect("a count");
    assert_eq!(traffic.errors_by_code, [("ABORTED".to_owned(), 1)].into());
    service.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_says_what_it_is_and_keeps_values_to_itself() -> Result<()> {
    let registry = Memory::new();
    let service = Service::new("ear")
        .version("1.2.3")
        .zone("eu-1")
        .metadata("token", "hunter2")
        .registry(registry.clone())
        .broker(micro::broker::Memory::new())
        .handle(Ear);
    service.start().await?;
    let told = info(&service).await?;
    let announced = node(&registry, "ear").await?;
    assert!(!announced.serves("micro.debug.v1.Debug"), "it is answered, not announced");
    let node = told.node.clone().expect("a node");
    assert_eq!((&node.id, &node.service), (&announced.id, &"ear".to_owned()));
    assert_eq!((&*node.version, &*node.zone, node.state()), ("1.2.3", "eu-1", NodeState::Ready));
    assert_eq!(node.addresses, [service.addresses()[0].to_string()]);
    assert_eq!((&node.contracts, &node.wires), (&announced.contracts, &announced.wires));
    assert_eq!((&node.codecs, &node.metadata_keys), (&announced.codecs, &vec!["token".to_owned()]));
    assert!(!format!("{told:?}").contains("hunter2"));
    assert_eq!(told.micro_version, env!("CARGO_PKG_VERSION"));

    let [heard] = &told.endpoints[..] else { panic!("{:?}", told.endpoints) };
    assert_eq!((&*heard.path, &*heard.contract), ("/tests.debug.Ear/Heard", "tests.debug.Ear"));
    assert_eq!((&*heard.request, heard.kind()), ("tests.Text", Kind::Unary));
    assert!(heard.subscription.is_none());
    let [said] = &told.subscribers[..] else { panic!("{:?}", told.subscribers) };
    assert_eq!((&*said.method, &*said.docs, &*said.request), ("OnSaid", "Hears.", "tests.Text"));
    let subscription = said.subscription.clone().expect("a topic");
    assert_eq!((subscription.attempts, subscription.concurrency), (1, 2));
    assert_eq!(node.subscriptions, [subscription]);
    service.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_tells_which_nodes_it_knows() -> Result<()> {
    let registry = Memory::new();
    let kinds = Service::new("kinds").registry(registry.clone()).handle(Kinds);
    kinds.start().await?;
    let front =
        Service::new("front").registry(registry.clone()).broker(micro::broker::Memory::new()).handle(Ear);
    front.start().await?;
    assert!(info(&front).await?.known.is_empty(), "it has called nobody yet");
    KindsClient::new(&front).unary(text("hi")).await?;
    let known = info(&front).await?.known;
    assert_eq!(known.len(), 1, "{known:?}");
    assert_eq!((&*known[0].id, &*known[0].service), (kinds.id(), "kinds"));
    assert_eq!(known[0].addresses, [kinds.addresses()[0].to_string()]);
    front.stop().await?;
    kinds.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_registry_leaves_out_is_asked_of_the_node() -> Result<()> {
    let registry = Memory::new();
    let service = Service::new("kinds").registry(registry.clone()).handle(Kinds);
    service.start().await?;
    let client = Client::builder().registry(registry.clone()).open().await?;
    let full = node(&registry, "kinds").await?;
    assert_eq!(client.describe(&full).await?, full.endpoints);

    let mut bare = full.clone();
    bare.endpoints.clear();
    let names =
        |endpoints: &[Endpoint]| endpoints.iter().map(|endpoint| endpoint.path.clone()).collect::<Vec<_>>();
    let told = client.describe(&bare).await?;
    assert_eq!(names(&told), names(&full.endpoints));
    assert_eq!(told, full.endpoints);

    // One address that nobody listens on any more does not matter while there is another.
    let (_socket, gone) = nobody();
    let mut twice = bare.clone();
    twice.addresses.insert(0, gone.into());
    assert_eq!(client.describe(&twice).await?, full.endpoints);

    let mut moved = bare.clone();
    moved.id = "somebody-else".to_owned();
    let error = client.describe(&moved).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error}");
    assert!(error.message().contains("another node"), "{error}");

    let mut nowhere = bare.clone();
    nowhere.addresses.clear();
    let error = client.describe(&nowhere).await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition, "{error}");
    service.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_can_be_switched_off() -> Result<()> {
    let (service, client) = start(Service::new("kinds").handle(Kinds).setting("debug", false)).await?;
    let error = info(&service).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented, "{error}");
    KindsClient::new(&client).unary(text("a")).await?;
    service.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_tells_which_check_fails_and_why() -> Result<()> {
    let debug = debug().await?;
    let (healthy, _) = start(Service::new("kinds").handle(Kinds)).await?;
    let health = debug.health(HealthRequest {}).to(&healthy.addresses()[0]).await?;
    assert_eq!(health.status(), Status::Serving, "{health:?}");
    healthy.stop().await?;

    let service = Service::new("kinds")
        .handle(Kinds)
        .check("cache", || async { Ok(()) })
        .check("database", || async { Err(Error::unavailable("no route to it")) });
    let (ill, _) = start(service).await?;
    let health = debug.health(HealthRequest {}).to(&ill.addresses()[0]).await?;
    assert_eq!(health.status(), Status::NotServing, "{health:?}");
    let check = |name: &str| health.checks.iter().find(|check| check.name == name).expect("a check");
    assert_eq!((check("cache").status(), &*check("cache").message), (Status::Serving, ""));
    assert_eq!(check("database").status(), Status::NotServing);
    assert!(check("database").message.contains("no route to it"), "{health:?}");
    assert!(check("database").took.is_some() && check("database").checked.is_some());
    ill.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_without_a_ring_says_how_to_have_a_log() -> Result<()> {
    let (service, _) = start(Service::new("kinds").handle(Kinds)).await?;
    let error = match debug().await?.log(LogRequest::default()).to(&service.addresses()[0]).await {
        Ok(stream) => stream.collect().await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.code(), Code::FailedPrecondition, "{error}");
    assert!(error.message().contains("Ring"), "{error}");
    service.stop().await
}

/// Waits for a record that is as wanted.
async fn record(
    log: &mut Streaming<LogResponse>,
    what: &str,
    is: impl Fn(&LogResponse) -> bool,
) -> LogResponse {
    let reading = async {
        loop {
            match log.next().await {
                Some(Ok(response)) if is(&response) => return response,
                Some(Ok(_)) => {}
                other => panic!("waiting for {what}: {other:?}"),
            }
        }
    };
    tokio::time::timeout(WAIT, reading).await.unwrap_or_else(|_| panic!("no {what} within a minute"))
}

fn says(response: &LogResponse, message: &str) -> bool {
    response.record.as_ref().is_some_and(|record| record.message == message)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_a_process_is_read_from_its_past_on_until_it_ends() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let mut command = isolated(env!("CARGO_BIN_EXE_service_child"), directory.path());
    let mut process = Process::spawn(command.env("MICRO_LOG", "trace"));
    let at =
        process.wait_for("the address", |line| line.contains("serving").then(|| address(line)).flatten());
    let at: SocketAddr = at.parse().expect("an address");
    let debug = debug().await?;

    // The past alone.
    let request = LogRequest { level: Level::Info.into(), ..Default::default() };
    let past = debug.log(request).to(at).await?.collect().await?;
    let serving = past.iter().find(|response| says(response, "serving")).expect("the start is in the log");
    let serving = serving.record.clone().expect("a record");
    assert_eq!((serving.level(), &*serving.trace_id), (Level::Info, ""));
    assert_eq!(serving.fields.get("service").map(String::as_str), Some("micro-tests"), "{serving:?}");
    assert!(past.iter().flat_map(|response| &response.record).all(|record| record.level() <= Level::Info));

    // The call that fails while we follow, with the trace that its caller gave it.
    let follow =
        LogRequest { target: "micro::server".to_owned(), limit: Some(0), follow: true, ..Default::default() };
    let mut log = debug.log(follow).to(at).await?;
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let traceparent = format!("traceparent: 00-{trace}-b7ad6b7169203331-01");
    let headers = ["content-type: application/json", traceparent.as_str()];
    exchange(at, "POST", "/tests.Kinds/Unary", &headers, br#"{"text":"fail"}"#).await;
    let refused = record(&mut log, "refused call", |response| says(response, "call refused")).await;
    let refused = refused.record.expect("a record");
    assert_eq!((refused.level(), &*refused.trace_id, refused.span_id.len()), (Level::Debug, trace, 16));
    assert_eq!(refused.fields.get("code").map(String::as_str), Some("FAILED_PRECONDITION"));

    // Even where everything is logged, reading the log does not fill it.
    let everything = LogRequest { limit: Some(0), follow: true, ..Default::default() };
    let mut all = debug.log(everything).to(at).await?;
    for _ in 0..20 {
        exchange(at, "POST", "/tests.Kinds/Unary", &headers, b"{}").await;
    }
    let (mut records, mut answered) = (0, 0);
    while answered < 20 {
        let next = record(&mut all, "answered call", |response| response.record.is_some()).await;
        records += 1;
        answered += usize::from(says(&next, "call answered"));
    }
    assert!(records <= 200, "the log speaks of itself: {records} records of 20 calls");
    drop(all);

    // A reader does not hold the end up.
    process.terminate();
    while let Some(response) = tokio::time::timeout(WAIT, log.next()).await.expect("the stream does not end")
    {
        response?;
    }
    process.success();
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_no_service_of_ours_is_an_error_not_a_guess() -> Result<()> {
    let registry = Memory::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let silent = Node::new("silent", "silent").address(listener.local_addr()?.into());
    Handle::from(registry.clone()).register(&silent, &Register::default()).await?;
    let client = Client::builder().registry(registry).timeout(Duration::from_millis(300)).open().await?;
    let error = client.describe(&silent).await.unwrap_err();
    assert!(matches!(error.code(), Code::DeadlineExceeded | Code::Unavailable), "{error:?}");
    assert!(error.message().contains("silent"), "{error}");
    Ok(())
}
