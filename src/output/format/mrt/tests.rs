#![allow(clippy::unwrap_used, clippy::panic)]

use std::fmt::Write;

use super::super::{FORMATS, Format, Options};
use super::*;
use crate::bgp::attr::as4::AsInformation;
use crate::bgp::attr::{Attributes, Value};
use crate::bgp::encode::{self as bgp, Segment};
use crate::bmp::encode::{self as bmp, PeerDown, PeerUp};
use crate::bmp::{PeerHeader, PeerType};
use crate::output::frames::Run;
use crate::output::selection::{Selection, stream_of};
use crate::record::{Batch, BatchLimits, CloseReason, SessionId};
use crate::session::{Received, Session, SessionLimits};
use crate::wire::{Family, Outline, Reader, RouteDistinguisher, Timestamp};

/// When messages come, unless their headers say a time.
const ARRIVAL: Timestamp = Timestamp::new(1000, 7);
/// The router of the sessions.
const ROUTER: &str = "203.0.113.1:4000";

fn header() -> PeerHeader {
    PeerHeader::new([192, 0, 2, 1].into(), 65_001, [192, 0, 2, 1].into())
        .at(Timestamp::new(0x0102_0304, 0x0005_0607))
}

fn message(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    out
}

fn routes(header: &PeerHeader, pdu: &[u8]) -> Vec<u8> {
    message(|out| bmp::route_monitoring(out, header, pdu))
}

fn open(asn: u32, add_path: &[(Family, u8)]) -> Vec<u8> {
    let capabilities = [bgp::Capability::FourOctetAs(asn), bgp::Capability::AddPath(add_path)];
    let capabilities = if add_path.is_empty() { &capabilities[..1] } else { &capabilities };
    message(|out| {
        let bgp_id = [192, 0, 2, 254].into();
        bgp::open(out, &bgp::Open { asn, hold_time: 90, bgp_id, capabilities });
    })
}

fn peer_up(header: &PeerHeader, add_path: &[(Family, u8)]) -> Vec<u8> {
    let local_address = match header.is_ipv6() {
        true => "2001:db8::fe".parse().unwrap(),
        false => [192, 0, 2, 254].into(),
    };
    let (sent_open, received_open) = (&open(65_000, add_path)[..], &open(header.asn, add_path)[..]);
    let (local_port, remote_port, tlvs) = (179, 40_000, &[][..]);
    let up = PeerUp { local_address, local_port, remote_port, sent_open, received_open, tlvs };
    message(|out| bmp::peer_up(out, header, &up))
}

fn peer_down(header: &PeerHeader, down: &PeerDown<'_>) -> Vec<u8> {
    message(|out| bmp::peer_down(out, header, down))
}

fn update(nlri: &[u8]) -> Vec<u8> {
    let path = |out: &mut Vec<u8>| bgp::as_path(out, &[Segment::Sequence(&[65_001])]);
    update_with(nlri, path)
}

fn update_with(nlri: &[u8], more: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let attributes = message(|out| {
        bgp::origin(out, 0);
        more(out);
        bgp::next_hop(out, [192, 0, 2, 9].into());
    });
    message(|out| bgp::update(out, &[], &attributes, nlri))
}

const NET: &[u8] = &[24, 10, 0, 1];

/// A batch of a session that has sent these messages, and has ended if `ended`.
fn batch(messages: &[Vec<u8>], ended: bool) -> Batch {
    let limits = SessionLimits::default();
    let mut batch = Batch::new(BatchLimits::for_messages(limits.max_frame));
    let mut session = Session::new(SessionId(1), ROUTER.parse().unwrap(), limits);
    session.open(ARRIVAL, &mut batch).unwrap();
    let octets = messages.concat();
    let (used, received) = session.receive(ARRIVAL, &octets, &mut batch);
    assert_eq!((used, received), (octets.len(), Received::NeedInput));
    if ended {
        session.close(Timestamp::new(2000, 9), CloseReason::EndOfStream, &mut batch).unwrap();
    }
    batch
}

