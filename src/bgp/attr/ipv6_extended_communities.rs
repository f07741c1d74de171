//! IPv6 Address Specific Extended Community: a set of 20-octet values, each type(1) · sub-type(1) ·
//! Global Administrator(16) · Local Administrator(2) (RFC 5701).

use std::net::Ipv6Addr;

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::{Fields, Item, List, Reader, WireError, open_enum};

open_enum! {
    /// Type and sub-type together, as IANA registers them: the high octet is 0x00 for a transitive
    /// community and 0x40 for another.
    pub struct Ipv6CommunityType(u16) {
        RouteTarget = 0x0002 => "Route Target",
        RouteOrigin = 0x0003 => "Route Origin",
        Ospfv3RouteAttributes = 0x0004 => "OSPFv3 Route Attributes",
        VrfRouteImport = 0x000b => "VRF Route Import",
        FlowSpecRedirect = 0x000c => "Flow-spec Redirect to IPv6",
        FlowSpecRtRedirect = 0x000d => "Flow-spec rt-redirect-ipv6",
        VpnDistinguisher = 0x0010 => "Cisco VPN-Distinguisher",
        UuidRouteTarget = 0x0011 => "UUID-based Route Target",
        SegmentedNextHop = 0x0012 => "Inter-Area P2MP Segmented Next-Hop",
    }
}

impl Ipv6CommunityType {
    /// Whether it is kept when a route leaves the AS (RFC 5701 §2).
    #[must_use]
    pub fn is_transitive(self) -> bool {
        self.0 & 0x4000 == 0
    }
}

/// One community.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ipv6ExtendedCommunity {
    /// Type and sub-type.
    pub kind: Ipv6CommunityType,
    /// Global Administrator: an address. A UUID in a UUID-based Route Target.
    pub global_administrator: Ipv6Addr,
    /// Local Administrator: a number that it gave.
    pub local_administrator: u16,
}

impl Item<'_> for Ipv6ExtendedCommunity {
    const SIZE: usize = 20;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self {
            kind: Ipv6CommunityType(r.u16("IPv6 extended community type")?),
            global_administrator: r.array::<16>("Global Administrator")?.into(),
            local_administrator: r.u16("Local Administrator")?,
        })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.kind.0.to_be_bytes());
        out.extend_from_slice(&self.global_administrator.octets());
        out.extend_from_slice(&self.local_administrator.to_be_bytes());
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            fields.text("type", &self.kind);
            fields.text("global_administrator", &self.global_administrator);
            fields.number("local_administrator", self.local_administrator.into());
        });
    }
}

/// The communities of one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ipv6ExtendedCommunities<'a>(pub List<'a, Ipv6ExtendedCommunity>);

impl<'a> Value<'a> for Ipv6ExtendedCommunities<'a> {
    /// RFC 7606 §7.15: the length is a non-zero multiple of 20.
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        super::check_items(value, "IPv6 EXTENDED COMMUNITIES length", 20)?;
        List::parse(value).map(Self)
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe(name, fields);
    }
}

#[cfg(test)]
mod tests {
    use super::Ipv6CommunityType;
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, sound};

    const CODE: AttributeCode = AttributeCode::Ipv6ExtendedCommunities;

    #[test]
    fn each_has_a_type_an_address_and_a_number() {
        sound(
            CODE,
            "000c 2a020b80000000010000000000000001 0000 4002 20010db8000000000000000000000001 0001",
            "ipv6_extended_communities=[{type=Flow-spec Redirect to IPv6 \
             global_administrator=2a02:b80:0:1::1 local_administrator=0}, \
             {type=16386 global_administrator=2001:db8::1 local_administrator=1}]",
        );
        assert!(Ipv6CommunityType::RouteTarget.is_transitive());
        assert!(!Ipv6CommunityType(0x4002).is_transitive());
    }

    #[test]
    fn there_is_one_at_least_and_none_is_cut() {
        malformed(CODE, "", "IPv6 EXTENDED COMMUNITIES length", 0);
        malformed(CODE, "000c2a020b80", "IPv6 EXTENDED COMMUNITIES length", 0);
    }
}
