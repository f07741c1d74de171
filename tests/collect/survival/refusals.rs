use std::fs;
use std::net::UdpSocket;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use super::{assert_at_rest, compiled, counter, skip};
use crate::collector::{
    Collector, Router, Scratch, assert_gap_free, assert_same, await_some, by_router, expected, key,
    lines, synthetic,
};

/// The wrapper that lets system calls fail (`CALL:ERRNO:TIMES`), or `None` and a word why not.
fn refusing(test: &str, scratch: &Scratch, rules: &[&str]) -> Option<Vec<String>> {
    let program = scratch.file("refuse");
    if !compiled(test, "refuse.c", &[], &program) {
        return None;
    }
    let mut wrapper = vec![program];
    wrapper.extend(rules.iter().map(|rule| (*rule).to_owned()));
    wrapper.push("--".to_owned());
    let tried = Command::new(&wrapper[0]).args(&wrapper[1..]).arg("true").output().unwrap();
    if tried.status.code() == Some(77) {
        skip(test, String::from_utf8_lossy(&tried.stderr).trim());
        return None;
    }
    assert!(tried.status.success(), "{}", String::from_utf8_lossy(&tried.stderr));
    Some(wrapper)
}

fn start(wrapper: &[String], args: &[&str]) -> Collector {
    let wrapper: Vec<&str> = wrapper.iter().map(String::as_str).collect();
    Collector::start_under(&wrapper, args)
}

/// Plays three routers and wants everything in the file.
#[track_caller]
fn assert_collects_all(collector: Collector, path: &str) -> Vec<String> {
    let streams: Vec<_> = (0..3).map(|number| synthetic(number, 2, 1_000)).collect();
    let mut players = Vec::new();
    for stream in &streams {
        let router = Router::connect(collector.address);
        players.push((router.port(), router.play(stream.clone())));
    }
    let ports: Vec<u16> = players.iter().map(|(port, _)| *port).collect();
    players.into_iter().for_each(|(_, player)| assert!(player.join().unwrap()));
    collector.wait_events("session-close", streams.len());
    assert_at_rest(&collector);
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    let got = lines(&fs::read(path).unwrap());
    assert_gap_free(&got);
    let got = by_router(&got);
    for (port, stream) in ports.iter().zip(&streams) {
        assert_same(&format!("router {port}"), &got[port], &expected(stream));
    }
    ended.log
}

#[test]
fn accepts_that_the_system_refuses_are_told_and_tried_again() {
    let scratch = Scratch::new();
    let rules = ["accept4:ENOBUFS:2", "accept4:ENOMEM:1", "accept4:ECONNABORTED:3"];
    let Some(wrapper) = refusing("refused accepts", &scratch, &rules) else { return };
    let path = scratch.file("all.json");
    let collector = start(&wrapper, &["-o", &format!("pmacct-json=file:{path}")]);
    let log = assert_collects_all(collector, &path);
    let failed: Vec<_> = log.iter().filter(|line| line.contains(" accept-failed ")).collect();
    assert_eq!(failed.len(), 3, "{failed:?}");
    assert!(failed[0].contains("No buffer space available"), "{}", failed[0]);
    assert!(failed[2].contains("Cannot allocate memory"), "{}", failed[2]);
    assert!(failed.iter().all(|line| line.contains("the system is short of memory")));
    let rests: Vec<u64> = failed.iter().map(|l| key(l, "retry_ms").parse().unwrap()).collect();
    assert!(rests.is_sorted_by(|a, b| a < b), "each rest is longer: {rests:?}");
}

#[test]
fn waits_that_the_system_refuses_end_nothing() {
    let scratch = Scratch::new();
    let rules = [
        "ppoll:ENOMEM:3",
        "poll:ENOMEM:3",
        "recvfrom:EINTR:20",
        "io_uring_enter:EINTR:9",
        "io_uring_enter:EBUSY:9",
    ];
    let Some(wrapper) = refusing("refused waits", &scratch, &rules) else { return };
    let path = scratch.file("all.json");
    let collector = start(&wrapper, &["-o", &format!("pmacct-json=file:{path}")]);
    assert_collects_all(collector, &path);
}

#[test]
fn writes_that_the_system_refuses_are_told_and_tried_again() {
    let scratch = Scratch::new();
    let rules = ["writev:EINTR:2", "writev:EDQUOT:2", "writev:EIO:2", "writev:ENOMEM:1"];
    let Some(wrapper) = refusing("refused writes", &scratch, &rules) else { return };
    let path = scratch.file("all.json");
    let collector = start(&wrapper, &["-o", &format!("pmacct-json=file:{path}")]);
    let log = assert_collects_all(collector, &path);
    let has = |word: &str| log.iter().any(|line| line.contains(word));
    assert!(has(" output-write-failed ") && has("quota exceeded"), "{}", log.join("\n"));
    assert!(has(" output-recovered "), "{}", log.join("\n"));
}

/// `sendto` calls of the collector that fail.
const REFUSED: u64 = 300;

#[test]
fn datagrams_that_the_system_refuses_are_dropped_and_counted() {
    let scratch = Scratch::new();
    let rules = ["sendto:ENOBUFS:250", "sendto:ENOMEM:50"];
    let Some(wrapper) = refusing("refused datagrams", &scratch, &rules) else { return };
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let path = scratch.file("all.json");
    let udp = format!("pmacct-json=udp://{}?name=udp", receiver.local_addr().unwrap());
    let file = format!("pmacct-json=file:{path}?name=file");
    let collector = start(&wrapper, &["-o", &udp, "-o", &file]);
    // So few that the receiver's buffer holds what it does not read at once.
    let stream = synthetic(0, 1, 400);
    assert!(Router::connect(collector.address).play(stream.clone()).join().unwrap());
    collector.wait_event("session-close");
    // Drops of a reason are told at most once a second, and the last of them then. No signal
    // before: what wakes the thread that waits for signals is a `sendto`, too.
    let told = |log: &[String], reason: &str| -> u64 {
        let lines = log.iter().filter(|l| l.contains(" output-dropped ") && l.contains(reason));
        lines.map(|line| key(line, "records").parse::<u64>().unwrap()).sum()
    };
    await_some("drops in the log", || {
        let log = collector.log();
        let (full, other) = (told(&log, "buffer is full"), told(&log, "refuses to send"));
        (full == 250 && other == 50).then_some(())
    });
    let whole = expected(&stream);
    let records = await_some("all records rendered", || {
        let records = counter(&collector, Some("udp"), "records");
        (records == whole.len() as u64).then_some(records)
    });
    assert!(records > REFUSED + 100, "{records} records are too few");
    assert_eq!(counter(&collector, Some("udp"), "dropped_records"), REFUSED);
    assert_eq!(counter(&collector, Some("udp"), "pending_records"), 0);
    collector.signal(Signal::TERM);
    let ended = collector.end();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    let got: Vec<_> = lines(&fs::read(&path).unwrap());
    assert_same("the file", &by_router(&got).into_values().next().unwrap(), &whole);

    receiver.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let (mut datagram, mut came) = (vec![0; 1 << 16], 0);
    while let Ok(length) = receiver.recv(&mut datagram) {
        assert!(datagram[..length].ends_with(b"}\n"), "a whole record");
        came += 1;
    }
    assert!(came > 0 && came <= records - REFUSED, "{came} of {records}");
}
