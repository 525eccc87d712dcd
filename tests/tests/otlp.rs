//! What a collector of OpenTelemetry gets: read by the protocol's own messages, sent by real processes.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::poll_fn;
use std::path::Path;
use std::pin::Pin;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Body, Frame};
use micro::otlp::Otlp;
use micro::registry::Memory;
use micro::server::{HttpBody, HttpService};
use micro::{Result, Service};
use micro_tests::http::{Answer, exchange};
use micro_tests::{Process, address, isolated, nobody};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;
use serde_json::{Value as Json, json};
use tracing_subscriber::layer::SubscriberExt as _;

const LIMIT: Duration = Duration::from_secs(60);
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// What was received: spans with the name of their service, the latest value of every count, and the length of the
/// longest message.
#[derive(Default)]
struct Received {
    spans: Vec<(String, Span)>,
    counts: BTreeMap<(String, String, String, String), i64>,
    instances: BTreeMap<String, String>,
    longest: usize,
}

/// A collector on a port.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Received>>);

impl Collector {
    async fn start(&self) -> Result<Service> {
        let mut service = Service::new("collector").registry(Memory::new());
        for name in ["trace.v1.TraceService", "metrics.v1.MetricsService"] {
            let path = format!("/opentelemetry.proto.collector.{name}/");
            service = service.http(path, HttpService::of(self.clone()));
        }
        service.start().await
    }

    fn take(&self, path: &str, message: Bytes) {
        let mut received = self.0.lock().unwrap();
        received.longest = received.longest.max(message.len());
        match path {
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => {
                for group in ExportTraceServiceRequest::decode(message).unwrap().resource_spans {
                    let resource = group.resource.unwrap().attributes;
                    let service = text(&resource, "service.name");
                    received.instances.insert(service.clone(), text(&resource, "service.instance.id"));
                    let spans = group.scope_spans.into_iter().flat_map(|scope| scope.spans);
                    received.spans.extend(spans.map(|span| (service.clone(), span)));
                }
            }
            "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => {
                for group in ExportMetricsServiceRequest::decode(message).unwrap().resource_metrics {
                    let service = text(&group.resource.unwrap().attributes, "service.name");
                    for metric in group.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
                        let points = match metric.data.unwrap() {
                            Data::Sum(sum) => sum.data_points,
                            Data::Histogram(histogram) => {
                                for point in histogram.data_points {
                                    let method = text(&point.attributes, "rpc.method");
                                    assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
                                    assert_eq!(point.bucket_counts.iter().sum::<u64>(), point.count);
                                    let key = (service.clone(), metric.name.clone(), method, String::new());
                                    received.counts.insert(key, point.count as i64);
                                }
                                continue;
                            }
                            other => panic!("{other:?}"),
                        };
                        for point in points {
                            let Some(number_data_point::Value::AsInt(value)) = point.value else { continue };
                            let method = text(&point.attributes, "rpc.method");
                            let code = text(&point.attributes, "rpc.response.status_code");
                            received
                                .counts
                                .insert((service.clone(), metric.name.clone(), method, code), value);
                        }
                    }
                }
            }
            other => panic!("nobody serves {other}"),
        }
    }

    fn count(&self, service: &str, metric: &str, method: &str, code: &str) -> Option<i64> {
        let key: (String, String, String, String) = [service, metric, method, code].map(str::to_owned).into();
        self.0.lock().unwrap().counts.get(&key).copied()
    }

    /// Waits for a span and returns it.
    async fn span(&self, service: Option<&str>, kind: SpanKind, name: &str) -> (String, Span) {
        let is = |(of, span): &&(String, Span)| {
            service.is_none_or(|service| service == of) && span.kind() == kind && span.name == name
        };
        let waiting = async {
            loop {
                if let Some(found) = self.0.lock().unwrap().spans.iter().find(is) {
                    return found.clone();
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let found = tokio::time::timeout(LIMIT, waiting).await;
        found.unwrap_or_else(|_| panic!("no {kind:?} {name}: {:#?}", self.0.lock().unwrap().spans))
    }
}

impl tower_service::Service<http::Request<HttpBody>> for Collector {
    type Response = http::Response<Reply>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<HttpBody>) -> Self::Future {
        let collector = self.clone();
        Box::pin(async move {
            let (head, mut body) = request.into_parts();
            let mut bytes = Vec::new();
            while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
                if let Ok(data) = frame.expect("the body comes").into_data() {
                    bytes.extend_from_slice(&data);
                }
            }
            assert!(head.headers["content-type"].to_str().unwrap().starts_with("application/grpc"));
            // A flag, the length, the message.
            let length = u32::from_be_bytes(bytes[1..5].try_into().unwrap()) as usize;
            assert_eq!((bytes[0], bytes.len()), (0, length + 5));
            collector.take(head.uri.path(), Bytes::from(bytes).slice(5..));
            let mut response = http::Response::new(Reply(Some(true)));
            response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/grpc"));
            Ok(response)
        })
    }
}

