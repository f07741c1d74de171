//! A reactor's batches: at most a fixed number, that circulate for good.
//!
//! ```text
//!   empty ──▶ filling ──seal──▶ away (one clone in each lane) ──last one home──▶ empty
//! ```
//!
//! A batch is made when it is first needed and none has come home: a collector whose outputs keep
//! up never makes most of them. Those made are used last in, first out, while they are in the
//! caches.
//!
//! Only the reactor clones and drops the `Arc`s, so the clone that comes home last is the only one,
//! and its memory is used again without a lock and without an allocation.

use std::sync::Arc;
use std::time::Instant;

use super::lane::LaneIn;
use super::mail::Mail;
use crate::record::{Batch, BatchLimits, SessionId};

/// The part of a batch that is worth waking resting writers for. Small enough that writing comes
/// in short bursts at moderate rates, large enough that waking costs little against rendering.
const PORTION: usize = 4;

/// The part of a pool that must come home before a reactor that has no batch is woken. Writers have
/// the rest to go on with, and each waking costs both cores something.
const HELPING: usize = 4;

/// The batches of one reactor and the lanes that they travel on.
pub(super) struct Pool {
    limits: BatchLimits,
    empty: Vec<Arc<Batch>>,
    /// Batches that were not needed so far.
    unmade: usize,
    /// Batches to wait for when all are away: a [`HELPING`].
    helping: usize,
    filling: Option<Arc<Batch>>,
    lanes: Vec<LaneIn>,
    mail: Arc<Mail>,
    sealed: u64,
    away: u64,
    watched: bool,
    /// The batch that is being filled is due and stays open.
    held: bool,
    /// When the batch that is being filled must be sealed at the latest.
    pub(super) flush_at: Option<Instant>,
}

impl Pool {
    /// A pool of up to `batches` batches.
    pub(super) fn new(
        limits: BatchLimits,
        batches: usize,
        lanes: Vec<LaneIn>,
        mail: Arc<Mail>,
    ) -> Self {
        Self {
            limits,
            empty: Vec::with_capacity(batches),
            unmade: batches,
            helping: (batches / HELPING).max(1),
            filling: None,
            lanes,
            mail,
            sealed: 0,
            away: 0,
            watched: false,
            held: false,
            flush_at: None,
        }
    }

    /// The batch to fill, never a full one; `None` when all are away.
    pub(super) fn batch(&mut self) -> Option<&mut Batch> {
        if self.filling.as_ref().is_some_and(|batch| batch.is_full()) {
            self.seal();
        }
        if self.filling.is_none() {
            self.filling = self.take_empty();
        }
        self.filling.as_mut().and_then(Arc::get_mut)
    }

    /// Whether there is a batch to fill.
    pub(super) fn has_room(&mut self) -> bool {
        self.batch().is_some()
    }

    /// Batches that writers have not yet returned.
    pub(super) fn away(&self) -> u64 {
        self.away
    }

    /// Message octets that fit in before all batches are away.
    pub(super) fn room(&self) -> usize {
        let filling = self.filling.as_ref().map_or(0, |batch| batch.room());
        let spare = self.empty.len() + self.unmade;
        filling.saturating_add(spare.saturating_mul(self.limits.seal_bytes))
    }

    /// Whether records wait in the batch that is being filled.
    pub(super) fn holds_records(&self) -> bool {
        self.filling.as_ref().is_some_and(|batch| !batch.is_empty())
    }

    /// Whether the batch that is being filled is worth handing on now: it holds a [`PORTION`], and
    /// no writer is about anything, so that waiting would spare none of them work.
    pub(super) fn is_portion_wanted(&mut self) -> bool {
        let Self { limits, filling, lanes, .. } = self;
        let holds_portion = filling.as_ref().is_some_and(|batch| {
            batch.bytes() >= limits.seal_bytes / PORTION
                || batch.records().len() >= limits.records / PORTION
        });
        if !holds_portion {
            return false;
        }
        if !lanes.iter().all(LaneIn::is_at_rest) {
            self.collect();
        }
        self.lanes.iter().all(LaneIn::is_at_rest)
    }

