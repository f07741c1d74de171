//! What a format hands to its transport: whole records with their boundaries, never a byte stream.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use crate::filter::is_like;
use crate::record::SessionId;
use crate::wire::RouteDistinguisher;

/// What a frame is to a transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// The first frame of a router session in this output. May have no octets.
    SessionOpen,
    /// One record.
    Record,
    /// The last frame of a router session in this output. May have no octets.
    SessionClose,
}

/// One whole record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub kind: FrameKind,
    /// The router session that it belongs to; transports that carry a key make it from this.
    pub session: SessionId,
    /// Where its octets end in [`Frames::bytes`]; they begin where the frame before it ends.
    pub end: usize,
}

/// What a frame says that stays true until another frame says otherwise: what a receiver needs that
/// comes in when its session is under way. Formats whose records stand for themselves say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// It is of its moment.
    #[default]
    None,
    /// How the session introduces itself: comes first, and replaces the one before.
    Opening,
    /// Says something of `key`, and replaces what was said of the same key and part.
    Set {
        /// A hash of what is spoken of.
        key: u64,
        /// Tells apart what may stand side by side.
        part: u64,
    },
    /// Nothing that was said of `key` stands any more.
    Clear {
        /// A hash of what is spoken of.
        key: u64,
    },
    /// Nothing that the session said stands any more.
    End,
}

/// Where a frame goes on a transport that has topics; others have no use for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic<'a> {
    /// Its name.
    pub name: &'a str,
    /// The key of the message in it: what has the same key stays in order.
    pub key: &'a [u8],
}

/// The names of all topics that a format's frames may go to: as patterns, in which `*` stands for
/// any characters.
#[derive(Debug, Clone, Default)]
pub struct TopicNames(Arc<[String]>);

impl TopicNames {
    /// Those that are like one of these.
    pub fn new(patterns: impl IntoIterator<Item = String>) -> Self {
        Self(patterns.into_iter().collect())
    }

    /// Whether a topic has this name.
    #[must_use]
    pub fn have(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| is_like(pattern.as_bytes(), name.as_bytes()))
    }

    /// Whether there are no topics.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How the records of a format can be told apart where they follow each other, as in a file.
#[derive(Debug, Clone, Copy, Default)]
pub enum Layout {
    /// Each is a line of text.
    Lines,
    /// Each says at its beginning how long it is.
    Counted {
        /// Octets at its beginning that say it.
        header: usize,
        /// From those octets, how many it has, those included; `None` where no record begins so.
        len: fn(&[u8]) -> Option<u64>,
    },
    /// Only by reading them.
    #[default]
    Read,
}

impl Layout {
    /// Whether each record is a line of text.
    #[must_use]
    pub fn is_lines(&self) -> bool {
        matches!(self, Self::Lines)
    }
}

/// Which RIB of the router a frame speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum View {
    /// Adj-RIB-In before the inbound policy.
    AdjRibInPre,
    /// Adj-RIB-In after the inbound policy.
    AdjRibInPost,
    /// Adj-RIB-Out before the outbound policy (RFC 8671).
    AdjRibOutPre,
    /// Adj-RIB-Out after the outbound policy.
    AdjRibOutPost,
    /// Loc-RIB (RFC 9069).
    LocRib,
}

impl View {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::AdjRibInPre,
        Self::AdjRibInPost,
        Self::AdjRibOutPre,
        Self::AdjRibOutPost,
        Self::LocRib,
    ];

    /// Its name as part of a file's.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AdjRibInPre => "adj-rib-in-pre",
            Self::AdjRibInPost => "adj-rib-in-post",
            Self::AdjRibOutPre => "adj-rib-out-pre",
            Self::AdjRibOutPost => "adj-rib-out-post",
            Self::LocRib => "loc-rib",
        }
    }
}

/// Whom a frame is about: what the per-peer header of its message says (RFC 7854 §4.2). Nobody in
/// particular when there is no such header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct About {
    /// The peer's address; of a Loc-RIB as received, which is zero.
    pub peer: Option<IpAddr>,
    /// The peer's distinguisher where its type gives it a meaning and it is not zero.
    pub distinguisher: Option<RouteDistinguisher>,
    /// The RIB.
    pub view: Option<View>,
}

/// How a transport wants the next run of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Octets after which a format stops rendering. One more record may follow the octet that
    /// reaches it.
    pub budget: usize,
    /// What the memory address of the first octet should be, modulo `align`.
    pub phase: usize,
    /// A power of two.
    pub align: usize,
    /// Whether frames should say whom they are about: see [`Frames::about`].
    pub wants_peers: bool,
    /// Whether frames should say where they go: see [`Frames::file_under`].
    pub wants_topics: bool,
}

