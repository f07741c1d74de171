//! Files that follow each other, compressed or not, one for all or one for each.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Read;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::output::frames::{About, FrameKind, Standing, Topic, View};
use crate::output::transport::file::options::Clock;
use crate::output::transport::file::*;
use crate::output::transport::testing::{Scratch, add, frames_of, setup, url};
use crate::record::SessionId;

/// 2026-11-22T15:05:00Z
const BEGINS: i64 = 1_795_359_900;

/// An output with a clock that a test sets.
struct Bench {
    dir: Scratch,
    clock: Arc<AtomicI64>,
    now: Instant,
}

impl Bench {
    fn new() -> Self {
        let clock = Arc::new(AtomicI64::new(BEGINS));
        Self { dir: Scratch::new(), clock, now: Instant::now() }
    }

    fn open(&self, name: &str, options: &[(&str, &str)]) -> Box<dyn Transport> {
        let path = self.dir.file(name);
        let url = url("file", &path, options);
        let mut plan = Plan::of(&setup(&url), &path).unwrap();
        plan.clock = Clock::Set(self.clock.clone());
        let names = plan.template().clone();
        match names.per_session() || names.per_peer() || names.per_topic() {
            true => Box::new(FileSet::open(plan, Recovered::default()).unwrap()),
            false => Box::new(SingleFile::open(plan, Recovered::default()).unwrap()),
        }
    }

    /// Lets seconds pass, by the clock on the wall and by the other.
    fn pass(&mut self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
        self.now += Duration::from_secs(seconds as u64);
    }

    fn write(&self, t: &mut dyn Transport, records: &[&[u8]]) {
        let frames = frames_of(records);
        assert_eq!(t.write(&frames, 0, self.now), frames.len());
    }

    /// Every file with its text, by name; compressed ones are decompressed.
    fn files(&self) -> Vec<(String, String)> {
        let mut files: Vec<_> = fs::read_dir(self.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, unpacked(&path))
            })
            .collect();
        files.sort();
        files
    }

    fn assert_files(&self, expected: &[(&str, &str)]) {
        let expected: Vec<_> =
            expected.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect();
        assert_eq!(self.files(), expected);
    }
}

fn unpacked(path: &Path) -> String {
    let (octets, mut text) = (fs::read(path).unwrap(), String::new());
    let name = path.to_str().unwrap();
    let name = name.strip_suffix(".part").unwrap_or(name);
    match name.rsplit_once('.').unwrap().1 {
        "gz" => {
            flate2::read::MultiGzDecoder::new(&octets[..]).read_to_string(&mut text).unwrap();
        }
        "zst" => {
            let mut decoder = zstd::stream::read::Decoder::new(&octets[..]).unwrap();
            decoder.read_to_string(&mut text).unwrap();
        }
        _ => text = String::from_utf8(octets).unwrap(),
    }
    text
}

#[test]
fn an_interval_is_a_file_and_an_empty_one_is_none() {
    let mut bench = Bench::new();
    let mut t = bench.open("x.%H%M.json", &[("rotate", "5m")]);
    bench.assert_files(&[]);
    bench.write(&mut *t, &[b"a\n", b"b\n"]);
    t.poll(bench.now);
    bench.assert_files(&[("x.1505.json.part", "a\nb\n")]);
    bench.pass(299);
    t.poll(bench.now);
    bench.assert_files(&[("x.1505.json.part", "a\nb\n")]);
    bench.pass(1);
    t.poll(bench.now);
    bench.assert_files(&[("x.1505.json", "a\nb\n")]);
    bench.pass(3600);
    t.poll(bench.now);
    bench.write(&mut *t, &[b"c\n"]);
    bench.pass(301);
    bench.write(&mut *t, &[b"d\n"]);
    drop(t);
    bench.assert_files(&[
        ("x.1505.json", "a\nb\n"),
        ("x.1610.json", "c\n"),
        ("x.1615.json", "d\n"),
    ]);
}

#[test]
fn what_was_taken_before_the_interval_was_over_is_in_its_file() {
    let mut bench = Bench::new();
    let mut t = bench.open("x.%S", &[("rotate", "1s")]);
    bench.write(&mut *t, &[b"before\n"]);
    assert_eq!(t.pending(), 1);
    bench.pass(1);
    bench.write(&mut *t, &[b"after\n"]);
    t.poll(bench.now);
    bench.assert_files(&[("x.00", "before\n"), ("x.01.part", "after\n")]);
}

