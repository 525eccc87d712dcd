//! The whole contract between generated code and the library. Nothing here is for people: it changes without
//! notice.

pub use bytes;
#[cfg(feature = "inventory")]
pub use inventory;
#[cfg(not(feature = "inventory"))]
pub use linkme;
pub use prost;
pub use prost_reflect;
pub use prost_types;

pub use crate::client::{Call, Caller, Target, TypedClient};
pub use crate::context::Context;
pub use crate::contract::breaking::assert::assert_compatible;
pub use crate::contract::current::assert_current;
pub use crate::contract::print::print_files;
pub use crate::error::Error;
pub use crate::layer::Request;
pub use crate::message::derive;
pub use crate::message::derive::{Field, Pool, prost_message};
pub use crate::service::Service;
pub use crate::service::entry::{Ending, Package, Start, Telemetry, main};
pub use crate::service::link::{Block, Entry, Fallback, Init, Probe, Registered, Registration};
#[cfg(feature = "inventory")]
pub use crate::service::link_inventory::Submitted;
#[cfg(not(feature = "inventory"))]
pub use crate::service::link_linkme::MICRO_REGISTRATIONS;
pub use crate::service::row::{HandlerResult, Incoming, Reply, Row};
pub use crate::service::subscriber::{FromEvent, assert_subscriber_result, event_spec};
pub use crate::spec::{Kind, Spec, Topic};
pub use crate::transfer::{Arrived, Output, Payload, Transfer, spec};
pub use crate::{__codegen_version as codegen_version, __register as register};
