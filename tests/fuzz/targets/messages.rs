//! Messages, of BMP and of BGP.

use ribcage::bgp::attr::{self, Attributes};
use ribcage::bgp::encode::{self, attribute_with};
use ribcage::bgp::nlri::FAMILIES;
use ribcage::bgp::notification::Notification;
use ribcage::bgp::open::Open;
use ribcage::bgp::{HEADER_LEN, Header, MessageType, update as parts_of_update};
use ribcage::bmp::msg::peer_down::PeerDown;
use ribcage::bmp::msg::peer_up::PeerUp;
use ribcage::bmp::msg::route_mirroring::RouteMirroring;
use ribcage::bmp::msg::route_monitoring::RouteMonitoring;
use ribcage::bmp::msg::statistics_report::StatisticsReport;
use ribcage::bmp::msg::{self, initiation, termination};
use ribcage::bmp::{self, COMMON_HEADER_LEN, CommonHeader, PER_PEER_HEADER_LEN, Tlvs};
use ribcage::wire::{Family, Reader};

use super::parts::{kept, routes, width};

/// The largest frame that the targets take.
const FRAME_MAX: usize = 1 << 16;

/// Common headers: a sound one says how long its message is, within the limit, and more octets
/// never change what a header is.
pub fn frame(octets: &[u8]) {
    let whole = CommonHeader::parse(octets, FRAME_MAX);
    if let Ok(Some(header)) = whole {
        assert!((COMMON_HEADER_LEN..=FRAME_MAX).contains(&header.len));
        assert!(octets.len() >= COMMON_HEADER_LEN);
    }
    for len in 0..octets.len().min(COMMON_HEADER_LEN) {
        match CommonHeader::parse(&octets[..len], FRAME_MAX) {
            Ok(None) => {}
            early => assert_eq!(early, whole, "after {len} octets"),
        }
    }
}

/// Bodies of every BMP message type.
pub fn message(input: &[u8]) {
    let Some((&kind, octets)) = input.split_first() else { return };
    let kind = bmp::MessageType(kind);
    let body = Reader::at(octets, COMMON_HEADER_LEN);
    if let Err(error) = msg::check(kind, body) {
        let end = COMMON_HEADER_LEN + octets.len();
        assert!((COMMON_HEADER_LEN..=end).contains(&error.offset), "{kind}: {error}");
        assert!(kind.name().is_some());
        return;
    }
    match kind {
        bmp::MessageType::RouteMonitoring => {
            let rm = RouteMonitoring::parse(body).expect("it was checked");
            let known = PER_PEER_HEADER_LEN + rm.bgp.len + rm.extra.len();
            assert_eq!(known, octets.len());
            assert_eq!(rm.pdu_offset, COMMON_HEADER_LEN + PER_PEER_HEADER_LEN);
        }
        bmp::MessageType::StatisticsReport => statistics(body),
        bmp::MessageType::PeerDown => {
            let down = PeerDown::parse(body).expect("it was checked");
            let (event, pdu) = (down.fsm_event().is_some(), down.notification().is_some());
            let tlvs = down.tlvs().map(tlvs);
            assert!(u8::from(event) + u8::from(pdu) + u8::from(tlvs.is_some()) <= 1);
        }
        bmp::MessageType::PeerUp => {
            let up = PeerUp::parse(body).expect("it was checked");
            assert!(tlvs(up.tlvs) * 4 <= octets.len());
            capabilities(&up.sent_open, octets.len());
            capabilities(&up.received_open, octets.len());
        }
        bmp::MessageType::Initiation => assert!(tlvs(initiation::tlvs(body)) * 4 <= octets.len()),
        bmp::MessageType::Termination => assert!(tlvs(termination::tlvs(body)) * 4 <= octets.len()),
        bmp::MessageType::RouteMirroring => {
            let mirrored = RouteMirroring::parse(body).expect("it was checked");
            assert!(tlvs(mirrored.tlvs) * 4 <= octets.len());
        }
        _ => assert_eq!(kind.name(), None, "every type is looked at"),
    }
}

/// How many TLVs there are.
fn tlvs(tlvs: Tlvs<'_>) -> usize {
    tlvs.filter(Result::is_ok).count()
}

