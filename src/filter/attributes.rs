//! The path attributes that terms ask for: looked up at most once for each UPDATE, and each term is
//! asked at most once.

use std::cell::Cell;

use super::Truth;
use crate::bgp::AsWidth;
use crate::bgp::attr::as_path::{AsPath, SegmentType};
use crate::bgp::attr::{AttributeCode, Attributes as Walk, Value};
use crate::record::{Span, Stamp, Update};
use crate::wire::Reader;

/// What is remembered of the UPDATE in hand.
#[derive(Debug)]
pub(super) struct Memo {
    /// Which UPDATE that is: its batch, and where its message begins there.
    of: Cell<(Stamp, u32)>,
    found: Cell<Option<Found>>,
    /// The answers of the terms about path attributes, once they were asked.
    answers: Box<[Cell<Option<Truth>>]>,
}

/// Where the attributes lie in the message. Of a repeated one the first counts (RFC 7606 §3 g).
#[derive(Debug, Clone, Copy, Default)]
struct Found {
    as_path: Option<Span>,
    as4_path: Option<Span>,
    communities: Span,
    large: Span,
    extended: Span,
}

impl Memo {
    /// For so many terms.
    pub(super) fn new(terms: usize) -> Self {
        let answers = (0..terms).map(|_| Cell::new(None)).collect();
        Self { of: Cell::default(), found: Cell::new(None), answers }
    }

    /// Forgets all unless it is about this UPDATE.
    pub(super) fn begin(&self, of: (Stamp, u32)) {
        if self.of.replace(of) != of {
            self.found.set(None);
            self.answers.iter().for_each(|answer| answer.set(None));
        }
    }
}

/// The path attributes of the UPDATE in hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attributes<'a> {
    message: &'a [u8],
    span: Span,
    as_width: AsWidth,
    memo: &'a Memo,
}

/// The values of the three kinds of communities; empty where there are none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AllCommunities<'a> {
    pub(super) standard: &'a [u8],
    pub(super) large: &'a [u8],
    pub(super) extended: &'a [u8],
}

impl<'a> Attributes<'a> {
    /// Those of an UPDATE for which the memo was begun.
    pub(super) fn new(message: &'a [u8], update: &Update, memo: &'a Memo) -> Self {
        Self { message, span: update.attributes, as_width: update.as_width, memo }
    }

    /// The answer of a term about path attributes, asked if it was not.
    pub(super) fn answer(&self, term: usize, ask: impl FnOnce() -> Truth) -> Truth {
        let Some(known) = self.memo.answers.get(term) else { return ask() };
        known.get().unwrap_or_else(|| {
            let answer = ask();
            known.set(Some(answer));
            answer
        })
    }

    fn found(&self) -> Found {
        self.memo.found.get().unwrap_or_else(|| {
            let found = self.look();
            self.memo.found.set(Some(found));
            found
        })
    }

    fn look(&self) -> Found {
        let octets = Reader::at(self.span.of(self.message), self.span.start as usize);
        let (mut all, mut found, mut seen) = (Walk::new(octets), Found::default(), 0_u64);
        while let Some(attribute) = all.next_whole() {
            let code = attribute.code;
            let bit = 1_u64.checked_shl(code.0.into()).unwrap_or(0); // none of these is above 63
            if bit == 0 || seen & bit != 0 {
                continue;
            }
            seen |= bit;
            let value = attribute.reader();
            let span = Span { start: value.offset() as u32, len: value.len() as u32 };
            match code {
                AttributeCode::AsPath => found.as_path = Some(span),
                AttributeCode::As4Path => found.as4_path = Some(span),
                AttributeCode::Communities => found.communities = span,
                AttributeCode::LargeCommunities => found.large = span,
                AttributeCode::ExtendedCommunities => found.extended = span,
                _ => {}
            }
        }
        found
    }

    /// The path, unless it is malformed; an empty one where there is none.
    fn path(&self) -> Option<AsPath<'a>> {
        let found = self.found();
        let reader = |span: Span| Reader::new(span.of(self.message));
        let value = reader(found.as_path.unwrap_or_default());
        let path = <AsPath<'_> as Value<'_>>::parse(value, self.as_width).ok()?;
        match found.as4_path {
            Some(as4) if self.as_width == AsWidth::Two => Some(path.reconstruct(reader(as4))),
            _ => Some(path),
        }
    }

    /// Whether the last AS of the path is one that `holds`; of a set any of it.
    pub(super) fn origin(&self, mut holds: impl FnMut(u32) -> bool) -> Truth {
        let last = self.path()?.segments().last();
        Some(last.is_some_and(|segment| match segment.kind {
            SegmentType::Set | SegmentType::ConfedSet => segment.asns().any(holds),
            _ => segment.asns().last().is_some_and(&mut holds),
        }))
    }

    /// Whether an AS of the path is one that `holds`.
    pub(super) fn any_as(&self, mut holds: impl FnMut(u32) -> bool) -> Truth {
        Some(self.path()?.segments().any(|segment| segment.asns().any(&mut holds)))
    }

    /// The communities, unless one kind of them ends within one.
    pub(super) fn communities(&self) -> Option<AllCommunities<'a>> {
        let found = self.found();
        let whole = |span: Span, size| {
            Some(span.of(self.message)).filter(|octets| octets.len().is_multiple_of(size))
        };
        Some(AllCommunities {
            standard: whole(found.communities, 4)?,
            large: whole(found.large, 12)?,
            extended: whole(found.extended, 8)?,
        })
    }
}
