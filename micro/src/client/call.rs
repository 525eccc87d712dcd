//! `Call`: one call as its caller holds it, and its way from the first poll to the reply.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tracing::Instrument;

use super::attempt::Attempts;
use super::deadline::Bounds;
use super::reply::Reply;
use super::retry;
use super::target::Target;
use crate::address::Address;
use crate::body::Body;
use crate::call::CallInfo;
use crate::error::{Error, Outcome, Result};
use crate::layer::{BoxFuture, Request, Response};
use crate::metadata::Metadata;
use crate::registry::Node;
use crate::span::CallSpan;
use crate::spec::{Kind, Spec};
use crate::trace::TraceContext;
use crate::transfer::Output;

/// A call that has not been made yet: a future that makes it. Dropping it, or the stream it replied with,
/// cancels the call at the node.
///
/// ```no_run
/// # use std::time::Duration;
/// # async fn example(call: micro::Call<micro::Streaming<Reading>>) -> micro::Result<()> {
/// let mut readings = call.timeout(Duration::from_secs(60)).metadata("tenant", "acme").await?;
/// while let Some(reading) = readings.next().await {
///     println!("{}", reading?.celsius);
/// }
/// # Ok(()) }
/// # #[micro::message]
/// # struct Reading { celsius: f64 }
/// ```
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<O> {
    state: State<O>,
}

enum State<O> {
    New(Box<Plan>),
    Running(BoxFuture<'static, Result<O>>),
    Done,
}

/// Everything that is known of a call before it is made.
struct Plan {
    target: Target,
    spec: &'static Spec,
    body: Result<Body>,
    timeout: Option<Duration>,
    metadata: Metadata,
    to: Option<Address>,
    attempts: u32,
    wait_for_ready: bool,
    /// The first mistake in a setter.
    mistake: Option<Error>,
}

impl<O: Output> Call<O> {
    pub(super) fn new(target: Target, spec: &'static Spec, body: Result<Body>) -> Self {
        let plan = Plan {
            target,
            spec,
            body,
            timeout: None,
            metadata: Metadata::new(),
            to: None,
            attempts: retry::ATTEMPTS,
            wait_for_ready: false,
            mistake: None,
        };
        Call { state: State::New(Box::new(plan)) }
    }

    /// Sets how long the call may take, the reading of a reply stream included. By default 5 s for unary calls
    /// and no end for streams. The deadline of the call this one is made for, if there is one, stays.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.plan(|plan| plan.timeout = Some(timeout))
    }

    /// Sets a text value of the request's metadata. A bad key or value is told when the call is awaited.
    pub fn metadata(self, key: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.plan(|plan| {
            if let Err(error) = plan.metadata.insert(key.as_ref(), value) {
                plan.mistake.get_or_insert(error);
            }
        })
    }

    /// Calls the node at this address (`host:port`), whatever the registry says. A bad address is told when the
    /// call is awaited.
    pub fn to(self, address: impl fmt::Display) -> Self {
        self.plan(|plan| match address.to_string().parse::<Address>() {
            Ok(address) => plan.to = Some(address),
            Err(error) => _ = plan.mistake.get_or_insert(error),
        })
    }

    /// Sets how often the call is tried in all, at least once. By default 3 times, of which the later ones only
    /// when the call provably did not run.
    pub fn attempts(self, attempts: u32) -> Self {
        self.plan(|plan| plan.attempts = attempts.max(1))
    }

    /// Waits for a node when there is none, until the deadline. Without one, as for streams, until there is one.
    pub fn wait_for_ready(self) -> Self {
        self.plan(|plan| plan.wait_for_ready = true)
    }

    /// Makes the call, for the reply together with its metadata.
    pub fn response(self) -> impl Future<Output = Result<Reply<O>>> + Send + 'static {
        let state = self.state;
        async move {
            match state {
                State::New(plan) => plan.run::<O>().await,
                // Setters and this take the call by value, so it can only have been polled before.
                State::Running(_) | State::Done => Err(Error::internal("the call has been made already")),
            }
        }
    }

    fn plan(mut self, change: impl FnOnce(&mut Plan)) -> Self {
        if let State::New(plan) = &mut self.state {
            change(plan);
        }
        self
    }
}

impl<O: Output> Future for Call<O> {
    type Output = Result<O>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let state = &mut self.state;
        if matches!(state, State::New(_))
            && let State::New(plan) = std::mem::replace(state, State::Done)
        {
            *state =
                State::Running(Box::pin(async move { plan.run::<O>().await.map(|reply| reply.message) }));
        }
        let State::Running(running) = state else {
            return Poll::Ready(Err(Error::internal("the call is over already")));
        };
        let result = ready!(running.as_mut().poll(context));
        *state = State::Done;
        Poll::Ready(result)
    }
}

impl<O> fmt::Debug for Call<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::New(plan) => write!(f, "Call({}, new)", plan.spec.path),
            State::Running(_) => f.write_str("Call(running)"),
            State::Done => f.write_str("Call(done)"),
        }
    }
}

