//! Parses the arguments, runs one subcommand, ends with its exit code.

use std::process::ExitCode;

/// Every thread allocates from a heap of its own; the system's allocator would share locks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ribcage::cli::run(std::env::args_os())
}
