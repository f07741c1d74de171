//! Recordings of real routers, whole and through the binary: nothing is lost, left raw or called an
//! error that is none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use ribcage::bgp::nlri;
use ribcage::bmp::encode as bmp;
use ribcage::record::{Batch, BatchLimits, Event, SessionId};
use ribcage::session::{Received, Session, SessionCounters, SessionLimits};
use ribcage::wire::Timestamp;

use crate::util::{TempDir, decode, decoded, files, line, lines, read, ribcage, shared};

/// Folder, file without ending, messages, and update, withdraw and End-of-RIB records of SAFI 1, 4
/// and 128 (End-of-RIB: of every family). Counted from the bytes.
const CAPTURES: &[(&str, &str, usize, [usize; 3])] = &[
    ("200", "traffic-00.0", 103, [84, 0, 2]),
    ("201", "traffic-00.0", 336, [235, 0, 36]),
    ("202", "traffic-00.0", 103, [84, 0, 2]),
    ("202", "traffic-01.0", 87, [37, 0, 7]),
    ("202", "traffic-02.0", 66, [66, 0, 0]),
    ("204", "traffic-00.0", 343, [402, 69, 14]),
    ("205", "traffic-00.0", 509, [325, 114, 12]),
    ("207", "traffic-00.0", 103, [84, 0, 2]),
    ("207", "traffic-01.0", 87, [37, 0, 7]),
    ("207", "traffic-02.0", 66, [66, 0, 0]),
    ("cisco-xr-steps", "PART1", 17, [0, 0, 0]),
    ("cisco-xr-steps", "PART2", 732, [1036, 0, 32]),
    ("cisco-xr-steps", "PART3", 1, [0, 0, 0]),
    ("cisco-xr-steps", "PART4", 21, [0, 48, 0]),
    ("cisco-xr-steps", "PART6", 101, [264, 0, 2]),
    ("cisco-xr-steps", "PART7", 13, [47, 1, 0]),
    ("cisco-xr-steps", "PART8", 23, [96, 0, 0]),
    ("evpn", "evpn.0", 16, [4, 1, 1]),
    ("evpn", "evpn.1", 140, [139, 0, 3]),
    ("juniper-vmx", "missing-peerup", 36, [18, 18, 8]),
    ("juniper-vmx", "ok", 44, [18, 18, 8]),
    ("peers-with-different-caps", "example.0", 192, [236, 0, 8]),
    ("stateless-with-add-path", "ipv4_unicast_all", 30, [15, 0, 9]), // BMP version 4
];

/// Name, messages, announced, withdrawn, peers.
const STREAMS: &[(&str, u64, u64, u64, usize)] = &[
    ("ris-rrc06-rib-20100701", 117_439, 641_957, 0, 5),
    ("routeviews-rib-20140523-first9k-prefixes", 87_255, 270_005, 0, 35),
    ("ris-updates-20190101", 54_171, 159_948, 2_626, 63),
    ("ris-updates-20160811", 17_252, 39_256, 1_956, 35),
    ("ris-updates-20070211-2byteAS", 23_426, 51_329, 2_328, 31),
    ("routeviews6-updates-20151009", 15_072, 23_622, 2_020, 27),
    ("rislive-20190523-1k", 1_055, 787, 2_394, 60),
];

/// The row of [`CAPTURES`] of a file.
fn row(path: &Path) -> &'static (&'static str, &'static str, usize, [usize; 3]) {
    let name = path.to_string_lossy();
    let mut rows = CAPTURES.iter().filter(|(folder, file, ..)| {
        let folder = name.contains(&format!("/{folder}/")) || name.contains(&format!("/{folder}-"));
        folder && path.file_name().is_some_and(|n| n.to_string_lossy().contains(file))
    });
    let found = rows.next().unwrap_or_else(|| panic!("{name}: in no table"));
    assert!(rows.next().is_none(), "{name}: in the table twice");
    found
}

/// The lengths of the whole messages at the start of `octets`, by their own headers.
fn messages(octets: &[u8]) -> Vec<usize> {
    let (mut at, mut found) = (0, Vec::new());
    while let Some(&[_, a, b, c, d, _]) = octets.get(at..at + 6) {
        let len = u32::from_be_bytes([a, b, c, d]) as usize;
        if octets.len() - at < len {
            break;
        }
        found.push(len);
        at += len;
    }
    found
}

