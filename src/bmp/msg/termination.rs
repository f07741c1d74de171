//! Termination: information TLVs (RFC 7854 §4.5).

use crate::bmp::Tlvs;
use crate::wire::{Reader, WireError, open_enum};

open_enum! {
    /// Termination information TLV types.
    pub struct TerminationTlv(u16) {
        String = 0 => "String",
        Reason = 1 => "Reason",
    }
}

open_enum! {
    /// Termination reasons.
    pub struct TerminationReason(u16) {
        AdministrativelyClosed = 0 => "Session administratively closed",
        Unspecified = 1 => "Unspecified reason",
        OutOfResources = 2 => "Out of resources",
        RedundantConnection = 3 => "Redundant connection",
        PermanentlyClosed = 4 => "Session permanently administratively closed",
    }
}

/// The TLVs of the message, in order.
#[must_use]
pub fn tlvs(body: Reader<'_>) -> Tlvs<'_> {
    Tlvs::new(body)
}

pub(super) fn check(body: Reader<'_>) -> Result<(), WireError> {
    tlvs(body).check()
}
