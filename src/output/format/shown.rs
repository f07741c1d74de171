//! A record with what belongs to it, for formats that go through a batch record by record.

use std::net::IpAddr;

use super::{Cursor, say_whom};
use crate::bmp::{COMMON_HEADER_LEN, MessageType};
use crate::output::frames::Frames;
use crate::output::selection::{Selection, Taken};
use crate::record::{Batch, Record, SessionId};
use crate::wire::Reader;

/// A record of a batch.
#[derive(Clone, Copy)]
pub(super) struct Shown<'b> {
    pub(super) record: &'b Record,
    pub(super) session: SessionId,
    pub(super) router: IpAddr,
    pub(super) message: &'b [u8],
    /// Which routes of an UPDATE are shown, where they are shown one by one.
    pub(super) taken: Taken<'b>,
}

impl<'b> Shown<'b> {
    /// The message after its common header.
    pub(super) fn body(&self) -> Reader<'b> {
        let body = self.message.get(COMMON_HEADER_LEN..).unwrap_or_default();
        Reader::at(body, COMMON_HEADER_LEN)
    }

    pub(super) fn version_and_type(&self) -> (u8, MessageType) {
        let version = self.message.first().copied().unwrap_or_default();
        (version, MessageType(self.message.get(5).copied().unwrap_or_default()))
    }
}

/// Gives `render` the records from `cursor` on that the selection takes, until the batch ends or
/// `out` is full. `render` says whether a record is done: one that is not comes again.
#[inline]
pub(super) fn each_shown<'b>(
    batch: &'b Batch,
    selection: &Selection<'b>,
    cursor: &mut Cursor,
    out: &mut Frames,
    mut render: impl FnMut(&Shown<'b>, &mut Cursor, &mut Frames) -> bool,
) {
    while let Some(record) = batch.records().get(cursor.record) {
        if out.is_full() {
            return;
        }
        let takes = selection.takes_record(batch, record);
        if takes {
            say_whom(batch, record, out);
        }
        let (router, message) = (batch.router(record), batch.message(record));
        let (session, router) = (router.session, router.address.ip());
        let taken = selection.of_record(batch, record);
        let shown = Shown { record, session, router, message, taken };
        if !takes || render(&shown, cursor, out) {
            cursor.next_record();
        }
    }
}
