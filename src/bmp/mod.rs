//! The BGP Monitoring Protocol, version 3 (RFC 7854, 8671, 9069, 9736) and 4, sans-io.

pub mod encode;
mod frame;
pub mod msg;
mod peer;
mod tlv;
pub mod v4;

pub use frame::{COMMON_HEADER_LEN, CommonHeader, FrameError, MessageType};
pub use peer::{PER_PEER_HEADER_LEN, PeerHeader, PeerKey, PeerType, RibView};
pub use tlv::{Tlv, TlvOwner, Tlvs};
