//! Ribcage: a thread-per-core collector for the BGP Monitoring Protocol (BMP, RFC 7854).
//!
//! ```text
//!  router ─TCP─▶ net ─▶ bmp ─▶ bgp ─▶ session ─▶ record ══ lane ══▶ output/format ─▶ output/transport ─▶ file · socket
//!                bytes  frame  PDU    peer state   Batch    full ▶      bytes             bytes out
//!               └──────────── reactor core ─────────────┘ ◀ empty └──────────── writer core ────────────┘
//! ```
//!
//! # What holds everywhere
//!
//! * Nothing that a router sent is lost or reordered silently: per session every output sees
//!   records in the order in which the router sent them. A slow output holds its routers back, or
//!   drops what it counts.
//! * No input can hurt it: odd input is data. Only broken framing ends a session.
//! * Nothing is thrown away by decoding: unknown codes keep their octets.
//! * The hot path takes no lock and, once warm, allocates nothing per message; the number of
//!   batches is the memory bound.
//! * Everything under [`wire`], [`bgp`], [`bmp`], [`record`], [`session`] and [`filter`] is
//!   sans-io: bytes and the time in, effects out. No socket, no file, no clock, no glommio.
//! * The engine names no format and no transport; a format names no address family.
//!
//! The rooms stand below in the order in which bytes travel; arrows between them point one way.

#![deny(unsafe_code)]

// Words that every room shares: cursor, errors with offsets, open enums, time, prefixes.
pub mod wire;

// The BGP messages inside BMP: OPEN, UPDATE, NOTIFICATION, path attributes, NLRI.
pub mod bgp;

// BMP: framing, per-peer header, TLVs, one file per message type.
pub mod bmp;

// Batches of records: what travels from a reactor to the writers.
pub mod record;

// One router's conversation: its state, its peers, what each peer negotiated.
pub mod session;

// Filters: which records and routes an output shows.
pub mod filter;

// Files in: recorded BMP and captures become streams.
pub mod input;

// Sockets in: listeners and router streams.
pub mod net;

// The clockwork: placement, accept, reactors, lanes, writers, drain and stop.
pub mod engine;

// Outputs: format × transport, with a name.
pub mod output;

// The load generator: synthetic and replayed routers.
pub mod load;

// Logs and counters.
pub mod telemetry;

// What was typed, and what it means.
pub mod config;

// One file per subcommand.
pub mod cli;

// The manual: design decisions, formats, the words of the log, changes.
pub mod manual;
