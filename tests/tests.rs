//! Integration tests: one binary, and this list is its map.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

/// The real binary under test: processes, routers, receivers.
#[path = "util/collector.rs"]
mod collector;

/// Any bytes may arrive: nothing panics, hangs, grows or takes others along.
mod any_bytes;
/// The command line: help, exit codes, inputs, signals.
mod cli;
/// `collect` under pressure: nothing is lost, whatever its receivers do.
mod collect;
