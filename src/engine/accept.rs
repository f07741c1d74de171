//! The acceptor: takes connections and hands each to the reactor with the fewest sessions.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::channel::{Sender, TrySendError};
use rustix::io::Errno;

use super::ids::Ids;
use super::mail::Mail;
use super::reactor::Arrival;
use crate::net;

/// Connections taken from one listener before the others and the signals have their turn.
const ACCEPTS_PER_TURN: usize = 64;
/// Rest of a listener after a failure, at first and at most.
const RETRY_MIN: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(2);
/// When to look again whether a reactor takes a connection that none had room for.
const HELD_RETRY: Duration = Duration::from_millis(10);

/// The way to a reactor.
pub(super) struct Door {
    pub(super) inbox: Sender<Arrival>,
    pub(super) mail: Arc<Mail>,
}

/// A listening socket and how it fares.
struct Listener {
    socket: TcpListener,
    rests_until: Option<Instant>,
    retry: Duration,
}

/// Takes connections; see the module.
pub(super) struct Acceptor {
    listeners: Vec<Listener>,
    doors: Vec<Door>,
    turn: usize,
    ids: Ids,
    held: Option<Arrival>,
}

impl Acceptor {
    pub(super) fn new(listeners: Vec<TcpListener>, doors: Vec<Door>) -> Self {
        let listeners = listeners
            .into_iter()
            .map(|socket| {
                // One that blocked would keep signals waiting.
                let _ = socket.set_nonblocking(true);
                Listener { socket, rests_until: None, retry: RETRY_MIN }
            })
            .collect();
        Self { listeners, doors, turn: 0, ids: Ids::default(), held: None }
    }

    /// The sockets to wait for, by index: none while a connection waits for a reactor, and none
    /// that rests after a failure.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (usize, &TcpListener)> {
        let awake = |l: &&Listener| self.held.is_none() && l.rests_until.is_none();
        let all = self.listeners.iter().enumerate();
        all.filter(move |(_, l)| awake(l)).map(|(i, l)| (i, &l.socket))
    }

    /// When to look again without a socket being ready.
    pub(super) fn next_look(&self, now: Instant) -> Option<Duration> {
        if self.held.is_some() {
            return Some(HELD_RETRY);
        }
        let rests = self.listeners.iter().filter_map(|l| l.rests_until);
        rests.min().map(|at| at.saturating_duration_since(now))
    }

    /// Ends rests that are over and hands on what is held.
    pub(super) fn tick(&mut self, now: Instant) {
        for listener in &mut self.listeners {
            if listener.rests_until.is_some_and(|at| at <= now) {
                listener.rests_until = None;
            }
        }
        if let Some(arrival) = self.held.take() {
            self.held = self.hand_over(arrival).err();
        }
    }

    /// Takes connections from the `index`-th listener.
    pub(super) fn accept(&mut self, index: usize) {
        for _ in 0..ACCEPTS_PER_TURN {
            if self.held.is_some() {
                return;
            }
            let Some(listener) = self.listeners.get_mut(index) else { return };
            match listener.socket.accept() {
                Ok((stream, from)) => {
                    listener.retry = RETRY_MIN;
                    let router = net::unmapped(from);
                    if let Err(error) = net::prepare(&stream) {
                        tracing::debug!(%router, %error, "keepalive-not-set");
                    }
                    let id = self.ids.next();
                    self.held = self.hand_over(Arrival { stream, id, router }).err();
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if concerns_one_connection(&error) => {}
                Err(error) => {
                    listener.rests_until = Some(Instant::now() + listener.retry);
                    let retry_ms = listener.retry.as_millis() as u64;
                    listener.retry = (listener.retry * 2).min(RETRY_MAX);
                    tracing::error!(%error, retry_ms, hint = hint(&error), "accept-failed");
                    return;
                }
            }
        }
    }

    /// Gives a connection to the reactor with the fewest sessions, in turn among equals; gives it
    /// back when no reactor has room in its inbox.
    fn hand_over(&mut self, mut arrival: Arrival) -> Result<(), Arrival> {
        let count = self.doors.len();
        let mut order: Vec<usize> = (0..count).map(|i| (self.turn + i) % count).collect();
        order.sort_by_key(|i| self.doors[*i].mail.sessions());
        for index in order {
            let door = &self.doors[index];
            door.mail.session_begins();
            match door.inbox.try_send(arrival) {
                Ok(()) => {
                    door.mail.notify();
                    self.turn = index + 1;
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
    use std::net::TcpStream;

    use crossbeam::channel::{Receiver, bounded};

    use super::*;

    fn acceptor(reactors: usize, inbox: usize) -> (Acceptor, Vec<Receiver<Arrival>>) {
        let socket = net::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let (doors, inboxes) = (0..reactors)
            .map(|_| {
                let (sender, receiver) = bounded(inbox);
                (Door { inbox: sender, mail: Arc::default() }, receiver)
            })
            .unzip();
        (Acceptor::new(vec![socket], doors), inboxes)
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
}
