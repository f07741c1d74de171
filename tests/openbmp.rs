//! Raw messages of OpenBMP's message bus: written as their original does, and read by others.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::SocketAddr;
use std::path::Path;

use bytes::Bytes;
use ribcage::output::format::{Cursor, FORMATS, Options};
use ribcage::output::frames::{FrameKind, Frames};
use ribcage::output::selection::Selection;
use ribcage::record::{Batch, BatchLimits, SessionId};
use ribcage::session::{Received, Session, SessionLimits};
use ribcage::wire::Timestamp;

use crate::util::{TempDir, decode, decoded, files, read, shared, whole};

/// Messages of each stream that are looked at, unless all are: see [`whole`].
const MESSAGES_MAX: usize = 2_000;

/// A message as a transport gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Message {
    topic: String,
    key: Vec<u8>,
    octets: Vec<u8>,
}

/// What a format, `NAME?KEY=VALUE&…`, makes of a router's stream; broken framing ends that.
fn written(format: &str, router: &str, at: Timestamp, mut stream: &[u8]) -> Vec<Message> {
    let (name, pairs) = format.split_once('?').unwrap_or((format, ""));
    let pairs = pairs.split('&').filter_map(|pair| pair.split_once('='));
    let pairs: Vec<_> = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let entry = FORMATS.iter().find(|f| f.name == name).expect("the format");
    let options = Options { pairs: &pairs, name: "t", socket: false, stream: 0, streams: 1 };
    let mut format = (entry.build)(&options).expect("sound options");
    let limits = SessionLimits::default();
    let mut batch = Batch::new(BatchLimits::for_messages(limits.max_frame));
    let router = SocketAddr::new(router.parse().unwrap(), 4000);
    let mut session = Session::new(SessionId(7), router, limits);
    session.open(at, &mut batch).expect("room");
    let mut all = Vec::new();
    loop {
        let (used, received) = session.receive(at, stream, &mut batch);
        while session.take_event().is_some() {}
        stream = &stream[used..];
        let (mut cursor, mut frames) = (Cursor::default(), Frames::new());
        while cursor.record < batch.records().len() {
            format.render(&batch, &Selection::EVERYTHING, &mut cursor, &mut frames);
            for index in 0..frames.len() {
                let octets = frames.octets(index).to_vec();
                if frames.frame(index).kind != FrameKind::Record {
                    assert!(octets.is_empty());
                    continue;
                }
                let topic = frames.topic(index).expect("raw messages have a topic");
                let (topic, key) = (topic.name.to_owned(), topic.key.to_vec());
                all.push(Message { topic, key, octets });
            }
            frames.clear();
        }
        batch.reset();
        match received {
            Received::BatchFull => {}
            Received::NeedInput | Received::Broken(_) => return all,
        }
    }
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    text.as_bytes().chunks(2).map(digits).collect()
}

/// The raw messages that OpenBMP's collector wrote of what one router sent.
fn golden(file: &Path, router: &str) -> Vec<Message> {
    let text = String::from_utf8(read(file)).unwrap();
    let ip = format!("\nR_IP: {router}\n").into_bytes();
    let mut all = Vec::new();
    for line in text.lines() {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| json[key].as_str().unwrap().to_owned();
        let octets = from_hex(&text("value_hex"));
        if text("topic") == "openbmp.bmp_raw" && octets.windows(ip.len()).any(|w| w == ip) {
            let place = (json["partition"].as_u64(), json["offset"].as_u64());
            let message = Message { topic: text("topic"), key: text("key").into(), octets };
            all.push((place, message));
        }
    }
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, message)| message).collect()
}

