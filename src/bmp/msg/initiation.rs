//! Initiation: information TLVs (RFC 7854 §4.3, RFC 9736 §3.1).

use crate::bmp::Tlvs;
use crate::wire::{Reader, WireError, open_enum};

open_enum! {
    /// Initiation information TLV types (RFC 9736 §3.1).
    pub struct InitiationTlv(u16) {
        String = 0 => "String",
        SysDescr = 1 => "sysDescr",
        SysName = 2 => "sysName",
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
