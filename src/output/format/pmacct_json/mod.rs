//! `pmacct-json`: the records that pmacct's pmbmpd writes to its real-time log (msglog) when it
//! keeps no RIB, one JSON object each, in the dialect of one of its versions.
//!
//! The order of keys, the words and the value formats are pmacct's, byte for byte; where they are
//! odd, they are odd there too. What pmacct never writes is added by `extra=` in the same style.

mod attributes;
mod dialect;
mod drafts;
mod events;
mod head;
mod marks;
mod options;
mod route;
mod router;
mod seq;
mod shared;
mod strip;
mod time;
mod v4;

use super::{Cursor, Entry, Format, Options};
use crate::bmp::msg::peer_down::PeerDown;
use crate::bmp::msg::peer_up::PeerUp;
use crate::bmp::msg::rel::RouteEventLog;
use crate::bmp::msg::route_mirroring::RouteMirroring;
use crate::bmp::msg::route_policy_trace::RoutePolicyTrace;
use crate::bmp::msg::statistics_report::StatisticsReport;
use crate::bmp::v4 as bmp_v4;
use crate::bmp::{COMMON_HEADER_LEN, MessageType, PeerHeader};
use crate::output::frames::{FrameKind, Frames, Layout};
use crate::output::selection::{Selection, Taken};
use crate::output::url::OptionError;
use crate::record::{Batch, Event, Record, SessionId};
use crate::wire::{Family, Reader, WireError};
use head::Subject;
use options::{Extra, Settings};
use router::RouterText;
use time::Stream;

pub(super) static ENTRY: Entry = Entry {
    name: "pmacct-json",
    about: "one JSON object per record, as pmacct's pmbmpd writes them (1.7.7 to 1.8.1, without RIB)",
    options: options::HELP,
    per_session: false,
    layout: Layout::Lines,
    has_topics: false,
    reads_updates: true,
    build,
};

/// Whether pmacct has records for the routes of a family.
fn has_pmacct(family: Family) -> bool {
    matches!((family.afi, family.safi), (1 | 2, 1 | 4 | 128))
}

fn build(options: &Options<'_>) -> Result<Box<dyn Format>, OptionError> {
    Ok(Box::new(PmacctJson {
        settings: Settings::new(options)?,
        seq: seq::Seq::default(),
        router: RouterText::default(),
        route: shared::Buffers::default(),
    }))
}

/// The state of one output stream.
struct PmacctJson {
    settings: Settings,
    /// The next record's number.
    seq: seq::Seq,
    /// What the last session written says of its router.
    router: RouterText,
    route: shared::Buffers,
}

impl Format for PmacctJson {
    fn render(
        &mut self,
        batch: &Batch,
        selection: &Selection<'_>,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) {
        let mut router = None;
        while let Some(record) = batch.records().get(cursor.record) {
            if out.is_full() {
                return;
            }
            if !selection.takes_record(batch, record) {
                cursor.next_record();
                continue;
            }
            let (session, message) = (batch.router(record).session, batch.message(record));
            let taken = selection.of_record(batch, record);
            let shown = Shown { batch, record, session, message, taken };
            // In one batch a router's context never changes.
            if router.replace(record.router) != Some(record.router)
                && self.router.turn_to(&shown, &self.settings.tags)
            {
                self.route.forget();
            }
            super::say_whom(batch, record, out);
            if self.record(&shown, cursor, out) {
                cursor.next_record();
            }
        }
    }

    fn reload(&mut self) -> Result<(), OptionError> {
        self.settings.tags.reload()?;
        self.router.forget();
        Ok(())
    }
}

/// A record with what belongs to it.
#[derive(Clone, Copy)]
struct Shown<'b> {
    batch: &'b Batch,
    record: &'b Record,
    session: SessionId,
    message: &'b [u8],
    taken: Taken<'b>,
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

impl PmacctJson {
    /// Renders a record, or as much of it as fits; whether it is done.
    fn record(&mut self, shown: &Shown<'_>, cursor: &mut Cursor, out: &mut Frames) -> bool {
        match &shown.record.event {
            Event::SessionOpen => self.marker(shown, "log_init", FrameKind::SessionOpen, out),
            Event::SessionClose(_) => self.marker(shown, "log_close", FrameKind::SessionClose, out),
            Event::RouteMonitoring(update) => return self.route(shown, update, cursor, out),
            Event::Odd(error) => self.odd(shown, error, out),
            Event::Message => return self.message(shown, cursor, out),
        }
        true
    }

