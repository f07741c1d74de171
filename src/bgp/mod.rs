//! The BGP messages inside BMP (RFC 4271 and kin), sans-io.
//!
//! Parsing never guesses: what a peer negotiated is an argument. Octets are kept and interpreted
//! late; codes that nobody here knows stay as they are.

pub mod attr;
pub mod encode;
mod header;
pub mod nlri;
pub mod notification;
pub mod open;
pub mod update;

pub use header::{HEADER_LEN, Header, MARKER, MessageType};

/// The width of AS numbers in AS_PATH and AGGREGATOR (RFC 6793).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AsWidth {
    /// 2 octets.
    Two,
    /// 4 octets.
    #[default]
    Four,
}
