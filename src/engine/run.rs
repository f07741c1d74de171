//! The control thread: accepting, signals, status, and the way to the end.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::accept::{Acceptor, Door, Knock};
use super::balance::Balancer;
use super::control::{Asked, Control};
use super::dialer::Dialer;
use super::herald::Herald;
use super::mail::Watch;
use super::start::{Output, Threads};
use super::stop::Phase;
use super::{Engine, Host, Routers, reload};

/// How long threads may take to see that they must end now, after the drain timeout.
const ABORT_GRACE: Duration = Duration::from_secs(2);
/// The same after a second request to stop.
const ABORT_GRACE_FORCED: Duration = Duration::from_millis(500);
/// How often the control thread looks at the reactors, and lets the command do its periodic work.
const WATCH_PERIOD: Duration = Duration::from_secs(1);
/// How often the ends of threads are looked for, should their report be lost.
const LOOK_PERIOD: Duration = Duration::from_millis(100);

/// What an output has not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// The output's name.
    pub output: String,
    /// Rendered records that were taken and are not known to be delivered.
    pub pending: u64,
    /// BMP records in batches that the output was not done with. Some of the first of these batches
    /// may be among the rendered records, so this is an upper bound.
    pub queued: u64,
}

/// How a run has ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Records that were not delivered, over all outputs.
    pub undelivered: u64,
    /// The outputs that have not delivered everything.
    pub outputs: Vec<Undelivered>,
    /// Router sessions without their closing record.
    pub sessions_cut: u64,
    /// The drain timeout has passed.
    pub timed_out: bool,
    /// A second request to stop has ended the drain.
    pub forced: bool,
    /// A thread has died: there is a defect.
    pub failed: bool,
    /// How long the drain took.
    pub took: Duration,
}

impl Outcome {
    /// Whether everything decoded was delivered.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.undelivered == 0 && self.sessions_cut == 0 && !self.failed
    }
}

/// Runs the engine to its end.
pub(super) fn run(
    engine: &mut Engine,
    listeners: Vec<TcpListener>,
    control: &Control,
    host: &dyn Host,
) -> Outcome {
    engine.alarm.connect(control);
    let doors = engine.threads.doors.clone();
    let mut acceptor = acceptor(engine, listeners);
    let mut watches = Watches::new(&engine.threads);
    let mut balancer = Balancer::new(engine.balance, doors.len(), Instant::now());
    let manager = std::mem::take(&mut engine.manager);
    let mut herald = Herald::new(manager, &engine.threads, Instant::now());
    while !engine.alarm.has_died() {
        herald.look(&engine.threads, Instant::now());
        let longest = herald.every().min(balancer.next_look(Instant::now())).min(WATCH_PERIOD);
        let ready = wait(&acceptor, longest, control);
        host.tick();
        let asked = control.take();
        obey(engine, asked);
        if asked.stops > 0 {
            break;
        }
        if asked.reopen || asked.reload {
            reload::reload(engine, &mut acceptor, host);
            continue; // the listeners may be others than those that were waited for
        }
        acceptor.tick(Instant::now());
        watches.look(&engine.threads);
        rebalance(&engine.threads, &doors, &mut balancer, &mut acceptor);
        for knock in ready {
            acceptor.serve(knock);
        }
    }
    drop((acceptor, doors));
    drain(engine, &mut watches, &mut herald, control)
}

fn acceptor(engine: &mut Engine, listeners: Vec<TcpListener>) -> Acceptor {
    let Routers { limits, sockets, connect, .. } = std::mem::take(&mut engine.routers);
    let counters = &engine.threads.acceptor;
    let dialer = Dialer::new(&connect, sockets, Arc::clone(counters), Instant::now());
    let doors = std::mem::take(&mut engine.threads.doors);
    Acceptor::new(listeners, dialer, limits, doors, Arc::clone(counters))
}

/// A watch for each reactor.
struct Watches(Vec<Watch>);

impl Watches {
    fn new(threads: &Threads) -> Self {
        Self(threads.reactors.iter().map(|_| Watch::new(Instant::now())).collect())
    }

    fn look(&mut self, threads: &Threads) {
        let now = Instant::now();
        for (watch, reactor) in self.0.iter_mut().zip(&threads.reactors) {
            watch.look(&reactor.mail, now);
        }
    }
}

/// Looks how busy the reactors are: new sessions go by that, and some of the open ones move.
fn rebalance(threads: &Threads, doors: &[Door], balancer: &mut Balancer, to: &mut Acceptor) {
    let busy = threads.reactors.iter().map(|r| Duration::from_nanos(r.counters.busy_ns.get()));
    let Some(orders) = balancer.look(Instant::now(), busy) else { return };
    to.measured(balancer.loads());
    for order in orders {
        let door = &doors[order.from];
        // One that is not read yet will do.
        if door.orders.try_send(order).is_ok() {
            door.mail.notify();
        }
    }
}

