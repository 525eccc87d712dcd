//! Traces and metrics for OpenTelemetry: exported by OTLP over gRPC, to a collector or whatever else takes it.
//!
//! Under `#[micro::main]` the setting `otlp` is all it takes: `MICRO_OTLP=http://localhost:4317`. A program that sets
//! up `tracing` itself adds the layer to its own subscriber:
//!
//! ```no_run
//! use tracing_subscriber::layer::SubscriberExt as _;
//! use tracing_subscriber::util::SubscriberInitExt as _;
//!
//! # async fn example() -> micro::Result<()> {
//! let otlp = micro::otlp::Otlp::new("http://localhost:4317")?;
//! tracing_subscriber::registry().with(otlp.layer()).init();
//! micro::Service::new("shop").otlp(otlp).run().await
//! # }
//! ```
//!
//! Spans up to level `info` are exported, those of the program's own code too, with what is logged in them. The span
//! of a call has the very ids of the W3C trace context that its peers see, so a trace is whole whatever else takes
//! part in it; one that its caller does not sample is not exported. Metrics are those of the calls and events that
//! services answer, every 15 s.
//!
//! No call ever waits for the collector. Spans wait in a queue of 4,096; what finds it full, or cannot be sent in
//! three attempts, is dropped, and the log says so. A span has at most 64 attributes and 64 events, in 32 KiB of
//! memory; it says how many were left out. Connections are not encrypted, and nobody is logged in: the collector is
//! expected beside the process or in its network.

mod batch;
mod layer;
mod measure;
mod message;
mod open;
mod told;
mod worker;

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::address::Address;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::stats::Stats;

use layer::{Export, is_wanted};
use message::{KeyValue, Resource};
use worker::{Item, QUEUE, Source, Sources, Worker};

/// An exporter of traces and metrics. Cheap to clone; clones are the same exporter, which ends with the last of them.
#[derive(Clone)]
pub struct Otlp(Arc<Inner>);

struct Inner {
    collector: Address,
    queue: mpsc::Sender<Item>,
    lost: Arc<AtomicU64>,
    sources: Sources,
    /// The other end of the queue, until the task takes it.
    waiting: Mutex<Option<mpsc::Receiver<Item>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Otlp {
    /// Makes an exporter to the collector at a URI such as `http://localhost:4317`. Nothing is sent before a service
    /// starts that it was given to.
    ///
    /// # Errors
    ///
    /// `invalid argument` for what is no such URI, or has a user or a password in it.
    pub fn new(collector: &str) -> Result<Otlp> {
        // What may hold a password is not repeated.
        if collector.contains('@') {
            return Err(Error::invalid_argument(
                "a collector is named without user and password: http://host:4317",
            ));
        }
        if collector.starts_with("https:") {
            return Err(Error::invalid_argument(
                "telemetry is exported without encryption: http://host:4317, to a collector nearby",
            ));
        }
        let collector = collector.trim_end_matches('/').parse::<Address>()?;
        let (queue, waiting) = mpsc::channel(QUEUE);
        Ok(Otlp(Arc::new(Inner {
            collector,
            queue,
            lost: Arc::default(),
            sources: Sources::default(),
            waiting: Mutex::new(Some(waiting)),
            task: Mutex::default(),
        })))
    }

    /// Makes the layer of a `tracing` subscriber that exports its spans.
    pub fn layer<S>(&self) -> impl tracing_subscriber::Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let export = Export { queue: self.0.queue.clone(), lost: self.0.lost.clone() };
        let wanted = filter_fn(is_wanted).with_max_level_hint(LevelFilter::INFO);
        tracing_subscriber::Layer::<S>::with_filter(export, wanted)
    }

