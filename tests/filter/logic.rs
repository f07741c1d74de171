//! Each term against messages made by hand, one of every kind.

use std::sync::Arc;

use ribcage::bgp::encode::{self as bgp, Segment};
use ribcage::bmp::v4::{self, Index, PathMarking, Profile, RmValue};
use ribcage::bmp::{PeerHeader, PeerType, encode as bmp};
use ribcage::filter::{Filter, Judge};
use ribcage::output::format::{Cursor, FORMATS, Options};
use ribcage::output::frames::Frames;
use ribcage::output::selection::Selection;
use ribcage::record::{
    Batch, BatchLimits, CloseReason, Event, Marks, NewRecord, RouterContext, SessionId,
};
use ribcage::session::{Session, SessionLimits};
use ribcage::wire::{Family, Prefix, RouteDistinguisher, Timestamp};

use crate::util::line;

const EVPN: Family = Family::new(25, 70);
/// Of no family that is decoded.
const RAW: Family = Family::new(7, 9);
const VRF: RouteDistinguisher = RouteDistinguisher([0, 0, 0xfd, 0xe8, 0, 0, 0, 7]);

/// What is in the session, in the order of the records that it gives.
const ALL: &[&str] = &[
    "log_init",
    "init",
    "peer_up 192.0.2.9",
    "peer_up 0.0.0.0",
    "withdraw 10.3.0.0/16",
    "update 10.0.0.0/8",
    "update 192.168.0.0/24",
    "update 10.1.0.0/16",
    "update 10.2.0.0/16",
    "update 10.4.0.0/16",
    "update 2001:db8::/32",
    "update 2001:db8:1::/48",
    "update 10.5.0.0/16",
    "update evpn",
    "update 10.6.0.0/16",
    "update raw",
    "withdraw 2001:db8::/32",
    "end-of-rib 1",
    "end-of-rib 2",
    "stats 192.0.2.9",
    "peer_down 192.0.2.9",
    "term",
    "log_close",
];

fn global() -> PeerHeader {
    PeerHeader::new([192, 0, 2, 9].into(), 65009, [192, 0, 2, 90].into())
}

fn vrf() -> PeerHeader {
    let peer = PeerHeader::new([192, 0, 2, 10].into(), 65010, [192, 0, 2, 91].into());
    PeerHeader { kind: PeerType::Rd, distinguisher: VRF, ..peer }
}

fn loc_rib() -> PeerHeader {
    PeerHeader::loc_rib(65000, [192, 0, 2, 1].into())
}

fn peer_up(out: &mut Vec<u8>, peer: &PeerHeader) {
    let (mut open, bgp_id) = (Vec::new(), [192, 0, 2, 9].into());
    bgp::open(&mut open, &bgp::Open { asn: peer.asn, hold_time: 90, bgp_id, capabilities: &[] });
    let up = bmp::PeerUp {
        local_address: [192, 0, 2, 1].into(),
        local_port: 179,
        remote_port: 40_000,
        sent_open: &open,
        received_open: &open,
        tlvs: &[],
    };
    bmp::peer_up(out, peer, &up);
}

