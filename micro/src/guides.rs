//! Guides: how to use what the modules describe one by one.

#[doc = include_str!("../docs/build_errors.md")]
pub mod build_errors {}

#[doc = include_str!("../docs/contracts.md")]
pub mod contracts {}

#[doc = include_str!("../docs/discovery.md")]
pub mod discovery {}

#[doc = include_str!("../docs/events.md")]
pub mod events {}

#[doc = include_str!("../docs/observing.md")]
pub mod observing {}
