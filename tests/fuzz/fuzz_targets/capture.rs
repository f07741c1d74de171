//! Files of any kind: captures, compressed or not, and recorded BMP.
#![no_main]

use std::io::Cursor;
use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use ribcage::input::{InputEvent, InputOptions, Source, read};

fuzz_target!(|octets: &[u8]| {
    let source = Source::new(Box::new(Cursor::new(octets.to_vec())), Some(octets.len() as u64));
    let mut open = 0_usize;
    let _ = read(source, &InputOptions::default(), &mut |event| {
        match event {
            InputEvent::Open { .. } => open += 1,
            InputEvent::Close { .. } => open -= 1,
            InputEvent::Data { .. } => {}
        }
        ControlFlow::Continue(())
    });
    assert_eq!(open, 0, "every stream that was opened is closed");
});
