//! The sink at work: a listener, its connections, and one thread that reads them all.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::event::{Timespec, epoll};
use rustix::io::{Errno, read};

use super::latency::LatencyReport;
use super::sink::{Reader, Received, SinkAddress, SinkReport, SinkSpec, Tally};
use super::walk::Counts;

/// A sink that listens. Dropped, it ends its thread and removes its Unix socket.
#[derive(Debug)]
pub struct Sink {
    spec: SinkSpec,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<Tallied>>,
    /// What the run is about to end with, once it has settled.
    settled: Option<(Counts, f64)>,
}

/// What a sink waits for.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    /// When the run began.
    pub start: Instant,
    /// What was sent.
    pub counts: Counts,
    /// Over so many connections, all of which have ended.
    pub sessions: u64,
}

/// For how long a sink waits.
#[derive(Debug, Clone, Copy)]
pub struct Patience<'a> {
    /// It gives up when nothing has come for so long.
    pub silence: Duration,
    /// It gives up when this becomes true.
    pub stop: &'a AtomicBool,
}

/// How a sink stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct SinkProgress {
    /// What has come.
    pub received: Received,
    /// How long it took, as of a moment ago.
    pub latency: LatencyReport,
}

/// What the thread tells while it runs.
#[derive(Debug)]
struct Shared {
    stop: AtomicBool,
    /// Times are microseconds since this.
    base: Instant,
    last_record: AtomicU64,
    connections: AtomicU64,
    records: AtomicU64,
    routes: AtomicU64,
    sessions_closed: AtomicU64,
    progress: Mutex<SinkProgress>,
}

/// What the thread leaves behind.
#[derive(Debug)]
struct Tallied {
    received: Received,
    latency: LatencyReport,
    cpu_seconds: f64,
}

impl Sink {
    /// Listens and begins to read, on `cpu` where one is given.
    ///
    /// # Errors
    /// When the address cannot be listened on or the thread cannot be started.
    pub fn open(spec: &SinkSpec, cpu: Option<usize>) -> io::Result<Self> {
        let (listener, address) = listen(&spec.address)?;
        let spec = SinkSpec { address, ..spec.clone() };
        let shared = Arc::new(Shared {
            stop: AtomicBool::new(false),
            base: Instant::now(),
            last_record: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            records: AtomicU64::new(0),
            routes: AtomicU64::new(0),
            sessions_closed: AtomicU64::new(0),
            progress: Mutex::default(),
        });
        let server = Server::new(listener, &spec, Arc::clone(&shared))?;
        let serve = move || {
            pin(cpu);
            server.serve()
        };
        let thread = thread::Builder::new().name("load-sink".to_owned()).spawn(serve)?;
        Ok(Self { spec, shared, thread: Some(thread), settled: None })
    }

    /// Where it listens, with the port that was picked.
    #[must_use]
    pub fn address(&self) -> &SinkAddress {
        &self.spec.address
    }

