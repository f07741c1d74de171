//! `peer`: that a peer was heard of, came up or went down.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use xxhash_rust::xxh3::xxh3_64;

use super::super::groups::GroupId;
use super::super::ids::{Hash, Id};
use super::super::topics::Sorting;
use super::capabilities;
use super::common::Clock;
use super::fields::{fields, row};
use super::values::{self, Cleaner, flag};
use crate::bgp::Notification;
use crate::bgp::notification::{
    CeaseSubcode, ErrorCode, HeaderSubcode, OpenSubcode, UpdateSubcode,
};
use crate::bmp::msg::peer_down::{PeerDown, PeerDownReason};
use crate::bmp::msg::peer_up::{PeerUp, PeerUpTlv};
use crate::bmp::{PeerHeader, PeerType};
use crate::output::format::text;
use crate::output::frames::Standing;
use crate::wire::{Family, Timestamp};

fields! {
    enum Field[31] {
        Action, Seq, Hash, RouterHash, Name, RemoteBgpId, RouterIp, Timestamp, RemoteAsn, RemoteIp,
        PeerRd, RemotePort, LocalAsn, LocalIp, LocalPort, LocalBgpId, InfoData, AdvCap, RecvCap,
        RemoteHoldTime, AdvHoldTime, BmpReason, BgpErrorCode, BgpErrorSubcode, ErrorText, IsL3vpn,
        IsPrePolicy, IsIpv4, IsLocRib, IsLocRibFiltered, TableName,
    }
}

/// Widths of columns.
const TEXT: usize = 255;
/// The largest hold time for which there is room in the database, seconds.
const HOLD_TIME_MAX: u16 = 32_767;
/// Loc-RIB peers have this octet at the end of what their id is made of.
const LOC_RIB_MARK: u8 = 0x80;

/// A peer of a session.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) id: Id,
    /// The per-peer header of its last Peer Up or of its first message.
    pub(super) header: PeerHeader,
    pub(super) address: IpAddr,
    pub(super) group: GroupId,
    /// The latest time in any of its messages.
    pub(super) last: Timestamp,
    /// Whether its times are the router's, as that of its first message was, or the collector's.
    /// They are never mixed: consumers forget a peer's routes by comparing them.
    has_clock: bool,
    /// A Peer Up has said so.
    pub(super) is_up: bool,
    /// What stands of it is that it is there (see [`Peer::standing`]).
    pub(super) stands: bool,
    /// Families whose routes it announces with path identifiers, by the OPENs of its Peer Up.
    pub(super) add_path: Vec<Family>,
}

impl Peer {
    /// The peer of these messages.
    pub(super) fn new(header: &PeerHeader, router: Id, hash: Hash, groups: &Sorting) -> Self {
        let address = address(header);
        let mut input = Vec::new();
        values::ip(&mut input, address);
        values::rd(&mut input, header.distinguisher);
        input.extend_from_slice(&router.hex());
        if header.kind == PeerType::LocRib {
            input.push(LOC_RIB_MARK);
        }
        let id = hash.of(&[&input]);
        let (last, add_path) = (Timestamp::default(), Vec::new());
        let group = groups.peer(address, header.asn);
        let has_clock = values::believed(header.timestamp).is_some();
        let (is_up, stands) = (false, false);
        Self { id, header: *header, address, group, last, has_clock, is_up, stands, add_path }
    }

    /// Whose times its own are, the first of which is this one.
    pub(super) fn clock(&self, since: Timestamp) -> Clock {
        Clock { is_routers: self.has_clock, since }
    }

    /// Goes by the times of another session: it has had no message yet.
    pub(super) fn follow(&mut self, clock: Clock) {
        (self.has_clock, self.last) = (clock.is_routers, clock.since);
    }

    /// The time of its next message: a message without one came no earlier than the one before.
    pub(super) fn time(&mut self, router: Timestamp, arrival: Timestamp) -> Timestamp {
        let at = match self.has_clock {
            true => values::believed(router).unwrap_or(self.last),
            false => arrival,
        };
        self.last = self.last.max(at);
        at
    }

    /// What a row about it says that stands: it is there, or not. Peers of one session that have
    /// an id in common stand side by side.
    pub(super) fn standing(&self, event: Event<'_>) -> Standing {
        let key = xxh3_64(&self.header.key().0) ^ u64::from(self.header.is_ipv6());
        match event {
            Event::First | Event::Up(_) => Standing::Set { key, part: 0 },
            Event::Down(_) | Event::Lost => Standing::Clear { key },
        }
    }
}

