#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use super::NlriType;
use crate::bgp::AsWidth;
use crate::bgp::attr::bgp_ls::{BgpLsAttribute, Tlv};
use crate::bgp::attr::{AttributeCode, Attributes, Value as _};
use crate::bgp::nlri::testing::{malformed, octets, sound, withdrawn};
use crate::bgp::nlri::{describe_one, example, example_attributes, rewrite_one, scan};
use crate::wire::{Family, Outline, Reader};

const BGP_LS: Family = Family::new(16388, 71);
const VPN: Family = Family::new(16388, 72);
const SPF: Family = Family::new(16388, 80);

const SID: &str = "20010db8000000000000000000000001";
/// Protocol-ID IS-IS Level 2, instance 5.
const ISIS: &str = "02 0000000000000005";

/// The octets of TLVs, in hex.
fn tlvs<const N: usize>(tlvs: [(u16, &str); N]) -> String {
    let tlv = |(kind, value): (u16, &str)| {
        format!("{kind:04x} {:04x} {value} ", octets(value).len()) // length in octets, not digits
    };
    tlvs.map(tlv).concat()
}

/// The octets of a route of this type, in hex.
fn route(kind: u16, value: &str) -> String {
    tlvs([(kind, value)])
}

/// Descriptors of an IS-IS node in AS 65001.
fn node() -> String {
    let node = tlvs([(512, "0000fde9"), (513, "00000000"), (515, "000000000001")]);
    tlvs([(256, &node)])
}

/// What [`node`] says.
const NODE: &str = "{autonomous_system=65001 bgp_ls_identifier=0 igp_router_id=0000.0000.0001}";

#[test]
fn nodes() {
    sound(
        BGP_LS,
        &route(1, &format!("{ISIS} {}", node())),
        &format!("nlri_type=Node NLRI protocol_id=IS-IS Level 2 identifier=5 local_node={NODE}"),
    );
    let ospf = tlvs([(512, "0000fde9"), (514, "00000001"), (515, "0a000001"), (517, "0000fdea")]);
    withdrawn(
        BGP_LS,
        &route(1, &format!("03 0000000000000000 {}", tlvs([(256, &ospf)]))),
        "nlri_type=Node NLRI protocol_id=OSPFv2 identifier=0 local_node={autonomous_system=65001 \
         ospf_area_id=0.0.0.1 igp_router_id=10.0.0.1 confederation_member=65002}",
    );
    sound(
        BGP_LS,
        &route(1, "63 ffffffffffffffff 0100 0000"),
        "nlri_type=Node NLRI protocol_id=99 identifier=18446744073709551615 local_node={}",
    );
}

#[test]
fn router_ids_of_every_form() {
    for (protocol, id, name, want) in [
        ("01", "000000000001", "IS-IS Level 1", "0000.0000.0001"),
        ("02", "19216800100102", "IS-IS Level 2", "1921.6800.1001.02"),
        ("03", "0a000001", "OSPFv2", "10.0.0.1"),
        ("03", "0a000001c0000209", "OSPFv2", "10.0.0.1:192.0.2.9"),
        ("06", "0a00000100000007", "OSPFv3", "10.0.0.1:7"),
        ("04", SID, "Direct", "2001:db8::1"),
        ("05", "0a000001", "Static configuration", "10.0.0.1"),
    ] {
        let node = tlvs([(256, &tlvs([(515, id)]))]);
        sound(
            BGP_LS,
            &route(1, &format!("{protocol} 0000000000000000 {node}")),
            &format!(
                "nlri_type=Node NLRI protocol_id={name} identifier=0 \
                 local_node={{igp_router_id={want}}}"
            ),
        );
    }
}

