//! The BGP-LS attribute as rows use it. A router may put thousands of TLVs into one attribute and a
//! thousand routes beside it, and each of their rows looks for a dozen of them: what no row shows
//! is left out, and what rows show once is there once.

use crate::bgp::AsWidth;
use crate::bgp::attr::Value as _;
use crate::bgp::attr::bgp_ls::{BgpLsAttribute, Tlv};
use crate::wire::{List, Reader};

/// Octets of the type and the length of a TLV.
const HEAD: usize = 4;

/// The TLVs of an attribute that rows show.
#[derive(Debug, Default)]
pub(super) struct Kept {
    once: Vec<u8>,
    many: Vec<u8>,
    /// The octets in `once` of each TLV in it, with its type.
    seen: Vec<([u8; 2], std::ops::Range<usize>)>,
}

/// How rows use a TLV.
enum Use {
    /// The first one.
    First,
    /// The last one: an address, so all are of one length.
    Last,
    /// All.
    All,
}

impl Use {
    fn of(tlv: &Tlv<'_>) -> Option<Self> {
        match tlv {
            Tlv::MultiTopologyId(_)
            | Tlv::PeerNodeSid(_)
            | Tlv::AdjacencySid(_)
            | Tlv::PrefixSid(_) => Some(Self::All),
            Tlv::Ipv4RouterIdLocal(_)
            | Tlv::Ipv6RouterIdLocal(_)
            | Tlv::Ipv4RouterIdRemote(_)
            | Tlv::Ipv6RouterIdRemote(_) => Some(Self::Last),
            Tlv::NodeFlagBits(_)
            | Tlv::NodeName(_)
            | Tlv::IsisAreaIdentifier(_)
            | Tlv::SrCapabilities(_)
            | Tlv::AdministrativeGroup(_)
            | Tlv::MaximumLinkBandwidth(_)
            | Tlv::MaximumReservableBandwidth(_)
            | Tlv::UnreservedBandwidth(_)
            | Tlv::TeDefaultMetric(_)
            | Tlv::IgpMetric(_)
            | Tlv::LinkName(_)
            | Tlv::IgpRouteTag(_)
            | Tlv::PrefixMetric(_) => Some(Self::First),
            _ => None,
        }
    }
}

impl Kept {
    /// Takes another attribute.
    pub(super) fn read(&mut self, mut octets: &[u8]) {
        self.once.clear();
        self.many.clear();
        self.seen.clear();
        while let &[a, b, high, low, ..] = octets {
            let len = HEAD + usize::from(u16::from_be_bytes([high, low]));
            let Some((tlv, rest)) = octets.split_at_checked(len) else { return };
            octets = rest;
            // What is empty says nothing, and does not stand before one that does.
            if len > HEAD {
                self.keep([a, b], tlv);
            }
        }
    }

    fn keep(&mut self, kind: [u8; 2], octets: &[u8]) {
        let Some(how) = attribute(octets).0.iter().next().and_then(|tlv| Use::of(&tlv)) else {
            return;
        };
        let before = self.seen.iter().find(|(seen, _)| *seen == kind).map(|(_, at)| at.clone());
        match (how, before) {
            (Use::All, _) => self.many.extend_from_slice(octets),
            (Use::First, Some(_)) => {}
            (Use::Last, Some(at)) => {
                if let Some(before) = self.once.get_mut(at).filter(|b| b.len() == octets.len()) {
                    before.copy_from_slice(octets);
                }
            }
            (_, None) => {
                let begin = self.once.len();
                self.once.extend_from_slice(octets);
                self.seen.push((kind, begin..self.once.len()));
            }
        }
    }

    /// What rows show of it.
    pub(super) fn attribute(&self) -> Attribute<'_> {
        Attribute { once: attribute(&self.once), many: attribute(&self.many) }
    }
}

fn attribute(octets: &[u8]) -> BgpLsAttribute<'_> {
    let parsed = BgpLsAttribute::parse(Reader::new(octets), AsWidth::Four);
    parsed.unwrap_or(BgpLsAttribute(List::EMPTY))
}

/// What rows show of a BGP-LS attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribute<'a> {
    once: BgpLsAttribute<'a>,
    many: BgpLsAttribute<'a>,
}

impl<'a> Attribute<'a> {
    /// Of a route that is withdrawn.
    pub(super) const NONE: Self =
        Self { once: BgpLsAttribute(List::EMPTY), many: BgpLsAttribute(List::EMPTY) };

    /// The TLVs that count once.
    pub(super) fn once(&self) -> impl Iterator<Item = Tlv<'a>> + use<'a> {
        self.once.0.iter()
    }

    /// Those that count as often as they come: topologies and SIDs.
    pub(super) fn many(&self) -> impl Iterator<Item = Tlv<'a>> + use<'a> {
        self.many.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tlv(kind: u16, value: &[u8]) -> Vec<u8> {
        let len = (value.len() as u16).to_be_bytes();
        [&kind.to_be_bytes(), &len, value].concat()
    }

    #[test]
    fn what_no_row_shows_costs_no_row_anything() {
        let unknown: Vec<u8> = (0..8000).flat_map(|_| tlv(60_000, &[])).collect();
        let names: Vec<u8> = (0..1000).flat_map(|_| tlv(1026, b"later")).collect();
        let sid = tlv(1099, &[0x30, 5, 0, 0, 0, 0x5d, 0xc1]);
        let octets = [
            &unknown[..],
            &tlv(1026, b""),
            &tlv(1026, b"first"),
            &tlv(1028, &[192, 0, 2, 1]),
            &names,
            &tlv(1028, &[192, 0, 2]), // malformed: it is none
            &tlv(1028, &[192, 0, 2, 2]),
            &sid,
            &sid,
        ];
        let mut kept = Kept::default();
        kept.read(&octets.concat());
        let attribute = kept.attribute();
        let [name, address] = [attribute.once().next(), attribute.once().nth(1)];
        assert!(matches!(name, Some(Tlv::NodeName(name)) if name.0 == b"first"), "{name:?}");
        let last = std::net::Ipv4Addr::new(192, 0, 2, 2);
        assert!(matches!(address, Some(Tlv::Ipv4RouterIdLocal(id)) if id == last), "{address:?}");
        assert_eq!((attribute.once().count(), attribute.many().count()), (2, 2));
        kept.read(&[]);
        assert_eq!(kept.attribute().once().chain(kept.attribute().many()).count(), 0);
    }
}
