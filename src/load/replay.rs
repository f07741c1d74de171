//! A recording to be replayed: the bytes of one router session and where its messages end.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::LoadError;
use super::stream::Limit;
use super::walk::{self, Counts, Fault, Step};
use crate::wire::Timestamp;

/// A recorded BMP session: its octets, and when they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    bytes: Arc<Vec<u8>>,
    times: Arc<[Came]>,
}

/// Octets of a recording that came at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Came {
    /// Where they end: octets of the recording up to there.
    pub end: u64,
    /// When they came.
    pub at: Timestamp,
}

impl Recording {
    /// A recording whose octets came at known times; `times` go forward in both fields.
    #[must_use]
    pub fn new(bytes: Vec<u8>, times: Arc<[Came]>) -> Self {
        Self { bytes: Arc::new(bytes), times }
    }

    /// Octets of the recording.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<T: AsRef<[u8]>> From<T> for Recording {
    /// Raw BMP: the times are those of its per-peer headers.
    fn from(bytes: T) -> Self {
        Self::new(bytes.as_ref().to_vec(), Arc::default())
    }
}

/// A message of the recording: where it ends, when it came, and its routes.
#[derive(Debug, Clone, Copy)]
struct Mark {
    end: u64,
    /// Microseconds: since the epoch while the marks are made, then since the first message of all
    /// recordings.
    at: u64,
    announced: u32,
    withdrawn: u32,
}

/// One recorded BMP session. It is cheap to share: routers that replay it keep only their place.
#[derive(Debug)]
pub struct Replay {
    bytes: Arc<Vec<u8>>,
    marks: Vec<Mark>,
    /// Microseconds from the first message to the last one, of all recordings: a repetition begins
    /// so much later.
    period: u64,
    is_timed: bool,
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
    pub fn new(recording: impl Into<Recording>) -> Result<Self, ReplayError> {
        let mut replay = [Self::parse(recording.into())?];
        share_clock(&mut replay);
        let [replay] = replay;
        Ok(replay)
    }

    /// The same for all recordings of a run, on one clock: it begins with the earliest of them.
    pub(super) fn all(recordings: &[Recording]) -> Result<Vec<Arc<Self>>, LoadError> {
        let parsed = recordings.iter().enumerate().map(|(index, recording)| {
            Self::parse(recording.clone()).map_err(|error| LoadError::Replay { index, error })
        });
        let mut all = parsed.collect::<Result<Vec<_>, _>>()?;
        share_clock(&mut all);
        Ok(all.into_iter().map(Arc::new).collect())
    }

    fn parse(recording: Recording) -> Result<Self, ReplayError> {
        let Recording { bytes, times } = recording;
        // Most messages are longer, so that this is room for all; what is not used costs nothing.
        let (mut marks, mut offset) = (Vec::with_capacity(bytes.len() / 100), 0);
        let (mut head, mut tail) = (0, 0);
        let mut clock = Clock { is_captured: !times.is_empty(), times: &times, now: 0 };
        loop {
            let left = bytes.get(offset..).unwrap_or_default();
            match walk::step(left) {
                Step::Message(len, kind) => {
                    let message = left.get(..len).unwrap_or_default();
                    let counts = walk::count_message(message);
                    offset += len;
                    head += usize::from(kind == INITIATION && head == marks.len());
                    tail = if kind == TERMINATION { tail + 1 } else { 0 };
                    marks.push(Mark {
                        end: offset as u64,
                        at: clock.time_of(message, offset as u64),
                        announced: counts.announced as u32,
                        withdrawn: counts.withdrawn as u32,
                    });
                }
                Step::Cut if marks.is_empty() => {
                    return Err(ReplayError { offset: 0, fault: None });
                }
                Step::Cut => break,
                Step::Broken(fault) => {
                    return Err(ReplayError { offset: offset as u64, fault: Some(fault) });
                }
            }
        }
        Ok(Self { is_timed: clock.now != 0, bytes, marks, period: 0, head, tail })
    }

    /// Whether it is known when its messages came.
    pub(super) fn is_timed(&self) -> bool {
        self.is_timed
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

/// Tells when messages came, in microseconds since the epoch; it never goes backwards.
struct Clock<'a> {
    /// Whether the capture knows the times; else the per-peer headers do.
    is_captured: bool,
    times: &'a [Came],
    /// The time of the message before; 0 before the first that is known.
    now: u64,
}

impl Clock<'_> {
    /// When a message came that ends after `end` octets. One without a time of its own came with
    /// the one before.
    fn time_of(&mut self, message: &[u8], end: u64) -> u64 {
        let at = match self.is_captured {
            true => {
                let passed = self.times.iter().take_while(|came| came.end < end).count();
                self.times = self.times.get(passed..).unwrap_or_default();
                self.times.first().map_or(0, |came| came.at.as_micros())
            }
            false => header_time(message),
        };
        self.now = self.now.max(at);
        self.now
    }
}

