//! Events as HTTP requests: CloudEvents in binary mode, attributes in headers, the message as the body.
//!
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>. Ours beside it:
//! `micro-queue`, `micro-attempt`, `micro-redelivered`, `micro-ttl-ms`. Metadata travels as headers of its own names.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

use super::attributes::{decode, encode, read_time, write_time};
use crate::broker::{Envelope, check_topic};
use crate::error::{Error, Result};
use crate::metadata::Metadata;
use crate::trace::TraceContext;

const SPEC_VERSION: &str = "ce-specversion";
const ID: &str = "ce-id";
const SOURCE: &str = "ce-source";
const TYPE: &str = "ce-type";
const TIME: &str = "ce-time";
const KEY: &str = "ce-partitionkey";
const EXPIRES: &str = "ce-expirytime";
const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";
pub(super) const QUEUE: &str = "micro-queue";
pub(super) const ATTEMPT: &str = "micro-attempt";
pub(super) const REDELIVERED: &str = "micro-redelivered";
pub(super) const TTL_MS: &str = "micro-ttl-ms";

/// What CloudEvents demands and an envelope may leave empty, as it stands in requests.
pub(super) const NO_SOURCE: &str = "/";
pub(super) const NO_TYPE: &str = "micro.event";

/// Writes the attributes of an event.
pub(super) fn write(envelope: &Envelope) -> HeaderMap {
    let mut headers = HeaderMap::new();
    // The user's first, so that nothing of theirs stands in place of an attribute.
    envelope.metadata.write_headers(&mut headers);
    headers.insert(SPEC_VERSION, HeaderValue::from_static("1.0"));
    headers.insert(ID, encode(&envelope.id));
    headers.insert(SOURCE, encode(or(&envelope.source, NO_SOURCE)));
    headers.insert(TYPE, encode(or(&envelope.kind, NO_TYPE)));
    let mut set = |name: &'static str, value: Option<HeaderValue>| match value {
        Some(value) => drop(headers.insert(name, value)),
        None => drop(headers.remove(name)),
    };
    let time = |time: SystemTime| HeaderValue::try_from(write_time(time)?).ok();
    set(TIME, time(envelope.time));
    set(KEY, (!envelope.key.is_empty()).then(|| encode(&envelope.key)));
    set(EXPIRES, envelope.expires.and_then(time));
    let trace = envelope.trace.as_ref();
    set(TRACEPARENT, trace.and_then(|trace| HeaderValue::try_from(trace.traceparent()).ok()));
    set(TRACESTATE, trace.and_then(|trace| HeaderValue::from_str(trace.tracestate()?).ok()));
    if !envelope.content_type.is_empty()
        && let Ok(content_type) = HeaderValue::from_bytes(envelope.content_type.as_bytes())
    {
        headers.insert(CONTENT_TYPE, content_type);
    }
    headers
}

fn or<'a>(text: &'a str, empty: &'a str) -> &'a str {
    if text.is_empty() { empty } else { text }
}

/// What a request says besides the event.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Said {
    /// The queue; everybody without one.
    pub(super) queue: Option<String>,
    /// Counted from 1.
    pub(super) attempt: u32,
    pub(super) redelivered: bool,
    /// How much longer the event is worth delivering.
    pub(super) ttl: Option<Duration>,
}

/// Reads what a request says besides the event.
///
/// # Errors
///
/// `invalid argument` naming the header.
pub(super) fn said(headers: &HeaderMap) -> Result<Said> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("\u{fffd}"));
    let queue = text(QUEUE).map(str::to_owned);
    if let Some(queue) = &queue {
        check_topic(queue)?;
    }
    let number = |name: &str| -> Result<Option<u32>> {
        let Some(text) = text(name) else { return Ok(None) };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        number.map(Some).ok_or_else(|| Error::invalid_argument(format!("{name} is not a number")))
    };
    let attempt = number(ATTEMPT)?.unwrap_or(1).max(1);
    let redelivered = text(REDELIVERED) == Some("true") || attempt > 1;
    let ttl = number(TTL_MS)?.map(|millis| Duration::from_millis(u64::from(millis)));
    Ok(Said { queue, attempt, redelivered, ttl })
}

/// Tells whether the headers are those of an event in binary mode.
pub(super) fn is_event(headers: &HeaderMap) -> bool {
    headers.contains_key(SPEC_VERSION)
}