    /// How it stands.
    #[must_use]
    pub fn progress(&self) -> SinkProgress {
        *self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the collector has made so many connections; whether it has. A format that has a
    /// connection for each router session waits for none.
    #[must_use]
    pub fn wait_connected(&self, connections: u64, patience: Duration, stop: &AtomicBool) -> bool {
        let since = Instant::now();
        while !self.spec.format.per_session && self.shared.connections.load(Relaxed) < connections {
            if stop.load(Relaxed) || since.elapsed() >= patience {
                return false;
            }
            thread::sleep(LOOK_EVERY);
        }
        true
    }

    /// Waits until what was sent has come, or nothing more has for `patience.silence`, or
    /// `patience.stop` is set while it waits. The seconds of the report end here. `look` is called
    /// about five times a second.
    pub fn settle(&mut self, sent: &Sent, patience: &Patience<'_>, look: &dyn Fn(SinkProgress)) {
        let Patience { silence, stop } = *patience;
        let begun = Instant::now();
        let stopped_before = stop.load(Relaxed);
        let mut looked = begun;
        while !self.has_all(sent)
            && self.last_record().max(begun).elapsed() < silence
            && (stopped_before || !stop.load(Relaxed))
        {
            thread::sleep(LOOK_EVERY);
            if looked.elapsed() >= PUBLISH_EVERY {
                looked = Instant::now();
                look(self.progress());
            }
        }
        let took = self.last_record().saturating_duration_since(sent.start);
        self.settled = Some((sent.counts, took.as_secs_f64()));
    }

    fn last_record(&self) -> Instant {
        self.shared.base + Duration::from_micros(self.shared.last_record.load(Relaxed))
    }

    /// Whether what was sent has come: as far as it can be counted, and where sessions are told of,
    /// to their last record.
    fn has_all(&self, sent: &Sent) -> bool {
        let shared = &self.shared;
        let Counts { messages, announced, withdrawn, .. } = sent.counts;
        let messages = if self.spec.format.counts_messages { messages } else { 0 };
        let closed = if self.spec.format.per_session { 0 } else { sent.sessions };
        shared.routes.load(Relaxed) >= announced + withdrawn
            && shared.records.load(Relaxed) >= messages
            && shared.sessions_closed.load(Relaxed) >= closed
    }

    /// Ends the sink: what it has received.
    ///
    /// # Errors
    /// When its thread has died, which is a defect.
    pub fn close(mut self) -> io::Result<(SinkReport, LatencyReport)> {
        self.shared.stop.store(true, Relaxed);
        let thread = self.thread.take();
        let done = thread.and_then(|thread| thread.join().ok());
        let done = done.ok_or_else(|| io::Error::other("the sink's thread has died"))?;
        let (sent, seconds) = self.settled.unwrap_or_default();
        let Tallied { received, latency, cpu_seconds } = done;
        Ok((SinkReport::new(&self.spec, received, sent, seconds, cpu_seconds), latency))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        if let SinkAddress::Unix(path) = &self.spec.address {
            let _ = fs::remove_file(path);
        }
    }
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

fn listen(address: &SinkAddress) -> io::Result<(Listener, SinkAddress)> {
    match address {
        SinkAddress::Tcp(address) => {
            let listener = TcpListener::bind(address)?;
            listener.set_nonblocking(true)?;
            let bound = SinkAddress::Tcp(listener.local_addr()?);
            Ok((Listener::Tcp(listener), bound))
        }
        SinkAddress::Unix(path) => {
            let listener = bind_unix(path)?;
            listener.set_nonblocking(true)?;
            Ok((Listener::Unix(listener), SinkAddress::Unix(path.clone())))
        }
    }
}

/// A socket that somebody left behind is no hindrance.
fn bind_unix(path: &Path) -> io::Result<UnixListener> {
    match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let left = UnixStream::connect(path)
                .is_err_and(|e| e.kind() == io::ErrorKind::ConnectionRefused);
            if !left {
                return Err(error);
            }
            fs::remove_file(path)?;
            UnixListener::bind(path)
        }
        bound => bound,
    }
}

impl Listener {
    fn accept(&self) -> io::Result<OwnedFd> {
        let socket: OwnedFd = match self {
            Listener::Tcp(listener) => listener.accept()?.0.into(),
            Listener::Unix(listener) => listener.accept()?.0.into(),
        };
        rustix::io::ioctl_fionbio(&socket, true)?;
        Ok(socket)
    }
}

/// A connection and what it left unread: the beginning of a record.
struct Connection {
    socket: OwnedFd,
    reader: Box<dyn Reader>,
    tail: Vec<u8>,
}

/// The thread.
struct Server {
    listener: Listener,
    spec: SinkSpec,
    shared: Arc<Shared>,
    epoll: OwnedFd,
    connections: Vec<Option<Connection>>,
    /// Where all connections read to, a tail in front.
    scratch: Vec<u8>,
    tally: Tally,
    published: Instant,
}

