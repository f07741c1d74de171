//! The table as ready messages: a router copies those of a whole turn at once and writes into each
//! what is its own.
//!
//! ```text
//! 0        6                40     48              as_at          hop_at
//! │ common │ per-peer … id  │ time │ BGP header …  │ first AS … │ next hop … │ NLRI
//!           ╰──── of the peer ────╯                 ╰─ peer's ─╯ ╰─ peer's ─╯
//! ```

use std::net::Ipv4Addr;
use std::ops::Range;

use super::LoadError;
use super::examples::{Examples, has_prefixes, merge, next_hop_len, path_id};
use super::rng::Rng;
use super::table::Table;
use super::walk::Counts;
use crate::bgp::encode as bgp;
use crate::bmp::encode as bmp;
use crate::wire::{Family, RouteDistinguisher, Timestamp};

/// Which families a table has, and whether its routes carry path identifiers (RFC 7911).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Families {
    pub(super) list: Vec<Family>,
    pub(super) add_path: bool,
}

impl Default for Families {
    fn default() -> Self {
        Self { list: vec![Family::IPV4_UNICAST, Family::IPV6_UNICAST], add_path: false }
    }
}

impl Families {
    /// Those with prefixes of this address family.
    fn of(&self, afi: u16) -> Vec<Family> {
        let of_table = |family: &Family| has_prefixes(*family) && family.afi == afi;
        self.list.iter().copied().filter(of_table).collect()
    }

    /// Those whose routes are more than prefixes, with how many of `prefixes` each announces: all
    /// families as many as each other. What is left is the table's.
    fn others(&self, prefixes: u32) -> Result<Vec<(Family, u32)>, LoadError> {
        let parts = self.list.len().max(1) as u64;
        let before = |part: u64| (u64::from(prefixes) * part / parts) as u32;
        let others = self.list.iter().copied().filter(|family| !has_prefixes(*family));
        let share = |(family, part)| match before(part + 1) - before(part) {
            routes if routes > EXAMPLES_MAX => {
                let text = format!("{routes} routes of one family: there are {EXAMPLES_MAX}");
                Err(LoadError::Config(text))
            }
            routes => Ok((family, routes)),
        };
        others.zip(0..).map(share).collect()
    }

    /// How many of `prefixes` are IPv6: one in six where there are both.
    fn v6_of(&self, prefixes: u32) -> u32 {
        match (self.of(1).is_empty(), self.of(2).is_empty()) {
            (false, false) => prefixes / 6,
            (false, true) => 0,
            _ => prefixes,
        }
    }
}

/// Where a message ends and where in it is what differs between peers, from the message's start.
#[derive(Debug, Clone, Copy)]
struct Mark {
    end: u32,
    /// The NLRIs.
    nlri_at: u16,
    nlri_len: u16,
    /// The first AS of the AS_PATH.
    as_at: u16,
    /// The next hop's address.
    hop_at: u16,
    count: u8,
    /// Number of its family in the list.
    family: u8,
    hop: Hop,
}

/// What of a peer's addresses its next hop has.
#[derive(Debug, Clone, Copy)]
enum Hop {
    None,
    V4,
    V6,
}

/// What an UPDATE announces.
#[derive(Debug, Clone, Copy)]
pub(super) struct Routes<'a> {
    pub(super) family: Family,
    pub(super) count: u8,
    pub(super) nlri: &'a [u8],
    /// Attributes that they need besides those that all have.
    pub(super) attributes: &'a [u8],
    /// The AS that originates them.
    pub(super) origin: u32,
}

/// What a peer writes into a message of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signature {
    /// The per-peer header up to its time.
    pub(super) head: [u8; HEAD],
    pub(super) asn: [u8; 4],
    pub(super) hop_v4: [u8; 4],
    pub(super) hop_v6: [u8; 16],
}

/// Octets of the per-peer header before its time.
pub(super) const HEAD: usize = bmp::PEER_HEADER_LEN - 8;
const HEAD_END: usize = bmp::COMMON_HEADER_LEN + HEAD;

