//! The Encapsulation SAFI: length in bits, 32 or 128(1) · endpoint address (RFC 5512 §3). How to
//! reach the endpoint is in the Tunnel Encapsulation attribute.
//!
//! The Tunnel SAFI, before that: length in bits of all that follows(1) · tunnel identifier(2) ·
//! endpoint prefix (draft-nalawade-kapoor-tunnel-safi-05).

use std::net::IpAddr;

use super::Nlri;
use super::prefix::{address, example_address, example_prefix, prefix, write_prefix};
use crate::bgp::AsWidth;
use crate::bgp::attr;
use crate::bgp::attr::extended_communities::ExtendedCommunity;
use crate::bgp::attr::tunnel_encapsulation::{
    ColorSubTlv, Encapsulation as EncapsulationSubTlv, EncapsulationHeader, Gre, L2tpv3,
    ProtocolType, SubTlv, Tunnel, TunnelEncapsulation, TunnelType,
};
use crate::wire::{Fields, Items, Part as _, Prefix, Reader, WireError};

/// The end of tunnels. 5 octets, or 17.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encapsulation<const V6: bool> {
    /// Its address, of the NLRI's family.
    pub endpoint: IpAddr,
}

/// A tunnel and its end. 3 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TunnelEndpoint<const V6: bool> {
    /// Tells the endpoint's tunnels apart.
    pub identifier: u16,
    /// Its address, of the NLRI's family; a whole one, as a rule.
    pub endpoint: Prefix,
}

/// IPv4 (1/64).
pub(super) type Ipv4Tunnel = TunnelEndpoint<false>;
/// IPv6 (2/64).
pub(super) type Ipv6Tunnel = TunnelEndpoint<true>;

/// Bits of a tunnel identifier.
const IDENTIFIER_BITS: u8 = 16;

/// IPv4 (1/7).
pub(super) type Ipv4 = Encapsulation<false>;
/// IPv6 (2/7).
pub(super) type Ipv6 = Encapsulation<true>;

impl<const V6: bool> Encapsulation<V6> {
    /// Bits of the address.
    const BITS: u8 = if V6 { 128 } else { 32 };
}

impl<'a, const V6: bool> Nlri<'a> for Encapsulation<V6> {
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        let at = r.offset();
        let bits = r.u8("Encapsulation NLRI length")?;
        if bits != Self::BITS {
            return Err(WireError::invalid("Encapsulation NLRI length", at, bits.into()));
        }
        address::<V6>(r, "endpoint address").map(|endpoint| Self { endpoint })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(Self::BITS);
        self.endpoint.write(out);
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.text("endpoint", &self.endpoint);
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        Self { endpoint: example_address::<V6>(index) }.encode(out);
    }

    /// GRE with a key, L2TPv3 with a cookie, and IP in IP.
    fn example_attributes(index: u32, out: &mut Vec<u8>) {
        let cookie = index.to_be_bytes();
        let (tunnel_type, header) = match index % 3 {
            0 => (TunnelType::Gre, Some(EncapsulationHeader::Gre(Gre { gre_key: index }))),
            1 => {
                let session = L2tpv3 { session_id: index, cookie: &cookie };
                (TunnelType::L2tpv3, Some(EncapsulationHeader::L2tpv3(session)))
            }
            _ => (TunnelType::IpInIp, None),
        };
        let mut value = Vec::new();
        if let Some(header) = &header {
            header.encode(&mut value);
        }
        let encapsulation = header.map(|_| SubTlv::Encapsulation(EncapsulationSubTlv(&value)));
        let color = ExtendedCommunity::color(0, index);
        let sub_tlvs = Items::of(encapsulation)
            .and(&SubTlv::ProtocolType(ProtocolType { protocol_type: 0x0800 }))
            .and(&SubTlv::Color(ColorSubTlv { color }));
        let sub_tlvs = sub_tlvs.list().unwrap_or_default();
        let tunnels = Items::of([Tunnel { tunnel_type, sub_tlvs }]);
        let tunnels = TunnelEncapsulation(tunnels.list().unwrap_or_default());
        attr::encode(&tunnels, AsWidth::Four, out);
    }
}

