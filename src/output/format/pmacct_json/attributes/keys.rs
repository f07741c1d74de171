//! The keys of the path attributes in the plain way: what options and older dialects change is in
//! [`super::styled`].

use std::net::IpAddr;

use super::super::dialect::{Dialect, Extended};
use super::{
    AS_PATH, AS4_PATH, COMMUNITIES, EXTENDED, Found, LARGE, LOCAL_PREF, MED, NEXT_HOP, ORIGIN, OTC,
    Sets,
};
use crate::bgp::AsWidth;
use crate::bgp::attr::as_path::{AsPath, Segment, SegmentType};
use crate::bgp::attr::{communities as attr_communities, extended_communities, large_communities};
use crate::output::format::pen::{Kept, Pen, Room, Text};
use crate::wire::Reader;

/// The keys of the attributes.
pub(super) struct Keys<'a> {
    pub(super) found: &'a Found<'a>,
    pub(super) width: AsWidth,
    pub(super) dialect: &'a Dialect,
    pub(super) sets: &'a mut Sets,
}

impl Text for Keys<'_> {
    #[inline]
    fn write<R: Room>(&mut self, pen: &mut Pen<'_, R>) {
        keys(pen, self.sets, self.found, self.width, self.dialect);
    }
}

fn keys<R: Room>(
    pen: &mut Pen<'_, R>,
    scratch: &mut Sets,
    found: &Found<'_>,
    width: AsWidth,
    dialect: &Dialect,
) {
    pen.text(b", \"bgp_nexthop\": \"");
    next_hop(pen, found);
    pen.text(b"\", \"as_path\": \"");
    as_path(pen, &mut scratch.words, found, width);
    pen.octet(b'"');
    let [few, long, longer] = [COMMUNITIES, EXTENDED, LARGE].map(|p| found.values[p]);
    if !few.is_empty() {
        communities_key(pen, &mut scratch.words, few);
    }
    if !long.is_empty() {
        extended_key(pen, &mut scratch.extended, long, dialect.extended);
    }
    if !longer.is_empty() {
        large_key(pen, &mut scratch.large, longer);
    }
    pen.text(b", \"origin\": \"");
    match found.values[ORIGIN].first() {
        Some(0) | None => pen.text(b"i\""),
        Some(1) => pen.text(b"e\""),
        Some(2) => pen.text(b"u\""),
        Some(_) => pen.octet(b'"'),
    }
    numbers(pen, found);
    if dialect.otc {
        otc(pen, found);
    }
}

/// `, "local_pref": …` to `psid_li`.
#[inline(always)]
pub(super) fn numbers<R: Room>(pen: &mut Pen<'_, R>, found: &Found<'_>) {
    integer(pen, b"local_pref", found.number(LOCAL_PREF));
    integer(pen, b"med", found.number(MED));
    if let Some(metric) = found.aigp {
        pen.text(b", \"aigp\": ");
        // A JSON integer is signed there.
        pen.copy(itoa::Buffer::new().format(metric as i64).as_bytes());
    }
    integer(pen, b"psid_li", found.label_index.filter(|i| *i != 0));
}

/// `, "otc": …`
#[inline(always)]
pub(super) fn otc<R: Room>(pen: &mut Pen<'_, R>, found: &Found<'_>) {
    integer(pen, b"otc", found.number(OTC).filter(|asn| *asn != 0));
}

/// The next hop shown.
#[inline(always)]
pub(super) fn next_hop<R: Room>(pen: &mut Pen<'_, R>, found: &Found<'_>) {
    // A next hop of 48 octets (two distinguishers) counts as none in pmacct.
    let mp = found.mp_next_hop.filter(|mp| mp.next_hop.len() != 48);
    let next_hop = found.values[NEXT_HOP].first_chunk().copied();
    match (mp.and_then(|mp| mp.global_next_hop()), next_hop) {
        (Some(IpAddr::V4(address)), _) => pen.ipv4(address.octets()),
        (Some(IpAddr::V6(address)), _) => pen.ipv6(address.octets()),
        (None, address) => pen.ipv4(address.unwrap_or_default()),
    }
}

