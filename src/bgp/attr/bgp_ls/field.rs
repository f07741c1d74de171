//! What the values of TLVs are made of, and how a struct of such fields is declared.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::tlv::{Framed, Tlv};
use crate::wire::{Fields, Item, Items, List, Reader, WireError};

/// How deep sub-TLVs are taken apart when they are described; the standards nest them three deep.
const DEPTH_MAX: u8 = 4;

/// Why a value is not read as its type's layout.
pub(super) enum Unfit {
    /// Its length is not one that the layout has: it is kept as octets.
    Length,
    /// Its sub-TLVs do not fill it: the attribute is malformed (RFC 9552 §8.2.2).
    SubTlvs(WireError),
}

impl From<WireError> for Unfit {
    fn from(_: WireError) -> Self {
        Self::Length
    }
}

/// A part of a TLV's value.
pub(super) trait Field<'a>: Sized {
    /// Reads it off the front.
    fn read(r: &mut Reader<'a>) -> Result<Self, Unfit>;
    /// Appends its octets: the inverse of [`Field::read`].
    fn write(&self, out: &mut Vec<u8>);
    /// Says what it holds, as `name` where it has no name of its own.
    fn describe(&self, name: &'static str, depth: u8, fields: &mut dyn Fields);
}

/// The whole of `value` as a `T`; `None` where its length does not allow that.
///
/// # Errors
/// Its sub-TLVs do not fill it.
pub(super) fn whole<'a, T: Field<'a>>(mut value: Reader<'a>) -> Result<Option<T>, WireError> {
    match T::read(&mut value) {
        Ok(field) if value.is_empty() => Ok(Some(field)),
        Err(Unfit::SubTlvs(error)) => Err(error),
        Ok(_) | Err(Unfit::Length) => Ok(None),
    }
}

/// Declares structs whose fields stand in the value one after the other.
macro_rules! layouts {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident$(<$life:lifetime>)? {
            $( $(#[$field_meta:meta])* $field:ident: $ty:ty, )+
        }
    )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name$(<$life>)? {
            $( $(#[$field_meta])* pub $field: $ty, )+
        }

        impl<'a> Field<'a> for $name$(<$life>)? {
            fn read(r: &mut Reader<'a>) -> Result<Self, Unfit> {
                Ok(Self { $( $field: Field::read(r)?, )+ })
            }
            fn write(&self, out: &mut Vec<u8>) {
                $( Field::write(&self.$field, out); )+
            }
            fn describe(&self, _: &'static str, depth: u8, fields: &mut dyn Fields) {
                $( Field::describe(&self.$field, stringify!($field), depth, fields); )+
            }
        }
    )+};
}
pub(super) use layouts;

/// Declares flags; undefined bits are kept. They are described as the list of those that are set.
macro_rules! bits {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident($int:ty) {
            $( $(#[$bit_meta:meta])* $bit:ident = $value:literal => $text:literal, )+
        }
    )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name(pub $int);

        impl $name {
            $( $(#[$bit_meta])* pub const $bit: $int = $value; )+

            /// Whether all of `bits` are set.
            #[must_use]
            pub const fn has(self, bits: $int) -> bool {
                self.0 & bits == bits
            }
        }

        impl<'a> Field<'a> for $name {
            fn read(r: &mut Reader<'a>) -> Result<Self, Unfit> {
                Field::read(r).map(Self)
            }
            fn write(&self, out: &mut Vec<u8>) {
                self.0.write(out);
            }
            fn describe(&self, name: &'static str, _: u8, fields: &mut dyn Fields) {
                fields.list(name, &mut |fields| {
                    $( if self.has($value) { fields.text("", &$text); } )+
                    let undefined = self.0 & !(0 $( | $value )+);
                    if undefined != 0 {
                        fields.text("", &format_args!("{undefined:#x}"));
                    }
                });
            }
        }
    )+};
}
pub(super) use bits;

/// Declares numbers that stand in lists.
macro_rules! words {
    ($( $(#[$meta:meta])* pub struct $name:ident($int:ty); )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $int);

        impl crate::wire::Item<'_> for $name {
            const SIZE: usize = size_of::<$int>();

            fn parse(r: &mut Reader<'_>) -> Result<Self, crate::wire::WireError> {
                r.array(stringify!($name)).map(|octets| Self(<$int>::from_be_bytes(octets)))
            }
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.0.to_be_bytes());
            }
            fn describe(&self, fields: &mut dyn Fields) {
                fields.number("", self.0.into());
            }
        }
    )+};
}
pub(super) use words;

macro_rules! numbers {
    ($( $int:ty )+) => {$(
        impl<'a> Field<'a> for $int {
            fn read(r: &mut Reader<'a>) -> Result<Self, Unfit> {
                Ok(Self::from_be_bytes(r.array("number")?))
            }
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
            fn describe(&self, name: &'static str, _: u8, fields: &mut dyn Fields) {
                fields.number(name, (*self).into());
            }
        }
    )+};
}
numbers! { u8 u16 u32 u64 }

macro_rules! addresses {
    ($( $ty:ty )+) => {$(
        impl<'a> Field<'a> for $ty {
            fn read(r: &mut Reader<'a>) -> Result<Self, Unfit> {
                Ok(Self::from_octets(r.array("address")?))
            }
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.octets());
            }
            fn describe(&self, name: &'static str, _: u8, fields: &mut dyn Fields) {
                fields.text(name, self);
            }
        }
    )+};
}
addresses! { Ipv4Addr Ipv6Addr }

