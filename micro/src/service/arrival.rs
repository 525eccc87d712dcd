//! Bounds the wait for a request where tonic reads it: tonic itself would wait for ever, and its callers hold a
//! connection each.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};
use tokio::time::{Sleep, sleep, timeout};
use tonic::{Code, Status};

use crate::error::Error;
use crate::server::HttpBody;

/// How many bytes stand before a gRPC message: whether it is compressed, and its length.
const HEAD: usize = 5;

/// The body of a request that comes in time, or fails.
pub(super) struct Arrival {
    /// What came before it was asked for.
    came: Bytes,
    /// What follows, until it is over.
    rest: Option<HttpBody>,
    /// When the rest is too late; `None` where it may take its time.
    late: Option<Pin<Box<Sleep>>>,
}

impl Arrival {
    /// Bounds the whole body: from now on it may take `limit`.
    pub(super) fn whole(body: HttpBody, limit: Duration) -> Arrival {
        Arrival { came: Bytes::new(), rest: Some(body), late: Some(Box::pin(sleep(limit))) }
    }

    /// Waits for the first message, or the end if that comes first; what follows may take its time. A message that
    /// says it is longer than `longest` bytes is not waited for: it is for the reader to refuse.
    ///
    /// # Errors
    ///
    /// `deadline exceeded` when that takes longer than `limit`; what the body fails with.
    pub(super) async fn first(
        mut body: HttpBody,
        limit: Duration,
        longest: usize,
    ) -> Result<Arrival, Status> {
        let mut came = BytesMut::new();
        let arriving = arrive(&mut body, &mut came, longest);
        let more = timeout(limit, arriving).await.map_err(|_| too_late())??;
        Ok(Arrival { came: came.freeze(), rest: more.then_some(body), late: None })
    }
}

/// Reads until the first message is there; tells whether there may be more.
async fn arrive(body: &mut HttpBody, came: &mut BytesMut, longest: usize) -> Result<bool, Status> {
    while !is_whole(came, longest) {
        let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
        match frame.transpose().map_err(failed)?.map(Frame::into_data) {
            Some(Ok(data)) => came.extend_from_slice(&data),
            // Trailers, or nothing: the end either way.
            Some(Err(_)) | None => return Ok(false),
        }
    }
    Ok(true)
}

fn is_whole(came: &[u8], longest: usize) -> bool {
    let Some(([_, length @ ..], message)) = came.split_first_chunk::<HEAD>() else { return false };
    let length = u32::from_be_bytes(*length) as usize;
    length > longest || message.len() >= length
}

fn too_late() -> Status {
    Status::deadline_exceeded("the request did not arrive in time")
}

fn failed(error: Error) -> Status {
    Status::new(Code::from_i32(error.code().number()), error.message())
}

impl Body for Arrival {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if !self.came.is_empty() {
            let came = std::mem::take(&mut self.came);
            return Poll::Ready(Some(Ok(Frame::data(came))));
        }
        // Before the rest, for one that comes byte by byte has to end too.
        if self.late.as_mut().is_some_and(|late| late.as_mut().poll(context).is_ready()) {
            (self.rest, self.late) = (None, None);
            return Poll::Ready(Some(Err(too_late())));
        }
        match &mut self.rest {
            Some(rest) => Pin::new(rest).poll_frame(context).map_err(failed),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.came.is_empty() && self.rest.as_ref().is_none_or(|rest| rest.is_end_stream())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::collections::VecDeque;
    use std::convert::Infallible;

    use tokio::time::Instant;

    const LIMIT: Duration = Duration::from_secs(5);
    const LONGEST: usize = 100;

    /// A body that says these, then nothing, and does not end.
    struct Halting(VecDeque<&'static [u8]>);

    impl Body for Halting {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            match self.0.pop_front() {
                Some(bytes) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(bytes))))),
                None => Poll::Pending,
            }
        }
    }

    fn halting(said: &[&'static [u8]]) -> HttpBody {
        HttpBody::new(Halting(said.iter().copied().collect()))
    }

    async fn next(arrival: &mut Arrival) -> Option<Result<Bytes, Code>> {
        let frame = poll_fn(|context| Pin::new(&mut *arrival).poll_frame(context)).await?;
        Some(frame.map(|frame| frame.into_data().unwrap()).map_err(|status| status.code()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_halts_fails_when_its_time_is_up() {
        let cases: [&[&'static [u8]]; 2] = [&[], &[b"\0\0\0\0"]];
        for said in cases {
            let begin = Instant::now();
            let mut arrival = Arrival::whole(halting(said), LIMIT);
            for &bytes in said {
                assert_eq!(next(&mut arrival).await, Some(Ok(Bytes::from_static(bytes))));
            }
            assert_eq!(next(&mut arrival).await, Some(Err(Code::DeadlineExceeded)));
            assert!(begin.elapsed() >= LIMIT && begin.elapsed() < LIMIT * 2);
            assert!(arrival.is_end_stream() && next(&mut arrival).await.is_none());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_in_time_comes_as_it_is() {
        let mut arrival = Arrival::whole(HttpBody::full("hello"), LIMIT);
        assert_eq!(next(&mut arrival).await, Some(Ok("hello".into())));
        assert!(arrival.is_end_stream() && next(&mut arrival).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_message_has_to_come_in_time_and_what_follows_has_not() {
        let cases: [&[&'static [u8]]; 4] = [&[], &[b""], &[b"\0\0\0"], &[b"\0\0\0\0\x02h"]];
        for said in cases {
            let begin = Instant::now();
            let status = Arrival::first(halting(said), LIMIT, LONGEST).await.err().unwrap();
            assert_eq!(status.code(), Code::DeadlineExceeded, "{said:?}");
            assert!(begin.elapsed() >= LIMIT && begin.elapsed() < LIMIT * 2, "{said:?}");
        }
        let said: [&'static [u8]; 3] = [b"\0\0\0", b"\0\x02h", b"i\0"];
        let mut arrival = Arrival::first(halting(&said), LIMIT, LONGEST).await.unwrap();
        assert_eq!(next(&mut arrival).await, Some(Ok("\0\0\0\0\x02hi\0".into())));
        assert!(timeout(LIMIT * 100, next(&mut arrival)).await.is_err(), "nothing more is said");
    }

    #[tokio::test(start_paused = true)]
    async fn neither_the_end_nor_a_message_that_is_too_long_is_waited_for() {
        let begin = Instant::now();
        let mut nothing = Arrival::first(HttpBody::empty(), LIMIT, LONGEST).await.unwrap();
        assert!(nothing.is_end_stream() && next(&mut nothing).await.is_none());
        let mut long = Arrival::first(halting(&[b"\0\x01\0\0\0"]), LIMIT, LONGEST).await.unwrap();
        assert_eq!(next(&mut long).await, Some(Ok("\0\x01\0\0\0".into())));
        assert_eq!(begin.elapsed(), Duration::ZERO);
    }
}
