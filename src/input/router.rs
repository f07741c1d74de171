//! A BMP session made of what a route collector has recorded: its peers become those of one router.
//!
//! Recordings in MRT and RIS Live say of a peer only who it is and what it sent. The rest of BMP is
//! made here: Initiation, Peer Ups whose OPENs offer what the recorded messages show (the width of
//! AS numbers, ADD-PATH), Peer Downs and End-of-RIB markers.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::InputEvent;
use super::emitter::Emitter;
use crate::bgp::encode::{self as bgp, Capability};
use crate::bmp::encode::{self as bmp, PeerDown};
use crate::bmp::{PeerHeader, PeerType};
use crate::wire::{Family, RouteDistinguisher, Timestamp};

/// Peers of one recording: a session keeps no more.
const PEERS_MAX: usize = 65_536;

/// Octets of BMP that are handed on at once, about.
const CHUNK_BYTES: usize = 256 * 1024;

/// What a peer's OPEN offers in any case. Collectors speak these with every peer.
const FAMILIES: [Family; 2] = [Family::IPV4_UNICAST, Family::IPV6_UNICAST];

/// Families of one peer that are told apart; there are fewer in use.
const FAMILIES_MAX: usize = 64;

/// How a message of a peer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct How {
    /// AS_PATHs have 4-octet AS numbers.
    pub(super) as4: bool,
    /// NLRI have path identifiers (RFC 7911).
    pub(super) add_path: bool,
    /// The collector sent it to the peer, and not the other way round.
    pub(super) is_out: bool,
}

/// Who a peer is, as far as a record says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Who {
    pub(super) address: IpAddr,
    pub(super) asn: u32,
    /// 0.0.0.0 when the record does not say.
    pub(super) bgp_id: Ipv4Addr,
    /// The collector's address and AS number; unspecified and 0 when the record does not say.
    pub(super) local_address: IpAddr,
    pub(super) local_asn: u32,
}

impl Who {
    /// A peer of which no more is known than this.
    pub(super) fn new(address: IpAddr, asn: u32) -> Self {
        let local_address = match address {
            IpAddr::V4(_) => IpAddr::from([0; 4]),
            IpAddr::V6(_) => IpAddr::from([0; 16]),
        };
        Self { address, asn, bgp_id: Ipv4Addr::UNSPECIFIED, local_address, local_asn: 0 }
    }
}

#[derive(Debug)]
struct Peer {
    who: Who,
    /// Counts the peers before this one that have the same address and another AS number.
    namesakes: u32,
    is_up: bool,
    as4: bool,
    /// Families whose NLRI have path identifiers.
    add_path: Vec<Family>,
    /// Families beyond those that everyone speaks.
    others: Vec<Family>,
    /// Whether the collector sent path identifiers to the peer.
    sends_ids: bool,
    /// Families of a table dump that are not yet ended.
    dumped: Vec<Family>,
    /// A NOTIFICATION took it down; the change of state that follows says the same.
    is_notified: bool,
}

impl Peer {
    fn header(&self, how: How, at: Timestamp) -> PeerHeader {
        let as2 = if how.as4 { 0 } else { PeerHeader::FLAG_A };
        let out = if how.is_out { PeerHeader::FLAG_O | PeerHeader::FLAG_L } else { 0 };
        let header = PeerHeader::new(self.who.address, self.who.asn, self.who.bgp_id);
        PeerHeader {
            // Peers that share an address stay apart as instances of the collector's own.
            kind: if self.namesakes == 0 { PeerType::Global } else { PeerType::Local },
            distinguisher: RouteDistinguisher(u64::from(self.namesakes).to_be_bytes()),
            timestamp: at,
            ..header.with_flags(as2 | out)
        }
    }

    fn plainly(&self) -> How {
        How { as4: self.as4, add_path: false, is_out: false }
    }

    /// Takes on how a message is written; whether that differs from what the OPENs said.
    fn takes_on(&mut self, how: How, families: &[Family]) -> bool {
        let mut differs = !self.is_up || self.as4 != how.as4;
        self.as4 = how.as4;
        if how.add_path && how.is_out && !self.sends_ids {
            (self.sends_ids, differs) = (true, true);
        }
        for &family in families {
            let at = self.add_path.iter().position(|f| *f == family);
            match (at, how.add_path) {
                (None, true) if self.add_path.len() < FAMILIES_MAX => self.add_path.push(family),
                (Some(at), false) => drop(self.add_path.swap_remove(at)),
                _ => continue,
            }
            differs = true;
        }
        differs
    }

