//! Mobile User Plane: architecture type(1) · route type(2) · length(1) · route distinguisher(8) ·
//! what the type says (draft-ietf-bess-mup-safi §3.1).
//!
//! Routes of an unknown type or architecture are kept whole.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Nlri;
use super::prefix::{example_prefix, sized_prefix, write_sized_prefix};
use super::vpn::example_rd;
use crate::bgp::AsWidth;
use crate::bgp::attr;
use crate::bgp::attr::extended_communities::{ExtendedCommunity, Specific};
use crate::bgp::attr::prefix_sid::{
    EndpointBehavior, PrefixSid, PrefixSidTlv, Srv6Service, Srv6ServiceData, Srv6ServiceSubTlv,
    Srv6SidInformation, Srv6SidStructure,
};
use crate::bgp::encode::extended_communities;
use crate::wire::layout::{Type8Length8, layout, tlvs};
use crate::wire::{
    Fields, Items, List, Part, Prefix, Reader, Reserved, RouteDistinguisher, WireError, counted8,
    open_enum,
};

open_enum! {
    /// Architecture types (draft-ietf-bess-mup-safi §3.1).
    pub struct MupArchitecture(u8) {
        Gpp5g = 1 => "3gpp-5g",
    }
}

open_enum! {
    /// Route types (draft-ietf-bess-mup-safi §3.1).
    pub struct MupRouteType(u16) {
        InterworkSegmentDiscovery = 1 => "Interwork Segment Discovery",
        DirectSegmentDiscovery = 2 => "Direct Segment Discovery",
        Type1SessionTransformed = 3 => "Type 1 Session Transformed",
        Type2SessionTransformed = 4 => "Type 2 Session Transformed",
    }
}

tlvs! {
    /// Types of the TLVs of session transformed routes (draft-ietf-bess-mup-safi §3.1.5).
    pub struct MupTlvType(u8) in Type8Length8;

    /// A TLV of a session transformed route: type(1) · length(1) · value.
    pub enum MupTlv ["MUP TLV"; 3] {
        /// The session's parameters (draft-ietf-bess-mup-safi §3.1.5.1).
        1 "3gpp-5g Session Parameters" => SessionParameters(SessionParameters);
        /// Address of the interwork segment's end (draft-ietf-bess-mup-safi §3.1.5.2).
        2 "Interwork Endpoint" => InterworkEndpoint(IpAddr) "address";
        /// Source of the tunnel's packets (draft-ietf-bess-mup-safi §3.1.5.3).
        3 "Source Address" => SourceAddress(IpAddr) "address";
    }
}

layout! {
    /// 3gpp-5g Session Parameters: 5 octets.
    pub struct SessionParameters "3gpp-5g Session Parameters" {
        /// Tunnel endpoint identifier.
        teid: u32,
        /// QoS flow identifier.
        qfi: u8,
    }
}

/// A MUP route. 4 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mup<'a, const V6: bool> {
    /// The architecture type.
    pub architecture: MupArchitecture,
    /// The route type.
    pub route_type: MupRouteType,
    /// Its route distinguisher, if the types are known.
    pub distinguisher: Option<RouteDistinguisher>,
    /// What comes after it.
    pub route: MupRoute<'a>,
}

/// IPv4 (1/85).
pub(super) type Ipv4<'a> = Mup<'a, false>;
/// IPv6 (2/85).
pub(super) type Ipv6<'a> = Mup<'a, true>;