/// What tells a BGP session of a peer from the one before and the one after: the router's end of
/// it, both ports, and what the OPENs say of the speakers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BgpSession {
    local_address: [u8; 16],
    ports: [u16; 2],
    speakers: [(u32, [u8; 4]); 2],
}

impl BgpSession {
    /// The one that a Peer Up tells of.
    pub(super) fn of(up: &PeerUp<'_>) -> Self {
        let speakers = [&up.sent_open, &up.received_open].map(|open| (open.asn(), open.bgp_id));
        let ports = [up.local_port, up.remote_port];
        Self { local_address: up.local_address, ports, speakers }
    }
}

/// The families for which the peer's OPEN offers to send path identifiers, and the router's to
/// receive them (RFC 7911 §4).
pub(super) fn add_path(up: &PeerUp<'_>) -> Vec<Family> {
    let (mut offered, mut agreed) = (Vec::new(), Vec::new());
    let is = |mode: u8, bit: u8| (1..=3).contains(&mode) && mode & bit != 0;
    up.received_open.each_add_path(|family, mode| {
        if is(mode, 2) {
            offered.push(family);
        }
    });
    up.sent_open.each_add_path(|family, mode| {
        if is(mode, 1) && offered.contains(&family) && !agreed.contains(&family) {
            agreed.push(family);
        }
    });
    agreed
}

/// The peer's address; that of a Loc-RIB is `::`.
pub(super) fn address(header: &PeerHeader) -> IpAddr {
    match header.kind {
        PeerType::LocRib => Ipv6Addr::from(header.address).into(),
        _ => header.ip(),
    }
}

/// What a row is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event<'a> {
    /// A message has come before any Peer Up.
    First,
    Up(&'a PeerUp<'a>),
    Down(&'a PeerDown<'a>),
    /// Its session is lost, and so it is not known any more.
    Lost,
}

/// What stands in every row beside the event.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) router: Id,
    pub(super) router_ip: &'a str,
    pub(super) at: Timestamp,
    pub(super) cleaner: Cleaner,
}

/// Appends a row.
pub(super) fn write(rows: &mut Vec<u8>, event: Event<'_>, seq: u64, peer: &Peer, about: About<'_>) {
    let header = &peer.header;
    let is_loc_rib = header.kind == PeerType::LocRib;
    row(rows, &Field::ALL, |field, out| match field {
        Field::Action => out.extend_from_slice(match event {
            Event::First => b"first",
            Event::Up(_) => b"up",
            Event::Down(_) | Event::Lost => b"down",
        }),
        Field::Seq => text::number(out, seq),
        Field::Hash => out.extend_from_slice(&peer.id.hex()),
        Field::RouterHash => out.extend_from_slice(&about.router.hex()),
        // Names would have to be asked of the DNS; the original's info data is empty, too.
        Field::Name | Field::InfoData => {}
        Field::RemoteBgpId => values::dotted(out, Ipv4Addr::from(header.bgp_id)),
        Field::RouterIp => out.extend_from_slice(about.router_ip.as_bytes()),
        Field::Timestamp => values::time(out, about.at),
        Field::RemoteAsn => text::number(out, header.asn),
        Field::RemoteIp => values::ip(out, peer.address),
        Field::PeerRd => values::rd(out, header.distinguisher),
        Field::IsL3vpn => flag(out, header.kind == PeerType::Rd),
        Field::IsPrePolicy => flag(out, !is_loc_rib && !header.is_post_policy()),
        Field::IsIpv4 => flag(out, peer.address.is_ipv4()),
        Field::IsLocRib => flag(out, is_loc_rib),
        Field::IsLocRibFiltered => flag(out, header.is_filtered()),
        _ => match event {
            Event::Up(up) => of_up(field, up, about.cleaner, out),
            Event::Down(down) => of_down(field, down, peer, about, out),
            Event::Lost => of_lost(field, out),
            Event::First => {}
        },
    });
}

fn of_up(field: Field, up: &PeerUp<'_>, cleaner: Cleaner, out: &mut Vec<u8>) {
    let hold_time = |seconds: u16| match cleaner.sql_safe {
        true => seconds.min(HOLD_TIME_MAX),
        false => seconds,
    };
    match field {
        Field::RemotePort => text::number(out, up.remote_port),
        Field::LocalAsn => text::number(out, up.sent_open.asn()),
        Field::LocalIp => match up.peer.kind {
            PeerType::LocRib => values::ip(out, Ipv6Addr::from(up.local_address).into()),
            _ => values::ip(out, up.local_ip()),
        },
        Field::LocalPort => text::number(out, up.local_port),
        Field::LocalBgpId => values::dotted(out, Ipv4Addr::from(up.sent_open.bgp_id)),
        Field::AdvCap => capabilities::write(out, &up.sent_open, cleaner),
        Field::RecvCap => capabilities::write(out, &up.received_open, cleaner),
        Field::RemoteHoldTime => text::number(out, hold_time(up.received_open.hold_time)),
        Field::AdvHoldTime => text::number(out, hold_time(up.sent_open.hold_time)),
        Field::TableName => {
            let name = up.tlvs.of(PeerUpTlv::VrfTableName.0).last();
            cleaner.text(out, name.unwrap_or_default(), TEXT);
        }
        _ => {}
    }
}

