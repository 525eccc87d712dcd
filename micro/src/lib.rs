//! **micro** builds services that find each other and call each other.
//!
//! Annotate an `impl` block, run it, and it is registered; call it by name from another process through a typed
//! client. The contract comes from a `.proto` ([contract first](macro@service)) or from the annotated code itself
//! (code first); both speak gRPC and JSON on one port.
//!
//! ```
//! use micro::prelude::*;
//!
//! #[micro::message]
//! struct TotalRequest {
//!     account: String,
//! }
//!
//! #[micro::message]
//! struct Total {
//!     cents: i64,
//! }
//!
//! #[derive(Default)]
//! struct Ledger;
//!
//! #[micro::service]
//! impl Ledger {
//!     #[micro::handler(readonly)]
//!     async fn total(&self, request: TotalRequest) -> Result<Total> {
//!         Ok(Total { cents: request.account.len() as i64 })
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! // In process, without a socket; `Service::run` is the real thing.
//! let client = micro::testing::client(micro::Service::new("ledger").handle(Ledger)).await?;
//! let total = LedgerClient::new(&client).total(TotalRequest { account: "ann".into() }).await?;
//! assert_eq!(total.cents, 3);
//! # Ok::<(), micro::Error>(()) }).unwrap();
//! ```
//!
//! Three nouns carry the rest: a [`Service`] is what a process serves, a [`Client`] calls and serves nothing, a
//! [`Context`] is one call as its handler sees it.

// The macros print paths that begin with `::micro`, inside this crate too.
extern crate self as micro;

mod address;
mod base64;
mod error;
mod metadata;
mod trace;

pub mod message;
mod spec;

pub mod codec;

mod body;
mod call;
mod event;
pub mod layer;
#[cfg(feature = "metrics")]
mod meter;
#[cfg(not(feature = "metrics"))]
mod meter_off;
#[cfg(not(feature = "metrics"))]
use meter_off as meter;
mod span;
mod stats;
mod streaming;
mod transfer;

pub mod config;
pub mod registry;
mod wire;

pub mod broker;
pub mod selector;

pub mod client;
pub mod server;

mod context;
pub mod contract;
mod debug;
mod generated;
pub mod logs;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(not(feature = "metrics"))]
mod metrics_off;
#[cfg(not(feature = "metrics"))]
use metrics_off as metrics;
#[cfg(feature = "otlp")]
pub mod otlp;
#[cfg(not(feature = "otlp"))]
mod otlp_off;
#[cfg(not(feature = "otlp"))]
use otlp_off as otlp;
pub mod service;
pub mod testing;

pub mod guides;
mod include;
pub mod prelude;

#[doc(hidden)]
pub mod __private;

pub use address::Address;
pub use body::Body;
pub use call::{CallInfo, Cancellation};
pub use client::{Call, Client, Publish};
pub use context::Context;
pub use error::{Code, Detail, Error, OptionExt, Outcome, Result, ResultExt};
pub use layer::{Layer, Next, Request, Response};
pub use message::Message;
pub use metadata::{Metadata, SharedMetadata};
pub use service::Service;
pub use spec::{Idempotency, Kind, Spec, Topic};
pub use streaming::{Sender, Streaming};
pub use trace::TraceContext;
pub use transfer::{Output, Payload, Transfer};

pub use micro_macros::{handler, init, main, message, service, subscriber};
