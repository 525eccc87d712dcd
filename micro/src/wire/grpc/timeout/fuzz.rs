//! Whatever the header says, it is a duration or refused.

use std::time::Duration;

use http::HeaderValue;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{DIGITS, decode, encode, parse};

const LONGEST: Duration = Duration::from_secs(99_999_999 * 3_600);

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_bytes_are_too_wrong_to_refuse(bytes in vec(any::<u8>(), 0..16)) {
        prop_assert!(parse(&bytes).is_none_or(|timeout| timeout <= LONGEST));
    }

    #[test]
    fn what_is_read_is_sent_on_and_never_longer(text in "[0-9]{0,9}[HMSmunsh ]{0,2}") {
        if let Some(timeout) = parse(text.as_bytes()) {
            prop_assert!(timeout <= LONGEST);
            prop_assert!(decode(&encode(timeout)).unwrap() <= timeout);
        }
    }

    #[test]
    fn every_duration_fits_into_the_header(seconds in any::<u64>(), nanos in 0..1_000_000_000_u32) {
        let timeout = Duration::new(seconds, nanos);
        let header: HeaderValue = encode(timeout);
        prop_assert!(header.len() <= DIGITS + 1);
        prop_assert!(decode(&header).unwrap() <= timeout);
    }
}
