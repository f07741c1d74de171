use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::collector::{
    Collector, Reading, Receiver, Router, Scratch, assert_gap_free, assert_same, await_some,
    by_router, decoded, field, lines, stripped, synthetic,
};

const ROUTERS: u32 = 4;
/// `--batch-memory` of these tests: much less than what is sent.
const BATCH_MEMORY_KIB: u64 = 12 << 10;
/// What a connected output may hold: 4 MiB not acknowledged and 8 MiB retained, as the transports
/// say, in blocks; where each record ends; and what is rendered.
const OUTPUT_KIB: u64 = 14 << 10;
/// Everything else that grows after the start: read buffers, sessions, heaps of threads, and what
/// the allocator gives back late.
const SLACK_KIB: u64 = 24 << 10;

pub(super) const ARGS: [&str; 4] = ["--batch-memory", "12MiB", "--max-frame", "64KiB"];

/// One router's stream: much more than batch memory and the kernel's buffers hold, most of it in
/// large messages of a type that pmacct does not write, so that the records remain few enough to
/// compare.
fn stream(router: u32) -> Vec<u8> {
    let routes = synthetic(router, 2, 6_000);
    let (mut out, mut rest) = (Vec::new(), &routes[..]);
    let mut filler = vec![0x5a; 60_000];
    filler[..6].copy_from_slice(&[3, 0, 0, 0xea, 0x60, 250]);
    for number in 0.. {
        let Some(&[_, a, b, c, d, _]) = rest.first_chunk::<6>() else { break };
        let (message, left) = rest.split_at(u32::from_be_bytes([a, b, c, d]) as usize);
        out.extend_from_slice(message);
        rest = left;
        if number % 12 == 5 {
            out.extend_from_slice(&filler);
        }
    }
    out
}

pub(super) fn streams() -> Vec<Vec<u8>> {
    let streams: Vec<_> = (0..ROUTERS).map(stream).collect();
    let octets: usize = streams.iter().map(Vec::len).sum();
    assert!(octets as u64 > 3 * (BATCH_MEMORY_KIB << 10), "{octets} octets are too few");
    streams
}

pub(super) const FORMAT: &str = "pmacct-json?extra=none";

/// A router that sends, and how far it has come.
pub(super) struct Sender {
    pub(super) port: u16,
    pub(super) written: Arc<AtomicUsize>,
    pub(super) thread: JoinHandle<()>,
}

/// Connects a router for each stream and lets all send at once.
pub(super) fn play(collector: &Collector, streams: &[Vec<u8>]) -> Vec<Sender> {
    let play = |stream: &Vec<u8>| {
        let mut router = Router::connect(collector.address);
        let (port, stream) = (router.port(), stream.clone());
        let written = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&written);
        let thread = std::thread::spawn(move || {
            for piece in stream.chunks(16 << 10) {
                router.send(piece);
                count.fetch_add(piece.len(), Ordering::Relaxed);
            }
            router.finish();
        });
        Sender { port, written, thread }
    };
    streams.iter().map(play).collect()
}

/// Octets that the routers got rid of.
pub(super) fn written(senders: &[Sender]) -> usize {
    senders.iter().map(|sender| sender.written.load(Ordering::Relaxed)).sum()
}

/// Waits until all has been sent and each router has what its stream gives, and no other has
/// anything.
#[track_caller]
pub(super) fn assert_complete(senders: Vec<Sender>, streams: &[Vec<u8>], lines: &[String]) {
    assert_gap_free(lines);
    let got = by_router(lines);
    assert_eq!(got.len(), streams.len());
    for (sender, stream) in senders.iter().zip(streams) {
        let expected: Vec<_> = decoded(stream, FORMAT).iter().map(|l| stripped(l)).collect();
        assert_same(&format!("router {}", sender.port), &got[&sender.port], &expected);
    }
    senders.into_iter().for_each(|sender| sender.thread.join().unwrap());
}

/// The documented bound: batch memory, one output's buffers, and a fixed rest.
#[track_caller]
pub(super) fn assert_bounded(collector: &Collector) {
    let (memory, start) = (collector.memory(), collector.at_start);
    // The kernel keeps a peak of all resident pages only. Those of files are the program itself,
    // are many where it has all its symbols, and become more as more of it runs.
    let grown = memory.peak.saturating_sub(memory.of_files + start.anonymous);
    let bound = BATCH_MEMORY_KIB + OUTPUT_KIB + SLACK_KIB;
    assert!(grown <= bound, "{grown} KiB is above {bound} KiB: {memory:?}, at start {start:?}");
}

