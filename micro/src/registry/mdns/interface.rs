//! The networks that the machine is part of.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// How many interfaces are used; machines full of containers have hundreds.
const MOST: usize = 32;

/// A network the machine is part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) index: u32,
    pub(super) name: String,
    pub(super) loopback: bool,
    /// The machine's own addresses, with how many bits of each are the network's. One that has all bits stands
    /// alone, as DHCP hands them out for IPv6: nobody else is of its network.
    addresses: Vec<(IpAddr, u8)>,
    /// The address of IPv4 to speak from.
    pub(super) v4: Option<Ipv4Addr>,
}

impl Interface {
    /// Makes an interface of its addresses in the order in which the system lists them.
    pub(super) fn new(index: u32, name: String, loopback: bool, mut addresses: Vec<(IpAddr, u8)>) -> Self {
        let v4 = |(ip, bits): &(IpAddr, u8)| match ip {
            IpAddr::V4(ip) => Some((*ip, *bits)),
            IpAddr::V6(_) => None,
        };
        // The first is the one that the system prefers. One that stands alone, as those that move from machine to
        // machine do, is of no network: the others would take it for a stranger's.
        let of_a_network = addresses.iter().filter_map(v4).find(|(_, bits)| *bits < 32);
        let speaker = of_a_network.or_else(|| addresses.iter().find_map(v4)).map(|(ip, _)| ip);
        addresses.sort_unstable();
        Interface { index, name, loopback, addresses, v4: speaker }
    }

    /// Tells whether `ip` belongs to this network.
    fn holds(&self, ip: IpAddr) -> bool {
        self.addresses.iter().any(|(own, bits)| is_near(*own, ip, *bits))
    }

    /// Tells whether `ip` is the machine's own.
    pub(super) fn is_own(&self, ip: IpAddr) -> bool {
        self.addresses.iter().any(|(own, _)| *own == ip) || (self.loopback && ip.is_loopback())
    }

