//! The path attributes of an UPDATE as the texts of fields, rendered once for all of its routes.

use std::net::{IpAddr, Ipv4Addr};

use super::super::ids::{self, Id};
use super::base_attribute::{Front, Places};
use super::extended_communities;
use super::ls_attribute::Kept;
use super::values::ip;
use crate::bgp::AsWidth;
use crate::bgp::attr::aggregator::{Aggregator, As4Aggregator};
use crate::bgp::attr::as_path::{AsPath, SegmentType};
use crate::bgp::attr::mp_reach::MpReach;
use crate::bgp::attr::{self, AttributeCode, Attributes, Value as _};
use crate::bgp::open::AS_TRANS;
use crate::output::format::pen::{Page, Pen, Room, Text};
use crate::record::SectionKind;
use crate::wire::Reader;

/// The fields about path attributes, in the order that they have in every row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Origin,
    AsPath,
    AsPathCount,
    OriginAs,
    NextHop,
    Med,
    LocalPref,
    Aggregator,
    Communities,
    ExtCommunities,
    ClusterList,
    IsAtomicAgg,
    IsNextHopIpv4,
    OriginatorId,
    LargeCommunities,
}

/// How many there are.
const COLUMNS: usize = Column::LargeCommunities as usize + 1;

/// What the rows of an UPDATE say of its path attributes.
#[derive(Debug, Default)]
pub(super) struct Path {
    /// A row of `base_attribute`: all columns, with tabulators between them, and what comes before.
    text: Page,
    /// Where parts of the row lie in `text`.
    places: Places,
    /// The row's number.
    seq: u64,
    /// Where each column ends in `text`.
    ends: [usize; COLUMNS],
    /// The next hop that `text` shows.
    shown: Option<IpAddr>,
    /// Nobody has asked for it yet.
    is_new: bool,
    next_hop: Option<IpAddr>,
    mp_next_hop: Option<IpAddr>,
    med: u32,
    local_pref: u32,
    /// The BGP-LS attribute.
    pub(super) bgp_ls: Kept,
    scratch: Vec<u8>,
}

impl Path {
    /// Renders the attributes in `octets`, with the next hop of a list, behind the front of a row.
    pub(super) fn read(
        &mut self,
        octets: Reader<'_>,
        width: AsWidth,
        list: SectionKind,
        front: Front<'_>,
    ) {
        let mut found = Found::default();
        found.read(octets, width);
        self.next_hop = found.address(NEXT_HOP).map(IpAddr::V4);
        let mp = Some(found.values[MP_REACH]).filter(|value| !value.is_empty());
        let mp = mp.and_then(|value| MpReach::parse(Reader::new(value)).ok());
        self.mp_next_hop = mp.and_then(|mp| mp.global_next_hop());
        (self.shown, self.is_new) = (self.next_hop(list), true);
        self.med = found.number(MED).unwrap_or(0);
        self.local_pref = found.number(LOCAL_PREF).unwrap_or(0);
        self.scratch.clear();
        self.bgp_ls.read(found.values[BGP_LS]);
        let communities = found.values[EXTENDED].as_chunks::<8>().0;
        for (i, community) in communities.iter().enumerate() {
            if i > 0 {
                self.scratch.push(b' ');
            }
            extended_communities::write(&mut self.scratch, community);
        }
        for community in found.values[EXTENDED_IPV6].as_chunks::<20>().0 {
            if !self.scratch.is_empty() {
                self.scratch.push(b' ');
            }
            extended_communities::write_ipv6(&mut self.scratch, community);
        }
        let (ext_communities, next_hop) = (&self.scratch, self.shown);
        let (places, ends) = (&mut self.places, &mut self.ends);
        let found = &found;
        let mut row = Row { front, places, found, width, next_hop, ext_communities, ends };
        self.text.write(&mut row);
        self.seq = front.seq;
    }

    /// The next hop of the routes of a list.
    pub(super) fn next_hop(&self, kind: SectionKind) -> Option<IpAddr> {
        match kind {
            SectionKind::MpReach => self.mp_next_hop,
            _ => self.next_hop,
        }
    }

    /// Shows this next hop; whether the text has not been shown with it yet.
    #[inline]
    pub(super) fn show(&mut self, next_hop: Option<IpAddr>) -> bool {
        if self.shown != next_hop {
            self.change(next_hop);
            return true;
        }
        std::mem::take(&mut self.is_new)
    }