/// The table's messages, as one peer would send them.
#[derive(Debug)]
pub(super) struct Rendered {
    octets: Vec<u8>,
    marks: Vec<Mark>,
    families: Families,
    /// Octets of the next hops of each family.
    next_hops: Vec<usize>,
}

impl Rendered {
    /// Renders a seeded table of exactly `prefixes` prefixes.
    ///
    /// # Errors
    /// It is too large.
    pub(super) fn new(prefixes: u32, families: Families, seed: u64) -> Result<Self, LoadError> {
        let others = families.others(prefixes)?;
        let of_table = prefixes - others.iter().map(|(_, routes)| routes).sum::<u32>();
        let table = Table::new(of_table, families.v6_of(of_table), seed);
        let mut new = Self {
            octets: Vec::with_capacity(prefixes as usize * 50 + 4096),
            marks: Vec::with_capacity(table.groups().len()),
            next_hops: families.list.iter().map(|f| next_hop_len(*f)).collect(),
            families,
        };
        let mut rng = Rng::new(seed, &[ATTRIBUTES]);
        new.table(&mut rng, &table);
        new.others(&mut rng, &others)?;
        Ok(new)
    }

    /// Renders the table's prefixes.
    fn table(&mut self, rng: &mut Rng, table: &Table) {
        let choice = [self.families.of(1), self.families.of(2)];
        let mut nlri = Vec::new();
        for group in table.groups() {
            let of_afi = &choice[usize::from(group.v6)];
            let family = match of_afi.len() {
                1 => of_afi[0],
                n => of_afi[rng.below(n as u32) as usize],
            };
            let (count, origin) = (group.count, group.origin);
            let routes = Routes { family, count, nlri: &[], attributes: &[], origin };
            if family.safi == 1 && !self.families.add_path {
                self.message(rng, &Routes { nlri: table.nlri(group), ..routes });
                continue;
            }
            let mut left = table.nlri(group);
            while !left.is_empty() {
                nlri.clear();
                let count = self.recode(rng, family, &mut left, &mut nlri);
                self.message(rng, &Routes { count, nlri: &nlri, ..routes });
            }
        }
    }

    /// Renders routes of families that are more than prefixes; the families take turns.
    fn others(&mut self, rng: &mut Rng, others: &[(Family, u32)]) -> Result<(), LoadError> {
        let mut left: Vec<Examples> =
            others.iter().map(|&(family, routes)| Examples::new(family, routes)).collect();
        while !left.is_empty() {
            left.retain_mut(|examples| match examples.update(rng, self.families.add_path) {
                Some(update) => {
                    self.message(rng, &update.routes());
                    true
                }
                None => false,
            });
            if self.octets.len() > OCTETS_MAX {
                let text = "the UPDATEs of a peer take more than 4 GiB: give it fewer prefixes";
                return Err(LoadError::Config(text.to_owned()));
            }
        }
        Ok(())
    }

    /// Takes prefixes off `left` and appends them as NLRIs of `family`: as many as fit into an
    /// UPDATE. Gives how many that are.
    fn recode(&self, rng: &mut Rng, family: Family, left: &mut &[u8], nlri: &mut Vec<u8>) -> u8 {
        let mut count = 0;
        while let [bits, rest @ ..] = *left
            && nlri.len() < NLRI_MAX
        {
            let (prefix, rest) = rest.split_at(usize::from(*bits).div_ceil(8));
            if self.families.add_path {
                nlri.extend_from_slice(&path_id(rng).to_be_bytes());
            }
            let label = (16 + rng.below(0x000f_ffef)) << 4 | 1; // with the bottom of stack
            let label = &label.to_be_bytes()[1..];
            match family.safi {
                4 => {
                    nlri.push(bits + 24);
                    nlri.extend_from_slice(label);
                }
                128 => {
                    nlri.push(bits + 88);
                    nlri.extend_from_slice(label);
                    let rd = RouteDistinguisher([0, 0, 0xfb, 0xf4, 0, 0, 0, rng.below(100) as u8]);
                    nlri.extend_from_slice(&rd.0);
                }
                _ => nlri.push(*bits),
            }
            nlri.extend_from_slice(prefix);
            *left = rest;
            count += 1;
        }
        count
    }

