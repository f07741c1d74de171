//! A recording to be replayed: the bytes of one router session and where its messages end.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::stream::Limit;
use super::walk::{self, Counts, Fault, Step};

/// A message of the recording: where it ends, and its routes.
#[derive(Debug, Clone, Copy)]
struct Mark {
    end: u64,
    announced: u32,
    withdrawn: u32,
}

/// One recorded BMP session. It is cheap to share: routers that replay it keep only their place.
#[derive(Debug)]
pub struct Replay {
    bytes: Arc<[u8]>,
    marks: Vec<Mark>,
    /// Messages that open the session (Initiation) and are sent once.
    head: usize,
    /// Messages that close it (Termination) and are sent once: no router speaks after those.
    tail: usize,
}

/// Why a recording cannot be replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayError {
    /// Octets of the recording before what is wrong.
    pub offset: u64,
    fault: Option<Fault>,
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = self.offset;
        match self.fault {
            Some(Fault::Version(version)) => write!(
                f,
                "octet {offset} does not begin a BMP message: its version is {version}, not 3 or 4"
            ),
            Some(Fault::Length(len)) => write!(
                f,
                "octet {offset} does not begin a BMP message: its length is {len}, less than its \
                 header's 6"
            ),
            None => write!(f, "the recording holds no whole BMP message"),
        }
    }
}

impl std::error::Error for ReplayError {}

impl Replay {
    /// Finds the messages of a recording. A message that is cut at its end is left out.
    ///
    /// # Errors
    /// [`ReplayError`] when something in it is not BMP, or when there is no whole message.
    pub fn new(bytes: Arc<[u8]>) -> Result<Self, ReplayError> {
        let (mut marks, mut offset) = (Vec::new(), 0);
        let (mut head, mut tail) = (0, 0);
        loop {
            let left = bytes.get(offset..).unwrap_or_default();
            match walk::step(left) {
                Step::Message(len, kind) => {
                    let counts = walk::count_message(left.get(..len).unwrap_or_default());
                    offset += len;
                    head += usize::from(kind == INITIATION && head == marks.len());
                    tail = if kind == TERMINATION { tail + 1 } else { 0 };
                    marks.push(Mark {
                        end: offset as u64,
                        announced: counts.announced as u32,
                        withdrawn: counts.withdrawn as u32,
                    });
                }
                Step::Cut if marks.is_empty() => {
                    return Err(ReplayError { offset: 0, fault: None });
                }
                Step::Cut => return Ok(Self { bytes, marks, head, tail }),
                Step::Broken(fault) => {
                    return Err(ReplayError { offset: offset as u64, fault: Some(fault) });
                }
            }
        }
    }

    /// Octets at the end that are not replayed because they are no whole message.
    #[must_use]
    pub fn cut_octets(&self) -> usize {
        self.bytes.len() - self.start_of(self.marks.len())
    }

    /// What one router sends in `repeat` repetitions (1 or more).
    pub(super) fn total_messages(&self, repeat: u32) -> u64 {
        let once = self.head + self.tail;
        once as u64 + (self.marks.len() - once) as u64 * u64::from(repeat)
    }

    fn start_of(&self, message: usize) -> usize {
        match message.checked_sub(1).and_then(|before| self.marks.get(before)) {
            Some(mark) => mark.end as usize,
            None => 0,
        }
    }
}

/// One router's place in a recording.
#[derive(Debug)]
pub(super) struct Player {
    replay: Arc<Replay>,
    next: usize,
    repeats_left: u32,
}

impl Player {
    /// A router that plays everything `repeat` times, at this multiple of the recorded pace, or as
    /// fast as it is let.
    pub(super) fn new(replay: Arc<Replay>, repeat: u32, _pace: Option<f64>) -> Self {
        Self { replay, next: 0, repeats_left: repeat.saturating_sub(1) }
    }

    /// When the next message is due, since the router began; `None` is at once.
    pub(super) fn due(&self) -> Option<Duration> {
        None
    }

    pub(super) fn octets(&self, span: Range<usize>) -> &[u8] {
        self.replay.bytes.get(span).unwrap_or_default()
    }

