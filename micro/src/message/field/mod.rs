//! How a field goes over the wire, decided by its type.
//!
//! Three traits share the work. [`Element`] is one value: a scalar, an enum, a message. [`Item`] is what a `Vec` may
//! hold and [`Optional`] what an `Option` may hold; both take every element, and besides `u8` (so that `Vec<u8>` is
//! `bytes`) and oneofs. [`Field`] is the whole field of a message. All have the encoding as a parameter, because
//! `i32` alone does not tell `int32` from `sint32` and `sfixed32`.

mod collections;
pub mod enumeration;
mod key;
mod list;
mod message;
mod oneof;
mod option;
mod scalar;
mod time;

pub use enumeration::Enumeration;
pub use key::Key;
pub use list::Item;
pub use oneof::Oneof;
pub use option::Optional;

use bytes::{Buf, BufMut};
use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType};

use super::types::{FieldType, Fields, Types};

/// The usual encoding of a type.
#[derive(Clone, Copy, Debug)]
pub enum Plain {}

/// `sint32` and `sint64`: small for numbers near zero, negative ones too.
#[derive(Clone, Copy, Debug)]
pub enum Sint {}

/// `fixed32`, `fixed64`, `sfixed32` and `sfixed64`: four or eight bytes, whatever the number.
#[derive(Clone, Copy, Debug)]
pub enum Fixed {}

/// The type of a whole field, encoded as `E` says.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a message",
    label = "not a field type",
    note = "a field is bool, i32, i64, u32, u64, f32, f64, String, Vec<u8>, Bytes, SystemTime, Duration, a message, an enum or a oneof, or Option, Vec, HashMap or BTreeMap of these",
    note = "a type of your own becomes one by `#[micro::message]`",
    note = "`#[encoding(sint)]` goes with i32 and i64; `#[encoding(fixed)]` with i32, i64, u32 and u64"
)]
pub trait Field<E = Plain>: Sized {
    /// How many numbers in a row the field takes.
    const SPAN: u32 = 1;

    /// The numbers the field takes instead, when the variants of a oneof say so.
    const NUMBERS: &'static [u32] = &[];

    /// The names of the variants of a oneof, which are fields of the message; none for other fields.
    const NAMES: &'static [&'static str] = &[];

    /// Whether [`empty`](Field::empty) comes to an end: a type that holds itself bare has no value. Asking for it is
    /// what fails then, as the constant needs itself.
    const FINITE: bool = true;

    /// Makes the protobuf default.
    fn empty() -> Self;

    /// Writes the field whose first number is `base`.
    fn encode<B: BufMut>(&self, base: u32, buf: &mut B);

    /// Returns how many bytes [`encode`](Field::encode) writes.
    fn encoded_len(&self, base: u32) -> usize;

    /// Reads one occurrence, found under `number`.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the bytes.
    fn merge<B: Buf>(
        &mut self,
        base: u32,
        number: u32,
        wire_type: WireType,
        buf: &mut B,
        context: DecodeContext,
    ) -> Result<(), DecodeError>;

    /// Describes the field.
    fn describe(fields: &mut Fields<'_>, name: &'static str, base: u32, docs: &'static str);
}

/// The type of one value, encoded as `E` says.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a message",
    label = "not a field type",
    note = "a field is bool, i32, i64, u32, u64, f32, f64, String, Vec<u8>, Bytes, SystemTime, Duration, a message, an enum or a oneof, or Option, Vec, HashMap or BTreeMap of these",
    note = "a type of your own becomes one by `#[micro::message]`",
    note = "`#[encoding(sint)]` goes with i32 and i64; `#[encoding(fixed)]` with i32, i64, u32 and u64"
)]
pub trait Element<E = Plain>: Sized {
    /// Whether [`empty`](Element::empty) comes to an end, as [`Field::FINITE`].
    const FINITE: bool = true;

    /// Makes the protobuf default.
    fn empty() -> Self;

    /// Tells whether a bare field leaves the value out.
    fn is_default(&self) -> bool;

