//! Checks of readiness: what a service needs to do its work, asked when somebody wants to know.
//!
//! Probes come from whoever reaches the port, as often as they like, and a check costs a database something. So
//! all checks run together in one task, requests that come meanwhile wait for that run, and its results are good for
//! a second. A probe that goes away does not end the run that others wait for.

mod run;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::error::{Error, Result};
use crate::layer::BoxFuture;

use super::Phase;
use run::{Pasts, run_all};

/// How long results are good for.
const FRESH: Duration = Duration::from_secs(1);

/// How much longer than the checks their run may take, before whoever waits gives up on it.
const GRACE: Duration = Duration::from_secs(1);

/// The longest name of a check, in bytes.
const LONGEST_NAME: usize = 64;

/// How the names of the framework's own checks begin.
const OWN: &str = "micro.";

type Run = Box<dyn Fn() -> BoxFuture<'static, Result<()>> + Send + Sync>;

struct Check {
    name: Arc<str>,
    run: Run,
}

/// The checks of a service that has not started yet.
#[derive(Default)]
pub(crate) struct Checks(Vec<Check>);

impl Checks {
    /// Makes an empty list.
    pub(crate) fn new() -> Self {
        Checks::default()
    }

    /// Adds a user's check.
    ///
    /// # Errors
    ///
    /// `invalid argument` for a name that is not 1 to 64 of A-Z a-z 0-9 . _ - or that begins like the framework's
    /// own, `already exists` for one that is taken.
    pub(crate) fn add<F, Fut>(&mut self, name: impl Into<String>, run: F) -> Result<()>
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        let name = name.into();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(plain) {
            return Err(Error::invalid_argument(format!(
                "a check cannot be called {name:?}: a name is 1 to {LONGEST_NAME} of A-Z a-z 0-9 . _ -"
            )));
        }
        if name.starts_with(OWN) {
            return Err(Error::invalid_argument(format!(
                "a check cannot be called {name:?}: names that begin with {OWN:?} are the framework's own"
            )));
        }
        self.push(name, run)
    }

    /// Adds a check of the framework itself, whose name begins with `micro.`.
    ///
    /// # Errors
    ///
    /// `already exists` for a name that is taken.
    pub(super) fn add_internal<F, Fut>(&mut self, name: &'static str, run: F) -> Result<()>
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        debug_assert!(name.starts_with(OWN));
        self.push(name.to_owned(), run)
    }

    fn push<F, Fut>(&mut self, name: String, run: F) -> Result<()>
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        if self.0.iter().any(|check| *check.name == *name) {
            return Err(Error::already_exists(format!("two checks are called {name:?}; rename one")));
        }
        let run: Run = Box::new(move || Box::pin(run()));
        self.0.push(Check { name: name.into(), run });
        Ok(())
    }

    /// Makes what answers whether the service is ready. A check that takes longer than `limit` has failed.
    pub(super) fn open(self, limit: Duration, phase: watch::Receiver<Phase>) -> Readiness {
        let pasts = Pasts::of(self.0.len());
        Readiness(Arc::new(Inner {
            checks: self.0.into(),
            pasts,
            limit,
            phase,
            latest: watch::Sender::new(None),
            run: Mutex::new(None),
        }))
    }
}

impl fmt::Debug for Checks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|check| &check.name)).finish()
    }
}

/// Tells whether a service is ready. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Readiness(Arc<Inner>);

struct Inner {
    checks: Arc<[Check]>,
    pasts: Pasts,
    limit: Duration,
    phase: watch::Receiver<Phase>,
    latest: watch::Sender<Option<Arc<Results>>>,
    /// The run under way, or the last one.
    run: Mutex<Option<JoinHandle<()>>>,
}

/// What one run of all checks found.
struct Results {
    at: Instant,
    checks: Vec<Checked>,
}

/// Whether a service is ready, and why not.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// Whether the service runs and every check passes.
    pub(crate) ready: bool,
    /// Whether the service has begun to stop.
    pub(crate) draining: bool,
    /// What each check found, in the order they were added; before the start and after the end, what they found
    /// last, if anything.
    pub(crate) checks: Vec<Checked>,
}

