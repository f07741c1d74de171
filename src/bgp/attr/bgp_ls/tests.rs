#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::link::{AdjacencySid, ApplicationSpecificLinkAttributes, GroupMask};
use super::node::{SidRange, SrCapabilities, SrCapabilitiesFlags};
use super::policy::SrAffinityConstraint;
use super::segment::{Segment, SegmentFlags, SrSegment};
use super::srv6::Srv6SidStructure;
use super::*;
use crate::bgp::attr::testing::{malformed, octets, sound};
use crate::bgp::attr::{AttributeCode, Attributes};
use crate::wire::{Item, Items, Outline};

/// The octets of TLVs, in hex.
fn tlvs<const N: usize>(tlvs: [(u16, &str); N]) -> String {
    let tlv = |(kind, value): (u16, &str)| {
        format!("{kind:04x} {:04x} {value} ", octets(value).len()) // length in octets, not digits
    };
    tlvs.map(tlv).concat()
}

/// Asks of an attribute of these TLVs that it is sound and says `want`.
fn says<const N: usize>(parts: [(u16, &str); N], want: &str) {
    sound(AttributeCode::BgpLs, &tlvs(parts), &format!("bgp_ls=[{want}]"));
}

const SID: &str = "20010db8000000000000000000000001";

#[test]
fn attributes_as_routers_send_them() {
    sound(
        AttributeCode::BgpLs,
        "04040004272727270406000428282828044000040000000004410004499896800442000446435000
         04430020 4643500046435000 000000000000000000000000000000000000000000000000
         044400030000000447000300000a",
        "bgp_ls=[{type=IPv4 Router-ID of Local Node router_id=39.39.39.39}, \
         {type=IPv4 Router-ID of Remote Node router_id=40.40.40.40}, \
         {type=Administrative group (color) group=0}, \
         {type=Maximum link bandwidth bandwidth=1250000}, \
         {type=Maximum reservable link bandwidth bandwidth=12500}, \
         {type=Unreserved bandwidth bandwidths=[12500, 12500, 0, 0, 0, 0, 0, 0]}, \
         {type=TE Default Metric metric=0}, {type=IGP Metric metric=10}]",
    );
    sound(
        AttributeCode::BgpLs,
        "044400040000000a0447000300000a044b0007700000000061aa044b0007300000000061ab",
        "bgp_ls=[{type=TE Default Metric metric=10}, {type=IGP Metric metric=10}, \
         {type=Adjacency SID flags=112 weight=0 label=25002}, \
         {type=Adjacency SID flags=48 weight=0 label=25003}]",
    );
    sound(
        AttributeCode::BgpLs,
        "0402000531324b2d3104030001720404000428282828",
        "bgp_ls=[{type=Node Name name=12K-1}, {type=IS-IS Area Identifier area_id=72}, \
         {type=IPv4 Router-ID of Local Node router_id=40.40.40.40}]",
    );
    sound(AttributeCode::BgpLs, "", "bgp_ls=[]");
}

#[test]
fn nodes() {
    says(
        [
            (263, "0000 0002"),
            (1024, "f3"),
            (1025, "07"),
            (1026, "ff41"),
            (1029, SID),
            (1031, SID),
            (1032, "00000009"),
        ],
        "{type=Multi-Topology Identifier mt_ids=[0, 2]}, \
         {type=Node Flag Bits flags=[O, T, E, B, 0x3]}, \
         {type=Opaque Node Attribute value=07}, {type=Node Name name=ff41}, \
         {type=IPv6 Router-ID of Local Node router_id=2001:db8::1}, \
         {type=IPv6 Router-ID of Remote Node router_id=2001:db8::1}, \
         {type=S-BFD Discriminators discriminators=[9]}",
    );
}

