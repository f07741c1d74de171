//! The engine from socket to sink, over loopback.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam::utils::CachePadded;

use super::port::{Consumed, LaneKind, Progress, Sink, SinkFigures};
use super::*;
use crate::net;
use crate::record::{Batch, BatchLimits, CloseReason, Event, SessionId};
use crate::telemetry::counters::{OutputCounters, ReactorCounters};

const MAX_FRAME: usize = 4096;
/// Far beyond what anything here takes, on a busy machine too.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// What a sink has seen of a session.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) opened: bool,
    pub(super) closed: Option<CloseReason>,
    pub(super) frames: Vec<(u32, u32)>,
}

/// A test's view of its sink.
#[derive(Default)]
pub(super) struct View {
    pub(super) blocked: AtomicBool,
    pending: AtomicU64,
    reopened: AtomicU64,
    seen: Mutex<BTreeMap<SessionId, Seen>>,
}

struct TestSink {
    view: Arc<View>,
    records: u64,
}

impl Sink for TestSink {
    fn consume(&mut self, batch: &Batch, _now: Instant) -> Consumed {
        if self.view.blocked.load(Ordering::Relaxed) {
            return Consumed::Blocked { moved: false };
        }
        let mut sessions = self.view.seen.lock().unwrap();
        for record in batch.records() {
            let seen = sessions.entry(batch.router(record).session).or_default();
            assert_eq!(seen.closed, None, "nothing follows the closing record");
            match record.event {
                Event::SessionOpen => seen.opened = true,
                Event::SessionClose(reason) => seen.closed = Some(reason),
                _ => {
                    assert!(seen.opened, "nothing precedes the opening record");
                    let octets = batch.message(record);
                    let number =
                        |at: usize| u32::from_be_bytes(octets[at..at + 4].try_into().unwrap());
                    seen.frames.push((number(6), number(10)));
                }
            }
        }
        self.records += batch.records().len() as u64;
        Consumed::Done
    }

    fn poll(&mut self, _now: Instant) -> Progress {
        Progress::Idle
    }

    fn figures(&self) -> SinkFigures {
        let pending = self.view.pending.load(Ordering::Relaxed);
        SinkFigures { records: self.records, pending, ..SinkFigures::default() }
    }

    fn reopen(&mut self) {
        self.view.reopened.fetch_add(1, Ordering::Relaxed);
    }
}

/// A running engine with test sinks.
pub(super) struct Rig {
    pub(super) address: SocketAddr,
    control: Control,
    pub(super) views: Vec<Arc<View>>,
    pub(super) reactors: Vec<Arc<CachePadded<ReactorCounters>>>,
    outputs: Vec<Arc<CachePadded<OutputCounters>>>,
    pool: usize,
    thread: JoinHandle<Outcome>,
}

impl Rig {
    fn start(cores: Cores, kinds: &[LaneKind], drain_timeout: Duration) -> Self {
        Self::flushing(cores, kinds, drain_timeout, Duration::from_millis(10))
    }

    /// One whose sessions move from reactor to reactor all the time.
    pub(super) fn shuffling(cores: Cores, kinds: &[LaneKind]) -> Self {
        let shuffle = |config| EngineConfig { balance: Balance::Shuffle, ..config };
        Self::configured(cores, kinds, shuffle)
    }

    fn flushing(
        cores: Cores,
        kinds: &[LaneKind],
        drain_timeout: Duration,
        flush_interval: Duration,
    ) -> Self {
        let times = |config| EngineConfig { drain_timeout, flush_interval, ..config };
        Self::configured(cores, kinds, times)
    }

