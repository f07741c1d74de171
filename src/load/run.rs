//! The run: all connections on a few threads.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam::utils::CachePadded;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::LoadError;
use super::connection::{Connection, Need};
use super::rate::{Bucket, Rate};
use super::report::{LoadReport, Progress, RouterReport, RunEnd};
use super::stream::{Limit, Source};
use super::walk::Counts;

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
    /// Seed of a synthetic source.
    pub seed: u64,
    /// Threads; 0 means one per core, but no more than routers.
    pub threads: usize,
    /// Whether the messages carry, as the time of their per-peer header, when they were due.
    pub stamp: bool,
}

impl LoadConfig {
    /// One router that sends `source` once, as fast as it is taken.
    #[must_use]
    pub fn new(target: SocketAddr, source: Source) -> Self {
        let (routers, repeat, rate, seed, threads) = (1, 1, Rate::Max, 1, 0);
        Self { target, routers, repeat, rate, source, seed, threads, stamp: false }
    }

    fn check(&self) -> Result<(), LoadError> {
        for (value, what) in [(self.routers, "routers"), (self.repeat, "repetitions")] {
            if value == 0 {
                let text = format!("0 {what}: nothing would be sent; at least 1 is needed");
                return Err(LoadError::Config(text));
            }
        }
        Ok(())
    }

