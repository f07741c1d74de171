//! The records of Route Monitoring: update, withdraw and end-of-rib, and errors where `extra=`
//! asks.
//!
//! What does not change within an UPDATE is rendered once and copied for each of its routes.

use std::ops::Range;

use super::super::fields::JsonFields;
use super::super::{Cursor, text};
use super::head::Distinguisher;
use super::options::Extra;
use super::time::Stream;
use super::v4::{TlvKeys, first_nlri, routes, routes_in};
use super::{PmacctJson, Shown, attributes, events, has_pmacct, head, seq};
use crate::bgp::attr::ErrorAction;
use crate::bgp::nlri::{self, Visit};
use crate::bmp::PeerHeader;
use crate::bmp::v4::VERSION as VERSION_4;
use crate::output::frames::{FrameKind, Frames};
use crate::record::{Section, SessionId, Update};
use crate::wire::{Family, Fields, Prefix, Reader, RouteDistinguisher, Timestamp, WireError};

/// The text that the routes of an UPDATE share. What belongs to its peer is kept for the next one.
#[derive(Default)]
pub(super) struct Buffers {
    peer: Option<PeerText>,
    /// What lies between the prefixes of two routes: `bgp_nexthop` to `otc`, the peer's tail with
    /// the end of the line, then the next line's number and `head`.
    strip: Vec<u8>,
    /// Where the tail begins in `strip`.
    tail_at: usize,
    /// Where the next line begins in `strip`.
    line_at: usize,
    /// `"log_type"` up to `"safi"` of the section in hand, then [`PREFIX_KEY`].
    head: Vec<u8>,
    /// Where the key begins in `head`.
    key_at: usize,
    /// What `head` was made for, but for the microseconds.
    made_for: Option<Made>,
    /// Where `peer_rd` begins in `head`.
    rd_at: usize,
    /// The keys of the TLVs of version 4, and where they stand in `head`.
    tlvs: Option<Box<TlvKeys>>,
    tlvs_at: Range<usize>,
    scratch: attributes::Scratch,
    /// What the route in hand says of itself besides a prefix, a label and a distinguisher.
    described: Vec<u8>,
    /// Why pmacct drops the UPDATE in hand.
    dropped: Option<WireError>,
}

impl Buffers {
    /// Forgets the peer: what its text was made of has changed.
    pub(super) fn forget(&mut self) {
        self.peer = None;
    }

    /// `, "bgp_nexthop": …` to `otc`.
    fn attributes(&self) -> &[u8] {
        &self.strip[..self.tail_at]
    }

