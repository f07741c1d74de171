//! `bmp`: the bytes as received, so that any BMP station can be the receiver.

use xxhash_rust::xxh3::xxh3_64;

use super::{Cursor, Entry, Format, Options};
use crate::bmp::{COMMON_HEADER_LEN, CommonHeader, MessageType, PeerHeader, PeerType};
use crate::output::frames::{FrameKind, Frames, Layout, Standing};
use crate::output::selection::Selection;
use crate::output::url::OptionError;
use crate::record::{Batch, Event};
use crate::wire::Reader;

pub(super) static ENTRY: Entry = Entry {
    name: "bmp",
    about: "the BMP messages as received; to tcp and unix one connection per router session",
    options: &[],
    per_session: true,
    layout: Layout::Counted { header: COMMON_HEADER_LEN, len: message_len },
    has_topics: false,
    reads_updates: false,
    build,
};

fn build(_options: &Options<'_>) -> Result<Box<dyn Format>, OptionError> {
    Ok(Box::new(Bmp))
}

/// Octets of a message, by its common header.
fn message_len(head: &[u8]) -> Option<u64> {
    CommonHeader::parse(head, u32::MAX as usize).ok()?.map(|header| header.len as u64)
}

struct Bmp;

impl Format for Bmp {
    fn render(
        &mut self,
        batch: &Batch,
        selection: &Selection<'_>,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) {
        while let Some(record) = batch.records().get(cursor.record) {
            if out.is_full() {
                return;
            }
            let session = batch.router(record).session;
            if selection.takes_record(batch, record) {
                let kind = match record.event {
                    Event::SessionOpen => FrameKind::SessionOpen,
                    Event::SessionClose(_) => FrameKind::SessionClose,
                    _ => FrameKind::Record,
                };
                let message = batch.message(record);
                super::say_whom(batch, record, out);
                out.bytes.extend_from_slice(message);
                out.end_standing(kind, session, standing(message));
            }
            cursor.next_record();
        }
    }
}

/// Octets of a per-peer header up to its timestamp, which is no part of what a message says.
const BEFORE_TIMESTAMP: usize = 34;

/// What a message says that a station must hear before it can make sense of what follows:
/// Initiation (RFC 7854 §4.3) and Peer Up. In version 4 the headers are where they are in version
/// 3.
#[inline]
pub(super) fn standing(message: &[u8]) -> Standing {
    match CommonHeader::parse(message, usize::MAX) {
        Ok(Some(header)) => match header.kind {
            MessageType::Initiation => Standing::Opening,
            MessageType::PeerUp | MessageType::PeerDown => standing_of_peer(header.kind, message),
            _ => Standing::None,
        },
        _ => Standing::None,
    }
}

/// A Peer Down ends every Peer Up of its peer. Side by side stand Peer Ups of different views,
/// which some routers send, and all different ones of a Loc-RIB (RFC 9069 §6.1.1).
fn standing_of_peer(kind: MessageType, message: &[u8]) -> Standing {
    let body = message.get(COMMON_HEADER_LEN..).unwrap_or_default();
    let mut r = Reader::new(body);
    let Ok(peer) = PeerHeader::parse(&mut r) else { return Standing::None };
    // An IPv4 peer and an IPv6 one with the same octets are two.
    let key = xxh3_64(&peer.key().0) ^ u64::from(peer.is_ipv6());
    match (kind, peer.kind) {
        (MessageType::PeerDown, _) => Standing::Clear { key },
        (_, PeerType::LocRib) => {
            let part = xxh3_64(&body[..BEFORE_TIMESTAMP]) ^ xxh3_64(r.rest()).rotate_left(1);
            Standing::Set { key, part }
        }
        _ => Standing::Set { key, part: peer.view() as u64 },
    }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::bmp::encode::{self, PeerUp};
    use crate::wire::Timestamp;

    fn header(peer_type: u8, flags: u8, last: u8) -> PeerHeader {
        let bgp_id = Ipv4Addr::new(192, 0, 2, last);
        let header = PeerHeader::new(bgp_id.into(), 65001, bgp_id).with_flags(flags);
        PeerHeader { kind: PeerType(peer_type), ..header }.at(Timestamp::new(1_760_000_000, 0))
    }

    fn up(header: &PeerHeader, name: &[u8]) -> Standing {
        let mut message = Vec::new();
        let local_address = Ipv4Addr::new(192, 0, 2, 254).into();
        let (sent_open, received_open, tlvs) = (&[1][..], &[2][..], &[(3, name)][..]);
        let (local_port, remote_port) = (179, 40_000);
        let up = PeerUp { local_address, local_port, remote_port, sent_open, received_open, tlvs };
        encode::peer_up(&mut message, header, &up);
        standing(&message)
    }

    fn of(build: impl FnOnce(&mut Vec<u8>)) -> Standing {
        let mut message = Vec::new();
        build(&mut message);
        standing(&message)
    }

    fn parts(standing: Standing) -> (u64, u64) {
        match standing {
            Standing::Set { key, part } => (key, part),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_introductions_stand() {
        let peer = header(0, 0, 1);
        assert_eq!(of(|m| encode::initiation(m, &[(2, b"r")])), Standing::Opening);
        assert_eq!(of(|m| encode::termination(m, &[])), Standing::None);
        assert_eq!(of(|m| encode::route_monitoring(m, &peer, b"update")), Standing::None);
        assert_eq!(of(|m| encode::statistics(m, &peer, &[])), Standing::None);
        assert_eq!(of(|m| encode::message(m, 3, |m| m.extend([0; 41]))), Standing::None, "short");
        assert_eq!(standing(b""), Standing::None);
        assert_eq!(standing(&[9, 0, 0, 0, 6, 4]), Standing::None);
        assert_eq!(standing(&[4, 0, 0, 0, 6, 4]), Standing::Opening, "version 4 too");
    }

    #[test]
    fn a_peer_down_ends_the_peer_ups_of_its_peer_whatever_their_view() {
        let (key, pre) = parts(up(&header(0, 0, 1), b""));
        let (same, post) = parts(up(&header(0, PeerHeader::FLAG_L, 1), b""));
        assert_eq!(key, same);
        assert_ne!(pre, post);
        assert_eq!(up(&header(0, 0, 1), b"said again"), Standing::Set { key, part: pre });
        let down = |peer| of(|m| encode::peer_down(m, &peer, &encode::PeerDown::Remote));
        assert_eq!(down(header(0, PeerHeader::FLAG_L, 1)), Standing::Clear { key });
        assert_ne!(down(header(0, 0, 2)), Standing::Clear { key });
        assert_ne!(down(header(3, 0, 1)), Standing::Clear { key });
        assert_ne!(down(header(0, PeerHeader::FLAG_V, 1)), Standing::Clear { key });
    }

    #[test]
    fn different_peer_ups_of_a_loc_rib_stand_side_by_side_and_the_same_one_once() {
        let mut peer = header(3, 0, 1);
        let (key, first) = parts(up(&peer, b"red"));
        assert_ne!(up(&peer, b"blue"), Standing::Set { key, part: first });
        peer.timestamp = Timestamp::new(1_760_000_099, 5);
        assert_eq!(up(&peer, b"red"), Standing::Set { key, part: first }, "only its time is new");
        peer.flags = 0x80;
        assert_ne!(up(&peer, b"red"), Standing::Set { key, part: first });
    }
}
