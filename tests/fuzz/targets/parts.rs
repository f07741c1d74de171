//! Parts of an UPDATE: path attributes and NLRI.

use std::sync::OnceLock;

use ribcage::bgp::attr::{self, Attribute, AttributeCode, Attributes, FLAG_EXTENDED_LENGTH};
use ribcage::bgp::nlri::{self, FAMILIES, Visit};
use ribcage::bgp::{AsWidth, encode, update};
use ribcage::wire::{Family, Outline, Reader};

use super::Work;

/// The width that an octet chooses.
pub(super) fn width(how: u8) -> AsWidth {
    if how & 1 == 0 { AsWidth::Four } else { AsWidth::Two }
}

/// Lists of path attributes: the walk ends, and every value is written back at either width.
pub fn attributes(octets: &[u8]) {
    let parts = update::split(Reader::new(octets)).map(|parts| parts.attributes);
    for attributes in [Some(Reader::new(octets)), parts.ok()].into_iter().flatten() {
        for as_width in [AsWidth::Two, AsWidth::Four] {
            let mut walk = Attributes::new(attributes);
            while let Some(attribute) = walk.next_whole() {
                kept(&attribute, as_width);
            }
            let cut = Attributes::new(attributes).find_map(Result::err);
            assert_eq!(walk.cut(), cut, "both walks end alike");
            Work::of(|fields| attr::describe_all(attributes, as_width, fields))
                .assert_linear(attributes.len());
        }
    }
}

/// One attribute: type code, how, value.
pub fn attribute(input: &[u8]) {
    let Some((&[code, how], value)) = input.split_first_chunk() else { return };
    let value = value.get(..usize::from(u16::MAX)).unwrap_or(value);
    let mut octets = Vec::new();
    encode::attribute(&mut octets, how & 0xe0 | FLAG_EXTENDED_LENGTH, code, value);
    let attribute = Attributes::new(Reader::new(&octets)).next_whole().expect("it was put there");
    assert_eq!((attribute.code, attribute.value()), (AttributeCode(code), value));
    kept(&attribute, width(how));
}

/// What parses is written back and described in proportion; what does not is told where.
pub(super) fn kept(a: &Attribute<'_>, as_width: AsWidth) {
    let (mut written, len) = (Vec::new(), a.value().len());
    match attr::rewrite(a, as_width, &mut written) {
        Ok(()) => {
            assert_eq!(written, a.value(), "{} is written otherwise", a.code);
            assert_eq!(attr::check(a, as_width), Ok(()));
            let describe = |fields: &mut dyn ribcage::wire::Fields| {
                attr::describe(a, as_width, fields).expect("it parses");
            };
            Work::of(describe).assert_linear(len);
        }
        Err(error) => {
            assert_eq!(attr::check(a, as_width), Err(error));
            assert!(!a.is_plain(), "{} of {len} octets is not sound: {error}", a.code);
            let begin = a.reader().offset();
            assert!((begin..=begin + len).contains(&error.offset), "{}: {error}", a.code);
            assert!(written.is_empty() && a.code.name().is_some());
        }
    }
}

/// One NLRI list: which family, how, octets. `RIBCAGE_FAMILY` has every list read as one of that
/// family, by its word on command lines.
pub fn nlri(input: &[u8]) {
    static ONLY: OnceLock<Option<Family>> = OnceLock::new();
    let [row, how, octets @ ..] = input else { return };
    let only = ONLY.get_or_init(|| {
        let key = std::env::var("RIBCAGE_FAMILY").ok()?;
        let known = FAMILIES.iter().find(|known| known.key == key);
        Some(known.unwrap_or_else(|| panic!("no family `{key}`")).family)
    });
    let family = only.unwrap_or(FAMILIES[usize::from(*row) % FAMILIES.len()].family);
    routes(family, how & 1 != 0, how & 2 != 0, Reader::new(octets));
}

/// Counts routes.
#[derive(Default)]
pub(super) struct Count(pub(super) usize);

impl Visit for Count {
    fn end(&mut self) -> bool {
        self.0 += 1;
        true
    }
}

/// Reading the routes of a list one by one, or all, agrees with the scan; each takes an octet, is
/// written as it was read, and says no more than it holds.
pub(super) fn routes(family: Family, add_path: bool, announced: bool, octets: Reader<'_>) {
    let found = nlri::scan(family, add_path, announced, octets);
    let count = found.count as usize;
    assert!(found.used <= octets.len() && count <= found.used);
    assert_eq!(found.fits(), found.used == octets.len());
    if let Some(fast) = nlri::count(family, add_path, octets.peek()) {
        assert_eq!((fast as usize, found.error), (count, None), "{family} is counted");
    }
    if !nlri::is_decoded(family) {
        return assert_eq!((count, found.error), (0, None));
    }
    let mut left = octets;
    for _ in 0..count {
        let (mut again, mut say, begin) = (left, left, left);
        nlri::read_one(family, add_path, announced, &mut left, &mut ()).expect("it was scanned");
        let mut written = Vec::new();
        nlri::rewrite_one(family, add_path, announced, &mut again, &mut written).expect("as read");
        assert_eq!(written, begin.peek()[..begin.len() - left.len()], "{family}");
        let said = Outline::of(|fields| {
            nlri::describe_one(family, add_path, announced, &mut say, fields).expect("as read");
        });
        assert!(said.len() <= 256 + 96 * written.len(), "{family} says too much: {said}");
        assert_eq!((again.offset(), say.offset()), (left.offset(), left.offset()), "{family}");
    }
    assert_eq!(left.offset(), octets.offset() + found.used);
    if let Some(error) = found.error {
        let next = nlri::read_one(family, add_path, announced, &mut left, &mut ());
        assert_eq!(next, Err(error));
        assert!((octets.offset()..=octets.offset() + octets.len()).contains(&error.offset));
    }
    let mut seen = Count::default();
    let all = nlri::visit_all(family, add_path, announced, octets.peek(), &mut seen);
    assert_eq!(all.is_ok(), found.fits());
    assert_eq!(seen.0, count);
}
