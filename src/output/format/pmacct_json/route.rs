//! The records of Route Monitoring: update, withdraw and end-of-rib, and errors where `extra=`
//! asks.
//!
//! What does not change within an UPDATE is rendered once and copied for each of its routes.

use super::super::{Cursor, text};
use super::options::Extra;
use super::time::Stream;
use super::{PmacctJson, Shown, attributes, events, head};
use crate::bgp::nlri::{self, Visit};
use crate::bmp::PeerHeader;
use crate::output::frames::{FrameKind, Frames};
use crate::record::{Section, SessionId, Update};
use crate::wire::{Family, Prefix, Reader, RouteDistinguisher, Timestamp, WireError};

/// The text that the routes of an UPDATE share. What belongs to its peer is kept for the next one.
#[derive(Default)]
pub(super) struct Buffers {
    peer: Option<PeerText>,
    /// `bgp_nexthop` to `otc`, then the peer's tail.
    rest: Vec<u8>,
    /// Where the tail begins in `rest`.
    tail_at: usize,
    /// `"log_type"` up to `"safi"` of the section in hand, then [`PREFIX_KEY`].
    head: Vec<u8>,
    /// Where the key begins in `head`.
    key_at: usize,
    /// What `head` was made for, but for the microseconds.
    made_for: Option<Made>,
    /// Where `peer_rd` begins in `head`.
    rd_at: usize,
    scratch: attributes::Scratch,
    /// Why pmacct drops the UPDATE in hand.
    dropped: Option<WireError>,
}

/// The text of one peer, and what it depends on.
struct PeerText {
    session: SessionId,
    arrival: Timestamp,
    /// The AS number shown.
    asn: u32,
    /// Its timestamp is that of the UPDATE in hand.
    header: PeerHeader,
    /// `, "bmp_rib_type": …` up to `bgp_id`.
    view: Vec<u8>,
    /// The distinguisher of the per-peer header.
    rd: Vec<u8>,
    /// `, "timestamp_arrival": …` to the end of the line.
    tail: Vec<u8>,
}

/// The kind of a section, and the second of its UPDATE.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Made {
    log_type: &'static str,
    family: Family,
    secs: u64,
}

/// Sections, then what comes after them.
const PART_AFTER_SECTIONS: u32 = 4;

const LOG_TYPE_KEY: &[u8] = b", \"log_type\": \"";
const PREFIX_KEY: &[u8] = b", \"ip_prefix\": \"";
const TIME_KEY: &[u8] = b"\", \"timestamp\": ";

/// Octets of a route's line beside what it shares with others: sequence number, prefix, path
/// identifier, distinguisher, label, and their keys.
const ROUTE_TEXT_MAX: usize = 256;

impl PmacctJson {
    /// Renders an UPDATE, or as much of it as fits; whether it is done. `cursor.part` counts its
    /// sections in pmacct's order, `cursor.offset` the octets of the section already rendered.
    pub(super) fn route(
        &mut self,
        shown: &Shown<'_>,
        update: &Update,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) -> bool {
        if cursor.part == 0 && cursor.offset == 0 {
            let Ok(peer) = PeerHeader::parse(&mut shown.body()) else { return true };
            self.prepare(shown, &peer, update);
        }
        if let Some(error) = self.route.dropped {
            self.error(shown, &error, "bgp_pdu_raw", update.pdu.of(shown.message), out);
            return true;
        }
        let order = in_order(update);
        while cursor.part < PART_AFTER_SECTIONS {
            if let Some(section) = order[cursor.part as usize]
                && !self.section(shown, section, cursor, out)
            {
                return false;
            }
            cursor.part += 1;
            cursor.offset = 0;
        }
        if update.malformed_attributes
            && let Some(error) = attributes::repeated(attributes_of(shown, update))
        {
            self.error(shown, &error, "bgp_pdu_raw", update.pdu.of(shown.message), out);
        }
        if update.extra.len > 0 {
            let error = WireError::trailing(
                "BGP message",
                update.extra.start as usize,
                update.extra.len as usize,
            );
            self.error(shown, &error, "bgp_pdu_raw", update.extra.of(shown.message), out);
        }
        if let Some(family) = update.end_of_rib() {
            self.begin_section("end-of-rib", family);
            self.line_start(&mut out.bytes);
            out.bytes.extend_from_slice(&self.route.head[..self.route.key_at]);
            self.end_route(shown, out);
        }
        true
    }

