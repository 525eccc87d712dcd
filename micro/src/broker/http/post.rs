//! One try to bring an event to a node.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::error::{Error, Outcome, Result};
use crate::registry::Node;
use crate::wire::grpc::status::{NOT_RUN, OUTCOME};
use crate::wire::http2::Post;

use super::lane::Shared;
use super::outbox::Stamped;
use super::receive::RETRY_AFTER_MS;

/// How long names of a node may take to resolve.
const RESOLVE: Duration = Duration::from_secs(5);

/// How much of an answer's text is read, in bytes.
const TEXT: usize = 1024;

/// What came of a try.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// It was handled.
    Handled,
    /// A subscriber had it and it is to come again.
    Again(Option<Duration>),
    /// No subscriber had it; another member, or another time, may do.
    NotRun(Option<Duration>),
    /// Nobody subscribes there.
    Gone,
    /// It will never be handled.
    Never(String),
    /// The event did not get there.
    Unreachable(String),
    /// Whether a subscriber had it is not known.
    Unknown(String),
    /// The node's addresses lie outside of the allowed networks.
    Outside,
}

/// Sends an event to a node.
pub(super) async fn post(
    lane: Arc<Shared>,
    node: Arc<Node>,
    event: Arc<Stamped>,
    headers: HeaderMap,
) -> Answer {
    let settings = &lane.outbox.settings;
    let reaching = settings.networks.reach(&node.addresses);
    let Ok(reach) = tokio::time::timeout(RESOLVE, reaching).await else {
        return Answer::Unreachable("its name takes too long to resolve".to_owned());
    };
    if reach.addresses.is_empty() {
        return match reach.refused {
            0 => Answer::Unreachable("it announces no address that can be resolved".to_owned()),
            _ => Answer::Outside,
        };
    }
    let post = Post { path: &event.path, headers, body: event.envelope.data.clone(), limit: TEXT };
    let answer = tokio::time::timeout(settings.wait, lane.pool.post(&reach.addresses, post)).await;
    judge(answer.unwrap_or_else(|_| Err(Error::deadline_exceeded("no answer in time"))))
}

fn judge(answer: Result<http::Response<Bytes>>) -> Answer {
    let response = match answer {
        Ok(response) => response,
        Err(error) => {
            return match error.outcome() {
                Outcome::NotSent => Answer::Unreachable(error.to_string()),
                Outcome::NotRun => Answer::NotRun(None),
                _ => Answer::Unknown(error.to_string()),
            };
        }
    };
    let headers = response.headers();
    let after = headers.get(RETRY_AFTER_MS).and_then(|value| value.to_str().ok()?.parse::<u32>().ok());
    let after = after.map(|millis| Duration::from_millis(u64::from(millis)));
    match response.status() {
        status if status.is_success() => Answer::Handled,
        _ if headers.get(OUTCOME) == Some(&NOT_RUN) => Answer::NotRun(after),
        // Somebody in between, who did not let it pass.
        StatusCode::TOO_MANY_REQUESTS => Answer::NotRun(after),
        StatusCode::NOT_FOUND => Answer::Gone,
        StatusCode::REQUEST_TIMEOUT => Answer::Again(after),
        status if status.is_server_error() => Answer::Again(after),
        // Redirects among them: an event goes where the registry says, or nowhere.
        status => {
            Answer::Never(format!("HTTP {status}: {}", String::from_utf8_lossy(response.body()).trim()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use http::HeaderValue;

    fn judged(status: u16, headers: &[(&'static str, &'static str)]) -> Answer {
        let mut response = http::Response::new(Bytes::from("why\n"));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        for (name, value) in headers {
            response.headers_mut().insert(*name, HeaderValue::from_static(value));
        }
        judge(Ok(response))
    }

    #[test]
    fn answers_mean_what_they_say() {
        let second = Some(Duration::from_secs(1));
        let never = |status: &str| Answer::Never(format!("HTTP {status}: why"));
        for (status, headers, answer) in [
            (204, vec![], Answer::Handled),
            (200, vec![], Answer::Handled),
            (302, vec![("location", "http://10.0.0.1/")], never("302 Found")),
            (400, vec![], never("400 Bad Request")),
            (404, vec![], Answer::Gone),
            (413, vec![], never("413 Payload Too Large")),
            (422, vec![], never("422 Unprocessable Entity")),
            (429, vec![("retry-after-ms", "1000")], Answer::NotRun(second)),
            (503, vec![("retry-after-ms", "1000")], Answer::Again(second)),
            (503, vec![("retry-after-ms", "1000"), ("micro-outcome", "not-run")], Answer::NotRun(second)),
            (503, vec![("retry-after-ms", "soon")], Answer::Again(None)),
            (504, vec![], Answer::Again(None)),
            (500, vec![], Answer::Again(None)),
        ] {
            assert_eq!(judged(status, &headers), answer, "{status} {headers:?}");
        }
    }

    #[test]
    fn errors_say_whether_the_event_may_have_been_seen() {
        let judged = |outcome| judge(Err(Error::unavailable("x").with_outcome(outcome)));
        assert!(matches!(judged(Outcome::NotSent), Answer::Unreachable(_)));
        assert_eq!(judged(Outcome::NotRun), Answer::NotRun(None));
        assert!(matches!(judged(Outcome::Unknown), Answer::Unknown(_)));
    }
}
