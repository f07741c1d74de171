//! Who may come in: sans-io, addresses and times in, verdicts out.
//!
//! A connection that may not come in is closed at once, and nobody else notices. Only the rate is
//! different: what exceeds it is not refused but left in the kernel's backlog, because a refused
//! router comes back with all the others that were refused with it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crossbeam::channel::Sender;

use crate::config::limits::Limits;

/// What may be admitted at once after a rest: the rate's share of this time, at least one.
const BURST: Duration = Duration::from_millis(100);
/// The shortest rest, so that a high rate does not wake the acceptor for every connection.
const REST_MIN: Duration = Duration::from_millis(5);
/// Parts into which a token is divided, so that whole numbers do for any rate and time.
const TOKEN: u64 = 1_000_000_000;

/// Why a connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Its address is on no allow-list.
    NotAllowed,
    /// There are as many sessions as there may be.
    TooMany,
    /// There are as many from this address as there may be.
    TooManyOfSource,
}

/// Whether a connection may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is counted as a session until [`Admission::left`].
    Admitted,
    /// It is to be closed.
    Refused(Refusal),
}

/// How a connection came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The router has connected.
    Accepted,
    /// The collector has connected to the router with this number: whoever named it has allowed it.
    Dialed(usize),
}

/// A session's word to the acceptor, spoken when it is dropped: the session is over, its place is
/// free. It belongs to the session for life and goes along when the session moves.
#[derive(Debug)]
pub(super) struct Pass {
    left: Left,
    to: Sender<Left>,
}

/// A session that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) source: IpAddr,
    pub(super) origin: Origin,
}

impl Pass {
    pub(super) fn new(source: IpAddr, origin: Origin, to: &Sender<Left>) -> Self {
        Self { left: Left { source, origin }, to: to.clone() }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        // Without an acceptor the collector stops, and nobody counts.
        let _ = self.to.send(self.left);
    }
}

/// The sessions that there are, and the limits that they are held to.
#[derive(Debug)]
pub(super) struct Admission {
    limits: Limits,
    sessions: u32,
    /// Sessions of each address that has any.
    of_source: HashMap<IpAddr, u32>,
    tokens: u64,
    filled_at: Instant,
}

impl Admission {
    pub(super) fn new(limits: Limits, now: Instant) -> Self {
        let mut new =
            Self { limits, sessions: 0, of_source: HashMap::new(), tokens: 0, filled_at: now };
        new.tokens = new.tokens_max();
        new
    }

    /// The limits.
    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Goes by other limits from now on; those that were admitted stay.
    pub(super) fn set_limits(&mut self, limits: Limits, now: Instant) {
        self.fill(now);
        self.limits = limits;
        self.tokens = self.tokens.min(self.tokens_max());
    }

    /// Sessions that were admitted and have not left.
    pub(super) fn sessions(&self) -> u32 {
        self.sessions
    }

    /// How long no connection should be taken from the backlog, because of the rate.
    pub(super) fn rest(&mut self, now: Instant) -> Option<Duration> {
        self.fill(now);
        let missing = TOKEN.checked_sub(self.tokens).filter(|missing| *missing > 0)?;
        let nanos = missing.div_ceil(u64::from(self.limits.accept_rate.0));
        Some(Duration::from_nanos(nanos).max(REST_MIN))
    }

    /// Decides on a connection, which has been taken already: the rate does not count here, see
    /// [`Admission::rest`]. What is refused uses up nothing of the rate.
    pub(super) fn decide(&mut self, source: IpAddr, origin: Origin, now: Instant) -> Verdict {
        if origin == Origin::Accepted && !self.limits.allows(source) {
            return Verdict::Refused(Refusal::NotAllowed);
        }
        if self.sessions >= self.limits.max_routers {
            return Verdict::Refused(Refusal::TooMany);
        }
        let of_source = self.of_source.get(&source).copied().unwrap_or(0);
        if self.limits.max_routers_per_source.is_some_and(|max| of_source >= max) {
            return Verdict::Refused(Refusal::TooManyOfSource);
        }
        self.sessions += 1;
        self.of_source.insert(source, of_source + 1);
        if origin == Origin::Accepted {
            self.fill(now);
            self.tokens = self.tokens.saturating_sub(TOKEN);
        }
        Verdict::Admitted
    }