    /// Renders what all records of the UPDATE share.
    fn prepare(&mut self, shown: &Shown<'_>, header: &PeerHeader, update: &Update) {
        let asn = shown.batch.peer(shown.record).open_asn.unwrap_or(header.asn);
        let arrival = shown.record.arrival;
        match &mut self.route.peer {
            Some(peer)
                if PeerHeader { timestamp: peer.header.timestamp, ..*header } == peer.header
                    && (peer.session, peer.arrival, peer.asn) == (shown.session, arrival, asn) =>
            {
                peer.header.timestamp = header.timestamp;
            }
            _ => self.prepare_peer(shown, header, asn),
        }
        let announces = update.sections().any(|s| s.kind.announces());
        let all = self.wants(Extra::All);
        let r = &mut self.route;
        r.rest.clear();
        let octets =
            Reader::at(update.attributes.of(shown.message), update.attributes.start as usize);
        r.dropped = match announces {
            true => attributes::write(&mut r.rest, &mut r.scratch, octets, update.as_width).err(),
            false => attributes::check(octets).err(),
        };
        if all && announces {
            attributes::write_rest(&mut r.rest, octets);
        }
        r.tail_at = r.rest.len();
        if let Some(peer) = &r.peer {
            r.rest.extend_from_slice(&peer.tail);
        }
    }

    /// Renders what all records of the peer share that arrived together.
    fn prepare_peer(&mut self, shown: &Shown<'_>, header: &PeerHeader, asn: u32) {
        self.route.made_for = None;
        let (session, arrival) = (shown.session, shown.record.arrival);
        let kept = self.route.peer.take();
        let [mut view, mut rd, mut tail] = kept.map(|p| [p.view, p.rd, p.tail]).unwrap_or_default();
        for text in [&mut view, &mut rd, &mut tail] {
            text.clear();
        }
        head::view(&mut view, header, header.is_filtered());
        head::bgp_id(&mut view, header);
        head::instance(&mut rd, header);
        tail.extend_from_slice(b", \"timestamp_arrival\": ");
        self.settings.clock.write(&mut tail, arrival, Stream::Arrival);
        tail.extend_from_slice(b", ");
        tail.extend_from_slice(&self.router.1);
        head::peer(&mut tail, header, asn);
        tail.extend_from_slice(b", \"peer_tcp_port\": 0, \"bmp_msg_type\": \"route_monitor\"");
        tail.extend_from_slice(self.settings.writer_id.as_bytes());
        tail.extend_from_slice(b"}\n");
        self.route.peer = Some(PeerText { session, arrival, asn, header: *header, view, rd, tail });
    }

    /// Renders the records of one NLRI list; whether it is done.
    fn section(
        &mut self,
        shown: &Shown<'_>,
        section: &Section,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) -> bool {
        let announced = section.kind.announces();
        self.begin_section(if announced { "update" } else { "withdraw" }, section.family);
        let octets = section.span.of(shown.message);
        if !nlri::is_decoded(section.family) {
            self.raw_family(shown, announced, octets, out);
            return true;
        }
        if out.is_full() {
            return false;
        }
        let left = octets.get(cursor.offset as usize..).unwrap_or_default();
        let full = {
            let mut lines = Lines {
                format: self,
                out,
                session: shown.session,
                announced,
                route: Route::default(),
            };
            // Errors cannot be: the session has found these routes to be well formed.
            let used =
                nlri::visit_all(section.family, section.add_path, announced, left, &mut lines);
            used.ok().filter(|used| *used < left.len())
        };
        if let Some(used) = full {
            cursor.offset += used as u32;
            return false;
        }
        if let Some(error) = section.error(shown.message) {
            self.error(shown, &error, "nlri_raw", section.rest.of(shown.message), out);
        }
        true
    }

