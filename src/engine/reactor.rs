//! One reactor: the state that its sessions share, and the task that supervises them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime};

use crossbeam::utils::CachePadded;
use glommio::timer::Timer;
use rustix::time::{ClockId, clock_gettime};

use super::admission::Pass;
use super::conversation::converse;
use super::gate::{Gate, Ticket};
use super::idle::IdleWatch;
use super::mail::Mail;
use super::moving::{Exits, Guest};
use super::pool::Pool;
use super::reload::Settings;
use super::seat::{Seat, Work};
use super::stall::Stall;
use super::start::Inbox;
use super::stop::Phase;
use crate::net::RouterStream;
use crate::record::{Batch, SessionId};
use crate::session::{FramingError, Received, RouterTable, Session, SessionLimits};
use crate::telemetry::counters::ReactorCounters;
use crate::wire::Timestamp;

/// Octets read from a router in one go.
pub(super) const SCRATCH_BYTES: usize = 256 * 1024;
/// Octets that are read even when less fits into the batches: what is left over is kept.
const READ_BYTES_MIN: usize = 16 * 1024;
/// How long a reactor without work sleeps at most: a net under lost wake-ups.
const PAUSE_IDLE: Duration = Duration::from_millis(250);
/// The same while something is waited for.
const PAUSE_WAITING: Duration = Duration::from_millis(10);

/// How often a busy reactor says how much CPU time it has used.
const SAY_BUSY: Duration = Duration::from_millis(20);
/// In what pieces of time sessions' work is added up.
const EPOCH: Duration = Duration::from_secs(1);
/// How long sessions run before sockets, timers and wake-ups from outside are looked at again.
const ROUND: Duration = Duration::from_millis(1);
/// What of the flush interval is kept for rendering and writing, a quarter of it at most.
const WRITING: Duration = Duration::from_micros(1_500);
/// A wait so short that it is over when the executor has looked at its sockets.
const BREATH: Duration = Duration::from_micros(5);
/// How long after the supervisor should have moved the spare timers fire. A timer that fires just
/// when the executor is preempted is lost (see [`super::mail::Watch`]), so there is more than one.
const SPARES: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(40)];

/// A connection on its way to its reactor.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) stream: TcpStream,
    pub(super) id: SessionId,
    pub(super) router: SocketAddr,
    /// Belongs to the session for life: dropped, it tells the acceptor that the session is over.
    pub(super) pass: Pass,
}

/// What one turn of a session came to.
pub(super) enum Turn {
    /// All input is used.
    Fed,
    /// No batch was left: the rest is kept in the session.
    Stashed,
    /// The session is to move to this reactor.
    Leave(usize),
    /// The framing is broken.
    Broken(FramingError),
    /// The router closed the connection.
    EndOfStream,
    /// The connection broke.
    Failed(io::Error),
    /// The router has been silent for too long.
    Idle,
    /// The collector stops.
    Stopped,
}

/// What the sessions of a reactor share.
pub(super) struct Shard {
    pub(super) index: usize,
    /// Of sessions that begin.
    pub(super) limits: Cell<SessionLimits>,
    /// What is written down of routers. Set before the shard is shared.
    pub(super) table: RefCell<Arc<RouterTable>>,
    pub(super) counters: Arc<CachePadded<ReactorCounters>>,
    pub(super) mail: Arc<Mail>,
    /// How old the first record of a batch becomes before the batch is handed on.
    hold: Cell<Duration>,
    pub(super) exits: Exits,
    pub(super) pool: RefCell<Pool>,
    scratch: RefCell<Box<[u8]>>,
    gate: Gate,
    pub(super) seats: RefCell<HashMap<SessionId, Rc<Seat>>>,
    /// Sessions that wait until outputs are done with what they have said, and how many.
    pub(super) crossing: RefCell<Vec<Waker>>,
    crossings: Cell<usize>,
    /// Sessions that have had a turn and wait for the next.
    contenders: Cell<usize>,
    /// Counts seconds, roughly; and the work of all sessions.
    pub(super) epoch: Cell<u32>,
    epoch_until: Cell<Instant>,
    pub(super) work: Work,
    said_busy: Cell<Instant>,
    /// Whether the reactor spins instead of sleeping, set before the shard is shared. The thread's
    /// CPU time then says nothing, and the time of the turns stands for it.
    pub(super) spins: bool,
    in_turns: Cell<Duration>,
    stopping: Cell<bool>,
    supervisor: RefCell<Option<Waker>>,
    nudged: Cell<bool>,
    armed_until: Cell<Option<Instant>>,
    round_from: Cell<Instant>,
    spares: RefCell<Vec<Rc<RefCell<Timer>>>>,
    stall: RefCell<Stall>,
    /// Set before the shard is shared.
    pub(super) idle: IdleWatch,
}

