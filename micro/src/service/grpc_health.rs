//! `grpc.health.v1.Health`: readiness as gRPC's own tools ask for it.
//!
//! There is one truth: the status of `""`, of the service's name and of every contract it serves is what `/readyz`
//! says. A `Check` asks anew; those who `Watch` are told every few seconds while there are any, and at once when the
//! service begins to stop. A watch has no end of its own, so it is no exchange that a drain waits for: it is told
//! `NOT_SERVING`, and ended when all calls have ended.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};
use tower_service::Service;

use crate::error::{Code, Result};
use crate::layer::BoxFuture;
use crate::server::{HttpBody, HttpService};
use crate::wire::count::Count;

use super::Phase;
use super::checks::Readiness;

/// The contract. A service that serves it itself has no use for this one.
pub(super) const CONTRACT: &str = "grpc.health.v1.Health";

/// Where it is mounted.
pub(super) const PATH: &str = "/grpc.health.v1.Health/";

/// How old the news of those who watch may be.
const REFRESH: Duration = Duration::from_secs(5);

/// The longest request: it holds one name.
const MESSAGE_LIMIT: usize = 4 << 10;

/// What keeps the statuses true. Dropping it leaves them as they are.
pub(super) struct Health {
    statuses: Arc<Statuses>,
    keeping: JoinHandle<()>,
    over: CancellationToken,
}

impl Health {
    /// Begins to keep the statuses of `names`, and of `""`. Nothing serves until the service runs.
    pub(super) fn start(
        names: impl IntoIterator<Item = String>,
        readiness: Readiness,
    ) -> (Health, HttpService) {
        let reporter = HealthReporter::new();
        let server = HealthServer::new(HealthService::from_health_reporter(reporter.clone()));
        let mut all = vec![String::new()];
        all.extend(names);
        let phase = readiness.phase();
        let statuses = Arc::new(Statuses {
            reporter,
            names: all,
            readiness,
            told: Mutex::new(None),
            watchers: Count::default(),
        });
        let over = CancellationToken::new();
        let door = Door {
            server: server.max_decoding_message_size(MESSAGE_LIMIT),
            statuses: statuses.clone(),
            over: over.clone(),
        };
        let keeping = tokio::spawn(keep(statuses.clone(), phase));
        (Health { statuses, keeping, over }, HttpService::of(door))
    }

    /// Ends every watch, with a status that sends its caller elsewhere, once it has said that nothing serves.
    pub(super) async fn end(&self) {
        self.statuses.tell(false).await;
        self.over.cancel();
    }
}

impl Drop for Health {
    fn drop(&mut self) {
        self.keeping.abort();
        self.over.cancel();
    }
}

/// The statuses, and what they are made of.
struct Statuses {
    reporter: HealthReporter,
    names: Vec<String>,
    readiness: Readiness,
    /// What was said last. Held while it is said, so that an old word never comes after a new one.
    told: Mutex<Option<bool>>,
    watchers: Count,
}

impl Statuses {
    /// Says what is true now.
    async fn refresh(&self) {
        let ready = self.readiness.report().await.ready;
        self.tell(ready).await;
    }

    async fn tell(&self, ready: bool) {
        let mut told = self.told.lock().await;
        // The service may have begun to stop since its checks passed.
        let ready = ready && self.readiness.is_running();
        // Saying it again would wake everybody who watches.
        if *told == Some(ready) {
            return;
        }
        let status = if ready { ServingStatus::Serving } else { ServingStatus::NotServing };
        for name in &self.names {
            self.reporter.set_service_status(name, status).await;
        }
        *told = Some(ready);
    }

    /// Says what is true, and returns when it is time to do so again, if ever.
    async fn round(&self) {
        self.refresh().await;
        if !self.readiness.has_checks() {
            std::future::pending::<()>().await;
        }
        loop {
            tokio::time::sleep(REFRESH).await;
            if self.watchers.now() > 0 {
                return;
            }
        }
    }
}

/// Says every change of the service's phase at once, however long its checks take, and what they find from time to
/// time.
async fn keep(statuses: Arc<Statuses>, mut phase: watch::Receiver<Phase>) {
    loop {
        let running = *phase.borrow_and_update() == Phase::Running;
        if !running {
            statuses.tell(false).await;
        }
        tokio::select! {
            biased;
            changed = phase.changed() => {
                if changed.is_err() {
                    return statuses.tell(false).await;
                }
            }
            () = statuses.round(), if running => {}
        }
    }
}

/// The health service as it is mounted.
#[derive(Clone)]
struct Door {
    server: HealthServer<HealthService>,
    statuses: Arc<Statuses>,
    over: CancellationToken,
}

impl Service<http::Request<HttpBody>> for Door {
    type Response = http::Response<HttpBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<HttpBody>) -> Self::Future {
        let Door { mut server, statuses, over } = self.clone();
        Box::pin(async move {
            let watching = request.uri().path().ends_with("/Watch").then(|| statuses.watchers.enter());
            statuses.refresh().await;
            let response = server.call(request).await?;
            let Some(watching) = watching else { return Ok(response.map(HttpBody::new)) };
            Ok(response.map(|body| {
                let over = Box::pin(over.cancelled_owned());
                let mut body = HttpBody::new(Watched { body, over, ended: false });
                body.hold(watching);
                body
            }))
        })
    }
}

