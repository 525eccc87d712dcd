//! Errors made `tonic::Status` and back, as if they had crossed the wire: what tonic's peers see of our
//! errors, and we of theirs.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::HeaderMap;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::{ERROR_ID, NOT_RUN, OUTCOME, decoded, encoded, percent_decode, percent_encode};
use crate::error::{Code, Error, Outcome};
use crate::metadata::Metadata;

impl From<Error> for Status {
    /// Carries everything: code and message as they are, details as `google.rpc.Status`, metadata, and among
    /// it the id as `micro-error-id`, cut at 4 KiB.
    ///
    /// Outcome and source go along inside the process and are never sent. What returns a status has run, so
    /// it must not tell its caller that nothing was.
    fn from(error: Error) -> Status {
        let mut headers = HeaderMap::new();
        error.metadata().write_headers(&mut headers);
        if !error.id().is_empty() {
            headers.insert(ERROR_ID, percent_encode(error.id()));
        }
        let mut status = Status::with_details_and_metadata(
            tonic::Code::from_i32(error.code().number()),
            error.message(),
            details(&error),
            MetadataMap::from_headers(headers),
        );
        if error.outcome() != Outcome::Unknown || error.source().is_some() {
            status.set_source(Arc::new(error));
        }
        status
    }
}

impl From<Status> for Error {
    /// Carries everything that an error has a place for: code, message, details, metadata, id, outcome and
    /// the chain of sources, for logs.
    ///
    /// Details in another form than `google.rpc.Status` become a single one without a type, and go back as
    /// they were. A status of code OK, which is no error, becomes [`Code::Unknown`]. Headers that belong to
    /// the wire (`grpc-…`, `content-type`, …) are no metadata and are left out.
    fn from(status: Status) -> Error {
        let code = Code::from_number(i32::from(status.code())).unwrap_or(Code::Unknown);
        let headers = status.metadata().clone().into_headers();
        let mut error = Error::new(code, status.message().to_owned())
            .with_metadata(Metadata::from_headers(&headers))
            .with_outcome(outcome(&status, &headers));
        if let Some(id) = headers.get(ERROR_ID) {
            error = error.with_id(percent_decode(id));
        }
        match decoded(status.details(), code) {
            Some(details) => {
                for detail in details {
                    error = error.with_detail(detail.type_url, detail.value);
                }
            }
            None if status.details().is_empty() => {}
            None => error = error.with_detail("", status.details().to_vec()),
        }
        let is_caused = cause(&status).is_some();
        if is_caused { error.with_source(Cause(status)) } else { error }
    }
}

fn details(error: &Error) -> Bytes {
    match error.details() {
        [] => Bytes::new(),
        // What came in another form goes in that form.
        [only] if is_opaque(&only.type_url, &only.value, error.code()) => only.value.clone(),
        _ => encoded(error).into(),
    }
}

/// Tells whether a detail is what details in another form than ours have become.
fn is_opaque(type_url: &str, value: &[u8], code: Code) -> bool {
    type_url.is_empty() && !value.is_empty() && decoded(value, code).is_none()
}

/// Finds out what is known about the work behind a status: that of the error it was made of, or what the peer
/// said.
fn outcome(status: &Status, headers: &HeaderMap) -> Outcome {
    match own(status) {
        Some(error) => error.outcome(),
        None if headers.get(OUTCOME) == Some(&NOT_RUN) => Outcome::NotRun,
        None => Outcome::Unknown,
    }
}

/// Returns the error that a status was made of, if it still says the same.
fn own(status: &Status) -> Option<&Error> {
    let error = status.source()?.downcast_ref::<Error>()?;
    let is_same = error.code().number() == i32::from(status.code()) && error.message() == status.message();
    is_same.then_some(error)
}

/// Returns what caused a status; of one that was made of an error, what caused that.
fn cause(status: &Status) -> Option<&(dyn std::error::Error + 'static)> {
    match own(status) {
        Some(error) => error.source(),
        None => status.source(),
    }
}

/// What caused a status, in its place in the chain of sources.
struct Cause(Status);

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        cause(&self.0).map_or(Ok(()), |cause| fmt::Debug::fmt(cause, f))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        cause(&self.0).map_or(Ok(()), |cause| fmt::Display::fmt(cause, f))
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        cause(&self.0)?.source()
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_goes_there_and_back() {
        for code in Code::ALL {
            let status = Status::from(Error::new(code, "said"));
            assert_eq!((i32::from(status.code()), status.message()), (code.number(), "said"));
            assert_eq!(Error::from(status).code(), code);
        }
        let ok = Error::from(Status::ok("fine"));
        assert_eq!((ok.code(), ok.message()), (Code::Unknown, "fine"));
    }

    #[test]
    fn the_outcome_stays_in_the_process_and_that_of_a_peer_is_read() {
        for outcome in [Outcome::NotSent, Outcome::NotRun, Outcome::Unknown] {
            let status = Status::from(Error::unavailable("away").with_outcome(outcome));
            assert!(status.metadata().is_empty(), "{outcome:?} would be sent: {status:?}");
            assert_eq!(Error::from(status.clone()).outcome(), outcome);

            // Said anew by somebody whose work it was: it is a cause like any other.
            let mut anew = Status::internal("cannot go on");
            anew.set_source(Arc::new(Error::from(status)));
            let error = Error::from(anew);
            assert_eq!(error.outcome(), Outcome::Unknown);
            assert_eq!(format!("{error:?}"), "internal: cannot go on\n  caused by: unavailable: away");
        }
        let mut headers = HeaderMap::new();
        super::super::write(
            Err(&Error::unavailable("busy").with_outcome(Outcome::NotRun)),
            &Metadata::new(),
            &mut headers,
        );
        let status = Status::from_header_map(&headers).unwrap();
        assert_eq!(Error::from(status).outcome(), Outcome::NotRun);
    }

    #[test]
    fn details_in_another_form_go_back_as_they_were() {
        let bytes = Bytes::from_static(b"\xffjust bytes");
        let status = Status::with_details(tonic::Code::Aborted, "no", bytes.clone());
        let error = Error::from(status);
        let [only] = error.details() else { panic!("{:?}", error.details()) };
        assert_eq!((only.type_url.as_str(), &only.value), ("", &bytes));
        assert_eq!(Status::from(error).details(), &bytes[..]);

        // Of another code than the status: nobody's word to believe, and nothing to lose.
        let other = encoded(&Error::not_found("x").with_detail("type.googleapis.com/a.B", "b"));
        let status = Status::with_details(tonic::Code::Aborted, "no", other.clone().into());
        assert_eq!(Status::from(Error::from(status)).details(), &other[..]);
    }

    #[test]
    fn sources_are_kept_for_logs() {
        let full = std::io::Error::other("disk full");
        let status = Status::from(Error::from(full).with_id("bank"));
        assert!(!status.message().contains("disk"), "{status:?}");
        let error = Error::from(status);
        assert_eq!(format!("{error:?}"), "internal: internal error (from bank)\n  caused by: disk full");
        let again = Error::from(Status::from(error));
        assert_eq!(format!("{again:?}"), "internal: internal error (from bank)\n  caused by: disk full");

        let mut foreign = Status::unavailable("no route");
        foreign.set_source(Arc::new(std::io::Error::other("cable cut")));
        assert_eq!(format!("{:?}", Error::from(foreign)), "unavailable: no route\n  caused by: cable cut");
    }
}
