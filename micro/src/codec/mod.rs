//! Codecs: how a message becomes the bytes of a body, by content type.
//!
//! `proto` is what messages are made of and needs no descriptor. Every other codec sees a message as a
//! [`Dynamic`] value, so a codec is written once for all messages, generated or annotated, and a codec added
//! on the builder is answered by every endpoint.
//!
//! | name | content types | features |
//! | --- | --- | --- |
//! | `proto` | `application/proto`, `application/protobuf`, `application/x-protobuf` | |
//! | `json` | `application/json` | |
//! | `bytes` | `application/bytes`, `application/octet-stream` | |
//! | `msgpack` | `application/msgpack`, `application/x-msgpack`, `application/vnd.msgpack` | `msgpack` |
//! | `cbor` | `application/cbor` | `cbor` |

mod bytes;
mod canonical;
#[cfg(feature = "cbor")]
mod cbor;
mod dynamic;
mod encoding;
mod erased;
mod json;
#[cfg(feature = "msgpack")]
mod msgpack;
mod set;
#[cfg(any(feature = "cbor", feature = "msgpack"))]
mod tree;

pub use self::bytes::BytesField;
#[cfg(feature = "cbor")]
pub use cbor::Cbor;
pub use dynamic::Dynamic;
pub use encoding::Encoding;
pub(crate) use erased::Erased;
pub use json::Json;
#[cfg(feature = "msgpack")]
pub use msgpack::MessagePack;
pub use set::Codecs;

use ::bytes::Bytes;

use crate::error::Result;
use crate::message::Descriptor;

/// Turns messages into bytes and back.
///
/// A codec named `json` is chosen by the content types `application/json`, `application/grpc+json` and
/// whatever [`content_types`](Codec::content_types) adds.
pub trait Codec: Send + Sync + 'static {
    /// Returns the name: the sub-type in `application/grpc+<name>` and `application/<name>`.
    fn name(&self) -> &'static str;

    /// Lists further content types the codec answers, in lower case and without parameters. None by default.
    fn content_types(&self) -> &'static [&'static str] {
        &[]
    }

    /// Encodes a message.
    ///
    /// # Errors
    ///
    /// `internal` when the message cannot be expressed, saying what cannot.
    fn encode(&self, message: &Dynamic) -> Result<Bytes>;

    /// Decodes a message of the described type.
    ///
    /// # Errors
    ///
    /// `invalid argument` saying where the input is wrong.
    fn decode(&self, bytes: Bytes, descriptor: &Descriptor) -> Result<Dynamic>;
}

#[cfg(test)]
mod fuzz;
