//! BGP Community Container: containers of type(2) · flags(1) · reserved(1) · length(2, with these
//! six octets) · value, among them wide communities (draft-ietf-idr-wide-bgp-communities-12).
//!
//! Whatever is cut short, and an atom of a known type whose length does not fit it, makes the
//! attribute malformed (§8 there).

use std::fmt;

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::layout::{STRICT, Type8Length16, layout, tlvs, wraps};
use crate::wire::{Fields, Item, List, Part, Prefix, Reader, Text, WireError, open_enum};

/// Octets of a container's header, which its length counts.
const HEADER_LEN: usize = 6;

open_enum! {
    /// Types of containers (§11 of the draft).
    pub struct ContainerType(u16) {
        WideCommunity = 1 => "BGP Wide Community",
    }
}

/// One container: header of 6 octets, and content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Container<'a> {
    /// The flags T and C, which say how far it travels, and reserved ones.
    pub flags: u8,
    /// A reserved octet; early drafts have a hop count here.
    pub reserved: u8,
    /// What it holds.
    pub content: ContainerContent<'a>,
}

/// What a container holds, by its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerContent<'a> {
    /// A wide community.
    WideCommunity(WideCommunity<'a>),
    /// Content of any other type.
    Unknown(ContainerType, &'a [u8]),
}

layout! {
    /// A wide community: 12 octets, and its TLVs (§4 of the draft).
    pub struct WideCommunity<'a> "BGP Wide Community" {
        /// What is asked for; registered when the highest bit is set, else a matter of the
        /// context AS.
        community: u32,
        /// The AS that set it.
        source_as: u32,
        /// The AS that gives it its meaning.
        context_as: u32,
        /// Targets, excluded targets and parameters.
        tlvs: List<'a, WideCommunityTlv<'a>>,
    }
}

tlvs! {
    /// Types of a wide community's TLVs.
    pub struct WideCommunityTlvType(u8) in Type8Length16;

    /// One TLV of a wide community.
    pub enum WideCommunityTlv ["BGP Wide Community TLV"; 3] {
        /// What it is for: any of these (§4.4.1).
        1 "Targets" => Targets(Atoms<'a>), STRICT;
        /// What it is not for (§4.4.2).
        2 "Exclude Targets" => ExcludeTargets(Atoms<'a>), STRICT;
        /// Its parameters, in order (§4.4.3).
        3 "Parameters" => Parameters(Atoms<'a>), STRICT;
    }
}

layout! {
    /// Atoms one after the other.
    pub struct Atoms<'a> "BGP Wide Community TLV" {
        /// The atoms.
        atoms: List<'a, Atom<'a>>,
    }
}

tlvs! {
    /// Types of atoms (§5 of the draft).
    pub struct AtomType(u8) in Type8Length16;

    /// One atom.
    pub enum Atom ["BGP Community Container Atom"; 3] {
        /// AS numbers; 0 is none, 4294967295 all.
        1 "Autonomous System Number List" => AutonomousSystems(Numbers<'a, u32>) "values", STRICT;
        /// IPv4 prefixes.
        2 "IPv4 Prefix List" => Ipv4Prefixes(Prefixes<'a, 4>) "values", STRICT;
        /// IPv6 prefixes.
        3 "IPv6 Prefix List" => Ipv6Prefixes(Prefixes<'a, 16>) "values", STRICT;
        /// Integers.
        4 "Integer32 List" => Integers(Numbers<'a, u32>) "values", STRICT;
        /// Numbers with a fraction.
        5 "IEEE Floating Point Number List" => Floats(Numbers<'a, Ieee754>) "values", STRICT;
        /// Classes of neighbors.
        6 "Neighbor Class List" => NeighborClasses(Numbers<'a, NeighborClass>) "values", STRICT;
        /// Classes that the context AS defines.
        7 "User-defined Class List" => UserClasses(Numbers<'a, u32>) "values", STRICT;
        /// A text.
        8 "UTF-8 String" => String(Text<'a>);
    }
}

open_enum! {
    /// Classes of neighbors (§5.5 of the draft).
    pub struct NeighborClass(u32) {
        Peer = 1 => "Peer",
        Customer = 2 => "Customer",
        Upstream = 3 => "Upstream",
    }
}

/// A number with a fraction, as its IEEE 754 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ieee754(pub u32);

wraps! { Ieee754(u32) |number, name, fields| {
    fields.float(name, f32::from_bits(number.0));
} }

/// One or more values of 4 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers<'a, T: Part<'a>>(pub List<'a, Number<T>>);

/// One of [`Numbers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number<T>(pub T);

impl<'a, T: Part<'a>> Item<'a> for Number<T> {
    const SIZE: usize = 4;

    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        T::read(r, "BGP Community Container Atom").map(Self)
    }
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        self.0.describe_as("", fields);
    }
}

impl<'a, T: Part<'a>> Part<'a> for Numbers<'a, T> {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        if r.is_empty() {
            return Err(WireError::short(what, r.offset(), 4, 0));
        }
        Part::read(r, what).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe(name, fields);
    }
}

/// Prefixes of an address of `N` octets: length in bits(1) · the octets that it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefixes<'a, const N: usize>(pub List<'a, AtomPrefix<N>>);

/// One of [`Prefixes`]: its length in bits, and its octets, zero from where they end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtomPrefix<const N: usize> {
    /// Length in bits, at most 8 `N`.
    pub bits: u8,
    /// The address.
    pub octets: [u8; N],
}

impl<const N: usize> fmt::Display for AtomPrefix<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.octets.first_chunk::<16>(), self.octets.first_chunk::<4>()) {
            (Some(v6), _) => Prefix::V6(*v6, self.bits).fmt(f),
            (None, Some(v4)) => Prefix::V4(*v4, self.bits).fmt(f),
            (None, None) => write!(f, "/{}", self.bits),
        }
    }
}

impl<const N: usize> Item<'_> for AtomPrefix<N> {
    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let at = r.offset();
        let bits = r.u8("prefix length")?;
        let sent = usize::from(bits).div_ceil(8);
        if sent > N {
            return Err(WireError::invalid("prefix length", at, bits.into()));
        }
        let mut octets = [0; N];
        octets.iter_mut().zip(r.take("prefix", sent)?).for_each(|(to, from)| *to = *from);
        Ok(Self { bits, octets })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.bits);
        out.extend(self.octets.iter().take(usize::from(self.bits).div_ceil(8)));
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.text("", self);
    }
}

