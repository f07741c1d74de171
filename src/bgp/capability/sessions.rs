//! Multisession BGP (draft-ietf-idr-bgp-multisession): a session for each of several things.

use super::{CapabilityCode, Value};
use crate::wire::{Fields, List, Reader, WireError};

/// Multisession BGP: flags(1) · codes of the capabilities that tell sessions apart(1 each).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Multisession<'a> {
    /// Flags, as received: G 0x80.
    pub flags: u8,
    /// The session identifier: codes of the capabilities that tell sessions apart. None means
    /// Multiprotocol Extensions.
    pub session_id: List<'a, CapabilityCode>,
}

impl Multisession<'_> {
    /// Grouping (G): several values of the session identifier may share a session.
    #[must_use]
    pub fn groups(&self) -> bool {
        self.flags & 0x80 != 0
    }
}

impl<'a> Value<'a> for Multisession<'a> {
    fn parse(mut value: Reader<'a>) -> Result<Self, WireError> {
        Ok(Self { flags: value.u8("Multisession flags")?, session_id: List::parse(value)? })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.flags);
        self.session_id.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            fields.flag("grouping", self.groups());
            self.session_id.describe("session_id", fields);
        });
    }
}
