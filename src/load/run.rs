//! The run: all connections on a few threads.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crossbeam::utils::CachePadded;

use super::LoadError;
use super::connection::Connection;
use super::machine;
use super::rate::{Bucket, Rate};
use super::report::{LoadReport, Progress, RouterReport, RunEnd};
use super::scenario::{Program, Scenario};
use super::sources::Sources;
use super::stream::{Prepared, Source};
use super::walk::Counts;
use super::worker::{CHUNK_MAX, Worker};
use crate::config::units::CpuList;

/// What a run is to do.
#[derive(Debug, Clone)]
pub struct LoadConfig {
    /// The collector.
    pub target: SocketAddr,
    /// Router connections, 1 or more.
    pub routers: u32,
    /// How often each router sends its messages, 1 or more. The Initiation, and the Termination
    /// that ends a recording, are sent once per connection.
    pub repeat: u32,
    /// How fast all of them together send.
    pub rate: Rate,
    /// What they send.
    pub source: Source,
    /// What happens besides and after the initial dump.
    pub scenarios: Vec<Scenario>,
    /// Where they connect from.
    pub sources: Sources,
    /// Seed of a synthetic source and of the scenarios.
    pub seed: u64,
    /// Threads; 0 means one per core, but no more than routers.
    pub threads: usize,
    /// CPUs to which the threads are pinned, one each; overrides `threads`.
    pub cores: Option<CpuList>,
    /// Whether the messages carry, as the time of their per-peer header, when they were due.
    pub stamp: bool,
}

impl LoadConfig {
    /// One router that sends `source` once, as fast as it is taken.
    #[must_use]
    pub fn new(target: SocketAddr, source: Source) -> Self {
        Self {
            target,
            routers: 1,
            repeat: 1,
            rate: Rate::Max,
            source,
            scenarios: Vec::new(),
            sources: Sources::Auto,
            seed: 1,
            threads: 0,
            cores: None,
            stamp: false,
        }
    }

    fn check(&self) -> Result<(), LoadError> {
        for (value, what) in [(self.routers, "routers"), (self.repeat, "repetitions")] {
            if value == 0 {
                let text = format!("0 {what}: nothing would be sent; at least 1 is needed");
                return Err(LoadError::Config(text));
            }
        }
        if let Some(cores) = &self.cores {
            machine::check_cores(cores)?;
        }
        self.sources.check(self.target, self.routers)?;
        machine::make_room(self.routers, self.thread_count())
    }

    /// What the scenarios come to.
    pub(super) fn program(&self) -> Result<Program, LoadError> {
        Program::new(&self.scenarios).map_err(|error| LoadError::Config(error.to_string()))
    }

    fn thread_count(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        let wanted = match (&self.cores, self.threads) {
            (Some(cores), _) => cores.len(),
            (None, 0) => cores(),
            (None, threads) => threads,
        };
        wanted.min(self.routers as usize).max(1)
    }

    fn connection(&self, router: u32, prepared: &Prepared, program: &Program) -> Connection {
        let stream = prepared.stream(router, self, program);
        let slow = program.slow.filter(|slow| slow.is_slow(router, self.routers));
        let drip = slow.map(|slow| slow.drip(self.seed, router));
        let source = self.sources.address(self.target, router);
        Connection::new(router, self.target, source, stream, drip)
    }
}