fn format(name: &str, options: &[(&str, &str)]) -> Box<dyn Format> {
    let pairs: Vec<_> = options.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    let options = Options { pairs: &pairs, name: "", socket: false, stream: 0, streams: 1 };
    let entry = FORMATS.iter().find(|entry| entry.name == name).unwrap();
    (entry.build)(&options).unwrap()
}

/// All frames that a format makes of a batch when it may render so many octets at a time.
fn frames(name: &str, options: &[(&str, &str)], batch: &Batch, budget: usize) -> Vec<Vec<u8>> {
    let (mut format, mut frames) = (format(name, options), Frames::new());
    let (mut cursor, mut all) = (Cursor::default(), Vec::new());
    while cursor.record < batch.records().len() {
        frames.begin(Run { budget, ..Run::default() });
        format.render(batch, &Selection::EVERYTHING, &mut cursor, &mut frames);
        assert!(!frames.is_empty() || cursor.record >= batch.records().len());
        for at in 0..frames.len() {
            let octets = &frames.bytes[frames.start(at)..frames.frame(at).end];
            all.push(octets.to_vec());
        }
    }
    all.retain(|frame| !frame.is_empty());
    all
}

fn records(options: &[(&str, &str)], messages: &[Vec<u8>]) -> Vec<Vec<u8>> {
    frames("mrt", options, &batch(messages, false), usize::MAX)
}

fn lines(options: &[(&str, &str)], messages: &[Vec<u8>]) -> String {
    let all = frames("bgpdump", options, &batch(messages, false), usize::MAX);
    String::from_utf8(all.concat()).unwrap()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        write!(text, "{octet:02x}").unwrap();
        text
    })
}

/// Of each record the subtype, and what follows the addresses of an IPv4 peer.
fn contents(records: &[Vec<u8>]) -> Vec<(u16, Vec<u8>)> {
    let content = |r: &Vec<u8>| (u16::from_be_bytes([r[6], r[7]]), r[36..].to_vec());
    records.iter().map(content).collect()
}

/// Microseconds, peer and local AS, interface, AFI, peer address, and the local one of a Peer Up.
const WHO: &str = "00050607 0000fde9 0000fde8 0000 0001 c0000201 c00002fe";

/// A record in hex from its subtype, who it is about, and its content.
fn record(subtype: u16, who: &str, content: &[u8]) -> String {
    let who = who.replace(' ', "");
    let len = who.len() / 2 + content.len();
    format!("010203040011{subtype:04x}{len:08x}{who}{}", hex(content))
}

#[test]
fn a_session_of_a_peer_is_written_record_by_record() {
    let notification = message(|out| bgp::notification(out, 6, 2, &[]));
    let pdu = update(NET);
    let all = records(
        &[],
        &[
            peer_up(&header(), &[]),
            routes(&header(), &pdu),
            peer_down(&header(), &PeerDown::RemoteNotification(&notification)),
        ],
    );
    let wanted = [
        record(7, WHO, &open(65_000, &[])),
        record(4, WHO, &open(65_001, &[])),
        record(5, WHO, &[0, 5, 0, 6]),
        record(4, WHO, &pdu),
        record(4, WHO, &notification),
        record(5, WHO, &[0, 6, 0, 1]),
    ];
    assert_eq!(all.iter().map(|r| hex(r)).collect::<Vec<_>>(), wanted);
    // All octets by hand, once.
    let state = "01020304 0011 0005 0000001c 00050607 0000fde9 0000fde8 0000 0001 \
                 c0000201 c00002fe 0005 0006";
    assert_eq!(hex(&all[2]), state.replace(' ', ""));
    let routes = "01020304 0011 0004 00000047 00050607 0000fde9 0000fde8 0000 0001 \
                  c0000201 c00002fe ffffffffffffffffffffffffffffffff 002f 02 0000 0014 \
                  40010100 40020602010000fde9 400304c0000209 180a0001";
    assert_eq!(hex(&all[3]), routes.replace(' ', ""));
}

#[test]
fn seconds_alone_are_another_type() {
    let all = records(&[("et", "off")], &[routes(&header(), &update(NET))]);
    let wanted = "01020304 0010 0004 00000043 0000fde9 00000000 0000 0001 c0000201 00000000";
    assert!(hex(&all[0]).starts_with(&wanted.replace(' ', "")), "{}", hex(&all[0]));
}

