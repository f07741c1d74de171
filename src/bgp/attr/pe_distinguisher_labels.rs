//! PE Distinguisher Labels: pairs of PE address(4 or 16) · label(3) (RFC 6514 §8).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::layout::fixed;
use crate::wire::{Fields, List, Part, Reader, WireError};

pub use crate::wire::LabelField;

/// A PE and the label that distinguishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeLabel<A> {
    /// The PE's address.
    pub pe: A,
    /// Its label.
    pub label: LabelField,
}

impl<'a, A: Part<'a>> Part<'a> for PeLabel<A> {
    const SIZE: usize = fixed(&[A::SIZE, LabelField::SIZE]);

    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        Ok(Self { pe: Part::read(r, what)?, label: Part::read(r, what)? })
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.pe.write(out);
        self.label.write(out);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            self.pe.describe_as("pe_address", fields);
            self.label.describe_as("label", fields);
        });
    }
}

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
        let v4 = <PeLabel<Ipv4Addr> as Part<'_>>::SIZE;
        let v6 = <PeLabel<Ipv6Addr> as Part<'_>>::SIZE;
        match value.len() {
            len if len > 0 && len.is_multiple_of(v4) => List::parse(value).map(Self::V4),
            len if len > 0 && len.is_multiple_of(v6) => List::parse(value).map(Self::V6),
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
        malformed(CODE, "", "PE Distinguisher Labels length", 0);
        malformed(CODE, "0a0a0a01 04e3", "PE Distinguisher Labels length", 0);
        assert_eq!(LabelField::new(20024), LabelField([4, 0xe3, 0x80]));
    }
}
