use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::thread::JoinHandle;

use super::mutate::{Rng, boundaries, every_type, odd_bodies, seeds, spoiled};
use crate::collector::{
    Collector, Router, Scratch, assert_same, await_some, by_router, decoded, expected, key, lines,
    ribcage, run, stripped, synthetic,
};

/// What any input may add to the memory of a collector with the default limits: its batch memory,
/// and what sessions keep.
const GROWTH_KIB: u64 = (64 + 48) << 10;

/// Sends what it can; a collector that ends the session first is no failure of the sender.
fn throw(collector: &Collector, octets: Vec<u8>) -> JoinHandle<()> {
    let mut socket = TcpStream::connect(collector.address).unwrap();
    std::thread::spawn(move || {
        let _ = socket.write_all(&octets);
        let _ = socket.shutdown(Shutdown::Write);
        let _ = std::io::copy(&mut socket, &mut std::io::sink());
    })
}

#[test]
fn spoiled_streams_over_tcp_end_only_their_own_sessions() {
    let scratch = Scratch::new();
    let (json, raw) = (scratch.file("all.json"), scratch.path().join("raw"));
    fs::create_dir(&raw).unwrap();
    let outputs =
        [format!("pmacct-json=file:{json}"), format!("bmp=file:{}/{{session}}.bmp", raw.display())];
    let collector = Collector::start(&["-o", &outputs[0], "-o", &outputs[1]]);
    // A healthy router is connected all the while, on the same reactor.
    let healthy = synthetic(5, 2, 700);
    let mut router = Router::connect(collector.address);
    let port = router.port();
    let bounds = boundaries(&healthy);
    let cut = bounds[bounds.len() / 2] + 3;
    router.send(&healthy[..cut]);

    let (mut rng, seeds) = (Rng(99), seeds());
    let inputs: Vec<_> = (0..80).map(|_| spoiled(&mut rng, &seeds)).collect();
    for some in inputs.chunks(16) {
        let throwing: Vec<_> = some.iter().map(|o| throw(&collector, o.clone())).collect();
        for thrown in throwing {
            thrown.join().unwrap();
        }
    }
    router.send(&healthy[cut..]);
    router.finish();
    collector.wait_events("session-close", inputs.len() + 1);
    let (memory, start) = (collector.memory(), collector.at_start);
    assert!(memory.peak < start.now + GROWTH_KIB, "{memory:?}, {start:?} at start");
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));

    let got = by_router(&lines(&fs::read(&json).unwrap()));
    assert_eq!(got.len(), inputs.len() + 1);
    assert_same("the healthy router", &got[&port], &expected(&healthy));
    // The octets of every whole message before the fault are there, in a file for each session.
    let files: BTreeSet<Vec<u8>> =
        fs::read_dir(&raw).unwrap().map(|f| fs::read(f.unwrap().path()).unwrap()).collect();
    assert!(files.contains(&healthy));
    for input in inputs {
        let whole = whole_messages(&input);
        let missing = !whole.is_empty() && !files.contains(whole);
        assert!(!missing, "no file holds the {} octets of messages", whole.len());
    }
}

/// The messages of a stream up to the first header that is none, and without an unfinished one.
fn whole_messages(octets: &[u8]) -> &[u8] {
    let mut at = 0;
    while let Some(&[version, a, b, c, d, _]) = octets[at..].first_chunk::<6>() {
        let len = u32::from_be_bytes([a, b, c, d]) as usize;
        if !(3..=4).contains(&version) || !(6..=1 << 20).contains(&len) || at + len > octets.len() {
            break;
        }
        at += len;
    }
    &octets[..at]
}

#[test]
fn decode_survives_any_file() {
    let scratch = Scratch::new();
    let (mut rng, seeds) = (Rng(4), seeds());
    for round in 0..12 {
        let files: Vec<String> = (0..8)
            .map(|n| scratch.holding(&format!("{round}-{n}.bmp"), &spoiled(&mut rng, &seeds)))
            .collect();
        let forced = ["bmp", "auto", "openbmp-raw"][round % 3];
        let mut args = vec!["decode", "--input-format", forced, "--quiet"];
        args.extend(files.iter().map(String::as_str));
        let output = run(ribcage(&args), b"");
        let code = output.status.code();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(code, Some(0 | 1)), "round {round}: {code:?}\n{errors}");
        assert!(!errors.contains("panicked"), "round {round}: {errors}");
        lines(&output.stdout);
    }
}

