//! What the code of `#[micro::message]` and `micro-codegen` calls.

pub use super::Message;
pub use super::descriptor::DescriptorCell;
pub use super::field::{
    Element, Enumeration, Field, Fixed, Item, Key, Oneof, Optional, Plain, Sint, at, enumeration, owns,
};
pub use super::generated::Pool;
pub use super::numbers::{Numbers, distinct, named_once};
pub use super::types::{EnumInfo, FieldType, Fields, MessageInfo, Types};
pub use crate::{
    __micro_enumeration as implement_enumeration, __micro_oneof as implement_oneof,
    __micro_prost_message as prost_message,
};
