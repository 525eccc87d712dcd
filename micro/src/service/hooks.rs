//! What the user runs around start and stop.

use std::fmt::Display;
use std::time::Duration;

use crate::config::show_duration;
use crate::error::{Error, Result};
use crate::layer::BoxFuture;

use super::Service;

/// One hook.
pub(super) type Hook = Box<dyn FnOnce(Service) -> BoxFuture<'static, Result<()>> + Send>;

/// The hooks of a service, each list in the order they were added.
#[derive(Default)]
pub(super) struct Hooks {
    pub(super) before_start: Vec<Hook>,
    pub(super) after_start: Vec<Hook>,
    pub(super) before_stop: Vec<Hook>,
    pub(super) after_stop: Vec<Hook>,
}

/// Makes a hook of a function.
pub(super) fn hook<F, Fut>(run: F) -> Hook
where
    F: FnOnce(Service) -> Fut + Send + 'static,
    Fut: Future<Output = Result<()>> + Send + 'static,
{
    Box::new(move |service| Box::pin(run(service)))
}

/// Runs hooks one after the other, up to the first that fails.
pub(super) async fn run(what: &str, hooks: Vec<Hook>, service: &Service, limit: Duration) -> Result<()> {
    for hook in hooks {
        within(limit, format!("a {what} hook"), hook(service.clone())).await?;
    }
    Ok(())
}

/// Runs every hook, whatever becomes of the others; the first failure counts, all are logged.
pub(super) async fn run_all(what: &str, hooks: Vec<Hook>, service: &Service, limit: Duration) -> Result<()> {
    let mut result = Ok(());
    for hook in hooks {
        if let Err(error) = within(limit, format!("a {what} hook"), hook(service.clone())).await {
            tracing::warn!(hook = what, error = ?error, "a hook failed");
            result = result.and(Err(error));
        }
    }
    result
}

/// Waits for `work` for at most `limit`.
pub(super) async fn within<T>(
    limit: Duration,
    what: impl Display,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    match tokio::time::timeout(limit, work).await {
        Ok(result) => result.map_err(|error| error.context(what)),
        Err(_) => Err(Error::deadline_exceeded(format!(
            "{what} took longer than {}; the setting `hook_timeout` allows more",
            show_duration(limit)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::{Arc, Mutex};

    use crate::error::Code;

    fn noting(log: &Arc<Mutex<Vec<u8>>>, number: u8, result: Result<()>) -> Hook {
        let log = log.clone();
        hook(move |_| async move {
            log.lock().unwrap().push(number);
            result
        })
    }

    #[tokio::test]
    async fn starting_ends_at_the_first_failure_and_stopping_goes_on() {
        let service = Service::new("x");
        let limit = Duration::from_secs(5);
        for (all, expected) in [(false, vec![1, 2]), (true, vec![1, 2, 3])] {
            let log = Arc::default();
            let hooks = vec![
                noting(&log, 1, Ok(())),
                noting(&log, 2, Err(Error::aborted("two"))),
                noting(&log, 3, Err(Error::not_found("three"))),
            ];
            let result = match all {
                true => run_all("test", hooks, &service, limit).await,
                false => run("test", hooks, &service, limit).await,
            };
            assert_eq!(result.unwrap_err().code(), Code::Aborted);
            assert_eq!(*log.lock().unwrap(), expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_hook_that_hangs_is_given_up() {
        let service = Service::new("x");
        let hooks = vec![hook(|_| std::future::pending())];
        let error = run("before_start", hooks, &service, Duration::from_secs(30)).await.unwrap_err();
        assert_eq!(error.code(), Code::DeadlineExceeded);
        assert!(error.message().contains("before_start") && error.message().contains("30s"), "{error}");
    }
}
