//! BMP version 4 (draft-ietf-grow-bmp-tlv): what differs from version 3.
//!
//! Every message carries version 4 and ends with TLVs whose type has an enterprise bit. Route
//! Monitoring is nothing but TLVs after its per-peer header: one holds the BGP message, others say
//! more of all its NLRIs or of some. The numbers of these TLVs changed from draft to draft: a
//! [`Profile`] is the set of numbers that a router uses.
//!
//! [`Message`] is any of them. Initiation, Termination, Peer Up and Route Mirroring are laid out as
//! in version 3.

mod index;
mod message;
mod path_marking;
mod peer_down;
mod profile;
mod route_monitoring;
mod statistics_report;
mod tlv;
mod value;

pub use index::{Index, Markings};
pub use message::Message;
pub use path_marking::{PathMarking, PathMarkingReason, STATUS_NAMES};
pub use peer_down::PeerDown;
pub use profile::{Dialect, Profile, RmTlv};
pub use route_monitoring::RouteMonitoring;
pub use statistics_report::{STATS_TLV, StatisticsReport};
pub use tlv::{IndexedTlv, Owner, Tlv};
pub use value::{RmValue, StatelessParsing, TimestampTlv, TimestampType};

use super::encode;

/// The version in the common header (draft-ietf-grow-bmp-tlv-20 §5.1).
pub const VERSION: u8 = 4;

/// A message of any type: the common header around what `body` appends.
pub fn message(out: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    of_version_4(out, |out| encode::message(out, kind, body));
}

/// Makes the one message that `message` appends one of version 4: for those whose layout is that
/// of version 3.
pub fn of_version_4(out: &mut Vec<u8>, message: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    message(out);
    if let Some(version) = out.get_mut(at) {
        *version = VERSION;
    }
}

#[cfg(test)]
mod tests;
