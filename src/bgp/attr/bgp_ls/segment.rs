//! The segments of an SR Policy's segment list (RFC 9857 §5.7.1).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{MplsLabel, Reserved, SubTlvs};
use crate::wire::layout::bits;
use crate::wire::{Fields, Part, Reader, WireError, open_enum};

bits! {
    /// Flags of SR Segment (RFC 9857 §5.7.1).
    pub struct SegmentFlags(u16) {
        /// The SID is given.
        SID = 0x8000 => "S",
        /// The SID was given explicitly.
        EXPLICIT = 0x4000 => "E",
        /// Verified.
        VERIFIED = 0x2000 => "V",
        /// Resolved.
        RESOLVED = 0x1000 => "R",
        /// The algorithm is given.
        ALGORITHM = 0x0800 => "A",
    }
}

/// Declares the segments: each is its SID and what describes it, in the order of the wire.
macro_rules! segments {
    ($(
        $(#[$meta:meta])*
        $code:literal $letter:literal => $konst:ident { $( $field:ident: $ty:ty, )+ }
    )+) => {
        open_enum! {
            /// Types of segments; the letters are those of RFC 9256 §4.
            pub struct SegmentType(u8) { $( $konst = $code => $letter, )+ }
        }

        /// A segment by its type. The SID is zero unless [`SegmentFlags::SID`] is set.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs)] // fields are the standard's, and mean the same in every type
        pub enum Segment { $( $(#[$meta])* $konst { $( $field: $ty, )+ }, )+ }

        impl Segment {
            /// Its type.
            #[must_use]
            pub fn segment_type(&self) -> SegmentType {
                match self { $( Self::$konst { .. } => SegmentType::$konst, )+ }
            }

            fn read(
                kind: u8,
                r: &mut Reader<'_>,
                what: &'static str,
            ) -> Result<Self, WireError> {
                match kind {
                    $( $code => Ok(Self::$konst { $( $field: Part::read(r, what)?, )+ }), )+
                    _ => Err(WireError::invalid("segment type", r.offset(), kind.into())),
                }
            }
            fn write(&self, out: &mut Vec<u8>) {
                match self {
                    $( Self::$konst { $( $field, )+ } => { $( $field.write(out); )+ } )+
                }
            }
            fn describe(&self, fields: &mut dyn Fields) {
                match self {
                    $( Self::$konst { $( $field, )+ } => {
                        $( $field.describe_as(stringify!($field), fields); )+
                    } )+
                }
            }
        }
    };
}

segments! {
    /// An SR-MPLS label.
    1 "A" => A { sid: MplsLabel, algorithm: u8, }
    /// An SRv6 SID.
    2 "B" => B { sid: Ipv6Addr, algorithm: u8, }
    /// A node by its IPv4 address.
    3 "C" => C { sid: MplsLabel, algorithm: u8, node_address: Ipv4Addr, }
    /// A node by its IPv6 address, for SR-MPLS.
    4 "D" => D { sid: MplsLabel, algorithm: u8, node_address: Ipv6Addr, }
    /// An interface of a node with an IPv4 address.
    5 "E" => E { sid: MplsLabel, node_address: Ipv4Addr, local_interface_id: u32, }
    /// A link by both its IPv4 addresses.
    6 "F" => F { sid: MplsLabel, local_address: Ipv4Addr, remote_address: Ipv4Addr, }
    /// A link by both its nodes and interfaces, for SR-MPLS.
    7 "G" => G {
        sid: MplsLabel,
        local_address: Ipv6Addr,
        local_interface_id: u32,
        remote_address: Ipv6Addr,
        remote_interface_id: u32,
    }
    /// A link by both its IPv6 addresses, for SR-MPLS.
    8 "H" => H { sid: MplsLabel, local_address: Ipv6Addr, remote_address: Ipv6Addr, }
    /// A node by its IPv6 address, for SRv6.
    9 "I" => I { sid: Ipv6Addr, algorithm: u8, node_address: Ipv6Addr, }
    /// A link by both its nodes and interfaces, for SRv6.
    10 "J" => J {
        sid: Ipv6Addr,
        local_address: Ipv6Addr,
        local_interface_id: u32,
        remote_address: Ipv6Addr,
        remote_interface_id: u32,
    }
    /// A link by both its IPv6 addresses, for SRv6.
    11 "K" => K { sid: Ipv6Addr, local_address: Ipv6Addr, remote_address: Ipv6Addr, }
}

/// SR Segment: type(1) · reserved(1) · flags(2) · SID(4 or 16) · descriptor · sub-TLVs
/// (RFC 9857 §5.7.1). One of another type is kept as [`Tlv::Unknown`](super::Tlv::Unknown).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SrSegment<'a> {
    /// A reserved octet.
    pub reserved: Reserved<1>,
    /// Flags.
    pub flags: SegmentFlags,
    /// Its type, SID and descriptor.
    pub segment: Segment,
    /// Behavior and structure of an SRv6 SID.
    pub sub_tlvs: SubTlvs<'a>,
}

impl<'a> Part<'a> for SrSegment<'a> {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        let kind = r.u8("segment type")?;
        Ok(Self {
            reserved: Part::read(r, what)?,
            flags: Part::read(r, what)?,
            segment: Segment::read(kind, r, what)?,
            sub_tlvs: Part::read(r, what)?,
        })
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.segment.segment_type().0.write(out);
        self.reserved.write(out);
        self.flags.write(out);
        self.segment.write(out);
        self.sub_tlvs.write(out);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| self.describe_whole(name, fields));
    }
    fn describe_whole(&self, _: &'static str, fields: &mut dyn Fields) {
        fields.text("segment_type", &self.segment.segment_type());
        self.reserved.describe_as("reserved", fields);
        self.flags.describe_as("flags", fields);
        self.segment.describe(fields);
        self.sub_tlvs.describe_as("sub_tlvs", fields);
    }
}
