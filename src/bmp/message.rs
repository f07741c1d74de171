//! Whole messages, and streams of them: the common header and what follows it (RFC 7854 §4.1).

use std::fmt;

use super::msg::Message;
use super::{COMMON_HEADER_LEN, CommonHeader, FrameError, MessageType, PeerHeader, encode};
use crate::wire::{Fields, Reader, WireError};

/// A message of a type or version that is not read here: types 251–254 are for experiments,
/// version 4 is draft-ietf-grow-bmp-tlv, see [`v4::Message`](super::v4::Message).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown<'a> {
    /// Protocol version.
    pub version: u8,
    /// Message type.
    pub kind: MessageType,
    /// What follows the common header.
    pub body: &'a [u8],
}

impl Unknown<'_> {
    /// Appends the whole message, with its common header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let at = out.len();
        encode::message(out, self.kind.0, |out| out.extend_from_slice(self.body));
        if let Some(version) = out.get_mut(at) {
            *version = self.version;
        }
    }

    /// Describes the message.
    pub fn describe(&self, fields: &mut dyn Fields) {
        fields.octets("body", self.body);
    }
}

/// Why no message could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageError {
    /// More octets must arrive first: so many at least, from the message's first one on.
    Incomplete {
        /// Octets that are needed.
        need: usize,
    },
    /// The octets are no common header: nothing after them can be trusted.
    Frame(FrameError),
    /// The body makes no sense. The message after it can be read.
    Body {
        /// The common header.
        header: CommonHeader,
        /// What is wrong; offsets count from the message's first octet.
        error: WireError,
    },
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incomplete { need } => write!(f, "BMP message of at least {need} octets is cut"),
            Self::Frame(error) => error.fmt(f),
            Self::Body { header, error } => write!(f, "{}: {error}", header.kind),
        }
    }
}

impl std::error::Error for MessageError {}

impl<'a> Message<'a> {
    /// Reads one message off the front of `octets`; gives it and what is left after it.
    ///
    /// # Errors
    /// The message is not whole, or makes no sense.
    pub fn parse(octets: &'a [u8]) -> Result<(Self, &'a [u8]), MessageError> {
        let (header, message, rest) = split(octets)?;
        let body = Reader::at(message.get(COMMON_HEADER_LEN..).unwrap_or(&[]), COMMON_HEADER_LEN);
        match Self::of(header.version, header.kind, body) {
            Ok(message) => Ok((message, rest)),
            Err(error) => Err(MessageError::Body { header, error }),
        }
    }

    /// Protocol version.
    #[must_use]
    pub fn version(&self) -> u8 {
        match self {
            Self::Unknown(message) => message.version,
            _ => encode::VERSION,
        }
    }

    /// The per-peer header of a message that has one.
    #[must_use]
    pub fn peer(&self) -> Option<PeerHeader> {
        match self {
            Self::RouteMonitoring(message) => Some(message.peer_header()),
            Self::StatisticsReport(message) => Some(message.peer),
            Self::PeerDown(message) => Some(message.peer),
            Self::PeerUp(message) => Some(message.peer),
            Self::RouteMirroring(message) => Some(message.peer),
            Self::Initiation(_)
            | Self::Termination(_)
            | Self::RoutePolicyTrace(_)
            | Self::Unknown(_) => None,
        }
    }

    /// Describes version and type, then the body.
    pub fn describe(&self, fields: &mut dyn Fields) {
        fields.number("version", self.version().into());
        fields.text("type", &self.kind());
        self.describe_body(fields);
    }
}

/// The common header at the front of `octets`, its whole message, and what is after that.
pub(super) fn split(octets: &[u8]) -> Result<(CommonHeader, &[u8], &[u8]), MessageError> {
    let header = CommonHeader::parse(octets, usize::MAX).map_err(MessageError::Frame)?;
    let Some(header) = header else {
        return Err(MessageError::Incomplete { need: COMMON_HEADER_LEN });
    };
    match octets.split_at_checked(header.len) {
        Some((message, rest)) => Ok((header, message, rest)),
        None => Err(MessageError::Incomplete { need: header.len }),
    }
}

