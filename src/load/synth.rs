//! One synthetic router: its identity, its peers and its messages, made one after the other.
//!
//! Order: Initiation, a Peer Up for each peer, the table (peers take turns of [`TURN`] UPDATEs),
//! and End-of-RIB for each peer and family.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::rng::Rng;
use super::table::{Group, Table};
use super::walk::Counts;
use crate::bgp::encode as bgp;
use crate::bmp::encode as bmp;
use crate::wire::{Family, RouteDistinguisher, Timestamp};

/// What makes one synthetic router different from all others.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) table: Arc<Table>,
    pub(super) peers: u32,
    pub(super) router: u32,
    pub(super) seed: u64,
}

/// The message that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Initiation,
    PeerUp { peer: u32 },
    Update { peer: u32, turn: usize, group: usize },
    EndOfRib { peer: u32, family: Family },
    Nothing,
}

/// A synthetic router's messages.
#[derive(Debug)]
pub(super) struct Synthetic {
    plan: Plan,
    peers: Vec<Peer>,
    next: Next,
    repeats_left: u32,
    /// Microseconds of the epoch: the time of the next message.
    clock: u64,
}

impl Synthetic {
    /// A router that sends everything `repeat` times, but its Initiation once.
    pub(super) fn new(plan: Plan, repeat: u32) -> Self {
        let repeats_left = repeat.saturating_sub(1);
        let mut new =
            Self { plan, peers: Vec::new(), next: Next::Initiation, repeats_left, clock: 0 };
        new.rewind();
        new
    }

    /// Messages that are sent in `repeat` repetitions.
    pub(super) fn total_messages(plan: &Plan, repeat: u32) -> u64 {
        let per_peer = plan.table.groups().len() as u64 + 3; // Peer Up and two End-of-RIBs
        (per_peer * u64::from(plan.peers)).saturating_mul(u64::from(repeat)).saturating_add(1)
    }

    fn rewind(&mut self) {
        self.peers = (0..self.plan.peers).map(|i| Peer::new(&self.plan, i)).collect();
        self.clock = START;
    }

    /// Appends the next message; `None` when there is none left.
    pub(super) fn next(&mut self, out: &mut Vec<u8>) -> Option<Counts> {
        let at = out.len();
        let mut announced = 0;
        let now = Timestamp::from_micros(self.clock);
        match self.next {
            Next::Initiation => self.plan.initiation(out),
            Next::PeerUp { peer } => self.peers.get(peer as usize)?.up(&self.plan, now, out),
            Next::Update { peer, group, .. } => {
                let group = self.plan.table.groups().get(group)?;
                let nlri = self.plan.table.nlri(group);
                announced = u64::from(group.count);
                self.peers.get_mut(peer as usize)?.announce(now, group, nlri, out);
            }
            Next::EndOfRib { peer, family } => {
                let head = self.peers.get(peer as usize)?.head(now);
                bmp::route_monitoring_with(out, &head, |out| bgp::end_of_rib(out, family));
            }
            Next::Nothing => return None,
        }
        if self.next != Next::Initiation {
            self.clock += TICK;
        }
        self.step();
        Some(Counts { messages: 1, announced, withdrawn: 0, bytes: (out.len() - at) as u64 })
    }

    fn step(&mut self) {
        let (peers, groups) = (self.plan.peers, self.plan.table.groups().len());
        let end_of_rib = |peer| Next::EndOfRib { peer, family: Family::IPV4_UNICAST };
        self.next = match self.next {
            Next::Initiation => Next::PeerUp { peer: 0 },
            Next::PeerUp { peer } if peer + 1 < peers => Next::PeerUp { peer: peer + 1 },
            Next::PeerUp { .. } if groups == 0 => end_of_rib(0),
            Next::PeerUp { .. } => Next::Update { peer: 0, turn: 0, group: 0 },
            Next::Update { peer, turn, group } => {
                let end = (turn + TURN).min(groups);
                if group + 1 < end {
                    Next::Update { peer, turn, group: group + 1 }
                } else if peer + 1 < peers {
                    Next::Update { peer: peer + 1, turn, group: turn }
                } else if end < groups {
                    Next::Update { peer: 0, turn: end, group: end }
                } else {
                    end_of_rib(0)
                }
            }
            Next::EndOfRib { peer, family: Family::IPV4_UNICAST } => {
                Next::EndOfRib { peer, family: Family::IPV6_UNICAST }
            }
            Next::EndOfRib { peer, .. } if peer + 1 < peers => end_of_rib(peer + 1),
            Next::EndOfRib { .. } if self.repeats_left > 0 => {
                self.repeats_left -= 1;
                self.rewind();
                Next::PeerUp { peer: 0 }
            }
            Next::EndOfRib { .. } | Next::Nothing => Next::Nothing,
        };
    }
}