    /// The two OPENs: the collector's and the peer's.
    fn opens(&self, collector: Ipv4Addr) -> [Vec<u8>; 2] {
        let (receive, send) = if self.sends_ids { (3, 3) } else { (1, 2) };
        let sides =
            [(self.who.local_asn, collector, receive), (self.who.asn, self.who.bgp_id, send)];
        sides.map(|(asn, bgp_id, mode)| {
            let add_path: Vec<_> = self.add_path.iter().map(|f| (*f, mode)).collect();
            let families = FAMILIES.iter().chain(&self.others);
            let mut capabilities: Vec<_> =
                families.map(|f| Capability::Multiprotocol(*f)).collect();
            if self.as4 {
                capabilities.push(Capability::FourOctetAs(asn));
            }
            // One capability holds at most 255 octets, 4 for each family.
            capabilities.extend(add_path.chunks(63).map(Capability::AddPath));
            let mut out = Vec::new();
            let open = bgp::Open { asn, hold_time: 180, bgp_id, capabilities: &capabilities };
            bgp::open(&mut out, &open);
            out
        })
    }
}

/// The session that is being made.
pub(super) struct Router {
    address: SocketAddr,
    name: Vec<u8>,
    description: &'static str,
    bgp_id: Ipv4Addr,
    stream: Option<usize>,
    peers: Vec<Peer>,
    slots: HashMap<(IpAddr, u32), usize>,
    by_address: HashMap<IpAddr, u32>,
    /// Peers with families that are not yet ended, in the order in which they came.
    dumping: Vec<usize>,
    /// BMP that is not yet handed on.
    out: Vec<u8>,
    last: Option<Timestamp>,
}

impl Router {
    /// A router of this name; its stream opens with its first message.
    pub(super) fn new(address: SocketAddr, name: &[u8], description: &'static str) -> Self {
        Self {
            address,
            name: name.to_vec(),
            description,
            bgp_id: Ipv4Addr::UNSPECIFIED,
            stream: None,
            peers: Vec::new(),
            slots: HashMap::new(),
            by_address: HashMap::new(),
            dumping: Vec::new(),
            out: Vec::new(),
            last: None,
        }
    }

    /// What the collector calls itself: of use before the first message.
    pub(super) fn rename(&mut self, name: &[u8], bgp_id: Ipv4Addr) {
        self.name = name.to_vec();
        self.bgp_id = bgp_id;
    }

    /// The place of a peer; none when there are too many.
    pub(super) fn slot(&mut self, who: &Who) -> Option<usize> {
        let key = (who.address, who.asn);
        if let Some(&slot) = self.slots.get(&key) {
            let known = &mut self.peers[slot].who;
            if !who.bgp_id.is_unspecified() {
                known.bgp_id = who.bgp_id;
            }
            if !who.local_address.is_unspecified() {
                (known.local_address, known.local_asn) = (who.local_address, who.local_asn);
            }
            return Some(slot);
        }
        if self.peers.len() >= PEERS_MAX {
            return None;
        }
        let of_address = self.by_address.entry(who.address).or_default();
        let namesakes = *of_address;
        *of_address += 1;
        self.slots.insert(key, self.peers.len());
        self.peers.push(Peer {
            who: *who,
            namesakes,
            is_up: false,
            as4: true,
            add_path: Vec::new(),
            others: Vec::new(),
            sends_ids: false,
            dumped: Vec::new(),
            is_notified: false,
        });
        Some(self.peers.len() - 1)
    }

    /// The peer's BGP Identifier has become known.
    pub(super) fn identify(&mut self, slot: usize, bgp_id: Ipv4Addr) {
        if let Some(peer) = self.peers.get_mut(slot) {
            peer.who.bgp_id = bgp_id;
        }
    }

    pub(super) fn is_up(&self, slot: usize) -> bool {
        self.peers.get(slot).is_some_and(|peer| peer.is_up)
    }

    /// Whether path identifiers of this peer were seen.
    pub(super) fn has_add_path(&self, slot: usize) -> bool {
        self.peers.get(slot).is_some_and(|peer| !peer.add_path.is_empty())
    }

    /// The peer is Established: says so unless that is known. `as4` is a guess until its first
    /// UPDATE comes.
    pub(super) fn up(&mut self, slot: usize, as4: bool, at: Timestamp) {
        let Some(peer) = self.peers.get_mut(slot) else { return };
        if !peer.is_up {
            peer.as4 = as4;
            self.peer_up(slot, at);
        }
    }

    /// An UPDATE of the peer, as received. `families` are those that it has NLRI of; they need not
    /// be told where path identifiers are out of the question.
    pub(super) fn update(
        &mut self,
        slot: usize,
        how: How,
        families: &[Family],
        at: Timestamp,
        update: &[u8],
    ) {
        let Some(peer) = self.peers.get_mut(slot) else { return };
        if peer.takes_on(how, families) {
            self.peer_up(slot, at);
        }
        let header = self.peers[slot].header(how, at);
        bmp::route_monitoring(self.buffer(), &header, update);
    }

