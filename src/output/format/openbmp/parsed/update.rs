//! The messages of an UPDATE: its path attributes, then its routes, those of each object by
//! themselves, announced ones and withdrawn ones apart.

use std::cell::Cell;

use super::context::{Context, Listed};
use super::envelope::{Begun, Envelope, OBJECTS, Object};
use super::evpn::Evpn;
use super::fields::Field;
use super::l3vpn::L3vpn;
use super::ls::Ls;
use super::ls_attribute::Attribute;
use super::ls_link::LsLink;
use super::ls_node::LsNode;
use super::ls_prefix::LsPrefix;
use super::route::{Route, Rows};
use super::unicast_prefix::{Plain, UnicastPrefix};
use super::values::Cleaner;
use crate::bgp::attr::ErrorAction;
use crate::bgp::nlri::bgp_ls::{BgpLs, NlriType};
use crate::bgp::nlri::evpn::Evpn as EvpnNlri;
use crate::bgp::nlri::labeled::Labeled;
use crate::bgp::nlri::unicast::Unicast;
use crate::bgp::nlri::vpn::Vpn;
use crate::bgp::nlri::{self, Nlri, Visit};
use crate::output::format::Cursor;
use crate::output::frames::Frames;
use crate::output::selection::Taken;
use crate::record::{Section, SectionKind, Update};
use crate::wire::{Family, Prefix, Reader};

/// What is sent, in this order, where the UPDATE has it.
const STEPS: [(SectionKind, Object); 14] = [
    (SectionKind::MpReach, Object::LsNode),
    (SectionKind::MpReach, Object::LsLink),
    (SectionKind::MpReach, Object::LsPrefix),
    (SectionKind::MpUnreach, Object::LsNode),
    (SectionKind::MpUnreach, Object::LsLink),
    (SectionKind::MpUnreach, Object::LsPrefix),
    (SectionKind::MpReach, Object::UnicastPrefix),
    (SectionKind::Nlri, Object::UnicastPrefix),
    (SectionKind::MpReach, Object::L3vpn),
    (SectionKind::MpUnreach, Object::L3vpn),
    (SectionKind::MpReach, Object::Evpn),
    (SectionKind::MpUnreach, Object::Evpn),
    (SectionKind::Withdrawn, Object::UnicastPrefix),
    (SectionKind::MpUnreach, Object::UnicastPrefix),
];

/// The steps for each kind of list, a bit for each.
const STEPS_OF: [u32; 4] = {
    let (mut of, mut i) = ([0; 4], 0);
    while i < STEPS.len() {
        of[STEPS[i].0 as usize] |= 1 << i;
        i += 1;
    }
    of
};

/// The steps for each object.
const STEPS_ABOUT: [u32; OBJECTS] = {
    let (mut about, mut i) = ([0; OBJECTS], 0);
    while i < STEPS.len() {
        about[STEPS[i].1 as usize] |= 1 << i;
        i += 1;
    }
    about
};

/// The steps for a list; none for one of a family that has no rows.
pub(super) fn steps_of(section: &Section) -> u32 {
    const LS: u32 = STEPS_ABOUT[Object::LsNode as usize]
        | STEPS_ABOUT[Object::LsLink as usize]
        | STEPS_ABOUT[Object::LsPrefix as usize];
    let steps = match (section.family.afi, section.family.safi) {
        (1 | 2, 1 | 4) => STEPS_ABOUT[Object::UnicastPrefix as usize],
        (1 | 2, 128) => STEPS_ABOUT[Object::L3vpn as usize],
        (25, 70) => STEPS_ABOUT[Object::Evpn as usize],
        (16_388, 71) => LS,
        _ => 0,
    };
    steps & STEPS_OF[section.kind as usize]
}

/// What an IPv4 prefix takes of a row, octets about.
const PREFIX_LEN: usize = 17;

/// What a column for a route takes beyond what its strip holds, octets at most.
const ROW_ROOM: usize = 512;

/// The types of BGP-LS routes that have rows.
const LS_TYPES: [NlriType; 4] =
    [NlriType::Node, NlriType::Link, NlriType::Ipv4Prefix, NlriType::Ipv6Prefix];

/// Sends the messages of one UPDATE.
pub(super) struct Sender<'s> {
    pub(super) envelope: &'s mut Envelope,
    pub(super) context: &'s mut Context,
    pub(super) rows: &'s mut Rows,
    /// The next row's number for each object.
    pub(super) seqs: &'s mut [u64],
    /// Octets of a message at most, envelope included.
    pub(super) message_max: usize,
    pub(super) cleaner: Cleaner,
    /// The list whose next hop the attributes show.
    pub(super) shown: Option<SectionKind>,
    /// Which routes are sent.
    pub(super) taken: Taken<'s>,
    /// Counts routes for which there is no row.
    pub(super) left_out: &'s Cell<u64>,
}

