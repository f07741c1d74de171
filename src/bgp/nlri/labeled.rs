//! Labeled unicast: length in bits of all that follows(1) · label stack(3 each) · prefix (RFC 8277
//! §2).

use super::{Nlri, Visit, label_stack, prefix_octets};
use crate::wire::{Prefix, Reader, WireError};

/// A labeled route.
pub(super) struct Labeled<const V6: bool> {
    label: u32,
    prefix: Prefix,
}

/// IPv4 (1/4).
pub(super) type Ipv4 = Labeled<false>;
/// IPv6 (2/4).
pub(super) type Ipv6 = Labeled<true>;

impl<'a, const V6: bool> Nlri<'a> for Labeled<V6> {
    fn parse(r: &mut Reader<'a>, announced: bool) -> Result<Self, WireError> {
        let at = r.offset();
        let bits = r.u8("prefix length")?;
        let (bits, label) = label_stack(r, bits, announced)?;
        let prefix = match V6 {
            false => Prefix::V4(prefix_octets(r, bits, at)?, bits),
            true => Prefix::V6(prefix_octets(r, bits, at)?, bits),
        };
        Ok(Self { label, prefix })
    }

    fn visit<V: Visit>(&self, v: &mut V) {
        v.label(self.label);
        v.prefix(self.prefix);
    }

    fn has_host_bits(&self) -> bool {
        self.prefix.has_host_bits()
    }
}
