//! BGP Next Hop Dependent Characteristics: AFI(2) · SAFI(1) · next hop length(1) · next hop ·
//! characteristics of code(2) · length(2) · value (draft-ietf-idr-nhc §2.1).

use super::Value;
use super::mp_reach::MpReach;
use crate::bgp::AsWidth;
use crate::wire::layout::{Framing, Type16Length16, counted8};
use crate::wire::{Family, Fields, Item, List, Reader, WireError, open_enum};

open_enum! {
    /// What a characteristic says of the next hop.
    pub struct CharacteristicCode(u16) {
        ElcV3 = 1 => "ELCv3",
        Nnhn = 2 => "NNHN",
        BgpId = 3 => "BGPID",
    }
}

/// One characteristic. Values are kept as octets: their drafts still move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Characteristic<'a> {
    /// What it says.
    pub code: CharacteristicCode,
    /// The value.
    pub value: &'a [u8],
}

impl<'a> Item<'a> for Characteristic<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let words = ["characteristic code", "characteristic length", "characteristic value"];
        let (code, value) = Type16Length16::parse(r, words)?;
        Ok(Self { code: CharacteristicCode(code), value: value.peek() })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        Type16Length16::encode(self.code.0, out, |out| out.extend_from_slice(self.value));
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            fields.text("code", &self.code);
            fields.octets("value", self.value);
        });
    }
}

/// What the next hop of a route can do. It counts only while that is the route's next hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextHopCharacteristics<'a> {
    /// Address family of the next hop.
    pub family: Family,
    /// The next hop, in one of the forms of MP_REACH_NLRI.
    pub next_hop: &'a [u8],
    /// Its characteristics.
    pub characteristics: List<'a, Characteristic<'a>>,
}

impl<'a> Value<'a> for NextHopCharacteristics<'a> {
    fn parse(mut value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        let family = Family::new(value.u16("NHC AFI")?, value.u8("NHC SAFI")?);
        let len = value.u8("NHC next hop length")?;
        let next_hop = value.take("NHC next hop", len.into())?;
        Ok(Self { family, next_hop, characteristics: List::parse(value)? })
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.family.encode(out);
        counted8(out, |out| out.extend_from_slice(self.next_hop));
        self.characteristics.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        let Self { family, next_hop, characteristics } = *self;
        let nlri = Reader::EMPTY;
        let mp = MpReach { family, next_hop, reserved: 0, nlri };
        fields.group(name, &mut |fields| {
            fields.number("afi", family.afi.into());
            fields.number("safi", family.safi.into());
            mp.describe_next_hop(fields);
            characteristics.describe("characteristics", fields);
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, sound};

    const CODE: AttributeCode = AttributeCode::NextHopCharacteristics;

    #[test]
    fn the_next_hop_and_its_characteristics_are_read() {
        sound(
            CODE,
            "0001 01 04 c0000201 0001 0000 0002 0004 0a000001 0309 0001 ff",
            "next_hop_characteristics={afi=1 safi=1 next_hop=192.0.2.1 characteristics=[\
             {code=ELCv3 value=}, {code=NNHN value=0a000001}, {code=777 value=ff}]}",
        );
        let none = "next_hop_characteristics={afi=2 safi=1 next_hop_raw= characteristics=[]}";
        sound(CODE, "0002 01 00", none);
    }

    #[test]
    fn what_is_cut_is_malformed() {
        malformed(CODE, "0001 01 04 c00002", "NHC next hop", 4);
        malformed(CODE, "0001 01 00 0001", "characteristic length", 6);
        malformed(CODE, "0001 01 00 0001 0001", "characteristic value", 8);
    }
}