/// The whole messages at the front of some octets, in order. A message whose body makes no sense
/// is an error between others; framing that is broken is the last thing that it gives.
#[derive(Debug, Clone, Copy)]
pub struct Messages<'a> {
    left: &'a [u8],
    broken: bool,
}

impl<'a> Messages<'a> {
    /// The messages in `octets`.
    #[must_use]
    pub fn new(octets: &'a [u8]) -> Self {
        Self { left: octets, broken: false }
    }

    /// What no message has been read of: after the last one, the beginning of a message that has
    /// not arrived whole, or what is no BMP.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.left
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<Message<'a>, MessageError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.broken {
            return None;
        }
        match Message::parse(self.left) {
            Ok((message, rest)) => {
                self.left = rest;
                Some(Ok(message))
            }
            Err(MessageError::Incomplete { .. }) => None,
            Err(error @ MessageError::Body { header, .. }) => {
                self.left = self.left.get(header.len..).unwrap_or(&[]);
                Some(Err(error))
            }
            Err(error) => {
                self.broken = true;
                Some(Err(error))
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{Just, Strategy, any, prop_oneof};

    use super::*;
    use crate::bgp::Open;
    use crate::bgp::encode as bgp;
    use crate::bgp::notification::{ErrorCode, Notification};
    use crate::bmp::msg::initiation::{Initiation, InitiationTlv};
    use crate::bmp::msg::peer_down::{FsmEvent, PeerDown, PeerDownData, PeerDownReason};
    use crate::bmp::msg::peer_up::{PeerUp, PeerUpTlv};
    use crate::bmp::msg::route_mirroring::{MirroringInformation, MirroringTlv, RouteMirroring};
    use crate::bmp::msg::route_monitoring::RouteMonitoring;
    use crate::bmp::msg::statistics_report::{
        Statistic, StatisticType, StatisticValue, StatisticsReport,
    };
    use crate::bmp::msg::termination::{Termination, TerminationReason, TerminationTlv};
    use crate::bmp::{Tlv, TlvOwner, address_octets};
    use crate::wire::{Family, Items, Outline};

    /// Octets of a message.
    fn encoded<'a>(message: impl Into<Message<'a>>) -> Vec<u8> {
        let mut out = Vec::new();
        message.into().encode(&mut out);
        out
    }

    fn said(octets: &[u8]) -> String {
        let (message, rest) = Message::parse(octets).unwrap();
        assert!(rest.is_empty());
        Outline::of(|fields| message.describe(fields))
    }

    /// What a message says after version, type and per-peer header.
    fn said_after_peer(octets: &[u8]) -> String {
        let said = said(octets);
        said.split_once("timestamp_microseconds=0} ").unwrap().1.to_owned()
    }

    fn peer() -> PeerHeader {
        PeerHeader::new([192, 0, 2, 9].into(), 65009, [192, 0, 2, 9].into())
    }

    fn open(capabilities: &[bgp::Capability<'_>]) -> Vec<u8> {
        let (mut out, bgp_id) = (Vec::new(), [192, 0, 2, 1].into());
        bgp::open(&mut out, &bgp::Open { asn: 65000, hold_time: 90, bgp_id, capabilities });
        out
    }

    fn read_open(octets: &[u8]) -> Open<'_> {
        Open::parse(&mut Reader::new(octets)).unwrap()
    }

    fn peer_up(open: &[u8], tlvs: &Items) -> Vec<u8> {
        encoded(PeerUp {
            peer: peer(),
            local_address: address_octets([192, 0, 2, 1].into()),
            local_port: 179,
            remote_port: 40000,
            sent_open: read_open(open),
            received_open: read_open(open),
            tlvs: tlvs.into(),
        })
    }

    fn peer_down(reason: PeerDownReason, data: PeerDownData<'_>) -> Vec<u8> {
        encoded(PeerDown::new(peer(), reason, data))
    }

    /// One message of each type, and of some more than one.
    fn every_type() -> Vec<Vec<u8>> {
        let tlvs = Items::of([
            InitiationTlv::SysDescr.tlv(b"a router"),
            InitiationTlv::SysName.tlv(b"edge"),
            Tlv { owner: TlvOwner::Enterprise(32473), kind: 7, value: &[1, 2] },
        ]);
        let ended = Items::of([
            TerminationTlv::String.tlv(b"bye"),
            TerminationTlv::Reason.tlv(&TerminationReason::OutOfResources.0.to_be_bytes()),
        ]);
        let vrf = Items::of([PeerUpTlv::VrfTableName.tlv(b"red")]);
        let family = Family::IPV6_UNICAST;
        let statistics = Items::of([
            Statistic::new(StatisticType::AsPathLoop, StatisticValue::Counter(1)),
            Statistic::new(StatisticType::AdjRibInPre, StatisticValue::Gauge(2)),
            Statistic::new(StatisticType::StalePerFamily, StatisticValue::FamilyGauge(family, 3)),
            Statistic::new(StatisticType(65531), StatisticValue::Octets(&[9])),
        ]);
        let mut update = Vec::new();
        bgp::update(&mut update, &[], &[0x40, 1, 1, 0], &[8, 10]);
        let lost = MirroringInformation::MessagesLost.0.to_be_bytes();
        let mirrored = Items::of([
            MirroringTlv::BgpMessage.tlv(&update),
            MirroringTlv::Information.tlv(&lost),
        ]);
        let notification = Notification { code: ErrorCode::Cease, subcode: 2, data: &[] };
        let header = peer().octets();
        vec![
            encoded(Initiation { tlvs: (&tlvs).into() }),
            peer_up(&open(&[bgp::Capability::FourOctetAs(65000)]), &vrf),
            encoded(RouteMonitoring::new(&header, &update).unwrap()),
            encoded(StatisticsReport::new(peer(), &statistics)),
            encoded(RouteMirroring { peer: peer(), tlvs: (&mirrored).into() }),
            peer_down(PeerDownReason::RemoteNotification, PeerDownData::Notification(notification)),
            peer_down(
                PeerDownReason::LocalNoNotification,
                PeerDownData::FsmEvent(FsmEvent::HoldTimerExpires),
            ),
            peer_down(PeerDownReason::RemoteNoData, PeerDownData::None),
            peer_down(PeerDownReason::LocalTlvs, PeerDownData::Tlvs((&vrf).into())),
            encoded(Message::Unknown(Unknown { version: 3, kind: MessageType(251), body: b"try" })),
            encoded(Message::Unknown(Unknown { version: 4, kind: MessageType::PeerUp, body: &[] })),
            encoded(Termination { tlvs: (&ended).into() }),
        ]
    }

    #[test]
    fn messages_say_what_they_hold() {
        let [initiation, up, rm, statistics, mirroring, down, event, none, tlvs, try_, v4, end] =
            every_type().try_into().unwrap();
        assert_eq!(
            said(&initiation),
            "version=3 type=Initiation Message tlvs=[{type=sysDescr value=a router}, \
             {type=sysName value=edge}, {enterprise=32473 type=7 value=0102}]"
        );
        assert_eq!(
            said_after_peer(&up),
            "local_address=192.0.2.1 local_port=179 remote_port=40000 \
             sent_open={version=4 asn=65000 hold_time=90 bgp_id=192.0.2.1 \
             capabilities=[{four_octet_as=65000}]} \
             received_open={version=4 asn=65000 hold_time=90 bgp_id=192.0.2.1 \
             capabilities=[{four_octet_as=65000}]} \
             tlvs=[{type=VRF/Table Name value=red}]"
        );
        assert_eq!(
            said_after_peer(&rm),
            "bgp_message={type=UPDATE withdrawn_routes= path_attributes={origin=IGP} nlri=080a}"
        );
        assert!(said_after_peer(&statistics).starts_with("count=4 statistics=[{type=Number of"));
        assert_eq!(
            said_after_peer(&mirroring),
            "tlvs=[{type=BGP Message bgp_message=ffffffffffffffffffffffffffffffff001d02\
             0000000440010100080a}, {type=Information information=Messages Lost}]"
        );
        assert_eq!(
            said_after_peer(&down),
            "reason=Remote system closed, NOTIFICATION PDU follows \
             notification={error_code=Cease error_subcode=Administrative Shutdown}"
        );
        assert_eq!(
            said_after_peer(&event),
            "reason=Local system closed, FSM Event follows fsm_event=HoldTimer_Expires"
        );
        assert_eq!(said_after_peer(&none), "reason=Remote system closed, no data");
        assert_eq!(
            said_after_peer(&tlvs),
            "reason=Local system closed, TLV data follows tlvs=[{type=VRF/Table Name value=red}]"
        );
        assert_eq!(said(&try_), "version=3 type=251 body=747279");
        assert_eq!(said(&v4), "version=4 type=Peer Up Notification body=");
        assert_eq!(
            said(&end),
            "version=3 type=Termination Message tlvs=[{type=String value=bye}, \
             {type=Reason reason=Out of resources}]"
        );
    }

    /// Asks that a message is refused or written as it was read, and that nothing panics.
    fn refused_or_kept(octets: &[u8]) {
        let Ok((message, rest)) = Message::parse(octets) else { return };
        let mut out = Vec::new();
        message.encode(&mut out);
        assert_eq!(out, octets[..octets.len() - rest.len()], "{message:?}");
        let said = Outline::of(|fields| message.describe(fields));
        assert!(said.len() <= 2048 + 200 * octets.len(), "says too much: {said}");
        assert_eq!(message.peer().is_some(), said.contains("peer={"));
    }

    /// With the length that it has.
    fn framed(mut octets: Vec<u8>) -> Vec<u8> {
        let len = octets.len() as u32;
        octets[1..5].copy_from_slice(&len.to_be_bytes());
        octets
    }

    #[test]
    fn whatever_is_read_is_written_octet_for_octet() {
        for message in every_type() {
            let (read, rest) = Message::parse(&message).unwrap();
            assert!(rest.is_empty());
            assert_eq!(encoded(read), message);
            for len in 6..message.len() {
                refused_or_kept(&framed(message[..len].to_vec()));
            }
            refused_or_kept(&framed([&message[..], &[7]].concat()));
            for at in 5..message.len() {
                for octet in [0, 1, 2, 4, 6, 0x7f, 0x80, 0xff, message[at] ^ 1] {
                    let mut like = message.clone();
                    like[at] = octet;
                    refused_or_kept(&like);
                }
            }
        }
    }

    #[test]
    fn a_stream_goes_on_after_a_message_that_makes_no_sense_but_not_after_broken_framing() {
        let all = every_type();
        let mut stream = all.concat();
        let odd = [3, 0, 0, 0, 8, 4, 0, 1]; // half a TLV
        stream.splice(0..0, odd);
        let mut messages = Messages::new(&stream);
        let Some(Err(MessageError::Body { header, error })) = messages.next() else {
            panic!("half a TLV");
        };
        assert_eq!((header.kind, error.what), (MessageType::Initiation, "TLV length"));
        assert_eq!(error.offset, 8);
        let kinds: Vec<_> = messages.by_ref().map(|message| message.unwrap().kind().0).collect();
        assert_eq!(kinds, [4, 3, 0, 1, 6, 2, 2, 2, 2, 251, 3, 5]);
        assert!(messages.rest().is_empty());

        let cut = [&all[0][..], &all[1][..20]].concat();
        let mut messages = Messages::new(&cut);
        assert_eq!(messages.by_ref().count(), 1);
        assert_eq!(messages.rest(), &all[1][..20]);
        let need = all[1].len();
        assert_eq!(Message::parse(messages.rest()).unwrap_err(), MessageError::Incomplete { need });

        let broken = [&all[0][..], b"GET /"].concat();
        let mut messages = Messages::new(&broken);
        let last = messages.by_ref().last().unwrap();
        assert_eq!(last.unwrap_err(), MessageError::Frame(FrameError::Version(b'G')));
        assert_eq!((messages.next().is_none(), messages.rest()), (true, &b"GET /"[..]));
    }

    #[test]
    fn versions_before_rfc_7854_are_refused_with_the_reason() {
        for version in [1, 2] {
            let message = [version, 0, 0, 0, 0, 0, 0, 0];
            let error = Message::parse(&message).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "BMP version {version} precedes RFC 7854 and is not supported; expected 3 or 4"
                )
            );
        }
    }

    fn octets(max: usize) -> impl Strategy<Value = Vec<u8>> {
        vec(any::<u8>(), 0..max)
    }

    fn header() -> impl Strategy<Value = PeerHeader> {
        (vec(any::<u8>(), 42), 0..6_u8).prop_map(|(octets, kind)| {
            let octets: [u8; 42] = octets.try_into().unwrap();
            let mut header = PeerHeader::of(&octets);
            header.kind.0 = kind;
            header
        })
    }

    fn tlvs() -> impl Strategy<Value = Items> {
        let owner = prop_oneof![
            Just(TlvOwner::Iana),
            any::<u32>().prop_map(TlvOwner::Enterprise),
            Just(TlvOwner::Missing),
        ];
        let tlv = (owner, 0..6_u16, octets(9));
        vec(tlv, 0..5).prop_map(|tlvs| {
            Items::of(tlvs.iter().map(|(owner, kind, value)| {
                let len = if *owner == TlvOwner::Missing { value.len().min(3) } else { 9 };
                let value = value.get(..len).unwrap_or(value);
                Tlv { owner: *owner, kind: *kind, value }
            }))
        })
    }

    fn statistics() -> impl Strategy<Value = Items> {
        let value = (0..4, any::<u64>(), octets(20));
        vec((0..50_u16, value), 0..6).prop_map(|list| {
            Items::of(list.iter().map(|(kind, (form, number, octets))| {
                let value = match form {
                    0 => StatisticValue::Counter(*number as u32),
                    1 => StatisticValue::Gauge(*number),
                    2 => StatisticValue::FamilyGauge(Family::new(*kind, 128), *number),
                    _ => StatisticValue::of(octets),
                };
                Statistic::new(StatisticType(*kind), value)
            }))
        })
    }

    /// Asks that a message is read as it was made.
    fn same<'a>(made: impl Into<Message<'a>>) {
        let made = made.into();
        let octets = encoded(made);
        let (read, rest) = Message::parse(&octets).unwrap();
        assert!(rest.is_empty());
        let said = |message: Message<'_>| Outline::of(|fields| message.describe(fields));
        assert_eq!((said(read), encoded(read)), (said(made), octets.clone()));
    }

    proptest::proptest! {
        #[test]
        fn what_is_made_is_read(
            peer in header(), tlvs in tlvs(), statistics in statistics(), count: u32,
            pdu in octets(60), kind: u8, version in 3..5_u8, values in vec(octets(20), 0..4),
        ) {
            same(Initiation { tlvs: (&tlvs).into() });
            same(Termination { tlvs: (&tlvs).into() });
            same(RouteMirroring { peer, tlvs: (&tlvs).into() });
            let report = StatisticsReport::new(peer, &statistics);
            same(report);
            same(StatisticsReport { count, ..report });
            let mut message = Vec::new();
            bgp::message(&mut message, kind, |out| out.extend_from_slice(&pdu));
            let octets = peer.octets();
            same(RouteMonitoring::new(&octets, &message).unwrap());
            message.extend_from_slice(&pdu);
            same(RouteMonitoring::new(&octets, &message).unwrap());
            let code = |value| bgp::Capability::Raw { code: kind, value };
            let open = open(&values.iter().map(|v| code(v)).collect::<Vec<_>>());
            let open = read_open(&open);
            same(PeerUp {
                peer,
                local_address: address_octets(peer.ip()),
                local_port: count as u16,
                remote_port: (count >> 16) as u16,
                sent_open: open,
                received_open: open,
                tlvs: (&tlvs).into(),
            });
            let notification = Notification { code: ErrorCode(kind), subcode: kind, data: &pdu };
            for (reason, data) in [
                (1, PeerDownData::Notification(notification)),
                (2, PeerDownData::FsmEvent(FsmEvent(kind.into()))),
                (3, PeerDownData::Notification(notification)),
                (4, PeerDownData::None),
                (5, PeerDownData::None),
                (6, PeerDownData::Tlvs((&tlvs).into())),
            ] {
                same(PeerDown::new(peer, PeerDownReason(reason), data));
            }
            let unknown = Unknown { version, kind: MessageType(kind | 128), body: &pdu };
            same(Message::Unknown(unknown));
        }

        #[test]
        fn any_octets_in_a_frame_are_refused_or_kept(kind in 0..8_u8, body in octets(200)) {
            refused_or_kept(&framed([&[3, 0, 0, 0, 0, kind], &body[..]].concat()));
            for _ in Messages::new(&body) {}
        }
    }
}
