//! Which reactor gets a new session, and when one of them gives a session up: sans-io.
//!
//! Loads are thousandths of a core. A move costs a router a few milliseconds, so it must pay: the
//! busier of the two reactors must be well below what it was, and what is uneven for a moment only
//! is left alone.

use std::time::{Duration, Instant};

use crate::record::SessionId;

/// How sessions are spread over the reactors while they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Balance {
    /// A session stays where it was placed.
    Off,
    /// A busy reactor gives sessions up to a much less busy one.
    #[default]
    ByLoad,
    /// Every session moves on again and again, for tests of moving.
    #[doc(hidden)]
    Shuffle,
}

/// How often loads are measured.
const PERIOD: Duration = Duration::from_secs(1);
/// The same for [`Balance::Shuffle`].
const PERIOD_SHUFFLE: Duration = Duration::from_millis(1);
/// A reactor below this load gives nothing up.
const HOT: u32 = 700;
/// How much less busy another one must be.
const GAP: u32 = 250;
/// What a move must take off the load of the busier of the two.
const GAIN: u32 = 100;
/// Looks in a row that must find the same reactor too busy.
const LOOKS: u32 = 3;
/// Sessions given up at a time.
const TOGETHER: usize = 32;
/// Between two orders, so that what the first one moves shows in the loads.
const REST: Duration = Duration::from_secs(5);

/// The load that a session just placed is taken for, until it shows in what is measured.
const NEW_SESSION: u32 = 10;
/// Loads that differ by less are equal to a new session.
const STEP: u32 = 50;

/// What a reactor is told to give up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) wanted: Wanted,
}

/// Which of its sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Every one.
    All,
    /// As many as are this part of the reactor's load.
    Part {
        /// The reactor's load.
        load: u32,
        /// The least part that pays.
        least: u32,
        /// The part that makes both equal.
        best: u32,
        /// The largest part that pays.
        most: u32,
    },
}

/// A reactor's load as seen from outside.
#[derive(Debug, Clone, Copy, Default)]
struct Gauge {
    busy: Duration,
    load: u32,
}

/// Decides about moves.
#[derive(Debug)]
pub(super) struct Balancer {
    policy: Balance,
    gauges: Vec<Gauge>,
    looked: Instant,
    /// The reactor that was too busy at the last look, and at how many looks in a row.
    hot: (usize, u32),
    rests_until: Instant,
}

impl Balancer {
    pub(super) fn new(policy: Balance, reactors: usize, now: Instant) -> Self {
        let policy = if reactors > 1 { policy } else { Balance::Off };
        let gauges = vec![Gauge::default(); reactors];
        Self { policy, gauges, looked: now, hot: (0, 0), rests_until: now }
    }

    /// How long until the next look.
    pub(super) fn next_look(&self, now: Instant) -> Duration {
        let period = if self.policy == Balance::Shuffle { PERIOD_SHUFFLE } else { PERIOD };
        (self.looked + period).saturating_duration_since(now)
    }

    /// Measures, when it is time to, from the time for which each reactor has been busy since its
    /// start; what is to be moved. `None` when it is not time yet.
    pub(super) fn look(
        &mut self,
        now: Instant,
        busy: impl Iterator<Item = Duration>,
    ) -> Option<Vec<Order>> {
        if !self.next_look(now).is_zero() {
            return None;
        }
        let passed = now.saturating_duration_since(self.looked);
        self.looked = now;
        for (gauge, busy) in self.gauges.iter_mut().zip(busy) {
            let worked = busy.saturating_sub(gauge.busy);
            gauge.busy = busy;
            let share = worked.as_nanos() * 1000 / passed.as_nanos().max(1);
            let share = u32::try_from(share.min(1000)).unwrap_or(1000);
            gauge.load = (gauge.load + share).div_ceil(2);
        }
        Some(match self.policy {
            Balance::Off => Vec::new(),
            Balance::ByLoad => self.decide(now).into_iter().collect(),
            Balance::Shuffle => self.shuffle(),
        })
    }

