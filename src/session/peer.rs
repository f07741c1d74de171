//! What a session knows of each peer: what it negotiated, and what its bytes have shown.

use super::event::Events;
use super::{Cached, SessionLimits};
use crate::bgp::AsWidth;
use crate::bgp::open::Open;
use crate::bmp::msg::peer_up::PeerUp;
use crate::bmp::{
    CommonHeader, Keyed, PER_PEER_HEADER_LEN, PeerHeader, PeerKey, PeerType, RibView,
};
use crate::record::{Batch, PeerContext};
use crate::wire::{Family, Timestamp};

/// ADD-PATH modes of RFC 7911 §4, as bits.
const RECEIVE: u8 = 1;
const SEND: u8 = 2;

/// ADD-PATH tuples kept of a speaker; there are fewer families than this.
const ADD_PATH_MAX: usize = 64;
const _: () = assert!(crate::bgp::nlri::FAMILIES.len() <= ADD_PATH_MAX);

/// Peer Ups kept of one Loc-RIB: a router sends one for each family or instance (RFC 9069 §6.1.1),
/// and each that comes is compared with those that are kept.
const MERGED_MAX: usize = 64;

/// What one OPEN offers, as far as decoding needs it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// The speaker's AS number, 4-octet aware.
    pub asn: u32,
    /// Whether it offers 4-octet AS numbers (RFC 6793).
    pub as4: bool,
    /// ADD-PATH Send/Receive of each family (RFC 7911): 1 receive, 2 send, 3 both.
    pub add_path: Vec<(Family, u8)>,
}

impl Capabilities {
    fn of(open: &Open<'_>) -> Self {
        let mut add_path = Vec::new();
        open.each_add_path(|family, mode| {
            // Any other value is ignored (RFC 7911 §4).
            if (RECEIVE..=Self::ADD_PATH_BOTH).contains(&mode) && add_path.len() < ADD_PATH_MAX {
                add_path.push((family, mode));
            }
        });
        Self { asn: open.asn(), as4: open.four_octet_as().is_some(), add_path }
    }

    /// ADD-PATH Send/Receive of a speaker that does both.
    pub(super) const ADD_PATH_BOTH: u8 = SEND | RECEIVE;

    pub(super) fn offer_add_path(&mut self, family: Family, mode: u8) {
        if self.add_path.len() < ADD_PATH_MAX {
            self.add_path.push((family, mode));
        }
    }

    fn add_path(&self, family: Family) -> u8 {
        self.add_path.iter().rev().find(|(f, _)| *f == family).map_or(0, |(_, mode)| *mode)
    }

    /// Takes over what another OPEN of the same Loc-RIB offers (RFC 9069 §6.1.1).
    fn merge(&mut self, other: Self) {
        self.asn = other.asn;
        self.as4 |= other.as4;
        for (family, mode) in other.add_path {
            if !self.add_path.contains(&(family, mode)) && self.add_path.len() < ADD_PATH_MAX {
                self.add_path.push((family, mode));
            }
        }
    }
}

/// What the two OPENs of a Peer Up offer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Negotiated {
    /// From the OPEN that the router sent.
    pub sent: Capabilities,
    /// From the OPEN that it received.
    pub received: Capabilities,
}

impl Negotiated {
    /// Whether NLRI of `family` in `view` carry path identifiers: the sender must offer to send and
    /// the receiver to receive (RFC 7911 §4). The OPENs of a Loc-RIB are made up: one of them is
    /// enough.
    #[inline]
    fn add_path(&self, view: RibView, family: Family) -> bool {
        if self.sent.add_path.is_empty() && self.received.add_path.is_empty() {
            return false;
        }
        let (sent, received) = (self.sent.add_path(family), self.received.add_path(family));
        match view {
            RibView::LocRib => (sent | received) & (SEND | RECEIVE) != 0,
            view if view.is_out() => sent & SEND != 0 && received & RECEIVE != 0,
            _ => received & SEND != 0 && sent & RECEIVE != 0,
        }
    }
}

/// How the NLRI of one view and family have been read, kept once the bytes contradicted the OPENs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The view.
    pub view: RibView,
    /// The family.
    pub family: Family,
    /// First choice: with path identifiers, or without.
    pub add_path: bool,
    /// NLRI lists in a row that fitted only the other choice.
    pub contrary: u8,
}

