//! Source addresses: which address each router connects from.
//!
//! Collectors tell routers apart by address, so one address for thousands of them is not what a
//! collector meets in the field. On the loopback interface every address of 127/8 is there without
//! anybody's doing.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use super::LoadError;

/// Where routers connect from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sources {
    /// Router `n` from 127.0.0.1 + `n` when the collector is at an IPv4 loopback address, else all
    /// from the address that the kernel chooses.
    #[default]
    Auto,
    /// All from the address that the kernel chooses.
    Off,
    /// Router `n` from this prefix's address `n` + 1. The addresses must be on this machine.
    Prefix(IpAddr, u8),
}

impl FromStr for Sources {
    type Err = String;

    /// `auto`, `off`, or a prefix such as `127.1.0.0/16`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => return Ok(Self::Auto),
            "off" => return Ok(Self::Off),
            _ => {}
        }
        let wrong = |why: &str| {
            format!("`{text}`: {why}; write auto, off, or a prefix such as 10.9.0.0/16")
        };
        let (address, bits) = text.split_once('/').ok_or_else(|| wrong("there is no length"))?;
        let address: IpAddr = address.parse().map_err(|_| wrong("it is no address"))?;
        let bits: u8 = bits.parse().map_err(|_| wrong("the length is no number"))?;
        if bits > width(address) {
            return Err(wrong(&format!("the length is more than {}", width(address))));
        }
        let first = at(address, bits, 0);
        if first != address {
            return Err(wrong(&format!("it has host bits, {first}/{bits} has none")));
        }
        Ok(Self::Prefix(address, bits))
    }
}

impl fmt::Display for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Off => f.write_str("off"),
            Self::Prefix(address, bits) => write!(f, "{address}/{bits}"),
        }
    }
}

impl Sources {
    /// Checks that `routers` have an address each.
    ///
    /// # Errors
    /// When the prefix is too small or of the other family.
    pub(super) fn check(self, target: SocketAddr, routers: u32) -> Result<(), LoadError> {
        let Self::Prefix(address, bits) = self else { return Ok(()) };
        if address.is_ipv4() != target.is_ipv4() {
            return Err(LoadError::Config(format!(
                "--source-addresses {self}: the collector is at {target}: both must be IPv4 or \
                 both IPv6"
            )));
        }
        let host_bits = u32::from(width(address) - bits);
        // The first address is the network's and stays free, so does IPv4's broadcast.
        if host_bits < 33 && (1_u64 << host_bits).saturating_sub(2) < u64::from(routers) {
            return Err(LoadError::Config(format!(
                "--source-addresses {self}: too few addresses for {routers} routers: use a \
                 shorter prefix"
            )));
        }
        Ok(())
    }

    /// The address from which a router connects, if that is not the kernel's choice.
    pub(super) fn address(self, target: SocketAddr, router: u32) -> Option<IpAddr> {
        match (self, target.ip()) {
            (Self::Auto, IpAddr::V4(address)) if address.is_loopback() => {
                Some(at(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8, u64::from(router) + 1))
            }
            (Self::Auto | Self::Off, _) => None,
            (Self::Prefix(address, bits), _) => Some(at(address, bits, u64::from(router) + 1)),
        }
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The `n`-th address of a prefix.
fn at(address: IpAddr, bits: u8, n: u64) -> IpAddr {
    match address {
        IpAddr::V4(a) => {
            let host = u32::MAX.checked_shr(bits.into()).unwrap_or(0);
            Ipv4Addr::from(u32::from(a) & !host | n as u32 & host).into()
        }
        IpAddr::V6(a) => {
            let host = u128::MAX.checked_shr(bits.into()).unwrap_or(0);
            Ipv6Addr::from(u128::from(a) & !host | u128::from(n) & host).into()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn each_router_has_an_address_of_its_own_on_loopback_and_where_asked() {
        let target: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let from = |s: Sources, n| s.address(target, n).map(|a| a.to_string());
        assert_eq!(from(Sources::Auto, 0).unwrap(), "127.0.0.1");
        assert_eq!(from(Sources::Auto, 4999).unwrap(), "127.0.19.136");
        assert_eq!(from(Sources::Off, 7), None);
        let prefix: Sources = "127.1.0.0/16".parse().unwrap();
        assert_eq!(from(prefix, 255).unwrap(), "127.1.1.0");
        assert_eq!(prefix.to_string().parse(), Ok(prefix));
        for far in ["192.0.2.1:1", "[::1]:1", "[2001:db8::1]:1"] {
            assert_eq!(Sources::Auto.address(far.parse().unwrap(), 0), None);
        }
        let six: Sources = "2001:db8::/64".parse().unwrap();
        assert_eq!(six.address("[::1]:1".parse().unwrap(), 1).unwrap().to_string(), "2001:db8::2");
    }

    #[test]
    fn wrong_prefixes_are_told_what_would_be_right() {
        for (text, why) in [
            ("127.0.0.1", "there is no length"),
            ("127.0.0.0/33", "more than 32"),
            ("127.0.0.1/8", "127.0.0.0/8 has none"),
            ("lo/8", "no address"),
        ] {
            let error = text.parse::<Sources>().unwrap_err();
            assert!(error.contains(why) && error.contains("10.9.0.0/16"), "{error}");
        }
        let small: Sources = "10.0.0.0/30".parse().unwrap();
        let check = |target: &str, routers| small.check(target.parse().unwrap(), routers);
        assert!(check("10.0.0.9:1", 2).is_ok());
        assert!(check("10.0.0.9:1", 3).unwrap_err().to_string().contains("shorter prefix"));
        assert!(check("[::1]:1", 1).unwrap_err().to_string().contains("must be IPv4"));
    }
}
