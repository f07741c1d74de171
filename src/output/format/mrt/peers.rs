//! What a stream knows of its sessions' peers: who is up, and with which addresses.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::stream::Side;
use crate::bmp::{PeerHeader, PeerKey};
use crate::record::SessionId;

/// Peers of one session that are known; of those beyond only the messages are written.
const PEERS_MAX: usize = 65_536;

/// What has been written of a peer's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Known {
    /// Nothing: messages came before any Peer Up.
    #[default]
    Heard,
    /// Established, by a Peer Up whose addresses and OPENs have this hash.
    Up(u64),
    /// Idle.
    Down,
}

/// A peer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer {
    /// The per-peer header of the last message about its state, or of the first one.
    pub(super) header: PeerHeader,
    /// Its address and AS number, as they are written.
    pub(super) side: Side,
    /// The router's address and AS number, from its last Peer Up.
    pub(super) local: Side,
    pub(super) known: Known,
    /// Messages of its Adj-RIB-In before the policy have come since it is up.
    pub(super) has_pre: bool,
}

impl Peer {
    /// A peer of which nothing more is known.
    pub(super) fn new(header: &PeerHeader, side: Side) -> Self {
        let address = match side.address {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        Self {
            header: *header,
            side,
            local: Side { address, asn: 0 },
            known: Known::Heard,
            has_pre: false,
        }
    }
}

/// A peer within its session: an IPv4 address and the same octets as an IPv6 one are not the same.
type Key = (PeerKey, bool);

fn key(header: &PeerHeader) -> Key {
    (header.key(), header.is_ipv6())
}

/// The peers of a session, in the order in which they were first heard of.
#[derive(Debug, Default)]
pub(super) struct Peers {
    all: Vec<Peer>,
    places: HashMap<Key, usize>,
    /// The last one asked for: messages of a peer come in runs.
    last: Option<(Key, usize)>,
}

impl Peers {
    /// The peer of these messages; `None` when there are too many.
    #[inline]
    pub(super) fn entry(&mut self, header: &PeerHeader, side: Side) -> Option<&mut Peer> {
        let key = key(header);
        let place = match self.last {
            Some((last, place)) if last == key => place,
            _ => self.look_up(header, side)?,
        };
        self.all.get_mut(place)
    }

    fn look_up(&mut self, header: &PeerHeader, side: Side) -> Option<usize> {
        let key = key(header);
        let place = match self.places.get(&key) {
            Some(place) => *place,
            None if self.all.len() >= PEERS_MAX => return None,
            None => {
                self.all.push(Peer::new(header, side));
                self.places.insert(key, self.all.len() - 1);
                self.all.len() - 1
            }
        };
        self.last = Some((key, place));
        Some(place)
    }

    /// The peer at this place.
    pub(super) fn at(&self, place: usize) -> Option<&Peer> {
        self.all.get(place)
    }
}

/// The sessions of a stream.
#[derive(Debug, Default)]
pub(super) struct Sessions(HashMap<SessionId, Peers>);

impl Sessions {
    /// The peers of a session.
    #[inline]
    pub(super) fn peers(&mut self, session: SessionId) -> &mut Peers {
        self.0.entry(session).or_default()
    }

    /// Forgets a session.
    pub(super) fn forget(&mut self, session: SessionId) {
        self.0.remove(&session);
    }
}
