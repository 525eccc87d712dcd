//! Which addresses events are sent to. A registry may be filled by others; what it says must not make a service
//! speak to anybody anywhere.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::address::Address;
use crate::error::{Error, Result};

/// Addresses that share their first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    first: IpAddr,
    bits: u32,
}

impl Network {
    const fn v4(a: u8, b: u8, bits: u32) -> Network {
        Network { first: IpAddr::V4(Ipv4Addr::new(a, b, 0, 0)), bits }
    }

    const fn v6(first: u16, last: u16, bits: u32) -> Network {
        Network { first: IpAddr::V6(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, last)), bits }
    }

    fn holds(&self, ip: IpAddr) -> bool {
        // Both are moved to the high end of 128 bits, so that one comparison does for both families.
        let high = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => u128::from(u32::from(ip)) << 96,
            IpAddr::V6(ip) => u128::from(ip),
        };
        let mask = u128::MAX.checked_shl(128 - self.bits).unwrap_or(0);
        self.first.is_ipv4() == ip.is_ipv4() && (high(self.first) ^ high(ip)) & mask == 0
    }
}

impl FromStr for Network {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::invalid_argument(
                "a network is an address and how many of its first bits count, as in 10.0.0.0/8 or fd00::/8",
            )
        };
        let (first, bits) = match text.split_once('/') {
            Some((first, bits)) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                (first, Some(bits.parse().map_err(|_| wrong())?))
            }
            Some(_) => return Err(wrong()),
            None => (text, None),
        };
        let first: IpAddr = first.parse().map_err(|_| wrong())?;
        let longest = if first.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(longest);
        if bits > longest {
            return Err(wrong());
        }
        Ok(Network { first, bits })
    }
}

/// What is allowed unless something else is: loopback, private and link-local addresses.
const DEFAULT: [Network; 8] = [
    Network::v4(127, 0, 8),
    Network::v4(10, 0, 8),
    Network::v4(172, 16, 12),
    Network::v4(192, 168, 16),
    Network::v4(169, 254, 16),
    Network::v6(0, 1, 128),
    Network::v6(0xfc00, 0, 7),
    Network::v6(0xfe80, 0, 10),
];

/// Where clouds answer with the credentials of a machine or of a container: within what is allowed, and never a
/// subscriber. Amazon documents the first five, the first of which others use too, Google the last.
const CLOUD: [IpAddr; 6] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
];

/// The networks events may be sent to.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Networks {
    /// `None` for any.
    allowed: Option<Vec<Network>>,
}

impl Networks {
    /// Tells whether events may be sent to an address.
    pub(super) fn allow(&self, ip: IpAddr) -> bool {
        // An IPv4 address in the clothes of IPv6 is the same machine.
        let ip = ip.to_canonical();
        match &self.allowed {
            None => true,
            Some(allowed) if *allowed == DEFAULT && CLOUD.contains(&ip) => false,
            Some(allowed) => allowed.iter().any(|network| network.holds(ip)),
        }
    }

    /// Finds out where a node may be sent events: its addresses, names resolved, that are allowed. What is returned
    /// is what is connected to, so a name cannot mean something else a moment later.
    pub(super) async fn reach(&self, addresses: &[Address]) -> Reach {
        let mut reach = Reach { addresses: Vec::new(), refused: 0 };
        for address in addresses {
            let resolved: Vec<Address> = match address.ip() {
                Some(_) => vec![address.clone()],
                None => match tokio::net::lookup_host((address.host(), address.port())).await {
                    Ok(found) => found.map(Address::from).collect(),
                    Err(error) => {
                        tracing::debug!(%address, %error, "a subscriber's name cannot be resolved");
                        continue;
                    }
                },
            };
            for address in resolved {
                match address.ip().is_some_and(|ip| self.allow(ip)) {
                    true => reach.addresses.push(address),
                    false => reach.refused += 1,
                }
            }
        }
        reach
    }
}

/// Where a node can be reached.
#[derive(Debug)]
pub(super) struct Reach {
    pub(super) addresses: Vec<Address>,
    /// How many addresses lie outside of the allowed networks.
    pub(super) refused: usize,
}

impl Default for Networks {
    fn default() -> Self {
        Networks { allowed: Some(DEFAULT.to_vec()) }
    }
}

impl FromStr for Networks {
    type Err = Error;

    /// Reads networks joined by commas, or `any`.
    fn from_str(text: &str) -> Result<Self> {
        if text == "any" {
            return Ok(Networks { allowed: None });
        }
        let allowed = text.split(',').map(|network| network.trim().parse()).collect::<Result<Vec<_>>>()?;
        Ok(Networks { allowed: Some(allowed) })
    }
}

impl fmt::Debug for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.allowed {
            None => f.write_str("any"),
            Some(allowed) => {
                f.debug_list().entries(allowed.iter().map(|network| (network.first, network.bits))).finish()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(networks: &str, ip: &str) -> bool {
        networks.parse::<Networks>().unwrap().allow(ip.parse().unwrap())
    }

    #[test]
    fn private_and_local_addresses_are_allowed_by_default() {
        let networks = Networks::default();
        for good in [
            "127.0.0.1",
            "127.255.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.1.1",
            "::1",
            "fd12::1",
            "fc00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(networks.allow(good.parse().unwrap()), "{good}");
        }
        for bad in [
            "8.8.8.8",
            "172.32.0.1",
            "172.15.255.255",
            "192.169.0.1",
            "11.0.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "100.64.0.1",
            "169.254.169.254",
            "::",
            "::2",
            "2001:db8::1",
            "ff02::1",
            "::ffff:8.8.8.8",
            "::ffff:169.254.169.254",
        ] {
            assert!(!networks.allow(bad.parse().unwrap()), "{bad}");
        }
    }

    #[test]
    fn what_is_said_is_allowed_and_nothing_else() {
        assert!(allows("8.8.8.0/24", "8.8.8.8") && !allows("8.8.8.0/24", "127.0.0.1"));
        assert!(allows("10.0.0.0/8, 2001:db8::/32", "2001:db8::1"));
        assert!(allows("8.8.8.8", "8.8.8.8") && !allows("8.8.8.8", "8.8.8.9"));
        assert!(
            allows("0.0.0.0/0", "8.8.8.8") && !allows("0.0.0.0/0", "2001::1") && allows("::/0", "2001::1")
        );
        assert!(allows("any", "8.8.8.8") && allows("any", "169.254.169.254"));
        for bad in [
            "",
            "10.0.0.0/33",
            "10.0.0/8",
            "::/129",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10.0.0.0/",
            "all",
            "any,",
        ] {
            assert!(bad.parse::<Networks>().is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn names_are_allowed_for_what_they_mean() {
        let addresses = ["localhost:1".parse().unwrap(), "8.8.8.8:1".parse().unwrap()];
        let reach = Networks::default().reach(&addresses).await;
        assert!(!reach.addresses.is_empty() && reach.addresses.iter().all(Address::is_loopback), "{reach:?}");
        assert!(reach.addresses.iter().all(|address| address.ip().is_some()), "{reach:?}");
        assert_eq!(reach.refused, 1);
        let none = "8.8.8.8/32".parse::<Networks>().unwrap().reach(&addresses[..1]).await;
        assert!(none.addresses.is_empty() && none.refused > 0, "{none:?}");
    }
}
