//! Route target membership: length in bits(1) · origin AS(4) · route target(0–8), a prefix of 0 or
//! 32 to 96 bits (RFC 4684 §4).

use super::Nlri;
use super::prefix::{example_as, has_bits_beyond};
use crate::bgp::attr::extended_communities::{ExtendedCommunity, Specific};
use crate::wire::{Fields, Reader, WireError};

/// Bits of the origin AS, the least of a prefix that is not the default.
const AS_BITS: u8 = 32;
/// Bits of origin AS and route target.
const ALL_BITS: u8 = 96;

/// The route targets that a speaker wants to hear of (1/132), a prefix of them: 1 octet for all, 5
/// for those of an AS, 13 for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteTargetMembership<'a> {
    /// Length in bits: 0, or 32 to 96.
    bits: u8,
    /// The octets of the prefix: none, or 4 to 12.
    octets: &'a [u8],
}

impl<'a> RouteTargetMembership<'a> {
    /// A prefix of `bits` bits, of as many octets as those need.
    ///
    /// # Errors
    /// There are other octets, or the bits are neither 0 nor 32 to 96.
    pub fn new(bits: u8, octets: &'a [u8]) -> Result<Self, WireError> {
        match bits {
            0 | AS_BITS..=ALL_BITS if octets.len() == usize::from(bits).div_ceil(8) => {
                Ok(Self { bits, octets })
            }
            _ => Err(WireError::invalid(LENGTH, 0, bits.into())),
        }
    }

    /// Length in bits.
    #[must_use]
    pub fn bits(&self) -> u8 {
        self.bits
    }

    /// The AS that wants them; none of the default route target.
    #[must_use]
    pub fn origin_as(&self) -> Option<u32> {
        self.octets.first_chunk().map(|octets| u32::from_be_bytes(*octets))
    }

    /// The route target; none when it is cut short.
    #[must_use]
    pub fn route_target(&self) -> Option<ExtendedCommunity> {
        match (self.bits, self.target().first_chunk()) {
            (ALL_BITS, Some(target)) => Some(ExtendedCommunity(*target)),
            _ => None,
        }
    }

    /// The octets of the route target that are there: 0 to 8.
    #[must_use]
    pub fn target(&self) -> &'a [u8] {
        self.octets.get(4..).unwrap_or_default()
    }
}

const LENGTH: &str = "route target prefix length";

impl<'a> Nlri<'a> for RouteTargetMembership<'a> {
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        let at = r.offset();
        match r.u8(LENGTH)? {
            bits @ (0 | AS_BITS..=ALL_BITS) => {
                let octets = r.take("route target prefix", usize::from(bits).div_ceil(8))?;
                Ok(Self { bits, octets })
            }
            bits => Err(WireError::invalid(LENGTH, at, bits.into())),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.bits);
        out.extend_from_slice(self.octets);
    }

    fn describe(&self, fields: &mut dyn Fields) {
        if let Some(asn) = self.origin_as() {
            fields.number("origin_as", asn.into());
        }
        if let Some(target) = self.route_target() {
            return fields.text("route_target", &target);
        }
        if !self.target().is_empty() {
            fields.octets("route_target", self.target());
        }
        fields.number("prefix_length", self.bits.into());
    }

    /// The default, then whole route targets of each format, prefixes that end after their types
    /// or in the midst of their local administrators, and ASes.
    fn example(index: u32, out: &mut Vec<u8>) {
        let [.., a, b] = index.to_be_bytes();
        let local = u16::from_be_bytes([a, b]);
        let (target, bits) = match index % 6 {
            0 if index == 0 => (Specific::TwoOctetAs(0, 0), 0),
            0 => (Specific::TwoOctetAs(65_001, index), AS_BITS),
            1 => (Specific::TwoOctetAs(65_001, index), ALL_BITS),
            2 => (Specific::Ipv4Address((0x0a00_0000 ^ index).into(), local), ALL_BITS),
            3 => (Specific::FourOctetAs(example_as(index), local), ALL_BITS),
            4 => (Specific::TwoOctetAs(65_001, index), AS_BITS + 16),
            _ => (Specific::FourOctetAs(example_as(index), 0), AS_BITS + 51),
        };
        let target = ExtendedCommunity::route_target(target).0;
        let octets = [&example_as(index).to_be_bytes(), &target[..]].concat();
        let octets = octets.get(..usize::from(bits).div_ceil(8)).unwrap_or_default();
        RouteTargetMembership { bits, octets }.encode(out);
    }

    fn is_doubtful(&self) -> bool {
        has_bits_beyond(self.octets, self.bits)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::bgp::nlri::scan;
    use crate::bgp::nlri::testing::{malformed, octets, sound, withdrawn};
    use crate::wire::Family;

    const RTC: Family = Family::new(1, 132);

    #[test]
    fn whole_route_targets_are_printed_as_communities() {
        sound(RTC, "60 0000fbff 0002fbf000000065", "origin_as=64511 route_target=rt:64496:101");
        withdrawn(
            RTC,
            "60 0000fbff 0102c0000202007b",
            "origin_as=64511 route_target=rt:192.0.2.2:123",
        );
        sound(RTC, "60 0000fbff 02020000fde8007b", "origin_as=64511 route_target=rt:65000L:123");
        // Of a type that nobody knows.
        sound(
            RTC,
            "60 0000fbff 7002000000000001",
            "origin_as=64511 route_target=0x7002000000000001",
        );
    }

    #[test]
    fn the_rest_are_prefixes() {
        sound(RTC, "00", "prefix_length=0");
        sound(RTC, "20 0000fbff", "origin_as=64511 prefix_length=32");
        sound(RTC, "30 0000fbff 0002", "origin_as=64511 route_target=0002 prefix_length=48");
        sound(
            RTC,
            "5f 0000fbff 0002fbf000000064",
            "origin_as=64511 route_target=0002fbf000000064 prefix_length=95",
        );
        malformed(RTC, "1f 0000fbff", "route target prefix length", 0);
        malformed(RTC, "08 00", "route target prefix length", 0);
        malformed(RTC, "61 0000fbff 0002fbf000000065 00", "route target prefix length", 0);
        malformed(RTC, "60 0000fbff 0002fbf0000000", "route target prefix", 1);
    }

    #[test]
    fn bits_beyond_the_length_are_seen_and_kept() {
        for (hex, want) in [
            ("00", false),
            ("21 0000fbff 80", false),
            ("21 0000fbff 81", true),
            ("5f 0000fbff 0002fbf000000065", true),
            ("60 0000fbff 0002fbf000000065", false),
        ] {
            let route = octets(hex);
            let found = scan(RTC, false, true, Reader::new(&route));
            assert_eq!((found.count, found.doubtful), (1, want), "{hex}");
        }
    }

    #[test]
    fn prefixes_that_are_none_cannot_be_made() {
        let all = [7; 13];
        for bits in 0..=255 {
            for len in 0..=13 {
                let made = RouteTargetMembership::new(bits, &all[..len]);
                let sound = (bits == 0 || (32..=96).contains(&bits))
                    && len == usize::from(bits).div_ceil(8);
                assert_eq!(made.is_ok(), sound, "{bits} {len}");
            }
        }
        let whole = RouteTargetMembership::new(96, &all[..12]).unwrap();
        assert_eq!(whole.origin_as(), Some(0x0707_0707));
        assert_eq!(whole.route_target(), Some(ExtendedCommunity([7; 8])));
        let cut = RouteTargetMembership::new(95, &all[..12]).unwrap();
        assert_eq!((cut.route_target(), cut.target().len(), cut.bits()), (None, 8, 95));
    }
}
