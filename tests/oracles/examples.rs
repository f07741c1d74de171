//! Our own examples of every family, in BMP: what others say of what our types write.

use ribcage::bgp::encode::{self as bgp, Segment};
use ribcage::bgp::nlri::{self, FAMILIES, Known};
use ribcage::wire::Family;

use crate::vectors;

/// Examples of each family: enough for two of each type of route, and each of its variants.
const EACH: u32 = 16;

/// For each family a recording: a Peer Up; examples one by one, each with the attributes that it
/// needs; all in one list; all withdrawn; and its End-of-RIB.
pub(crate) fn all() -> Vec<(String, Vec<u8>)> {
    let one = |known: &Known| (format!("examples/{}", known.key), recording(known));
    FAMILIES.iter().map(one).collect()
}

/// Those of some families, `AFI/SAFI`.
pub(crate) fn of(families: &[&str]) -> Vec<(String, Vec<u8>)> {
    let one = |known: &Known| (format!("examples/{}", known.key), recording(known));
    among(families).map(one).collect()
}

fn among(families: &[&str]) -> impl Iterator<Item = &'static Known> {
    FAMILIES.iter().filter(|known| families.contains(&known.family.to_string().as_str()))
}

fn recording(known: &Known) -> Vec<u8> {
    let family = known.family;
    let (mut all, mut updates) = (Vec::new(), Vec::new());
    for index in 0..EACH {
        let mut route = Vec::new();
        nlri::example(family, index, &mut route);
        all.extend_from_slice(&route);
        updates.push(announced(known, index, &route));
    }
    updates.push(announced(known, 0, &all));
    updates.push(update(|out| bgp::mp_unreach(out, family, &all)));
    let mut end = Vec::new();
    bgp::end_of_rib(&mut end, family);
    updates.push(end);
    vectors::monitored(&updates, &[])
}

/// The same with path identifiers (RFC 7911 §3), one by one and all withdrawn.
pub(crate) fn with_path_ids(families: &[&str]) -> Vec<(String, Vec<u8>)> {
    let one = |known: &Known| {
        let (mut all, mut updates) = (Vec::new(), Vec::new());
        for index in 0..EACH {
            let mut route = (7 * index).to_be_bytes().to_vec();
            nlri::example(known.family, index, &mut route);
            all.extend_from_slice(&route);
            updates.push(announced(known, index, &route));
        }
        updates.push(update(|out| bgp::mp_unreach(out, known.family, &all)));
        (format!("path-ids/{}", known.key), vectors::monitored(&updates, &[known.family]))
    };
    among(families).map(one).collect()
}

fn announced(known: &Known, index: u32, routes: &[u8]) -> Vec<u8> {
    update(|out| {
        bgp::mp_reach(out, known.family, &next_hop(known), routes);
        bgp::origin(out, 0);
        bgp::as_path(out, &[Segment::Sequence(&[64_500, 64_501])]);
        nlri::example_attributes(known.family, index, out);
    })
}

fn update(attributes: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    bgp::update_with(&mut out, |_| {}, attributes, |_| {});
    out
}

/// The shortest next hop that the family may have, of IPv6 where that may be: an address of
/// documentation at its end. A flow specification has none (RFC 8955 §4).
fn next_hop(known: &Known) -> Vec<u8> {
    let of_afi = if known.family.afi == 2 { 16 } else { 4 };
    let len = match known.family {
        Family { safi: 133 | 134, .. } => 0,
        // With a distinguisher of zeros, as of other families of VPNs.
        Family { afi: 16388, safi: 72 } => 12,
        _ => {
            let mut lengths = known.next_hops.iter().copied();
            lengths.find(|len| *len >= of_afi).unwrap_or(of_afi)
        }
    };
    let mut octets = vec![0; len];
    let (v4, v6) = ([192, 0, 2, 7], [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]);
    let address: &[u8] = if len % 8 == 4 { &v4 } else { &v6 };
    if let Some(at) = len.checked_sub(address.len()) {
        octets[at..].copy_from_slice(address);
    }
    octets
}