/// Sleeps until there is something to accept, a router has answered or the control handle is used,
/// but no longer than `longest`; returns what is ready.
fn wait(acceptor: &Acceptor, longest: Duration, control: &Control) -> Vec<Knock> {
    let mut fds = vec![PollFd::from_borrowed_fd(control.bell(), PollFlags::IN)];
    let mut knocks = Vec::new();
    for (knock, fd, flags) in acceptor.waiting() {
        fds.push(PollFd::from_borrowed_fd(fd, flags));
        knocks.push(knock);
    }
    let next = acceptor.next_look(Instant::now()).unwrap_or(longest);
    sleep_on(&mut fds, Some(next.min(longest)));
    let ready = knocks.iter().zip(fds.iter().skip(1));
    ready.filter(|(_, fd)| !fd.revents().is_empty()).map(|(knock, _)| *knock).collect()
}

/// Waits for `fds`; an interruption by a signal ends the wait like a timeout.
fn sleep_on(fds: &mut [PollFd<'_>], timeout: Option<Duration>) {
    let timeout = timeout.map(|time| Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(time.subsec_nanos()),
    });
    if let Err(error) = poll(fds, timeout.as_ref())
        && error != rustix::io::Errno::INTR
    {
        // Short of memory in the kernel: rest a little rather than spin.
        tracing::error!(%error, "poll-failed");
        std::thread::sleep(LOOK_PERIOD);
    }
}

/// Does what was asked, but for stopping.
fn obey(engine: &Engine, asked: Asked) {
    if asked.reopen {
        tracing::info!(
            name = "HUP",
            action = "outputs open their targets anew, the configuration is read again",
            "signal"
        );
        engine.stop.reopen();
        wake_all(&engine.threads);
    }
    if asked.reload {
        tracing::info!(name = "USR2", action = "the configuration is read again", "signal");
    }
    if asked.status {
        tracing::info!(name = "USR1", action = "status report", "signal");
        status(&engine.threads);
    }
}

/// Closes all sessions, lets the outputs deliver, and ends all threads.
fn drain(
    engine: &mut Engine,
    watches: &mut Watches,
    herald: &mut Herald,
    control: &Control,
) -> Outcome {
    let begun = Instant::now();
    let stops_before = control.take().stops.max(1);
    let sessions: usize = engine.threads.reactors.iter().map(|r| r.mail.sessions()).sum();
    let drain_timeout_ms = engine.drain_timeout.as_millis() as u64;
    tracing::info!(sessions, drain_timeout_ms, "collector-stopping");
    herald.stop(sessions);
    engine.stop.enter(Phase::Drain);
    wake_all(&engine.threads);

    let deadline = begun + engine.drain_timeout;
    // Whoever has asked twice already does not want to wait.
    let mut outcome = Outcome { forced: stops_before > 1, ..Outcome::default() };
    while !outcome.forced && !outcome.timed_out && !all_ended(&engine.threads) {
        release_writers(&engine.threads);
        watches.look(&engine.threads);
        herald.look(&engine.threads, Instant::now());
        let left = deadline.saturating_duration_since(Instant::now());
        listen(control, left.min(LOOK_PERIOD));
        let asked = control.take();
        obey(engine, asked); // what was reloaded would come too late
        outcome.forced = asked.stops > stops_before;
        outcome.timed_out = Instant::now() >= deadline && !all_ended(&engine.threads);
    }
    engine.stop.enter(Phase::Abort);
    let grace = if outcome.forced { ABORT_GRACE_FORCED } else { ABORT_GRACE };
    await_ends(engine, control, grace);
    report(engine, &mut outcome);
    join_ended(&mut engine.threads);
    outcome.took = begun.elapsed();
    outcome
}

/// Waits until all threads have ended, but no longer than `grace`.
fn await_ends(engine: &Engine, control: &Control, grace: Duration) {
    let until = Instant::now() + grace;
    while !all_ended(&engine.threads) && Instant::now() < until {
        wake_all(&engine.threads);
        listen(control, LOOK_PERIOD);
        control.take();
    }
}

/// Lets no writer wait for a reactor that has died.
fn release_writers(threads: &Threads) {
    for reactor in &threads.reactors {
        if reactor.ended.load(Ordering::Acquire) {
            reactor.mail.set_done();
        }
    }
}

/// Sleeps until the control handle is used.
fn listen(control: &Control, time: Duration) {
    let mut fds = [PollFd::from_borrowed_fd(control.bell(), PollFlags::IN)];
    sleep_on(&mut fds, Some(time));
}

