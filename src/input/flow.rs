//! One direction of one TCP connection: its octets in order, and whether they are BMP.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use super::emitter::Emitter;
use super::packet::Segment;
use super::probe::{self, HEADER_BYTES, Verdict};
use super::{InputEvent, StreamEnd};
use crate::wire::Timestamp;

/// What a buffered segment is charged beyond its octets: many tiny ones are not free.
const SEGMENT_COST: usize = 96;

/// Segments that are held while it is open whether they are BMP.
const HELD_SEGMENTS_MAX: usize = 4096;

/// Times that the search starts over with what is buffered: bounds the work that a hostile capture
/// can ask for.
const RESTARTS_MAX: u32 = 8;

/// How far from what is expected, in octets, the sequence number of a believable reset lies.
const RESET_WINDOW: u32 = 1 << 24;

enum State {
    /// Octets that may be BMP, not judged yet. `anchored` when the first octet of the connection is
    /// known (a SYN was seen); otherwise each segment is tried as the start of a message.
    Search { anchored: bool, held: Held },
    /// BMP.
    Open { stream: usize },
    /// Known from its start, and something else.
    Foreign,
    /// Nothing more is delivered.
    Ended,
}

/// Contiguous octets with the places and times at which their segments begin.
#[derive(Default)]
struct Held {
    octets: Vec<u8>,
    /// Octets before the first segment in `segments`: found not to begin a message.
    head: usize,
    segments: VecDeque<(usize, Option<Timestamp>)>,
}

impl Held {
    fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    fn octets(&self) -> &[u8] {
        &self.octets[self.head..]
    }

    fn push(&mut self, octets: &[u8], at: Option<Timestamp>) {
        self.octets.extend_from_slice(octets);
        self.segments.push_back((octets.len(), at));
    }

    fn drop_first(&mut self) -> usize {
        let len = self.segments.pop_front().map_or(0, |(len, _)| len);
        self.head += len;
        len
    }
}

/// A direction. Offsets count octets from where it was first seen.
pub(super) struct Flow {
    router: SocketAddr,
    state: State,
    /// From the SYN.
    initial: Option<u32>,
    /// The first octet's sequence number, once known.
    start: Option<u32>,
    next_seq: u32,
    next: u64,
    /// The end of the farthest segment, captured or not: more than `next` when octets are missing.
    seen: u64,
    fin: Option<u64>,
    /// Segments beyond a gap, by offset.
    pending: BTreeMap<u64, Vec<u8>>,
    /// What `pending` and the held octets are charged.
    charged: usize,
    /// Octets passed over in the search for the first message.
    skipped: u64,
    restarts: u32,
    /// The octet after the SYN may have the SYN's own number (see `settle_start`).
    unsettled: bool,
    /// The same SYN was seen again after data.
    syn_again: bool,
    at: Option<Timestamp>,
    /// Where it stands in the order of eviction.
    pub(super) rank: (bool, u64),
}

impl Flow {
    pub(super) fn new(router: SocketAddr) -> Self {
        Self {
            router,
            state: State::Search { anchored: false, held: Held::default() },
            initial: None,
            start: None,
            next_seq: 0,
            next: 0,
            seen: 0,
            fin: None,
            pending: BTreeMap::new(),
            charged: 0,
            skipped: 0,
            restarts: 0,
            unsettled: false,
            syn_again: false,
            at: None,
            rank: (false, 0),
        }
    }

    /// The number of its stream while that is open.
    pub(super) fn stream(&self) -> Option<usize> {
        match self.state {
            State::Open { stream } => Some(stream),
            _ => None,
        }
    }

    /// Whether it holds octets that were not delivered.
    pub(super) fn holds_octets(&self) -> bool {
        self.charged > 0
    }

