//! A filter at work on one output stream: what of each record passes.

use std::cell::Cell;
use std::sync::Arc;

use super::attributes::{Attributes, Memo};
use super::expr::Filter;
use super::facts::{Facts, Route};
use super::values::{MessageSet, ViewSet};
use crate::bgp::nlri;
use crate::bmp::{COMMON_HEADER_LEN, MessageType, PeerHeader};
use crate::record::{Batch, Event, Record, RouterContext, Section, Update};
use crate::wire::Reader;

/// An UPDATE whose routes are judged: that of Route Monitoring, or one that is mirrored.
#[derive(Debug, Clone, Copy)]
pub struct Told<'u> {
    /// Where its parts lie, and how to read them.
    pub update: &'u Update,
    /// That from whose start the offsets count.
    pub octets: &'u [u8],
    /// Tells it from other UPDATEs of its record: 0 for that of Route Monitoring.
    pub number: u32,
}

impl<'u> Told<'u> {
    /// The one that a record is, else the one that it mirrors.
    fn of(batch: &'u Batch, record: &'u Record, mirrored: Option<Self>) -> Option<Self> {
        match &record.event {
            Event::RouteMonitoring(update) => {
                Some(Self { update, octets: batch.message(record), number: 0 })
            }
            _ => mirrored,
        }
    }
}

/// A filter at work. It sees the records of its stream in order; what passes is decided without
/// allocating.
#[derive(Debug)]
pub struct Judge {
    filter: Arc<Filter>,
    memo: Memo,
    /// Sessions may have begun before this filter was there.
    is_late: bool,
    /// Records of which nothing has passed.
    kept_back: Cell<u64>,
}

impl Judge {
    /// A filter that is there from the beginning.
    #[must_use]
    pub fn new(filter: Arc<Filter>) -> Self {
        let memo = Memo::new(filter.asks().attributes);
        Self { filter, memo, is_late: false, kept_back: Cell::new(0) }
    }

    /// A filter that takes the place of another, or of none, while sessions are open: their ends
    /// pass.
    #[must_use]
    pub fn late(filter: Arc<Filter>) -> Self {
        Self { is_late: true, ..Self::new(filter) }
    }

    /// How many records there were of which nothing has passed.
    #[must_use]
    pub fn kept_back(&self) -> u64 {
        self.kept_back.get()
    }

    /// Whether something of a record passes. To be asked once of each record, in order.
    #[must_use]
    pub fn takes(&self, batch: &Batch, record: &Record) -> bool {
        let passes = self.passes(batch, record);
        if !passes {
            self.kept_back.set(self.kept_back.get() + 1);
        }
        passes
    }

    /// Whether something of a record passes; changes nothing.
    #[must_use]
    pub fn passes(&self, batch: &Batch, record: &Record) -> bool {
        let facts = facts(batch, record);
        match &record.event {
            Event::SessionClose(_) if self.is_late => true,
            Event::RouteMonitoring(update) => self.any_part(&facts, batch, record, update),
            _ => self.fits(&facts),
        }
    }