/// How many routes there are in a list; one of a family that is kept raw counts as one route.
pub(super) fn routes_in(section: &Section) -> u64 {
    if section.span.len == 0 { 0 } else { section.count.max(1).into() }
}

/// The routes of a list are announced, and nothing is wrong with them (RFC 7606 §2).
fn announces(section: &Section, update: &Update) -> bool {
    section.kind.announces()
        && update.error.is_none_or(|error| error < ErrorAction::TreatAsWithdraw)
}

impl Sender<'_> {
    /// Makes the strip for the rows of a list.
    #[inline(always)]
    fn begin<Own>(&mut self, object: Object, fields: &[Field<Own>], listed: &Listed) {
        let (context, seq) = (&*self.context, self.seqs[object as usize]);
        let write = |field, out: &mut _| context.write(field, listed, out);
        self.rows.strip.make(fields, listed.action(), seq, write);
    }

    /// Shows the attributes with the next hop of a list, and their id with it.
    #[inline]
    fn show(&mut self, kind: SectionKind) {
        if self.shown != Some(kind) {
            self.shown = Some(kind);
            let next_hop = self.context.path.next_hop(kind);
            self.context.show(next_hop, &mut self.rows.input);
        }
    }

    /// Sends the path attributes: once for each next hop that they are used with.
    pub(super) fn base_attributes(&mut self, update: &Update, message: &[u8], out: &mut Frames) {
        let object = Object::BaseAttribute;
        let mut is_sent = false;
        if !self.envelope.wants(object) {
            return;
        }
        for kind in [SectionKind::Nlri, SectionKind::MpReach] {
            let Some(section) = update.sections[kind as usize].as_ref() else { continue };
            let next_hop = self.context.path.next_hop(section.kind);
            let is_other = !is_sent || self.context.path.shown() != next_hop;
            let octets = section.span.of(message);
            let is_used = || !self.taken.routes(section, octets, 0).is_empty();
            let is_announced = announces(section, update);
            if !is_announced || next_hop.is_none() || !is_other || !is_used() {
                continue;
            }
            is_sent = true;
            self.show(section.kind);
            let row = self.context.path.row(self.seqs[object as usize]);
            let begun = self.envelope.begin(&mut out.bytes, object, row.len());
            out.bytes.extend_from_slice(row);
            self.seqs[object as usize] += 1;
            let Context { to, key, .. } = &*self.context;
            self.envelope.end(out, begun, *to, object, key, 1);
        }
    }

    /// Sends the routes from `cursor` on, by a set of steps; whether all are sent. `cursor.part`
    /// counts the steps from 1, `cursor.offset` the octets of the list that are done.
    pub(super) fn routes(
        &mut self,
        steps: u32,
        update: &Update,
        message: &[u8],
        cursor: &mut Cursor,
        out: &mut Frames,
    ) -> bool {
        loop {
            let done = cursor.part.saturating_sub(1).min(STEPS.len() as u32);
            let next = (steps >> done << done).trailing_zeros();
            let Some((kind, object)) = STEPS.get(next as usize) else { return true };
            if next > done {
                (cursor.part, cursor.offset) = (next + 1, 0);
            }
            let section = update.sections[*kind as usize].as_ref();
            if let Some(section) = section.filter(|_| self.envelope.wants(*object)) {
                let octets = section.span.of(message);
                if !self.list(*object, section, announces(section, update), octets, cursor, out) {
                    return false;
                }
            }
            (cursor.part, cursor.offset) = (cursor.part + 1, 0);
        }
    }

    /// Sends the routes of one list, if they are the object's.
    fn list(
        &mut self,
        object: Object,
        section: &Section,
        announced: bool,
        octets: &[u8],
        cursor: &mut Cursor,
        out: &mut Frames,
    ) -> bool {
        let list = List { section, announced, octets };
        let (cleaner, left_out) = (self.cleaner, self.left_out);
        match (object, section.family.afi, section.family.safi) {
            (Object::UnicastPrefix, 1, 1) if !section.add_path => {
                self.send_plain::<1>(list, cursor, out)
            }
            (Object::UnicastPrefix, 2, 1) if !section.add_path => {
                self.send_plain::<2>(list, cursor, out)
            }
            (Object::UnicastPrefix, 1, 1) => {
                self.send_each(list, cursor, out, |path_id, route: Unicast<4>| {
                    let prefix = Prefix::V4(route.address, route.bits);
                    Some(UnicastPrefix { path_id, labels: None, prefix, cleaner })
                })
            }
            (Object::UnicastPrefix, 2, 1) => {
                self.send_each(list, cursor, out, |path_id, route: Unicast<16>| {
                    let prefix = Prefix::V6(route.address, route.bits);
                    Some(UnicastPrefix { path_id, labels: None, prefix, cleaner })
                })
            }
            (Object::UnicastPrefix, 1, 4) => {
                self.send_each(list, cursor, out, |id, route: Labeled<'_, false>| {
                    Some(labeled(id, &route, cleaner))
                })
            }
            (Object::UnicastPrefix, 2, 4) => {
                self.send_each(list, cursor, out, |id, route: Labeled<'_, true>| {
                    Some(labeled(id, &route, cleaner))
                })
            }
            (Object::L3vpn, 1, 128) => {
                self.send_each(list, cursor, out, |id, route: Vpn<'_, false>| {
                    Some(vpn(id, &route, cleaner))
                })
            }
            (Object::L3vpn, 2, 128) => {
                self.send_each(list, cursor, out, |id, route: Vpn<'_, true>| {
                    Some(vpn(id, &route, cleaner))
                })
            }
            (Object::Evpn, 25, 70) => {
                self.send_each(list, cursor, out, |id, route: EvpnNlri<'_>| {
                    let route = Evpn::of(id, &route);
                    left_out.set(left_out.get() + u64::from(route.is_none()));
                    route
                })
            }
            (Object::LsNode | Object::LsLink | Object::LsPrefix, 16_388, 71) => {
                self.link_state(object, list, cursor, out)
            }
            _ => true,
        }
    }

    /// Sends unicast routes of an address family without path identifiers.
    fn send_plain<const AFI: u16>(
        &mut self,
        list: List<'_, '_>,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) -> bool {
        let announced = list.section.kind.announces();
        self.send::<Plain>(list, cursor, out, |lines, octets| {
            let used = nlri::visit_all(Family::new(AFI, 1), false, announced, octets, lines);
            // Errors cannot be: the session has found these routes to be well formed.
            used.unwrap_or(octets.len())
        })
    }

    /// Sends those routes of BGP-LS that are the object's.
    fn link_state(
        &mut self,
        object: Object,
        list: List<'_, '_>,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) -> bool {
        let (cleaner, hash, left_out) = (self.cleaner, self.context.hash, self.left_out);
        // Rows are made of it while the context is borrowed.
        let kept = std::mem::take(&mut self.context.path.bgp_ls);
        let attribute = if list.announced { kept.attribute() } else { Attribute::NONE };
        let done = match object {
            Object::LsNode => self.send_each(list, cursor, out, |_, route: BgpLs<'_, 71>| {
                let has_row = LS_TYPES.contains(&route.nlri_type);
                left_out.set(left_out.get() + u64::from(!has_row));
                Ls::of(&route, &[NlriType::Node], attribute, cleaner).map(LsNode)
            }),
            Object::LsLink => self.send_each(list, cursor, out, |_, route: BgpLs<'_, 71>| {
                let ls = Ls::of(&route, &[NlriType::Link], attribute, cleaner)?;
                Some(LsLink { ls, local: ls.local.id(hash), remote: ls.remote.id(hash) })
            }),
            _ => self.send_each(list, cursor, out, |_, route: BgpLs<'_, 71>| {
                let kinds = [NlriType::Ipv4Prefix, NlriType::Ipv6Prefix];
                let ls = Ls::of(&route, &kinds, attribute, cleaner)?;
                Some(LsPrefix { ls, prefix: ls.prefix()?, local: ls.local.id(hash) })
            }),
        };
        self.context.path.bgp_ls = kept;
        done
    }

    /// Sends the routes of one list, read one after the other.
    fn send_each<'a, T: Nlri<'a>, R: Route>(
        &mut self,
        list: List<'a, '_>,
        cursor: &mut Cursor,
        out: &mut Frames,
        make: impl Fn(Option<u32>, T) -> Option<R>,
    ) -> bool {
        self.send::<R>(list, cursor, out, |lines, octets| {
            let mut left = Reader::new(octets);
            while !left.is_empty() {
                let Some((path_id, route)) = next(list.section, &mut left) else {
                    // Cannot be: the session has found these routes to be well formed.
                    return octets.len();
                };
                if let Some(route) = make(path_id, route) {
                    lines.push(&route);
                    if !lines.have_room() {
                        break;
                    }
                }
            }
            octets.len() - left.len()
        })
    }

    /// Sends the routes of one list from the cursor on, in messages of limited size; whether all
    /// are sent. `fill` appends rows and tells how many octets of the list they are.
    fn send<'a, R: Route>(
        &mut self,
        list: List<'a, '_>,
        cursor: &mut Cursor,
        out: &mut Frames,
        fill: impl Fn(&mut Lines<'_>, &'a [u8]) -> usize,
    ) -> bool {
        if list.announced {
            self.show(list.section.kind);
        }
        let listed = Listed { announced: list.announced, no_number: R::NO_NUMBER };
        let (section, octets) = (list.section, list.octets);
        self.begin(R::OBJECT, R::FIELDS, &listed);
        let row_len = self.rows.strip.len();
        let expected = (row_len + PREFIX_LEN) * section.count as usize;
        let message_max = self.message_max.min(u32::MAX as usize);
        let max = message_max.saturating_sub(Envelope::LEN_MAX + row_len + ROW_ROOM);
        let mut left = self.taken.routes(section, octets, cursor.offset as usize);
        while !left.is_empty() {
            if out.is_full() {
                return false;
            }
            self.rows.clear();
            let begun = self.envelope.begin(&mut out.bytes, R::OBJECT, expected);
            let mut has_room = true;
            // Between routes of one message may lie some that are not shown.
            while has_room && !left.is_empty() {
                let (rows, context) = (&mut *self.rows, &*self.context);
                let mut lines =
                    Lines { out: &mut out.bytes, begin: begun.rows, rows, context, max };
                let used = fill(&mut lines, left.peek()).max(1);
                has_room = lines.have_room();
                if left.skip(used).is_none() {
                    let _ = left.rest();
                }
                if left.is_empty() {
                    left = self.taken.routes(section, octets, left.offset());
                }
            }
            cursor.offset = left.offset() as u32;
            self.end(begun, R::OBJECT, out);
        }
        true
    }

    /// Ends a message, if it has rows.
    #[inline]
    fn end(&mut self, begun: Begun, object: Object, out: &mut Frames) {
        self.rows.strip.end(&mut out.bytes);
        self.seqs[object as usize] += self.rows.count as u64;
        let Context { to, key, .. } = &*self.context;
        self.envelope.end(out, begun, *to, object, key, self.rows.count);
    }
}

