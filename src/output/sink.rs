//! The running output: a format and a transport behind the engine's port.

use std::time::{Instant, SystemTime};

use super::format::{Cursor, Format};
use super::frames::Frames;
use super::selection::{Selection, stream_of};
use super::transport::{Notice, OpenError, Setup, Transport};
use super::url::{OutputSpec, WhenFull};
use crate::engine::port::{Consumed, LaneKind, Progress, Sink, SinkFigures, SinkSpec};
use crate::filter::{Judge, LiveFilter};
use crate::record::{Batch, Event, Stamp};

/// Times that one call may render a buffer of frames, so that a writer's other outputs get their
/// turn.
const ROUNDS_MAX: usize = 8;

/// Opens all outputs, each with its streams. Files are opened or made here; sockets connect in the
/// background, whether or not the other side is there.
///
/// # Errors
/// The first output that cannot start: which, why, and what would help.
pub fn open_outputs(specs: &[OutputSpec]) -> Result<Vec<SinkSpec>, OpenError> {
    let mut sinks = Vec::new();
    for spec in specs {
        let named = |e: OpenError| OpenError(format!("output '{}': {}", spec.name, e.0));
        for (stream, format) in formats(spec).map_err(named)?.into_iter().enumerate() {
            let output = Output::new(spec, stream, format).map_err(named)?;
            sinks.push(SinkSpec {
                name: output.name.clone(),
                kind: match spec.when_full {
                    WhenFull::Block => LaneKind::Block,
                    WhenFull::Drop => LaneKind::Drop,
                },
                reads_updates: spec.reads_updates(),
                sink: Box::new(output),
            });
        }
    }
    Ok(sinks)
}

/// The format of each stream of an output.
fn formats(spec: &OutputSpec) -> Result<Vec<Box<dyn Format>>, OpenError> {
    let pairs = spec.format_options();
    let mut streams: Vec<Box<dyn Format>> = Vec::new();
    for stream in 0..spec.writers {
        let options = spec.format_setup(&pairs, stream);
        let sibling = streams.first().and_then(|first| first.sibling(&options));
        let built = sibling.unwrap_or_else(|| (spec.format.build)(&options));
        streams.push(built.map_err(|e| OpenError(e.0))?);
    }
    Ok(streams)
}

/// One stream of an output.
pub struct Output {
    name: String,
    format: Box<dyn Format>,
    transport: Box<dyn Transport>,
    stream: usize,
    streams: usize,
    reader_may_leave: bool,
    /// Rendered, and from `next` on not yet taken by the transport.
    frames: Frames,
    next: usize,
    /// The batch that was begun, and where rendering stands in it.
    begun: Option<Stamp>,
    cursor: Cursor,
    records: u64,
    /// Whether the last write failed.
    failing: bool,
    filter: LiveFilter,
    /// The filter at work, and how often there was another one until then.
    judge: Option<Judge>,
    filters: u64,
    /// It is not the first: sessions that begin to pass may have begun before.
    is_late: bool,
    /// What those before it have kept back.
    filtered: u64,
}

impl Output {
    /// Opens one stream of an output, by itself.
    ///
    /// # Errors
    /// Why the target cannot be opened and what would help.
    pub fn open(spec: &OutputSpec, stream: usize) -> Result<Self, OpenError> {
        let pairs = spec.format_options();
        let format = (spec.format.build)(&spec.format_setup(&pairs, stream));
        Self::new(spec, stream, format.map_err(|e| OpenError(e.0))?)
    }

    fn new(spec: &OutputSpec, stream: usize, format: Box<dyn Format>) -> Result<Self, OpenError> {
        let transport = (spec.transport.open)(&Setup {
            url: &spec.url,
            per_session: spec.format.per_session,
            layout: spec.format.layout,
            topics: &format.topics(),
            stream,
        })?;
        let name = match spec.writers {
            1 => spec.name.clone(),
            _ => format!("{}/{stream}", spec.name),
        };
        Ok(Self {
            name,
            format,
            transport,
            stream,
            streams: spec.writers,
            reader_may_leave: spec.reader_may_leave,
            frames: Frames::new(),
            next: 0,
            begun: None,
            cursor: Cursor::default(),
            records: 0,
            failing: false,
            filters: spec.filter.changes(),
            judge: spec.filter.get().map(Judge::new),
            is_late: false,
            filtered: 0,
            filter: spec.filter.clone(),
        })
    }

