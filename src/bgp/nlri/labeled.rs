//! Labeled unicast: length in bits of all that follows(1) · label stack(3 each) · prefix (RFC 8277
//! §2).

use super::prefix::{LabelStack, example_label, example_prefix, prefix, write_prefix};
use super::{Nlri, Visit};
use crate::wire::{Fields, Prefix, Reader, WireError};

/// A labeled route. 4 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Labeled<'a, const V6: bool> {
    /// Its labels.
    pub labels: LabelStack<'a>,
    /// Its prefix.
    pub prefix: Prefix,
}

/// IPv4 (1/4).
pub(super) type Ipv4<'a> = Labeled<'a, false>;
/// IPv6 (2/4).
pub(super) type Ipv6<'a> = Labeled<'a, true>;

impl<'a, const V6: bool> Nlri<'a> for Labeled<'a, V6> {
    const HOT: bool = true;

    fn parse(r: &mut Reader<'a>, announced: bool) -> Result<Self, WireError> {
        let at = r.offset();
        let bits = r.u8("prefix length")?;
        let (labels, bits) = LabelStack::read(r, bits, announced)?;
        Ok(Self { labels, prefix: prefix::<V6>(r, bits, at)? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push((self.labels.bits() + usize::from(self.prefix.bits())) as u8);
        out.extend_from_slice(self.labels.octets());
        write_prefix(&self.prefix, out);
    }

    fn describe(&self, fields: &mut dyn Fields) {
        self.labels.describe(fields);
        fields.text("prefix", &self.prefix);
    }

    fn visit<V: Visit + ?Sized>(&self, v: &mut V) {
        v.label(self.labels.bottom());
        v.prefix(self.prefix);
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        let (label, prefix) = (example_label(index), example_prefix::<V6>(index));
        Labeled::<V6> { labels: LabelStack::new(&label), prefix }.encode(out);
    }

    fn is_doubtful(&self) -> bool {
        self.prefix.has_host_bits()
    }
}

#[cfg(test)]
mod tests {
    use crate::bgp::nlri::testing::{malformed, sound};
    use crate::wire::Family;

    #[test]
    fn labeled_routes_have_labels_and_a_prefix() {
        sound(Family::IPV4_LABELED, "38 000140 000201 0a", "labels=[20, 32] prefix=10.0.0.0/8");
        sound(Family::IPV6_LABELED, "38 000141 20010db8", "labels=[20] prefix=2001:db8::/32");
        malformed(Family::IPV4_LABELED, "39 000141 0a010203 04", "prefix length", 0);
        malformed(Family::IPV4_LABELED, "28 000141 0a", "prefix", 4);
    }
}