/// NLRI lists that fit only the other reading before that becomes the first choice.
pub(super) const CONTRARY_MAX: u8 = 3;

/// What a session knows of one peer.
#[derive(Debug, Clone, Default)]
pub struct PeerState {
    /// What the last Peer Up said; `None` before one and after a Peer Down.
    pub negotiated: Option<Negotiated>,
    /// The last Peer Up as received; of a Loc-RIB all that were merged.
    pub peer_up: Vec<u8>,
    /// The time in the peer's last message.
    pub last_timestamp: Timestamp,
    /// Readings that differ from the OPENs, or may come to.
    pub readings: Vec<Reading>,
    /// Where this peer's context stands in the batch being filled: no part of the state.
    context: Option<Cached>,
}

impl PartialEq for PeerState {
    fn eq(&self, other: &Self) -> bool {
        self.negotiated == other.negotiated
            && self.peer_up == other.peer_up
            && self.last_timestamp == other.last_timestamp
            && self.readings == other.readings
    }
}

impl PeerState {
    /// The first guess at the width of AS numbers: the A flag, then the OPENs; a Loc-RIB and a peer
    /// that nothing is known of have 4 octets. The bytes decide in the end.
    pub(super) fn as_width(&self, header: &PeerHeader) -> AsWidth {
        match &self.negotiated {
            _ if header.legacy_as_path() => AsWidth::Two,
            Some(n) if header.kind != PeerType::LocRib && !(n.sent.as4 && n.received.as4) => {
                AsWidth::Two
            }
            _ => AsWidth::Four,
        }
    }

    /// Whether to read NLRI with path identifiers first.
    #[inline]
    pub(super) fn add_path(&self, view: RibView, family: Family) -> bool {
        match self.readings.iter().find(|r| r.view == view && r.family == family) {
            Some(reading) => reading.add_path,
            None => self.negotiated.as_ref().is_some_and(|n| n.add_path(view, family)),
        }
    }

    /// The reading of a view and family, made on the first contradiction.
    pub(super) fn reading(&mut self, view: RibView, family: Family) -> &mut Reading {
        let add_path = self.add_path(view, family);
        let at = self.readings.iter().position(|r| r.view == view && r.family == family);
        let at = at.unwrap_or_else(|| {
            self.readings.push(Reading { view, family, add_path, contrary: 0 });
            self.readings.len() - 1
        });
        &mut self.readings[at]
    }

    /// Whether a contradiction was ever seen.
    #[inline]
    pub(super) fn has_readings(&self) -> bool {
        !self.readings.is_empty()
    }

    /// Whether a contradiction was seen that is not yet settled.
    pub(super) fn in_doubt(&self, view: RibView, family: Family) -> bool {
        self.readings.iter().any(|r| r.view == view && r.family == family && r.contrary > 0)
    }
}

/// The index of the peer's context in `batch`; `None` when nothing is known that a record needs.
pub(super) fn context_of(peer: &mut PeerState, batch: &mut Batch) -> Option<u32> {
    let negotiated = peer.negotiated.as_ref()?;
    match peer.context {
        Some((stamp, index)) if stamp == batch.stamp() => Some(index),
        _ => {
            let index = batch.add_peer(PeerContext::from(negotiated));
            peer.context = Some((batch.stamp(), index));
            Some(index)
        }
    }
}

type PeerMap = Keyed<PeerKey, u32>;

/// Octets of a per-peer header up to its timestamp.
const BEFORE_TIMESTAMP: usize = 34;

/// A per-peer header that needs no parsing when it comes again with another timestamp.
#[derive(Debug)]
struct Last {
    octets: [u8; PER_PEER_HEADER_LEN],
    header: PeerHeader,
    /// Where the state of its peer is.
    at: usize,
}

