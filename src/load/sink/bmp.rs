//! `bmp`: the messages as the routers sent them; the stamp is in the per-peer header.

use super::{Entry, Reader, Tally};
use crate::bmp::encode::{COMMON_HEADER_LEN, PEER_HEADER_LEN};
use crate::load::walk::{self, Step};

pub(super) static ENTRY: Entry = Entry {
    name: "bmp",
    about: "BMP messages; a latency for each Route Monitoring message",
    counts_messages: true,
    per_session: true,
    build: || Box::new(Bmp),
};

struct Bmp;

impl Reader for Bmp {
    fn read(&mut self, octets: &[u8], now: u64, tally: &mut Tally) -> usize {
        let mut at = 0;
        loop {
            match walk::step(&octets[at..]) {
                Step::Message(len, kind) => {
                    message(&octets[at..at + len], kind, now, tally);
                    at += len;
                }
                Step::Cut => return at,
                Step::Broken(_) => {
                    // Where the next message begins is not known any more.
                    tally.received.odd += 1;
                    return octets.len();
                }
            }
        }
    }
}

fn message(message: &[u8], kind: u8, now: u64, tally: &mut Tally) {
    tally.received.records += 1;
    if kind != ROUTE_MONITORING {
        return;
    }
    let counts = walk::count_message(message);
    tally.received.routes += counts.announced + counts.withdrawn;
    let Some(time) = message.get(STAMP_AT..COMMON_HEADER_LEN + PEER_HEADER_LEN) else {
        tally.received.odd += 1;
        return;
    };
    let number = |octets: &[u8]| octets.iter().fold(0_u64, |n, o| n << 8 | u64::from(*o));
    tally.stamped(number(&time[..4]) * 1_000_000 + number(&time[4..]), now);
}

const ROUTE_MONITORING: u8 = 0;
/// Seconds and microseconds are the last eight octets of the per-peer header (RFC 7854 §4.2).
const STAMP_AT: usize = COMMON_HEADER_LEN + PEER_HEADER_LEN - 8;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::bmp::encode as bmp;
    use crate::load::{Source, count, write_stream};
    use crate::wire::Timestamp;

    #[test]
    fn a_stream_is_counted_whole_however_it_is_cut() {
        let mut stream = Vec::new();
        let source = Source::Synthetic { peers: 2, prefixes: 300 };
        write_stream(&source, 0, 1, &mut stream).unwrap();
        let counts = count(&stream);
        for step in [1, 7, 4096, usize::MAX] {
            let (mut tally, mut tail) = (Tally::new(), Vec::new());
            for part in stream.chunks(step.min(stream.len())) {
                tail.extend_from_slice(part);
                let used = Bmp.read(&tail, 1, &mut tally);
                tail.drain(..used);
            }
            assert!(tail.is_empty());
            assert_eq!(tally.received.records, counts.messages);
            assert_eq!(tally.received.routes, counts.announced + counts.withdrawn);
        }
    }

    #[test]
    fn the_stamp_is_that_of_the_per_peer_header() {
        let at = Timestamp::new(1_790_000_000, 250_000);
        let local = Ipv4Addr::LOCALHOST;
        let head = bmp::PeerHeader::new(local.into(), 1, local).at(at);
        let (mut octets, mut tally) = (Vec::new(), Tally::new());
        bmp::initiation(&mut octets, &[(2, b"r")]);
        bmp::route_monitoring(&mut octets, &head, b"");
        let used = Bmp.read(&octets, 1_790_000_000_251_500, &mut tally);
        tally.end_of_read(1_790_000_000_251_500);
        assert_eq!((used, tally.received.records), (octets.len(), 2));
        let report = tally.latencies.report();
        assert_eq!((report.count, report.max_us), (1, 1500));
    }

    #[test]
    fn what_is_not_bmp_is_told() {
        let mut tally = Tally::new();
        assert_eq!(Bmp.read(b"GET / HTTP/1.1", 1, &mut tally), 14);
        assert_eq!((tally.received.odd, tally.received.records), (1, 0));
    }
}