    /// Begins to send, under the name of what runs, unless that was begun before.
    pub(crate) fn start(&self, name: &str, version: &str, instance: &str) {
        let waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(queue) = waiting else { return };
        let mut attributes = vec![
            KeyValue::new("service.name", name),
            KeyValue::new("telemetry.sdk.name", "micro"),
            KeyValue::new("telemetry.sdk.language", "rust"),
            KeyValue::new("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
        ];
        for (key, value) in [("service.version", version), ("service.instance.id", instance)] {
            if !value.is_empty() {
                attributes.push(KeyValue::new(key, value));
            }
        }
        let worker = Worker {
            collector: self.0.collector.clone(),
            resource: Resource { attributes },
            sources: self.0.sources.clone(),
            lost: self.0.lost.clone(),
        };
        let task = tokio::spawn(worker.run(queue));
        *self.0.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    /// Has the counts of a service sent until what is returned is dropped.
    pub(crate) fn attach(&self, service: &str, stats: Stats) -> Attached {
        let source = Arc::new(Source { service: service.to_owned(), stats });
        let mut sources = self.0.sources.lock().unwrap_or_else(PoisonError::into_inner);
        sources.push(Arc::downgrade(&source));
        Attached { otlp: self.clone(), _source: source }
    }

    /// Sends what is there, unless that takes longer than `limit` or nothing is sent at all yet.
    pub(crate) async fn flush(&self, limit: Duration) {
        if self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return;
        }
        let flushing = async {
            let (done, flushed) = oneshot::channel();
            if self.0.queue.send(Item::Flush(done)).await.is_ok() {
                // Fails when the task is gone, and then there is nothing to wait for.
                let _ = flushed.await;
            }
        };
        if tokio::time::timeout(limit, flushing).await.is_err() {
            tracing::warn!(collector = %self.0.collector, "the last telemetry could not be exported in time");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let task = self.task.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = task.take() {
            task.abort();
        }
    }
}

impl fmt::Debug for Otlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Otlp").field(&self.0.collector).finish()
    }
}

/// A service whose counts are sent.
pub(crate) struct Attached {
    otlp: Otlp,
    _source: Arc<Source>,
}

impl Attached {
    /// As [`Otlp::flush`].
    pub(crate) async fn flush(&self, limit: Duration) {
        self.otlp.flush(limit).await;
    }
}

/// Makes the exporter that the settings ask for.
///
/// # Errors
///
/// `invalid argument` when its URI makes no sense.
pub(crate) fn automatic(settings: &Settings) -> Result<Option<Otlp>> {
    match settings.otlp.value.as_str() {
        "" => Ok(None),
        uri => Otlp::new(uri).map(Some).map_err(|error| error.context("setting `otlp`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::config::Sources;

    #[test]
    fn a_collector_is_named_by_a_uri_that_can_be_used() {
        for uri in ["http://localhost:4317", "http://localhost:4317/", "localhost:4317", "http://[::1]:4317"]
        {
            assert!(Otlp::new(uri).is_ok(), "{uri}");
        }
        for uri in ["", "https://localhost:4317", "http://localhost", "unix:/run/otel"] {
            assert!(Otlp::new(uri).is_err(), "{uri}");
        }
        let settings = |uri| Settings::load(&Sources::pairs([("MICRO_OTLP", uri)])).unwrap();
        assert!(automatic(&settings("")).unwrap().is_none());
        let error = automatic(&settings("nowhere")).unwrap_err();
        assert!(error.to_string().contains("`otlp`"), "{error}");
        for uri in ["http://ann:hunter2@collector:4317", "https://ann:hunter2@collector", "ann:hunter2@a:1"] {
            let error = automatic(&settings(uri)).unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(text.contains("`otlp`") && text.contains("password"), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    #[tokio::test]
    async fn a_collector_that_is_not_there_delays_nobody_for_longer_than_allowed() {
        // Bound and never accepted from: connecting works, and nothing more.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let otlp = Otlp::new(&silent.local_addr().unwrap().to_string()).unwrap();
        otlp.flush(Duration::ZERO).await;
        let stats = Stats::new();
        let attached = otlp.attach("shop", stats);
        otlp.start("shop", "1.0", "a");
        otlp.start("other", "", "");
        let begun = std::time::Instant::now();
        attached.flush(Duration::from_millis(50)).await;
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