/// Whether two per-peer headers differ at most in their timestamps: in numbers, as a comparison of
/// so many octets is a call.
#[inline]
fn same_peer(a: &[u8; PER_PEER_HEADER_LEN], b: &[u8; PER_PEER_HEADER_LEN]) -> bool {
    let number = |octets: &[u8; PER_PEER_HEADER_LEN], at: usize| {
        octets[at..].first_chunk().map(|chunk| u128::from_ne_bytes(*chunk))
    };
    let last = BEFORE_TIMESTAMP - size_of::<u128>();
    [0, 16, last].into_iter().all(|at| number(a, at) == number(b, at))
}

/// The peers of a session.
#[derive(Debug, Default)]
pub(super) struct Peers {
    states: Vec<(PeerKey, PeerState)>,
    /// Where each peer's state is.
    map: PeerMap,
    /// The peer of the last Route Monitoring message: routers send a peer's messages in runs.
    last: Option<Last>,
    /// Octets of Peer Up messages kept.
    raw_bytes: usize,
}

impl Peers {
    /// The header in `octets` and the state of its peer; `None` when the limit of peers is reached.
    #[inline]
    pub(super) fn of_message(
        &mut self,
        octets: &[u8; PER_PEER_HEADER_LEN],
        limit: usize,
        events: &mut Events,
    ) -> Option<(&PeerHeader, &mut PeerState)> {
        if self.last.as_ref().is_none_or(|last| !same_peer(&last.octets, octets)) {
            self.look_up(octets, limit, events)?;
        }
        let Last { header, at, .. } = self.last.as_mut()?;
        let (_, peer) = self.states.get_mut(*at)?;
        header.timestamp = PeerHeader::timestamp_in(octets);
        peer.last_timestamp = header.timestamp;
        Some((header, peer))
    }

    /// Makes another peer the last one.
    #[inline(never)]
    fn look_up(
        &mut self,
        octets: &[u8; PER_PEER_HEADER_LEN],
        limit: usize,
        events: &mut Events,
    ) -> Option<()> {
        let header = PeerHeader::of(octets);
        let at = self.find(header.key(), limit, events)?;
        self.last = Some(Last { octets: *octets, header, at });
        Some(())
    }

    /// The state of the peer of `header`; `None` when the limit of peers is reached.
    fn entry(
        &mut self,
        header: &PeerHeader,
        limit: usize,
        events: &mut Events,
    ) -> Option<&mut PeerState> {
        let at = self.find(header.key(), limit, events)?;
        self.states.get_mut(at).map(|(_, state)| state)
    }

    /// Where the state of a peer is; that of a new one is made.
    fn find(&mut self, key: PeerKey, limit: usize, events: &mut Events) -> Option<usize> {
        if let Some(at) = self.map.get(&key) {
            return Some(*at as usize);
        }
        if self.map.len() >= limit {
            events.peer_limit(limit);
            return None;
        }
        let at = self.states.len();
        self.map.insert(key, at as u32);
        self.states.push((key, PeerState::default()));
        Some(at)
    }

    fn known(&mut self, header: &PeerHeader) -> Option<&mut PeerState> {
        let at = *self.map.get(&header.key())?;
        self.states.get_mut(at as usize).map(|(_, state)| state)
    }

    /// The index of the context of a peer that is up.
    pub(super) fn context(&mut self, header: &PeerHeader, batch: &mut Batch) -> Option<u32> {
        context_of(self.known(header)?, batch)
    }

    /// A Peer Up replaces what was known of the peer; those of a Loc-RIB add to each other
    /// (RFC 9069 §6.1.1).
    pub(super) fn up(
        &mut self,
        up: &PeerUp<'_>,
        bytes: &[u8],
        limits: SessionLimits,
        events: &mut Events,
    ) {
        let offered = Negotiated {
            sent: Capabilities::of(&up.sent_open),
            received: Capabilities::of(&up.received_open),
        };
        let kept = self.raw_bytes;
        let Some(peer) = self.entry(&up.peer, limits.peers, events) else { return };
        let merges = up.peer.kind == PeerType::LocRib && peer.negotiated.is_some();
        let mut raw = std::mem::take(&mut peer.peer_up);
        let kept = kept - raw.len();
        if merges {
            let n = peer.negotiated.get_or_insert_default();
            n.sent.merge(offered.sent);
            n.received.merge(offered.received);
        } else {
            *peer = PeerState { negotiated: Some(offered), ..PeerState::default() };
            raw = Vec::new(); // the memory too: only octets in use count against the limit
        }
        peer.last_timestamp = up.peer.timestamp;
        peer.context = None;
        let (said_before, messages) = search(&raw, bytes);
        let fits = kept + raw.len() + bytes.len() <= limits.state_bytes;
        if said_before {
            // nothing new: a router may repeat itself as often as it likes
        } else if fits && messages < MERGED_MAX {
            raw.extend_from_slice(bytes);
        } else {
            events.state_limit(limits.state_bytes);
        }
        self.raw_bytes = kept + raw.len();
        if let Some(peer) = self.known(&up.peer) {
            peer.peer_up = raw;
        }
    }