    fn message(&mut self, rng: &mut Rng, routes: &Routes<'_>) {
        let &Routes { family, nlri, .. } = routes;
        let number = self.families.list.iter().position(|f| *f == family).unwrap_or(0);
        let hop_len = self.next_hops.get(number).copied().unwrap_or_default();
        let at = self.octets.len();
        let out = &mut self.octets;
        let multiprotocol = family != Family::IPV4_UNICAST;
        let (mut hop, mut hop_at) = (Hop::V4, 0);
        let mut nlri_at = 0;
        let mut as_at = 0;
        let path = Path::draw(rng, routes.origin);
        bmp::message(out, ROUTE_MONITORING, |out| {
            out.extend_from_slice(&[0; bmp::PEER_HEADER_LEN]);
            let attributes = |out: &mut Vec<u8>| {
                if multiprotocol {
                    let next_hop = next_hop(rng, family, hop_len);
                    bgp::mp_reach(out, family, &next_hop, nlri);
                    nlri_at = out.len() - nlri.len() - at;
                    let before;
                    (hop, before) = Hop::of(next_hop.len());
                    // Before the NLRIs stand the next hop and a reserved octet.
                    hop_at = nlri_at - 1 - next_hop.len() + before;
                }
                let origin = match rng.below(100) {
                    0..90 => 0,
                    90..99 => 2,
                    _ => 1,
                };
                bgp::origin(out, origin);
                as_at = out.len() + AS_PATH_HEAD - at;
                bgp::as_path(out, &[bgp::Segment::Sequence(path.hops())]);
                if !multiprotocol {
                    bgp::next_hop(out, Ipv4Addr::UNSPECIFIED);
                    hop_at = out.len() - 4 - at;
                }
                if routes.attributes.is_empty() {
                    return optional_attributes(rng, &path, family.safi == VPN, out);
                }
                let mut more = Vec::new();
                optional_attributes(rng, &path, false, &mut more);
                merge(routes.attributes, &more, out);
            };
            let plain = if multiprotocol { &[] } else { nlri };
            bgp::update_with(out, |_| (), attributes, |out| out.extend_from_slice(plain));
        });
        if !multiprotocol {
            nlri_at = out.len() - nlri.len() - at;
        }
        self.marks.push(Mark {
            end: self.octets.len() as u32,
            nlri_at: nlri_at as u16,
            nlri_len: nlri.len() as u16,
            as_at: as_at as u16,
            hop_at: hop_at as u16,
            count: routes.count,
            family: number as u8,
            hop,
        });
    }

    pub(super) fn families(&self) -> &Families {
        &self.families
    }

    /// Messages of the table.
    pub(super) fn messages(&self) -> usize {
        self.marks.len()
    }

    fn start_of(&self, message: usize) -> usize {
        match message.checked_sub(1).and_then(|before| self.marks.get(before)) {
            Some(mark) => mark.end as usize,
            None => 0,
        }
    }

    /// Appends the messages of `range` as `peer` sends them, the first one at `clock`
    /// microseconds and each next one `tick` later. Ends early, but not before the first message,
    /// once `octets` octets are appended. Gives their counts.
    pub(super) fn copy(
        &self,
        range: Range<usize>,
        octets: usize,
        peer: &Signature,
        (mut clock, tick): (u64, u64),
        out: &mut Vec<u8>,
    ) -> Counts {
        let start = self.start_of(range.start);
        let marks = self.marks.get(range.clone()).unwrap_or_default();
        let fits = |mark: &Mark| (mark.end as usize).saturating_sub(start) < octets;
        // Most often all fit; the one that goes beyond is the last.
        let marks = match marks.last() {
            Some(last) if !fits(last) => &marks[..=marks.partition_point(fits)],
            _ => marks,
        };
        let Some(last) = marks.last() else { return Counts::default() };
        let base = out.len();
        out.extend_from_slice(self.octets.get(start..last.end as usize).unwrap_or_default());
        let mut message = out.get_mut(base..).unwrap_or_default();
        let mut counts = Counts { messages: marks.len() as u64, ..Counts::default() };
        let mut before = start;
        for mark in marks {
            let (this, rest) = message.split_at_mut(mark.end as usize - before);
            peer.sign(this, mark, clock);
            counts.announced += u64::from(mark.count);
            (message, before) = (rest, mark.end as usize);
            clock += tick;
        }
        counts.bytes = (out.len() - base) as u64;
        counts
    }