    fn configured(
        cores: Cores,
        kinds: &[LaneKind],
        change: impl Fn(EngineConfig) -> EngineConfig,
    ) -> Self {
        let drops = kinds.iter().filter(|kind| **kind == LaneKind::Drop).count();
        let pool = 5 + 4 * drops;
        let config = change(EngineConfig {
            reactor_cores: cores.0.to_vec(),
            writer_cores: cores.1.to_vec(),
            batch_memory: BatchLimits::for_messages(MAX_FRAME).bytes_max() * pool * cores.0.len(),
            flush_interval: Duration::from_millis(10),
            max_frame: MAX_FRAME,
            drain_timeout: PATIENCE,
            balance: Balance::Off,
            busy_poll: false,
            routers: Routers::default(),
        });
        let views: Vec<Arc<View>> = kinds.iter().map(|_| Arc::default()).collect();
        let spec = |(number, (view, kind)): (usize, (&Arc<View>, &LaneKind))| SinkSpec {
            name: format!("out-{number}"),
            kind: *kind,
            reads_updates: true,
            sink: Box::new(TestSink { view: Arc::clone(view), records: 0 }),
        };
        let sinks = views.iter().zip(kinds).enumerate().map(spec).collect();
        let engine = Engine::start(config, sinks).unwrap();
        let listener =
            net::bind(&"127.0.0.1:0".parse().unwrap(), &SocketOptions::default()).unwrap();
        let address = listener.local_addr().unwrap();
        let control = Control::new().unwrap();
        let reactors = engine.threads.reactors.iter().map(|r| Arc::clone(&r.counters)).collect();
        let outputs = engine.threads.outputs.iter().map(|o| Arc::clone(&o.counters)).collect();
        let handle = control.clone();
        let thread = std::thread::spawn(move || engine.run(vec![listener], &handle, &|| ()));
        Self { address, control, views, reactors, outputs, pool, thread }
    }

    pub(super) fn stop(self) -> Outcome {
        self.control.send(Command::Stop);
        self.thread.join().unwrap()
    }

    pub(super) fn router(&self) -> TcpStream {
        TcpStream::connect(self.address).unwrap()
    }

    /// Sends `count` frames from each of `senders` routers at once, and closes.
    fn send_all(&self, senders: u32, count: u32) -> Vec<JoinHandle<()>> {
        let address = self.address;
        let send = move |sender| {
            std::thread::spawn(move || {
                let mut router = TcpStream::connect(address).unwrap();
                for seq in 0..count {
                    router.write_all(&frame(sender, seq)).unwrap();
                }
            })
        };
        (0..senders).map(send).collect()
    }

    pub(super) fn sum(&self, of: impl Fn(&ReactorCounters) -> u64) -> u64 {
        self.reactors.iter().map(|counters| of(counters)).sum()
    }
}

impl View {
    pub(super) fn sessions(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().values().cloned().collect()
    }

    pub(super) fn closed(&self) -> usize {
        self.sessions().iter().filter(|seen| seen.closed.is_some()).count()
    }

    pub(super) fn frames(&self) -> usize {
        self.sessions().iter().map(|seen| seen.frames.len()).sum()
    }
}

pub(super) type Cores = (&'static [usize], &'static [usize]);

/// Runs `test` with everything on one core, and with two reactors and two writers.
fn on_layouts(test: impl Fn(Cores)) {
    test((&[0], &[0]));
    let two = core_affinity::get_core_ids().is_some_and(|cores| cores.iter().any(|c| c.id == 1));
    if two {
        test((&[0, 1], &[1, 0]));
    }
}

pub(super) fn frame(sender: u32, seq: u32) -> Vec<u8> {
    let length = 200 + seq % 100;
    let mut frame = vec![3];
    frame.extend(length.to_be_bytes());
    frame.push(250); // a type that no standard defines: kept as it is
    frame.extend(sender.to_be_bytes());
    frame.extend(seq.to_be_bytes());
    frame.resize(length as usize, 0xa5);
    frame
}

