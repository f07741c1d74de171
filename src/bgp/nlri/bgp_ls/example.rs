//! Examples: a network of nodes, their links and prefixes as two IGPs and BGP know them, SRv6 SIDs
//! and candidate paths; for BGP SPF the nodes, links and prefixes of a fabric.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{BgpLs, NlriType, Object};
use crate::bgp::attr::bgp_ls::descriptor::{
    IgpRouterId, IpReachability, OspfRouteType, ProtocolOrigin, SrCandidatePath,
};
use crate::bgp::attr::bgp_ls::link::{
    AdjacencySid, GroupMask, LinkIdentifiers, MetricFlags, MinMaxLinkDelay, PeerSid, PeerSidFlags,
    Srlg, UnreservedBandwidth,
};
use crate::bgp::attr::bgp_ls::node::{
    Algorithm, Msd, MsdType, MtId, NodeFlags, SidRange, SrCapabilities, SrCapabilitiesFlags,
    SrLocalBlock,
};
use crate::bgp::attr::bgp_ls::policy::{
    BindingSidFlags, PathStateFlags, PolicySid, SegmentListFlags, SrBindingSid,
    SrCandidatePathState, SrSegmentList,
};
use crate::bgp::attr::bgp_ls::prefix::{IgpFlags, PrefixSid, RouteTag};
use crate::bgp::attr::bgp_ls::segment::{Segment, SegmentFlags, SrSegment};
use crate::bgp::attr::bgp_ls::srv6::{Srv6EndpointBehavior, Srv6Locator, Srv6SidStructure};
use crate::bgp::attr::bgp_ls::{
    Bandwidth, Metric, MplsLabel, ProtocolId, Reserved, Sid, SubTlvs, SystemId, Text, Tlv, TlvType,
    U24,
};
use crate::bgp::attr::prefix_sid::EndpointBehavior;
use crate::bgp::encode::{FLAG_OPTIONAL, attribute_with};
use crate::bgp::nlri::Nlri as _;
use crate::bgp::nlri::prefix::{example_prefix, write_prefix};
use crate::bgp::nlri::vpn::example_rd;
use crate::wire::{Item, Items, List, Prefix};

const BGP_LS: u8 = 29;
const ASN: u32 = 65_001;

/// What the `index`-th example names, and where it comes from.
#[derive(Clone, Copy)]
struct Example {
    index: u32,
    /// How often every type came before.
    round: u32,
    kind: NlriType,
    protocol: ProtocolId,
}

impl Example {
    fn new<const SAFI: u8>(index: u32) -> Self {
        use NlriType as Type;
        let spf = [Type::Node, Type::Link, Type::Ipv4Prefix, Type::Ipv6Prefix];
        let all = [Type::Srv6Sid, Type::SrPolicyCandidatePath];
        let types = if SAFI == 80 { 4 } else { 6 };
        let (round, at) = (index / types, index % types);
        let kind = spf.iter().chain(&all).nth(at as usize).copied().unwrap_or(Type::Node);
        let protocol = match kind {
            _ if SAFI == 80 => ProtocolId::Direct,
            Type::SrPolicyCandidatePath => ProtocolId::SegmentRouting,
            Type::Link if round % 4 == 3 => ProtocolId::Bgp, // egress peer engineering
            Type::Ipv6Prefix | Type::Srv6Sid if round % 3 == 1 => ProtocolId::Ospfv3,
            _ if round % 3 == 1 => ProtocolId::Ospfv2,
            _ if round % 3 == 2 => ProtocolId::IsisLevel1,
            _ => ProtocolId::IsisLevel2,
        };
        Self { index, round, kind, protocol }
    }

    fn is_ospf(self) -> bool {
        matches!(self.protocol, ProtocolId::Ospfv2 | ProtocolId::Ospfv3)
    }

    /// The address of the `ahead`-th node after this one.
    fn address(self, ahead: u32) -> Ipv4Addr {
        let [_, a, b, c] = self.index.wrapping_add(ahead).to_be_bytes();
        Ipv4Addr::new(10, a, b, c)
    }

    /// An IPv6 address of it, whose host part is `host`.
    fn ipv6(self, host: u16) -> Ipv6Addr {
        let [high, low] = [(self.index >> 16) as u16, self.index as u16];
        Ipv6Addr::new(0x2001, 0xdb8, high, low, 0, 0, 0, host)
    }

