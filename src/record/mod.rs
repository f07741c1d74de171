//! What travels from a reactor to the writers: a [`Batch`], an arena of message bytes and the
//! [`Record`]s that describe them by offset.
//!
//! A record is one BMP message (or the opening or end of a router session). It holds no lifetimes
//! and no pointers, so a batch is `Send`, is reset in O(1) and never allocates once it is warm.
//! What a record's reader needs to know of the router and the peer travels in the same batch.

mod batch;
mod marks;
mod update;

pub use batch::{Batch, BatchLimits, Full, NewRecord, Stamp};
pub use marks::Marks;
pub use update::{Section, SectionKind, Span, Update};

use std::net::SocketAddr;
use std::sync::Arc;

use crate::bmp::v4::Dialect;
use crate::wire::{Timestamp, WireError};

/// A router session: unique in a process and sortable by the time of acceptance.
///
/// The upper bits are the microseconds of the epoch at which the session began, the lower
/// [`SessionId::SERIAL_BITS`] a serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct SessionId(pub u64);

impl SessionId {
    /// Bits of the serial number below the time.
    pub const SERIAL_BITS: u32 = 10;

    /// The id of the `serial`-th session, begun at `at`.
    #[must_use]
    pub fn new(at: Timestamp, serial: u64) -> Self {
        let low = serial & ((1 << Self::SERIAL_BITS) - 1);
        Self(at.as_micros() << Self::SERIAL_BITS | low)
    }
}

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The router side of a record: which session of which router it came from.
///
/// One is made for each session and batch: cloning it costs a reference to the marks and the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouterContext {
    /// The session.
    pub session: SessionId,
    /// The router's address and port; an IPv4-mapped IPv6 address is given as IPv4.
    pub address: SocketAddr,
    /// How its messages of version 4 and of types that are not assigned are to be read.
    pub dialect: Dialect,
    /// What the operator has written down of the router, once it is known which one it is.
    pub marks: Option<Arc<Marks>>,
    /// The sysName that it has told last, or [`SYS_NAME_MAX`] octets of it.
    pub sys_name: Option<Arc<str>>,
}

/// Octets of a sysName at most (RFC 1213).
pub const SYS_NAME_MAX: usize = 255;

impl RouterContext {
    /// A session of which nothing more is known.
    #[must_use]
    pub fn new(session: SessionId, address: SocketAddr) -> Self {
        Self { session, address, dialect: Dialect::default(), marks: None, sys_name: None }
    }
}

/// The peer side of a record: what the session knew of the peer when the message arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeerContext {
    /// AS number of the peer from the OPEN that the router received, 4-octet aware (RFC 6793).
    /// `None` without a usable Peer Up.
    pub open_asn: Option<u32>,
    /// AS number of the router from the OPEN that it sent.
    pub local_asn: Option<u32>,
}

/// Why a router session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The router (or the end of the input) closed the connection at a message boundary.
    EndOfStream,
    /// The connection ended inside a message; `octets` of it had arrived.
    CutShort {
        /// Octets of the unfinished message.
        octets: usize,
    },
    /// The connection broke.
    Reset,
    /// The common header made no sense: nothing after it can be trusted.
    BrokenFraming,
    /// The router has been silent for longer than the collector was told to bear.
    Idle,
    /// The collector stops.
    Shutdown,
}

/// What a record tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
// Nearly every record is an UPDATE, and a box would be an allocation for each of them.
#[allow(clippy::large_enum_variant)]
pub enum Event {
    /// A router session began.
    SessionOpen,
    /// A router session ended: the last record of the session.
    SessionClose(CloseReason),
    /// Route Monitoring whose BGP PDU is an UPDATE.
    RouteMonitoring(Update),
    /// Any other message whose body is sound as far as its type is known: readers parse it in
    /// place.
    Message,
    /// A message in a sound frame that makes no sense inside; its bytes are kept.
    Odd(WireError),
}

/// One BMP message, or the opening or end of a router session.
#[derive(Debug, Clone, Copy)]
pub struct Record {
    /// Index into the routers of the batch.
    pub router: u32,
    /// Index into the peers of the batch; `None` when the message has no per-peer header.
    pub peer: Option<u32>,
    /// The message's number in its session, from 0. Session markers carry the next message's
    /// number.
    pub ordinal: u64,
    /// Octets of the session before this message.
    pub offset: u64,
    /// When the collector read it.
    pub arrival: Timestamp,
    /// Where the whole message lies in the batch's arena; empty for session markers.
    pub message: Span,
    /// What it is.
    pub event: Event,
}
