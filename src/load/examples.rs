//! UPDATEs of the families that are more than prefixes: their routes are the examples that each
//! family gives of itself, all types of route in turn.

use std::collections::VecDeque;

use super::render::{NLRI_MAX, Routes};
use super::rng::Rng;
use super::table::origin;
use crate::bgp::attr::Attributes;
use crate::bgp::nlri;
use crate::wire::{Family, Reader};

/// Routes of one family that are still to be announced.
#[derive(Debug)]
pub(super) struct Examples {
    family: Family,
    next: u32,
    end: u32,
    /// Whether an UPDATE has one route only.
    alone: bool,
    /// UPDATEs of the routes below `next`.
    ready: VecDeque<Update>,
}

/// What an UPDATE announces: routes that need the same attributes.
#[derive(Debug)]
pub(super) struct Update {
    family: Family,
    count: u8,
    nlri: Vec<u8>,
    attributes: Vec<u8>,
    origin: u32,
}

impl Update {
    pub(super) fn routes(&self) -> Routes<'_> {
        Routes {
            family: self.family,
            count: self.count,
            nlri: &self.nlri,
            attributes: &self.attributes,
            origin: self.origin,
        }
    }
}

/// A route and the attributes that it needs.
struct Example {
    attributes: Vec<u8>,
    nlri: Vec<u8>,
}

impl Examples {
    /// The first `routes` examples of `family`.
    pub(super) fn new(family: Family, routes: u32) -> Self {
        Self { family, next: 0, end: routes, alone: is_alone(family), ready: VecDeque::new() }
    }

    /// The next UPDATE.
    pub(super) fn update(&mut self, rng: &mut Rng, add_path: bool) -> Option<Update> {
        if self.ready.is_empty() {
            self.look_ahead(rng, add_path);
        }
        self.ready.pop_front()
    }

    /// Takes some routes and sorts them by the attributes that they need.
    fn look_ahead(&mut self, rng: &mut Rng, add_path: bool) {
        let end = self.end.min(self.next + AHEAD);
        let mut some: Vec<Example> =
            (self.next..end).map(|index| Example::new(self.family, index, add_path, rng)).collect();
        self.next = end;
        some.sort_by(|a, b| a.attributes.cmp(&b.attributes));
        for alike in some.chunk_by(|a, b| a.attributes == b.attributes) {
            let mut update: Option<Update> = None;
            for Example { attributes, nlri } in alike {
                let room = NLRI_MAX.saturating_sub(attributes.len());
                if let Some(update) = &mut update
                    && !self.alone
                    && update.nlri.len() + nlri.len() <= room
                {
                    update.nlri.extend_from_slice(nlri);
                    update.count += 1;
                    continue;
                }
                self.ready.extend(update.replace(Update {
                    family: self.family,
                    count: 1,
                    nlri: nlri.clone(),
                    attributes: attributes.clone(),
                    origin: origin(rng),
                }));
            }
            self.ready.extend(update);
        }
    }
}

impl Example {
    fn new(family: Family, index: u32, add_path: bool, rng: &mut Rng) -> Self {
        let mut new = Self { attributes: Vec::new(), nlri: Vec::new() };
        if add_path {
            new.nlri.extend_from_slice(&path_id(rng).to_be_bytes());
        }
        nlri::example(family, index, &mut new.nlri);
        nlri::example_attributes(family, index, &mut new.attributes);
        new
    }
}

/// A path identifier as routers give them: small.
pub(super) fn path_id(rng: &mut Rng) -> u32 {
    1 + rng.below(3)
}

/// Whether the routes of `family` are prefixes of the table, which may have labels and a
/// distinguisher; those of others are examples.
pub(super) fn has_prefixes(family: Family) -> bool {
    matches!((family.afi, family.safi), (1 | 2, 1 | 4 | 128))
}

/// Whether a route of `family` ends with its list, so that no other one can follow.
pub(super) fn is_alone(family: Family) -> bool {
    let mut two = Vec::new();
    (0..2).for_each(|index| nlri::example(family, index, &mut two));
    nlri::scan(family, false, true, Reader::new(&two)).count == 1
}

/// The octets of the next hops that `family` most often has: an address, with a route distinguisher
/// before it in VPN families; none where there is nowhere to go (RFC 8955 §4).
pub(super) fn next_hop_len(family: Family) -> usize {
    let often = match (family.safi, family.afi) {
        (133 | 134, _) => 0,
        (72 | 84 | 128 | 129, 2) => 24,
        (72 | 84 | 128 | 129, _) => 12,
        (_, 2) => 16,
        _ => 4,
    };
    let allowed = nlri::next_hops(family).unwrap_or_default();
    match allowed.first() {
        Some(other) if !allowed.contains(&often) => *other,
        _ => often,
    }
}

/// Appends the attributes of `needed` and `more`, which are in order of their codes, in that order;
/// where both have one, the needed one.
pub(super) fn merge(needed: &[u8], more: &[u8], out: &mut Vec<u8>) {
    let mut all = split(needed);
    all.extend(split(more));
    all.sort_by_key(|(code, _)| *code);
    all.dedup_by_key(|(code, _)| *code);
    all.iter().for_each(|(_, octets)| out.extend_from_slice(octets));
}

/// Each attribute's code and octets.
fn split(octets: &[u8]) -> Vec<(u8, &[u8])> {
    let mut left = Attributes::new(Reader::new(octets));
    let mut begin = 0;
    std::iter::from_fn(|| {
        let attribute = left.next_whole()?;
        let from = begin;
        begin = attribute.reader().offset() + attribute.reader().len();
        Some((attribute.code.0, octets.get(from..begin)?))
    })
    .collect()
}

/// Examples from which the routes of an UPDATE are taken.
const AHEAD: u32 = 16;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::bgp::encode as bgp;

    #[test]
    fn next_hops_have_a_length_that_their_family_foresees() {
        for known in nlri::FAMILIES {
            let len = next_hop_len(known.family);
            assert!(known.next_hops.is_empty() || known.next_hops.contains(&len), "{}", known.name);
        }
        let lens = [(1, 1), (2, 1), (1, 128), (2, 128), (2, 129), (25, 70), (1, 133), (2, 134)];
        let lens = lens.map(|(afi, safi)| next_hop_len(Family::new(afi, safi)));
        assert_eq!(lens, [4, 16, 12, 24, 24, 4, 0, 0]);
    }

    #[test]
    fn attributes_are_merged_in_order_and_none_stands_twice() {
        let octets = |write: &dyn Fn(&mut Vec<u8>)| {
            let mut out = Vec::new();
            write(&mut out);
            out
        };
        let long = [[0, 2, 0, 0, 0, 0, 0, 1]; 40];
        let needed = octets(&|out| {
            bgp::local_pref(out, 7);
            bgp::extended_communities(out, &long);
        });
        let more = octets(&|out| {
            bgp::med(out, 1);
            bgp::atomic_aggregate(out);
            bgp::extended_communities(out, &[[9; 8]]);
            bgp::large_communities(out, &[[1, 2, 3]]);
        });
        let mut merged = Vec::new();
        merge(&needed, &more, &mut merged);
        let want = octets(&|out| {
            bgp::med(out, 1);
            bgp::local_pref(out, 7);
            bgp::atomic_aggregate(out);
            bgp::extended_communities(out, &long);
            bgp::large_communities(out, &[[1, 2, 3]]);
        });
        assert_eq!(merged, want);
        merge(&[], &more, &mut merged);
        assert_eq!(merged[want.len()..], more);
    }
}
