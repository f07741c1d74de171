//! Path attributes: the walk ends, and every value can be checked with AS numbers of either width.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ribcage::bgp::attr::{Attributes, check};
use ribcage::bgp::{AsWidth, update};
use ribcage::wire::Reader;

fuzz_target!(|octets: &[u8]| {
    let parts = update::split(Reader::new(octets)).map(|parts| parts.attributes);
    for attributes in [Some(Reader::new(octets)), parts.ok()].into_iter().flatten() {
        for attribute in Attributes::new(attributes).flatten() {
            let _ = check(&attribute, AsWidth::Two);
            let _ = check(&attribute, AsWidth::Four);
        }
    }
});
