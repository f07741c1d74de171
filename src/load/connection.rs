//! One router's connection: non-blocking, and never more than one chunk ahead of the kernel.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use super::error::{connect_failure, lost_failure};
use super::report::{Outcome, RouterReport};
use super::scenario::slow::Drip;
use super::stream::{Ahead, Limit, Stream};
use super::walk::Counts;

/// A connection attempt is given up after this time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A router that was connected before tries for this long, first after a short while, then after
/// longer ones.
const RETRY_FOR: Duration = Duration::from_secs(60);
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_DOUBLINGS_MAX: u32 = 5;

/// One router and its connection.
#[derive(Debug)]
pub(super) struct Connection {
    router: u32,
    target: SocketAddr,
    /// The address from which it connects.
    source: Option<IpAddr>,
    stream: Stream,
    state: State,
    /// Counts of the whole chunks that are sent.
    sent: Counts,
    /// Counts of the chunk that is pending.
    chunk: Counts,
    /// How a slow router writes.
    drip: Option<Drip>,
    /// The first connection's begin.
    since: Option<Instant>,
    /// Since when it is to connect again, and how often it has tried.
    retrying: Option<(Instant, u32)>,
}

#[derive(Debug)]
enum State {
    Idle,
    Connecting { socket: TcpStream, since: Instant },
    Open { socket: TcpStream },
    Ended { outcome: Outcome, error: Option<String>, seconds: f64 },
}

/// What an offer to the kernel came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrote {
    /// The chunk is sent.
    All(Counts),
    /// The kernel takes no more for now.
    Some,
    /// A slow router's next octets are due then.
    Later(Instant),
    /// The connection is lost.
    Lost,
}

impl Connection {
    pub(super) fn new(
        router: u32,
        target: SocketAddr,
        source: Option<IpAddr>,
        stream: Stream,
        drip: Option<Drip>,
    ) -> Self {
        let (sent, chunk) = (Counts::default(), Counts::default());
        let (state, since, retrying) = (State::Idle, None, None);
        Self { router, target, source, stream, state, sent, chunk, drip, since, retrying }
    }

