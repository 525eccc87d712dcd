//! The envelope: one event as it travels, with the attributes of CloudEvents 1.0.

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::error::{Error, Result};
use crate::metadata::Metadata;
use crate::trace::TraceContext;

/// The longest name a topic or a queue may have, in bytes.
const LONGEST_NAME: usize = 255;

/// The longest attribute of an envelope, in bytes. Backends carry attributes as headers, percent-encoded: with the
/// metadata, all of them have to stay below the 16 KiB that common servers accept.
pub(crate) const LONGEST_ATTRIBUTE: usize = 512;

/// The largest metadata of an envelope, in bytes: keys, values, and what HTTP/2 counts for each pair besides (RFC 9113,
/// section 10.5.1).
pub(crate) const LARGEST_METADATA: usize = 6 << 10;
pub(crate) const METADATA_WEIGHT: usize = 32;

/// One event: its encoded message and the attributes CloudEvents 1.0 gives it
/// (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>).
///
/// Source and id together name an event: the same event delivered twice has the same pair.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Envelope {
    /// Names the event, unique for its source: 32 random hexadecimal digits by default.
    pub id: String,
    /// Names who published it: the name of a service. Empty when nobody said.
    pub source: String,
    /// The full name of the message (`type` in CloudEvents): `greeter.v1.Said`. Empty when it is not known.
    pub kind: String,
    /// The topic it is published on.
    pub topic: String,
    /// When it was published, by the clock of the publisher.
    pub time: SystemTime,
    /// How the message is encoded: `application/protobuf` by default.
    pub content_type: String,
    /// What the event is about, for backends that keep an order per key (`partitionkey` in CloudEvents). Empty
    /// for nothing.
    pub key: String,
    /// When it stops to be worth delivering.
    pub expires: Option<SystemTime>,
    /// The trace it was published in.
    pub trace: Option<TraceContext>,
    /// Whatever else travels along.
    pub metadata: Metadata,
    /// The encoded message.
    pub data: Bytes,
}

impl Envelope {
    /// Makes the envelope of an event published now, with a random id.
    pub fn new(topic: impl Into<String>, data: impl Into<Bytes>) -> Self {
        Envelope {
            id: format!("{:032x}", fastrand::u128(..)),
            source: String::new(),
            kind: String::new(),
            topic: topic.into(),
            time: SystemTime::now(),
            content_type: "application/protobuf".to_owned(),
            key: String::new(),
            expires: None,
            trace: None,
            metadata: Metadata::new(),
            data: data.into(),
        }
    }

    /// Sets the id.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Sets who publishes it.
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    /// Sets the full name of the message.
    pub fn kind(mut self, kind: impl Into<String>) -> Self {
        self.kind = kind.into();
        self
    }

    /// Sets how the message is encoded.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = content_type.into();
        self
    }

    /// Sets what the event is about.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }

    /// Sets how long the event is worth delivering, counted from its time. One past the end of time never
    /// expires.
    pub fn expires_in(mut self, age: Duration) -> Self {
        self.expires = self.time.checked_add(age);
        self
    }

    /// Sets the trace it is published in.
    pub fn trace(mut self, trace: TraceContext) -> Self {
        self.trace = Some(trace);
        self
    }

    /// Sets what else travels along.
    pub fn metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Tells how large the event is: message and attributes, in bytes.
    pub fn size(&self) -> usize {
        let texts = [&self.id, &self.source, &self.kind, &self.topic, &self.content_type, &self.key];
        let texts: usize = texts.into_iter().map(String::len).sum();
        let metadata: usize = self.metadata.iter().map(|(key, value)| key.len() + value.len()).sum();
        self.data.len() + texts + metadata
    }

    /// Returns how long the event may live from its publication, `None` for ever.
    pub fn lifetime(&self) -> Option<Duration> {
        self.expires.map(|expires| expires.duration_since(self.time).unwrap_or_default())
    }

    /// Returns how long an event that is published now may live, `None` for ever: no longer than it could when it was
    /// made, whatever the clocks say, and not at all when it is from the past.
    pub fn left(&self) -> Option<Duration> {
        let left = self.expires?.duration_since(SystemTime::now()).unwrap_or_default();
        self.lifetime().map(|lifetime| lifetime.min(left))
    }

    /// Checks what every backend relies on. [`broker::Handle::publish`](crate::broker::Handle::publish) does it
    /// for you.
    ///
    /// # Errors
    ///
    /// `invalid argument` naming the attribute and what it may hold.
    pub fn validate(&self) -> Result<()> {
        check_topic(&self.topic)?;
        if self.id.is_empty() {
            return Err(Error::invalid_argument("an event has an id; leave it to the envelope, or set one"));
        }
        let attributes = [
            ("id", &self.id),
            ("source", &self.source),
            ("type", &self.kind),
            ("content type", &self.content_type),
            ("key", &self.key),
        ];
        for (name, value) in attributes {
            // Most are plain, which is seen faster.
            let plain = || value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
            if value.len() > LONGEST_ATTRIBUTE || !plain() && value.chars().any(char::is_control) {
                return Err(Error::invalid_argument(format!(
                    "the {name} of an event is at most {LONGEST_ATTRIBUTE} bytes without control characters"
                )));
            }
        }
        let metadata = self.metadata.iter().map(|(key, value)| key.len() + value.len() + METADATA_WEIGHT);
        if metadata.sum::<usize>() > LARGEST_METADATA {
            return Err(Error::invalid_argument(format!(
                "the metadata of an event has at most {LARGEST_METADATA} bytes, with {METADATA_WEIGHT} counted for each \
                 pair besides its texts; put what is larger into the message"
            )));
        }
        Ok(())
    }
}