#[test]
fn links() {
    let remote = tlvs([(515, "000000000002")]);
    let ends = format!("{ISIS} {} {}", node(), tlvs([(257, &remote)]));
    let said = format!(
        "nlri_type=Link NLRI protocol_id=IS-IS Level 2 identifier=5 local_node={NODE} \
         remote_node={{igp_router_id=0000.0000.0002}}"
    );
    let numbered = tlvs([
        (258, "00000007 00000008"),
        (259, "0a000001"),
        (260, "0a000002"),
        (261, SID),
        (262, SID),
        (263, "0000 0002"),
    ]);
    sound(
        BGP_LS,
        &route(2, &format!("{ends} {numbered}")),
        &format!(
            "{said} link_identifiers={{local=7 remote=8}} ipv4_interface_address=10.0.0.1 \
             ipv4_neighbor_address=10.0.0.2 ipv6_interface_address=2001:db8::1 \
             ipv6_neighbor_address=2001:db8::1 mt_ids=[0, 2]"
        ),
    );
    // Egress peer engineering: nodes of BGP.
    let (local, remote) = ("0200 0004 0000fde9 0204 0004 0a000001", "0204 0004 0a000002");
    let ends = tlvs([(256, local), (257, remote)]);
    sound(
        BGP_LS,
        &route(2, &format!("07 0000000000000000 {ends}")),
        "nlri_type=Link NLRI protocol_id=BGP identifier=0 local_node={autonomous_system=65001 \
         bgp_router_id=10.0.0.1} remote_node={bgp_router_id=10.0.0.2}",
    );
}

#[test]
fn prefixes() {
    let prefix = |kind, reachability: &str| {
        let prefix = tlvs([(263, "0002"), (264, "05"), (265, reachability)]);
        route(kind, &format!("{ISIS} {} {prefix}", node()))
    };
    let said = |kind, prefix| {
        format!(
            "nlri_type={kind} Topology Prefix NLRI protocol_id=IS-IS Level 2 identifier=5 \
             local_node={NODE} mt_ids=[2] ospf_route_type=NSSA 1 {prefix}"
        )
    };
    sound(BGP_LS, &prefix(3, "18 c00002"), &said("IPv4", "prefix=192.0.2.0/24"));
    sound(BGP_LS, &prefix(3, "00"), &said("IPv4", "prefix=0.0.0.0/0"));
    sound(BGP_LS, &prefix(4, "21 20010db880"), &said("IPv6", "prefix=2001:db8:8000::/33"));
    sound(BGP_LS, &prefix(4, &format!("80 {SID}")), &said("IPv6", "prefix=2001:db8::1/128"));
    // A length that the address family does not have, and one that the octets do not have.
    let long = "ip_reachability={prefix_length=33 prefix=20010db880}";
    sound(BGP_LS, &prefix(3, "21 20010db880"), &said("IPv4", long));
    let odd = "other_descriptors=[{type=IP Reachability Information value=18c0000200}]";
    sound(BGP_LS, &prefix(3, "18 c0000200"), &said("IPv4", odd));
}

#[test]
fn srv6_sids() {
    let sid = tlvs([(518, SID)]);
    sound(
        BGP_LS,
        &route(6, &format!("{ISIS} {} {sid}", node())),
        &format!(
            "nlri_type=SRv6 SID NLRI protocol_id=IS-IS Level 2 identifier=5 local_node={NODE} \
             srv6_sid=2001:db8::1"
        ),
    );
}

#[test]
fn candidate_paths() {
    let headend = tlvs([(512, "0000fde9"), (516, "0a000001"), (1028, "0a000001"), (1029, SID)]);
    let headend = tlvs([(256, &headend)]);
    let said = "nlri_type=SR Policy Candidate Path NLRI protocol_id=Segment Routing identifier=0 \
                local_node={autonomous_system=65001 bgp_router_id=10.0.0.1 \
                ipv4_router_id=10.0.0.1 ipv6_router_id=2001:db8::1}";
    let path = tlvs([(554, "03 00 0000 0a000009 00000064 0000fde9 0a000001 00000002")]);
    sound(
        BGP_LS,
        &route(5, &format!("09 0000000000000000 {headend} {path}")),
        &format!(
            "{said} candidate_path={{protocol_origin=Configuration flags=[] endpoint=10.0.0.9 \
             color=100 originator_asn=65001 originator_address=10.0.0.1 discriminator=2}}"
        ),
    );
    let path = format!("14 d0 0001 {SID} 00000064 0000fde9 {SID} 00000002");
    sound(
        BGP_LS,
        &route(5, &format!("09 0000000000000000 {headend} {}", tlvs([(554, &path)]))),
        &format!(
            "{said} candidate_path={{protocol_origin=BGP SR Policy (BGP-LS Producer is PCE) \
             flags=[E, O, 0x10] reserved=0001 endpoint=2001:db8::1 color=100 \
             originator_asn=65001 originator_address=2001:db8::1 discriminator=2}}"
        ),
    );
    // An RSVP-TE tunnel, of the drafts before RFC 9857.
    let tunnel = tlvs([(550, "0007"), (551, "0001"), (552, "0a000001"), (553, SID), (555, "01")]);
    sound(
        BGP_LS,
        &route(5, &format!("08 0000000000000000 {headend} {tunnel}")),
        "nlri_type=SR Policy Candidate Path NLRI protocol_id=RSVP-TE identifier=0 \
         local_node={autonomous_system=65001 bgp_router_id=10.0.0.1 ipv4_router_id=10.0.0.1 \
         ipv6_router_id=2001:db8::1} tunnel_id=7 lsp_id=1 tunnel_head_end=10.0.0.1 \
         tunnel_tail_end=2001:db8::1 \
         other_descriptors=[{type=MPLS Local Cross Connect value=01}]",
    );
}

