//! AS_PATH and AS4_PATH: segments of type(1) · count(1) · AS numbers of 2 or 4 octets
//! (RFC 4271 §5.1.2, RFC 5065, RFC 6793).

use super::Value;
use crate::bgp::AsWidth;
use crate::bgp::encode::AS_TRANS;
use crate::wire::{Fields, Reader, WireError, open_enum};

open_enum! {
    /// AS_PATH segment types (RFC 4271 §4.3, RFC 5065 §3).
    pub struct SegmentType(u8) {
        Set = 1 => "AS_SET",
        Sequence = 2 => "AS_SEQUENCE",
        ConfedSequence = 3 => "AS_CONFED_SEQUENCE",
        ConfedSet = 4 => "AS_CONFED_SET",
    }
}

/// One segment, its AS numbers still as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Segment type, one of the four that are known.
    pub kind: SegmentType,
    octets: &'a [u8],
    width: AsWidth,
}

impl<'a> Segment<'a> {
    /// How many AS numbers it holds.
    #[must_use]
    pub fn count(&self) -> usize {
        self.octets.len() / octets_of(self.width)
    }

    /// The AS numbers in order.
    pub fn asns(&self) -> impl Iterator<Item = u32> + use<'a> {
        let width = self.width;
        self.octets.chunks_exact(octets_of(width)).map(move |c| match (width, c) {
            (AsWidth::Four, &[a, b, c, d]) => u32::from_be_bytes([a, b, c, d]),
            (_, c) => u32::from(u16::from_be_bytes([c[0], c[1]])),
        })
    }

    /// What it counts for in the length of the path: each AS number of an AS_SEQUENCE, an AS_SET as
    /// one, confederation segments not at all (RFC 4271 §9.1.2.2, RFC 5065 §5.3).
    #[must_use]
    pub fn path_length(&self) -> usize {
        match self.kind {
            SegmentType::Sequence => self.count(),
            SegmentType::Set => 1,
            _ => 0,
        }
    }

    /// Appends the segment; AS numbers too large for `width` become AS_TRANS (RFC 6793 §4.2.2).
    fn encode(&self, width: AsWidth, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.kind.0, self.count() as u8]);
        self.asns().for_each(|asn| put_asn(asn, width, out));
    }

    /// The same segment with at most its first `count` AS numbers.
    fn first(self, count: usize) -> Self {
        let keep = count.min(self.count()) * octets_of(self.width);
        Self { octets: &self.octets[..keep], ..self }
    }
}

/// A well-formed path. Make one with [`AsPath::parse`] or [`AsPath::reconstruct`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsPath<'a> {
    octets: &'a [u8],
    width: AsWidth,
    /// How many AS numbers are taken from `octets` (all without a 4-octet path).
    lead: usize,
    as4: &'a [u8],
}

impl<'a> AsPath<'a> {
    /// A path from the value of AS_PATH.
    ///
    /// # Errors
    /// Unknown segment type, empty segment, or a segment that overruns.
    pub fn parse(v: Reader<'a>, width: AsWidth) -> Result<Self, WireError> {
        check(v, width)?;
        Ok(Self { octets: v.peek(), width, lead: usize::MAX, as4: &[] })
    }

    /// The true path of a 2-octet AS_PATH and the AS4_PATH beside it (RFC 6793 §4.2.3): a longer or
    /// malformed AS4_PATH is ignored; else the leading AS numbers of AS_PATH go in front of it.
    #[must_use]
    pub fn reconstruct(self, as4: Reader<'a>) -> Self {
        As4Path::parse(as4, AsWidth::Four).map_or(self, |as4| self.joined(as4))
    }

    /// As [`AsPath::reconstruct`], with an AS4_PATH that was read already.
    #[must_use]
    pub fn joined(self, As4Path(new): As4Path<'a>) -> Self {
        let (old_len, new_len) = (self.path_length(), new.path_length());
        if self.width == AsWidth::Four || new.width == AsWidth::Two || old_len < new_len {
            return self;
        }
        Self { lead: old_len - new_len, as4: new.octets, ..self }
    }

    /// The width of the AS numbers in AS_PATH.
    #[must_use]
    pub fn width(&self) -> AsWidth {
        self.width
    }