impl Run {
    /// Of a transport that wants to know everything.
    pub const WITH_ALL: Self =
        Self { budget: Frames::BUDGET, phase: 0, align: 1, wants_peers: true, wants_topics: true };
}

impl Default for Run {
    fn default() -> Self {
        let (wants_peers, wants_topics) = (false, false);
        Self { budget: Frames::BUDGET, phase: 0, align: 1, wants_peers, wants_topics }
    }
}

/// A run of frames. Reused: cleared, never shrunk below its usual size.
#[derive(Debug, Default)]
pub struct Frames {
    /// The octets of all frames, one after the other; before them may be some that mean nothing.
    pub bytes: Vec<u8>,
    /// Where the first frame begins in `bytes`.
    origin: usize,
    run: Run,
    /// Buffers that wait for their turn, the one that was used last at the end.
    others: VecDeque<Vec<u8>>,
    frames: Vec<Frame>,
    /// What those frames say that stands, by their index: few do, and most formats' never.
    standing: Vec<(usize, Standing)>,
    topics: Topics,
    /// Whom frames are about, with the index of the first frame of each.
    about: Vec<(usize, About)>,
}

/// Topics with the index of the first frame of each.
#[derive(Debug, Default)]
struct Topics {
    begin: Vec<(usize, TopicEnds)>,
    names: String,
    keys: Vec<u8>,
}

/// Where a topic's name and key end; they begin where those of the topic before it end.
#[derive(Debug, Clone, Copy, Default)]
struct TopicEnds {
    name: usize,
    key: usize,
}

impl Topics {
    fn clear(&mut self) {
        self.begin.clear();
        self.names.clear();
        self.keys.clear();
    }

    /// The topic at this place in `begin`.
    fn at(&self, place: usize) -> Option<Topic<'_>> {
        let (_, end) = self.begin.get(place)?;
        let before = place.checked_sub(1).and_then(|p| self.begin.get(p));
        let start = before.map_or(TopicEnds::default(), |(_, end)| *end);
        Some(Topic { name: &self.names[start.name..end.name], key: &self.keys[start.key..end.key] })
    }
}

impl Frames {
    /// The [`Run::budget`] of transports that do not care.
    pub const BUDGET: usize = 256 * 1024;
    /// Room for the record that uses the budget up, where its octets should not move.
    const RECORD_ROOM: usize = 64 * 1024;
    /// Buffers that take turns where the disk (or, for a guest, another core) reads their memory
    /// itself. To write over what was read just now waits for the reader's cache, line by line.
    const TURNS: usize = 4;

    /// No frames; until a transport says how it wants them they are to say everything.
    #[must_use]
    pub fn new() -> Self {
        Self { run: Run::WITH_ALL, ..Self::default() }
    }

