//! How a call ended, as headers: `grpc-status`, `grpc-message`, `grpc-status-details-bin`, and two headers of
//! our own that other peers ignore.

#[cfg(feature = "tonic")]
mod tonic;

use std::borrow::Cow;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use prost::Message as _;

use crate::base64;
use crate::error::{Code, Error, Outcome};
use crate::metadata::Metadata;

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
/// The service that made the error.
pub(crate) const ERROR_ID: HeaderName = HeaderName::from_static("micro-error-id");
/// What is known about the work behind the failed call.
pub(crate) const OUTCOME: HeaderName = HeaderName::from_static("micro-outcome");
/// The one outcome a peer reports: it refused before any handler ran.
pub(crate) const NOT_RUN: HeaderValue = HeaderValue::from_static("not-run");

/// Longer messages are cut: peers refuse header lists over a few KiB, and with them the code.
const MESSAGE_LIMIT: usize = 4 * 1024;

/// Longer details are left out for the same reason, in bytes of base64.
const DETAILS_LIMIT: usize = 8 * 1024;

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// Writes how a call ended, and the metadata that goes with the end, into trailers.
pub(crate) fn write(result: Result<(), &Error>, trailers: &Metadata, out: &mut HeaderMap) {
    trailers.write_headers(out);
    let Err(error) = result else {
        out.insert(STATUS, HeaderValue::from_static("0"));
        return;
    };
    error.metadata().write_headers(out);
    out.insert(STATUS, HeaderValue::from(error.code().number()));
    if !error.message().is_empty() {
        out.insert(MESSAGE, percent_encode(error.message()));
    }
    if !error.details().is_empty() {
        let details = details(error);
        if details.len() <= DETAILS_LIMIT {
            out.insert(DETAILS, details);
        }
    }
    if !error.id().is_empty() {
        out.insert(ERROR_ID, percent_encode(error.id()));
    }
    if error.outcome() == Outcome::NotRun {
        out.insert(OUTCOME, NOT_RUN);
    }
}

/// Reads how a call ended: `None` when the headers do not say.
pub(crate) fn read(headers: &HeaderMap) -> Option<Result<(), Error>> {
    let status = headers.get(STATUS)?;
    let number = status.to_str().ok().and_then(|text| text.parse::<u32>().ok());
    let code = match number {
        Some(0) => return Some(Ok(())),
        Some(number) => Code::from_number(i32::try_from(number).unwrap_or(i32::MAX)).unwrap_or(Code::Unknown),
        None => Code::Unknown,
    };
    let text = |name: HeaderName| headers.get(name).map(percent_decode);
    let mut error =
        Error::new(code, text(MESSAGE).unwrap_or_default()).with_metadata(Metadata::from_headers(headers));
    if let Some(id) = text(ERROR_ID) {
        error = error.with_id(id);
    }
    if headers.get(OUTCOME) == Some(&NOT_RUN) {
        error = error.with_outcome(Outcome::NotRun);
    }
    // Details that cannot be read, or that contradict the status, are dropped: the code stands without them.
    let details = headers.get(DETAILS).and_then(|value| base64::decode(value.as_bytes()));
    for detail in details.and_then(|bytes| decoded(&bytes, code)).into_iter().flatten() {
        error = error.with_detail(detail.type_url, detail.value);
    }
    Some(Err(error))
}

/// Reads the details of an error of `code`; `None` when they cannot be read, or contradict it.
fn decoded(details: &[u8], code: Code) -> Option<Vec<prost_types::Any>> {
    let status = Status::decode(details).ok()?;
    (status.code == code.number()).then_some(status.details)
}

