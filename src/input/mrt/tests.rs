//! MRT made octet by octet, and what becomes of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Cursor;
use std::ops::ControlFlow;

use crate::bgp::attr::{AttributeCode, Attributes};
use crate::bgp::encode as bgp;
use crate::bgp::open::Open;
use crate::bgp::{Header, update};
use crate::input::{InputError, InputEvent, InputFormat, InputOptions, Source, Summary, read};
use crate::wire::{Family, Prefix, Reader, Timestamp};

/// A record: header and message.
fn record(secs: u32, kind: u16, subtype: u16, body: &[u8]) -> Vec<u8> {
    let mut out = secs.to_be_bytes().to_vec();
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&subtype.to_be_bytes());
    out.extend_from_slice(&(body.len() as u32).to_be_bytes());
    out.extend_from_slice(body);
    out
}

/// The beginning of a BGP4MP message of 192.0.2.`peer`, AS 65000 + `peer`.
fn bgp4mp(as4: bool, peer: u8) -> Vec<u8> {
    let mut out = Vec::new();
    for asn in [65_000 + u32::from(peer), 65_100] {
        let octets = asn.to_be_bytes();
        out.extend_from_slice(if as4 { &octets } else { &octets[2..] });
    }
    out.extend_from_slice(&[0, 0, 0, 1, 192, 0, 2, peer, 192, 0, 2, 254]);
    out
}

fn message(secs: u32, subtype: u16, peer: u8, pdu: &[u8]) -> Vec<u8> {
    let as4 = matches!(subtype, 4 | 7 | 9 | 11);
    record(secs, 16, subtype, &[&bgp4mp(as4, peer)[..], pdu].concat())
}

fn state(secs: u32, peer: u8, from: u8, to: u8) -> Vec<u8> {
    record(secs, 16, 5, &[&bgp4mp(true, peer)[..], &[0, from, 0, to]].concat())
}

fn announce(path_id: Option<u32>) -> Vec<u8> {
    let (mut attributes, mut nlri, mut out) = (Vec::new(), Vec::new(), Vec::new());
    bgp::origin(&mut attributes, 0);
    bgp::next_hop(&mut attributes, [192, 0, 2, 1].into());
    bgp::prefix(&mut nlri, path_id, &Prefix::V4([10, 1, 0, 0], 16));
    bgp::update(&mut out, &[], &attributes, &nlri);
    out
}

/// A message of BMP as it came: type, per-peer header, the rest, and when.
#[derive(Debug, Clone)]
struct Said {
    kind: u8,
    peer: Vec<u8>,
    body: Vec<u8>,
    at: Option<Timestamp>,
}

impl Said {
    /// The time in the per-peer header.
    fn time(&self) -> (u32, u32) {
        let field = |at: usize| u32::from_be_bytes(self.peer[at..at + 4].try_into().unwrap());
        (field(34), field(38))
    }

    /// The OPENs of a Peer Up.
    fn opens(&self) -> [Open<'_>; 2] {
        let mut r = Reader::new(&self.body[20..]);
        [Open::parse(&mut r).unwrap(), Open::parse(&mut r).unwrap()]
    }

    fn add_path(&self) -> [Vec<(Family, u8)>; 2] {
        self.opens().map(|open| {
            let mut found = Vec::new();
            open.each_add_path(|family, mode| found.push((family, mode)));
            found
        })
    }

    /// The attributes of an UPDATE by code, and its NLRI.
    fn update(&self) -> (Vec<(u8, Vec<u8>)>, Vec<u8>) {
        let parts = update::split(Header::parse(&mut Reader::new(&self.body)).unwrap().body);
        let mut parts = parts.unwrap();
        let attributes = Attributes::new(parts.attributes).map(Result::unwrap);
        let attributes = attributes.map(|a| (a.code.0, a.value().to_vec())).collect();
        (attributes, parts.nlri.rest().to_vec())
    }