    /// The loads at the last look.
    pub(super) fn loads(&self) -> impl Iterator<Item = u32> {
        self.gauges.iter().map(|gauge| gauge.load)
    }

    fn decide(&mut self, now: Instant) -> Option<Order> {
        let all = || self.gauges.iter().map(|gauge| gauge.load).enumerate();
        let (from, load) = all().max_by_key(|(_, load)| *load)?;
        let (to, least_load) = all().min_by_key(|(_, load)| *load)?;
        let gap = load - least_load;
        if load < HOT || gap < GAP {
            self.hot = (from, 0);
            return None;
        }
        let looks = if self.hot.0 == from { self.hot.1 + 1 } else { 1 };
        self.hot = (from, looks);
        if looks < LOOKS || now < self.rests_until {
            return None;
        }
        self.hot = (from, 0);
        self.rests_until = now + REST;
        let wanted = Wanted::Part { load, least: GAIN, best: gap / 2, most: gap - GAIN };
        Some(Order { from, to, wanted })
    }

    fn shuffle(&self) -> Vec<Order> {
        let count = self.gauges.len();
        let next = |from| Order { from, to: (from + 1) % count, wanted: Wanted::All };
        (0..count).map(next).collect()
    }
}

/// The sessions to give up: as few as make the two reactors nearly alike, and none if that does not
/// pay. `work` is what each session that may move has cost lately, of `total`.
pub(super) fn pick(
    wanted: Wanted,
    total: u64,
    work: impl Iterator<Item = (SessionId, u64)>,
) -> Vec<SessionId> {
    let Wanted::Part { load, least, best, most } = wanted else { return Vec::new() };
    // Loads in the unit of work.
    let of = |part: u32| u128::from(part) * u128::from(total) / u128::from(load.max(1));
    let (least, best, most) = (of(least), of(best), of(most));
    let work = work.filter(|(_, work)| *work > 0);
    let mut all: Vec<_> = work.map(|(id, work)| (id, u128::from(work))).collect();
    all.sort_unstable_by_key(|(id, work)| (std::cmp::Reverse(*work), *id));
    let mut sum = 0;
    let mut some = Vec::new();
    for (id, work) in &all {
        if sum + work <= best && some.len() < TOGETHER {
            sum += work;
            some.push(*id);
        }
    }
    // The smallest of those that alone are more than that.
    let large = all.iter().rev().find(|(_, work)| (best..=most).contains(work));
    match large {
        Some((id, work)) if work.abs_diff(best) < sum.abs_diff(best) => vec![*id],
        _ if sum >= least => some,
        _ => Vec::new(),
    }
}

/// Chooses reactors for new sessions.
#[derive(Debug)]
pub(super) struct Placer {
    /// For each reactor its measured load, and the sessions placed since that may not show in it.
    loads: Vec<(u32, u32)>,
    turn: usize,
}

impl Placer {
    pub(super) fn new(reactors: usize) -> Self {
        Self { loads: vec![(0, 0); reactors], turn: 0 }
    }

    /// The reactors, the one to ask first in front: the least busy, among equals the one with the
    /// fewest sessions, among those in turn.
    pub(super) fn order(&self, sessions: impl Fn(usize) -> usize) -> Vec<usize> {
        let count = self.loads.len();
        let mut order: Vec<usize> = (0..count).map(|i| (self.turn + i) % count).collect();
        let expected = |i: usize| {
            let (load, placed) = self.loads[i];
            load.saturating_add(placed.saturating_mul(NEW_SESSION)) / STEP
        };
        // Sessions end while this is done: each count is read once, or the order would change.
        order.sort_by_cached_key(|i| (expected(*i), sessions(*i)));
        order
    }

    /// A session was given to this reactor.
    pub(super) fn placed(&mut self, reactor: usize) {
        self.loads[reactor].1 = self.loads[reactor].1.saturating_add(1);
        self.turn = reactor + 1;
    }

