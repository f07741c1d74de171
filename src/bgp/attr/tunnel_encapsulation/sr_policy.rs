//! The sub-TLVs of an SR Policy's candidate path (RFC 9830 §2.4).

use std::net::Ipv6Addr;

use super::segment::{SegmentListSubTlv, Srv6SidBehavior};
use crate::wire::layout::layout;
use crate::wire::{
    Fields, LabelStackEntry, List, Part, Reader, Reserved, Text, WireError, open_enum,
};

layout! {
    /// Preference: 6 octets (RFC 9830 §2.4.1).
    pub struct PathPreference "Preference sub-TLV" {
        /// Flags; none is defined.
        flags: u8,
        /// Reserved.
        reserved: Reserved<1>,
        /// The preference; the highest wins.
        preference: u32,
    }

    /// Binding SID: 2, 6 or 18 octets (RFC 9830 §2.4.2).
    pub struct BindingSid "Binding SID sub-TLV" {
        /// Flags: 0x80 S (specified BSID only), 0x40 I (drop upon invalid).
        flags: u8,
        /// Reserved.
        reserved: Reserved<1>,
        /// The SID; `None` leaves the choice to the headend.
        sid: Option<Sid>,
    }

    /// SRv6 Binding SID: 18 or 26 octets (RFC 9830 §2.4.3).
    pub struct Srv6BindingSid "SRv6 Binding SID sub-TLV" {
        /// Flags: 0x80 S (specified BSID only), 0x40 I (drop upon invalid), 0x20 B (behavior
        /// and structure are there).
        flags: u8,
        /// Reserved.
        reserved: Reserved<1>,
        /// The SID.
        sid: Ipv6Addr,
        /// What it does, and how it is put together.
        behavior: Option<Srv6SidBehavior>,
    }

    /// ENLP: 3 octets (RFC 9830 §2.4.5).
    pub struct ExplicitNullLabelPolicy "ENLP sub-TLV" {
        /// Flags; none is defined.
        flags: u8,
        /// Reserved.
        reserved: Reserved<1>,
        /// The policy.
        enlp: Enlp,
    }

    /// Priority: 2 octets (RFC 9830 §2.4.6).
    pub struct PathPriority "Priority sub-TLV" {
        /// In which order policies are computed anew.
        priority: u8,
        /// Reserved.
        reserved: Reserved<1>,
    }

    /// The name of a policy or of a candidate path: 1 octet, and the name (RFC 9830 §2.4.7,
    /// §2.4.8).
    pub struct NamedPath<'a> "Policy Name sub-TLV" {
        /// Reserved.
        reserved: Reserved<1>,
        /// The name.
        name: Text<'a>,
    }

    /// Segment List: 1 octet, and its sub-TLVs (RFC 9830 §2.4.4).
    pub struct SegmentList<'a> "Segment List sub-TLV" {
        /// Reserved.
        reserved: Reserved<1>,
        /// Weight and segments.
        segments: List<'a, SegmentListSubTlv<'a>>,
    }
}

open_enum! {
    /// Explicit NULL label policies (RFC 9830 §6.10).
    pub struct Enlp(u8) {
        Ipv4 = 1 => "push an IPv4 Explicit NULL label on an unlabeled IPv4 packet",
        Ipv6 = 2 => "push an IPv6 Explicit NULL label on an unlabeled IPv6 packet",
        Both = 3 => "push an Explicit NULL label on an unlabeled IP packet",
        Neither = 4 => "do not push an Explicit NULL label",
    }
}

/// A SID: a label of 4 octets, or an SRv6 SID of 16.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sid {
    /// A label; only its 20 bits count.
    Label(LabelStackEntry),
    /// An SRv6 SID.
    Srv6(Ipv6Addr),
}

impl Part<'_> for Sid {
    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        match r.len() {
            4 => Part::read(r, what).map(Self::Label),
            _ => Part::read(r, what).map(Self::Srv6),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Label(label) => label.write(out),
            Self::Srv6(sid) => sid.write(out),
        }
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        match self {
            Self::Label(label) => label.describe_as(name, fields),
            Self::Srv6(sid) => sid.describe_as(name, fields),
        }
    }
}
