//! The HTTP side of `/metrics`.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use tower_service::Service;

use crate::server::{HttpBody, HttpService};

use super::Prometheus;

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers `GET` and `HEAD`.
#[derive(Clone)]
pub(super) struct Endpoint(Prometheus);

impl Endpoint {
    pub(super) fn of(prometheus: Prometheus) -> HttpService {
        HttpService::of(Endpoint(prometheus))
    }

    fn answer(&self, method: &Method) -> http::Response<HttpBody> {
        let mut response = http::Response::new(HttpBody::empty());
        if method != Method::GET && method != Method::HEAD {
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let text = Bytes::from(self.0.render());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(TEXT));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(text.len()));
        if method == Method::GET {
            *response.body_mut() = HttpBody::full(text);
        }
        response
    }
}

impl Service<http::Request<HttpBody>> for Endpoint {
    type Response = http::Response<HttpBody>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<HttpBody>) -> Self::Future {
        ready(Ok(self.answer(request.method())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_reads_is_answered() {
        let endpoint = Endpoint(Prometheus::of(|| "up 1\n".to_owned()));
        for method in [Method::GET, Method::HEAD] {
            let response = endpoint.answer(&method);
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(response.headers()["content-length"], "5");
            assert_eq!(response.headers()["content-type"], TEXT);
        }
        let response = endpoint.answer(&Method::POST);
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["allow"], "GET, HEAD");
    }
}