    fn is_end_of_rib(&self) -> bool {
        let (attributes, nlri) = self.update();
        nlri.is_empty()
            && match attributes.as_slice() {
                [] => true,
                [(15, value)] => value.len() == 3,
                _ => false,
            }
    }
}

fn run_as(format: InputFormat, file: &[u8]) -> (Vec<Said>, Summary) {
    let source = Source::new(Box::new(Cursor::new(file.to_vec())), None);
    let (mut said, mut streams, mut last) = (Vec::new(), 0, None);
    let options = InputOptions { format, ..InputOptions::default() };
    let summary = read(source, &options, &mut |event| {
        match event {
            InputEvent::Open { .. } => streams += 1,
            InputEvent::Data { mut octets, at, .. } => {
                assert!(at >= last, "times go forward");
                last = at;
                while let Some((head, _)) = octets.split_first_chunk::<6>() {
                    let len = u32::from_be_bytes(head[1..5].try_into().unwrap()) as usize;
                    let (message, rest) = octets.split_at(len);
                    octets = rest;
                    let peer = if head[5] == 4 { 6 } else { 48 };
                    said.push(Said {
                        kind: head[5],
                        peer: message[6..peer].to_vec(),
                        body: message[peer..].to_vec(),
                        at,
                    });
                }
                assert!(octets.is_empty(), "whole messages");
            }
            InputEvent::Close { .. } => streams -= 1,
        }
        ControlFlow::Continue(())
    });
    assert_eq!(streams, 0, "every stream that was opened is closed");
    (said, summary)
}

/// What becomes of a sound file.
fn run(file: &[u8]) -> Vec<Said> {
    let (said, summary) = run_as(InputFormat::Auto, file);
    assert!(summary.fault.is_none(), "{:?}", summary.fault);
    assert_eq!((summary.format, summary.first_malformed), (InputFormat::Mrt, None));
    said
}

fn kinds(said: &[Said]) -> Vec<u8> {
    said.iter().map(|message| message.kind).collect()
}

#[test]
fn peers_come_up_when_they_are_seen_and_go_when_they_leave_established() {
    let mut notification = Vec::new();
    bgp::notification(&mut notification, 6, 2, &[]);
    let mut keepalive = Vec::new();
    bgp::keepalive(&mut keepalive);
    let file = [
        state(100, 1, 5, 6),
        message(100, 4, 1, &keepalive),
        message(101, 4, 1, &announce(None)),
        message(102, 4, 2, &announce(None)),
        message(103, 4, 1, &notification),
        state(103, 1, 6, 1), // said already
        state(104, 2, 6, 1),
        state(105, 3, 6, 1), // was up all the time
        state(106, 3, 1, 3),
    ]
    .concat();
    let said = run(&file);
    assert_eq!(kinds(&said), [4, 3, 0, 3, 0, 2, 2, 3, 2]);
    assert_eq!(said[2].body, announce(None));
    assert_eq!(said[2].time(), (101, 0));
    assert_eq!(said[2].at, Some(Timestamp::new(101, 0)));
    let peers: Vec<_> = said[1..].iter().map(|s| (s.peer[25], s.peer[29])).collect();
    let of = |peer: u8| (peer, 0xe8 + peer); // address and AS 65000 + peer
    assert_eq!(peers, [1, 1, 2, 2, 1, 2, 3, 3].map(of));
    assert_eq!(said[5].body, [&[3][..], &notification].concat());
    assert_eq!(said[6].body, [2, 0, 0]);
}

#[test]
fn a_peer_that_comes_back_unseen_goes_down_first() {
    let file = [message(1, 4, 1, &announce(None)), state(2, 1, 5, 6)].concat();
    assert_eq!(kinds(&run(&file)), [4, 3, 0, 2, 3]);
}

