//! The task of one router session: open, turn after turn, close.

use std::future::poll_fn;
use std::io;
use std::net::TcpStream;
use std::rc::Rc;
use std::task::Poll;
use std::time::SystemTime;

use super::gate::Ticket;
use super::moving::Guest;
use super::reactor::{Shard, Turn};
use super::seat::Seat;
use super::session_log::{close_word, log_broken_framing, log_events};
use crate::net::RouterStream;
use crate::record::{Batch, CloseReason};
use crate::session::Session;
use crate::wire::Timestamp;

/// Log events that a session may write in one turn; the rest waits for the next.
const EVENTS_PER_TURN: usize = 16;

/// Why a session's turns are over.
enum Over {
    /// It ends.
    Closed(CloseReason),
    /// It is to go on on this reactor.
    Leave(usize),
}

/// Carries a router session from its first record to its last, or to another reactor.
///
/// What is named here is kept for as long as the session is open, so it is little; `from` is the
/// reactor that a session comes from.
pub(super) async fn converse(
    shard: Rc<Shard>,
    mut guest: Box<Guest>,
    stream: TcpStream,
    from: Option<usize>,
) {
    let (id, router) = (guest.session.id(), guest.router);
    let seat = poll_fn(|cx| Poll::Ready(shard.enter(id, cx.waker(), from.is_some()))).await;
    let mut stream = RouterStream::new(stream);
    let to = shard.index;
    if let Some(from) = from {
        tracing::info!(%router, session = %id, from, to, "session-moved");
    } else {
        tracing::info!(%router, session = %id, reactor = shard.index, "session-open");
        mark(&shard, &seat.ticket, |now, batch| guest.session.open(now, batch)).await;
    }
    let reason = loop {
        match talk(&shard, &seat, &mut stream, &mut guest.session).await {
            Over::Closed(reason) => break reason,
            Over::Leave(to) => match shard.move_to(to, &stream, guest).await {
                None => return shard.leave(id, true),
                Some(stays) => {
                    seat.stay(shard.epoch.get());
                    guest = stays;
                }
            },
        }
    };
    mark(&shard, &seat.ticket, |now, batch| guest.session.close(now, reason, batch)).await;
    settle(&shard, &mut guest.session);
    while log_events(&mut guest.session, EVENTS_PER_TURN) {
        glommio::executor().yield_now().await;
    }
    let (messages, octets) = guest.session.position();
    let reason = close_word(reason);
    tracing::info!(%router, session = %id, reason, messages, octets, "session-close");
    shard.leave(id, false);
    drop(guest.pass);
}

/// Turn after turn until the session is over here; returns why it is.
async fn talk(
    shard: &Shard,
    seat: &Seat,
    stream: &mut RouterStream,
    session: &mut Session,
) -> Over {
    let mut stashed = false;
    loop {
        let turn = poll_fn(|cx| shard.poll_turn(cx, seat, stream, session, stashed)).await;
        settle(shard, session);
        log_events(session, EVENTS_PER_TURN);
        stashed = matches!(turn, Turn::Stashed);
        match turn {
            Turn::Fed | Turn::Stashed => {}
            Turn::Leave(to) => return Over::Leave(to),
            Turn::Stopped => return Over::Closed(CloseReason::Shutdown),
            Turn::EndOfStream => {
                return Over::Closed(match session.tail_len() {
                    0 => CloseReason::EndOfStream,
                    octets => CloseReason::CutShort { octets },
                });
            }
            Turn::Failed(error) => {
                log_failure(session, &error);
                return Over::Closed(CloseReason::Reset);
            }
            Turn::Idle => {
                shard.counters.idle_timeouts.add(1);
                return Over::Closed(CloseReason::Idle);
            }
            Turn::Broken(error) => {
                shard.counters.broken_framing.add(1);
                log_broken_framing(session, &error);
                return Over::Closed(CloseReason::BrokenFraming);
            }
        }
        // One turn each: without this a busy router would keep the others waiting.
        shard.breathe().await;
    }
}

/// Writes a session marker as soon as there is room for it.
async fn mark<E>(
    shard: &Shard,
    ticket: &Rc<Ticket>,
    mut push: impl FnMut(Timestamp, &mut Batch) -> Result<(), E>,
) {
    loop {
        poll_fn(|cx| match shard.admit(cx, ticket, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
        let now = Timestamp::from(SystemTime::now());
        if shard.push(|batch| push(now, batch)) {
            return;
        }
    }
}

/// Adds the session's counts to the reactor's.
fn settle(shard: &Shard, session: &mut Session) {
    let counts = session.take_counters();
    let counters = &shard.counters;
    counters.messages.add(counts.messages);
    counters.routes_announced.add(counts.announced);
    counters.routes_withdrawn.add(counts.withdrawn);
    counters.end_of_rib.add(counts.end_of_rib);
    counters.odd_messages.add(counts.odd);
    counters.malformed_updates.add(counts.malformed);
    counters.unknown_messages.add(counts.unknown);
}

fn log_failure(session: &Session, error: &io::Error) {
    let (router, session) = (session.router(), session.id());
    tracing::warn!(%router, %session, %error, "session-reset");
}
