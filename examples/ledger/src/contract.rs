//! The committed contract and the code say the same: every method, every field, every number.
//!
//! The other side of the comparison is what `micro-codegen` makes of `proto/ledger.proto` for the caller.

use std::collections::BTreeMap;

use ledger_caller::ledger as committed;
use micro::{Message, Spec};

use crate::ledger::{AccountRequest, Balance, Entry, Imported, LedgerClient};

/// Every field of a message, one line each.
fn fields<T: Message>() -> BTreeMap<u32, String> {
    let descriptor = T::descriptor();
    let fields = descriptor.reflect().fields().map(|field| {
        let kind = match field.kind().as_message() {
            Some(message) if !field.is_map() => message.full_name().to_owned(),
            Some(entry) => format!("{:?}", entry.fields().map(|field| field.kind()).collect::<Vec<_>>()),
            None => format!("{:?}", field.kind()),
        };
        let presence = field.supports_presence();
        let (list, map) = (field.is_list(), field.is_map());
        let line = format!(
            "{} ({}): {kind} list={list} map={map} presence={presence}",
            field.name(),
            field.json_name()
        );
        (field.number(), line)
    });
    fields.collect()
}

#[track_caller]
fn assert_same<Ours: Message, Theirs: Message>() {
    assert_eq!(Ours::NAME, Theirs::NAME);
    assert_eq!(fields::<Ours>(), fields::<Theirs>(), "{}: code and proto/ledger.proto differ", Ours::NAME);
}

/// Everything a caller relies on.
fn promise(spec: &Spec) -> String {
    let (request, reply) = ((spec.request)(), (spec.reply)());
    format!("{} {:?} {:?} {request:?} {reply:?} {}", spec.path, spec.kind, spec.idempotency, spec.docs.trim())
}

#[test]
fn every_message_is_the_committed_one() {
    assert_same::<Entry, committed::Entry>();
    assert_same::<AccountRequest, committed::AccountRequest>();
    assert_same::<Balance, committed::Balance>();
    assert_same::<Imported, committed::Imported>();
}

#[test]
fn every_method_is_the_committed_one() {
    let ours = [
        LedgerClient::POST,
        LedgerClient::TOTAL,
        LedgerClient::STATEMENT,
        LedgerClient::IMPORT,
        LedgerClient::FOLLOW,
    ];
    let theirs = [
        committed::LedgerClient::POST,
        committed::LedgerClient::TOTAL,
        committed::LedgerClient::STATEMENT,
        committed::LedgerClient::IMPORT,
        committed::LedgerClient::FOLLOW,
    ];
    for (ours, theirs) in ours.into_iter().zip(theirs) {
        assert_eq!(promise(ours), promise(theirs));
    }
}
