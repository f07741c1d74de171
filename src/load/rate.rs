//! How fast: what was typed, and the token bucket that all connections share.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How fast all routers together send.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Rate {
    /// As fast as the collector takes it.
    #[default]
    Max,
    /// BMP messages per second.
    Messages(u64),
    /// Octets per second.
    Bytes(u64),
    /// This multiple of the pace at which recordings were made: their own times rule, see
    /// [`Stream::due`](super::Stream::due).
    Recorded(f64),
}

/// A rate that is not understood: says what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateError(String);

impl fmt::Display for RateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RateError {}

impl FromStr for Rate {
    type Err = RateError;

    /// `max`, messages as `50000/s`, octets as `10MiB/s` (B, KiB, MiB, GiB), or a multiple of the
    /// pace of a recording as `x1`, `x2`, `x0.5`.
    fn from_str(text: &str) -> Result<Self, RateError> {
        let wrong = |why: &str| {
            let forms = "a rate is `max`, messages as `50000/s`, octets as `10MiB/s`, or a multiple \
                         of the recorded pace as `x1` or `x0.5`";
            RateError(format!("`{text}`: {why}; {forms}"))
        };
        if text == "max" {
            return Ok(Rate::Max);
        }
        if let Some(number) = text.strip_prefix('x') {
            // `f64` would take `inf`, `1e5` and the like for numbers, too.
            let is_plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            let pace = number.parse::<f64>().ok().filter(|_| is_plain);
            return match pace.ok_or_else(|| wrong(&format!("`{number}` is not a number")))? {
                0.0 => Err(wrong("nothing would ever be sent")),
                pace if pace.is_finite() => Ok(Rate::Recorded(pace)),
                _ => Err(wrong("it is too large")),
            };
        }
        let amount = text.strip_suffix("/s").ok_or_else(|| wrong("it does not end in `/s`"))?;
        let digits = amount.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = amount.split_at(digits);
        let number: u64 = number.parse().map_err(|_| wrong("it does not begin with a number"))?;
        let scale = match unit {
            "" | "B" => 0,
            "KiB" => 10,
            "MiB" => 20,
            "GiB" => 30,
            _ => return Err(wrong(&format!("`{unit}` is not one of B, KiB, MiB and GiB"))),
        };
        match number.checked_mul(1 << scale) {
            None => Err(wrong("it is too large")),
            Some(0) => Err(wrong("nothing would ever be sent")),
            Some(n) if unit.is_empty() => Ok(Rate::Messages(n)),
            Some(n) => Ok(Rate::Bytes(n)),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rate::Max => f.write_str("max"),
            Rate::Messages(n) => write!(f, "{n}/s"),
            Rate::Bytes(n) => write!(f, "{n}B/s"),
            Rate::Recorded(n) => write!(f, "x{n}"),
        }
    }
}

/// A token bucket. What it has given is compared with what the time since its start allows, so that
/// short sleeps and late wake-ups never add up to a drift.
#[derive(Debug)]
pub(super) struct Bucket {
    per_second: u64,
    start: Instant,
    /// The most tokens that it holds.
    depth: u128,
    /// Tokens given, and those lost while the bucket was full.
    given: Mutex<u128>,
}

/// Tokens that were taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grant {
    /// How many, at least one.
    pub(super) tokens: u64,
    /// How many had been given before, since the run's start.
    before: u128,
    per_second: u64,
}

