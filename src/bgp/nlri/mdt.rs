//! Multicast distribution trees: length in bits, 128(1) · route distinguisher(8) · IPv4 address of
//! the PE(4) · group(4) (RFC 6037). IPv6 (2/66) has no standard, and is kept raw.

use std::net::Ipv4Addr;

use super::Nlri;
use super::vpn::example_rd;
use crate::bgp::attr::extended_communities::{ExtendedCommunity, Specific};
use crate::bgp::encode::extended_communities;
use crate::wire::{Fields, Part as _, Reader, RouteDistinguisher, WireError};

/// Bits of distinguisher, address and group.
const BITS: u8 = 128;

/// A PE, and the P-multicast group of a VPN's default tree there (1/66). 17 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mdt {
    /// Its route distinguisher.
    pub distinguisher: RouteDistinguisher,
    /// The PE.
    pub pe: Ipv4Addr,
    /// The group.
    pub group: Ipv4Addr,
}

impl<'a> Nlri<'a> for Mdt {
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        let at = r.offset();
        match r.u8("MDT NLRI length")? {
            BITS => Ok(Self {
                distinguisher: RouteDistinguisher::read(r, "route distinguisher")?,
                pe: Ipv4Addr::read(r, "PE address")?,
                group: Ipv4Addr::read(r, "MDT group address")?,
            }),
            bits => Err(WireError::invalid("MDT NLRI length", at, bits.into())),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(BITS);
        self.distinguisher.write(out);
        self.pe.write(out);
        self.group.write(out);
    }

    fn distinguisher(&self) -> Option<RouteDistinguisher> {
        Some(self.distinguisher)
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.text("pe_address", &self.pe);
        fields.text("group_address", &self.group);
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        let (pe, group) = (0x0a00_0000 ^ index, 0xef00_0000 | index & 0xff_ffff);
        let distinguisher = example_rd(index);
        Self { distinguisher, pe: pe.into(), group: group.into() }.encode(out);
    }

    fn example_attributes(index: u32, out: &mut Vec<u8>) {
        let target = Specific::TwoOctetAs(65_001, index & 0xffff);
        extended_communities(out, &[ExtendedCommunity::route_target(target).0]);
    }
}

#[cfg(test)]
mod tests {
    use crate::bgp::nlri::testing::{malformed, sound, withdrawn};
    use crate::wire::Family;

    const MDT: Family = Family::new(1, 66);

    #[test]
    fn a_tree_has_a_distinguisher_a_pe_and_a_group() {
        let tree = "80 0000fde900000005 c0000201 ef010203";
        let said = "rd=0:65001:5 pe_address=192.0.2.1 group_address=239.1.2.3";
        sound(MDT, tree, said);
        withdrawn(MDT, tree, said);
        // A distinguisher of a type that nobody knows is printed by its octets.
        let tree = "80 0009fde900000005 c0000201 ef010203";
        sound(MDT, tree, "rd=0009fde900000005 pe_address=192.0.2.1 group_address=239.1.2.3");
    }

    #[test]
    fn trees_of_another_length_are_malformed() {
        malformed(MDT, "7f 0000fde900000005 c0000201 ef010203", "MDT NLRI length", 0);
        malformed(MDT, "60 0000fde900000005 c0000201", "MDT NLRI length", 0);
        malformed(MDT, "80 0000fde900000005 c0000201 ef0102", "MDT group address", 13);
        malformed(MDT, "80 0000fde9000000", "route distinguisher", 1);
    }
}
