//! Messages of every type, of other projects' tests and of chance, are written as they were read.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::bgp::attr::testing::octets;
use crate::bgp::capability::{CapabilityCode, OrfType, RawCapability};
use crate::bgp::notification::ErrorCode;
use crate::bgp::open::{ExtendedParameter, Parameter, Parameters};
use crate::bgp::route_refresh::{Orf, Rest, Subtype, WhenToRefresh};
use crate::bgp::{HEADER_LEN, MARKER};
use crate::wire::{Family, Items, Outline, WireFault};

fn with_header(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = MARKER.to_vec();
    out.extend((HEADER_LEN as u16 + body.len() as u16).to_be_bytes());
    out.push(kind);
    out.extend_from_slice(body);
    out
}

/// The message in `octets`, which must be written as it was read and read as it is written.
fn read(octets: &[u8]) -> Result<Message<'_>, WireError> {
    let message = Message::parse(&mut Reader::new(octets))?;
    let mut again = Vec::new();
    message.encode(&mut again);
    assert_eq!(again, octets);
    for negotiated in [Negotiated::default(), Negotiated { add_path: true, ..Default::default() }] {
        let said = Outline::of(|fields| message.describe(negotiated, fields));
        assert!(said.len() <= 256 + 64 * octets.len(), "{said}");
    }
    Ok(message)
}

fn said(kind: u8, hex: &str) -> String {
    let octets = with_header(kind, &octets(hex));
    let message = read(&octets).unwrap();
    Outline::of(|fields| message.describe(Negotiated::default(), fields))
}

#[test]
fn every_type_says_its_name_and_what_it_holds() {
    assert_eq!(
        said(1, "04 fde9 00b4 c0000201 04 02 02 0200"),
        "type=OPEN version=4 asn=65001 hold_time=180 bgp_id=192.0.2.1 \
         capabilities=[{route_refresh=true}]"
    );
    assert_eq!(
        said(2, "0000 0004 40010100 08 0a"),
        "type=UPDATE path_attributes={origin=IGP} nlri=[10.0.0.0/8]"
    );
    assert_eq!(
        said(3, "06 03"),
        "type=NOTIFICATION error_code=Cease error_subcode=Peer De-configured"
    );
    assert_eq!(said(4, ""), "type=KEEPALIVE");
    assert_eq!(said(5, "0001 01 01"), "type=ROUTE-REFRESH afi=1 safi=1 subtype=BoRR");
    assert_eq!(said(6, "ff"), "type=6 body=ff");
}

#[test]
fn after_a_malformed_body_the_next_message_can_be_read() {
    let octets = [with_header(1, &[3; 10]), with_header(4, &[7]), with_header(4, &[])].concat();
    let mut r = Reader::new(&octets);
    assert_eq!(Message::parse(&mut r).unwrap_err().what, "BGP version");
    let error = Message::parse(&mut r).unwrap_err();
    assert_eq!((error.what, error.offset), ("BGP length", 29 + 16));
    assert_eq!(Message::parse(&mut r), Ok(Message::Keepalive));
    assert!(r.is_empty());
}

