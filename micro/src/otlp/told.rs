//! What the log is told of telemetry that does not arrive: that it begins and that it ends, and of lost spans a sum,
//! at most once a minute.

use std::time::Duration;

use tokio::time::Instant;

use crate::address::Address;
use crate::error::Result;

/// How long after a word on lost spans there is no other.
const QUIET: Duration = Duration::from_secs(60);

/// What is sent. A backend may take the one and not the other.
#[derive(Clone, Copy, Debug)]
pub(super) enum Signal {
    Spans,
    Metrics,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Signal::Spans => "spans",
            Signal::Metrics => "metrics",
        }
    }
}

pub(super) struct Told {
    collector: Address,
    /// Whether the last of spans and the last of metrics could not be sent.
    failing: [bool; 2],
    /// How many spans were lost that the log does not know of.
    lost: u64,
    /// Until when it is told of no others.
    quiet: Option<Instant>,
}

impl Told {
    pub(super) fn new(collector: Address) -> Told {
        Told { collector, failing: [false; 2], lost: 0, quiet: None }
    }

    /// Notes how sending so many of a signal ended.
    pub(super) fn sent(&mut self, signal: Signal, count: usize, result: Result<()>) {
        let failed = std::mem::replace(&mut self.failing[signal as usize], result.is_err());
        let (collector, what) = (&self.collector, signal.name());
        match result {
            Ok(()) if failed => tracing::info!(%collector, what, "telemetry is exported again"),
            Ok(()) => {}
            Err(error) if failed => {
                tracing::debug!(%collector, what, count, ?error, "telemetry is dropped");
            }
            Err(error) => {
                tracing::warn!(%collector, what, count, ?error, "cannot export telemetry; it is dropped");
            }
        }
    }

    /// Notes how many spans were lost since this was called last.
    pub(super) fn lost(&mut self, spans: u64) {
        self.lost = self.lost.saturating_add(spans);
        let now = Instant::now();
        if self.lost > 0 && self.quiet.is_none_or(|until| now >= until) {
            self.quiet = Some(now + QUIET);
            self.rest();
        }
    }

    /// Tells of the lost spans that the log does not know of, now.
    pub(super) fn rest(&mut self) {
        let spans = std::mem::take(&mut self.lost);
        if spans > 0 {
            tracing::warn!(spans, "spans were dropped: they came faster than they could be exported");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fmt;
    use std::fmt::Write as _;
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::subscriber::DefaultGuard;
    use tracing::{Level, Subscriber};
    use tracing_subscriber::layer::{Context, SubscriberExt as _};

    use crate::error::Error;

    /// What is logged on this thread, from level info on: the level, then what it is about.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<String>>>);

    impl Log {
        fn open() -> (Log, DefaultGuard) {
            let log = Log::default();
            let subscriber = tracing_subscriber::registry().with(log.clone());
            (log, tracing::subscriber::set_default(subscriber))
        }

        fn take(&self) -> Vec<String> {
            std::mem::take(&mut self.0.lock().unwrap())
        }
    }

    impl<S: Subscriber> tracing_subscriber::Layer<S> for Log {
        fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
            if *event.metadata().level() <= Level::INFO {
                let mut line = Line(event.metadata().level().to_string());
                event.record(&mut line);
                self.0.lock().unwrap().push(line.0);
            }
        }
    }

    struct Line(String);

    impl Visit for Line {
        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            if matches!(field.name(), "what" | "spans") {
                write!(self.0, " {value:?}").unwrap();
            }
        }
    }

    fn told() -> Told {
        Told::new("collector:4317".parse().unwrap())
    }

    #[test]
    fn a_backend_that_takes_spans_and_no_metrics_is_told_of_once() {
        let (log, _guard) = Log::open();
        let mut told = told();
        for _ in 0..3 {
            told.sent(Signal::Spans, 1, Ok(()));
            told.sent(Signal::Metrics, 1, Err(Error::unimplemented("no metrics")));
        }
        assert_eq!(log.take(), ["WARN \"metrics\""]);
        for _ in 0..2 {
            told.sent(Signal::Spans, 1, Err(Error::unavailable("away")));
        }
        told.sent(Signal::Metrics, 1, Ok(()));
        told.sent(Signal::Spans, 1, Ok(()));
        assert_eq!(log.take(), ["WARN \"spans\"", "INFO \"metrics\"", "INFO \"spans\""]);
    }

    #[tokio::test(start_paused = true)]
    async fn losses_are_told_of_at_once_and_then_as_a_sum_once_a_minute() {
        let (log, _guard) = Log::open();
        let mut told = told();
        told.lost(0);
        assert!(log.take().is_empty());
        // A batch a second, each with a loss, then one without.
        for spans in [1; 60].into_iter().chain([0]) {
            told.lost(spans);
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(log.take(), ["WARN 1", "WARN 59"]);
        told.lost(7);
        assert!(log.take().is_empty(), "a second after the last word");
        told.rest();
        told.rest();
        assert_eq!(log.take(), ["WARN 7"]);
        tokio::time::advance(QUIET).await;
        told.lost(0);
        assert!(log.take().is_empty(), "nothing was lost since");
        told.lost(2);
        assert_eq!(log.take(), ["WARN 2"]);
    }
}
