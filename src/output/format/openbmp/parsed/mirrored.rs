//! Mirrored UPDATEs (RFC 7854 §4.7): what a peer has sent, word for word, as routes of its
//! Adj-RIB-In. No session has decoded them.

use crate::bgp::attr::mp_reach::MpReach;
use crate::bgp::attr::mp_unreach::MpUnreach;
use crate::bgp::attr::{self, AttributeCode, Attributes};
use crate::bgp::{AsWidth, Header, MessageType, nlri, update};
use crate::bmp::PeerHeader;
use crate::bmp::msg::route_mirroring::{MirroringInformation, RouteMirroring};
use crate::record::{Section, SectionKind, Span, Update};
use crate::wire::{Family, Reader};

/// The BGP messages that are mirrored; none where the router has found an error in them.
pub(super) fn pdus<'a>(mirrored: &RouteMirroring<'a>) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    let errored = mirrored.information().any(|code| code == MirroringInformation::ErroredPdu);
    mirrored.bgp_messages().filter(move |_| !errored)
}

/// A BGP message, if it is an UPDATE in which everything is well formed. Offsets count from its
/// start. `add_path` says for which families routes have path identifiers by the OPENs; the octets
/// decide.
pub(super) fn update(
    pdu: &[u8],
    header: &PeerHeader,
    add_path: impl Fn(Family) -> bool,
) -> Option<Update> {
    let bgp = Header::parse(&mut Reader::new(pdu)).ok()?;
    if bgp.kind != MessageType::Update {
        return None;
    }
    let parts = update::split(bgp.body).ok()?;
    let mut found = Update::empty();
    (found.pdu.len, found.attributes) = (bgp.len as u32, span(parts.attributes));
    let list = |kind: SectionKind, family, octets| {
        section(kind, family, octets, add_path(family)).map(Some)
    };
    let mut attributes = Attributes::new(parts.attributes);
    while let Some(attribute) = attributes.next_whole() {
        let value = attribute.reader();
        match attribute.code {
            AttributeCode::AsPath => found.as_width = as_width(value, header)?,
            AttributeCode::MpReachNlri => {
                let reach = MpReach::parse(value).ok().filter(MpReach::has_expected_next_hop)?;
                found.sections[2] = list(SectionKind::MpReach, reach.family, reach.nlri)?;
            }
            AttributeCode::MpUnreachNlri => {
                let unreach = MpUnreach::parse(value).ok()?;
                found.sections[3] = list(SectionKind::MpUnreach, unreach.family, unreach.nlri)?;
            }
            _ => attr::check(&attribute, AsWidth::Four).ok()?,
        }
    }
    if attributes.cut().is_some() {
        return None;
    }
    if !parts.withdrawn.is_empty() {
        found.sections[0] = list(SectionKind::Withdrawn, Family::IPV4_UNICAST, parts.withdrawn)?;
    }
    if !parts.nlri.is_empty() {
        found.sections[1] = list(SectionKind::Nlri, Family::IPV4_UNICAST, parts.nlri)?;
    }
    Some(found)
}

/// The width at which a path is well formed: first that which the A flag says.
fn as_width(path: Reader<'_>, header: &PeerHeader) -> Option<AsWidth> {
    let widths = match header.legacy_as_path() {
        true => [AsWidth::Two, AsWidth::Four],
        false => [AsWidth::Four, AsWidth::Two],
    };
    widths.into_iter().find(|width| attr::as_path::check(path, *width).is_ok())
}

/// A list of routes, if it is well formed with path identifiers or without.
fn section(
    kind: SectionKind,
    family: Family,
    octets: Reader<'_>,
    add_path: bool,
) -> Option<Section> {
    let scan = |add_path| nlri::scan(family, add_path, kind.announces(), octets);
    let add_path = [add_path, !add_path].into_iter().find(|add_path| scan(*add_path).fits())?;
    let (span, count) = (span(octets), scan(add_path).count);
    Some(Section { kind, family, add_path, span, count, rest: Span::default() })
}

fn span(octets: Reader<'_>) -> Span {
    Span { start: octets.offset() as u32, len: octets.len() as u32 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::bgp::encode as bgp;

    fn pdu(width: usize, nlri: &[u8], more: &[u8]) -> Vec<u8> {
        let mut attributes = vec![0x40, 1, 1, 0, 0x40, 2, 2 + 2 * width as u8, 2, 2];
        for asn in [0xfde9_u32, 0xfdea] {
            attributes.extend(&asn.to_be_bytes()[4 - width..]);
        }
        bgp::next_hop(&mut attributes, Ipv4Addr::LOCALHOST);
        attributes.extend(more);
        let mut out = Vec::new();
        bgp::update(&mut out, &[], &attributes, nlri);
        out
    }

    fn read(pdu: &[u8], flags: u8, add_path: bool) -> Option<Update> {
        let header = PeerHeader::new(Ipv4Addr::LOCALHOST.into(), 1, Ipv4Addr::LOCALHOST);
        update(pdu, &header.with_flags(flags), |_| add_path)
    }

    #[test]
    fn octets_decide_how_they_are_read() {
        let (plain, with_ids) = (&[24, 192, 0, 2][..], &[0, 0, 0, 9, 24, 192, 0, 2][..]);
        let legacy = PeerHeader::FLAG_A;
        for (width, flags) in [(2, 0), (2, legacy), (4, 0), (4, legacy)] {
            for (nlri, ids) in [(plain, false), (with_ids, true)] {
                let pdu = pdu(width, nlri, &[]);
                let update = read(&pdu, flags, ids).unwrap();
                assert_eq!(update.as_width == AsWidth::Two, width == 2);
                let section = update.sections[1].unwrap();
                assert_eq!((section.add_path, section.span.of(&pdu)), (ids, nlri));
            }
        }
        let pdu = pdu(4, plain, &[]);
        assert!(!read(&pdu, 0, true).unwrap().sections[1].unwrap().add_path, "they do not fit");
    }

    #[test]
    fn what_is_malformed_anywhere_is_no_update() {
        let nlri = &[24, 192, 0, 2][..];
        let sound = pdu(4, nlri, &[]);
        assert!(read(&sound, 0, false).is_some());
        for more in [&[0x40, 1, 1, 9][..], &[0x80, 4, 3, 0, 0, 0], &[0x80, 14, 1, 0], &[0x40, 5]] {
            assert!(read(&pdu(4, nlri, more), 0, false).is_none(), "{more:?}");
        }
        assert!(read(&pdu(4, &[33, 1, 2, 3, 4], &[]), 0, false).is_none());
        for len in 0..sound.len() {
            assert!(read(&sound[..len], 0, false).is_none(), "cut to {len}");
        }
        let mut keepalive = Vec::new();
        bgp::message(&mut keepalive, 4, |_| {});
        assert!(read(&keepalive, 0, false).is_none());
    }
}