/// An address to the end of the value: 4 octets or 16.
impl<'a> Field<'a> for IpAddr {
    fn read(r: &mut Reader<'a>) -> Result<Self, Unfit> {
        match r.len() {
            4 => Ipv4Addr::read(r).map(Self::V4),
            _ => Ipv6Addr::read(r).map(Self::V6),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::V4(address) => address.write(out),
            Self::V6(address) => address.write(out),
        }
    }
    fn describe(&self, name: &'static str, _: u8, fields: &mut dyn Fields) {
        fields.text(name, self);
    }
}

/// Octets to the end of the value.
impl<'a> Field<'a> for &'a [u8] {
    fn read(r: &mut Reader<'a>) -> Result<Self, Unfit> {
        Ok(r.rest())
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
    fn describe(&self, name: &'static str, _: u8, fields: &mut dyn Fields) {
        fields.octets(name, self);
    }
}

/// Items to the end of the value.
impl<'a, T: Item<'a>> Field<'a> for List<'a, T> {
    fn read(r: &mut Reader<'a>) -> Result<Self, Unfit> {
        let len = r.len();
        Ok(Self::parse(r.sub("items", len)?)?)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.encode(out);
    }
    fn describe(&self, name: &'static str, _: u8, fields: &mut dyn Fields) {
        self.describe(name, fields);
    }
}

/// An open enum of one octet.
macro_rules! codes {
    ($( $ty:ty )+) => {$(
        impl<'a> Field<'a> for $ty {
            fn read(r: &mut Reader<'a>) -> Result<Self, Unfit> {
                Field::read(r).map(Self)
            }
            fn write(&self, out: &mut Vec<u8>) {
                self.0.write(out);
            }
            fn describe(&self, name: &'static str, _: u8, fields: &mut dyn Fields) {
                fields.text(name, self);
            }
        }
    )+};
}
pub(super) use codes;

/// Reserved octets as received; described only when they are not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserved<const N: usize>(pub [u8; N]);

impl<const N: usize> Reserved<N> {
    /// What a speaker sends.
    pub const ZERO: Self = Self([0; N]);
}

