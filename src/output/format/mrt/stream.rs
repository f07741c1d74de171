//! What MRT has records for, found in a stream of BMP: messages of peers, and changes of their
//! state.

use std::net::IpAddr;

use xxhash_rust::xxh3::xxh3_64;

use super::options::Views;
use super::peers::{Known, Peer, Sessions};
use crate::bgp::{HEADER_LEN, Header};
use crate::bmp::msg::peer_down::{PeerDown, PeerDownReason};
use crate::bmp::msg::peer_up::PeerUp;
use crate::bmp::{
    COMMON_HEADER_LEN, MessageType, PER_PEER_HEADER_LEN, PeerHeader, PeerType, RibView,
    v4 as bmp_v4,
};
use crate::output::format::shown::{Shown, each_shown};
use crate::output::format::{Cursor, Format, about_peer};
use crate::output::frames::{FrameKind, Frames};
use crate::output::selection::Selection;
use crate::record::{Batch, Event, SessionId, Update};
use crate::wire::{Reader, Timestamp};

/// One end of a BGP session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::output::format) struct Side {
    pub(in crate::output::format) address: IpAddr,
    pub(in crate::output::format) asn: u32,
}

/// States of a BGP session (RFC 6396 §4.4.1), as far as BMP tells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::output::format) enum State {
    Idle = 1,
    OpenConfirm = 5,
    Established = 6,
}

/// Who a record is about, and when.
#[derive(Debug, Clone, Copy)]
pub(in crate::output::format) struct Head {
    pub(in crate::output::format) session: SessionId,
    /// With less than a million microseconds.
    pub(in crate::output::format) at: Timestamp,
    pub(in crate::output::format) peer: IpAddr,
    pub(in crate::output::format) peer_asn: u32,
    /// The router's own side; zero where it is not known.
    pub(in crate::output::format) local: IpAddr,
    pub(in crate::output::format) local_asn: u32,
    /// The router sends the message to the peer, and not the other way round.
    pub(in crate::output::format) is_out: bool,
    /// AS_PATHs have 2-octet AS numbers, as the A flag says.
    pub(in crate::output::format) is_legacy: bool,
}

impl Shown<'_> {
    /// The peer's side of the session. A Loc-RIB, whose address is zero (RFC 9069 §4.1), is what
    /// the router says to the collector: the router is its peer.
    fn side(&self, header: &PeerHeader) -> Side {
        let address = match header.kind {
            PeerType::LocRib if header.address == [0; 16] => self.router,
            _ => header.ip(),
        };
        Side { address, asn: header.asn }
    }

    fn head(&self, header: &PeerHeader, peer: &Peer) -> Head {
        let at = match header.timestamp.is_known() {
            true => header.timestamp,
            false => self.record.arrival,
        };
        let Side { address, asn } = self.side(header);
        Head {
            session: self.session,
            at: Timestamp::from_micros(at.as_micros()),
            peer: address,
            peer_asn: asn,
            local: peer.local.address,
            local_asn: peer.local.asn,
            is_out: header.is_adj_rib_out(),
            is_legacy: header.legacy_as_path(),
        }
    }
}

/// What writes records in some form.
pub(in crate::output::format) trait Recorder: Send {
    /// A BGP message that is no UPDATE, or none that could be decoded: as received.
    fn message(&mut self, head: &Head, pdu: &[u8], out: &mut Frames);

    /// An UPDATE, or as much of it as fits from `cursor` on; whether it is done. `cursor.part` and
    /// `cursor.offset` are the recorder's.
    fn update(
        &mut self,
        head: &Head,
        shown: &Shown<'_>,
        update: &Update,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) -> bool;

    /// A change of a peer's state.
    fn state(&mut self, head: &Head, old: State, new: State, out: &mut Frames);
}

/// A running format whose records `R` writes.
pub(in crate::output::format) struct Stream<R> {
    views: Views,
    sessions: Sessions,
    recorder: R,
}

