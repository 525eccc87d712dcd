//! A message inside a message, whichever way it came in.

use bytes::{Buf, BufMut};
use prost::DecodeError;
use prost::encoding::{self, DecodeContext, WireType};

use super::{Element, Plain, bare_field};
use crate::message::Message;
use crate::message::types::{FieldType, Types};

impl<T: Message> Element for T {
    const FINITE: bool = <T as Message>::FINITE;

    fn empty() -> Self {
        <T as Message>::empty()
    }

    fn is_default(&self) -> bool {
        false
    }

    fn is_default_entry(&self) -> bool {
        prost::Message::encoded_len(self) == 0
    }

    fn encode<B: BufMut>(&self, number: u32, buf: &mut B) {
        encoding::message::encode(number, self, buf);
    }

    fn encoded_len(&self, number: u32) -> usize {
        encoding::message::encoded_len(number, self)
    }

    fn merge<B: Buf>(
        &mut self,
        wire_type: WireType,
        buf: &mut B,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        encoding::message::merge(wire_type, self, buf, context)
    }

    fn field_type(types: &mut Types) -> FieldType {
        T::register(types);
        FieldType::Message(T::NAME)
    }
}

bare_field! { [T: Message] T, Plain }
