//! VPN: length in bits of all that follows(1) · label stack(3 each) · route distinguisher(8) ·
//! prefix (RFC 4364 §4.3.4, RFC 4659 §3.2, RFC 8277 §2).

use super::{Nlri, Visit, label_stack, prefix_octets};
use crate::wire::{Prefix, Reader, RouteDistinguisher, WireError};

/// A VPN route.
pub(super) struct Vpn<const V6: bool> {
    label: u32,
    distinguisher: RouteDistinguisher,
    prefix: Prefix,
}

/// IPv4 (1/128).
pub(super) type Ipv4 = Vpn<false>;
/// IPv6 (2/128).
pub(super) type Ipv6 = Vpn<true>;

impl<'a, const V6: bool> Nlri<'a> for Vpn<V6> {
    fn parse(r: &mut Reader<'a>, announced: bool) -> Result<Self, WireError> {
        let at = r.offset();
        let bits = r.u8("prefix length")?;
        let (bits, label) = label_stack(r, bits, announced)?;
        let Some(bits) = bits.checked_sub(64) else {
            return Err(WireError::invalid("prefix length with distinguisher", at, bits.into()));
        };
        let distinguisher = RouteDistinguisher(r.array("route distinguisher")?);
        let prefix = match V6 {
            false => Prefix::V4(prefix_octets(r, bits, at)?, bits),
            true => Prefix::V6(prefix_octets(r, bits, at)?, bits),
        };
        Ok(Self { label, distinguisher, prefix })
    }

    fn visit<V: Visit>(&self, v: &mut V) {
        v.label(self.label);
        v.distinguisher(self.distinguisher);
        v.prefix(self.prefix);
    }

    fn has_host_bits(&self) -> bool {
        self.prefix.has_host_bits()
    }
}