    /// Takes the next segment of this direction in the order of capture.
    pub(super) fn segment(
        &mut self,
        s: &Segment<'_>,
        at: Option<Timestamp>,
        out: &mut Emitter<'_>,
    ) {
        self.at = at;
        let mut seq = s.seq;
        if s.syn {
            if self.is_repeated_syn(s) {
                out.summary.repeated_octets += s.payload.len() as u64;
                self.syn_again |= self.next > 0 && s.payload.is_empty();
                return;
            }
            self.restart(s.seq, StreamEnd::NewConnection, out);
            seq = seq.wrapping_add(1);
        } else if self.syn_again && !s.payload.is_empty() {
            self.syn_again = false;
            if self.initial.is_some_and(|initial| seq == initial.wrapping_add(1)) {
                // Data from the very start: a new connection whose SYN has the number of the old
                // one.
                self.restart(seq.wrapping_sub(1), StreamEnd::NewConnection, out);
            }
        }
        match self.state {
            State::Foreign => return,
            State::Ended => {
                out.summary.octets_after_end += s.payload.len() as u64;
                return;
            }
            State::Search { .. } | State::Open { .. } => {}
        }
        if s.wire_len > 0 {
            self.settle_start(seq, s.payload);
            self.start_anywhere(seq);
        }
        let offset = self.offset_of(seq);
        let end = offset.saturating_add(s.wire_len as i64).max(0).cast_unsigned();
        if s.wire_len > 0 {
            self.seen = self.seen.max(end);
            self.place(offset, s.payload, out);
        }
        if s.fin && self.start.is_some() {
            self.seen = self.seen.max(end);
            self.fin = Some(end);
        }
        if s.rst && self.is_reset_near(s.seq) {
            self.finish(StreamEnd::Reset, out);
        } else if self.fin.is_some_and(|fin| fin <= self.next) {
            self.finish(StreamEnd::Fin, out);
        }
    }

    /// Whether a reset with this number of its sender, which is this side, belongs to the
    /// connection.
    pub(super) fn is_reset_near(&self, seq: u32) -> bool {
        let distance = seq.wrapping_sub(self.next_seq);
        self.start.is_none() || !(RESET_WINDOW..=RESET_WINDOW.wrapping_neg()).contains(&distance)
    }

    /// Ends the direction: delivers what can be, and closes its stream.
    pub(super) fn finish(&mut self, end: StreamEnd, out: &mut Emitter<'_>) {
        // Beyond a gap that will not be filled there may still be the start of a stream.
        while !self.pending.is_empty() && self.stream().is_none() {
            if !self.search_on(out) {
                break;
            }
        }
        if let State::Search { held, .. } = &self.state
            && probe::is_plausible(held.octets(), out.limits.message_max)
        {
            self.open(out);
        }
        let missing = !self.pending.is_empty() || self.seen > self.next;
        self.close(if missing { StreamEnd::Gap } else { end }, out);
    }

    /// Whether this SYN is one that was seen before, rather than a new connection's.
    fn is_repeated_syn(&mut self, s: &Segment<'_>) -> bool {
        if matches!(self.state, State::Ended | State::Foreign) {
            return false;
        }
        match (self.initial, self.start) {
            (Some(initial), _) if initial == s.seq => {
                s.payload.is_empty() || self.next <= s.payload.len() as u64
            }
            // Recorded after the data that followed it.
            (None, Some(start)) if start == s.seq.wrapping_add(1) && s.payload.is_empty() => {
                self.initial = Some(s.seq);
                true
            }
            _ => false,
        }
    }

    fn restart(&mut self, initial: u32, end: StreamEnd, out: &mut Emitter<'_>) {
        self.finish(end, out);
        let start = initial.wrapping_add(1);
        *self = Self {
            state: State::Search { anchored: true, held: Held::default() },
            initial: Some(initial),
            start: Some(start),
            next_seq: start,
            unsettled: true,
            at: self.at,
            rank: self.rank,
            ..Self::new(self.router)
        };
    }

    /// Some generators of captures do not count the SYN: the data after it then begins one number
    /// early. One octet there would be a keep-alive (RFC 9293 §3.8.4).
    fn settle_start(&mut self, seq: u32, payload: &[u8]) {
        if !self.unsettled {
            return;
        }
        match seq.wrapping_sub(self.next_seq) {
            u32::MAX if payload.len() > 1 => {
                self.next_seq = seq;
                self.seen += u64::from(self.seen > self.next);
                self.fin = self.fin.map(|fin| fin + 1);
                let pending = std::mem::take(&mut self.pending);
                self.pending = pending.into_iter().map(|(at, octets)| (at + 1, octets)).collect();
                self.unsettled = false;
            }
            // The first octets come right after the SYN in any case; those after them tell.
            0 => self.unsettled = self.next == 0,
            _ => {}
        }
    }