    /// The AS numbers of a path that is one AS_SEQUENCE of 4-octet numbers, as nearly all are.
    #[must_use]
    #[inline]
    pub fn as_sequence_of_four(&self) -> Option<&'a [[u8; 4]]> {
        let whole = self.width == AsWidth::Four && self.lead == usize::MAX;
        Self::whole_sequence(self.octets).filter(|_| whole)
    }

    /// The same of a value with 4-octet numbers (RFC 6793), which may be no path at all.
    #[must_use]
    #[inline]
    pub fn whole_sequence(octets: &'a [u8]) -> Option<&'a [[u8; 4]]> {
        match octets {
            [2, count, asns @ ..] if asns.len() == 4 * usize::from(*count) => {
                Some(asns.as_chunks().0)
            }
            _ => None,
        }
    }

    /// Gives every AS number in order to `each`, whatever segment it is in.
    #[inline]
    pub fn each_asn(&self, mut each: impl FnMut(u32)) {
        match self.as_sequence_of_four() {
            Some(asns) => asns.iter().for_each(|asn| each(u32::from_be_bytes(*asn))),
            None => self.segments().for_each(|segment| segment.asns().for_each(&mut each)),
        }
    }

    /// The segments in order; neighbouring sequences are not joined.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'a>> + use<'a> {
        let (mut lead, mut whole) = (self.lead, true);
        let old = Segments { left: Reader::new(self.octets), width: self.width };
        let new = Segments { left: Reader::new(self.as4), width: AsWidth::Four };
        old.map_while(move |s| {
            let counts = s.path_length();
            // A confederation segment counts for nothing: it is taken where it leads or follows
            // what is taken.
            if !whole || lead == 0 && counts > 0 {
                return None;
            }
            whole = counts <= lead;
            let part = if whole { s } else { s.first(lead) };
            lead = lead.saturating_sub(counts);
            Some(part)
        })
        // Confederation segments have no place in an AS4_PATH (RFC 6793 §6).
        .chain(new.filter(|s| matches!(s.kind, SegmentType::Sequence | SegmentType::Set)))
    }

    /// The length of the path as route selection compares it; see [`Segment::path_length`].
    #[must_use]
    pub fn path_length(&self) -> usize {
        self.segments().map(|s| s.path_length()).sum()
    }
}

impl<'a> Value<'a> for AsPath<'a> {
    fn parse(value: Reader<'a>, as_width: AsWidth) -> Result<Self, WireError> {
        AsPath::parse(value, as_width)
    }
    fn encode(&self, as_width: AsWidth, out: &mut Vec<u8>) {
        self.segments().for_each(|segment| segment.encode(as_width, out));
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.list(name, &mut |fields| {
            self.segments().for_each(|segment| {
                fields.group("", &mut |fields| {
                    fields.text("type", &segment.kind);
                    fields.list("asns", &mut |fields| {
                        segment.asns().for_each(|asn| fields.number("", asn.into()));
                    });
                });
            });
        });
    }
}

/// AS4_PATH: the path in 4-octet AS numbers, beside an AS_PATH of 2-octet ones (RFC 6793 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct As4Path<'a>(pub AsPath<'a>);

impl<'a> Value<'a> for As4Path<'a> {
    /// Unlike an AS_PATH it holds an AS number at least (RFC 6793 §6).
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        if value.is_empty() {
            return Err(WireError::short("AS4_PATH", value.offset(), 6, 0));
        }
        AsPath::parse(value, AsWidth::Four).map(Self)
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.0.encode(AsWidth::Four, out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe(name, fields);
    }
}

/// Puts a path together.
#[derive(Debug, Clone, Default)]
pub struct AsPathBuilder {
    octets: Vec<u8>,
    width: AsWidth,
}

impl AsPathBuilder {
    /// A path of AS numbers of `width`, of none yet.
    #[must_use]
    pub fn new(width: AsWidth) -> Self {
        Self { octets: Vec::new(), width }
    }

    /// Appends a segment: several of the kind if there are more than 255 AS numbers, none if there
    /// are none. Numbers too large for the width become AS_TRANS (RFC 6793 §4.2.2).
    #[must_use]
    pub fn and(mut self, kind: SegmentType, asns: &[u32]) -> Self {
        for part in asns.chunks(usize::from(u8::MAX)) {
            self.octets.extend_from_slice(&[kind.0, part.len() as u8]);
            part.iter().for_each(|asn| put_asn(*asn, self.width, &mut self.octets));
        }
        self
    }

    /// The path.
    ///
    /// # Errors
    /// A segment is not of one of the four known types.
    pub fn path(&self) -> Result<AsPath<'_>, WireError> {
        AsPath::parse(Reader::new(&self.octets), self.width)
    }
}

