//! Connections to routers that wait for them (RFC 7854 §3.2: either side may be the active one).
//!
//! Nothing here blocks: attempts are begun, polled with the listening sockets, and given up when
//! their time is over. What is due stands in one queue, so that routers at rest cost nothing.

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::utils::CachePadded;

use crate::config::endpoint::Endpoint;
use crate::config::limits::SocketOptions;
use crate::net::{Attempt, Dialed};
use crate::telemetry::counters::AcceptorCounters;

/// Rest after a failed attempt or the end of a session, at first and at most. A router that comes
/// back should not wait long for its collector.
const REST_MIN: Duration = Duration::from_secs(1);
const REST_MAX: Duration = Duration::from_secs(60);
/// A session that has lasted so long was a success: rests begin anew with the shortest.
const LASTED: Duration = REST_MAX;
/// How long a router may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Attempts begun before others have their turn.
const ATTEMPTS_PER_TURN: usize = 64;

/// How a router fares.
#[derive(Debug)]
enum State {
    /// The next attempt is due at this time.
    Rests(Instant),
    /// An attempt is under way and given up at this time.
    Dials(Attempt, Instant),
    /// There is a session, since this time.
    Open(Instant),
    /// It is not to be dialed, or not any more.
    Gone,
}

#[derive(Debug)]
struct Target {
    endpoint: Endpoint,
    state: State,
    /// It is to be dialed no more: its session stays for as long as it lasts.
    dismissed: bool,
    /// The next rest.
    rest: Duration,
    /// Attempts since the start.
    attempts: u64,
}

/// A connection that was made. It is to be told whether it became a session:
/// [`Dialer::refused`], [`Dialer::over`].
#[derive(Debug)]
pub(super) struct Made {
    pub(super) target: usize,
    pub(super) stream: TcpStream,
    pub(super) router: SocketAddr,
}

/// Dials; see the module.
#[derive(Debug)]
pub(super) struct Dialer {
    targets: Vec<Target>,
    options: SocketOptions,
    /// When there is something to do for a target that rests or dials.
    due: BTreeSet<(Instant, usize)>,
    /// Targets that dial.
    dialing: BTreeSet<usize>,
    random: RandomState,
    counters: Arc<CachePadded<AcceptorCounters>>,
}

impl Dialer {
    /// Dials `targets`, from `now` on.
    pub(super) fn new(
        targets: &[Endpoint],
        options: SocketOptions,
        counters: Arc<CachePadded<AcceptorCounters>>,
        now: Instant,
    ) -> Self {
        let mut new = Self {
            targets: Vec::new(),
            options,
            due: BTreeSet::new(),
            dialing: BTreeSet::new(),
            random: RandomState::new(),
            counters,
        };
        new.reload(targets, options, now);
        new
    }

    /// Dials `targets` and no others from `now` on. Sessions with others stay as long as they last.
    pub(super) fn reload(&mut self, targets: &[Endpoint], options: SocketOptions, now: Instant) {
        self.options = options;
        // There may be thousands.
        let wanted: HashSet<&Endpoint> = targets.iter().collect();
        let mut known: HashSet<Endpoint> = HashSet::with_capacity(self.targets.len());
        for target in 0..self.targets.len() {
            self.targets[target].dismissed = !wanted.contains(&self.targets[target].endpoint);
            known.insert(self.targets[target].endpoint.clone());
            let gone = matches!(self.targets[target].state, State::Gone);
            let open = matches!(self.targets[target].state, State::Open(_));
            match self.targets[target].dismissed {
                true if !open => self.turn_to(target, State::Gone),
                false if gone => self.turn_to(target, State::Rests(now)),
                _ => {}
            }
        }
        for endpoint in targets {
            if !known.insert(endpoint.clone()) {
                continue;
            }
            let (endpoint, state) = (endpoint.clone(), State::Gone);
            self.targets.push(Target {
                endpoint,
                state,
                dismissed: false,
                rest: REST_MIN,
                attempts: 0,
            });
            self.turn_to(self.targets.len() - 1, State::Rests(now));
        }
    }