fn ipv4(prefixes: &[([u8; 4], u8)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (octets, bits) in prefixes {
        bgp::prefix(&mut out, None, &Prefix::V4(*octets, *bits));
    }
    out
}

fn ipv6(prefixes: &[(u16, u8)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (third, bits) in prefixes {
        let mut octets = [0; 16];
        octets[..4].copy_from_slice(&[0x20, 1, 0xd, 0xb8]);
        octets[4..6].copy_from_slice(&third.to_be_bytes());
        bgp::prefix(&mut out, None, &Prefix::V6(octets, *bits));
    }
    out
}

/// ORIGIN and AS_PATH, then what `more` adds.
fn attributes(path: &[Segment<'_>], more: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    bgp::origin(&mut out, 0);
    bgp::as_path(&mut out, path);
    more(&mut out);
    out
}

fn monitoring(out: &mut Vec<u8>, peer: &PeerHeader, parts: [&[u8]; 3]) {
    let [withdrawn, attributes, nlri] = parts;
    bmp::route_monitoring_with(out, peer, |out| bgp::update(out, withdrawn, attributes, nlri));
}

/// The octets of the session.
fn stream() -> Vec<u8> {
    let (mut out, hop) = (Vec::new(), [192, 0, 2, 9]);
    bmp::initiation(&mut out, &[(1, b"a router"), (2, b"core-1")]);
    peer_up(&mut out, &global());
    peer_up(&mut out, &loc_rib());
    let first = attributes(&[Segment::Sequence(&[65009, 65020])], |out| {
        bgp::next_hop(out, hop.into());
        bgp::communities(out, &[65000 << 16 | 100, 0xffff_ff01]);
        bgp::extended_communities(out, &[[0, 2, 0xfd, 0xe8, 0, 0, 0, 100]]);
        bgp::large_communities(out, &[[65000, 1, 2]]);
    });
    let routes =
        [([10, 0, 0, 0], 8), ([192, 168, 0, 0], 24), ([10, 1, 0, 0], 16), ([10, 2, 0, 0], 16)];
    monitoring(&mut out, &global(), [&ipv4(&[([10, 3, 0, 0], 16)]), &first, &ipv4(&routes)]);
    let path = [Segment::Sequence(&[65009]), Segment::Set(&[65021, 65022])];
    let second = attributes(&path, |out| bgp::next_hop(out, hop.into()));
    let post = global().with_flags(PeerHeader::FLAG_L);
    monitoring(&mut out, &post, [&[], &second, &ipv4(&[([10, 4, 0, 0], 16)])]);
    let third = attributes(&[Segment::Sequence(&[65030])], |out| {
        bgp::mp_reach(out, Family::IPV6_UNICAST, &[1; 16], &ipv6(&[(0, 32), (1, 48)]));
    });
    monitoring(&mut out, &loc_rib(), [&[], &third, &[]]);
    let mut vpn = Vec::new();
    let rd = RouteDistinguisher([0, 0, 0xfd, 0xe8, 0, 0, 0, 5]);
    bgp::vpn(&mut vpn, None, &[20], rd, &Prefix::V4([10, 5, 0, 0], 16));
    let fourth = attributes(&[], |out| bgp::mp_reach(out, Family::IPV4_VPN, &[0; 12], &vpn));
    monitoring(&mut out, &vrf(), [&[], &fourth, &[]]);
    // A MAC/IP Advertisement and an IP Prefix route (RFC 7432 §7.2, RFC 9136 §3.1).
    let mac = [
        &[2, 33, 0, 0, 0xfd, 0xe8, 0, 0, 0, 5][..],
        &[0; 14],
        &[48, 1, 2, 3, 4, 5, 6, 0, 0, 1, 0x41],
    ];
    let ip = [
        &[5, 34, 0, 0, 0xfd, 0xe8, 0, 0, 0, 5][..],
        &[0; 14],
        &[16, 10, 6, 0, 0, 0, 0, 0, 0, 0, 1, 0x41],
    ];
    let evpn = [mac.concat(), ip.concat()].concat();
    let fifth = attributes(&[Segment::Sequence(&[65040])], |out| {
        bgp::mp_reach(out, EVPN, &[192, 0, 2, 9], &evpn);
    });
    monitoring(&mut out, &global(), [&[], &fifth, &[]]);
    let sixth = attributes(&[Segment::Sequence(&[65050])], |out| {
        bgp::mp_reach(out, RAW, &[192, 0, 2, 9], &[1, 2, 3]);
    });
    monitoring(&mut out, &global(), [&[], &sixth, &[]]);
    let mut seventh = Vec::new();
    bgp::mp_unreach(&mut seventh, Family::IPV6_UNICAST, &ipv6(&[(0, 32)]));
    monitoring(&mut out, &loc_rib(), [&[], &seventh, &[]]);
    for (peer, family) in [(global(), Family::IPV4_UNICAST), (loc_rib(), Family::IPV6_UNICAST)] {
        bmp::route_monitoring_with(&mut out, &peer, |out| bgp::end_of_rib(out, family));
    }
    bmp::statistics(&mut out, &global(), &[bmp::Statistic::Counter(0, 1)]);
    bmp::peer_down(&mut out, &global(), &bmp::PeerDown::Remote);
    bmp::termination(&mut out, &[(1, &[0, 0])]);
    out
}

fn batch() -> Batch {
    let limits = SessionLimits::default();
    let mut batch = Batch::new(BatchLimits::for_messages(limits.max_frame));
    let router = "192.0.2.1:4000".parse().unwrap();
    let mut session = Session::new(SessionId(1), router, limits);
    let now = Timestamp::new(1_767_323_045, 0);
    session.open(now, &mut batch).unwrap();
    session.receive(now, &stream(), &mut batch);
    session.close(now, CloseReason::EndOfStream, &mut batch).unwrap();
    assert_eq!(session.take_event(), None);
    batch
}

/// The records that a format writes of what passes.
fn rendered(format: &str, batch: &Batch, judge: Option<&Judge>) -> Vec<Vec<u8>> {
    let entry = FORMATS.iter().find(|f| f.name == format).unwrap();
    let options = Options { pairs: &[], name: "t", socket: false, stream: 0, streams: 1 };
    let mut format = (entry.build)(&options).unwrap();
    let selection = Selection::of_stream(0, 1, judge);
    let (mut cursor, mut frames, mut all) = (Cursor::default(), Frames::new(), Vec::new());
    while cursor.record < batch.records().len() {
        format.render(batch, &selection, &mut cursor, &mut frames);
        all.extend((0..frames.len()).map(|index| frames.octets(index).to_vec()));
        frames.clear();
    }
    all
}

fn judge(filter: &str) -> Judge {
    let filter: Filter = filter.parse().unwrap_or_else(|e| panic!("{filter}: {e}"));
    Judge::new(Arc::new(filter))
}

fn label(record: &str) -> String {
    let text = |key| line::text(record, key);
    match line::kind(record) {
        kind @ ("peer_up" | "peer_down" | "stats") => format!("{kind} {}", text("peer_ip")),
        kind @ ("update" | "withdraw") => {
            let prefix = [text("ip_prefix"), text("prefix")].concat();
            match (prefix.as_str(), text("afi")) {
                ("", "7") => format!("{kind} raw"),
                ("", _) => format!("{kind} evpn"),
                (prefix, _) => format!("{kind} {prefix}"),
            }
        }
        "end-of-rib" => format!("end-of-rib {}", text("afi")),
        other => other.to_owned(),
    }
}

fn labels(batch: &Batch, judge: Option<&Judge>) -> Vec<String> {
    let records = rendered("pmacct-json", batch, judge);
    records.iter().map(|record| label(std::str::from_utf8(record).unwrap())).collect()
}

/// All but what the filter keeps back.
fn without(dropped: &[&str]) -> Vec<&'static str> {
    for label in dropped {
        assert!(ALL.contains(label), "{label}");
    }
    ALL.iter().filter(|label| !dropped.contains(label)).copied().collect()
}

/// Only this of Route Monitoring, and all that is no Route Monitoring.
fn routes(kept: &[&'static str]) -> Vec<&'static str> {
    let is_route = |label: &str| {
        ["update", "withdraw", "end-of-rib"].contains(&label.split(' ').next().unwrap())
    };
    ALL.iter().filter(|label| !is_route(label) || kept.contains(label)).copied().collect()
}

/// Everything but routes of families without prefixes and those of which nothing can be told.
const NO_ROUTE: &[&str] = &["end-of-rib 1", "end-of-rib 2", "update raw"];

#[test]
fn without_a_filter_all_is_there() {
    assert_eq!(labels(&batch(), None), ALL);
}

fn check(filter: &str, expected: &[&str]) {
    let (batch, judge) = (batch(), judge(filter));
    assert_eq!(labels(&batch, Some(&judge)), expected, "{filter}");
    // Each record was asked for once.
    let other = self::judge(filter);
    let kept_back = batch.records().iter().filter(|record| !other.takes(&batch, record)).count();
    assert_eq!(judge.kept_back(), kept_back as u64, "{filter}");
}

#[test]
fn terms_about_routers_and_peers() {
    check("router = 192.0.2.1", ALL);
    check("router in 192.0.2.0/24", ALL);
    check("router = 192.0.2.2", &[]);
    check("not router = 192.0.2.1", &[]);
    check("router-name = core-1", ALL);
    check("router-name = core-*", ALL);
    check("not router-name = core-*", &["log_init", "log_close"]);
    check("router-name = edge", &["log_init", "log_close"]);
    let of_vrf = ["update 10.5.0.0/16"];
    let of_loc_rib = [
        "peer_up 0.0.0.0",
        "update 2001:db8::/32",
        "update 2001:db8:1::/48",
        "withdraw 2001:db8::/32",
        "end-of-rib 2",
    ];
    let others = [&of_vrf[..], &of_loc_rib].concat();
    for filter in [
        "peer = 192.0.2.9",
        "peer in (192.0.2.8/31, 2001:db8::/32)",
        "peer-as = 65009",
        "peer-as in 65001..65009",
        "peer-id = 192.0.2.90",
        "not (peer-as = 65000 or peer-as = 65010)",
        "not view = loc-rib and not peer-rd = 65000:7",
    ] {
        check(filter, &without(&others));
    }
    let kept = ["log_init", "init", "update 10.5.0.0/16", "term", "log_close"];
    check("peer-rd = 65000:7", &kept);
    check("peer-rd = 0:65000:7 and peer = 192.0.2.10", &kept);
}

#[test]
fn a_view_is_that_of_routes_and_any_adj_rib_of_other_messages() {
    let kept = [
        "log_init",
        "init",
        "peer_up 0.0.0.0",
        "update 2001:db8::/32",
        "update 2001:db8:1::/48",
        "withdraw 2001:db8::/32",
        "end-of-rib 2",
        "term",
        "log_close",
    ];
    check("view = loc-rib", &kept);
    let kept = [
        "log_init",
        "init",
        "peer_up 192.0.2.9",
        "update 10.4.0.0/16",
        "stats 192.0.2.9",
        "peer_down 192.0.2.9",
        "term",
        "log_close",
    ];
    check("view = adj-rib-in-post", &kept);
    check("view in (adj-rib-in-post, adj-rib-out-pre)", &kept);
    check("not view in (adj-rib-in-pre, loc-rib)", &kept);
    check(
        "not view in (adj-rib-in-pre, adj-rib-in-post, loc-rib) or view = adj-rib-in-post",
        &kept,
    );
}

#[test]
fn terms_about_messages() {
    let only = |labels: &[&'static str]| -> Vec<_> {
        ALL.iter().filter(|l| l.starts_with("log_") || labels.contains(l)).copied().collect()
    };
    check("message = initiation", &only(&["init"]));
    check("message = termination", &only(&["term"]));
    check("message = statistics", &only(&["stats 192.0.2.9"]));
    check("not message = statistics", &without(&["stats 192.0.2.9"]));
    check(
        "message in (peer-up, peer-down)",
        &only(&["peer_up 192.0.2.9", "peer_up 0.0.0.0", "peer_down 192.0.2.9"]),
    );
    check("message = withdraw", &only(&["withdraw 10.3.0.0/16", "withdraw 2001:db8::/32"]));
    check("message = end-of-rib", &only(&["end-of-rib 1", "end-of-rib 2"]));
    let routes: Vec<_> = ALL[4..19].to_vec();
    check("message = route-monitoring", &only(&routes));
    check("message in (announce, withdraw, end-of-rib)", &only(&routes));
    check("message in (other, route-mirroring, route-event-log, route-policy-trace)", &only(&[]));
}

#[test]
fn terms_about_families_and_prefixes() {
    check(
        "family = ipv6",
        &routes(&[
            "update 2001:db8::/32",
            "update 2001:db8:1::/48",
            "withdraw 2001:db8::/32",
            "end-of-rib 2",
        ]),
    );
    check(
        "family in (ipv4-vpn, evpn)",
        &routes(&["update 10.5.0.0/16", "update evpn", "update 10.6.0.0/16"]),
    );
    check("family = 7/9", &routes(&["update raw"]));
    let with = |kept: &[&'static str]| routes(&[NO_ROUTE, kept].concat());
    check("prefix = 10.1.0.0/16", &with(&["update 10.1.0.0/16"]));
    check(
        "prefix in (10.1.0.0/16, 192.168.0.0/24)",
        &with(&["update 192.168.0.0/24", "update 10.1.0.0/16"]),
    );
    let in_ten = [
        "withdraw 10.3.0.0/16",
        "update 10.0.0.0/8",
        "update 10.1.0.0/16",
        "update 10.2.0.0/16",
        "update 10.4.0.0/16",
        "update 10.5.0.0/16",
        "update 10.6.0.0/16",
    ];
    check("prefix within 10.0.0.0/8", &with(&in_ten));
    check("prefix within (10.0.0.0/8, 11.0.0.0/8)", &with(&in_ten));
    check(
        "prefix within 10.0.0.0/8 and prefix-length in 9..32",
        &with(&in_ten.into_iter().filter(|l| *l != "update 10.0.0.0/8").collect::<Vec<_>>()),
    );
    check("prefix covers 10.1.2.3", &with(&["update 10.0.0.0/8", "update 10.1.0.0/16"]));
    check("prefix-length = 48", &with(&["update 2001:db8:1::/48"]));
    // A route that is no prefix is within none.
    let others: Vec<_> = ALL.iter().filter(|label| !in_ten.contains(label)).copied().collect();
    check("not prefix within 10.0.0.0/8", &others);
    check("rd = 65000:5", &with(&["update 10.5.0.0/16", "update evpn", "update 10.6.0.0/16"]));
    check("rd = 65000:6", &with(&[]));
}

#[test]
fn what_has_no_attributes_passes_terms_about_them() {
    let first =
        ["update 10.0.0.0/8", "update 192.168.0.0/24", "update 10.1.0.0/16", "update 10.2.0.0/16"];
    let fixed = ["withdraw 10.3.0.0/16", "withdraw 2001:db8::/32", "end-of-rib 1", "end-of-rib 2"];
    let with = |kept: &[&'static str]| routes(&[&fixed[..], kept].concat());
    check("origin-as = 65020", &with(&first));
    check("origin-as = 65021", &with(&["update 10.4.0.0/16"]));
    check("origin-as in 65021..65022", &with(&["update 10.4.0.0/16"]));
    check("origin-as = 65009", &with(&[]));
    check("as-path has 65009", &with(&[&first[..], &["update 10.4.0.0/16"]].concat()));
    check("as-path has 65050", &with(&["update raw"]));
    for community in ["65000:100", "65000:*", "65000:1:2", "rt:65000:100", "no-export", "*:*:2"] {
        check(&format!("community has {community}"), &with(&first));
        check(&format!("community has (1:1, {community})"), &with(&first));
    }
    check("community has 65000:101", &with(&[]));
    check("not community has 65000:100", &without(&first));
    check("not origin-as = 65020", &without(&first));
}

#[test]
fn terms_are_joined() {
    check(
        "prefix within 10.1.0.0/16 and origin-as = 65020",
        &routes(&["end-of-rib 1", "end-of-rib 2", "update 10.1.0.0/16"]),
    );
    // A withdrawal may be that of a route whose origin was this one.
    check(
        "view = loc-rib or origin-as = 65020",
        &without(&[
            "update 10.4.0.0/16",
            "update 10.5.0.0/16",
            "update evpn",
            "update 10.6.0.0/16",
            "update raw",
        ]),
    );
    check(
        "message = withdraw and not view = loc-rib",
        &["log_init", "withdraw 10.3.0.0/16", "log_close"],
    );
    check("(prefix = 10.0.0.0/8 or prefix = 10.2.0.0/16) and not message = peer-down", &{
        let mut kept = routes(&[NO_ROUTE, &["update 10.0.0.0/8", "update 10.2.0.0/16"]].concat());
        kept.retain(|label| *label != "peer_down 192.0.2.9");
        kept
    });
}

#[test]
fn formats_of_whole_messages_take_an_update_for_one_of_its_routes() {
    let batch = batch();
    let all = rendered("bmp", &batch, None);
    for (filter, kept) in [
        ("prefix = 192.168.0.0/24", vec![0, 1, 2, 3, 4, 9, 11, 12, 13, 14, 15, 16]),
        ("prefix = 172.16.0.0/12", vec![0, 1, 2, 3, 9, 11, 12, 13, 14, 15, 16]),
        ("router = 192.0.2.2", vec![]),
        ("message = end-of-rib", vec![0, 11, 12, 16]),
    ] {
        let judge = judge(filter);
        let expected: Vec<_> = kept.into_iter().map(|index: usize| all[index].clone()).collect();
        assert_eq!(rendered("bmp", &batch, Some(&judge)), expected, "{filter}");
    }
}

#[test]
fn attributes_that_cannot_be_read_pass_and_others_are_judged() {
    let path = |out: &mut Vec<u8>| bgp::as_path(out, &[Segment::Sequence(&[65020])]);
    let malformed = |build: &dyn Fn(&mut Vec<u8>)| {
        let (mut out, mut octets) = (Vec::new(), Vec::new());
        bgp::origin(&mut octets, 0);
        build(&mut octets);
        monitoring(&mut out, &global(), [&[], &octets, &ipv4(&[([10, 0, 0, 0], 8)])]);
        let limits = SessionLimits::default();
        let mut batch = Batch::new(BatchLimits::for_messages(limits.max_frame));
        let mut session = Session::new(SessionId(1), "192.0.2.1:1".parse().unwrap(), limits);
        session.receive(Timestamp::default(), &out, &mut batch);
        assert_eq!(session.take_counters().malformed, 1);
        batch
    };
    let no_next_hop = malformed(&|out| path(out));
    let no_path = malformed(&|out| bgp::next_hop(out, [192, 0, 2, 9].into()));
    let cut_path = malformed(&|out| bgp::attribute(out, 0x40, 2, &[2, 9, 0, 0, 0, 1]));
    let cut_community = malformed(&|out| {
        path(out);
        bgp::attribute(out, 0xc0, 8, &[0xfd, 0xe8, 0, 100, 1]);
    });
    for (batch, filter, passes) in [
        (&no_next_hop, "origin-as = 65020", true),
        (&no_next_hop, "origin-as = 65021", false),
        (&no_next_hop, "community has 65000:100", false),
        (&no_path, "origin-as = 65021", false),
        (&no_path, "not as-path has 65021", true),
        (&no_path, "as-path has 65021 and prefix = 11.0.0.0/8", false),
        (&cut_path, "origin-as = 65021", true),
        (&cut_path, "not origin-as = 65021", true),
        (&cut_community, "community has 1:1", true),
        (&cut_community, "origin-as = 65021", false),
        (&cut_community, "message = announce", true),
    ] {
        assert_eq!(judge(filter).takes(batch, &batch.records()[0]), passes, "{filter}");
    }
}

/// What version 4 says of single routes stays with them.
#[test]
fn routes_keep_their_markings() {
    let routes: Vec<_> = (0..9).map(|n| ([10 + n % 2, n, 0, 0], 16)).collect();
    let mut pdu = Vec::new();
    let attributes = attributes(&[], |out| bgp::next_hop(out, [192, 0, 2, 9].into()));
    bgp::update(&mut pdu, &ipv4(&[([10, 200, 0, 0], 16)]), &attributes, &ipv4(&routes));
    let mut octets = Vec::new();
    v4::message(&mut octets, 0, |out| {
        global().encode(out);
        for index in 1..=10 {
            let marking = PathMarking { status: 1 << index, reason: None };
            let value = RmValue::PathMarking(marking);
            assert!(value.encode(Index(index), Profile::Draft19, out));
        }
        assert!(RmValue::BgpMessage(&pdu).encode(Index::ALL, Profile::Draft19, out));
    });
    let limits = SessionLimits::default();
    let mut batch = Batch::new(BatchLimits::for_messages(limits.max_frame));
    let mut session = Session::new(SessionId(1), "192.0.2.1:1".parse().unwrap(), limits);
    session.receive(Timestamp::default(), &octets, &mut batch);
    let lines = |judge: Option<&Judge>| -> Vec<_> {
        let records = rendered("pmacct-json", &batch, judge).into_iter();
        records.map(|record| line::blank(std::str::from_utf8(&record).unwrap(), &["seq"])).collect()
    };
    let all = lines(None);
    assert_eq!((all.len(), all.iter().collect::<std::collections::HashSet<_>>().len()), (10, 10));
    for (filter, prefix) in
        [("prefix within 10.0.0.0/8", "\"10."), ("prefix within 11.0.0.0/8", "\"11.")]
    {
        let expected: Vec<_> = all
            .iter()
            .filter(|line| line.contains(&format!("\"ip_prefix\": {prefix}")))
            .cloned()
            .collect();
        assert!(expected.len() > 3);
        assert_eq!(lines(Some(&judge(filter))), expected);
    }
}

#[test]
fn where_updates_are_not_decoded_terms_about_them_let_all_pass() {
    let limits = SessionLimits { updates: false, ..SessionLimits::default() };
    let mut batch = Batch::new(BatchLimits::for_messages(limits.max_frame));
    let mut session = Session::new(SessionId(1), "192.0.2.1:1".parse().unwrap(), limits);
    session.receive(Timestamp::default(), &stream(), &mut batch);
    let kept = |filter: &str| {
        let judge = judge(filter);
        batch.records().iter().filter(|record| judge.takes(&batch, record)).count()
    };
    assert_eq!(
        kept("prefix = 1.0.0.0/8 and origin-as = 1 and family = ipv4"),
        batch.records().len()
    );
    assert_eq!(kept("message = announce"), 9, "Route Monitoring, whatever it holds");
    assert_eq!(kept("view = loc-rib and message = route-monitoring"), 3);
}

#[test]
fn a_name_that_was_given_counts_before_the_routers_own() {
    let limits = BatchLimits::for_messages(1 << 20);
    let mut batch = Batch::new(limits);
    let marks = Marks { name: Some("given".to_owned()), ..Marks::default() };
    let context = RouterContext::new(SessionId(1), "192.0.2.1:1".parse().unwrap());
    let router = batch.add_router(RouterContext { marks: Some(Arc::new(marks)), ..context });
    let mut initiation = Vec::new();
    bmp::initiation(&mut initiation, &[(2, b"core-1")]);
    let (peer, ordinal, offset, arrival) = (None, 0, 0, Timestamp::default());
    let (message, event) = (&initiation[..], Event::Message);
    let new = NewRecord { router, peer, ordinal, offset, arrival, message, event };
    batch.push(new).unwrap();
    for (filter, passes) in [("router-name = given", true), ("router-name = core-1", false)] {
        assert_eq!(judge(filter).takes(&batch, &batch.records()[0]), passes, "{filter}");
    }
}

#[test]
fn a_filter_that_comes_later_lets_sessions_end() {
    let batch = batch();
    let other: Filter = "router = 192.0.2.2".parse().unwrap();
    let late = Judge::late(Arc::new(other));
    assert_eq!(labels(&batch, Some(&late)), ["log_close"]);
    let edge: Filter = "router-name = edge-1".parse().unwrap();
    let late = Judge::late(Arc::new(edge));
    assert!(!late.takes(&batch, &batch.records()[2]), "the name was told before");
    assert!(late.takes(&batch, &batch.records()[batch.records().len() - 1]));
    assert_eq!(late.kept_back(), 1);
}
