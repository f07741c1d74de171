//! The path attributes that pmacct prints, rendered once for each UPDATE.

mod keys;
mod styled;

use super::super::fields::JsonFields;
use super::super::pen::Sheet;
use super::dialect::Dialect;
use super::has_pmacct;
use super::strip::Strip;
use crate::bgp::AsWidth;
use crate::bgp::attr::aigp::Aigp;
use crate::bgp::attr::mp_reach::MpReach;
use crate::bgp::attr::mp_unreach::MpUnreach;
use crate::bgp::attr::{self, Attribute, AttributeCode, Attributes, ErrorAction, Value};
use crate::wire::{Fields, Reader, WireError};
use keys::Keys;
pub(super) use styled::{Form, Style};

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

/// Attributes of which the length and the flags must be sound.
const CHECKED: u64 = bit(AttributeCode::NextHop)
    | bit(AttributeCode::MultiExitDisc)
    | bit(AttributeCode::LocalPref)
    | bit(AttributeCode::Communities)
    | bit(AttributeCode::ExtendedCommunities)
    | bit(AttributeCode::LargeCommunities)
    | bit(AttributeCode::OnlyToCustomer);
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
    /// A list on its way to an array.
    list: Vec<u8>,
}

impl Default for Scratch {
    fn default() -> Self {
        Self { sheet: Box::new([0; size_of::<Sheet>()]), sets: Sets::default(), list: Vec::new() }
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
pub(super) fn check(octets: &Reader<'_>) -> Result<(), WireError> {
    Found::default().look(octets)
}

/// Writes the keys from `bgp_nexthop` to the last one, as the dialect has them.
///
/// # Errors
/// Why pmacct drops the whole UPDATE; then nothing is written.
pub(super) fn write(
    out: &mut Strip,
    scratch: &mut Scratch,
    octets: &Reader<'_>,
    width: AsWidth,
    dialect: &Dialect,
) -> Result<(), WireError> {
    let mut found = Found::default();
    found.look(octets)?;
    out.write(&mut Keys { found: &found, width, dialect, sets: &mut scratch.sets });
    Ok(())
}

/// Appends the same in a style that is not plain.
///
/// # Errors
/// As [`write()`].
#[inline(never)]
pub(super) fn write_styled(
    out: &mut Vec<u8>,
    scratch: &mut Scratch,
    octets: &Reader<'_>,
    width: AsWidth,
    style: Style,
) -> Result<(), WireError> {
    let mut found = Found::default();
    found.look(octets)?;
    styled::write(out, scratch, &found, width, style);
    Ok(())
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

// What is found stays where it was put: moving it would wait for what was just written.
impl<'a> Found<'a> {
    /// Finds the values.
    fn look(&mut self, octets: &Reader<'a>) -> Result<(), WireError> {
        if self.at_once(*octets) {
            return Ok(());
        }
        *self = Self::default();
        self.one_by_one(*octets)
    }

    /// Finds the values without a branch for each type; `false` where something seldom or malformed
    /// asks for a closer look.
    #[inline]
    fn at_once(&mut self, octets: Reader<'a>) -> bool {
        let (mut seen, mut is_odd) = (0, false);
        let mut attributes = Attributes::new(octets);
        while let Some(a) = attributes.next_whole() {
            let Some(&place) = PLACES.get(usize::from(a.code.0)) else { continue };
            let bit = bit(a.code);
            if seen & bit != 0 {
                continue;
            }
            seen |= bit;
            is_odd |= (CHECKED & bit != 0) & !a.is_plain();
            self.values[usize::from(place)] = a.value();
        }
        let odd_origin = seen & bit(AttributeCode::Origin) != 0 && self.values[ORIGIN].len() != 1;
        if is_odd || seen & SELDOM != 0 || odd_origin || attributes.cut().is_some() {
            return false;
        }
        if seen & bit(AttributeCode::MpReachNlri) != 0 {
            let Ok(mp) = mp_reach(Reader::new(self.values[MP_REACH])) else { return false };
            self.mp_next_hop = Some(mp);
        }
        true
    }

    /// Finds the values and what is wrong with the first one that pmacct does not take.
    #[inline(never)]
    fn one_by_one(&mut self, octets: Reader<'a>) -> Result<(), WireError> {
        let mut seen = Seen::default();
        let mut attributes = Attributes::new(octets);
        while let Some(a) = attributes.next_whole() {
            if seen.first(a.code.0) {
                self.take(&a)?;
            }
        }
        attributes.cut().map_or(Ok(()), Err)
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

#[cfg(test)]
mod tests {
    use super::super::dialect;
    use super::*;

    #[test]
    fn a_flow_specification_needs_no_next_hop_but_a_prefix_does() {
        let flow_spec = [0x80, 14, 11, 0, 1, 133, 0, 0, 5, 1, 24, 192, 0, 2];
        assert_eq!(check(&Reader::new(&flow_spec)), Ok(()));
        let (mut out, mut scratch) = (Strip::default(), Scratch::default());
        let octets = Reader::new(&flow_spec);
        assert_eq!(write(&mut out, &mut scratch, &octets, AsWidth::Four, dialect::NEWEST), Ok(()));
        assert!(out.from(0).starts_with(b", \"bgp_nexthop\": \"0.0.0.0\""));
        let unicast = [0x80, 14, 9, 0, 1, 1, 0, 0, 24, 192, 0, 2];
        assert!(check(&Reader::new(&unicast)).is_err());
        assert!(
            check(&Reader::new(&[0x80, 14, 5, 0, 1, 133, 0, 0])).is_err(),
            "and no NLRI at all"
        );
    }

    #[test]
    fn an_origin_of_any_value_is_taken_and_of_any_length_is_not() {
        let (mut out, mut scratch) = (Strip::default(), Scratch::default());
        let mut written = |octets: &[u8]| {
            out.truncate(0);
            let written =
                write(&mut out, &mut scratch, &Reader::new(octets), AsWidth::Four, dialect::NEWEST);
            written.map(|()| String::from_utf8_lossy(out.from(0)).contains("\"origin\": \"\""))
        };
        assert_eq!(written(&[0x40, 1, 1, 3, 0x80, 9, 4, 10, 0, 0, 1]), Ok(true));
        assert!(written(&[0x40, 1, 2, 0, 0]).is_err());
        assert!(written(&[0x40, 1, 0]).is_err());
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
            let [mut slow, mut found] = [(); 2].map(|()| Found::default());
            let is_sound = slow.one_by_one(Reader::new(&octets));
            if !found.at_once(Reader::new(&octets)) {
                continue;
            }
            quick += 1;
            assert_eq!(is_sound, Ok(()), "{octets:?}");
            assert_eq!(slow.values[..NOT_KEPT], found.values[..NOT_KEPT], "{octets:?}");
            assert_eq!(slow.mp_next_hop.is_some(), found.mp_next_hop.is_some(), "{octets:?}");
        }
        assert!(quick > 5_000, "{quick}");
    }

    #[test]
    fn withdrawals_cut_short_are_an_error_and_not_silence() {
        assert!(check(&Reader::new(&[0x80, 15, 2, 0, 2])).is_err());
        assert_eq!(check(&Reader::new(&[0x80, 15, 3, 0, 2, 1])), Ok(()));
    }
}
