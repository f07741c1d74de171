//! One thread and its connections. A turn costs what can go on, not what there is: connections
//! that wait stand in no list that is walked.
//!
//! ```text
//!  waiting ─▶ connecting ─▶ ready ◀────▶ hungry (for tokens of the rate)
//!                 ▲          │ ▲ ╲
//!         storm ──┘  blocked ◀┘ ┴  timed (a schedule, a slow line) · parked (the dump of others)
//! ```

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant, SystemTime};

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, epoll, poll};

use super::connection::{Connection, Wrote};
use super::rate::Grant;
use super::report::RouterReport;
use super::run::{Gauge, Shared};
use super::stamp::stamp_each;
use super::stream::{Ahead, Limit};
use super::walk::Counts;

/// Where a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In no list: it has not begun, or has ended.
    Out,
    Ready,
    Hungry,
    /// Epoll will tell.
    Blocked,
    /// A timer will tell.
    Timed,
    Parked,
}

/// A connection and its place.
#[derive(Debug)]
struct Slot {
    connection: Option<Connection>,
    place: Place,
    /// Whether it has a buffer of ours.
    lent: bool,
    /// Whether the others need not wait for its dump any more.
    arrived: bool,
}

/// One thread and its connections.
pub(super) struct Worker<'a> {
    shared: &'a Shared<'a>,
    gauge: &'a Gauge,
    epoll: OwnedFd,
    slots: Vec<Slot>,
    alive: usize,
    /// Those that are still to connect, the next one last.
    waiting: Vec<u32>,
    connecting: Vec<u32>,
    ready: VecDeque<u32>,
    hungry: VecDeque<u32>,
    timers: BinaryHeap<Reverse<(Instant, u32)>>,
    parked: Vec<u32>,
    ended: Vec<RouterReport>,
    /// Buffers that nobody has.
    memory: Vec<Vec<u8>>,
    lent: usize,
    sent: Counts,
    connected: u64,
    failed: u64,
    starved: bool,
    stop_seen: Option<Instant>,
    next_scan: Instant,
}

impl<'a> Worker<'a> {
    /// # Errors
    /// When there is no descriptor left.
    pub(super) fn new(
        shared: &'a Shared<'a>,
        gauge: &'a Gauge,
        connections: Vec<Connection>,
    ) -> io::Result<Self> {
        let slots: Vec<Slot> = connections
            .into_iter()
            .map(|connection| Slot {
                arrived: connection.is_slow(),
                connection: Some(connection),
                place: Place::Out,
                lent: false,
            })
            .collect();
        Ok(Self {
            shared,
            gauge,
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            alive: slots.len(),
            waiting: (0..slots.len() as u32).rev().collect(),
            slots,
            connecting: Vec::new(),
            ready: VecDeque::new(),
            hungry: VecDeque::new(),
            timers: BinaryHeap::new(),
            parked: Vec::new(),
            ended: Vec::new(),
            memory: Vec::new(),
            lent: 0,
            sent: Counts::default(),
            connected: 0,
            failed: 0,
            starved: false,
            stop_seen: None,
            next_scan: Instant::now(),
        })
    }

    pub(super) fn serve(mut self) -> Vec<RouterReport> {
        let mut events = Vec::with_capacity(EVENTS_MAX);
        loop {
            let now = Instant::now();
            self.look_for_stop(now);
            self.connect_some(now);
            self.wake(now);
            for _ in 0..self.ready.len() {
                if let Some(i) = self.ready.pop_front() {
                    let place = self.drive(i);
                    self.put(i, place);
                }
            }
            self.feed();
            self.publish();
            if self.alive == 0 {
                return self.ended;
            }
            self.wait(&mut events);
        }
    }

    /// Puts a connection into the list of its place.
    fn put(&mut self, i: u32, place: Place) {
        self.slots[i as usize].place = place;
        match place {
            Place::Ready => self.ready.push_back(i),
            Place::Hungry => self.hungry.push_back(i),
            Place::Parked => self.parked.push(i),
            Place::Out => self.bury(i),
            Place::Blocked | Place::Timed => {}
        }
    }

