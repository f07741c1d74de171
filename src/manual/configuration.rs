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
//! and is set no more stays on listening sockets.
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
