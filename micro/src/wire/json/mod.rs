//! Plain HTTP: `POST /<package>.<Service>/<Method>` with the message as the body, in JSON or another codec's
//! content type. For curl, webhooks and whatever else speaks HTTP/1.1 or HTTP/2.
//!
//! Methods with one request and one reply only; streams are for wires that can end a call in band. An error
//! is the HTTP status of its code and `{"code", "id", "message", "details"}` in JSON.

mod error;
mod whole;

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{self, HeaderName, HeaderValue};
use http::request::Parts;
use http_body::Body as _;

use whole::Whole;

use super::grpc::timeout;
use super::{Answer, HttpBody, HttpStatus, Settings, Wire, call_info, only_post, set_timeout, shown};
use crate::body::Body;
use crate::call::CallInfo;
use crate::codec::Encoding;
use crate::error::{Error, Result};
use crate::layer::{Request, Response};
use crate::metadata::Metadata;
use crate::spec::{Kind, Spec};

/// Plain HTTP, served.
#[derive(Debug)]
pub(crate) struct Json;

/// Connect's name for a timeout in milliseconds.
const TIMEOUT_MS: &str = "connect-timeout-ms";

/// What trailing metadata is called in the head, where it has to stand.
const TRAILER_PREFIX: &str = "trailer-";

impl Wire for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn claims(&self, _: &Parts) -> bool {
        true
    }

    fn request(
        &self,
        spec: &'static Spec,
        head: &Parts,
        body: HttpBody,
        settings: &Settings,
    ) -> Result<Request> {
        only_post(head)?;
        if spec.kind != Kind::Unary {
            let kind = spec.kind.as_str().replace('_', " ");
            return Err(Error::unimplemented(format!("{} is a {kind} method; call it with gRPC", spec.path)));
        }
        let encoding = encoding(head, settings)?;
        if let Some(found) = head.headers.get(header::CONTENT_ENCODING).filter(|value| *value != "identity") {
            let found = found.to_str().unwrap_or_default();
            return Err(unsupported(format!(
                "content encoding {:?} is not supported; send it plain",
                shown(found)
            )));
        }
        let limit = settings.message_limit;
        if body.size_hint().lower() > limit as u64 {
            return Err(whole::too_large(limit));
        }
        let mut info = call_info(&head.headers);
        info.metadata.remove(TIMEOUT_MS);
        read_timeout(head, &mut info)?;
        // An empty body is a message of defaults in every codec but JSON, which writes that as an empty object.
        let empty = if encoding.name() == "json" { Bytes::from_static(b"{}") } else { Bytes::new() };
        let body = match body.is_end_stream() {
            true => Body::one(empty),
            false => Body::stream(Whole::new(body, limit, empty)),
        };
        Ok(Request::new(spec, info, encoding, body))
    }

    fn response(&self, reply: Result<Response>, encoding: Option<&Encoding>) -> Answer {
        let response = match reply {
            Ok(response) => response,
            Err(error) => return Answer::Now(error::response(&error)),
        };
        let content_type = content_type(encoding);
        let Response { metadata, trailers, body } = response;
        match body.try_one() {
            Ok(message) => Answer::Now(success(message, content_type, &metadata, &trailers.take())),
            Err(body) => Answer::Later(Box::pin(async move {
                match only_message(body).await {
                    Ok(message) => success(message, content_type, &metadata, &trailers.take()),
                    Err(error) => error::response(&error),
                }
            })),
        }
    }
}

fn encoding(head: &Parts, settings: &Settings) -> Result<Encoding> {
    let codecs = &settings.codecs;
    let Some(value) = head.headers.get(header::CONTENT_TYPE) else {
        // Browsers ask nobody before they send a request without content type to another site's server. Theirs
        // always name the page's origin.
        if head.headers.contains_key(header::ORIGIN) {
            return Err(unsupported("a request from a web page needs a content type".to_owned()));
        }
        return codecs
            .by_name("json")
            .ok_or_else(|| unsupported("the request has no content type".to_owned()));
    };
    let found = value.to_str().unwrap_or_default();
    codecs.by_content_type(found).ok_or_else(|| {
        let known = codecs.content_types().join(", ");
        // What curl sends with -d unless told otherwise.
        let mend = match found.starts_with("application/x-www-form-urlencoded") {
            true => "; with curl, add -H 'content-type: application/json'",
            false => "",
        };
        unsupported(format!("unknown content type {:?}; known are {known}{mend}", shown(found)))
    })
}

