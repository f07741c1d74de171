//! Examples of EVPN routes: each type in turn, and of each its variants.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::fields::{Address, AnyAddress, EthernetSegmentIdentifier, LabelOrVni, MacAddress};
use super::routes::*;
use super::{Evpn, LeafAutoDiscovery, Route};
use crate::bgp::AsWidth;
use crate::bgp::attr::extended_communities::{ExtendedCommunities, ExtendedCommunity, Specific};
use crate::bgp::attr::pmsi_tunnel::{PmsiTunnel, PmsiTunnelIdentifier, PmsiTunnelType};
use crate::bgp::attr::tunnel_encapsulation::TunnelType;
use crate::bgp::attr::{self, encode};
use crate::bgp::nlri::vpn::example_rd;
use crate::wire::{Items, Mac, Prefix, Reserved, U24};

/// How many types there are.
const TYPES: u32 = 11;

/// An Ethernet tag for all of a segment (RFC 7432 §8.2).
const MAX_ET: u32 = u32::MAX;

/// What an example is made from. Its fields give all of the index, so that no two are alike.
#[derive(Clone, Copy)]
struct Example {
    /// The type of route, from 1.
    kind: u32,
    /// Which of the variants of that type.
    variant: u32,
    index: u32,
}

impl Example {
    fn of(index: u32) -> Self {
        Self { kind: index % TYPES + 1, variant: index / TYPES, index }
    }

    /// Whether one variant in `2.pow(bit + 1)` after as many others has something.
    fn has(self, bit: u32) -> bool {
        self.variant >> bit & 1 == 1
    }

    fn is_ipv6(self) -> bool {
        self.has(0)
    }

    fn is_mpls(self) -> bool {
        self.has(1)
    }

    /// An address, private or for documentation, in one of 2²⁴ places.
    fn address(self, net: u8) -> IpAddr {
        let [_, a, b, c] = self.index.to_be_bytes();
        match self.is_ipv6() {
            false => Ipv4Addr::new(net, a, b, c).into(),
            true => {
                let host = u16::from_be_bytes([b, c]);
                Ipv6Addr::new(0x2001, 0xdb8, net.into(), 0, 0, 0, a.into(), host).into()
            }
        }
    }

    fn originator(self) -> Address {
        let [.., a, b] = self.index.to_be_bytes();
        Address(match self.is_ipv6() {
            false => Ipv4Addr::new(172, 16, a, b).into(),
            true => Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, a.into(), b.into()).into(),
        })
    }

    /// A group of sources that somebody chose.
    fn group(self) -> AnyAddress {
        let [_, a, b, c] = self.index.to_be_bytes();
        AnyAddress(Some(match self.is_ipv6() {
            false => Ipv4Addr::new(232, a, b, c).into(),
            true => {
                let [high, low] = [u16::from(a), u16::from_be_bytes([b, c])];
                Ipv6Addr::new(0xff3e, 0, 0, 0, 0, 0, 0x8000 | high, low).into()
            }
        }))
    }

    /// A source, or any.
    fn source(self) -> AnyAddress {
        AnyAddress(if self.has(2) { None } else { Some(self.address(10)) })
    }

    fn mac(self) -> Mac {
        let [_, a, b, c] = self.index.to_be_bytes();
        Mac([0x02, 0x00, 0x5e, a, b, c])
    }

    /// A segment of each type in turn.
    fn segment(self) -> EthernetSegmentIdentifier {
        let [_, a, b, c] = self.index.to_be_bytes();
        EthernetSegmentIdentifier(match self.variant % 6 {
            0 => [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, a, b, c],
            kind @ 1..=2 => [kind as u8, 0x02, 0x00, 0x5e, a, b, c, 0, kind as u8, 0],
            3 => [3, 0x02, 0x00, 0x5e, 0x00, 0x53, 0x01, a, b, c],
            4 => [4, 192, 0, 2, 1, 0, a, b, c, 0],
            _ => [5, 0, 0, 0xfd, 0xe9, 0, a, b, c, 0],
        })
    }

    /// The segment of a site with one link or, in some variants, another one.
    fn site(self) -> EthernetSegmentIdentifier {
        if self.has(3) { self.segment() } else { EthernetSegmentIdentifier::default() }
    }

    /// A label with the bit for the bottom of the stack, or a VNI.
    fn label<const N: usize>(self, base: u32) -> LabelOrVni<N> {
        let number = base + self.index % 4096;
        LabelOrVni(U24::new(if self.is_mpls() { number << 4 | 1 } else { number }))
    }

    fn flags(self) -> MembershipFlags {
        MembershipFlags(match (self.source().0, self.is_ipv6()) {
            (Some(_), false) => MembershipFlags::V3,
            (Some(_), true) => MembershipFlags::V2,
            (None, false) => MembershipFlags::V2 | MembershipFlags::V3 | MembershipFlags::EXCLUDE,
            (None, true) => MembershipFlags::V1 | MembershipFlags::V2 | MembershipFlags::EXCLUDE,
        })
    }

    fn region(self) -> ExtendedCommunity {
        ExtendedCommunity::new(0x00, 0x09, [0xfd, 0xe9, 0, 0, 0, 0])
    }
}