#[test]
fn opens_say_how_the_subtype_writes_messages() {
    let families = [Family::IPV4_UNICAST, Family::IPV6_UNICAST];
    for (subtype, as4, add_path, is_out) in [
        (1, false, false, false),
        (4, true, false, false),
        (6, false, false, true),
        (7, true, false, true),
        (8, false, true, false),
        (9, true, true, false),
        (10, false, true, true),
        (11, true, true, true),
    ] {
        let said = run(&message(7, subtype, 1, &announce(add_path.then_some(3))));
        assert_eq!(kinds(&said), [4, 3, 0], "subtype {subtype}");
        for open in said[1].opens() {
            assert_eq!(open.four_octet_as().is_some(), as4, "subtype {subtype}");
        }
        let asns = said[1].opens().map(|open| open.asn());
        assert_eq!(asns, [65_100, 65_001]);
        let modes = said[1].add_path().map(|all| all.first().map(|&(f, mode)| (f, mode)));
        let wanted = match (add_path, is_out) {
            (false, _) => [None, None],
            (true, false) => [Some((families[0], 1)), Some((families[0], 2))],
            (true, true) => [Some((families[0], 3)), Some((families[0], 3))],
        };
        assert_eq!(modes, wanted, "subtype {subtype}");
        let flags = u8::from(!as4) << 5 | u8::from(is_out) << 4 | u8::from(is_out) << 6;
        assert_eq!(said[2].peer[1], flags, "subtype {subtype}");
    }
}

#[test]
fn another_peer_up_says_what_has_changed() {
    let file = [
        message(1, 4, 1, &announce(None)),
        message(2, 9, 1, &announce(Some(1))),
        message(3, 9, 1, &announce(Some(2))),
        message(4, 1, 1, &announce(None)),
    ]
    .concat();
    let said = run(&file);
    assert_eq!(kinds(&said), [4, 3, 0, 3, 0, 0, 3, 0]);
    assert_eq!(said[3].add_path().map(|all| all.len()), [1, 1]);
    assert_eq!(said[6].add_path().map(|all| all.len()), [0, 0]);
}

#[test]
fn path_identifiers_are_a_matter_of_the_family() {
    let mut ipv6 = Vec::new();
    bgp::update_with(
        &mut ipv6,
        |_| (),
        |out| bgp::mp_unreach(out, Family::IPV6_UNICAST, &[8, 0x20]),
        |_| (),
    );
    let one = [message(1, 9, 1, &announce(Some(1))), message(1, 4, 1, &ipv6)].concat();
    assert_eq!(kinds(&run(&[&one[..], &one].concat())), [4, 3, 0, 0, 0, 0]);
}

#[test]
fn microseconds_and_the_peers_identifier_are_kept() {
    let mut open = Vec::new();
    let say = bgp::Open { asn: 1, hold_time: 9, bgp_id: [9, 8, 7, 6].into(), capabilities: &[] };
    bgp::open(&mut open, &say);
    let et = |secs, micros: u32, pdu: &[u8]| {
        let body = [&micros.to_be_bytes()[..], &bgp4mp(true, 1), pdu].concat();
        record(secs, 17, 4, &body)
    };
    let said = run(&[et(5, 999_999, &open), et(6, 250, &announce(None))].concat());
    assert_eq!(kinds(&said), [4, 3, 0]);
    assert_eq!((said[2].time(), said[2].at), ((6, 250), Some(Timestamp::new(6, 250))));
    assert_eq!(said[1].peer[30..34], [9, 8, 7, 6]);
    assert_eq!(said[1].opens()[1].bgp_id, [9, 8, 7, 6]);
}

/// A PEER_INDEX_TABLE of 192.0.2.1 (AS 65001) and 2001:db8::2 (AS 70000), and one with an address
/// that is there already.
fn peer_index_table(view: &str) -> Vec<u8> {
    let mut body = vec![203, 0, 113, 9, 0, view.len() as u8];
    body.extend_from_slice(view.as_bytes());
    body.extend_from_slice(&[0, 3]);
    body.extend_from_slice(&[0, 1, 1, 1, 1, 192, 0, 2, 1, 0xfd, 0xe9]);
    body.extend_from_slice(&[
        3, 2, 2, 2, 2, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
    ]);
    body.extend_from_slice(&[0, 1, 0x11, 0x70]);
    body.extend_from_slice(&[2, 3, 3, 3, 3, 192, 0, 2, 1, 0, 1, 0, 0]);
    record(50, 13, 1, &body)
}