    /// Appends message `number` with another second AS: a route that has changed.
    pub(super) fn change(
        &self,
        number: usize,
        transit: u32,
        peer: &Signature,
        clock: u64,
        out: &mut Vec<u8>,
    ) -> Counts {
        let at = out.len();
        let counts = self.copy(number..number + 1, usize::MAX, peer, (clock, 0), out);
        if let Some(mark) = self.marks.get(number) {
            let second = at + usize::from(mark.as_at) + 4;
            out[second..second + 4].copy_from_slice(&transit.to_be_bytes());
        }
        counts
    }

    /// Appends the withdrawal of what message `number` announces.
    pub(super) fn withdraw(
        &self,
        number: usize,
        peer: &Signature,
        clock: u64,
        out: &mut Vec<u8>,
    ) -> Counts {
        let Some(mark) = self.marks.get(number) else { return Counts::default() };
        let at = out.len();
        let family = self.families.list[usize::from(mark.family)];
        let nlri_at = self.start_of(number) + usize::from(mark.nlri_at);
        let nlri = &self.octets[nlri_at..nlri_at + usize::from(mark.nlri_len)];
        bmp::message(out, ROUTE_MONITORING, |out| {
            out.extend_from_slice(&peer.head);
            out.extend_from_slice(&wire_time(clock));
            if family == Family::IPV4_UNICAST {
                bgp::update(out, nlri, &[], &[]);
            } else {
                let attributes = |out: &mut Vec<u8>| bgp::mp_unreach(out, family, nlri);
                bgp::update_with(out, |_| (), attributes, |_| ());
            }
        });
        let (withdrawn, bytes) = (u64::from(mark.count), (out.len() - at) as u64);
        Counts { messages: 1, announced: 0, withdrawn, bytes }
    }
}

impl Signature {
    #[inline]
    fn sign(&self, message: &mut [u8], mark: &Mark, clock: u64) {
        let (head, _) = message.split_at_mut(HEAD_END + 8);
        head[bmp::COMMON_HEADER_LEN..HEAD_END].copy_from_slice(&self.head);
        head[HEAD_END..].copy_from_slice(&wire_time(clock));
        let (asn, hop) = (usize::from(mark.as_at), usize::from(mark.hop_at));
        message[asn..asn + 4].copy_from_slice(&self.asn);
        match mark.hop {
            Hop::V4 => message[hop..hop + 4].copy_from_slice(&self.hop_v4),
            Hop::V6 => message[hop..hop + 16].copy_from_slice(&self.hop_v6),
            Hop::None => {}
        }
    }
}

impl Hop {
    /// What a next hop of so many octets has, and after how many octets: those of a distinguisher.
    fn of(octets: usize) -> (Self, usize) {
        match octets {
            4 => (Hop::V4, 0),
            12 => (Hop::V4, 8),
            16 | 32 => (Hop::V6, 0),
            24 | 48 => (Hop::V6, 8),
            _ => (Hop::None, 0),
        }
    }
}

/// Seconds and microseconds as the per-peer header has them.
fn wire_time(clock: u64) -> [u8; 8] {
    let at = Timestamp::from_micros(clock);
    ((at.secs as u32 as u64) << 32 | u64::from(at.micros)).to_be_bytes()
}

/// A next hop of `len` octets to be filled in.
fn next_hop(rng: &mut Rng, family: Family, len: usize) -> Vec<u8> {
    let mut hop = vec![0; len];
    // Global and link-local address (RFC 2545 §3), as over a link without others.
    if family == Family::IPV6_UNICAST && rng.per_mille(500) {
        hop.extend_from_slice(&(0xfe80_u128 << 112 | 1).to_be_bytes());
    }
    hop
}

