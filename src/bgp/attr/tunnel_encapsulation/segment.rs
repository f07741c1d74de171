//! The sub-TLVs of a segment list: its weight, and segments of types A to K (RFC 9830 §2.4.4,
//! RFC 9831 §2).
//!
//! Flags of a segment: 0x80 V (the SID is verified), 0x40 A (an algorithm is given), 0x20 S (a SID
//! is given), 0x10 B (behavior and structure are given). Whether the optional fields are there is
//! told by the length.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::bgp::attr::prefix_sid::EndpointBehavior;
use crate::wire::layout::{STRICT, Type8Length8, layout, tlvs};
use crate::wire::{LabelStackEntry, Reserved};

tlvs! {
    /// Types of a segment list's sub-TLVs (RFC 9830 §6.3, RFC 9831 §3).
    pub struct SegmentListSubTlvType(u8) in Type8Length8;

    /// One sub-TLV of a segment list: type(1) · length(1) · value.
    pub enum SegmentListSubTlv ["Segment List sub-TLV"; 3] {
        /// A label.
        1 "Segment Type A" => A(SegmentA), STRICT;
        /// An IPv4 node, and an algorithm.
        3 "Segment Type C" => C(SegmentC), STRICT;
        /// An IPv6 node, and an algorithm, for SR-MPLS.
        4 "Segment Type D" => D(SegmentD), STRICT;
        /// An IPv4 node, and an interface of it.
        5 "Segment Type E" => E(SegmentE), STRICT;
        /// The IPv4 addresses of a link.
        6 "Segment Type F" => F(SegmentF), STRICT;
        /// The IPv6 nodes and the interfaces of a link, for SR-MPLS.
        7 "Segment Type G" => G(SegmentG), STRICT;
        /// The IPv6 addresses of a link, for SR-MPLS.
        8 "Segment Type H" => H(SegmentH), STRICT;
        /// The weight of the list.
        9 "Weight" => Weight(SegmentWeight), STRICT;
        /// An SRv6 SID.
        13 "Segment Type B" => B(SegmentB), STRICT;
        /// An IPv6 node, and an algorithm, for SRv6.
        14 "Segment Type I" => I(SegmentI), STRICT;
        /// The IPv6 nodes and the interfaces of a link, for SRv6.
        15 "Segment Type J" => J(SegmentJ), STRICT;
        /// The IPv6 addresses of a link, for SRv6.
        16 "Segment Type K" => K(SegmentK), STRICT;
    }
}

