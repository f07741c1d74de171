//! `null:` delivers everything at once to nobody: for measuring and for trying a configuration.

use std::time::Instant;

use super::{Entry, Notice, OpenError, Progress, Setup, Transport};
use crate::output::frames::Frames;
use crate::output::url::OutputUrl;

/// The row of the table.
pub(super) static ENTRY: Entry = Entry {
    scheme: "null",
    usage: "null:",
    about: "counts and forgets",
    options: &[],
    lossy: false,
    socket: false,
    check,
    open,
};

fn check(url: &OutputUrl) -> Result<(), OpenError> {
    super::no_target(url)
}

fn open(_: &Setup<'_>) -> Result<Box<dyn Transport>, OpenError> {
    Ok(Box::new(Null { bytes: 0 }))
}

struct Null {
    bytes: u64,
}

impl Transport for Null {
    fn write(&mut self, frames: &Frames, first: usize, _: Instant) -> usize {
        self.bytes += frames.octets_from(first).len() as u64;
        frames.len() - first
    }

    fn poll(&mut self, _: Instant) -> Progress {
        Progress::Idle
    }

    fn pending(&self) -> u64 {
        0
    }

    fn bytes_written(&self) -> u64 {
        self.bytes
    }

    fn notice(&mut self) -> Option<Notice> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::frames::FrameKind;
    use crate::record::SessionId;

    #[test]
    fn everything_is_taken_and_counted() {
        let mut frames = Frames::new();
        for _ in 0..3 {
            frames.bytes.extend_from_slice(b"four");
            frames.end(FrameKind::Record, SessionId(1));
        }
        let mut null = Null { bytes: 0 };
        assert_eq!(null.write(&frames, 1, Instant::now()), 2);
        assert_eq!((null.bytes_written(), null.pending()), (8, 0));
    }
}
