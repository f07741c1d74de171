//! Components by type (RFC 8955 §4.2.2, RFC 8956 §3), and the table of those that are known.

use std::net::Ipv6Addr;

use super::{Kind, Operators};
use crate::bgp::nlri::prefix::{prefix, write_prefix};
use crate::wire::layout::Mac;
use crate::wire::{Prefix, Reader, WireError};

/// Octets of a MAC address.
const MAC_LENGTH: u8 = 6;

/// What a type is called, and what its components hold.
struct Definition {
    /// The registry's name.
    name: &'static str,
    /// Its name for IPv6.
    ipv6_name: &'static str,
    /// The word for it in rules.
    word: &'static str,
    form: Form,
}

/// What components of a type hold.
#[derive(Clone, Copy)]
enum Form {
    Prefix,
    Mac,
    /// Numeric operators.
    Number,
    /// Numeric operators with numbers that people write in base 16.
    Hex,
    /// Bitmask operators, and the names of the bits.
    Bits(&'static [(u64, &'static str)]),
    /// Bitmask operators with the bits of [`FRAGMENT`].
    Fragment,
}

/// Bits of a packet's octets 12 and 13 of TCP (RFC 8955 §4.2.2.9), and of octet 13 alone.
const TCP_FLAGS: &[(u64, &str)] = &[
    (0x01, "fin"),
    (0x02, "syn"),
    (0x04, "rst"),
    (0x08, "psh"),
    (0x10, "ack"),
    (0x20, "urg"),
    (0x40, "ece"),
    (0x80, "cwr"),
];

/// Bits of a fragment (RFC 8955 §4.2.2.12); IPv6 has not the first of them (RFC 8956 §3.6).
const FRAGMENT: &[(u64, &str)] = &[
    (0x01, "dont-fragment"),
    (0x02, "is-fragment"),
    (0x04, "first-fragment"),
    (0x08, "last-fragment"),
];

/// Types 1, 2, 3 and so on: `"NAME" ["NAME FOR IPV6"] "WORD" FORM;`.
macro_rules! components {
    (@ipv6 $name:literal) => { $name };
    (@ipv6 $name:literal $ipv6:literal) => { $ipv6 };
    ($( $name:literal $([$ipv6:literal])? $word:literal $form:expr; )+) => {
        &[ $( Definition {
            name: $name,
            ipv6_name: components!(@ipv6 $name $($ipv6)?),
            word: $word,
            form: $form,
        }, )+ ]
    };
}

const TYPES: &[Definition] = components! {
    "Destination Prefix" ["Destination IPv6 Prefix"] "destination" Form::Prefix;
    "Source Prefix" ["Source IPv6 Prefix"] "source" Form::Prefix;
    "IP Protocol" ["Upper-Layer Protocol"] "protocol" Form::Number;
    "Port" "port" Form::Number;
    "Destination Port" "destination-port" Form::Number;
    "Source Port" "source-port" Form::Number;
    "ICMP Type" ["ICMPv6 Type"] "icmp-type" Form::Number;
    "ICMP Code" ["ICMPv6 Code"] "icmp-code" Form::Number;
    "TCP Flags" "tcp-flags" Form::Bits(TCP_FLAGS);
    "Packet Length" "packet-length" Form::Number;
    "DSCP" "dscp" Form::Number;
    "Fragment" "fragment" Form::Fragment;
    "Flow Label" "flow-label" Form::Number;
    "Ethernet Type" "ether-type" Form::Hex;
    "Source MAC" "source-mac" Form::Mac;
    "Destination MAC" "destination-mac" Form::Mac;
    "DSAP in LLC" "llc-dsap" Form::Hex;
    "SSAP in LLC" "llc-ssap" Form::Hex;
    "Control Field in LLC" "llc-control" Form::Hex;
    "SNAP" "snap" Form::Hex;
    "VLAN ID" "vlan-id" Form::Number;
    "VLAN CoS" "vlan-cos" Form::Number;
    "Inner VLAN ID" "inner-vlan-id" Form::Number;
    "Inner VLAN CoS" "inner-vlan-cos" Form::Number;
};

impl Kind {
    /// The first and the last type that is known in rules of this kind.
    #[must_use]
    pub const fn types(self) -> (u8, u8) {
        match self {
            Self::Ipv4 => (1, 12),
            Self::Ipv6 | Self::Ipv6WholeAddresses => (1, 13),
            Self::Layer2 => (3, 24),
        }
    }

    fn definition(self, code: u8) -> Option<&'static Definition> {
        let (first, last) = self.types();
        let at = usize::from(code).checked_sub(1)?;
        TYPES.get(at).filter(|_| (first..=last).contains(&code))
    }
}

/// A component: one thing that packets must match. 2 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Component<'a> {
    /// Its type.
    pub code: u8,
    /// The type's name in the registry.
    pub name: &'static str,
    /// The type's name in rules.
    pub word: &'static str,
    /// What packets must have.
    pub value: Value<'a>,
}

