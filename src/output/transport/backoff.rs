//! Waiting between attempts: doubling delays, with jitter so that many do not knock at once.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// When the next attempt may be made.
#[derive(Debug)]
pub(super) struct Backoff {
    min: Duration,
    max: Duration,
    step: Duration,
    until: Option<Instant>,
    random: RandomState,
    failures: u64,
}

impl Backoff {
    /// Delays from `min`, doubling up to `max`.
    pub(super) fn new(min: Duration, max: Duration) -> Self {
        Self { min, max, step: min, until: None, random: RandomState::new(), failures: 0 }
    }

    /// Whether an attempt may be made.
    pub(super) fn ready(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now >= until)
    }

    /// An attempt failed: returns the delay before the next, between three quarters of the step and
    /// the step itself.
    pub(super) fn fail(&mut self, now: Instant) -> Duration {
        self.failures += 1;
        let jitter = (self.random.hash_one(self.failures) % 256) as u32;
        let delay = self.step - self.step / 4 * jitter / 256;
        self.step = (self.step * 2).min(self.max);
        self.until = Some(now + delay);
        delay
    }

    /// An attempt went well: the next failure begins with the smallest delay.
    pub(super) fn reset(&mut self) {
        self.step = self.min;
        self.until = None;
    }
}

/// Milliseconds of a delay, for a notice.
pub(super) fn millis(delay: Duration) -> u64 {
    u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_largest_and_begin_anew_after_success() {
        let (min, max) = (Duration::from_millis(100), Duration::from_millis(1000));
        let mut backoff = Backoff::new(min, max);
        let now = Instant::now();
        for step in [100, 200, 400, 800, 1000, 1000] {
            let delay = backoff.fail(now);
            let step = Duration::from_millis(step);
            assert!(delay <= step && delay >= step * 3 / 4, "{delay:?} for {step:?}");
            assert!(!backoff.ready(now));
            assert!(backoff.ready(now + delay));
        }
        backoff.reset();
        assert!(backoff.ready(now));
        assert!(backoff.fail(now) <= min);
    }
}