#[test]
fn an_ipv6_peer_has_addresses_of_its_family() {
    let bgp_id = [192, 0, 2, 1].into();
    let peer = PeerHeader::new("2001:db8::1".parse().unwrap(), 4_200_000_000, bgp_id);
    let peer = peer.at(header().timestamp);
    let all = records(&[], &[routes(&peer, &update(NET)), peer_up(&peer, &[])]);
    let who = "00050607 fa56ea00 00000000 0000 0002 20010db8000000000000000000000001";
    assert_eq!(hex(&all[0]), record(4, &format!("{who}{}", "00".repeat(16)), &update(NET)));
    let who = who.replace("fa56ea00 00000000", "fa56ea00 0000fde8");
    let who = format!("{who}20010db80000000000000000000000fe");
    assert_eq!(hex(&all[3]), record(5, &who, &[0, 5, 0, 6]));
}

#[test]
fn times_are_the_headers_or_the_arrival() {
    let at = |timestamp| {
        let all = records(&[], &[routes(&header().at(timestamp), &update(NET))]);
        (hex(&all[0][..4]), hex(&all[0][12..16]))
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(at(Timestamp::new(9, 8)), pair("00000009", "00000008"));
    assert_eq!(at(Timestamp::default()), pair("000003e8", "00000007"));
    assert_eq!(at(Timestamp::new(9, 1_000_037)), pair("0000000a", "00000025"), "carried over");
}

#[test]
fn two_octet_as_numbers_become_four_octet_ones() {
    let peer = header().with_flags(PeerHeader::FLAG_A);
    let pdu = update_with(NET, |out| {
        let path = [Segment::Sequence(&[65_001, 23_456, 7]), Segment::Set(&[1, 2])];
        bgp::as_path_two_octets(out, &path);
        bgp::attribute(out, 0xc0, 7, &[0x5b, 0xa0, 192, 0, 2, 7]);
        let path = [Segment::Sequence(&[4_200_000_000, 7]), Segment::Set(&[1, 2])];
        bgp::as4_path(out, &path);
        bgp::attribute(out, 0xc0, 18, &[0xfa, 0x56, 0xea, 0x01, 192, 0, 2, 8]);
        bgp::attribute(out, 0xc0, 99, &[1]);
    });
    let wanted = update_with(NET, |out| {
        let path = [
            Segment::Sequence(&[65_001]),
            Segment::Sequence(&[4_200_000_000, 7]),
            Segment::Set(&[1, 2]),
        ];
        bgp::as_path(out, &path);
        bgp::aggregator(out, 4_200_000_001, [192, 0, 2, 8].into());
        bgp::attribute(out, 0xc0, 99, &[1]);
    });
    let all = contents(&records(&[], &[routes(&peer, &pdu)]));
    assert_eq!(all, [(4, wanted)]);
}

/// What a reader finds of the path, and of who aggregated the route.
fn as_information(attributes: &[u8], width: AsWidth) -> (Option<String>, Option<(u32, [u8; 4])>) {
    let information = AsInformation::of(Reader::new(attributes), width);
    let path = information.as_path.map(|p| Outline::of(|fields| p.describe("path", fields)));
    (path, information.aggregator.map(|a| (a.asn, a.address.octets())))
}

#[test]
fn what_is_widened_says_the_same_whatever_comes_twice_or_alone_or_is_malformed() {
    let part = |code: u8, value: &[u8]| message(|out| bgp::attribute(out, 0xc0, code, value));
    let parts = [
        part(2, &[2, 2, 0xfd, 0xe9, 0x5b, 0xa0]),
        part(2, &[1, 1, 0, 7]),
        part(2, &[2, 3, 0, 7]),
        part(17, &[2, 1, 0xfa, 0x56, 0xea, 0]),
        part(17, &[2, 2, 0, 0, 0, 8, 0, 0, 0, 9]),
        part(17, &[9]),
        part(7, &[0x5b, 0xa0, 10, 0, 0, 1]),
        part(7, &[0, 7, 10, 0, 0, 2]),
        part(7, &[0]),
        part(18, &[0xfa, 0x56, 0xea, 1, 10, 0, 0, 3]),
        part(18, &[0, 0, 0, 5, 10, 0, 0, 4]),
        part(18, &[0; 6]),
    ];
    let (mut widened, mut scratch) = (0, Vec::new());
    for n in 0..parts.len().pow(4) {
        let places = [0, 1, 2, 3].map(|place| n / parts.len().pow(place) % parts.len());
        let attributes = places.map(|place| &parts[place][..]).concat();
        let pdu = message(|out| bgp::update(out, &[], &attributes, NET));
        let (mut out, parts) = (Vec::new(), Parts::all(false));
        let rewrite = rewrite::Rewrite { pdu: &pdu, parts, widened: true, scratch: &mut scratch };
        let malformed_path = places.iter().find(|place| **place < 3) == Some(&2);
        assert_eq!(rewrite.write(&mut out).is_none(), malformed_path, "{places:?}");
        if malformed_path {
            continue;
        }
        widened += 1;
        let written = &out[23..out.len() - NET.len()];
        let wanted = as_information(&attributes, AsWidth::Two);
        assert_eq!(as_information(written, AsWidth::Four), wanted, "{places:?}");
        let codes: Vec<_> =
            Attributes::new(Reader::new(written)).map(|a| a.unwrap().code.0).collect();
        let mut once = codes.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), codes.len(), "{places:?}: {codes:?}");
        // AS4 attributes stay where they are malformed, and a path without the one that it is for.
        let first =
            |codes: std::ops::Range<usize>| places.iter().copied().find(|p| codes.contains(p));
        let stays = first(3..6).is_some_and(|place| place == 5 || first(0..3).is_none());
        assert_eq!(codes.contains(&17), stays, "{places:?}: {codes:?}");
        assert_eq!(codes.contains(&18), first(9..12) == Some(11), "{places:?}: {codes:?}");
    }
    assert!(widened > 15_000, "{widened}");
}

