//! The path attributes of an UPDATE as the texts of fields, rendered once for all of its routes.

use std::net::{IpAddr, Ipv4Addr};

use super::super::ids;
use super::extended_communities;
use super::fields::Shared;
use super::values::{dotted, flag, ip};
use crate::bgp::AsWidth;
use crate::bgp::attr::aggregator::{Aggregator, As4Aggregator};
use crate::bgp::attr::as_path::{AsPath, SegmentType};
use crate::bgp::attr::bgp_ls::BgpLsAttribute;
use crate::bgp::attr::mp_reach::MpReach;
use crate::bgp::attr::{self, Attribute, AttributeCode, Attributes, Value as _};
use crate::bgp::open::AS_TRANS;
use crate::output::format::text;
use crate::record::SectionKind;
use crate::wire::{List, Reader};

/// What the rows of an UPDATE say of its path attributes.
#[derive(Debug, Default)]
pub(super) struct Path {
    origin: &'static str,
    as_path: Vec<u8>,
    as_path_count: u32,
    origin_as: u32,
    next_hop: Option<Ipv4Addr>,
    mp_next_hop: Option<IpAddr>,
    med: u32,
    local_pref: u32,
    aggregator: Vec<u8>,
    communities: Vec<u8>,
    ext_communities: Vec<u8>,
    cluster_list: Vec<u8>,
    is_atomic_agg: bool,
    originator_id: Option<Ipv4Addr>,
    large_communities: Vec<u8>,
    /// The octets of the BGP-LS attribute.
    bgp_ls: Vec<u8>,
}

impl Path {
    /// Renders the attributes in `octets`. Of a repeated one the first counts (RFC 7606 §3 g); a
    /// malformed one that reaches this place is one to be left out.
    pub(super) fn read(&mut self, octets: Reader<'_>, width: AsWidth) {
        self.clear();
        let mut seen = [false; 256];
        let (mut path, mut as4_path) = (None, None);
        let (mut aggregator, mut as4_aggregator) = (None, None);
        let mut attributes = Attributes::new(octets);
        while let Some(a) = attributes.next_whole() {
            let again = std::mem::replace(&mut seen[usize::from(a.code.0)], true);
            if again || !a.has_its_flags() || !(a.is_plain() || attr::check(&a, width).is_ok()) {
                continue;
            }
            match a.code {
                AttributeCode::AsPath => path = AsPath::parse(a.reader(), width).ok(),
                AttributeCode::As4Path => as4_path = Some(a.reader()),
                AttributeCode::Aggregator => {
                    aggregator = Aggregator::parse(a.reader(), width).ok();
                }
                AttributeCode::As4Aggregator => {
                    as4_aggregator = As4Aggregator::parse(a.reader(), width).ok();
                }
                _ => self.take(&a),
            }
        }
        if let Some(path) = path {
            self.write_as_path(as4_path.map_or(path, |as4| path.reconstruct(as4)));
        }
        if let Some(aggregator) = aggregator {
            self.write_aggregator(aggregator, as4_aggregator);
        }
    }

    /// Takes an attribute that stands for itself.
    fn take(&mut self, a: &Attribute<'_>) {
        let value = a.value();
        let number = || value.first_chunk().map_or(0, |octets| u32::from_be_bytes(*octets));
        match a.code {
            AttributeCode::Origin => {
                self.origin = match value {
                    [0] => "igp",
                    [1] => "egp",
                    [2] => "incomplete",
                    _ => "",
                }
            }
            AttributeCode::NextHop => self.next_hop = Some(Ipv4Addr::from(number())),
            AttributeCode::MultiExitDisc => self.med = number(),
            AttributeCode::LocalPref => self.local_pref = number(),
            AttributeCode::AtomicAggregate => self.is_atomic_agg = true,
            AttributeCode::OriginatorId => self.originator_id = Some(Ipv4Addr::from(number())),
            AttributeCode::Communities => {
                joined(&mut self.communities, value, |out, [a, b, c, d]: &[u8; 4]| {
                    text::number(out, u16::from_be_bytes([*a, *b]));
                    out.push(b':');
                    text::number(out, u16::from_be_bytes([*c, *d]));
                });
            }
            AttributeCode::ClusterList => {
                // Each with a space behind it, as the original has it.
                for id in value.as_chunks::<4>().0 {
                    text::ipv4(&mut self.cluster_list, *id);
                    self.cluster_list.push(b' ');
                }
            }
            AttributeCode::ExtendedCommunities => {
                joined(&mut self.ext_communities, value, extended_communities::write);
            }
            AttributeCode::LargeCommunities => {
                joined(&mut self.large_communities, value, |out, community: &[u8; 12]| {
                    for (i, part) in community.as_chunks::<4>().0.iter().enumerate() {
                        if i > 0 {
                            out.push(b':');
                        }
                        text::number(out, u32::from_be_bytes(*part));
                    }
                });
            }
            AttributeCode::BgpLs => self.bgp_ls.extend_from_slice(value),
            AttributeCode::MpReachNlri => {
                let mp = MpReach::parse(a.reader()).ok();
                self.mp_next_hop = mp.and_then(|mp| mp.global_next_hop());
            }
            _ => {}
        }
    }

