//! What a service counts about every method and subscriber: how often, how it ended, how long it took.
//!
//! Recording costs a handful of relaxed atomic additions: no lock, no allocation but the first time. Reading is the
//! rare case and pays for it: a [`Snapshot`] adds everything up.

mod histogram;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::error::Code;
use crate::spec::Spec;

pub(crate) use histogram::Latency;

use histogram::Histogram;

/// The ways a call can end: well, or with one of the codes.
const ENDS: usize = Code::ALL.len() + 1;

/// The statistics of one service. Cheap to clone; clones count together.
#[derive(Clone)]
pub(crate) struct Stats(Arc<Inner>);

struct Inner {
    since: SystemTime,
    began: Instant,
    endpoints: Mutex<Vec<Arc<Endpoint>>>,
}

impl Stats {
    /// Makes statistics that have counted nothing; their time begins now.
    pub(crate) fn new() -> Stats {
        Stats(Arc::new(Inner {
            since: SystemTime::now(),
            began: Instant::now(),
            endpoints: Mutex::default(),
        }))
    }

    /// Returns what is counted for the method or subscriber of `spec`; made when it is asked for first, one a path.
    pub(crate) fn endpoint(&self, spec: &'static Spec) -> Arc<Endpoint> {
        let mut endpoints = self.0.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = endpoints.iter().find(|endpoint| endpoint.spec.path == spec.path) {
            return known.clone();
        }
        let endpoint = Arc::new(Endpoint::new(spec));
        endpoints.push(endpoint.clone());
        endpoint
    }

    /// Lists everything that is counted, in the order in which it was asked for first.
    pub(crate) fn endpoints(&self) -> Vec<Arc<Endpoint>> {
        self.0.endpoints.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns when counting began.
    pub(crate) fn since(&self) -> SystemTime {
        self.0.since
    }

    /// Returns for how long has been counted, whatever happened to the system's clock meanwhile.
    pub(crate) fn uptime(&self) -> Duration {
        self.0.began.elapsed()
    }
}

impl Default for Stats {
    fn default() -> Self {
        Stats::new()
    }
}

impl fmt::Debug for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stats").field("endpoints", &self.endpoints().len()).finish_non_exhaustive()
    }
}

/// What is counted for one method or subscriber.
pub(crate) struct Endpoint {
    spec: &'static Spec,
    began: AtomicU64,
    /// By code; the first is of those that ended well.
    ended: [AtomicU64; ENDS],
    latency: Histogram,
}

impl Endpoint {
    fn new(spec: &'static Spec) -> Self {
        Endpoint {
            spec,
            began: AtomicU64::new(0),
            ended: [const { AtomicU64::new(0) }; ENDS],
            latency: Histogram::new(),
        }
    }

    /// Returns what is counted.
    pub(crate) fn spec(&self) -> &'static Spec {
        self.spec
    }

    /// Counts one more that runs, until the timer ends.
    pub(crate) fn begin(self: &Arc<Self>) -> Timer {
        self.began.fetch_add(1, Ordering::Relaxed);
        Timer { endpoint: self.clone(), began: Instant::now(), ended: false }
    }

    /// Adds up what was counted until now.
    pub(crate) fn snapshot(&self) -> Snapshot {
        // The ends first: what ends in between is then in flight, never ended twice or not begun.
        let ended = std::array::from_fn(|index| self.ended[index].load(Ordering::Acquire));
        let began = self.began.load(Ordering::Relaxed);
        Snapshot { began, ended, latency: self.latency.snapshot() }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("path", &self.spec.path).finish_non_exhaustive()
    }
}

/// One call or event that runs. Dropped before its end, it counts as `CANCELLED`.
#[derive(Debug)]
pub(crate) struct Timer {
    endpoint: Arc<Endpoint>,
    began: Instant,
    ended: bool,
}

impl Timer {
    /// Counts how it ended; `None` is well.
    pub(crate) fn end(mut self, code: Option<Code>) {
        self.record(code);
    }

    fn record(&mut self, code: Option<Code>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        self.endpoint.latency.record(self.began.elapsed());
        let index = code.map_or(0, |code| code as usize);
        if let Some(count) = self.endpoint.ended.get(index) {
            // Whoever sees the end sees the beginning.
            count.fetch_add(1, Ordering::Release);
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.record(Some(Code::Cancelled));
    }
}

/// What was counted for one method or subscriber until some moment.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    began: u64,
    ended: [u64; ENDS],
    latency: Latency,
}

impl Snapshot {
    /// Returns how many began, refused ones included.
    pub(crate) fn requests(&self) -> u64 {
        self.began
    }

