//! MessagePack, in the shape of canonical JSON.

use std::io::Cursor;

use ::bytes::Bytes;
use serde::de::{Deserialize, Error as _};

use super::tree::Tree;
use super::{Codec, Dynamic};
use crate::error::{Error, Result};
use crate::message::Descriptor;

/// The codec `msgpack`: what [`Json`](super::Json) writes, as MessagePack. Bytes are read as base64 text and as
/// MessagePack's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessagePack;

impl Codec for MessagePack {
    fn name(&self) -> &'static str {
        "msgpack"
    }

    fn content_types(&self) -> &'static [&'static str] {
        &["application/vnd.msgpack", "application/x-msgpack"]
    }

    fn encode(&self, message: &Dynamic) -> Result<Bytes> {
        match rmp_serde::to_vec(message) {
            Ok(encoded) => Ok(encoded.into()),
            Err(error) => {
                let descriptor = message.descriptor();
                Err(Error::internal(format!("cannot write {} as msgpack: {error}", descriptor.full_name())))
            }
        }
    }

    fn decode(&self, bytes: Bytes, descriptor: &Descriptor) -> Result<Dynamic> {
        let wrong = |why: &dyn std::fmt::Display| {
            Error::invalid_argument(format!("cannot decode {} from msgpack: {why}", descriptor.full_name()))
        };
        let tree = read(&bytes).map_err(|error| wrong(&error))?;
        Dynamic::deserialize(descriptor, tree).map_err(|error| wrong(&error))
    }
}

fn read(bytes: &[u8]) -> std::result::Result<Tree, rmp_serde::decode::Error> {
    let mut deserializer = rmp_serde::Deserializer::new(Cursor::new(bytes));
    // A message is at most a hundred levels deep; a map and a list may lie between two of them.
    deserializer.set_max_depth(256);
    let tree = Tree::deserialize(&mut deserializer)?;
    match deserializer.position() == bytes.len() as u64 {
        true => Ok(tree),
        false => Err(rmp_serde::decode::Error::custom("bytes follow the value")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Code;
    use crate::codec::Encoding;
    use crate::message::wrappers::{BytesValue, DoubleValue};

    fn encoding() -> Encoding {
        Encoding::of(Arc::new(MessagePack))
    }

    #[test]
    fn messages_come_back() {
        let any = prost_types::Struct {
            fields: [(
                "a".to_owned(),
                prost_types::Value::from(vec![1.5f64.into(), true.into(), "x".into()]),
            )]
            .into(),
        };
        let encoded = encoding().encode(&any).unwrap();
        assert_eq!(encoding().decode::<prost_types::Struct>(encoded).unwrap(), any);
        let encoded = encoding().encode(&DoubleValue { value: f64::INFINITY }).unwrap();
        assert_eq!(encoding().decode::<DoubleValue>(encoded).unwrap().value, f64::INFINITY);
    }

    #[test]
    fn bytes_are_read_in_both_forms() {
        let value = BytesValue { value: Bytes::from_static(&[1, 2]) };
        let text = encoding().encode(&value).unwrap();
        assert_eq!(encoding().decode::<BytesValue>(text).unwrap(), value);
        assert_eq!(encoding().decode::<BytesValue>(Bytes::from_static(&[0xc4, 2, 1, 2])).unwrap(), value);
    }

    #[test]
    fn wrong_bytes_are_refused_before_anything_is_allocated_for_them() {
        for wrong in [&b"\xdd\xff\xff\xff\xff"[..], b"\xc1", b"", b"\x80\x80", &[0x91; 2000]] {
            let error = encoding().decode::<prost_types::Struct>(Bytes::copy_from_slice(wrong)).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument);
            assert!(error.message().contains("google.protobuf.Struct from msgpack"), "{error}");
        }
    }
}
