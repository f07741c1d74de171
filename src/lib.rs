//! Ribcage: a thread-per-core collector for the BGP Monitoring Protocol (BMP, RFC 7854).
pub mod bgp;
pub mod bmp;
pub mod engine;
pub mod load;
pub mod output;
pub mod record;
pub mod session;
pub mod wire;