#[track_caller]
pub(super) fn wait_for(what: &str, mut is_true: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_true() {
        assert!(Instant::now() < until, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// All frames of each session, once and in order.
#[track_caller]
fn assert_complete(view: &View, sessions: usize, frames: u32) {
    let all = view.sessions();
    assert_eq!(all.len(), sessions);
    for seen in all {
        assert_eq!(seen.frames.len(), frames as usize);
        assert_prefix(&seen);
        assert_eq!(seen.closed, Some(CloseReason::EndOfStream));
    }
}

#[track_caller]
pub(super) fn assert_prefix(seen: &Seen) {
    for (expected, (sender, seq)) in seen.frames.iter().enumerate() {
        assert_eq!(*seq as usize, expected, "lost, doubled or out of order");
        assert_eq!(*sender, seen.frames[0].0, "a session has one sender");
    }
}

#[test]
fn every_frame_arrives_once_and_in_order_at_every_output() {
    on_layouts(|cores| {
        let rig = Rig::start(cores, &[LaneKind::Block, LaneKind::Block], PATIENCE);
        for sender in rig.send_all(8, 5_000) {
            sender.join().unwrap();
        }
        for view in &rig.views {
            wait_for("all sessions to close", || view.closed() == 8);
            assert_complete(view, 8, 5_000);
        }
        assert_eq!(rig.sum(|c| c.messages.get()), 40_000);
        assert_eq!(rig.sum(|c| c.sessions_closed.get()), 8);
        let outcome = rig.stop();
        assert!(outcome.is_clean(), "{outcome:?}");
    });
}

#[test]
fn an_output_that_holds_back_stops_the_reading_and_loses_nothing() {
    on_layouts(|cores| {
        let rig = Rig::start(cores, &[LaneKind::Block, LaneKind::Block], PATIENCE);
        rig.views[0].blocked.store(true, Ordering::Relaxed);
        let senders = rig.send_all(4, 20_000);
        let stalled = || rig.reactors.iter().filter(|c| c.backpressure_stalls.get() > 0).count();
        wait_for("every reactor to run out of batches", || stalled() == rig.reactors.len());
        std::thread::sleep(Duration::from_millis(100));
        let whole_pool = (rig.pool * rig.reactors.len()) as u64;
        assert_eq!(rig.sum(|c| c.batches_sealed.get()), whole_pool, "the pool is the bound");
        let read = rig.sum(|c| c.octets_received.get());
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(rig.sum(|c| c.octets_received.get()), read, "reading stands still");

        rig.views[0].blocked.store(false, Ordering::Relaxed);
        for sender in senders {
            sender.join().unwrap();
        }
        for view in &rig.views {
            wait_for("all sessions to close", || view.closed() == 4);
            assert_complete(view, 4, 20_000);
        }
        assert!(rig.sum(|c| c.backpressure_ns.get()) >= 100_000_000);
        assert!(rig.stop().is_clean());
    });
}

#[test]
fn an_output_that_may_drop_delays_nobody_and_is_counted() {
    on_layouts(|cores| {
        let rig = Rig::start(cores, &[LaneKind::Drop, LaneKind::Block], Duration::from_millis(200));
        rig.views[0].blocked.store(true, Ordering::Relaxed);
        for sender in rig.send_all(4, 20_000) {
            sender.join().unwrap();
        }
        wait_for("all sessions to close", || rig.views[1].closed() == 4);
        assert_complete(&rig.views[1], 4, 20_000);
        let output = Arc::clone(&rig.outputs[0]);
        let records = 4 * (20_000 + 2);
        let outcome = rig.stop();
        assert!(outcome.timed_out && outcome.sessions_cut == 0, "{outcome:?}");
        assert!(output.skipped_records.get() > 0);
        assert_eq!(outcome.outputs.len(), 1);
        assert_eq!(outcome.outputs[0].output, "out-0");
        assert_eq!(outcome.undelivered + output.skipped_records.get(), records);
    });
}

#[test]
fn a_lone_message_is_flushed_in_time_and_every_wake_up_arrives() {
    on_layouts(|cores| {
        let rig = Rig::start(cores, &[LaneKind::Block], PATIENCE);
        let mut router = rig.router();
        for seq in 0..100 {
            router.write_all(&frame(1, seq)).unwrap();
            wait_for("the message", || rig.views[0].frames() == seq as usize + 1);
        }
        for extra in 0..50 {
            drop(rig.router());
            wait_for("the session to close", || rig.views[0].closed() == extra + 1);
        }
        let outcome = rig.stop();
        assert!(outcome.is_clean(), "{outcome:?}");
    });
}

#[test]
fn a_writer_that_rests_gets_a_portion_before_the_flush_interval_is_over() {
    on_layouts(|cores| {
        let hour = Duration::from_secs(3_600);
        let rig = Rig::flushing(cores, &[LaneKind::Block], PATIENCE, hour);
        let mut router = rig.router();
        // Half of what a batch holds, which is more than a portion.
        let octets = BatchLimits::for_messages(MAX_FRAME).seal_bytes / 2;
        for seq in 0..(octets / frame(1, 0).len()) as u32 {
            router.write_all(&frame(1, seq)).unwrap();
        }
        wait_for("a portion", || rig.views[0].frames() > 0);
        let outcome = rig.stop();
        assert!(outcome.is_clean(), "{outcome:?}");
    });
}

#[test]
fn a_stop_while_routers_send_leaves_a_prefix_and_the_closing_record() {
    on_layouts(|cores| {
        let rig = Rig::start(cores, &[LaneKind::Block], PATIENCE);
        let address = rig.address;
        let sender = |sender| {
            std::thread::spawn(move || {
                let mut router = TcpStream::connect(address).unwrap();
                (0..).take_while(|seq| router.write_all(&frame(sender, *seq)).is_ok()).count()
            })
        };
        let senders: Vec<_> = (0..4).map(sender).collect();
        let view = Arc::clone(&rig.views[0]);
        wait_for("some of each", || {
            let sessions = view.sessions();
            sessions.len() == 4 && sessions.iter().all(|seen| seen.frames.len() > 1_000)
        });
        let outcome = rig.stop();
        assert!(outcome.is_clean(), "{outcome:?}");
        let sessions = view.sessions();
        let closed = sessions.iter().filter(|s| s.closed == Some(CloseReason::Shutdown)).count();
        assert_eq!(closed, 4);
        sessions.iter().for_each(assert_prefix);
        let sent: usize = senders.into_iter().map(|sender| sender.join().unwrap()).sum();
        assert!(view.frames() <= sent);
    });
}

#[test]
fn a_stop_while_reading_is_held_back_waits_for_the_output() {
    on_layouts(|cores| {
        let rig = Rig::start(cores, &[LaneKind::Block], PATIENCE);
        let view = Arc::clone(&rig.views[0]);
        view.blocked.store(true, Ordering::Relaxed);
        let mut routers: Vec<_> = (0..4).map(|_| rig.router()).collect();
        for router in &mut routers {
            router.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
            // Until the buffers of both ends are full.
            let _ = (0..50_000).try_for_each(|seq| router.write_all(&frame(1, seq)));
        }
        wait_for("the reactors to stall", || rig.sum(|c| c.backpressure_stalls.get()) > 0);
        rig.control.send(Command::Stop);
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(view.closed(), 0);
        view.blocked.store(false, Ordering::Relaxed);
        let messages: Vec<_> = rig.reactors.clone();
        let outcome = rig.thread.join().unwrap();
        assert!(outcome.is_clean(), "{outcome:?}");
        assert_eq!(view.closed(), 4);
        view.sessions().iter().for_each(assert_prefix);
        let decoded: u64 = messages.iter().map(|c| c.messages.get()).sum();
        assert_eq!(view.frames() as u64, decoded, "what was decoded is delivered");
    });
}

#[test]
fn a_stuck_output_ends_with_the_drain_timeout_and_its_count() {
    on_layouts(|cores| {
        let kinds = [LaneKind::Block, LaneKind::Block];
        let rig = Rig::start(cores, &kinds, Duration::from_millis(300));
        rig.views[0].blocked.store(true, Ordering::Relaxed);
        rig.views[0].pending.store(7, Ordering::Relaxed);
        for sender in rig.send_all(2, 10) {
            sender.join().unwrap();
        }
        wait_for("the other output", || rig.views[1].closed() == 2);
        let outcome = rig.stop();
        assert!(outcome.timed_out && !outcome.forced && !outcome.failed);
        let stuck = Undelivered { output: "out-0".into(), pending: 7, queued: 2 * 12 };
        assert_eq!(outcome.outputs, [stuck]);
        assert_eq!(outcome.undelivered, 31);
    });
}

#[test]
fn a_second_stop_ends_at_once() {
    on_layouts(|cores| {
        let rig = Rig::start(cores, &[LaneKind::Block], Duration::from_secs(3600));
        rig.views[0].blocked.store(true, Ordering::Relaxed);
        let _router = rig.router();
        wait_for("the session", || rig.sum(|c| c.sessions_opened.get()) == 1);
        rig.control.send(Command::Stop);
        std::thread::sleep(Duration::from_millis(50));
        assert!(!rig.thread.is_finished(), "the first one drains");
        let outcome = rig.stop();
        assert!(outcome.forced && !outcome.timed_out);
        assert!(!outcome.is_clean());
    });
}

#[test]
fn broken_framing_closes_only_that_session() {
    on_layouts(|cores| {
        let rig = Rig::start(cores, &[LaneKind::Block], PATIENCE);
        let view = Arc::clone(&rig.views[0]);
        let (mut good, mut bad) = (rig.router(), rig.router());
        good.write_all(&frame(1, 0)).unwrap();
        bad.write_all(&frame(2, 0)).unwrap();
        bad.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        assert!(matches!(bad.read(&mut [0; 8]), Ok(0) | Err(_)), "nothing is ever written");
        wait_for("the bad session to close", || view.closed() == 1);
        good.write_all(&frame(1, 1)).unwrap();
        wait_for("the good session to go on", || view.frames() == 3);
        assert_eq!(rig.sum(|c| c.broken_framing.get()), 1);
        drop(good);
        wait_for("the good session to close", || view.closed() == 2);
        let mut reasons: Vec<_> =
            view.sessions().iter().map(|seen| format!("{:?}", seen.closed.unwrap())).collect();
        reasons.sort();
        assert_eq!(reasons, ["BrokenFraming", "EndOfStream"]);
        assert!(rig.stop().is_clean());
    });
}

#[test]
fn the_end_of_a_session_says_how_it_came() {
    on_layouts(|cores| {
        let rig = Rig::start(cores, &[LaneKind::Block], PATIENCE);
        let view = Arc::clone(&rig.views[0]);
        let mut cut = rig.router();
        cut.write_all(&frame(1, 0)[..50]).unwrap();
        drop(cut);
        wait_for("the cut session to close", || view.closed() == 1);
        let reset = rig.router();
        wait_for("the other session", || rig.sum(|c| c.sessions_opened.get()) == 2);
        let reset = socket2::Socket::from(reset);
        reset.set_linger(Some(Duration::ZERO)).unwrap();
        drop(reset);
        wait_for("the other session to close", || view.closed() == 2);
        let reasons: Vec<_> = view.sessions().iter().map(|seen| seen.closed.unwrap()).collect();
        assert_eq!(reasons, [CloseReason::CutShort { octets: 50 }, CloseReason::Reset]);
        assert!(rig.stop().is_clean());
    });
}

#[test]
fn commands_reach_the_outputs_and_do_not_stop_the_engine() {
    let rig = Rig::start((&[0], &[0]), &[LaneKind::Block, LaneKind::Block], PATIENCE);
    for command in [Command::Reopen, Command::Status, Command::Reload, Command::Look] {
        rig.control.send(command);
    }
    wait_for("every output to reopen", || {
        rig.views.iter().all(|view| view.reopened.load(Ordering::Relaxed) == 1)
    });
    drop(rig.router());
    wait_for("a session", || rig.views.iter().all(|view| view.closed() == 1));
    assert!(rig.stop().is_clean());
}

#[test]
fn many_routers_on_few_batches_all_get_their_turn() {
    on_layouts(|cores| {
        let rig = Rig::start(cores, &[LaneKind::Block], PATIENCE);
        for sender in rig.send_all(100, 300) {
            sender.join().unwrap();
        }
        wait_for("all sessions to close", || rig.views[0].closed() == 100);
        assert_complete(&rig.views[0], 100, 300);
        assert!(rig.stop().is_clean());
    });
}

/// Set in the environment of a process of its own.
const ALONE_ENV: &str = "RIBCAGE_TEST_ALONE";

/// Runs `test`, which is called `name`, in a process of its own: others would disturb it.
fn alone(name: &str, test: impl FnOnce()) {
    if std::env::var_os(ALONE_ENV).is_some() {
        return test();
    }
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("engine::tests::{name}"), "--nocapture"])
        .env(ALONE_ENV, "1")
        .output()
        .unwrap();
    print!("{}", String::from_utf8_lossy(&child.stdout));
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
}

#[test]
fn an_idle_engine_is_idle() {
    alone("an_idle_engine_is_idle", || {
        let rig = Rig::start((&[0], &[0]), &[LaneKind::Block, LaneKind::Drop], PATIENCE);
        let clock = CpuClock::open();
        let mut routers: Vec<_> = (0..50).map(|_| rig.router()).collect();
        routers.iter_mut().for_each(|router| router.write_all(&frame(1, 0)).unwrap());
        wait_for("all messages", || rig.views.iter().all(|view| view.frames() == 50));
        std::thread::sleep(Duration::from_millis(300));
        let used = clock.share(Duration::from_secs(2));
        println!("idle: {:.3} % of a core", used * 100.0);
        assert!(used < 0.03, "an idle engine used {:.2} % of a core", used * 100.0);
        assert!(rig.stop().is_clean());
    });
}

#[test]
fn routers_without_a_descriptor_wait_for_one_and_cost_nothing() {
    alone("routers_without_a_descriptor_wait_for_one_and_cost_nothing", || {
        let rig = Rig::start((&[0], &[0]), &[LaneKind::Block], PATIENCE);
        let clock = CpuClock::open();
        let socket = || socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
        let mut routers: Vec<_> = (0..30).map(|_| socket().unwrap()).collect();
        let (all, open) = (routers.len(), std::fs::read_dir("/proc/self/fd").unwrap().count());
        let mut limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        limit.current = Some(open as u64 + 10);
        rustix::process::setrlimit(rustix::process::Resource::Nofile, limit).unwrap();
        routers.iter().for_each(|router| router.connect(&rig.address.into()).unwrap());
        let opened = || rig.sum(|c| c.sessions_opened.get()) as usize;
        std::thread::sleep(Duration::from_millis(500));
        assert!((1..all).contains(&opened()), "{} of {all} accepted", opened());
        let used = clock.share(Duration::from_secs(1));
        assert!(used < 0.1, "waiting used {:.1} % of a core", used * 100.0);
        routers.truncate(2);
        wait_for("everyone to be accepted", || opened() == all);
        drop(routers);
        wait_for("everyone to be gone", || rig.views[0].closed() == all);
        assert!(rig.stop().is_clean());
    });
}

/// The CPU time of this process, in the ticks of 10 ms that proc(5) gives.
struct CpuClock(std::fs::File);

impl CpuClock {
    fn open() -> Self {
        Self(std::fs::File::open("/proc/self/stat").unwrap())
    }

    fn now(&self) -> Duration {
        let mut text = [0; 1024];
        let read = std::os::unix::fs::FileExt::read_at(&self.0, &mut text, 0).unwrap();
        let text = String::from_utf8_lossy(&text[..read]).into_owned();
        // Fields 14 and 15; the name in field 2 may hold spaces and ends with the last bracket.
        let fields = text.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2);
        Duration::from_millis(10) * fields.map(|ticks| ticks.parse::<u32>().unwrap()).sum()
    }

    /// The share of a core that is used during `time`.
    fn share(&self, time: Duration) -> f64 {
        let (wall, cpu) = (Instant::now(), self.now());
        std::thread::sleep(time);
        (self.now() - cpu).as_secs_f64() / wall.elapsed().as_secs_f64()
    }
}
