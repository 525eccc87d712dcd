//! Numbers, `bool`, `String` and bytes.

use bytes::{Buf, BufMut, Bytes};
use prost::DecodeError;
use prost::encoding::{self, DecodeContext, WireType};
use prost_types::field_descriptor_proto::Type;

use super::{Element, Fixed, Plain, Sint, bare_field};
use crate::message::types::{FieldType, Types};

macro_rules! numbers {
    ($($type:ty, $encoding:ty => $module:ident, $kind:ident;)*) => {$(
        impl Element<$encoding> for $type {
            fn empty() -> Self {
                <$type>::default()
            }

            fn is_default(&self) -> bool {
                *self == <$type>::default()
            }

            fn encode<B: BufMut>(&self, number: u32, buf: &mut B) {
                encoding::$module::encode(number, self, buf);
            }

            fn encoded_len(&self, number: u32) -> usize {
                encoding::$module::encoded_len(number, self)
            }

            fn merge<B: Buf>(
                &mut self,
                wire_type: WireType,
                buf: &mut B,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                encoding::$module::merge(wire_type, self, buf, context)
            }

            fn field_type(_: &mut Types) -> FieldType {
                FieldType::Scalar(Type::$kind)
            }

            fn encode_list<B: BufMut>(values: &[Self], number: u32, buf: &mut B) {
                encoding::$module::encode_packed(number, values, buf);
            }

            fn list_len(values: &[Self], number: u32) -> usize {
                encoding::$module::encoded_len_packed(number, values)
            }

            fn merge_list<B: Buf>(
                values: &mut Vec<Self>,
                wire_type: WireType,
                buf: &mut B,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                encoding::$module::merge_repeated(wire_type, values, buf, context)
            }
        }

        bare_field! { [] $type, $encoding }
    )*};
}

numbers! {
    bool, Plain => bool, Bool;
    f32, Plain => float, Float;
    f64, Plain => double, Double;
    i32, Plain => int32, Int32;
    i64, Plain => int64, Int64;
    u32, Plain => uint32, Uint32;
    u64, Plain => uint64, Uint64;
    i32, Sint => sint32, Sint32;
    i64, Sint => sint64, Sint64;
    i32, Fixed => sfixed32, Sfixed32;
    i64, Fixed => sfixed64, Sfixed64;
    u32, Fixed => fixed32, Fixed32;
    u64, Fixed => fixed64, Fixed64;
}

macro_rules! texts {
    ($($type:ty => $module:ident, $kind:ident;)*) => {$(
        impl Element for $type {
            fn empty() -> Self {
                <$type>::new()
            }

            fn is_default(&self) -> bool {
                self.is_empty()
            }

            fn encode<B: BufMut>(&self, number: u32, buf: &mut B) {
                encoding::$module::encode(number, self, buf);
            }

            fn encoded_len(&self, number: u32) -> usize {
                encoding::$module::encoded_len(number, self)
            }

            fn merge<B: Buf>(
                &mut self,
                wire_type: WireType,
                buf: &mut B,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                encoding::$module::merge(wire_type, self, buf, context)
            }

            fn field_type(_: &mut Types) -> FieldType {
                FieldType::Scalar(Type::$kind)
            }
        }
    )*};
}

texts! {
    String => string, String;
    Vec<u8> => bytes, Bytes;
    Bytes => bytes, Bytes;
}

// `Vec<u8>` is a field through `Vec<T>`.
bare_field! { [] String, Plain }
bare_field! { [] Bytes, Plain }
