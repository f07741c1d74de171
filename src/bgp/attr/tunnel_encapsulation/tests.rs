#![allow(clippy::unwrap_used)]

use std::net::{Ipv4Addr, Ipv6Addr};

use super::*;
use crate::bgp::attr::extended_communities::ExtendedCommunity;
use crate::bgp::attr::prefix_sid::{EndpointBehavior, LabelIndex, PrefixSidTlv};
use crate::bgp::attr::testing::{malformed, sound};
use crate::bgp::attr::{AttributeCode, LabelStackEntry, Mac, Reserved, Text, U24};
use crate::wire::Items;

const CODE: AttributeCode = AttributeCode::TunnelEncapsulation;
const V6: &str = "20010db8000000000000000000000001";

#[test]
fn sr_policies_are_decoded() {
    sound(
        CODE,
        "000f0024 0c06 00 00 00000064 0d06 10 00 05dc0100 800011 00 0906 00 00 00000001 \
         0106 00 00 03e81100",
        "tunnel_encapsulation=[{tunnel_type=SR Policy sub_tlvs=[\
         {type=Preference flags=0 preference=100}, \
         {type=Binding SID flags=16 sid={label=24000 traffic_class=0 bottom_of_stack=true ttl=0}}, \
         {type=Segment List segments=[{type=Weight flags=0 weight=1}, {type=Segment Type A \
         flags=0 label={label=16001 traffic_class=0 bottom_of_stack=true ttl=0}}]}]}]",
    );
    sound(
        CODE,
        "000f005c 0c06 0000 000000c8 1412 00 00 fc000000000000000000000000000001 \
         800025 00 0906 00 00 00000002 0d1a 10 00 fc000000000000000000000000000001 \
         0041 0000 20 00 10 00 82000a 00 6d792d706f6c696379 810008 00 7072696d617279",
        "tunnel_encapsulation=[{tunnel_type=SR Policy sub_tlvs=[\
         {type=Preference flags=0 preference=200}, \
         {type=SRv6 Binding SID flags=0 sid=fc00::1}, \
         {type=Segment List segments=[{type=Weight flags=0 weight=2}, {type=Segment Type B \
         flags=16 sid=fc00::1 behavior={endpoint_behavior=End.DX2 with NEXT-CSID \
         locator_block_length=32 locator_node_length=0 function_length=16 argument_length=0}}]}, \
         {type=Policy Name name=my-policy}, {type=Policy Candidate Path Name name=primary}]}]",
    );
    sound(
        CODE,
        "000f0018 0d02 0000 0d12 8000 20010db8000000000000000000000001",
        "tunnel_encapsulation=[{tunnel_type=SR Policy sub_tlvs=[{type=Binding SID flags=0}, \
         {type=Binding SID flags=128 sid=2001:db8::1}]}]",
    );
    sound(
        CODE,
        "000f000e 0e03 00 00 03 0f02 07 01 0e03 00 00 09",
        "tunnel_encapsulation=[{tunnel_type=SR Policy sub_tlvs=[{type=ENLP flags=0 enlp=push an \
         Explicit NULL label on an unlabeled IP packet}, {type=Priority priority=7 reserved=01}, \
         {type=ENLP flags=0 enlp=9}]}]",
    );
}

