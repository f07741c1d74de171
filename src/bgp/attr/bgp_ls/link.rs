//! What TLVs say about a link: traffic engineering (RFC 9552 §5.3.2), SIDs (RFC 9085 §2.2,
//! RFC 9086), performance (RFC 8571) and attributes for applications (RFC 9294).

use std::net::Ipv4Addr;

use super::{Bandwidth, Reserved, Sid, SubTlvs, SystemId, U24};
use crate::wire::layout::{bits, layout, words};
use crate::wire::{Fields, Part, Reader, WireError};

bits! {
    /// MPLS Protocol Mask (RFC 9552 §5.3.2.2).
    pub struct MplsProtocols(u8) {
        /// Label Distribution Protocol.
        LDP = 0x80 => "LDP",
        /// Extension to RSVP for LSP Tunnels.
        RSVP_TE = 0x40 => "RSVP-TE",
    }

    /// Protection capabilities (RFC 5307 §1.2).
    pub struct ProtectionCapabilities(u8) {
        /// The link protects others.
        EXTRA_TRAFFIC = 0x01 => "Extra Traffic",
        /// No link protects it.
        UNPROTECTED = 0x02 => "Unprotected",
        /// Links that protect it protect others, too.
        SHARED = 0x04 => "Shared",
        /// A link of its own protects it.
        DEDICATED_1_TO_1 = 0x08 => "Dedicated 1:1",
        /// A link of its own protects it, in use all the time.
        DEDICATED_1_PLUS_1 = 0x10 => "Dedicated 1+1",
        /// More than Dedicated 1+1.
        ENHANCED = 0x20 => "Enhanced",
    }

    /// Flags of BGP Peer SIDs (RFC 9086 §5).
    pub struct PeerSidFlags(u8) {
        /// Value: the SID is a label.
        VALUE = 0x80 => "V",
        /// The SID has local significance.
        LOCAL = 0x40 => "L",
        /// The SID is eligible for protection.
        BACKUP = 0x20 => "B",
        /// The SID stays the same over restarts.
        PERSISTENT = 0x10 => "P",
    }

    /// Flags of performance metrics (RFC 8571 §2).
    pub struct MetricFlags(u8) {
        /// Anomalous: the measured value is over its threshold.
        ANOMALOUS = 0x80 => "A",
    }
}

words! {
    /// A shared risk link group (RFC 9552 §5.3.2.5).
    pub struct Srlg(u32);
    /// 32 administrative groups, one for each bit; the first mask holds groups 0 to 31 (RFC 9104).
    pub struct GroupMask(u32);
}

/// Bandwidth that is not reserved at each of the 8 priorities (RFC 9552 §5.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnreservedBandwidth(pub [Bandwidth; 8]);

impl<'a> Part<'a> for UnreservedBandwidth {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        let mut all = [Bandwidth(0); 8];
        for bandwidth in &mut all {
            *bandwidth = Part::read(r, what)?;
        }
        Ok(Self(all))
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.iter().for_each(|bandwidth| bandwidth.write(out));
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.list(name, &mut |fields| {
            self.0.iter().for_each(|bandwidth| bandwidth.describe_as("", fields));
        });
    }
}

/// The neighbor on a LAN whose adjacency a SID is for: the SID's 3 or 4 octets follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LanNeighbor {
    /// OSPF: its Router ID.
    Ospf(Ipv4Addr),
    /// IS-IS: its system ID.
    Isis(SystemId),
}

impl<'a> Part<'a> for LanNeighbor {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        match r.len() {
            7 | 8 => Part::read(r, what).map(Self::Ospf),
            _ => Part::read(r, what).map(Self::Isis),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Ospf(id) => id.write(out),
            Self::Isis(id) => id.write(out),
        }
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        match self {
            Self::Ospf(id) => id.describe_as(name, fields),
            Self::Isis(id) => id.describe_as(name, fields),
        }
    }
}

/// A value without octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Nothing;