fn of_down(field: Field, down: &PeerDown<'_>, peer: &Peer, about: About<'_>, out: &mut Vec<u8>) {
    let notification = down.notification();
    match field {
        Field::BmpReason => text::number(out, down.reason.0),
        Field::BgpErrorCode => text::number(out, notification.map_or(0, |n| n.code.0)),
        Field::BgpErrorSubcode => text::number(out, notification.map_or(0, |n| n.subcode)),
        Field::ErrorText => {
            let words = match (notification, down.reason) {
                (Some(notification), _) => error_text(&notification),
                (None, PeerDownReason::LocalNoNotification) => format!(
                    "Local ({}) closed peer ({}) session: fsm_event={}, No BGP notify message.",
                    about.router_ip,
                    peer.address,
                    down.fsm_event().unwrap_or_default()
                ),
                _ => String::new(),
            };
            about.cleaner.text(out, words.as_bytes(), TEXT);
        }
        _ => {}
    }
}

/// As if the peer had closed without saying why.
fn of_lost(field: Field, out: &mut Vec<u8>) {
    match field {
        Field::BmpReason => text::number(out, PeerDownReason::RemoteNoData.0),
        Field::BgpErrorCode | Field::BgpErrorSubcode => out.push(b'0'),
        Field::ErrorText => out.extend_from_slice(b"BMP session lost"),
        _ => {}
    }
}

/// What a NOTIFICATION says, in the words of the original where they are known.
fn error_text(n: &Notification<'_>) -> String {
    let known = match n.code {
        ErrorCode::MessageHeader => match HeaderSubcode(n.subcode) {
            HeaderSubcode::BadMessageLength => Some("Bad message header length"),
            HeaderSubcode::BadMessageType => Some("Bad message header type"),
            _ => None,
        },
        ErrorCode::OpenMessage => match OpenSubcode(n.subcode) {
            OpenSubcode::UnsupportedVersionNumber => Some("Unsupported BGP version"),
            OpenSubcode::BadPeerAs => Some("Incorrect peer AS"),
            OpenSubcode::BadBgpIdentifier => Some("Bad BGP ID"),
            OpenSubcode::UnsupportedOptionalParameter => Some("Unsupported optional parameter"),
            OpenSubcode::UnacceptableHoldTime => Some("Unacceptable hold time"),
            _ => None,
        },
        ErrorCode::UpdateMessage => match UpdateSubcode(n.subcode) {
            UpdateSubcode::AttributeLengthError => Some("Update attribute lenght error"),
            _ => None,
        },
        ErrorCode::HoldTimerExpired => Some("Hold timer expired"),
        ErrorCode::FiniteStateMachine => Some("FSM error"),
        ErrorCode::Cease => cease(CeaseSubcode(n.subcode)),
        _ => None,
    };
    match (known, n.code) {
        (Some(words), _) => words.to_owned(),
        (None, ErrorCode::Cease) => format!("Unknown cease code, subcode [{}]", n.subcode),
        (None, ErrorCode::OpenMessage) => {
            format!("Open message error - unknown subcode [{}]", n.subcode)
        }
        (None, code) => match (code.name(), n.subcode_name()) {
            (Some(_), Some(subcode)) => format!("{code}: {subcode}"),
            (Some(_), None) => format!("{code}, subcode [{}]", n.subcode),
            (None, _) => format!("Unknown notification type [{}]", code.0),
        },
    }
}

fn cease(subcode: CeaseSubcode) -> Option<&'static str> {
    Some(match subcode {
        CeaseSubcode::MaximumPrefixes | CeaseSubcode::OutOfResources => {
            "Maximum number of prefixes reached"
        }
        CeaseSubcode::AdministrativeShutdown => "Administrative shutdown",
        CeaseSubcode::PeerDeConfigured => "Peer de-configured",
        CeaseSubcode::AdministrativeReset => "Administratively reset",
        CeaseSubcode::ConnectionRejected => "Connection rejected",
        CeaseSubcode::OtherConfigurationChange => "Other configuration change",
        CeaseSubcode::ConnectionCollisionResolution => "Connection collision resolution",
        _ => return None,
    })
}
