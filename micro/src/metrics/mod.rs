//! `/metrics`: what a service and its own code record through the [`metrics`](https://docs.rs/metrics) facade, as
//! Prometheus reads it.
//!
//! A program that takes its [`Service`](crate::Service) from `#[micro::main]` has it on the service's port, unless
//! the setting `metrics` says no; `metrics::counter!("orders_total")` anywhere in the program is all it takes. Others
//! install it themselves:
//!
//! ```no_run
//! # async fn example() -> micro::Result<()> {
//! let prometheus = micro::metrics::Prometheus::install()?;
//! micro::Service::new("shop").metrics(prometheus).run().await
//! # }
//! ```
//!
//! A program with a recorder of its own installs that before it starts the service, which records into it then.
//!
//! | metric | labels | what |
//! | --- | --- | --- |
//! | `rpc_server_duration_seconds` | `service`, `contract`, `method`, `code` | calls answered |
//! | `rpc_server_in_flight` | `service`, `contract`, `method` | calls being answered |
//! | `rpc_client_duration_seconds` | `service` (the caller), `contract`, `method`, `code` | calls made |
//! | `rpc_client_in_flight` | `service`, `contract`, `method` | calls that wait |
//! | `messaging_process_duration_seconds` | `service`, `topic`, `queue`, `code` | events processed |
//! | `messaging_process_in_flight` | `service`, `topic`, `queue` | events being processed |
//! | `messaging_dropped_total` | `service`, `topic`, `queue` | events a subscriber was too slow for |
//! | `messaging_publish_total` | `service`, `topic`, `code` | events published; past 256 topics `topic="*"` |
//! | `micro_build_info`, `micro_start_time_seconds` | `service`, … | what runs, since when |
//!
//! `code` is `OK` or the name of a [`Code`](crate::Code). Histograms whose names end in `_seconds` have the buckets
//! [`SECONDS`]; other histograms of yours are summaries over the last minute.

mod endpoint;

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};

use crate::config::Settings;
use crate::error::{Error, Result};
use crate::server::Mounts;

use endpoint::Endpoint;

/// The bounds of the buckets of histograms whose names end in `_seconds`: those that OpenTelemetry recommends for
/// calls, and three finer ones.
pub const SECONDS: [f64; 17] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// How often samples are put into their buckets when nobody reads: they take memory until then.
const UPKEEP: Duration = Duration::from_secs(5);

/// What `/metrics` shows. Cheap to clone; clones show the same.
#[derive(Clone)]
pub struct Prometheus(Arc<dyn Source>);

/// Where the text comes from.
trait Source: Send + Sync {
    fn render(&self) -> String;
}

impl Source for metrics_exporter_prometheus::PrometheusHandle {
    fn render(&self) -> String {
        metrics_exporter_prometheus::PrometheusHandle::render(self)
    }
}

/// A recorder of somebody else, who keeps it up.
struct Foreign<F>(F);

impl<F: Fn() -> String + Send + Sync> Source for Foreign<F> {
    fn render(&self) -> String {
        (self.0)()
    }
}

impl Prometheus {
    /// Makes a recorder and installs it for the whole program, as the `metrics` facade has one. A thread of its own
    /// keeps its memory bounded, for as long as the program runs: it records whether or not anybody reads.
    ///
    /// # Errors
    ///
    /// `failed precondition` when the program has a recorder already, the system's when there can be no thread.
    pub fn install() -> Result<Prometheus> {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .map_err(|error| Error::internal(format!("the buckets of /metrics: {error}")))?;
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        ::metrics::set_global_recorder(recorder)
            .map_err(|_| Error::failed_precondition("the program has a recorder of metrics already"))?;
        let kept = handle.clone();
        let upkeep = move || {
            loop {
                thread::sleep(UPKEEP);
                kept.run_upkeep();
            }
        };
        thread::Builder::new().name("micro-metrics".to_owned()).spawn(upkeep)?;
        Ok(Prometheus(Arc::new(handle)))
    }

    /// Shows what `render` returns, for a recorder that is installed already. Keeping that one up is not taken over.
    pub fn of(render: impl Fn() -> String + Send + Sync + 'static) -> Prometheus {
        Prometheus(Arc::new(Foreign(render)))
    }

    /// Writes everything recorded until now in the text format of Prometheus, version 0.0.4.
    pub fn render(&self) -> String {
        self.0.render()
    }
}

impl fmt::Debug for Prometheus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prometheus")
    }
}

/// Installs a recorder for a program whose service comes from `#[micro::main]`, if the settings want it.
pub(crate) fn automatic(settings: &Settings) -> Option<Prometheus> {
    if !settings.metrics.value {
        return None;
    }
    Prometheus::install().inspect_err(|error| tracing::warn!(error = ?error, "there is no /metrics")).ok()
}

/// Mounts `/metrics` if there is something to show and the settings want it.
///
/// # Errors
///
/// `already exists` when the user has mounted something there.
pub(crate) fn mount(prometheus: Option<Prometheus>, settings: &Settings, mounts: &mut Mounts) -> Result<()> {
    let Some(prometheus) = prometheus.filter(|_| settings.metrics.value) else { return Ok(()) };
    let mounted = mounts.add("/metrics".to_owned(), Endpoint::of(prometheus));
    mounted.map_err(|error| error.context("--metrics=false makes room"))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::config::Sources;

    #[tokio::test]
    async fn a_place_that_is_taken_is_told_with_the_way_out() {
        let settings = Settings::load(&Sources::none()).unwrap();
        let shown = Prometheus::of(|| "up 1\n".to_owned());
        let mut mounts = Mounts::default();
        assert!(mount(None, &settings, &mut mounts).is_ok());
        assert!(mounts.get("/metrics").is_none());
        mount(Some(shown.clone()), &settings, &mut mounts).unwrap();
        let error = mount(Some(shown.clone()), &settings, &mut mounts).unwrap_err();
        assert!(error.to_string().contains("--metrics=false"), "{error}");
        let off = Settings::load(&Sources::pairs([("MICRO_METRICS", "false")])).unwrap();
        let mut mounts = Mounts::default();
        mount(Some(shown), &off, &mut mounts).unwrap();
        assert!(mounts.get("/metrics").is_none());
    }
}