    /// Shows another next hop; few UPDATEs have two.
    #[inline(never)]
    fn change(&mut self, next_hop: Option<IpAddr>) {
        (self.shown, self.is_new) = (next_hop, false);
        let is_ipv4 = self.range(Column::IsNextHopIpv4).start;
        if let Some(octet) = self.text.text_mut().get_mut(is_ipv4) {
            *octet = flag(next_hop);
        }
        let place = self.range(Column::NextHop);
        let text = &mut self.scratch;
        text.clear();
        next_hop.into_iter().for_each(|address| ip(text, address));
        let (before, now) = (place.len(), text.len());
        self.text.replace(place, text);
        for end in &mut self.ends[Column::NextHop as usize..] {
            *end = *end - before + now;
        }
    }

    /// The row of `base_attribute` of this number about the attributes as they are shown.
    pub(super) fn row(&mut self, seq: u64) -> &[u8] {
        if self.seq != seq {
            self.renumber(seq);
        }
        self.text.text()
    }

    /// Gives the row another number; few UPDATEs have two.
    #[inline(never)]
    fn renumber(&mut self, seq: u64) {
        let (place, before) = (self.places.seq.clone(), self.text.text().len());
        self.text.replace(place, itoa::Buffer::new().format(seq).as_bytes());
        let now = self.text.text().len();
        let moved = [&mut self.places.seq.end, &mut self.places.attributes];
        for end in moved.into_iter().chain(&mut self.ends) {
            *end = *end + now - before;
        }
        self.seq = seq;
    }

    /// Where a column lies in the text.
    fn range(&self, column: Column) -> std::ops::Range<usize> {
        let i = column as usize;
        let begin = if i > 0 { self.ends[i - 1] + 1 } else { self.places.attributes };
        begin..self.ends[i]
    }

    /// Whether there is a next hop to be shown.
    pub(super) fn has_next_hop(&self) -> bool {
        self.shown.is_some()
    }

    /// The next hop that is shown.
    pub(super) fn shown(&self) -> Option<IpAddr> {
        self.shown
    }

    /// The text of a column.
    pub(super) fn column(&self, column: Column) -> &[u8] {
        self.text.part(self.range(column))
    }

    /// A tabulator and the text of all columns but the last one, which no other object has beside
    /// the others.
    pub(super) fn attributes(&self) -> &[u8] {
        let end = self.ends[Column::OriginatorId as usize];
        self.text.part(self.places.attributes.saturating_sub(1)..end)
    }

    /// The id of the attributes with the next hop that they show. What MD5 leaves out the original
    /// leaves out, too; XXH3 gives one to all that a row holds. `input` is empty.
    pub(super) fn id(&mut self, hash: ids::Hash, peer: Id, input: &mut Vec<u8>) -> Id {
        match hash {
            ids::Hash::Xxh3 => self.xxh3(peer),
            ids::Hash::Md5 => self.md5(peer, input),
        }
    }

    /// Gives the row its id.
    #[inline]
    pub(super) fn set_id(&mut self, id: &ids::Hex) {
        let begin = self.places.id();
        if let Some(place) = self.text.text_mut().get_mut(begin..) {
            place.first_chunk_mut().into_iter().for_each(|place| *place = *id);
        }
    }

    fn xxh3(&mut self, peer: Id) -> Id {
        let begin = self.places.attributes;
        Id::xxh3(self.text.text_and(peer.0).get(begin..).unwrap_or_default())
    }

    fn md5(&self, peer: Id, input: &mut Vec<u8>) -> Id {
        let columns = [Column::AsPath, Column::NextHop, Column::Aggregator, Column::Origin];
        columns.iter().for_each(|column| input.extend_from_slice(self.column(*column)));
        input.extend_from_slice(&self.med.to_le_bytes());
        input.extend_from_slice(&self.local_pref.to_le_bytes());
        input.extend_from_slice(self.column(Column::Communities));
        input.extend_from_slice(self.column(Column::ExtCommunities));
        input.extend_from_slice(&peer.hex());
        ids::Hash::Md5.of(&[input])
    }
}

/// The digit for the family of a next hop.
fn flag(next_hop: Option<IpAddr>) -> u8 {
    if next_hop.is_some_and(|address| address.is_ipv4()) { b'1' } else { b'0' }
}

/// The values that are shown, by the places that [`PLACES`] gives them.
#[derive(Default)]
struct Found<'a> {
    values: [&'a [u8]; KEPT],
    is_atomic_agg: bool,
}

/// Declares places for attributes whose values are kept.
macro_rules! places {
    ($($konst:ident = $code:ident),+ $(,)?) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Place { $($konst),+ }
        $(const $konst: usize = Place::$konst as usize;)+
        /// How many there are.
        const KEPT: usize = [$($konst),+].len();

        /// The place of each type of attribute; [`NOT_KEPT`] of those that are not shown.
        static PLACES: [u8; 256] = {
            let mut places = [NOT_KEPT; 256];
            $(places[AttributeCode::$code.0 as usize] = $konst as u8;)+
            places
        };
    };
}

