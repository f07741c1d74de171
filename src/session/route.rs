//! An UPDATE, decoded once: where its parts lie, how wide its AS numbers are, and whether its NLRI
//! carry path identifiers. The OPENs say what should be; the bytes decide.

use super::event::{Events, SessionCounters};
use super::peer::{CONTRARY_MAX, PeerState};
use super::routers::Overrides;
use crate::bgp::attr::ErrorAction::{self, AttributeDiscard, SessionReset, TreatAsWithdraw};
use crate::bgp::attr::mp_reach::MpReach;
use crate::bgp::attr::mp_unreach::MpUnreach;
use crate::bgp::attr::{self, Attribute, AttributeCode, Attributes};
use crate::bgp::nlri::{self, Scan};
use crate::bgp::{AsWidth, HEADER_LEN, MessageType, update};
use crate::bmp::msg::route_monitoring::RouteMonitoring;
use crate::bmp::{PeerHeader, PeerType};
use crate::record::{Section, SectionKind, Span, Update};
use crate::wire::{Family, Reader, WireError};

/// Whom an UPDATE is about.
pub(super) struct About<'r> {
    pub(super) header: &'r PeerHeader,
    pub(super) peer: &'r mut PeerState,
    pub(super) overrides: &'r Overrides,
}

/// Decodes the BGP message of a Route Monitoring message into `update`, which is empty.
///
/// # Errors
/// It is no UPDATE, or one whose parts cannot be told apart.
// For each of its two callers apart: versions 3 and 4 share nothing that is hot.
#[inline(always)]
pub(super) fn decode(
    rm: &RouteMonitoring<'_>,
    about: About<'_>,
    events: &mut Events,
    counters: &mut SessionCounters,
    update: &mut Update,
) -> Result<(), WireError> {
    if rm.bgp.kind != MessageType::Update {
        let (what, at) = ("BGP type of a Route Monitoring message", rm.pdu_offset + HEADER_LEN - 1);
        return Err(WireError::invalid(what, at, rm.bgp.kind.0.into()));
    }
    let parts = update::split(rm.bgp.body)?;
    let mut rest = Rest::default();
    let found = Found::look(parts.attributes, &mut rest);
    let (as_width, malformed_path) = found.as_width(&about);
    let kind = about.header.kind;
    update.pdu = Span { start: rm.pdu_offset as u32, len: rm.bgp.len as u32 };
    update.attributes = span(parts.attributes);
    update.as_width = as_width;
    update.extra = span(rm.extra);
    let mut resolve = Resolve { about, events, counters, malformed: false };
    let v4 = Family::IPV4_UNICAST;
    let [withdrawn, nlri, reach, unreach] = &mut update.sections;
    if !parts.withdrawn.is_empty() {
        resolve.section(SectionKind::Withdrawn, v4, parts.withdrawn, withdrawn);
    }
    if !parts.nlri.is_empty() {
        resolve.section(SectionKind::Nlri, v4, parts.nlri, nlri);
    }
    if let Some((family, octets)) = rest.reach {
        resolve.section(SectionKind::MpReach, family, octets, reach);
    }
    if let Some((family, octets)) = rest.unreach {
        resolve.section(SectionKind::MpUnreach, family, octets, unreach);
    }
    if resolve.malformed {
        rest.fault(SessionReset); // RFC 7606 §5.3
    }
    if malformed_path || incomplete(update, found.seen) && !is_local(update, found.seen, kind) {
        rest.fault(TreatAsWithdraw);
    }
    if rest.error == Some(TreatAsWithdraw) && !update.sections().any(|s| s.kind.announces()) {
        rest.fault(SessionReset); // RFC 7606 §5.2
    }
    update.error = rest.error;
    if rest.error.is_some() || !rm.extra.is_empty() {
        counters.malformed += 1;
    }
    if parts.nlri.is_empty() && update.end_of_rib().is_some() {
        counters.end_of_rib += 1;
    }
    Ok(())
}

/// What one pass over the attributes found of nearly every UPDATE. Of a repeated attribute the
/// first counts (RFC 7606 §3 g).
struct Found<'a> {
    as_path: Option<Reader<'a>>,
    /// A bit for each type code below 64.
    seen: u64,
}