#[test]
fn segments_of_every_type_are_decoded() {
    let v6 = V6;
    for (hex, want) in [
        ("0306 00 80 c0000201".to_owned(), "C flags=0 algorithm=128 node=192.0.2.1"),
        (
            "030a 20 00 c0000201 03e81000".to_owned(),
            "C flags=32 algorithm=0 node=192.0.2.1 \
             sid={label=16001 traffic_class=0 bottom_of_stack=false ttl=0}",
        ),
        (format!("0412 00 00 {v6}"), "D flags=0 algorithm=0 node=2001:db8::1"),
        (
            "050a 00 00 00000007 c0000201".to_owned(),
            "E flags=0 local_interface_id=7 node=192.0.2.1",
        ),
        (
            "060a 80 05 c0000201 c0000202".to_owned(),
            "F flags=128 reserved=05 local_address=192.0.2.1 remote_address=192.0.2.2",
        ),
        (
            format!("072a 00 00 00000007 {v6} 00000008 {v6}"),
            "G flags=0 local_interface_id=7 local_node=2001:db8::1 remote_interface_id=8 \
             remote_node=2001:db8::1",
        ),
        (
            format!("0822 00 00 {v6} {v6}"),
            "H flags=0 local_address=2001:db8::1 remote_address=2001:db8::1",
        ),
        (
            format!("0e2a 30 01 {v6} {v6} 0001 0000 20101000"),
            "I flags=48 algorithm=1 node=2001:db8::1 sid=2001:db8::1 behavior={\
             endpoint_behavior=End locator_block_length=32 locator_node_length=16 \
             function_length=16 argument_length=0}",
        ),
        (format!("0e12 00 00 {v6}"), "I flags=0 algorithm=0 node=2001:db8::1"),
        (
            format!("0f2a 00 00 00000007 {v6} 00000008 {v6}"),
            "J flags=0 algorithm=0 local_interface_id=7 local_node=2001:db8::1 \
             remote_interface_id=8 remote_node=2001:db8::1",
        ),
        (
            format!("1032 20 00 {v6} {v6} {v6}"),
            "K flags=32 algorithm=0 local_address=2001:db8::1 remote_address=2001:db8::1 \
             sid=2001:db8::1",
        ),
    ] {
        let len = hex.replace(' ', "").len() / 2;
        let hex = format!("000f{:04x} 80{:04x} 00 {hex}", len + 4, len + 1);
        let want = format!(
            "tunnel_encapsulation=[{{tunnel_type=SR Policy sub_tlvs=[{{type=Segment List \
             segments=[{{type=Segment Type {want}}}]}}]}}]"
        );
        sound(CODE, &hex, &want);
    }
}

#[test]
fn tunnels_are_decoded() {
    sound(
        CODE,
        "00080052 010c c0 000064 020304050607 0000 0202 0800 0408 030b000000000064 \
         060a 00000000 0001 c0000201 0616 00000000 0002 20010db8000000000000000000000001 \
         0606 00000000 0000 0701 2e 0802 12b5 0901 01",
        "tunnel_encapsulation=[{tunnel_type=VXLAN sub_tlvs=[{type=Encapsulation flags=192 \
         vn_id=100 mac=02:03:04:05:06:07}, {type=Protocol Type protocol_type=2048}, \
         {type=Color color={type=Color color_only=0 color=100}}, \
         {type=Tunnel Egress Endpoint endpoint=192.0.2.1}, \
         {type=Tunnel Egress Endpoint endpoint=2001:db8::1}, \
         {type=Tunnel Egress Endpoint endpoint=next hop}, {type=DS Field ds_field=46}, \
         {type=UDP Destination Port port=4789}, {type=Embedded Label Handling \
         handling=at the top of the payload's label stack}]}]",
    );
    sound(
        CODE,
        "00010008 0106 00000007 beef  00020006 0104 00000009  000b0006 0104 00000001 \
         000c000a 0108 20 000000 000064 00  00090003 0101 ff  00fa0003 0101 00",
        "tunnel_encapsulation=[{tunnel_type=L2TPv3 over IP sub_tlvs=[{type=Encapsulation \
         session_id=7 cookie=beef}]}, {tunnel_type=GRE sub_tlvs=[{type=Encapsulation \
         gre_key=9}]}, {tunnel_type=MPLS in GRE sub_tlvs=[{type=Encapsulation gre_key=1}]}, \
         {tunnel_type=VXLAN GPE sub_tlvs=[{type=Encapsulation flags=32 vn_id=100}]}, \
         {tunnel_type=NVGRE sub_tlvs=[{type=Encapsulation value=ff}]}, \
         {tunnel_type=250 sub_tlvs=[{type=Encapsulation value=00}]}]",
    );
    sound(
        CODE,
        "000a001d 0a08 00064140 000c81ff 0b0a 010007 00 0000 00000021 0303 000001 6300",
        "tunnel_encapsulation=[{tunnel_type=MPLS sub_tlvs=[{type=MPLS Label Stack label_stack=[\
         {label=100 traffic_class=0 bottom_of_stack=true ttl=64}, \
         {label=200 traffic_class=0 bottom_of_stack=true ttl=255}]}, \
         {type=Prefix-SID prefix_sid=[{type=Label-Index flags=0 label_index=33}]}, \
         {type=IPsec Tunnel Authenticator (deprecated) value=000001}, {type=99 value=}]}]",
    );
}

