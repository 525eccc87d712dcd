//! Generated code gives no lint a reason, however strict a crate is.

#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications)]
#![forbid(unsafe_code)]

use micro::{Result, handler, service};

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
}

fn main() {}