    /// Begins a batch, unless it is the one in hand.
    fn begin(&mut self, batch: &Batch) {
        if self.begun == Some(batch.stamp()) {
            return;
        }
        self.begun = Some(batch.stamp());
        self.cursor = Cursor::default();
        self.follow_filter();
        if !self.transport.wants_sessions() {
            return;
        }
        if self.is_late {
            // Each of them is told when it ends.
            let own = |session| stream_of(session, self.streams) == self.stream;
            for router in batch.routers().iter().filter(|router| own(router.session)) {
                self.transport.session_opens(router.session, router.address);
            }
            return;
        }
        for record in batch.records().iter().filter(|r| r.event == Event::SessionOpen) {
            let router = batch.router(record);
            let passes = self.judge.as_ref().is_none_or(|judge| judge.passes(batch, record));
            if passes && stream_of(router.session, self.streams) == self.stream {
                self.transport.session_opens(router.session, router.address);
            }
        }
    }

    /// Takes the filter that there is now.
    fn follow_filter(&mut self) {
        let changes = self.filter.changes();
        if self.filters != changes {
            (self.filters, self.is_late) = (changes, true);
            self.filtered += self.judge.as_ref().map_or(0, Judge::kept_back);
            self.judge = self.filter.get().map(Judge::late);
        }
    }

    /// Offers the frames in hand; returns whether the transport took any.
    fn offer(&mut self, now: Instant) -> bool {
        if self.next == self.frames.len() {
            return false;
        }
        let taken = self.transport.write(&self.frames, self.next, now);
        self.next += taken.min(self.frames.len() - self.next);
        taken > 0
    }

    /// Renders the next run of frames.
    fn render(&mut self, batch: &Batch) {
        self.frames.begin(self.transport.run());
        self.next = 0;
        let selection = Selection::of_stream(self.stream, self.streams, self.judge.as_ref());
        self.format.render(batch, &selection, &mut self.cursor, &mut self.frames);
        self.records += records_in(&self.frames, 0);
    }

    /// Renders what the clock asks for, once nothing else waits; whether it did.
    fn tick(&mut self, now: Instant) -> bool {
        if self.next < self.frames.len() || !self.format.is_due(now) {
            return false;
        }
        self.frames.begin(self.transport.run());
        self.next = 0;
        self.format.tick(now, SystemTime::now().into(), &mut self.frames);
        self.records += records_in(&self.frames, 0);
        true
    }

    fn is_rendered(&self, batch: &Batch) -> bool {
        self.cursor.record >= batch.records().len()
    }

    /// Passes on what the transport wants the log to know.
    fn log_notices(&mut self) {
        while let Some(notice) = self.transport.notice() {
            match notice {
                Notice::WriteFailed { .. } => self.failing = true,
                Notice::Recovered { .. } => self.failing = false,
                _ => {}
            }
            log(&self.name, notice, self.reader_may_leave);
        }
    }
}

/// Frames with octets, from `first` on.
fn records_in(frames: &Frames, first: usize) -> u64 {
    (first..frames.len()).filter(|i| frames.start(*i) < frames.frame(*i).end).count() as u64
}

fn log(output: &str, notice: Notice, reader_may_leave: bool) {
    match notice {
        Notice::Connected { target: t, resent } => {
            tracing::info!(output = %output, target = %t, resent, "output-connected");
        }
        Notice::Disconnected { target: t, error: e, retry_ms } => {
            tracing::warn!(output = %output, target = %t, error = %e, retry_ms, "output-disconnected");
        }
        Notice::WriteFailed { target: t, error: e, retry_ms } => {
            tracing::error!(output = %output, target = %t, error = %e, retry_ms, "output-write-failed");
        }
        Notice::Recovered { target: t } => {
            tracing::info!(output = %output, target = %t, "output-recovered");
        }
        Notice::Dropped { records, reason } => {
            tracing::warn!(output = %output, records, reason = %reason, "output-dropped");
        }
        Notice::PreambleIncomplete { target: t } => {
            tracing::warn!(output = %output, target = %t, "output-preamble-incomplete");
        }
        Notice::PreambleShareFull { target: t, session: s } => {
            tracing::warn!(output = %output, target = %t, session = %s, "output-preamble-share-full");
        }
        Notice::FileTrouble { target: t, error: e } => {
            tracing::warn!(output = %output, target = %t, error = %e, "output-file-trouble");
        }
        Notice::ReaderGone if reader_may_leave => {}
        Notice::ReaderGone => tracing::warn!(output = %output, "output-reader-gone"),
    }
}

