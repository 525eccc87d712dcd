//! Enums of units: open enums, sent as `int32`.

use bytes::{Buf, BufMut};
use prost::DecodeError;
use prost::encoding::{self, DecodeContext, WireType};

use crate::message::types::{FieldType, Types};

/// An enum of units, as `#[micro::message]` describes it.
pub trait Enumeration: Sized + 'static {
    /// The full protobuf name.
    const NAME: &'static str;

    /// Returns the variant numbered 0.
    fn zero() -> Self;

    /// Returns the variant's number.
    fn number(&self) -> i32;

    /// Returns the variant of `number`; for a number that none has, the one that catches it, else that of 0.
    fn from_number(number: i32) -> Self;

    /// Adds the enum to `types`.
    fn register(types: &mut Types);
}

/// Writes one value.
pub fn encode<T: Enumeration, B: BufMut>(value: &T, number: u32, buf: &mut B) {
    encoding::int32::encode(number, &value.number(), buf);
}

/// Returns how many bytes [`encode`] writes.
pub fn encoded_len<T: Enumeration>(value: &T, number: u32) -> usize {
    encoding::int32::encoded_len(number, &value.number())
}

/// Reads one value.
///
/// # Errors
///
/// Whatever is wrong with the bytes.
pub fn merge<T: Enumeration, B: Buf>(
    value: &mut T,
    wire_type: WireType,
    buf: &mut B,
    context: DecodeContext,
) -> Result<(), DecodeError> {
    let mut number = 0;
    encoding::int32::merge(wire_type, &mut number, buf, context)?;
    *value = T::from_number(number);
    Ok(())
}

/// Writes a packed run of values.
pub fn encode_list<T: Enumeration, B: BufMut>(values: &[T], number: u32, buf: &mut B) {
    let numbers: Vec<i32> = values.iter().map(T::number).collect();
    encoding::int32::encode_packed(number, &numbers, buf);
}

/// Returns how many bytes [`encode_list`] writes.
pub fn list_len<T: Enumeration>(values: &[T], number: u32) -> usize {
    if values.is_empty() {
        return 0;
    }
    // The sign extends a negative number to ten bytes, as for every `int32`.
    let length = |value: &T| encoding::encoded_len_varint(i64::from(value.number()) as u64);
    let length: usize = values.iter().map(length).sum();
    encoding::key_len(number) + encoding::encoded_len_varint(length as u64) + length
}

/// Reads one occurrence of a list: one value, or a packed run.
///
/// # Errors
///
/// Whatever is wrong with the bytes.
pub fn merge_list<T: Enumeration, B: Buf>(
    values: &mut Vec<T>,
    wire_type: WireType,
    buf: &mut B,
    context: DecodeContext,
) -> Result<(), DecodeError> {
    let mut numbers = Vec::new();
    encoding::int32::merge_repeated(wire_type, &mut numbers, buf, context)?;
    values.extend(numbers.into_iter().map(T::from_number));
    Ok(())
}

/// Names the type.
pub fn field_type<T: Enumeration>(types: &mut Types) -> FieldType {
    T::register(types);
    FieldType::Enum(T::NAME)
}

/// Makes a field of an enum of units. A blanket implementation would meet that for messages.
#[doc(hidden)]
#[macro_export]
macro_rules! __micro_enumeration {
    ($type:ty) => {
        impl $crate::message::derive::Element for $type {
            fn empty() -> Self {
                <Self as $crate::message::derive::Enumeration>::zero()
            }

            fn is_default(&self) -> bool {
                <Self as $crate::message::derive::Enumeration>::number(self) == 0
            }

            fn encode<B: $crate::__private::prost::bytes::BufMut>(&self, number: u32, buf: &mut B) {
                $crate::message::derive::enumeration::encode(self, number, buf)
            }

            fn encoded_len(&self, number: u32) -> usize {
                $crate::message::derive::enumeration::encoded_len(self, number)
            }

            fn merge<B: $crate::__private::prost::bytes::Buf>(
                &mut self,
                wire_type: $crate::__private::prost::encoding::WireType,
                buf: &mut B,
                context: $crate::__private::prost::encoding::DecodeContext,
            ) -> ::core::result::Result<(), $crate::__private::prost::DecodeError> {
                $crate::message::derive::enumeration::merge(self, wire_type, buf, context)
            }

            fn field_type(types: &mut $crate::message::derive::Types) -> $crate::message::derive::FieldType {
                $crate::message::derive::enumeration::field_type::<Self>(types)
            }

            fn encode_list<B: $crate::__private::prost::bytes::BufMut>(
                values: &[Self],
                number: u32,
                buf: &mut B,
            ) {
                $crate::message::derive::enumeration::encode_list(values, number, buf)
            }

            fn list_len(values: &[Self], number: u32) -> usize {
                $crate::message::derive::enumeration::list_len(values, number)
            }

            fn merge_list<B: $crate::__private::prost::bytes::Buf>(
                values: &mut ::std::vec::Vec<Self>,
                wire_type: $crate::__private::prost::encoding::WireType,
                buf: &mut B,
                context: $crate::__private::prost::encoding::DecodeContext,
            ) -> ::core::result::Result<(), $crate::__private::prost::DecodeError> {
                $crate::message::derive::enumeration::merge_list(values, wire_type, buf, context)
            }
        }

        impl $crate::message::derive::Field for $type {
            fn empty() -> Self {
                <Self as $crate::message::derive::Enumeration>::zero()
            }

            fn encode<B: $crate::__private::prost::bytes::BufMut>(&self, base: u32, buf: &mut B) {
                if <Self as $crate::message::derive::Enumeration>::number(self) != 0 {
                    $crate::message::derive::enumeration::encode(self, base, buf)
                }
            }

            fn encoded_len(&self, base: u32) -> usize {
                if <Self as $crate::message::derive::Enumeration>::number(self) == 0 {
                    0
                } else {
                    $crate::message::derive::enumeration::encoded_len(self, base)
                }
            }

            fn merge<B: $crate::__private::prost::bytes::Buf>(
                &mut self,
                _: u32,
                _: u32,
                wire_type: $crate::__private::prost::encoding::WireType,
                buf: &mut B,
                context: $crate::__private::prost::encoding::DecodeContext,
            ) -> ::core::result::Result<(), $crate::__private::prost::DecodeError> {
                $crate::message::derive::enumeration::merge(self, wire_type, buf, context)
            }

            fn describe(
                fields: &mut $crate::message::derive::Fields<'_>,
                name: &'static str,
                base: u32,
                docs: &'static str,
            ) {
                fields.singular::<Self, $crate::message::derive::Plain>(name, base, docs)
            }
        }
    };
}
