//! Whatever an error holds, it is the same after it was a status, and the status is the one that tonic reads
//! off our wire.

use bytes::Bytes;
use http::header::HeaderMap;
use proptest::collection::vec;
use proptest::prelude::*;
use tonic::Status;

use super::super::{OUTCOME, decoded, read, write};
use crate::error::{Code, Error, Outcome};
use crate::metadata::Metadata;

fn any_metadata() -> impl Strategy<Value = Metadata> {
    let text = ("[a-z][a-z0-9-]{0,8}[a-z]", "[!-~]([ -~]{0,20}[!-~])?");
    let bytes = ("[a-z][a-z0-9-]{0,8}-bin", vec(any::<u8>(), 0..16));
    (vec(text, 0..4), vec(bytes, 0..4)).prop_map(|(texts, bytes)| {
        let mut metadata = Metadata::new();
        // Keys that are reserved, or that end in -bin, are refused, which is tested elsewhere.
        for (key, value) in texts {
            let _ = metadata.append(&key, value);
        }
        for (key, value) in bytes {
            let _ = metadata.insert_bin(&key, value);
        }
        metadata
    })
}

fn any_code() -> impl Strategy<Value = Code> {
    (0..Code::ALL.len()).prop_map(|index| Code::ALL[index])
}

/// Every error without a source: what others may be told.
fn any_error(type_url: &'static str) -> impl Strategy<Value = Error> {
    let outcome = prop_oneof![Just(Outcome::NotSent), Just(Outcome::NotRun), Just(Outcome::Unknown)];
    let details = vec((type_url, vec(any::<u8>(), 0..32)), 0..4);
    let text = "(?s).{0,60}";
    (any_code(), text, text, details, any_metadata(), outcome).prop_map(
        |(code, message, id, details, metadata, outcome)| {
            let error = Error::new(code, message).with_id(id).with_metadata(metadata).with_outcome(outcome);
            details.into_iter().fold(error, |error, (type_url, value)| error.with_detail(type_url, value))
        },
    )
}

fn same(one: &Error, other: &Error) -> Result<(), TestCaseError> {
    prop_assert_eq!(one.code(), other.code());
    prop_assert_eq!(one.message(), other.message());
    prop_assert_eq!(one.id(), other.id());
    prop_assert_eq!(one.details(), other.details());
    prop_assert!(one.metadata() == other.metadata(), "{:?} and {:?}", one.metadata(), other.metadata());
    Ok(())
}

fn copy(error: &Error) -> Error {
    let copy = Error::new(error.code(), error.message().to_owned())
        .with_id(error.id().to_owned())
        .with_metadata(error.metadata().clone())
        .with_outcome(error.outcome());
    error
        .details()
        .iter()
        .fold(copy, |copy, detail| copy.with_detail(&*detail.type_url, detail.value.clone()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn an_error_is_the_same_after_it_was_a_status(
        error in any_error("[a-z/.]{0,12}"),
        source in proptest::option::of("[a-z]{1,8}"),
    ) {
        let before = copy(&error);
        let error = match &source {
            Some(source) => error.with_source(source.clone()),
            None => error,
        };
        let shown = format!("{error:?}");
        let after = Error::from(Status::from(error));
        same(&before, &after)?;
        prop_assert_eq!(after.outcome(), before.outcome());
        prop_assert_eq!(format!("{after:?}"), shown);
    }

    #[test]
    fn a_status_is_the_one_that_tonic_reads_off_our_wire(error in any_error("[a-z/.]{1,12}")) {
        let mut headers = HeaderMap::new();
        write(Err(&error), &Metadata::new(), &mut headers);
        // What is known about the work is said by who refused it only.
        headers.remove(OUTCOME);
        let seen = Status::from_header_map(&headers).unwrap();
        let made = Status::from(copy(&error));
        prop_assert_eq!(seen.code(), made.code());
        prop_assert_eq!(seen.message(), made.message());
        prop_assert_eq!(seen.details(), made.details());
        prop_assert_eq!(seen.metadata().clone().into_headers(), made.metadata().clone().into_headers());
        same(&Error::from(seen), &error)?;
    }

    #[test]
    fn a_status_of_ours_that_tonic_sends_is_the_error_we_read(error in any_error("[a-z/.]{1,12}")) {
        let mut headers = HeaderMap::new();
        Status::from(copy(&error)).add_header(&mut headers).unwrap();
        let read = read(&headers).unwrap().unwrap_err();
        same(&read, &error)?;
        prop_assert_eq!(read.outcome(), Outcome::Unknown);
    }

    #[test]
    fn details_in_any_other_form_go_there_and_back(code in any_code(), details in vec(any::<u8>(), 0..64)) {
        let details = Bytes::from(details);
        let status =
            Status::with_details(tonic::Code::from_i32(code.number()), "said", details.clone());
        let back = Status::from(Error::from(status));
        let is_ours = decoded(&details, code).is_some();
        prop_assert!(is_ours || back.details() == &details[..]);
    }
}
