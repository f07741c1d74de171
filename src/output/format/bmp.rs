//! `bmp`: the bytes as received, so that any BMP station can be the receiver.

use super::{Cursor, Entry, Format, Options};
use crate::output::frames::{FrameKind, Frames};
use crate::output::url::OptionError;
use crate::record::{Batch, Event, SessionId};

pub(super) static ENTRY: Entry = Entry {
    name: "bmp",
    about: "the BMP messages as received; to tcp and unix one connection per router session",
    options: &[],
    per_session: true,
    line_oriented: false,
    build,
};

fn build(_options: &Options<'_>) -> Result<Box<dyn Format>, OptionError> {
    Ok(Box::new(Bmp))
}

struct Bmp;

impl Format for Bmp {
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
                let kind = match record.event {
                    Event::SessionOpen => FrameKind::SessionOpen,
                    Event::SessionClose(_) => FrameKind::SessionClose,
                    _ => FrameKind::Record,
                };
                out.bytes.extend_from_slice(batch.message(record));
                out.end(kind, session);
            }
            cursor.next_record();
        }
    }
}
