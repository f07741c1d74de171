//! The options of a file, and what they make of its path.

use std::time::Duration;

use jiff::Timestamp;

use super::direct::Bounce;
use super::log_file::Manner;
use super::names::FileNames;
use super::pack::Method;
use super::retain::Retention;
use crate::config::units::{Dur, Size};
use crate::output::transport::path::PathTemplate;
use crate::output::transport::{OpenError, Setup};
use crate::output::url::OutputUrl;

/// Every option and its line of help.
pub(super) const HELP: &[(&str, &str)] = &[
    (
        "direct",
        "off (the default); on: large pieces go to the disk around the page cache (O_DIRECT)",
    ),
    (
        "rotate",
        "begin a new file every DUR, aligned to the clock in UTC; it is NAME.part until complete",
    ),
    ("rotate-size", "begin a new file with the record after the one that fills SIZE"),
    ("compress", "none (the default), gzip or zstd; .gz or .zst is added to the name"),
    ("compress-level", "1 to 9 of gzip (default 6), 1 to 19 of zstd (default 3)"),
    ("flush", "how long records may wait to be compressed together (default 1s)"),
    (
        "fsync",
        "never, rotate (before a file gets its name; the default with rotation) or every DUR",
    ),
    ("keep", "remove complete files of this output that are older than DUR"),
    ("keep-size", "remove the oldest complete files of this output beyond SIZE in all"),
    (
        "preamble",
        "on (the default with rotation): a file begins with what stands, so that it decodes alone",
    ),
];

/// The least that makes sense as the size of a file, octets.
const ROTATE_SIZE_MIN: u64 = 4096;

/// When the disk is to have everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fsync {
    Never,
    /// Before a file is complete.
    Rotate,
    /// So often, and before a file is complete.
    Every(Duration),
}

/// The time of day; a test's may stand still.
#[derive(Debug, Clone, Default)]
pub(super) enum Clock {
    #[default]
    System,
    /// Seconds of the epoch.
    #[cfg(test)]
    Set(std::sync::Arc<std::sync::atomic::AtomicI64>),
}

impl Clock {
    pub(super) fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            #[cfg(test)]
            Self::Set(seconds) => {
                let seconds = seconds.load(std::sync::atomic::Ordering::Relaxed);
                Timestamp::from_second(seconds).unwrap_or_default()
            }
        }
    }
}

/// How an output's files are written: shared by all of them.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) names: FileNames,
    pub(super) stream: usize,
    pub(super) manner: Manner,
    /// Seconds of an interval.
    pub(super) every: Option<i64>,
    /// Octets of a file.
    pub(super) size: Option<u64>,
    pub(super) flush: Duration,
    pub(super) fsync: Fsync,
    pub(super) retention: Retention,
    pub(super) preamble: bool,
    pub(super) clock: Clock,
}

/// When a file begins by its name, and when its interval ends.
pub(super) type Interval = (Timestamp, Option<Timestamp>);

impl Plan {
    /// What the options of a URL come to for one stream. `target` is its path.
    pub(super) fn new(
        url: &OutputUrl,
        target: &str,
        stream: usize,
        line_oriented: bool,
    ) -> Result<Self, OpenError> {
        let template = PathTemplate::parse(target)
            .map_err(|e| OpenError(format!("file: {e}; like file:/tmp/x")))?;
        let packed = method(url)?;
        let (every, size) = (rotate(url)?, rotate_size(url)?);
        let rotates = every.is_some() || size.is_some();
        let fsync = fsync(url, rotates)?;
        let manner = Manner {
            line_oriented,
            make_directories: template.directory_varies(),
            direct: direct(url, packed)?,
            packed,
            sync_at_close: matches!(fsync, Fsync::Every(_)),
        };
        let suffix = packed.map_or("", Method::suffix);
        Ok(Self {
            names: FileNames::new(template, suffix, stream),
            stream,
            manner,
            every,
            size,
            flush: flush(url, packed)?,
            fsync,
            retention: retention(url, rotates)?,
            preamble: preamble(url, rotates)?,
            clock: Clock::default(),
        })
    }

    /// The plan of a transport's setup.
    pub(super) fn of(setup: &Setup<'_>, target: &str) -> Result<Self, OpenError> {
        let mut plan = Self::new(setup.url, target, setup.stream, setup.layout.is_lines())?;
        plan.names.set_topics(setup.topics);
        Ok(plan)
    }

    pub(super) fn rotates(&self) -> bool {
        self.every.is_some() || self.size.is_some()
    }

    pub(super) fn template(&self) -> &PathTemplate {
        self.names.template()
    }

    /// That of a file that begins at `now`.
    pub(super) fn interval(&self, now: Timestamp) -> Interval {
        let Some(every) = self.every else { return (now, None) };
        let begins = now.as_second().div_euclid(every).saturating_mul(every);
        let at = |second| Timestamp::from_second(second).unwrap_or(now);
        (at(begins), Some(at(begins.saturating_add(every))))
    }