    fn clear(&mut self) {
        let Self { as_path, aggregator, communities, ext_communities, .. } = self;
        let texts = [as_path, aggregator, communities, ext_communities];
        let more = [&mut self.cluster_list, &mut self.large_communities, &mut self.bgp_ls];
        for text in texts.into_iter().chain(more) {
            text.clear();
        }
        (self.as_path_count, self.origin_as, self.med, self.local_pref) = (0, 0, 0, 0);
        (self.next_hop, self.mp_next_hop, self.originator_id) = (None, None, None);
        (self.origin, self.is_atomic_agg) = ("", false);
    }

    /// ` 65001 { 64500 64501 }`: each AS number and each brace behind a space. Confederation
    /// segments have no marks.
    fn write_as_path(&mut self, path: AsPath<'_>) {
        let out = &mut self.as_path;
        for segment in path.segments() {
            let braces = segment.kind == SegmentType::Set;
            if braces {
                out.extend_from_slice(b" {");
            }
            for asn in segment.asns() {
                out.push(b' ');
                text::number(out, asn);
                self.as_path_count += 1;
                self.origin_as = asn;
            }
            if braces {
                out.extend_from_slice(b" }");
            }
        }
    }

    /// AS4_AGGREGATOR counts where AGGREGATOR has no room for the number (RFC 6793 §4.2.3).
    fn write_aggregator(&mut self, aggregator: Aggregator, as4: Option<As4Aggregator>) {
        let (asn, address) = match as4 {
            Some(as4) if aggregator.asn == u32::from(AS_TRANS) => (as4.asn, as4.address),
            _ => (aggregator.asn, aggregator.address),
        };
        text::number(&mut self.aggregator, asn);
        self.aggregator.push(b' ');
        dotted(&mut self.aggregator, address);
    }

    /// The BGP-LS attribute, which may be without any TLV.
    pub(super) fn bgp_ls(&self) -> BgpLsAttribute<'_> {
        let parsed = BgpLsAttribute::parse(Reader::new(&self.bgp_ls), AsWidth::Four);
        parsed.unwrap_or(BgpLsAttribute(List::EMPTY))
    }

    /// The next hop of the routes of a list.
    pub(super) fn next_hop(&self, kind: SectionKind) -> Option<IpAddr> {
        match kind {
            SectionKind::MpReach => self.mp_next_hop,
            _ => self.next_hop.map(IpAddr::V4),
        }
    }

    /// Appends what the id of the attributes is made of; `peer` are the digits of the peer's. What
    /// MD5 leaves out the original leaves out, too.
    pub(super) fn identify(
        &self,
        next_hop: Option<IpAddr>,
        hash: ids::Hash,
        peer: &[u8; 32],
        input: &mut Vec<u8>,
    ) {
        input.extend_from_slice(&self.as_path);
        self.write(Shared::NextHop, next_hop, input);
        input.extend_from_slice(&self.aggregator);
        input.extend_from_slice(self.origin.as_bytes());
        input.extend_from_slice(&self.med.to_le_bytes());
        input.extend_from_slice(&self.local_pref.to_le_bytes());
        input.extend_from_slice(&self.communities);
        input.extend_from_slice(&self.ext_communities);
        input.extend_from_slice(peer);
        if hash == ids::Hash::Xxh3 {
            // An id for all that the row holds: none is given to two of them.
            input.extend_from_slice(&self.cluster_list);
            self.write(Shared::OriginatorId, None, input);
            input.push(b'\t');
            input.extend_from_slice(&self.large_communities);
            input.push(self.is_atomic_agg.into());
        }
    }

    /// Appends a field, if it is one of the attributes.
    pub(super) fn write(&self, field: Shared, next_hop: Option<IpAddr>, out: &mut Vec<u8>) {
        match field {
            Shared::Origin => out.extend_from_slice(self.origin.as_bytes()),
            Shared::AsPath => out.extend_from_slice(&self.as_path),
            Shared::AsPathCount => text::number(out, self.as_path_count),
            Shared::OriginAs => text::number(out, self.origin_as),
            Shared::NextHop => {
                if let Some(address) = next_hop {
                    ip(out, address);
                }
            }
            Shared::Med => text::number(out, self.med),
            Shared::LocalPref => text::number(out, self.local_pref),
            Shared::Aggregator => out.extend_from_slice(&self.aggregator),
            Shared::Communities => out.extend_from_slice(&self.communities),
            Shared::ExtCommunities => out.extend_from_slice(&self.ext_communities),
            Shared::ClusterList => out.extend_from_slice(&self.cluster_list),
            Shared::IsAtomicAgg => flag(out, self.is_atomic_agg),
            Shared::IsNextHopIpv4 => flag(out, next_hop.is_some_and(|a| a.is_ipv4())),
            Shared::OriginatorId => {
                if let Some(id) = self.originator_id {
                    dotted(out, id);
                }
            }
            Shared::LargeCommunities => out.extend_from_slice(&self.large_communities),
            _ => {}
        }
    }
}

