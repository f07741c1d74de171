#![allow(clippy::unwrap_used)]

use super::*;
use crate::bgp::attr::AttributeCode;
use crate::bgp::attr::testing::{malformed, octets, sound};
use crate::wire::Item as _;

const CODE: AttributeCode = AttributeCode::ExtendedCommunities;

fn text(hex: &str) -> String {
    ExtendedCommunity(octets(hex).try_into().unwrap()).to_string()
}

#[test]
fn the_table_is_in_order_and_its_layouts_are_full() {
    let place = |d: &Definition| (d.kind, d.sub_type);
    assert!(Definition::ALL.is_sorted_by(|a, b| place(a) < place(b)));
    for definition in Definition::ALL {
        let bits: u32 = definition.layout.iter().map(|field| u32::from(field.bits)).sum();
        let want = if definition.sub_type.is_some() { 48 } else { 56 };
        assert_eq!(bits, want, "{}", definition.name);
        assert!(definition.layout.iter().all(|field| field.bits <= 48), "{}", definition.name);
        let mut names = std::collections::HashSet::from(["type"]);
        for field in definition.layout {
            assert!(names.insert(field.name), "{} {} twice", definition.name, field.name);
            if let Form::Flags(flags) = field.form {
                assert!(flags.iter().all(|(_, name)| names.insert(name)), "{}", definition.name);
            }
        }
    }
    assert_eq!(Definition::of(0x04, 0x77).unwrap().name, "QoS Marking");
    assert!(Definition::of(0x00, 0x77).is_none());
}

#[test]
fn every_definition_is_sound_whatever_its_octets() {
    for definition in Definition::ALL {
        for fill in [0x00, 0x5a, 0xff] {
            let sub_type = definition.sub_type.unwrap_or(fill);
            let community = ExtendedCommunity::new(definition.kind, sub_type, [fill; 6]);
            let values: Vec<u64> = community.fields().map(|(_, value)| value).collect();
            assert_eq!(definition.with(&values), community, "{}", definition.name);
            assert!(community.to_string().starts_with(definition.key));
            let mut out = Vec::new();
            community.encode(&mut out);
            assert_eq!(out, community.0);
        }
    }
}

#[test]
fn communities_print_readably() {
    for (hex, want) in [
        ("0002fde900000064", "rt:65001:100"),
        ("0103c00002010007", "soo:192.0.2.1:7"),
        ("0202fa56ea00006b", "rt:4200000000:107"),
        ("0202006400c8012c", "rt:6553800:300"),
        ("02020000fde90064", "rt:65001L:100"),
        ("030b000000000064", "color:00:100"),
        ("030b800000000001", "color:10:1"),
        ("030b200100000001", "color:00:reserved=0x2001:1"),
        ("030c000000000008", "encap:vxlan"),
        ("030c0000000003e7", "encap:999"),
        ("030d000000000000", "default-gateway"),
        ("0306000000000501", "ospf-route-type:0.0.0.0:5:1"),
        ("0600010000000003", "mac-mobility:sticky:3"),
        ("06000000000000c8", "mac-mobility:200"),
        ("0600810000000003", "mac-mobility:sticky+0x80:3"),
        ("060101000005dc10", "esi-label:single-active:24001"),
        ("0602f20cdd809ff8", "es-import:f2:0c:dd:80:9f:f8"),
        ("06032c6bf57914f0", "router-mac:2c:6b:f5:79:14:f0"),
        ("0604000205dc0000", "evpn-l2:P:1500"),
        ("0606028000007fff", "df-election:2:D:32767"),
        ("0702000000fe80fe", "interface-set:254L:O:254"),
        ("0800000000000001", "redirect-to-nexthop:copy"),
        ("0a02000000000064", "transport-target:100"),
        ("031b000000000064", "local-color-mapping:100"),
        ("030c000000000019", "encap:sdwan-hybrid"),
        ("0c00000a0000000a", "mup:10:10"),
        ("0c010a0000010064", "mup:10.0.0.1:100"),
        ("0c020001000e0064", "mup:65550:100"),
        ("0c03006400002710", "mup-interwork:100:10000"),
        ("0c040a0000010064", "mup-interwork:10.0.0.1:100"),
        ("0c050001000e0064", "mup-interwork:65550:100"),
        ("40040000449c4000", "link-bandwidth:0:1250"),
        ("4300000000000002", "validation-state:invalid"),
        ("4301018000000064", "cost-non-transitive:1:128:100"),
        ("80060000 3f800000", "traffic-rate-bytes:0:1"),
        ("8007000000000003", "traffic-action:sample+terminal"),
        ("8008051400014438", "redirect:1300:83000"),
        ("800900000000000a", "traffic-marking:10"),
        ("800a130005dc006f", "layer2-info:19:1500:111"),
        ("800c0000447a0000", "traffic-rate-packets:0:1000"),
        ("8108c0000201000a", "redirect:192.0.2.1:10"),
        ("8208000100000064", "redirect:65536:100"),
        ("0410010200090a00", "qos-marking:R:1:2:9:10"),
        ("4002fde90000006a", "0x4002fde90000006a"),
        ("1020304050607080", "0x1020304050607080"),
    ] {
        assert_eq!(text(hex), want, "{hex}");
    }
}