/// The AS path as text.
#[inline(always)]
pub(super) fn as_path<R: Room>(
    pen: &mut Pen<'_, R>,
    scratch: &mut Vec<u32>,
    found: &Found<'_>,
    width: AsWidth,
) {
    let [path, as4_path] = [AS_PATH, AS4_PATH].map(|place| Reader::new(found.values[place]));
    let Ok(path) = AsPath::parse(path, width) else { return };
    if let (Some(asns), true) = (path.as_sequence_of_four(), as4_path.is_empty()) {
        return joined(pen, asns.iter().map(|asn| u32::from_be_bytes(*asn)), b' ');
    }
    let path = match as4_path.is_empty() {
        true => path,
        false => path.reconstruct(as4_path),
    };
    for (i, segment) in path.segments().enumerate() {
        if i > 0 {
            pen.octet(b' ');
        }
        match segment.kind {
            SegmentType::Set => set(pen, scratch, &segment, b"{}"),
            SegmentType::ConfedSet => set(pen, scratch, &segment, b"[]"),
            SegmentType::ConfedSequence => {
                pen.octet(b'(');
                joined(pen, segment.asns(), b' ');
                pen.octet(b')');
            }
            _ => joined(pen, segment.asns(), b' '),
        }
    }
}

fn set<R: Room>(
    pen: &mut Pen<'_, R>,
    scratch: &mut Vec<u32>,
    segment: &Segment<'_>,
    brackets: &[u8; 2],
) {
    sorted(scratch, segment.asns());
    pen.octet(brackets[0]);
    joined(pen, scratch.iter().copied(), b',');
    pen.octet(brackets[1]);
}

/// The numbers with `separator` between them.
#[inline(always)]
fn joined<R: Room>(pen: &mut Pen<'_, R>, asns: impl Iterator<Item = u32>, separator: u8) {
    let begin = pen.len();
    for asn in asns {
        pen.number_and(asn, separator);
    }
    if pen.len() > begin {
        pen.back();
    }
}

/// Fills `scratch` with `items` in order, each once.
#[inline]
pub(super) fn sorted<T: Ord + Copy>(scratch: &mut Vec<T>, items: impl Iterator<Item = T>) {
    scratch.clear();
    scratch.extend(items);
    // Many routers send them so.
    if !scratch.is_sorted_by(|a, b| a < b) {
        match scratch.len() {
            ..=FEW => sort_few(scratch),
            _ => scratch.sort_unstable(),
        }
        scratch.dedup();
    }
}

/// Items that are sorted by comparing each with each: what branches would save, their being
/// foreseen wrongly costs.
const FEW: usize = 8;

fn sort_few<T: Ord + Copy>(items: &mut [T]) {
    let Some(&first) = items.first() else { return };
    let mut before = [first; FEW];
    before[..items.len()].copy_from_slice(items);
    for (i, item) in before.iter().enumerate().take(items.len()) {
        let smaller = before[..i].iter().map(|other| usize::from(other <= item)).sum::<usize>();
        let rest = before[i + 1..items.len()].iter();
        let place = smaller + rest.map(|other| usize::from(other < item)).sum::<usize>();
        items[place] = *item;
    }
}

fn communities_key<R: Room>(pen: &mut Pen<'_, R>, words: &mut Vec<u32>, value: &[u8]) {
    pen.text(b", \"comms\": \"");
    communities(pen, words, value);
    pen.end_with(b'"');
}

/// Communities, a space behind each.
#[inline(always)]
pub(super) fn communities<R: Room>(pen: &mut Pen<'_, R>, words: &mut Vec<u32>, value: &[u8]) {
    let (count, mut kept) = (value.len() / 4, Kept::default());
    if count > FEW {
        sorted(words, attr_communities::iter(value));
        words.iter().for_each(|&c| community(pen, c, &mut kept));
    } else {
        let mut few = [u32::MAX; FEW];
        few.iter_mut().zip(attr_communities::iter(value)).for_each(|(slot, c)| *slot = c);
        in_order(&mut few, count);
        let mut last = None;
        for &c in &few[..count] {
            if last != Some(c) {
                community(pen, c, &mut kept);
            }
            last = Some(c);
        }
    }
}

/// Puts the first `count` numbers in order; those behind them are the largest that can be. What is
/// exchanged does not depend on the numbers, so there is no branch to foresee.
#[inline(always)]
fn in_order(few: &mut [u32; FEW], count: usize) {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *few;
    macro_rules! exchange {
        ($($x:ident $y:ident),+) => { $( ($x, $y) = ($x.min($y), $x.max($y)); )+ };
    }
    // The shortest networks for 4 and 8 (Knuth, The Art of Computer Programming, 5.3.4).
    if count <= 4 {
        exchange!(a c, b d, a b, c d, b c);
    } else {
        exchange!(a c, b d, e g, f h, a e, b f, c g, d h, a b, c d, e f, g h);
        exchange!(c e, d f, b e, d g, b c, d e, f g);
    }
    *few = [a, b, c, d, e, f, g, h];
}

