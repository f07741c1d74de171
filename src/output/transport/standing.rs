//! What sessions have said that still stands: what each connection after the first begins with, so
//! that its receiver can make sense of what follows. A connection carries one session or many.
//!
//! The facts are those of the point at which the connection resumes, not the newest ones: a peer
//! whose Peer Down is about to be sent again is still up, and one whose Peer Up is about to be sent
//! again is not yet. Together with what follows them, they are a session as a router could have
//! begun it there: every route comes after the Peer Up of its peer, and none comes twice.

use std::collections::{BTreeMap, HashMap};

use super::Notice;
use crate::output::frames::Standing;
use crate::record::SessionId;

/// Octets that a fact takes besides its own, roughly: small ones must count, too.
const FACT_OVERHEAD: usize = 128;
/// Octets that the facts of one session may take, some ten thousand peers: whatever one router
/// says, those of the others are kept.
const SHARE: usize = 4 * 1024 * 1024;
/// Octets gathered for one send.
const GATHERED: usize = 64 * 1024;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Of each session its opening, then the others in the order in which they were said.
    said: BTreeMap<Place, Box<[u8]>>,
    /// Where each key and part of a session was last said.
    places: BTreeMap<(SessionId, u64, u64), Place>,
    /// The last place that was taken.
    last: u64,
    held: usize,
    /// Octets that may be held; what goes beyond is not kept.
    pub(super) limit: usize,
    /// What each session has of that.
    shares: HashMap<SessionId, Share>,
    /// Something did not fit into `limit` before.
    was_full: bool,
    /// What was not told yet of what did not fit.
    refusals: Vec<Refusal>,
}

/// What one session holds.
#[derive(Debug, Default)]
struct Share {
    held: usize,
    /// Something of it did not fit into [`SHARE`] before.
    was_full: bool,
}

/// Why something is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// All sessions together hold as much as they may.
    All,
    /// This session does.
    Session(SessionId),
}

/// Where something stands: the session, and the how-manieth it was.
type Place = (SessionId, u64);

/// The place of a session's opening.
const OPENING: u64 = 0;

impl Refusal {
    /// What the log is to know, where facts are those of this target.
    pub(super) fn notice(self, target: String) -> Notice {
        match self {
            Self::All => Notice::PreambleIncomplete { target },
            Self::Session(session) => Notice::PreambleShareFull { target, session },
        }
    }
}

impl Facts {
    /// Takes what one frame of a session says.
    pub(super) fn apply(
        &mut self,
        session: SessionId,
        standing: Standing,
        octets: impl ExactSizeIterator<Item = u8>,
    ) {
        match standing {
            Standing::None => {}
            Standing::Opening => {
                self.forget((session, OPENING));
                self.admit((session, OPENING), octets);
            }
            Standing::Set { key, part } => {
                if let Some(place) = self.places.remove(&(session, key, part)) {
                    self.forget(place);
                }
                // What replaces a fact goes to the end: a receiver may go by what was said last.
                self.last += 1;
                let place = (session, self.last);
                if self.admit(place, octets) {
                    self.places.insert((session, key, part), place);
                }
            }
            Standing::Clear { key } => self.clear(session, key, key),
            Standing::End => {
                self.forget((session, OPENING));
                self.clear(session, 0, u64::MAX);
            }
        }
    }

    /// Whether anything of a session stands.
    pub(super) fn knows(&self, session: SessionId) -> bool {
        self.said.range((session, OPENING)..=(session, u64::MAX)).next().is_some()
    }

    /// Forgets what was said of the keys from `first` to `last`.
    fn clear(&mut self, session: SessionId, first: u64, last: u64) {
        let keys = (session, first, 0)..=(session, last, u64::MAX);
        while let Some((&at, &place)) = self.places.range(keys.clone()).next() {
            self.places.remove(&at);
            self.forget(place);
        }
    }

    /// Octets held, with what keeping them costs.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Why something did not fit, where that was not told yet: of a session once until all that it
    /// said is forgotten, of all together once.
    pub(super) fn take_refusal(&mut self) -> Option<Refusal> {
        self.refusals.pop()
    }

