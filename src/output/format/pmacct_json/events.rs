//! The records of messages that carry no routes: init, term, peer_up, peer_down, stats, and in
//! pmacct's style what it has none for: route_mirror, unknown messages and errors.

use std::collections::HashMap;

use super::super::fields::JsonFields;
use super::super::{Cursor, text};
use super::head::Subject;
use super::options::Extra;
use super::time::Stream;
use super::v4::{raw_tlv, separated};
use super::{PmacctJson, Shown};
use crate::bmp::msg::initiation::{self, InitiationTlv};
use crate::bmp::msg::peer_down::{PeerDown, PeerDownData};
use crate::bmp::msg::peer_up::{PeerUp, PeerUpTlv};
use crate::bmp::msg::route_mirroring::{MirroringInformation, MirroringTlv, RouteMirroring};
use crate::bmp::msg::statistics_report::{Statistic, StatisticType, StatisticsReport};
use crate::bmp::msg::termination::{self, TerminationReason, TerminationTlv};
use crate::bmp::v4;
use crate::bmp::{MessageType, PeerHeader, Tlv, Tlvs};
use crate::output::frames::{FrameKind, Frames};
use crate::wire::{Fields, Reader, Timestamp, WireError};

impl PmacctJson {
    /// The keys with which every event begins.
    pub(super) fn begin(
        &mut self,
        shown: &Shown<'_>,
        time: Timestamp,
        kind: &str,
        out: &mut Vec<u8>,
    ) {
        out.extend_from_slice(b"{\"event_type\": \"log\", \"seq\": ");
        self.write_seq(out);
        out.extend_from_slice(b", \"timestamp\": ");
        self.settings.clock.write(out, time, Stream::Router);
        out.extend_from_slice(b", \"timestamp_arrival\": ");
        self.settings.clock.write(out, shown.record.arrival, Stream::Arrival);
        self.router.write_for_event(out);
        out.extend_from_slice(b", \"bmp_msg_type\": \"");
        out.extend_from_slice(kind.as_bytes());
        out.push(b'"');
    }

    /// `init`
    pub(super) fn initiation(&mut self, shown: &Shown<'_>, out: &mut Frames) {
        self.begin(shown, Timestamp::default(), "init", &mut out.bytes);
        let tlvs = initiation::tlvs(shown.body());
        let names = if self.settings.dialect.tlv_names { init_name } else { init_name_older };
        self.tlvs(&mut out.bytes, "bmp_init_info_", tlvs, names);
        self.end(shown, FrameKind::Record, out);
    }

    /// `term`
    pub(super) fn termination(&mut self, shown: &Shown<'_>, out: &mut Frames) {
        self.begin(shown, Timestamp::default(), "term", &mut out.bytes);
        let tlvs = termination::tlvs(shown.body());
        self.tlvs(&mut out.bytes, "bmp_term_info_", tlvs, term_name);
        self.end(shown, FrameKind::Record, out);
    }

    /// `peer_up`
    pub(super) fn peer_up(&mut self, shown: &Shown<'_>, up: &PeerUp<'_>, out: &mut Frames) {
        if !(up.sent_open.asn_is_consistent() && up.received_open.asn_is_consistent()) {
            // pmacct takes no peer whose AS numbers contradict each other (RFC 6793 §4.2.3).
            let error = WireError::invalid("AS number of an OPEN", 0, up.sent_open.my_as.into());
            return self.odd(shown, &error, out);
        }
        let b = &mut out.bytes;
        let peer = &up.peer;
        self.begin(shown, peer.timestamp, "peer_up", b);
        let subject = Subject { up: Some(up), ..self.subject(peer) };
        subject.write(b, self.settings.dialect.peer_up);
        self.tlvs(b, "bmp_peer_up_info_", up.tlvs, self.peer_up_names());
        if self.wants(Extra::All) {
            let mut fields = JsonFields::new(b);
            fields.group("sent_open", &mut |fields| up.sent_open.describe(fields));
            fields.group("received_open", &mut |fields| up.received_open.describe(fields));
        }
        self.end(shown, FrameKind::Record, out);
    }

