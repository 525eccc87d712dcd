//! Contract safety: the contract that the code has now, held against the one that callers were given.
//!
//! The baseline is a file, `proto/contract.lock`, which is committed and which nothing but a command moves. A `#[test]`
//! of the package compares:
//!
//! ```no_run
//! micro::contract::assert_compatible!();
//! ```
//!
//! It fails with one message for each [`Break`]: where, what old callers would see, how to allow it by name.
//!
//! ```no_run
//! micro::contract::assert_compatible!(allow = ["field-removed:ledger.v1.Entry.amount"]);
//! ```
//!
//! The baseline is made, and moved on with each release, by `UPDATE_CONTRACT_LOCK=1 cargo test`. It is not moved over
//! a break that nobody has allowed. A permission that allows nothing fails the test, so that it goes once the baseline
//! has moved.
//!
//! Adding is free: messages, fields, values, methods, services, and numbers and names that are reserved. So is what no
//! caller can see: the names of oneofs, whether numbers are packed, in which file a type stands, options that only
//! generators read, a promise that grows. What Google publishes (`google.*`) is not compared, nor are extensions.
//!
//! A package without services that is imported is not the contract's own: of it the types count that a field or a
//! method has, as long as one has them. So what others publish for options may change, and may go. In the same way a
//! type that a method took or answered is no break of its own when it is gone: the field or the method that had it is
//! judged, so that a field whose number and name are reserved may take its type along.

mod allow;
pub(crate) mod assert;
mod bare;
mod field;
mod index;
mod lock;
mod message;
mod oneofs;
mod origin;
mod packages;
mod report;
mod reserved;
mod rule;
mod services;
mod types;
mod values;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use prost::Message as _;
use prost_types::FileDescriptorSet;

use crate::error::{Error, Result};

#[doc(inline)]
pub use crate::__assert_compatible as assert_compatible;
pub use report::Break;
pub use rule::Rule;

use index::Index;
use origin::Origin;
use packages::Packages;

/// Compares two contracts, the old one with the new one; returns what breaks, sorted by place.
///
/// Each is an encoded `google.protobuf.FileDescriptorSet` with all that it imports, as `protoc --include_imports
/// --descriptor_set_out` and `buf build` write them.
///
/// # Errors
///
/// `invalid argument` when one of them is no descriptor set, or has a file of editions syntax, whose defaults are not
/// known here.
pub fn compare(old: &[u8], new: &[u8]) -> Result<Vec<Break>> {
    Ok(breaks(&decode(old, "old")?, &decode(new, "new")?))
}

fn decode(set: &[u8], which: &str) -> Result<FileDescriptorSet> {
    let set = FileDescriptorSet::decode(set).map_err(|error| {
        let message = format!("the {which} contract is no encoded google.protobuf.FileDescriptorSet");
        Error::invalid_argument(message).with_source(error)
    })?;
    match set.file.iter().find(|file| file.syntax() == "editions") {
        None => Ok(set),
        Some(file) => Err(Error::invalid_argument(format!(
            "{} of the {which} contract is in editions syntax, which cannot be compared; write it in proto3",
            file.name()
        ))),
    }
}

fn breaks(old: &FileDescriptorSet, new: &FileDescriptorSet) -> Vec<Break> {
    let mut breaks = Vec::new();
    let (was, is) = (Origin::of(old), Origin::of(new));
    let packages = Packages::compare((old, &was), (new, &is), &mut breaks);
    let (old, new) = (Index::of(old, &was, &packages), Index::of(new, &is, &Packages::default()));
    services::compare(&old, &new, &mut breaks);
    message::compare(&old, &new, &mut breaks);
    values::compare(&old, &new, &mut breaks);
    breaks.sort();
    breaks
}