/// The body of a watch: it ends when it is told to, after everything that was said before.
struct Watched {
    body: tonic::body::Body,
    over: Pin<Box<WaitForCancellationFutureOwned>>,
    ended: bool,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, tonic::Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame);
        }
        ready!(self.over.as_mut().poll(context));
        self.ended = true;
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from(Code::Unavailable.number()));
        trailers.insert("grpc-message", HeaderValue::from_static("the service has stopped"));
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::atomic::{AtomicBool, Ordering};

    use prost::Message as _;
    use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

    use crate::error::Error;
    use crate::service::checks::Checks;

    const SERVING: Result<i32, i32> = Ok(1);
    const NOT_SERVING: Result<i32, i32> = Ok(2);
    const LIMIT: Duration = Duration::from_secs(5);

    /// Calls a method about `name`.
    async fn call(door: &HttpService, method: &str, name: &str) -> http::Response<HttpBody> {
        let message = HealthCheckRequest { service: name.to_owned() }.encode_to_vec();
        let mut framed = vec![0];
        framed.extend_from_slice(&(message.len() as u32).to_be_bytes());
        framed.extend_from_slice(&message);
        let request =
            http::Request::post(format!("{PATH}{method}")).header("content-type", "application/grpc");
        door.answer(request.body(HttpBody::full(framed)).unwrap()).await
    }

    /// Reads the next status, or the code that the answer ends with.
    async fn next(body: &mut HttpBody) -> Result<i32, i32> {
        let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
        let frame = frame.expect("a body ends in trailers").unwrap();
        match frame.into_data() {
            Ok(data) => Ok(HealthCheckResponse::decode(&data[5..]).unwrap().status),
            Err(trailers) => {
                let trailers = trailers.into_trailers().unwrap();
                Err(trailers["grpc-status"].to_str().unwrap().parse().unwrap())
            }
        }
    }

    async fn check(door: &HttpService, name: &str) -> Result<i32, i32> {
        let response = call(door, "Check", name).await;
        match response.headers().get("grpc-status") {
            Some(status) => Err(status.to_str().unwrap().parse().unwrap()),
            None => next(&mut response.into_body()).await,
        }
    }

    fn start(checks: Checks, phase: Phase) -> (Health, HttpService, watch::Sender<Phase>) {
        let (sender, phase) = watch::channel(phase);
        let (health, door) = Health::start(["greeter.v1.Say".to_owned()], checks.open(LIMIT, phase));
        (health, door, sender)
    }

    #[tokio::test]
    async fn every_name_says_whether_the_service_runs() {
        let (_health, door, phase) = start(Checks::new(), Phase::Starting);
        for (now, expected) in
            [(Phase::Starting, NOT_SERVING), (Phase::Running, SERVING), (Phase::Stopping, NOT_SERVING)]
        {
            phase.send_replace(now);
            for name in ["", "greeter.v1.Say"] {
                assert_eq!(check(&door, name).await, expected, "{name} while {now}");
            }
        }
        assert_eq!(check(&door, "nobody").await, Err(Code::NotFound.number()));
    }

    #[tokio::test(start_paused = true)]
    async fn who_watches_is_told_of_checks_and_of_the_end() {
        let healthy = Arc::new(AtomicBool::new(true));
        let mut checks = Checks::new();
        let asked = healthy.clone();
        let db = move || {
            let healthy = asked.load(Ordering::SeqCst);
            async move { if healthy { Ok(()) } else { Err(Error::unavailable("gone")) } }
        };
        checks.add("db", db).unwrap();
        let (health, door, phase) = start(checks, Phase::Running);
        let mut watch = call(&door, "Watch", "greeter.v1.Say").await.into_body();
        assert_eq!(next(&mut watch).await, SERVING);
        healthy.store(false, Ordering::SeqCst);
        assert_eq!(next(&mut watch).await, NOT_SERVING);
        healthy.store(true, Ordering::SeqCst);
        assert_eq!(next(&mut watch).await, SERVING);
        phase.send_replace(Phase::Stopping);
        assert_eq!(next(&mut watch).await, NOT_SERVING);
        health.end().await;
        assert_eq!(next(&mut watch).await, Err(Code::Unavailable.number()));
        assert!(watch.is_end_stream());
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_check_does_not_hold_back_the_news_of_the_end() {
        let slow = Arc::new(AtomicBool::new(false));
        let mut checks = Checks::new();
        let asked = slow.clone();
        let db = move || {
            let slow = asked.load(Ordering::SeqCst);
            async move {
                if slow {
                    std::future::pending::<()>().await;
                }
                Ok(())
            }
        };
        checks.add("db", db).unwrap();
        let (_health, door, phase) = start(checks, Phase::Running);
        let mut watch = call(&door, "Watch", "").await.into_body();
        assert_eq!(next(&mut watch).await, SERVING);
        slow.store(true, Ordering::SeqCst);
        // Into the middle of the next round, which would take as long as a check may.
        tokio::time::sleep(REFRESH + LIMIT / 2).await;
        let begin = tokio::time::Instant::now();
        phase.send_replace(Phase::Stopping);
        assert_eq!(next(&mut watch).await, NOT_SERVING);
        assert!(begin.elapsed() < LIMIT / 10);
    }
}