#[test]
fn segment_routing_of_nodes() {
    says(
        [
            (266, "010a 0206"),
            (1034, "c0 00 001f40 0489 0003 003e80 0003e8 0489 0003 0dbba0"),
            (1035, "00 01 80"),
            (1036, "00 01 0003e8 0489 0004 00003a98 000001 0489 0002 0000"),
            (1037, "80"),
        ],
        "{type=Node MSD msds=[{msd_type=Base MPLS Imposition MSD value=10}, \
         {msd_type=ERLD-MSD value=6}]}, \
         {type=SR Capabilities flags=[I, V] \
         ranges=[{range_size=8000 label=16000}, {range_size=1000 label=900000}]}, \
         {type=SR Algorithm algorithms=[0, 1, 128]}, \
         {type=SR Local Block flags=0 reserved=01 ranges=[{range_size=1000 index=15000}, \
         {range_size=1 type=SID/Label value=0000}]}, {type=SRMS Preference preference=128}",
    );
}

#[test]
fn flexible_algorithms() {
    let mut definition = String::from("80 00 00 80");
    definition += &tlvs([
        (1040, "00000000 80000000"),
        (1041, "00000001"),
        (1042, "00000002"),
        (1043, "80"),
        (1045, "00000007"),
    ]);
    says(
        [(1039, &definition), (1044, "80 80 0000 0000000a"), (1046, "02 07 08")],
        "{type=Flexible Algorithm Definition flex_algorithm=128 metric_type=0 \
         calculation_type=0 priority=128 sub_tlvs=[\
         {type=Flexible Algorithm Exclude-Any Affinity groups=[0, 2147483648]}, \
         {type=Flexible Algorithm Include-Any Affinity groups=[1]}, \
         {type=Flexible Algorithm Include-All Affinity groups=[2]}, \
         {type=Flexible Algorithm Definition Flags flags=80}, \
         {type=Flexible Algorithm Exclude SRLG srlgs=[7]}]}, \
         {type=Flexible Algorithm Prefix Metric flex_algorithm=128 flags=128 metric=10}, \
         {type=Flexible Algorithm Unsupported protocol_id=IS-IS Level 2 sub_tlv_types=0708}",
    );
}

#[test]
fn links() {
    says(
        [
            (258, "00000001 00000002"),
            (1093, "1100"),
            (1094, "c0"),
            (1095, "0a"),
            (1095, "000a"),
            (1095, "0000000a"),
            (1096, "00000005 00000006"),
            (1097, "01"),
            (1098, "6c696e6b"),
            (1173, "00000001 80000000"),
            (267, "6302"),
            (1121, ""),
            (1105, "80"),
        ],
        "{type=Link Local/Remote Identifiers local=1 remote=2}, \
         {type=Link Protection Type capabilities=[Extra Traffic, Dedicated 1+1]}, \
         {type=MPLS Protocol Mask protocols=[LDP, RSVP-TE]}, {type=IGP Metric metric=10}, \
         {type=IGP Metric metric=10}, {type=IGP Metric metric=10}, \
         {type=Shared Risk Link Group srlgs=[5, 6]}, {type=Opaque Link Attribute value=01}, \
         {type=Link Name name=link}, \
         {type=Extended Administrative Group groups=[1, 2147483648]}, \
         {type=Link MSD msds=[{msd_type=99 value=2}]}, {type=Graceful-Link-Shutdown}, \
         {type=RTM Capability value=80}",
    );
}

#[test]
fn segment_routing_of_links() {
    says(
        [
            (1099, "30 05 0000 005dc1"),
            (1099, "00 05 0000 00000007"),
            (1100, "30 05 0001 192168001001 005dc1"),
            (1100, "00 05 0000 0a000001 00000007"),
            (1101, "c0 07 0000 005dc3"),
            (1102, "f0 00 0000 005dc3"),
            (1103, "20 00 0000 00000003"),
        ],
        "{type=Adjacency SID flags=48 weight=5 label=24001}, \
         {type=Adjacency SID flags=0 weight=5 index=7}, \
         {type=LAN Adjacency SID flags=48 weight=5 reserved=0001 neighbor=1921.6800.1001 \
         label=24001}, \
         {type=LAN Adjacency SID flags=0 weight=5 neighbor=10.0.0.1 index=7}, \
         {type=PeerNode SID flags=[V, L] weight=7 label=24003}, \
         {type=PeerAdj SID flags=[V, L, B, P] weight=0 label=24003}, \
         {type=PeerSet SID flags=[B] weight=0 index=3}",
    );
}

