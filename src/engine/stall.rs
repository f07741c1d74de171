//! Reading that stands still for want of a batch: how long, and what the log and the counters are
//! told of it.

use std::time::{Duration, Instant};

use super::episode::{Episode, Tell};
use crate::telemetry::counters::ReactorCounters;

/// Of one reactor. It stands still between [`Stall::begin`] and [`Stall::end`].
#[derive(Debug, Default)]
pub(super) struct Stall {
    since: Option<Instant>,
    ended: Option<Instant>,
    /// Of the stalls that the log was not told of yet.
    held: Duration,
    episode: Episode,
}

impl Stall {
    /// No batch is left. Whether there was one until now.
    pub(super) fn begin(&mut self, reactor: usize, counters: &ReactorCounters) -> bool {
        if self.since.is_some() {
            return false;
        }
        let now = Instant::now();
        self.since = Some(now);
        counters.backpressure_stalls.add(1);
        if self.episode.note(now, 1) == Some(Tell::Begun) {
            tracing::warn!(reactor, "backpressure-start");
        }
        true
    }

    /// There is a batch, as mostly.
    pub(super) fn end(&mut self, counters: &ReactorCounters) {
        let Some(since) = self.since.take() else { return };
        let now = Instant::now();
        let held = now.saturating_duration_since(since);
        self.held += held;
        self.ended = Some(now);
        self.episode.note(now, 0);
        counters.backpressure_ns.add(u64::try_from(held.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Looks whether the log is to be told that reading goes on.
    pub(super) fn tick(&mut self, now: Instant, reactor: usize) {
        if self.since.is_none()
            && let Some(Tell::Ended(stalls)) = self.episode.tick(now)
        {
            let held_ms = std::mem::take(&mut self.held).as_millis() as u64;
            tracing::info!(reactor, held_ms, stalls, "backpressure-end");
        }
    }

    /// Until when nothing was read: what routers sent before may not have been seen.
    pub(super) fn deaf_until(&self, now: Instant) -> Option<Instant> {
        self.since.map(|_| now).or(self.ended)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_is_counted_once_and_its_time_when_it_ends() {
        let (mut stall, counters) = (Stall::default(), ReactorCounters::default());
        stall.end(&counters);
        let begun = Instant::now();
        assert_eq!((stall.deaf_until(begun), counters.backpressure_ns.get()), (None, 0));
        assert!(stall.begin(0, &counters) && !stall.begin(0, &counters));
        assert_eq!(counters.backpressure_stalls.get(), 1);
        let later = begun + Duration::from_secs(9);
        assert_eq!(stall.deaf_until(later), Some(later), "it lasts");
        while begun.elapsed().is_zero() {}
        stall.end(&counters);
        assert!(stall.deaf_until(later).unwrap() < later);
        let held = counters.backpressure_ns.get();
        stall.end(&counters);
        assert_eq!(counters.backpressure_ns.get(), held);
        assert!(stall.begin(0, &counters));
        assert_eq!(counters.backpressure_stalls.get(), 2);
    }
}