/// The `index`-th example.
pub(super) fn route(index: u32) -> Evpn<'static> {
    let example = Example::of(index);
    match example.kind {
        TYPES => {
            let kinds = [3, 9, 10];
            let kind = kinds[example.variant as usize % kinds.len()];
            Evpn::Leaf(LeafAutoDiscovery {
                route_key: of_kind(Example { kind, ..example }),
                originators_address: example.originator(),
            })
        }
        _ => Evpn::Route(of_kind(example)),
    }
}

fn of_kind(example: Example) -> Route<'static> {
    let rd = example_rd(example.index);
    let ethernet_tag_id = example.index;
    match example.kind {
        1 => Route::EthernetAutoDiscovery(rd, auto_discovery(example)),
        2 => Route::MacIpAdvertisement(rd, mac_ip(example)),
        3 => Route::InclusiveMulticastEthernetTag(
            rd,
            InclusiveMulticastEthernetTag {
                ethernet_tag_id,
                originating_router_ip_address: example.originator(),
            },
        ),
        4 => Route::EthernetSegment(
            rd,
            EthernetSegment {
                ethernet_segment_identifier: example.segment(),
                originating_router_ip_address: example.originator(),
            },
        ),
        5 => Route::IpPrefix(rd, ip_prefix(example)),
        9 => {
            let region_id = example.region();
            let route = PerRegionIPmsiAutoDiscovery { ethernet_tag_id, region_id };
            Route::PerRegionIPmsiAutoDiscovery(rd, route)
        }
        _ => multicast(example),
    }
}

/// The route of a broadcast domain on a segment, and in every fourth variant that of the segment.
fn auto_discovery(example: Example) -> EthernetAutoDiscovery {
    let is_whole = is_of_segment(example);
    EthernetAutoDiscovery {
        ethernet_segment_identifier: example.segment(),
        ethernet_tag_id: if is_whole { MAX_ET } else { example.index & 0xfff },
        mpls_label1: if is_whole { LabelOrVni::default() } else { example.label(10_000) },
    }
}

fn is_of_segment(example: Example) -> bool {
    example.variant % 4 == 3
}

/// A MAC address alone, or one with an IP address, or one that is routed, too.
fn mac_ip(example: Example) -> MacIpAdvertisement {
    let form = example.variant % 3;
    MacIpAdvertisement {
        ethernet_segment_identifier: example.site(),
        ethernet_tag_id: if example.has(4) { example.index & 0xfff } else { 0 },
        mac_address: MacAddress { bits: 48, address: example.mac() },
        ip_address: AnyAddress((form > 0).then(|| example.address(10))),
        mpls_label1: example.label(10_000),
        mpls_label2: (form == 2).then(|| example.label(50_000)),
    }
}

fn ip_prefix(example: Example) -> IpPrefix {
    let [_, a, b, c] = example.index.to_be_bytes();
    let (prefix, gw_ip_address): (_, IpAddr) = match example.is_ipv6() {
        false => (Prefix::V4([10, a, b, c], 32), Ipv4Addr::UNSPECIFIED.into()),
        true => {
            let octets = [0x20, 0x01, 0x0d, 0xb8, 0, a, b, c, 0, 0, 0, 0, 0, 0, 0, 0];
            (Prefix::V6(octets, 64), Ipv6Addr::UNSPECIFIED.into())
        }
    };
    IpPrefix {
        ethernet_segment_identifier: EthernetSegmentIdentifier::default(),
        ethernet_tag_id: 0,
        prefix,
        gw_ip_address: if example.has(2) { example.address(172) } else { gw_ip_address },
        mpls_label1: example.label(50_000),
    }
}

/// The types that are about a group: 6, 7, 8 and 10.
fn multicast(example: Example) -> Route<'static> {
    let rd = example_rd(example.index);
    let ethernet_segment_identifier = example.segment();
    let ethernet_tag_id = 0;
    let multicast_source_address = example.source();
    let multicast_group_address = example.group();
    let originator_router_address = example.originator();
    let flags = example.flags();
    match example.kind {
        6 => {
            let route = SelectiveMulticastEthernetTag {
                ethernet_tag_id,
                multicast_source_address,
                multicast_group_address,
                originator_router_address,
                flags,
            };
            Route::SelectiveMulticastEthernetTag(rd, route)
        }
        7 => {
            let route = MulticastMembershipReportSynch {
                ethernet_segment_identifier,
                ethernet_tag_id,
                multicast_source_address,
                multicast_group_address,
                originator_router_address,
                flags,
            };
            Route::MulticastMembershipReportSynch(rd, route)
        }
        8 => {
            let route = MulticastLeaveSynch {
                ethernet_segment_identifier,
                ethernet_tag_id,
                multicast_source_address,
                multicast_group_address,
                originator_router_address,
                reserved: Reserved::ZERO,
                maximum_response_time: 100,
                flags,
            };
            Route::MulticastLeaveSynch(rd, route)
        }
        _ => {
            let route = SPmsiAutoDiscovery {
                ethernet_tag_id,
                multicast_source_address,
                multicast_group_address,
                originators_address: originator_router_address,
            };
            Route::SPmsiAutoDiscovery(rd, route)
        }
    }
}

