//! How an error looks in JSON.

use http::StatusCode;
use http::header::{self, HeaderValue};
use serde::Serialize;

use crate::base64;
use crate::error::{Error, Outcome};
use crate::wire::grpc::status::{NOT_RUN, OUTCOME};
use crate::wire::{HttpBody, HttpStatus};

#[derive(Serialize)]
struct Shape<'a> {
    code: &'static str,
    id: &'a str,
    message: &'a str,
    details: Vec<Detail<'a>>,
}

/// A detail whose type is not known here: its name, and its bytes in base64.
#[derive(Serialize)]
struct Detail<'a> {
    #[serde(rename = "@type")]
    type_url: &'a str,
    value: String,
}

/// Writes an error as a response. Its source stays here.
pub(super) fn response(error: &Error) -> http::Response<HttpBody> {
    let details = error
        .details()
        .iter()
        .map(|detail| Detail { type_url: &detail.type_url, value: base64::encode(&detail.value) });
    let shape = Shape {
        code: error.code().name(),
        id: error.id(),
        message: error.message(),
        details: details.collect(),
    };
    // Strings alone cannot fail to become JSON.
    let mut http = http::Response::new(HttpBody::full(serde_json::to_vec(&shape).unwrap_or_default()));
    let from_code = || StatusCode::from_u16(error.code().http_status()).ok();
    *http.status_mut() =
        HttpStatus::of(error).or_else(from_code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let not_allowed = http.status() == StatusCode::METHOD_NOT_ALLOWED;
    let headers = http.headers_mut();
    error.metadata().write_headers(headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if error.outcome() == Outcome::NotRun {
        headers.insert(OUTCOME, NOT_RUN);
    }
    if not_allowed {
        headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    http
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::pin::Pin;

    use http_body::Body as _;

    #[tokio::test]
    async fn code_id_message_and_details_are_there_and_the_source_is_not() {
        let error = Error::not_found("no account \"42\"")
            .with_id("bank")
            .with_detail("type.googleapis.com/x.Y", "f")
            .with_source("the password was hunter2");
        let http = response(&error);
        assert_eq!(
            (http.status().as_u16(), &http.headers()["content-type"]),
            (404, &"application/json".parse().unwrap())
        );
        let mut body = http.into_body();
        let frame = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        let text = frame.unwrap().unwrap().into_data().unwrap();
        let expected = r#"{"code":"NOT_FOUND","id":"bank","message":"no account \"42\"","details":[{"@type":"type.googleapis.com/x.Y","value":"Zg"}]}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn statuses_that_only_http_knows_win() {
        let refused = Error::unimplemented("no").with_source(HttpStatus(StatusCode::METHOD_NOT_ALLOWED));
        let http = response(&refused);
        assert_eq!(
            (http.status().as_u16(), &http.headers()["allow"]),
            (405, &HeaderValue::from_static("POST"))
        );
        let http = response(&Error::unavailable("stopping").with_outcome(Outcome::NotRun));
        assert_eq!((http.status().as_u16(), &http.headers()["micro-outcome"]), (503, &NOT_RUN));
    }
}