impl Plan {
    fn initiation(&self, out: &mut Vec<u8>) {
        let name = format!("ribcage-load-{}", self.router);
        let note = format!("seed {} peers {}", self.seed, self.peers);
        bmp::initiation(
            out,
            &[
                (bmp::INFO_SYS_DESCR, b"Ribcage synthetic router"),
                (bmp::INFO_SYS_NAME, name.as_bytes()),
                (bmp::INFO_STRING, note.as_bytes()),
            ],
        );
    }

    /// The router's BGP Identifier and IPv4 address: 172.16.0.0/12 holds a million of them.
    fn router_id(&self) -> Ipv4Addr {
        Ipv4Addr::from(0xac10_0000 | (self.router + 1) & 0x000f_ffff)
    }

    fn address_v6(&self, host: u32) -> Ipv6Addr {
        let host = u128::from(host);
        Ipv6Addr::from(0x2001_0db8 << 96 | u128::from(self.router) << 64 | host)
    }
}

/// One BGP peer of the router.
#[derive(Debug)]
struct Peer {
    number: u32,
    header: bmp::PeerHeader,
    next_hop: Ipv4Addr,
    /// A global address, and for every second peer a link-local one.
    next_hop_v6: Vec<u8>,
    rng: Rng,
}

impl Peer {
    fn new(plan: &Plan, number: u32) -> Self {
        let serial = u64::from(plan.router) * u64::from(plan.peers) + u64::from(number);
        let bgp_id = Ipv4Addr::from(0x0a00_0000 | (serial + 1) as u32 & 0x00ff_ffff);
        let v6 = plan.address_v6(number + 1);
        let address = if number % 4 == 3 { IpAddr::V6(v6) } else { IpAddr::V4(bgp_id) };
        // Every second peer has an AS number that needs 4 octets.
        let asn = match number % 2 {
            0 => 64_601 + number / 2 % 300,
            _ => 4_200_000_000 + (serial % 94_000_000) as u32,
        };
        let mut next_hop_v6 = v6.octets().to_vec();
        if number % 2 == 1 {
            let link_local = 0xfe80_u128 << 112 | u128::from(number + 1);
            next_hop_v6.extend_from_slice(&link_local.to_be_bytes());
        }
        let header = bmp::PeerHeader {
            peer_type: 0,
            flags: bmp::PeerHeader::address_flag(address),
            distinguisher: RouteDistinguisher::default(),
            address,
            asn,
            bgp_id,
            at: Timestamp::default(),
        };
        let rng = Rng::new(plan.seed, &[u64::from(plan.router), u64::from(number)]);
        Self { number, header, next_hop: bgp_id, next_hop_v6, rng }
    }

    fn head(&self, at: Timestamp) -> bmp::PeerHeader {
        bmp::PeerHeader { at, ..self.header }
    }