    /// Descriptors of the node that is `ahead` of this one.
    fn node(self, ahead: u32) -> Items {
        let address = self.address(ahead);
        let router = Items::of([Tlv::AutonomousSystem(ASN)]);
        match self.protocol {
            ProtocolId::SegmentRouting => {
                router.and(&Tlv::BgpRouterId(address)).and(&Tlv::Ipv4RouterIdLocal(address))
            }
            ProtocolId::Direct => router.and(&Tlv::BgpRouterId(address)),
            ProtocolId::Bgp => {
                let peer = Items::of([Tlv::AutonomousSystem(ASN + ahead)]);
                peer.and(&Tlv::BgpRouterId(address))
            }
            _ if self.is_ospf() => router
                .and(&Tlv::BgpLsIdentifier(0))
                .and(&Tlv::OspfAreaId(Ipv4Addr::UNSPECIFIED))
                .and(&Tlv::IgpRouterId(self.router_id(address))),
            _ => {
                router.and(&Tlv::BgpLsIdentifier(0)).and(&Tlv::IgpRouterId(self.router_id(address)))
            }
        }
    }

    /// Every fourth node is the pseudonode of a LAN.
    fn router_id(self, address: Ipv4Addr) -> IgpRouterId {
        let [_, a, b, c] = address.octets();
        let system = SystemId([0, 0, 0, a, b, c]);
        match (self.is_ospf(), self.kind == NlriType::Node && self.round % 4 == 3) {
            (false, false) => IgpRouterId::Isis(system),
            (false, true) => IgpRouterId::IsisPseudonode(system, 2),
            (true, false) => IgpRouterId::Ospf(address),
            (true, true) => IgpRouterId::OspfPseudonode(address, address.to_bits() | 1 << 31),
        }
    }
}

/// Appends the TLV.
fn put(out: &mut Vec<u8>, tlv: Tlv<'_>) {
    Item::encode(&tlv, out);
}

/// The sub-TLVs that were put together in `items`, all of which are sound.
fn subs(items: &Items) -> SubTlvs<'_> {
    SubTlvs::new(items).unwrap_or_default()
}

