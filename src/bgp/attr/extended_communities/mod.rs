//! EXTENDED COMMUNITIES: a set of 8-octet values, type first (RFC 4360).
//!
//! What each type and sub-type holds is a row of the table in [`Definition::ALL`].

mod read;
mod table;

use std::fmt;
use std::net::Ipv4Addr;

use super::tunnel_encapsulation::TunnelType;
use super::{Value, check_items};
use crate::bgp::AsWidth;
use crate::wire::{Fields, List, Mac, Part, Reader, WireError};

/// Bit of the type: the community stays inside an AS (RFC 4360 §2).
pub const NON_TRANSITIVE: u8 = 0x40;

/// An extended community: type, sub-type and 6 octets (RFC 4360).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExtendedCommunity(pub [u8; 8]);

/// What communities of one type and sub-type are called, and which fields they hold.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// The type.
    pub kind: u8,
    /// The sub-type; `None` where the type has none, and the fields begin right behind it.
    pub sub_type: Option<u8>,
    /// The registry's name.
    pub name: &'static str,
    /// The word with which the text of such a community begins.
    pub key: &'static str,
    /// The fields, in the order of the wire.
    pub layout: &'static [Field],
}

/// A field of a community.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name, in the standard's words.
    pub name: &'static str,
    /// How many bits it takes.
    pub bits: u8,
    /// How it is written as text.
    pub form: Form,
}

/// How a field is written as text.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// As a number.
    Number,
    /// As a number of digits in base 2.
    Binary,
    /// As a 4-octet AS number: one that would fit into 2 octets has an `L` behind it.
    LongAs,
    /// As an IPv4 address.
    Address,
    /// As a MAC address.
    Mac,
    /// As an IEEE 754 number.
    Float,
    /// As hexadecimal digits.
    Hex,
    /// Not at all while it is zero: it is reserved.
    Reserved,
    /// As the names of the bits that are set, and not at all while none is.
    Flags(&'static [(u64, &'static str)]),
    /// As the name of a code, or the number when it has none.
    Code(&'static [(u64, &'static str)]),
}

/// A global administrator, and a number that it gave a meaning (RFC 4360 §3, RFC 5668).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Specific {
    /// Two-octet AS specific.
    TwoOctetAs(u16, u32),
    /// IPv4 address specific.
    Ipv4Address(Ipv4Addr, u16),
    /// Four-octet AS specific.
    FourOctetAs(u32, u16),
}

impl Specific {
    /// What is added to the type of two-octet AS specific communities, and the 6 octets.
    fn octets(self) -> (u8, [u8; 6]) {
        let (kind, [a, b, c, d], e, g) = match self {
            Self::TwoOctetAs(asn, local) => {
                let ([a, b], [c, d, e, g]) = (asn.to_be_bytes(), local.to_be_bytes());
                (0, [a, b, c, d], e, g)
            }
            Self::Ipv4Address(address, local) => {
                let [e, g] = local.to_be_bytes();
                (1, address.octets(), e, g)
            }
            Self::FourOctetAs(asn, local) => {
                let [e, g] = local.to_be_bytes();
                (2, asn.to_be_bytes(), e, g)
            }
        };
        (kind, [a, b, c, d, e, g])
    }
}

impl Definition {
    /// All that are known, in the order of type and sub-type.
    pub const ALL: &'static [Self] = table::ALL;

    /// The one of a community of this type and sub-type.
    #[must_use]
    pub fn of(kind: u8, sub_type: u8) -> Option<&'static Self> {
        let order = |d: &Self| (d.kind, d.sub_type.unwrap_or(sub_type)).cmp(&(kind, sub_type));
        Self::ALL.get(Self::ALL.binary_search_by(order).ok()?)
    }

    /// A community with these values of its fields in the order of the wire; those that are not
    /// given are zero, and of each as many low bits count as the field has.
    #[must_use]
    pub fn with(&self, values: &[u64]) -> ExtendedCommunity {
        let mut all = u64::from(self.kind) << 56;
        let mut left = 56;
        if let Some(sub_type) = self.sub_type {
            all |= u64::from(sub_type) << 48;
            left = 48;
        }
        for (field, value) in self.layout.iter().zip(values) {
            left -= u32::from(field.bits);
            all |= (value & field.mask()) << left;
        }
        ExtendedCommunity(all.to_be_bytes())
    }
}

