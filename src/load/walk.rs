//! Walks BMP bytes: message boundaries, and how many routes each message announces and withdraws.
//!
//! The counts come from the bytes alone, without the state of a session: whether NLRIs carry path
//! identifiers (RFC 7911) is told by what makes sense. That suffices for figures.

use std::ops::AddAssign;

use serde::Serialize;

use crate::bgp::attr::mp_reach::MpReach;
use crate::bgp::attr::mp_unreach::MpUnreach;
use crate::bgp::attr::{AttributeCode, Attributes};
use crate::bgp::encode::HEADER_LEN;
use crate::bgp::nlri;
use crate::bmp::encode::{COMMON_HEADER_LEN, PEER_HEADER_LEN, VERSION};
use crate::wire::{Family, Reader, WireError};

/// Messages, routes and octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// BMP messages.
    pub messages: u64,
    /// NLRIs announced.
    pub announced: u64,
    /// NLRIs withdrawn.
    pub withdrawn: u64,
    /// Octets of BMP.
    pub bytes: u64,
}

impl Counts {
    /// `times` times these counts.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self {
            messages: self.messages * times,
            announced: self.announced * times,
            withdrawn: self.withdrawn * times,
            bytes: self.bytes * times,
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.messages += other.messages;
        self.announced += other.announced;
        self.withdrawn += other.withdrawn;
        self.bytes += other.bytes;
    }
}

/// What a message at the front of some bytes turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A whole message: its length and type.
    Message(usize, u8),
    /// The bytes end inside it (or before it).
    Cut,
    /// Not a BMP common header: why.
    Broken(Fault),
}

/// What is wrong with a common header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Version(u8),
    Length(u32),
}

/// Finds the end of the message at the front of `bytes`.
pub(super) fn step(bytes: &[u8]) -> Step {
    match *bytes {
        [version, ..] if !(3..=4).contains(&version) => Step::Broken(Fault::Version(version)),
        [_, a, b, c, d, kind, ..] => {
            let len = u32::from_be_bytes([a, b, c, d]);
            match len as usize {
                n if n < COMMON_HEADER_LEN => Step::Broken(Fault::Length(len)),
                n if n > bytes.len() => Step::Cut,
                n => Step::Message(n, kind),
            }
        }
        _ => Step::Cut,
    }
}

/// Counts the whole messages at the front of `bytes`, up to a cut or broken one.
#[must_use]
pub fn count(mut bytes: &[u8]) -> Counts {
    let mut counts = Counts::default();
    while let Step::Message(len, _) = step(bytes) {
        let (message, rest) = bytes.split_at(len);
        counts += count_message(message);
        bytes = rest;
    }
    counts
}

/// Counts one whole message.
pub(super) fn count_message(message: &[u8]) -> Counts {
    let mut counts = Counts { messages: 1, bytes: message.len() as u64, ..Counts::default() };
    if message.first() == Some(&VERSION) && message.get(5) == Some(&ROUTE_MONITORING) {
        let pdu = message.get(COMMON_HEADER_LEN + PEER_HEADER_LEN..).unwrap_or_default();
        // A malformed UPDATE counts for as much as could be read.
        let _ = count_update(pdu, &mut counts);
    }
    counts
}

