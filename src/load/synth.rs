//! One synthetic router: its identity, its peers and its messages, made one after the other.
//!
//! Order: Initiation, a Peer Up for each peer, the table (peers take turns of [`TURN`] UPDATEs),
//! and End-of-RIB for each peer and family. Then comes what the scenarios schedule.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use super::render::{HEAD, Rendered, Signature, transit};
use super::rng::mix;
use super::scenario::churn::{Churn, Pace, Part};
use super::scenario::flap::Flap;
use super::stream::{Ahead, Limit};
use super::walk::Counts;
use crate::bgp::encode as bgp;
use crate::bmp::PeerHeader;
use crate::bmp::encode as bmp;
use crate::wire::{Family, Timestamp};

/// What makes one synthetic router different from all others.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) table: Arc<Rendered>,
    pub(super) peers: u32,
    pub(super) router: u32,
    pub(super) seed: u64,
    /// How often the dump is sent.
    pub(super) repeat: u64,
    pub(super) churn: Option<(Churn, Part)>,
    pub(super) flap: Option<Flap>,
    /// Whether something is scheduled, be it for others only.
    pub(super) waits: bool,
}

/// The message that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Initiation,
    PeerUp {
        peer: u32,
    },
    Update {
        peer: u32,
        turn: usize,
        group: usize,
    },
    EndOfRib {
        peer: u32,
        family: usize,
    },
    /// What the schedule says.
    Scheduled,
    /// The `number`-th of the peers that flap now.
    Flap {
        number: u32,
        step: FlapStep,
    },
}

/// What of a peer's flap comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FlapStep {
    Down,
    Up,
    Update { group: usize },
    EndOfRib { family: usize },
}

/// A synthetic router's messages.
#[derive(Debug)]
pub(super) struct Synthetic {
    plan: Plan,
    next: Next,
    repeats_left: u64,
    /// Microseconds of the epoch: the time of the next message.
    clock: u64,
    /// When the schedule begins, since the run's start.
    base: Option<Duration>,
    pace: Option<Pace>,
    /// Flaps that are done.
    flapped: u64,
    /// Peers that have flapped.
    pub(super) flaps: u64,
}

impl Synthetic {
    pub(super) fn new(plan: Plan) -> Self {
        let repeats_left = plan.repeat.saturating_sub(1);
        let pace = plan.churn.map(|(churn, part)| Pace::new(&churn, part));
        let pace = pace.filter(|_| plan.table.messages() > 0);
        let (next, base) = (Next::Initiation, None);
        Self { plan, next, repeats_left, clock: START, base, pace, flapped: 0, flaps: 0 }
    }

    /// Messages of one dump with its Initiation.
    pub(super) fn dump_messages(&self) -> u64 {
        1 + u64::from(self.plan.peers) * (self.peer_messages() + 1)
    }

    /// All messages, without those of further connections.
    pub(super) fn total_messages(&self) -> u64 {
        let dump = self.dump_messages() - 1;
        let churn = self.pace.map_or(0, |pace| pace.total());
        let flaps = self.plan.flap.map_or(0, |flap| {
            flap.times.saturating_mul(u64::from(self.flapping()) * (self.peer_messages() + 2))
        });
        let dumps = dump.saturating_mul(self.plan.repeat.max(1));
        dumps.saturating_add(1).saturating_add(churn).saturating_add(flaps)
    }

    /// UPDATEs and End-of-RIBs of a peer.
    fn peer_messages(&self) -> u64 {
        (self.plan.table.messages() + self.families().len()) as u64
    }

    fn families(&self) -> &[Family] {
        &self.plan.table.families().list
    }

    /// Peers that flap at once.
    fn flapping(&self) -> u32 {
        self.plan.flap.map_or(0, |flap| flap.peers.min(self.plan.peers))
    }

    /// All routers have sent their dump: the schedule begins.
    pub(super) fn begin(&mut self, base: Duration) {
        self.base = Some(base);
    }

    /// The connection was dropped: everything is said again, then the schedule goes on.
    pub(super) fn restart(&mut self) {
        self.next = Next::Initiation;
        self.repeats_left = 0;
    }

