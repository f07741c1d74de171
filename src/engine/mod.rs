//! The clockwork.
pub mod port;
