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

/// A run of frames. Reused: cleared, never shrunk below its usual size.
#[derive(Debug, Default)]
pub struct Frames {
    /// The octets of all frames, one after the other.
    pub bytes: Vec<u8>,
    frames: Vec<Frame>,
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
    }

    /// Ends a frame after what was appended to `bytes` since the last one.
    #[inline]
    pub fn end(&mut self, kind: FrameKind, session: SessionId) {
        self.frames.push(Frame { kind, session, end: self.bytes.len() });
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
