//! A writer: a pinned thread that owns outputs and takes what reactors have sealed to them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::sync::Parker;
use crossbeam::utils::CachePadded;

use super::herald::Pulse;
use super::lane::{Bell, LaneOut};
use super::mail::Mail;
use super::port::{Consumed, Progress, Sink};
use super::stop::{Orders, Phase, StopFlag};
use crate::record::Batch;
use crate::telemetry::counters::OutputCounters;

/// The sleep after which a writer looks at an output that waits, at first and at most.
const BACKOFF_MIN: Duration = Duration::from_millis(1);
const BACKOFF_MAX: Duration = Duration::from_millis(16);
/// The sleep of a writer without work: periodic work of its outputs runs this often.
const SLEEP_IDLE: Duration = Duration::from_millis(500);
/// While draining: how long an output that owes no record may still be about something.
const DRAIN_GRACE: Duration = Duration::from_millis(250);

/// What a turn has come to.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    /// Something got further: go on at once.
    moved: bool,
    /// Something waits for the other side: look again soon.
    waiting: bool,
}

/// An output on its writer.
pub(super) struct Slot {
    name: Arc<str>,
    sink: Box<dyn Sink>,
    lanes: Vec<LaneOut>,
    next: usize,
    hand: Option<(usize, Arc<Batch>)>,
    /// It has said what is to be said at the end.
    finished: bool,
    /// It is to read its files again, once it is done with the batch in hand.
    reload: bool,
    counters: Arc<CachePadded<OutputCounters>>,
}

/// The thread's state.
pub(super) struct Writer {
    pub(super) slots: Vec<Slot>,
    pub(super) parker: Parker,
    pub(super) bell: Arc<Bell>,
    pub(super) pulse: Pulse,
    pub(super) stop: Arc<StopFlag>,
    pub(super) reactors: Vec<Arc<Mail>>,
    /// Looks for work all the time instead of sleeping.
    pub(super) busy_poll: bool,
}

impl Slot {
    pub(super) fn new(
        name: Arc<str>,
        sink: Box<dyn Sink>,
        lanes: Vec<LaneOut>,
        counters: Arc<CachePadded<OutputCounters>>,
    ) -> Self {
        Self { name, sink, lanes, next: 0, hand: None, finished: false, reload: false, counters }
    }

    /// Lets the output deliver, then gives it the batch in hand or the next one.
    fn turn(&mut self, now: Instant) -> Step {
        let mut step = Step::default();
        if self.reload && self.hand.is_none() {
            self.reload = false;
            self.sink.reload();
        }
        match self.sink.poll(now) {
            Progress::Moved => step.moved = true,
            Progress::Waiting => step.waiting = true,
            Progress::Idle => {}
        }
        if let Some((lane, batch)) = self.hand.take().or_else(|| self.take()) {
            match self.sink.consume(&batch, now) {
                Consumed::Done => {
                    step.moved = true;
                    self.counters.taken_records.add(batch.records().len() as u64);
                    self.counters.batches.add(1);
                    self.lanes[lane].send_home(batch);
                }
                Consumed::Blocked { moved } => {
                    step.moved |= moved;
                    step.waiting = true;
                    self.hand = Some((lane, batch));
                }
            }
        }
        self.publish();
        step
    }

    /// The next sealed batch, of one reactor after the other.
    fn take(&mut self) -> Option<(usize, Arc<Batch>)> {
        for _ in 0..self.lanes.len() {
            let lane = self.next;
            self.next = (self.next + 1) % self.lanes.len();
            if let Some(batch) = self.lanes[lane].take() {
                return Some((lane, batch));
            }
        }
        None
    }

    fn publish(&self) {
        let figures = self.sink.figures();
        self.counters.records.set(figures.records);
        self.counters.octets.set(figures.bytes);
        self.counters.dropped_records.set(figures.dropped);
        self.counters.left_out_routes.set(figures.left_out);
        self.counters.pending_records.set(figures.pending);
        self.counters.filtered_records.set(figures.filtered);
        let skipped = self.lanes.iter().map(|lane| lane.counters().skipped.get()).sum();
        self.counters.skipped_records.set(skipped);
    }

    /// Whether a batch waits that the output could be given.
    fn has_news(&self) -> bool {
        self.hand.is_none() && self.lanes.iter().any(|lane| !lane.is_empty())
    }

    /// Whether everything taken is delivered and nothing waits to be taken.
    fn owes_nothing(&self) -> bool {
        self.hand.is_none()
            && self.lanes.iter().all(LaneOut::is_empty)
            && self.sink.figures().pending == 0
    }
}

impl Writer {
    /// Works until the engine stops and everything is delivered, or it must end.
    pub(super) fn run(mut self) {
        let mut backoff = BACKOFF_MIN;
        let mut done = Orders::default();
        let mut clear_since = None;
        loop {
            self.pulse.beat();
            let now = Instant::now();
            let phase = self.stop.phase();
            if phase == Phase::Abort {
                break;
            }
            let wanted = self.stop.orders();
            if wanted.reopens != done.reopens {
                self.reopen();
            }
            if wanted.reloads != done.reloads {
                self.slots.iter_mut().for_each(|slot| slot.reload = true);
            }
            done = wanted;
            // Asked before the lanes are: what a reactor pushed before it was done is then seen.
            let last = self.reactors.iter().all(|reactor| reactor.is_done());
            let step = self.turn(now);
            let drained = phase == Phase::Drain && last;
            if drained {
                self.slots.iter_mut().for_each(|slot| slot.sink.drain());
            }
            if drained && self.slots.iter().all(Slot::owes_nothing) && !self.finish(now) {
                let since = *clear_since.get_or_insert(now);
                if !step.moved && (!step.waiting || now - since >= DRAIN_GRACE) {
                    break;
                }
            } else {
                clear_since = None;
            }
            if step.moved {
                backoff = BACKOFF_MIN;
                continue;
            }
            let time = match step.waiting || phase == Phase::Drain {
                true => backoff,
                false => SLEEP_IDLE,
            };
            backoff = (backoff * 2).min(BACKOFF_MAX);
            self.sleep(time, phase, done);
        }
        for slot in &self.slots {
            slot.publish();
        }
    }

    /// One turn of each output: one that is blocked does not stop the others.
    fn turn(&mut self, now: Instant) -> Step {
        let mut all = Step::default();
        for slot in &mut self.slots {
            let step = slot.turn(now);
            all.moved |= step.moved;
            all.waiting |= step.waiting;
        }
        all
    }

    /// Lets the outputs say their last words; whether one of them did.
    fn finish(&mut self, now: Instant) -> bool {
        let mut news = false;
        for slot in self.slots.iter_mut().filter(|slot| !slot.finished) {
            slot.finished = slot.sink.finish(now);
            news = true;
        }
        news
    }

    fn sleep(&self, time: Duration, phase: Phase, done: Orders) {
        let is_wanted = || {
            self.slots.iter().any(Slot::has_news)
                || self.stop.phase() != phase
                || self.stop.orders() != done
        };
        if !self.busy_poll {
            return self.bell.sleep(&self.parker, time, is_wanted);
        }
        let until = Instant::now() + time;
        while !is_wanted() && Instant::now() < until {
            std::hint::spin_loop();
        }
    }

    fn reopen(&mut self) {
        for slot in &mut self.slots {
            slot.sink.reopen();
            tracing::info!(output = &*slot.name, "reopened");
        }
    }
}
