//! The committed contract and the code say the same: every method, every message they reach, every field and number.
//!
//! The other side of the comparison is what `micro-codegen` makes of `proto/ledger.proto` for the caller. Nothing is
//! listed here, so a method or a message that is new on one side is a difference.

use std::collections::BTreeMap;

use ledger_caller::ledger as committed;
use micro::Spec;
use micro::client::TypedClient;
use prost_reflect::{EnumDescriptor, Kind, MessageDescriptor};

use crate::ledger::LedgerClient;

/// What callers rely on, by name: a line a method, a field, a value.
#[derive(Default)]
struct Contract(BTreeMap<String, String>);

impl Contract {
    fn of<C: TypedClient>() -> Contract {
        let mut contract = Contract::default();
        for spec in C::METHODS {
            contract.method(spec);
        }
        contract
    }

    fn method(&mut self, spec: &Spec) {
        let (request, reply) = ((spec.request)(), (spec.reply)());
        let (from, to, docs) = (request.full_name(), reply.full_name(), spec.docs.trim());
        let line = format!("{:?} {:?} {from} -> {to}: {docs}", spec.kind, spec.idempotency);
        self.0.insert(spec.path.to_owned(), line);
        self.message(request.reflect());
        self.message(reply.reflect());
    }

    fn message(&mut self, message: &MessageDescriptor) {
        // Known already: messages may contain themselves.
        if self.0.insert(message.full_name().to_owned(), "message".to_owned()).is_some() {
            return;
        }
        for field in message.fields() {
            let oneof = field.containing_oneof().map(|oneof| oneof.name().to_owned());
            let shape = (field.cardinality(), field.is_packed(), field.supports_presence(), oneof);
            let line = format!("{} ({}): {:?} {shape:?}", field.number(), field.json_name(), field.kind());
            self.0.insert(field.full_name().to_owned(), line);
            match field.kind() {
                Kind::Message(message) => self.message(&message),
                Kind::Enum(values) => self.values(&values),
                _ => {}
            }
        }
    }

    fn values(&mut self, values: &EnumDescriptor) {
        for value in values.values() {
            self.0.insert(format!("{}.{}", values.full_name(), value.name()), value.number().to_string());
        }
    }
}

#[test]
fn the_code_says_what_is_committed() {
    let (ours, theirs) = (Contract::of::<LedgerClient>(), Contract::of::<committed::LedgerClient>());
    assert!(ours.0.len() > LedgerClient::METHODS.len());
    let differs = |name: &&String| ours.0.get(*name) != theirs.0.get(*name);
    let differences: Vec<String> = ours
        .0
        .keys()
        .chain(theirs.0.keys())
        .filter(differs)
        .map(|name| {
            format!("{name}\n  code:      {:?}\n  committed: {:?}", ours.0.get(name), theirs.0.get(name))
        })
        .collect();
    assert!(differences.is_empty(), "bring proto/ledger.proto up to the code:\n{}", differences.join("\n"));
}