impl<'a> Found<'a> {
    #[inline(always)]
    fn look(attributes: Reader<'a>, rest: &mut Rest<'a>) -> Self {
        let (mut as_path, mut seen) = (None, 0);
        let mut attributes = Attributes::new(attributes);
        if attributes.pass_origin() {
            seen = bit(AttributeCode::Origin);
        }
        while !attributes.is_empty() {
            if let Some((code, value)) = attributes.next_plain(&mut seen) {
                if code == AttributeCode::AsPath {
                    as_path = Some(value);
                }
                continue;
            }
            let Some(attribute) = attributes.next_whole() else { break };
            if attribute.code == AttributeCode::AsPath {
                as_path = as_path.or(Some(attribute.reader()));
            }
            rest.take(&attribute);
            if attribute.code.0 >= 64 {
                continue;
            }
            if seen & bit(attribute.code) != 0 {
                rest.fault(AttributeDiscard); // RFC 7606 §3 g
            }
            seen |= bit(attribute.code);
        }
        if attributes.cut().is_some() {
            rest.fault(TreatAsWithdraw); // RFC 7606 §4: the NLRI can still be told
        }
        Self { as_path, seen }
    }

    /// The width at which the path is well formed: as guessed unless it fits only the other; where
    /// it fits both, an AS4_PATH beside it says that it is the old form (RFC 6793 §4.1), unless
    /// the width is not guessed but told. And whether it is malformed at that width.
    #[inline(always)]
    fn as_width(&self, about: &About<'_>) -> (AsWidth, bool) {
        let told = about.overrides.as_width;
        let guess = told.unwrap_or_else(|| about.peer.as_width(about.header));
        let Some(path) = self.as_path else { return (guess, false) };
        let as4_path = self.seen & bit(AttributeCode::As4Path) != 0;
        let settled = guess == AsWidth::Four && !as4_path && fits(path, AsWidth::Four);
        if settled {
            return (guess, false);
        }
        either_width(path, guess, as4_path && told.is_none())
    }
}

/// What attributes came to that need a closer look.
#[derive(Default)]
struct Rest<'a> {
    reach: Option<(Family, Reader<'a>)>,
    unreach: Option<(Family, Reader<'a>)>,
    /// A bit for each type code from 64 on.
    seen: [u64; 3],
    error: Option<ErrorAction>,
}

impl<'a> Rest<'a> {
    #[cold]
    fn fault(&mut self, action: ErrorAction) {
        self.error = self.error.max(Some(action));
    }

    /// A closer look at an attribute.
    #[inline(never)]
    fn take(&mut self, a: &Attribute<'a>) {
        let action = match a.code {
            AttributeCode::AsPath => None, // checked when its width is known
            AttributeCode::MpReachNlri => self.reach(a.reader()),
            AttributeCode::MpUnreachNlri => self.unreach(a.reader()),
            _ => attr::check(a, AsWidth::Four).err().map(|_| attr::action(a)),
        };
        if let Some(action) = action {
            self.fault(action);
        }
        if !a.has_its_flags() {
            self.fault(attr::flags_action(a.code));
        }
        let (word, bit) = (usize::from(a.code.0 / 64), bit(a.code));
        if let Some(seen) = word.checked_sub(1).and_then(|at| self.seen.get_mut(at)) {
            let repeated = *seen & bit != 0;
            *seen |= bit;
            if repeated {
                self.fault(AttributeDiscard); // RFC 7606 §3 g
            }
        }
    }

    fn reach(&mut self, value: Reader<'a>) -> Option<ErrorAction> {
        let Ok(mp) = MpReach::parse(value) else { return Some(SessionReset) };
        // The next hop has a length that the family foresees (RFC 7606 §7.11), and a second
        // attribute hides routes (§3 g).
        let wrong = self.reach.is_some() || !mp.has_expected_next_hop();
        self.reach = self.reach.or(Some((mp.family, mp.nlri)));
        wrong.then_some(SessionReset)
    }

    fn unreach(&mut self, value: Reader<'a>) -> Option<ErrorAction> {
        let Ok(mp) = MpUnreach::parse(value) else { return Some(SessionReset) };
        let repeated = self.unreach.is_some();
        self.unreach = self.unreach.or(Some((mp.family, mp.nlri)));
        repeated.then_some(SessionReset)
    }
}

#[inline(always)]
fn fits(path: Reader<'_>, width: AsWidth) -> bool {
    attr::as_path::check(path, width).is_ok()
}

#[inline(never)]
fn either_width(path: Reader<'_>, guess: AsWidth, as4_path: bool) -> (AsWidth, bool) {
    match (fits(path, AsWidth::Two), fits(path, AsWidth::Four)) {
        (true, true) if as4_path => (AsWidth::Two, false),
        (true, true) => (guess, false),
        (true, false) => (AsWidth::Two, false),
        (false, true) => (AsWidth::Four, false),
        (false, false) => (guess, true),
    }
}

/// Decides for each NLRI list whether it carries path identifiers.
struct Resolve<'r> {
    about: About<'r>,
    events: &'r mut Events,
    counters: &'r mut SessionCounters,
    /// Whether one of the lists ends before its last octet.
    malformed: bool,
}