/// A RIB entry.
fn entry(peer: u16, path_id: Option<u32>, attributes: &[u8]) -> Vec<u8> {
    let mut out = peer.to_be_bytes().to_vec();
    out.extend_from_slice(&[0, 0, 0, 9]);
    path_id.inspect(|id| out.extend_from_slice(&id.to_be_bytes()));
    out.extend_from_slice(&(attributes.len() as u16).to_be_bytes());
    out.extend_from_slice(attributes);
    out
}

fn rib(subtype: u16, nlri: &[u8], entries: &[Vec<u8>]) -> Vec<u8> {
    let count = (entries.len() as u16).to_be_bytes();
    record(51, 13, subtype, &[&[0, 0, 0, 1][..], nlri, &count, &entries.concat()].concat())
}

fn attributes(more: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    bgp::origin(&mut out, 0);
    bgp::as_path(&mut out, &[bgp::Segment::Sequence(&[70_000, 65_001])]);
    more(&mut out);
    bgp::med(&mut out, 7);
    out
}

const NET4: &[u8] = &[16, 10, 1];
const NET6: &[u8] = &[32, 0x20, 1, 0xd, 0xb8];

#[test]
fn a_table_becomes_updates_and_ends_with_end_of_rib() {
    let ipv4 = attributes(|out| bgp::next_hop(out, [192, 0, 2, 9].into()));
    let hop = [7; 16];
    let short = attributes(|out| bgp::attribute(out, 0x80, 14, &[&[16][..], &hop].concat()));
    let full =
        attributes(|out| bgp::mp_reach(out, Family::IPV6_UNICAST, &hop, &[64, 1, 1, 1, 1, 1]));
    let file = [
        peer_index_table("view"),
        rib(2, NET4, &[entry(0, None, &ipv4), entry(2, None, &ipv4)]),
        rib(4, NET6, &[entry(1, None, &short), entry(1, None, &full)]),
    ]
    .concat();
    let said = run(&file);
    assert_eq!(kinds(&said), [4, 3, 0, 3, 0, 3, 0, 0, 0, 0, 0]);
    assert!(said[0].body.ends_with(b"\0\x02\0\x04view"), "{:?}", said[0]);
    assert_eq!(said[2].update().0.len(), 4);
    assert_eq!(said[2].update().1, NET4);
    // Attributes keep their order; MP_REACH_NLRI is whole, whichever way it was written.
    for route in &said[6..8] {
        let (attributes, nlri) = route.update();
        let codes: Vec<_> = attributes.iter().map(|(code, _)| *code).collect();
        assert_eq!((codes, nlri.len()), (vec![1, 2, 14, 4], 0));
        assert_eq!(attributes[2].1, [&[0, 2, 1, 16][..], &hop, &[0], NET6].concat());
    }
    assert!(said[8..].iter().all(Said::is_end_of_rib));
    assert!(said[8].update().0.is_empty() && !said[10].update().0.is_empty());
    // The second peer of one address is another peer.
    let (one, two) = (&said[2].peer, &said[4].peer);
    assert_eq!((one[0], &one[2..10]), (0, &[0; 8][..]));
    assert_eq!((two[0], &two[2..10]), (2, &[0, 0, 0, 0, 0, 0, 0, 1][..]));
    assert_eq!(said[5].opens()[1].asn(), 70_000);
    assert_eq!(said[5].opens()[0].bgp_id, [203, 0, 113, 9]);
}

