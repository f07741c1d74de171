use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::disk::Disk;
use super::{assert_at_rest, counter, skip};
use crate::collect::pressure::{
    ARGS, FORMAT, assert_bounded, assert_complete, await_standstill, play, streams, written,
};
use crate::collector::{
    Collector, Router, Scratch, assert_gap_free, assert_same, await_some, by_router, decoded,
    expected, key, lines, ribcage, ribcage_under, run, stripped, synthetic,
};

/// Octets that are left on a disk when routers begin to send.
const LEFT: u64 = 2 << 20;
/// Room for everything that is sent, as JSON or as it came.
const ROOMY: &str = "size=128m";

fn start(disk: &Disk, outputs: &[&str]) -> Collector {
    let mut args = ARGS.to_vec();
    args.extend(outputs.iter().flat_map(|output| ["-o", *output]));
    disk.collector(&args)
}

/// Says so of a collector that cannot write a full disk.
#[track_caller]
fn assert_told(collector: &Collector) {
    let failed = collector.wait_event("output-write-failed");
    assert!(failed.contains("No space left on device"), "{failed}");
    assert!((1..=100).contains(&key(&failed, "retry_ms").parse::<u64>().unwrap()), "{failed}");
}

/// Fills the disk while four routers send, makes room, and wants every record, once and in order.
fn holds_back_and_loses_nothing(disk: &Disk, options: &str) {
    disk.fill(LEFT);
    let output = format!("{FORMAT}=file:{}{options}", disk.path("all.json"));
    let collector = start(disk, &[&output]);
    let streams = streams();
    let senders = play(&collector, &streams);
    assert_told(&collector);
    await_standstill(&collector, &senders);
    let (sent, all) = (written(&senders), streams.iter().map(Vec::len).sum());
    assert!(sent < all, "no router is held back");
    assert_bounded(&collector);
    assert_at_rest(&collector);
    assert_eq!(written(&senders), sent, "still held back");
    assert!(counter(&collector, Some("pmacct-json"), "pending_records") > 0);
    // Who rotates logs tells all of them to open anew, also when that is no new file.
    collector.signal(Signal::HUP);
    collector.wait_event("reopened");

    disk.free();
    collector.wait_event("output-recovered");
    collector.wait_events("session-close", streams.len());
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    assert_eq!(ended.events("output-write-failed").len(), 1, "one outage is told once");
    assert_complete(senders, &streams, &lines(&disk.read("all.json")));
}

#[test]
fn a_full_disk_holds_routers_back_and_loses_nothing() {
    if let Some(disk) = Disk::tmpfs("a full disk", ROOMY) {
        holds_back_and_loses_nothing(&disk, "");
    }
}

#[test]
fn a_full_disk_that_is_written_directly_holds_routers_back_and_loses_nothing() {
    const TEST: &str = "a full disk that is written directly";
    let Some(disk) = Disk::ext4(TEST, 128) else { return };
    let probe = format!("{FORMAT}=file:{}?direct=on", disk.path("probe"));
    let mut decode = ribcage_under(&disk.wrapper(), &["decode", "--input-format", "bmp"]);
    decode.args(["-o", &probe]);
    let tried = run(decode, b"");
    let said = String::from_utf8_lossy(&tried.stderr).into_owned();
    if said.contains("around the page cache") {
        return skip(TEST, said.trim());
    }
    holds_back_and_loses_nothing(&disk, "?direct=on");
}

#[test]
fn a_full_disk_holds_routers_back_from_a_file_for_each_session() {
    let Some(disk) = Disk::tmpfs("a file for each session on a full disk", ROOMY) else { return };
    disk.fill(LEFT);
    let collector = start(&disk, &[&format!("bmp=file:{}", disk.path("{session}.bmp"))]);
    let streams = streams();
    let senders = play(&collector, &streams);
    assert_told(&collector);
    await_standstill(&collector, &senders);
    assert_bounded(&collector);
    assert_at_rest(&collector);
    collector.signal(Signal::HUP);
    collector.wait_event("reopened");
    disk.free();
    collector.wait_events("session-close", streams.len());
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    senders.into_iter().for_each(|sender| sender.thread.join().unwrap());
    let mut got: Vec<Vec<u8>> = disk.names().iter().map(|name| disk.read(name)).collect();
    let mut sent = streams;
    got.sort();
    sent.sort();
    assert_eq!(
        got.iter().map(Vec::len).collect::<Vec<_>>(),
        sent.iter().map(Vec::len).collect::<Vec<_>>()
    );
    assert!(got == sent, "the octets differ");
}