    /// A route of a table dump: its path attributes and, for IPv4 unicast, its NLRI.
    pub(super) fn route(
        &mut self,
        slot: usize,
        how: How,
        family: Family,
        at: Timestamp,
        (attributes, nlri): (&[u8], &[u8]),
    ) {
        let Some(peer) = self.peers.get_mut(slot) else { return };
        if peer.dumped.is_empty() {
            self.dumping.push(slot);
        }
        if !peer.dumped.contains(&family) && peer.dumped.len() < FAMILIES_MAX {
            peer.dumped.push(family);
        }
        let mut differs = peer.takes_on(how, &[family]);
        let known = FAMILIES.iter().chain(&peer.others).any(|f| *f == family);
        if !known && peer.others.len() < FAMILIES_MAX {
            peer.others.push(family);
            differs = true;
        }
        if differs {
            self.peer_up(slot, at);
        }
        let header = self.peers[slot].header(how, at);
        bmp::route_monitoring_with(self.buffer(), &header, |out| {
            bgp::update(out, &[], attributes, nlri);
        });
    }

    /// The table dump is complete: an End-of-RIB for each peer and family in it.
    pub(super) fn end_dump(&mut self, at: Timestamp) {
        for slot in std::mem::take(&mut self.dumping) {
            let families = std::mem::take(&mut self.peers[slot].dumped);
            let header = self.peers[slot].header(self.peers[slot].plainly(), at);
            for family in families {
                bmp::route_monitoring_with(self.buffer(), &header, |out| {
                    bgp::end_of_rib(out, family);
                });
            }
        }
    }

    /// The peer is no longer Established; one that was not known to be comes up first.
    pub(super) fn down(&mut self, slot: usize, reason: &PeerDown<'_>, at: Timestamp) {
        if slot >= self.peers.len() {
            return;
        }
        if !self.peers[slot].is_up {
            self.peer_up(slot, at);
        }
        let peer = &mut self.peers[slot];
        peer.is_up = false;
        peer.add_path.clear();
        peer.sends_ids = false;
        peer.is_notified = !matches!(reason, PeerDown::LocalEvent(_));
        let header = peer.header(peer.plainly(), at);
        bmp::peer_down(self.buffer(), &header, reason);
    }

    /// The peer has left the Established state, for what reason is not known.
    pub(super) fn left_established(&mut self, slot: usize, at: Timestamp) {
        match self.peers.get_mut(slot) {
            Some(peer) if peer.is_notified => peer.is_notified = false,
            // Code 0: no FSM event is known (RFC 7854 §4.9).
            _ => self.down(slot, &PeerDown::LocalEvent(0), at),
        }
    }

    fn peer_up(&mut self, slot: usize, at: Timestamp) {
        let collector = match (self.bgp_id, self.peers[slot].who.local_address) {
            (id, IpAddr::V4(address)) if id.is_unspecified() => address,
            (id, _) => id,
        };
        let peer = &mut self.peers[slot];
        (peer.is_up, peer.is_notified) = (true, false);
        let [sent, received] = peer.opens(collector);
        let header = peer.header(peer.plainly(), at);
        let up = bmp::PeerUp {
            local_address: peer.who.local_address,
            local_port: 0,
            remote_port: 0,
            sent_open: &sent,
            received_open: &received,
            tlvs: &[],
        };
        bmp::peer_up(self.buffer(), &header, &up);
    }

    /// Where the next message goes; the Initiation stands before the first.
    fn buffer(&mut self) -> &mut Vec<u8> {
        if self.stream.is_none() && self.out.is_empty() {
            let description = self.description.as_bytes();
            let tlvs = [(bmp::INFO_SYS_DESCR, description), (bmp::INFO_SYS_NAME, &self.name)];
            bmp::initiation(&mut self.out, &tlvs);
        }
        &mut self.out
    }

    /// Hands on what was made, if it is much.
    pub(super) fn flush_large(&mut self, out: &mut Emitter<'_>, at: Timestamp) {
        if self.out.len() >= CHUNK_BYTES {
            self.flush(out, at);
        }
    }

    /// Hands on what was made of a record of this time.
    pub(super) fn flush(&mut self, out: &mut Emitter<'_>, at: Timestamp) {
        if self.out.is_empty() {
            return;
        }
        // Times of a stream go forward; the per-peer headers have them as recorded.
        let at = self.last.max(Some(at));
        self.last = at;
        let stream = match self.stream {
            Some(stream) => stream,
            None => *self.stream.insert(out.open(self.address, at)),
        };
        out.emit(InputEvent::Data { stream, octets: &self.out, at });
        self.out.clear();
    }

    /// The recording ends.
    pub(super) fn close(mut self, out: &mut Emitter<'_>, end: super::StreamEnd) {
        let at = self.last.unwrap_or_default();
        self.end_dump(at);
        self.flush(out, at);
        if let Some(stream) = self.stream {
            out.close(stream, self.last, end);
        }
    }
}
