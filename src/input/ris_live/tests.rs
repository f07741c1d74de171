//! Lines of RIS Live, and what becomes of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Cursor;
use std::ops::ControlFlow;

use super::{DEPTH_MAX, LINE_BYTES_MAX};
use crate::bgp::encode as bgp;
use crate::bgp::open::Open;
use crate::input::{InputError, InputEvent, InputFormat, InputOptions, Source, Summary, read};
use crate::wire::{Family, Prefix, Reader, Timestamp};

/// Each stream's messages: type and what comes after the per-peer header; and when they came.
type Streams = Vec<Vec<(u8, Vec<u8>, Option<Timestamp>)>>;

fn run_as(format: InputFormat, file: &[u8]) -> (Streams, Summary) {
    let source = Source::new(Box::new(Cursor::new(file.to_vec())), None);
    let mut streams: Streams = Vec::new();
    let options = InputOptions { format, ..InputOptions::default() };
    let summary = read(source, &options, &mut |event| {
        match event {
            InputEvent::Open { .. } => streams.push(Vec::new()),
            InputEvent::Data { stream, mut octets, at } => {
                while let Some((head, _)) = octets.split_first_chunk::<6>() {
                    let len = u32::from_be_bytes(head[1..5].try_into().unwrap()) as usize;
                    let (message, rest) = octets.split_at(len);
                    octets = rest;
                    let body = if head[5] == 4 { 6 } else { 48 };
                    streams[stream].push((head[5], message[body..].to_vec(), at));
                }
                assert!(octets.is_empty(), "whole messages");
            }
            InputEvent::Close { .. } => {}
        }
        ControlFlow::Continue(())
    });
    (streams, summary)
}

/// What becomes of lines that are all understood: the streams.
fn run(file: &str) -> Streams {
    let (streams, summary) = run_as(InputFormat::Auto, file.as_bytes());
    assert!(summary.fault.is_none(), "{:?}", summary.fault);
    assert_eq!((summary.format, summary.first_malformed), (InputFormat::RisLive, None));
    streams
}

fn kinds(streams: &Streams) -> Vec<Vec<u8>> {
    streams.iter().map(|s| s.iter().map(|(kind, ..)| *kind).collect()).collect()
}