/// Receives the routes of one message.
struct Lines<'l> {
    out: &'l mut Vec<u8>,
    /// Where its rows begin in `out`.
    begin: usize,
    rows: &'l mut Rows,
    context: &'l Context,
    /// Octets of rows after which there is no room for another one.
    max: usize,
}

impl Lines<'_> {
    #[inline(always)]
    fn push<R: Route>(&mut self, route: &R) {
        self.rows.push(self.out, route, self.context);
    }

    #[inline]
    fn have_room(&self) -> bool {
        self.out.len() - self.begin + self.rows.strip.end_len() <= self.max
    }
}

impl Visit for Lines<'_> {
    #[inline(always)]
    fn prefix(&mut self, prefix: Prefix) {
        self.push(&Plain(prefix));
    }

    #[inline]
    fn end(&mut self) -> bool {
        self.have_room()
    }

    // In each walk, as `prefix` is.
    #[inline(always)]
    fn sole_prefix(&mut self, prefix: Prefix) -> bool {
        self.prefix(prefix);
        self.end()
    }
}

/// One list of routes.
#[derive(Clone, Copy)]
struct List<'a, 'u> {
    section: &'u Section,
    announced: bool,
    octets: &'a [u8],
}

/// The next route, with its path identifier.
fn next<'a, T: Nlri<'a>>(section: &Section, r: &mut Reader<'a>) -> Option<(Option<u32>, T)> {
    let path_id = match section.add_path {
        true => Some(r.u32("path identifier").ok()?),
        false => None,
    };
    Some((path_id, T::parse(r, section.kind.announces()).ok()?))
}

fn labeled<'a, const V6: bool>(
    path_id: Option<u32>,
    route: &Labeled<'a, V6>,
    cleaner: Cleaner,
) -> UnicastPrefix<'a> {
    UnicastPrefix { path_id, labels: Some(route.labels), prefix: route.prefix, cleaner }
}

fn vpn<'a, const V6: bool>(
    path_id: Option<u32>,
    route: &Vpn<'a, V6>,
    cleaner: Cleaner,
) -> L3vpn<'a> {
    let labels = Some(route.labels);
    let distinguisher = route.distinguisher;
    L3vpn { distinguisher, route: UnicastPrefix { path_id, labels, prefix: route.prefix, cleaner } }
}