/// What a MUP route holds besides its distinguisher, by its types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MupRoute<'a> {
    /// Interwork Segment Discovery: a prefix of the radio access network (§3.1.1).
    InterworkSegment(Prefix),
    /// Direct Segment Discovery: address of the PE with the segment (§3.1.2).
    DirectSegment(IpAddr),
    /// Type 1 Session Transformed (§3.1.3).
    Type1Session(Type1Session<'a>),
    /// Type 2 Session Transformed (§3.1.4).
    Type2Session(Type2Session<'a>),
    /// All octets of a route of types that are not known here.
    Unknown(&'a [u8]),
}

/// Prefix length in bits(1) · prefix · TEID(4) · QFI(1) · length in bits(1) and endpoint address ·
/// length in bits(1) and source address · TLVs (draft-ietf-bess-mup-safi §3.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Type1Session<'a> {
    /// The mobile subscriber's prefix.
    pub prefix: Prefix,
    /// Tunnel endpoint identifier.
    pub teid: u32,
    /// QoS flow identifier.
    pub qfi: u8,
    /// Where the tunnel ends.
    pub endpoint: IpAddr,
    /// Source of the tunnel's packets; early versions of the draft have not even its length.
    pub source: Option<OptionalAddress>,
    /// Its TLVs.
    pub tlvs: List<'a, MupTlv<'a>>,
}

/// Length in bits of address and TEID(1) · endpoint address(4 or 16) · high-order octets of the
/// TEID(0 to 4) · TLVs (draft-ietf-bess-mup-safi §3.1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Type2Session<'a> {
    /// Bits of the address, and of the TEID that count.
    pub endpoint_length: u8,
    /// Where the tunnel ends: on the core's side.
    pub endpoint: IpAddr,
    /// Tunnel endpoint identifier, zero-filled.
    pub teid: [u8; 4],
    /// Its TLVs.
    pub tlvs: List<'a, MupTlv<'a>>,
}

/// An address behind its length in bits(1), which may be 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionalAddress(pub Option<IpAddr>);

impl Part<'_> for OptionalAddress {
    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        let at = r.offset();
        Ok(Self(match r.u8(what)? {
            0 => None,
            bits @ (32 | 128) => {
                Some(IpAddr::read(&mut r.sub(what, usize::from(bits / 8))?, what)?)
            }
            bits => return Err(WireError::invalid(what, at, bits.into())),
        }))
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(match self.0 {
            None => 0,
            Some(IpAddr::V4(_)) => 32,
            Some(IpAddr::V6(_)) => 128,
        });
        self.0.write(out);
    }

    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe_as(name, fields);
    }
}

impl<'a> Type1Session<'a> {
    fn read<const V6: bool>(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let prefix = sized_prefix::<V6>(r)?;
        let (teid, qfi) = (r.u32("TEID")?, r.u8("QFI")?);
        let at = r.offset();
        let OptionalAddress(Some(endpoint)) = Part::read(r, "endpoint address")? else {
            return Err(WireError::invalid("endpoint address", at, 0));
        };
        let source = Part::read(r, "source address")?;
        Ok(Self { prefix, teid, qfi, endpoint, source, tlvs: Part::read(r, "MUP TLV")? })
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_sized_prefix(&self.prefix, out);
        self.teid.write(out);
        self.qfi.write(out);
        OptionalAddress(Some(self.endpoint)).write(out);
        self.source.write(out);
        self.tlvs.encode(out);
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.text("prefix", &self.prefix);
        fields.number("teid", self.teid.into());
        fields.number("qfi", self.qfi.into());
        fields.text("endpoint_address", &self.endpoint);
        self.source.describe_as("source_address", fields);
        describe_tlvs(&self.tlvs, fields);
    }
}

impl<'a> Type2Session<'a> {
    fn read<const V6: bool>(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let (at, what) = (r.offset(), "endpoint address length");
        let endpoint_length = r.u8(what)?;
        let teid_bits = endpoint_length.checked_sub(if V6 { 128 } else { 32 });
        let Some(teid_bits @ 0..=32) = teid_bits else {
            return Err(WireError::invalid(what, at, endpoint_length.into()));
        };
        let endpoint = match V6 {
            false => Ipv4Addr::read(r, "endpoint address")?.into(),
            true => Ipv6Addr::read(r, "endpoint address")?.into(),
        };
        let mut teid = [0; 4];
        let octets = r.take("TEID", usize::from(teid_bits.div_ceil(8)))?;
        teid.iter_mut().zip(octets).for_each(|(to, from)| *to = *from);
        Ok(Self { endpoint_length, endpoint, teid, tlvs: Part::read(r, "MUP TLV")? })
    }

    /// Bits of the TEID that count.
    #[must_use]
    pub fn teid_length(&self) -> u8 {
        self.endpoint_length.saturating_sub(if self.endpoint.is_ipv6() { 128 } else { 32 })
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.endpoint_length.write(out);
        self.endpoint.write(out);
        let octets = usize::from(self.teid_length().div_ceil(8));
        out.extend(self.teid.iter().take(octets));
        self.tlvs.encode(out);
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.text("endpoint_address", &self.endpoint);
        fields.number("endpoint_address_length", self.endpoint_length.into());
        if self.teid_length() > 0 {
            fields.number("teid", u32::from_be_bytes(self.teid).into());
        }
        describe_tlvs(&self.tlvs, fields);
    }
}

