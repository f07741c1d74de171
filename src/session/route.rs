//! An UPDATE, decoded once: where its parts lie, how wide its AS numbers are, and whether its NLRI
//! carry path identifiers. The OPENs say what should be; the bytes decide.

use super::event::Events;
use super::peer::{CONTRARY_MAX, PeerState};
use crate::bgp::attr::{self, Attribute, AttributeCode, Attributes};
use crate::bgp::nlri::{self, Scan};
use crate::bgp::{AsWidth, HEADER_LEN, MessageType, update};
use crate::bmp::PeerHeader;
use crate::bmp::msg::route_monitoring::RouteMonitoring;
use crate::record::{Section, SectionKind, Span, Update};
use crate::wire::{Family, Reader, WireError};

/// Decodes the BGP message of a Route Monitoring message into `update`, which is empty.
///
/// # Errors
/// It is no UPDATE, or one whose parts cannot be told apart.
#[inline]
pub(super) fn decode(
    rm: &RouteMonitoring<'_>,
    header: &PeerHeader,
    peer: &mut PeerState,
    events: &mut Events,
    update: &mut Update,
) -> Result<(), WireError> {
    if rm.bgp.kind != MessageType::Update {
        let (what, at) = ("BGP type of a Route Monitoring message", rm.pdu_offset + HEADER_LEN - 1);
        return Err(WireError::invalid(what, at, rm.bgp.kind.0.into()));
    }
    let parts = update::split(rm.bgp.body)?;
    let found = Found::look(parts.attributes);
    let (as_width, path_error) = found.as_width(peer.as_width(header));
    update.pdu = Span { start: rm.pdu_offset as u32, len: rm.bgp.len as u32 };
    update.attributes = span(parts.attributes);
    update.as_width = as_width;
    update.extra = span(rm.extra);
    update.malformed_attributes = found.malformed || path_error.is_some();
    let mut resolve = Resolve { header, peer, events };
    let v4 = Family::IPV4_UNICAST;
    let [withdrawn, nlri, reach, unreach] = &mut update.sections;
    if !parts.withdrawn.is_empty() {
        resolve.section(SectionKind::Withdrawn, v4, parts.withdrawn, withdrawn);
    }
    if !parts.nlri.is_empty() {
        resolve.section(SectionKind::Nlri, v4, parts.nlri, nlri);
    }
    if let Some((family, octets)) = found.reach {
        resolve.section(SectionKind::MpReach, family, octets, reach);
    }
    if let Some((family, octets)) = found.unreach {
        resolve.section(SectionKind::MpUnreach, family, octets, unreach);
    }
    Ok(())
}

