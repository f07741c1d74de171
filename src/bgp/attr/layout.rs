//! What the attributes made of fixed fields and TLVs are written with: `layout!` declares the
//! fields of a value in the order of the wire, `tlvs!` the TLVs of one registry.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::bgp::encode::{counted8, counted16};
use crate::wire::{Fields, Item, List, Reader, WireError};

/// One field of a value, or a value made of fields.
pub trait Part<'a>: Sized {
    /// Reads it off the front; `what` is the value that it belongs to.
    ///
    /// # Errors
    /// It is cut short or makes no sense.
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError>;

    /// Appends its octets: the inverse of [`Part::read`].
    fn write(&self, out: &mut Vec<u8>);

    /// Describes it as one field.
    fn describe(&self, name: &'static str, fields: &mut dyn Fields);

    /// Describes it among the fields of what it is the whole of.
    fn describe_in(&self, fields: &mut dyn Fields) {
        self.describe("value", fields);
    }
}

/// Reads all of `value` as one part.
pub(crate) fn whole<'a, T: Part<'a>>(
    mut value: Reader<'a>,
    what: &'static str,
) -> Result<T, WireError> {
    let part = T::read(&mut value, what)?;
    value.finish(what)?;
    Ok(part)
}

macro_rules! numbers {
    ($($ty:ident)+) => {$(
        impl Part<'_> for $ty {
            fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
                r.$ty(what)
            }
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
            fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
                fields.number(name, (*self).into());
            }
        }
    )+};
}

numbers! { u8 u16 u32 }

macro_rules! addresses {
    ($($ty:ident)+) => {$(
        impl Part<'_> for $ty {
            fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
                r.array(what).map(Self::from)
            }
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.octets());
            }
            fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
                fields.text(name, self);
            }
        }
    )+};
}

addresses! { Ipv4Addr Ipv6Addr }

/// A 24-bit number: a VN-ID, the base or the range of an SRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct U24(pub [u8; 3]);

impl U24 {
    /// The low 24 bits of `number`.
    #[must_use]
    pub fn new(number: u32) -> Self {
        let [_, a, b, c] = number.to_be_bytes();
        Self([a, b, c])
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u32 {
        let [a, b, c] = self.0;
        u32::from_be_bytes([0, a, b, c])
    }
}

impl Part<'_> for U24 {
    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        r.array(what).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
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
    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        r.array(what).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
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
    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        r.u32(what).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_be_bytes());
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            fields.number("label", self.label().into());
            fields.number("traffic_class", self.traffic_class().into());
            fields.flag("bottom_of_stack", self.is_bottom());
            fields.number("ttl", self.ttl().into());
        });
    }
}

impl Item<'_> for LabelStackEntry {
    const SIZE: usize = 4;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        Part::read(r, "MPLS label stack entry")
    }
    fn encode(&self, out: &mut Vec<u8>) {
        self.write(out);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        Part::describe(self, "", fields);
    }
}

/// Octets that a standard reserves: kept as received, and described only when one is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reserved<const N: usize>(pub [u8; N]);

impl<const N: usize> Default for Reserved<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Part<'_> for Reserved<N> {
    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        r.array(what).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        if self.0 != [0; N] {
            fields.octets(name, &self.0);
        }
    }
}

/// A text, in UTF-8 unless its sender erred.
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
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.text(name, self);
    }
}

/// All octets that are left.
impl<'a> Part<'a> for &'a [u8] {
    fn read(r: &mut Reader<'a>, _: &'static str) -> Result<Self, WireError> {
        Ok(r.rest())
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.octets(name, self);
    }
}

/// Something that is there when octets are left; nothing follows one that is not.
impl<'a, T: Part<'a>> Part<'a> for Option<T> {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        if r.is_empty() { Ok(None) } else { T::read(r, what).map(Some) }
    }
    fn write(&self, out: &mut Vec<u8>) {
        if let Some(part) = self {
            part.write(out);
        }
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        if let Some(part) = self {
            part.describe(name, fields);
        }
    }
}

/// Items in all octets that are left.
impl<'a, T: Item<'a>> Part<'a> for List<'a, T> {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        let len = r.len();
        List::parse(r.sub(what, len)?)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        List::describe(self, name, fields);
    }
}

/// Lets codes of an `open_enum!` be fields: they are described by name.
macro_rules! codes {
    ($($ty:ty: $int:ident;)+) => {$(
        impl $crate::bgp::attr::layout::Part<'_> for $ty {
            fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
                r.$int(what).map(Self)
            }
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.0.to_be_bytes());
            }
            fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
                fields.text(name, self);
            }
        }
    )+};
}
pub(crate) use codes;

/// Declares values by their fields, in the order of the wire. One is `pub struct NAME "what it is
/// in errors" { FIELD: TYPE, … }`; each field has its name in descriptions.
macro_rules! layout {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident $(<$life:lifetime>)? $what:literal {
            $( $(#[$field_meta:meta])* $field:ident: $ty:ty, )*
        }
    )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name $(<$life>)? {
            $( $(#[$field_meta])* pub $field: $ty, )*
        }

        impl<'a> $crate::bgp::attr::layout::Part<'a> for $name $(<$life>)? {
            fn read(r: &mut Reader<'a>, _: &'static str) -> Result<Self, WireError> {
                $( let $field = $crate::bgp::attr::layout::Part::read(r, $what)?; )*
                Ok(Self { $( $field, )* })
            }
            fn write(&self, out: &mut Vec<u8>) {
                $( $crate::bgp::attr::layout::Part::write(&self.$field, out); )*
            }
            fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
                use $crate::bgp::attr::layout::Part;
                fields.group(name, &mut |fields| Part::describe_in(self, fields));
            }
            fn describe_in(&self, fields: &mut dyn Fields) {
                use $crate::bgp::attr::layout::Part;
                $( Part::describe(&self.$field, stringify!($field), fields); )*
            }
        }
    )+};
}
pub(crate) use layout;

