//! Whatever a setting's text is, it is a value or refused; values read back as shown.

use std::fmt;

use proptest::prelude::*;

use super::{ADDRESS, ADVERTISE, COUNT, DIRECTORY, DURATION, Kind, LOG, SIZE, SWITCH, TEXT, URI, YEAR};

fn reads_back<T: PartialEq + fmt::Debug>(kind: &Kind<T>, text: &str) -> Result<(), TestCaseError> {
    if let Ok(value) = (kind.parse)(text) {
        let shown = (kind.show)(&value);
        prop_assert_eq!((kind.parse)(&shown), Ok(value), "{:?} is shown as {:?}", text, shown);
    }
    Ok(())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{0,22}(ns|us|µs|ms|s|m|h|d)?",
        "[0-9]{0,22}(B|KiB|MiB|GiB|TiB)?",
        "(info|[a-z:]{0,8}=[a-z]{0,6}),?[a-z=]{0,8}",
        "(http://)?[a-z0-9.\\[\\]:]{0,16}:?[0-9]{0,6}",
        ".{0,24}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn what_is_read_reads_back_as_shown(text in text()) {
        reads_back(&ADDRESS, &text)?;
        reads_back(&ADVERTISE, &text)?;
        reads_back(&COUNT, &text)?;
        reads_back(&DIRECTORY, &text)?;
        reads_back(&DURATION, &text)?;
        reads_back(&LOG, &text)?;
        reads_back(&SIZE, &text)?;
        reads_back(&SWITCH, &text)?;
        reads_back(&TEXT, &text)?;
    }

    #[test]
    fn durations_and_sizes_stay_within_bounds(
        duration in "[0-9]{1,20}(ns|us|ms|s|m|h)",
        size in "[0-9]{1,20}[KMG]iB",
    ) {
        prop_assert!((DURATION.parse)(&duration).ok().is_none_or(|duration| duration <= YEAR));
        prop_assert!((SIZE.parse)(&size).ok().is_none_or(|size| size > 0));
    }

    #[test]
    fn no_uri_shows_its_password(
        password in "[A-Z]{4,8}",
        user in "[a-z]{0,4}",
        rest in "[a-z0-9.:/?#]{0,16}",
    ) {
        let uri = format!("etcd://{user}:{password}@{rest}");
        let shown = (URI.show)(&(URI.parse)(&uri).unwrap());
        prop_assert!(!shown.contains(&password), "{}", shown);
    }

    #[test]
    fn no_uri_is_too_wrong_to_show(uri in "[a-z:/@?#]{0,24}|.{0,24}") {
        if let Ok(uri) = (URI.parse)(&uri) {
            (URI.show)(&uri);
        }
    }
}
