//! Rows: fields in an order that each object states, with a tabulator between them.

use std::ops::Range;

use super::super::ids::{Hex, Id};
use crate::output::format::text;

/// Declares the fields of a row in their order; the number of them is checked.
macro_rules! fields {
    ($(#[$meta:meta])* enum $name:ident[$count:literal] { $($field:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum $name { $($field),+ }

        impl $name {
            /// All, in the order of the row.
            const ALL: [Self; $count] = [$(Self::$field),+];
        }
    };
}
pub(super) use fields;

/// Appends a row whose fields `write` writes.
pub(super) fn row<F: Copy>(
    out: &mut Vec<u8>,
    fields: &[F],
    mut write: impl FnMut(F, &mut Vec<u8>),
) {
    for (i, field) in fields.iter().enumerate() {
        if i > 0 {
            out.push(b'\t');
        }
        write(*field, out);
    }
    out.push(b'\n');
}

/// Fields that all routes of a list in an UPDATE have in common: those that stand side by side in
/// every object are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shared {
    BaseAttrHash,
    /// `router_hash` and `router_ip`.
    Router,
    /// `peer_hash`, `peer_ip`, `peer_asn` and `timestamp`.
    Peer,
    /// `router_hash` to `timestamp`, with `base_attr_hash` before the peer.
    Whose,
    /// `origin` to `originator_id`.
    Attributes,
    LargeCommunities,
    /// `as_path`, `local_pref`, `med` and `next_hop`.
    Path,
    /// `path_id` and `labels` of routes that have neither, and those of `View`.
    NoPathView,
    /// `is_pre_policy` and `is_adj_in`.
    View,
}

/// A part of a row about a route, behind `action`, `seq` and `hash`, with which all begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field<Own> {
    /// The same for all of the list.
    All(Shared),
    /// A field that the route itself says.
    Own(Own),
    /// So many of those, side by side.
    Owns(usize, Own),
}

impl<Own> Field<Own> {
    const fn is_shared(&self) -> bool {
        matches!(self, Field::All(_))
    }
}

/// The number of fields in a row.
pub(super) const fn columns<Own>(fields: &[Field<Own>]) -> usize {
    let (mut sum, mut i) = (3, 0);
    while i < fields.len() {
        sum += match &fields[i] {
            Field::All(Shared::Attributes) => 14,
            Field::All(Shared::Whose) => 7,
            Field::All(Shared::Peer | Shared::Path | Shared::NoPathView) => 4,
            Field::All(Shared::Router | Shared::View) => 2,
            Field::Owns(several, _) => *several,
            Field::All(_) | Field::Own(_) => 1,
        };
        i += 1;
    }
    sum
}

/// The only field that the route itself says, if there is one alone.
pub(super) const fn sole<Own: Copy>(fields: &[Field<Own>]) -> Option<Own> {
    let (begin, end) = own(fields);
    if end - begin != 1 {
        return None;
    }
    match fields[begin] {
        Field::Own(part) | Field::Owns(_, part) => Some(part),
        Field::All(_) => None,
    }
}

/// Where what the route itself says begins and ends.
pub(super) const fn own<Own>(fields: &[Field<Own>]) -> (usize, usize) {
    let (mut begin, mut end) = (0, fields.len());
    while begin < end && fields[begin].is_shared() {
        begin += 1;
    }
    while end > begin && fields[end - 1].is_shared() {
        end -= 1;
    }
    (begin, end)
}

/// What the rows of a list share, rendered once, in the order in which it is copied.
#[derive(Debug, Default)]
pub(super) struct Strip {
    /// The end of a row, behind what the route itself says, then the beginning of the next one up
    /// to there.
    text: Vec<u8>,
    /// Where the row begins in `text`.
    begin: usize,
    /// Where its number lies in `text`; its id is the next field.
    seq: Range<usize>,
    /// What lies between two fields of the route itself, one after the other.
    between: Vec<u8>,
    /// Where those end in `between`.
    ends: Vec<usize>,
    /// A row was begun and has no end yet.
    open: bool,
}

/// Appends fields that are shared.
#[inline(always)]
fn shared<Own>(
    out: &mut Vec<u8>,
    fields: &[Field<Own>],
    write: &mut impl FnMut(Shared, &mut Vec<u8>),
) {
    for field in fields {
        if let Field::All(shared) = field {
            write(*shared, out);
        }
    }
}

