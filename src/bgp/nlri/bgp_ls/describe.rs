//! How descriptors are said: each under a name of its own, for a route has one of a kind. Whatever
//! else there is, unknown types, values of odd lengths and second ones, makes a list behind them.

use super::NlriType;
use crate::bgp::attr::bgp_ls::{ProtocolId, SubTlvs, Tlv};
use crate::wire::{Fields, Item as _, Part as _};

/// Declares the names of descriptors: `VARIANT "name";`.
macro_rules! names {
    ($( $variant:ident $name:literal; )+) => {
        /// Every name, one bit each.
        const NAMES: &[&str] = &[ $( $name, )+ ];
        const _: () = assert!(NAMES.len() <= u32::BITS as usize);

        /// The name of what `tlv` says; nothing of one that has none.
        fn name(tlv: &Tlv<'_>) -> Option<&'static str> {
            match tlv {
                $( Tlv::$variant(_) => Some($name), )+
                _ => None,
            }
        }

        /// Says the value of `tlv` under its name.
        fn value(tlv: &Tlv<'_>, fields: &mut dyn Fields) {
            match tlv {
                $( Tlv::$variant(part) => part.describe_as($name, fields), )+
                _ => {}
            }
        }
    };
}

names! {
    LocalNodeDescriptors "local_node";
    RemoteNodeDescriptors "remote_node";
    LinkLocalRemoteIdentifiers "link_identifiers";
    Ipv4InterfaceAddress "ipv4_interface_address";
    Ipv4NeighborAddress "ipv4_neighbor_address";
    Ipv6InterfaceAddress "ipv6_interface_address";
    Ipv6NeighborAddress "ipv6_neighbor_address";
    MultiTopologyId "mt_ids";
    OspfRouteType "ospf_route_type";
    IpReachabilityInformation "prefix";
    AutonomousSystem "autonomous_system";
    BgpLsIdentifier "bgp_ls_identifier";
    OspfAreaId "ospf_area_id";
    IgpRouterId "igp_router_id";
    BgpRouterId "bgp_router_id";
    BgpConfederationMember "confederation_member";
    Srv6SidInformation "srv6_sid";
    TunnelId "tunnel_id";
    LspId "lsp_id";
    TunnelHeadEnd "tunnel_head_end";
    TunnelTailEnd "tunnel_tail_end";
    SrCandidatePathDescriptor "candidate_path";
    Ipv4RouterIdLocal "ipv4_router_id";
    Ipv6RouterIdLocal "ipv6_router_id";
    AddressFamilyLinkDescriptor "address_family";
}

/// What descriptors do not say themselves, though it decides what they mean.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    /// What the route names.
    pub(super) kind: NlriType,
    /// Where the information comes from.
    pub(super) protocol: ProtocolId,
}

impl Context {
    /// Says what `descriptors` hold.
    pub(super) fn describe(self, descriptors: SubTlvs<'_>, fields: &mut dyn Fields) {
        self.level(descriptors, false, fields);
    }

    /// Says what stands in the route, or `in_node` descriptors.
    fn level(self, descriptors: SubTlvs<'_>, in_node: bool, fields: &mut dyn Fields) {
        sorted(descriptors, in_node, true).for_each(|tlv| self.one(&tlv, fields));
        if sorted(descriptors, in_node, false).next().is_some() {
            fields.list("other_descriptors", &mut |fields| {
                sorted(descriptors, in_node, false).for_each(|tlv| tlv.describe(fields));
            });
        }
    }

    fn one(self, tlv: &Tlv<'_>, fields: &mut dyn Fields) {
        match tlv {
            Tlv::LocalNodeDescriptors(node) => self.node("local_node", *node, fields),
            Tlv::RemoteNodeDescriptors(node) => self.node("remote_node", *node, fields),
            Tlv::IgpRouterId(id) => fields.text("igp_router_id", &id.of(self.protocol)),
            Tlv::IpReachabilityInformation(reachability) => {
                let ipv6 = self.kind == NlriType::Ipv6Prefix;
                match reachability.prefix(ipv6) {
                    Some(prefix) if ipv6 || self.kind == NlriType::Ipv4Prefix => {
                        fields.text("prefix", &prefix);
                    }
                    _ => reachability.describe_as("ip_reachability", fields),
                }
            }
            _ => value(tlv, fields),
        }
    }

    fn node(self, name: &'static str, node: SubTlvs<'_>, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| self.level(node, true, fields));
    }
}

/// Those of `descriptors` that are the first of their name, or all others.
fn sorted(descriptors: SubTlvs<'_>, in_node: bool, firsts: bool) -> impl Iterator<Item = Tlv<'_>> {
    let mut seen = 0;
    descriptors.iter().filter(move |tlv| is_first(tlv, in_node, &mut seen) == firsts)
}

/// Whether `tlv` is the first of those of its name, `seen` before. Nodes are not inside each other.
fn is_first(tlv: &Tlv<'_>, in_node: bool, seen: &mut u32) -> bool {
    let is_node = matches!(tlv, Tlv::LocalNodeDescriptors(_) | Tlv::RemoteNodeDescriptors(_));
    let name = name(tlv).filter(|_| !(in_node && is_node));
    let Some(at) = name.and_then(|name| NAMES.iter().position(|known| *known == name)) else {
        return false;
    };
    let bit = 1 << at;
    let is_first = *seen & bit == 0;
    *seen |= bit;
    is_first
}
