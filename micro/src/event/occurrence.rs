//! The event a subscriber is called with, as its context and layers see it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Delivery, Envelope};

/// The pause before the second attempt, and the longest one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The event a subscriber is called with: its attributes, and how often it came.
pub struct Event {
    /// The event, without its verdict.
    seen: Delivery,
    /// The verdict, until it is given away.
    open: Mutex<Option<Delivery>>,
    unreadable: AtomicBool,
}

impl Event {
    /// Takes over what is left to be said about a delivery.
    pub(crate) fn of(mut delivery: Delivery) -> Self {
        let pause = pause(delivery.attempt());
        let open = Mutex::new(Some(delivery.split().pausing(pause)));
        Event { seen: delivery, open, unreadable: AtomicBool::new(false) }
    }

    /// Returns the event: its attributes and its encoded message.
    pub fn envelope(&self) -> &Envelope {
        self.seen.envelope()
    }

    /// Returns how often the event was delivered to this subscriber, or to a member of its queue, this time
    /// included.
    pub fn attempt(&self) -> u32 {
        self.seen.attempt()
    }

    /// Tells whether the event may have been handled before, or in part.
    pub fn is_redelivered(&self) -> bool {
        self.seen.is_redelivered()
    }

    /// Makes a delivery of `message`, to which the verdict belongs from now on. `None` when it is given away
    /// already.
    pub(crate) fn deliver<T>(&self, message: T) -> Option<Delivery<T>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(open.with(message))
    }

    /// Notes that the message cannot be decoded, now or ever.
    pub(crate) fn set_unreadable(&self) {
        self.unreadable.store(true, Ordering::Release);
    }

    /// Tells whether the message cannot be decoded.
    pub(crate) fn is_unreadable(&self) -> bool {
        self.unreadable.load(Ordering::Acquire)
    }
}

/// Returns how long to wait before an event is tried again: 100 ms, doubled with each attempt up to 30 s, give or
/// take a fifth.
pub(crate) fn pause(attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(9);
    let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
    pause.mul_f64(0.8 + 0.4 * fastrand::f64())
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("envelope", self.envelope())
            .field("attempt", &self.attempt())
            .field("redelivered", &self.is_redelivered())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound() {
        for (attempt, millis) in [(1, 100.0), (2, 200.0), (5, 1600.0), (20, 30_000.0), (u32::MAX, 30_000.0)] {
            let pause = pause(attempt).as_secs_f64() * 1000.0;
            assert!((0.79 * millis..=1.21 * millis).contains(&pause), "{attempt}: {pause} ms");
        }
    }
}