impl<'a, const V6: bool> Nlri<'a> for TunnelEndpoint<V6> {
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        let at = r.offset();
        let all = r.u8("Tunnel NLRI length")?;
        let Some(bits) = all.checked_sub(IDENTIFIER_BITS) else {
            return Err(WireError::invalid("Tunnel NLRI length", at, all.into()));
        };
        let identifier = r.u16("tunnel identifier")?;
        Ok(Self { identifier, endpoint: prefix::<V6>(r, bits, at)? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(IDENTIFIER_BITS.saturating_add(self.endpoint.bits()));
        self.identifier.write(out);
        write_prefix(&self.endpoint, out);
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.number("tunnel_identifier", self.identifier.into());
        fields.text("prefix", &self.endpoint);
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        Self { identifier: index as u16, endpoint: example_prefix::<V6>(index) }.encode(out);
    }

    fn is_doubtful(&self) -> bool {
        self.endpoint.has_host_bits()
    }
}

#[cfg(test)]
mod tests {
    use super::TunnelEndpoint;
    use crate::bgp::nlri::Nlri as _;
    use crate::bgp::nlri::testing::{attributes, malformed, sound, withdrawn};
    use crate::wire::{Family, Prefix};

    const IPV4: Family = Family::new(1, 7);
    const IPV6: Family = Family::new(2, 7);

    #[test]
    fn an_endpoint_is_an_address() {
        sound(IPV4, "20 c0000201", "endpoint=192.0.2.1");
        withdrawn(IPV6, "80 20010db8000000000000000000000001", "endpoint=2001:db8::1");
    }

    #[test]
    fn a_tunnel_has_an_identifier_and_an_endpoint() {
        let (v4, v6) = (Family::new(1, 64), Family::new(2, 64));
        sound(v4, "30 0007 c0000201", "tunnel_identifier=7 prefix=192.0.2.1/32");
        withdrawn(v6, "30 0007 20010db8", "tunnel_identifier=7 prefix=2001:db8::/32");
        sound(v4, "10 0007", "tunnel_identifier=7 prefix=0.0.0.0/0");
        malformed(v4, "0f 0007", "Tunnel NLRI length", 0);
        malformed(v4, "31 0007 c000020100", "prefix length", 0);
        malformed(v4, "30 0007 c00002", "prefix", 3);
        malformed(v4, "30 00", "tunnel identifier", 1);
        let (mut out, endpoint) = (Vec::new(), Prefix::V4([10, 0, 0, 0], u8::MAX));
        TunnelEndpoint::<false> { identifier: 7, endpoint }.encode(&mut out);
        assert_eq!(out, [u8::MAX, 0, 7], "no prefix, and no panic");
    }

    #[test]
    fn an_endpoint_is_all_of_an_address_of_its_family() {
        malformed(IPV4, "18 c00002", "Encapsulation NLRI length", 0);
        malformed(IPV4, "80 20010db8000000000000000000000001", "Encapsulation NLRI length", 0);
        malformed(IPV6, "20 c0000201", "Encapsulation NLRI length", 0);
        malformed(IPV4, "20 c00002", "endpoint address", 1);
    }

    #[test]
    fn examples_say_how_to_reach_the_endpoint() {
        for (index, want) in [
            (
                3,
                "tunnel_encapsulation=[{tunnel_type=GRE sub_tlvs=[{type=Encapsulation gre_key=3}, \
                 {type=Protocol Type protocol_type=2048}, \
                 {type=Color color={type=Color color_only=0 color=3}}]}]",
            ),
            (
                4,
                "tunnel_encapsulation=[{tunnel_type=L2TPv3 over IP \
                 sub_tlvs=[{type=Encapsulation session_id=4 cookie=00000004}, \
                 {type=Protocol Type protocol_type=2048}, \
                 {type=Color color={type=Color color_only=0 color=4}}]}]",
            ),
            (
                5,
                "tunnel_encapsulation=[{tunnel_type=IP in IP \
                 sub_tlvs=[{type=Protocol Type protocol_type=2048}, \
                 {type=Color color={type=Color color_only=0 color=5}}]}]",
            ),
        ] {
            assert_eq!(attributes(IPV4, index), want);
        }
    }
}
