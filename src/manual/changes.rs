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
//! * Filters of routers, peers, views, messages, families, prefixes and path attributes, for all
//!   outputs (`--filter`) and for each (`filter=`); the page [`filters`](super::filters).
//! * A configuration file (`--config`, `--check`), read again on SIGHUP and SIGUSR2 without losing
//!   a session; names, tags, labels and readings of single routers; converters from pmacct's and
//!   OpenBMP's configurations (the page [`configuration`](super::configuration)).
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
//! * Formats: `pmacct-json` (dialects 1.7.7, 1.7.9, 1.8.0 and 1.8.1, without a RIB; pmacct's
//!   options of form, and its tag maps), `openbmp`, `openbmp-raw`, `openbmp-raw-text`, `bmp`, `mrt`
//!   and `bgpdump`.
//! * Files by router, peer, view and topic, with rotation, compression, preambles and retention
//!   (the page [`files`](super::files)).
//! * Transports: `stdout:`, `null:`, `file:` (with `direct=on` around the page cache), `tcp:`,
//!   `udp:`, `unix:`.