    /// Without a known start and with nothing held, the next segment begins wherever it likes.
    fn start_anywhere(&mut self, seq: u32) {
        if !self.is_free() {
            return;
        }
        if self.start.is_none() {
            (self.start, self.next_seq) = (Some(seq), seq);
            return;
        }
        let ahead = seq.wrapping_sub(self.next_seq).cast_signed();
        if ahead > 0 {
            self.jump(self.next + u64::from(ahead.unsigned_abs()));
        } else if ahead < 0 && ahead.unsigned_abs() > RESET_WINDOW {
            // Too old for a retransmission.
            self.next_seq = seq;
        }
    }

    fn jump(&mut self, offset: u64) {
        let step = offset.saturating_sub(self.next);
        self.next += step;
        self.next_seq = self.next_seq.wrapping_add(step as u32);
    }

    fn offset_of(&self, seq: u32) -> i64 {
        let ahead = seq.wrapping_sub(self.next_seq).cast_signed();
        self.next.cast_signed().saturating_add(ahead.into())
    }

    /// Delivers octets that begin at `offset`, or keeps them until those before have come.
    fn place(&mut self, offset: i64, octets: &[u8], out: &mut Emitter<'_>) {
        let next = self.next.cast_signed();
        if offset > next {
            out.summary.out_of_order += 1;
            self.keep(offset.cast_unsigned(), octets, out);
            return;
        }
        let old = usize::try_from(next - offset).unwrap_or(usize::MAX).min(octets.len());
        out.summary.repeated_octets += old as u64;
        if old < octets.len() {
            self.deliver(&octets[old..], out);
            self.drain(out);
        }
    }

    fn keep(&mut self, offset: u64, octets: &[u8], out: &mut Emitter<'_>) {
        if octets.is_empty() || self.pending.get(&offset).is_some_and(|p| p.len() >= octets.len()) {
            return;
        }
        let cost = octets.len() + SEGMENT_COST;
        if self.charged + cost > out.limits.stream_buffer
            || out.buffered + cost > out.limits.total_buffer
        {
            self.give_up_gap(out);
            match self.state {
                State::Search { .. } | State::Open { .. } => {
                    if self.is_free() {
                        self.jump(offset);
                    }
                    // Not without end: each round closes the stream or uses up a restart.
                    self.place(offset.cast_signed(), octets, out);
                }
                State::Foreign | State::Ended => {
                    out.summary.octets_after_end += octets.len() as u64;
                }
            }
            return;
        }
        self.charge(cost, out);
        if let Some(old) = self.pending.insert(offset, octets.to_vec()) {
            self.refund(old.len() + SEGMENT_COST, out);
        }
    }

    /// A gap will not be filled. BMP has no marks to find the next message by: an open stream ends.
    fn give_up_gap(&mut self, out: &mut Emitter<'_>) {
        if self.stream().is_some() {
            self.close(StreamEnd::Gap, out);
        } else if !self.search_on(out) {
            self.drop_pending(out);
        }
    }

    /// Starts the search for a first message over behind the gap. False when there is nothing to
    /// search in, or when that was done too often.
    fn search_on(&mut self, out: &mut Emitter<'_>) -> bool {
        let State::Search { held, .. } = &mut self.state else { return false };
        let held = std::mem::take(held);
        self.skip_held(&held, out);
        self.state = State::Search { anchored: false, held: Held::default() };
        self.restarts += 1;
        if self.restarts > RESTARTS_MAX {
            return false;
        }
        self.drain(out);
        true
    }

    /// Whether a stream may begin with any segment that comes.
    fn is_free(&self) -> bool {
        matches!(&self.state, State::Search { anchored: false, held } if held.is_empty())
    }

    /// Delivers what can be of the segments beyond the gap.
    fn drain(&mut self, out: &mut Emitter<'_>) {
        while let Some((&offset, _)) = self.pending.first_key_value() {
            if offset > self.next {
                if !self.is_free() {
                    return;
                }
                self.jump(offset);
            }
            let octets = self.pending.remove(&offset).unwrap_or_default();
            self.refund(octets.len() + SEGMENT_COST, out);
            let old = usize::try_from(self.next - offset).unwrap_or(usize::MAX);
            if let Some(fresh) = octets.get(old..)
                && !fresh.is_empty()
            {
                self.deliver(fresh, out);
            }
        }
    }