impl Strip {
    /// Renders what is shared by rows from the number `seq` on. What `write` writes begins with a
    /// tabulator.
    // For each object apart, whose fields are constants.
    #[inline(always)]
    pub(super) fn make<Own>(
        &mut self,
        fields: &[Field<Own>],
        action: &[u8; 3],
        seq: u64,
        mut write: impl FnMut(Shared, &mut Vec<u8>),
    ) {
        let (first, last) = own(fields);
        let Self { text, between, ends, .. } = self;
        text.clear();
        between.clear();
        ends.clear();
        let several = if last - first > 1 { &fields[first..last] } else { &[] };
        for field in several {
            shared(between, std::slice::from_ref(field), &mut write);
            if !field.is_shared() {
                // The first one has its tabulator before it.
                between.extend_from_slice(if ends.is_empty() { b"" } else { b"\t" });
                ends.push(between.len());
            }
        }
        shared(text, &fields[last..], &mut write);
        text.push(b'\n');
        self.begin = text.len();
        let [a, b, c] = *action;
        text.extend_from_slice(&[a, b, c, b'\t']);
        self.seq.start = text.len();
        text::count(text, seq, b'\t');
        self.seq.end = text.len() - 1;
        text.extend_from_slice(&[b'\t'; size_of::<Hex>()]);
        shared(text, &fields[..first], &mut write);
        if first < last {
            text.push(b'\t');
        }
        self.open = false;
    }

    /// Octets of a row without what the route itself says.
    pub(super) fn len(&self) -> usize {
        self.text.len() + self.between.len()
    }

    /// Octets that a row still lacks that [`Strip::row`] has appended.
    pub(super) fn end_len(&self) -> usize {
        self.begin
    }

    /// Forgets the row that has no end yet.
    pub(super) fn clear(&mut self) {
        self.open = false;
    }

    /// Appends the end of the row before and a row up to what the route itself says.
    #[inline(always)]
    pub(super) fn begin_row(&mut self, out: &mut Vec<u8>, id: Id) {
        let from = if self.open { 0 } else { self.begin };
        let id_at = out.len() + self.seq.end + 1 - from;
        out.extend_from_slice(&self.text[from..]);
        // Where it was copied to: a copy of what was just written would wait for it.
        if let Some(place) = out[id_at..].first_chunk_mut() {
            id.hex_into(place);
        }
        self.open = true;
    }

    /// What follows is behind what the route itself says.
    #[inline(always)]
    pub(super) fn end_row(&mut self) {
        if !text::count_up(&mut self.text[self.seq.clone()]) {
            self.text.insert(self.seq.start, b'1');
            self.seq.end += 1;
        }
    }

    /// Appends several fields that `fill` writes, with what lies between them.
    #[inline]
    pub(super) fn several<Own: Copy>(
        &self,
        out: &mut Vec<u8>,
        fields: &[Field<Own>],
        mut fill: impl FnMut(Own, &mut Vec<u8>),
    ) {
        let (first, last) = own(fields);
        let (mut from, mut ends) = (0, self.ends.iter());
        for field in &fields[first..last] {
            let (Field::Own(part) | Field::Owns(_, part)) = field else { continue };
            let end = ends.next().copied().unwrap_or(from);
            if from < end {
                out.extend_from_slice(&self.between[from..end]);
            }
            fill(*part, out);
            from = end;
        }
    }

    /// Appends the end of the last row.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.open) {
            out.extend_from_slice(&self.text[..self.begin]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [Field<char>; 6] = [
        Field::All(Shared::Peer),
        Field::Own('x'),
        Field::Owns(2, 'y'),
        Field::All(Shared::LargeCommunities),
        Field::Own('z'),
        Field::All(Shared::View),
    ];

    fn shown(fields: &[Field<char>], seq: u64, rows: usize) -> String {
        let (mut strip, mut out) = (Strip::default(), Vec::new());
        strip.make(fields, b"add", seq, |field, out| match field {
            Shared::Peer => out.extend_from_slice(b"\ta\tb\tc\td"),
            Shared::View => out.extend_from_slice(b"\t1\t0"),
            _ => out.extend_from_slice(b"\tm"),
        });
        for n in 0..rows {
            strip.begin_row(&mut out, Id([n as u8; 16]));
            let fill = |part, out: &mut Vec<u8>| match part {
                'y' => out.extend_from_slice(b"y\ty"),
                part => out.push(part as u8),
            };
            match sole(fields) {
                Some(part) => fill(part, &mut out),
                None => strip.several(&mut out, fields, fill),
            }
            strip.end_row();
        }
        strip.end(&mut out);
        strip.end(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn what_routes_say_stands_between_what_they_share() {
        let id = |n: usize| format!("{n:02}").repeat(16);
        let row = |seq, n| format!("add\t{seq}\t{}\ta\tb\tc\td\tx\ty\ty\tm\tz\t1\t0\n", id(n));
        assert_eq!(shown(&FIELDS, 9, 3), row(9, 0) + &row(10, 1) + &row(11, 2));
        assert_eq!(shown(&FIELDS, 0, 0), "");
        assert_eq!(row(0, 0).split('\t').count(), columns(&FIELDS));
        let sole = shown(&FIELDS[..2], 9, 2);
        let row = |seq, n| format!("add\t{seq}\t{}\ta\tb\tc\td\tx\n", id(n));
        assert_eq!(sole, row(9, 0) + &row(10, 1));
        let bare = shown(&FIELDS[..1], 99, 2);
        let row = |seq, n| format!("add\t{seq}\t{}\ta\tb\tc\td\n", id(n));
        assert_eq!(bare, row(99, 0) + &row(100, 1));
    }
}