#[test]
fn vpn_routes_have_a_distinguisher_behind_the_length() {
    sound(
        VPN,
        &route(1, &format!("0000fde900000007 {ISIS} {}", node())),
        &format!(
            "rd=0:65001:7 nlri_type=Node NLRI protocol_id=IS-IS Level 2 identifier=5 \
             local_node={NODE}"
        ),
    );
    sound(VPN, "0063 0009 0001 c0000207 0005 ff", "rd=1:192.0.2.7:5 nlri_type=99 value=ff");
    sound(VPN, "0063 0007 0000fde9000000", "nlri_type=99 value=0000fde9000000");
    malformed(VPN, "0001 0007 0000fde9000000", "route distinguisher", 4);
    malformed(VPN, "0001 0009 0000fde900000007 02", "identifier", 13);
}

#[test]
fn bgp_spf_has_routes_of_the_same_kind() {
    let (local, remote) = ("0200 0004 0000fde9 0204 0004 0a000001", "0204 0004 0a000002");
    let link = tlvs([(256, local), (257, remote), (258, "00000007 00000008"), (1185, "02")]);
    sound(
        SPF,
        &route(2, &format!("04 0000000000000000 {link}")),
        "nlri_type=Link NLRI protocol_id=Direct identifier=0 local_node={autonomous_system=65001 \
         bgp_router_id=10.0.0.1} remote_node={bgp_router_id=10.0.0.2} \
         link_identifiers={local=7 remote=8} address_family=2",
    );
}

#[test]
fn what_has_no_name_is_kept() {
    sound(BGP_LS, "ffff 0003 010203", "nlri_type=65535 value=010203");
    sound(BGP_LS, "0000 0000", "nlri_type=0 value=");
    // Unknown TLVs, values of odd lengths, second ones, TLVs out of order, nodes inside nodes.
    let local = tlvs([(512, "fde9"), (600, "07"), (513, "00000001"), (513, "00000002")]);
    let inner = tlvs([(256, "")]);
    let all = tlvs([
        (65000, "aa"),
        (263, "00"),
        (265, "08 0a"),
        (256, &local),
        (257, &inner),
        (256, ""),
        (259, "0a000001"),
        (259, "0a000002"),
        (1026, "7231"),
    ]);
    sound(
        BGP_LS,
        &route(7, &format!("02 0000000000000000 {all}")),
        "nlri_type=Stub Link NLRI protocol_id=IS-IS Level 2 identifier=0 \
         ip_reachability={prefix_length=8 prefix=0a} \
         local_node={bgp_ls_identifier=1 other_descriptors=[{type=Autonomous System value=fde9}, \
         {type=600 value=07}, {type=BGP-LS Identifier identifier=2}]} \
         remote_node={other_descriptors=[{type=Local Node Descriptors}]} \
         ipv4_interface_address=10.0.0.1 \
         other_descriptors=[{type=65000 value=aa}, {type=Multi-Topology Identifier value=00}, \
         {type=Local Node Descriptors}, \
         {type=IPv4 interface address address=10.0.0.2}, {type=Node Name name=r1}]",
    );
}

#[test]
fn what_overruns_is_malformed() {
    malformed(BGP_LS, "00", "NLRI type", 0);
    malformed(BGP_LS, "0001 00", "NLRI length", 2);
    malformed(BGP_LS, "0001 0002 02", "BGP-LS NLRI", 4);
    malformed(BGP_LS, "0001 0000", "Protocol-ID", 4);
    malformed(BGP_LS, "0001 0005 02 00000000", "identifier", 5);
    malformed(BGP_LS, &route(1, &format!("{ISIS} 010000")), "BGP-LS TLV length", 15);
    malformed(BGP_LS, &route(1, &format!("{ISIS} 0100 0001")), "BGP-LS TLV", 17);
    malformed(SPF, &route(1, &format!("{ISIS} 0100 0004 0200 0001")), "BGP-LS TLV", 21);
    // The routes before it are not lost.
    let list = octets(&format!("{} 0001 0002 02", route(1, &format!("{ISIS} {}", node()))));
    let found = scan(BGP_LS, false, true, Reader::new(&list));
    assert_eq!((found.count, found.used), (1, list.len() - 5));
}

