//! The body of a response that is still being made: guarded, bounded and accounted for until its end.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use tokio_util::sync::DropGuard;

use super::guard;
use super::span;
use crate::body::Body;
use crate::error::{Error, Outcome, Result};
use crate::layer::BoxFuture;
use crate::span::CallSpan;
use crate::wire::count::Running;

/// What lasts as long as a call.
#[derive(Debug)]
pub(crate) struct Lasting {
    pub(crate) span: CallSpan,
    /// Counts the call as in flight.
    pub(crate) _running: Running,
    /// Tells those who work for the call that it is over.
    pub(crate) _cancel: DropGuard,
}

pub(crate) struct Watched {
    body: Body,
    /// Ready when the call has to be over: its deadline, or its caller's end.
    over: BoxFuture<'static, Error>,
    lasting: Option<Lasting>,
    service: Arc<str>,
}

impl Watched {
    pub(crate) fn new(
        body: Body,
        over: impl Future<Output = Error> + Send + 'static,
        lasting: Lasting,
        service: Arc<str>,
    ) -> Self {
        Watched { body, over: Box::pin(over), lasting: Some(lasting), service }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        if let Poll::Ready(error) = self.over.as_mut().poll(context) {
            return Poll::Ready(Some(Err(error)));
        }
        let body = &mut self.body;
        match guard::poll(|| Pin::new(body).poll_next(context)) {
            Ok(poll) => poll,
            Err(panic) => Poll::Ready(Some(Err(panic))),
        }
    }
}

impl Stream for Watched {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(lasting) = &this.lasting else {
            return Poll::Ready(None);
        };
        let span = lasting.span.span().clone();
        let _entered = span.enter();
        let next = match std::task::ready!(this.poll(context)) {
            Some(Ok(message)) => return Poll::Ready(Some(Ok(message))),
            // The handler has run, whatever the calls it made in turn say of themselves.
            Some(Err(error)) => Some(Err(signed(error, &this.service).with_outcome(Outcome::Unknown))),
            None => None,
        };
        if let Some(mut lasting) = this.lasting.take() {
            span::finish(
                &mut lasting.span,
                match &next {
                    Some(Err(error)) => Err(error),
                    _ => Ok(()),
                },
            );
        }
        Poll::Ready(next)
    }
}

/// Puts the service's name on an error that has none yet.
pub(crate) fn signed(error: Error, service: &str) -> Error {
    match error.id() {
        "" => error.with_id(service.to_owned()),
        _ => error,
    }
}
