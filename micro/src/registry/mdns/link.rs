//! Where multicast goes out and comes in: one link for each interface of the machine and family of addresses.
//!
//! A link has two sockets. One is bound to the group and to its interface, so that it hears nothing but what was
//! sent to the group on this network: a router passes such packets on to nobody, and one that was sent to the
//! machine itself is not heard at all. The other has a port of its own, from which a question is asked once: its
//! answers come back to that port alone, at once, however busy the group is.
//!
//! What a stranger could send all the same, from an address that is not of the network, is dropped unread.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::packet;

/// The groups of multicast DNS (RFC 6762, section 3).
const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);
/// How many interfaces are used; machines full of containers have hundreds.
const MOST: usize = 32;
/// How many packets a second a link reads on and on, and how many at once. What comes faster waits in the system's
/// buffer, which drops what does not fit.
const PACE: f64 = 1_000.0;
const BURST: f64 = 2_000.0;
/// How long a link rests when it read too much or the system reports an error.
const REST: Duration = Duration::from_millis(20);

/// A network the machine is part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) index: u32,
    pub(super) name: String,
    pub(super) loopback: bool,
    /// The machine's own addresses, with how many bits of each are the network's.
    pub(super) addresses: Vec<(IpAddr, u8)>,
}

impl Interface {
    /// Tells whether `ip` belongs to this network.
    fn holds(&self, ip: IpAddr) -> bool {
        self.addresses.iter().any(|(own, bits)| is_near(*own, ip, *bits))
    }

    /// Tells whether a packet with this source can have been sent on this network.
    pub(super) fn is_source(&self, ip: IpAddr) -> bool {
        self.holds(ip) || matches!(ip, IpAddr::V6(ip) if !self.loopback && ip.is_unicast_link_local())
    }

    /// Tells whether a node announced on this network may have this address: one of the network itself. Link-local
    /// addresses of IPv6 do not count, as they mean nothing without naming the interface.
    pub(super) fn accepts(&self, ip: IpAddr) -> bool {
        let vague = match ip {
            IpAddr::V4(ip) => ip.is_broadcast(),
            IpAddr::V6(ip) => ip.is_unicast_link_local() || ip.to_ipv4_mapped().is_some(),
        };
        let local = ip.is_loopback() == self.loopback;
        local && !vague && !ip.is_unspecified() && !ip.is_multicast() && self.holds(ip)
    }

    fn v4(&self) -> Option<Ipv4Addr> {
        self.addresses.iter().find_map(|(ip, _)| match ip {
            IpAddr::V4(ip) => Some(*ip),
            IpAddr::V6(_) => None,
        })
    }

    fn has_v6(&self) -> bool {
        self.addresses.iter().any(|(ip, _)| ip.is_ipv6())
    }
}

fn is_near(own: IpAddr, other: IpAddr, bits: u8) -> bool {
    match (own, other) {
        (IpAddr::V4(own), IpAddr::V4(other)) => {
            let differ = u32::from(own) ^ u32::from(other);
            differ.leading_zeros() >= u32::from(bits.min(32))
        }
        (IpAddr::V6(own), IpAddr::V6(other)) => {
            let differ = u128::from(own) ^ u128::from(other);
            differ.leading_zeros() >= u32::from(bits.min(128))
        }
        _ => false,
    }
}

/// Lists the interfaces that are up; only the one named `only`, if one is. Tunnels between two ends have nobody to
/// discover, so they count only when named.
pub(super) fn interfaces(only: Option<&str>) -> Vec<Interface> {
    let mut found: Vec<Interface> = Vec::new();
    let wanted = |interface: &if_addrs::Interface| match only {
        Some(name) => interface.name == name,
        None => !interface.is_p2p(),
    };
    // Asks the kernel once and waits for nobody. A system that cannot tell has no interfaces.
    for part in if_addrs::get_if_addrs().unwrap_or_default() {
        let Some(index) = part.index.filter(|_| part.is_oper_up() && wanted(&part)) else { continue };
        let bits = match &part.addr {
            if_addrs::IfAddr::V4(v4) => v4.prefixlen,
            if_addrs::IfAddr::V6(v6) => v6.prefixlen,
        };
        // A network of no bits would hold the whole world: an address whose network is unknown stands alone.
        let address = (part.ip(), if bits == 0 { 128 } else { bits });
        match found.iter().position(|interface| interface.index == index) {
            Some(at) => {
                found[at].loopback |= part.is_loopback();
                found[at].addresses.push(address);
            }
            None if found.len() == MOST => {}
            None => found.push(Interface {
                index,
                name: part.name.clone(),
                loopback: part.is_loopback(),
                addresses: vec![address],
            }),
        }
    }
    found.iter_mut().for_each(|interface| interface.addresses.sort_unstable());
    found
}

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
        let (shared, single, group) = match (v6, interface.v4()) {
            (false, Some(own)) => {
                (shared_v4(own, port)?, single_v4(own)?, SocketAddr::from((GROUP_V4, port)))
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
        if !interface.is_source(source.ip()) {
            strangers.fetch_add(1, Ordering::Relaxed);
        } else if length <= packet::LONGEST {
            let packet = Packet { link, source, direct, bytes: buffer[..length].to_vec() };
            // When the reading end is busy, this one is dropped: what matters is said again.
            let _ = packets.try_send(packet);
        }
    }
}