    /// The sockets to wait for until they are writable, by target.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (usize, BorrowedFd<'_>)> {
        self.dialing.iter().filter_map(|target| match &self.targets[*target].state {
            State::Dials(attempt, _) => Some((*target, attempt.as_fd())),
            State::Rests(_) | State::Open(_) | State::Gone => None,
        })
    }

    /// When [`Self::tick`] has something to do.
    pub(super) fn next_look(&self, now: Instant) -> Option<Duration> {
        self.due.first().map(|(at, _)| at.saturating_duration_since(now))
    }

    /// Does what is due: begins attempts, and ends those that take too long. Call until it is
    /// `None`; what is left then has its turn after the others.
    pub(super) fn tick(&mut self, now: Instant) -> Option<Made> {
        for _ in 0..ATTEMPTS_PER_TURN {
            let (_, target) = self.due.first().copied().filter(|(at, _)| *at <= now)?;
            if matches!(self.targets[target].state, State::Dials(..)) {
                self.fail(target, &io::ErrorKind::TimedOut.into(), now);
                continue;
            }
            let Target { endpoint, attempts, .. } = &mut self.targets[target];
            *attempts += 1;
            tracing::debug!(router = %endpoint, attempt = *attempts, "dialing");
            let dialed = Attempt::start(endpoint, &self.options, *attempts == 1);
            if let Some(made) = self.come_to(target, dialed, now) {
                return Some(made);
            }
        }
        None
    }

    /// A target's socket is writable.
    pub(super) fn ready(&mut self, target: usize, now: Instant) -> Option<Made> {
        let resting = State::Rests(now);
        match std::mem::replace(&mut self.targets.get_mut(target)?.state, resting) {
            State::Dials(attempt, until) => {
                self.due.remove(&(until, target));
                self.dialing.remove(&target);
                self.due.insert((now, target));
                self.come_to(target, attempt.finish(), now)
            }
            state => {
                self.targets[target].state = state;
                None
            }
        }
    }

    /// The connection was not taken as a session.
    pub(super) fn refused(&mut self, target: usize, now: Instant) {
        if self.targets[target].dismissed {
            return self.turn_to(target, State::Gone);
        }
        let retry_ms = millis(self.rest(target, now));
        let router = &self.targets[target].endpoint;
        tracing::debug!(%router, retry_ms, "dial-rests");
    }

    /// The session with a target is over.
    pub(super) fn over(&mut self, target: usize, now: Instant) {
        let Some(Target { state: State::Open(since), rest, .. }) = self.targets.get_mut(target)
        else {
            return;
        };
        if now.saturating_duration_since(*since) >= LASTED {
            *rest = REST_MIN;
        }
        self.refused(target, now);
    }

    fn come_to(&mut self, target: usize, dialed: io::Result<Dialed>, now: Instant) -> Option<Made> {
        match dialed {
            Ok(Dialed::Pending(attempt)) => {
                self.turn_to(target, State::Dials(attempt, now + ANSWER_MAX));
                None
            }
            Ok(Dialed::Connected(stream)) => {
                let router = stream.peer_addr().unwrap_or(self.targets[target].endpoint.address);
                self.turn_to(target, State::Open(now));
                self.counters.dialed.add(1);
                Some(Made { target, stream, router })
            }
            Err(error) => {
                self.fail(target, &error, now);
                None
            }
        }
    }

    /// An attempt came to nothing.
    fn fail(&mut self, target: usize, error: &io::Error, now: Instant) {
        self.counters.dial_failures.add(1);
        let retry_ms = millis(self.rest(target, now));
        let Target { endpoint, .. } = &self.targets[target];
        tracing::warn!(router = %endpoint, %error, retry_ms, "dial-failed");
    }

    /// Lets a target rest, twice as long as the last time but for some jitter: many that were lost
    /// at once are not dialed at once.
    fn rest(&mut self, target: usize, now: Instant) -> Duration {
        let Target { rest, attempts, .. } = &mut self.targets[target];
        let jitter = (self.random.hash_one((target, *attempts)) % 256) as u32;
        let time = *rest - *rest / 4 * jitter / 256;
        *rest = (*rest * 2).min(REST_MAX);
        self.turn_to(target, State::Rests(now + time));
        time
    }

    fn turn_to(&mut self, target: usize, state: State) {
        match &self.targets[target].state {
            State::Rests(at) => _ = self.due.remove(&(*at, target)),
            State::Dials(_, until) => {
                self.due.remove(&(*until, target));
                self.dialing.remove(&target);
            }
            State::Open(_) | State::Gone => {}
        }
        match &state {
            State::Rests(at) => _ = self.due.insert((*at, target)),
            State::Dials(_, until) => {
                self.due.insert((*until, target));
                self.dialing.insert(target);
            }
            State::Open(_) | State::Gone => {}
        }
        self.targets[target].state = state;
    }
}

