//! Names of code points, where others say numbers: those of the registries, once more, so that a
//! slip in our tables shows.

type Names = &'static [(u64, &'static str)];

/// The name of `code`, or its number.
pub(crate) fn of(names: Names, code: u64) -> String {
    let found = names.iter().find(|(known, _)| *known == code);
    found.map_or_else(|| code.to_string(), |(_, name)| (*name).to_owned())
}

/// EVPN Route Types (RFC 7432 §20, RFC 9136, RFC 9251, RFC 9572).
pub(crate) const EVPN_ROUTE_TYPES: Names = &[
    (1, "Ethernet Auto-Discovery"),
    (2, "MAC/IP Advertisement"),
    (3, "Inclusive Multicast Ethernet Tag"),
    (4, "Ethernet Segment"),
    (5, "IP Prefix"),
    (6, "Selective Multicast Ethernet Tag"),
    (7, "Multicast Membership Report Synch"),
    (8, "Multicast Leave Synch"),
    (9, "Per-Region I-PMSI A-D"),
    (10, "S-PMSI A-D"),
    (11, "Leaf A-D"),
];

/// BGP-LS NLRI-Types (RFC 9552 §7.1.1, RFC 9514 §9.1, RFC 9857 §8.1).
pub(crate) const LS_NLRI_TYPES: Names = &[
    (1, "Node NLRI"),
    (2, "Link NLRI"),
    (3, "IPv4 Topology Prefix NLRI"),
    (4, "IPv6 Topology Prefix NLRI"),
    (5, "SR Policy Candidate Path NLRI"),
    (6, "SRv6 SID NLRI"),
    (7, "Stub Link NLRI"),
];

/// BGP-LS Protocol-IDs (RFC 9552 §7.1.2).
pub(crate) const LS_PROTOCOLS: Names = &[
    (1, "IS-IS Level 1"),
    (2, "IS-IS Level 2"),
    (3, "OSPFv2"),
    (4, "Direct"),
    (5, "Static configuration"),
    (6, "OSPFv3"),
    (7, "BGP"),
    (8, "RSVP-TE"),
    (9, "Segment Routing"),
];

/// OSPF Route Types (RFC 9552 §5.2.3.1).
pub(crate) const OSPF_ROUTE_TYPES: Names = &[
    (1, "Intra-Area"),
    (2, "Inter-Area"),
    (3, "External 1"),
    (4, "External 2"),
    (5, "NSSA 1"),
    (6, "NSSA 2"),
];

/// Multicast VPN route types (RFC 6514 §4).
pub(crate) const MVPN_ROUTE_TYPES: Names = &[
    (1, "Intra-AS I-PMSI A-D"),
    (2, "Inter-AS I-PMSI A-D"),
    (3, "S-PMSI A-D"),
    (4, "Leaf A-D"),
    (5, "Source Active A-D"),
    (6, "Shared Tree Join"),
    (7, "Source Tree Join"),
];

/// Component types of flow specifications by AFI (RFC 8955 §4.2.2, RFC 8956 §3,
/// draft-ietf-idr-flowspec-l2vpn §3).
pub(crate) fn flow_component(afi: u64, code: u64) -> String {
    let ipv6 = [
        (1, "Destination IPv6 Prefix"),
        (2, "Source IPv6 Prefix"),
        (3, "Upper-Layer Protocol"),
        (7, "ICMPv6 Type"),
        (8, "ICMPv6 Code"),
    ];
    let names: &[&str] = &[
        "Destination Prefix",
        "Source Prefix",
        "IP Protocol",
        "Port",
        "Destination Port",
        "Source Port",
        "ICMP Type",
        "ICMP Code",
        "TCP Flags",
        "Packet Length",
        "DSCP",
        "Fragment",
        "Flow Label",
        "Ethernet Type",
        "Source MAC",
        "Destination MAC",
        "DSAP in LLC",
        "SSAP in LLC",
        "Control Field in LLC",
        "SNAP",
        "VLAN ID",
        "VLAN CoS",
        "Inner VLAN ID",
        "Inner VLAN CoS",
    ];
    let of_ipv6 = ipv6.iter().find(|(known, _)| afi == 2 && *known == code).map(|(_, name)| *name);
    let of_all = || names.get(code.checked_sub(1)? as usize).copied();
    of_ipv6.or_else(of_all).map_or_else(|| code.to_string(), str::to_owned)
}

/// Numeric operators by their bits less than, greater than and equal (RFC 8955 §4.2.1.1).
pub(crate) const NUMERIC_OPERATORS: Names =
    &[(0, "false"), (1, "="), (2, ">"), (3, ">="), (4, "<"), (5, "<="), (6, "!="), (7, "true")];

/// TCP flags (RFC 9293 §3.1).
pub(crate) const TCP_FLAG_BITS: Names = &[
    (0x01, "fin"),
    (0x02, "syn"),
    (0x04, "rst"),
    (0x08, "psh"),
    (0x10, "ack"),
    (0x20, "urg"),
    (0x40, "ece"),
    (0x80, "cwr"),
];

/// What a packet is a fragment of (RFC 8955 §4.2.2.12); the first is none of IPv6.
pub(crate) const FRAGMENT_BITS: Names = &[
    (0x01, "dont-fragment"),
    (0x02, "is-fragment"),
    (0x04, "first-fragment"),
    (0x08, "last-fragment"),
];
