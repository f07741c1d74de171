//! The path attributes that pmacct prints, rendered once for each UPDATE.

use std::net::IpAddr;

use super::super::fields::JsonFields;
use super::super::pen::{self, Pen, Room, Sheet, Text};
use super::has_pmacct;
use crate::bgp::attr::aigp::Aigp;
use crate::bgp::attr::as_path::{AsPath, Segment, SegmentType};
use crate::bgp::attr::mp_reach::MpReach;
use crate::bgp::attr::mp_unreach::MpUnreach;
use crate::bgp::attr::{self, Attribute, AttributeCode, Attributes, ErrorAction, Value};
use crate::bgp::{AsWidth, attr::communities, attr::extended_communities, attr::large_communities};
use crate::wire::{Fields, Reader, WireError};

/// The values that are printed, found in one pass. Of a repeated attribute the first counts.
#[derive(Default)]
struct Found<'a> {
    /// By the place that [`PLACES`] gives; nothing where there is none or it does not count.
    values: [&'a [u8]; 12],
    mp_next_hop: Option<MpReach<'a>>,
    aigp: Option<u64>,
    label_index: Option<u32>,
}

const ORIGIN: usize = 0;
const AS_PATH: usize = 1;
const AS4_PATH: usize = 2;
const NEXT_HOP: usize = 3;
const MED: usize = 4;
const LOCAL_PREF: usize = 5;
const COMMUNITIES: usize = 6;
const EXTENDED: usize = 7;
const LARGE: usize = 8;
const OTC: usize = 9;
const MP_REACH: usize = 10;
/// Of attributes whose value is not kept.
const NOT_KEPT: usize = 11;

/// Where the values of attributes are kept, by type code.
static PLACES: [u8; 64] = {
    let mut places = [NOT_KEPT as u8; 64];
    let kept = [
        (AttributeCode::Origin, ORIGIN),
        (AttributeCode::AsPath, AS_PATH),
        (AttributeCode::As4Path, AS4_PATH),
        (AttributeCode::NextHop, NEXT_HOP),
        (AttributeCode::MultiExitDisc, MED),
        (AttributeCode::LocalPref, LOCAL_PREF),
        (AttributeCode::Communities, COMMUNITIES),
        (AttributeCode::ExtendedCommunities, EXTENDED),
        (AttributeCode::LargeCommunities, LARGE),
        (AttributeCode::OnlyToCustomer, OTC),
        (AttributeCode::MpReachNlri, MP_REACH),
    ];
    let mut i = 0;
    while i < kept.len() {
        places[kept[i].0.0 as usize] = kept[i].1 as u8;
        i += 1;
    }
    places
};

/// Attributes that are taken as they are without a look at what their length says: paths, and
/// ORIGIN and MP_REACH_NLRI, which are looked at later.
const ANY_LENGTH: u64 = bit(AttributeCode::Origin)
    | bit(AttributeCode::AsPath)
    | bit(AttributeCode::As4Path)
    | bit(AttributeCode::MpReachNlri);
/// Attributes that seldom come and need more than a look at their length.
const SELDOM: u64 =
    bit(AttributeCode::Aigp) | bit(AttributeCode::PrefixSid) | bit(AttributeCode::MpUnreachNlri);

const fn bit(code: AttributeCode) -> u64 {
    1 << code.0
}

/// Memory that rendering uses.
pub(super) struct Scratch {
    sheet: Box<Sheet>,
    sets: Sets,
}

impl Default for Scratch {
    fn default() -> Self {
        Self { sheet: Box::new([0; size_of::<Sheet>()]), sets: Sets::default() }
    }
}

/// Memory for sorting communities.
#[derive(Default)]
struct Sets {
    words: Vec<u32>,
    extended: Vec<[u8; 8]>,
    large: Vec<[u8; 12]>,
}

/// Which codes were seen.
#[derive(Default)]
struct Seen([u64; 4]);

