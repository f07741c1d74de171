//! Feeds streams of BMP to a format, as a writer would, and takes its messages apart.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ribcage::filter::{Filter, Judge};
use ribcage::output::format::{Cursor, FORMATS, Format, Options};
use ribcage::output::frames::Frames;
use ribcage::output::selection::Selection;
use ribcage::record::{Batch, BatchLimits, CloseReason, SessionId};
use ribcage::session::{Received, Session, SessionLimits};
use ribcage::wire::Timestamp;

/// One message, taken apart by the rules of its readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) topic: String,
    pub(super) key: String,
    pub(super) object: String,
    /// The lines of the envelope but for `L` and `R`.
    pub(super) envelope: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Message {
    /// Takes one off the front: what a reader does that knows no topic. `None` at the end.
    pub(super) fn read(left: &mut &[u8]) -> Option<Self> {
        if left.is_empty() {
            return None;
        }
        let end = left.windows(2).position(|two| two == b"\n\n").expect("an empty line");
        let lines = std::str::from_utf8(&left[..end]).unwrap().split('\n');
        let envelope: Vec<String> = lines.map(str::to_owned).collect();
        let value = |name: &str| {
            let mut found = envelope.iter().filter_map(|line| line.strip_prefix(name));
            let value = found.next().unwrap_or_else(|| panic!("no {name} in {envelope:?}"));
            assert!(!value.is_empty() && !value.contains(':'), "{envelope:?}");
            value.to_owned()
        };
        assert_eq!(value("V: "), "1.7");
        let len: usize = value("L: ").parse().unwrap();
        let payload = std::str::from_utf8(&left[end + 2..end + 2 + len]).expect("UTF-8");
        *left = &left[end + 2 + len..];
        assert!(payload.ends_with('\n') && !payload.contains('\r'), "{payload}");
        let rows: Vec<Vec<String>> = payload
            .trim_end_matches('\n')
            .split('\n')
            .map(|row| row.split('\t').map(str::to_owned).collect())
            .collect();
        assert_eq!(value("R: "), rows.len().to_string());
        assert_eq!(rows.len(), payload.matches('\n').count());
        let object = value("T: ");
        let kept = envelope.iter().filter(|l| !l.starts_with("L: ") && !l.starts_with("R: "));
        let envelope = kept.cloned().collect();
        Some(Self { topic: String::new(), key: String::new(), object, envelope, rows })
    }
}

/// A format with what a writer keeps of it.
pub(super) struct Feed {
    format: Box<dyn Format>,
    batch: Batch,
    frames: Frames,
    pub(super) messages: Vec<Message>,
    now: Instant,
    at: Timestamp,
    filter: Option<Judge>,
}

impl Feed {
    pub(super) fn new(options: &[(&str, &str)]) -> Self {
        let pairs: Vec<_> = options.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let options =
            Options { pairs: &pairs, name: "openbmp", socket: false, stream: 0, streams: 1 };
        let entry = FORMATS.iter().find(|f| f.name == "openbmp").unwrap();
        Self {
            format: (entry.build)(&options).unwrap(),
            batch: Batch::new(BatchLimits::for_messages(1 << 20)),
            frames: Frames::new(),
            messages: Vec::new(),
            now: Instant::now(),
            at: Timestamp::new(1_790_000_000, 7),
            filter: None,
        }
    }

    /// From here on only what passes this filter is shown.
    pub(super) fn filter(&mut self, expression: &str) {
        let filter: Filter = expression.parse().unwrap();
        self.filter = Some(Judge::new(Arc::new(filter)));
    }

    /// Another stream of the same output.
    pub(super) fn sibling(&self) -> Self {
        let options = Options { pairs: &[], name: "openbmp", socket: false, stream: 1, streams: 2 };
        Self {
            format: self.format.sibling(&options).expect("they have things in common").unwrap(),
            batch: Batch::new(BatchLimits::for_messages(1 << 20)),
            frames: Frames::new(),
            messages: Vec::new(),
            filter: None,
            ..*self
        }
    }

    /// How many routes had no row.
    pub(super) fn left_out(&self) -> u64 {
        self.format.left_out()
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.at.secs += time.as_secs();
        if self.format.is_due(self.now) {
            self.frames.clear();
            self.format.tick(self.now, self.at, &mut self.frames);
            self.collect();
        }
    }

    /// The end of all.
    pub(super) fn finish(&mut self) {
        self.frames.clear();
        self.format.finish(self.now, self.at, &mut self.frames);
        self.collect();
    }

    pub(super) fn open(&mut self, id: u64, router: &str) -> Session {
        let router: SocketAddr = SocketAddr::new(router.parse().unwrap(), 4000);
        let mut session = Session::new(SessionId(id), router, SessionLimits::default());
        session.open(self.at, &mut self.batch).unwrap();
        self.flush();
        session
    }

    /// Hands over octets; the reason, if the session is over.
    pub(super) fn data(&mut self, session: &mut Session, octets: &[u8]) -> Option<CloseReason> {
        let mut left = octets;
        loop {
            let (used, received) = session.receive(self.at, left, &mut self.batch);
            left = &left[used..];
            self.flush();
            match received {
                Received::NeedInput => return None,
                Received::BatchFull => {}
                Received::Broken(_) => return Some(CloseReason::BrokenFraming),
            }
        }
    }

    pub(super) fn close(&mut self, mut session: Session, reason: CloseReason) {
        session.close(self.at, reason, &mut self.batch).unwrap();
        self.flush();
    }

    fn flush(&mut self) {
        let mut cursor = Cursor::default();
        while cursor.record < self.batch.records().len() {
            self.frames.clear();
            let before = cursor;
            let selection = Selection::of_stream(0, 1, self.filter.as_ref());
            self.format.render(&self.batch, &selection, &mut cursor, &mut self.frames);
            if cursor == before && self.frames.is_empty() {
                return; // it waits
            }
            self.collect();
        }
        self.batch.reset();
    }

    /// One frame is one message.
    fn collect(&mut self) {
        for i in 0..self.frames.len() {
            let mut octets = self.frames.octets(i);
            let Some(message) = Message::read(&mut octets) else { continue };
            assert!(octets.is_empty(), "more than a message in a frame");
            let topic = self.frames.topic(i).expect("a topic");
            let key = String::from_utf8(topic.key.to_vec()).unwrap();
            self.messages.push(Message { topic: topic.name.to_owned(), key, ..message });
        }
    }
}
