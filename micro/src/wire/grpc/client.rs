//! The caller's half: the head of a request, and what the head of a response says.

use http::header::{self, HeaderName, HeaderValue};
use http::response::Parts;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Method, StatusCode, Uri, Version};

use bytes::Bytes;

use super::{content_type, is_grpc, status, timeout};
use crate::error::{Code, Error, Result};
use crate::layer::Request;

const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("micro/", env!("CARGO_PKG_VERSION")));
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
const TIMEOUT: HeaderName = HeaderName::from_static(timeout::HEADER);
const TRAILERS: HeaderValue = HeaderValue::from_static("trailers");

/// Builds the head of the HTTP/2 request for `request`, to the node at `authority` (`host:port`).
///
/// An authority that cannot stand in a URI is left out; the connection refuses such a request.
pub(crate) fn head(request: &Request, authority: &str) -> http::Request<()> {
    let mut head = http::Request::new(());
    *head.method_mut() = Method::POST;
    *head.version_mut() = Version::HTTP_2;
    *head.uri_mut() = uri(request.spec.path, authority);
    let headers = head.headers_mut();
    let info = &request.info;
    // The user's first, so that nothing of theirs stands in place of what the wire says.
    info.metadata.write_headers(headers);
    headers.insert(header::TE, TRAILERS);
    headers.insert(header::CONTENT_TYPE, content_type(&request.encoding));
    headers.insert(header::USER_AGENT, USER_AGENT);
    if let Some(remaining) = info.remaining() {
        headers.insert(TIMEOUT, timeout::encode(remaining));
    }
    if let Some(trace) = &info.trace {
        if let Ok(parent) = HeaderValue::try_from(trace.traceparent()) {
            headers.insert(TRACEPARENT, parent);
        }
        match trace.tracestate().map(HeaderValue::from_str) {
            Some(Ok(state)) => drop(headers.insert(TRACESTATE, state)),
            _ => drop(headers.remove(TRACESTATE)),
        }
    }
    head
}

fn uri(path: &'static str, authority: &str) -> Uri {
    let path = PathAndQuery::from_maybe_shared(Bytes::from_static(path.as_bytes())).ok();
    let mut parts = http::uri::Parts::default();
    if let Ok(authority) = authority.parse::<Authority>() {
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(authority);
    }
    // A URI with an authority has to have a path.
    parts.path_and_query = path.or_else(|| Some(PathAndQuery::from_static("/")));
    Uri::from_parts(parts).unwrap_or_default()
}

/// Judges the head of a response. `Some` when the call is over already (trailers without a body).
///
/// # Errors
///
/// What the HTTP status stands for, when the answer is not gRPC's: that of a proxy, or of another server.
pub(crate) fn check_response(parts: &Parts) -> Result<Option<Result<(), Error>>> {
    // A status in the head is the peer's own word, whatever the HTTP status beside it.
    if let Some(end) = status::read(&parts.headers) {
        return Ok(Some(end));
    }
    if parts.status != StatusCode::OK {
        let code = Code::from_http_status(parts.status.as_u16());
        return Err(Error::new(
            code,
            format!("the peer answered HTTP {} without a gRPC status", parts.status),
        ));
    }
    match parts.headers.get(header::CONTENT_TYPE) {
        Some(value) if is_grpc(value.as_bytes()) => Ok(None),
        found => {
            let found = found.and_then(|value| value.to_str().ok()).unwrap_or("none");
            Err(Error::unknown(format!("the peer does not speak gRPC: its content type is {found}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)]) -> Parts {
        let mut response = http::Response::new(());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        for (key, value) in headers {
            response.headers_mut().append(*key, HeaderValue::from_static(value));
        }
        response.into_parts().0
    }

    #[test]
    fn a_status_in_the_head_ends_the_call() {
        let parts = answer(
            200,
            &[("content-type", "application/grpc"), ("grpc-status", "5"), ("grpc-message", "no")],
        );
        assert_eq!(check_response(&parts).unwrap().unwrap().unwrap_err().code(), Code::NotFound);
        let parts = answer(415, &[("grpc-status", "3")]);
        assert_eq!(check_response(&parts).unwrap().unwrap().unwrap_err().code(), Code::InvalidArgument);
    }

    #[test]
    fn answers_of_others_become_errors() {
        assert!(
            check_response(&answer(200, &[("content-type", "application/grpc+json")])).unwrap().is_none()
        );
        assert_eq!(check_response(&answer(503, &[])).unwrap_err().code(), Code::Unavailable);
        let error = check_response(&answer(200, &[("content-type", "text/html")])).unwrap_err();
        assert!(error.message().contains("text/html"), "{error}");
        assert!(check_response(&answer(200, &[])).is_err());
    }

    #[test]
    fn the_uri_names_node_and_method() {
        assert_eq!(uri("/a.v1.B/C", "127.0.0.1:4000").to_string(), "http://127.0.0.1:4000/a.v1.B/C");
        assert_eq!(uri("/a.v1.B/C", "[::1]:4000").to_string(), "http://[::1]:4000/a.v1.B/C");
        assert_eq!(uri("/a.v1.B/C", "not an authority").path(), "/a.v1.B/C");
    }
}