    /// `peer_down`; in version 4 with TLVs, which pmacct writes in hex.
    pub(super) fn peer_down(
        &mut self,
        shown: &Shown<'_>,
        down: &PeerDown<'_>,
        of_v4: Option<&v4::PeerDown<'_>>,
        out: &mut Frames,
    ) {
        let b = &mut out.bytes;
        self.begin(shown, down.peer.timestamp, "peer_down", b);
        self.subject(&down.peer).write(b, self.settings.dialect.peer_down);
        b.extend_from_slice(b", \"reason_type\": ");
        text::number(b, down.reason.0);
        if let Some(reason) = peer_down_reason(down.reason.0) {
            b.extend_from_slice(b", \"reason_str\": \"");
            b.extend_from_slice(reason.as_bytes());
            b.push(b'"');
        }
        if let Some(code) = down.fsm_event() {
            b.extend_from_slice(b", \"reason_loc_code\": ");
            text::number(b, code);
        }
        if self.wants(Extra::All) {
            let mut fields = JsonFields::new(b);
            if let PeerDownData::FsmEvent(event) = down.data {
                fields.text("fsm_event", &event);
            }
            if let Some(notification) = down.notification() {
                fields.group("notification", &mut |fields| notification.describe(fields));
            }
            if let (Some(tlvs), None) = (down.tlvs(), of_v4) {
                self.tlvs(b, "bmp_peer_down_info_", tlvs, self.peer_up_names());
            }
        }
        if let Some(of_v4) = of_v4 {
            let tlvs = Tlvs::new(Reader::new(of_v4.tlvs.octets()));
            self.tlvs(b, "bmp_peer_down_info_", tlvs, |_| None);
        }
        let rest = of_v4.map_or(&[][..], |down| down.rest.peek());
        if self.wants(Extra::All) && down.extra.len() + rest.len() > 0 {
            raw(b, "bmp_peer_down_raw", &[down.extra.peek(), rest].concat());
        }
        self.end(shown, FrameKind::Record, out);
    }

    /// `stats`: one record per statistic; stops when `out` is full and goes on at the cursor.
    pub(super) fn statistics(
        &mut self,
        shown: &Shown<'_>,
        report: &StatisticsReport<'_>,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) -> bool {
        while cursor.part < report.count && !out.is_full() {
            let Some((stat, next)) = report.at(cursor.offset as usize) else {
                if let Some(error) = report.cut() {
                    self.odd(shown, &error, out);
                }
                return true;
            };
            self.statistic(shown, &report.peer, &stat, out);
            cursor.part += 1;
            cursor.offset = next as u32;
        }
        cursor.part >= report.count
    }

    /// `stats_tlvs`: the TLVs of version 4 that follow the statistics.
    pub(super) fn statistics_tlvs(
        &mut self,
        shown: &Shown<'_>,
        report: &v4::StatisticsReport<'_>,
        out: &mut Frames,
    ) {
        let Some(tlvs) = report.tlvs.filter(|tlvs| !tlvs.is_empty()) else { return };
        if !self.wants(Extra::Records) {
            return;
        }
        let b = &mut out.bytes;
        let peer = PeerHeader::of(report.peer);
        self.begin(shown, peer.timestamp, "stats_tlvs", b);
        self.subject(&peer).write(b, self.settings.dialect.stats);
        b.extend_from_slice(b", \"bmp_stats_tlvs\": [");
        separated(b, tlvs.iter(), |b, tlv| raw_tlv(b, &tlv, None));
        b.push(b']');
        self.end(shown, FrameKind::Record, out);
    }

