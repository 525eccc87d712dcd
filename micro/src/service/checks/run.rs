//! One run of all checks, and what is remembered of each from one run to the next.
//!
//! A check that takes too long cannot always be ended: one that blocks its thread goes on, and one that waits for such
//! a thread leaves it behind. So a check is not started beside itself, and the more often in a row it was late, the
//! longer it rests.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::config::show_duration;
use crate::error::{Error, Result};

use super::{Check, Checked, Results};

/// How long a check rests that was late for once.
const FIRST_REST: Duration = Duration::from_secs(2);

/// How long a check rests that is late every time.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// What a check said, and how long it took.
type Outcome = (Result<()>, Duration);

/// What is remembered of every check, in their order. Cheap to clone; whoever drops the last clone ends what still
/// runs.
#[derive(Clone)]
pub(super) struct Pasts(Arc<Mutex<Vec<Past>>>);

impl Pasts {
    /// Remembers nothing of so many checks.
    pub(super) fn of(checks: usize) -> Pasts {
        Pasts(Arc::new(Mutex::new((0..checks).map(|_| Past::default()).collect())))
    }
}

/// What is remembered of a check.
#[derive(Default)]
struct Past {
    /// Its last task, unless that has ended in time.
    task: Option<Task>,
    /// Whether the run under way has started it.
    started: bool,
    /// How long it rested last; nothing once it was in time.
    rest: Duration,
    /// When it has rested.
    rested: Option<Instant>,
}

/// A task that nobody waits for after this is dropped.
struct Task(JoinHandle<Outcome>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Past {
    /// Starts the check, unless it still runs or rests.
    fn start(&mut self, checks: &Arc<[Check]>, place: usize) {
        let runs = self.task.as_ref().is_some_and(|task| !task.0.is_finished());
        let rests = self.rested.is_some_and(|rested| Instant::now() < rested);
        self.started = !runs && !rests;
        if !self.started {
            return;
        }
        let checks = checks.clone();
        // A task of its own: one that panics, or forgets to wait, is no concern of the others.
        self.task = Some(Task(tokio::spawn(async move {
            let begin = Instant::now();
            let result = (checks[place].run)().await;
            (result, begin.elapsed())
        })));
    }

    /// Waits for the check until the run that began at `begin` has taken `limit`; `None` when it is late, or was not
    /// started because it was.
    async fn outcome(&mut self, begin: Instant, limit: Duration) -> Option<Outcome> {
        let task = self.task.as_mut().filter(|_| self.started)?;
        // What has ended by now is in time, however long the others took before anybody looked.
        let ended = match task.0.is_finished() {
            true => Some((&mut task.0).await),
            false => timeout(limit.saturating_sub(begin.elapsed()), &mut task.0).await.ok(),
        };
        let Some(ended) = ended else {
            task.0.abort();
            self.rest = self.rest.saturating_mul(2).clamp(FIRST_REST, LONGEST_REST);
            self.rested = Some(Instant::now() + self.rest);
            return None;
        };
        *self = Past::default();
        Some(ended.unwrap_or_else(|error| {
            (Err(Error::internal("the check panicked").with_source(error)), begin.elapsed())
        }))
    }
}

/// Runs every check at the same time, for at most `limit`, and says what was found.
pub(super) async fn run_all(
    checks: Arc<[Check]>,
    pasts: Pasts,
    limit: Duration,
    latest: watch::Sender<Option<Arc<Results>>>,
) {
    let mut pasts = pasts.0.lock().await;
    let begin = Instant::now();
    for (place, past) in pasts.iter_mut().enumerate() {
        past.start(&checks, place);
    }
    let before = latest.borrow().clone();
    let mut found = Vec::with_capacity(checks.len());
    for (place, (check, past)) in checks.iter().zip(pasts.iter_mut()).enumerate() {
        let (result, took) = past.outcome(begin, limit).await.unwrap_or_else(|| (Err(late(limit)), limit));
        let passed = before.as_ref().and_then(|before| before.checks.get(place)).is_none_or(|check| check.ok);
        tell(check, passed, &result);
        found.push(Checked::new(check, result.as_ref().err().map(Error::message), took));
    }
    latest.send_replace(Some(Arc::new(Results { at: Instant::now(), checks: found })));
}

fn late(limit: Duration) -> Error {
    let limit = show_duration(limit);
    Error::deadline_exceeded(format!(
        "the check took longer than {limit}; the setting `check_timeout` allows more"
    ))
}

/// Logs a check that begins or ceases to fail.
fn tell(check: &Check, passed: bool, result: &Result<()>) {
    match result {
        Err(error) if passed => {
            tracing::warn!(check = &*check.name, error = ?error, "a check fails; the service is not ready");
        }
        Ok(()) if !passed => tracing::info!(check = &*check.name, "a check passes again"),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use crate::service::checks::Checks;

    /// Tells whether the one check passes within `limit`, however long it was to rest.
    async fn passes(checks: &Arc<[Check]>, pasts: &Pasts, limit: Duration) -> bool {
        pasts.0.lock().await[0].rested = None;
        let latest = watch::Sender::new(None);
        run_all(checks.clone(), pasts.clone(), limit, latest.clone()).await;
        let results = latest.borrow().clone().expect("a run says what it found");
        results.checks[0].ok
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_check_that_blocks_its_thread_is_not_started_beside_itself() {
        let starts = Arc::new(AtomicUsize::new(0));
        let (end, blocked) = mpsc::channel::<()>();
        let blocked = Arc::new(std::sync::Mutex::new(blocked));
        let counted = starts.clone();
        let mut checks = Checks::new();
        let blocks = move || {
            counted.fetch_add(1, Ordering::SeqCst);
            let blocked = blocked.clone();
            async move {
                // Fails once the other end is gone, which is what is waited for.
                let _ = blocked.lock().unwrap().recv();
                Ok(())
            }
        };
        checks.add("blocks", blocks).unwrap();
        let checks: Arc<[Check]> = checks.0.into();
        let pasts = Pasts::of(1);
        let short = Duration::from_millis(20);
        // On a busy machine it may be late before it has begun.
        while starts.load(Ordering::SeqCst) == 0 {
            assert!(!passes(&checks, &pasts, short).await);
        }
        for _ in 0..3 {
            assert!(!passes(&checks, &pasts, short).await);
        }
        assert_eq!(starts.load(Ordering::SeqCst), 1);

        drop(end);
        while pasts.0.lock().await[0].task.as_ref().is_some_and(|task| !task.0.is_finished()) {
            tokio::task::yield_now().await;
        }
        assert!(passes(&checks, &pasts, Duration::from_secs(60)).await);
        assert_eq!(starts.load(Ordering::SeqCst), 2);
    }
}
