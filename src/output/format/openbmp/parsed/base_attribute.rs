//! `base_attribute`: the path attributes that the routes of an UPDATE share.
//!
//! A row is made where the attributes are rendered, behind what it says before them.

use super::super::ids::Hex;
use crate::output::format::pen::{Pen, Pieces, Room};

/// What a row says before the path attributes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Front<'a> {
    /// Its number.
    pub(super) seq: u64,
    /// A tabulator, `router_hash` to `timestamp`, and a tabulator.
    pub(super) whose: &'a Pieces,
}

/// Where parts of a row lie in its text.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// The digits of its number.
    pub(super) seq: std::ops::Range<usize>,
    /// The path attributes begin.
    pub(super) attributes: usize,
}

impl Places {
    /// Where the digits of the row's id begin.
    pub(super) fn id(&self) -> usize {
        self.seq.end + 1
    }
}

impl Front<'_> {
    /// Writes it, with room for the row's id.
    #[inline(always)]
    pub(super) fn write<R: Room>(&self, pen: &mut Pen<'_, R>) -> Places {
        pen.text(b"add\t");
        let begin = pen.len();
        match u32::try_from(self.seq) {
            Ok(seq) => pen.number(seq),
            Err(_) => pen.copy(itoa::Buffer::new().format(self.seq).as_bytes()),
        }
        let seq = begin..pen.len();
        pen.octet(b'\t');
        pen.text(&[b'0'; size_of::<Hex>()]);
        pen.pieces(self.whose);
        Places { seq, attributes: pen.len() }
    }
}
