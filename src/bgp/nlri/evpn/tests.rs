use std::collections::BTreeSet;

use crate::bgp::AsWidth;
use crate::bgp::attr::describe_all;
use crate::bgp::nlri::testing::{malformed, sound, withdrawn};
use crate::bgp::nlri::{describe_one, example, example_attributes};
use crate::wire::{Family, Outline, Reader};

const EVPN: Family = Family::new(25, 70);

const RD: &str = "0001c00002070005";
const NO_SEGMENT: &str = "00000000000000000000";
const SEGMENT: &str = "00010203040506070809";
const V6: &str = "20010db8000000000000000000000001";

/// The octets of a route whose value is `value`, in which `{}` are a distinguisher.
fn route(kind: u8, value: &str) -> String {
    let value = value.replace("{rd}", RD).replace("{v6}", V6);
    let value = value.replace("{none}", NO_SEGMENT).replace("{esi}", SEGMENT);
    let digits = value.bytes().filter(|b| !b.is_ascii_whitespace()).count();
    format!("{kind:02x} {:02x} {value}", digits / 2)
}

/// Asks of a route that it is sound, announced and withdrawn, and described as `want`; `{esi}` and
/// `{none}` there are segments.
fn holds(kind: u8, value: &str, name: &str, want: &str) {
    let want = want
        .replace("{esi}", "ethernet_segment_identifier=00:01:02:03:04:05:06:07:08:09")
        .replace("{none}", "ethernet_segment_identifier=00:00:00:00:00:00:00:00:00:00");
    let want = format!("rd=1:192.0.2.7:5 route_type={name} {want}");
    sound(EVPN, &route(kind, value), &want);
    withdrawn(EVPN, &route(kind, value), &want);
}

fn fails(kind: u8, value: &str, what: &str, offset: usize) {
    malformed(EVPN, &route(kind, value), what, offset);
}

#[test]
fn ethernet_auto_discovery() {
    let name = "Ethernet Auto-Discovery";
    holds(
        1,
        "{rd} {esi} 0000000a 000641",
        name,
        "{esi} ethernet_tag_id=10 mpls_label1=100 vni1=1601",
    );
    holds(
        1,
        "{rd} {esi} ffffffff 000000",
        name,
        "{esi} ethernet_tag_id=4294967295 mpls_label1=0 vni1=0",
    );
    fails(1, "{rd} {esi} 0000000a 0006", "Ethernet Auto-Discovery route", 24);
    fails(1, "{rd} {esi} 0000000a 000641 00", "Ethernet Auto-Discovery route", 27);
    fails(1, "0001c0", "route distinguisher", 2);
}

#[test]
fn segments_are_described_by_type() {
    for (hex, text, value) in [
        (
            "01 02005e000001 0007 00",
            "01:02:00:5e:00:00:01:00:07:00",
            " esi={type=1 ce_lacp_system_mac_address=02:00:5e:00:00:01 ce_lacp_port_key=7}",
        ),
        (
            "02 02005e000001 8000 00",
            "02:02:00:5e:00:00:01:80:00:00",
            " esi={type=2 root_bridge_mac_address=02:00:5e:00:00:01 root_bridge_priority=32768}",
        ),
        (
            "03 02005e000001 000102",
            "03:02:00:5e:00:00:01:00:01:02",
            " esi={type=3 system_mac_address=02:00:5e:00:00:01 local_discriminator=258}",
        ),
        (
            "04 c0000201 00000102 00",
            "04:c0:00:02:01:00:00:01:02:00",
            " esi={type=4 router_id=192.0.2.1 local_discriminator=258}",
        ),
        (
            "05 0000fde9 00000102 00",
            "05:00:00:fd:e9:00:00:01:02:00",
            " esi={type=5 autonomous_system=65001 local_discriminator=258}",
        ),
        ("06 0000fde9 00000102 00", "06:00:00:fd:e9:00:00:01:02:00", ""),
        ("ff ffffffff ffffffff ff", "ff:ff:ff:ff:ff:ff:ff:ff:ff:ff", ""),
    ] {
        let want = format!(
            "ethernet_segment_identifier={text}{value} originating_router_ip_address=192.0.2.1"
        );
        holds(4, &format!("{{rd}} {hex} 20 c0000201"), "Ethernet Segment", &want);
    }
    fails(4, "{rd} {esi} 00", "address length", 20);
    fails(4, "{rd} {esi} 20 c00002", "Ethernet Segment route", 21);
}