impl<'a, const N: usize> Field<'a> for Reserved<N> {
    fn read(r: &mut Reader<'a>) -> Result<Self, Unfit> {
        Ok(Self(r.array("reserved octets")?))
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe(&self, name: &'static str, _: u8, fields: &mut dyn Fields) {
        if *self != Self::ZERO {
            fields.octets(name, &self.0);
        }
    }
}

/// A number of 3 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct U24([u8; 3]);

impl U24 {
    /// The low 24 bits of `value`.
    #[must_use]
    pub const fn new(value: u32) -> Self {
        let [_, a, b, c] = value.to_be_bytes();
        Self([a, b, c])
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        let [a, b, c] = self.0;
        u32::from_be_bytes([0, a, b, c])
    }
}

impl<'a> Field<'a> for U24 {
    fn read(r: &mut Reader<'a>) -> Result<Self, Unfit> {
        Ok(Self(r.array("number of 3 octets")?))
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe(&self, name: &'static str, _: u8, fields: &mut dyn Fields) {
        fields.number(name, self.get().into());
    }
}

/// A bandwidth in octets per second: the bits of an IEEE 754 number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

impl<'a> Field<'a> for Bandwidth {
    fn read(r: &mut Reader<'a>) -> Result<Self, Unfit> {
        Field::read(r).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn describe(&self, name: &'static str, _: u8, fields: &mut dyn Fields) {
        fields.float(name, self.octets_per_second());
    }
}

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

impl<'a> Field<'a> for Metric {
    fn read(r: &mut Reader<'a>) -> Result<Self, Unfit> {
        let (octets, value) = match *r.rest() {
            [a] => (1, a.into()),
            [a, b] => (2, u16::from_be_bytes([a, b]).into()),
            [a, b, c] => (3, u32::from_be_bytes([0, a, b, c])),
            [a, b, c, d] => (4, u32::from_be_bytes([a, b, c, d])),
            _ => return Err(Unfit::Length),
        };
        Ok(Self { octets, value })
    }
    fn write(&self, out: &mut Vec<u8>) {
        let octets = self.value.to_be_bytes();
        let from = octets.len().saturating_sub(self.octets.into());
        out.extend_from_slice(octets.get(from..).unwrap_or_default());
    }
    fn describe(&self, name: &'static str, _: u8, fields: &mut dyn Fields) {
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

impl<'a> Field<'a> for Sid {
    fn read(r: &mut Reader<'a>) -> Result<Self, Unfit> {
        match r.len() {
            3 => U24::read(r).map(Self::Label),
            _ => u32::read(r).map(Self::Index),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Label(label) => label.write(out),
            Self::Index(index) => index.write(out),
        }
    }
    fn describe(&self, _: &'static str, _: u8, fields: &mut dyn Fields) {
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

impl<'a> Field<'a> for MplsLabel {
    fn read(r: &mut Reader<'a>) -> Result<Self, Unfit> {
        Field::read(r).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn describe(&self, name: &'static str, _: u8, fields: &mut dyn Fields) {
        match *self == Self::new(self.label()) {
            true => fields.number(name, self.label().into()),
            false => fields.octets(name, &self.0.to_be_bytes()),
        }
    }
}

/// A name to the end of the value: ASCII as the standards have it, any octets as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Text<'a>(pub &'a [u8]);

impl<'a> Field<'a> for Text<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, Unfit> {
        Ok(Self(r.rest()))
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0);
    }
    fn describe(&self, name: &'static str, _: u8, fields: &mut dyn Fields) {
        match std::str::from_utf8(self.0) {
            Ok(text) => fields.text(name, &text),
            Err(_) => fields.octets(name, self.0),
        }
    }
}

/// The system ID of an IS-IS node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemId(pub [u8; 6]);

impl fmt::Display for SystemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}{b:02x}.{c:02x}{d:02x}.{e:02x}{g:02x}")
    }
}

impl<'a> Field<'a> for SystemId {
    fn read(r: &mut Reader<'a>) -> Result<Self, Unfit> {
        Ok(Self(r.array("system ID")?))
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe(&self, name: &'static str, _: u8, fields: &mut dyn Fields) {
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

impl<'a> Field<'a> for SubTlvs<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, Unfit> {
        let len = r.len();
        List::parse(r.sub("sub-TLVs", len)?).map(Self).map_err(Unfit::SubTlvs)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn describe(&self, name: &'static str, depth: u8, fields: &mut dyn Fields) {
        if self.is_empty() {
            return;
        }
        match depth < DEPTH_MAX {
            true => fields.list(name, &mut |fields| {
                self.iter().for_each(|tlv| tlv.describe_at(depth + 1, fields));
            }),
            false => fields.octets(name, self.0.octets()),
        }
    }
}
