//! Frames that were taken and may still be needed: their octets and where each ends.
//!
//! ```text
//!        base          acked          sent            end      (octets since the start)
//!         ├── retained ──┼── in flight ──┼── unsent ───┤
//!         frame │ frame │ frame │ frame │ frame │ frame │
//! ```
//! `base <= acked <= sent <= end`; `base` is always the start of a frame, so that a receiver that
//! comes back can be given whole frames again. What the frames before `base` said that still stands
//! is kept apart, so that such a receiver can be told that first.

use std::collections::VecDeque;

use super::blocks::Blocks;
use super::standing::Facts;
use crate::output::frames::Standing;
use crate::record::SessionId;

/// Octets of unused memory that are not worth returning.
const SPARE_MAX: usize = 16 * 1024;

/// See the module. Only frames with octets are kept: each counts as one record.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    bytes: Blocks,
    /// Where each kept frame ends.
    ends: VecDeque<u64>,
    base: u64,
    acked: u64,
    /// Frames at the front of `ends` that end at or before `acked`.
    acked_frames: usize,
    sent: u64,
    /// Kept frames that say something that stands, in order.
    marks: VecDeque<Mark>,
    /// What stands at `base`.
    pub(super) facts: Facts,
}

/// A frame that says something that stands.
#[derive(Debug, Clone, Copy)]
struct Mark {
    start: u64,
    end: u64,
    session: SessionId,
    standing: Standing,
}

impl Backlog {
    /// Appends one frame.
    pub(super) fn push(&mut self, octets: &[u8]) {
        if !octets.is_empty() {
            self.bytes.push(octets);
            self.ends.push_back(self.end());
        }
    }

    /// Appends one frame behind its `head`; it may say something that stands. One after which
    /// something stands no more may have no octets.
    pub(super) fn push_standing(
        &mut self,
        head: &[u8],
        octets: &[u8],
        session: SessionId,
        standing: Standing,
    ) {
        let start = self.end();
        self.bytes.push(head);
        self.push(octets);
        let tells = match standing {
            Standing::None => false,
            Standing::Clear { .. } | Standing::End => self.remembers(session),
            _ => !octets.is_empty(),
        };
        if tells {
            self.marks.push_back(Mark { start, end: self.end(), session, standing });
            self.settle(self.base);
        }
    }

    /// Whether there is something to forget when a session ends.
    fn remembers(&self, session: SessionId) -> bool {
        self.facts.knows(session) || self.marks.iter().any(|mark| mark.session == session)
    }

    /// Octets of frames that are not acknowledged as a whole.
    pub(super) fn owed(&self) -> usize {
        (self.end() - self.acked_boundary()) as usize
    }

    /// Whether a frame of `len` octets may be taken when `limit` octets may be owed; one always
    /// may.
    pub(super) fn fits(&self, len: usize, limit: usize) -> bool {
        let owed = self.owed();
        owed == 0 || owed + len <= limit
    }

    /// Frames not acknowledged as a whole.
    pub(super) fn pending(&self) -> u64 {
        (self.ends.len() - self.acked_frames) as u64
    }

    /// Octets in memory.
    pub(super) fn held(&self) -> usize {
        self.bytes.len()
    }

    /// Octets not handed out.
    pub(super) fn left(&self) -> usize {
        (self.end() - self.sent) as usize
    }

    /// Octets handed out, in all; after a rewind those handed out again count once.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// Whether everything was handed out.
    pub(super) fn all_sent(&self) -> bool {
        self.sent == self.end()
    }

    /// Whether the next octet to hand out is inside a frame.
    pub(super) fn inside_frame(&self) -> bool {
        self.sent != self.base && self.ends.binary_search(&self.sent).is_err()
    }