#[test]
fn mac_ip_advertisement() {
    let name = "MAC/IP Advertisement";
    let mac = "mac_address=02:00:5e:00:00:01";
    // A MAC address alone, with an IP address, with a second label.
    holds(
        2,
        "{rd} {none} 00000000 30 02005e000001 00 002710",
        name,
        &format!("{{none}} ethernet_tag_id=0 {mac} mpls_label1=625 vni1=10000"),
    );
    holds(
        2,
        "{rd} {none} 00000000 30 02005e000001 20 c0000201 002710",
        name,
        &format!(
            "{{none}} ethernet_tag_id=0 {mac} ip_address=192.0.2.1 mpls_label1=625 vni1=10000"
        ),
    );
    holds(
        2,
        "{rd} {esi} 00000001 30 02005e000001 80 {v6} 000641 00c350",
        name,
        &format!(
            "{{esi}} ethernet_tag_id=1 {mac} ip_address=2001:db8::1 mpls_label1=100 vni1=1601 \
             mpls_label2=3125 vni2=50000"
        ),
    );
    holds(
        2,
        "{rd} {none} 00000000 30 02005e000001 00 002710 00c350",
        name,
        &format!(
            "{{none}} ethernet_tag_id=0 {mac} mpls_label1=625 vni1=10000 mpls_label2=3125 \
             vni2=50000"
        ),
    );
    // The length is said where it is not that of a MAC address.
    holds(
        2,
        "{rd} {none} 00000000 06 02005e000001 00 000000",
        name,
        &format!("{{none}} ethernet_tag_id=0 mac_address_length=6 {mac} mpls_label1=0 vni1=0"),
    );
    fails(2, "{rd} {none} 00000000 30 02005e000001 04 c0000201 002710", "address length", 31);
    fails(2, "{rd} {none} 00000000 30 02005e000001 00 0027", "MAC/IP Advertisement route", 32);
    fails(2, "{rd} {none} 00000000 30 02005e000001 00 002710 00", "MAC/IP Advertisement route", 35);
    fails(
        2,
        "{rd} {none} 00000000 30 02005e000001 00 002710 000000 00",
        "MAC/IP Advertisement route",
        38,
    );
}

#[test]
fn inclusive_multicast_ethernet_tag() {
    let name = "Inclusive Multicast Ethernet Tag";
    holds(
        3,
        "{rd} 00000064 20 c0000201",
        name,
        "ethernet_tag_id=100 originating_router_ip_address=192.0.2.1",
    );
    holds(
        3,
        "{rd} 00000000 80 {v6}",
        name,
        "ethernet_tag_id=0 originating_router_ip_address=2001:db8::1",
    );
    fails(3, "{rd} 00000064 00", "address length", 14);
    fails(3, "{rd} 00000064 20 c000020100", "Inclusive Multicast Ethernet Tag route", 19);
}

#[test]
fn ip_prefix() {
    holds(
        5,
        "{rd} {none} 00000000 18 c0000200 00000000 00c350",
        "IP Prefix",
        "{none} ethernet_tag_id=0 prefix=192.0.2.0/24 gw_ip_address=0.0.0.0 mpls_label1=3125 \
         vni1=50000",
    );
    holds(
        5,
        "{rd} {esi} 00000001 40 20010db8000000000000000000000000 {v6} 000641",
        "IP Prefix",
        "{esi} ethernet_tag_id=1 prefix=2001:db8::/64 gw_ip_address=2001:db8::1 mpls_label1=100 \
         vni1=1601",
    );
    // All octets of the address are sent, and kept.
    holds(
        5,
        "{rd} {none} 00000000 08 0a010203 00000000 000000",
        "IP Prefix",
        "{none} ethernet_tag_id=0 prefix=10.1.2.3/8 gw_ip_address=0.0.0.0 mpls_label1=0 vni1=0",
    );
    fails(5, "{rd} {none} 00000000 21 c0000200 00000000 00c350", "IP prefix length", 24);
    fails(5, "{rd} {none} 00000000 81 {v6} {v6} 00c350", "IP prefix length", 24);
    fails(5, "{rd} {none} 00000000 18 c0000200 00000000 00c3", "IP Prefix route", 33);
    fails(5, "{rd} {none} 00000000 18 c0000200 {v6} 00c350", "IP Prefix route", 41);
}

