//! What the collector tells of itself: log events, counters, and its state to a service manager.
//!
//! Contract: nothing here blocks a reactor or a writer. Log lines leave through a bounded queue and
//! a thread of their own; counters are plain cells with one writer each.

mod collapse;
pub mod counters;
pub mod events;
mod line;
pub mod log;
pub mod service;