/// Reads an event.
///
/// # Errors
///
/// `invalid argument` naming the attribute.
pub(super) fn read(topic: &str, headers: &HeaderMap, data: Bytes) -> Result<Envelope> {
    let text = |name: &str| -> Result<Option<String>> {
        headers.get(name).map(|value| decode(name, value.as_bytes())).transpose()
    };
    let needed = |name: &str| -> Result<String> {
        let missing = || Error::invalid_argument(format!("the event has no {name}"));
        text(name)?.filter(|text| !text.is_empty()).ok_or_else(missing)
    };
    let version = needed(SPEC_VERSION)?;
    if version != "1.0" {
        return Err(Error::invalid_argument("only version 1.0 of CloudEvents is spoken"));
    }
    let unless = |text: String, empty: &str| if text == empty { String::new() } else { text };
    let mut envelope = Envelope::new(topic, data)
        .id(needed(ID)?)
        .source(unless(needed(SOURCE)?, NO_SOURCE))
        .kind(unless(needed(TYPE)?, NO_TYPE))
        .key(text(KEY)?.unwrap_or_default());
    let content_type =
        headers.get(CONTENT_TYPE).map_or(Ok(""), |value| std::str::from_utf8(value.as_bytes()));
    let content_type = content_type.map_err(|_| Error::invalid_argument("content-type is not UTF-8"))?;
    envelope.content_type = content_type.to_owned();
    if let Some(time) = text(TIME)? {
        envelope.time = read_time(TIME, &time)?;
    }
    envelope.expires = text(EXPIRES)?.map(|time| read_time(EXPIRES, &time)).transpose()?;
    envelope.metadata = metadata(headers);
    envelope.trace = trace(headers);
    envelope.validate()?;
    Ok(envelope)
}

/// Reads the trace of a request. One that is malformed is none, as its rules ask.
pub(super) fn trace(headers: &HeaderMap) -> Option<TraceContext> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    TraceContext::parse(text(TRACEPARENT)?, text(TRACESTATE))
}

/// Takes the user's part out of the headers. Attributes that are not ours to read, CloudEvents' extensions, are
/// among it.
pub(super) fn metadata(headers: &HeaderMap) -> Metadata {
    let mut metadata = Metadata::from_headers(headers);
    for name in [SPEC_VERSION, ID, SOURCE, TYPE, TIME, KEY, EXPIRES, TRACEPARENT, TRACESTATE] {
        metadata.remove(name);
    }
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_comes_back() {
        let mut metadata = Metadata::new();
        metadata.insert("tenant", "acme").unwrap();
        metadata.append("tenant", "other").unwrap();
        metadata.insert_bin("token-bin", [0, 255]).unwrap();
        metadata.insert("ce-dataschema", "x").unwrap();
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let full = Envelope::new("greeter.said", "data")
            .source("größer \"als\" 100%")
            .kind("greeter.v1.Said")
            .content_type("application/json; charset=utf-8")
            .key("an n")
            .expires_in(Duration::from_secs(5))
            .trace(TraceContext::parse(trace, Some("a=b")).unwrap())
            .metadata(metadata);
        for envelope in [full, Envelope::new("a", "").content_type("")] {
            let headers = write(&envelope);
            assert!(headers.values().all(|value| value.to_str().is_ok()), "{headers:?}");
            assert_eq!(read(&envelope.topic, &headers, envelope.data.clone()).unwrap(), envelope);
        }
    }

    #[test]
    fn an_attribute_cannot_be_forged_by_metadata() {
        let mut metadata = Metadata::new();
        metadata.insert("ce-id", "forged").unwrap();
        metadata.insert("ce-partitionkey", "forged").unwrap();
        metadata.insert("traceparent", "forged").unwrap();
        let envelope = Envelope::new("a", "").metadata(metadata);
        let came = read("a", &write(&envelope), Bytes::new()).unwrap();
        assert_eq!((&came.id, came.key.as_str(), came.trace), (&envelope.id, "", None));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let headers = write(&Envelope::new("a", ""));
        for name in [SPEC_VERSION, ID, SOURCE, TYPE] {
            let mut headers = headers.clone();
            headers.remove(name);
            let error = read("a", &headers, Bytes::new()).unwrap_err();
            assert!(error.message().contains(name), "{error}");
        }
        for (name, value) in [(TIME, "noon"), (EXPIRES, ""), (SPEC_VERSION, "0.3"), (ID, "%0a")] {
            let mut headers = headers.clone();
            headers.insert(name, HeaderValue::from_static(value));
            assert!(read("a", &headers, Bytes::new()).is_err(), "{name}: {value}");
        }
    }

    #[test]
    fn queue_and_attempt_are_read_with_defaults() {
        let mut headers = HeaderMap::new();
        assert_eq!(said(&headers).unwrap(), Said { attempt: 1, ..Said::default() });
        headers.insert(QUEUE, HeaderValue::from_static("ledger"));
        headers.insert(ATTEMPT, HeaderValue::from_static("3"));
        headers.insert(TTL_MS, HeaderValue::from_static("1500"));
        let queue = Some("ledger".to_owned());
        let ttl = Some(Duration::from_millis(1500));
        assert_eq!(said(&headers).unwrap(), Said { queue, attempt: 3, redelivered: true, ttl });
        for (name, value) in [(QUEUE, "a b"), (ATTEMPT, "+1"), (ATTEMPT, "-1"), (TTL_MS, "99999999999")] {
            let mut headers = headers.clone();
            headers.insert(name, HeaderValue::from_static(value));
            assert!(said(&headers).is_err(), "{name}: {value}");
        }
    }
}
