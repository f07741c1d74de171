//! The records of Route Monitoring: update, withdraw and end-of-rib, and errors where `extra=`
//! asks.
//!
//! What does not change within an UPDATE is rendered once and copied for each of its routes.

use std::ops::Range;

use super::super::fields::JsonFields;
use super::super::{Cursor, text};
use super::head::Distinguisher;
use super::options::Extra;
use super::shared::{PREFIX_KEY, attributes_of};
use super::time::Stream;
use super::v4::{first_nlri, routes_in};
use super::{PmacctJson, Shown, attributes, events, has_pmacct, head, seq};
use crate::bgp::attr::ErrorAction;
use crate::bgp::nlri::{self, Visit};
use crate::bmp::PeerHeader;
use crate::output::frames::{FrameKind, Frames};
use crate::record::{Section, SessionId, Update};
use crate::wire::{Fields, Prefix, RouteDistinguisher, WireError};

/// Sections, then what comes after them.
const PART_AFTER_SECTIONS: u32 = 4;

/// More routes than a BGP message holds: each takes an octet or more.
const ROUTES_MAX: u64 = 1 << 16;

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
            nlri = nlri.and_then(|nlri| {
                let passed = octets.get(begin..run.offset()).unwrap_or_default();
                nlri.checked_add(routes_in(section, passed))
            });
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
    /// Lines begun, not yet counted.
    lines: u64,
    /// The end of the number of the last of them.
    last: seq::Last,
    /// Where that stands in the copy of the strip.
    last_at: usize,
    /// The strip does not end with a line's beginning that has as many digits.
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
        let (last, last_at) = (seq::Last::default(), 0);
        // Where the numbers end and begin again, digits do not simply count up.
        let always_odd = !format.seq.counts_up(ROUTES_MAX) || nlri.is_some();
        let route = Route { is_odd: always_odd, ..Route::default() };
        Self {
            format,
            out,
            session,
            announced,
            route,
            from,
            open,
            lines,
            last,
            last_at,
            stale,
            always_odd,
            nlri,
        }
    }

    #[inline(always)]
    fn one(&mut self, prefix: &Prefix) {
        match self.last.next() {
            Some(next) if self.open => self.go_on(next),
            _ => self.begin(),
        }
        text::prefix(&mut self.out.bytes, prefix, b'"');
        self.lines += 1;
    }

    /// Begins a line by itself.
    #[inline]
    fn begin(&mut self) {
        if self.open {
            self.finish();
        }
        let PmacctJson { route: r, seq, .. } = &mut *self.format;
        let bytes = &mut self.out.bytes;
        let begin = bytes.len();
        let (text, len) = seq.line_start();
        bytes.extend_from_slice(text);
        bytes.truncate(begin + len);
        bytes.extend_from_slice(&r.head);
        self.last = seq.last();
        (self.open, self.stale) = (true, true);
    }

    /// Ends the open line and begins the next one, whose number ends with `next`.
    #[inline(always)]
    fn go_on(&mut self, next: seq::Last) {
        if self.stale {
            self.complete();
        }
        let r = &self.format.route;
        let begin = self.out.bytes.len();
        self.out.bytes.extend_from_slice(r.strip.from(self.from));
        // The number is written where it was copied to: the next copy need not wait for it.
        if let Some(place) = self.out.bytes[begin..].get_mut(self.last_at..) {
            place[..seq::LAST].copy_from_slice(&next.octets());
        }
        self.last = next;
        self.out.end_before(r.strip.len() - r.line_at, FrameKind::Record, self.session);
    }

    /// Puts a line's beginning behind the end of one.
    #[inline]
    fn complete(&mut self) {
        let PmacctJson { route: r, seq, .. } = &mut *self.format;
        let (text, len) = seq.line_start();
        r.strip.truncate(r.line_at);
        r.strip.push(text);
        r.strip.truncate(r.line_at + len);
        r.strip.push(&r.head);
        self.last_at = r.line_at + len - seq::LAST - self.from;
        self.stale = false;
    }

    /// A route that is not a prefix alone.
    #[inline(never)]
    fn odd_one(&mut self, route: &Route) {
        self.finish();
        self.format.line_start(&mut self.out.bytes);
        self.format.odd_one(route, self.announced, self.nlri, &mut self.out.bytes);
        self.nlri = self.nlri.and_then(|nlri| nlri.checked_add(1));
        self.out.end(FrameKind::Record, self.session);
    }

    /// Ends the open line and counts.
    fn finish(&mut self) {
        if std::mem::take(&mut self.open) {
            let r = &self.format.route;
            self.out.bytes.extend_from_slice(r.strip.part(self.from, r.line_at));
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

    #[inline(always)]
    fn sole_prefix(&mut self, prefix: Prefix) -> bool {
        if self.always_odd {
            self.prefix(prefix);
            return self.end();
        }
        self.one(&prefix);
        !self.out.is_full()
    }

    #[inline(never)]
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
