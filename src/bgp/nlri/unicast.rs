//! Unicast and multicast: length in bits(1) · prefix (RFC 4271 §4.3, RFC 4760 §5).

use super::prefix::{example_prefix, prefix_octets, write_prefix};
use super::{Nlri, Visit};
use crate::wire::{Fields, Prefix, Reader, WireError};

/// A route of N address octets. 1 octet and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unicast<const N: usize> {
    /// Length in bits.
    pub bits: u8,
    /// The address.
    pub address: [u8; N],
}

/// IPv4 (1/1, 1/2).
pub(super) type Ipv4 = Unicast<4>;
/// IPv6 (2/1, 2/2).
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
    fn count_all(octets: &[u8], add_path: bool) -> Option<u32> {
        let identifier = if add_path { 4 } else { 0 };
        let (mut left, mut count) = (octets, 0);
        while !left.is_empty() {
            let bits = usize::from(*left.get(identifier)?);
            if bits > N * 8 {
                return None;
            }
            left = left.get(identifier + 1 + ((bits + 7) >> 3)..)?;
            count += 1;
        }
        Some(count)
    }
}

impl Ipv4 {
    /// The prefix.
    #[inline]
    #[must_use]
    pub fn prefix(&self) -> Prefix {
        Prefix::V4(self.address, self.bits)
    }
}

impl Ipv6 {
    /// The prefix.
    #[inline]
    #[must_use]
    pub fn prefix(&self) -> Prefix {
        Prefix::V6(self.address, self.bits)
    }
}

/// The four octets at `at`, with zeros for those beyond the end; `None` of less than four octets.
#[inline]
fn four(octets: &[u8], at: usize) -> Option<u64> {
    let begin = at.min(octets.len().checked_sub(4)?);
    let word = u32::from_be_bytes(*octets.get(begin..)?.first_chunk()?);
    Some(u64::from(word) << ((8 * (at - begin)) & 63))
}

/// The same with sixteen.
#[inline]
fn sixteen(octets: &[u8], at: usize) -> Option<u128> {
    let begin = at.min(octets.len().checked_sub(16)?);
    let word = u128::from_be_bytes(*octets.get(begin..)?.first_chunk()?);
    Some(word.checked_shl(8 * (at - begin) as u32).unwrap_or(0))
}

impl<'a> Nlri<'a> for Ipv4 {
    const HOT: bool = true;

    #[inline]
    fn visit_front<V: Visit + ?Sized>(octets: &[u8], v: &mut V) -> (usize, bool) {
        let mut used = 0;
        while let Some(&bits) = octets.get(used) {
            let len = (usize::from(bits) + 7) >> 3;
            let next = used + 1 + len;
            let Some(word) = four(octets, used + 1) else { break };
            if bits > 32 || next > octets.len() {
                break;
            }
            let keep = u64::MAX << (32 - 8 * len);
            used = next;
            if !v.sole_prefix(Prefix::V4(((word & keep) as u32).to_be_bytes(), bits)) {
                return (used, true);
            }
        }
        (used, false)
    }

    #[inline]
    fn count(octets: &[u8], add_path: bool) -> Option<u32> {
        Self::count_all(octets, add_path)
    }

    #[inline]
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        Self::read(r)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.bits);
        write_prefix(&self.prefix(), out);
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.text("prefix", &self.prefix());
    }

    #[inline]
    fn visit<V: Visit + ?Sized>(&self, v: &mut V) {
        v.prefix(self.prefix());
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        let prefix = example_prefix::<false>(index);
        out.push(prefix.bits());
        write_prefix(&prefix, out);
    }

    fn is_doubtful(&self) -> bool {
        self.prefix().has_host_bits()
    }

    #[inline]
    fn skip(r: &mut Reader<'a>, _announced: bool) -> Result<bool, WireError> {
        Self::walk(r)
    }
}

impl<'a> Nlri<'a> for Ipv6 {
    const HOT: bool = true;

    #[inline]
    fn visit_front<V: Visit + ?Sized>(octets: &[u8], v: &mut V) -> (usize, bool) {
        let mut used = 0;
        while let Some(&bits) = octets.get(used) {
            let len = (usize::from(bits) + 7) >> 3;
            let next = used + 1 + len;
            let Some(word) = sixteen(octets, used + 1) else { break };
            if bits > 128 || next > octets.len() {
                break;
            }
            let keep = u128::MAX.checked_shl(128 - 8 * len as u32).unwrap_or(0);
            used = next;
            if !v.sole_prefix(Prefix::V6((word & keep).to_be_bytes(), bits)) {
                return (used, true);
            }
        }
        (used, false)
    }

    #[inline]
    fn count(octets: &[u8], add_path: bool) -> Option<u32> {
        Self::count_all(octets, add_path)
    }

    #[inline]
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        Self::read(r)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.bits);
        write_prefix(&self.prefix(), out);
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.text("prefix", &self.prefix());
    }

    #[inline]
    fn visit<V: Visit + ?Sized>(&self, v: &mut V) {
        v.prefix(self.prefix());
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        let prefix = example_prefix::<true>(index);
        out.push(prefix.bits());
        write_prefix(&prefix, out);
    }

    fn is_doubtful(&self) -> bool {
        self.prefix().has_host_bits()
    }

    #[inline]
    fn skip(r: &mut Reader<'a>, _announced: bool) -> Result<bool, WireError> {
        Self::walk(r)
    }
}