fn millis(time: Duration) -> u64 {
    time.as_millis() as u64
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn dialer(targets: &[SocketAddr], now: Instant) -> Dialer {
        let targets: Vec<Endpoint> = targets.iter().map(|target| (*target).into()).collect();
        Dialer::new(&targets, SocketOptions::default(), AcceptorCounters::shared(), now)
    }

    /// Waits for the answer that an attempt gets.
    fn answer(dialer: &mut Dialer, now: Instant) -> Option<Made> {
        let until = Instant::now() + 60 * S;
        let mut made = dialer.tick(now);
        while made.is_none() && !dialer.dialing.is_empty() {
            assert!(Instant::now() < until, "no answer from this host itself");
            std::thread::sleep(Duration::from_millis(1));
            made = dialer.ready(0, now);
        }
        made
    }

    /// An address at which nobody listens.
    fn nobody() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    #[test]
    fn failures_double_the_rest_up_to_a_minute() {
        let mut now = Instant::now();
        let mut dialer = dialer(&[nobody()], now);
        for step in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert!(answer(&mut dialer, now).is_none());
            let rest = dialer.next_look(now).unwrap();
            assert!(rest <= step * S && rest >= step * S * 3 / 4, "{rest:?} for {step} s");
            assert!(dialer.tick(now + rest - Duration::from_millis(1)).is_none());
            now += rest;
        }
        assert_eq!(dialer.counters.dial_failures.get(), 8);
    }

    #[test]
    fn a_session_that_lasted_begins_the_rests_anew() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut now = Instant::now();
        let mut dialer = dialer(&[listener.local_addr().unwrap()], now);
        for (lasts, least, most) in [(S, S * 3 / 4, S), (S, S * 3 / 2, 2 * S), (60 * S, S / 2, S)] {
            let made = answer(&mut dialer, now).unwrap();
            assert_eq!(made.router, listener.local_addr().unwrap());
            assert_eq!(dialer.next_look(now), None, "an open session needs nothing");
            now += lasts;
            dialer.over(made.target, now);
            let rest = dialer.next_look(now).unwrap();
            assert!(rest >= least && rest <= most, "{rest:?} after {lasts:?}");
            now += rest;
        }
    }

    /// As many as there are, and however often each is named.
    #[test]
    fn targets_of_a_reload_are_dialed_once_each_and_no_others() {
        let now = Instant::now();
        let address = |n: u32| {
            let [_, b, c, d] = n.to_be_bytes();
            SocketAddr::from(([192, b, c, d], 11_019))
        };
        let targets = |range: std::ops::Range<u32>| -> Vec<Endpoint> {
            range.clone().chain(range).map(address).map(Endpoint::from).collect()
        };
        let counters = AcceptorCounters::shared();
        let mut dialer = Dialer::new(&targets(0..3_000), SocketOptions::default(), counters, now);
        assert_eq!((dialer.targets.len(), dialer.due.len()), (3_000, 3_000));
        dialer.reload(&targets(2_000..5_000), SocketOptions::default(), now + S);
        assert_eq!((dialer.targets.len(), dialer.due.len()), (5_000, 3_000));
        assert!((0..2_000).all(|n| dialer.targets[n].dismissed));
        assert!((2_000..5_000).all(|n| !dialer.targets[n].dismissed));
        dialer.reload(&targets(0..1), SocketOptions::default(), now + S);
        assert_eq!((dialer.targets.len(), dialer.due.len()), (5_000, 1));
    }

    #[test]
    fn a_router_that_does_not_answer_is_given_up_and_dialed_again() {
        // A listener whose backlog is full answers nobody.
        let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
        let listener = listener.unwrap();
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let _first = TcpStream::connect(address).unwrap();
        let now = Instant::now();
        let mut dialer = dialer(&[address], now);
        assert!(dialer.tick(now).is_none());
        assert_eq!(dialer.next_look(now), Some(ANSWER_MAX));
        assert_eq!(dialer.waiting().count(), 1);
        assert!(dialer.tick(now + ANSWER_MAX).is_none());
        assert_eq!(dialer.waiting().count(), 0);
        assert_eq!(dialer.counters.dial_failures.get(), 1);
        let rest = dialer.next_look(now + ANSWER_MAX).unwrap();
        assert!(rest <= REST_MIN && rest >= REST_MIN * 3 / 4);
    }
}
