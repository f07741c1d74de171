//! Which records, and which routes of an UPDATE, an output stream shows: those of its sessions that
//! pass the output's filter, if it has one.

use xxhash_rust::xxh3::xxh3_64;

pub use crate::filter::Told;

use crate::filter::Judge;
use crate::record::{Batch, Record, Section, SessionId};
use crate::wire::Reader;

/// The stream of an output that a session belongs to, for life.
#[must_use]
pub fn stream_of(session: SessionId, streams: usize) -> usize {
    match streams as u64 {
        0 | 1 => 0,
        n => (xxh3_64(&session.0.to_le_bytes()) % n) as usize,
    }
}

/// What one stream of an output shows.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'s> {
    stream: usize,
    streams: usize,
    filter: Option<&'s Judge>,
}

impl<'s> Selection<'s> {
    /// All there is.
    pub const EVERYTHING: Self = Self { stream: 0, streams: 1, filter: None };

    /// What stream number `stream` of `streams` shows, if it passes the filter.
    #[must_use]
    pub fn of_stream(stream: usize, streams: usize, filter: Option<&'s Judge>) -> Self {
        Self { stream, streams, filter }
    }

    /// Whether a session belongs to the stream.
    #[inline]
    #[must_use]
    pub fn takes(&self, session: SessionId) -> bool {
        self.streams == 1 || stream_of(session, self.streams) == self.stream
    }

    /// Whether a record is shown, or a part of it: an UPDATE is if one of its routes is. To be
    /// asked of each record, in order.
    #[inline]
    #[must_use]
    pub fn takes_record(&self, batch: &Batch, record: &Record) -> bool {
        // Without several streams nobody looks at the router.
        (self.streams == 1 || self.takes(batch.router(record).session))
            && self.filter.is_none_or(|filter| filter.takes(batch, record))
    }

    /// What is shown of a record's routes.
    #[inline]
    #[must_use]
    pub fn of_record<'b>(&self, batch: &'b Batch, record: &'b Record) -> Taken<'b>
    where
        's: 'b,
    {
        Taken { by: self.filter.map(|filter| (filter, batch, record)), mirrored: None }
    }
}

/// What is shown of the routes of one UPDATE.
#[derive(Debug, Clone, Copy)]
pub struct Taken<'b> {
    by: Option<(&'b Judge, &'b Batch, &'b Record)>,
    /// The UPDATE, where it is not that of the record but one that the record mirrors.
    mirrored: Option<Told<'b>>,
}

impl<'b> Taken<'b> {
    /// All routes.
    pub const ALL: Self = Self { by: None, mirrored: None };

    /// What is shown of the routes of an UPDATE that the record mirrors (RFC 7854 §4.7).
    #[must_use]
    pub fn of_mirrored<'t>(self, told: Told<'t>) -> Taken<'t>
    where
        'b: 't,
    {
        Taken { by: self.by, mirrored: Some(told) }
    }

    /// The next routes of `section` that are shown, as many as follow each other: of its `octets`
    /// from the route at `from` on. Offsets count from the start of `octets`; nothing is left where
    /// no more are shown.
    #[inline]
    #[must_use]
    pub fn routes<'m>(&self, section: &Section, octets: &'m [u8], from: usize) -> Reader<'m> {
        match self.by {
            None => Reader::at(octets.get(from..).unwrap_or_default(), from),
            Some((filter, batch, record)) => {
                filter.routes(batch, record, self.mirrored, section, octets, from)
            }
        }
    }

    /// Whether what cannot be told apart into routes is shown: a list of a family that is kept raw,
    /// and the octets from the first malformed NLRI on.
    #[inline]
    #[must_use]
    pub fn raw(&self, section: &Section) -> bool {
        self.by.is_none_or(|(filter, batch, record)| {
            filter.passes_raw(batch, record, self.mirrored, section)
        })
    }
}
