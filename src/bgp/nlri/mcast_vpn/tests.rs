use super::*;
use crate::bgp::nlri::example;
use crate::bgp::nlri::testing::{attributes, malformed, sound, withdrawn};
use crate::wire::{Family, Outline};

const IPV4: Family = Family::new(1, 5);
const IPV6: Family = Family::new(2, 5);

const RD: &str = "0000fde80001869f";

#[test]
fn auto_discovery_routes_name_a_router_or_an_as() {
    sound(
        IPV4,
        &format!("01 0c {RD} 0a0a0a0a"),
        "rd=0:65000:99999 route_type=Intra-AS I-PMSI A-D originating_router=10.10.10.10",
    );
    // The PE's address is of its own family.
    sound(
        IPV4,
        &format!("01 18 {RD} 20010db8000000000000000000000001"),
        "rd=0:65000:99999 route_type=Intra-AS I-PMSI A-D originating_router=2001:db8::1",
    );
    withdrawn(
        IPV6,
        "01 0c 0001ac10002c0065 c0a86401",
        "rd=1:172.16.0.44:101 route_type=Intra-AS I-PMSI A-D originating_router=192.168.100.1",
    );
    sound(
        IPV6,
        &format!("02 0c {RD} 0000fbf0"),
        "rd=0:65000:99999 route_type=Inter-AS I-PMSI A-D source_as=64496",
    );
}

#[test]
fn selective_routes_name_flows_or_wildcards() {
    sound(
        IPV4,
        &format!("03 16 {RD} 20 0a00000a 20 0c00000c 01000001"),
        "rd=0:65000:99999 route_type=S-PMSI A-D multicast_source=10.0.0.10 \
         multicast_group=12.0.0.12 originating_router=1.0.0.1",
    );
    sound(
        IPV4,
        &format!("03 0e {RD} 00 00 c0000201"),
        "rd=0:65000:99999 route_type=S-PMSI A-D multicast_source=* multicast_group=* \
         originating_router=192.0.2.1",
    );
    sound(
        IPV6,
        &format!("03 1e {RD} 00 80 ff3e0000000000000000000000000007 c0000201"),
        "rd=0:65000:99999 route_type=S-PMSI A-D multicast_source=* multicast_group=ff3e::7 \
         originating_router=192.0.2.1",
    );
}

#[test]
fn sources_and_joins_name_one_flow() {
    sound(
        IPV4,
        &format!("05 12 {RD} 20 0a630c04 20 effbffe4"),
        "rd=0:65000:99999 route_type=Source Active A-D multicast_source=10.99.12.4 \
         multicast_group=239.251.255.228",
    );
    let flow = "80 fd000000000000000000000000000001 80 ff0e0000000000000000000000000001";
    let said = "source_as=65000 multicast_source=fd00::1 multicast_group=ff0e::1";
    for (kind, name) in [("06", "Shared Tree Join"), ("07", "Source Tree Join")] {
        let said = format!("rd=0:65000:99999 route_type={name} {said}");
        sound(IPV6, &format!("{kind} 2e {RD} 0000fde8 {flow}"), &said);
        withdrawn(IPV6, &format!("{kind} 2e {RD} 0000fde8 {flow}"), &said);
    }
}

#[test]
fn the_key_of_a_leaf_is_another_route() {
    sound(
        IPV4,
        "04 12 02 0c 0001010203040102 00000001 01000001",
        "route_type=Leaf A-D route_key={route_type=Inter-AS I-PMSI A-D rd=1:1.2.3.4:258 \
         source_as=1} originating_router=1.0.0.1",
    );
    sound(
        IPV6,
        &format!("04 20 03 0e {RD} 00 00 c0000201 20010db8000000000000000000000001"),
        "route_type=Leaf A-D route_key={route_type=S-PMSI A-D rd=0:65000:99999 \
         multicast_source=* multicast_group=* originating_router=192.0.2.1} \
         originating_router=2001:db8::1",
    );
    // Of a type that nobody knows, and a leaf of a leaf.
    sound(
        IPV4,
        "04 08 43 02 0102 c0000201",
        "route_type=Leaf A-D route_key={route_type=67 value=0102} originating_router=192.0.2.1",
    );
    sound(
        IPV4,
        "04 0c 04 06 0200 c0000202 c0000201",
        "route_type=Leaf A-D route_key={route_type=Leaf A-D value=0200c0000202} \
         originating_router=192.0.2.1",
    );
}

#[test]
fn a_key_that_is_no_route_is_kept() {
    // Global table multicast: a distinguisher of zeros or ones, and what else an S-PMSI has.
    for rd in ["0000000000000000", "ffffffffffffffff"] {
        // So long that it might pass for a key of no octets and an IPv6 address.
        let value = format!("{rd}0000c0000201c0000202");
        let said = format!("route_type=Leaf A-D route_key_and_originating_router={value}");
        sound(IPV6, &format!("04 12 {value}"), &said);
        let value = format!("{rd}20c633640a20e8000001c0000201c0000202");
        let said = format!("route_type=Leaf A-D route_key_and_originating_router={value}");
        sound(IPV4, &format!("04 1a {value}"), &said);
    }
}

#[test]
fn routes_of_other_types_are_kept() {
    sound(IPV4, "43 04 01020304", "route_type=67 value=01020304");
    sound(IPV6, "08 00", "route_type=8 value=");
    sound(IPV4, "00 01 ff", "route_type=0 value=ff");
}

