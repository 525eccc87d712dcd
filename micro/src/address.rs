//! Where a node can be reached.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A host and a port, as nodes announce them: `127.0.0.1:4000`, `[::1]:4000`, `greeter.internal:80`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    host: String,
    port: u16,
}

impl Address {
    /// Returns the host without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the IP address when the host is one, `None` when it is a name.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// Returns the socket address when the host is an IP address.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        Some(SocketAddr::new(self.ip()?, self.port))
    }

    /// Tells whether only this machine can reach the address.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.ip().is_some_and(|ip| ip.is_loopback())
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: &str| {
            Error::invalid_argument(format!(
                "{text:?} is not an address ({why}); write host:port, as in 127.0.0.1:4000"
            ))
        };
        let rest = text.strip_prefix("http://").unwrap_or(text);
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = rest.rsplit_once(':').ok_or_else(|| bad("no port"))?;
        let port = port.parse().map_err(|_| bad("the port is not a number from 0 to 65535"))?;
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match bracketed {
            Some(host) if host.parse::<std::net::Ipv6Addr>().is_ok() => host,
            Some(_) => return Err(bad("what stands in brackets is not an IPv6 address")),
            None if host.contains(':') => return Err(bad("an IPv6 address stands in brackets")),
            None => host,
        };
        let named =
            |host: &str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        if host.is_empty() || host.len() > 253 || (bracketed.is_none() && !named(host)) {
            return Err(bad("the host is not a name or an IP address"));
        }
        Ok(Address { host: host.to_owned(), port })
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Address { host: address.ip().to_string(), port: address.port() }
    }
}

impl TryFrom<String> for Address {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_prints_the_same() {
        for text in ["127.0.0.1:4000", "[::1]:80", "greeter.internal:443"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert_eq!("http://localhost:1/".parse::<Address>().unwrap().to_string(), "localhost:1");
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, why) in [
            ("localhost", "no port"),
            ("h:99999", "not a number"),
            ("::1:80", "in brackets"),
            ("[x]:80", "not an IPv6"),
            (":80", "not a name"),
            ("a b:80", "not a name"),
        ] {
            let error = text.parse::<Address>().unwrap_err();
            assert!(
                error.message().contains(why) && error.message().contains("host:port"),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn knows_loopback() {
        assert!("localhost:1".parse::<Address>().unwrap().is_loopback());
        assert!("[::1]:1".parse::<Address>().unwrap().is_loopback());
        assert!(!"10.0.0.1:1".parse::<Address>().unwrap().is_loopback());
    }
}
