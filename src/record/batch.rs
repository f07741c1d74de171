//! The batch: an arena of message bytes with the records that describe them.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Event, PeerContext, Record, RouterContext, Span};
use crate::wire::Timestamp;

/// How much a batch holds. Together with the number of batches this is the collector's memory
/// bound.
#[derive(Debug, Clone, Copy)]
pub struct BatchLimits {
    /// Message octets after which a batch counts as full.
    pub seal_bytes: usize,
    /// The largest message; the arena holds one more of these beyond `seal_bytes`, so that a
    /// message always fits into a batch that is not full.
    pub message_bytes: usize,
    /// Records after which a batch counts as full.
    pub records: usize,
}

impl BatchLimits {
    /// Limits for messages of up to `message_bytes` octets.
    #[must_use]
    pub fn for_messages(message_bytes: usize) -> Self {
        Self { seal_bytes: 256 * 1024, message_bytes, records: 4096 }
    }

    /// Octets of memory that one batch can come to hold.
    #[must_use]
    pub fn bytes_max(&self) -> usize {
        let arena = self.seal_bytes + self.message_bytes;
        let records = self.records * size_of::<Record>();
        let routers = self.records * size_of::<RouterContext>(); // at most one of each a record
        let peers = self.records * size_of::<PeerContext>();
        arena + records + routers + peers
    }
}

/// What a batch reserves for its last message when it is made. Usual messages need no more, and
/// what is reserved is cleared where the system gives it out in huge pages.
const USUAL_MESSAGE: usize = 64 * 1024;

/// Identifies one filling of one batch: a context index is good only for the filling it was made
/// in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stamp {
    batch: u64,
    filling: u64,
}

/// The batch has no room: seal it and go on with an empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// An arena of message bytes and the records that describe them. Sealed batches are only read.
#[derive(Debug)]
pub struct Batch {
    limits: BatchLimits,
    /// Octets of the largest message that the arena has room for, whenever the batch is not full.
    usual: usize,
    stamp: Stamp,
    arena: Vec<u8>,
    records: Vec<Record>,
    routers: Vec<RouterContext>,
    peers: Vec<PeerContext>,
    detached: bool,
}

impl Batch {
    /// An empty batch. It reserves memory for usual messages, half as many as the limits allow, and
    /// takes what they allow when it is needed: at most once each for messages and for records.
    #[must_use]
    pub fn new(limits: BatchLimits) -> Self {
        static BATCHES: AtomicU64 = AtomicU64::new(1);
        let usual = limits.message_bytes.min(USUAL_MESSAGE);
        Self {
            limits,
            usual,
            stamp: Stamp { batch: BATCHES.fetch_add(1, Ordering::Relaxed), filling: 0 },
            arena: Vec::with_capacity(limits.seal_bytes + usual),
            records: Vec::with_capacity(limits.records.div_ceil(2)), // a vector doubles
            routers: Vec::new(),
            peers: Vec::new(),
            detached: false,
        }
    }

    /// A sealed batch of session markers that belongs to no pool.
    #[must_use]
    pub fn detached(markers: impl ExactSizeIterator<Item = (RouterContext, Record)>) -> Self {
        let limits = BatchLimits { seal_bytes: 1, message_bytes: 0, records: markers.len() };
        let mut batch = Self { detached: true, ..Self::new(limits) };
        for (context, record) in markers {
            let router = batch.add_router(context);
            batch.records.push(Record { router, peer: None, message: Span::default(), ..record });
        }
        batch
    }

    /// Whether the batch belongs to no pool.
    #[must_use]
    pub fn is_detached(&self) -> bool {
        self.detached
    }

    /// Forgets the contents and keeps the memory.
    pub fn reset(&mut self) {
        self.stamp.filling += 1;
        self.arena.clear();
        self.records.clear();
        self.routers.clear();
        self.peers.clear();
    }