impl Seen {
    /// Notes `code`; whether it is new.
    #[inline]
    fn first(&mut self, code: u8) -> bool {
        let (word, bit) = (&mut self.0[usize::from(code >> 6)], 1 << (code & 63));
        let first = *word & bit == 0;
        *word |= bit;
        first
    }
}

/// Whether pmacct takes the UPDATE with these attributes.
///
/// # Errors
/// Why it does not.
pub(super) fn check(octets: Reader<'_>) -> Result<(), WireError> {
    look(octets).map(drop)
}

/// Appends the keys from `bgp_nexthop` to `otc`.
///
/// # Errors
/// Why pmacct drops the whole UPDATE; then nothing is appended.
pub(super) fn write(
    out: &mut Vec<u8>,
    scratch: &mut Scratch,
    octets: Reader<'_>,
    width: AsWidth,
) -> Result<(), WireError> {
    let found = look(octets)?;
    let Scratch { sheet, sets } = scratch;
    pen::append(out, sheet, &mut Keys { found, width, sets });
    Ok(())
}

/// The keys of the attributes.
struct Keys<'a> {
    found: Found<'a>,
    width: AsWidth,
    sets: &'a mut Sets,
}

impl Text for Keys<'_> {
    #[inline]
    fn write<R: Room>(&mut self, pen: &mut Pen<'_, R>) {
        keys(pen, self.sets, &self.found, self.width);
    }
}

fn keys<R: Room>(pen: &mut Pen<'_, R>, scratch: &mut Sets, found: &Found<'_>, width: AsWidth) {
    pen.text(b", \"bgp_nexthop\": \"");
    next_hop(pen, found);
    pen.text(b"\", \"as_path\": \"");
    as_path(pen, &mut scratch.words, found, width);
    pen.octet(b'"');
    let [communities, extended, large] = [COMMUNITIES, EXTENDED, LARGE].map(|p| found.values[p]);
    if !communities.is_empty() {
        communities_key(pen, &mut scratch.words, communities);
    }
    if !extended.is_empty() {
        extended_key(pen, &mut scratch.extended, extended);
    }
    if !large.is_empty() {
        large_key(pen, &mut scratch.large, large);
    }
    pen.text(b", \"origin\": \"");
    match found.values[ORIGIN].first() {
        Some(0) | None => pen.text(b"i\""),
        Some(1) => pen.text(b"e\""),
        Some(2) => pen.text(b"u\""),
        Some(_) => pen.octet(b'"'),
    }
    integer(pen, b"local_pref", found.number(LOCAL_PREF));
    integer(pen, b"med", found.number(MED));
    if let Some(metric) = found.aigp {
        pen.text(b", \"aigp\": ");
        // A JSON integer is signed there.
        pen.copy(itoa::Buffer::new().format(metric as i64).as_bytes());
    }
    integer(pen, b"psid_li", found.label_index.filter(|i| *i != 0));
    integer(pen, b"otc", found.number(OTC).filter(|asn| *asn != 0));
}

/// Appends what pmacct never writes: every attribute with all that it holds, and what RFC 7606 has
/// a speaker do about the UPDATE.
pub(super) fn write_all(
    out: &mut Vec<u8>,
    octets: Reader<'_>,
    width: AsWidth,
    error: Option<ErrorAction>,
) {
    let mut fields = JsonFields::new(out);
    fields.group("path_attributes", &mut |fields| attr::describe_all(octets, width, fields));
    if let Some(action) = error {
        fields.text("error_handling", &action.name());
    }
}

