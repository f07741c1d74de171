//! Counters: plain cells with one writer each, read by copy from elsewhere.

use std::sync::atomic::{AtomicU64, Ordering};

/// A count with a single writer: a relaxed load and store, never a locked instruction.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds `n`. Only the cell's owner may call this.
    #[inline]
    pub fn add(&self, n: u64) {
        self.set(self.get().wrapping_add(n));
    }

    /// Replaces the value. Only the cell's owner may call this.
    #[inline]
    pub fn set(&self, n: u64) {
        self.0.store(n, Ordering::Relaxed);
    }

    /// The value as last written.
    #[inline]
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What one reactor has done since it started.
#[derive(Debug, Default)]
pub struct ReactorCounters {
    /// Router sessions begun.
    pub sessions_opened: Count,
    /// Router sessions ended.
    pub sessions_closed: Count,
    /// Octets read from routers.
    pub octets_received: Count,
    /// BMP messages decoded.
    pub messages: Count,
    /// NLRIs announced.
    pub routes_announced: Count,
    /// NLRIs withdrawn.
    pub routes_withdrawn: Count,
    /// End-of-RIB markers (RFC 4724 §2).
    pub end_of_rib: Count,
    /// Messages that make no sense inside a sound frame.
    pub odd_messages: Count,
    /// UPDATEs with malformed attributes or NLRI.
    pub malformed_updates: Count,
    /// Messages of unknown type.
    pub unknown_messages: Count,
    /// Sessions ended because their framing broke.
    pub broken_framing: Count,
    /// Times that reading stopped for want of an empty batch.
    pub backpressure_stalls: Count,
    /// Nanoseconds that reading stood still in all.
    pub backpressure_ns: Count,
    /// Batches handed to the outputs.
    pub batches_sealed: Count,
}

/// What one output stream has done since it started.
#[derive(Debug, Default)]
pub struct SinkCounters {
    /// BMP records (messages and session markers) of batches that the output is done with.
    pub taken: Count,
    /// Records rendered.
    pub records: Count,
    /// Octets handed to the other side.
    pub octets: Count,
    /// Rendered records that were given up.
    pub dropped_records: Count,
    /// BMP records that passed the output by because its lanes were full.
    pub skipped_records: Count,
    /// Records taken and not yet known to be delivered.
    pub pending_records: Count,
    /// Batches that the output is done with.
    pub batches: Count,
}