#[test]
fn odd_messages_are_counted_shown_and_passed_on_raw() {
    let mut rng = Rng(31);
    let seed = every_type();
    let input: Vec<u8> = (0..20).flat_map(|_| odd_bodies(&mut rng, &seed)).collect();
    let raw = {
        let output =
            run(ribcage(&["decode", "--quiet", "--input-format", "bmp", "-F", "bmp"]), &input);
        assert_eq!(output.status.code(), Some(0), "odd messages alone are no failure");
        output.stdout
    };
    assert!(raw == input, "every octet is passed on");

    // One octet where a Peer Down must have a per-peer header and a reason.
    let odd = [&[3, 0, 0, 0, 7, 2, 0xab][..], &seed].concat();
    let strict = run(ribcage(&["decode", "--strict", "--input-format", "bmp"]), &odd);
    let log = String::from_utf8(strict.stderr).unwrap();
    assert_eq!(strict.status.code(), Some(1), "{log}");
    assert!(log.contains("odd-message") && log.contains("offset=0"), "{log}");
    let shown = |format: &str| decoded(&odd, format).iter().any(|l| l.contains("0300000007"));
    assert!(shown("pmacct-json?extra=records"), "{:?}", decoded(&odd, "pmacct-json"));
    assert!(!shown("pmacct-json?extra=none"));
}

#[test]
fn broken_framing_is_logged_with_its_offset_and_reason() {
    let collector = Collector::start(&["-o", "bmp=null:"]);
    let sound = every_type();
    throw(&collector, [&sound[..], &[9, 9, 9, 9, 9, 9, 9]].concat()).join().unwrap();
    let line = collector.wait_event("session-broken-framing");
    assert_eq!(key(&line, "offset"), sound.len().to_string());
    assert!(line.contains("BMP version 9"), "{line}");
    let close = collector.wait_event("session-close");
    assert_eq!(key(&close, "reason"), "broken-framing");
    assert_eq!(collector.stop().status.code(), Some(0));
}

#[test]
fn a_frame_of_the_largest_size_passes_and_one_octet_more_does_not() {
    let collector = Collector::start(&["-o", "bmp=null:", "--max-frame", "64KiB"]);
    let frame = |len: u32| {
        let mut octets = vec![0; len as usize];
        octets[0] = 3;
        octets[1..5].copy_from_slice(&len.to_be_bytes());
        octets[5] = 99;
        octets
    };
    throw(&collector, [frame(65_536), frame(65_535)].concat()).join().unwrap();
    let close = collector.wait_event("session-close");
    assert_eq!(key(&close, "reason"), "end-of-stream");
    throw(&collector, [frame(65_536), frame(65_537)].concat()).join().unwrap();
    let line = collector.wait_event("session-broken-framing");
    assert_eq!(key(&line, "offset"), "65536");
    assert!(line.contains("65537") && line.contains("65536 (--max-frame)"), "{line}");
    assert_eq!(collector.stop().status.code(), Some(0));
}

#[test]
fn one_octet_at_a_time_is_the_same_stream() {
    let scratch = Scratch::new();
    let path = scratch.file("all.json");
    let collector = Collector::start(&["-o", &format!("pmacct-json=file:{path}")]);
    let stream = every_type();
    let mut router = Router::connect(collector.address);
    for octet in &stream {
        router.send(&[*octet]);
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    router.finish();
    collector.wait_event("session-close");
    assert_eq!(collector.stop().status.code(), Some(0));
    let got: Vec<_> = lines(&fs::read(&path).unwrap()).iter().map(|line| stripped(line)).collect();
    assert_same("one octet at a time", &got, &expected(&stream));
}

#[test]
fn silent_connections_and_storms_of_them_cost_little() {
    let scratch = Scratch::new();
    let path = scratch.file("all.json");
    let collector = Collector::start(&["-o", &format!("pmacct-json=file:{path}")]);
    let silent: Vec<_> = (0..500).map(|_| Router::connect(collector.address)).collect();
    collector.wait_events("session-open", silent.len());
    let grown = collector.memory().now.saturating_sub(collector.at_start.now);
    assert!(grown < 24 << 10, "500 silent connections took {grown} KiB");

    for _ in 0..1_000 {
        drop(TcpStream::connect(collector.address).unwrap());
    }
    let stream = synthetic(1, 1, 300);
    let router = Router::connect(collector.address);
    let port = router.port();
    assert!(router.play(stream.clone()).join().unwrap());
    await_some("the end of the storm", || {
        let octets = fs::read_to_string(&path).unwrap_or_default();
        (octets.matches("log_close").count() == 1_001).then_some(())
    });
    assert!(collector.memory().peak < collector.at_start.now + GROWTH_KIB);
    drop(silent);
    collector.wait_events("session-close", 1_501);
    assert_eq!(collector.stop().status.code(), Some(0));
    let got = lines(&fs::read(&path).unwrap());
    // Ports come again: the router's own session is its last one.
    let own = by_router(&got).remove(&port).unwrap();
    let expected = expected(&stream);
    assert_same("the router among them", &own[own.len() - expected.len()..], &expected);
}
