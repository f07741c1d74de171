//! The log: `tracing` events as lines on standard error.
//!
//! An event's message is its word (see [`super::events`]), its fields are its keys:
//! `tracing::info!(router = %address, session = %id, "session-open")`. Lines wait in a bounded
//! queue for a thread that writes them, so a standard error that nobody reads holds nobody up;
//! lines beyond the queue are given up and counted.

use std::fmt;
use std::io::{self, IsTerminal as _, Write};
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use super::collapse::{Collapse, Repeats};
use super::events::{EVENTS, LIBRARY_MESSAGE, LOG_LINES_DROPPED, find};
use super::line::{Fields, Style, is_word, line};

/// Lines that may wait for standard error.
const LINES_QUEUED_MAX: usize = 8192;

/// What a log line looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// `TIME LEVEL event key=value…`
    #[default]
    Text,
    /// One JSON object a line: `{"time":…,"level":…,"event":…,…}`
    Json,
}

/// When log lines are coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set or TERM is dumb
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl ColorChoice {
    /// Whether standard error gets colours here and now.
    #[must_use]
    pub fn resolve(self) -> bool {
        let variable = |name| std::env::var_os(name).unwrap_or_default();
        self.decide(!variable("NO_COLOR").is_empty(), variable("TERM") == "dumb", || {
            io::stderr().is_terminal()
        })
    }

    fn decide(self, no_color: bool, dumb: bool, terminal: impl Fn() -> bool) -> bool {
        match self {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => !no_color && !dumb && terminal(),
        }
    }
}

/// The least important level that is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogLevel {
    /// What failed for good
    Error,
    /// What is wrong, but goes on
    Warn,
    /// What happens
    #[default]
    Info,
    /// What helps to find a fault
    Debug,
    /// Everything, also what libraries say
    Trace,
}

impl From<LogLevel> for Level {
    fn from(level: LogLevel) -> Level {
        match level {
            LogLevel::Error => Level::ERROR,
            LogLevel::Warn => Level::WARN,
            LogLevel::Info => Level::INFO,
            LogLevel::Debug => Level::DEBUG,
            LogLevel::Trace => Level::TRACE,
        }
    }
}

/// How to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogConfig {
    /// Text or JSON.
    pub format: LogFormat,
    /// The least important level.
    pub level: LogLevel,
    /// Whether text is coloured; JSON never is.
    pub color: ColorChoice,
}

/// Starts logging to standard error for the whole process. Keep the guard until the end: dropping
/// it writes what waits (for a second at most, should standard error be stuck).
///
/// # Errors
/// [`LogInitError`] when logging has already been started.
pub fn init(config: LogConfig) -> Result<LogGuard, LogInitError> {
    let (core, guard) = start(config, config.color.resolve(), io::stderr());
    let subscriber = tracing_subscriber::registry().with(LogLayer(core));
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogInitError)?;
    Ok(guard)
}

/// Logging was already started in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogInitError;

impl fmt::Display for LogInitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("logging was already started: start it once per process")
    }
}

impl std::error::Error for LogInitError {}

/// Keeps the log alive; dropping it sums up what was held back and writes what waits.
pub struct LogGuard {
    core: Arc<Core>,
    _worker: WorkerGuard,
}

impl LogGuard {
    /// Writes the sums of repeats whose second has ended, and tells of lines given up. Call it
    /// about once a second; without it they come out with the next event.
    pub fn tick(&self) {
        self.core.tick();
    }

    /// Logs from this level on, from now on.
    pub fn set_level(&self, level: LogLevel) {
        if self.core.level.swap(level as u8, Ordering::Relaxed) != level as u8 {
            // What each place in the code was told about its level is asked for again.
            tracing::callsite::rebuild_interest_cache();
        }
    }

    /// Lines given up so far because standard error was too slow.
    #[must_use]
    pub fn lines_dropped(&self) -> u64 {
        self.core.queue.dropped.load(Ordering::Relaxed)
    }
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        self.core.flush();
        // The worker's own guard follows: it waits until the queue is written.
    }
}

impl fmt::Debug for LogGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogGuard").field("lines_dropped", &self.lines_dropped()).finish()
    }
}