    /// What comes next, with its time since the run's start.
    pub(super) fn ahead(&self) -> Ahead {
        match self.next {
            Next::Scheduled => match (self.base, self.scheduled()) {
                (None, _) if self.plan.waits => Ahead::Barrier,
                (Some(base), Some((due, _))) => Ahead::Messages(Some(base + due)),
                _ => Ahead::End,
            },
            Next::Flap { .. } => {
                let flap = self.plan.flap.and_then(|flap| flap.at(self.flapped));
                Ahead::Messages(Some(self.base.unwrap_or_default() + flap.unwrap_or_default()))
            }
            _ => Ahead::Messages(None),
        }
    }

    /// What the schedule says next: when, and whether it is a flap.
    fn scheduled(&self) -> Option<(Duration, bool)> {
        let flap = self.plan.flap.and_then(|flap| flap.at(self.flapped));
        match (flap, self.pace.and_then(|pace| pace.next())) {
            (Some(flap), Some(churn)) if churn < flap => Some((churn, false)),
            (Some(flap), _) => Some((flap, true)),
            (None, churn) => churn.map(|churn| (churn, false)),
        }
    }

    /// Appends the next messages within `limit`: those that are due by its time and, if they are
    /// scheduled, at about the same time.
    pub(super) fn fill(&mut self, limit: &Limit, out: &mut Vec<u8>) -> Counts {
        let (begin, mut counts) = (out.len(), Counts::default());
        let first = match self.ahead() {
            Ahead::Messages(due) => due,
            _ => return counts,
        };
        let until = first.map_or(Duration::MAX, |due| limit.until.min(due + SPAN));
        loop {
            let octets = limit.octets.saturating_sub(out.len() - begin);
            counts += self.some(octets, limit.messages - counts.messages, out);
            let full = out.len() - begin >= limit.octets || counts.messages >= limit.messages;
            match self.ahead() {
                Ahead::Messages(None) if first.is_none() && !full => {}
                Ahead::Messages(Some(due)) if first.is_some() && due <= until && !full => {}
                _ => return counts,
            }
        }
    }

    /// Appends one or more messages.
    fn some(&mut self, octets: usize, messages: u64, out: &mut Vec<u8>) -> Counts {
        let at = out.len();
        let now = Timestamp::from_micros(self.clock);
        let plan = &self.plan;
        let mut counts = Counts { messages: 1, ..Counts::default() };
        let groups = plan.table.messages();
        let most = |group: usize, end: usize| {
            group..end.min(group.saturating_add(usize::try_from(messages).unwrap_or(usize::MAX)))
        };
        match self.next {
            Next::Initiation => plan.initiation(out),
            Next::PeerUp { peer } => plan.peer(peer).up(plan, now, out),
            Next::Update { peer, turn, group } => {
                let range = most(group, (turn + TURN).min(groups));
                let peer = plan.peer(peer).signature();
                counts = plan.table.copy(range, octets, &peer, (self.clock, TICK), out);
            }
            Next::EndOfRib { peer, family } => {
                end_of_rib(&plan.peer(peer).head(now), self.families()[family], out);
            }
            Next::Scheduled => match self.scheduled() {
                Some((_, true)) => return self.flap(),
                Some((_, false)) => counts = self.churn(out),
                None => return Counts::default(),
            },
            Next::Flap { number, step } => {
                let peer = plan.peer(self.flapping_peer(number));
                match step {
                    FlapStep::Down => bmp::peer_down(out, &peer.head(now), &bmp::PeerDown::Remote),
                    FlapStep::Up => peer.up(plan, now, out),
                    FlapStep::Update { group } => {
                        let range = most(group, groups);
                        let clock = (self.clock, TICK);
                        counts = plan.table.copy(range, octets, &peer.signature(), clock, out);
                    }
                    FlapStep::EndOfRib { family } => {
                        end_of_rib(&peer.head(now), self.families()[family], out);
                    }
                }
            }
        }
        if self.next != Next::Initiation {
            self.clock += TICK * counts.messages;
        }
        counts.bytes = (out.len() - at) as u64;
        self.step(counts.messages as usize);
        counts
    }

    /// A flap begins.
    fn flap(&mut self) -> Counts {
        self.next = Next::Flap { number: 0, step: FlapStep::Down };
        Counts::default()
    }

    /// The peer that flaps as the `number`-th of this flap: all take turns.
    fn flapping_peer(&self, number: u32) -> u32 {
        let before = self.flapped * u64::from(self.flapping());
        ((before + u64::from(number)) % u64::from(self.plan.peers.max(1))) as u32
    }