    /// Tells whether a packet with this source can have been sent on this network.
    pub(super) fn is_source(&self, source: &SocketAddr) -> bool {
        match source {
            SocketAddr::V4(v4) => self.holds((*v4.ip()).into()),
            // The system names the interface of what is link-local. A socket with a port of its own hears them all.
            SocketAddr::V6(v6) => {
                let here = v6.scope_id() == 0 || v6.scope_id() == self.index;
                let link_local = !self.loopback && v6.ip().is_unicast_link_local();
                here && (link_local || self.holds((*v6.ip()).into()))
            }
        }
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

    /// Tells whether the machine has an address of IPv6 here.
    pub(super) fn has_v6(&self) -> bool {
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

/// One address of an interface that is up, as the system lists it.
struct Part {
    index: Option<u32>,
    name: String,
    loopback: bool,
    ip: IpAddr,
    bits: u8,
}

/// Lists the interfaces that are up; only the one named `only`, if one is. Tunnels between two ends have nobody to
/// discover, so they count only when named. Asks the kernel once and waits for nobody.
///
/// # Errors
///
/// What the system says when it cannot tell all: what is missing then need not be gone.
pub(super) fn interfaces(only: Option<&str>) -> io::Result<Vec<Interface>> {
    let wanted = |part: &if_addrs::Interface| {
        part.is_oper_up()
            && match only {
                Some(name) => part.name == name,
                None => !part.is_p2p(),
            }
    };
    let part = |part: if_addrs::Interface| {
        let bits = match &part.addr {
            if_addrs::IfAddr::V4(v4) => v4.prefixlen,
            if_addrs::IfAddr::V6(v6) => v6.prefixlen,
        };
        let (loopback, ip) = (part.is_loopback(), part.ip());
        Part { index: part.index, name: part.name, loopback, ip, bits }
    };
    gather(if_addrs::get_if_addrs()?.into_iter().filter(wanted).map(part))
}

/// An interface by index: its name, whether it is loopback, and its addresses with the bits of their networks.
type Gathered = (u32, String, bool, Vec<(IpAddr, u8)>);

/// Makes interfaces of their addresses.
fn gather(parts: impl Iterator<Item = Part>) -> io::Result<Vec<Interface>> {
    let mut found: Vec<Gathered> = Vec::new();
    for Part { index, name, loopback, ip, bits } in parts {
        // Asking for an index takes a descriptor, and there may be none left.
        let index = index.ok_or_else(|| io::Error::other("an interface that is up has no index"))?;
        // A network of no bits would hold the whole world: an address whose network is unknown stands alone.
        let address = (ip, if bits == 0 { 128 } else { bits });
        let room = found.len() < MOST;
        match found.iter_mut().find(|(known, ..)| *known == index) {
            Some((_, _, local, addresses)) => {
                *local |= loopback;
                addresses.push(address);
            }
            None if room => found.push((index, name, loopback, vec![address])),
            None => {}
        }
    }
    let made = |(index, name, loopback, addresses)| Interface::new(index, name, loopback, addresses);
    Ok(found.into_iter().map(made).collect())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddrV6;

    use super::*;

    fn network(addresses: &[(&str, u8)], loopback: bool) -> Interface {
        let addresses = addresses.iter().map(|(ip, bits)| (ip.parse().unwrap(), *bits)).collect();
        Interface::new(1, "test".to_owned(), loopback, addresses)
    }

    fn part(index: Option<u32>, ip: &str, bits: u8) -> Part {
        Part { index, name: "test".to_owned(), loopback: false, ip: ip.parse().unwrap(), bits }
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
            let ip: IpAddr = ip.parse().unwrap();
            assert_eq!((lan.accepts(ip), lan.is_source(&SocketAddr::new(ip, 1))), (accepted, source), "{ip}");
        }
        let loopback = network(&[("127.0.0.1", 8), ("::1", 128)], true);
        for (ip, accepted) in
            [("127.0.0.1", true), ("127.3.2.1", true), ("::1", true), ("192.168.1.7", false)]
        {
            assert_eq!(loopback.accepts(ip.parse().unwrap()), accepted, "{ip}");
        }
        assert!(lan.is_own("192.168.1.7".parse().unwrap()) && !lan.is_own("192.168.1.8".parse().unwrap()));
        assert!(loopback.is_own("127.3.2.1".parse().unwrap()));
    }

    #[test]
    fn what_is_link_local_to_another_interface_was_not_sent_on_this_one() {
        let lan = network(&[("fe80::7", 64), ("fd00::7", 64)], false);
        for (ip, scope, source) in
            [("fe80::1", 1, true), ("fe80::1", 2, false), ("fd00::1", 0, true), ("fd00::1", 2, false)]
        {
            let from = SocketAddrV6::new(ip.parse().unwrap(), 5353, 0, scope).into();
            assert_eq!(lan.is_source(&from), source, "{ip} of {scope}");
        }
    }

    #[test]
    fn it_speaks_from_the_address_that_others_know_as_of_the_network() {
        for (addresses, speaker) in [
            (&[("10.9.9.9", 32), ("192.168.1.7", 24)][..], Some("192.168.1.7")),
            // The first one is the one that the system prefers, whatever its number.
            (&[("192.168.1.7", 24), ("192.168.1.3", 24)][..], Some("192.168.1.7")),
            (&[("10.9.9.9", 32), ("10.9.9.8", 32)][..], Some("10.9.9.9")),
            // What is of an unknown network.
            (&[("10.9.9.9", 128), ("fd00::7", 64), ("192.168.1.7", 24)][..], Some("192.168.1.7")),
            (&[("fd00::7", 64)][..], None),
        ] {
            let speaker: Option<Ipv4Addr> = speaker.map(|ip| ip.parse().unwrap());
            assert_eq!(network(addresses, false).v4, speaker, "{addresses:?}");
        }
    }

    #[test]
    fn an_interface_is_all_of_its_addresses_and_half_a_list_is_none() {
        let parts =
            || [part(Some(2), "10.0.0.2", 24), part(Some(1), "fd00::1", 64), part(Some(2), "10.0.0.1", 0)];
        let found = gather(parts().into_iter()).unwrap();
        let expected = [("10.0.0.2".parse().unwrap(), 24), ("10.0.0.1".parse().unwrap(), 128)];
        let test = || "test".to_owned();
        assert_eq!(found[0], Interface::new(2, test(), false, expected.to_vec()));
        assert_eq!((found.len(), found[1].index, found[1].v4), (2, 1, None));
        let broken = parts().into_iter().chain([part(None, "192.168.1.1", 24)]);
        assert!(gather(broken).is_err(), "what is missing may be there");
        let many = (0..100).map(|index| part(Some(index), "10.0.0.1", 24));
        assert_eq!(gather(many).unwrap().len(), MOST);
    }

    #[test]
    fn an_interface_that_is_not_there_is_no_error() {
        assert!(interfaces(Some("no-such-interface")).unwrap().is_empty());
        let all = interfaces(None).unwrap();
        assert!(all.iter().all(|interface| interface.addresses.iter().all(|(_, bits)| *bits > 0)));
    }
}