impl Grant {
    /// When the `n`-th of these tokens from 0 was due, since the run's start.
    pub(super) fn due(&self, n: u64) -> Duration {
        let nanos = (self.before + u128::from(n) + 1) * NANOS / u128::from(self.per_second);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl Bucket {
    /// A bucket that holds a quarter of a second's worth, more than a busy machine delays a thread;
    /// a bottomless one keeps every token until it is taken, however late.
    pub(super) fn new(per_second: u64, start: Instant, bottomless: bool) -> Self {
        let per_second = per_second.max(1);
        let depth = if bottomless { u128::MAX } else { u128::from(per_second / 4).max(1) };
        Self { per_second, start, depth, given: Mutex::new(0) }
    }

    /// Takes at most `most` tokens, or none when there are none.
    pub(super) fn take(&self, most: u64, now: Instant) -> Option<Grant> {
        let allowed = self.allowed(now);
        let mut given = self.lock();
        // What the collector did not take for a while is not made up for by a flood.
        *given = (*given).max(allowed.saturating_sub(self.depth));
        let (before, per_second) = (*given, self.per_second);
        let tokens = allowed.saturating_sub(before).min(u128::from(most)) as u64;
        *given += u128::from(tokens);
        (tokens > 0).then_some(Grant { tokens, before, per_second })
    }

    /// Corrects a take: `used` tokens were needed where `taken` had been taken.
    pub(super) fn settle(&self, taken: u64, used: u64) {
        let mut given = self.lock();
        *given = (*given + u128::from(used)).saturating_sub(u128::from(taken));
    }

    /// The tokens that are there.
    pub(super) fn available(&self, now: Instant) -> u64 {
        let left = self.allowed(now).saturating_sub(*self.lock());
        u64::try_from(left.min(self.depth)).unwrap_or(u64::MAX)
    }

    /// How long until there is a token.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        let due = (*self.lock() + 1) * NANOS / u128::from(self.per_second);
        let due = Duration::from_nanos(u64::try_from(due + 1).unwrap_or(u64::MAX));
        due.saturating_sub(now.saturating_duration_since(self.start))
    }

    fn allowed(&self, now: Instant) -> u128 {
        now.saturating_duration_since(self.start).as_nanos() * u128::from(self.per_second) / NANOS
    }

    fn lock(&self) -> MutexGuard<'_, u128> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const NANOS: u128 = 1_000_000_000;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_messages_octets_a_pace_or_max() {
        assert_eq!("max".parse(), Ok(Rate::Max));
        assert_eq!("50000/s".parse(), Ok(Rate::Messages(50_000)));
        assert_eq!("10MiB/s".parse(), Ok(Rate::Bytes(10 << 20)));
        assert_eq!("512B/s".parse(), Ok(Rate::Bytes(512)));
        assert_eq!("x1".parse(), Ok(Rate::Recorded(1.0)));
        assert_eq!("x0.5".parse(), Ok(Rate::Recorded(0.5)));
        assert_eq!("x20".parse(), Ok(Rate::Recorded(20.0)));
        for rate in [Rate::Bytes(2048), Rate::Recorded(0.25)] {
            assert_eq!(rate.to_string().parse(), Ok(rate));
        }
    }

    #[test]
    fn wrong_rates_are_told_what_would_be_right() {
        for (text, why) in [
            ("fast", "does not end in `/s`"),
            ("10MB/s", "`MB` is not one of"),
            ("/s", "does not begin with a number"),
            ("0/s", "nothing would ever be sent"),
            ("x", "`` is not a number"),
            ("x-1", "`-1` is not a number"),
            ("xinf", "`inf` is not a number"),
            ("x1e5", "`1e5` is not a number"),
            ("x0.0", "nothing would ever be sent"),
            ("99999999999GiB/s", "too large"),
            ("-1/s", "does not begin with a number"),
        ] {
            let error = text.parse::<Rate>().unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("`10MiB/s`"), "{text}: {error}");
        }
    }

    fn took(bucket: &Bucket, most: u64, now: Instant) -> u64 {
        bucket.take(most, now).map_or(0, |grant| grant.tokens)
    }

    #[test]
    fn a_bucket_gives_exactly_its_rate_however_it_is_asked() {
        let start = Instant::now();
        let bucket = Bucket::new(1000, start, false);
        let mut got = 0;
        for ms in 1..=2000 {
            if ms % 7 == 0 {
                got += took(&bucket, u64::MAX, start + Duration::from_micros(ms * 1000 + 300));
            }
        }
        got += took(&bucket, u64::MAX, start + Duration::from_secs(2));
        assert_eq!(got, 2000);
    }

    #[test]
    fn a_stall_is_not_made_up_for_beyond_the_bucket() {
        let start = Instant::now();
        let bucket = Bucket::new(1000, start, false);
        let late = start + Duration::from_secs(10);
        assert_eq!(bucket.available(late), 250);
        assert_eq!(took(&bucket, u64::MAX, late), 250);
        assert_eq!(took(&bucket, u64::MAX, late), 0);
        assert_eq!(took(&bucket, u64::MAX, late + Duration::from_millis(10)), 10);
    }

    #[test]
    fn overdraft_is_paid_back_and_the_wait_is_exact() {
        let start = Instant::now();
        let bucket = Bucket::new(1000, start, false);
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(took(&bucket, 5, at(100)), 5);
        bucket.settle(5, 200);
        assert_eq!(took(&bucket, 1, at(150)), 0);
        let wait = bucket.wait(at(150));
        assert!(wait > Duration::from_millis(50) && wait < Duration::from_millis(52), "{wait:?}");
        assert_eq!(took(&bucket, 9, at(150) + wait), 1);
    }

    #[test]
    fn tokens_know_when_they_were_due() {
        let start = Instant::now();
        let bucket = Bucket::new(1000, start, true);
        let first = bucket.take(3, start + Duration::from_secs(100)).unwrap();
        assert_eq!((first.tokens, first.due(0)), (3, Duration::from_millis(1)));
        let next = bucket.take(u64::MAX, start + Duration::from_secs(100)).unwrap();
        assert_eq!((next.tokens, next.due(0)), (99_997, Duration::from_millis(4)));
        assert!(bucket.take(1, start + Duration::from_secs(100)).is_none());
    }
}
