//! Multi-segment pseudowires: length in bits of all that follows(1) · route distinguisher(8) ·
//! attachment individual identifier (AII) of type 2, cut to the length (RFC 7267, RFC 5003 §3.2):
//! global ID(4) · prefix(4) · AC ID(4).

use std::net::Ipv4Addr;

use super::Nlri;
use super::prefix::{has_bits_beyond, prefix_octets};
use super::vpn::example_rd;
use crate::bgp::AsWidth;
use crate::bgp::attr;
use crate::bgp::attr::extended_communities::{ExtendedCommunities, ExtendedCommunity, Specific};
use crate::wire::{Fields, Items, Part, Reader, RouteDistinguisher, WireError};

/// Bits of a route distinguisher.
const RD_BITS: u8 = 64;

/// Bits of a whole identifier.
const AII_BITS: u8 = 96;

/// Where an attachment circuit is, or all those whose identifiers begin so. 9 octets to 21.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mspw {
    /// Its route distinguisher.
    pub distinguisher: RouteDistinguisher,
    /// The identifier as transmitted, zero-filled.
    pub aii: [u8; 12],
    /// How many bits of the identifier count, 0 to 96.
    pub bits: u8,
}

impl Mspw {
    /// The global ID: by custom the AS number.
    #[must_use]
    pub fn global_id(&self) -> u32 {
        let [a, b, c, d, ..] = self.aii;
        u32::from_be_bytes([a, b, c, d])
    }

    /// The prefix: by custom the address of a PE.
    #[must_use]
    pub fn prefix(&self) -> Ipv4Addr {
        let [_, _, _, _, a, b, c, d, ..] = self.aii;
        Ipv4Addr::new(a, b, c, d)
    }

    /// The attachment circuit.
    #[must_use]
    pub fn ac_id(&self) -> u32 {
        let [.., a, b, c, d] = self.aii;
        u32::from_be_bytes([a, b, c, d])
    }

    fn octets(&self) -> &[u8] {
        self.aii.get(..usize::from(self.bits).div_ceil(8)).unwrap_or_default()
    }
}

impl<'a> Nlri<'a> for Mspw {
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        let at = r.offset();
        let length = r.u8("pseudowire prefix length")?;
        match length.checked_sub(RD_BITS) {
            Some(bits) if bits <= AII_BITS => {
                let distinguisher = Part::read(r, "route distinguisher")?;
                Ok(Self { distinguisher, aii: prefix_octets(r, bits, at)?, bits })
            }
            _ => Err(WireError::invalid("pseudowire prefix length", at, length.into())),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(RD_BITS.saturating_add(self.bits));
        self.distinguisher.write(out);
        out.extend_from_slice(self.octets());
    }

    fn distinguisher(&self) -> Option<RouteDistinguisher> {
        Some(self.distinguisher)
    }

    /// The fields that are there as a whole, and all octets of an identifier that is cut inside
    /// one.
    fn describe(&self, fields: &mut dyn Fields) {
        fields.number("aii_prefix_length", self.bits.into());
        if !self.bits.is_multiple_of(32) {
            fields.octets("aii_prefix", self.octets());
        }
        if self.bits >= 32 {
            fields.number("global_id", self.global_id().into());
        }
        if self.bits >= 64 {
            fields.text("prefix", &self.prefix());
        }
        if self.bits == AII_BITS {
            fields.number("ac_id", self.ac_id().into());
        }
    }

    /// An attachment circuit and, in between, all of a PE.
    fn example(index: u32, out: &mut Vec<u8>) {
        let [_, a, b, c] = index.to_be_bytes();
        let bits = if index % 4 == 3 { 64 } else { AII_BITS };
        let aii = [0, 0, 0xfd, 0xe9, 10, a, b, c, 0, 0, b, c];
        Self { distinguisher: example_rd(index), aii, bits }.encode(out);
    }

    fn example_attributes(index: u32, out: &mut Vec<u8>) {
        let target = Specific::TwoOctetAs(65001, 100 + index % 1000);
        let communities = Items::of([ExtendedCommunity::route_target(target)]);
        if let Ok(communities) = communities.list() {
            attr::encode(&ExtendedCommunities(communities), AsWidth::Four, out);
        }
    }

    fn is_doubtful(&self) -> bool {
        has_bits_beyond(self.octets(), self.bits)
    }
}

#[cfg(test)]
mod tests {
    use crate::bgp::nlri::scan;
    use crate::bgp::nlri::testing::{malformed, octets, sound, withdrawn};
    use crate::wire::{Family, Reader};

    const MSPW: Family = Family::new(25, 6);

    #[test]
    fn identifiers_are_whole_or_prefixes() {
        let whole = "a0 0000fde900000005 0000fde9 c0000201 00000064";
        let said = "rd=0:65001:5 aii_prefix_length=96 global_id=65001 prefix=192.0.2.1 ac_id=100";
        sound(MSPW, whole, said);
        withdrawn(MSPW, whole, said);
        sound(
            MSPW,
            "80 0000fde900000005 0000fde9 c0000201",
            "rd=0:65001:5 aii_prefix_length=64 global_id=65001 prefix=192.0.2.1",
        );
        sound(
            MSPW,
            "71 0000fde900000005 0000fde9 c00080",
            "rd=0:65001:5 aii_prefix_length=49 aii_prefix=0000fde9c00080 global_id=65001",
        );
        sound(MSPW, "40 0000fde900000005", "rd=0:65001:5 aii_prefix_length=0");
    }

    #[test]
    fn bits_beyond_the_length_are_seen() {
        for (hex, want) in [
            ("40 0000fde900000005", false),
            ("71 0000fde900000005 0000fde9 c00080", false),
            ("71 0000fde900000005 0000fde9 c000c0", true),
        ] {
            let route = octets(hex);
            let found = scan(MSPW, false, true, Reader::new(&route));
            assert_eq!((found.count, found.doubtful), (1, want), "{hex}");
        }
    }

    #[test]
    fn lengths_that_cannot_be_are_malformed() {
        malformed(MSPW, "3f 0000fde900000005", "pseudowire prefix length", 0);
        malformed(MSPW, "a1 0000fde900000005", "pseudowire prefix length", 0);
        malformed(MSPW, "a0 0000fde900000005 0000fde9", "prefix", 9);
    }
}
