//! What the NLRI of many families are made of: prefixes and label stacks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::wire::{Fields, Part, Prefix, Reader, WireError};

/// Reads the octets of a prefix of `bits` bits.
#[inline]
pub(super) fn prefix_octets<const N: usize>(
    r: &mut Reader<'_>,
    bits: u8,
    at: usize,
) -> Result<[u8; N], WireError> {
    if usize::from(bits) > N * 8 {
        return Err(WireError::invalid("prefix length", at, bits.into()));
    }
    let len = usize::from(bits).div_ceil(8);
    let mut address = [0; N];
    // A masked copy of fixed size stays in registers; one of `len` octets is a call.
    if let (4, Some(all)) = (N, r.peek().first_chunk::<4>()) {
        r.take("prefix", len)?;
        let keep = u32::MAX.checked_shl(32 - 8 * len as u32).unwrap_or(0);
        address.copy_from_slice(&(u32::from_be_bytes(*all) & keep).to_be_bytes()[..N.min(4)]);
    } else if let (16, Some(all)) = (N, r.peek().first_chunk::<16>()) {
        r.take("prefix", len)?;
        let keep = u128::MAX.checked_shl(128 - 8 * len as u32).unwrap_or(0);
        address.copy_from_slice(&(u128::from_be_bytes(*all) & keep).to_be_bytes()[..N.min(16)]);
    } else {
        let octets = r.take("prefix", len)?;
        address[..octets.len()].copy_from_slice(octets);
    }
    Ok(address)
}

/// Reads the prefix of `bits` bits that an NLRI ends with; `at` is the offset of its length.
#[inline]
pub(super) fn prefix<const V6: bool>(
    r: &mut Reader<'_>,
    bits: u8,
    at: usize,
) -> Result<Prefix, WireError> {
    Ok(match V6 {
        false => Prefix::V4(prefix_octets(r, bits, at)?, bits),
        true => Prefix::V6(prefix_octets(r, bits, at)?, bits),
    })
}

/// Reads a prefix behind its length in bits(1).
pub(super) fn sized_prefix<const V6: bool>(r: &mut Reader<'_>) -> Result<Prefix, WireError> {
    let at = r.offset();
    let bits = r.u8("prefix length")?;
    prefix::<V6>(r, bits, at)
}

/// Appends a prefix behind its length.
pub(super) fn write_sized_prefix(prefix: &Prefix, out: &mut Vec<u8>) {
    out.push(prefix.bits());
    write_prefix(prefix, out);
}

/// Appends the octets of a prefix, without its length.
pub(super) fn write_prefix(prefix: &Prefix, out: &mut Vec<u8>) {
    let len = usize::from(prefix.bits()).div_ceil(8);
    let octets = match prefix {
        Prefix::V4(octets, _) => octets.get(..len),
        Prefix::V6(octets, _) => octets.get(..len),
    };
    out.extend_from_slice(octets.unwrap_or_default());
}

/// Whether bits beyond the first `bits` are set in the last of the `octets` that hold them.
pub(super) fn has_bits_beyond(octets: &[u8], bits: u8) -> bool {
    match bits % 8 {
        0 => false,
        used => octets.last().is_some_and(|last| last & (0xff >> used) != 0),
    }
}

/// The `index`-th of prefixes that do not repeat: host routes of IPv4, /64 of IPv6.
pub(super) fn example_prefix<const V6: bool>(index: u32) -> Prefix {
    match V6 {
        false => Prefix::V4((0x0a00_0000 ^ index).to_be_bytes(), 32),
        true => {
            let mut octets = [0; 16];
            octets[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
            octets[4..8].copy_from_slice(&index.to_be_bytes());
            Prefix::V6(octets, 64)
        }
    }
}

/// Reads an address of 4 octets, or of 16.
pub(super) fn address<const V6: bool>(
    r: &mut Reader<'_>,
    what: &'static str,
) -> Result<IpAddr, WireError> {
    match V6 {
        false => Ipv4Addr::read(r, what).map(IpAddr::V4),
        true => Ipv6Addr::read(r, what).map(IpAddr::V6),
    }
}

/// The `index`-th of addresses that do not repeat: the first ones of the example prefixes.
pub(super) fn example_address<const V6: bool>(index: u32) -> IpAddr {
    match example_prefix::<V6>(index) {
        Prefix::V4(octets, _) => IpAddr::V4(octets.into()),
        Prefix::V6(octets, _) => IpAddr::V6(octets.into()),
    }
}

/// The `index`-th of private AS numbers of 4 octets (RFC 6996 §5), one for each index below 2²⁴.
pub(super) fn example_as(index: u32) -> u32 {
    4_200_000_000 + index % (1 << 24)
}

/// A label stack (RFC 8277 §2): fields of label(20 bits) · traffic class(3) · bottom of stack(1),
/// one or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelStack<'a>(&'a [u8]);

impl<'a> LabelStack<'a> {
    /// Reads a stack off the front of an NLRI of `bits` bits, and returns the bits that are left.
    /// Withdrawn routes carry one field that need not end a stack (RFC 8277 §2.4).
    ///
    /// A field of 0x800000 or 0x000000 ends the stack even without the bottom-of-stack bit: the
    /// first is the withdrawal value of RFC 3107, the second is what FRR sends for "no label yet".
    ///
    /// # Errors
    /// It is longer than the NLRI.
    #[inline]
    pub fn read(r: &mut Reader<'a>, bits: u8, announced: bool) -> Result<(Self, u8), WireError> {
        let (all, mut left, mut fields) = (*r, bits, 0);
        loop {
            let at = r.offset();
            let Some(less) = left.checked_sub(24) else {
                return Err(WireError::invalid("prefix length with labels", at, left.into()));
            };
            left = less;
            fields += 1;
            let [a, b, c] = r.array("label")?;
            let field = u32::from_be_bytes([0, a, b, c]);
            if field & 1 == 1 || !announced || field == 0x80_0000 || field == 0 {
                let stack = all.peek().get(..3 * fields).unwrap_or_default();
                return Ok((Self(stack), left));
            }
        }
    }

    /// Of these fields, 3 octets each.
    #[must_use]
    pub fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// Its octets.
    #[must_use]
    pub fn octets(&self) -> &'a [u8] {
        self.0
    }

    /// Its labels (20 bits) from the top to the bottom.
    pub fn labels(&self) -> impl Iterator<Item = u32> + use<'a> {
        self.0.chunks_exact(3).map(|field| match *field {
            [a, b, c] => u32::from_be_bytes([0, a, b, c]) >> 4,
            _ => 0,
        })
    }

    /// The bottom label.
    #[inline]
    #[must_use]
    pub fn bottom(&self) -> u32 {
        match self.0.last_chunk() {
            Some(&[a, b, c]) => u32::from_be_bytes([0, a, b, c]) >> 4,
            None => 0,
        }
    }

    /// The bits that it takes.
    #[must_use]
    pub fn bits(&self) -> usize {
        8 * self.0.len()
    }

    /// Says which labels these are.
    pub fn describe(&self, fields: &mut dyn Fields) {
        fields.list("labels", &mut |fields| {
            self.labels().for_each(|label| label.describe_as("", fields));
        });
    }
}

/// The field of the label that the `index`-th example has, at the bottom of its stack.
pub(super) fn example_label(index: u32) -> [u8; 3] {
    let [_, a, b, c] = ((16 + index % 0xf_0000) << 4 | 1).to_be_bytes();
    [a, b, c]
}
