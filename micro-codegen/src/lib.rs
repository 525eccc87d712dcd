//! Makes Rust from `.proto` files for [micro](https://docs.rs/micro): messages, one trait and one typed client a
//! service. No `protoc` is needed.
//!
//! ```no_run
//! // In `main` of build.rs:
//! micro_codegen::compile(["proto/greeter.proto"]).unwrap();
//! ```
//!
//! The code is one tree of modules, one module a part of a package's name, and stands wherever the crate says
//! `micro::include_proto!()`:
//!
//! ```text
//! mod proto { micro::include_proto!(); }
//! use proto::greeter::v1::{HelloRequest, Say, SayClient};
//! ```
//!
//! The library does the work; `build.rs` and the plugin `protoc-gen-micro` are thin fronts with the same output.
//!
//! - Imported files are generated too, so one tree is complete. Well-known types come from `prost-types`, the
//!   wrappers (`StringValue`, …) as method messages from `micro::message::wrappers`, `Empty` is `()`.
//! - Comments become documentation, `idempotency_level` and `deprecated` are carried over.
//! - The client's method for `New` or `Named` is `new_` or `named_`: every client has functions of those names.
//! - `google.api.http` and the options of package `micro` are errors as long as micro does not enforce them;
//!   [`Builder::ignore_option`] leaves one to other tools. All other custom options are left to their tools anyway.
//!   None is part of the embedded descriptors.

mod builder;
mod check;
mod committed;
mod compact;
mod descriptors;
mod docs;
mod error;
mod messages;
mod names;
mod options;
mod plugin;
mod services;
mod source;
#[cfg(feature = "tonic")]
mod tonic;
#[cfg(not(feature = "tonic"))]
mod tonic_off;
#[cfg(not(feature = "tonic"))]
use tonic_off as tonic;
mod tree;
mod wellknown;
mod write;

pub use builder::Builder;
pub use error::Error;
pub use plugin::respond;

use std::path::Path;

/// A result whose error shows file, line and caret.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Compiles `.proto` files for `micro::include_proto!()`. To be called in `build.rs`, once.
///
/// Paths are relative to the package. Imports are found as [`Builder::include`] says.
///
/// # Errors
///
/// Whatever is wrong with the files, with file, line and caret; files that cannot be read or written. Its
/// `Debug` is made for `.unwrap()`.
pub fn compile(files: impl IntoIterator<Item = impl AsRef<Path>>) -> Result<()> {
    files.into_iter().fold(builder(), Builder::file).compile()
}

/// Starts a build with options.
///
/// ```no_run
/// micro_codegen::builder().file("api/greeter/v1/greeter.proto").include("api").compile().unwrap();
/// ```
pub fn builder() -> Builder {
    Builder::new()
}
