//! Messages: what travels in a call.
//!
//! A type becomes a message by [`#[micro::message]`](macro@crate::message) or by being generated from a `.proto`
//! with `micro-codegen`. Both ways in implement [`Message`]: the same wire bytes, the same JSON, the same
//! descriptor. The well-known types of `prost-types` are messages too, and [`wrappers`] holds the rest of them.
//!
//! # Fields
//!
//! What a field is follows from its type, so aliases work:
//!
//! | Rust | protobuf |
//! | --- | --- |
//! | `bool`, `f32`, `f64`, `String` | `bool`, `float`, `double`, `string` |
//! | `i32`, `i64`, `u32`, `u64` | `int32`, `int64`, `uint32`, `uint64` |
//! | the same with `#[encoding(sint)]` | `sint32`, `sint64` |
//! | the same with `#[encoding(fixed)]` | `sfixed32`, `sfixed64`, `fixed32`, `fixed64` |
//! | `Vec<u8>`, `bytes::Bytes` | `bytes` |
//! | `Vec<T>` | `repeated`, numbers packed |
//! | `Option<T>` | `optional`; of a message: present or not |
//! | `HashMap<K, V>`, `BTreeMap<K, V>` | `map<K, V>`; an encoding applies to the values |
//! | an enum of units | an open enum, first of all the variant numbered 0 |
//! | `Option<E>` or `E`, an enum of payloads | `oneof` |
//! | a message `T`, `Box<T>` | a message |
//! | `SystemTime`, `Duration` | `google.protobuf.Timestamp`, `google.protobuf.Duration` |
//!
//! A bare message, time or oneof is always sent, like a `required` one of prost, and is at its default when it does
//! not arrive; `Option` tells the two apart. A type that contains itself does so through `Option<Box<T>>`, `Vec<T>`
//! or a map; one that needs itself to be made does not compile.
//!
//! An entry of a map leaves out a value that has no bytes. A message that holds a bare one always has some, so it is
//! sent where prost, which compares with the default, leaves it out; either reads what the other writes.
//!
//! Names follow the declaration: a field keeps its own, a variant `DarkRed` is `dark_red` in a oneof and
//! `COLOR_DARK_RED` in an enumeration `Color`. The variants of a oneof are fields of the message, so none may be called
//! as another field is. What is reserved by `reserved("…")` on an enumeration is the whole name of a value.
//!
//! A number that no variant has is read as the variant numbered 0, unless a variant marked
//! `#[unknown] Other(i32)` catches it; then it is kept and sent on unchanged.

#[doc(hidden)]
pub mod derive;
mod descriptor;
mod field;
mod fields;
mod generated;
mod numbers;
pub(crate) mod options;
mod places;
mod types;
mod wellknown;
pub mod wrappers;

pub use descriptor::Descriptor;
pub(crate) use places::Place;

use types::Types;

/// A protobuf message: its encoding, its name and its descriptor.
///
/// Implemented by [`#[micro::message]`](macro@crate::message) and by `micro-codegen`, never by hand. The
/// encoding itself is `prost::Message`, so any prost tool works on a message too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "not a message",
    note = "write `#[micro::message]` on `{Self}`, or generate it from a .proto with micro-codegen"
)]
pub trait Message: prost::Message + Sized + 'static {
    /// The full protobuf name, such as `greeter.v1.HelloRequest`.
    const NAME: &'static str;

    /// Whether [`empty`](Message::empty) comes to an end. `#[micro::message]` asks for it where the type is made.
    #[doc(hidden)]
    const FINITE: bool = true;

    /// Makes the message with every field at its protobuf default.
    fn empty() -> Self;

    /// Describes the message: fields, types, docs.
    fn descriptor() -> Descriptor;

    /// Adds the message, and the types its fields refer to, to `types`.
    #[doc(hidden)]
    fn register(types: &mut Types) {
        types.add_described(&Self::descriptor());
    }
}

impl<T: Message> Message for Box<T> {
    const NAME: &'static str = T::NAME;

    const FINITE: bool = T::FINITE;

    fn empty() -> Self {
        Box::new(T::empty())
    }

    fn descriptor() -> Descriptor {
        T::descriptor()
    }

    fn register(types: &mut Types) {
        T::register(types);
    }
}

#[cfg(test)]
mod fuzz;
