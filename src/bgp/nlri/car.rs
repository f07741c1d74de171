//! Color-Aware Routing: NLRI length(1) · key length(1) · NLRI type(1) · key · TLVs that are no part
//! of the key (RFC 9871 §2.9). The key is prefix length in bits(1) · prefix, and a color(4) after
//! it where the type says so; that of a VPN route has a route distinguisher(8) as well.
//!
//! Routes of an unknown type are kept whole, and so are TLVs.

use std::net::Ipv6Addr;

use super::Nlri;
use super::prefix::{
    LabelStack, example_label, example_prefix, sized_prefix, write_prefix, write_sized_prefix,
};
use super::vpn::example_rd;
use crate::bgp::attr::extended_communities::{ExtendedCommunity, Specific};
use crate::bgp::attr::prefix_sid::LabelIndex;
use crate::bgp::encode::{aigp, extended_communities, local_pref};
use crate::wire::layout::{bits, whole};
use crate::wire::{
    Fields, Item, Items, List, Part, Prefix, Reader, Reserved, RouteDistinguisher, WireError,
    counted8, open_enum,
};

open_enum! {
    /// NLRI types (RFC 9871 §2.9).
    pub struct CarNlriType(u8) {
        ColorAwareRoute = 1 => "Color-Aware Route",
        IpPrefix = 2 => "IP Prefix",
    }
}

open_enum! {
    /// Types of TLVs, 6 bits (RFC 9871 §2.9.2).
    pub struct CarTlvType(u8) {
        Label = 1 => "Label",
        LabelIndex = 2 => "Label-Index",
        Srv6Sid = 3 => "SRv6 SID",
    }
}

bits! {
    /// The bits before a TLV's type (RFC 9871 §2.9.2).
    pub struct CarTlvFlags(u8) {
        /// Reserved.
        R = 0x80 => "R",
        /// Transitive: passed on by speakers that change the next hop.
        T = 0x40 => "T",
    }
}

/// A TLV that is no part of the key: flags(2 bits) and type(6 bits) · length(1) · value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CarTlv<'a> {
    /// Its flags.
    pub flags: CarTlvFlags,
    /// Its type, below 64.
    pub kind: CarTlvType,
    /// Its value, whether it reads as its type says or not.
    pub value: &'a [u8],
}

/// The bits of a TLV's type.
const TYPE_BITS: u8 = 0x3f;

impl<'a> Item<'a> for CarTlv<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let octet = r.u8("CAR TLV")?;
        let len = r.u8("CAR TLV")?;
        let value = r.take("CAR TLV", len.into())?;
        let flags = CarTlvFlags(octet & !TYPE_BITS);
        Ok(Self { flags, kind: CarTlvType(octet & TYPE_BITS), value })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.flags.0 | self.kind.0);
        counted8(out, |out| out.extend_from_slice(self.value));
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            fields.text("type", &self.kind);
            self.flags.describe_as("tlv_flags", fields);
            self.describe_value(fields);
        });
    }
}

impl CarTlv<'_> {
    /// RFC 9871 §2.9.2.1 to §2.9.2.3.
    fn describe_value(&self, fields: &mut dyn Fields) {
        let (value, len) = (Reader::new(self.value), self.value.len());
        match self.kind {
            CarTlvType::Label if len > 0 && len.is_multiple_of(3) => {
                LabelStack::new(self.value).describe(fields);
            }
            CarTlvType::LabelIndex => match whole::<LabelIndex>(value, "Label-Index") {
                Ok(index) => index.describe_whole("", fields),
                Err(_) => fields.octets("value", self.value),
            },
            // Less than one SID is the part of it that was transposed.
            CarTlvType::Srv6Sid if 0 < len && len < 16 => fields.octets("sid", self.value),
            CarTlvType::Srv6Sid if len > 0 => match List::<Ipv6Addr>::parse(value) {
                Ok(sids) => sids.describe("sids", fields),
                Err(_) => fields.octets("value", self.value),
            },
            _ => fields.octets("value", self.value),
        }
    }
}