const NOT_KEPT: u8 = u8::MAX;

places! {
    ORIGIN = Origin,
    AS_PATH = AsPath,
    AS4_PATH = As4Path,
    NEXT_HOP = NextHop,
    MED = MultiExitDisc,
    LOCAL_PREF = LocalPref,
    ATOMIC = AtomicAggregate,
    AGGREGATOR = Aggregator,
    AS4_AGGREGATOR = As4Aggregator,
    COMMUNITIES = Communities,
    EXTENDED = ExtendedCommunities,
    EXTENDED_IPV6 = Ipv6ExtendedCommunities,
    LARGE = LargeCommunities,
    CLUSTER_LIST = ClusterList,
    ORIGINATOR_ID = OriginatorId,
    BGP_LS = BgpLs,
    MP_REACH = MpReachNlri,
}

/// Attributes that are looked at where they are shown.
const LOOKED_AT: u32 = 1 << AS_PATH | 1 << AS4_PATH | 1 << ORIGIN | 1 << MP_REACH;

impl<'a> Found<'a> {
    /// Finds the values. Of a repeated attribute the first counts (RFC 7606 §3 g); a malformed one
    /// that reaches this place is one to be left out.
    #[inline(always)]
    fn read(&mut self, octets: Reader<'a>, width: AsWidth) {
        let (mut seen, mut sound) = (0_u32, 0_u32);
        let mut attributes = Attributes::new(octets);
        while let Some(a) = attributes.next_whole() {
            let place = usize::from(PLACES[usize::from(a.code.0)]);
            let Some(value) = self.values.get_mut(place) else { continue };
            let bit = 1 << place;
            if seen & bit != 0 {
                continue;
            }
            seen |= bit;
            let fits = || LOOKED_AT & bit != 0 || attr::check(&a, width).is_ok();
            if a.is_plain() || a.has_its_flags() && fits() {
                (*value, sound) = (a.value(), sound | bit);
            }
        }
        self.is_atomic_agg = sound & 1 << ATOMIC != 0;
    }

    /// A number of 4 octets.
    fn number(&self, place: usize) -> Option<u32> {
        self.values[place].first_chunk().map(|octets| u32::from_be_bytes(*octets))
    }

    /// An address of 4 octets.
    fn address(&self, place: usize) -> Option<Ipv4Addr> {
        self.number(place).map(Ipv4Addr::from)
    }

    /// The numbers of an AS path that is one sequence of 4-octet ones, as nearly all are.
    #[inline]
    fn sequence(&self, width: AsWidth) -> Option<&'a [[u8; 4]]> {
        let is_all = width == AsWidth::Four && self.values[AS4_PATH].is_empty();
        AsPath::whole_sequence(self.values[AS_PATH]).filter(|_| is_all)
    }

    /// The AS path, with AS4_PATH in it (RFC 6793 §4.2.3).
    fn path(&self, width: AsWidth) -> Option<AsPath<'a>> {
        let [path, as4] = [AS_PATH, AS4_PATH].map(|place| Reader::new(self.values[place]));
        let path = AsPath::parse(path, width).ok()?;
        Some(if as4.is_empty() { path } else { path.reconstruct(as4) })
    }

    /// AS4_AGGREGATOR counts where AGGREGATOR has no room for the number (RFC 6793 §4.2.3).
    fn aggregator(&self, width: AsWidth) -> Option<(u32, Ipv4Addr)> {
        let [old, new] = [AGGREGATOR, AS4_AGGREGATOR].map(|place| Reader::new(self.values[place]));
        if old.is_empty() {
            return None;
        }
        let aggregator = Aggregator::parse(old, width).ok()?;
        match As4Aggregator::parse(new, width) {
            Ok(as4) if aggregator.asn == u32::from(AS_TRANS) => Some((as4.asn, as4.address)),
            _ => Some((aggregator.asn, aggregator.address)),
        }
    }
}

/// The text of a row.
struct Row<'a> {
    front: Front<'a>,
    places: &'a mut Places,
    found: &'a Found<'a>,
    width: AsWidth,
    next_hop: Option<IpAddr>,
    ext_communities: &'a [u8],
    ends: &'a mut [usize; COLUMNS],
}

