//! One method as a node announces it.

use serde::{Deserialize, Serialize};

use crate::spec::{Idempotency, Kind, Spec};

/// Describes one method of a node, for tools and people that have no contract at hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Endpoint {
    /// The method's name: `Hello`.
    pub name: String,
    /// The path on every wire: `/greeter.v1.Say/Hello`.
    pub path: String,
    /// The contract's full name: `greeter.v1.Say`.
    pub contract: String,
    /// Which sides stream.
    #[serde(with = "kind")]
    pub kind: Kind,
    /// The full name of the request message.
    pub request: String,
    /// The full name of the reply message.
    pub reply: String,
    /// What is promised about calling twice.
    #[serde(default, with = "idempotency")]
    pub idempotency: Idempotency,
    /// The method's documentation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub docs: String,
}

impl Endpoint {
    /// Describes the method of `spec`.
    pub fn of(spec: &Spec) -> Self {
        Endpoint {
            name: spec.method.to_owned(),
            path: spec.path.to_owned(),
            contract: spec.contract.to_owned(),
            kind: spec.kind,
            request: (spec.request)().full_name().to_owned(),
            reply: (spec.reply)().full_name().to_owned(),
            idempotency: spec.idempotency,
            docs: spec.docs.to_owned(),
        }
    }

    /// Describes the unary method `name` of `contract`, of which only the messages' names are known.
    pub fn new(contract: &str, name: &str, request: impl Into<String>, reply: impl Into<String>) -> Self {
        Endpoint {
            name: name.to_owned(),
            path: format!("/{contract}/{name}"),
            contract: contract.to_owned(),
            kind: Kind::Unary,
            request: request.into(),
            reply: reply.into(),
            idempotency: Idempotency::Unknown,
            docs: String::new(),
        }
    }
}

// The words are those of `Kind::as_str`; a node with another word is from a future that has more kinds than
// HTTP can carry, so failing is right.
mod kind {
    use super::*;

    const ALL: [Kind; 4] = [Kind::Unary, Kind::ClientStreaming, Kind::ServerStreaming, Kind::Bidirectional];

    pub(super) fn serialize<S: serde::Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(kind.as_str())
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
        let word = String::deserialize(deserializer)?;
        let known = ALL.into_iter().find(|kind| kind.as_str() == word);
        known.ok_or_else(|| serde::de::Error::custom(format!("{word:?} is not a kind of method")))
    }
}

// An unknown word promises nothing that we know, which is what `Unknown` means.
mod idempotency {
    use super::*;

    pub(super) fn serialize<S: serde::Serializer>(
        value: &Idempotency,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match value {
            Idempotency::Unknown => "unknown",
            Idempotency::Readonly => "readonly",
            Idempotency::Idempotent => "idempotent",
        })
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Idempotency, D::Error> {
        Ok(match String::deserialize(deserializer)?.as_str() {
            "readonly" => Idempotency::Readonly,
            "idempotent" => Idempotency::Idempotent,
            _ => Idempotency::Unknown,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_from_json() {
        let mut endpoint = Endpoint::new("a.v1.B", "Do", "a.v1.Req", "a.v1.Rep");
        endpoint.kind = Kind::Bidirectional;
        endpoint.idempotency = Idempotency::Readonly;
        let json = serde_json::to_string(&endpoint).unwrap();
        assert!(
            json.contains(r#""kind":"bidirectional""#) && json.contains(r#""idempotency":"readonly""#),
            "{json}"
        );
        assert_eq!(serde_json::from_str::<Endpoint>(&json).unwrap(), endpoint);
    }

    #[test]
    fn unknown_promises_are_no_promises_and_unknown_kinds_are_errors() {
        let json = serde_json::to_string(&Endpoint::new("a.v1.B", "Do", "x", "y")).unwrap();
        let newer: Endpoint = serde_json::from_str(&json.replace(r#":"unknown""#, r#":"twice""#)).unwrap();
        assert_eq!(newer.idempotency, Idempotency::Unknown);
        assert!(serde_json::from_str::<Endpoint>(&json.replace("unary", "ternary")).is_err());
    }
}