fn start(receiver: &Receiver) -> Collector {
    let output = format!("{FORMAT}={}", receiver.url());
    let mut args = ARGS.to_vec();
    args.extend(["--output", &output]);
    Collector::start(&args)
}

/// Waits until what flows has come to a stop: the routers are held back.
pub(super) fn await_standstill(collector: &Collector, senders: &[Sender]) {
    collector.wait_event("backpressure-start");
    let (mut last, mut since) = (0, Instant::now());
    await_some("a standstill", || {
        let now = written(senders);
        if now != last {
            (last, since) = (now, Instant::now());
        }
        (since.elapsed() > Duration::from_millis(400)).then_some(())
    });
}

fn pauses_then_resumes(receiver: &Receiver) {
    let collector = start(receiver);
    let streams = streams();
    let senders = play(&collector, &streams);
    await_standstill(&collector, &senders);
    assert_bounded(&collector);
    let (sent, all) = (written(&senders), streams.iter().map(Vec::len).sum());
    assert!(sent < all, "no router is held back");

    let reader = receiver.read_all();
    collector.wait_events("session-close", ROUTERS as usize);
    collector.wait_event("backpressure-end");
    assert_bounded(&collector);
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    assert_complete(senders, &streams, &lines(&reader.join().unwrap()));
}

#[test]
fn a_tcp_receiver_that_pauses_holds_routers_back_and_misses_nothing() {
    pauses_then_resumes(&Receiver::tcp());
}

#[test]
fn a_unix_receiver_that_pauses_holds_routers_back_and_misses_nothing() {
    let scratch = Scratch::new();
    pauses_then_resumes(&Receiver::unix(&scratch));
}

/// Reads about `octets` and dies with more unread.
fn read_and_die(mut reading: Reading, octets: u64) -> Vec<u8> {
    let mut got = Vec::new();
    reading.by_ref().take(octets).read_to_end(&mut got).unwrap();
    got
}

/// Whole lines of a connection that was cut.
fn whole_lines(octets: &[u8]) -> Vec<String> {
    let end = octets.iter().rposition(|o| *o == b'\n').map_or(0, |at| at + 1);
    lines(&octets[..end])
}

/// Puts together what several connections brought: each begins with a record that was sent before
/// or is the next one. Whole duplicates may stand where one connection follows another, and nowhere
/// else.
#[track_caller]
fn joined(connections: &[Vec<u8>]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for octets in connections {
        let mut next: Option<usize> = None;
        for line in whole_lines(octets) {
            let seq: usize = field(&line, "seq").unwrap().parse().unwrap();
            assert!(
                next.is_none_or(|next| next == seq),
                "within a connection after {next:?}: {seq}"
            );
            next = Some(seq + 1);
            assert!(seq <= all.len(), "records {} to {seq} are missing", all.len());
            if seq < all.len() {
                assert_eq!(stripped(&all[seq]), stripped(&line), "a duplicate differs");
            } else {
                all.push(line);
            }
        }
    }
    all
}

fn dies_and_comes_back(receiver: &Receiver) {
    let collector = start(receiver);
    let streams = streams();
    let senders = play(&collector, &streams);
    let mut connections = vec![read_and_die(receiver.accept(), 3_000_001)];
    connections.push(read_and_die(receiver.accept(), 5_000_003));
    await_standstill(&collector, &senders);
    connections.push(read_and_die(receiver.accept(), 10));
    let reader = receiver.read_all();
    collector.wait_events("session-close", ROUTERS as usize);
    assert_bounded(&collector);
    let ended = collector.stop();
    connections.push(reader.join().unwrap());
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    assert!(ended.events("output-connected").len() >= 4, "{}", ended.log.join("\n"));
    assert_complete(senders, &streams, &joined(&connections));
}

#[test]
fn a_tcp_receiver_that_dies_and_comes_back_misses_nothing() {
    dies_and_comes_back(&Receiver::tcp());
}

#[test]
fn a_unix_receiver_that_dies_and_comes_back_misses_nothing() {
    let scratch = Scratch::new();
    dies_and_comes_back(&Receiver::unix(&scratch));
}
