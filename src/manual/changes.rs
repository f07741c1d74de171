//! What each version brought.
//!
//! # 0.1.0
//!
//! The first version.
//!
//! * `collect`: BMP version 3 over TCP, on pinned io_uring reactors and writers.
//! * `decode`: raw BMP, pcap and pcapng, compressed with gzip, bzip2 or zstd.
//! * `load`: made-up and recorded routers, at a rate.
//! * `plan`: which CPU does what, and why.
//! * Formats: `pmacct-json` (dialect 1.8.1, without a RIB) and `bmp`.
//! * Transports: `stdout:`, `null:`, `file:` (with `direct=on` around the page cache), `tcp:`,
//!   `udp:`, `unix:`.
