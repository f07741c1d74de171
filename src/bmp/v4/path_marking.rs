//! Path Marking: status(4) · [reason(2)] (draft-ietf-grow-bmp-path-marking-tlv-05).

use crate::wire::{Fields, open_enum};

/// The names of the status bits, from the lowest up. Drafts before -03 had another name for 0x400.
pub const STATUS_NAMES: [&str; 12] = [
    "invalid",
    "best",
    "non-selected",
    "primary",
    "backup",
    "non-installed",
    "best-external",
    "add-path",
    "filtered-in",
    "filtered-out",
    "stale",
    "suppressed",
];

open_enum! {
    /// Why a path is not selected, or is invalid.
    pub struct PathMarkingReason(u16) {
        AsLoop = 1 => "invalid for AS loop",
        UnresolvableNextHop = 2 => "invalid for unresolvable nexthop",
        LocalPreference = 3 => "not preferred for local preference",
        AsPathLength = 4 => "not preferred for AS path length",
        Origin = 5 => "not preferred for origin",
        Med = 6 => "not preferred for MED",
        PeerType = 7 => "not preferred for peer type",
        IgpCost = 8 => "not preferred for IGP cost",
        RouterId = 9 => "not preferred for router ID",
        PeerAddress = 10 => "not preferred for peer address",
        Aigp = 11 => "not preferred for AIGP",
    }
}

/// The status of a path in the router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PathMarking {
    /// Status bits, see [`STATUS_NAMES`]; none at all for an unknown status.
    pub status: u32,
    /// Why.
    pub reason: Option<PathMarkingReason>,
}

impl PathMarking {
    /// The status of 4 octets, or 6 with a reason; `None` for any other length.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (status, reason) = match *value {
            [a, b, c, d] => ([a, b, c, d], None),
            [a, b, c, d, e, f] => ([a, b, c, d], Some([e, f])),
            _ => return None,
        };
        let reason = reason.map(|code| PathMarkingReason(u16::from_be_bytes(code)));
        Some(Self { status: u32::from_be_bytes(status), reason })
    }

    /// Appends its octets.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.status.to_be_bytes());
        if let Some(reason) = self.reason {
            out.extend_from_slice(&reason.0.to_be_bytes());
        }
    }

    /// The places of the status bits that are set and have a name, from the lowest up.
    pub fn named(&self) -> impl Iterator<Item = usize> + use<> {
        let status = self.status;
        (0..STATUS_NAMES.len()).filter(move |bit| status & (1 << bit) != 0)
    }

    /// The status bits that have no name.
    #[must_use]
    pub fn unnamed(&self) -> u32 {
        self.status & (u32::MAX << STATUS_NAMES.len())
    }

    /// Says what it holds.
    pub fn describe(&self, fields: &mut dyn Fields) {
        fields.list("path_status", &mut |fields| {
            for bit in self.named() {
                fields.text("", &STATUS_NAMES[bit]);
            }
            if self.unnamed() != 0 {
                fields.text("", &format_args!("{:#010x}", self.unnamed()));
            }
        });
        if let Some(reason) = self.reason {
            fields.text("reason", &reason);
        }
    }
}
