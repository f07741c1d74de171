//! One room on one stream, once: what `scripts/icount.sh` counts the instructions of.
//!
//! ```sh
//! icount --list          the rooms
//! icount ROOM FILE       runs one on a file of BMP
//! ```

#![allow(clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::hint::black_box;
use std::time::Instant;

use ribcage::bmp::CommonHeader;
use ribcage::load::{Source, count, write_stream};

/// Peers of the synthetic stream.
const PEERS: u32 = 8;

fn rooms() -> Vec<String> {
    let mut rooms = vec!["frame".to_owned(), "decode".to_owned()];
    rooms.extend(support::formats().iter().map(|row| format!("pipeline/{row}")));
    rooms.extend(["generate/synthetic".to_owned(), "generate/replay".to_owned()]);
    rooms
}

fn frame(mut octets: &[u8]) {
    while let Ok(Some(header)) = CommonHeader::parse(octets, 1 << 20) {
        black_box(header.kind);
        octets = &octets[header.len..];
    }
}

/// Makes as many routes as the file has, or plays the file.
fn generate(source: &Source) {
    black_box(write_stream(source, 0, 1, &mut std::io::sink()).expect("a sound source"));
}

fn run(room: &str, octets: Vec<u8>) {
    let mut batch = support::batch();
    match room {
        "frame" => frame(&octets),
        "decode" => {
            support::decode(&octets, &mut batch, |full| {
                black_box(full.records().len());
            });
        }
        "generate/synthetic" => {
            let prefixes = u32::try_from(count(&octets).announced).expect("fits") / PEERS;
            generate(&Source::Synthetic { peers: PEERS, prefixes });
        }
        "generate/replay" => {
            generate(&Source::Replay(vec![octets.into()]));
        }
        _ => {
            let format = room.strip_prefix("pipeline/").expect("a room of --list");
            let (mut output, now) = (support::discarding(format), Instant::now());
            support::decode(&octets, &mut batch, |full| support::consume(&mut output, full, now));
        }
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match &words[..] {
        [list] if list == "--list" => println!("{}", rooms().join("\n")),
        [room, file] if !room.starts_with('-') => {
            let octets = std::fs::read(file).unwrap_or_else(|e| panic!("{file}: {e}"));
            run(room, octets);
        }
        _ => println!("skipped: icount: see scripts/icount.sh"),
    }
}