    /// Keeps something, if it fits; whether it does.
    fn admit(&mut self, place: Place, octets: impl ExactSizeIterator<Item = u8>) -> bool {
        let cost = cost(octets.len());
        let (refusal, was_full) = match self.shares.get_mut(&place.0) {
            Some(share) if share.held + cost > SHARE => {
                (Refusal::Session(place.0), &mut share.was_full)
            }
            _ if self.held + cost > self.limit => (Refusal::All, &mut self.was_full),
            _ => {
                self.held += cost;
                self.shares.entry(place.0).or_default().held += cost;
                self.said.insert(place, octets.collect());
                return true;
            }
        };
        if !std::mem::replace(was_full, true) {
            self.refusals.push(refusal);
        }
        false
    }

    fn forget(&mut self, place: Place) {
        let Some(octets) = self.said.remove(&place) else { return };
        let cost = cost(octets.len());
        self.held -= cost;
        if let Some(share) = self.shares.get_mut(&place.0) {
            share.held -= cost;
            if share.held == 0 {
                self.shares.remove(&place.0);
            }
        }
    }

    /// Appends facts from the `from`-th place on until `out` is large enough; returns the place to
    /// go on with, or `None` after the last.
    fn gather(&self, from: Place, out: &mut Vec<u8>) -> Option<Place> {
        for (place, octets) in self.said.range(from..) {
            if out.len() >= GATHERED {
                return Some(*place);
            }
            out.extend_from_slice(octets);
        }
        None
    }

    /// Everything, as a connection would begin.
    #[cfg(test)]
    pub(super) fn all(&self) -> Vec<u8> {
        let (mut preamble, mut all) = (Preamble::default(), Vec::new());
        preamble.restart();
        loop {
            match preamble.unsent(self) {
                [] => return all,
                part => {
                    all.extend_from_slice(part);
                    let n = part.len();
                    preamble.advance(n);
                }
            }
        }
    }
}

fn cost(len: usize) -> usize {
    len + FACT_OVERHEAD
}

/// How far a connection has said the facts that it begins with. They do not change meanwhile: what
/// changes them is acknowledged after them.
#[derive(Debug, Default)]
pub(super) struct Preamble {
    /// The place in [`Facts`] to go on with.
    next: Option<Place>,
    ready: Vec<u8>,
    sent: usize,
}

impl Preamble {
    /// A connection begins.
    pub(super) fn restart(&mut self) {
        *self = Self { next: Some(Place::default()), ..Self::default() };
    }

    /// The next octets to send; none when all are sent.
    pub(super) fn unsent(&mut self, facts: &Facts) -> &[u8] {
        if self.sent == self.ready.len() {
            (self.sent, self.ready) = (0, Vec::new()); // most connections never need it again
            if let Some(from) = self.next {
                self.next = facts.gather(from, &mut self.ready);
            }
        }
        &self.ready[self.sent..]
    }

    /// `n` of them were sent.
    pub(super) fn advance(&mut self, n: usize) {
        self.sent = (self.sent + n).min(self.ready.len());
    }

