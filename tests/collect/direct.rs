use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;

use crate::collector::{
    Collector, Router, Scratch, assert_same, await_some, decoded, ribcage, run, skipped, stripped,
    synthetic,
};

const FORMAT: &str = "pmacct-json?extra=none";

/// Whether files of the test's directory can be written directly; says so if they cannot.
fn is_direct(test: &str, scratch: &Scratch) -> bool {
    let output = format!("{FORMAT}=file:{}?direct=on", scratch.file("probe"));
    let tried = run(ribcage(&["decode", "--input-format", "bmp", "-o", &output]), b"");
    let said = String::from_utf8_lossy(&tried.stderr).into_owned();
    let refused = said.contains("around the page cache");
    if refused {
        skipped(test, said.trim());
    }
    !refused
}

/// What is in the file: whole lines, and the octets of one that is not.
fn read(path: &Path) -> (Vec<String>, Vec<u8>) {
    let octets = fs::read(path).unwrap_or_default();
    let end = octets.iter().rposition(|o| *o == b'\n').map_or(0, |at| at + 1);
    let text = String::from_utf8(octets[..end].to_vec()).expect("only text, no padding");
    (text.lines().map(stripped).collect(), octets[end..].to_vec())
}

#[test]
fn a_collector_that_is_killed_leaves_whole_lines_and_at_most_a_torn_last_one() {
    let scratch = Scratch::new();
    if !is_direct("a_collector_that_is_killed", &scratch) {
        return;
    }
    let stream = synthetic(1, 4, 12_000);
    let expected: Vec<String> = decoded(&stream, FORMAT).iter().map(|l| stripped(l)).collect();
    for (number, least) in [1_u64, 700_000, 3_000_000, 9_000_000].into_iter().enumerate() {
        let path = scratch.path().join(format!("{number}.json"));
        let output = format!("{FORMAT}=file:{}?direct=on", path.display());
        let collector = Collector::start(&["-o", &output]);
        let mut router = Router::connect(collector.address);
        let sending = stream.clone();
        let (sender, length) = (
            // The connection breaks under it.
            std::thread::spawn(move || {
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    sending.chunks(50_000).for_each(|piece| router.send(piece));
                }));
            }),
            || fs::metadata(&path).map_or(0, |meta| meta.len()),
        );
        await_some("a part of the file", || (length() >= least).then_some(()));
        collector.signal(Signal::KILL);
        collector.end();
        sender.join().unwrap();
        let (lines, torn) = read(&path);
        assert!(!torn.contains(&0), "padding");
        assert_same("lines before the kill", &lines, &expected[..lines.len()]);
    }
}

#[test]
fn what_came_is_in_the_file_soon_and_a_torn_line_is_closed_first() {
    let scratch = Scratch::new();
    if !is_direct("what_came_is_in_the_file_soon", &scratch) {
        return;
    }
    let path = scratch.holding("x.json", b"{\"torn\": ");
    let output = format!("{FORMAT}=file:{path}?direct=on");
    let collector = Collector::start(&["-o", &output]);
    let stream = synthetic(1, 2, 3_000);
    let expected: Vec<String> = decoded(&stream, FORMAT).iter().map(|l| stripped(l)).collect();
    let mut router = Router::connect(collector.address);
    router.send(&stream);
    // The stream has gone quiet and the session is still there: all but its end are written.
    let most = expected.len() - 1;
    let written = || Some(read(Path::new(&path)).0).filter(|lines| lines.len() > most);
    let lines = await_some("the lines of a stream gone quiet", || {
        std::thread::sleep(Duration::from_millis(20));
        written()
    });
    assert_eq!(lines[0], stripped("{\"torn\": "));
    assert_same("the lines", &lines[1..=most], &expected[..most]);
    router.finish();
    assert_eq!(collector.stop().status.code(), Some(0));
    let (lines, torn) = read(Path::new(&path));
    assert_same("the lines at the end", &lines[1..], &expected);
    assert!(torn.is_empty());
}

#[test]
fn what_cannot_be_written_directly_is_told_at_the_start() {
    let scratch = Scratch::new();
    let output = format!("{FORMAT}=file:/dev/null?direct=on");
    let ended = run(ribcage(&["collect", "-l", "127.0.0.1:0", "-o", &output]), b"");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("this is no regular file; leave it out"), "{said}");
    let output = format!("{FORMAT}=file:{}?direct=maybe", scratch.file("x"));
    let ended = run(ribcage(&["collect", "-o", &output]), b"");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("direct is on or off, not 'maybe'"), "{said}");
}
