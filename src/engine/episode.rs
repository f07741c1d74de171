//! Collapsing what repeats thousands of times a second into one log event a second.

use std::time::{Duration, Instant};

/// How often a lasting episode is told again, and how long it must be over to be told as ended.
const PERIOD: Duration = Duration::from_secs(1);

/// What the log should be told now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tell {
    /// The episode has begun.
    Begun,
    /// The episode goes on; the number is what was counted since the last telling.
    Lasts(u64),
    /// The episode is over; the number is what was counted in all.
    Ended(u64),
}

/// A run of occurrences with no more than [`PERIOD`] between them.
#[derive(Debug, Default)]
pub(super) struct Episode {
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    told_at: Instant,
    last_at: Instant,
    untold: u64,
    total: u64,
}

impl Episode {
    /// Notes an occurrence that counts `n`.
    pub(super) fn note(&mut self, now: Instant, n: u64) -> Option<Tell> {
        let Some(running) = &mut self.running else {
            self.running = Some(Running { told_at: now, last_at: now, untold: 0, total: n });
            return Some(Tell::Begun);
        };
        running.last_at = now;
        running.untold += n;
        running.total += n;
        if now.saturating_duration_since(running.told_at) < PERIOD {
            return None;
        }
        running.told_at = now;
        Some(Tell::Lasts(std::mem::take(&mut running.untold)))
    }

    /// Looks whether the episode is over.
    pub(super) fn tick(&mut self, now: Instant) -> Option<Tell> {
        let running = self.running.as_ref()?;
        if now.saturating_duration_since(running.last_at) < PERIOD {
            return None;
        }
        self.running.take().map(|running| Tell::Ended(running.total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_occurrences_make_one_line_a_second_and_an_end() {
        let start = Instant::now();
        let mut episode = Episode::default();
        let mut told = Vec::new();
        for ms in 0..2_500 {
            told.extend(episode.note(start + Duration::from_millis(ms), 2));
        }
        assert_eq!(told, [Tell::Begun, Tell::Lasts(2_000), Tell::Lasts(2_000)]);
        assert_eq!(episode.tick(start + Duration::from_millis(3_000)), None);
        assert_eq!(episode.tick(start + Duration::from_millis(3_499)), Some(Tell::Ended(5_000)));
        assert_eq!(episode.tick(start + Duration::from_secs(9)), None);
        assert_eq!(episode.note(start + Duration::from_secs(9), 1), Some(Tell::Begun));
    }
}
