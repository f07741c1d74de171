//! The known extended communities: type, sub-type, name, key and fields.

use super::{Definition, Field, Form};

const fn field(name: &'static str, bits: u8, form: Form) -> Field {
    Field { name, bits, form }
}

const fn num(name: &'static str, bits: u8) -> Field {
    field(name, bits, Form::Number)
}

const fn hex(name: &'static str, bits: u8) -> Field {
    field(name, bits, Form::Hex)
}

const fn address(name: &'static str) -> Field {
    field(name, 32, Form::Address)
}

const fn float(name: &'static str) -> Field {
    field(name, 32, Form::Float)
}

const fn reserved(bits: u8) -> Field {
    field("reserved", bits, Form::Reserved)
}

/// Another one of a community that has two.
const fn reserved2(bits: u8) -> Field {
    field("reserved2", bits, Form::Reserved)
}

const fn flags(name: &'static str, bits: u8, names: &'static [(u64, &'static str)]) -> Field {
    field(name, bits, Form::Flags(names))
}

type Layout = &'static [Field];

const GLOBAL: &str = "global_administrator";
const LOCAL: &str = "local_administrator";

/// Two-octet AS specific (RFC 4360 §3.1).
const AS2: Layout = &[num(GLOBAL, 16), num(LOCAL, 32)];
/// IPv4 address specific (RFC 4360 §3.2).
const IP4: Layout = &[address(GLOBAL), num(LOCAL, 16)];
/// Four-octet AS specific (RFC 5668).
const AS4: Layout = &[field(GLOBAL, 32, Form::LongAs), num(LOCAL, 16)];
/// Octets whose meaning is not taken apart here.
const RAW: Layout = &[hex("value", 48)];
/// Nothing but the type says something.
const NOTHING: Layout = &[reserved(48)];

const BANDWIDTH: Layout = &[num("autonomous_system", 16), float("bandwidth")];
const RATE: Layout = &[num("autonomous_system", 16), float("rate")];
const COST: Layout = &[num("point_of_insertion", 8), num("community_id", 8), num("cost", 32)];
const OSPF_ROUTE_TYPE: Layout = &[address("area"), num("route_type", 8), num("options", 8)];
const COLOR: Layout = &[field("color_only", 2, Form::Binary), reserved(14), num("color", 32)];
const ENCAPSULATION: Layout = &[reserved(32), field("tunnel_type", 16, Form::Code(TUNNELS))];
const LABEL_SPACE: Layout = &[num("id_type", 16), num("id_value", 32)];
const QOS: Layout = &[
    flags("flags", 8, &[(0x10, "R"), (0x08, "I"), (0x04, "A")]),
    num("qos_set_number", 8),
    num("technology_type", 8),
    num("qos_marking_o", 16),
    num("qos_marking_a", 8),
    reserved(8),
];
const COS: Layout =
    &[flags("flags", 8, &[(0x80, "BE"), (0x40, "EF"), (0x20, "AF"), (0x10, "LE")]), reserved(48)];
const MAC: Layout = &[field("mac", 48, Form::Mac)];
const MAC_MOBILITY: Layout =
    &[flags("flags", 8, &[(0x01, "sticky")]), reserved(8), num("sequence", 32)];
const ESI_LABEL: Layout = &[
    flags("flags", 8, &[(0x01, "single-active")]),
    reserved(16),
    num("esi_label", 20),
    reserved2(4),
];
const LAYER2: Layout = &[
    flags("control_flags", 16, &[(0x01, "B"), (0x02, "P"), (0x04, "C"), (0x08, "F"), (0x10, "CI")]),
    num("l2_mtu", 16),
    reserved(16),
];
const E_TREE: Layout =
    &[flags("flags", 8, &[(0x01, "leaf")]), reserved(16), num("leaf_label", 20), reserved2(4)];
const DF_ELECTION: Layout = &[
    reserved(3),
    num("df_alg", 5),
    flags("bitmap", 16, &[(0x8000, "D"), (0x4000, "AC"), (0x1000, "T")]),
    reserved2(8),
    num("df_preference", 16),
];
const ARP_ND: Layout = &[flags("flags", 8, &[(0x08, "I"), (0x02, "O"), (0x01, "R")]), reserved(40)];
const MULTICAST: Layout = &[flags("flags", 16, &[(0x01, "I"), (0x02, "M")]), reserved(32)];
const CARVING: Layout = &[num("seconds", 32), num("fraction", 16)];
const INTERFACE_SET: Layout = &[
    field("autonomous_system", 32, Form::LongAs),
    flags("flags", 2, &[(0x02, "O"), (0x01, "I")]),
    num("group_identifier", 14),
];
const TO_IP: Layout = &[reserved(47), flags("flags", 1, &[(0x01, "copy")])];
const TO_INDIRECTION: Layout = &[flags("flags", 8, &[]), num("id_type", 8), num("id", 32)];
const TRANSPORT_CLASS: Layout = &[reserved(16), num("transport_class", 32)];
const LOCAL_COLOR: Layout = &[reserved(16), num("color", 32)];
const SEGMENT: Layout = &[num("two_octets", 16), num("four_octets", 32)];
const VALIDATION: Layout = &[
    reserved(40),
    field("validation_state", 8, Form::Code(&[(0, "valid"), (1, "not-found"), (2, "invalid")])),
];
const TRAFFIC_ACTION: Layout = &[flags("flags", 48, &[(0x02, "sample"), (0x01, "terminal")])];
const TRAFFIC_MARKING: Layout = &[reserved(42), num("dscp", 6)];
const LAYER2_INFO: Layout = &[
    num("encaps_type", 8),
    flags("control_flags", 8, &[(0x80, "D"), (0x20, "F"), (0x02, "C"), (0x01, "S")]),
    num("layer2_mtu", 16),
    num("preference", 16),
];
const EIGRP_FLAGS: Layout = &[hex("flags", 16), num("tag", 32)];
const EIGRP_DELAY: Layout = &[num("autonomous_system", 16), num("delay", 32)];
const EIGRP_BANDWIDTH: Layout = &[num("reliability", 8), num("hop_count", 8), num("bandwidth", 32)];
const EIGRP_MTU: Layout = &[reserved(8), num("load", 8), num("mtu", 32)];
const EIGRP_REMOTE: Layout = &[num("remote_autonomous_system", 16), address("remote_router_id")];
const EIGRP_PROTOCOL: Layout = &[num("remote_protocol", 16), num("remote_metric", 32)];

/// Short words for tunnel types.
const TUNNELS: &[(u64, &str)] = &[
    (1, "l2tpv3"),
    (2, "gre"),
    (7, "ip-in-ip"),
    (8, "vxlan"),
    (9, "nvgre"),
    (10, "mpls"),
    (11, "mpls-in-gre"),
    (12, "vxlan-gpe"),
    (13, "mpls-in-udp"),
    (14, "ipv6"),
    (15, "sr-policy"),
    (16, "bare"),
    (19, "geneve"),
    (20, "any"),
    (25, "sdwan-hybrid"),
];

/// A row is `TYPE SUB-TYPE "NAME" "KEY" LAYOUT;`, `_` for a type that has no sub-types.
macro_rules! definitions {
    (@sub _) => { None };
    (@sub $sub:literal) => { Some($sub) };
    ($( $kind:literal $sub:tt $name:literal $key:literal $layout:ident; )+) => {
        &[$( Definition {
            kind: $kind,
            sub_type: definitions!(@sub $sub),
            name: $name,
            key: $key,
            layout: $layout,
        }, )+]
    };
}

pub(super) const ALL: &[Definition] = definitions! {
    0x00 0x02 "Route Target" "rt" AS2;
    0x00 0x03 "Route Origin" "soo" AS2;
    0x00 0x04 "Link Bandwidth" "link-bandwidth-transitive" BANDWIDTH;
    0x00 0x05 "OSPF Domain Identifier" "ospf-domain" AS2;
    0x00 0x08 "BGP Data Collection" "data-collection" AS2;
    0x00 0x09 "Source AS" "source-as" AS2;
    0x00 0x0a "L2VPN Identifier" "l2vpn-id" AS2;
    0x00 0x10 "Cisco VPN-Distinguisher" "cisco-vpn-distinguisher" AS2;
    0x00 0x13 "Route-Target Record" "rt-record" AS2;
    0x01 0x02 "Route Target" "rt" IP4;
    0x01 0x03 "Route Origin" "soo" IP4;
    0x01 0x05 "OSPF Domain Identifier" "ospf-domain" IP4;
    0x01 0x07 "OSPF Router ID" "ospf-router-id" IP4;
    0x01 0x0a "L2VPN Identifier" "l2vpn-id" IP4;
    0x01 0x0b "VRF Route Import" "vrf-route-import" IP4;
    0x01 0x0c "Flow-spec Redirect to IPv4" "redirect-to-ipv4" IP4;
    0x01 0x10 "Cisco VPN-Distinguisher" "cisco-vpn-distinguisher" IP4;
    0x01 0x12 "Inter-Area P2MP Segmented Next-Hop" "inter-area-p2mp-nexthop" IP4;
    0x01 0x13 "Route-Target Record" "rt-record" IP4;
    0x01 0x14 "VRF-Recursive-Next-Hop" "vrf-recursive-nexthop" IP4;
    0x01 0x20 "MVPN SA RP-address" "mvpn-sa-rp" IP4;
    0x02 0x02 "Route Target" "rt" AS4;
    0x02 0x03 "Route Origin" "soo" AS4;
    0x02 0x04 "Generic" "generic" AS4;
    0x02 0x05 "OSPF Domain Identifier" "ospf-domain" AS4;
    0x02 0x08 "BGP Data Collection" "data-collection" AS4;
    0x02 0x09 "Source AS" "source-as" AS4;
    0x02 0x10 "Cisco VPN-Distinguisher" "cisco-vpn-distinguisher" AS4;
    0x02 0x13 "Route-Target Record" "rt-record" AS4;
    0x03 0x01 "Cost Community" "cost" COST;
    0x03 0x03 "CP-ORF" "cp-orf" RAW;
    0x03 0x04 "Extranet Source" "extranet-source" RAW;
    0x03 0x05 "Extranet Separation" "extranet-separation" RAW;
    0x03 0x06 "OSPF Route Type" "ospf-route-type" OSPF_ROUTE_TYPE;
    0x03 0x07 "Additional PMSI Tunnel Attribute Flags" "pmsi-flags" RAW;
    0x03 0x08 "Context-Specific Label Space ID" "label-space" LABEL_SPACE;
    0x03 0x0b "Color" "color" COLOR;
    0x03 0x0c "Encapsulation" "encap" ENCAPSULATION;
    0x03 0x0d "Default Gateway" "default-gateway" NOTHING;
    0x03 0x0e "Point-to-Point-to-Multipoint (PPMP) Label" "ppmp-label" RAW;
    0x03 0x14 "Consistent Hash Sort Order" "consistent-hash-order" RAW;
    0x03 0x1b "Local Color Mapping (LCM)" "local-color-mapping" LOCAL_COLOR;
    0x03 0xaa "LoadBalance" "load-balance" RAW;
    0x04 _ "QoS Marking" "qos-marking" QOS;
    0x05 _ "CoS Capability" "cos-capability" COS;
    0x06 0x00 "MAC Mobility" "mac-mobility" MAC_MOBILITY;
    0x06 0x01 "ESI Label" "esi-label" ESI_LABEL;
    0x06 0x02 "ES-Import Route Target" "es-import" MAC;
    0x06 0x03 "EVPN Router's MAC" "router-mac" MAC;
    0x06 0x04 "EVPN Layer 2 Attributes" "evpn-l2" LAYER2;
    0x06 0x05 "E-Tree" "e-tree" E_TREE;
    0x06 0x06 "DF Election" "df-election" DF_ELECTION;
    0x06 0x07 "I-SID" "i-sid" RAW;
    0x06 0x08 "ARP/ND" "arp-nd" ARP_ND;
    0x06 0x09 "Multicast Flags" "multicast-flags" MULTICAST;
    0x06 0x0a "EVI-RT Type 0" "evi-rt" AS2;
    0x06 0x0b "EVI-RT Type 1" "evi-rt" IP4;
    0x06 0x0c "EVI-RT Type 2" "evi-rt" AS4;
    0x06 0x0d "EVI-RT Type 3" "evi-rt-3" RAW;
    0x06 0x0e "EVPN Attachment Circuit" "attachment-circuit" RAW;
    0x06 0x0f "Service Carving Time" "service-carving-time" CARVING;
    0x06 0x10 "EVPN Link Bandwidth" "evpn-link-bandwidth" RAW;
    0x06 0x15 "RT-derived-EC" "rt-derived" RAW;
    0x07 0x02 "FlowSpec Interface Set" "interface-set" INTERFACE_SET;
    0x08 0x00 "Flow spec redirect/mirror to IP next-hop" "redirect-to-nexthop" TO_IP;
    0x09 0x00 "FlowSpec Redirect to indirection-id" "redirect-to-id" TO_INDIRECTION;
    0x0a 0x02 "Transport Class Route Target" "transport-target" TRANSPORT_CLASS;
    0x0b 0x01 "SFIR Pool Identifier" "sfir-pool" RAW;
    0x0b 0x02 "MPLS Label Stack Mixed Swapping/Stacking Labels" "sfc-mpls-labels" RAW;
    0x0c 0x00 "Direct-Type Segment Identifier" "mup" SEGMENT;
    0x0c 0x01 "Direct-Type Segment Identifier" "mup" IP4;
    0x0c 0x02 "Direct-Type Segment Identifier" "mup" AS4;
    0x0c 0x03 "Interwork-Type Segment Identifier" "mup-interwork" AS2;
    0x0c 0x04 "Interwork-Type Segment Identifier" "mup-interwork" IP4;
    0x0c 0x05 "Interwork-Type Segment Identifier" "mup-interwork" AS4;
    0x40 0x04 "Link Bandwidth" "link-bandwidth" BANDWIDTH;
    0x40 0x80 "Virtual-Network Identifier" "virtual-network-id" RAW;
    0x42 0x04 "Generic" "generic-non-transitive" AS4;
    0x43 0x00 "BGP Origin Validation State" "validation-state" VALIDATION;
    0x43 0x01 "Cost Community" "cost-non-transitive" COST;
    0x44 _ "QoS Marking" "qos-marking-non-transitive" QOS;
    0x47 0x02 "FlowSpec Interface Set" "interface-set-non-transitive" INTERFACE_SET;
    0x4a 0x02 "Transport Class Route Target" "transport-target-non-transitive" TRANSPORT_CLASS;
    0x80 0x00 "OSPF Route Type (deprecated)" "ospf-route-type-deprecated" OSPF_ROUTE_TYPE;
    0x80 0x01 "OSPF Router ID (deprecated)" "ospf-router-id-deprecated" IP4;
    0x80 0x04 "Security Group" "security-group" RAW;
    0x80 0x05 "OSPF Domain Identifier (deprecated)" "ospf-domain-deprecated" AS2;
    0x80 0x06 "Flow spec traffic-rate-bytes" "traffic-rate-bytes" RATE;
    0x80 0x07 "Flow spec traffic-action" "traffic-action" TRAFFIC_ACTION;
    0x80 0x08 "Flow spec rt-redirect AS-2octet format" "redirect" AS2;
    0x80 0x09 "Flow spec traffic-marking" "traffic-marking" TRAFFIC_MARKING;
    0x80 0x0a "Layer2 Info" "layer2-info" LAYER2_INFO;
    0x80 0x0b "E-Tree Info" "e-tree-info" RAW;
    0x80 0x0c "Flow spec traffic-rate-packets" "traffic-rate-packets" RATE;
    0x80 0x84 "Tag" "tag" RAW;
    0x80 0x85 "Origin Sub-Cluster" "origin-sub-cluster" RAW;
    0x81 0x08 "Flow spec rt-redirect IPv4 format" "redirect" IP4;
    0x82 0x04 "Security Group AS4" "security-group-as4" RAW;
    0x82 0x08 "Flow spec rt-redirect AS-4octet format" "redirect" AS4;
    0x82 0x84 "Tag4" "tag4" RAW;
    0x82 0x85 "Origin Sub-Cluster4" "origin-sub-cluster4" RAW;
    0x88 0x00 "EIGRP Route Flags, Route Tag" "eigrp-flags" EIGRP_FLAGS;
    0x88 0x01 "EIGRP AS Number, Delay" "eigrp-delay" EIGRP_DELAY;
    0x88 0x02 "EIGRP Reliability, Hop Count, Bandwidth" "eigrp-bandwidth" EIGRP_BANDWIDTH;
    0x88 0x03 "EIGRP Load, MTU" "eigrp-mtu" EIGRP_MTU;
    0x88 0x04 "EIGRP External AS Number, Router ID" "eigrp-remote" EIGRP_REMOTE;
    0x88 0x05 "EIGRP External Protocol, Metric" "eigrp-protocol" EIGRP_PROTOCOL;
};
