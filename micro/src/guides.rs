//! Guides: how to use what the modules describe one by one.

#[doc = include_str!("../docs/events.md")]
pub mod events {}
