//! The sub-TLVs of a tunnel (RFC 9012 §3).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::encapsulation::EncapsulationHeader;
use super::sr_policy::{
    BindingSid, ExplicitNullLabelPolicy, NamedPath, PathPreference, PathPriority, SegmentList,
    Srv6BindingSid,
};
use super::{TunnelType, encapsulation};
use crate::bgp::attr::extended_communities::ExtendedCommunity;
use crate::bgp::attr::layout::{
    LENIENT, LabelStackEntry, Part, Reserved, STRICT, Type8LengthByType, codes, layout, tlvs,
};
use crate::bgp::attr::prefix_sid::PrefixSidTlv;
use crate::wire::{Fields, List, Reader, WireError, open_enum};

tlvs! {
    /// Types of sub-TLVs (RFC 9012 §14.2, RFC 9830 §6.2).
    pub struct SubTlvType(u8) in Type8LengthByType;

    /// One sub-TLV: type(1) · length(1, or 2 from type 128 on) · value.
    pub enum SubTlv "Tunnel Encapsulation sub-TLV" {
        /// The header of the encapsulation, by the tunnel's type (RFC 9012 §3.2).
        Encapsulation(Encapsulation<'a>) = 1 => "Encapsulation", LENIENT;
        /// What the tunnel may carry (RFC 9012 §3.4.1).
        ProtocolType(ProtocolType) = 2 => "Protocol Type", LENIENT;
        /// A color of the tunnel (RFC 9012 §3.4.2).
        Color(ColorSubTlv) = 4 => "Color", LENIENT;
        /// Where the tunnel ends (RFC 9012 §3.1).
        TunnelEgressEndpoint(TunnelEgressEndpoint) = 6 => "Tunnel Egress Endpoint", LENIENT;
        /// DS field of the outer header (RFC 9012 §3.3.1).
        DsField(DsField) = 7 => "DS Field", LENIENT;
        /// UDP destination port of the outer header (RFC 9012 §3.3.2).
        UdpDestinationPort(UdpDestinationPort) = 8 => "UDP Destination Port", LENIENT;
        /// What becomes of the label in the NLRI (RFC 9012 §3.5).
        EmbeddedLabelHandling(EmbeddedLabelHandling) = 9 => "Embedded Label Handling", LENIENT;
        /// Labels to push (RFC 9012 §3.6).
        MplsLabelStack(LabelStack<'a>) = 10 => "MPLS Label Stack", LENIENT;
        /// The value of a Prefix-SID attribute (RFC 9012 §3.7).
        PrefixSid(PrefixSidSubTlv<'a>) = 11 => "Prefix-SID", LENIENT;
        /// Preference of the candidate path (RFC 9830 §2.4.1).
        Preference(PathPreference) = 12 => "Preference", LENIENT;
        /// Binding SID of the candidate path (RFC 9830 §2.4.2).
        BindingSid(BindingSid) = 13 => "Binding SID", LENIENT;
        /// Explicit NULL label policy (RFC 9830 §2.4.5).
        Enlp(ExplicitNullLabelPolicy) = 14 => "ENLP", LENIENT;
        /// Priority of the policy (RFC 9830 §2.4.6).
        Priority(PathPriority) = 15 => "Priority", LENIENT;
        /// SRv6 binding SID of the candidate path (RFC 9830 §2.4.3).
        Srv6BindingSid(Srv6BindingSid) = 20 => "SRv6 Binding SID", LENIENT;
        /// A segment list of the candidate path (RFC 9830 §2.4.4). Its sub-TLVs must fit into it.
        SegmentList(SegmentList<'a>) = 128 => "Segment List", STRICT;
        /// Name of the candidate path (RFC 9830 §2.4.7).
        CandidatePathName(NamedPath<'a>) = 129 => "Policy Candidate Path Name", LENIENT;
        /// Name of the policy (RFC 9830 §2.4.8).
        PolicyName(NamedPath<'a>) = 130 => "Policy Name", LENIENT;
    }
    IpsecTunnelAuthenticator = 3 => "IPsec Tunnel Authenticator (deprecated)",
    LoadBalancingBlock = 5 => "Load-Balancing Block (deprecated)",
    SpiSiRepresentation = 16 => "SPI/SI Representation",
}

layout! {
    /// Protocol Type: 2 octets.
    pub struct ProtocolType "Protocol Type sub-TLV" {
        /// The Ethertype.
        protocol_type: u16,
    }

    /// Color: 8 octets.
    pub struct ColorSubTlv "Color sub-TLV" {
        /// A Color extended community.
        color: ExtendedCommunity,
    }

    /// Tunnel Egress Endpoint: 6 octets, and an address.
    pub struct TunnelEgressEndpoint "Tunnel Egress Endpoint sub-TLV" {
        /// Reserved.
        reserved: Reserved<4>,
        /// Address family and address.
        endpoint: EgressEndpoint,
    }

    /// DS Field: 1 octet.
    pub struct DsField "DS Field sub-TLV" {
        /// The DS field.
        ds_field: u8,
    }

    /// UDP Destination Port: 2 octets.
    pub struct UdpDestinationPort "UDP Destination Port sub-TLV" {
        /// The port.
        port: u16,
    }

    /// Embedded Label Handling: 1 octet.
    pub struct EmbeddedLabelHandling "Embedded Label Handling sub-TLV" {
        /// What becomes of the label.
        handling: LabelHandling,
    }

    /// MPLS Label Stack: 4 octets for each label.
    pub struct LabelStack<'a> "MPLS Label Stack sub-TLV" {
        /// The entries, from the top.
        label_stack: List<'a, LabelStackEntry>,
    }

    /// Prefix-SID.
    pub struct PrefixSidSubTlv<'a> "Prefix-SID sub-TLV" {
        /// The TLVs.
        prefix_sid: List<'a, PrefixSidTlv<'a>>,
    }
}

open_enum! {
    /// What becomes of the label in the NLRI (RFC 9012 §3.5).
    pub struct LabelHandling(u8) {
        Top = 1 => "at the top of the payload's label stack",
        Ignored = 2 => "not in the payload",
    }
}

codes! { LabelHandling: u8; }

/// The end of a tunnel: address family(2) · address (RFC 9012 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EgressEndpoint {
    /// The route's next hop (address family 0).
    NextHop,
    /// An IPv4 address (address family 1).
    V4(Ipv4Addr),
    /// An IPv6 address (address family 2).
    V6(Ipv6Addr),
}

impl Part<'_> for EgressEndpoint {
    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        let at = r.offset();
        match r.u16(what)? {
            0 => Ok(Self::NextHop),
            1 => Part::read(r, what).map(Self::V4),
            2 => Part::read(r, what).map(Self::V6),
            family => Err(WireError::invalid("address family", at, family.into())),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::NextHop => 0_u16.write(out),
            Self::V4(address) => {
                1_u16.write(out);
                address.write(out);
            }
            Self::V6(address) => {
                2_u16.write(out);
                address.write(out);
            }
        }
    }

    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        match self {
            Self::NextHop => fields.text(name, &"next hop"),
            Self::V4(address) => fields.text(name, address),
            Self::V6(address) => fields.text(name, address),
        }
    }
}

/// The header of an encapsulation, whose form depends on the tunnel's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encapsulation<'a>(pub &'a [u8]);

impl<'a> Encapsulation<'a> {
    /// What it says in a tunnel of this type.
    #[must_use]
    pub fn header(&self, tunnel: TunnelType) -> EncapsulationHeader<'a> {
        encapsulation::read(tunnel, self.0)
    }
}

impl<'a> Part<'a> for Encapsulation<'a> {
    fn read(r: &mut Reader<'a>, _: &'static str) -> Result<Self, WireError> {
        Ok(Self(r.rest()))
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.octets(name, self.0);
    }
}
