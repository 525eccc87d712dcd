//! No trailers harm who reads them, and what is read is written the same.

use http::header::{HeaderMap, HeaderValue};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;

use super::{DETAILS, ERROR_ID, MESSAGE, MESSAGE_LIMIT, STATUS, Status, read, write};
use crate::base64;
use crate::metadata::Metadata;

/// Every value that HTTP lets through.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![4 => 0x20..=0x7e_u8, 1 => 0x80..=0xff_u8, 1 => Just(b'\t')], 0..64)
}

fn any_status() -> impl Strategy<Value = Vec<u8>> {
    let number = (0..20_u32).prop_map(|number| number.to_string().into_bytes());
    let text = "[-+0-9]{0,12}".prop_map(String::into_bytes);
    prop_oneof![8 => number, 1 => text, 1 => noise()]
}

fn any_message() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof!["(%[0-9A-Fa-f]{0,2}|[ -~]){0,40}".prop_map(String::into_bytes), noise()]
}

fn any_details() -> impl Strategy<Value = Vec<u8>> {
    let encoded = |bytes: Vec<u8>| base64::encode(&bytes).into_bytes();
    let detail = ("[a-z/.]{0,12}", vec(any::<u8>(), 0..16))
        .prop_map(|(type_url, value)| prost_types::Any { type_url, value });
    let sound = (0..20_i32, "[a-z]{0,8}", vec(detail, 0..4))
        .prop_map(|(code, message, details)| Status { code, message, details }.encode_to_vec());
    prop_oneof![sound.prop_map(encoded), vec(any::<u8>(), 0..48).prop_map(encoded), noise()]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_trailers_are_too_wrong_to_read(
        status in any_status(),
        message in any_message(),
        details in any_details(),
        id in any_message(),
    ) {
        let mut headers = HeaderMap::new();
        let values = [(STATUS, &status), (MESSAGE, &message), (DETAILS, &details), (ERROR_ID, &id)];
        for (name, value) in values {
            headers.insert(name, HeaderValue::from_bytes(value).unwrap());
        }
        let result = read(&headers);
        prop_assert!(result.is_some());
        if let Some(Err(error)) = result {
            // A byte that is not UTF-8 becomes a character of three bytes.
            prop_assert!(error.message().len() <= 3 * message.len());
            prop_assert!(error.details().len() <= details.len());
            let held = error.details().iter().map(|detail| detail.type_url.len() + detail.value.len());
            let held: usize = held.sum();
            prop_assert!(held <= details.len());

            let mut written = HeaderMap::new();
            write(Err(&error), &Metadata::new(), &mut written);
            let again = read(&written).unwrap().unwrap_err();
            prop_assert!(error.message().len() <= MESSAGE_LIMIT);
            prop_assert_eq!(again.code(), error.code());
            prop_assert_eq!(again.message(), error.message());
            prop_assert_eq!(again.id(), error.id());
            prop_assert_eq!(again.details(), error.details());
        }
    }
}
