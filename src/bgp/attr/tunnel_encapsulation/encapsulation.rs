//! The Encapsulation sub-TLV, whose form depends on the tunnel's type (RFC 9012 §3.2).

use super::TunnelType;
use crate::wire::layout::{layout, whole};
use crate::wire::{Fields, Mac, Part, Reader, Reserved, U24, WireError};

/// What an Encapsulation sub-TLV says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncapsulationHeader<'a> {
    /// VXLAN (RFC 9012 §3.2.1).
    Vxlan(VirtualNetwork),
    /// NVGRE (RFC 9012 §3.2.2).
    Nvgre(VirtualNetwork),
    /// L2TPv3 over IP (RFC 9012 §3.2.3).
    L2tpv3(L2tpv3<'a>),
    /// GRE, and MPLS in GRE (RFC 9012 §3.2.4, §3.2.5).
    Gre(Gre),
    /// VXLAN GPE (draft-ietf-idr-tunnel-encaps-22 §3.2.2).
    VxlanGpe(VxlanGpe),
    /// Of another tunnel type, or of another length.
    Octets(&'a [u8]),
}

layout! {
    /// A virtual network: 12 octets.
    pub struct VirtualNetwork "Encapsulation sub-TLV" {
        /// Flags: see [`VirtualNetwork::vn_id_is_valid`] and [`VirtualNetwork::mac_is_valid`].
        flags: u8,
        /// The virtual network's identifier.
        vn_id: U24,
        /// The inner destination MAC address.
        mac: Mac,
        /// Reserved.
        reserved: Reserved<2>,
    }

    /// An L2TPv3 session: 4 octets, and a cookie.
    pub struct L2tpv3<'a> "Encapsulation sub-TLV" {
        /// Session ID.
        session_id: u32,
        /// Cookie: none, 4 or 8 octets.
        cookie: &'a [u8],
    }

    /// GRE: 4 octets.
    pub struct Gre "Encapsulation sub-TLV" {
        /// The key.
        gre_key: u32,
    }

    /// VXLAN GPE: 8 octets.
    pub struct VxlanGpe "Encapsulation sub-TLV" {
        /// Version (2 bits), and flags.
        flags: u8,
        /// Reserved.
        reserved1: Reserved<3>,
        /// The virtual network's identifier.
        vn_id: U24,
        /// Reserved.
        reserved2: Reserved<1>,
    }
}

impl VirtualNetwork {
    /// Whether the identifier counts (V).
    #[must_use]
    pub fn vn_id_is_valid(&self) -> bool {
        self.flags & 0x80 != 0
    }

    /// Whether the MAC address counts (M).
    #[must_use]
    pub fn mac_is_valid(&self) -> bool {
        self.flags & 0x40 != 0
    }
}

/// What `octets` say in a tunnel of this type.
pub(super) fn read(tunnel: TunnelType, octets: &[u8]) -> EncapsulationHeader<'_> {
    use EncapsulationHeader as Header;
    fn form<'a, T: Part<'a>>(octets: &'a [u8]) -> Result<T, WireError> {
        whole(Reader::new(octets), "Encapsulation sub-TLV")
    }
    let header = match tunnel {
        TunnelType::Vxlan => form(octets).map(Header::Vxlan),
        TunnelType::Nvgre => form(octets).map(Header::Nvgre),
        TunnelType::L2tpv3 => form(octets).map(Header::L2tpv3),
        TunnelType::Gre | TunnelType::MplsInGre => form(octets).map(Header::Gre),
        TunnelType::VxlanGpe => form(octets).map(Header::VxlanGpe),
        _ => Ok(Header::Octets(octets)),
    };
    header.unwrap_or(Header::Octets(octets))
}

impl EncapsulationHeader<'_> {
    /// Appends the sub-TLV's value.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Vxlan(header) | Self::Nvgre(header) => header.write(out),
            Self::L2tpv3(header) => header.write(out),
            Self::Gre(header) => header.write(out),
            Self::VxlanGpe(header) => header.write(out),
            Self::Octets(octets) => octets.write(out),
        }
    }

    /// Describes the fields.
    pub fn describe(&self, fields: &mut dyn Fields) {
        match self {
            Self::Vxlan(header) | Self::Nvgre(header) => header.describe_whole("value", fields),
            Self::L2tpv3(header) => header.describe_whole("value", fields),
            Self::Gre(header) => header.describe_whole("value", fields),
            Self::VxlanGpe(header) => header.describe_whole("value", fields),
            Self::Octets(octets) => fields.octets("value", octets),
        }
    }
}