impl Server {
    fn new(listener: Listener, spec: &SinkSpec, shared: Arc<Shared>) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let token = epoll::EventData::new_u64(LISTENER);
        match &listener {
            Listener::Tcp(l) => epoll::add(&epoll, l.as_fd(), token, epoll::EventFlags::IN)?,
            Listener::Unix(l) => epoll::add(&epoll, l.as_fd(), token, epoll::EventFlags::IN)?,
        }
        Ok(Self {
            listener,
            spec: spec.clone(),
            published: shared.base,
            shared,
            epoll,
            connections: Vec::new(),
            scratch: vec![0; SCRATCH],
            tally: Tally::new(),
        })
    }

    fn serve(mut self) -> Tallied {
        let mut events = Vec::with_capacity(EVENTS_MAX);
        let timeout = Timespec { tv_sec: 0, tv_nsec: LOOK_EVERY.as_nanos() as _ };
        while !self.shared.stop.load(Relaxed) {
            events.clear();
            let buffer = rustix::buffer::spare_capacity(&mut events);
            // It fails when a signal comes, and for no reason that waiting would not mend.
            if epoll::wait(&self.epoll, buffer, Some(&timeout)).is_err() {
                continue;
            }
            let before = self.tally.received.records;
            for event in &events {
                match event.data.u64() {
                    LISTENER => self.accept(),
                    place => self.read(place as usize),
                }
            }
            self.publish(self.tally.received.records != before);
        }
        Tallied {
            received: self.tally.received,
            latency: self.tally.latencies.report(),
            cpu_seconds: thread_cpu_seconds(),
        }
    }

    fn accept(&mut self) {
        while let Ok(socket) = self.listener.accept() {
            let free = self.connections.iter().position(Option::is_none);
            let place = free.unwrap_or(self.connections.len());
            let token = epoll::EventData::new_u64(place as u64);
            if epoll::add(&self.epoll, &socket, token, epoll::EventFlags::IN).is_err() {
                continue; // it is closed, and the collector will try again
            }
            if place == self.connections.len() {
                self.connections.push(None);
            }
            let reader = self.spec.format.reader();
            self.connections[place] = Some(Connection { socket, reader, tail: Vec::new() });
            self.tally.received.connections += 1;
        }
    }

    /// Reads once; the time is taken once, when the octets are there.
    fn read(&mut self, place: usize) {
        let Some(slot) = self.connections.get_mut(place) else { return };
        let Some(connection) = slot else { return };
        let held = connection.tail.len();
        if self.scratch.len() < held + READ_MIN {
            self.scratch.resize(held + READ_MIN, 0);
        }
        self.scratch[..held].copy_from_slice(&connection.tail);
        let got = match read(&connection.socket, &mut self.scratch[held..]) {
            Err(Errno::AGAIN | Errno::INTR) => return,
            // A reset is an end as well: the collector connects again and sends whole records.
            Ok(0) | Err(_) => {
                *slot = None;
                return;
            }
            Ok(got) => got,
        };
        let now = micros_since_1970();
        let octets = &self.scratch[..held + got];
        let used = connection.reader.read(octets, now, &mut self.tally);
        self.tally.end_of_read(now);
        self.tally.received.bytes += got as u64;
        connection.tail.clear();
        connection.tail.extend_from_slice(&octets[used..]);
        if connection.tail.len() > RECORD_MAX {
            self.tally.received.odd += 1;
            *slot = None;
        }
    }

    /// Tells those who watch: counts at once, percentiles now and then.
    fn publish(&mut self, is_news: bool) {
        let now = Instant::now();
        let received = self.tally.received;
        if is_news {
            let since = now.saturating_duration_since(self.shared.base);
            self.shared.last_record.store(since.as_micros() as u64, Relaxed);
        }
        self.shared.connections.store(received.connections, Relaxed);
        self.shared.records.store(received.records, Relaxed);
        self.shared.routes.store(received.routes, Relaxed);
        self.shared.sessions_closed.store(received.sessions_closed, Relaxed);
        if now.saturating_duration_since(self.published) >= PUBLISH_EVERY {
            self.published = now;
            let latency = self.tally.latencies.report();
            let progress = SinkProgress { received, latency };
            *self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
        }
    }
}

fn micros_since_1970() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}

/// Keeps this thread on one CPU; where that is refused, the scheduler decides.
fn pin(cpu: Option<usize>) {
    if let Some(cpu) = cpu.filter(|cpu| *cpu < rustix::thread::CpuSet::MAX_CPU) {
        let mut set = rustix::thread::CpuSet::new();
        set.set(cpu);
        let _ = rustix::thread::sched_setaffinity(None, &set);
    }
}

/// CPU time of the calling thread so far; 0 where the kernel does not tell.
fn thread_cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split_whitespace().next().and_then(|n| n.parse::<u64>().ok());
    nanos.unwrap_or(0) as f64 / 1e9
}