    /// A session that was admitted is over.
    pub(super) fn left(&mut self, source: IpAddr) {
        self.sessions = self.sessions.saturating_sub(1);
        if let Some(count) = self.of_source.get_mut(&source) {
            *count -= 1;
            if *count == 0 {
                self.of_source.remove(&source);
            }
        }
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.filled_at);
        // A nanosecond at a rate of one a second is one part of a token.
        let new = passed.as_nanos().saturating_mul(u128::from(self.limits.accept_rate.0));
        let new = u64::try_from(new).unwrap_or(u64::MAX);
        self.tokens = self.tokens.saturating_add(new).min(self.tokens_max());
        self.filled_at = now;
    }

    fn tokens_max(&self) -> u64 {
        let burst = BURST.as_nanos() as u64 * u64::from(self.limits.accept_rate.0);
        burst.max(TOKEN)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use crossbeam::channel::unbounded;

    use super::*;
    use crate::config::limits::PerSecond;

    const MS: Duration = Duration::from_millis(1);

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn accept(admission: &mut Admission, source: &str, now: Instant) -> Verdict {
        admission.decide(address(source), Origin::Accepted, now)
    }

    #[test]
    fn sessions_are_limited_in_all_and_by_source() {
        let now = Instant::now();
        let limits =
            Limits { max_routers: 3, max_routers_per_source: Some(2), ..Limits::default() };
        let mut admission = Admission::new(limits, now);
        let (a, b, c) = ("192.0.2.1", "192.0.2.2", "2001:db8::1");
        assert_eq!(accept(&mut admission, a, now), Verdict::Admitted);
        assert_eq!(accept(&mut admission, a, now), Verdict::Admitted);
        let too_many_of_source = Verdict::Refused(Refusal::TooManyOfSource);
        assert_eq!(accept(&mut admission, a, now), too_many_of_source);
        assert_eq!(accept(&mut admission, b, now), Verdict::Admitted, "others do not notice");
        assert_eq!(accept(&mut admission, c, now), Verdict::Refused(Refusal::TooMany));
        admission.left(address(a));
        assert_eq!(accept(&mut admission, c, now), Verdict::Admitted, "a place is free");
        admission.left(address(c));
        assert_eq!(accept(&mut admission, a, now), Verdict::Admitted);
        for source in [a, a, b] {
            admission.left(address(source));
        }
        assert_eq!(admission.sessions(), 0);
        assert!(admission.of_source.is_empty(), "addresses are forgotten with their sessions");
    }

    #[test]
    fn only_the_allowed_come_in_but_dialed_routers_are_allowed() {
        let now = Instant::now();
        let allow = vec!["192.0.2.0/24".parse().unwrap()];
        let limits = Limits { allow, max_routers: 2, ..Limits::default() };
        let mut admission = Admission::new(limits, now);
        let not_allowed = Verdict::Refused(Refusal::NotAllowed);
        assert_eq!(accept(&mut admission, "203.0.113.1", now), not_allowed);
        assert_eq!(accept(&mut admission, "192.0.2.1", now), Verdict::Admitted);
        let dialed = |admission: &mut Admission| {
            admission.decide(address("203.0.113.1"), Origin::Dialed(0), now)
        };
        assert_eq!(dialed(&mut admission), Verdict::Admitted);
        assert_eq!(dialed(&mut admission), Verdict::Refused(Refusal::TooMany), "they count");
    }

    #[test]
    fn the_rate_rests_the_acceptor_and_refuses_nobody() {
        let start = Instant::now();
        let limits = Limits { accept_rate: PerSecond(10), ..Limits::default() };
        let mut admission = Admission::new(limits, start);
        assert_eq!(admission.rest(start), None);
        assert_eq!(accept(&mut admission, "192.0.2.1", start), Verdict::Admitted);
        assert_eq!(admission.rest(start), Some(100 * MS));
        assert_eq!(admission.rest(start + 40 * MS), Some(60 * MS));
        assert_eq!(admission.rest(start + 99 * MS), Some(REST_MIN));
        assert_eq!(admission.rest(start + 100 * MS), None);
        assert_eq!(accept(&mut admission, "192.0.2.1", start + 100 * MS), Verdict::Admitted);
        let later = start + Duration::from_secs(3600);
        assert_eq!(admission.rest(later), None);
        assert_eq!(accept(&mut admission, "192.0.2.1", later), Verdict::Admitted);
        assert_eq!(admission.rest(later), Some(100 * MS), "rest does not pile up");
    }

    #[test]
    fn ten_thousand_routers_are_in_within_seconds() {
        let start = Instant::now();
        let mut admission = Admission::new(Limits::default(), start);
        let (mut now, mut rests) = (start, 0);
        for n in 0..10_000_u32 {
            while let Some(rest) = admission.rest(now) {
                now += rest;
                rests += 1;
            }
            let source = IpAddr::from(n.to_be_bytes());
            assert_eq!(admission.decide(source, Origin::Accepted, now), Verdict::Admitted);
        }
        assert!(now - start <= Duration::from_secs(2), "{:?}", now - start);
        assert!(rests <= 400, "{rests} rests: the acceptor wakes for many at a time");
    }

    #[test]
    fn what_is_refused_uses_up_nothing_of_the_rate() {
        let now = Instant::now();
        let (allow, accept_rate) = (vec!["192.0.2.0/24".parse().unwrap()], PerSecond(1));
        let mut admission = Admission::new(Limits { allow, accept_rate, ..Limits::default() }, now);
        for _ in 0..100 {
            assert!(matches!(accept(&mut admission, "203.0.113.1", now), Verdict::Refused(_)));
        }
        assert_eq!(admission.rest(now), None);
    }

    #[test]
    fn a_pass_tells_of_the_end_when_it_is_dropped() {
        let (sender, receiver) = unbounded();
        let pass = Pass::new(address("192.0.2.1"), Origin::Dialed(7), &sender);
        assert!(receiver.try_recv().is_err());
        drop(pass);
        let left = Left { source: address("192.0.2.1"), origin: Origin::Dialed(7) };
        assert_eq!(receiver.try_recv(), Ok(left));
    }
}