    /// This filling of this batch.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Whether the batch must be sealed before another record is pushed.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.arena.len() >= self.limits.seal_bytes || self.records.len() >= self.limits.records
    }

    /// Whether nothing was pushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Message octets held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.arena.len()
    }

    /// Octets that may come before the batch is full.
    #[must_use]
    pub fn room(&self) -> usize {
        self.limits.seal_bytes.saturating_sub(self.arena.len())
    }

    /// The records, in the order in which they were pushed.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The router contexts of all records; a session may have several.
    #[must_use]
    pub fn routers(&self) -> &[RouterContext] {
        &self.routers
    }

    /// The router context of `record`.
    #[must_use]
    pub fn router(&self, record: &Record) -> &RouterContext {
        &self.routers[record.router as usize]
    }

    /// The peer context of `record`; one that knows nothing when the record has none.
    #[must_use]
    pub fn peer(&self, record: &Record) -> PeerContext {
        record.peer.and_then(|i| self.peers.get(i as usize)).copied().unwrap_or_default()
    }

    /// The octets of the record's BMP message, common header included.
    #[must_use]
    pub fn message(&self, record: &Record) -> &[u8] {
        record.message.of(&self.arena)
    }

    /// Adds a router context; its index holds for this filling.
    pub fn add_router(&mut self, context: RouterContext) -> u32 {
        self.routers.push(context);
        (self.routers.len() - 1) as u32
    }

    /// Adds a peer context; its index holds for this filling.
    pub fn add_peer(&mut self, context: PeerContext) -> u32 {
        self.peers.push(context);
        (self.peers.len() - 1) as u32
    }

    /// Pushes a record and copies its message into the arena.
    ///
    /// # Errors
    /// [`Full`] when the batch must be sealed first; nothing was pushed.
    #[inline]
    pub fn push(&mut self, record: NewRecord<'_>) -> Result<(), Full> {
        self.push_open(record).map(drop)
    }

    /// Pushes a record like [`Batch::push`] and gives its event, to be filled in where it lies: an
    /// [`Update`](super::Update) is large, and moving what was just written waits for it.
    ///
    /// # Errors
    /// [`Full`] when the batch must be sealed first; nothing was pushed.
    #[inline(always)]
    pub fn push_open(&mut self, record: NewRecord<'_>) -> Result<&mut Event, Full> {
        let len = record.message.len();
        if self.is_full() || len > self.usual && !self.grows_for(len) {
            return Err(Full);
        }
        let message = Span { start: self.arena.len() as u32, len: record.message.len() as u32 };
        self.arena.extend_from_slice(record.message);
        self.records.push(Record {
            router: record.router,
            peer: record.peer,
            ordinal: record.ordinal,
            offset: record.offset,
            arrival: record.arrival,
            message,
            event: record.event,
        });
        self.records.last_mut().map(|last| &mut last.event).ok_or(Full)
    }

    /// Takes all the room for messages that the limits allow, if they allow one of `len` octets.
    #[cold]
    fn grows_for(&mut self, len: usize) -> bool {
        let Self { limits, arena, .. } = self;
        if len > limits.message_bytes {
            return false;
        }
        arena.reserve_exact(limits.seal_bytes + limits.message_bytes - arena.len());
        self.usual = limits.message_bytes;
        true
    }
}

/// What [`Batch::push`] takes: a record whose message is not yet in the arena.
#[derive(Debug, Clone, Copy)]
pub struct NewRecord<'a> {
    /// See [`Record::router`].
    pub router: u32,
    /// See [`Record::peer`].
    pub peer: Option<u32>,
    /// See [`Record::ordinal`].
    pub ordinal: u64,
    /// See [`Record::offset`].
    pub offset: u64,
    /// See [`Record::arrival`].
    pub arrival: Timestamp,
    /// The whole message; empty for session markers.
    pub message: &'a [u8],
    /// What it is.
    pub event: Event,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(message: &[u8]) -> NewRecord<'_> {
        NewRecord {
            router: 0,
            peer: None,
            ordinal: 0,
            offset: 0,
            arrival: Timestamp::default(),
            message,
            event: Event::Message,
        }
    }

    #[test]
    fn a_batch_takes_the_memory_of_its_limits_when_it_needs_it_and_no_more() {
        let limits = BatchLimits::for_messages(1 << 20);
        let mut batch = Batch::new(limits);
        let memory = |b: &Batch| b.arena.capacity() + b.records.capacity() * size_of::<Record>();
        assert!(memory(&batch) < limits.bytes_max() / 2);
        for round in 0..3 {
            while batch.records.len() + 1 < limits.records {
                assert_eq!(batch.push(marker(&[1; 40])), Ok(()));
            }
            assert_eq!(batch.push(marker(&[2; 1 << 20])), Ok(()), "{round}");
            assert_eq!(batch.push(marker(&[3])), Err(Full));
            assert_eq!(batch.message(&batch.records()[0]), &[1; 40]);
            assert!(memory(&batch) <= limits.bytes_max());
            let (arena, records) = (batch.arena.capacity(), batch.records.capacity());
            assert_eq!((arena, records), (limits.seal_bytes + (1 << 20), limits.records));
            batch.reset();
        }
    }

    #[test]
    fn a_batch_that_is_not_full_takes_the_largest_message() {
        let limits = BatchLimits { seal_bytes: 10, message_bytes: 100, records: 3 };
        let mut batch = Batch::new(limits);
        assert_eq!(batch.push(marker(&[1; 9])), Ok(()));
        assert_eq!(batch.push(marker(&[2; 100])), Ok(()));
        assert_eq!(batch.push(marker(&[3; 1])), Err(Full));
        assert_eq!(batch.message(&batch.records()[1]), &[2; 100]);
        let before = batch.stamp();
        batch.reset();
        assert_ne!(batch.stamp(), before);
        for _ in 0..3 {
            assert_eq!(batch.push(marker(&[])), Ok(()));
        }
        assert_eq!(batch.push(marker(&[])), Err(Full), "the count of records is a bound too");
    }

    #[test]
    fn batches_cross_threads() {
        fn is_send<T: Send + Sync>() {}
        is_send::<Batch>();
    }
}
