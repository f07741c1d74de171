//! A pool with one lane, without a reactor and a writer around them: what benches and the tests of
//! allocation run on. The lane and the pool are the engine's own; programs have no use for this.

use std::sync::Arc;
use std::time::Duration;

use crossbeam::sync::Parker;

use super::lane::{Bell, LaneOut, lane};
use super::mail::Mail;
use super::pool::Pool;
use super::port::LaneKind;
use crate::record::{Batch, BatchLimits};

/// The reactor's end: batches to fill, and the lane that they leave by.
pub struct Feeder(Pool);

/// The writer's end.
pub struct Taker {
    lane: LaneOut,
    bell: Arc<Bell>,
    parker: Parker,
}

/// A pool of `batches` batches and a lane that holds its reactor back.
#[must_use]
pub fn pair(limits: BatchLimits, batches: usize) -> (Feeder, Taker) {
    let parker = Parker::new();
    let (bell, mail) = (Bell::new(&parker), Arc::<Mail>::default());
    let (lane_in, lane) = lane(&"seam".into(), LaneKind::Block, batches, &bell, &mail);
    (Feeder(Pool::new(limits, batches, vec![lane_in], mail)), Taker { lane, bell, parker })
}

impl Feeder {
    /// The batch to fill, never a full one; `None` while all are away.
    pub fn batch(&mut self) -> Option<&mut Batch> {
        self.0.batch()
    }

    /// Sends the batch that is being filled, unless it is empty.
    pub fn seal(&mut self) {
        self.0.seal();
    }

    /// Batches that have not come home.
    pub fn away(&mut self) -> u64 {
        self.0.collect();
        self.0.away()
    }
}

impl Taker {
    /// The next sealed batch.
    pub fn take(&mut self) -> Option<Arc<Batch>> {
        self.lane.take()
    }

    /// Sleeps until a batch is sealed, for a millisecond at most.
    pub fn sleep(&self) {
        self.bell.sleep(&self.parker, Duration::from_millis(1), || !self.lane.is_empty());
    }

    /// Gives a batch back.
    pub fn send_home(&mut self, batch: Arc<Batch>) {
        self.lane.send_home(batch);
    }
}
