//! Where a service listens and which address it announces.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use crate::address::Address;
use crate::error::{Error, Result};

/// How long looking a name up may take.
const LOOKUP: Duration = Duration::from_secs(5);

/// Finds the socket address to listen on.
///
/// # Errors
///
/// `failed precondition` for an address that other machines can reach without `insecure`; `invalid argument` for
/// a name that is not one of this machine's.
pub(super) async fn listen_on(address: &Address, insecure: bool) -> Result<SocketAddr> {
    let found = match address.socket_addr() {
        Some(found) => found,
        None => resolve(address).await?,
    };
    if !found.ip().is_loopback() && !insecure {
        return Err(Error::failed_precondition(format!(
            "listening on {address} would let other machines call this service without encryption; say so with \
             --insecure or MICRO_INSECURE=true, or listen on 127.0.0.1"
        )));
    }
    Ok(found)
}

async fn resolve(address: &Address) -> Result<SocketAddr> {
    let looked_up =
        tokio::time::timeout(LOOKUP, tokio::net::lookup_host((address.host(), address.port()))).await;
    let bad = |why: String| {
        Error::invalid_argument(format!("cannot listen on {address}: {why}; set --address or MICRO_ADDRESS"))
    };
    match looked_up {
        Ok(Ok(mut found)) => found.next().ok_or_else(|| bad("the name has no address".to_owned())),
        Ok(Err(error)) => Err(bad(error.to_string())),
        Err(_) => Err(bad("looking the name up took too long".to_owned())),
    }
}

/// Chooses what is announced for the address that was bound. `remote` tells that other machines read the
/// registry.
///
/// # Errors
///
/// `failed precondition` when nothing sensible can be announced, with the way out.
pub(super) fn announced(bound: SocketAddr, advertise: Option<&Address>, remote: bool) -> Result<Address> {
    if let Some(advertise) = advertise {
        return match advertise.port() {
            0 => with_port(advertise, bound.port()),
            _ => Ok(advertise.clone()),
        };
    }
    if bound.ip().is_loopback() && remote {
        return Err(Error::failed_precondition(format!(
            "other machines read the registry and cannot reach {bound}; listen elsewhere with --address, or say what \
             to announce with --advertise"
        )));
    }
    if !bound.ip().is_unspecified() {
        return Ok(bound.into());
    }
    match outgoing(bound.ip()) {
        Some(ip) => Ok(SocketAddr::new(ip, bound.port()).into()),
        None => Err(Error::failed_precondition(format!(
            "listening on {bound} says nothing about how others reach this machine; set --advertise or MICRO_ADVERTISE"
        ))),
    }
}

fn with_port(address: &Address, port: u16) -> Result<Address> {
    match address.host().contains(':') {
        true => format!("[{}]:{port}", address.host()).parse(),
        false => format!("{}:{port}", address.host()).parse(),
    }
}

/// Finds the address this machine is seen under from elsewhere: that of the interface its packets would leave by.
/// Connecting a UDP socket chooses it and sends nothing; the far ends are addresses kept for documentation.
fn outgoing(unspecified: IpAddr) -> Option<IpAddr> {
    let far: SocketAddr = match unspecified {
        IpAddr::V4(_) => ([192, 0, 2, 1], 9).into(),
        IpAddr::V6(_) => ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 9).into(),
    };
    let socket = UdpSocket::bind((unspecified, 0)).ok()?;
    socket.connect(far).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_unspecified()).then_some(ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn only_loopback_needs_no_word() {
        assert!(listen_on(&address("127.0.0.1:0"), false).await.is_ok());
        assert!(listen_on(&address("[::1]:0"), false).await.is_ok());
        for open in ["0.0.0.0:0", "10.0.0.5:80"] {
            let error = listen_on(&address(open), false).await.unwrap_err();
            assert!(error.message().contains("--insecure") && error.message().contains(open), "{error}");
            assert!(listen_on(&address(open), true).await.is_ok());
        }
    }

    #[test]
    fn what_is_advertised_takes_the_place_of_what_was_bound() {
        let bound: SocketAddr = "127.0.0.1:4000".parse().unwrap();
        let announced = |advertise: Option<&str>, remote| {
            announced(bound, advertise.map(address).as_ref(), remote).map(|address| address.to_string())
        };
        assert_eq!(announced(None, false).unwrap(), "127.0.0.1:4000");
        assert_eq!(announced(Some("greeter.internal:80"), false).unwrap(), "greeter.internal:80");
        assert_eq!(announced(Some("10.0.0.5:0"), true).unwrap(), "10.0.0.5:4000");
        assert_eq!(announced(Some("[fe80::1]:0"), true).unwrap(), "[fe80::1]:4000");
        assert!(announced(None, true).unwrap_err().message().contains("--advertise"));
    }

    #[test]
    fn an_unspecified_address_is_never_announced() {
        let bound = "0.0.0.0:4000".parse().unwrap();
        match announced(bound, None, false) {
            Ok(address) => assert!(address.host() != "0.0.0.0" && address.port() == 4000),
            Err(error) => assert!(error.message().contains("--advertise"), "{error}"),
        }
    }
}
