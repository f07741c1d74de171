//! A descriptor that takes octets once and for all (file, pipe, terminal), with a bounded backlog
//! in front of it, so that a full disk or a stuck reader loses nothing and tears no record.

use std::io::{self, ErrorKind, IoSlice, Write};
use std::ops::Range;
use std::time::{Duration, Instant};

use super::Notice;
use super::backlog::Backlog;
use super::backoff::{Backoff, millis};
use super::notices::Notices;
use crate::engine::port::Progress;
use crate::output::frames::{Frames, Run};

/// Octets that wait in memory when the descriptor takes none; one frame is always taken.
pub(super) const BUFFER_MAX: usize = 1024 * 1024;
/// Octets below which small writes wait for more, or for the next poll.
const COALESCE: usize = 64 * 1024;

/// How long octets wait for more, where more at once is worth it.
const LINGER: Duration = Duration::from_millis(10);

const RETRY_MIN: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(5);

/// What an appender writes to.
pub(super) trait Target: Write {
    /// Where writes of a stream that flows should end. `None`: anywhere.
    fn grid(&self) -> Option<Grid> {
        None
    }
}

/// Places that suit a target: multiples of `step`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    /// Where the next octet goes.
    pub(super) position: u64,
    /// A multiple of `align`.
    pub(super) step: usize,
    /// The octet at a multiple of this should also lie at such an address. A power of two.
    pub(super) align: usize,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Appender<W> {
    /// The descriptor.
    pub(super) out: W,
    target: String,
    backlog: Backlog,
    backoff: Backoff,
    failing: bool,
    /// EPIPE means that nobody will ever read again.
    reader_can_go: bool,
    gone: bool,
    written: u64,
    dropped: u64,
    /// When octets that wait were first asked about, of a target with an alignment.
    waiting_since: Option<Instant>,
}

impl<W: Target> Appender<W> {
    /// Writes to `out`, which notices call `target`.
    pub(super) fn new(out: W, target: String) -> Self {
        Self {
            out,
            target,
            backlog: Backlog::default(),
            backoff: Backoff::new(RETRY_MIN, RETRY_MAX),
            failing: false,
            reader_can_go: false,
            gone: false,
            written: 0,
            dropped: 0,
            waiting_since: None,
        }
    }

    /// Takes a broken pipe for the end: everything after it is dropped and counted.
    pub(super) fn until_reader_goes(mut self) -> Self {
        self.reader_can_go = true;
        self
    }

    /// Takes frames of `range` while at most `limit` octets wait; returns how many it took.
    pub(super) fn write(
        &mut self,
        frames: &Frames,
        range: Range<usize>,
        limit: usize,
        now: Instant,
        notices: &mut Notices,
    ) -> usize {
        let (mut next, written) = (range.start, self.written);
        let offered = octets(frames, range.clone()).len();
        let enough = self.backlog.left() + offered >= COALESCE;
        if enough && self.backoff.ready(now) && !self.gone {
            next += self.write_through(frames, range.clone(), now, notices);
        }
        while next < range.end {
            let frame = frames.octets(next);
            if self.gone {
                self.dropped += u64::from(!frame.is_empty());
            } else if self.backlog.fits(frame.len(), limit) {
                self.backlog.push(frame);
            } else {
                break;
            }
            next += 1;
        }
        if self.written > written {
            self.waiting_since = None;
        }
        next - range.start
    }

    /// Whether what waits may wait for more. Its target would rather have more at once, and it has
    /// not waited for long.
    pub(super) fn lingers(&mut self, now: Instant) -> bool {
        let since = *self.waiting_since.get_or_insert(now);
        let may = self.out.grid().is_some_and(|grid| grid.align > 1);
        may && now.saturating_duration_since(since) < LINGER
    }

