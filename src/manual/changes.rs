//! What each version brought.
//!
//! # 0.1.0
//!
//! The first version.
//!
//! * `collect`: BMP over TCP, on pinned io_uring reactors and writers.
//! * BMP version 4 with path marking, route policy traces, route event logs (`--bmp-v4`,
//!   `--rel-type`); every path attribute, extended community and capability by name under
//!   `extra=all`; RFC 7606 decisions as data; all of it as a library that reads and writes.
//! * Routes of 43 address families, with records of their own (the page
//!   [`families`](super::families)).
//! * Limits on who connects, how many, how fast and for how long in silence; dialing out to routers
//!   (`--connect`); listening on devices and VRFs; busy polling.
//! * `decode`: raw BMP, pcap, pcapng, MRT, raw messages of OpenBMP and RIS Live, compressed with
//!   gzip, bzip2 or zstd.
//! * `load`: made-up and recorded routers, thousands of them, at a rate or at their own pace.
//! * `load --scenario`: churn, flaps, storms, hot, slow and malformed routers, families.
//! * `load --sink`: end-to-end latency and completeness.
//! * `bench`: collector and routers together, what they do and what they cost.
//! * `tuning/`: a systemd unit with a watchdog, profiles, kernel settings, placement of a network
//!   card's queues, a seccomp profile, man pages and completions.
//! * `plan`: which CPU does what, and why; with `--check`, what is badly tuned on the host.
//! * Formats: `pmacct-json` (dialect 1.8.1, without a RIB), `openbmp`, `openbmp-raw`,
//!   `openbmp-raw-text` and `bmp`.
//! * Files by router, peer, view and topic, with rotation, compression, preambles and retention (the
//!   page [`files`](super::files)).
//! * Transports: `stdout:`, `null:`, `file:` (with `direct=on` around the page cache), `tcp:`,
//!   `udp:`, `unix:`.
