//! `Context`: one call as its handler sees it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::body::Body;
use crate::call::{CallInfo, Cancellation};
use crate::client::{Caller, Client, Publish, Target, TypedClient};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::layer::Response;
use crate::message::Message;
use crate::metadata::{Metadata, SharedMetadata};
use crate::service::unopened::unheard;
use crate::spec::{Kind, Spec};
use crate::trace::TraceContext;

/// One call as its handler sees it: who calls, by when, with what; what goes back besides the reply; and clients
/// that pass deadline, metadata and trace on. Cheap to clone.
///
/// ```
/// use micro::Context;
///
/// let ctx = Context::test().with_metadata("tenant", "acme");
/// assert_eq!(ctx.metadata().get("tenant"), Some("acme"));
/// assert!(ctx.remaining().is_none());
/// ```
#[derive(Clone)]
pub struct Context(Arc<Inner>);

struct Inner {
    spec: &'static Spec,
    info: CallInfo,
    home: Arc<Home>,
    metadata: Mutex<Metadata>,
    trailers: SharedMetadata,
}

/// What the contexts of one service share. It holds no handle to the service itself, which would keep it alive.
pub struct Home {
    pub(crate) service: String,
    pub(crate) client: Client,
}

/// What [`Context::test`] says it is a call of.
const TEST: &Spec = &Spec::new::<(), ()>("/micro.test.Handler/Test", "micro.test.Handler", Kind::Unary);

impl Context {
    pub(crate) fn new(spec: &'static Spec, info: CallInfo, home: Arc<Home>) -> Self {
        let (metadata, trailers) = (Mutex::new(Metadata::new()), SharedMetadata::new());
        Context(Arc::new(Inner { spec, info, home, metadata, trailers }))
    }

    /// Makes a context for the unit test of a handler: no deadline, no metadata, no caller, and no nodes to call
    /// until [`with_client`](Context::with_client). What is published is heard by nobody.
    pub fn test() -> Self {
        let client = unheard("Context::test() has no client; give it one by .with_client(&client)");
        Context::new(TEST, CallInfo::new(), Arc::new(Home { service: "test".to_owned(), client }))
    }

    /// Adds request metadata. For tests.
    ///
    /// # Panics
    ///
    /// When key or value cannot be metadata.
    #[track_caller]
    pub fn with_metadata(self, key: &str, value: &str) -> Self {
        let mut info = self.0.info.clone();
        if let Err(error) = info.metadata_mut().insert(key, value) {
            panic!("{error}");
        }
        Context::new(self.0.spec, info, self.0.home.clone())
    }

    /// Sets when the call has to be over, counted from now; an earlier deadline stays. For tests.
    pub fn with_deadline(self, timeout: Duration) -> Self {
        let mut info = self.0.info.clone();
        if let Some(deadline) = Instant::now().checked_add(timeout) {
            info.shorten_deadline(deadline);
        }
        Context::new(self.0.spec, info, self.0.home.clone())
    }

    /// Sets the client that calls made through the context use. For tests.
    pub fn with_client(self, client: &Client) -> Self {
        let home = Home { service: self.0.home.service.clone(), client: client.clone() };
        Context::new(self.0.spec, self.0.info.clone(), Arc::new(home))
    }

    /// Makes a typed client whose calls pass on what is left of the deadline, the metadata and the trace, and
    /// end when this call ends.
    pub fn client<C: TypedClient>(&self) -> C {
        C::from_target(self.target(C::CONTRACT))
    }

    /// Returns the name of the service that answers.
    pub fn service(&self) -> &str {
        &self.0.home.service
    }

