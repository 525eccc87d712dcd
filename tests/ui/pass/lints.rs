//! Generated code gives no lint a reason, however strict a crate is.

#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications)]
#![forbid(unsafe_code)]

use micro::{Result, handler, service, subscriber};

#[micro::message]
struct Entry {
    cents: i64,
}

#[derive(Default)]
struct Ledger;

#[service]
impl Ledger {
    #[handler]
    #[deprecated]
    async fn total(&self, request: Entry) -> Result<Entry> {
        Ok(Entry { cents: request.cents })
    }

    #[subscriber(topic = "ledger.entered")]
    #[deprecated]
    async fn on_entered(&self, _: Entry) -> Result<()> {
        Ok(())
    }
}

#[subscriber(topic = "ledger.entered")]
#[deprecated]
async fn entered(_: Entry) -> Result<()> {
    Ok(())
}

// What lints say of generated code is of interest, not whether anyone uses it.
#[allow(dead_code)]
mod fields {
    use std::collections::BTreeMap;
    use std::time::SystemTime;

    #[micro::message]
    enum Volume {
        Plain,
        Loud,
        #[unknown]
        Other(i32),
    }

    #[micro::message]
    enum Listener {
        Person(String),
        Crowd(Vec<u8>),
    }

    #[micro::message(reserved(30, "old"))]
    struct Speech {
        volume: Volume,
        listener: Option<Listener>,
        #[encoding(sint)]
        numbers: Vec<i64>,
        volumes: Vec<Volume>,
        named: BTreeMap<String, Volume>,
        said: SystemTime,
        next: Option<Box<Self>>,
    }
}

#[allow(dead_code)]
mod namesakes {
    #[micro::message]
    struct Result {
        count: u32,
    }

    #[micro::message]
    enum Option {
        None,
        Some,
    }

    #[micro::message]
    enum Vec {
        Number(u32),
        Ok(Result),
    }

    #[micro::message]
    struct String {
        result: Result,
        option: Option,
        vec: std::option::Option<Vec>,
    }
}

fn main() {}