/// What one pass over the attributes found. Of a repeated attribute the first counts (RFC 7606 §3
/// g).
#[derive(Default)]
struct Found<'a> {
    reach: Option<(Family, Reader<'a>)>,
    unreach: Option<(Family, Reader<'a>)>,
    as_path: Option<Reader<'a>>,
    as4_path: bool,
    malformed: bool,
}

impl<'a> Found<'a> {
    fn look(attributes: Reader<'a>) -> Self {
        let mut found = Self::default();
        let mut attributes = Attributes::new(attributes);
        while let Some(attribute) = attributes.next_whole() {
            if !attribute.is_plain() {
                found.malformed |= found.take(&attribute).is_err();
            }
        }
        found.malformed |= attributes.cut().is_some();
        found
    }

    fn take(&mut self, a: &Attribute<'a>) -> Result<(), WireError> {
        match a.code {
            AttributeCode::AsPath => {
                self.as_path = self.as_path.or(Some(a.reader()));
                Ok(()) // checked when its width is known
            }
            AttributeCode::MpReachNlri => {
                let mp = attr::mp_reach::MpReach::parse(a.reader())?;
                // Routes of the decoded families need a next hop of a known form (RFC 7606 §7.11),
                // and a second attribute hides routes: malformed, both.
                let next_hop = !nlri::is_decoded(mp.family) || mp.global_next_hop().is_some();
                self.malformed |= self.reach.is_some() || !next_hop;
                self.reach = self.reach.or(Some((mp.family, mp.nlri)));
                Ok(())
            }
            AttributeCode::MpUnreachNlri => {
                let mp = attr::mp_unreach::MpUnreach::parse(a.reader())?;
                self.malformed |= self.unreach.is_some();
                self.unreach = self.unreach.or(Some((mp.family, mp.nlri)));
                Ok(())
            }
            code => {
                self.as4_path |= code == AttributeCode::As4Path;
                attr::check(a, AsWidth::Four)
            }
        }
    }

    /// The width at which the path is well formed: at `guess` unless it fits only the other; where
    /// it fits both, an AS4_PATH beside it says that it is the old form (RFC 6793 §4.1). With what
    /// is wrong with the path at that width.
    fn as_width(&self, guess: AsWidth) -> (AsWidth, Option<WireError>) {
        let Some(path) = self.as_path else { return (guess, None) };
        let check = |width| attr::as_path::check(path, width).err();
        let four = check(AsWidth::Four);
        if guess == AsWidth::Four && !self.as4_path && four.is_none() {
            return (guess, None);
        }
        let two = check(AsWidth::Two);
        match (two.is_none(), four.is_none(), guess) {
            (true, true, _) if self.as4_path => (AsWidth::Two, None),
            (true, false, _) => (AsWidth::Two, None),
            (false, true, _) => (AsWidth::Four, None),
            (_, _, AsWidth::Two) => (guess, two),
            (_, _, AsWidth::Four) => (guess, four),
        }
    }
}

/// Decides for each NLRI list whether it carries path identifiers.
struct Resolve<'r> {
    header: &'r PeerHeader,
    peer: &'r mut PeerState,
    events: &'r mut Events,
}

impl Resolve<'_> {
    fn section(
        &mut self,
        kind: SectionKind,
        family: Family,
        octets: Reader<'_>,
        section: &mut Option<Section>,
    ) {
        let announced = kind.announces();
        let first = self.peer.add_path(self.header.view(), family);
        let scan = nlri::scan(family, first, announced, octets);
        let (add_path, scan) = match scan.fits() {
            true => {
                self.confirm(family, first, announced, octets);
                (first, scan)
            }
            false => self.contradict(family, first, announced, octets, scan),
        };
        let (used, at) = (scan.used as u32, octets.offset() as u32);
        *section = Some(Section {
            kind,
            family,
            add_path,
            span: Span { start: at, len: used },
            count: scan.count,
            rest: Span { start: at + used, len: octets.len() as u32 - used },
        });
    }

    /// A list that fits the first choice and not the other speaks against a switch.
    fn confirm(&mut self, family: Family, first: bool, announced: bool, octets: Reader<'_>) {
        let view = self.header.view();
        if self.peer.in_doubt(view, family) && !nlri::scan(family, !first, announced, octets).fits()
        {
            self.peer.reading(view, family).contrary = 0;
        }
    }

    /// A list that does not fit the first choice, but the other one exactly and without host bits,
    /// is read that way; the third in a row makes that the first choice. What fits neither is
    /// malformed.
    fn contradict(
        &mut self,
        family: Family,
        first: bool,
        announced: bool,
        octets: Reader<'_>,
        scan: Scan,
    ) -> (bool, Scan) {
        let other = nlri::scan(family, !first, announced, octets);
        if !other.fits() || other.host_bits {
            return (first, scan);
        }
        let reading = self.peer.reading(self.header.view(), family);
        reading.contrary += 1;
        if reading.contrary >= CONTRARY_MAX {
            reading.add_path = !first;
            reading.contrary = 0;
            self.events.add_path_switched(self.header, family, !first);
        }
        (!first, other)
    }
}

fn span(r: Reader<'_>) -> Span {
    Span { start: r.offset() as u32, len: r.len() as u32 }
}