#[test]
fn performance_of_links() {
    says(
        [
            (1114, "80 000064"),
            (1115, "00 000064 00 0000c8"),
            (1116, "00 00000a"),
            (1117, "00 000001"),
            (1118, "49989680"),
            (1119, "46435000"),
            (1120, "00000000"),
        ],
        "{type=Unidirectional Link Delay flags=[A] delay=100}, \
         {type=Min/Max Unidirectional Link Delay flags=[] min_delay=100 max_delay=200}, \
         {type=Unidirectional Delay Variation delay_variation=10}, \
         {type=Unidirectional Link Loss flags=[] link_loss=1}, \
         {type=Unidirectional Residual Bandwidth bandwidth=1250000}, \
         {type=Unidirectional Available Bandwidth bandwidth=12500}, \
         {type=Unidirectional Utilized Bandwidth bandwidth=0}",
    );
}

#[test]
fn attributes_of_applications_and_bundle_members() {
    let metric = tlvs([(1092, "0000000a")]);
    says(
        [
            (1122, &format!("04 00 0000 40000000 {metric}")),
            (1122, "00 00 0000"),
            (1172, &format!("00000007 {metric}")),
        ],
        "{type=Application-Specific Link Attributes sabm=40000000 udabm= \
         sub_tlvs=[{type=TE Default Metric metric=10}]}, \
         {type=Application-Specific Link Attributes sabm= udabm=}, \
         {type=L2 Bundle Member Attributes member_descriptor=7 \
         sub_tlvs=[{type=TE Default Metric metric=10}]}",
    );
}

#[test]
fn prefixes() {
    says(
        [
            (1152, "c0"),
            (1153, "00000309 00000001"),
            (1154, "0000000000abcdef"),
            (1155, "00000014"),
            (1156, "0a000009"),
            (1156, SID),
            (1157, "01"),
            (1158, "40 01 0000 000063"),
            (1158, "40 00 0000 00000065"),
            (1159, &format!("00 00 0064 {}", tlvs([(1158, "00 00 0000 00000001")]))),
            (1161, "003e80"),
            (1170, "20"),
            (1171, "0a000001"),
            (1174, "0a000002"),
        ],
        "{type=IGP Flags flags=[D, N]}, {type=IGP Route Tag tags=[777, 1]}, \
         {type=IGP Extended Route Tag tags=[11259375]}, {type=Prefix Metric metric=20}, \
         {type=OSPF Forwarding Address address=10.0.0.9}, \
         {type=OSPF Forwarding Address address=2001:db8::1}, \
         {type=Opaque Prefix Attribute value=01}, \
         {type=Prefix-SID flags=64 algorithm=1 label=99}, \
         {type=Prefix-SID flags=64 algorithm=0 index=101}, \
         {type=Range flags=0 range_size=100 \
         sub_tlvs=[{type=Prefix-SID flags=0 algorithm=0 index=1}]}, \
         {type=SID/Label label=16000}, {type=Prefix Attributes Flags flags=20}, \
         {type=Source Router Identifier router_id=10.0.0.1}, \
         {type=Source OSPF Router-ID router_id=10.0.0.2}",
    );
}

