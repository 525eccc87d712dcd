//! `/livez` and `/readyz`: what orchestrators and load balancers ask over HTTP, on the one port.
//!
//! Whoever reaches the port may ask, so checks are told by name and status only; why one fails is in the logs. Both
//! answer while the service drains, when calls are refused already.

use std::convert::Infallible;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use tower_service::Service;

use crate::error::Result;
use crate::layer::BoxFuture;
use crate::server::{HttpBody, HttpService};

use super::checks::{Readiness, Report};

/// Makes the probes, by the paths they are mounted at.
pub(super) fn mounts(readiness: &Readiness) -> [(&'static str, HttpService); 2] {
    let ready = Probe::Ready(readiness.clone());
    [("/livez", HttpService::of(Probe::Live)), ("/readyz", HttpService::of(ready))]
}

/// One probe.
#[derive(Clone)]
enum Probe {
    /// Whether the process answers at all; nothing is checked, as restarting it mends no database.
    Live,
    /// Whether it wants work.
    Ready(Readiness),
}

impl Probe {
    async fn answer(self, method: Method) -> http::Response<HttpBody> {
        if method != Method::GET && method != Method::HEAD {
            let mut response = http::Response::new(HttpBody::empty());
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let (status, body) = match self {
            Probe::Live => (StatusCode::OK, json!({ "status": "live" })),
            Probe::Ready(readiness) => shown(&readiness.report().await),
        };
        let body = Bytes::from(body.to_string());
        let mut response = http::Response::new(HttpBody::empty());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        if method == Method::GET {
            *response.body_mut() = HttpBody::full(body);
        }
        response
    }
}

/// Writes a report for strangers.
fn shown(report: &Report) -> (StatusCode, Value) {
    let (code, status) = match (report.ready, report.draining) {
        (true, _) => (StatusCode::OK, "ready"),
        (false, true) => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
    };
    let checks: Vec<Value> = report
        .checks
        .iter()
        .map(|check| json!({ "name": &*check.name, "status": if check.ok { "ok" } else { "failing" } }))
        .collect();
    (code, json!({ "status": status, "checks": checks }))
}

impl Service<http::Request<HttpBody>> for Probe {
    type Response = http::Response<HttpBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<HttpBody>) -> Self::Future {
        let (probe, method) = (self.clone(), request.method().clone());
        Box::pin(async move { Ok(probe.answer(method).await) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::pin::Pin;
    use std::time::Duration;

    use http_body::Body as _;
    use tokio::sync::watch;

    use crate::error::Error;
    use crate::service::Phase;
    use crate::service::checks::Checks;

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    async fn ask(probe: &Probe, method: Method) -> (u16, http::HeaderMap, String) {
        let (head, mut body) = probe.clone().answer(method).await.into_parts();
        let mut text = String::new();
        while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
        {
            text += std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap();
        }
        (head.status.as_u16(), head.headers, text)
    }

    fn failing() -> (Probe, watch::Sender<Phase>) {
        let mut checks = Checks::new();
        checks.add("disk", || async { Ok(()) }).unwrap();
        checks.add("db", || async { Err(Error::unavailable("the password is wrong")) }).unwrap();
        let (sender, phase) = watch::channel(Phase::Running);
        (Probe::Ready(checks.open(Duration::from_secs(5), phase)), sender)
    }

    #[tokio::test]
    async fn readiness_is_told_without_reasons() {
        let (probe, phase) = failing();
        let (status, headers, body) = ask(&probe, Method::GET).await;
        let expected = json!({
            "status": "not ready",
            "checks": [{ "name": "disk", "status": "ok" }, { "name": "db", "status": "failing" }],
        });
        assert_eq!((status, parsed(&body)), (503, expected));
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(headers["cache-control"], "no-store");
        phase.send_replace(Phase::Stopping);
        let (status, _, body) = ask(&probe, Method::GET).await;
        assert_eq!((status, &parsed(&body)["status"]), (503, &json!("draining")));
    }

    #[tokio::test]
    async fn a_service_that_checks_nothing_lives_and_is_ready() {
        let (_sender, phase) = watch::channel(Phase::Running);
        let ready = Probe::Ready(Checks::new().open(Duration::from_secs(5), phase));
        let (status, _, body) = ask(&ready, Method::GET).await;
        assert_eq!((status, parsed(&body)), (200, json!({ "status": "ready", "checks": [] })));
        let (status, _, body) = ask(&Probe::Live, Method::GET).await;
        assert_eq!((status, parsed(&body)), (200, json!({ "status": "live" })));
    }

    #[tokio::test]
    async fn a_head_is_a_get_without_its_body_and_nothing_else_is_a_probe() {
        let (probe, _phase) = failing();
        let (_, _, body) = ask(&probe, Method::GET).await;
        let (status, headers, nothing) = ask(&probe, Method::HEAD).await;
        assert_eq!((status, nothing.as_str()), (503, ""));
        assert_eq!(headers["content-length"], body.len().to_string().as_str());
        for method in [Method::POST, Method::PUT, Method::OPTIONS] {
            let (status, headers, _) = ask(&Probe::Live, method).await;
            assert_eq!((status, &headers["allow"]), (405, &HeaderValue::from_static("GET, HEAD")));
        }
    }
}
