//! The task of one router session: open, turn after turn, close.

use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::Poll;
use std::time::SystemTime;

use super::gate::Ticket;
use super::reactor::{Arrival, Shard, Turn};
use super::session_log::{close_word, log_broken_framing, log_events};
use crate::net::RouterStream;
use crate::record::{Batch, CloseReason};
use crate::session::Session;
use crate::wire::Timestamp;

/// Log events that a session may write in one turn; the rest waits for the next.
const EVENTS_PER_TURN: usize = 16;

/// Carries a router session from its first record to its last.
pub(super) async fn converse(shard: Rc<Shard>, arrival: Arrival) {
    let Arrival { stream, id, router, pass } = arrival;
    poll_fn(|cx| {
        shard.enter(id, cx.waker());
        Poll::Ready(())
    })
    .await;
    tracing::info!(router = %router, session = %id, reactor = shard.index, "session-open");
    let mut stream = RouterStream::new(stream);
    let mut session = Session::new(id, router, shard.limits);
    let ticket = Rc::new(Ticket::default());
    mark(&shard, &ticket, |now, batch| session.open(now, batch)).await;
    let reason = talk(&shard, &ticket, &mut stream, &mut session).await;
    mark(&shard, &ticket, |now, batch| session.close(now, reason, batch)).await;
    settle(&shard, &mut session);
    while log_events(&mut session, EVENTS_PER_TURN) {
        glommio::executor().yield_now().await;
    }
    let (messages, octets) = session.position();
    let reason = close_word(reason);
    tracing::info!(%router, session = %id, reason, messages, octets, "session-close");
    shard.leave(id);
    drop(pass);
}

/// Turn after turn until the session is over; returns why it is.
async fn talk(
    shard: &Shard,
    ticket: &Rc<Ticket>,
    stream: &mut RouterStream,
    session: &mut Session,
) -> CloseReason {
    let mut stashed = false;
    loop {
        let turn = poll_fn(|cx| shard.poll_turn(cx, ticket, stream, session, stashed)).await;
        settle(shard, session);
        log_events(session, EVENTS_PER_TURN);
        stashed = matches!(turn, Turn::Stashed);
        match turn {
            Turn::Fed | Turn::Stashed => {}
            Turn::Stopped => return CloseReason::Shutdown,
            Turn::EndOfStream => {
                return match session.tail_len() {
                    0 => CloseReason::EndOfStream,
                    octets => CloseReason::CutShort { octets },
                };
            }
            Turn::Failed(error) => {
                log_failure(session, &error);
                return CloseReason::Reset;
            }
            Turn::Idle => {
                shard.counters.idle_timeouts.add(1);
                return CloseReason::Idle;
            }
            Turn::Broken(error) => {
                shard.counters.broken_framing.add(1);
                log_broken_framing(session, &error);
                return CloseReason::BrokenFraming;
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