#[test]
fn examples_are_of_every_type_and_say_all_by_name() {
    for (family, types) in [(BGP_LS, 6), (VPN, 6), (SPF, 4)] {
        let mut seen = std::collections::BTreeSet::new();
        for index in 0..48 {
            let (mut route, mut attribute) = (Vec::new(), Vec::new());
            example(family, index, &mut route);
            seen.insert(NlriType(u16::from_be_bytes([route[0], route[1]])));
            let said = said(family, true, &mut Reader::new(&route));
            assert!(!said.contains("other_descriptors"), "{said}");

            example_attributes(family, index, &mut attribute);
            let attribute = Attributes::new(Reader::new(&attribute)).next().unwrap().unwrap();
            assert_eq!(attribute.code, AttributeCode::BgpLs);
            let value = Reader::new(attribute.value());
            let tlvs = BgpLsAttribute::parse(value, AsWidth::Four).unwrap().0;
            let kinds: Vec<_> = tlvs.iter().map(|tlv| tlv.kind()).collect();
            assert!(kinds.is_sorted_by(|a, b| a < b), "in order: {kinds:?}");
            assert!(!kinds.is_empty(), "{family} {index}");
            tlvs.iter().for_each(|tlv| assert!(!matches!(tlv, Tlv::Unknown(..)), "{tlv:?}"));
        }
        assert_eq!(seen.len(), types, "{family}: {seen:?}");
    }
}

/// What the route at the front of `r` says, which is written as it was read.
fn said(family: Family, announced: bool, r: &mut Reader<'_>) -> String {
    let (mut same, begin) = (*r, *r);
    let said = Outline::of(|f| describe_one(family, false, announced, &mut same, f).unwrap());
    let mut out = Vec::new();
    rewrite_one(family, false, announced, r, &mut out).unwrap();
    assert_eq!(out, begin.peek()[..out.len()]);
    assert_eq!((r.len() + out.len(), r.len()), (begin.len(), same.len()));
    said
}

// ---- recorded routes ---------------------------------------------------------------------------

fn shared(path: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("RIBCAGE_SHARED").map_or("../shared".into(), PathBuf::from);
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join(shared).join(path);
    if !found.exists() {
        eprintln!("skipped: no shared data at {}", found.display());
        return None;
    }
    Some(found)
}

/// The NLRI of every MP_REACH_NLRI and MP_UNREACH_NLRI of a BGP-LS family: wherever one of their
/// attributes may begin and its octets make sense.
fn lists_in(octets: &[u8]) -> Vec<(Family, bool, &[u8])> {
    let mut found = Vec::new();
    for at in 0..octets.len() {
        let mut r = Reader::new(&octets[at..]);
        let mut list = || {
            let flags = r.u8("flags").ok().filter(|flags| flags & 0xc0 == 0x80)?;
            let announced = match r.u8("code").ok()? {
                14 => true,
                15 => false,
                _ => return None,
            };
            let len = match flags & 0x10 {
                0 => r.u8("length").ok()?.into(),
                _ => r.u16("length").ok()?,
            };
            let mut value = r.sub("value", len.into()).ok()?;
            let family = Family::new(value.u16("AFI").ok()?, value.u8("SAFI").ok()?);
            if family.afi != 16388 || ![71, 72, 80].contains(&family.safi) {
                return None;
            }
            if announced {
                let len = value.u8("next hop length").ok()?;
                value.take("next hop", len.into()).ok()?;
                value.u8("reserved").ok()?;
            }
            Some((family, announced, value.rest()))
        };
        found.extend(list());
    }
    found
}