#[test]
fn path_identifiers_of_tables_go_before_the_nlri() {
    let plain = attributes(|out| bgp::next_hop(out, [192, 0, 2, 9].into()));
    let file = [
        peer_index_table(""),
        rib(8, NET4, &[entry(0, Some(5), &plain), entry(0, Some(6), &plain)]),
    ]
    .concat();
    let said = run(&file);
    assert_eq!(kinds(&said), [4, 3, 0, 0, 0]);
    assert_eq!(said[1].add_path()[1], [(Family::IPV4_UNICAST, 2)]);
    assert_eq!(said[2].update().1, [&[0, 0, 0, 5], NET4].concat());
    assert_eq!(said[3].update().1, [&[0, 0, 0, 6], NET4].concat());
    assert!(said[0].body.ends_with(b"203.0.113.9"));
}

#[test]
fn generic_tables_hold_any_family() {
    let vpn = [&[112, 0, 1, 1][..], &[0, 0, 0, 1, 0, 0, 0, 2], &[10, 1, 2]].concat();
    let hop = [0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 9];
    let routes = attributes(|out| bgp::attribute(out, 0x80, 14, &[&[12][..], &hop].concat()));
    let family = [0, 1, 128];
    let with_id = [&[0, 0, 0, 5][..], &vpn].concat();
    for (subtype, nlri, entry, wanted) in [
        (6, &vpn, entry(0, None, &routes), &vpn),
        (12, &vpn, entry(0, Some(5), &routes), &with_id),
        // As RFC 8050 has it, and nobody writes it.
        (12, &with_id, entry(0, None, &routes), &with_id),
    ] {
        let file =
            [peer_index_table(""), rib(subtype, &[&family[..], nlri].concat(), &[entry])].concat();
        let said = run(&file);
        assert_eq!(kinds(&said), [4, 3, 0, 0], "subtype {subtype}");
        let (attributes, _) = said[2].update();
        let reach = attributes.iter().find(|(code, _)| *code == AttributeCode::MpReachNlri.0);
        let value = [&family[..], &[12], &hop, &[0], wanted].concat();
        assert_eq!(reach.unwrap().1, value, "subtype {subtype}");
    }
}

#[test]
fn the_first_table_format_has_two_octets_for_an_as_number() {
    let mut plain = Vec::new();
    bgp::origin(&mut plain, 0);
    bgp::as_path_two_octets(&mut plain, &[bgp::Segment::Sequence(&[65_001])]);
    bgp::next_hop(&mut plain, [192, 0, 2, 9].into());
    let mut body = vec![0, 0, 0, 1, 10, 1, 0, 0, 16, 1, 0, 0, 0, 9, 192, 0, 2, 1, 0xfd, 0xe9];
    body.extend_from_slice(&(plain.len() as u16).to_be_bytes());
    body.extend_from_slice(&plain);
    let said = run(&record(51, 12, 1, &body));
    assert_eq!(kinds(&said), [4, 3, 0, 0]);
    assert_eq!((said[2].peer[1], said[2].update().1), (0x20, NET4.to_vec()));
    assert!(said[1].opens()[1].four_octet_as().is_none());
    assert!(said[3].is_end_of_rib());
}

#[test]
fn a_table_ends_where_messages_begin() {
    let plain = attributes(|out| bgp::next_hop(out, [192, 0, 2, 9].into()));
    let file = [
        peer_index_table(""),
        rib(2, NET4, &[entry(0, None, &plain)]),
        message(60, 4, 1, &announce(None)),
    ]
    .concat();
    let said = run(&file);
    assert_eq!(kinds(&said), [4, 3, 0, 0, 0]);
    assert!(said[3].is_end_of_rib() && !said[4].is_end_of_rib());
}

