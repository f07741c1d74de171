//! Stamping: the time of the per-peer header (RFC 7854 §4.2) becomes the time at which a message
//! was due, so that a receiver of it can tell how late it is.
//!
//! ```text
//! 0       6               40        44             48
//! │ common │ per-peer … id │ seconds │ microseconds │ …
//! ```

use std::time::{SystemTime, UNIX_EPOCH};

use super::walk::{Step, step};

/// Stamps every message of `chunk` that has a per-peer header. `chunk` holds whole messages; what
/// is after them is left as it is.
pub fn stamp(chunk: &mut [u8], at: SystemTime) {
    let time = wire_time(at);
    walk(chunk, |_, _| time);
}

/// Stamps every message of `chunk` with the time of its own: `due` is told its number among the
/// messages of the chunk, and the octets before it.
pub fn stamp_each(chunk: &mut [u8], due: impl Fn(u64, usize) -> SystemTime) {
    walk(chunk, |number, octets| wire_time(due(number, octets)));
}

fn walk(chunk: &mut [u8], time: impl Fn(u64, usize) -> [u8; 8]) {
    let (mut at, mut number) = (0, 0);
    while let Step::Message(len, kind) = step(chunk.get(at..).unwrap_or_default()) {
        if !matches!(kind, INITIATION | TERMINATION)
            && len >= TIME_AT + 8
            && let Some(field) = chunk.get_mut(at + TIME_AT..at + TIME_AT + 8)
        {
            field.copy_from_slice(&time(number, at));
        }
        at += len;
        number += 1;
    }
}

/// Seconds and microseconds as the per-peer header has them.
fn wire_time(at: SystemTime) -> [u8; 8] {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    // 4 octets of seconds reach until 2106; later times wrap as a router's would.
    let seconds = since.as_secs() as u32;
    (u64::from(seconds) << 32 | u64::from(since.subsec_micros())).to_be_bytes()
}

const INITIATION: u8 = 4;
const TERMINATION: u8 = 5;
/// Octets before the time.
const TIME_AT: usize = 40;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::bmp::encode as bmp;
    use std::time::Duration;

    #[test]
    fn messages_with_a_per_peer_header_carry_the_time_and_others_are_left_alone() {
        let mut chunk = Vec::new();
        bmp::initiation(&mut chunk, &[(bmp::INFO_SYS_NAME, &[b'x'; 60])]);
        let first = chunk.len();
        bmp::message(&mut chunk, 0, |out| out.extend_from_slice(&[7; 50]));
        bmp::message(&mut chunk, 77, |out| out.extend_from_slice(&[7; 42]));
        bmp::message(&mut chunk, 0, |out| out.extend_from_slice(&[7; 41])); // too short for one
        let before = chunk.clone();
        let at = UNIX_EPOCH + Duration::new(1_800_000_000, 123_456_000);
        stamp(&mut chunk, at);
        assert_eq!(chunk[..first + 40], before[..first + 40]);
        let time = [0x6b, 0x49, 0xd2, 0, 0, 1, 0xe2, 0x40];
        assert_eq!(chunk[first + 40..first + 48], time);
        assert_eq!(chunk[first + 48..first + 56], before[first + 48..first + 56]);
        assert_eq!(chunk[first + 56 + 40..first + 56 + 48], time);
        assert_eq!(chunk[first + 104..], before[first + 104..]);
        stamp_each(&mut chunk, |n, octets| at + Duration::from_secs(n * 1000 + octets as u64));
        let seconds = u32::from_be_bytes(chunk[first + 40..first + 44].try_into().unwrap());
        assert_eq!(seconds, 1_800_000_000 + 1000 + first as u32);
    }
}
