//! Messages: what travels in a call.
//!
//! A type becomes a message by [`#[micro::message]`](macro@crate::message) or by being generated from a `.proto`
//! with `micro-codegen`. Both ways in implement [`Message`]: the same wire bytes, the same JSON, the same
//! descriptor.

mod descriptor;

pub use descriptor::Descriptor;

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

    /// Makes the message with every field at its protobuf default.
    fn empty() -> Self;

    /// Describes the message: fields, types, docs.
    fn descriptor() -> Descriptor;
}
