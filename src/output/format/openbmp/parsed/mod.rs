//! Parsed messages: an envelope of lines, an empty line, then rows of fields with tabulators
//! between them.
//!
//! Words and orders are those of OpenBMP's own collector, octet for octet, so that its consumers
//! cannot tell the difference; where it has a defect on which none of them relies, the right thing
//! is written.

mod attributes;
mod base_attribute;
mod bmp_stat;
mod capabilities;
mod collector;
mod context;
mod envelope;
mod evpn;
mod extended_communities;
mod fields;
mod l3vpn;
mod ls;
mod ls_link;
mod ls_node;
mod ls_prefix;
mod options;
mod peer;
mod route;
mod router;
mod session;
mod unicast_prefix;
mod update;
mod values;

use std::net::IpAddr;
use std::time::Instant;

use crate::bmp::msg::peer_down::PeerDown;
use crate::bmp::msg::peer_up::PeerUp;
use crate::bmp::msg::statistics_report::StatisticsReport;
use crate::bmp::v4 as bmp_v4;
use crate::bmp::{COMMON_HEADER_LEN, MessageType, PeerHeader, PeerType, Tlvs};
use crate::output::format::{Cursor, Format, Options, say_whom};
use crate::output::frames::{FrameKind, Frames};
use crate::output::url::OptionError;
use crate::record::{Batch, Event, Record, SessionId, Update};
use crate::wire::{Reader, Timestamp};
use collector::Collector;
use context::Context;
use options::Plan;
use route::Rows;
use session::Sessions;
use update::Sender;

/// Every option and its line of help.
pub(super) const OPTIONS: &[(&str, &str)] = options::HELP;

/// Builds the format.
pub(super) fn build(options: &Options<'_>) -> Result<Box<dyn Format>, OptionError> {
    let Plan { settings, envelope, heartbeat, message_max, cleaner } = Plan::new(options)?;
    let name = settings.admin_id.clone();
    let collector =
        Collector::new(name, settings.collector, heartbeat, options.stream == 0, cleaner);
    Ok(Box::new(OpenBmp {
        collector,
        context: Context::new(settings.hash),
        rows: Rows::default(),
        message_max,
        sessions: Sessions::new(settings, envelope, cleaner),
    }))
}

/// The state of one output stream.
struct OpenBmp {
    collector: Collector,
    sessions: Sessions,
    /// Of the UPDATE in hand.
    context: Context,
    rows: Rows,
    message_max: usize,
}

/// A record with what belongs to it.
#[derive(Clone, Copy)]
struct Shown<'b> {
    record: &'b Record,
    session: SessionId,
    router: IpAddr,
    message: &'b [u8],
}

impl<'b> Shown<'b> {
    /// The message after its common header.
    fn body(&self) -> Reader<'b> {
        let body = self.message.get(COMMON_HEADER_LEN..).unwrap_or_default();
        Reader::at(body, COMMON_HEADER_LEN)
    }

    fn version_and_type(&self) -> (u8, MessageType) {
        let version = self.message.first().copied().unwrap_or_default();
        (version, MessageType(self.message.get(5).copied().unwrap_or_default()))
    }
}

impl Format for OpenBmp {
    fn render(
        &mut self,
        batch: &Batch,
        takes: &dyn Fn(SessionId) -> bool,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) {
        while let Some(record) = batch.records().get(cursor.record) {
            if out.is_full() {
                return;
            }
            let (router, message) = (batch.router(record), batch.message(record));
            let (session, router) = (router.session, router.address.ip());
            // One stream tells of the routers of all.
            match record.event {
                Event::SessionClose(_) => self.collector.disconnected(session),
                Event::SessionOpen => self.collector.connected(session, router),
                _ => {}
            }
            let shown = Shown { record, session, router, message };
            if takes(session) {
                say_whom(batch, record, out);
            }
            if !takes(session) || self.record(&shown, cursor, out) {
                cursor.next_record();
            }
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        self.collector.due(now).is_some()
    }

    fn tick(&mut self, now: Instant, at: Timestamp, out: &mut Frames) {
        if let Some(action) = self.collector.due(now) {
            self.collector.tell(action, now, at, &self.sessions.envelope, out);
        }
    }

    fn finish(&mut self, now: Instant, at: Timestamp, out: &mut Frames) {
        self.collector.stop(now, at, &self.sessions.envelope, out);
    }
}

impl OpenBmp {
    /// Renders a record, or as much of it as fits; whether it is done.
    fn record(&mut self, shown: &Shown<'_>, cursor: &mut Cursor, out: &mut Frames) -> bool {
        if !self.sessions.knows(shown.session) {
            // An output that may drop may not have seen it begin.
            self.collector.connected(shown.session, shown.router);
            self.sessions.begin(shown.session, shown.router);
        }
        match &shown.record.event {
            Event::SessionOpen => out.end(FrameKind::SessionOpen, shown.session),
            Event::SessionClose(reason) => {
                let ending = router::Ending::lost(*reason);
                if !self.sessions.end(shown.session, ending, shown.record.arrival, out) {
                    return false;
                }
                self.collector.disconnected(shown.session);
                self.sessions.forget(shown.session);
                out.end(FrameKind::SessionClose, shown.session);
            }
            Event::RouteMonitoring(update) => return self.update(shown, update, cursor, out),
            // There is no object for it.
            Event::Odd(_) => {}
            Event::Message => return self.message(shown, out),
        }
        true
    }