#[test]
fn multicast_memberships() {
    let who = "originator_router_address=192.0.2.1";
    holds(
        6,
        "{rd} 00000000 20 c0000209 20 e8010203 20 c0000201 04",
        "Selective Multicast Ethernet Tag",
        &format!(
            "ethernet_tag_id=0 multicast_source_address=192.0.2.9 \
             multicast_group_address=232.1.2.3 {who} flags=[v3]"
        ),
    );
    holds(
        6,
        "{rd} 00000000 00 80 ff3e0000000000000000000080000001 80 {v6} fb",
        "Selective Multicast Ethernet Tag",
        "ethernet_tag_id=0 multicast_group_address=ff3e::8000:1 \
         originator_router_address=2001:db8::1 flags=[v1, v2, IE, 0xf0]",
    );
    holds(
        6,
        "{rd} 00000000 00 00 20 c0000201 00",
        "Selective Multicast Ethernet Tag",
        &format!("ethernet_tag_id=0 {who} flags=[]"),
    );
    holds(
        7,
        "{rd} {esi} 00000000 00 20 e8010203 20 c0000201 0a",
        "Multicast Membership Report Synch",
        &format!(
            "{{esi}} ethernet_tag_id=0 multicast_group_address=232.1.2.3 {who} flags=[v2, IE]"
        ),
    );
    holds(
        8,
        "{rd} {esi} 00000000 20 c0000209 20 e8010203 20 c0000201 00000000 64 04",
        "Multicast Leave Synch",
        &format!(
            "{{esi}} ethernet_tag_id=0 multicast_source_address=192.0.2.9 \
             multicast_group_address=232.1.2.3 {who} maximum_response_time=100 flags=[v3]"
        ),
    );
    holds(
        8,
        "{rd} {esi} 00000000 00 20 e8010203 20 c0000201 00000007 64 04",
        "Multicast Leave Synch",
        &format!(
            "{{esi}} ethernet_tag_id=0 multicast_group_address=232.1.2.3 {who} \
             reserved=00000007 maximum_response_time=100 flags=[v3]"
        ),
    );
    let name = "Selective Multicast Ethernet Tag route";
    fails(6, "{rd} 00000000 20 c0000209 20 e8010203 20 c0000201", name, 29);
    fails(6, "{rd} 00000000 18 c00002 20 e8010203 20 c0000201 04", "address length", 14);
    fails(6, "{rd} 00000000 00 00 00 00", "address length", 16);
    fails(
        8,
        "{rd} {esi} 00000000 00 20 e8010203 20 c0000201 64 04",
        "Multicast Leave Synch route",
        35,
    );
}

#[test]
fn provider_tunnels() {
    holds(
        9,
        "{rd} 00000064 0009fde900000000",
        "Per-Region I-PMSI A-D",
        "ethernet_tag_id=100 region_id={type=Source AS global_administrator=65001 \
         local_administrator=0}",
    );
    holds(
        10,
        "{rd} 00000000 20 c0000209 20 e8010203 20 c0000201",
        "S-PMSI A-D",
        "ethernet_tag_id=0 multicast_source_address=192.0.2.9 multicast_group_address=232.1.2.3 \
         originators_address=192.0.2.1",
    );
    holds(
        10,
        "{rd} 00000000 00 00 80 {v6}",
        "S-PMSI A-D",
        "ethernet_tag_id=0 originators_address=2001:db8::1",
    );
    fails(9, "{rd} 00000064 0009fde9000000", "extended community", 14);
    fails(10, "{rd} 00000000 00 00", "S-PMSI A-D route", 16);
}