    /// Returns how many began and did not end.
    pub(crate) fn in_flight(&self) -> u64 {
        self.began.saturating_sub(self.ended.iter().sum())
    }

    /// Returns how many ended with an error.
    pub(crate) fn errors(&self) -> u64 {
        self.ended[1..].iter().sum()
    }

    /// Lists the codes that calls ended with, and how many did; by number, those that never came left out.
    pub(crate) fn by_code(&self) -> impl Iterator<Item = (Code, u64)> {
        Code::ALL.into_iter().zip(self.ended[1..].iter().copied()).filter(|(_, count)| *count > 0)
    }

    /// Returns how long those that ended took.
    pub(crate) fn latency(&self) -> &Latency {
        &self.latency
    }

    /// Adds what was counted elsewhere.
    pub(crate) fn add(&mut self, other: &Snapshot) {
        self.began += other.began;
        for (mine, other) in self.ended.iter_mut().zip(other.ended) {
            *mine += other;
        }
        self.latency.add(&other.latency);
    }
}

impl Default for Snapshot {
    fn default() -> Self {
        Snapshot { began: 0, ended: [0; ENDS], latency: Latency::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::spec::Kind;

    static FIRST: Spec = Spec::new::<(), ()>("/a.v1.B/First", "a.v1.B", Kind::Unary);
    static SECOND: Spec = Spec::new::<(), ()>("/a.v1.B/Second", "a.v1.B", Kind::Unary);

    #[test]
    fn every_end_is_counted_once_and_under_its_code() {
        let endpoint = Stats::new().endpoint(&FIRST);
        for code in [None, None, Some(Code::NotFound), Some(Code::Unauthenticated), Some(Code::NotFound)] {
            endpoint.begin().end(code);
        }
        let running = endpoint.begin();
        let seen = endpoint.snapshot();
        assert_eq!((seen.requests(), seen.errors(), seen.in_flight()), (6, 3, 1));
        let codes: Vec<_> = seen.by_code().collect();
        assert_eq!(codes, [(Code::NotFound, 2), (Code::Unauthenticated, 1)]);
        assert_eq!(seen.latency().count(), 5);
        drop(running);
        let seen = endpoint.snapshot();
        assert_eq!((seen.requests(), seen.errors(), seen.in_flight()), (6, 4, 0));
        assert_eq!(seen.by_code().next(), Some((Code::Cancelled, 1)), "dropped is cancelled");
    }

    #[test]
    fn there_is_one_endpoint_a_path() {
        let stats = Stats::new();
        stats.endpoint(&SECOND).begin().end(None);
        stats.endpoint(&FIRST);
        stats.clone().endpoint(&SECOND).begin().end(None);
        let paths: Vec<_> = stats.endpoints().iter().map(|endpoint| endpoint.spec().path).collect();
        assert_eq!(paths, [SECOND.path, FIRST.path]);
        assert_eq!(stats.endpoints()[0].snapshot().requests(), 2);
        assert_eq!(Stats::new().endpoints().len(), 0, "nothing is shared by chance");
    }

    #[test]
    fn sums_hold_every_part() {
        let stats = Stats::new();
        stats.endpoint(&FIRST).begin().end(None);
        stats.endpoint(&SECOND).begin().end(Some(Code::Internal));
        let mut sum = Snapshot::default();
        for endpoint in stats.endpoints() {
            sum.add(&endpoint.snapshot());
        }
        assert_eq!((sum.requests(), sum.errors(), sum.latency().count()), (2, 1, 2));
    }

    #[test]
    fn nothing_is_lost_or_negative_while_many_record() {
        const THREADS: u64 = 4;
        const CALLS: u64 = 20_000;
        let endpoint = Stats::new().endpoint(&FIRST);
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let endpoint = &endpoint;
                scope.spawn(move || {
                    for call in 0..CALLS {
                        endpoint.begin().end((call % 2 == thread % 2).then_some(Code::Aborted));
                    }
                });
            }
            for _ in 0..1_000 {
                let seen = endpoint.snapshot();
                assert!(seen.requests() >= seen.errors(), "{seen:?}");
                assert!(seen.ended.iter().sum::<u64>() <= seen.began, "{seen:?}");
            }
        });
        let seen = endpoint.snapshot();
        assert_eq!((seen.requests(), seen.errors()), (THREADS * CALLS, THREADS * CALLS / 2));
        assert_eq!((seen.in_flight(), seen.latency().count()), (0, THREADS * CALLS));
    }
}
