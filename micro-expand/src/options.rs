//! What the options of a method may say, wherever they are written: in an attribute or in a `.proto`.

use std::ops::RangeInclusive;
use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;

/// The name that the file of the options is imported by.
pub const OPTIONS_FILE: &str = "micro/options.proto";

/// The text of the file that declares the options for a `.proto`.
pub const OPTIONS_PROTO: &str = include_str!("../proto/micro/options.proto");

/// How often an event may be tried.
pub const ATTEMPTS: RangeInclusive<u64> = 1..=1000;

/// How many events a subscriber may work on at once.
pub const CONCURRENCY: RangeInclusive<u64> = 1..=10_000;

/// What a topic or a queue is called, for those who called it otherwise.
pub const TOPIC_FORM: &str = "1 to 255 of A-Z a-z 0-9 . _ -, in parts joined by dots, such as `greeter.said`";

/// The longest name of a topic, in bytes.
const LONGEST_TOPIC: usize = 255;

/// The longest timeout. Adding a longer one to a clock might overflow.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Tells whether a topic, or a queue, may have the name.
pub fn is_topic(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let is_whole = name.split('.').all(|part| !part.is_empty());
    name.len() <= LONGEST_TOPIC && name.bytes().all(fits) && is_whole
}

/// Reads a timeout, as settings are read: `300ms`, `2s`.
///
/// # Errors
///
/// What is wrong with the text, to stand behind its name: `is not a duration, …`. A timeout of zero is wrong, too: no
/// call could be in time.
pub fn timeout(text: &str) -> Result<Duration, &'static str> {
    const FORM: &str = "is not a duration, which is a whole number and one of ns, us, ms, s, m, h";
    let split = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit: u128 = match unit {
        "ns" => 1,
        "us" | "µs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return Err(FORM),
    };
    let nanos = u128::from(number.parse::<u64>().map_err(|_| FORM)?) * unit;
    match u64::try_from(nanos) {
        Ok(0) => Err("is no time at all"),
        Ok(nanos) if Duration::from_nanos(nanos) <= YEAR => Ok(Duration::from_nanos(nanos)),
        _ => Err("is longer than a year"),
    }
}

/// Prints a duration as it would be written.
pub(crate) fn duration(duration: Duration) -> TokenStream {
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    let (count, unit) = match nanos {
        _ if nanos.is_multiple_of(1_000_000_000) => (nanos / 1_000_000_000, quote!(from_secs)),
        _ if nanos.is_multiple_of(1_000_000) => (nanos / 1_000_000, quote!(from_millis)),
        _ if nanos.is_multiple_of(1_000) => (nanos / 1_000, quote!(from_micros)),
        _ => (nanos, quote!(from_nanos)),
    };
    let count = proc_macro2::Literal::u64_unsuffixed(count);
    quote!(::core::time::Duration::#unit(#count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_a_number_and_its_unit() {
        for (text, nanos) in
            [("1ns", 1), ("3us", 3_000), ("3µs", 3_000), ("300ms", 300_000_000), ("2m", 120_000_000_000)]
        {
            assert_eq!(timeout(text), Ok(Duration::from_nanos(nanos)), "{text}");
        }
        assert_eq!(timeout("8760h"), Ok(YEAR));
        for (text, why) in [
            ("0s", "is no time at all"),
            ("8761h", "is longer than a year"),
            ("18446744073709551615h", "is longer than a year"),
            ("99999999999999999999s", "is not a duration"),
        ] {
            assert!(timeout(text).is_err_and(|error| error.starts_with(why)), "{text}");
        }
        for text in ["", "2", "s", "1.5s", "-1s", "+1s", "2 s", "2S", "2d", "two"] {
            assert!(timeout(text).is_err_and(|why| why.starts_with("is not a duration")), "{text}");
        }
    }

    #[test]
    fn a_duration_is_printed_in_its_largest_unit() {
        for (text, printed) in [
            ("2m", "from_secs (120)"),
            ("1500ms", "from_millis (1500)"),
            ("1us", "from_micros (1)"),
            ("1001ns", "from_nanos (1001)"),
        ] {
            let tokens = duration(timeout(text).expect(text)).to_string();
            assert!(tokens.ends_with(printed), "{text}: {tokens}");
        }
    }

    #[test]
    fn a_topic_is_parts_joined_by_dots() {
        let long = "x".repeat(255);
        for fine in ["a", "greeter.said", "A-Z_0.9", &long] {
            assert!(is_topic(fine), "{fine}");
        }
        let longer = "x".repeat(256);
        for wrong in ["", ".", "a.", ".a", "a..b", "a b", "ä", "a/b", "a.*", &longer] {
            assert!(!is_topic(wrong), "{wrong}");
        }
    }
}