/// Connects all routers, sends everything and reports. `stop` ends it early, between two messages
/// where the collector reads on; `progress` is called about five times a second on this thread.
///
/// # Errors
/// [`LoadError`] when the run cannot begin, so also when no router at all could connect. A
/// connection that fails later is in the report, see [`LoadReport::is_failure`].
pub fn run(
    config: &LoadConfig,
    stop: &AtomicBool,
    progress: &dyn Fn(&Progress),
) -> Result<LoadReport, LoadError> {
    config.check()?;
    let program = config.program()?;
    let prepared = config.source.prepare(config.seed, &program)?;
    prepared.check_rate(config.rate)?;
    let threads = config.thread_count();
    let mut shares: Vec<Vec<Connection>> = (0..threads).map(|_| Vec::new()).collect();
    let mut total_messages = 0_u64;
    for router in 0..config.routers {
        let connection = config.connection(router, &prepared, &program);
        total_messages = total_messages.saturating_add(connection.total_messages());
        shares[router as usize % threads].push(connection);
    }
    let shared = Shared::new(config, &program, stop);
    let gauges: Vec<CachePadded<Gauge>> = (0..threads).map(|_| CachePadded::default()).collect();
    let look = || Progress::read(&shared, &gauges, total_messages);
    let routers = thread::scope(|scope| -> Result<Vec<RouterReport>, LoadError> {
        let (done, reports) = mpsc::channel();
        for (n, (share, gauge)) in shares.into_iter().zip(&gauges).enumerate() {
            let failed = |e: io::Error| {
                shared.abort.store(true, Relaxed);
                LoadError::Config(format!("cannot start a thread: {e}"))
            };
            let worker = Worker::new(&shared, gauge, share).map_err(failed)?;
            let core = config.cores.as_ref().and_then(|cores| cores.iter().nth(n));
            let done = done.clone();
            let serve = move || {
                core.into_iter().for_each(machine::pin);
                drop(done.send(worker.serve()));
            };
            let name = "load".to_owned();
            thread::Builder::new().name(name).spawn_scoped(scope, serve).map_err(failed)?;
        }
        drop(done);
        Ok(collect(&reports, &|| progress(&look())))
    })?;
    let elapsed = shared.start.elapsed();
    let last = look();
    progress(&last);
    if let (0, Some(error)) = (last.connected, shared.take_failure()) {
        return Err(LoadError::Connect { target: config.target, error });
    }
    let end = RunEnd { elapsed, stopped: stop.load(Relaxed), connections: last.connected };
    Ok(LoadReport::new(config.target, end, routers))
}

/// Waits for all threads, looking at their progress meanwhile.
fn collect(reports: &mpsc::Receiver<Vec<RouterReport>>, look: &dyn Fn()) -> Vec<RouterReport> {
    let mut routers = Vec::new();
    let mut next_look = Instant::now() + PROGRESS_EVERY;
    loop {
        match reports.recv_timeout(next_look.saturating_duration_since(Instant::now())) {
            Ok(some) => routers.extend(some),
            Err(mpsc::RecvTimeoutError::Disconnected) => return routers,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                look();
                next_look = Instant::now() + PROGRESS_EVERY;
            }
        }
    }
}

impl Progress {
    fn read(shared: &Shared<'_>, gauges: &[CachePadded<Gauge>], total_messages: u64) -> Self {
        let elapsed = shared.start.elapsed();
        let mut progress = Progress { elapsed, total_messages, ..Progress::default() };
        for gauge in gauges {
            progress.sent += Counts {
                messages: gauge.messages.load(Relaxed),
                announced: gauge.announced.load(Relaxed),
                withdrawn: gauge.withdrawn.load(Relaxed),
                bytes: gauge.bytes.load(Relaxed),
            };
            progress.connected += gauge.connected.load(Relaxed) as usize;
            progress.ended += gauge.ended.load(Relaxed) as usize;
            progress.failed += gauge.failed.load(Relaxed) as usize;
        }
        progress
    }
}

/// One thread's figures, for the thread that watches.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    pub(super) messages: AtomicU64,
    pub(super) announced: AtomicU64,
    pub(super) withdrawn: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) connected: AtomicU64,
    pub(super) ended: AtomicU64,
    pub(super) failed: AtomicU64,
}

/// What all threads share.
pub(super) struct Shared<'a> {
    stop: &'a AtomicBool,
    /// Nobody could connect: the others need not try.
    abort: AtomicBool,
    pub(super) connected: AtomicBool,
    failure: Mutex<Option<io::Error>>,
    /// The same moment on both clocks.
    pub(super) start: Instant,
    pub(super) start_wall: SystemTime,
    pub(super) bucket: Option<Bucket>,
    /// The bucket's tokens are octets (else messages).
    pub(super) by_octets: bool,
    /// The least tokens worth a write, where there are that many.
    pub(super) share_min: u64,
    /// The shortest wait for tokens, so that sends do not become tiny.
    pub(super) pause_min: Duration,
    pub(super) stamp: bool,
    /// Full chunks that a thread's connections may hold together.
    pub(super) chunks_max: usize,
    /// Routers whose dump the schedule still waits for.
    awaited: AtomicU32,
    /// Nanoseconds since the start: when the schedule begins; 0 is not yet.
    base: AtomicU64,
}

