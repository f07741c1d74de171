//! The acceptor: takes connections, from listeners and from the dialer, and hands those that may
//! come in to the least loaded reactor.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, Sender, TrySendError, unbounded};
use crossbeam::utils::CachePadded;
use rustix::event::PollFlags;
use rustix::io::Errno;

use super::Routers;
use super::admission::{Admission, Left, Origin, Pass, Refusal, Verdict};
use super::balance::{Order, Placer};
use super::dialer::Dialer;
use super::episode::{Episode, Tell};
use super::ids::Ids;
use super::mail::Mail;
use super::moving::Moved;
use super::reactor::Arrival;
use super::reload::Settings;
use crate::config::limits::Limits;
use crate::net;
use crate::telemetry::counters::AcceptorCounters;

/// Connections taken from one listener before the others and the signals have their turn.
const ACCEPTS_PER_TURN: usize = 64;
/// Rest of a listener after a failure, at first and at most.
const RETRY_MIN: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(2);
/// When to look again whether a reactor takes a connection that none had room for.
const HELD_RETRY: Duration = Duration::from_millis(10);

/// The way to a reactor.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) inbox: Sender<Arrival>,
    pub(super) moved: Sender<Moved>,
    pub(super) orders: Sender<Order>,
    pub(super) settings: Sender<Settings>,
    pub(super) mail: Arc<Mail>,
}

/// A listening socket and how it fares.
struct Listener {
    /// Listeners are numbered in the order in which they came.
    number: usize,
    socket: TcpListener,
    rests_until: Option<Instant>,
    retry: Duration,
}

/// Where a connection may come from: what [`Acceptor::waiting`] waits for and [`Acceptor::serve`]
/// serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Knock {
    /// A listener has connections.
    Listener(usize),
    /// The dialer has an answer from a router.
    Dialed(usize),
}

/// Takes connections; see the module.
pub(super) struct Acceptor {
    listeners: Vec<Listener>,
    listeners_ever: usize,
    dialer: Dialer,
    admission: Admission,
    /// The rate is reached until then.
    rests_until: Option<Instant>,
    rushes: Episode,
    passes: Sender<Left>,
    left: Receiver<Left>,
    counters: Arc<CachePadded<AcceptorCounters>>,
    doors: Vec<Door>,
    placer: Placer,
    ids: Ids,
    held: Option<Arrival>,
}

impl Acceptor {
    pub(super) fn new(
        listeners: Vec<TcpListener>,
        dialer: Dialer,
        limits: Limits,
        doors: Vec<Door>,
        counters: Arc<CachePadded<AcceptorCounters>>,
    ) -> Self {
        let (passes, left) = unbounded();
        let mut new = Self {
            listeners: Vec::new(),
            listeners_ever: 0,
            dialer,
            admission: Admission::new(limits, Instant::now()),
            rests_until: None,
            rushes: Episode::default(),
            passes,
            left,
            counters,
            placer: Placer::new(doors.len()),
            doors,
            ids: Ids::default(),
            held: None,
        };
        new.listen(listeners);
        new
    }

    /// Takes connections from these, too.
    pub(super) fn listen(&mut self, sockets: Vec<TcpListener>) {
        for socket in sockets {
            // One that blocked would keep signals waiting.
            let _ = socket.set_nonblocking(true);
            let number = self.listeners_ever;
            self.listeners_ever += 1;
            self.listeners.push(Listener { number, socket, rests_until: None, retry: RETRY_MIN });
        }
    }

    /// The ways to the reactors.
    pub(super) fn doors(&self) -> &[Door] {
        &self.doors
    }

    /// Goes by other limits from now on, dials other routers and closes listeners. No session ends,
    /// whatever the limits are now.
    pub(super) fn reload(&mut self, routers: &Routers, closed: &[usize], now: Instant) {
        self.admission.set_limits(routers.limits.clone(), now);
        self.rests_until = None; // the rate may be another one
        self.dialer.reload(&routers.connect, routers.sockets, now);
        self.listeners.retain(|listener| !closed.contains(&listener.number));
        for Listener { socket, .. } in &self.listeners {
            if let Err(error) = net::adjust(socket, &routers.sockets) {
                tracing::warn!(%error, "socket-options-stay");
            }
        }
    }