#[test]
fn peers_of_both_address_families_are_two_even_with_the_same_octets() {
    let v4 = header();
    let v6 = PeerHeader { asn: 65_006, ..v4 }.with_flags(PeerHeader::FLAG_V);
    let down = |header: &PeerHeader| peer_down(header, &PeerDown::Remote);
    let messages = [peer_up(&v4, &[]), peer_up(&v6, &[]), down(&v4), down(&v6)];
    let states: Vec<_> = records(&[], &messages)
        .iter()
        .filter(|record| record[6..8] == [0, 5])
        .map(|record| (record[27], record[record.len() - 1]))
        .collect();
    assert_eq!(states, [(1, 6), (2, 6), (1, 1), (2, 1)], "AFI and new state");
}

#[test]
fn what_cannot_be_widened_keeps_its_two_octets() {
    let peer = PeerHeader { asn: 70_000, ..header().with_flags(PeerHeader::FLAG_A) };
    // So many AS numbers that their octets do not fit when they are twice as many.
    let asns: Vec<u32> = (1..=17_000).map(|n| n % 60_000).collect();
    let segments: Vec<_> = asns.chunks(255).map(Segment::Sequence).collect();
    let long = update_with(NET, |out| bgp::as_path_two_octets(out, &segments));
    let all = records(&[], &[routes(&peer, &long)]);
    assert_eq!((all.len(), &all[0][4..8]), (1, &[0, 17, 0, 1][..]));
    assert_eq!(&all[0][16..20], [0x5b, 0xa0, 0, 0], "AS_TRANS, and nothing");
    assert_eq!(all[0][32..], long);
    // A path that is malformed at either width.
    let malformed = update_with(NET, |out| bgp::attribute(out, 0x40, 2, &[9, 1, 0, 0]));
    let all = records(&[], &[routes(&peer, &malformed)]);
    assert_eq!((&all[0][4..8], &all[0][32..]), (&[0, 17, 0, 1][..], &malformed[..]));
}

#[test]
fn a_withdrawal_of_a_two_octet_peer_is_as_it_was() {
    let peer = header().with_flags(PeerHeader::FLAG_A);
    let pdu = message(|out| bgp::update(out, NET, &[], &[]));
    assert_eq!(contents(&records(&[], &[routes(&peer, &pdu)])), [(4, pdu)]);
}

