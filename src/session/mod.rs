//! One router's conversation, sans-io: bytes and the time go in, records and events come out.
//!
//! Call [`Session::open`] once, [`Session::receive`] for every piece of input, [`Session::close`]
//! once; after each, drain [`Session::take_event`]. When a batch is full, nothing is lost or half
//! done: seal it and make the same call again with an empty one.
//!
//! All that a session knows is plain data ([`SessionState`]) that can be exported and imported at
//! any point between two calls, with its unfinished message.

mod event;
mod peer;
mod route;
mod routers;
mod state;
mod version_4;

pub use event::{SessionCounters, SessionEvent};
pub use peer::{Capabilities, Negotiated, PeerState, Reading};
pub use routers::{Criteria, Identity, Overrides, RouterEntry, RouterTable};
pub use state::SessionState;
pub use version_4::Version4;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::bmp::msg;
use crate::bmp::msg::peer_down::PeerDown;
use crate::bmp::msg::peer_up::PeerUp;
use crate::bmp::msg::rel::RouteEventLog;
use crate::bmp::msg::route_monitoring::RouteMonitoring;
use crate::bmp::msg::route_policy_trace::RoutePolicyTrace;
use crate::bmp::msg::statistics_report::StatisticsReport;
use crate::bmp::v4::{self, Dialect};
use crate::bmp::{COMMON_HEADER_LEN, CommonHeader, FrameError, MessageType, PeerHeader};
use crate::record::{
    Batch, CloseReason, Event, Full, NewRecord, PeerContext, RouterContext, SessionId, Stamp,
    Update,
};
use crate::wire::{Reader, Timestamp, WireError};
use event::Events;
use peer::Peers;
use routers::Known;
use version_4::Version4State;

/// Bounds of one session's memory, and how far it decodes.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimits {
    /// The largest BMP message, octets.
    pub max_frame: usize,
    /// Peers whose state is kept; those beyond are decoded without.
    pub peers: usize,
    /// Octets of raw Initiation and Peer Up messages that are kept.
    pub state_bytes: usize,
    /// Whether UPDATEs are decoded, for readers that want to know what is in them. Else a Route
    /// Monitoring message is an [`Event::Message`] whose body nobody has looked at.
    pub updates: bool,
    /// How the router speaks, as far as its messages do not tell: the profile of version 4 that
    /// holds whatever they seem to say, and the type of Route Event Logging.
    pub dialect: Dialect,
}

impl Default for SessionLimits {
    fn default() -> Self {
        let dialect = Dialect::default();
        Self { max_frame: 1 << 20, peers: 65_536, state_bytes: 16 << 20, updates: true, dialect }
    }
}

/// Why a session's framing is broken: nothing after `offset` can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FramingError {
    /// Octets of the session before the bad header.
    pub offset: u64,
    /// What is wrong with it.
    pub reason: FrameError,
}

/// What a call to [`Session::receive`] came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// All input is used; an unfinished message is kept inside.
    NeedInput,
    /// The batch is full: seal it, then offer the rest of the input with an empty one.
    BatchFull,
    /// Close the session with [`CloseReason::BrokenFraming`].
    Broken(FramingError),
}

/// A context index that holds for one filling of a batch.
type Cached = (Stamp, u32);

/// One router's conversation.
#[derive(Debug)]
pub struct Session {
    id: SessionId,
    router: SocketAddr,
    limits: SessionLimits,
    /// Messages so far.
    ordinal: u64,
    /// Octets of whole messages so far.
    offset: u64,
    /// Octets of messages that are not yet decoded: an unfinished one, or what was stashed.
    /// Those before `tail_at` are done with.
    tail: Vec<u8>,
    tail_at: usize,
    initiation: Vec<u8>,
    peers: Peers,
    version_4: Version4State,
    known: Known,
    router_context: Option<Cached>,
    counters: SessionCounters,
    events: Events,
}

impl Session {
    /// A new session. Pushes nothing.
    #[must_use]
    pub fn new(id: SessionId, router: SocketAddr, limits: SessionLimits) -> Self {
        Self {
            id,
            router: unmapped(router),
            limits,
            ordinal: 0,
            offset: 0,
            tail: Vec::new(),
            tail_at: 0,
            initiation: Vec::new(),
            peers: Peers::default(),
            version_4: Version4State::new(limits.dialect, Version4::default()),
            known: Known::default(),
            router_context: None,
            counters: SessionCounters::default(),
            events: Events::default(),
        }
    }

    /// The session's id.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// The router's address and port, IPv4 where it was IPv4-mapped.
    #[must_use]
    pub fn router(&self) -> SocketAddr {
        self.router
    }

    /// Whole messages so far, and their octets.
    #[must_use]
    pub fn position(&self) -> (u64, u64) {
        (self.ordinal, self.offset)
    }