impl Field {
    fn mask(&self) -> u64 {
        (1 << self.bits) - 1
    }

    fn write_text(&self, value: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.form {
            Form::Number => write!(f, ":{value}"),
            Form::Binary => write!(f, ":{value:0width$b}", width = self.bits.into()),
            Form::LongAs if value <= 0xffff => write!(f, ":{value}L"),
            Form::LongAs => write!(f, ":{value}"),
            Form::Address => write!(f, ":{}", address(value)),
            Form::Mac => write!(f, ":{}", mac(value)),
            Form::Float => write!(f, ":{}", float(value)),
            Form::Hex => write!(f, ":0x{value:0width$x}", width = usize::from(self.bits) / 4),
            Form::Reserved if value == 0 => Ok(()),
            Form::Reserved => write!(f, ":{}=0x{value:x}", self.name),
            Form::Flags(names) => write_flags(names, value, f),
            Form::Code(names) => match name_of(names, value) {
                Some(name) => write!(f, ":{name}"),
                None => write!(f, ":{value}"),
            },
        }
    }

    fn describe(&self, value: u64, fields: &mut dyn Fields) {
        match self.form {
            Form::Number | Form::Binary | Form::LongAs => fields.number(self.name, value),
            Form::Address => fields.text(self.name, &address(value)),
            Form::Mac => fields.text(self.name, &mac(value)),
            Form::Float => fields.float(self.name, float(value)),
            Form::Hex => fields.text(self.name, &format_args!("0x{value:x}")),
            Form::Reserved if value == 0 => {}
            Form::Reserved => fields.number(self.name, value),
            Form::Flags(names) => {
                fields.number(self.name, value);
                names.iter().for_each(|(bit, name)| fields.flag(name, value & bit != 0));
            }
            Form::Code(names) => match name_of(names, value) {
                Some(name) => fields.text(self.name, &name),
                None => fields.number(self.name, value),
            },
        }
    }
}

fn address(value: u64) -> Ipv4Addr {
    Ipv4Addr::from(value as u32)
}

fn mac(value: u64) -> Mac {
    let [_, _, a, b, c, d, e, g] = value.to_be_bytes();
    Mac([a, b, c, d, e, g])
}

fn float(value: u64) -> f32 {
    f32::from_bits(value as u32)
}

