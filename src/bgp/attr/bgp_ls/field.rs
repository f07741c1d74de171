//! Parts of values that only BGP-LS has.

use std::fmt;

use super::tlv::{Framed, Tlv};
use crate::wire::{Fields, Item as _, Items, List, Part, Reader, U24, WireError, layout::wraps};

/// A metric to the end of the value, of as many octets as its protocol gives it: 1 for IS-IS small
/// metrics, 2 for OSPF, 3 for IS-IS wide metrics, 4 for TE and BGP SPF (RFC 9552 §5.3.2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Metric {
    octets: u8,
    value: u32,
}

impl Metric {
    /// The low `octets` (1 to 4) octets of `value`.
    #[must_use]
    pub const fn new(octets: u8, value: u32) -> Self {
        match octets {
            0 | 1 => Self { octets: 1, value: value & 0xff },
            2 => Self { octets: 2, value: value & 0xffff },
            3 => Self { octets: 3, value: value & 0xff_ffff },
            _ => Self { octets: 4, value },
        }
    }

    /// Octets that it takes.
    #[must_use]
    pub const fn octets(self) -> u8 {
        self.octets
    }

    /// The metric as received. An IS-IS small metric is its low 6 bits.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.value
    }
}

impl<'a> Part<'a> for Metric {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        let (at, len) = (r.offset(), r.len());
        let (octets, value) = match *r.rest() {
            [a] => (1, a.into()),
            [a, b] => (2, u16::from_be_bytes([a, b]).into()),
            [a, b, c] => (3, u32::from_be_bytes([0, a, b, c])),
            [a, b, c, d] => (4, u32::from_be_bytes([a, b, c, d])),
            _ => return Err(WireError::invalid(what, at, len as u64)),
        };
        Ok(Self { octets, value })
    }
    fn write(&self, out: &mut Vec<u8>) {
        let octets = self.value.to_be_bytes();
        let from = octets.len().saturating_sub(self.octets.into());
        out.extend_from_slice(octets.get(from..).unwrap_or_default());
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.number(name, self.value.into());
    }
}

/// A SID to the end of the value (RFC 9085 §2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sid {
    /// 3 octets: a label, in the low 20 bits.
    Label(U24),
    /// 4 octets: an index into label space.
    Index(u32),
}

impl<'a> Part<'a> for Sid {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        match r.len() {
            3 => U24::read(r, what).map(Self::Label),
            _ => u32::read(r, what).map(Self::Index),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Label(label) => label.write(out),
            Self::Index(index) => index.write(out),
        }
    }
    fn describe_as(&self, _: &'static str, fields: &mut dyn Fields) {
        match self {
            Self::Label(label) => fields.number("label", label.get().into()),
            Self::Index(index) => fields.number("index", (*index).into()),
        }
    }
}

/// A label as it stands in an MPLS label stack: label(20 bits) · 12 bits that are reserved here
/// (RFC 9857 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MplsLabel(pub u32);

impl MplsLabel {
    /// The low 20 bits of `label`.
    #[must_use]
    pub const fn new(label: u32) -> Self {
        Self(label << 12)
    }

    /// The label.
    #[must_use]
    pub const fn label(self) -> u32 {
        self.0 >> 12
    }
}

wraps! { MplsLabel(u32) |this, name, fields| {
    match *this == Self::new(this.label()) {
        true => fields.number(name, this.label().into()),
        false => fields.octets(name, &this.0.to_be_bytes()),
    }
} }

/// The system ID of an IS-IS node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemId(pub [u8; 6]);

impl fmt::Display for SystemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}{b:02x}.{c:02x}{d:02x}.{e:02x}{g:02x}")
    }
}

impl<'a> Part<'a> for SystemId {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        r.array(what).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.text(name, self);
    }
}

/// Sub-TLVs to the end of the value. Their own values are read when they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SubTlvs<'a>(List<'a, Framed<'a>>);

impl<'a> SubTlvs<'a> {
    /// No sub-TLVs.
    pub const EMPTY: Self = Self(List::EMPTY);

    /// The sub-TLVs that were put together in `items`.
    ///
    /// # Errors
    /// What was put in is no sound list of TLVs.
    pub fn new(items: &'a Items) -> Result<Self, WireError> {
        items.list().map(Self)
    }

    /// The sub-TLVs in order. One whose own sub-TLVs do not fill it is [`Tlv::Unknown`].
    pub fn iter(&self) -> impl Iterator<Item = Tlv<'a>> + use<'a> {
        self.0.iter().map(Framed::tlv)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Part<'a> for SubTlvs<'a> {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        Part::read(r, what).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        if !self.is_empty() {
            fields.nested(name, self.0.octets(), &mut |fields| {
                self.iter().for_each(|tlv| tlv.describe(fields));
            });
        }
    }
}
