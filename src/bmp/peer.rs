//! The per-peer header: type(1) · flags(1) · distinguisher(8) · address(16) · AS(4) · BGP ID(4) ·
//! seconds(4) · microseconds(4) (RFC 7854 §4.2, RFC 8671 §4, RFC 9069 §4).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::wire::{Reader, RouteDistinguisher, Timestamp, WireError, open_enum};

/// Octets of the per-peer header.
pub const PER_PEER_HEADER_LEN: usize = 42;

const FLAG_V: u8 = 0x80;
const FLAG_L: u8 = 0x40;
const FLAG_A: u8 = 0x20;
const FLAG_O: u8 = 0x10;
const FLAG_F: u8 = 0x80;

open_enum! {
    /// Peer types (RFC 7854 §4.2, RFC 9069 §4.1).
    pub struct PeerType(u8) {
        Global = 0 => "Global Instance Peer",
        Rd = 1 => "RD Instance Peer",
        Local = 2 => "Local Instance Peer",
        LocRib = 3 => "Loc-RIB Instance Peer",
    }
}

/// Which RIB of the router a message speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RibView {
    /// Adj-RIB-In before the inbound policy.
    AdjRibInPre,
    /// Adj-RIB-In after the inbound policy.
    AdjRibInPost,
    /// Adj-RIB-Out before the outbound policy (RFC 8671).
    AdjRibOutPre,
    /// Adj-RIB-Out after the outbound policy.
    AdjRibOutPost,
    /// Loc-RIB (RFC 9069).
    LocRib,
}

impl RibView {
    /// Whether the routes are those that the router sends (and not those that it receives).
    #[must_use]
    pub fn is_out(self) -> bool {
        matches!(self, RibView::AdjRibOutPre | RibView::AdjRibOutPost)
    }

    /// The view's name in the standards' words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            RibView::AdjRibInPre => "Adj-RIB-In pre-policy",
            RibView::AdjRibInPost => "Adj-RIB-In post-policy",
            RibView::AdjRibOutPre => "Adj-RIB-Out pre-policy",
            RibView::AdjRibOutPost => "Adj-RIB-Out post-policy",
            RibView::LocRib => "Loc-RIB",
        }
    }
}

/// What tells one peer of a router from another: type, distinguisher and address. AS number and BGP
/// identifier change when a peer comes back, so they are no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerKey(pub [u8; 25]);

/// The per-peer header of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerHeader {
    /// Peer type.
    pub kind: PeerType,
    /// Flags as received; their meaning depends on the type.
    pub flags: u8,
    /// Peer distinguisher; of meaning for types 1 and 3.
    pub distinguisher: RouteDistinguisher,
    /// Peer address as received; an IPv4 address is in the last 4 octets.
    pub address: [u8; 16],
    /// Peer AS number.
    pub asn: u32,
    /// Peer BGP identifier.
    pub bgp_id: [u8; 4],
    /// When the router got the route or the event; zero when it does not say.
    pub timestamp: Timestamp,
}

