//! One part of a value, and the macros that declare parts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::wire::{Fields, Item, List, Reader, WireError};

/// One field of a value, or a value made of fields. A [`List`] may be of any kind of them.
pub trait Part<'a>: Sized {
    /// Octets of each, where every value of that many octets is sound; 0 where that is not so.
    const SIZE: usize = 0;

    /// Reads it off the front; `what` is the value that it belongs to.
    ///
    /// # Errors
    /// It is cut short or makes no sense.
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError>;

    /// Appends its octets: the inverse of [`Part::read`].
    fn write(&self, out: &mut Vec<u8>);

    /// Describes it as the one field `name`.
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields);

    /// Describes it among the fields of what it is the whole of: by the names of its own fields,
    /// or as `name` where it has none.
    fn describe_whole(&self, name: &'static str, fields: &mut dyn Fields) {
        self.describe_as(name, fields);
    }
}

/// Every part may stand in a list.
impl<'a, T: Part<'a>> Item<'a> for T {
    const SIZE: usize = T::SIZE;

    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        T::read(r, "list item")
    }
    fn encode(&self, out: &mut Vec<u8>) {
        self.write(out);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        self.describe_as("", fields);
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

/// The size of what is made of parts of these sizes: 0 when one of them has none.
pub(crate) const fn fixed(mut sizes: &[usize]) -> usize {
    let mut sum = 0;
    while let [size, rest @ ..] = sizes {
        if *size == 0 {
            return 0;
        }
        sum += *size;
        sizes = rest;
    }
    sum
}

/// Declares values by their fields, in the order of the wire. One is `pub struct NAME "what it is
/// in errors" { FIELD: TYPE, … }`; each field has its name in descriptions. Without the words in
/// errors they are those of what the value stands in.
macro_rules! layout {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident $(<$life:lifetime>)? $($what:literal)? {
            $( $(#[$field_meta:meta])* $field:ident: $ty:ty, )*
        }
    )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name $(<$life>)? {
            $( $(#[$field_meta])* pub $field: $ty, )*
        }

        impl<'a> $crate::wire::Part<'a> for $name $(<$life>)? {
            const SIZE: usize = $crate::wire::layout::fixed(&[
                $( <$ty as $crate::wire::Part<'_>>::SIZE, )*
            ]);

            fn read(
                r: &mut $crate::wire::Reader<'a>,
                _what: &'static str,
            ) -> Result<Self, $crate::wire::WireError> {
                $( let _what = $what; )?
                $( let $field = $crate::wire::Part::read(r, _what)?; )*
                Ok(Self { $( $field, )* })
            }
            fn write(&self, out: &mut Vec<u8>) {
                $( $crate::wire::Part::write(&self.$field, out); )*
            }
            fn describe_as(&self, name: &'static str, fields: &mut dyn $crate::wire::Fields) {
                fields.group(name, &mut |fields| {
                    $crate::wire::Part::describe_whole(self, name, fields);
                });
            }
            fn describe_whole(&self, _: &'static str, fields: &mut dyn $crate::wire::Fields) {
                $( $crate::wire::Part::describe_as(&self.$field, stringify!($field), fields); )*
            }
        }
    )+};
}
pub(crate) use layout;

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

        $crate::wire::layout::wraps! { $name($int) |bits, name, fields| {
            fields.list(name, &mut |fields| {
                $( if bits.has($value) { fields.text("", &$text); } )+
                let undefined = bits.0 & !(0 $( | $value )+);
                if undefined != 0 {
                    fields.text("", &format_args!("{undefined:#x}"));
                }
            });
        } }
    )+};
}
pub(crate) use bits;

/// Declares numbers, and whatever else is another part by its own name.
macro_rules! words {
    ($( $(#[$meta:meta])* pub struct $name:ident($inner:ty); )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        $crate::wire::layout::wraps! { $name($inner) |word, name, fields| {
            $crate::wire::Part::describe_as(&word.0, name, fields);
        } }
    )+};
}
pub(crate) use words;

/// Makes a newtype a part that is read and written as what it wraps.
macro_rules! wraps {
    ($name:ident($inner:ty) |$this:ident, $as:ident, $fields:ident| $describe:block) => {
        impl $crate::wire::Part<'_> for $name {
            const SIZE: usize = <$inner as $crate::wire::Part<'_>>::SIZE;

            fn read(
                r: &mut $crate::wire::Reader<'_>,
                what: &'static str,
            ) -> Result<Self, $crate::wire::WireError> {
                <$inner as $crate::wire::Part<'_>>::read(r, what).map(Self)
            }
            fn write(&self, out: &mut Vec<u8>) {
                $crate::wire::Part::write(&self.0, out);
            }
            fn describe_as(&self, $as: &'static str, $fields: &mut dyn $crate::wire::Fields) {
                let $this = self;
                $describe
            }
        }
    };
}
pub(crate) use wraps;

macro_rules! numbers {
    ($($ty:ident)+) => {$(
        impl Part<'_> for $ty {
            const SIZE: usize = size_of::<$ty>();

            fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
                r.$ty(what)
            }
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
            fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
                fields.number(name, (*self).into());
            }
        }
    )+};
}

numbers! { u8 u16 u32 u64 }

macro_rules! addresses {
    ($($ty:ident)+) => {$(
        impl Part<'_> for $ty {
            const SIZE: usize = size_of::<$ty>();

            fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
                r.array(what).map(Self::from_octets)
            }
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.octets());
            }
            fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
                fields.text(name, self);
            }
        }
    )+};
}

addresses! { Ipv4Addr Ipv6Addr }

/// An address to the end of the value: 4 octets or 16.
impl Part<'_> for IpAddr {
    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        match r.len() {
            4 => Ipv4Addr::read(r, what).map(Self::V4),
            _ => Ipv6Addr::read(r, what).map(Self::V6),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::V4(address) => address.write(out),
            Self::V6(address) => address.write(out),
        }
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
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
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
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
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        if let Some(part) = self {
            part.describe_as(name, fields);
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
        out.extend_from_slice(self.octets());
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        List::describe(self, name, fields);
    }
}
