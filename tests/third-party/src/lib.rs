//! A crate that micro knows nothing of. It uses public items only, as anybody's would: [`Tree`] is a registry over
//! a store of paths, as ZooKeeper and etcd are; [`Journal`] a broker over a file, which keeps what it was given;
//! [`Hex`] a codec; [`SameZone`] a selector.

mod broker;
mod codec;
mod registry;
mod selector;

pub use broker::Journal;
pub use codec::Hex;
pub use registry::{Store, Tree};
pub use selector::SameZone;