    /// A Peer Down ends what was negotiated.
    pub(super) fn down(&mut self, header: &PeerHeader) {
        let Some(at) = self.map.remove(&header.key()) else { return };
        self.last = None; // states change their places
        let (_, peer) = self.states.swap_remove(at as usize);
        self.raw_bytes -= peer.peer_up.len();
        if let Some((moved, _)) = self.states.get(at as usize) {
            self.map.insert(*moved, at);
        }
    }

    /// Every peer, sorted by key.
    pub(super) fn export(&self) -> Vec<(PeerKey, PeerState)> {
        let mut all = self.states.clone();
        all.sort_unstable_by_key(|(k, _)| *k);
        for (_, peer) in &mut all {
            peer.context = None;
        }
        all
    }

    pub(super) fn import(peers: Vec<(PeerKey, PeerState)>) -> Self {
        let raw_bytes = peers.iter().map(|(_, p)| p.peer_up.len()).sum();
        let places = peers.iter().enumerate().map(|(at, (key, _))| (*key, at as u32));
        let map = places.collect();
        Self { states: peers, map, last: None, raw_bytes }
    }
}

/// Whether one of the messages in `raw` says the same as `message`, at whatever time; and how many
/// there are, if none does.
fn search(mut raw: &[u8], message: &[u8]) -> (bool, usize) {
    const TIME: std::ops::Range<usize> = 40..48; // of the per-peer header, in the whole message
    let (before, after) = (..TIME.start, TIME.end..);
    let mut messages = 0;
    while let Ok(Some(header)) = CommonHeader::parse(raw, usize::MAX) {
        let Some((first, rest)) = raw.split_at_checked(header.len) else { break };
        if first.get(before) == message.get(before)
            && first.get(after.clone()) == message.get(after.clone())
        {
            return (true, messages);
        }
        messages += 1;
        raw = rest;
    }
    (false, messages)
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;
    use crate::session::SessionEvent;

    fn offers(sent: u8, received: u8) -> Negotiated {
        let f = Family::IPV4_UNICAST;
        Negotiated {
            sent: Capabilities { add_path: vec![(f, sent)], ..Default::default() },
            received: Capabilities { add_path: vec![(f, received)], ..Default::default() },
        }
    }

    #[test]
    fn other_values_of_send_receive_are_ignored() {
        let mut octets = vec![4, 0xfd, 0xe9, 0, 180, 192, 0, 2, 1, 24, 2, 22, 69, 20];
        for mode in [0, 2, 4, 7, 255] {
            octets.extend([0, 1, mode, mode]);
        }
        let open = Open::parse_body(crate::wire::Reader::new(&octets));
        let offered = open.map(|open| Capabilities::of(&open).add_path);
        assert_eq!(offered, Ok(vec![(Family::new(1, 2), 2)]));
    }

    #[test]
    fn add_path_has_a_direction() {
        let f = Family::IPV4_UNICAST;
        for sent in 0..4 {
            for received in 0..4 {
                let n = offers(sent, received);
                let (r_in, r_out) =
                    (received & 2 != 0 && sent & 1 != 0, sent & 2 != 0 && received & 1 != 0);
                assert_eq!(n.add_path(RibView::AdjRibInPre, f), r_in, "{sent} {received}");
                assert_eq!(n.add_path(RibView::AdjRibInPost, f), r_in);
                assert_eq!(n.add_path(RibView::AdjRibOutPost, f), r_out);
                assert_eq!(n.add_path(RibView::LocRib, f), sent + received > 0);
                assert!(!n.add_path(RibView::LocRib, Family::IPV6_UNICAST));
            }
        }
    }

    /// A whole Peer Up message with a String TLV of `text` octets.
    fn peer_up_message(text: usize) -> Vec<u8> {
        use crate::{bgp::encode as bgp, bmp::encode as bmp};
        let bgp_id = [192, 0, 2, 9].into();
        let header = PeerHeader::new([192, 0, 2, 9].into(), 65009, bgp_id);
        let mut open = Vec::new();
        bgp::open(&mut open, &bgp::Open { asn: 65009, hold_time: 90, bgp_id, capabilities: &[] });
        let text = vec![b'x'; text];
        let up = bmp::PeerUp {
            local_address: [192, 0, 2, 1].into(),
            local_port: 179,
            remote_port: 40000,
            sent_open: &open,
            received_open: &open,
            tlvs: &[(0, &text)],
        };
        let mut out = Vec::new();
        bmp::peer_up(&mut out, &header, &up);
        out
    }

    #[test]
    fn a_replaced_peer_up_leaves_no_memory_behind() {
        let (mut peers, mut events) = (Peers::default(), Events::default());
        for text in [60_000, 10] {
            let message = peer_up_message(text);
            let up = PeerUp::parse(crate::wire::Reader::at(&message[6..], 6));
            let Ok(up) = up else { panic!("{:?}", up.err()) };
            peers.up(&up, &message, SessionLimits::default(), &mut events);
            let held: usize = peers.states.iter().map(|(_, p)| p.peer_up.capacity()).sum();
            assert_eq!((held, peers.raw_bytes), (message.len(), message.len()));
        }
    }

    #[test]
    fn the_last_peer_is_found_by_its_octets_and_forgotten_when_states_change_places() {
        let (mut peers, mut events) = (Peers::default(), Events::default());
        let octets = |last: u8, secs: u8| {
            let mut octets = [0; PER_PEER_HEADER_LEN];
            (octets[25], octets[37]) = (last, secs);
            octets
        };
        let mut seen = |peers: &mut Peers, last: u8, secs: u8| {
            let found = peers.of_message(&octets(last, secs), 3, &mut events);
            found.map(|(header, peer)| (header.key(), header.timestamp, peer.last_timestamp.secs))
        };
        for (last, secs) in [(1, 1), (2, 2), (3, 3), (3, 4), (1, 5), (1, 6), (2, 7)] {
            let header = PeerHeader::of(&octets(last, secs));
            let want = (header.key(), header.timestamp, u64::from(secs));
            assert_eq!(seen(&mut peers, last, secs), Some(want));
        }
        assert_eq!(seen(&mut peers, 4, 8), None, "the limit");
        assert!(seen(&mut peers, 3, 9).is_some());
        // The third one, which is the last, takes the place of the first.
        peers.down(&PeerHeader::of(&octets(1, 0)));
        assert!(seen(&mut peers, 3, 10).is_some() && seen(&mut peers, 2, 11).is_some());
        let times: Vec<_> = peers.export().iter().map(|(_, p)| p.last_timestamp.secs).collect();
        assert_eq!(times, [11, 10]);
    }

    #[test]
    fn the_peer_ups_of_a_loc_rib_are_kept_once_each_and_not_without_end() {
        let (mut peers, mut events) = (Peers::default(), Events::default());
        let mut say = |text: usize, micros: u8| {
            let mut message = peer_up_message(text);
            message[6] = PeerType::LocRib.0;
            message[47] = micros;
            let up = PeerUp::parse(crate::wire::Reader::at(&message[6..], 6));
            let Ok(up) = up else { panic!("{:?}", up.err()) };
            peers.up(&up, &message, SessionLimits::default(), &mut events);
            peers.raw_bytes
        };
        let one = say(1, 0);
        assert_eq!(say(1, 7), one, "the same at another time");
        assert!(say(2, 0) > one, "another one");
        let full = (3..=MERGED_MAX).map(|text| say(text, 0)).last();
        assert_eq!(Some(say(1000, 0)), full, "enough is enough");
        assert_eq!(events.take(), Some(SessionEvent::StateLimit { limit: 16 << 20 }));
    }
}
