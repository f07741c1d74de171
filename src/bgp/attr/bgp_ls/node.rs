//! What TLVs say about a node: flags, label blocks (RFC 9085 §2.1), maximum SID depths (RFC 8814)
//! and flexible algorithms (RFC 9351).

use super::{ProtocolId, Reserved, Sid, SubTlvs, TlvType, U24};
use crate::wire::layout::{bits, counted16, layout, whole, words};
use crate::wire::{Fields, Item, List, Part as _, Reader, WireError, open_enum};

bits! {
    /// Node Flag Bits (RFC 9552 §5.3.1.1).
    pub struct NodeFlags(u8) {
        /// Overload bit of IS-IS.
        OVERLOAD = 0x80 => "O",
        /// Attached bit of IS-IS.
        ATTACHED = 0x40 => "T",
        /// External bit of OSPF.
        EXTERNAL = 0x20 => "E",
        /// The node is an area border router of OSPF.
        ABR = 0x10 => "B",
        /// Router bit of OSPFv3.
        ROUTER = 0x08 => "R",
        /// V6 bit of OSPFv3.
        V6 = 0x04 => "V",
    }

    /// Flags of SR Capabilities, from IS-IS (RFC 8667 §3.1); OSPF has none.
    pub struct SrCapabilitiesFlags(u8) {
        /// SR-MPLS encapsulated IPv4 on all interfaces.
        IPV4 = 0x80 => "I",
        /// SR-MPLS encapsulated IPv6 on all interfaces.
        IPV6 = 0x40 => "V",
    }
}

words! {
    /// A topology: its identifier in the low 12 bits (RFC 9552 §5.2.2.1).
    pub struct MtId(u16);
    /// A discriminator of S-BFD (RFC 9247 §2).
    pub struct Discriminator(u32);
    /// An SR algorithm (RFC 9085 §2.1.3).
    pub struct Algorithm(u8);
}

open_enum! {
    /// Registry "IGP MSD-Types" (RFC 8491, RFC 9088, RFC 9352).
    pub struct MsdType(u8) {
        BaseMplsImposition = 1 => "Base MPLS Imposition MSD",
        EntropyReadableLabelDepth = 2 => "ERLD-MSD",
        SrhMaxSegmentsLeft = 41 => "SRH Max SL",
        SrhMaxEndPop = 42 => "SRH Max End Pop",
        SrhMaxHEncaps = 44 => "SRH Max H.encaps",
        SrhMaxEndD = 45 => "SRH Max End D",
    }
}

/// A maximum SID depth (RFC 8814 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Msd {
    /// What the depth is of.
    pub kind: MsdType,
    /// The depth.
    pub value: u8,
}

impl Item<'_> for Msd {
    const SIZE: usize = 2;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.array("MSD").map(|[kind, value]| Self { kind: MsdType(kind), value })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.kind.0, self.value]);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            fields.text("msd_type", &self.kind);
            fields.number("value", self.value.into());
        });
    }
}

/// A range of SIDs: range size(3) · a TLV that holds its first SID (RFC 9085 §2.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SidRange<'a> {
    /// How many SIDs.
    pub size: U24,
    /// Type of the TLV: SID/Label.
    pub kind: TlvType,
    /// Its value; see [`SidRange::first`].
    pub value: &'a [u8],
}

impl SidRange<'_> {
    /// The first SID of the range.
    #[must_use]
    pub fn first(&self) -> Option<Sid> {
        let sid = || whole(Reader::new(self.value), "SID/Label").ok();
        (self.kind == TlvType::SidLabel).then(sid).flatten()
    }
}

impl<'a> Item<'a> for SidRange<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let size = U24(r.array("range size")?);
        let kind = TlvType(r.u16("SID/Label type")?);
        let len = r.u16("SID/Label length")?;
        let value = r.take("SID/Label", len.into())?;
        Ok(Self { size, kind, value })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        self.size.write(out);
        self.kind.0.write(out);
        counted16(out, |out| out.extend_from_slice(self.value));
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            fields.number("range_size", self.size.get().into());
            match self.first() {
                Some(sid) => sid.describe_as("", fields),
                None => {
                    fields.text("type", &self.kind);
                    fields.octets("value", self.value);
                }
            }
        });
    }
}

layout! {
    /// SR Capabilities: flags(1) · reserved(1) · ranges (RFC 9085 §2.1.2).
    pub struct SrCapabilities<'a> {
        /// What the node forwards.
        flags: SrCapabilitiesFlags,
        /// A reserved octet.
        reserved: Reserved<1>,
        /// The SR global block.
        ranges: List<'a, SidRange<'a>>,
    }

    /// SR Local Block: flags(1) · reserved(1) · ranges (RFC 9085 §2.1.4).
    pub struct SrLocalBlock<'a> {
        /// Flags; none is defined.
        flags: u8,
        /// A reserved octet.
        reserved: Reserved<1>,
        /// The SR local block.
        ranges: List<'a, SidRange<'a>>,
    }

    /// Flexible Algorithm Definition (RFC 9351 §3).
    pub struct FlexAlgoDefinition<'a> {
        /// The algorithm, 128 to 255.
        flex_algorithm: u8,
        /// Metric-Type: 0 IGP, 1 Min Unidirectional Link Delay, 2 TE.
        metric_type: u8,
        /// The calculation.
        calculation_type: u8,
        /// The highest one is used.
        priority: u8,
        /// Affinities, SRLGs and flags.
        sub_tlvs: SubTlvs<'a>,
    }

    /// Flexible Algorithm Prefix Metric (RFC 9351 §4).
    pub struct FlexAlgoPrefixMetric {
        /// The algorithm.
        flex_algorithm: u8,
        /// Flags of the IGP.
        flags: u8,
        /// Reserved octets.
        reserved: Reserved<2>,
        /// The metric of the prefix in this algorithm.
        metric: u32,
    }

    /// Flexible Algorithm Unsupported: sub-TLVs of the definition that the producer does not know
    /// (RFC 9351 §3.6).
    pub struct FlexAlgoUnsupported<'a> {
        /// BGP-LS Protocol-ID of the IGP.
        protocol_id: ProtocolId,
        /// Types of its sub-TLVs: 1 octet each for IS-IS, 2 for OSPF.
        sub_tlv_types: &'a [u8],
    }
}
