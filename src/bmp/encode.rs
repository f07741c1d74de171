//! The sending half of BMP (RFC 7854, RFC 8671, RFC 9069): functions that append whole messages to
//! a `Vec<u8>` and keep no state.
//!
//! Callers choose what goes in and nothing here refuses an odd value: fixtures need those too.

use std::net::{IpAddr, Ipv4Addr};

use crate::bgp::encode::{address, counted16};
use crate::wire::{Family, RouteDistinguisher, Timestamp};

/// The BMP version of the common header.
pub const VERSION: u8 = 3;
/// Octets of the common header (RFC 7854 §4.1).
pub const COMMON_HEADER_LEN: usize = 6;
/// Octets of the per-peer header (RFC 7854 §4.2).
pub const PEER_HEADER_LEN: usize = 42;

/// Peer flag V: the peer address is IPv6 (RFC 7854 §4.2).
pub const PEER_FLAG_V: u8 = 0x80;
/// Peer flag L: post-policy.
pub const PEER_FLAG_L: u8 = 0x40;
/// Peer flag A: AS_PATH has 2-octet AS numbers.
pub const PEER_FLAG_A: u8 = 0x20;
/// Peer flag O: Adj-RIB-Out (RFC 8671 §4).
pub const PEER_FLAG_O: u8 = 0x10;

/// Initiation and Peer Up information TLV: free-form string (RFC 7854 §4.4).
pub const INFO_STRING: u16 = 0;
/// Initiation information TLV: sysDescr.
pub const INFO_SYS_DESCR: u16 = 1;
/// Initiation information TLV: sysName.
pub const INFO_SYS_NAME: u16 = 2;

const ROUTE_MONITORING: u8 = 0;
const STATISTICS_REPORT: u8 = 1;
const PEER_DOWN: u8 = 2;
const PEER_UP: u8 = 3;
const INITIATION: u8 = 4;
const TERMINATION: u8 = 5;
const ROUTE_MIRRORING: u8 = 6;

/// A TLV: type and value.
pub type Tlv<'a> = (u16, &'a [u8]);

/// The per-peer header (RFC 7854 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerHeader {
    /// Peer type: 0 global instance, 1 RD instance, 2 local instance, 3 Loc-RIB (RFC 9069).
    pub peer_type: u8,
    /// Flags, written as they are; see [`PeerHeader::address_flag`].
    pub flags: u8,
    /// Peer distinguisher; zero for a global instance peer.
    pub distinguisher: RouteDistinguisher,
    /// Peer address; an IPv4 address fills the last 4 of the 16 octets.
    pub address: IpAddr,
    /// Peer AS number.
    pub asn: u32,
    /// Peer BGP Identifier.
    pub bgp_id: Ipv4Addr,
    /// When the message's content was received, or zero.
    pub at: Timestamp,
}

impl PeerHeader {
    /// The V flag that belongs to `address`.
    #[must_use]
    pub fn address_flag(address: IpAddr) -> u8 {
        if address.is_ipv6() { PEER_FLAG_V } else { 0 }
    }

    /// Appends the 42 octets.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.peer_type, self.flags]);
        out.extend_from_slice(&self.distinguisher.0);
        put_address16(out, self.address);
        out.extend_from_slice(&self.asn.to_be_bytes());
        out.extend_from_slice(&self.bgp_id.octets());
        // 4 octets of seconds reach until 2106 (RFC 7854 §4.2); later times wrap as a router's
        // would.
        out.extend_from_slice(&(self.at.secs as u32).to_be_bytes());
        out.extend_from_slice(&self.at.micros.to_be_bytes());
    }
}

/// A message of any type: the common header (RFC 7854 §4.1) around what `body` appends.
pub fn message(out: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[VERSION, 0, 0, 0, 0, kind]);
    body(out);
    let len = u32::try_from(out.len() - at).unwrap_or(u32::MAX);
    out[at + 1..at + 5].copy_from_slice(&len.to_be_bytes());
}

