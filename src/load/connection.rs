//! One router's connection: non-blocking, and never more than one chunk ahead of the kernel.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use super::error::{connect_failure, lost_failure};
use super::report::{Outcome, RouterReport};
use super::stream::{Limit, Stream};
use super::walk::Counts;

/// A connection attempt is given up after this time.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// One router and its connection.
#[derive(Debug)]
pub(super) struct Connection {
    router: u32,
    target: SocketAddr,
    stream: Stream,
    state: State,
    /// Counts of the whole chunks that are sent.
    sent: Counts,
    /// Counts of the chunk that is pending.
    chunk: Counts,
}

#[derive(Debug)]
enum State {
    Idle,
    Connecting {
        socket: TcpStream,
        since: Instant,
    },
    /// `blocked`: the kernel takes no more until poll says so.
    Open {
        socket: TcpStream,
        since: Instant,
        blocked: bool,
    },
    Ended {
        outcome: Outcome,
        error: Option<String>,
        seconds: f64,
    },
}

/// What a connection needs before it can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Poll for writability.
    Poll,
    /// Octets are pending and the kernel may take them.
    Write,
    /// The next messages.
    Refill,
    /// Nothing any more.
    Nothing,
}

impl Connection {
    pub(super) fn new(router: u32, target: SocketAddr, stream: Stream) -> Self {
        let (sent, chunk) = (Counts::default(), Counts::default());
        Self { router, target, stream, state: State::Idle, sent, chunk }
    }

    /// Begins to connect.
    ///
    /// # Errors
    /// When that fails at once; the connection has ended then.
    pub(super) fn begin(&mut self, now: Instant) -> io::Result<()> {
        match connect(self.target) {
            Ok(socket) => self.state = State::Connecting { socket, since: now },
            Err(error) => {
                self.not_connected(&error);
                return Err(error);
            }
        }
        Ok(())
    }

    /// After poll: whether the attempt has succeeded.
    ///
    /// # Errors
    /// When it has failed or taken too long; the connection has ended then.
    pub(super) fn check_connected(&mut self, writable: bool, now: Instant) -> io::Result<bool> {
        let State::Connecting { socket, since } = &self.state else { return Ok(false) };
        let result = match socket.take_error() {
            Ok(Some(error)) | Err(error) => Err(error),
            Ok(None) if writable => Ok(true),
            Ok(None) if now.saturating_duration_since(*since) > CONNECT_TIMEOUT => {
                Err(io::ErrorKind::TimedOut.into())
            }
            Ok(None) => Ok(false),
        };
        match result {
            Ok(true) => {
                let state = std::mem::replace(&mut self.state, State::Idle);
                if let State::Connecting { socket, .. } = state {
                    self.state = State::Open { socket, since: now, blocked: false };
                }
                Ok(true)
            }
            Ok(false) => Ok(false),
            Err(error) => {
                self.not_connected(&error);
                Err(error)
            }
        }
    }

    pub(super) fn need(&self) -> Need {
        match self.state {
            State::Connecting { .. } | State::Open { blocked: true, .. } => Need::Poll,
            State::Open { .. } if self.stream.pending().is_empty() => Need::Refill,
            State::Open { .. } => Need::Write,
            State::Idle | State::Ended { .. } => Need::Nothing,
        }
    }

    pub(super) fn is_connecting(&self) -> bool {
        matches!(self.state, State::Connecting { .. })
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// How it ended, once it has.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        match self.state {
            State::Ended { outcome, .. } => Some(outcome),
            _ => None,
        }
    }

    /// The socket to poll.
    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match &self.state {
            State::Connecting { socket, .. } | State::Open { socket, .. } => Some(socket.as_fd()),
            State::Idle | State::Ended { .. } => None,
        }
    }

    /// Poll has news: a blocked connection may try again.
    pub(super) fn unblock(&mut self) {
        if let State::Open { blocked, .. } = &mut self.state {
            *blocked = false;
        }
    }

    /// When the next message is due, unless octets are pending.
    pub(super) fn due(&self) -> Option<Duration> {
        if self.need() == Need::Refill { self.stream.due() } else { None }
    }

    /// Makes the next chunk; its counts are zero at the end of the stream.
    pub(super) fn refill(&mut self, limit: &Limit) -> Counts {
        self.chunk = self.stream.refill(limit);
        self.chunk
    }

    /// Offers what is pending to the kernel. Gives the chunk's counts when it has taken all of it.
    pub(super) fn write(&mut self) -> Option<Counts> {
        let State::Open { socket, blocked, .. } = &mut self.state else { return None };
        while !self.stream.pending().is_empty() {
            match socket.write(self.stream.pending()) {
                Ok(octets) => self.stream.advance(octets),
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock => {
                        *blocked = true;
                        return None;
                    }
                    _ => {
                        self.lost(&error);
                        return None;
                    }
                },
            }
        }
        let chunk = std::mem::take(&mut self.chunk);
        self.sent += chunk;
        Some(chunk)
    }

    /// Whether every message has been sent.
    pub(super) fn is_complete(&self) -> bool {
        self.sent.messages == self.stream.total_messages()
    }

    /// Says goodbye after the last message. A collector that has meanwhile reset the connection has
    /// not read everything.
    pub(super) fn finish(&mut self) {
        let State::Open { socket, .. } = &mut self.state else { return };
        match broken(socket) {
            Some(error) => self.lost(&error),
            None => self.close(Outcome::Finished, None),
        }
    }

    /// Ends the connection early.
    pub(super) fn stop(&mut self) {
        if self.is_connecting() || matches!(self.state, State::Idle) {
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
        let (outcome, error, seconds) = match self.state {
            State::Ended { outcome, error, seconds } => (outcome, error, seconds),
            _ => (Outcome::Stopped, None, 0.0),
        };
        RouterReport { router: self.router, outcome, error, sent: self.sent, seconds }
    }

    fn lost(&mut self, error: &io::Error) {
        if !self.stream.pending().is_empty() {
            self.sent += self.stream.sent_of_chunk();
        }
        self.close(Outcome::Lost, Some(lost_failure(self.target, error)));
    }

    fn not_connected(&mut self, error: &io::Error) {
        self.close(Outcome::NotConnected, Some(connect_failure(self.target, error)));
    }

    fn close(&mut self, outcome: Outcome, error: Option<String>) {
        let mut seconds = 0.0;
        if let State::Open { socket, since, .. } = &self.state {
            // What the kernel has accepted it goes on delivering; an error here says nothing new.
            let _ = socket.shutdown(Shutdown::Write);
            seconds = since.elapsed().as_secs_f64();
        }
        self.state = State::Ended { outcome, error, seconds };
    }
}

fn connect(target: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(target), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_nodelay(true)?;
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
