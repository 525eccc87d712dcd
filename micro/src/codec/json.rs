//! Canonical protobuf JSON.

use ::bytes::Bytes;

use super::{Codec, Dynamic};
use crate::error::{Error, Result};
use crate::message::Descriptor;

/// The codec `json`: the canonical JSON mapping of protobuf 3, as [`Dynamic`] describes it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl Codec for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn encode(&self, message: &Dynamic) -> Result<Bytes> {
        match serde_json::to_vec(message) {
            Ok(json) => Ok(json.into()),
            Err(error) => {
                let name = message.descriptor();
                Err(Error::internal(format!("cannot write {} as json: {error}", name.full_name())))
            }
        }
    }

    fn decode(&self, bytes: Bytes, descriptor: &Descriptor) -> Result<Dynamic> {
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        Dynamic::deserialize(descriptor, &mut json).and_then(|message| json.end().map(|()| message)).map_err(
            |error| {
                Error::invalid_argument(format!(
                    "cannot decode {} from json: {error}",
                    descriptor.full_name()
                ))
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;
    use crate::message::Message;
    use crate::message::wrappers::{BytesValue, DoubleValue, Int64Value};

    fn json<T: Message>(message: &T) -> String {
        let proto = prost::Message::encode_to_vec(message).into();
        let dynamic = Dynamic::from_proto(&T::descriptor(), proto).unwrap();
        String::from_utf8(Json.encode(&dynamic).unwrap().to_vec()).unwrap()
    }

    fn read<T: Message>(json: &'static str) -> Result<T> {
        let dynamic = Json.decode(Bytes::from_static(json.as_bytes()), &T::descriptor())?;
        let mut message = T::empty();
        prost::Message::merge(&mut message, dynamic.to_proto())
            .map_err(|error| Error::internal(error.to_string()))?;
        Ok(message)
    }

    #[test]
    fn wrappers_are_bare_values() {
        assert_eq!(json(&Int64Value { value: i64::MAX }), "\"9223372036854775807\"");
        assert_eq!(json(&DoubleValue { value: f64::NAN }), "\"NaN\"");
        assert!(read::<DoubleValue>("\"-Infinity\"").unwrap().value < 0.0);
        assert_eq!(read::<Int64Value>("7").unwrap().value, 7);
    }

    #[test]
    fn both_alphabets_of_base64_are_read() {
        assert_eq!(json(&BytesValue { value: Bytes::from_static(&[0xfb, 0xff]) }), "\"+/8=\"");
        for text in ["\"+/8=\"", "\"-_8\""] {
            assert_eq!(&read::<BytesValue>(text).unwrap().value[..], &[0xfb, 0xff]);
        }
    }

    #[test]
    fn times_and_masks_are_texts() {
        let time = prost_types::Timestamp { seconds: 1, nanos: 500_000_000 };
        assert_eq!(json(&time), "\"1970-01-01T00:00:01.500Z\"");
        assert_eq!(json(&prost_types::Duration { seconds: -1, nanos: -1_000 }), "\"-1.000001s\"");
        assert_eq!(
            json(&prost_types::FieldMask { paths: vec!["a.some_b".into(), "c".into()] }),
            "\"a.someB,c\""
        );
    }

    #[test]
    fn any_says_its_type() {
        let any = prost_types::Any {
            type_url: "type.googleapis.com/google.protobuf.Duration".into(),
            value: prost::Message::encode_to_vec(&prost_types::Duration { seconds: 3, nanos: 0 }),
        };
        let text = r#"{"@type":"type.googleapis.com/google.protobuf.Duration","value":"3s"}"#;
        assert_eq!(json(&any), text);
        assert_eq!(read::<prost_types::Any>(text).unwrap(), any);
    }

    #[test]
    fn mistakes_are_located() {
        for (text, why) in [("{\"a\":1}", "unexpected value"), ("{", "EOF"), ("{} x", "trailing characters")]
        {
            let error = read::<()>(text).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument);
            let message = error.message();
            assert!(message.contains(why) && message.contains("google.protobuf.Empty"), "{message}");
            assert!(message.contains("line 1 column"), "{message}");
        }
    }
}
