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
mod common;
mod context;
mod envelope;
mod evpn;
mod extended_communities;
mod fields;
mod incomplete;
mod l3vpn;
mod ls;
mod ls_attribute;
mod ls_link;
mod ls_node;
mod ls_prefix;
mod mirrored;
mod options;
mod peer;
mod recent;
mod route;
mod router;
mod session;
mod unicast_prefix;
mod update;
mod values;

use std::cell::Cell;
use std::time::Instant;

use super::settings::Settings;
use super::topics::Template;
use crate::bmp::msg::peer_down::PeerDown;
use crate::bmp::msg::peer_up::PeerUp;
use crate::bmp::msg::route_mirroring::RouteMirroring;
use crate::bmp::msg::statistics_report::StatisticsReport;
use crate::bmp::v4 as bmp_v4;
use crate::bmp::{MessageType, PeerHeader, Tlvs};
use crate::output::format::shown::{Shown, each_shown};
use crate::output::format::{Cursor, Format, Options};
use crate::output::frames::{FrameKind, Frames, TopicNames};
use crate::output::selection::{Selection, Told};
use crate::output::url::OptionError;
use crate::record::{Batch, Event, Update};
use crate::wire::Timestamp;
use collector::Collector;
use common::Common;
use context::Context;
use envelope::Object;
use options::Plan;
use route::Rows;
use session::Sessions;
use update::Sender;

/// Every option and its line of help.
pub(super) const OPTIONS: &[(&str, &str)] = options::HELP;

/// Builds the format.
pub(super) fn build(options: &Options<'_>) -> Result<Box<dyn Format>, OptionError> {
    let plan = Plan::new(options)?;
    let Settings { admin_id, collector, .. } = &plan.settings;
    let collector = Collector::new(admin_id.clone(), *collector, plan.heartbeat, plan.cleaner);
    Ok(Box::new(OpenBmp {
        speaks: options.stream == 0,
        may_speak: true,
        ..OpenBmp::new(plan, Common::new(collector))
    }))
}

/// The state of one output stream.
struct OpenBmp {
    sessions: Sessions,
    /// One stream of an output tells of the collector: the first one, until it finishes. The last
    /// word is that of the stream that finishes last.
    speaks: bool,
    /// The collector has told that it is there, or this stream is to tell that.
    may_speak: bool,
    finished: bool,
    /// Of the UPDATE in hand.
    context: Context,
    rows: Rows,
    message_max: usize,
    /// Routes for which there is no row.
    left_out: Cell<u64>,
}

/// More than an UPDATE has parts for the cursor.
const PARTS: u32 = 32;

impl Format for OpenBmp {
    fn topics(&self) -> TopicNames {
        TopicNames::new(self.sessions.envelope.topics.iter().flatten().map(Template::pattern))
    }

    fn render(
        &mut self,
        batch: &Batch,
        selection: &Selection<'_>,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) {
        if !self.may_speak() {
            return;
        }
        each_shown(batch, selection, cursor, out, |shown, cursor, out| {
            self.record(shown, cursor, out)
        });
    }

    fn is_due(&self, now: Instant) -> bool {
        self.speaks && self.sessions.common.lock().collector.due(now).is_some()
    }

    fn tick(&mut self, now: Instant, at: Timestamp, out: &mut Frames) {
        let Sessions { common, envelope, .. } = &mut self.sessions;
        let collector = &mut common.lock().collector;
        if let Some(action) = collector.due(now).filter(|_| self.speaks) {
            collector.tell(action, now, at, envelope, out);
        }
    }

    fn finish(&mut self, now: Instant, at: Timestamp, out: &mut Frames) {
        // What it said has arrived by now, and so has what those said that finished before.
        let Sessions { common, envelope, .. } = &mut self.sessions;
        let mut common = common.lock();
        if !std::mem::replace(&mut self.finished, true) && common.leave() {
            common.collector.stop(now, at, envelope, out);
        }
        self.speaks = false;
    }

    fn left_out(&self) -> u64 {
        self.left_out.get()
    }

    fn sibling(&self, options: &Options<'_>) -> Option<Result<Box<dyn Format>, OptionError>> {
        let built = Plan::new(options).map(|plan| Self::new(plan, self.sessions.common.join()));
        Some(built.map(|stream| Box::new(stream) as Box<dyn Format>))
    }
}

impl OpenBmp {
    /// A stream that does not tell of the collector.
    fn new(plan: Plan, common: Common) -> Self {
        let Plan { settings, envelope, message_max, cleaner, .. } = plan;
        Self {
            speaks: false,
            may_speak: false,
            finished: false,
            context: Context::new(settings.hash),
            rows: Rows::default(),
            message_max,
            left_out: Cell::new(0),
            sessions: Sessions::new(settings, envelope, cleaner, common),
        }
    }

