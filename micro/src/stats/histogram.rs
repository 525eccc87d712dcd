//! How long things take, in fixed memory: a log-linear histogram.
//!
//! Every power of two is cut into [`PARTS`] equal buckets, and a bucket speaks for its middle. So a quantile differs
//! from the true value by at most 1/64 of it, from 1 µs to 73 minutes; below 1 µs by at most 16 ns. What takes longer
//! counts as that long in quantiles; largest, sum and mean are exact. 8.3 KiB, made by the first recording.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Buckets of a power of two. Half of one is 1/64 of where the power begins.
const PARTS: usize = 1 << PART_BITS;
const PART_BITS: u32 = 5;

/// The finest that is told apart: 32 ns, so that 1.024 µs is the first value of which a bucket is 1/32.
const UNIT_BITS: u32 = 5;

/// Powers of two above the linear beginning: up to 2^42 ns.
const POWERS: usize = 32;

const BUCKETS: usize = PARTS * (POWERS + 1);

/// Counts durations. Recording is lock-free.
pub(super) struct Histogram {
    /// Made by the first recording: most methods of most services are never called.
    counts: OnceLock<Box<[AtomicU64]>>,
    /// In nanoseconds; 584 years of it fit, and it stays there.
    sum: AtomicU64,
    /// In nanoseconds.
    max: AtomicU64,
}

impl Histogram {
    pub(super) const fn new() -> Self {
        Histogram { counts: OnceLock::new(), sum: AtomicU64::new(0), max: AtomicU64::new(0) }
    }

    /// Counts one that took this long.
    pub(super) fn record(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let counts = self.counts.get_or_init(|| (0..BUCKETS).map(|_| AtomicU64::new(0)).collect());
        // There is always a next sum, so this does not fail.
        let next = |sum: u64| Some(sum.saturating_add(nanos));
        let _ = self.sum.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        // A new largest is rare, and reading is cheaper than writing.
        if nanos > self.max.load(Ordering::Relaxed) {
            self.max.fetch_max(nanos, Ordering::Relaxed);
        }
        if let Some(count) = counts.get(bucket(nanos)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Copies what was counted until now.
    pub(super) fn snapshot(&self) -> Latency {
        let counts = match self.counts.get() {
            Some(counts) => counts.iter().map(|count| count.load(Ordering::Relaxed)).collect(),
            None => Vec::new(),
        };
        Latency { counts, sum: self.sum.load(Ordering::Relaxed), max: self.max.load(Ordering::Relaxed) }
    }
}

/// Returns the bucket of a value; that of the largest for what is larger.
fn bucket(nanos: u64) -> usize {
    let units = nanos >> UNIT_BITS;
    let power = (u64::BITS - units.leading_zeros()).saturating_sub(PART_BITS + 1);
    // Within its power, units >> power is PARTS..2 * PARTS; below the first power it is 0..PARTS.
    let index = power as usize * PARTS + (units >> power) as usize;
    index.min(BUCKETS - 1)
}

/// Returns the middle of a bucket, in nanoseconds.
fn middle(bucket: usize) -> u64 {
    let power = (bucket / PARTS).saturating_sub(1);
    let part = (bucket - power * PARTS) as u64;
    (part << power << UNIT_BITS) + ((1_u64 << power << UNIT_BITS) >> 1)
}

/// How long a number of calls took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latency {
    /// Empty when there were none.
    counts: Vec<u64>,
    sum: u64,
    max: u64,
}

impl Latency {
    /// Returns how many took at most this long, within 1/32 of it.
    #[allow(dead_code, reason = "only OTLP, a feature, exports a histogram by bounds")]
    pub(crate) fn at_most(&self, limit: Duration) -> u64 {
        let nanos = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        self.counts.iter().take(bucket(nanos) + 1).sum()
    }

    /// Returns how many were measured.
    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns the time that `share` of them (0 to 1) did not exceed, within 1/64 of it; zero when there were none.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let count = self.count();
        // The rank of the value that is looked for, from 1.
        let rank = ((share.clamp(0.0, 1.0) * count as f64).ceil() as u64).clamp(1, count.max(1));
        let mut seen = 0;
        for (bucket, number) in self.counts.iter().enumerate() {
            seen += number;
            if seen >= rank {
                return Duration::from_nanos(middle(bucket).min(self.max));
            }
        }
        Duration::ZERO
    }

    /// Returns the longest, exactly; zero when there were none.
    pub(crate) fn max(&self) -> Duration {
        Duration::from_nanos(self.max)
    }

    /// Returns how long all took together, exactly: it never goes back while more is measured.
    #[allow(dead_code, reason = "only OTLP, a feature, exports it")]
    pub(crate) fn sum(&self) -> Duration {
        Duration::from_nanos(self.sum)
    }