#[test]
fn what_overruns_is_malformed_and_what_is_odd_is_kept() {
    malformed(CODE, "0008", "Tunnel TLV", 2);
    malformed(CODE, "00080003 0101", "Tunnel TLV", 4);
    malformed(CODE, "00080003 0102 00", "Tunnel Encapsulation sub-TLV", 6);
    malformed(CODE, "000f0003 800000", "Segment List sub-TLV", 7);
    malformed(CODE, "000f0006 800003 00 0902", "Segment List sub-TLV", 10);
    malformed(CODE, "", "Tunnel TLV", 0);
    // Of SR Policies, sub-TLVs and segments have the lengths of their types.
    malformed(CODE, "000f0007 0c05 00 00 000000", "Preference sub-TLV", 8);
    malformed(CODE, "000f0006 0d04 00 00 0000", "Binding SID sub-TLV", 8);
    malformed(CODE, "000f0009 800006 00 0103 00 00 01", "Segment Type A", 12);
    sound(
        CODE,
        "000f0012 0702 0102 6301 07 800008 00 6301 07 0200 6300",
        "tunnel_encapsulation=[{tunnel_type=SR Policy sub_tlvs=[{type=DS Field value=0102}, \
         {type=99 value=07}, {type=Segment List segments=[{type=99 value=07}, {type=2 value=}, \
         {type=99 value=}]}]}]",
    );
    // Of other tunnels they are kept.
    sound(
        CODE,
        "00080010 0c05 00 00 000000 800006 00 0103 00 00 01",
        "tunnel_encapsulation=[{tunnel_type=VXLAN sub_tlvs=[{type=Preference value=0000000000}, \
         {type=Segment List value=000103000001}]}]",
    );
    sound(
        CODE,
        "0008000f 0701 01 0702 0102 0606 00000000 0009",
        "tunnel_encapsulation=[{tunnel_type=VXLAN sub_tlvs=[{type=DS Field ds_field=1}, \
         {type=DS Field value=0102}, {type=Tunnel Egress Endpoint value=000000000009}]}]",
    );
}

fn headers(
    n: (u8, u32, [u8; 6], u32),
    cookie: &[u8],
) -> [(TunnelType, EncapsulationHeader<'_>); 5] {
    use EncapsulationHeader as Header;
    let (flags, id, mac, key) = n;
    let (vn_id, mac) = (U24::new(id), Mac(mac));
    let network = VirtualNetwork { flags, vn_id, mac, reserved: Reserved([0; 2]) };
    let gpe = VxlanGpe { flags, reserved1: Reserved([0; 3]), vn_id, reserved2: Reserved([0]) };
    [
        (TunnelType::Vxlan, Header::Vxlan(network)),
        (TunnelType::Nvgre, Header::Nvgre(network)),
        (TunnelType::L2tpv3, Header::L2tpv3(L2tpv3 { session_id: key, cookie })),
        (TunnelType::MplsInGre, Header::Gre(Gre { gre_key: key })),
        (TunnelType::VxlanGpe, Header::VxlanGpe(gpe)),
    ]
}

fn segments(n: (u8, u8, u32, u32), v4: Ipv4Addr, v6: Ipv6Addr) -> Vec<SegmentListSubTlv<'static>> {
    use SegmentListSubTlv as S;
    let (flags, algorithm, id, label) = n;
    let (reserved, label) = (Reserved([0]), LabelStackEntry(label));
    let behavior = Srv6SidBehavior {
        endpoint_behavior: EndpointBehavior(id as u16),
        reserved: Reserved([0; 2]),
        locator_block_length: flags,
        locator_node_length: algorithm,
        function_length: flags,
        argument_length: algorithm,
    };
    let (local_interface_id, remote_interface_id) = (id, label.0);
    let (local_node, remote_node, node) = (v6, v6, v6);
    let (local_address, remote_address) = (v6, v6);
    let mut all = vec![
        S::Weight(SegmentWeight { flags, reserved, weight: id }),
        S::A(SegmentA { flags, reserved, label }),
    ];
    for sid in [None, Some(label)] {
        all.extend([
            S::C(SegmentC { flags, algorithm, node: v4, sid }),
            S::D(SegmentD { flags, algorithm, node, sid }),
            S::E(SegmentE { flags, reserved, local_interface_id, node: v4, sid }),
            S::F(SegmentF { flags, reserved, local_address: v4, remote_address: v4, sid }),
            S::G(SegmentG {
                flags,
                reserved,
                local_interface_id,
                local_node,
                remote_interface_id,
                remote_node,
                sid,
            }),
            S::H(SegmentH { flags, reserved, local_address, remote_address, sid }),
        ]);
    }
    for (sid, behavior) in [(None, None), (Some(v6), None), (Some(v6), Some(behavior))] {
        all.extend([
            S::B(SegmentB { flags, reserved, sid: v6, behavior }),
            S::I(SegmentI { flags, algorithm, node, sid, behavior }),
            S::J(SegmentJ {
                flags,
                algorithm,
                local_interface_id,
                local_node,
                remote_interface_id,
                remote_node,
                sid,
                behavior,
            }),
            S::K(SegmentK { flags, algorithm, local_address, remote_address, sid, behavior }),
        ]);
    }
    all
}