    /// Forgets all frames and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.origin = 0;
        self.frames.clear();
        self.standing.clear();
        self.topics.clear();
        self.about.clear();
    }

    /// Forgets all frames and makes ready for a run as a transport wants it. Where a record is too
    /// large for the memory at hand, the octets move and their address is another.
    pub fn begin(&mut self, run: Run) {
        if run.align > 1 && self.bytes.len() >= Self::BUDGET {
            self.turn();
        }
        self.clear();
        self.run = run;
        if run.align > 1 {
            self.bytes.reserve(run.align + run.budget + Self::RECORD_ROOM);
            let address = self.bytes.as_ptr().addr();
            self.origin = run.phase.wrapping_sub(address) & (run.align - 1);
            self.bytes.resize(self.origin, 0);
        }
    }

    /// Goes on in the buffer that was used longest ago.
    fn turn(&mut self) {
        self.others.push_back(std::mem::take(&mut self.bytes));
        if self.others.len() >= Self::TURNS {
            self.bytes = self.others.pop_front().unwrap_or_default();
        }
    }

    /// Ends a frame after what was appended to `bytes` since the last one.
    #[inline]
    pub fn end(&mut self, kind: FrameKind, session: SessionId) {
        self.frames.push(Frame { kind, session, end: self.bytes.len() });
    }

    /// Ends a frame `more` octets before what was appended to `bytes`: those begin the next one.
    #[inline]
    pub fn end_before(&mut self, more: usize, kind: FrameKind, session: SessionId) {
        self.frames.push(Frame { kind, session, end: self.bytes.len() - more });
    }

    /// Ends a frame like [`Frames::end`] and marks what it says that stands.
    #[inline]
    pub fn end_standing(&mut self, kind: FrameKind, session: SessionId, standing: Standing) {
        if standing != Standing::None {
            self.standing.push((self.frames.len(), standing));
        }
        self.end(kind, session);
    }

    /// Marks what the last frame says that stands, if there are more than `before` of them.
    pub fn stands(&mut self, before: usize, standing: Standing) {
        let last = self.frames.len().checked_sub(1);
        if let Some(last) = last.filter(|last| *last >= before && standing != Standing::None) {
            self.standing.push((last, standing));
        }
    }

    /// What the `index`-th frame says that stands.
    #[must_use]
    pub fn standing(&self, index: usize) -> Standing {
        let at = self.standing.binary_search_by_key(&index, |(index, _)| *index);
        at.map_or(Standing::None, |at| self.standing[at].1)
    }

    /// Whether the transport asks where frames go: else a format need not say.
    #[inline]
    #[must_use]
    pub fn wants_topics(&self) -> bool {
        self.run.wants_topics
    }

    /// The frames that end from here on go to this topic; for transports that ask.
    pub fn file_under(&mut self, topic: Topic<'_>) {
        let topics = &mut self.topics;
        if topics.at(topics.begin.len().wrapping_sub(1)) == Some(topic) {
            return;
        }
        topics.names.push_str(topic.name);
        topics.keys.extend_from_slice(topic.key);
        let end = TopicEnds { name: topics.names.len(), key: topics.keys.len() };
        topics.begin.push((self.frames.len(), end));
    }

    /// Where the `index`-th frame goes; none where its format knows no topics.
    #[must_use]
    pub fn topic(&self, index: usize) -> Option<Topic<'_>> {
        let begun = self.topics.begin.partition_point(|(first, _)| *first <= index);
        self.topics.at(begun.checked_sub(1)?)
    }

    /// Whether the transport asks whom frames are about: else a format need not say.
    #[inline]
    #[must_use]
    pub fn wants_peers(&self) -> bool {
        self.run.wants_peers
    }

    /// The frames that end from here on are about this peer; a format that is asked says it once a
    /// record.
    pub fn about(&mut self, about: About) {
        if self.about.last().map_or(About::default(), |(_, last)| *last) != about {
            self.about.push((self.frames.len(), about));
        }
    }

    /// Whom the `index`-th frame is about.
    #[must_use]
    pub fn whom(&self, index: usize) -> About {
        let said = self.about.partition_point(|(first, _)| *first <= index);
        let last = said.checked_sub(1).and_then(|at| self.about.get(at));
        last.map_or(About::default(), |(_, about)| *about)
    }

    /// Whether the budget is used up.
    #[inline]
    #[must_use]
    pub fn is_full(&self) -> bool {
        let budget = self.run.budget;
        self.bytes.len() - self.origin >= budget || self.frames.len() >= budget / 64
    }

    /// The number of frames.
    #[must_use]
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// The `index`-th frame.
    #[must_use]
    pub fn frame(&self, index: usize) -> Frame {
        self.frames[index]
    }

    /// Where the `index`-th frame begins in `bytes`.
    #[must_use]
    pub fn start(&self, index: usize) -> usize {
        if index == 0 { self.origin } else { self.frames[index - 1].end }
    }

    /// The octets of the `index`-th frame.
    #[must_use]
    pub fn octets(&self, index: usize) -> &[u8] {
        &self.bytes[self.start(index)..self.frames[index].end]
    }

    /// The octets of all frames from `index` on.
    #[must_use]
    pub fn octets_from(&self, index: usize) -> &[u8] {
        &self.bytes[self.start(index)..]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_run_begins_at_the_address_and_ends_at_the_budget_that_were_asked_for() {
        let (mut frames, session) = (Frames::new(), SessionId(1));
        for (phase, budget) in [(0, 1000), (1, 1_048_576), (4095, 3000), (17, 70_000)] {
            frames.begin(Run { budget, phase, align: 4096, ..Run::default() });
            let begins = frames.bytes.as_ptr().addr() + frames.bytes.len();
            while !frames.is_full() {
                frames.bytes.extend_from_slice(&[7; 500]);
                frames.end(FrameKind::Record, session);
            }
            assert_eq!(frames.octets_from(0).len(), budget.div_ceil(500) * 500);
            assert_eq!(frames.octets_from(0).as_ptr().addr(), begins, "nothing has moved");
            assert_eq!((begins % 4096, frames.octets(0)), (phase, &[7; 500][..]));
        }
        frames.clear();
        frames.bytes.push(1);
        frames.end(FrameKind::Record, session);
        assert_eq!(frames.octets(0), [1]);
    }

    #[test]
    fn large_runs_for_aligned_writes_take_turns_in_a_few_buffers_and_small_ones_do_not() {
        let buffers = |len: usize, align: usize| {
            let mut frames = Frames::new();
            let budget = Frames::BUDGET;
            let used = [(); 20].map(|()| {
                frames.begin(Run { budget, align, ..Run::default() });
                frames.bytes.resize(frames.bytes.len() + len, 1);
                frames.end(FrameKind::Record, SessionId(1));
                frames.octets_from(0).as_ptr().addr()
            });
            assert!(align == 1 || used[0] != used[1] || len < budget);
            used.into_iter().collect::<BTreeSet<_>>().len()
        };
        assert_eq!(buffers(Frames::BUDGET, 4096), Frames::TURNS);
        assert_eq!((buffers(Frames::BUDGET - 4096, 4096), buffers(100, 4096)), (1, 1));
        assert!(buffers(Frames::BUDGET, 1) <= 2, "the first one may grow");
    }

    #[test]
    fn a_topic_holds_until_the_next_one() {
        let (mut frames, session) = (Frames::new(), SessionId(1));
        let end = |frames: &mut Frames| frames.end(FrameKind::Record, session);
        let topics = [("raw", &b"a"[..]), ("raw", b"b"), ("", b""), ("parsed.router", b"")];
        let [a, b, none, parsed] = topics.map(|(name, key)| Topic { name, key });
        end(&mut frames);
        for topic in [a, a, b, none, a, parsed] {
            frames.file_under(topic);
            end(&mut frames);
        }
        end(&mut frames);
        frames.file_under(a);
        frames.file_under(b);
        end(&mut frames);
        let found: Vec<_> = (0..frames.len()).map(|i| frames.topic(i)).collect();
        let wanted = [a, a, b, none, a, parsed, parsed, b].map(Some);
        assert_eq!((found[0], &found[1..]), (None, &wanted[..]));
        assert_eq!(frames.topics.begin.len(), 7, "what is said twice is kept once");
        frames.clear();
        end(&mut frames);
        assert_eq!(frames.topic(0), None, "a cleared run forgets its topics");
    }

    #[test]
    fn whom_frames_are_about_holds_until_it_is_said_anew() {
        let (mut frames, session) = (Frames::new(), SessionId(1));
        let of = |last: u8, view| About {
            peer: Some(IpAddr::from([192, 0, 2, last])),
            view: Some(view),
            ..About::default()
        };
        let (a, b) = (of(1, View::AdjRibInPre), of(1, View::LocRib));
        let said = [About::default(), a, a, b, About::default(), a];
        for about in said {
            frames.about(about);
            frames.end(FrameKind::Record, session);
        }
        frames.end(FrameKind::Record, session);
        let found: Vec<_> = (0..frames.len()).map(|i| frames.whom(i)).collect();
        assert_eq!((&found[..6], found[6]), (&said[..], a));
        assert_eq!(frames.about.len(), 4, "what is said twice is kept once");
        frames.begin(Run { wants_peers: true, ..Run::default() });
        frames.end(FrameKind::Record, session);
        assert_eq!((frames.wants_peers(), frames.whom(0)), (true, About::default()));
    }

    #[test]
    fn only_frames_that_were_marked_stand() {
        let (mut frames, session) = (Frames::new(), SessionId(1));
        let set = Standing::Set { key: 1, part: 2 };
        frames.end(FrameKind::SessionOpen, session);
        frames.end_standing(FrameKind::Record, session, Standing::Opening);
        frames.end_standing(FrameKind::Record, session, Standing::None);
        frames.end_standing(FrameKind::Record, session, set);
        frames.end(FrameKind::Record, session);
        let found: Vec<Standing> = (0..frames.len()).map(|i| frames.standing(i)).collect();
        let none = Standing::None;
        assert_eq!(found, [none, Standing::Opening, none, set, none]);
        frames.stands(frames.len(), set);
        frames.stands(0, none);
        assert_eq!(frames.standing(4), none, "nothing new was said");
        frames.stands(4, Standing::End);
        assert_eq!(frames.standing(4), Standing::End);
        frames.clear();
        frames.end(FrameKind::Record, session);
        frames.end(FrameKind::Record, session);
        assert_eq!(frames.standing(1), none, "a cleared run forgets its marks");
    }
}
