//! Files that follow each other, compressed, by topic, by peer: through the real binary.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use rustix::process::Signal;

use ribcage::output::format::FORMATS;
use ribcage::output::frames::Layout;

use crate::collector::{Collector, Router, Scratch, await_some, ribcage, run, synthetic};
use crate::util::line::{kind, text};

/// Runs `decode` on a stream with these outputs.
fn decode(stream: &[u8], outputs: &[String]) {
    let mut args = vec!["decode", "--input-format", "bmp", "--quiet", "--router", "192.0.2.9:4000"];
    outputs.iter().for_each(|output| args.extend(["-o", output]));
    let output = run(ribcage(&args), stream);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Every file of a directory by name, decompressed.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |path: &Path| match path.extension().and_then(|e| e.to_str()) {
        Some("gz") => crate::util::read(path),
        Some("zst") => zstd::stream::decode_all(&fs::read(path).unwrap()[..]).unwrap(),
        _ => fs::read(path).unwrap(),
    };
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    entries.filter(|path| path.is_file()).map(|path| (named(&path), read(&path))).collect()
}

/// The files of a directory in the order in which they were written, joined.
fn joined(directory: &Path) -> (usize, Vec<u8>) {
    let mut files: Vec<_> = files(directory).into_iter().collect();
    // x.TIME[.NUMBER][.gz|.zst]
    files.sort_by_key(|(name, _)| {
        let mut parts = name.split('.').skip(1);
        let time = parts.next().unwrap().to_owned();
        (time, parts.next().and_then(|part| part.parse::<u32>().ok()).unwrap_or(0))
    });
    assert!(files.iter().all(|(name, _)| !name.ends_with(".part")), "{:?}", files[0].0);
    let octets = files.iter().flat_map(|(_, octets)| octets.iter().copied()).collect();
    (files.len(), octets)
}

/// The messages of a BMP stream.
fn messages(stream: &[u8]) -> Vec<&[u8]> {
    let (mut rest, mut messages) = (stream, Vec::new());
    while let Some(len) = rest.get(1..5) {
        let len = u32::from_be_bytes(len.try_into().unwrap()) as usize;
        let (message, after) = rest.split_at(len);
        messages.push(message);
        rest = after;
    }
    assert!(rest.is_empty(), "a message is cut");
    messages
}

#[test]
fn all_files_together_are_the_one_of_an_output_without_rotation() {
    let stream = synthetic(0, 3, 3000);
    for compress in ["none", "gzip", "zstd"] {
        let scratch = Scratch::new();
        fs::create_dir(scratch.path().join("d")).unwrap();
        let whole = scratch.file("all.json");
        let (one, rest) = (scratch.file("d/x"), format!("rotate-size=64KiB&compress={compress}"));
        let outputs =
            [format!("pmacct-json=file:{whole}"), format!("pmacct-json=file:{one}?{rest}&name=b")];
        decode(&stream, &outputs);
        let (count, octets) = joined(&scratch.path().join("d"));
        assert!(octets == fs::read(&whole).unwrap(), "{compress}");
        assert!(count > 1, "{compress}: {count}");
    }
}

#[test]
fn each_bmp_file_begins_with_what_stands_and_decodes_alone() {
    let stream = synthetic(0, 3, 3000);
    let up = |message: &&&[u8]| message[5] == 3;
    let peers = messages(&stream).iter().filter(up).count();
    for preamble in ["on", "off"] {
        let scratch = Scratch::new();
        let path = scratch.file("{session}.%Y");
        decode(&stream, &[format!("bmp=file:{path}?rotate-size=32KiB&preamble={preamble}")]);
        let mut found = files(scratch.path());
        let mut routes = Vec::new();
        let count = found.len();
        assert!(count > 2);
        let mut last_ups = 0;
        let first = found.keys().next().unwrap().clone();
        for number in 0..count {
            let name = if number == 0 { first.clone() } else { format!("{first}.{number}") };
            let octets = found.remove(&name).unwrap();
            let messages = messages(&octets);
            let ups = messages.iter().filter(up).count();
            if preamble == "on" {
                assert_eq!(messages[0][5], 4, "{name} begins with an Initiation");
                assert!(ups >= last_ups && ups > 0 && ups <= peers, "{name}: {ups}");
            } else {
                assert!(number == 0 || messages[0][5] != 4);
            }
            last_ups = ups;
            routes.extend(messages.into_iter().filter(|m| m[5] == 0).map(<[u8]>::to_vec));
        }
        let wanted: Vec<_> = messages(&stream).into_iter().filter(|m| m[5] == 0).collect();
        assert!(routes == wanted, "every route once, in order");
    }
}

#[test]
fn a_directory_has_a_file_for_each_topic() {
    let scratch = Scratch::new();
    for target in [format!("{}/", scratch.path().display()), scratch.file("")] {
        decode(&synthetic(0, 2, 50), &[format!("openbmp=file:{target}?without=ls_node")]);
        let found = files(scratch.path());
        let names: BTreeSet<_> = found.keys().map(String::as_str).collect();
        for object in ["router", "peer", "unicast_prefix", "base_attribute"] {
            assert!(names.contains(&*format!("openbmp.parsed.{object}")), "{names:?}");
        }
        for (name, octets) in found {
            let object = name.strip_prefix("openbmp.parsed.").unwrap();
            let text = String::from_utf8(octets).unwrap();
            let types: BTreeSet<_> =
                text.lines().filter_map(|line| line.strip_prefix("T: ")).collect();
            assert_eq!(types, BTreeSet::from([object]), "{name}");
        }
    }
    let raw = Scratch::new();
    decode(&synthetic(0, 1, 5), &[format!("openbmp-raw=file:{}", raw.path().display())]);
    assert_eq!(files(raw.path()).keys().collect::<Vec<_>>(), ["openbmp.bmp_raw"]);
}