    /// A message that is no UPDATE; whether all of it was said. What makes no sense inside has no
    /// object either.
    fn message(&mut self, shown: &Shown<'_>, out: &mut Frames) -> bool {
        let (version, kind) = shown.version_and_type();
        let (id, arrival, body) = (shown.session, shown.record.arrival, shown.body());
        let sessions = &mut self.sessions;
        match kind {
            MessageType::Initiation => {
                let introduction = router::Introduction::of(Tlvs::new(body));
                return sessions.introduce(id, introduction, arrival, out);
            }
            MessageType::Termination => {
                let mut scratch = String::new();
                let ending = router::Ending::of(Tlvs::new(body), &mut scratch);
                return sessions.end(id, ending, arrival, out);
            }
            MessageType::PeerUp => {
                if let Ok(up) = PeerUp::parse(body) {
                    sessions.peer(id, &up.peer, peer::Event::Up(&up), arrival, out);
                }
            }
            MessageType::PeerDown => {
                let down = match version {
                    3 => PeerDown::parse(body),
                    _ => bmp_v4::PeerDown::parse(body).map(|down| down.as_version_3()),
                };
                if let Ok(down) = down {
                    sessions.peer(id, &down.peer, peer::Event::Down(&down), arrival, out);
                }
            }
            MessageType::StatisticsReport => {
                let report = match version {
                    3 => StatisticsReport::parse(body),
                    _ => bmp_v4::StatisticsReport::parse(body).and_then(|r| r.as_version_3()),
                };
                if let Ok(report) = report {
                    sessions.statistics(id, &report, arrival, out);
                }
            }
            // What was mirrored is no route of a RIB; for others there is no object.
            _ => {}
        }
        true
    }

    /// The messages of an UPDATE, or as many as fit; whether all are done.
    fn update(
        &mut self,
        shown: &Shown<'_>,
        update: &Update,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) -> bool {
        let begins = cursor.part == 0;
        if begins {
            let Ok(header) = PeerHeader::parse(&mut shown.body()) else { return true };
            self.begin_update(shown, &header, update, out);
            cursor.part = 1;
        }
        let Some((session, envelope, cleaner)) = self.sessions.sending(shown.session) else {
            return true;
        };
        let mut sender = Sender {
            envelope,
            context: &self.context,
            rows: &mut self.rows,
            seqs: &mut session.seqs,
            message_max: self.message_max,
            cleaner,
            base: None,
        };
        if begins {
            sender.base_attributes(update, out);
        }
        sender.routes(update, shown.message, cursor, out)
    }

    /// Settles what all rows of an UPDATE share.
    fn begin_update(
        &mut self,
        shown: &Shown<'_>,
        header: &PeerHeader,
        update: &Update,
        out: &mut Frames,
    ) {
        let (id, arrival) = (shown.session, shown.record.arrival);
        let at = values::time_of(header.timestamp, arrival);
        let (peer, peer_ip) = self.sessions.known_peer(id, header, at, out);
        let Some(session) = self.sessions.get_mut(id) else { return };
        let context = &mut self.context;
        (context.session, context.router) = (id, session.id);
        context.router_ip.clear();
        context.router_ip.extend_from_slice(session.shown_ip().as_bytes());
        (context.peer, context.peer_ip) = (peer, peer_ip);
        (context.peer_asn, context.at) = (header.asn, at);
        let is_loc_rib = header.kind == PeerType::LocRib;
        context.is_pre_policy = !is_loc_rib && !header.is_post_policy();
        context.is_adj_in = !is_loc_rib && !header.is_adj_rib_out();
        if update.sections().any(|s| s.kind.announces()) {
            let span = update.attributes;
            let octets = Reader::at(span.of(shown.message), span.start as usize);
            context.path.read(octets, update.as_width);
        }
    }
}
