//! VPLS: length in octets(2) · route distinguisher(8) · what the length tells. Three standards
//! share the family:
//!
//! * 17 octets: a VPLS edge device (VE) and its label block (RFC 4761 §3.2.2);
//! * 12 octets: a PE that is to be discovered, and no more (RFC 6074 §3.2.2.1);
//! * 15 octets, or 18 and more: a customer edge device (CE) of a point-to-point L2VPN, its label
//!   block and TLVs (RFC 6624).
//!
//! What has another length, or TLVs that do not fill theirs, is kept as octets.

use std::net::Ipv4Addr;

use super::Nlri;
use super::vpn::example_rd;
use crate::bgp::AsWidth;
use crate::bgp::attr;
use crate::bgp::attr::extended_communities::{ExtendedCommunities, ExtendedCommunity, Specific};
use crate::wire::layout::{layout, whole};
use crate::wire::{
    Fields, Item, Items, LabelField, List, Part, Reader, RouteDistinguisher, WireError, counted16,
    open_enum,
};

/// A route of VPLS or of a point-to-point L2VPN. 2 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vpls<'a> {
    /// A VPLS edge device and its label block.
    Edge(RouteDistinguisher, Edge),
    /// A PE.
    Pe(RouteDistinguisher, Pe),
    /// A customer edge device and its label block.
    CustomerEdge(RouteDistinguisher, CustomerEdge<'a>),
    /// Anything else, without the length.
    Unknown(&'a [u8]),
}

layout! {
    /// A VPLS edge device and its label block (RFC 4761 §3.2.2). 9 octets.
    pub struct Edge {
        /// The edge device.
        ve_id: u16,
        /// The first of those for which the block has labels.
        ve_block_offset: u16,
        /// How many there are.
        ve_block_size: u16,
        /// The label of the first.
        label_base: LabelField,
    }

    /// A PE that takes part in a VPLS or L2VPN (RFC 6074 §3.2.2.1). 4 octets.
    pub struct Pe {
        /// Its address.
        pe_address: Ipv4Addr,
    }

    /// A customer edge device and its label block (RFC 6624). 7 octets and more.
    pub struct CustomerEdge<'a> {
        /// The customer edge device.
        ce_id: u16,
        /// The first of those for which the block has labels.
        label_block_offset: u16,
        /// The label of the first.
        label_base: LabelField,
        /// What else is known of the block.
        tlvs: List<'a, BlockTlv<'a>>,
    }
}

open_enum! {
    /// Types of TLVs of a label block (RFC 6624).
    pub struct BlockTlvType(u8) {
        CircuitStatusVector = 1 => "Circuit Status Vector",
    }
}

/// A TLV of a label block: type(1) · length of the value in bits(2) · value (RFC 6624).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockTlv<'a> {
    /// The type.
    pub kind: BlockTlvType,
    /// How many bits of the value count.
    pub bits: u16,
    /// The value: of a circuit status vector a bit for each label, which is set while the circuit
    /// is down.
    pub value: &'a [u8],
}

impl<'a> Item<'a> for BlockTlv<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let kind = BlockTlvType(r.u8("L2VPN TLV type")?);
        let bits = r.u16("L2VPN TLV length")?;
        let value = r.take("L2VPN TLV", usize::from(bits).div_ceil(8))?;
        Ok(Self { kind, bits, value })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.kind.0);
        out.extend_from_slice(&self.bits.to_be_bytes());
        out.extend_from_slice(self.value);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            fields.text("type", &self.kind);
            fields.number("bits", self.bits.into());
            fields.octets("vector", self.value);
        });
    }
}

impl<'a> Vpls<'a> {
    fn of(value: Reader<'a>) -> Result<Self, WireError> {
        let mut r = value;
        let mut distinguisher = || Part::read(&mut r, "route distinguisher");
        match value.len() {
            17 => Ok(Self::Edge(distinguisher()?, whole(r, "VPLS NLRI")?)),
            12 => Ok(Self::Pe(distinguisher()?, whole(r, "VPLS NLRI")?)),
            15 | 18.. => Ok(Self::CustomerEdge(distinguisher()?, whole(r, "VPLS NLRI")?)),
            _ => Ok(Self::Unknown(value.peek())),
        }
    }
}

