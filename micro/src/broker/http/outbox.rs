//! What every lane sends by: settings, counters, kinds of connections.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use tokio::time::Instant;

use crate::broker::Envelope;
use crate::wire::count::Count;
use crate::wire::http2::{Options, Pool};

use super::binary;
use super::counters::Tally;
use super::desk::PATH;
use super::networks::Networks;

/// How long a dial may take.
const CONNECT: Duration = Duration::from_secs(5);

/// How often a subscriber's machine is asked whether it is there, and how long it has to answer.
const PING: Duration = Duration::from_secs(15);

/// What holds for all that is sent.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) networks: Networks,
    /// How long a subscriber may take to answer.
    pub(super) wait: Duration,
    /// How many events may wait for one subscriber or queue.
    pub(super) events: usize,
    /// How many bytes of events may.
    pub(super) bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            networks: Networks::default(),
            wait: Duration::from_secs(300),
            events: 1024,
            bytes: 16 << 20,
        }
    }
}

/// What lanes send by.
#[derive(Debug)]
pub(super) struct Outbox {
    pub(super) settings: Settings,
    pub(super) tally: Tally,
    /// The events that are on their way, counted once for each subscriber and queue.
    pub(super) under_way: Count,
}

impl Outbox {
    pub(super) fn new(settings: Settings) -> Self {
        Outbox { settings, tally: Tally::default(), under_way: Count::default() }
    }

    /// Makes the connections of one lane. Lanes share none: the streams of a slow one would use up the others'.
    pub(super) fn pool() -> Pool {
        // The limit is for calls; an answer's text has its own.
        Pool::new(Options { ping: Some(PING), ..Options::new(CONNECT, 0) })
    }
}

/// An event ready to be sent, written once for all who get it.
#[derive(Debug)]
pub(super) struct Stamped {
    pub(super) envelope: Arc<Envelope>,
    pub(super) headers: HeaderMap,
    pub(super) path: String,
    pub(super) size: usize,
    /// When it stops to be worth delivering, by a clock that nobody sets.
    pub(super) dies: Option<Instant>,
}

impl Stamped {
    pub(super) fn new(envelope: Arc<Envelope>) -> Self {
        Stamped {
            headers: binary::write(&envelope),
            path: format!("{PATH}{}", envelope.topic),
            size: envelope.size(),
            dies: envelope.left().and_then(|left| Instant::now().checked_add(left)),
            envelope,
        }
    }

    /// Returns how much longer it is worth delivering: `Some(None)` for ever, `None` when it is not.
    pub(super) fn left(&self) -> Option<Option<Duration>> {
        match self.dies {
            None => Some(None),
            Some(dies) => {
                let left = dies.saturating_duration_since(Instant::now());
                (!left.is_zero()).then_some(Some(left))
            }
        }
    }
}
