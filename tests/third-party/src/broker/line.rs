//! The lines of a journal: what happened, as JSON.

use std::time::{Duration, SystemTime};

use micro::broker::Envelope;
use micro::{Error, Metadata, Result, TraceContext};
use serde_json::{Value, json};

/// A line.
#[allow(clippy::large_enum_variant, reason = "a line is written or read, and never kept")]
pub(super) enum Line {
    /// There is a queue from here on.
    Queue { topic: String, queue: String },
    /// An event was published. Events are counted from one.
    Event(Envelope),
    /// An event does not concern a queue any more.
    Done { topic: String, queue: String, event: u64 },
}

impl Line {
    /// Writes the line, with its end.
    pub(super) fn write(&self) -> String {
        let value = match self {
            Line::Queue { topic, queue } => json!({ "topic": topic, "queue": queue }),
            Line::Event(envelope) => event(envelope),
            Line::Done { topic, queue, event } => json!({ "topic": topic, "queue": queue, "done": event }),
        };
        format!("{value}\n")
    }

    /// Reads a line, without its end.
    pub(super) fn read(line: &str) -> Result<Line> {
        let value: Value = serde_json::from_str(line).map_err(|_| broken("a line is no JSON"))?;
        let topic = text(&value, "topic")?;
        if value.get("data").is_some() {
            return read_event(topic, &value).map(Line::Event);
        }
        let queue = text(&value, "queue")?;
        Ok(match value.get("done") {
            Some(done) => {
                Line::Done { topic, queue, event: done.as_u64().ok_or_else(|| broken("done with what?"))? }
            }
            None => Line::Queue { topic, queue },
        })
    }
}

fn event(envelope: &Envelope) -> Value {
    let metadata: Vec<(&str, String)> = envelope
        .metadata
        .iter()
        .map(|(key, value)| match envelope.metadata.get_bin(key) {
            Some(bytes) => (key, hex(&bytes)),
            None => (key, value.to_owned()),
        })
        .collect();
    json!({
        "topic": envelope.topic,
        "id": envelope.id,
        "source": envelope.source,
        "kind": envelope.kind,
        "time": millis(envelope.time),
        "content_type": envelope.content_type,
        "key": envelope.key,
        "expires": envelope.expires.map(millis),
        "traceparent": envelope.trace.as_ref().map(TraceContext::traceparent),
        "tracestate": envelope.trace.as_ref().and_then(TraceContext::tracestate),
        "metadata": metadata,
        "data": hex(&envelope.data),
    })
}

fn read_event(topic: String, value: &Value) -> Result<Envelope> {
    let mut envelope = Envelope::new(topic, unhex(&text(value, "data")?)?)
        .id(text(value, "id")?)
        .source(text(value, "source")?)
        .kind(text(value, "kind")?)
        .content_type(text(value, "content_type")?)
        .key(text(value, "key")?);
    envelope.time = value["time"].as_u64().and_then(moment).ok_or_else(|| broken("an event without time"))?;
    envelope.expires = value["expires"].as_u64().and_then(moment);
    let parent = value["traceparent"].as_str();
    envelope.trace = parent.and_then(|parent| TraceContext::parse(parent, value["tracestate"].as_str()));
    let mut metadata = Metadata::new();
    for pair in value["metadata"].as_array().into_iter().flatten() {
        match (pair[0].as_str(), pair[1].as_str()) {
            (Some(key), Some(value)) if key.ends_with("-bin") => metadata.insert_bin(key, unhex(value)?)?,
            (Some(key), Some(value)) => metadata.append(key, value)?,
            _ => return Err(broken("metadata that is none")),
        }
    }
    Ok(envelope.metadata(metadata))
}

fn text(value: &Value, key: &str) -> Result<String> {
    let text = value.get(key).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| broken("a text is missing"))
}

fn broken(what: &'static str) -> Error {
    Error::data_loss(what).context("the file is no journal")
}

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn moment(millis: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16).ok_or_else(|| broken("bytes that are none"));
    text.as_bytes()
        .chunks(2)
        .map(|pair| match *pair {
            [high, low] => Ok((digit(high)? * 16 + digit(low)?) as u8),
            _ => Err(broken("half a byte")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_what_is_none_is_refused() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(unhex(&hex(&bytes)).unwrap(), bytes);
        assert!(unhex("abc").is_err() && unhex("zz").is_err());
    }

    #[test]
    fn what_is_no_line_is_refused() {
        for bad in [
            "",
            "{}",
            "[]",
            "{\"topic\":1}",
            "{\"topic\":\"a\",\"data\":\"00\"}",
            "{\"topic\":\"a\",\"queue\":\"q\",\"done\":-1}",
        ] {
            assert!(Line::read(bad).is_err(), "{bad}");
        }
        assert!(matches!(Line::read("{\"topic\":\"a\",\"queue\":\"q\"}"), Ok(Line::Queue { .. })));
    }
}
