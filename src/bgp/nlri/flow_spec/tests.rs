//! Rules of every component type: read, written back, said; and those that other projects and real
//! routers send.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::*;
use crate::bgp::attr::mp_reach::MpReach;
use crate::bgp::attr::mp_unreach::MpUnreach;
use crate::bgp::attr::{AttributeCode, Attributes};
use crate::bgp::nlri::testing::{malformed, octets, sound, withdrawn};
use crate::bgp::nlri::{FAMILIES, describe_one, example, rewrite_one};
use crate::wire::{Family, Outline};

const IPV4: Family = Family::new(1, 133);
const IPV4_VPN: Family = Family::new(1, 134);
const IPV6: Family = Family::new(2, 133);
const IPV6_VPN: Family = Family::new(2, 134);
const L2: Family = Family::new(25, 133);
const L2_VPN: Family = Family::new(25, 134);

/// What is said of the rule in `hex`, alone and without distinguisher.
fn rule(family: Family, hex: &str) -> String {
    let rule = octets(hex);
    let rule = Rule::parse(Reader::new(&rule), Kind::of(family.afi)).unwrap();
    rule.to_string()
}

#[test]
fn the_examples_of_rfc_8955_are_read() {
    sound(
        IPV4,
        "0b 0118c00002 038106 048119",
        "rule=destination 192.0.2.0/24 && protocol =6 && port =25 \
         components=[{type=Destination Prefix prefix=192.0.2.0/24}, \
         {type=IP Protocol operators=[{and=false operator== number=6 octets=1}]}, \
         {type=Port operators=[{and=false operator== number=25 octets=1}]}]",
    );
    sound(
        IPV4,
        "12 0118c00002 0218cb0071 040389458b911f90",
        "rule=destination 192.0.2.0/24 && source 203.0.113.0/24 && port >=137&<=139 =8080 \
         components=[{type=Destination Prefix prefix=192.0.2.0/24}, \
         {type=Source Prefix prefix=203.0.113.0/24}, {type=Port operators=[\
         {and=false operator=>= number=137 octets=1}, {and=true operator=<= number=139 octets=1}, \
         {and=false operator== number=8080 octets=2}]}]",
    );
    sound(
        IPV4,
        "09 0120c0000201 0c8005",
        "rule=destination 192.0.2.1/32 && fragment dont-fragment+first-fragment \
         components=[{type=Destination Prefix prefix=192.0.2.1/32}, {type=Fragment operators=[\
         {and=false not=false match=false bits=[dont-fragment, first-fragment] octets=1}]}]",
    );
}

#[test]
fn ipv6_prefixes_are_patterns_at_an_offset() {
    sound(
        IPV6,
        "0e 016840123456789a 03810d 0d8164",
        "rule=destination ::1234:5678:9a00:0/64-104 && protocol =13 && flow-label =100 \
         components=[{type=Destination IPv6 Prefix prefix=::1234:5678:9a00:0/104 offset=64 \
         pattern=123456789a}, \
         {type=Upper-Layer Protocol operators=[{and=false operator== number=13 octets=1}]}, \
         {type=Flow Label operators=[{and=false operator== number=100 octets=1}]}]",
    );
    sound(
        IPV6,
        "09 02300020010db80001",
        "rule=source 2001:db8:1::/48 \
         components=[{type=Source IPv6 Prefix prefix=2001:db8:1::/48}]",
    );
    // Less than an octet: the pattern begins with the 5th bit of the address.
    assert_eq!(rule(IPV6, "010c04 ab"), "destination ab0::/4-12");
    assert_eq!(rule(IPV6, "010000 0c8004"), "destination ::/0 && fragment first-fragment");
    assert_eq!(rule(IPV6, "0c8003"), "fragment is-fragment+0x1", "no DF bit in IPv6");
}

#[test]
fn whole_ipv6_addresses_with_an_offset_are_read_as_older_speakers_mean_them() {
    sound(
        IPV6,
        "11 01402020010db800010000 038111 0d8164",
        "rule=destination 2001:db8:1::/32-64 && protocol =17 && flow-label =100 \
         components=[{type=Destination IPv6 Prefix prefix=2001:db8:1::/64 offset=32 \
         pattern=20010db800010000}, \
         {type=Upper-Layer Protocol operators=[{and=false operator== number=17 octets=1}]}, \
         {type=Flow Label operators=[{and=false operator== number=100 octets=1}]}]",
    );
    // Neither way makes sense of all of it: that of the standard holds.
    assert_eq!(
        rule(IPV6, "01402020010db8 fe01"),
        "destination 0:0:2001:db8::/32-64 && type-254 0x01"
    );
    malformed(IPV6, "09 01402020010db80001", "component order", 8);
    malformed(IPV6, "04 01814000", "prefix length", 2);
    malformed(IPV6, "03 014040", "prefix offset", 3);
    malformed(IPV6, "03 010001", "prefix offset", 3);
}

