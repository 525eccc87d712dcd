//! The connections of one client: at most one an address.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;

use super::connection::Lease;
use super::slot::Slot;
use super::{classify, lock};
use crate::address::Address;
use crate::error::{Error, Outcome, Result};

/// What holds for every connection of a pool.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// How long a dial may take, name resolution included.
    pub(crate) connect_timeout: Duration,
    /// The longest response message that is read, in bytes.
    pub(crate) message_limit: usize,
    /// How long an unused connection stays open.
    pub(crate) idle: Duration,
    /// How many addresses may be connected at a time.
    pub(crate) connections: usize,
    /// How often the peer is pinged, and how long it has for the answer. `None` for never: some gRPC servers take
    /// pings for abuse.
    pub(crate) ping: Option<Duration>,
}

impl Options {
    /// Makes options with connections that stay for 5 minutes unused, 1,024 of them at most, and no pings.
    pub(crate) fn new(connect_timeout: Duration, message_limit: usize) -> Self {
        let idle = Duration::from_secs(300);
        Options { connect_timeout, message_limit, idle, connections: 1024, ping: None }
    }
}

/// Connections by address. Dropping the pool drops its connections once no call is on them.
pub(crate) struct Pool {
    pub(super) options: Options,
    slots: Mutex<HashMap<Address, Arc<Slot>>>,
}

impl Pool {
    /// Makes a pool without connections.
    pub(crate) fn new(options: Options) -> Self {
        Pool { options, slots: Mutex::new(HashMap::new()) }
    }

    /// Tells whether the last dial of every address failed and the next one has to wait.
    pub(crate) fn is_backing_off(&self, addresses: &[Address]) -> bool {
        let slots = lock(&self.slots);
        addresses.iter().all(|address| slots.get(address).is_some_and(|slot| slot.is_backing_off()))
    }

    /// Finds the first address that can be reached, and takes its connection into use.
    pub(super) async fn connect(&self, addresses: &[Address]) -> Result<Open> {
        let mut failure = None;
        for address in addresses {
            match self.open(address).await {
                Ok(open) => return Ok(open),
                Err(error) => failure = Some(error),
            }
        }
        let nowhere = || Error::unavailable("the node announces no address").with_outcome(Outcome::NotSent);
        Err(failure.unwrap_or_else(nowhere))
    }

    async fn open(&self, address: &Address) -> Result<Open> {
        let slot = self.slot(address)?;
        let mut retried = false;
        loop {
            let lease = slot.lease().await?;
            let mut sender = lease.sender();
            match std::future::poll_fn(|context| sender.poll_ready(context)).await {
                Ok(()) => return Ok(Open { slot, lease, sender }),
                Err(error) => {
                    // The peer is closing this connection: calls on it finish, new ones need another.
                    let connection = lease.connection();
                    let failure = (!connection.is_proven()).then(|| error.to_string());
                    slot.closed(connection.generation, failure);
                    if std::mem::replace(&mut retried, true) {
                        return Err(classify::unsent(slot.authority(), error));
                    }
                }
            }
        }
    }

    fn slot(&self, address: &Address) -> Result<Arc<Slot>> {
        let mut slots = lock(&self.slots);
        if let Some(slot) = slots.get(address) {
            return Ok(slot.clone());
        }
        if slots.len() >= self.options.connections {
            // Slots are handed out under this lock only: one that nobody else holds has nobody waiting.
            let unused = slots.iter().filter(|(_, slot)| Arc::strong_count(slot) == 1 && slot.is_unused());
            let Some(oldest) = unused.min_by_key(|(_, slot)| slot.used()).map(|(address, _)| address.clone())
            else {
                let message = format!("{} connections are open and in use", slots.len());
                return Err(Error::resource_exhausted(message).with_outcome(Outcome::NotSent));
            };
            slots.remove(&oldest);
        }
        let slot = Arc::new(Slot::new(address.clone(), self.options.clone()));
        slots.insert(address.clone(), slot.clone());
        Ok(slot)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("addresses", &lock(&self.slots).len()).finish_non_exhaustive()
    }
}