fn look(octets: Reader<'_>) -> Result<Found<'_>, WireError> {
    Found::at_once(octets).map_or_else(|| Found::one_by_one(octets), Ok)
}

impl<'a> Found<'a> {
    /// Finds the values without a branch for each type; `None` where something seldom or malformed
    /// asks for a closer look.
    #[inline]
    fn at_once(octets: Reader<'a>) -> Option<Self> {
        let mut found = Self::default();
        let mut seen = 0;
        let mut attributes = Attributes::new(octets);
        while let Some(a) = attributes.next_whole() {
            let Some(&place) = PLACES.get(usize::from(a.code.0)) else { continue };
            let bit = bit(a.code);
            let place = usize::from(place);
            if seen & bit != 0 {
                continue;
            }
            seen |= bit;
            if place == NOT_KEPT {
                continue;
            }
            if ANY_LENGTH & bit == 0 && !a.is_plain() {
                return None;
            }
            found.values[place] = a.value();
        }
        let odd_origin = seen & bit(AttributeCode::Origin) != 0 && found.values[ORIGIN].len() != 1;
        if seen & SELDOM != 0 || odd_origin || attributes.cut().is_some() {
            return None;
        }
        if seen & bit(AttributeCode::MpReachNlri) != 0 {
            found.mp_next_hop = Some(mp_reach(Reader::new(found.values[MP_REACH])).ok()?);
        }
        Some(found)
    }

    /// Finds the values and what is wrong with the first one that pmacct does not take.
    #[inline(never)]
    fn one_by_one(octets: Reader<'a>) -> Result<Self, WireError> {
        let mut found = Self::default();
        let mut seen = Seen::default();
        let mut attributes = Attributes::new(octets);
        while let Some(a) = attributes.next_whole() {
            if seen.first(a.code.0) {
                found.take(&a)?;
            }
        }
        attributes.cut().map_or(Ok(found), Err)
    }

    fn take(&mut self, a: &Attribute<'a>) -> Result<(), WireError> {
        let (value, r) = (a.value(), a.reader());
        match a.code {
            // pmacct takes an ORIGIN of any value.
            AttributeCode::Origin if value.len() == 1 => {}
            AttributeCode::Origin
            | AttributeCode::NextHop
            | AttributeCode::MultiExitDisc
            | AttributeCode::LocalPref => attr::check(a, AsWidth::Four)?,
            AttributeCode::Communities if !items(value, 4) => return Ok(()),
            AttributeCode::ExtendedCommunities if !items(value, 8) => return Ok(()),
            AttributeCode::LargeCommunities if !items(value, 12) => return Ok(()),
            AttributeCode::MpReachNlri => self.mp_next_hop = Some(mp_reach(r)?),
            AttributeCode::MpUnreachNlri => MpUnreach::parse(r).map(drop)?,
            AttributeCode::Aigp => self.aigp = aigp(r)?,
            AttributeCode::PrefixSid => self.label_index = label_index(value, r)?,
            AttributeCode::OnlyToCustomer => { r }.u32("Only to Customer").map(drop)?,
            _ => {}
        }
        if let Some(place) = PLACES.get(usize::from(a.code.0)) {
            self.values[usize::from(*place)] = value;
        }
        Ok(())
    }

    /// A number of 4 octets.
    #[inline]
    fn number(&self, place: usize) -> Option<u32> {
        self.values[place].first_chunk().map(|octets| u32::from_be_bytes(*octets))
    }
}

fn items(value: &[u8], size: usize) -> bool {
    !value.is_empty() && value.len().is_multiple_of(size)
}

/// A second MP_REACH_NLRI or MP_UNREACH_NLRI: its routes have no records (RFC 7606 §3 g).
pub(super) fn repeated(octets: Reader<'_>) -> Option<WireError> {
    let mut seen = [false; 2];
    for a in Attributes::new(octets).flatten() {
        let (which, what) = match a.code {
            AttributeCode::MpReachNlri => (0, "repeated MP_REACH_NLRI"),
            AttributeCode::MpUnreachNlri => (1, "repeated MP_UNREACH_NLRI"),
            _ => continue,
        };
        if std::mem::replace(&mut seen[which], true) {
            return Some(WireError::invalid(what, a.reader().offset(), a.code.0.into()));
        }
    }
    None
}

/// pmacct drops an UPDATE whose MP_REACH_NLRI has a next hop of another length, or no NLRI. The
/// length is held against the families that it knows alone: those of others have their own, and
/// Flow Specifications have none (RFC 8955 §4).
fn mp_reach(r: Reader<'_>) -> Result<MpReach<'_>, WireError> {
    let mp = MpReach::parse(r)?;
    match mp.next_hop.len() {
        4 | 12 | 16 | 24 | 32 | 48 if !mp.nlri.is_empty() => Ok(mp),
        4 | 12 | 16 | 24 | 32 | 48 => {
            Err(WireError::short("MP_REACH_NLRI NLRI", mp.nlri.offset(), 1, 0))
        }
        _ if !has_pmacct(mp.family) && !mp.nlri.is_empty() => Ok(mp),
        len => Err(WireError::invalid("MP_REACH_NLRI next hop length", r.offset() + 3, len as u64)),
    }
}

/// pmacct takes one AIGP TLV of 11 octets, or an empty one of 3.
fn aigp(r: Reader<'_>) -> Result<Option<u64>, WireError> {
    match r.len() {
        11 => Ok(Aigp::parse(r, AsWidth::Four).ok().and_then(|aigp| aigp.metric())),
        3 => Ok(None),
        len => Err(WireError::invalid("AIGP length", r.offset(), len as u64)),
    }
}

/// pmacct looks at the first TLV only.
fn label_index(value: &[u8], r: Reader<'_>) -> Result<Option<u32>, WireError> {
    match value {
        &[attr::prefix_sid::LABEL_INDEX, a, b, ref rest @ ..] => {
            let len = u16::from_be_bytes([a, b]);
            match rest {
                &[_, _, _, c, d, e, f, ..] if len == 7 => {
                    Ok(Some(u32::from_be_bytes([c, d, e, f])))
                }
                _ => Err(WireError::invalid("Label-Index length", r.offset() + 1, len.into())),
            }
        }
        _ => Ok(None),
    }
}

fn next_hop<R: Room>(pen: &mut Pen<'_, R>, found: &Found<'_>) {
    // A next hop of 48 octets (two distinguishers) counts as none in pmacct.
    let mp = found.mp_next_hop.filter(|mp| mp.next_hop.len() != 48);
    let next_hop = found.values[NEXT_HOP].first_chunk().copied();
    match (mp.and_then(|mp| mp.global_next_hop()), next_hop) {
        (Some(IpAddr::V4(address)), _) => pen.ipv4(address.octets()),
        (Some(IpAddr::V6(address)), _) => pen.ipv6(address.octets()),
        (None, address) => pen.ipv4(address.unwrap_or_default()),
    }
}

fn as_path<R: Room>(
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
fn sorted<T: Ord + Copy>(scratch: &mut Vec<T>, items: impl Iterator<Item = T>) {
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
    let count = value.len() / 4;
    if count > FEW {
        sorted(words, communities::iter(value));
        words.iter().for_each(|&c| community(pen, c));
    } else {
        let mut few = [u32::MAX; FEW];
        few.iter_mut().zip(communities::iter(value)).for_each(|(slot, c)| *slot = c);
        in_order(&mut few, count);
        let mut last = None;
        for &c in &few[..count] {
            if last != Some(c) {
                community(pen, c);
            }
            last = Some(c);
        }
    }
    pen.end_with(b'"');
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

/// A community and a space.
#[inline(always)]
fn community<R: Room>(pen: &mut Pen<'_, R>, c: u32) {
    match c {
        0 => pen.text(b"internet "),
        0xffff_ff01 => pen.text(b"no-export "),
        0xffff_ff02 => pen.text(b"no-advertise "),
        0xffff_ff03 => pen.text(b"local-AS "),
        c => pen.two_numbers_and([(c >> 16) as u16, c as u16], *b": "),
    }
}

fn extended_key<R: Room>(pen: &mut Pen<'_, R>, scratch: &mut Vec<[u8; 8]>, value: &[u8]) {
    sorted(scratch, extended_communities::iter(value));
    pen.text(b", \"ecomms\": \"");
    for (i, c) in scratch.iter().enumerate() {
        if i > 0 {
            pen.octet(b' ');
        }
        extended(pen, *c);
    }
    pen.octet(b'"');
}

/// Route targets and sites of origin have a form, everything else is a question mark. The two high
/// bits of the type do not count.
fn extended<R: Room>(pen: &mut Pen<'_, R>, c: [u8; 8]) {
    let [kind, subtype, a, b, d, e, f, g] = c;
    match (kind & 0x3f, subtype) {
        (0..=2, 2) => pen.text(b"RT:"),
        (0..=2, 3) => pen.text(b"SoO:"),
        _ => return pen.octet(b'?'),
    }
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
    sorted(scratch, large_communities::iter(value));
    pen.text(b", \"lcomms\": \"");
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
    pen.octet(b'"');
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
    fn a_flow_specification_needs_no_next_hop_but_a_prefix_does() {
        let flow_spec = [0x80, 14, 11, 0, 1, 133, 0, 0, 5, 1, 24, 192, 0, 2];
        assert_eq!(check(Reader::new(&flow_spec)), Ok(()));
        let (mut out, mut scratch) = (Vec::new(), Scratch::default());
        let octets = Reader::new(&flow_spec);
        assert_eq!(write(&mut out, &mut scratch, octets, AsWidth::Four), Ok(()));
        assert!(out.starts_with(b", \"bgp_nexthop\": \"0.0.0.0\""));
        let unicast = [0x80, 14, 9, 0, 1, 1, 0, 0, 24, 192, 0, 2];
        assert!(check(Reader::new(&unicast)).is_err());
        assert!(check(Reader::new(&[0x80, 14, 5, 0, 1, 133, 0, 0])).is_err(), "and no NLRI at all");
    }

    #[test]
    fn an_origin_of_any_value_is_taken_and_of_any_length_is_not() {
        let (mut out, mut scratch) = (Vec::new(), Scratch::default());
        let mut written = |octets: &[u8]| {
            out.clear();
            let written = write(&mut out, &mut scratch, Reader::new(octets), AsWidth::Four);
            written.map(|()| String::from_utf8_lossy(&out).contains("\"origin\": \"\""))
        };
        assert_eq!(written(&[0x40, 1, 1, 3, 0x80, 9, 4, 10, 0, 0, 1]), Ok(true));
        assert!(written(&[0x40, 1, 2, 0, 0]).is_err());
        assert!(written(&[0x40, 1, 0]).is_err());
    }

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
    fn both_ways_of_looking_find_the_same() {
        let mut x = 7_u32;
        let mut next = |below: u32| {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 8) % below
        };
        let mut quick = 0;
        for _ in 0..60_000 {
            let mut octets = Vec::new();
            for _ in 0..next(6) {
                let code = [1, 2, 3, 4, 5, 6, 8, 14, 15, 16, 17, 26, 32, 35, 40, 63, 64, 200];
                let len = [0, 1, 3, 4, 8, 9, 12, 24, 63, 64, 68][next(11) as usize];
                octets.extend([0, code[next(18) as usize], len]);
                octets.extend((0..len).map(|_| next(3) as u8));
            }
            octets.truncate(octets.len() - (next(9) == 0) as usize * octets.len().min(1));
            let slow = Found::one_by_one(Reader::new(&octets));
            let Some(found) = Found::at_once(Reader::new(&octets)) else { continue };
            quick += 1;
            let slow = slow.map(|f| (f.values[..NOT_KEPT].to_vec(), f.mp_next_hop.is_some()));
            let found = (found.values[..NOT_KEPT].to_vec(), found.mp_next_hop.is_some());
            assert_eq!(slow, Ok(found), "{octets:?}");
        }
        assert!(quick > 5_000, "{quick}");
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

    #[test]
    fn withdrawals_cut_short_are_an_error_and_not_silence() {
        assert!(check(Reader::new(&[0x80, 15, 2, 0, 2])).is_err());
        assert_eq!(check(Reader::new(&[0x80, 15, 3, 0, 2, 1])), Ok(()));
    }
}
