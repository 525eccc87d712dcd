//! The way of a call from its first poll to the reply, which is the same whatever the reply's type.

use std::sync::Arc;
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
use crate::layer::{Request, Response};
use crate::metadata::{Metadata, SharedMetadata};
use crate::registry::Node;
use crate::span::CallSpan;
use crate::spec::{Kind, Spec};
use crate::trace::TraceContext;
use crate::transfer::{Arrived, Output, arrive};

/// Everything that is known of a call before it is made.
pub(super) struct Plan {
    target: Target,
    pub(super) spec: &'static Spec,
    body: Result<Body>,
    /// Whether the reply is a stream.
    streams: bool,
    pub(super) timeout: Option<Duration>,
    pub(super) metadata: Metadata,
    pub(super) to: Option<Address>,
    pub(super) attempts: u32,
    pub(super) wait_for_ready: bool,
    /// The first mistake in a setter.
    pub(super) mistake: Option<Error>,
}

/// What came back: the reply, still encoded, and its metadata.
pub(super) struct Answer {
    pub(super) arrived: Arrived,
    metadata: Metadata,
    trailers: SharedMetadata,
}

impl Answer {
    /// Decodes the reply, and keeps its metadata.
    pub(super) fn reply<O: Output>(self) -> Result<Reply<O>> {
        let Answer { mut arrived, metadata, trailers } = self;
        let message = O::receive(&mut arrived)?;
        // A stream's trailers are there at its end.
        let trailers = if O::STREAMING { Metadata::new() } else { trailers.take() };
        Ok(Reply { message, metadata, trailers })
    }
}

impl Plan {
    pub(super) fn new(target: Target, spec: &'static Spec, body: Result<Body>, streams: bool) -> Box<Self> {
        Box::new(Plan {
            target,
            spec,
            body,
            streams,
            timeout: None,
            metadata: Metadata::new(),
            to: None,
            attempts: retry::ATTEMPTS,
            wait_for_ready: false,
            mistake: None,
        })
    }

    /// Makes the call.
    pub(super) async fn run(self: Box<Self>) -> Result<Answer> {
        let plan = *self;
        if let Some(mistake) = plan.mistake {
            return Err(mistake.with_outcome(Outcome::NotSent));
        }
        let body = plan.body.map_err(|error| error.with_outcome(Outcome::NotSent))?;
        let target = plan.target;
        let parent = target.parent();
        let inner = target.inner();
        let usual = (plan.spec.kind == Kind::Unary).then_some(inner.timeout);
        let timeout = plan.timeout.or(plan.spec.timeout).or(usual);
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
        if plan.streams {
            let body = bounds.bind(body, guard).on_end(move |result| _ = span.end(result));
            let arrived = Arrived::new(body, encoding).with_trailers(trailers.clone());
            return Ok(Answer { arrived, metadata, trailers });
        }
        match bounds.hold(arrive(body)).instrument(span.span().clone()).await {
            Ok(body) => {
                let arrived = Arrived::new(body, encoding).with_span(span);
                Ok(Answer { arrived, metadata, trailers })
            }
            Err(error) => {
                span.end(Err(&error));
                Err(error)
            }
        }
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
