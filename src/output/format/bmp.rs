//! Throw-away stand-in for the real format: a frame for each record, whatever it is.
use super::{Cursor, Entry, Format, Options};
use crate::output::frames::{FrameKind, Frames};
use crate::output::url::OptionError;
use crate::record::{Batch, Event, SessionId};

pub(super) static ENTRY: Entry = Entry {
    name: "bmp",
    about: "the bytes as received",
    options: &[],
    per_session: true,
    line_oriented: false,
    build,
};

fn build(_: &Options<'_>) -> Result<Box<dyn Format>, OptionError> {
    Ok(Box::new(Bmp))
}

pub(super) struct Bmp;

impl Format for Bmp {
    fn render(
        &mut self,
        batch: &Batch,
        takes: &dyn Fn(SessionId) -> bool,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) {
        while let Some(record) = batch.records().get(cursor.record).filter(|_| !out.is_full()) {
            let session = batch.router(record).session;
            if takes(session) {
                out.bytes.extend_from_slice(batch.message(record));
                let kind = match record.event {
                    Event::SessionOpen => FrameKind::SessionOpen,
                    Event::SessionClose(_) => FrameKind::SessionClose,
                    _ => FrameKind::Record,
                };
                out.end(kind, session);
            }
            cursor.next_record();
        }
    }
}