/// How much of something is allowed: a steady pace, and a burst that was saved up.
pub(super) struct Allowance {
    pace: f64,
    burst: f64,
    left: f64,
    counted: Option<Instant>,
}

impl Allowance {
    /// Allows `pace` a second on and on, and `burst` at once.
    pub(super) fn new(pace: f64, burst: f64) -> Self {
        Allowance { pace, burst, left: burst, counted: None }
    }

    /// Uses one up; false when there is none left.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let passed = self.counted.replace(now).map(|counted| now.saturating_duration_since(counted));
        self.left = (self.left + passed.unwrap_or_default().as_secs_f64() * self.pace).min(self.burst);
        let allowed = self.left >= 1.0;
        if allowed {
            self.left -= 1.0;
        }
        allowed
    }
}

fn shared_v4(own: Ipv4Addr, port: u16) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    system::share(&socket)?;
    system::hear_only_own(&socket, false)?;
    let place = if system::BINDS_TO_GROUPS { GROUP_V4 } else { Ipv4Addr::UNSPECIFIED };
    socket.bind(&SockAddr::from(SocketAddr::from((place, port))))?;
    socket.join_multicast_v4(&GROUP_V4, &own)?;
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

    use super::{Socket, io};

    pub(super) const BINDS_TO_GROUPS: bool = true;

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

    use super::{Socket, io};

    pub(super) const BINDS_TO_GROUPS: bool = false;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn network(addresses: &[(&str, u8)], loopback: bool) -> Interface {
        let addresses = addresses.iter().map(|(ip, bits)| (ip.parse().unwrap(), *bits)).collect();
        Interface { index: 1, name: "test".to_owned(), loopback, addresses }
    }

    #[test]
    fn only_addresses_of_the_network_are_accepted() {
        let lan = network(&[("192.168.1.7", 24), ("fd00::7", 64), ("fe80::7", 64), ("10.9.9.9", 32)], false);
        for (ip, accepted, source) in [
            ("192.168.1.200", true, true),
            ("192.168.2.1", false, false),
            ("8.8.8.8", false, false),
            ("127.0.0.1", false, false),
            ("0.0.0.0", false, false),
            ("10.9.9.9", true, true),
            ("10.9.9.8", false, false),
            ("fd00::ffff", true, true),
            ("fd01::1", false, false),
            ("fe80::1", false, true),
            ("::ffff:192.168.1.1", false, false),
        ] {
            let ip = ip.parse().unwrap();
            assert_eq!((lan.accepts(ip), lan.is_source(ip)), (accepted, source), "{ip}");
        }
        let loopback = network(&[("127.0.0.1", 8), ("::1", 128)], true);
        for (ip, accepted) in
            [("127.0.0.1", true), ("127.3.2.1", true), ("::1", true), ("192.168.1.7", false)]
        {
            assert_eq!(loopback.accepts(ip.parse().unwrap()), accepted, "{ip}");
        }
    }

    #[test]
    fn an_interface_that_is_not_there_is_no_error() {
        assert!(interfaces(Some("no-such-interface")).is_empty());
        assert!(
            interfaces(None).iter().all(|interface| interface.addresses.iter().all(|(_, bits)| *bits > 0))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_allowance_is_a_pace_and_a_burst() {
        let mut allowance = Allowance::new(10.0, 3.0);
        let count = |allowance: &mut Allowance| (0..100).filter(|_| allowance.take(Instant::now())).count();
        assert_eq!(count(&mut allowance), 3);
        tokio::time::advance(Duration::from_millis(200)).await;
        assert_eq!(count(&mut allowance), 2);
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(count(&mut allowance), 3);
    }
}