/// Starts the writing thread in front of `out`.
fn start(
    config: LogConfig,
    color: bool,
    out: impl Write + Send + 'static,
) -> (Arc<Core>, LogGuard) {
    let waiting = Arc::new(AtomicUsize::new(0));
    // The queue never fills: `waiting` stays below its size. With a full one the worker's guard
    // could not end the thread and would print about that to standard output, among the data.
    let (lines, worker) = NonBlockingBuilder::default()
        .buffered_lines_limit(LINES_QUEUED_MAX + 8)
        .thread_name("log")
        .finish(Counted { out, waiting: Arc::clone(&waiting) });
    let queue = Queue { lines, waiting, dropped: AtomicU64::new(0) };
    let began = Instant::now();
    let core = Arc::new(Core {
        style: Style { format: config.format, color },
        level: AtomicU8::new(config.level as u8),
        queue,
        clock: Box::new(move || (began.elapsed(), Timestamp::now())),
        state: Mutex::new(State { collapse: Collapse::new(), dropped_told: 0 }),
    });
    (Arc::clone(&core), LogGuard { core, _worker: worker })
}

/// Lines on their way to the writing thread.
struct Queue {
    lines: NonBlocking,
    waiting: Arc<AtomicUsize>,
    dropped: AtomicU64,
}

impl Queue {
    /// Queues a line or gives it up. Only called under the lock of [`Core::state`], so that
    /// `waiting` cannot pass its bound between the look and the push.
    fn push(&self, line: &str) {
        if self.waiting.load(Ordering::Acquire) >= LINES_QUEUED_MAX {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.waiting.fetch_add(1, Ordering::AcqRel);
        // The writer of the queue takes every line whole and reports no errors.
        let _ = self.lines.clone().write_all(line.as_bytes());
    }
}

/// Writes lines and counts them off the queue. Errors of `out` end here: there is nowhere to tell.
struct Counted<W> {
    out: W,
    waiting: Arc<AtomicUsize>,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // The worker takes a line off the queue and hands it over in one call.
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        let _ = self.out.write_all(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = self.out.flush();
        Ok(())
    }
}

/// Time since the start and the time of day.
type Clock = Box<dyn Fn() -> (Duration, Timestamp) + Send + Sync>;

/// What all threads share. The lock is held for counting and queueing, never while anything waits.
struct Core {
    style: Style,
    /// A [`LogLevel`].
    level: AtomicU8,
    queue: Queue,
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    collapse: Collapse,
    /// Dropped lines that the log has told of.
    dropped_told: u64,
}

impl Core {
    /// Takes an event whose keys are rendered.
    fn event(&self, level: Level, word: &str, fields: &str) {
        let row = find(word).or_else(|| find(LIBRARY_MESSAGE));
        let mut state = self.lock();
        let (now, time) = (self.clock)();
        self.sum_up(&mut state, now, time);
        let admitted = row
            .is_none_or(|(index, info)| !info.collapse || state.collapse.admit(index, level, now));
        if admitted {
            self.queue.push(&line(self.style, time, level, word, fields));
        }
    }

    fn tick(&self) {
        let mut state = self.lock();
        let (now, time) = (self.clock)();
        self.sum_up(&mut state, now, time);
        self.tell_dropped(&mut state, time);
    }

    fn flush(&self) {
        let mut state = self.lock();
        let (_, time) = (self.clock)();
        while let Some(repeats) = state.collapse.flush() {
            self.repeated(repeats, time);
        }
        self.tell_dropped(&mut state, time);
    }

    fn sum_up(&self, state: &mut State, now: Duration, time: Timestamp) {
        while let Some(repeats) = state.collapse.ended(now) {
            self.repeated(repeats, time);
        }
    }

    fn repeated(&self, repeats: Repeats, time: Timestamp) {
        let Repeats { event, level, repeated } = repeats;
        let Some(info) = EVENTS.get(event) else { return };
        let mut fields = Fields::new(self.style.format);
        fields.plain("repeated", repeated);
        self.queue.push(&line(self.style, time, level, info.word, &fields.rendered));
    }

    /// Tells of lines given up since the last time, once there is room to tell.
    fn tell_dropped(&self, state: &mut State, time: Timestamp) {
        let dropped = self.queue.dropped.load(Ordering::Relaxed);
        let new = dropped - state.dropped_told;
        if new == 0 || self.queue.waiting.load(Ordering::Acquire) >= LINES_QUEUED_MAX {
            return;
        }
        state.dropped_told = dropped;
        let mut fields = Fields::new(self.style.format);
        fields.plain("lines", new);
        self.queue.push(&line(self.style, time, Level::WARN, LOG_LINES_DROPPED, &fields.rendered));
    }

