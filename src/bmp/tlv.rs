//! Information TLVs: type(2) · length(2) · value (RFC 7854 §4.4). Unknown types keep their octets.

use crate::bgp::encode::counted16;
use crate::wire::{Fields, Item, Items, Reader, WireError};

/// The bit of the type field that announces an enterprise number before the value
/// (draft-ietf-grow-bmp-tlv-ebit). RFC 7854 assigns no type that high.
const ENTERPRISE_BIT: u16 = 0x8000;

/// Whose registry a TLV type is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlvOwner {
    /// IANA's (RFC 7854, RFC 9736: one for each message).
    Iana,
    /// That of a Private Enterprise Number. Number 0 is IANA's own: see [`TlvOwner::enterprise`].
    Enterprise(u32),
    /// The enterprise bit is set, but the value has no room for a number: IANA's.
    Missing,
}

impl TlvOwner {
    /// The Private Enterprise Number, unless the registry is IANA's.
    #[must_use]
    pub fn enterprise(self) -> Option<u32> {
        match self {
            Self::Enterprise(0) | Self::Iana | Self::Missing => None,
            Self::Enterprise(number) => Some(number),
        }
    }
}

/// One information TLV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// Whose registry `kind` is from.
    pub owner: TlvOwner,
    /// Type, without the enterprise bit.
    pub kind: u16,
    /// Value, without the enterprise number; 0–65 535 octets with it.
    pub value: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// A TLV of an IANA type.
    #[must_use]
    pub const fn new(kind: u16, value: &'a [u8]) -> Self {
        Self { owner: TlvOwner::Iana, kind, value }
    }

    /// Describes type, owner and value as fields of their own; `named` describes type and value of
    /// one from IANA's registry.
    fn describe_by(&self, fields: &mut dyn Fields, named: Describe) {
        match self.owner.enterprise() {
            None => named(self.kind, self.value, fields),
            Some(number) => {
                fields.number("enterprise", number.into());
                fields.number("type", self.kind.into());
                fields.octets("value", self.value);
            }
        }
    }
}

impl<'a> Item<'a> for Tlv<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let kind = r.u16("TLV type")?;
        let len = r.u16("TLV length")?;
        let mut value = r.sub("TLV value", len.into())?;
        let owner = match kind & ENTERPRISE_BIT {
            0 => TlvOwner::Iana,
            _ if value.len() < 4 => TlvOwner::Missing,
            _ => TlvOwner::Enterprise(value.u32("enterprise number")?),
        };
        Ok(Tlv { owner, kind: kind & !ENTERPRISE_BIT, value: value.rest() })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let bit = if self.owner == TlvOwner::Iana { 0 } else { ENTERPRISE_BIT };
        out.extend_from_slice(&(self.kind | bit).to_be_bytes());
        counted16(out, |out| {
            if let TlvOwner::Enterprise(number) = self.owner {
                out.extend_from_slice(&number.to_be_bytes());
            }
            out.extend_from_slice(self.value);
        });
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("tlv", &mut |fields| {
            self.describe_by(fields, |kind, value, fields| {
                fields.number("type", kind.into());
                fields.octets("value", value);
            });
        });
    }
}

/// Describes type and value of a TLV in IANA's registry for one message.
pub(super) type Describe = fn(u16, &[u8], &mut dyn Fields);

/// Describes a value that is a text, where it is one.
pub(super) fn describe_text(value: &[u8], fields: &mut dyn Fields) {
    match std::str::from_utf8(value) {
        Ok(text) => fields.text("value", &text),
        Err(_) => fields.octets("value", value),
    }
}

/// TLVs one after the other, read in place. An iterator over them up to the end of the message; it
/// ends after one that overruns.
#[derive(Debug, Clone, Copy)]
pub struct Tlvs<'a> {
    left: Reader<'a>,
}

impl<'a> Tlvs<'a> {
    /// No TLVs.
    pub const EMPTY: Self = Self { left: Reader::EMPTY };

    /// The TLVs in `octets`, which may end within one.
    #[must_use]
    pub fn new(octets: Reader<'a>) -> Self {
        Self { left: octets }
    }

    /// The TLVs in `octets`, every one of them whole.
    ///
    /// # Errors
    /// The first one that is not.
    pub fn parse(octets: Reader<'a>) -> Result<Self, WireError> {
        let all = Self::new(octets);
        all.check().map(|()| all)
    }

    /// The whole TLVs at the front of `octets`, and what is left after them.
    #[must_use]
    pub fn split(octets: Reader<'a>) -> (Self, Reader<'a>) {
        let (mut left, mut after) = (octets, octets);
        while Tlv::parse(&mut after).is_ok() {
            left = after;
        }
        let mut whole = octets;
        let len = octets.len() - left.len();
        (Self::new(whole.sub("TLVs", len).unwrap_or(Reader::EMPTY)), left)
    }

