//! A message without its type. The loops that encode and decode are compiled once with it, and not again for each
//! message, of which a large service has hundreds.

use ::bytes::Bytes;
use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType, decode_key};

use crate::message::{Descriptor, Message};

/// What encodings need of a message.
pub(crate) trait Erased {
    fn name(&self) -> &'static str;

    fn descriptor(&self) -> Descriptor;

    fn length(&self) -> usize;

    fn append(&self, buffer: &mut Vec<u8>);

    fn merge_one(
        &mut self,
        number: u32,
        wire_type: WireType,
        buffer: &mut Bytes,
        context: DecodeContext,
    ) -> Result<(), DecodeError>;
}

impl<T: Message> Erased for T {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn descriptor(&self) -> Descriptor {
        T::descriptor()
    }

    fn length(&self) -> usize {
        self.encoded_len()
    }

    fn append(&self, buffer: &mut Vec<u8>) {
        self.encode_raw(buffer);
    }

    fn merge_one(
        &mut self,
        number: u32,
        wire_type: WireType,
        buffer: &mut Bytes,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        self.merge_field(number, wire_type, buffer, context)
    }
}

/// Encodes a message as protobuf.
pub(super) fn to_proto(message: &dyn Erased) -> Vec<u8> {
    let mut buffer = Vec::with_capacity(message.length());
    message.append(&mut buffer);
    buffer
}

/// Adds what protobuf bytes say to a message.
pub(super) fn merge(message: &mut dyn Erased, mut bytes: Bytes) -> Result<(), DecodeError> {
    let context = DecodeContext::default();
    while !bytes.is_empty() {
        let (number, wire_type) = decode_key(&mut bytes)?;
        message.merge_one(number, wire_type, &mut bytes, context.clone())?;
    }
    Ok(())
}