    fn level(&self) -> Level {
        let level = self.level.load(Ordering::Relaxed);
        let all = [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug];
        all.into_iter().find(|known| *known as u8 == level).unwrap_or(LogLevel::Trace).into()
    }

    /// Whether an event is logged. Libraries are heard from WARN on, and in full at TRACE.
    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let ours = metadata.target().split("::").next() == Some(env!("CARGO_CRATE_NAME"));
        let level = self.level();
        let limit = if ours || level == Level::TRACE { level } else { level.min(Level::WARN) };
        metadata.is_event() && *metadata.level() <= limit
    }

    /// The state; a thread that panicked while it held the lock has left it whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands events to [`Core`].
struct LogLayer(Arc<Core>);

impl Layer<Registry> for LogLayer {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, Registry>) -> bool {
        self.0.wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::from_level(self.0.level()))
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, Registry>) {
        // Rendered before the lock is taken: a value's own code may log, too.
        let mut fields = Fields::new(self.0.style.format);
        event.record(&mut fields);
        let metadata = event.metadata();
        if is_word(&fields.message) {
            return self.0.event(*metadata.level(), &fields.message, &fields.rendered);
        }
        let mut sentence = Fields::new(self.0.style.format);
        sentence.text("source", metadata.target());
        sentence.text("text", &fields.message);
        sentence.rendered.push_str(&fields.rendered);
        self.0.event(*metadata.level(), LIBRARY_MESSAGE, &sentence.rendered);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// What was written, for a test to read.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Paper {
        fn lines(&self) -> Vec<String> {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            text.lines().map(str::to_owned).collect()
        }
    }

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Logs what `work` says, with a clock that it sets in milliseconds, and returns the lines.
    fn logged(config: LogConfig, work: impl FnOnce(&AtomicU64, &Arc<Core>)) -> Vec<String> {
        let paper = Paper::default();
        let (core, guard) = start(config, false, paper.clone());
        let millis = Arc::new(AtomicU64::new(0));
        let hand = Arc::clone(&millis);
        let core = Arc::new(Core {
            clock: Box::new(move || {
                let now = Duration::from_millis(hand.load(Ordering::Relaxed));
                (now, Timestamp::UNIX_EPOCH + now)
            }),
            style: core.style,
            level: AtomicU8::new(config.level as u8),
            queue: Queue {
                lines: core.queue.lines.clone(),
                waiting: Arc::clone(&core.queue.waiting),
                dropped: AtomicU64::new(0),
            },
            state: Mutex::new(State { collapse: Collapse::new(), dropped_told: 0 }),
        });
        let layer = LogLayer(Arc::clone(&core));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || work(&millis, &core));
        core.flush();
        drop(guard);
        paper.lines()
    }

    #[test]
    fn a_line_has_time_level_event_and_keys() {
        let lines = logged(LogConfig::default(), |millis, _| {
            millis.store(1_234, Ordering::Relaxed);
            let router = "[::1]:179";
            tracing::info!(router = %router, session = 7_u64, name = "a b", ok = true, "session-open");
            tracing::debug!("session-open");
        });
        assert_eq!(
            lines,
            ["1970-01-01T00:00:01.234Z INFO session-open router=[::1]:179 session=7 name=\"a b\" \
              ok=true"]
        );
    }

    #[test]
    fn json_lines_are_json() {
        let config = LogConfig { format: LogFormat::Json, ..LogConfig::default() };
        let lines = logged(config, |_, _| {
            let evil = "\"}\n{\"event\":\"forged\"";
            tracing::warn!(reason = evil, n = -3, big = u128::MAX, x = f64::NAN, "odd-message");
            for _ in 0..30 {
                tracing::info!(router = ?Some(evil), "session-open");
            }
        });
        let lines: Vec<serde_json::Value> =
            lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 22);
        assert_eq!(lines[0]["event"], "odd-message");
        assert_eq!(lines[0]["level"], "warn");
        assert_eq!(lines[0]["reason"], "\"}\n{\"event\":\"forged\"");
        assert_eq!(lines[0]["n"], -3);
        assert_eq!(lines[0]["x"], "NaN");
        assert_eq!(lines[21]["repeated"], 10);
    }

    #[test]
    fn a_flood_becomes_twenty_lines_and_a_sum() {
        let lines = logged(LogConfig::default(), |millis, core| {
            for _ in 0..500 {
                tracing::warn!(offset = 1, "odd-message");
            }
            tracing::info!("session-close");
            millis.store(1_000, Ordering::Relaxed);
            core.tick();
            tracing::warn!(offset = 2, "odd-message");
        });
        assert_eq!(lines.len(), 20 + 1 + 1 + 1);
        assert!(lines[20].contains("session-close"));
        assert_eq!(lines[21], "1970-01-01T00:00:01.000Z WARN odd-message repeated=480");
        assert!(lines[22].ends_with("odd-message offset=2"));
    }

    #[test]
    fn the_next_event_sums_up_a_second_that_has_ended() {
        let lines = logged(LogConfig::default(), |millis, _| {
            (0..25).for_each(|_| tracing::warn!("odd-message"));
            millis.store(1_500, Ordering::Relaxed);
            tracing::info!("session-open");
        });
        assert!(lines[20].ends_with("odd-message repeated=5"), "{}", lines[20]);
        assert!(lines[21].ends_with("session-open"));
    }

    #[test]
    fn reports_are_never_summed_up() {
        let lines = logged(LogConfig::default(), |_, _| {
            (0..64).for_each(|reactor| tracing::info!(reactor, "status"));
        });
        assert_eq!(lines.len(), 64);
    }

    #[test]
    fn a_message_that_is_no_word_cannot_stand_as_one() {
        let lines = logged(LogConfig::default(), |_, _| {
            tracing::warn!(k = 1, "two words\nand a line");
            tracing::warn!(target: "glommio::reactor", "{}", "a warning");
            tracing::info!(target: "glommio::reactor", "chatter");
        });
        assert_eq!(lines.len(), 2);
        assert!(lines[0].ends_with(
            r#"WARN library-message source=ribcage::telemetry::log::tests text="two words\nand a line" k=1"#
        ));
        assert!(lines[1].contains(r#"source=glommio::reactor text="a warning""#));
    }

    #[test]
    fn the_level_filters() {
        let config = LogConfig { level: LogLevel::Warn, ..LogConfig::default() };
        let lines = logged(config, |_, _| {
            tracing::info!("session-open");
            tracing::error!("output-undelivered");
        });
        assert_eq!(lines.len(), 1);
        let config = LogConfig { level: LogLevel::Trace, ..LogConfig::default() };
        let lines = logged(config, |_, _| tracing::trace!(target: "glommio", "chatter"));
        assert_eq!(lines.len(), 1);
    }

    /// Blocks until it is released.
    struct Stuck(mpsc::Receiver<()>, Paper);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stuck_standard_error_blocks_nobody_and_costs_only_counted_lines() {
        let (release, held) = mpsc::channel();
        let paper = Paper::default();
        let (core, guard) = start(LogConfig::default(), false, Stuck(held, paper.clone()));
        let sent = LINES_QUEUED_MAX + 100;
        for _ in 0..sent {
            core.event(Level::INFO, "status", "");
        }
        assert!(guard.lines_dropped() >= 99, "{}", guard.lines_dropped());
        drop(release); // from here on nothing blocks
        while core.queue.waiting.load(Ordering::Acquire) > 0 {
            std::thread::yield_now();
        }
        let dropped = guard.lines_dropped();
        guard.tick();
        drop(guard);
        let lines = paper.lines();
        assert_eq!(lines.len(), sent - usize::try_from(dropped).unwrap() + 1);
        assert!(
            lines.last().unwrap().ends_with(&format!("WARN log-lines-dropped lines={dropped}")),
            "{:?}",
            lines.last()
        );
    }

    #[test]
    fn the_end_does_not_wait_for_a_standard_error_that_stays_stuck() {
        let (_never, held) = mpsc::channel();
        let (core, guard) = start(LogConfig::default(), false, Stuck(held, Paper::default()));
        for _ in 0..2 * LINES_QUEUED_MAX {
            core.event(Level::INFO, "status", "");
        }
        let (ended, end) = mpsc::channel();
        std::thread::spawn(move || {
            drop(guard);
            ended.send(()).unwrap();
        });
        // A second is what the guard allows; the rest is for a busy machine.
        assert_eq!(end.recv_timeout(Duration::from_secs(60)), Ok(()));
    }

    #[test]
    fn colours_follow_the_flag_then_the_environment() {
        assert!(ColorChoice::Always.decide(true, true, || false));
        assert!(!ColorChoice::Never.decide(false, false, || true));
        assert!(ColorChoice::Auto.decide(false, false, || true));
        assert!(!ColorChoice::Auto.decide(true, false, || true));
        assert!(!ColorChoice::Auto.decide(false, true, || true));
        assert!(!ColorChoice::Auto.decide(false, false, || false));
    }
}
