//! Path attributes (RFC 4271 §4.3): one file each, one row in the table below. Attributes without a
//! row are kept raw, with their code, flags and value.

pub mod aigp;
pub mod as_path;
pub mod communities;
pub mod extended_communities;
pub mod large_communities;
pub mod mp_reach;
pub mod mp_unreach;
mod scalar;

pub use scalar::{local_pref, med, next_hop, only_to_customer, origin};
pub mod prefix_sid;

use crate::bgp::AsWidth;
use crate::wire::{Reader, WireError};

/// Attribute flag: the value's length has 2 octets.
pub const FLAG_EXTENDED_LENGTH: u8 = 0x10;
/// Attribute flag: the attribute was handled by a speaker that does not know it.
pub const FLAG_PARTIAL: u8 = 0x20;
/// Attribute flag: passed on by speakers.
pub const FLAG_TRANSITIVE: u8 = 0x40;
/// Attribute flag: not well-known.
pub const FLAG_OPTIONAL: u8 = 0x80;

/// Declares the attributes: `CODE => CONST "NAME" lengths, check,` is one row. An attribute of one of
/// the `lengths` is sound whatever its value.
macro_rules! attributes {
    ($( $code:literal => $konst:ident $name:literal $lengths:expr, $check:expr, )+) => {
        crate::wire::open_enum! {
            /// Path attribute type codes that are decoded; all others are kept raw.
            pub struct AttributeCode(u8) { $( $konst = $code => $name, )+ }
        }

        /// Whether the value of a known attribute is well formed, in the sense of RFC 7606.
        ///
        /// # Errors
        /// What is wrong with it; unknown attributes never are.
        pub fn check(attribute: &Attribute<'_>, as_width: AsWidth) -> Result<(), WireError> {
            let value = attribute.reader();
            match attribute.code.0 {
                $( $code => { let check: fn(Reader<'_>, AsWidth) -> Result<(), WireError> = $check; check(value, as_width) } )+
                _ => Ok(()),
            }
        }

        /// For each code the lengths below 64, as bits, at which an attribute is sound whatever its
        /// value. Attributes without a row are never malformed.
        static SOUND: [u64; 256] = {
            let mut sound = [u64::MAX; 256];
            $( sound[$code] = $lengths; )+
            sound
        };
    };
}

/// No length says enough.
const NONE: u64 = 0;

/// One length.
const fn only(octets: u32) -> u64 {
    1 << octets
}

/// One item or more of this size.
const fn items(octets: u32) -> u64 {
    let (mut lengths, mut len) = (0, octets);
    while len < u64::BITS {
        lengths |= 1 << len;
        len += octets;
    }
    lengths
}

attributes! {
    1 => Origin "ORIGIN" only(1), |v, _| origin(v).map(drop),
    2 => AsPath "AS_PATH" NONE, as_path::check,
    3 => NextHop "NEXT_HOP" only(4), |v, _| next_hop(v).map(drop),
    4 => MultiExitDisc "MULTI_EXIT_DISC" only(4), |v, _| med(v).map(drop),
    5 => LocalPref "LOCAL_PREF" only(4), |v, _| local_pref(v).map(drop),
    8 => Communities "COMMUNITIES" items(4), |v, _| communities::check(v),
    14 => MpReachNlri "MP_REACH_NLRI" NONE, |v, _| mp_reach::MpReach::parse(v).map(drop),
    15 => MpUnreachNlri "MP_UNREACH_NLRI" NONE, |v, _| mp_unreach::MpUnreach::parse(v).map(drop),
    16 => ExtendedCommunities "EXTENDED COMMUNITIES" items(8), |v, _| extended_communities::check(v),
    17 => As4Path "AS4_PATH" NONE, |v, _| as_path::check(v, AsWidth::Four),
    26 => Aigp "AIGP" NONE, |v, _| aigp::parse(v).map(drop),
    32 => LargeCommunities "LARGE_COMMUNITY" items(12), |v, _| large_communities::check(v),
    35 => OnlyToCustomer "Only to Customer (OTC)" only(4), |v, _| only_to_customer(v).map(drop),
    40 => PrefixSid "BGP Prefix-SID" NONE, |v, _| prefix_sid::label_index(v).map(drop),
}

/// One path attribute as it lies in the message.
#[derive(Debug, Clone, Copy)]
pub struct Attribute<'a> {
    /// Attribute flags.
    pub flags: u8,
    /// Type code.
    pub code: AttributeCode,
    value: Reader<'a>,
}

impl<'a> Attribute<'a> {
    /// The value's octets.
    #[must_use]
    pub fn value(&self) -> &'a [u8] {
        self.value.peek()
    }

    /// Whether its length alone says that [`check`] finds nothing wrong. Nearly all attributes of
    /// nearly all UPDATEs are known to be sound by this, without a branch for each type.
    #[inline]
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let len = self.value.len();
        len < 64 && SOUND[usize::from(self.code.0)] >> len & 1 == 1
    }

    /// A reader over the value, with true offsets.
    #[must_use]
    pub fn reader(&self) -> Reader<'a> {
        self.value
    }
}

