//! What a session has said that still stands: what each connection of it after the first begins
//! with, so that its receiver can make sense of what follows.
//!
//! The facts are those of the point at which the connection resumes, not the newest ones: a peer
//! whose Peer Down is about to be sent again is still up, and one whose Peer Up is about to be sent
//! again is not yet. Together with what follows them, they are a session as a router could have
//! begun it there: every route comes after the Peer Up of its peer, and none comes twice.

use std::collections::BTreeMap;

use crate::output::frames::Standing;

/// Octets that a fact takes besides its own, roughly: small ones must count, too.
const FACT_OVERHEAD: usize = 128;
/// Octets gathered for one send.
const GATHERED: usize = 64 * 1024;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Facts {
    opening: Option<Box<[u8]>>,
    /// The others, in the order in which they were said.
    said: BTreeMap<u64, Box<[u8]>>,
    /// Where each key and part was last said.
    places: BTreeMap<(u64, u64), u64>,
    last: u64,
    held: usize,
    /// Octets that may be held; what goes beyond is not kept.
    pub(super) limit: usize,
    refused: Refused,
}

/// Whether there was something that did not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Refused {
    #[default]
    No,
    Untold,
    Told,
}

impl Facts {
    /// Takes what one frame says.
    pub(super) fn apply(&mut self, standing: Standing, octets: impl ExactSizeIterator<Item = u8>) {
        match standing {
            Standing::None => {}
            Standing::Opening => {
                self.held -= self.opening.take().map_or(0, |old| cost(old.len()));
                self.opening = self.admit(octets);
            }
            Standing::Set { key, part } => {
                if let Some(place) = self.places.remove(&(key, part)) {
                    self.forget(place);
                }
                // What replaces a fact goes to the end: a receiver may go by what was said last.
                if let Some(octets) = self.admit(octets) {
                    self.last += 1;
                    self.said.insert(self.last, octets);
                    self.places.insert((key, part), self.last);
                }
            }
            Standing::Clear { key } => {
                while let Some((&at, &place)) = self.places.range((key, 0)..=(key, u64::MAX)).next()
                {
                    self.places.remove(&at);
                    self.forget(place);
                }
            }
        }
    }

    /// Octets held, with what keeping them costs.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Whether something did not fit that was not told yet; true once.
    pub(super) fn take_refusal(&mut self) -> bool {
        let untold = self.refused == Refused::Untold;
        if untold {
            self.refused = Refused::Told;
        }
        untold
    }

    fn admit(&mut self, octets: impl ExactSizeIterator<Item = u8>) -> Option<Box<[u8]>> {
        let cost = cost(octets.len());
        if self.held + cost > self.limit {
            if self.refused == Refused::No {
                self.refused = Refused::Untold;
            }
            return None;
        }
        self.held += cost;
        Some(octets.collect())
    }

    fn forget(&mut self, place: u64) {
        if let Some(octets) = self.said.remove(&place) {
            self.held -= cost(octets.len());
        }
    }

    /// Appends facts from the `from`-th place on until `out` is large enough; returns the place to
    /// go on with, or `None` after the last.
    fn gather(&self, from: u64, out: &mut Vec<u8>) -> Option<u64> {
        if from == 0 {
            out.extend_from_slice(self.opening.as_deref().unwrap_or_default());
        }
        for (place, octets) in self.said.range(from..) {
            if out.len() >= GATHERED {
                return Some(*place);
            }
            out.extend_from_slice(octets);
        }
        None
    }

    /// What is said, record by record.
    pub(super) fn records(&self) -> impl Iterator<Item = &[u8]> {
        let opening = self.opening.iter();
        opening.chain(self.said.values()).map(|octets| &**octets)
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
    next: Option<u64>,
    ready: Vec<u8>,
    sent: usize,
}

impl Preamble {
    /// A connection begins.
    pub(super) fn restart(&mut self) {
        *self = Self { next: Some(0), ..Self::default() };
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

    fn set(key: u64, part: u64) -> Standing {
        Standing::Set { key, part }
    }

    fn facts(limit: usize, said: &[(Standing, &str)]) -> Facts {
        let mut facts = Facts { limit, ..Facts::default() };
        said.iter().for_each(|(standing, text)| facts.apply(*standing, text.bytes()));
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
        facts.apply(set(5, 1), b"five-one-again ".iter().copied());
        facts.apply(Standing::Opening, b"hello again ".iter().copied());
        assert_eq!(facts.all(), b"hello again nine three five-two five-one-again ");
        facts.apply(Standing::Clear { key: 5 }, [].into_iter());
        facts.apply(Standing::Clear { key: 77 }, [].into_iter());
        assert_eq!(facts.all(), b"hello again nine three ");
    }

    #[test]
    fn nothing_is_held_beyond_the_limit_and_what_went_makes_room() {
        let limit = 2 * (FACT_OVERHEAD + 3);
        let mut facts = facts(limit, &[(set(1, 0), "one"), (set(2, 0), "two")]);
        assert!((facts.held(), facts.take_refusal()) == (limit, false));
        facts.apply(set(3, 0), "six".bytes());
        assert!(facts.take_refusal());
        assert!(!facts.take_refusal(), "told once");
        facts.apply(set(1, 0), "a new one".bytes());
        assert_eq!(facts.all(), b"two", "what was replaced is not said any more");
        facts.apply(set(3, 0), "six".bytes());
        assert_eq!((facts.all(), facts.held()), (b"twosix".to_vec(), limit));
        (2..4).for_each(|key| facts.apply(Standing::Clear { key }, [].into_iter()));
        assert_eq!((facts.held(), facts.places.len(), facts.said.len()), (0, 0, 0));
    }

    #[test]
    fn a_long_preamble_is_gathered_in_parts_and_begins_anew() {
        let texts: Vec<String> = (0..5000).map(|n| format!("{n:0100}")).collect();
        let mut facts = facts(LIMIT * 4, &[(Standing::Opening, "hello")]);
        texts.iter().zip(0..).for_each(|(text, key)| facts.apply(set(key, 0), text.bytes()));
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