#[test]
fn segment_routing_over_ipv6() {
    let structure = tlvs([(1252, "20 10 10 00")]);
    says(
        [
            (518, SID),
            (1038, "4000 0000"),
            (1106, &format!("0005 80 00 01 00 {SID} {structure}")),
            (1107, &format!("0006 00 80 01 00 000000000002 {SID}")),
            (1108, &format!("0006 20 80 01 00 0a000002 {SID}")),
            (1162, &format!("80 80 0000 00000001 {structure}")),
            (1250, "0001 00 00"),
            (1251, "40 01 0000 0000fde9 0a000001"),
            (1252, "20 10 10 00"),
        ],
        "{type=SRv6 SID Information sid=2001:db8::1}, {type=SRv6 Capabilities flags=[O]}, \
         {type=SRv6 End.X SID endpoint_behavior=End.X flags=[B] algorithm=0 weight=1 \
         sid=2001:db8::1 sub_tlvs=[{type=SRv6 SID Structure locator_block_length=32 \
         locator_node_length=16 function_length=16 argument_length=0}]}, \
         {type=IS-IS SRv6 LAN End.X SID endpoint_behavior=End.X with PSP flags=[] \
         algorithm=128 weight=1 neighbor=0000.0000.0002 sid=2001:db8::1}, \
         {type=OSPFv3 SRv6 LAN End.X SID endpoint_behavior=End.X with PSP flags=[P] \
         algorithm=128 weight=1 neighbor=10.0.0.2 sid=2001:db8::1}, \
         {type=SRv6 Locator flags=128 algorithm=128 metric=1 sub_tlvs=[\
         {type=SRv6 SID Structure locator_block_length=32 locator_node_length=16 \
         function_length=16 argument_length=0}]}, \
         {type=SRv6 Endpoint Behavior endpoint_behavior=End flags=0 algorithm=0}, \
         {type=SRv6 BGP PeerNode SID flags=[S] weight=1 peer_asn=65001 \
         peer_bgp_identifier=10.0.0.1}, \
         {type=SRv6 SID Structure locator_block_length=32 locator_node_length=16 \
         function_length=16 argument_length=0}",
    );
}

#[test]
fn candidate_paths() {
    let behavior = tlvs([(1250, "0001 00 00")]);
    says(
        [
            (1200, "01000000"),
            (1201, "4000 0000 03e80000 00000000"),
            (1201, &format!("8000 0000 {SID} {SID}")),
            (1202, "05 00 4800 00000064"),
            (1203, "6370"),
            (1212, &format!("8000 0000 {SID} {SID} {behavior}")),
            (1213, "706f6c"),
        ],
        "{type=MPLS-TE Policy State value=01000000}, \
         {type=SR Binding SID flags=[B] binding_sid=16000 specified_binding_sid=0}, \
         {type=SR Binding SID flags=[D] binding_sid=2001:db8::1 \
         specified_binding_sid=2001:db8::1}, \
         {type=SR Candidate Path State priority=5 flags=[A, V] preference=100}, \
         {type=SR Candidate Path Name name=cp}, \
         {type=SRv6 Binding SID flags=[B] binding_sid=2001:db8::1 \
         specified_binding_sid=2001:db8::1 sub_tlvs=[\
         {type=SRv6 Endpoint Behavior endpoint_behavior=End flags=0 algorithm=0}]}, \
         {type=SR Policy Name name=pol}",
    );
}

#[test]
fn constraints_of_candidate_paths() {
    let constraints = tlvs([
        (1208, "01 00 02 00 00000001 00000002 00000003"),
        (1209, "00000007"),
        (1210, "49989680"),
        (1211, "90 44 0000 00000005"),
        (1211, "80 80 0000 000000050000000000"),
        (1214, "c000 0000 00000006"),
        (1215, "02 90 0000 00000000 00000064"),
        (1215, "63 00 0000 00000000 00000000"),
    ]);
    says(
        [(1204, &format!("4400 0000 0002 80 00 {constraints}"))],
        "{type=SR Candidate Path Constraints flags=[P, S] mt_id=2 algorithm=128 sub_tlvs=[\
         {type=SR Affinity Constraint exclude_any=[1] include_any=[] include_all=[2, 3]}, \
         {type=SR SRLG Constraint srlgs=[7]}, \
         {type=SR Bandwidth Constraint bandwidth=1250000}, \
         {type=SR Disjoint Group Constraint request_flags=[S, F] status_flags=[N, X] \
         group_id=5}, \
         {type=SR Disjoint Group Constraint request_flags=[S] status_flags=[S] \
         group_id=000000050000000000}, \
         {type=SR Bidirectional Group Constraint flags=[R, C] group_id=6}, \
         {type=SR Metric Constraint metric_type=TE Metric flags=[O, B] margin=0 bound=100}, \
         {type=SR Metric Constraint metric_type=99 flags=[] margin=0 bound=0}]}",
    );
}