/// An AS path: the peer's AS, which is filled in, 1–4 different transits, and the origin, at times
/// repeated.
struct Path {
    hops: [u32; 10],
    len: usize,
}

impl Path {
    fn draw(rng: &mut Rng, origin: u32) -> Self {
        let mut path = Self { hops: [0; 10], len: 1 };
        let transits = [1, 2, 2, 3, 3, 4][rng.below(6) as usize];
        while path.len <= transits {
            let transit = TRANSITS[rng.below(TRANSITS.len() as u32) as usize];
            if !path.hops().contains(&transit) {
                path.push(transit);
            }
        }
        path.push(origin);
        if rng.per_mille(150) {
            (0..=rng.below(4)).for_each(|_| path.push(origin));
        }
        path
    }

    fn push(&mut self, asn: u32) {
        self.hops[self.len] = asn;
        self.len += 1;
    }

    fn hops(&self) -> &[u32] {
        &self.hops[..self.len]
    }

    fn origin(&self) -> u32 {
        self.hops[self.len - 1]
    }
}

/// Appends what some routes have; those of a `vpn` all have a route target (RFC 4364 §4.3.1).
fn optional_attributes(rng: &mut Rng, path: &Path, vpn: bool, out: &mut Vec<u8>) {
    if rng.per_mille(200) {
        bgp::med(out, rng.below(1000));
    }
    if rng.per_mille(50) {
        bgp::atomic_aggregate(out);
    }
    if rng.per_mille(80) {
        let speaker = Ipv4Addr::from(0x0a00_0000 | rng.below(1 << 24));
        bgp::aggregator(out, path.origin(), speaker);
    }
    let count = rng.below(9) as usize;
    if count > 0 {
        let upper = (path.hops[1] & 0xffff) << 16;
        let mut values = [0; 8];
        values.iter_mut().for_each(|v| *v = upper | rng.below(0x1_0000));
        bgp::communities(out, &values[..count]);
    }
    let anyway = rng.per_mille(30);
    if anyway || vpn {
        let mut target = [0, 2, 0xfb, 0xf4, 0, 0, 0, 0]; // route target 64500:n
        target[4..].copy_from_slice(&rng.below(1_000_000).to_be_bytes());
        bgp::extended_communities(out, &[target]);
    }
    if rng.per_mille(150) {
        let mut values = [[0; 3]; 4];
        for (value, n) in values.iter_mut().zip(0..) {
            *value = [path.origin(), n, rng.below(1_000_000)];
        }
        let count = 1 + rng.below(4) as usize;
        bgp::large_communities(out, &values[..count]);
    }
}

/// A transit AS, chosen by `n`.
pub(super) fn transit(n: u64) -> u32 {
    TRANSITS[(n % TRANSITS.len() as u64) as usize]
}

const ROUTE_MONITORING: u8 = 0;
/// Tells the attributes' random numbers from others.
const ATTRIBUTES: u64 = 0x61_7474_7273;
/// Octets of an AS_PATH before its first AS: flags, code, length, segment type and count.
const AS_PATH_HEAD: usize = 5;
/// NLRIs of an UPDATE end once they have this many octets: with attributes below 4096.
pub(super) const NLRI_MAX: usize = 3000;
/// The SAFI of VPN families (RFC 4364 §4.3.4).
const VPN: u8 = 128;
/// Families have this many different examples.
const EXAMPLES_MAX: u32 = 1 << 24;
/// Octets of all messages, as marks can say them; a turn of all families takes less than the rest.
const OCTETS_MAX: usize = u32::MAX as usize - (1 << 24);

const TRANSITS: [u32; 20] = [
    174, 1299, 2914, 3257, 3320, 3356, 3491, 5511, 6453, 6461, 6762, 6830, 6939, 7018, 9002, 12956,
    20485, 49788, 58453, 137409,
];