/// What a check found.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    /// The check's name.
    pub(crate) name: Arc<str>,
    /// Whether it passes.
    pub(crate) ok: bool,
    /// The error's message when it does not. HTTP probes, which strangers reach, leave it out.
    pub(crate) message: String,
    /// How long it took.
    pub(crate) took: Duration,
    /// When it ended.
    pub(crate) at: SystemTime,
}

impl Readiness {
    /// Runs every check, unless that was done within the last second, and tells what was found. Takes as long as
    /// one check may at most. Nothing is checked while the service does not run.
    pub(crate) async fn report(&self) -> Report {
        let results = match self.is_running() && self.has_checks() {
            true => Some(self.results().await),
            false => self.0.latest.borrow().clone(),
        };
        let checks = results.map(|results| results.checks.clone()).unwrap_or_default();
        // Looked at last: it may have changed while the checks ran.
        let phase = *self.0.phase.borrow();
        Report {
            ready: phase == Phase::Running && checks.iter().all(|check| check.ok),
            draining: matches!(phase, Phase::Stopping | Phase::Stopped),
            checks,
        }
    }

    /// Tells what is known by now, without asking anew: whether the service runs, and every check passed when it was
    /// asked last.
    pub(super) fn is_ready(&self) -> bool {
        let passed = match &*self.0.latest.borrow() {
            Some(results) => results.checks.iter().all(|check| check.ok),
            None => !self.has_checks(),
        };
        passed && self.is_running()
    }

    /// Tells whether the service has started and has not begun to stop.
    fn is_running(&self) -> bool {
        *self.0.phase.borrow() == Phase::Running
    }

    /// Tells whether there is anything to check.
    pub(super) fn has_checks(&self) -> bool {
        !self.0.checks.is_empty()
    }

    /// Returns what tells of the service's start and stop.
    pub(super) fn phase(&self) -> watch::Receiver<Phase> {
        self.0.phase.clone()
    }

    async fn results(&self) -> Arc<Results> {
        let inner = &*self.0;
        let mut latest = inner.latest.subscribe();
        {
            let mut run = inner.run.lock().unwrap_or_else(PoisonError::into_inner);
            // Asked before the look at the results: a run that has ended has said them by then.
            let under_way = run.as_ref().is_some_and(|run| !run.is_finished());
            if let Some(fresh) = latest.borrow_and_update().clone().filter(|found| found.at.elapsed() < FRESH)
            {
                return fresh;
            }
            if !under_way {
                let running =
                    run_all(inner.checks.clone(), inner.pasts.clone(), inner.limit, inner.latest.clone());
                *run = Some(tokio::spawn(running));
            }
        }
        let patience = inner.limit.saturating_add(GRACE);
        let told = matches!(timeout(patience, latest.changed()).await, Ok(Ok(())));
        let found = latest.borrow().clone();
        found.filter(|_| told).unwrap_or_else(|| {
            let unknown = inner.unknown();
            inner.latest.send_replace(Some(unknown.clone()));
            unknown
        })
    }
}

impl Inner {
    /// Stands for the results of a run that nobody heard of again: on a runtime that is stuck, or ends.
    fn unknown(&self) -> Arc<Results> {
        let unknown =
            |check: &Check| Checked::new(check, Some("the checks did not come to an end"), self.limit);
        Arc::new(Results { at: Instant::now(), checks: self.checks.iter().map(unknown).collect() })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(run) = self.run.get_mut().unwrap_or_else(PoisonError::into_inner) {
            run.abort();
        }
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness").field("phase", &*self.0.phase.borrow()).finish_non_exhaustive()
    }
}

impl Checked {
    fn new(check: &Check, failure: Option<&str>, took: Duration) -> Checked {
        Checked {
            name: check.name.clone(),
            ok: failure.is_none(),
            message: failure.unwrap_or_default().to_owned(),
            took,
            at: SystemTime::now(),
        }
    }
}

#[cfg(test)]
mod tests;
