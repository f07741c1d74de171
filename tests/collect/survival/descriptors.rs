use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use super::assert_at_rest;
use crate::collector::{
    Collector, Receiver, Router, Scratch, assert_gap_free, assert_same, await_some, by_router,
    expected, lines, synthetic,
};

/// Allows the running collector `more` descriptors than it has open; returns what it was allowed
/// before.
fn allow_more(collector: &Collector, more: usize) -> Option<u64> {
    let path = format!("/proc/{}/fd", collector.pid());
    let numbers = || -> BTreeSet<u64> {
        let entries = fs::read_dir(&path).unwrap();
        entries.map(|e| e.unwrap().file_name().to_str().unwrap().parse().unwrap()).collect()
    };
    let mut open = numbers();
    await_some("descriptors that stay as they are", || {
        std::thread::sleep(Duration::from_millis(300));
        let before = std::mem::replace(&mut open, numbers());
        (before == open).then_some(())
    });
    // The limit is one of numbers, and there are gaps among those in use.
    let free = (0..).filter(|number| !open.contains(number));
    allow(collector, Some(free.take(more + 1).last().unwrap()))
}

/// Allows the running collector so many descriptors; returns what it was allowed before.
fn allow(collector: &Collector, descriptors: Option<u64>) -> Option<u64> {
    let pid = Pid::from_raw(i32::try_from(collector.pid()).unwrap());
    let maximum = rustix::process::getrlimit(Resource::Nofile).maximum;
    let limit = Rlimit { current: descriptors, maximum };
    prlimit(pid, Resource::Nofile, limit).unwrap().current
}

#[test]
fn routers_without_a_descriptor_disturb_none_that_have_one() {
    let scratch = Scratch::new();
    let path = scratch.file("all.json");
    let collector = Collector::start(&["-o", &format!("pmacct-json=file:{path}")]);
    let streams: Vec<_> = (0..9).map(|number| synthetic(number, 1, 2_000)).collect();
    let mut first = Router::connect(collector.address);
    collector.wait_event("session-open");
    let half = streams[0].len() / 2;
    first.send(&streams[0][..half]);
    // Room for one more.
    let usual = allow_more(&collector, 1);
    let waiting: Vec<_> = streams[1..].iter().map(|_| Router::connect(collector.address)).collect();
    let failed = collector.wait_event("accept-failed");
    assert!(failed.contains("Too many open files"), "{failed}");
    assert!(failed.contains("raise the limit of open files"), "{failed}");
    collector.wait_events("session-open", 2);
    assert_at_rest(&collector);
    assert_eq!(collector.log().iter().filter(|l| l.contains(" session-open ")).count(), 2);

    first.send(&streams[0][half..]);
    let whole = expected(&streams[0]);
    await_some("all that the first router sent, while others wait", || {
        let text = fs::read_to_string(&path).ok()?;
        (text.lines().count() >= whole.len()).then_some(()) // but its close, and another's begin
    });
    allow(&collector, usual);
    collector.wait_events("session-open", streams.len());
    let ports: Vec<_> = [&first].into_iter().chain(&waiting).map(Router::port).collect();
    let players: Vec<_> =
        waiting.into_iter().zip(&streams[1..]).map(|(r, s)| r.play(s.clone())).collect();
    first.finish();
    players.into_iter().for_each(|player| assert!(player.join().unwrap()));
    collector.wait_events("session-close", streams.len());
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    assert!(ended.events("session-reset").is_empty(), "{}", ended.log.join("\n"));
    let got = lines(&fs::read(&path).unwrap());
    assert_gap_free(&got);
    let got = by_router(&got);
    for (port, stream) in ports.iter().zip(&streams) {
        assert_same(&format!("router {port}"), &got[port], &expected(stream));
    }
}

/// Sessions that stay open: more than there are descriptors for their files.
const SESSIONS: u32 = 40;

#[test]
fn files_of_sessions_share_the_descriptors_that_there_are() {
    let scratch = Scratch::new();
    let json = format!("pmacct-json=file:{}", scratch.file("{session}.json"));
    let bmp = format!("bmp=file:{}", scratch.file("{session}.bmp"));
    let collector = Collector::start(&["-o", &json, "-o", &bmp]);
    let mut routers: Vec<_> = (0..SESSIONS).map(|_| Router::connect(collector.address)).collect();
    collector.wait_events("session-open", routers.len());
    await_some("the files of markers", || {
        let files = fs::read_dir(scratch.path()).unwrap().count();
        (files >= routers.len()).then_some(())
    });
    // No file need be closed for what is open now, but hardly any more can be opened.
    allow_more(&collector, 6);
    let streams: Vec<_> = (0..SESSIONS).map(|number| synthetic(number, 1, 300)).collect();
    for part in 0..5 {
        for (router, stream) in routers.iter_mut().zip(&streams) {
            let piece = stream.len().div_ceil(5);
            router.send(&stream[part * piece..stream.len().min((part + 1) * piece)]);
        }
    }
    // No session ends and gives a descriptor back.
    let octets: usize = streams.iter().map(Vec::len).sum();
    let found = |end: &str| -> Vec<Vec<u8>> {
        let files = fs::read_dir(scratch.path()).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.to_string_lossy().ends_with(end));
        files.map(|path| fs::read(path).unwrap()).collect()
    };
    await_some("all octets in the files", || {
        (found(".bmp").iter().map(Vec::len).sum::<usize>() == octets).then_some(())
    });
    assert_at_rest(&collector);
    routers.into_iter().for_each(Router::finish);
    collector.wait_events("session-close", streams.len());
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    assert!(!ended.events("output-write-failed").is_empty(), "descriptors were not scarce");

    let (mut got, mut sent) = (found(".bmp"), streams.clone());
    got.sort();
    sent.sort();
    assert!(got == sent, "the octets differ");
    let mut got: Vec<Vec<String>> = found(".json")
        .iter()
        .map(|octets| by_router(&lines(octets)).into_values().flatten().collect())
        .collect();
    let mut whole: Vec<_> = streams.iter().map(|stream| expected(stream)).collect();
    got.sort();
    whole.sort();
    assert!(got == whole, "the records differ");
}

#[test]
fn an_output_that_finds_no_descriptor_connects_when_there_is_one() {
    let receiver = Receiver::tcp();
    let collector = Collector::start(&["-o", &format!("pmacct-json={}", receiver.url())]);
    let first = receiver.accept();
    let router = Router::connect(collector.address);
    collector.wait_event("session-open");
    // So few that what the output gives back is of no use to it.
    let usual = allow(&collector, Some(4));
    drop(first);
    let told = collector.wait_line("an output without a descriptor", |line| {
        line.contains(" output-disconnected ") && line.contains("Too many open files")
    });
    assert!(told.contains("retry_ms="), "{told}");
    let other = Router::connect(collector.address);
    collector.wait_event("accept-failed");
    assert_at_rest(&collector);
    let streams = [synthetic(0, 1, 1_000), synthetic(1, 1, 1_000)];
    let ports = [router.port(), other.port()];
    let players = [router.play(streams[0].clone()), other.play(streams[1].clone())];
    allow(&collector, usual);
    let reader = receiver.read_all();
    players.into_iter().for_each(|player| assert!(player.join().unwrap()));
    collector.wait_events("session-close", 2);
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    let got = lines(&reader.join().unwrap());
    assert_gap_free(&got);
    let got = by_router(&got);
    for (port, stream) in ports.iter().zip(&streams) {
        assert_same(&format!("router {port}"), &got[port], &expected(stream));
    }
}
