//! BGP Prefix-SID: TLVs of type(1) · length(2) · value; type 1 is the Label-Index (RFC 8669 §3).

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::{Fields, Item, List, Reader, WireError};

/// Type of the Label-Index TLV: reserved(1) · flags(2) · index(4).
pub const LABEL_INDEX: u8 = 1;

/// One TLV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrefixSidTlv<'a> {
    /// Label-Index (RFC 8669 §3.1).
    LabelIndex {
        /// A reserved octet, as received.
        reserved: u8,
        /// Flags; none is defined.
        flags: u16,
        /// The index.
        index: u32,
    },
    /// Any other type, and its value.
    Unknown(u8, &'a [u8]),
}

impl<'a> Item<'a> for PrefixSidTlv<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let kind = r.u8("Prefix-SID TLV type")?;
        let len = usize::from(r.u16("Prefix-SID TLV length")?);
        let mut value = r.sub("Prefix-SID TLV", len)?;
        if kind != LABEL_INDEX {
            return Ok(Self::Unknown(kind, value.rest()));
        }
        let reserved = value.u8("Label-Index reserved octet")?;
        let flags = value.u16("Label-Index flags")?;
        let index = value.u32("Label-Index")?;
        value.finish("Label-Index")?;
        Ok(Self::LabelIndex { reserved, flags, index })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::LabelIndex { reserved, flags, index } => {
                out.extend_from_slice(&[LABEL_INDEX, 0, 7, reserved]);
                out.extend_from_slice(&flags.to_be_bytes());
                out.extend_from_slice(&index.to_be_bytes());
            }
            Self::Unknown(kind, value) => {
                out.push(kind);
                crate::bgp::encode::counted16(out, |out| out.extend_from_slice(value));
            }
        }
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| match *self {
            Self::LabelIndex { flags, index, .. } => {
                fields.number("label_index", index.into());
                fields.number("flags", flags.into());
            }
            Self::Unknown(kind, value) => {
                fields.number("type", kind.into());
                fields.octets("value", value);
            }
        });
    }
}

/// The TLVs of the attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrefixSid<'a>(pub List<'a, PrefixSidTlv<'a>>);

impl PrefixSid<'_> {
    /// The label index of the first Label-Index TLV, wherever it stands, if there is one.
    #[must_use]
    pub fn label_index(&self) -> Option<u32> {
        self.0.iter().find_map(|tlv| match tlv {
            PrefixSidTlv::LabelIndex { index, .. } => Some(index),
            PrefixSidTlv::Unknown(..) => None,
        })
    }
}

impl<'a> Value<'a> for PrefixSid<'a> {
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        List::parse(value).map(Self)
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe(name, fields);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label_index(octets: &[u8]) -> Result<Option<u32>, WireError> {
        PrefixSid::parse(Reader::new(octets), AsWidth::Four).map(|sid| sid.label_index())
    }

    #[test]
    fn the_label_index_is_found_behind_other_tlvs() {
        let v = [3, 0, 2, 0, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0, 33];
        assert_eq!(label_index(&v), Ok(Some(33)));
        assert_eq!(label_index(&v[..5]), Ok(None));
        assert!(label_index(&[1, 0, 3, 0, 0, 0]).is_err());
    }
}
