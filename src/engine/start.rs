//! From a configuration to running threads.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use core_affinity::CoreId;
use crossbeam::channel::{Receiver, bounded, unbounded};
use crossbeam::sync::Parker;
use crossbeam::utils::CachePadded;
use glommio::{CpuSet, ExecutorJoinHandle, LocalExecutorBuilder, Placement};

use super::accept::Door;
use super::balance::Order;
use super::herald::Pulse;
use super::idle::IdleWatch;
use super::lane::{Bell, DROP_LANE_BATCHES, LaneCounters, LaneIn, LaneOut, lane};
use super::mail::Mail;
use super::moving::{Exits, Moved};
use super::pool::Pool;
use super::port::{LaneKind, SinkSpec};
use super::reactor::{Arrival, Shard, supervise};
use super::reload::Settings;
use super::stop::{Alarm, Lifeline, StopFlag};
use super::writer::{Slot, Writer};
use super::{EngineConfig, probe};
use crate::record::BatchLimits;
use crate::session::SessionLimits;
use crate::telemetry::counters::{AcceptorCounters, OutputCounters, ReactorCounters};

/// Batches that a reactor needs beyond those that outputs which may drop can keep.
const BATCHES_MIN: usize = 4;
/// Connections on their way to a reactor.
const INBOX_SLOTS: usize = 1024;
/// Sessions on their way from other reactors.
const MOVED_SLOTS: usize = 64;
/// Orders on their way to a reactor.
const ORDER_SLOTS: usize = 4;
/// Completions after which glommio preempts its tasks: so many that it hardly ever does.
const RING_DEPTH: usize = 1024;
/// Time after which glommio preempts its tasks: never. An executor that is preempted before it has
/// run the first task goes to sleep although tasks are runnable, so sessions let it look at its
/// sockets themselves (see `Shard::breathe`).
const PREEMPT: Duration = Duration::from_secs(3600);
/// How long a reactor looks at its sockets before it sleeps, with busy polling: for ever, because
/// its timers fire more often than this. They and wake-ups from other threads are looked at, too.
const SPIN: Duration = Duration::from_secs(3600);
/// How long a reactor may take to start.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Why the engine cannot start; the text says what is wrong and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartError {
    /// What was configured cannot be had.
    Config(String),
    /// The system does not provide what is needed.
    System(String),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Config(text) | Self::System(text)) = self;
        f.write_str(text)
    }
}

impl std::error::Error for StartError {}

/// A running reactor as the control thread sees it.
pub(super) struct Reactor {
    pub(super) mail: Arc<Mail>,
    pub(super) counters: Arc<CachePadded<ReactorCounters>>,
    pub(super) ended: Arc<AtomicBool>,
    pub(super) thread: ExecutorJoinHandle<()>,
}

/// A running writer as the control thread sees it.
pub(super) struct WriterThread {
    pub(super) bell: Arc<Bell>,
    pub(super) pulse: Pulse,
    pub(super) ended: Arc<AtomicBool>,
    pub(super) thread: JoinHandle<()>,
}

/// An output as the control thread sees it.
pub(super) struct Output {
    pub(super) name: Arc<str>,
    pub(super) counters: Arc<CachePadded<OutputCounters>>,
    pub(super) lanes: Vec<Arc<CachePadded<LaneCounters>>>,
}

/// All threads of the engine.
pub(super) struct Threads {
    pub(super) reactors: Vec<Reactor>,
    pub(super) writers: Vec<WriterThread>,
    pub(super) outputs: Vec<Output>,
    pub(super) doors: Vec<Door>,
    pub(super) acceptor: Arc<CachePadded<AcceptorCounters>>,
}

