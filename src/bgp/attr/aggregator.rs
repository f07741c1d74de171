//! AGGREGATOR: AS number(2 or 4) · IPv4 address of the speaker that formed the aggregate
//! (RFC 4271 §5.1.7), and AS4_AGGREGATOR beside it, always with 4 octets (RFC 6793 §3).

use std::net::Ipv4Addr;

use super::Value;
use super::scalar::exact;
use crate::bgp::AsWidth;
use crate::bgp::encode::AS_TRANS;
use crate::wire::{Fields, Reader, WireError};

/// Who formed the aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aggregator {
    /// The AS number.
    pub asn: u32,
    /// The speaker's address; routers put their BGP Identifier here.
    pub address: Ipv4Addr,
    /// The width of the AS number on the wire: what the length says, whatever was negotiated.
    pub width: AsWidth,
}

/// AS4_AGGREGATOR: the AS number of AGGREGATOR in its full width (RFC 6793 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct As4Aggregator {
    /// The AS number.
    pub asn: u32,
    /// The speaker's address.
    pub address: Ipv4Addr,
}

impl Value<'_> for Aggregator {
    fn parse(value: Reader<'_>, _: AsWidth) -> Result<Self, WireError> {
        if value.len() == 6 {
            let [a, b, address @ ..] = exact::<6>(value, "AGGREGATOR")?;
            let asn = u16::from_be_bytes([a, b]).into();
            return Ok(Self { asn, address: address.into(), width: AsWidth::Two });
        }
        let (asn, address) = eight(value, "AGGREGATOR")?;
        Ok(Self { asn, address, width: AsWidth::Four })
    }
    /// An AS number too large for [`Aggregator::width`] becomes AS_TRANS (RFC 6793 §4.2.2).
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        match self.width {
            AsWidth::Two => {
                let asn = u16::try_from(self.asn).unwrap_or(AS_TRANS);
                out.extend_from_slice(&asn.to_be_bytes());
            }
            AsWidth::Four => out.extend_from_slice(&self.asn.to_be_bytes()),
        }
        out.extend_from_slice(&self.address.octets());
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        describe(name, self.asn, self.address, fields);
    }
}

impl Value<'_> for As4Aggregator {
    fn parse(value: Reader<'_>, _: AsWidth) -> Result<Self, WireError> {
        eight(value, "AS4_AGGREGATOR").map(|(asn, address)| Self { asn, address })
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.asn.to_be_bytes());
        out.extend_from_slice(&self.address.octets());
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        describe(name, self.asn, self.address, fields);
    }
}

fn eight(value: Reader<'_>, what: &'static str) -> Result<(u32, Ipv4Addr), WireError> {
    let [a, b, c, d, address @ ..] = exact::<8>(value, what)?;
    Ok((u32::from_be_bytes([a, b, c, d]), address.into()))
}

fn describe(name: &'static str, asn: u32, address: Ipv4Addr, fields: &mut dyn Fields) {
    fields.group(name, &mut |fields| {
        fields.number("asn", asn.into());
        fields.text("address", &address);
    });
}

#[cfg(test)]
mod tests {
    use crate::bgp::attr::AttributeCode as Code;
    use crate::bgp::attr::testing::{malformed, sound};

    #[test]
    fn the_length_says_the_width_of_the_as_number() {
        sound(Code::Aggregator, "face cafebabe", "aggregator={asn=64206 address=202.254.186.190}");
        let four = "0000fe57 0a4001f6";
        sound(Code::Aggregator, four, "aggregator={asn=65111 address=10.64.1.246}");
        let as4 = "56781234 c0a80402";
        sound(Code::As4Aggregator, as4, "as4_aggregator={asn=1450709556 address=192.168.4.2}");
    }

    #[test]
    fn other_lengths_are_malformed() {
        malformed(Code::Aggregator, "", "AGGREGATOR", 0);
        malformed(Code::Aggregator, "facecafebabe00", "AGGREGATOR", 0);
        malformed(Code::Aggregator, "0000fe570a4001f600", "AGGREGATOR", 8);
        malformed(Code::As4Aggregator, "facecafebabe", "AS4_AGGREGATOR", 0);
        malformed(Code::As4Aggregator, "0000fe570a4001f600", "AS4_AGGREGATOR", 8);
    }
}