/// Appends items of `N` octets with a space between them.
fn joined<const N: usize>(out: &mut Vec<u8>, value: &[u8], write: impl Fn(&mut Vec<u8>, &[u8; N])) {
    for (i, item) in value.as_chunks::<N>().0.iter().enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        write(out, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bgp::encode::attribute_with;

    fn read(attributes: &[(u8, u8, &[u8])], width: AsWidth) -> Path {
        let mut octets = Vec::new();
        for (flags, code, value) in attributes {
            attribute_with(&mut octets, *flags, *code, |out| out.extend_from_slice(value));
        }
        let mut path = Path { med: 9, origin: "igp", ..Path::default() };
        path.communities.push(b'x');
        path.read(Reader::new(&octets), width);
        path
    }

    fn text(path: &Path, field: Shared) -> String {
        let mut out = Vec::new();
        path.write(field, path.next_hop(SectionKind::Nlri), &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn four_octet_numbers_are_found_beside_two_octet_ones() {
        let path = read(
            &[
                (0x40, 2, &[2, 2, 0xfd, 0xe9, 0x5b, 0xa0]),
                (0xc0, 7, &[0x5b, 0xa0, 10, 1, 1, 1]),
                (0xc0, 17, &[2, 1, 0xfa, 0x56, 0xea, 0]),
                (0xc0, 18, &[0xfa, 0x56, 0xea, 1, 10, 1, 1, 2]),
            ],
            AsWidth::Two,
        );
        assert_eq!(text(&path, Shared::AsPath), " 65001 4200000000");
        assert_eq!(text(&path, Shared::OriginAs), "4200000000");
        assert_eq!(text(&path, Shared::Aggregator), "4200000001 10.1.1.2");
    }

    #[test]
    fn what_is_absent_or_malformed_says_nothing() {
        let path = read(&[(0xc0, 8, &[1, 2, 3]), (0x80, 4, &[0, 0, 0, 7])], AsWidth::Four);
        assert_eq!([text(&path, Shared::Communities), text(&path, Shared::Origin)], ["", ""]);
        assert_eq!(text(&path, Shared::Med), "7");
        let again = read(&[(0x80, 4, &[0, 0, 0, 8]), (0x80, 4, &[0, 0, 0, 7])], AsWidth::Four);
        assert_eq!(text(&again, Shared::Med), "8", "the first counts");
        assert_eq!(text(&read(&[(0x40, 6, &[])], AsWidth::Four), Shared::IsAtomicAgg), "1");
    }

    #[test]
    fn only_xxh3_tells_paths_apart_by_all_of_their_attributes() {
        let large = |n| read(&[(0xc0, 32, &[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, n])], AsWidth::Four);
        let input = |path: &Path, hash| {
            let mut input = Vec::new();
            path.identify(None, hash, &[b'0'; 32], &mut input);
            input
        };
        assert_eq!(input(&large(1), ids::Hash::Md5), input(&large(2), ids::Hash::Md5));
        assert_ne!(input(&large(1), ids::Hash::Xxh3), input(&large(2), ids::Hash::Xxh3));
    }
}
