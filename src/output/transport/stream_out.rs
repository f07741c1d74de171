//! The transports over connections: one for the stream of records, or one for each router session.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use super::framing::Framing;
use super::notices::Notices;
use super::path::Names;
use super::stream_conn::{Conn, Dial};
use super::{Notice, OpenError, Progress, Setup, Transport};
use crate::output::frames::{FrameKind, Frames};
use crate::record::SessionId;

/// Octets not acknowledged, of one connection that carries everything.
const STREAM_TAIL_MAX: usize = 4 * 1024 * 1024;
/// Octets retained besides: what a receiver's kernel may hold unread. Linux lets that grow to 6 MiB
/// (32 MiB in recent kernels) for a receiver that reads fast and then stops.
const STREAM_RETAINED_MAX: usize = 8 * 1024 * 1024;
/// Octets not acknowledged, of the connection of one router session.
const SESSION_TAIL_MAX: usize = 256 * 1024;
/// Octets retained besides.
const SESSION_RETAINED_MAX: usize = 1024 * 1024;
/// Octets not acknowledged, over all connections of an output; each may still take one frame while
/// it owes none. As much again may be retained, in equal shares.
const SESSIONS_TAIL_MAX: usize = 64 * 1024 * 1024;
/// Octets of what stands (see `standing`), over all router sessions of an output.
const SESSIONS_STANDING_MAX: usize = 64 * 1024 * 1024;
/// Connections of an output, with those whose session ended and that are not yet delivered.
const CONNECTIONS_MAX: usize = 16_384;
/// Quiet connections looked at in one turn, so that a peer's close is noticed in the end.
const QUIET_PER_TURN: usize = 64;
/// Octets gathered for a session's connection before they are sent.
const SEND_AT: usize = 64 * 1024;

/// Builds the transport that the setup asks for.
pub(super) fn build(
    dial: impl Dial + 'static,
    setup: &Setup<'_>,
) -> Result<Box<dyn Transport>, OpenError> {
    let names = Names { stream: setup.stream, ..Names::default() };
    let (dial, notices) = (Box::new(dial), Notices::default());
    let framing = Framing::of(setup.url)?;
    if setup.per_session {
        return Ok(Box::new(PerSession::new(dial, names, framing)));
    }
    let mut conn = Conn::new(names, framing, STREAM_RETAINED_MAX);
    conn.backlog.facts.limit = SESSIONS_STANDING_MAX;
    Ok(Box::new(Single { dial, conn, notices }))
}

/// One connection for everything.
struct Single {
    dial: Box<dyn Dial>,
    conn: Conn,
    notices: Notices,
}

impl Transport for Single {
    fn write(&mut self, frames: &Frames, first: usize, now: Instant) -> usize {
        let mut next = first;
        while next < frames.len() && self.conn.push(frames, next, STREAM_TAIL_MAX) {
            next += 1;
        }
        self.poll(now);
        next - first
    }

    fn poll(&mut self, now: Instant) -> Progress {
        let progress = self.conn.turn(&*self.dial, now, &mut self.notices);
        while let Some(refusal) = self.conn.backlog.facts.take_refusal() {
            let target = self.dial.target(self.conn.names);
            self.notices.push(refusal.notice(target));
        }
        progress
    }

    fn pending(&self) -> u64 {
        self.conn.backlog.pending()
    }

    fn bytes_written(&self) -> u64 {
        self.conn.delivered()
    }

    fn notice(&mut self) -> Option<Notice> {
        self.notices.pop()
    }
}

impl Drop for Single {
    fn drop(&mut self) {
        self.conn.close();
    }
}

/// A connection for each router session, from its opening until after its end.
struct PerSession {
    dial: Box<dyn Dial>,
    names: Names,
    framing: Framing,
    routers: HashMap<SessionId, IpAddr>,
    conns: HashMap<SessionId, SessionConn>,
    /// Connections that owe something: octets, a connection, an end.
    busy: HashSet<SessionId>,
    /// Where the next look at quiet ones begins.
    rounds: Vec<SessionId>,
    notices: Notices,
    owed: usize,
    pending: u64,
    written: u64,
    standing: usize,
}

