//! CBOR, in the shape of canonical JSON.

use ::bytes::Bytes;

use super::tree::Tree;
use super::{Codec, Dynamic};
use crate::error::{Error, Result};
use crate::message::Descriptor;

/// The codec `cbor`: what [`Json`](super::Json) writes, as CBOR (RFC 8949). Bytes are read as base64 text and as
/// byte strings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cbor;

impl Codec for Cbor {
    fn name(&self) -> &'static str {
        "cbor"
    }

    fn encode(&self, message: &Dynamic) -> Result<Bytes> {
        let mut encoded = Vec::new();
        match ciborium::into_writer(message, &mut encoded) {
            Ok(()) => Ok(encoded.into()),
            Err(error) => {
                let descriptor = message.descriptor();
                Err(Error::internal(format!("cannot write {} as cbor: {error}", descriptor.full_name())))
            }
        }
    }

    fn decode(&self, bytes: Bytes, descriptor: &Descriptor) -> Result<Dynamic> {
        let wrong = |why: &dyn std::fmt::Display| {
            Error::invalid_argument(format!("cannot decode {} from cbor: {why}", descriptor.full_name()))
        };
        let mut rest = &bytes[..];
        let tree: Tree = ciborium::from_reader(&mut rest).map_err(|error| wrong(&error))?;
        if !rest.is_empty() {
            return Err(wrong(&"bytes follow the value"));
        }
        Dynamic::deserialize(descriptor, tree).map_err(|error| wrong(&error))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Code;
    use crate::codec::Encoding;
    use crate::message::wrappers::{BytesValue, StringValue};

    fn encoding() -> Encoding {
        Encoding::of(Arc::new(Cbor))
    }

    #[test]
    fn messages_come_back_however_long() {
        let long = StringValue { value: "x".repeat(10_000) };
        let encoded = encoding().encode(&long).unwrap();
        assert_eq!(encoding().decode::<StringValue>(encoded).unwrap(), long);
        let value = prost_types::Value::from(vec![1.5f64.into(), false.into(), "x".into()]);
        let encoded = encoding().encode(&value).unwrap();
        assert_eq!(encoding().decode::<prost_types::Value>(encoded).unwrap(), value);
    }

    #[test]
    fn bytes_are_read_in_both_forms() {
        let value = BytesValue { value: vec![7; 9_000].into() };
        let text = encoding().encode(&value).unwrap();
        assert_eq!(encoding().decode::<BytesValue>(text).unwrap(), value);
        let small = encoding().decode::<BytesValue>(Bytes::from_static(&[0x42, 1, 2])).unwrap();
        assert_eq!(&small.value[..], &[1, 2]);
    }

    #[test]
    fn wrong_bytes_are_refused() {
        for wrong in [&b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff"[..], b"", b"\xa0\xa0", b"\x1c", &[0x81; 2000]]
        {
            let error = encoding().decode::<prost_types::Struct>(Bytes::copy_from_slice(wrong)).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument);
            assert!(error.message().contains("google.protobuf.Struct from cbor"), "{error}");
        }
    }
}