impl Plan {
    async fn run<O: Output>(self: Box<Self>) -> Result<Reply<O>> {
        let plan = *self;
        if let Some(mistake) = plan.mistake {
            return Err(mistake.with_outcome(Outcome::NotSent));
        }
        let body = plan.body.map_err(|error| error.with_outcome(Outcome::NotSent))?;
        let target = plan.target;
        let parent = target.parent();
        let inner = target.inner();
        let timeout = plan.timeout.or((plan.spec.kind == Kind::Unary).then_some(inner.timeout));
        let trace = parent.and_then(CallInfo::trace).map_or_else(TraceContext::root, TraceContext::child);
        let service = target.service().unwrap_or(target.contract());
        let mut span = CallSpan::new("client", service, plan.spec, Some(&trace));
        span = span.metered(inner.meter.called(plan.spec).begin());
        let info = info(parent, timeout, plan.metadata, trace);
        if let Err(error) = info.check() {
            span.end(Err(&error));
            return Err(error.with_outcome(Outcome::NotSent));
        }
        let bounds = Bounds::new(info.deadline, parent.map(|parent| parent.cancel.clone()), plan.spec.path);
        let guard = info.cancel.guard();
        let encoding = inner.encoding.clone();
        let request = Request::new(plan.spec, info, encoding.clone(), body);
        let attempts = Attempts {
            to: plan.to.map(|address| direct(&target, address)),
            limit: plan.attempts,
            wait_for_ready: plan.wait_for_ready,
            target: target.clone(),
        };
        let answer = bounds.hold(inner.layers.run(request, &attempts)).instrument(span.span().clone()).await;
        let Response { metadata, trailers, body } = match answer {
            Ok(response) => response,
            Err(error) => {
                span.end(Err(&error));
                return Err(error);
            }
        };
        if O::STREAMING {
            let body = bounds.bind(body, guard).on_end(move |result| _ = span.end(result));
            // A stream is handed on as it is, so this does not wait.
            let message = O::receive(body, &encoding, trailers).await?;
            return Ok(Reply { message, metadata, trailers: Metadata::new() });
        }
        let receive = O::receive(body, &encoding, trailers.clone());
        let message = bounds.hold(receive).instrument(span.span().clone()).await;
        span.end(message.as_ref().map(|_| ()));
        Ok(Reply { message: message?, metadata, trailers: trailers.take() })
    }
}

/// Makes the facts of a call: what it sets itself, on top of what the call it is made for passes on.
fn info(
    parent: Option<&CallInfo>,
    timeout: Option<Duration>,
    metadata: Metadata,
    trace: TraceContext,
) -> CallInfo {
    let mut info = CallInfo::new();
    if let Some(parent) = parent {
        info.deadline = parent.deadline;
        info.metadata = parent.metadata.clone();
        // Says who sent the request, which is us from here on.
        info.metadata.remove("user-agent");
        info.cancel = parent.cancel.child();
    }
    // A deadline past the end of time is none.
    if let Some(deadline) = timeout.and_then(|timeout| Instant::now().checked_add(timeout)) {
        info.shorten_deadline(deadline);
    }
    info.metadata.merge(metadata);
    info.trace = Some(trace);
    info
}

/// Makes the node that a caller addresses without the registry.
fn direct(target: &Target, address: Address) -> Arc<Node> {
    let service = target.service().unwrap_or(target.contract());
    Arc::new(Node::new(format!("direct-{address}"), service).address(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_carries_on_what_its_parent_had() {
        let mut parent = CallInfo::new();
        let soon = Instant::now() + Duration::from_secs(1);
        parent.shorten_deadline(soon);
        parent.metadata.insert("tenant", "acme").unwrap();
        parent.metadata.insert("user-agent", "curl").unwrap();
        let mut own = Metadata::new();
        own.insert("region", "eu").unwrap();
        let trace = TraceContext::root();

        let long = info(Some(&parent), Some(Duration::from_secs(60)), own.clone(), trace.child());
        assert_eq!(long.deadline, Some(soon), "a deadline only shrinks");
        assert_eq!(long.metadata.get("tenant"), Some("acme"));
        assert_eq!(long.metadata.get("region"), Some("eu"));
        assert!(!long.metadata.contains_key("user-agent"));
        parent.cancel.cancel();
        assert!(long.cancel.is_cancelled());

        let short = info(Some(&parent), Some(Duration::from_millis(1)), own.clone(), trace.child());
        assert!(short.deadline < Some(soon));
        own.insert("tenant", "other").unwrap();
        let info = info(Some(&parent), None, own, trace);
        assert_eq!((info.deadline, info.metadata.get("tenant")), (Some(soon), Some("other")));
    }

    #[test]
    fn no_time_is_long_enough_to_break_a_call() {
        assert_eq!(info(None, Some(Duration::MAX), Metadata::new(), TraceContext::root()).deadline, None);
    }
}