struct SessionConn {
    conn: Conn,
    /// The session ended: the connection goes when everything has arrived.
    ended: bool,
}

impl PerSession {
    fn new(dial: Box<dyn Dial>, names: Names, framing: Framing) -> Self {
        Self {
            framing,
            dial,
            names,
            routers: HashMap::new(),
            conns: HashMap::new(),
            busy: HashSet::new(),
            rounds: Vec::new(),
            notices: Notices::default(),
            owed: 0,
            pending: 0,
            written: 0,
            standing: 0,
        }
    }

    /// Takes one frame for its session's connection, which it makes if there is none.
    fn take(&mut self, frames: &Frames, index: usize) -> bool {
        let (frame, octets) = (frames.frame(index), frames.octets(index));
        let session = frame.session;
        let full = self.conns.len() >= CONNECTIONS_MAX;
        if full && !self.conns.contains_key(&session) {
            return false;
        }
        let entry = self.conns.entry(session).or_insert_with(|| {
            let router = self.routers.get(&session).copied();
            self.busy.insert(session);
            let names = Names { session, router, ..self.names };
            SessionConn { conn: Conn::new(names, self.framing, SESSION_RETAINED_MAX), ended: false }
        });
        let backlog = &entry.conn.backlog;
        let (owed, pending, standing) = (backlog.owed(), backlog.pending(), backlog.facts.held());
        let crowded = owed > 0 && self.owed + octets.len() > SESSIONS_TAIL_MAX;
        if crowded || !entry.conn.push(frames, index, SESSION_TAIL_MAX) {
            return false;
        }
        self.owed += entry.conn.backlog.owed() - owed;
        self.pending += entry.conn.backlog.pending() - pending;
        // What ends a session without an octet is settled at once.
        self.standing = self.standing - standing + entry.conn.backlog.facts.held();
        if frame.kind == FrameKind::SessionClose {
            entry.ended = true;
            self.routers.remove(&session);
        }
        true
    }

    /// Moves one connection on and keeps the sums and lists true.
    fn turn(&mut self, session: SessionId, now: Instant) -> Progress {
        let share = SESSIONS_TAIL_MAX / self.conns.len().max(1);
        let Some(entry) = self.conns.get_mut(&session) else {
            self.busy.remove(&session);
            return Progress::Idle;
        };
        let conn = &mut entry.conn;
        let (owed, pending) = (conn.backlog.owed(), conn.backlog.pending());
        let (delivered, standing) = (conn.delivered(), conn.backlog.facts.held());
        conn.backlog.facts.limit = SESSIONS_STANDING_MAX.saturating_sub(self.standing - standing);
        conn.retained_max = share.min(SESSION_RETAINED_MAX);
        let progress = conn.turn(&*self.dial, now, &mut self.notices);
        self.owed = self.owed - owed + conn.backlog.owed();
        self.pending = self.pending - pending + conn.backlog.pending();
        self.written += conn.delivered() - delivered;
        self.standing = self.standing - standing + conn.backlog.facts.held();
        while let Some(refusal) = conn.backlog.facts.take_refusal() {
            let target = self.dial.target(conn.names);
            self.notices.push(refusal.notice(target));
        }
        if entry.ended && conn.is_settled() {
            conn.close();
            self.standing -= conn.backlog.facts.held();
            self.conns.remove(&session);
            self.busy.remove(&session);
            return Progress::Moved;
        }
        if progress == Progress::Idle {
            conn.backlog.shrink();
            self.busy.remove(&session);
        } else {
            self.busy.insert(session);
        }
        progress
    }

    /// Looks at some of the quiet connections: one whose peer has closed becomes busy.
    fn look_at_quiet(&mut self, now: Instant) {
        if self.rounds.is_empty() {
            self.rounds.extend(self.conns.keys());
        }
        for _ in 0..QUIET_PER_TURN {
            let Some(session) = self.rounds.pop() else { return };
            if !self.busy.contains(&session) {
                self.turn(session, now);
            }
        }
    }
}