    /// `, "log_type": …` up to the family, for the records of one section.
    fn begin_section(&mut self, log_type: &'static str, family: Family) {
        let r = &mut self.route;
        let Some(peer) = &r.peer else { return };
        let time = peer.header.timestamp;
        let made = Made { log_type, family, secs: time.secs };
        let time_at = TIME_KEY.len() + LOG_TYPE_KEY.len() + log_type.len();
        // Most sections differ from the one before them by the microseconds alone.
        if r.made_for == Some(made)
            && self.settings.clock.rewrite(&mut r.head, time_at, time, Stream::Router)
        {
            return;
        }
        r.head.clear();
        r.head.extend_from_slice(LOG_TYPE_KEY);
        r.head.extend_from_slice(log_type.as_bytes());
        r.head.extend_from_slice(TIME_KEY);
        self.settings.clock.write(&mut r.head, time, Stream::Router);
        r.head.extend_from_slice(&peer.view);
        r.rd_at = r.head.len();
        r.head.extend_from_slice(&peer.rd);
        family_keys(&mut r.head, family);
        r.key_at = r.head.len();
        r.head.extend_from_slice(PREFIX_KEY);
        // Microseconds of more than six digits change the length: such a head is not written over.
        r.made_for = (time.micros < 1_000_000).then_some(made);
    }

    /// One route.
    #[inline]
    fn one(&mut self, route: &Route, announced: bool, b: &mut Vec<u8>) {
        b.reserve(self.route.head.len() + self.route.rest.len() + ROUTE_TEXT_MAX);
        self.line_start(b);
        let r = &self.route;
        let rest = &r.rest[if announced { 0 } else { r.tail_at }..];
        if let Route { path_id: None, rd: None, label: None, prefix: Some(prefix) } = route {
            b.extend_from_slice(&r.head);
            text::prefix(b, prefix, b'"');
            return b.extend_from_slice(rest);
        }
        self.odd_one(route, rest, b);
    }

    /// A route with more than a prefix, after its sequence number. `rest` is what it shares.
    fn odd_one(&self, route: &Route, rest: &[u8], b: &mut Vec<u8>) {
        let r = &self.route;
        let peer_rd = r.peer.as_ref().map_or(0, |p| p.rd.len());
        // With a distinguisher in the per-peer header, that of the route takes its place.
        let replaces = route.rd.filter(|_| peer_rd > 0);
        match replaces {
            None => b.extend_from_slice(&r.head),
            Some(rd) => self.head_with(b, rd, peer_rd),
        }
        match &route.prefix {
            Some(prefix) => text::prefix(b, prefix, b'"'),
            None => b.truncate(b.len() - PREFIX_KEY.len()),
        }
        if let Some(id) = route.path_id {
            b.extend_from_slice(b", \"as_path_id\": ");
            text::number(b, id);
        }
        let (attributes, tail) = rest.split_at(rest.len() - (r.rest.len() - r.tail_at));
        b.extend_from_slice(attributes);
        if let (Some(rd), None) = (route.rd, replaces) {
            head::distinguisher(b, rd, "bgp");
        }
        if let Some(label) = route.label {
            b.extend_from_slice(b", \"mpls_label\": \"");
            text::number(b, label);
            b.push(b'"');
        }
        b.extend_from_slice(tail);
    }

    /// The head with a route's distinguisher where the peer's would stand.
    #[cold]
    fn head_with(&self, out: &mut Vec<u8>, rd: RouteDistinguisher, peer_rd: usize) {
        let r = &self.route;
        out.extend_from_slice(&r.head[..r.rd_at]);
        head::distinguisher(out, rd, "bgp");
        out.extend_from_slice(&r.head[r.rd_at + peer_rd..]);
    }