/// Why a vector is refused: each was made to be.
#[derive(Debug, Clone, Copy)]
enum Why {
    /// A length that its type never has: headers alone, bodies that were cut, a long KEEPALIVE.
    Length(u64),
    /// Another version than 4.
    Version(u64),
    /// A part is longer than what is left for it.
    Short(&'static str),
    /// A BoRR with octets after the SAFI (RFC 7313 §5).
    Trailing,
}

use Why::{Length, Short, Trailing, Version};

/// Vectors that are refused: file and line as the project has them.
const REFUSED: &[(&str, Why)] = &[
    ("bgpd/bgp_bmp.c:536", Length(19)),
    ("bgp-pkt/src/wire/tests/update.rs:302", Short("Path Attributes")),
    ("parser/bgp/messages.rs:960", Trailing),
    ("parser/bgp/messages.rs:1023", Length(21)),
    ("BgpMessageParserTest.cpp:263", Length(19)),
    ("BgpMessageParserTestData.h:55", Length(19)),
    ("BgpMessageParserTestData.h:63", Short("Optional Parameters")),
    ("ParserTest.java:173", Length(20)),
    ("ParserTest.java:224", Length(27)),
    ("ParserTest.java:239", Version(8)),
    ("ParserTest.java:284", Length(20)),
    ("BGPv4CodecTest.java:339", Version(5)),
    ("BGPv4CodecTest.java:468", Length(21)),
    ("BGPv4CodecTest.java:494", Short("Total Path Attribute Length")),
    ("BGPv4CodecTest.java:520", Short("Withdrawn Routes")),
    ("BGPv4CodecTest.java:546", Short("Path Attributes")),
    ("test/contrib/bgp.uts:0", Length(19)),
    ("test/contrib/bgp.uts:0", Length(19)),
    ("test/contrib/bgp.uts:0", Length(19)),
    ("test/contrib/bgp.uts:0", Length(19)),
    ("packet/decoder_test.go:169", Length(28)),
    ("packet/decoder_test.go:1363", Length(19)),
];

impl Why {
    fn is(self, error: WireError) -> bool {
        match (self, error.what, error.fault) {
            (Length(n), "BGP length", WireFault::Invalid { value })
            | (Version(n), "BGP version", WireFault::Invalid { value }) => n == value,
            (Short(what), found, WireFault::Short { .. }) => what == found,
            (Trailing, "ROUTE-REFRESH SAFI", WireFault::Trailing { .. }) => true,
            _ => false,
        }
    }
}

/// The folder of other projects' vectors.
fn vectors() -> Option<PathBuf> {
    let root = std::env::var_os("RIBCAGE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let folder = root.join("data/vectors");
    if !folder.is_dir() {
        // Not eprintln!, which the test harness swallows.
        let _ = writeln!(std::io::stderr(), "skipped: vectors of BGP messages: set RIBCAGE_SHARED");
        return None;
    }
    Some(folder)
}

/// Whether the messages in `octets` are all read, and their types.
fn read_all(octets: &[u8]) -> (Vec<u8>, Result<(), WireError>) {
    let (mut r, mut types) = (Reader::new(octets), Vec::new());
    while !r.is_empty() {
        let before = r;
        types.push(before.peek().get(18).copied().unwrap_or(0));
        if let Err(error) = Message::parse(&mut r) {
            return (types, Err(error));
        }
        let len = before.len() - r.len();
        assert!(read(&before.peek()[..len]).is_ok());
    }
    (types, Ok(()))
}

#[test]
fn other_projects_messages_are_written_as_they_were_read() {
    let Some(folder) = vectors() else { return };
    let (mut refused, mut seen) = (Vec::new(), [0; 256]);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.to_string_lossy().ends_with(".bgp.hex")) {
        let text = std::fs::read_to_string(file).unwrap();
        let mut lines = text.lines();
        while let (Some(place), Some(hex)) = (lines.next(), lines.next()) {
            let (types, result) = read_all(&octets(hex));
            types.iter().for_each(|kind| seen[usize::from(*kind)] += 1);
            if let Err(error) = result {
                let place = place.trim_start_matches("# ").split(" types").next().unwrap();
                refused.push((place.to_owned(), error));
            }
        }
    }
    let of = |kind: usize| seen[kind];
    assert!(of(1) >= 60 && of(3) >= 45 && of(5) >= 18, "{} {} {}", of(1), of(3), of(5));
    assert_eq!(refused.len(), REFUSED.len(), "{refused:#?}");
    for ((place, error), (want, why)) in refused.iter().zip(REFUSED) {
        assert!(place.ends_with(want) && why.is(*error), "{place}: {error}, not {want} {why:?}");
    }
}

/// A message's body of each known type, and of others.
fn any_message() -> impl Strategy<Value = Vec<u8>> {
    let small = || vec(prop_oneof![0..8_u8, any::<u8>()], 0..80);
    let open = small().prop_map(|tail| [&[4, 0, 1, 0, 90, 1, 2, 3, 4][..], &tail].concat());
    prop_oneof![
        open.prop_map(|body| with_header(1, &body)),
        small().prop_map(|body| with_header(2, &body)),
        small().prop_map(|body| with_header(3, &body)),
        small().prop_map(|body| with_header(5, &body)),
        (any::<u8>(), small()).prop_map(|(kind, body)| with_header(kind, &body)),
        vec(any::<u8>(), 0..80),
    ]
}

proptest! {
    #[test]
    fn whatever_is_read_is_written_as_it_was(octets in any_message()) {
        let _ = read(&octets);
    }

    #[test]
    fn an_open_is_read_as_it_was_written(
        (my_as, hold_time, bgp_id, non_ext_len) in any::<(u16, u16, [u8; 4], u8)>(),
        parts in vec((any::<u8>(), vec((any::<u8>(), vec(any::<u8>(), 0..8)), 0..3)), 0..6),
        trailing in vec(any::<u8>(), 0..4),
        extended: bool,
    ) {
        let values: Vec<Items> = parts.iter().map(|(_, capabilities)| {
            Items::of(capabilities.iter().map(|(code, value)| {
                RawCapability { code: CapabilityCode(*code), value }
            }))
        }).collect();
        let parameters: Vec<_> = parts.iter().zip(&values).map(|((kind, _), items)| match kind {
            0..200 => Parameter::Capabilities(items.list().unwrap()),
            200..220 => Parameter::Authentication(items.octets()),
            _ => Parameter::Unknown(*kind & 0xfe, items.octets()),
        }).collect();
        let usual = Items::of(parameters.iter().copied());
        let wide = Items::of(parameters.iter().copied().map(ExtendedParameter));
        prop_assume!(extended || usual.octets().len() < 256);
        let form = match extended {
            true => Parameters::Extended {
                non_ext_len: non_ext_len.max(1),
                list: wide.list().unwrap(),
            },
            false => Parameters::Usual(usual.list().unwrap()),
        };
        let open = Open {
            version: 4, my_as, hold_time, bgp_id, parameters: form, trailing: &trailing,
        };
        let mut octets = Vec::new();
        open.encode(&mut octets);
        prop_assert_eq!(Open::parse(&mut Reader::new(&octets)), Ok(open));
        prop_assert_eq!(read(&octets), Ok(Message::Open(open)));
        prop_assert_eq!(open.parameters.iter().collect::<Vec<_>>(), parameters);
        let count: usize = parts.iter().filter(|(kind, _)| *kind < 200).map(|(_, c)| c.len()).sum();
        prop_assert_eq!(open.capabilities().count(), count);
    }

    #[test]
    fn other_messages_are_read_as_they_were_written(
        (code, subcode, afi, safi, subtype, when) in any::<(u8, u8, u16, u8, u8, u8)>(),
        parts in vec(vec(any::<u8>(), 0..20), 3),
    ) {
        let [a, b, c] = [&parts[0][..], &parts[1], &parts[2]];
        let orfs = Items::of([a, b].map(|entries| Orf { kind: OrfType(code), entries }));
        let orfs = orfs.list().unwrap();
        let (subtype, rest) = match subtype {
            0..128 => (Subtype::Request, Rest::Filters { when: WhenToRefresh(when), orfs }),
            other if a.is_empty() => (Subtype(other), Rest::Nothing),
            other => (Subtype(other), Rest::Octets(a)),
        };
        let family = Family::new(afi, safi);
        let update = Update {
            withdrawn: Reader::new(a), attributes: Reader::new(b), nlri: Reader::new(c),
        };
        for message in [
            Message::Notification(Notification { code: ErrorCode(code), subcode, data: a }),
            Message::RouteRefresh(RouteRefresh { family, subtype, rest }),
            Message::Update(update),
            Message::Keepalive,
            Message::Unknown(MessageType(code.max(6)), c),
        ] {
            let mut octets = Vec::new();
            message.encode(&mut octets);
            prop_assert_eq!(read(&octets), Ok(message));
        }
    }

    #[test]
    fn the_data_of_any_notification_is_what_its_diagnostic_writes(
        (code, subcode) in (0..12_u8, 0..13_u8),
        data in prop_oneof![vec(any::<u8>(), 0..20), vec(0..8_u8, 0..12)],
    ) {
        let n = Notification { code: ErrorCode(code), subcode, data: &data };
        let mut out = Vec::new();
        n.diagnostic().encode(&mut out);
        prop_assert_eq!(out, data);
    }
}