impl Resolve<'_> {
    fn section(
        &mut self,
        kind: SectionKind,
        family: Family,
        octets: Reader<'_>,
        section: &mut Option<Section>,
    ) {
        let About { header, peer, overrides } = &self.about;
        let first = overrides.add_path.unwrap_or_else(|| peer.add_path(header.view(), family));
        let (add_path, used, count) = match nlri::count(family, first, octets.peek()) {
            Some(count) if !peer.has_readings() => (first, octets.len(), count),
            _ => self.closely(family, first, kind.announces(), octets),
        };
        self.counters.routes(kind.announces(), count);
        let (used, at) = (used as u32, octets.offset() as u32);
        *section = Some(Section {
            kind,
            family,
            add_path,
            span: Span { start: at, len: used },
            count,
            rest: Span { start: at + used, len: octets.len() as u32 - used },
        });
    }

    /// Whether a list carries path identifiers, the octets of its sound routes, and how many those
    /// are.
    #[inline(never)]
    fn closely(
        &mut self,
        family: Family,
        first: bool,
        announced: bool,
        octets: Reader<'_>,
    ) -> (bool, usize, u32) {
        let scan = nlri::scan(family, first, announced, octets);
        let (add_path, scan) = match scan.fits() {
            true => {
                self.confirm(family, first, announced, octets);
                (first, scan)
            }
            false => self.contradict(family, first, announced, octets, scan),
        };
        self.malformed |= scan.used < octets.len();
        (add_path, scan.used, scan.count)
    }

    /// A list that fits the first choice and not the other speaks against a switch.
    fn confirm(&mut self, family: Family, first: bool, announced: bool, octets: Reader<'_>) {
        let (view, peer) = (self.about.header.view(), &mut self.about.peer);
        if peer.in_doubt(view, family) && !nlri::scan(family, !first, announced, octets).fits() {
            peer.reading(view, family).contrary = 0;
        }
    }

    /// A list that does not fit the first choice, but the other one exactly and without doubtful
    /// routes, is read that way; the third in a row makes that the first choice. What fits neither
    /// is malformed.
    fn contradict(
        &mut self,
        family: Family,
        first: bool,
        announced: bool,
        octets: Reader<'_>,
        scan: Scan,
    ) -> (bool, Scan) {
        let other = nlri::scan(family, !first, announced, octets);
        if !other.fits() || other.doubtful {
            return (first, scan);
        }
        if self.about.overrides.add_path.is_some() {
            return (!first, other); // the first choice is told: it stays
        }
        let About { header, peer, .. } = &mut self.about;
        let reading = peer.reading(header.view(), family);
        reading.contrary += 1;
        if reading.contrary >= CONTRARY_MAX {
            reading.add_path = !first;
            reading.contrary = 0;
            self.events.add_path_switched(header, family, !first);
        }
        (!first, other)
    }
}

/// The place of a type code in a set of those below 64.
#[inline]
const fn bit(code: AttributeCode) -> u64 {
    1 << (code.0 & 63)
}

/// Whether routes lack an attribute that they need (RFC 7606 §3 d), of those that were `seen`.
#[inline(always)]
fn incomplete(update: &Update, seen: u64) -> bool {
    const ALL: u64 = bit(AttributeCode::Origin) | bit(AttributeCode::AsPath);
    const PATHS: u64 = bit(AttributeCode::AsPath) | bit(AttributeCode::BgpsecPath);
    let [_, nlri, reach, _] = &update.sections;
    let need = if nlri.is_some() { ALL | bit(AttributeCode::NextHop) } else { ALL };
    let missing = need & !seen;
    // BGPsec_PATH stands in the place of AS_PATH (RFC 8205 §3).
    missing != 0
        && (nlri.is_some() || reach.is_some())
        && (missing & !PATHS != 0 || seen & PATHS == 0)
}

