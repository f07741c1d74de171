//! Initiation: information TLVs (RFC 7854 §4.3, RFC 9736 §3.1).

use crate::bmp::tlv::describe_text;
use crate::bmp::{MessageType, Tlv, Tlvs, encode};
use crate::wire::{Fields, Reader, WireError, open_enum};

open_enum! {
    /// Initiation information TLV types (RFC 9736 §3.1). 3 and 4 are reserved.
    pub struct InitiationTlv(u16) {
        String = 0 => "String",
        SysDescr = 1 => "sysDescr",
        SysName = 2 => "sysName",
    }
}

impl InitiationTlv {
    /// A TLV of this type.
    #[must_use]
    pub const fn tlv(self, value: &[u8]) -> Tlv<'_> {
        Tlv::new(self.0, value)
    }
}

/// An Initiation message: who the router is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Initiation<'a> {
    /// The TLVs, in order. sysDescr and sysName stand in every message that keeps to the standard.
    pub tlvs: Tlvs<'a>,
}

impl<'a> Initiation<'a> {
    /// Reads the body of the message.
    ///
    /// # Errors
    /// A TLV is cut short.
    pub fn parse(body: Reader<'a>) -> Result<Self, WireError> {
        Tlvs::parse(body).map(|tlvs| Self { tlvs })
    }

    /// sysDescr, unless it is missing or no UTF-8.
    #[must_use]
    pub fn sys_descr(&self) -> Option<&'a str> {
        self.tlvs.text(InitiationTlv::SysDescr.0)
    }

    /// sysName, unless it is missing or no UTF-8.
    #[must_use]
    pub fn sys_name(&self) -> Option<&'a str> {
        self.tlvs.text(InitiationTlv::SysName.0)
    }

    /// Appends the whole message, with its common header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        encode::message(out, MessageType::Initiation.0, |out| self.tlvs.encode(out));
    }

    /// Describes the message.
    pub fn describe(&self, fields: &mut dyn Fields) {
        self.tlvs.describe(fields, |kind, value, fields| {
            let kind = InitiationTlv(kind);
            fields.text("type", &kind);
            match kind.name() {
                Some(_) => describe_text(value, fields),
                None => fields.octets("value", value),
            }
        });
    }
}

/// The TLVs of the message, in order.
#[must_use]
pub fn tlvs(body: Reader<'_>) -> Tlvs<'_> {
    Tlvs::new(body)
}
