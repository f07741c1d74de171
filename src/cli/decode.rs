//! `ribcage decode`: files in, the same records out as from a router, on one thread.

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use indicatif::{ProgressBar, ProgressStyle};

use super::args::{Arrival, DecodeArgs};
use super::{Exit, Failure};
use crate::engine::port::{Consumed, Progress, Sink, SinkSpec};
use crate::engine::session_log::{log_broken_framing, log_events};
use crate::input::{self, InputEvent, InputOptions, StreamEnd};
use crate::output::{OutputSpec, open_outputs, reader_gone};
use crate::record::{Batch, BatchLimits, CloseReason, Full, SessionId};
use crate::session::{Received, Session, SessionCounters, SessionLimits};
use crate::wire::Timestamp;

/// Events of one session that go to the log after each piece of input.
const EVENTS_PER_PIECE: usize = 32;

/// How long an output that takes nothing is waited for at the end.
const DELIVERY_PATIENCE: Duration = Duration::from_secs(30);

/// How long an output whose writes fail is tried again before the rest is given up.
const FAILURE_PATIENCE: Duration = Duration::from_secs(5);

/// Runs the command.
///
/// # Errors
/// [`Failure`] with its exit code; what could be decoded was written.
pub(super) fn run(args: &DecodeArgs) -> Result<Exit, Failure> {
    let mut specs = match (&args.format, args.output.as_slice()) {
        (Some(format), _) => vec![OutputSpec::parse_format(format).map_err(Failure::usage)?],
        (None, []) => vec![OutputSpec::parse_format("pmacct-json").map_err(Failure::usage)?],
        (None, outputs) => OutputSpec::parse_all(outputs).map_err(Failure::usage)?,
    };
    for spec in &mut specs {
        spec.reader_may_leave = true;
        if let Some(filter) = &args.filter {
            spec.restrict(filter);
        }
    }
    let sinks = open_outputs(&specs).map_err(Failure::run)?;
    let only_stdout = specs.iter().all(|s| s.transport.scheme == "stdout");
    let mut decoder = Decoder::new(args, sinks, only_stdout);
    let mut opened = Ok(());
    for file in &args.files {
        opened = decoder.file(file);
        if opened.is_err() || decoder.is_over() {
            break;
        }
    }
    // What the files before it held is delivered, whatever is wrong with this one.
    let exit = decoder.finish();
    opened.and(exit)
}

/// The single-threaded twin of reactor and writer.
struct Decoder<'a> {
    args: &'a DecodeArgs,
    sinks: Vec<SinkSpec>,
    /// Whether nothing is left to do once nobody reads standard output.
    only_stdout: bool,
    limits: SessionLimits,
    batch: Batch,
    /// Sessions begun so far, of all files: numbers their ids.
    begun: u64,
    counters: SessionCounters,
    broken: u64,
    cut: u64,
    /// Records of MRT, OpenBMP and RIS Live that make no sense.
    skipped: u64,
    failed_files: u64,
    /// Nobody reads standard output any more: what was not decoded is no fault of the input.
    reader_left: bool,
    /// An output fails and does not recover.
    gave_up: bool,
}

impl<'a> Decoder<'a> {
    fn new(args: &'a DecodeArgs, sinks: Vec<SinkSpec>, only_stdout: bool) -> Self {
        let dialect = super::args::dialect(args.dialect.into());
        let limits = SessionLimits { dialect, ..SessionLimits::default() };
        let batch = Batch::new(BatchLimits::for_messages(limits.max_frame));
        let counters = SessionCounters::default();
        let (begun, broken, cut, skipped, failed_files) = (0, 0, 0, 0, 0);
        let (reader_left, gave_up) = (false, false);
        Self {
            args,
            sinks,
            only_stdout,
            limits,
            batch,
            begun,
            counters,
            broken,
            cut,
            skipped,
            failed_files,
            reader_left,
            gave_up,
        }
    }