#[test]
fn every_type_has_its_word() {
    for (hex, said) in [
        ("03 81 06", "protocol =6"),
        ("04 04 35 91 01bb", "port <53 =443"),
        ("05 12 0400 d5 07d0", "destination-port >1024&<=2000"),
        ("06 81 07", "source-port =7"),
        ("07 81 08", "icmp-type =8"),
        ("08 86 00", "icmp-code !=0"),
        ("09 81 12", "tcp-flags =syn+ack"),
        ("09 80 02", "tcp-flags syn"),
        ("09 12 0101 c3 80", "tcp-flags !fin+0x100&!=cwr"),
        ("09 81 00", "tcp-flags =0"),
        ("0a 92 03e8", "packet-length >1000"),
        ("0b 81 2e", "dscp =46"),
        ("0c 81 0f", "fragment =dont-fragment+is-fragment+first-fragment+last-fragment"),
        ("04 00 05 87 05", "port false true"),
    ] {
        assert_eq!(rule(IPV4, hex), said);
    }
    assert_eq!(rule(IPV6, "0da1000fffff"), "flow-label =1048575");
}

#[test]
fn operators_keep_every_bit() {
    sound(
        IPV4,
        "11 04 4905 2100000005 bf00000000000000ff",
        "rule=port =5 =5 true components=[{type=Port operators=[\
         {and=true operator== number=5 reserved=8 octets=1}, \
         {and=false operator== number=5 octets=4}, \
         {and=false operator=true number=255 reserved=8 octets=8}]}]",
    );
    sound(
        IPV4,
        "03 098e02",
        "rule=tcp-flags !syn components=[{type=TCP Flags operators=[\
         {and=false not=true match=false bits=[syn] reserved=12 octets=1}]}]",
    );
}

#[test]
fn vpn_rules_have_a_distinguisher() {
    sound(
        IPV4_VPN,
        "10 0000fdf500000001 01180a0003 038101",
        "rd=0:65013:1 rule=destination 10.0.3.0/24 && protocol =1 \
         components=[{type=Destination Prefix prefix=10.0.3.0/24}, \
         {type=IP Protocol operators=[{and=false operator== number=1 octets=1}]}]",
    );
    withdrawn(
        IPV6_VPN,
        "0b 0001c000020700050d8101",
        "rd=1:192.0.2.7:5 rule=flow-label =1 \
         components=[{type=Flow Label operators=[{and=false operator== number=1 octets=1}]}]",
    );
    malformed(IPV4_VPN, "07 00000000000000", "route distinguisher", 1);
    malformed(IPV4_VPN, "08 0000000000000001", "flow specification component", 9);
}

#[test]
fn layer_2_rules_have_components_of_their_own() {
    sound(
        L2_VPN,
        "36 0000fde900000064 0e920800 0f0602005e000001 100602005e000002 11825a 128464 1382c8 \
         1494012c 159607d0 168102 1781c8 188103",
        "rd=0:65001:100 rule=ether-type >0x800 && source-mac 02:00:5e:00:00:01 && \
         destination-mac 02:00:5e:00:00:02 && llc-dsap >0x5a && llc-ssap <0x64 && \
         llc-control >0xc8 && snap <0x12c && vlan-id !=2000 && vlan-cos =2 && \
         inner-vlan-id =200 && inner-vlan-cos =3 components=[\
         {type=Ethernet Type operators=[{and=false operator=> number=2048 octets=2}]}, \
         {type=Source MAC mac=02:00:5e:00:00:01}, {type=Destination MAC mac=02:00:5e:00:00:02}, \
         {type=DSAP in LLC operators=[{and=false operator=> number=90 octets=1}]}, \
         {type=SSAP in LLC operators=[{and=false operator=< number=100 octets=1}]}, \
         {type=Control Field in LLC operators=[{and=false operator=> number=200 octets=1}]}, \
         {type=SNAP operators=[{and=false operator=< number=300 octets=2}]}, \
         {type=VLAN ID operators=[{and=false operator=!= number=2000 octets=2}]}, \
         {type=VLAN CoS operators=[{and=false operator== number=2 octets=1}]}, \
         {type=Inner VLAN ID operators=[{and=false operator== number=200 octets=1}]}, \
         {type=Inner VLAN CoS operators=[{and=false operator== number=3 octets=1}]}]",
    );
    assert_eq!(rule(L2, "038106 0e920800"), "protocol =6 && ether-type >0x800");
    // Whether a prefix is an IPv4 or an IPv6 one cannot be told, nor what other lengths mean.
    assert_eq!(rule(L2, "01180a0003"), "type-1 0x180a0003");
    assert_eq!(rule(L2, "0e820a 0f30 beefcafe1eaf"), "ether-type >0xa && type-15 0x30beefcafe1eaf");
    malformed(L2, "07 0f06beefcafe1e", "MAC address", 3);
}

