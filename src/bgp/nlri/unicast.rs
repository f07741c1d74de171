//! Unicast: length in bits(1) · prefix (RFC 4271 §4.3, RFC 4760 §5).

use super::{Nlri, Visit, prefix_octets};
use crate::wire::{Prefix, Reader, WireError};

/// A route of N address octets.
pub(super) struct Unicast<const N: usize> {
    bits: u8,
    address: [u8; N],
}

/// IPv4 (1/1).
pub(super) type Ipv4 = Unicast<4>;
/// IPv6 (2/1).
pub(super) type Ipv6 = Unicast<16>;

impl<const N: usize> Unicast<N> {
    #[inline]
    fn read(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let at = r.offset();
        let bits = r.u8("prefix length")?;
        Ok(Self { bits, address: prefix_octets(r, bits, at)? })
    }
}

impl<'a> Nlri<'a> for Ipv4 {
    #[inline]
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        Self::read(r)
    }

    #[inline]
    fn visit<V: Visit>(&self, v: &mut V) {
        v.prefix(Prefix::V4(self.address, self.bits));
    }

    fn has_host_bits(&self) -> bool {
        Prefix::V4(self.address, self.bits).has_host_bits()
    }
}

impl<'a> Nlri<'a> for Ipv6 {
    #[inline]
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        Self::read(r)
    }

    #[inline]
    fn visit<V: Visit>(&self, v: &mut V) {
        v.prefix(Prefix::V6(self.address, self.bits));
    }

    fn has_host_bits(&self) -> bool {
        Prefix::V6(self.address, self.bits).has_host_bits()
    }
}