    /// All octets to hand out, piece by piece.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.pieces((self.sent - self.base) as usize)
    }

    /// `n` more octets were handed out.
    pub(super) fn advance(&mut self, n: usize) {
        self.sent = (self.sent + n as u64).min(self.end());
    }

    /// Everything before `position` has arrived; returns how many frames that settles.
    pub(super) fn ack(&mut self, position: u64) -> u64 {
        self.acked = position.min(self.sent).max(self.acked);
        let before = self.acked_frames;
        while self.ends.get(self.acked_frames).is_some_and(|end| *end <= self.acked) {
            self.acked_frames += 1;
        }
        (self.acked_frames - before) as u64
    }

    /// Forgets the oldest acknowledged frames until at most `limit` octets of such are retained.
    pub(super) fn trim(&mut self, limit: usize) {
        if self.acked_frames == self.ends.len() && limit == 0 {
            self.settle(self.end());
            self.base = self.end();
            self.bytes.drop_front(self.bytes.len());
            self.ends.clear();
            self.acked_frames = 0;
            return;
        }
        let surplus = (self.acked_boundary() - self.base).saturating_sub(limit as u64);
        let mut frames = 0;
        let mut base = self.base;
        while frames < self.acked_frames && base - self.base < surplus {
            base = self.ends[frames];
            frames += 1;
        }
        self.settle(base);
        self.bytes.drop_front((base - self.base) as usize);
        self.ends.drain(..frames);
        self.acked_frames -= frames;
        self.base = base;
    }

    /// Remembers what the frames before the next `base` say that stands.
    fn settle(&mut self, base: u64) {
        while let Some(mark) = self.marks.pop_front_if(|mark| mark.end <= base) {
            let octets = (mark.start - self.base) as usize..(mark.end - self.base) as usize;
            self.facts.apply(mark.session, mark.standing, self.bytes.range(octets));
        }
    }

    /// Starts handing out again: from the first frame that is not acknowledged, or with `retained`
    /// from the oldest frame held. Returns how many frames will be handed out a second time.
    pub(super) fn rewind(&mut self, retained: bool) -> u64 {
        let from = if retained { self.base } else { self.acked_boundary() };
        if retained {
            self.acked_frames = 0;
        }
        let sent = self.sent;
        let whole = self.ends.range(self.acked_frames..).take_while(|end| **end <= sent).count();
        let cut = self.inside_frame();
        self.acked = from;
        self.sent = from;
        whole as u64 + u64::from(cut)
    }

    /// Gives everything up; returns how many frames had not been acknowledged.
    pub(super) fn discard(&mut self) -> u64 {
        let lost = self.pending();
        self.sent = self.end();
        self.ack(self.sent);
        self.trim(0);
        lost
    }

    /// Returns memory of a backlog that has become much smaller.
    pub(super) fn shrink(&mut self) {
        if self.bytes.capacity() > SPARE_MAX.max(4 * self.bytes.len()) {
            self.bytes.shrink();
            self.ends.shrink_to(2 * self.ends.len());
            self.marks.shrink_to(2 * self.marks.len());
        }
    }

    fn end(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    fn acked_boundary(&self) -> u64 {
        self.acked_frames
            .checked_sub(1)
            .and_then(|i| self.ends.get(i))
            .copied()
            .unwrap_or(self.base)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn filled(frames: &[&[u8]]) -> Backlog {
        let mut backlog = Backlog::default();
        frames.iter().for_each(|f| backlog.push(f));
        backlog
    }

    fn send(backlog: &mut Backlog, n: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while out.len() < n && !backlog.all_sent() {
            let part = backlog.pieces().next().unwrap();
            let part = part[..part.len().min(n - out.len())].to_vec();
            backlog.advance(part.len());
            out.extend(part);
        }
        out
    }

    #[test]
    fn a_loss_inside_a_frame_resumes_at_its_start() {
        let mut b = filled(&[b"aaa", b"bbb", b"ccc"]);
        assert_eq!(send(&mut b, 8), b"aaabbbcc");
        assert_eq!(b.ack(4), 1);
        assert_eq!((b.pending(), b.owed(), b.inside_frame()), (2, 6, true));
        assert_eq!(b.rewind(false), 2, "one frame whole, one in part");
        assert_eq!(send(&mut b, 99), b"bbbccc");
    }

    #[test]
    fn acknowledged_frames_are_kept_as_far_as_they_fit_and_can_be_resent() {
        let mut b = filled(&[b"aaa", b"bbb", b"ccc"]);
        send(&mut b, 9);
        b.ack(9);
        b.trim(7);
        assert_eq!((b.held(), b.pending(), b.owed()), (6, 0, 0));
        assert_eq!(b.rewind(true), 2);
        assert_eq!(b.pending(), 2);
        assert_eq!(send(&mut b, 99), b"bbbccc");
    }

    #[test]
    fn nothing_unacknowledged_is_ever_trimmed() {
        let mut b = filled(&[b"aaa", b"bbb"]);
        send(&mut b, 6);
        b.ack(5);
        b.trim(0);
        assert_eq!((b.held(), b.pending()), (3, 1));
        assert!(b.fits(4, 7) && !b.fits(5, 7));
        b.ack(6);
        b.trim(0);
        assert_eq!((b.held(), b.pending()), (0, 0));
        assert!(b.fits(1000, 7), "one frame always fits");
    }

    #[test]
    fn what_stands_is_always_that_of_the_oldest_frame_held() {
        let set = |key| Standing::Set { key, part: 0 };
        // Each frame, what it says, and what stands before it.
        let frames = [
            ("hello.", Standing::Opening, ""),
            ("a up.", set(1), "hello."),
            ("route.", Standing::None, "hello.a up."),
            ("b up.", set(2), "hello.a up."),
            ("a down.", Standing::Clear { key: 1 }, "hello.a up.b up."),
            ("end.", Standing::None, "hello.b up."),
        ];
        let starts: Vec<u64> = (0..frames.len())
            .map(|n| frames[..n].iter().map(|(text, ..)| text.len() as u64).sum())
            .collect();
        for retained in [0, 5, 12, 1000] {
            let mut b = Backlog::default();
            b.facts.limit = 10_000;
            for (text, says, _) in frames {
                b.push_standing(b"", text.as_bytes(), SessionId(1), says);
            }
            send(&mut b, usize::MAX);
            for (acked, start) in starts.iter().enumerate() {
                b.ack(start + 1);
                b.trim(retained);
                let oldest = starts.iter().position(|start| *start == b.base).unwrap_or(99);
                assert!(oldest <= acked && (retained > 0 || oldest == acked), "{oldest} {acked}");
                assert_eq!(b.facts.all(), frames[oldest].2.as_bytes());
            }
            b.ack(b.sent());
            b.trim(0);
            assert_eq!((b.facts.all(), b.marks.len()), (b"hello.b up.".to_vec(), 0));
        }
    }

    #[test]
    fn a_session_that_ends_without_a_word_stands_no_more() {
        let [one, two] = [SessionId(1), SessionId(2)];
        let mut b = Backlog::default();
        b.facts.limit = 10_000;
        let say = |b: &mut Backlog, text: &str, session, standing| {
            b.push_standing(b"", text.as_bytes(), session, standing);
        };
        say(&mut b, "one.", one, Standing::Opening);
        say(&mut b, "two.", two, Standing::Opening);
        say(&mut b, "", one, Standing::End);
        say(&mut b, "", SessionId(3), Standing::End);
        assert_eq!(b.marks.len(), 3, "nobody has heard of the third");
        send(&mut b, usize::MAX);
        b.ack(8);
        b.trim(4);
        assert_eq!(b.facts.all(), b"one.");
        b.trim(0);
        assert_eq!(b.facts.all(), b"two.");
        say(&mut b, "", two, Standing::End);
        assert_eq!((b.facts.all(), b.marks.len()), (Vec::new(), 0), "at once: nothing is held");
    }

    #[test]
    fn what_is_said_of_a_key_may_end_without_a_word() {
        let (mut b, session) = (Backlog::default(), SessionId(1));
        b.facts.limit = 10_000;
        let set = |key| Standing::Set { key, part: 0 };
        b.push_standing(b"", b"one.", session, set(1));
        b.push_standing(b"", b"two.", session, set(2));
        b.push_standing(b"", b"", session, Standing::Clear { key: 1 });
        b.push_standing(b"", b"", SessionId(2), Standing::Clear { key: 1 });
        assert_eq!((b.marks.len(), b.pending()), (3, 2), "nobody has heard of the other session");
        send(&mut b, usize::MAX);
        b.ack(8);
        b.trim(4);
        assert_eq!(b.facts.all(), b"one.");
        b.trim(0);
        assert_eq!(b.facts.all(), b"two.");
    }

    #[test]
    fn frames_that_come_and_go_are_handed_out_in_order() {
        let mut b = Backlog::default();
        let (mut expected, mut got) = (Vec::new(), Vec::new());
        for round in 0..500_u32 {
            let frame = vec![round as u8; 1 + round as usize % 37];
            expected.extend_from_slice(&frame);
            b.push(&frame);
            got.extend(send(&mut b, 13));
            b.ack(b.sent());
            b.trim(0);
        }
        got.extend(send(&mut b, usize::MAX));
        assert_eq!(got, expected);
    }

    #[test]
    fn frames_may_lie_across_blocks() {
        let frames: Vec<Vec<u8>> = (0..40_u8).map(|n| vec![n; 7_000 * n as usize + 1]).collect();
        let mut b = Backlog::default();
        b.facts.limit = usize::MAX;
        for (key, frame) in (0..).zip(&frames) {
            let session = SessionId(key / 10); // none with more than its share
            b.push_standing(b"", frame, session, Standing::Set { key, part: 0 });
        }
        let (octets, cut) = (frames.concat(), frames.concat().len() - 400_000);
        assert!(send(&mut b, cut) == octets[..cut] && b.inside_frame());
        b.ack(cut as u64);
        b.trim(300_000);
        let begins = b.base as usize;
        assert!(b.facts.all() == octets[..begins], "each frame that was let go of");
        b.rewind(true);
        assert!(send(&mut b, usize::MAX) == octets[begins..]);
        b.ack(b.sent());
        b.trim(0);
        assert!(b.facts.all() == octets);
    }
}