#[test]
fn components_of_unknown_types_are_kept_with_all_behind_them() {
    sound(
        IPV4,
        "08 038106 4d010203 00",
        "rule=protocol =6 && type-77 0x01020300 \
         components=[{type=IP Protocol operators=[{and=false operator== number=6 octets=1}]}, \
         {type=77 value=01020300}]",
    );
    sound(IPV4, "01 00", "rule=type-0 0x components=[{type=0 value=}]");
    assert_eq!(rule(IPV4, "0d8101"), "type-13 0x8101", "flow labels are IPv6's");
    assert_eq!(rule(IPV6, "0e8101"), "type-14 0x8101", "and Ethernet types layer 2's");
}

#[test]
fn lengths_keep_their_form() {
    sound(
        IPV4,
        "f003 038106",
        "rule=protocol =6 \
         components=[{type=IP Protocol operators=[{and=false operator== number=6 octets=1}]}] \
         length_octets=2",
    );
    let long = format!("f0f1 04 {} 910035", "110035".repeat(79));
    let mut out = Vec::new();
    let list = octets(&long);
    rewrite_one(IPV4, false, true, &mut Reader::new(&list), &mut out).unwrap();
    assert_eq!(out, list);
    let said = Outline::of(|fields| {
        describe_one(IPV4, false, true, &mut Reader::new(&list), fields).unwrap();
    });
    assert!(!said.contains("length_octets"), "it must have two: {said}");
}

#[test]
fn malformed_rules_are_told() {
    malformed(IPV4, "00", "flow specification component", 1);
    malformed(IPV4, "f0", "NLRI length", 1);
    malformed(IPV4, "04 038106", "flow specification", 1);
    malformed(IPV4, "01 03", "operator", 2);
    malformed(IPV4, "02 0381", "operator value", 3);
    malformed(IPV4, "03 030106", "operator", 4);
    malformed(IPV4, "06 048135 038106", "component order", 4);
    malformed(IPV4, "06 038135 038106", "component order", 4);
}

#[test]
fn examples_have_components_of_every_type() {
    for known in FAMILIES.iter().filter(|known| matches!(known.family.safi, 133 | 134)) {
        let kind = Kind::of(known.family.afi);
        let (first, last) = kind.types();
        let (mut types, mut long) = (std::collections::BTreeSet::new(), 0);
        for index in 0..1_000 {
            let mut out = Vec::new();
            example(known.family, index, &mut out);
            long += usize::from(out.len() > 240);
            let mut r = Reader::new(&out);
            let len = match r.u8("NLRI length").unwrap() {
                high @ 0xf0.. => usize::from(high & 0x0f) << 8 | usize::from(r.u8("").unwrap()),
                len => usize::from(len),
            };
            assert_eq!(r.len(), len);
            r.take("rd", if known.family.safi == 134 { 8 } else { 0 }).unwrap();
            types.extend(Rule::parse(r, kind).unwrap().components().map(|c| c.code));
        }
        assert_eq!(types, (first..=last).collect(), "{}", known.name);
        assert!(long > 0, "{}", known.name);
    }
}

proptest::proptest! {
    /// Components in order, of which any may be odd inside.
    #[test]
    fn whatever_is_read_is_written_as_it_was(
        components in proptest::collection::btree_map(
            0..28_u8,
            proptest::collection::vec(
                proptest::prop_oneof![0..4_u8, 0x80..0x88_u8, 0..=255_u8],
                0..9,
            ),
            1..6,
        ),
        two_octets: bool,
    ) {
        let rule: Vec<u8> = components.iter().flat_map(|(code, value)| {
            std::iter::once(*code).chain(value.iter().copied())
        }).collect();
        let mut accepted = 0;
        for family in [IPV4, IPV4_VPN, IPV6, IPV6_VPN, L2, L2_VPN] {
            let rd = (family.safi == 134).then_some(RouteDistinguisher([0; 8]));
            let (mut list, mut out) = (Vec::new(), Vec::new());
            write(two_octets, rd, &rule, &mut list);
            let mut r = Reader::new(&list);
            if rewrite_one(family, false, true, &mut r, &mut out).is_ok() {
                accepted += 1;
                proptest::prop_assert_eq!(&out, &list);
                let said = Outline::of(|fields| {
                    describe_one(family, false, true, &mut Reader::new(&list), fields).unwrap();
                });
                proptest::prop_assert!(said.len() <= 256 + 96 * list.len(), "{}", said);
            }
            proptest::prop_assert!(r.is_empty() || out.is_empty());
        }
        // What a family of the same AFI reads does not hang on its distinguisher.
        proptest::prop_assert_eq!(accepted % 2, 0);
    }
}

