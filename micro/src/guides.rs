//! Guides: how to use what the modules describe one by one.

#[doc = include_str!("../docs/discovery.md")]
pub mod discovery {}

#[doc = include_str!("../docs/events.md")]
pub mod events {}

#[doc = include_str!("../docs/observing.md")]
pub mod observing {}
