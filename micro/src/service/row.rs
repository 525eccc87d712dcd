//! Rows: one a method, from the typed handler to what the server dispatches to.

use std::pin::Pin;
use std::sync::Arc;

use crate::body::Body;
use crate::codec::Encoding;
use crate::context::{Context, Home};
use crate::error::{Error, Outcome, Result};
use crate::layer::{BoxFuture, Endpoint, Request, Response};
use crate::metadata::SharedMetadata;
use crate::spec::Spec;
use crate::transfer::{Output, Payload, arrive};

/// The future of an answer.
pub type Reply = Pin<Box<dyn Future<Output = Result<Response>> + Send>>;

/// The part of a request that is left once its [`Context`] is made.
#[derive(Debug)]
pub struct Incoming {
    encoding: Encoding,
    body: Body,
}

impl Incoming {
    pub(super) fn into_parts(self) -> (Encoding, Body) {
        (self.encoding, self.body)
    }
}

/// A method of the service type `T`: its description and how it is called.
#[derive(Debug)]
pub struct Row<T> {
    /// Describes the method.
    pub spec: &'static Spec,
    /// Calls it.
    pub call: fn(Arc<T>, Context, Incoming) -> Reply,
}

impl<T> Row<T> {
    /// Makes a row.
    pub const fn new(spec: &'static Spec, call: fn(Arc<T>, Context, Incoming) -> Reply) -> Self {
        Row { spec, call }
    }
}

/// Answers a call: decodes what came, runs the handler, encodes what it returns.
///
/// What a handler fails with says nothing about its own call any more: an error that came from a call it made in
/// turn may be `not run`, but the handler did run.
pub fn answer<P, O, E, F, Fut>(ctx: Context, request: Incoming, handler: F) -> Reply
where
    P: Payload,
    O: Output,
    E: Into<Error>,
    F: FnOnce(Context, P) -> Fut + Send + 'static,
    Fut: Future<Output = std::result::Result<O, E>> + Send + 'static,
{
    Box::pin(async move {
        let Incoming { encoding, body } = request;
        let body = arrive(body, P::STREAMING).await?;
        let payload = P::receive(body, &encoding, SharedMetadata::new())?;
        match handler(ctx.clone(), payload).await {
            Ok(output) => responded(&ctx, output.send(&encoding)),
            Err(error) => Err(failed(&ctx, error.into())),
        }
    })
}

// What is not about types is compiled once, and not again for each method.

fn responded(ctx: &Context, body: Result<Body>) -> Result<Response> {
    Ok(ctx.respond(body?))
}

fn failed(ctx: &Context, error: Error) -> Error {
    ctx.fail(error).with_outcome(Outcome::Unknown)
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
    /// What it fails with.
    type Error: Into<Error>;

    /// Returns the result.
    fn into_result(self) -> std::result::Result<Self::Output, Self::Error>;
}

impl<O: Output, E: Into<Error>> HandlerResult for std::result::Result<O, E> {
    type Output = O;
    type Error = E;

    fn into_result(self) -> Self {
        self
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
        let ctx = Context::new(spec, info, self.home.clone());
        (self.row.call)(self.this.clone(), ctx, Incoming { encoding, body })
    }
}
