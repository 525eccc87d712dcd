//! Raw bytes: the body is the content of a message's only field.

use ::bytes::Bytes;
use prost_reflect::{FieldDescriptor, Kind, Value};

use super::{Codec, Dynamic};
use crate::error::{Error, Result};
use crate::message::Descriptor;

/// The codec `bytes`: a message that consists of one `bytes` field travels as that field's content, so that a file
/// or a picture needs no envelope.
#[derive(Clone, Copy, Debug, Default)]
pub struct BytesField;

impl Codec for BytesField {
    fn name(&self) -> &'static str {
        "bytes"
    }

    fn content_types(&self) -> &'static [&'static str] {
        &["application/octet-stream"]
    }

    fn encode(&self, message: &Dynamic) -> Result<Bytes> {
        let field = only_field(&message.descriptor()).map_err(Error::internal)?;
        Ok(message.reflect().get_field(&field).as_bytes().cloned().unwrap_or_default())
    }

    fn decode(&self, bytes: Bytes, descriptor: &Descriptor) -> Result<Dynamic> {
        let field = only_field(descriptor).map_err(Error::invalid_argument)?;
        let mut message = Dynamic::empty(descriptor);
        message.reflect_mut().set_field(&field, Value::Bytes(bytes));
        Ok(message)
    }
}

fn only_field(descriptor: &Descriptor) -> std::result::Result<FieldDescriptor, String> {
    let mut fields = descriptor.reflect().fields();
    match (fields.next(), fields.next()) {
        (Some(field), None) if field.kind() == Kind::Bytes && !field.is_list() => Ok(field),
        _ => Err(format!(
            "the codec bytes carries messages of one field of type bytes; {} is not one: use proto or json",
            descriptor.full_name()
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Code;
    use crate::codec::Encoding;
    use crate::message::wrappers::{BytesValue, StringValue};

    #[test]
    fn the_body_is_the_field() {
        let encoding = Encoding::of(Arc::new(BytesField));
        let message = BytesValue { value: Bytes::from_static(b"\0\xff") };
        assert_eq!(&encoding.encode(&message).unwrap()[..], b"\0\xff");
        assert_eq!(encoding.decode::<BytesValue>(Bytes::from_static(b"\0\xff")).unwrap(), message);
        assert_eq!(encoding.encode(&BytesValue::default()).unwrap(), Bytes::new());
    }

    #[test]
    fn another_message_is_refused() {
        let encoding = Encoding::of(Arc::new(BytesField));
        let error = encoding.decode::<StringValue>(Bytes::from_static(b"x")).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains("google.protobuf.StringValue"), "{error}");
        assert_eq!(encoding.encode(&StringValue::default()).unwrap_err().code(), Code::Internal);
    }
}
