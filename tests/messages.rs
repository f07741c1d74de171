//! Every message of every recording and vector is read into its type and written back octet for
//! octet.

use std::path::Path;

use ribcage::bmp::{Message, MessageError, Messages};
use ribcage::wire::Outline;

use crate::util::{files, read, shared};

/// Messages whose body makes no sense: the file's name, how many, and why they are refused.
const REFUSED: &[(&str, usize, &str)] = &[];

/// Reads all messages of `stream`; how many there are and what was wrong with those refused.
fn walk(name: &str, stream: &[u8]) -> (usize, Vec<String>) {
    let (mut seen, mut refused) = (0, Vec::new());
    let mut messages = Messages::new(stream);
    let mut out = Vec::new();
    loop {
        let before = messages.rest();
        let Some(message) = messages.next() else { break };
        let octets = &before[..before.len() - messages.rest().len()];
        seen += 1;
        match message {
            Ok(message) => {
                out.clear();
                message.encode(&mut out);
                assert!(out == octets, "{name}, message {seen}: written otherwise: {message:?}");
                if seen % 16 == 1 {
                    let said = Outline::of(|fields| message.describe(fields));
                    assert!(said.starts_with("version="), "{name}: {said}");
                }
            }
            Err(MessageError::Body { header, error }) => {
                refused.push(format!("message {seen} ({}): {error}", header.kind));
            }
            Err(error) => panic!("{name}, message {seen}: {error}"),
        }
    }
    (seen, refused)
}

fn check(path: &Path, stream: &[u8]) -> usize {
    let name = path.file_name().unwrap().to_string_lossy();
    let (seen, refused) = walk(&name, stream);
    let allowed = REFUSED.iter().find(|(file, ..)| name == *file).map_or(0, |row| row.1);
    assert_eq!(refused.len(), allowed, "{name}: {refused:#?}");
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