#[test]
fn peers_and_views_have_files_of_their_own() {
    let scratch = Scratch::new();
    let path = scratch.file("{peer}={view}");
    decode(&synthetic(0, 4, 100), &[format!("pmacct-json=file:{path}?compress=gzip")]);
    let found = files(scratch.path());
    assert!(found.len() >= 5, "{:?}", found.keys());
    for (name, octets) in found {
        let (peer, view) = name.strip_suffix(".gz").unwrap().split_once('=').unwrap();
        for line in String::from_utf8(octets).unwrap().lines() {
            let said = text(line, "peer_ip");
            assert_eq!(if said.is_empty() { "-" } else { said }, peer, "{line}");
            assert_eq!(peer == "-", view == "-", "{line}");
            assert!(
                peer != "-" || matches!(kind(line), "log_init" | "log_close" | "init"),
                "{line}"
            );
        }
    }
}

#[test]
fn sighup_completes_the_live_file_and_a_stop_the_last_one() {
    let scratch = Scratch::new();
    let output =
        format!("pmacct-json=file:{}?rotate=1d&compress=zstd&flush=10ms", scratch.file("x.%Y"));
    let collector = Collector::start(&["-o", &output]);
    let mut expected = Vec::new();
    for number in 0..2 {
        Router::connect(collector.address).play(synthetic(number, 1, 10)).join().unwrap();
        collector.wait_events("session-close", number as usize + 1);
        if number == 0 {
            await_some("records in the live file", || {
                let found = files(scratch.path());
                let live = found.iter().find(|(name, _)| name.ends_with(".part"));
                live.and_then(|(name, _)| fs::metadata(scratch.file(name)).ok())
                    .filter(|meta| meta.len() > 100)
            });
            collector.signal(Signal::HUP);
            await_some("a complete file", || {
                files(scratch.path()).keys().all(|name| name.ends_with(".zst")).then_some(())
            });
            expected = files(scratch.path()).into_iter().collect();
            assert_eq!(expected.len(), 1);
        }
    }
    assert!(collector.stop().status.success());
    let found: Vec<_> = files(scratch.path()).into_iter().collect();
    assert_eq!(found.len(), 2);
    let all: Vec<u8> = found.iter().rev().flat_map(|(_, octets)| octets.clone()).collect();
    let seqs: Vec<_> = String::from_utf8(all).unwrap().lines().map(seq).collect();
    assert!(found.contains(&expected[0]), "a complete file does not change");
    let mut sorted = seqs.clone();
    sorted.sort_unstable();
    assert!(sorted.iter().copied().eq(0..seqs.len() as u64));
}

/// What a crash has left of a record is cut off at the next start, and told.
#[test]
fn after_a_crash_files_end_with_a_whole_record() {
    let stream = synthetic(0, 1, 300);
    let mut formats = Vec::new();
    for entry in FORMATS {
        let Layout::Counted { header, len } = entry.layout else { continue };
        formats.push(entry.name);
        let scratch = Scratch::new();
        let output = format!("{}=file:{}?rotate=1d", entry.name, scratch.file("{router}"));
        let collector = Collector::start(&["-o", &output]);
        let mut router = Router::connect(collector.address);
        router.send(&stream);
        let (part, octets) = await_some("records", || {
            let (name, octets) = files(scratch.path()).pop_first()?;
            (octets.len() > 2_000).then_some((name, octets))
        });
        drop(collector); // it is killed
        let mut ends = vec![0_usize];
        while let Some(head) = octets.get(ends[ends.len() - 1]..ends[ends.len() - 1] + header) {
            ends.push(ends[ends.len() - 1] + usize::try_from(len(head).unwrap()).unwrap());
        }
        ends.retain(|end| *end <= octets.len());
        assert!(ends.len() > 5, "{}: {ends:?}", entry.name);
        let [.., sound, last] = ends[..] else { unreachable!() };
        fs::write(scratch.path().join(&part), &octets[..last - 1]).unwrap();

        let collector = Collector::start(&["-o", &output]);
        let told = collector.wait_line("the cut", |line| line.contains(" output-file-trouble "));
        let cut = last - 1 - sound;
        assert!(told.contains(&format!("its last {cut} octets were no whole record")), "{told}");
        assert_eq!(collector.stop().status.code(), Some(0));
        let found = files(scratch.path());
        let complete = &found[part.strip_suffix(".part").unwrap()];
        assert!(*complete == octets[..sound], "{}", entry.name);
    }
    assert_eq!(formats, ["openbmp-raw", "bmp", "mrt"]);
}

fn seq(line: &str) -> u64 {
    text(line, "seq").parse().unwrap()
}

#[test]
fn what_cannot_be_is_told_before_anything_begins() {
    for (output, code, words) in [
        ("pmacct-json=file:/x?rotate=500ms", 2, "whole seconds"),
        ("pmacct-json=file:/x/", 2, "has no topics"),
        ("pmacct-json=file:/x?direct=on&compress=zstd", 2, "leave one of them out"),
        ("pmacct-json=file:/nonexistent/x?rotate=1h", 1, "does not exist; create it first"),
        ("pmacct-json=file:/nonexistent/x?compress=zstd", 1, "does not exist; create it first"),
        ("bmp=file:/nonexistent/{session}?rotate=1h", 1, "does not exist; create it first"),
    ] {
        let done = run(ribcage(&["collect", "-l", "127.0.0.1:0", "-o", output]), b"");
        let log = String::from_utf8(done.stderr).unwrap();
        assert_eq!((done.status.code(), log.contains(words)), (Some(code), true), "{log}");
    }
}
