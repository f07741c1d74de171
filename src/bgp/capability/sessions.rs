//! Multisession BGP (draft-ietf-idr-bgp-multisession): a session for each of several things.

use super::CapabilityCode;
use crate::wire::{Fields, List, Part, Reader, WireError};

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

impl<'a> Part<'a> for Multisession<'a> {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        Ok(Self { flags: r.u8("Multisession flags")?, session_id: Part::read(r, what)? })
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.push(self.flags);
        self.session_id.encode(out);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            fields.flag("grouping", self.groups());
            self.session_id.describe_as("session_id", fields);
        });
    }
}
