//! Where multicast goes out and comes in: one link for each interface of the machine and family of addresses.
//!
//! A link has two sockets. One is bound to the group and to its interface, so that it hears nothing but what was
//! sent to the group on this network: a router passes such packets on to nobody, and one that was sent to the
//! machine itself is not heard at all. The other has a port of its own, from which a question is asked once: its
//! answers come back to that port alone, at once, however busy the group is.
//!
//! What a stranger could send all the same, from an address that is not of the network, is dropped unread.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::interface::Interface;
use super::pace::Allowance;
use super::packet;

/// The groups of multicast DNS (RFC 6762, section 3).
const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);
/// How many packets a second a link reads on and on, and how many at once. What comes faster waits in the system's
/// buffer, which drops what does not fit.
const PACE: f64 = 4_000.0;
const BURST: f64 = 8_000.0;
/// How long a link rests when it read too much or the system reports an error.
const REST: Duration = Duration::from_millis(20);

/// Names a link: the index of its interface, and whether it is one of IPv6.
pub(super) type Key = (u32, bool);

/// What came in.
pub(super) struct Packet {
    pub(super) link: Key,
    pub(super) source: SocketAddr,
    /// Whether it came to the port that asked once.
    pub(super) direct: bool,
    pub(super) bytes: Vec<u8>,
}

/// An open link. Dropping it ends its reading.
pub(super) struct Link {
    pub(super) key: Key,
    pub(super) interface: Arc<Interface>,
    group: SocketAddr,
    shared: UdpSocket,
    single: UdpSocket,
    readers: [AbortHandle; 2],
}

impl Link {
    /// Opens the link of `interface` for a family and reads from it into `packets`; those from outside the network
    /// are counted as of `strangers`. `None` for a family that the interface has no address of, and for IPv6 on
    /// loopback, where no system has a route for multicast.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(super) fn open(
        interface: &Arc<Interface>,
        v6: bool,
        port: u16,
        readers: &mut JoinSet<()>,
        packets: &mpsc::Sender<Packet>,
        strangers: &Arc<AtomicU64>,
    ) -> io::Result<Option<Link>> {
        let (shared, single, group) = match (v6, interface.v4) {
            (false, Some(own)) => {
                let shared = shared_v4(own, interface.index, port)?;
                (shared, single_v4(own)?, SocketAddr::from((GROUP_V4, port)))
            }
            (true, _) if interface.has_v6() && !interface.loopback => {
                let group = SocketAddrV6::new(GROUP_V6, port, 0, interface.index);
                (shared_v6(group)?, single_v6(interface.index)?, group.into())
            }
            _ => return Ok(None),
        };
        let key = (interface.index, v6);
        let mut begin = |socket: &UdpSocket, direct: bool| -> io::Result<AbortHandle> {
            let socket = tokio::net::UdpSocket::from_std(socket.try_clone()?)?;
            Ok(readers.spawn(hear(
                socket,
                interface.clone(),
                key,
                direct,
                packets.clone(),
                strangers.clone(),
            )))
        };
        let first = begin(&shared, false)?;
        let second = begin(&single, true).inspect_err(|_| first.abort())?;
        let interface = interface.clone();
        Ok(Some(Link { key, interface, group, shared, single, readers: [first, second] }))
    }

    /// Sends to everybody. What the system does not take is lost, as any packet may be.
    pub(super) fn send(&self, packet: &[u8]) {
        self.sent(self.shared.send_to(packet, self.group));
    }

    /// Asks everybody, from the port whose answers come back to it alone.
    pub(super) fn ask_once(&self, packet: &[u8]) {
        self.sent(self.single.send_to(packet, self.group));
    }

    /// Answers one that asked once.
    pub(super) fn reply(&self, packet: &[u8], to: SocketAddr) {
        self.sent(self.shared.send_to(packet, to));
    }

    fn sent(&self, outcome: io::Result<usize>) {
        if let Err(error) = outcome {
            tracing::debug!(interface = self.interface.name, %error, "a packet of multicast DNS was not sent");
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.readers.iter().for_each(AbortHandle::abort);
    }
}