    fn up(&self, plan: &Plan, now: Timestamp, out: &mut Vec<u8>) {
        let open = |asn, bgp_id| {
            let capabilities = [
                bgp::Capability::Multiprotocol(Family::IPV4_UNICAST),
                bgp::Capability::Multiprotocol(Family::IPV6_UNICAST),
                bgp::Capability::RouteRefresh,
                bgp::Capability::FourOctetAs(asn),
                bgp::Capability::GracefulRestart { restarting: false, seconds: 120, families: &[] },
            ];
            let mut pdu = Vec::new();
            let hold_time = 180;
            bgp::open(&mut pdu, &bgp::Open { asn, hold_time, bgp_id, capabilities: &capabilities });
            pdu
        };
        let local_address = match self.header.address {
            IpAddr::V4(_) => IpAddr::V4(plan.router_id()),
            IpAddr::V6(_) => IpAddr::V6(plan.address_v6(u32::MAX)),
        };
        let up = bmp::PeerUp {
            local_address,
            local_port: 179,
            remote_port: 40_000 + (self.number % 20_000) as u16,
            sent_open: &open(LOCAL_AS, plan.router_id()),
            received_open: &open(self.header.asn, self.header.bgp_id),
            tlvs: &[],
        };
        bmp::peer_up(out, &self.head(now), &up);
    }

    fn announce(&mut self, now: Timestamp, group: &Group, nlri: &[u8], out: &mut Vec<u8>) {
        let head = self.head(now);
        let path = Path::draw(&mut self.rng, self.header.asn, group.origin);
        bmp::route_monitoring_with(out, &head, |out| {
            let attributes = |out: &mut Vec<u8>| {
                if group.v6 {
                    bgp::mp_reach(out, Family::IPV6_UNICAST, &self.next_hop_v6, nlri);
                }
                let origin = match self.rng.below(100) {
                    0..90 => 0,
                    90..99 => 2,
                    _ => 1,
                };
                bgp::origin(out, origin);
                bgp::as_path(out, &[bgp::Segment::Sequence(path.hops())]);
                if !group.v6 {
                    bgp::next_hop(out, self.next_hop);
                }
                optional_attributes(&mut self.rng, &path, head.bgp_id, out);
            };
            let plain = if group.v6 { &[] } else { nlri };
            bgp::update_with(out, |_| (), attributes, |out| out.extend_from_slice(plain));
        });
    }
}

/// An AS path of 3–6 different hops, at times with the origin repeated.
struct Path {
    hops: [u32; 10],
    len: usize,
}

