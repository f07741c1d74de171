//! Parts, layouts and TLVs of a registry made for the tests.

#![allow(clippy::unwrap_used, dead_code, missing_docs, unreachable_pub)]

use super::{STRICT, Type8Length8, bits, fixed, layout, tlvs, whole, words};
use crate::wire::{
    Family, Item, Items, List, Outline, Part, Reader, Reserved, Text, U24, WireError,
};

bits! {
    pub struct Marks(u8) {
        HIGH = 0x80 => "H",
        LOW = 0x01 => "L",
    }
}

words! {
    pub struct Hop(u16);
}

layout! {
    pub struct Step "step" {
        marks: Marks,
        reserved: Reserved<1>,
        size: U24,
    }

    pub struct Way<'a> "way" {
        family: Family,
        hops: List<'a, Hop>,
    }

    pub struct Box2<'a> {
        inner: List<'a, Thing<'a>>,
    }
}

tlvs! {
    pub struct ThingType(u8) in Type8Length8;

    pub enum Thing ["thing type", "thing length", "thing"] {
        1 "Step" => Step(Step);
        2 "Way" => Way(Way<'a>), STRICT;
        3 "Name" => Name(Text<'a>) "name";
        4 "Box" => Box(Box2<'a>);
    }
    9 "Gone" => Gone;
}

/// What the TLVs in `octets` say; they must be written as they were read.
fn said(octets: &[u8]) -> Result<String, WireError> {
    let list = List::<Thing<'_>>::parse(Reader::new(octets))?;
    assert_eq!(Items::of(list.iter()).octets(), octets);
    Ok(Outline::of(|fields| list.describe("", fields)))
}

#[test]
fn sizes_are_sums_unless_a_part_has_none() {
    assert_eq!(<Step as Part<'_>>::SIZE, 5);
    assert_eq!(<Way<'_> as Part<'_>>::SIZE, 0);
    assert_eq!(<Step as Item<'_>>::SIZE, 5);
    assert_eq!((fixed(&[]), fixed(&[2, 3]), fixed(&[2, 0, 3])), (0, 5, 0));
}

#[test]
fn values_are_described_by_their_fields_or_their_key() {
    assert_eq!(
        said(&[1, 5, 0x83, 0, 1, 0, 0]).unwrap(),
        "=[{type=Step marks=[H, L, 0x2] size=65536}]"
    );
    assert_eq!(
        said(&[2, 7, 0, 1, 4, 0, 9, 1, 0, 3, 2, b'a', b'b', 9, 1, 7]).unwrap(),
        "=[{type=Way afi=1 safi=4 hops=[9, 256]}, {type=Name name=ab}, {type=Gone value=07}]",
    );
    // Reserved octets that are not zero, and a text that is none.
    assert_eq!(said(&[1, 5, 0, 7, 0, 0, 1]).unwrap(), "=[{type=Step marks=[] reserved=07 size=1}]");
    assert_eq!(said(&[3, 1, 0xff]).unwrap(), "=[{type=Name name=ff}]");
}

#[test]
fn what_does_not_fit_is_kept_or_malformed_as_its_row_says() {
    assert_eq!(said(&[1, 4, 0, 0, 0, 0]).unwrap(), "=[{type=Step value=00000000}]");
    assert_eq!(said(&[1, 6, 0, 0, 0, 0, 0, 0]).unwrap(), "=[{type=Step value=000000000000}]");
    assert_eq!(said(&[2, 2, 0, 1]).unwrap_err(), WireError::short("AFI and SAFI", 2, 3, 2));
    assert_eq!(said(&[2, 4, 0, 1, 1, 5]).unwrap_err(), WireError::short("list item", 5, 2, 1));
    // TLVs of the same registry fill what they stand in, whatever its row says.
    assert_eq!(said(&[4, 3, 3, 1, b'x']).unwrap(), "=[{type=Box inner=[{type=Name name=x}]}]");
    assert_eq!(said(&[4, 3, 3, 2, b'x']).unwrap_err(), WireError::short("thing", 4, 2, 1));
    assert_eq!(said(&[1]).unwrap_err(), WireError::short("thing length", 1, 1, 0));
}

#[test]
fn a_whole_part_leaves_nothing() {
    assert_eq!(whole::<u16>(Reader::new(&[1, 2]), "x"), Ok(258));
    assert_eq!(whole::<u16>(Reader::new(&[1, 2, 3]), "x"), Err(WireError::trailing("x", 2, 1)));
    assert_eq!(whole::<Step>(Reader::new(&[1]), "x"), Err(WireError::short("step", 1, 1, 0)));
    assert_eq!(whole::<Option<u8>>(Reader::EMPTY, "x"), Ok(None));
    assert_eq!(Outline::of(|fields| Some(7_u8).describe_as("x", fields)), "x=7");
}