#[test]
fn segment_lists() {
    let structure = tlvs([(1252, "20 10 10 00")]);
    let list = tlvs([
        (1206, "01 00 8000 03e80000 00"),
        (1206, &format!("02 00 8000 {SID} 00 {structure}")),
        (1207, "00 90 0000 00000001 00000000 0000000a"),
        (1216, "46435000"),
        (1217, "00000003"),
    ]);
    says(
        [(1205, &format!("6000 0000 0000 00 00 00000001 {list}"))],
        "{type=SR Segment List flags=[E, C] mt_id=0 algorithm=0 weight=1 sub_tlvs=[\
         {type=SR Segment segment_type=A flags=[S] sid=16000 algorithm=0}, \
         {type=SR Segment segment_type=B flags=[S] sid=2001:db8::1 algorithm=0 sub_tlvs=[\
         {type=SRv6 SID Structure locator_block_length=32 locator_node_length=16 \
         function_length=16 argument_length=0}]}, \
         {type=SR Segment List Metric metric_type=IGP Metric flags=[M, V] margin=1 bound=0 \
         value=10}, {type=SR Segment List Bandwidth bandwidth=12500}, \
         {type=SR Segment List Identifier identifier=3}]}",
    );
}

#[test]
fn segments_of_every_type() {
    let (label, v4) = ("03e80000", "0a000001");
    let segment = |kind: &str, rest: String, want: &str| {
        let value = format!("{kind} 00 0000 {rest}");
        says([(1206, &value)], &format!("{{type=SR Segment segment_type={want}}}"));
    };
    let v6 = "2001:db8::1";
    segment(
        "03",
        format!("{label} 80 {v4}"),
        "C flags=[] sid=16000 algorithm=128 node_address=10.0.0.1",
    );
    segment(
        "04",
        format!("{label} 80 {SID}"),
        &format!("D flags=[] sid=16000 algorithm=128 node_address={v6}"),
    );
    segment(
        "05",
        format!("{label} {v4} 00000009"),
        "E flags=[] sid=16000 node_address=10.0.0.1 local_interface_id=9",
    );
    segment(
        "06",
        format!("{label} {v4} {v4}"),
        "F flags=[] sid=16000 local_address=10.0.0.1 remote_address=10.0.0.1",
    );
    let nodes = format!(
        "local_address={v6} local_interface_id=1 remote_address={v6} remote_interface_id=2"
    );
    segment(
        "07",
        format!("{label} {SID} 00000001 {SID} 00000002"),
        &format!("G flags=[] sid=16000 {nodes}"),
    );
    segment(
        "0a",
        format!("{SID} {SID} 00000001 {SID} 00000002"),
        &format!("J flags=[] sid={v6} {nodes}"),
    );
    let link = format!("local_address={v6} remote_address={v6}");
    segment("08", format!("{label} {SID} {SID}"), &format!("H flags=[] sid=16000 {link}"));
    segment("0b", format!("{SID} {SID} {SID}"), &format!("K flags=[] sid={v6} {link}"));
    segment(
        "09",
        format!("{SID} 80 {SID}"),
        &format!("I flags=[] sid={v6} algorithm=128 node_address={v6}"),
    );
    // Bits beside a label are not lost, nor is a segment of a type that is yet to come.
    segment("01", "03e80040 00".into(), "A flags=[] sid=03e80040 algorithm=0");
    says([(1206, "0c 00 0000 01")], "{type=SR Segment value=0c00000001}");
}

#[test]
fn descriptors_of_nodes() {
    let node = tlvs([
        (512, "0000fde9"),
        (513, "00000007"),
        (514, "00000001"),
        (515, "192168001001"),
        (516, "0a000001"),
        (517, "0000fdea"),
    ]);
    says(
        [
            (256, &node),
            (515, "0a000001"),
            (515, "00000000000102"),
            (515, "0a0000010a000009"),
            (515, SID),
            (515, "0a00000100"),
        ],
        "{type=Local Node Descriptors descriptors=[{type=Autonomous System asn=65001}, \
         {type=BGP-LS Identifier identifier=7}, {type=OSPF Area-ID area_id=0.0.0.1}, \
         {type=IGP Router-ID router_id=1921.6800.1001}, \
         {type=BGP Router-ID router_id=10.0.0.1}, \
         {type=BGP Confederation Member asn=65002}]}, \
         {type=IGP Router-ID router_id=10.0.0.1}, \
         {type=IGP Router-ID router_id=0000.0000.0001.02}, \
         {type=IGP Router-ID router_id=10.0.0.1:10.0.0.9}, \
         {type=IGP Router-ID router_id=2001:db8::1}, {type=IGP Router-ID value=0a00000100}",
    );
}