fn count_update(pdu: &[u8], counts: &mut Counts) -> Result<(), WireError> {
    let mut r = Reader::new(pdu);
    let header = r.take("BGP header", HEADER_LEN)?;
    if header.last() != Some(&UPDATE) {
        return Ok(());
    }
    let len = r.u16("withdrawn routes length")?;
    let withdrawn = r.take("withdrawn routes", usize::from(len))?;
    let len = r.u16("path attributes length")?;
    let mut attributes = Attributes::new(r.sub("path attributes", usize::from(len))?);
    counts.withdrawn += count_nlri(Family::IPV4_UNICAST, false, withdrawn);
    counts.announced += count_nlri(Family::IPV4_UNICAST, true, r.rest());
    while let Some(attribute) = attributes.next_whole() {
        match attribute.code {
            AttributeCode::MpReachNlri => {
                let mp = MpReach::parse(attribute.reader())?;
                counts.announced += count_nlri(mp.family, true, mp.nlri.peek());
            }
            AttributeCode::MpUnreachNlri => {
                let mp = MpUnreach::parse(attribute.reader())?;
                counts.withdrawn += count_nlri(mp.family, false, mp.nlri.peek());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Routes in `octets`; 0 for a family that is kept raw. Routers' path identifiers are small, so
/// that a list of such routes begins with two zero octets, which no other list does but one of two
/// default routes; large ones read as doubtful routes, or as none at all.
#[inline]
fn count_nlri(family: Family, announced: bool, octets: &[u8]) -> u64 {
    if octets.is_empty() {
        return 0; // most UPDATEs withdraw nothing
    }
    let plain = match (family.afi, family.safi) {
        (1, 1 | 2) => count_prefixes(32, octets),
        (2, 1 | 2) => count_prefixes(128, octets),
        _ => None,
    };
    plain.unwrap_or_else(|| count_closely(family, announced, octets))
}

/// Unicast and multicast routes without path identifiers, which are by far the most; `None` of a
/// list that looks as if it had some.
#[inline]
fn count_prefixes(bits_max: u8, octets: &[u8]) -> Option<u64> {
    let (mut left, mut count, mut odd) = (octets, 0, octets.starts_with(&[0, 0]));
    while let [bits, rest @ ..] = left {
        let len = (usize::from(*bits) + 7) >> 3;
        let (prefix, next) = rest.split_at_checked(len).filter(|_| *bits <= bits_max)?;
        let host_bits = (1_u8 << (bits.wrapping_neg() & 7)) - 1;
        odd |= prefix.last().is_some_and(|last| last & host_bits != 0);
        count += 1;
        left = next;
    }
    (!odd).then_some(count)
}

#[inline(never)]
fn count_closely(family: Family, announced: bool, octets: &[u8]) -> u64 {
    let scan = |path_ids| nlri::scan(family, path_ids, announced, Reader::new(octets));
    let plain = scan(false);
    if plain.fits() && !plain.doubtful && !octets.starts_with(&[0, 0]) {
        return plain.count.into();
    }
    let with_path_ids = scan(true);
    if with_path_ids.fits() { with_path_ids.count.into() } else { plain.count.into() }
}

const ROUTE_MONITORING: u8 = 0;
const UPDATE: u8 = 2;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::bgp::encode as bgp;
    use crate::bmp::encode as bmp;
    use crate::load::examples::is_alone;
    use crate::wire::Prefix;

    fn peer() -> bmp::PeerHeader {
        bmp::PeerHeader::new([192, 0, 2, 1].into(), 65001, [192, 0, 2, 1].into())
    }

    fn monitored(withdrawn: &[u8], attributes: &[u8], nlri: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        bmp::route_monitoring_with(&mut out, &peer(), |out| {
            bgp::update(out, withdrawn, attributes, nlri);
        });
        out
    }

    fn routes(message: &[u8]) -> (u64, u64) {
        let counts = count_message(message);
        (counts.announced, counts.withdrawn)
    }

    #[test]
    fn all_four_lists_of_an_update_are_counted() {
        let mut attributes = Vec::new();
        bgp::mp_reach(&mut attributes, Family::IPV6_UNICAST, &[1; 16], &[8, 32, 0, 16, 32, 1]);
        bgp::origin(&mut attributes, 0);
        bgp::mp_unreach(&mut attributes, Family::IPV6_UNICAST, &[8, 36]);
        let message = monitored(&[8, 9, 8, 8], &attributes, &[16, 192, 0]);
        assert_eq!(routes(&message), (4, 3));
    }

    #[test]
    fn path_identifiers_are_told_by_what_makes_sense() {
        for id in [1, 3, 0x1234_5678] {
            let mut nlri = Vec::new();
            for net in [10, 11, 12] {
                bgp::prefix(&mut nlri, Some(id), &Prefix::V4([net, 1, 2, 0], 24));
            }
            assert_eq!(routes(&monitored(&[], &[], &nlri)), (3, 0), "path id {id}");
        }
    }

    #[test]
    fn routes_of_every_family_are_counted_and_those_that_are_kept_raw_are_not() {
        for known in nlri::FAMILIES {
            for path_ids in [&[][..], &[1], &[3, 2, 1, 3]] {
                let mut list = Vec::new();
                let count = if is_alone(known.family) { 1 } else { path_ids.len().max(1) * 5 };
                for index in 0..count as u32 {
                    let id = path_ids.get(index as usize % path_ids.len().max(1));
                    list.extend(id.map(|id: &u32| id.to_be_bytes()).iter().flatten());
                    nlri::example(known.family, index, &mut list);
                }
                for announced in [true, false] {
                    let counted = count_nlri(known.family, announced, &list);
                    assert_eq!(counted, count as u64, "{} {path_ids:?}", known.name);
                }
            }
        }
        assert_eq!(count_nlri(Family::new(99, 99), true, &[1, 2, 3]), 0);
        // Two default routes, and one with a path identifier.
        assert_eq!(count_nlri(Family::IPV4_UNICAST, true, &[0, 0]), 2);
        assert_eq!(count_nlri(Family::IPV4_UNICAST, true, &[0, 0, 0, 1, 0]), 1);
    }

    #[test]
    fn the_fast_way_to_count_is_the_close_one() {
        let mut rng = crate::load::rng::Rng::new(1, &[]);
        let (mut two_ways, mut one_way) = (0, 0);
        for round in 0..20_000_u32 {
            let mut list: Vec<u8> = (0..round % 12).map(|_| rng.next() as u8).collect();
            // Short lengths, so that many lists are sound.
            list.iter_mut().step_by(2).for_each(|octet| *octet %= 40);
            for family in [Family::IPV4_UNICAST, Family::IPV6_UNICAST] {
                let closely = count_closely(family, true, &list);
                assert_eq!(count_nlri(family, true, &list), closely, "{family} {list:?}");
                match [false, true].map(|ids| nlri::count(family, ids, &list).is_some()) {
                    [true, true] => two_ways += 1,
                    [true, false] => one_way += 1,
                    _ => {}
                }
            }
        }
        assert!(two_ways > 100 && one_way > 100, "{two_ways} {one_way}");
    }

    #[test]
    fn malformed_and_cut_messages_count_for_what_can_be_read() {
        let message = monitored(&[], &[], &[8, 10, 33, 1, 2, 3, 4, 5]);
        assert_eq!(routes(&message), (1, 0));
        let mut two = monitored(&[], &[], &[8, 10]);
        let whole = two.len() as u64;
        two.extend_from_slice(&message[..20]);
        assert_eq!(count(&two), Counts { messages: 1, announced: 1, withdrawn: 0, bytes: whole });
        assert_eq!(step(&[9, 0]), Step::Broken(Fault::Version(9)));
        assert_eq!(step(&[3, 0, 0, 0, 5, 0]), Step::Broken(Fault::Length(5)));
        for end in 0..message.len() {
            assert_eq!(step(&message[..end]), Step::Cut);
            let _ = count_message(&message[..end]);
        }
    }
}
