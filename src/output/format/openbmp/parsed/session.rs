//! What a stream knows of its router sessions and of their peers: who was introduced, who came up,
//! and so what is to be taken back when a session ends.

use std::net::IpAddr;

use super::super::groups::{GroupId, Subject};
use super::super::ids::Id;
use super::super::settings::Settings;
use super::super::topics::Place;
use super::bmp_stat;
use super::common::Common;
use super::envelope::{Envelope, OBJECTS, Object, To};
use super::peer::{self, BgpSession, Peer};
use super::recent::Recent;
use super::router::{self, Ending, Introduction};
use super::values::Cleaner;
use crate::bmp::msg::statistics_report::StatisticsReport;
use crate::bmp::{PeerHeader, PeerKey};
use crate::output::frames::{FrameKind, Frames, Standing};
use crate::record::SessionId;
use crate::wire::{Family, Timestamp};

/// Peers of one session that are known; of those beyond only the messages are sent, and not that
/// they were heard of or lost.
const PEERS_MAX: usize = 65_536;

/// A peer within its session: an IPv4 address and the same octets as an IPv6 one are not the same.
type Key = (PeerKey, bool);

fn key(header: &PeerHeader) -> Key {
    (header.key(), header.is_ipv6())
}

/// A microsecond later.
fn after(time: Timestamp) -> Timestamp {
    match time.micros {
        999_999.. => Timestamp::new(time.secs.saturating_add(1), 0),
        micros => Timestamp::new(time.secs, micros + 1),
    }
}

/// What stands of a peer of this session stands no more, as the session does not have it. Nothing
/// is said: another session has it.
fn goes_in_silence(id: SessionId, peer: &Peer, out: &mut Frames) {
    if peer.stands {
        out.end_standing(FrameKind::Record, id, peer.standing(peer::Event::Lost));
    }
}

/// One session.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: Id,
    ip: String,
    address: IpAddr,
    group: GroupId,
    /// A row about the router was sent, and none yet about its end.
    introduced: bool,
    /// The next row's number, for each object.
    pub(super) seqs: [u64; OBJECTS],
    peers: Recent<Key, Peer>,
    /// Those that are still to be said to be lost, the last of them first.
    leaving: Vec<Key>,
}

impl Session {
    /// The router's address, if a row about it has said whose it is.
    pub(super) fn shown_ip(&self) -> &str {
        if self.introduced { &self.ip } else { "" }
    }

    /// Whether there is room for one more peer.
    fn has_room(&self) -> bool {
        self.peers.len() < PEERS_MAX
    }

    /// Takes the next row's number.
    fn seq(&mut self, object: Object) -> u64 {
        let seq = &mut self.seqs[object as usize];
        *seq += 1;
        *seq - 1
    }
}

/// A session, and what its messages are sent by.
type Sending<'a> = (&'a mut Session, &'a mut Envelope, Cleaner);

/// The peer of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) to: To,
    pub(super) id: Id,
    pub(super) address: IpAddr,
    /// The time of the message.
    pub(super) at: Timestamp,
}

impl Known {
    fn of(peer: &Peer, to: To, at: Timestamp) -> Self {
        Self { to, id: peer.id, address: peer.address, at }
    }
}

/// Where messages about the router or a peer of it go.
fn to(session: SessionId, router: GroupId, peer: Option<&Peer>) -> To {
    let peer = peer.map(|peer| (peer.group, peer.header.asn));
    To { session, place: Place { router, peer } }
}

/// The sessions of a stream.
#[derive(Debug)]
pub(super) struct Sessions {
    settings: Settings,
    pub(super) envelope: Envelope,
    pub(super) cleaner: Cleaner,
    /// What it has in common with the output's other streams.
    pub(super) common: Common,
    sessions: Recent<SessionId, Session>,
    rows: Vec<u8>,
}

impl Sessions {
    /// None yet.
    pub(super) fn new(
        settings: Settings,
        envelope: Envelope,
        cleaner: Cleaner,
        common: Common,
    ) -> Self {
        let (sessions, rows) = (Recent::default(), Vec::new());
        Self { settings, envelope, cleaner, common, sessions, rows }
    }

