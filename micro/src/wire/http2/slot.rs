//! The place of one address in the pool: idle, being dialled, or connected.

use std::sync::{Arc, Mutex, Weak};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::connection::{self, Connection, Dialled, Lease};
use super::pool::Options;
use super::{Task, classify, lock};
use crate::address::Address;
use crate::error::{Error, Result};

/// One address and its connection, if there is one.
pub(super) struct Slot {
    address: Address,
    authority: String,
    options: Options,
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    phase: Phase,
    backoff: Backoff,
    /// Why the last dial or connection failed.
    failure: Option<String>,
    /// How many dials have ended.
    dials: u64,
    used: Instant,
}

enum Phase {
    Idle,
    /// The task fills the slot when it is done.
    Dialling {
        _task: Task,
    },
    Ready(Arc<Connection>),
}

impl Slot {
    pub(super) fn new(address: Address, options: Options) -> Self {
        let state = State {
            phase: Phase::Idle,
            backoff: Backoff::default(),
            failure: None,
            dials: 0,
            used: Instant::now(),
        };
        let authority = address.to_string();
        Slot { address, authority, options, state: Mutex::new(state), changed: Notify::new() }
    }

    /// Returns the address as `host:port`.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// Returns when a connection was last asked for.
    pub(super) fn used(&self) -> Instant {
        lock(&self.state).used
    }

    /// Tells whether nothing goes on here.
    pub(super) fn is_unused(&self) -> bool {
        match &lock(&self.state).phase {
            Phase::Idle => true,
            Phase::Dialling { .. } => false,
            Phase::Ready(connection) => connection.is_unused(),
        }
    }

    /// Tells whether a dial has failed and the next one has to wait.
    pub(super) fn is_backing_off(&self) -> bool {
        let state = lock(&self.state);
        matches!(state.phase, Phase::Idle) && state.backoff.wait().is_some()
    }

    /// Takes the connection into use, dialling if there is none. All who wait share one dial, and its failure.
    ///
    /// Waits for at most one pause and one dial, each bounded by the connect timeout.
    ///
    /// # Errors
    ///
    /// `unavailable`, not sent.
    pub(super) async fn lease(self: &Arc<Self>) -> Result<Lease> {
        {
            // Connected is the rule: nothing is waited for then.
            let mut state = lock(&self.state);
            if let Phase::Ready(connection) = &state.phase {
                let lease = Lease::new(connection.clone());
                state.used = Instant::now();
                return Ok(lease);
            }
        }
        let mut dials = None;
        loop {
            // Listening begins before looking, so that nothing is missed in between.
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            let pause = {
                let mut state = lock(&self.state);
                state.used = Instant::now();
                let before = *dials.get_or_insert(state.dials);
                match (&state.phase, state.backoff.wait()) {
                    (Phase::Ready(connection), _) => return Ok(Lease::new(connection.clone())),
                    (Phase::Dialling { .. }, _) => None,
                    (Phase::Idle, _) if state.dials != before => return Err(self.unreachable(&state)),
                    (Phase::Idle, Some(pause)) if pause > self.options.connect_timeout => {
                        return Err(self.unreachable(&state));
                    }
                    (Phase::Idle, Some(pause)) => Some(pause),
                    (Phase::Idle, None) => {
                        state.phase = Phase::Dialling { _task: Task::spawn(fill(Arc::downgrade(self))) };
                        None
                    }
                }
            };
            match pause {
                None => changed.await,
                Some(pause) => tokio::select! {
                    () = changed => {}
                    () = tokio::time::sleep(pause) => {}
                },
            }
        }
    }

    fn unreachable(&self, state: &State) -> Error {
        classify::unsent(
            &self.authority,
            state.failure.as_deref().unwrap_or("the peer closed the connection"),
        )
    }

    fn dialled(self: &Arc<Self>, result: Result<Dialled, String>) {
        let mut state = lock(&self.state);
        state.dials += 1;
        let phase = match result {
            Ok(dialled) => {
                let slot = Arc::downgrade(self);
                Phase::Ready(Arc::new(Connection::start(dialled, slot, state.dials, &self.options)))
            }
            Err(why) => {
                tracing::debug!(address = %self.authority, why, "dial failed");
                state.backoff.failed();
                state.failure = Some(why);
                Phase::Idle
            }
        };
        let previous = std::mem::replace(&mut state.phase, phase);
        drop(state);
        self.changed.notify_waiters();
        // This is the task that runs here; it ends after this without another wait, so aborting it ends nothing.
        drop(previous);
    }

    /// Notes that a connection has ended, or takes no more calls. `failure` says why when the next dial should
    /// wait. Calls that are on it go on.
    pub(super) fn closed(&self, generation: u64, failure: Option<String>) {
        let mut state = lock(&self.state);
        if !matches!(&state.phase, Phase::Ready(connection) if connection.generation == generation) {
            return;
        }
        match failure {
            Some(why) => {
                state.backoff.failed();
                state.failure = Some(why);
            }
            None => state.backoff.succeeded(),
        }
        let previous = std::mem::replace(&mut state.phase, Phase::Idle);
        drop(state);
        self.changed.notify_waiters();
        drop(previous);
    }

    /// Takes an unused connection out. False when it came into use meanwhile.
    pub(super) fn retire(&self, generation: u64) -> bool {
        let mut state = lock(&self.state);
        let previous = match &state.phase {
            Phase::Ready(connection) if connection.generation == generation => {
                if !connection.is_unused() {
                    return false;
                }
                std::mem::replace(&mut state.phase, Phase::Idle)
            }
            _ => return true,
        };
        drop(state);
        drop(previous);
        true
    }
}

/// Dials for a slot. The pool may go meanwhile, so the slot is not held.
async fn fill(slot: Weak<Slot>) {
    let Some((address, options)) = slot.upgrade().map(|slot| (slot.address.clone(), slot.options.clone()))
    else {
        return;
    };
    let result = connection::dial(&address, &options).await;
    if let Some(slot) = slot.upgrade() {
        slot.dialled(result);
    }
}