    /// Returns the mean, exactly; zero when there were none.
    pub(crate) fn mean(&self) -> Duration {
        Duration::from_nanos(self.sum.checked_div(self.count()).unwrap_or(0))
    }

    /// Adds what was measured elsewhere.
    pub(crate) fn add(&mut self, other: &Latency) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, other) in self.counts.iter_mut().zip(&other.counts) {
            *mine += other;
        }
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUANTILES: [f64; 7] = [0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0];

    fn latency(samples: &[u64]) -> Latency {
        let histogram = Histogram::new();
        for nanos in samples {
            histogram.record(Duration::from_nanos(*nanos));
        }
        histogram.snapshot()
    }

    /// Checks every quantile against the sorted samples themselves.
    #[track_caller]
    fn check(mut samples: Vec<u64>) {
        let latency = latency(&samples);
        samples.sort_unstable();
        for share in QUANTILES {
            let rank = ((share * samples.len() as f64).ceil() as usize).max(1);
            let exact = samples[rank - 1];
            let found = latency.quantile(share).as_nanos() as u64;
            let bound = (exact / 64).max(16);
            assert!(found.abs_diff(exact) <= bound, "p{share}: {found} ns, exactly {exact} ns");
        }
        assert_eq!(latency.max().as_nanos() as u64, samples[samples.len() - 1]);
        let mean = samples.iter().sum::<u64>() / samples.len() as u64;
        assert_eq!(latency.mean().as_nanos() as u64, mean);
        assert_eq!(latency.count(), samples.len() as u64);
    }

    #[test]
    fn quantiles_of_random_samples_are_within_the_bound() {
        let mut random = fastrand::Rng::with_seed(7);
        for count in [1, 2, 10, 1_000, 20_000] {
            // Every order of size alike, then a narrow hump with a long tail.
            check((0..count).map(|_| 1_u64 << random.u32(0..42)).collect());
            check((0..count).map(|_| random.u64(..) >> random.u32(22..60)).collect());
            check((0..count).map(|_| 80_000 + random.u64(0..9_000) * random.u64(0..50)).collect());
        }
    }

    #[test]
    fn quantiles_are_within_the_bound_at_every_edge_of_a_bucket() {
        for power in 5..42 {
            for part in 0..64 {
                let edge = (1_u64 << power) + ((1_u64 << power) / 64 * part);
                for nanos in [edge.saturating_sub(1), edge, edge + 1] {
                    // Two more, so that the largest does not hide what the bucket says.
                    check(vec![nanos, nanos, 1 << 42]);
                }
            }
        }
    }

    #[test]
    fn buckets_follow_one_another_without_gaps() {
        let mut last = 0;
        for nanos in (0..1 << 20).chain((20..64).map(|power| 1 << power)) {
            let bucket = bucket(nanos);
            assert!(
                bucket == last || bucket == last + 1 || nanos > 1 << 20,
                "{nanos} ns in {bucket} after {last}"
            );
            last = bucket;
        }
        assert_eq!(bucket((1 << 42) - 1), BUCKETS - 1);
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        assert!(BUCKETS * size_of::<AtomicU64>() <= 16 * 1024);
    }

    #[test]
    fn what_takes_longer_than_an_hour_is_counted_and_its_length_known() {
        let latency = latency(&[3_600_000_000_000, 36_000_000_000_000]);
        assert_eq!(latency.max(), Duration::from_secs(36_000));
        assert!(
            latency.quantile(0.5).abs_diff(Duration::from_secs(3_600)) <= Duration::from_secs(3_600) / 64
        );
        assert!(latency.quantile(1.0) >= Duration::from_secs(3_600));
    }

    #[test]
    fn the_sum_of_all_never_goes_back() {
        let histogram = Histogram::new();
        let sums = [3, 0, 0, 10, 1, u64::MAX, 5].map(|nanos| {
            histogram.record(Duration::from_nanos(nanos));
            histogram.snapshot().sum().as_nanos()
        });
        assert_eq!(sums, [3, 3, 3, 13, 14, u128::from(u64::MAX), u128::from(u64::MAX)]);
    }

    #[test]
    fn nothing_measured_is_zero_and_costs_nothing() {
        let histogram = Histogram::new();
        assert!(histogram.counts.get().is_none());
        let none = histogram.snapshot();
        assert_eq!((none.quantile(0.5), none.max(), none.mean()), Default::default());
    }

    #[test]
    fn sums_are_as_if_measured_together() {
        let mut sum = Latency::default();
        sum.add(&latency(&[1_000, 2_000]));
        sum.add(&latency(&[5_000_000]));
        let together = latency(&[1_000, 2_000, 5_000_000]);
        for share in QUANTILES {
            assert_eq!(sum.quantile(share), together.quantile(share));
        }
        assert_eq!((sum.max(), sum.mean()), (together.max(), together.mean()));
    }
}
