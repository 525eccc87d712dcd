//! An address where nobody listens.

use std::net::SocketAddr;

use tokio::net::TcpSocket;

/// Returns an address where connections are refused until the socket listens. It is bound, so nobody else gets the port
/// while it is kept.
///
/// # Panics
///
/// When the machine has no loopback, or no port left.
pub fn nobody() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    let address = socket.local_addr().expect("a bound socket has an address");
    (socket, address)
}
