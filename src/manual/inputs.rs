//! Which recordings are read, and what is made of them.
//!
//! `decode` and `load --replay` tell by the first octets what a file holds, after undoing gzip,
//! bzip2 or zstd. `--input-format` names it where that fails.
//!
//! | name          | what it is                           | sessions         | times            |
//! |---------------|--------------------------------------|------------------|------------------|
//! | `bmp`         | BMP messages one after the other     | one              | per-peer headers |
//! | `pcap`        | pcap and pcapng, BMP on any TCP port | one a connection | packets          |
//! | `mrt`         | MRT (RFC 6396, RFC 8050)             | one              | records          |
//! | `openbmp-raw` | raw messages of OpenBMP's bus        | one a router     | binary headers   |
//! | `ris-live`    | RIS Live, a JSON object a line       | one a host       | lines            |
//!
//! # Raw messages of OpenBMP
//!
//! What [`openbmp-raw` and `openbmp-raw-text`](super::formats) write, RouteViews and CAIDA publish
//! and OpenBMP's collector sends, message after message; a line feed between two, as tools that
//! copy from Kafka put it there, is passed over. A session is what has the same ids of collector
//! and router and the same address. It has no port, and ends with the file. The lines of text have
//! no time. A message whose header makes no sense, or that does not hold whole BMP messages, is
//! counted and skipped, with one warning for each file; where no next message can be found the
//! reading ends.
//!
//! # What MRT and RIS Live become
//!
//! Route collectors record BGP messages and tables without BMP. Each recording becomes a router
//! session whose peers are the collector's:
//!
//! * an Initiation; its sysName is the view name or the BGP Identifier of a PEER_INDEX_TABLE at the
//!   beginning, or the host of RIS Live, else the file's name;
//! * a Peer Up when a peer is first seen or becomes Established. Its OPENs are made up and say how
//!   the peer's messages are written: 4-octet AS numbers, ADD-PATH and for which families. When a
//!   recording changes that in mid-session, another Peer Up says so;
//! * a Route Monitoring for each UPDATE, as recorded. `LOCAL` subtypes are Adj-RIB-Out post-policy,
//!   all others Adj-RIB-In pre-policy;
//! * a Peer Down when a peer leaves Established: with its NOTIFICATION where one was recorded, else
//!   for a local reason with FSM event 0 (not known);
//! * for each route of a table an UPDATE of its own, with the attributes of the dump and
//!   MP_REACH_NLRI put together again, and an End-of-RIB for each peer and family when the table
//!   ends. TABLE_DUMP, TABLE_DUMP_V2 with RIB_GENERIC, and BGP4MP_ENTRY are read. Where no next hop
//!   was written for a family that needs one, it is `0.0.0.0` or `::`.
//!
//! The time in the per-peer header is that of the record, with microseconds from BGP4MP_ET. A BGP
//! Identifier that is not recorded is `0.0.0.0`. Peers that share an address and differ in their AS
//! number stay apart: the second one is a Local Instance Peer with a distinguisher.
//!
//! A line of RIS Live that has the message in `raw` gives that, octet for octet; from others an
//! UPDATE is built of `path`, `community`, `origin`, `med`, `aggregator`, `announcements` and
//! `withdrawals`. KEEPALIVEs, the collector's own OPENs and records of other protocols are passed
//! over. A record or line that makes no sense is counted and skipped, with one warning for each
//! file that names the first; only the header of an MRT record that claims more than 16 MiB ends
//! the reading, because nothing after it can be found.
//!
//! # At the recorded pace
//!
//! `load --replay FILE --rate x1` sends each message as long after the first as it was recorded,
//! `x2` twice as fast, `x0.5` half as fast. All recordings of a run share one clock, which begins
//! with the earliest message of all. Times never go backwards; a message without a time goes with
//! the one before it. In a capture a message came when its last octet did.
//!
//! Raw BMP has nothing but the times of its per-peer headers: those are when the router got its
//! routes, so that the gaps of a table which a router sends at the start are those between changes
//! of its routes. With `--repeat` a repetition begins when the longest recording has ended.