    /// Whether the collector is known to be there: routers come after that. The first stream tells
    /// it as soon as its writer runs, and the others wait for that.
    fn may_speak(&mut self) -> bool {
        self.may_speak = self.may_speak || self.sessions.common.lock().collector.has_begun();
        self.may_speak
    }

    /// Renders a record, or as much of it as fits; whether it is done.
    fn record(&mut self, shown: &Shown<'_>, cursor: &mut Cursor, out: &mut Frames) -> bool {
        if !self.sessions.knows(shown.session) {
            // An output that may drop may not have seen it begin.
            self.sessions.begin(shown.session, shown.router);
        }
        match &shown.record.event {
            Event::SessionOpen => out.end(FrameKind::SessionOpen, shown.session),
            Event::SessionClose(reason) => {
                let ending = router::Ending::lost(*reason);
                if !self.sessions.end(shown.session, ending, shown.record.arrival, out) {
                    return false;
                }
                self.sessions.forget(shown.session);
                out.end(FrameKind::SessionClose, shown.session);
            }
            Event::RouteMonitoring(update) => {
                let Ok(header) = PeerHeader::parse(&mut shown.body()) else { return true };
                return self.update(shown, &header, update, shown.message, cursor, out);
            }
            // There is no object for it.
            Event::Odd(_) => {}
            Event::Message => return self.message(shown, cursor, out),
        }
        true
    }

    /// A message that is no UPDATE; whether all of it was said. What makes no sense inside has no
    /// object either.
    fn message(&mut self, shown: &Shown<'_>, cursor: &mut Cursor, out: &mut Frames) -> bool {
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
            MessageType::RouteMirroring => {
                if let Ok(mirrored) = RouteMirroring::parse(body) {
                    return self.mirrored(shown, &mirrored, cursor, out);
                }
            }
            // For others there is no object.
            _ => {}
        }
        true
    }

    /// The messages of mirrored UPDATEs, or as many as fit; whether all are done. The cursor's part
    /// counts them, too.
    fn mirrored(
        &mut self,
        shown: &Shown<'_>,
        mirrored: &RouteMirroring<'_>,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) -> bool {
        let begun = (cursor.part / PARTS) as usize;
        for pdu in mirrored::pdus(mirrored).skip(begun) {
            let before = cursor.part - cursor.part % PARTS;
            let has_ids =
                |family| self.sessions.has_add_path(shown.session, &mirrored.peer, family);
            if let Some(update) = mirrored::update(pdu, &mirrored.peer, has_ids) {
                cursor.part -= before;
                let told = Told { update: &update, octets: pdu, number: before / PARTS + 1 };
                let shown = Shown { taken: shown.taken.of_mirrored(told), ..*shown };
                let done = self.update(&shown, &mirrored.peer, &update, pdu, cursor, out);
                cursor.part += before;
                if !done {
                    return false;
                }
            }
            (cursor.part, cursor.offset) = (before.saturating_add(PARTS), 0);
        }
        true
    }

    /// The messages of an UPDATE, or as many as fit; whether all are done. Offsets in it count from
    /// the start of `octets`.
    fn update(
        &mut self,
        shown: &Shown<'_>,
        header: &PeerHeader,
        update: &Update,
        octets: &[u8],
        cursor: &mut Cursor,
        out: &mut Frames,
    ) -> bool {
        let (id, arrival) = (shown.session, shown.record.arrival);
        let excused = update.error.and_then(|_| incomplete::excused(update, octets));
        let update = excused.as_ref().unwrap_or(update);
        let begins = cursor.part == 0;
        if begins {
            let known = self.sessions.known_peer(id, header, arrival, out);
            let Some((session, ..)) = self.sessions.sending(id) else { return true };
            self.context.set((session.id, session.shown_ip()), &known, header);
            self.context.read(update, octets, session.seqs[Object::BaseAttribute as usize]);
            cursor.part = 1;
        }
        let Some((session, envelope, cleaner)) = self.sessions.sending(id) else { return true };
        let mut steps = 0;
        for section in update.sections() {
            let own = update::steps_of(section);
            steps |= own;
            if own == 0 && begins {
                self.left_out.set(self.left_out.get() + update::routes_in(section));
            }
        }
        let mut sender = Sender {
            envelope,
            context: &mut self.context,
            rows: &mut self.rows,
            seqs: &mut session.seqs,
            message_max: self.message_max,
            cleaner,
            shown: None,
            taken: shown.taken,
            left_out: &self.left_out,
        };
        if begins {
            sender.base_attributes(update, octets, out);
        }
        sender.routes(steps, update, octets, cursor, out)
    }
}