/// Whether it lacks the AS_PATH alone, in a Loc-RIB: some routers tell of the routes that they
/// originate themselves without one, and nobody has sent these to them.
#[inline(never)]
fn is_local(update: &Update, seen: u64, kind: PeerType) -> bool {
    kind == PeerType::LocRib && !incomplete(update, seen | bit(AttributeCode::AsPath))
}

fn span(r: Reader<'_>) -> Span {
    Span { start: r.offset() as u32, len: r.len() as u32 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::bgp::encode as bgp;
    use crate::bmp::encode as bmp;
    use crate::record::{Batch, BatchLimits, Event, SessionId};
    use crate::session::{Session, SessionLimits};
    use crate::wire::Timestamp;

    /// What the session finds in an UPDATE of these parts.
    fn update(withdrawn: &[u8], attributes: &[u8], nlri: &[u8]) -> Update {
        update_of(PeerType::Global, withdrawn, attributes, nlri)
    }

    /// The same of a peer of this type.
    fn update_of(kind: PeerType, withdrawn: &[u8], attributes: &[u8], nlri: &[u8]) -> Update {
        let peer = PeerHeader::new([192, 0, 2, 9].into(), 65009, [192, 0, 2, 9].into());
        let peer = PeerHeader { kind, ..peer };
        let (mut pdu, mut message) = (Vec::new(), Vec::new());
        bgp::update(&mut pdu, withdrawn, attributes, nlri);
        bmp::route_monitoring(&mut message, &peer, &pdu);
        let limits = SessionLimits::default();
        let mut session = Session::new(SessionId(1), "192.0.2.1:1".parse().unwrap(), limits);
        let mut batch = Batch::new(BatchLimits::for_messages(limits.max_frame));
        session.receive(Timestamp::new(1, 0), &message, &mut batch);
        match batch.records()[0].event {
            Event::RouteMonitoring(update) => update,
            ref other => panic!("{other:?}"),
        }
    }

    fn attributes(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        bgp::origin(&mut out, 0);
        bgp::as_path(&mut out, &[bgp::Segment::Sequence(&[65009])]);
        bgp::next_hop(&mut out, [192, 0, 2, 9].into());
        write(&mut out);
        out
    }

    const NLRI: &[u8] = &[24, 10, 0, 1];

    #[test]
    fn each_fault_has_the_remedy_of_its_standard() {
        let error = |write: &dyn Fn(&mut Vec<u8>)| update(&[], &attributes(write), NLRI).error;
        let raw = |flags: u8, code: u8, value: &'static [u8]| {
            error(&move |out: &mut Vec<u8>| bgp::attribute(out, flags, code, value))
        };
        let reach = |next_hop: &'static [u8], nlri: &'static [u8]| {
            error(&move |out: &mut Vec<u8>| {
                bgp::mp_reach(out, Family::IPV6_UNICAST, next_hop, nlri);
            })
        };
        assert_eq!(error(&|_| ()), None);
        assert_eq!(raw(0x80, 4, &[0, 0, 0, 1]), None);
        assert_eq!(raw(0xc0, 4, &[0, 0, 0, 1]), Some(TreatAsWithdraw), "§3 c: transitive MED");
        assert_eq!(raw(0xe0, 8, &[0, 1, 0, 1]), None, "partial communities");
        assert_eq!(raw(0x80, 4, &[0, 1]), Some(TreatAsWithdraw), "§7.4");
        assert_eq!(raw(0xc0, 17, &[2]), Some(AttributeDiscard), "RFC 6793 §6");
        assert_eq!(raw(0x80, 26, &[1, 0]), Some(AttributeDiscard), "RFC 7311 §3.2");
        assert_eq!(raw(0x40, 1, &[1]), Some(AttributeDiscard), "§3 g: a second ORIGIN");
        assert_eq!(raw(0xc0, 250, &[1]), None, "unknown");
        assert_eq!(raw(0xc0, 66, &[1]), None, "unknown, and not code 2");
        assert_eq!(raw(0x40, 66, &[1]), Some(SessionReset), "RFC 4271 §6.3: well-known, unknown");
        assert_eq!(raw(0x40, 63, &[1]), Some(SessionReset), "RFC 4271 §6.3: well-known, unknown");
        assert_eq!(
            raw(0xc0, 26, &[1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 1]),
            Some(AttributeDiscard),
            "RFC 7311 §3.2: transitive AIGP"
        );
        assert_eq!(raw(0xc0, 15, &[0, 2, 1]), Some(SessionReset), "§5.3: MP_UNREACH_NLRI's flags");
        for code in [50, 64, 128, 200, 255] {
            let twice = |out: &mut Vec<u8>| {
                bgp::attribute(out, 0xc0, code, &[0, 0, 253, 233]);
                bgp::attribute(out, 0xc0, code, &[0, 0, 253, 233]);
            };
            assert_eq!(error(&twice), Some(AttributeDiscard), "§3 g: {code} twice");
        }
        assert_eq!(reach(&[1; 5], &[]), Some(SessionReset), "§7.11: next hop");
        assert_eq!(reach(&[1; 4], &[]), Some(SessionReset), "§7.11: IPv4 for IPv6");
        assert_eq!(reach(&[1; 16], &[129, 1]), Some(SessionReset), "§5.3: NLRI");
        assert_eq!(reach(&[1; 16], &[0]), None);
        assert_eq!(
            error(&|out| out.extend_from_slice(&[0xc0, 8, 9, 1])),
            Some(TreatAsWithdraw),
            "§4: an attribute that overruns"
        );
    }

    #[test]
    fn routes_need_their_attributes_and_withdrawals_none() {
        let all = attributes(|_| ());
        // ORIGIN takes 4 octets, AS_PATH 9, NEXT_HOP 7.
        for (what, octets) in [("ORIGIN", &all[4..]), ("NEXT_HOP", &all[..13]), ("all", &[])] {
            assert_eq!(update(&[], octets, NLRI).error, Some(TreatAsWithdraw), "without {what}");
            assert_eq!(update(NLRI, octets, &[]).error, None, "without {what}");
        }
        let own = [&all[..4], &all[13..]].concat();
        let local = |octets: &[u8]| update_of(PeerType::LocRib, &[], octets, NLRI).error;
        assert_eq!(update(&[], &own, NLRI).error, Some(TreatAsWithdraw), "without AS_PATH");
        assert_eq!(local(&own), None, "a route of the router's own");
        assert_eq!(local(&own[..4]), Some(TreatAsWithdraw), "without NEXT_HOP");
        let mut v6 = all[..13].to_vec();
        bgp::mp_reach(&mut v6, Family::IPV6_UNICAST, &[1; 16], &[0]);
        assert_eq!(update(&[], &v6, &[]).error, None, "the next hop is in MP_REACH_NLRI");
        assert_eq!(update(&[], &[], &[]).error, None, "End-of-RIB");
        let mut bgpsec = all[..4].to_vec();
        bgp::mp_reach(&mut bgpsec, Family::IPV6_UNICAST, &[1; 16], &[0]);
        assert_eq!(update(&[], &bgpsec, &[]).error, Some(TreatAsWithdraw));
        // One segment, and one block with one signature of no octets.
        let (path, block) = ([0, 8, 1, 0, 0, 0, 253, 233], [0, 25, 1]);
        bgp::attribute(&mut bgpsec, 0x80, 33, &[&path[..], &block, &[0; 22]].concat());
        assert_eq!(update(&[], &bgpsec, &[]).error, None, "BGPsec_PATH instead of AS_PATH");
        let path = [&all[..4], &[0x40, 2, 3, 2, 9, 1], &all[13..]].concat();
        assert_eq!(update(&[], &path, NLRI).error, Some(TreatAsWithdraw), "§7.2: AS_PATH");
        assert_eq!(update(NLRI, &path, &[]).error, Some(SessionReset), "§5.2: nothing announced");
    }

    #[test]
    fn a_malformed_list_is_not_taken_for_unknown_routes_with_path_identifiers() {
        let evpn = Family::new(25, 70);
        // MAC/IP Advertisement, too short; or two routes of the unknown types 192 and 0.
        let mut list = vec![2, 27, 0, 1, 192, 0, 2, 1, 0, 100, 0, 17];
        list.extend_from_slice(&[0; 17]);
        assert!(nlri::scan(evpn, true, true, Reader::new(&list)).fits());
        let attributes = attributes(|out| bgp::mp_reach(out, evpn, &[192, 0, 2, 9], &list));
        let update = update(&[], &attributes, &[]);
        let section = update.sections().next().unwrap();
        assert_eq!((section.add_path, section.count, section.rest.len), (false, 0, 29));
        assert_eq!(update.error, Some(SessionReset));
    }
}
