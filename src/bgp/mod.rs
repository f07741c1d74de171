//! The BGP messages inside BMP (RFC 4271 and kin), sans-io.
//!
//! Parsing never guesses: what a peer negotiated is an argument. Octets are kept and interpreted
//! late; codes that nobody here knows stay as they are.

pub mod attr;
pub mod capability;
pub mod encode;
mod header;
mod message;
pub mod nlri;
pub mod notification;
pub mod open;
pub mod route_refresh;
pub mod update;

pub use header::{HEADER_LEN, Header, LEN_MAX, LEN_MAX_USUAL, MARKER, MessageType};
pub use message::Message;
pub use notification::Notification;
pub use open::Open;
pub use route_refresh::RouteRefresh;
pub use update::{Negotiated, Update};

/// The width of AS numbers in AS_PATH and AGGREGATOR (RFC 6793).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AsWidth {
    /// 2 octets.
    Two,
    /// 4 octets.
    #[default]
    Four,
}