#[test]
fn the_text_form_is_what_openbmps_collector_writes() {
    let Some(root) = shared("the_text_form_is_what_openbmps_collector_writes") else { return };
    let folder = root.join("data/openbmp/golden");
    let at = Timestamp::default();
    for (recording, stream, router, pat, count, before) in [
        ("ABC", "A", "127.0.0.2", "true", 93, 1),
        ("ABC", "B", "127.0.0.3", "true", 3, 0),
        ("ABC", "C", "127.0.0.4", "true", 2, 0),
        ("sigterm", "B", "127.0.0.5", "false", 3, 0),
    ] {
        let mut wanted = golden(&folder.join(format!("messages-{recording}.jsonl")), router);
        let stream = read(&folder.join(format!("streams/stream-{stream}.bmp")));
        let format = format!("openbmp-raw-text?admin-id=test-collector&pat-enabled={pat}");
        let mut ours = written(&format, router, at, &stream);
        assert_eq!(wanted.len(), count, "{recording} {router}");
        // What comes before the Initiation has an id, too: the original drops it.
        assert_eq!(ours.len(), count + before, "{recording} {router}");
        ours.drain(..before);
        // A router that takes another name has another key from there on, in another partition.
        for all in [&mut ours, &mut wanted] {
            all.sort_by(|a, b| a.key.cmp(&b.key)); // stable: order within a key stays
        }
        for (ours, wanted) in ours.iter().zip(&wanted) {
            assert_eq!(ours, wanted, "{recording} {router}");
        }
    }
}

/// Where the router's id stands in a binary header.
fn router_id(octets: &[u8]) -> std::ops::Range<usize> {
    let admin_id = usize::from(u16::from_be_bytes([octets[38], octets[39]]));
    40 + admin_id..56 + admin_id
}

#[test]
fn the_binary_form_is_that_of_route_views() {
    let Some(root) = shared("the_binary_form_is_that_of_route_views") else { return };
    for (name, admin_id, group, router) in [
        ("bgpkit-mod-0", "is-cc-bmp1", "route-views5", "128.223.51.105"),
        ("bgpkit-mod-1", "is-ah-bmp1", "linx", "195.66.241.146"),
        ("go-openbmp-0", "is-ah-bmp1", "route-views2", "128.223.51.102"),
    ] {
        let folder = root.join("data/openbmp/obmp-binary");
        let wanted = read(&folder.join(format!("{name}.msg.bin")));
        let number = |at: usize| u32::from_be_bytes(*wanted[at..].first_chunk().unwrap());
        let at = Timestamp::new(number(14).into(), number(18));
        let stream = read(&folder.join(format!("{name}.bmp")));
        let format = format!("openbmp-raw?admin-id={admin_id}&router-group={group}");
        let ours = written(&format, router, at, &stream);
        let [Message { topic, key, octets }] = &ours[..] else { panic!("{ours:?}") };
        // The id of a router is OpenBMP's: RouteViews' is of its address in octets, so that it has
        // nothing to do with that of the parsed messages.
        let id = router_id(octets);
        assert_eq!((topic.as_str(), &key[..]), ("openbmp.bmp_raw", &octets[id.clone()]));
        let mut with_theirs = octets.clone();
        with_theirs[id.clone()].copy_from_slice(&wanted[id]);
        assert_eq!(with_theirs, wanted, "{name}");
    }
}

/// Streams of one router each, up to a message: what collectors recorded, and the original's own.
fn streams(root: &Path) -> Vec<(String, Vec<u8>)> {
    streams_in(root, &["data/streams", "data/openbmp/golden/streams"])
}

/// Those in these folders; none whose framing is broken.
fn streams_in(root: &Path, folders: &[&str]) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for path in folders.iter().flat_map(|folder| files(&root.join(folder), "")) {
        let name = path.to_string_lossy().into_owned();
        let is_bmp = [".bmp", ".bmp.gz"].iter().any(|ending| name.ends_with(ending))
            || name.contains("BMP") && name.ends_with(".bin")
            || name.contains("synthetic") && name.ends_with(".bin");
        if is_bmp && !name.contains("stream-C") {
            all.push((name, beginning(read(&path))));
        }
    }
    all
}

/// The first messages of a stream.
fn beginning(mut stream: Vec<u8>) -> Vec<u8> {
    let mut len = 0;
    let max = if whole() { usize::MAX } else { MESSAGES_MAX };
    for _ in 0..max {
        let Some(&[_, a, b, c, d]) = stream[len..].first_chunk() else { break };
        len += u32::from_be_bytes([a, b, c, d]) as usize;
    }
    stream.truncate(len);
    stream
}

