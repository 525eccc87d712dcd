//! `Option<T>`: a value that tells "absent" from "default", or a oneof.

use bytes::{Buf, BufMut};
use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType};

use super::{Element, Field, Plain};
use crate::message::types::Fields;

/// What an `Option` that is a field may hold.
#[diagnostic::on_unimplemented(
    message = "`Option<{Self}>` cannot be a field of a message",
    label = "not a field type",
    note = "an option holds a scalar, String, Vec<u8>, Bytes, SystemTime, Duration, a message, an enum or a oneof; a list or a map is empty when it is absent",
    note = "a type of your own becomes one by `#[micro::message]`"
)]
pub trait Optional<E = Plain>: Sized {
    /// How many numbers in a row the field takes.
    const OPTION_SPAN: u32 = 1;

    /// The numbers the field takes instead, when the variants of a oneof say so.
    const OPTION_NUMBERS: &'static [u32] = &[];

    /// The names of the variants of a oneof; none for other fields.
    const OPTION_NAMES: &'static [&'static str] = &[];

    /// Writes the value.
    fn encode_some<B: BufMut>(&self, base: u32, buf: &mut B);

    /// Returns how many bytes [`encode_some`](Optional::encode_some) writes.
    fn some_len(&self, base: u32) -> usize;

    /// Reads one occurrence, found under `number`.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the bytes.
    fn merge_option<B: Buf>(
        slot: &mut Option<Self>,
        base: u32,
        number: u32,
        wire_type: WireType,
        buf: &mut B,
        context: DecodeContext,
    ) -> Result<(), DecodeError>;

    /// Describes the field.
    fn describe_option(fields: &mut Fields<'_>, name: &'static str, base: u32, docs: &'static str);
}

impl<T: Element<E>, E> Optional<E> for T {
    fn encode_some<B: BufMut>(&self, base: u32, buf: &mut B) {
        self.encode(base, buf);
    }

    fn some_len(&self, base: u32) -> usize {
        self.encoded_len(base)
    }

    fn merge_option<B: Buf>(
        slot: &mut Option<Self>,
        _: u32,
        _: u32,
        wire_type: WireType,
        buf: &mut B,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        slot.get_or_insert_with(T::empty).merge(wire_type, buf, context)
    }

    fn describe_option(fields: &mut Fields<'_>, name: &'static str, base: u32, docs: &'static str) {
        fields.optional::<T, E>(name, base, docs);
    }
}

impl<T: Optional<E>, E> Field<E> for Option<T> {
    const SPAN: u32 = T::OPTION_SPAN;

    const NUMBERS: &'static [u32] = T::OPTION_NUMBERS;

    const NAMES: &'static [&'static str] = T::OPTION_NAMES;

    fn empty() -> Self {
        None
    }

    fn encode<B: BufMut>(&self, base: u32, buf: &mut B) {
        if let Some(value) = self {
            value.encode_some(base, buf);
        }
    }

    fn encoded_len(&self, base: u32) -> usize {
        self.as_ref().map_or(0, |value| value.some_len(base))
    }

    fn merge<B: Buf>(
        &mut self,
        base: u32,
        number: u32,
        wire_type: WireType,
        buf: &mut B,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        T::merge_option(self, base, number, wire_type, buf, context)
    }

    fn describe(fields: &mut Fields<'_>, name: &'static str, base: u32, docs: &'static str) {
        T::describe_option(fields, name, base, docs);
    }
}
