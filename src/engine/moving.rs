//! How a session moves from one reactor to another.
//!
//! Records travel on a lane of each reactor's own, and an output takes from those in turn. So a
//! session's records keep their order only if every output is done with all that the old reactor
//! has sealed before the new one reads on: the session waits for that, and TCP holds its router
//! back meanwhile. Where it does not come within [`CROSSING_MAX`] the session stays.

use std::future::poll_fn;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crossbeam::channel::TrySendError;

use super::accept::Door;
use super::admission::Pass;
use super::balance::{Order, Wanted, pick};
use super::mail::Mail;
use super::reactor::Shard;
use super::stop::{Phase, StopFlag};
use crate::net::RouterStream;
use crate::record::SessionId;
use crate::session::Session;

/// How long a router is held back at most for a move.
const CROSSING_MAX: Duration = Duration::from_millis(100);

/// A session and what belongs to it wherever it is.
#[derive(Debug)]
pub(super) struct Guest {
    pub(super) session: Session,
    /// The router as it was accepted: with its interface, where that is part of the address.
    pub(super) router: SocketAddr,
    pub(super) pass: Pass,
}

/// A session on its way: it stands between two messages, or holds the first part of one.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) guest: Box<Guest>,
    pub(super) stream: TcpStream,
    pub(super) from: usize,
}

/// The ways out of a reactor.
pub(super) struct Exits {
    /// To every reactor, by index.
    pub(super) doors: Vec<Door>,
    pub(super) stop: Arc<StopFlag>,
}

impl Shard {
    /// Tells the sessions that an order asks for to leave.
    pub(super) fn give_up(&self, order: &Order) {
        let (seats, epoch) = (self.seats.borrow(), self.epoch.get());
        if order.wanted == Wanted::All {
            return seats.values().for_each(|seat| seat.tell_to_leave(order.to, epoch));
        }
        let movable = seats.iter().filter(|(_, seat)| seat.may_leave(epoch));
        let work = movable.map(|(id, seat)| (*id, seat.work.before(epoch)));
        for id in pick(order.wanted, self.work.before(epoch), work) {
            if let Some(seat) = seats.get(&id) {
                seat.tell_to_leave(order.to, epoch);
            }
        }
    }

    /// Moves the session to reactor `to`, or gives it back. When it has moved, the connection here
    /// is to be dropped.
    pub(super) async fn move_to(
        &self,
        to: usize,
        stream: &RouterStream,
        guest: Box<Guest>,
    ) -> Option<Box<Guest>> {
        let (router, id) = (guest.router, guest.session.id());
        let result = match self.cross(id).await {
            Ok(()) => self.send_over(to, stream, guest),
            Err(reason) => Err((guest, reason.to_owned())),
        };
        let (stays, reason) = result.err()?;
        tracing::debug!(%router, session = %id, from = self.index, to, reason, "session-not-moved");
        Some(stays)
    }

    /// Waits until every output is done with the session's records, or says why it stays. The
    /// session pushes none meanwhile.
    async fn cross(&self, id: SessionId) -> Result<(), &'static str> {
        let marks = self.seal_and_mark().ok_or("an output is full")?;
        let until = Instant::now() + CROSSING_MAX;
        self.crossing_begins();
        let crossed = poll_fn(|cx| self.poll_crossed(cx, id, &marks, until)).await;
        self.crossing_ends();
        crossed
    }

    fn poll_crossed(
        &self,
        cx: &Context<'_>,
        id: SessionId,
        marks: &[u64],
        until: Instant,
    ) -> Poll<Result<(), &'static str>> {
        if self.is_stopping() {
            return Poll::Ready(Err("the collector stops"));
        }
        if self.pool.borrow_mut().has_passed(marks, id) {
            return Poll::Ready(Ok(()));
        }
        if Instant::now() >= until {
            return Poll::Ready(Err("an output is slow"));
        }
        self.crossing.borrow_mut().push(cx.waker().clone());
        Poll::Pending
    }

    /// Sends the session, which has crossed, to reactor `to`; gives it back when that cannot be.
    fn send_over(
        &self,
        to: usize,
        stream: &RouterStream,
        guest: Box<Guest>,
    ) -> Result<(), (Box<Guest>, String)> {
        let Some(door) = self.exits.doors.get(to).filter(|_| to != self.index) else {
            return Err((guest, "there is no such reactor".into()));
        };
        let stream = match stream.duplicate() {
            Ok(stream) => stream,
            Err(error) => return Err((guest, error.to_string())),
        };
        if !announce(&door.mail, &self.exits.stop) {
            return Err((guest, "the collector stops".into()));
        }
        match door.moved.try_send(Moved { guest, stream, from: self.index }) {
            Ok(()) => {
                door.mail.notify();
                Ok(())
            }
            Err(TrySendError::Full(back) | TrySendError::Disconnected(back)) => {
                door.mail.session_ends();
                Err((back.guest, "the other reactor takes none now".into()))
            }
        }
    }
}

/// Counts a session at the reactor that it goes to, unless that may have ended already: it ends
/// when it sees that the engine drains and that it has no session. Either it sees this one, or the
/// stop is seen here.
fn announce(to: &Mail, stop: &StopFlag) -> bool {
    to.session_begins();
    fence(Ordering::SeqCst);
    if stop.phase() == Phase::Run {
        return true;
    }
    to.session_ends();
    false
}

#[cfg(test)]
mod tests;
