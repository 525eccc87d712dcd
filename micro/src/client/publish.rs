//! Publishing an event: what can be said of it besides the message, and the wait for the receipt.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::{Duration, Instant};

use tracing::Instrument as _;
use tracing::field::Empty;

use super::Client;
use crate::broker::{Envelope, Receipt};
use crate::call::CallInfo;
use crate::error::{Error, Result};
use crate::message::Message;
use crate::trace::TraceContext;

/// An event about to be published. Nothing happens until it is awaited.
///
/// ```
/// # use micro::prelude::*;
/// use micro::broker::{Memory, Receipt};
///
/// # #[micro::message] struct Said { name: String }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let client = micro::Client::builder().broker(Memory::new()).open().await?;
/// let said = Said { name: "ann".into() };
/// let receipt = client.publish("greeter.said", &said).key("ann").await?;
/// assert_eq!(receipt, Receipt::Sent);
/// # Ok::<(), micro::Error>(()) }).unwrap();
/// ```
#[must_use = "an event is published when it is awaited"]
pub struct Publish {
    client: Client,
    envelope: Result<Envelope>,
    timeout: Option<Duration>,
    deadline: Option<Instant>,
}

impl Publish {
    pub(super) fn new<T: Message>(client: Client, topic: String, event: &T) -> Self {
        let inner = &client.inner;
        let envelope = inner.encoding.encode(event).map(|data| {
            Envelope::new(topic, data)
                .source(inner.source.as_str())
                .kind(T::descriptor().full_name())
                .content_type(inner.encoding.content_type())
        });
        Publish { client, envelope, timeout: None, deadline: None }
    }

    /// Publishes in the trace of a call, and within what is left of its deadline.
    pub(crate) fn within(mut self, parent: &CallInfo) -> Self {
        self.deadline = parent.deadline();
        match parent.trace() {
            Some(trace) => self.change(|envelope| Ok(envelope.trace(trace.clone()))),
            None => self,
        }
    }

    /// Sets what the event is about: events of one key are delivered in the order they were published.
    pub fn key(self, key: impl Into<String>) -> Self {
        self.change(|envelope| Ok(envelope.key(key)))
    }

    /// Sets the id, in place of a random one: whoever subscribes can tell by it what was published twice.
    pub fn id(self, id: impl Into<String>) -> Self {
        self.change(|envelope| Ok(envelope.id(id)))
    }

    /// Sets how long the event is worth delivering.
    pub fn expires_in(self, age: Duration) -> Self {
        self.change(|envelope| Ok(envelope.expires_in(age)))
    }

    /// Sends metadata along. A key or value that cannot be metadata is reported when the event is published.
    pub fn metadata(self, key: &str, value: impl AsRef<str>) -> Self {
        self.change(|mut envelope| {
            envelope.metadata.insert(key, value)?;
            Ok(envelope)
        })
    }

    /// Sets how long publishing may take: 5 s by default, and never longer than the call it is part of.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    fn change(mut self, change: impl FnOnce(Envelope) -> Result<Envelope>) -> Self {
        self.envelope = self.envelope.and_then(change);
        self
    }

    async fn publish(self) -> Result<Receipt> {
        let mut envelope = self.envelope?;
        // Before anything is told of it: names of topics become labels.
        envelope.validate()?;
        let inner = &self.client.inner;
        let timeout = self.timeout.unwrap_or(inner.timeout);
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = left.map_or(timeout, |left| left.min(timeout));
        let trace = envelope.trace.take().map_or_else(TraceContext::root, |parent| parent.child());
        let span = tracing::info_span!(
            "publish",
            topic = envelope.topic,
            event = envelope.id,
            trace_id = %format_args!("{:032x}", trace.trace_id()),
            span_id = %format_args!("{:016x}", trace.span_id()),
            parent_id = Empty,
            sampled = Empty,
        );
        if let Some(parent) = trace.parent_id() {
            span.record("parent_id", tracing::field::display(format_args!("{parent:016x}")));
        }
        if !trace.is_sampled() {
            span.record("sampled", false);
        }
        envelope.trace = Some(trace);
        let topic = envelope.topic.clone();
        let publishing = inner.broker.publish(envelope).instrument(span);
        let result = tokio::time::timeout(timeout, publishing).await.unwrap_or_else(|_| {
            Err(Error::deadline_exceeded(format!(
                "the broker {} did not take an event for {topic} in time",
                inner.broker.name()
            )))
        });
        inner.meter.published(&topic, result.as_ref().map(|_| ()));
        result
    }
}

impl IntoFuture for Publish {
    type Output = Result<Receipt>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Receipt>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.publish())
    }
}

impl fmt::Debug for Publish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publish").field("envelope", &self.envelope).finish_non_exhaustive()
    }
}
