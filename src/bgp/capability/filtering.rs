//! Outbound Route Filtering (RFC 5291 §5): per family the ORF types that a speaker can handle.

use super::{SendReceive, encode_spaced, spaced_family};
use crate::wire::{Family, Fields, Item, List, Part, Reader, WireError, open_enum};

open_enum! {
    /// ORF types (IANA registry). Those from 128 on are vendors' own.
    pub struct OrfType(u8) {
        AddressPrefix = 64 => "Address Prefix ORF",
        CoveringPrefix = 65 => "CP-ORF",
    }
}

/// What a speaker can filter of one family: AFI(2) · reserved(1) · SAFI(1) · number(1) · that many
/// types of 2 octets each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrfFamily<'a> {
    /// The family.
    pub family: Family,
    /// An octet that is reserved, as received.
    pub reserved: u8,
    /// The ORF types, at most 255.
    pub types: List<'a, OrfSupport>,
}

impl<'a> Item<'a> for OrfFamily<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let (family, reserved) = spaced_family(r)?;
        let number = usize::from(r.u8("Number of ORFs")?);
        let types = List::parse(r.sub("ORF types", number * OrfSupport::SIZE)?)?;
        Ok(Self { family, reserved, types })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        encode_spaced(self.family, self.reserved, out);
        let number = self.types.octets().len() / OrfSupport::SIZE;
        debug_assert!(number <= usize::from(u8::MAX), "{number} ORF types");
        out.push(u8::try_from(number).unwrap_or(u8::MAX));
        self.types.encode(out);
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            self.family.describe_as("family", fields);
            self.types.describe("types", fields);
        });
    }
}

/// One ORF type that a speaker can handle: type(1) · Send/Receive(1). 2 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrfSupport {
    /// The type.
    pub kind: OrfType,
    /// Whether it sends such entries, receives them, or both.
    pub mode: SendReceive,
}

impl Item<'_> for OrfSupport {
    const SIZE: usize = 2;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let [kind, mode] = r.array("ORF type")?;
        Ok(Self { kind: OrfType(kind), mode: SendReceive(mode) })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.kind.0, self.mode.0]);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            fields.text("type", &self.kind);
            fields.text("send_receive", &self.mode);
        });
    }
}