/// Batches of each reactor, from the memory for all of them.
pub(super) fn batches_per_reactor(
    config: &EngineConfig,
    kinds: &[LaneKind],
) -> Result<usize, StartError> {
    let batch = BatchLimits::for_messages(config.max_frame).bytes_max();
    let reactors = config.reactor_cores.len();
    let drops = kinds.iter().filter(|kind| **kind == LaneKind::Drop).count();
    let least = BATCHES_MIN + DROP_LANE_BATCHES * drops;
    let batches = config.batch_memory / batch / reactors.max(1);
    if batches < least {
        let need = least.saturating_mul(reactors).saturating_mul(batch);
        return Err(StartError::Config(format!(
            "the batch memory of {} MiB is too small: {reactors} reactors with {least} batches of \
             {} KiB each need at least {} MiB (a smaller largest message makes smaller batches)",
            config.batch_memory >> 20,
            batch.div_ceil(1024),
            need.div_ceil(1 << 20),
        )));
    }
    Ok(batches)
}

/// Starts everything; on an error what was started ends again.
pub(super) fn start(
    config: &EngineConfig,
    sinks: Vec<SinkSpec>,
    stop: &Arc<StopFlag>,
    alarm: &Arc<Alarm>,
) -> Result<Threads, StartError> {
    let reactors = config.reactor_cores.len();
    if reactors == 0 {
        return Err(StartError::Config("no core is set for reactors: name at least one".into()));
    }
    if config.writer_cores.is_empty() && !sinks.is_empty() {
        return Err(StartError::Config("no core is set for writers: name at least one".into()));
    }
    let kinds: Vec<_> = sinks.iter().map(|sink| sink.kind).collect();
    let updates = sinks.iter().any(|sink| sink.reads_updates);
    let batches = batches_per_reactor(config, &kinds)?;
    probe::probe(reactors)?;

    let mails: Vec<_> = (0..reactors).map(|_| Arc::<Mail>::default()).collect();
    let (plans, outputs, lanes_in) = lay_lanes(config, sinks, batches, &mails, stop);
    let mut threads = Threads {
        reactors: Vec::new(),
        writers: Vec::new(),
        outputs,
        doors: Vec::new(),
        acceptor: AcceptorCounters::shared(),
    };
    for (plan, core) in plans.into_iter().zip(&config.writer_cores) {
        threads.writers.push(start_writer(plan, *core, alarm)?);
    }
    let (doors, inboxes): (Vec<Door>, Vec<Inbox>) = mails.iter().map(door).unzip();
    for (index, (lanes, inbox)) in lanes_in.into_iter().zip(inboxes).enumerate() {
        let exits = Exits { doors: doors.clone(), stop: Arc::clone(stop) };
        let plan = ReactorPlan { index, lanes, exits, inbox, batches, updates };
        threads.reactors.push(start_reactor(plan, config, alarm)?);
    }
    threads.doors = doors;
    Ok(threads)
}

/// What a reactor takes in.
pub(super) struct Inbox {
    pub(super) arrivals: Receiver<Arrival>,
    pub(super) moved: Receiver<Moved>,
    pub(super) orders: Receiver<Order>,
    pub(super) settings: Receiver<Settings>,
    mail: Arc<Mail>,
}

/// The two ends of the way to a reactor.
fn door(mail: &Arc<Mail>) -> (Door, Inbox) {
    let (inbox, arrivals) = bounded(INBOX_SLOTS);
    let (moved, moved_out) = bounded(MOVED_SLOTS);
    let (orders, orders_out) = bounded(ORDER_SLOTS);
    // One for each time that an operator reloads, and each is taken within a turn.
    let (settings, settings_out) = unbounded();
    let door = Door { inbox, moved, orders, settings, mail: Arc::clone(mail) };
    let mail = Arc::clone(mail);
    (door, Inbox { arrivals, moved: moved_out, orders: orders_out, settings: settings_out, mail })
}