    /// Octets that wait for the rest of their message, or for a batch.
    #[must_use]
    pub fn tail_len(&self) -> usize {
        self.tail.len() - self.tail_at
    }

    /// From now on `table` says what is known of the router. Without a table nothing is.
    #[inline]
    pub fn follow(&mut self, table: &Arc<RouterTable>) {
        if !self.known.goes_by(table) {
            self.known.set_table(table);
            self.look_up();
        }
    }

    /// Looks the router up in the table, with all that it has told of itself.
    fn look_up(&mut self) {
        if self.known.look_up(self.router.ip(), &self.initiation) {
            let dialect = routers::dialect_of(self.limits.dialect, self.known.overrides);
            self.version_4.choose(dialect);
            self.router_context = None;
        }
    }

    /// Pushes the session's first record.
    ///
    /// # Errors
    /// [`Full`]: seal the batch and call again.
    pub fn open(&mut self, now: Timestamp, batch: &mut Batch) -> Result<(), Full> {
        self.marker(now, Event::SessionOpen, batch)
    }

    /// Pushes the session's last record.
    ///
    /// # Errors
    /// [`Full`]: seal the batch and call again.
    pub fn close(
        &mut self,
        now: Timestamp,
        reason: CloseReason,
        batch: &mut Batch,
    ) -> Result<(), Full> {
        self.marker(now, Event::SessionClose(reason), batch)
    }

    /// Decodes `input` into `batch`; returns how many octets of it were used.
    pub fn receive(
        &mut self,
        now: Timestamp,
        input: &[u8],
        batch: &mut Batch,
    ) -> (usize, Received) {
        let (mut used, outcome) = self.receive_tail(now, input, batch);
        if let Some(outcome) = outcome {
            return (used, outcome);
        }
        loop {
            let left = &input[used..];
            match CommonHeader::parse(left, self.limits.max_frame) {
                Ok(Some(header)) if header.len <= left.len() => {
                    if self.message(now, header, &left[..header.len], batch).is_err() {
                        return (used, Received::BatchFull);
                    }
                    used += header.len;
                }
                Ok(_) => {
                    self.tail.extend_from_slice(left);
                    return (input.len(), Received::NeedInput);
                }
                Err(reason) => return (used, self.broken(reason)),
            }
        }
    }

    /// Keeps input for which there is no batch; [`Session::receive`] goes on with it.
    pub fn stash(&mut self, input: &[u8]) {
        self.tail.extend_from_slice(input);
    }

    /// The next thing that the log should know.
    pub fn take_event(&mut self) -> Option<SessionEvent> {
        self.events.take()
    }

    /// The counts since the last call.
    pub fn take_counters(&mut self) -> SessionCounters {
        std::mem::take(&mut self.counters)
    }

    /// Decodes what the tail holds, completing its last message from `input`. Returns the octets of
    /// `input` used, and an outcome unless the tail is used up.
    fn receive_tail(
        &mut self,
        now: Timestamp,
        input: &[u8],
        batch: &mut Batch,
    ) -> (usize, Option<Received>) {
        let mut used = 0;
        while self.tail_len() > 0 {
            let have = self.tail_len();
            let want = match CommonHeader::parse(&self.tail[self.tail_at..], self.limits.max_frame)
            {
                Ok(Some(header)) if header.len <= have => {
                    // The tail is lent out while its message is decoded: nothing else touches it.
                    let tail = std::mem::take(&mut self.tail);
                    let bytes = &tail[self.tail_at..self.tail_at + header.len];
                    let done = self.message(now, header, bytes, batch);
                    self.tail = tail;
                    if done.is_err() {
                        return (used, Some(Received::BatchFull));
                    }
                    self.tail_at += header.len;
                    continue;
                }
                Ok(Some(header)) => header.len - have,
                Ok(None) => COMMON_HEADER_LEN - have,
                Err(reason) => return (used, Some(self.broken(reason))),
            };
            let piece = &input[used..input.len().min(used + want)];
            if piece.is_empty() {
                return (used, Some(Received::NeedInput));
            }
            self.tail.drain(..self.tail_at);
            self.tail_at = 0;
            self.tail.extend_from_slice(piece);
            used += piece.len();
        }
        // A quiet router costs nothing: give the memory back, it is asked for once in a large read.
        self.tail = Vec::new();
        self.tail_at = 0;
        (used, None)
    }

    fn broken(&mut self, reason: FrameError) -> Received {
        Received::Broken(FramingError { offset: self.offset, reason })
    }