    fn statistic(
        &mut self,
        shown: &Shown<'_>,
        peer: &PeerHeader,
        stat: &Statistic<'_>,
        out: &mut Frames,
    ) {
        let b = &mut out.bytes;
        self.begin(shown, peer.timestamp, "stats", b);
        self.subject(peer).write(b, self.settings.dialect.stats);
        b.extend_from_slice(b", \"counter_type\": ");
        text::number(b, stat.kind.0);
        b.extend_from_slice(b", \"counter_type_str\": \"");
        b.extend_from_slice(counter_name(stat.kind).as_deref().unwrap_or("Unknown").as_bytes());
        b.push(b'"');
        // pmacct names the family of types 9 and 10 only.
        let named = self.wants(Extra::All)
            || matches!(
                stat.kind,
                StatisticType::AdjRibInPerFamily | StatisticType::LocRibPerFamily
            );
        let is_known = stat.kind <= COUNTER_LAST;
        if let (true, Some(family)) = (named && is_known, stat.family()) {
            b.extend_from_slice(b", \"afi\": ");
            text::number(b, family.afi);
            b.extend_from_slice(b", \"safi\": ");
            text::number(b, family.safi);
        }
        b.extend_from_slice(b", \"counter_value\": ");
        match (counter_name(stat.kind), stat.number()) {
            (Some(_), Some(n)) => text::number(b, n as i64), // a JSON integer is signed there
            (Some(_), None) => b.push(b'0'),
            (None, _) => {
                stat.value.with_octets(|value| hex_or_null(b, value));
                if self.wants(Extra::All) {
                    statistic_pmacct_has_not(b, stat);
                }
            }
        }
        self.end(shown, FrameKind::Record, out);
    }

    /// `route_mirror`: pmacct writes nothing for Route Mirroring.
    pub(super) fn route_mirroring(
        &mut self,
        shown: &Shown<'_>,
        mirrored: &RouteMirroring<'_>,
        out: &mut Frames,
    ) {
        if !self.wants(Extra::Records) {
            return;
        }
        let b = &mut out.bytes;
        let peer = &mirrored.peer;
        self.begin(shown, peer.timestamp, "route_mirror", b);
        self.subject(peer).write(b, self.settings.dialect.others);
        b.extend_from_slice(b", \"bmp_mirror_tlvs\": [");
        for (i, tlv) in mirrored.tlvs.flatten().enumerate() {
            b.extend_from_slice(if i == 0 { b"{" } else { b", {" });
            mirroring_tlv(b, &tlv);
            b.push(b'}');
        }
        b.push(b']');
        self.end(shown, FrameKind::Record, out);
    }

    /// `unknown`: a message of a type or version that is kept raw.
    pub(super) fn unknown(&mut self, shown: &Shown<'_>, out: &mut Frames) {
        if !self.wants(Extra::Records) {
            return;
        }
        let (version, kind) = shown.version_and_type();
        let b = &mut out.bytes;
        self.begin(shown, Timestamp::default(), "unknown", b);
        b.extend_from_slice(b", \"bmp_version\": ");
        text::number(b, version);
        b.extend_from_slice(b", \"bmp_type\": ");
        text::number(b, kind.0);
        raw(b, "bmp_message_raw", shown.message);
        self.end(shown, FrameKind::Record, out);
    }

    /// An odd message in a sound frame: pmacct writes nothing.
    pub(super) fn odd(&mut self, shown: &Shown<'_>, error: &WireError, out: &mut Frames) {
        if !self.wants(Extra::Records) {
            return;
        }
        let (_, kind) = shown.version_and_type();
        let peer = Self::peer_header(shown);
        let b = &mut out.bytes;
        let time = peer.map(|p| p.timestamp).unwrap_or_default();
        self.begin(shown, time, message_name(kind), b);
        if let Some(peer) = &peer {
            self.subject(peer).write(b, self.settings.dialect.others);
        }
        b.extend_from_slice(b", \"log_type\": \"error\", \"error\": \"");
        text::json_escaped(b, &error.to_string());
        b.push(b'"');
        raw(b, "bmp_message_raw", shown.message);
        self.end(shown, FrameKind::Record, out);
    }

    /// The dialect's names of the Peer Up's TLVs.
    fn peer_up_names(&self) -> Names {
        if self.settings.dialect.tlv_names { peer_up_name } else { peer_up_name_older }
    }

