//! The Encapsulation SAFI: length in bits, 32 or 128(1) · endpoint address (RFC 5512 §3). How to
//! reach the endpoint is in the Tunnel Encapsulation attribute.

use std::net::IpAddr;

use super::Nlri;
use super::prefix::{address, example_address};
use crate::bgp::AsWidth;
use crate::bgp::attr;
use crate::bgp::attr::extended_communities::ExtendedCommunity;
use crate::bgp::attr::tunnel_encapsulation::{
    ColorSubTlv, Encapsulation as EncapsulationSubTlv, EncapsulationHeader, Gre, L2tpv3,
    ProtocolType, SubTlv, Tunnel, TunnelEncapsulation, TunnelType,
};
use crate::wire::{Fields, Items, Part as _, Reader, WireError};

/// The end of tunnels. 5 octets, or 17.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encapsulation<const V6: bool> {
    /// Its address, of the NLRI's family.
    pub endpoint: IpAddr,
}

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

#[cfg(test)]
mod tests {
    use crate::bgp::nlri::testing::{attributes, malformed, sound, withdrawn};
    use crate::wire::Family;

    const IPV4: Family = Family::new(1, 7);
    const IPV6: Family = Family::new(2, 7);

    #[test]
    fn an_endpoint_is_an_address() {
        sound(IPV4, "20 c0000201", "endpoint=192.0.2.1");
        withdrawn(IPV6, "80 20010db8000000000000000000000001", "endpoint=2001:db8::1");
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