/// Appends the attributes of the `index`-th example.
pub(super) fn attributes(index: u32, out: &mut Vec<u8>) {
    let example = Example::of(index);
    let communities = Items::of(communities(example));
    if let Ok(communities) = communities.list() {
        encode(&ExtendedCommunities(communities), AsWidth::Four, out);
    }
    if let 3 | 9 | 10 | 11 = example.kind {
        tunnel(example, out);
    }
}

/// Ingress replication to a leaf; of groups a tree.
fn tunnel(example: Example, out: &mut Vec<u8>) {
    use attr::pmsi_tunnel::{FLAG_LEAF_INFORMATION_REQUIRED, PimTree};

    let [_, a, b, c] = example.index.to_be_bytes();
    let endpoint = Ipv4Addr::new(172, 16, b, c);
    let (flags, tunnel_type, identifier) = match example.kind {
        10 => {
            let tree = PimTree { sender: endpoint, group: Ipv4Addr::new(232, a, b, c) };
            let identifier = PmsiTunnelIdentifier::PimV4(tree);
            (FLAG_LEAF_INFORMATION_REQUIRED, PmsiTunnelType::PimSsm, identifier)
        }
        9 => {
            let identifier = PmsiTunnelIdentifier::EndpointV4(endpoint);
            (FLAG_LEAF_INFORMATION_REQUIRED, PmsiTunnelType::IngressReplication, identifier)
        }
        _ => {
            let identifier = PmsiTunnelIdentifier::EndpointV4(endpoint);
            (0, PmsiTunnelType::IngressReplication, identifier)
        }
    };
    let LabelOrVni::<1>(label) = example.label(10_000);
    let ingress_replication_label = None;
    let tunnel = PmsiTunnel { flags, tunnel_type, label, ingress_replication_label, identifier };
    encode(&tunnel, AsWidth::Four, out);
}

/// Where the route belongs, and what its type is sent with.
fn communities(example: Example) -> Vec<ExtendedCommunity> {
    use ExtendedCommunity as Community;

    let instance = 100 + example.index % 1000;
    let [_, _, high, low] = instance.to_be_bytes();
    let tunnel = if example.is_mpls() { TunnelType::Mpls } else { TunnelType::Vxlan };
    let target = Community::route_target(Specific::TwoOctetAs(65001, instance));
    let encapsulation = Community::encapsulation(tunnel);
    let router = Community::routers_mac(Mac([0x02, 0x00, 0x5e, 0x00, 0x53, low]));
    let es_import = Community::es_import(import_target(example.segment()));
    match example.kind {
        1 if is_of_segment(example) => {
            let single_active = u8::from(example.has(2));
            let [_, a, b, c] = (0x30000_u32 << 4 | 1).to_be_bytes();
            let label = Community::new(0x06, 0x01, [single_active, 0, 0, a, b, c]);
            vec![target, encapsulation, label]
        }
        2 => {
            let mut all = vec![target, encapsulation];
            if example.variant % 5 == 1 {
                all.push(Community::mac_mobility(example.has(2), 1 + example.variant % 7));
            }
            if example.variant % 3 == 2 {
                all.push(router);
            }
            all
        }
        // EVPN Multicast Flags: proxies of IGMP and MLD (RFC 9251 §9.4).
        3 => vec![target, encapsulation, Community::new(0x06, 0x09, [0, 3, 0, 0, 0, 0])],
        // DF Election: preference (RFC 8584 §2.2, RFC 9785 §3).
        4 => vec![es_import, Community::new(0x06, 0x06, [2, 0, 0, 0, 0x7f, 0xff])],
        5 => vec![target, encapsulation, router],
        // EVI-RT (RFC 9251 §9.5).
        7 | 8 => {
            vec![es_import, Community::new(0x06, 0x0a, [0xfd, 0xe9, 0, 0, high, low])]
        }
        // The leaf answers to the one whose route it is about, and to nobody else (RFC 9572).
        11 => vec![Community::route_target(Specific::Ipv4Address([172, 16, 0, 1].into(), 0))],
        _ => vec![target, encapsulation],
    }
}

/// The import target that a segment gives (RFC 7432 §7.6).
fn import_target(EthernetSegmentIdentifier(octets): EthernetSegmentIdentifier) -> Mac {
    let [_, a, b, c, d, e, g, ..] = octets;
    Mac([a, b, c, d, e, g])
}
