//! `pmacct-json`: a line for each record; the stamp is the `timestamp` of those of Route
//! Monitoring, in whichever form it is printed.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter};

use super::{Entry, Reader, Tally};

pub(super) static ENTRY: Entry = Entry {
    name: "pmacct-json",
    about: "JSON lines as pmacct writes them; a latency for each route and End-of-RIB",
    counts_messages: false,
    per_session: false,
    build: || Box::new(PmacctJson::new(TimeZone::system())),
};

struct PmacctJson {
    log_type: Finder<'static>,
    timestamp: Finder<'static>,
    event_type: Finder<'static>,
    clock: Clock,
}

impl PmacctJson {
    fn new(zone: TimeZone) -> Self {
        Self {
            log_type: Finder::new(b"\"log_type\": \""),
            timestamp: Finder::new(b"\"timestamp\": \""),
            event_type: Finder::new(b"\"event_type\": \"log_close\""),
            clock: Clock { zone, text: Vec::new(), stamp: 0, second: Second::default() },
        }
    }

    fn line(&mut self, line: &[u8], now: u64, tally: &mut Tally) {
        tally.received.records += 1;
        // The kind stands at the front of a record of Route Monitoring.
        let head = &line[..line.len().min(HEAD)];
        let Some(at) = self.log_type.find(head) else { return self.other(line, tally) };
        let rest = &line[at + self.log_type.needle().len()..];
        if rest.starts_with(b"update\"") || rest.starts_with(b"withdraw\"") {
            tally.received.routes += 1;
        } else if !rest.starts_with(b"end-of-rib\"") {
            tally.received.odd += 1;
            return;
        }
        let text = self.timestamp.find(rest).and_then(|at| {
            let text = &rest[at + self.timestamp.needle().len()..];
            memchr(b'"', text).map(|end| &text[..end])
        });
        tally.stamped(text.map_or(0, |text| self.clock.stamp(text, now)), now);
    }

    /// A record of something else.
    #[cold]
    fn other(&self, line: &[u8], tally: &mut Tally) {
        if self.log_type.find(line).is_some() || line.first() != Some(&b'{') {
            tally.received.odd += 1;
        } else if self.event_type.find(line).is_some() {
            tally.received.sessions_closed += 1;
        }
    }
}

impl Reader for PmacctJson {
    fn read(&mut self, octets: &[u8], now: u64, tally: &mut Tally) -> usize {
        let mut begin = 0;
        for end in memchr_iter(b'\n', octets) {
            self.line(&octets[begin..end], now, tally);
            begin = end + 1;
        }
        begin
    }
}

/// Octets of a line in which the kind of a record of Route Monitoring stands: behind `seq`.
const HEAD: usize = 64;

/// Reads stamps. The last one is kept as text, and its second beside it: stamps come in runs.
struct Clock {
    zone: TimeZone,
    text: Vec<u8>,
    stamp: u64,
    second: Second,
}

/// A second: what stands before and behind the fraction, and when it was.
#[derive(Default)]
struct Second {
    before: Vec<u8>,
    behind: Vec<u8>,
    secs: Option<u64>,
}

impl Clock {
    /// Microseconds since 1970, or 0 for what is no time. Text without a zone is taken for local
    /// time or UTC, whichever is nearer to `now`.
    #[inline]
    fn stamp(&mut self, text: &[u8], now: u64) -> u64 {
        if self.text != text {
            self.stamp = self.parse(text, now).unwrap_or(0);
            self.text.clear();
            self.text.extend_from_slice(text);
        }
        self.stamp
    }

    fn parse(&mut self, text: &[u8], now: u64) -> Option<u64> {
        let (before, behind, micros) = match memchr(b'.', text) {
            Some(dot) => {
                let digits = text[dot + 1..].iter().take_while(|o| o.is_ascii_digit()).count();
                let (fraction, behind) = text[dot + 1..].split_at(digits);
                (&text[..dot], behind, micros(fraction))
            }
            None => match memchr(b'T', text).and(text.iter().rposition(|o| b"Z+-".contains(o))) {
                Some(zone) => (&text[..zone], &text[zone..], 0),
                None => (text, &[][..], 0),
            },
        };
        let known = &mut self.second;
        if known.before != before || known.behind != behind {
            known.secs = seconds(before, behind, now, &self.zone);
            known.before = before.to_vec();
            known.behind = behind.to_vec();
        }
        Some(known.secs? * 1_000_000 + micros)
    }
}

/// The first six digits of a fraction.
fn micros(fraction: &[u8]) -> u64 {
    let digits = fraction.iter().map(|o| u64::from(o - b'0')).chain(std::iter::repeat(0));
    digits.take(6).fold(0, |n, digit| 10 * n + digit)
}

