//! The table of TLVs: registry "BGP-LS NLRI and Attribute TLVs".

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::descriptor::*;
use super::link::*;
use super::node::*;
use super::policy::*;
use super::prefix::*;
use super::segment::SrSegment;
use super::srv6::*;
use super::{Bandwidth, Metric, Sid, SubTlvs, Text};
use crate::wire::layout::{Framing, Type16Length16, tlvs};
use crate::wire::{Fields, Item, List, Reader, WireError};

/// A TLV whose value was not looked into.
#[derive(Debug, Clone, Copy)]
pub(super) struct Framed<'a> {
    kind: TlvType,
    value: Reader<'a>,
}

impl<'a> Framed<'a> {
    /// It with its value taken apart, or kept whole where its sub-TLVs are unsound.
    pub(super) fn tlv(self) -> Tlv<'a> {
        let octets = self.value.peek();
        Tlv::of(self.kind, self.value).unwrap_or(Tlv::Unknown(self.kind, octets))
    }
}

impl<'a> Item<'a> for Framed<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let (kind, value) = Type16Length16::parse(r, Tlv::WORDS)?;
        Ok(Self { kind: TlvType(kind), value })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        self.tlv().encode(out);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        self.tlv().describe(fields);
    }
}

// Types below 1024 describe what an NLRI names; NLRI and attribute share the registry. 1180, 1182
// and 1183 are of the drafts before RFC 9815, which has no use for them.
tlvs! {
    /// Types of TLVs, by their names in the registry.
    pub struct TlvType(u16) in Type16Length16;

    /// One TLV, with its value taken apart.
    #[non_exhaustive]
    pub enum Tlv ["BGP-LS TLV type", "BGP-LS TLV length", "BGP-LS TLV"] {
        256 "Local Node Descriptors" => LocalNodeDescriptors(SubTlvs<'a>) "descriptors";
        257 "Remote Node Descriptors" => RemoteNodeDescriptors(SubTlvs<'a>) "descriptors";
        258 "Link Local/Remote Identifiers" => LinkLocalRemoteIdentifiers(LinkIdentifiers);
        259 "IPv4 interface address" => Ipv4InterfaceAddress(Ipv4Addr) "address";
        260 "IPv4 neighbor address" => Ipv4NeighborAddress(Ipv4Addr) "address";
        261 "IPv6 interface address" => Ipv6InterfaceAddress(Ipv6Addr) "address";
        262 "IPv6 neighbor address" => Ipv6NeighborAddress(Ipv6Addr) "address";
        263 "Multi-Topology Identifier" => MultiTopologyId(List<'a, MtId>) "mt_ids";
        264 "OSPF Route Type" => OspfRouteType(OspfRouteType) "route_type";
        265 "IP Reachability Information" => IpReachabilityInformation(IpReachability<'a>);
        266 "Node MSD" => NodeMsd(List<'a, Msd>) "msds";
        267 "Link MSD" => LinkMsd(List<'a, Msd>) "msds";
        512 "Autonomous System" => AutonomousSystem(u32) "asn";
        513 "BGP-LS Identifier" => BgpLsIdentifier(u32) "identifier";
        514 "OSPF Area-ID" => OspfAreaId(Ipv4Addr) "area_id";
        515 "IGP Router-ID" => IgpRouterId(IgpRouterId) "router_id";
        516 "BGP Router-ID" => BgpRouterId(Ipv4Addr) "router_id";
        517 "BGP Confederation Member" => BgpConfederationMember(u32) "asn";
        518 "SRv6 SID Information" => Srv6SidInformation(Ipv6Addr) "sid";
        550 "Tunnel ID" => TunnelId(u16) "tunnel_id";
        551 "LSP ID" => LspId(u16) "lsp_id";
        552 "IPv4/6 Tunnel Head-end address" => TunnelHeadEnd(IpAddr) "address";
        553 "IPv4/6 Tunnel Tail-end address" => TunnelTailEnd(IpAddr) "address";
        554 "SR Policy Candidate Path Descriptor" => SrCandidatePathDescriptor(SrCandidatePath);
        555 "MPLS Local Cross Connect" => MplsLocalCrossConnect(&'a [u8]);
        556 "MPLS Cross Connect Interface" => MplsCrossConnectInterface(&'a [u8]);
        557 "MPLS Cross Connect FEC" => MplsCrossConnectFec(&'a [u8]);

        1024 "Node Flag Bits" => NodeFlagBits(NodeFlags) "flags";
        1025 "Opaque Node Attribute" => OpaqueNodeAttribute(&'a [u8]);
        1026 "Node Name" => NodeName(Text<'a>) "name";
        1027 "IS-IS Area Identifier" => IsisAreaIdentifier(&'a [u8]) "area_id";
        1028 "IPv4 Router-ID of Local Node" => Ipv4RouterIdLocal(Ipv4Addr) "router_id";
        1029 "IPv6 Router-ID of Local Node" => Ipv6RouterIdLocal(Ipv6Addr) "router_id";
        1030 "IPv4 Router-ID of Remote Node" => Ipv4RouterIdRemote(Ipv4Addr) "router_id";
        1031 "IPv6 Router-ID of Remote Node" => Ipv6RouterIdRemote(Ipv6Addr) "router_id";
        1032 "S-BFD Discriminators" => SBfdDiscriminators(List<'a, Discriminator>) "discriminators";
        1034 "SR Capabilities" => SrCapabilities(SrCapabilities<'a>);
        1035 "SR Algorithm" => SrAlgorithm(List<'a, Algorithm>) "algorithms";
        1036 "SR Local Block" => SrLocalBlock(SrLocalBlock<'a>);
        1037 "SRMS Preference" => SrmsPreference(u8) "preference";
        1038 "SRv6 Capabilities" => Srv6Capabilities(Srv6Capabilities);
        1039 "Flexible Algorithm Definition" => FlexAlgoDefinition(FlexAlgoDefinition<'a>);
        1040 "Flexible Algorithm Exclude-Any Affinity" =>
            FlexAlgoExcludeAny(List<'a, GroupMask>) "groups";
        1041 "Flexible Algorithm Include-Any Affinity" =>
            FlexAlgoIncludeAny(List<'a, GroupMask>) "groups";
        1042 "Flexible Algorithm Include-All Affinity" =>
            FlexAlgoIncludeAll(List<'a, GroupMask>) "groups";
        1043 "Flexible Algorithm Definition Flags" => FlexAlgoDefinitionFlags(&'a [u8]) "flags";
        1044 "Flexible Algorithm Prefix Metric" => FlexAlgoPrefixMetric(FlexAlgoPrefixMetric);
        1045 "Flexible Algorithm Exclude SRLG" => FlexAlgoExcludeSrlg(List<'a, Srlg>) "srlgs";
        1046 "Flexible Algorithm Unsupported" => FlexAlgoUnsupported(FlexAlgoUnsupported<'a>);

        1088 "Administrative group (color)" => AdministrativeGroup(u32) "group";
        1089 "Maximum link bandwidth" => MaximumLinkBandwidth(Bandwidth) "bandwidth";
        1090 "Maximum reservable link bandwidth" => MaximumReservableBandwidth(Bandwidth) "bandwidth";
        1091 "Unreserved bandwidth" => UnreservedBandwidth(UnreservedBandwidth) "bandwidths";
        1092 "TE Default Metric" => TeDefaultMetric(Metric) "metric";
        1093 "Link Protection Type" => LinkProtectionType(LinkProtection);
        1094 "MPLS Protocol Mask" => MplsProtocolMask(MplsProtocols) "protocols";
        1095 "IGP Metric" => IgpMetric(Metric) "metric";
        1096 "Shared Risk Link Group" => SharedRiskLinkGroup(List<'a, Srlg>) "srlgs";
        1097 "Opaque Link Attribute" => OpaqueLinkAttribute(&'a [u8]);
        1098 "Link Name" => LinkName(Text<'a>) "name";
        1099 "Adjacency SID" => AdjacencySid(AdjacencySid);
        1100 "LAN Adjacency SID" => LanAdjacencySid(LanAdjacencySid);
        1101 "PeerNode SID" => PeerNodeSid(PeerSid);
        1102 "PeerAdj SID" => PeerAdjSid(PeerSid);
        1103 "PeerSet SID" => PeerSetSid(PeerSid);
        1105 "RTM Capability" => RtmCapability(&'a [u8]);
        1106 "SRv6 End.X SID" => Srv6EndXSid(Srv6EndXSid<'a>);
        1107 "IS-IS SRv6 LAN End.X SID" => IsisSrv6LanEndXSid(IsisSrv6LanEndXSid<'a>);
        1108 "OSPFv3 SRv6 LAN End.X SID" => Ospfv3Srv6LanEndXSid(Ospfv3Srv6LanEndXSid<'a>);
        1114 "Unidirectional Link Delay" => LinkDelay(LinkDelay);
        1115 "Min/Max Unidirectional Link Delay" => MinMaxLinkDelay(MinMaxLinkDelay);
        1116 "Unidirectional Delay Variation" => DelayVariation(DelayVariation);
        1117 "Unidirectional Link Loss" => LinkLoss(LinkLoss);
        1118 "Unidirectional Residual Bandwidth" => ResidualBandwidth(Bandwidth) "bandwidth";
        1119 "Unidirectional Available Bandwidth" => AvailableBandwidth(Bandwidth) "bandwidth";
        1120 "Unidirectional Utilized Bandwidth" => UtilizedBandwidth(Bandwidth) "bandwidth";
        1121 "Graceful-Link-Shutdown" => GracefulLinkShutdown(Nothing);
        1122 "Application-Specific Link Attributes" =>
            ApplicationSpecificLinkAttributes(ApplicationSpecificLinkAttributes<'a>);

        1152 "IGP Flags" => IgpFlags(IgpFlags) "flags";
        1153 "IGP Route Tag" => IgpRouteTag(List<'a, RouteTag>) "tags";
        1154 "IGP Extended Route Tag" => IgpExtendedRouteTag(List<'a, ExtendedRouteTag>) "tags";
        1155 "Prefix Metric" => PrefixMetric(Metric) "metric";
        1156 "OSPF Forwarding Address" => OspfForwardingAddress(IpAddr) "address";
        1157 "Opaque Prefix Attribute" => OpaquePrefixAttribute(&'a [u8]);
        1158 "Prefix-SID" => PrefixSid(PrefixSid);
        1159 "Range" => Range(PrefixRange<'a>);
        1160 "IS-IS Flood Reflection" => IsisFloodReflection(&'a [u8]);
        1161 "SID/Label" => SidLabel(Sid);
        1162 "SRv6 Locator" => Srv6Locator(Srv6Locator<'a>);
        1170 "Prefix Attributes Flags" => PrefixAttributeFlags(&'a [u8]) "flags";
        1171 "Source Router Identifier" => SourceRouterIdentifier(IpAddr) "router_id";
        1172 "L2 Bundle Member Attributes" => L2BundleMember(L2BundleMember<'a>);
        1173 "Extended Administrative Group" =>
            ExtendedAdministrativeGroup(List<'a, GroupMask>) "groups";
        1174 "Source OSPF Router-ID" => SourceOspfRouterId(Ipv4Addr) "router_id";
        1180 "SPF Capability" => SpfCapability(&'a [u8]);
        1181 "Sequence Number" => SequenceNumber(u64) "sequence_number";
        1182 "IPv4 Link Prefix Length" => Ipv4LinkPrefixLength(u8) "prefix_length";
        1183 "IPv6 Link Prefix Length" => Ipv6LinkPrefixLength(u8) "prefix_length";
        1184 "SPF Status" => SpfStatus(u8) "status";
        1185 "Address Family Link Descriptor" => AddressFamilyLinkDescriptor(u8) "address_family";

        1200 "MPLS-TE Policy State" => MplsTePolicyState(&'a [u8]);
        1201 "SR Binding SID" => SrBindingSid(SrBindingSid);
        1202 "SR Candidate Path State" => SrCandidatePathState(SrCandidatePathState);
        1203 "SR Candidate Path Name" => SrCandidatePathName(Text<'a>) "name";
        1204 "SR Candidate Path Constraints" => SrCandidatePathConstraints(SrConstraints<'a>);
        1205 "SR Segment List" => SrSegmentList(SrSegmentList<'a>);
        1206 "SR Segment" => SrSegment(SrSegment<'a>);
        1207 "SR Segment List Metric" => SrSegmentListMetric(SrSegmentListMetric);
        1208 "SR Affinity Constraint" => SrAffinityConstraint(SrAffinityConstraint<'a>);
        1209 "SR SRLG Constraint" => SrSrlgConstraint(List<'a, Srlg>) "srlgs";
        1210 "SR Bandwidth Constraint" => SrBandwidthConstraint(Bandwidth) "bandwidth";
        1211 "SR Disjoint Group Constraint" => SrDisjointGroupConstraint(SrDisjointGroup<'a>);
        1212 "SRv6 Binding SID" => Srv6BindingSid(Srv6BindingSid<'a>);
        1213 "SR Policy Name" => SrPolicyName(Text<'a>) "name";
        1214 "SR Bidirectional Group Constraint" =>
            SrBidirectionalGroupConstraint(SrBidirectionalGroup<'a>);
        1215 "SR Metric Constraint" => SrMetricConstraint(SrMetricConstraint);
        1216 "SR Segment List Bandwidth" => SrSegmentListBandwidth(Bandwidth) "bandwidth";
        1217 "SR Segment List Identifier" => SrSegmentListIdentifier(u32) "identifier";

        1250 "SRv6 Endpoint Behavior" => Srv6EndpointBehavior(Srv6EndpointBehavior);
        1251 "SRv6 BGP PeerNode SID" => Srv6BgpPeerNodeSid(Srv6BgpPeerNodeSid);
        1252 "SRv6 SID Structure" => Srv6SidStructure(Srv6SidStructure);
    }
}
