//! Wires: how calls look on a connection. One folder a wire, both ends.
//!
//! The server's half is the trait [`Wire`]. It turns the head and the body of an HTTP request into a
//! [`Request`], and an answer into an HTTP response; routing, deadlines, layers and panics are none of its
//! business. A wire is added by its file and its row in [`WIRES`].

mod arriving;
mod body;
pub(crate) mod count;
pub(crate) mod grpc;
pub(crate) mod http2;
mod json;

pub use body::HttpBody;
pub(crate) use body::{BoxError, End, Framing};

use std::fmt;
use std::time::{Duration, Instant};

use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};

use crate::call::CallInfo;
use crate::codec::{Codecs, Encoding};
use crate::error::{Error, Result};
use crate::layer::{BoxFuture, Request, Response};
use crate::metadata::Metadata;
use crate::spec::Spec;
use crate::trace::TraceContext;

/// The wires in the order in which they are asked. The last one takes what no other claims.
const WIRES: [&dyn Wire; 2] = [&grpc::server::Grpc, &json::Json];

/// What a wire has to know of the server it reads for.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The codecs that are answered.
    pub(crate) codecs: Codecs,
    /// The longest message that is read, in bytes.
    pub(crate) message_limit: usize,
}

/// The server's half of a wire.
pub(crate) trait Wire: Sync {
    /// Returns the name under which nodes announce the wire.
    fn name(&self) -> &'static str;

    /// Tells whether a request is this wire's, by its head alone.
    fn claims(&self, head: &Parts) -> bool;

    /// Reads a call of the method `spec`. The body is read later, by whoever reads the request's.
    ///
    /// # Errors
    ///
    /// What is wrong with the head; [`HttpStatus`] as the source where HTTP has a better status for it than
    /// the code's.
    fn request(
        &self,
        spec: &'static Spec,
        head: &Parts,
        body: HttpBody,
        settings: &Settings,
    ) -> Result<Request>;

    /// Writes an answer. `encoding` is that of the request, `None` when it could not be read.
    fn response(&self, reply: Result<Response>, encoding: Option<&Encoding>) -> Answer;
}

/// A written answer.
#[allow(
    clippy::large_enum_variant,
    reason = "it is taken apart where it is made; boxing would cost every call"
)]
pub(crate) enum Answer {
    /// Ready to be sent.
    Now(http::Response<HttpBody>),
    /// Ready when the messages it is made of are here.
    Later(BoxFuture<'static, http::Response<HttpBody>>),
}

impl Answer {
    /// Waits for the HTTP response.
    pub(crate) async fn ready(self) -> http::Response<HttpBody> {
        match self {
            Answer::Now(response) => response,
            Answer::Later(response) => response.await,
        }
    }
}

/// Lists the names of all wires, for the node to announce.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    WIRES.into_iter().map(Wire::name)
}

/// Returns the wire of a request.
pub(crate) fn of(head: &Parts) -> &'static dyn Wire {
    WIRES.into_iter().find(|wire| wire.claims(head)).unwrap_or(&json::Json)
}

/// The HTTP status of an error where that of its code is too general: the source of errors that only HTTP
/// knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HttpStatus(pub(crate) StatusCode);

impl HttpStatus {
    /// Returns the status that was set on an error.
    fn of(error: &Error) -> Option<StatusCode> {
        let source = std::error::Error::source(error)?;
        source.downcast_ref::<HttpStatus>().map(|status| status.0)
    }
}

impl fmt::Display for HttpStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "answered with HTTP {}", self.0)
    }
}

impl std::error::Error for HttpStatus {}

/// Refuses every method but POST, the only one that carries a message.
fn only_post(head: &Parts) -> Result<()> {
    if head.method == Method::POST {
        return Ok(());
    }
    Err(Error::unimplemented(format!("a call is a POST, not a {}", shown(head.method.as_str())))
        .with_source(HttpStatus(StatusCode::METHOD_NOT_ALLOWED)))
}

/// Reads what every wire carries in headers of the same names: metadata and trace.
fn call_info(headers: &HeaderMap) -> CallInfo {
    let mut info = CallInfo::new();
    info.metadata = Metadata::from_headers(headers);
    if let Some(parent) = info.metadata.get("traceparent") {
        info.trace = TraceContext::parse(parent, info.metadata.get("tracestate"));
        info.metadata.remove("traceparent");
        info.metadata.remove("tracestate");
    }
    info
}

/// Sets the deadline of a call that may take `timeout` from now. One past the end of time is none.
fn set_timeout(info: &mut CallInfo, timeout: Duration) {
    if let Some(deadline) = Instant::now().checked_add(timeout) {
        info.shorten_deadline(deadline);
    }
}

/// Shortens what a peer sent before it is put into a message.
fn shown(text: &str) -> &str {
    let mut end = text.len().min(100);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    use http::HeaderValue;

    #[test]
    fn the_trace_leaves_the_metadata() {
        let mut headers = HeaderMap::new();
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        headers.insert("traceparent", HeaderValue::from_static(parent));
        headers.insert("tracestate", HeaderValue::from_static("a=b"));
        headers.insert("tenant", HeaderValue::from_static("acme"));
        let info = call_info(&headers);
        let trace = info.trace().unwrap();
        assert_eq!((trace.traceparent().as_str(), trace.tracestate()), (parent, Some("a=b")));
        assert_eq!((info.metadata().len(), info.metadata().get("tenant")), (1, Some("acme")));
    }

    #[test]
    fn the_content_type_chooses_the_wire() {
        let head = |content_type: Option<&'static str>| {
            let mut request = http::Request::new(());
            if let Some(content_type) = content_type {
                request.headers_mut().insert("content-type", HeaderValue::from_static(content_type));
            }
            request.into_parts().0
        };
        assert!(WIRES[0].claims(&head(Some("application/grpc+json"))));
        assert!(!WIRES[0].claims(&head(Some("application/json"))));
        assert!(!WIRES[0].claims(&head(None)));
        assert!(WIRES[1].claims(&head(None)), "the last wire takes the rest");
    }

    #[test]
    fn the_status_of_an_error_is_found_in_its_source() {
        let error = Error::unimplemented("no").with_source(HttpStatus(StatusCode::NOT_FOUND));
        assert_eq!(HttpStatus::of(&error), Some(StatusCode::NOT_FOUND));
        assert_eq!(HttpStatus::of(&Error::unimplemented("no")), None);
    }
}