    /// A family without names of its own, as one record.
    fn raw_family(&mut self, shown: &Shown<'_>, announced: bool, octets: &[u8], out: &mut Frames) {
        if octets.is_empty() || !self.wants(Extra::Records) {
            return;
        }
        self.line_start(&mut out.bytes);
        out.bytes.extend_from_slice(&self.route.head[..self.route.key_at]);
        events::raw(&mut out.bytes, "nlri_raw", octets);
        if announced {
            out.bytes.extend_from_slice(&self.route.rest[..self.route.tail_at]);
        }
        self.end_route(shown, out);
    }

    /// What pmacct drops, with the reason.
    fn error(
        &mut self,
        shown: &Shown<'_>,
        error: &WireError,
        key: &str,
        raw: &[u8],
        out: &mut Frames,
    ) {
        if !self.wants(Extra::Records) {
            return;
        }
        self.line_start(&mut out.bytes);
        let Some(peer) = &self.route.peer else { return };
        let b = &mut out.bytes;
        b.extend_from_slice(b", \"log_type\": \"error\", \"timestamp\": ");
        self.settings.clock.write(b, peer.header.timestamp, Stream::Router);
        b.extend_from_slice(&peer.view);
        b.extend_from_slice(&peer.rd);
        b.extend_from_slice(b", \"event_type\": \"log\", \"error\": \"");
        text::json_escaped(b, &error.to_string());
        b.push(b'"');
        events::raw(b, key, raw);
        self.end_route(shown, out);
    }

    fn end_route(&mut self, shown: &Shown<'_>, out: &mut Frames) {
        out.bytes.extend_from_slice(&self.route.rest[self.route.tail_at..]);
        out.end(FrameKind::Record, shown.session);
    }
}

fn attributes_of<'b>(shown: &Shown<'b>, update: &Update) -> Reader<'b> {
    Reader::at(update.attributes.of(shown.message), update.attributes.start as usize)
}

/// pmacct's order: withdrawn routes, NLRI, then MP_REACH before MP_UNREACH, IPv4 before IPv6.
fn in_order(update: &Update) -> [Option<&Section>; 4] {
    let [withdrawn, nlri, reach, unreach] = update.sections.each_ref().map(Option::as_ref);
    match (reach, unreach) {
        (Some(r), Some(u)) if u.family.afi < r.family.afi => [withdrawn, nlri, unreach, reach],
        _ => [withdrawn, nlri, reach, unreach],
    }
}

/// `, "event_type": "log", "afi": …, "safi": …`
fn family_keys(out: &mut Vec<u8>, family: Family) {
    out.extend_from_slice(b", \"event_type\": \"log\", \"afi\": ");
    text::number(out, family.afi);
    out.extend_from_slice(b", \"safi\": ");
    text::number(out, family.safi);
}

/// What a route says of itself, as far as pmacct has keys for it.
#[derive(Default)]
struct Route {
    path_id: Option<u32>,
    rd: Option<RouteDistinguisher>,
    label: Option<u32>,
    prefix: Option<Prefix>,
}

/// Renders the routes of a list, one line each, until no more fit.
struct Lines<'f> {
    format: &'f mut PmacctJson,
    out: &'f mut Frames,
    session: SessionId,
    announced: bool,
    route: Route,
}

impl Visit for Lines<'_> {
    #[inline]
    fn path_id(&mut self, id: u32) {
        self.route.path_id = Some(id);
    }

    #[inline]
    fn distinguisher(&mut self, rd: RouteDistinguisher) {
        self.route.rd = Some(rd);
    }

    #[inline]
    fn label(&mut self, label: u32) {
        self.route.label = Some(label);
    }

    #[inline]
    fn prefix(&mut self, prefix: Prefix) {
        self.route.prefix = Some(prefix);
    }

    #[inline]
    fn end(&mut self) -> bool {
        let route = std::mem::take(&mut self.route);
        self.format.one(&route, self.announced, &mut self.out.bytes);
        self.out.end(FrameKind::Record, self.session);
        !self.out.is_full()
    }
}
