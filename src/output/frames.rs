//! What a format hands to its transport: whole records with their boundaries, never a byte stream.

use crate::record::SessionId;

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
}

/// A run of frames. Reused: cleared, never shrunk below its usual size.
#[derive(Debug, Default)]
pub struct Frames {
    /// The octets of all frames, one after the other.
    pub bytes: Vec<u8>,
    frames: Vec<Frame>,
    /// What those frames say that stands, by their index: few do, and most formats' never.
    standing: Vec<(usize, Standing)>,
}

impl Frames {
    /// Octets after which a format stops rendering and lets the transport write. One more record
    /// may follow the octet that reaches it.
    pub const BUDGET: usize = 256 * 1024;

    /// No frames.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets all frames and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.frames.clear();
        self.standing.clear();
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

    /// What the `index`-th frame says that stands.
    #[must_use]
    pub fn standing(&self, index: usize) -> Standing {
        let at = self.standing.binary_search_by_key(&index, |(index, _)| *index);
        at.map_or(Standing::None, |at| self.standing[at].1)
    }

    /// Whether the budget is used up.
    #[inline]
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= Self::BUDGET || self.frames.len() >= Self::BUDGET / 64
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
        if index == 0 { 0 } else { self.frames[index - 1].end }
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
    use super::*;

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
        frames.clear();
        frames.end(FrameKind::Record, session);
        frames.end(FrameKind::Record, session);
        assert_eq!(frames.standing(1), none, "a cleared run forgets its marks");
    }
}