    fn file(&mut self, path: &Path) -> Result<(), Failure> {
        let source =
            input::open(path).map_err(|e| Failure::run(format!("{}: {e}", path.display())))?;
        let mut bar = progress_bar(path, source.progress());
        let options = InputOptions {
            format: self.args.input_format.into(),
            router: self.args.router,
            ..InputOptions::default()
        };
        let before = self.counters.messages;
        let mut streams: Vec<Option<Session>> = Vec::new();
        let summary = input::read(source, &options, &mut |event| {
            bar.update();
            self.event(&mut streams, event)
        });
        bar.done();
        if self.is_over() {
            return Ok(());
        }
        if let Some(fault) = &summary.fault {
            // A file that ends too early is like a stream that does: a warning, unless --strict.
            match fault.is_cut() {
                true => self.cut += 1,
                false => self.failed_files += 1,
            }
            tracing::warn!(file = %path.display(), error = %fault, "input-fault");
        }
        if summary.gaps > 0 {
            tracing::warn!(file = %path.display(), streams = summary.gaps, "input-gap");
            self.cut += summary.gaps;
        }
        if let Some(first) = &summary.first_malformed {
            let (file, records) = (path.display(), summary.malformed_records);
            tracing::warn!(%file, records, %first, "input-records-skipped");
            self.skipped += records;
        }
        if self.counters.messages == before && summary.fault.is_none() {
            tracing::warn!(file = %path.display(), "input-no-bmp");
            self.failed_files += 1;
        }
        self.flush();
        Ok(())
    }

