//! TLVs: E-bit and type(15 bits) · length(2) · [index(2)] · [enterprise number(4)] · value
//! (draft-ietf-grow-bmp-tlv-20 §4). The length counts the enterprise number, but not the index.

use super::Index;
use crate::wire::{Fields, Item, Reader, WireError};

/// The bit of the type field that announces an enterprise number.
const ENTERPRISE_BIT: u16 = 0x8000;
/// The reserved type, which has that bit and no enterprise number (§4.2).
const RESERVED: u16 = 0xffff;

/// Whose registry a type is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// IANA's.
    Iana,
    /// That of a Private Enterprise Number.
    Enterprise(u32),
    /// Nobody's: the E-bit is set, but there is no enterprise number, because the type is the
    /// reserved one or the value is too short for it.
    Nobody,
}

/// A TLV without its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// Whose registry `kind` is from.
    pub owner: Owner,
    /// Type, 15 bits, without the E-bit.
    pub kind: u16,
    /// Value, without the enterprise number.
    pub value: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// One of IANA's.
    #[must_use]
    pub fn new(kind: u16, value: &'a [u8]) -> Self {
        Self { owner: Owner::Iana, kind: kind & !ENTERPRISE_BIT, value }
    }

    /// What follows type, length and index.
    fn of(field: u16, mut value: Reader<'a>) -> Self {
        let owner = match field {
            _ if field & ENTERPRISE_BIT == 0 => Owner::Iana,
            RESERVED => Owner::Nobody,
            _ => value.u32("enterprise number").map_or(Owner::Nobody, Owner::Enterprise),
        };
        Self { owner, kind: field & !ENTERPRISE_BIT, value: value.rest() }
    }

    /// What is wrong with the TLV at the front of `rest`, if there is any octet.
    pub(super) fn wrong(mut rest: Reader<'_>) -> Option<WireError> {
        match rest.is_empty() {
            true => None,
            false => Tlv::parse(&mut rest).err(),
        }
    }

    fn put(&self, out: &mut Vec<u8>, index: Option<Index>) {
        let (bit, number) = match self.owner {
            Owner::Iana => (0, None),
            Owner::Nobody => (ENTERPRISE_BIT, None),
            Owner::Enterprise(number) => (ENTERPRISE_BIT, Some(number)),
        };
        let len = self.value.len() + number.map_or(0, |_| 4);
        let len = u16::try_from(len).unwrap_or(u16::MAX);
        out.extend_from_slice(&(self.kind | bit).to_be_bytes());
        out.extend_from_slice(&len.to_be_bytes());
        if let Some(index) = index {
            out.extend_from_slice(&index.0.to_be_bytes());
        }
        if let Some(number) = number {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(self.value);
    }

    pub(crate) fn describe_type(&self, fields: &mut dyn Fields) {
        match self.owner {
            Owner::Iana => {}
            Owner::Enterprise(number) => fields.number("enterprise", number.into()),
            Owner::Nobody => fields.flag("e_bit", true),
        }
        fields.number("type", self.kind.into());
    }
}

impl<'a> Item<'a> for Tlv<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let field = r.u16("TLV type")?;
        let len = r.u16("TLV length")?;
        Ok(Self::of(field, r.sub("TLV value", len.into())?))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.put(out, None);
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            self.describe_type(fields);
            fields.octets("value", self.value);
        });
    }
}

/// A TLV of Route Monitoring: it says of which NLRIs it speaks (§4.3, §4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexedTlv<'a> {
    /// Which NLRIs.
    pub index: Index,
    /// The rest.
    pub tlv: Tlv<'a>,
}

impl<'a> Item<'a> for IndexedTlv<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let field = r.u16("TLV type")?;
        let len = r.u16("TLV length")?;
        let index = Index(r.u16("TLV index")?);
        Ok(Self { index, tlv: Tlv::of(field, r.sub("TLV value", len.into())?) })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.tlv.put(out, Some(self.index));
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            self.tlv.describe_type(fields);
            self.index.describe_as("index", fields);
            fields.octets("value", self.tlv.value);
        });
    }
}