#[test]
fn attributes_that_grow_get_long_lengths_and_those_that_are_cut_stay() {
    let asns: Vec<u32> = (1..=100).collect();
    let build = |as4: bool| {
        let mut attributes = message(|out| {
            let path = [Segment::Sequence(&asns[..])];
            match as4 {
                true => bgp::as_path(out, &path),
                false => bgp::as_path_two_octets(out, &path),
            }
            bgp::origin(out, 0);
        });
        attributes.extend_from_slice(&[0xc0, 8, 9, 1]);
        message(|out| bgp::update(out, &[], &attributes, NET))
    };
    let peer = header().with_flags(PeerHeader::FLAG_A);
    let all = contents(&records(&[], &[routes(&peer, &build(false))]));
    assert_eq!(all, [(4, build(true))]);
}

#[test]
fn path_identifiers_have_subtypes_of_their_own() {
    let both = [(Family::IPV4_UNICAST, 3)];
    let pdu = update(&[0, 0, 0, 5, 24, 10, 0, 1]);
    let out = header().with_flags(PeerHeader::FLAG_O);
    let messages = [peer_up(&header(), &both), routes(&header(), &pdu), routes(&out, &pdu)];
    let all = contents(&records(&[("view", "all")], &messages));
    assert_eq!(all[3..], [(9, pdu.clone()), (11, pdu.clone())]);
    let text = lines(&[("view", "all")], &messages);
    let route = "192.0.2.1|65001|10.0.1.0/24|5|65001|IGP|192.0.2.9|0|0||NAG||";
    let wanted = format!(
        "BGP4MP|16909060|STATE|192.0.2.1|65001|5|6\nBGP4MP_AP|16909060|A|{route}\n\
         BGP4MP_LOCAL_AP|16909060|A|{route}\n"
    );
    assert_eq!(text, wanted);
}

#[test]
fn an_update_with_and_without_path_identifiers_becomes_two() {
    let ipv6 = |out: &mut Vec<u8>| {
        bgp::mp_reach(out, Family::IPV6_UNICAST, &[1; 16], &[32, 0x20, 1, 0xd, 0xb8]);
        bgp::mp_unreach(out, Family::IPV6_UNICAST, &[8, 0x30]);
    };
    let path = |out: &mut Vec<u8>| bgp::as_path(out, &[Segment::Sequence(&[65_001])]);
    let nlri = &[0, 0, 0, 5, 24, 10, 0, 1];
    let pdu = update_with(nlri, |out| {
        path(out);
        ipv6(out);
    });
    let messages = [peer_up(&header(), &[(Family::IPV4_UNICAST, 3)]), routes(&header(), &pdu)];
    let all = contents(&records(&[], &messages));
    let without = update_with(&[], |out| {
        path(out);
        ipv6(out);
    });
    assert_eq!(all[3..], [(4, without), (9, update_with(nlri, path))]);
    let text = lines(&[("et", "on")], &messages);
    let kinds: Vec<_> = text.lines().skip(1).map(|line| line.split('|').collect()).collect();
    let kinds: Vec<_> = kinds.iter().map(|l: &Vec<&str>| (l[0], l[2], l[5])).collect();
    let wanted = [
        ("BGP4MP_ET", "W", "3000::/8"),
        ("BGP4MP_ET", "A", "2001:db8::/32"),
        ("BGP4MP_ET_AP", "A", "10.0.1.0/24"),
    ];
    assert_eq!(kinds, wanted);
}

#[test]
fn views_are_chosen() {
    let view =
        |flags: u8, last: u8| routes(&header().with_flags(flags), &update(&[24, 10, 0, last]));
    let loc_rib = PeerHeader::loc_rib(65_000, [203, 0, 113, 1].into()).at(header().timestamp);
    let all = [
        view(0x40, 1),
        view(0, 2),
        view(0x40, 3),
        view(0x10, 4),
        view(0x50, 5),
        routes(&loc_rib, &update(&[24, 10, 0, 6])),
    ];
    let taken = |value: &str| -> Vec<(u16, u8)> {
        let records = contents(&records(&[("view", value)], &all));
        records.iter().filter_map(|(subtype, pdu)| Some((*subtype, *pdu.last()?))).collect()
    };
    assert_eq!(taken("adj-rib-in"), [(4, 1), (4, 2)], "post-policy until pre-policy comes");
    assert_eq!(taken("adj-rib-in-pre"), [(4, 2)]);
    assert_eq!(taken("adj-rib-in-post"), [(4, 1), (4, 3)]);
    assert_eq!(taken("adj-rib-out-pre"), [(7, 4)]);
    assert_eq!(taken("adj-rib-out-post"), [(7, 5)]);
    assert_eq!(taken("loc-rib"), [(4, 6)]);
    assert_eq!(taken("all").len(), 6);
}

