//! What the tests of the engine share.
#![allow(clippy::expect_used)]

use crate::record::{Batch, BatchLimits, Event, NewRecord, RouterContext, SessionId};
use crate::wire::Timestamp;

/// Small batches.
pub(super) fn batch_limits() -> BatchLimits {
    BatchLimits { seal_bytes: 1024, message_bytes: 256, records: 64 }
}

/// Adds a record with `message`.
pub(super) fn push_message(batch: &mut Batch, message: &[u8]) {
    push_event(batch, message, Event::Message);
}

/// Adds a record that tells of `event`.
pub(super) fn push_event(batch: &mut Batch, message: &[u8], event: Event) {
    let address = "192.0.2.1:179".parse().expect("an address");
    let router = batch.add_router(RouterContext::new(SessionId(1), address));
    let record = NewRecord {
        router,
        peer: None,
        ordinal: 0,
        offset: 0,
        arrival: Timestamp::default(),
        message,
        event,
    };
    batch.push(record).expect("room");
}

/// A batch of `records` records.
pub(super) fn filled(limits: BatchLimits, records: usize) -> Batch {
    let mut batch = Batch::new(limits);
    for _ in 0..records {
        push_message(&mut batch, &[1; 10]);
    }
    batch
}
