//! The one description of a method, read by router, client, registry, and every tool.

use std::time::Duration;

use crate::message::{Descriptor, Message};

/// Which sides of a call stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One request, one reply.
    Unary,
    /// Many requests, one reply.
    ClientStreaming,
    /// One request, many replies.
    ServerStreaming,
    /// Many requests, many replies.
    Bidirectional,
}

impl Kind {
    /// Returns the kind of a method by which side streams.
    pub const fn of(client_streams: bool, server_streams: bool) -> Kind {
        match (client_streams, server_streams) {
            (false, false) => Kind::Unary,
            (true, false) => Kind::ClientStreaming,
            (false, true) => Kind::ServerStreaming,
            (true, true) => Kind::Bidirectional,
        }
    }

    /// Tells whether the caller sends many messages.
    pub const fn client_streams(self) -> bool {
        matches!(self, Kind::ClientStreaming | Kind::Bidirectional)
    }

    /// Tells whether the service sends many messages.
    pub const fn server_streams(self) -> bool {
        matches!(self, Kind::ServerStreaming | Kind::Bidirectional)
    }

    /// Returns `unary`, `client_streaming`, `server_streaming` or `bidirectional`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Unary => "unary",
            Kind::ClientStreaming => "client_streaming",
            Kind::ServerStreaming => "server_streaming",
            Kind::Bidirectional => "bidirectional",
        }
    }
}

/// What a method promises about being called twice (`idempotency_level` in a `.proto`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Idempotency {
    /// Nothing is promised. The default.
    #[default]
    Unknown,
    /// The method changes nothing (`NO_SIDE_EFFECTS`).
    Readonly,
    /// Calling twice has the effect of calling once (`IDEMPOTENT`).
    Idempotent,
}

/// What a subscriber is subscribed to, and how it is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Topic {
    /// The topic: `greeter.said`.
    pub topic: &'static str,
    /// The queue, of which one member gets an event; empty where every subscriber gets it.
    pub queue: &'static str,
    /// How often an event is tried in all. 5 by default.
    pub attempts: u32,
    /// How many events the subscriber works on at once. 16 by default.
    pub concurrency: usize,
}

impl Topic {
    /// Subscribes to a topic, with the defaults.
    ///
    /// A name that cannot be a topic's does not compile in constant data.
    #[track_caller]
    pub const fn new(topic: &'static str) -> Topic {
        assert!(is_topic(topic), "a topic is 1 to 255 of A-Z a-z 0-9 . _ -, in parts joined by dots");
        Topic { topic, queue: "", attempts: 5, concurrency: 16 }
    }

    /// Becomes a member of a queue.
    #[track_caller]
    pub const fn queue(mut self, queue: &'static str) -> Topic {
        assert!(is_topic(queue), "a queue is 1 to 255 of A-Z a-z 0-9 . _ -, in parts joined by dots");
        self.queue = queue;
        self
    }

    /// Sets how often an event is tried in all.
    pub const fn attempts(mut self, attempts: u32) -> Topic {
        assert!(attempts > 0, "an event is tried at least once");
        self.attempts = attempts;
        self
    }

    /// Sets how many events the subscriber works on at once.
    pub const fn concurrency(mut self, events: usize) -> Topic {
        assert!(events > 0, "a subscriber works on one event at least");
        self.concurrency = events;
        self
    }
}

/// Tells whether a text can be the name of a topic; `event::check_topic` says the same with reasons.
const fn is_topic(name: &str) -> bool {
    let bytes = name.as_bytes();
    let (mut index, mut part) = (0, 0);
    while index < bytes.len() {
        match bytes[index] {
            b'.' if part == 0 => return false,
            b'.' => part = 0,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' => part += 1,
            _ => return false,
        }
        index += 1;
    }
    part > 0 && bytes.len() <= 255
}

/// Describes one method. Made by the macros and the generator, one a method, in constant data.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Spec {
    /// The path on every wire: `/greeter.v1.Say/Hello`.
    pub path: &'static str,
    /// The contract's full name: `greeter.v1.Say`.
    pub contract: &'static str,
    /// The method's name: `Hello`.
    pub method: &'static str,
    /// Which sides stream.
    pub kind: Kind,
    /// What is promised about calling twice.
    pub idempotency: Idempotency,
    /// The method's documentation, as written at its definition.
    pub docs: &'static str,
    /// Whether callers are asked to call something else.
    pub deprecated: bool,
    /// How long a call may take, a stream to its last message. `None` where only callers say.
    pub timeout: Option<Duration>,
    /// What the method is subscribed to; `None` for one that is called.
    pub topic: Option<Topic>,
    /// Describes the request message.
    pub request: fn() -> Descriptor,
    /// Describes the reply message.
    pub reply: fn() -> Descriptor,
}

impl Spec {
    /// Describes the method `path` of `contract`, from `Req` to `Rep`.
    ///
    /// `path` must be `/<contract>/<method>`; anything else does not compile in constant data.
    pub const fn new<Req: Message, Rep: Message>(
        path: &'static str,
        contract: &'static str,
        kind: Kind,
    ) -> Spec {
        let (_, method) = path.split_at(contract.len() + 2);
        assert!(path.as_bytes()[0] == b'/' && path.as_bytes()[contract.len() + 1] == b'/');
        Spec {
            path,
            contract,
            method,
            kind,
            idempotency: Idempotency::Unknown,
            docs: "",
            deprecated: false,
            timeout: None,
            topic: None,
            request: Req::descriptor,
            reply: Rep::descriptor,
        }
    }

    /// Promises that the method changes nothing.
    pub const fn readonly(mut self) -> Spec {
        self.idempotency = Idempotency::Readonly;
        self
    }

    /// Promises that calling twice has the effect of calling once.
    pub const fn idempotent(mut self) -> Spec {
        self.idempotency = Idempotency::Idempotent;
        self
    }

    /// Asks callers to call something else.
    pub const fn deprecated(mut self) -> Spec {
        self.deprecated = true;
        self
    }

    /// Limits how long a call may take, a stream to its last message. The service ends what takes longer; callers
    /// that ask for nothing wait as long.
    ///
    /// A timeout of zero does not compile in constant data: no call could be in time.
    #[track_caller]
    pub const fn timeout(mut self, timeout: Duration) -> Spec {
        assert!(!timeout.is_zero(), "a call takes some time");
        self.timeout = Some(timeout);
        self
    }

    /// Makes the method one that gets events in place of calls.
    pub const fn topic(mut self, topic: Topic) -> Spec {
        self.topic = Some(topic);
        self
    }

    /// Sets the documentation.
    pub const fn docs(mut self, docs: &'static str) -> Spec {
        self.docs = docs;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::event::check_topic;

    #[test]
    fn constant_data_and_run_time_agree_on_topics() {
        let long = "x".repeat(255);
        let longer = "x".repeat(256);
        for name in ["", ".", "a", "a.b", "a.", ".a", "a..b", "a b", "a-b_c.9", "ä", "a/b", &long, &longer] {
            assert_eq!(is_topic(name), check_topic(name).is_ok(), "{name}");
        }
    }
}