#[test]
fn descriptors_of_prefixes_and_paths() {
    let path = |flags: &str, endpoint: &str, originator: &str| {
        format!("02 {flags} 0000 {endpoint} 00000064 0000fde9 {originator} 00000002")
    };
    says(
        [
            (264, "02"),
            (264, "09"),
            (265, "18c00002"),
            (265, "00"),
            (265, "8100"),
            (265, "19c00002"),
            (265, "10c00002"),
            (550, "0007"),
            (551, "0001"),
            (552, "0a000001"),
            (553, SID),
            (554, &path("00", "0a000009", "0a000001")),
            (554, &path("c1", SID, SID)),
            (554, &path("00", SID, "0a000001")),
        ],
        &format!(
            "{{type=OSPF Route Type route_type=Inter-Area}}, \
             {{type=OSPF Route Type route_type=9}}, \
             {{type=IP Reachability Information prefix_length=24 prefix=c00002}}, \
             {{type=IP Reachability Information prefix_length=0 prefix=}}, \
             {{type=IP Reachability Information value=8100}}, \
             {{type=IP Reachability Information value=19c00002}}, \
             {{type=IP Reachability Information value=10c00002}}, \
             {{type=Tunnel ID tunnel_id=7}}, {{type=LSP ID lsp_id=1}}, \
             {{type=IPv4/6 Tunnel Head-end address address=10.0.0.1}}, \
             {{type=IPv4/6 Tunnel Tail-end address address=2001:db8::1}}, \
             {{type=SR Policy Candidate Path Descriptor protocol_origin=BGP SR Policy flags=[] \
             endpoint=10.0.0.9 color=100 originator_asn=65001 originator_address=10.0.0.1 \
             discriminator=2}}, \
             {{type=SR Policy Candidate Path Descriptor protocol_origin=BGP SR Policy \
             flags=[E, O, 0x1] endpoint=2001:db8::1 color=100 originator_asn=65001 \
             originator_address=2001:db8::1 discriminator=2}}, \
             {{type=SR Policy Candidate Path Descriptor value=02000000{SID}\
             000000640000fde90a00000100000002}}"
        ),
    );
}

#[test]
fn the_spf_of_bgp() {
    says(
        [
            (1181, "0000000000000102"),
            (1184, "01"),
            (1185, "02"),
            (1180, "00"),
            (1182, "1f"),
            (1183, "7f"),
        ],
        "{type=Sequence Number sequence_number=258}, {type=SPF Status status=1}, \
         {type=Address Family Link Descriptor address_family=2}, {type=SPF Capability value=00}, \
         {type=IPv4 Link Prefix Length prefix_length=31}, \
         {type=IPv6 Link Prefix Length prefix_length=127}",
    );
}

#[test]
fn only_framing_makes_the_attribute_malformed() {
    malformed(AttributeCode::BgpLs, "0402", "BGP-LS TLV length", 2);
    malformed(AttributeCode::BgpLs, "04", "BGP-LS TLV type", 0);
    malformed(AttributeCode::BgpLs, "0402 0002 41", "BGP-LS TLV", 4);
    // A Range whose sub-TLV is longer than it.
    malformed(AttributeCode::BgpLs, "0487 0009 00000064 0486 0008 00", "BGP-LS TLV", 12);
    // Values of lengths that their types do not have.
    says(
        [
            (1028, "0a0000"),
            (1095, "0000000000"),
            (1089, "00"),
            (1099, "00"),
            (1159, "00"),
            (65000, ""),
        ],
        "{type=IPv4 Router-ID of Local Node value=0a0000}, {type=IGP Metric value=0000000000}, \
         {type=Maximum link bandwidth value=00}, {type=Adjacency SID value=00}, \
         {type=Range value=00}, {type=65000 value=}",
    );
    // Deeper than that, what does not fit is kept where it stands.
    let list =
        format!("0000 0000 0000 00 00 00000001 {}", tlvs([(1206, "01 00 0000 00000000 00 ff")]));
    says(
        [(1205, &list)],
        "{type=SR Segment List flags=[] mt_id=0 algorithm=0 weight=1 sub_tlvs=[\
         {type=SR Segment value=010000000000000000ff}]}",
    );
}

