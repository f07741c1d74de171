//! Raw messages: each BMP message as received, whole, behind a header of its own.

use super::routers::{Router, Routers};
use super::settings::Settings;
use super::topics::Template;
use crate::bmp::{COMMON_HEADER_LEN, CommonHeader, MessageType, PeerHeader};
use crate::output::format::{Cursor, Format, Options, bmp, say_whom};
use crate::output::frames::{FrameKind, Frames, Topic, TopicNames};
use crate::output::selection::Selection;
use crate::output::url::OptionError;
use crate::record::{Batch, Event, Record};
use crate::wire::{Reader, Timestamp};

pub(in crate::output::format) const TOPIC: (&str, &str) = (
    "topic",
    "the topic's name; {router_group}, {peer_group} and {peer_asn} stand for a message's own (the group default and 0 where it has no peer; default: openbmp.bmp_raw)",
);

const TOPIC_DEFAULT: &str = "openbmp.{object}";
const OBJECT: &str = "bmp_raw";

/// What the header of a message is made of.
pub(in crate::output::format) struct Head<'a> {
    pub(in crate::output::format) settings: &'a Settings,
    pub(in crate::output::format) router: &'a Router,
    /// When the message came.
    pub(in crate::output::format) arrival: Timestamp,
    /// Octets of the message.
    pub(in crate::output::format) len: usize,
}

/// A form of raw messages.
pub(in crate::output::format) struct Form {
    /// Appends the header.
    pub(in crate::output::format) head: fn(&mut Vec<u8>, &Head<'_>),
    /// The key of a router's messages in their topic.
    pub(in crate::output::format) key: fn(&Router) -> &[u8],
}

/// Builds the format of this form.
pub(in crate::output::format) fn build(
    options: &Options<'_>,
    form: &'static Form,
) -> Result<Box<dyn Format>, OptionError> {
    let settings = Settings::new(options)?;
    let typed = options.pairs.iter().rev().find(|(key, _)| key == TOPIC.0);
    let text = typed.map_or(TOPIC_DEFAULT, |(_, value)| value);
    let topic = Template::parse(text, OBJECT, true, &settings.groups)
        .map_err(|what| OptionError(format!("topic={text}: {what}")))?;
    Ok(Box::new(Raw { form, settings, topic, routers: Routers::default() }))
}

struct Raw {
    form: &'static Form,
    settings: Settings,
    topic: Template,
    routers: Routers,
}

impl Format for Raw {
    fn topics(&self) -> TopicNames {
        TopicNames::new([self.topic.pattern()])
    }

    fn render(
        &mut self,
        batch: &Batch,
        selection: &Selection<'_>,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) {
        while let Some(record) = batch.records().get(cursor.record) {
            if out.is_full() {
                return;
            }
            let session = batch.router(record).session;
            if selection.takes_record(batch, record) {
                say_whom(batch, record, out);
                match record.event {
                    Event::SessionOpen => out.end(FrameKind::SessionOpen, session),
                    Event::SessionClose(_) => {
                        self.routers.forget(session);
                        out.end(FrameKind::SessionClose, session);
                    }
                    _ => self.message(batch, record, out),
                }
            }
            cursor.next_record();
        }
    }
}

/// The per-peer header, if the message has one.
fn peer_header(message: &[u8]) -> Option<PeerHeader> {
    let kind = CommonHeader::parse(message, usize::MAX).ok().flatten()?.kind;
    let body = message.get(COMMON_HEADER_LEN..)?;
    match kind {
        MessageType::RouteMonitoring
        | MessageType::StatisticsReport
        | MessageType::PeerDown
        | MessageType::PeerUp
        | MessageType::RouteMirroring => PeerHeader::parse(&mut Reader::new(body)).ok(),
        _ => None,
    }
}

impl Raw {
    fn message(&mut self, batch: &Batch, record: &Record, out: &mut Frames) {
        let (context, message) = (batch.router(record), batch.message(record));
        let router = self.routers.after(message, context, &self.settings);
        if out.wants_topics() {
            let header = match self.topic.asks_for_peer() {
                true => peer_header(message),
                false => None,
            };
            let place = router.place(header.as_ref(), &self.settings.groups);
            out.file_under(Topic { name: self.topic.name(place), key: (self.form.key)(router) });
        }
        let (settings, arrival, len) = (&self.settings, record.arrival, message.len());
        (self.form.head)(&mut out.bytes, &Head { settings, router, arrival, len });
        out.bytes.extend_from_slice(message);
        out.end_standing(FrameKind::Record, context.session, bmp::standing(message));
    }
}