#[test]
fn what_does_not_fit_its_type_is_malformed() {
    let no_rd = "01 07 0000fde8000186";
    malformed(IPV4, no_rd, "route distinguisher", 2);
    malformed(IPV4, &format!("01 0b {RD} 0a0a0a"), "Intra-AS I-PMSI A-D", 10);
    malformed(IPV4, &format!("01 0d {RD} 0a0a0a0a0a"), "Intra-AS I-PMSI A-D", 10);
    malformed(
        IPV4,
        &format!("01 1a {RD} 20010db80000000000000000000000010203"),
        "Intra-AS I-PMSI A-D",
        26,
    );
    malformed(IPV4, &format!("02 0d {RD} 0000fbf000"), "Inter-AS I-PMSI A-D", 14);
    malformed(IPV4, &format!("05 12 {RD} 18 0a630c04 20 effbffe4"), "multicast address length", 10);
    malformed(IPV4, &format!("05 12 {RD} 20 0a630c04 21 effbffe4"), "multicast address length", 15);
    malformed(IPV4, &format!("05 12 {RD} 20 0a630c04 80 effbffe4"), "Source Active A-D", 16);
    malformed(
        IPV4,
        &format!("07 17 {RD} 0000fde8 20 0a630c04 20 effbffe4 00"),
        "Source Tree Join",
        24,
    );
    malformed(IPV4, &format!("01 0c {RD} 0a0a0a"), "MCAST-VPN NLRI", 2);
    malformed(IPV4, "01", "MCAST-VPN NLRI length", 1);
}

#[test]
fn leaves_whose_key_does_not_fit_are_malformed() {
    malformed(IPV4, "04 00", "route key", 2);
    malformed(IPV4, "04 01 02", "route key", 3);
    malformed(IPV4, "04 01 09", "route key", 2);
    malformed(IPV4, "04 12 02 0d 0001010203040102 00000001 01000001", "Inter-AS I-PMSI A-D", 16);
    malformed(IPV4, "04 12 02 20 0001010203040102 00000001 01000001", "route key", 4);
    malformed(IPV4, "04 11 02 0c 0001010203040102 00000001 010000", "originating router", 16);
    malformed(IPV4, "04 13 02 0c 0001010203040102 00000001 0100000101", "originating router", 16);
}

#[test]
fn the_route_in_a_key_can_be_asked_for() {
    let octets = [2, 12, 0, 0, 0xfd, 0xe8, 0, 1, 0x86, 0x9f, 0, 0, 0, 7];
    let key = RouteKey::parse(&mut Reader::new(&octets)).map(|key| key.route());
    let body = McastVpnBody::InterAsIPmsi(InterAsIPmsi { source_as: 7 });
    let distinguisher = Some(RouteDistinguisher([0, 0, 0xfd, 0xe8, 0, 1, 0x86, 0x9f]));
    assert_eq!(key, Ok(McastVpnRoute { distinguisher, body }));
}

#[test]
fn examples_go_through_the_types_and_their_wildcards() {
    for family in [IPV4, IPV6] {
        for index in 0..70 {
            let mut octets = Vec::new();
            example(family, index, &mut octets);
            assert_eq!(u32::from(octets[0]), 1 + index % 7, "{family} {index}");
        }
    }
    let s_pmsi = |index| {
        let mut octets = Vec::new();
        example(IPV4, index, &mut octets);
        let route = Ipv4::parse(&mut Reader::new(&octets), true);
        route.map_or(String::new(), |route| Outline::of(|fields| route.describe(fields)))
    };
    let said: Vec<_> = (0..4).map(|variant| s_pmsi(2 + 7 * variant)).collect();
    assert_eq!(
        said,
        [
            "route_type=S-PMSI A-D multicast_source=10.0.0.2 multicast_group=239.0.0.2 \
             originating_router=10.0.0.2",
            "route_type=S-PMSI A-D multicast_source=* multicast_group=239.0.0.9 \
             originating_router=10.0.0.9",
            "route_type=S-PMSI A-D multicast_source=* multicast_group=* \
             originating_router=10.0.0.16",
            "route_type=S-PMSI A-D multicast_source=10.0.0.23 multicast_group=* \
             originating_router=10.0.0.23",
        ]
    );
}

#[test]
fn examples_have_the_tunnels_that_they_need() {
    for (index, want) in [
        (0, "tunnel_type=mLDP P2MP LSP mpls_label=0 vni=0 fec_type=6 root=192.0.2.1 opaque="),
        (1, "leaf_information_required=true tunnel_type=no tunnel information present"),
        (2, "leaf_information_required=true tunnel_type=RSVP-TE P2MP LSP"),
        (9, "tunnel_type=PIM-SSM Tree mpls_label=0 vni=0 sender=192.0.2.1 group=232.0.0.9}"),
        (3, "tunnel_type=Ingress Replication mpls_label=19 vni=304 endpoint=192.0.2.1}"),
    ] {
        let said = attributes(IPV4, index);
        assert!(said.contains(want), "{index}: {said}");
        assert!(said.starts_with("extended_communities=[{type=Route Target "), "{said}");
    }
    for index in 4..7 {
        let said = attributes(IPV6, index);
        assert!(said.starts_with("extended_communities=[{type=Route Target "), "{said}");
        assert!(!said.contains("pmsi_tunnel"), "{said}");
    }
}
