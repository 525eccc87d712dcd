//! What may be the key of a map.

use std::hash::Hash;

use super::Element;

/// The key of a map: an integer, `bool` or `String`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a map in a message",
    label = "not a key type",
    note = "a key is bool, i32, i64, u32, u64 or String"
)]
pub trait Key: Element + Default + Eq + Hash + Ord {}

impl Key for bool {}
impl Key for i32 {}
impl Key for i64 {}
impl Key for u32 {}
impl Key for u64 {}
impl Key for String {}