const RECORDS: [&str; 4] = ["--format", "pmacct-json?extra=records", "--router", "192.0.2.1:20"];

#[test]
fn every_recording_decodes_to_its_last_whole_message() {
    let Some(shared) = shared("every_recording_decodes_to_its_last_whole_message") else { return };
    let recordings = files(&shared.join("data/captures"), ".bmp");
    assert_eq!(recordings.len(), CAPTURES.len());
    for path in &recordings {
        let (_, _, count, routes) = row(path);
        let octets = read(path);
        let messages = messages(&octets);
        assert_eq!(messages.len(), *count, "{}", path.display());
        let whole: usize = messages.iter().sum();
        let relayed = decoded(&["--format", "bmp"], path);
        assert!(relayed == octets[..whole], "{}: not relayed as received", path.display());

        let out = decoded(&RECORDS, path);
        let mut kinds = [0; 3];
        for record in lines(&out) {
            let usual = matches!(line::text(record, "afi"), "1" | "2")
                && matches!(line::text(record, "safi"), "1" | "4" | "128");
            let raw = line::value(record, "nlri_raw").is_some();
            assert!(!(usual && raw), "{}: left raw: {record}", path.display());
            let kind = line::kind(record);
            assert_ne!(kind, "error", "{}: no error is in it: {record}", path.display());
            let kind = ["update", "withdraw", "end-of-rib"].iter().position(|k| *k == kind);
            if let Some(kind) = kind.filter(|_| !raw) {
                kinds[kind] += 1;
            }
        }
        assert_eq!(kinds, *routes, "{}", path.display());
    }
}

#[test]
fn a_capture_gives_the_records_of_its_streams() {
    let Some(shared) = shared("a_capture_gives_the_records_of_its_streams") else { return };
    let captures = files(&shared.join("data/captures"), ".pcap");
    let mut without = 0;
    for path in &captures {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let beside = files(path.parent().unwrap(), ".bmp");
        let streams: Vec<_> = beside
            .iter()
            .filter(|p| p.file_name().unwrap().to_string_lossy().starts_with(&format!("{stem}.")))
            .collect();
        if streams.is_empty() {
            let out = decode(&RECORDS, path);
            assert_eq!(out.status.code(), Some(1), "{}: holds no BMP", path.display());
            assert!(out.stdout.is_empty());
            without += 1;
            continue;
        }
        // The router's address, the session and the number differ; the records do not. Sessions of
        // one capture may be interleaved, so they are told apart by the address.
        // Without a name of our own: `--router` would call them all the same.
        let out = decoded(&RECORDS[..2], path);
        let mut by_router: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for record in lines(&out) {
            let router = format!(
                "{} {}",
                line::text(record, "bmp_router"),
                line::text(record, "bmp_router_port")
            );
            by_router.entry(router).or_default().push(nowhere(record));
        }
        let mut found: Vec<_> = by_router.into_values().collect();
        let mut want: Vec<Vec<String>> = streams
            .iter()
            .map(|p| lines(&decoded(&RECORDS, p)).into_iter().map(nowhere).collect())
            .collect();
        found.sort();
        want.sort();
        assert!(found == want, "{}: not the records of its streams", path.display());
    }
    assert_eq!(without, 2, "captures without BMP");
}

fn nowhere(record: &str) -> String {
    line::blank(record, &["seq", "bmp_router", "bmp_router_port"])
}

#[test]
fn a_cut_tail_is_a_warning_and_an_error_when_strict() {
    let Some(shared) = shared("a_cut_tail_is_a_warning_and_an_error_when_strict") else { return };
    let captures = files(&shared.join("data/captures"), "/traffic-02.pcap");
    assert_eq!(captures.len(), 2, "202 and 207");
    for path in &captures {
        let out = decode(&RECORDS, path);
        let log = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(0), "{log}");
        assert!(log.contains("input-cut-short") && log.contains("octets=156"), "{log}");
        let strict = decode(&[&RECORDS[..], &["--strict"]].concat(), path);
        assert_eq!(strict.status.code(), Some(1));
        assert_eq!(strict.stdout, out.stdout, "what is whole is written all the same");
    }
}