    /// A session begins, unless it is known.
    pub(super) fn begin(&mut self, id: SessionId, router: IpAddr) {
        self.common.lock().collector.connected(id, router);
        if self.knows(id) {
            return;
        }
        let (settings, ip) = (&self.settings, router.to_string());
        let subject = Subject { name: &ip, address: router, asn: None };
        let session = Session {
            group: settings.groups.routers.of(&subject),
            id: settings.hash.router(ip.as_bytes(), settings.collector),
            ip,
            address: router,
            introduced: false,
            seqs: [0; OBJECTS],
            peers: Recent::default(),
            leaving: Vec::new(),
        };
        self.sessions.insert(id, session);
    }

    /// Whether a session is known.
    pub(super) fn knows(&self, id: SessionId) -> bool {
        self.sessions.contains_key(&id)
    }

    /// A session that is known, with what its messages are sent by.
    pub(super) fn sending(&mut self, id: SessionId) -> Option<Sending<'_>> {
        Some((self.sessions.get_mut(&id)?, &mut self.envelope, self.cleaner))
    }

    /// Forgets a session.
    pub(super) fn forget(&mut self, id: SessionId) {
        self.common.lock().collector.disconnected(id);
        self.sessions.remove(&id);
    }

    /// An Initiation: the router has a name now, by which it may be another one. Whether all of it
    /// was said.
    pub(super) fn introduce(
        &mut self,
        id: SessionId,
        introduction: Introduction<'_>,
        arrival: Timestamp,
        out: &mut Frames,
    ) -> bool {
        let Some(session) = self.sessions.get(&id) else { return true };
        let name = match introduction.name {
            b"" => session.ip.as_str().into(),
            name => String::from_utf8_lossy(name),
        };
        let subject = Subject { name: &name, address: session.address, asn: None };
        let group = self.settings.groups.routers.of(&subject);
        let bgp_id = introduction.bgp_id.map(|id| id.to_string());
        let source = match (&bgp_id, introduction.name) {
            _ if !self.settings.pat_enabled => session.ip.as_bytes(),
            (Some(bgp_id), _) => bgp_id.as_bytes(),
            (None, b"") => session.ip.as_bytes(),
            (None, name) => name,
        };
        let router = self.settings.hash.router(source, self.settings.collector);
        if router != session.id && !self.end(id, Ending::renamed(), arrival, out) {
            return false;
        }
        if let Some(session) = self.sessions.get_mut(&id) {
            (session.id, session.group) = (router, group);
        }
        self.router(id, router::Event::Init(introduction), arrival, out);
        true
    }

    /// A row about the router as one that is there.
    fn router(&mut self, id: SessionId, event: router::Event<'_>, at: Timestamp, out: &mut Frames) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if !std::mem::replace(&mut session.introduced, true) {
            self.common.lock().router_comes(session.id);
        }
        let (seq, before) = (session.seq(Object::Router), out.len());
        self.rows.clear();
        router::write(&mut self.rows, event, seq, (session.id, &session.ip), at, self.cleaner);
        let to = to(id, session.group, None);
        self.envelope.send(out, to, Object::Router, session.id, &self.rows, 1);
        out.stands(before, Standing::Opening);
    }

    /// The router is there no more: nor are its peers, unless another of its sessions has them.
    /// Whether all of it was said: `out` may be full before.
    pub(super) fn end(
        &mut self,
        id: SessionId,
        ending: Ending<'_>,
        arrival: Timestamp,
        out: &mut Frames,
    ) -> bool {
        let Some(session) = self.sessions.get_mut(&id) else { return true };
        let (router, introduced) = (session.id, session.introduced);
        if session.leaving.is_empty() {
            session.leaving.extend(session.peers.keys());
            session.leaving.sort_unstable_by(|a, b| b.cmp(a));
        }
        loop {
            if out.is_full() {
                return false;
            }
            let Some(mut peer) = self.leaving(id) else { break };
            let gone = self.common.lock().peer_goes(peer.id, peer.last);
            match gone {
                // Later than its last route: consumers forget those that are older.
                Some(last) => {
                    self.peer_row(id, &mut peer, peer::Event::Lost, arrival.max(after(last)), out);
                }
                None => goes_in_silence(id, &peer, out),
            }
        }
        if introduced && self.common.lock().router_goes(router) {
            self.router_gone(id, ending, arrival, out);
        }
        if let Some(session) = self.sessions.get_mut(&id) {
            session.introduced = false;
        }
        true
    }

    /// The next peer to be said to be lost, which is not known any more.
    fn leaving(&mut self, id: SessionId) -> Option<Peer> {
        let session = self.sessions.get_mut(&id)?;
        let next = session.leaving.pop()?;
        session.peers.remove(&next)
    }

    /// The row about the end of a router's last session.
    fn router_gone(&mut self, id: SessionId, ending: Ending<'_>, at: Timestamp, out: &mut Frames) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let (seq, event) = (session.seq(Object::Router), router::Event::Term(ending));
        let before = out.len();
        self.rows.clear();
        router::write(&mut self.rows, event, seq, (session.id, &session.ip), at, self.cleaner);
        let to = to(id, session.group, None);
        self.envelope.send(out, to, Object::Router, session.id, &self.rows, 1);
        out.stands(before, Standing::End);
    }

    /// A Peer Up or a Peer Down.
    pub(super) fn peer(
        &mut self,
        id: SessionId,
        header: &PeerHeader,
        event: peer::Event<'_>,
        arrival: Timestamp,
        out: &mut Frames,
    ) {
        self.first_of_router(id, arrival, out);
        let hash = self.settings.hash;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let known = session.peers.remove(&key(header));
        let (was_known, has_room) = (known.is_some(), session.has_room());
        let mut peer = match known {
            Some(peer) => peer,
            None => Peer::new(header, session.id, hash, &self.settings.groups),
        };
        peer.header = *header;
        let mut at = peer.time(header.timestamp, arrival);
        match event {
            peer::Event::Up(up) => {
                if !was_known && has_room {
                    at = self.met(&mut peer, at, arrival).0;
                }
                let since = self.common.lock().peer_up(peer.id, BgpSession::of(up), at);
                if !std::mem::replace(&mut peer.is_up, true) {
                    // No later than another session has said it: consumers forget older routes.
                    at = since;
                }
                peer.add_path = peer::add_path(up);
                self.peer_row(id, &mut peer, event, at, out);
                let session = self.sessions.get_mut(&id).filter(|_| has_room);
                if let Some(session) = session {
                    session.peers.insert(key(header), peer);
                }
            }
            _ => match self.gone(&peer, was_known, at) {
                // Another session that has had it was ahead: consumers forget what is older.
                Some(last) if last > peer.last => {
                    self.peer_row(id, &mut peer, event, after(last), out);
                }
                Some(_) => self.peer_row(id, &mut peer, event, at, out),
                None => goes_in_silence(id, &peer, out),
            },
        }
    }

    /// A peer that its session has not known, with a message of this time. That time as it is by
    /// the clock of the peer's other sessions, and whether there are none.
    fn met(&self, peer: &mut Peer, at: Timestamp, arrival: Timestamp) -> (Timestamp, bool) {
        match self.common.lock().peer_comes(peer.id, peer.clock(at)) {
            None => (at, true),
            Some(clock) => {
                peer.follow(clock);
                (peer.time(peer.header.timestamp, arrival), false)
            }
        }
    }

    /// The session says that a peer is down, at this time. The latest time in any message about it,
    /// unless another session has the peer.
    fn gone(&self, peer: &Peer, was_known: bool, at: Timestamp) -> Option<Timestamp> {
        let mut common = self.common.lock();
        match was_known {
            true => common.peer_goes(peer.id, peer.last),
            false => (!common.knows_peer(peer.id)).then_some(at),
        }
    }

    /// Whether a peer announces routes of this family with path identifiers (RFC 7911).
    pub(super) fn has_add_path(&self, id: SessionId, header: &PeerHeader, family: Family) -> bool {
        let peer = self.sessions.get(&id).and_then(|session| session.peers.get(&key(header)));
        peer.is_some_and(|peer| peer.add_path.contains(&family))
    }

    /// A row about the router, where one is needed before any Initiation.
    fn first_of_router(&mut self, id: SessionId, arrival: Timestamp, out: &mut Frames) {
        if self.sessions.get(&id).is_some_and(|session| !session.introduced) {
            self.router(id, router::Event::First, arrival, out);
        }
    }

    /// The id and the address of the peer of a message, which is made known where it was not, and
    /// the time of the message.
    #[inline(always)]
    pub(super) fn known_peer(
        &mut self,
        id: SessionId,
        header: &PeerHeader,
        arrival: Timestamp,
        out: &mut Frames,
    ) -> Known {
        if let Some(session) = self.sessions.get_mut(&id) {
            let group = session.group;
            if let Some(peer) = session.peers.get_mut(&key(header)) {
                let at = peer.time(header.timestamp, arrival);
                return Known::of(peer, to(id, group, Some(peer)), at);
            }
        }
        self.new_peer(id, header, arrival, out)
    }

    #[inline(never)]
    fn new_peer(
        &mut self,
        id: SessionId,
        header: &PeerHeader,
        arrival: Timestamp,
        out: &mut Frames,
    ) -> Known {
        let hash = self.settings.hash;
        let Some(session) = self.sessions.get_mut(&id) else {
            let address = peer::address(header);
            return Known { to: To::default(), id: Id([0; 16]), address, at: arrival };
        };
        let (group, has_room) = (session.group, session.has_room());
        let mut peer = Peer::new(header, session.id, hash, &self.settings.groups);
        let mut at = peer.time(header.timestamp, arrival);
        if has_room {
            let is_first;
            (at, is_first) = self.met(&mut peer, at, arrival);
            // Peers of several types and sessions have an id in common, and a database takes
            // `first` for down.
            if is_first {
                self.peer_row(id, &mut peer, peer::Event::First, at, out);
            }
        }
        let known = Known::of(&peer, to(id, group, Some(&peer)), at);
        let session = self.sessions.get_mut(&id).filter(|_| has_room);
        if let Some(session) = session {
            session.peers.insert(key(header), peer);
        }
        known
    }

    fn peer_row(
        &mut self,
        id: SessionId,
        peer: &mut Peer,
        event: peer::Event<'_>,
        at: Timestamp,
        out: &mut Frames,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let (seq, cleaner) = (session.seq(Object::Peer), self.cleaner);
        let about = peer::About { router: session.id, router_ip: session.shown_ip(), at, cleaner };
        let before = out.len();
        self.rows.clear();
        peer::write(&mut self.rows, event, seq, peer, about);
        let to = to(id, session.group, Some(peer));
        self.envelope.send(out, to, Object::Peer, peer.id, &self.rows, 1);
        out.stands(before, peer.standing(event));
        peer.stands = peer.stands || out.len() > before;
    }

    /// A Statistics Report.
    pub(super) fn statistics(
        &mut self,
        id: SessionId,
        report: &StatisticsReport<'_>,
        arrival: Timestamp,
        out: &mut Frames,
    ) {
        self.first_of_router(id, arrival, out);
        let at = self.known_peer(id, &report.peer, arrival, out).at;
        let cleaner = self.cleaner;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let seq = session.seq(Object::BmpStat);
        let beyond; // the room for peers that are known
        let peer = match session.peers.get(&key(&report.peer)) {
            Some(peer) => peer,
            None => {
                let Settings { hash, groups, .. } = &self.settings;
                beyond = Peer::new(&report.peer, session.id, *hash, groups);
                &beyond
            }
        };
        let about = peer::About { router: session.id, router_ip: session.shown_ip(), at, cleaner };
        self.rows.clear();
        bmp_stat::write(&mut self.rows, report, seq, peer, about);
        let to = to(id, session.group, Some(peer));
        self.envelope.send(out, to, Object::BmpStat, peer.id, &self.rows, 1);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::super::collector::Collector;
    use super::super::options::Plan;
    use super::*;
    use crate::bmp::PeerType;
    use crate::bmp::msg::peer_down::{PeerDown, PeerDownData, PeerDownReason};
    use crate::output::format::Options;

    fn sessions() -> Sessions {
        let pairs = [("admin-id".to_owned(), "lab".to_owned())];
        let options = Options { pairs: &pairs, name: "o", socket: false, stream: 0, streams: 1 };
        let Plan { settings, envelope, cleaner, .. } = Plan::new(&options).unwrap();
        let minute = Duration::from_secs(60);
        let collector = Collector::new("lab".into(), settings.collector, minute, cleaner);
        Sessions::new(settings, envelope, cleaner, Common::new(collector))
    }

    #[test]
    fn what_another_session_has_stands_no_more_for_one_that_has_lost_it() {
        let (mut sessions, mut out) = (sessions(), Frames::new());
        let at = Timestamp::new(1_700_000_000, 0);
        let [a, b] = [SessionId(1), SessionId(2)];
        let global = PeerHeader::new([10, 0, 0, 1].into(), 65_001, Ipv4Addr::LOCALHOST);
        // Peers of these types share an id.
        let local = PeerHeader { kind: PeerType::Local, ..global };
        for id in [a, b] {
            sessions.begin(id, Ipv4Addr::LOCALHOST.into());
            sessions.known_peer(id, &global, at, &mut out);
        }
        sessions.known_peer(a, &local, at, &mut out);
        for (id, peer) in [(a, global), (b, global), (a, local)] {
            let down = PeerDown::new(peer, PeerDownReason::RemoteNoData, PeerDownData::None);
            sessions.peer(id, &peer, peer::Event::Down(&down), at, &mut out);
        }
        let said: Vec<_> = (0..out.len())
            .filter(|i| out.standing(*i) != Standing::Opening)
            .map(|i| (out.frame(i).session, out.standing(i), out.octets(i).is_empty()))
            .collect();
        let [key, other] = [global, local].map(|header| {
            let peer =
                Peer::new(&header, Id([0; 16]), sessions.settings.hash, &sessions.settings.groups);
            match peer.standing(peer::Event::Lost) {
                Standing::Clear { key } => key,
                _ => 0,
            }
        });
        assert_ne!(key, other);
        let first = (a, Standing::Set { key, part: 0 }, false);
        let silence = (a, Standing::Clear { key }, true);
        assert_eq!(said, [first, silence, (a, Standing::Clear { key: other }, false)]);
    }

    #[test]
    fn a_router_with_too_many_peers_is_heard_and_costs_no_more() {
        let (mut sessions, mut out) = (sessions(), Frames::new());
        let (id, at) = (SessionId(1), Timestamp::new(1_700_000_000, 0));
        sessions.begin(id, Ipv4Addr::LOCALHOST.into());
        let peer = |n: u32| PeerHeader::new(Ipv4Addr::from(n).into(), 65_001, Ipv4Addr::LOCALHOST);
        for n in 0..PEERS_MAX as u32 {
            out.clear();
            sessions.known_peer(id, &peer(n), at, &mut out);
            assert_eq!(out.len(), 1, "a row that the peer was heard of");
        }
        let beyond = peer(PEERS_MAX as u32);
        for _ in 0..2 {
            out.clear();
            let known = sessions.known_peer(id, &beyond, at, &mut out);
            assert_eq!((known.address, out.len()), (beyond.ip(), 0));
            assert!(!sessions.common.lock().knows_peer(known.id), "nothing is kept of it");
        }
        assert_eq!(sessions.sessions.get(&id).map(|s| s.peers.len()), Some(PEERS_MAX));
        let first = sessions.known_peer(id, &peer(0), at, &mut out);
        assert!(out.is_empty() && sessions.common.lock().knows_peer(first.id), "the others stay");
    }
}