    /// A message that is no UPDATE. Its body was found sound when the batch was made.
    fn message(&mut self, shown: &Shown<'_>, cursor: &mut Cursor, out: &mut Frames) -> bool {
        let body = shown.body();
        let (version, kind) = shown.version_and_type();
        let result = match kind {
            MessageType::Initiation => {
                self.initiation(shown, out);
                Ok(())
            }
            MessageType::Termination => {
                self.termination(shown, out);
                Ok(())
            }
            MessageType::PeerUp => PeerUp::parse(body).map(|m| self.peer_up(shown, &m, out)),
            MessageType::PeerDown => self.any_peer_down(shown, version, out),
            MessageType::StatisticsReport => {
                return self.any_statistics(shown, version, cursor, out);
            }
            MessageType::RouteMirroring => {
                RouteMirroring::parse(body).map(|m| self.route_mirroring(shown, &m, out))
            }
            MessageType::RoutePolicyTrace => match RoutePolicyTrace::parse(body) {
                Ok(m) => return self.route_policy_trace(shown, &m, cursor, out),
                Err(error) => Err(error),
            },
            _ if shown.batch.router(shown.record).dialect.rel == Some(kind.0) => {
                RouteEventLog::parse(body).map(|m| self.route_event_log(shown, &m, out))
            }
            _ => {
                self.unknown(shown, out);
                Ok(())
            }
        };
        if let Err(error) = result {
            self.odd(shown, &error, out);
        }
        true
    }

    /// A Peer Down of either version: in version 4 TLVs follow the data of any reason.
    fn any_peer_down(
        &mut self,
        shown: &Shown<'_>,
        version: u8,
        out: &mut Frames,
    ) -> Result<(), WireError> {
        let (down, of_v4) = match version {
            3 => (PeerDown::parse(shown.body())?, None),
            _ => {
                let down = bmp_v4::PeerDown::parse(shown.body())?;
                (down.as_version_3(), Some(down))
            }
        };
        self.peer_down(shown, &down, of_v4.as_ref(), out);
        Ok(())
    }

    /// A Statistics Report of either version.
    fn any_statistics(
        &mut self,
        shown: &Shown<'_>,
        version: u8,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) -> bool {
        let body = shown.body();
        let mut of_v4 = None;
        let report = match version {
            3 => StatisticsReport::parse(body),
            _ => bmp_v4::StatisticsReport::parse(body)
                .and_then(|report| of_v4.insert(report).as_version_3()),
        };
        let error = match report {
            Ok(report) if !self.statistics(shown, &report, cursor, out) => return false,
            Ok(_) => None,
            Err(error) => Some(error),
        };
        if let Some(report) = &of_v4 {
            self.statistics_tlvs(shown, report, out);
        }
        if let Some(error) = error.or(of_v4.and_then(|report| report.cut())) {
            self.odd(shown, &error, out);
        }
        true
    }

    /// `log_init` and `log_close`.
    fn marker(&mut self, shown: &Shown<'_>, event: &str, kind: FrameKind, out: &mut Frames) {
        let b = &mut out.bytes;
        self.line_start(b);
        b.extend_from_slice(b", \"timestamp\": ");
        self.settings.clock.write(b, shown.record.arrival, Stream::Arrival);
        self.router.write_for_marker(b);
        b.extend_from_slice(b", \"event_type\": \"");
        b.extend_from_slice(event.as_bytes());
        b.push(b'"');
        self.end(shown, kind, out);
    }

    /// Ends a record: `writer_id` where it belongs, brace, newline.
    fn end(&mut self, shown: &Shown<'_>, kind: FrameKind, out: &mut Frames) {
        out.bytes.extend_from_slice(self.settings.writer_id.as_bytes());
        out.bytes.extend_from_slice(b"}\n");
        out.end(kind, shown.session);
    }

    /// Takes the next sequence number; after 2^63-1 comes 0.
    #[inline]
    fn write_seq(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.seq.digits());
        self.seq.count();
    }

    /// `{"seq": …`
    #[inline]
    fn line_start(&mut self, out: &mut Vec<u8>) {
        let begin = out.len();
        // A copy of fixed size is a few moves; what it took too much is cut off.
        let (text, len) = self.seq.line_start();
        out.extend_from_slice(text);
        out.truncate(begin + len);
        self.seq.count();
    }

    /// The per-peer header of a message that has one.
    fn peer_header(shown: &Shown<'_>) -> Option<PeerHeader> {
        match shown.version_and_type() {
            (_, kind) if kind.0 <= MessageType::PeerUp.0 || kind == MessageType::RouteMirroring => {
                PeerHeader::parse(&mut shown.body()).ok()
            }
            _ => None,
        }
    }

    /// The peer of a record.
    fn subject<'a>(&self, header: &'a PeerHeader) -> Subject<'a> {
        Subject { header, up: None, distinguisher: self.settings.distinguisher }
    }

    fn wants(&self, extra: Extra) -> bool {
        self.settings.extra >= extra
    }
}

#[cfg(test)]
mod tests;
