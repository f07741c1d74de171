//! The message bodies, one file per type (RFC 7854 §4.3–4.10). Each begins after the common header.

pub mod initiation;
pub mod peer_down;
pub mod peer_up;
pub mod rel;
pub mod route_mirroring;
pub mod route_monitoring;
pub mod route_policy_trace;
pub mod statistics_report;
pub mod termination;

use super::MessageType;
use crate::wire::{Reader, WireError};

/// Declares the messages: `CONST => module,` is one row.
macro_rules! messages {
    ($($konst:ident => $module:ident,)+) => {
        /// Whether the body of a message of a known type is sound as far as it is read here.
        ///
        /// # Errors
        /// What is wrong with it. Unknown types are never wrong.
        pub fn check(kind: MessageType, body: Reader<'_>) -> Result<(), WireError> {
            match kind {
                $( MessageType::$konst => $module::check(body), )+
                _ => Ok(()),
            }
        }
    };
}

messages! {
    RouteMonitoring => route_monitoring,
    StatisticsReport => statistics_report,
    PeerDown => peer_down,
    PeerUp => peer_up,
    Initiation => initiation,
    Termination => termination,
    RouteMirroring => route_mirroring,
    RoutePolicyTrace => route_policy_trace,
}