/// A connection that takes a call.
pub(super) struct Open {
    pub(super) slot: Arc<Slot>,
    pub(super) lease: Lease,
    pub(super) sender: SendRequest<Bytes>,
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::net::SocketAddr;

    use tokio::net::{TcpListener, TcpSocket};

    use crate::error::Code;

    async fn listen() -> (TcpListener, Address) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().into();
        (listener, address)
    }

    fn pool(connections: usize) -> Pool {
        Pool::new(Options { connections, ..Options::new(Duration::from_secs(5), 1024) })
    }

    /// An address where nobody listens. Nobody else gets it while the socket is kept.
    fn nobody() -> (TcpSocket, Address) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap().into();
        (socket, address)
    }

    #[tokio::test]
    async fn callers_share_one_dial() {
        let (listener, address) = listen().await;
        let pool = Arc::new(pool(8));
        let calls: Vec<_> = (0..20)
            .map(|_| {
                let (pool, address) = (pool.clone(), address.clone());
                tokio::spawn(async move { pool.open(&address).await.map(|_| ()) })
            })
            .collect();
        let _first = listener.accept().await.unwrap();
        for call in calls {
            call.await.unwrap().unwrap();
        }
        // A second dial would be waiting here already: dials are over when their callers are.
        assert!(tokio::time::timeout(Duration::from_millis(20), listener.accept()).await.is_err());
    }

    #[tokio::test]
    async fn a_failed_dial_is_not_sent_and_holds_the_next_one_off() {
        let (pool, (_socket, address)) = (pool(8), nobody());
        let error = pool.open(&address).await.err().unwrap();
        assert_eq!((error.code(), error.outcome()), (Code::Unavailable, Outcome::NotSent));
        assert!(error.message().contains(&address.to_string()), "{error}");
        assert!(pool.is_backing_off(std::slice::from_ref(&address)));
        let (_listener, other) = listen().await;
        assert!(!pool.is_backing_off(&[address, other]), "one address of the node is still worth a try");
    }

    #[tokio::test]
    async fn the_second_address_of_a_node_is_tried() {
        let ((_socket, bad), (_listener, good)) = (nobody(), listen().await);
        let pool = pool(8);
        let open = pool.connect(&[bad, good.clone()]).await.unwrap();
        assert_eq!(open.slot.authority(), good.to_string());
        let error = pool.connect(&[]).await.err().unwrap();
        assert_eq!(error.outcome(), Outcome::NotSent);
    }

    #[tokio::test]
    async fn the_pool_is_bounded_and_lets_go_of_what_is_unused() {
        let ((_one, first), (_two, second)) = (listen().await, listen().await);
        let pool = pool(1);
        let open = pool.open(&first).await.unwrap();
        let error = pool.open(&second).await.err().unwrap();
        assert_eq!((error.code(), error.outcome()), (Code::ResourceExhausted, Outcome::NotSent));
        drop(open);
        pool.open(&second).await.unwrap();
        assert_eq!(lock(&pool.slots).len(), 1);
    }

    #[tokio::test]
    async fn an_unused_connection_is_closed_and_dialled_again() {
        let (listener, address) = listen().await;
        let options =
            Options { idle: Duration::from_millis(40), ..Options::new(Duration::from_secs(5), 1024) };
        let pool = Pool::new(options);
        drop(pool.open(&address).await.unwrap());
        let (mut first, _): (_, SocketAddr) = listener.accept().await.unwrap();
        let mut rest = Vec::new();
        // Ends when the client closes; an error is as good an end.
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut first, &mut rest).await;
        let open = pool.open(&address).await.unwrap();
        assert!(!open.lease.connection().is_unused());
        listener.accept().await.unwrap();
    }
}
