//! `UPDATE_SNAPSHOTS=1 cargo test` writes the files anew; the difference is then read in review.

use std::fs;
use std::path::Path;

use ribcage::telemetry::{counters, events};

use crate::collector::{ribcage, run};

#[track_caller]
fn assert_snapshot(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, text).unwrap();
        return;
    }
    let held = fs::read_to_string(&path).unwrap_or_default();
    let differs = text.lines().zip(held.lines()).position(|(now, held)| now != held);
    let at = differs.unwrap_or(text.lines().count().min(held.lines().count()));
    assert!(
        text == held,
        "tests/snapshots/{name} differs at line {}:\n now: {:?}\nheld: {:?}\nIf that is meant, run \
         the tests with UPDATE_SNAPSHOTS=1.",
        at + 1,
        text.lines().nth(at),
        held.lines().nth(at),
    );
}

fn help(args: &[&str]) -> String {
    // The width of a terminal must not matter.
    let mut command = ribcage(args);
    command.env("COLUMNS", "100").env("NO_COLOR", "1");
    let output = run(command, b"");
    assert_eq!(output.status.code(), Some(0), "{args:?}");
    assert!(output.stderr.is_empty(), "help is for standard output");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn help_of_every_command() {
    assert_snapshot("help.txt", &help(&["--help"]));
    assert_snapshot("help-short.txt", &help(&["-h"]));
    for command in ["collect", "decode", "load", "bench", "plan"] {
        assert_snapshot(&format!("help-{command}.txt"), &help(&[command, "--help"]));
    }
}

#[test]
fn events_and_counters() {
    assert_snapshot("events.txt", &events::help_text());
    assert_snapshot("counters.txt", &counters::help_text());
}