fn name_of(names: &[(u64, &'static str)], value: u64) -> Option<&'static str> {
    names.iter().find(|(code, _)| *code == value).map(|(_, name)| *name)
}

/// `:sticky`, `:B+P`, `:B+0x10`: the names of bits, then those that have none.
fn write_flags(
    names: &[(u64, &'static str)],
    value: u64,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut left = value;
    let mut sign = ':';
    for (bit, name) in names.iter().filter(|(bit, _)| value & bit != 0) {
        write!(f, "{sign}{name}")?;
        left &= !bit;
        sign = '+';
    }
    if left == 0 { Ok(()) } else { write!(f, "{sign}0x{left:x}") }
}

impl ExtendedCommunity {
    /// A community of any type.
    #[must_use]
    pub const fn new(kind: u8, sub_type: u8, value: [u8; 6]) -> Self {
        let [a, b, c, d, e, g] = value;
        Self([kind, sub_type, a, b, c, d, e, g])
    }

    /// A Route Target (RFC 4360 §4).
    #[must_use]
    pub fn route_target(target: Specific) -> Self {
        Self::specific_of(0, 0x02, target)
    }

    /// A Route Origin, or Site of Origin (RFC 4360 §5).
    #[must_use]
    pub fn route_origin(origin: Specific) -> Self {
        Self::specific_of(0, 0x03, origin)
    }

    /// The flow specification action rt-redirect (RFC 8955 §7.4).
    #[must_use]
    pub fn redirect(target: Specific) -> Self {
        Self::specific_of(0x80, 0x08, target)
    }

    fn specific_of(base: u8, sub_type: u8, specific: Specific) -> Self {
        let (kind, value) = specific.octets();
        Self::new(base | kind, sub_type, value)
    }

    fn of(kind: u8, sub_type: u8, values: &[u64]) -> Self {
        match Definition::of(kind, sub_type) {
            Some(definition) => definition.with(values),
            None => Self::new(kind, sub_type, [0; 6]),
        }
    }

    /// A link's bandwidth in bytes per second, non-transitive.
    #[must_use]
    pub fn link_bandwidth(asn: u16, bytes_per_second: f32) -> Self {
        Self::of(0x40, 0x04, &[asn.into(), bytes_per_second.to_bits().into()])
    }

    /// A color, and the two bits that say when it may steer alone (RFC 9012 §4.3, RFC 9830 §3).
    #[must_use]
    pub fn color(color_only: u8, color: u32) -> Self {
        Self::of(0x03, 0x0b, &[color_only.into(), 0, color.into()])
    }

    /// The tunnel type to reach the next hop with (RFC 9012 §4.1).
    #[must_use]
    pub fn encapsulation(tunnel: TunnelType) -> Self {
        Self::of(0x03, 0x0c, &[0, tunnel.0.into()])
    }

    /// The mark of a default gateway's MAC address (RFC 7432 §7.8).
    #[must_use]
    pub fn default_gateway() -> Self {
        Self::of(0x03, 0x0d, &[])
    }

    /// What validation of the origin gave: 0 valid, 1 not found, 2 invalid (RFC 8097 §2).
    #[must_use]
    pub fn validation_state(state: u8) -> Self {
        Self::of(0x43, 0x00, &[0, state.into()])
    }

    /// How often a MAC address has moved (RFC 7432 §7.7).
    #[must_use]
    pub fn mac_mobility(sticky: bool, sequence: u32) -> Self {
        Self::of(0x06, 0x00, &[sticky.into(), 0, sequence.into()])
    }

    /// The import target of an Ethernet segment (RFC 7432 §7.6).
    #[must_use]
    pub const fn es_import(target: Mac) -> Self {
        Self::new(0x06, 0x02, target.0)
    }

    /// The MAC address of the router that advertises (RFC 9135 §8.1).
    #[must_use]
    pub const fn routers_mac(address: Mac) -> Self {
        Self::new(0x06, 0x03, address.0)
    }

    /// The flow specification action traffic-rate-bytes (RFC 8955 §7.1).
    #[must_use]
    pub fn traffic_rate_bytes(asn: u16, bytes_per_second: f32) -> Self {
        Self::of(0x80, 0x06, &[asn.into(), bytes_per_second.to_bits().into()])
    }

    /// The flow specification action traffic-rate-packets (RFC 8955 §7.2).
    #[must_use]
    pub fn traffic_rate_packets(asn: u16, packets_per_second: f32) -> Self {
        Self::of(0x80, 0x0c, &[asn.into(), packets_per_second.to_bits().into()])
    }

    /// The flow specification action traffic-action (RFC 8955 §7.3).
    #[must_use]
    pub fn traffic_action(sample: bool, terminal: bool) -> Self {
        Self::of(0x80, 0x07, &[u64::from(sample) << 1 | u64::from(terminal)])
    }

    /// The flow specification action traffic-marking; of `dscp` the low 6 bits count (RFC 8955
    /// §7.5).
    #[must_use]
    pub fn traffic_marking(dscp: u8) -> Self {
        Self::of(0x80, 0x09, &[0, dscp.into()])
    }

    /// The transport class of a route (RFC 9832 §4.3).
    #[must_use]
    pub fn transport_class(class: u32) -> Self {
        Self::of(0x0a, 0x02, &[0, class.into()])
    }

    /// The color of a route in this domain, where it is not the one in its NLRI (RFC 9871 §2.9.5).
    #[must_use]
    pub fn local_color_mapping(color: u32) -> Self {
        Self::of(0x03, 0x1b, &[0, color.into()])
    }

    /// The direct segment of a MUP route (draft-ietf-bess-mup-safi §3.2).
    #[must_use]
    pub fn direct_segment(two_octets: u16, four_octets: u32) -> Self {
        Self::of(0x0c, 0x00, &[two_octets.into(), four_octets.into()])
    }

    /// The type.
    #[must_use]
    pub fn kind(self) -> u8 {
        self.0[0]
    }

    /// The sub-type, of types that have some.
    #[must_use]
    pub fn sub_type(self) -> u8 {
        self.0[1]
    }

    /// The octets after type and sub-type.
    #[must_use]
    pub fn value(self) -> [u8; 6] {
        let [_, _, a, b, c, d, e, g] = self.0;
        [a, b, c, d, e, g]
    }

    /// Whether it is passed on to other ASes.
    #[must_use]
    pub fn is_transitive(self) -> bool {
        self.kind() & NON_TRANSITIVE == 0
    }

    /// What is known about communities like it.
    #[must_use]
    pub fn definition(self) -> Option<&'static Definition> {
        Definition::of(self.kind(), self.sub_type())
    }

    /// Its fields with their values, in the order of the wire; none of an unknown one.
    pub fn fields(self) -> impl Iterator<Item = (&'static Field, u64)> {
        let all = u64::from_be_bytes(self.0);
        let definition = self.definition();
        let layout = definition.map_or(&[][..], |d| d.layout);
        let mut left = if definition.is_some_and(|d| d.sub_type.is_none()) { 56 } else { 48 };
        layout.iter().map(move |field| {
            left -= u32::from(field.bits);
            (field, all >> left & field.mask())
        })
    }

    /// Its global administrator and local number, of a type that has them: two-octet AS, IPv4
    /// address and four-octet AS specific, and the rt-redirect of flow specifications.
    #[must_use]
    pub fn specific(self) -> Option<Specific> {
        let [a, b, c, d, e, g] = self.value();
        let generic = self.kind() & 0x80 != 0;
        match self.kind() & 0x3f {
            _ if generic && self.sub_type() != 0x08 => None,
            0 => Some(Specific::TwoOctetAs(
                u16::from_be_bytes([a, b]),
                u32::from_be_bytes([c, d, e, g]),
            )),
            1 => Some(Specific::Ipv4Address([a, b, c, d].into(), u16::from_be_bytes([e, g]))),
            2 => Some(Specific::FourOctetAs(
                u32::from_be_bytes([a, b, c, d]),
                u16::from_be_bytes([e, g]),
            )),
            _ => None,
        }
    }
}

impl Part<'_> for ExtendedCommunity {
    const SIZE: usize = 8;

    fn read(r: &mut Reader<'_>, _: &'static str) -> Result<Self, WireError> {
        r.array("extended community").map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            match self.definition() {
                Some(definition) => fields.text("type", &definition.name),
                None => {
                    fields.number("type", self.kind().into());
                    fields.number("sub_type", self.sub_type().into());
                    fields.octets("value", &self.value());
                }
            }
            if !self.is_transitive() {
                fields.flag("transitive", false);
            }
            self.fields().for_each(|(field, value)| field.describe(value, fields));
        });
    }
}

impl fmt::Display for ExtendedCommunity {
    /// The key and the fields of a known one, such as `rt:65001:100`, `soo:192.0.2.1:7` or
    /// `mac-mobility:sticky:3`; all octets of an unknown one: `0x4002fde90000006a`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(definition) = self.definition() else {
            return write!(f, "0x{:016x}", u64::from_be_bytes(self.0));
        };
        f.write_str(definition.key)?;
        self.fields().try_for_each(|(field, value)| field.write_text(value, f))
    }
}

/// The communities of one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtendedCommunities<'a>(pub List<'a, ExtendedCommunity>);

impl<'a> Value<'a> for ExtendedCommunities<'a> {
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        check(value)?;
        List::parse(value).map(Self)
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe(name, fields);
    }
}

/// The extended communities in the order of the message; an incomplete last one is left out.
pub fn iter(value: &[u8]) -> impl Iterator<Item = [u8; 8]> + '_ {
    value.as_chunks::<8>().0.iter().copied()
}

/// RFC 7606 §7.14: the length is a non-zero multiple of 8.
///
/// # Errors
/// It is not.
pub fn check(v: Reader<'_>) -> Result<(), WireError> {
    check_items(v, "EXTENDED COMMUNITIES length", 8)
}

#[cfg(test)]
mod tests;