/// The listener among the events; all others are places of connections.
const LISTENER: u64 = u64::MAX;
/// Connections that are served in one round.
const EVENTS_MAX: usize = 64;
/// Octets that are read at once, and at least.
const SCRATCH: usize = 1 << 20;
const READ_MIN: usize = 512 << 10;
/// The longest record: one BMP message of 16 MiB, in hex.
const RECORD_MAX: usize = 40 << 20;
/// How often somebody who waits looks.
const LOOK_EVERY: Duration = Duration::from_millis(5);
const PUBLISH_EVERY: Duration = Duration::from_millis(200);

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::io::Write;
    use std::net::TcpStream;

    use super::*;

    const WAIT: Duration = Duration::from_secs(60);

    fn lines(n: u64) -> String {
        let at = micros_since_1970() - 2_000;
        let line = |i| {
            let (secs, micros) = (at / 1_000_000, at % 1_000_000);
            let time = format!("\"timestamp\": \"{secs}.{micros:06}\"");
            format!("{{\"seq\": {i}, \"log_type\": \"update\", {time}}}\n")
        };
        let close = "{\"seq\": 9, \"event_type\": \"log_close\"}\n".to_owned();
        (0..n).map(line).chain([close]).collect()
    }

    fn sent(start: Instant, routes: u64, sessions: u64) -> Sent {
        let counts = Counts { messages: 3, announced: routes, ..Counts::default() };
        Sent { start, counts, sessions }
    }

    #[test]
    fn everything_that_several_connections_bring_is_counted() {
        let spec: SinkSpec = "pmacct-json=tcp://127.0.0.1:0".parse().unwrap();
        let mut sink = Sink::open(&spec, None).unwrap();
        let SinkAddress::Tcp(address) = *sink.address() else { panic!() };
        let (start, stop) = (Instant::now(), AtomicBool::new(false));
        let mut writers: Vec<_> = (0..3).map(|_| TcpStream::connect(address).unwrap()).collect();
        assert!(sink.wait_connected(3, WAIT, &stop));
        let text = lines(5000);
        for writer in &mut writers {
            writer.write_all(&text.as_bytes()[..text.len() - 7]).unwrap();
        }
        for writer in &mut writers {
            writer.write_all(&text.as_bytes()[text.len() - 7..]).unwrap();
        }
        let patience = Patience { silence: WAIT, stop: &stop };
        sink.settle(&sent(start, 15_000, 3), &patience, &|_| ());
        let (report, latency) = sink.close().unwrap();
        assert!(report.complete, "{report}");
        assert_eq!(report.received.bytes, 3 * text.len() as u64);
        assert_eq!((report.received.connections, report.received.records), (3, 15_003));
        assert_eq!((latency.count, latency.unstamped), (15_000, 0));
        assert!(latency.max_us >= 2_000, "{latency}");
        assert!(report.seconds > 0.0);
    }

    #[test]
    fn silence_or_a_stop_ends_the_wait_and_what_is_missing_is_told() {
        let spec: SinkSpec = "pmacct-json=tcp://127.0.0.1:0".parse().unwrap();
        for stopped in [true, false] {
            let mut sink = Sink::open(&spec, None).unwrap();
            let stop = AtomicBool::new(false);
            assert!(!sink.wait_connected(1, Duration::ZERO, &stop));
            let silence = if stopped { WAIT } else { Duration::from_millis(20) };
            thread::scope(|scope| {
                scope.spawn(|| {
                    thread::sleep(Duration::from_millis(50));
                    stop.store(stopped, Relaxed);
                });
                let patience = Patience { silence, stop: &stop };
                sink.settle(&sent(Instant::now(), 10, 1), &patience, &|_| ());
            });
            let (report, latency) = sink.close().unwrap();
            assert_eq!((report.complete, report.missing_routes, latency.count), (false, 10, 0));
        }
    }

    #[test]
    fn a_unix_socket_that_was_left_behind_is_replaced_and_goes_with_the_sink() {
        let path = std::env::temp_dir().join(format!("ribcage-sink-{}", std::process::id()));
        drop(UnixListener::bind(&path).unwrap());
        let spec: SinkSpec = format!("bmp=unix:{}", path.display()).parse().unwrap();
        let sink = Sink::open(&spec, None).unwrap();
        let in_use = Sink::open(&spec, None).unwrap_err();
        assert_eq!(in_use.kind(), io::ErrorKind::AddrInUse);
        drop(sink);
        assert!(!path.exists());
    }
}