impl<R: Recorder> Stream<R> {
    /// Nothing has come yet.
    pub(in crate::output::format) fn new(views: Views, recorder: R) -> Self {
        Self { views, sessions: Sessions::default(), recorder }
    }

    /// Renders a record, or as much of it as fits; whether it is done.
    fn record(&mut self, shown: &Shown<'_>, cursor: &mut Cursor, out: &mut Frames) -> bool {
        match &shown.record.event {
            Event::SessionOpen => out.end(FrameKind::SessionOpen, shown.session),
            Event::SessionClose(_) => return self.close(shown, cursor, out),
            Event::RouteMonitoring(update) => return self.update(shown, update, cursor, out),
            Event::Odd(_) => self.odd(shown, out),
            Event::Message => match shown.version_and_type() {
                (_, MessageType::PeerUp) => drop(self.peer_up(shown, out)),
                (version, MessageType::PeerDown) => drop(self.peer_down(shown, version, out)),
                _ => {}
            },
        }
        true
    }

    /// Who a message of routes is about; `None` when its view is not written.
    #[inline]
    fn head_of(&mut self, shown: &Shown<'_>) -> Option<Head> {
        let header = PeerHeader::parse(&mut shown.body()).ok()?;
        let (view, side) = (header.view(), shown.side(&header));
        if !self.views.take(view, false) {
            return None;
        }
        let mut beyond = Peer::new(&header, side);
        let peer = self.sessions.peers(shown.session).entry(&header, side).unwrap_or(&mut beyond);
        peer.has_pre |= view == RibView::AdjRibInPre;
        self.views.take(view, peer.has_pre).then(|| shown.head(&header, peer))
    }

    fn update(
        &mut self,
        shown: &Shown<'_>,
        update: &Update,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) -> bool {
        let Some(head) = self.head_of(shown) else { return true };
        self.recorder.update(&head, shown, update, cursor, out)
    }

    /// A message that makes no sense inside. A BGP message in Route Monitoring is passed on.
    #[cold]
    fn odd(&mut self, shown: &Shown<'_>, out: &mut Frames) {
        let pdu = shown.message.get(COMMON_HEADER_LEN + PER_PEER_HEADER_LEN..).unwrap_or_default();
        let is_routes = shown.version_and_type() == (3, MessageType::RouteMonitoring);
        if !is_routes || pdu.len() < HEADER_LEN {
            return;
        }
        if let Some(head) = self.head_of(shown) {
            self.recorder.message(&head, pdu, out);
        }
    }

    /// The OPENs, and the change of state. `None` when it says nothing new.
    fn peer_up(&mut self, shown: &Shown<'_>, out: &mut Frames) -> Option<()> {
        let up = PeerUp::parse(shown.body()).ok()?;
        let is_loc_rib = up.peer.kind == PeerType::LocRib;
        if !self.views.take_peer(is_loc_rib) {
            return None;
        }
        let side = shown.side(&up.peer);
        let peer = self.sessions.peers(shown.session).entry(&up.peer, side)?;
        let (addresses, sent, received) = opens(shown.body().rest())?;
        let hash = [addresses, sent, received]
            .into_iter()
            .fold(0, |hash: u64, octets| hash.rotate_left(1) ^ xxh3_64(octets));
        let before = peer.known;
        match before {
            // A router says it for each of its views, or again; of a Loc-RIB for each table.
            Known::Up(known) if known == hash || is_loc_rib => return None,
            _ => {}
        }
        // The end of the BGP session before was not told.
        let missed = matches!(before, Known::Up(_)).then(|| shown.head(&up.peer, peer));
        *peer = Peer { known: Known::Up(hash), ..Peer::new(&up.peer, side) };
        peer.local.asn = up.sent_open.asn();
        if !is_loc_rib {
            peer.local.address = up.local_ip();
        }
        let head = Head { is_out: false, is_legacy: false, ..shown.head(&up.peer, peer) };
        if let Some(missed) = missed {
            self.recorder.state(&missed, State::Established, State::Idle, out);
        }
        self.recorder.message(&Head { is_out: true, ..head }, sent, out);
        self.recorder.message(&head, received, out);
        self.recorder.state(&head, State::OpenConfirm, State::Established, out);
        Some(())
    }