    /// Hands the batch that is being filled on when it is due or wanted. Where every writer has
    /// more to do already than the batch in its hand nobody would take it sooner for that: it stays
    /// open and fills up, rather than that batch after batch is used for a few records each.
    pub(super) fn hand_on(&mut self, now: Instant) {
        if self.flush_at.is_some_and(|at| at <= now) {
            if !self.is_held() {
                self.seal();
            }
        } else if self.is_portion_wanted() {
            self.seal();
        }
    }

    /// Whether every writer is behind; then the reactor is woken for each batch that comes home.
    fn is_held(&mut self) -> bool {
        let all_behind =
            |lanes: &[LaneIn]| !lanes.is_empty() && lanes.iter().all(LaneIn::is_behind);
        if all_behind(&self.lanes) {
            self.held = true;
            self.mail.set_hunger(1);
            self.collect();
        }
        self.held = all_behind(&self.lanes);
        self.held
    }

    /// When to hand the batch that is being filled on; `None` when a batch must come home first.
    pub(super) fn due_at(&self) -> Option<Instant> {
        self.flush_at.filter(|_| !self.held)
    }

    /// Sends the batch that is being filled, unless it is empty, down every lane.
    pub(super) fn seal(&mut self) {
        if !self.holds_records() {
            return;
        }
        let Some(batch) = self.filling.take() else { return };
        self.flush_at = None;
        self.held = false;
        self.sealed += 1;
        self.away += 1;
        let now = Instant::now();
        for lane in &mut self.lanes {
            lane.offer(&batch, now);
        }
        self.recycle(batch);
    }

    /// Batches sealed so far.
    pub(super) fn sealed(&self) -> u64 {
        self.sealed
    }

    /// Takes in what came home.
    pub(super) fn collect(&mut self) {
        if self.watched || self.held {
            // What comes home after this wakes the reactor again.
            self.mail.set_hunger(1);
        }
        for lane in 0..self.lanes.len() {
            while let Some(batch) = self.lanes[lane].take_home() {
                self.recycle(batch);
            }
        }
        if !self.empty.is_empty() && !self.watched && !self.held {
            self.mail.set_fed();
        }
    }

    /// Seals, and marks in every lane where that ends; `None` when an output has no room.
    pub(super) fn mark(&mut self) -> Option<Vec<u64>> {
        self.collect();
        if self.lanes.iter().any(LaneIn::is_full) {
            return None;
        }
        self.seal();
        Some(self.lanes.iter().map(LaneIn::mark).collect())
    }

    /// Whether every output is done with what lies before the marks; see [`LaneIn::has_passed`].
    pub(super) fn has_passed(&mut self, marks: &[u64], session: SessionId) -> bool {
        self.collect();
        self.lanes.iter().zip(marks).all(|(lane, mark)| lane.has_passed(*mark, session))
    }

    /// Whether the reactor is to be woken for each batch that comes home. Look for some again after
    /// saying so.
    pub(super) fn watch(&mut self, watched: bool) {
        self.watched = watched;
        let is_short = self.empty.is_empty() && self.unmade == 0;
        match watched || self.held {
            true => self.mail.set_hunger(1),
            false if is_short => self.mail.set_hunger(self.helping),
            false => self.mail.set_fed(),
        }
    }

    /// Periodic work of the lanes.
    pub(super) fn tick(&mut self, now: Instant) {
        for lane in &mut self.lanes {
            lane.tick(now);
        }
    }

    /// Wakes every writer, whether it sleeps or not.
    pub(super) fn ring_all(&self) {
        for lane in &self.lanes {
            lane.ring_always();
        }
    }