/// Makes a lane from each reactor to each output, and deals the outputs to the writers.
fn lay_lanes(
    config: &EngineConfig,
    sinks: Vec<SinkSpec>,
    batches: usize,
    mails: &[Arc<Mail>],
    stop: &Arc<StopFlag>,
) -> (Vec<Writer>, Vec<Output>, Vec<Vec<LaneIn>>) {
    let writers = config.writer_cores.len().min(sinks.len());
    let mut plans: Vec<_> = (0..writers)
        .map(|_| {
            let parker = Parker::new();
            let bell = Bell::new(&parker);
            let (stop, reactors) = (Arc::clone(stop), mails.to_vec());
            let (busy_poll, pulse) = (config.busy_poll, Pulse::default());
            Writer { slots: Vec::new(), parker, bell, pulse, stop, reactors, busy_poll }
        })
        .collect();
    let mut lanes_in: Vec<Vec<LaneIn>> = mails.iter().map(|_| Vec::new()).collect();
    let mut outputs = Vec::new();
    for (number, spec) in sinks.into_iter().enumerate() {
        let name: Arc<str> = spec.name.into();
        let plan = &mut plans[number % writers];
        let lay = |mail| lane(&name, spec.kind, batches, &plan.bell, mail);
        let (ins, outs): (Vec<LaneIn>, Vec<LaneOut>) = mails.iter().map(lay).unzip();
        let counters = Arc::new(CachePadded::new(OutputCounters::default()));
        let lanes = outs.iter().map(LaneOut::shared_counters).collect();
        lanes_in.iter_mut().zip(ins).for_each(|(lanes, lane)| lanes.push(lane));
        plan.slots.push(Slot::new(Arc::clone(&name), spec.sink, outs, Arc::clone(&counters)));
        outputs.push(Output { name, counters, lanes });
    }
    (plans, outputs, lanes_in)
}

fn start_writer(plan: Writer, core: usize, alarm: &Arc<Alarm>) -> Result<WriterThread, StartError> {
    let (lifeline, ended) = Lifeline::new(alarm);
    let (ready, started) = mpsc::channel();
    let (bell, pulse) = (Arc::clone(&plan.bell), plan.pulse.clone());
    let thread = std::thread::Builder::new()
        .name(format!("writer-{core}"))
        .spawn(move || {
            let _lifeline = lifeline;
            let pinned = core_affinity::set_for_current(CoreId { id: core });
            let _ = ready.send(pinned);
            if pinned {
                plan.run();
            }
        })
        .map_err(|error| StartError::System(format!("no thread can be started: {error}")))?;
    match started.recv() {
        Ok(true) => Ok(WriterThread { bell, pulse, ended, thread }),
        _ => Err(no_core("writer", core, "the system refuses to pin a thread to it")),
    }
}

/// What a reactor is made of.
struct ReactorPlan {
    index: usize,
    lanes: Vec<LaneIn>,
    exits: Exits,
    inbox: Inbox,
    batches: usize,
    /// Whether an output looks into UPDATEs.
    updates: bool,
}

