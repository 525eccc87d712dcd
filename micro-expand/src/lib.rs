//! Turns a contract into Rust: the trait a service implements, the rows a router reads, the client a caller uses; and
//! subscribers into rows.
//!
//! `micro-macros` makes the [`Contract`] from annotated code, `micro-codegen` from a `.proto`; both print it here,
//! so a service looks the same whichever way it was described. Nothing here reads files, environment or spans of
//! its own: tokens in, tokens out.
//!
//! What is printed holds no behaviour. A row is a constant and a `fn` pointer, a client method is one call; all the
//! rest lives behind `micro::__private`.

mod client;
mod docs;
mod model;
mod names;
mod options;
mod rows;
mod service_trait;
mod subscriber;

pub use client::{client, client_at, client_ident};
pub use docs::{doc_attributes, signs};
pub use model::{Contract, Idempotency, Method, Topic};
pub use names::{constant, ident, ident_at, upper_camel};
pub use options::{ATTEMPTS, CONCURRENCY, OPTIONS_FILE, OPTIONS_PROTO, TOPIC_FORM, is_topic, timeout};
pub use rows::{Answer, PrintedRow, Receiver, Row, row};
pub use service_trait::{CONTRACT_CONST, ROWS_CONST, service_trait};
pub use subscriber::{Subscriber, subscriber_row};
