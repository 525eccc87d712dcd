//! The sending side of a stream.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use h2::{Reason, SendStream};

use super::{Task, lock};
use crate::body::Body;
use crate::error::{Error, Outcome};
use crate::wire::grpc::frame;

/// Sends the only message and ends the side.
///
/// It is in memory already, so waiting for the peer's window before handing it over would save nothing.
pub(super) fn whole(stream: &mut SendStream<Bytes>, message: Bytes) {
    let (first, rest) = frame::encode_parts(message);
    // A stream that is over already says why where the response is awaited.
    let _ = match rest {
        None => stream.send_data(first, true),
        Some(rest) => stream.send_data(first, false).and_then(|()| stream.send_data(rest, true)),
    };
}

/// Sends a stream of messages beside the response, and stops when dropped.
pub(super) struct Pump {
    failure: Arc<Mutex<Option<Error>>>,
    _task: Task,
}

impl Pump {
    pub(super) fn start(body: Body, stream: SendStream<Bytes>) -> Self {
        let failure = Arc::new(Mutex::new(None));
        let task = Task::spawn(pump(body, stream, failure.clone()));
        Pump { failure, _task: task }
    }

    /// Takes the error that the caller's own stream of messages ended with.
    pub(super) fn failure(&self) -> Option<Error> {
        lock(&self.failure).take()
    }
}

async fn pump(mut body: Body, mut stream: SendStream<Bytes>, failure: Arc<Mutex<Option<Error>>>) {
    loop {
        let next = tokio::select! {
            biased;
            // The peer wants no more, or the connection is gone: the caller's stream is dropped, so that its
            // producer learns.
            _ = std::future::poll_fn(|context| stream.poll_reset(context)) => return,
            next = body.next() => next,
        };
        match next {
            Some(Ok(message)) => {
                let (first, rest) = frame::encode_parts(message);
                for part in [Some(first), rest].into_iter().flatten() {
                    if send(&mut stream, part).await.is_none() {
                        return;
                    }
                }
            }
            Some(Err(error)) => {
                // Before the reset, which wakes who asks for it.
                // What became of another call says nothing of this one.
                *lock(&failure) = Some(error.with_outcome(Outcome::Unknown));
                stream.send_reset(Reason::CANCEL);
                return;
            }
            None => {
                let _ = stream.send_data(Bytes::new(), true);
                return;
            }
        }
    }
}

/// Sends `data` as the peer's window allows; `None` when the stream is over.
async fn send(stream: &mut SendStream<Bytes>, mut data: Bytes) -> Option<()> {
    while !data.is_empty() {
        stream.reserve_capacity(data.len());
        let capacity = stream.capacity();
        if capacity == 0 {
            std::future::poll_fn(|context| stream.poll_capacity(context)).await?.ok()?;
            continue;
        }
        let piece = data.split_to(capacity.min(data.len()));
        stream.send_data(piece, false).ok()?;
    }
    Some(())
}