    /// Whether an interval is over. So is one far ahead, before which the clock was set back: its
    /// end may be years away.
    pub(super) fn is_over(&self, (begins, ends): Interval) -> bool {
        let (Some(ends), now) = (ends, self.clock.now()) else { return false };
        now >= ends || self.interval(now).1.is_some_and(|end| end < begins)
    }
}

fn wrong<T>(text: impl Into<String>) -> Result<T, OpenError> {
    Err(OpenError(text.into()))
}

fn duration(url: &OutputUrl, key: &str) -> Result<Option<Duration>, OpenError> {
    let parse = |text: &str| text.parse::<Dur>().map(|dur| dur.0);
    let parsed = url.option(key).map(parse).transpose();
    parsed.map_err(|e| OpenError(format!("{key}: {e}")))
}

fn size(url: &OutputUrl, key: &str) -> Result<Option<u64>, OpenError> {
    let parse = |text: &str| text.parse::<Size>().map(|size| size.0);
    let parsed = url.option(key).map(parse).transpose();
    parsed.map_err(|e| OpenError(format!("{key}: {e}")))
}

fn rotate(url: &OutputUrl) -> Result<Option<i64>, OpenError> {
    let Some(every) = duration(url, "rotate")? else { return Ok(None) };
    if every.is_zero() || every.subsec_nanos() > 0 {
        return wrong(format!("rotate is 1s or more, in whole seconds, not {}", Dur(every)));
    }
    Ok(i64::try_from(every.as_secs()).ok())
}

fn rotate_size(url: &OutputUrl) -> Result<Option<u64>, OpenError> {
    match size(url, "rotate-size")? {
        Some(octets) if octets < ROTATE_SIZE_MIN => {
            wrong(format!("rotate-size is 4KiB or more, not {}", Size(octets)))
        }
        size => Ok(size),
    }
}

fn method(url: &OutputUrl) -> Result<Option<Method>, OpenError> {
    let level = |max: u32, default: u32| match url.option("compress-level") {
        None => Ok(default),
        Some(text) => match text.parse() {
            Ok(level) if (1..=max).contains(&level) => Ok(level),
            _ => wrong(format!("compress-level is a number from 1 to {max}, not '{text}'")),
        },
    };
    match url.option("compress") {
        Some("gzip") => Ok(Some(Method::Gzip(level(9, 6)?))),
        Some("zstd") => Ok(Some(Method::Zstd(level(19, 3)? as i32))),
        None | Some("none") if url.option("compress-level").is_some() => {
            wrong("compress-level needs compress=gzip or compress=zstd")
        }
        None | Some("none") => Ok(None),
        Some(other) => wrong(format!("compress is none, gzip or zstd, not '{other}'")),
    }
}

/// The memory of `direct=on`.
fn direct(url: &OutputUrl, packed: Option<Method>) -> Result<Option<Bounce>, OpenError> {
    match url.option("direct") {
        None | Some("off") => Ok(None),
        Some("on") if packed.is_some() => wrong(
            "direct=on cannot go with compress: what is compressed comes in small pieces; \
             leave one of them out",
        ),
        Some("on") => Ok(Some(Bounce::default())),
        Some(other) => wrong(format!("direct is on or off, not '{other}'")),
    }
}

fn flush(url: &OutputUrl, packed: Option<Method>) -> Result<Duration, OpenError> {
    match duration(url, "flush")? {
        Some(_) if packed.is_none() => wrong(
            "flush needs compress=gzip or compress=zstd: what is not compressed does not wait",
        ),
        Some(time) => Ok(time),
        None => Ok(Duration::from_secs(1)),
    }
}

fn fsync(url: &OutputUrl, rotates: bool) -> Result<Fsync, OpenError> {
    match url.option("fsync") {
        None if rotates => Ok(Fsync::Rotate),
        None | Some("never") => Ok(Fsync::Never),
        Some("rotate") if rotates => Ok(Fsync::Rotate),
        Some("rotate") => wrong("fsync=rotate needs rotate= or rotate-size=; or write fsync=10s"),
        Some(_) => match duration(url, "fsync") {
            Ok(Some(every)) if !every.is_zero() => Ok(Fsync::Every(every)),
            _ => wrong("fsync is never, rotate or a duration, such as 10s"),
        },
    }
}

fn retention(url: &OutputUrl, rotates: bool) -> Result<Retention, OpenError> {
    let retention = Retention { time: duration(url, "keep")?, size: size(url, "keep-size")? };
    if retention.time.is_some_and(|time| time.is_zero()) || retention.size == Some(0) {
        return wrong(
            "keep and keep-size are more than 0: else every file goes once it is complete",
        );
    }
    if retention.is_wanted() && !rotates {
        return wrong("keep and keep-size need rotate= or rotate-size=: only complete files go");
    }
    Ok(retention)
}

