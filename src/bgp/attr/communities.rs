//! COMMUNITIES: a set of 32-bit values (RFC 1997).

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::{Fields, Item, List, Reader, WireError};

/// A community: a number of an AS, and one that it gave a meaning (RFC 1997).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Community(pub [u8; 4]);

impl Item<'_> for Community {
    const SIZE: usize = 4;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.array("community").map(Self)
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.text("", self);
    }
}

impl std::fmt::Display for Community {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b, c, d] = self.0;
        write!(f, "{}:{}", u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
    }
}

/// The communities of one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Communities<'a>(pub List<'a, Community>);

impl<'a> Value<'a> for Communities<'a> {
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

/// The communities in the order of the message; an incomplete last one is left out.
pub fn iter(value: &[u8]) -> impl Iterator<Item = u32> + '_ {
    value.chunks_exact(4).map(|c| u32::from_be_bytes([c[0], c[1], c[2], c[3]]))
}

/// RFC 7606 §7.8: the length is a non-zero multiple of 4.
///
/// # Errors
/// It is not.
pub fn check(v: Reader<'_>) -> Result<(), WireError> {
    super::check_items(v, "COMMUNITIES length", 4)
}
