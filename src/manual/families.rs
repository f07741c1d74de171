//! The address families that are decoded, and the keys that their routes have.
//!
//! Each is a row of the table in [`nlri`](crate::bgp::nlri), which has a file for each layout. What
//! stands there is read, written, described, printed, and made by `ribcage load --scenario
//! families:list=WORD`, whose words are below behind AFI and SAFI.
//!
//! In `pmacct-json` routes of IPv4 and IPv6 unicast, labeled unicast and VPN have pmacct's keys.
//! All others have records with `extra=records` and `extra=all` only, one for each route. Multicast
//! and classful transport, which are prefixes too, have the same keys; with the rest, in the place
//! of `ip_prefix` stands what the route says of itself, in the words of its standard. Path
//! identifiers are in `as_path_id` as with all families, distinguishers in `rd` with `rd_origin`.
//!
//! A type of route that nobody here knows keeps its number and its octets in `value`. A family
//! without a row has one record for each list, with its octets in `nlri_raw`. What is malformed
//! ends its own list: the routes before it are written, the rest is in `nlri_raw` of an error's
//! record.
//!
//! These are withdrawn examples of each family, one for each set of keys (at most twelve), from
//! behind `safi`:
//!
//! ```text
//! IPv4 unicast (1/1, ipv4)
//!   * "ip_prefix": "10.0.0.0/32"
//! IPv4 multicast (1/2, ipv4-multicast)
//!   * "ip_prefix": "10.0.0.0/32"
//! IPv6 unicast (2/1, ipv6)
//!   * "ip_prefix": "2001:db8::/64"
//! IPv6 multicast (2/2, ipv6-multicast)
//!   * "ip_prefix": "2001:db8::/64"
//! IPv4 labeled unicast (1/4, ipv4-labeled)
//!   * "ip_prefix": "10.0.0.0/32", "mpls_label": "16"
//! IPv6 labeled unicast (2/4, ipv6-labeled)
//!   * "ip_prefix": "2001:db8::/64", "mpls_label": "16"
//! IPv4 VPN (1/128, ipv4-vpn)
//!   * "ip_prefix": "10.0.0.0/32", "rd": "0:65001:0", "rd_origin": "bgp", "mpls_label": "16"
//! IPv4 VPN multicast (1/129, ipv4-vpn-multicast)
//!   * "ip_prefix": "10.0.0.0/32", "rd": "0:65001:0", "rd_origin": "bgp"
//! IPv6 VPN (2/128, ipv6-vpn)
//!   * "ip_prefix": "2001:db8::/64", "rd": "0:65001:0", "rd_origin": "bgp", "mpls_label":
//!     "16"
//! IPv6 VPN multicast (2/129, ipv6-vpn-multicast)
//!   * "ip_prefix": "2001:db8::/64", "rd": "0:65001:0", "rd_origin": "bgp"
//! IPv4 MCAST-VPN (1/5, ipv4-mvpn)
//!   * "rd": "0:65001:0", "rd_origin": "bgp", "route_type": "Intra-AS I-PMSI A-D",
//!     "originating_router": "10.0.0.0"
//!   * "rd": "0:65001:1", "rd_origin": "bgp", "route_type": "Inter-AS I-PMSI A-D",
//!     "source_as": 4200000001
//!   * "rd": "0:65001:2", "rd_origin": "bgp", "route_type": "S-PMSI A-D",
//!     "multicast_source": "10.0.0.2", "multicast_group": "239.0.0.2", "originating_router":
//!     "10.0.0.2"
//!   * "route_type": "Leaf A-D", "route_key": {"route_type": "S-PMSI A-D", "rd":
//!     "0:65001:2", "multicast_source": "10.0.0.2", "multicast_group": "239.0.0.2",
//!     "originating_router": "10.0.0.2"}, "originating_router": "10.0.0.3"
//!   * "rd": "0:65001:4", "rd_origin": "bgp", "route_type": "Source Active A-D",
//!     "multicast_source": "10.0.0.4", "multicast_group": "239.0.0.4"
//!   * "rd": "0:65001:5", "rd_origin": "bgp", "route_type": "Shared Tree Join", "source_as":
//!     65001, "multicast_source": "10.0.0.5", "multicast_group": "239.0.0.5"
//!   * "rd": "0:65001:6", "rd_origin": "bgp", "route_type": "Source Tree Join", "source_as":
//!     65001, "multicast_source": "10.0.0.6", "multicast_group": "239.0.0.6"
//! IPv6 MCAST-VPN (2/5, ipv6-mvpn)
//!   * "rd": "0:65001:0", "rd_origin": "bgp", "route_type": "Intra-AS I-PMSI A-D",
//!     "originating_router": "10.0.0.0"
//!   * "rd": "0:65001:1", "rd_origin": "bgp", "route_type": "Inter-AS I-PMSI A-D",
//!     "source_as": 4200000001
//!   * "rd": "0:65001:2", "rd_origin": "bgp", "route_type": "S-PMSI A-D",
//!     "multicast_source": "2001:db8:0:2::", "multicast_group": "ff3e::2",
//!     "originating_router": "10.0.0.2"
//!   * "route_type": "Leaf A-D", "route_key": {"route_type": "S-PMSI A-D", "rd":
//!     "0:65001:2", "multicast_source": "2001:db8:0:2::", "multicast_group": "ff3e::2",
//!     "originating_router": "10.0.0.2"}, "originating_router": "10.0.0.3"
//!   * "rd": "0:65001:4", "rd_origin": "bgp", "route_type": "Source Active A-D",
//!     "multicast_source": "2001:db8:0:4::", "multicast_group": "ff3e::4"
//!   * "rd": "0:65001:5", "rd_origin": "bgp", "route_type": "Shared Tree Join", "source_as":
//!     65001, "multicast_source": "2001:db8:0:5::", "multicast_group": "ff3e::5"
//!   * "rd": "0:65001:6", "rd_origin": "bgp", "route_type": "Source Tree Join", "source_as":
//!     65001, "multicast_source": "2001:db8:0:6::", "multicast_group": "ff3e::6"
//! MDT (1/66, mdt)
//!   * "rd": "0:65001:0", "rd_origin": "bgp", "pe_address": "10.0.0.0", "group_address":
//!     "239.0.0.0"
//! RTC (1/132, rtc)
//!   * "prefix_length": 0
//!   * "origin_as": 4200000001, "route_target": "rt:65001:1"
//!   * "origin_as": 4200000004, "route_target": "0002", "prefix_length": 48
//!   * "origin_as": 4200000006, "prefix_length": 32
//! L2VPN EVPN (25/70, evpn)
//!   * "rd": "0:65001:0", "rd_origin": "bgp", "route_type": "Ethernet Auto-Discovery",
//!     "ethernet_segment_identifier": "00:11:22:33:44:55:66:00:00:00", "ethernet_tag_id": 0,
//!     "mpls_label1": 625, "vni1": 10000
//!   * "rd": "0:65001:1", "rd_origin": "bgp", "route_type": "MAC/IP Advertisement",
//!     "ethernet_segment_identifier": "00:00:00:00:00:00:00:00:00:00", "ethernet_tag_id": 0,
//!     "mac_address": "02:00:5e:00:00:01", "mpls_label1": 625, "vni1": 10001
//!   * "rd": "0:65001:2", "rd_origin": "bgp", "route_type": "Inclusive Multicast Ethernet
//!     Tag", "ethernet_tag_id": 2, "originating_router_ip_address": "172.16.0.2"
//!   * "rd": "0:65001:3", "rd_origin": "bgp", "route_type": "Ethernet Segment",
//!     "ethernet_segment_identifier": "00:11:22:33:44:55:66:00:00:03",
//!     "originating_router_ip_address": "172.16.0.3"
//!   * "rd": "0:65001:4", "rd_origin": "bgp", "route_type": "IP Prefix",
//!     "ethernet_segment_identifier": "00:00:00:00:00:00:00:00:00:00", "ethernet_tag_id": 0,
//!     "prefix": "10.0.0.4/32", "gw_ip_address": "0.0.0.0", "mpls_label1": 3125, "vni1":
//!     50004
//!   * "rd": "0:65001:5", "rd_origin": "bgp", "route_type": "Selective Multicast Ethernet
//!     Tag", "ethernet_tag_id": 0, "multicast_source_address": "10.0.0.5",
//!     "multicast_group_address": "232.0.0.5", "originator_router_address": "172.16.0.5",
//!     "flags": ["v3"]
//!   * "rd": "0:65001:6", "rd_origin": "bgp", "route_type": "Multicast Membership Report
//!     Synch", "ethernet_segment_identifier": "00:11:22:33:44:55:66:00:00:06",
//!     "ethernet_tag_id": 0, "multicast_source_address": "10.0.0.6",
//!     "multicast_group_address": "232.0.0.6", "originator_router_address": "172.16.0.6",
//!     "flags": ["v3"]
//!   * "rd": "0:65001:7", "rd_origin": "bgp", "route_type": "Multicast Leave Synch",
//!     "ethernet_segment_identifier": "00:11:22:33:44:55:66:00:00:07", "ethernet_tag_id": 0,
//!     "multicast_source_address": "10.0.0.7", "multicast_group_address": "232.0.0.7",
//!     "originator_router_address": "172.16.0.7", "maximum_response_time": 100, "flags":
//!     ["v3"]
//!   * "rd": "0:65001:8", "rd_origin": "bgp", "route_type": "Per-Region I-PMSI A-D",
//!     "ethernet_tag_id": 8, "region_id": {"type": "Source AS", "global_administrator":
//!     65001, "local_administrator": 0}
//!   * "rd": "0:65001:9", "rd_origin": "bgp", "route_type": "S-PMSI A-D", "ethernet_tag_id":
//!     0, "multicast_source_address": "10.0.0.9", "multicast_group_address": "232.0.0.9",
//!     "originators_address": "172.16.0.9"
//!   * "route_type": "Leaf A-D", "route_key": {"rd": "0:65001:10", "route_type": "Inclusive
//!     Multicast Ethernet Tag", "ethernet_tag_id": 10, "originating_router_ip_address":
//!     "172.16.0.10"}, "originators_address": "172.16.0.10"
//!   * "rd": "0:65001:11", "rd_origin": "bgp", "route_type": "Ethernet Auto-Discovery",
//!     "ethernet_segment_identifier": "01:02:00:5e:00:00:0b:00:01:00", "esi": {"type": 1,
//!     "ce_lacp_system_mac_address": "02:00:5e:00:00:0b", "ce_lacp_port_key": 1},
//!     "ethernet_tag_id": 11, "mpls_label1": 625, "vni1": 10011
//! VPLS (25/65, vpls)
//!   * "rd": "0:65001:0", "rd_origin": "bgp", "ve_id": 0, "ve_block_offset": 1,
//!     "ve_block_size": 8, "label_base": 100000
//!   * "rd": "0:65001:1", "rd_origin": "bgp", "pe_address": "10.0.0.1"
//!   * "rd": "0:65001:2", "rd_origin": "bgp", "ce_id": 0, "label_block_offset": 5,
//!     "label_base": 100016, "tlvs": [{"type": "Circuit Status Vector", "bits": 2, "vector":
//!     "00"}]
//! multi-segment pseudowires (25/6, mspw)
//!   * "rd": "0:65001:0", "rd_origin": "bgp", "aii_prefix_length": 96, "global_id": 65001,
//!     "prefix": "10.0.0.0", "ac_id": 0
//!   * "rd": "0:65001:3", "rd_origin": "bgp", "aii_prefix_length": 64, "global_id": 65001,
//!     "prefix": "10.0.0.3"
//! IPv4 flow specification (1/133, ipv4-flowspec)
//!   * "rule": "destination 10.0.0.0/32", "components": [{"type": "Destination Prefix",
//!     "prefix": "10.0.0.0/32"}]
//! IPv4 VPN flow specification (1/134, ipv4-vpn-flowspec)
//!   * "rd": "0:65001:0", "rd_origin": "bgp", "rule": "destination 10.0.0.0/32",
//!     "components": [{"type": "Destination Prefix", "prefix": "10.0.0.0/32"}]
//! IPv6 flow specification (2/133, ipv6-flowspec)
//!   * "rule": "destination 2001:db8::/64", "components": [{"type": "Destination IPv6
//!     Prefix", "prefix": "2001:db8::/64"}]
//! IPv6 VPN flow specification (2/134, ipv6-vpn-flowspec)
//!   * "rd": "0:65001:0", "rd_origin": "bgp", "rule": "destination 2001:db8::/64",
//!     "components": [{"type": "Destination IPv6 Prefix", "prefix": "2001:db8::/64"}]
//! L2VPN flow specification (25/133, l2vpn-flowspec)
//!   * "rule": "protocol =7 && source-mac 02:00:5e:00:00:00", "components": [{"type": "IP
//!     Protocol", "operators": [{"and": false, "operator": "=", "number": 7, "octets": 1}]},
//!     {"type": "Source MAC", "mac": "02:00:5e:00:00:00"}]
//! L2VPN VPN flow specification (25/134, l2vpn-vpn-flowspec)
//!   * "rd": "0:65001:0", "rd_origin": "bgp", "rule": "protocol =7 && source-mac
//!     02:00:5e:00:00:00", "components": [{"type": "IP Protocol", "operators": [{"and":
//!     false, "operator": "=", "number": 7, "octets": 1}]}, {"type": "Source MAC", "mac":
//!     "02:00:5e:00:00:00"}]
//! BGP-LS (16388/71, bgp-ls)
//!   * "nlri_type": "Node NLRI", "protocol_id": "IS-IS Level 2", "identifier": 0,
//!     "local_node": {"autonomous_system": 65001, "bgp_ls_identifier": 0, "igp_router_id":
//!     "0000.0000.0000"}
//!   * "nlri_type": "Link NLRI", "protocol_id": "IS-IS Level 2", "identifier": 0,
//!     "local_node": {"autonomous_system": 65001, "bgp_ls_identifier": 0, "igp_router_id":
//!     "0000.0000.0001"}, "remote_node": {"autonomous_system": 65001, "bgp_ls_identifier":
//!     0, "igp_router_id": "0000.0000.0002"}, "ipv4_interface_address": "10.0.0.1",
//!     "ipv4_neighbor_address": "10.0.0.2", "mt_ids": [0]
//!   * "nlri_type": "IPv4 Topology Prefix NLRI", "protocol_id": "IS-IS Level 2",
//!     "identifier": 0, "local_node": {"autonomous_system": 65001, "bgp_ls_identifier": 0,
//!     "igp_router_id": "0000.0000.0002"}, "prefix": "10.0.0.2/32"
//!   * "nlri_type": "IPv6 Topology Prefix NLRI", "protocol_id": "IS-IS Level 2",
//!     "identifier": 0, "local_node": {"autonomous_system": 65001, "bgp_ls_identifier": 0,
//!     "igp_router_id": "0000.0000.0003"}, "mt_ids": [2], "prefix": "2001:db8:0:3::/64"
//!   * "nlri_type": "SRv6 SID NLRI", "protocol_id": "IS-IS Level 2", "identifier": 0,
//!     "local_node": {"autonomous_system": 65001, "bgp_ls_identifier": 0, "igp_router_id":
//!     "0000.0000.0004"}, "srv6_sid": "2001:db8:0:4::1"
//!   * "nlri_type": "SR Policy Candidate Path NLRI", "protocol_id": "Segment Routing",
//!     "identifier": 0, "local_node": {"autonomous_system": 65001, "bgp_router_id":
//!     "10.0.0.5", "ipv4_router_id": "10.0.0.5"}, "candidate_path": {"protocol_origin":
//!     "Configuration", "flags": [], "endpoint": "10.0.0.14", "color": 100,
//!     "originator_asn": 65001, "originator_address": "10.0.0.5", "discriminator": 1}
//!   * "nlri_type": "Link NLRI", "protocol_id": "OSPFv2", "identifier": 0, "local_node":
//!     {"autonomous_system": 65001, "bgp_ls_identifier": 0, "ospf_area_id": "0.0.0.0",
//!     "igp_router_id": "10.0.0.7"}, "remote_node": {"autonomous_system": 65001,
//!     "bgp_ls_identifier": 0, "ospf_area_id": "0.0.0.0", "igp_router_id": "10.0.0.8"},
//!     "ipv6_interface_address": "2001:db8:0:7::1", "ipv6_neighbor_address":
//!     "2001:db8:0:7::2", "mt_ids": [0]
//!   * "nlri_type": "IPv4 Topology Prefix NLRI", "protocol_id": "OSPFv2", "identifier": 0,
//!     "local_node": {"autonomous_system": 65001, "bgp_ls_identifier": 0, "ospf_area_id":
//!     "0.0.0.0", "igp_router_id": "10.0.0.8"}, "ospf_route_type": "Intra-Area", "prefix":
//!     "10.0.0.8/32"
//!   * "nlri_type": "IPv6 Topology Prefix NLRI", "protocol_id": "OSPFv3", "identifier": 0,
//!     "local_node": {"autonomous_system": 65001, "bgp_ls_identifier": 0, "ospf_area_id":
//!     "0.0.0.0", "igp_router_id": "10.0.0.9"}, "ospf_route_type": "Intra-Area", "prefix":
//!     "2001:db8:0:9::/64"
//!   * "nlri_type": "Link NLRI", "protocol_id": "IS-IS Level 1", "identifier": 0,
//!     "local_node": {"autonomous_system": 65001, "bgp_ls_identifier": 0, "igp_router_id":
//!     "0000.0000.000d"}, "remote_node": {"autonomous_system": 65001, "bgp_ls_identifier":
//!     0, "igp_router_id": "0000.0000.000e"}, "link_identifiers": {"local": 7, "remote": 8},
//!     "mt_ids": [0]
//! BGP-LS VPN (16388/72, bgp-ls-vpn)
//!   * "rd": "0:65001:0", "rd_origin": "bgp", "nlri_type": "Node NLRI", "protocol_id":
//!     "IS-IS Level 2", "identifier": 0, "local_node": {"autonomous_system": 65001,
//!     "bgp_ls_identifier": 0, "igp_router_id": "0000.0000.0000"}
//!   * "rd": "0:65001:1", "rd_origin": "bgp", "nlri_type": "Link NLRI", "protocol_id":
//!     "IS-IS Level 2", "identifier": 0, "local_node": {"autonomous_system": 65001,
//!     "bgp_ls_identifier": 0, "igp_router_id": "0000.0000.0001"}, "remote_node":
//!     {"autonomous_system": 65001, "bgp_ls_identifier": 0, "igp_router_id":
//!     "0000.0000.0002"}, "ipv4_interface_address": "10.0.0.1", "ipv4_neighbor_address":
//!     "10.0.0.2", "mt_ids": [0]
//!   * "rd": "0:65001:2", "rd_origin": "bgp", "nlri_type": "IPv4 Topology Prefix NLRI",
//!     "protocol_id": "IS-IS Level 2", "identifier": 0, "local_node": {"autonomous_system":
//!     65001, "bgp_ls_identifier": 0, "igp_router_id": "0000.0000.0002"}, "prefix":
//!     "10.0.0.2/32"
//!   * "rd": "0:65001:3", "rd_origin": "bgp", "nlri_type": "IPv6 Topology Prefix NLRI",
//!     "protocol_id": "IS-IS Level 2", "identifier": 0, "local_node": {"autonomous_system":
//!     65001, "bgp_ls_identifier": 0, "igp_router_id": "0000.0000.0003"}, "mt_ids": [2],
//!     "prefix": "2001:db8:0:3::/64"
//!   * "rd": "0:65001:4", "rd_origin": "bgp", "nlri_type": "SRv6 SID NLRI", "protocol_id":
//!     "IS-IS Level 2", "identifier": 0, "local_node": {"autonomous_system": 65001,
//!     "bgp_ls_identifier": 0, "igp_router_id": "0000.0000.0004"}, "srv6_sid":
//!     "2001:db8:0:4::1"
//!   * "rd": "0:65001:5", "rd_origin": "bgp", "nlri_type": "SR Policy Candidate Path NLRI",
//!     "protocol_id": "Segment Routing", "identifier": 0, "local_node":
//!     {"autonomous_system": 65001, "bgp_router_id": "10.0.0.5", "ipv4_router_id":
//!     "10.0.0.5"}, "candidate_path": {"protocol_origin": "Configuration", "flags": [],
//!     "endpoint": "10.0.0.14", "color": 100, "originator_asn": 65001, "originator_address":
//!     "10.0.0.5", "discriminator": 1}
//!   * "rd": "0:65001:7", "rd_origin": "bgp", "nlri_type": "Link NLRI", "protocol_id":
//!     "OSPFv2", "identifier": 0, "local_node": {"autonomous_system": 65001,
//!     "bgp_ls_identifier": 0, "ospf_area_id": "0.0.0.0", "igp_router_id": "10.0.0.7"},
//!     "remote_node": {"autonomous_system": 65001, "bgp_ls_identifier": 0, "ospf_area_id":
//!     "0.0.0.0", "igp_router_id": "10.0.0.8"}, "ipv6_interface_address": "2001:db8:0:7::1",
//!     "ipv6_neighbor_address": "2001:db8:0:7::2", "mt_ids": [0]
//!   * "rd": "0:65001:8", "rd_origin": "bgp", "nlri_type": "IPv4 Topology Prefix NLRI",
//!     "protocol_id": "OSPFv2", "identifier": 0, "local_node": {"autonomous_system": 65001,
//!     "bgp_ls_identifier": 0, "ospf_area_id": "0.0.0.0", "igp_router_id": "10.0.0.8"},
//!     "ospf_route_type": "Intra-Area", "prefix": "10.0.0.8/32"
//!   * "rd": "0:65001:9", "rd_origin": "bgp", "nlri_type": "IPv6 Topology Prefix NLRI",
//!     "protocol_id": "OSPFv3", "identifier": 0, "local_node": {"autonomous_system": 65001,
//!     "bgp_ls_identifier": 0, "ospf_area_id": "0.0.0.0", "igp_router_id": "10.0.0.9"},
//!     "ospf_route_type": "Intra-Area", "prefix": "2001:db8:0:9::/64"
//!   * "rd": "0:65001:13", "rd_origin": "bgp", "nlri_type": "Link NLRI", "protocol_id":
//!     "IS-IS Level 1", "identifier": 0, "local_node": {"autonomous_system": 65001,
//!     "bgp_ls_identifier": 0, "igp_router_id": "0000.0000.000d"}, "remote_node":
//!     {"autonomous_system": 65001, "bgp_ls_identifier": 0, "igp_router_id":
//!     "0000.0000.000e"}, "link_identifiers": {"local": 7, "remote": 8}, "mt_ids": [0]
//! BGP-LS SPF (16388/80, bgp-ls-spf)
//!   * "nlri_type": "Node NLRI", "protocol_id": "Direct", "identifier": 0, "local_node":
//!     {"autonomous_system": 65001, "bgp_router_id": "10.0.0.0"}
//!   * "nlri_type": "Link NLRI", "protocol_id": "Direct", "identifier": 0, "local_node":
//!     {"autonomous_system": 65001, "bgp_router_id": "10.0.0.1"}, "remote_node":
//!     {"autonomous_system": 65001, "bgp_router_id": "10.0.0.2"}, "ipv4_interface_address":
//!     "10.0.0.1", "ipv4_neighbor_address": "10.0.0.2", "address_family": 1
//!   * "nlri_type": "IPv4 Topology Prefix NLRI", "protocol_id": "Direct", "identifier": 0,
//!     "local_node": {"autonomous_system": 65001, "bgp_router_id": "10.0.0.2"}, "prefix":
//!     "10.0.0.2/32"
//!   * "nlri_type": "IPv6 Topology Prefix NLRI", "protocol_id": "Direct", "identifier": 0,
//!     "local_node": {"autonomous_system": 65001, "bgp_router_id": "10.0.0.3"}, "prefix":
//!     "2001:db8:0:3::/64"
//!   * "nlri_type": "Link NLRI", "protocol_id": "Direct", "identifier": 0, "local_node":
//!     {"autonomous_system": 65001, "bgp_router_id": "10.0.0.5"}, "remote_node":
//!     {"autonomous_system": 65001, "bgp_router_id": "10.0.0.6"}, "ipv6_interface_address":
//!     "2001:db8:0:5::1", "ipv6_neighbor_address": "2001:db8:0:5::2", "address_family": 2
//!   * "nlri_type": "Link NLRI", "protocol_id": "Direct", "identifier": 0, "local_node":
//!     {"autonomous_system": 65001, "bgp_router_id": "10.0.0.9"}, "remote_node":
//!     {"autonomous_system": 65001, "bgp_router_id": "10.0.0.10"}, "link_identifiers":
//!     {"local": 7, "remote": 8}, "address_family": 1
//! IPv4 SR Policy (1/73, ipv4-sr-policy)
//!   * "distinguisher": 1, "color": 100, "endpoint": "10.0.0.0"
//! IPv6 SR Policy (2/73, ipv6-sr-policy)
//!   * "distinguisher": 1, "color": 100, "endpoint": "2001:db8::"
//! IPv4 MUP (1/85, ipv4-mup)
//!   * "rd": "0:65001:0", "rd_origin": "bgp", "architecture_type": "3gpp-5g", "route_type":
//!     "Interwork Segment Discovery", "prefix": "10.0.0.0/32"
//!   * "rd": "0:65001:1", "rd_origin": "bgp", "architecture_type": "3gpp-5g", "route_type":
//!     "Direct Segment Discovery", "address": "10.0.0.1"
//!   * "rd": "0:65001:2", "rd_origin": "bgp", "architecture_type": "3gpp-5g", "route_type":
//!     "Type 1 Session Transformed", "prefix": "10.0.0.2/32", "teid": 258, "qfi": 2,
//!     "endpoint_address": "10.0.0.2"
//!   * "rd": "0:65001:3", "rd_origin": "bgp", "architecture_type": "3gpp-5g", "route_type":
//!     "Type 1 Session Transformed", "prefix": "10.0.0.3/32", "teid": 259, "qfi": 3,
//!     "endpoint_address": "10.0.0.3", "source_address": "10.0.0.3"
//!   * "rd": "0:65001:4", "rd_origin": "bgp", "architecture_type": "3gpp-5g", "route_type":
//!     "Type 2 Session Transformed", "endpoint_address": "10.0.0.4",
//!     "endpoint_address_length": 64, "teid": 1024
//!   * "rd": "0:65001:5", "rd_origin": "bgp", "architecture_type": "3gpp-5g", "route_type":
//!     "Type 2 Session Transformed", "endpoint_address": "10.0.0.5",
//!     "endpoint_address_length": 56, "teid": 1280, "tlvs": [{"type": "3gpp-5g Session
//!     Parameters", "teid": 5, "qfi": 9}, {"type": "Interwork Endpoint", "address":
//!     "10.0.0.5"}, {"type": "Source Address", "address": "10.0.0.5"}]
//! IPv6 MUP (2/85, ipv6-mup)
//!   * "rd": "0:65001:0", "rd_origin": "bgp", "architecture_type": "3gpp-5g", "route_type":
//!     "Interwork Segment Discovery", "prefix": "2001:db8::/64"
//!   * "rd": "0:65001:1", "rd_origin": "bgp", "architecture_type": "3gpp-5g", "route_type":
//!     "Direct Segment Discovery", "address": "2001:db8:0:1::"
//!   * "rd": "0:65001:2", "rd_origin": "bgp", "architecture_type": "3gpp-5g", "route_type":
//!     "Type 1 Session Transformed", "prefix": "2001:db8:0:2::/64", "teid": 258, "qfi": 2,
//!     "endpoint_address": "2001:db8:0:2::"
//!   * "rd": "0:65001:3", "rd_origin": "bgp", "architecture_type": "3gpp-5g", "route_type":
//!     "Type 1 Session Transformed", "prefix": "2001:db8:0:3::/64", "teid": 259, "qfi": 3,
//!     "endpoint_address": "2001:db8:0:3::", "source_address": "2001:db8:0:3::"
//!   * "rd": "0:65001:4", "rd_origin": "bgp", "architecture_type": "3gpp-5g", "route_type":
//!     "Type 2 Session Transformed", "endpoint_address": "2001:db8:0:4::",
//!     "endpoint_address_length": 160, "teid": 1024
//!   * "rd": "0:65001:5", "rd_origin": "bgp", "architecture_type": "3gpp-5g", "route_type":
//!     "Type 2 Session Transformed", "endpoint_address": "2001:db8:0:5::",
//!     "endpoint_address_length": 152, "teid": 1280, "tlvs": [{"type": "3gpp-5g Session
//!     Parameters", "teid": 5, "qfi": 9}, {"type": "Interwork Endpoint", "address":
//!     "2001:db8:0:5::"}, {"type": "Source Address", "address": "2001:db8:0:5::"}]
//! IPv4 CAR (1/83, ipv4-car)
//!   * "nlri_type": "Color-Aware Route", "prefix": "10.0.0.0/32", "color": 1, "tlvs":
//!     [{"type": "Label", "tlv_flags": [], "labels": [16]}]
//!   * "nlri_type": "IP Prefix", "prefix": "10.0.0.3/32", "tlvs": [{"type": "Label",
//!     "tlv_flags": [], "labels": [19]}]
//! IPv4 VPN CAR (1/84, ipv4-vpn-car)
//!   * "rd": "0:65001:0", "rd_origin": "bgp", "nlri_type": "Color-Aware Route", "prefix":
//!     "10.0.0.0/32", "color": 1, "tlvs": [{"type": "Label", "tlv_flags": [], "labels":
//!     [16]}]
//!   * "rd": "0:65001:3", "rd_origin": "bgp", "nlri_type": "IP Prefix", "prefix":
//!     "10.0.0.3/32", "tlvs": [{"type": "Label", "tlv_flags": [], "labels": [19]}]
//! IPv6 CAR (2/83, ipv6-car)
//!   * "nlri_type": "Color-Aware Route", "prefix": "2001:db8::/64", "color": 1, "tlvs":
//!     [{"type": "Label", "tlv_flags": [], "labels": [16]}]
//!   * "nlri_type": "IP Prefix", "prefix": "2001:db8:0:3::/64", "tlvs": [{"type": "Label",
//!     "tlv_flags": [], "labels": [19]}]
//! IPv6 VPN CAR (2/84, ipv6-vpn-car)
//!   * "rd": "0:65001:0", "rd_origin": "bgp", "nlri_type": "Color-Aware Route", "prefix":
//!     "2001:db8::/64", "color": 1, "tlvs": [{"type": "Label", "tlv_flags": [], "labels":
//!     [16]}]
//!   * "rd": "0:65001:3", "rd_origin": "bgp", "nlri_type": "IP Prefix", "prefix":
//!     "2001:db8:0:3::/64", "tlvs": [{"type": "Label", "tlv_flags": [], "labels": [19]}]
//! IPv4 classful transport (1/76, ipv4-classful-transport)
//!   * "ip_prefix": "10.0.0.0/32", "rd": "0:65001:0", "rd_origin": "bgp", "mpls_label": "16"
//! IPv6 classful transport (2/76, ipv6-classful-transport)
//!   * "ip_prefix": "2001:db8::/64", "rd": "0:65001:0", "rd_origin": "bgp", "mpls_label":
//!     "16"
//! IPv4 SD-WAN (1/74, ipv4-sd-wan)
//!   * "route_type": 1, "port_local_id": 0, "sd_wan_color": 1, "sd_wan_node_id": "10.0.0.0"
//! IPv6 SD-WAN (2/74, ipv6-sd-wan)
//!   * "route_type": 1, "port_local_id": 0, "sd_wan_color": 1, "sd_wan_node_id":
//!     "2001:db8::"
//! IPv4 Encapsulation (1/7, ipv4-encapsulation)
//!   * "endpoint": "10.0.0.0"
//! IPv4 Tunnel (1/64, ipv4-tunnel)
//!   * "tunnel_identifier": 0, "prefix": "10.0.0.0/32"
//! IPv6 Encapsulation (2/7, ipv6-encapsulation)
//!   * "endpoint": "2001:db8::"
//! IPv6 Tunnel (2/64, ipv6-tunnel)
//!   * "tunnel_identifier": 0, "prefix": "2001:db8::/64"
//! opaque (16397/241, opaque)
//!   * "key": "key-0", "data": "0"
//! ```