/// What the packets of a [`Component`] have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// An address in an IPv4 prefix: length in bits(1) · prefix.
    Prefix(Prefix),
    /// An address with some bits of an IPv6 prefix.
    Pattern(Pattern<'a>),
    /// A MAC address: length in octets(1), which is 6 · address.
    Mac(Mac),
    /// A number.
    Number(Operators<'a>),
    /// A number that people write in base 16.
    Hex(Operators<'a>),
    /// Bits, and the names of some of them.
    Bits(Operators<'a>, &'static [(u64, &'static str)]),
}

impl<'a> Component<'a> {
    /// Reads a component off the front; nothing if its type is not known in rules of this kind, or
    /// if it says a length that its type does not have.
    ///
    /// # Errors
    /// It is cut short or makes no sense.
    pub fn read(r: &mut Reader<'a>, kind: Kind) -> Result<Option<Self>, WireError> {
        let code = r.u8("component type")?;
        let Some(definition) = kind.definition(code) else { return Ok(None) };
        let value = match definition.form {
            Form::Prefix if kind.is_ipv6() => Value::Pattern(Pattern::read(r, kind)?),
            Form::Prefix => {
                let at = r.offset();
                let bits = r.u8("prefix length")?;
                Value::Prefix(prefix::<false>(r, bits, at)?)
            }
            Form::Mac if r.u8("MAC address length")? != MAC_LENGTH => return Ok(None),
            Form::Mac => Value::Mac(Mac(r.array("MAC address")?)),
            Form::Number => Value::Number(Operators::read(r)?),
            Form::Hex => Value::Hex(Operators::read(r)?),
            Form::Bits(names) => Value::Bits(Operators::read(r)?, names),
            Form::Fragment => {
                let names = if kind.is_ipv6() { &FRAGMENT[1..] } else { FRAGMENT };
                Value::Bits(Operators::read(r)?, names)
            }
        };
        let name = if kind.is_ipv6() { definition.ipv6_name } else { definition.name };
        Ok(Some(Self { code, name, word: definition.word, value }))
    }

    /// Appends its octets.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.code);
        self.value.encode(out);
    }

    /// Whether it is a prefix with bits set beyond its length.
    #[must_use]
    pub fn has_host_bits(&self) -> bool {
        match self.value {
            Value::Prefix(prefix) => prefix.has_host_bits(),
            Value::Pattern(pattern) => pattern.prefix().has_host_bits(),
            _ => false,
        }
    }
}

impl Value<'_> {
    /// Appends its octets.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Prefix(prefix) => {
                out.push(prefix.bits());
                write_prefix(prefix, out);
            }
            Self::Pattern(pattern) => {
                out.extend_from_slice(&[pattern.length, pattern.offset]);
                out.extend_from_slice(pattern.octets);
            }
            Self::Mac(mac) => {
                out.push(MAC_LENGTH);
                out.extend_from_slice(&mac.0);
            }
            Self::Number(operators) | Self::Hex(operators) | Self::Bits(operators, _) => {
                operators.encode(out);
            }
        }
    }
}

/// Bits of an IPv6 prefix from an offset on: length in bits(1) · offset in bits(1) · pattern, which
/// is the bits from the offset to the length (RFC 8956 §3.1), or all bits to the length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pattern<'a> {
    /// Length of the prefix in bits, 0 to 128; the offset is part of it.
    pub length: u8,
    /// How many bits at the front do not matter: less than the length, or 0.
    pub offset: u8,
    /// The pattern.
    pub octets: &'a [u8],
    /// Whether the pattern begins with the first bit of the address, and not at the offset.
    pub is_whole_address: bool,
}

impl<'a> Pattern<'a> {
    fn read(r: &mut Reader<'a>, kind: Kind) -> Result<Self, WireError> {
        let at = r.offset();
        let [length, offset] = r.array("prefix length and offset")?;
        if length > 128 {
            return Err(WireError::invalid("prefix length", at, length.into()));
        }
        if offset != 0 && offset >= length {
            return Err(WireError::invalid("prefix offset", at + 1, offset.into()));
        }
        let is_whole_address = kind == Kind::Ipv6WholeAddresses;
        let bits = if is_whole_address { length } else { length - offset };
        let octets = r.take("prefix pattern", usize::from(bits).div_ceil(8))?;
        Ok(Self { length, offset, octets, is_whole_address })
    }

    /// The address with its length in bits. Bits before the offset are zero unless they were sent.
    #[must_use]
    pub fn prefix(&self) -> Prefix {
        let mut address = [0; 16];
        for (to, from) in address.iter_mut().zip(self.octets) {
            *to = *from;
        }
        let mut bits = u128::from_be_bytes(address);
        if !self.is_whole_address {
            bits = bits.checked_shr(self.offset.into()).unwrap_or(0);
        }
        Prefix::V6(Ipv6Addr::from_bits(bits).octets(), self.length)
    }
}
