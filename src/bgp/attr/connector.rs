//! BGP Connector Attribute: type(2) · value; type 1 is a VPN-IPv4 address, that of the PE that sent
//! a multicast VPN's route (RFC 6037 §4; deprecated).

use std::net::Ipv4Addr;

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::{Fields, Part, Reader, RouteDistinguisher, WireError};

/// Type of a VPN-IPv4 address: RD(8) · IPv4 address(4).
const VPN_IPV4: u16 = 1;

/// What the route is connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connector<'a> {
    /// Type 1: the address of the PE.
    VpnIpv4(RouteDistinguisher, Ipv4Addr),
    /// Any other type, or a type 1 of another length, and its value.
    Unknown(u16, &'a [u8]),
}

impl<'a> Value<'a> for Connector<'a> {
    fn parse(mut value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        let kind = value.u16("Connector type")?;
        match (kind, value.len()) {
            (VPN_IPV4, 12) => {
                let rd = Part::read(&mut value, "Connector")?;
                Ok(Self::VpnIpv4(rd, Part::read(&mut value, "Connector")?))
            }
            _ => Ok(Self::Unknown(kind, value.rest())),
        }
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        match self {
            Self::VpnIpv4(rd, address) => {
                VPN_IPV4.write(out);
                rd.write(out);
                address.write(out);
            }
            Self::Unknown(kind, value) => {
                kind.write(out);
                value.write(out);
            }
        }
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| match *self {
            Self::VpnIpv4(rd, address) => {
                rd.describe_as("rd", fields);
                fields.text("address", &address);
            }
            Self::Unknown(kind, value) => {
                fields.number("type", kind.into());
                fields.octets("value", value);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, sound};

    const CODE: AttributeCode = AttributeCode::Connector;

    #[test]
    fn a_vpn_ipv4_address_is_read_and_the_rest_is_kept() {
        let pe = "0001 0001ac1509f60009 0a4001f6";
        sound(CODE, pe, "connector={rd=1:172.21.9.246:9 address=10.64.1.246}");
        let odd = "0001 0009000000000001 0a000002";
        sound(CODE, odd, "connector={rd=0009000000000001 address=10.0.0.2}");
        sound(CODE, "0001 0a000002", "connector={type=1 value=0a000002}");
        sound(CODE, "0007", "connector={type=7 value=}");
        malformed(CODE, "00", "Connector type", 0);
    }
}
