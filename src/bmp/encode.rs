//! The sending half of BMP (RFC 7854, RFC 8671, RFC 9069) for those who have nothing but octets:
//! functions that append whole messages to a `Vec<u8>` and keep no state.
//!
//! Callers choose what goes in and nothing here refuses an odd value: fixtures need those too. The
//! types under [`super::msg`] say the same in the standards' words.

use std::net::IpAddr;

use super::msg::initiation::InitiationTlv;
use super::msg::peer_down::PeerDownReason;
use super::msg::statistics_report::{self, StatisticType, StatisticValue};
use super::{MessageType, address_octets};
use crate::wire::{Family, Item};

pub use super::{COMMON_HEADER_LEN, PER_PEER_HEADER_LEN as PEER_HEADER_LEN, PeerHeader};

/// The BMP version of the common header.
pub const VERSION: u8 = 3;
/// Initiation and Peer Up information TLV: free-form string (RFC 7854 §4.4).
pub const INFO_STRING: u16 = InitiationTlv::String.0;
/// Initiation information TLV: sysDescr.
pub const INFO_SYS_DESCR: u16 = InitiationTlv::SysDescr.0;
/// Initiation information TLV: sysName.
pub const INFO_SYS_NAME: u16 = InitiationTlv::SysName.0;

/// A TLV: type and value.
pub type Tlv<'a> = (u16, &'a [u8]);

/// A message of any type: the common header (RFC 7854 §4.1) around what `body` appends.
pub fn message(out: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[VERSION, 0, 0, 0, 0, kind]);
    body(out);
    let len = u32::try_from(out.len() - at).unwrap_or(u32::MAX);
    out[at + 1..at + 5].copy_from_slice(&len.to_be_bytes());
}

fn peer_message(
    out: &mut Vec<u8>,
    kind: MessageType,
    peer: &PeerHeader,
    body: impl FnOnce(&mut Vec<u8>),
) {
    message(out, kind.0, |out| {
        peer.encode(out);
        body(out);
    });
}

/// An Initiation message (RFC 7854 §4.3) with its information TLVs.
pub fn initiation(out: &mut Vec<u8>, tlvs: &[Tlv<'_>]) {
    message(out, MessageType::Initiation.0, |out| put_tlvs(out, tlvs));
}

/// A Termination message (RFC 7854 §4.5); TLV 0 is a string, TLV 1 a 2-octet reason.
pub fn termination(out: &mut Vec<u8>, tlvs: &[Tlv<'_>]) {
    message(out, MessageType::Termination.0, |out| put_tlvs(out, tlvs));
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
    peer_message(out, MessageType::PeerUp, peer, |out| {
        out.extend_from_slice(&address_octets(up.local_address));
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
    peer_message(out, MessageType::PeerDown, peer, |out| match *reason {
        PeerDown::LocalNotification(pdu) => put_reason(out, PeerDownReason::LocalNotification, pdu),
        PeerDown::LocalEvent(event) => {
            put_reason(out, PeerDownReason::LocalNoNotification, &event.to_be_bytes());
        }
        PeerDown::RemoteNotification(pdu) => {
            put_reason(out, PeerDownReason::RemoteNotification, pdu)
        }
        PeerDown::Remote => put_reason(out, PeerDownReason::RemoteNoData, &[]),
        PeerDown::Deconfigured => put_reason(out, PeerDownReason::DeConfigured, &[]),
        PeerDown::LocalSystem(tlvs) => {
            put_reason(out, PeerDownReason::LocalTlvs, &[]);
            put_tlvs(out, tlvs);
        }
    });
}

fn put_reason(out: &mut Vec<u8>, reason: PeerDownReason, data: &[u8]) {
    out.push(reason.0);
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

impl<'a> From<Statistic<'a>> for statistics_report::Statistic<'a> {
    fn from(statistic: Statistic<'a>) -> Self {
        let (kind, value) = match statistic {
            Statistic::Counter(kind, number) => (kind, StatisticValue::Counter(number)),
            Statistic::Gauge(kind, number) => (kind, StatisticValue::Gauge(number)),
            Statistic::FamilyGauge(kind, family, number) => {
                (kind, StatisticValue::FamilyGauge(family, number))
            }
            Statistic::Raw((kind, octets)) => (kind, StatisticValue::Octets(octets)),
        };
        Self::new(StatisticType(kind), value)
    }
}

/// A Statistics Report.
pub fn statistics(out: &mut Vec<u8>, peer: &PeerHeader, statistics: &[Statistic<'_>]) {
    peer_message(out, MessageType::StatisticsReport, peer, |out| {
        let count = u32::try_from(statistics.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&count.to_be_bytes());
        for &statistic in statistics {
            statistics_report::Statistic::from(statistic).encode(out);
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
    peer_message(out, MessageType::RouteMonitoring, peer, update);
}

/// A Route Mirroring message (RFC 7854 §4.7); TLV 0 is a BGP message, TLV 1 a 2-octet code.
pub fn route_mirroring(out: &mut Vec<u8>, peer: &PeerHeader, tlvs: &[Tlv<'_>]) {
    peer_message(out, MessageType::RouteMirroring, peer, |out| put_tlvs(out, tlvs));
}

fn put_tlvs(out: &mut Vec<u8>, tlvs: &[Tlv<'_>]) {
    tlvs.iter().for_each(|&(kind, value)| super::Tlv::new(kind, value).encode(out));
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::bgp::encode as bgp;

    fn peer(address: &str) -> PeerHeader {
        PeerHeader::new(address.parse().unwrap(), 65001, Ipv4Addr::new(192, 0, 2, 1))
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
