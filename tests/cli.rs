//! The command line, as scripts and people meet it.

/// What may be typed, what is refused, and the exit codes.
mod arguments;
/// `decode`: inputs, ends, exit codes.
mod decode;
/// Where the collector runs: signals, users, limits, single cores.
mod environment;
/// Which CPUs: lists that are refused, plans, and what is badly tuned.
mod placement;
/// Help texts and tables, held word by word.
mod snapshots;
