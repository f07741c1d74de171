//! What the streams of one output have in common: they are one collector, and a router or a peer
//! may have sessions in several of them.
//!
//! It is behind a lock, which is taken when a session or a peer comes or goes and when the clock
//! asks, and never for a route.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::ids::Id;
use super::collector::Collector;
use super::peer::BgpSession;
use crate::wire::Timestamp;

/// One stream's hold on what all have in common.
#[derive(Debug, Clone)]
pub(super) struct Common(Arc<Mutex<Whole>>);

/// What the streams of an output have in common.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) collector: Collector,
    /// How many sessions have introduced the router of an id.
    routers: HashMap<[u8; 16], usize>,
    peers: HashMap<[u8; 16], Held>,
    /// How many streams have not said their last words.
    streams: usize,
}

/// A peer by its id.
#[derive(Debug)]
struct Held {
    /// How many sessions know it.
    sessions: usize,
    /// The latest time in a message of those that know it no more.
    last: Timestamp,
    clock: Clock,
    /// Its last BGP session, and when it was said to be up.
    up: Option<(BgpSession, Timestamp)>,
}

/// Whose times those of a peer are, in all sessions that know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// The router's, or else the collector's.
    pub(super) is_routers: bool,
    /// That of the first message.
    pub(super) since: Timestamp,
}

impl Common {
    /// Of an output of one stream.
    pub(super) fn new(collector: Collector) -> Self {
        let (routers, peers, streams) = (HashMap::new(), HashMap::new(), 1);
        Self(Arc::new(Mutex::new(Whole { collector, routers, peers, streams })))
    }

    /// For one more stream.
    pub(super) fn join(&self) -> Self {
        self.lock().streams += 1;
        self.clone()
    }

    /// Waits for other streams, which hold it for a moment only.
    pub(super) fn lock(&self) -> MutexGuard<'_, Whole> {
        // What a stream leaves behind that has panicked is counts that are true all the same.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Whole {
    /// A stream has said all but the collector's last word; whether it is to say that, as the last.
    pub(super) fn leave(&mut self) -> bool {
        self.streams = self.streams.saturating_sub(1);
        self.streams == 0
    }

    /// A session has introduced this router.
    pub(super) fn router_comes(&mut self, router: Id) {
        *self.routers.entry(router.0).or_default() += 1;
    }

    /// A session that introduced this router has ended; whether it was the last one.
    pub(super) fn router_goes(&mut self, router: Id) -> bool {
        let Some(sessions) = self.routers.get_mut(&router.0) else { return false };
        *sessions -= 1;
        let is_last = *sessions == 0;
        if is_last {
            self.routers.remove(&router.0);
        }
        is_last
    }

    /// Whether any session knows this peer.
    pub(super) fn knows_peer(&self, peer: Id) -> bool {
        self.peers.contains_key(&peer.0)
    }

    /// A session knows this peer, by such times. When others know it already: theirs, by which
    /// this one goes from now on.
    pub(super) fn peer_comes(&mut self, peer: Id, clock: Clock) -> Option<Clock> {
        let last = Timestamp::default();
        let new = Held { sessions: 0, last, clock, up: None };
        let held = self.peers.entry(peer.0).or_insert(new);
        held.sessions += 1;
        (held.sessions > 1).then_some(held.clock)
    }

    /// A session that knows this peer says at this time that its BGP session is up. When that was
    /// said before, here or in another session: the time of then.
    pub(super) fn peer_up(&mut self, peer: Id, up: BgpSession, at: Timestamp) -> Timestamp {
        let Some(held) = self.peers.get_mut(&peer.0) else { return at };
        match held.up {
            Some((known, since)) if known == up => since,
            _ => {
                held.up = Some((up, at));
                at
            }
        }
    }

    /// A session knows this peer no more, whose last message there was of `last`. When no other
    /// session knows it: the latest time in any of its messages.
    pub(super) fn peer_goes(&mut self, peer: Id, last: Timestamp) -> Option<Timestamp> {
        let held = self.peers.get_mut(&peer.0)?;
        held.sessions -= 1;
        held.last = held.last.max(last);
        if held.sessions > 0 {
            return None;
        }
        self.peers.remove(&peer.0).map(|held| held.last)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::values::Cleaner;
    use super::*;

    fn common() -> Common {
        let heartbeat = Duration::from_secs(60);
        Common::new(Collector::new("c".into(), Id([0; 16]), heartbeat, Cleaner { sql_safe: true }))
    }

    #[test]
    fn the_last_one_is_told_so() {
        let (a, router, peer) = (common(), Id([1; 16]), Id([2; 16]));
        let b = a.join();
        let at = |secs| Timestamp::new(secs, 0);
        for common in [&a, &b] {
            common.lock().router_comes(router);
            let clock = Clock { is_routers: false, since: at(3) };
            common.lock().peer_comes(peer, clock);
        }
        assert_eq!(a.lock().peer_goes(peer, at(9)), None);
        assert_eq!(b.lock().peer_goes(peer, at(5)), Some(at(9)), "of any session");
        assert_eq!(b.lock().peer_goes(peer, at(5)), None, "it is not known");
        assert!(!a.lock().router_goes(router));
        assert!(b.lock().router_goes(router));
        assert!(!b.lock().router_goes(router), "it is not known");
        assert!(!a.lock().leave());
        assert!(b.lock().leave());
        let whole = a.lock();
        assert!(whole.routers.is_empty() && whole.peers.is_empty(), "nothing is kept for good");
    }
}