/// The list that was put together in `items`, all of which are sound.
fn list<'a, T: Item<'a>>(items: &'a Items) -> List<'a, T> {
    items.list().unwrap_or_default()
}

/// Appends the route.
pub(super) fn route<const SAFI: u8>(index: u32, out: &mut Vec<u8>) {
    let example = Example::new::<SAFI>(index);
    let local = example.node(0);
    let mut tlvs = Items::of([Tlv::LocalNodeDescriptors(subs(&local))]);
    match example.kind {
        NlriType::Link => tlvs = link::<SAFI>(example, tlvs),
        NlriType::Ipv4Prefix => tlvs = prefix(example, tlvs, &example_prefix::<false>(index)),
        NlriType::Ipv6Prefix => tlvs = prefix(example, tlvs, &example_prefix::<true>(index)),
        NlriType::Srv6Sid => tlvs = tlvs.and(&Tlv::Srv6SidInformation(example.ipv6(1))),
        NlriType::SrPolicyCandidatePath => {
            let ipv6 = example.round % 2 == 1;
            tlvs = tlvs.and(&Tlv::SrCandidatePathDescriptor(SrCandidatePath {
                protocol_origin: ProtocolOrigin::Configuration,
                undefined_flags: 0,
                reserved: Reserved::ZERO,
                endpoint: if ipv6 { example.ipv6(9).into() } else { example.address(9).into() },
                color: 100,
                originator_asn: ASN,
                originator_address: example.address(0).into(),
                discriminator: 1,
            }));
        }
        _ => {}
    }
    let (protocol, descriptors) = (example.protocol, subs(&tlvs));
    let object = Object::Known { protocol, identifier: 0, descriptors };
    let distinguisher = (SAFI == 72).then(|| example_rd(index));
    BgpLs::<SAFI> { distinguisher, nlri_type: example.kind, object }.encode(out);
}

/// A link to the next node: numbered IPv4 or IPv6, or known by its identifiers.
fn link<const SAFI: u8>(example: Example, tlvs: Items) -> Items {
    let remote = example.node(1);
    let tlvs = tlvs.and(&Tlv::RemoteNodeDescriptors(subs(&remote)));
    let form = example.round % 3;
    let tlvs = match form {
        0 => tlvs
            .and(&Tlv::Ipv4InterfaceAddress(example.address(0)))
            .and(&Tlv::Ipv4NeighborAddress(example.address(1))),
        1 => tlvs
            .and(&Tlv::Ipv6InterfaceAddress(example.ipv6(1)))
            .and(&Tlv::Ipv6NeighborAddress(example.ipv6(2))),
        _ => {
            let links = LinkIdentifiers { local: 7, remote: 8 };
            tlvs.and(&Tlv::LinkLocalRemoteIdentifiers(links))
        }
    };
    match SAFI {
        80 => tlvs.and(&Tlv::AddressFamilyLinkDescriptor(if form == 1 { 2 } else { 1 })),
        _ => tlvs.and(&Tlv::MultiTopologyId(list(&Items::of([MtId(0)])))),
    }
}

fn prefix(example: Example, tlvs: Items, prefix: &Prefix) -> Items {
    let tlvs = match example.protocol {
        ProtocolId::IsisLevel1 | ProtocolId::IsisLevel2 if prefix.bits() > 32 => {
            tlvs.and(&Tlv::MultiTopologyId(list(&Items::of([MtId(2)])))) // IPv6 has its own
        }
        _ if example.is_ospf() => tlvs.and(&Tlv::OspfRouteType(OspfRouteType::IntraArea)),
        _ => tlvs,
    };
    let mut octets = Vec::new();
    write_prefix(prefix, &mut octets);
    let reachability = IpReachability { prefix_length: prefix.bits(), prefix: &octets };
    tlvs.and(&Tlv::IpReachabilityInformation(reachability))
}

/// Appends the BGP-LS Attribute that says more of it.
pub(super) fn attribute<const SAFI: u8>(index: u32, out: &mut Vec<u8>) {
    let example = Example::new::<SAFI>(index);
    attribute_with(out, FLAG_OPTIONAL, BGP_LS, |out| {
        match example.kind {
            NlriType::Node if SAFI == 80 => {}
            NlriType::Node => node_attribute(example, out),
            NlriType::Link => link_attribute::<SAFI>(example, out),
            NlriType::Ipv4Prefix | NlriType::Ipv6Prefix => {
                prefix_attribute::<SAFI>(example, out);
            }
            NlriType::Srv6Sid => sid_attribute(out),
            _ => policy_attribute(example, out),
        }
        if SAFI == 80 {
            put(out, Tlv::SequenceNumber(u64::from(index) + 1));
        }
    });
}

fn node_attribute(example: Example, out: &mut Vec<u8>) {
    let msd = Items::of([Msd { kind: MsdType::BaseMplsImposition, value: 10 }]);
    let name = format!("node-{}", example.index);
    let range = |size, first: &'static [u8]| SidRange {
        size: U24::new(size),
        kind: TlvType::SidLabel,
        value: first,
    };
    let global = Items::of([range(8_000, &[0, 0x3e, 0x80])]); // 16000
    let local = Items::of([range(1_000, &[0, 0x3a, 0x98])]); // 15000
    put(out, Tlv::NodeMsd(list(&msd)));
    put(out, Tlv::NodeFlagBits(NodeFlags(0)));
    put(out, Tlv::NodeName(Text(name.as_bytes())));
    if !example.is_ospf() {
        put(out, Tlv::IsisAreaIdentifier(&[0x49, 0, 1]));
    }
    put(out, Tlv::Ipv4RouterIdLocal(example.address(0)));
    put(
        out,
        Tlv::SrCapabilities(SrCapabilities {
            flags: SrCapabilitiesFlags(SrCapabilitiesFlags::IPV4),
            reserved: Reserved::ZERO,
            ranges: list(&global),
        }),
    );
    put(out, Tlv::SrAlgorithm(list(&Items::of([Algorithm(0), Algorithm(1)]))));
    let block = SrLocalBlock { flags: 0, reserved: Reserved::ZERO, ranges: list(&local) };
    put(out, Tlv::SrLocalBlock(block));
}

fn link_attribute<const SAFI: u8>(example: Example, out: &mut Vec<u8>) {
    let metric = 10 + example.index % 90;
    if SAFI == 80 {
        return put(out, Tlv::IgpMetric(Metric::new(4, metric)));
    }
    let sid = Sid::Label(U24::new(24_000 + example.index % 1_000));
    if example.protocol == ProtocolId::Bgp {
        let flags = PeerSidFlags(PeerSidFlags::VALUE | PeerSidFlags::LOCAL);
        return put(
            out,
            Tlv::PeerNodeSid(PeerSid { flags, weight: 0, reserved: Reserved::ZERO, sid }),
        );
    }
    let capacity = Bandwidth::new(1_250_000_000.0); // 10 Gbit/s
    put(out, Tlv::Ipv4RouterIdLocal(example.address(0)));
    put(out, Tlv::Ipv4RouterIdRemote(example.address(1)));
    put(out, Tlv::AdministrativeGroup(1 << (example.index % 32)));
    put(out, Tlv::MaximumLinkBandwidth(capacity));
    put(out, Tlv::MaximumReservableBandwidth(capacity));
    put(out, Tlv::UnreservedBandwidth(UnreservedBandwidth([capacity; 8])));
    put(out, Tlv::TeDefaultMetric(Metric::new(4, metric)));
    let octets = if example.is_ospf() { 2 } else { 3 };
    put(out, Tlv::IgpMetric(Metric::new(octets, metric)));
    put(out, Tlv::SharedRiskLinkGroup(list(&Items::of([Srlg(example.index % 64)]))));
    let flags = if example.is_ospf() { 0x60 } else { 0x30 }; // value and local
    put(out, Tlv::AdjacencySid(AdjacencySid { flags, weight: 0, reserved: Reserved::ZERO, sid }));
    put(
        out,
        Tlv::MinMaxLinkDelay(MinMaxLinkDelay {
            flags: MetricFlags(0),
            min_delay: U24::new(100),
            reserved: Reserved::ZERO,
            max_delay: U24::new(150),
        }),
    );
    put(out, Tlv::ExtendedAdministrativeGroup(list(&Items::of([GroupMask(1), GroupMask(0)]))));
}

