//! Octets to lines: session, batch and `pmacct-json` with everything that it can show.
#![no_main]

use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use ribcage::engine::port::Consumed;
use ribcage::output::{OutputSpec, open_outputs};
use ribcage::record::{Batch, BatchLimits, SessionId};
use ribcage::session::{Received, Session, SessionLimits};
use ribcage::wire::Timestamp;

fuzz_target!(|octets: &[u8]| {
    let specs = OutputSpec::parse_all(&["pmacct-json?extra=all=null:"]).expect("a sound output");
    let mut sink = open_outputs(&specs).expect("null: opens").remove(0).sink;
    let limits = SessionLimits { max_frame: 1 << 16, ..SessionLimits::default() };
    let mut session = Session::new(SessionId(1), ([192, 0, 2, 1], 179).into(), limits);
    let mut batch = Batch::new(BatchLimits::for_messages(1 << 16));
    let mut left = octets;
    loop {
        let (used, received) = session.receive(Timestamp::default(), left, &mut batch);
        left = &left[used..];
        while sink.consume(&batch, Instant::now()) != Consumed::Done {}
        batch.reset();
        if received != Received::BatchFull {
            break;
        }
    }
});