    fn recycle(&mut self, mut batch: Arc<Batch>) {
        // While clones are away this one is dropped: the last to come home is kept.
        if let Some(contents) = Arc::get_mut(&mut batch) {
            contents.reset();
            self.away -= 1;
            self.empty.push(batch);
        }
    }

    fn take_empty(&mut self) -> Option<Arc<Batch>> {
        if self.empty.is_empty() {
            self.collect();
        }
        if self.empty.is_empty() && self.unmade > 0 {
            self.unmade -= 1;
            return Some(Arc::new(Batch::new(self.limits)));
        }
        if self.empty.is_empty() {
            self.mail.set_hunger(self.helping);
            self.collect();
        }
        self.empty.pop()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;
    use std::task::Waker;

    use crossbeam::sync::Parker;

    use super::*;
    use crate::engine::lane::{Bell, DROP_LANE_BATCHES, LaneOut, lane};
    use crate::engine::port::LaneKind;
    use crate::engine::testing::{batch_limits, push_message};

    fn pool(batches: usize, kinds: &[LaneKind]) -> (Pool, Vec<LaneOut>) {
        let mail = Arc::<Mail>::default();
        let bell = Bell::new(&Parker::new());
        let (ins, outs) =
            kinds.iter().map(|kind| lane(&"out".into(), *kind, batches, &bell, &mail)).unzip();
        (Pool::new(batch_limits(), batches, ins, mail), outs)
    }

    fn fill_and_seal(pool: &mut Pool) -> bool {
        let Some(batch) = pool.batch() else { return false };
        push_message(batch, &[7; 40]);
        pool.seal();
        true
    }

    #[test]
    fn every_batch_comes_home_and_none_is_made_anew() {
        let (mut pool, mut outs) = pool(5, &[LaneKind::Block, LaneKind::Block]);
        assert!(pool.empty.is_empty(), "none is made before it is needed");
        let mut seen = BTreeSet::new();
        for round in 0..1_000 {
            assert!(fill_and_seal(&mut pool));
            // The second writer lags behind the first by up to three batches.
            if let Some(batch) = outs[0].take() {
                assert_eq!(batch.records().len(), 1, "a recycled batch is empty at first");
                seen.insert(Arc::as_ptr(&batch));
                outs[0].send_home(batch);
            }
            if round % 4 == 3 {
                while let Some(batch) = outs[1].take() {
                    outs[1].send_home(batch);
                }
            }
        }
        pool.collect();
        assert_eq!((seen.len(), pool.unmade), (4, 1), "no more are made than are needed");
        assert_eq!(pool.empty.iter().map(Arc::as_ptr).collect::<BTreeSet<_>>(), seen);
    }

    #[test]
    fn a_pool_that_is_away_has_no_room_until_a_batch_is_home_from_every_lane() {
        let (mut pool, mut outs) = pool(3, &[LaneKind::Block, LaneKind::Block]);
        while fill_and_seal(&mut pool) {}
        assert_eq!((pool.sealed(), pool.has_room(), pool.room()), (3, false, 0));
        let batch = outs[0].take().unwrap();
        outs[0].send_home(batch);
        assert!(!pool.has_room(), "the other output still reads it");
        let batch = outs[1].take().unwrap();
        outs[1].send_home(batch);
        assert!(pool.has_room());
    }

    #[test]
    fn an_output_that_drops_and_stands_still_leaves_batches_to_the_others() {
        let kinds = [LaneKind::Drop, LaneKind::Block, LaneKind::Drop];
        let (mut pool, mut outs) = pool(2 * DROP_LANE_BATCHES + 1, &kinds);
        for _ in 0..100 {
            assert!(fill_and_seal(&mut pool), "starved by outputs that may drop");
            let batch = outs[1].take().unwrap();
            outs[1].send_home(batch);
        }
        assert_eq!(outs[1].counters().offered.get(), 100);
        for stuck in [0, 2] {
            let counters = outs[stuck].counters();
            assert_eq!(counters.offered.get(), DROP_LANE_BATCHES as u64);
            assert_eq!(counters.skipped.get(), 100 - DROP_LANE_BATCHES as u64);
        }
    }

    #[test]
    fn a_batch_that_is_due_stays_open_while_every_writer_is_behind() {
        let (mut pool, mut outs) = pool(9, &[LaneKind::Block, LaneKind::Drop]);
        let now = Instant::now();
        let due = |pool: &mut Pool| {
            push_message(pool.batch().unwrap(), &[7; 40]);
            pool.flush_at = pool.flush_at.or(Some(now));
            pool.hand_on(now);
            pool.sealed()
        };
        let home = |out: &mut LaneOut| {
            let batch = out.take().unwrap();
            let records = batch.records().len();
            out.send_home(batch);
            records
        };
        assert_eq!((due(&mut pool), due(&mut pool)), (1, 2));
        assert_eq!((due(&mut pool), due(&mut pool)), (2, 2), "both have two already");
        assert_eq!(pool.due_at(), None, "no time will help");
        while pool.mail.poll_news(Waker::noop()) {}
        home(&mut outs[1]);
        assert!(pool.mail.poll_news(Waker::noop()), "this wakes the reactor");
        assert_eq!(due(&mut pool), 3, "one of them has caught up");
        assert_eq!((home(&mut outs[0]), home(&mut outs[0]), home(&mut outs[0])), (1, 1, 3));
    }

    #[test]
    fn a_reactor_without_a_batch_is_woken_when_a_helping_is_home_and_a_watcher_for_each() {
        let (mut pool, mut outs) = pool(3 * HELPING, &[LaneKind::Block]);
        let mut home = |pool: &Pool| {
            let batch = outs[0].take().unwrap();
            outs[0].send_home(batch);
            pool.mail.poll_news(Waker::noop())
        };
        while fill_and_seal(&mut pool) {}
        assert_eq!([(); 3].map(|()| home(&pool)), [false, false, true]);
        assert!(!home(&pool), "it knows");
        assert!(pool.has_room());
        assert!(!home(&pool), "it is fed");
        while fill_and_seal(&mut pool) {}
        assert!(!home(&pool));
        pool.watch(true);
        for _ in 0..3 {
            assert!(home(&pool));
            pool.collect();
        }
        pool.watch(false);
        assert!(!home(&pool), "there are batches");
    }

    #[test]
    fn a_portion_is_wanted_by_writers_that_rest_and_by_no_others() {
        let (mut pool, mut outs) = pool(3, &[LaneKind::Block, LaneKind::Drop]);
        let portion = batch_limits().seal_bytes / PORTION;
        let fill = |pool: &mut Pool, octets| push_message(pool.batch().unwrap(), &vec![7; octets]);
        assert!(!pool.is_portion_wanted(), "nothing is there");
        fill(&mut pool, portion - 1);
        assert!(!pool.is_portion_wanted(), "it is too small");
        fill(&mut pool, 1);
        assert!(pool.is_portion_wanted());
        pool.seal();
        fill(&mut pool, portion);
        for out in &mut outs {
            assert!(!pool.is_portion_wanted(), "a batch waits in a lane");
            let batch = out.take().unwrap();
            assert!(!pool.is_portion_wanted(), "a writer is at work");
            out.send_home(batch);
        }
        assert!(pool.is_portion_wanted(), "all is home, and this is seen without being told");
        pool.seal();
        for _ in 0..batch_limits().records / PORTION {
            assert!(!pool.is_portion_wanted());
            for out in &mut outs {
                if let Some(batch) = out.take() {
                    out.send_home(batch);
                }
            }
            fill(&mut pool, 0);
        }
        assert!(pool.is_portion_wanted(), "many small messages are work, too");
    }

    #[test]
    fn without_outputs_batches_are_empty_at_once() {
        let (mut pool, _outs) = pool(1, &[]);
        for _ in 0..10 {
            assert!(fill_and_seal(&mut pool));
        }
    }
}