fn unsupported(message: String) -> Error {
    Error::invalid_argument(message).with_source(HttpStatus(StatusCode::UNSUPPORTED_MEDIA_TYPE))
}

fn read_timeout(head: &Parts, info: &mut CallInfo) -> Result<()> {
    if let Some(value) = head.headers.get(timeout::HEADER) {
        set_timeout(info, timeout::decode(value)?);
    }
    if let Some(value) = head.headers.get(TIMEOUT_MS) {
        let digits =
            value.to_str().ok().filter(|text| text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit()));
        let millis = digits.and_then(|text| text.parse().ok()).ok_or_else(|| {
            Error::invalid_argument("connect-timeout-ms is not one to ten digits, as in 500")
        })?;
        set_timeout(info, Duration::from_millis(millis));
    }
    Ok(())
}

async fn only_message(mut body: Body) -> Result<Bytes> {
    let message =
        body.next().await.ok_or_else(|| Error::internal("the method answered without a message"))??;
    // Read to the end: trailers are complete, and an error that follows the message is seen, only there.
    match body.next().await {
        None => Ok(message),
        Some(Ok(_)) => Err(Error::internal("the method answered with several messages")),
        Some(Err(error)) => Err(error),
    }
}

fn success(
    message: Bytes,
    content_type: HeaderValue,
    metadata: &Metadata,
    trailers: &Metadata,
) -> http::Response<HttpBody> {
    let mut http = http::Response::new(HttpBody::full(message));
    let headers = http.headers_mut();
    metadata.write_headers(headers);
    for (key, value) in trailers.iter() {
        let key = HeaderName::try_from(format!("{TRAILER_PREFIX}{key}"));
        if let (Ok(key), Ok(value)) = (key, HeaderValue::from_str(value)) {
            headers.append(key, value);
        }
    }
    headers.insert(header::CONTENT_TYPE, content_type);
    http
}

fn content_type(encoding: Option<&Encoding>) -> HeaderValue {
    const JSON: HeaderValue = HeaderValue::from_static("application/json");
    match encoding.map(Encoding::name) {
        None | Some("json") => JSON,
        Some(name) => HeaderValue::try_from(format!("application/{name}")).unwrap_or(JSON),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::codec::Codecs;
    use crate::error::Code;

    #[tokio::test]
    async fn trailers_stand_in_the_head() {
        let mut response = Response::new(Body::one("{}".into()));
        response.metadata_mut().insert("tenant", "acme").unwrap();
        response.trailers().update(|trailers| trailers.insert("rows", "1")).unwrap();
        let http = Json.response(Ok(response), None).ready().await;
        assert_eq!(http.headers()["content-type"], "application/json");
        assert_eq!(http.headers()["tenant"], "acme");
        assert_eq!(http.headers()["trailer-rows"], "1");
        assert_eq!(http.body().size_hint().exact(), Some(2));
    }

    #[tokio::test]
    async fn a_reply_that_is_not_one_message_is_an_error() {
        let http = Json.response(Ok(Response::new(Body::empty())), None).ready().await;
        assert_eq!(http.status(), 500);
    }

    #[test]
    fn a_web_page_has_to_name_its_content_type() {
        let settings = Settings { codecs: Codecs::default(), message_limit: 1024 };
        let mut head = http::Request::new(()).into_parts().0;
        assert_eq!(encoding(&head, &settings).unwrap().name(), "json");
        head.headers.insert(header::ORIGIN, HeaderValue::from_static("https://elsewhere.example"));
        assert!(encoding(&head, &settings).unwrap_err().message().contains("web page"));
        head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        assert_eq!(encoding(&head, &settings).unwrap().name(), "json");
    }

    #[test]
    fn timeouts_come_under_two_names_and_the_shorter_holds() {
        let mut request = http::Request::new(());
        request.headers_mut().insert(TIMEOUT_MS, HeaderValue::from_static("500"));
        request.headers_mut().insert(timeout::HEADER, HeaderValue::from_static("1H"));
        let mut head = request.into_parts().0;
        let mut info = CallInfo::new();
        read_timeout(&head, &mut info).unwrap();
        assert!(info.remaining().unwrap() <= Duration::from_millis(500));
        for bad in ["", "1.5", "-1", "12345678901"] {
            head.headers.insert(TIMEOUT_MS, HeaderValue::from_static(bad));
            assert_eq!(read_timeout(&head, &mut info).unwrap_err().code(), Code::InvalidArgument, "{bad:?}");
        }
    }
}