    fn event(
        &mut self,
        streams: &mut Vec<Option<Session>>,
        event: InputEvent<'_>,
    ) -> ControlFlow<()> {
        match event {
            InputEvent::Open { router, at, .. } => {
                let now = self.arrival(at);
                let router = self.args.router.unwrap_or(router);
                let id = session_id(now, self.begun);
                self.begun += 1;
                let mut session = Session::new(id, router, self.limits);
                self.mark(|batch| session.open(now, batch));
                streams.push(Some(session));
            }
            InputEvent::Data { stream, octets, at } => {
                let now = self.arrival(at);
                if let Some(slot) = streams.get_mut(stream)
                    && let Some(session) = slot
                    && let Some(reason) = self.feed(session, now, octets)
                {
                    self.close(session, now, reason);
                    *slot = None;
                }
            }
            InputEvent::Close { stream, at, end } => {
                let now = self.arrival(at);
                if let Some(mut session) = streams.get_mut(stream).and_then(Option::take) {
                    let reason = self.end_of(&session, end);
                    self.close(&mut session, now, reason);
                }
            }
        }
        // Nobody reads on: nothing more need be decoded.
        self.reader_left |= self.only_stdout && reader_gone();
        match self.is_over() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    /// Whether nothing more need be decoded: what was not is no fault of the input.
    fn is_over(&self) -> bool {
        self.reader_left || self.gave_up
    }

    fn arrival(&self, at: Option<Timestamp>) -> Timestamp {
        match (self.args.arrival, at) {
            (Arrival::At(t), _) => t,
            (Arrival::Capture, Some(t)) => t,
            _ => SystemTime::now().into(),
        }
    }

    /// Decodes a piece of input; the reason if the session is over.
    fn feed(
        &mut self,
        session: &mut Session,
        now: Timestamp,
        octets: &[u8],
    ) -> Option<CloseReason> {
        let mut left = octets;
        loop {
            let (used, received) = session.receive(now, left, &mut self.batch);
            left = left.get(used..).unwrap_or_default();
            log_events(session, EVENTS_PER_PIECE);
            match received {
                Received::NeedInput => return None,
                Received::BatchFull => self.flush(),
                Received::Broken(error) => {
                    log_broken_framing(session, &error);
                    self.broken += 1;
                    return Some(CloseReason::BrokenFraming);
                }
            }
        }
    }

    fn end_of(&mut self, session: &Session, end: StreamEnd) -> CloseReason {
        match (session.tail_len(), end) {
            (0, StreamEnd::Reset) => CloseReason::Reset,
            (0, _) => CloseReason::EndOfStream,
            (octets, _) => {
                self.cut += 1;
                let (router, session) = (session.router(), session.id());
                tracing::warn!(%router, %session, octets, "input-cut-short");
                CloseReason::CutShort { octets }
            }
        }
    }

    fn close(&mut self, session: &mut Session, now: Timestamp, reason: CloseReason) {
        self.mark(|batch| session.close(now, reason, batch));
        self.counters.add(&session.take_counters());
    }

    fn mark(&mut self, mut push: impl FnMut(&mut Batch) -> Result<(), Full>) {
        while push(&mut self.batch).is_err() {
            self.flush();
        }
    }

    /// Writes the batch to every output and empties it. A reader that is slow is waited for; an
    /// output that fails only so long.
    fn flush(&mut self) {
        for spec in &mut self.sinks {
            let mut moved_at = Instant::now();
            while !self.gave_up {
                let now = Instant::now();
                let Consumed::Blocked { moved } = spec.sink.consume(&self.batch, now) else {
                    break;
                };
                if spec.sink.poll(now) == Progress::Moved || moved {
                    moved_at = now;
                    continue;
                }
                self.gave_up = spec.sink.is_failing() && moved_at.elapsed() > FAILURE_PATIENCE;
                std::thread::sleep(Duration::from_millis(1));
            }
            spec.sink.poll(Instant::now());
        }
        self.batch.reset();
    }

    /// Waits until everything is delivered and makes the exit code.
    fn finish(mut self) -> Result<Exit, Failure> {
        self.flush();
        let undelivered = self.deliver();
        let c = &self.counters;
        tracing::debug!(
            sessions = self.begun,
            messages = c.messages,
            octets = c.bytes,
            routes_announced = c.announced,
            routes_withdrawn = c.withdrawn,
            end_of_rib = c.end_of_rib,
            odd_messages = c.odd,
            malformed_updates = c.malformed,
            unknown_messages = c.unknown,
            "decoded"
        );
        let strictly = self.args.strict && (c.odd + c.malformed + self.cut + self.skipped > 0);
        match undelivered > 0
            || self.gave_up
            || self.broken > 0
            || self.failed_files > 0
            || strictly
        {
            true => Ok(Exit::Failed),
            false => Ok(Exit::Done),
        }
    }

    /// Records that could not be delivered. An output that moves is waited for.
    fn deliver(&mut self) -> u64 {
        let mut undelivered = 0;
        for spec in &mut self.sinks {
            let mut moved = Instant::now();
            let patience = |sink: &dyn Sink| match sink.is_failing() {
                true => FAILURE_PATIENCE,
                false => DELIVERY_PATIENCE,
            };
            spec.sink.drain();
            let mut finished = spec.sink.finish(Instant::now());
            while !finished || spec.sink.figures().pending > 0 {
                match spec.sink.poll(Instant::now()) {
                    Progress::Moved => moved = Instant::now(),
                    _ if moved.elapsed() >= patience(&*spec.sink) => break,
                    _ => std::thread::sleep(Duration::from_millis(1)),
                }
                finished = finished || spec.sink.finish(Instant::now());
            }
            spec.sink.poll(Instant::now());
            let figures = spec.sink.figures();
            let lost = match self.only_stdout && reader_gone() {
                true => 0, // the reader has had enough
                false => figures.pending + figures.dropped,
            };
            if lost > 0 {
                let output = &spec.name;
                tracing::error!(%output, records = lost, pending = lost, queued = 0, "output-undelivered");
            }
            undelivered += lost;
        }
        undelivered
    }
}

/// The id of the `begun`-th session. All may begin at one time here (`--arrival`): each round of
/// serial numbers is moved on by a microsecond, so that no two sessions are one.
fn session_id(now: Timestamp, begun: u64) -> SessionId {
    let rounds = begun >> SessionId::SERIAL_BITS;
    SessionId::new(Timestamp::from_micros(now.as_micros().saturating_add(rounds)), begun)
}

/// Progress on a terminal; nothing elsewhere.
struct Bar {
    progress: input::Progress,
    bar: Option<ProgressBar>,
    drawn: Instant,
}

fn progress_bar(path: &Path, progress: input::Progress) -> Bar {
    let shown = std::io::stderr().is_terminal() && !std::io::stdout().is_terminal();
    let bar = progress.total().filter(|_| shown).map(|total| {
        let bar = ProgressBar::new(total);
        let template = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.with_message(path.display().to_string())
    });
    Bar { progress, bar, drawn: Instant::now() }
}

impl Bar {
    fn update(&mut self) {
        if let Some(bar) = &self.bar
            && self.drawn.elapsed() > Duration::from_millis(100)
        {
            bar.set_position(self.progress.taken());
            self.drawn = Instant::now();
        }
    }

    fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_sessions_of_one_time_have_ids_of_their_own() {
        let now = Timestamp::new(1_767_323_045, 0);
        let ids: std::collections::HashSet<_> = (0..5000).map(|n| session_id(now, n)).collect();
        assert_eq!(ids.len(), 5000);
        assert_eq!(session_id(now, 0), SessionId::new(now, 0));
    }
}