/// Reads packets for as long as the link is open.
async fn hear(
    socket: tokio::net::UdpSocket,
    interface: Arc<Interface>,
    link: Key,
    direct: bool,
    packets: mpsc::Sender<Packet>,
    strangers: Arc<AtomicU64>,
) {
    let mut buffer = vec![0; packet::LONGEST + 1];
    let mut allowance = Allowance::new(PACE, BURST);
    loop {
        let (length, source) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            Err(_) => {
                tokio::time::sleep(REST).await;
                continue;
            }
        };
        // Counted before it is looked at, so that packets to be dropped cost no more than others.
        while !allowance.take(Instant::now()) {
            tokio::time::sleep(REST).await;
        }
        if !interface.is_source(&source) {
            strangers.fetch_add(1, Ordering::Relaxed);
        } else if length <= packet::LONGEST {
            let packet = Packet { link, source, direct, bytes: buffer[..length].to_vec() };
            // When the reading end is busy, this one is dropped: what matters is said again.
            let _ = packets.try_send(packet);
        }
    }
}

fn shared_v4(own: Ipv4Addr, index: u32, port: u16) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    system::share(&socket)?;
    system::hear_only_own(&socket, false)?;
    let place = if system::BINDS_TO_GROUPS { GROUP_V4 } else { Ipv4Addr::UNSPECIFIED };
    socket.bind(&SockAddr::from(SocketAddr::from((place, port))))?;
    system::join_v4(&socket, own, index)?;
    ready_v4(socket, own)
}

fn single_v4(own: Ipv4Addr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.bind(&SockAddr::from(SocketAddr::from((own, 0))))?;
    ready_v4(socket, own)
}

fn ready_v4(socket: Socket, own: Ipv4Addr) -> io::Result<UdpSocket> {
    socket.set_multicast_if_v4(&own)?;
    // Other programs of this machine are to hear it too.
    socket.set_multicast_loop_v4(true)?;
    socket.set_multicast_ttl_v4(255)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn shared_v6(group: SocketAddrV6) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV6, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_only_v6(true)?;
    system::share(&socket)?;
    // Older kernels cannot; the socket is bound to its interface all the same.
    let _ = system::hear_only_own(&socket, true);
    let everywhere = SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, group.port(), 0, 0);
    socket.bind(&SockAddr::from(if system::BINDS_TO_GROUPS { group } else { everywhere }))?;
    socket.join_multicast_v6(&GROUP_V6, group.scope_id())?;
    ready_v6(socket, group.scope_id())
}

fn single_v6(index: u32) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV6, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_only_v6(true)?;
    socket.bind(&SockAddr::from(SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, 0, 0, 0)))?;
    ready_v6(socket, index)
}

fn ready_v6(socket: Socket, index: u32) -> io::Result<UdpSocket> {
    socket.set_multicast_if_v6(index)?;
    socket.set_multicast_loop_v6(true)?;
    socket.set_multicast_hops_v6(255)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

#[cfg(target_os = "linux")]
mod system {
    //! Linux: any number of sockets share a group's address, and hear only what they joined if told so.

    use socket2::InterfaceIndexOrAddress;

    use super::{GROUP_V4, Ipv4Addr, Socket, io};

    pub(super) const BINDS_TO_GROUPS: bool = true;

    /// Joins on the interface itself: two of them may have one address.
    pub(super) fn join_v4(socket: &Socket, _: Ipv4Addr, index: u32) -> io::Result<()> {
        socket.join_multicast_v4_n(&GROUP_V4, &InterfaceIndexOrAddress::Index(index))
    }

    pub(super) fn share(socket: &Socket) -> io::Result<()> {
        socket.set_reuse_address(true)
    }

    pub(super) fn hear_only_own(socket: &Socket, v6: bool) -> io::Result<()> {
        if v6 { socket.set_multicast_all_v6(false) } else { socket.set_multicast_all_v4(false) }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    //! Others: the port is shared, and a packet is told apart by its source. Where a socket is bound to a group,
    //! some of them would send from the group's address.

    use super::{GROUP_V4, Ipv4Addr, Socket, io};

    pub(super) const BINDS_TO_GROUPS: bool = false;

    /// Joins by address, which all of them know.
    pub(super) fn join_v4(socket: &Socket, own: Ipv4Addr, _: u32) -> io::Result<()> {
        socket.join_multicast_v4(&GROUP_V4, &own)
    }

    pub(super) fn share(socket: &Socket) -> io::Result<()> {
        #[cfg(any(
            target_vendor = "apple",
            target_os = "freebsd",
            target_os = "netbsd",
            target_os = "openbsd"
        ))]
        socket.set_reuse_port(true)?;
        socket.set_reuse_address(true)
    }

    pub(super) fn hear_only_own(_: &Socket, _: bool) -> io::Result<()> {
        Ok(())
    }
}