#[test]
fn recorded_routes_are_read_said_and_written_back() {
    let Some(vectors) = shared("data/vectors") else { return };
    let mut messages = Vec::new();
    for file in std::fs::read_dir(vectors).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "hex") {
            let text = std::fs::read_to_string(&path).unwrap();
            messages.extend(text.lines().filter(|line| !line.starts_with('#')).map(octets));
        }
    }
    let mut routes = std::collections::BTreeMap::new();
    for (family, announced, list) in messages.iter().flat_map(|message| lists_in(message)) {
        let mut r = Reader::new(list);
        while !r.is_empty() {
            let kind = u16::from_be_bytes([r.peek()[0], r.peek()[1]]);
            let said = said(family, announced, &mut r);
            let named = !said.contains("other_descriptors") && !said.contains("value=");
            assert!(named, "{said}");
            *routes.entry((family, NlriType(kind))).or_insert(0) += 1;
        }
    }
    eprintln!("{routes:?}");
    assert!(routes.values().sum::<u32>() >= 60, "{routes:?}");
}

/// The rows of a table that OpenBMP's collector wrote, in the order of the stream.
fn rows(table: &str) -> Option<Vec<Vec<String>>> {
    let path = shared(&format!("data/openbmp/golden/tsv/ABC.openbmp.parsed.{table}.tsv"))?;
    let text = std::fs::read_to_string(path).unwrap();
    Some(text.lines().map(|row| row.split('\t').map(str::to_owned).collect()).collect())
}

/// Asks that `said` has every `name=value` whose value OpenBMP's collector wrote, in that order.
fn agrees(said: &str, expected: &[(&str, String)]) {
    let mut left = said;
    for (name, value) in expected.iter().filter(|(_, value)| !value.is_empty()) {
        let field = format!("{name}={value}");
        let at = left.find(&field).unwrap_or_else(|| panic!("no {field} in {left} of {said}"));
        left = &left[at + field.len()..];
        assert!(left.is_empty() || left.starts_with([' ', '}']), "{field} goes on: {said}");
    }
}

/// A hexadecimal number of the collector in decimal.
fn decimal(hex: &str) -> String {
    u64::from_str_radix(hex, 16).unwrap().to_string()
}

/// The collector's IGP Router-ID as it is said here: IS-IS has 8 octets there, OSPF brackets.
fn router_id(id: &str) -> String {
    match (id.strip_suffix(".0000"), id.strip_suffix(']')) {
        (Some(system), _) => system.into(),
        (_, Some(id)) => id.replace('[', ":"),
        _ => id.into(),
    }
}

/// Its protocol.
fn protocol(name: &str) -> String {
    match name {
        "EPE" => "BGP".into(),
        _ => name.replace("_L", " Level "),
    }
}

#[test]
fn the_collector_of_openbmp_says_the_same() {
    let Some(stream) = shared("data/openbmp/golden/streams/stream-A.bmp") else { return };
    let stream = std::fs::read(stream).unwrap();
    let mut routes: [Vec<String>; 3] = Default::default();
    for (family, announced, list) in lists_in(&stream) {
        let mut r = Reader::new(list);
        while !r.is_empty() {
            let kind = usize::from(r.peek()[1]); // both prefixes are in one table
            routes[(kind - 1).min(2)].push(said(family, announced, &mut r));
        }
    }
    let tables = ["ls_node", "ls_link", "ls_prefix"];
    for (table, routes) in tables.into_iter().zip(&routes) {
        let rows = rows(table).unwrap();
        assert_eq!(rows.len(), routes.len(), "{table}: {routes:#?}");
        for (row, said) in rows.iter().zip(routes) {
            // Counted from 1, as its documents do.
            let field = |number: usize| row[number - 1].clone();
            let (at, area) = if table == "ls_node" { (18, 16) } else { (17, 15) };
            let is_ospf = row[at - 1].starts_with("OSPF");
            let mut expected = vec![
                ("protocol_id", protocol(&row[at - 1])),
                ("identifier", decimal(&row[12])),
                (
                    "bgp_ls_identifier",
                    if row[13] == "0" { String::new() } else { decimal(&row[13]) },
                ),
                ("ospf_area_id", if is_ospf { field(area) } else { String::new() }),
                ("igp_router_id", router_id(&row[10])),
            ];
            match table {
                "ls_link" => expected.extend([
                    ("autonomous_system", field(42)),
                    ("igp_router_id", router_id(&row[38])),
                    ("ipv4_interface_address", field(25)),
                    ("ipv4_neighbor_address", field(26)),
                ]),
                "ls_prefix" => expected.push(("prefix", format!("{}/{}", row[29], row[30]))),
                _ => {}
            }
            agrees(said, &expected);
        }
    }
}
