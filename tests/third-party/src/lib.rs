//! A crate that micro knows nothing of. It uses public items only, as anybody's would: [`Tree`] is a registry over
//! a store of paths, as ZooKeeper and etcd are; [`Hex`] a codec; [`SameZone`] a selector.

mod codec;
mod registry;
mod selector;

pub use codec::Hex;
pub use registry::{Store, Tree};
pub use selector::SameZone;