impl Text for Row<'_> {
    #[inline]
    fn write<R: Room>(&mut self, pen: &mut Pen<'_, R>) {
        *self.places = self.front.write(pen);
        let values = &self.found.values;
        match *values[ORIGIN] {
            [0] => pen.text(b"igp"),
            [1] => pen.text(b"egp"),
            [2] => pen.text(b"incomplete"),
            _ => {}
        }
        self.end(Column::Origin, pen);
        self.write_as_path(pen);
        match self.next_hop {
            None => {}
            Some(IpAddr::V4(address)) => pen.ipv4(address.octets()),
            Some(IpAddr::V6(address)) => pen.ipv6(address.octets()),
        }
        self.end(Column::NextHop, pen);
        for (column, place) in [(Column::Med, MED), (Column::LocalPref, LOCAL_PREF)] {
            match self.found.number(place) {
                Some(number) => pen.number(number),
                None => pen.octet(b'0'),
            }
            self.end(column, pen);
        }
        if let Some((asn, address)) = self.found.aggregator(self.width) {
            pen.number_and(asn, b' ');
            pen.ipv4(address.octets());
        }
        self.end(Column::Aggregator, pen);
        self.write_communities(pen);
        pen.octet(if self.found.is_atomic_agg { b'1' } else { b'0' });
        self.end(Column::IsAtomicAgg, pen);
        pen.octet(flag(self.next_hop));
        self.end(Column::IsNextHopIpv4, pen);
        if let Some(id) = self.found.address(ORIGINATOR_ID) {
            pen.ipv4(id.octets());
        }
        self.end(Column::OriginatorId, pen);
        for large in self.found.values[LARGE].as_chunks::<12>().0 {
            for (part, end) in large.as_chunks().0.iter().zip(*b":: ") {
                pen.number_and(u32::from_be_bytes(*part), end);
            }
        }
        back_if(pen, !self.found.values[LARGE].is_empty());
        self.ends[Column::LargeCommunities as usize] = pen.len();
        pen.octet(b'\n');
    }
}

/// Takes back what stands behind the last of some items.
#[inline]
fn back_if<R: Room>(pen: &mut Pen<'_, R>, any: bool) {
    if any {
        pen.back();
    }
}