fn peer_message(out: &mut Vec<u8>, kind: u8, peer: &PeerHeader, body: impl FnOnce(&mut Vec<u8>)) {
    message(out, kind, |out| {
        peer.encode(out);
        body(out);
    });
}

/// An Initiation message (RFC 7854 §4.3) with its information TLVs.
pub fn initiation(out: &mut Vec<u8>, tlvs: &[Tlv<'_>]) {
    message(out, INITIATION, |out| put_tlvs(out, tlvs));
}

/// A Termination message (RFC 7854 §4.5); TLV 0 is a string, TLV 1 a 2-octet reason.
pub fn termination(out: &mut Vec<u8>, tlvs: &[Tlv<'_>]) {
    message(out, TERMINATION, |out| put_tlvs(out, tlvs));
}

/// What a Peer Up notification says after its per-peer header (RFC 7854 §4.10).
#[derive(Debug, Clone, Copy)]
pub struct PeerUp<'a> {
    /// The router's address of the BGP session.
    pub local_address: IpAddr,
    /// The router's TCP port.
    pub local_port: u16,
    /// The peer's TCP port.
    pub remote_port: u16,
    /// The OPEN that the router sent, with its BGP header.
    pub sent_open: &'a [u8],
    /// The OPEN that the router received.
    pub received_open: &'a [u8],
    /// Information TLVs.
    pub tlvs: &'a [Tlv<'a>],
}

/// A Peer Up notification.
pub fn peer_up(out: &mut Vec<u8>, peer: &PeerHeader, up: &PeerUp<'_>) {
    peer_message(out, PEER_UP, peer, |out| {
        put_address16(out, up.local_address);
        out.extend_from_slice(&up.local_port.to_be_bytes());
        out.extend_from_slice(&up.remote_port.to_be_bytes());
        out.extend_from_slice(up.sent_open);
        out.extend_from_slice(up.received_open);
        put_tlvs(out, up.tlvs);
    });
}

/// Why a peer went down, with the data of that reason (RFC 7854 §4.9, RFC 9069 §5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerDown<'a> {
    /// 1: the router closed the session and sent this NOTIFICATION (with its BGP header).
    LocalNotification(&'a [u8]),
    /// 2: the router closed the session for this FSM event, without a NOTIFICATION.
    LocalEvent(u16),
    /// 3: the peer closed the session and sent this NOTIFICATION.
    RemoteNotification(&'a [u8]),
    /// 4: the peer closed the session without a NOTIFICATION.
    Remote,
    /// 5: the router no longer monitors the peer.
    Deconfigured,
    /// 6: the router's own instance went down (Loc-RIB); TLVs say which.
    LocalSystem(&'a [Tlv<'a>]),
}

/// A Peer Down notification.
pub fn peer_down(out: &mut Vec<u8>, peer: &PeerHeader, reason: &PeerDown<'_>) {
    peer_message(out, PEER_DOWN, peer, |out| match *reason {
        PeerDown::LocalNotification(pdu) => put_reason(out, 1, pdu),
        PeerDown::LocalEvent(event) => put_reason(out, 2, &event.to_be_bytes()),
        PeerDown::RemoteNotification(pdu) => put_reason(out, 3, pdu),
        PeerDown::Remote => out.push(4),
        PeerDown::Deconfigured => out.push(5),
        PeerDown::LocalSystem(tlvs) => {
            out.push(6);
            put_tlvs(out, tlvs);
        }
    });
}

fn put_reason(out: &mut Vec<u8>, reason: u8, data: &[u8]) {
    out.push(reason);
    out.extend_from_slice(data);
}

/// One statistic (RFC 7854 §4.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic<'a> {
    /// A 32-bit counter: type and value.
    Counter(u16, u32),
    /// A 64-bit gauge: type and value.
    Gauge(u16, u64),
    /// A 64-bit gauge of one family: type, family and value.
    FamilyGauge(u16, Family, u64),
    /// Any other.
    Raw(Tlv<'a>),
}

