//! Files: their names, when one ends and the next begins, how they are compressed and kept.
//!
//! # Names
//!
//! ```text
//! {writer}             the stream's number, with writers=N
//! {session}            the router session: 16 hexadecimal digits that sort by its beginning
//! {router}             the router's address
//! {peer}               the peer's address; with a distinguisher ADDRESS@DISTINGUISHER
//! {view}               adj-rib-in-pre adj-rib-in-post adj-rib-out-pre adj-rib-out-post loc-rib
//! {topic}              the topic of a message, in formats of OpenBMP's message bus
//! %Y %m %d %H %M %S    the time in UTC; %% and {{ stand for themselves
//! ```
//!
//! What is about no peer (`log_init`, Initiation, Termination) goes to the file whose `{peer}` and
//! `{view}` are `-`; the peer of a Loc-RIB has the address that its header has, `0.0.0.0`. A path
//! that ends with a slash, or is a directory, is for formats that have topics: it has a file for
//! each of them, with the topic's name.
//!
//! ```text
//! openbmp=file:/var/lib/bmp/                   /var/lib/bmp/openbmp.parsed.unicast_prefix …
//! pmacct-json=file:/var/lib/bmp/{peer}.{view}  /var/lib/bmp/192.0.2.1.adj-rib-in-pre …
//! bmp=file:/var/lib/bmp/{router}/%Y-%m-%d/%H%M.bmp?rotate=5m
//! ```
//!
//! However many sessions and peers there are, at most 256 files are open at a time and 16 384 are
//! known; beyond that, those that were begun first and have nothing to write are completed, and
//! forget what stands: the next file of such a one has no preamble.
//!
//! # Rotation
//!
//! `rotate=DUR` begins a new file at each multiple of DUR since 1970 in UTC: `5m` at :00, :05, :10;
//! `1d` at midnight. `rotate-size=SIZE` begins one with the record after the one that reaches SIZE,
//! in octets as they are on the disk. Both may be given. A record is in the file of the interval in
//! which it was written. An interval without records has no file. If the clock is set back by more
//! than an interval, a file that was begun before ends at once.
//!
//! A file under its final name is complete. While it is written, its name ends in `.part`:
//!
//! ```text
//! file:x.json?rotate=5m                   x.json.20261122T150500Z.part → x.json.20261122T150500Z
//! file:x.%H%M.json?rotate=5m              x.1505.json.part → x.1505.json
//! the second of the same name             x.1505.json.1
//! file:x.%H%M.json?rotate=5m&compress=zstd   x.1505.json.zst
//! ```
//!
//! The time in a name is that at which the interval begins; without `rotate=`, that of the first
//! record. A name that has no time parts gets one. No file is ever overwritten: where a name is
//! taken, `.1`, `.2` and so on follow it.
//!
//! SIGHUP completes the live files, and so does a stop. What a crash has left as `.part` is
//! completed at the next start under its own name, as far as it is whole: to the last line of
//! formats of lines, to the last record of `bmp`, `mrt` and `openbmp-raw`, to the last frame of
//! compressed files. What is cut off is told (`output-file-trouble`); a file that holds something
//! else between records is left as it is. A lock on a `.part` keeps other collectors from doing so
//! while it is written. If the disk is full, what was taken waits and routers are held back;
//! rotation goes on when there is room. With `{session}`, the file is complete when the session
//! ends.
//!
//! `preamble=on`, the default with rotation: a file of `bmp` or raw messages begins with the
//! Initiation and the Peer Ups that stand, so that it decodes alone. They come again in every file;
//! who joins files writes `preamble=off`. With `{peer}` or `{view}`, a file knows what was written
//! to its kind. `pmacct-json` and `openbmp` have nothing that stands.
//!
//! # Compression
//!
//! `compress=zstd` (`compress-level` 1 to 19, 3 by default) or `gzip` (1 to 9, 6 by default);
//! `.zst` or `.gz` is added to a name that lacks it. Records are gathered to one mebibyte or for
//! `flush=DUR` (1s by default), whichever is first, and become one zstd frame with a checksum, or
//! one gzip member. Such follow each other in a file, as both formats allow: `zstd -d`, `zcat` and
//! `ribcage decode` read all of them; some libraries stop after the first unless they are told not
//! to. A crash costs what waited, nothing before it. A stream of a few records a second becomes
//! smaller with `flush=10s` or `1m`. Without rotation a file is appended to; at its first opening
//! it is read through once for a torn frame at its end, which goes. `direct=on` is for what is not
//! compressed.
//!
//! # The disk
//!
//! `fsync=rotate`, the default with rotation, has the disk have a file before it gets its name, and
//! then the name: what is complete survives a power failure. The writer waits for that, its lanes
//! hold what comes meanwhile. `fsync=never` leaves it to the kernel; `fsync=10s` has the disk have
//! everything every ten seconds, too: of many files one after the other, with turns for the other
//! outputs of the writer in between.
//!
//! # What is kept
//!
//! `keep=DUR` removes complete files that were last written to longer ago; `keep-size=SIZE` removes
//! the oldest beyond SIZE octets in all. That is done at the start and after a file was completed,
//! and only with regular files whose names this output could have made, of `{topic}` those with
//! names that its topics have: another output needs another name or directory.
