//! Filters: what passes is what passes by an independent reading, on every kind of output.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod collected;
mod grammar;
mod logic;
mod recorded;
