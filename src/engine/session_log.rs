//! What sessions tell the log.

use crate::record::CloseReason;
use crate::session::{FramingError, Session, SessionEvent};

/// Writes up to `max` of the session's events to the log; whether there may be more.
pub fn log_events(session: &mut Session, max: usize) -> bool {
    for _ in 0..max {
        let Some(event) = session.take_event() else { return false };
        log_event(session, &event);
    }
    true
}

fn log_event(session: &Session, event: &SessionEvent) {
    let (router, session) = (session.router(), session.id());
    match event {
        SessionEvent::OddMessage { ordinal, offset, error, sample } => tracing::warn!(
            %router, %session, ordinal, offset, reason = %error, sample, "odd-message"
        ),
        SessionEvent::AddPathSwitched { peer, view, family, add_path } => {
            let words = |on: bool| if on { "path-ids" } else { "no-path-ids" };
            tracing::info!(
                %router, %session, %peer, view = view.name(), %family,
                from = words(!add_path), to = words(*add_path), "peer-add-path-switched"
            );
        }
        SessionEvent::PeerLimit { limit } => {
            tracing::warn!(%router, %session, limit, "peer-limit");
        }
        SessionEvent::StateLimit { limit } => {
            tracing::warn!(%router, %session, limit, "state-limit");
        }
        SessionEvent::SequenceGap { ordinal, expected, found } => {
            tracing::warn!(%router, %session, ordinal, expected, found, "sequence-gap");
        }
    }
}

/// Tells of broken framing.
pub fn log_broken_framing(session: &Session, error: &FramingError) {
    let (router, session) = (session.router(), session.id());
    let (offset, reason) = (error.offset, &error.reason);
    tracing::warn!(%router, %session, offset, %reason, "session-broken-framing");
}

/// The reason of a session's end in one word.
#[must_use]
pub fn close_word(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::EndOfStream => "end-of-stream",
        CloseReason::CutShort { .. } => "cut-short",
        CloseReason::Reset => "reset",
        CloseReason::BrokenFraming => "broken-framing",
        CloseReason::Idle => "idle-timeout",
        CloseReason::Shutdown => "shutdown",
    }
}