fn describe_tlvs(tlvs: &List<'_, MupTlv<'_>>, fields: &mut dyn Fields) {
    if !tlvs.is_empty() {
        tlvs.describe("tlvs", fields);
    }
}

impl<'a> MupRoute<'a> {
    fn read<const V6: bool>(kind: MupRouteType, mut r: Reader<'a>) -> Result<Self, WireError> {
        let route = match kind {
            MupRouteType::InterworkSegmentDiscovery => {
                Self::InterworkSegment(sized_prefix::<V6>(&mut r)?)
            }
            MupRouteType::DirectSegmentDiscovery => {
                Self::DirectSegment(IpAddr::read(&mut r, "address")?)
            }
            MupRouteType::Type1SessionTransformed => {
                Self::Type1Session(Type1Session::read::<V6>(&mut r)?)
            }
            MupRouteType::Type2SessionTransformed => {
                Self::Type2Session(Type2Session::read::<V6>(&mut r)?)
            }
            _ => Self::Unknown(r.rest()),
        };
        r.finish("MUP route")?;
        Ok(route)
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::InterworkSegment(prefix) => write_sized_prefix(prefix, out),
            Self::DirectSegment(address) => address.write(out),
            Self::Type1Session(session) => session.write(out),
            Self::Type2Session(session) => session.write(out),
            Self::Unknown(octets) => octets.write(out),
        }
    }

    fn describe(&self, fields: &mut dyn Fields) {
        match self {
            Self::InterworkSegment(prefix) => fields.text("prefix", prefix),
            Self::DirectSegment(address) => fields.text("address", address),
            Self::Type1Session(session) => session.describe(fields),
            Self::Type2Session(session) => session.describe(fields),
            Self::Unknown(octets) => fields.octets("value", octets),
        }
    }
}

impl<'a, const V6: bool> Nlri<'a> for Mup<'a, V6> {
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        let architecture = MupArchitecture(r.u8("architecture type")?);
        let route_type = MupRouteType(r.u16("route type")?);
        let len = r.u8("NLRI length")?;
        let mut value = r.sub("NLRI", len.into())?;
        if architecture != MupArchitecture::Gpp5g || route_type.name().is_none() {
            let route = MupRoute::Unknown(value.rest());
            return Ok(Self { architecture, route_type, distinguisher: None, route });
        }
        let distinguisher = Some(RouteDistinguisher(value.array("route distinguisher")?));
        let route = MupRoute::read::<V6>(route_type, value)?;
        Ok(Self { architecture, route_type, distinguisher, route })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.architecture.write(out);
        self.route_type.write(out);
        counted8(out, |out| {
            self.distinguisher.write(out);
            self.route.write(out);
        });
    }

    fn distinguisher(&self) -> Option<RouteDistinguisher> {
        self.distinguisher
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.text("architecture_type", &self.architecture);
        fields.text("route_type", &self.route_type);
        self.route.describe(fields);
    }

    fn is_doubtful(&self) -> bool {
        match self.route {
            MupRoute::InterworkSegment(prefix)
            | MupRoute::Type1Session(Type1Session { prefix, .. }) => prefix.has_host_bits(),
            MupRoute::Unknown(_) => true,
            _ => false,
        }
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        let prefix = example_prefix::<V6>(index);
        let address = match prefix {
            Prefix::V4(octets, _) => IpAddr::from(octets),
            Prefix::V6(octets, _) => IpAddr::from(octets),
        };
        let tlvs = Items::of([
            MupTlv::SessionParameters(SessionParameters { teid: index, qfi: 9 }),
            MupTlv::InterworkEndpoint(address),
            MupTlv::SourceAddress(address),
        ]);
        let tlvs = match index % 6 {
            5 => tlvs.list().unwrap_or_default(),
            _ => List::EMPTY,
        };
        let (route_type, route) = match index % 6 {
            0 => (MupRouteType::InterworkSegmentDiscovery, MupRoute::InterworkSegment(prefix)),
            1 => (MupRouteType::DirectSegmentDiscovery, MupRoute::DirectSegment(address)),
            kind @ (2 | 3) => {
                let source = Some(OptionalAddress((kind == 3).then_some(address)));
                let (teid, qfi, endpoint) = (0x100 ^ index, index as u8 & 0x3f, address);
                let session = Type1Session { prefix, teid, qfi, endpoint, source, tlvs };
                (MupRouteType::Type1SessionTransformed, MupRoute::Type1Session(session))
            }
            kind => {
                // The one's TEID is whole, of the other's 24 bits count.
                let endpoint_length = if V6 { 128 } else { 32 } + if kind == 4 { 32 } else { 24 };
                let teid = (index << 8).to_be_bytes();
                let session = Type2Session { endpoint_length, endpoint: address, teid, tlvs };
                (MupRouteType::Type2SessionTransformed, MupRoute::Type2Session(session))
            }
        };
        let distinguisher = Some(example_rd(index));
        let architecture = MupArchitecture::Gpp5g;
        Mup::<V6> { architecture, route_type, distinguisher, route }.encode(out);
    }

    /// Route targets; the segment that direct segments and type 2 sessions have in common; the
    /// SRv6 SIDs of segments.
    fn example_attributes(index: u32, out: &mut Vec<u8>) {
        let target = ExtendedCommunity::route_target(Specific::TwoOctetAs(65001, index % 1000));
        let segment = ExtendedCommunity::direct_segment(65001, index % 1000);
        match index % 6 {
            1 | 4 | 5 => extended_communities(out, &[target.0, segment.0]),
            _ => extended_communities(out, &[target.0]),
        }
        match (index % 6, V6) {
            (0, false) => srv6_service(index, EndpointBehavior::EndMGtp4E, out),
            (0, true) => srv6_service(index, EndpointBehavior::EndMGtp6E, out),
            (1, false) => srv6_service(index, EndpointBehavior::EndDt4, out),
            (1, true) => srv6_service(index, EndpointBehavior::EndDt6, out),
            _ => {}
        }
    }
}

