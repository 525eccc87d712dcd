//! One connection: what it speaks, its tasks, its end.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::HeaderValue;
use http::header::CONNECTION;
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
    let service = service_fn(move |request: http::Request<Incoming>| {
        let (core, edge) = (core.clone(), edge.clone());
        async move {
            let mut request = request.map(match protocol {
                Protocol::Http1 => HttpBody::incoming,
                Protocol::Http2 => HttpBody::incoming_http2,
            });
            let mut response = match edge {
                None => dispatch(&core, Some(peer), request).await,
                Some(edge) => {
                    request.extensions_mut().insert(Peer(peer));
                    edge.answer(request).await
                }
            };
            // What GOAWAY is to HTTP/2. hyper ends the connection after that answer.
            if protocol == Protocol::Http1 && core.refusing.load(Ordering::SeqCst) {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response)
        }
    });
    let ended = match protocol {
        Protocol::Http1 => {
            let connection = pin!(http1_builder(&limits).serve_connection(io, service));
            // HTTP/1 has no way to say which request is the last: closing while calls are only refused would throw
            // away what is on its way.
            drive(connection, phase, Phase::Draining, |connection| connection.graceful_shutdown()).await
        }
        Protocol::Http2 => {
            let over = CancellationToken::new();
            let _end = over.clone().drop_guard();
            let connection = pin!(http2_builder(&limits, Tasks(over.into())).serve_connection(io, service));
            drive(connection, phase, Phase::Refusing, |connection| connection.graceful_shutdown()).await
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

/// Drives a connection, and tells it to finish when the server goes on to the phase `from`, or beyond it.
///
/// One that begins while calls are already refused is let be until the drain: its calls get the polite refusal
/// instead of a closed door.
async fn drive<C, T, E>(
    mut connection: Pin<&mut C>,
    mut phase: watch::Receiver<Phase>,
    from: Phase,
    finish: impl Fn(Pin<&mut C>),
) -> Result<T, E>
where
    C: Future<Output = Result<T, E>>,
{
    if *phase.borrow_and_update() == Phase::Draining {
        phase.mark_changed();
    }
    let mut draining = false;
    while !draining {
        tokio::select! {
            // What has arrived is read first: told to finish before, hyper would close the connection without an
            // answer.
            biased;
            ended = connection.as_mut() => return ended,
            changed = phase.changed() => {
                let now = *phase.borrow_and_update();
                draining = changed.is_err() || now == Phase::Draining;
                if draining || now >= from {
                    finish(connection.as_mut());
                }
            }
        }
    }
    connection.await
}

/// Runs the calls of one HTTP/2 connection as tasks that end with it.
///
/// hyper keeps a clone in every task, so a set of tasks held here would hold itself; a token does not.
#[derive(Clone, Debug)]
struct Tasks(Arc<CancellationToken>);

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

    use std::future::poll_fn;
    use std::task::Poll;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    /// Counts the answers of a connection on which `earlier` requests were answered, when the next request arrives at
    /// the moment at which the drain begins.
    async fn answers(earlier: usize) -> usize {
        let (mut near, far) = tokio::io::duplex(1024);
        let service = service_fn(|_: http::Request<Incoming>| async {
            Ok::<_, Infallible>(http::Response::new("answered".to_owned()))
        });
        let (sender, receiver) = watch::channel(Phase::Serving);
        let connection = pin!(http1_builder(&Limits::default()).serve_connection(TokioIo::new(far), service));
        let finish = |connection: Pin<&mut _>| http1::Connection::graceful_shutdown(connection);
        let mut driven = pin!(drive(connection, receiver, Phase::Draining, finish));
        for _ in 0..earlier {
            near.write_all(REQUEST).await.unwrap();
        }
        let is_pending = poll_fn(|context| Poll::Ready(driven.as_mut().poll(context).is_pending())).await;
        assert!(is_pending, "nobody ended it");
        near.write_all(REQUEST).await.unwrap();
        sender.send_replace(Phase::Draining);
        driven.await.unwrap();
        let mut answers = String::new();
        near.read_to_string(&mut answers).await.unwrap();
        answers.matches("HTTP/1.1 200 ").count()
    }

    #[tokio::test]
    async fn a_request_that_arrives_as_the_drain_begins_is_answered() {
        // Which of two ready futures is looked at first may be chance.
        for earlier in [0, 1, 2].into_iter().cycle().take(30) {
            assert_eq!(answers(earlier).await, earlier + 1);
        }
    }
}