    fn message(
        &mut self,
        now: Timestamp,
        header: CommonHeader,
        bytes: &[u8],
        batch: &mut Batch,
    ) -> Result<(), Full> {
        if batch.is_full() {
            return Err(Full);
        }
        self.counters.messages += 1;
        self.counters.bytes += bytes.len() as u64;
        if header.version == 3 && header.kind == MessageType::RouteMonitoring {
            match self.limits.updates {
                true => self.route_monitoring(now, bytes, batch)?,
                false => self.push(now, bytes, Event::Message, None, batch)?,
            }
        } else {
            self.other_message(now, header, bytes, batch)?;
        }
        self.ordinal += 1;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// A message that is no Route Monitoring message of version 3.
    fn other_message(
        &mut self,
        now: Timestamp,
        header: CommonHeader,
        bytes: &[u8],
        batch: &mut Batch,
    ) -> Result<(), Full> {
        if header.kind == MessageType::RouteMonitoring {
            return match self.limits.updates {
                true => self.route_monitoring_v4(now, bytes, batch),
                false => self.push(now, bytes, Event::Message, None, batch),
            };
        }
        let (event, peer) = self.decode(header, bytes, batch);
        if header.kind.name().is_none() && self.limits.dialect.rel != Some(header.kind.0) {
            self.counters.unknown += 1;
        }
        if let Event::Odd(error) = event {
            self.odd(error, bytes);
        }
        self.push(now, bytes, event, peer, batch)
    }

    #[cold]
    fn odd(&mut self, error: WireError, bytes: &[u8]) {
        self.counters.odd += 1;
        self.events.odd(self.ordinal, self.offset, error, bytes);
    }

    /// What a message is, and the index of its peer's context.
    fn decode(
        &mut self,
        header: CommonHeader,
        bytes: &[u8],
        batch: &mut Batch,
    ) -> (Event, Option<u32>) {
        let kind = header.kind;
        let body = Reader::at(&bytes[COMMON_HEADER_LEN..], COMMON_HEADER_LEN);
        let is_rel = self.limits.dialect.rel == Some(kind.0);
        let mut odd_inside = None;
        let result = match kind {
            MessageType::PeerUp => self.peer_up(body, bytes),
            // The per-peer header and the reason are where they are in version 3.
            MessageType::PeerDown => {
                if header.version == v4::VERSION {
                    odd_inside = v4::PeerDown::parse(body).ok().and_then(|down| down.cut());
                }
                PeerDown::parse(body).map(|down| self.peers.down(&down.peer))
            }
            MessageType::Initiation => msg::check(kind, body).map(|()| self.initiation(bytes)),
            MessageType::StatisticsReport => {
                let report = match header.version {
                    3 => StatisticsReport::parse(body),
                    _ => v4::StatisticsReport::parse(body).and_then(|report| {
                        odd_inside = report.cut();
                        report.as_version_3()
                    }),
                };
                report.map(|report| odd_inside = report.cut().or(odd_inside))
            }
            MessageType::RoutePolicyTrace => {
                RoutePolicyTrace::parse(body).map(|trace| odd_inside = trace.wrong())
            }
            _ if is_rel => RouteEventLog::parse(body).map(drop),
            _ => msg::check(kind, body),
        };
        if let Some(error) = odd_inside {
            // What is whole of it is as good as ever: the message stays one.
            self.odd(error, bytes);
        }
        let has_peer = is_rel
            || matches!(
                kind,
                MessageType::PeerUp | MessageType::StatisticsReport | MessageType::RouteMirroring
            );
        let mut reader = body;
        let peer = match PeerHeader::parse(&mut reader) {
            Ok(header) if has_peer => self.peers.context(&header, batch),
            _ => None,
        };
        match result {
            Ok(()) => (Event::Message, peer),
            Err(error) => (Event::Odd(error), peer),
        }
    }

    #[inline]
    fn route_monitoring(
        &mut self,
        now: Timestamp,
        bytes: &[u8],
        batch: &mut Batch,
    ) -> Result<(), Full> {
        let body = Reader::at(&bytes[COMMON_HEADER_LEN..], COMMON_HEADER_LEN);
        match RouteMonitoring::parse(body) {
            Ok(rm) => self.update(now, bytes, &rm, None, batch),
            Err(error) => {
                self.odd(error, bytes);
                self.push(now, bytes, Event::Odd(error), None, batch)
            }
        }
    }

    /// Route Monitoring of version 4.
    #[inline(never)]
    fn route_monitoring_v4(
        &mut self,
        now: Timestamp,
        bytes: &[u8],
        batch: &mut Batch,
    ) -> Result<(), Full> {
        let body = Reader::at(&bytes[COMMON_HEADER_LEN..], COMMON_HEADER_LEN);
        let parsed = v4::RouteMonitoring::parse(body).and_then(|message| {
            if self.version_4.look(&message)? {
                self.router_context = None; // it tells how to read them
            }
            let rm = message.as_version_3(self.version_4.dialect().profile())?;
            Ok((message, rm))
        });
        match parsed {
            Ok((message, rm)) => {
                self.update(now, bytes, &rm, Some(&message), batch)?;
                let sequence = message.sequence(self.version_4.dialect().profile());
                self.version_4.follow(self.ordinal, sequence, &mut self.events);
                Ok(())
            }
            Err(error) => {
                self.odd(error, bytes);
                self.push(now, bytes, Event::Odd(error), None, batch)
            }
        }
    }

    /// Decodes the BGP message of a Route Monitoring message; `of_v4` is there for version 4.
    #[inline(always)]
    fn update(
        &mut self,
        now: Timestamp,
        bytes: &[u8],
        rm: &RouteMonitoring<'_>,
        of_v4: Option<&v4::RouteMonitoring<'_>>,
        batch: &mut Batch,
    ) -> Result<(), Full> {
        let router = self.router_in(batch);
        let mut beyond_limit; // of peers whose state is kept
        let limit = self.limits.peers;
        let (header, peer) = match self.peers.of_message(rm.peer, limit, &mut self.events) {
            Some((header, peer)) => (header, peer),
            None => {
                beyond_limit = (PeerHeader::of(rm.peer), PeerState::default());
                (&beyond_limit.0, &mut beyond_limit.1)
            }
        };
        let context = peer::context_of(peer, batch);
        let (ordinal, offset) = (self.ordinal, self.offset);
        let event = batch.push_open(NewRecord {
            router,
            peer: context,
            ordinal,
            offset,
            arrival: now,
            message: bytes,
            event: Event::RouteMonitoring(Update::empty()),
        })?;
        let Event::RouteMonitoring(update) = event else { return Ok(()) };
        let dialect = self.version_4.dialect();
        let (peer, overrides) = match of_v4 {
            Some(message) => self.version_4.peer(message, peer, &self.known.overrides),
            None => (peer, &self.known.overrides),
        };
        let (events, counters) = (&mut self.events, &mut self.counters);
        let about = route::About { header, peer, overrides };
        if let Err(error) = route::decode(rm, about, events, counters, update) {
            *event = Event::Odd(error);
            self.odd(error, bytes);
            return Ok(());
        }
        if let Some(message) = of_v4
            && let Some(error) = message.wrong_index(dialect.profile(), version_4::nlris(update))
        {
            self.odd(error, bytes);
        }
        Ok(())
    }

    fn peer_up(&mut self, body: Reader<'_>, bytes: &[u8]) -> Result<(), WireError> {
        let up = PeerUp::parse(body)?;
        up.tlvs.check()?;
        let limits = self.limits;
        self.peers.up(&up, bytes, limits, &mut self.events);
        if self.known.bgp_id.is_none() {
            self.known.bgp_id = Some(Ipv4Addr::from(up.sent_open.bgp_id));
            self.look_up();
        }
        Ok(())
    }

    fn initiation(&mut self, bytes: &[u8]) {
        if self.known.learn_name(bytes) {
            self.router_context = None;
        }
        if bytes.len() <= self.limits.state_bytes {
            self.initiation = bytes.to_vec();
            self.look_up();
        }
    }

    fn marker(&mut self, now: Timestamp, event: Event, batch: &mut Batch) -> Result<(), Full> {
        if batch.is_full() {
            return Err(Full);
        }
        self.push(now, &[], event, None, batch)
    }

    #[inline]
    fn push(
        &mut self,
        now: Timestamp,
        message: &[u8],
        event: Event,
        peer: Option<u32>,
        batch: &mut Batch,
    ) -> Result<(), Full> {
        let router = self.router_in(batch);
        let (ordinal, offset) = (self.ordinal, self.offset);
        batch.push(NewRecord { router, peer, ordinal, offset, arrival: now, message, event })
    }

    /// The index of the router's context in `batch`.
    #[inline]
    fn router_in(&mut self, batch: &mut Batch) -> u32 {
        match self.router_context {
            Some((stamp, index)) if stamp == batch.stamp() => index,
            _ => self.add_router(batch),
        }
    }

    /// Adds the router's context: once for each filling of a batch, and when it has changed.
    #[inline(never)]
    fn add_router(&mut self, batch: &mut Batch) -> u32 {
        let (session, address, dialect) = (self.id, self.router, self.version_4.dialect());
        let (marks, sys_name) = (self.known.marks.clone(), self.known.sys_name.clone());
        let index = batch.add_router(RouterContext { session, address, dialect, marks, sys_name });
        self.router_context = Some((batch.stamp(), index));
        index
    }
}

/// An IPv4-mapped IPv6 address is the IPv4 address that it stands for.
fn unmapped(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

impl From<&Negotiated> for PeerContext {
    fn from(n: &Negotiated) -> Self {
        PeerContext { open_asn: Some(n.received.asn), local_asn: Some(n.sent.asn) }
    }
}
