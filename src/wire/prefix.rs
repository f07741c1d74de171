//! Address families, prefixes and route distinguishers.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// An address family: AFI and SAFI (RFC 4760 §3). Unknown ones are kept as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Family {
    /// Address Family Identifier.
    pub afi: u16,
    /// Subsequent Address Family Identifier.
    pub safi: u8,
}

impl Family {
    /// IPv4 unicast (1/1).
    pub const IPV4_UNICAST: Family = Family { afi: 1, safi: 1 };
    /// IPv6 unicast (2/1).
    pub const IPV6_UNICAST: Family = Family { afi: 2, safi: 1 };
    /// IPv4 labeled unicast (1/4, RFC 8277).
    pub const IPV4_LABELED: Family = Family { afi: 1, safi: 4 };
    /// IPv6 labeled unicast (2/4, RFC 8277).
    pub const IPV6_LABELED: Family = Family { afi: 2, safi: 4 };
    /// IPv4 VPN (1/128, RFC 4364).
    pub const IPV4_VPN: Family = Family { afi: 1, safi: 128 };
    /// IPv6 VPN (2/128, RFC 4659).
    pub const IPV6_VPN: Family = Family { afi: 2, safi: 128 };

    /// A family from its two codes.
    #[must_use]
    pub const fn new(afi: u16, safi: u8) -> Self {
        Self { afi, safi }
    }

    /// Appends its 3 octets: AFI(2) · SAFI(1).
    pub fn encode(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.afi.to_be_bytes());
        out.push(self.safi);
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.afi, self.safi)
    }
}

/// An IP prefix: the octets as transmitted, zero-filled, and the length in bits.
///
/// Host bits inside the last transmitted octet are kept: they are what the router sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Prefix {
    /// An IPv4 prefix, length 0–32.
    V4([u8; 4], u8),
    /// An IPv6 prefix, length 0–128.
    V6([u8; 16], u8),
}

impl Prefix {
    /// Length in bits.
    #[must_use]
    pub fn bits(&self) -> u8 {
        match self {
            Prefix::V4(_, bits) | Prefix::V6(_, bits) => *bits,
        }
    }

    /// Whether a bit beyond the length is set (RFC 4271 §4.3 calls those irrelevant; routers send
    /// zero).
    #[must_use]
    pub fn has_host_bits(&self) -> bool {
        let (octets, bits): (&[u8], u8) = match self {
            Prefix::V4(a, bits) => (a, *bits),
            Prefix::V6(a, bits) => (a, *bits),
        };
        // Octets past the transmitted ones are zero-filled: only the last one can hold host bits.
        match bits % 8 {
            0 => false,
            used => octets[usize::from(bits / 8)] & (0xff >> used) != 0,
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Prefix::V4(a, bits) => write!(f, "{}/{bits}", Ipv4Addr::from(*a)),
            Prefix::V6(a, bits) => write!(f, "{}/{bits}", Ipv6Addr::from(*a)),
        }
    }
}

/// A route distinguisher or peer distinguisher: 8 octets, type first (RFC 4364 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct RouteDistinguisher(pub [u8; 8]);

impl RouteDistinguisher {
    /// The type: 0 (2-octet AS), 1 (IPv4 address), 2 (4-octet AS); others are unassigned.
    #[must_use]
    pub fn kind(&self) -> u16 {
        u16::from_be_bytes([self.0[0], self.0[1]])
    }

    /// Whether all eight octets are zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0 == [0; 8]
    }
}

impl fmt::Display for RouteDistinguisher {
    /// `type:administrator:number`; an unknown type gives `unknown`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [_, _, a, b, c, d, e, g] = self.0;
        match self.kind() {
            0 => write!(f, "0:{}:{}", u16::from_be_bytes([a, b]), u32::from_be_bytes([c, d, e, g])),
            1 => write!(f, "1:{}:{}", Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([e, g])),
            2 => write!(f, "2:{}:{}", u32::from_be_bytes([a, b, c, d]), u16::from_be_bytes([e, g])),
            _ => f.write_str("unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_bits_are_seen_only_inside_the_last_octet() {
        assert!(Prefix::V4([10, 1, 47, 0], 20).has_host_bits());
        assert!(!Prefix::V4([10, 1, 32, 0], 20).has_host_bits());
        assert!(!Prefix::V4([10, 1, 32, 1], 32).has_host_bits());
        assert!(!Prefix::V6([0; 16], 0).has_host_bits());
        assert!(!Prefix::V6([255; 16], 128).has_host_bits());
    }

    #[test]
    fn distinguishers_print_by_type() {
        assert_eq!(RouteDistinguisher([0, 0, 0xfb, 0xf3, 0, 0, 0, 82]).to_string(), "0:64499:82");
        assert_eq!(RouteDistinguisher([0, 1, 192, 0, 2, 7, 0, 15]).to_string(), "1:192.0.2.7:15");
        assert_eq!(RouteDistinguisher([0, 2, 250, 86, 234, 0, 0, 7]).to_string(), "2:4200000000:7");
        assert_eq!(RouteDistinguisher([0, 3, 0, 0, 0, 0, 0, 0]).to_string(), "unknown");
    }
}