    /// Returns the description of the method that is called.
    pub fn spec(&self) -> &'static Spec {
        self.0.spec
    }

    /// Returns deadline, metadata, caller and trace in one.
    pub fn info(&self) -> &CallInfo {
        &self.0.info
    }

    /// Returns the metadata of the request.
    pub fn metadata(&self) -> &Metadata {
        self.0.info.metadata()
    }

    /// Returns when the call has to be over.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.info.deadline()
    }

    /// Returns how much time is left: `None` without a deadline, zero when it has passed.
    pub fn remaining(&self) -> Option<Duration> {
        self.0.info.remaining()
    }

    /// Returns the address of the caller; `None` in process.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.0.info.peer()
    }

    /// Returns the trace the call belongs to.
    pub fn trace(&self) -> Option<&TraceContext> {
        self.0.info.trace()
    }

    /// Returns the event a subscriber is called with; `None` in the handler of a call.
    pub fn event(&self) -> Option<&Event> {
        self.0.info.event()
    }

    /// Publishes an event, in the trace of this call and within what is left of its deadline. Its metadata stays
    /// behind: events are kept, and what is meant for one call may be a secret.
    ///
    /// Nothing happens until the [`Publish`] is awaited.
    pub fn publish<T: Message>(&self, topic: impl Into<String>, event: &T) -> Publish {
        self.0.home.client.publish(topic, event).within(&self.0.info)
    }

    /// Returns what tells tasks of the handler's own that the call is over.
    pub fn cancellation(&self) -> &Cancellation {
        self.0.info.cancellation()
    }

    /// Sets metadata sent before the reply. Has no effect once the handler has returned.
    ///
    /// # Errors
    ///
    /// As [`Metadata::insert`].
    pub fn set_metadata(&self, key: &str, value: impl AsRef<str>) -> Result<()> {
        self.response_metadata().insert(key, value)
    }

    /// Sets metadata sent after the reply: for a stream, until its last message has been sent.
    ///
    /// # Errors
    ///
    /// As [`Metadata::insert`].
    pub fn set_trailer(&self, key: &str, value: impl AsRef<str>) -> Result<()> {
        self.0.trailers.update(|trailers| trailers.insert(key, value))
    }

    /// Returns a copy of the metadata set for the reply. For tests.
    pub fn sent_metadata(&self) -> Metadata {
        self.response_metadata().clone()
    }

    /// Returns a copy of the trailers set so far. For tests.
    pub fn sent_trailers(&self) -> Metadata {
        self.0.trailers.snapshot()
    }

    /// Makes the response of a body and of what the handler set beside it.
    pub(crate) fn respond(&self, body: Body) -> Response {
        Response {
            metadata: std::mem::take(&mut *self.response_metadata()),
            trailers: self.0.trailers.clone(),
            body,
        }
    }

    /// Sends what the handler set beside its reply along with the error in its place.
    pub(crate) fn fail(&self, error: Error) -> Error {
        let mut all = std::mem::take(&mut *self.response_metadata());
        all.merge(self.0.trailers.take());
        if all.is_empty() {
            return error;
        }
        all.merge(error.metadata().clone());
        error.with_metadata(all)
    }

    fn response_metadata(&self) -> MutexGuard<'_, Metadata> {
        self.0.metadata.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Caller for Context {
    fn target(&self, contract: &'static str) -> Target {
        Target::new(self.0.home.client.clone(), contract, Some(self.0.info.clone()))
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("service", &self.0.home.service)
            .field("endpoint", &self.0.spec.path)
            .field("info", &self.0.info)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::error::Code;

    #[tokio::test]
    async fn a_test_context_carries_what_it_was_given() {
        let ctx = Context::test()
            .with_metadata("a", "1")
            .with_metadata("b", "2")
            .with_deadline(Duration::from_secs(9));
        assert_eq!((ctx.metadata().get("a"), ctx.metadata().get("b")), (Some("1"), Some("2")));
        assert!(ctx.remaining().is_some_and(|left| left > Duration::from_secs(8)));
        assert_eq!((ctx.service(), ctx.spec().method), ("test", "Test"));
    }

    #[tokio::test]
    async fn what_a_handler_sets_goes_with_the_reply_and_with_an_error() {
        let ctx = Context::test();
        ctx.set_metadata("early", "1").unwrap();
        ctx.set_trailer("late", "2").unwrap();
        let response = ctx.respond(Body::empty());
        assert_eq!(response.metadata().get("early"), Some("1"));
        ctx.set_trailer("later", "3").unwrap();
        assert_eq!(
            response.trailers().snapshot().get("later"),
            Some("3"),
            "set while the stream is being sent"
        );

        let ctx = Context::test();
        ctx.set_metadata("early", "1").unwrap();
        ctx.set_trailer("both", "context").unwrap();
        let mut own = Metadata::new();
        own.insert("both", "error").unwrap();
        let error = ctx.fail(Error::aborted("no").with_metadata(own));
        assert_eq!(error.code(), Code::Aborted);
        assert_eq!((error.metadata().get("early"), error.metadata().get("both")), (Some("1"), Some("error")));
    }

    #[test]
    fn reserved_keys_are_refused() {
        assert!(Context::test().set_metadata("grpc-status", "0").is_err());
        assert!(Context::test().set_trailer("micro-outcome", "not-run").is_err());
    }
}
