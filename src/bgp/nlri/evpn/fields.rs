//! Fields that several types of EVPN routes have.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::wire::{Fields, Mac, Part, Reader, U24, WireError};

/// An Ethernet Segment Identifier: type(1) · value(9) (RFC 7432 §5).
///
/// It is described by all its octets and, where its type says what they hold, by those fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EthernetSegmentIdentifier(pub [u8; 10]);

impl EthernetSegmentIdentifier {
    /// The type, which says how the value was made.
    #[must_use]
    pub fn kind(&self) -> u8 {
        self.0[0]
    }

    /// Describes the fields that the value is made of.
    fn describe_value(&self, fields: &mut dyn Fields) {
        let [kind, a, b, c, d, e, g, h, i, _] = self.0;
        let (mac, local) = (Mac([a, b, c, d, e, g]), u32::from_be_bytes([e, g, h, i]));
        fields.number("type", kind.into());
        match kind {
            1 => {
                fields.text("ce_lacp_system_mac_address", &mac);
                fields.number("ce_lacp_port_key", u16::from_be_bytes([h, i]).into());
            }
            2 => {
                fields.text("root_bridge_mac_address", &mac);
                fields.number("root_bridge_priority", u16::from_be_bytes([h, i]).into());
            }
            3 => {
                let [.., last] = self.0;
                fields.text("system_mac_address", &mac);
                fields.number("local_discriminator", u32::from_be_bytes([0, h, i, last]).into());
            }
            4 => {
                fields.text("router_id", &Ipv4Addr::new(a, b, c, d));
                fields.number("local_discriminator", local.into());
            }
            _ => {
                fields.number("autonomous_system", u32::from_be_bytes([a, b, c, d]).into());
                fields.number("local_discriminator", local.into());
            }
        }
    }
}

impl fmt::Display for EthernetSegmentIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [kind, value @ ..] = self.0;
        write!(f, "{kind:02x}")?;
        value.iter().try_for_each(|octet| write!(f, ":{octet:02x}"))
    }
}

impl Part<'_> for EthernetSegmentIdentifier {
    const SIZE: usize = 10;

    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        r.array(what).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.text(name, self);
        if let 1..=5 = self.kind() {
            fields.group("esi", &mut |fields| self.describe_value(fields));
        }
    }
}

/// A field that holds an MPLS label in its high-order 20 bits, or a VNI in all its 24: the
/// `N`-th of its route.
///
/// Which one it is, the route does not say: its encapsulation extended community does (RFC 8365
/// §5.1.3). So it is described as both, `mpls_label1` and `vni1`, `mpls_label2` and `vni2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LabelOrVni<const N: usize>(pub U24);

impl<const N: usize> LabelOrVni<N> {
    /// The MPLS label: the high-order 20 bits.
    #[must_use]
    pub fn mpls_label(self) -> u32 {
        self.vni() >> 4
    }

    /// The VNI, or whatever else has 24 bits.
    #[must_use]
    pub fn vni(self) -> u32 {
        self.0.get()
    }
}

impl<const N: usize> Part<'_> for LabelOrVni<N> {
    const SIZE: usize = 3;

    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        U24::read(r, what).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn describe_as(&self, _: &'static str, fields: &mut dyn Fields) {
        let (label, vni) = match N {
            2 => ("mpls_label2", "vni2"),
            _ => ("mpls_label1", "vni1"),
        };
        fields.number(label, self.mpls_label().into());
        fields.number(vni, self.vni().into());
    }
}

/// A MAC address after its length in bits. The length is 48 (RFC 7432 §7.2); another one is kept
/// and described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MacAddress {
    /// Its length in bits.
    pub bits: u8,
    /// The address.
    pub address: Mac,
}

impl Part<'_> for MacAddress {
    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        Ok(Self { bits: r.u8(what)?, address: Part::read(r, what)? })
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.push(self.bits);
        self.address.write(out);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        if self.bits != 48 {
            fields.number("mac_address_length", self.bits.into());
        }
        self.address.describe_as(name, fields);
    }
}

/// An IP address, or none, after its length in bits: 32, 128 or 0. Not described where there is
/// none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnyAddress(pub Option<IpAddr>);

impl Part<'_> for AnyAddress {
    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        let at = r.offset();
        match r.u8(what)? {
            0 => Ok(Self(None)),
            32 => Ipv4Addr::read(r, what).map(|address| Self(Some(address.into()))),
            128 => Ipv6Addr::read(r, what).map(|address| Self(Some(address.into()))),
            bits => Err(WireError::invalid("address length", at, bits.into())),
        }
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

/// An IP address after its length in bits: 32 or 128.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(pub IpAddr);

impl Part<'_> for Address {
    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        let at = r.offset();
        match AnyAddress::read(r, what)?.0 {
            Some(address) => Ok(Self(address)),
            None => Err(WireError::invalid("address length", at, 0)),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        AnyAddress(Some(self.0)).write(out);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe_as(name, fields);
    }
}
