//! What a failed stream or connection says about the call: its code, and whether the handler may have run.
//!
//! Two things prove that it did not: nothing was sent, or the peer said so. It says so with `REFUSED_STREAM`
//! (RFC 9113, 8.7) and, for streams above its last stream id, with `GOAWAY` (6.8). `h2` hands a remote GOAWAY
//! to exactly those streams; the others go on, and end with whatever ends them.

use h2::Reason;

use crate::error::{Code, Error, Outcome};

/// Makes the error of a call that never left: no connection, or one that takes no streams.
pub(super) fn unsent(authority: &str, why: impl std::fmt::Display) -> Error {
    Error::unavailable(format!("cannot reach {authority}: {why}")).with_outcome(Outcome::NotSent)
}

/// Makes the error of a stream that failed before the head of a response.
pub(super) fn before_head(error: h2::Error, authority: &str) -> Error {
    failed(error, authority, false)
}

/// Makes the error of a stream that failed after the head of a response.
pub(super) fn after_head(error: h2::Error, authority: &str) -> Error {
    failed(error, authority, true)
}

fn failed(error: h2::Error, authority: &str, head: bool) -> Error {
    let facts = Facts {
        reason: error.reason(),
        reset: error.is_reset(),
        go_away: error.is_go_away(),
        remote: error.is_remote(),
        head,
    };
    let (code, outcome) = facts.judge();
    Error::new(code, format!("the call to {authority} broke off: {error}"))
        .with_outcome(outcome)
        .with_source(error)
}

/// The facts of a failure, apart from `h2::Error` because nobody but `h2` can make one.
struct Facts {
    reason: Option<Reason>,
    reset: bool,
    go_away: bool,
    remote: bool,
    /// Whether the head of a response was here.
    head: bool,
}

impl Facts {
    fn judge(&self) -> (Code, Outcome) {
        let refused = self.reset && self.reason == Some(Reason::REFUSED_STREAM);
        if !self.head && self.remote && (refused || self.go_away) {
            return (Code::Unavailable, Outcome::NotRun);
        }
        let code = match self.reason {
            Some(Reason::CANCEL) if self.reset => Code::Cancelled,
            Some(Reason::ENHANCE_YOUR_CALM) => Code::ResourceExhausted,
            _ => Code::Unavailable,
        };
        (code, Outcome::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reset(reason: Reason) -> Facts {
        Facts { reason: Some(reason), reset: true, go_away: false, remote: true, head: false }
    }

    fn go_away(reason: Reason) -> Facts {
        Facts { reset: false, go_away: true, ..reset(reason) }
    }

    #[test]
    fn only_what_the_peer_refused_is_known_not_to_have_run() {
        for refused in
            [reset(Reason::REFUSED_STREAM), go_away(Reason::NO_ERROR), go_away(Reason::INTERNAL_ERROR)]
        {
            assert_eq!(refused.judge(), (Code::Unavailable, Outcome::NotRun));
            assert_eq!(Facts { head: true, ..refused }.judge().1, Outcome::Unknown);
        }
        for local in [reset(Reason::REFUSED_STREAM), go_away(Reason::PROTOCOL_ERROR)] {
            assert_eq!(Facts { remote: false, ..local }.judge().1, Outcome::Unknown);
        }
        for reason in [Reason::NO_ERROR, Reason::INTERNAL_ERROR, Reason::PROTOCOL_ERROR] {
            assert_eq!(reset(reason).judge(), (Code::Unavailable, Outcome::Unknown));
        }
        let broken = Facts { reason: None, reset: false, go_away: false, remote: false, head: false };
        assert_eq!(broken.judge(), (Code::Unavailable, Outcome::Unknown));
    }

    #[test]
    fn resets_that_mean_something_have_their_code() {
        assert_eq!(reset(Reason::CANCEL).judge().0, Code::Cancelled);
        assert_eq!(reset(Reason::ENHANCE_YOUR_CALM).judge().0, Code::ResourceExhausted);
    }

    #[test]
    fn what_was_not_sent_says_so() {
        let error = unsent("127.0.0.1:1", "connection refused");
        assert_eq!((error.code(), error.outcome()), (Code::Unavailable, Outcome::NotSent));
        assert_eq!(error.message(), "cannot reach 127.0.0.1:1: connection refused");
    }
}
