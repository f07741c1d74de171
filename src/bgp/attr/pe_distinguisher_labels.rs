//! PE Distinguisher Labels: pairs of PE address(4 or 16) · label(3) (RFC 6514 §8).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::{Fields, Item, List, Reader, WireError};

/// A label in 3 octets, as label fields of MPLS VPNs have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelField(pub [u8; 3]);

impl LabelField {
    /// The field of a label of 20 bits, with the lowest 4 bits zero.
    #[must_use]
    pub fn new(label: u32) -> Self {
        let [_, octets @ ..] = (label << 4).to_be_bytes();
        Self(octets)
    }

    /// The label: the high-order 20 bits.
    #[must_use]
    pub fn label(self) -> u32 {
        let [a, b, c] = self.0;
        u32::from_be_bytes([0, a, b, c]) >> 4
    }
}

/// A PE and the label that distinguishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeLabel<A> {
    /// The PE's address.
    pub pe: A,
    /// Its label.
    pub label: LabelField,
}

/// Pairs with addresses of one family.
macro_rules! pairs {
    ($($address:ty, $size:literal)+) => {$(
        impl Item<'_> for PeLabel<$address> {
            const SIZE: usize = $size + 3;

            fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
                let pe = r.array::<$size>("PE address")?.into();
                Ok(Self { pe, label: LabelField(r.array("PE distinguisher label")?) })
            }
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.pe.octets());
                out.extend_from_slice(&self.label.0);
            }
            fn describe(&self, fields: &mut dyn Fields) {
                fields.group("", &mut |fields| {
                    fields.text("pe_address", &self.pe);
                    fields.number("label", self.label.label().into());
                });
            }
        }
    )+};
}

pairs! { Ipv4Addr, 4 Ipv6Addr, 16 }

/// The pairs of one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeDistinguisherLabels<'a> {
    /// PEs with IPv4 addresses.
    V4(List<'a, PeLabel<Ipv4Addr>>),
    /// PEs with IPv6 addresses.
    V6(List<'a, PeLabel<Ipv6Addr>>),
}

impl<'a> Value<'a> for PeDistinguisherLabels<'a> {
    /// The family of the addresses is that of the route's next hop, which is not looked at here:
    /// the length tells it, but for 133 octets and multiples of them, which are taken as IPv4.
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        let v4 = PeLabel::<Ipv4Addr>::SIZE;
        let v6 = PeLabel::<Ipv6Addr>::SIZE;
        match value.len() {
            len if len.is_multiple_of(v4) => List::parse(value).map(Self::V4),
            len if len.is_multiple_of(v6) => List::parse(value).map(Self::V6),
            len => {
                let what = "PE Distinguisher Labels length";
                Err(WireError::invalid(what, value.offset(), len as u64))
            }
        }
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        match self {
            Self::V4(pairs) => pairs.encode(out),
            Self::V6(pairs) => pairs.encode(out),
        }
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        match self {
            Self::V4(pairs) => pairs.describe(name, fields),
            Self::V6(pairs) => pairs.describe(name, fields),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LabelField;
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, sound};

    const CODE: AttributeCode = AttributeCode::PeDistinguisherLabels;

    #[test]
    fn the_length_tells_the_family_of_the_addresses() {
        sound(
            CODE,
            "0a0a0a01 04e380 0a0a1402 04e3c0",
            "pe_distinguisher_labels=[{pe_address=10.10.10.1 label=20024}, \
             {pe_address=10.10.20.2 label=20028}]",
        );
        sound(
            CODE,
            "20010db8000000000000000000000001 000101",
            "pe_distinguisher_labels=[{pe_address=2001:db8::1 label=16}]",
        );
        malformed(CODE, "0a0a0a01 04e3", "PE Distinguisher Labels length", 0);
        assert_eq!(LabelField::new(20024), LabelField([4, 0xe3, 0x80]));
    }
}
