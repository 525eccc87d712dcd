//! No bytes harm an annotated message: they are read or refused, and what is read is written the same ever after.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::Message;

#[micro::message]
#[derive(Clone, Debug, PartialEq)]
enum Color {
    Red,
    Green,
    #[unknown]
    Other(i32),
}

#[micro::message]
#[derive(Clone, Debug, PartialEq)]
enum Choice {
    Words(String),
    Count(i64),
    Nested(Box<Everything>),
}

/// A message with every kind of field.
#[micro::message]
#[derive(Clone, Debug, PartialEq)]
struct Everything {
    flag: bool,
    number: i64,
    #[encoding(sint)]
    below: i32,
    #[encoding(fixed)]
    fixed: u64,
    real: f64,
    text: String,
    raw: Vec<u8>,
    color: Color,
    choice: Option<Choice>,
    time: Option<SystemTime>,
    wait: Option<Duration>,
    numbers: Vec<u32>,
    texts: Vec<String>,
    inner: Option<Box<Everything>>,
    list: Vec<Everything>,
    named: BTreeMap<String, Everything>,
    colors: BTreeMap<i32, Color>,
}

fn everything() -> Everything {
    let leaf = Everything { number: -1, color: Color::Other(7), ..Everything::empty() };
    Everything {
        flag: true,
        below: -3,
        fixed: u64::MAX,
        real: 0.5,
        text: "ä".to_owned(),
        raw: vec![0, 255],
        color: Color::Green,
        choice: Some(Choice::Nested(Box::new(leaf.clone()))),
        time: Some(SystemTime::UNIX_EPOCH),
        wait: Some(Duration::from_millis(1_500)),
        numbers: vec![1, 300, u32::MAX],
        texts: vec![String::new(), "x".to_owned()],
        inner: Some(Box::new(leaf.clone())),
        list: vec![leaf.clone(), Everything::empty()],
        named: [("a".to_owned(), leaf)].into(),
        colors: [(-1, Color::Red)].into(),
        ..Everything::empty()
    }
}

fn read(bytes: &[u8]) -> Option<Everything> {
    let mut message = Everything::empty();
    prost::Message::merge(&mut message, bytes).ok()?;
    Some(message)
}

fn holds(bytes: &[u8]) -> Result<(), TestCaseError> {
    let Some(message) = read(bytes) else { return Ok(()) };
    let written = prost::Message::encode_to_vec(&message);
    prop_assert!(written.len() <= 8 * bytes.len() + 64, "{} of {}", written.len(), bytes.len());
    prop_assert_eq!(written.len(), prost::Message::encoded_len(&message));
    let again = read(&written).map(|message| prost::Message::encode_to_vec(&message));
    prop_assert_eq!(again, Some(written));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_bytes_are_too_wrong_to_refuse(bytes in vec(any::<u8>(), 0..64)) {
        holds(&bytes)?;
    }

    /// A key, then a few bytes, again and again: more of this is read than of noise.
    #[test]
    fn no_fields_are_too_wrong_to_refuse(fields in vec((0..20_u8, 0..6_u8, vec(0..8_u8, 0..4)), 0..12)) {
        let mut bytes = Vec::new();
        for (number, wire_type, content) in fields {
            prost::encoding::encode_varint((u64::from(number) << 3) | u64::from(wire_type), &mut bytes);
            if wire_type == 2 {
                bytes.push(content.len() as u8);
            }
            bytes.extend(content);
        }
        holds(&bytes)?;
    }

    #[test]
    fn a_damaged_message_is_read_or_refused(at in any::<Index>(), byte in any::<u8>(), end in any::<Index>()) {
        let mut bytes = prost::Message::encode_to_vec(&everything());
        let (at, end) = (at.index(bytes.len()), end.index(bytes.len()));
        bytes[at] = byte;
        holds(&bytes)?;
        holds(&bytes[..end])?;
    }
}

#[test]
fn the_message_that_is_damaged_comes_back_whole() {
    let bytes = prost::Message::encode_to_vec(&everything());
    assert_eq!(read(&bytes), Some(everything()));
}
