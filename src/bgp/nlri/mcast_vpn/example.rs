//! Example routes of each type in turn, and the attributes that they need.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{
    CMulticast, InterAsIPmsi, IntraAsIPmsi, LeafAd, McastVpn, McastVpnBody, McastVpnRoute,
    MulticastAddress, RouteKey, SPmsi, SourceActive,
};
use crate::bgp::AsWidth;
use crate::bgp::attr;
use crate::bgp::attr::extended_communities::{ExtendedCommunity, Specific};
use crate::bgp::attr::pmsi_tunnel::{
    FLAG_LEAF_INFORMATION_REQUIRED, PimTree, PmsiTunnel, PmsiTunnelIdentifier, PmsiTunnelType,
    RsvpTeP2mp,
};
use crate::bgp::encode::extended_communities;
use crate::bgp::nlri::Nlri as _;
use crate::bgp::nlri::prefix::{example_address, example_as};
use crate::bgp::nlri::vpn::example_rd;
use crate::wire::{Reader, Reserved, U24};

/// How many types there are.
const TYPES: u32 = 7;

/// Appends the `index`-th route.
pub(super) fn route<const V6: bool>(index: u32, out: &mut Vec<u8>) {
    let mut octets = Vec::new();
    if index % TYPES != 3 {
        return McastVpn::<V6>(with_distinguisher::<V6>(index)).encode(out);
    }
    // What a leaf wants: each other type that asks for leaves in turn.
    let wanted = if variant(index).is_multiple_of(2) { 2 } else { 1 };
    let wanted = with_distinguisher::<V6>(index - 3 + wanted);
    McastVpn::<V6>(wanted).encode(&mut octets);
    if let Ok(route_key) = RouteKey::parse(&mut Reader::new(&octets)) {
        let leaf = LeafAd::Of { route_key, originating_router: pe(index) };
        let body = McastVpnBody::Leaf(leaf);
        McastVpn::<V6>(McastVpnRoute { distinguisher: None, body }).encode(out);
    }
}

/// How often the types went round before.
fn variant(index: u32) -> u32 {
    index / TYPES
}

fn with_distinguisher<const V6: bool>(index: u32) -> McastVpnRoute<'static> {
    let (source, group) = (source::<V6>(index), group::<V6>(index));
    let body = match index % TYPES {
        0 => McastVpnBody::IntraAsIPmsi(IntraAsIPmsi { originating_router: pe(index) }),
        1 => McastVpnBody::InterAsIPmsi(InterAsIPmsi { source_as: example_as(index) }),
        2 => McastVpnBody::SPmsi(s_pmsi(index, source, group)),
        4 => McastVpnBody::SourceActive(SourceActive {
            multicast_source: source,
            multicast_group: group,
        }),
        5 => McastVpnBody::SharedTreeJoin(join(source, group)),
        _ => McastVpnBody::SourceTreeJoin(join(source, group)),
    };
    McastVpnRoute { distinguisher: Some(example_rd(index)), body }
}

/// Every fourth is for all flows, one for all of a group, one for all of a source.
fn s_pmsi(index: u32, source: MulticastAddress, group: MulticastAddress) -> SPmsi {
    let (multicast_source, multicast_group) = match variant(index) % 4 {
        0 => (source, group),
        1 => (MulticastAddress::Any, group),
        2 => (MulticastAddress::Any, MulticastAddress::Any),
        _ => (source, MulticastAddress::Any),
    };
    SPmsi { multicast_source, multicast_group, originating_router: pe(index) }
}

fn join(multicast_source: MulticastAddress, multicast_group: MulticastAddress) -> CMulticast {
    CMulticast { source_as: 65_001, multicast_source, multicast_group }
}

/// The PE: every eighth has an IPv6 address, in either family.
fn pe(index: u32) -> IpAddr {
    match variant(index) % 8 {
        7 => example_address::<true>(index),
        _ => example_address::<false>(index),
    }
}

fn source<const V6: bool>(index: u32) -> MulticastAddress {
    example_address::<V6>(index).into()
}

fn group<const V6: bool>(index: u32) -> MulticastAddress {
    let low = index & 0xff_ffff;
    match V6 {
        false => MulticastAddress::V4(Ipv4Addr::from_bits(0xef00_0000 | low)),
        true => MulticastAddress::V6(Ipv6Addr::from_bits(0xff3e << 112 | u128::from(low))),
    }
}

/// Appends the route targets of all types, and the tunnels of those that have one.
pub(super) fn attributes(index: u32, out: &mut Vec<u8>) {
    let target = match index % TYPES {
        // What a C-multicast route is imported by names the upstream PE and its VRF (§5.1.4).
        5 | 6 => Specific::Ipv4Address(Ipv4Addr::new(192, 0, 2, 1), 1 + index as u16 % 100),
        // What a leaf's is imported by, only the PE that it answers (§9.2.3.4.1).
        3 => Specific::Ipv4Address(Ipv4Addr::new(192, 0, 2, 1), 0),
        _ => Specific::TwoOctetAs(65_001, index & 0xffff),
    };
    extended_communities(out, &[ExtendedCommunity::route_target(target).0]);
    let mldp = mldp(index);
    if let Some((flags, tunnel_type, identifier)) = tunnel(index, &mldp) {
        let label = U24::new(if index % TYPES == 3 { (16 + index % 0xf_0000) << 4 } else { 0 });
        let ingress_replication_label = None;
        let tunnel =
            PmsiTunnel { flags, tunnel_type, label, ingress_replication_label, identifier };
        attr::encode(&tunnel, AsWidth::Four, out);
    }
}

/// Flags, type and identifier of the route's tunnel.
fn tunnel(index: u32, mldp: &[u8]) -> Option<(u8, PmsiTunnelType, PmsiTunnelIdentifier<'_>)> {
    use PmsiTunnelIdentifier as Identifier;
    let sender = Ipv4Addr::new(192, 0, 2, 1);
    Some(match (index % TYPES, variant(index) % 2) {
        (0, 0) => (0, PmsiTunnelType::MldpP2mp, Identifier::Octets(mldp)),
        (0, _) => (0, PmsiTunnelType::IngressReplication, Identifier::EndpointV4(sender)),
        (1, _) => {
            let flags = FLAG_LEAF_INFORMATION_REQUIRED;
            (flags, PmsiTunnelType::NoTunnel, Identifier::Octets(&[]))
        }
        (2, 0) => {
            let flags = FLAG_LEAF_INFORMATION_REQUIRED;
            let session = RsvpTeP2mp {
                p2mp_id: index,
                reserved: Reserved::ZERO,
                tunnel_id: index as u16,
                extended_tunnel_id: sender,
            };
            (flags, PmsiTunnelType::RsvpTeP2mp, Identifier::RsvpTeV4(session))
        }
        (2, _) => {
            let group = Ipv4Addr::from_bits(0xe800_0000 | index & 0xff_ffff);
            (0, PmsiTunnelType::PimSsm, Identifier::PimV4(PimTree { sender, group }))
        }
        (3, _) => (0, PmsiTunnelType::IngressReplication, Identifier::EndpointV4(sender)),
        _ => return None,
    })
}

/// An mLDP P2MP FEC element with a generic LSP identifier (RFC 6388 §2.2, §2.3.1).
fn mldp(index: u32) -> Vec<u8> {
    let mut fec = vec![6, 0, 1, 4, 192, 0, 2, 1, 0, 7, 1, 0, 4];
    fec.extend_from_slice(&index.to_be_bytes());
    fec
}
