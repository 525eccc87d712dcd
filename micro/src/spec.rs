//! The one description of a method, read by router, client, registry, and every tool.

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

    /// Sets the documentation.
    pub const fn docs(mut self, docs: &'static str) -> Spec {
        self.docs = docs;
        self
    }
}
