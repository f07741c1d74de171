//! A lane: the way of sealed batches from one reactor to one output, and back.
//!
//! ```text
//!   reactor   LaneIn ══ full ring ══▶ LaneOut   writer
//!                    ◀═ home ring ═══
//! ```
//!
//! A lane knows how many batches are away: in either ring or in the writer's hand. A lane that
//! holds back has room for the whole pool, so its pushes cannot fail; a lane that drops lends out
//! only a few batches, so that an output that stands still keeps no more than those.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::time::{Duration, Instant};

use crossbeam::sync::{Parker, Unparker};
use crossbeam::utils::CachePadded;
use rtrb::{Consumer, Producer, RingBuffer};

use super::episode::{Episode, Tell};
use super::mail::Mail;
use super::missed::Missed;
use super::port::LaneKind;
use crate::record::{Batch, SessionId};
use crate::telemetry::counters::Cell as Count;

/// Batches that a lane of an output that may drop can have away at a time.
pub(super) const DROP_LANE_BATCHES: usize = 4;

/// What a reactor counts of a lane.
#[derive(Debug, Default)]
pub(super) struct LaneCounters {
    /// BMP records pushed into the lane.
    pub(super) offered: Count,
    /// BMP records that passed the lane by because it was full.
    pub(super) skipped: Count,
}

const _: () = assert!(align_of::<CachePadded<LaneCounters>>() >= 64);

/// How a reactor wakes a writer, at the price of a load when the writer is awake.
// On cache lines of its own: every reactor looks at it after each push.
#[repr(align(128))]
#[derive(Debug)]
pub(super) struct Bell {
    asleep: AtomicBool,
    unparker: Unparker,
}

const _: () = assert!(align_of::<Bell>() >= 128);

impl Bell {
    /// A bell for the owner of `parker`.
    pub(super) fn new(parker: &Parker) -> Arc<Self> {
        Arc::new(Self { asleep: AtomicBool::new(false), unparker: parker.unparker().clone() })
    }

    /// Wakes the writer if it sleeps; call after the push.
    pub(super) fn ring(&self) {
        // Pairs with the fence in `sleep`: either the push is seen there, or the sleeper here.
        fence(Ordering::SeqCst);
        if self.asleep.load(Ordering::Relaxed) {
            self.ring_always();
        }
    }

    /// Wakes the writer without looking.
    pub(super) fn ring_always(&self) {
        self.asleep.store(false, Ordering::Relaxed);
        self.unparker.unpark();
    }

    /// Sleeps for up to `time` unless `news` says that there is something to do.
    pub(super) fn sleep(&self, parker: &Parker, time: Duration, news: impl FnOnce() -> bool) {
        self.asleep.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if !news() {
            parker.park_timeout(time);
        }
        self.asleep.store(false, Ordering::Relaxed);
    }
}

/// The reactor's end of a lane.
pub(super) struct LaneIn {
    name: Arc<str>,
    full: Producer<Arc<Batch>>,
    home: Consumer<Arc<Batch>>,
    slots: usize,
    away: usize,
    /// Batches pushed so far.
    sent: u64,
    /// The same when missed markers were last pushed.
    told: u64,
    counters: Arc<CachePadded<LaneCounters>>,
    bell: Arc<Bell>,
    dropping: Episode,
    missed: Missed,
}

/// The writer's end of a lane.
pub(super) struct LaneOut {
    full: Consumer<Arc<Batch>>,
    home: Producer<Arc<Batch>>,
    counters: Arc<CachePadded<LaneCounters>>,
    mail: Arc<Mail>,
}

/// A lane to the output `name` from a reactor whose pool has `pool` batches.
pub(super) fn lane(
    name: &Arc<str>,
    kind: LaneKind,
    pool: usize,
    bell: &Arc<Bell>,
    mail: &Arc<Mail>,
) -> (LaneIn, LaneOut) {
    let slots = match kind {
        LaneKind::Block => pool,
        LaneKind::Drop => DROP_LANE_BATCHES.min(pool),
    };
    let (full_in, full_out) = RingBuffer::new(slots);
    let (home_in, home_out) = RingBuffer::new(slots);
    let counters = Arc::new(CachePadded::new(LaneCounters::default()));
    let lane_in = LaneIn {
        name: Arc::clone(name),
        full: full_in,
        home: home_out,
        slots,
        away: 0,
        sent: 0,
        told: 0,
        counters: Arc::clone(&counters),
        bell: Arc::clone(bell),
        dropping: Episode::default(),
        missed: Missed::default(),
    };
    (lane_in, LaneOut { full: full_out, home: home_in, counters, mail: Arc::clone(mail) })
}