#[test]
fn communities_are_described_by_their_fields() {
    sound(
        CODE,
        "0002fde900000064 0202fa56ea000069 030c000000000008 0604000200000000 4004000a449c4000 \
         4300000000000001 c002fde900000070 030b800000000064",
        "extended_communities=[\
         {type=Route Target global_administrator=65001 local_administrator=100}, \
         {type=Route Target global_administrator=4200000000 local_administrator=105}, \
         {type=Encapsulation tunnel_type=vxlan}, \
         {type=EVPN Layer 2 Attributes control_flags=2 B=false P=true C=false F=false CI=false \
         l2_mtu=0}, \
         {type=Link Bandwidth transitive=false autonomous_system=10 bandwidth=1250}, \
         {type=BGP Origin Validation State transitive=false validation_state=not-found}, \
         {type=192 sub_type=2 value=fde900000070 transitive=false}, \
         {type=Color color_only=2 color=100}]",
    );
    malformed(CODE, "0002fde9000000", "EXTENDED COMMUNITIES length", 0);
    malformed(CODE, "", "EXTENDED COMMUNITIES length", 0);
}

#[test]
fn constructors_write_what_the_standards_say() {
    use ExtendedCommunity as C;
    let v4 = Specific::Ipv4Address([192, 0, 2, 1].into(), 7);
    for (community, want) in [
        (C::route_target(Specific::TwoOctetAs(65001, 100)), "0002fde900000064"),
        (C::route_target(Specific::FourOctetAs(4_200_000_000, 105)), "0202fa56ea000069"),
        (C::route_origin(v4), "0103c00002010007"),
        (C::redirect(v4), "8108c00002010007"),
        (C::redirect(Specific::TwoOctetAs(1300, 83000)), "8008051400014438"),
        (C::link_bandwidth(0, 1250.0), "40040000449c4000"),
        (C::color(2, 1), "030b800000000001"),
        (C::encapsulation(TunnelType::Vxlan), "030c000000000008"),
        (C::mac_mobility(true, 3), "0600010000000003"),
        (C::es_import(Mac([0xf2, 0x0c, 0xdd, 0x80, 0x9f, 0xf8])), "0602f20cdd809ff8"),
        (C::routers_mac(Mac([1, 2, 3, 4, 5, 6])), "0603010203040506"),
        (C::traffic_rate_bytes(0, 1.0), "800600003f800000"),
        (C::traffic_rate_packets(0, 1000.0), "800c0000447a0000"),
        (C::default_gateway(), "030d000000000000"),
        (C::validation_state(2), "4300000000000002"),
        (C::traffic_action(true, false), "8007000000000002"),
        (C::traffic_marking(10), "800900000000000a"),
        (C::transport_class(100), "0a02000000000064"),
        (C::local_color_mapping(100), "031b000000000064"),
        (C::direct_segment(10, 10), "0c00000a0000000a"),
    ] {
        assert_eq!(community.0.to_vec(), octets(want), "{community}");
    }
}

proptest::proptest! {
    #[test]
    fn administrators_are_read_back(asn: u32, number: u32, short: u16) {
        for specific in [
            Specific::TwoOctetAs(short, number),
            Specific::Ipv4Address(asn.into(), short),
            Specific::FourOctetAs(asn, short),
        ] {
            let communities = [
                ExtendedCommunity::route_target(specific),
                ExtendedCommunity::route_origin(specific),
                ExtendedCommunity::redirect(specific),
            ];
            for community in communities {
                proptest::prop_assert_eq!(community.specific(), Some(specific));
                proptest::prop_assert!(community.is_transitive());
            }
        }
    }

    #[test]
    fn any_octets_are_described_and_kept(octets: [u8; 8]) {
        let community = ExtendedCommunity(octets);
        let values: Vec<u64> = community.fields().map(|(_, value)| value).collect();
        if let Some(definition) = community.definition() {
            proptest::prop_assert_eq!(definition.with(&values), community);
        }
        proptest::prop_assert!(community.to_string().len() < 128);
    }
}
