//! Common headers: a header that is sound says how long its message is, within the limit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ribcage::bmp::{COMMON_HEADER_LEN, CommonHeader};

fuzz_target!(|octets: &[u8]| {
    if let Ok(Some(header)) = CommonHeader::parse(octets, 1 << 16) {
        assert!((COMMON_HEADER_LEN..=1 << 16).contains(&header.len));
    }
});
