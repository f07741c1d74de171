use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::process::Stdio;

use crate::collector::{Scratch, ribcage, run};

/// Runs a command line that cannot work; its exit code and what it says.
fn refused(args: &[&str]) -> (Option<i32>, String) {
    let output = run(ribcage(args), b"");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!text.contains("panicked"), "{args:?}: {text}");
    (output.status.code(), text)
}

#[track_caller]
fn assert_refused(line: &str, code: i32, words: &[&str]) {
    let args: Vec<&str> = line.split(' ').collect();
    let (got, text) = refused(&args);
    assert_eq!(got, Some(code), "{line}: {text}");
    for word in words {
        assert!(text.contains(word), "{line}: no `{word}` in: {text}");
    }
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_would_be_right() {
    for (line, words) in [
        ("collect --frob", &["--frob", "--help"][..]),
        ("frob", &["frob", "--help"]),
        ("collect -o frob=stdout:", &["'frob' is not known", "pmacct-json"]),
        ("collect -o pmacct-json=frob://x", &["'frob' is not known", "tcp"]),
        ("collect -o pmacct-json=stdout:?frob=1", &["'frob' is not known", "when-full"]),
        ("collect -o pmacct-json=stdout:?when-full=spool", &["spool", "block or drop"]),
        ("collect -o pmacct-json=stdout:?when-full=frob", &["frob", "block", "drop"]),
        ("collect -o pmacct-json=stdout:?rib=on", &["rib=on", "reserved"]),
        ("collect -o pmacct-json=tcp://127.0.0.1", &["HOST:PORT"]),
        ("collect --listen frob", &["frob", "127.0.0.1:11019"]),
        ("collect --batch-memory frob", &["frob", "64KiB"]),
        ("collect --batch-memory 1KiB", &["1KiB", "1MiB"]),
        ("collect --flush-interval 20s", &["20s", "1ms to 10s"]),
        ("collect --max-frame 1KiB", &["1KiB", "4KiB to 16MiB"]),
        ("collect --drain-timeout frob", &["frob", "10s"]),
        ("collect --reactor-cores frob", &["frob", "0-3"]),
        ("collect --reactor-cores 4000", &["4000", "online"]),
        ("collect --log-format frob", &["frob", "json"]),
        ("collect --log-level frob", &["frob", "debug"]),
        ("decode -F frob", &["frob", "pmacct-json"]),
        ("decode -F pmacct-json?compat=1.0", &["1.0", "1.8.1"]),
        ("decode --arrival frob", &["frob", "2026-01-31T12:00:00Z"]),
        ("decode --router frob", &["frob", "ADDR:PORT"]),
        ("decode --input-format frob", &["frob", "pcap"]),
        ("decode -F pmacct-json -o bmp=null:", &["--format", "--output"]),
        ("load", &["--target"]),
        ("load --target 127.0.0.1:1 --routers 0", &["--routers"]),
        ("load --target 127.0.0.1:1 --rate frob", &["frob"]),
    ] {
        assert_refused(line, 2, words);
    }
}

#[test]
fn what_the_system_refuses_exits_with_1_and_says_what_would_help() {
    let scratch = Scratch::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().to_string();
    let nowhere = scratch.file("no/such/dir/out.json");
    let directory = scratch.path().to_str().unwrap();
    for (line, words) in [
        (format!("collect -l {port} -o bmp=null:"), ["another process has this port", &port]),
        (
            format!("collect -l 127.0.0.1:0 -o pmacct-json=file:{nowhere}"),
            ["does not exist", &nowhere],
        ),
        (format!("decode -o pmacct-json=file:{nowhere}"), ["does not exist", &nowhere]),
        (format!("decode {nowhere}"), ["No such file", &nowhere]),
        (format!("decode {directory}"), ["directory", directory]),
    ] {
        assert_refused(&line, 1, &words);
    }
}

#[test]
fn the_version_is_the_packages() {
    let output = run(ribcage(&["--version"]), b"");
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text, format!("ribcage {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn records_do_not_go_to_the_journal_by_default() {
    // The journal is told by the device and inode of standard output (systemd.exec(5)).
    let scratch = Scratch::new();
    let journal = std::fs::File::create(scratch.file("journal")).unwrap();
    let about = journal.metadata().unwrap();
    let mut command = ribcage(&["collect", "-l", "127.0.0.1:0"]);
    command.env("JOURNAL_STREAM", format!("{}:{}", about.dev(), about.ino()));
    let output = command.stdout(journal).stderr(Stdio::piped()).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("journal") && text.contains("-o pmacct-json=file:"), "{text}");
}
