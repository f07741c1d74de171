//! What TLVs say about a candidate path of an SR Policy (RFC 9857 §5).

use std::net::Ipv6Addr;

use super::link::GroupMask;
use super::node::MtId;
use super::{MplsLabel, Reserved, SubTlvs};
use crate::wire::layout::{bits, layout};
use crate::wire::{Fields, List, Part, Reader, WireError, open_enum};

bits! {
    /// Flags of SR Binding SID (RFC 9857 §5.1).
    pub struct BindingSidFlags(u16) {
        /// The dataplane is SRv6.
        SRV6 = 0x8000 => "D",
        /// The binding SID is allocated.
        ALLOCATED = 0x4000 => "B",
        /// The specified binding SID is not available.
        UNAVAILABLE = 0x2000 => "U",
        /// It comes from the SR local block.
        LOCAL_BLOCK = 0x1000 => "L",
        /// Another one was allocated instead of the specified one.
        FALLBACK = 0x0800 => "F",
    }

    /// Flags of SRv6 Binding SID (RFC 9857 §5.2).
    pub struct Srv6BindingSidFlags(u16) {
        /// The binding SID is allocated.
        ALLOCATED = 0x8000 => "B",
        /// The specified binding SID is not available.
        UNAVAILABLE = 0x4000 => "U",
        /// Another one was allocated instead of the specified one.
        FALLBACK = 0x2000 => "F",
    }

    /// Flags of SR Candidate Path State (RFC 9857 §5.3).
    pub struct PathStateFlags(u16) {
        /// Administratively shut.
        SHUT = 0x8000 => "S",
        /// The active path.
        ACTIVE = 0x4000 => "A",
        /// The backup path.
        BACKUP = 0x2000 => "B",
        /// Its validity was evaluated.
        EVALUATED = 0x1000 => "E",
        /// At least one of its SID lists is valid.
        VALID = 0x0800 => "V",
        /// It came to be on demand.
        ON_DEMAND = 0x0400 => "O",
        /// Its computation is delegated to a controller.
        DELEGATED = 0x0200 => "D",
        /// A controller provisioned it.
        CONTROLLER = 0x0100 => "C",
        /// Traffic is dropped when it becomes invalid.
        DROP_UPON_INVALID = 0x0080 => "I",
        /// It may carry transit traffic.
        TRANSIT_ELIGIBLE = 0x0040 => "T",
        /// It is dropping traffic.
        DROPPING = 0x0020 => "U",
    }

    /// Flags of SR Candidate Path Constraints (RFC 9857 §5.6).
    pub struct ConstraintFlags(u16) {
        /// The dataplane is SRv6.
        SRV6 = 0x8000 => "D",
        /// Protected SIDs are preferred or required.
        PROTECTED = 0x4000 => "P",
        /// Unprotected SIDs are preferred or required.
        UNPROTECTED = 0x2000 => "U",
        /// The algorithm is required.
        ALGORITHM = 0x1000 => "A",
        /// The topology is required.
        TOPOLOGY = 0x0800 => "T",
        /// What P and U say is required.
        STRICT = 0x0400 => "S",
        /// The path is fixed once it is computed.
        FIXED = 0x0200 => "F",
        /// Only adjacency SIDs.
        HOP_BY_HOP = 0x0100 => "H",
    }

    /// Flags of SR Disjoint Group Constraint: what is requested, and what is so (RFC 9857 §5.6.4).
    pub struct DisjointFlags(u8) {
        /// Disjoint of shared risk link groups.
        SRLG = 0x80 => "S",
        /// Disjoint of nodes.
        NODE = 0x40 => "N",
        /// Disjoint of links.
        LINK = 0x20 => "L",
        /// Falling back to a lesser kind.
        FALLBACK = 0x10 => "F",
        /// Falling back to the best path.
        BEST_PATH = 0x08 => "I",
        /// Not met: the path is invalid.
        INVALID = 0x04 => "X",
    }

    /// Flags of SR Bidirectional Group Constraint (RFC 9857 §5.6.5).
    pub struct BidirectionalFlags(u16) {
        /// The reverse direction.
        REVERSE = 0x8000 => "R",
        /// Both directions take the same way.
        CO_ROUTED = 0x4000 => "C",
    }

    /// Flags of SR Metric Constraint (RFC 9857 §5.6.6).
    pub struct MetricConstraintFlags(u8) {
        /// The path is optimized for this metric.
        OPTIMIZATION = 0x80 => "O",
        /// The margin is given.
        MARGIN = 0x40 => "M",
        /// The margin is an absolute value, not a percentage.
        ABSOLUTE = 0x20 => "A",
        /// The bound is given.
        BOUND = 0x10 => "B",
    }

    /// Flags of SR Segment List (RFC 9857 §5.7).
    pub struct SegmentListFlags(u16) {
        /// The segments are SRv6 SIDs.
        SRV6 = 0x8000 => "D",
        /// Explicitly given.
        EXPLICIT = 0x4000 => "E",
        /// Computed.
        COMPUTED = 0x2000 => "C",
        /// Verified.
        VERIFIED = 0x1000 => "V",
        /// Its first segment is resolved.
        RESOLVED = 0x0800 => "R",
        /// Its computation failed.
        FAILED = 0x0400 => "F",
        /// All segments are of the given algorithm.
        ALGORITHM = 0x0200 => "A",
        /// All segments are of the given topology.
        TOPOLOGY = 0x0100 => "T",
        /// Taken out of use because of a fault.
        REMOVED = 0x0080 => "M",
    }

    /// Flags of SR Segment List Metric (RFC 9857 §5.7.2).
    pub struct ListMetricFlags(u8) {
        /// The margin is given.
        MARGIN = 0x80 => "M",
        /// The margin is an absolute value, not a percentage.
        ABSOLUTE = 0x40 => "A",
        /// The bound is given.
        BOUND = 0x20 => "B",
        /// The value is given.
        VALUE = 0x10 => "V",
    }
}