/// Asserts that `part` is what is left of `whole` when lines are taken away.
#[track_caller]
pub(super) fn assert_among(what: &str, part: &[String], whole: &[String]) {
    let mut rest = whole.iter();
    for (number, line) in part.iter().enumerate() {
        assert!(rest.any(|l| l == line), "{what}: line {number} is not in its place: {line}");
    }
}

#[test]
fn an_output_that_may_drop_on_a_full_disk_delays_no_other_and_goes_on() {
    let Some(disk) = Disk::tmpfs("an output that may drop on a full disk", ROOMY) else { return };
    disk.fill(LEFT);
    let full = format!("{FORMAT}=file:{}?when-full=drop&name=full", disk.path("part.json"));
    let other = format!("{FORMAT}=file:{}?name=other", disk.elsewhere("all.json"));
    let collector = start(&disk, &[&full, &other]);
    let streams = streams();
    let senders = play(&collector, &streams);
    assert_told(&collector);
    // All is sent and in the other file while the disk is full.
    collector.wait_events("session-close", streams.len());
    let wanted: usize = streams.iter().map(|stream| decoded(stream, FORMAT).len()).sum();
    await_some("a complete file", || {
        let octets = fs::read(disk.elsewhere("all.json")).unwrap_or_default();
        (octets.iter().filter(|octet| **octet == b'\n').count() == wanted).then_some(())
    });
    collector.wait_event("lane-dropping");
    let skipped = counter(&collector, Some("full"), "skipped_records");
    assert!(skipped > 0);
    assert_eq!(counter(&collector, Some("other"), "skipped_records"), 0);
    assert!(counter(&collector, Some("full"), "pending_records") > 0);

    disk.free();
    collector.wait_event("output-recovered");
    collector.wait_event("lane-dropping-end");
    // One that comes later has all it sends in both. On a machine that is busy with other things a
    // writer may stand still for longer than its lane has room for: then another one comes.
    let mut closed = streams.len();
    let (late, port) = await_some("a session of which nothing is skipped", || {
        let before = counter(&collector, Some("full"), "skipped_records");
        let (late, router) = (synthetic(77, 1, 500), Router::connect(collector.address));
        let port = router.port();
        assert!(router.play(late.clone()).join().unwrap());
        closed += 1;
        collector.wait_events("session-close", closed);
        let nothing_pends = || counter(&collector, Some("full"), "pending_records") == 0;
        await_some("the lane's end", || nothing_pends().then_some(()));
        let skipped = counter(&collector, Some("full"), "skipped_records");
        (skipped == before).then_some((late, port))
    });
    let ports: Vec<u16> = senders.iter().map(|sender| sender.port).collect();
    senders.into_iter().for_each(|sender| sender.thread.join().unwrap());
    let rendered = || counter(&collector, Some("full"), "records");
    await_some("the late one's end", || {
        let text = String::from_utf8_lossy(&disk.read("part.json")).into_owned();
        let last = text.trim_end().rsplit('\n').next()?.to_owned();
        let is_it = last.contains("\"log_close\"") && last.contains(&port.to_string());
        is_it.then_some(())
    });
    let rendered = rendered();
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    let part = lines(&disk.read("part.json"));
    assert_eq!(part.len() as u64, rendered, "what was rendered is there, whatever was skipped");
    assert_gap_free(&part);
    let (part, all) = (by_router(&part), lines(&fs::read(disk.elsewhere("all.json")).unwrap()));
    assert_gap_free(&all);
    let all = by_router(&all);
    for (port, stream) in ports.iter().zip(&streams) {
        let expected: Vec<_> = decoded(stream, FORMAT).iter().map(|l| stripped(l)).collect();
        assert_same(&format!("router {port}"), &all[port], &expected);
        // One may have come and gone while the lane was full: then nothing tells of it.
        if let Some(part) = part.get(port) {
            assert_among(&format!("router {port}"), part, &expected);
            assert_eq!(part.last(), expected.last(), "the session's end is told");
        }
    }
    assert_same("the late one", &part[&port], &expected(&late));
}

