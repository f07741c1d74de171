//! EXTENDED COMMUNITIES: a set of 8-octet values, type first (RFC 4360).

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::{Fields, Item, List, Reader, WireError};

/// An extended community: type, sub-type and 6 octets (RFC 4360).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExtendedCommunity(pub [u8; 8]);

impl Item<'_> for ExtendedCommunity {
    const SIZE: usize = 8;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.array("extendedcommunity").map(Self)
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.text("", self);
    }
}

impl std::fmt::Display for ExtendedCommunity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "0x{:016x}", u64::from_be_bytes(self.0))
    }
}

/// The communities of one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtendedCommunities<'a>(pub List<'a, ExtendedCommunity>);

impl<'a> Value<'a> for ExtendedCommunities<'a> {
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        check(value)?;
        List::parse(value).map(Self)
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe(name, fields);
    }
}

/// The extended communities in the order of the message; an incomplete last one is left out.
pub fn iter(value: &[u8]) -> impl Iterator<Item = [u8; 8]> + '_ {
    value.as_chunks::<8>().0.iter().copied()
}

/// RFC 7606 §7.14: the length is a non-zero multiple of 8.
///
/// # Errors
/// It is not.
pub fn check(v: Reader<'_>) -> Result<(), WireError> {
    super::check_items(v, "EXTENDED COMMUNITIES length", 8)
}
