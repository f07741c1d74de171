//! Integration tests: one binary, and this list is its map. Only `alloc.rs` is a binary of its own:
//! it replaces the allocator of the whole process.
//!
//! Those that compare with recordings find them in `$RIBCAGE_SHARED` (or `../shared` beside the
//! project) and say "skipped: …" on stderr where they are absent.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

/// What the tests share: finding recordings, running the binary, comparing lines.
mod util;

/// `pmacct-json` says what pmacct says, but for listed defects.
mod pmacct;

/// `openbmp` says what OpenBMP's own collector says, but for listed defects.
mod openbmp_parsed;

/// OpenBMP's consumers take all that `openbmp` says of any recording.
mod openbmp_consumer;

/// Recordings of real routers decode to their last message.
mod captures;

/// Every message of every recording is written back as it was read.
mod messages;

/// What is made of the recordings of route collectors.
mod inputs;

/// Raw messages of OpenBMP's message bus, written and read.
mod openbmp;

/// A session's state can move at any octet, and what its peers' bytes have shown with it.
mod session;

/// BMP version 4 and messages of drafts: from octets to records.
mod version_4;

/// The sources as the next ones see them.
mod source;

/// Which room may know which, and how large things may grow.
mod layout;

/// A new address family is one file and one row.
mod new_family;

/// The README keeps step with the program.
mod readme;

/// So does the manual.
mod manual;

/// The real binary under test: processes, routers, receivers.
#[path = "util/collector.rs"]
mod collector;

/// Any bytes may arrive: nothing panics, hangs, grows or takes others along.
mod any_bytes;

/// What holds for any octets: the fuzz targets, as functions.
#[path = "fuzz/targets/mod.rs"]
#[allow(unreachable_pub, unused_imports)]
mod targets;

/// Each of them over a seeded corpus.
mod smoke;

/// Other projects' vectors: sound ones are written back, others are told for what they are.
mod vectors;

/// The command line: help, exit codes, inputs, signals.
mod cli;

/// The configuration file, and reading it again.
mod config;

/// `collect` under pressure: nothing is lost, whatever its receivers do.
mod collect;

/// Files that follow each other, compressed, by topic, by peer.
mod files;

/// Relayed sessions are whole ones to a station that was away.
mod relay;

/// Unit, profiles, kernel settings, man pages: what stands in `tuning/` works.
mod tuning;

/// `load --sink` and `bench`: what they measure adds up, and their JSON is as documented.
mod measure;

/// Filters let pass what they say, on every kind of output.
mod filter;

/// Other programs read the same bytes.
mod oracles;

/// Other programs read our MRT, and it reads back as what it was made of.
mod mrt;
