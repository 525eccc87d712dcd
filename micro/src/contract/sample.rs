//! Annotated blocks as the link-time table holds them, for tests.

use std::collections::HashMap;
use std::future::ready;
use std::time::{Duration, SystemTime};

use crate::error::Error;
use crate::service::link::{Entry as Linked, Registration};
use crate::service::row::Row;
use crate::spec::{Kind, Spec, Topic};

/// One movement.
#[micro::message(package = "sample.v1", reserved(9, 12..=20, "old"))]
struct Entry {
    /// Whose it is.
    account: String,
    cents: i64,
    #[deprecated]
    memo: Option<String>,
    /// When it was.
    ///
    /// Absent is now.
    at: Option<SystemTime>,
    why: Option<Why>,
}

/// What it was for.
#[micro::message]
enum Why {
    /// A purchase.
    Bought(String),
    Moved(Mood),
}

#[micro::message(package = "sample.v1")]
struct Balance {
    cents: HashMap<String, i64>,
    entries: Vec<Entry>,
}

/// How one feels about it.
#[micro::message(package = "sample.v1", reserved(7))]
enum Mood {
    Calm,
    #[deprecated]
    #[tag(-1)]
    Wild,
}

/// The contract of [`LEDGER`] as it is written.
pub(super) const LEDGER_PROTO: &str = "\
// Written by micro from annotated Rust: change the code, then run its test with UPDATE_CONTRACT=1.
syntax = \"proto3\";

package sample.v1;

import \"google/protobuf/empty.proto\";
import \"google/protobuf/timestamp.proto\";

// Keeps accounts.
service Ledger {
  // Posts an entry.
  //
  // Twice is once.
  rpc Post(Entry) returns (Balance) {
    option idempotency_level = IDEMPOTENT;
  }

  rpc Follow(stream Entry) returns (stream Balance);
  rpc Ping(google.protobuf.Empty) returns (google.protobuf.Empty);

  rpc Total(google.protobuf.Empty) returns (Balance) {
    option deprecated = true;
    option idempotency_level = NO_SIDE_EFFECTS;
  }
}

// One movement.
message Entry {
  reserved 9, 12 to 20;
  reserved \"old\";

  // Whose it is.
  string account = 1;
  int64 cents = 2;
  optional string memo = 3 [deprecated = true];
  // When it was.
  //
  // Absent is now.
  google.protobuf.Timestamp at = 4;

  oneof why {
    // A purchase.
    string bought = 5;
    Mood moved = 6;
  }
}

message Balance {
  map<string, int64> cents = 1;
  repeated Entry entries = 2;
}

// How one feels about it.
enum Mood {
  reserved 7;

  MOOD_CALM = 0;
  MOOD_WILD = -1 [deprecated = true];
}
";

/// An event, which is no part of a contract.
#[micro::message(package = "heard.v1")]
struct Heard {
    text: String,
}

/// What holds a message of another package.
#[micro::message(package = "audit.v1")]
struct Line {
    entry: Entry,
}

#[micro::message(package = "orders.v1")]
struct Order {
    number: u64,
}

#[micro::message(package = "catalog.v1")]
struct Item {
    name: String,
}

mod twin {
    /// A message called as another is.
    #[micro::message(package = "sample.v1")]
    pub(super) struct Entry {
        account: String,
    }
}

const fn row<T>(spec: &'static Spec) -> Row<T> {
    Row::new(spec, |call, _| call.answer(ready(Ok::<(), Error>(()))))
}

