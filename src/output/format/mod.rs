//! Formats: how records are rendered. One file (or folder) each, one row in the table below.

use std::time::Instant;

use super::frames::Frames;
use super::url::OptionError;
use crate::record::{Batch, SessionId};
use crate::wire::Timestamp;

/// Where rendering stands inside a batch. A format stops when [`Frames::is_full`] and goes on
/// later, also in the middle of a record: one UPDATE may give more octets than fit into memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// Index of the record to go on with.
    pub record: usize,
    /// Part of that record (a section of an UPDATE, say); the format's own meaning. 0 at its start.
    pub part: u32,
    /// Octets of that part already rendered; the format's own meaning.
    pub offset: u32,
}

impl Cursor {
    /// Goes on with the next record.
    pub fn next_record(&mut self) {
        *self = Cursor { record: self.record + 1, part: 0, offset: 0 };
    }
}

/// A running format of one output stream: it sees each of its records once, in order.
pub trait Format: Send {
    /// Renders from `cursor` on until the batch ends or `out` is full, and moves `cursor`.
    /// Records for which `takes` is false belong to another stream of the output and are skipped.
    fn render(
        &mut self,
        batch: &Batch,
        takes: &dyn Fn(SessionId) -> bool,
        cursor: &mut Cursor,
        out: &mut Frames,
    );

    /// Whether there is something to say that no record asks for: see [`Format::tick`].
    fn is_due(&self, _now: Instant) -> bool {
        false
    }

    /// Says at `now`, which is `at` on the calendar, what no record asks for. Called by the
    /// writer's own clock, also while nothing comes; perhaps in the middle of a record.
    fn tick(&mut self, _now: Instant, _at: Timestamp, _out: &mut Frames) {}

    /// Says its last words: no record comes after them.
    fn finish(&mut self, _now: Instant, _at: Timestamp, _out: &mut Frames) {}
}

/// A row of the table: everything that the rest of the program knows of a format.
pub struct Entry {
    /// The name before `=` or `?`.
    pub name: &'static str,
    /// One line of help.
    pub about: &'static str,
    /// Options, each with a line of help.
    pub options: &'static [(&'static str, &'static str)],
    /// Whether connections carry one router session each (the format is meaningless when mixed).
    pub per_session: bool,
    /// Whether each record is a line of text: a torn last line of a file can then be closed.
    pub line_oriented: bool,
    /// Whether it looks into UPDATEs: where no output does, they are not decoded.
    pub reads_updates: bool,
    /// Builds it from its options; `stream` of `streams` tells apart the streams of one output.
    pub build: fn(&Options<'_>) -> Result<Box<dyn Format>, OptionError>,
}

/// What a format is told when it is built.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// The options after `?`, in the order in which they were typed.
    pub pairs: &'a [(String, String)],
    /// The output's name.
    pub name: &'a str,
    /// Whether the transport is a socket (pmacct adds `writer_id` there).
    pub socket: bool,
    /// Which of the output's streams this is, from 0.
    pub stream: usize,
    /// How many streams the output has.
    pub streams: usize,
}

/// Declares the formats: `module,` is one row.
macro_rules! formats {
    ($($module:ident),+ $(,)?) => {
        $(mod $module;)+
        /// Every format, in the order of the help text.
        pub static FORMATS: &[&Entry] = &[$(&$module::ENTRY),+];
    };
}

mod fields;
mod pen;
mod text;

formats! {
    pmacct_json,
    openbmp,
    openbmp_raw,
    openbmp_raw_text,
    bmp,
    mrt,
    bgpdump,
}
