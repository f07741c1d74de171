//! `collect` as a process: what routers send is what receivers get, under every kind of pressure.

/// The `bmp` output: the octets as they came, one connection or file for each router session.
mod bmp_output;
/// Files written around the page cache: nothing lost, torn or padded.
mod direct;
/// Limits met by some routers and not noticed by others; dialing out, devices, socket options.
mod limits;
/// Receivers that pause, die and come back.
mod pressure;
/// Recorded routers over TCP give what `decode` gives.
mod recorded;
/// All scenarios of `load` at once against `collect`: what was sent is what came out.
mod scenarios;
/// Several reactors, writers, routers and outputs at once.
mod several;
/// The way to the end: drain, time limits, a second signal.
mod stopping;
/// Full disks, too few descriptors, refusing kernels, stopped readers, clocks that are set: what
/// real hosts do to it.
mod survival;
