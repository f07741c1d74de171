use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::collector::{
    Collector, Receiver, Router, Scratch, assert_gap_free, assert_same, by_router, expected, key,
    lines, synthetic,
};

/// Asserts that each router's lines are a prefix of what its stream gives, then its log_close.
#[track_caller]
fn assert_prefixes(got: &[String], sent: &[(u16, Vec<u8>)]) {
    assert_gap_free(got);
    let got = by_router(got);
    for (port, stream) in sent {
        let mut whole = expected(stream);
        let close = whole.pop().unwrap();
        let (end, records) = got[port].split_last().unwrap();
        assert_eq!(*end, close);
        assert!(records.len() <= whole.len());
        assert_same(&format!("router {port}"), records, &whole[..records.len()]);
    }
}

#[test]
fn sigterm_in_mid_stream_ends_with_a_prefix_of_whole_records_and_log_close() {
    let scratch = Scratch::new();
    let path = scratch.file("all.json");
    let collector = Collector::start(&["-o", &format!("pmacct-json=file:{path}")]);
    let mut sent = Vec::new();
    let mut senders = Vec::new();
    for number in 0..3 {
        let stream = synthetic(number, 1, 3_000);
        let mut router = Router::connect(collector.address);
        sent.push((router.port(), stream.clone()));
        // Sends for ever: the stop is certain to come in the middle.
        senders.push(std::thread::spawn(move || {
            use std::io::Write;
            while router.socket.write_all(&stream).is_ok() {}
        }));
    }
    // A router that is not yet accepted has no records.
    collector.wait_events("session-open", sent.len());
    crate::collector::await_some("a first megabyte of output", || {
        let written = std::fs::metadata(&path).map_or(0, |file| file.len());
        (written > 1 << 20).then_some(())
    });
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    senders.into_iter().for_each(|sender| sender.join().unwrap());

    let got = lines(&std::fs::read(&path).unwrap());
    // What a router sends is its stream over and over: so is the expectation, cut where it ends.
    let longest = by_router(&got).values().map(Vec::len).max().unwrap();
    for (_, stream) in &mut sent {
        let once = expected(stream).len() - 2;
        *stream = stream.repeat(longest / once + 1);
    }
    assert_prefixes(&got, &sent);
}

/// Collects to an output that is stuck for good (its receiver never reads) and to a file.
fn beside_a_stuck_output(limit: &str, scratch: &Scratch) -> (Collector, Receiver, String) {
    let (receiver, path) = (Receiver::tcp(), scratch.file("complete.json"));
    let stuck = format!("pmacct-json={}?when-full=drop&name=stuck", receiver.url());
    let file = format!("pmacct-json=file:{path}?name=file");
    let collector = Collector::start(&["-o", &stuck, "-o", &file, "--drain-timeout", limit]);
    (collector, receiver, path)
}

#[test]
fn an_output_that_may_drop_and_is_stuck_delays_no_other() {
    let scratch = Scratch::new();
    let (collector, _stuck, path) = beside_a_stuck_output("1s", &scratch);
    let streams: Vec<_> = (0..3).map(|number| synthetic(number, 2, 9_000)).collect();
    let mut senders = Vec::new();
    for stream in &streams {
        let router = Router::connect(collector.address);
        senders.push((router.port(), router.play(stream.clone())));
    }
    let ports: Vec<u16> = senders.iter().map(|(port, _)| *port).collect();
    for (_, sender) in senders {
        assert!(sender.join().unwrap());
    }
    // The file is complete while the other output is stuck, without a stop that would flush it.
    let wanted: usize = streams.iter().map(|stream| expected(stream).len()).sum();
    crate::collector::await_some("a complete file", || {
        let octets = std::fs::read(&path).unwrap_or_default();
        (octets.iter().filter(|o| **o == b'\n').count() == wanted).then_some(())
    });
    let stopping = Instant::now();
    let ended = collector.stop();
    let took = stopping.elapsed();
    // 1 s of drain, 2 s of grace for its threads, and what a busy machine adds.
    assert!(took < Duration::from_secs(15), "the end took {took:?}");
    assert_eq!(ended.status.code(), Some(1), "{}", ended.log.join("\n"));
    let undelivered = ended.events("output-undelivered");
    assert_eq!(undelivered.len(), 1, "{}", ended.log.join("\n"));
    assert_eq!(key(undelivered[0], "output"), "stuck");
    assert!(key(undelivered[0], "records").parse::<u64>().unwrap() > 0);
    assert_eq!(ended.events("drain-timeout").len(), 1);
    assert!(!ended.events("lane-dropping").is_empty(), "{}", ended.log.join("\n"));

    let got = lines(&std::fs::read(&path).unwrap());
    assert_gap_free(&got);
    let got = by_router(&got);
    for (port, stream) in ports.iter().zip(&streams) {
        assert_same(&format!("router {port}"), &got[port], &expected(stream));
    }
}

#[test]
fn a_second_sigterm_ends_at_once() {
    let scratch = Scratch::new();
    let (mut collector, _stuck, _) = beside_a_stuck_output("1h", &scratch);
    let mut router = Router::connect(collector.address);
    router.send(&synthetic(0, 4, 9_000));
    collector.wait_event("session-open");
    router.finish();
    collector.wait_event("session-close");
    collector.signal(Signal::TERM);
    collector.wait_event("collector-stopping");
    std::thread::sleep(Duration::from_millis(300));
    assert!(collector.is_alive(), "an output is stuck, and there is an hour of time to drain");
    let asked = Instant::now();
    collector.signal(Signal::TERM);
    let ended = collector.end();
    assert!(asked.elapsed() < Duration::from_secs(15), "the end took {:?}", asked.elapsed());
    assert_eq!(ended.status.code(), Some(1), "{}", ended.log.join("\n"));
    // The file may not be done either: at once is at once.
    let undelivered = ended.events("output-undelivered");
    assert!(undelivered.iter().any(|line| key(line, "output") == "stuck"), "{undelivered:?}");
}
