#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| ribcage_fuzz::recording(octets));
