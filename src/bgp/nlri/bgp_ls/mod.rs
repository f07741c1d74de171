//! BGP-LS: type(2) · length(2) · route distinguisher(8, VPN alone) · Protocol-ID(1) · identifier(8)
//! · TLVs that say which node, link, prefix, SID or path it is (RFC 9552 §5.2).
//!
//! TLVs that do not fill the route, or sub-TLVs that do not fill its node descriptors, make it
//! malformed. A value whose length its type does not have does not: the TLV is kept as if its type
//! were unknown, as are TLVs out of order or twice (RFC 9552 §8.2.2 leaves those to who uses them).

mod describe;
mod example;
#[cfg(test)]
mod tests;

use super::Nlri;
use crate::bgp::attr::bgp_ls::{ProtocolId, SubTlvs, Tlv};
use crate::wire::layout::{Framing as _, Type16Length16};
use crate::wire::{Fields, List, Part as _, Reader, RouteDistinguisher, WireError, open_enum};

open_enum! {
    /// Registry "BGP-LS NLRI Types": what the route names.
    pub struct NlriType(u16) {
        Node = 1 => "Node NLRI",
        Link = 2 => "Link NLRI",
        Ipv4Prefix = 3 => "IPv4 Topology Prefix NLRI",
        Ipv6Prefix = 4 => "IPv6 Topology Prefix NLRI",
        SrPolicyCandidatePath = 5 => "SR Policy Candidate Path NLRI",
        Srv6Sid = 6 => "SRv6 SID NLRI",
        StubLink = 7 => "Stub Link NLRI",
    }
}

/// BGP-LS (16388/71, RFC 9552).
pub(super) type LinkState<'a> = BgpLs<'a, 71>;
/// BGP-LS VPN (16388/72, RFC 9552).
pub(super) type Vpn<'a> = BgpLs<'a, 72>;
/// BGP-LS SPF (16388/80, RFC 9815).
pub(super) type Spf<'a> = BgpLs<'a, 80>;

/// A BGP-LS route of one of the SAFIs. 4 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BgpLs<'a, const SAFI: u8> {
    /// The distinguisher that VPN routes have.
    pub distinguisher: Option<RouteDistinguisher>,
    /// What it names.
    pub nlri_type: NlriType,
    /// Which one it names.
    pub object: Object<'a>,
}

/// What a route names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object<'a> {
    /// Something of one of the types that have a name.
    Known {
        /// Where the information comes from.
        protocol: ProtocolId,
        /// The instance of that protocol.
        identifier: u64,
        /// Its descriptors, in the order of the route.
        descriptors: SubTlvs<'a>,
    },
    /// Something of another type.
    Unknown(&'a [u8]),
}

impl<'a> Object<'a> {
    fn parse(kind: NlriType, mut r: Reader<'a>) -> Result<Self, WireError> {
        if kind.name().is_none() {
            return Ok(Self::Unknown(r.rest()));
        }
        let protocol = ProtocolId(r.u8("Protocol-ID")?);
        let identifier = r.u64("identifier")?;
        List::<Tlv<'_>>::parse(r)?; // looks into node descriptors, too
        let descriptors = SubTlvs::read(&mut r, Tlv::WORDS[2])?;
        Ok(Self::Known { protocol, identifier, descriptors })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Known { protocol, identifier, descriptors } => {
                protocol.write(out);
                identifier.write(out);
                descriptors.write(out);
            }
            Self::Unknown(octets) => octets.write(out),
        }
    }
}

impl<'a, const SAFI: u8> Nlri<'a> for BgpLs<'a, SAFI> {
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        let words = ["NLRI type", "NLRI length", "BGP-LS NLRI"];
        let (kind, mut value) = Type16Length16::parse(r, words)?;
        let nlri_type = NlriType(kind);
        // Of a type that has no name it is not known that it has a distinguisher.
        let distinguisher = match SAFI == 72 && (nlri_type.name().is_some() || value.len() >= 8) {
            true => Some(RouteDistinguisher::read(&mut value, "route distinguisher")?),
            false => None,
        };
        Ok(Self { distinguisher, nlri_type, object: Object::parse(nlri_type, value)? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        Type16Length16::encode(self.nlri_type.0, out, |out| {
            self.distinguisher.write(out);
            self.object.encode(out);
        });
    }

    fn distinguisher(&self) -> Option<RouteDistinguisher> {
        self.distinguisher
    }

    fn describe(&self, fields: &mut dyn Fields) {
        self.nlri_type.describe_as("nlri_type", fields);
        match self.object {
            Object::Known { protocol, identifier, descriptors } => {
                protocol.describe_as("protocol_id", fields);
                identifier.describe_as("identifier", fields);
                describe::Context { kind: self.nlri_type, protocol }.describe(descriptors, fields);
            }
            Object::Unknown(octets) => fields.octets("value", octets),
        }
    }

    fn is_doubtful(&self) -> bool {
        matches!(self.object, Object::Unknown(_))
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        example::route::<SAFI>(index, out);
    }

    fn example_attributes(index: u32, out: &mut Vec<u8>) {
        example::attribute::<SAFI>(index, out);
    }
}
