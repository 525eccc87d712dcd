//! The registered handles of one method, and a call that runs under them.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use ::metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, with_recorder};

use crate::error::Code;

/// The ways a call can end: well, or with one of the codes.
const ENDS: usize = Code::ALL.len() + 1;

const METADATA: Metadata<'static> = Metadata::new("micro", Level::INFO, Some("micro"));

/// Registers a counter.
pub(super) fn counter(name: &'static str, labels: Vec<Label>) -> Counter {
    with_recorder(|recorder| recorder.register_counter(&Key::from_parts(name, labels), &METADATA))
}

/// Registers a gauge.
pub(super) fn gauge(name: &'static str, labels: Vec<Label>) -> Gauge {
    with_recorder(|recorder| recorder.register_gauge(&Key::from_parts(name, labels), &METADATA))
}

fn histogram(name: &'static str, labels: Vec<Label>) -> Histogram {
    with_recorder(|recorder| recorder.register_histogram(&Key::from_parts(name, labels), &METADATA))
}

/// What is registered for one method.
pub(super) struct Handles {
    name: &'static str,
    labels: Vec<Label>,
    in_flight: Gauge,
    dropped: Option<Counter>,
    /// By code; the first is of those that ended well. Made when a call first ends so: most codes never come.
    durations: [OnceLock<Histogram>; ENDS],
}

impl Handles {
    pub(super) fn new(
        durations: &'static str,
        in_flight: &'static str,
        dropped: Option<Counter>,
        labels: Vec<Label>,
    ) -> Handles {
        Handles {
            name: durations,
            in_flight: gauge(in_flight, labels.clone()),
            labels,
            dropped,
            durations: [const { OnceLock::new() }; ENDS],
        }
    }

    fn duration(&self, code: Option<Code>) -> Option<&Histogram> {
        let kept = self.durations.get(code.map_or(0, |code| code as usize))?;
        Some(kept.get_or_init(|| {
            let mut labels = self.labels.clone();
            labels.push(Label::new("code", code.map_or("OK", Code::name)));
            histogram(self.name, labels)
        }))
    }
}

/// What is recorded of one method or subscriber. Cheap to clone; the default records nothing.
#[derive(Clone, Default)]
pub(crate) struct Series(Option<Arc<Handles>>);

impl Series {
    pub(super) fn of(handles: Handles) -> Series {
        Series(Some(Arc::new(handles)))
    }

    /// Counts one more that runs, until it ends.
    pub(crate) fn begin(&self) -> Timed {
        Timed(self.0.clone().map(|handles| {
            handles.in_flight.increment(1.0);
            (handles, Instant::now())
        }))
    }

    /// Counts events that a subscriber was too slow for.
    pub(crate) fn dropped(&self, events: u64) {
        if let Some(dropped) = self.0.as_ref().and_then(|handles| handles.dropped.as_ref()) {
            dropped.increment(events);
        }
    }
}

impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Series")
    }
}

/// A call or event that runs. Dropped before its end, it is recorded as `CANCELLED`. The default records nothing.
#[derive(Default)]
pub(crate) struct Timed(Option<(Arc<Handles>, Instant)>);

impl Timed {
    /// Records how it ended; `None` is well. Only the first end counts.
    pub(crate) fn end(&mut self, code: Option<Code>) {
        let Some((handles, began)) = self.0.take() else { return };
        handles.in_flight.decrement(1.0);
        if let Some(duration) = handles.duration(code) {
            duration.record(began.elapsed());
        }
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        self.end(Some(Code::Cancelled));
    }
}

impl fmt::Debug for Timed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Timed")
    }
}