    fn churn(&mut self, out: &mut Vec<u8>) -> Counts {
        let number = self.pace.as_mut().map_or(0, Pace::take);
        let plan = &self.plan;
        let random = mix(mix(plan.seed ^ mix(u64::from(plan.router))) ^ number);
        let peer = plan.peer((random % u64::from(plan.peers.max(1))) as u32).signature();
        let message = ((random >> 24) % plan.table.messages().max(1) as u64) as usize;
        let withdraw = plan.churn.map_or(0, |(churn, _)| churn.withdraw);
        if mix(random) % 100 < withdraw {
            plan.table.withdraw(message, &peer, self.clock, out)
        } else {
            plan.table.change(message, transit(random >> 8), &peer, self.clock, out)
        }
    }

    /// Goes on after `sent` messages.
    fn step(&mut self, sent: usize) {
        let (peers, groups) = (self.plan.peers, self.plan.table.messages());
        let families = self.families().len();
        self.next = match self.next {
            Next::Initiation => Next::PeerUp { peer: 0 },
            Next::PeerUp { peer } if peer + 1 < peers => Next::PeerUp { peer: peer + 1 },
            Next::PeerUp { .. } if groups == 0 => Next::EndOfRib { peer: 0, family: 0 },
            Next::PeerUp { .. } => Next::Update { peer: 0, turn: 0, group: 0 },
            Next::Update { peer, turn, group } => {
                let end = (turn + TURN).min(groups);
                if group + sent < end {
                    Next::Update { peer, turn, group: group + sent }
                } else if peer + 1 < peers {
                    Next::Update { peer: peer + 1, turn, group: turn }
                } else if end < groups {
                    Next::Update { peer: 0, turn: end, group: end }
                } else {
                    Next::EndOfRib { peer: 0, family: 0 }
                }
            }
            Next::EndOfRib { peer, family } if family + 1 < families => {
                Next::EndOfRib { peer, family: family + 1 }
            }
            Next::EndOfRib { peer, .. } if peer + 1 < peers => {
                Next::EndOfRib { peer: peer + 1, family: 0 }
            }
            Next::EndOfRib { .. } if self.repeats_left > 0 => {
                self.repeats_left -= 1;
                self.clock = START;
                Next::PeerUp { peer: 0 }
            }
            Next::EndOfRib { .. } | Next::Scheduled => Next::Scheduled,
            Next::Flap { number, step } => self.step_flap(number, step, sent),
        };
    }

    fn step_flap(&mut self, number: u32, step: FlapStep, sent: usize) -> Next {
        let groups = self.plan.table.messages();
        let step = match step {
            FlapStep::Down => FlapStep::Up,
            FlapStep::Up if groups == 0 => FlapStep::EndOfRib { family: 0 },
            FlapStep::Up => FlapStep::Update { group: 0 },
            FlapStep::Update { group } if group + sent < groups => {
                FlapStep::Update { group: group + sent }
            }
            FlapStep::Update { .. } => FlapStep::EndOfRib { family: 0 },
            FlapStep::EndOfRib { family } if family + 1 < self.families().len() => {
                FlapStep::EndOfRib { family: family + 1 }
            }
            FlapStep::EndOfRib { .. } => {
                self.flaps += 1;
                if number + 1 == self.flapping() {
                    self.flapped += 1;
                    return Next::Scheduled;
                }
                return Next::Flap { number: number + 1, step: FlapStep::Down };
            }
        };
        Next::Flap { number, step }
    }
}

