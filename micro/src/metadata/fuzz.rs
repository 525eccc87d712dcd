//! No headers harm who reads them as metadata.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{Metadata, is_reserved};

const KEYS: &[&str] =
    &["tenant", "token-bin", "-bin", "x-bin", "te", "grpc-status", "grpc-x-bin", "micro-id", "date"];

/// Every value that HTTP lets through, and base64.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[A-Za-z0-9+/,= ]{0,24}".prop_map(String::into_bytes),
        vec(prop_oneof![0x20..=0x7e_u8, 0x80..=0xff_u8, Just(b'\t')], 0..24),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_headers_are_too_wrong_to_read(pairs in vec((select(KEYS), value()), 0..16)) {
        let mut headers = HeaderMap::new();
        for (key, value) in pairs {
            headers.append(HeaderName::from_static(key), HeaderValue::from_bytes(&value).unwrap());
        }
        let metadata = Metadata::from_headers(&headers);
        prop_assert!(metadata.len() <= headers.len());
        prop_assert!(metadata.iter().all(|(key, _)| !is_reserved(key)));
        for key in KEYS {
            let longest = headers.get_all(*key).iter().map(HeaderValue::len).max().unwrap_or(0);
            prop_assert!(metadata.get(key).is_none_or(|text| text.len() <= longest));
            prop_assert!(metadata.get_all(key).all(|text| text.len() <= longest));
            prop_assert!(metadata.get_bin(key).is_none_or(|bytes| bytes.len() <= longest));
        }
        let mut written = HeaderMap::new();
        metadata.write_headers(&mut written);
        prop_assert_eq!(Metadata::from_headers(&written), metadata);
    }

    #[test]
    fn bytes_come_back(bytes in vec(any::<u8>(), 0..64)) {
        let mut metadata = Metadata::new();
        metadata.insert_bin("token-bin", &bytes).unwrap();
        let mut headers = HeaderMap::new();
        metadata.write_headers(&mut headers);
        prop_assert_eq!(Metadata::from_headers(&headers).get_bin("token-bin"), Some(bytes));
    }
}
