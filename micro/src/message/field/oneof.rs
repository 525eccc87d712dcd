//! Enums of payloads: oneofs. `Option<E>` is the usual field; a bare `E` stands at its first variant when nothing
//! arrives.

use bytes::{Buf, BufMut};
use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType};

use crate::message::types::Fields;

/// An enum of payloads, as `#[micro::message]` describes it.
pub trait Oneof: Sized {
    /// How many numbers in a row the variants take.
    const SPAN: u32;

    /// The numbers of the variants, when they have their own.
    const NUMBERS: &'static [u32];

    /// The names of the variants.
    const NAMES: &'static [&'static str];

    /// Whether [`first`](Oneof::first) comes to an end.
    const FINITE: bool;

    /// Returns the first variant at its default.
    fn first() -> Self;

    /// Writes the variant. The numbers of the variants begin with `base`.
    fn encode<B: BufMut>(&self, base: u32, buf: &mut B);

    /// Returns how many bytes [`encode`](Oneof::encode) writes.
    fn encoded_len(&self, base: u32) -> usize;

    /// Reads one variant, found under `number`. It replaces another variant.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the bytes.
    fn merge<B: Buf>(
        slot: &mut Option<Self>,
        base: u32,
        number: u32,
        wire_type: WireType,
        buf: &mut B,
        context: DecodeContext,
    ) -> Result<(), DecodeError>;

    /// Describes the variants as fields of a oneof `name`.
    fn describe(fields: &mut Fields<'_>, name: &'static str, base: u32, docs: &'static str);
}

/// Makes a field of an enum of payloads. A blanket implementation would meet that for elements.
#[doc(hidden)]
#[macro_export]
macro_rules! __micro_oneof {
    ($type:ty) => {
        impl $crate::message::derive::Optional for $type {
            const OPTION_SPAN: u32 = <Self as $crate::message::derive::Oneof>::SPAN;

            const OPTION_NUMBERS: &'static [u32] = <Self as $crate::message::derive::Oneof>::NUMBERS;

            const OPTION_NAMES: &'static [&'static str] = <Self as $crate::message::derive::Oneof>::NAMES;

            fn encode_some<B: $crate::__private::prost::bytes::BufMut>(&self, base: u32, buf: &mut B) {
                <Self as $crate::message::derive::Oneof>::encode(self, base, buf)
            }

            fn some_len(&self, base: u32) -> usize {
                <Self as $crate::message::derive::Oneof>::encoded_len(self, base)
            }

            fn merge_option<B: $crate::__private::prost::bytes::Buf>(
                slot: &mut ::core::option::Option<Self>,
                base: u32,
                number: u32,
                wire_type: $crate::__private::prost::encoding::WireType,
                buf: &mut B,
                context: $crate::__private::prost::encoding::DecodeContext,
            ) -> ::core::result::Result<(), $crate::__private::prost::DecodeError> {
                <Self as $crate::message::derive::Oneof>::merge(slot, base, number, wire_type, buf, context)
            }

            fn describe_option(
                fields: &mut $crate::message::derive::Fields<'_>,
                name: &'static str,
                base: u32,
                docs: &'static str,
            ) {
                <Self as $crate::message::derive::Oneof>::describe(fields, name, base, docs)
            }
        }

        impl $crate::message::derive::Field for $type {
            const SPAN: u32 = <Self as $crate::message::derive::Oneof>::SPAN;

            const NUMBERS: &'static [u32] = <Self as $crate::message::derive::Oneof>::NUMBERS;

            const NAMES: &'static [&'static str] = <Self as $crate::message::derive::Oneof>::NAMES;

            const FINITE: bool = <Self as $crate::message::derive::Oneof>::FINITE;

            fn empty() -> Self {
                <Self as $crate::message::derive::Oneof>::first()
            }

            fn encode<B: $crate::__private::prost::bytes::BufMut>(&self, base: u32, buf: &mut B) {
                <Self as $crate::message::derive::Oneof>::encode(self, base, buf)
            }

            fn encoded_len(&self, base: u32) -> usize {
                <Self as $crate::message::derive::Oneof>::encoded_len(self, base)
            }

            fn merge<B: $crate::__private::prost::bytes::Buf>(
                &mut self,
                base: u32,
                number: u32,
                wire_type: $crate::__private::prost::encoding::WireType,
                buf: &mut B,
                context: $crate::__private::prost::encoding::DecodeContext,
            ) -> ::core::result::Result<(), $crate::__private::prost::DecodeError> {
                let first = <Self as $crate::message::derive::Oneof>::first();
                let mut slot = ::core::option::Option::Some(::core::mem::replace(self, first));
                let result = <Self as $crate::message::derive::Oneof>::merge(
                    &mut slot, base, number, wire_type, buf, context,
                );
                if let ::core::option::Option::Some(value) = slot {
                    *self = value;
                }
                result
            }

            fn describe(
                fields: &mut $crate::message::derive::Fields<'_>,
                name: &'static str,
                base: u32,
                docs: &'static str,
            ) {
                <Self as $crate::message::derive::Oneof>::describe(fields, name, base, docs)
            }
        }
    };
}
