//! What every attribute's tests ask of it.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::{Attribute, AttributeCode, Attributes, check, describe, rewrite};
use crate::bgp::AsWidth;
use crate::wire::{Outline, Reader};

/// The octets that `hex` says; white space is passed over.
pub(crate) fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let digit = |d: u8| char::from(d).to_digit(16).unwrap() as u8;
    digits.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// Asks of the value that `hex` says that it is sound, written as it was read, and described as
/// `want`; and of everything like it that it is rejected or written as it was read, and that
/// nothing panics.
pub(crate) fn sound(code: AttributeCode, hex: &str, want: &str) {
    let value = octets(hex);
    let attribute = Attribute { flags: 0, code, value: Reader::new(&value) };
    check(&attribute, AsWidth::Four).unwrap_or_else(|e| panic!("{code} {hex}: {e}"));
    let said = Outline::of(|fields| describe(&attribute, AsWidth::Four, fields).unwrap());
    assert_eq!(said, want, "{code} {hex}");
    for like in alike(&value) {
        rejected_or_kept(code, &like);
    }
    rejected_or_kept(code, &value);
}

/// Asks of the value that `hex` says that it is malformed: with `what` and where.
pub(crate) fn malformed(code: AttributeCode, hex: &str, what: &str, offset: usize) {
    let value = octets(hex);
    let attribute = Attribute { flags: 0, code, value: Reader::new(&value) };
    let error = check(&attribute, AsWidth::Four).unwrap_err();
    assert_eq!((error.what, error.offset), (what, offset), "{code} {hex}: {error}");
}

/// Every cut of `value`, one octet more, and each octet changed to some others.
pub(crate) fn alike(value: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let cuts = (0..value.len()).map(|len| value[..len].to_vec());
    let more = std::iter::once([value, &[0]].concat());
    let changed = (0..value.len()).flat_map(|at| {
        [0, 1, 2, 0x7f, 0x80, 0xff, value[at] ^ 1, value[at].wrapping_add(1)].map(|octet| {
            let mut like = value.to_vec();
            like[at] = octet;
            like
        })
    });
    cuts.chain(more).chain(changed)
}

fn rejected_or_kept(code: AttributeCode, value: &[u8]) {
    for width in [AsWidth::Four, AsWidth::Two] {
        let attribute = Attribute { flags: 0, code, value: Reader::new(value) };
        let mut out = Vec::new();
        if rewrite(&attribute, width, &mut out).is_ok() {
            assert_eq!(out, value, "{code} is written otherwise");
            let said = Outline::of(|fields| describe(&attribute, width, fields).unwrap());
            assert!(said.len() <= 64 + 64 * value.len(), "{} says too much: {said}", code);
        }
    }
}

#[test]
fn attributes_without_a_row_are_kept() {
    let octets = [0xc0, 200, 2, 7, 7];
    let a = Attributes::new(Reader::new(&octets)).next().unwrap().unwrap();
    let mut out = Vec::new();
    rewrite(&a, AsWidth::Four, &mut out).unwrap();
    assert_eq!(out, [7, 7]);
    let said = Outline::of(|f| super::describe_all(Reader::new(&octets), AsWidth::Four, f));
    assert_eq!(said, "unknown_attributes=[{code=200 flags=192 value=0707}]");
}

#[test]
fn the_first_attributes_say_what_they_hold() {
    sound(AttributeCode::Origin, "02", "origin=INCOMPLETE");
    sound(
        AttributeCode::AsPath,
        "0202 0000fde9 00000007 0101 00000001",
        "as_path=[{type=AS_SEQUENCE asns=[65001, 7]}, {type=AS_SET asns=[1]}]",
    );
    sound(
        AttributeCode::Aigp,
        "01000b 000000000000004d 070004 ff",
        "aigp=[{metric=77}, {type=7 value=ff}]",
    );
    sound(AttributeCode::LargeCommunities, "000000010000000200000003", "large_communities=[1:2:3]");
    sound(
        AttributeCode::PrefixSid,
        "010007 00 0000 00000021",
        "prefix_sid=[{type=Label-Index flags=0 label_index=33}]",
    );
    malformed(AttributeCode::Communities, "000000", "COMMUNITIES length", 0);
}
