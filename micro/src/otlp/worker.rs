//! The task that sends: spans in batches, metrics at a pace.
//!
//! Spans wait at most a second. A collector that cannot be reached is tried a few times, then the batch is dropped
//! and counted; what piles up meanwhile is bounded by the queue. The log is told of failures and losses, not over and
//! over.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::address::Address;
use crate::body::Body;
use crate::call::CallInfo;
use crate::codec::Encoding;
use crate::error::{Code, Error, Result};
use crate::layer::Request;
use crate::spec::{Kind, Spec};
use crate::stats::Stats;
use crate::wire::http2::{Options, Pool};

use super::batch::{Batch, SPANS};
use super::measure;
use super::message::{
    MetricsRequest, Resource, ResourceMetrics, ResourceSpans, Scope, ScopeMetrics, ScopeSpans, Span,
    TraceRequest,
};
use super::told::{Signal, Told};

/// How many spans wait for the task.
pub(super) const QUEUE: usize = 4096;

/// The pace of metrics.
const METRICS: Duration = Duration::from_secs(15);

/// How often something is sent before it is dropped, the pause after the first time, and how long a time may take.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);
const TIMEOUT: Duration = Duration::from_secs(5);

/// The longest answer that is read: there is hardly anything in it.
const ANSWER: usize = 64 << 10;

static TRACES: Spec = Spec::new::<(), ()>(
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "opentelemetry.proto.collector.trace.v1.TraceService",
    Kind::Unary,
);

static MEASURES: Spec = Spec::new::<(), ()>(
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    "opentelemetry.proto.collector.metrics.v1.MetricsService",
    Kind::Unary,
);

/// What the task is handed.
pub(super) enum Item {
    Span(Box<Span>),
    /// Send everything now, then say so.
    Flush(oneshot::Sender<()>),
}

/// What a service counts, under its name.
pub(super) struct Source {
    pub(super) service: String,
    pub(super) stats: Stats,
}

/// The services whose counts are sent. Whoever drops theirs is out.
pub(super) type Sources = Arc<Mutex<Vec<Weak<Source>>>>;

pub(super) struct Worker {
    pub(super) collector: Address,
    pub(super) resource: Resource,
    pub(super) sources: Sources,
    /// How many spans found no room in the queue.
    pub(super) lost: Arc<AtomicU64>,
}

impl Worker {
    /// Sends until nobody can hand anything over any more.
    pub(super) async fn run(self, mut queue: mpsc::Receiver<Item>) {
        let told = Told::new(self.collector.clone());
        let mut sending = Sending { pool: pool(), worker: self, told };
        let (mut items, mut flushes) = (Vec::new(), Vec::new());
        let mut batch = Batch::default();
        let mut metrics_due = Instant::now() + METRICS;
        loop {
            let mut over = false;
            let due = batch.due().map_or(metrics_due, |due| due.min(metrics_due));
            tokio::select! {
                taken = queue.recv_many(&mut items, SPANS) => over = taken == 0,
                () = sleep_until(due) => {}
            }
            for item in items.drain(..) {
                match item {
                    Item::Span(span) => {
                        if let Some(spans) = batch.add(*span) {
                            sending.spans(spans).await;
                        }
                    }
                    Item::Flush(done) => flushes.push(done),
                }
            }
            let at_once = over || !flushes.is_empty();
            if batch.due().is_some_and(|due| at_once || Instant::now() >= due) {
                sending.spans(batch.take()).await;
            }
            if at_once || Instant::now() >= metrics_due {
                sending.metrics().await;
                metrics_due = Instant::now() + METRICS;
            }
            sending.told.lost(sending.worker.lost.swap(0, Ordering::Relaxed));
            if at_once {
                sending.told.rest();
            }
            for done in flushes.drain(..) {
                // Whoever asked may have stopped waiting.
                let _ = done.send(());
            }
            if over {
                return;
            }
        }
    }
}

struct Sending {
    worker: Worker,
    pool: Pool,
    told: Told,
}

fn pool() -> Pool {
    Pool::new(Options::new(TIMEOUT, ANSWER))
}

impl Sending {
    async fn spans(&mut self, spans: Vec<Span>) {
        let count = spans.len();
        let scope_spans = vec![ScopeSpans { scope: Some(Scope::micro()), spans }];
        let resource = Some(self.worker.resource.clone());
        let request = TraceRequest { resource_spans: vec![ResourceSpans { resource, scope_spans }] };
        let result = self.send(&TRACES, request.encode_to_vec().into()).await;
        self.told.sent(Signal::Spans, count, result);
    }

    async fn metrics(&mut self) {
        let sources: Vec<Arc<Source>> = {
            let mut sources = self.worker.sources.lock().unwrap_or_else(PoisonError::into_inner);
            sources.retain(|source| source.strong_count() > 0);
            sources.iter().filter_map(Weak::upgrade).collect()
        };
        let metrics = measure::metrics(sources.iter().map(|source| (source.service.as_str(), &source.stats)));
        if metrics.is_empty() {
            return;
        }
        let count = metrics.len();
        let scope_metrics = vec![ScopeMetrics { scope: Some(Scope::micro()), metrics }];
        let resource = Some(self.worker.resource.clone());
        let request = MetricsRequest { resource_metrics: vec![ResourceMetrics { resource, scope_metrics }] };
        let result = self.send(&MEASURES, request.encode_to_vec().into()).await;
        self.told.sent(Signal::Metrics, count, result);
    }

    /// Sends, again if that may help.
    async fn send(&self, spec: &'static Spec, message: Bytes) -> Result<()> {
        let mut pause = PAUSE;
        let mut attempt = 1;
        loop {
            let result = self.attempt(spec, message.clone()).await;
            let again = attempt < ATTEMPTS && result.as_ref().err().is_some_and(is_passing);
            if !again {
                return result;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
            attempt += 1;
        }
    }

    async fn attempt(&self, spec: &'static Spec, message: Bytes) -> Result<()> {
        let mut info = CallInfo::new();
        info.shorten_deadline(std::time::Instant::now() + TIMEOUT);
        let request = Request::new(spec, info, Encoding::proto(), Body::one(message));
        let collector = std::slice::from_ref(&self.worker.collector);
        match tokio::time::timeout(TIMEOUT, self.pool.call(collector, request)).await {
            Ok(result) => result.map(drop),
            Err(_) => Err(Error::deadline_exceeded("the collector did not answer in time")),
        }
    }
}

/// Tells whether sending the same again may help, as OTLP lists the codes.
fn is_passing(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::Cancelled
            | Code::DeadlineExceeded
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unavailable
            | Code::DataLoss
    )
}
