//! Ribcage: a thread-per-core collector for the BGP Monitoring Protocol (BMP, RFC 7854).
pub mod engine;
pub mod net;
pub mod output;
pub mod record;
pub mod session;
pub mod wire;
