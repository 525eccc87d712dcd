//! How long to leave an address alone after a failed dial: 100 ms, ×1.6 each time, ±20 %, at most 10 s
//! (gRPC's connection backoff, with a shorter start and end).

use std::time::Duration;

use tokio::time::Instant;

const BASE: Duration = Duration::from_millis(100);
const FACTOR: f64 = 1.6;
const JITTER: f64 = 0.2;
const MAX: Duration = Duration::from_secs(10);

/// Counts failures of one address and tells when to try again.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    until: Option<Instant>,
}

impl Backoff {
    /// Notes a failure.
    pub(super) fn failed(&mut self) {
        // 1.6^10 times the base is past the longest delay.
        let delay = BASE.mul_f64(FACTOR.powi(self.failures.min(10) as i32)).min(MAX);
        let jitter = 1.0 + JITTER * (2.0 * fastrand::f64() - 1.0);
        self.failures = self.failures.saturating_add(1);
        self.until = Some(Instant::now() + delay.mul_f64(jitter));
    }

    /// Notes that the address works.
    pub(super) fn succeeded(&mut self) {
        *self = Backoff::default();
    }

    /// Returns how long to wait before the next try, `None` when it may be made now.
    pub(super) fn wait(&self) -> Option<Duration> {
        let left = self.until?.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn grows_by_six_tenths_and_stays_within_its_jitter_and_its_end() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.wait(), None);
        let mut expected = 0.1;
        for _ in 0..40 {
            backoff.failed();
            let wait = backoff.wait().unwrap().as_secs_f64();
            assert!((expected * 0.79..expected * 1.21).contains(&wait), "{wait} is not {expected} ± 20 %");
            expected = f64::min(expected * 1.6, 10.0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn ends_with_time_and_with_success() {
        let mut backoff = Backoff::default();
        backoff.failed();
        tokio::time::advance(Duration::from_millis(121)).await;
        assert_eq!(backoff.wait(), None);
        for _ in 0..20 {
            backoff.failed();
        }
        backoff.succeeded();
        assert_eq!(backoff.wait(), None);
        backoff.failed();
        assert!(backoff.wait().unwrap() <= Duration::from_millis(121));
    }
}