#[test]
fn nesting_is_bounded() {
    let mut value = Vec::new();
    for depth in (0..8_000_u16).rev() {
        let len = 4 + (7_999 - depth) * 8;
        value.splice(0..0, [4, 0x87, len.to_be_bytes()[0], len.to_be_bytes()[1], 0, 0, 0, 1]);
    }
    let read = BgpLsAttribute::parse(Reader::new(&value), AsWidth::Four).unwrap();
    let said = Outline::of(|fields| read.describe("bgp_ls", fields));
    assert_eq!(said.matches("type=Range").count(), 5);
    assert!(said.len() < 3 * value.len());
}

#[test]
fn every_row_has_a_layout_that_is_read_and_written_back() {
    for (kind, name) in TlvType::KNOWN {
        let value = [1; 60];
        let read = (0..value.len()).find_map(|len| {
            let octets = value.get(..len)?;
            let tlv = Tlv::of(*kind, Reader::new(octets)).ok()?;
            (!matches!(tlv, Tlv::Unknown(..))).then_some((tlv, octets))
        });
        let (tlv, octets) = read.unwrap_or_else(|| panic!("{name} is never read"));
        let items = Items::of([tlv]);
        assert_eq!(&items.octets()[4..], octets, "{name}");
        assert_eq!(tlv.kind(), *kind);
        let said = Outline::of(|fields| tlv.describe(fields));
        assert!(
            !said.contains(" =") && !said.contains("{="),
            "a value of {name} has no name: {said}"
        );
    }
}

// ---- recorded attributes -----------------------------------------------------------------------

fn shared(path: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("RIBCAGE_SHARED").map_or("../shared".into(), PathBuf::from);
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join(shared).join(path);
    if !found.exists() {
        eprintln!("skipped: no shared data at {}", found.display());
        return None;
    }
    Some(found)
}

/// The values of the BGP-LS Attributes in UPDATEs, wherever a marker stands in `octets`.
fn attributes_in(octets: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let marks = octets.windows(16).enumerate().filter(|(_, window)| *window == [0xff; 16]);
    for (at, _) in marks {
        let mut r = Reader::new(&octets[at + 16..]);
        let attributes = || -> Result<Reader<'_>, WireError> {
            let len = r.u16("length")?;
            let (kind, mut body) =
                (r.u8("type")?, r.sub("message", usize::from(len).saturating_sub(19))?);
            if kind != 2 {
                return Ok(Reader::EMPTY);
            }
            let withdrawn = body.u16("withdrawn")?;
            body.take("withdrawn", withdrawn.into())?;
            let len = body.u16("attributes")?;
            body.sub("attributes", len.into())
        }();
        let attributes = Attributes::new(attributes.unwrap_or(Reader::EMPTY)).flatten();
        let ours = attributes.filter(|attribute| attribute.code == AttributeCode::BgpLs);
        found.extend(ours.map(|attribute| attribute.value().to_vec()));
    }
    found
}

#[test]
fn recorded_attributes_are_read_and_written_back() {
    let Some(vectors) = shared("data/vectors") else { return };
    let mut messages = Vec::new();
    for file in std::fs::read_dir(vectors).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "hex") {
            let text = std::fs::read_to_string(&path).unwrap();
            messages.extend(text.lines().filter(|line| !line.starts_with('#')).map(octets));
        }
    }
    if let Some(stream) = shared("data/openbmp/golden/streams/stream-A.bmp") {
        messages.push(std::fs::read(stream).unwrap());
    }
    let values: Vec<_> = messages.iter().flat_map(|message| attributes_in(message)).collect();
    let (mut known, mut unknown) = (0, 0);
    for value in &values {
        let read = BgpLsAttribute::parse(Reader::new(value), AsWidth::Four).unwrap();
        let mut written = Vec::new();
        read.0.iter().for_each(|tlv| tlv.encode(&mut written));
        assert_eq!(&written, value);
        let is_unknown = |tlv: &Tlv<'_>| matches!(tlv, Tlv::Unknown(..));
        unknown += read.0.iter().filter(is_unknown).count();
        known += read.0.iter().filter(|tlv| !is_unknown(tlv)).count();
    }
    eprintln!("{} attributes: {known} TLVs known, {unknown} unknown", values.len());
    assert!(values.len() >= 28 && known > 180 && unknown == 0, "{known} {unknown}");
}