open_enum! {
    /// Types of metrics of SR Policies (RFC 9857 §8.6).
    pub struct PolicyMetricType(u8) {
        Igp = 0 => "IGP Metric",
        MinLinkDelay = 1 => "Min Unidirectional Link Delay",
        Te = 2 => "TE Metric",
        HopCount = 3 => "Hop Count",
        SidListLength = 4 => "SID List Length",
    }
}

/// A binding SID; how many octets of the value are left tells its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicySid {
    /// SR-MPLS, 4 octets.
    Label(MplsLabel),
    /// SRv6, 16 octets.
    Srv6(Ipv6Addr),
}

impl<'a> Part<'a> for PolicySid {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        match r.len() {
            16 | 32 => Part::read(r, what).map(Self::Srv6),
            _ => Part::read(r, what).map(Self::Label),
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

/// A group of paths to the end of the value: a number of 4 octets, or a PCEP ASSOCIATION object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GroupId<'a>(pub &'a [u8]);

impl<'a> Part<'a> for GroupId<'a> {
    fn read(r: &mut Reader<'a>, _: &'static str) -> Result<Self, WireError> {
        Ok(Self(r.rest()))
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        match <[u8; 4]>::try_from(self.0) {
            Ok(number) => fields.number(name, u32::from_be_bytes(number).into()),
            Err(_) => fields.octets(name, self.0),
        }
    }
}

layout! {
    /// SR Binding SID (RFC 9857 §5.1).
    pub struct SrBindingSid {
        /// Flags.
        flags: BindingSidFlags,
        /// Reserved octets.
        reserved: Reserved<2>,
        /// The binding SID in use.
        binding_sid: PolicySid,
        /// The one that was asked for, or zero; of the same kind.
        specified_binding_sid: PolicySid,
    }

    /// SRv6 Binding SID (RFC 9857 §5.2).
    pub struct Srv6BindingSid<'a> {
        /// Flags.
        flags: Srv6BindingSidFlags,
        /// Reserved octets.
        reserved: Reserved<2>,
        /// The binding SID in use.
        binding_sid: Ipv6Addr,
        /// The one that was asked for, or zero.
        specified_binding_sid: Ipv6Addr,
        /// Its behavior and structure.
        sub_tlvs: SubTlvs<'a>,
    }

    /// SR Candidate Path State (RFC 9857 §5.3).
    pub struct SrCandidatePathState {
        /// Priority in which the headend computes its paths again.
        priority: u8,
        /// A reserved octet.
        reserved: Reserved<1>,
        /// Flags.
        flags: PathStateFlags,
        /// Preference among the candidate paths.
        preference: u32,
    }