fn put_asn(asn: u32, width: AsWidth, out: &mut Vec<u8>) {
    match width {
        AsWidth::Four => out.extend_from_slice(&asn.to_be_bytes()),
        AsWidth::Two => {
            let asn = u16::try_from(asn).unwrap_or(AS_TRANS);
            out.extend_from_slice(&asn.to_be_bytes());
        }
    }
}

/// Whether `v` is a well-formed path of AS numbers of `width`.
///
/// # Errors
/// Unknown segment type, empty segment, or a segment that overruns.
#[inline]
pub fn check(v: Reader<'_>, width: AsWidth) -> Result<(), WireError> {
    // Nearly always: one AS_SEQUENCE.
    if let [2, count, asns @ ..] = v.peek()
        && *count > 0
        && asns.len() == usize::from(*count) * octets_of(width)
    {
        return Ok(());
    }
    check_segments(v, width)
}

fn check_segments(v: Reader<'_>, width: AsWidth) -> Result<(), WireError> {
    let mut left = v;
    while !left.is_empty() {
        read_segment(&mut left, width)?;
    }
    Ok(())
}

#[derive(Debug, Clone, Copy)]
struct Segments<'a> {
    left: Reader<'a>,
    width: AsWidth,
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        if self.left.is_empty() {
            return None;
        }
        read_segment(&mut self.left, self.width).ok()
    }
}

#[inline]
fn read_segment<'a>(r: &mut Reader<'a>, width: AsWidth) -> Result<Segment<'a>, WireError> {
    let at = r.offset();
    let kind = SegmentType(r.u8("AS_PATH segment type")?);
    if kind.name().is_none() {
        return Err(WireError::invalid("AS_PATH segment type", at, kind.0.into()));
    }
    let count = usize::from(r.u8("AS_PATH segment length")?);
    if count == 0 {
        return Err(WireError::invalid("AS_PATH segment length", at + 1, 0));
    }
    let octets = r.take("AS_PATH segment", count * octets_of(width))?;
    Ok(Segment { kind, octets, width })
}