impl Sink for Output {
    fn consume(&mut self, batch: &Batch, now: Instant) -> Consumed {
        self.begin(batch);
        let mut moved = false;
        let mut done = false;
        for _ in 0..ROUNDS_MAX {
            moved |= self.offer(now);
            // What is rendered needs the batch no longer: it can go home while the rest is offered.
            done = self.is_rendered(batch);
            if done || self.next < self.frames.len() {
                break;
            }
            if !self.tick(now) {
                self.render(batch);
            }
            moved = true;
        }
        self.log_notices();
        if done {
            self.begun = None;
            Consumed::Done
        } else {
            Consumed::Blocked { moved }
        }
    }

    fn poll(&mut self, now: Instant) -> Progress {
        let mut moved = self.offer(now);
        if self.tick(now) {
            moved |= self.offer(now);
        }
        let progress = self.transport.poll(now);
        self.log_notices();
        match progress {
            _ if moved => Progress::Moved,
            Progress::Idle if self.next < self.frames.len() => Progress::Waiting,
            other => other,
        }
    }

    fn drain(&mut self) {
        self.transport.drain();
    }

    fn finish(&mut self, now: Instant) -> bool {
        self.offer(now);
        if self.next < self.frames.len() {
            return false;
        }
        self.frames.begin(self.transport.run());
        self.next = 0;
        self.format.finish(now, SystemTime::now().into(), &mut self.frames);
        self.records += records_in(&self.frames, 0);
        true
    }

    fn figures(&self) -> SinkFigures {
        SinkFigures {
            records: self.records,
            bytes: self.transport.bytes_written(),
            dropped: self.transport.dropped(),
            left_out: self.format.left_out(),
            pending: self.transport.pending() + records_in(&self.frames, self.next),
            filtered: self.filtered + self.judge.as_ref().map_or(0, Judge::kept_back),
        }
    }

    fn reopen(&mut self) {
        self.transport.reopen();
        self.log_notices();
    }

    fn reload(&mut self) {
        if let Err(error) = self.format.reload() {
            tracing::error!(output = %self.name, %error, "output-reload-failed");
        }
    }

