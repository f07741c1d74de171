//! Integration tests: one binary, and this list is its map.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

/// The sources as the next ones see them.
mod source;

/// Which room may know which, and how large things may grow.
mod layout;

/// The README keeps step with the program.
mod readme;
