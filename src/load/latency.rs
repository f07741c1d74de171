//! Latencies: how long after its stamp a record came out of the collector, and how often it took
//! how long.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Latencies that are told apart, in microseconds: from one to an hour.
const HIGHEST_US: u64 = 3_600_000_000;
/// A stamp so far ahead of the clock is none: a recording's, or another zone's.
const AHEAD_MAX_US: u64 = 60_000_000;
/// Significant digits that are kept.
const DIGITS: u8 = 3;

/// Latencies as they are counted.
#[derive(Debug)]
pub(super) struct Latencies {
    histogram: Histogram<u64>,
    sum_us: u128,
    max_us: u64,
    early: u64,
    unstamped: u64,
}

/// What was counted: percentiles to three digits, in microseconds. All zero when nothing was.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct LatencyReport {
    /// Records with a latency.
    pub count: u64,
    /// The mean.
    pub mean_us: f64,
    /// Half of the records took no longer.
    pub p50_us: u64,
    /// Nine in ten.
    pub p90_us: u64,
    /// 99 in a hundred.
    pub p99_us: u64,
    /// 999 in a thousand.
    pub p99_9_us: u64,
    /// The longest, exactly.
    pub max_us: u64,
    /// Records that came before the time of their stamp (a clock was set back); they count as 0.
    pub early: u64,
    /// Records without a usable stamp: none, or one that is more than an hour away. They are not
    /// in `count`.
    pub unstamped: u64,
}

impl Latencies {
    pub(super) fn new() -> Self {
        // The bounds are constants, and a test makes one of them.
        #[allow(clippy::expect_used)]
        let histogram = Histogram::new_with_bounds(1, HIGHEST_US, DIGITS).expect("sound bounds");
        Self { histogram, sum_us: 0, max_us: 0, early: 0, unstamped: 0 }
    }

    /// Counts `times` records with this stamp that came at `now`, both in microseconds since 1970.
    #[inline]
    pub(super) fn record(&mut self, stamp: u64, now: u64, times: u64) {
        if stamp == 0 || stamp > now + AHEAD_MAX_US || now > stamp + HIGHEST_US {
            self.unstamped += times;
            return;
        }
        if stamp > now {
            self.early += times;
        }
        let took = now.saturating_sub(stamp);
        self.histogram.saturating_record_n(took, times);
        self.sum_us += u128::from(took) * u128::from(times);
        self.max_us = self.max_us.max(took);
    }

    /// The figures so far.
    pub(super) fn report(&self) -> LatencyReport {
        let count = self.histogram.len();
        // What the histogram gives is the upper end of a step, which may lie above the maximum.
        let at = |quantile| self.histogram.value_at_quantile(quantile).min(self.max_us);
        LatencyReport {
            count,
            mean_us: if count > 0 { self.sum_us as f64 / count as f64 } else { 0.0 },
            p50_us: at(0.5),
            p90_us: at(0.9),
            p99_us: at(0.99),
            p99_9_us: at(0.999),
            max_us: self.max_us,
            early: self.early,
            unstamped: self.unstamped,
        }
    }
}

/// Microseconds as people read them: `870 µs`, `12.3 ms`, `1.25 s`.
#[must_use]
pub fn readable(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..10_000 => format!("{:.2} ms", us as f64 / 1e3),
        10_000..1_000_000 => format!("{:.1} ms", us as f64 / 1e3),
        _ => format!("{:.2} s", us as f64 / 1e6),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    const NOW: u64 = 1_790_000_000_000_000;

    #[test]
    fn percentiles_are_those_of_what_was_counted() {
        let mut latencies = Latencies::new();
        (1..=1000).for_each(|us| latencies.record(NOW - us, NOW, 1));
        let report = latencies.report();
        assert_eq!((report.count, report.p50_us, report.p90_us), (1000, 500, 900));
        assert_eq!((report.p99_us, report.p99_9_us, report.max_us), (990, 999, 1000));
        assert_eq!(report.mean_us, 500.5);
    }

    #[test]
    fn many_records_of_one_stamp_count_as_many() {
        let mut latencies = Latencies::new();
        latencies.record(NOW - 10, NOW, 98);
        latencies.record(NOW - 75_000_000, NOW, 2);
        let report = latencies.report();
        assert_eq!((report.count, report.p50_us, report.max_us), (100, 10, 75_000_000));
        assert!((report.p99_us as f64 / 75e6 - 1.0).abs() < 0.001, "{}", report.p99_us);
        assert_eq!(report.mean_us, (98.0 * 10.0 + 2.0 * 75e6) / 100.0);
    }

    #[test]
    fn what_is_no_stamp_gives_no_latency() {
        let mut latencies = Latencies::new();
        for stamp in [0, 1_400_000_000_000_000, NOW + 2 * AHEAD_MAX_US, NOW - HIGHEST_US - 1] {
            latencies.record(stamp, NOW, 3);
        }
        latencies.record(NOW + 5, NOW, 2);
        let report = latencies.report();
        assert_eq!((report.unstamped, report.early, report.count), (12, 2, 2));
        assert_eq!((report.p50_us, report.max_us), (0, 0));
        assert_eq!(Latencies::new().report(), LatencyReport::default());
    }

    #[test]
    fn latencies_read_well() {
        let all = [0, 870, 1_230, 12_340, 999_900, 1_250_000].map(readable);
        assert_eq!(all, ["0 µs", "870 µs", "1.23 ms", "12.3 ms", "999.9 ms", "1.25 s"]);
    }
}
