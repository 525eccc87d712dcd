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
//! - What a `.proto` says of its methods by the [options of micro](#options) is enforced, and part of the embedded
//!   descriptors, from where reflection tells it.
//! - `google.api.http`, and options of package `micro` that are not listed here, are errors as long as micro does not
//!   enforce them; [`Builder::ignore_option`] leaves one to other tools. All other custom options are left to their
//!   tools anyway, and none is part of the embedded descriptors.
//!
//! # Options
//!
//! They are declared by `micro/options.proto`, which is built in: where a directory of imports has a copy, as other
//! compilers need it, that one is read. Names and values are those of the attributes' arguments, for code that comes
//! first.
//!
//! ```text
//! import "google/protobuf/empty.proto";
//! import "micro/options.proto";
//!
//! service Orders {
//!   rpc Place(Order) returns (Placed) {
//!     option idempotency_level = IDEMPOTENT;
//!     option (micro.timeout) = "2s";
//!   }
//!
//!   rpc OnShipped(Shipped) returns (google.protobuf.Empty) {
//!     option (micro.topic) = "orders.shipped";
//!     option (micro.queue) = "orders";
//!   }
//! }
//! ```
//!
//! - `micro.timeout`: how long a call may take, a stream to its last message; default no limit but the caller's. The
//!   service ends what takes longer, and the client waits as long where its caller asks for nothing else.
//! - `micro.topic`: the topic whose events the method gets. It is subscribed and not called: the client has its
//!   description and no method for it. It takes one message and returns `google.protobuf.Empty`.
//! - `micro.queue`: the queue, of which one member gets an event; by default every subscriber gets it.
//! - `micro.attempts`: how often an event is tried in all, 1 to 1000; default 5.
//! - `micro.concurrency`: how many events the subscriber works on at once, 1 to 10000; default 16.
//! - `micro.scopes` is declared, and refused until it is enforced.

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
mod stand_ins;
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
