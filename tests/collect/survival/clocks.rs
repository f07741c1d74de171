use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{assert_at_rest, compiled};
use crate::collector::{
    Collector, Router, Scratch, assert_gap_free, assert_same, await_some, by_router, decoded,
    field, key, lines, ribcage, run, stripped, synthetic,
};

const FORMAT: &str = "pmacct-json?timestamps_since_epoch=true";
const HOUR: i64 = 3600;
/// From now to before 1970.
const BEFORE_THE_EPOCH: i64 = -60 * 365 * 24 * HOUR;

/// The wall clock of a collector, which a test sets.
struct Clock {
    scratch: Scratch,
}

impl Clock {
    /// A clock that is right, or `None` and a word why there is none.
    fn new(test: &str) -> Option<Self> {
        let clock = Self { scratch: Scratch::new() };
        let library = clock.scratch.file("clock.so");
        let built = compiled(test, "clock.c", &["-shared", "-fPIC"], &library);
        clock.set(0);
        built.then_some(clock)
    }

    /// Sets it to so many seconds beside the right time.
    fn set(&self, offset: i64) {
        // Of one length, so that no look sees half of it.
        fs::write(self.scratch.path().join("offset"), format!("{offset:+020}\n")).unwrap();
    }

    /// A collector that goes by this clock.
    fn collector(&self, args: &[&str]) -> Collector {
        let mut command = ribcage(&["collect", "--listen", "127.0.0.1:0", "--color", "never"]);
        command.args(args).env("LD_PRELOAD", self.scratch.file("clock.so"));
        command.env("WALL_CLOCK_OFFSET", self.scratch.file("offset"));
        Collector::spawn(command)
    }
}

/// Seconds since 1970.
fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn newlines(path: &Path) -> usize {
    fs::read(path).unwrap_or_default().iter().filter(|octet| **octet == b'\n').count()
}

/// A router whose stream is sent piece by piece.
struct InPieces {
    router: Option<Router>,
    port: u16,
    stream: Vec<u8>,
    sent: usize,
}

#[test]
fn a_clock_that_is_set_loses_nothing_delays_nothing_and_is_believed() {
    let Some(clock) = Clock::new("a clock that is set") else { return };
    let scratch = Scratch::new();
    let path = scratch.path().join("all.json");
    let collector = clock.collector(&["-o", &format!("{FORMAT}=file:{}", path.display())]);
    let steps = [0, 6 * HOUR, -12 * HOUR, 9 * 24 * HOUR, BEFORE_THE_EPOCH, -HOUR, 0];
    let mut routers: Vec<InPieces> = Vec::new();
    let (mut bounds, mut seen) = (Vec::new(), 0);
    for (turn, offset) in steps.into_iter().enumerate() {
        clock.set(offset);
        let begun = now();
        // One that comes, and those before go on.
        let router = Router::connect(collector.address);
        let (port, stream) = (router.port(), synthetic(turn as u32, 1, 700));
        routers.push(InPieces { router: Some(router), port, stream, sent: 0 });
        for one in &mut routers {
            let next = one.stream.len().min(one.sent + one.stream.len() / 4);
            one.router.as_mut().unwrap().send(&one.stream[one.sent..next]);
            one.sent = next;
        }
        // What was sent comes out although nothing follows it: no timer stands still.
        collector.wait_events("session-open", turn + 1);
        await_some("records of this turn", || (newlines(&path) > seen + turn).then_some(()));
        seen = newlines_at_rest(&path);
        bounds.push((seen, begun + offset, now() + offset));
    }
    assert_at_rest(&collector);
    for one in &mut routers {
        let mut router = one.router.take().unwrap();
        router.send(&one.stream[one.sent..]);
        router.finish();
    }
    collector.wait_events("session-close", routers.len());
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));

    let ids: Vec<_> = ended.events("session-open").iter().map(|l| key(l, "session")).collect();
    assert_eq!(ids.len(), routers.len());
    assert!(ids.is_sorted_by(|a, b| a < b), "unique, and in the order of accept: {ids:?}");
    let all = lines(&fs::read(&path).unwrap());
    assert_gap_free(&all);
    assert_arrivals(&all, &bounds);
    let got = by_router(&all);
    for one in &routers {
        let whole: Vec<_> = decoded(&one.stream, FORMAT).iter().map(|l| stripped(l)).collect();
        assert_same(&format!("router {}", one.port), &got[&one.port], &whole);
    }
}

