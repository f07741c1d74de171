//! NLRI lists of every family: reading routes one by one agrees with the scan.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ribcage::bgp::nlri::{FAMILIES, read_one, scan};
use ribcage::wire::Reader;

fuzz_target!(|input: &[u8]| {
    let Some((&how, octets)) = input.split_first() else { return };
    let (add_path, announced) = (how & 1 != 0, how & 2 != 0);
    let (family, _) = FAMILIES[usize::from(how >> 2) % FAMILIES.len()];
    let found = scan(family, add_path, announced, Reader::new(octets));
    let mut left = Reader::new(octets);
    for _ in 0..found.count {
        read_one(family, add_path, announced, &mut left, &mut ()).expect("the scan read it");
    }
    assert_eq!(left.offset(), found.used);
    assert_eq!(found.fits(), left.is_empty());
});
