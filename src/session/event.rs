//! What a session tells besides its records: counts, and events for the log.

use std::collections::VecDeque;
use std::fmt::Write;

use crate::bmp::{PeerHeader, RibView};
use crate::wire::{Family, WireError};

/// Events kept until they are taken; more are counted by the session's counters only.
const EVENTS_MAX: usize = 16;

/// Octets of an odd message that its event shows.
const SAMPLE_OCTETS: usize = 64;

/// Odd messages of a session that give an event each; after those every 1024th does.
const ODD_EVENTS: u64 = 16;

/// Something that the log should know of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEvent {
    /// A message in a sound frame makes no sense inside.
    OddMessage {
        /// Its number in the session.
        ordinal: u64,
        /// Octets of the session before it.
        offset: u64,
        /// What is wrong with it.
        error: WireError,
        /// Its first octets, in hex.
        sample: String,
    },
    /// The bytes of a peer show another use of path identifiers than its OPENs.
    AddPathSwitched {
        /// The peer's address.
        peer: std::net::IpAddr,
        /// The view.
        view: RibView,
        /// The family.
        family: Family,
        /// Whether NLRI are now read with path identifiers.
        add_path: bool,
    },
    /// More peers than the limit: those beyond are decoded without state.
    PeerLimit {
        /// The limit.
        limit: usize,
    },
    /// More octets of Peer Up messages than the limit: those beyond are not kept.
    StateLimit {
        /// The limit, octets.
        limit: usize,
    },
    /// The sequence number of a message (draft-ietf-grow-bmp-tlv-20 §5.6.2) has grown by more than
    /// the messages that came, or has not grown; or the first one of a session is larger than the
    /// number of messages before it.
    SequenceGap {
        /// The message's number in the session.
        ordinal: u64,
        /// The largest sequence number that leaves none out.
        expected: u64,
        /// The one that it has.
        found: u64,
    },
}

/// Events that wait to be taken: bounded, the newest are left out.
#[derive(Debug, Default)]
pub(super) struct Events {
    queue: VecDeque<SessionEvent>,
    odd: u64,
    limits_told: (bool, bool),
}

impl Events {
    pub(super) fn take(&mut self) -> Option<SessionEvent> {
        self.queue.pop_front()
    }

    fn push(&mut self, event: SessionEvent) {
        if self.queue.len() < EVENTS_MAX {
            self.queue.push_back(event);
        }
    }

    pub(super) fn odd(&mut self, ordinal: u64, offset: u64, error: WireError, bytes: &[u8]) {
        self.odd += 1;
        if self.odd > ODD_EVENTS && !self.odd.is_multiple_of(1024) {
            return;
        }
        let mut sample = String::with_capacity(2 * SAMPLE_OCTETS);
        for b in bytes.iter().take(SAMPLE_OCTETS) {
            let _ = write!(sample, "{b:02x}");
        }
        self.push(SessionEvent::OddMessage { ordinal, offset, error, sample });
    }

    pub(super) fn add_path_switched(&mut self, peer: &PeerHeader, family: Family, add_path: bool) {
        let view = peer.view();
        self.push(SessionEvent::AddPathSwitched { peer: peer.ip(), view, family, add_path });
    }

    pub(super) fn sequence_gap(&mut self, ordinal: u64, expected: u64, found: u64) {
        self.push(SessionEvent::SequenceGap { ordinal, expected, found });
    }

    pub(super) fn peer_limit(&mut self, limit: usize) {
        if !std::mem::replace(&mut self.limits_told.0, true) {
            self.push(SessionEvent::PeerLimit { limit });
        }
    }

    pub(super) fn state_limit(&mut self, limit: usize) {
        if !std::mem::replace(&mut self.limits_told.1, true) {
            self.push(SessionEvent::StateLimit { limit });
        }
    }
}

/// Counts of a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SessionCounters {
    /// Whole messages.
    pub messages: u64,
    /// Their octets.
    pub bytes: u64,
    /// Routes announced, of the families that are decoded.
    pub announced: u64,
    /// Routes withdrawn, of the families that are decoded.
    pub withdrawn: u64,
    /// End-of-RIB markers.
    pub end_of_rib: u64,
    /// Messages in sound frames that make no sense inside.
    pub odd: u64,
    /// UPDATEs about which RFC 7606 has a speaker do something, or with octets after them.
    pub malformed: u64,
    /// Messages of a type or version that is kept raw.
    pub unknown: u64,
}

impl SessionCounters {
    #[inline]
    pub(super) fn routes(&mut self, announced: bool, count: u32) {
        match announced {
            true => self.announced += u64::from(count),
            false => self.withdrawn += u64::from(count),
        }
    }

    /// Adds the counts of another session.
    pub fn add(&mut self, other: &Self) {
        self.messages += other.messages;
        self.bytes += other.bytes;
        self.announced += other.announced;
        self.withdrawn += other.withdrawn;
        self.end_of_rib += other.end_of_rib;
        self.odd += other.odd;
        self.malformed += other.malformed;
        self.unknown += other.unknown;
    }
}