#[test]
fn a_name_that_is_taken_gets_a_number() {
    let bench = Bench::new();
    let mut expected = Vec::new();
    for (n, name) in ["", ".1", ".2"].iter().enumerate() {
        let mut t = bench.open("x", &[("rotate", "1h")]);
        let text = format!("{n}\n");
        bench.write(&mut *t, &[text.as_bytes()]);
        expected.push((format!("x.20261122T150000Z{name}"), text));
        drop(t);
        assert_eq!(bench.files(), expected);
    }
    // A file that appears under the name while its part is written.
    let mut t = bench.open("x", &[("rotate", "1h")]);
    bench.write(&mut *t, &[b"3\n"]);
    fs::write(bench.dir.file("x.20261122T150000Z.3"), "foreign\n").unwrap();
    t.reopen();
    t.poll(bench.now);
    expected.push(("x.20261122T150000Z.3".into(), "foreign\n".into()));
    expected.push(("x.20261122T150000Z.4".into(), "3\n".into()));
    assert_eq!(bench.files(), expected);
}

/// Numbered lines, and the files that a transport makes of them, joined in order.
fn joined(options: &[(&str, &str)], seconds: i64) -> (String, Vec<(String, String)>) {
    let mut bench = Bench::new();
    let mut t = bench.open("x.%Y%m%d%H%M%S", options);
    let (mut all, mut serial) = (String::new(), 0_u64);
    for batch in 0..40 {
        let mut frames = Frames::new();
        frames.begin(t.run());
        for _ in 0..(batch * 37) % 1500 {
            let len = (serial * serial * 31 % 700) as usize;
            let line = format!("{serial:08} {}\n", "abcdefghij".repeat(len / 10));
            serial += 1;
            add(&mut frames, FrameKind::Record, 1, line.as_bytes());
            all.push_str(&line);
        }
        assert_eq!(t.write(&frames, 0, bench.now), frames.len());
        if batch % 3 == 0 {
            bench.pass(seconds);
            t.poll(bench.now);
        }
    }
    drop(t);
    let mut files = bench.files();
    let number = |name: &str| {
        let name = name.trim_end_matches(".gz").trim_end_matches(".zst");
        let mut parts = name.split('.').skip(1).map(|part| part.parse::<u64>().unwrap());
        (parts.next(), parts.next())
    };
    files.sort_by_key(|(name, _)| number(name));
    (all, files)
}

#[test]
fn all_files_together_have_every_record_once_and_whole() {
    for compress in ["none", "gzip", "zstd"] {
        for (rotation, seconds) in [
            (&[("rotate", "2s")][..], 1),
            (&[("rotate-size", "20KiB")], 0),
            (&[("rotate", "3s"), ("rotate-size", "1MiB")], 1),
        ] {
            let options = [&[("compress", compress)], rotation].concat();
            let (all, files) = joined(&options, seconds);
            let found: String = files.iter().map(|(_, text)| text.as_str()).collect();
            assert!(found == all, "{options:?}");
            assert!(files.len() > 2, "{options:?}: {}", files.len());
            assert!(files.iter().all(|(_, text)| text.ends_with('\n')), "{options:?}");
        }
    }
}

#[test]
fn a_file_is_full_with_the_record_that_reaches_the_size() {
    let bench = Bench::new();
    let mut t = bench.open("x.%H", &[("rotate-size", "4KiB")]);
    let line = [&[b'l'; 1023][..], b"\n"].concat();
    let lines = vec![&line[..]; 9];
    bench.write(&mut *t, &lines);
    t.poll(bench.now);
    let sizes: Vec<_> = bench.files().iter().map(|(n, text)| (n.clone(), text.len())).collect();
    let wanted = [("x.15", 4096), ("x.15.1", 4096), ("x.15.2.part", 1024)];
    assert_eq!(sizes, wanted.map(|(n, len)| (n.to_owned(), len)));
}

#[test]
fn compressed_records_wait_for_company_only_so_long() {
    for (compress, name) in [("gzip", "x.gz"), ("zstd", "x.zst")] {
        let mut bench = Bench::new();
        let mut t = bench.open("x", &[("compress", compress), ("flush", "2s")]);
        bench.write(&mut *t, &[b"a\n"]);
        bench.pass(1);
        assert_eq!(t.poll(bench.now), Progress::Idle);
        assert_eq!((t.pending(), fs::metadata(bench.dir.file(name)).unwrap().len()), (1, 0));
        bench.write(&mut *t, &[b"b\n"]);
        bench.pass(1);
        assert_eq!(t.poll(bench.now), Progress::Moved);
        assert_eq!(t.pending(), 0);
        bench.assert_files(&[(name, "a\nb\n")]);
        bench.write(&mut *t, &[b"c\n"]);
        t.drain();
        t.poll(bench.now);
        assert_eq!(t.pending(), 0, "at the end nothing waits");
        drop(t);
        let mut t = bench.open("x", &[("compress", compress)]);
        bench.write(&mut *t, &[b"d\n"]);
        drop(t);
        bench.assert_files(&[(name, "a\nb\nc\nd\n")]);
    }
}