    /// What ends every line of the peer.
    fn tail(&self) -> &[u8] {
        &self.strip[self.tail_at..self.line_at]
    }
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
    /// `peer_id` and the router's mark, where they are asked for.
    marks: Vec<u8>,
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

/// More routes than a BGP message holds: each takes an octet or more.
const ROUTES_MAX: u64 = 1 << 16;

const LOG_TYPE_KEY: &[u8] = b", \"log_type\": \"";
const PREFIX_KEY: &[u8] = b", \"ip_prefix\": \"";
const TIME_KEY: &[u8] = b"\", \"timestamp\": ";

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
            if let Some(section) = order[cursor.part as usize] {
                let differ = self.route.tlvs.as_ref().is_some_and(|tlvs| tlvs.differ());
                let skipped = cursor.offset as usize;
                let nlri = if differ { first_nlri(shown, update, section, skipped) } else { None };
                if !self.section(shown, section, nlri, cursor, out) {
                    return false;
                }
            }
            cursor.part += 1;
            cursor.offset = 0;
        }
        if update.error == Some(ErrorAction::SessionReset)
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
        if let Some(family) = update.end_of_rib()
            && (self.settings.dialect.end_of_rib || self.wants(Extra::Records))
        {
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
        r.strip.clear();
        let octets =
            Reader::at(update.attributes.of(shown.message), update.attributes.start as usize);
        let (out, scratch, width) = (&mut r.strip, &mut r.scratch, update.as_width);
        r.dropped = match (announces, self.settings.style) {
            (true, None) => attributes::write(out, scratch, octets, width).err(),
            (true, Some(style)) => {
                attributes::write_styled(out, scratch, octets, width, style).err()
            }
            (false, _) => attributes::check(octets).err(),
        };
        if all && announces && r.dropped.is_none() {
            attributes::write_all(&mut r.strip, octets, update.as_width, update.error);
        }
        r.tail_at = r.strip.len();
        if let Some(peer) = &r.peer {
            r.strip.extend_from_slice(&peer.tail);
        }
        r.line_at = r.strip.len();
        if shown.message.first() == Some(&VERSION_4) || r.tlvs.is_some() {
            self.prepare_tlvs(shown, update);
        }
    }

    /// The keys of the TLVs of version 4; none after a message of version 3.
    #[cold]
    fn prepare_tlvs(&mut self, shown: &Shown<'_>, update: &Update) {
        self.route.made_for = None;
        let with_rest = self.wants(Extra::Records);
        let routes = if self.route.dropped.is_some() { 0 } else { routes(update) };
        let clock = &mut self.settings.clock;
        self.route.tlvs = TlvKeys::of(shown, with_rest, routes, clock).map(Box::new);
    }

    /// Renders what all records of the peer share that arrived together.
    fn prepare_peer(&mut self, shown: &Shown<'_>, header: &PeerHeader, asn: u32) {
        self.route.made_for = None;
        let (session, arrival) = (shown.session, shown.record.arrival);
        let kept = self.route.peer.take();
        let [mut view, mut rd, mut marks, mut tail] =
            kept.map(|p| [p.view, p.rd, p.marks, p.tail]).unwrap_or_default();
        for text in [&mut view, &mut rd, &mut marks, &mut tail] {
            text.clear();
        }
        let dialect = self.settings.dialect;
        let subject = self.subject(header);
        subject.write(&mut view, dialect.route);
        subject.instance(&mut rd);
        if self.settings.peer_id {
            marks.extend_from_slice(b", \"peer_id\": \"");
            text::ip(&mut marks, header.ip());
            marks.push(b'"');
        }
        marks.extend_from_slice(&self.router.mark);
        tail.extend_from_slice(b", \"timestamp_arrival\": ");
        self.settings.clock.write(&mut tail, arrival, Stream::Arrival);
        self.router.write_for_route(&mut tail);
        head::address(&mut tail, header, dialect.route_asn.then_some(asn));
        tail.extend_from_slice(b", \"peer_tcp_port\": 0, \"bmp_msg_type\": \"route_monitor\"");
        tail.extend_from_slice(self.settings.writer_id.as_bytes());
        tail.extend_from_slice(b"}\n");
        let header = *header;
        self.route.peer = Some(PeerText { session, arrival, asn, header, view, rd, marks, tail });
    }

    /// Renders the records of one NLRI list; whether it is done. `nlri` is the index of its first
    /// route to come, where TLVs ask for it.
    fn section(
        &mut self,
        shown: &Shown<'_>,
        section: &Section,
        nlri: Option<u32>,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) -> bool {
        let announced = section.kind.announces();
        self.begin_section(if announced { "update" } else { "withdraw" }, section.family);
        let octets = section.span.of(shown.message);
        if !has_pmacct(section.family) {
            if !self.wants(Extra::Records) {
                return true;
            }
            if !nlri::is_decoded(section.family) {
                if shown.taken.raw(section) {
                    self.raw_family(shown, announced, octets, out);
                }
                return true;
            }
        }
        if !self.routes(shown, section, nlri, cursor, out) {
            return false;
        }
        if let Some(error) = section.error(shown.message)
            && shown.taken.raw(section)
        {
            self.error(shown, &error, "nlri_raw", section.rest.of(shown.message), out);
        }
        true
    }

    /// Renders the routes of one NLRI list from the cursor on; whether all are.
    #[inline]
    fn routes(
        &mut self,
        shown: &Shown<'_>,
        section: &Section,
        mut nlri: Option<u32>,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) -> bool {
        let (family, add_path) = (section.family, section.add_path);
        let (announced, octets) = (section.kind.announces(), section.span.of(shown.message));
        loop {
            if out.is_full() {
                return false;
            }
            let begin = cursor.offset as usize;
            let run = shown.taken.routes(section, octets, begin);
            let passed = octets.get(begin..run.offset()).unwrap_or_default();
            nlri = nlri.and_then(|nlri| nlri.checked_add(routes_in(section, passed)));
            let mut lines = Lines::new(self, shown.session, announced, nlri, out);
            // Errors cannot be: the session has found these routes to be well formed.
            let used = nlri::visit_all(family, add_path, announced, run.peek(), &mut lines);
            lines.finish();
            nlri = lines.nlri;
            let used = used.unwrap_or(run.len());
            cursor.offset = (run.offset() + used) as u32;
            if used < run.len() {
                return false;
            }
            if cursor.offset as usize >= octets.len() {
                return true;
            }
        }
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
        r.tlvs_at = r.head.len()..r.head.len();
        if let Some(tlvs) = &r.tlvs {
            tlvs.write(&mut r.head, None);
            r.tlvs_at.end = r.head.len();
        }
        r.head.extend_from_slice(&peer.marks);
        head::family(&mut r.head, family);
        r.key_at = r.head.len();
        r.head.extend_from_slice(PREFIX_KEY);
        // Microseconds of more than six digits change the length: such a head is not written over.
        r.made_for = (time.micros < 1_000_000 && r.tlvs.is_none()).then_some(made);
    }

    /// A route with more than a prefix, after its sequence number.
    fn odd_one(&self, route: &Route, announced: bool, nlri: Option<u32>, b: &mut Vec<u8>) {
        let r = &self.route;
        let peer_rd = r.peer.as_ref().map_or(0, |p| p.rd.len());
        // With a distinguisher of that name in the per-peer header, the route's takes its place.
        let is_same = self.settings.distinguisher == Distinguisher::Route;
        let replaces = route.rd.filter(|_| peer_rd > 0 && is_same);
        match (replaces, nlri) {
            (None, None) => b.extend_from_slice(&r.head),
            _ => self.head_with(b, replaces, nlri),
        }
        match &route.prefix {
            Some(prefix) => text::prefix(b, prefix, b'"'),
            None => b.truncate(b.len() - PREFIX_KEY.len()),
        }
        if let Some(id) = route.path_id {
            b.extend_from_slice(b", \"as_path_id\": ");
            text::number(b, id);
        }
        let own_rd = route.rd.filter(|_| replaces.is_none());
        if let (Some(rd), true) = (own_rd, route.is_described) {
            head::distinguisher(b, Distinguisher::Route, rd, "bgp");
        }
        if route.is_described {
            b.extend_from_slice(&r.described);
        }
        if announced {
            b.extend_from_slice(r.attributes());
        }
        if let (Some(rd), false) = (own_rd, route.is_described) {
            head::distinguisher(b, Distinguisher::Route, rd, "bgp");
        }
        if let Some(label) = route.label {
            b.extend_from_slice(b", \"");
            b.extend_from_slice(self.settings.dialect.label.as_bytes());
            b.extend_from_slice(b"\": \"");
            text::number(b, label);
            b.push(b'"');
        }
        b.extend_from_slice(r.tail());
    }

    /// The head with a route's distinguisher where the peer's would stand, and with the keys of
    /// the TLVs for that route.
    #[cold]
    fn head_with(&self, out: &mut Vec<u8>, rd: Option<RouteDistinguisher>, nlri: Option<u32>) {
        let r = &self.route;
        let Range { start, end } = r.tlvs_at;
        out.extend_from_slice(&r.head[..r.rd_at]);
        match rd {
            Some(rd) => head::distinguisher(out, Distinguisher::Route, rd, "bgp"),
            None => out.extend_from_slice(&r.head[r.rd_at..start]),
        }
        match (&r.tlvs, nlri) {
            (Some(tlvs), Some(_)) => tlvs.write(out, nlri),
            _ => out.extend_from_slice(&r.head[start..end]),
        }
        out.extend_from_slice(&r.head[end..]);
    }

    /// A family without names of its own, as one record.
    fn raw_family(&mut self, shown: &Shown<'_>, announced: bool, octets: &[u8], out: &mut Frames) {
        if octets.is_empty() {
            return;
        }
        self.line_start(&mut out.bytes);
        out.bytes.extend_from_slice(&self.route.head[..self.route.key_at]);
        events::raw(&mut out.bytes, "nlri_raw", octets);
        if announced {
            out.bytes.extend_from_slice(self.route.attributes());
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
        if let Some(tlvs) = &self.route.tlvs {
            tlvs.write(b, None);
        }
        b.extend_from_slice(&peer.marks);
        b.extend_from_slice(b", \"event_type\": \"log\", \"error\": \"");
        text::json_escaped(b, &error.to_string());
        b.push(b'"');
        events::raw(b, key, raw);
        self.end_route(shown, out);
    }

    fn end_route(&mut self, shown: &Shown<'_>, out: &mut Frames) {
        out.bytes.extend_from_slice(self.route.tail());
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

/// What a route says of itself, as far as pmacct has keys for it.
#[derive(Default)]
struct Route {
    path_id: Option<u32>,
    rd: Option<RouteDistinguisher>,
    label: Option<u32>,
    prefix: Option<Prefix>,
    /// The rest of it is in [`Buffers::described`].
    is_described: bool,
    /// Has more than a prefix.
    is_odd: bool,
}

/// Renders the routes of a list, one line each, until no more fit.
///
/// What lies between two prefixes is one copy: the line of a route stays open until the next route
/// comes.
struct Lines<'f> {
    format: &'f mut PmacctJson,
    out: &'f mut Frames,
    session: SessionId,
    announced: bool,
    route: Route,
    /// Where the end of a line begins in the strip.
    from: usize,
    /// Whether the last line lacks its end.
    open: bool,
    /// Lines since the strip was numbered, not yet counted.
    lines: u64,
    /// The strip does not end with the next line's beginning.
    stale: bool,
    /// No line may stay open.
    always_odd: bool,
    /// The index of the next route, where TLVs speak of single ones.
    nlri: Option<u32>,
}

impl<'f> Lines<'f> {
    fn new(
        format: &'f mut PmacctJson,
        session: SessionId,
        announced: bool,
        nlri: Option<u32>,
        out: &'f mut Frames,
    ) -> Self {
        let from = if announced { 0 } else { format.route.tail_at };
        let (open, lines, stale) = (false, 0, true);
        // Where the numbers end and begin again, digits do not simply count up.
        let always_odd = !format.seq.counts_up(ROUTES_MAX) || nlri.is_some();
        let route = Route { is_odd: always_odd, ..Route::default() };
        Self { format, out, session, announced, route, from, open, lines, stale, always_odd, nlri }
    }

    /// Puts the next line's beginning behind the end of this one.
    fn number(&mut self) {
        let PmacctJson { route: r, seq, .. } = &mut *self.format;
        self.stale = false;
        let (text, len) = seq.line_start();
        r.strip.truncate(r.line_at);
        r.strip.extend_from_slice(text);
        r.strip.truncate(r.line_at + len);
        r.strip.extend_from_slice(&r.head);
    }

    #[inline(always)]
    fn one(&mut self, prefix: &Prefix) {
        if self.stale {
            self.number();
        }
        let r = &mut self.format.route;
        let from = if self.open { self.from } else { r.line_at };
        self.out.bytes.extend_from_slice(&r.strip[from..]);
        if self.open {
            let next = r.strip.len() - r.line_at;
            self.out.end_before(next, FrameKind::Record, self.session);
        }
        text::prefix(&mut self.out.bytes, prefix, b'"');
        self.open = true;
        self.lines += 1;
        let digits = self.format.seq.digits_at();
        let digits = r.line_at + digits.start..r.line_at + digits.end;
        if !seq::count_up(&mut r.strip[digits]) {
            self.finish();
            self.stale = true;
        }
    }

    /// A route that is not a prefix alone.
    #[inline(never)]
    fn odd_one(&mut self, route: &Route) {
        self.finish();
        self.format.line_start(&mut self.out.bytes);
        self.format.odd_one(route, self.announced, self.nlri, &mut self.out.bytes);
        self.nlri = self.nlri.and_then(|nlri| nlri.checked_add(1));
        self.out.end(FrameKind::Record, self.session);
        self.stale = true;
    }

    /// Ends the open line and counts.
    fn finish(&mut self) {
        if std::mem::take(&mut self.open) {
            let r = &self.format.route;
            self.out.bytes.extend_from_slice(&r.strip[self.from..r.line_at]);
            self.out.end(FrameKind::Record, self.session);
        }
        self.format.seq.advance(std::mem::take(&mut self.lines));
    }
}

impl Visit for Lines<'_> {
    #[inline]
    fn path_id(&mut self, id: u32) {
        self.route.path_id = Some(id);
        self.route.is_odd = true;
    }

    #[inline]
    fn distinguisher(&mut self, rd: RouteDistinguisher) {
        self.route.rd = Some(rd);
        self.route.is_odd = true;
    }

    #[inline]
    fn label(&mut self, label: u32) {
        self.route.label = Some(label);
        self.route.is_odd = true;
    }

    #[inline]
    fn prefix(&mut self, prefix: Prefix) {
        self.route.prefix = Some(prefix);
    }

    fn route(&mut self, describe: &dyn Fn(&mut dyn Fields)) {
        let described = &mut self.format.route.described;
        described.clear();
        describe(&mut JsonFields::new(described));
        self.route.is_described = true;
        self.route.is_odd = true;
    }

    // For each walk apart, though there are several.
    #[inline(always)]
    fn end(&mut self) -> bool {
        match (self.route.is_odd, self.route.prefix.take()) {
            (false, Some(prefix)) => self.one(&prefix),
            (_, prefix) => {
                let next = Route { is_odd: self.always_odd, ..Route::default() };
                let route = std::mem::replace(&mut self.route, next);
                self.odd_one(&Route { prefix, ..route });
            }
        }
        !self.out.is_full()
    }
}
