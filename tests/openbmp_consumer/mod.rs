//! OpenBMP's consumers take every message of `openbmp`, of every recording.
//!
//! `envelope.rs` reads as its Java and its Python API do, `columns.rs` as the database's consumer,
//! `rules.rs` holds rows against each other. `broken.rs` proves that the three can refuse.
//! `scripts/postgres.sh` asks a real PostgreSQL the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod broken;
mod columns;
mod envelope;
mod rules;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ribcage::output::format::{Cursor, FORMATS, Format, Options};
use ribcage::output::frames::Frames;
use ribcage::output::selection::Selection;
use ribcage::record::{Batch, BatchLimits, CloseReason, SessionId};
use ribcage::session::{Received, Session, SessionLimits};
use ribcage::wire::Timestamp;

use crate::util::{TempDir, decode, files, read, shared, whole};
use envelope::next;
use rules::Consumer;

/// Octets of a recording that are looked at, unless all are: see [`whole`].
const OCTETS_MAX: usize = 128 << 10;

/// A format that its consumer reads as a writer sends it, with topics and keys.
struct Sender {
    format: Box<dyn Format>,
    batch: Batch,
    frames: Frames,
    consumer: Consumer,
    now: Instant,
    at: Timestamp,
}

impl Sender {
    /// The format with its default options.
    fn new() -> Self {
        let options = Options { pairs: &[], name: "openbmp", socket: false, stream: 0, streams: 1 };
        let entry = FORMATS.iter().find(|f| f.name == "openbmp").unwrap();
        let mut this = Self {
            format: (entry.build)(&options).unwrap(),
            batch: Batch::new(BatchLimits::for_messages(1 << 20)),
            frames: Frames::new(),
            consumer: Consumer::default(),
            now: Instant::now(),
            at: Timestamp::new(1_790_000_000, 7),
        };
        this.tick();
        this
    }

    /// Lets a second pass.
    fn tick(&mut self) {
        (self.now, self.at.secs) = (self.now + Duration::from_secs(1), self.at.secs + 1);
        if self.format.is_due(self.now) {
            self.format.tick(self.now, self.at, &mut self.frames);
            self.deliver();
        }
    }

    /// A router's session from its beginning to its end.
    fn session(&mut self, id: u64, router: SocketAddr, mut stream: &[u8]) {
        let mut session = Session::new(SessionId(id), router, SessionLimits::default());
        session.open(self.at, &mut self.batch).unwrap();
        self.flush();
        self.tick();
        let reason = loop {
            let (used, received) = session.receive(self.at, stream, &mut self.batch);
            stream = &stream[used..];
            while session.take_event().is_some() {}
            self.flush();
            match received {
                Received::BatchFull => {}
                Received::NeedInput => break CloseReason::EndOfStream,
                Received::Broken(_) => break CloseReason::BrokenFraming,
            }
        };
        session.close(self.at, reason, &mut self.batch).unwrap();
        self.flush();
        self.tick();
    }

    fn flush(&mut self) {
        let mut cursor = Cursor::default();
        while cursor.record < self.batch.records().len() {
            self.format.render(&self.batch, &Selection::EVERYTHING, &mut cursor, &mut self.frames);
            self.deliver();
        }
        self.batch.reset();
    }

    /// Each frame is a message.
    fn deliver(&mut self) {
        for i in 0..self.frames.len() {
            let octets = self.frames.octets(i);
            if octets.is_empty() {
                continue;
            }
            let topic = self.frames.topic(i).expect("a topic");
            let key = std::str::from_utf8(topic.key).expect("a key of ASCII digits");
            let read = self.consumer.read((Some((topic.name, key)), octets));
            read.unwrap_or_else(|fault| panic!("{fault}"));
        }
        self.frames.clear();
    }

    /// The collector stops: what its consumer has read.
    fn finish(mut self) -> Consumer {
        self.format.finish(self.now, self.at, &mut self.frames);
        self.deliver();
        self.consumer.end().unwrap_or_else(|fault| panic!("{fault}"));
        self.consumer
    }
}