/// A line about a peer of rrc00 with these fields besides.
fn line(kind: &str, more: &str) -> String {
    let begin = r#"{"type":"ris_message","data":{"timestamp":1700000000.25,"peer":"192.0.2.1","#;
    let rest = format!(r#""peer_asn":"65001","host":"rrc00","type":"{kind}"{more}}}}}"#);
    format!("{begin}{rest}\n")
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}

fn withdraw() -> Vec<u8> {
    let mut out = Vec::new();
    bgp::update(&mut out, &[16, 10, 1], &[], &[]);
    out
}

#[test]
fn a_raw_message_is_passed_on_octet_for_octet() {
    let raw = format!(r#","raw":"{}","withdrawals":["192.0.2.0/24"]"#, hex(&withdraw()));
    let streams = run(&line("UPDATE", &raw));
    assert_eq!(kinds(&streams), [[4, 3, 0]]);
    assert_eq!(streams[0][2].1, withdraw());
    assert_eq!(streams[0][2].2, Some(Timestamp::new(1_700_000_000, 250_000)));
    assert!(streams[0][0].1.ends_with(b"\0\x02\0\x05rrc00"));
}

#[test]
fn an_update_is_built_of_what_the_line_says() {
    let said = r#","path":[65001,"65002",[7,8],9],"community":[[1,2],[3,4]],"origin":"IGP",
        "med":5,"aggregator":"65002:10.0.0.1","withdrawals":["10.9.0.0/16","2001:db8:9::/48"],
        "announcements":[{"next_hop":"192.0.2.9","prefixes":["10.1.0.0/16","10.2.3.0/24"]},
        {"next_hop":"2001:db8::1","prefixes":["2001:db8:1::/48"]},
        {"next_hop":"fe80::1","prefixes":["2001:db8:1::/48"]}]"#;
    let streams = run(&line("UPDATE", &said.replace('\n', "")));
    assert_eq!(kinds(&streams), [[4, 3, 0, 0, 0, 0]]);
    let mut common = Vec::new();
    bgp::origin(&mut common, 0);
    let path = [
        bgp::Segment::Sequence(&[65001, 65002]),
        bgp::Segment::Set(&[7, 8]),
        bgp::Segment::Sequence(&[9]),
    ];
    bgp::as_path(&mut common, &path);
    bgp::med(&mut common, 5);
    bgp::aggregator(&mut common, 65002, [10, 0, 0, 1].into());
    bgp::communities(&mut common, &[0x0001_0002, 0x0003_0004]);
    let mut nlri = Vec::new();
    bgp::prefix(&mut nlri, None, &Prefix::V4([10, 1, 0, 0], 16));
    bgp::prefix(&mut nlri, None, &Prefix::V4([10, 2, 3, 0], 24));
    let mut next_hop = common.clone();
    bgp::next_hop(&mut next_hop, [192, 0, 2, 9].into());
    let net6 = [48, 0x20, 1, 0xd, 0xb8, 0, 1];
    let hop6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    bgp::mp_reach(&mut common, Family::IPV6_UNICAST, &hop6, &net6);
    let mut unreach = Vec::new();
    bgp::mp_unreach(&mut unreach, Family::IPV6_UNICAST, &[48, 0x20, 1, 0xd, 0xb8, 0, 9]);
    let wanted: [(&[u8], &[u8], &[u8]); 4] = [
        (&[16, 10, 9], &[], &[]),
        (&[], &unreach, &[]),
        (&[], &next_hop, &nlri),
        (&[], &common, &[]),
    ];
    for ((withdrawn, attributes, nlri), (_, got, _)) in wanted.into_iter().zip(&streams[0][2..]) {
        let mut update = Vec::new();
        bgp::update(&mut update, withdrawn, attributes, nlri);
        assert_eq!(*got, update);
    }
}

#[test]
fn many_prefixes_make_several_updates_that_fit() {
    let prefixes: Vec<_> =
        (0..1500).map(|n| format!(r#""10.{}.{}.0/24""#, n / 256, n % 256)).collect();
    let said = format!(
        r#","path":[1],"announcements":[{{"next_hop":"192.0.2.9","prefixes":[{}]}}]"#,
        prefixes.join(",")
    );
    let streams = run(&line("UPDATE", &said));
    assert_eq!(kinds(&streams), [[4, 3, 0, 0, 0]]);
    let octets: usize = streams[0][2..].iter().map(|(_, update, _)| update.len()).sum();
    assert!(octets > 6000 && streams[0].iter().all(|(_, update, _)| update.len() <= 4096));
}

#[test]
fn each_host_is_a_session_and_states_move_its_peers() {
    let mut notification = Vec::new();
    bgp::notification(&mut notification, 6, 4, &[]);
    let update = format!(r#","raw":"{}""#, hex(&withdraw()));
    let file = [
        line("OPEN", r#","direction":"received","router_id":"9.8.7.6""#),
        line("RIS_PEER_STATE", r#","state":"connected""#),
        line("KEEPALIVE", ""),
        line("UPDATE", &update).replace("rrc00", "rrc01"),
        line("UPDATE", &update),
        line("NOTIFICATION", r#","notification":{"code":6,"subcode":4}"#),
        line("RIS_PEER_STATE", r#","state":"down""#),
        line("RIS_PEER_STATE", r#","state":"connected""#),
        line("RIS_PEER_STATE", r#","state":"down""#),
        r#"{"type":"ris_error","data":{"message":"too slow"}}"#.to_owned() + "\n\r\n",
        r#"{"type":"pong","data":null}"#.to_owned(),
    ];
    let streams = run(&file.concat());
    assert_eq!(kinds(&streams), [vec![4, 3, 0, 2, 3, 2], vec![4, 3, 0]]);
    assert_eq!(streams[0][3].1, [&[3][..], &notification].concat());
    assert_eq!(streams[0][5].1, [2, 0, 0]);
    let mut opens = Reader::new(&streams[0][1].1[20..]);
    Open::parse(&mut opens).unwrap();
    assert_eq!(Open::parse(&mut opens).unwrap().bgp_id, [9, 8, 7, 6]);
}

#[test]
fn the_envelope_may_be_left_away() {
    let bare = line("UPDATE", &format!(r#","raw":"{}""#, hex(&withdraw())));
    let bare = bare.trim().strip_prefix(r#"{"type":"ris_message","data":"#).unwrap();
    let bare = bare.strip_suffix('}').unwrap();
    assert_eq!(kinds(&run(bare)), [[4, 3, 0]]);
    let spaced = format!(" \n {{ {} }}", &bare[1..bare.len() - 1]);
    assert_eq!(kinds(&run(&spaced)), [[4, 3, 0]]);
}

#[test]
fn lines_that_are_not_understood_are_counted_and_the_first_is_told() {
    let good = line("UPDATE", &format!(r#","raw":"{}""#, hex(&withdraw())));
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(40_000), "]".repeat(40_000));
    let long = format!(r#"{{"x":"{}"}}"#, "x".repeat(LINE_BYTES_MAX));
    for (bad, why) in [
        ("no JSON".to_owned(), "line 2: "),
        ("{".to_owned(), "line 2: "),
        (deep, "more than 16 braces"),
        (long, "longer than 1048576 octets"),
        (good.replace("1700000000.25", "-1"), "`timestamp` cannot be `-1`"),
        (good.replace("1700000000.25", "1e300"), "`timestamp` cannot be"),
        (good.replace("192.0.2.1", "here"), "`peer` cannot be `here`"),
        (good.replace("peer_asn", "peer_as"), "`peer_asn` is missing"),
        (good.replace("65001", "4294967296"), "line 2: "),
        (good.replace("rrc00", &"r".repeat(300)), "`host` cannot be"),
        (good.replace("UPDATE", "UPDOWN"), "`type` cannot be `UPDOWN`"),
        (good.replace("raw\":\"FF", "raw\":\"F"), "`raw` cannot be"),
        (good.replace("raw\":\"FF", "raw\":\"FG"), "`raw` cannot be"),
        (line("UPDATE", r#","raw":"FFFF""#), "`raw` cannot be `FFFF`"),
        (line("UPDATE", r#","withdrawals":["10.0.0.0/33"]"#), "`withdrawals` cannot be"),
        (line("RIS_PEER_STATE", ""), "`state` is missing"),
    ] {
        let file = format!("{good}{}\n{good}", bad.trim());
        let (streams, summary) = run_as(InputFormat::Auto, file.as_bytes());
        let first = summary.first_malformed.unwrap_or_default();
        assert!(first.starts_with("line 2: ") && first.contains(why), "{why}: {first}");
        assert_eq!((summary.records, summary.malformed_records), (3, 1), "{why}");
        assert_eq!(kinds(&streams), [[4, 3, 0, 0]], "{why}");
    }
}

#[test]
fn brackets_in_texts_are_not_nested() {
    let text = "[".repeat(2 * DEPTH_MAX) + r#"\"[[\\"#;
    let good = line("UPDATE", &format!(r#","x":"{text}","raw":"{}""#, hex(&withdraw())));
    assert_eq!(kinds(&run(&good)), [[4, 3, 0]]);
}

#[test]
fn what_is_no_json_at_all_is_refused() {
    let (_, summary) = run_as(InputFormat::RisLive, b"TYPE|1|2|3\n");
    let fault = summary.fault.unwrap();
    assert!(matches!(fault, InputError::NotRisLive { .. }));
    assert!(fault.to_string().contains("it begins with `TYPE|1|2|3\\n`"), "{fault}");
    let (streams, summary) = run_as(InputFormat::RisLive, b"");
    assert!(streams.is_empty() && summary.fault.is_none());
}
