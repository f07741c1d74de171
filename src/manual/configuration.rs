//! The configuration file of `collect`: every key, what reading it again changes, and an example.
//!
//! `ribcage collect -c FILE` takes from a TOML file what is not typed. A key is called as its flag,
//! without dashes, and means the same; a flag that may be repeated is a list. What is typed wins,
//! lists as a whole: `-l` replaces all of `listen`. Of `quiet`, `verbose` and `log-level` one that
//! is typed replaces all three. A key that is not known, or a value that makes no sense, is an
//! error with its line, and the exit code is 2. Sizes and times stand in quotes, as they are typed:
//! `"64MiB"`, `"10ms"`; numbers need none.
//!
//! `--check` prints the configuration as it would hold, each value with its origin (`default`,
//! `flag`, or the file and line), opens nothing and ends. What it prints is a configuration file
//! that says the same.
//!
//! # Keys
//!
//! Each with its value, and with when a change comes to hold in a running collector.
//!
//! ```text
//! listen = ADDR:PORT[%DEV] or a list
//!     changed: at once
//!     Accept router connections on this address; may be repeated [default: [::]:11019]
//! connect = ADDR:PORT[%DEV] or a list
//!     changed: at once
//!     Connect to this router, which waits for it (RFC 7854 §3.2); may be repeated
//! output = FORMAT=URL or a list
//!     changed: at a restart
//!     Write to this output; may be repeated [default: pmacct-json=stdout:]
//! filter = EXPR
//!     changed: at once
//!     Show only records and routes that fit, on every output; the terms are listed below
//! reactor-cores = LIST
//!     changed: at a restart
//!     CPUs for reactors, which read and decode, such as 0-3,8 [default: as `ribcage plan`
//!     says]
//! writer-cores = LIST
//!     changed: at a restart
//!     CPUs for writers, which format and write [default: as `ribcage plan` says]
//! batch-memory = SIZE
//!     changed: at a restart
//!     Memory for data on its way to the outputs; when it is full, routers are held back
//!     [default: 64MiB]
//! flush-interval = DUR
//!     changed: at once
//!     The longest that a record waits before it is written, 1ms to 10s [default: 10ms]
//! max-frame = SIZE
//!     changed: at a restart
//!     The largest BMP message, 4KiB to 16MiB; a longer one ends its session [default: 1MiB]
//! drain-timeout = DUR
//!     changed: at once
//!     How long a stop waits for outputs to take what is on its way, at most 1d [default:
//!     30s]
//! busy-poll = true|false
//!     changed: at a restart
//!     Look for work all the time instead of sleeping: reactors and writers use their CPUs
//!     whole
//! allow = PREFIX or a list
//!     changed: at once
//!     Take routers from this prefix; may be repeated [default: from everywhere]
//! max-routers = N
//!     changed: at once
//!     Router sessions in all; more are refused [default: 20000]
//! max-routers-per-source = N
//!     changed: at once
//!     Router sessions from one address; more are refused [default: no limit]
//! accept-rate = N/s
//!     changed: at once
//!     Routers admitted a second; more wait in the kernel's backlog [default: 5000/s]
//! idle-timeout = DUR
//!     changed: at once
//!     Close a session after so long a silence, at least 1s [default: never]
//! keepalive = DUR,DUR,N
//!     changed: for new sessions
//!     TCP keepalive: quiet time before the first probe, time between probes, unanswered
//!     probes after which the router is gone [default: 60s,10s,6]
//! receive-buffer = SIZE
//!     changed: for new sessions
//!     Receive buffer of each connection, 4KiB to 1GiB [default: sized by the kernel as it
//!     goes]
//! dscp = N
//!     changed: for new sessions
//!     DSCP of what is sent to routers, 0 to 63 [default: the kernel's]
//! bmp-v4 = auto|draft-17|draft-19|draft-20|draft-21
//!     changed: for new sessions
//!     Whose numbers the TLVs of BMP version 4 have: auto tells them from each session's
//!     messages
//! rel-type = N
//!     changed: for new sessions
//!     The message type of Route Event Logging, which has none assigned yet [default: none]
//! quiet = true|false
//!     changed: at once
//!     Log only warnings and errors
//! verbose = N
//!     changed: at once
//!     Log more: -v for DEBUG, -vv for TRACE
//! log-format = text|json
//!     changed: at a restart
//!     How log lines look: `TIME LEVEL event key=value…`, or a JSON object each
//! log-level = LEVEL
//!     changed: at once
//!     The least important level that is logged; overrides -q and -v [default: info]
//! color = auto|always|never
//!     changed: at a restart
//!     When log lines are coloured
//! [[router]]
//!   source = PREFIX or a list
//!     the router connects from one of these prefixes
//!   sysname = NAME
//!     its sysName is this one; * stands for any characters, ? for one, and case does not
//!     matter
//!   bgp-id = A.B.C.D
//!     the OPENs that it sends have this BGP Identifier
//!   name = TEXT
//!     a name for it, in formats that print one
//!   tags = N or a list
//!     numbers for it: pmacct-json prints the first as its tag
//!   label = TEXT
//!     a word for it: pmacct-json prints it where there is no tag
//!   allow = true|false
//!     whether it may connect, whatever `allow` says; with `source` alone or with no
//!     condition
//!   add-path = on|off|auto
//!     NLRI carry path identifiers, or do not, whatever its Peer Ups say
//!   as-width = 2|4|auto
//!     octets of AS numbers in its AS_PATHs, whatever its Peer Ups say
//!   bmp-v4 = auto|draft-…
//!     whose numbers the TLVs of its BMP version 4 have, as --bmp-v4
//! ```
//!
//! # Outputs
//!
//! `output = ["FORMAT=URL"]` is as the flag. In an `[[output]]` table `format` and `url` stand
//! apart (without `url` it is standard output), and every option is a key: `compress = "zstd"` is
//! `?compress=zstd`. Values are taken as they are, so that a filter may hold any character; a list
//! is joined with commas. Both forms may stand in one file: `output = [{ format = "bmp", url =
//! "null:" }, "pmacct-json=stdout:"]`.
//!
//! # Routers
//!
//! `[[router]]` tables say what is known of routers. The first that fits is a router's own, in the
//! order of the file; one with several conditions (`source`, `sysname`, `bgp-id`) needs all of
//! them, and one without any fits every router. A router's address is known when it connects, its
//! sysName from its Initiation on, its BGP Identifier from the first Peer Up on, whose sent OPEN
//! has it: a router may so come to have another entry, and records carry what was known when they
//! came.
//!
//! `name`, `tags` and `label` go with every record. `pmacct-json` prints `tag` (the first of
//! `tags`) or `label` where no map of its own says otherwise; filters know the name as
//! `router-name`.
//!
//! `allow` is decided when a router connects: of the entries with `source` alone or without a
//! condition the first that fits counts, and where that says nothing, the key `allow` does. An
//! entry with `allow = false` and no condition, behind those that allow, refuses all others.
//!
//! `add-path`, `as-width` and `bmp-v4` are for routers whose Peer Ups do not tell the truth: they
//! win over what the OPENs say. Octets that can only be read the other way still are.
//!
//! # Reading it again
//!
//! SIGHUP opens the files of outputs anew and reads the configuration again; SIGUSR2 reads it
//! without opening files anew. Files that options of outputs name (maps of tags) are read again
//! with it. No session ends by it, whatever has changed: limits and lists hold for routers that
//! come, and sessions of a listener or dialed router that is gone last as long as they last.
//! `config-reloaded` names the keys that have changed and hold now; `config-needs-restart` those
//! that will hold after a restart, among them outputs that come, go or change in anything but their
//! filter (`output.NAME`). A filter that looks into UPDATEs can only come where something looked
//! into them at the start. A file that makes no sense is told of by `config-reload-failed`, and
//! everything stays as it was.
//!
//! The file is read when the signal comes: write a new one beside it and rename it, so that it is
//! never read half. It has to be a file, not a pipe; `--check` alone takes one (`/dev/stdin`).
//!
//! A change of `[[router]]` holds for sessions that are open, too. A receive buffer that was set
//! and is set no more stays until a restart, also for routers that are dialed.
//!
//! # An example
//!
//! ```toml
//! listen = ["[::]:11019", "0.0.0.0:11019%vrf-mgmt"]
//! allow = ["192.0.2.0/24", "2001:db8::/32"]
//! max-routers-per-source = 4
//! batch-memory = "256MiB"
//! log-level = "info"
//! filter = "not message = statistics"
//!
//! [[output]]
//! name = "lab"
//! format = "pmacct-json"
//! url = "file:/var/log/bmp/%Y%m%d.json"
//!
//! [[output]]
//! format = "bmp"
//! url = "tcp://192.0.2.7:11019"
//! when-full = "drop"
//! filter = "view = adj-rib-in-post or view = loc-rib"
//!
//! # One that sends two octets an AS number, whatever it says.
//! [[router]]
//! source = "192.0.2.9"
//! name = "old"
//! as-width = 2
//!
//! [[router]]
//! sysname = "edge*"
//! tags = [7]
//! label = "edge"
//! ```
//!
//! # From other collectors
//!
//! `scripts/convert_conf.py FILE` turns pmbmpd.conf (pmacct) and openbmpd.conf (OpenBMP) into such
//! a file, and lists what has no equivalent in it and on standard error.