fn end_of_rib(head: &PeerHeader, family: Family, out: &mut Vec<u8>) {
    bmp::route_monitoring_with(out, head, |out| bgp::end_of_rib(out, family));
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

    fn peer(&self, number: u32) -> Peer {
        Peer::new(self, number)
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
    header: PeerHeader,
    next_hop_v6: Ipv6Addr,
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
        Self { number, header: PeerHeader::new(address, asn, bgp_id), next_hop_v6: v6 }
    }

    fn head(&self, at: Timestamp) -> PeerHeader {
        self.header.at(at)
    }

    /// What the peer writes into messages of the table.
    fn signature(&self) -> Signature {
        let mut head = [0; HEAD];
        head.copy_from_slice(&self.header.octets()[..HEAD]);
        Signature {
            head,
            asn: self.header.asn.to_be_bytes(),
            hop_v4: self.header.bgp_id,
            hop_v6: self.next_hop_v6.octets(),
        }
    }

    fn up(&self, plan: &Plan, now: Timestamp, out: &mut Vec<u8>) {
        let families = plan.table.families();
        // Each side sends and receives several paths.
        let add_path: Vec<(Family, u8)> = families.list.iter().map(|f| (*f, 3)).collect();
        let open = |asn, bgp_id| {
            let mut capabilities: Vec<bgp::Capability<'_>> =
                families.list.iter().map(|f| bgp::Capability::Multiprotocol(*f)).collect();
            capabilities.push(bgp::Capability::RouteRefresh);
            capabilities.push(bgp::Capability::FourOctetAs(asn));
            capabilities.push(bgp::Capability::GracefulRestart {
                restarting: false,
                seconds: 120,
                families: &[],
            });
            if families.add_path {
                let some = add_path.chunks(ADD_PATH_MAX);
                capabilities.extend(some.map(bgp::Capability::AddPath));
            }
            let mut pdu = Vec::new();
            let hold_time = 180;
            bgp::open(&mut pdu, &bgp::Open { asn, hold_time, bgp_id, capabilities: &capabilities });
            pdu
        };
        let local_address = match self.header.ip() {
            IpAddr::V4(_) => IpAddr::V4(plan.router_id()),
            IpAddr::V6(_) => IpAddr::V6(plan.address_v6(u32::MAX)),
        };
        let up = bmp::PeerUp {
            local_address,
            local_port: 179,
            remote_port: 40_000 + (self.number % 20_000) as u16,
            sent_open: &open(LOCAL_AS, plan.router_id()),
            received_open: &open(self.header.asn, self.header.bgp_id.into()),
            tlvs: &[],
        };
        bmp::peer_up(out, &self.head(now), &up);
    }
}

/// UPDATEs of one peer before the next peer's turn.
const TURN: usize = 64;
/// The time of the first message, 2025-10-09, and the microseconds from one to the next. Fixed, so
/// that the bytes are.
const START: u64 = 1_760_000_000_000_000;
const TICK: u64 = 37;
const LOCAL_AS: u32 = 65_000;
/// Scheduled messages that go out together lie at most this far apart.
const SPAN: Duration = Duration::from_micros(100);
/// Families of four octets each that fit into a capability; there may be several (RFC 5492 §4).
const ADD_PATH_MAX: usize = u8::MAX as usize / 4;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::bmp::msg::peer_up::PeerUp;
    use crate::load::render::Families;
    use crate::load::walk;
    use crate::wire::Reader;
    use std::collections::HashSet;
    use xxhash_rust::xxh3::xxh3_64;

    fn plan(router: u32, peers: u32, prefixes: u32) -> Plan {
        let table = Arc::new(Rendered::new(prefixes, Families::default(), 42).unwrap());
        let (repeat, churn, flap, waits) = (1, None, None, false);
        Plan { table, peers, router, seed: 42, repeat, churn, flap, waits }
    }

    fn messages(plan: &Plan, repeat: u64) -> Vec<Vec<u8>> {
        let mut router = Synthetic::new(Plan { repeat, ..plan.clone() });
        let mut all = Vec::new();
        let mut out = Vec::new();
        while router.ahead() != Ahead::End {
            let counts = router.fill(&Limit { messages: 1, ..Limit::NONE }, &mut out);
            assert_eq!(counts, walk::count(&out));
            all.push(std::mem::take(&mut out));
        }
        assert_eq!(all.len() as u64, router.total_messages());
        all
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_for_ever() {
        let hash = xxh3_64(&messages(&plan(3, 5, 2000), 1).concat());
        assert_eq!(hash, HASH, "{hash:#x}");
    }
    const HASH: u64 = 0xc17c_7e17_b383_e47c;

    #[test]
    fn families_beyond_those_of_one_capability_have_path_identifiers_too() {
        let list: Vec<Family> = (0..130).map(|n| Family::new(1, n)).collect();
        let families = Families { list: list.clone(), add_path: true };
        let table = Arc::new(Rendered::new(0, families, 42).unwrap());
        let all = messages(&Plan { table, ..plan(0, 1, 0) }, 1);
        let body = all[1].get(bmp::COMMON_HEADER_LEN..).unwrap();
        let up = PeerUp::parse(Reader::new(body)).unwrap();
        for open in [up.sent_open, up.received_open] {
            let mut seen = Vec::new();
            open.each_add_path(|family, mode| seen.push((family, mode)));
            assert_eq!(seen, list.iter().map(|family| (*family, 3)).collect::<Vec<_>>());
        }
    }

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