impl<'a, const N: usize> Part<'a> for Prefixes<'a, N> {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        Part::read(r, what).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe(name, fields);
    }
}

impl<'a> Item<'a> for Container<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let at = r.offset();
        let kind = ContainerType(r.u16("container type")?);
        let flags = r.u8("container flags")?;
        let reserved = r.u8("container reserved octet")?;
        let len = usize::from(r.u16("container length")?);
        let Some(len) = len.checked_sub(HEADER_LEN) else {
            return Err(WireError::invalid("container length", at + 4, len as u64));
        };
        let mut value = r.sub("container", len)?;
        let content = match kind {
            ContainerType::WideCommunity => {
                let community: WideCommunity<'_> = Part::read(&mut value, "BGP Wide Community")?;
                community.check_once(at)?;
                ContainerContent::WideCommunity(community)
            }
            _ => ContainerContent::Unknown(kind, value.rest()),
        };
        Ok(Self { flags, reserved, content })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let at = out.len();
        out.extend_from_slice(&self.kind().0.to_be_bytes());
        out.extend_from_slice(&[self.flags, self.reserved, 0, 0]);
        match &self.content {
            ContainerContent::WideCommunity(community) => community.write(out),
            ContainerContent::Unknown(_, value) => out.extend_from_slice(value),
        }
        let len = u16::try_from(out.len() - at).unwrap_or(u16::MAX);
        if let Some(field) = out.get_mut(at + 4..at + HEADER_LEN) {
            field.copy_from_slice(&len.to_be_bytes());
        }
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            fields.text("type", &self.kind());
            fields.number("flags", self.flags.into());
            if self.reserved != 0 {
                fields.number("reserved", self.reserved.into());
            }
            match &self.content {
                ContainerContent::WideCommunity(community) => community.describe_whole("", fields),
                ContainerContent::Unknown(_, value) => fields.octets("value", value),
            }
        });
    }
}

impl WideCommunity<'_> {
    /// Whether each type of TLV stands in it once (§8.1 of the draft); it begins at `at`.
    fn check_once(&self, at: usize) -> Result<(), WireError> {
        let mut seen = [false; 256];
        for kind in self.tlvs.iter().map(|tlv| tlv.kind().0) {
            if std::mem::replace(&mut seen[usize::from(kind)], true) {
                return Err(WireError::invalid("BGP Wide Community TLV type", at, kind.into()));
            }
        }
        Ok(())
    }
}

impl Container<'_> {
    /// The container's type.
    #[must_use]
    pub fn kind(&self) -> ContainerType {
        match self.content {
            ContainerContent::WideCommunity(_) => ContainerType::WideCommunity,
            ContainerContent::Unknown(kind, _) => kind,
        }
    }
}

/// The containers of the attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommunityContainer<'a>(pub List<'a, Container<'a>>);