    /// Whether all are sent.
    pub(super) fn is_sent(&self) -> bool {
        self.next.is_none() && self.sent == self.ready.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1 << 20;
    const S: SessionId = SessionId(7);

    fn set(key: u64, part: u64) -> Standing {
        Standing::Set { key, part }
    }

    fn facts(limit: usize, said: &[(Standing, &str)]) -> Facts {
        let mut facts = Facts { limit, ..Facts::default() };
        said.iter().for_each(|(standing, text)| facts.apply(S, *standing, text.bytes()));
        facts
    }

    #[test]
    fn the_opening_comes_first_and_the_rest_as_it_was_said() {
        let said = [
            (set(9, 0), "nine "),
            (Standing::Opening, "hello "),
            (Standing::None, "route "),
            (set(3, 0), "three "),
            (set(5, 1), "five-one "),
            (set(5, 2), "five-two "),
        ];
        let mut facts = facts(LIMIT, &said);
        assert_eq!(facts.all(), b"hello nine three five-one five-two ");
        facts.apply(S, set(5, 1), b"five-one-again ".iter().copied());
        facts.apply(S, Standing::Opening, b"hello again ".iter().copied());
        assert_eq!(facts.all(), b"hello again nine three five-two five-one-again ");
        facts.apply(S, Standing::Clear { key: 5 }, [].into_iter());
        facts.apply(S, Standing::Clear { key: 77 }, [].into_iter());
        assert_eq!(facts.all(), b"hello again nine three ");
    }

    #[test]
    fn sessions_stand_one_after_the_other_and_end_apart() {
        let mut facts = facts(LIMIT, &[]);
        for (session, standing, text) in [
            (9, set(1, 0), "nine-one "),
            (2, Standing::Opening, "two "),
            (9, Standing::Opening, "nine "),
            (2, set(1, 0), "two-one "),
            (9, set(u64::MAX, u64::MAX), "nine-last "),
            (2, set(1, 0), "two-one-again "),
        ] {
            facts.apply(SessionId(session), standing, text.bytes());
        }
        assert_eq!(facts.all(), b"two two-one-again nine nine-one nine-last ");
        assert!(facts.knows(SessionId(9)) && !facts.knows(SessionId(3)));
        facts.apply(SessionId(9), Standing::End, [].into_iter());
        facts.apply(SessionId(3), Standing::End, [].into_iter());
        assert_eq!(facts.all(), b"two two-one-again ");
        facts.apply(SessionId(2), Standing::End, "bye".bytes());
        assert_eq!((facts.held(), facts.places.len(), facts.said.len()), (0, 0, 0));
    }

    #[test]
    fn nothing_is_held_beyond_the_limit_and_what_went_makes_room() {
        let limit = 2 * (FACT_OVERHEAD + 3);
        let mut facts = facts(limit, &[(set(1, 0), "one"), (set(2, 0), "two")]);
        assert!((facts.held(), facts.take_refusal()) == (limit, None));
        facts.apply(S, set(3, 0), "six".bytes());
        assert_eq!(facts.take_refusal(), Some(Refusal::All));
        facts.apply(S, set(3, 0), "six".bytes());
        assert_eq!(facts.take_refusal(), None, "told once");
        facts.apply(S, set(1, 0), "a new one".bytes());
        assert_eq!(facts.all(), b"two", "what was replaced is not said any more");
        facts.apply(S, set(3, 0), "six".bytes());
        assert_eq!((facts.all(), facts.held()), (b"twosix".to_vec(), limit));
        (2..4).for_each(|key| facts.apply(S, Standing::Clear { key }, [].into_iter()));
        assert_eq!((facts.held(), facts.places.len(), facts.said.len()), (0, 0, 0));
    }

    #[test]
    fn a_session_has_no_more_than_its_share_and_the_others_keep_theirs() {
        let mut facts = facts(16 * SHARE, &[]);
        let (greedy, modest) = (SessionId(1), SessionId(2));
        let large = || std::iter::repeat_n(b'x', 100_000);
        for round in 0..2 {
            for key in 0..1000 {
                facts.apply(greedy, set(key, 0), large());
            }
            assert!((SHARE - 200_000..=SHARE).contains(&facts.held()), "{}", facts.held());
            assert_eq!(facts.take_refusal(), Some(Refusal::Session(greedy)), "round {round}");
            assert_eq!(facts.take_refusal(), None, "told once");
            facts.apply(modest, set(7, 0), "modest".bytes());
            assert!(facts.knows(modest));
            // What goes makes room for something else of that session.
            facts.apply(greedy, Standing::Clear { key: 0 }, [].into_iter());
            facts.apply(greedy, set(2000, 0), large());
            let keys: Vec<_> = facts.places.keys().filter(|key| key.0 == greedy).collect();
            assert_eq!(keys.last().map(|key| key.1), Some(2000));
            facts.apply(greedy, Standing::End, [].into_iter());
            assert_eq!((facts.all(), facts.shares.len()), (b"modest".to_vec(), 1));
        }
        facts.apply(modest, Standing::End, [].into_iter());
        assert_eq!((facts.held(), facts.shares.len(), facts.take_refusal()), (0, 0, None));
    }

    #[test]
    fn a_long_preamble_is_gathered_in_parts_and_begins_anew() {
        let texts: Vec<String> = (0..5000).map(|n| format!("{n:0100}")).collect();
        let mut facts = facts(LIMIT * 4, &[(Standing::Opening, "hello")]);
        texts.iter().zip(0..).for_each(|(text, key)| facts.apply(S, set(key, 0), text.bytes()));
        let expected = format!("hello{}", texts.concat());
        let mut preamble = Preamble::default();
        assert!(preamble.is_sent() && preamble.unsent(&facts).is_empty());
        for _ in 0..2 {
            preamble.restart();
            let mut all = Vec::new();
            while !preamble.is_sent() {
                let part = preamble.unsent(&facts);
                assert!(part.len() <= GATHERED + 100);
                let n = part.len().min(10_007);
                all.extend_from_slice(&part[..n]);
                preamble.advance(n);
            }
            assert!(all == expected.as_bytes());
            preamble.restart();
            preamble.unsent(&facts);
            preamble.advance(1);
        }
    }
}