    /// Hands over as much of the backlog as is taken now.
    pub(super) fn flush(&mut self, now: Instant, notices: &mut Notices) -> Progress {
        let before = self.written;
        while !self.backlog.all_sent() && self.backoff.ready(now) {
            let len = self.backlog.left();
            let (n, result) = write_some(&mut self.out, &mut parts(&self.backlog, &[], len));
            self.backlog.advance(n);
            self.backlog.ack(self.backlog.sent());
            self.settle(n, result, now, notices);
            if n < len {
                break;
            }
        }
        self.backlog.trim(0);
        self.waiting_since = None;
        match () {
            () if self.written > before => Progress::Moved,
            () if self.backlog.held() > 0 => Progress::Waiting,
            () => Progress::Idle,
        }
    }

    /// How the next frames should come.
    pub(super) fn run(&self) -> Run {
        let Some(Grid { position, step, align }) = self.out.grid() else { return Run::default() };
        let lead = self.backlog.left();
        let at = position + lead as u64;
        let rest = step - (at % step as u64) as usize;
        let is_short = rest < COALESCE || align > 1 && lead + rest < step / 2;
        let budget = if is_short { rest + step } else { rest };
        let phase = (at % align as u64) as usize;
        Run { budget, phase, align, ..Run::default() }
    }

    /// Of `total` octets, those to write now: a few beyond the last place that suits the target
    /// wait for those that follow. A target with an alignment would rather have more at once, from
    /// the first place on that is aligned.
    fn suitable(&self, total: usize) -> usize {
        let Some(Grid { position, step, align }) = self.out.grid() else { return total };
        let beyond = |multiple: usize| ((position + total as u64) % multiple as u64) as usize;
        let wanted = match () {
            () if beyond(step) < COALESCE.min(total) => total - beyond(step),
            () => total.saturating_sub(beyond(align)),
        };
        let before = (position.next_multiple_of(align as u64) - position) as usize;
        if align > 1 && wanted < before + step / 2 { 0 } else { wanted }
    }

    /// Writes the backlog and then frames straight from where they were rendered. What is left of a
    /// frame that was cut goes to the backlog. Returns how many frames that settles.
    fn write_through(
        &mut self,
        frames: &Frames,
        range: Range<usize>,
        now: Instant,
        notices: &mut Notices,
    ) -> usize {
        let (waiting, offered) = (self.backlog.left(), octets(frames, range.clone()));
        let wanted = self.suitable(waiting + offered.len());
        let mut parts = parts(&self.backlog, offered, wanted);
        let (n, result) = write_some(&mut self.out, &mut parts);
        let waited = n.min(waiting);
        self.backlog.advance(waited);
        self.backlog.ack(self.backlog.sent());
        self.backlog.trim(0);
        let reached = frames.start(range.start) + n - waited;
        let mut next = range.start;
        while next < range.end && frames.frame(next).end <= reached {
            next += 1;
        }
        if next < range.end && frames.start(next) < reached {
            self.backlog.push(frames.octets(next));
            self.backlog.advance(reached - frames.start(next));
            next += 1;
        }
        self.settle(n, result, now, notices);
        next - range.start
    }

    /// Draws the conclusions from a write.
    fn settle(&mut self, n: usize, result: io::Result<()>, now: Instant, notices: &mut Notices) {
        self.written += n as u64;
        if n > 0 && self.failing {
            self.recover(notices);
        }
        match result {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::WouldBlock => {}
            Err(e) if e.kind() == ErrorKind::BrokenPipe && self.reader_can_go => {
                self.gone = true;
                self.dropped += self.backlog.discard();
                notices.push(Notice::ReaderGone);
            }
            Err(e) => self.fail(&e, now, notices),
        }
    }

    /// Notes a failure: one notice for each outage.
    pub(super) fn fail(&mut self, error: &io::Error, now: Instant, notices: &mut Notices) {
        let retry_ms = millis(self.backoff.fail(now));
        if !std::mem::replace(&mut self.failing, true) {
            let (target, error) = (self.target.clone(), error.to_string());
            notices.push(Notice::WriteFailed { target, error, retry_ms });
        }
    }