    /// Whether every TLV is whole.
    ///
    /// # Errors
    /// The first one that is not.
    pub fn check(self) -> Result<(), WireError> {
        for tlv in self {
            tlv?;
        }
        Ok(())
    }

    /// The whole TLVs in order.
    pub fn iter(&self) -> impl Iterator<Item = Tlv<'a>> + use<'a> {
        self.flatten()
    }

    /// The values of the TLVs of an IANA type, in order.
    pub fn of(&self, kind: u16) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let is_of = move |tlv: &Tlv<'_>| tlv.kind == kind && tlv.owner.enterprise().is_none();
        self.iter().filter(is_of).map(|tlv| tlv.value)
    }

    /// The text of the first TLV of an IANA type, unless it is no UTF-8.
    #[must_use]
    pub fn text(&self, kind: u16) -> Option<&'a str> {
        self.of(kind).next().and_then(|value| std::str::from_utf8(value).ok())
    }

    /// Their octets.
    #[must_use]
    pub fn octets(&self) -> &'a [u8] {
        self.left.peek()
    }

    /// Appends their octets.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.left.peek());
    }

    /// Describes them as the list `tlvs`; those of IANA by `named`.
    pub(super) fn describe(&self, fields: &mut dyn Fields, named: Describe) {
        fields.list("tlvs", &mut |fields| {
            for tlv in self.iter() {
                fields.group("tlv", &mut |fields| tlv.describe_by(fields, named));
            }
        });
    }
}

impl<'a> From<&'a Items> for Tlvs<'a> {
    /// The TLVs that were put together as items.
    fn from(items: &'a Items) -> Self {
        Self::new(Reader::new(items.octets()))
    }
}

impl PartialEq for Tlvs<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.octets() == other.octets()
    }
}

impl Eq for Tlvs<'_> {}

impl<'a> Iterator for Tlvs<'a> {
    type Item = Result<Tlv<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left.is_empty() {
            return None;
        }
        let item = Tlv::parse(&mut self.left);
        if item.is_err() {
            self.left = Reader::EMPTY;
        }
        Some(item)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::wire::Outline;

    #[test]
    fn enterprise_numbers_are_taken_off_the_value_and_put_back() {
        let bytes = [
            0x80, 9, 0, 6, 0, 0, 0x30, 0x39, 1, 2, 0x80, 1, 0, 5, 0, 0, 0, 0, 7, 0x80, 1, 0, 3, 9,
            8, 7, 0, 2, 0, 0,
        ];
        let tlvs: Vec<_> = Tlvs::new(Reader::new(&bytes)).map(Result::unwrap).collect();
        assert_eq!(tlvs[0], Tlv { owner: TlvOwner::Enterprise(12345), kind: 9, value: &[1, 2] });
        assert_eq!(tlvs[1], Tlv { owner: TlvOwner::Enterprise(0), kind: 1, value: &[7] });
        assert_eq!(tlvs[2], Tlv { owner: TlvOwner::Missing, kind: 1, value: &[9, 8, 7] });
        assert_eq!(tlvs[3], Tlv::new(2, &[]));
        let owners: Vec<_> = tlvs.iter().map(|tlv| tlv.owner.enterprise()).collect();
        assert_eq!(owners, [Some(12345), None, None, None]);
        assert_eq!(Items::of(tlvs).octets(), bytes);
        let all = Tlvs::new(Reader::new(&bytes));
        assert_eq!(all.of(1).collect::<Vec<_>>(), [&[7][..], &[9, 8, 7]]);
        let said = Outline::of(|f| all.iter().take(2).for_each(|tlv| Item::describe(&tlv, f)));
        assert_eq!(said, "tlv={enterprise=12345 type=9 value=0102} tlv={type=1 value=07}");
    }

    #[test]
    fn a_tlv_that_overruns_ends_the_list() {
        let bytes = [0, 1, 0, 1, 7, 0, 2, 0, 9, 1];
        let mut it = Tlvs::new(Reader::new(&bytes));
        assert!(it.next().unwrap().is_ok());
        assert_eq!(it.next().unwrap().unwrap_err().what, "TLV value");
        assert!(it.next().is_none());
        assert!(Tlvs::parse(Reader::new(&bytes)).is_err());
        let (whole, left) = Tlvs::split(Reader::new(&bytes));
        assert_eq!((whole.octets(), left.peek(), left.offset()), (&bytes[..5], &bytes[5..], 5));
        assert_eq!(Tlvs::split(Reader::new(&bytes[..5])).1.len(), 0);
    }
}
