//! ADD-PATH (RFC 7911 §4) and PATHS-LIMIT (draft-abraitis-idr-addpath-paths-limit).

use crate::wire::layout::layout;
use crate::wire::{Family, Fields, Item, Part, Reader, WireError, open_enum};

open_enum! {
    /// What a speaker is able to do with several paths of a family (RFC 7911 §4). Entries with
    /// another value are to be ignored.
    pub struct SendReceive(u8) {
        Receive = 1 => "receive",
        Send = 2 => "send",
        Both = 3 => "both",
    }
}

/// One entry of ADD-PATH: AFI(2) · SAFI(1) · Send/Receive(1). 4 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddPath {
    /// The family.
    pub family: Family,
    /// Send/Receive.
    pub mode: SendReceive,
}

impl Item<'_> for AddPath {
    const SIZE: usize = 4;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self {
            family: Part::read(r, "AFI and SAFI")?,
            mode: SendReceive(r.u8("Send/Receive")?),
        })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        self.family.encode(out);
        out.push(self.mode.0);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            self.family.describe_as("family", fields);
            fields.text("send_receive", &self.mode);
        });
    }
}

layout! {
    /// One entry of PATHS-LIMIT: AFI(2) · SAFI(1) · limit(2). 5 octets.
    pub struct PathsLimit "Paths Limit" {
        /// The family.
        family: Family,
        /// How many paths of one prefix the speaker wants at most.
        limit: u16,
    }
}
