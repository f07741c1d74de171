//! Graceful Restart (RFC 4724 §3, RFC 8538 §2) and Long-Lived Graceful Restart (RFC 9494 §4.1).

use crate::wire::{Family, Fields, Item, List, Part, Reader, WireError};

/// Bits of the restart time, seconds.
const TIME: u16 = 0x0fff;
/// Bit of a family's flags: its forwarding state was kept.
const FORWARDING_STATE: u8 = 0x80;

/// Graceful Restart: flags(4 bits) · restart time(12 bits) · families of 4 octets each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GracefulRestart<'a> {
    /// Restart flags, 4 bits, as received: R 0x8, N 0x4.
    pub flags: u8,
    /// Restart time, seconds, 12 bits.
    pub restart_time: u16,
    /// The families that the speaker can restart gracefully.
    pub families: List<'a, RestartFamily>,
}

impl GracefulRestart<'_> {
    /// Restart State (R): the speaker has just restarted.
    pub const RESTART_STATE: u8 = 0x8;
    /// Notification (N): NOTIFICATION messages do not end the routes either (RFC 8538 §2).
    pub const NOTIFICATION: u8 = 0x4;

    /// Whether the speaker has just restarted.
    #[must_use]
    pub fn has_restarted(&self) -> bool {
        self.flags & Self::RESTART_STATE != 0
    }

    /// Whether it restarts gracefully after a NOTIFICATION, too.
    #[must_use]
    pub fn covers_notification(&self) -> bool {
        self.flags & Self::NOTIFICATION != 0
    }
}

impl<'a> Part<'a> for GracefulRestart<'a> {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        let first = r.u16("restart flags and time")?;
        let families = Part::read(r, what)?;
        Ok(Self { flags: (first >> 12) as u8, restart_time: first & TIME, families })
    }
    fn write(&self, out: &mut Vec<u8>) {
        let first = u16::from(self.flags) << 12 | self.restart_time & TIME;
        out.extend_from_slice(&first.to_be_bytes());
        self.families.encode(out);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            fields.flag("restart_state", self.has_restarted());
            fields.flag("notification", self.covers_notification());
            fields.number("restart_time", self.restart_time.into());
            self.families.describe_as("families", fields);
        });
    }
}

/// A family of [`GracefulRestart`]: AFI(2) · SAFI(1) · flags(1). 4 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestartFamily {
    /// The family.
    pub family: Family,
    /// Flags, as received: F 0x80.
    pub flags: u8,
}

impl RestartFamily {
    /// Forwarding State (F): it was kept while the speaker restarted.
    #[must_use]
    pub fn kept_forwarding_state(&self) -> bool {
        self.flags & FORWARDING_STATE != 0
    }
}

impl Item<'_> for RestartFamily {
    const SIZE: usize = 4;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self { family: Part::read(r, "AFI and SAFI")?, flags: r.u8("flags of a family")? })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        self.family.encode(out);
        out.push(self.flags);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            self.family.describe_as("family", fields);
            fields.flag("forwarding_state", self.kept_forwarding_state());
        });
    }
}

/// A family of Long-Lived Graceful Restart: AFI(2) · SAFI(1) · flags(1) · stale time(3). 7 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongLivedFamily {
    /// The family.
    pub family: Family,
    /// Flags, as received: F 0x80.
    pub flags: u8,
    /// Long-lived Stale Time, seconds, 24 bits.
    pub stale_time: u32,
}

impl LongLivedFamily {
    /// Forwarding State (F): it was kept while the speaker restarted.
    #[must_use]
    pub fn kept_forwarding_state(&self) -> bool {
        self.flags & FORWARDING_STATE != 0
    }
}

impl Item<'_> for LongLivedFamily {
    const SIZE: usize = 7;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let [afi_high, afi_low, safi, flags, a, b, c] = r.array("Long-lived family")?;
        let family = Family::new(u16::from_be_bytes([afi_high, afi_low]), safi);
        Ok(Self { family, flags, stale_time: u32::from_be_bytes([0, a, b, c]) })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        let [_, a, b, c] = self.stale_time.to_be_bytes();
        self.family.encode(out);
        out.extend_from_slice(&[self.flags, a, b, c]);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            self.family.describe_as("family", fields);
            fields.flag("forwarding_state", self.kept_forwarding_state());
            fields.number("stale_time", self.stale_time.into());
        });
    }
}