impl LaneIn {
    /// Offers a sealed batch to the output, or counts that it was passed by.
    pub(super) fn offer(&mut self, batch: &Arc<Batch>, now: Instant) {
        // Markers that were missed come first: their sessions' records are in this batch.
        let needed = 1 + usize::from(!self.missed.is_empty());
        if self.away + needed <= self.slots {
            self.tell_missed();
            if self.push(Arc::clone(batch)) {
                return;
            }
        }
        let records = batch.records().len() as u64;
        self.missed.note(batch);
        self.counters.skipped.add(records);
        let told = self.dropping.note(now, records);
        self.tell(told, records);
    }

    fn push(&mut self, batch: Arc<Batch>) -> bool {
        let records = batch.records().len() as u64;
        // Counted before the push, so that nobody ever sees more taken than offered.
        self.counters.offered.add(records);
        if self.away < self.slots && self.full.push(batch).is_ok() {
            self.away += 1;
            self.sent += 1;
            self.bell.ring();
            return true;
        }
        self.counters.offered.set(self.counters.offered.get() - records);
        false
    }

    /// Sends the markers that were missed, if there are any and there is room.
    fn tell_missed(&mut self) {
        if !self.missed.is_empty() && self.away < self.slots {
            let markers = self.missed.take();
            self.push(Arc::new(markers));
            self.told = self.sent;
        }
    }

    /// Takes a batch of the pool that the output is done with.
    pub(super) fn take_home(&mut self) -> Option<Arc<Batch>> {
        loop {
            let batch = self.home.pop().ok()?;
            self.away -= 1;
            if !batch.is_detached() {
                return Some(batch);
            }
        }
    }

    /// Whether the output is done with all that it got, so far as is known here.
    pub(super) fn is_at_rest(&self) -> bool {
        self.away == 0
    }

    /// Whether batches wait behind the one that the output works on, so far as is known here.
    pub(super) fn is_behind(&self) -> bool {
        self.away >= 2
    }

    /// Whether the output has as many batches as it can have.
    pub(super) fn is_full(&self) -> bool {
        self.away >= self.slots
    }

    /// A mark behind all that was pushed so far.
    pub(super) fn mark(&self) -> u64 {
        self.sent
    }

    /// Whether the output is done with all that lies before `mark`, and knows of the session what
    /// it is to know of it from here.
    pub(super) fn has_passed(&self, mark: u64, session: SessionId) -> bool {
        let done = self.sent - self.away as u64;
        done >= mark.max(self.told) && !self.missed.concerns(session)
    }

    /// Looks whether dropping is over, and makes up for markers that were missed.
    pub(super) fn tick(&mut self, now: Instant) {
        self.tell_missed();
        let told = self.dropping.tick(now);
        self.tell(told, 0);
    }

    /// Wakes the writer for news that is not in the lane.
    pub(super) fn ring_always(&self) {
        self.bell.ring_always();
    }

    fn tell(&self, told: Option<Tell>, first: u64) {
        let output = &*self.name;
        match told {
            Some(Tell::Begun) => tracing::warn!(output, records = first, "lane-dropping"),
            Some(Tell::Lasts(records)) => tracing::warn!(output, records, "lane-dropping"),
            Some(Tell::Ended(records)) => tracing::info!(output, records, "lane-dropping-end"),
            None => {}
        }
    }
}

impl LaneOut {
    /// Takes the next sealed batch.
    pub(super) fn take(&mut self) -> Option<Arc<Batch>> {
        self.full.pop().ok()
    }

    /// Whether no sealed batch waits.
    pub(super) fn is_empty(&self) -> bool {
        self.full.is_empty()
    }

    /// Gives a batch back to its reactor and wakes that if it waits for one.
    pub(super) fn send_home(&mut self, batch: Arc<Batch>) {
        // The ring holds all batches that the lane can have away: the push cannot fail.
        let sent = self.home.push(batch);
        debug_assert!(sent.is_ok());
        self.mail.came_home();
    }

