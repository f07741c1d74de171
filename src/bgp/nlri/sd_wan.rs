//! SD-WAN underlay: route type(2) · length in bits(2) · what the type says
//! (draft-ietf-idr-sdwan-edge-discovery §3.2.1).
//!
//! Routes of an unknown type are kept whole.

use std::net::IpAddr;

use super::Nlri;
use super::prefix::example_prefix;
use crate::bgp::AsWidth;
use crate::bgp::attr;
use crate::bgp::attr::extended_communities::ExtendedCommunity;
use crate::bgp::attr::tunnel_encapsulation::{
    EgressEndpoint, SubTlv, Tunnel, TunnelEgressEndpoint, TunnelEncapsulation, TunnelType,
};
use crate::bgp::encode::extended_communities;
use crate::wire::{Fields, Items, Part, Prefix, Reader, Reserved, WireError};

/// Route type of [`TunnelEnd`].
const TUNNEL_END: u16 = 1;

/// An SD-WAN route. 4 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SdWan<'a, const V6: bool> {
    /// The route type.
    pub route_type: u16,
    /// The length as it was sent.
    pub length: u16,
    /// What the type says.
    pub route: SdWanRoute<'a>,
}

/// IPv4 (1/74).
pub(super) type Ipv4<'a> = SdWan<'a, false>;
/// IPv6 (2/74).
pub(super) type Ipv6<'a> = SdWan<'a, true>;

/// What an SD-WAN route holds, by its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SdWanRoute<'a> {
    /// The tunnels that end at a port of an edge (type 1).
    TunnelEnd(TunnelEnd),
    /// Any other type.
    Unknown(&'a [u8]),
}

/// Port-Local-ID(4) · SD-WAN-Color(4) · SD-WAN-Node-ID(4 or 16).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TunnelEnd {
    /// The port's number at the edge; 0 stands for all of them.
    pub port_local_id: u32,
    /// Correlates it with the Color extended community of clients' routes.
    pub color: u32,
    /// The edge's address.
    pub node_id: IpAddr,
}

/// Octets of a route of this type and length. The length counts bits; those of a known type are
/// taken as octets where only that makes sense.
fn octets(route_type: u16, length: u16) -> usize {
    match (route_type, length) {
        (TUNNEL_END, 12 | 24) => length.into(),
        _ => length.div_ceil(8).into(),
    }
}

impl<'a, const V6: bool> Nlri<'a> for SdWan<'a, V6> {
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        let route_type = r.u16("route type")?;
        let length = r.u16("NLRI length")?;
        let mut value = r.sub("NLRI", octets(route_type, length))?;
        let route = match route_type {
            TUNNEL_END => SdWanRoute::TunnelEnd(TunnelEnd {
                port_local_id: value.u32("Port-Local-ID")?,
                color: value.u32("SD-WAN-Color")?,
                node_id: Part::read(&mut value, "SD-WAN-Node-ID")?,
            }),
            _ => SdWanRoute::Unknown(value.rest()),
        };
        value.finish("SD-WAN route")?;
        Ok(Self { route_type, length, route })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.route_type.write(out);
        self.length.write(out);
        match &self.route {
            SdWanRoute::TunnelEnd(end) => {
                end.port_local_id.write(out);
                end.color.write(out);
                end.node_id.write(out);
            }
            SdWanRoute::Unknown(octets) => octets.write(out),
        }
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.number("route_type", self.route_type.into());
        match &self.route {
            SdWanRoute::TunnelEnd(end) => {
                fields.number("port_local_id", end.port_local_id.into());
                fields.number("sd_wan_color", end.color.into());
                fields.text("sd_wan_node_id", &end.node_id);
            }
            SdWanRoute::Unknown(octets) => fields.octets("value", octets),
        }
    }

    fn is_doubtful(&self) -> bool {
        matches!(self.route, SdWanRoute::Unknown(_))
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        let (node_id, length) = match example_prefix::<V6>(index) {
            Prefix::V4(octets, _) => (IpAddr::from(octets), 96),
            Prefix::V6(octets, _) => (IpAddr::from(octets), 192),
        };
        let (port_local_id, color) = (index % 4, 1 + index % 8);
        let route = SdWanRoute::TunnelEnd(TunnelEnd { port_local_id, color, node_id });
        SdWan::<V6> { route_type: TUNNEL_END, length, route }.encode(out);
    }

    /// The color of clients' routes, and the tunnel with the address of the port.
    fn example_attributes(index: u32, out: &mut Vec<u8>) {
        extended_communities(out, &[ExtendedCommunity::color(0, 1 + index % 8).0]);
        let endpoint = match example_prefix::<V6>(index) {
            Prefix::V4(octets, _) => EgressEndpoint::V4(octets.into()),
            Prefix::V6(octets, _) => EgressEndpoint::V6(octets.into()),
        };
        let end = TunnelEgressEndpoint { reserved: Reserved::ZERO, endpoint };
        let sub_tlvs = Items::of([SubTlv::TunnelEgressEndpoint(end)]);
        let sub_tlvs = sub_tlvs.list().unwrap_or_default();
        let tunnels = Items::of([Tunnel { tunnel_type: TunnelType::SdwanHybrid, sub_tlvs }]);
        let tunnels = TunnelEncapsulation(tunnels.list().unwrap_or_default());
        attr::encode(&tunnels, AsWidth::Four, out);
    }
}

#[cfg(test)]
mod tests {
    use crate::bgp::nlri::testing::{malformed, sound, withdrawn};
    use crate::wire::Family;

    const V4: Family = Family::new(1, 74);
    const V6: Family = Family::new(2, 74);

    #[test]
    fn sd_wan_routes_have_a_port_a_color_and_a_node() {
        sound(
            V4,
            "0001 0060 00000003 00000064 c0000207",
            "route_type=1 port_local_id=3 sd_wan_color=100 sd_wan_node_id=192.0.2.7",
        );
        withdrawn(
            V6,
            "0001 00c0 00000000 00000064 20010db8000000000000000000000007",
            "route_type=1 port_local_id=0 sd_wan_color=100 sd_wan_node_id=2001:db8::7",
        );
        malformed(V4, "0001 0068 00000003 00000064 c000020700", "SD-WAN-Node-ID", 12);
        malformed(V4, "0001 0028 00000003 00", "SD-WAN-Color", 8);
        malformed(V4, "0001 0060 00000003", "NLRI", 4);
    }

    #[test]
    fn a_length_that_can_only_be_octets_is_taken_as_such() {
        sound(
            V4,
            "0001 000c 00000003 00000064 c0000207",
            "route_type=1 port_local_id=3 sd_wan_color=100 sd_wan_node_id=192.0.2.7",
        );
    }

    #[test]
    fn unknown_types_are_kept() {
        sound(V4, "0002 0009 abcd", "route_type=2 value=abcd");
        sound(V6, "0000 0000", "route_type=0 value=");
    }
}
