use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use crate::collector::{Scratch, field, lines, ribcage, run, synthetic};

/// Runs `decode` with UTF-8 output; the exit code, the lines, and the log.
fn decode(args: &[&str], input: &[u8]) -> (Option<i32>, Vec<String>, String) {
    let output = run(ribcage(&[&["decode"], args].concat()), input);
    let log = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), lines(&output.stdout), log)
}

#[test]
fn standard_input_and_a_file_give_the_same() {
    let scratch = Scratch::new();
    let stream = synthetic(0, 1, 50);
    let file = scratch.holding("a.bmp", &stream);
    let at = ["--arrival", "2026-01-02T03:04:05Z"];
    let (code, from_file, _) = decode(&[&at[..], &[&file]].concat(), b"");
    assert_eq!(code, Some(0));
    assert!(from_file.len() > 50);
    for args in [&at[..], &[&at[..], &["-"]].concat()] {
        assert_eq!(decode(args, &stream).1, from_file);
    }
}

#[test]
fn an_output_that_fails_is_given_up_in_the_end() {
    // Little, which is rendered at once, and more than an output holds.
    for prefixes in [50, 20_000] {
        let stream = synthetic(0, 1, prefixes);
        let (code, _, log) = decode(&["-o", "pmacct-json=file:/dev/full"], &stream);
        assert_eq!(code, Some(1), "{log}");
        assert!(log.contains("ERROR output-write-failed"), "{log}");
        assert!(log.contains("ERROR output-undelivered"), "{log}");
    }
}

#[test]
fn compressed_inputs_are_told_by_their_first_octets() {
    let stream = synthetic(0, 1, 50);
    let at = ["--arrival", "2026-01-02T03:04:05Z"];
    let plain = decode(&at, &stream).1;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&stream).unwrap();
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(&stream).unwrap();
    let zstd = zstd::encode_all(&stream[..], 1).unwrap();
    for packed in [gzip.finish().unwrap(), bzip2.finish().unwrap(), zstd] {
        let (code, unpacked, log) = decode(&at, &packed);
        assert_eq!(code, Some(0), "{log}");
        assert_eq!(unpacked, plain);
        let (code, _, log) = decode(&at, &packed[..packed.len() / 2]);
        assert_eq!(code, Some(0), "a cut file is a warning: {log}");
        assert!(log.contains("WARN"), "{log}");
    }
}

#[test]
fn the_router_and_the_time_of_arrival_can_be_told() {
    let stream = synthetic(0, 1, 5);
    let shown = |args: &[&str]| {
        let line = decode(args, &stream).1.swap_remove(3);
        ["bmp_router", "bmp_router_port", "timestamp_arrival"]
            .map(|key| field(&line, key).unwrap().to_owned())
    };
    let told = ["--router", "[2001:db8::7]:1790", "--arrival", "2026-01-02T04:04:05.000006+01:00"];
    assert_eq!(shown(&told), ["2001:db8::7", "1790", "2026-01-02 03:04:05.000006"]);
    let untold = shown(&["--arrival", "now"]);
    assert_eq!(untold[..2], ["0.0.0.0", "0"]);
    assert!(untold[2].starts_with("20") && untold[2].as_str() > "2026-01-01", "{untold:?}");
}

#[test]
fn times_follow_options_and_the_time_zone() {
    let stream = synthetic(0, 1, 5);
    let shown = |zone: &str, options: &str| {
        let format = format!("pmacct-json{options}");
        let args = ["decode", "--arrival", "2026-07-02T03:04:05Z", "-F", &format];
        let mut command = ribcage(&args);
        command.env("TZ", zone);
        let output = run(command, &stream);
        let line = lines(&output.stdout).swap_remove(3);
        field(&line, "timestamp_arrival").unwrap().to_owned()
    };
    assert_eq!(shown("UTC", ""), "2026-07-02 03:04:05.000000");
    assert_eq!(shown("UTC-2", ""), "2026-07-02 05:04:05.000000");
    assert_eq!(shown("UTC-2", "?timestamps_utc=true"), "2026-07-02 03:04:05.000000");
    assert_eq!(shown("UTC-2", "?timestamps_since_epoch=true"), "1782961445.000000");
    let rfc9557 = shown("UTC-2", "?timestamps_rfc9557=true");
    assert_eq!(rfc9557, "2026-07-02T05:04:05.000000+02:00");
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let scratch = Scratch::new();
    let file = scratch.holding("long.bmp", &synthetic(0, 2, 20_000));
    let mut child = ribcage(&["decode", &file]).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert!(line.contains("log_init"));
    drop(stdout);
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{log}");
    assert_eq!(log, "", "silent");
}

#[test]
fn how_a_stream_ends_decides_the_exit_code() {
    let stream = synthetic(0, 1, 50);
    let cut = &stream[..stream.len() - 3];
    let broken = [&stream[..], &[0xee; 40]].concat();
    for (what, args, input, code, word) in [
        ("a cut stream", &[][..], cut, 0, "input-cut-short"),
        ("a cut stream, strictly", &["--strict"], cut, 1, "input-cut-short"),
        ("broken framing", &[], &broken, 1, "session-broken-framing"),
        ("no BMP", &[], b"[package]\nname = \"x\"\n", 1, "input-no-bmp"),
        ("nothing", &[], b"", 1, "input-no-bmp"),
        ("a sound stream, strictly", &["--strict"], &stream, 0, ""),
    ] {
        let (got, lines, log) = decode(args, input);
        assert_eq!(got, Some(code), "{what}: {log}");
        assert!(log.contains(word), "{what}: {log}");
        assert!(lines.len() > 50 || !input.starts_with(&[3]), "{what}: what is sound is written");
    }
}
