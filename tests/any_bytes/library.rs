use std::net::SocketAddr;
use std::time::Instant;

use ribcage::engine::port::{Consumed, Progress, Sink};
use ribcage::output::{OutputSpec, open_outputs};
use ribcage::record::{Batch, BatchLimits, CloseReason, SessionId};
use ribcage::session::{Received, Session, SessionLimits};
use ribcage::wire::Timestamp;

use super::mutate::{Rng, seeds, spoiled};
use crate::collector::Scratch;

/// What a run of a session over some input came to.
#[derive(Debug, PartialEq, Eq, Default)]
struct Told {
    /// Each record: its number, its offset, and what it is.
    records: Vec<(u64, u64, String)>,
    /// The octets of all messages, one after the other.
    octets: Vec<u8>,
    broken: Option<u64>,
}

/// A session, its batch and an output.
struct Run {
    session: Session,
    batch: Batch,
    sink: Box<dyn Sink>,
    told: Told,
}

const NOW: Timestamp = Timestamp::new(1_767_323_045, 0);

impl Run {
    fn new(limits: BatchLimits, sink: Box<dyn Sink>) -> Self {
        let router = SocketAddr::from(([192, 0, 2, 1], 179));
        let limits_of_session =
            SessionLimits { max_frame: limits.message_bytes, ..SessionLimits::default() };
        let session = Session::new(SessionId(1), router, limits_of_session);
        Self { session, batch: Batch::new(limits), sink, told: Told::default() }
    }

    fn flush(&mut self) {
        while let Consumed::Blocked { .. } = self.sink.consume(&self.batch, Instant::now()) {
            self.sink.poll(Instant::now());
        }
        for record in self.batch.records() {
            let event = format!("{:?}", record.event);
            self.told.records.push((record.ordinal, record.offset, event));
            self.told.octets.extend_from_slice(self.batch.message(record));
        }
        self.batch.reset();
    }

    fn mark(&mut self, push: impl Fn(&mut Session, &mut Batch) -> bool) {
        while !push(&mut self.session, &mut self.batch) {
            self.flush();
        }
    }

    /// Feeds one piece; whether the session may go on.
    fn feed(&mut self, mut piece: &[u8]) -> bool {
        loop {
            let (used, received) = self.session.receive(NOW, piece, &mut self.batch);
            piece = &piece[used..];
            while self.session.take_event().is_some() {}
            match received {
                Received::NeedInput => {
                    assert!(piece.is_empty(), "all input is used");
                    return true;
                }
                Received::BatchFull => self.flush(),
                Received::Broken(error) => {
                    self.told.broken = Some(error.offset);
                    return false;
                }
            }
        }
    }

    /// Feeds all of `input` in pieces of the sizes that `size` gives.
    fn whole(mut self, input: &[u8], mut size: impl FnMut() -> usize) -> Told {
        self.mark(|session, batch| session.open(NOW, batch).is_ok());
        let mut rest = input;
        while !rest.is_empty() {
            let (piece, left) = rest.split_at(size().clamp(1, rest.len()));
            rest = left;
            if !self.feed(piece) {
                break;
            }
        }
        let reason = match self.told.broken {
            Some(_) => CloseReason::BrokenFraming,
            None => CloseReason::EndOfStream,
        };
        self.mark(|session, batch| session.close(NOW, reason, batch).is_ok());
        self.flush();
        while self.sink.poll(Instant::now()) != Progress::Idle {}
        self.told
    }
}

fn sink(output: &str) -> Box<dyn Sink> {
    let specs = OutputSpec::parse_all(&[output]).unwrap();
    open_outputs(&specs).unwrap().remove(0).sink
}

fn large() -> BatchLimits {
    BatchLimits::for_messages(1 << 16)
}

/// The arena's offsets differ with how records are spread over batches; everything else must not.
fn without_spans(told: &Told) -> Vec<(u64, u64, &str)> {
    let kind = |event: &str| event.find(['(', '{']).unwrap_or(event.len());
    told.records.iter().map(|(n, at, event)| (*n, *at, &event[..kind(event)])).collect()
}

#[test]
fn any_octets_in_any_pieces_give_the_same_records_and_lose_none() {
    let (mut rng, seeds) = (Rng(20_260_102), seeds());
    for round in 0..1_500 {
        let input = spoiled(&mut rng, &seeds);
        let format = ["pmacct-json=null:", "pmacct-json?extra=all=null:"][round % 2];
        let whole = Run::new(large(), sink(format)).whole(&input, || usize::MAX);
        let tiny =
            BatchLimits { seal_bytes: 1 + rng.below(600), records: 1 + rng.below(4), ..large() };
        let pieces = Run::new(tiny, sink(format)).whole(&input, || 1 + rng.below(40));
        assert_eq!(without_spans(&pieces), without_spans(&whole), "round {round}");
        assert_eq!((pieces.octets == whole.octets, pieces.broken), (true, whole.broken));
        // What was framed is there octet by octet; what is left is one unfinished message, or
        // broken.
        assert!(input.starts_with(&whole.octets), "round {round}");
        assert!(whole.broken.is_none_or(|offset| offset == whole.octets.len() as u64));
        assert!(whole.broken.is_some() || input.len() - whole.octets.len() < 1 << 16);
    }
}

#[test]
fn every_line_of_any_input_is_a_json_object() {
    let scratch = Scratch::new();
    let (mut rng, seeds) = (Rng(7), seeds());
    for (index, format) in ["pmacct-json", "pmacct-json?extra=all"].into_iter().enumerate() {
        let path = scratch.file(&format!("{index}.json"));
        for _ in 0..300 {
            let output = sink(&format!("{format}=file:{path}"));
            let mut run = Run::new(large(), output);
            run.session = Session::new(
                SessionId(rng.next()),
                SocketAddr::from(([192, 0, 2, 1], 179)),
                SessionLimits { max_frame: 1 << 16, ..SessionLimits::default() },
            );
            run.whole(&spoiled(&mut rng, &seeds), || 700);
        }
        let octets = std::fs::read(&path).unwrap();
        assert!(octets.ends_with(b"\n"));
        let mut lines = 0;
        for line in octets.split(|o| *o == b'\n').filter(|line| !line.is_empty()) {
            let text = String::from_utf8_lossy(line);
            let value: serde_json::Value =
                serde_json::from_slice(line).unwrap_or_else(|e| panic!("{e}: {text}"));
            assert!(value.is_object(), "{text}");
            lines += 1;
        }
        assert!(lines > 1_000, "{lines} lines");
    }
}