    /// Removes a connection that has ended.
    fn bury(&mut self, i: u32) {
        let slot = &mut self.slots[i as usize];
        let Some(connection) = slot.connection.take() else { return };
        self.alive -= 1;
        self.lent -= usize::from(std::mem::take(&mut slot.lent));
        if !std::mem::replace(&mut slot.arrived, true) {
            self.shared.arrive();
        }
        let report = connection.into_report();
        self.failed += u64::from(report.outcome.is_failure());
        self.ended.push(report);
    }

    /// A stop lets the pending chunks leave, so that streams end between two messages, but not for
    /// long.
    fn look_for_stop(&mut self, now: Instant) {
        if !self.shared.is_stopping() {
            return;
        }
        let seen = *self.stop_seen.get_or_insert(now);
        let at_once = now.saturating_duration_since(seen) >= STOP_GRACE;
        self.waiting.clear();
        for i in 0..self.slots.len() {
            let Some(connection) = &mut self.slots[i].connection else { continue };
            if at_once || !connection.is_sending() {
                connection.stop();
                self.put(i as u32, Place::Out);
            }
        }
    }

    /// Begins connection attempts, a few at a time: a listener's queue is short.
    fn connect_some(&mut self, now: Instant) {
        while self.connecting.len() < CONNECTING_MAX
            && let Some(i) = self.waiting.pop()
        {
            let place = self.begin(i, now);
            self.put(i, place);
        }
        // Attempts that take too long are rare: to look for them now and then will do.
        if self.connecting.is_empty() || now < self.next_scan {
            return;
        }
        self.next_scan = now + PAUSE_MAX;
        for i in std::mem::take(&mut self.connecting) {
            let Some(connection) = &mut self.slots[i as usize].connection else { continue };
            if !connection.is_connecting() {
                continue;
            }
            match connection.check_connected(false, now) {
                Ok(_) => self.connecting.push(i),
                Err(error) => {
                    let place = self.not_connected(i, error, now);
                    self.put(i, place);
                }
            }
        }
    }

    fn begin(&mut self, i: u32, now: Instant) -> Place {
        let Some(connection) = &mut self.slots[i as usize].connection else { return Place::Out };
        let begun = connection.begin(now).and_then(|socket| {
            let flags = epoll::EventFlags::OUT | epoll::EventFlags::ET;
            Ok(epoll::add(&self.epoll, socket, epoll::EventData::new_u64(i.into()), flags)?)
        });
        match begun {
            Ok(()) => {
                self.connecting.push(i);
                Place::Blocked
            }
            Err(error) => self.not_connected(i, error, now),
        }
    }

    /// An attempt has failed: a router that was connected before tries again for a while.
    fn not_connected(&mut self, i: u32, error: io::Error, now: Instant) -> Place {
        let Some(connection) = &mut self.slots[i as usize].connection else { return Place::Out };
        match connection.failed(&error, now) {
            Some(at) => self.at(i, at),
            None => {
                self.shared.note_failure(error);
                Place::Out
            }
        }
    }

    fn at(&mut self, i: u32, at: Instant) -> Place {
        self.timers.push(Reverse((at, i)));
        Place::Timed
    }

    fn at_run_time(&mut self, i: u32, due: Duration) -> Place {
        match self.shared.start.checked_add(due) {
            Some(at) => self.at(i, at),
            None => Place::Parked,
        }
    }

    /// Readies what a timer or the others' dump has held.
    fn wake(&mut self, now: Instant) {
        while let Some(&Reverse((at, i))) = self.timers.peek()
            && at <= now
        {
            self.timers.pop();
            if self.slots[i as usize].place == Place::Timed {
                self.put(i, Place::Ready);
            }
        }
        if self.shared.base().is_some() {
            for i in std::mem::take(&mut self.parked) {
                if self.slots[i as usize].place == Place::Parked {
                    self.put(i, Place::Ready);
                }
            }
        }
    }