    /// SR Candidate Path Constraints (RFC 9857 §5.6).
    pub struct SrConstraints<'a> {
        /// Flags.
        flags: ConstraintFlags,
        /// Reserved octets.
        reserved: Reserved<2>,
        /// The topology.
        mt_id: MtId,
        /// The SR algorithm.
        algorithm: u8,
        /// One more reserved octet.
        reserved_2: Reserved<1>,
        /// The constraints.
        sub_tlvs: SubTlvs<'a>,
    }

    /// SR Disjoint Group Constraint (RFC 9857 §5.6.4).
    pub struct SrDisjointGroup<'a> {
        /// What is requested.
        request_flags: DisjointFlags,
        /// What is so.
        status_flags: DisjointFlags,
        /// Reserved octets.
        reserved: Reserved<2>,
        /// The group.
        group_id: GroupId<'a>,
    }

    /// SR Bidirectional Group Constraint (RFC 9857 §5.6.5).
    pub struct SrBidirectionalGroup<'a> {
        /// Flags.
        flags: BidirectionalFlags,
        /// Reserved octets.
        reserved: Reserved<2>,
        /// The group.
        group_id: GroupId<'a>,
    }

    /// SR Metric Constraint (RFC 9857 §5.6.6).
    pub struct SrMetricConstraint {
        /// Which metric.
        metric_type: PolicyMetricType,
        /// Flags.
        flags: MetricConstraintFlags,
        /// Reserved octets.
        reserved: Reserved<2>,
        /// By how much the path may be worse than the best one.
        margin: u32,
        /// The largest value.
        bound: u32,
    }

    /// SR Segment List (RFC 9857 §5.7).
    pub struct SrSegmentList<'a> {
        /// Flags.
        flags: SegmentListFlags,
        /// Reserved octets.
        reserved: Reserved<2>,
        /// The topology.
        mt_id: MtId,
        /// The SR algorithm.
        algorithm: u8,
        /// One more reserved octet.
        reserved_2: Reserved<1>,
        /// Share of the traffic among the lists.
        weight: u32,
        /// Its segments in order, and what else is known of it.
        sub_tlvs: SubTlvs<'a>,
    }

    /// SR Segment List Metric (RFC 9857 §5.7.2).
    pub struct SrSegmentListMetric {
        /// Which metric.
        metric_type: PolicyMetricType,
        /// Flags.
        flags: ListMetricFlags,
        /// Reserved octets.
        reserved: Reserved<2>,
        /// By how much the list may be worse than the best one.
        margin: u32,
        /// The largest value.
        bound: u32,
        /// The list's own value.
        value: u32,
    }
}

/// SR Affinity Constraint: the number of masks in each list(1, 1, 1) · reserved(1) · the lists
/// (RFC 9857 §5.6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SrAffinityConstraint<'a> {
    /// A reserved octet.
    pub reserved: Reserved<1>,
    /// Links of any of these groups are left out; 0 to 255 masks, as each list has.
    pub exclude_any: List<'a, GroupMask>,
    /// Links must be of one of these groups.
    pub include_any: List<'a, GroupMask>,
    /// Links must be of all these groups.
    pub include_all: List<'a, GroupMask>,
}

impl<'a> SrAffinityConstraint<'a> {
    fn lists(&self) -> [(&'static str, List<'a, GroupMask>); 3] {
        [
            ("exclude_any", self.exclude_any),
            ("include_any", self.include_any),
            ("include_all", self.include_all),
        ]
    }
}

impl<'a> Part<'a> for SrAffinityConstraint<'a> {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        let counts: [u8; 3] = r.array("numbers of masks")?;
        let reserved = Part::read(r, what)?;
        let mut lists = [List::EMPTY; 3];
        for (list, count) in lists.iter_mut().zip(counts) {
            *list =
                List::parse(r.sub("masks", usize::from(count) * <GroupMask as Part<'_>>::SIZE)?)?;
        }
        let [exclude_any, include_any, include_all] = lists;
        Ok(Self { reserved, exclude_any, include_any, include_all })
    }
    fn write(&self, out: &mut Vec<u8>) {
        let count = |list: &List<'_, _>| list.octets().len() / <GroupMask as Part<'_>>::SIZE;
        out.extend(self.lists().map(|(_, list)| u8::try_from(count(&list)).unwrap_or(u8::MAX)));
        self.reserved.write(out);
        self.lists().iter().for_each(|(_, list)| list.encode(out));
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| self.describe_whole(name, fields));
    }
    fn describe_whole(&self, _: &'static str, fields: &mut dyn Fields) {
        self.reserved.describe_as("reserved", fields);
        self.lists().iter().for_each(|(name, list)| list.describe(name, fields));
    }
}