impl<'a> Value<'a> for CommunityContainer<'a> {
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        List::one_or_more(value, "container type").map(Self)
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe(name, fields);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, sound};
    use crate::wire::Items;

    const CODE: AttributeCode = AttributeCode::CommunityContainer;

    #[test]
    fn the_example_of_the_draft_is_decoded() {
        sound(
            CODE,
            "0001 01 00 003f 00000001 0000fbf0 0000fbf0 \
             010016 010008 00000978 000022b8 070008 00000064 00000068 \
             020007 070004 00000065 030007 040004 00000004",
            "community_container=[{type=BGP Wide Community flags=1 community=1 source_as=64496 \
             context_as=64496 tlvs=[\
             {type=Targets atoms=[{type=Autonomous System Number List values=[2424, 8888]}, \
             {type=User-defined Class List values=[100, 104]}]}, \
             {type=Exclude Targets atoms=[{type=User-defined Class List values=[101]}]}, \
             {type=Parameters atoms=[{type=Integer32 List values=[4]}]}]}]",
        );
    }

    #[test]
    fn atoms_of_every_type_are_decoded() {
        sound(
            CODE,
            "0001 00 05 0045 80000001 00000001 00000002 030030 \
             020007 08 0a 1f c0000202 030004 13 20010d 050004 3fc00000 060008 00000002 00000009 \
             080003 616263 080000 630001 07",
            "community_container=[{type=BGP Wide Community flags=0 reserved=5 \
             community=2147483649 source_as=1 context_as=2 tlvs=[{type=Parameters atoms=[\
             {type=IPv4 Prefix List values=[10.0.0.0/8, 192.0.2.2/31]}, \
             {type=IPv6 Prefix List values=[2001:d00::/19]}, \
             {type=IEEE Floating Point Number List values=[1.5]}, \
             {type=Neighbor Class List values=[Customer, 9]}, \
             {type=UTF-8 String value=abc}, {type=UTF-8 String value=}, {type=99 value=07}]}]}]",
        );
        sound(CODE, "0007 80 00 0008 beef", "community_container=[{type=7 flags=128 value=beef}]");
    }

    #[test]
    fn what_is_cut_is_malformed() {
        malformed(CODE, "", "container type", 0);
        let twice = "0001 00 00 0018 00000001 00000001 00000002 010000 010000";
        malformed(CODE, twice, "BGP Wide Community TLV type", 0);
        malformed(CODE, "0001 00 00 0005", "container length", 4);
        malformed(CODE, "0001 00 00 0007", "container", 6);
        malformed(CODE, "0001 00 00 0008 0000", "BGP Wide Community", 6);
        let wide = "0001 00 00 0019 00000001 00000001 00000002 010004";
        malformed(CODE, &format!("{wide} 040001 ff"), "BGP Community Container Atom", 24);
        malformed(CODE, &format!("{wide} 020001 21"), "prefix length", 24);
        malformed(CODE, &format!("{wide} 040002 ff"), "BGP Community Container Atom", 24);
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(
            head: (u8, u8, u32, u32, u32),
            numbers in proptest::collection::vec(proptest::prelude::any::<u32>(), 1..9),
            bits in 0..=32_u8, address: u32, text: String, other: Vec<u8>,
        ) {
            let n = Items::of(numbers.iter().map(|n| Number(*n)));
            let floats = Items::of(numbers.iter().map(|n| Number(Ieee754(*n))));
            let classes = Items::of(numbers.iter().map(|n| Number(NeighborClass(*n))));
            let kept = address & u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            let v4 = Items::of([AtomPrefix { bits, octets: kept.to_be_bytes() }]);
            let atoms = [
                Atom::AutonomousSystems(Numbers(n.list().unwrap())),
                Atom::Integers(Numbers(n.list().unwrap())),
                Atom::UserClasses(Numbers(n.list().unwrap())),
                Atom::Floats(Numbers(floats.list().unwrap())),
                Atom::NeighborClasses(Numbers(classes.list().unwrap())),
                Atom::Ipv4Prefixes(Prefixes(v4.list().unwrap())),
                Atom::String(Text(text.as_bytes())),
                Atom::Unknown(AtomType(200), &other),
            ];
            let held = Items::of(atoms);
            let atoms_read: Vec<Atom<'_>> = held.list().unwrap().iter().collect();
            proptest::prop_assert_eq!(atoms_read, atoms);
            let list = Atoms { atoms: held.list().unwrap() };
            let tlvs = Items::of([
                WideCommunityTlv::Targets(list),
                WideCommunityTlv::ExcludeTargets(list),
                WideCommunityTlv::Parameters(list),
                WideCommunityTlv::Unknown(WideCommunityTlvType(9), &other),
            ]);
            let (flags, reserved, community, source_as, context_as) = head;
            let tlvs = tlvs.list().unwrap();
            let wide = WideCommunity { community, source_as, context_as, tlvs };
            let unknown = ContainerContent::Unknown(ContainerType(2), &other);
            let containers = [
                Container { flags, reserved, content: ContainerContent::WideCommunity(wide) },
                Container { flags, reserved, content: unknown },
            ];
            let written = Items::of(containers);
            let read = CommunityContainer::parse(Reader::new(written.octets()), AsWidth::Four);
            proptest::prop_assert_eq!(read.unwrap().0.iter().collect::<Vec<_>>(), containers);
        }
    }
}
