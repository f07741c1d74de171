//! Timestamps as pmacct writes them, with the text of the last seconds kept.

use std::io::Write;

use jiff::tz::TimeZone;

use crate::wire::Timestamp;

/// How times are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeStyle {
    /// `2026-01-02 03:04:05.000000`
    Plain,
    /// `2026-01-02T03:04:05.000000+00:00`
    Rfc9557,
    /// The same, with `Z` in place of an offset of zero.
    Rfc9557Z,
    /// `1767323045.000000`
    Epoch,
}

/// Text of a second, split around the microseconds.
#[derive(Debug, Default)]
struct Second {
    secs: u64,
    before: Vec<u8>,
    after: Vec<u8>,
}

/// Writes times of one style in one zone.
#[derive(Debug)]
pub(super) struct Clock {
    style: TimeStyle,
    zone: TimeZone,
    /// One entry for the routers' times, one for arrival times: they advance apart.
    cache: [Second; 2],
}

/// Which of the two streams of times a time belongs to: only a hint for the cache.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    /// Times that routers give.
    Router,
    /// Times at which messages arrived.
    Arrival,
}

impl Clock {
    /// A clock of the process's time zone (the TZ variable, then the system's), or of UTC.
    pub(super) fn new(style: TimeStyle, utc: bool) -> Self {
        let zone = if utc { TimeZone::UTC } else { TimeZone::system() };
        let mut clock = Self { style, zone, cache: Default::default() };
        for i in 0..2 {
            clock.turn_to(i, 0);
        }
        clock
    }

    /// Appends `t` between quotes.
    #[inline]
    pub(super) fn write(&mut self, out: &mut Vec<u8>, t: Timestamp, stream: Stream) {
        let i = stream as usize;
        if self.cache[i].secs != t.secs {
            self.turn_to(i, t.secs);
        }
        let second = &self.cache[i];
        // Without seconds there is no time: then the microseconds mean nothing either.
        let micros = if t.secs == 0 { 0 } else { t.micros };
        out.push(b'"');
        out.extend_from_slice(&second.before);
        six_digits(out, micros);
        out.extend_from_slice(&second.after);
        out.push(b'"');
    }

    /// Writes the microseconds of `t` over those of a time that [`Clock::write`] appended to `out`
    /// at `at` in the same second; `false` when that is not possible.
    #[inline]
    pub(super) fn rewrite(&self, out: &mut [u8], at: usize, t: Timestamp, stream: Stream) -> bool {
        let second = &self.cache[stream as usize];
        let begin = at + 1 + second.before.len();
        match out.get_mut(begin..begin + 6) {
            Some(place) if second.secs == t.secs && t.micros <= 999_999 => {
                let micros = if t.secs == 0 { 0 } else { t.micros };
                place.copy_from_slice(&six(micros));
                true
            }
            _ => false,
        }
    }

    /// Puts the text of another second into an entry, in the memory of the one before: the times of
    /// routes that were learnt long ago differ from message to message.
    fn turn_to(&mut self, entry: usize, secs: u64) {
        let instant = i64::try_from(secs).ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
        let instant = instant.unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let offset = self.zone.to_offset(instant);
        let second = &mut self.cache[entry];
        second.secs = secs;
        second.before.clear();
        second.after.clear();
        let separator = match self.style {
            TimeStyle::Rfc9557 | TimeStyle::Rfc9557Z => 'T',
            TimeStyle::Plain | TimeStyle::Epoch => ' ',
        };
        // Writing to memory never fails.
        let _ = match (self.style, secs) {
            (TimeStyle::Epoch, _) => write!(second.before, "{secs}."),
            (_, 0) => write!(second.before, "0000-00-00{separator}00:00:00."),
            _ => {
                let local = offset.to_datetime(instant);
                let (date, time) = (local.date(), local.time());
                let (year, month, day) = (date.year(), date.month(), date.day());
                let (hour, minute, sec) = (time.hour(), time.minute(), time.second());
                write!(
                    second.before,
                    "{year:04}-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{sec:02}."
                )
            }
        };
        let is_zero = offset.seconds() == 0;
        if self.style == TimeStyle::Rfc9557Z && is_zero {
            second.after.push(b'Z');
        } else if matches!(self.style, TimeStyle::Rfc9557 | TimeStyle::Rfc9557Z) {
            let minutes = offset.seconds() / 60;
            let sign = if minutes < 0 { '-' } else { '+' };
            let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
            let _ = write!(second.after, "{sign}{hours:02}:{minutes:02}");
        }
    }
}

/// Six digits with leading zeros; more where a router sends more.
#[inline]
fn six_digits(out: &mut Vec<u8>, n: u32) {
    if n > 999_999 {
        return super::super::text::number(out, n);
    }
    out.extend_from_slice(&six(n));
}

#[inline]
fn six(n: u32) -> [u8; 6] {
    let [_, _, digits @ ..] = super::super::pen::padded(n);
    digits
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn show(style: TimeStyle, zone: &str, t: Timestamp) -> String {
        let zone = TimeZone::get(zone).unwrap();
        let mut clock = Clock { style, zone, cache: Default::default() };
        clock.turn_to(0, 0);
        let mut out = vec![];
        clock.write(&mut out, t, Stream::Router);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_style_and_zone() {
        let t = Timestamp::new(1_767_323_045, 7);
        for (style, zone, want) in [
            (TimeStyle::Plain, "UTC", "2026-01-02 03:04:05.000007"),
            (TimeStyle::Plain, "Asia/Kolkata", "2026-01-02 08:34:05.000007"),
            (TimeStyle::Rfc9557, "UTC", "2026-01-02T03:04:05.000007+00:00"),
            (TimeStyle::Rfc9557Z, "UTC", "2026-01-02T03:04:05.000007Z"),
            (TimeStyle::Rfc9557Z, "Atlantic/Reykjavik", "2026-01-02T03:04:05.000007Z"),
            (TimeStyle::Rfc9557Z, "Asia/Kolkata", "2026-01-02T08:34:05.000007+05:30"),
            (TimeStyle::Rfc9557, "America/St_Johns", "2026-01-01T23:34:05.000007-03:30"),
            (TimeStyle::Epoch, "Asia/Kolkata", "1767323045.000007"),
        ] {
            assert_eq!(show(style, zone, t), format!("\"{want}\""));
        }
    }

    #[test]
    fn a_time_of_zero_is_written_as_zeros() {
        let t = Timestamp::new(0, 123_456);
        assert_eq!(show(TimeStyle::Plain, "UTC", t), "\"0000-00-00 00:00:00.000000\"");
        let johns = show(TimeStyle::Rfc9557, "America/St_Johns", t);
        assert_eq!(johns, "\"0000-00-00T00:00:00.000000-03:30\"");
        assert_eq!(show(TimeStyle::Epoch, "UTC", t), "\"0.000000\"");
    }

    #[test]
    fn another_second_needs_no_other_memory() {
        let mut clock = Clock::new(TimeStyle::Rfc9557, true);
        let mut out = vec![];
        let at = |clock: &Clock| (clock.cache[0].before.as_ptr(), clock.cache[0].after.as_ptr());
        clock.write(&mut out, Timestamp::new(1_767_323_045, 7), Stream::Router);
        let before = at(&clock);
        clock.write(&mut out, Timestamp::new(1_600_000_000, 7), Stream::Router);
        assert_eq!(at(&clock), before);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "\"2026-01-02T03:04:05.000007+00:00\"\"2020-09-13T12:26:40.000007+00:00\""
        );
    }
}