    /// Makes ready for another descriptor under the same name: the octets of a cut frame are given
    /// again as a whole, and the first attempt need not wait.
    pub(super) fn restart(&mut self) {
        self.backlog.rewind(false);
        self.backoff.reset();
    }

    /// Takes one record, however many octets wait.
    pub(super) fn push(&mut self, octets: &[u8]) {
        self.backlog.push(octets);
    }

    /// Whether an attempt may be made, or the last failure is too recent.
    pub(super) fn is_ready(&self, now: Instant) -> bool {
        self.backoff.ready(now)
    }

    /// Something went well that is no write.
    pub(super) fn recover(&mut self, notices: &mut Notices) {
        self.backoff.reset();
        if std::mem::take(&mut self.failing) {
            notices.push(Notice::Recovered { target: self.target.clone() });
        }
    }

    /// What stood in the way is gone: the next attempt need not wait.
    pub(super) fn retry_now(&mut self) {
        self.backoff.reset();
    }

    /// Names the target anew.
    pub(super) fn rename(&mut self, target: String) {
        self.target = target;
    }

    /// Returns memory that the backlog keeps for more.
    pub(super) fn shrink(&mut self) {
        self.backlog.shrink();
    }

    /// Whether the last write failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failing
    }

    /// Whether a record was cut: its beginning is written, its end waits.
    pub(super) fn is_inside_record(&self) -> bool {
        self.backlog.inside_frame()
    }

    /// Octets in memory.
    pub(super) fn held(&self) -> usize {
        self.backlog.held()
    }

    /// Records in memory.
    pub(super) fn pending(&self) -> u64 {
        self.backlog.pending()
    }

    /// Octets written.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Records given up.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// The octets of a range of frames.
fn octets(frames: &Frames, range: Range<usize>) -> &[u8] {
    match range.end.checked_sub(1) {
        Some(last) if last >= range.start => {
            &frames.bytes[frames.start(range.start)..frames.frame(last).end]
        }
        _ => &[],
    }
}

/// What waits and what follows it, `wanted` octets in all.
fn parts<'a>(waiting: &'a Backlog, offered: &'a [u8], wanted: usize) -> Vec<IoSlice<'a>> {
    let mut left = wanted;
    let mut parts = Vec::new();
    for part in waiting.pieces().chain([offered]) {
        let part = &part[..part.len().min(left)];
        left -= part.len();
        parts.push(IoSlice::new(part));
    }
    parts
}