impl<'a> Part<'a> for Nothing {
    fn read(_: &mut Reader<'a>, _: &'static str) -> Result<Self, WireError> {
        Ok(Self)
    }
    fn write(&self, _: &mut Vec<u8>) {}
    fn describe_as(&self, _: &'static str, _: &mut dyn Fields) {}
}

layout! {
    /// Link Local/Remote Identifiers (RFC 9552 §5.2.2).
    pub struct LinkIdentifiers {
        /// The link's identifier at its near end.
        local: u32,
        /// That at its far end, or 0.
        remote: u32,
    }

    /// Link Protection Type: capabilities(1) · reserved(1) (RFC 5307 §1.2).
    pub struct LinkProtection {
        /// How the link is protected.
        capabilities: ProtectionCapabilities,
        /// A reserved octet.
        reserved: Reserved<1>,
    }

    /// Adjacency SID: flags(1) · weight(1) · reserved(2) · SID (RFC 9085 §2.2.1).
    pub struct AdjacencySid {
        /// Flags; what they mean depends on the IGP.
        flags: u8,
        /// Share among parallel adjacencies.
        weight: u8,
        /// Reserved octets.
        reserved: Reserved<2>,
        /// The SID.
        sid: Sid,
    }

    /// LAN Adjacency SID: flags(1) · weight(1) · reserved(2) · neighbor(4 or 6) · SID
    /// (RFC 9085 §2.2.2).
    pub struct LanAdjacencySid {
        /// Flags; what they mean depends on the IGP.
        flags: u8,
        /// Share among parallel adjacencies.
        weight: u8,
        /// Reserved octets.
        reserved: Reserved<2>,
        /// The neighbor on the LAN.
        neighbor: LanNeighbor,
        /// The SID.
        sid: Sid,
    }

    /// PeerNode, PeerAdj or PeerSet SID: flags(1) · weight(1) · reserved(2) · SID (RFC 9086 §5).
    pub struct PeerSid {
        /// Flags.
        flags: PeerSidFlags,
        /// Share among parallel peerings.
        weight: u8,
        /// Reserved octets.
        reserved: Reserved<2>,
        /// The SID.
        sid: Sid,
    }

    /// Unidirectional Link Delay (RFC 8571 §2.1).
    pub struct LinkDelay {
        /// Flags.
        flags: MetricFlags,
        /// Average delay in microseconds.
        delay: U24,
    }

    /// Min/Max Unidirectional Link Delay (RFC 8571 §2.2).
    pub struct MinMaxLinkDelay {
        /// Flags.
        flags: MetricFlags,
        /// Smallest delay in microseconds.
        min_delay: U24,
        /// A reserved octet.
        reserved: Reserved<1>,
        /// Largest delay in microseconds.
        max_delay: U24,
    }

    /// Unidirectional Delay Variation (RFC 8571 §2.3).
    pub struct DelayVariation {
        /// A reserved octet.
        reserved: Reserved<1>,
        /// Variation in microseconds.
        delay_variation: U24,
    }

    /// Unidirectional Link Loss (RFC 8571 §2.4).
    pub struct LinkLoss {
        /// Flags.
        flags: MetricFlags,
        /// Share of lost packets, in units of 0.000003 %.
        link_loss: U24,
    }

    /// L2 Bundle Member Attributes (RFC 9085 §2.2.3).
    pub struct L2BundleMember<'a> {
        /// The member's Link Local Identifier.
        member_descriptor: u32,
        /// Attributes of this member.
        sub_tlvs: SubTlvs<'a>,
    }
}

/// Application-Specific Link Attributes: lengths of both masks(1, 1) · reserved(2) · masks ·
/// sub-TLVs (RFC 9294 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApplicationSpecificLinkAttributes<'a> {
    /// Reserved octets.
    pub reserved: Reserved<2>,
    /// Standard Application Identifier Bit Mask, 0 to 255 octets.
    pub sabm: &'a [u8],
    /// User-Defined Application Identifier Bit Mask, 0 to 255 octets.
    pub udabm: &'a [u8],
    /// The attributes.
    pub sub_tlvs: SubTlvs<'a>,
}

impl<'a> Part<'a> for ApplicationSpecificLinkAttributes<'a> {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        let [sabm_len, udabm_len] = r.array("SABM and UDABM length")?;
        Ok(Self {
            reserved: Part::read(r, what)?,
            sabm: r.take("SABM", sabm_len.into())?,
            udabm: r.take("UDABM", udabm_len.into())?,
            sub_tlvs: Part::read(r, what)?,
        })
    }
    fn write(&self, out: &mut Vec<u8>) {
        let len = |mask: &[u8]| u8::try_from(mask.len()).unwrap_or(u8::MAX);
        out.extend_from_slice(&[len(self.sabm), len(self.udabm)]);
        self.reserved.write(out);
        out.extend_from_slice(self.sabm);
        out.extend_from_slice(self.udabm);
        self.sub_tlvs.write(out);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| self.describe_whole(name, fields));
    }
    fn describe_whole(&self, _: &'static str, fields: &mut dyn Fields) {
        self.reserved.describe_as("reserved", fields);
        fields.octets("sabm", self.sabm);
        fields.octets("udabm", self.udabm);
        self.sub_tlvs.describe_as("sub_tlvs", fields);
    }
}
