//! A codec: the protobuf encoding, written in hexadecimal digits.

use bytes::Bytes;
use micro::codec::{Codec, Dynamic};
use micro::message::Descriptor;
use micro::{Error, Result};

/// Encodes messages as text: `application/hex`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hex;

impl Codec for Hex {
    fn name(&self) -> &'static str {
        "hex"
    }

    fn content_types(&self) -> &'static [&'static str] {
        &["text/hex"]
    }

    fn encode(&self, message: &Dynamic) -> Result<Bytes> {
        let text: String = message.to_proto().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(text.into())
    }

    fn decode(&self, bytes: Bytes, descriptor: &Descriptor) -> Result<Dynamic> {
        let digits = bytes.trim_ascii();
        if !digits.len().is_multiple_of(2) {
            return Err(Error::invalid_argument("an odd number of hexadecimal digits"));
        }
        let proto: Result<Vec<u8>> =
            digits.chunks(2).enumerate().map(|(at, pair)| byte(at * 2, pair)).collect();
        Dynamic::from_proto(descriptor, Bytes::from(proto?))
    }
}

fn byte(at: usize, pair: &[u8]) -> Result<u8> {
    let digit = |offset: usize| {
        let value = pair.get(offset).and_then(|digit| (*digit as char).to_digit(16));
        value.ok_or_else(|| {
            Error::invalid_argument(format!("byte {} is not a hexadecimal digit", at + offset))
        })
    };
    Ok((digit(0)? * 16 + digit(1)?) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_are_a_byte_and_the_wrong_one_is_named() {
        assert_eq!(byte(0, b"fF").unwrap(), 255);
        assert!(byte(6, b"0x").unwrap_err().message().contains("byte 7"));
    }
}