const fn octets_of(width: AsWidth) -> usize {
    match width {
        AsWidth::Two => 2,
        AsWidth::Four => 4,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn flat(p: AsPath<'_>) -> Vec<(u8, Vec<u32>)> {
        p.segments().map(|s| (s.kind.0, s.asns().collect())).collect()
    }

    #[test]
    fn widths_are_told_apart_by_exact_consumption() {
        let two = [2, 2, 0xfd, 0xe9, 0xfd, 0xea];
        let four = [2, 1, 0, 0, 0xfd, 0xe9];
        assert!(check(Reader::new(&two), AsWidth::Two).is_ok());
        assert!(check(Reader::new(&two), AsWidth::Four).is_err());
        assert!(check(Reader::new(&four), AsWidth::Four).is_ok());
        assert!(check(Reader::new(&four), AsWidth::Two).is_err());
        assert!(check(Reader::new(&[]), AsWidth::Two).is_ok());
        assert!(check(Reader::new(&[2, 0]), AsWidth::Two).is_err());
        assert!(check(Reader::new(&[9, 1, 0, 1]), AsWidth::Two).is_err());
    }

    #[test]
    fn as4_path_replaces_the_tail_and_a_longer_one_is_ignored() {
        let old = [2, 3, 0xfd, 0xe9, 0x5b, 0xa0, 0xfd, 0xea]; // 65001 23456 65002
        let new = [2, 2, 0xfa, 0x56, 0xea, 0, 0, 0, 0xfd, 0xea]; // 4200000000 65002
        let path = AsPath::parse(Reader::new(&old), AsWidth::Two).unwrap();
        let merged = path.reconstruct(Reader::new(&new));
        assert_eq!(flat(merged), [(2, vec![65001]), (2, vec![4_200_000_000, 65002])]);
        let short = AsPath::parse(Reader::new(&old[..4]), AsWidth::Two);
        assert!(short.is_err());
        let one = [2, 1, 0xfd, 0xe9];
        let path = AsPath::parse(Reader::new(&one), AsWidth::Two).unwrap();
        assert_eq!(flat(path.reconstruct(Reader::new(&new))), [(2, vec![65001])]);
    }

    #[test]
    fn a_leading_confederation_segment_stays_in_front() {
        let old = [3, 1, 0xfd, 0xe8, 2, 2, 0xfd, 0xe9, 0x5b, 0xa0];
        let new = [2, 1, 0xfa, 0x56, 0xea, 0];
        let path = AsPath::parse(Reader::new(&old), AsWidth::Two).unwrap();
        let merged = path.reconstruct(Reader::new(&new));
        assert_eq!(flat(merged), [(3, vec![65000]), (2, vec![65001]), (2, vec![4_200_000_000])]);
    }

    #[test]
    fn confederation_segments_stay_where_the_as4_path_is_as_long_as_the_as_path() {
        let old = [3, 1, 0xfd, 0xe8, 2, 1, 0x5b, 0xa0]; // (65000) 23456
        let new = [2, 1, 0xfa, 0x56, 0xea, 0];
        let path = AsPath::parse(Reader::new(&old), AsWidth::Two).unwrap();
        let merged = path.reconstruct(Reader::new(&new));
        assert_eq!(flat(merged), [(3, vec![65000]), (2, vec![4_200_000_000])]);

        let old = [2, 1, 0xfd, 0xe9, 3, 1, 0xfd, 0xe8, 2, 1, 0x5b, 0xa0]; // 65001 (65000) 23456
        let path = AsPath::parse(Reader::new(&old), AsWidth::Two).unwrap();
        let merged = path.reconstruct(Reader::new(&new));
        assert_eq!(flat(merged), [(2, vec![65001]), (3, vec![65000]), (2, vec![4_200_000_000])]);
    }

    #[test]
    fn confederation_segments_in_an_as4_path_are_left_out() {
        let old = [2, 1, 0x5b, 0xa0];
        let new = [3, 1, 0, 0, 0xfd, 0xe8, 2, 1, 0xfa, 0x56, 0xea, 0];
        let path = AsPath::parse(Reader::new(&old), AsWidth::Two).unwrap();
        assert_eq!(flat(path.reconstruct(Reader::new(&new))), [(2, vec![4_200_000_000])]);
    }

    #[test]
    fn paths_are_described_by_segment_and_an_as4_path_is_never_empty() {
        use crate::bgp::attr::AttributeCode as Code;
        use crate::bgp::attr::testing::{malformed, sound};
        sound(
            Code::AsPath,
            "0301 0000fde8 0401 0000fde9 0202 00000007 fa56ea00 0102 00000001 00000002",
            "as_path=[{type=AS_CONFED_SEQUENCE asns=[65000]}, {type=AS_CONFED_SET asns=[65001]}, \
             {type=AS_SEQUENCE asns=[7, 4200000000]}, {type=AS_SET asns=[1, 2]}]",
        );
        sound(Code::AsPath, "", "as_path=[]");
        sound(Code::As4Path, "0201 00001234", "as4_path=[{type=AS_SEQUENCE asns=[4660]}]");
        malformed(Code::As4Path, "", "AS4_PATH", 0);
        for code in [Code::AsPath, Code::As4Path] {
            malformed(code, "0200", "AS_PATH segment length", 1);
            malformed(code, "02", "AS_PATH segment length", 1);
            malformed(code, "0501 00001234", "AS_PATH segment type", 0);
            malformed(code, "0202 00001234", "AS_PATH segment", 2);
            malformed(code, "0201 00001234 02", "AS_PATH segment length", 7);
        }
    }

    #[test]
    fn the_length_counts_a_set_once_and_no_confederation() {
        let builder = AsPathBuilder::new(AsWidth::Four)
            .and(SegmentType::ConfedSequence, &[65000, 65001])
            .and(SegmentType::Sequence, &[1; 300])
            .and(SegmentType::Set, &[2, 3, 4])
            .and(SegmentType::ConfedSet, &[65002]);
        let path = builder.path().unwrap();
        assert_eq!(path.path_length(), 301);
        assert_eq!(path.segments().map(|s| s.count()).collect::<Vec<_>>(), [2, 255, 45, 3, 1]);
        assert!(AsPathBuilder::new(AsWidth::Two).and(SegmentType(9), &[1]).path().is_err());
    }

    proptest::proptest! {
        #[test]
        fn a_path_that_is_well_formed_is_read_to_its_last_octet(
            octets in proptest::collection::vec(0..6_u8, 0..60),
            four: bool,
        ) {
            let width = if four { AsWidth::Four } else { AsWidth::Two };
            if let Ok(path) = AsPath::parse(Reader::new(&octets), width) {
                let read: usize =
                    path.segments().map(|s| 2 + s.count() * octets_of(width)).sum();
                proptest::prop_assert_eq!(read, octets.len());
            }
        }
    }
}
