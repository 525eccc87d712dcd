//! `Vec<T>`: repeated values, and `Vec<u8>`: bytes.

use bytes::{Buf, BufMut};
use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType};

use super::{Element, Field, Plain};
use crate::message::types::Fields;

/// What a `Vec` that is a field may hold.
#[diagnostic::on_unimplemented(
    message = "`Vec<{Self}>` cannot be a field of a message",
    label = "not a field type",
    note = "a list holds scalars, String, Vec<u8>, Bytes, SystemTime, Duration, messages or enums",
    note = "a type of your own becomes one by `#[micro::message]`"
)]
pub trait Item<E = Plain>: Sized {
    /// Writes all values.
    fn encode_items<B: BufMut>(values: &[Self], number: u32, buf: &mut B);

    /// Returns how many bytes [`encode_items`](Item::encode_items) writes.
    fn items_len(values: &[Self], number: u32) -> usize;

    /// Reads one occurrence.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the bytes.
    fn merge_items<B: Buf>(
        values: &mut Vec<Self>,
        wire_type: WireType,
        buf: &mut B,
        context: DecodeContext,
    ) -> Result<(), DecodeError>;

    /// Describes the field.
    fn describe_items(fields: &mut Fields<'_>, name: &'static str, number: u32, docs: &'static str);
}

impl<T: Element<E>, E> Item<E> for T {
    fn encode_items<B: BufMut>(values: &[Self], number: u32, buf: &mut B) {
        T::encode_list(values, number, buf);
    }

    fn items_len(values: &[Self], number: u32) -> usize {
        T::list_len(values, number)
    }

    fn merge_items<B: Buf>(
        values: &mut Vec<Self>,
        wire_type: WireType,
        buf: &mut B,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        T::merge_list(values, wire_type, buf, context)
    }

    fn describe_items(fields: &mut Fields<'_>, name: &'static str, number: u32, docs: &'static str) {
        fields.repeated::<T, E>(name, number, docs);
    }
}

impl Item for u8 {
    fn encode_items<B: BufMut>(values: &[Self], number: u32, buf: &mut B) {
        if !values.is_empty() {
            prost::encoding::encode_key(number, WireType::LengthDelimited, buf);
            prost::encoding::encode_varint(values.len() as u64, buf);
            buf.put_slice(values);
        }
    }

    fn items_len(values: &[Self], number: u32) -> usize {
        if values.is_empty() {
            return 0;
        }
        let length = prost::encoding::encoded_len_varint(values.len() as u64);
        prost::encoding::key_len(number) + length + values.len()
    }

    fn merge_items<B: Buf>(
        values: &mut Vec<Self>,
        wire_type: WireType,
        buf: &mut B,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        prost::encoding::bytes::merge(wire_type, values, buf, context)
    }

    fn describe_items(fields: &mut Fields<'_>, name: &'static str, number: u32, docs: &'static str) {
        fields.singular::<Vec<u8>, Plain>(name, number, docs);
    }
}

impl<T: Item<E>, E> Field<E> for Vec<T> {
    fn empty() -> Self {
        Vec::new()
    }

    fn encode<B: BufMut>(&self, base: u32, buf: &mut B) {
        T::encode_items(self, base, buf);
    }

    fn encoded_len(&self, base: u32) -> usize {
        T::items_len(self, base)
    }

    fn merge<B: Buf>(
        &mut self,
        _: u32,
        _: u32,
        wire_type: WireType,
        buf: &mut B,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        T::merge_items(self, wire_type, buf, context)
    }

    fn describe(fields: &mut Fields<'_>, name: &'static str, base: u32, docs: &'static str) {
        T::describe_items(fields, name, base, docs);
    }
}
