//! Ribcage: a thread-per-core collector for the BGP Monitoring Protocol (BMP, RFC 7854).
pub mod cli;
pub mod config;
pub mod engine;
pub mod output;
pub mod record;
pub mod session;
pub mod telemetry;
pub mod wire;
