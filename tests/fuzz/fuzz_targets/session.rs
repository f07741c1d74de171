//! A session fed in pieces whose sizes the first octets give: what was framed comes out octet by
//! octet.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ribcage::record::{Batch, BatchLimits, SessionId};
use ribcage::session::{Received, Session, SessionLimits};
use ribcage::wire::Timestamp;

fuzz_target!(|input: &[u8]| {
    let Some((&[piece, seal, records], octets)) = input.split_first_chunk::<3>() else { return };
    let limits = SessionLimits { max_frame: 1 << 16, ..SessionLimits::default() };
    let mut session = Session::new(SessionId(1), ([192, 0, 2, 1], 179).into(), limits);
    let mut batch = Batch::new(BatchLimits {
        seal_bytes: usize::from(seal) * 8 + 1,
        message_bytes: 1 << 16,
        records: usize::from(records) + 1,
    });
    let mut framed = Vec::new();
    let mut take = |batch: &mut Batch| {
        batch.records().iter().for_each(|r| framed.extend_from_slice(batch.message(r)));
        batch.reset();
    };
    'input: for mut piece in octets.chunks(usize::from(piece) + 1) {
        loop {
            let (used, received) = session.receive(Timestamp::default(), piece, &mut batch);
            piece = &piece[used..];
            match received {
                Received::NeedInput => break,
                Received::BatchFull => take(&mut batch),
                Received::Broken(_) => break 'input,
            }
        }
    }
    take(&mut batch);
    assert!(octets.starts_with(&framed));
});