/// A CAR route. 3 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Car<'a, const V6: bool, const VPN: bool> {
    /// A prefix and a color: (E, C) (RFC 9871 §2.9.3).
    ColorAware(CarPrefix, u32, List<'a, CarTlv<'a>>),
    /// A prefix alone: E (RFC 9871 §2.9.4).
    IpPrefix(CarPrefix, List<'a, CarTlv<'a>>),
    /// Any other type, with its key and what comes after it.
    Unknown(CarNlriType, &'a [u8], &'a [u8]),
}

/// IPv4 (1/83).
pub(super) type Ipv4<'a> = Car<'a, false, false>;
/// IPv6 (2/83).
pub(super) type Ipv6<'a> = Car<'a, true, false>;
/// IPv4 VPN (1/84).
pub(super) type VpnIpv4<'a> = Car<'a, false, true>;
/// IPv6 VPN (2/84).
pub(super) type VpnIpv6<'a> = Car<'a, true, true>;

/// The prefix of a route and, in a VPN, its distinguisher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CarPrefix {
    /// The route distinguisher.
    pub distinguisher: CarDistinguisher,
    /// The prefix.
    pub prefix: Prefix,
}

/// A route distinguisher and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CarDistinguisher {
    /// There is none.
    None,
    /// Between prefix length and prefix.
    BehindLength(RouteDistinguisher),
    /// Before the prefix length.
    First(RouteDistinguisher),
}

/// Octets of a route distinguisher.
const RD: usize = 8;
/// Octets of a color.
const COLOR: usize = 4;

impl CarPrefix {
    /// Reads it off the front of a key, with `after` octets behind it. Of the two places that the
    /// distinguisher may have, the key's length tells which it is.
    fn read<const V6: bool, const VPN: bool>(
        key: &mut Reader<'_>,
        after: usize,
    ) -> Result<Self, WireError> {
        if !VPN {
            let prefix = sized_prefix::<V6>(key)?;
            return Ok(Self { distinguisher: CarDistinguisher::None, prefix });
        }
        let octets = key.peek();
        let fits = |length_at: usize| {
            let bits = octets.get(length_at).map(|bits| usize::from(*bits));
            bits.is_some_and(|bits| 1 + RD + bits.div_ceil(8) + after == octets.len())
        };
        if !fits(0) && fits(RD) {
            let rd = Part::read(key, "route distinguisher")?;
            let prefix = sized_prefix::<V6>(key)?;
            return Ok(Self { distinguisher: CarDistinguisher::First(rd), prefix });
        }
        let at = key.offset();
        let bits = key.u8("prefix length")?;
        let rd = Part::read(key, "route distinguisher")?;
        let prefix = super::prefix::prefix::<V6>(key, bits, at)?;
        Ok(Self { distinguisher: CarDistinguisher::BehindLength(rd), prefix })
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self.distinguisher {
            CarDistinguisher::None => {}
            CarDistinguisher::First(rd) => rd.write(out),
            CarDistinguisher::BehindLength(rd) => {
                out.push(self.prefix.bits());
                rd.write(out);
                return write_prefix(&self.prefix, out);
            }
        }
        write_sized_prefix(&self.prefix, out);
    }
}

impl<const V6: bool, const VPN: bool> Car<'_, V6, VPN> {
    /// The NLRI type.
    #[must_use]
    pub fn nlri_type(&self) -> CarNlriType {
        match self {
            Self::ColorAware(..) => CarNlriType::ColorAwareRoute,
            Self::IpPrefix(..) => CarNlriType::IpPrefix,
            Self::Unknown(kind, ..) => *kind,
        }
    }

    fn prefix(&self) -> Option<&CarPrefix> {
        match self {
            Self::ColorAware(prefix, ..) | Self::IpPrefix(prefix, _) => Some(prefix),
            Self::Unknown(..) => None,
        }
    }
}

