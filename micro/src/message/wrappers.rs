//! The wrapper types of protobuf (`google.protobuf.StringValue` and its kin), for methods whose whole request or
//! reply is one of them.
//!
//! Inside a message generated from a `.proto`, prost writes a wrapper as `Option<String>` and so on; a bare `String`
//! is no message, which is why a method needs these.

use bytes::Bytes;

use super::wellknown::{descriptor, well_known};
use super::{Descriptor, Message};
use crate::message::derive::DescriptorCell;

macro_rules! wrappers {
    ($($name:ident($kind:tt, $rust:ty) = $full_name:literal),* $(,)?) => {$(
        #[doc = concat!("Wraps one value: `", $full_name, "`.")]
        #[derive(Clone, PartialEq, prost::Message)]
        pub struct $name {
            /// The value.
            #[prost($kind, tag = "1")]
            pub value: $rust,
        }

        impl From<$rust> for $name {
            fn from(value: $rust) -> Self {
                $name { value }
            }
        }

        well_known! { $name = $full_name }
    )*};
}

wrappers! {
    BoolValue(bool, bool) = "google.protobuf.BoolValue",
    DoubleValue(double, f64) = "google.protobuf.DoubleValue",
    FloatValue(float, f32) = "google.protobuf.FloatValue",
    Int32Value(int32, i32) = "google.protobuf.Int32Value",
    Int64Value(int64, i64) = "google.protobuf.Int64Value",
    StringValue(string, String) = "google.protobuf.StringValue",
    UInt32Value(uint32, u32) = "google.protobuf.UInt32Value",
    UInt64Value(uint64, u64) = "google.protobuf.UInt64Value",
}

/// Wraps bytes: `google.protobuf.BytesValue`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct BytesValue {
    /// The value.
    #[prost(bytes = "bytes", tag = "1")]
    pub value: Bytes,
}

impl From<Bytes> for BytesValue {
    fn from(value: Bytes) -> Self {
        BytesValue { value }
    }
}

well_known! { BytesValue = "google.protobuf.BytesValue" }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_a_message_under_its_well_known_name() {
        assert_eq!(StringValue::descriptor().full_name(), "google.protobuf.StringValue");
        assert_eq!(BytesValue::descriptor().full_name(), "google.protobuf.BytesValue");
        assert_eq!(Int64Value::from(3).value, 3);
        assert_eq!(<() as Message>::descriptor().full_name(), "google.protobuf.Empty");
    }
}