#[test]
fn a_loc_rib_is_what_its_router_says() {
    let loc_rib = PeerHeader::loc_rib(65_000, [203, 0, 113, 1].into()).at(header().timestamp);
    let red = PeerHeader { distinguisher: RouteDistinguisher([1; 8]), ..loc_rib };
    let again = [(Family::IPV6_UNICAST, 3)];
    let up = [peer_up(&loc_rib, &[]), peer_up(&loc_rib, &again), peer_up(&red, &[])];
    let all = records(&[("view", "loc-rib")], &up);
    let who = "00050607 0000fde8 0000fde8 0000 0001 cb007101 00000000";
    assert_eq!(hex(&all[2]), record(5, who, &[0, 5, 0, 6]));
    assert_eq!(all.len(), 6, "one for all tables of an instance");
    let mut named = loc_rib;
    named.address[12..].copy_from_slice(&[192, 0, 2, 77]);
    let all = records(&[("view", "loc-rib")], &[routes(&named, &update(NET))]);
    assert_eq!(all[0][28..32], [192, 0, 2, 77], "an address that is there stays");
    assert_eq!(records(&[], &up), Vec::<Vec<u8>>::new());
    assert_eq!(records(&[("view", "loc-rib")], &[peer_up(&header(), &[])]).len(), 0);
}

#[test]
fn a_lost_session_takes_its_peers_along() {
    let other = PeerHeader { address: header().with_flags(0).address, ..header() };
    let other = PeerHeader { kind: PeerType::Rd, asn: 65_002, ..other };
    let third = PeerHeader { kind: PeerType::Local, asn: 65_003, ..other };
    let messages = [
        peer_up(&header(), &[]),
        peer_up(&other, &[]),
        peer_down(&other, &PeerDown::Remote),
        routes(&third, &update(NET)),
    ];
    let batch = batch(&messages, true);
    for budget in [64, 128, usize::MAX] {
        let all = frames("mrt", &[], &batch, budget);
        let last: Vec<_> = all.iter().rev().take(3).rev().map(|r| hex(r)).collect();
        let lost = |asn: &str, local: &str| {
            let who = format!("00000009{asn}{local}0000 0001c0000201").replace(' ', "");
            let address = if local == "00000000" { "00000000" } else { "c00002fe" };
            format!("000007d0001100050000001c{who}{address}00060001")
        };
        assert_eq!(last[1], lost("0000fde9", "0000fde8"));
        assert_eq!(last[2], lost("0000fdeb", "00000000"));
        assert!(last[0].ends_with("180a0001"), "{last:?}");
    }
    let of_loc_rib = frames("mrt", &[("view", "loc-rib")], &batch, usize::MAX);
    assert!(of_loc_rib.is_empty(), "peers of other views are nobody's");
    let mut format = format("mrt", &[]);
    let (mut cursor, mut frames) = (Cursor::default(), Frames::new());
    let other = Selection::of_stream(1 - stream_of(SessionId(1), 2), 2, None);
    format.render(&batch, &other, &mut cursor, &mut frames);
    assert_eq!((frames.len(), cursor.record), (0, batch.records().len()));
}

