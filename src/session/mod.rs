//! API outline (being written; the signatures below hold).
use crate::record::{Batch, CloseReason, Event, Full, NewRecord, RouterContext, SessionId, Stamp};
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
    max_frame: usize,
    tail: Vec<u8>,
    offset: u64,
    ordinal: u64,
    context: Option<(Stamp, u32)>,
}
impl Session {
    /// A new session; pushes nothing.
    pub fn new(id: SessionId, router: SocketAddr, limits: SessionLimits) -> Self {
        Self {
            id,
            router,
            counters: SessionCounters::default(),
            max_frame: limits.max_frame,
            tail: Vec::new(),
            offset: 0,
            ordinal: 0,
            context: None,
        }
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
    pub fn open(&mut self, now: Timestamp, batch: &mut Batch) -> Result<(), Full> {
        self.push(now, batch, &[], Event::SessionOpen)
    }
    /// Decodes `input` into `batch`; returns how many octets of `input` were used.
    pub fn receive(
        &mut self,
        now: Timestamp,
        input: &[u8],
        batch: &mut Batch,
    ) -> (usize, Received) {
        // Everything is kept first: slow, and enough for trying the engine.
        self.tail.extend_from_slice(input);
        let all = std::mem::take(&mut self.tail);
        let mut at = 0;
        let result = loop {
            let Some(header) = all.get(at..at + 6) else { break Received::NeedInput };
            let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
            let fault = match header[0] {
                3 | 4 if (6..=self.max_frame).contains(&(length as usize)) => None,
                3 | 4 => Some(FramingFault::Length(length)),
                version => Some(FramingFault::Version(version)),
            };
            if let Some(reason) = fault {
                break Received::Broken(FramingError { offset: self.offset, reason });
            }
            let Some(message) = all.get(at..at + length as usize) else {
                break Received::NeedInput;
            };
            if self.push(now, batch, message, Event::Message).is_err() {
                break Received::BatchFull;
            }
            self.ordinal += 1;
            self.offset += u64::from(length);
            self.counters.messages += 1;
            at += length as usize;
        };
        self.tail.extend_from_slice(&all[at..]);
        (input.len(), result)
    }
    fn push(
        &mut self,
        arrival: Timestamp,
        batch: &mut Batch,
        message: &[u8],
        event: Event,
    ) -> Result<(), Full> {
        let stamp = batch.stamp();
        let router = match self.context {
            Some((of, index)) if of == stamp => index,
            _ => batch.add_router(RouterContext { session: self.id, address: self.router }),
        };
        self.context = Some((stamp, router));
        let (ordinal, offset) = (self.ordinal, self.offset);
        batch.push(NewRecord { router, peer: None, ordinal, offset, arrival, message, event })
    }
    /// Keeps input that did not fit into a batch; `receive` with empty input goes on with it.
    pub fn stash(&mut self, input: &[u8]) {
        self.tail.extend_from_slice(input);
    }
    /// Whether octets of an unfinished (or stashed) message are kept, and how many.
    pub fn tail_len(&self) -> usize {
        self.tail.len()
    }
    /// Pushes the SessionClose record: call once, last.
    pub fn close(
        &mut self,
        now: Timestamp,
        reason: CloseReason,
        batch: &mut Batch,
    ) -> Result<(), Full> {
        self.push(now, batch, &[], Event::SessionClose(reason))
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
