//! BGP messages.

pub mod encode;