/// Makes a block of the package `sam-ple` by its type, contract, place and methods, which are constants.
macro_rules! block {
    (
        $(#[$docs:meta])*
        $name:ident: $type:ident, $contract:expr, $place:expr, [$($spec:expr),*] $($more:tt)*
    ) => {
        struct $type;

        $(#[$docs])*
        pub(super) static $name: Linked = {
            const ROWS: &[Row<$type>] = &[$(row(const { &$spec })),*];
            &Registration::new::<$type>("sam-ple", $contract, ROWS, None, $place.0, $place.1) $($more)*
        };
    };
}

block! {
    /// A contract that is code, with a subscriber.
    LEDGER: Ledger, "sample.v1.Ledger", ("src/ledger.rs", 12), [
        Spec::new::<Entry, Balance>("/sample.v1.Ledger/Post", "sample.v1.Ledger", Kind::Unary)
            .idempotent()
            .docs("Posts an entry.\n\nTwice is once."),
        Spec::new::<Entry, Balance>("/sample.v1.Ledger/Follow", "sample.v1.Ledger", Kind::Bidirectional),
        Spec::new::<(), ()>("/sample.v1.Ledger/Ping", "sample.v1.Ledger", Kind::Unary),
        Spec::new::<(), Balance>("/sample.v1.Ledger/Total", "sample.v1.Ledger", Kind::Unary)
            .readonly()
            .deprecated(),
        Spec::new::<Heard, ()>("/sample.v1.Ledger/OnHeard", "sample.v1.Ledger", Kind::Unary)
            .topic(Topic::new("heard"))
    ].code_first("Keeps accounts.")
}

block! {
    /// Another block of the same contract.
    AGAIN: Again, "sample.v1.Ledger", ("src/again.rs", 3), [
        Spec::new::<(), ()>("/sample.v1.Ledger/Other", "sample.v1.Ledger", Kind::Unary)
    ].code_first("")
}

block! {
    /// A block of subscribers alone.
    EARS: Ears, "", ("src/ears.rs", 3), [
        Spec::new::<Heard, ()>("/sample.v1.Ears/OnHeard", "sample.v1.Ears", Kind::Unary)
            .topic(Topic::new("heard"))
    ]
}

block! {
    /// A contract that comes from a `.proto`, though none of its messages does.
    GREETER: Greeter, "greeter.v1.Say", ("src/greeter.rs", 3), [
        Spec::new::<(), ()>("/greeter.v1.Say/Hello", "greeter.v1.Say", Kind::Unary)
    ]
}

block! {
    /// A contract of another protobuf package.
    AUDIT: Audit, "audit.v1.Audit", ("src/audit.rs", 3), [
        Spec::new::<Entry, Line>("/audit.v1.Audit/Look", "audit.v1.Audit", Kind::Unary)
    ].code_first("")
}

/// The contract of [`WATCH`] as it is written.
pub(super) const WATCH_PROTO: &str = "\
// Written by micro from annotated Rust: change the code, then run its test with UPDATE_CONTRACT=1.
syntax = \"proto3\";

package watch.v1;

import \"google/protobuf/empty.proto\";
import \"micro/options.proto\";

service Watch {
  rpc Ping(google.protobuf.Empty) returns (google.protobuf.Empty) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (micro.timeout) = \"1500ms\";
  }

  rpc Follow(google.protobuf.Empty) returns (stream google.protobuf.Empty) {
    option (micro.timeout) = \"2m\";
  }

  rpc Wait(google.protobuf.Empty) returns (google.protobuf.Empty);
}
";

block! {
    /// A contract some of whose methods have timeouts.
    WATCH: Watch, "watch.v1.Watch", ("src/watch.rs", 3), [
        Spec::new::<(), ()>("/watch.v1.Watch/Ping", "watch.v1.Watch", Kind::Unary)
            .readonly()
            .timeout(Duration::from_millis(1500)),
        Spec::new::<(), ()>("/watch.v1.Watch/Follow", "watch.v1.Watch", Kind::ServerStreaming)
            .timeout(Duration::from_secs(120)),
        Spec::new::<(), ()>("/watch.v1.Watch/Wait", "watch.v1.Watch", Kind::Unary)
    ].code_first("")
}

block! {
    /// A contract that reaches the other message called `Entry`.
    TWIN: Twin, "twin.v1.Twin", ("src/twin.rs", 3), [
        Spec::new::<twin::Entry, ()>("/twin.v1.Twin/Add", "twin.v1.Twin", Kind::Unary)
    ].code_first("")
}

block! {
    /// A contract that takes a message of a package whose contract takes one of its own: [`CATALOG`].
    ORDERS: Orders, "orders.v1.Orders", ("src/orders.rs", 3), [
        Spec::new::<Item, Order>("/orders.v1.Orders/Place", "orders.v1.Orders", Kind::Unary)
    ].code_first("Takes orders.")
}

block! {
    /// The contract of the other package.
    CATALOG: Catalog, "catalog.v1.Catalog", ("src/catalog.rs", 3), [
        Spec::new::<Order, ()>("/catalog.v1.Catalog/Reserve", "catalog.v1.Catalog", Kind::Unary)
    ].code_first("")
}