impl Path {
    fn draw(rng: &mut Rng, peer: u32, origin: u32) -> Self {
        let mut path = Self { hops: [0; 10], len: 0 };
        path.push(peer);
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

fn optional_attributes(rng: &mut Rng, path: &Path, speaker: Ipv4Addr, out: &mut Vec<u8>) {
    if rng.per_mille(200) {
        bgp::med(out, rng.below(1000));
    }
    if rng.per_mille(50) {
        bgp::atomic_aggregate(out);
    }
    if rng.per_mille(80) {
        bgp::aggregator(out, path.origin(), speaker);
    }
    let count = rng.below(9) as usize;
    if count > 0 {
        let upper = (path.hops[1] & 0xffff) << 16;
        let mut values = [0; 8];
        values.iter_mut().for_each(|v| *v = upper | rng.below(0x1_0000));
        bgp::communities(out, &values[..count]);
    }
    if rng.per_mille(30) {
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

/// UPDATEs of one peer before the next peer's turn.
const TURN: usize = 64;
/// The time of the first message, 2025-10-09, and the microseconds from one to the next. Fixed, so
/// that the bytes are.
const START: u64 = 1_760_000_000_000_000;
const TICK: u64 = 37;
const LOCAL_AS: u32 = 65_000;

const TRANSITS: [u32; 20] = [
    174, 1299, 2914, 3257, 3320, 3356, 3491, 5511, 6453, 6461, 6762, 6830, 6939, 7018, 9002, 12956,
    20485, 49788, 58453, 137409,
];

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::load::walk;
    use std::collections::HashSet;
    use xxhash_rust::xxh3::xxh3_64;

    fn plan(router: u32, peers: u32, prefixes: u32) -> Plan {
        Plan { table: Arc::new(Table::new(prefixes, 42)), peers, router, seed: 42 }
    }

    fn messages(plan: &Plan, repeat: u32) -> Vec<Vec<u8>> {
        let mut router = Synthetic::new(plan.clone(), repeat);
        let mut all = Vec::new();
        let mut out = Vec::new();
        while let Some(counts) = router.next(&mut out) {
            assert_eq!(counts, walk::count(&out));
            all.push(std::mem::take(&mut out));
        }
        assert_eq!(all.len() as u64, Synthetic::total_messages(plan, repeat));
        all
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_for_ever() {
        let hash = xxh3_64(&messages(&plan(3, 5, 2000), 1).concat());
        assert_eq!(hash, HASH, "{hash:#x}");
    }
    const HASH: u64 = 0x1cb2_0ed5_749b_9186;

    #[test]
    fn a_router_says_everything_in_order_and_fits_updates_into_4096_octets() {
        let all = messages(&plan(0, 3, 600), 1);
        let kinds: Vec<u8> = all.iter().map(|m| m[5]).collect();
        assert_eq!(kinds[..5], [4, 3, 3, 3, 0]);
        assert!(kinds[4..].iter().all(|&kind| kind == 0));
        assert!(all.iter().all(|m| m.len() <= 48 + 4096));
        let ends: Vec<usize> = all[all.len() - 6..].iter().map(|m| m.len() - 48).collect();
        assert_eq!(ends, [23, 29, 23, 29, 23, 29]);
        let routes = walk::count(&all.concat()).announced;
        assert_eq!(routes, 3 * 600);
    }

    #[test]
    fn peers_take_turns() {
        let plan = plan(0, 2, 1000);
        let all = messages(&plan, 1);
        let peer = |m: &Vec<u8>| m[16..48 - 8].to_vec();
        let first: HashSet<_> = all[3..3 + TURN].iter().map(peer).collect();
        assert_eq!(first.len(), 1);
        assert_ne!(peer(&all[3]), peer(&all[3 + TURN]));
        assert_eq!(peer(&all[3]), peer(&all[3 + 2 * TURN]));
    }

    #[test]
    fn repetition_sends_the_initiation_once() {
        let plan = plan(1, 2, 100);
        let once = messages(&plan, 1);
        let thrice = messages(&plan, 3);
        let mut expected = once.clone();
        expected.extend_from_slice(&once[1..]);
        expected.extend_from_slice(&once[1..]);
        assert_eq!(thrice, expected);
    }

    #[test]
    fn routers_and_peers_have_identities_of_their_own() {
        let mut names = HashSet::new();
        let mut peers = HashSet::new();
        for router in 0..4 {
            let all = messages(&plan(router, 6, 0), 1);
            names.insert(all[0].clone());
            peers.extend(all[1..7].iter().map(|m| m[16..40].to_vec()));
        }
        assert_eq!((names.len(), peers.len()), (4, 24));
    }

    #[test]
    fn attributes_have_the_intended_mix() {
        let all = messages(&plan(0, 1, 20_000), 1);
        let updates = (all.len() - 4) as f64;
        let mut seen = [0.0; 256];
        for m in &all[2..all.len() - 2] {
            let withdrawn = usize::from(u16::from_be_bytes([m[67], m[68]]));
            let len = usize::from(u16::from_be_bytes([m[69 + withdrawn], m[70 + withdrawn]]));
            let mut left = &m[71 + withdrawn..71 + withdrawn + len];
            while let [flags, code, rest @ ..] = left {
                let long = flags & 0x10 != 0;
                let head = 1 + usize::from(long);
                let len =
                    if long { u16::from_be_bytes([rest[0], rest[1]]) } else { rest[0].into() };
                seen[usize::from(*code)] += 1.0 / updates;
                left = &rest[head + usize::from(len)..];
            }
        }
        let near = |code: usize, share: f64| (seen[code] - share).abs() < 0.03;
        assert!(near(1, 1.0) && near(2, 1.0) && near(4, 0.2) && near(8, 8.0 / 9.0), "{seen:?}");
        assert!(near(16, 0.03) && near(32, 0.15) && near(3, 5.0 / 6.0), "{seen:?}");
    }
}