/// Iterates over path attributes in the order of the message; ends after an attribute that
/// overruns.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a> {
    left: Reader<'a>,
}

impl<'a> Attributes<'a> {
    /// The attributes in `octets`.
    #[must_use]
    pub fn new(octets: Reader<'a>) -> Self {
        Self { left: octets }
    }

    /// The next attribute; `None` at the end, and where the next one is cut short: see
    /// [`Attributes::cut`]. Loops that run for every UPDATE use this rather than the iterator,
    /// whose items are put together in memory and read back at once.
    #[inline(always)]
    pub fn next_whole(&mut self) -> Option<Attribute<'a>> {
        // Nearly always, flags, code and either form of the length lie in four octets.
        let Some(&[flags, code, a, b]) = self.left.peek().first_chunk() else {
            return self.last_empty();
        };
        let (head, len) = match flags & FLAG_EXTENDED_LENGTH != 0 {
            true => (4, u16::from_be_bytes([a, b])),
            false => (3, a.into()),
        };
        let value = self.left.framed(head, len.into())?;
        Some(Attribute { flags, code: AttributeCode(code), value })
    }

    /// A last attribute without a value may have but three octets.
    #[cold]
    fn last_empty(&mut self) -> Option<Attribute<'a>> {
        match *self.left.peek() {
            [flags, code, 0] if flags & FLAG_EXTENDED_LENGTH == 0 => {
                let value = self.left.framed(3, 0)?;
                Some(Attribute { flags, code: AttributeCode(code), value })
            }
            _ => None,
        }
    }

    /// After the last whole attribute: what is wrong with octets that are left.
    #[must_use]
    pub fn cut(&self) -> Option<WireError> {
        let left = !self.left.is_empty();
        left.then(|| Self { left: self.left }.read_slowly().err()).flatten()
    }

    #[cold]
    fn read_slowly(&mut self) -> Result<Attribute<'a>, WireError> {
        let flags = self.left.u8("attribute flags")?;
        let code = AttributeCode(self.left.u8("attribute type code")?);
        let len = if flags & FLAG_EXTENDED_LENGTH != 0 {
            usize::from(self.left.u16("attribute length")?)
        } else {
            usize::from(self.left.u8("attribute length")?)
        };
        Ok(Attribute { flags, code, value: self.left.sub("attribute value", len)? })
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<Attribute<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if let Some(attribute) = self.next_whole() {
            return Some(Ok(attribute));
        }
        let cut = self.cut();
        self.left = Reader::new(&[]);
        cut.map(Err)
    }
}

/// A value that must be a whole number of `size`-octet items.
fn check_items(v: Reader<'_>, what: &'static str, size: usize) -> Result<(), WireError> {
    match v.len() % size {
        0 if !v.is_empty() => Ok(()),
        _ => Err(WireError::invalid(what, v.offset(), v.len() as u64)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn iteration_ends_after_an_attribute_that_overruns() {
        let bytes = [0x40, 1, 1, 0, 0x50, 200, 0, 2, 7, 7, 0x40, 2, 9, 1];
        let mut it = Attributes::new(Reader::at(&bytes, 100));
        let a = it.next().unwrap().unwrap();
        assert_eq!(
            (a.code, a.value(), a.reader().offset()),
            (AttributeCode::Origin, &[0u8][..], 103)
        );
        let b = it.next().unwrap().unwrap();
        assert_eq!((b.code.0, b.code.name(), b.value()), (200, None, &[7u8, 7][..]));
        assert_eq!(it.next().unwrap().unwrap_err().what, "attribute value");
        assert!(it.next().is_none());
    }

    #[test]
    fn what_the_length_says_is_what_the_check_finds() {
        for code in 0..=255 {
            let code = AttributeCode(code);
            let plain = |len: usize| {
                let value = vec![0x5a; len];
                let attribute = Attribute { flags: 0, code, value: Reader::new(&value) };
                (attribute.is_plain(), check(&attribute, AsWidth::Four).is_ok())
            };
            let by_length = (0..64).any(|len| plain(len).0);
            for len in 0..80 {
                let (is_plain, is_sound) = plain(len);
                assert!(is_sound || !is_plain, "{code} of {len}");
                assert!(!by_length || len >= 64 || is_plain == is_sound, "{code} of {len}");
            }
        }
    }

    #[test]
    fn known_attributes_are_checked_and_unknown_ones_never_fail() {
        let a = |code, value: &'static [u8]| Attribute {
            flags: 0,
            code: AttributeCode(code),
            value: Reader::new(value),
        };
        assert!(check(&a(1, &[0]), AsWidth::Four).is_ok());
        assert!(check(&a(1, &[0, 0]), AsWidth::Four).is_err());
        assert!(check(&a(8, &[0, 0, 0]), AsWidth::Four).is_err());
        assert!(check(&a(2, &[2, 1, 0, 1]), AsWidth::Two).is_ok());
        assert!(check(&a(2, &[2, 1, 0, 1]), AsWidth::Four).is_err());
        assert!(check(&a(200, &[1, 2, 3]), AsWidth::Four).is_ok());
    }
}
