//! Events as one JSON object: CloudEvents in structured mode, as a person with curl or another system writes them.
//!
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap};
use serde::Deserialize;
use serde_json::Value;

use super::attributes::read_time;
use super::binary::{NO_SOURCE, NO_TYPE, metadata, trace};
use crate::base64;
use crate::broker::Envelope;
use crate::error::{Error, Result};
use crate::trace::TraceContext;

const CLOUD_EVENT: &str = "application/cloudevents+json";
const JSON: &str = "application/json";

/// One event. Extensions that are not named here are left out.
#[derive(Deserialize)]
struct Shape {
    specversion: String,
    id: String,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    time: Option<String>,
    datacontenttype: Option<String>,
    partitionkey: Option<String>,
    expirytime: Option<String>,
    traceparent: Option<String>,
    tracestate: Option<String>,
    data: Option<Value>,
    data_base64: Option<String>,
}

/// Tells whether the headers are those of an event in structured mode.
pub(super) fn is_event(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(CLOUD_EVENT)
}

/// Reads an event.
///
/// # Errors
///
/// `invalid argument` naming the attribute.
pub(super) fn read(topic: &str, headers: &HeaderMap, body: &[u8]) -> Result<Envelope> {
    let wrong = |error: serde_json::Error| {
        Error::invalid_argument(format!("the body is no CloudEvent in JSON: {error}"))
    };
    let shape: Shape = serde_json::from_slice(body).map_err(wrong)?;
    for (name, text) in [("id", &shape.id), ("source", &shape.source), ("type", &shape.kind)] {
        if text.is_empty() {
            return Err(Error::invalid_argument(format!("the {name} of an event is not empty")));
        }
    }
    if shape.specversion != "1.0" {
        return Err(Error::invalid_argument("only version 1.0 of CloudEvents is spoken"));
    }
    let content_type = shape.datacontenttype.unwrap_or_else(|| JSON.to_owned());
    let data = data(&content_type, shape.data, shape.data_base64)?;
    let unless = |text: String, empty: &str| if text == empty { String::new() } else { text };
    let mut envelope = Envelope::new(topic, data)
        .id(shape.id)
        .source(unless(shape.source, NO_SOURCE))
        .kind(unless(shape.kind, NO_TYPE))
        .content_type(content_type)
        .key(shape.partitionkey.unwrap_or_default());
    if let Some(time) = shape.time {
        envelope.time = read_time("time", &time)?;
    }
    envelope.expires = shape.expirytime.map(|time| read_time("expirytime", &time)).transpose()?;
    envelope.metadata = metadata(headers);
    let own = shape.traceparent.and_then(|parent| TraceContext::parse(&parent, shape.tracestate.as_deref()));
    envelope.trace = own.or_else(|| trace(headers));
    envelope.validate()?;
    Ok(envelope)
}

/// Returns the message: JSON as it stands, text without its quotes when the content type is not JSON, bytes from
/// base64.
fn data(content_type: &str, data: Option<Value>, base64: Option<String>) -> Result<Bytes> {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = essence == JSON || essence.ends_with("+json") || essence.ends_with("/json");
    match (data, base64) {
        (Some(_), Some(_)) => Err(Error::invalid_argument("an event has data or data_base64, not both")),
        (None, Some(text)) => {
            let bytes = base64::decode(text.as_bytes());
            bytes.map(Bytes::from).ok_or_else(|| Error::invalid_argument("data_base64 is not base64"))
        }
        (Some(Value::String(text)), None) if !is_json => Ok(Bytes::from(text)),
        (Some(value), None) => {
            let bytes = serde_json::to_vec(&value);
            bytes.map(Bytes::from).map_err(|error| Error::from_source(error).context("cannot keep the data"))
        }
        (None, None) => Ok(Bytes::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(rest: &str) -> Result<Envelope> {
        let body = format!(r#"{{"specversion":"1.0","id":"1","source":"/","type":"a.B"{rest}}}"#);
        read("t", &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn an_event_in_json_is_read() {
        let rest = r#","time":"2024-05-01T12:00:00Z","partitionkey":"k","data":{"name":"ann"},"extra":1"#;
        let envelope = event(rest).unwrap();
        assert_eq!(
            (envelope.id.as_str(), envelope.source.as_str(), envelope.kind.as_str()),
            ("1", "", "a.B")
        );
        assert_eq!((envelope.key.as_str(), envelope.content_type.as_str()), ("k", "application/json"));
        assert_eq!(envelope.data, r#"{"name":"ann"}"#);
    }

    #[test]
    fn the_content_type_says_what_the_data_is() {
        for (rest, data) in [
            (r#","data":"text""#, "\"text\""),
            (r#","datacontenttype":"text/plain","data":"text""#, "text"),
            (r#","datacontenttype":"application/protobuf","data_base64":"Zg==""#, "f"),
            ("", ""),
        ] {
            assert_eq!(event(rest).unwrap().data, data, "{rest}");
        }
        assert!(event(r#","data":1,"data_base64":"Zg""#).is_err());
        assert!(event(r#","data_base64":"!""#).is_err());
    }

    #[test]
    fn the_head_tells_the_mode() {
        let mut headers = HeaderMap::new();
        assert!(!is_event(&headers));
        headers.insert(CONTENT_TYPE, "application/CloudEvents+json; charset=utf-8".parse().unwrap());
        assert!(is_event(&headers));
        headers.insert(CONTENT_TYPE, "application/json".parse().unwrap());
        assert!(!is_event(&headers));
    }
}
