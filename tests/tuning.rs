//! What stands in `tuning/` works: it is applied, run, parsed or compared, as far as this machine
//! has the tools; where it has not, the tests say "skipped: …" on standard error.

/// The manual's pages on tuning and on failures name what there is.
mod failures;
/// The network card's script, on a made-up tree.
mod nic;
/// Man pages and completions are those of the program's flags.
mod pages;
/// The seccomp profile is enough for the collector, and applied to it.
mod seccomp;
/// The unit, and what a service manager hears.
mod service;
/// Profiles and kernel settings: what they say is accepted.
mod settings;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::util::skipped;

/// A file or folder of `tuning/`.
fn tuning(name: &str) -> PathBuf {
    crate::source::root().join("tuning").join(name)
}

/// Whether a program is there that answers to `arguments`; says that `test` is skipped otherwise.
fn has(test: &str, program: &str, arguments: &[&str]) -> bool {
    let answer = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let is_there = answer.is_ok_and(|status| status.success());
    if !is_there {
        skipped(test, format!("there is no {program} here that could check"));
    }
    is_there
}

/// Standard output and standard error of a command together.
fn said(output: &Output) -> String {
    let texts = [&output.stdout, &output.stderr].map(|octets| String::from_utf8_lossy(octets));
    texts.concat()
}
