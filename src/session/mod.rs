//! API outline (being written; the signatures below hold).
use crate::record::{Batch, CloseReason, Full, SessionId};
use crate::wire::Timestamp;
use std::net::SocketAddr;

/// Bounds of one session.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimits {
    /// The largest BMP message, octets.
    pub max_frame: usize,
    /// Peers whose state is kept.
    pub peers: usize,
    /// Octets of raw Initiation and Peer Up messages kept.
    pub state_bytes: usize,
}
impl Default for SessionLimits {
    fn default() -> Self {
        Self { max_frame: 1 << 20, peers: 65_536, state_bytes: 16 << 20 }
    }
}

/// Why a session's framing is broken: nothing after `offset` can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FramingError {
    /// Octets of the session before the bad header.
    pub offset: u64,
    /// Why.
    pub reason: FramingFault,
}
/// The reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FramingFault {
    /// Not BMP version 3 or 4.
    Version(u8),
    /// Length below the header's or above the limit.
    Length(u32),
}

/// What `receive` came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// All input is used; an unfinished message is kept inside.
    NeedInput,
    /// Seal the batch, then offer the rest of the input again with an empty one.
    BatchFull,
    /// End the session with `CloseReason::BrokenFraming`.
    Broken(FramingError),
}

/// Something that the log should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEvent {
    /// Event word.
    pub word: &'static str,
    /// Text.
    pub detail: String,
}

/// Counts of a session, or of a reactor when added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SessionCounters {
    /// Messages.
    pub messages: u64,
    /// Octets of whole messages.
    pub bytes: u64,
    /// NLRIs announced.
    pub announced: u64,
    /// NLRIs withdrawn.
    pub withdrawn: u64,
    /// End-of-RIB markers.
    pub end_of_rib: u64,
    /// Odd messages in sound frames.
    pub odd: u64,
    /// UPDATEs with malformed attributes or NLRI.
    pub malformed: u64,
    /// Messages of unknown type.
    pub unknown: u64,
}

/// One router's conversation; sans-io.
pub struct Session {
    id: SessionId,
    router: SocketAddr,
    counters: SessionCounters,
}
impl Session {
    /// A new session; pushes nothing.
    pub fn new(id: SessionId, router: SocketAddr, _limits: SessionLimits) -> Self {
        Self { id, router, counters: SessionCounters::default() }
    }
    /// Its id.
    pub fn id(&self) -> SessionId {
        self.id
    }
    /// Its router.
    pub fn router(&self) -> SocketAddr {
        self.router
    }
    /// Pushes the SessionOpen record: call once, first.
    pub fn open(&mut self, _now: Timestamp, _batch: &mut Batch) -> Result<(), Full> {
        Ok(())
    }
    /// Decodes `input` into `batch`; returns how many octets of `input` were used.
    pub fn receive(
        &mut self,
        _now: Timestamp,
        input: &[u8],
        _batch: &mut Batch,
    ) -> (usize, Received) {
        (input.len(), Received::NeedInput)
    }
    /// Keeps input that did not fit into a batch; `receive` with empty input goes on with it.
    pub fn stash(&mut self, _input: &[u8]) {}
    /// Whether octets of an unfinished (or stashed) message are kept, and how many.
    pub fn tail_len(&self) -> usize {
        0
    }
    /// Pushes the SessionClose record: call once, last.
    pub fn close(
        &mut self,
        _now: Timestamp,
        _reason: CloseReason,
        _batch: &mut Batch,
    ) -> Result<(), Full> {
        Ok(())
    }
    /// The next thing that the log should know.
    pub fn take_event(&mut self) -> Option<SessionEvent> {
        None
    }
    /// Counts since the last call (adds to the reactor's counters).
    pub fn take_counters(&mut self) -> SessionCounters {
        std::mem::take(&mut self.counters)
    }
}