    /// Begins to connect; gives the socket to watch.
    ///
    /// # Errors
    /// When that fails at once, see [`failed`](Self::failed).
    pub(super) fn begin(&mut self, now: Instant) -> io::Result<&TcpStream> {
        let socket = connect(self.target, self.source)?;
        self.state = State::Connecting { socket, since: now };
        match &self.state {
            State::Connecting { socket, .. } => Ok(socket),
            _ => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Whether the attempt has succeeded.
    ///
    /// # Errors
    /// When it has failed or taken too long, see [`failed`](Self::failed).
    pub(super) fn check_connected(&mut self, writable: bool, now: Instant) -> io::Result<bool> {
        let State::Connecting { socket, since } = &self.state else { return Ok(false) };
        match socket.take_error() {
            Ok(Some(error)) | Err(error) => return Err(error),
            Ok(None) if writable => {}
            Ok(None) if now.saturating_duration_since(*since) > CONNECT_TIMEOUT => {
                return Err(io::ErrorKind::TimedOut.into());
            }
            Ok(None) => return Ok(false),
        }
        if let State::Connecting { socket, .. } = std::mem::replace(&mut self.state, State::Idle) {
            self.state = State::Open { socket };
        }
        self.retrying = None;
        self.since.get_or_insert(now);
        Ok(true)
    }

    /// An attempt has failed; gives when to try again, if that makes sense. Otherwise the
    /// connection has ended.
    pub(super) fn failed(&mut self, error: &io::Error, now: Instant) -> Option<Instant> {
        self.state = State::Idle;
        match &mut self.retrying {
            Some((since, tries)) if now.saturating_duration_since(*since) < RETRY_FOR => {
                let pause = RETRY_FIRST * 2_u32.pow((*tries).min(RETRY_DOUBLINGS_MAX));
                *tries += 1;
                Some(now + pause)
            }
            _ => {
                let text = connect_failure(self.target, error);
                self.close(Outcome::NotConnected, Some(text));
                None
            }
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    pub(super) fn is_connecting(&self) -> bool {
        matches!(self.state, State::Connecting { .. })
    }

    /// Whether it has been connected before.
    pub(super) fn was_connected(&self) -> bool {
        self.stream.tally().reconnects > 0
    }

    /// Whether octets are pending.
    pub(super) fn is_sending(&self) -> bool {
        matches!(self.state, State::Open { .. }) && !self.stream.pending().is_empty()
    }

    /// Messages that it will send, over all its connections.
    pub(super) fn total_messages(&self) -> u64 {
        self.stream.total_messages()
    }

    pub(super) fn is_slow(&self) -> bool {
        self.drip.is_some()
    }

    pub(super) fn ahead(&self) -> Ahead {
        self.stream.ahead()
    }

    /// The schedule begins, see [`Stream::begin`].
    pub(super) fn begin_schedule(&mut self, base: Duration) {
        self.stream.begin(base);
    }

    /// Whether its chunks need a buffer.
    pub(super) fn needs_memory(&self) -> bool {
        self.stream.needs_memory()
    }

    pub(super) fn give_memory(&mut self, memory: Vec<u8>) {
        self.stream.give_memory(memory);
    }

    pub(super) fn take_memory(&mut self) -> Vec<u8> {
        self.stream.take_memory()
    }

    /// Makes the next chunk; its counts are zero at the end of the stream.
    pub(super) fn refill(&mut self, limit: &Limit) -> Counts {
        self.chunk = self.stream.refill(limit);
        self.chunk
    }

    /// When the stream's present connection began, since the run's start.
    pub(super) fn epoch(&self) -> Duration {
        self.stream.epoch()
    }

    /// When the chunk was due, since the run's start; `None` is at once.
    pub(super) fn chunk_due(&self) -> Option<Duration> {
        self.stream.chunk_due()
    }

    /// The chunk, to be stamped.
    pub(super) fn chunk_mut(&mut self) -> &mut [u8] {
        self.stream.chunk_mut()
    }

    /// Offers what is pending to the kernel.
    pub(super) fn write(&mut self, now: Instant) -> Wrote {
        let State::Open { socket } = &mut self.state else { return Wrote::Lost };
        while !self.stream.pending().is_empty() {
            let mut octets = self.stream.pending();
            if let Some(drip) = &mut self.drip {
                match drip.allow(now) {
                    Ok(most) => octets = &octets[..most.min(octets.len())],
                    Err(at) => return Wrote::Later(at),
                }
            }
            match socket.write(octets) {
                Ok(octets) => {
                    self.stream.advance(octets);
                    if let Some(drip) = &mut self.drip {
                        drip.written(octets, now);
                    }
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock => return Wrote::Some,
                    _ => {
                        self.lost(&error);
                        return Wrote::Lost;
                    }
                },
            }
        }
        let chunk = std::mem::take(&mut self.chunk);
        self.sent += chunk;
        Wrote::All(chunk)
    }

    /// Whether every message has been sent.
    pub(super) fn is_complete(&self) -> bool {
        self.sent.messages == self.stream.total_messages()
    }

    /// Says goodbye after the last message. A collector that has meanwhile reset the connection has
    /// not read everything.
    pub(super) fn finish(&mut self) {
        if !self.is_broken() {
            self.close(Outcome::Finished, None);
        }
    }

    /// Looks whether the connection has been reset; it has ended then.
    pub(super) fn is_broken(&mut self) -> bool {
        let State::Open { socket } = &mut self.state else { return false };
        match broken(socket) {
            Some(error) => {
                self.lost(&error);
                true
            }
            None => false,
        }
    }

    /// Drops the connection on purpose, to begin another one at `elapsed` since the run's start.
    /// Gives whether that can be: not if the collector has reset it before.
    pub(super) fn disconnect(&mut self, elapsed: Duration, now: Instant) -> bool {
        if self.is_broken() {
            return false;
        }
        if let State::Open { socket } = &self.state {
            let _ = socket.shutdown(Shutdown::Write); // see `close`
        }
        self.state = State::Idle;
        self.retrying = Some((now, 0));
        self.stream.restart(elapsed);
        true
    }

    /// Ends the connection early.
    pub(super) fn stop(&mut self) {
        if !matches!(self.state, State::Open { .. }) {
            return self.close(Outcome::Stopped, None);
        }
        let pending = !self.stream.pending().is_empty();
        let part = self.stream.sent_of_chunk();
        let cut = pending && self.stream.sent_ends_in_message();
        if pending {
            self.sent += part;
            self.chunk = Counts::default();
        }
        self.close(if cut { Outcome::StoppedInMessage } else { Outcome::Stopped }, None);
    }

    /// What the router did, for the report.
    pub(super) fn into_report(self) -> RouterReport {
        let tally = self.stream.tally();
        let (outcome, error, seconds) = match self.state {
            State::Ended { outcome, error, seconds } => (outcome, error, seconds),
            _ => (Outcome::Stopped, None, 0.0),
        };
        RouterReport { router: self.router, outcome, error, sent: self.sent, tally, seconds }
    }

    fn lost(&mut self, error: &io::Error) {
        if !self.stream.pending().is_empty() {
            self.sent += self.stream.sent_of_chunk();
        }
        self.close(Outcome::Lost, Some(lost_failure(self.target, error)));
    }

    fn close(&mut self, outcome: Outcome, error: Option<String>) {
        if let State::Open { socket } = &self.state {
            // What the kernel has accepted it goes on delivering; an error here says nothing new.
            let _ = socket.shutdown(Shutdown::Write);
        }
        let seconds = self.since.map_or(0.0, |since| since.elapsed().as_secs_f64());
        self.state = State::Ended { outcome, error, seconds };
    }
}

fn connect(target: SocketAddr, source: Option<IpAddr>) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(target), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_nodelay(true)?;
    if let Some(source) = source {
        socket.bind(&SocketAddr::new(source, 0).into())?;
    }
    match socket.connect(&target.into()) {
        Ok(()) => Ok(socket.into()),
        Err(e) if e.raw_os_error() == Some(Errno::INPROGRESS.raw_os_error()) => Ok(socket.into()),
        Err(e) => Err(e),
    }
}

/// Whether the connection is broken. BMP stations send nothing, so what they do send is skipped.
fn broken(socket: &mut TcpStream) -> Option<io::Error> {
    match socket.read(&mut [0; 512]) {
        Ok(_skipped) => socket.take_error().ok().flatten(),
        Err(error) => match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => None,
            _ => Some(error),
        },
    }
}