#[test]
fn states_are_told_once() {
    let post = header().with_flags(PeerHeader::FLAG_L);
    let down = PeerDown::LocalEvent(0);
    let notification = message(|out| bgp::notification(out, 6, 2, &[]));
    let kinds = |messages: &[Vec<u8>]| -> Vec<(u16, u8)> {
        let all = contents(&records(&[], messages));
        let kind = |(subtype, content): &(u16, Vec<u8>)| match subtype {
            5 => (5, content[3]),
            other => (*other, content[18]),
        };
        all.iter().map(kind).collect()
    };
    let up = [(7, 1), (4, 1), (5, 6)];
    assert_eq!(kinds(&[peer_up(&header(), &[]), peer_up(&post, &[])]), up);
    assert_eq!(
        kinds(&[peer_up(&header(), &[]), peer_up(&header(), &[(Family::IPV4_UNICAST, 1)])]),
        [&up[..], &[(5, 1)], &up].concat(),
        "a Peer Down was missed"
    );
    assert_eq!(kinds(&[peer_down(&header(), &down), peer_down(&post, &down)]), [(5, 1)]);
    assert_eq!(
        kinds(&[peer_down(&header(), &PeerDown::LocalNotification(&notification))]),
        [(7, 3), (5, 1)]
    );
    assert_eq!(
        kinds(&[peer_up(&header(), &[]), peer_down(&header(), &down), peer_up(&header(), &[])]),
        [&up[..], &[(5, 1)], &up].concat()
    );
}

#[test]
fn after_a_peer_down_the_choice_between_pre_and_post_is_new() {
    let post = header().with_flags(PeerHeader::FLAG_L);
    let messages = [
        routes(&header(), &update(NET)),
        routes(&post, &update(NET)),
        peer_down(&header(), &PeerDown::Remote),
        routes(&post, &update(NET)),
    ];
    assert_eq!(records(&[], &messages).len(), 3);
}

