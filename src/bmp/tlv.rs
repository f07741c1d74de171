//! Information TLVs: type(2) · length(2) · value (RFC 7854 §4.4). Unknown types keep their octets.

use crate::wire::{Reader, WireError};

/// The bit of the type field that announces an enterprise number before the value
/// (draft-ietf-grow-bmp-tlv-ebit). RFC 7854 assigns no type that high.
const ENTERPRISE_BIT: u16 = 0x8000;

/// Whose registry a TLV type is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlvOwner {
    /// IANA's (RFC 7854, RFC 9736: one for each message).
    Iana,
    /// That of a Private Enterprise Number.
    Enterprise(u32),
}

/// One information TLV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// Whose registry `kind` is from.
    pub owner: TlvOwner,
    /// Type, without the enterprise bit.
    pub kind: u16,
    /// Value, without the enterprise number.
    pub value: &'a [u8],
}

/// Iterates over the TLVs up to the end of the message; ends after one that overruns.
#[derive(Debug, Clone, Copy)]
pub struct Tlvs<'a> {
    left: Reader<'a>,
}

impl<'a> Tlvs<'a> {
    /// The TLVs in `octets`.
    #[must_use]
    pub fn new(octets: Reader<'a>) -> Self {
        Self { left: octets }
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

    fn read(&mut self) -> Result<Tlv<'a>, WireError> {
        let kind = self.left.u16("TLV type")?;
        let len = self.left.u16("TLV length")?;
        let mut value = self.left.sub("TLV value", len.into())?;
        let mut owner = TlvOwner::Iana;
        if kind & ENTERPRISE_BIT != 0 && value.len() >= 4 {
            owner = match value.u32("enterprise number")? {
                0 => TlvOwner::Iana,
                pen => TlvOwner::Enterprise(pen),
            };
        }
        Ok(Tlv { owner, kind: kind & !ENTERPRISE_BIT, value: value.rest() })
    }
}

impl<'a> Iterator for Tlvs<'a> {
    type Item = Result<Tlv<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left.is_empty() {
            return None;
        }
        let item = self.read();
        if item.is_err() {
            self.left = Reader::new(&[]);
        }
        Some(item)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn enterprise_numbers_are_taken_off_the_value() {
        let bytes =
            [0x80, 9, 0, 6, 0, 0, 0x30, 0x39, 1, 2, 0x80, 1, 0, 5, 0, 0, 0, 0, 7, 0, 2, 0, 0];
        let tlvs: Vec<_> = Tlvs::new(Reader::new(&bytes)).map(Result::unwrap).collect();
        assert_eq!(tlvs[0], Tlv { owner: TlvOwner::Enterprise(12345), kind: 9, value: &[1, 2] });
        assert_eq!(tlvs[1], Tlv { owner: TlvOwner::Iana, kind: 1, value: &[7] });
        assert_eq!(tlvs[2], Tlv { owner: TlvOwner::Iana, kind: 2, value: &[] });
    }

    #[test]
    fn a_tlv_that_overruns_ends_the_list() {
        let bytes = [0, 1, 0, 1, 7, 0, 2, 0, 9, 1];
        let mut it = Tlvs::new(Reader::new(&bytes));
        assert!(it.next().unwrap().is_ok());
        assert_eq!(it.next().unwrap().unwrap_err().what, "TLV value");
        assert!(it.next().is_none());
        assert!(Tlvs::new(Reader::new(&bytes)).check().is_err());
    }
}