#[test]
fn a_leaf_answers_to_a_route() {
    sound(
        EVPN,
        &route(11, "03 11 {rd} 00000064 20 c0000201 20 c0000202"),
        "route_type=Leaf A-D route_key={rd=1:192.0.2.7:5 \
         route_type=Inclusive Multicast Ethernet Tag ethernet_tag_id=100 \
         originating_router_ip_address=192.0.2.1} originators_address=192.0.2.2",
    );
    // Of a type that is unknown, and of another leaf.
    sound(
        EVPN,
        &route(11, "63 02 abcd 80 {v6}"),
        "route_type=Leaf A-D route_key={route_type=99 value=abcd} originators_address=2001:db8::1",
    );
    sound(
        EVPN,
        &route(11, "0b 07 630020c0000201 20 c0000202"),
        "route_type=Leaf A-D route_key={route_type=Leaf A-D value=630020c0000201} \
         originators_address=192.0.2.2",
    );
    fails(11, "03 11 {rd} 00000064 20 c00002", "route key", 4);
    fails(
        11,
        "03 10 {rd} 00000064 20 c00002 20 c0000202",
        "Inclusive Multicast Ethernet Tag route",
        17,
    );
    fails(11, "63 00 20 c0000202 00", "Leaf A-D route", 9);
    fails(11, "63 00", "Leaf A-D route", 4);
}

#[test]
fn unknown_types_are_kept() {
    sound(EVPN, "00 00", "route_type=0 value=");
    sound(EVPN, "0c 03 010203", "route_type=12 value=010203");
    malformed(EVPN, "0c 03 0102", "EVPN route", 2);
    malformed(EVPN, "0c", "EVPN route length", 1);
}

/// What the `index`-th example says of itself, and what its attributes say.
fn said(index: u32) -> (String, String) {
    let (mut route, mut attributes) = (Vec::new(), Vec::new());
    example(EVPN, index, &mut route);
    example_attributes(EVPN, index, &mut attributes);
    let route = Outline::of(|fields| {
        let described = describe_one(EVPN, false, true, &mut Reader::new(&route), fields);
        assert_eq!(described, Ok(()));
    });
    let four = AsWidth::Four;
    (route, Outline::of(|fields| describe_all(Reader::new(&attributes), four, fields)))
}

#[test]
fn examples_are_of_every_type_and_form() {
    let all: BTreeSet<(String, String)> = (0..11 * 48).map(said).collect();
    let some = |route: &str, attributes: &str| {
        let found = all.iter().any(|(r, a)| r.contains(route) && a.contains(attributes));
        assert!(found, "no example has {route} and {attributes}");
    };
    for (kind, name) in super::RouteType::KNOWN {
        for v6 in [false, true] {
            let has_address = !matches!(kind.0, 1 | 9);
            let found = all.iter().any(|(route, _)| {
                let is_leaf = route.starts_with("route_type=Leaf A-D ");
                route.contains(&format!("route_type={name} "))
                    && is_leaf == (*kind == super::RouteType::LeafAutoDiscovery)
                    && (route.contains("2001:db8:") == v6 || !has_address)
            });
            assert!(found, "no {name} with IPv6: {v6}");
        }
    }
    for esi in 1..=5 {
        some(&format!("esi={{type={esi} "), "");
    }
    some("Ethernet Auto-Discovery ethernet_segment_identifier=00:11:", "Encapsulation");
    some("ethernet_tag_id=4294967295 mpls_label1=0", "ESI Label");
    some("mpls_label2=", "EVPN Router's MAC");
    some("MAC/IP Advertisement", "MAC Mobility");
    some("MAC/IP Advertisement", "tunnel_type=vxlan");
    some("MAC/IP Advertisement", "tunnel_type=mpls");
    some("Inclusive Multicast", "tunnel_type=Ingress Replication");
    some("Inclusive Multicast", "Multicast Flags");
    some("Ethernet Segment ", "ES-Import Route Target");
    some("IP Prefix", "EVPN Router's MAC");
    some("Membership Report", "EVI-RT Type 0");
    some("Leave Synch", "ES-Import Route Target");
    some("Per-Region", "leaf_information_required=true");
    some("S-PMSI", "PIM-SSM Tree");
    for name in ["Inclusive Multicast Ethernet Tag", "Per-Region I-PMSI A-D", "S-PMSI A-D"] {
        let found = all
            .iter()
            .any(|(route, _)| route.starts_with("route_type=Leaf A-D ") && route.contains(name));
        assert!(found, "no leaf answers to {name}");
    }
    for (route, attributes) in &all {
        assert!(attributes.contains("Route Target"), "{route}: {attributes}");
        assert!(!attributes.contains("unknown"), "{route}: {attributes}");
    }
}
