//! What TLVs say about a prefix: IGP attributes (RFC 9552 §5.3.3) and SIDs (RFC 9085 §2.3).

use super::{Reserved, Sid, SubTlvs};
use crate::wire::layout::{bits, layout, words};

bits! {
    /// IGP Flags (RFC 9552 §5.3.3.1).
    pub struct IgpFlags(u8) {
        /// Up/down bit of IS-IS.
        UP_DOWN = 0x80 => "D",
        /// "No unicast" bit of OSPF.
        NO_UNICAST = 0x40 => "N",
        /// "Local address" bit of OSPF.
        LOCAL_ADDRESS = 0x20 => "L",
        /// "Propagate NSSA" bit of OSPF.
        PROPAGATE_NSSA = 0x10 => "P",
    }
}

words! {
    /// A route tag of the IGP (RFC 9552 §5.3.3.2).
    pub struct RouteTag(u32);
    /// An extended route tag of IS-IS (RFC 9552 §5.3.3.3).
    pub struct ExtendedRouteTag(u64);
}

layout! {
    /// Prefix-SID: flags(1) · algorithm(1) · reserved(2) · SID (RFC 9085 §2.3.1).
    pub struct PrefixSid {
        /// Flags; what they mean depends on the IGP.
        flags: u8,
        /// The SR algorithm.
        algorithm: u8,
        /// Reserved octets.
        reserved: Reserved<2>,
        /// The SID.
        sid: Sid,
    }

    /// Range: flags(1) · reserved(1) · range size(2) · sub-TLVs (RFC 9085 §2.3.5).
    pub struct PrefixRange<'a> {
        /// Flags; what they mean depends on the IGP.
        flags: u8,
        /// A reserved octet.
        reserved: Reserved<1>,
        /// How many prefixes, from that of the NLRI on.
        range_size: u16,
        /// The Prefix-SID of the first one.
        sub_tlvs: SubTlvs<'a>,
    }
}