    /// One key for each kind of TLV, at its first place, with its last value.
    fn tlvs(&self, out: &mut Vec<u8>, stem: &str, tlvs: Tlvs<'_>, name: Names) {
        let mut order: Vec<(String, Value, &[u8])> = Vec::new();
        let mut index: HashMap<String, usize> = HashMap::new();
        for tlv in tlvs.flatten() {
            let (key, kind) = tlv_key(&tlv, name);
            // A text that is no UTF-8 makes no key at all: the value before it stays.
            if kind == Value::Text && text_of(tlv.value).is_none() {
                continue;
            }
            let at = *index.entry(key.clone()).or_insert(order.len());
            match order.get_mut(at) {
                Some(entry) => (entry.1, entry.2) = (kind, tlv.value),
                None => order.push((key, kind, tlv.value)),
            }
        }
        for (key, kind, value) in order {
            out.extend_from_slice(b", \"");
            out.extend_from_slice(stem.as_bytes());
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(b"\": ");
            kind.write(out, value);
        }
    }
}

/// The names of TLVs and how their values are written, by their types; none: in hex, by number.
type Names = fn(u16) -> Option<(&'static str, Value)>;

/// How a TLV's value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    Text,
    Hex,
    Reason,
}

impl Value {
    fn write(self, out: &mut Vec<u8>, value: &[u8]) {
        match (self, value) {
            (_, []) => out.extend_from_slice(b"null"),
            (Value::Hex, v) => hex_or_null(out, v),
            (Value::Reason, v) => term_reason(out, v),
            (Value::Text, v) => {
                out.push(b'"');
                text::json_escaped(out, text_of(v).unwrap_or_default());
                out.push(b'"');
            }
        }
    }
}

/// A text as a C string: up to the first NUL.
fn text_of(value: &[u8]) -> Option<&str> {
    let end = memchr::memchr(0, value).unwrap_or(value.len());
    std::str::from_utf8(&value[..end]).ok()
}

fn tlv_key(tlv: &Tlv<'_>, name: Names) -> (String, Value) {
    match tlv.owner.enterprise() {
        Some(pen) => (format!("{pen}_{}", tlv.kind), Value::Hex),
        None => match name(tlv.kind) {
            Some((name, value)) => (name.to_owned(), value),
            None => (tlv.kind.to_string(), Value::Hex),
        },
    }
}

fn init_name(kind: u16) -> Option<(&'static str, Value)> {
    match InitiationTlv(kind) {
        InitiationTlv::String => Some(("string", Value::Text)),
        InitiationTlv::SysDescr => Some(("sysdescr", Value::Text)),
        InitiationTlv::SysName => Some(("sysname", Value::Text)),
        InitiationTlv(3 | 4) => Some(("reserved", Value::Hex)),
        _ => None,
    }
}

fn init_name_older(kind: u16) -> Option<(&'static str, Value)> {
    init_name(kind).filter(|_| kind <= InitiationTlv::SysName.0)
}

fn term_name(kind: u16) -> Option<(&'static str, Value)> {
    match TerminationTlv(kind) {
        TerminationTlv::String => Some(("string", Value::Text)),
        TerminationTlv::Reason => Some(("reason", Value::Reason)),
        _ => None,
    }
}

fn peer_up_name(kind: u16) -> Option<(&'static str, Value)> {
    match PeerUpTlv(kind) {
        PeerUpTlv::String => Some(("string", Value::Text)),
        PeerUpTlv(1 | 2) => Some(("reserved", Value::Hex)),
        PeerUpTlv::VrfTableName => Some(("vrf_table_name", Value::Text)),
        PeerUpTlv::AdminLabel => Some(("admin_label", Value::Text)),
        _ => None,
    }
}

fn peer_up_name_older(kind: u16) -> Option<(&'static str, Value)> {
    peer_up_name(kind).filter(|_| kind == PeerUpTlv::String.0)
}

