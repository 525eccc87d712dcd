//! How the text of an attribute stands in a header, and how a time is written.
//!
//! CloudEvents wants visible ASCII in headers: everything else, and `"` and `%`, is percent-encoded UTF-8
//! (HTTP protocol binding 1.0.2, 3.1.3.2).

use std::time::SystemTime;

use http::HeaderValue;
use prost_types::Timestamp;

use crate::error::{Error, Result};

/// The last second that RFC 3339 can write: the end of the year 9999.
const LAST: i64 = 253_402_300_799;

/// Encodes the text of an attribute.
pub(super) fn encode(text: &str) -> HeaderValue {
    let mut encoded = Vec::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'"' | b'%' | ..=0x20 | 0x7f.. => {
                let digit = |value: u8| b"0123456789ABCDEF"[usize::from(value & 15)];
                encoded.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte)]);
            }
            plain => encoded.push(plain),
        }
    }
    // Nothing but visible ASCII is left.
    HeaderValue::from_bytes(&encoded).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Decodes the value of a header. A percent sign without two digits stands for itself.
///
/// # Errors
///
/// `invalid argument` for what is not UTF-8.
pub(super) fn decode(name: &str, value: &[u8]) -> Result<String> {
    let quoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = quoted.unwrap_or(value);
    while let Some((&first, tail)) = rest.split_first() {
        let (byte, tail) = match (first, tail) {
            (b'%', _) => escaped(tail).unwrap_or((first, tail)),
            (b'\\', [next, tail @ ..]) if quoted.is_some() => (*next, tail),
            _ => (first, tail),
        };
        decoded.push(byte);
        rest = tail;
    }
    String::from_utf8(decoded).map_err(|_| Error::invalid_argument(format!("{name} is not UTF-8")))
}

/// Reads two hexadecimal digits.
fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = text.split_at_checked(2)?;
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = digit(digits[0])? * 16 + digit(digits[1])?;
    Some((u8::try_from(value).ok()?, rest))
}

/// Writes a time. `None` for one that RFC 3339 cannot write.
pub(super) fn write_time(time: SystemTime) -> Option<String> {
    let timestamp = Timestamp::from(time);
    (0..=LAST).contains(&timestamp.seconds).then(|| timestamp.to_string())
}

/// Reads a time.
///
/// # Errors
///
/// `invalid argument` for what is no time.
pub(super) fn read_time(name: &str, text: &str) -> Result<SystemTime> {
    let wrong = || Error::invalid_argument(format!("{name} is no time as in 2024-05-01T12:00:00Z"));
    let timestamp: Timestamp = text.parse().map_err(|_| wrong())?;
    match (0..=LAST).contains(&timestamp.seconds) {
        true => SystemTime::try_from(timestamp).map_err(|_| wrong()),
        false => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn text_comes_back_and_is_visible_ascii_on_the_way() {
        for (text, encoded) in [
            ("plain/text:4", "plain/text:4"),
            ("Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80"),
            ("100% \"sure\"", "100%25%20%22sure%22"),
            ("", ""),
        ] {
            assert_eq!(encode(text), encoded);
            assert_eq!(decode("x", encoded.as_bytes()).unwrap(), text);
        }
    }

    #[test]
    fn what_others_write_is_read() {
        assert_eq!(decode("x", b"\"a \\\"b\\\"\"").unwrap(), "a \"b\"");
        assert_eq!(decode("x", b"100%").unwrap(), "100%");
        assert_eq!(decode("x", b"%zz%4").unwrap(), "%zz%4");
        assert!(decode("ce-id", b"%ff").unwrap_err().message().contains("ce-id"));
    }

    #[test]
    fn times_come_back_to_the_nanosecond() {
        let time = UNIX_EPOCH + Duration::new(1_714_564_800, 123_456_789);
        assert_eq!(read_time("x", &write_time(time).unwrap()).unwrap(), time);
        assert_eq!(
            read_time("x", "2024-05-01T14:00:00.5+02:00").unwrap(),
            UNIX_EPOCH + Duration::from_millis(1_714_564_800_500)
        );
        assert_eq!(write_time(UNIX_EPOCH + Duration::from_secs(LAST as u64 + 1)), None);
        for bad in ["", "yesterday", "2024-13-01T00:00:00Z", "1960-01-01T00:00:00Z"] {
            assert!(read_time("ce-time", bad).unwrap_err().message().contains("ce-time"), "{bad}");
        }
    }
}
