//! Messages, of BMP and of BGP.

use ribcage::bgp::attr::{self, Attributes};
use ribcage::bgp::encode::{self, attribute_with};
use ribcage::bgp::nlri::FAMILIES;
use ribcage::bgp::{
    AsWidth, HEADER_LEN, Header, Message, MessageType, Negotiated, update as parts_of_update,
};
use ribcage::bmp::msg::statistics_report::StatisticsReport;
use ribcage::bmp::{self, COMMON_HEADER_LEN, CommonHeader, MessageError, v4};
use ribcage::wire::{Family, Reader};

use super::Work;
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

/// BMP messages of every type: what is read is written back, and described in proportion.
pub fn message(input: &[u8]) {
    let Some((&[version, kind], body)) = input.split_first_chunk() else { return };
    let (version, kind) = (3 + (version & 1), bmp::MessageType(kind));
    let len = (COMMON_HEADER_LEN + body.len()) as u32;
    let whole = [&[version], &len.to_be_bytes()[..], &[kind.0], body].concat();
    if version == v4::VERSION {
        version_4(kind, &whole);
    }
    match bmp::Message::parse(&whole) {
        Ok((message, rest)) => {
            assert!(rest.is_empty());
            assert_eq!((message.version(), message.kind()), (version, kind));
            let mut written = Vec::new();
            message.encode(&mut written);
            assert_eq!(written, whole, "{kind} is written otherwise");
            Work::of(|fields| message.describe(fields)).assert_linear(whole.len());
            if let bmp::Message::StatisticsReport(report) = message {
                statistics(&report, body.len());
            }
        }
        Err(MessageError::Body { header, error }) => {
            assert_eq!((header.kind, header.len), (kind, whole.len()));
            assert!((COMMON_HEADER_LEN..=whole.len()).contains(&error.offset), "{kind}: {error}");
            assert!(kind.name().is_some());
        }
        Err(error) => panic!("{error}"),
    }
}

/// Messages of version 4.
fn version_4(kind: bmp::MessageType, whole: &[u8]) {
    match v4::Message::parse(whole) {
        Ok((message, rest)) => {
            assert!(rest.is_empty());
            assert_eq!(message.kind(), kind);
            let mut out = Vec::new();
            message.encode(&mut out);
            assert_eq!(out, whole, "{kind} of version 4 is written otherwise");
            for (profile, _) in v4::Profile::ALL {
                Work::of(|fields| message.describe(profile, fields)).assert_linear(whole.len());
            }
        }
        Err(MessageError::Body { error, .. }) => {
            assert!((COMMON_HEADER_LEN..=whole.len()).contains(&error.offset), "{kind}: {error}");
        }
        Err(error) => panic!("{error}"),
    }
}

/// A walk over the statistics ends, whatever count is claimed, and goes forward.
fn statistics(report: &StatisticsReport<'_>, len: usize) {
    let (mut at, mut whole) = (0, 0);
    while let Some((statistic, next)) = report.at(at) {
        assert!(next >= at + 4 && next <= len);
        assert!(statistic.family().is_none() || statistic.number().is_some());
        (at, whole) = (next, whole + 1);
    }
    assert_eq!(report.cut().is_some(), whole < u64::from(report.count));
}

/// BGP messages of every type: what is read is written back, and described in proportion.
pub fn pdu(octets: &[u8]) {
    let mut left = Reader::new(octets);
    let Ok(header) = Header::parse(&mut left) else { return };
    assert_eq!(header.len, HEADER_LEN + header.body.len());
    assert_eq!(header.len + left.len(), octets.len());
    match Message::parse(&mut Reader::new(octets)) {
        Ok(message) => {
            let mut written = Vec::new();
            message.encode(&mut written);
            assert_eq!(written, octets[..header.len], "{} is written otherwise", header.kind);
            for (as_width, add_path) in [(AsWidth::Four, false), (AsWidth::Two, true)] {
                let negotiated = Negotiated { as_width, add_path };
                let said = Work::of(|fields| message.describe(negotiated, fields));
                said.assert_linear(header.len);
            }
        }
        Err(error) => assert!(error.offset <= header.len, "{error}"),
    }
    if header.kind == MessageType::Update {
        update_at(&[0, 0], header.body);
    }
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
        let row = FAMILIES.iter().position(|known| known.family == family);
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
