//! Every codec carries every message, generated and annotated.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use micro::{Code, Message};

use super::codec;
use super::proto::everything::v1::{Everything, Leaf};

#[micro::message]
#[derive(Clone, Debug, PartialEq)]
struct Parcel {
    name: String,
    weight: f64,
    grams: u64,
    content: Vec<u8>,
    sent: Option<std::time::SystemTime>,
    inside: Vec<Parcel>,
    stamps: BTreeMap<i32, bool>,
}

fn parcel() -> Parcel {
    let inner = Parcel { name: "inner".into(), weight: f64::NEG_INFINITY, ..Parcel::empty() };
    Parcel {
        name: "outer".repeat(2_000),
        weight: 0.1,
        grams: u64::MAX,
        content: vec![0xff; 5_000],
        sent: Some(UNIX_EPOCH + Duration::from_millis(1_500)),
        inside: vec![inner],
        stamps: [(-1, true), (2, false)].into(),
    }
}

#[test]
fn a_message_comes_back_through_every_codec() {
    for name in ["proto", "json", "msgpack", "cbor"] {
        let encoded = codec(name).encode(&parcel()).unwrap();
        assert_eq!(codec(name).decode::<Parcel>(encoded).unwrap(), parcel(), "{name}");
        let generated = Everything {
            leaf: Some(Leaf { name: "leaf".into(), count_of_all: -1 }),
            wrapped_double: Some(f64::INFINITY),
            wrapped_raw: Some(vec![1, 2]),
            time: Some(prost_types::Timestamp { seconds: -1, nanos: 5 }),
            ..Default::default()
        };
        let encoded = codec(name).encode(&generated).unwrap();
        assert_eq!(codec(name).decode::<Everything>(encoded).unwrap(), generated, "{name}");
    }
}

#[test]
fn every_codec_refuses_noise_by_name() {
    for name in ["proto", "json", "msgpack", "cbor"] {
        for noise in [&b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"[..], b"\x0a\xff"] {
            let error = codec(name).decode::<Parcel>(Bytes::from_static(noise)).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument, "{name}");
            assert!(error.message().contains("micro_tests.Parcel"), "{name}: {error}");
        }
    }
}

#[test]
fn an_any_that_holds_ever_another_is_refused() {
    let mut any = prost_types::Any::default();
    for _ in 0..5_000 {
        any = prost_types::Any {
            type_url: "type.googleapis.com/google.protobuf.Any".into(),
            value: super::proto_of(&any),
        };
    }
    for name in ["json", "msgpack", "cbor"] {
        let error = codec(name).encode(&any).unwrap_err();
        assert!(error.message().contains("the message is nested too deeply"), "{name}: {error}");
    }
}

#[micro::message]
#[derive(Debug, PartialEq)]
struct File {
    content: Bytes,
}

#[test]
fn a_message_of_one_bytes_field_travels_raw() {
    let file = File { content: Bytes::from_static(b"raw") };
    assert_eq!(codec("bytes").encode(&file).unwrap(), "raw");
    assert_eq!(codec("bytes").decode::<File>(Bytes::from_static(b"raw")).unwrap(), file);
    let error = codec("bytes").decode::<Parcel>(Bytes::new()).unwrap_err();
    assert!(error.message().contains("micro_tests.Parcel is not one"), "{error}");
}
