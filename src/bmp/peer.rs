//! The per-peer header: type(1) · flags(1) · distinguisher(8) · address(16) · AS(4) · BGP ID(4) ·
//! seconds(4) · microseconds(4) (RFC 7854 §4.2, RFC 8671 §4, RFC 9069 §4).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::wire::{Fields, Reader, RouteDistinguisher, Timestamp, WireError, open_enum};

/// Octets of the per-peer header.
pub const PER_PEER_HEADER_LEN: usize = 42;

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
    /// V flag: the peer address is IPv6 (RFC 7854 §4.2).
    pub const FLAG_V: u8 = 0x80;
    /// L flag: after the policy (RFC 7854 §4.2, RFC 8671 §4).
    pub const FLAG_L: u8 = 0x40;
    /// A flag: AS_PATHs have 2-octet AS numbers (RFC 7854 §4.2).
    pub const FLAG_A: u8 = 0x20;
    /// O flag: Adj-RIB-Out (RFC 8671 §4).
    pub const FLAG_O: u8 = 0x10;
    /// F flag, of a Loc-RIB peer only: its routes are filtered (RFC 9069 §4.2).
    pub const FLAG_F: u8 = 0x80;

    /// The header of a Global Instance Peer whose messages speak of its Adj-RIB-In before the
    /// policy, without a time. All else is said by setting fields.
    #[must_use]
    pub fn new(address: IpAddr, asn: u32, bgp_id: Ipv4Addr) -> Self {
        Self {
            kind: PeerType::Global,
            flags: if address.is_ipv6() { Self::FLAG_V } else { 0 },
            distinguisher: RouteDistinguisher::default(),
            address: address_octets(address),
            asn,
            bgp_id: bgp_id.octets(),
            timestamp: Timestamp::default(),
        }
    }

    /// The header of a Loc-RIB Instance Peer (RFC 9069 §4): `asn` and `bgp_id` are the router's.
    #[must_use]
    pub fn loc_rib(asn: u32, bgp_id: Ipv4Addr) -> Self {
        let zero = Ipv4Addr::UNSPECIFIED.into();
        Self { kind: PeerType::LocRib, ..Self::new(zero, asn, bgp_id) }
    }

    /// The same header with these flags set, too.
    #[must_use]
    pub fn with_flags(self, flags: u8) -> Self {
        Self { flags: self.flags | flags, ..self }
    }

    /// The same header with another time.
    #[must_use]
    pub fn at(self, timestamp: Timestamp) -> Self {
        Self { timestamp, ..self }
    }

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

    /// The 42 octets of the header: the inverse of [`PeerHeader::of`]. Of the seconds the lower 4
    /// octets are written: they reach until 2106.
    #[must_use]
    pub fn octets(&self) -> [u8; PER_PEER_HEADER_LEN] {
        let mut octets = [0; PER_PEER_HEADER_LEN];
        (octets[0], octets[1]) = (self.kind.0, self.flags);
        octets[2..10].copy_from_slice(&self.distinguisher.0);
        octets[10..26].copy_from_slice(&self.address);
        octets[26..30].copy_from_slice(&self.asn.to_be_bytes());
        octets[30..34].copy_from_slice(&self.bgp_id);
        octets[34..38].copy_from_slice(&(self.timestamp.secs as u32).to_be_bytes());
        octets[38..].copy_from_slice(&self.timestamp.micros.to_be_bytes());
        octets
    }

    /// Appends the 42 octets of the header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.octets());
    }

    /// Describes the header as the group `peer`.
    pub fn describe(&self, fields: &mut dyn Fields) {
        fields.group("peer", &mut |fields| {
            fields.text("type", &self.kind);
            fields.number("flags", self.flags.into());
            fields.text("view", &self.view().name());
            match self.kind {
                PeerType::LocRib => fields.flag("filtered", self.is_filtered()),
                _ => fields.flag("legacy_as_path", self.legacy_as_path()),
            }
            match self.distinguisher.kind() {
                0..=2 => fields.text("distinguisher", &self.distinguisher),
                _ => fields.octets("distinguisher", &self.distinguisher.0),
            }
            match self.ip() {
                ip if address_octets(ip) == self.address => fields.text("address", &ip),
                _ => fields.octets("address", &self.address),
            }
            fields.number("asn", self.asn.into());
            fields.text("bgp_id", &Ipv4Addr::from(self.bgp_id));
            fields.number("timestamp_seconds", self.timestamp.secs);
            fields.number("timestamp_microseconds", self.timestamp.micros.into());
        });
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
        match (self.flags & Self::FLAG_O != 0, self.flags & Self::FLAG_L != 0) {
            (false, false) => RibView::AdjRibInPre,
            (false, true) => RibView::AdjRibInPost,
            (true, false) => RibView::AdjRibOutPre,
            (true, true) => RibView::AdjRibOutPost,
        }
    }

    /// L flag: the routes are those after the policy. Never for Loc-RIB.
    #[must_use]
    pub fn is_post_policy(&self) -> bool {
        self.kind != PeerType::LocRib && self.flags & Self::FLAG_L != 0
    }

    /// O flag: the routes are those that the router sends (RFC 8671 §4). Never for Loc-RIB.
    #[must_use]
    pub fn is_adj_rib_out(&self) -> bool {
        self.kind != PeerType::LocRib && self.flags & Self::FLAG_O != 0
    }

    /// A flag: AS_PATHs have 2-octet AS numbers (RFC 7854 §4.2). Never for Loc-RIB.
    #[must_use]
    pub fn legacy_as_path(&self) -> bool {
        self.kind != PeerType::LocRib && self.flags & Self::FLAG_A != 0
    }

    /// F flag: the Loc-RIB is filtered (RFC 9069 §4.2).
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        self.kind == PeerType::LocRib && self.flags & Self::FLAG_F != 0
    }

    /// V flag: the address is IPv6. For Loc-RIB, whose address is zero, there is no such flag: then
    /// an address of more than 4 octets is IPv6.
    #[must_use]
    pub fn is_ipv6(&self) -> bool {
        match self.kind {
            PeerType::LocRib => self.address[..12] != [0; 12],
            _ => self.flags & Self::FLAG_V != 0,
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

/// An address as the 16 octets that BMP has for it; an IPv4 address is in the last 4
/// (RFC 7854 §4.2).
#[must_use]
pub fn address_octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)).to_be_bytes(),
        IpAddr::V6(v6) => v6.octets(),
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
    use crate::wire::Outline;

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
        assert!(header(0, 0x40).is_post_policy() && !header(3, 0x40).is_post_policy());
        assert!(header(0, 0x10).is_adj_rib_out() && !header(3, 0x10).is_adj_rib_out());
        assert!(header(0, 0x20).legacy_as_path() && !header(3, 0x20).legacy_as_path());
    }

    #[test]
    fn what_is_built_is_read_and_written_octet_for_octet() {
        for (address, v, at) in [("192.0.2.7", 0, 12), ("2001:db8::7", PeerHeader::FLAG_V, 0)] {
            let id = Ipv4Addr::new(192, 0, 2, 1);
            let built = PeerHeader::new(address.parse().unwrap(), 65001, id);
            // More microseconds than a second has: kept.
            let octets = built.at(Timestamp::new(1_760_000_000, 1_000_037)).octets();
            assert_eq!((octets[1], octets[25]), (v, 7));
            assert_eq!(octets[10..10 + at], vec![0; at]);
            assert_eq!(octets[26..34], [0, 0, 0xfd, 0xe9, 192, 0, 2, 1]);
            assert_eq!(octets[34..], [0x68, 0xe7, 0x78, 0, 0, 0x0f, 0x42, 0x65]);
            let read = PeerHeader::of(&octets);
            assert_eq!((read.octets(), read.ip().to_string()), (octets, address.to_owned()));
        }
    }

    #[test]
    fn what_has_no_text_form_is_described_as_octets() {
        let mut peer = PeerHeader::loc_rib(65000, Ipv4Addr::LOCALHOST).with_flags(0x81);
        let said = |peer: &PeerHeader| Outline::of(|fields| peer.describe(fields));
        assert_eq!(
            said(&peer),
            "peer={type=Loc-RIB Instance Peer flags=129 view=Loc-RIB filtered=true \
             distinguisher=0:0:0 address=0.0.0.0 asn=65000 bgp_id=127.0.0.1 timestamp_seconds=0 \
             timestamp_microseconds=0}"
        );
        peer.kind = PeerType(9);
        (peer.flags, peer.address[0], peer.distinguisher.0[0]) = (0x60, 1, 7);
        let said = said(&peer);
        assert!(said.contains("type=9 flags=96 view=Adj-RIB-In post-policy legacy_as_path=true"));
        assert!(said.contains("distinguisher=0700000000000000"), "{said}");
        assert!(said.contains("address=01000000000000000000000000000000"), "{said}");
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