#[test]
fn odd_messages_are_passed_on_and_others_have_no_place() {
    let odd = [&[0xff; 16][..], &[0, 21, 2, 0, 9]].concat();
    let keepalive = message(bgp::keepalive);
    let post = header().with_flags(PeerHeader::FLAG_L);
    let messages = [
        message(|out| bmp::initiation(out, &[(2, b"r")])),
        routes(&header(), &odd),
        routes(&header(), &keepalive),
        routes(&header(), &keepalive[..18]),
        routes(&post, &odd),
        message(|out| bmp::route_mirroring(out, &header(), &[(0, &update(NET))])),
        message(|out| bmp::statistics(out, &header(), &[])),
        message(|out| bmp::termination(out, &[])),
        routes(&header(), &[&update(NET)[..], b"rest"].concat()),
    ];
    let all = contents(&records(&[], &messages));
    assert_eq!(all, [(4, odd), (4, keepalive), (4, update(NET))]);
    let text = lines(&[], &messages);
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn lines_are_the_same_however_little_fits() {
    let nlri: Vec<u8> = (0..200).flat_map(|n| [24, 10, 1, n]).collect();
    let withdrawn: Vec<u8> = (0..100).flat_map(|n| [24, 10, 2, n]).collect();
    let attributes = message(|out| {
        bgp::origin(out, 2);
        let path = [
            Segment::ConfedSequence(&[64_512, 64_513]),
            Segment::Sequence(&[65_001, 65_002]),
            Segment::Set(&[1, 2]),
            Segment::ConfedSet(&[3, 4]),
        ];
        bgp::as_path(out, &path);
        bgp::next_hop(out, [192, 0, 2, 9].into());
        bgp::med(out, u32::MAX);
        bgp::local_pref(out, 100);
        bgp::atomic_aggregate(out);
        bgp::aggregator(out, 65_002, [192, 0, 2, 7].into());
        bgp::communities(out, &[0xffff_ff01, 0xffff_ff02, 0xffff_ff03, 0xffff_ff04, 65_537]);
    });
    let pdu = message(|out| bgp::update(out, &withdrawn, &attributes, &nlri));
    let batch = batch(&[routes(&header(), &pdu)], true);
    let whole = frames("bgpdump", &[], &batch, usize::MAX);
    for budget in [64, 500, 5000] {
        assert_eq!(frames("bgpdump", &[], &batch, budget), whole, "{budget}");
    }
    assert_eq!(whole.len(), 301);
    assert_eq!(whole[0], b"BGP4MP|16909060|W|192.0.2.1|65001|10.2.0.0/24\n");
    let line = "BGP4MP|16909060|A|192.0.2.1|65001|10.1.199.0/24|(64512 64513) 65001 65002 {1,2} \
                [3,4]|INCOMPLETE|192.0.2.9|100|4294967295|no-export no-advertise local-AS \
                65535:65284 1:1|AG|65002 192.0.2.7|\n";
    assert_eq!(String::from_utf8_lossy(&whole[299]), line);
    assert_eq!(whole[300], b"BGP4MP|2000|STATE|192.0.2.1|65001|6|1\n");
}

#[test]
fn what_a_line_lacks_is_empty_or_as_bgpdump_has_it() {
    let pdu = message(|out| bgp::update(out, &[], &[0x40, 2, 2, 9, 1], NET));
    let text = lines(&[("et", "on")], &[routes(&header(), &pdu)]);
    let who = "192.0.2.1|65001|10.0.1.0/24";
    let rest = "|INCOMPLETE|255.255.255.255|0|0||NAG||\n";
    assert_eq!(text, format!("BGP4MP_ET|16909060.329223|A|{who}|! Error !{rest}"));
    let pdu = message(|out| bgp::update(out, &[], &[], NET));
    let text = lines(&[], &[routes(&header(), &pdu)]);
    assert_eq!(text, format!("BGP4MP|16909060|A|{who}|{rest}"));
}

/// How long the records are, by their own headers; `None` where those do not add up.
fn lengths(octets: &[u8]) -> Option<Vec<usize>> {
    let (mut left, mut found) = (octets, Vec::new());
    while !left.is_empty() {
        let length = left.get(8..12)?.first_chunk().map(|chunk| u32::from_be_bytes(*chunk))?;
        let (_, rest) = left.split_at_checked(12 + length as usize)?;
        found.push(length as usize);
        left = rest;
    }
    Some(found)
}

#[test]
fn octets_that_change_break_nothing() {
    let legacy = header().with_flags(PeerHeader::FLAG_A);
    let pdu = update_with(&[24, 10, 0, 1, 8, 11], |out| {
        bgp::as_path_two_octets(out, &[Segment::Sequence(&[65_001, 23_456]), Segment::Set(&[7])]);
        bgp::attribute(out, 0xc0, 7, &[0x5b, 0xa0, 192, 0, 2, 7]);
        bgp::as4_path(out, &[Segment::Sequence(&[4_200_000_000])]);
        bgp::attribute(out, 0xc0, 18, &[0xfa, 0x56, 0xea, 0x01, 192, 0, 2, 8]);
        bgp::communities(out, &[65_537]);
        bgp::mp_reach(out, Family::IPV6_UNICAST, &[1; 16], &[32, 0x20, 1, 0xd, 0xb8]);
        bgp::mp_unreach(out, Family::IPV6_UNICAST, &[8, 0x30]);
    });
    let notification = message(|out| bgp::notification(out, 6, 2, &[]));
    let sound = [
        peer_up(&header(), &[(Family::IPV4_UNICAST, 3)]),
        routes(&header(), &update(&[0, 0, 0, 5, 24, 10, 0, 1])),
        routes(&legacy, &pdu),
        peer_down(&header(), &PeerDown::LocalNotification(&notification)),
    ];
    let options = [("view", "all")];
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    let mut written = 0;
    for _ in 0..3000 {
        let mut messages = sound.clone();
        for _ in 0..1 + next(3) {
            let message = next(messages.len());
            let message = &mut messages[message];
            // The common header stays: what is broken there ends the session.
            let at = 6 + next(message.len() - 6);
            message[at] = [0, 1, 0xff, next(256) as u8][next(4)];
        }
        let batch = batch(&messages, true);
        let octets = frames("mrt", &options, &batch, usize::MAX).concat();
        let lengths = lengths(&octets);
        assert!(lengths.is_some(), "{}", hex(&messages.concat()));
        written += lengths.iter().flatten().count();
        let lines = frames("bgpdump", &options, &batch, usize::MAX);
        assert!(lines.iter().all(|line| line.ends_with(b"\n") && line.starts_with(b"BGP4MP")));
        assert_eq!(frames("bgpdump", &options, &batch, 128), lines);
    }
    assert!(written > 10_000, "{written}");
}