    /// The NOTIFICATION, if there is one, and the change of state. `None` when it says nothing new.
    fn peer_down(&mut self, shown: &Shown<'_>, version: u8, out: &mut Frames) -> Option<()> {
        let down = match version {
            3 => PeerDown::parse(shown.body()).ok()?,
            _ => bmp_v4::PeerDown::parse(shown.body()).ok()?.as_version_3(),
        };
        if !self.views.take_peer(down.peer.kind == PeerType::LocRib) {
            return None;
        }
        let side = shown.side(&down.peer);
        let peer = self.sessions.peers(shown.session).entry(&down.peer, side)?;
        // A router says it for each of its views.
        if peer.known == Known::Down {
            return None;
        }
        *peer = Peer { known: Known::Down, local: peer.local, ..Peer::new(&down.peer, side) };
        let head = Head { is_out: false, is_legacy: false, ..shown.head(&down.peer, peer) };
        if let Some(notification) = notification(shown.body()) {
            let is_out = down.reason == PeerDownReason::LocalNotification;
            self.recorder.message(&Head { is_out, ..head }, notification, out);
        }
        self.recorder.state(&head, State::Established, State::Idle, out);
        Some(())
    }

    /// The end of a session is that of its peers: those from `cursor.part` on are still to be told.
    fn close(&mut self, shown: &Shown<'_>, cursor: &mut Cursor, out: &mut Frames) -> bool {
        let peers = self.sessions.peers(shown.session);
        while let Some(peer) = peers.at(cursor.part as usize) {
            if out.is_full() {
                return false;
            }
            cursor.part += 1;
            if peer.known != Known::Down {
                if out.wants_peers() {
                    out.about(about_peer(&peer.header));
                }
                let head = Head {
                    session: shown.session,
                    at: Timestamp::from_micros(shown.record.arrival.as_micros()),
                    peer: peer.side.address,
                    peer_asn: peer.side.asn,
                    local: peer.local.address,
                    local_asn: peer.local.asn,
                    is_out: false,
                    is_legacy: false,
                };
                self.recorder.state(&head, State::Established, State::Idle, out);
            }
        }
        self.sessions.forget(shown.session);
        out.end(FrameKind::SessionClose, shown.session);
        true
    }
}

/// Octets of a Peer Up between the per-peer header and the OPENs: address and two ports.
const ADDRESSES_LEN: usize = 20;

/// What comes after the per-peer header of a Peer Up: the addresses, the OPEN that the router sent
/// and the one that it received.
fn opens(body: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (addresses, rest) = body.get(PER_PEER_HEADER_LEN..)?.split_at_checked(ADDRESSES_LEN)?;
    let (sent, rest) = message(rest)?;
    let (received, _) = message(rest)?;
    Some((addresses, sent, received))
}

/// The NOTIFICATION of a Peer Down, if its reason has one and it is whole.
fn notification(body: Reader<'_>) -> Option<&[u8]> {
    let (reason, data) = body.peek().get(PER_PEER_HEADER_LEN..)?.split_first()?;
    match PeerDownReason(*reason) {
        PeerDownReason::LocalNotification | PeerDownReason::RemoteNotification => {
            message(data).map(|(message, _)| message)
        }
        _ => None,
    }
}

/// The BGP message at the front, and what is after it.
fn message(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let header = Header::parse(&mut Reader::new(octets)).ok()?;
    octets.split_at_checked(header.len)
}

impl<R: Recorder> Format for Stream<R> {
    fn render(
        &mut self,
        batch: &Batch,
        selection: &Selection<'_>,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) {
        each_shown(batch, selection, cursor, out, |shown, cursor, out| {
            self.record(shown, cursor, out)
        });
    }
}
