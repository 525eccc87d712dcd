//! The well-known types that `prost-types` has are messages as they are.

use prost_reflect::DescriptorPool;

use super::descriptor::DescriptorCell;
use super::{Descriptor, Message};

/// Returns the descriptor of the well-known type `name`.
pub(crate) fn descriptor(name: &str) -> Descriptor {
    match DescriptorPool::global().get_message_by_name(name) {
        Some(message) => Descriptor::new(message),
        None => panic!("{name} is not a well-known type"),
    }
}

macro_rules! well_known {
    ($($message:ty = $name:literal),* $(,)?) => {$(
        impl Message for $message {
            const NAME: &'static str = $name;

            fn empty() -> Self {
                Default::default()
            }

            fn descriptor() -> Descriptor {
                static CELL: DescriptorCell = DescriptorCell::new();
                CELL.get_or_make(|| descriptor($name))
            }
        }
    )*};
}

pub(super) use well_known;

well_known! {
    () = "google.protobuf.Empty",
    prost_types::Any = "google.protobuf.Any",
    prost_types::Duration = "google.protobuf.Duration",
    prost_types::FieldMask = "google.protobuf.FieldMask",
    prost_types::ListValue = "google.protobuf.ListValue",
    prost_types::Struct = "google.protobuf.Struct",
    prost_types::Timestamp = "google.protobuf.Timestamp",
    prost_types::Value = "google.protobuf.Value",
}
