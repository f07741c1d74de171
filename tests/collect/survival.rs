//! `collect` on hosts that run out of things, refuse things, stop things and set their clocks.
//!
//! Where a host has to be bent for that, it is done beside it: file systems in mount namespaces of
//! their own, errors of system calls by a seccomp filter, the clock by a preloaded library. What
//! cannot be had (no compiler, no namespaces) skips a test, which says so.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::collector::{Collector, key_of};

/// The wall clock is set back and forward.
mod clocks;
/// Descriptors run out.
mod descriptors;
/// Disks that tests fill.
mod disk;
/// Disks that are full.
mod full_disk;
/// Nobody is left at the other ends of its standard streams.
mod orphans;
/// The system refuses what it usually does.
mod refusals;
/// Readers that are stopped and continued, and the collector itself.
mod stopped_readers;

/// A word on standard error, past the harness that keeps what tests print.
fn skip(test: &str, why: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {why}");
}

/// Compiles a C source of `tests/util` to `into`; says so when that cannot be done.
fn compiled(test: &str, source: &str, options: &[&str], into: &str) -> bool {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/util").join(source);
    let mut command = Command::new("cc");
    command.args(["-O1", "-Wall", "-Werror", "-o", into]).args(options).arg(&source);
    match command.stdin(Stdio::null()).output() {
        Ok(done) if done.status.success() => true,
        // A compiler that does not like it is no reason to skip.
        Ok(done) => panic!("{}: {}", source.display(), String::from_utf8_lossy(&done.stderr)),
        Err(error) => {
            skip(test, &format!("no C compiler: {error}"));
            false
        }
    }
}

/// A counter of the status report, asked for now: of `output`, or of the first reactor.
#[track_caller]
fn counter(collector: &Collector, output: Option<&str>, name: &str) -> u64 {
    let is_it = |line: &str| {
        let of = key_of(line, "output");
        line.contains(" status ") && of == output && key_of(line, name).is_some()
    };
    let before = collector.log().len();
    collector.signal(rustix::process::Signal::USR1);
    let line = crate::collector::await_some("a status report", || {
        collector.log().into_iter().skip(before).find(|line| is_it(line))
    });
    key_of(&line, name).unwrap().parse().unwrap()
}

/// Asserts that the collector leaves the processor alone: nothing that it waits for is waited for
/// in a busy loop.
#[track_caller]
fn assert_at_rest(collector: &Collector) {
    let before = collector.cpu_ticks();
    std::thread::sleep(std::time::Duration::from_secs(2));
    let ticks = collector.cpu_ticks() - before;
    assert!(ticks <= 30, "{ticks} ticks of 10 ms in 2 s: more than 15 % of a core");
}