// ---- properties --------------------------------------------------------------------------------

/// Asks that `tlv` is read as it was written.
fn comes_back(tlv: Tlv<'_>) {
    let items = Items::of([tlv]);
    let read: Vec<_> = items.list::<Tlv<'_>>().unwrap().iter().collect();
    assert_eq!(read, [tlv]);
}

proptest! {
    #[test]
    fn what_is_read_is_written_back(
        row in 0..TlvType::KNOWN.len(),
        octets in proptest::collection::vec(0..5_u8, 0..80),
    ) {
        let kind = TlvType::KNOWN[row].0;
        if let Ok(tlv) = Tlv::of(kind, Reader::new(&octets)) {
            let items = Items::of([tlv]);
            prop_assert_eq!(&items.octets()[4..], &octets);
            comes_back(tlv);
            let _ = Outline::of(|fields| tlv.describe(fields));
        }
    }

    #[test]
    fn what_is_written_is_read_back(
        flags: u8, weight: u8, number: u32, name: [u8; 3], address: [u8; 16],
        masks in proptest::collection::vec(any::<u32>().prop_map(GroupMask), 0..9),
        octets in 1..=4_u8,
    ) {
        let sid = Sid::Label(U24::new(number));
        let sid_tlv = AdjacencySid { flags, weight, reserved: Reserved::ZERO, sid };
        comes_back(Tlv::AdjacencySid(sid_tlv));
        comes_back(Tlv::AdjacencySid(AdjacencySid { sid: Sid::Index(number), ..sid_tlv }));
        comes_back(Tlv::NodeName(Text(&name)));
        comes_back(Tlv::IgpMetric(Metric::new(octets, number)));
        comes_back(Tlv::MaximumLinkBandwidth(Bandwidth(number)));

        let masks = Items::of(masks);
        let list = masks.list().unwrap();
        comes_back(Tlv::ExtendedAdministrativeGroup(list));
        comes_back(Tlv::SrAffinityConstraint(SrAffinityConstraint {
            reserved: Reserved([flags]),
            exclude_any: list,
            include_any: List::EMPTY,
            include_all: list,
        }));

        let range = SidRange { size: U24::new(number), kind: TlvType::SidLabel, value: &name };
        let ranges = Items::of([range, range]);
        comes_back(Tlv::SrCapabilities(SrCapabilities {
            flags: SrCapabilitiesFlags(flags),
            reserved: Reserved([weight]),
            ranges: ranges.list().unwrap(),
        }));

        let structure = Srv6SidStructure {
            locator_block_length: flags,
            locator_node_length: weight,
            function_length: octets,
            argument_length: 0,
        };
        let inner = Items::of([Tlv::Srv6SidStructure(structure), Tlv::NodeName(Text(&name))]);
        let sub_tlvs = SubTlvs::new(&inner).unwrap();
        comes_back(Tlv::ApplicationSpecificLinkAttributes(ApplicationSpecificLinkAttributes {
            reserved: Reserved([flags, weight]),
            sabm: &address[..4],
            udabm: &name,
            sub_tlvs,
        }));
        let sid = address.into();
        let segment = Segment::I { sid, algorithm: weight, node_address: sid };
        let flags = SegmentFlags(flags.into());
        let segment = SrSegment { reserved: Reserved::ZERO, flags, segment, sub_tlvs };
        comes_back(Tlv::SrSegment(segment));
        prop_assert_eq!(sub_tlvs.iter().next(), Some(Tlv::Srv6SidStructure(structure)));
    }
}
