//! Sessions that have been silent for too long.
//!
//! No session has a timer: each has one place in a queue by the time at which it could be overdue.
//! A session that was heard of meanwhile is put back, so each costs one look per timeout, however
//! many there are and however busy they are.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use crate::record::SessionId;

/// Watches the sessions of a reactor for silence. Without a timeout it does and keeps nothing.
#[derive(Debug, Default)]
pub(super) struct IdleWatch {
    timeout: Cell<Option<Duration>>,
    watched: RefCell<Watched>,
}

#[derive(Debug, Default)]
struct Watched {
    sessions: HashMap<SessionId, Heard>,
    looks: BTreeSet<(Instant, SessionId)>,
}

/// A session and when it was heard of last.
#[derive(Debug)]
struct Heard {
    at: Instant,
    look_at: Instant,
    is_overdue: bool,
}

impl IdleWatch {
    pub(super) fn new(timeout: Option<Duration>) -> Self {
        Self { timeout: Cell::new(timeout), watched: RefCell::default() }
    }

    /// Goes by another timeout from now on, for the sessions that there are: their silence counts
    /// from now.
    pub(super) fn set_timeout(
        &self,
        timeout: Option<Duration>,
        sessions: impl Iterator<Item = SessionId>,
    ) {
        if self.timeout.replace(timeout) != timeout {
            self.watched.take();
            sessions.for_each(|id| self.enter(id));
        }
    }

    /// A session begins.
    pub(super) fn enter(&self, id: SessionId) {
        if let Some(timeout) = self.timeout.get() {
            self.enter_at(id, Instant::now(), timeout);
        }
    }

    fn enter_at(&self, id: SessionId, now: Instant, timeout: Duration) {
        let mut watched = self.watched.borrow_mut();
        let look_at = now + timeout;
        watched.sessions.insert(id, Heard { at: now, look_at, is_overdue: false });
        watched.looks.insert((look_at, id));
    }

    /// A session ends.
    pub(super) fn leave(&self, id: SessionId) {
        if self.timeout.get().is_none() {
            return;
        }
        let mut watched = self.watched.borrow_mut();
        if let Some(heard) = watched.sessions.remove(&id) {
            watched.looks.remove(&(heard.look_at, id));
        }
    }

    /// A session has said something.
    pub(super) fn hear(&self, id: SessionId) {
        if self.timeout.get().is_some() {
            self.hear_at(id, Instant::now());
        }
    }

    fn hear_at(&self, id: SessionId, now: Instant) {
        if let Some(heard) = self.watched.borrow_mut().sessions.get_mut(&id) {
            heard.at = now;
            heard.is_overdue = false;
        }
    }

    /// Whether a session has been silent for too long, should there be nothing to read now.
    pub(super) fn is_overdue(&self, id: SessionId) -> bool {
        self.timeout.get().is_some()
            && self.watched.borrow().sessions.get(&id).is_some_and(|heard| heard.is_overdue)
    }

    /// The next session that has become overdue: it should look whether there is something to
    /// read. Call until it is `None`.
    ///
    /// `deaf_until` is the last moment at which the reactor itself did not read: silence counts
    /// from then.
    pub(super) fn next_overdue(
        &self,
        now: Instant,
        deaf_until: Option<Instant>,
    ) -> Option<SessionId> {
        let timeout = self.timeout.get()?;
        let mut watched = self.watched.borrow_mut();
        let Watched { sessions, looks } = &mut *watched;
        while let Some((_, id)) = looks.first().copied().filter(|(at, _)| *at <= now) {
            looks.pop_first();
            let Some(heard) = sessions.get_mut(&id) else { continue };
            let silent_from = deaf_until.map_or(heard.at, |deaf| deaf.max(heard.at));
            heard.is_overdue = now.saturating_duration_since(silent_from) >= timeout;
            heard.look_at = if heard.is_overdue { now } else { silent_from } + timeout;
            looks.insert((heard.look_at, id));
            if heard.is_overdue {
                return Some(id);
            }
        }
        None
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::wire::Timestamp;

    const S: Duration = Duration::from_secs(1);
    const TIMEOUT: Duration = Duration::from_secs(10);

    fn id(serial: u64) -> SessionId {
        SessionId::new(Timestamp::new(1_700_000_000, 0), serial)
    }

    fn overdue(watch: &IdleWatch, now: Instant, deaf: Option<Instant>) -> Vec<SessionId> {
        std::iter::from_fn(|| watch.next_overdue(now, deaf)).collect()
    }

    #[test]
    fn only_the_silent_are_overdue_and_each_is_looked_at_once_per_timeout() {
        let (watch, start) = (IdleWatch::new(Some(TIMEOUT)), Instant::now());
        for serial in 0..100 {
            watch.enter_at(id(serial), start, TIMEOUT);
        }
        for serial in 1..100 {
            watch.hear_at(id(serial), start + 4 * S);
        }
        assert_eq!(overdue(&watch, start + 9 * S, None), []);
        assert_eq!(overdue(&watch, start + 10 * S, None), [id(0)]);
        assert!(watch.is_overdue(id(0)) && !watch.is_overdue(id(1)));
        assert_eq!(overdue(&watch, start + 13 * S, None), [], "told once");
        assert_eq!(overdue(&watch, start + 14 * S, None).len(), 99);
        watch.hear_at(id(0), start + 15 * S);
        assert!(!watch.is_overdue(id(0)), "it has spoken in time");
        assert_eq!(watch.watched.borrow().looks.len(), 100, "each has one place in the queue");
        (0..100).for_each(|serial| watch.leave(id(serial)));
        let watched = watch.watched.borrow();
        assert!(watched.looks.is_empty() && watched.sessions.is_empty());
    }

    #[test]
    fn a_collector_that_does_not_read_has_no_silent_routers() {
        let (watch, start) = (IdleWatch::new(Some(TIMEOUT)), Instant::now());
        watch.enter_at(id(1), start, TIMEOUT);
        assert_eq!(overdue(&watch, start + 12 * S, Some(start + 8 * S)), []);
        assert_eq!(overdue(&watch, start + 17 * S, Some(start + 8 * S)), []);
        assert_eq!(overdue(&watch, start + 18 * S, Some(start + 8 * S)), [id(1)]);
    }

    #[test]
    fn another_timeout_holds_for_the_sessions_that_there_are() {
        let (watch, sessions) = (IdleWatch::new(None), [id(1), id(2)]);
        sessions.iter().for_each(|id| watch.enter(*id));
        watch.set_timeout(Some(TIMEOUT), sessions.into_iter());
        assert_eq!(overdue(&watch, Instant::now(), None), []);
        assert_eq!(overdue(&watch, Instant::now() + TIMEOUT, None).len(), 2);
        watch.set_timeout(Some(2 * TIMEOUT), sessions.into_iter());
        assert!(!watch.is_overdue(id(1)), "its silence counts from now");
        assert_eq!(overdue(&watch, Instant::now() + TIMEOUT, None), []);
        watch.set_timeout(None, sessions.into_iter());
        assert!(watch.watched.borrow().sessions.is_empty());
    }

    #[test]
    fn without_a_timeout_nothing_is_kept() {
        let watch = IdleWatch::new(None);
        watch.enter(id(1));
        watch.hear(id(1));
        assert_eq!(watch.next_overdue(Instant::now() + TIMEOUT, None), None);
        assert!(!watch.is_overdue(id(1)) && watch.watched.borrow().sessions.is_empty());
        watch.leave(id(1));
    }
}
