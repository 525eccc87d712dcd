//! gRPC over HTTP/2, both ends.
//!
//! Protocol: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>. What both ends share stands in
//! [`frame`] (length-prefixed messages), [`status`] (outcome in trailers) and [`timeout`] (deadline in a header).

pub(crate) mod client;
pub(crate) mod frame;
pub(crate) mod server;
pub(crate) mod status;
pub(crate) mod timeout;

use http::HeaderValue;

use crate::codec::Encoding;

/// The name under which nodes announce the wire.
pub(crate) const NAME: &str = "grpc";

/// The content type of proto messages, and of errors that come before the sub-type is known.
const CONTENT_TYPE: &str = "application/grpc";

/// Tells whether a content type is gRPC's: `application/grpc`, whatever the sub-type and parameters.
fn is_grpc(content_type: &[u8]) -> bool {
    let Some((head, rest)) = content_type.split_at_checked(CONTENT_TYPE.len()) else {
        return false;
    };
    // `application/grpc-web` is another wire.
    head.eq_ignore_ascii_case(CONTENT_TYPE.as_bytes())
        && matches!(rest.first(), None | Some(b'+' | b';' | b' '))
}

/// Returns the content type of messages in `encoding`.
fn content_type(encoding: &Encoding) -> HeaderValue {
    match encoding.name() {
        "proto" => HeaderValue::from_static(CONTENT_TYPE),
        // A codec's name that cannot stand in a header cannot have been asked for by one either.
        name => HeaderValue::try_from(format!("{CONTENT_TYPE}+{name}"))
            .unwrap_or(HeaderValue::from_static(CONTENT_TYPE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_content_types_from_those_of_other_wires() {
        for yes in [
            "application/grpc",
            "application/grpc+json",
            "Application/GRPC; charset=x",
            "application/grpc+proto",
        ] {
            assert!(is_grpc(yes.as_bytes()), "{yes}");
        }
        for no in
            ["application/grpc-web", "application/grpc-web+proto", "application/grp", "application/json", ""]
        {
            assert!(!is_grpc(no.as_bytes()), "{no}");
        }
    }
}
