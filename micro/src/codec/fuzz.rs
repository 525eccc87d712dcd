//! No bytes harm a codec: they are a message, or refused.

use std::collections::BTreeMap;

use ::bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{Codecs, Encoding};
use crate::error::Code;
use crate::message::Message;

/// A message with everything that nests.
#[micro::message]
#[derive(Clone, Debug, PartialEq)]
struct Parcel {
    name: String,
    count: i64,
    weight: f64,
    content: Vec<u8>,
    numbers: Vec<i32>,
    sent: Option<prost_types::Timestamp>,
    inside: Option<Box<Parcel>>,
    parts: Vec<Parcel>,
    named: BTreeMap<String, Parcel>,
    counted: BTreeMap<i32, bool>,
    open: Option<prost_types::Struct>,
    typed: Option<prost_types::Any>,
}

fn parcel() -> Parcel {
    let inner = Parcel { name: "ä".to_owned(), count: -1, numbers: vec![1, -1], ..Parcel::empty() };
    let value = prost_types::Value::from(vec![1.5_f64.into(), true.into(), "x".into()]);
    Parcel {
        weight: f64::INFINITY,
        content: vec![0, 255],
        sent: Some(prost_types::Timestamp { seconds: 1, nanos: 5 }),
        inside: Some(Box::new(inner.clone())),
        parts: vec![inner.clone(), Parcel::empty()],
        named: [("a".to_owned(), inner)].into(),
        counted: [(-1, true), (2, false)].into(),
        open: Some(prost_types::Struct { fields: [("a".to_owned(), value)].into() }),
        typed: Some(prost_types::Any {
            type_url: "type.googleapis.com/google.protobuf.Duration".to_owned(),
            value: vec![8, 3],
        }),
        ..Parcel::empty()
    }
}

fn encodings() -> Vec<Encoding> {
    let codecs = Codecs::default();
    let names = codecs.names().into_iter();
    // `bytes` reads messages of one field only.
    names.filter(|name| *name != "bytes").filter_map(|name| codecs.by_name(name)).collect()
}

/// Decodes; what comes of it is no larger than what was sent, but for a constant factor.
fn holds<T: Message>(encoding: &Encoding, bytes: &[u8]) -> Result<(), TestCaseError> {
    match encoding.decode::<T>(Bytes::copy_from_slice(bytes)) {
        Ok(message) => {
            let length = prost::Message::encoded_len(&message);
            prop_assert!(
                length <= 16 * bytes.len() + 64,
                "{}: {} of {}",
                encoding.name(),
                length,
                bytes.len()
            );
            // A time or an `Any` may be beyond what can be written; it is an error then.
            _ = encoding.encode(&message);
        }
        Err(error) => prop_assert_eq!(error.code(), Code::InvalidArgument, "{}: {}", encoding.name(), error),
    }
    Ok(())
}

fn all_hold(bytes: &[u8]) -> Result<(), TestCaseError> {
    for encoding in encodings() {
        holds::<Parcel>(&encoding, bytes)?;
        holds::<prost_types::Struct>(&encoding, bytes)?;
    }
    Ok(())
}

/// What JSON is made of.
const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\"name\"",
    "\"count\":",
    "\"parts\":[",
    "\"inside\":{",
    "\"named\":{\"a\":",
    "\"counted\":{\"1\":",
    "\"open\":{",
    "\"sent\":",
    "\"typed\":{\"@type\":",
    "\"content\":\"AP8",
    "null",
    "true",
    "-1",
    "1e400",
    "0.5",
    "99999999999999999999",
    "\"NaN\"",
    "\"1970-01-01T00:00:00Z\"",
    "\\u",
    "\\ud800",
    " ",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_bytes_are_too_wrong_to_refuse(bytes in vec(any::<u8>(), 0..48)) {
        all_hold(&bytes)?;
    }

    #[test]
    fn no_json_is_too_wrong_to_refuse(words in vec(select(WORDS), 0..16)) {
        all_hold(words.concat().as_bytes())?;
    }

    #[test]
    fn a_damaged_message_is_read_or_refused(
        at in any::<Index>(),
        byte in any::<u8>(),
        end in any::<Index>(),
    ) {
        for encoding in encodings() {
            let mut bytes = encoding.encode(&parcel()).unwrap().to_vec();
            let (at, end) = (at.index(bytes.len()), end.index(bytes.len()));
            bytes[at] = byte;
            holds::<Parcel>(&encoding, &bytes)?;
            holds::<Parcel>(&encoding, &bytes[..end])?;
        }
    }
}

#[test]
fn the_message_that_is_damaged_comes_back_whole() {
    for encoding in encodings() {
        let bytes = encoding.encode(&parcel()).unwrap();
        assert_eq!(encoding.decode::<Parcel>(bytes).unwrap(), parcel(), "{encoding:?}");
    }
}