impl fmt::Debug for Envelope {
    /// Leaves out the message and the values of the metadata.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("topic", &self.topic)
            .field("id", &self.id)
            .field("source", &self.source)
            .field("kind", &self.kind)
            .field("content_type", &self.content_type)
            .field("key", &self.key)
            .field("bytes", &self.data.len())
            .finish_non_exhaustive()
    }
}

/// Checks the name of a topic, or of a queue: 1 to 255 of `A-Z a-z 0-9 . _ -`, in parts joined by dots of which
/// none is empty.
///
/// # Errors
///
/// `invalid argument` saying so.
pub fn check_topic(name: &str) -> Result<()> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let whole = name.split('.').all(|part| !part.is_empty());
    if name.len() > LONGEST_NAME || !name.bytes().all(fits) || !whole {
        let mut end = name.len().min(100);
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        return Err(Error::invalid_argument(format!(
            "{:?} is no name of a topic or queue: 1 to {LONGEST_NAME} of A-Z a-z 0-9 . _ -, parts joined by dots, \
             such as \"greeter.said\"",
            &name[..end]
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_parts_joined_by_dots() {
        for good in ["a", "greeter.said", "a-b_c.D.9", &"x".repeat(255)] {
            assert!(check_topic(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "a.", ".a", "a..b", "a b", "a/b", "a*", "ä", "a\0", &"x".repeat(256)] {
            let error = check_topic(bad).unwrap_err();
            assert!(error.message().contains("greeter.said") && error.message().len() < 400, "{error}");
        }
    }

    #[test]
    fn attributes_are_bounded() {
        let envelope = Envelope::new("a", "data");
        assert!(envelope.validate().is_ok());
        assert!(envelope.clone().id("").validate().is_err());
        assert!(envelope.clone().id("x".repeat(513)).validate().unwrap_err().message().contains("id"));
        assert!(envelope.clone().key("a\nb").validate().unwrap_err().message().contains("key"));
        assert!(envelope.source("s").kind("k").size() > 4 + 32);
    }

    #[test]
    fn debug_shows_neither_message_nor_metadata() {
        let mut metadata = Metadata::new();
        metadata.insert("token", "hunter2").unwrap();
        let text = format!("{:?}", Envelope::new("a", "hunter2").metadata(metadata));
        assert!(!text.contains("hunter2") && text.contains("bytes: 7"), "{text}");
    }

    #[test]
    fn a_lifetime_is_counted_from_the_publication() {
        let envelope = Envelope::new("a", "").expires_in(Duration::from_secs(5));
        assert_eq!(envelope.lifetime(), Some(Duration::from_secs(5)));
        assert_eq!(Envelope::new("a", "").expires_in(Duration::MAX).lifetime(), None);
    }
}
