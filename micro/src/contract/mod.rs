//! Contracts as protobuf describes them: from the `Spec`s of methods to files of descriptors.
//!
//! A contract that was generated from a `.proto` keeps the file it came from, byte for byte, with its comments and
//! options. A contract that is code gets a file made for it, one a package, which holds its messages and itself. The
//! result is closed: every type that is named is in it, every name once.

mod merge;
mod service;
mod set;

#[cfg(test)]
mod tests;

pub(crate) use set::descriptor_set;

/// Names the file that the annotated types of a package are described in, and its contracts with them.
fn file_name(package: &str) -> String {
    // What `message` calls the files it makes.
    match package {
        "" => "micro/package.proto".to_owned(),
        package => format!("micro/{package}.proto"),
    }
}

/// Splits a full name into package and name.
fn split(full_name: &str) -> (&str, &str) {
    full_name.rsplit_once('.').unwrap_or(("", full_name))
}
