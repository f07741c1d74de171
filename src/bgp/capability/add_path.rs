//! ADD-PATH (RFC 7911 §4) and PATHS-LIMIT (draft-abraitis-idr-addpath-paths-limit).

use super::{describe_family, family};
use crate::wire::{Family, Fields, Item, Reader, WireError, open_enum};

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
        Ok(Self { family: family(r)?, mode: SendReceive(r.u8("Send/Receive")?) })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        self.family.encode(out);
        out.push(self.mode.0);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            describe_family(self.family, fields);
            fields.text("send_receive", &self.mode);
        });
    }
}

/// One entry of PATHS-LIMIT: AFI(2) · SAFI(1) · limit(2). 5 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathsLimit {
    /// The family.
    pub family: Family,
    /// How many paths of one prefix the speaker wants at most.
    pub limit: u16,
}

impl Item<'_> for PathsLimit {
    const SIZE: usize = 5;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let whole: [u8; 5] = r.array("Paths Limit")?;
        let [high, low, safi, limit @ ..] = whole;
        let family = Family::new(u16::from_be_bytes([high, low]), safi);
        Ok(Self { family, limit: u16::from_be_bytes(limit) })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        self.family.encode(out);
        out.extend_from_slice(&self.limit.to_be_bytes());
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            describe_family(self.family, fields);
            fields.number("limit", self.limit.into());
        });
    }
}