/// Writes until all is taken or `out` refuses; returns how much was taken and why it stopped.
fn write_some(out: &mut impl Write, mut parts: &mut [IoSlice<'_>]) -> (usize, io::Result<()>) {
    let mut n = 0;
    IoSlice::advance_slices(&mut parts, 0); // lets go of empty ones
    while !parts.is_empty() {
        match out.write_vectored(parts) {
            Ok(0) => return (n, Err(ErrorKind::WriteZero.into())),
            Ok(taken) => {
                n += taken;
                IoSlice::advance_slices(&mut parts, taken);
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return (n, Err(e)),
        }
    }
    (n, Ok(()))
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::output::transport::testing::{drain, frames_of};

    /// Takes what its script says, then everything.
    #[derive(Default)]
    struct Scripted {
        got: Vec<u8>,
        calls: usize,
        script: VecDeque<Result<usize, ErrorKind>>,
    }

    impl Write for Scripted {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.calls += 1;
            let n = self.script.pop_front().unwrap_or(Ok(usize::MAX))?.min(octets.len());
            self.got.extend_from_slice(&octets[..n]);
            Ok(n)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Target for Scripted {}

    fn appender(script: &[Result<usize, ErrorKind>]) -> Appender<Scripted> {
        let out = Scripted { script: script.iter().copied().collect(), ..Scripted::default() };
        Appender::new(out, "x".into())
    }

    #[test]
    fn small_writes_wait_for_company_and_large_ones_go_out_as_one() {
        let (mut a, mut notices, now) = (appender(&[]), Notices::default(), Instant::now());
        let small = frames_of(&[b"one\n", b"two\n"]);
        assert_eq!(a.write(&small, 0..2, BUFFER_MAX, now, &mut notices), 2);
        assert_eq!((a.out.calls, a.pending()), (0, 2));
        assert_eq!(a.flush(now, &mut notices), Progress::Moved);
        assert_eq!((a.out.calls, a.pending()), (1, 0));
        let large = frames_of(&[&[b'a'; 50_000], &[b'b'; 50_000]]);
        assert_eq!(a.write(&large, 0..2, BUFFER_MAX, now, &mut notices), 2);
        assert_eq!((a.out.calls, a.held(), a.written()), (2, 0, 100_008));
        assert_eq!(a.flush(now, &mut notices), Progress::Idle);
    }

    #[test]
    fn a_short_write_goes_on_exactly_where_it_stopped() {
        let mut a = appender(&[Ok(60_000), Err(ErrorKind::StorageFull)]);
        let (mut notices, now) = (Notices::default(), Instant::now());
        let frames = frames_of(&[&[b'a'; 50_000], &[b'b'; 50_000], b"c"]);
        assert_eq!(a.write(&frames, 0..3, 50_000, now, &mut notices), 2, "the cut frame is kept");
        assert_eq!(a.pending(), 1);
        assert!(matches!(notices.pop(), Some(Notice::WriteFailed { .. })));
        assert_eq!(a.flush(now, &mut notices), Progress::Waiting, "not before the delay");
        let later = now + RETRY_MAX;
        assert_eq!(a.flush(later, &mut notices), Progress::Moved);
        assert_eq!(notices.pop(), Some(Notice::Recovered { target: "x".into() }));
        assert_eq!(a.write(&frames, 2..3, 50_000, later, &mut notices), 1);
        a.flush(later, &mut notices);
        assert_eq!(a.out.got, frames.bytes);
    }

    #[test]
    fn an_outage_is_told_once_and_memory_stays_bounded() {
        let mut a = appender(&[Err(ErrorKind::StorageFull); 40]);
        let (mut notices, mut now) = (Notices::default(), Instant::now());
        let frames = frames_of(&[&[b'a'; 100_000][..]; 20]);
        let taken = a.write(&frames, 0..20, BUFFER_MAX, now, &mut notices);
        assert_eq!(taken, BUFFER_MAX / 100_000);
        for _ in 0..5 {
            now += RETRY_MAX;
            assert_eq!(a.write(&frames, taken..20, BUFFER_MAX, now, &mut notices), 0);
        }
        assert!(a.held() <= BUFFER_MAX && a.pending() == taken as u64);
        assert_eq!(drain(&mut notices).len(), 1);
        let tiny = &mut appender(&[Err(ErrorKind::StorageFull)]);
        assert_eq!(tiny.write(&frames, 0..20, 10, now, &mut notices), 1, "one always fits");
    }

    #[test]
    fn a_stuck_reader_is_no_failure_but_one_that_left_is_the_end() {
        let script = [Ok(70_000), Err(ErrorKind::WouldBlock), Err(ErrorKind::BrokenPipe)];
        let mut a = appender(&script).until_reader_goes();
        let (mut notices, now) = (Notices::default(), Instant::now());
        let frames = frames_of(&[&[b'a'; 50_000][..]; 3]);
        assert_eq!(a.write(&frames, 0..3, BUFFER_MAX, now, &mut notices), 3);
        assert_eq!(a.pending(), 2);
        assert!(notices.pop().is_none());
        a.flush(now, &mut notices);
        assert_eq!(drain(&mut notices), [Notice::ReaderGone]);
        assert_eq!((a.pending(), a.dropped()), (0, 2));
        assert_eq!(a.write(&frames, 0..3, BUFFER_MAX, now, &mut notices), 3);
        assert_eq!((a.dropped(), drain(&mut notices).len()), (5, 0));
    }
}