#[test]
fn a_full_disk_loses_nothing_that_is_compressed() {
    let mut bench = Bench::new();
    let path = bench.dir.file("x.zst");
    std::os::unix::fs::symlink("/dev/full", &path).unwrap();
    let mut t = bench.open("x", &[("compress", "zstd")]);
    let mut x = 7_u64;
    let lines: Vec<Vec<u8>> = (0..60)
        .map(|_| {
            let noise = std::iter::repeat_with(|| {
                x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                b'0' + (x >> 60) as u8
            });
            noise.take(99_999).chain([b'\n']).collect()
        })
        .collect();
    let frames = frames_of(&lines.iter().map(|line| &line[..]).collect::<Vec<_>>());
    let taken = t.write(&frames, 0, bench.now);
    assert!(taken > 10 && taken < 40, "{taken}");
    for _ in 0..5 {
        bench.pass(10);
        assert_eq!(t.write(&frames, taken, bench.now), 0);
        assert_eq!(t.poll(bench.now), Progress::Waiting);
    }
    assert_eq!((t.pending(), t.bytes_written()), (taken as u64, 0));
    assert!(matches!(t.notice(), Some(Notice::WriteFailed { .. })));
    fs::remove_file(&path).unwrap();
    t.reopen();
    let mut next = taken;
    while next < frames.len() {
        t.poll(bench.now);
        next += t.write(&frames, next, bench.now);
        bench.pass(1);
    }
    drop(t);
    assert!(unpacked(Path::new(&path)).as_bytes() == frames.bytes);
}

#[test]
fn a_next_file_that_cannot_be_made_holds_records_back() {
    let mut bench = Bench::new();
    fs::create_dir(bench.dir.file("d")).unwrap();
    let mut t = bench.open("d/x.%S", &[("rotate", "1s"), ("fsync", "never")]);
    bench.write(&mut *t, &[b"a\n"]);
    t.poll(bench.now);
    bench.pass(1);
    t.poll(bench.now);
    fs::rename(bench.dir.file("d"), bench.dir.file("e")).unwrap();
    let frames = frames_of(&[b"b\n"]);
    assert_eq!(t.write(&frames, 0, bench.now), 0);
    assert!(matches!(t.notice(), Some(Notice::WriteFailed { .. })));
    fs::create_dir(bench.dir.file("d")).unwrap();
    bench.pass(60);
    assert_eq!(t.write(&frames, 0, bench.now), 1);
    t.poll(bench.now);
    assert!(matches!(t.notice(), Some(Notice::Recovered { .. })));
    drop(t);
    assert_eq!(fs::read_to_string(bench.dir.file("e/x.00")).unwrap(), "a\n");
    assert_eq!(fs::read_to_string(bench.dir.file("d/x.01")).unwrap(), "b\n");
}

#[test]
fn a_part_that_was_removed_is_told_and_the_next_file_is_whole() {
    let mut bench = Bench::new();
    let mut t = bench.open("x.%S", &[("rotate", "1s")]);
    bench.write(&mut *t, &[b"a\n"]);
    t.poll(bench.now);
    fs::remove_file(bench.dir.file("x.00.part")).unwrap();
    bench.pass(1);
    bench.write(&mut *t, &[b"b\n"]);
    assert!(matches!(t.notice(), Some(Notice::FileTrouble { .. })));
    drop(t);
    bench.assert_files(&[("x.01", "b\n")]);
}