    /// Tells whether an entry of a map leaves the value out.
    fn is_default_entry(&self) -> bool {
        self.is_default()
    }

    /// Writes the value with its key.
    fn encode<B: BufMut>(&self, number: u32, buf: &mut B);

    /// Returns how many bytes [`encode`](Element::encode) writes.
    fn encoded_len(&self, number: u32) -> usize;

    /// Reads one occurrence over the value.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the bytes.
    fn merge<B: Buf>(
        &mut self,
        wire_type: WireType,
        buf: &mut B,
        context: DecodeContext,
    ) -> Result<(), DecodeError>;

    /// Names the type, adding it to `types` when it is not a scalar.
    fn field_type(types: &mut Types) -> FieldType;

    /// Writes many values. Numbers are packed.
    fn encode_list<B: BufMut>(values: &[Self], number: u32, buf: &mut B) {
        for value in values {
            value.encode(number, buf);
        }
    }

    /// Returns how many bytes [`encode_list`](Element::encode_list) writes.
    fn list_len(values: &[Self], number: u32) -> usize {
        values.iter().map(|value| value.encoded_len(number)).sum()
    }

    /// Reads one occurrence of a list: one value, or a packed run.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the bytes.
    fn merge_list<B: Buf>(
        values: &mut Vec<Self>,
        wire_type: WireType,
        buf: &mut B,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        let mut value = Self::empty();
        value.merge(wire_type, buf, context)?;
        values.push(value);
        Ok(())
    }
}

/// Implements [`Field`] for an element: left out at its default.
macro_rules! bare_field {
    ([$($generics:tt)*] $type:ty, $encoding:ty) => {
        impl<$($generics)*> $crate::message::field::Field<$encoding> for $type {
            const FINITE: bool = <Self as $crate::message::field::Element<$encoding>>::FINITE;

            fn empty() -> Self {
                <Self as $crate::message::field::Element<$encoding>>::empty()
            }

            fn encode<B: bytes::BufMut>(&self, base: u32, buf: &mut B) {
                if !<Self as $crate::message::field::Element<$encoding>>::is_default(self) {
                    <Self as $crate::message::field::Element<$encoding>>::encode(self, base, buf);
                }
            }

            fn encoded_len(&self, base: u32) -> usize {
                if <Self as $crate::message::field::Element<$encoding>>::is_default(self) {
                    0
                } else {
                    <Self as $crate::message::field::Element<$encoding>>::encoded_len(self, base)
                }
            }

            fn merge<B: bytes::Buf>(
                &mut self,
                _: u32,
                _: u32,
                wire_type: prost::encoding::WireType,
                buf: &mut B,
                context: prost::encoding::DecodeContext,
            ) -> Result<(), prost::DecodeError> {
                <Self as $crate::message::field::Element<$encoding>>::merge(self, wire_type, buf, context)
            }

            fn describe(
                fields: &mut $crate::message::types::Fields<'_>,
                name: &'static str,
                base: u32,
                docs: &'static str,
            ) {
                fields.singular::<Self, $encoding>(name, base, docs);
            }
        }
    };
}

use bare_field;

/// Tells whether the field of type `T`, whose first number is `base`, has the number `number`.
#[inline]
pub fn owns<T: Field<E>, E>(base: u32, number: u32) -> bool {
    if T::NUMBERS.is_empty() { number.wrapping_sub(base) < T::SPAN } else { T::NUMBERS.contains(&number) }
}

/// Adds to an error where it happened.
///
/// # Errors
///
/// The error of `result`.
#[inline]
pub fn at(
    message: &'static str,
    field: &'static str,
    result: Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    result.map_err(|mut error| {
        error.push(message, field);
        error
    })
}

/// Makes an error that says `why`.
// The constructor is deprecated because it was meant for prost alone; there is no other for an error of ours.
#[allow(deprecated)]
fn invalid(why: &'static str) -> DecodeError {
    DecodeError::new(why)
}