/// The time in a message's per-peer header; 0 where there is none.
fn header_time(message: &[u8]) -> u64 {
    let has_header = message.get(5).is_some_and(|kind| !matches!(kind, 4 | 5 | 7..));
    match message.get(TIME).and_then(<[u8]>::first_chunk::<8>) {
        Some(&[a, b, c, d, e, f, g, h]) if has_header => {
            let (secs, micros) = ([a, b, c, d], [e, f, g, h]);
            let at = Timestamp::new(u32::from_be_bytes(secs).into(), u32::from_be_bytes(micros));
            if at.is_known() { at.as_micros() } else { 0 }
        }
        _ => 0,
    }
}

/// Sets the clocks of all replays to the earliest time that one of them knows.
fn share_clock(replays: &mut [Replay]) {
    let known = |replay: &Replay| replay.marks.iter().map(|m| m.at).find(|at| *at != 0);
    let start = replays.iter().filter_map(known).min().unwrap_or(0);
    let last = |replay: &Replay| replay.marks.last().map(|mark| mark.at);
    let end = replays.iter().filter_map(last).max().unwrap_or(0);
    for replay in replays {
        // What comes before the first known time goes with it; all goes at once where none is.
        let first = known(replay).unwrap_or(start);
        replay.period = end.saturating_sub(start);
        replay.marks.iter_mut().for_each(|m| m.at = m.at.max(first).saturating_sub(start));
    }
}

/// One router's place in a recording.
#[derive(Debug)]
pub(super) struct Player {
    replay: Arc<Replay>,
    next: usize,
    repeats_left: u32,
    /// Repetitions that are done.
    rounds: u32,
    /// The multiple of the recorded pace; as fast as it is let where there is none.
    pace: Option<f64>,
}

impl Player {
    /// A router that plays everything `repeat` times, at this multiple of the recorded pace, or as
    /// fast as it is let.
    pub(super) fn new(replay: Arc<Replay>, repeat: u32, pace: Option<f64>) -> Self {
        Self { replay, next: 0, repeats_left: repeat.saturating_sub(1), rounds: 0, pace }
    }

    /// When the next message is due, since the router began; `None` is at once.
    pub(super) fn due(&self) -> Option<Duration> {
        let (next, rounds) = match self.begins_anew() {
            true => (self.replay.head, self.rounds + 1),
            false => (self.next, self.rounds),
        };
        self.due_of(self.replay.marks.get(next)?, rounds)
    }

    fn due_of(&self, mark: &Mark, rounds: u32) -> Option<Duration> {
        let micros = mark.at as f64 + self.replay.period as f64 * f64::from(rounds);
        let seconds = micros / 1e6 / self.pace?;
        Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }

    fn body_end(&self) -> usize {
        self.replay.marks.len() - self.replay.tail
    }

    /// Whether a repetition comes next. A recording of nothing but Initiation and Termination has
    /// nothing to repeat.
    fn begins_anew(&self) -> bool {
        let body_end = self.body_end();
        self.next == body_end && self.repeats_left > 0 && self.replay.head < body_end
    }

    /// Whether nothing is left.
    pub(super) fn is_done(&self) -> bool {
        let body = self.replay.marks.len() - self.replay.head - self.replay.tail;
        self.next >= self.replay.marks.len() && (self.repeats_left == 0 || body == 0)
    }

    pub(super) fn octets(&self, span: Range<usize>) -> &[u8] {
        self.replay.bytes.get(span).unwrap_or_default()
    }

