//! The clockwork.
pub mod placement;
pub mod port;