proptest::proptest! {
    #[test]
    fn segment_lists_that_are_written_are_read(n: (u8, u8, u32, u32), v4: u32, v6: u128) {
        let all = segments(n, v4.into(), v6.into());
        let written = Items::of(all.iter().copied());
        let read: Vec<SegmentListSubTlv<'_>> = written.list().unwrap().iter().collect();
        proptest::prop_assert_eq!(read, all);
    }

    #[test]
    fn headers_that_are_written_are_read(n: (u8, u32, [u8; 6], u32), cookie: [u8; 8]) {
        for (tunnel, header) in headers(n, &cookie) {
            let mut written = Vec::new();
            header.encode(&mut written);
            proptest::prop_assert_eq!(Encapsulation(&written).header(tunnel), header);
        }
    }

    #[test]
    fn tunnels_that_are_written_are_read(
        n: (u8, u8, u32, u32), v4: u32, v6: u128, name: String,
        other in proptest::collection::vec(0..=255_u8, 0..200),
    ) {
        let (flags, small, number, label) = n;
        let (v4, v6): (Ipv4Addr, Ipv6Addr) = (v4.into(), v6.into());
        let reserved = Reserved([0]);
        let held = Items::of(segments(n, v4, v6));
        let stack = Items::of([LabelStackEntry(label), LabelStackEntry(number)]);
        let index = LabelIndex { reserved, flags: 0, label_index: number };
        let sids = Items::of([PrefixSidTlv::LabelIndex(index)]);
        let endpoint = |endpoint| {
            let reserved = Reserved([0; 4]);
            SubTlv::TunnelEgressEndpoint(TunnelEgressEndpoint { reserved, endpoint })
        };
        let binding = |sid| SubTlv::BindingSid(BindingSid { flags, reserved, sid });
        let name = NamedPath { reserved, name: Text(name.as_bytes()) };
        let sub_tlvs = [
            SubTlv::Encapsulation(Encapsulation(&other)),
            SubTlv::ProtocolType(ProtocolType { protocol_type: number as u16 }),
            SubTlv::Color(ColorSubTlv { color: ExtendedCommunity::color(small & 3, number) }),
            endpoint(EgressEndpoint::NextHop),
            endpoint(EgressEndpoint::V4(v4)),
            endpoint(EgressEndpoint::V6(v6)),
            SubTlv::DsField(DsField { ds_field: small }),
            SubTlv::UdpDestinationPort(UdpDestinationPort { port: label as u16 }),
            SubTlv::EmbeddedLabelHandling(EmbeddedLabelHandling { handling: LabelHandling(small) }),
            SubTlv::MplsLabelStack(LabelStack { label_stack: stack.list().unwrap() }),
            SubTlv::PrefixSid(PrefixSidSubTlv { prefix_sid: sids.list().unwrap() }),
            SubTlv::Preference(PathPreference { flags, reserved, preference: number }),
            binding(None),
            binding(Some(Sid::Label(LabelStackEntry(label)))),
            binding(Some(Sid::Srv6(v6))),
            SubTlv::Enlp(ExplicitNullLabelPolicy { flags, reserved, enlp: Enlp(small) }),
            SubTlv::Priority(PathPriority { priority: small, reserved }),
            SubTlv::Srv6BindingSid(Srv6BindingSid { flags, reserved, sid: v6, behavior: None }),
            SubTlv::SegmentList(SegmentList { reserved, segments: held.list().unwrap() }),
            SubTlv::CandidatePathName(name),
            SubTlv::PolicyName(name),
            SubTlv::Unknown(SubTlvType(99), &other),
            SubTlv::Unknown(SubTlvType(199), &other),
        ];
        let held = Items::of(sub_tlvs);
        let tunnels = [TunnelType::SrPolicy, TunnelType::Vxlan, TunnelType(999)]
            .map(|tunnel_type| Tunnel { tunnel_type, sub_tlvs: held.list().unwrap() });
        let written = Items::of(tunnels);
        let read = Reader::new(written.octets());
        let read = TunnelEncapsulation::parse(read, AsWidth::Four).unwrap();
        proptest::prop_assert_eq!(read.0.iter().collect::<Vec<_>>(), tunnels);
        let first = read.0.iter().next().unwrap();
        proptest::prop_assert_eq!(first.sub_tlvs.iter().collect::<Vec<_>>(), sub_tlvs);
    }
}
