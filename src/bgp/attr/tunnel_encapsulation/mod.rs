//! Tunnel Encapsulation: TLVs of tunnel type(2) · length(2) · sub-TLVs (RFC 9012 §2), among them
//! SR Policies (RFC 9830, RFC 9831).
//!
//! A TLV or sub-TLV that overruns what holds it makes the attribute malformed. A sub-TLV whose
//! value does not read as its type says is kept as octets (RFC 9012 §13), but for those of SR
//! Policies: they make the attribute malformed (RFC 9830 §5).

mod encapsulation;
mod segment;
mod sr_policy;
mod sub_tlv;

pub use encapsulation::{EncapsulationHeader, Gre, L2tpv3, VirtualNetwork, VxlanGpe};
pub use segment::{
    SegmentA, SegmentB, SegmentC, SegmentD, SegmentE, SegmentF, SegmentG, SegmentH, SegmentI,
    SegmentJ, SegmentK, SegmentListSubTlv, SegmentListSubTlvType, SegmentWeight, Srv6SidBehavior,
};
pub use sr_policy::{
    BindingSid, Enlp, ExplicitNullLabelPolicy, NamedPath, PathPreference, PathPriority,
    SegmentList, Sid, Srv6BindingSid,
};
pub use sub_tlv::{
    ColorSubTlv, DsField, EgressEndpoint, EmbeddedLabelHandling, Encapsulation, LabelHandling,
    LabelStack, PrefixSidSubTlv, ProtocolType, SubTlv, SubTlvType, TunnelEgressEndpoint,
    UdpDestinationPort,
};

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::layout::{Framing, Type8LengthByType, Type16Length16};
use crate::wire::{Fields, Item, List, Reader, WireError, open_enum};

open_enum! {
    /// Tunnel types (RFC 9012 §14.4).
    pub struct TunnelType(u16) {
        L2tpv3 = 1 => "L2TPv3 over IP",
        Gre = 2 => "GRE",
        TransmitTunnelEndpoint = 3 => "Transmit tunnel endpoint (deprecated)",
        IpsecTunnelMode = 4 => "IPsec in Tunnel-mode (deprecated)",
        IpInIpWithIpsec = 5 => "IP in IP tunnel with IPsec Transport Mode (deprecated)",
        MplsInIpWithIpsec = 6 => "MPLS-in-IP tunnel with IPsec Transport Mode (deprecated)",
        IpInIp = 7 => "IP in IP",
        Vxlan = 8 => "VXLAN",
        Nvgre = 9 => "NVGRE",
        Mpls = 10 => "MPLS",
        MplsInGre = 11 => "MPLS in GRE",
        VxlanGpe = 12 => "VXLAN GPE",
        MplsInUdp = 13 => "MPLS in UDP",
        Ipv6Tunnel = 14 => "IPv6 Tunnel",
        SrPolicy = 15 => "SR Policy",
        Bare = 16 => "Bare",
        SrTunnel = 17 => "SR Tunnel (deprecated)",
        CloudSecurity = 18 => "Cloud Security",
        Geneve = 19 => "Geneve",
        AnyEncapsulation = 20 => "Any Encapsulation",
        Gtp = 21 => "GTP Tunnel Type",
        DynamicPathSelection = 22 => "Dynamic Path Selection (DPS)",
        OriginatingPe = 23 => "Originating PE (OPE)",
        DynamicPathSelectionPolicy = 24 => "Dynamic Path Selection (DPS) Policy",
        SdwanHybrid = 25 => "SDWAN-Hybrid",
    }
}

/// One tunnel, or one candidate path of an SR Policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tunnel<'a> {
    /// The tunnel type.
    pub tunnel_type: TunnelType,
    /// Its sub-TLVs.
    pub sub_tlvs: List<'a, SubTlv<'a>>,
}

const TUNNEL: [&str; 3] = ["Tunnel TLV"; 3];

impl<'a> Item<'a> for Tunnel<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let (kind, value) = Type16Length16::parse(r, TUNNEL)?;
        let tunnel_type = TunnelType(kind);
        if tunnel_type == TunnelType::SrPolicy {
            check_sr_policy(value)?;
        }
        Ok(Self { tunnel_type, sub_tlvs: List::parse(value)? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        Type16Length16::encode(self.tunnel_type.0, out, |out| self.sub_tlvs.encode(out));
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            fields.text("tunnel_type", &self.tunnel_type);
            fields.list("sub_tlvs", &mut |fields| {
                self.sub_tlvs.iter().for_each(|sub_tlv| match sub_tlv {
                    SubTlv::Encapsulation(octets) => fields.group("", &mut |fields| {
                        fields.text("type", &sub_tlv.kind());
                        octets.header(self.tunnel_type).describe(fields);
                    }),
                    _ => sub_tlv.describe(fields),
                });
            });
        });
    }
}

/// Whether the sub-TLVs that are a candidate path's own read as their types say. Those below
/// Preference are ones of other tunnels, and ignored (RFC 9830 §2.3).
fn check_sr_policy(mut left: Reader<'_>) -> Result<(), WireError> {
    while !left.is_empty() {
        let (kind, value) = Type8LengthByType::parse(&mut left, SubTlv::WORDS)?;
        if kind >= SubTlvType::Preference.0 {
            SubTlv::strictly(SubTlvType(kind), value)?;
        }
    }
    Ok(())
}

/// The tunnels of the attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TunnelEncapsulation<'a>(pub List<'a, Tunnel<'a>>);

impl<'a> Value<'a> for TunnelEncapsulation<'a> {
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        List::one_or_more(value, "Tunnel TLV").map(Self)
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe(name, fields);
    }
}

#[cfg(test)]
mod tests;