/// Seconds since 1970 of a time without its fraction; `None` for what is none.
fn seconds(before: &[u8], behind: &[u8], now: u64, zone: &TimeZone) -> Option<u64> {
    let (before, behind) = (std::str::from_utf8(before).ok()?, std::str::from_utf8(behind).ok()?);
    if behind.is_empty() && !before.is_empty() && before.bytes().all(|o| o.is_ascii_digit()) {
        return before.parse().ok();
    }
    if !behind.is_empty() {
        let instant: jiff::Timestamp = format!("{before}{behind}").parse().ok()?;
        return u64::try_from(instant.as_second()).ok();
    }
    let local: DateTime = before.parse().ok()?;
    let in_zone = zone.to_ambiguous_timestamp(local);
    let candidates = [in_zone.earlier(), in_zone.later(), TimeZone::UTC.to_timestamp(local)];
    let seconds =
        candidates.into_iter().flatten().filter_map(|t| u64::try_from(t.as_second()).ok());
    seconds.min_by_key(|secs| secs.abs_diff(now / 1_000_000))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    /// 2026-01-02T03:04:05Z.
    const AT: u64 = 1_767_323_045_000_000;

    fn clock(zone: &str) -> Clock {
        let zone = TimeZone::get(zone).unwrap();
        Clock { zone, text: Vec::new(), stamp: 0, second: Second::default() }
    }

    fn read(zone: &str, text: &str, now: u64) -> u64 {
        clock(zone).stamp(text.as_bytes(), now)
    }

    #[test]
    fn every_form_of_a_timestamp_is_read() {
        for (zone, text) in [
            ("UTC", "2026-01-02 03:04:05.000007"),
            ("Asia/Kolkata", "2026-01-02 08:34:05.000007"),
            ("America/St_Johns", "2026-01-01 23:34:05.000007"),
            // timestamps_utc
            ("Asia/Kolkata", "2026-01-02 03:04:05.000007"),
            // timestamps_rfc9557, timestamps_rfc3339
            ("Asia/Kolkata", "2026-01-02T03:04:05.000007+00:00"),
            ("UTC", "2026-01-02T03:04:05.000007Z"),
            ("UTC", "2026-01-01T23:34:05.000007-03:30"),
            // timestamps_since_epoch
            ("Asia/Kolkata", "1767323045.000007"),
        ] {
            assert_eq!(read(zone, text, AT + 900), AT + 7, "{text} in {zone}");
        }
        for (text, micros) in [
            ("2026-01-02 03:04:05", 0),
            ("1767323045", 0),
            ("2026-01-02T03:04:05Z", 0),
            ("2026-01-01T23:34:05-03:30", 0),
            ("1767323045.5", 500_000),
            ("1767323045.123456789", 123_456),
        ] {
            assert_eq!(read("UTC", text, AT), AT + micros, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_zero() {
        for text in ["", "0000-00-00 00:00:00.000000", "0.000000", "soon", "2026-13-01 00:00:00.0"]
        {
            assert_eq!(read("UTC", text, AT), 0, "{text}");
        }
    }

    #[test]
    fn a_local_hour_that_comes_twice_is_the_one_that_is_now() {
        // Berlin put its clocks back from 3:00 to 2:00 on 2025-10-26, at 01:00 UTC.
        let (first, second) = (1_761_438_600_000_000, 1_761_442_200_000_000);
        let text = "2025-10-26 02:30:00.000000";
        assert_eq!(read("Europe/Berlin", text, first + 10_000), first);
        assert_eq!(read("Europe/Berlin", text, second + 10_000), second);
    }

    #[test]
    fn a_second_is_looked_up_once_and_its_microseconds_are_read() {
        let mut clock = clock("Asia/Kolkata");
        for (second, micros) in [("05", 0), ("05", 999_999), ("06", 1), ("05", 2)] {
            let text = format!("2026-01-02 08:34:{second}.{micros:06}");
            let expected = AT + 1_000_000 * (second == "06") as u64 + micros;
            assert_eq!(clock.stamp(text.as_bytes(), AT), expected);
        }
    }

    #[test]
    fn lines_are_told_apart_and_cut_lines_wait() {
        let stamp = "2026-01-02 03:04:05.000000";
        let route = |kind: &str| {
            format!(
                "{{\"seq\": 12, \"log_type\": \"{kind}\", \"timestamp\": \"{stamp}\", \
                 \"timestamp_arrival\": \"2026-01-02 03:04:09.000000\", \"x\": 1}}\n"
            )
        };
        let event = |kind: &str| format!("{{\"seq\": 0, \"event_type\": \"{kind}\"}}\n");
        let text = [
            event("log_init"),
            route("update"),
            route("update"),
            route("withdraw"),
            route("end-of-rib"),
            route("error"),
            event("log_close"),
            "garbage\n".to_owned(),
        ]
        .concat();
        for step in [1, 11, 1000, usize::MAX] {
            let (mut tally, mut reader) = (Tally::new(), PmacctJson::new(TimeZone::UTC));
            let mut tail = Vec::new();
            for part in text.as_bytes().chunks(step.min(text.len())) {
                tail.extend_from_slice(part);
                let used = reader.read(&tail, AT + 4000, &mut tally);
                tally.end_of_read(AT + 4000);
                tail.drain(..used);
            }
            assert!(tail.is_empty());
            let got = tally.received;
            assert_eq!((got.records, got.routes, got.sessions_closed, got.odd), (8, 3, 1, 2));
            let report = tally.latencies.report();
            assert_eq!((report.count, report.p50_us, report.unstamped), (4, 4000, 0));
        }
    }
}
