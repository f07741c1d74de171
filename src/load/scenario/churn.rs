//! Churn: routes change and go, one UPDATE after the other, at a steady rate.

use std::time::Duration;

use super::{Key, Row};

pub(super) static ROW: Row = Row {
    name: "churn",
    about: "after the dump: routes are announced again with another path, or withdrawn",
    keys: &[
        Key { name: "rate", default: Some("1000/s"), about: "UPDATEs of all routers together" },
        Key { name: "for", default: Some("10s"), about: "how long" },
        Key { name: "withdraw", default: Some("20"), about: "percent of them that withdraw" },
    ],
    add: |values, program| {
        program.churn = Some(Churn {
            rate: values.messages_per_second("rate")?,
            length: values.duration("for")?.unwrap_or_default(),
            withdraw: values.number("withdraw", 0, 100)?,
        });
        Ok(())
    },
};

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::load) struct Churn {
    /// UPDATEs per second, all routers together.
    rate: u64,
    length: Duration,
    /// Percent.
    pub(in crate::load) withdraw: u64,
}

/// A router's part in what all do together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::load) struct Part {
    pub(in crate::load) router: u32,
    pub(in crate::load) routers: u32,
    /// This router's weight, and that of all together.
    pub(in crate::load) weight: u64,
    pub(in crate::load) weights: u64,
}

/// The times at which one router's UPDATEs are due, which lie between those of the others.
#[derive(Debug, Clone, Copy)]
pub(in crate::load) struct Pace {
    /// Nanoseconds from one to the next are `step / scale`, and `first / scale` pass before the
    /// first one.
    step: u128,
    first: u128,
    scale: u128,
    sent: u64,
    total: u64,
}

impl Pace {
    pub(in crate::load) fn new(churn: &Churn, part: Part) -> Self {
        let places = u128::from(part.routers) + 1;
        let unit = NANOS * u128::from(part.weights.max(1));
        let (step, first) = (unit * places, unit * (u128::from(part.router) + 1));
        let scale = places * u128::from(churn.rate) * u128::from(part.weight.max(1));
        // Those that are due before the end: first + n · step < length · scale.
        let room = (churn.length.as_nanos() * scale).saturating_sub(first);
        let total = u64::try_from(room.div_ceil(step)).unwrap_or(u64::MAX);
        Self { step, first, scale, sent: 0, total }
    }

    /// How many there are.
    pub(in crate::load) fn total(&self) -> u64 {
        self.total
    }

    /// When the next one is due, since the schedule's begin.
    pub(in crate::load) fn next(&self) -> Option<Duration> {
        (self.sent < self.total).then(|| {
            let nanos = (self.first + u128::from(self.sent) * self.step) / self.scale;
            Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
        })
    }

    /// Takes the next one; gives its number.
    pub(in crate::load) fn take(&mut self) -> u64 {
        self.sent += 1;
        self.sent - 1
    }
}

const NANOS: u128 = 1_000_000_000;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn times(rate: u64, seconds: u64, part: Part) -> Vec<Duration> {
        let churn = Churn { rate, length: Duration::from_secs(seconds), withdraw: 0 };
        let mut pace = Pace::new(&churn, part);
        let mut all = Vec::new();
        while let Some(due) = pace.next() {
            assert_eq!(pace.take(), all.len() as u64);
            all.push(due);
        }
        assert_eq!(all.len() as u64, pace.total());
        all
    }

    #[test]
    fn routers_share_the_rate_and_take_turns() {
        let mut all = Vec::new();
        for router in 0..4 {
            let part = Part { router, routers: 4, weight: 1, weights: 4 };
            let own = times(1000, 2, part);
            assert_eq!(own.len(), 500);
            assert!(own.windows(2).all(|w| w[1] - w[0] == Duration::from_millis(4)));
            all.extend(own);
        }
        all.sort();
        assert!(all.windows(2).all(|w| w[0] < w[1]));
        assert!(all.iter().all(|due| *due < Duration::from_secs(2)));
    }

    #[test]
    fn weights_and_odd_rates_add_up() {
        let part = |router, weight| Part { router, routers: 3, weight, weights: 12 };
        let counts = [part(0, 10), part(1, 1), part(2, 1)].map(|p| times(1200, 1, p).len());
        assert_eq!(counts, [1000, 100, 100]);
        let alone = Part { router: 0, routers: 1, weight: 1, weights: 1 };
        assert_eq!(times(3, 7, alone).len(), 21);
        assert_eq!(times(1, 1, Part { routers: 9, weights: 9, ..alone }).len(), 1);
    }
}