#[test]
fn what_a_crash_left_is_completed_and_never_overwritten() {
    for (compress, suffix) in [("none", ""), ("gzip", ".gz"), ("zstd", ".zst")] {
        let bench = Bench::new();
        let options = [("rotate", "1h"), ("compress", compress)];
        let part = format!("x.20261122T150000Z{suffix}.part");
        let mut t = bench.open("x", &options);
        bench.write(&mut *t, &[b"a\n", b"b\n"]);
        t.drain();
        t.poll(bench.now);
        let mut left = fs::read(bench.dir.file(&part)).unwrap();
        drop(t);
        let complete = bench.dir.file(part.strip_suffix(".part").unwrap());
        fs::remove_file(&complete).unwrap();
        left.extend_from_slice(&left.clone()[..1]); // the beginning of a record, or of a frame
        fs::write(bench.dir.file(&part), &left).unwrap();
        let path = bench.dir.file("x");
        let url = url("file", &path, &options);
        drop(open(&setup(&url)).unwrap());
        assert_eq!(unpacked(Path::new(&complete)), "a\nb\n", "{compress}");
        assert!(!fs::exists(bench.dir.file(&part)).unwrap());
    }
}

#[test]
fn complete_files_are_removed_when_there_are_enough() {
    let mut bench = Bench::new();
    fs::write(bench.dir.file("x.%S"), "foreign").unwrap();
    let mut t = bench.open("x.%S", &[("rotate", "1s"), ("keep-size", "25")]);
    for n in 0..6 {
        bench.write(&mut *t, &[format!("number {n}\n").as_bytes()]);
        t.poll(bench.now);
        bench.pass(1);
        t.poll(bench.now);
    }
    let left: Vec<_> = bench.files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(left, ["x.%S", "x.04", "x.05"]);
}

/// Frames of two sessions that introduce themselves and say things that stand.
fn with_standing(t: &mut dyn Transport, now: Instant, said: &[(u64, FrameKind, &str, Standing)]) {
    let mut frames = Frames::new();
    frames.begin(t.run());
    for (session, kind, text, standing) in said {
        frames.bytes.extend_from_slice(text.as_bytes());
        frames.end_standing(*kind, SessionId(*session), *standing);
    }
    assert_eq!(t.write(&frames, 0, now), frames.len());
    t.poll(now);
}

#[test]
fn a_file_begins_with_what_stands() {
    use FrameKind::{Record, SessionClose};
    let none = Standing::None;
    let up = |key| Standing::Set { key, part: 0 };
    for preamble in ["on", "off"] {
        let mut bench = Bench::new();
        let mut t = bench.open("x.%S", &[("rotate", "1s"), ("preamble", preamble)]);
        with_standing(
            &mut *t,
            bench.now,
            &[
                (2, Record, "two:init ", Standing::Opening),
                (1, Record, "one:init ", Standing::Opening),
                (1, Record, "one:up-a ", up(1)),
                (1, Record, "one:up-b ", up(2)),
                (1, Record, "route ", none),
            ],
        );
        bench.pass(1);
        with_standing(
            &mut *t,
            bench.now,
            &[(1, Record, "one:down-a ", Standing::Clear { key: 1 })],
        );
        bench.pass(1);
        with_standing(&mut *t, bench.now, &[(2, SessionClose, "", none), (1, Record, "r ", none)]);
        bench.pass(5);
        t.poll(bench.now);
        bench.pass(1);
        with_standing(&mut *t, bench.now, &[(1, SessionClose, "", none)]);
        drop(t);
        let on = preamble == "on";
        let standing = |text: &str, rest: &str| format!("{}{rest}", if on { text } else { "" });
        bench.assert_files(&[
            ("x.00", "two:init one:init one:up-a one:up-b route "),
            ("x.01", &standing("one:init one:up-a one:up-b two:init ", "one:down-a ")),
            ("x.02", &standing("one:init one:up-b ", "r ")),
        ]);
    }
}

#[test]
fn sessions_files_follow_each_other_too() {
    let mut bench = Bench::new();
    let mut t = bench.open("{session}.%S", &[("rotate", "1s")]);
    let none = Standing::None;
    for second in 0..3 {
        let said = [1, 2].map(|n| (n, FrameKind::Record, ["a", "b"][n as usize - 1], none));
        with_standing(&mut *t, bench.now, &said[..2 - second / 2]);
        bench.pass(1);
    }
    with_standing(&mut *t, bench.now, &[(2, FrameKind::SessionClose, "", none)]);
    let of = |session: u64, rest: &str| format!("{session:016x}.{rest}");
    let names = [of(1, "00"), of(1, "01"), of(1, "02"), of(2, "00"), of(2, "01")];
    let seen: Vec<_> = bench.files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(seen, names);
    with_standing(&mut *t, bench.now, &[(1, FrameKind::Record, "c", none)]);
    assert!(bench.files().iter().any(|(name, text)| *name == of(1, "03.part") && text == "c"));
    with_standing(&mut *t, bench.now, &[(1, FrameKind::SessionClose, "d", none)]);
    assert!(bench.files().iter().any(|(name, text)| *name == of(1, "03") && text == "cd"));
}

