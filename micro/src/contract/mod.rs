//! Contracts as protobuf describes them: what callers in other languages compile, and what keeps it true.
//!
//! A contract that was generated from a `.proto` keeps the file it came from, byte for byte, with its comments and
//! options. A contract that is code gets a file made for it, one a protobuf package, which holds its services and every
//! message they reach. That file is committed beside the code, and a test of the package holds the two together:
//!
//! ```text
//! #[test]
//! fn the_contract_is_current() {
//!     micro::contract::assert_current!();
//! }
//! ```
//!
//! `cargo run -- --describe` prints the same text without a test.

pub mod breaking;
pub(crate) mod current;
mod describe;
mod linked;
mod merge;
mod options;
mod paths;
pub(crate) mod print;
mod service;
mod set;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

/// Asserts, in a test, that the committed contracts of the package say what its code says.
///
/// The code is what is annotated in the calling package and linked into the test: every
/// [`#[micro::service]`](macro@crate::service) block with handlers, and the messages these reach. It is compared with
/// `proto/<package>.proto`, one file a protobuf package: `proto/ledger.v1.proto`. `assert_current!("contracts")` names
/// another directory, `assert_current!("api/ledger.proto")` the file where there is one package. Packages whose services
/// take messages of one another have their services in files of their own, `proto/<package>-services.proto`, as files
/// cannot import one another in a circle. Where a method has a `timeout`, its contract imports `micro/options.proto`, and
/// that file stands below the same directory, so that other teams can compile the contract with nothing else at hand.
///
/// **Nothing is written** unless the environment says `UPDATE_CONTRACT=1`; then a file that differs is replaced at once
/// and as a whole, provided that it is one of ours, by its first line. Neither a build nor `cargo package` writes.
///
/// Left alone are contracts that come from a `.proto`, which is their source: a package that has no others passes.
/// Subscribers are no part of a contract. A service whose type has parameters is in no table, so it is not seen.
///
/// # Panics
///
/// When a file is missing or says something else, with the difference and the command that writes it; also
///
/// - when a file of ours in the directory is of no package of the code any more, as after a package was renamed. It is
///   for you to delete. Of a directory outside of the package nothing is said;
/// - when a field or a value has another number than in the committed file, with the `#[tag(n)]` to write. Such a file
///   is not written either: whoever calls by the old number would be misread;
/// - when two types, or two blocks, have one name, with both places;
/// - when nothing annotated of the package is linked, as a test that compares nothing would prove nothing;
/// - when a file cannot be read or written.
#[doc(inline)]
pub use crate::__assert_current as assert_current;
#[doc(inline)]
pub use breaking::assert_compatible;
pub use describe::describe;

pub(crate) use set::descriptor_set;

#[doc(hidden)]
#[macro_export]
macro_rules! __assert_current {
    () => {
        $crate::__assert_current!("proto")
    };
    ($place:expr $(,)?) => {
        $crate::__private::assert_current(
            ::core::env!("CARGO_PKG_NAME"),
            ::core::env!("CARGO_MANIFEST_DIR"),
            $place,
        )
    };
}

/// Names the file that the annotated types of a package are described in, and its contracts with them.
fn file_name(package: &str) -> String {
    // What `message` calls the files it makes.
    match package {
        "" => "micro/package.proto".to_owned(),
        package => format!("micro/{package}.proto"),
    }
}

/// Names the file that the services of a package are in where they cannot be in that of its types. No package has a
/// hyphen in its name, so none has a file of this name.
fn services_file_name(package: &str) -> String {
    match package {
        "" => "micro/package-services.proto".to_owned(),
        package => format!("micro/{package}-services.proto"),
    }
}

/// Splits a full name into package and name.
fn split(full_name: &str) -> (&str, &str) {
    full_name.rsplit_once('.').unwrap_or(("", full_name))
}