fn prefix_attribute<const SAFI: u8>(example: Example, out: &mut Vec<u8>) {
    let metric = Metric::new(4, 10 + example.index % 90);
    if SAFI == 80 {
        return put(out, Tlv::PrefixMetric(metric));
    }
    put(out, Tlv::IgpFlags(IgpFlags(0)));
    put(out, Tlv::IgpRouteTag(list(&Items::of([RouteTag(example.index % 1_000)]))));
    put(out, Tlv::PrefixMetric(metric));
    match example.kind {
        NlriType::Ipv4Prefix => put(
            out,
            Tlv::PrefixSid(PrefixSid {
                flags: 0x40, // a node's, in IS-IS; no penultimate hop popping, in OSPF
                algorithm: 0,
                reserved: Reserved::ZERO,
                sid: Sid::Index(example.index % 8_000),
            }),
        ),
        _ => put(
            out,
            Tlv::Srv6Locator(Srv6Locator {
                flags: 0,
                algorithm: 0,
                reserved: Reserved::ZERO,
                metric: metric.get(),
                sub_tlvs: SubTlvs::EMPTY,
            }),
        ),
    }
    put(out, Tlv::PrefixAttributeFlags(if example.is_ospf() { &[0x40] } else { &[0x20] }));
    put(out, Tlv::SourceRouterIdentifier(example.address(0).into()));
}

fn sid_attribute(out: &mut Vec<u8>) {
    put(
        out,
        Tlv::Srv6EndpointBehavior(Srv6EndpointBehavior {
            endpoint_behavior: EndpointBehavior::EndPspUsd,
            flags: 0,
            algorithm: 0,
        }),
    );
    put(
        out,
        Tlv::Srv6SidStructure(Srv6SidStructure {
            locator_block_length: 32,
            locator_node_length: 32,
            function_length: 16,
            argument_length: 0,
        }),
    );
}

fn policy_attribute(example: Example, out: &mut Vec<u8>) {
    let segment = |ahead: u32| {
        let sid = MplsLabel::new(16_000 + (example.index + ahead) % 8_000);
        let flags = SegmentFlags(SegmentFlags::SID | SegmentFlags::EXPLICIT);
        let (segment, sub_tlvs) = (Segment::A { sid, algorithm: 0 }, SubTlvs::EMPTY);
        Tlv::SrSegment(SrSegment { reserved: Reserved::ZERO, flags, segment, sub_tlvs })
    };
    let segments = Items::of([segment(1), segment(2), segment(9)]);
    let name = format!("path-{}", example.index);
    put(
        out,
        Tlv::SrBindingSid(SrBindingSid {
            flags: BindingSidFlags(BindingSidFlags::ALLOCATED),
            reserved: Reserved::ZERO,
            binding_sid: PolicySid::Label(MplsLabel::new(15_000 + example.index % 1_000)),
            specified_binding_sid: PolicySid::Label(MplsLabel::new(0)),
        }),
    );
    put(
        out,
        Tlv::SrCandidatePathState(SrCandidatePathState {
            priority: 128,
            reserved: Reserved::ZERO,
            flags: PathStateFlags(PathStateFlags::ACTIVE | PathStateFlags::VALID),
            preference: 100,
        }),
    );
    put(out, Tlv::SrCandidatePathName(Text(name.as_bytes())));
    put(
        out,
        Tlv::SrSegmentList(SrSegmentList {
            flags: SegmentListFlags(SegmentListFlags::EXPLICIT | SegmentListFlags::RESOLVED),
            reserved: Reserved::ZERO,
            mt_id: MtId(0),
            algorithm: 0,
            reserved_2: Reserved::ZERO,
            weight: 1,
            sub_tlvs: subs(&segments),
        }),
    );
    put(out, Tlv::SrPolicyName(Text(b"to-the-core")));
}