impl<'a, const V6: bool, const VPN: bool> Nlri<'a> for Car<'a, V6, VPN> {
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        let len = r.u8("NLRI length")?;
        let mut r = r.sub("NLRI", len.into())?;
        let key_len = r.u8("key length")?;
        let kind = CarNlriType(r.u8("NLRI type")?);
        let mut key = r.sub("NLRI key", key_len.into())?;
        let route = match kind {
            CarNlriType::ColorAwareRoute => {
                let prefix = CarPrefix::read::<V6, VPN>(&mut key, COLOR)?;
                Self::ColorAware(prefix, key.u32("color")?, Part::read(&mut r, "CAR TLV")?)
            }
            CarNlriType::IpPrefix => {
                let prefix = CarPrefix::read::<V6, VPN>(&mut key, 0)?;
                Self::IpPrefix(prefix, Part::read(&mut r, "CAR TLV")?)
            }
            _ => Self::Unknown(kind, key.rest(), r.rest()),
        };
        key.finish("NLRI key")?;
        Ok(route)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        counted8(out, |out| {
            let at = out.len();
            out.extend_from_slice(&[0, self.nlri_type().0]);
            match self {
                Self::ColorAware(prefix, color, _) => {
                    prefix.write(out);
                    color.write(out);
                }
                Self::IpPrefix(prefix, _) => prefix.write(out),
                Self::Unknown(_, key, _) => key.write(out),
            }
            let key_len = out.len() - at - 2;
            out[at] = key_len as u8;
            match self {
                Self::ColorAware(_, _, tlvs) | Self::IpPrefix(_, tlvs) => tlvs.encode(out),
                Self::Unknown(_, _, after) => after.write(out),
            }
        });
    }

    fn distinguisher(&self) -> Option<RouteDistinguisher> {
        match self.prefix()?.distinguisher {
            CarDistinguisher::None => None,
            CarDistinguisher::BehindLength(rd) | CarDistinguisher::First(rd) => Some(rd),
        }
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.text("nlri_type", &self.nlri_type());
        if let Some(prefix) = self.prefix() {
            fields.text("prefix", &prefix.prefix);
        }
        match self {
            Self::ColorAware(_, color, tlvs) => {
                fields.number("color", (*color).into());
                tlvs.describe("tlvs", fields);
            }
            Self::IpPrefix(_, tlvs) => tlvs.describe("tlvs", fields),
            Self::Unknown(_, key, after) => {
                fields.octets("key", key);
                fields.octets("value", after);
            }
        }
    }

    fn is_doubtful(&self) -> bool {
        self.prefix().is_none_or(|prefix| prefix.prefix.has_host_bits())
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        let distinguisher = match VPN {
            false => CarDistinguisher::None,
            true => CarDistinguisher::BehindLength(example_rd(index)),
        };
        let prefix = CarPrefix { distinguisher, prefix: example_prefix::<V6>(index) };
        let [a, b, c, d] = index.to_be_bytes();
        let sid = [0x20, 1, 0xd, 0xb8, a, b, c, d, 0, 1, 0, 0, 0, 0, 0, 0];
        let mut label_index = Vec::new();
        LabelIndex { reserved: Reserved::ZERO, flags: 0, label_index: index }
            .write(&mut label_index);
        let label = example_label(index);
        let tlv = |kind, flags, value| CarTlv { flags: CarTlvFlags(flags), kind, value };
        let tlvs = match index % 4 {
            1 => Items::of([
                tlv(CarTlvType::Label, 0, &label[..]),
                tlv(CarTlvType::LabelIndex, CarTlvFlags::T, &label_index[..]),
            ]),
            2 => Items::of([tlv(CarTlvType::Srv6Sid, 0, &sid[..])]),
            _ => Items::of([tlv(CarTlvType::Label, 0, &label[..])]),
        };
        let tlvs = tlvs.list().unwrap_or_default();
        let route = match index % 4 {
            3 => Car::<V6, VPN>::IpPrefix(prefix, tlvs),
            _ => Car::<V6, VPN>::ColorAware(prefix, 1 + index % 8, tlvs),
        };
        route.encode(out);
    }

    /// The color of another domain, the metric to the end, and in a VPN route targets.
    fn example_attributes(index: u32, out: &mut Vec<u8>) {
        local_pref(out, 100);
        let color = ExtendedCommunity::local_color_mapping(1 + index % 8);
        let target = ExtendedCommunity::route_target(Specific::TwoOctetAs(65001, index % 1000));
        match VPN {
            false => extended_communities(out, &[color.0]),
            true => extended_communities(out, &[target.0, color.0]),
        }
        aigp(out, 10 + u64::from(index % 1000));
    }
}

