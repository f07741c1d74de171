//! The openings and ends of sessions that a full lane passed by.
//!
//! An output that may drop may miss any record, but not that a session is there or gone: it keeps
//! connections, files and names for each, and would keep them for good.

use std::collections::BTreeMap;

use crate::record::{Batch, Event, Record, RouterContext, SessionId};

/// What an output has missed of one session: its opening, or its end. Never both: then it needs to
/// know of neither.
#[derive(Debug)]
struct Marker {
    router: RouterContext,
    record: Record,
}

/// Markers that wait for room in the lane, at most one for each session that the output knows or
/// that is open now.
#[derive(Debug, Default)]
pub(super) struct Missed(BTreeMap<SessionId, Marker>);

impl Missed {
    /// Keeps the markers of a batch that passes by.
    pub(super) fn note(&mut self, batch: &Batch) {
        for record in batch.records() {
            let router = batch.router(record);
            let marker = || Marker { router: router.clone(), record: *record };
            match record.event {
                Event::SessionOpen => {
                    self.0.insert(router.session, marker());
                }
                // An end whose opening was missed, too, ends nothing that the output knows.
                Event::SessionClose(_) if self.0.remove(&router.session).is_some() => {}
                Event::SessionClose(_) => {
                    self.0.insert(router.session, marker());
                }
                _ => {}
            }
        }
    }

    /// Whether the output has missed no marker.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a marker of this session was missed.
    pub(super) fn concerns(&self, session: SessionId) -> bool {
        self.0.contains_key(&session)
    }

    /// The markers as a batch of their own, which belongs to no pool. None are left.
    pub(super) fn take(&mut self) -> Batch {
        let markers = std::mem::take(&mut self.0);
        Batch::detached(markers.into_values().map(|m| (m.router, m.record)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::record::{BatchLimits, CloseReason, NewRecord};
    use crate::wire::Timestamp;

    fn batch(markers: &[(u64, Event)]) -> Batch {
        let mut batch = Batch::new(BatchLimits::for_messages(100));
        for (session, event) in markers {
            let address = "192.0.2.1:1".parse().unwrap();
            let session = SessionId(*session);
            let router = batch.add_router(RouterContext::new(session, address));
            let (arrival, message) = (Timestamp::default(), &[][..]);
            let (peer, ordinal, offset, event) = (None, 7, 9, *event);
            let new = NewRecord { router, peer, ordinal, offset, arrival, message, event };
            batch.push(new).unwrap();
        }
        batch
    }

    #[test]
    fn what_was_missed_whole_is_forgotten_and_the_rest_is_told() {
        let closed = Event::SessionClose(CloseReason::EndOfStream);
        let mut missed = Missed::default();
        missed.note(&batch(&[(1, Event::SessionOpen), (2, Event::Message), (3, closed)]));
        missed.note(&batch(&[(1, closed), (4, Event::SessionOpen)]));
        let told = missed.take();
        let seen: Vec<_> =
            told.records().iter().map(|r| (told.router(r).session.0, r.event, r.ordinal)).collect();
        assert_eq!(seen, [(3, closed, 7), (4, Event::SessionOpen, 7)]);
        assert!(missed.is_empty() && told.is_detached());
    }
}
