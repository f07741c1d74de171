//! Promise: once warm, nothing is allocated for a message, and a quiet router holds little. A
//! binary of its own, because it replaces the allocator of the whole process; `tests.rs` is the map
//! of all other integration tests.
//!
//! What is counted are calls that get memory, thread by thread, after a warm-up; and the octets
//! that the process holds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "alloc/counting.rs"]
mod counting;

/// Bytes to discarded octets, without sockets: exactly none.
#[path = "alloc/rooms.rs"]
mod rooms;

/// The real reactor over loopback: what is left, by name and number.
#[path = "alloc/reactor.rs"]
mod reactor;

/// What a quiet router costs.
#[path = "alloc/quiet.rs"]
mod quiet;

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;
