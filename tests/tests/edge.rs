//! Tower layers at the HTTP edge stand around both wires and all four kinds of calls.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::HeaderValue;
use micro::server::{HttpBody, Peer};
use micro::{Code, Layer, Next, Request, Response, Result, Service, Streaming};
use micro_tests::http::exchange;
use micro_tests::kinds::{Kinds, KindsClient, call_all, start, text};

const JSON: &str = "content-type: application/json";
const PATHS: [&str; 4] =
    ["/tests.Kinds/Unary", "/tests.Kinds/Collect", "/tests.Kinds/Split", "/tests.Kinds/Echo"];

type Log = Arc<Mutex<Vec<String>>>;

/// A tower layer that writes down every path and puts a header on every answer.
#[derive(Clone)]
struct Mark {
    name: &'static str,
    seen: Log,
}

impl<S> tower_layer::Layer<S> for Mark {
    type Service = Marked<S>;

    fn layer(&self, inner: S) -> Marked<S> {
        Marked { mark: self.clone(), inner }
    }
}

#[derive(Clone)]
struct Marked<S> {
    mark: Mark,
    inner: S,
}

impl<S> tower_service::Service<http::Request<HttpBody>> for Marked<S>
where
    S: tower_service::Service<
            http::Request<HttpBody>,
            Response = http::Response<HttpBody>,
            Error = Infallible,
            Future: Send + 'static,
        >,
{
    type Response = http::Response<HttpBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<http::Response<HttpBody>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<HttpBody>) -> Self::Future {
        let line = format!("{} {}", self.mark.name, request.uri().path());
        self.mark.seen.lock().unwrap().push(line);
        let name = self.mark.name;
        let known = request.extensions().get::<Peer>().is_some();
        let answering = self.inner.call(request);
        Box::pin(async move {
            let mut response = answering.await?;
            response.headers_mut().append("edge", HeaderValue::from_static(name));
            let peer = if known { "known" } else { "unknown" };
            response.headers_mut().insert("peer", HeaderValue::from_static(peer));
            Ok(response)
        })
    }
}

/// A tower layer that answers everything itself.
struct Shut;

impl<S> tower_layer::Layer<S> for Shut {
    type Service = Closed;

    fn layer(&self, _: S) -> Closed {
        Closed
    }
}

#[derive(Clone)]
struct Closed;

impl tower_service::Service<http::Request<HttpBody>> for Closed {
    // Another body than ours, as foreign layers have.
    type Response = http::Response<String>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<http::Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<HttpBody>) -> Self::Future {
        let mut response = http::Response::new("closed for today".to_owned());
        *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
        std::future::ready(Ok(response))
    }
}

/// Stands directly around the handlers and writes down which of them run.
struct Inside(Log);

impl Layer for Inside {
    async fn call(&self, request: Request, next: Next<'_>) -> Result<Response> {
        self.0.lock().unwrap().push(request.spec().path.to_owned());
        next.run(request).await
    }
}

fn address(service: &Service) -> SocketAddr {
    service.addresses()[0].socket_addr().expect("an IP address")
}

#[tokio::test]
async fn a_tower_layer_stands_around_every_kind_and_both_wires() -> Result<()> {
    let (seen, ran) = (Log::default(), Log::default());
    let mark = Mark { name: "marked", seen: seen.clone() };
    let service = Service::new("kinds").handle(Kinds).layer(Inside(ran.clone())).http_layer(mark);
    let (service, client) = start(service).await?;
    let kinds = KindsClient::new(&client);

    let requests = || Streaming::from_iter([text("a"), text("b")]);
    let unary = kinds.unary(text("a,b")).response().await?;
    let collect = kinds.collect(requests()).response().await?;
    assert_eq!((unary.message.text.as_str(), collect.message.text.as_str()), ("a,b", "a,b"));
    let split = kinds.split(text("a,b")).response().await?;
    let echo = kinds.echo(requests()).response().await?;
    for metadata in [&unary.metadata, &collect.metadata, &split.metadata, &echo.metadata] {
        assert_eq!((metadata.get("edge"), metadata.get("peer")), (Some("marked"), Some("known")));
    }
    for replies in [split.message, echo.message] {
        let words: Vec<String> = replies.collect().await?.into_iter().map(|reply| reply.text).collect();
        assert_eq!(words, ["a", "b"]);
    }

    let answer = exchange(address(&service), "POST", PATHS[0], &[JSON], br#"{"text":"hi"}"#).await;
    assert_eq!((answer.status, answer.json()["text"].as_str()), (200, Some("hi")), "{answer:?}");
    assert!(answer.head.contains("edge: marked"), "{answer:?}");
    // What no endpoint answers passes the edge too.
    let answer = exchange(address(&service), "GET", "/nowhere", &[], b"").await;
    assert_eq!(answer.status, 404, "{answer:?}");
    assert!(answer.head.contains("edge: marked"), "{answer:?}");
    service.stop().await?;

    let expected: Vec<String> =
        PATHS.iter().chain(&[PATHS[0], "/nowhere"]).map(|path| format!("marked {path}")).collect();
    assert_eq!(*seen.lock().unwrap(), expected);
    assert_eq!(ran.lock().unwrap().len(), 5);
    Ok(())
}

#[tokio::test]
async fn the_tower_layer_added_first_is_the_outermost() -> Result<()> {
    let seen = Log::default();
    let [outer, inner] = ["outer", "inner"].map(|name| Mark { name, seen: seen.clone() });
    let service = Service::new("kinds").handle(Kinds).http_layer(outer).http_layer(inner);
    let (service, client) = start(service).await?;
    KindsClient::new(&client).unary(text("a")).await?;
    service.stop().await?;
    assert_eq!(*seen.lock().unwrap(), [format!("outer {}", PATHS[0]), format!("inner {}", PATHS[0])]);
    Ok(())
}

#[tokio::test]
async fn errors_of_handlers_pass_a_tower_layer_unchanged() -> Result<()> {
    let mark = Mark { name: "marked", seen: Log::default() };
    let (service, client) = start(Service::new("kinds").handle(Kinds).http_layer(mark)).await?;
    for (kind, said) in call_all(&KindsClient::new(&client), &["fail"]).await {
        let error = said.expect_err(kind);
        assert_eq!((error.code(), error.message()), (Code::FailedPrecondition, "asked to fail"), "{kind}");
        assert_eq!(error.details().len(), 1, "{kind}");
    }
    service.stop().await
}

#[tokio::test]
async fn a_tower_layer_that_answers_itself_keeps_the_handler_from_running() -> Result<()> {
    let (seen, ran) = (Log::default(), Log::default());
    let mark = Mark { name: "marked", seen: seen.clone() };
    let service =
        Service::new("kinds").handle(Kinds).layer(Inside(ran.clone())).http_layer(mark).http_layer(Shut);
    let (service, client) = start(service).await?;
    for (kind, said) in call_all(&KindsClient::new(&client), &["a"]).await {
        let error = said.expect_err(kind);
        assert_eq!(error.code(), Code::Unavailable, "{kind}: {error}");
        assert!(error.message().contains("503"), "{kind}: {error}");
    }
    let answer = exchange(address(&service), "POST", PATHS[0], &[JSON], b"{}").await;
    assert_eq!((answer.status, answer.body.as_str()), (503, "closed for today"), "{answer:?}");
    service.stop().await?;
    assert_eq!(seen.lock().unwrap().len(), 5, "nothing was tried twice");
    assert!(ran.lock().unwrap().is_empty(), "{ran:?}");
    Ok(())
}
