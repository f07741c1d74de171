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
use crate::record::{Section, Update};
use crate::wire::{Family, Prefix, Reader, RouteDistinguisher, WireError};

/// The text that the routes of an UPDATE share.
#[derive(Default)]
pub(super) struct Buffers {
    /// `, "timestamp": …` up to `bgp_id`.
    before_rd: Vec<u8>,
    /// The distinguisher of the per-peer header.
    peer_rd: Vec<u8>,
    /// `bgp_nexthop` to `otc`.
    attributes: Vec<u8>,
    /// `, "timestamp_arrival": …` to the end of the line.
    tail: Vec<u8>,
    /// `"log_type"` up to `"safi"` of the section in hand.
    head: Vec<u8>,
    /// Where `peer_rd` begins in `head`.
    rd_at: usize,
    scratch: Vec<u32>,
    /// Why pmacct drops the UPDATE in hand.
    dropped: Option<WireError>,
}

/// Sections, then what comes after them.
const PART_AFTER_SECTIONS: u32 = 4;

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
        let Ok(peer) = PeerHeader::parse(&mut shown.body()) else { return true };
        if cursor.part == 0 && cursor.offset == 0 {
            self.prepare(shown, &peer, update);
        }
        if let Some(error) = self.route.dropped {
            self.error(shown, &error, "bgp_pdu_raw", update.pdu.of(shown.message), out);
            return true;
        }
        let order = in_order(update);
        while cursor.part < PART_AFTER_SECTIONS {
            if let Some(section) = &order[cursor.part as usize]
                && !self.section(shown, section, cursor, out)
            {
                return false;
            }
            cursor.part += 1;
            cursor.offset = 0;
        }
        if let Some(family) = update.end_of_rib() {
            self.begin_section("end-of-rib", family);
            out.bytes.extend_from_slice(b"{\"seq\": ");
            self.write_seq(&mut out.bytes);
            out.bytes.extend_from_slice(&self.route.head);
            self.end_route(shown, out);
        }
        true
    }

    /// Renders what all records of the UPDATE share.
    fn prepare(&mut self, shown: &Shown<'_>, peer: &PeerHeader, update: &Update) {
        let all = self.wants(Extra::All);
        let r = &mut self.route;
        r.before_rd.clear();
        r.before_rd.extend_from_slice(b", \"timestamp\": ");
        self.settings.clock.write(&mut r.before_rd, peer.timestamp, Stream::Router);
        head::view(&mut r.before_rd, peer, peer.is_filtered());
        head::bgp_id(&mut r.before_rd, peer);
        r.peer_rd.clear();
        head::instance(&mut r.peer_rd, peer);
        r.attributes.clear();
        let octets =
            Reader::at(update.attributes.of(shown.message), update.attributes.start as usize);
        r.dropped =
            attributes::write(&mut r.attributes, &mut r.scratch, octets, update.as_width).err();
        if all {
            attributes::write_rest(&mut r.attributes, octets);
        }
        r.tail.clear();
        r.tail.extend_from_slice(b", \"timestamp_arrival\": ");
        self.settings.clock.write(&mut r.tail, shown.record.arrival, Stream::Arrival);
        r.tail.extend_from_slice(b", ");
        r.tail.extend_from_slice(&self.router.1);
        let asn = shown.batch.peer(shown.record).open_asn.unwrap_or(peer.asn);
        head::peer(&mut r.tail, peer, asn);
        r.tail.extend_from_slice(b", \"peer_tcp_port\": 0, \"bmp_msg_type\": \"route_monitor\"");
        r.tail.extend_from_slice(self.settings.writer_id.as_bytes());
        r.tail.extend_from_slice(b"}\n");
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
        let mut left = Reader::new(octets.get(cursor.offset as usize..).unwrap_or_default());
        while !left.is_empty() {
            if out.is_full() {
                cursor.offset = (octets.len() - left.len()) as u32;
                return false;
            }
            let (family, add_path) = (section.family, section.add_path);
            let mut route =
                Route { path_id: Default::default(), rd: None, label: None, prefix: None };
            if nlri::read_one(family, add_path, announced, &mut left, &mut route).is_err() {
                break; // the session has found these routes to be well formed
            }
            self.one(&route, announced, out);
            out.end(FrameKind::Record, shown.session);
        }
        if let Some(error) = section.error {
            self.error(shown, &error, "nlri_raw", section.rest.of(shown.message), out);
        }
        true
    }

    /// `, "log_type": …` up to the family, for the records of one section.
    fn begin_section(&mut self, log_type: &str, family: Family) {
        let r = &mut self.route;
        r.head.clear();
        r.head.extend_from_slice(b", \"log_type\": \"");
        r.head.extend_from_slice(log_type.as_bytes());
        r.head.push(b'"');
        r.head.extend_from_slice(&r.before_rd);
        r.rd_at = r.head.len();
        r.head.extend_from_slice(&r.peer_rd);
        family_keys(&mut r.head, family);
    }

    /// One route.
    #[inline]
    fn one(&mut self, route: &Route, announced: bool, out: &mut Frames) {
        let b = &mut out.bytes;
        b.extend_from_slice(b"{\"seq\": ");
        self.write_seq(b);
        let r = &self.route;
        // With a distinguisher in the per-peer header, that of the route takes its place.
        let replaces = route.rd.filter(|_| !r.peer_rd.is_empty());
        match replaces {
            None => b.extend_from_slice(&r.head),
            Some(rd) => self.head_with(b, rd),
        }
        if let Some(prefix) = &route.prefix {
            b.extend_from_slice(b", \"ip_prefix\": \"");
            text::prefix(b, prefix);
            b.push(b'"');
        }
        if let Some(id) = route.path_id {
            b.extend_from_slice(b", \"as_path_id\": ");
            text::number(b, id);
        }
        if announced {
            b.extend_from_slice(&r.attributes);
        }
        if let (Some(rd), None) = (route.rd, replaces) {
            head::distinguisher(b, rd, "bgp");
        }
        if let Some(label) = route.label {
            b.extend_from_slice(b", \"mpls_label\": \"");
            text::number(b, label);
            b.push(b'"');
        }
        b.extend_from_slice(&r.tail);
    }

    /// The head with a route's distinguisher where the peer's would stand.
    #[cold]
    fn head_with(&self, out: &mut Vec<u8>, rd: RouteDistinguisher) {
        let r = &self.route;
        out.extend_from_slice(&r.head[..r.rd_at]);
        head::distinguisher(out, rd, "bgp");
        out.extend_from_slice(&r.head[r.rd_at + r.peer_rd.len()..]);
    }

    /// A family without names of its own, as one record.
    fn raw_family(&mut self, shown: &Shown<'_>, announced: bool, octets: &[u8], out: &mut Frames) {
        if octets.is_empty() || !self.wants(Extra::Records) {
            return;
        }
        out.bytes.extend_from_slice(b"{\"seq\": ");
        self.write_seq(&mut out.bytes);
        out.bytes.extend_from_slice(&self.route.head);
        events::raw(&mut out.bytes, "nlri_raw", octets);
        if announced {
            out.bytes.extend_from_slice(&self.route.attributes);
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
        out.bytes.extend_from_slice(b"{\"seq\": ");
        self.write_seq(&mut out.bytes);
        let b = &mut out.bytes;
        b.extend_from_slice(b", \"log_type\": \"error\"");
        b.extend_from_slice(&self.route.before_rd);
        b.extend_from_slice(&self.route.peer_rd);
        b.extend_from_slice(b", \"event_type\": \"log\", \"error\": \"");
        text::json_escaped(b, &error.to_string());
        b.push(b'"');
        events::raw(b, key, raw);
        self.end_route(shown, out);
    }

    fn end_route(&mut self, shown: &Shown<'_>, out: &mut Frames) {
        out.bytes.extend_from_slice(&self.route.tail);
        out.end(FrameKind::Record, shown.session);
    }
}

/// pmacct's order: withdrawn routes, NLRI, then MP_REACH before MP_UNREACH, IPv4 before IPv6.
fn in_order(update: &Update) -> [Option<Section>; 4] {
    let [withdrawn, nlri, reach, unreach] = update.sections;
    match (&reach, &unreach) {
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
struct Route {
    path_id: Option<u32>,
    rd: Option<RouteDistinguisher>,
    label: Option<u32>,
    prefix: Option<Prefix>,
}

impl Visit for Route {
    #[inline]
    fn path_id(&mut self, id: u32) {
        self.path_id = Some(id);
    }

    fn distinguisher(&mut self, rd: RouteDistinguisher) {
        self.rd = Some(rd);
    }

    fn label(&mut self, label: u32) {
        self.label = Some(label);
    }

    #[inline]
    fn prefix(&mut self, prefix: Prefix) {
        self.prefix = Some(prefix);
    }
}