    /// The sockets to wait for, and the readiness: none while a connection waits for a reactor, no
    /// listener while the rate is reached, and none that rests after a failure.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (Knock, BorrowedFd<'_>, PollFlags)> {
        let is_free = self.held.is_none();
        let is_open = is_free && self.rests_until.is_none();
        let awake = move |l: &&Listener| is_open && l.rests_until.is_none();
        let listeners = self.listeners.iter().enumerate().filter(move |(_, l)| awake(l));
        let listeners =
            listeners.map(|(index, l)| (Knock::Listener(index), l.socket.as_fd(), PollFlags::IN));
        let dialed = self.dialer.waiting().filter(move |_| is_free);
        listeners.chain(dialed.map(|(target, fd)| (Knock::Dialed(target), fd, PollFlags::OUT)))
    }

    /// When to look again without a socket being ready.
    pub(super) fn next_look(&self, now: Instant) -> Option<Duration> {
        if self.held.is_some() {
            return Some(HELD_RETRY);
        }
        let rests = self.listeners.iter().filter_map(|l| l.rests_until).chain(self.rests_until);
        let rests = rests.map(|at| at.saturating_duration_since(now));
        rests.chain(self.dialer.next_look(now)).min()
    }

    /// Ends rests that are over, hands on what is held, counts who has left, and dials.
    pub(super) fn tick(&mut self, now: Instant) {
        for listener in &mut self.listeners {
            listener.rests_until.take_if(|at| *at <= now);
        }
        self.rests_until.take_if(|at| *at <= now);
        self.rushes.tick(now);
        self.see_off(now);
        if let Some(arrival) = self.held.take() {
            self.held = self.hand_over(arrival).err();
        }
        while self.held.is_none()
            && let Some(made) = self.dialer.tick(now)
        {
            self.enter(made.stream, made.router, Origin::Dialed(made.target), now);
        }
    }

    /// Takes the connections behind a socket that is ready.
    pub(super) fn serve(&mut self, knock: Knock) {
        match knock {
            Knock::Listener(index) => self.accept(index),
            Knock::Dialed(target) if self.held.is_none() => {
                let now = Instant::now();
                if let Some(made) = self.dialer.ready(target, now) {
                    self.enter(made.stream, made.router, Origin::Dialed(target), now);
                }
            }
            Knock::Dialed(_) => {}
        }
    }

    /// Takes connections from the `index`-th listener.
    fn accept(&mut self, index: usize) {
        for _ in 0..ACCEPTS_PER_TURN {
            let now = Instant::now();
            if self.held.is_some() || self.is_too_fast(now) {
                return;
            }
            let Some(listener) = self.listeners.get_mut(index) else { return };
            match listener.socket.accept() {
                Ok((stream, from)) => {
                    listener.retry = RETRY_MIN;
                    self.enter(stream, from, Origin::Accepted, now);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if concerns_one_connection(&error) => {}
                Err(error) => {
                    listener.rests_until = Some(now + listener.retry);
                    let retry_ms = listener.retry.as_millis() as u64;
                    listener.retry = (listener.retry * 2).min(RETRY_MAX);
                    tracing::error!(%error, retry_ms, hint = hint(&error), "accept-failed");
                    return;
                }
            }
        }
    }

    /// Whether the rate is reached; then connections stay in the kernel's backlog for a while.
    fn is_too_fast(&mut self, now: Instant) -> bool {
        let Some(rest) = self.admission.rest(now) else { return false };
        self.rests_until = Some(now + rest);
        self.counters.accept_rate_waits.add(1);
        if self.rushes.note(now, 1) == Some(Tell::Begun) {
            let rate = self.admission.limits().accept_rate;
            tracing::warn!(%rate, "accept-rate-reached");
        }
        true
    }

    /// Frees the places of sessions that are over.
    fn see_off(&mut self, now: Instant) {
        for Left { source, origin } in self.left.try_iter() {
            self.admission.left(source);
            if let Origin::Dialed(target) = origin {
                self.dialer.over(target, now);
            }
        }
        self.count_sessions();
    }

    fn count_sessions(&self) {
        self.counters.sessions.set(u64::from(self.admission.sessions()));
    }

    /// Decides on a connection, and hands it to a reactor or closes it.
    fn enter(&mut self, stream: TcpStream, router: SocketAddr, origin: Origin, now: Instant) {
        let router = net::unmapped(router);
        // A router that has just left may be back at once.
        self.see_off(now);
        match self.admission.decide(router.ip(), origin, now) {
            Verdict::Admitted => {}
            Verdict::Refused(refusal) => return self.refuse(router, origin, refusal, now),
        }
        self.count_sessions();
        if origin == Origin::Accepted {
            self.counters.accepted.add(1);
        }
        let pass = Pass::new(router.ip(), origin, &self.passes);
        let id = self.ids.next();
        self.held = self.hand_over(Arrival { stream, id, router, pass }).err();
    }

    /// Tells of a connection that is closed.
    fn refuse(&mut self, router: SocketAddr, origin: Origin, refusal: Refusal, now: Instant) {
        let limits = self.admission.limits();
        let (reason, limit) = match refusal {
            Refusal::NotAllowed => {
                self.counters.refused_not_allowed.add(1);
                tracing::warn!(%router, "router-not-allowed");
                return;
            }
            Refusal::TooMany => {
                self.counters.refused_max_routers.add(1);
                ("max-routers", limits.max_routers)
            }
            Refusal::TooManyOfSource => {
                self.counters.refused_per_source.add(1);
                ("max-routers-per-source", limits.max_routers_per_source.unwrap_or(0))
            }
        };
        tracing::warn!(%router, reason, limit, "router-refused");
        if let Origin::Dialed(target) = origin {
            self.dialer.refused(target, now);
        }
    }

    /// Learns what the reactors' loads are now.
    pub(super) fn measured(&mut self, loads: impl Iterator<Item = u32>) {
        self.placer.measured(loads);
    }

    /// Gives a connection to the least loaded reactor; gives it back when no reactor has room in
    /// its inbox.
    fn hand_over(&mut self, mut arrival: Arrival) -> Result<(), Arrival> {
        for index in self.placer.order(|i| self.doors[i].mail.sessions()) {
            let door = &self.doors[index];
            door.mail.session_begins();
            match door.inbox.try_send(arrival) {
                Ok(()) => {
                    door.mail.notify();
                    self.placer.placed(index);
                    return Ok(());
                }
                Err(TrySendError::Full(back) | TrySendError::Disconnected(back)) => {
                    door.mail.session_ends();
                    arrival = back;
                }
            }
        }
        Err(arrival)
    }
}