fn details(error: &Error) -> HeaderValue {
    let text = base64::encode(&encoded(error));
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

/// Writes the details of an error.
fn encoded(error: &Error) -> Vec<u8> {
    let status = Status {
        code: error.code().number(),
        message: cut(error.message()).to_owned(),
        details: error
            .details()
            .iter()
            .map(|detail| prost_types::Any {
                type_url: detail.type_url.clone(),
                value: detail.value.to_vec(),
            })
            .collect(),
    };
    status.encode_to_vec()
}

fn cut(message: &str) -> &str {
    let mut end = message.len().min(MESSAGE_LIMIT);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    &message[..end]
}

/// Escapes everything that is not printable ASCII, and `%` itself.
fn percent_encode(text: &str) -> HeaderValue {
    let plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'%';
    let mut out = String::with_capacity(text.len().min(MESSAGE_LIMIT));
    for char in text.chars() {
        // The limit is that of the header, so it counts what is escaped.
        if out.len() + 3 * char.len_utf8() > MESSAGE_LIMIT {
            break;
        }
        for byte in char.encode_utf8(&mut [0; 4]).bytes() {
            match plain(byte) {
                true => out.push(char::from(byte)),
                false => {
                    out.push('%');
                    for digit in [byte >> 4, byte & 15] {
                        out.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
                    }
                }
            }
        }
    }
    HeaderValue::try_from(out).unwrap_or(HeaderValue::from_static(""))
}

/// Reads escapes; what is none stays as it is, as the specification asks.
fn percent_decode(value: &HeaderValue) -> Cow<'static, str> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        match (first, digit(tail.first()), digit(tail.get(1))) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    Cow::Owned(
        String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;

    fn through(error: &Error) -> Error {
        let mut headers = HeaderMap::new();
        write(Err(error), &Metadata::new(), &mut headers);
        read(&headers).unwrap().unwrap_err()
    }

    #[test]
    fn an_error_comes_back_whole() {
        let mut metadata = Metadata::new();
        metadata.insert("retry", "no").unwrap();
        let sent = Error::not_found("kein Konto „42“: 100 %\n")
            .with_id("bank")
            .with_detail("type.googleapis.com/google.rpc.RetryInfo", "abc")
            .with_metadata(metadata)
            .with_outcome(Outcome::NotRun);
        let got = through(&sent);
        assert_eq!(got.code(), Code::NotFound);
        assert_eq!(got.message(), sent.message());
        assert_eq!(got.id(), "bank");
        assert_eq!(got.details(), sent.details());
        assert_eq!(got.metadata().get("retry"), Some("no"));
        assert_eq!(got.outcome(), Outcome::NotRun);
    }

    #[test]
    fn success_carries_the_trailers_and_nothing_else() {
        let mut trailers = Metadata::new();
        trailers.insert("rows", "3").unwrap();
        let mut headers = HeaderMap::new();
        write(Ok(()), &trailers, &mut headers);
        assert!(read(&headers).unwrap().is_ok());
        assert_eq!((headers.len(), headers["rows"].as_bytes()), (2, &b"3"[..]));
    }

    #[test]
    fn a_missing_status_is_none_and_a_wrong_one_unknown() {
        assert!(read(&HeaderMap::new()).is_none());
        for wrong in ["", "x", "-1", "17", "99999999999"] {
            let mut headers = HeaderMap::new();
            headers.insert(STATUS, HeaderValue::from_static(wrong));
            assert_eq!(read(&headers).unwrap().unwrap_err().code(), Code::Unknown, "{wrong:?}");
        }
    }

    #[test]
    fn stray_escapes_and_unreadable_details_do_no_harm() {
        let mut headers = HeaderMap::new();
        headers.insert(STATUS, HeaderValue::from_static("5"));
        headers.insert(MESSAGE, HeaderValue::from_static("100% %zz %4 %41%ff"));
        headers.insert(DETAILS, HeaderValue::from_static("!!!"));
        let error = read(&headers).unwrap().unwrap_err();
        assert_eq!(error.message(), "100% %zz %4 A\u{fffd}");
        assert!(error.details().is_empty());
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let error = through(&Error::internal("ä".repeat(MESSAGE_LIMIT)));
        // Two bytes that take six as escapes.
        assert_eq!(error.message().len(), MESSAGE_LIMIT / 6 * 2);
        assert!(error.message().chars().all(|char| char == 'ä'));
    }
}