/// A community and a space. In order, those of one AS follow each other.
#[inline(always)]
fn community<R: Room>(pen: &mut Pen<'_, R>, c: u32, kept: &mut Kept) {
    match c {
        0 => pen.text(b"internet "),
        0xffff_ff01 => pen.text(b"no-export "),
        0xffff_ff02 => pen.text(b"no-advertise "),
        0xffff_ff03 => pen.text(b"local-AS "),
        c => {
            pen.kept_number_and((c >> 16) as u16, b':', kept);
            pen.word_and(c as u16, b' ');
        }
    }
}

fn extended_key<R: Room>(
    pen: &mut Pen<'_, R>,
    scratch: &mut Vec<[u8; 8]>,
    value: &[u8],
    which: Extended,
) {
    sorted(scratch, extended_communities::iter(value));
    pen.text(b", \"ecomms\": \"");
    for (i, c) in scratch.iter().enumerate() {
        if i > 0 {
            pen.octet(b' ');
        }
        extended(pen, *c, which);
    }
    pen.octet(b'"');
}

/// Route targets and sites of origin have a form, everything else is a question mark.
pub(super) fn extended<R: Room>(pen: &mut Pen<'_, R>, c: [u8; 8], which: Extended) {
    let [kind, subtype, ..] = c;
    let type_bits = match which {
        Extended::AnyType => 0x3f,
        Extended::PlainType => 0xff,
    };
    match (kind & type_bits, subtype) {
        (0..=2, 2) => pen.text(b"RT:"),
        (0..=2, 3) => pen.text(b"SoO:"),
        _ => return pen.octet(b'?'),
    }
    extended_value(pen, c);
}

/// What an extended community of the types 0 to 2 holds: a number or an address, and a number.
#[inline(always)]
pub(super) fn extended_value<R: Room>(pen: &mut Pen<'_, R>, c: [u8; 8]) {
    let [kind, _, a, b, d, e, f, g] = c;
    let (high, low) = match kind & 0x3f {
        0 => (u16::from_be_bytes([a, b]).into(), u32::from_be_bytes([d, e, f, g])),
        _ => (u32::from_be_bytes([a, b, d, e]), u16::from_be_bytes([f, g]).into()),
    };
    match kind & 0x3f {
        1 => pen.ipv4([a, b, d, e]),
        _ => pen.number(high),
    }
    pen.octet(b':');
    pen.number(low);
}

fn large_key<R: Room>(pen: &mut Pen<'_, R>, scratch: &mut Vec<[u8; 12]>, value: &[u8]) {
    pen.text(b", \"lcomms\": \"");
    large(pen, scratch, value);
    pen.octet(b'"');
}

/// Large communities with a space between them.
#[inline(always)]
pub(super) fn large<R: Room>(pen: &mut Pen<'_, R>, scratch: &mut Vec<[u8; 12]>, value: &[u8]) {
    sorted(scratch, large_communities::iter(value));
    for (i, c) in scratch.iter().enumerate() {
        for (k, part) in c.as_chunks::<4>().0.iter().enumerate() {
            if k > 0 {
                pen.octet(b':');
            } else if i > 0 {
                pen.octet(b' ');
            }
            pen.number(u32::from_be_bytes(*part));
        }
    }
}

fn integer<R: Room, const N: usize>(pen: &mut Pen<'_, R>, key: &[u8; N], value: Option<u32>) {
    if let Some(value) = value {
        pen.text(b", \"");
        pen.text(key);
        pen.text(b"\": ");
        pen.number(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_items_are_sorted_as_many_are() {
        let mut x = 1_u32;
        for round in 0..20_000 {
            let mut items: Vec<u32> = Vec::new();
            for _ in 0..round % (FEW + 1) {
                x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                items.push(x >> (16 + round % 14));
            }
            let mut want = items.clone();
            want.sort_unstable();
            sort_few(&mut items);
            assert_eq!(items, want);
        }
    }

    #[test]
    fn networks_put_any_numbers_in_order() {
        // A network that orders all zeros and ones orders everything.
        for count in 0..=FEW {
            for ones in 0..1_u32 << count {
                let mut few = [u32::MAX; FEW];
                few.iter_mut().take(count).enumerate().for_each(|(i, n)| *n = ones >> i & 1);
                in_order(&mut few, count);
                assert!(few.is_sorted(), "{count} {ones:b}: {few:?}");
                assert_eq!(few.iter().filter(|n| **n == 1).count() as u32, ones.count_ones());
            }
        }
    }
}