impl<'a> Shared<'a> {
    fn new(config: &LoadConfig, program: &Program, stop: &'a AtomicBool) -> Self {
        let start = Instant::now();
        let bucket = match config.rate {
            Rate::Max | Rate::Recorded(_) => None,
            // A stall must not hide from latencies: what was due is late, not left out.
            Rate::Messages(n) | Rate::Bytes(n) => Some(Bucket::new(n, start, config.stamp)),
        };
        let share_min = match config.rate {
            _ if config.stamp => 1,
            Rate::Messages(n) => (n / 20_000).clamp(1, 64),
            Rate::Bytes(n) => (n / 1_000).clamp(1, 64 << 10),
            Rate::Max | Rate::Recorded(_) => 1,
        };
        let slow = program.slow.map_or(0, |slow| slow.routers.min(config.routers));
        let shared = Self {
            stop,
            abort: AtomicBool::new(false),
            connected: AtomicBool::new(false),
            failure: Mutex::new(None),
            start,
            start_wall: SystemTime::now(),
            bucket,
            by_octets: matches!(config.rate, Rate::Bytes(_)),
            share_min,
            pause_min: if config.stamp { PAUSE_FINE } else { PAUSE_MIN },
            stamp: config.stamp,
            chunks_max: CHUNKS_OCTETS / CHUNK_MAX / config.thread_count(),
            awaited: AtomicU32::new(config.routers - slow),
            base: AtomicU64::new(0),
        };
        if config.routers == slow {
            shared.begin_schedule();
        }
        shared
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stop.load(Relaxed) || self.abort.load(Relaxed)
    }

