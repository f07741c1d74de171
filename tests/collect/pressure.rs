use std::io::Read;
use std::thread::JoinHandle;

use crate::collector::{
    Collector, Reading, Receiver, Router, Scratch, assert_gap_free, assert_same, await_some,
    by_router, expected, field, lines, stripped, synthetic,
};

const ROUTERS: u32 = 4;
/// `--batch-memory` of these tests: much less than what is sent.
const BATCH_MEMORY_KIB: u64 = 12 << 10;
/// What a connected output may hold: 4 MiB not acknowledged and 8 MiB retained, as the transports say, in
/// a buffer that doubles as it grows (16 MiB, and 8 MiB more while it is copied), and what is rendered.
const OUTPUT_KIB: u64 = 28 << 10;
/// Everything else that grows after the start: read buffers, sessions, heaps of threads.
const SLACK_KIB: u64 = 16 << 10;

const ARGS: [&str; 4] = ["--batch-memory", "12MiB", "--max-frame", "64KiB"];

/// The streams of all routers: more octets of output than all that lies between can hold.
fn streams() -> Vec<Vec<u8>> {
    (0..ROUTERS).map(|router| synthetic(router, 2, 15_000)).collect()
}

/// Connects a router for each stream and lets all send at once.
fn play(collector: &Collector, streams: &[Vec<u8>]) -> Vec<(u16, JoinHandle<bool>)> {
    let play = |stream: &Vec<u8>| {
        let router = Router::connect(collector.address);
        (router.port(), router.play(stream.clone()))
    };
    streams.iter().map(play).collect()
}

/// The documented bound: batch memory, one output's buffers, and a fixed rest.
#[track_caller]
fn assert_bounded(collector: &Collector) {
    let (memory, start) = (collector.memory(), collector.at_start);
    let bound = start.now + BATCH_MEMORY_KIB + OUTPUT_KIB + SLACK_KIB;
    assert!(memory.peak <= bound, "{memory:?} is above {bound} KiB ({} at start)", start.now);
}

fn start(receiver: &Receiver) -> Collector {
    let output = format!("pmacct-json={}", receiver.url());
    let mut args = ARGS.to_vec();
    args.extend(["--output", &output]);
    Collector::start(&args)
}

/// Waits until what flows has come to a stop: the routers are held back.
fn await_standstill(collector: &Collector) {
    collector.wait_event("backpressure-start");
    let (mut last, mut still) = (0, 0);
    await_some("a standstill", || {
        let now = collector.cpu_ticks();
        still = if now == last { still + 1 } else { 0 };
        last = now;
        std::thread::sleep(std::time::Duration::from_millis(20));
        (still > 15).then_some(())
    });
}

fn pauses_then_resumes(receiver: &Receiver) {
    let collector = start(receiver);
    let streams = streams();
    let routers = play(&collector, &streams);
    await_standstill(&collector);
    assert_bounded(&collector);

    let reader = receiver.read_all();
    let ports: Vec<u16> = routers.iter().map(|(port, _)| *port).collect();
    for (_, sender) in routers {
        assert!(sender.join().unwrap(), "a router's connection broke");
    }
    collector.wait_events("session-close", ROUTERS as usize);
    collector.wait_event("backpressure-end");
    assert_bounded(&collector);
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));

    let got = lines(&reader.join().unwrap());
    assert_gap_free(&got);
    let got = by_router(&got);
    for (port, stream) in ports.iter().zip(&streams) {
        assert_same(&format!("router {port}"), &got[port], &expected(stream));
    }
    assert_eq!(got.len(), streams.len());
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

/// Puts together what several connections brought: each begins with a record that was sent before or
/// is the next one. Whole duplicates may stand where one connection follows another, and nowhere else.
#[track_caller]
fn joined(connections: &[Vec<u8>]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for octets in connections {
        let mut next: Option<usize> = None;
        for line in whole_lines(octets) {
            let seq: usize = field(&line, "seq").unwrap().parse().unwrap();
            assert!(next.is_none_or(|next| next == seq), "within a connection after {next:?}: {seq}");
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
    let routers = play(&collector, &streams);
    let mut connections = vec![read_and_die(receiver.accept(), 3_000_001)];
    connections.push(read_and_die(receiver.accept(), 5_000_003));
    await_standstill(&collector);
    connections.push(read_and_die(receiver.accept(), 10));
    let reader = receiver.read_all();
    let ports: Vec<u16> = routers.iter().map(|(port, _)| *port).collect();
    for (_, sender) in routers {
        assert!(sender.join().unwrap(), "a router's connection broke");
    }
    collector.wait_events("session-close", ROUTERS as usize);
    assert_bounded(&collector);
    let ended = collector.stop();
    connections.push(reader.join().unwrap());
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    assert!(ended.events("output-connected").len() >= 4, "{}", ended.log.join("\n"));

    let all = joined(&connections);
    assert_gap_free(&all);
    let got = by_router(&all);
    for (port, stream) in ports.iter().zip(&streams) {
        assert_same(&format!("router {port}"), &got[port], &expected(stream));
    }
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
