//! VPN: length in bits of all that follows(1) · label stack(3 each) · route distinguisher(8) ·
//! prefix (RFC 4364 §4.3.4, RFC 4659 §3.2, RFC 8277 §2). VPN multicast: the same without labels
//! (SAFI 129, RFC 6514).

use super::prefix::{LabelStack, example_label, example_prefix, prefix, write_prefix};
use super::{Nlri, Visit};
use crate::wire::{Fields, Prefix, Reader, RouteDistinguisher, WireError};

/// Bits of a route distinguisher.
const RD_BITS: u8 = 64;

/// A VPN route. 12 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vpn<'a, const V6: bool> {
    /// Its labels.
    pub labels: LabelStack<'a>,
    /// Its route distinguisher.
    pub distinguisher: RouteDistinguisher,
    /// Its prefix.
    pub prefix: Prefix,
}

/// A VPN multicast route, which has no labels. 9 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VpnMulticast<const V6: bool> {
    /// Its route distinguisher.
    pub distinguisher: RouteDistinguisher,
    /// Its prefix.
    pub prefix: Prefix,
}

/// IPv4 (1/128).
pub(super) type Ipv4<'a> = Vpn<'a, false>;
/// IPv6 (2/128).
pub(super) type Ipv6<'a> = Vpn<'a, true>;
/// IPv4 multicast (1/129).
pub(super) type Ipv4Multicast = VpnMulticast<false>;
/// IPv6 multicast (2/129).
pub(super) type Ipv6Multicast = VpnMulticast<true>;

/// Reads distinguisher and prefix, of `bits` bits together.
#[inline]
fn distinguished<const V6: bool>(
    r: &mut Reader<'_>,
    bits: u8,
    at: usize,
) -> Result<(RouteDistinguisher, Prefix), WireError> {
    let Some(bits) = bits.checked_sub(RD_BITS) else {
        return Err(WireError::invalid("prefix length with distinguisher", at, bits.into()));
    };
    let distinguisher = RouteDistinguisher(r.array("route distinguisher")?);
    Ok((distinguisher, prefix::<V6>(r, bits, at)?))
}

/// The `index`-th of distinguishers with a 2-octet AS number; they repeat.
pub(super) fn example_rd(index: u32) -> RouteDistinguisher {
    let [.., a, b] = index.to_be_bytes();
    RouteDistinguisher([0, 0, 0xfd, 0xe9, 0, 0, a, b])
}

impl<'a, const V6: bool> Nlri<'a> for Vpn<'a, V6> {
    const HOT: bool = true;

    fn parse(r: &mut Reader<'a>, announced: bool) -> Result<Self, WireError> {
        let at = r.offset();
        let bits = r.u8("prefix length")?;
        let (labels, bits) = LabelStack::read(r, bits, announced)?;
        let (distinguisher, prefix) = distinguished::<V6>(r, bits, at)?;
        Ok(Self { labels, distinguisher, prefix })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let bits = self.labels.bits() + usize::from(RD_BITS) + usize::from(self.prefix.bits());
        out.push(bits as u8);
        out.extend_from_slice(self.labels.octets());
        out.extend_from_slice(&self.distinguisher.0);
        write_prefix(&self.prefix, out);
    }

    fn distinguisher(&self) -> Option<RouteDistinguisher> {
        Some(self.distinguisher)
    }

    fn describe(&self, fields: &mut dyn Fields) {
        self.labels.describe(fields);
        fields.text("prefix", &self.prefix);
    }

    fn visit<V: Visit + ?Sized>(&self, v: &mut V) {
        v.label(self.labels.bottom());
        v.distinguisher(self.distinguisher);
        v.prefix(self.prefix);
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        let (label, distinguisher) = (example_label(index), example_rd(index));
        let labels = LabelStack::new(&label);
        Vpn::<V6> { labels, distinguisher, prefix: example_prefix::<V6>(index) }.encode(out);
    }

    fn is_doubtful(&self) -> bool {
        self.prefix.has_host_bits()
    }
}

impl<'a, const V6: bool> Nlri<'a> for VpnMulticast<V6> {
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        let at = r.offset();
        let bits = r.u8("prefix length")?;
        let (distinguisher, prefix) = distinguished::<V6>(r, bits, at)?;
        Ok(Self { distinguisher, prefix })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(RD_BITS.saturating_add(self.prefix.bits()));
        out.extend_from_slice(&self.distinguisher.0);
        write_prefix(&self.prefix, out);
    }

    fn distinguisher(&self) -> Option<RouteDistinguisher> {
        Some(self.distinguisher)
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.text("prefix", &self.prefix);
    }

    fn visit<V: Visit + ?Sized>(&self, v: &mut V) {
        v.distinguisher(self.distinguisher);
        v.prefix(self.prefix);
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        let (distinguisher, prefix) = (example_rd(index), example_prefix::<V6>(index));
        Self { distinguisher, prefix }.encode(out);
    }

    fn is_doubtful(&self) -> bool {
        self.prefix.has_host_bits()
    }
}

#[cfg(test)]
mod tests {
    use super::{VpnMulticast, example_rd};
    use crate::bgp::nlri::Nlri as _;
    use crate::bgp::nlri::testing::{malformed, sound, withdrawn};
    use crate::wire::{Family, Prefix};

    #[test]
    fn vpn_routes_have_labels_a_distinguisher_and_a_prefix() {
        let (v4, v6) = (Family::IPV4_VPN, Family::IPV6_VPN);
        sound(
            v4,
            "70 000141 0000fde900000005 0a0102",
            "rd=0:65001:5 labels=[20] prefix=10.1.2.0/24",
        );
        sound(
            v4,
            "88 000140 000151 0001c00002070005 0a0102",
            "rd=1:192.0.2.7:5 labels=[20, 21] prefix=10.1.2.0/24",
        );
        withdrawn(v6, "58 800000 0000fde900000005", "rd=0:65001:5 labels=[524288] prefix=::/0");
        malformed(v4, "57 000141 0000fde900000005", "prefix length with distinguisher", 0);
        malformed(v4, "79 000141 0000fde900000005 0a01020304", "prefix length", 0);
        malformed(v4, "30 000140 000140", "prefix length with labels", 7);
    }

    #[test]
    fn vpn_multicast_routes_have_no_labels() {
        sound(Family::new(1, 129), "58 0000fde900000005 0a0102", "rd=0:65001:5 prefix=10.1.2.0/24");
        sound(Family::new(2, 129), "40 0000fde900000005", "rd=0:65001:5 prefix=::/0");
        let short = "3f 0000fde900000005";
        malformed(Family::new(2, 129), short, "prefix length with distinguisher", 0);
    }

    #[test]
    fn prefixes_that_are_none_are_written_without_a_panic() {
        let mut out = Vec::new();
        let prefix = Prefix::V4([10, 0, 0, 0], u8::MAX);
        VpnMulticast::<false> { distinguisher: example_rd(0), prefix }.encode(&mut out);
        assert_eq!((out.len(), out[0]), (9, u8::MAX));
    }
}
