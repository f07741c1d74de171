//! What the TLVs of BGP-LS NLRI say: where it was learned, and which node, link, prefix or path it
//! names (RFC 9552 §5.2, RFC 9857 §4). They share their registry with those of the attribute.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Reserved, SystemId};
use crate::wire::layout::bits;
use crate::wire::{Fields, Part, Prefix, Reader, WireError, open_enum};

open_enum! {
    /// Registry "BGP-LS Protocol-IDs": where the information comes from (RFC 9552 §5.2).
    pub struct ProtocolId(u8) {
        IsisLevel1 = 1 => "IS-IS Level 1",
        IsisLevel2 = 2 => "IS-IS Level 2",
        Ospfv2 = 3 => "OSPFv2",
        Direct = 4 => "Direct",
        Static = 5 => "Static configuration",
        Ospfv3 = 6 => "OSPFv3",
        Bgp = 7 => "BGP",
        RsvpTe = 8 => "RSVP-TE",
        SegmentRouting = 9 => "Segment Routing",
    }
}

open_enum! {
    /// OSPF Route Type (RFC 9552 §5.2.3.1).
    pub struct OspfRouteType(u8) {
        IntraArea = 1 => "Intra-Area",
        InterArea = 2 => "Inter-Area",
        External1 = 3 => "External 1",
        External2 = 4 => "External 2",
        Nssa1 = 5 => "NSSA 1",
        Nssa2 = 6 => "NSSA 2",
    }
}

open_enum! {
    /// Registry "SR Policy Protocol Origin" (RFC 9857 §4). The values above 3 are for paths that
    /// a PCE speaks of.
    pub struct ProtocolOrigin(u8) {
        Pcep = 1 => "PCEP",
        BgpSrPolicy = 2 => "BGP SR Policy",
        Configuration = 3 => "Configuration",
        PcepByPce = 10 => "PCEP (BGP-LS Producer is PCE)",
        BgpSrPolicyByPce = 20 => "BGP SR Policy (BGP-LS Producer is PCE)",
        ConfigurationByPce = 30 => "Configuration (BGP-LS Producer is PCE)",
    }
}

bits! {
    /// Flags of the SR Policy Candidate Path Descriptor (RFC 9857 §4).
    pub struct CandidatePathFlags(u8) {
        /// The endpoint is an IPv6 address.
        ENDPOINT_IPV6 = 0x80 => "E",
        /// The originator's address is an IPv6 address.
        ORIGINATOR_IPV6 = 0x40 => "O",
    }
}

/// IGP Router-ID to the end of the value: a node, or the pseudonode of a LAN. Its octets tell its
/// form (RFC 9552 §5.2.1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IgpRouterId {
    /// 4 octets: the Router ID of an OSPF node, or an address of one that is learned without IGP.
    Ospf(Ipv4Addr),
    /// 6 octets: an IS-IS node.
    Isis(SystemId),
    /// 7 octets: the designated IS of a LAN, and the pseudonode's number there.
    IsisPseudonode(SystemId, u8),
    /// 8 octets: the Router ID of an OSPF LAN's designated router, and its interface to the LAN: an
    /// IPv4 address of OSPFv2, an interface ID of OSPFv3.
    OspfPseudonode(Ipv4Addr, u32),
    /// 16 octets: an address of a node that is learned without IGP.
    Ipv6(Ipv6Addr),
}

impl IgpRouterId {
    /// Its text form among what comes from `protocol`: `10.0.0.1`, `0000.0000.0001`,
    /// `0000.0000.0001.02`; for pseudonodes of OSPFv2 `10.0.0.1:192.0.2.1`, of OSPFv3 `10.0.0.1:7`.
    #[must_use]
    pub fn of(self, protocol: ProtocolId) -> impl fmt::Display {
        std::fmt::from_fn(move |f| match self {
            Self::OspfPseudonode(router, interface) if protocol == ProtocolId::Ospfv3 => {
                write!(f, "{router}:{interface}")
            }
            _ => write!(f, "{self}"),
        })
    }
}

impl fmt::Display for IgpRouterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ospf(router) => router.fmt(f),
            Self::Isis(system) => system.fmt(f),
            Self::IsisPseudonode(system, number) => write!(f, "{system}.{number:02x}"),
            Self::OspfPseudonode(router, interface) => {
                write!(f, "{router}:{}", Ipv4Addr::from_bits(*interface))
            }
            Self::Ipv6(address) => address.fmt(f),
        }
    }
}

impl<'a> Part<'a> for IgpRouterId {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        let (at, len) = (r.offset(), r.len());
        Ok(match len {
            4 => Self::Ospf(Part::read(r, what)?),
            6 => Self::Isis(Part::read(r, what)?),
            7 => Self::IsisPseudonode(Part::read(r, what)?, Part::read(r, what)?),
            8 => Self::OspfPseudonode(Part::read(r, what)?, Part::read(r, what)?),
            16 => Self::Ipv6(Part::read(r, what)?),
            _ => return Err(WireError::invalid(what, at, len as u64)),
        })
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Ospf(router) => router.write(out),
            Self::Isis(system) => system.write(out),
            Self::IsisPseudonode(system, number) => {
                system.write(out);
                number.write(out);
            }
            Self::OspfPseudonode(router, interface) => {
                router.write(out);
                interface.write(out);
            }
            Self::Ipv6(address) => address.write(out),
        }
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.text(name, self);
    }
}