    /// New loads were measured: what was placed before shows in them more and more.
    pub(super) fn measured(&mut self, loads: impl Iterator<Item = u32>) {
        for (of, load) in self.loads.iter_mut().zip(loads) {
            *of = (load, of.1 / 2);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A balancer with a clock of its own, told loads instead of times.
    struct Rig {
        balancer: Balancer,
        now: Instant,
        busy: Vec<Duration>,
    }

    impl Rig {
        fn new(reactors: usize) -> Self {
            let now = Instant::now();
            let balancer = Balancer::new(Balance::ByLoad, reactors, now);
            Self { balancer, now, busy: vec![Duration::ZERO; reactors] }
        }

        /// A second passes with these loads.
        fn second(&mut self, loads: &[u64]) -> Option<Order> {
            self.now += PERIOD;
            for (busy, load) in self.busy.iter_mut().zip(loads) {
                *busy += Duration::from_millis(*load);
            }
            let mut orders = self.balancer.look(self.now, self.busy.iter().copied()).unwrap();
            assert!(orders.len() <= 1, "one at a time");
            orders.pop()
        }
    }

    fn part(order: Order) -> (u32, u32, u32, u32) {
        let Wanted::Part { load, least, best, most } = order.wanted else { unreachable!() };
        (load, least, best, most)
    }

    #[test]
    fn loads_are_measured_once_a_second_and_follow_what_is_seen() {
        let mut rig = Rig::new(2);
        assert!(rig.balancer.look(rig.now, std::iter::empty()).is_none(), "it is not time yet");
        for _ in 0..12 {
            rig.second(&[600, 20]);
        }
        assert_eq!(rig.balancer.loads().collect::<Vec<_>>(), [600, 20]);
        rig.second(&[0, 20]);
        assert_eq!(rig.balancer.loads().collect::<Vec<_>>(), [300, 20], "half of it is old");
        assert_eq!(rig.balancer.next_look(rig.now), PERIOD);
    }

    #[test]
    fn a_reactor_that_stays_hot_beside_a_quiet_one_gives_a_session_up() {
        let mut rig = Rig::new(3);
        let orders: Vec<_> = (0..6).map(|_| rig.second(&[200, 1000, 100])).collect();
        let at = orders.iter().position(Option::is_some).unwrap();
        assert!(at >= 2, "a moment is no reason");
        let order = orders[at].unwrap();
        assert_eq!((order.from, order.to), (1, 2));
        let (load, least, best, most) = part(order);
        assert!(load > 800 && least == GAIN && best > 350 && most > 700, "{order:?}");
        assert_eq!(orders.iter().flatten().count(), 1, "then it rests");
        assert!((0..5).any(|_| rig.second(&[200, 1000, 100]).is_some()), "and goes on");
    }

    #[test]
    fn what_is_even_or_not_hot_or_short_stays_as_it_is() {
        let mut rig = Rig::new(2);
        for _ in 0..20 {
            assert_eq!(rig.second(&[1000, 800]), None, "both are busy");
        }
        for _ in 0..20 {
            assert_eq!(rig.second(&[650, 0]), None, "nobody is short of anything");
        }
        for second in 0..40 {
            let loads = if second % 4 == 0 { [1000, 0] } else { [100, 0] };
            assert_eq!(rig.second(&loads), None, "a burst now and then");
        }
        for second in 0..40 {
            let loads = if second % 2 == 0 { [1000, 0] } else { [0, 1000] };
            assert_eq!(rig.second(&loads), None, "now here, now there");
        }
        let mut one = Rig::new(1);
        assert!((0..9).all(|_| one.second(&[1000]).is_none()), "there is nowhere to go");
    }

    /// Sessions with loads of their own on reactors, moved as the balancer says.
    #[test]
    fn a_session_never_goes_back_and_forth() {
        for loads in [
            &[900_u64][..],
            &[450, 450],
            &[300, 300, 300],
            &[500, 300, 100, 50],
            &[90, 90, 90, 90, 90, 90, 90, 90, 90, 90],
        ] {
            let mut rig = Rig::new(2);
            let mut place = vec![0; loads.len()];
            let mut moves = vec![0; loads.len()];
            for _ in 0..300 {
                let of = |reactor| {
                    let here = place.iter().zip(loads).filter(|(p, _)| **p == reactor);
                    here.map(|(_, load)| load).sum::<u64>()
                };
                let all = [of(0), of(1)];
                let Some(order) = rig.second(&all.map(|load| load.min(1000))) else { continue };
                let here = (0..loads.len()).filter(|i| place[*i] == order.from);
                let work = here.map(|i| (SessionId(i as u64), loads[i]));
                for SessionId(moved) in pick(order.wanted, all[order.from], work) {
                    place[moved as usize] = order.to;
                    moves[moved as usize] += 1;
                }
            }
            assert!(moves.iter().all(|moves| *moves <= 1), "{loads:?} {moves:?}");
            assert_eq!(moves.iter().sum::<i32>() > 0, loads.len() > 1, "{loads:?} {moves:?}");
        }
    }

    #[test]
    fn the_sessions_that_even_out_best_are_picked_and_none_where_it_does_not_pay() {
        let wanted = Wanted::Part { load: 900, least: 100, best: 400, most: 700 };
        let ids = |work: &[u64]| {
            let all = work.iter().enumerate().map(|(i, work)| (SessionId(i as u64), *work));
            let picked = pick(wanted, work.iter().sum(), all.collect::<Vec<_>>().into_iter());
            picked.into_iter().map(|id| id.0).collect::<Vec<_>>()
        };
        assert_eq!(ids(&[5, 30, 45, 20]), [2], "half of it");
        assert_eq!(ids(&[60, 1, 30, 9]), [2, 3, 1], "together they come nearer than the largest");
        assert_eq!(ids(&[1000, 1]), [0; 0], "alone it would only take its load along");
        assert_eq!(ids(&[1; 40]).len(), 17, "many little ones");
        assert_eq!(ids(&[1; 1000]), [0; 0], "so many cannot be moved at a time");
        assert_eq!(ids(&[]), [0; 0]);
        assert_eq!(ids(&[0, 0]), [0; 0], "nothing was done");
    }

    #[test]
    fn a_new_session_goes_where_the_load_is_least_whatever_the_counts() {
        let mut placer = Placer::new(3);
        placer.measured([600, 40, 300].into_iter());
        assert_eq!(placer.order(|i| [1, 5000, 2][i]), [1, 2, 0]);
        placer.measured([41, 0, 49].into_iter());
        assert_eq!(placer.order(|i| [3, 2, 1][i]), [2, 1, 0], "counts break ties");
        placer.placed(2);
        assert_eq!(placer.order(|_| 1), [0, 1, 2], "then turns");
    }

    #[test]
    fn a_burst_is_spread_before_any_of_it_is_measured() {
        let mut placer = Placer::new(4);
        placer.measured([500, 0, 0, 0].into_iter());
        let mut counts = [0_usize; 4];
        for _ in 0..10_000 {
            let first = placer.order(|i| counts[i])[0];
            placer.placed(first);
            counts[first] += 1;
        }
        assert!(counts.iter().all(|count| (2_400..=2_600).contains(count)), "{counts:?}");
        assert!(counts[0] < counts[1], "{counts:?}");
    }

    #[test]
    fn sessions_that_end_meanwhile_do_not_confuse_the_order() {
        let placer = Placer::new(300);
        let reads = std::cell::Cell::new(0_usize);
        let mut order = placer.order(|i| {
            reads.set(reads.get() + 1);
            (i * 7919 + reads.get() * 104_729) % 31
        });
        assert_eq!(reads.get(), 300, "each count is read once");
        order.sort_unstable();
        assert!(order.into_iter().eq(0..300));
    }
}
