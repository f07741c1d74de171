//! What every family's tests ask of it.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::{FAMILIES, count, describe_one, example, example_attributes, rewrite_one, scan};
use crate::bgp::AsWidth;
use crate::bgp::attr::{self, Attributes};
use crate::wire::{Family, Outline, Reader};

use crate::bgp::attr::testing::alike;
pub(crate) use crate::bgp::attr::testing::octets;

/// Asks of the one announced route that `hex` says that it is sound, with and without a path
/// identifier, written as it was read, and described as `want`; and of every list like it that it
/// is rejected or written as it was read, and that nothing panics.
pub(crate) fn sound(family: Family, hex: &str, want: &str) {
    one(family, true, hex, want);
}

/// The same of a withdrawn route.
pub(crate) fn withdrawn(family: Family, hex: &str, want: &str) {
    one(family, false, hex, want);
}

fn one(family: Family, announced: bool, hex: &str, want: &str) {
    let route = octets(hex);
    assert_eq!(said(family, false, announced, &route), [want], "{family} {hex}");
    let with_id = [&[0, 0, 0, 7], &route[..]].concat();
    let want = format!("path_id=7 {want}");
    assert_eq!(said(family, true, announced, &with_id), [want], "{family} {hex}");
    for like in alike(&route) {
        rejected_or_kept(family, &like);
    }
    rejected_or_kept(family, &[&route[..], &route].concat());
}

/// Asks of the route that `hex` says that it is malformed: with `what` and where.
pub(crate) fn malformed(family: Family, hex: &str, what: &str, offset: usize) {
    let route = octets(hex);
    let error = scan(family, false, true, Reader::new(&route)).error.unwrap();
    assert_eq!((error.what, error.offset), (what, offset), "{family} {hex}: {error}");
}

/// What the attributes of the `index`-th example say.
pub(crate) fn attributes(family: Family, index: u32) -> String {
    let mut octets = Vec::new();
    example_attributes(family, index, &mut octets);
    Outline::of(|fields| attr::describe_all(Reader::new(&octets), AsWidth::Four, fields))
}

/// What the routes in `list` say, all of which must be sound and be written as they were read.
fn said(family: Family, add_path: bool, announced: bool, list: &[u8]) -> Vec<String> {
    let found = scan(family, add_path, announced, Reader::new(list));
    assert!(found.fits(), "{family} {list:02x?}: {:?}", found.error);
    let (mut said, mut r) = (Vec::new(), Reader::new(list));
    while !r.is_empty() {
        let mut begin = r;
        let say = |f: &mut dyn crate::wire::Fields| {
            describe_one(family, add_path, announced, &mut r, f).unwrap();
        };
        said.push(Outline::of(say));
        let mut out = Vec::new();
        let octets = begin.peek();
        rewrite_one(family, add_path, announced, &mut begin, &mut out).unwrap();
        assert_eq!(begin.offset(), r.offset(), "{family}: reading and describing");
        assert_eq!(out, octets[..octets.len() - r.len()], "{family} is written otherwise");
    }
    assert_eq!(said.len(), found.count as usize, "{family}");
    said
}

/// Whatever a list holds, its sound routes are written as they were read, and say not too much.
fn rejected_or_kept(family: Family, list: &[u8]) {
    for (add_path, announced) in [(false, true), (false, false), (true, true)] {
        let found = scan(family, add_path, announced, Reader::new(list));
        let said = said(family, add_path, announced, &list[..found.used]);
        let octets: usize = said.iter().map(String::len).sum();
        assert!(octets <= 256 + 96 * list.len(), "{family} says too much: {said:?}");
        let counted = count(family, add_path, list);
        assert!(counted.is_none_or(|n| found.fits() && n == found.count), "{family} {list:02x?}");
    }
}

#[test]
fn examples_are_sound_and_differ_and_so_are_their_attributes() {
    for known in FAMILIES {
        let family = known.family;
        let mut seen = std::collections::HashSet::new();
        for index in (0..2_000).chain([0xff_ffff, 0x12_3456]) {
            let (mut route, mut attributes) = (Vec::new(), Vec::new());
            example(family, index, &mut route);
            let found = scan(family, false, true, Reader::new(&route));
            assert!(!found.doubtful, "{}: {index}", known.name);
            for announced in [true, false] {
                let said = said(family, false, announced, &route);
                assert_eq!(said.len(), 1, "{}: {said:?}", known.name);
                assert!(!said[0].contains("value="), "{} knows it: {said:?}", known.name);
            }
            assert!(seen.insert(route.clone()), "{}: {index} is no new route", known.name);
            if index < 64 {
                rejected_or_kept(family, &route);
                alike(&route).for_each(|like| rejected_or_kept(family, &like));
            }
            example_attributes(family, index, &mut attributes);
            for attribute in Attributes::new(Reader::new(&attributes)) {
                let attribute = attribute.unwrap();
                attr::check(&attribute, AsWidth::Four).unwrap();
                assert!(attribute.has_its_flags(), "{}: {}", known.name, attribute.code);
                assert!(attribute.code.name().is_some());
            }
        }
    }
}

#[test]
fn routes_of_unknown_types_are_doubtful() {
    for (family, hex) in [
        (Family::new(25, 70), "c0 00"),
        (Family::new(25, 70), "0b 07 c000 20 c0000201"),
        (Family::new(1, 5), "c0 00"),
        (Family::new(1, 5), "04 02 0000"),
        (Family::new(25, 65), "0000"),
        (Family::new(1, 133), "02 c000"),
        (Family::new(16388, 71), "c000 0000"),
        (Family::new(1, 85), "c0 0001 00"),
        (Family::new(1, 83), "02 00 c0"),
        (Family::new(1, 74), "c000 0000"),
        (Family::new(16397, 241), "0000 01"),
    ] {
        let route = octets(hex);
        let found = scan(family, false, true, Reader::new(&route));
        assert!(found.fits() && found.doubtful, "{family} {hex}: {found:?}");
    }
}

#[test]
fn families_have_a_name_and_a_word_of_their_own() {
    for (at, known) in FAMILIES.iter().enumerate() {
        for other in &FAMILIES[..at] {
            assert_ne!(known.name, other.name);
            assert_ne!(known.key, other.key);
        }
        assert!(
            known.key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        );
    }
}
