//! What the collector tells of itself: log events and counters.
//!
//! Contract: nothing here blocks a reactor or a writer. Log lines leave through a bounded queue and
//! a thread of their own; counters are plain cells with one writer each.

mod collapse;
pub mod counters;
pub mod events;
mod line;
pub mod log;
