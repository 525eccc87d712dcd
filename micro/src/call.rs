//! What every call carries besides its messages: deadline, metadata, caller, trace, cancellation.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::{CancellationToken, DropGuard};

use crate::error::{Error, Result};
use crate::event::Event;
use crate::metadata::Metadata;
use crate::trace::TraceContext;

/// Carries the facts of one call, on the client and on the server alike. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct CallInfo {
    pub(crate) deadline: Option<Instant>,
    pub(crate) metadata: Metadata,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) trace: Option<TraceContext>,
    pub(crate) cancel: Cancellation,
    pub(crate) event: Option<Arc<Event>>,
}

impl CallInfo {
    /// Makes the facts of a call without deadline, metadata or caller.
    pub fn new() -> Self {
        CallInfo::default()
    }

    /// Returns when the call has to be over.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Returns how much time is left: `None` without a deadline, zero when it has passed.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Sets when the call has to be over; an earlier deadline stays.
    pub fn shorten_deadline(&mut self, deadline: Instant) {
        self.deadline = Some(self.deadline.map_or(deadline, |now| now.min(deadline)));
    }

    /// Returns the metadata of the request.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Returns the metadata of the request, to change it.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    /// Returns the address of the caller; `None` in process.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Returns the trace the call belongs to.
    pub fn trace(&self) -> Option<&TraceContext> {
        self.trace.as_ref()
    }

    /// Returns the event a subscriber is called with; `None` for a call.
    pub fn event(&self) -> Option<&Event> {
        self.event.as_deref()
    }

    /// Returns what tells work apart from its call that the call is over.
    pub fn cancellation(&self) -> &Cancellation {
        &self.cancel
    }

    /// Fails when the deadline has passed or the call was cancelled.
    ///
    /// # Errors
    ///
    /// `deadline exceeded` or `cancelled`.
    pub fn check(&self) -> Result<()> {
        match self.remaining() {
            Some(Duration::ZERO) => Err(Error::deadline_exceeded("the deadline has passed")),
            _ if self.cancel.is_cancelled() => Err(Error::cancelled("the caller gave up")),
            _ => Ok(()),
        }
    }
}

/// Tells tasks that the call they work for is over: answered, cancelled or out of time.
///
/// A handler itself needs none of this, its future is dropped. Tasks it spawned do.
#[derive(Clone, Debug, Default)]
pub struct Cancellation(CancellationToken);

impl Cancellation {
    /// Waits until the call is over.
    pub async fn cancelled(&self) {
        self.0.cancelled().await;
    }

    /// Tells whether the call is over.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Ends the call for everybody who watches.
    #[cfg(test)]
    pub(crate) fn cancel(&self) {
        self.0.cancel();
    }

    /// Makes one that is over when this one is, or earlier.
    pub(crate) fn child(&self) -> Cancellation {
        Cancellation(self.0.child_token())
    }

    /// Ends the call when the guard is dropped.
    pub(crate) fn guard(&self) -> DropGuard {
        self.0.clone().drop_guard()
    }
}