fn start_reactor(
    plan: ReactorPlan,
    config: &EngineConfig,
    alarm: &Arc<Alarm>,
) -> Result<Reactor, StartError> {
    let (lifeline, ended) = Lifeline::new(alarm);
    let (ready, started) = mpsc::channel();
    let core = config.reactor_cores[plan.index];
    let flush_interval = config.flush_interval;
    let (max_frame, dialect) = (config.max_frame, config.routers.dialect);
    let (idle_timeout, spins) = (config.routers.limits.idle_timeout, config.busy_poll);
    let table = Arc::clone(&config.routers.table);
    let counters = Arc::new(CachePadded::new(ReactorCounters::default()));
    let (mail, cells) = (Arc::clone(&plan.inbox.mail), Arc::clone(&counters));
    let builder = LocalExecutorBuilder::new(place_of(core))
        .name("reactor")
        .io_memory(0)
        .preempt_timer(PREEMPT)
        .ring_depth(RING_DEPTH);
    let builder = if config.busy_poll { builder.spin_before_park(SPIN) } else { builder };
    let thread = builder
        .spawn(move || async move {
            let _lifeline = lifeline;
            if !is_on(core) {
                return; // it has ended before it was ready
            }
            // Made here, so that the memory is near the core that fills it.
            let limits = BatchLimits::for_messages(max_frame);
            let mail = Arc::clone(&plan.inbox.mail);
            let pool = Pool::new(limits, plan.batches, plan.lanes, Arc::clone(&mail));
            let updates = plan.updates;
            let sessions =
                SessionLimits { max_frame, updates, dialect, ..SessionLimits::default() };
            let mut shard =
                Shard::new(plan.index, sessions, flush_interval, pool, mail, cells, plan.exits);
            shard.idle = IdleWatch::new(idle_timeout);
            shard.table = RefCell::new(table);
            shard.spins = spins;
            let _ = ready.send(());
            supervise(Rc::new(shard), plan.inbox).await;
        })
        .map_err(|error| no_core("reactor", core, &error.to_string()))?;
    match started.recv_timeout(START_LIMIT) {
        Ok(()) => Ok(Reactor { mail, counters, ended, thread }),
        Err(mpsc::RecvTimeoutError::Timeout) => {
            Err(no_core("reactor", core, "it does not get to run"))
        }
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            let error = thread.join().err().map(|error| error.to_string());
            Err(no_core("reactor", core, error.as_deref().unwrap_or("it ended at once")))
        }
    }
}

/// Where glommio is to run a reactor. It finds cores in `/sys` only and panics without it, as in
/// some containers: then the reactor's thread pins itself, after its ring was made.
fn place_of(core: usize) -> Placement {
    match CpuSet::online() {
        Ok(_) => Placement::Fixed(core),
        Err(_) => Placement::Unbound,
    }
}

/// Whether this thread is, or could be, pinned to `core` and nothing else.
fn is_on(core: usize) -> bool {
    core_affinity::get_core_ids().is_some_and(|ids| matches!(ids[..], [only] if only.id == core))
        || core_affinity::set_for_current(CoreId { id: core })
}

fn no_core(what: &str, core: usize, error: &str) -> StartError {
    let allowed = core_affinity::get_core_ids().unwrap_or_default();
    let allowed: Vec<_> = allowed.iter().map(|core| core.id.to_string()).collect();
    StartError::Config(format!(
        "core {core} cannot run a {what}: {error} (this process may use the cores {})",
        allowed.join(",")
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::engine::Balance;

    fn config(batch_memory: usize) -> EngineConfig {
        EngineConfig {
            reactor_cores: vec![0, 1],
            writer_cores: vec![0],
            batch_memory,
            flush_interval: Duration::from_millis(10),
            max_frame: 1 << 20,
            drain_timeout: Duration::from_secs(30),
            balance: Balance::Off,
            busy_poll: false,
            routers: super::super::Routers::default(),
        }
    }

    #[test]
    fn too_little_batch_memory_says_how_much_would_do() {
        let kinds = [LaneKind::Drop, LaneKind::Block, LaneKind::Drop];
        let Err(StartError::Config(text)) = batches_per_reactor(&config(1 << 20), &kinds) else {
            panic!("1 MiB is too small");
        };
        let need = text.split("at least ").nth(1).unwrap().split(' ').next().unwrap();
        let need: usize = need.parse().unwrap();
        assert_eq!(batches_per_reactor(&config(need << 20), &kinds), Ok(12), "{text}");
        assert!(batches_per_reactor(&config((need - 5) << 20), &kinds).is_err());
    }

    #[test]
    fn a_core_that_does_not_exist_is_named() {
        let mut config = config(1 << 30);
        config.reactor_cores = vec![4321];
        let (stop, alarm) = (Arc::default(), Arc::default());
        let Err(StartError::Config(text)) = start(&config, Vec::new(), &stop, &alarm) else {
            panic!("core 4321 exists");
        };
        assert!(text.contains("core 4321"), "{text}");
    }
}