layout! {
    /// Weight: 6 octets (RFC 9830 §2.4.4.1).
    pub struct SegmentWeight "Weight sub-TLV" {
        /// Flags; none is defined.
        flags: u8,
        /// Reserved.
        reserved: Reserved<1>,
        /// The weight.
        weight: u32,
    }

    /// What an SRv6 SID does, and how it is put together: 8 octets; lengths in bits (RFC 9830
    /// §2.4.4.2.4).
    pub struct Srv6SidBehavior "SRv6 Endpoint Behavior and SID Structure" {
        /// What the endpoint does.
        endpoint_behavior: EndpointBehavior,
        /// Reserved.
        reserved: Reserved<2>,
        /// Of the locator's block.
        locator_block_length: u8,
        /// Of the locator's node.
        locator_node_length: u8,
        /// Of the function.
        function_length: u8,
        /// Of the argument.
        argument_length: u8,
    }

    /// Type A: SR-MPLS label, 6 octets.
    pub struct SegmentA "Segment Type A" {
        /// Flags.
        flags: u8,
        /// Reserved.
        reserved: Reserved<1>,
        /// The label.
        label: LabelStackEntry,
    }

    /// Type B: SRv6 SID, 18 or 26 octets.
    pub struct SegmentB "Segment Type B" {
        /// Flags.
        flags: u8,
        /// Reserved.
        reserved: Reserved<1>,
        /// The SID.
        sid: Ipv6Addr,
        /// What it does, and how it is put together.
        behavior: Option<Srv6SidBehavior>,
    }

    /// Type C: IPv4 prefix with SR algorithm, 6 or 10 octets.
    pub struct SegmentC "Segment Type C" {
        /// Flags.
        flags: u8,
        /// SR algorithm.
        algorithm: u8,
        /// The node.
        node: Ipv4Addr,
        /// The SID.
        sid: Option<LabelStackEntry>,
    }

    /// Type D: IPv6 prefix with SR algorithm for SR-MPLS, 18 or 22 octets.
    pub struct SegmentD "Segment Type D" {
        /// Flags.
        flags: u8,
        /// SR algorithm.
        algorithm: u8,
        /// The node.
        node: Ipv6Addr,
        /// The SID.
        sid: Option<LabelStackEntry>,
    }

    /// Type E: IPv4 prefix with local interface ID, 10 or 14 octets.
    pub struct SegmentE "Segment Type E" {
        /// Flags.
        flags: u8,
        /// Reserved.
        reserved: Reserved<1>,
        /// The node's interface.
        local_interface_id: u32,
        /// The node.
        node: Ipv4Addr,
        /// The SID.
        sid: Option<LabelStackEntry>,
    }

    /// Type F: IPv4 addresses of a link, 10 or 14 octets.
    pub struct SegmentF "Segment Type F" {
        /// Flags.
        flags: u8,
        /// Reserved.
        reserved: Reserved<1>,
        /// The near end.
        local_address: Ipv4Addr,
        /// The far end.
        remote_address: Ipv4Addr,
        /// The SID.
        sid: Option<LabelStackEntry>,
    }

    /// Type G: IPv6 prefixes and interface IDs of a link for SR-MPLS, 42 or 46 octets.
    pub struct SegmentG "Segment Type G" {
        /// Flags.
        flags: u8,
        /// Reserved.
        reserved: Reserved<1>,
        /// The near node's interface.
        local_interface_id: u32,
        /// The near node.
        local_node: Ipv6Addr,
        /// The far node's interface.
        remote_interface_id: u32,
        /// The far node.
        remote_node: Ipv6Addr,
        /// The SID.
        sid: Option<LabelStackEntry>,
    }

    /// Type H: IPv6 addresses of a link for SR-MPLS, 34 or 38 octets.
    pub struct SegmentH "Segment Type H" {
        /// Flags.
        flags: u8,
        /// Reserved.
        reserved: Reserved<1>,
        /// The near end.
        local_address: Ipv6Addr,
        /// The far end.
        remote_address: Ipv6Addr,
        /// The SID.
        sid: Option<LabelStackEntry>,
    }

    /// Type I: IPv6 prefix with SR algorithm for SRv6, 18, 34 or 42 octets.
    pub struct SegmentI "Segment Type I" {
        /// Flags.
        flags: u8,
        /// SR algorithm.
        algorithm: u8,
        /// The node.
        node: Ipv6Addr,
        /// The SID.
        sid: Option<Ipv6Addr>,
        /// What it does, and how it is put together.
        behavior: Option<Srv6SidBehavior>,
    }

    /// Type J: IPv6 prefixes and interface IDs of a link for SRv6, 42, 58 or 66 octets.
    pub struct SegmentJ "Segment Type J" {
        /// Flags.
        flags: u8,
        /// SR algorithm.
        algorithm: u8,
        /// The near node's interface.
        local_interface_id: u32,
        /// The near node.
        local_node: Ipv6Addr,
        /// The far node's interface.
        remote_interface_id: u32,
        /// The far node.
        remote_node: Ipv6Addr,
        /// The SID.
        sid: Option<Ipv6Addr>,
        /// What it does, and how it is put together.
        behavior: Option<Srv6SidBehavior>,
    }

    /// Type K: IPv6 addresses of a link for SRv6, 34, 50 or 58 octets.
    pub struct SegmentK "Segment Type K" {
        /// Flags.
        flags: u8,
        /// SR algorithm.
        algorithm: u8,
        /// The near end.
        local_address: Ipv6Addr,
        /// The far end.
        remote_address: Ipv6Addr,
        /// The SID.
        sid: Option<Ipv6Addr>,
        /// What it does, and how it is put together.
        behavior: Option<Srv6SidBehavior>,
    }
}
