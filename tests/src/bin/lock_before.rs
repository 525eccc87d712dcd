//! The contract test of a package, as a process: `lock_before LOCK [PERMISSION]` holds the contract of this package
//! against the baseline LOCK. `lock_after` is the same package after a change.

use micro::prelude::*;
use proto::{Root, Rootless};

mod proto {
    ::micro::include_proto!();
}

#[micro::message(package = "store.v1")]
struct Thing {
    name: String,
    cents: i64,
}

#[derive(Default)]
struct Store;

/// Code first.
#[micro::service(package = "store.v1")]
impl Store {
    #[micro::handler(readonly)]
    async fn find(&self, request: Thing) -> Result<Thing> {
        Ok(request)
    }
}

/// Contract first.
#[micro::service]
impl Root for Store {
    async fn same(&self, _ctx: &Context, request: Rootless) -> Result<Rootless> {
        Ok(request)
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [lock] => micro::contract::assert_compatible!(lock),
        [lock, permission] => micro::contract::assert_compatible!(lock, allow = [permission.as_str()]),
        _ => panic!("usage: lock_before LOCK [PERMISSION]"),
    }
}
