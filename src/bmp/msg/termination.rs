//! Termination: information TLVs (RFC 7854 §4.5).

use crate::bmp::tlv::describe_text;
use crate::bmp::{MessageType, Tlv, Tlvs, encode};
use crate::wire::{Fields, Reader, WireError, open_enum};

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

impl TerminationTlv {
    /// A TLV of this type.
    #[must_use]
    pub const fn tlv(self, value: &[u8]) -> Tlv<'_> {
        Tlv::new(self.0, value)
    }
}

/// A Termination message: why the router is about to close the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Termination<'a> {
    /// The TLVs, in order. A reason stands in every message that keeps to the standard.
    pub tlvs: Tlvs<'a>,
}

impl<'a> Termination<'a> {
    /// Reads the body of the message.
    ///
    /// # Errors
    /// A TLV is cut short.
    pub fn parse(body: Reader<'a>) -> Result<Self, WireError> {
        Tlvs::parse(body).map(|tlvs| Self { tlvs })
    }

    /// The first reason, if it has 2 octets.
    #[must_use]
    pub fn reason(&self) -> Option<TerminationReason> {
        let value = self.tlvs.of(TerminationTlv::Reason.0).next()?;
        value.try_into().ok().map(u16::from_be_bytes).map(TerminationReason)
    }

    /// Appends the whole message, with its common header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        encode::message(out, MessageType::Termination.0, |out| self.tlvs.encode(out));
    }

    /// Describes the message.
    pub fn describe(&self, fields: &mut dyn Fields) {
        self.tlvs.describe(fields, |kind, value, fields| {
            let kind = TerminationTlv(kind);
            fields.text("type", &kind);
            match (kind, value) {
                (TerminationTlv::String, text) => describe_text(text, fields),
                (TerminationTlv::Reason, &[a, b]) => {
                    fields.text("reason", &TerminationReason(u16::from_be_bytes([a, b])));
                }
                _ => fields.octets("value", value),
            }
        });
    }
}

/// The TLVs of the message, in order.
#[must_use]
pub fn tlvs(body: Reader<'_>) -> Tlvs<'_> {
    Tlvs::new(body)
}
