//! Recordings of route collectors: MRT, or RIS Live where the first octet is odd.
#![no_main]

use std::io::Cursor;
use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use ribcage::input::{InputEvent, InputFormat, InputOptions, Source, read};

fuzz_target!(|octets: &[u8]| {
    let Some((&first, content)) = octets.split_first() else { return };
    let format = if first & 1 == 0 { InputFormat::Mrt } else { InputFormat::RisLive };
    let source = Source::new(Box::new(Cursor::new(content.to_vec())), None);
    let options = InputOptions { format, ..InputOptions::default() };
    let mut open = 0_usize;
    let _ = read(source, &options, &mut |event| {
        match event {
            InputEvent::Open { .. } => open += 1,
            InputEvent::Close { .. } => open -= 1,
            InputEvent::Data { mut octets, .. } => {
                // What was made is sound, whatever it was made of.
                while let Some(&[3, a, b, c, d, 0..=4]) = octets.first_chunk::<6>() {
                    octets = &octets[u32::from_be_bytes([a, b, c, d]) as usize..];
                }
                assert!(octets.is_empty(), "whole messages");
            }
        }
        ControlFlow::Continue(())
    });
    assert_eq!(open, 0, "every stream that was opened is closed");
});