    fn thread_count(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        let wanted = if self.threads == 0 { cores() } else { self.threads };
        wanted.min(self.routers as usize).max(1)
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
    let prepared = config.source.prepare(config.seed)?;
    prepared.check_rate(config.rate)?;
    let threads = config.thread_count();
    let mut shares: Vec<Vec<Connection>> = (0..threads).map(|_| Vec::new()).collect();
    let mut total_messages = 0_u64;
    // Backwards, because each thread takes its next router from the end.
    for router in (0..config.routers).rev() {
        let stream = prepared.stream(router, config);
        total_messages = stream.total_messages().saturating_add(total_messages);
        let connection = Connection::new(router, config.target, stream);
        shares[router as usize % threads].push(connection);
    }
    let shared = Shared::new(config, stop, Instant::now());
    let gauges: Vec<CachePadded<Gauge>> = (0..threads).map(|_| CachePadded::default()).collect();
    let look = || Progress::read(&shared, &gauges, total_messages);
    let routers = thread::scope(|scope| -> Result<Vec<RouterReport>, LoadError> {
        let (done, reports) = mpsc::channel();
        for (share, gauge) in shares.into_iter().zip(&gauges) {
            let (worker, done) = (Worker::new(&shared, gauge, share), done.clone());
            let serve = move || drop(done.send(worker.serve()));
            let name = "load".to_owned();
            if let Err(e) = thread::Builder::new().name(name).spawn_scoped(scope, serve) {
                shared.abort.store(true, Relaxed);
                return Err(LoadError::Config(format!("cannot start a thread: {e}")));
            }
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
struct Gauge {
    messages: AtomicU64,
    announced: AtomicU64,
    withdrawn: AtomicU64,
    bytes: AtomicU64,
    connected: AtomicU64,
    ended: AtomicU64,
    failed: AtomicU64,
}

/// What all threads share.
struct Shared<'a> {
    stop: &'a AtomicBool,
    /// Nobody could connect: the others need not try.
    abort: AtomicBool,
    connected: AtomicBool,
    failure: Mutex<Option<io::Error>>,
    start: Instant,
    bucket: Option<Bucket>,
    /// The bucket's tokens are octets (else messages).
    by_octets: bool,
    chunk_octets: usize,
}

impl<'a> Shared<'a> {
    fn new(config: &LoadConfig, stop: &'a AtomicBool, start: Instant) -> Self {
        let bucket = match config.rate {
            Rate::Max | Rate::Recorded(_) => None,
            Rate::Messages(n) | Rate::Bytes(n) => Some(Bucket::new(n, start)),
        };
        Self {
            stop,
            abort: AtomicBool::new(false),
            connected: AtomicBool::new(false),
            failure: Mutex::new(None),
            start,
            bucket,
            by_octets: matches!(config.rate, Rate::Bytes(_)),
            chunk_octets: (CHUNKS_OCTETS / config.routers as usize).clamp(CHUNK_MIN, CHUNK_MAX),
        }
    }

    fn is_stopping(&self) -> bool {
        self.stop.load(Relaxed) || self.abort.load(Relaxed)
    }

    /// A router could not connect. While none has, that ends the run.
    fn note_failure(&self, error: io::Error) {
        if !self.connected.load(Relaxed) {
            self.abort.store(true, Relaxed);
        }
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.start)
    }

    fn take_failure(&self) -> Option<io::Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// One thread and its connections.
struct Worker<'a> {
    shared: &'a Shared<'a>,
    gauge: &'a Gauge,
    /// Not yet connecting; the next one is last.
    waiting: Vec<Connection>,
    live: Vec<Connection>,
    ended: Vec<RouterReport>,
    sent: Counts,
    connected: u64,
    failed: u64,
    /// Where the next turn begins, so that tokens do not always go to the same connections.
    first: usize,
    stop_seen: Option<Instant>,
}

/// What a turn came to.
#[derive(Debug, Clone, Copy, Default)]
struct Turn {
    moved: bool,
    /// A connection waits for tokens.
    starved: bool,
}

impl<'a> Worker<'a> {
    fn new(shared: &'a Shared<'a>, gauge: &'a Gauge, waiting: Vec<Connection>) -> Self {
        let (live, ended) = (Vec::new(), Vec::new());
        let (sent, connected, failed) = (Counts::default(), 0, 0);
        let (first, stop_seen) = (0, None);
        Self { shared, gauge, waiting, live, ended, sent, connected, failed, first, stop_seen }
    }

    fn serve(mut self) -> Vec<RouterReport> {
        loop {
            let now = Instant::now();
            self.look_for_stop(now);
            self.connect(now);
            let turn = self.send(now);
            self.bury();
            self.publish();
            if self.live.is_empty() && self.waiting.is_empty() {
                return self.ended;
            }
            self.wait(turn);
        }
    }

    /// A stop lets the pending chunks leave, so that streams end between two messages, but not for
    /// long.
    fn look_for_stop(&mut self, now: Instant) {
        if !self.shared.is_stopping() {
            return;
        }
        let seen = *self.stop_seen.get_or_insert(now);
        let at_once = now.saturating_duration_since(seen) >= STOP_GRACE;
        self.live.append(&mut self.waiting);
        for connection in &mut self.live {
            let idle = matches!(connection.need(), Need::Refill | Need::Nothing);
            if idle || at_once || connection.is_connecting() {
                connection.stop();
            }
        }
    }

    /// Begins connection attempts, a few at a time: a listener's queue is short.
    fn connect(&mut self, now: Instant) {
        let mut under_way = self.live.iter().filter(|c| c.is_connecting()).count();
        while under_way < CONNECTING_MAX
            && let Some(mut connection) = self.waiting.pop()
        {
            match connection.begin(now) {
                Ok(()) => under_way += 1,
                Err(error) => self.shared.note_failure(error),
            }
            self.live.push(connection);
        }
    }

    /// One turn for each connection that can go on.
    fn send(&mut self, now: Instant) -> Turn {
        let mut turn = Turn::default();
        let open = self.live.iter().filter(|c| c.is_open()).count() as u64;
        let share = match &self.shared.bucket {
            Some(bucket) => (bucket.available(now) / open.max(1)).max(1),
            None => u64::MAX,
        };
        self.first = self.first.wrapping_add(1);
        let (shared, len) = (self.shared, self.live.len());
        let begin = self.first % len.max(1);
        let (back, front) = self.live.split_at_mut(begin);
        for connection in front.iter_mut().chain(back) {
            if connection.due().is_some_and(|due| due > shared.elapsed(now)) {
                turn.starved = true;
                continue;
            }
            if connection.need() == Need::Refill && shared.stop_or_refill(connection, share, now) {
                turn.starved = true;
            }
            if connection.need() == Need::Write {
                if let Some(chunk) = connection.write() {
                    self.sent += chunk;
                    turn.moved = true;
                }
                if connection.is_open() && connection.is_complete() {
                    connection.finish();
                }
            }
        }
        turn
    }

    /// Waits for the kernel, for tokens or for a moment, whichever is first.
    fn wait(&mut self, turn: Turn) {
        let now = Instant::now();
        let pause = match &self.shared.bucket {
            _ if turn.moved => Duration::ZERO,
            Some(bucket) if turn.starved => bucket.wait(now).clamp(PAUSE_MIN, PAUSE_MAX),
            None if turn.starved => PAUSE_MIN,
            _ => PAUSE_MAX,
        };
        let mut polled = Vec::new();
        let mut fds = Vec::new();
        for (i, connection) in self.live.iter().enumerate() {
            if let (Need::Poll, Some(fd)) = (connection.need(), connection.descriptor()) {
                polled.push(i);
                fds.push(PollFd::from_borrowed_fd(fd, PollFlags::OUT));
            }
        }
        let mut ready = vec![false; polled.len()];
        let timeout = Timespec { tv_sec: 0, tv_nsec: pause.as_nanos() as _ };
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) => {
                let news = fds.iter().map(|fd| !fd.revents().is_empty());
                ready.iter_mut().zip(news).for_each(|(ready, news)| *ready = news);
            }
            Err(rustix::io::Errno::INTR) => {}
            // Poll fails only for want of memory: trying every connection is always right.
            Err(_) => thread::sleep(PAUSE_MIN),
        }
        drop(fds);
        let now = Instant::now();
        for (i, ready) in polled.into_iter().zip(ready) {
            let connection = &mut self.live[i];
            if ready {
                connection.unblock();
            }
            match connection.check_connected(ready, now) {
                Ok(true) => {
                    self.connected += 1;
                    self.shared.connected.store(true, Relaxed);
                }
                Ok(false) => {}
                Err(error) => self.shared.note_failure(error),
            }
        }
    }

    /// Removes the connections that have ended.
    fn bury(&mut self) {
        let mut i = 0;
        while let Some(connection) = self.live.get(i) {
            match connection.outcome() {
                Some(outcome) => {
                    self.failed += u64::from(outcome.is_failure());
                    self.ended.push(self.live.swap_remove(i).into_report());
                }
                None => i += 1,
            }
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

impl Shared<'_> {
    /// Gives an idle connection its next chunk, or its end. True when there are no tokens for it.
    fn stop_or_refill(&self, connection: &mut Connection, share: u64, now: Instant) -> bool {
        if self.is_stopping() {
            connection.stop();
            return false;
        }
        let limit = Limit { until: self.elapsed(now), ..Limit::NONE };
        let Some(bucket) = &self.bucket else {
            if connection.refill(&Limit { octets: self.chunk_octets, ..limit }).messages == 0 {
                connection.finish();
            }
            return false;
        };
        let taken = bucket.take(share, now);
        if taken == 0 {
            return true;
        }
        let (octets, messages) = match self.by_octets {
            true => (usize::try_from(taken).unwrap_or(usize::MAX), u64::MAX),
            false => (usize::MAX, taken),
        };
        let chunk =
            connection.refill(&Limit { octets: octets.min(self.chunk_octets), messages, ..limit });
        bucket.settle(taken, if self.by_octets { chunk.bytes } else { chunk.messages });
        if chunk.messages == 0 {
            connection.finish();
        }
        false
    }
}

/// How often progress is shown.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);
/// How long a stop waits for pending chunks.
const STOP_GRACE: Duration = Duration::from_secs(1);
/// The shortest wait for tokens, so that sends do not become tiny, and the longest of all waits,
/// after which a stop is seen.
const PAUSE_MIN: Duration = Duration::from_millis(1);
const PAUSE_MAX: Duration = Duration::from_millis(100);
/// Connection attempts under way per thread.
const CONNECTING_MAX: usize = 64;
/// Octets of all pending chunks together, and of one.
const CHUNKS_OCTETS: usize = 32 << 20;
const CHUNK_MIN: usize = 4 << 10;
const CHUNK_MAX: usize = 256 << 10;

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
        let (report, mut received) = run_to_sink(wanted);
        received.sort();
        let mut expected: Vec<_> = [0, 1, 0, 1].iter().map(|&i| sessions[i].to_vec()).collect();
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
        let whole = report.routers.iter().map(|r| r.sent.bytes).max().unwrap();
        assert!(received.iter().all(|&octets| octets == whole));
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