impl Transport for PerSession {
    fn write(&mut self, frames: &Frames, first: usize, now: Instant) -> usize {
        let (mut next, mut gathered) = (first, 0);
        while next < frames.len() && self.take(frames, next) {
            let session = frames.frame(next).session;
            gathered += frames.octets(next).len();
            next += 1;
            let goes_on = next < frames.len() && frames.frame(next).session == session;
            if !goes_on || gathered >= SEND_AT {
                self.turn(session, now);
                gathered = 0;
            }
        }
        if next < frames.len() {
            self.turn(frames.frame(next).session, now);
        }
        next - first
    }

    fn poll(&mut self, now: Instant) -> Progress {
        let busy: Vec<SessionId> = self.busy.iter().copied().collect();
        let mut progress = Progress::Idle;
        for session in busy {
            progress = match (progress, self.turn(session, now)) {
                (Progress::Moved, _) | (_, Progress::Moved) => Progress::Moved,
                (Progress::Waiting, _) | (_, Progress::Waiting) => Progress::Waiting,
                _ => Progress::Idle,
            };
        }
        self.look_at_quiet(now);
        progress
    }

    fn pending(&self) -> u64 {
        self.pending
    }

    fn bytes_written(&self) -> u64 {
        self.written
    }

    fn wants_sessions(&self) -> bool {
        true
    }

    fn session_opens(&mut self, session: SessionId, router: SocketAddr) {
        self.routers.insert(session, router.ip());
    }

    fn notice(&mut self) -> Option<Notice> {
        self.notices.pop()
    }
}

impl Drop for PerSession {
    fn drop(&mut self) {
        self.conns.values_mut().for_each(|entry| entry.conn.close());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io;
    use std::io::Read;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::output::transport::testing::{add, poll_until};

    /// Connects to the test itself, which finds the other ends in the list.
    struct Pairs(Arc<Mutex<Vec<UnixStream>>>);

    impl Dial for Pairs {
        fn dial(&self, _: usize, _: Names) -> io::Result<OwnedFd> {
            let (ours, theirs) = UnixStream::pair()?;
            ours.set_nonblocking(true)?;
            self.0.lock().unwrap().push(theirs);
            Ok(ours.into())
        }

        fn target(&self, names: Names) -> String {
            names.session.to_string()
        }

        fn retains(&self) -> bool {
            false
        }
    }

    #[test]
    fn what_is_remembered_is_counted_over_all_sessions_and_goes_with_them() {
        let others = Arc::new(Mutex::new(Vec::new()));
        let mut t =
            PerSession::new(Box::new(Pairs(others.clone())), Names::default(), Framing::Own);
        let say = |t: &mut PerSession, session, key| {
            let mut frames = Frames::new();
            frames.bytes.extend_from_slice(&[7; 1000]);
            let standing = crate::output::frames::Standing::Set { key, part: 0 };
            frames.end_standing(FrameKind::Record, SessionId(session), standing);
            assert_eq!(t.write(&frames, 0, Instant::now()), 1);
            for other in others.lock().unwrap().iter_mut() {
                other.set_nonblocking(true).unwrap();
                let _ = other.read(&mut [0; 2000]);
            }
            poll_until(t, |t| t.pending() == 0);
        };
        (0..3).for_each(|session| say(&mut t, session, session));
        let three = t.standing;
        assert!((3000..4000).contains(&three), "{three}");
        t.standing += SESSIONS_STANDING_MAX - three - 100; // as if there were many more
        say(&mut t, 0, 99);
        let told: Vec<Notice> = std::iter::from_fn(|| t.notice()).collect();
        let target = SessionId(0).to_string();
        assert!(told.contains(&Notice::PreambleIncomplete { target }), "{told:?}");
        assert_eq!(t.standing, SESSIONS_STANDING_MAX - 100);
        t.standing = three;
        for session in 0..3 {
            let mut end = Frames::new();
            add(&mut end, FrameKind::SessionClose, session, b"");
            t.write(&end, 0, Instant::now());
        }
        poll_until(&mut t, |t| t.pending() == 0);
        assert_eq!((t.standing, t.conns.len()), (0, 0));
    }
}
