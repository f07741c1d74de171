//! Capabilities about address families: Multiprotocol Extensions (RFC 4760 §8), Extended Next Hop
//! Encoding (RFC 8950 §4), Multiple Labels (RFC 8277 §2.1), BGPsec (RFC 8205 §2.2).

use super::{Value, describe_family, encode_spaced, family, spaced_family};
use crate::wire::{Family, Fields, Item, Reader, WireError};

/// Multiprotocol Extensions: one family; AFI(2) · reserved(1) · SAFI(1). 4 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Multiprotocol {
    /// The family.
    pub family: Family,
    /// An octet that is reserved, as received.
    pub reserved: u8,
}

impl From<Family> for Multiprotocol {
    fn from(family: Family) -> Self {
        Self { family, reserved: 0 }
    }
}

impl Value<'_> for Multiprotocol {
    fn parse(mut value: Reader<'_>) -> Result<Self, WireError> {
        let (family, reserved) = spaced_family(&mut value)?;
        value.finish("Multiprotocol Extensions")?;
        Ok(Self { family, reserved })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        encode_spaced(self.family, self.reserved, out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| describe_family(self.family, fields));
    }
}

/// One entry of Extended Next Hop Encoding: NLRI AFI(2) · NLRI SAFI(2) · Nexthop AFI(2). 6 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextHopEncoding {
    /// AFI of the NLRI.
    pub nlri_afi: u16,
    /// SAFI of the NLRI, which has two octets here.
    pub nlri_safi: u16,
    /// AFI of the next hops that they may have.
    pub next_hop_afi: u16,
}

impl Item<'_> for NextHopEncoding {
    const SIZE: usize = 6;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let [a, b, c, d, e, f] = r.array("Extended Next Hop Encoding")?;
        let [nlri_afi, nlri_safi, next_hop_afi] = [[a, b], [c, d], [e, f]].map(u16::from_be_bytes);
        Ok(Self { nlri_afi, nlri_safi, next_hop_afi })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        let numbers = [self.nlri_afi, self.nlri_safi, self.next_hop_afi];
        out.extend_from_slice(numbers.map(u16::to_be_bytes).as_flattened());
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            fields.number("nlri_afi", self.nlri_afi.into());
            fields.number("nlri_safi", self.nlri_safi.into());
            fields.number("next_hop_afi", self.next_hop_afi.into());
        });
    }
}

/// One entry of Multiple Labels: AFI(2) · SAFI(1) · count(1). 4 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelCount {
    /// The family.
    pub family: Family,
    /// How many labels the speaker can receive with a prefix; 255 means any number. 0 and 1 are to
    /// be ignored.
    pub count: u8,
}

impl Item<'_> for LabelCount {
    const SIZE: usize = 4;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self { family: family(r)?, count: r.u8("label count")? })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        self.family.encode(out);
        out.push(self.count);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            describe_family(self.family, fields);
            fields.number("count", self.count.into());
        });
    }
}

/// BGPsec, one direction of one AFI: version and direction(1) · AFI(2). 3 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bgpsec {
    /// Version (4 bits), direction (1 bit), unassigned (3 bits), as received.
    pub version_and_direction: u8,
    /// The AFI.
    pub afi: u16,
}

impl Bgpsec {
    /// BGPsec version; 0 is the only one.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.version_and_direction >> 4
    }

    /// Whether the speaker sends BGPsec UPDATEs; otherwise it receives them.
    #[must_use]
    pub fn sends(&self) -> bool {
        self.version_and_direction & 0x08 != 0
    }
}

impl Value<'_> for Bgpsec {
    fn parse(mut value: Reader<'_>) -> Result<Self, WireError> {
        let version_and_direction = value.u8("BGPsec version")?;
        let afi = value.u16("BGPsec AFI")?;
        value.finish("BGPsec")?;
        Ok(Self { version_and_direction, afi })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.version_and_direction);
        out.extend_from_slice(&self.afi.to_be_bytes());
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            fields.number("version", self.version().into());
            fields.flag("sends", self.sends());
            fields.number("afi", self.afi.into());
        });
    }
}
