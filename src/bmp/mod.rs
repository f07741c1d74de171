//! The BGP Monitoring Protocol, versions 3 (RFC 7854, 8671, 9069, 9736, 9972) and 4, sans-io.
//!
//! [`Message::parse`] reads one message, [`Messages`] a stream of them; every type of message is a
//! type under [`msg`] (what version 4 has otherwise under [`v4`]) that is read in place and written
//! back octet for octet.

pub mod encode;
mod frame;
mod keyed;
mod message;
pub mod msg;
mod peer;
mod tlv;
pub mod v4;

pub use frame::{COMMON_HEADER_LEN, CommonHeader, FrameError, MessageType};
pub use keyed::{Keyed, OneShot, Seed};
pub use message::{MessageError, Messages, Unknown};
pub use msg::Message;
pub use peer::{PER_PEER_HEADER_LEN, PeerHeader, PeerKey, PeerType, RibView, address_octets};
pub use tlv::{Tlv, TlvOwner, Tlvs};