    /// The next messages within `limit`, but at least one; an empty span when none is left. At the
    /// recorded pace they are due at one time.
    pub(super) fn take(&mut self, limit: &Limit) -> (Range<usize>, Counts) {
        if self.begins_anew() {
            self.repeats_left -= 1;
            self.rounds += 1;
            self.next = self.replay.head;
        }
        let (all, body_end) = (self.replay.marks.len(), self.body_end());
        let end = if self.next < body_end { body_end } else { all };
        let start = self.replay.start_of(self.next);
        let mut span = start..start;
        let (mut counts, mut at) = (Counts::default(), None);
        for mark in self.replay.marks.get(self.next..end).unwrap_or_default() {
            // What was due at another time stands in a chunk of its own: it is stamped with that.
            if self.pace.is_some() && *at.get_or_insert(mark.at) != mark.at {
                break;
            }
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
/// Where a message has the time of its per-peer header.
const TIME: Range<usize> = 40..48;

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
        let replay = Arc::new(Replay::new(bytes).unwrap());
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

    /// A per-peer message of this time.
    fn at(secs: u32, micros: u32) -> Vec<u8> {
        let mut out = Vec::new();
        bmp::message(&mut out, 0, |out| {
            out.extend_from_slice(&[0; 34]);
            out.extend_from_slice(&secs.to_be_bytes());
            out.extend_from_slice(&micros.to_be_bytes());
        });
        out
    }

    /// When each message of a recording is due, in milliseconds, as a router with all the time of
    /// the world would be told.
    fn due_times(replay: &Arc<Replay>, repeat: u32, pace: f64) -> Vec<u128> {
        let mut player = Player::new(replay.clone(), repeat, Some(pace));
        let mut due = Vec::new();
        while let Some(at) = player.due() {
            due.push(at.as_millis());
            let (_, counts) = player.take(&Limit { messages: 1, ..Limit::NONE });
            assert_eq!(counts.messages, 1);
        }
        assert_eq!(player.take(&Limit::NONE).1.messages, 0);
        due
    }

    #[test]
    fn raw_bmp_keeps_the_gaps_of_its_per_peer_headers() {
        let known = [at(1000, 0), at(1001, 500_000), at(999, 0), at(0, 9), at(1004, 0)].concat();
        let bytes = [recording(&[4]), known, recording(&[5])].concat();
        let replay = Arc::new(Replay::new(bytes).unwrap());
        assert!(replay.is_timed());
        assert_eq!(due_times(&replay, 1, 1.0), [0, 0, 1500, 1500, 1500, 4000, 4000]);
        assert_eq!(due_times(&replay, 1, 2.0), [0, 0, 750, 750, 750, 2000, 2000]);
        assert_eq!(due_times(&replay, 1, 0.5), [0, 0, 3000, 3000, 3000, 8000, 8000]);
        // A repetition begins when the recording has ended.
        let twice = [0, 0, 1500, 1500, 1500, 4000, 4000, 5500, 5500, 5500, 8000, 8000];
        assert_eq!(due_times(&replay, 2, 1.0), twice);
    }

    #[test]
    fn captured_times_rule_and_a_message_came_with_its_last_octet() {
        let bytes = [at(1, 0), at(2, 0), at(3, 0)].concat();
        let came = |end, secs| Came { end, at: Timestamp::new(secs, 0) };
        let times = [came(20, 500), came(48, 501), came(90, 502), came(144, 510)];
        let replay = Arc::new(Replay::new(Recording::new(bytes, times.into())).unwrap());
        assert_eq!(due_times(&replay, 1, 1.0), [0, 9000, 9000]);
    }

    #[test]
    fn recordings_share_the_clock_of_the_earliest() {
        let one = [recording(&[4]), at(1010, 0), at(1011, 0)].concat();
        let two = [at(1000, 250_000), at(1012, 0)].concat();
        let none = recording(&[4, 3, 0]);
        let all = [one, two, none].map(Recording::from);
        let all = Replay::all(&all).unwrap();
        assert_eq!(due_times(&all[0], 1, 1.0), [9750, 9750, 10_750]);
        assert_eq!(due_times(&all[1], 2, 1.0), [0, 11_750, 11_750, 23_500]);
        assert_eq!(due_times(&all[2], 1, 1.0), [0, 0, 0]);
        let timed: Vec<_> = all.iter().map(|replay| replay.is_timed()).collect();
        assert_eq!(timed, [true, true, false]);
    }

    #[test]
    fn messages_of_one_time_are_sent_together_and_no_others() {
        let bytes = [at(10, 0), at(10, 0), at(11, 0), at(19, 0)].concat();
        let mut player = Player::new(Arc::new(Replay::new(bytes).unwrap()), 1, Some(1.0));
        let chunks: Vec<_> = (0..4).map(|_| player.take(&Limit::NONE).1.messages).collect();
        assert_eq!(chunks, [2, 1, 1, 0]);
    }

    #[test]
    fn a_cut_end_is_left_out_and_counted() {
        let mut bytes = recording(&[4, 3]);
        bytes.extend_from_slice(&recording(&[0])[..5]);
        assert_eq!(Replay::new(bytes.as_slice()).unwrap().cut_octets(), 5);
        assert_eq!(played(&bytes, 1, 1, 1).0, [4, 3]);
    }

    #[test]
    fn what_is_not_bmp_is_refused_with_its_place() {
        let mut bytes = recording(&[4]);
        bytes.extend_from_slice(b"GET / HTTP/1.1");
        let err = Replay::new(bytes).unwrap_err();
        assert_eq!(
            err.to_string(),
            "octet 7 does not begin a BMP message: its version is 71, not 3 or 4"
        );
        let err = Replay::new([3, 0, 0, 0, 2, 0].as_slice()).unwrap_err();
        assert!(err.to_string().contains("length is 2"), "{err}");
        let err = Replay::new([].as_slice()).unwrap_err();
        assert_eq!(err.to_string(), "the recording holds no whole BMP message");
    }
}