fn preamble(url: &OutputUrl, rotates: bool) -> Result<bool, OpenError> {
    match url.option("preamble") {
        None => Ok(rotates),
        Some("off") => Ok(false),
        Some("on") if rotates => Ok(true),
        Some("on") => wrong("preamble=on needs rotate= or rotate-size=: else there is one file"),
        Some(other) => wrong(format!("preamble is on or off, not '{other}'")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::output::transport::testing::url;

    fn plan(options: &[(&str, &str)]) -> Result<Plan, OpenError> {
        Plan::new(&url("file", "/d/x", options), "/d/x", 0, true)
    }

    #[test]
    fn options_mean_what_they_say() {
        let usual = plan(&[]).unwrap();
        assert!(!usual.rotates() && !usual.preamble && usual.fsync == Fsync::Never);
        let full = plan(&[
            ("rotate", "5m"),
            ("rotate-size", "1GiB"),
            ("compress", "zstd"),
            ("compress-level", "9"),
            ("flush", "10s"),
            ("keep", "7d"),
            ("keep-size", "1TiB"),
        ])
        .unwrap();
        assert_eq!((full.every, full.size), (Some(300), Some(1 << 30)));
        assert_eq!(full.manner.packed, Some(Method::Zstd(9)));
        assert!(full.preamble && full.fsync == Fsync::Rotate && full.retention.is_wanted());
        assert_eq!(full.flush, Duration::from_secs(10));
        let gzip = plan(&[("compress", "gzip"), ("fsync", "10s")]).unwrap();
        assert_eq!(gzip.manner.packed, Some(Method::Gzip(6)));
        assert_eq!(gzip.fsync, Fsync::Every(Duration::from_secs(10)));
        assert!(gzip.manner.sync_at_close);
    }

    #[test]
    fn what_makes_no_sense_is_answered_with_what_would() {
        let table: &[(&[(&str, &str)], &str)] = &[
            (&[("rotate", "500ms")], "whole seconds"),
            (&[("rotate", "1500ms")], "whole seconds"),
            (&[("rotate", "0s")], "1s or more"),
            (&[("rotate", "5")], "rotate: `5` has no unit"),
            (&[("rotate-size", "1KiB")], "4KiB or more"),
            (&[("rotate-size", "1MB")], "1MiB"),
            (&[("compress", "lz4")], "gzip or zstd"),
            (&[("compress-level", "3")], "needs compress"),
            (&[("compress", "gzip"), ("compress-level", "10")], "from 1 to 9"),
            (&[("compress", "zstd"), ("compress-level", "0")], "from 1 to 19"),
            (&[("compress", "zstd"), ("direct", "on")], "leave one of them out"),
            (&[("direct", "yes")], "on or off"),
            (&[("flush", "1s")], "needs compress"),
            (&[("fsync", "rotate")], "fsync=10s"),
            (&[("fsync", "always")], "never, rotate or"),
            (&[("fsync", "0s")], "never, rotate or"),
            (&[("keep", "7d")], "need rotate="),
            (&[("keep-size", "1GiB")], "need rotate="),
            (&[("keep", "0s"), ("rotate", "1h")], "more than 0"),
            (&[("keep-size", "0"), ("rotate", "1h")], "more than 0"),
            (&[("preamble", "on")], "needs rotate="),
            (&[("preamble", "maybe")], "on or off"),
        ];
        for (options, remedy) in table {
            let OpenError(text) = plan(options).err().unwrap();
            assert!(text.contains(remedy), "{options:?}: {text}");
        }
    }

    #[test]
    fn an_interval_is_over_at_its_end_or_when_the_clock_was_set_far_back() {
        let mut plan = plan(&[("rotate", "5m")]).unwrap();
        let clock = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(3000));
        plan.clock = Clock::Set(clock.clone());
        let interval = plan.interval(plan.clock.now());
        for (now, is_over) in
            [(3000, false), (3299, false), (3300, true), (2999, false), (2700, false), (2699, true)]
        {
            clock.store(now, std::sync::atomic::Ordering::Relaxed);
            assert_eq!(plan.is_over(interval), is_over, "{now}");
        }
        assert!(!plan.is_over((interval.0, None)), "by size alone");
    }

    #[test]
    fn intervals_are_aligned_to_the_clock() {
        let of = |rotate, now: &str| {
            let plan = plan(&[("rotate", rotate)]).unwrap();
            let (begins, ends) = plan.interval(now.parse().unwrap());
            format!("{begins} {}", ends.unwrap())
        };
        let now = "2026-11-22T15:07:31.25Z";
        assert_eq!(of("5m", now), "2026-11-22T15:05:00Z 2026-11-22T15:10:00Z");
        assert_eq!(of("1h", now), "2026-11-22T15:00:00Z 2026-11-22T16:00:00Z");
        assert_eq!(of("1d", now), "2026-11-22T00:00:00Z 2026-11-23T00:00:00Z");
        assert_eq!(of("1s", now), "2026-11-22T15:07:31Z 2026-11-22T15:07:32Z");
        assert_eq!(of("5m", "2026-11-22T15:05:00Z"), "2026-11-22T15:05:00Z 2026-11-22T15:10:00Z");
        let now: Timestamp = now.parse().unwrap();
        assert_eq!(plan(&[("rotate-size", "1MiB")]).unwrap().interval(now), (now, None));
    }
}
