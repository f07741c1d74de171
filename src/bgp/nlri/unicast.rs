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

    /// The same walk without the address.
    #[inline]
    fn walk(r: &mut Reader<'_>) -> Result<bool, WireError> {
        let at = r.offset();
        let bits = usize::from(r.u8("prefix length")?);
        if bits > N * 8 {
            return Err(WireError::invalid("prefix length", at, bits as u64));
        }
        let octets = r.take("prefix", bits.div_ceil(8))?;
        let beyond = 0xff_u8 >> (bits % 8);
        Ok(bits % 8 != 0 && octets.last().is_some_and(|last| last & beyond != 0))
    }
}

impl<const N: usize> Unicast<N> {
    #[inline]
    fn pass_all(octets: &[u8]) -> (usize, u32, bool) {
        let (mut left, mut count, mut host_bits) = (octets, 0, 0);
        while let Some(&bits) = left.first() {
            let len = usize::from(bits).div_ceil(8);
            // With a length of 0 this is the length itself.
            let Some(last) = left.get(len) else { break };
            if usize::from(bits) > N * 8 {
                break;
            }
            // None of the last octet's bits are beyond a length of whole octets.
            host_bits |= last & 0x7f_u8 >> (bits.wrapping_sub(1) & 7);
            count += 1;
            left = &left[len + 1..];
        }
        (octets.len() - left.len(), count, host_bits != 0)
    }
}

impl<'a> Nlri<'a> for Ipv4 {
    #[inline]
    fn pass(octets: &[u8]) -> (usize, u32, bool) {
        Self::pass_all(octets)
    }

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

    #[inline]
    fn skip(r: &mut Reader<'a>, _announced: bool) -> Result<bool, WireError> {
        Self::walk(r)
    }
}

impl<'a> Nlri<'a> for Ipv6 {
    #[inline]
    fn pass(octets: &[u8]) -> (usize, u32, bool) {
        Self::pass_all(octets)
    }

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

    #[inline]
    fn skip(r: &mut Reader<'a>, _announced: bool) -> Result<bool, WireError> {
        Self::walk(r)
    }
}