    /// The next routes of one of a record's lists that pass: of its `octets` those at the front of
    /// what is left from `from` on, where a route begins. Offsets count from the start of `octets`;
    /// where no more pass, nothing is left at their end. Of a record that mirrors UPDATEs,
    /// `mirrored` says which one the list is of.
    #[must_use]
    pub fn routes<'m>(
        &self,
        batch: &Batch,
        record: &Record,
        mirrored: Option<Told<'_>>,
        section: &Section,
        octets: &'m [u8],
        from: usize,
    ) -> Reader<'m> {
        let Some(told) = Told::of(batch, record, mirrored) else { return rest(octets, from) };
        let facts = facts(batch, record);
        let facts = self.of_section(facts, batch, record, told, section);
        self.run(facts, section, octets, from)
    }

    /// Whether those octets of a list pass in which no routes can be told apart.
    #[must_use]
    pub fn passes_raw(
        &self,
        batch: &Batch,
        record: &Record,
        mirrored: Option<Told<'_>>,
        section: &Section,
    ) -> bool {
        let Some(told) = Told::of(batch, record, mirrored) else { return true };
        let facts = facts(batch, record);
        self.fits(&self.of_section(facts, batch, record, told, section))
    }

    /// What is not answered with no passes.
    fn fits(&self, facts: &Facts<'_>) -> bool {
        self.filter.fits(facts) != Some(false)
    }

    /// The same with what is known of a list of routes.
    fn of_section<'a>(
        &'a self,
        facts: Facts<'a>,
        batch: &Batch,
        record: &Record,
        told: Told<'a>,
        section: &Section,
    ) -> Facts<'a> {
        let announces = section.kind.announces();
        let attributes = announces.then(|| {
            // A message is longer than the number of its UPDATEs.
            let at = record.message.start.saturating_add(told.number);
            self.memo.begin((batch.stamp(), at));
            Attributes::new(told.octets, told.update, &self.memo)
        });
        let messages = facts.messages.map(|messages| messages.with_routes(announces));
        Facts { messages, family: Some(section.family), attributes, ..facts }
    }

    /// Whether something of an UPDATE passes.
    fn any_part(&self, facts: &Facts<'_>, batch: &Batch, record: &Record, update: &Update) -> bool {
        if let Some(family) = update.end_of_rib() {
            let messages = facts.messages.map(MessageSet::ending_rib);
            return self.fits(&Facts { messages, family: Some(family), ..*facts });
        }
        let mut held = update.sections().filter(|s| s.span.len > 0 || s.rest.len > 0).peekable();
        if held.peek().is_none() {
            return self.fits(facts);
        }
        let told = Told { update, octets: batch.message(record), number: 0 };
        held.any(|section| {
            let facts = self.of_section(*facts, batch, record, told, section);
            let octets = section.span.of(told.octets);
            let has_raw = section.rest.len > 0 || !nlri::is_decoded(section.family);
            has_raw && self.fits(&facts) || !self.run(facts, section, octets, 0).is_empty()
        })
    }

    /// See [`Judge::routes`].
    fn run<'m>(
        &self,
        mut facts: Facts<'_>,
        section: &Section,
        octets: &'m [u8],
        from: usize,
    ) -> Reader<'m> {
        let all = rest(octets, from);
        match self.filter.fits(&facts) {
            Some(false) => return rest(octets, octets.len()),
            Some(true) => return all,
            None if !self.filter.asks().routes || !nlri::is_decoded(section.family) => return all,
            None => {}
        }
        let (announced, mut left) = (section.kind.announces(), all);
        let mut begin = None;
        while !left.is_empty() {
            let (at, mut route) = (left.offset(), Route::default());
            let (family, add_path) = (section.family, section.add_path);
            if nlri::read_one(family, add_path, announced, &mut left, &mut route).is_err() {
                break; // cannot be: the session has found these routes to be well formed
            }
            facts.route = Some(route);
            match (begin, self.fits(&facts)) {
                (None, true) => begin = Some(at),
                (Some(begin), false) => return run_of(octets, begin, at),
                _ => {}
            }
        }
        run_of(octets, begin.unwrap_or(octets.len()), octets.len())
    }
}

/// What is known of a record before anything is known of what an UPDATE holds.
fn facts<'a>(batch: &'a Batch, record: &Record) -> Facts<'a> {
    let router = batch.router(record);
    let facts = Facts::of_router(router.address.ip());
    let message = batch.message(record);
    if message.is_empty() {
        return facts;
    }
    let (kind, event_log) = (kind(message), router.dialect.rel);
    let is_log = event_log == Some(kind.0);
    let has_peer = is_log || kind.0 <= 3 || kind == MessageType::RouteMirroring;
    let peer = has_peer.then(|| PeerHeader::parse(&mut body(message)).ok()).flatten();
    let views = peer.filter(|_| !is_log).map(|peer| views(kind, &peer));
    let messages = Some(MessageSet::of(kind, event_log));
    Facts { name: name(router), peer, views, messages, ..facts }
}

/// The octets from `from` on.
fn rest(octets: &[u8], from: usize) -> Reader<'_> {
    run_of(octets, from, octets.len())
}

fn run_of(octets: &[u8], from: usize, to: usize) -> Reader<'_> {
    Reader::at(octets.get(from..to).unwrap_or_default(), from)
}

/// The name that the operator gave the router, or else the one that it goes by.
fn name(router: &RouterContext) -> Option<&str> {
    let given = router.marks.as_ref().and_then(|marks| marks.name.as_deref());
    given.or(router.sys_name.as_deref())
}

fn kind(message: &[u8]) -> MessageType {
    MessageType(message.get(5).copied().unwrap_or(u8::MAX))
}

fn body(message: &[u8]) -> Reader<'_> {
    Reader::at(message.get(COMMON_HEADER_LEN..).unwrap_or_default(), COMMON_HEADER_LEN)
}

/// The views that a message is for: a Route Monitoring message is for one, all others for every
/// Adj-RIB of their peer, whose flags mean nothing there (RFC 8671 §6).
fn views(kind: MessageType, peer: &PeerHeader) -> ViewSet {
    let view = ViewSet::of(peer.view());
    match kind == MessageType::RouteMonitoring || !view.is_adj_rib() {
        true => view,
        false => ViewSet::ADJ_RIBS,
    }
}