    /// The cells of [`LaneOut::counters`].
    pub(super) fn shared_counters(&self) -> Arc<CachePadded<LaneCounters>> {
        Arc::clone(&self.counters)
    }

    /// What the reactor counts of this lane.
    pub(super) fn counters(&self) -> &LaneCounters {
        &self.counters
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::engine::testing::{batch_limits, filled, push_event};
    use crate::record::Event;

    fn ends(kind: LaneKind, pool: usize) -> (LaneIn, LaneOut) {
        lane(&"out".into(), kind, pool, &Bell::new(&Parker::new()), &Arc::default())
    }

    #[test]
    fn a_holding_lane_takes_the_whole_pool() {
        let (mut lane_in, mut lane_out) = ends(LaneKind::Block, 9);
        let batch = Arc::new(filled(batch_limits(), 3));
        for _ in 0..9 {
            lane_in.offer(&batch, Instant::now());
        }
        assert_eq!(lane_out.counters().offered.get(), 27);
        assert_eq!(lane_out.counters().skipped.get(), 0);
        assert_eq!(std::iter::from_fn(|| lane_out.take()).count(), 9);
    }

    #[test]
    fn a_dropping_lane_counts_what_passes_it_by_even_while_a_batch_is_in_hand() {
        let (mut lane_in, mut lane_out) = ends(LaneKind::Drop, 99);
        let batch = Arc::new(filled(batch_limits(), 3));
        lane_in.offer(&batch, Instant::now());
        let hand = lane_out.take().unwrap();
        for _ in 0..DROP_LANE_BATCHES + 1 {
            lane_in.offer(&batch, Instant::now());
        }
        assert_eq!(lane_out.counters().offered.get(), 3 * DROP_LANE_BATCHES as u64);
        assert_eq!(lane_out.counters().skipped.get(), 6);
        lane_out.send_home(hand);
        assert!(lane_in.take_home().is_some());
        lane_in.offer(&batch, Instant::now());
        assert_eq!(lane_out.counters().skipped.get(), 6, "one came home, so one may go");
    }

    #[test]
    fn a_session_that_opens_or_ends_while_the_lane_is_full_is_made_known_later() {
        let (mut lane_in, mut lane_out) = ends(LaneKind::Drop, 99);
        let records = Arc::new(filled(batch_limits(), 3));
        for _ in 0..DROP_LANE_BATCHES {
            lane_in.offer(&records, Instant::now());
        }
        let mut opening = filled(batch_limits(), 1);
        push_event(&mut opening, &[], Event::SessionOpen);
        lane_in.offer(&Arc::new(opening), Instant::now());
        assert_eq!(lane_out.counters().skipped.get(), 2);
        // One free slot is for the marker alone, in front of what its session says next.
        let home = |lane_out: &mut LaneOut| lane_out.take().map(|batch| lane_out.send_home(batch));
        home(&mut lane_out).unwrap();
        assert!(lane_in.take_home().is_some());
        lane_in.offer(&records, Instant::now());
        assert_eq!(lane_out.counters().skipped.get(), 5);
        lane_in.tick(Instant::now());
        for _ in 0..DROP_LANE_BATCHES - 1 {
            home(&mut lane_out).unwrap();
        }
        let marker = lane_out.take().unwrap();
        assert!(marker.is_detached());
        assert_eq!(marker.records()[0].event, Event::SessionOpen);
        lane_out.send_home(marker);
        let pooled = std::iter::from_fn(|| lane_in.take_home()).count();
        assert_eq!(pooled, DROP_LANE_BATCHES - 1, "the marker's batch is none of the pool's");
        let offered = 3 * DROP_LANE_BATCHES as u64 + 1;
        assert_eq!(lane_out.counters().offered.get(), offered);
    }

    #[test]
    fn a_ring_between_look_and_sleep_is_not_lost() {
        let parker = Parker::new();
        let bell = Bell::new(&parker);
        let before = Instant::now();
        bell.sleep(&parker, Duration::from_secs(60), || {
            bell.ring();
            false
        });
        assert!(before.elapsed() < Duration::from_secs(30));
    }
}