/// How the TLVs of a registry begin.
pub(crate) trait Framing {
    /// The integer of the type.
    type Kind;

    /// Reads type and length, and gives the value that they announce.
    fn parse<'a>(
        r: &mut Reader<'a>,
        what: &'static str,
    ) -> Result<(Self::Kind, Reader<'a>), WireError>;

    /// Appends type, length and value.
    fn encode(kind: Self::Kind, out: &mut Vec<u8>, value: impl FnOnce(&mut Vec<u8>));
}

macro_rules! framings {
    ($( $(#[$meta:meta])* $name:ident $kind:ident $len:ident $counted:ident; )+) => {$(
        $(#[$meta])*
        pub(crate) enum $name {}

        impl Framing for $name {
            type Kind = $kind;

            fn parse<'a>(
                r: &mut Reader<'a>,
                what: &'static str,
            ) -> Result<(Self::Kind, Reader<'a>), WireError> {
                let kind = r.$kind(what)?;
                let len = r.$len(what)?;
                Ok((kind, r.sub(what, len.into())?))
            }

            fn encode(kind: Self::Kind, out: &mut Vec<u8>, value: impl FnOnce(&mut Vec<u8>)) {
                out.extend_from_slice(&kind.to_be_bytes());
                $counted(out, value);
            }
        }
    )+};
}

framings! {
    /// Type(1) · length(1).
    Type8Length8 u8 u8 counted8;
    /// Type(1) · length(2).
    Type8Length16 u8 u16 counted16;
    /// Type(2) · length(2).
    Type16Length16 u16 u16 counted16;
}

/// Type(1) · length(1) below type 128, length(2) from there on (RFC 9012 §2).
pub(crate) enum Type8LengthByType {}

impl Framing for Type8LengthByType {
    type Kind = u8;

    fn parse<'a>(r: &mut Reader<'a>, what: &'static str) -> Result<(u8, Reader<'a>), WireError> {
        let kind = r.u8(what)?;
        let len = match kind {
            ..128 => r.u8(what)?.into(),
            _ => r.u16(what)?,
        };
        Ok((kind, r.sub(what, len.into())?))
    }

    fn encode(kind: u8, out: &mut Vec<u8>, value: impl FnOnce(&mut Vec<u8>)) {
        out.push(kind);
        match kind {
            ..128 => counted8(out, value),
            _ => counted16(out, value),
        }
    }
}

/// A TLV of a known type whose value does not read as it should makes the attribute malformed.
pub(crate) const STRICT: bool = true;
/// Such a TLV is kept as if its type were unknown.
pub(crate) const LENIENT: bool = false;

/// Declares the TLVs of a registry: the open enum of their types, and an enum of one TLV, which
/// is an [`Item`]. A row is `VARIANT(TYPE) = CODE => "NAME", STRICT or LENIENT;`. After the rows
/// stand the types that have a name here, but whose values are kept as octets.
macro_rules! tlvs {
    (
        $(#[$kind_meta:meta])*
        pub struct $kinds:ident($int:ty) in $framing:ty;
        $(#[$meta:meta])*
        pub enum $name:ident $what:literal {
            $(
                $(#[$variant_meta:meta])*
                $variant:ident($ty:ty) = $code:literal => $text:literal, $bad:expr;
            )*
        }
        $( $konst:ident = $konst_code:literal => $konst_text:literal, )*
    ) => {
        $crate::wire::open_enum! {
            $(#[$kind_meta])*
            pub struct $kinds($int) {
                $( $variant = $code => $text, )*
                $( $konst = $konst_code => $konst_text, )*
            }
        }

        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name<'a> {
            $( $(#[$variant_meta])* $variant($ty), )*
            /// Any other type, or one whose value does not read as it should, as received.
            Unknown($kinds, &'a [u8]),
        }

        impl $name<'_> {
            /// The type.
            #[must_use]
            pub fn kind(&self) -> $kinds {
                match self {
                    $( Self::$variant(_) => $kinds::$variant, )*
                    Self::Unknown(kind, _) => *kind,
                }
            }
        }

        impl<'a> $crate::wire::Item<'a> for $name<'a> {
            fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
                use $crate::bgp::attr::layout::{Framing, whole};
                let (kind, value) = <$framing as Framing>::parse(r, $what)?;
                match kind {
                    $( $code => match whole(value, $what) {
                        Ok(part) => return Ok(Self::$variant(part)),
                        Err(error) if $bad => return Err(error),
                        Err(_) => {}
                    } )*
                    _ => {}
                }
                Ok(Self::Unknown($kinds(kind), value.peek()))
            }

            fn encode(&self, out: &mut Vec<u8>) {
                use $crate::bgp::attr::layout::{Framing, Part};
                <$framing as Framing>::encode(self.kind().0, out, |out| match self {
                    $( Self::$variant(part) => Part::write(part, out), )*
                    Self::Unknown(_, value) => out.extend_from_slice(value),
                });
            }

            fn describe(&self, fields: &mut dyn Fields) {
                use $crate::bgp::attr::layout::Part;
                fields.group("", &mut |fields| {
                    fields.text("type", &self.kind());
                    match self {
                        $( Self::$variant(part) => Part::describe_in(part, fields), )*
                        Self::Unknown(_, value) => fields.octets("value", value),
                    }
                });
            }
        }
    };
}
pub(crate) use tlvs;
