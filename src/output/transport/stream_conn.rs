//! One connection to a receiver (TCP or Unix): dialled without blocking, dialled again when it is
//! lost, and resumed at a record boundary with what the other side may not have got.
//!
//! At least once: what the other side acknowledged is told by its send queue (see `outq`), and no
//! more is taken than can be kept until then. A TCP acknowledgement comes from the peer's kernel,
//! not from its program. A peer that closes in order (FIN) has read all that was acknowledged; one
//! that resets the connection may not have, and is given again what is still retained.
//!
//! Every connection begins with what stands at the point where it resumes (see `standing`): nothing
//! on the first one, and nothing where frames stand for themselves.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    RecvFlags, SendAncillaryBuffer, SendFlags, Shutdown, recv, sendmsg, shutdown, sockopt,
};

use super::Notice;
use super::backlog::Backlog;
use super::backoff::{Backoff, millis};
use super::framing::Framing;
use super::notices::Notices;
use super::outq::unacknowledged;
use super::path::Names;
use super::standing::Preamble;
use crate::engine::port::Progress;
use crate::output::frames::{Frame, FrameKind, Frames, Standing};

const RETRY_MIN: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(10);
/// An attempt to connect that takes longer is given up.
const DIAL_MAX: Duration = Duration::from_secs(10);
/// A connection that held for this long was a good one: its loss begins with the smallest delay.
const GOOD_AFTER: Duration = Duration::from_secs(1);
/// Blocks of the backlog that one sendmsg(2) is given.
const PIECES_MAX: usize = 16;
/// Calls of sendmsg(2) in one turn.
const SENDS_MAX: usize = 16;
/// Reads of what the other side says, which nobody wants, in one turn.
const READS_MAX: usize = 16;

/// How a kind of socket is dialled.
pub(super) trait Dial: Send {
    /// Begins to connect: a non-blocking socket that becomes writable when it is connected.
    fn dial(&self, attempt: usize, names: Names) -> io::Result<OwnedFd>;

    /// The other side's name in notices.
    fn target(&self, names: Names) -> String;

    /// Whether acknowledged octets may still be unread (see the module).
    fn retains(&self) -> bool;
}

/// See the module.
pub(super) struct Conn {
    link: Link,
    framing: Framing,
    /// Frames taken.
    pub(super) backlog: Backlog,
    /// What this connection begins with.
    preamble: Preamble,
    /// Octets retained after they were acknowledged, where that does not mean that they were read.
    pub(super) retained_max: usize,
    /// The session that it is for.
    pub(super) names: Names,
    backoff: Backoff,
    attempts: usize,
    /// The outage was told.
    outage: bool,
    /// So was that this system has nothing left to connect with.
    shortage: bool,
    /// Records to be sent a second time, for the next notice.
    resent: u64,
    delivered: u64,
}

enum Link {
    Down,
    Dialing { fd: OwnedFd, since: Instant },
    Up { fd: OwnedFd, since: Instant },
}

/// How a connection was lost.
enum Loss {
    /// The other side closed it after reading what it had acknowledged.
    Closed,
    /// Anything else.
    Broken(io::Error),
}

impl From<Errno> for Loss {
    fn from(errno: Errno) -> Self {
        // Linux reports a reset that follows a FIN as EPIPE, and one without as ECONNRESET.
        if errno == Errno::PIPE { Loss::Closed } else { Loss::Broken(errno.into()) }
    }
}

impl Conn {
    /// A connection that is not dialled yet.
    pub(super) fn new(names: Names, framing: Framing, retained_max: usize) -> Self {
        Self {
            framing,
            link: Link::Down,
            retained_max,
            backlog: Backlog::default(),
            preamble: Preamble::default(),
            names,
            backoff: Backoff::new(RETRY_MIN, RETRY_MAX),
            attempts: 0,
            outage: false,
            shortage: false,
            resent: 0,
            delivered: 0,
        }
    }

    /// Takes one frame when no more than `limit` octets are then owed. What is retained does not
    /// count: a stuck receiver must not push out what it has not read yet.
    pub(super) fn push(&mut self, frames: &Frames, index: usize, limit: usize) -> bool {
        let (octets, Frame { kind, session, .. }) = (frames.octets(index), frames.frame(index));
        let (head, len) = self.framing.head(octets.len());
        if !self.backlog.fits(len + octets.len(), limit) {
            return false;
        }
        let standing = match kind {
            FrameKind::SessionClose => Standing::End,
            _ => frames.standing(index),
        };
        self.backlog.push_standing(&head[..len], octets, session, standing);
        true
    }

    /// Whether the other side has everything.
    pub(super) fn is_settled(&self) -> bool {
        self.backlog.pending() == 0
    }