/// An empty message, then trailers.
struct Reply(Option<bool>);

impl Body for Reply {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, Infallible>>> {
        let (frame, next) = match self.0 {
            Some(true) => (Frame::data(Bytes::from_static(&[0; 5])), Some(false)),
            Some(false) => {
                let mut trailers = http::HeaderMap::new();
                trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
                (Frame::trailers(trailers), None)
            }
            None => return Poll::Ready(None),
        };
        self.0 = next;
        Poll::Ready(Some(Ok(frame)))
    }
}

/// Returns an attribute; empty when it is not there.
fn text(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value.clone()?.value) {
        Some(Value::StringValue(text)) => text,
        _ => String::new(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Starts a shop under a name, exporting to `collector`.
fn shop(directory: &Path, name: &str, collector: &str) -> (Process, String) {
    let mut command = isolated(env!("CARGO_BIN_EXE_telemetry_child"), directory);
    configure(&mut command, name, collector);
    let mut process = Process::spawn(&mut command);
    let at =
        process.wait_for("the address", |line| line.contains("serving").then(|| address(line)).flatten());
    (process, at)
}

fn configure(command: &mut Command, name: &str, collector: &str) {
    command.args(["--name", name]).env("MICRO_OTLP", format!("http://{collector}"));
}

async fn buy(at: &str, order: &Json, traceparent: &str) -> Answer {
    let traceparent = format!("traceparent: {traceparent}");
    let headers = ["content-type: application/json", &traceparent];
    exchange(at.parse().unwrap(), "POST", "/tests.Shop/Buy", &headers, order.to_string().as_bytes()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_is_whole_across_processes_and_counts_arrive() -> Result<()> {
    let collector = Collector::default();
    let serving = collector.start().await?;
    let to = serving.local_addr().expect("a port").to_string();
    let directory = tempfile::tempdir()?;
    let (front, at) = shop(directory.path(), "front", &to);
    let (middle, second) = shop(directory.path(), "middle", &to);
    let (back, third) = shop(directory.path(), "back", &to);

    let parent = format!("00-{TRACE}-{CALLER}-01");
    let answer = buy(&at, &json!({ "item": "pen", "next": [second, third] }), &parent).await;
    assert_eq!(answer.json(), json!({ "shops": 3 }), "{answer:?}");
    // A trace its caller does not sample is nobody's to export.
    let unsampled = format!("00-{}-{CALLER}-00", TRACE.replace("0a", "0b"));
    for _ in 0..2 {
        let answer = buy(&at, &json!({ "item": "nothing" }), &unsampled).await;
        assert_eq!(answer.status, 404, "{answer:?}");
    }
    let (_, packed) = collector.span(None, SpanKind::Server, "tests.Shop/Pack").await;

    let mut above = CALLER.to_owned();
    for (service, kind) in [
        ("front", SpanKind::Server),
        ("front", SpanKind::Client),
        ("middle", SpanKind::Server),
        ("middle", SpanKind::Client),
        ("back", SpanKind::Server),
    ] {
        let (_, span) = collector.span(Some(service), kind, "tests.Shop/Buy").await;
        assert_eq!(hex(&span.trace_id), TRACE, "{service}: {span:#?}");
        assert_eq!(hex(&span.parent_span_id), above, "{service} {kind:?}: {span:#?}");
        assert_eq!(text(&span.attributes, "rpc.service"), "tests.Shop", "{span:#?}");
        assert_eq!(text(&span.attributes, "rpc.response.status_code"), "OK", "{span:#?}");
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano, "{span:#?}");
        above = hex(&span.span_id);
    }
    let (_, published) = collector.span(Some("back"), SpanKind::Producer, "publish shop.bought").await;
    assert_eq!(hex(&published.parent_span_id), above, "{published:#?}");
    assert_eq!(packed.parent_span_id, published.span_id, "{packed:#?}");
    assert_eq!(hex(&packed.trace_id), TRACE, "{packed:#?}");

    // What is there when a process ends is sent before it does.
    for process in [front, middle, back] {
        process.terminate();
        process.success();
    }
    assert_eq!(collector.count("front", "rpc.server.calls", "Buy", "OK"), Some(1));
    assert_eq!(collector.count("front", "rpc.server.calls", "Buy", "NOT_FOUND"), Some(2));
    assert_eq!(collector.count("front", "rpc.server.call.duration", "Buy", ""), Some(3));
    assert_eq!(collector.count("front", "rpc.server.in_flight", "Buy", ""), Some(0));
    assert_eq!(collector.count("back", "rpc.server.calls", "Buy", "OK"), Some(1));
    {
        let received = collector.0.lock().unwrap();
        assert!(received.spans.iter().all(|(_, span)| hex(&span.trace_id) == TRACE), "only what is sampled");
        let instances = &received.instances;
        assert!(["front", "middle", "back"].iter().all(|name| !instances[*name].is_empty()), "{instances:?}");
    }
    serving.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_that_say_much_arrive_in_messages_that_a_collector_takes() -> Result<()> {
    const SPANS: usize = 300;
    const EVENTS: u32 = 20;
    let collector = Collector::default();
    let serving = collector.start().await?;
    let otlp = Otlp::new(&serving.local_addr().expect("a port").to_string())?;
    let subscriber = tracing_subscriber::registry().with(otlp.layer());
    tracing::subscriber::with_default(subscriber, || {
        let row = "a".repeat(4_000);
        for _ in 0..SPANS {
            let span = tracing::info_span!("import");
            span.in_scope(|| (0..EVENTS).for_each(|_| tracing::info!(row = row.as_str(), "read")));
        }
    });
    let importer = Service::new("importer").registry(Memory::new()).otlp(otlp).start().await?;
    let imported =
        || collector.0.lock().unwrap().spans.iter().filter(|(_, span)| span.name == "import").count();
    let arriving = async {
        while imported() < SPANS {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    // Whoever stops gives its collector two seconds, which is little for so much.
    tokio::time::timeout(LIMIT, arriving).await.unwrap_or_else(|_| panic!("only {} spans", imported()));
    importer.stop().await?;
    {
        let received = collector.0.lock().unwrap();
        let spans = || received.spans.iter().map(|(_, span)| span).filter(|span| span.name == "import");
        assert_eq!(spans().count(), SPANS);
        for span in spans() {
            assert!(span.encoded_len() <= 32 << 10, "{} bytes", span.encoded_len());
            let (kept, dropped) = (span.events.len() as u32, span.dropped_events_count);
            assert!(kept > 0 && dropped > 0 && kept + dropped == EVENTS, "{kept} and {dropped}");
        }
        let all: usize = spans().map(Message::encoded_len).sum();
        assert!(all > 4 << 20, "{all} bytes would do at once");
        assert!(received.longest < 3 << 20, "{} bytes at once", received.longest);
    }
    serving.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_disturbs_nobody() -> Result<()> {
    let (_socket, away) = nobody();
    let directory = tempfile::tempdir()?;
    let (mut process, at) = shop(directory.path(), "shop", &away.to_string());
    let parent = format!("00-{TRACE}-{CALLER}-01");
    for _ in 0..20 {
        assert_eq!(buy(&at, &json!({ "item": "pen" }), &parent).await.status, 200);
    }
    process.wait_for_line("cannot export telemetry");
    let begun = Instant::now();
    process.terminate();
    process.success();
    // Calls would have 30 s to end, and there are none.
    assert!(begun.elapsed() < Duration::from_secs(25), "stopping took {:?}", begun.elapsed());
    Ok(())
}