#[cfg(test)]
mod tests {
    use crate::bgp::nlri::testing::{malformed, sound, withdrawn};
    use crate::wire::Family;

    const V4: Family = Family::new(1, 83);
    const V6: Family = Family::new(2, 83);
    const VPN4: Family = Family::new(1, 84);
    const VPN6: Family = Family::new(2, 84);

    #[test]
    fn color_aware_routes_have_a_color_and_tlvs() {
        sound(
            V4,
            "16 09 01 20 0a000001 00000064 01 03 000141 42 04 000000ff",
            "nlri_type=Color-Aware Route prefix=10.0.0.1/32 color=100 \
             tlvs=[{type=Label tlv_flags=[] labels=[20]}, \
             {type=Label-Index tlv_flags=[T] value=000000ff}]",
        );
        sound(
            V6,
            "14 09 01 20 20010db8 00000064 42 07 00 0000 00000007",
            "nlri_type=Color-Aware Route prefix=2001:db8::/32 color=100 \
             tlvs=[{type=Label-Index tlv_flags=[T] flags=0 label_index=7}]",
        );
        withdrawn(
            V6,
            "07 05 01 00 00000064",
            "nlri_type=Color-Aware Route prefix=::/0 color=100 tlvs=[]",
        );
        malformed(V4, "0b 08 01 18 0a0000 00000064", "NLRI", 1);
        malformed(V4, "0a 08 01 19 0a0000 00 000064", "color", 8);
        malformed(V4, "0b 09 01 18 0a0000 00000064 00", "NLRI key", 11);
        malformed(V4, "0b 0a 01 18 0a0000 00000064 00", "NLRI key", 3);
        malformed(V4, "0b 09 01 21 0a000001 00000064", "prefix length", 3);
    }

    #[test]
    fn ip_prefix_routes_have_tlvs_alone() {
        sound(
            V6,
            "18 02 02 08 20 03 10 20010db8000000000000000000000001 81 00",
            "nlri_type=IP Prefix prefix=2000::/8 \
             tlvs=[{type=SRv6 SID tlv_flags=[] sids=[2001:db8::1]}, \
             {type=Label tlv_flags=[R] value=}]",
        );
        sound(
            V4,
            "0a 01 02 00 43 02 abcd 3f 01 77",
            "nlri_type=IP Prefix prefix=0.0.0.0/0 \
             tlvs=[{type=SRv6 SID tlv_flags=[T] sid=abcd}, {type=63 tlv_flags=[] value=77}]",
        );
        malformed(V4, "06 01 02 00 01 03", "NLRI", 1);
        malformed(V4, "07 01 02 00 01 03 0001", "CAR TLV", 6);
        malformed(V4, "04 01 02 00 01", "CAR TLV", 5);
    }

    #[test]
    fn vpn_routes_have_a_distinguisher_in_one_of_two_places() {
        let want = "rd=0:65001:5 nlri_type=Color-Aware Route prefix=10.1.2.0/24 color=9 tlvs=[]";
        sound(VPN4, "12 10 01 18 0000fde900000005 0a0102 00000009", want);
        sound(VPN4, "12 10 01 0000fde900000005 18 0a0102 00000009", want);
        sound(
            VPN6,
            "0f 0d 02 20 0000fde900000005 20010db8",
            "rd=0:65001:5 nlri_type=IP Prefix prefix=2001:db8::/32 tlvs=[]",
        );
        malformed(VPN4, "11 0f 01 18 0000fde900000005 0a01 00000009", "color", 15);
        malformed(VPN4, "06 04 02 18 0000fd", "route distinguisher", 4);
    }

    #[test]
    fn unknown_types_are_kept() {
        sound(V4, "05 02 09 abcd ef", "nlri_type=9 key=abcd value=ef");
        sound(VPN6, "02 00 00", "nlri_type=0 key= value=");
        malformed(V4, "03 02 09 ab", "NLRI key", 3);
    }
}
