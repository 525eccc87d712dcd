//! The server over real sockets: HTTP/1.1 by hand, HTTP/2 by the `h2` crate.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::probe::{Probe, spec};
use super::*;
use crate::body::Body;
use crate::call::CallInfo;
use crate::codec::Encoding;
use crate::error::{Code, Outcome};
use crate::layer::{BoxFuture, Endpoint, Layer, Next};
use crate::spec::{Kind, Spec};
use crate::wire::grpc::frame::{self, Decoder};

const BOUND: Duration = Duration::from_secs(20);

fn routes() -> Routes {
    let mut routes = Routes::new();
    for (path, kind) in [
        ("/p.v1.P/Echo", Kind::Unary),
        ("/p.v1.P/EchoStream", Kind::Bidirectional),
        ("/p.v1.P/Fail", Kind::Unary),
        ("/p.v1.P/Hang", Kind::Unary),
        ("/p.v1.P/HangInStream", Kind::ServerStreaming),
        ("/p.v1.P/Panic", Kind::Unary),
        ("/p.v1.P/PanicInStream", Kind::ServerStreaming),
    ] {
        routes.add(spec(path, kind), Arc::new(Probe)).unwrap();
    }
    routes
}

fn options() -> Options {
    Options { service: "probe".to_owned(), limits: Limits::default().message(1_000), ..Options::default() }
}

async fn start(options: Options) -> (Server, SocketAddr) {
    start_with(routes(), options).await
}

async fn start_with(routes: Routes, options: Options) -> (Server, SocketAddr) {
    let server = Server::new(routes, options);
    let listener = server.bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    server.serve(listener);
    (server, address)
}

/// Sends `method path` with `headers` and `body` over HTTP/1.1; returns the whole response as text.
async fn http1(address: SocketAddr, line: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let len = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {len}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    // A response to a request that was not read to its end may be followed by a reset.
    let _ = tokio::time::timeout(BOUND, stream.read_to_end(&mut response)).await.expect("no response");
    String::from_utf8(response).unwrap()
}

async fn json(address: SocketAddr, method: &str, body: &str) -> String {
    http1(address, &format!("POST /p.v1.P/{method}"), "content-type: application/json\r\n", body).await
}

/// What a gRPC call brought in.
struct Grpc {
    head: http::response::Parts,
    messages: Vec<Bytes>,
    /// The trailers, or the head when there was nothing else.
    end: HeaderMap,
}

impl Grpc {
    fn status(&self) -> &str {
        self.end.get("grpc-status").expect("no status").to_str().unwrap()
    }
}

async fn grpc(
    address: SocketAddr,
    method: &str,
    headers: &[(&'static str, &'static str)],
    message: &str,
) -> Grpc {
    let stream = TcpStream::connect(address).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    let driver = tokio::spawn(connection);
    let mut client = client.ready().await.unwrap();
    let mut request = http::Request::new(());
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = format!("http://{address}/p.v1.P/{method}").parse().unwrap();
    request.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    request.headers_mut().insert("te", HeaderValue::from_static("trailers"));
    for (key, value) in headers {
        request.headers_mut().insert(*key, HeaderValue::from_static(value));
    }
    let (response, mut body) = client.send_request(request, false).unwrap();
    body.send_data(frame::encode(&Bytes::copy_from_slice(message.as_bytes())), true).unwrap();
    let received = tokio::time::timeout(BOUND, async {
        let (head, mut body) = response.await.unwrap().into_parts();
        let mut decoder = Decoder::new(1_000_000);
        let mut messages = Vec::new();
        while let Some(data) = body.data().await {
            let data = data.unwrap();
            body.flow_control().release_capacity(data.len()).unwrap();
            decoder.push(data);
            while let Some(message) = decoder.next().unwrap() {
                messages.push(message);
            }
        }
        let end = body.trailers().await.unwrap().unwrap_or_else(|| head.headers.clone());
        Grpc { head, messages, end }
    });
    let received = received.await.expect("no response");
    driver.abort();
    received
}

fn in_process(path: &str, message: &'static str) -> Request {
    let body = Body::one(Bytes::from_static(message.as_bytes()));
    Request::new(spec(path, Kind::Unary), CallInfo::new(), Encoding::proto(), body)
}