    /// A router could not connect. While none has, that ends the run.
    pub(super) fn note_failure(&self, error: io::Error) {
        if !self.connected.load(Relaxed) {
            self.abort.store(true, Relaxed);
        }
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    pub(super) fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.start)
    }

    /// One router more need not be waited for.
    pub(super) fn arrive(&self) {
        if self.awaited.fetch_sub(1, Relaxed) == 1 {
            self.begin_schedule();
        }
    }

    /// The schedule begins in a moment, so that all threads are there.
    fn begin_schedule(&self) {
        let base = self.start.elapsed() + BASE_MARGIN;
        self.base.store(u64::try_from(base.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }

    /// When the schedule begins, since the start.
    pub(super) fn base(&self) -> Option<Duration> {
        match self.base.load(Relaxed) {
            0 => None,
            nanos => Some(Duration::from_nanos(nanos)),
        }
    }

    fn take_failure(&self) -> Option<io::Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// How often progress is shown.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);
/// The shortest waits for tokens: usually, and where the time of each message matters.
const PAUSE_MIN: Duration = Duration::from_millis(1);
const PAUSE_FINE: Duration = Duration::from_micros(50);
/// Octets of all pending chunks together, beyond which they become small.
const CHUNKS_OCTETS: usize = 128 << 20;
const BASE_MARGIN: Duration = Duration::from_millis(20);

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::load::{Outcome, count, write_stream};
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;

    fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    fn config(target: SocketAddr, routers: u32) -> LoadConfig {
        let source = Source::Synthetic { peers: 2, prefixes: 500 };
        LoadConfig { routers, threads: 2, ..LoadConfig::new(target, source) }
    }

    fn read_all(mut socket: TcpStream) -> Vec<u8> {
        let mut bytes = Vec::new();
        socket.read_to_end(&mut bytes).unwrap();
        bytes
    }

    /// Runs against a sink that reads everything; gives the report and what each connection
    /// received.
    fn run_to_sink(mut config: LoadConfig) -> (LoadReport, Vec<Vec<u8>>) {
        let (listener, address) = listener();
        config.target = address;
        let routers = config.routers;
        let sink = thread::spawn(move || {
            let accept = |_| listener.accept().unwrap().0;
            let readers: Vec<_> =
                (0..routers).map(accept).map(|s| thread::spawn(|| read_all(s))).collect();
            readers.into_iter().map(|r| r.join().unwrap()).collect()
        });
        let report = run(&config, &AtomicBool::new(false), &|_| ()).unwrap();
        (report, sink.join().unwrap())
    }

    fn written(source: &Source, router: u32) -> Vec<u8> {
        let mut out = Vec::new();
        write_stream(source, router, 1, &mut out).unwrap();
        out
    }

    #[test]
    fn the_report_counts_what_the_collector_received() {
        let mut wanted = config("127.0.0.1:1".parse().unwrap(), 5);
        wanted.repeat = 3;
        let (report, received) = run_to_sink(wanted);
        let mut all = Counts::default();
        for bytes in &received {
            let counts = count(bytes);
            assert_eq!(counts.bytes, bytes.len() as u64);
            all += counts;
        }
        assert_eq!(report.sent, all);
        assert_eq!(all.announced, 5 * 3 * 2 * 500);
        assert_eq!((report.finished, report.connections, report.is_failure()), (5, 5, false));
        assert!(report.routers.iter().all(|r| r.sent.announced == 3000));
    }

    #[test]
    fn a_router_sends_the_same_bytes_alone_and_among_others() {
        let some = config("127.0.0.1:1".parse().unwrap(), 7);
        let source = some.source.clone();
        let (_, mut received) = run_to_sink(some);
        let mut expected: Vec<_> = (0..7).map(|router| written(&source, router)).collect();
        received.sort();
        expected.sort();
        assert!(received == expected);
    }

    #[test]
    fn replayed_sessions_arrive_as_recorded() {
        let synthetic = Source::Synthetic { peers: 1, prefixes: 50 };
        let sessions: Vec<Arc<[u8]>> = (0..2).map(|r| written(&synthetic, r).into()).collect();
        let mut wanted = config("127.0.0.1:1".parse().unwrap(), 4);
        wanted.source = Source::Replay(sessions.iter().cloned().map(Into::into).collect());
        let replay = wanted.source.clone();
        let (report, mut received) = run_to_sink(wanted);
        received.sort();
        let mut expected: Vec<_> = (0..4).map(|router| written(&replay, router)).collect();
        assert_eq!(expected[..2], sessions.iter().map(|s| s.to_vec()).collect::<Vec<_>>());
        assert!(expected[2] != expected[0], "a clone has a name of its own");
        expected.sort();
        assert!(received == expected);
        assert_eq!(report.sent.announced, 4 * 50);
    }

    #[test]
    fn rates_hold_back_messages_and_octets() {
        let source = Source::Synthetic { peers: 1, prefixes: 1500 };
        let once = count(&written(&source, 0));
        for rate in [Rate::Messages(once.messages), Rate::Bytes(once.bytes)] {
            let mut slow = config("127.0.0.1:1".parse().unwrap(), 2);
            (slow.source, slow.rate) = (source.clone(), rate);
            let (report, _) = run_to_sink(slow);
            // Two routers send about twice `once`: two seconds, less what the bucket held at the
            // end.
            assert!((1.5..8.0).contains(&report.seconds), "{rate}: {}", report.seconds);
            assert_eq!(report.sent.announced, 3000);
        }
    }

    #[test]
    fn a_refused_connection_names_the_target_and_what_to_check() {
        let (listener, address) = listener();
        drop(listener);
        let error = run(&config(address, 3), &AtomicBool::new(false), &|_| ()).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(&format!("cannot connect to {address}: ")), "{text}");
        assert!(text.contains("is the collector running"), "{text}");
    }

    #[test]
    fn a_lost_connection_is_counted_and_makes_the_run_fail() {
        let (listener, address) = listener();
        let mut long = config(address, 2);
        long.source = Source::Synthetic { peers: 4, prefixes: 20_000 };
        long.repeat = 3;
        let sink = thread::spawn(move || {
            let mut bad = listener.accept().unwrap().0;
            bad.read_exact(&mut [0; 1000]).unwrap();
            drop(bad); // with unread octets: a reset
            read_all(listener.accept().unwrap().0)
        });
        let report = run(&long, &AtomicBool::new(false), &|_| ()).unwrap();
        let received = count(&sink.join().unwrap());
        assert_eq!((report.lost, report.finished, report.is_failure()), (1, 1, true));
        let lost = report.routers.iter().find(|r| r.outcome == Outcome::Lost).unwrap();
        assert!(lost.error.as_ref().unwrap().contains(&address.to_string()));
        assert!(lost.sent.bytes >= 1000 && lost.sent.bytes < received.bytes);
        assert!(report.routers.iter().any(|r| r.sent == received));
    }

    #[test]
    fn one_receiver_that_does_not_read_stops_no_other() {
        let (listener, address) = listener();
        let mut many = config(address, 50);
        // More than fits into the socket buffers of a connection that nobody reads.
        let recording = written(&Source::Synthetic { peers: 2, prefixes: 5_000 }, 0);
        many.repeat = (24 << 20) / recording.len() as u32;
        many.source = Source::Replay(vec![recording.into()]);
        let (stop, ended) = (AtomicBool::new(false), AtomicU64::new(0));
        let sink = thread::spawn(move || {
            let stuck = listener.accept().unwrap().0;
            let readers: Vec<_> = (1..50)
                .map(|_| listener.accept().unwrap().0)
                .map(|mut s| thread::spawn(move || io::copy(&mut s, &mut io::sink()).unwrap()))
                .collect();
            (stuck, readers.into_iter().map(|r| r.join().unwrap()).collect::<Vec<_>>())
        });
        let watch = |progress: &Progress| {
            ended.store(progress.ended as u64, Relaxed);
            if progress.ended == 49 {
                stop.store(true, Relaxed);
            }
        };
        let report = run(&many, &stop, &watch).unwrap();
        let (_stuck, received) = sink.join().unwrap();
        assert_eq!((report.finished, report.stopped, report.is_failure()), (49, true, false));
        let finished = |r: &&RouterReport| r.outcome == Outcome::Finished;
        let sent = report.routers.iter().filter(finished).map(|r| r.sent.bytes);
        assert_eq!(sent.clone().sum::<u64>(), received.iter().sum::<u64>());
        let whole = sent.max().unwrap();
        let stuck = report.routers.iter().find(|r| r.outcome != Outcome::Finished).unwrap();
        assert!(stuck.sent.messages > 0 && stuck.sent.bytes < whole);
    }

    #[test]
    fn a_stop_ends_streams_between_two_messages() {
        let mut endless = config("127.0.0.1:1".parse().unwrap(), 4);
        endless.repeat = u32::MAX;
        let (listener, address) = listener();
        endless.target = address;
        let sink = thread::spawn(move || {
            let readers: Vec<_> = (0..4)
                .map(|_| listener.accept().unwrap().0)
                .map(|s| thread::spawn(|| read_all(s)))
                .collect();
            readers.into_iter().map(|r| r.join().unwrap()).collect::<Vec<_>>()
        });
        let stop = AtomicBool::new(false);
        let watch = |p: &Progress| stop.store(p.connected == 4 && p.sent.messages > 0, Relaxed);
        let report = run(&endless, &stop, &watch).unwrap();
        let received = sink.join().unwrap();
        let mut all = Counts::default();
        for bytes in &received {
            all += count(bytes);
            assert_eq!(count(bytes).bytes, bytes.len() as u64);
        }
        assert_eq!(report.sent, all);
        assert!(report.routers.iter().all(|r| r.outcome == Outcome::Stopped));
    }

    #[test]
    fn senseless_configurations_are_refused() {
        let mut none = config("127.0.0.1:1".parse().unwrap(), 0);
        let refused = |c: &LoadConfig| run(c, &AtomicBool::new(false), &|_| ()).unwrap_err();
        assert!(refused(&none).to_string().starts_with("0 routers"));
        (none.routers, none.repeat) = (1, 0);
        assert!(refused(&none).to_string().starts_with("0 repetitions"));
    }
}
