//! The port between the engine and its outputs: the engine calls it, `output` implements it.

use std::time::Instant;

use crate::record::Batch;

/// What a call to a sink has achieved, for its writer to decide whether to sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Something moved: ask again at once.
    Moved,
    /// Nothing moved and nothing is owed: sleep until there is news.
    Idle,
    /// Octets wait for the other side or for a retry: ask again after a short sleep.
    Waiting,
}

/// What became of the batch that was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consumed {
    /// The sink needs the batch no longer.
    Done,
    /// The sink cannot take more now: offer the same batch again later. `moved` tells whether some
    /// of it was taken this time.
    Blocked {
        /// Whether this call got further than the last one.
        moved: bool,
    },
}

/// Figures of one output stream since its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SinkFigures {
    /// Records rendered (a format may render none or many for one BMP message).
    pub records: u64,
    /// Octets handed to the other side.
    pub bytes: u64,
    /// Rendered records that were given up.
    pub dropped: u64,
    /// Routes for which the format has no record.
    pub left_out: u64,
    /// Records taken and not yet known to be delivered.
    pub pending: u64,
    /// BMP messages and session markers of which the filter has let nothing pass.
    pub filtered: u64,
}

/// One output stream, living on its writer's thread. No call may block but for a file's write.
pub trait Sink: Send {
    /// Works on `batch`, from where the last call on the same batch stopped.
    fn consume(&mut self, batch: &Batch, now: Instant) -> Consumed;

    /// Delivers what was taken: flushes, reconnects, retries. Called on every turn of the writer.
    fn poll(&mut self, now: Instant) -> Progress;

    /// Takes it that the routers are gone: nothing that was taken may wait for more to come.
    fn drain(&mut self) {}

    /// Takes it that no batch comes any more, and says what is to be said at the end. Called again
    /// until it says that this is done; what was said then is still to be delivered.
    fn finish(&mut self, _now: Instant) -> bool {
        true
    }

    /// The figures so far.
    fn figures(&self) -> SinkFigures;

    /// Opens the target anew (SIGHUP).
    fn reopen(&mut self);

    /// Reads again what it has read from files at the start (SIGHUP, SIGUSR2).
    fn reload(&mut self) {}

    /// Whether the last attempt to write failed: it is tried again, but may fail for good.
    fn is_failing(&self) -> bool {
        false
    }
}

/// What a full lane does to the reactor that feeds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneKind {
    /// Holds the batch, and so in the end the routers, back.
    Block,
    /// Skips the output and counts the records.
    Drop,
}

/// An output stream ready to run: opened, named, and not yet on its writer.
pub struct SinkSpec {
    /// The output's name, with the stream's number where it has several.
    pub name: String,
    /// What its lanes do when they are full.
    pub kind: LaneKind,
    /// Whether it looks into UPDATEs. Where no sink does, sessions do not decode them.
    pub reads_updates: bool,
    /// The sink itself.
    pub sink: Box<dyn Sink>,
}