fn term_reason(out: &mut Vec<u8>, value: &[u8]) {
    let number = match *value {
        [a] => u64::from(a),
        [a, b] => match TerminationReason(u16::from_be_bytes([a, b])) {
            reason if reason.name().is_some() => {
                out.extend_from_slice(format!("\"{reason}\"").as_bytes());
                return;
            }
            reason => u64::from(reason.0),
        },
        [a, b, c, d] => u64::from(u32::from_be_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => u64::from_be_bytes([a, b, c, d, e, f, g, h]),
        _ => return out.extend_from_slice(b"null"),
    };
    out.push(b'"');
    text::number(out, number);
    out.push(b'"');
}

fn peer_down_reason(reason: u8) -> Option<&'static str> {
    match reason {
        0 => Some("Reserved"),
        1 => Some("The local system closed the session"),
        2 => Some("The local system closed the session without a notification message"),
        3 => Some("The remote system closed the session"),
        4 => Some("The remote system closed the session without a notification message"),
        5 => Some("Info for this peer will no longer be sent for configuration reasons"),
        _ => None,
    }
}

/// The last of the statistics that pmacct knows.
const COUNTER_LAST: StatisticType = StatisticType::AdjRibOutPostPerFamily;

/// pmacct's text of a statistic: the registry's, but for its spelling of four.
fn counter_name(kind: StatisticType) -> Option<String> {
    let name = kind.name().filter(|_| kind <= COUNTER_LAST)?;
    Some(name.replace("per-AFI/SAFI Adj", "per-AFI/SAFI Abj"))
}

/// `, "counter_name": "…", "counter_number": …` of a statistic that pmacct does not know.
fn statistic_pmacct_has_not(out: &mut Vec<u8>, stat: &Statistic<'_>) {
    if let Some(name) = stat.kind.name() {
        out.extend_from_slice(b", \"counter_name\": \"");
        text::json_escaped(out, name);
        out.push(b'"');
    }
    if let Some(number) = stat.number() {
        out.extend_from_slice(b", \"counter_number\": ");
        text::number(out, number as i64);
    }
}

fn message_name(kind: MessageType) -> &'static str {
    match kind {
        MessageType::RouteMonitoring => "route_monitor",
        MessageType::StatisticsReport => "stats",
        MessageType::PeerDown => "peer_down",
        MessageType::PeerUp => "peer_up",
        MessageType::Initiation => "init",
        MessageType::Termination => "term",
        MessageType::RouteMirroring => "route_mirror",
        MessageType::RoutePolicyTrace => "rpat",
        _ => "unknown",
    }
}

fn mirroring_tlv(out: &mut Vec<u8>, tlv: &Tlv<'_>) {
    match (tlv.owner.enterprise(), MirroringTlv(tlv.kind), tlv.value) {
        (None, MirroringTlv::BgpMessage, pdu) => {
            out.extend_from_slice(b"\"type\": \"bgp_message\", \"bgp_pdu_raw\": \"");
            text::hex(out, pdu);
        }
        (None, MirroringTlv::Information, &[a, b]) => {
            out.extend_from_slice(b"\"type\": \"information\", \"information\": \"");
            match MirroringInformation(u16::from_be_bytes([a, b])) {
                MirroringInformation::ErroredPdu => out.extend_from_slice(b"errored_pdu"),
                MirroringInformation::MessagesLost => out.extend_from_slice(b"messages_lost"),
                other => text::number(out, other.0),
            }
        }
        (pen, kind, value) => {
            out.extend_from_slice(b"\"type\": \"");
            if let Some(pen) = pen {
                text::number(out, pen);
                out.push(b'_');
            }
            text::number(out, kind.0);
            out.extend_from_slice(b"\", \"value\": \"");
            text::hex(out, value);
        }
    }
    out.push(b'"');
}

pub(super) fn hex_or_null(out: &mut Vec<u8>, value: &[u8]) {
    if value.is_empty() {
        return out.extend_from_slice(b"null");
    }
    out.push(b'"');
    text::hex_dashed(out, value);
    out.push(b'"');
}

/// `, "KEY": "hex"`
pub(super) fn raw(out: &mut Vec<u8>, key: &str, octets: &[u8]) {
    out.extend_from_slice(b", \"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\": \"");
    text::hex(out, octets);
    out.push(b'"');
}