/// Whether an accept failed because of the connection rather than of the system (accept(2)).
fn concerns_one_connection(error: &io::Error) -> bool {
    let Some(errno) = Errno::from_io_error(error) else { return false };
    matches!(
        errno,
        Errno::CONNABORTED
            | Errno::INTR
            | Errno::PROTO
            | Errno::PERM
            | Errno::NETDOWN
            | Errno::NOPROTOOPT
            | Errno::HOSTDOWN
            | Errno::HOSTUNREACH
            | Errno::NETUNREACH
            | Errno::OPNOTSUPP
    )
}

/// What would help.
fn hint(error: &io::Error) -> &'static str {
    match Errno::from_io_error(error) {
        Some(Errno::MFILE) => "raise the limit of open files (ulimit -n, LimitNOFILE)",
        Some(Errno::NFILE) => "raise the system's limit of open files (fs.file-max)",
        Some(Errno::NOBUFS | Errno::NOMEM) => "the system is short of memory",
        _ => "",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Read as _;

    use crossbeam::channel::bounded;

    use super::*;
    use crate::config::limits::{PerSecond, SocketOptions};

    fn acceptor(reactors: usize, inbox: usize) -> (Acceptor, Vec<Receiver<Arrival>>) {
        limited(reactors, inbox, Limits::default())
    }

    fn limited(
        reactors: usize,
        inbox: usize,
        limits: Limits,
    ) -> (Acceptor, Vec<Receiver<Arrival>>) {
        let options = SocketOptions::default();
        let socket = net::bind(&"127.0.0.1:0".parse().unwrap(), &options).unwrap();
        let counters = AcceptorCounters::shared();
        let dialer = Dialer::new(&[], options, Arc::clone(&counters), Instant::now());
        let (doors, inboxes) = (0..reactors)
            .map(|_| {
                let (inbox, receiver) = bounded(inbox);
                let (moved, orders, settings) = (bounded(1).0, bounded(1).0, bounded(1).0);
                (Door { inbox, moved, orders, settings, mail: Arc::default() }, receiver)
            })
            .unzip();
        (Acceptor::new(vec![socket], dialer, limits, doors, counters), inboxes)
    }

    /// Connects `count` routers and has them accepted.
    fn connect(acceptor: &mut Acceptor, count: usize) -> Vec<TcpStream> {
        let address = acceptor.listeners[0].socket.local_addr().unwrap();
        let connect = |_| TcpStream::connect(address).unwrap();
        let routers: Vec<_> = (0..count).map(connect).collect();
        acceptor.accept(0);
        routers
    }

    fn loads(acceptor: &Acceptor) -> Vec<usize> {
        acceptor.doors.iter().map(|door| door.mail.sessions()).collect()
    }

    #[test]
    fn each_connection_goes_to_the_least_loaded_reactor() {
        let (mut acceptor, inboxes) = acceptor(3, 64);
        let _first = connect(&mut acceptor, 6);
        assert_eq!(loads(&acceptor), [2, 2, 2]);
        acceptor.doors[1].mail.session_ends();
        acceptor.doors[1].mail.session_ends();
        let _second = connect(&mut acceptor, 2);
        assert_eq!(loads(&acceptor), [2, 2, 2]);
        let mut ids: Vec<_> = inboxes.iter().flat_map(|i| i.try_iter()).map(|a| a.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 8, "session ids are unique");
    }

    #[test]
    fn equals_take_turns() {
        let (mut acceptor, inboxes) = acceptor(3, 64);
        for expected in [0, 1, 2, 0, 1, 2] {
            let _router = connect(&mut acceptor, 1);
            assert_eq!(inboxes[expected].try_iter().count(), 1);
            acceptor.doors[expected].mail.session_ends();
        }
    }

    #[test]
    fn a_connection_that_no_reactor_takes_is_held_not_lost() {
        let (mut acceptor, inboxes) = acceptor(2, 1);
        let _routers = connect(&mut acceptor, 4);
        assert_eq!(loads(&acceptor), [1, 1]);
        assert_eq!(acceptor.waiting().count(), 0, "no more are taken");
        assert_eq!(acceptor.next_look(Instant::now()), Some(HELD_RETRY));
        assert_eq!(inboxes[1].try_iter().count(), 1);
        acceptor.tick(Instant::now());
        assert_eq!(loads(&acceptor), [1, 2]);
        assert_eq!(acceptor.waiting().count(), 1);
    }
    /// Asserts that the collector has closed a router's connection.
    #[track_caller]
    fn assert_closed(mut router: &TcpStream) {
        router.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        assert_eq!(router.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn what_is_over_a_limit_is_closed_and_comes_in_when_a_place_is_free() {
        let limits = Limits { max_routers: 2, ..Limits::default() };
        let (mut acceptor, inboxes) = limited(1, 64, limits);
        let routers = connect(&mut acceptor, 3);
        assert_eq!(loads(&acceptor), [2]);
        assert_closed(&routers[2]);
        assert_eq!(acceptor.counters.refused_max_routers.get(), 1);
        drop(inboxes[0].try_recv().unwrap());
        let _later = connect(&mut acceptor, 1);
        assert_eq!(loads(&acceptor), [3], "the reactor has not counted yet");
        assert_eq!(acceptor.counters.accepted.get(), 3);
        acceptor.tick(Instant::now());
        assert_eq!(acceptor.counters.sessions.get(), 2);
    }

    #[test]
    fn what_exceeds_the_rate_stays_in_the_backlog() {
        let limits = Limits { accept_rate: PerSecond(1), ..Limits::default() };
        let (mut acceptor, inboxes) = limited(1, 64, limits);
        let _routers = connect(&mut acceptor, 3);
        assert_eq!(inboxes[0].try_iter().count(), 1);
        assert_eq!(acceptor.waiting().count(), 0, "the backlog is not looked at");
        let now = Instant::now();
        assert!(acceptor.next_look(now).unwrap() <= Duration::from_secs(1));
        acceptor.tick(now + Duration::from_secs(2));
        assert_eq!(acceptor.waiting().count(), 1);
        assert_eq!(acceptor.counters.accept_rate_waits.get(), 1);
        assert_eq!(acceptor.counters.refused_max_routers.get(), 0);
    }

    #[test]
    fn dialed_routers_are_sessions_like_others() {
        let router = TcpListener::bind("127.0.0.1:0").unwrap();
        let (mut acceptor, inboxes) = acceptor(1, 64);
        let (targets, options) = ([router.local_addr().unwrap().into()], SocketOptions::default());
        let counters = Arc::clone(&acceptor.counters);
        acceptor.dialer = Dialer::new(&targets, options, counters, Instant::now());
        let until = Instant::now() + Duration::from_secs(60);
        while acceptor.counters.dialed.get() == 0 {
            assert!(Instant::now() < until, "no answer from this host itself");
            acceptor.tick(Instant::now());
            acceptor.serve(Knock::Dialed(0));
        }
        let arrival = inboxes[0].try_recv().unwrap();
        assert_eq!(arrival.router, router.local_addr().unwrap());
        assert_eq!(acceptor.admission.sessions(), 1);
        assert_eq!(acceptor.next_look(Instant::now()), None);
        drop(arrival);
        acceptor.tick(Instant::now());
        assert_eq!(acceptor.admission.sessions(), 0);
        assert!(acceptor.next_look(Instant::now()).is_some(), "it is dialed again");
    }
}
