//! The sub-TLVs of a tunnel (RFC 9012 §3).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::encapsulation::EncapsulationHeader;
use super::sr_policy::{
    BindingSid, ExplicitNullLabelPolicy, NamedPath, PathPreference, PathPriority, SegmentList,
    Srv6BindingSid,
};
use super::{TunnelType, encapsulation};
use crate::bgp::attr::extended_communities::ExtendedCommunity;
use crate::bgp::attr::prefix_sid::PrefixSidTlv;
use crate::wire::layout::{Type8LengthByType, layout, tlvs};
use crate::wire::{Fields, LabelStackEntry, List, Part, Reader, Reserved, WireError, open_enum};

tlvs! {
    /// Types of sub-TLVs (RFC 9012 §14.6, RFC 9830 §6.2).
    pub struct SubTlvType(u8) in Type8LengthByType;

    /// One sub-TLV: type(1) · length(1, or 2 from type 128 on) · value.
    pub enum SubTlv ["Tunnel Encapsulation sub-TLV"; 3] {
        /// The header of the encapsulation, by the tunnel's type (RFC 9012 §3.2).
        1 "Encapsulation" => Encapsulation(Encapsulation<'a>);
        /// What the tunnel may carry (RFC 9012 §3.4.1).
        2 "Protocol Type" => ProtocolType(ProtocolType);
        /// A color of the tunnel (RFC 9012 §3.4.2).
        4 "Color" => Color(ColorSubTlv);
        /// Where the tunnel ends (RFC 9012 §3.1).
        6 "Tunnel Egress Endpoint" => TunnelEgressEndpoint(TunnelEgressEndpoint);
        /// DS field of the outer header (RFC 9012 §3.3.1).
        7 "DS Field" => DsField(DsField);
        /// UDP destination port of the outer header (RFC 9012 §3.3.2).
        8 "UDP Destination Port" => UdpDestinationPort(UdpDestinationPort);
        /// What becomes of the label in the NLRI (RFC 9012 §3.5).
        9 "Embedded Label Handling" => EmbeddedLabelHandling(EmbeddedLabelHandling);
        /// Labels to push (RFC 9012 §3.6).
        10 "MPLS Label Stack" => MplsLabelStack(LabelStack<'a>);
        /// The value of a Prefix-SID attribute (RFC 9012 §3.7).
        11 "Prefix-SID" => PrefixSid(PrefixSidSubTlv<'a>);
        /// Preference of the candidate path (RFC 9830 §2.4.1).
        12 "Preference" => Preference(PathPreference);
        /// Binding SID of the candidate path (RFC 9830 §2.4.2).
        13 "Binding SID" => BindingSid(BindingSid);
        /// Explicit NULL label policy (RFC 9830 §2.4.5).
        14 "ENLP" => Enlp(ExplicitNullLabelPolicy);
        /// Priority of the policy (RFC 9830 §2.4.6).
        15 "Priority" => Priority(PathPriority);
        /// SRv6 binding SID of the candidate path (RFC 9830 §2.4.3).
        20 "SRv6 Binding SID" => Srv6BindingSid(Srv6BindingSid);
        /// A segment list of the candidate path (RFC 9830 §2.4.4).
        128 "Segment List" => SegmentList(SegmentList<'a>);
        /// Name of the candidate path (RFC 9830 §2.4.7).
        129 "Policy Candidate Path Name" => CandidatePathName(NamedPath<'a>);
        /// Name of the policy (RFC 9830 §2.4.8).
        130 "Policy Name" => PolicyName(NamedPath<'a>);
    }
    3 "IPsec Tunnel Authenticator (deprecated)" => IpsecTunnelAuthenticator;
    5 "Load-Balancing Block (deprecated)" => LoadBalancingBlock;
    16 "SPI/SI Representation" => SpiSiRepresentation;
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

    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
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
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.octets(name, self.0);
    }
}
