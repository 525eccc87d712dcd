//! How a call runs, whichever way it came in: span, accounting, panics, deadline, layers, handler.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tokio::sync::watch;
use tracing::Instrument as _;

use super::deadline::{self, Deadline};
use super::guard;
use super::limits::Limits;
use super::mounts::Mounts;
use super::routes::{Route, Routes};
use super::span;
use super::watched::{Lasting, Watched, signed};
use crate::body::Body;
use crate::error::{Error, Outcome, Result};
use crate::layer::{Layers, Request, Response};
use crate::span::CallSpan;
use crate::trace::TraceContext;
use crate::wire;
use crate::wire::count::{Count, Running};

/// What the whole server shares.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) routes: Routes,
    pub(crate) service: Arc<str>,
    pub(crate) layers: Layers,
    pub(crate) mounts: Mounts,
    pub(crate) limits: Limits,
    pub(crate) settings: wire::Settings,
    /// The calls that run.
    pub(crate) calls: Count,
    /// The HTTP exchanges whose last byte is not handed over yet.
    pub(crate) exchanges: Count,
    pub(crate) phase: watch::Sender<Phase>,
    /// Whether the phase is past serving; read by every call.
    pub(crate) refusing: AtomicBool,
}

/// How far a server is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Serving,
    /// New calls are refused, connections are told to go elsewhere.
    Refusing,
    /// Nobody is let in any more.
    Draining,
}

impl Core {
    /// Goes on to a later phase; never back.
    pub(crate) fn advance(&self, phase: Phase) {
        self.refusing.store(true, Ordering::SeqCst);
        self.phase.send_if_modified(|now| {
            let later = phase > *now;
            *now = phase.max(*now);
            later
        });
    }

    /// Answers a call.
    pub(crate) async fn call(&self, route: &Route, mut request: Request) -> Result<Response> {
        let trace = request.info.trace.as_ref().map_or_else(TraceContext::root, TraceContext::child);
        request.info.trace = Some(trace);
        let mut span = CallSpan::new("server", &self.service, route.spec, request.info.trace())
            .timed(route.stats.begin())
            .metered(route.meter.begin());
        let deadline = Deadline::of(request.info.deadline, route.spec.timeout);
        request.info.deadline = deadline.at();
        let cancel = request.info.cancel.clone();
        let running = match self.enter(deadline.at()) {
            Ok(running) => running,
            Err(error) => return Err(self.failed(error, &mut span)),
        };
        // Whoever drops this future, or the body it makes, ends the call.
        let guard = cancel.guard();
        if route.spec.kind.client_streams() {
            let over = deadline::over(deadline, cancel.clone());
            request = request.map_body(|body| deadline::until(body, over));
        }
        let answering = deadline::within(deadline, self.layers.run(request, &*route.endpoint));
        let answered = guard::catch(answering).instrument(span.span().clone()).await;
        let Response { metadata, trailers, body } = match answered {
            Ok(response) => response,
            Err(error) => return Err(self.failed(error, &mut span)),
        };
        let body = match body.try_one() {
            Ok(message) => {
                span::finish(&mut span, Ok(()));
                Body::one(message)
            }
            Err(body) => {
                let lasting = Lasting { span, _running: running, _cancel: guard };
                Body::stream(Watched::new(
                    body,
                    deadline::over(deadline, cancel),
                    lasting,
                    self.service.clone(),
                ))
            }
        };
        Ok(Response { metadata, trailers, body })
    }

    /// Lets a call in, or refuses it before anything ran.
    fn enter(&self, deadline: Option<Instant>) -> Result<Running> {
        // Counted first: whoever has seen the refusal begin and the count at zero knows that nothing follows.
        let running = self.calls.enter();
        if self.refusing.load(Ordering::SeqCst) {
            let message = format!("{} is stopping; another node may answer", self.service);
            return Err(Error::unavailable(message).with_outcome(Outcome::NotRun));
        }
        deadline::check(deadline)?;
        Ok(running)
    }

    fn failed(&self, error: Error, span: &mut CallSpan) -> Error {
        let error = signed(error, &self.service);
        span::finish(span, Err(&error));
        error
    }
}