/// Adds up what was read.
fn add(rows: &mut BTreeMap<&'static str, usize>, consumer: &Consumer) {
    for (object, count) in &consumer.rows {
        *rows.entry(object).or_default() += count;
    }
}

/// The beginning of a stream of messages whose length is four octets at `at`, `rest` less than all.
fn beginning(mut stream: Vec<u8>, at: usize, rest: usize) -> Vec<u8> {
    let max = if whole() { usize::MAX } else { OCTETS_MAX };
    let mut len = 0;
    while len < max {
        let length = stream.get(len..).and_then(|left| left.get(at..at + 4));
        let Some(octets) = length else { return stream };
        len += rest + u32::from_be_bytes(octets.try_into().unwrap()) as usize;
    }
    stream.truncate(len);
    stream
}

/// The streams of one router each.
fn streams(data: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (folder, ending) in [
        ("captures", ".bmp"),
        ("lab", ".bmp.gz"),
        ("streams", ".bmp.gz"),
        ("openbmp", ".bmp"),
        ("pmacct", ".bin"),
    ] {
        found.extend(files(&data.join(folder), ending));
    }
    // Those are BGP without BMP.
    found.retain(|path| !path.to_string_lossy().contains("BGP-"));
    found
}

#[test]
fn every_stream_is_taken_with_topics_and_keys() {
    let Some(shared) = shared("every_stream_is_taken_with_topics_and_keys") else { return };
    let (mut rows, mut ids, mut count) = (BTreeMap::new(), 0, 0);
    for path in streams(&shared.join("data")) {
        let stream = beginning(read(&path), 1, 0);
        let name = path.display().to_string();
        println!("{name}"); // shown when it fails
        let mut sender = Sender::new();
        let router = if count % 2 == 0 { "192.0.2.9:4000" } else { "[2001:db8::9]:4000" };
        sender.session(1, router.parse().unwrap(), &stream);
        // It comes again, and then another one with the same to say.
        sender.session(2, router.parse().unwrap(), &stream[..stream.len().min(20_000)]);
        sender.session(3, "198.51.100.1:5".parse().unwrap(), &stream[..stream.len().min(9_000)]);
        let consumer = sender.finish();
        ids += consumer.ids;
        add(&mut rows, &consumer);
        count += 1;
    }
    assert!(count >= 60, "{count} streams");
    assert_eq!(rows.len(), columns::OBJECTS.len(), "{rows:?}");
    assert!(ids > 30_000 && rows["unicast_prefix"] > 15_000, "{ids} ids, {rows:?}");
}

/// Octets of an MRT record beside those that its length counts.
const MRT_HEADER: usize = 12;

#[test]
fn every_other_recording_is_taken() {
    let Some(shared) = shared("every_other_recording_is_taken") else { return };
    let (data, folder) = (shared.join("data"), TempDir::new("openbmp-consumer"));
    let mut recordings = files(&data.join("captures"), ".pcap");
    recordings.extend(files(&data.join("mrt/rislive"), "msg"));
    recordings.extend(files(&data.join("mrt/rislive"), "msgs"));
    recordings.extend(files(&data.join("openbmp/obmp-binary"), ".bin"));
    for (folder, ending) in [("mrtparse-samples/samples", ""), ("ripe-ncc-bgpdump", ".gz")] {
        recordings.extend(files(&data.join("mrt").join(folder), ending));
    }
    let (mut rows, mut count) = (BTreeMap::new(), 0);
    for mut path in recordings {
        println!("{}", path.display());
        if path.to_string_lossy().contains("bgpdump") {
            let octets = beginning(read(&path), 8, MRT_HEADER);
            path = folder.file("beginning.mrt", &octets);
        }
        let written = decode(&["-F", "openbmp"], &path).stdout;
        let (mut consumer, mut left) = (Consumer::default(), &written[..]);
        while let Some(message) = next(&mut left) {
            let read = message.and_then(|message| consumer.read((None, message)));
            read.unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
        }
        consumer.end().unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
        add(&mut rows, &consumer);
        count += 1;
    }
    assert!(count >= 40 && rows["unicast_prefix"] > 3_000, "{count}: {rows:?}");
}
