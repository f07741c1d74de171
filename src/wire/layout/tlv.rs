//! TLVs: how they begin, and the macro that declares those of a registry.

use crate::wire::{Reader, WireError};

/// Writes a 2-octet length and what `body` appends after it.
pub fn counted16(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; 2]);
    body(out);
    let len = out.len() - at - 2;
    debug_assert!(len <= usize::from(u16::MAX), "{len} octets in a 2-octet length");
    let len = u16::try_from(len).unwrap_or(u16::MAX);
    out[at..at + 2].copy_from_slice(&len.to_be_bytes());
}

/// Writes a 1-octet length and what `body` appends after it.
pub fn counted8(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.push(0);
    body(out);
    let len = out.len() - at - 1;
    debug_assert!(len <= usize::from(u8::MAX), "{len} octets in a 1-octet length");
    out[at] = u8::try_from(len).unwrap_or(u8::MAX);
}

/// How the TLVs of a registry begin. What is wrong is called by the words for the type, the
/// length and the whole TLV.
pub(crate) trait Framing {
    /// The integer of the type.
    type Kind;

    /// Reads type and length, and gives the value that they announce.
    fn parse<'a>(
        r: &mut Reader<'a>,
        words: [&'static str; 3],
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
                [kind, len, what]: [&'static str; 3],
            ) -> Result<(Self::Kind, Reader<'a>), WireError> {
                let kind = r.$kind(kind)?;
                let len = r.$len(len)?;
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

    fn parse<'a>(
        r: &mut Reader<'a>,
        [kind, len, what]: [&'static str; 3],
    ) -> Result<(u8, Reader<'a>), WireError> {
        let kind = r.u8(kind)?;
        let len = match kind {
            ..128 => r.u8(len)?.into(),
            _ => r.u16(len)?,
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

/// A TLV of a known type whose value does not read as it should makes all of it malformed. One
/// whose row does not say so is kept as if its type were unknown, unless what is wrong is the
/// framing of TLVs of the same registry inside it: they must fill it.
pub(crate) const STRICT: bool = true;

/// Declares the TLVs of a registry: the open enum of their types, and an enum of one TLV, which
/// is an [`Item`](crate::wire::Item). The words after its name are those of [`Framing`]. A row is
/// `CODE "NAME" => VARIANT(TYPE) "key", STRICT;`: the key is the name in descriptions of a value
/// whose fields have no names, [`STRICT`] may be left out as well. After the rows stand the types
/// that have a name here, but whose values are kept as octets.
macro_rules! tlvs {
    (
        $(#[$kind_meta:meta])*
        pub struct $kinds:ident($int:ty) in $framing:ty;
        $(#[$meta:meta])*
        pub enum $name:ident $words:tt {
            $(
                $(#[$variant_meta:meta])*
                $code:literal $text:literal =>
                    $variant:ident($ty:ty) $($key:literal)? $(, $strict:ident)?;
            )*
        }
        $( $konst_code:literal $konst_text:literal => $konst:ident; )*
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
            $(
                $(#[$variant_meta])*
                #[doc = concat!("`", $text, "` = ", stringify!($code))]
                $variant($ty),
            )*
            /// Any other type, or one whose value does not read as it should, as received.
            Unknown($kinds, &'a [u8]),
        }

        impl<'a> $name<'a> {
            /// The words for its type, its length and itself in errors.
            pub(crate) const WORDS: [&'static str; 3] = $words;

            /// The type.
            #[must_use]
            pub fn kind(&self) -> $kinds {
                match self {
                    $( Self::$variant(_) => $kinds::$variant, )*
                    Self::Unknown(kind, _) => *kind,
                }
            }

            /// The TLV of this type with this value.
            ///
            /// # Errors
            /// The value makes malformed what it stands in.
            pub fn of(
                kind: $kinds,
                value: $crate::wire::Reader<'a>,
            ) -> Result<Self, $crate::wire::WireError> {
                let strict = match kind.0 {
                    $( $code => false $( || $strict )?, )*
                    _ => false,
                };
                match Self::strictly(kind, value) {
                    Err(error) if !strict && !Self::WORDS.contains(&error.what) => {
                        Ok(Self::Unknown(kind, value.peek()))
                    }
                    read => read,
                }
            }

            /// The TLV of this type with this value, as if every row were strict.
            ///
            /// # Errors
            /// The type is known, and the value does not read as it should.
            pub fn strictly(
                kind: $kinds,
                value: $crate::wire::Reader<'a>,
            ) -> Result<Self, $crate::wire::WireError> {
                match kind.0 {
                    $( $code => {
                        $crate::wire::layout::whole(value, $text).map(Self::$variant)
                    } )*
                    _ => Ok(Self::Unknown(kind, value.peek())),
                }
            }
        }

        impl<'a> $crate::wire::Item<'a> for $name<'a> {
            fn parse(
                r: &mut $crate::wire::Reader<'a>,
            ) -> Result<Self, $crate::wire::WireError> {
                use $crate::wire::layout::Framing;
                let (kind, value) = <$framing as Framing>::parse(r, Self::WORDS)?;
                Self::of($kinds(kind), value)
            }

            fn encode(&self, out: &mut Vec<u8>) {
                use $crate::wire::{Part, layout::Framing};
                <$framing as Framing>::encode(self.kind().0, out, |out| match self {
                    $( Self::$variant(part) => Part::write(part, out), )*
                    Self::Unknown(_, value) => out.extend_from_slice(value),
                });
            }

            fn describe(&self, fields: &mut dyn $crate::wire::Fields) {
                use $crate::wire::{Part, layout::key};
                fields.group("", &mut |fields| {
                    fields.text("type", &self.kind());
                    match self {
                        $( Self::$variant(part) => {
                            Part::describe_whole(part, key!($($key)?), fields);
                        } )*
                        Self::Unknown(_, value) => fields.octets("value", value),
                    }
                });
            }
        }
    };
}
pub(crate) use tlvs;

/// The name of a value in descriptions.
macro_rules! key {
    () => {
        "value"
    };
    ($key:literal) => {
        $key
    };
}
pub(crate) use key;