impl Row<'_> {
    /// Ends a column.
    #[inline]
    fn end<R: Room>(&mut self, column: Column, pen: &mut Pen<'_, R>) {
        self.ends[column as usize] = pen.len();
        pen.octet(b'\t');
    }

    /// ` 65001 { 64500 64501 }`: each AS number and each brace behind a space; then how many there
    /// are and the last one. Confederation segments have no marks.
    #[inline]
    fn write_as_path<R: Room>(&mut self, pen: &mut Pen<'_, R>) {
        let (mut count, mut last, mut end) = (0, 0, 0);
        if let Some(asns) = self.found.sequence(self.width) {
            pen.octet(b' ');
            for asn in asns {
                last = pen.len();
                pen.number_and(u32::from_be_bytes(*asn), b' ');
            }
            pen.back();
            (count, end) = (asns.len() as u32, pen.len());
        } else {
            let path = self.found.path(self.width);
            for segment in path.iter().flat_map(|path| path.segments()) {
                let braces = segment.kind == SegmentType::Set;
                if braces {
                    pen.text(b" {");
                }
                for asn in segment.asns() {
                    pen.octet(b' ');
                    (count, last) = (count + 1, pen.len());
                    pen.number(asn);
                    end = pen.len();
                }
                if braces {
                    pen.text(b" }");
                }
            }
        }
        self.end(Column::AsPath, pen);
        pen.small_number(count);
        self.end(Column::AsPathCount, pen);
        match count {
            0 => pen.octet(b'0'),
            _ => pen.again(last, end - last),
        }
        self.end(Column::OriginAs, pen);
    }

    /// Communities of both sizes, and the cluster list, which has a space behind each of its items,
    /// as the original's.
    #[inline]
    fn write_communities<R: Room>(&mut self, pen: &mut Pen<'_, R>) {
        let communities = self.found.values[COMMUNITIES].as_chunks().0;
        for [a, b, c, d] in communities {
            let numbers = [[*a, *b], [*c, *d]].map(u16::from_be_bytes);
            pen.two_numbers_and(numbers, *b": ");
        }
        back_if(pen, !communities.is_empty());
        self.end(Column::Communities, pen);
        pen.copy(self.ext_communities);
        self.end(Column::ExtCommunities, pen);
        for id in self.found.values[CLUSTER_LIST].as_chunks().0 {
            pen.ipv4(*id);
            pen.octet(b' ');
        }
        self.end(Column::ClusterList, pen);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::bgp::encode::attribute_with;
    use crate::output::format::pen::Pieces;

    fn read(attributes: &[(u8, u8, &[u8])], width: AsWidth) -> Path {
        let mut octets = Vec::new();
        for (flags, code, value) in attributes {
            attribute_with(&mut octets, *flags, *code, |out| out.extend_from_slice(value));
        }
        let mut path = Path::default();
        for octets in [&[0x40, 1, 1, 0, 0x80, 4, 4, 0, 0, 0, 9][..], &octets] {
            let mut whose = Pieces::default();
            whose.set(&[b"\tRouter and peer\t"]);
            let front = Front { seq: 9, whose: &whose };
            path.read(Reader::new(octets), width, SectionKind::Nlri, front);
        }
        path
    }

    fn text(path: &Path, column: Column) -> String {
        String::from_utf8_lossy(path.column(column)).into_owned()
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
        assert_eq!(text(&path, Column::AsPath), " 65001 4200000000");
        assert_eq!(text(&path, Column::OriginAs), "4200000000");
        assert_eq!(text(&path, Column::Aggregator), "4200000001 10.1.1.2");
    }

    #[test]
    fn what_is_absent_or_malformed_says_nothing() {
        let path = read(&[(0xc0, 8, &[1, 2, 3]), (0x80, 4, &[0, 0, 0, 7])], AsWidth::Four);
        assert_eq!([text(&path, Column::Communities), text(&path, Column::Origin)], ["", ""]);
        assert_eq!(text(&path, Column::Med), "7");
        let again = read(&[(0x80, 4, &[0, 0, 0, 8]), (0x80, 4, &[0, 0, 0, 7])], AsWidth::Four);
        assert_eq!(text(&again, Column::Med), "8", "the first counts");
        assert_eq!(text(&read(&[(0x40, 6, &[])], AsWidth::Four), Column::IsAtomicAgg), "1");
    }

    #[test]
    fn only_xxh3_tells_paths_apart_by_all_of_their_attributes() {
        let large = |n| read(&[(0xc0, 32, &[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, n])], AsWidth::Four);
        let id = |mut path: Path, hash| path.id(hash, Id([7; 16]), &mut Vec::new());
        assert_eq!(id(large(1), ids::Hash::Md5), id(large(2), ids::Hash::Md5));
        assert_ne!(id(large(1), ids::Hash::Xxh3), id(large(2), ids::Hash::Xxh3));
        assert_eq!(id(large(2), ids::Hash::Xxh3), id(large(2), ids::Hash::Xxh3));
        let (mut path, hash) = (large(1), ids::Hash::Xxh3);
        let [one, other] = [1, 2].map(|n| path.id(hash, Id([n; 16]), &mut Vec::new()));
        assert_ne!(one, other, "of another peer");
        assert_eq!(text(&path, Column::LargeCommunities), "1:2:1");
    }

    #[test]
    fn another_next_hop_changes_nothing_else() {
        let attributes: &[(u8, u8, &[u8])] = &[
            (0x40, 1, &[2]),
            (0x40, 2, &[2, 1, 0, 0, 0xfd, 0xe9, 1, 1, 0, 0, 0, 7]),
            (0x40, 3, &[192, 0, 2, 1]),
            (0x80, 4, &[0, 0, 0, 5]),
            (0xc0, 8, &[0, 1, 0, 2, 0xff, 0xff, 0xff, 0xff]),
            (0x80, 10, &[10, 0, 0, 1, 10, 0, 0, 2]),
        ];
        let mut path = read(attributes, AsWidth::Four);
        let shown = |path: &Path| String::from_utf8_lossy(path.text.text()).into_owned();
        let (hash, mut seq) = ("0".repeat(32), 9);
        let row = |seq, next_hop, flag| {
            format!(
                "add\t{seq}\t{hash}\tRouter and peer\tincomplete\t 65001 {{ 7 }}\t2\t7\t{next_hop}\t5\
                 \t0\t\t1:2 65535:65535\t\t10.0.0.1 10.0.0.2 \t0\t{flag}\t\t\n"
            )
        };
        assert_eq!(shown(&path), row(seq, "192.0.2.1", 1));
        for (next_hop, flag) in [("2001:db8::1", 0), ("10.1.1.1", 1)] {
            assert!(path.show(Some(next_hop.parse().unwrap())));
            seq += 1;
            path.row(seq);
            assert_eq!(shown(&path), row(seq, next_hop, flag));
            assert_eq!(text(&path, Column::NextHop), next_hop);
            assert_eq!(text(&path, Column::ClusterList), "10.0.0.1 10.0.0.2 ");
        }
        path.show(None);
        assert_eq!(shown(&path), row(seq, "", 0));
        assert!(!path.show(None));
    }
}