/// Appends a Prefix-SID attribute with an SRv6 L3 Service TLV (RFC 9252 §2).
fn srv6_service(index: u32, endpoint_behavior: EndpointBehavior, out: &mut Vec<u8>) {
    let structure = Srv6ServiceData::SidStructure(Srv6SidStructure {
        locator_block_length: 32,
        locator_node_length: 32,
        function_length: 16,
        argument_length: 0,
        transposition_length: 0,
        transposition_offset: 0,
    });
    let data = Items::of([structure]);
    let [a, b, c, d] = index.to_be_bytes();
    let information = Srv6ServiceSubTlv::SidInformation(Srv6SidInformation {
        reserved1: Reserved::ZERO,
        sid: [0x20, 1, 0xd, 0xb8, a, b, c, d, 0, 1, 0, 0, 0, 0, 0, 0].into(),
        flags: 0,
        endpoint_behavior,
        reserved2: Reserved::ZERO,
        sub_sub_tlvs: data.list().unwrap_or_default(),
    });
    let sub_tlvs = Items::of([information]);
    let sub_tlvs = sub_tlvs.list().unwrap_or_default();
    let service = PrefixSidTlv::Srv6L3Service(Srv6Service { reserved: Reserved::ZERO, sub_tlvs });
    let tlvs = Items::of([service]);
    attr::encode(&PrefixSid(tlvs.list().unwrap_or_default()), AsWidth::Four, out);
}

#[cfg(test)]
mod tests {
    use crate::bgp::nlri::testing::{malformed, sound, withdrawn};
    use crate::wire::Family;

    const V4: Family = Family::new(1, 85);
    const V6: Family = Family::new(2, 85);

    #[test]
    fn segments_have_a_prefix_or_an_address() {
        sound(
            V4,
            "01 0001 0c 0000006400000064 18 0a0000",
            "rd=0:100:100 architecture_type=3gpp-5g route_type=Interwork Segment Discovery \
             prefix=10.0.0.0/24",
        );
        sound(
            V6,
            "01 0001 0f 0000006400000064 30 20010db80001",
            "rd=0:100:100 architecture_type=3gpp-5g route_type=Interwork Segment Discovery \
             prefix=2001:db8:1::/48",
        );
        withdrawn(
            V4,
            "01 0002 0c 0000006400000064 0a000001",
            "rd=0:100:100 architecture_type=3gpp-5g route_type=Direct Segment Discovery \
             address=10.0.0.1",
        );
        sound(
            V6,
            "01 0002 18 0000006400000064 20010000000000000000000000000001",
            "rd=0:100:100 architecture_type=3gpp-5g route_type=Direct Segment Discovery \
             address=2001::1",
        );
        malformed(V4, "01 0001 0d 0000006400000064 21 0a000001", "prefix length", 12);
        malformed(V4, "01 0001 0d 0000006400000064 18 0a000001", "MUP route", 16);
        malformed(V4, "01 0002 0b 0000006400000064 0a0000", "address", 12);
        malformed(V4, "01 0002 07 00000064000000", "route distinguisher", 4);
        malformed(V4, "01 0002 0d 0000006400000064 0a0000", "NLRI", 4);
    }

