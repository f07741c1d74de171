//! The text that the routes of an UPDATE share, rendered once and copied for each of them.

use std::ops::Range;

use super::super::text;
use super::options::Extra;
use super::strip::Strip;
use super::time::Stream;
use super::v4::{TlvKeys, routes};
use super::{PmacctJson, Shown, attributes, head};
use crate::bmp::PeerHeader;
use crate::bmp::v4::VERSION as VERSION_4;
use crate::record::{SessionId, Update};
use crate::wire::{Family, Reader, Timestamp, WireError};

/// The text that the routes of an UPDATE share. What belongs to its peer is kept for the next one.
#[derive(Default)]
pub(super) struct Buffers {
    pub(super) peer: Option<PeerText>,
    /// What lies between the prefixes of two routes: `bgp_nexthop` to `otc`, the peer's tail with
    /// the end of the line, then, once a second route comes, a line's number and `head`. Nothing in
    /// it changes while lines are copied from it: a copy would wait for what was just written.
    pub(super) strip: Strip,
    /// Where the tail begins in `strip`.
    pub(super) tail_at: usize,
    /// Where the next line begins in `strip`.
    pub(super) line_at: usize,
    /// `"log_type"` up to `"safi"` of the section in hand, then [`PREFIX_KEY`].
    pub(super) head: Vec<u8>,
    /// Where the key begins in `head`.
    pub(super) key_at: usize,
    /// What `head` was made for, but for the microseconds.
    made_for: Option<Made>,
    /// Where `peer_rd` begins in `head`.
    pub(super) rd_at: usize,
    /// The keys of the TLVs of version 4, and where they stand in `head`.
    pub(super) tlvs: Option<Box<TlvKeys>>,
    pub(super) tlvs_at: Range<usize>,
    scratch: attributes::Scratch,
    /// What the route in hand says of itself besides a prefix, a label and a distinguisher.
    pub(super) described: Vec<u8>,
    /// Why pmacct drops the UPDATE in hand.
    pub(super) dropped: Option<WireError>,
}

impl Buffers {
    /// Forgets the peer: what its text was made of has changed.
    pub(super) fn forget(&mut self) {
        if let Some(peer) = &mut self.peer {
            peer.session = SessionId(u64::MAX);
        }
    }

    /// `, "bgp_nexthop": …` to `otc`.
    pub(super) fn attributes(&self) -> &[u8] {
        self.strip.part(0, self.tail_at)
    }

    /// What ends every line of the peer.
    pub(super) fn tail(&self) -> &[u8] {
        self.strip.part(self.tail_at, self.line_at)
    }
}

/// The text of one peer, and what it depends on.
pub(super) struct PeerText {
    session: SessionId,
    arrival: Timestamp,
    /// The AS number shown.
    asn: u32,
    /// Its timestamp is that of the UPDATE in hand.
    pub(super) header: PeerHeader,
    /// `, "bmp_rib_type": …` up to `bgp_id`.
    pub(super) view: Vec<u8>,
    /// The distinguisher of the per-peer header.
    pub(super) rd: Vec<u8>,
    /// `peer_id` and the router's mark, where they are asked for.
    pub(super) marks: Vec<u8>,
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

const LOG_TYPE_KEY: &[u8] = b", \"log_type\": \"";
pub(super) const PREFIX_KEY: &[u8] = b", \"ip_prefix\": \"";
const TIME_KEY: &[u8] = b"\", \"timestamp\": ";

impl PmacctJson {
    /// Renders what all records of the UPDATE share.
    #[inline]
    pub(super) fn prepare(&mut self, shown: &Shown<'_>, header: &PeerHeader, update: &Update) {
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
        r.strip.truncate(0);
        let octets = attributes_of(shown, update);
        let (strip, scratch, width) = (&mut r.strip, &mut r.scratch, update.as_width);
        r.dropped = match (announces, self.settings.style) {
            (true, None) => {
                let dialect = self.settings.dialect;
                attributes::write(strip, scratch, &octets, width, dialect).err()
            }
            (true, Some(style)) => strip
                .push_with(|out| attributes::write_styled(out, scratch, &octets, width, style))
                .err(),
            (false, _) => attributes::check(&octets).err(),
        };
        if all && announces && r.dropped.is_none() {
            r.strip.push_with(|out| attributes::write_all(out, octets, width, update.error));
        }
        r.tail_at = r.strip.len();
        if let Some(peer) = &r.peer {
            r.strip.push(&peer.tail);
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

    /// `, "log_type": …` up to the family, for the records of one section.
    pub(super) fn begin_section(&mut self, log_type: &'static str, family: Family) {
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
}

/// The attributes of an UPDATE, with their place in the message.
pub(super) fn attributes_of<'b>(shown: &Shown<'b>, update: &Update) -> Reader<'b> {
    Reader::at(update.attributes.of(shown.message), update.attributes.start as usize)
}