/// A Statistics Report.
pub fn statistics(out: &mut Vec<u8>, peer: &PeerHeader, statistics: &[Statistic<'_>]) {
    peer_message(out, STATISTICS_REPORT, peer, |out| {
        let count = u32::try_from(statistics.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&count.to_be_bytes());
        for statistic in statistics {
            match *statistic {
                Statistic::Counter(kind, value) => put_tlv(out, (kind, &value.to_be_bytes())),
                Statistic::Gauge(kind, value) => put_tlv(out, (kind, &value.to_be_bytes())),
                Statistic::FamilyGauge(kind, family, value) => {
                    out.extend_from_slice(&kind.to_be_bytes());
                    counted16(out, |out| {
                        out.extend_from_slice(&family.afi.to_be_bytes());
                        out.push(family.safi);
                        out.extend_from_slice(&value.to_be_bytes());
                    });
                }
                Statistic::Raw(tlv) => put_tlv(out, tlv),
            }
        }
    });
}

/// A Route Monitoring message (RFC 7854 §4.6) around an UPDATE with its BGP header.
pub fn route_monitoring(out: &mut Vec<u8>, peer: &PeerHeader, update: &[u8]) {
    route_monitoring_with(out, peer, |out| out.extend_from_slice(update));
}

/// A Route Monitoring message whose UPDATE is written in place.
pub fn route_monitoring_with(
    out: &mut Vec<u8>,
    peer: &PeerHeader,
    update: impl FnOnce(&mut Vec<u8>),
) {
    peer_message(out, ROUTE_MONITORING, peer, update);
}

/// A Route Mirroring message (RFC 7854 §4.7); TLV 0 is a BGP message, TLV 1 a 2-octet code.
pub fn route_mirroring(out: &mut Vec<u8>, peer: &PeerHeader, tlvs: &[Tlv<'_>]) {
    peer_message(out, ROUTE_MIRRORING, peer, |out| put_tlvs(out, tlvs));
}

fn put_tlvs(out: &mut Vec<u8>, tlvs: &[Tlv<'_>]) {
    tlvs.iter().for_each(|&tlv| put_tlv(out, tlv));
}

fn put_tlv(out: &mut Vec<u8>, (kind, value): Tlv<'_>) {
    out.extend_from_slice(&kind.to_be_bytes());
    counted16(out, |out| out.extend_from_slice(value));
}

fn put_address16(out: &mut Vec<u8>, ip: IpAddr) {
    if ip.is_ipv4() {
        out.extend_from_slice(&[0; 12]);
    }
    address(out, ip);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::bgp::encode as bgp;

    fn peer(address: &str) -> PeerHeader {
        let address = address.parse().unwrap();
        PeerHeader {
            peer_type: 0,
            flags: PeerHeader::address_flag(address),
            distinguisher: RouteDistinguisher::default(),
            address,
            asn: 65001,
            bgp_id: Ipv4Addr::new(192, 0, 2, 1),
            at: Timestamp::new(1_760_000_000, 37),
        }
    }

    /// The types of the messages in `bytes`; checks that the lengths lead exactly to the end.
    fn kinds(mut bytes: &[u8]) -> Vec<u8> {
        let mut kinds = Vec::new();
        while let [VERSION, a, b, c, d, kind, ..] = *bytes {
            let len = u32::from_be_bytes([a, b, c, d]) as usize;
            kinds.push(kind);
            bytes = &bytes[len..];
        }
        assert!(bytes.is_empty());
        kinds
    }

    #[test]
    fn a_per_peer_header_has_42_octets_for_both_address_families() {
        for (address, v, at) in [("192.0.2.7", 0, 12), ("2001:db8::7", PEER_FLAG_V, 0)] {
            let mut out = Vec::new();
            peer(address).encode(&mut out);
            assert_eq!(out.len(), PEER_HEADER_LEN);
            assert_eq!(out[1], v);
            assert_eq!(out[10..10 + at], vec![0; at]);
            assert_eq!(out[25], 7);
            assert_eq!(out[26..34], [0, 0, 0xfd, 0xe9, 192, 0, 2, 1]);
            assert_eq!(out[34..], [0x68, 0xe7, 0x78, 0, 0, 0, 0, 37]);
        }
    }

    #[test]
    fn every_message_type_walks_by_its_length() {
        let p = peer("192.0.2.7");
        let mut open = Vec::new();
        let id = Ipv4Addr::new(1, 1, 1, 1);
        let say = bgp::Open { asn: 1, hold_time: 180, bgp_id: id, capabilities: &[] };
        bgp::open(&mut open, &say);
        let mut update = Vec::new();
        bgp::end_of_rib(&mut update, Family::IPV6_UNICAST);
        let mut out = Vec::new();
        initiation(&mut out, &[(INFO_SYS_DESCR, b"descr"), (INFO_SYS_NAME, b"name")]);
        peer_up(
            &mut out,
            &p,
            &PeerUp {
                local_address: "192.0.2.254".parse().unwrap(),
                local_port: 179,
                remote_port: 40000,
                sent_open: &open,
                received_open: &open,
                tlvs: &[(INFO_STRING, b"up")],
            },
        );
        route_monitoring(&mut out, &p, &update);
        statistics(&mut out, &p, &[Statistic::Counter(0, 1), Statistic::Gauge(7, 2)]);
        route_mirroring(&mut out, &p, &[(0, &update)]);
        peer_down(&mut out, &p, &PeerDown::Remote);
        termination(&mut out, &[(1, &[0, 0])]);
        assert_eq!(kinds(&out), [4, 3, 0, 1, 6, 2, 5]);
        assert_eq!(out[..6], [3, 0, 0, 0, 23, 4]);
        assert_eq!(out[6..15], [0, 1, 0, 5, b'd', b'e', b's', b'c', b'r']);
    }

    #[test]
    fn each_peer_down_reason_carries_its_data() {
        let p = peer("2001:db8::7");
        let cases: [(PeerDown<'_>, &[u8]); 6] = [
            (PeerDown::LocalNotification(&[9, 9]), &[1, 9, 9]),
            (PeerDown::LocalEvent(24), &[2, 0, 24]),
            (PeerDown::RemoteNotification(&[8]), &[3, 8]),
            (PeerDown::Remote, &[4]),
            (PeerDown::Deconfigured, &[5]),
            (PeerDown::LocalSystem(&[(3, b"vrf")]), &[6, 0, 3, 0, 3, b'v', b'r', b'f']),
        ];
        for (reason, expected) in cases {
            let mut out = Vec::new();
            peer_down(&mut out, &p, &reason);
            assert_eq!(&out[COMMON_HEADER_LEN + PEER_HEADER_LEN..], expected);
        }
    }

    #[test]
    fn statistics_say_how_many_they_are_and_how_long_each_is() {
        let mut out = Vec::new();
        let all = [
            Statistic::Counter(0, 5),
            Statistic::Gauge(7, 6),
            Statistic::FamilyGauge(9, Family::IPV6_UNICAST, 7),
            Statistic::Raw((65531, &[1])),
        ];
        statistics(&mut out, &peer("192.0.2.7"), &all);
        let body = &out[COMMON_HEADER_LEN + PEER_HEADER_LEN..];
        assert_eq!(body[..12], [0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 5]);
        assert_eq!(body[12..24], [0, 7, 0, 8, 0, 0, 0, 0, 0, 0, 0, 6]);
        assert_eq!(body[24..39], [0, 9, 0, 11, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 7]);
        assert_eq!(body[39..], [0xff, 0xfb, 0, 1, 1]);
    }
}
