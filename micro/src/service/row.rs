//! Rows: one a method, from the typed handler to what the server dispatches to.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};

use pin_project_lite::pin_project;

use crate::body::Body;
use crate::codec::Encoding;
use crate::context::{Context, Home};
use crate::error::{Error, Outcome, Result};
use crate::layer::{BoxFuture, Endpoint, Request, Response};
use crate::spec::Spec;
use crate::transfer::{Arrived, Output, Payload, arrive};

/// The future of an answer; an error when the request cannot be decoded.
pub type Reply<'a> = Result<BoxFuture<'a, Result<Response>>>;

/// A call that has arrived at a method of the service type `T`.
///
/// Generated code decodes the request with it, calls the handler, and has what that returns answered. That is all the code
/// a method has of its own: what is not about its types is compiled once, and not again for each method.
#[derive(Debug)]
pub struct Incoming<T> {
    /// The service.
    pub this: Arc<T>,
    /// The context of the handler.
    pub ctx: Context,
    encoding: Encoding,
}

impl<T> Incoming<T> {
    /// Decodes the request.
    ///
    /// # Errors
    ///
    /// `invalid argument` when it cannot be decoded.
    pub fn receive<P: Payload>(&self, request: &mut Arrived) -> Result<P> {
        P::receive(request)
    }

    /// Answers with what a handler returns.
    ///
    /// # Errors
    ///
    /// None by itself; those of the answer are the handler's, and `internal` when its reply cannot be encoded.
    pub fn answer<'a, F>(&'a self, handler: F) -> Reply<'a>
    where
        F: Future<Output: HandlerResult> + Send + 'a,
    {
        Ok(Box::pin(Answering { handler, ctx: &self.ctx, encoding: &self.encoding }))
    }
}

pin_project! {
    /// A handler that runs, and what its reply is made with.
    // No `async` block, of which the compiler would make far more code for each method.
    struct Answering<'a, F> {
        #[pin]
        handler: F,
        ctx: &'a Context,
        encoding: &'a Encoding,
    }
}

impl<F: Future<Output: HandlerResult>> Future for Answering<'_, F> {
    type Output = Result<Response>;

    fn poll(self: Pin<&mut Self>, context: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.handler.poll(context));
        Poll::Ready(result.answer(this.ctx, this.encoding))
    }
}

fn respond(ctx: &Context, body: Result<Body>) -> Result<Response> {
    Ok(ctx.respond(body?))
}

/// What a handler fails with says nothing about its own call any more: an error that came from a call it made in turn may
/// be `not run`, but the handler did run.
fn fail(ctx: &Context, error: Error) -> Error {
    ctx.fail(error).with_outcome(Outcome::Unknown)
}

/// Marks the event that a context is of, if it is of one, as no attempt will ever decode it.
pub(super) fn unreadable(ctx: &Context, error: Error) -> Error {
    if let Some(event) = ctx.event() {
        event.set_unreadable();
    }
    error
}

/// A method of the service type `T`: its description and how it is called.
#[derive(Debug)]
pub struct Row<T> {
    /// Describes the method.
    pub spec: &'static Spec,
    /// Calls it.
    pub call: Call<T>,
}

/// How a method of the service type `T` is called.
type Call<T> = for<'a> fn(&'a Incoming<T>, &mut Arrived) -> Reply<'a>;

impl<T> Row<T> {
    /// Makes a row.
    pub const fn new(spec: &'static Spec, call: Call<T>) -> Self {
        Row { spec, call }
    }
}

/// What a handler may return.
#[diagnostic::on_unimplemented(
    message = "a handler returns a `Result`, not `{Self}`",
    label = "not a `Result`",
    note = "write `async fn name(&self, request: Request) -> Result<Reply>`"
)]
pub trait HandlerResult {
    /// What the handler answers when all goes well.
    type Output: Output;

    /// Makes the response.
    #[doc(hidden)]
    fn answer(self, ctx: &Context, encoding: &Encoding) -> Result<Response>;
}

impl<O: Output, E: Into<Error>> HandlerResult for std::result::Result<O, E> {
    type Output = O;

    fn answer(self, ctx: &Context, encoding: &Encoding) -> Result<Response> {
        match self {
            Ok(output) => respond(ctx, output.send(encoding)),
            Err(error) => Err(fail(ctx, error.into())),
        }
    }
}

/// A row with the value it is called on, its type forgotten.
#[derive(Clone)]
pub struct Bound {
    pub(crate) spec: &'static Spec,
    pub(crate) endpoint: Arc<dyn Endpoint>,
}

/// Binds every row to one value.
pub(crate) fn bind<T: Send + Sync + 'static>(
    rows: &'static [Row<T>],
    this: &Arc<T>,
    home: &Arc<Home>,
) -> Vec<Bound> {
    let bound = |row: &'static Row<T>| Bound {
        spec: row.spec,
        endpoint: Arc::new(BoundRow { row, this: this.clone(), home: home.clone() }),
    };
    rows.iter().map(bound).collect()
}

struct BoundRow<T: 'static> {
    row: &'static Row<T>,
    this: Arc<T>,
    home: Arc<Home>,
}

impl<T: Send + Sync + 'static> Endpoint for BoundRow<T> {
    fn call(&self, request: Request) -> BoxFuture<'_, Result<Response>> {
        let Request { spec, info, encoding, body } = request;
        let Row { spec: own, call } = self.row;
        let ctx = Context::new(spec, info, self.home.clone());
        let incoming = Incoming { this: self.this.clone(), ctx, encoding: encoding.clone() };
        Box::pin(async move {
            let body = match own.kind.client_streams() {
                true => body,
                false => arrive(body).await.map_err(|error| unreadable(&incoming.ctx, error))?,
            };
            let reply = call(&incoming, &mut Arrived::new(body, encoding))?;
            reply.await
        })
    }
}