    /// Lets a connection go on, for a chunk at most; gives its new place.
    fn drive(&mut self, i: u32) -> Place {
        let now = Instant::now();
        let Some(connection) = &mut self.slots[i as usize].connection else { return Place::Out };
        if connection.is_idle() {
            return self.begin(i, now);
        }
        if connection.is_connecting() {
            return match connection.check_connected(true, now) {
                Ok(true) => self.opened(i),
                Ok(false) => Place::Blocked,
                Err(error) => self.not_connected(i, error, now),
            };
        }
        if connection.is_sending() {
            return self.write(i, now);
        }
        let elapsed = self.shared.elapsed(now);
        match connection.ahead() {
            Ahead::End => {
                connection.finish();
                Place::Out
            }
            Ahead::Barrier => self.arrive(i),
            Ahead::Reconnect(due) | Ahead::Messages(Some(due)) if due > elapsed => {
                if connection.is_broken() {
                    return Place::Out;
                }
                self.at_run_time(i, due)
            }
            Ahead::Reconnect(_) => match connection.disconnect(elapsed, now) {
                true => self.begin(i, now),
                false => Place::Out,
            },
            Ahead::Messages(_) if self.shared.bucket.is_some() => Place::Hungry,
            Ahead::Messages(_) => {
                let limit = Limit { until: elapsed, ..Limit::NONE };
                self.refill(i, limit, None);
                self.write(i, now)
            }
        }
    }

    fn opened(&mut self, i: u32) -> Place {
        self.connecting.retain(|&other| other != i);
        let Some(connection) = &self.slots[i as usize].connection else { return Place::Out };
        self.connected += u64::from(!connection.was_connected());
        self.shared.connected.store(true, Relaxed);
        Place::Ready
    }

    /// The connection's dump is complete.
    fn arrive(&mut self, i: u32) -> Place {
        let slot = &mut self.slots[i as usize];
        if !std::mem::replace(&mut slot.arrived, true) {
            self.shared.arrive();
        }
        match (self.shared.base(), &mut slot.connection) {
            (Some(base), Some(connection)) => {
                connection.begin_schedule(base);
                Place::Ready
            }
            _ => Place::Parked,
        }
    }

    /// Gives tokens to the hungry until there are none.
    fn feed(&mut self) {
        let shared = self.shared;
        self.starved = false;
        let Some(bucket) = &shared.bucket else { return };
        for left in (1..=self.hungry.len()).rev() {
            let now = Instant::now();
            let share = (bucket.available(now) / left as u64).max(shared.share_min);
            let Some(grant) = bucket.take(share, now) else {
                self.starved = true;
                return;
            };
            let Some(i) = self.hungry.pop_front() else { return };
            let until = shared.elapsed(now);
            let limit = match shared.by_octets {
                true => {
                    let octets = usize::try_from(grant.tokens).unwrap_or(usize::MAX);
                    Limit { octets, until, ..Limit::NONE }
                }
                false => Limit { messages: grant.tokens, until, ..Limit::NONE },
            };
            let counts = self.refill(i, limit, Some(&grant));
            let used = if shared.by_octets { counts.bytes } else { counts.messages };
            bucket.settle(grant.tokens, used);
            let place = self.write(i, now);
            self.put(i, place);
        }
    }

    /// Makes a connection's next chunk, and stamps it.
    fn refill(&mut self, i: u32, limit: Limit, grant: Option<&Grant>) -> Counts {
        let slot = &mut self.slots[i as usize];
        let Some(connection) = &mut slot.connection else { return Counts::default() };
        let shared = self.shared;
        let mut octets = CHUNK_MAX;
        if connection.needs_memory() && !slot.lent {
            if self.lent >= shared.chunks_max {
                octets = CHUNK_MIN;
            }
            connection.give_memory(self.memory.pop().unwrap_or_default());
            slot.lent = true;
            self.lent += 1;
        }
        let limit = Limit { octets: limit.octets.min(octets), ..limit };
        let counts = connection.refill(&limit);
        if shared.stamp {
            let now = SystemTime::now();
            let due = connection.chunk_due().map(|due| shared.start_wall + due);
            // Tokens that nobody wanted are kept: what comes after a storm was not due before it.
            let epoch = connection.epoch();
            let at = |number, octets| {
                let granted = grant.map(|grant| {
                    let token = if shared.by_octets { octets as u64 } else { number };
                    shared.start_wall + grant.due(token).max(epoch)
                });
                // Both the rate and the schedule hold; and a clock that was set back would be
                // later than now.
                granted.max(due).unwrap_or(now).min(now)
            };
            stamp_each(connection.chunk_mut(), at);
        }
        counts
    }

