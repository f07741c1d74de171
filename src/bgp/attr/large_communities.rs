//! LARGE_COMMUNITY: a set of 12-octet values: global administrator and two numbers (RFC 8092).

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::{Fields, Item, List, Reader, WireError};

/// A large community: Global Administrator and two Local Data Parts (RFC 8092 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LargeCommunity(pub [u8; 12]);

impl Item<'_> for LargeCommunity {
    const SIZE: usize = 12;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.array("large community").map(Self)
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.text("", self);
    }
}

impl std::fmt::Display for LargeCommunity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b, c] = [0, 4, 8].map(|at| self.0[at..].first_chunk().copied().unwrap_or_default());
        let [a, b, c] = [a, b, c].map(u32::from_be_bytes);
        write!(f, "{a}:{b}:{c}")
    }
}

/// The communities of one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LargeCommunities<'a>(pub List<'a, LargeCommunity>);

impl<'a> Value<'a> for LargeCommunities<'a> {
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

/// The large communities in the order of the message; an incomplete last one is left out.
pub fn iter(value: &[u8]) -> impl Iterator<Item = [u8; 12]> + '_ {
    value.as_chunks::<12>().0.iter().copied()
}

/// RFC 8092 §5: the length is a non-zero multiple of 12.
///
/// # Errors
/// It is not.
pub fn check(v: Reader<'_>) -> Result<(), WireError> {
    super::check_items(v, "LARGE_COMMUNITY length", 12)
}

#[cfg(test)]
mod tests {
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, sound};

    const CODE: AttributeCode = AttributeCode::LargeCommunities;

    #[test]
    fn each_has_three_numbers_and_there_is_one_at_least() {
        let two = "0000fde9 00000001 ffffffff 00000000 00000000 00000002";
        sound(CODE, two, "large_communities=[65001:1:4294967295, 0:0:2]");
        malformed(CODE, "", "LARGE_COMMUNITY length", 0);
        malformed(CODE, "0000fde9 00000001 ffffff", "LARGE_COMMUNITY length", 0);
    }
}