    #[test]
    fn type_1_sessions_have_a_source_address_or_none() {
        let want = "rd=0:100:100 architecture_type=3gpp-5g route_type=Type 1 Session Transformed \
                    prefix=192.168.0.1/32 teid=12345 qfi=9 endpoint_address=10.0.0.1";
        let old = "0000006400000064 20 c0a80001 00003039 09 20 0a000001";
        sound(V4, &format!("01 0003 17 {old}"), want);
        sound(V4, &format!("01 0003 18 {old} 00"), want);
        let source = format!("{want} source_address=10.0.0.9");
        sound(V4, &format!("01 0003 1c {old} 20 0a000009"), &source);
        sound(
            V4,
            &format!("01 0003 2b {old} 80 20010db8000000000000000000000009 c8 01 77"),
            &format!("{want} source_address=2001:db8::9 tlvs=[{{type=200 value=77}}]"),
        );
        sound(
            V6,
            "01 0003 2f 0000006400000064 80 20010db8000100000000000000000001 00003039 09 \
             80 20010000000000000000000000000001",
            "rd=0:100:100 architecture_type=3gpp-5g route_type=Type 1 Session Transformed \
             prefix=2001:db8:1::1/128 teid=12345 qfi=9 endpoint_address=2001::1",
        );
        malformed(V4, &format!("01 0003 18 {old} 21"), "source address", 27);
        malformed(V4, &format!("01 0003 19 {old} 00 01"), "MUP TLV", 29);
        let none = "01 0003 14 0000006400000064 20 c0a80001 00003039 09 00 00";
        malformed(V4, none, "endpoint address", 22);
    }

    #[test]
    fn type_2_sessions_have_as_much_of_a_teid_as_their_length_says() {
        let want = "rd=0:100:100 architecture_type=3gpp-5g route_type=Type 2 Session Transformed \
                    endpoint_address=10.0.0.1 endpoint_address_length=";
        let head = "0000006400000064";
        sound(
            V4,
            &format!("01 0004 11 {head} 40 0a000001 00003039"),
            &format!("{want}64 teid=12345"),
        );
        sound(
            V4,
            &format!("01 0004 0f {head} 2a 0a000001 6440"),
            &format!("{want}42 teid=1681915904"),
        );
        sound(V4, &format!("01 0004 0d {head} 20 0a000001"), &format!("{want}32"));
        sound(
            V4,
            &format!(
                "01 0004 2e {head} 20 0a000001 01 05 000000c8 09 02 04 0a141e28 \
                 03 10 20010000000000000000000000000100 01 00"
            ),
            &format!(
                "{want}32 tlvs=[{{type=3gpp-5g Session Parameters teid=200 qfi=9}}, \
                 {{type=Interwork Endpoint address=10.20.30.40}}, \
                 {{type=Source Address address=2001::100}}, \
                 {{type=3gpp-5g Session Parameters value=}}]"
            ),
        );
        sound(
            V6,
            &format!("01 0004 1d {head} a0 20010000000000000000000000000001 00003039"),
            "rd=0:100:100 architecture_type=3gpp-5g route_type=Type 2 Session Transformed \
             endpoint_address=2001::1 endpoint_address_length=160 teid=12345",
        );
        let what = "endpoint address length";
        malformed(V4, &format!("01 0004 0d {head} 1f 0a000001"), what, 12);
        malformed(V4, &format!("01 0004 12 {head} 41 0a000001 0000000000"), what, 12);
        malformed(V6, &format!("01 0004 0d {head} 20 0a000001"), what, 12);
    }

    #[test]
    fn unknown_types_are_kept() {
        sound(V4, "01 0009 02 abcd", "architecture_type=3gpp-5g route_type=9 value=abcd");
        sound(
            V4,
            "02 0001 00",
            "architecture_type=2 route_type=Interwork Segment Discovery value=",
        );
    }
}
