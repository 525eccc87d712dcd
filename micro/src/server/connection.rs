//! One connection: what it speaks, its tasks, its end.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::dispatch::dispatch;
use super::edge::{HttpService, Peer};
use super::limits::Limits;
use super::linger;
use super::pipeline::{Core, Phase};
use super::sniff::{Protocol, sniff};
use crate::wire::HttpBody;

/// Windows of HTTP/2 flow control. Wide enough for a 10 Gbit/s link at 1 ms; adaptive windows cost more than
/// they bring.
const STREAM_WINDOW: u32 = 1024 * 1024;
const CONNECTION_WINDOW: u32 = 2 * 1024 * 1024;

/// How many calls of a connection may be given up before they were accepted, until the peer is taken for hostile.
/// The default of h2 (20) ends the connections of well-behaved callers whose calls time out under load.
const PENDING_RESETS: usize = 256;

/// How long a connection that has not begun when the port closes may still take to say something.
const LAST_WORD: Duration = Duration::from_millis(250);

/// The number of headers that hyper parses without allocating.
const HEADERS_ON_STACK: usize = 100;

/// Serves a connection until it ends. Dropping the future ends it, and every call on it, at once.
pub(crate) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    core: Arc<Core>,
    edge: Option<HttpService>,
    mut phase: watch::Receiver<Phase>,
) {
    let limits = core.limits.clone();
    let late = async {
        draining(&mut phase).await;
        // The first request may be on its way already.
        tokio::time::sleep(LAST_WORD).await;
    };
    let sniffed = tokio::select! {
        () = late => return,
        sniffed = timeout(limits.handshake, sniff(stream)) => sniffed,
    };
    let (protocol, stream) = match sniffed {
        Ok(Ok(sniffed)) => sniffed,
        Ok(Err(error)) => return tracing::debug!(%peer, %error, "connection ended before it began"),
        Err(_) => return tracing::debug!(%peer, "connection said nothing in time"),
    };
    let (lent, lender) = linger::lend(stream);
    let io = TokioIo::new(lent);
    let begun = Arc::new(AtomicBool::new(false));
    let asked = begun.clone();
    let service = service_fn(move |request: http::Request<Incoming>| {
        asked.store(true, Ordering::Relaxed);
        let (core, edge) = (core.clone(), edge.clone());
        async move {
            let mut request = request.map(HttpBody::incoming);
            let response = match edge {
                None => dispatch(&core, Some(peer), request).await,
                Some(edge) => {
                    request.extensions_mut().insert(Peer(peer));
                    edge.answer(request).await
                }
            };
            Ok::<_, Infallible>(response)
        }
    });
    let ended = match protocol {
        Protocol::Http1 => {
            let draining = *phase.borrow_and_update() == Phase::Draining;
            let connection = http1_builder(&limits).keep_alive(!draining).serve_connection(io, service);
            // Told to finish before it has read a head, hyper would close the connection without an answer.
            let begun = || begun.load(Ordering::Relaxed);
            drive(pin!(connection), phase, begun, |connection| connection.graceful_shutdown()).await
        }
        Protocol::Http2 => {
            let over = CancellationToken::new();
            let _end = over.clone().drop_guard();
            phase.mark_unchanged();
            let connection = pin!(http2_builder(&limits, Tasks(over)).serve_connection(io, service));
            drive(connection, phase, || true, |connection| connection.graceful_shutdown()).await
        }
    };
    match ended {
        Ok(()) => lender.close().await,
        // Peers that hang up are everyday life.
        Err(error) => tracing::debug!(%peer, %error, "connection ended with an error"),
    }
}

/// Waits until nobody is let in any more.
pub(crate) async fn draining(phase: &mut watch::Receiver<Phase>) {
    // The sender gone is the server gone.
    let _ = phase.wait_for(|phase| *phase == Phase::Draining).await.is_ok();
}

fn http1_builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.handshake)
        .max_header_size(limits.header_list as usize);
    if limits.headers > HEADERS_ON_STACK {
        builder.max_headers(limits.headers);
    }
    builder
}

fn http2_builder(limits: &Limits, tasks: Tasks) -> http2::Builder<Tasks> {
    let mut builder = http2::Builder::new(tasks);
    builder
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .adaptive_window(false)
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(limits.header_list)
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .keep_alive_interval(limits.keep_alive)
        .keep_alive_timeout(limits.keep_alive);
    builder
}

/// Drives a connection, and tells it to finish when the server goes on to a later phase, but not before it has
/// `begun`.
///
/// One that begins while calls are already refused is let be until the drain: its calls get the polite refusal
/// instead of a closed door.
async fn drive<C, T, E>(
    mut connection: Pin<&mut C>,
    mut phase: watch::Receiver<Phase>,
    begun: impl Fn() -> bool,
    finish: impl Fn(Pin<&mut C>),
) -> Result<T, E>
where
    C: Future<Output = Result<T, E>>,
{
    if let Some(ended) = begin(connection.as_mut(), begun).await {
        return ended;
    }
    let mut draining = *phase.borrow() == Phase::Draining;
    if draining {
        finish(connection.as_mut());
    }
    while !draining {
        tokio::select! {
            ended = connection.as_mut() => return ended,
            changed = phase.changed() => {
                draining = changed.is_err() || *phase.borrow_and_update() == Phase::Draining;
                finish(connection.as_mut());
            }
        }
    }
    connection.await
}

/// Drives a connection until it has `begun`, or to its end if that is earlier.
async fn begin<C: Future>(mut connection: Pin<&mut C>, begun: impl Fn() -> bool) -> Option<C::Output> {
    poll_fn(|context| match connection.as_mut().poll(context) {
        Poll::Ready(ended) => Poll::Ready(Some(ended)),
        Poll::Pending if begun() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// Runs the calls of one HTTP/2 connection as tasks that end with it.
///
/// hyper keeps a clone in every task, so a set of tasks held here would hold itself; a token does not.
#[derive(Clone, Debug)]
struct Tasks(CancellationToken);

impl<F> hyper::rt::Executor<F> for Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, task: F) {
        let over = self.0.clone();
        tokio::spawn(async move {
            tokio::select! {
                biased;
                () = over.cancelled() => {}
                () = task => {}
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// What a connection answers whose only request has arrived but not been read when the server goes on to `phase`.
    async fn answered(phase: Phase) -> String {
        let (mut near, far) = tokio::io::duplex(1024);
        near.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let begun = AtomicBool::new(false);
        let service = service_fn(|_: http::Request<Incoming>| {
            begun.store(true, Ordering::Relaxed);
            async { Ok::<_, Infallible>(http::Response::new("answered".to_owned())) }
        });
        let (sender, receiver) = watch::channel(Phase::Serving);
        let connection = http1_builder(&Limits::default()).serve_connection(TokioIo::new(far), service);
        sender.send_replace(phase);
        let begun = || begun.load(Ordering::Relaxed);
        drive(pin!(connection), receiver, begun, |connection| connection.graceful_shutdown()).await.unwrap();
        let mut answer = String::new();
        near.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn a_request_that_arrives_as_the_server_begins_to_stop_is_answered() {
        // Which of two ready futures is looked at first is random.
        for phase in [Phase::Refusing, Phase::Draining].into_iter().cycle().take(64) {
            let answer = answered(phase).await;
            assert!(
                answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("answered"),
                "{phase:?}: {answer:?}"
            );
        }
    }
}