/// Counts what is left, and says so in the log.
fn report(engine: &Engine, outcome: &mut Outcome) {
    outcome.failed = engine.alarm.has_died();
    let sessions = engine.threads.reactors.iter().map(|r| r.mail.sessions() as u64);
    outcome.sessions_cut = sessions.sum();
    if outcome.timed_out {
        let timeout_ms = engine.drain_timeout.as_millis() as u64;
        tracing::error!(timeout_ms, sessions = outcome.sessions_cut, "drain-timeout");
    }
    if outcome.failed {
        tracing::error!(detail = "a thread of the engine has died", "engine-failed");
    }
    for output in &engine.threads.outputs {
        let (pending, queued) = (output.counters.pending_records.get(), queued(output));
        if pending + queued > 0 {
            let name = &*output.name;
            let records = pending + queued;
            tracing::error!(output = name, records, pending, queued, "output-undelivered");
            outcome.undelivered += records;
            outcome.outputs.push(Undelivered { output: name.to_owned(), pending, queued });
        }
    }
}

/// BMP records on their way to an output: offered by reactors and not yet done with.
fn queued(output: &Output) -> u64 {
    let taken = output.counters.taken_records.get();
    let offered: u64 = output.lanes.iter().map(|lane| lane.offered.get()).sum();
    offered.saturating_sub(taken)
}

/// Writes the status report.
fn status(threads: &Threads) {
    let c = &threads.acceptor;
    tracing::info!(
        sessions = c.sessions.get(),
        accepted = c.accepted.get(),
        dialed = c.dialed.get(),
        dial_failures = c.dial_failures.get(),
        refused_not_allowed = c.refused_not_allowed.get(),
        refused_max_routers = c.refused_max_routers.get(),
        refused_per_source = c.refused_per_source.get(),
        accept_rate_waits = c.accept_rate_waits.get(),
        "status"
    );
    for (reactor, state) in threads.reactors.iter().enumerate() {
        let c = &state.counters;
        tracing::info!(
            reactor,
            sessions_open = c.sessions_open.get(),
            sessions_opened = c.sessions_opened.get(),
            sessions_closed = c.sessions_closed.get(),
            octets_received = c.octets_received.get(),
            messages = c.messages.get(),
            routes_announced = c.routes_announced.get(),
            routes_withdrawn = c.routes_withdrawn.get(),
            end_of_rib = c.end_of_rib.get(),
            odd_messages = c.odd_messages.get(),
            malformed_updates = c.malformed_updates.get(),
            unknown_messages = c.unknown_messages.get(),
            broken_framing = c.broken_framing.get(),
            idle_timeouts = c.idle_timeouts.get(),
            backpressure_stalls = c.backpressure_stalls.get(),
            backpressure_ns = c.backpressure_ns.get(),
            batches_sealed = c.batches_sealed.get(),
            batches_in_flight = c.batches_in_flight.get(),
            sessions_moved = c.sessions_moved.get(),
            busy_ns = c.busy_ns.get(),
            "status"
        );
    }
    for output in &threads.outputs {
        let c = &output.counters;
        tracing::info!(
            output = &*output.name,
            batches = c.batches.get(),
            taken_records = c.taken_records.get(),
            records = c.records.get(),
            octets = c.octets.get(),
            dropped_records = c.dropped_records.get(),
            skipped_records = c.skipped_records.get(),
            left_out_routes = c.left_out_routes.get(),
            pending_records = c.pending_records.get(),
            filtered_records = c.filtered_records.get(),
            queued_records = queued(output),
            "status"
        );
    }
}

/// Makes every thread look at the stop flag.
pub(super) fn wake_all(threads: &Threads) {
    for reactor in &threads.reactors {
        reactor.mail.notify();
    }
    for writer in &threads.writers {
        writer.bell.ring_always();
    }
}

fn flags(threads: &Threads) -> impl Iterator<Item = &AtomicBool> {
    let reactors = threads.reactors.iter().map(|reactor| &*reactor.ended);
    reactors.chain(threads.writers.iter().map(|writer| &*writer.ended))
}

fn all_ended(threads: &Threads) -> bool {
    flags(threads).all(|ended| ended.load(Ordering::Acquire))
}

/// Joins the threads that have ended; one that is stuck in a system call is left behind.
fn join_ended(threads: &mut Threads) {
    for writer in std::mem::take(&mut threads.writers) {
        if writer.ended.load(Ordering::Acquire) {
            let _ = writer.thread.join();
        }
    }
    for reactor in std::mem::take(&mut threads.reactors) {
        if reactor.ended.load(Ordering::Acquire) {
            let _ = reactor.thread.join();
        }
    }
}
