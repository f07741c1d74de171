//! Raw messages: each BMP message as received, whole, behind a header of its own.

use super::routers::{Router, Routers};
use super::settings::Settings;
use crate::output::format::{Cursor, Format, Options, say_whom};
use crate::output::frames::{FrameKind, Frames, Topic};
use crate::output::url::OptionError;
use crate::record::{Batch, Event, Record, SessionId};
use crate::wire::Timestamp;

/// The topic of raw messages.
const TOPIC: &str = "openbmp.bmp_raw";

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
    Ok(Box::new(Raw { form, settings, routers: Routers::default() }))
}

struct Raw {
    form: &'static Form,
    settings: Settings,
    routers: Routers,
}

impl Format for Raw {
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
            let session = batch.router(record).session;
            if takes(session) {
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

impl Raw {
    fn message(&mut self, batch: &Batch, record: &Record, out: &mut Frames) {
        let (context, message) = (batch.router(record), batch.message(record));
        let router = self.routers.after(message, context, &self.settings);
        out.file_under(Topic { name: TOPIC, key: (self.form.key)(router) });
        let (settings, arrival, len) = (&self.settings, record.arrival, message.len());
        (self.form.head)(&mut out.bytes, &Head { settings, router, arrival, len });
        out.bytes.extend_from_slice(message);
        out.end(FrameKind::Record, context.session);
    }
}
