//! ATTR_SET: the attributes that a route had in a customer's network: origin AS(4) · path
//! attributes (RFC 6368 §5).

use super::{AttributeCode, Attributes, Value, describe_all};
use crate::bgp::AsWidth;
use crate::wire::{Fields, Reader, WireError};

/// The parts of ATTR_SET.
#[derive(Debug, Clone, Copy)]
pub struct AttrSet<'a> {
    /// The AS number of the customer's network.
    pub origin_as: u32,
    attributes: Reader<'a>,
}

impl<'a> AttrSet<'a> {
    /// A set of the attributes in `octets`.
    ///
    /// # Errors
    /// An attribute is cut short, or is an ATTR_SET itself.
    pub fn new(origin_as: u32, octets: Reader<'a>) -> Result<Self, WireError> {
        for attribute in Attributes::new(octets) {
            let attribute = attribute?;
            if attribute.code == AttributeCode::AttrSet {
                let at = attribute.reader().offset();
                return Err(WireError::invalid(
                    "ATTR_SET in ATTR_SET",
                    at,
                    attribute.code.0.into(),
                ));
            }
        }
        Ok(Self { origin_as, attributes: octets })
    }

    /// The attributes, whose AS numbers have 4 octets ([`AttrSet::AS_WIDTH`]).
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes::new(self.attributes)
    }

    /// The width of AS numbers in the attributes of a set, whatever the session's (RFC 6368 §5).
    pub const AS_WIDTH: AsWidth = AsWidth::Four;
}

impl PartialEq for AttrSet<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.origin_as, self.attributes.peek()) == (other.origin_as, other.attributes.peek())
    }
}

impl Eq for AttrSet<'_> {}

impl<'a> Value<'a> for AttrSet<'a> {
    fn parse(mut value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        let origin_as = value.u32("ATTR_SET origin AS")?;
        Self::new(origin_as, value)
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.origin_as.to_be_bytes());
        out.extend_from_slice(self.attributes.peek());
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            fields.number("origin_as", self.origin_as.into());
            fields.group("attributes", &mut |fields| {
                describe_all(self.attributes, Self::AS_WIDTH, fields);
            });
        });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::bgp::attr::testing::{malformed, octets, sound};

    const CODE: AttributeCode = AttributeCode::AttrSet;

    #[test]
    fn nested_attributes_are_described() {
        sound(
            CODE,
            "0000fde8 40010100 400200 40050400000064",
            "attr_set={origin_as=65000 attributes={origin=IGP as_path=[] local_pref=100}}",
        );
        sound(
            CODE,
            "00000001 400200 c0c8020707 400102ffff",
            "attr_set={origin_as=1 attributes={as_path=[] \
             malformed_attributes=[{code=1 flags=64 value=ffff}] \
             unknown_attributes=[{code=200 flags=192 value=0707}]}}",
        );
        sound(CODE, "00000007", "attr_set={origin_as=7 attributes={}}");
    }

    #[test]
    fn cut_and_nested_sets_are_malformed() {
        malformed(CODE, "0000fd", "ATTR_SET origin AS", 0);
        malformed(CODE, "0000fde8 400102 00", "attribute value", 7);
        malformed(CODE, "0000fde8 c080 04 00000001", "ATTR_SET in ATTR_SET", 7);
        // A set cannot be built with what it could not be read with either.
        assert!(AttrSet::new(1, Reader::new(&octets("c080 04 00000001"))).is_err());
        assert!(AttrSet::new(1, Reader::new(&octets("400101"))).is_err());
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(origin_as: u32, pref: u32, asns: Vec<u32>, other: [u8; 9]) {
            let mut nested = Vec::new();
            crate::bgp::encode::local_pref(&mut nested, pref);
            nested.extend([0xc0, 200, 9]);
            nested.extend(other);
            if let Ok(count @ 1..=60) = u8::try_from(asns.len()) {
                nested.extend([0x40, 2, 2 + 4 * count, 2, count]);
                asns.iter().for_each(|asn| nested.extend(asn.to_be_bytes()));
            }
            let set = AttrSet::new(origin_as, Reader::new(&nested)).unwrap();
            let mut written = Vec::new();
            set.encode(AsWidth::Two, &mut written);
            let read = AttrSet::parse(Reader::new(&written), AsWidth::Two).unwrap();
            proptest::prop_assert_eq!(&read, &set);
            let codes: Vec<u8> = read.attributes().flatten().map(|a| a.code.0).collect();
            proptest::prop_assert_eq!(codes.get(..2), Some(&[5, 200][..]));
        }
    }
}
