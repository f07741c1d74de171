//! Every message of every recording and vector is read into its type and written back octet for
//! octet.

use std::path::Path;

use ribcage::bmp::{MessageError, Messages, v4};
use ribcage::wire::Outline;

use crate::util::{TempDir, decode, files, read, shared};

/// Messages whose body makes no sense: file, number, and what is wrong with each. All others are
/// read.
const REFUSED: &[(&str, usize, &str)] = &[
    // That project's tests of what must be refused.
    ("sbezverk-gobmp.bmp.hex", 2, "TLV value at octet 10 needs 52445 octets, but 0 are left"),
    ("sbezverk-gobmp.bmp.hex", 3, "per-peer header at octet 6 needs 42 octets, but 4 are left"),
    ("sbezverk-gobmp.bmp.hex", 4, "per-peer header at octet 6 needs 42 octets, but 2 are left"),
    // A common header with a length of its own and nothing sound after it.
    ("secdev-scapy.bmp.hex", 1, "per-peer header at octet 6 needs 42 octets, but 2 are left"),
];

/// Reads all messages of `stream`: how many there are, and what is wrong with those refused.
fn walk(name: &str, stream: &[u8]) -> (usize, Vec<(usize, String)>) {
    let (mut seen, mut refused) = (0, Vec::new());
    let mut messages = Messages::new(stream);
    let mut out = Vec::new();
    loop {
        let before = messages.rest();
        let Some(message) = messages.next() else { break };
        let octets = &before[..before.len() - messages.rest().len()];
        seen += 1;
        match message {
            Ok(message) if message.version() == v4::VERSION => {
                let (message, rest) = v4::Message::parse(octets).unwrap();
                out.clear();
                message.encode(&mut out);
                assert!(out == octets && rest.is_empty(), "{name}, message {seen}: {message:?}");
                assert!(!matches!(message, v4::Message::Unknown(_)), "{name}: {message:?}");
            }
            Ok(message) => {
                out.clear();
                message.encode(&mut out);
                assert!(out == octets, "{name}, message {seen}: written otherwise: {message:?}");
                if seen % 16 == 1 {
                    let said = Outline::of(|fields| message.describe(fields));
                    assert!(said.starts_with("version="), "{name}: {said}");
                }
            }
            Err(MessageError::Body { error, .. }) => refused.push((seen, error.to_string())),
            Err(error) => panic!("{name}, message {seen}: {error}"),
        }
    }
    (seen, refused)
}

fn check(path: &Path, stream: &[u8]) -> usize {
    let name = path.file_name().unwrap().to_string_lossy();
    let (seen, refused) = walk(&name, stream);
    let rows = REFUSED.iter().filter(|(file, ..)| name == *file);
    let want: Vec<_> = rows.map(|&(_, number, what)| (number, what.to_owned())).collect();
    assert_eq!(refused, want, "{name}");
    seen
}

#[test]
fn every_message_of_every_recording_is_written_as_it_was_read() {
    let Some(shared) = shared("every_message_of_every_recording") else { return };
    let mut seen = 0;
    for (folder, ending) in [("captures", ".bmp"), ("lab", ".bmp.gz"), ("streams", ".bmp.gz")] {
        for path in files(&shared.join("data").join(folder), ending) {
            seen += check(&path, &read(&path));
        }
    }
    assert!(seen > 320_000, "{seen} messages");
}

#[test]
fn every_vector_is_written_as_it_was_read() {
    let Some(shared) = shared("every_vector_is_written_as_it_was_read") else { return };
    let mut seen = 0;
    for path in files(&shared.join("data/vectors"), ".bmp.hex") {
        let text = String::from_utf8(read(&path)).unwrap();
        let digits = |line: &str| -> Vec<u8> {
            let digit = |at| u8::from_str_radix(&line[at..at + 2], 16).unwrap();
            (0..line.len()).step_by(2).map(digit).collect()
        };
        let stream: Vec<u8> =
            text.lines().filter(|line| !line.starts_with('#')).flat_map(digits).collect();
        seen += check(&path, &stream);
    }
    assert!(seen >= 49, "{seen} messages");
}

#[test]
fn decode_says_why_versions_before_rfc_7854_are_not_read() {
    let dir = TempDir::new("versions");
    for version in [1, 2] {
        let octets = [&[version, 0, 0, 0, 32, 0, 0, 0][..], &[7; 48]].concat();
        let file = dir.file("old.bmp", &octets);
        for args in [&[][..], &["--input-format", "bmp"]] {
            let out = decode(args, &file);
            assert_eq!(out.status.code(), Some(1));
            let log = String::from_utf8_lossy(&out.stderr);
            let reason = format!("BMP version {version} precedes RFC 7854 and is not supported");
            assert!(log.contains("session-broken-framing") && log.contains(&reason), "{log}");
        }
    }
}
