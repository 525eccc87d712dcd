//! `grpc-timeout`: at most eight digits and a unit.

use std::time::Duration;

use http::HeaderValue;

use crate::error::{Error, Result};

/// The header.
pub(crate) const HEADER: &str = "grpc-timeout";

const DIGITS: usize = 8;
const MAX: u128 = 99_999_999;

/// Writes a duration in the finest unit that holds it. What the unit cannot express is cut off: a deadline
/// may only shrink.
pub(crate) fn encode(timeout: Duration) -> HeaderValue {
    let nanos = timeout.as_nanos();
    let units = [
        (nanos, 'n'),
        (nanos / 1_000, 'u'),
        (nanos / 1_000_000, 'm'),
        (nanos / 1_000_000_000, 'S'),
        (nanos / 60_000_000_000, 'M'),
    ];
    let (value, unit) = units
        .into_iter()
        .find(|(value, _)| *value <= MAX)
        .unwrap_or(((nanos / 3_600_000_000_000).min(MAX), 'H'));
    HeaderValue::try_from(format!("{value}{unit}")).unwrap_or(HeaderValue::from_static("0n"))
}

/// Reads a duration.
///
/// # Errors
///
/// `invalid argument` when the header is not at most eight digits and one of `H M S m u n`.
pub(crate) fn decode(value: &HeaderValue) -> Result<Duration> {
    parse(value.as_bytes()).ok_or_else(|| {
        Error::invalid_argument(
            "grpc-timeout is not one to eight digits and a unit of H, M, S, m, u or n, as in 500m",
        )
    })
}

fn parse(value: &[u8]) -> Option<Duration> {
    let (unit, digits) = value.split_last()?;
    if digits.is_empty() || digits.len() > DIGITS || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits.iter().fold(0, |number: u64, digit| number * 10 + u64::from(digit - b'0'));
    Some(match unit {
        b'H' => Duration::from_secs(number * 3_600),
        b'M' => Duration::from_secs(number * 60),
        b'S' => Duration::from_secs(number),
        b'm' => Duration::from_millis(number),
        b'u' => Duration::from_micros(number),
        b'n' => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_not_longer_and_hardly_shorter() {
        for timeout in [
            Duration::ZERO,
            Duration::from_nanos(1),
            Duration::from_millis(250),
            Duration::from_secs(5),
            Duration::from_secs(100_000_001),
            Duration::from_secs(86_400 * 365 * 1_000),
        ] {
            let header = encode(timeout);
            assert!(header.len() <= DIGITS + 1, "{header:?}");
            let back = decode(&header).unwrap();
            assert!(
                back <= timeout && timeout - back <= timeout / 1_000_000,
                "{timeout:?} {header:?} {back:?}"
            );
        }
        assert!(decode(&encode(Duration::MAX)).unwrap() > Duration::from_secs(86_400));
    }

    #[test]
    fn malformed_headers_are_refused() {
        for bad in ["", "S", "5", "123456789S", "-1S", "1.5S", "1s", " 1S", "1 S"] {
            assert!(decode(&HeaderValue::from_static(bad)).is_err(), "{bad:?}");
        }
        assert_eq!(
            decode(&HeaderValue::from_static("99999999H")).unwrap(),
            Duration::from_secs(99_999_999 * 3_600)
        );
    }
}