    /// The octets at `next`, in order.
    fn deliver(&mut self, octets: &[u8], out: &mut Emitter<'_>) {
        self.next += octets.len() as u64;
        self.next_seq = self.next_seq.wrapping_add(octets.len() as u32);
        match &mut self.state {
            State::Open { stream } => {
                let stream = *stream;
                out.emit(InputEvent::Data { stream, octets, at: self.at });
            }
            State::Search { anchored, held } => {
                let message_max = out.limits.message_max;
                let told = match held.is_empty() {
                    true => probe::judge(octets, *anchored, message_max),
                    false => Verdict::Undecided,
                };
                match told {
                    // Most directions are something else: they cost no copy.
                    Verdict::Foreign if *anchored => self.state = State::Foreign,
                    Verdict::Foreign => self.skipped += octets.len() as u64,
                    Verdict::Bmp => {
                        held.push(octets, self.at);
                        self.charge(octets.len(), out);
                        self.open(out);
                    }
                    Verdict::Undecided => self.hold(octets, out),
                }
            }
            State::Foreign | State::Ended => {}
        }
        if matches!(self.state, State::Foreign) {
            self.drop_pending(out);
        }
    }

    fn hold(&mut self, octets: &[u8], out: &mut Emitter<'_>) {
        let (message_max, total_buffer) = (out.limits.message_max, out.limits.total_buffer);
        self.charge(octets.len(), out);
        let State::Search { anchored, held } = &mut self.state else { return };
        held.push(octets, self.at);
        let anchored = *anchored;
        let full = held.octets.len() > 2 * message_max + HEADER_BYTES
            || held.segments.len() > HELD_SEGMENTS_MAX
            || out.buffered > total_buffer;
        let mut verdict = if full {
            Verdict::Foreign
        } else {
            probe::judge(held.octets(), anchored, message_max)
        };
        while verdict == Verdict::Foreign && !anchored {
            self.skipped += held.drop_first() as u64;
            if full || held.is_empty() {
                break;
            }
            verdict = probe::judge(held.octets(), false, message_max);
        }
        match verdict {
            Verdict::Bmp => self.open(out),
            Verdict::Undecided => {}
            Verdict::Foreign => {
                let held = std::mem::take(held);
                self.skip_held(&held, out);
                if anchored {
                    self.state = State::Foreign;
                }
            }
        }
    }

    fn skip_held(&mut self, held: &Held, out: &mut Emitter<'_>) {
        self.skipped += held.octets().len() as u64;
        self.refund(held.octets.len(), out);
    }

    /// It is BMP: gives it a stream, and that what was held.
    fn open(&mut self, out: &mut Emitter<'_>) {
        let State::Search { held, .. } = &mut self.state else { return };
        let held = std::mem::take(held);
        let stream = out.open(self.router, held.segments.front().and_then(|(_, at)| *at));
        out.summary.octets_before_start += std::mem::take(&mut self.skipped);
        let mut rest = held.octets();
        for (len, at) in &held.segments {
            let (octets, after) = rest.split_at((*len).min(rest.len()));
            out.emit(InputEvent::Data { stream, octets, at: *at });
            rest = after;
        }
        self.refund(held.octets.len(), out);
        self.state = State::Open { stream };
    }

    fn close(&mut self, end: StreamEnd, out: &mut Emitter<'_>) {
        let state = std::mem::replace(&mut self.state, State::Ended);
        match state {
            State::Open { stream } => {
                let kept: usize = self.pending.values().map(Vec::len).sum();
                out.summary.octets_after_end += kept as u64;
                out.close(stream, self.at, end);
            }
            State::Search { held, .. } => self.refund(held.octets.len(), out),
            State::Foreign | State::Ended => {}
        }
        self.drop_pending(out);
    }

    fn drop_pending(&mut self, out: &mut Emitter<'_>) {
        for octets in std::mem::take(&mut self.pending).into_values() {
            self.refund(octets.len() + SEGMENT_COST, out);
        }
    }

    fn charge(&mut self, cost: usize, out: &mut Emitter<'_>) {
        self.charged += cost;
        out.buffered += cost;
    }

    fn refund(&mut self, cost: usize, out: &mut Emitter<'_>) {
        self.charged = self.charged.saturating_sub(cost);
        out.buffered = out.buffered.saturating_sub(cost);
    }
}