// ---- what others send --------------------------------------------------------------------------

fn shared(path: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("RIBCAGE_SHARED").map_or("../shared".into(), PathBuf::from);
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join(shared).join(path);
    if !found.exists() {
        eprintln!("skipped: no shared data at {}", found.display());
        return None;
    }
    Some(found)
}

/// The lists of NLRI of flow specifications in UPDATEs, wherever a marker stands in `octets`.
fn lists_in(octets: &[u8]) -> Vec<(Family, Vec<u8>)> {
    let mut found = Vec::new();
    let marks = octets.windows(16).enumerate().filter(|(_, window)| *window == [0xff; 16]);
    for (at, _) in marks {
        let mut r = Reader::new(&octets[at + 16..]);
        let attributes = || -> Result<Reader<'_>, WireError> {
            let len = r.u16("length")?;
            let kind = r.u8("type")?;
            let mut body = r.sub("message", usize::from(len).saturating_sub(19))?;
            if kind != 2 {
                return Ok(Reader::EMPTY);
            }
            let withdrawn = body.u16("withdrawn")?;
            body.take("withdrawn", withdrawn.into())?;
            let len = body.u16("attributes")?;
            body.sub("attributes", len.into())
        }();
        for attribute in Attributes::new(attributes.unwrap_or(Reader::EMPTY)).flatten() {
            let value = Reader::new(attribute.value());
            let list = match attribute.code {
                AttributeCode::MpReachNlri => MpReach::parse(value).map(|mp| (mp.family, mp.nlri)),
                AttributeCode::MpUnreachNlri => {
                    MpUnreach::parse(value).map(|mp| (mp.family, mp.nlri))
                }
                _ => continue,
            };
            let ours = list.ok().filter(|(family, _)| matches!(family.safi, 133 | 134));
            found.extend(ours.map(|(family, nlri)| (family, nlri.peek().to_vec())));
        }
    }
    found
}

/// Reads and writes all NLRI of a list: how many there are, and what the rules say.
fn rewritten(family: Family, list: &[u8]) -> Result<Vec<String>, WireError> {
    let (mut r, mut out, mut said) = (Reader::new(list), Vec::new(), Vec::new());
    while !r.is_empty() {
        let mut same = r;
        rewrite_one(family, false, true, &mut r, &mut out)?;
        said.push(Outline::of(|f| describe_one(family, false, true, &mut same, f).unwrap()));
    }
    assert_eq!(out, list);
    Ok(said)
}

#[test]
fn recorded_rules_are_read_and_written_back() {
    let (Some(vectors), Some(lab)) = (shared("data/vectors"), shared("data/lab")) else { return };
    let mut lists = Vec::new();
    for file in std::fs::read_dir(vectors).unwrap().chain(std::fs::read_dir(lab).unwrap()) {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "hex") {
            let text = std::fs::read_to_string(&path).unwrap();
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            lists.extend(lines.flat_map(|line| lists_in(&octets(line))));
        } else if path.to_string_lossy().ends_with(".bmp.gz") {
            let mut stream = Vec::new();
            let file = std::fs::File::open(&path).unwrap();
            flate2::read::MultiGzDecoder::new(file).read_to_end(&mut stream).unwrap();
            lists.extend(lists_in(&stream));
        }
    }
    let (mut rules, mut unknown, mut refused) = (0, 0, Vec::new());
    for (family, list) in &lists {
        match rewritten(*family, list) {
            Ok(said) => {
                rules += said.len();
                unknown += said.iter().filter(|said| said.contains("value=")).count();
                said.iter().for_each(|said| eprintln!("{family} {said}"));
            }
            Err(error) => refused.push((family, list, error)),
        }
    }
    eprintln!("{} lists, {rules} rules, {unknown} with unknown types", lists.len());
    assert!(refused.is_empty(), "{refused:02x?}");
    assert!(rules > 0 && unknown == 0, "{rules} {unknown}");
}
