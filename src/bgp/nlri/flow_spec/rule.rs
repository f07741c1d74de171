//! Rules: components in ascending order of their types (RFC 8955 §4.2).

use super::Component;
use crate::wire::{Fields, Reader, WireError};

/// What the components of a family are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// IPv4: types 1 to 12 (RFC 8955).
    Ipv4,
    /// IPv6: types 1 to 13; prefixes are patterns that begin at an offset (RFC 8956 §3.1).
    Ipv6,
    /// The same with the whole address up to the prefix length, whatever the offset: what was sent
    /// before RFC 8956, and what GoBGP, ExaBGP and OS-Ken send.
    Ipv6WholeAddresses,
    /// Layer 2: types 3 to 24, in one list (draft-ietf-idr-flowspec-l2vpn-05, as GoBGP and OS-Ken
    /// have it). Nothing says whether prefixes are IPv4 or IPv6 ones: those stay octets. So does
    /// what later drafts put in front, for no type of a component is 0.
    Layer2,
}

impl Kind {
    /// That of an AFI: 1, 2 or 25.
    #[must_use]
    pub const fn of(afi: u16) -> Self {
        match afi {
            1 => Self::Ipv4,
            2 => Self::Ipv6,
            _ => Self::Layer2,
        }
    }

    /// Whether it is of IPv6.
    #[must_use]
    pub const fn is_ipv6(self) -> bool {
        matches!(self, Self::Ipv6 | Self::Ipv6WholeAddresses)
    }
}

/// The packets that a flow specification is for: those that match every component. 1 octet and
/// more.
///
/// The length of a component is not told, so that one of an unknown type and all behind it are
/// kept as octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule<'a> {
    kind: Kind,
    /// Components, each of them sound.
    known: &'a [u8],
    /// What begins with a type that is not known here.
    unknown: &'a [u8],
}

impl<'a> Rule<'a> {
    /// The rule that `octets` are. IPv6 ones are read with whole addresses if that makes sense of
    /// all components and the way of RFC 8956 does not.
    ///
    /// # Errors
    /// There is no component, one is cut short or makes no sense, or they are not in ascending
    /// order.
    pub fn parse(octets: Reader<'a>, kind: Kind) -> Result<Self, WireError> {
        let rule = Self::read(octets, kind);
        if kind != Kind::Ipv6 || rule.is_ok_and(|rule| rule.unknown.is_empty()) {
            return rule;
        }
        match Self::read(octets, Kind::Ipv6WholeAddresses) {
            Ok(whole) if whole.unknown.is_empty() => Ok(whole),
            _ => rule,
        }
    }

    fn read(octets: Reader<'a>, kind: Kind) -> Result<Self, WireError> {
        if octets.is_empty() {
            return Err(WireError::short("flow specification component", octets.offset(), 1, 0));
        }
        let (mut left, mut before) = (octets, None);
        while let Some(&code) = left.peek().first() {
            if before.is_some_and(|before| code <= before) {
                return Err(WireError::invalid("component order", left.offset(), code.into()));
            }
            before = Some(code);
            let mut after = left;
            if Component::read(&mut after, kind)?.is_none() {
                break;
            }
            left = after;
        }
        let (known, unknown) = octets.peek().split_at(octets.len() - left.len());
        Ok(Self { kind, known, unknown })
    }

    /// What its components are like.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The components whose types are known, in order.
    pub fn components(&self) -> impl Iterator<Item = Component<'a>> + use<'a> {
        let (mut left, kind) = (Reader::new(self.known), self.kind);
        std::iter::from_fn(move || match left.is_empty() {
            true => None,
            false => Component::read(&mut left, kind).ok().flatten(), // all were sound
        })
    }

    /// What follows them: a component of an unknown type, and all behind it.
    #[must_use]
    pub fn unknown(&self) -> &'a [u8] {
        self.unknown
    }

    /// How many octets it takes.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // there is no empty rule
    pub fn len(&self) -> usize {
        self.known.len() + self.unknown.len()
    }

    /// Appends its octets.
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.components().for_each(|component| component.encode(out));
        out.extend_from_slice(self.unknown);
    }

    /// Describes each component as a value of the list `name`.
    pub fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.list(name, &mut |fields| {
            self.components().for_each(|component| component.describe(fields));
            if let Some((code, value)) = self.unknown.split_first() {
                fields.group("", &mut |fields| {
                    fields.text("type", code);
                    fields.octets("value", value);
                });
            }
        });
    }
}