#[test]
fn peers_views_and_topics_have_files_of_their_own() {
    let mut bench = Bench::new();
    for options in [&[][..], &[("rotate", "1h")], &[("compress", "gzip")]] {
        let mut t = bench.open("{peer}.{view}.{topic}", options);
        let mut frames = Frames::new();
        frames.begin(t.run());
        assert!(frames.wants_peers());
        add(&mut frames, FrameKind::Record, 1, b"init\n");
        for n in 0..60_u8 {
            let peer = Some(IpAddr::from([192, 0, 2, n % 3]));
            let view = Some(if n % 2 == 0 { View::AdjRibInPre } else { View::LocRib });
            frames.about(About { peer, view, distinguisher: None });
            frames.file_under(Topic { name: ["one", "two"][usize::from(n / 30)], key: b"" });
            add(&mut frames, FrameKind::Record, u64::from(n % 2), format!("{n}\n").as_bytes());
        }
        frames.about(About::default());
        add(&mut frames, FrameKind::SessionClose, 1, b"close\n");
        assert_eq!(t.write(&frames, 0, bench.now), frames.len());
        bench.pass(2);
        t.poll(bench.now);
        drop(t);
        let files = bench.files();
        assert_eq!(files.len(), 14, "{files:?}");
        for (name, text) in files {
            if name.starts_with("-.") {
                assert!(text == "init\n" || text == "close\n");
            } else {
                let numbers: Vec<u8> = text.lines().map(|line| line.parse().unwrap()).collect();
                assert_eq!(numbers.len(), 5);
                assert!(numbers.windows(2).all(|pair| pair[1] - pair[0] == 6), "{numbers:?}");
            }
            fs::remove_file(bench.dir.file(&name)).unwrap();
        }
    }
}

#[test]
fn the_number_of_files_is_bounded_whatever_peers_there_are() {
    let bench = Bench::new();
    let mut t = bench.open("{peer}", &[("rotate", "1h"), ("fsync", "never")]);
    let mut frames = Frames::new();
    frames.begin(t.run());
    for n in 0..800_u32 {
        let peer = Some(IpAddr::from(n.to_be_bytes()));
        frames.about(About { peer, ..About::default() });
        add(&mut frames, FrameKind::Record, 1, b"r");
    }
    let mut next = 0;
    while next < frames.len() {
        next += t.write(&frames, next, bench.now);
        t.poll(bench.now);
    }
    let (parts, complete): (Vec<_>, Vec<_>) =
        fs::read_dir(bench.dir.path()).unwrap().partition(|entry| {
            entry.as_ref().unwrap().file_name().to_str().unwrap().ends_with(".part")
        });
    assert!(parts.len() <= 512 && complete.len() >= 128, "{}", parts.len());
    assert_eq!(parts.len() + complete.len(), 800);
}

/// What hardly becomes smaller: octets that follow no pattern, as hexadecimal digits.
fn noise(len: usize) -> String {
    let mut state = 1_u64;
    let mut digit = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b"0123456789abcdef"[(state >> 60) as usize])
    };
    (0..len).map(|_| digit()).collect()
}

#[test]
fn a_file_that_its_beginning_fills_takes_a_record_all_the_same() {
    let up = |key| Standing::Set { key, part: 0 };
    for (method, suffix) in [("gzip", "gz"), ("zstd", "zst")] {
        let mut bench = Bench::new();
        let options = [("rotate-size", "4KiB"), ("compress", method)];
        let mut t = bench.open("x.%S", &options);
        // A little more than a frame stands, in pieces of the size in which it is gathered.
        let fact = noise(super::FRAME / 16);
        let facts: Vec<_> =
            (0..16).map(|key| (1, FrameKind::Record, fact.as_str(), up(key))).collect();
        for fact in facts {
            with_standing(&mut *t, bench.now, &[fact]);
        }
        bench.pass(2);
        t.poll(bench.now);
        for second in [2, 4] {
            with_standing(&mut *t, bench.now, &[(1, FrameKind::Record, "r\n", Standing::None)]);
            bench.pass(2);
            t.poll(bench.now);
            let text = unpacked(Path::new(&bench.dir.file(&format!("x.{second:02}.{suffix}"))));
            assert_eq!(text, format!("{}r\n", fact.repeat(16)));
        }
    }
}