#[test]
fn routes_without_peer_up_are_the_same_routes() {
    let Some(shared) = shared("routes_without_peer_up_are_the_same_routes") else { return };
    let routes = |name: &str| {
        let [path] = files(&shared.join("data/captures/juniper-vmx"), name).try_into().unwrap();
        let out = decoded(&RECORDS, &path);
        let mut routes: Vec<String> = lines(&out)
            .into_iter()
            .filter(|record| line::kind(record) != "peer_up")
            .filter(|record| line::text(record, "bmp_msg_type") == "route_monitor")
            // The recordings are of two runs: the router chose other labels.
            .map(|record| line::blank(record, &["seq", "timestamp", "mpls_label"]))
            .collect();
        routes.sort();
        routes
    };
    let (missing, ok) = (routes("missing-peerup.0.bmp"), routes("ok.0.bmp"));
    assert_eq!(missing.len(), 17 + 17 + 8 + 2);
    assert_eq!(missing, ok);
}

#[test]
fn every_large_stream_has_its_routes() {
    let Some(shared) = shared("every_large_stream_has_its_routes") else { return };
    for &(name, messages, announced, withdrawn, peers) in STREAMS {
        let path = shared.join(format!("data/streams/{name}.bmp.gz"));
        let strict = decode(&["--strict", "--output", "pmacct-json=null:"], &path);
        assert_eq!(strict.status.code(), Some(0), "{name}: {strict:?}");
        let octets = read(&path);
        let (c, session) = count(&octets);
        assert_eq!(session.tail_len(), 0, "{name}");
        assert_eq!((c.messages, c.bytes), (messages, octets.len() as u64), "{name}");
        assert_eq!((c.announced, c.withdrawn), (announced, withdrawn), "{name}");
        assert_eq!((c.odd, c.malformed, c.unknown), (0, 0, 0), "{name}");
        assert_eq!(session.export().peers.len(), peers, "{name}");
    }
}

/// Routes of families that are decoded were told apart.
fn none_is_raw(batch: &Batch) {
    for record in batch.records() {
        let Event::RouteMonitoring(update) = record.event else { continue };
        for section in update.sections().filter(|s| nlri::is_decoded(s.family)) {
            assert!(section.count > 0 || section.span.len == 0, "left raw: {section:?}");
        }
    }
}

/// Decodes a stream in pieces of 64 KiB: its counts, and the session at its end.
fn count(octets: &[u8]) -> (SessionCounters, Session) {
    let limits = SessionLimits::default();
    let mut batch = Batch::new(BatchLimits::for_messages(limits.max_frame));
    let router = "192.0.2.1:20".parse().unwrap();
    let mut session = Session::new(SessionId(1), router, limits);
    for mut piece in octets.chunks(64 << 10) {
        loop {
            let (used, received) = session.receive(Timestamp::default(), piece, &mut batch);
            none_is_raw(&batch);
            batch.reset();
            piece = &piece[used..];
            match received {
                Received::NeedInput => break,
                Received::BatchFull => {}
                Received::Broken(error) => panic!("{error:?}"),
            }
        }
    }
    (session.take_counters(), session)
}

/// A recording of `messages` Initiation messages.
fn initiations(messages: usize) -> Vec<u8> {
    let mut one = Vec::new();
    let value = [b'x'; 200];
    bmp::initiation(&mut one, &[(1, &value)]);
    one.repeat(messages)
}

#[test]
fn a_reader_that_leaves_is_no_failure_and_makes_no_noise() {
    let dir = TempDir::new("reader");
    let file = dir.file("a.bmp", &initiations(10_000));
    let mut command = ribcage();
    command.arg("decode").arg(&file).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    let mut first = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut first).expect("some output");
    let out = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&out.stderr), "");
    assert_eq!(out.status.code(), Some(0));
}

#[test]
fn what_was_decoded_before_a_file_that_is_missing_is_delivered() {
    let dir = TempDir::new("missing");
    let file = dir.file("a.bmp", &initiations(500));
    let mut command = ribcage();
    command.arg("decode").arg(&file).arg(dir.path().join("none"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    // More than a pipe holds: a process that did not wait for its reader would be gone by now.
    std::thread::sleep(std::time::Duration::from_millis(500));
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).expect("UTF-8");
    let out = child.wait_with_output().expect("it ends");
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("none"));
    assert_eq!(text.lines().count(), 502, "log_init, the messages, log_close");
}
