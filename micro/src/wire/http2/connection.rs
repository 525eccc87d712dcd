//! One HTTP/2 connection: dialling it, driving it, and counting who uses it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::{Ping, PingPong};
use tokio::net::TcpStream;

use super::Task;
use super::pool::Options;
use super::slot::Slot;
use crate::address::Address;

/// What a stream may have in flight towards us before its reader must catch up, in bytes.
const STREAM_WINDOW: u32 = 1024 * 1024;
/// What all streams of a connection together may have in flight towards us, in bytes. Calls to a node share one
/// connection, so this is how many unread streams it takes to stall the others: sixteen.
const CONNECTION_WINDOW: u32 = 16 * 1024 * 1024;
/// How long the peer's machine may be silent while something is expected of it.
const SILENCE: Duration = Duration::from_secs(20);
/// The longest list of response headers that is read, in bytes.
const HEADER_LIST: u32 = 16 * 1024;
/// How many dropped calls are remembered, so that what the peer still sends for them is no protocol error.
const DROPPED: usize = 1024;

type Driver = h2::client::Connection<TcpStream, Bytes>;

/// A connection that was dialled and is not driven yet.
pub(super) struct Dialled {
    sender: SendRequest<Bytes>,
    driver: Driver,
}

/// Connects. The error is why it failed, in words.
pub(super) async fn dial(address: &Address, options: &Options) -> Result<Dialled, String> {
    let work = async {
        let stream =
            TcpStream::connect((address.host(), address.port())).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        notice_silence(&stream).map_err(|error| error.to_string())?;
        let mut builder = Builder::new();
        builder
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(HEADER_LIST)
            .max_concurrent_reset_streams(DROPPED)
            .enable_push(false);
        builder.handshake::<TcpStream, Bytes>(stream).await.map_err(|error| error.to_string())
    };
    match tokio::time::timeout(options.connect_timeout, work).await {
        Ok(Ok((sender, driver))) => Ok(Dialled { sender, driver }),
        Ok(Err(why)) => Err(why),
        Err(_) => Err(format!("no connection within {:?}", options.connect_timeout)),
    }
}

/// Has the system end the connection when the peer's machine is gone without a word, within about 20 s. In the
/// kernel, because pings of HTTP/2 are taken for abuse by some gRPC servers.
fn notice_silence(stream: &TcpStream) -> std::io::Result<()> {
    let socket = socket2::SockRef::from(stream);
    let probes = socket2::TcpKeepalive::new().with_time(SILENCE / 2).with_interval(SILENCE / 4);
    socket.set_tcp_keepalive(&probes)?;
    // What was sent and is not acknowledged is not covered by keep-alive.
    #[cfg(any(target_os = "android", target_os = "linux"))]
    socket.set_tcp_user_timeout(Some(SILENCE))?;
    Ok(())
}

/// A connection that is driven for as long as somebody holds it.
pub(super) struct Connection {
    sender: SendRequest<Bytes>,
    usage: Arc<Usage>,
    /// Tells this connection from earlier ones of its slot.
    pub(super) generation: u64,
    _driver: Task,
}

/// Who uses a connection.
#[derive(Default)]
struct Usage {
    /// Calls on it now.
    active: AtomicUsize,
    /// Calls ever made on it.
    started: AtomicUsize,
    /// Whether the peer ever answered.
    proven: AtomicBool,
}

impl Connection {
    /// Begins to drive what was dialled for `slot`.
    pub(super) fn start(dialled: Dialled, slot: Weak<Slot>, generation: u64, options: &Options) -> Self {
        let usage = Arc::new(Usage::default());
        let driver = Task::spawn(drive(dialled.driver, usage.clone(), slot, generation, options.clone()));
        Connection { sender: dialled.sender, usage, generation, _driver: driver }
    }

    /// Tells whether no call is on it.
    pub(super) fn is_unused(&self) -> bool {
        self.usage.active.load(Ordering::Acquire) == 0
    }

    /// Tells whether the peer ever answered.
    pub(super) fn is_proven(&self) -> bool {
        self.usage.proven.load(Ordering::Relaxed)
    }
}

/// Drives a connection until it ends, or nobody has used it for long enough.
async fn drive(mut driver: Driver, usage: Arc<Usage>, slot: Weak<Slot>, generation: u64, options: Options) {
    let pings = driver.ping_pong();
    let mut driver = std::pin::pin!(driver);
    let failure = tokio::select! {
        result = &mut driver => {
            let why = result.err().map_or_else(|| "the peer closed the connection".to_owned(), |error| error.to_string());
            // A peer that answered and then went is no reason to wait before the next dial; one that takes
            // connections only to close them is.
            (!usage.proven.load(Ordering::Relaxed)).then_some(why)
        }
        () = idle(&usage, &slot, generation, &options) => None,
        () = silence(pings, options.ping) => Some("the peer answers no ping".to_owned()),
    };
    if let Some(slot) = slot.upgrade() {
        slot.closed(generation, failure);
    }
}

/// Waits until the connection has not been used for a while and is out of its slot, so that nobody can take it.
async fn idle(usage: &Usage, slot: &Weak<Slot>, generation: u64, options: &Options) {
    const TICKS: u32 = 4;
    let (mut quiet, mut seen) = (0, usage.started.load(Ordering::Acquire));
    loop {
        tokio::time::sleep(options.idle / TICKS).await;
        let started = usage.started.load(Ordering::Acquire);
        let used = started != seen || usage.active.load(Ordering::Acquire) > 0;
        quiet = if used { 0 } else { quiet + 1 };
        seen = started;
        if quiet >= TICKS && slot.upgrade().is_none_or(|slot| slot.retire(generation)) {
            return;
        }
    }
}

/// Waits until the peer leaves a ping unanswered for as long as the pause between two. For ever without a pause.
async fn silence(pings: Option<PingPong>, pause: Option<Duration>) {
    let (Some(mut pings), Some(pause)) = (pings, pause) else { return std::future::pending().await };
    loop {
        tokio::time::sleep(pause).await;
        match tokio::time::timeout(pause, pings.ping(Ping::opaque())).await {
            Ok(Ok(_)) => {}
            // The driver says what became of a connection that broke.
            Ok(Err(_)) => return std::future::pending().await,
            Err(_) => return,
        }
    }
}

/// The right to make one call on a connection. Keeps it open.
pub(super) struct Lease {
    connection: Arc<Connection>,
}

impl Lease {
    /// Takes a connection into use. Called under the lock of its slot, so that it is not retired meanwhile.
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        connection.usage.active.fetch_add(1, Ordering::AcqRel);
        connection.usage.started.fetch_add(1, Ordering::AcqRel);
        Lease { connection }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Returns what opens streams.
    pub(super) fn sender(&self) -> SendRequest<Bytes> {
        self.connection.sender.clone()
    }

    /// Notes that the peer answered.
    pub(super) fn prove(&self) {
        self.connection.usage.proven.store(true, Ordering::Relaxed);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.connection.usage.active.fetch_sub(1, Ordering::AcqRel);
    }
}