/// A walk over the statistics ends, whatever count is claimed, and goes forward.
fn statistics(body: Reader<'_>) {
    let report = StatisticsReport::parse(body).expect("it was checked");
    let (mut at, mut whole) = (0, 0);
    while let Some((statistic, next)) = report.at(at) {
        assert_eq!(next, at + 4 + statistic.value.len());
        assert!(statistic.family.is_none() || statistic.number.is_some());
        (at, whole) = (next, whole + 1);
    }
    assert!(at <= body.len());
    assert_eq!(report.cut().is_some(), whole < u64::from(report.count));
}

/// BGP messages of every type, by their header.
pub fn pdu(octets: &[u8]) {
    let mut left = Reader::new(octets);
    let Ok(header) = Header::parse(&mut left) else { return };
    assert_eq!(header.len, HEADER_LEN + header.body.len());
    assert_eq!(header.len + left.len(), octets.len());
    match header.kind {
        MessageType::Open => open(octets),
        MessageType::Notification => {
            if let Ok(notification) = Notification::parse(header.body) {
                assert_eq!(notification.data.len() + 2, header.body.len());
            }
        }
        MessageType::Update => update_at(&[0, 0], header.body),
        _ => {}
    }
}

/// OPEN messages: what is read stays inside, and no more is read than there is.
pub fn open(octets: &[u8]) {
    let mut left = Reader::new(octets);
    match Open::parse(&mut left) {
        Ok(open) => {
            capabilities(&open, octets.len());
            assert_eq!(left.offset() + left.len(), octets.len());
        }
        Err(error) => assert!(error.offset <= octets.len(), "{error}"),
    }
}

fn capabilities(open: &Open<'_>, len: usize) {
    let (mut count, mut octets) = (0, 0);
    open.each_capability(|capability| {
        (count, octets) = (count + 1, octets + 2 + capability.value.len());
        let found = open.capability(capability.code);
        assert!(found.is_some(), "{} is there", capability.code);
    })
    .expect("the OPEN was parsed");
    assert!(octets <= len && count * 2 <= len);
    let mut families = 0;
    open.each_add_path(|_, _| families += 1);
    assert!(families * 4 <= len);
    assert!(open.four_octet_as().is_none() || octets >= 6);
}

/// UPDATEs in any context: the first octet has the width of AS numbers, the second the families
/// whose NLRI have path identifiers.
pub fn update(input: &[u8]) {
    let Some((context, body)) = input.split_first_chunk() else { return };
    if body.len() <= usize::from(u16::MAX) - HEADER_LEN {
        update_at(context, Reader::at(body, HEADER_LEN));
    }
}

/// The parts of an UPDATE are written back to what they were read from.
fn update_at(&[how, families]: &[u8; 2], body: Reader<'_>) {
    let Ok(parts) = parts_of_update::split(body) else { return };
    let add_path = |family: Family| {
        let row = FAMILIES.iter().position(|(known, _)| *known == family);
        row.is_some_and(|row| families >> (row % 8) & 1 == 1)
    };
    let v4 = Family::IPV4_UNICAST;
    routes(v4, add_path(v4), false, parts.withdrawn);
    routes(v4, add_path(v4), true, parts.nlri);
    let mut written = Vec::new();
    let mut walk = Attributes::new(parts.attributes);
    while let Some(a) = walk.next_whole() {
        kept(&a, width(how));
        attribute_with(&mut written, a.flags, a.code.0, |out| {
            if attr::rewrite(&a, width(how), out).is_err() {
                out.extend_from_slice(a.value());
            }
        });
        if let Ok(mp) = attr::mp_reach::MpReach::parse(a.reader()) {
            routes(mp.family, add_path(mp.family), true, mp.nlri);
        }
        if let Ok(mp) = attr::mp_unreach::MpUnreach::parse(a.reader()) {
            routes(mp.family, add_path(mp.family), false, mp.nlri);
        }
    }
    let left = parts.attributes.peek().get(written.len()..).expect("no more than was there");
    assert_eq!(left.is_empty(), walk.cut().is_none());
    written.extend_from_slice(left);
    let mut whole = Vec::new();
    encode::update(&mut whole, parts.withdrawn.peek(), &written, parts.nlri.peek());
    assert_eq!(whole[HEADER_LEN..], *body.peek());
}