impl Shard {
    pub(super) fn new(
        index: usize,
        limits: SessionLimits,
        flush_interval: Duration,
        pool: Pool,
        mail: Arc<Mail>,
        counters: Arc<CachePadded<ReactorCounters>>,
        exits: Exits,
    ) -> Self {
        let now = Instant::now();
        Self {
            index,
            limits: Cell::new(limits),
            table: RefCell::default(),
            counters,
            mail,
            hold: Cell::new(hold(flush_interval)),
            exits,
            pool: RefCell::new(pool),
            scratch: RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice()),
            gate: Gate::default(),
            seats: RefCell::default(),
            crossing: RefCell::default(),
            crossings: Cell::new(0),
            contenders: Cell::new(0),
            epoch: Cell::new(0),
            epoch_until: Cell::new(now + EPOCH),
            work: Work::default(),
            said_busy: Cell::new(now),
            spins: false,
            in_turns: Cell::default(),
            stopping: Cell::new(false),
            supervisor: RefCell::new(None),
            nudged: Cell::new(false),
            armed_until: Cell::new(None),
            round_from: Cell::new(now),
            spares: RefCell::default(),
            stall: RefCell::default(),
            idle: IdleWatch::default(),
        }
    }

    /// A session's task begins; `moved` tells that it did on another reactor before.
    pub(super) fn enter(&self, id: SessionId, waker: &Waker, moved: bool) -> Rc<Seat> {
        let seat = Rc::new(Seat::new(waker.clone()));
        self.seats.borrow_mut().insert(id, Rc::clone(&seat));
        self.idle.enter(id);
        if moved {
            seat.settle(self.epoch.get());
            self.counters.sessions_moved.add(1);
        } else {
            self.counters.sessions_opened.add(1);
        }
        self.counters.sessions_open.add(1);
        seat
    }

    /// A session's task ends; `moved` tells that it goes on on another reactor.
    pub(super) fn leave(&self, id: SessionId, moved: bool) {
        self.seats.borrow_mut().remove(&id);
        self.idle.leave(id);
        if !moved {
            self.counters.sessions_closed.add(1);
        }
        self.counters.sessions_open.sub(1);
        self.mail.session_ends();
        if self.stopping.get() {
            self.nudge();
        }
    }

    /// One turn of a session: reads once and decodes what came, or goes on with what is kept.
    pub(super) fn poll_turn(
        &self,
        cx: &mut Context<'_>,
        seat: &Seat,
        stream: &mut RouterStream,
        session: &mut Session,
        stashed: bool,
    ) -> Poll<Turn> {
        if self.stopping.get() && !stashed {
            return Poll::Ready(Turn::Stopped);
        }
        if !self.admit(cx, &seat.ticket, stashed) {
            return Poll::Pending;
        }
        let began = self.spins.then(Instant::now);
        if stashed {
            return self.turn_over(began, self.feed(session, &[]));
        }
        // Only here: nothing is kept that belongs into a batch, and no grant is lost.
        let epoch = self.epoch.get();
        if let Some(to) = seat.take_leave(epoch) {
            return Poll::Ready(Turn::Leave(to));
        }
        let mut scratch = self.scratch.borrow_mut();
        let room = self.pool.borrow().room().clamp(READ_BYTES_MIN, SCRATCH_BYTES);
        let limit = seat.portion(self.contenders.get()).min(room);
        let turn = match stream.poll_read(cx, &mut scratch[..limit]) {
            Poll::Pending if self.idle.is_overdue(session.id()) => Turn::Idle,
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(0)) => Turn::EndOfStream,
            Poll::Ready(Ok(read)) => {
                self.idle.hear(session.id());
                self.counters.octets_received.add(read as u64);
                seat.work.add(epoch, read);
                seat.has_read(read, limit);
                self.work.add(epoch, read);
                self.feed(session, &scratch[..read])
            }
            Poll::Ready(Err(error)) => Turn::Failed(error),
        };
        self.turn_over(began, turn)
    }

    /// Counts a turn's time where that is the measure of work.
    fn turn_over(&self, began: Option<Instant>, turn: Turn) -> Poll<Turn> {
        if let Some(began) = began {
            self.in_turns.set(self.in_turns.get() + began.elapsed());
        }
        Poll::Ready(turn)
    }

    /// Ends a session's turn: the others come first, and once in a [`ROUND`] the executor looks at
    /// what has happened meanwhile, because then all tasks wait and none is runnable.
    pub(super) async fn breathe(&self) {
        let now = Instant::now();
        self.hand_on(now);
        self.contenders.set(self.contenders.get() + 1);
        if now.saturating_duration_since(self.round_from.get()) < ROUND {
            glommio::executor().yield_now().await;
        } else {
            Timer::new(BREATH).await;
            self.round_from.set(Instant::now());
        }
        self.contenders.set(self.contenders.get() - 1);
    }

    /// Hands the open batch on when it is due, or worth the while of writers that rest.
    /// The supervisor's timer alone would be late: it fires between rounds.
    fn hand_on(&self, now: Instant) {
        let mut pool = self.pool.borrow_mut();
        pool.hand_on(now);
        self.counters.batches_sealed.set(pool.sealed());
    }

    /// Whether the session may use the pool now; else it is woken in its turn.
    pub(super) fn admit(&self, cx: &Context<'_>, ticket: &Rc<Ticket>, first: bool) -> bool {
        let has_room = self.has_room();
        let admitted = self.gate.admit(ticket, cx, first, has_room);
        if !has_room && self.stall.borrow_mut().begin(self.index, &self.counters) {
            self.nudge();
        }
        admitted
    }

    /// Lets `push` write a record; seals and says `false` when the batch has no room for it.
    pub(super) fn push<E>(&self, push: impl FnOnce(&mut Batch) -> Result<(), E>) -> bool {
        let mut pool = self.pool.borrow_mut();
        let pushed = pool.batch().is_some_and(|batch| push(batch).is_ok());
        if !pushed {
            pool.seal();
        }
        drop(pool);
        self.after_records();
        pushed
    }

    /// Decodes `input` into as many batches as it takes.
    fn feed(&self, session: &mut Session, mut input: &[u8]) -> Turn {
        let now = Timestamp::from(SystemTime::now());
        // What is known of the router may have changed, or the session comes from elsewhere.
        session.follow(&self.table.borrow());
        let mut pool = self.pool.borrow_mut();
        let turn = loop {
            let Some(batch) = pool.batch() else {
                session.stash(input);
                break Turn::Stashed;
            };
            let was_empty = batch.is_empty();
            let (used, received) = session.receive(now, input, batch);
            input = input.get(used..).unwrap_or_default();
            match received {
                Received::NeedInput => break Turn::Fed,
                Received::BatchFull if was_empty && !pool.holds_records() => {
                    break Turn::Failed(io::Error::other("a message does not fit into a batch"));
                }
                Received::BatchFull => pool.seal(),
                Received::Broken(error) => break Turn::Broken(error),
            }
        };
        drop(pool);
        self.after_records();
        turn
    }

    /// Seals a full batch, and sees to it that one that is not full is sealed in time.
    fn after_records(&self) {
        let mut pool = self.pool.borrow_mut();
        // Asking for the batch to fill seals a full one.
        pool.batch();
        if pool.holds_records() && pool.flush_at.is_none() {
            let at = Instant::now() + self.hold.get();
            pool.flush_at = Some(at);
            if self.armed_until.get().is_none_or(|armed| at < armed) {
                self.nudge();
            }
        }
        self.counters.batches_sealed.set(pool.sealed());
    }

    /// Whether the collector stops.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.get()
    }

    /// Seals for a session that is to leave; `None` when an output has no room.
    pub(super) fn seal_and_mark(&self) -> Option<Vec<u64>> {
        let mut pool = self.pool.borrow_mut();
        let marks = pool.mark();
        self.counters.batches_sealed.set(pool.sealed());
        marks
    }

    /// A session waits for outputs: the supervisor is woken for every batch that comes home.
    pub(super) fn crossing_begins(&self) {
        self.crossings.set(self.crossings.get() + 1);
        self.pool.borrow_mut().watch(true);
        self.nudge();
    }

    /// It waits no longer.
    pub(super) fn crossing_ends(&self) {
        self.crossings.set(self.crossings.get() - 1);
        if self.crossings.get() == 0 {
            self.pool.borrow_mut().watch(false);
        }
    }

    fn has_room(&self) -> bool {
        let has_room = self.pool.borrow_mut().has_room();
        if has_room {
            self.stall.borrow_mut().end(&self.counters);
        }
        has_room
    }

    /// Wakes the supervisor from a task of the same reactor.
    fn nudge(&self) {
        self.nudged.set(true);
        if let Some(waker) = self.supervisor.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }

    /// Sleeps until there is news or something is due.
    async fn pause(&self) {
        let now = Instant::now();
        let waiting = self.gate.is_queued() || self.stopping.get() || self.crossings.get() > 0;
        let longest = match waiting {
            true => now + PAUSE_WAITING,
            false => now + PAUSE_IDLE,
        };
        let until = self.pool.borrow().due_at().map_or(longest, |flush| flush.min(longest));
        self.armed_until.set(Some(until));
        let time = until.saturating_duration_since(now);
        for (spare, after) in self.spares.borrow().iter().zip(SPARES) {
            spare.borrow_mut().reset(time + after);
        }
        let mut timer = pin!(Timer::new(time));
        poll_fn(|cx| {
            self.mail.beat(cx.waker());
            *self.supervisor.borrow_mut() = Some(cx.waker().clone());
            if self.mail.poll_news(cx.waker()) || self.nudged.replace(false) {
                return Poll::Ready(());
            }
            timer.as_mut().poll(cx).map(drop)
        })
        .await;
    }

    /// Everything that is due now.
    fn tick(&self) {
        let now = Instant::now();
        let mut pool = self.pool.borrow_mut();
        pool.collect();
        self.counters.batches_in_flight.set(pool.away());
        pool.hand_on(now);
        self.counters.batches_sealed.set(pool.sealed());
        pool.tick(now);
        drop(pool);
        self.measure(now);
        self.crossing.take().into_iter().for_each(Waker::wake);
        if self.gate.is_queued() {
            let has_room = self.has_room();
            self.gate.pass_on(has_room);
        }
        self.rouse_idle(now);
        self.stall.borrow_mut().tick(now, self.index);
    }

    /// Says how busy the reactor is, and begins epochs.
    fn measure(&self, now: Instant) {
        if now.saturating_duration_since(self.said_busy.get()) >= SAY_BUSY {
            self.said_busy.set(now);
            self.counters.busy_ns.set(match self.spins {
                true => u64::try_from(self.in_turns.get().as_nanos()).unwrap_or(u64::MAX),
                false => {
                    let used = clock_gettime(ClockId::ThreadCPUTime);
                    used.tv_sec.cast_unsigned() * 1_000_000_000 + used.tv_nsec.cast_unsigned()
                }
            });
        }
        if now >= self.epoch_until.get() {
            self.epoch_until.set(now + EPOCH);
            self.epoch.set(self.epoch.get() + 1);
        }
    }

    /// Has sessions that have been silent for too long look for the last time.
    fn rouse_idle(&self, now: Instant) {
        let deaf_until = self.stall.borrow().deaf_until(now);
        while let Some(id) = self.idle.next_overdue(now, deaf_until) {
            if let Some(seat) = self.seats.borrow().get(&id) {
                seat.waker.wake_by_ref();
            }
        }
    }

    /// Goes by other settings from now on.
    fn reload(&self, settings: Settings) {
        let Settings { routers, flush_interval } = settings;
        self.limits.set(SessionLimits { dialect: routers.dialect, ..self.limits.get() });
        self.hold.set(hold(flush_interval));
        self.table.replace(routers.table);
        let sessions = self.seats.borrow();
        self.idle.set_timeout(routers.limits.idle_timeout, sessions.keys().copied());
    }

    fn begin_stop(&self) {
        if !self.stopping.replace(true) {
            for seat in self.seats.borrow().values() {
                seat.waker.wake_by_ref();
            }
        }
    }

    /// Hands over what is left and tells the writers that no more comes.
    fn finish(&self) {
        let mut pool = self.pool.borrow_mut();
        pool.seal();
        pool.tick(Instant::now());
        self.counters.batches_sealed.set(pool.sealed());
        self.supervisor.borrow_mut().take();
        self.mail.set_done();
        pool.ring_all();
    }
}