#[test]
fn records_that_make_no_sense_are_counted_and_skipped() {
    let good = message(1, 4, 1, &announce(None));
    let plain = attributes(|_| ());
    let wrong = [
        (record(1, 16, 4, &[0; 7]), "AS number"),
        (message(1, 4, 1, &[0xff; 12]), "BGP header"),
        (record(1, 17, 4, &[0; 3]), "microseconds"),
        (record(1, 16, 4, &[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 9]), "address family"),
        (rib(2, NET4, &[entry(0, None, &plain)]), "peer index"),
        (rib(2, &[33, 1, 2, 3, 4, 5], &[]), "prefix length"),
        (rib(6, &[0, 99, 99, 1], &[]), "address family"),
        (record(1, 13, 1, &[0; 7]), "peer count"),
        (record(1, 12, 1, &[0; 21]), "attribute length"),
    ];
    for (record, why) in wrong {
        let (said, summary) = run_as(InputFormat::Mrt, &[&good[..], &record, &good].concat());
        assert_eq!(kinds(&said), [4, 3, 0, 0], "{why}");
        assert_eq!((summary.records, summary.malformed_records), (3, 1), "{why}");
        let first = summary.first_malformed.unwrap_or_default();
        let place = format!("record at octet {}: ", good.len());
        assert!(first.starts_with(&place) && first.contains(why), "{why}: {first}");
    }
    let other = [record(1, 11, 0, &[1]), record(1, 13, 7, &[1]), record(1, 13, 99, &[1])].concat();
    let (said, summary) = run_as(InputFormat::Mrt, &[&good[..], &other].concat());
    assert_eq!((said.len(), summary.other_records, summary.malformed_records), (3, 3, 0));
}

#[test]
fn an_entry_that_is_cut_leaves_those_before_it() {
    let plain = attributes(|out| bgp::next_hop(out, [192, 0, 2, 9].into()));
    let mut cut = rib(2, NET4, &[entry(0, None, &plain), entry(0, None, &plain)]);
    let last = cut.len() - 4;
    cut.truncate(last);
    let len = (cut.len() - 12) as u32;
    cut[8..12].copy_from_slice(&len.to_be_bytes());
    let (said, summary) = run_as(InputFormat::Mrt, &[peer_index_table(""), cut].concat());
    assert_eq!((kinds(&said), summary.malformed_records), (vec![4, 3, 0, 0], 1));
}

#[test]
fn a_broken_header_and_a_cut_end_are_told_with_their_place() {
    let good = message(1, 4, 1, &announce(None));
    let huge = [&good[..], &[0, 0, 0, 1, 0, 16, 0, 4, 1, 0, 0, 1], &[0; 99]].concat();
    let (said, summary) = run_as(InputFormat::Mrt, &huge);
    let fault = summary.fault.unwrap();
    assert_eq!(said.len(), 3);
    assert!(matches!(fault, InputError::MrtLength { len: 0x0100_0001, .. }) && !fault.is_cut());
    let text = fault.to_string();
    assert!(text.starts_with(&format!("octet {} does not begin", good.len())), "{text}");
    for cut in [good.len() + 5, 2 * good.len() - 1] {
        let (_, summary) = run_as(InputFormat::Mrt, &[&good[..], &good].concat()[..cut]);
        let fault = summary.fault.unwrap();
        assert!(fault.is_cut() && fault.to_string().contains("inside the MRT record"), "{fault}");
    }
    let (_, summary) = run_as(InputFormat::Mrt, b"GET / HTTP/1.1\r\n");
    let text = summary.fault.unwrap().to_string();
    assert!(text.starts_with("this is not MRT: it begins with [47, 45, 54"), "{text}");
    let (said, summary) = run_as(InputFormat::Mrt, b"");
    assert!(said.is_empty() && summary.fault.is_none());
}

#[test]
fn an_update_that_would_not_fit_is_left_out() {
    let large = attributes(|out| bgp::attribute(out, 0xd0, 99, &[0; 65_480]));
    let file = [peer_index_table(""), rib(4, NET6, &[entry(1, None, &large)])].concat();
    let (said, summary) = run_as(InputFormat::Mrt, &file);
    assert_eq!((said.len(), summary.malformed_records), (0, 1));
    assert!(summary.first_malformed.unwrap().contains("length of the route's UPDATE"));
}
