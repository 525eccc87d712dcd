//! One codec as the rest of the crate uses it, with protobuf taken the short way.

use std::fmt;
use std::sync::Arc;

use ::bytes::Bytes;

use super::erased::{self, Erased};
use super::{Codec, Dynamic};
use crate::error::{Error, Result};
use crate::message::Message;

/// A codec in use. Cheap to clone.
#[derive(Clone)]
pub struct Encoding(Kind);

#[derive(Clone)]
enum Kind {
    Proto,
    Codec(Arc<dyn Codec>),
}

impl Encoding {
    /// Returns protobuf, which needs no descriptor.
    pub fn proto() -> Self {
        Encoding(Kind::Proto)
    }

    /// Returns the encoding of a codec.
    pub fn of(codec: Arc<dyn Codec>) -> Self {
        Encoding(Kind::Codec(codec))
    }

    /// Returns the codec's name: `proto`, `json`, ….
    pub fn name(&self) -> &str {
        self.static_name()
    }

    pub(super) fn static_name(&self) -> &'static str {
        match &self.0 {
            Kind::Proto => "proto",
            Kind::Codec(codec) => codec.name(),
        }
    }

    /// Returns the content type of what it encodes: `application/protobuf`, `application/json`, ….
    pub fn content_type(&self) -> String {
        match self.content_types().first() {
            Some(first) => (*first).to_owned(),
            None => format!("application/{}", self.name()),
        }
    }

    /// Lists the content types the codec answers besides `application/<name>`.
    pub(super) fn content_types(&self) -> &'static [&'static str] {
        match &self.0 {
            Kind::Proto => &["application/protobuf", "application/x-protobuf"],
            Kind::Codec(codec) => codec.content_types(),
        }
    }

    /// Encodes a message.
    ///
    /// # Errors
    ///
    /// `internal` when the codec cannot express the message. Protobuf always can.
    pub fn encode<T: Message>(&self, message: &T) -> Result<Bytes> {
        self.encode_erased(message)
    }

    /// Decodes a message.
    ///
    /// # Errors
    ///
    /// `invalid argument` naming the message, and where in it as far as the codec knows.
    pub fn decode<T: Message>(&self, bytes: Bytes) -> Result<T> {
        let mut message = T::empty();
        self.decode_erased(bytes, &mut message)?;
        Ok(message)
    }

    pub(crate) fn encode_erased(&self, message: &dyn Erased) -> Result<Bytes> {
        let proto = Bytes::from(erased::to_proto(message));
        let Kind::Codec(codec) = &self.0 else { return Ok(proto) };
        let dynamic = Dynamic::from_proto(&message.descriptor(), proto).map_err(|error| {
            Error::internal(format!("cannot encode {}", message.name())).with_source(error)
        })?;
        codec.encode(&dynamic)
    }

    pub(crate) fn decode_erased(&self, bytes: Bytes, message: &mut dyn Erased) -> Result<()> {
        let proto = match &self.0 {
            Kind::Proto => bytes,
            Kind::Codec(codec) => codec.decode(bytes, &message.descriptor())?.to_proto(),
        };
        erased::merge(message, proto)
            .map_err(|error| Error::invalid_argument(undecodable(message.name(), &error)))
    }
}

/// Says what is wrong with protobuf bytes: `cannot decode a.v1.B: B.name: invalid string value`.
pub(super) fn undecodable(message: &str, error: &prost::DecodeError) -> String {
    let error = error.to_string();
    let why = error.strip_prefix("failed to decode Protobuf message: ").unwrap_or(&error);
    format!("cannot decode {message}: {why}")
}

impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoding({})", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;
    use crate::codec::Json;
    use crate::message::wrappers::StringValue;

    #[test]
    fn a_message_comes_back_through_each_encoding() {
        let message = StringValue { value: "Ann".into() };
        for (encoding, bytes) in
            [(Encoding::proto(), &b"\x0a\x03Ann"[..]), (Encoding::of(Arc::new(Json)), &b"\"Ann\""[..])]
        {
            assert_eq!(encoding.encode(&message).unwrap(), bytes);
            assert_eq!(encoding.decode::<StringValue>(Bytes::from_static(bytes)).unwrap(), message);
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_named() {
        let error = Encoding::proto().decode::<StringValue>(Bytes::from_static(b"\x0a\x01\xff")).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        let text = error.message();
        assert!(text.starts_with("cannot decode google.protobuf.StringValue: StringValue.value: "), "{text}");
    }
}