    fn is_failing(&self) -> bool {
        self.failing
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;
    use std::net::SocketAddr;

    use super::*;
    use crate::output::format;
    use crate::output::frames::Layout;
    use crate::output::transport::testing::Scratch;
    use crate::output::url::OutputUrl;
    use crate::record::{BatchLimits, CloseReason, NewRecord, RouterContext, SessionId};
    use crate::wire::Timestamp;

    /// Renders each message as a line of its own, in parts when it is long, and names the session.
    struct Lines;

    const PART: usize = 100_000;

    impl Format for Lines {
        fn render(
            &mut self,
            batch: &Batch,
            selection: &Selection<'_>,
            cursor: &mut Cursor,
            out: &mut Frames,
        ) {
            use crate::output::frames::FrameKind;
            while let Some(record) = batch.records().get(cursor.record) {
                if out.is_full() {
                    return;
                }
                let session = batch.router(record).session;
                let message = batch.message(record);
                let rest = message.get(cursor.part as usize * PART..).unwrap_or_default();
                let kind = match record.event {
                    Event::SessionOpen => FrameKind::SessionOpen,
                    Event::SessionClose(_) => FrameKind::SessionClose,
                    _ => FrameKind::Record,
                };
                if selection.takes_record(batch, record) {
                    if kind == FrameKind::Record {
                        out.bytes.extend_from_slice(&rest[..rest.len().min(PART)]);
                        out.bytes.push(b'\n');
                    }
                    out.end(kind, session);
                }
                if rest.len() > PART { cursor.part += 1 } else { cursor.next_record() }
            }
        }
    }

    static LINES: format::Entry = format::Entry {
        name: "lines",
        about: "",
        options: &[],
        per_session: false,
        layout: Layout::Lines,
        has_topics: false,
        reads_updates: true,
        build: |_| Ok(Box::new(Lines)),
    };

    fn spec(scheme: &str, target: &str, writers: usize) -> OutputSpec {
        let mut spec = OutputSpec::parse("bmp=null:").unwrap();
        spec.format = &LINES;
        let table = crate::output::transport::TRANSPORTS;
        spec.transport = table.iter().find(|t| t.scheme == scheme).unwrap();
        spec.url = OutputUrl { scheme: scheme.into(), target: target.into(), options: Vec::new() };
        spec.writers = writers;
        spec
    }

    /// A batch in which each session opens, sends its messages and closes.
    fn batch(sessions: &[(u64, &[&[u8]])]) -> Batch {
        batch_of(sessions, true)
    }

    /// Messages of sessions, and whether these begin and end there.
    fn batch_of(sessions: &[(u64, &[&[u8]])], are_whole: bool) -> Batch {
        let mut batch =
            Batch::new(BatchLimits { seal_bytes: 8 << 20, ..BatchLimits::for_messages(4 << 20) });
        for (id, messages) in sessions {
            let address = SocketAddr::from(([10, 0, 0, *id as u8], 5000));
            let router = batch.add_router(RouterContext::new(SessionId(*id), address));
            let mut push = |event, message: &[u8]| {
                let (peer, ordinal, offset, arrival) = (None, 0, 0, Timestamp::default());
                let new = NewRecord { router, peer, ordinal, offset, arrival, message, event };
                batch.push(new).unwrap();
            };
            if are_whole {
                push(Event::SessionOpen, b"");
            }
            messages.iter().for_each(|m| push(Event::Message, m));
            if are_whole {
                push(Event::SessionClose(CloseReason::EndOfStream), b"");
            }
        }
        batch
    }

    #[test]
    fn a_batch_is_rendered_delivered_and_counted() {
        let dir = Scratch::new();
        let path = dir.file("{router}.txt");
        let mut output = Output::open(&spec("file", &path, 1), 0).unwrap();
        let now = Instant::now();
        let mut batch = batch(&[(1, &[b"a", b"b"]), (2, &[b"c"])]);
        assert_eq!(output.consume(&batch, now), Consumed::Done);
        assert_eq!(output.figures().records, 3);
        output.poll(now);
        batch.reset();
        assert_eq!(output.consume(&batch, now), Consumed::Done);
        output.poll(now);
        let expected = SinkFigures { records: 3, bytes: 6, ..SinkFigures::default() };
        assert_eq!(output.figures(), expected);
        assert_eq!(fs::read_to_string(dir.path().join("10.0.0.1.txt")).unwrap(), "a\nb\n");
        assert_eq!(fs::read_to_string(dir.path().join("10.0.0.2.txt")).unwrap(), "c\n");
    }

    #[test]
    fn a_full_transport_blocks_and_goes_on_without_loss_or_repetition() {
        let dir = Scratch::new();
        let path = dir.file("x");
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let mut output = Output::open(&spec("file", &path, 1), 0).unwrap();
        let long: Vec<u8> = (0..3_500_000_u32).map(|n| b'a' + (n % 26) as u8).collect();
        let batch = batch(&[(1, &[&long, b"end"])]);
        let mut now = Instant::now();
        assert_eq!(output.consume(&batch, now), Consumed::Blocked { moved: true });
        for _ in 0..3 {
            now += std::time::Duration::from_secs(10);
            assert_eq!(output.consume(&batch, now), Consumed::Blocked { moved: false });
            assert_eq!(output.poll(now), Progress::Waiting);
        }
        let stuck = output.figures();
        assert_eq!((stuck.records, stuck.bytes), (stuck.pending, 0));
        fs::remove_file(&path).unwrap();
        output.reopen();
        let mut calls = 0;
        while output.consume(&batch, now) != Consumed::Done {
            output.poll(now);
            calls += 1;
            assert!(calls < 20);
        }
        while output.poll(now) == Progress::Moved {}
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 36);
        assert!(lines[..35].concat().as_bytes() == long && lines[35] == "end");
        assert_eq!(output.figures().pending, 0);
    }