#[test]
fn what_is_written_is_read_back_octet_for_octet() {
    let Some(root) = shared("what_is_written_is_read_back_octet_for_octet") else { return };
    let folder = TempDir::new("openbmp");
    let streams = streams(&root);
    assert!(streams.len() >= 8, "{}", streams.len());
    for format in ["openbmp-raw", "openbmp-raw-text?hash=xxh3"] {
        let mut all = Vec::new();
        for (n, (name, stream)) in streams.iter().enumerate() {
            let file = folder.file("stream", stream);
            let router = format!("192.0.2.{n}:1");
            let written = decoded(&["-F", format, "--router", &router], &file);
            assert!(written.len() > stream.len(), "{name}");
            let back = decoded(&["-F", "bmp"], &folder.file("written", &written));
            assert!(back == *stream, "{name} as {format}");
            all.extend(written);
        }
        // All in one file, routers apart again.
        let target = format!("bmp=file:{}/{{router}}", folder.path().display());
        let args = ["--input-format", "openbmp-raw", "-o", &target];
        let out = decode(&args, &folder.file("all", &all));
        assert!(out.status.success(), "{out:?}");
        for (n, (name, stream)) in streams.iter().enumerate() {
            assert!(read(&folder.path().join(format!("192.0.2.{n}"))) == *stream, "{name}");
            std::fs::remove_file(folder.path().join(format!("192.0.2.{n}"))).unwrap();
        }
    }
}

#[test]
fn the_time_of_a_message_comes_with_it() {
    let folder = TempDir::new("openbmp");
    let file = folder.file("session", &[3, 0, 0, 0, 6, 4, 3, 0, 0, 0, 6, 5]);
    let written = decoded(&["-F", "openbmp-raw?admin-id=c"], &file);
    let again = folder.file("written", &written);
    let mut command = crate::util::ribcage();
    let out = command.args(["decode", "-F", "openbmp-raw?admin-id=c"]).arg(&again).output();
    assert!(out.unwrap().stdout == written, "times and routers are those of the first run");
}

#[test]
fn bgpkit_parser_reads_the_same_messages() {
    let Some(root) = shared("bgpkit_parser_reads_the_same_messages") else { return };
    let at = Timestamp::new(1_767_323_045, 250_000);
    let (mut messages, mut read_by_it) = (0, 0);
    let folders = ["data/captures", "data/lab", "data/openbmp", "data/pmacct", "data/streams"];
    let all = streams_in(&root, &folders);
    assert!(all.len() > 60, "{} streams", all.len());
    for (n, (name, stream)) in all.iter().enumerate() {
        let router = if n % 2 == 0 { "192.0.2.7" } else { "2001:db8::7" };
        let ours = written("openbmp-raw?admin-id=c1&router-group=g1", router, at, stream);
        let mut rest = &stream[..];
        println!("{name}"); // shown when it fails
        for Message { octets, .. } in &ours {
            let (message, after) =
                rest.split_at(u32::from_be_bytes(*rest[1..].first_chunk().unwrap()) as usize);
            rest = after;
            let mut left = Bytes::from(octets.clone());
            let header = bgpkit_parser::parse_openbmp_header(&mut left);
            assert_eq!(left, message, "{name}: what its header leaves over");
            let header = header.unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!((&*header.admin_id, header.router_group.as_deref()), ("c1", Some("g1")));
            assert_eq!(
                (header.router_ip.to_string(), header.timestamp),
                (router.into(), 1_767_323_045.25)
            );
            assert_eq!((header.object_type, header.msg_len as usize), (12, message.len()));
            let framed = bgpkit_parser::parse_openbmp_msg(Bytes::from(octets.clone()));
            let alone = bgpkit_parser::parse_bmp_msg(&mut Bytes::from(message.to_vec()));
            read_by_it += usize::from(framed.is_ok());
            match (framed, alone) {
                (Ok(framed), Ok(alone)) => assert_eq!(framed, alone, "{name}"),
                (framed, alone) => assert_eq!(framed.is_ok(), alone.is_ok(), "{name}"),
            }
            messages += 1;
        }
        assert!(rest.is_empty(), "{name}");
    }
    assert!(messages > 20_000 && read_by_it * 10 > messages * 9, "{read_by_it} of {messages}");
}
