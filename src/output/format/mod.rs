//! Formats: how records are rendered. One file (or folder) each, one row in the table below.

use std::time::Instant;

use super::frames::{About, Frames, Layout, TopicNames, View};
use super::selection::Selection;
use super::url::OptionError;
use crate::bmp::{COMMON_HEADER_LEN, MessageType, PeerHeader, RibView};
use crate::record::{Batch, Record};
use crate::wire::{Reader, Timestamp};

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
    /// Records that the selection does not take are skipped: another stream of the output has
    /// them, or its filter none of their parts. A format whose records are routes shows the routes
    /// that [`Selection::of_record`] names; others show the record whole.
    fn render(
        &mut self,
        batch: &Batch,
        selection: &Selection<'_>,
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

    /// Reads again what its options name: files that may have changed.
    ///
    /// # Errors
    /// What is wrong with one of them; then what was read before stays.
    fn reload(&mut self) -> Result<(), OptionError> {
        Ok(())
    }

    /// The topics that its frames may go to.
    fn topics(&self) -> TopicNames {
        TopicNames::default()
    }

    /// Says its last words: no record comes after them.
    fn finish(&mut self, _now: Instant, _at: Timestamp, _out: &mut Frames) {}

    /// How many routes it has had no record for, of families or types that it does not know to say.
    fn left_out(&self) -> u64 {
        0
    }

    /// Another stream of its output, for a format whose streams have something in common; streams
    /// that have not are built each by itself ([`Entry::build`]).
    fn sibling(&self, _options: &Options<'_>) -> Option<Result<Box<dyn Format>, OptionError>> {
        None
    }
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
    /// How records follow each other: what a crash has left of one in a file can then be told.
    pub layout: Layout,
    /// Whether its frames say to which topic they go ([`Frames::file_under`]).
    pub has_topics: bool,
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

/// Says whom the frames of a record are about, if the transport asks: each format does so once for
/// each record that it renders.
#[inline]
fn say_whom(batch: &Batch, record: &Record, out: &mut Frames) {
    if out.wants_peers() {
        out.about(about(batch, record));
    }
}

/// What the per-peer header of a record's message says.
fn about(batch: &Batch, record: &Record) -> About {
    let message = batch.message(record);
    let kind = MessageType(message.get(COMMON_HEADER_LEN - 1).copied().unwrap_or_default());
    // Of types that are not assigned, the session knows which have such a header.
    let has_header = record.peer.is_some()
        || kind.0 <= MessageType::PeerUp.0
        || kind == MessageType::RouteMirroring;
    let body = message.get(COMMON_HEADER_LEN..).unwrap_or_default();
    let header = PeerHeader::parse(&mut Reader::new(body)).ok().filter(|_| has_header);
    header.map_or(About::default(), |header| about_peer(&header))
}

/// What a per-peer header says.
fn about_peer(header: &PeerHeader) -> About {
    About {
        peer: Some(header.ip()),
        distinguisher: header.instance(),
        view: Some(match header.view() {
            RibView::AdjRibInPre => View::AdjRibInPre,
            RibView::AdjRibInPost => View::AdjRibInPost,
            RibView::AdjRibOutPre => View::AdjRibOutPre,
            RibView::AdjRibOutPost => View::AdjRibOutPost,
            RibView::LocRib => View::LocRib,
        }),
    }
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
mod shown;
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, SocketAddr};

    use super::*;
    use crate::bmp::encode::{self, PeerDown};
    use crate::output::frames::Run;
    use crate::record::{BatchLimits, Event, NewRecord, RouterContext, SessionId};

    /// Whom the frames of a message are about in every format that renders any of it.
    fn whom(message: &[u8], peer: Option<u32>) -> Vec<About> {
        let mut batch = Batch::new(BatchLimits::for_messages(1 << 16));
        let address = SocketAddr::from(([10, 0, 0, 1], 5000));
        let router = batch.add_router(RouterContext::new(SessionId(1), address));
        let (arrival, event) = (Timestamp::new(1_760_000_000, 0), Event::Message);
        let new = NewRecord { router, peer, ordinal: 0, offset: 0, arrival, message, event };
        batch.push(new).unwrap();
        let mut found = Vec::new();
        for entry in FORMATS {
            let options = Options { pairs: &[], name: "t", socket: false, stream: 0, streams: 1 };
            let mut format = (entry.build)(&options).unwrap();
            let mut frames = Frames::new();
            frames.begin(Run { wants_peers: true, ..Run::default() });
            format.render(&batch, &Selection::EVERYTHING, &mut Cursor::default(), &mut frames);
            found.extend((0..frames.len()).map(|i| frames.whom(i)));
        }
        found
    }

    #[test]
    fn frames_are_about_the_peer_of_the_header() {
        let address = IpAddr::from([192, 0, 2, 7]);
        let peer = PeerHeader::new(address, 65001, Ipv4Addr::new(192, 0, 2, 7));
        let out = peer.with_flags(PeerHeader::FLAG_O | PeerHeader::FLAG_L);
        let loc_rib = PeerHeader::loc_rib(65001, Ipv4Addr::new(192, 0, 2, 7));
        for (header, peer, view) in [
            (peer, address, View::AdjRibInPre),
            (out, address, View::AdjRibOutPost),
            (loc_rib, Ipv4Addr::UNSPECIFIED.into(), View::LocRib),
        ] {
            let (mut down, mut report) = (Vec::new(), Vec::new());
            encode::peer_down(&mut down, &header, &PeerDown::Remote);
            encode::statistics(&mut report, &header, &[]);
            let about = About { peer: Some(peer), view: Some(view), distinguisher: None };
            for message in [&down, &report] {
                let found = whom(message, None);
                assert!(found.len() >= 3 && found.iter().all(|a| *a == about), "{found:?}");
            }
        }
    }

    /// Both are said, for paths are checked before a format is built.
    #[test]
    fn formats_with_topics_name_them() {
        for entry in FORMATS {
            let options = Options { pairs: &[], name: "t", socket: false, stream: 0, streams: 1 };
            let topics = (entry.build)(&options).unwrap().topics();
            assert_eq!(!topics.is_empty(), entry.has_topics, "{}", entry.name);
            assert!(!topics.have("pmacct-json"), "{topics:?}");
        }
    }

    #[test]
    fn what_introduces_a_router_is_about_nobody() {
        let mut message = Vec::new();
        encode::initiation(&mut message, &[(2, &[b'r'; 60])]);
        let found = whom(&message, None);
        assert!(found.len() >= 3 && found.iter().all(|a| *a == About::default()), "{found:?}");
    }
}
