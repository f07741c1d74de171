//! Routers behind thin lines: few octets at a time, cut anywhere.

use std::time::{Duration, Instant};

use super::{Key, Row};
use crate::load::rng::Rng;

pub(super) static ROW: Row = Row {
    name: "slow",
    about: "the last routers send slowly, in small writes that split messages",
    keys: &[
        Key { name: "routers", default: Some("1"), about: "how many routers" },
        Key { name: "rate", default: Some("10KiB/s"), about: "octets of each" },
    ],
    add: |values, program| {
        program.slow = Some(Slow {
            routers: values.number("routers", 1, u32::MAX.into())? as u32,
            rate: values.octets_per_second("rate")?,
        });
        Ok(())
    },
};

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::load) struct Slow {
    pub(in crate::load) routers: u32,
    rate: u64,
}

impl Slow {
    pub(in crate::load) fn is_slow(&self, router: u32, routers: u32) -> bool {
        router >= routers.saturating_sub(self.routers)
    }

    /// How one of these routers writes.
    pub(in crate::load) fn drip(&self, seed: u64, router: u32) -> Drip {
        let rng = Rng::new(seed, &[SLOW, router.into()]);
        Drip { rate: self.rate, rng, next: None }
    }
}

/// A slow router's writes.
#[derive(Debug)]
pub(in crate::load) struct Drip {
    rate: u64,
    rng: Rng,
    next: Option<Instant>,
}

impl Drip {
    /// How many octets may be written now.
    ///
    /// # Errors
    /// When none may: when some will.
    pub(in crate::load) fn allow(&mut self, now: Instant) -> Result<usize, Instant> {
        match self.next {
            Some(next) if next > now => Err(next),
            // About a hundred writes a second.
            _ => {
                let mean = (self.rate / 100).clamp(1, 64 << 10) as u32;
                Ok(1 + self.rng.below(2 * mean) as usize)
            }
        }
    }

    /// `octets` were written.
    pub(in crate::load) fn written(&mut self, octets: usize, now: Instant) {
        let pause = Duration::from_nanos(octets as u64 * 1_000_000_000 / self.rate.max(1));
        // A late write is made up for, but a stall is not.
        let from = match self.next {
            Some(next) if now.saturating_duration_since(next) < CATCH_UP => next,
            _ => now,
        };
        self.next = Some(from + pause);
    }
}

/// Tells these random numbers from others.
const SLOW: u64 = 0x736c_6f77;
const CATCH_UP: Duration = Duration::from_millis(250);

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn the_last_routers_drip_at_their_rate() {
        let slow = Slow { routers: 2, rate: 10_000 };
        assert!(!slow.is_slow(2, 5) && slow.is_slow(3, 5) && slow.is_slow(0, 1));
        let start = Instant::now();
        let (mut drip, mut now, mut octets) = (slow.drip(1, 3), start, 0);
        let mut sizes = std::collections::BTreeSet::new();
        while now < start + Duration::from_secs(10) {
            match drip.allow(now) {
                Ok(some) => {
                    octets += some;
                    sizes.insert(some);
                    drip.written(some, now);
                }
                Err(next) => now = next + Duration::from_millis(1),
            }
        }
        assert!((99_000..101_000).contains(&octets), "{octets}");
        assert!(sizes.len() > 50 && sizes.iter().all(|&n| n <= 200), "{sizes:?}");
    }
}