#[tokio::test]
async fn json_is_answered_over_http_1() {
    let (_server, address) = start(options()).await;
    let response = json(address, "Echo", r#"{"name":"ann"}"#).await;
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    assert!(response.contains("content-type: application/json\r\n"), "{response}");
    assert!(response.contains("trailer-done: yes\r\n"), "{response}");
    assert!(response.ends_with("\r\n\r\n{\"name\":\"ann\"}"), "{response}");
}

#[tokio::test]
async fn bad_requests_get_their_status_and_the_mend() {
    let (_server, address) = start(options()).await;
    let json_type = "content-type: application/json\r\n";
    let long = "x".repeat(2_000);
    let many = "a: b\r\n".repeat(150);
    for (line, headers, body, status, text) in [
        ("POST /p.v1.P/Ecko", json_type, "{}", 404, "there is /p.v1.P/Echo, /p.v1.P/EchoStream"),
        ("GET /p.v1.P/Echo", "", "", 405, "allow: POST"),
        (
            "POST /p.v1.P/Echo",
            "content-type: application/x-www-form-urlencoded\r\n",
            "{}",
            415,
            "-H 'content-type",
        ),
        ("POST /p.v1.P/Echo", "content-type: text/html\r\n", "{}", 415, "application/json"),
        ("POST /p.v1.P/Echo", json_type, long.as_str(), 413, "RESOURCE_EXHAUSTED"),
        ("POST /p.v1.P/Echo", many.as_str(), "{}", 431, ""),
        ("POST /p.v1.P/EchoStream", json_type, "{}", 501, "call it with gRPC"),
        ("POST /p.v1.P/Echo", "content-type: application/grpc\r\n", "", 505, "grpc-status: 12"),
        (
            "POST /p.v1.P/Fail",
            json_type,
            "{}",
            404,
            r#"{"code":"NOT_FOUND","id":"probe","message":"no account 42","#,
        ),
        ("POST /p.v1.P/Panic", json_type, "{}", 500, r#""message":"handler panicked""#),
        (
            "POST /p.v1.P/Hang",
            "content-type: application/json\r\nconnect-timeout-ms: 20\r\n",
            "{}",
            504,
            "DEADLINE",
        ),
        (
            "POST /p.v1.P/Echo",
            "content-type: application/json\r\ngrpc-timeout: soon\r\n",
            "{}",
            400,
            "grpc-timeout",
        ),
    ] {
        let response = http1(address, line, headers, body).await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {response}");
        assert!(response.contains(text), "{line}: {response}");
        assert!(
            !response.contains("on fire") && !response.contains("on purpose"),
            "sources stay here: {response}"
        );
    }
}

/// Sends the head of a request that is refused; returns what sends the rest, once the answer is there and a
/// round trip has shown what the server sent behind it.
async fn refused_early(address: SocketAddr) -> (h2::SendStream<Bytes>, tokio::task::JoinHandle<()>) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut client, mut connection) = h2::client::handshake(stream).await.unwrap();
    let mut ping = connection.ping_pong().unwrap();
    let driver = tokio::spawn(async move { drop(connection.await) });
    let request = http::Request::post(format!("http://{address}/p.v1.P/Nope"))
        .header("content-type", "application/json")
        .body(())
        .unwrap();
    let (response, rest) = client.send_request(request, false).unwrap();
    let (head, mut body) = response.await.unwrap().into_parts();
    assert_eq!(head.status, 404);
    while let Some(data) = body.data().await {
        body.flow_control().release_capacity(data.unwrap().len()).unwrap();
    }
    ping.ping(h2::Ping::opaque()).await.unwrap();
    (rest, driver)
}