#[test]
fn a_collector_killed_on_a_full_disk_is_started_again_on_the_same_file() {
    let Some(disk) = Disk::tmpfs("killed on a full disk", ROOMY) else { return };
    disk.fill(700_000);
    let output = format!("{FORMAT}=file:{}", disk.path("all.json"));
    let first = synthetic(1, 4, 3_000);
    let collector = start(&disk, &[&output]);
    let sender = Router::connect(collector.address).play(first.clone());
    assert_told(&collector);
    collector.signal(Signal::KILL);
    collector.end();
    sender.join().unwrap();
    let left = disk.read("all.json");
    // The disk was full at the end of a page, which is hardly ever the end of a line.
    let whole = left.iter().rposition(|octet| *octet == b'\n').map_or(0, |at| at + 1);
    disk.free();

    let second = synthetic(2, 1, 500);
    let collector = start(&disk, &[&output]);
    assert!(Router::connect(collector.address).play(second.clone()).join().unwrap());
    collector.wait_event("session-close");
    assert_eq!(collector.stop().status.code(), Some(0));
    let all = disk.read("all.json");
    assert!(all.starts_with(&left), "what was there is left alone");
    let expect = |stream: &[u8]| -> Vec<String> {
        decoded(stream, FORMAT).iter().map(|l| stripped(l)).collect()
    };
    let before: Vec<String> = lines(&left[..whole]).iter().map(|l| stripped(l)).collect();
    assert_same("lines before the kill", &before, &expect(&first)[..before.len()]);
    let seam = left.len() + usize::from(whole < left.len());
    assert_eq!(all[seam - 1], b'\n', "the torn line is closed");
    let after: Vec<String> = lines(&all[seam..]).iter().map(|l| stripped(l)).collect();
    assert_same("lines after the start", &after, &expect(&second));
}

#[test]
fn a_disk_without_room_for_a_file_is_told_at_the_start() {
    let Some(disk) = Disk::tmpfs("no room for a file", "nr_inodes=2") else { return };
    let mut file = fs::File::create(disk.seen("last")).unwrap();
    file.write_all(b"x").unwrap();
    let output = format!("{FORMAT}=file:{}", disk.path("all.json"));
    let args = ["collect", "-l", "127.0.0.1:0", "-o", &output];
    let ended = run(ribcage_under(&disk.wrapper(), &args), b"");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot open") && said.contains("No space left"), "{said}");
}

#[test]
fn a_device_that_is_always_full_starts_is_told_and_ends_with_what_it_did_not_get() {
    let scratch = Scratch::new();
    let path = scratch.file("all.json");
    let full = format!("{FORMAT}=file:/dev/full?when-full=drop&name=full");
    let file = format!("{FORMAT}=file:{path}?name=file");
    let collector = Collector::start(&["-o", &full, "-o", &file, "--drain-timeout", "1s"]);
    let stream = synthetic(0, 2, 3_000);
    assert!(Router::connect(collector.address).play(stream.clone()).join().unwrap());
    assert_told(&collector);
    collector.wait_event("session-close");
    assert_at_rest(&collector);
    let asked = Instant::now();
    let ended = collector.stop();
    assert!(asked.elapsed() < Duration::from_secs(30), "the end took {:?}", asked.elapsed());
    assert_eq!(ended.status.code(), Some(1), "{}", ended.log.join("\n"));
    let undelivered = ended.events("output-undelivered");
    assert_eq!(undelivered.len(), 1, "{}", ended.log.join("\n"));
    assert_eq!(key(undelivered[0], "output"), "full");
    let got: Vec<String> = lines(&fs::read(&path).unwrap()).iter().map(|l| stripped(l)).collect();
    let whole: Vec<_> = decoded(&stream, FORMAT).iter().map(|l| stripped(l)).collect();
    assert_same("the other output", &got, &whole);
}

#[test]
fn standard_output_on_a_full_device_is_told_and_ends_in_time() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = ribcage(&["collect", "-l", "127.0.0.1:0", "--color", "never"]);
    command.args(["-o", "pmacct-json=stdout:", "--drain-timeout", "1s"]).stdout(full);
    let collector = Collector::spawn(command);
    assert!(Router::connect(collector.address).play(synthetic(0, 1, 500)).join().unwrap());
    assert_told(&collector);
    collector.wait_event("session-close");
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(1), "{}", ended.log.join("\n"));
    assert_eq!(ended.events("output-undelivered").len(), 1);
}