    /// The next messages within `limit`, but at least one; an empty span when none is left.
    pub(super) fn take(&mut self, limit: &Limit) -> (Range<usize>, Counts) {
        let all = self.replay.marks.len();
        let body_end = all - self.replay.tail;
        // A recording of nothing but Initiation and Termination has nothing to repeat.
        if self.next == body_end && self.repeats_left > 0 && self.replay.head < body_end {
            self.repeats_left -= 1;
            self.next = self.replay.head;
        }
        let end = if self.next < body_end { body_end } else { all };
        let start = self.replay.start_of(self.next);
        let mut span = start..start;
        let mut counts = Counts::default();
        for mark in self.replay.marks.get(self.next..end).unwrap_or_default() {
            self.next += 1;
            span.end = mark.end as usize;
            counts.messages += 1;
            counts.announced += u64::from(mark.announced);
            counts.withdrawn += u64::from(mark.withdrawn);
            if span.len() >= limit.octets || counts.messages >= limit.messages {
                break;
            }
        }
        counts.bytes = span.len() as u64;
        (span, counts)
    }
}

const INITIATION: u8 = 4;
const TERMINATION: u8 = 5;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::bmp::encode as bmp;

    fn recording(kinds: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for (n, &kind) in kinds.iter().enumerate() {
            bmp::message(&mut out, kind, |out| out.push(n as u8));
        }
        out
    }

    /// The types of the messages sent, and what all chunks counted.
    fn played(bytes: &[u8], repeat: u32, octets: usize, messages: u64) -> (Vec<u8>, Counts) {
        let replay = Arc::new(Replay::new(bytes.into()).unwrap());
        let total = replay.total_messages(repeat);
        let mut player = Player::new(replay, repeat, None);
        let (mut kinds, mut counts) = (Vec::new(), Counts::default());
        loop {
            let (span, some) = player.take(&Limit { octets, messages, ..Limit::NONE });
            if span.is_empty() {
                assert_eq!((total, counts.messages), (kinds.len() as u64, total));
                return (kinds, counts);
            }
            kinds.extend(player.octets(span).chunks(7).map(|message| message[5]));
            counts += some;
        }
    }

    #[test]
    fn repetition_sends_initiation_and_termination_once() {
        let bytes = recording(&[4, 3, 0, 2, 5]);
        for (octets, messages) in [(1, 9), (usize::MAX, 1), (20, 99), (usize::MAX, u64::MAX)] {
            let (kinds, counts) = played(&bytes, 3, octets, messages);
            assert_eq!(kinds, [4, 3, 0, 2, 3, 0, 2, 3, 0, 2, 5]);
            assert_eq!((counts.messages, counts.bytes), (11, 77));
        }
        assert_eq!(played(&recording(&[4, 5]), 3, 1, 1).0, [4, 5]);
        assert_eq!(played(&recording(&[3, 4, 0]), 2, 1, 1).0, [3, 4, 0, 3, 4, 0]);
    }

    #[test]
    fn a_cut_end_is_left_out_and_counted() {
        let mut bytes = recording(&[4, 3]);
        bytes.extend_from_slice(&recording(&[0])[..5]);
        assert_eq!(Replay::new(bytes.as_slice().into()).unwrap().cut_octets(), 5);
        assert_eq!(played(&bytes, 1, 1, 1).0, [4, 3]);
    }

    #[test]
    fn what_is_not_bmp_is_refused_with_its_place() {
        let mut bytes = recording(&[4]);
        bytes.extend_from_slice(b"GET / HTTP/1.1");
        let err = Replay::new(bytes.into()).unwrap_err();
        assert_eq!(
            err.to_string(),
            "octet 7 does not begin a BMP message: its version is 71, not 3 or 4"
        );
        let err = Replay::new([3, 0, 0, 0, 2, 0].as_slice().into()).unwrap_err();
        assert!(err.to_string().contains("length is 2"), "{err}");
        let err = Replay::new([].as_slice().into()).unwrap_err();
        assert_eq!(err.to_string(), "the recording holds no whole BMP message");
    }
}