#[tokio::test]
async fn the_end_of_a_request_that_was_answered_early_is_waited_for_but_not_for_ever() {
    let (_server, address) = start(options()).await;
    // On a busy machine the wait may be over before the look.
    for attempt in 0.. {
        assert!(attempt < 100, "the machine is too busy");
        let begun = std::time::Instant::now();
        let (mut rest, _driver) = refused_early(address).await;
        let is_open =
            std::future::poll_fn(|context| Poll::Ready(rest.poll_reset(context).is_pending())).await;
        if begun.elapsed() < Duration::from_millis(200) {
            assert!(is_open, "clients take a reset for a failure");
            break;
        }
    }
    let (mut rest, _driver) = refused_early(address).await;
    let reset = std::future::poll_fn(|context| rest.poll_reset(context));
    let reset = tokio::time::timeout(BOUND, reset).await.expect("the stream is open for ever");
    assert_eq!(reset.unwrap(), h2::Reason::NO_ERROR);
}

#[tokio::test]
async fn grpc_carries_metadata_message_and_trailers() {
    let (_server, address) = start(options()).await;
    let answer = grpc(address, "Echo", &[("tenant", "acme")], "hello").await;
    assert_eq!((answer.head.status.as_u16(), answer.status()), (200, "0"));
    assert_eq!(answer.head.headers["content-type"], "application/grpc");
    assert_eq!(answer.head.headers["tenant"], "acme");
    assert_eq!(answer.messages, ["hello"]);
    assert_eq!(answer.end["done"], "yes");
}

#[tokio::test]
async fn grpc_errors_carry_code_message_and_id() {
    let (_server, address) = start(options()).await;
    let answer = grpc(address, "Fail", &[], "").await;
    assert_eq!((answer.status(), answer.end["grpc-message"].to_str().unwrap()), ("5", "no account 42"));
    assert_eq!(answer.end["micro-error-id"], "probe");
    let answer = grpc(address, "Ecko", &[], "").await;
    assert_eq!((answer.head.status.as_u16(), answer.status()), (200, "12"));
    assert!(answer.end["grpc-message"].to_str().unwrap().contains("/p.v1.P/Echo"));
    assert_eq!(grpc(address, "Echo", &[("grpc-encoding", "gzip")], "").await.status(), "12");
    let answer = grpc(address, "Echo", &[("content-type", "application/grpc+yaml")], "").await;
    assert_eq!((answer.head.status.as_u16(), answer.status()), (415, "3"));
    let long: &'static str = "x".repeat(1_001).leak();
    assert_eq!(grpc(address, "Echo", &[], long).await.status(), "8");
}

#[tokio::test]
async fn panics_become_internal_before_and_inside_a_stream() {
    let (server, address) = start(options()).await;
    assert_eq!(grpc(address, "Panic", &[], "").await.status(), "13");
    let answer = grpc(address, "PanicInStream", &[], "").await;
    assert_eq!((answer.status(), &answer.messages[..]), ("13", &[Bytes::from_static(b"one")][..]));
    assert_eq!(answer.end["grpc-message"], "handler panicked");
    assert_eq!(grpc(address, "Echo", &[], "x").await.status(), "0", "the server goes on");
    assert_eq!(server.in_flight(), 0);
}

#[tokio::test]
async fn deadlines_hold_before_and_inside_a_stream() {
    let (_server, address) = start(options()).await;
    let soon = [("grpc-timeout", "50m")];
    assert_eq!(grpc(address, "Hang", &soon, "").await.status(), "4");
    let answer = grpc(address, "HangInStream", &soon, "").await;
    assert_eq!((answer.status(), answer.messages.len()), ("4", 1));
    let answer = grpc(address, "Echo", &[("grpc-timeout", "0n")], "").await;
    assert_eq!((answer.status(), &answer.end["micro-outcome"]), ("4", &HeaderValue::from_static("not-run")));
}