/// The number of lines once no more have come for a second: a busy machine is slow.
fn newlines_at_rest(path: &Path) -> usize {
    let mut seen = newlines(path);
    loop {
        std::thread::sleep(std::time::Duration::from_secs(1));
        match newlines(path) {
            count if count == seen => return seen,
            count => seen = count,
        }
    }
}

/// Asserts that records of each turn say when they arrived by the clock of that turn. A turn is the
/// number of lines up to its end, and the earliest and latest second.
#[track_caller]
fn assert_arrivals(lines: &[String], turns: &[(usize, i64, i64)]) {
    let mut first = 0;
    for (end, earliest, latest) in turns {
        for line in &lines[first..*end] {
            let Some(arrival) = field(line, "timestamp_arrival") else { continue };
            let arrival: f64 = arrival.parse().unwrap();
            // A clock cannot say a time before 1970.
            let (earliest, latest) = (*earliest.max(&0) as f64, latest.max(&0) + 1);
            assert!((earliest..=latest as f64).contains(&arrival), "{earliest} {latest}: {line}");
        }
        first = *end;
    }
}

#[test]
fn files_named_after_the_time_follow_a_clock_that_is_set_when_they_are_opened() {
    let Some(clock) = Clock::new("files named after the time") else { return };
    let scratch = Scratch::new();
    let output = format!("pmacct-json=file:{}", scratch.file("%Y-%m-%d-%H.json"));
    let collector = clock.collector(&["-o", &output]);
    let mut streams = Vec::new();
    for (turn, days) in [0, 3, -2].into_iter().enumerate() {
        clock.set(days * 24 * HOUR);
        collector.signal(rustix::process::Signal::HUP);
        collector.wait_events("reopened", turn + 1);
        await_some("another file", || {
            (fs::read_dir(scratch.path()).unwrap().count() > turn).then_some(())
        });
        let stream = synthetic(turn as u32, 1, 200);
        let router = Router::connect(collector.address);
        streams.push((router.port(), stream.clone()));
        assert!(router.play(stream).join().unwrap());
        collector.wait_events("session-close", turn + 1);
        // The marker of the end is written when the next file is asked for.
    }
    assert_eq!(collector.stop().status.code(), Some(0));
    let mut names: Vec<_> =
        fs::read_dir(scratch.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let whole = |number: usize| -> Vec<String> {
        decoded(&streams[number].1, "pmacct-json").iter().map(|l| stripped(l)).collect()
    };
    let in_file = |number: usize| lines(&fs::read(&names[number]).unwrap());
    // Named in the order of what the clock said: two days ago, now, in three days.
    let all: Vec<String> = [in_file(1), in_file(2), in_file(0)].concat();
    assert_gap_free(&all);
    let got = by_router(&all);
    for (number, (port, _)) in streams.iter().enumerate() {
        assert_same(&format!("router {port}"), &got[port], &whole(number));
    }
}

#[test]
fn the_preloaded_clock_is_the_one_that_the_program_goes_by() {
    let Some(clock) = Clock::new("the preloaded clock") else { return };
    clock.set(-5 * 24 * HOUR);
    let mut command = ribcage(&["decode", "-v", "/dev/null"]);
    command.env("LD_PRELOAD", clock.scratch.file("clock.so"));
    command.env("WALL_CLOCK_OFFSET", clock.scratch.file("offset"));
    let log = String::from_utf8(run(command, b"").stderr).unwrap();
    let mut right = ribcage(&["decode", "-v", "/dev/null"]);
    right.env_remove("LD_PRELOAD");
    let right = String::from_utf8(run(right, b"").stderr).unwrap();
    let day = |log: &str| log[..10].to_owned();
    assert!(day(&log) < day(&right), "{log} {right}: the other tests of clocks show nothing");
}
