//! No request is too wrong to refuse, and no list of networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::networks::Networks;
use super::{attributes, binary, structured};
use crate::broker::Envelope;
use crate::metadata::Metadata;

const NAMES: &[&str] = &[
    "ce-specversion",
    "ce-id",
    "ce-source",
    "ce-type",
    "ce-time",
    "ce-partitionkey",
    "ce-expirytime",
    "ce-other",
    "traceparent",
    "tracestate",
    "content-type",
    "micro-queue",
    "micro-attempt",
    "micro-redelivered",
    "micro-ttl-ms",
    "tenant",
];

/// Every value that HTTP lets through, and those that mean something.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"1.0".to_vec()),
        "[0-9]{0,12}|\"?[a-z%0-9A-F\\\\\"]{0,12}\"?".prop_map(String::into_bytes),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,10})?(Z|[+-][0-9]{2}:[0-9]{2})?"
            .prop_map(String::into_bytes),
        vec(prop_oneof![0x20..=0x7e_u8, 0x80..=0xff_u8, Just(b'\t')], 0..24),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_headers_are_too_wrong_to_refuse(pairs in vec((select(NAMES), value()), 0..16)) {
        let mut headers = HeaderMap::new();
        headers.insert("ce-specversion", HeaderValue::from_static("1.0"));
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(&value).unwrap());
        }
        for needed in ["ce-id", "ce-source", "ce-type"] {
            headers.entry(needed).or_insert(HeaderValue::from_static("x"));
        }
        if let Ok(said) = binary::said(&headers) {
            prop_assert!(said.attempt > 0);
        }
        if let Ok(envelope) = binary::read("t", &headers, Bytes::new()) {
            prop_assert!(envelope.validate().is_ok());
            prop_assert!(envelope.metadata.len() <= headers.len());
            let again = binary::read("t", &binary::write(&envelope), Bytes::new()).unwrap();
            prop_assert_eq!(again.id, envelope.id);
            prop_assert_eq!((again.time, again.expires, again.key), (envelope.time, envelope.expires, envelope.key));
        }
    }

    #[test]
    fn what_is_written_is_read(
        texts in vec("\\PC{0,24}", 4),
        id in "[!-~]{1,24}",
        data in vec(any::<u8>(), 0..64),
        age in 0..1_000_000_u64,
    ) {
        let [source, kind, content_type, key] = <[String; 4]>::try_from(texts).unwrap();
        let mut metadata = Metadata::new();
        metadata.insert("tenant", "acme").unwrap();
        // HTTP trims what stands around a value, and two names stand for nothing.
        prop_assume!(content_type.trim() == content_type && source != "/" && kind != "micro.event");
        let envelope = Envelope::new("t", data.clone())
            .id(id)
            .source(source)
            .kind(kind)
            .content_type(content_type)
            .key(key)
            .expires_in(std::time::Duration::from_millis(age))
            .metadata(metadata);
        prop_assume!(envelope.validate().is_ok());
        let read = binary::read("t", &binary::write(&envelope), data.into());
        prop_assert_eq!(read.unwrap(), envelope);
    }

    #[test]
    fn no_body_is_too_wrong_to_refuse(bytes in vec(any::<u8>(), 0..64), time in value(), base64 in ".{0,8}") {
        let _ = structured::read("t", &HeaderMap::new(), &bytes);
        let time = String::from_utf8_lossy(&time);
        let event = json!({
            "specversion": "1.0", "id": "1", "source": "s", "type": "t", "time": time, "data_base64": base64,
        });
        if let Ok(envelope) = structured::read("t", &HeaderMap::new(), event.to_string().as_bytes()) {
            prop_assert!(envelope.validate().is_ok() && envelope.data.len() <= base64.len());
        }
    }

    #[test]
    fn text_comes_back(text in "\\PC{0,48}") {
        let encoded = attributes::encode(&text);
        prop_assert!(encoded.as_bytes().iter().all(|byte| byte.is_ascii_graphic()));
        prop_assert_eq!(attributes::decode("x", encoded.as_bytes()).unwrap(), text);
    }

    #[test]
    fn a_network_holds_what_shares_its_first_bits(
        first in any::<u128>(),
        other in any::<u128>(),
        bits in 0..=128_u32,
        noise in "[0-9a-f:./, any]{0,24}",
    ) {
        let _ = noise.parse::<Networks>();
        let shared = |first: u128, other: u128, width: u32, bits: u32| bits == 0 || (first ^ other) >> (width - bits) == 0;
        let (six, six_other) = (Ipv6Addr::from(first), Ipv6Addr::from(other));
        // An IPv4 address in the clothes of IPv6 counts as what it is.
        prop_assume!(six_other.to_ipv4_mapped().is_none());
        let networks: Networks = format!("{six}/{bits}").parse().unwrap();
        prop_assert_eq!(networks.allow(IpAddr::V6(six_other)), shared(first, other, 128, bits));
        let (bits, first, other) = (bits.min(32), first as u32, other as u32);
        let networks: Networks = format!("{}/{bits}", Ipv4Addr::from(first)).parse().unwrap();
        let expected = shared(first.into(), other.into(), 32, bits);
        prop_assert_eq!(networks.allow(IpAddr::V4(Ipv4Addr::from(other))), expected);
    }
}
