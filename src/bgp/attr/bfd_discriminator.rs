//! BFD Discriminator: BFD mode(1) · discriminator(4) · optional TLVs of type(1) · length(1) · value
//! (RFC 9026 §3.1.6).

use std::net::IpAddr;

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::layout::{Framing, Type8Length8, whole};
use crate::wire::{Fields, Item, List, Part, Reader, WireError, open_enum};

/// The least octets: mode, discriminator, and a TLV with an IPv4 address.
const LEN_MIN: usize = 11;
/// A TLV's type, length and itself in errors.
const TLV: [&str; 3] =
    ["BFD Discriminator TLV type", "BFD Discriminator TLV length", "BFD Discriminator TLV"];
/// Octets of a Source IP Address TLV with an IPv4 address.
const SOURCE_LEN_MIN: usize = 6;
/// Type of the Source IP Address TLV.
const SOURCE_IP_ADDRESS: u8 = 1;

open_enum! {
    /// What the BFD session is for.
    pub struct BfdMode(u8) {
        P2mp = 1 => "P2MP BFD Session",
    }
}

/// One optional TLV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BfdTlv<'a> {
    /// Type 1: the source address of the BFD Control packets.
    SourceAddress(IpAddr),
    /// Any other type, and its value.
    Unknown(u8, &'a [u8]),
}

impl<'a> Item<'a> for BfdTlv<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let (kind, value) = Type8Length8::parse(r, TLV)?;
        match kind {
            SOURCE_IP_ADDRESS => whole(value, "Source IP Address TLV").map(Self::SourceAddress),
            _ => Ok(Self::Unknown(kind, value.peek())),
        }
    }
    fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::SourceAddress(source) => {
                Type8Length8::encode(SOURCE_IP_ADDRESS, out, |out| source.write(out));
            }
            Self::Unknown(kind, value) => Type8Length8::encode(kind, out, |out| value.write(out)),
        }
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| match *self {
            Self::SourceAddress(address) => fields.text("source_ip_address", &address),
            Self::Unknown(kind, value) => {
                fields.number("type", kind.into());
                fields.octets("value", value);
            }
        });
    }
}

/// How a multicast sender's PE is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BfdDiscriminator<'a> {
    /// What the session is for.
    pub mode: BfdMode,
    /// The discriminator in its BFD Control packets.
    pub discriminator: u32,
    /// What else there is to say of it.
    pub tlvs: List<'a, BfdTlv<'a>>,
}

impl<'a> Value<'a> for BfdDiscriminator<'a> {
    /// The source's address is there, 4 octets or 16, where the session is of a P2MP tunnel.
    fn parse(mut value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        let end = value.offset() + value.len();
        if value.len() < LEN_MIN {
            let (at, len) = (value.offset(), value.len());
            return Err(WireError::short("BFD Discriminator", at, LEN_MIN, len));
        }
        let mode = BfdMode(value.u8("BFD mode")?);
        let discriminator = value.u32("BFD discriminator")?;
        let tlvs: List<'a, BfdTlv<'a>> = List::parse(value)?;
        let has_source = tlvs.iter().any(|tlv| matches!(tlv, BfdTlv::SourceAddress(_)));
        match mode {
            BfdMode::P2mp if !has_source => {
                Err(WireError::short("Source IP Address TLV", end, SOURCE_LEN_MIN, 0))
            }
            _ => Ok(Self { mode, discriminator, tlvs }),
        }
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        out.push(self.mode.0);
        out.extend_from_slice(&self.discriminator.to_be_bytes());
        self.tlvs.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            fields.text("bfd_mode", &self.mode);
            fields.number("discriminator", self.discriminator.into());
            self.tlvs.describe("tlvs", fields);
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, sound};

    const CODE: AttributeCode = AttributeCode::BfdDiscriminator;

    #[test]
    fn the_source_is_an_address_and_other_tlvs_are_kept() {
        sound(
            CODE,
            "01 01020304 0104 c0000201",
            "bfd_discriminator={bfd_mode=P2MP BFD Session discriminator=16909060 \
             tlvs=[{source_ip_address=192.0.2.1}]}",
        );
        sound(
            CODE,
            "b0 00000001 0110 20010db8000000000000000000000001 0901 ff",
            "bfd_discriminator={bfd_mode=176 discriminator=1 tlvs=[\
             {source_ip_address=2001:db8::1}, {type=9 value=ff}]}",
        );
    }

    #[test]
    fn short_ones_and_cut_tlvs_are_malformed() {
        malformed(CODE, "01 01020304", "BFD Discriminator", 0);
        malformed(CODE, "01 01020304 0104 c00002", "BFD Discriminator", 0);
        malformed(CODE, "b0 00000001 0102 0102 090400000000", "Source IP Address TLV", 7);
        malformed(CODE, "01 01020304 0904 c0000201", "Source IP Address TLV", 11);
        malformed(CODE, "01 01020304 0105 c0000201", "BFD Discriminator TLV", 7);
        malformed(CODE, "01 01020304 0104 c0000201 09", "BFD Discriminator TLV length", 12);
    }
}