impl<'a> Nlri<'a> for Vpls<'a> {
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        let len = r.u16("VPLS NLRI length")?;
        let value = r.sub("VPLS NLRI", len.into())?;
        Ok(Self::of(value).unwrap_or(Self::Unknown(value.peek())))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        counted16(out, |out| {
            self.distinguisher().write(out);
            match self {
                Self::Edge(_, edge) => edge.write(out),
                Self::Pe(_, pe) => pe.write(out),
                Self::CustomerEdge(_, edge) => edge.write(out),
                Self::Unknown(value) => value.write(out),
            }
        });
    }

    fn distinguisher(&self) -> Option<RouteDistinguisher> {
        match self {
            Self::Edge(rd, _) | Self::Pe(rd, _) | Self::CustomerEdge(rd, _) => Some(*rd),
            Self::Unknown(_) => None,
        }
    }

    fn describe(&self, fields: &mut dyn Fields) {
        match self {
            Self::Edge(_, edge) => edge.describe_whole("", fields),
            Self::Pe(_, pe) => pe.describe_whole("", fields),
            Self::CustomerEdge(_, edge) => edge.describe_whole("", fields),
            Self::Unknown(value) => fields.octets("value", value),
        }
    }

    fn is_doubtful(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        let rd = example_rd(index);
        let [_, high, a, b] = index.to_be_bytes();
        let id = u16::from_be_bytes([high, a]);
        let label_base = LabelField::new(100_000 + index % 0x1000 * 8);
        match index % 3 {
            0 => {
                let (ve_block_offset, ve_block_size) = (1 + u16::from(b & 7) * 8, 8);
                let edge = Edge { ve_id: id, ve_block_offset, ve_block_size, label_base };
                Vpls::Edge(rd, edge).encode(out);
            }
            1 => {
                let pe_address = Ipv4Addr::new(10, high, a, b);
                Vpls::Pe(rd, Pe { pe_address }).encode(out);
            }
            _ => {
                let value = &[b & 0xc0];
                let vector = BlockTlv { kind: BlockTlvType::CircuitStatusVector, bits: 2, value };
                let tlvs = Items::of([vector]);
                let Ok(tlvs) = tlvs.list() else { return };
                let label_block_offset = 1 + u16::from(b & 7) * 2;
                let edge = CustomerEdge { ce_id: id, label_block_offset, label_base, tlvs };
                Vpls::CustomerEdge(rd, edge).encode(out);
            }
        }
    }

    /// A route target; with a label block Layer2 Info: VPLS or Ethernet, with a control word and
    /// an MTU of 1500 octets (RFC 4761 §3.2.4); without one the VPLS (RFC 6074).
    fn example_attributes(index: u32, out: &mut Vec<u8>) {
        let instance = 100 + index % 1000;
        let target = ExtendedCommunity::route_target(Specific::TwoOctetAs(65001, instance));
        let [a, b, c, d] = instance.to_be_bytes();
        let of_kind = match index % 3 {
            0 => ExtendedCommunity::new(0x80, 0x0a, [19, 2, 0x05, 0xdc, 0, 0]),
            1 => ExtendedCommunity::new(0x00, 0x0a, [0xfd, 0xe9, a, b, c, d]),
            _ => ExtendedCommunity::new(0x80, 0x0a, [5, 2, 0x05, 0xdc, 0, 0]),
        };
        let communities = Items::of([target, of_kind]);
        if let Ok(communities) = communities.list() {
            attr::encode(&ExtendedCommunities(communities), AsWidth::Four, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::bgp::nlri::testing::{malformed, sound, withdrawn};
    use crate::wire::Family;

    const VPLS: Family = Family::new(25, 65);

    #[test]
    fn edge_devices_have_a_label_block() {
        let hex = "0011 0000fde900000005 0003 0001 0008 0c3501";
        let said = "rd=0:65001:5 ve_id=3 ve_block_offset=1 ve_block_size=8 label_base=50000";
        sound(VPLS, hex, said);
        withdrawn(VPLS, hex, said);
    }

    #[test]
    fn a_pe_is_discovered_by_its_address() {
        sound(VPLS, "000c 0001c00002070005 c0000201", "rd=1:192.0.2.7:5 pe_address=192.0.2.1");
    }

    #[test]
    fn customer_edge_devices_have_a_label_block_and_tlvs() {
        sound(
            VPLS,
            "000f 0000fde900000005 0003 0001 0c3501",
            "rd=0:65001:5 ce_id=3 label_block_offset=1 label_base=50000 tlvs=[]",
        );
        sound(
            VPLS,
            "0019 0000fde900000005 0003 0001 0c3501 01 000a a040 07 0009 0180",
            "rd=0:65001:5 ce_id=3 label_block_offset=1 label_base=50000 \
             tlvs=[{type=Circuit Status Vector bits=10 vector=a040}, \
             {type=7 bits=9 vector=0180}]",
        );
    }

    #[test]
    fn what_is_no_known_form_is_kept() {
        sound(VPLS, "0000", "value=");
        sound(VPLS, "000a 00010203040506070809", "value=00010203040506070809");
        // The TLV is longer than the route.
        sound(
            VPLS,
            "0013 0000fde900000005 0003 0001 0c3501 01 0009 80",
            "value=0000fde900000005000300010c350101000980",
        );
        malformed(VPLS, "00", "VPLS NLRI length", 0);
        malformed(VPLS, "000c 0001c00002070005 c00002", "VPLS NLRI", 2);
    }
}
