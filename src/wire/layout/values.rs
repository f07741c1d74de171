//! Values that many standards share.

use std::fmt;

use super::{Part, wraps};
use crate::wire::{Family, Fields, Reader, RouteDistinguisher, WireError};

/// A 24-bit number: a VN-ID, the base or the range of an SRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct U24(pub [u8; 3]);

impl U24 {
    /// The low 24 bits of `number`.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        let [_, a, b, c] = number.to_be_bytes();
        Self([a, b, c])
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        let [a, b, c] = self.0;
        u32::from_be_bytes([0, a, b, c])
    }
}

impl Part<'_> for U24 {
    const SIZE: usize = 3;

    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        r.array(what).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.number(name, self.get().into());
    }
}

/// A MAC address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl Part<'_> for Mac {
    const SIZE: usize = 6;

    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        r.array(what).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.text(name, self);
    }
}

/// An entry of an MPLS label stack: label (20 bits) · traffic class (3) · bottom of stack (1) ·
/// TTL (8) (RFC 3032 §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelStackEntry(pub u32);

impl LabelStackEntry {
    /// The label, 20 bits.
    #[must_use]
    pub fn label(self) -> u32 {
        self.0 >> 12
    }

    /// The traffic class, 3 bits.
    #[must_use]
    pub fn traffic_class(self) -> u8 {
        (self.0 >> 9) as u8 & 7
    }

    /// Whether it is the last of its stack.
    #[must_use]
    pub fn is_bottom(self) -> bool {
        self.0 & 0x100 != 0
    }

    /// The TTL.
    #[must_use]
    pub fn ttl(self) -> u8 {
        self.0 as u8
    }
}

impl Part<'_> for LabelStackEntry {
    const SIZE: usize = 4;

    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        r.u32(what).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_be_bytes());
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            fields.number("label", self.label().into());
            fields.number("traffic_class", self.traffic_class().into());
            fields.flag("bottom_of_stack", self.is_bottom());
            fields.number("ttl", self.ttl().into());
        });
    }
}

/// Octets that a standard reserves: kept as received, and described only when one is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reserved<const N: usize>(pub [u8; N]);

impl<const N: usize> Reserved<N> {
    /// What a speaker sends.
    pub const ZERO: Self = Self([0; N]);
}

impl<const N: usize> Default for Reserved<N> {
    fn default() -> Self {
        Self::ZERO
    }
}

impl<const N: usize> Part<'_> for Reserved<N> {
    const SIZE: usize = N;

    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        r.array(what).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        if *self != Self::ZERO {
            fields.octets(name, &self.0);
        }
    }
}

/// A text to the end of the value, in UTF-8 unless its sender erred: then it is described by its
/// octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(pub &'a [u8]);

impl fmt::Display for Text<'_> {
    /// The text; octets that are not UTF-8 give U+FFFD.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.utf8_chunks().try_for_each(|chunk| {
            f.write_str(chunk.valid())?;
            if chunk.invalid().is_empty() { Ok(()) } else { f.write_str("\u{fffd}") }
        })
    }
}

impl<'a> Part<'a> for Text<'a> {
    fn read(r: &mut Reader<'a>, _: &'static str) -> Result<Self, WireError> {
        Ok(Self(r.rest()))
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        match std::str::from_utf8(self.0) {
            Ok(text) => fields.text(name, &text),
            Err(_) => fields.octets(name, self.0),
        }
    }
}

/// A label in 3 octets, as label fields of MPLS VPNs have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelField(pub [u8; 3]);

impl LabelField {
    /// The field of a label of 20 bits, with the lowest 4 bits zero.
    #[must_use]
    pub fn new(label: u32) -> Self {
        let [_, octets @ ..] = (label << 4).to_be_bytes();
        Self(octets)
    }

    /// The label: the high-order 20 bits.
    #[must_use]
    pub fn label(self) -> u32 {
        let [a, b, c] = self.0;
        u32::from_be_bytes([0, a, b, c]) >> 4
    }
}

impl Part<'_> for LabelField {
    const SIZE: usize = 3;

    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        r.array(what).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.number(name, self.label().into());
    }
}

/// A bandwidth in octets per second: the bits of an IEEE 754 number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Bandwidth(pub u32);

impl Bandwidth {
    /// This many octets per second.
    #[must_use]
    pub const fn new(octets_per_second: f32) -> Self {
        Self(octets_per_second.to_bits())
    }

    /// Octets per second; what was sent may be negative or not a number.
    #[must_use]
    pub const fn octets_per_second(self) -> f32 {
        f32::from_bits(self.0)
    }
}

wraps! { Bandwidth(u32) |bandwidth, name, fields| {
    fields.float(name, bandwidth.octets_per_second());
} }

/// Described as text, or by its octets where its type has none.
impl Part<'_> for RouteDistinguisher {
    const SIZE: usize = 8;

    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        r.array(what).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        match self.kind() {
            0..=2 => fields.text(name, self),
            _ => fields.octets(name, &self.0),
        }
    }
}

/// AFI(2) · SAFI(1), described as these two fields.
impl Part<'_> for Family {
    const SIZE: usize = 3;

    fn read(r: &mut Reader<'_>, _: &'static str) -> Result<Self, WireError> {
        let [high, low, safi] = r.array("AFI and SAFI")?;
        Ok(Self::new(u16::from_be_bytes([high, low]), safi))
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.encode(out);
    }
    fn describe_as(&self, _: &'static str, fields: &mut dyn Fields) {
        fields.number("afi", self.afi.into());
        fields.number("safi", self.safi.into());
    }
}
