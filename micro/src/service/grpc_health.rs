//! `grpc.health.v1.Health`: readiness as gRPC's own tools ask for it.
//!
//! There is one truth: the status of `""`, of the service's name and of every contract it serves is what `/readyz`
//! says. A `Check` asks anew; those who `Watch` are told every few seconds while there are any, and at once when the
//! service begins to stop. A watch has no end of its own, so it is no exchange that a drain waits for: it is told
//! `NOT_SERVING`, and ended when all calls have ended.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::{self, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tower_service::Service;

use crate::layer::BoxFuture;
use crate::server::{HttpBody, HttpService};
use crate::wire::count::{Count, Running};

use super::Phase;
use super::arrival::Arrival;
use super::checks::Readiness;

/// The contract. A service that serves it itself has no use for this one.
pub(super) const CONTRACT: &str = "grpc.health.v1.Health";

/// Where it is mounted.
pub(super) const PATH: &str = "/grpc.health.v1.Health/";

/// How old the news of those who watch may be.
const REFRESH: Duration = Duration::from_secs(5);

/// The longest request: it holds one name.
const MESSAGE_LIMIT: usize = 4 << 10;

/// What keeps the word of the health service true. Dropping it ends every watch.
pub(super) struct Health {
    statuses: Arc<Statuses>,
    keeping: JoinHandle<()>,
}

impl Health {
    /// Begins to keep the status of `names`, and of `""`. Nothing serves until the service runs. A request may take
    /// `patience` to arrive.
    pub(super) fn start(
        names: impl IntoIterator<Item = String>,
        readiness: Readiness,
        patience: Duration,
    ) -> (Health, HttpService) {
        let phase = readiness.phase();
        let statuses = Arc::new(Statuses {
            names: names.into_iter().chain([String::new()]).collect(),
            readiness,
            said: watch::Sender::new(Said::NotServing),
            watchers: Count::default(),
        });
        let server = HealthServer::from_arc(statuses.clone()).max_decoding_message_size(MESSAGE_LIMIT);
        let keeping = tokio::spawn(keep(statuses.clone(), phase));
        (Health { statuses, keeping }, HttpService::of(Door { server, patience }))
    }

    /// Says that nothing serves, and ends every watch with a status that sends its caller elsewhere.
    pub(super) fn end(&self) {
        self.statuses.said.send_replace(Said::Over);
    }
}

impl Drop for Health {
    fn drop(&mut self) {
        self.keeping.abort();
        self.end();
    }
}

/// What was said last, of every name alike.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    NotServing,
    Serving,
    /// Nothing serves, and nothing more will be said.
    Over,
}

impl Said {
    fn status(self) -> ServingStatus {
        match self {
            Said::Serving => ServingStatus::Serving,
            Said::NotServing | Said::Over => ServingStatus::NotServing,
        }
    }
}

/// The names that have a status, and what it is made of.
struct Statuses {
    names: BTreeSet<String>,
    readiness: Readiness,
    said: watch::Sender<Said>,
    /// Those who watch a name that has a status.
    watchers: Count,
}

impl Statuses {
    /// Finds out what is true now, and says it. Whoever stops waiting leaves nothing half said.
    async fn refresh(&self) {
        self.readiness.report().await;
        self.say();
    }

    /// Says what is known. It is looked up under the lock of the last word: an old one never comes after a new one.
    fn say(&self) {
        self.said.send_if_modified(|said| {
            let now = if self.readiness.is_ready() { Said::Serving } else { Said::NotServing };
            let news = *said != Said::Over && *said != now;
            if news {
                *said = now;
            }
            news
        });
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
        statuses.say();
        tokio::select! {
            biased;
            changed = phase.changed() => {
                if changed.is_err() {
                    // Nobody runs the service any more.
                    statuses.said.send_replace(Said::Over);
                    return;
                }
            }
            () = statuses.round(), if running => {}
        }
    }
}

// The methods are written as the macro of the trait would write them.
impl health_server::Health for Statuses {
    type WatchStream = Watch;

    fn check<'a, 'b>(
        &'a self,
        request: Request<HealthCheckRequest>,
    ) -> BoxFuture<'b, Result<Response<HealthCheckResponse>, Status>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            if !self.names.contains(&request.get_ref().service) {
                return Err(Status::not_found("nothing of that name is served here"));
            }
            self.refresh().await;
            let said = *self.said.borrow();
            Ok(Response::new(HealthCheckResponse { status: said.status().into() }))
        })
    }

    fn watch<'a, 'b>(
        &'a self,
        request: Request<HealthCheckRequest>,
    ) -> BoxFuture<'b, Result<Response<Watch>, Status>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let counted = self.names.contains(&request.get_ref().service).then(|| self.watchers.enter());
            if counted.is_some() {
                self.refresh().await;
            }
            let watcher = Watcher { said: self.said.subscribe(), told: None, counted };
            Ok(Response::new(Watch(Some(watcher.next()))))
        })
    }
}

/// What one who watches is told next.
type Word = Result<HealthCheckResponse, Status>;

/// One who watches.
struct Watcher {
    said: watch::Receiver<Said>,
    /// The status it was told last.
    told: Option<ServingStatus>,
    /// `None` where the name is unknown. It stays so: what a service serves is settled before it starts.
    counted: Option<Running>,
}

impl Watcher {
    /// Waits for the next word. After an error there is none.
    fn next(mut self) -> BoxFuture<'static, (Watcher, Word)> {
        Box::pin(async move {
            loop {
                let said = *self.said.borrow_and_update();
                let status = match self.counted {
                    Some(_) => said.status(),
                    None => ServingStatus::ServiceUnknown,
                };
                if self.told.replace(status) != Some(status) {
                    return (self, Ok(HealthCheckResponse { status: status.into() }));
                }
                if said == Said::Over || self.said.changed().await.is_err() {
                    return (self, Err(Status::unavailable("the service has stopped")));
                }
            }
        })
    }
}

/// The words that one who watches is told, until the service is over.
struct Watch(Option<BoxFuture<'static, (Watcher, Word)>>);

impl Stream for Watch {
    type Item = Word;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Word>> {
        let Some(next) = &mut self.0 else { return Poll::Ready(None) };
        let (watcher, word) = ready!(next.as_mut().poll(context));
        self.0 = word.is_ok().then(|| watcher.next());
        Poll::Ready(Some(word))
    }
}

/// The health service as it is mounted.
#[derive(Clone)]
struct Door {
    server: HealthServer<Statuses>,
    patience: Duration,
}

impl Service<http::Request<HttpBody>> for Door {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = <HealthServer<Statuses> as Service<http::Request<Arrival>>>::Future;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<HttpBody>) -> Self::Future {
        let patience = self.patience;
        self.server.call(request.map(|body| Arrival::whole(body, patience)))
    }
}

#[cfg(test)]
mod tests;
