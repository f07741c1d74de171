//! What the transports' tests share.
#![allow(clippy::unwrap_used)]

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::notices::Notices;
use super::{Notice, Progress, Setup, Transport};
use crate::output::frames::{FrameKind, Frames, Layout, TopicNames};
use crate::output::url::OutputUrl;
use crate::record::SessionId;

/// Records of one session.
pub(crate) fn frames_of(records: &[&[u8]]) -> Frames {
    let mut frames = Frames::new();
    for record in records {
        add(&mut frames, FrameKind::Record, 1, record);
    }
    frames
}

/// Appends one frame.
pub(crate) fn add(frames: &mut Frames, kind: FrameKind, session: u64, octets: &[u8]) {
    frames.bytes.extend_from_slice(octets);
    frames.end(kind, SessionId(session));
}

/// Everything in the queue.
pub(super) fn drain(notices: &mut Notices) -> Vec<Notice> {
    std::iter::from_fn(|| notices.pop()).collect()
}

/// A URL with options.
pub(crate) fn url(scheme: &str, target: &str, options: &[(&str, &str)]) -> OutputUrl {
    let options = options.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    OutputUrl { scheme: scheme.into(), target: target.into(), options }
}

/// What a transport is told of a format of lines without topics.
pub(crate) fn setup(url: &OutputUrl) -> Setup<'_> {
    static NONE: LazyLock<TopicNames> = LazyLock::new(TopicNames::default);
    Setup { url, per_session: false, layout: Layout::Lines, topics: &NONE, stream: 0 }
}

/// Offers all frames from `first` on, polling while the transport takes none, for at most 20 s.
pub(crate) fn offer_all(transport: &mut dyn Transport, frames: &Frames, first: usize) {
    let (mut next, start) = (first, Instant::now());
    while next < frames.len() {
        next += transport.write(frames, next, Instant::now());
        step(transport);
        assert!(start.elapsed() < Duration::from_secs(20), "frame {next} is not taken");
    }
}

/// Polls until `done`, for at most 20 s.
pub(crate) fn poll_until(transport: &mut dyn Transport, done: impl Fn(&dyn Transport) -> bool) {
    let start = Instant::now();
    while !done(transport) {
        step(transport);
        assert!(start.elapsed() < Duration::from_secs(20), "{} pending", transport.pending());
    }
}

fn step(transport: &mut dyn Transport) {
    if transport.poll(Instant::now()) != Progress::Moved {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A directory of one test's own, removed afterwards.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let name = format!("ribcage-output-{}-{serial}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Numbered lines of different lengths, each a record.
pub(crate) fn numbered(records: usize) -> Frames {
    let mut frames = Frames::new();
    for n in 0..records {
        let line = format!("{n:08} {}\n", "x".repeat(n % 97));
        add(&mut frames, FrameKind::Record, 1, line.as_bytes());
    }
    frames
}

/// Accepts one connection after the other in a thread of its own; of each it reads about as many
/// octets as `plan` says (`usize::MAX`: all) and drops it. Gives back what each connection carried.
pub(crate) fn receive<R: Read>(
    mut accept: impl FnMut() -> R + Send + 'static,
    plan: Vec<usize>,
) -> JoinHandle<Vec<Vec<u8>>> {
    std::thread::spawn(move || {
        let mut carried = Vec::new();
        for limit in plan {
            let (mut stream, mut all, mut buffer) = (accept(), Vec::new(), [0; 5000]);
            while all.len() < limit {
                match stream.read(&mut buffer).unwrap() {
                    0 => break,
                    n => all.extend_from_slice(&buffer[..n]),
                }
            }
            carried.push(all);
        }
        carried
    })
}

/// Checks that connections carried the records of `numbered` together: each connection whole lines
/// without gaps (the last line of a lost one may be cut), beginning at or before the first line
/// that the ones before it have not carried.
pub(crate) fn assert_covers(carried: &[Vec<u8>], records: usize) {
    let expected = numbered(records);
    let mut reached = 0;
    for (index, all) in carried.iter().enumerate() {
        let text = std::str::from_utf8(all).unwrap();
        let mut previous = None;
        for line in text.split_inclusive('\n').filter(|l| l.ends_with('\n')) {
            let n: usize = line[..8].parse().unwrap();
            assert_eq!(line.as_bytes(), expected.octets(n), "connection {index}");
            match previous {
                Some(p) => assert_eq!(n, p + 1, "connection {index} has a gap"),
                None => assert!(n <= reached, "connection {index} begins at {n}, not {reached}"),
            }
            previous = Some(n);
            reached = reached.max(n + 1);
        }
    }
    assert_eq!(reached, records);
}
