//! The accept loop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::connection;
use super::edge::HttpService;
use super::pipeline::Core;
use crate::error::{Code, Error, Result};

/// How long the loop waits after a failure that would repeat at once, such as having no file descriptors
/// left; doubled up to the second value.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Binds `address`.
///
/// # Errors
///
/// What is wrong, the address, and how to choose another.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let (code, why) = match error.kind() {
            io::ErrorKind::AddrInUse => (Code::AlreadyExists, "it is in use".to_owned()),
            io::ErrorKind::AddrNotAvailable => {
                (Code::InvalidArgument, "this machine does not have it".to_owned())
            }
            io::ErrorKind::PermissionDenied => (Code::PermissionDenied, "this user may not".to_owned()),
            _ => (Code::Unavailable, error.to_string()),
        };
        let message =
            format!("cannot listen on {address}: {why}; choose another with --address or MICRO_ADDRESS");
        Error::new(code, message).with_source(error)
    })
}

/// Accepts connections until the server drains, then waits until the last has ended. Dropping the future ends
/// them all.
pub(crate) async fn accept(listener: TcpListener, core: Arc<Core>, edge: Option<HttpService>) {
    let mut phase = core.phase.subscribe();
    let permits = Arc::new(Semaphore::new(core.limits.connections.min(Semaphore::MAX_PERMITS)));
    let mut connections = JoinSet::new();
    let mut pause = PAUSE.0;
    loop {
        let accepted = tokio::select! {
            () = connection::draining(&mut phase) => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = next(&listener, &permits) => accepted,
        };
        match accepted {
            Ok((stream, peer, permit)) => {
                pause = PAUSE.0;
                let served = connection::serve(stream, peer, core.clone(), edge.clone(), phase.clone());
                connections.spawn(async move {
                    served.await;
                    drop(permit);
                });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, pause_ms = pause.as_millis() as u64, "cannot accept connections");
                if timeout(pause, connection::draining(&mut phase)).await.is_ok() {
                    break;
                }
                pause = (pause * 2).min(PAUSE.1);
            }
        }
    }
    // Who is in the system's queue believes to be connected, and gets the refusal like everybody before.
    for (stream, peer) in queued(listener, permits.available_permits()) {
        connections.spawn(connection::serve(stream, peer, core.clone(), edge.clone(), phase.clone()));
    }
    while connections.join_next().await.is_some() {}
}

/// Waits for a free place, then for a connection: those without a place wait in the system's queue.
async fn next(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = permits.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    // Calls are small; waiting for more to send would only delay them.
    stream.set_nodelay(true)?;
    Ok((stream, peer, permit))
}

/// Closes the port and returns who was in its queue, at most `limit`. The system is asked itself, because what the
/// runtime knows of the queue may be old. Who comes after is turned away by the system and may go elsewhere at once.
fn queued(listener: TcpListener, limit: usize) -> Vec<(TcpStream, SocketAddr)> {
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    let accept = || -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = listener.accept()?;
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        Ok((TcpStream::from_std(stream)?, peer))
    };
    std::iter::from_fn(|| accept().ok()).take(limit).collect()
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, InvalidInput};
    // `InvalidInput` is what some systems say to an option set on a connection that is gone already.
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | InvalidInput)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_in_use_is_named_with_the_way_out() {
        let taken = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = taken.local_addr().unwrap();
        let error = bind(address).await.unwrap_err();
        assert_eq!(error.code(), Code::AlreadyExists);
        for part in [&address.to_string(), "in use", "--address", "MICRO_ADDRESS"] {
            assert!(error.message().contains(part), "{error}");
        }
    }
}