/// IP Reachability Information: prefix length(1) · as many octets of the prefix as that needs
/// (RFC 9552 §5.2.3.2). The type of the NLRI says whether it is IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IpReachability<'a> {
    /// Length in bits, 0 to 128.
    pub prefix_length: u8,
    /// The octets of the prefix, 0 to 16.
    pub prefix: &'a [u8],
}

impl IpReachability<'_> {
    /// It as an IPv4 prefix, or as an IPv6 one; nothing if it is too long for that.
    #[must_use]
    pub fn prefix(&self, ipv6: bool) -> Option<Prefix> {
        Some(match ipv6 {
            false => Prefix::V4(self.address()?, self.prefix_length),
            true => Prefix::V6(self.address()?, self.prefix_length),
        })
    }

    fn address<const N: usize>(&self) -> Option<[u8; N]> {
        let mut address = [0; N];
        address.get_mut(..self.prefix.len())?.copy_from_slice(self.prefix);
        Some(address)
    }
}

impl<'a> Part<'a> for IpReachability<'a> {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        let at = r.offset();
        let prefix_length = r.u8("prefix length")?;
        if prefix_length > 128 {
            return Err(WireError::invalid("prefix length", at, prefix_length.into()));
        }
        let prefix = r.take(what, usize::from(prefix_length).div_ceil(8))?;
        Ok(Self { prefix_length, prefix })
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.prefix_length.write(out);
        self.prefix.write(out);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| self.describe_whole(name, fields));
    }
    fn describe_whole(&self, _: &'static str, fields: &mut dyn Fields) {
        self.prefix_length.describe_as("prefix_length", fields);
        self.prefix.describe_as("prefix", fields);
    }
}

/// SR Policy Candidate Path Descriptor: protocol-origin(1) · flags(1) · reserved(2) · endpoint(4 or
/// 16) · color(4) · originator's AS number(4) · its address(4 or 16) · discriminator(4)
/// (RFC 9857 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SrCandidatePath {
    /// How the headend came by the path.
    pub protocol_origin: ProtocolOrigin,
    /// Flags that are not told by the addresses; see [`SrCandidatePath::flags`].
    pub undefined_flags: u8,
    /// Reserved octets.
    pub reserved: Reserved<2>,
    /// Where the policy leads.
    pub endpoint: IpAddr,
    /// Color of the policy.
    pub color: u32,
    /// AS number of who originated the path.
    pub originator_asn: u32,
    /// Address of who originated the path.
    pub originator_address: IpAddr,
    /// Tells the originator's paths apart.
    pub discriminator: u32,
}

impl SrCandidatePath {
    /// Its flags.
    #[must_use]
    pub fn flags(&self) -> CandidatePathFlags {
        let set = |address: IpAddr, bit| if address.is_ipv6() { bit } else { 0 };
        CandidatePathFlags(
            self.undefined_flags
                | set(self.endpoint, CandidatePathFlags::ENDPOINT_IPV6)
                | set(self.originator_address, CandidatePathFlags::ORIGINATOR_IPV6),
        )
    }
}

/// Reads an address of the one kind or the other.
fn address(r: &mut Reader<'_>, ipv6: bool, what: &'static str) -> Result<IpAddr, WireError> {
    match ipv6 {
        false => Ipv4Addr::read(r, what).map(IpAddr::V4),
        true => Ipv6Addr::read(r, what).map(IpAddr::V6),
    }
}

impl<'a> Part<'a> for SrCandidatePath {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        use CandidatePathFlags as Flags;
        let protocol_origin = Part::read(r, what)?;
        let flags: Flags = Part::read(r, what)?;
        Ok(Self {
            protocol_origin,
            undefined_flags: flags.0 & !(Flags::ENDPOINT_IPV6 | Flags::ORIGINATOR_IPV6),
            reserved: Part::read(r, what)?,
            endpoint: address(r, flags.has(Flags::ENDPOINT_IPV6), what)?,
            color: Part::read(r, what)?,
            originator_asn: Part::read(r, what)?,
            originator_address: address(r, flags.has(Flags::ORIGINATOR_IPV6), what)?,
            discriminator: Part::read(r, what)?,
        })
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.protocol_origin.write(out);
        self.flags().write(out);
        self.reserved.write(out);
        self.endpoint.write(out);
        self.color.write(out);
        self.originator_asn.write(out);
        self.originator_address.write(out);
        self.discriminator.write(out);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| self.describe_whole(name, fields));
    }
    fn describe_whole(&self, _: &'static str, fields: &mut dyn Fields) {
        self.protocol_origin.describe_as("protocol_origin", fields);
        self.flags().describe_as("flags", fields);
        self.reserved.describe_as("reserved", fields);
        self.endpoint.describe_as("endpoint", fields);
        self.color.describe_as("color", fields);
        self.originator_asn.describe_as("originator_asn", fields);
        self.originator_address.describe_as("originator_address", fields);
        self.discriminator.describe_as("discriminator", fields);
    }
}