    /// Whether it is connected.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.link, Link::Up { .. })
    }

    /// Octets handed to the kernel, in all; those sent again count again.
    pub(super) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Ends an output: the other side sees an orderly end, not a reset.
    pub(super) fn close(&mut self) {
        if let Link::Up { fd, .. } = &self.link {
            let _ = hear(fd.as_fd()); // unread input would turn the close into a reset
            let _ = shutdown(fd, Shutdown::Write);
        }
        self.link = Link::Down;
    }

    /// Moves on as far as it goes without waiting.
    pub(super) fn turn(
        &mut self,
        dial: &dyn Dial,
        now: Instant,
        notices: &mut Notices,
    ) -> Progress {
        if matches!(self.link, Link::Down) && self.backoff.ready(now) {
            match dial.dial(self.attempts, self.names) {
                Ok(fd) => self.link = Link::Dialing { fd, since: now },
                Err(e) => self.lose(dial, &Loss::Broken(e), now, notices),
            }
        }
        if let Link::Dialing { fd, since } = &self.link {
            match dialled(fd.as_fd(), now.saturating_duration_since(*since)) {
                Ok(true) => self.connected(dial, now, notices),
                Ok(false) => return Progress::Waiting,
                Err(e) => self.lose(dial, &Loss::Broken(e), now, notices),
            }
        }
        if !self.is_up() {
            return Progress::Waiting;
        }
        match self.exchange(if dial.retains() { self.retained_max } else { 0 }) {
            Ok(true) => Progress::Moved,
            Ok(false) if self.is_settled() && self.preamble.is_sent() => Progress::Idle,
            Ok(false) => Progress::Waiting,
            Err(loss) => {
                self.lose(dial, &loss, now, notices);
                Progress::Moved
            }
        }
    }

    /// Learns what has arrived and sends what goes. Returns whether anything changed.
    fn exchange(&mut self, retained_max: usize) -> Result<bool, Loss> {
        let Link::Up { fd, .. } = &self.link else { return Ok(false) };
        let fd = fd.as_fd();
        let mut moved = false;
        if !self.is_settled() || !self.backlog.all_sent() {
            let queued = unacknowledged(fd)?;
            // The order matters: a peer that dies empties the queue without having read it. The
            // queue counts only if the connection still stood after it was looked at.
            if hear(fd)? {
                let arrived = self.backlog.sent().saturating_sub(queued);
                let settled = self.backlog.ack(arrived);
                moved = settled > 0;
                self.backlog.trim(retained_max);
            }
        } else {
            hear(fd)?;
        }
        for _ in 0..SENDS_MAX {
            let begin = self.preamble.unsent(&self.backlog.facts);
            let begins = !begin.is_empty();
            let parts: Vec<IoSlice<'_>> = match begins {
                true => vec![IoSlice::new(begin)],
                false => self.backlog.pieces().take(PIECES_MAX).map(IoSlice::new).collect(),
            };
            if parts.is_empty() {
                break;
            }
            let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
            match sendmsg(fd, &parts, &mut SendAncillaryBuffer::default(), flags) {
                Ok(n) => {
                    if begins {
                        self.preamble.advance(n);
                    } else {
                        self.backlog.advance(n);
                    }
                    self.delivered += n as u64;
                    moved = true;
                }
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(moved)
    }

    fn connected(&mut self, dial: &dyn Dial, now: Instant, notices: &mut Notices) {
        let link = std::mem::replace(&mut self.link, Link::Down);
        if let Link::Dialing { fd, .. } = link {
            self.link = Link::Up { fd, since: now };
            (self.outage, self.shortage) = (false, false);
            self.preamble.restart();
            let (target, resent) = (dial.target(self.names), std::mem::take(&mut self.resent));
            notices.push(Notice::Connected { target, resent });
        }
    }

    /// Goes back to where the next connection begins. Told once for each outage, and once more if
    /// it is this system that stands in the way.
    fn lose(&mut self, dial: &dyn Dial, loss: &Loss, now: Instant, notices: &mut Notices) {
        let (whole, error) = match loss {
            Loss::Closed => (false, "closed by the other side".to_owned()),
            Loss::Broken(e) => (dial.retains(), e.to_string()),
        };
        if let Link::Up { since, .. } = self.link {
            if now.saturating_duration_since(since) >= GOOD_AFTER {
                self.backoff.reset();
            }
            if !whole {
                // What was read is not sent again. Let go of it, and the facts are those from then.
                self.backlog.trim(0);
            }
            self.resent += self.backlog.rewind(whole);
        }
        self.link = Link::Down;
        self.attempts += 1;
        let retry_ms = millis(self.backoff.fail(now));
        let shortage = matches!(loss, Loss::Broken(e) if is_shortage(e));
        let is_news = !self.outage || (shortage && !self.shortage);
        (self.outage, self.shortage) = (true, self.shortage || shortage);
        if is_news {
            let target = dial.target(self.names);
            notices.push(Notice::Disconnected { target, error, retry_ms });
        }
    }
}

/// Whether an error says that this system, not the other side, has too little of something.
fn is_shortage(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(errno, Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM))
}

/// Whether a socket that was dialled is connected by now.
fn dialled(fd: BorrowedFd<'_>, waited: Duration) -> io::Result<bool> {
    let mut ready = [PollFd::from_borrowed_fd(fd, PollFlags::OUT)];
    poll(&mut ready, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
    if ready.iter().any(|r| !r.revents().is_empty()) {
        sockopt::socket_error(fd)??;
        return Ok(true);
    }
    if waited >= DIAL_MAX {
        return Err(io::Error::new(io::ErrorKind::TimedOut, "no answer to the connection request"));
    }
    Ok(false)
}

/// Reads and forgets what the other side says. `true` when it has said everything and still
/// listens; `false` when there may be more.
fn hear(fd: BorrowedFd<'_>) -> Result<bool, Loss> {
    let mut scratch = [0; 4096];
    for _ in 0..READS_MAX {
        match recv(fd, &mut scratch[..], RecvFlags::DONTWAIT) {
            Ok((_, 0)) => return Err(Loss::Closed),
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Ok(true),
            Err(e) => return Err(e.into()),
        }
    }
    Ok(false)
}