/// How long records may be held so that they are written within `flush_interval`.
fn hold(flush_interval: Duration) -> Duration {
    flush_interval - (flush_interval / 4).min(WRITING)
}

/// Sets up the spare timers, which the supervisor pushes ahead of itself.
fn start_spares(shard: &Rc<Shard>) {
    for after in SPARES {
        let timer = Rc::new(RefCell::new(Timer::new(after)));
        shard.spares.borrow_mut().push(Rc::clone(&timer));
        let shard = Rc::clone(shard);
        let task = async move {
            loop {
                poll_fn(|cx| Pin::new(&mut *timer.borrow_mut()).poll(cx)).await;
                timer.borrow_mut().reset(PAUSE_IDLE + after);
                shard.nudge();
            }
        };
        glommio::spawn_local(task).detach();
    }
}

/// Starts a session's task.
fn start(shard: &Rc<Shard>, guest: Box<Guest>, stream: TcpStream, from: Option<usize>) {
    glommio::spawn_local(converse(Rc::clone(shard), guest, stream, from)).detach();
}

/// The reactor's main task: starts sessions, flushes, and ends when told to stop.
pub(super) async fn supervise(shard: Rc<Shard>, inbox: Inbox) {
    start_spares(&shard);
    loop {
        shard.pause().await;
        let phase = shard.exits.stop.phase();
        // Pairs with the fence in `moving::announce`.
        fence(Ordering::SeqCst);
        while let Ok(settings) = inbox.settings.try_recv() {
            shard.reload(settings);
        }
        while let Ok(arrival) = inbox.arrivals.try_recv() {
            if phase == Phase::Run {
                let Arrival { stream, id, router, pass } = arrival;
                let mut session = Session::new(id, router, shard.limits.get());
                session.follow(&shard.table.borrow());
                let guest = Box::new(Guest { session, router, pass });
                start(&shard, guest, stream, None);
            } else {
                shard.mail.session_ends();
            }
        }
        // These have begun: they are closed in order when the collector stops.
        while let Ok(moved) = inbox.moved.try_recv() {
            start(&shard, moved.guest, moved.stream, Some(moved.from));
        }
        while let Ok(order) = inbox.orders.try_recv() {
            shard.give_up(&order);
        }
        if phase != Phase::Run {
            shard.begin_stop();
        }
        shard.tick();
        let drained = phase == Phase::Drain && shard.mail.sessions() == 0;
        if drained || phase == Phase::Abort {
            break;
        }
    }
    shard.finish();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_flush_interval_is_left_for_writing() {
        for (interval_us, hold_us) in [(10_000, 8_500), (6_000, 4_500), (1_000, 750)] {
            let interval = Duration::from_micros(interval_us);
            assert_eq!(hold(interval), Duration::from_micros(hold_us));
        }
    }
}
