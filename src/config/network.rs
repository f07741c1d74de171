//! Prefixes of IP addresses, and lists of them: who may connect.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::units::UnitError;

/// Leading bits of IPv4-mapped IPv6 addresses, `::ffff:0:0/96`.
const MAPPED_BITS: u8 = 96;

/// A prefix: all addresses whose first `len` bits are those of `address`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    len: u8,
}

impl Network {
    /// Whether `address` is in it. An IPv4-mapped IPv6 address is the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                masked_v4(other, self.len) == masked_v4(own, self.len)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                masked_v6(other, self.len) == masked_v6(own, self.len)
            }
            _ => false,
        }
    }

    /// The address, whose bits beyond the length are zero, and the length in bits.
    #[must_use]
    pub fn parts(&self) -> (IpAddr, u8) {
        (self.address, self.len)
    }

    /// The prefix that begins with these bits and no others.
    fn cut(self) -> Self {
        let address = match self.address {
            IpAddr::V4(ip) => IpAddr::V4(Ipv4Addr::from_bits(masked_v4(ip, self.len))),
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(masked_v6(ip, self.len))),
        };
        Self { address, len: self.len }
    }

    /// IPv4 where it was written as IPv4-mapped IPv6.
    fn unmapped(self) -> Self {
        match (self.address.to_canonical(), self.len.checked_sub(MAPPED_BITS)) {
            (address @ IpAddr::V4(_), Some(len)) if self.address.is_ipv6() => Self { address, len },
            _ => self,
        }
    }
}

fn masked_v4(address: Ipv4Addr, len: u8) -> u32 {
    address.to_bits() & u32::MAX.checked_shl(32 - u32::from(len)).unwrap_or(0)
}

fn masked_v6(address: Ipv6Addr, len: u8) -> u128 {
    address.to_bits() & u128::MAX.checked_shl(128 - u32::from(len)).unwrap_or(0)
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.len)
    }
}

impl FromStr for Network {
    type Err = UnitError;

    /// `ADDR/LENGTH`; an address alone is itself.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (ip, len) = text.split_once('/').map_or((text, None), |(ip, len)| (ip, Some(len)));
        let address: IpAddr = ip.parse().map_err(|_| {
            UnitError::new(format!(
                "`{text}` is not a prefix: write an address and a length, such as 192.0.2.0/24 or \
                 2001:db8::/32"
            ))
        })?;
        let bits: u8 = if address.is_ipv4() { 32 } else { 128 };
        let len = match len {
            None => bits,
            Some(len) => len.parse().ok().filter(|len| *len <= bits).ok_or_else(|| {
                UnitError::new(format!(
                    "`{text}` has the length `{len}`: write a number from 0 to {bits}, such as \
                     {ip}/{bits} for the address alone"
                ))
            })?,
        };
        let network = Self { address, len };
        if network.cut() != network {
            return Err(UnitError::new(format!(
                "`{text}` has bits beyond its length: write {} for the prefix, or {ip}/{bits} for \
                 the address alone",
                network.cut()
            )));
        }
        Ok(network.unmapped())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_hold_their_own_addresses_and_no_others() {
        for (network, inside, outside) in [
            ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
            ("192.0.2.0/24", "::ffff:192.0.2.1", "::192.0.2.1"),
            ("::ffff:192.0.2.0/120", "192.0.2.7", "192.0.3.7"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("::/0", "2001:db8::1", "203.0.113.9"),
            ("2001:db8::/32", "2001:db8:ffff::", "2001:db9::"),
            ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{inside} in {network}");
            assert!(!network.contains(outside.parse().unwrap()), "{outside} in {network}");
        }
        assert_eq!("::ffff:192.0.2.0/120".parse::<Network>().unwrap().to_string(), "192.0.2.0/24");
        assert_eq!("192.0.2.7".parse::<Network>().unwrap().to_string(), "192.0.2.7/32");
    }

    #[test]
    fn what_is_wrong_is_told_with_what_would_be_right() {
        let error = |text: &str| text.parse::<Network>().unwrap_err().to_string();
        for (text, part) in [
            ("lab", "such as 192.0.2.0/24"),
            ("192.0.2.0/33", "a number from 0 to 32"),
            ("192.0.2.0/", "a number from 0 to 32"),
            ("2001:db8::/129", "a number from 0 to 128"),
            ("192.0.2.1/24", "write 192.0.2.0/24 for the prefix, or 192.0.2.1/32"),
            ("2001:db8::1/32", "write 2001:db8::/32 for the prefix"),
        ] {
            let error = error(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