    #[test]
    fn streams_share_the_sessions_out_and_keep_each_for_life() {
        let dir = Scratch::new();
        let sinks = open_outputs(&[spec("file", &dir.file("{writer}"), 3)]).unwrap();
        let names: Vec<_> = sinks.iter().map(|s| s.name.clone()).collect();
        assert_eq!(names, ["bmp/0", "bmp/1", "bmp/2"]);
        let ids: Vec<String> = (0..60).map(|n| n.to_string()).collect();
        let messages: Vec<[&[u8]; 1]> = ids.iter().map(|n| [n.as_bytes()]).collect();
        let sessions: Vec<(u64, &[&[u8]])> =
            messages.iter().enumerate().map(|(n, m)| (n as u64, &m[..])).collect();
        let (batch, now) = (batch(&sessions), Instant::now());
        for mut spec in sinks {
            assert_eq!(spec.sink.consume(&batch, now), Consumed::Done);
            spec.sink.poll(now);
        }
        let mut seen = 0;
        for stream in 0..3 {
            let text = fs::read_to_string(dir.path().join(stream.to_string())).unwrap();
            assert!(!text.is_empty());
            for line in text.lines() {
                assert_eq!(stream_of(SessionId(line.parse().unwrap()), 3), stream);
                seen += 1;
            }
        }
        assert_eq!(seen, 60);
    }

    #[test]
    fn another_filter_holds_from_the_next_batch_on() {
        let dir = Scratch::new();
        let path = dir.file("x");
        let spec = spec("file", &path, 1);
        let (mut output, now) = (Output::open(&spec, 0).unwrap(), Instant::now());
        let mut batch = batch(&[(1, &[b"a", b"b"]), (2, &[b"c"])]);
        for (filter, filtered) in [
            (None, 0),
            (Some("router = 10.0.0.1"), 2), // sessions that may have begun before end
            (Some("router = 10.0.0.2"), 2 + 3),
            (None, 5),
            (Some("router = 10.0.0.3"), 5 + 5),
        ] {
            spec.filter.set(filter.map(|filter| filter.parse().unwrap()));
            assert_eq!(output.consume(&batch, now), Consumed::Done);
            assert_eq!(output.figures().filtered, filtered, "{filter:?}");
            output.poll(now);
            batch.reset();
            batch = self::batch(&[(1, &[b"a", b"b"]), (2, &[b"c"])]);
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "a\nb\nc\na\nb\nc\na\nb\nc\n");
    }

    #[test]
    fn sessions_that_another_filter_lets_pass_have_files_of_their_router() {
        let dir = Scratch::new();
        let spec = spec("file", &dir.file("{router}.txt"), 1);
        spec.filter.set(Some("router = 10.0.0.1".parse().unwrap()));
        let (mut output, now) = (Output::open(&spec, 0).unwrap(), Instant::now());
        assert_eq!(output.consume(&batch(&[(1, &[b"a"])]), now), Consumed::Done);
        for filter in [Some("not router = 10.0.0.1"), None] {
            spec.filter.set(filter.map(|filter| filter.parse().unwrap()));
            let batch = batch_of(&[(2, &[b"b"]), (3, &[b"c"])], false);
            assert_eq!(output.consume(&batch, now), Consumed::Done);
        }
        drop(output);
        let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
        assert_eq!(
            (read("10.0.0.2.txt"), read("10.0.0.3.txt")),
            ("b\nb\n".into(), "c\nc\n".into())
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3, "none is of nobody");
    }

    #[test]
    fn an_output_that_cannot_open_is_named() {
        let error = open_outputs(&[spec("file", "/nonexistent/x", 1)]).err().unwrap();
        assert!(error.0.starts_with("output 'bmp': cannot open"), "{error}");
        let absent = open_outputs(&[spec("unix", "/nonexistent/socket", 1)]).unwrap();
        assert_eq!(absent.len(), 1, "the other side of a socket may come later");
    }
}
