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
use crate::wire::{Family, Prefix, Reader, WireError};

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
    counts.withdrawn += count_nlri(1, 1, withdrawn);
    counts.announced += count_nlri(1, 1, r.rest());
    while let Some(attribute) = attributes.next_whole() {
        match attribute.code {
            AttributeCode::MpReachNlri => {
                let mp = MpReach::parse(attribute.reader())?;
                counts.announced += count_nlri(mp.family.afi, mp.family.safi, mp.nlri.peek());
            }
            AttributeCode::MpUnreachNlri => {
                let mp = MpUnreach::parse(attribute.reader())?;
                counts.withdrawn += count_nlri(mp.family.afi, mp.family.safi, mp.nlri.peek());
            }
            _ => {}
        }
    }
    Ok(())
}

/// NLRIs in `nlri`; 0 for a family whose NLRIs cannot be told apart here.
fn count_nlri(afi: u16, safi: u8, nlri: &[u8]) -> u64 {
    let plain = match safi {
        1 | 2 if matches!(afi, 1 | 2) => walk_prefixes(if afi == 1 { 32 } else { 128 }, nlri),
        _ => walk_nlri(afi, safi, nlri, false),
    };
    if plain.sound {
        return plain.count;
    }
    let with_path_id = walk_nlri(afi, safi, nlri, true);
    if with_path_id.sound { with_path_id.count } else { plain.count }
}

struct Walked {
    count: u64,
    /// Used up exactly, and nothing in it that no router sends.
    sound: bool,
}

/// Unicast and multicast NLRIs without path identifiers: by far the most, so counted fast.
fn walk_prefixes(bits_max: u8, mut nlri: &[u8]) -> Walked {
    let (mut count, mut defaults, mut odd) = (0, 0, false);
    while let [bits, rest @ ..] = nlri {
        let octets = usize::from(bits.div_ceil(8));
        let Some((prefix, next)) = rest.split_at_checked(octets).filter(|_| *bits <= bits_max)
        else {
            return Walked { count, sound: false };
        };
        // The mask of no host bits is 0.
        let host_bits = 0xff_u16 >> (8 - (8 - bits % 8) % 8);
        odd |= prefix.last().is_some_and(|last| u16::from(*last) & host_bits != 0);
        defaults += u32::from(*bits == 0);
        count += 1;
        nlri = next;
    }
    Walked { count, sound: !odd && defaults < 2 }
}

fn walk_nlri(afi: u16, safi: u8, nlri: &[u8], path_id: bool) -> Walked {
    let mut r = Reader::new(nlri);
    let (mut count, mut defaults, mut odd) = (0, 0, false);
    while !r.is_empty() {
        match one_nlri(&mut r, afi, safi, path_id) {
            Ok(Some(prefix)) => {
                defaults += u32::from(prefix.bits() == 0);
                odd |= prefix.has_host_bits();
            }
            Ok(None) => {}
            Err(_) => return Walked { count, sound: false },
        }
        count += 1;
    }
    // The leading zeros of small path identifiers read as default routes, those of large ones as
    // prefixes with host bits.
    Walked { count, sound: path_id || (!odd && defaults < 2) }
}

/// Reads one NLRI off the front; gives the prefix where there is nothing else in it.
fn one_nlri(
    r: &mut Reader<'_>,
    afi: u16,
    safi: u8,
    path_id: bool,
) -> Result<Option<Prefix>, WireError> {
    if path_id {
        r.u32("path identifier")?;
    }
    if matches!((afi, safi), (1 | 2, 1 | 2)) {
        return unicast(r, afi).map(Some);
    }
    let octets = nlri::read_length(Family::new(afi, safi), r)?;
    r.take("NLRI", octets).map(|_| None)
}

fn unicast(r: &mut Reader<'_>, afi: u16) -> Result<Prefix, WireError> {
    let at = r.offset();
    let bits = r.u8("prefix length")?;
    let octets = r.take("prefix", usize::from(bits).div_ceil(8))?;
    let too_long = WireError::invalid("prefix length", at, u64::from(bits));
    if afi == 1 {
        let mut address = [0; 4];
        address.get_mut(..octets.len()).ok_or(too_long)?.copy_from_slice(octets);
        return Ok(Prefix::V4(address, bits));
    }
    let mut address = [0; 16];
    address.get_mut(..octets.len()).ok_or(too_long)?.copy_from_slice(octets);
    Ok(Prefix::V6(address, bits))
}

const ROUTE_MONITORING: u8 = 0;
const UPDATE: u8 = 2;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::bgp::encode as bgp;
    use crate::bmp::encode as bmp;
    use crate::wire::RouteDistinguisher;

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
    fn the_fast_walk_of_prefixes_is_the_general_one() {
        let mut rng = crate::load::rng::Rng::new(1, &[]);
        for round in 0..20_000_u32 {
            let mut nlri: Vec<u8> = (0..round % 12).map(|_| rng.next() as u8).collect();
            // Short lengths, so that many lists are sound.
            nlri.iter_mut().step_by(2).for_each(|octet| *octet %= 40);
            for (afi, bits_max) in [(1, 32), (2, 128)] {
                let (fast, slow) =
                    (walk_prefixes(bits_max, &nlri), walk_nlri(afi, 1, &nlri, false));
                assert_eq!((fast.count, fast.sound), (slow.count, slow.sound), "{afi} {nlri:?}");
            }
        }
    }

    #[test]
    fn labeled_vpn_and_evpn_routes_are_counted_and_unknown_families_are_not() {
        let net = Prefix::V4([10, 1, 2, 0], 24);
        let mut nlri = Vec::new();
        bgp::vpn(&mut nlri, None, &[16], RouteDistinguisher([1; 8]), &net);
        bgp::vpn(&mut nlri, None, &[17], RouteDistinguisher([2; 8]), &net);
        let cases = [
            (Family::IPV4_VPN, nlri, 2),
            (Family::new(25, 70), vec![2, 3, 1, 2, 3, 3, 1, 9], 2),
            (Family::new(99, 99), vec![1, 2, 3], 0),
        ];
        for (family, nlri, expected) in cases {
            let mut attributes = Vec::new();
            bgp::mp_reach(&mut attributes, family, &[0; 12], &nlri);
            assert_eq!(routes(&monitored(&[], &attributes, &[])), (expected, 0), "{family}");
        }
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
