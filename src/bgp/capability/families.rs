//! Capabilities about address families: Multiprotocol Extensions (RFC 4760 §8), Extended Next Hop
//! Encoding (RFC 8950 §4), Multiple Labels (RFC 8277 §2.1), BGPsec (RFC 8205 §2.2).

use super::{encode_spaced, spaced_family};
use crate::wire::layout::layout;
use crate::wire::{Family, Fields, Part, Reader, WireError};

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

impl Part<'_> for Multiprotocol {
    fn read(r: &mut Reader<'_>, _: &'static str) -> Result<Self, WireError> {
        let (family, reserved) = spaced_family(r)?;
        Ok(Self { family, reserved })
    }
    fn write(&self, out: &mut Vec<u8>) {
        encode_spaced(self.family, self.reserved, out);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| self.family.describe_as("family", fields));
    }
}

layout! {
    /// One entry of Extended Next Hop Encoding: NLRI AFI(2) · NLRI SAFI(2) · Nexthop AFI(2). 6
    /// octets.
    pub struct NextHopEncoding "Extended Next Hop Encoding" {
        /// AFI of the NLRI.
        nlri_afi: u16,
        /// SAFI of the NLRI, which has two octets here.
        nlri_safi: u16,
        /// AFI of the next hops that they may have.
        next_hop_afi: u16,
    }

    /// One entry of Multiple Labels: AFI(2) · SAFI(1) · count(1). 4 octets.
    pub struct LabelCount "label count" {
        /// The family.
        family: Family,
        /// How many labels the speaker can receive with a prefix; 255 means any number. 0 and 1
        /// are to be ignored.
        count: u8,
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

impl Part<'_> for Bgpsec {
    fn read(r: &mut Reader<'_>, _: &'static str) -> Result<Self, WireError> {
        let version_and_direction = r.u8("BGPsec version")?;
        let afi = r.u16("BGPsec AFI")?;
        Ok(Self { version_and_direction, afi })
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.push(self.version_and_direction);
        out.extend_from_slice(&self.afi.to_be_bytes());
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            fields.number("version", self.version().into());
            fields.flag("sends", self.sends());
            fields.number("afi", self.afi.into());
        });
    }
}