    /// Offers what is pending to the kernel; gives the connection's new place.
    fn write(&mut self, i: u32, now: Instant) -> Place {
        let slot = &mut self.slots[i as usize];
        let Some(connection) = &mut slot.connection else { return Place::Out };
        match connection.write(now) {
            Wrote::All(chunk) => {
                self.sent += chunk;
                if std::mem::take(&mut slot.lent) {
                    self.lent -= 1;
                    let memory = connection.take_memory();
                    if self.memory.len() < POOL_MAX {
                        self.memory.push(memory);
                    }
                }
                if connection.is_complete() {
                    connection.finish();
                    return Place::Out;
                }
                Place::Ready
            }
            Wrote::Some => Place::Blocked,
            Wrote::Later(at) => self.at(i, at),
            Wrote::Lost => Place::Out,
        }
    }

    /// Waits for the kernel, a timer, tokens or a moment, whichever is first.
    fn wait(&mut self, events: &mut Vec<epoll::Event>) {
        let now = Instant::now();
        let mut pause = PAUSE_MAX;
        if !self.ready.is_empty() {
            pause = Duration::ZERO;
        }
        if let Some(Reverse((at, _))) = self.timers.peek() {
            pause = pause.min(at.saturating_duration_since(now));
        }
        if let (true, Some(bucket)) = (self.starved, &self.shared.bucket) {
            pause = pause.min(bucket.wait(now).max(self.shared.pause_min));
        }
        if !self.parked.is_empty() {
            pause = pause.min(PAUSE_PARKED);
        }
        if !pause.is_zero() {
            // Finer than epoll's own milliseconds.
            let timeout = Timespec { tv_sec: 0, tv_nsec: pause.as_nanos() as _ };
            let mut fds = [PollFd::new(&self.epoll, PollFlags::IN)];
            if !matches!(poll(&mut fds, Some(&timeout)), Ok(1..)) {
                return;
            }
        }
        let none = Timespec { tv_sec: 0, tv_nsec: 0 };
        // It fails only when a signal comes: the next turn asks again.
        if epoll::wait(&self.epoll, spare_capacity(events), Some(&none)).is_err() {
            return;
        }
        for event in events.drain(..) {
            self.notice(event);
        }
    }

    fn notice(&mut self, event: epoll::Event) {
        let i = event.data.u64() as u32;
        let Some(slot) = self.slots.get_mut(i as usize) else { return };
        let flags = event.flags;
        let over = flags.intersects(epoll::EventFlags::ERR | epoll::EventFlags::HUP);
        let waits = matches!(slot.place, Place::Timed | Place::Parked);
        if slot.place == Place::Blocked {
            self.put(i, Place::Ready);
        } else if over && waits && slot.connection.as_mut().is_some_and(Connection::is_broken) {
            // One that waits for something else sees at once that it is lost.
            self.put(i, Place::Out);
        }
    }

    fn publish(&self) {
        self.gauge.messages.store(self.sent.messages, Relaxed);
        self.gauge.announced.store(self.sent.announced, Relaxed);
        self.gauge.withdrawn.store(self.sent.withdrawn, Relaxed);
        self.gauge.bytes.store(self.sent.bytes, Relaxed);
        self.gauge.connected.store(self.connected, Relaxed);
        self.gauge.ended.store(self.ended.len() as u64, Relaxed);
        self.gauge.failed.store(self.failed, Relaxed);
    }
}

/// How long a stop waits for pending chunks.
const STOP_GRACE: Duration = Duration::from_secs(1);
/// The longest of all waits, after which a stop is seen, and that for the dumps of others.
const PAUSE_MAX: Duration = Duration::from_millis(100);
const PAUSE_PARKED: Duration = Duration::from_millis(5);
/// First connection attempts under way per thread.
const CONNECTING_MAX: usize = 64;
/// Events taken from the kernel at once.
const EVENTS_MAX: usize = 1024;
/// Octets of a chunk, and when too many connections hold one.
pub(super) const CHUNK_MAX: usize = 256 << 10;
const CHUNK_MIN: usize = 8 << 10;
/// Buffers kept for the next chunks.
const POOL_MAX: usize = 16;