/// Hangs, and reports the beginning and the end of each call.
struct Reporting(mpsc::UnboundedSender<&'static str>);

impl Endpoint for Reporting {
    fn call(&self, request: Request) -> BoxFuture<'_, Result<Response>> {
        let (report, cancel) = (self.0.clone(), request.info.cancel.clone());
        Box::pin(async move {
            report.send("began").unwrap();
            tokio::spawn(async move {
                cancel.cancelled().await;
                let _ = report.send("cancelled");
            });
            std::future::pending().await
        })
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_cancels_its_call() {
    let (report, mut reports) = mpsc::unbounded_channel();
    let mut routes = Routes::new();
    routes.add(spec("/p.v1.P/Hang", Kind::Unary), Arc::new(Reporting(report))).unwrap();
    let (server, address) = start_with(routes, options()).await;
    for over_http2 in [true, false] {
        let call = tokio::spawn(async move {
            match over_http2 {
                true => drop(grpc(address, "Hang", &[], "").await),
                false => drop(json(address, "Hang", "{}").await),
            }
        });
        assert_eq!(reports.recv().await, Some("began"));
        assert_eq!(server.in_flight(), 1);
        call.abort();
        assert_eq!(reports.recv().await, Some("cancelled"), "over HTTP/2: {over_http2}");
        server.0.core.calls.zero().await;
    }
}

#[tokio::test]
async fn refused_calls_say_that_they_did_not_run() {
    let (server, address) = start(options()).await;
    server.refuse();
    let error = server.call(in_process("/p.v1.P/Echo", "")).await.unwrap_err();
    assert_eq!((error.code(), error.outcome(), error.id()), (Code::Unavailable, Outcome::NotRun, "probe"));
    let answer = grpc(address, "Echo", &[], "").await;
    assert_eq!((answer.status(), &answer.end["micro-outcome"]), ("14", &HeaderValue::from_static("not-run")));
    let response = json(address, "Echo", "{}").await;
    assert!(
        response.starts_with("HTTP/1.1 503 ") && response.contains("micro-outcome: not-run"),
        "{response}"
    );
}

#[tokio::test]
async fn connections_over_http_1_are_told_by_their_next_answer_that_calls_are_refused() {
    const HEAD: &[u8] = b"POST /p.v1.P/Echo HTTP/1.1\r\nhost: x\r\n";
    const REST: &[u8] = b"content-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    let (server, address) = start(options()).await;
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(&[HEAD, REST].concat()).await.unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let mut begun = TcpStream::connect(address).await.unwrap();
    begun.write_all(HEAD).await.unwrap();
    // Whoever was accepted later has been answered: the server has seen the half of the head.
    json(address, "Echo", "{}").await;
    server.refuse();
    // And every connection has been told.
    json(address, "Echo", "{}").await;
    for (mut connection, rest) in [(idle, [HEAD, REST].concat()), (begun, REST.to_vec())] {
        connection.write_all(&rest).await.unwrap();
        let mut answer = String::new();
        let reading = connection.read_to_string(&mut answer);
        tokio::time::timeout(BOUND, reading).await.expect("still open").unwrap();
        for part in ["HTTP/1.1 503 ", "micro-outcome: not-run", "connection: close"] {
            assert!(answer.contains(part), "{part} is missing: {answer:?}");
        }
    }
}

#[tokio::test]
async fn draining_waits_for_calls_and_counts_those_cut_off() {
    let (server, address) = start(options()).await;
    let short = tokio::spawn(async move { grpc(address, "Hang", &[("grpc-timeout", "300m")], "").await });
    while server.in_flight() == 0 {
        tokio::task::yield_now().await;
    }
    server.refuse();
    let (left, late) = tokio::join!(server.finish(BOUND), json(address, "Echo", "{}"));
    assert_eq!(left, 0);
    assert!(late.contains("micro-outcome: not-run"), "the port is open while calls are waited for: {late}");
    server.close(false).await;
    assert_eq!(short.await.unwrap().status(), "4", "the call in flight was answered");
    assert!(TcpStream::connect(address).await.is_err(), "the port is closed");

    let (server, address) = start(options()).await;
    let endless = tokio::spawn(async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(b"POST /p.v1.P/Hang HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
            .await
            .unwrap();
        stream.read_to_end(&mut Vec::new()).await
    });
    while server.in_flight() == 0 {
        tokio::task::yield_now().await;
    }
    server.refuse();
    assert_eq!(server.finish(Duration::from_millis(10)).await, 1);
    server.close(true).await;
    // The connection is gone, by an end or by a reset.
    let _ = tokio::time::timeout(BOUND, endless).await.expect("the connection was not cut");
    assert_eq!(server.in_flight(), 0, "what is cut off has ended");
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let limits = Limits::default().handshake(Duration::from_millis(20));
    let (_server, address) = start(Options { limits, ..options() }).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut nothing = Vec::new();
    tokio::time::timeout(BOUND, stream.read_to_end(&mut nothing)).await.expect("still open").unwrap();
    assert!(nothing.is_empty());
}

/// Adds its name to the metadata of requests and counts the messages of responses.
struct Named(&'static str, mpsc::UnboundedSender<&'static str>);

impl Layer for Named {
    async fn call(&self, mut request: Request, next: Next<'_>) -> Result<Response> {
        let (name, report) = (self.0, self.1.clone());
        request.info_mut().metadata_mut().append("tenant", name)?;
        let response = next.run(request).await?;
        Ok(response.map_body(|body| {
            body.map(move |message| {
                let _ = report.send(name);
                message
            })
        }))
    }
}

#[tokio::test]
async fn layers_run_in_order_around_unary_calls_and_streams() {
    let (report, mut reports) = mpsc::unbounded_channel();
    let mut options = options();
    options.layers.push(Named("outer", report.clone()));
    options.layers.push(Named("inner", report));
    let (_server, address) = start(options).await;
    let answer = grpc(address, "Echo", &[], "x").await;
    assert_eq!(answer.head.headers["tenant"], "outer", "the first one is the outermost");
    assert_eq!((reports.recv().await, reports.recv().await), (Some("inner"), Some("outer")));
    assert_eq!(grpc(address, "EchoStream", &[], "x").await.messages, ["x"]);
    assert_eq!((reports.recv().await, reports.recv().await), (Some("inner"), Some("outer")));
}

/// A tower layer that stamps responses, and answers some requests itself.
struct Stamp;

#[derive(Clone)]
struct Stamped<S>(S);

impl<S> tower_layer::Layer<S> for Stamp {
    type Service = Stamped<S>;

    fn layer(&self, inner: S) -> Stamped<S> {
        Stamped(inner)
    }
}

impl<S> tower_service::Service<http::Request<HttpBody>> for Stamped<S>
where
    S: tower_service::Service<
            http::Request<HttpBody>,
            Response = http::Response<HttpBody>,
            Error = Infallible,
        >,
    S::Future: Send + 'static,
{
    type Response = http::Response<HttpBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, std::result::Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<HttpBody>) -> Self::Future {
        let peer = request.extensions().get::<Peer>().copied();
        let inner = self.0.call(request);
        Box::pin(async move {
            let mut response = inner.await?;
            let peer = peer.map(|peer| peer.0.ip().to_string()).unwrap_or_default();
            response.headers_mut().insert("stamp", HeaderValue::try_from(peer).unwrap());
            Ok(response)
        })
    }
}

#[tokio::test]
async fn a_tower_layer_stands_at_the_edge_of_every_wire() {
    let mut options = options();
    options.http_layers.push(Stamp);
    let (_server, address) = start(options).await;
    let answer = grpc(address, "Echo", &[], "x").await;
    assert_eq!((answer.head.headers["stamp"].to_str().unwrap(), answer.status()), ("127.0.0.1", "0"));
    let response = http1(address, "GET /nowhere", "", "").await;
    assert!(response.starts_with("HTTP/1.1 404 ") && response.contains("stamp: 127.0.0.1"), "{response}");
}

#[tokio::test]
async fn calls_in_process_take_the_same_way_without_a_wire() {
    let server = Server::new(routes(), options());
    let response = server.call(in_process("/p.v1.P/Echo", "hello")).await.unwrap();
    assert_eq!(response.body.try_one().unwrap(), "hello");
    let error = server.call(in_process("/p.v1.P/Panic", "")).await.unwrap_err();
    assert_eq!((error.code(), error.id()), (Code::Internal, "probe"));
    let unknown: &'static Spec = spec("/p.v1.P/Ecko", Kind::Unary);
    let request = Request::new(unknown, CallInfo::new(), Encoding::proto(), Body::empty());
    assert_eq!(server.call(request).await.unwrap_err().code(), Code::Unimplemented);
    assert_eq!(server.in_flight(), 0);
}