impl PeerHeader {
    /// Reads a per-peer header.
    ///
    /// # Errors
    /// Fewer than 42 octets are left.
    #[inline]
    pub fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        // In place: fields of a copy would wait for its stores.
        r.chunk("per-peer header").map(Self::of)
    }

    /// The header in these octets.
    #[inline]
    #[must_use]
    pub fn of(octets: &[u8; PER_PEER_HEADER_LEN]) -> Self {
        Self {
            kind: PeerType(octets[0]),
            flags: octets[1],
            distinguisher: RouteDistinguisher(field::<8>(octets, 2)),
            address: field::<16>(octets, 10),
            asn: u32::from_be_bytes(field::<4>(octets, 26)),
            bgp_id: field::<4>(octets, 30),
            timestamp: Self::timestamp_in(octets),
        }
    }

    /// The timestamp alone.
    #[inline]
    #[must_use]
    pub fn timestamp_in(octets: &[u8; PER_PEER_HEADER_LEN]) -> Timestamp {
        let [secs, micros] = [34, 38].map(|at| u32::from_be_bytes(field::<4>(octets, at)));
        Timestamp::new(secs.into(), micros)
    }

    /// The peer's key within its router.
    #[inline]
    #[must_use]
    pub fn key(&self) -> PeerKey {
        let mut key = [0; 25];
        key[0] = self.kind.0;
        key[1..9].copy_from_slice(&self.distinguisher.0);
        key[9..].copy_from_slice(&self.address);
        PeerKey(key)
    }

    /// Which RIB the message speaks of (L and O flags, or the Loc-RIB type).
    #[inline]
    #[must_use]
    pub fn view(&self) -> RibView {
        if self.kind == PeerType::LocRib {
            return RibView::LocRib;
        }
        match (self.flags & FLAG_O != 0, self.flags & FLAG_L != 0) {
            (false, false) => RibView::AdjRibInPre,
            (false, true) => RibView::AdjRibInPost,
            (true, false) => RibView::AdjRibOutPre,
            (true, true) => RibView::AdjRibOutPost,
        }
    }

    /// A flag: AS_PATHs have 2-octet AS numbers (RFC 7854 §4.2). Never for Loc-RIB.
    #[must_use]
    pub fn legacy_as_path(&self) -> bool {
        self.kind != PeerType::LocRib && self.flags & FLAG_A != 0
    }

    /// F flag: the Loc-RIB is filtered (RFC 9069 §4.2).
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        self.kind == PeerType::LocRib && self.flags & FLAG_F != 0
    }

    /// V flag: the address is IPv6. For Loc-RIB, whose address is zero, there is no such flag: then
    /// an address of more than 4 octets is IPv6.
    #[must_use]
    pub fn is_ipv6(&self) -> bool {
        match self.kind {
            PeerType::LocRib => self.address[..12] != [0; 12],
            _ => self.flags & FLAG_V != 0,
        }
    }

    /// The peer's address.
    #[must_use]
    pub fn ip(&self) -> IpAddr {
        let [.., a, b, c, d] = self.address;
        match self.is_ipv6() {
            true => Ipv6Addr::from(self.address).into(),
            false => Ipv4Addr::new(a, b, c, d).into(),
        }
    }

    /// The distinguisher where the type gives it a meaning and it is not zero.
    #[must_use]
    pub fn instance(&self) -> Option<RouteDistinguisher> {
        let has = matches!(self.kind, PeerType::Rd | PeerType::LocRib);
        (has && !self.distinguisher.is_zero()).then_some(self.distinguisher)
    }
}

/// The `N` octets from `at` on.
#[inline(always)]
fn field<const N: usize>(octets: &[u8; PER_PEER_HEADER_LEN], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&octets[at..at + N]);
    field
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn header(kind: u8, flags: u8) -> PeerHeader {
        let mut b = [0u8; 42];
        b[0] = kind;
        b[1] = flags;
        b[9] = 1;
        b[22..26].copy_from_slice(&[10, 0, 0, 1]);
        PeerHeader::parse(&mut Reader::new(&b)).unwrap()
    }

    #[test]
    fn flags_mean_what_the_peer_type_says() {
        assert_eq!(header(0, 0).view(), RibView::AdjRibInPre);
        assert_eq!(header(0, 0x40).view(), RibView::AdjRibInPost);
        assert_eq!(header(1, 0x10).view(), RibView::AdjRibOutPre);
        assert_eq!(header(2, 0x50).view(), RibView::AdjRibOutPost);
        assert_eq!(header(3, 0x50).view(), RibView::LocRib);
        assert!(header(3, 0x80).is_filtered() && !header(3, 0x80).is_ipv6());
        assert!(!header(0, 0x80).is_filtered() && header(0, 0x80).is_ipv6());
        assert!(header(0, 0x20).legacy_as_path() && !header(3, 0x20).legacy_as_path());
    }

    #[test]
    fn only_types_1_and_3_have_an_instance() {
        for (kind, has) in [(0, false), (1, true), (2, false), (3, true), (9, false)] {
            assert_eq!(header(kind, 0).instance().is_some(), has, "type {kind}");
        }
    }

    #[test]
    fn the_key_tells_instances_apart_and_forgets_as_and_id() {
        let (a, mut b) = (header(1, 0), header(1, 0x40));
        b.asn = 7;
        b.bgp_id = [1; 4];
        assert_eq!(a.key(), b.key(), "one Peer Up covers all views");
        assert_ne!(a.key(), header(3, 0).key());
    }
}
